/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * window.c - the window of a grid that an instant lies in.
 *
 *     2026-10-25T00:30:00Z in Europe/Berlin, 02:30 before the clock goes back
 *     hour   00:00Z to 01:00Z; the second 02:30, at 01:30Z, is in the next
 *     day    2026-10-24T22:00Z to 2026-10-25T23:00Z, of 25 hours
 *     week   Monday 2026-10-18T22:00Z to 2026-10-25T23:00Z
 *     month  2026-09-30T22:00Z to 2026-10-31T23:00Z
 *
 * Hours are cut from the instant itself, so a repeated hour keeps its
 * identity; where a clock changes by half an hour, the change ends a window.
 * Days and what is made of them begin at local midnight: at the first of two,
 * and at the end of a gap that has swallowed it.
 */
#include "meter/window.h"

const char *const bl_window_words[] = {
  [BL_WINDOW_NONE]  = "none",
  [BL_WINDOW_HOUR]  = "hour",
  [BL_WINDOW_DAY]   = "day",
  [BL_WINDOW_WEEK]  = "week",
  [BL_WINDOW_MONTH] = "month",
  NULL
};

/* ---- hours ---- */

/* Microseconds since the local clock last showed a full hour. */
static int64_t window_minutes(const bl_zone *zone, int64_t us) {
  int64_t local = us + bl_zone_offset(zone, us) * BL_SECOND;

  return local - bl_floor_div(local, BL_HOUR) * BL_HOUR;
}

/* What the zone's clock is ahead of full hours. */
static int64_t window_phase(const bl_zone *zone, int64_t us) {
  int64_t offset = bl_zone_offset(zone, us);

  return offset - bl_floor_div(offset, 3600) * 3600;
}

/* The first instant in (low, high] with the phase of high. */
static int64_t window_change(const bl_zone *zone, int64_t low, int64_t high) {
  int64_t phase = window_phase(zone, high);

  while (high - low > 1) {
    int64_t middle = low + (high - low) / 2;

    if (window_phase(zone, middle) == phase) high = middle;
    else low = middle;
  }
  return high;
}

static bl_span window_hour(const bl_zone *zone, int64_t us) {
  int64_t from = us - window_minutes(zone, us), last = from + BL_HOUR - 1;
  int64_t phase = window_phase(zone, us);
  bl_span span = {from, last + 1};

  if (window_phase(zone, from) != phase)
    span.from_us = window_change(zone, from, us);
  if (window_phase(zone, last) != phase)
    span.to_us = window_change(zone, us, last);
  return span;
}

/* ---- days, weeks, months ---- */

static int64_t window_midnight(const bl_grid *grid, bl_date date) {
  bl_civil civil = {date, 0};

  return bl_zone_to_utc(grid->zone, bl_us_of_civil(civil));
}

/* Where window n begins: days and weeks since Monday 5 January 1970, months
 * since January 1970. */
static int64_t window_from(const bl_grid *grid, int64_t n) {
  bl_date date = {1970, 1, 1};

  if (grid->unit == BL_WINDOW_MONTH) {
    date = bl_date_add_months(date, n);
    date.day = bl_days_in_month(date.year, date.month);
    if (date.day > grid->anchor_day) date.day = grid->anchor_day;
    return window_midnight(grid, date);
  }
  return window_midnight(grid, bl_date_of_days(
    4 + n * (grid->unit == BL_WINDOW_WEEK ? 7 : 1)));
}

static int64_t window_guess(const bl_grid *grid, bl_date local) {
  int64_t days = bl_days_of_date(local) - 4;

  if (grid->unit == BL_WINDOW_MONTH)
    return ((int64_t)local.year - 1970) * 12 + local.month - 1;
  return grid->unit == BL_WINDOW_WEEK ? bl_floor_div(days, 7) : days;
}

/* The guess by the date is wrong by one or two at most; the last of equal
 * beginnings is the one that holds anything. */
static bl_span window_of_days(const bl_grid *grid, int64_t us) {
  bl_civil local = bl_civil_of_us(bl_zone_to_local(grid->zone, us));
  int64_t n = window_guess(grid, local.date);

  while (window_from(grid, n) > us) n--;
  while (window_from(grid, n + 1) <= us) n++;
  return (bl_span){window_from(grid, n), window_from(grid, n + 1)};
}

bl_span bl_window_at(const bl_grid *grid, int64_t us) {
  bl_span span = {INT64_MIN, INT64_MAX};

  assert(grid->unit <= BL_WINDOW_MONTH);
  assert(us >= BL_TIME_MIN && us <= BL_TIME_MAX);
  assert(grid->unit != BL_WINDOW_MONTH ||
         (grid->anchor_day >= 1 && grid->anchor_day <= 31));
  if (grid->unit == BL_WINDOW_HOUR) span = window_hour(grid->zone, us);
  else if (grid->unit != BL_WINDOW_NONE) span = window_of_days(grid, us);
  assert(bl_span_holds(span, us));
  return span;
}
