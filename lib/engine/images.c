/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* images.c - writing and reading customers' images; see image.h. */
#include "engine/images.h"

#include "base/sort.h"
#include "engine/runs_parts.h"

/* A run is begun when so many are ripe, or whatever is when keys are written,
 * too. */
#define IMAGES_MANY 1024
/* Of an image, about: what calls pay for. */
#define IMAGE_BYTES 400
/* A run that another process has begun and left is given up after so many
 * entries. */
#define IMAGES_PATIENCE 16384
/* What is kept of the memory of the last record. */
#define IMAGE_KEEPS ((size_t)64 << 10)

/* ---- read ---- */

static bl_str image_key(uint64_t customer, unsigned char out[8]) {
  bl_put_be64(out, customer);
  return (bl_str){(const char *)out, 8};
}

uint64_t bl_image_customer(bl_str key) {
  return key.len == 8 ? bl_get_be64((const unsigned char *)key.text) : 0;
}

int bl_image_read(bl_str bytes, bl_arena *arena, bl_image *out) {
  bl_unpack from;
  bl_codec codec = {NULL, &from, arena, 0, 0};

  memset(out, 0, sizeof *out);
  bl_unpack_open(&from, bytes.text, bytes.len);
  bl_code_image(&codec, out);
  return bl_codec_done(&codec);
}

int bl_images_get(bl_call *c, uint64_t customer, bl_image *out) {
  unsigned char key[8];
  bl_str bytes;
  int rc = BILLING_NOTFOUND;

  if (c->t->runs)
    rc = bl_runs_get(c->t->runs, c->b->store, BL_RUNS_STATE,
                     image_key(customer, key), &c->arena, &bytes);
  if (!rc) rc = bl_image_read(bytes, &c->arena, out);
  if (rc == BILLING_CORRUPT || rc == BILLING_NOTFOUND) {
    memset(out, 0, sizeof *out);          /* its entries are all there */
    return BILLING_OK;
  }
  return rc;
}

/* ---- write ---- */

static void drop_frozen_images(bl_images *images) {
  bl_arena_close(&images->frozen.arena);
  images->frozen.number = NULL;
  images->frozen.count = images->frozen.cap = 0;
}

/* What is written is forgotten, and so is what another process gave up. */
int bl_images_sync(billing *b, bl_tenant *t) {
  uint64_t covered, last_seq, count;
  int rc;

  if (!t->images.frozen.count) return BILLING_OK;
  rc = bl_runs_covered(t->runs, b->store, BL_RUNS_STATE, &covered);
  if (!rc)
    rc = bl_runs_writing(t->runs, b->store, BL_RUNS_STATE, &last_seq, &count);
  if (rc && rc != BILLING_NOTFOUND) return rc;
  if (rc == BILLING_NOTFOUND || (int64_t)covered >= t->images.last_seq)
    drop_frozen_images(&t->images);
  return BILLING_OK;
}

static void freeze_images(bl_tenant *t) {
  bl_images *images = &t->images;
  bl_arena none = images->frozen.arena;

  images->frozen = images->ripe;
  memset(&images->ripe, 0, sizeof images->ripe);
  images->ripe.arena = none;
  images->last_seq = t->heads.seq;
  images->frozen.count =
      bl_sort_unique(images->frozen.number, images->frozen.count);
}

/* The customer as it stands now, which may be later than when the run was
 * begun: the image says itself after which entry. */
static int image_at(void *user, uint64_t i, bl_runs_record *out) {
  bl_tenant *t = user;
  bl_images *images = &t->images;
  uint64_t number = images->frozen.number[i];
  bl_customer *customer = bl_table_at(&t->by_customer, number);
  unsigned char *key;
  int rc = BILLING_OK;

  memset(out, 0, sizeof *out);
  bl_arena_empty(&images->arena, IMAGE_KEEPS);
  key = bl_arena_take(&images->arena, 8);
  if (!key) return BILLING_NOMEM;
  out->key = image_key(number, key);
  out->head = bl_runs_head(out->key);
  if (customer)
    rc = bl_image_bytes(customer, t->heads.seq, &images->arena, &out->bytes);
  return rc;
}

/* What is frozen although nothing is being written has been written by this
 * very call, and is not believed yet. */
static int begin_images(billing *b, bl_tenant *t, int is_due, int *has_begun) {
  const bl_images *images = &t->images;
  int is_wanted = images->ripe.count >= IMAGES_MANY ||
                  (is_due && images->ripe.count);
  uint64_t covered;
  int rc;

  *has_begun = 0;
  if (images->frozen.count || !is_wanted) return BILLING_OK;
  rc = bl_runs_covered(t->runs, b->store, BL_RUNS_STATE, &covered);
  if (rc || t->heads.seq <= (int64_t)covered) return rc;
  freeze_images(t);
  *has_begun = 1;
  return BILLING_OK;
}

/* Somebody else has begun a run: only he can go on with it. */
static int leave_images(billing *b, bl_tenant *t, uint64_t last_seq) {
  if (t->heads.seq - (int64_t)last_seq < IMAGES_PATIENCE) return BILLING_OK;
  return bl_runs_abandon(t->runs, b->store, BL_RUNS_STATE);
}

/* Goes on with the frozen ones. */
static int go_on_with_images(billing *b, bl_tenant *t) {
  bl_runs_source source;

  memset(&source, 0, sizeof source);
  source.last_seq = (uint64_t)t->images.last_seq;
  source.count = t->images.frozen.count;
  source.at = image_at;
  source.user = t;
  return bl_runs_write(t->runs, b->store, BL_RUNS_STATE, &source);
}

int bl_images_write(billing *b, bl_tenant *t, int is_due) {
  const bl_images *images = &t->images;
  uint64_t last_seq, count;
  int has_begun = 1;
  int rc = bl_runs_writing(t->runs, b->store, BL_RUNS_STATE, &last_seq,
                           &count);

  t->images.unpaid = 0;
  if (!rc && (!images->frozen.count ||
              (int64_t)last_seq != images->last_seq))
    return leave_images(b, t, last_seq);
  if (rc == BILLING_NOTFOUND) rc = begin_images(b, t, is_due, &has_begun);
  return rc || !has_begun ? rc : go_on_with_images(b, t);
}

uint64_t bl_images_due(const bl_tenant *t) {
  uint64_t count = t->images.unpaid;

  return t->runs ? bl_runs_due(BL_RUNS_STATE, count, count * IMAGE_BYTES)
                 : 0;
}

#undef IMAGES_MANY
#undef IMAGE_BYTES
#undef IMAGES_PATIENCE
#undef IMAGE_KEEPS
