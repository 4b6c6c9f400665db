/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * time.c - the civil calendar: dates, wall clocks and RFC 3339.
 *
 *     2026-01-31 is day 20484 since 1970-01-01, a Saturday (6)
 *     2026-01-31 + 1 month = 2026-02-28, + 2 months = 2026-03-31
 *     "2026-01-31T01:30:00.25+01:00" is 1769819400250000 microseconds,
 *     which print as "2026-01-31T00:30:00.250000Z"
 *
 * Days are counted in eras of 400 years, after which the Gregorian calendar
 * repeats, and in years that begin on 1 March, so that the leap day is last.
 */
#include "base/time.h"

#define ERA_DAYS  146097                /* in 400 years */
#define ERA_SHIFT 719468                /* from 0000-03-01 to 1970-01-01 */
#define YEAR_FAR  200000                /* bl_date_add_months stays within */
#define DAYS_LAST (INT64_MAX / BL_DAY)  /* the days that microseconds reach */

static int time_is_leap(int32_t year) {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int bl_days_in_month(int32_t year, int32_t month) {
  static const signed char days[] = {31, 28, 31, 30, 31, 30,
                                     31, 31, 30, 31, 30, 31};
  assert(month >= 1 && month <= 12);
  return days[month - 1] + (month == 2 && time_is_leap(year));
}

int bl_date_is_valid(bl_date d) {
  return d.year >= 1 && d.year <= 9999 && d.month >= 1 && d.month <= 12 &&
         d.day >= 1 && d.day <= bl_days_in_month(d.year, d.month);
}

int64_t bl_days_of_date(bl_date d) {
  int64_t year = (int64_t)d.year - (d.month <= 2);
  int64_t era = bl_floor_div(year, 400);
  int64_t year_of_era = year - era * 400;
  int64_t month = d.month > 2 ? d.month - 3 : d.month + 9;   /* March is 0 */
  int64_t day_of_year = (153 * month + 2) / 5 + d.day - 1;
  assert(d.month >= 1 && d.month <= 12);
  return era * ERA_DAYS + year_of_era * 365 + year_of_era / 4 -
         year_of_era / 100 + day_of_year - ERA_SHIFT;
}

bl_date bl_date_of_days(int64_t days) {
  int64_t since = days + ERA_SHIFT;
  int64_t era = bl_floor_div(since, ERA_DAYS);
  int64_t day = since - era * ERA_DAYS;
  int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
  int64_t of_year = day - (365 * year + year / 4 - year / 100);
  int64_t month = (5 * of_year + 2) / 153;                   /* March is 0 */
  bl_date d;
  assert(days >= -2 * DAYS_LAST && days <= 2 * DAYS_LAST);
  d.day = (int32_t)(of_year - (153 * month + 2) / 5 + 1);
  d.month = (int32_t)(month < 10 ? month + 3 : month - 9);
  d.year = (int32_t)(era * 400 + year + (d.month <= 2));
  return d;
}

int bl_weekday(int64_t days) {
  int64_t since_thursday = days % 7;    /* 1970-01-01 was a Thursday */
  return (int)((since_thursday + 10) % 7) + 1;
}

bl_date bl_date_add_months(bl_date d, int64_t months) {
  const int64_t far = YEAR_FAR * INT64_C(12);
  int64_t sum = (int64_t)d.year * 12 + (d.month - 1);
  bl_date end = {YEAR_FAR, 12, 31};
  assert(d.year >= -YEAR_FAR && d.year <= YEAR_FAR);
  if (months > 2 * far) months = 2 * far;     /* the sum cannot overflow */
  if (months < -2 * far) months = -2 * far;
  sum += months;
  if (sum >= far + 12) return end;
  if (sum < -far) return (bl_date){-YEAR_FAR, 1, 1};
  end.year = (int32_t)bl_floor_div(sum, 12);
  end.month = (int32_t)(sum - (int64_t)end.year * 12) + 1;
  end.day = bl_days_in_month(end.year, end.month);
  if (d.day < end.day) end.day = d.day;
  return end;
}

bl_civil bl_civil_of_us(int64_t us) {
  int64_t days = bl_floor_div(us, BL_DAY);
  int64_t clock = us % BL_DAY;
  bl_civil c = {bl_date_of_days(days), clock < 0 ? clock + BL_DAY : clock};
  return c;
}

/* Dates that microseconds do not reach give the first or the last of them.
 * A negative day is counted from its end, because its beginning may already
 * lie outside of int64_t. */
int64_t bl_us_of_civil(bl_civil c) {
  int64_t days = bl_days_of_date(c.date);
  int64_t left = c.clock_us - BL_DAY;
  assert(c.clock_us >= 0 && c.clock_us < BL_DAY);
  if (days > DAYS_LAST || days < -DAYS_LAST - 1)
    return days > 0 ? INT64_MAX : INT64_MIN;
  if (days < 0) {
    days = (days + 1) * BL_DAY;
    return days < INT64_MIN - left ? INT64_MIN : days + left;
  }
  days *= BL_DAY;
  return days > INT64_MAX - c.clock_us ? INT64_MAX : days + c.clock_us;
}

/* What is left to read.  `bad` is sticky and checked once, at the end. */
typedef struct time_reader {
  const char *at;
  const char *end;
  int         bad;
} time_reader;

static int time_at_digit(const time_reader *r) {
  return r->at < r->end && *r->at >= '0' && *r->at <= '9';
}

/* Whether the next character is one of two; then it is taken. */
static int time_took(time_reader *r, char one, char other) {
  if (r->at == r->end || (*r->at != one && *r->at != other)) return 0;
  r->at++;
  return 1;
}

/* Exactly `count` digits, whose value lies within [low, high]. */
static int32_t time_digits(time_reader *r, int count, int32_t low,
                           int32_t high) {
  int32_t v = 0;
  for (; count > 0 && time_at_digit(r); count--) v = v * 10 + (*r->at++ - '0');
  if (count > 0 || v < low || v > high) r->bad = 1;
  return v;
}

static void time_expect(time_reader *r, char c) {
  if (!time_took(r, c, c)) r->bad = 1;
}

/* One to nine digits; those below a microsecond must be zeros. */
static int64_t time_fraction(time_reader *r) {
  int64_t v = 0, unit = BL_SECOND / 10;
  int count = 0;
  for (; time_at_digit(r); r->at++, unit /= 10, count++) {
    if (unit == 0 && *r->at != '0') r->bad = 1;
    v += unit * (*r->at - '0');
  }
  if (count < 1 || count > 9) r->bad = 1;
  return v;
}

static int64_t time_clock(time_reader *r) {
  int64_t us = time_digits(r, 2, 0, 23) * BL_HOUR;
  time_expect(r, ':');
  us += time_digits(r, 2, 0, 59) * 60 * BL_SECOND;
  time_expect(r, ':');
  us += time_digits(r, 2, 0, 59) * BL_SECOND;   /* a leap second is refused */
  if (time_took(r, '.', '.')) us += time_fraction(r);
  return us;
}

/* 'Z', +hh:mm or -hh:mm, or nothing, which is UTC too. */
static int64_t time_offset(time_reader *r) {
  int64_t us;
  int is_west = r->at < r->end && *r->at == '-';
  if (r->at == r->end || time_took(r, 'Z', 'z')) return 0;
  if (!time_took(r, '+', '-')) r->bad = 1;
  us = time_digits(r, 2, 0, 23) * BL_HOUR;
  time_expect(r, ':');
  us += time_digits(r, 2, 0, 59) * 60 * BL_SECOND;
  return is_west ? -us : us;
}

static bl_date time_date(time_reader *r) {
  bl_date d = {0, 0, 0};
  d.year = time_digits(r, 4, 1, 9999);
  time_expect(r, '-');
  d.month = time_digits(r, 2, 1, 12);
  time_expect(r, '-');
  d.day = time_digits(r, 2, 1, 31);
  if (!r->bad && !bl_date_is_valid(d)) r->bad = 1;
  return d;
}

int bl_time_parse(bl_str text, int64_t *out) {
  time_reader r = {text.text, text.text ? text.text + text.len : NULL, 0};
  bl_civil c = {{0, 0, 0}, 0};
  int64_t us = 0;
  assert(out);
  c.date = time_date(&r);
  if (!r.bad && r.at < r.end) {
    if (!time_took(&r, 'T', 't')) time_expect(&r, ' ');
    c.clock_us = time_clock(&r);
    us = time_offset(&r);
  }
  if (r.bad || r.at != r.end) return 0;
  us = bl_us_of_civil(c) - us;
  if (us < BL_TIME_MIN || us > BL_TIME_MAX) return 0;
  *out = us;
  return 1;
}

static char *time_put(char *at, int64_t v, int width, char after) {
  assert(v >= 0);
  for (int i = width; i > 0; i--, v /= 10) at[i - 1] = (char)('0' + v % 10);
  at[width] = after;
  return at + width + 1;
}

/* Years outside of 0..9999 do not come from documents; they get a sign or
 * more digits, so that a message about them is still right. */
size_t bl_time_print(int64_t us, char *out) {
  bl_civil c = bl_civil_of_us(us);
  int32_t year = c.date.year < 0 ? -c.date.year : c.date.year;
  int64_t second = c.clock_us / BL_SECOND;
  char *at = out;
  if (c.date.year < 0) *at++ = '-';
  at = time_put(at, year, year > 99999 ? 6 : year > 9999 ? 5 : 4, '-');
  at = time_put(at, c.date.month, 2, '-');
  at = time_put(at, c.date.day, 2, 'T');
  at = time_put(at, second / 3600, 2, ':');
  at = time_put(at, second / 60 % 60, 2, ':');
  at = time_put(at, second % 60, 2, '.');
  if (c.clock_us % BL_SECOND)
    at = time_put(at, c.clock_us % BL_SECOND, 6, 'Z');
  else
    at[-1] = 'Z';
  *at = '\0';
  assert(at - out < BL_TIME_TEXT);
  return (size_t)(at - out);
}

#undef ERA_DAYS
#undef ERA_SHIFT
#undef YEAR_FAR
#undef DAYS_LAST
