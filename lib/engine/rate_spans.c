/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * rate_spans.c - tiers by contract year or life: periods that go through them
 * together.
 *
 *     100 in a year at 1.00, then 0.50:  80 in January, 50 in February
 *     January 80;  February 20 at 1.00 and 30 at 0.50: 35
 *     10 more of January, told in March, cost 0.50 each: 5
 *
 * Each period has a key of its own, as always, and the law of rating holds for
 * their sum: the price of the total of all of them, less what is booked under
 * all of them, is booked under the one at hand.  A period is of the year in
 * which it begins.
 */
#include "engine/rate.h"

static void spans_add(const bl_tally *tally, uint64_t period,
                      bl_rate_others *out) {
  const bl_tally *other = bl_tally_of(tally->contract, tally->price, period,
                                      tally->group);

  if (!other || other == tally) return;
  out->level = bl_dec_add(out->level, other->level.total);
  out->amount = bl_dec_add(out->amount, other->amount);
  out->held = bl_dec_add(out->held, other->held);
}

int bl_rate_is_shared(const bl_contract *contract, const bl_price *price,
                      uint64_t a, uint64_t b) {
  const bl_contract_terms *terms = &contract->terms;
  const bl_period *periods = contract->periods;

  if (price->tiers_by != BL_TIERS_YEAR)
    return a == b || price->tiers_by == BL_TIERS_LIFE;
  return bl_contract_year(terms, contract->zone, periods[a].span.from_us) ==
         bl_contract_year(terms, contract->zone, periods[b].span.from_us);
}

int bl_rate_spans(bl_call *c, const bl_tally *tally, bl_rate_others *out) {
  bl_contract *contract = tally->contract;
  int rc = BILLING_OK;

  *out = (bl_rate_others){BL_DEC_ZERO, BL_DEC_ZERO, BL_DEC_ZERO};
  if (!contract->zone)
    rc = bl_zone_of(c, contract->terms.zone, &contract->zone);
  for (uint64_t p = 0; p < contract->period_count && !rc; p++)
    if (bl_rate_is_shared(contract, bl_tally_price(tally), tally->period, p))
      spans_add(tally, p, out);
  return rc;
}
