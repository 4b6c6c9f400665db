/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * prorate.c - the share of a cycle that a span is, as two integers.
 *
 *     a contract in Europe/Berlin starts on 15 March 2026 at 00:00, in the
 *     cycle of March, which is an hour short: the clock changes on the 29th
 *
 *     time            407 h of 743 h, in microseconds (seconds, hours alike)
 *     days_half_open  17 of 31: the 15th to the 31st
 *     days_inclusive  18 of 32: 1 April, too
 *     actual_30       17 of 30
 *     strict_30_360   16 of 30: the 31st is the 30th
 *     fixed_month     16 of 30, of 30 days: March has one too many
 *     none            1 of 1
 *
 * Spans that follow each other have numerators that add up when they are
 * counted by time, seconds, hours or half-open days: an instant belongs to one
 * span, a day to the span that is running when the day ends.  The other ways
 * are those of peers and of contracts on paper.
 */
#include "contract/contract.h"

const char *const bl_prorate_words[] = {
  [BL_PRORATE_TIME]          = "time",
  [BL_PRORATE_DAYS]          = "days_half_open",
  [BL_PRORATE_NONE]          = "none",
  [BL_PRORATE_SECONDS]       = "seconds",
  [BL_PRORATE_HOURS]         = "hours",
  [BL_PRORATE_DAYS_BOTH]     = "days_inclusive",
  [BL_PRORATE_ACTUAL_30]     = "actual_30",
  [BL_PRORATE_STRICT_30_360] = "strict_30_360",
  [BL_PRORATE_FIXED_MONTH]   = "fixed_month",
  [BL_PRORATE_LAGO_DAYS]     = "lago_days",
  NULL
};

const char *bl_proration_name(uint32_t proration) {
  assert(proration <= BL_PRORATE_NONE);
  return bl_prorate_words[proration];
}

static bl_date local_date(const bl_zone *zone, int64_t us) {
  return bl_civil_of_us(bl_zone_to_local(zone, us)).date;
}

static int64_t local_day(const bl_zone *zone, int64_t us) {
  return bl_days_of_date(local_date(zone, us));
}

static int64_t units_of(bl_span s, int64_t unit) {
  return bl_floor_div(s.to_us, unit) - bl_floor_div(s.from_us, unit);
}

/* In months of 30 days; the last day of a month is its 30th. */
static int64_t days_30_360(const bl_zone *zone, bl_span s) {
  bl_date from = local_date(zone, s.from_us);
  bl_date last = bl_date_of_days(local_day(zone, s.to_us) - 1);
  int64_t months = ((int64_t)last.year - from.year) * 12 + last.month -
                   from.month;

  if (from.day == bl_days_in_month(from.year, from.month)) from.day = 30;
  if (last.day == bl_days_in_month(last.year, last.month)) last.day = 30;
  return months * 30 + last.day - from.day + 1;
}

/* Real days, less what the month in which they begin has too many once they
 * leave it. */
static int64_t days_of_fixed(const bl_zone *zone, bl_span s,
                             int64_t month_days) {
  bl_date from = local_date(zone, s.from_us), to = local_date(zone, s.to_us);
  int64_t days = bl_days_of_date(to) - bl_days_of_date(from);

  if (from.year == to.year && from.month == to.month) return days;
  return days - (bl_days_in_month(from.year, from.month) - month_days);
}

/* Days that are begun between two wall clocks. */
static int64_t days_begun(const bl_zone *zone, bl_span s) {
  int64_t length = bl_zone_to_local(zone, s.to_us) -
                   bl_zone_to_local(zone, s.from_us);

  return (length + BL_DAY - 1) / BL_DAY;
}

static int is_midnight(const bl_zone *zone, int64_t us) {
  return bl_civil_of_us(bl_zone_to_local(zone, us)).clock_us == 0;
}

static int64_t share_of(uint32_t proration, int64_t month_days,
                        const bl_zone *zone, bl_span s) {
  if (bl_span_is_empty(s)) return 0;
  switch (proration) {
    case BL_PRORATE_TIME:      return bl_span_length(s);
    case BL_PRORATE_SECONDS:   return units_of(s, BL_SECOND);
    case BL_PRORATE_HOURS:     return units_of(s, BL_HOUR);
    case BL_PRORATE_STRICT_30_360: return days_30_360(zone, s);
    case BL_PRORATE_FIXED_MONTH:   return days_of_fixed(zone, s, month_days);
    case BL_PRORATE_LAGO_DAYS: return days_begun(zone, s);
    default:
      return local_day(zone, s.to_us) - local_day(zone, s.from_us) +
             (proration == BL_PRORATE_DAYS_BOTH);
  }
}

void bl_share(uint32_t proration, int64_t month_days, bl_span span,
              bl_span full, const bl_zone *zone, int64_t *numerator,
              int64_t *denominator) {
  int is_equal = span.from_us == full.from_us && span.to_us == full.to_us;
  uint32_t of = proration == BL_PRORATE_ACTUAL_30 ? BL_PRORATE_STRICT_30_360
                                                  : proration;
  int64_t part = share_of(proration, month_days, zone, span);
  int64_t whole = share_of(of, month_days, zone, full);

  assert(proration <= BL_PRORATE_LAGO_DAYS);
  if (proration == BL_PRORATE_FIXED_MONTH) whole = month_days;
  /* That peer's ends are the last moment of a day: a midnight is one day
   * more, but for the end of the cycle. */
  if (proration == BL_PRORATE_LAGO_DAYS && span.to_us < full.to_us &&
      !bl_span_is_empty(span) && is_midnight(zone, span.to_us))
    part++;
  if (proration == BL_PRORATE_NONE ||
      (is_equal && (whole <= 0 || proration == BL_PRORATE_FIXED_MONTH)))
    part = whole = 1;
  /* A cycle without any length has no shares. */
  *numerator = whole > 0 ? part : 0;
  *denominator = whole > 0 ? whole : 1;
}

bl_dec bl_share_round(int64_t numerator, int64_t denominator, int places) {
  return bl_dec_muldiv_round(BL_DEC_ONE, bl_dec_of_int(numerator),
                             bl_dec_of_int(denominator), places,
                             BL_ROUND_HALF_AWAY);
}

/* A whole cycle is 1 of 1, however it is counted. */
void bl_prorate(uint32_t proration, bl_span span, bl_span full,
                const bl_zone *zone, int64_t *numerator,
                int64_t *denominator) {
  int is_equal = span.from_us == full.from_us && span.to_us == full.to_us;

  assert(proration <= BL_PRORATE_NONE);
  bl_share(is_equal ? BL_PRORATE_NONE : proration, 0, span, full, zone,
           numerator, denominator);
}
