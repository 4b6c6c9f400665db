/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * bounds.c - what a bill of Lago that is made at a moment covers.
 *
 *     calendar months from 2 February 2021; a bill of 7 March 2022
 *     fee in arrears   1 to 28 February, the period before
 *     fee in advance   1 to 31 March, the period that runs
 *     ended 6 March    1 to 6 March, when it is paid in arrears
 *
 * Ends are the last second that counts, as that peer has them: the one before
 * the next period, or the very moment when service ended.
 */
#include "contract/contract.h"

static int bounds_has_ended(const bl_bounds_terms *t) {
  return t->ended_us <= t->at_us;
}

static bl_period bounds_of(const bl_bounds_terms *t, const bl_cycle *c,
                           int is_running, int64_t from_us) {
  int64_t n = bl_cycle_at(c, t->at_us) - !is_running;
  bl_period p;

  p.full = (bl_span){bl_cycle_from(c, n), bl_cycle_from(c, n + 1)};
  p.span = (bl_span){p.full.from_us, p.full.to_us - BL_SECOND};
  if (p.span.from_us < from_us) p.span.from_us = from_us;
  if (p.span.to_us > t->ended_us) p.span.to_us = t->ended_us;
  if (p.span.to_us < t->started_us) p.span.to_us = t->started_us;
  return p;
}

/* A fee counts whole days: it begins with the day of the start. */
bl_period bl_bounds_fee(const bl_bounds_terms *t) {
  bl_civil day = bl_civil_of_us(bl_zone_to_local(t->own.zone,
                                                 t->started_us));
  int is_running = (t->flags & (BL_BOUNDS_ADVANCE | BL_BOUNDS_RUNNING)) ||
                   bounds_has_ended(t);

  day.clock_us = 0;
  return bounds_of(t, &t->own, is_running,
                   bl_zone_to_utc(t->own.zone, bl_us_of_civil(day)));
}

int bl_bounds_usage(const bl_bounds_terms *t, bl_period *out) {
  int goes_on = (t->flags & BL_BOUNDS_SUCCESSOR) &&
                (t->flags & BL_BOUNDS_ADVANCE);
  int is_running = (t->flags & BL_BOUNDS_RUNNING) ||
                   (bounds_has_ended(t) && !goes_on);

  int is_monthly = (t->flags & BL_BOUNDS_MONTHLY) != 0;

  *out = bounds_of(t, is_monthly ? &t->month : &t->own, is_running,
                   t->started_us);
  if (!(t->flags & BL_BOUNDS_OTHER_MONTHLY) || is_monthly || is_running)
    return 1;
  /* The bills of later months are for what is billed by the month. */
  return bl_cycle_from(&t->own, bl_cycle_at(&t->own, t->at_us)) ==
         bl_cycle_from(&t->month, bl_cycle_at(&t->month, t->at_us));
}
