/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * recur.c - when an allowance is given again, and when it ends.
 *
 *     a contract from 15 January, calendar months; "every":"month"
 *     turn   given for               whole period
 *     0      15 January to February  January: 17 of 31 days
 *     1      February                February
 *     "expires" 2 periods: what turn 0 gave ends with February
 *
 * Its periods are cut as those of the contract, which may have other ones:
 * weeks of tokens under a monthly contract.
 */
#include "contract/contract.h"

static bl_contract_terms recur_terms(const bl_recurring *a,
                                     const bl_contract_terms *terms) {
  static const uint32_t units[] = {
    [BL_EVERY_DAY] = BL_UNIT_DAY, [BL_EVERY_WEEK] = BL_UNIT_WEEK,
    [BL_EVERY_MONTH] = BL_UNIT_MONTH, [BL_EVERY_YEAR] = BL_UNIT_YEAR
  };
  bl_contract_terms own = *terms;

  assert(a->every < BL_COUNT(units));
  if (a->every == BL_EVERY_PERIOD) {
    own.every *= a->count;
    return own;
  }
  own.unit = units[a->every];
  own.every = a->count;
  return own;
}

/* The first period is the one that holds the moment, from then on. */
static int recur_first(const bl_contract_terms *terms, const bl_zone *zone,
                       int64_t from_us, bl_period *out) {
  if (from_us < terms->start_us) from_us = terms->start_us;
  if (!bl_period_at(terms, zone, from_us, out)) return 0;
  out->span.from_us = from_us;
  return 1;
}

int bl_recur_next(const bl_recurring *a, const bl_contract_terms *terms,
                  const bl_zone *zone, int64_t from_us,
                  const bl_period *last, uint64_t turn, bl_period *out) {
  bl_contract_terms own;
  int has;

  if (a->part_count) {
    if (turn >= a->part_count) return 0;
    out->span = out->full = a->parts[turn].span;
    return 1;
  }
  own = recur_terms(a, terms);
  if (from_us < a->span.from_us) from_us = a->span.from_us;
  has = last ? bl_period_next(&own, zone, last, out)
             : recur_first(&own, zone, from_us, out);
  return has && out->span.from_us < a->span.to_us;
}

int bl_recur_end(const bl_recurring *a, const bl_contract_terms *terms,
                 const bl_zone *zone, const bl_period *period,
                 uint32_t periods, int64_t *end_us) {
  bl_contract_terms own = recur_terms(a, terms);
  bl_period at = *period;

  assert(periods > 0);
  for (; periods > 1; periods--)
    if (!bl_period_next(&own, zone, &at, &at)) return 0;
  *end_us = at.span.to_us;
  return 1;
}
