/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* fold_void.c - an event that does not count any more, on the state. */
#include "engine/fold.h"
#include "engine/index.h"

static int undo_more(bl_fold *f, bl_tally *tally,
                     const bl_fact_undone *fact) {
  if (!bl_tally_meter(tally)->ticks)
    return fact->has_value ? bl_fold_value(f, tally, fact->value,
                                           fact->value_us, fact->is_removal)
                           : BILLING_OK;
  bl_touch_more(f->tenant, tally->more);
  tally->more->is_due = 1;
  return BILLING_OK;
}

/* How much less is drawn at a commit rate. */
static int undo_commit(bl_fold *f, bl_tally *tally,
                       const bl_fact_undone *fact) {
  bl_touch_more(f->tenant, tally->more);
  tally->more->ticked = bl_dec_add(tally->more->ticked, fact->quantity);
  bl_fold_late(f, tally);
  return bl_fold_charged(f, tally, fact->amount, fact->draws,
                         fact->draw_count);
}

int bl_fold_undo(bl_fold *f, const bl_fact_undone *fact) {
  bl_fact_key key = {fact->contract, fact->price, fact->period, fact->group};
  int rc;
  bl_tally *tally = bl_fold_key(f->tenant, &key, &rc);

  if (!tally) return rc;
  if (bl_price_is_commit(bl_tally_price(tally)))
    return undo_commit(f, tally, fact);
  if (tally->level.events < 1 || (fact->has_value && !tally->more))
    return BILLING_CORRUPT;
  bl_touch_charged(f->tenant, tally);
  tally->level.total = bl_dec_add(tally->level.total, fact->quantity);
  tally->level.at_us = fact->at_us;
  tally->level.events--;
  if (tally->more) rc = undo_more(f, tally, fact);
  bl_fold_late(f, tally);
  return rc ? rc : bl_fold_charged(f, tally, fact->amount, fact->draws,
                                   fact->draw_count);
}

static void undo_counts(uint64_t *unmatched, uint64_t *unpriced,
                        uint64_t *unentitled, uint64_t flags) {
  if (flags & BILLING_RECEIPT_UNMATCHED) --*unmatched;
  if (flags & BILLING_RECEIPT_UNPRICED) --*unpriced;
  if (flags & BILLING_RECEIPT_UNENTITLED) --*unentitled;
}

/* A parked event has no customer; it is found by its number. */
static int note_unparked(bl_fold *f, const bl_fact_void *fact) {
  bl_index_mark mark = {{BL_SUBJECT_VOID, fact->event}, f->seq,
                        BL_ENTRY_VOID, fact->time_us, fact->time_us};
  bl_heads *heads = &f->tenant->heads;

  bl_touch(f->tenant, heads, sizeof *heads, &f->tenant->heads_touched);
  heads->parked--;
  return bl_index_add(f->tenant, &mark);
}

/* It is found by its customer at the time of the event, and among all. */
static int note_void(bl_fold *f, const bl_fact_void *fact) {
  bl_index_mark mark = {bl_subject_customer(fact->customer), f->seq,
                        BL_ENTRY_VOID, fact->time_us, fact->time_us};
  bl_heads *heads = &f->tenant->heads;
  int rc;

  bl_touch(f->tenant, heads, sizeof *heads, &f->tenant->heads_touched);
  undo_counts(&heads->unmatched, &heads->unpriced, &heads->unentitled,
              fact->event_flags);
  rc = bl_index_add(f->tenant, &mark);
  mark.subject = (bl_subject){BL_SUBJECT_VOID, 0};
  return rc ? rc : bl_index_add(f->tenant, &mark);
}

int bl_fold_voided(bl_fold *f, const bl_fact_void *fact,
                   bl_customer **customer) {
  int rc = bl_fold_is_own(f) ? note_void(f, fact) : BILLING_OK;

  *customer = rc ? NULL : bl_fold_customer(f, fact->customer, &rc);
  if (!*customer) return rc;
  bl_touch_counts(f->tenant, *customer);
  bl_customer_moves(f->tenant, *customer);
  undo_counts(&(*customer)->unmatched, &(*customer)->unpriced,
              &(*customer)->unentitled, fact->event_flags);
  return rc;
}

int bl_fold_undone(bl_fold *f, const bl_fact_void *fact) {
  bl_customer *customer;
  int rc;

  if (!fact->customer)
    return bl_fold_is_own(f) ? note_unparked(f, fact) : BILLING_OK;
  rc = bl_fold_voided(f, fact, &customer);
  for (size_t i = 0; customer && i < fact->count && !rc; i++)
    rc = bl_fold_undo(f, &fact->items[i]);
  return rc;
}
