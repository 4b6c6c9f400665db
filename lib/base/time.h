/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * time.h - the civil calendar.  Time is int64_t microseconds UTC; dates are
 * proleptic Gregorian.  Nothing here reads a clock.
 */
#ifndef BL_TIME_H
#define BL_TIME_H

#include "base/base.h"

#define BL_SECOND INT64_C(1000000)
#define BL_HOUR   (3600 * BL_SECOND)
#define BL_DAY    (24 * BL_HOUR)
/* The years 1 to 9999: what documents may say. */
#define BL_TIME_MIN INT64_C(-62135596800000000)
#define BL_TIME_MAX INT64_C(253402300799999999)
#define BL_TIME_NEVER INT64_MAX           /* an end that does not come */

typedef struct bl_date {
  int32_t year;
  int32_t month;           /* 1..12 */
  int32_t day;             /* 1..31 */
} bl_date;

typedef struct bl_civil {  /* a wall clock without a zone */
  bl_date date;
  int64_t clock_us;        /* microseconds since midnight */
} bl_civil;

/* Division that rounds down; b > 0. */
static inline int64_t bl_floor_div(int64_t a, int64_t b) {
  return a / b - (a % b < 0);
}

int64_t bl_days_of_date(bl_date d);      /* days since 1970-01-01 */
bl_date bl_date_of_days(int64_t days);
int     bl_days_in_month(int32_t year, int32_t month);
int     bl_date_is_valid(bl_date d);
int     bl_weekday(int64_t days);        /* 1 Monday .. 7 Sunday */
/* Months on from a date, day clamped to the month's end: 31 Jan + 1 is
 * 28 Feb, 31 Jan + 2 is 31 Mar: always count from the anchor.  It stops at
 * the years -200000 and 200000. */
bl_date bl_date_add_months(bl_date d, int64_t months);

bl_civil bl_civil_of_us(int64_t us);     /* reads us as a wall clock */
int64_t  bl_us_of_civil(bl_civil c);     /* saturates */

/*
 * RFC 3339: a date (midnight UTC), or a date, 'T' or a space, a time with up
 * to 9 decimals of which the last three must be zeros, and 'Z', +hh:mm, -hh:mm
 * or nothing (UTC).  No leap seconds; the instant lies within BL_TIME_MIN and
 * BL_TIME_MAX.  Returns 0, leaving *out alone, when it is not one.
 */
int    bl_time_parse(bl_str text, int64_t *out);
#define BL_TIME_TEXT 40
/* "2026-01-31T00:00:00Z"; six decimals only if there is a fraction.  Takes
 * any value; out has room for BL_TIME_TEXT; returns the length. */
size_t bl_time_print(int64_t us, char *out);

/* The beginning, in UTC, of the unit that holds the instant (calendar.c);
 * units are second minute hour day week month year.  0 when there is no such
 * unit. */
int bl_time_floor(bl_str unit, int64_t us, int64_t *out);

#endif
