/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * period.c - billing periods, each counted from the anchor.
 *
 *     monthly, Europe/Berlin, anniversary of 2026-01-31 10:00 local
 *     cycle  from (local)             from (UTC)
 *     0      2026-01-31 10:00 +01     2026-01-31T09:00:00Z
 *     1      2026-02-28 10:00 +01     2026-02-28T09:00:00Z   clamped
 *     2      2026-03-31 10:00 +02     2026-03-31T08:00:00Z   and back
 *     3      2026-04-30 10:00 +02     2026-04-30T08:00:00Z
 *
 * A grid is the endless row of cycles; a period is one of them, cut to the
 * start and end of the contract.
 */
#include "contract/contract.h"

typedef struct cycle_grid {
  const bl_zone *zone;
  int64_t        anchor_us;     /* cycle 0 begins here */
  bl_civil       anchor;        /* the same as the zone's wall clock */
  int64_t        months;        /* in a cycle, or 0 */
  int64_t        days;          /* in a cycle, or 0 */
} cycle_grid;

static const struct cycle_unit {
  const char *name;
  int32_t     months;
  int32_t     days;
  bl_date     calendar;         /* where calendar cycles are counted from */
} cycle_units[] = {
  [BL_UNIT_DAY]   = {"day",   0,  1, {2000, 1, 1}},
  [BL_UNIT_WEEK]  = {"week",  0,  7, {2000, 1, 3}},       /* a Monday */
  [BL_UNIT_MONTH] = {"month", 1,  0, {2000, 1, 1}},
  [BL_UNIT_YEAR]  = {"year",  12, 0, {2000, 1, 1}},
};

const char *bl_unit_name(uint32_t unit) {
  assert(unit < BL_COUNT(cycle_units));
  return cycle_units[unit].name;
}

static cycle_grid cycle_grid_of(const bl_contract_terms *terms,
                                const bl_zone *zone) {
  assert(terms->unit < BL_COUNT(cycle_units));
  assert(terms->every >= 1 && terms->every <= 100 * 100);   /* of recur.c */
  const struct cycle_unit *unit = &cycle_units[terms->unit];
  cycle_grid g = {zone, terms->start_us, {{0, 0, 0}, 0},
                  (int64_t)unit->months * terms->every,
                  (int64_t)unit->days * terms->every};
  bl_civil calendar = {unit->calendar, 0};

  if (terms->anchor == BL_ANCHOR_DATE) g.anchor_us = terms->anchor_us;
  if (terms->anchor == BL_ANCHOR_CALENDAR)
    g.anchor_us = bl_zone_to_utc(zone, bl_us_of_civil(calendar));
  g.anchor = bl_civil_of_us(bl_zone_to_local(zone, g.anchor_us));
  if (terms->anchor == BL_ANCHOR_CALENDAR) g.anchor = calendar;
  return g;
}

/* Where cycle n begins.  The anchor itself is not sent through the zone: it
 * may be the second of two equal wall clocks. */
static int64_t cycle_from(const cycle_grid *g, int64_t n) {
  bl_civil c = g->anchor;
  if (n == 0) return g->anchor_us;
  c.date = g->months
             ? bl_date_add_months(c.date, n * g->months)
             : bl_date_of_days(bl_days_of_date(c.date) + n * g->days);
  return bl_zone_to_utc(g->zone, bl_us_of_civil(c));
}

static int64_t cycle_guess(const cycle_grid *g, bl_date local) {
  bl_date from = g->anchor.date;
  int64_t step = g->months ? g->months : g->days;
  int64_t distance =
    g->months ? ((int64_t)local.year - from.year) * 12 + local.month -
                  from.month
              : bl_days_of_date(local) - bl_days_of_date(from);
  return distance / step - (distance % step < 0);
}

/*
 * The last cycle that begins at `us` or before.  The guess by the date is
 * wrong by one or two at most.  A day that a zone left out (Samoa, 30 December
 * 2011) is an empty cycle; the last of equal beginnings is the one that holds
 * anything.
 */
static int64_t cycle_at(const cycle_grid *g, int64_t us) {
  bl_civil local = bl_civil_of_us(bl_zone_to_local(g->zone, us));
  int64_t n = cycle_guess(g, local.date);
  while (cycle_from(g, n) > us) n--;
  while (cycle_from(g, n + 1) <= us) n++;
  return n;
}

static int64_t cycle_nearest(const cycle_grid *g, int64_t us) {
  int64_t n = cycle_at(g, us);
  int64_t past = us - cycle_from(g, n);
  return past > cycle_from(g, n + 1) - us ? n + 1 : n;
}

/* Whether `us` is a time that documents may say and the contract covers. */
static int terms_cover(const bl_contract_terms *terms, int64_t us) {
  bl_span covered = {terms->start_us, terms->end_us};
  return us >= BL_TIME_MIN && us <= BL_TIME_MAX && bl_span_holds(covered, us);
}

static void period_cut(const bl_contract_terms *terms, bl_span full,
                       bl_period *out) {
  bl_span covered = {terms->start_us, terms->end_us};
  out->full = full;
  out->span = bl_span_cut(full, covered);
  assert(!bl_span_is_empty(out->span));
}

int bl_period_at(const bl_contract_terms *terms, const bl_zone *zone,
                 int64_t us, bl_period *out) {
  cycle_grid g;
  bl_span full;
  int64_t n;
  if (!terms_cover(terms, us)) return 0;
  g = cycle_grid_of(terms, zone);
  n = cycle_at(&g, us);
  full.from_us = cycle_from(&g, n);
  full.to_us = cycle_from(&g, n + 1);
  assert(bl_span_holds(full, us));
  period_cut(terms, full, out);
  return 1;
}

/*
 * The next period begins where `before` ended, also when newer zone data would
 * have ended it elsewhere; so its number is that of the nearest cycle, and
 * periods neither overlap nor leave a gap.
 */
int bl_period_next(const bl_contract_terms *terms, const bl_zone *zone,
                   const bl_period *before, bl_period *out) {
  cycle_grid g;
  bl_span full;
  int64_t n;
  if (!before) return bl_period_at(terms, zone, terms->start_us, out);
  full.from_us = before->full.to_us;
  if (!terms_cover(terms, full.from_us)) return 0;
  g = cycle_grid_of(terms, zone);
  n = cycle_nearest(&g, before->full.from_us) + 2;
  while (cycle_from(&g, n) <= full.from_us) n++;
  full.to_us = cycle_from(&g, n);
  period_cut(terms, full, out);
  return 1;
}
