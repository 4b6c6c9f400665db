/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * walk.c - the next boundary found from the one before, as peers do that keep
 * no anchor cycle but what a boundary looks like: a day of the month, a
 * weekday, a day of the year, and a clock.
 *
 *     the 15th at 12:00, every month
 *     after 1 April 00:00     15 April 12:00: a stub first
 *     after 15 April 12:00    15 May 12:00
 *     every 2 months, after 1 April: 15 April, too, as the stub is no cycle
 *
 * A walk may drift where a row that is counted from its anchor (cycle.c) does
 * not; contracts use those.
 */
#include "contract/contract.h"

static const struct walk_unit {
  int32_t months;
  int32_t days;
} walk_units[] = {
  [BL_WALK_DAY]       = {0, 1},  [BL_WALK_WEEK]      = {0, 7},
  [BL_WALK_MONTH]     = {1, 0},  [BL_WALK_QUARTER]   = {3, 0},
  [BL_WALK_HALF_YEAR] = {6, 0},  [BL_WALK_YEAR]      = {12, 0},
};

/* The date that looks like the anchor, in the unit of `now` or the last one
 * before; *day is the day of the month that it should be. */
static bl_date walk_place(uint32_t unit, bl_date anchor, bl_date now,
                          int32_t *day) {
  int64_t days = bl_days_of_date(now);

  if (unit == BL_WALK_DAY) return now;
  if (unit == BL_WALK_WEEK) {
    int back = bl_weekday(days) - bl_weekday(bl_days_of_date(anchor));
    return bl_date_of_days(days - back - (back < 0 ? 7 : 0));
  }
  if (unit == BL_WALK_YEAR) now.month = anchor.month;
  now.day = 1;
  *day = anchor.day;
  return now;
}

int64_t bl_walk_next(const bl_zone *zone, uint32_t unit, int64_t count,
                     int64_t anchor_us, int64_t us) {
  const struct walk_unit *u = &walk_units[unit];
  bl_duration step = {0, u->months * count, u->days * count, 0};
  bl_civil anchor = bl_civil_of_us(bl_zone_to_local(zone, anchor_us));
  bl_civil now = bl_civil_of_us(bl_zone_to_local(zone, us));
  bl_civil place = {{0, 0, 0}, anchor.clock_us};
  int32_t day = 0, is_stub;
  bl_cycle c;

  assert(unit < BL_COUNT(walk_units) && count >= 1);
  if ((unit == BL_WALK_QUARTER || unit == BL_WALK_HALF_YEAR) &&
      us < anchor_us)
    return anchor_us;
  place.date = walk_place(unit, anchor.date, now.date, &day);
  c = bl_cycle_of(zone, bl_zone_to_utc(zone, bl_us_of_civil(place)), &step);
  c.anchor = place;
  if (day) bl_cycle_on_day(&c, day);
  is_stub = unit == BL_WALK_MONTH && now.date.day < c.anchor.date.day;
  return bl_cycle_from(&c, !is_stub);
}
