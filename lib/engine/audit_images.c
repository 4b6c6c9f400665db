/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* audit_images.c - images against the fold; see audit_images.h. */
#include "engine/audit_images.h"

#include "base/sort.h"
#include "engine/images.h"

void bl_audit_images_open(bl_audit_images *images,
                          const billing_allocator *host) {
  memset(images, 0, sizeof *images);
  bl_arena_open(&images->arena, host);
}

void bl_audit_images_close(bl_audit_images *images) {
  bl_arena_close(&images->arena);
}

static int keep_image(bl_audit_images *images, bl_call *c,
                      const bl_runs_record *record) {
  bl_arena_mark mark = bl_arena_now(&c->arena);
  bl_audit_image *one;
  unsigned char hash[32];
  bl_image image;
  int rc = bl_image_read(record->bytes, &c->arena, &image);

  bl_arena_back(&c->arena, mark);
  if (rc) return rc;
  one = bl_arena_push(&images->arena, (void **)&images->item, &images->count,
                      &images->cap, sizeof *one);
  if (!one) return BILLING_NOMEM;
  images->count++;
  bl_hash32(hash, record->bytes.text, record->bytes.len);
  one->seq = image.seq;
  one->customer = bl_image_customer(record->key);
  memcpy(one->hash, hash, sizeof one->hash);
  return BILLING_OK;
}

static int image_order(const void *a, const void *b) {
  const bl_audit_image *x = a, *y = b;

  return (x->seq > y->seq) - (x->seq < y->seq);
}

int bl_audit_images_read(bl_audit_images *images, bl_call *c) {
  static const bl_runs_range all = {BL_RUNS_STATE, 0, {"", 0}, {"", 0}};
  bl_runs_scan *scan = NULL;
  bl_runs_record record;
  int rc;

  if (!c->t->runs) return BILLING_OK;
  rc = bl_runs_scan_open(c->t->runs, c->b->store, &all, &scan);
  while (!rc && (rc = bl_runs_scan_next(scan, &record)) == BILLING_OK)
    rc = keep_image(images, c, &record);
  bl_runs_scan_close(scan);
  bl_sort(images->item, images->count, sizeof *images->item, image_order);
  return rc == BILLING_DONE ? BILLING_OK : rc;
}

/* The fold's own image must have the same bytes. */
static int compare_image(const bl_audit_image *one, bl_call *c,
                         const bl_tenant *fresh, int *is_right) {
  const bl_customer *customer =
      bl_table_at(&fresh->by_customer, one->customer);
  bl_arena_mark mark = bl_arena_now(&c->arena);
  unsigned char hash[32];
  bl_str bytes;
  int rc;

  if (!customer) {
    *is_right = 0;
    return BILLING_OK;
  }
  rc = bl_image_bytes(customer, one->seq, &c->arena, &bytes);
  if (!rc) bl_hash32(hash, bytes.text, bytes.len);
  if (!rc && memcmp(hash, one->hash, sizeof one->hash) != 0) *is_right = 0;
  bl_arena_back(&c->arena, mark);
  return rc;
}

int bl_audit_images_check(bl_audit_images *images, bl_call *c,
                          const bl_tenant *fresh, int64_t seq,
                          int *is_right) {
  int rc = BILLING_OK;

  for (; images->next < images->count && !rc &&
         images->item[images->next].seq <= seq;
       images->next++) {
    const bl_audit_image *one = &images->item[images->next];
    if (one->seq < seq) *is_right = 0;     /* after no entry */
    else rc = compare_image(one, c, fresh, is_right);
  }
  return rc;
}
