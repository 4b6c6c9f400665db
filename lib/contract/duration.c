/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * duration.c - lengths of time as ISO 8601 writes them.
 *
 *     "P1Y2M3DT4H" is a year, 2 months, 3 days and 4 hours; a week is 7 days
 *     2024-02-29 + P1Y1M   28 February 2025, then 28 March 2025
 *     P1Y divides by P3M, and by PT1H; P1M does not by P1W, as most months
 *     have no whole number of weeks
 *
 * Years and months are added on the calendar, each cut to the month's end,
 * then days on the wall clock, then time as it passes.
 */
#include "contract/contract.h"

#define SPELL_MOST INT64_C(320000000000000000)   /* 10,000 years and more */

typedef struct spell_reader {
  const char *at;
  const char *end;
  int         bad;
} spell_reader;

static int spell_is_digit(const spell_reader *r) {
  return r->at < r->end && *r->at >= '0' && *r->at <= '9';
}

static int64_t spell_digits(spell_reader *r) {
  int64_t v = 0;

  if (!spell_is_digit(r)) r->bad = 1;
  for (; spell_is_digit(r); r->at++) {
    if (v < SPELL_MOST) v = v * 10 + (*r->at - '0');
  }
  return v;
}

/* Millionths behind a point; more than six are refused. */
static int64_t spell_fraction(spell_reader *r) {
  int64_t v = 0, unit = BL_SECOND / 10;

  if (r->at == r->end || *r->at != '.') return 0;
  r->at++;
  if (!spell_is_digit(r)) r->bad = 1;
  for (; spell_is_digit(r); r->at++, unit /= 10) {
    if (unit == 0) r->bad = 1;
    v += unit * (*r->at - '0');
  }
  return v;
}

static void spell_add(spell_reader *r, int64_t *sum, int64_t count,
                      int64_t unit) {
  bl_i128 all = (bl_i128)count * unit + *sum;

  if (all > SPELL_MOST) r->bad = 1;
  else *sum = (int64_t)all;
}

/* "3D" and the like; letters come in their order, `*place` is that of the
 * last one. */
static void spell_part(spell_reader *r, int is_clock, int *place,
                       bl_duration *out) {
  static const char letters[2][5] = {"YMWD", "HMS"};
  int64_t count = spell_digits(r);
  int64_t fraction = is_clock ? spell_fraction(r) : 0;
  const char *found = r->at < r->end && *r->at
                        ? strchr(letters[is_clock] + *place, *r->at) : NULL;

  if (!found || (fraction && *found != 'S')) {
    r->bad = 1;
    return;
  }
  r->at++;
  *place = (int)(found - letters[is_clock]) + 1;
  if (is_clock)
    spell_add(r, &out->us, count, *found == 'H' ? BL_HOUR
                                  : *found == 'M' ? 60 * BL_SECOND
                                                  : BL_SECOND);
  else if (*found == 'Y') spell_add(r, &out->years, count, 1);
  else if (*found == 'M') spell_add(r, &out->months, count, 1);
  else spell_add(r, &out->days, count, *found == 'W' ? 7 : 1);
  out->us += fraction;
}

int bl_duration_parse(bl_str text, bl_duration *out) {
  spell_reader r = {text.text, text.text + text.len, 0};
  bl_duration d = {0, 0, 0, 0};
  int is_negative = text.len && *r.at == '-';
  int is_clock = 0, place = 0, parts = 0;

  r.at += is_negative;
  if (r.at == r.end || *r.at != 'P') return 0;
  for (r.at++; !r.bad && r.at < r.end; parts++) {
    if (!is_clock && *r.at == 'T') {
      is_clock = 1;
      place = 0;
      r.at++;
    }
    spell_part(&r, is_clock, &place, &d);
  }
  if (r.bad || !parts || d.years > 10000 || d.months > 120000 ||
      d.days > 3660000)
    return 0;
  if (is_negative)
    d = (bl_duration){-d.years, -d.months, -d.days, -d.us};
  *out = d;
  return 1;
}

int64_t bl_duration_add(const bl_duration *d, const bl_zone *zone,
                        int64_t us, int64_t times) {
  bl_cycle cycle = bl_cycle_of(zone, us, d);

  return bl_cycle_from(&cycle, times);
}

/* How long it is when months have so many days and days so many hours. */
static int64_t spell_length(const bl_duration *d, int64_t month,
                            int64_t hours) {
  int64_t days = (d->years * 12 + d->months) * month + d->days;

  return days * hours * BL_HOUR + d->us;
}

int bl_duration_divides(const bl_duration *larger,
                        const bl_duration *smaller) {
  for (int64_t month = 28; month <= 31; month++)
    for (int64_t hours = 23; hours <= 25; hours++) {
      int64_t whole = spell_length(larger, month, hours);
      int64_t part = spell_length(smaller, month, hours);

      if (part <= 0 || whole <= 0 || whole % part) return 0;
    }
  return 1;
}

#undef SPELL_MOST
