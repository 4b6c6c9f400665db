/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * span.h - half-open intervals of time, [from, to).
 *
 *     [1 Jan, 1 Feb) and [15 Jan, 15 Feb) overlap in [15 Jan, 1 Feb)
 */
#ifndef BL_SPAN_H
#define BL_SPAN_H

#include "base/time.h"

typedef billing_span bl_span;

static inline int bl_span_is_empty(bl_span s) { return s.from_us >= s.to_us; }
static inline int bl_span_holds(bl_span s, int64_t us) {
  return s.from_us <= us && us < s.to_us;
}
static inline bl_span bl_span_cut(bl_span a, bl_span b) {
  bl_span s = {a.from_us > b.from_us ? a.from_us : b.from_us,
               a.to_us < b.to_us ? a.to_us : b.to_us};
  if (s.to_us < s.from_us) s.to_us = s.from_us;
  return s;
}
static inline int64_t bl_span_length(bl_span s) {
  return bl_span_is_empty(s) ? 0 : s.to_us - s.from_us;
}

#endif
