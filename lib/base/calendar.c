/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * calendar.c - time, cut to a unit of the calendar in UTC.
 *
 *     2026-08-13T14:37:15Z, a Thursday
 *     minute 14:37:00   hour 14:00   day 2026-08-13   week 2026-08-10
 *     month 2026-08-01  year 2026-01-01
 */
#include "base/time.h"

static int64_t calendar_week(int64_t days) {
  return days - (bl_weekday(days) - 1);
}

static int64_t calendar_date(int64_t days, int of_year) {
  bl_date d = bl_date_of_days(days);

  d.day = 1;
  if (of_year) d.month = 1;
  return bl_days_of_date(d);
}

int bl_time_floor(bl_str unit, int64_t us, int64_t *out) {
  static const struct calendar_row {
    const char *unit;
    int64_t     us;
  } rows[] = {
    {"second", BL_SECOND}, {"minute", 60 * BL_SECOND}, {"hour", BL_HOUR},
    {"day", BL_DAY},
  };
  int64_t days = bl_floor_div(us, BL_DAY);

  assert(us >= BL_TIME_MIN && us <= BL_TIME_MAX);
  for (size_t i = 0; i < BL_COUNT(rows); i++)
    if (bl_str_is(unit, rows[i].unit)) {
      *out = bl_floor_div(us, rows[i].us) * rows[i].us;
      return 1;
    }
  if (bl_str_is(unit, "week")) days = calendar_week(days);
  else if (bl_str_is(unit, "month")) days = calendar_date(days, 0);
  else if (bl_str_is(unit, "year")) days = calendar_date(days, 1);
  else return 0;
  *out = days * BL_DAY;
  return 1;
}
