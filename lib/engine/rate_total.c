/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * rate_total.c - what a charge key comes to at a level, with the keys that go
 * through the tiers before it or together with it.
 *
 *     100 in a year at 1.00, then 0.50:  80 in January, 50 in February
 *     January 80;  February 20 at 1.00 and 30 at 0.50: 35
 *     10 more of January, told in March, cost 0.50 each: 5
 *
 *     100 in a month at 1.00, then 0.50, all at twice the price from the 6th
 *     80 before, 50 after:  80;  20 at 2.00 and 30 at 1.00: 70
 *
 *     10 free a month, what is left rolls over:  4 in January, 20 in February
 *     February 4;  5 more of January, told in March, cost 5: they were used
 *
 * Each period and each interval of the timeline has a key of its own.  Periods
 * that share tiers cost together what their sum costs, so what is booked under
 * the others is subtracted; a period is of the year in which it begins.  An
 * interval costs what it adds, by its own price, to those of the period before
 * it: what these would cost by that price is subtracted.
 */
#include "engine/rate.h"

#include "engine/timeline.h"
#include "price/price.h"
#include "price/terms.h"

/* Whether two periods go through the tiers of a price together. */
static int total_is_shared(const bl_contract *contract, const bl_price *price,
                           uint64_t a, uint64_t b) {
  const bl_contract_terms *terms = &contract->terms;
  const bl_period *periods = contract->periods;

  if (a == b || price->tiers_by != BL_TIERS_YEAR) return a != b;
  return bl_contract_year(terms, contract->zone, periods[a].span.from_us) ==
         bl_contract_year(terms, contract->zone, periods[b].span.from_us);
}

/* Whether free units of one place are those of another one: it is the same
 * price, before or after others. */
static int total_rolls(const bl_contract *contract, uint64_t a, uint64_t b) {
  const bl_plan_version *plan = contract->plan;

  if (a == b) return 1;
  return plan->intervals && !plan->intervals[a].is_off &&
         plan->intervals[a].line == plan->intervals[b].line &&
         bl_price_same(&plan->plan.prices[a], &plan->plan.prices[b]);
}

/* The same of free units that roll over: any period of these places. */
static int total_next_rolled(const bl_contract *contract,
                             const bl_fact_key *key, uint64_t *at,
                             bl_fact_key *other) {
  const bl_plan_version *plan = contract->plan;
  uint64_t periods = contract->period_count;
  uint64_t count = periods * (plan->intervals ? plan->plan.price_count : 1);

  while (*at < count) {
    uint64_t i = (*at)++;
    other->price = plan->intervals ? i / periods : key->price;
    other->period = i % periods;
    if ((other->price != key->price || other->period != key->period) &&
        total_rolls(contract, other->price, key->price))
      return 1;
  }
  return 0;
}

int bl_rate_next_other(const bl_contract *contract, const bl_meter *meter,
                       const bl_fact_key *key, uint64_t *at,
                       bl_fact_key *other) {
  const bl_plan_version *plan = contract->plan;
  const bl_price *price = &plan->plan.prices[key->price];
  uint64_t count = price->tiers_by ? contract->period_count
                   : plan->intervals ? plan->plan.price_count : 0;

  *other = *key;
  if (price->tiers_by == BL_TIERS_ROLLED)
    return total_next_rolled(contract, key, at, other);
  while (*at < count) {
    uint64_t i = (*at)++;
    if (price->tiers_by) other->period = i;
    else other->price = i;
    if (price->tiers_by
          ? total_is_shared(contract, price, key->period, i)
          : bl_timeline_precedes(contract, meter, i, key->price))
      return 1;
  }
  return 0;
}

/* Whether the price holds in some part of a period. */
static int total_gives(const bl_contract *contract, uint64_t price,
                       uint64_t period) {
  const bl_plan_version *plan = contract->plan;
  bl_span span = contract->periods[period].span;

  if (!plan->intervals) return 1;
  for (uint64_t i = 0; i < plan->plan.price_count; i++)
    if (total_rolls(contract, i, price) &&
        !bl_span_is_empty(bl_span_cut(plan->intervals[i].was.span, span)))
      return 1;
  return 0;
}

int bl_rate_roll(bl_arena *a, const bl_contract *contract,
                 const bl_fact_key *key, bl_rate_others *out) {
  const bl_price *price = &contract->plan->plan.prices[key->price];
  size_t carried = price->roll_periods ? (size_t)price->roll_periods : 1;
  size_t count = contract->period_count;

  if (price->tiers_by != BL_TIERS_ROLLED) return BILLING_OK;
  out->periods = count;
  out->period = key->period;
  out->rolled = bl_arena_array(a, count, sizeof *out->rolled);
  out->usage = bl_arena_array(a, count + carried, sizeof *out->usage);
  if (!out->rolled || !out->usage) return BILLING_NOMEM;
  out->room = out->usage + count;
  for (size_t i = 0; i < count; i++)
    out->rolled[i].gives = (uint64_t)total_gives(contract, key->price, i);
  return BILLING_OK;
}

void bl_rate_join(uint64_t period, bl_dec level, bl_rate_others *out) {
  out->level = bl_dec_add(out->level, level);
  if (out->rolled)
    out->usage[period] = bl_dec_add(out->usage[period], level);
}

bl_dec bl_rate_rolled(const bl_meter *meter, const bl_price *rate,
                      const bl_rate_others *all, bl_dec own) {
  for (uint64_t i = 0; i < all->periods; i++) {
    bl_dec level = all->usage[i];
    if (i == all->period) level = bl_dec_add(level, own);
    all->rolled[i].used = bl_measure_finish(meter, level);
  }
  return bl_price_rolled(rate, all->rolled, (size_t)all->periods, all->room);
}

int bl_rate_find_others(bl_call *c, const bl_tally *tally,
                        const bl_price *rate, bl_rate_others *out) {
  bl_contract *contract = tally->contract;
  const bl_meter *meter = bl_tally_meter(tally);
  bl_fact_key key = {contract->number, tally->price, tally->period,
                     tally->group}, at;
  int64_t events = 0;
  int rc = bl_contract_zone(c, contract);

  *out = BL_RATE_ALONE;
  if (!rc) rc = bl_rate_roll(&c->arena, contract, &key, out);
  if (rc) return rc;
  for (uint64_t i = 0; bl_rate_next_other(contract, meter, &key, &i, &at);) {
    const bl_tally *other = bl_tally_of(contract, at.price, at.period,
                                        at.group);
    if (!other) continue;
    out->count++;
    bl_rate_join(at.period, other->level.total, out);
    out->amount = bl_dec_add(out->amount, other->amount);
    out->held = bl_dec_add(out->held, other->held);
    events += other->level.events;
  }
  if (!bl_tally_price(tally)->tiers_by)
    out->amount = events ? bl_price_total(rate, bl_measure_finish(
                                                    meter, out->level))
                         : BL_DEC_ZERO;
  return BILLING_OK;
}

bl_dec bl_rate_beyond(const bl_meter *meter, const bl_price *rate,
                      const bl_rate_others *others, bl_dec level) {
  bl_dec total =
      others->rolled
        ? bl_rate_rolled(meter, rate, others, level)
        : bl_price_total(rate, bl_measure_finish(
                                   meter, bl_dec_add(others->level, level)));

  return bl_dec_sub(total, others->amount);
}

int bl_rate_total(bl_call *c, const bl_tally *tally, const bl_price *rate,
                  bl_dec level, bl_dec *total) {
  bl_arena_mark mark = bl_arena_now(&c->arena);
  bl_rate_others others;
  int rc = bl_rate_others_of(c, tally, rate, &others);

  if (!rc) *total = bl_rate_beyond(bl_tally_meter(tally), rate, &others,
                                   level);
  bl_arena_back(&c->arena, mark);
  return rc;
}
