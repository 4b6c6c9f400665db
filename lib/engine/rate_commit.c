/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * rate_commit.c - a price with a commit rate: 10 a call, 8 of grants that draw
 * so.
 *
 *     a grant of 80.00 at the commit rate, 15 calls
 *     10 calls at 8, drawn: 80.00        5 calls at 10, owed: 50.00
 *     6 calls are voided: 9 calls at 8, 72.00; 8.00 are back in the grant
 *
 * The level is the list price's, as if there were no other one.  How much of
 * it is priced at the commit rate is a figure of a key of its own, which also
 * has what is drawn for it.  price/reach.c says what both come to; it depends
 * on these two figures alone, so the sum of what events were charged is always
 * that.
 */
#include "engine/rate.h"
#include "engine/timeline.h"
#include "price/price.h"

static bl_dec split_between(const bl_price *rate, bl_dec from, bl_dec units) {
  return bl_dec_sub(bl_price_total(rate, bl_dec_add(from, units)),
                    bl_price_total(rate, from));
}

int bl_split_open(bl_call *c, const bl_tally *tally, bl_split *out) {
  const bl_plan_version *plan = tally->contract->plan;
  uint64_t at = bl_plan_commit(plan, tally->price);
  const bl_tally *commit = bl_tally_commit(tally);
  bl_rate_others others;
  int rc;

  *out = (bl_split){.tally = tally};
  if (!at) return BILLING_OK;
  out->list = bl_price_of_group(bl_tally_price(tally), tally->group);
  out->commit = bl_price_of_group(&plan->plan.prices[at], tally->group);
  if (!out->list) out->commit = NULL;
  if (!out->commit) return BILLING_OK;
  rc = bl_rate_others_of(c, tally, out->list, &others);
  out->level = others.level;
  out->from  = bl_measure_finish(bl_tally_meter(tally), others.level);
  if (commit) out->was = commit->more->ticked;
  out->now = out->was;
  return rc;
}

/* The key of the list price that a commit rate's key stands beside. */
static const bl_tally *split_list_of(const bl_tally *commit) {
  return bl_tally_of(commit->contract,
                     bl_plan_list(commit->contract->plan, commit->price),
                     commit->period, commit->group);
}

int bl_split_others(bl_call *c, const bl_tally *tally, const bl_price *rate,
                    bl_rate_others *out) {
  int is_commit = bl_price_is_commit(bl_tally_price(tally));
  const bl_tally *list = is_commit ? split_list_of(tally) : tally;
  const bl_tally *commit = is_commit ? NULL : bl_tally_commit(tally);
  int rc = list ? bl_rate_others_of(c, list, rate, out) : BILLING_CORRUPT;

  if (rc) return rc;
  out->level = bl_measure_finish(bl_tally_meter(list), out->level);
  if (!commit) return BILLING_OK;
  out->count++;
  out->level  = bl_dec_add(out->level, commit->more->ticked);
  out->amount = bl_price_total(rate, out->level);
  return BILLING_OK;
}

bl_dec bl_split_quantity(const bl_split *s, bl_dec level) {
  return bl_dec_sub(bl_measure_finish(bl_tally_meter(s->tally),
                                      bl_dec_add(s->level, level)), s->from);
}

bl_dec bl_split_list(const bl_split *s, bl_dec quantity) {
  return bl_dec_sub(split_between(s->list, s->from, quantity),
                    split_between(s->list, s->from, s->now));
}

bl_dec bl_split_commit(const bl_split *s) {
  return split_between(s->commit, s->from, s->now);
}

bl_dec bl_split_moves(const bl_split *s) {
  const bl_tally *commit = bl_tally_commit(s->tally);

  return bl_dec_sub(bl_split_commit(s),
                    commit ? commit->amount : BL_DEC_ZERO);
}

/* What one lot covers of the units that are left, at its own rate. */
typedef struct split_walk {
  bl_split *s;
  bl_dec    list_at;           /* where the list price's part ends by now */
  bl_dec    left;
} split_walk;

/* A lot that draws at the list price is not drawn for what that gives away. */
static void split_by_lot(split_walk *w, uint32_t rate, bl_dec money) {
  bl_split *s = w->s;
  bl_dec units;

  if (rate == BL_RATE_COMMIT) {
    units = bl_price_reach(s->commit, bl_dec_add(s->from, s->now), w->left,
                           money);
    s->now = bl_dec_add(s->now, units);
  } else {
    if (bl_dec_is_zero(split_between(s->list, w->list_at, w->left))) return;
    units = bl_price_reach(s->list, w->list_at, w->left, money);
    w->list_at = bl_dec_add(w->list_at, units);
  }
  w->left = bl_dec_sub(w->left, units);
}

/* All that the lots have, in the order in which they are drawn. */
static int split_lots(bl_rater *r, int64_t time_us, split_walk *w) {
  const bl_tally *tally = w->s->tally;
  const bl_contract *contract = tally->contract;
  const bl_order *order = contract->terms.has_order ? &contract->terms.order
                                                    : NULL;
  size_t before = r->draws.count;
  bl_use use;
  int rc = bl_rate_use(r, tally, time_us, &use);

  if (rc) return rc;
  use.rate = BL_USE_ANY;
  rc = bl_rate_draws(r, contract->customer, &use, order, BL_DEC_MAX, r->rule);
  for (size_t i = before; !rc && i < r->draws.count &&
       bl_dec_sign(w->left) > 0; i++) {
    const bl_draw *draw = &r->draws.item[i];
    const bl_grant_state *grant =
        bl_table_at(&r->c->t->by_grant, draw->grant);
    if (grant) split_by_lot(w, bl_lot_rate(&grant->lot), draw->amount);
  }
  r->draws.count = before;
  return rc;
}

int bl_split_decide(bl_rater *r, int64_t time_us, bl_dec before, bl_dec after,
                    bl_split *s) {
  split_walk walk = {.s = s};
  bl_dec most = bl_dec_max(after, BL_DEC_ZERO);

  s->now = bl_dec_min(s->was, most);
  before = bl_dec_max(before, s->now);
  if (bl_dec_cmp(before, most) >= 0) return BILLING_OK;
  walk.left    = bl_dec_sub(most, before);
  walk.list_at = bl_dec_add(s->from, before);
  return split_lots(r, time_us, &walk);
}
