/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * usage_limit.c - so much in five hours, and so much in seven days.
 *
 *     100 in 5 hours, 300 in 7 days
 *     08:00   100   opens both windows
 *     12:59     1   the short one is used up until 13:00: refused
 *     13:00     1   opens a new short one; 101 of the seven days
 *
 * A window begins with the first call that is allowed after the last one
 * ended, so an idle hour moves it; its end is outside.  A call fits into every
 * window or is in none.
 */
#include "wallet/reserve.h"

/* What is used of the window at a moment; a window that has ended is new. */
static bl_dec limit_used(const bl_usage_limit *window, int64_t us) {
  return bl_span_holds(window->open, us) ? window->used : BL_DEC_ZERO;
}

static int limit_fits(const bl_usage_limit *window, int64_t us,
                      bl_dec units) {
  bl_dec used = bl_dec_add(limit_used(window, us), units);

  return !bl_dec_is_bad(used) && !bl_dec_less(window->limit, used);
}

/* When a window that refused the call opens anew. */
static int64_t limit_again(const bl_usage_limit *window, int64_t us,
                           bl_dec units) {
  if (bl_dec_less(window->limit, units)) return BL_TIME_NEVER;
  return bl_span_holds(window->open, us) ? window->open.to_us : us;
}

static void limit_count(bl_usage_limit *window, int64_t us, bl_dec units) {
  window->used = bl_dec_add(limit_used(window, us), units);
  if (!bl_span_holds(window->open, us))
    window->open = (bl_span){us, us + window->length_us};
}

int bl_usage_limits_take(bl_usage_limit *windows, size_t count, int64_t us,
                         bl_dec units, int64_t *again_us) {
  int fits = 1;

  *again_us = BL_TIME_NEVER;
  for (size_t i = 0; i < count; i++) {
    int64_t again;

    if (limit_fits(&windows[i], us, units)) continue;
    again = limit_again(&windows[i], us, units);
    if (again < *again_us) *again_us = again;
    fits = 0;
  }
  for (size_t i = 0; fits && i < count; i++)
    limit_count(&windows[i], us, units);
  return fits;
}
