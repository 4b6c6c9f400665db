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
 * A period is one cycle (cycle.c), cut to the start and end of the contract.
 */
#include "contract/contract.h"

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

bl_cycle bl_period_cycle(const bl_contract_terms *terms, const bl_zone *zone) {
  assert(terms->unit < BL_COUNT(cycle_units));
  assert(terms->every >= 1 && terms->every <= 100 * 100);   /* of recur.c */
  const struct cycle_unit *unit = &cycle_units[terms->unit];
  bl_duration step = {0, (int64_t)unit->months * terms->every,
                      (int64_t)unit->days * terms->every, 0};
  bl_civil calendar = {unit->calendar, 0};
  int64_t anchor_us = terms->start_us;
  bl_cycle c;

  if (terms->anchor == BL_ANCHOR_DATE) anchor_us = terms->anchor_us;
  if (terms->anchor == BL_ANCHOR_CALENDAR)
    anchor_us = bl_zone_to_utc(zone, bl_us_of_civil(calendar));
  c = bl_cycle_of(zone, anchor_us, &step);
  if (terms->anchor == BL_ANCHOR_CALENDAR) c.anchor = calendar;
  return c;
}

static int64_t period_nearest(const bl_cycle *c, int64_t us) {
  int64_t n = bl_cycle_at(c, us);
  int64_t past = us - bl_cycle_from(c, n);
  return past > bl_cycle_from(c, n + 1) - us ? n + 1 : n;
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
  bl_cycle c;
  bl_span full;
  int64_t n;
  if (!terms_cover(terms, us)) return 0;
  c = bl_period_cycle(terms, zone);
  n = bl_cycle_at(&c, us);
  full.from_us = bl_cycle_from(&c, n);
  full.to_us = bl_cycle_from(&c, n + 1);
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
  bl_cycle c;
  bl_span full;
  int64_t n;
  if (!before) return bl_period_at(terms, zone, terms->start_us, out);
  full.from_us = before->full.to_us;
  if (!terms_cover(terms, full.from_us)) return 0;
  c = bl_period_cycle(terms, zone);
  n = period_nearest(&c, before->full.from_us) + 2;
  while (bl_cycle_from(&c, n) <= full.from_us) n++;
  full.to_us = bl_cycle_from(&c, n);
  period_cut(terms, full, out);
  return 1;
}
