/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* timeline.c - which interval prices what; see timeline.h. */
#include "engine/timeline.h"

#include "engine/rate.h"
#include "engine/tallies.h"
#include "engine/ticks.h"
#include "price/price.h"

const bl_plan_version *bl_plan_at(const bl_plan_state *plan, int64_t us) {
  size_t at = plan->versions.count;

  while (at > 1) {
    const bl_plan_version *version = plan->versions.item[--at];
    if (version->from_us <= us) return version;
  }
  return plan->versions.item[0];
}

/* Whether a level adds up over intervals, so that a part of a period has its
 * own share of it. */
static int timeline_adds(const bl_meter *meter) {
  return meter && !meter->ticks && (meter->aggregation == BL_AGG_COUNT ||
                                    meter->aggregation == BL_AGG_SUM);
}

/* Intervals of one price in the order of their beginnings. */
static int timeline_before(const bl_plan_version *plan, size_t a, size_t b) {
  int64_t from = plan->intervals[a].was.span.from_us;
  int64_t other = plan->intervals[b].was.span.from_us;

  return from != other ? from < other : a < b;
}

size_t *bl_timeline_ranked(bl_call *c, const bl_plan_version *plan) {
  size_t count = plan->plan.key_count;
  size_t *ranked = bl_arena_array(&c->arena, count + 1, sizeof *ranked);

  for (size_t i = 0; i < count && ranked; i++)
    ranked[bl_timeline_rank(plan, i)] = i;
  return ranked;
}

int bl_timeline_leads(const bl_plan_version *plan, uint64_t price,
                      bl_span span) {
  const bl_interval *own;

  if (!plan->intervals) return 1;
  own = &plan->intervals[price];
  if (bl_span_is_empty(bl_span_cut(own->was.span, span))) return 0;
  for (size_t i = 0; i < plan->plan.price_count; i++) {
    const bl_interval *other = &plan->intervals[i];
    if (other->line == own->line && timeline_before(plan, i, price) &&
        !bl_span_is_empty(bl_span_cut(other->was.span, span)))
      return 0;
  }
  return 1;
}

int bl_timeline_prices(const bl_contract *contract, const bl_meter *meter,
                       uint64_t price, int64_t us, uint64_t period) {
  const bl_plan_version *plan = contract->plan;

  if (!plan->intervals) return 1;
  if (timeline_adds(meter))
    return bl_span_holds(plan->intervals[price].was.span, us);
  return bl_timeline_leads(plan, price, contract->periods[period].span);
}

int bl_timeline_precedes(const bl_contract *contract, const bl_meter *meter,
                         uint64_t a, uint64_t b) {
  const bl_plan_version *plan = contract->plan;

  return plan->intervals && plan->intervals[a].line == plan->intervals[b].line
         && !plan->plan.prices[b].tiers_by && timeline_adds(meter) &&
         timeline_before(plan, a, b);
}

bl_span bl_timeline_service(const bl_contract *contract, uint64_t price,
                            uint64_t period) {
  const bl_plan_version *plan = contract->plan;
  const bl_price *of = &plan->plan.prices[price];
  const bl_meter *meter;
  bl_span whole = contract->periods[period].span, part;
  int is_cut;

  if (!plan->intervals) return whole;
  meter = bl_contract_meter(contract, bl_price_is_commit(of)
                                        ? bl_plan_list(plan, price) : price);
  is_cut = bl_price_is_fee(of) ? of->proration != BL_PRORATE_NONE
                               : timeline_adds(meter);
  part = bl_span_cut(plan->intervals[price].was.span, whole);
  return is_cut && !bl_span_is_empty(part) ? part : whole;
}

/* ---- settling ---- */

/* What a key has come to beyond what is booked; of a key that is the first of
 * its price nothing. */
static int timeline_moved(bl_call *c, const bl_tally *tally, bl_dec *moved) {
  const bl_price *price = bl_tally_price(tally);
  const bl_price *rate = bl_price_of_group(price, tally->group);
  bl_rate_others others;
  int rc;

  *moved = BL_DEC_ZERO;
  if (price->tiers_by || !rate || (rate->flags & BL_PRICE_BY_EVENT) ||
      (!tally->level.events && bl_dec_is_zero(tally->amount)))
    return BILLING_OK;
  rc = bl_rate_others_of(c, tally, rate, &others);
  if (!rc && others.count)
    *moved = bl_dec_sub(bl_rate_beyond(bl_tally_meter(tally), rate, &others,
                                       tally->level.total), tally->amount);
  return rc;
}

static int timeline_add(bl_tick_book *k, const bl_tally *tally,
                        bl_dec quantity, bl_dec amount) {
  bl_fact_tick tick = {.price = tally->price, .period = tally->period,
                       .group = tally->group, .amount = amount,
                       .quantity = quantity};

  return bl_tick_book_add(k, &tick, 1);
}

/* What is drawn at the commit rate, of which there is no more than usage; its
 * tiers begin where the list price's do. */
static int timeline_settle_split(bl_tick_book *k, const bl_tally *tally,
                                 const bl_tally *commit) {
  bl_dec quantity, moved;
  bl_fact_tick tick;
  bl_split s;
  int rc = bl_split_open(k->c, tally, &s);

  if (rc || !s.commit) return rc;
  quantity = bl_tally_ticks(tally)
               ? tally->more->ticked
               : bl_split_quantity(&s, tally->level.total);
  s.now = bl_dec_min(s.was, bl_dec_max(quantity, BL_DEC_ZERO));
  moved = bl_dec_sub(bl_split_list(&s, quantity), tally->amount);
  tick = (bl_fact_tick){.price = commit->price, .period = commit->period,
                        .group = commit->group, .quantity = s.now,
                        .amount = bl_split_moves(&s)};
  if (!bl_dec_is_zero(moved)) rc = timeline_add(k, tally, quantity, moved);
  if (rc || (bl_dec_equal(s.was, s.now) && bl_dec_is_zero(tick.amount)))
    return rc;
  return bl_tick_book_add(k, &tick, 1);
}

static int timeline_settle_key(bl_tick_book *k, const bl_tally *tally) {
  const bl_tally *commit = bl_tally_commit(tally);
  bl_dec moved;
  int rc;

  if (commit) return timeline_settle_split(k, tally, commit);
  rc = timeline_moved(k->c, tally, &moved);
  return rc || bl_dec_is_zero(moved)
             ? rc : timeline_add(k, tally, bl_tally_quantity(tally), moved);
}

int bl_timeline_settle(bl_call *c, bl_contract *contract, uint64_t periods,
                       bl_fact_ticks *out) {
  bl_tick_book k;
  bl_tallies tallies;
  int rc;

  if (out) *out = (bl_fact_ticks){0};
  if (!contract->plan->intervals && !contract->plan->commits)
    return BILLING_OK;
  rc = bl_tallies_of(contract, &c->arena, &tallies);
  if (rc) return rc;
  bl_tick_book_open(&k, c, contract);
  for (size_t i = 0; !rc && i < tallies.count; i++)
    if (tallies.item[i]->period < periods)
      rc = timeline_settle_key(&k, tallies.item[i]);
  if (out) *out = k.fact;
  return bl_tick_book_close(&k, rc);
}
