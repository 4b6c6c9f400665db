/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* contract.h - who owes what, when: billing periods and proration. */
#ifndef BL_CONTRACT_H
#define BL_CONTRACT_H

#include "base/zone.h"
#include "catalog/catalog.h"

/* A billing period: the aligned cycle, and what the contract covers of it. */
typedef struct bl_period {
  bl_span span;            /* cut to the contract's start and end */
  bl_span full;            /* the whole aligned cycle */
} bl_period;

/*
 * Periods are cut in the zone, counted from the anchor, never from each other,
 * so that 31 January comes back after February:
 *
 *     monthly from 31 Jan, Europe/Berlin: 31 Jan, 28 Feb, 31 Mar, 30 Apr ..
 *
 * calendar: local midnight of the 1st (month, year: of January for years and
 * for counts of months that divide 12), Monday (week), any day; weeks, days
 * and counts that divide nothing are counted from Monday 3 January 2000 or
 * 1 January 2000.  anniversary: the wall clock of the start.  date: the wall
 * clock of anchor_us.  A cycle that is skipped or repeated by a clock change
 * follows zone.h.
 *
 * The period that holds `us`; 0 when the contract does not cover it.
 */
int bl_period_at(const bl_contract_terms *terms, const bl_zone *zone,
                 int64_t us, bl_period *out);
/* The period after `before` (0 at the end); the first when before is NULL. */
int bl_period_next(const bl_contract_terms *terms, const bl_zone *zone,
                   const bl_period *before, bl_period *out);

/* How many years of the contract are over (year.c). */
int64_t bl_contract_year(const bl_contract_terms *terms, const bl_zone *zone,
                         int64_t us);

/*
 * The period after `last` (NULL: the first one from a moment on) in which an
 * allowance is given, turn 0 the first; 0: none any more (recur.c).
 */
int bl_recur_next(const bl_recurring *a, const bl_contract_terms *terms,
                  const bl_zone *zone, int64_t from_us,
                  const bl_period *last, uint64_t turn, bl_period *out);
/* When what is given for a period ends, so many periods included; 0: the
 * contract ends before. */
int bl_recur_end(const bl_recurring *a, const bl_contract_terms *terms,
                 const bl_zone *zone, const bl_period *period,
                 uint32_t periods, int64_t *end_us);

const char *bl_unit_name(uint32_t unit);
const char *bl_proration_name(uint32_t proration);

/*
 * The share of a full cycle that a span is, as two integers: 1/1 when they are
 * equal or for none; microseconds for time; local days (half open, a started
 * day counts by its date) for days_half_open.
 */
void bl_prorate(uint32_t proration, bl_span span, bl_span full,
                const bl_zone *zone, int64_t *numerator,
                int64_t *denominator);

#endif
