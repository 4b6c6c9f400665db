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

bl_dec bl_timeline_position(const bl_tally *tally, int64_t *events) {
  const bl_plan_version *plan = tally->contract->plan;
  bl_dec sum = BL_DEC_ZERO;

  *events = 0;
  if (!plan->intervals || bl_tally_price(tally)->closing) return sum;
  for (size_t i = 0; i < plan->plan.price_count; i++) {
    const bl_tally *other;
    if (!bl_timeline_precedes(tally->contract, bl_tally_meter(tally), i,
                              tally->price))
      continue;
    other = bl_tally_of(tally->contract, i, tally->period, tally->group);
    if (!other) continue;
    sum = bl_dec_add(sum, other->level.total);
    *events += other->level.events;
  }
  return sum;
}

bl_dec bl_timeline_cost(const bl_meter *meter, const bl_price *rate,
                        bl_level before, bl_dec level) {
  if (!before.events)
    return bl_price_total(rate, bl_measure_finish(meter, level));
  return bl_price_delta(rate, bl_measure_finish(meter, before.total),
                        bl_measure_finish(meter,
                                          bl_dec_add(before.total, level)));
}

bl_dec bl_timeline_total(const bl_tally *tally, const bl_meter *meter,
                         const bl_price *rate, bl_dec level) {
  bl_level before = {.total = BL_DEC_ZERO};

  before.total = bl_timeline_position(tally, &before.events);
  return bl_timeline_cost(meter, rate, before, level);
}

/* ---- settling ---- */

/* Whether another interval had usage before, also when none of it is left. */
static int timeline_follows(const bl_tally *tally) {
  const bl_plan_version *plan = tally->contract->plan;

  for (size_t i = 0; plan->intervals && i < plan->plan.price_count; i++)
    if (bl_timeline_precedes(tally->contract, bl_tally_meter(tally), i,
                             tally->price) &&
        bl_tally_of(tally->contract, i, tally->period, tally->group))
      return 1;
  return 0;
}

/* What a key has come to beyond what is booked; of a key that is the first of
 * its price nothing. */
static bl_dec timeline_moved(const bl_tally *tally) {
  const bl_price *rate;
  bl_dec total;
  bl_split s;

  if (bl_tally_price(tally)->closing || bl_tally_price(tally)->tiers_by)
    return BL_DEC_ZERO;
  rate = bl_price_of_group(bl_tally_price(tally), tally->group);
  if (!timeline_follows(tally) || !rate || (rate->flags & BL_PRICE_BY_EVENT) ||
      (!tally->level.events && bl_dec_is_zero(tally->amount)))
    return BL_DEC_ZERO;
  total = bl_timeline_total(tally, bl_tally_meter(tally), rate,
                            tally->level.total);
  bl_split_open(tally, &s);
  if (s.commit) total = bl_split_list(&s, total);
  return bl_dec_sub(total, tally->amount);
}

static int timeline_add(bl_tick_book *k, const bl_tally *tally,
                        bl_dec amount) {
  bl_fact_tick tick = {.price = tally->price, .period = tally->period,
                       .group = tally->group, .amount = amount,
                       .quantity = bl_tally_quantity(tally)};

  return bl_tick_book_add(k, &tick, 1);
}

/* What is drawn at the commit rate, of which there is no more than usage; its
 * tiers begin where the list price's do. */
static int timeline_settle_commit(bl_tick_book *k, const bl_tally *tally) {
  const bl_tally *commit = bl_tally_commit(tally);
  bl_dec quantity;
  bl_fact_tick tick;
  bl_split s;

  if (!commit) return BILLING_OK;
  bl_split_open(tally, &s);
  if (!s.commit) return BILLING_OK;
  quantity = bl_tally_ticks(tally)
               ? tally->more->ticked
               : bl_split_quantity(&s, tally->level.total);
  s.now = bl_dec_min(s.was, bl_dec_max(quantity, BL_DEC_ZERO));
  tick = (bl_fact_tick){.price = commit->price, .period = commit->period,
                        .group = commit->group, .quantity = s.now,
                        .amount = bl_split_moves(&s)};
  if (bl_dec_equal(s.was, s.now) && bl_dec_is_zero(tick.amount))
    return BILLING_OK;
  return bl_tick_book_add(k, &tick, 1);
}

static int timeline_settle_key(bl_tick_book *k, const bl_tally *tally) {
  bl_dec moved = timeline_moved(tally);
  int rc = bl_dec_is_zero(moved) ? BILLING_OK
                                 : timeline_add(k, tally, moved);

  return rc ? rc : timeline_settle_commit(k, tally);
}

int bl_timeline_settle(bl_call *c, bl_contract *contract, uint64_t periods) {
  bl_tick_book k;
  bl_tallies tallies;
  int rc;

  if (!contract->plan->intervals && !contract->plan->commits)
    return BILLING_OK;
  rc = bl_tallies_of(contract, &c->arena, &tallies);
  if (rc) return rc;
  bl_tick_book_open(&k, c, contract);
  for (size_t i = 0; !rc && i < tallies.count; i++)
    if (tallies.item[i]->period < periods)
      rc = timeline_settle_key(&k, tallies.item[i]);
  return bl_tick_book_close(&k, rc);
}
