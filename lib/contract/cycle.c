/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * cycle.c - the endless row of cycles that is counted from an anchor.
 *
 *     P1M from 2026-01-31 10:00 in Europe/Berlin
 *     cycle  from (local)             from (UTC)
 *     0      2026-01-31 10:00 +01     2026-01-31T09:00:00Z
 *     1      2026-02-28 10:00 +01     2026-02-28T09:00:00Z   clamped
 *     2      2026-03-31 10:00 +02     2026-03-31T08:00:00Z   and back
 *
 * Each is counted from the anchor, never from the one before.  A cycle that
 * begins on a day of the month (day 30, from February on) has it wherever the
 * month is long enough.
 */
#include "contract/contract.h"

#define CYCLE_DAYS INT64_C(100000000)     /* about what dates reach */

bl_cycle bl_cycle_of(const bl_zone *zone, int64_t anchor_us,
                     const bl_duration *step) {
  bl_cycle c = {zone, *step, anchor_us, {{0, 0, 0}, 0}, 0, 0};

  c.anchor = bl_civil_of_us(bl_zone_to_local(zone, anchor_us));
  return c;
}

void bl_cycle_on_day(bl_cycle *c, int32_t day) {
  int32_t most = bl_days_in_month(c->anchor.date.year, c->anchor.date.month);

  if (!c->step.months && !c->step.years) return;
  c->day = day;
  c->anchor.date.day = day < most ? day : most;
  c->anchor_us = bl_zone_to_utc(c->zone, bl_us_of_civil(c->anchor));
}

/* A sum that stays where dates are. */
static int64_t cycle_days(bl_i128 days) {
  if (days > CYCLE_DAYS) return CYCLE_DAYS;
  return days < -CYCLE_DAYS ? -CYCLE_DAYS : (int64_t)days;
}

static bl_date cycle_date(const bl_cycle *c, int64_t n) {
  bl_date date = bl_date_add_months(c->anchor.date, n * c->step.years * 12);
  int32_t most;

  date = bl_date_add_months(date, n * c->step.months);
  most = bl_days_in_month(date.year, date.month);
  if (c->day) date.day = c->day < most ? c->day : most;
  if (!c->step.days) return date;
  return bl_date_of_days(cycle_days((bl_i128)bl_days_of_date(date) +
                                    (bl_i128)n * c->step.days));
}

/* The anchor itself is not sent through the zone: it may be the second of two
 * equal wall clocks. */
int64_t bl_cycle_from(const bl_cycle *c, int64_t n) {
  const bl_duration *step = &c->step;
  int64_t us = c->anchor_us;
  bl_i128 sum;

  if (n != 0 && (step->years || step->months || step->days)) {
    bl_civil civil = {cycle_date(c, n), c->anchor.clock_us};
    us = bl_zone_to_utc(c->zone, bl_us_of_civil(civil));
  }
  sum = (bl_i128)us + (bl_i128)n * step->us;
  if (sum > INT64_MAX) return INT64_MAX;
  return sum < INT64_MIN ? INT64_MIN : (int64_t)sum;
}

/*
 * The last cycle that begins at `us` or before.  The guess by the step's mean
 * length is wrong by a few at most.  A day that a zone left out (Samoa,
 * 30 December 2011) is an empty cycle; the last of equal beginnings is the
 * one that holds anything.
 */
int64_t bl_cycle_at(const bl_cycle *c, int64_t us) {
  const bl_duration *step = &c->step;
  int64_t months = step->years * 12 + step->months;
  bl_i128 length = (bl_i128)months * (BL_DAY * 146097 / 4800) +
                   (bl_i128)step->days * BL_DAY + step->us;
  int64_t n;

  assert(length > 0);
  n = (int64_t)(((bl_i128)us - c->anchor_us) / length);
  while (bl_cycle_from(c, n) > us) n--;
  while (bl_cycle_from(c, n + 1) <= us) n++;
  return n;
}

/* The first one that begins at `us` or after. */
int64_t bl_cycle_after(const bl_cycle *c, int64_t us) {
  int64_t n = bl_cycle_at(c, us);

  return n + (bl_cycle_from(c, n) < us);
}

#undef CYCLE_DAYS
