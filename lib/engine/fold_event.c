/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* fold_event.c - one event's charges and draws on the state. */
#include "engine/fold_post.h"
#include "engine/index.h"

/* Undo must know the top of the stack: of what was there when the call began,
 * each draw once, as the stack goes down to it. */
static void touch_top(bl_tenant *t, bl_tally *tally) {
  uint64_t mark = 0;

  if (!t->undo_arena) return;
  if (tally->stack_touched != t->serial) {
    tally->stack_touched = t->serial;
    tally->stack_saved = tally->stack_count;
  }
  if (!tally->stack_count || tally->stack_count > tally->stack_saved) return;
  tally->stack_saved = tally->stack_count - 1;
  bl_touch(t, &tally->stack[tally->stack_saved], sizeof *tally->stack, &mark);
}

/*
 * The stack of a charge key's draws: equal neighbours are one, what is given
 * back comes off the top.
 */
static int stack_draw(bl_fold *f, bl_tally *tally, const bl_draw *draw) {
  bl_tenant *t = f->tenant;
  bl_draw *top = tally->stack_count ? &tally->stack[tally->stack_count - 1]
                                    : NULL;

  touch_top(t, tally);
  if (top && top->grant == draw->grant) {
    top->amount = bl_dec_add(top->amount, draw->amount);
    if (bl_dec_is_zero(top->amount)) tally->stack_count--;
    return BILLING_OK;
  }
  top = bl_arena_next(&t->arena, (void **)&tally->stack, &tally->stack_count,
                      &tally->stack_cap, sizeof *top);
  if (!top) return BILLING_NOMEM;
  *top = *draw;
  tally->stack_count++;
  return BILLING_OK;
}

/* What returns to an expired lot expires again at once. */
static int expire_again(bl_fold *f, bl_wallet *wallet, bl_grant_state *grant,
                        bl_dec returned) {
  bl_posting postings[4];
  int rc;

  rc = bl_grant_move(f->tenant, wallet, grant, bl_dec_neg(returned),
                     BL_DEC_ZERO);
  if (rc) return rc;
  return bl_fold_post(f, wallet, postings,
                      bl_ledger_expiry(returned,
                                       (int)grant->lot.is_promotional,
                                       postings));
}

/* Mostly it is the first one that pays, which is at hand. */
static bl_grant_state *drawn_grant(bl_tenant *t, const bl_wallet *wallet,
                                   uint64_t number) {
  const bl_list *live = &wallet->live;
  bl_grant_state *first =
      live->first < live->count ? live->item[live->first] : NULL;

  if (first && first->lot.number == number) return first;
  return bl_table_at(&t->by_grant, number);
}

int bl_fold_used_up(bl_tenant *t, bl_grant_state *grant) {
  bl_list *used_up = &t->used_up;

  if (!(t->terms.tells >> BL_TELL_USED_UP & 1) || !t->undo_arena ||
      !bl_dec_is_zero(grant->lot.left))
    return BILLING_OK;
  for (size_t i = 0; i < used_up->count; i++)
    if (used_up->item[i] == grant) return BILLING_OK;
  return bl_list_add(t, used_up, grant);
}

int bl_fold_came_back(bl_fold *f, bl_wallet *wallet, bl_grant_state *grant,
                      bl_dec amount) {
  if (grant->lot.is_void) return bl_fold_returned(f, grant);
  return grant->expired_seq ? expire_again(f, wallet, grant, amount)
                            : BILLING_OK;
}

/* What a charge draws: from grants that were paid for, from promotional ones,
 * and from those of others. */
enum { DRAWN_BOUGHT, DRAWN_GIVEN, DRAWN_OF_OTHERS, DRAWN_KINDS };

/* Of a grant of another customer.  While customers are loaded that one may not
 * be there. */
static int fold_lent(bl_fold *f, const bl_customer *customer,
                     const bl_grant_state *grant, bl_dec amount,
                     bl_dec drawn[DRAWN_KINDS]) {
  bl_dec *sum = &drawn[DRAWN_OF_OTHERS];

  if (!customer->elder_count) return BILLING_CORRUPT;
  *sum = bl_dec_add(*sum, amount);
  if (!f->kin) return BILLING_OK;
  return grant ? bl_fold_kin_drawn(f, customer->number, grant, amount)
               : BILLING_CORRUPT;
}

static int fold_draw(bl_fold *f, bl_tally *tally, bl_wallet *wallet,
                     const bl_draw *draw, bl_dec drawn[DRAWN_KINDS]) {
  bl_tenant *t = f->tenant;
  bl_grant_state *grant;
  int rc = stack_draw(f, tally, draw);

  if (rc || !draw->grant) return rc;
  grant = drawn_grant(t, wallet, draw->grant);
  if (!grant || grant->customer != wallet->customer)
    return fold_lent(f, wallet->customer, grant, draw->amount, drawn);
  rc = bl_grant_move(t, wallet, grant, bl_dec_neg(draw->amount), BL_DEC_ZERO);
  if (!rc) rc = bl_fold_used_up(t, grant);
  if (rc) return rc;
  drawn += grant->lot.is_promotional;
  *drawn = bl_dec_add(*drawn, draw->amount);
  return bl_dec_sign(draw->amount) < 0
           ? bl_fold_came_back(f, wallet, grant, bl_dec_neg(draw->amount))
           : BILLING_OK;
}

int bl_fold_value(bl_fold *f, bl_tally *tally, const unsigned char value[16],
                  int64_t time_us, uint64_t is_removal) {
  bl_tally_value said = {time_us, is_removal, 0};
  bl_map *values = &tally->more->values;
  bl_tally_value *kept = bl_map_get(values, value, 16);

  if (kept) {
    bl_touch(f->tenant, kept, offsetof(bl_tally_value, touched),
             &kept->touched);
    kept->time_us = time_us;
    kept->is_removal = is_removal;
    return BILLING_OK;
  }
  kept = bl_arena_copy(&f->tenant->arena, &said, sizeof said);
  if (!kept) return BILLING_NOMEM;
  bl_touch_map(f->tenant, values);
  return bl_map_put(values, value, 16, kept);
}

/* The latest operation on a value decides; of one time the later arrival. */
static int keep_value(bl_fold *f, bl_tally *tally, int64_t time_us,
                      const bl_fact_charge *charge) {
  const bl_tally_value *kept =
      bl_map_get(&tally->more->values, charge->unique, 16);

  if (kept && time_us < kept->time_us) return BILLING_OK;
  return bl_fold_value(f, tally, charge->unique, time_us,
                       charge->is_removal);
}

static int fold_more(bl_fold *f, bl_tally *tally, int64_t time_us,
                     const bl_fact_charge *charge) {
  if (!bl_tally_meter(tally)->ticks)
    return charge->has_unique ? keep_value(f, tally, time_us, charge)
                              : BILLING_OK;
  bl_touch_more(f->tenant, tally->more);
  tally->more->is_due = 1;
  return BILLING_OK;
}

static inline int charge_tally(bl_fold *f, bl_tally *tally, bl_dec amount,
                               const bl_draw *draws, size_t count) {
  bl_wallet *wallet = bl_wallet_make(f->tenant, tally->contract->customer,
                                     bl_tally_price(tally)->asset);
  bl_posting postings[4];
  bl_dec drawn[DRAWN_KINDS] = {BL_DEC_ZERO, BL_DEC_ZERO, BL_DEC_ZERO};
  bl_dec lent;
  int rc = BILLING_OK;

  if (!wallet) return BILLING_NOMEM;
  tally->amount = bl_dec_add(tally->amount, amount);
  for (size_t i = 0; i < count && !rc; i++)
    rc = fold_draw(f, tally, wallet, &draws[i], drawn);
  if (rc) return rc;
  tally->drawn = bl_dec_add(tally->drawn, bl_dec_add(drawn[0], drawn[1]));
  rc = bl_fold_post(f, wallet, postings,
                    bl_ledger_charge(amount, drawn, postings));
  lent = drawn[DRAWN_OF_OTHERS];
  if (rc || bl_dec_is_zero(lent)) return rc;
  tally->drawn = bl_dec_add(tally->drawn, lent);
  return bl_fold_post(f, wallet, postings,
                      bl_ledger_borrow(lent, postings));
}

int bl_fold_charged(bl_fold *f, bl_tally *tally, bl_dec amount,
                    const bl_draw *draws, size_t count) {
  bl_touch_charged(f->tenant, tally);
  return charge_tally(f, tally, amount, draws, count);
}

void bl_fold_late(bl_fold *f, const bl_tally *tally) {
  bl_contract *contract = tally->contract;

  if (tally->period >= contract->closed || contract->late_us != BL_TIME_NEVER)
    return;
  bl_touch_contract(f->tenant, contract);
  contract->late_us = f->at_us;
}

/* By how much more, or less, is drawn at a commit rate. */
static void fold_commit(bl_fold *f, bl_tally *tally, bl_dec quantity) {
  bl_touch_more(f->tenant, tally->more);
  tally->more->ticked = bl_dec_add(tally->more->ticked, quantity);
}

/* The level that the event leads to; a commit rate has none. */
static int fold_level(bl_fold *f, const bl_fact_event *fact,
                      const bl_fact_charge *charge, bl_tally *tally) {
  if (bl_price_is_commit(bl_tally_price(tally))) {
    fold_commit(f, tally, charge->quantity);
    return BILLING_OK;
  }
  tally->level.total = bl_dec_add(tally->level.total, charge->quantity);
  if (charge->at_us) tally->level.at_us = charge->at_us;
  tally->level.events++;
  if (tally->more) return fold_more(f, tally, fact->time_us, charge);
  return charge->has_unique ? BILLING_CORRUPT : BILLING_OK;
}

static int fold_charge(bl_fold *f, const bl_fact_event *fact,
                       const bl_fact_charge *charge, bl_tally *tally,
                       uint64_t number) {
  int rc;

  bl_touch_charged(f->tenant, tally);
  rc = fold_level(f, fact, charge, tally);
  if (rc) return rc;
  tally->last_event = number;
  if (!tally->first_event) tally->first_event = number;
  if (tally->period < tally->contract->closed) bl_fold_late(f, tally);
  return charge_tally(f, tally, charge->amount, charge->draws,
                      charge->draw_count);
}

/* Entries with usage that was not billed are found at once. */
static int note_unbilled(bl_fold *f, const bl_fact_event *fact) {
  bl_subject unbilled = {BL_SUBJECT_UNBILLED, 0};
  bl_index_mark mark = {unbilled, f->seq, BL_ENTRY_EVENTS, fact->time_us,
                        fact->time_us};

  return fact->flags & BL_EVENT_UNBILLED ? bl_index_add(f->tenant, &mark)
                                         : BILLING_OK;
}

/* The tenant's own part of an event. */
static int note_event(bl_fold *f, const bl_fact_event *fact) {
  bl_subject customer = bl_subject_customer(fact->customer);
  bl_index_mark mark = {customer, f->seq, BL_ENTRY_EVENTS, fact->time_us,
                        fact->time_us};
  bl_heads *heads = &f->tenant->heads;
  int rc;

  bl_touch(f->tenant, heads, sizeof *heads, &f->tenant->heads_touched);
  heads->events++;
  if (fact->flags & BILLING_RECEIPT_UNMATCHED) heads->unmatched++;
  if (fact->flags & BILLING_RECEIPT_UNPRICED) heads->unpriced++;
  if (fact->flags & BILLING_RECEIPT_UNENTITLED) heads->unentitled++;
  if (fact->flags & BILLING_RECEIPT_PARKED) heads->parked--;
  rc = note_unbilled(f, fact);
  return rc ? rc : bl_index_add(f->tenant, &mark);
}

int bl_fold_event(bl_fold *f, const bl_fact_event *fact,
                  bl_tally *const *tallies, uint64_t number) {
  int rc = bl_fold_is_own(f) ? note_event(f, fact) : BILLING_OK;
  bl_customer *customer = bl_fold_customer(f, fact->customer, &rc);

  if (rc || !customer) return rc;
  bl_touch_counts(f->tenant, customer);
  bl_customer_moves(f->tenant, customer);
  customer->events++;
  if (fact->flags & BILLING_RECEIPT_UNMATCHED) customer->unmatched++;
  if (fact->flags & BILLING_RECEIPT_UNPRICED) customer->unpriced++;
  if (fact->flags & BILLING_RECEIPT_UNENTITLED) customer->unentitled++;
  for (size_t i = 0; i < fact->charge_count && !rc; i++)
    rc = fold_charge(f, fact, &fact->charges[i], tallies[i], number);
  return rc;
}
