/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * prorate.c - the share of a cycle that a span is, as two integers.
 *
 *     a contract in Europe/Berlin starts on 15 March 2026 at 00:00, in the
 *     cycle of March, which is an hour short: the clock changes on the 29th
 *
 *     time            407 h of 743 h, in microseconds
 *     days_half_open  17 of 31: the 15th to the 31st
 *     none            1 of 1
 *
 * Spans that follow each other have numerators that add up, by either count:
 * an instant belongs to one span, a day to the span that is running when the
 * day ends.
 */
#include "contract/contract.h"

static const char *const proration_names[] = {
  [BL_PRORATE_TIME] = "time",
  [BL_PRORATE_DAYS] = "days_half_open",
  [BL_PRORATE_NONE] = "none",
};

const char *bl_proration_name(uint32_t proration) {
  assert(proration < BL_COUNT(proration_names));
  return proration_names[proration];
}

static int64_t local_day(const bl_zone *zone, int64_t us) {
  return bl_days_of_date(bl_civil_of_us(bl_zone_to_local(zone, us)).date);
}

/* From the date of `from` up to the date of `to`, which is not counted. */
static int64_t local_days(const bl_zone *zone, bl_span s) {
  if (bl_span_is_empty(s)) return 0;
  return local_day(zone, s.to_us) - local_day(zone, s.from_us);
}

void bl_prorate(uint32_t proration, bl_span span, bl_span full,
                const bl_zone *zone, int64_t *numerator,
                int64_t *denominator) {
  int is_equal = span.from_us == full.from_us && span.to_us == full.to_us;
  int64_t part = 1, whole = 1;
  assert(proration < BL_COUNT(proration_names));

  if (!is_equal && proration == BL_PRORATE_TIME) {
    part = bl_span_length(span);
    whole = bl_span_length(full);
  }
  if (!is_equal && proration == BL_PRORATE_DAYS) {
    part = local_days(zone, span);
    whole = local_days(zone, full);
  }
  /* A cycle without any length has no shares. */
  *numerator = whole > 0 ? part : 0;
  *denominator = whole > 0 ? whole : 1;
}
