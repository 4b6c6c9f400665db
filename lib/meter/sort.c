/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * sort.c - samples in order.
 *
 *     5 at noon, 2 at 11, 9 at noon but later arrived
 *     by quantity 2 5 9    by time 2 5 9
 *
 * A heap: in place, and never slow, whatever the order was.
 */
#include "meter/measure.h"

int bl_sample_is_before(const bl_sample *a, const bl_sample *b) {
  if (a->time_us != b->time_us) return a->time_us < b->time_us;
  return a->number < b->number;
}

static int sort_text_order(bl_str a, bl_str b) {
  size_t len = a.len < b.len ? a.len : b.len;
  int order = len ? memcmp(a.text, b.text, len) : 0;

  return order ? order : (a.len > b.len) - (a.len < b.len);
}

static int sort_is_before(const bl_sample *a, const bl_sample *b, int order) {
  int by_value;

  if (order == BL_SAMPLES_BY_QUANTITY)
    return bl_dec_less(a->quantity, b->quantity);
  by_value = order == BL_SAMPLES_BY_VALUE
               ? sort_text_order(a->value, b->value) : 0;
  return by_value ? by_value < 0 : bl_sample_is_before(a, b);
}

/* Lets the sample at `at` sink until no child comes after it. */
static void sort_sink(bl_sample *samples, size_t at, size_t count,
                      int order) {
  bl_sample sample = samples[at];

  for (size_t child; (child = 2 * at + 1) < count; at = child) {
    if (child + 1 < count &&
        sort_is_before(&samples[child], &samples[child + 1], order))
      child++;
    if (!sort_is_before(&sample, &samples[child], order)) break;
    samples[at] = samples[child];
  }
  samples[at] = sample;
}

void bl_samples_sort(bl_sample *samples, size_t count, int order) {
  assert(samples || count == 0);
  for (size_t i = count / 2; i-- > 0;) sort_sink(samples, i, count, order);
  for (size_t end = count; end-- > 1;) {
    bl_sample last = samples[end];

    samples[end] = samples[0];
    samples[0] = last;
    sort_sink(samples, 0, end, order);
  }
}
