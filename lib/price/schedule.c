/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * schedule.c - rates by values and by time.
 *
 *     {region: eu}  2024-01-01 .. 2025-01-01    1.00
 *     {region: eu}  2025-01-01 ..               1.20
 *     {}            2024-01-01 ..               9.00
 *     eu on 2024-12-31    1.00     eu on 2025-01-01    1.20     us    9.00
 *
 * A rate is never edited: a later row supersedes it.
 */
#include "price/terms.h"

static int schedule_is_better(const bl_dated_rate *rate,
                              const bl_dated_rate *best) {
  if (!best) return 1;
  if (rate->values.count != best->values.count)
    return rate->values.count > best->values.count;
  return rate->span.from_us >= best->span.from_us;
}

const bl_dated_rate *bl_schedule_find(const bl_dated_rate *rates, size_t count,
                                      bl_str price,
                                      const bl_named_list *values, int64_t at,
                                      int exact) {
  const bl_dated_rate *best = NULL;

  for (size_t i = 0; i < count; i++) {
    const bl_dated_rate *rate = &rates[i];

    if (!bl_str_equal(rate->price, price) || !bl_span_holds(rate->span, at))
      continue;
    if (!bl_named_within(&rate->values, values)) continue;
    if (exact && rate->values.count != values->count) continue;
    if (schedule_is_better(rate, best)) best = rate;
  }
  return best;
}
