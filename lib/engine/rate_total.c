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
#include "price/allowance.h"
#include "price/price.h"

/* Whether two periods go through the tiers of a price together. */
static int total_is_shared(const bl_contract *contract, const bl_price *price,
                           uint64_t a, uint64_t b) {
  const bl_contract_terms *terms = &contract->terms;
  const bl_period *periods = contract->periods;

  if (a == b || price->tiers_by != BL_TIERS_YEAR) return a != b;
  return bl_contract_year(terms, contract->zone, periods[a].span.from_us) ==
         bl_contract_year(terms, contract->zone, periods[b].span.from_us);
}

int bl_rate_next_other(const bl_contract *contract, const bl_meter *meter,
                       const bl_fact_key *key, uint64_t *at,
                       bl_fact_key *other) {
  const bl_plan_version *plan = contract->plan;
  const bl_price *price = &plan->plan.prices[key->price];
  uint64_t count = price->tiers_by ? contract->period_count
                   : plan->intervals ? plan->plan.price_count : 0;

  *other = *key;
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

/* The first period in which the price gives free units. */
static uint64_t total_first(const bl_contract *contract, uint64_t price) {
  const bl_interval *intervals = contract->plan->intervals;
  uint64_t first = 0;

  while (intervals && first < contract->period_count &&
         contract->periods[first].span.to_us <=
             intervals[price].was.span.from_us)
    first++;
  return first;
}

int bl_rate_roll(bl_arena *a, const bl_contract *contract,
                 const bl_fact_key *key, bl_rate_others *out) {
  const bl_price *price = &contract->plan->plan.prices[key->price];
  size_t carried = price->roll_periods ? (size_t)price->roll_periods : 1;

  if (price->tiers_by != BL_TIERS_ROLLED) return BILLING_OK;
  out->periods = contract->period_count;
  out->period = key->period;
  out->first = total_first(contract, key->price);
  out->usage = bl_arena_array(a, (size_t)out->periods + carried,
                              sizeof *out->usage);
  if (!out->usage) return BILLING_NOMEM;
  out->room = out->usage + out->periods;
  return BILLING_OK;
}

void bl_rate_join(const bl_meter *meter, uint64_t period, bl_dec level,
                  bl_rate_others *out) {
  out->level = bl_dec_add(out->level, level);
  if (out->usage) out->usage[period] = bl_measure_finish(meter, level);
}

/* What all periods come to, with so much in the key's own. */
static bl_dec total_rolled(const bl_price *rate, const bl_rate_others *others,
                           bl_dec own) {
  others->usage[others->period] = own;
  return bl_price_rolled(rate, others->usage + others->first,
                         (size_t)(others->periods - others->first),
                         others->room, 0, NULL);
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
    bl_rate_join(meter, at.period, other->level.total, out);
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
      others->usage
        ? total_rolled(rate, others, bl_measure_finish(meter, level))
        : bl_price_total(rate, bl_measure_finish(
                                   meter, bl_dec_add(others->level, level)));

  return bl_dec_sub(total, others->amount);
}

int bl_rate_total(bl_call *c, const bl_tally *tally, const bl_price *rate,
                  bl_dec level, bl_dec *total) {
  bl_rate_others others;
  int rc = bl_rate_others_of(c, tally, rate, &others);

  if (!rc) *total = bl_rate_beyond(bl_tally_meter(tally), rate, &others,
                                   level);
  return rc;
}
