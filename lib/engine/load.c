/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* load.c - customers come into memory when they are named; see load.h. */
#include "engine/load.h"

#include "engine/index.h"

/* Folds from the entries about a subject, after one seq and up to another,
 * what the fold reaches. */
static int fold_subject(bl_call *c, bl_fold *fold, uint64_t customer,
                        bl_span seqs) {
  bl_index_wish wish = {bl_subject_customer(customer), seqs.from_us,
                        BL_ALL_TIMES, 0};
  bl_arena_mark start = bl_arena_now(&c->arena);
  int64_t *seq;
  size_t count;
  int rc = bl_index_find(c, &wish, &c->arena, &seq, &count);

  for (size_t i = 0; !rc && i < count && seq[i] <= seqs.to_us; i++) {
    bl_arena_mark mark = bl_arena_now(&c->arena);
    bl_entry entry;
    rc = bl_journal_read(c->b, c->t->number, seq[i], &c->arena, &entry);
    if (!rc) rc = bl_fold_entry(fold, &entry);
    bl_arena_back(&c->arena, mark);
  }
  bl_arena_back(&c->arena, start);
  return rc == BILLING_NOTFOUND ? BILLING_CORRUPT : rc;
}

int bl_catalog_load(bl_call *c, int64_t through) {
  bl_fold fold = {.tenant = c->t, .scratch = &c->arena, .b = c->b,
                  .reach = BL_FOLD_KNOWN};

  return fold_subject(c, &fold, 0, (bl_span){0, through});
}

/* The customer is in the tables while its part is folded. */
static int load_into(bl_call *c, bl_customer *customer) {
  bl_fold fold = {.tenant = c->t, .scratch = &c->arena, .b = c->b,
                  .reach = BL_FOLD_LOADED};
  int rc;

  customer->loading = 0;
  rc = fold_subject(c, &fold, customer->number,
                    (bl_span){0, c->t->heads.seq});
  customer->loading = BL_LOADED;
  return rc || customer->version ? rc : BILLING_CORRUPT;
}

/* Nothing of it is undone with the call, nor counted as its waste; what failed
 * half way is thrown away with everything else. */
static int load_customer(bl_call *c, uint64_t number, bl_customer **out) {
  bl_tenant *t = c->t;
  bl_arena *undo = t->undo_arena;
  size_t held = t->arena.held;
  int rc;

  t->undo_arena = NULL;
  *out = bl_customer_make(t, number);
  rc = *out ? load_into(c, *out) : BILLING_NOMEM;
  t->undo_arena = undo;
  t->held += t->arena.held - held;
  if (rc) t->is_stale = 1;
  return rc;
}

int bl_customer_need(bl_call *c, uint64_t number, bl_customer **out) {
  *out = bl_table_at(&c->t->by_customer, number);
  if (*out) return BILLING_OK;
  if (!number || number > c->t->heads.customers) return BILLING_CORRUPT;
  return load_customer(c, number, out);
}

int bl_customer_of(bl_call *c, bl_tenant *t, uint64_t number,
                   bl_customer **out) {
  if (t == c->t) return bl_customer_need(c, number, out);
  *out = bl_table_at(&t->by_customer, number);
  return *out ? BILLING_OK : BILLING_CORRUPT;
}
