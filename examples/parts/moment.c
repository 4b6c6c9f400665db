/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * moment.c - instants as people write them.
 *
 *     "2023-11-16 18:17:03.9799600" is 1700158623979960 microseconds
 */
#include "moment.h"

#include <stdio.h>
#include <time.h>

#define SECOND INT64_C(1000000)
#define DAY (86400 * SECOND)

int64_t moment_now(void) {
  struct timespec now;

  clock_gettime(CLOCK_REALTIME, &now);
  return (int64_t)now.tv_sec * SECOND + now.tv_nsec / 1000;
}

/* Days since 1970-01-01; years are counted from 1 March, in eras of 400. */
static int64_t days_of(int64_t year, int month, int day) {
  int64_t y = year - (month <= 2);
  int64_t era = (y >= 0 ? y : y - 399) / 400;
  int64_t of_era = y - era * 400;
  int64_t of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day;

  return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year -
         1 - 719468;
}

static void date_of(int64_t days, int64_t *year, int *month, int *day) {
  int64_t z = days + 719468;
  int64_t era = (z >= 0 ? z : z - 146096) / 146097;
  int64_t d = z - era * 146097;
  int64_t y = (d - d / 1460 + d / 36524 - d / 146096) / 365;
  int64_t of_year = d - (365 * y + y / 4 - y / 100);
  int64_t m = (5 * of_year + 2) / 153;

  *day = (int)(of_year - (153 * m + 2) / 5 + 1);
  *month = (int)(m < 10 ? m + 3 : m - 9);
  *year = era * 400 + y + (*month <= 2);
}

/* What is left to read; `bad` is sticky. */
typedef struct reader {
  const char *at;
  const char *end;
  int         bad;
} reader;

static int number(reader *r, int digits, int low, int high) {
  int n = 0;

  for (; digits > 0 && r->at < r->end && *r->at >= '0' && *r->at <= '9';
       digits--)
    n = n * 10 + (*r->at++ - '0');
  if (digits || n < low || n > high) r->bad = 1;
  return n;
}

static int took(reader *r, char one, char other) {
  if (r->at == r->end || (*r->at != one && *r->at != other)) return 0;
  r->at++;
  return 1;
}

static int64_t fraction(reader *r) {
  int64_t us = 0, unit = SECOND / 10;
  int count = 0;

  for (; r->at < r->end && *r->at >= '0' && *r->at <= '9'; r->at++, count++) {
    if (!unit && *r->at != '0') r->bad = 1;
    us += unit * (*r->at - '0');
    unit /= 10;
  }
  if (count < 1 || count > 9) r->bad = 1;
  return us;
}

static int64_t offset(reader *r) {
  int64_t minutes;
  int is_west = r->at < r->end && *r->at == '-';

  if (r->at == r->end || took(r, 'Z', 'z')) return 0;
  if (!took(r, '+', '-')) r->bad = 1;
  minutes = number(r, 2, 0, 23) * 60;
  if (!took(r, ':', ':')) r->bad = 1;
  minutes += number(r, 2, 0, 59);
  return (is_west ? -minutes : minutes) * 60 * SECOND;
}

static int64_t time_of_day(reader *r) {
  int64_t us = number(r, 2, 0, 23) * 3600 * SECOND;

  if (!took(r, ':', ':')) r->bad = 1;
  us += number(r, 2, 0, 59) * 60 * SECOND;
  if (!took(r, ':', ':')) r->bad = 1;
  us += number(r, 2, 0, 59) * SECOND;
  if (took(r, '.', '.')) us += fraction(r);
  return us - offset(r);
}

int moment_parse(const char *text, size_t len, int64_t *out) {
  reader r = {text, text + len, 0};
  int year, month, day, again_month, again_day;
  int64_t days, us = 0, again_year;

  year = number(&r, 4, 1, 9999);
  if (!took(&r, '-', '-')) r.bad = 1;
  month = number(&r, 2, 1, 12);
  if (!took(&r, '-', '-')) r.bad = 1;
  day = number(&r, 2, 1, 31);
  if (!r.bad && r.at < r.end) {
    if (!took(&r, 'T', ' ')) r.bad = 1;
    us = time_of_day(&r);
  }
  if (r.bad || r.at != r.end) return 0;
  days = days_of(year, month, day);
  date_of(days, &again_year, &again_month, &again_day);
  if (again_month != month) return 0;        /* such as 30 February */
  *out = days * DAY + us;
  return 1;
}

static int64_t day_of(int64_t us) {
  return us / DAY - (us % DAY < 0);
}

void moment_print(int64_t us, char out[MOMENT_TEXT]) {
  int64_t days = day_of(us), rest = us - days * DAY, year;
  int seconds = (int)(rest / SECOND), micros = (int)(rest % SECOND);
  int month, day, used;

  date_of(days, &year, &month, &day);
  used = snprintf(out, MOMENT_TEXT, "%04d-%02d-%02dT%02d:%02d:%02d",
                  (int)year, month, day, seconds / 3600, seconds / 60 % 60,
                  seconds % 60);
  snprintf(out + used, (size_t)(MOMENT_TEXT - used), micros ? ".%06dZ" : "Z",
           micros);
}

int64_t moment_month(int64_t us, int months) {
  int64_t year;
  int month, day;

  date_of(day_of(us), &year, &month, &day);
  year += (month - 1 + months) / 12;
  return days_of(year, (month - 1 + months) % 12 + 1, 1) * DAY;
}
