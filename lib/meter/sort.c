/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * sort.c - samples in order.
 *
 *     5 at noon, 2 at 11, 9 at noon but later arrived
 *     by quantity 2 5 9    by time 2 5 9
 */
#include "base/sort.h"
#include "meter/measure.h"

int bl_sample_is_before(const bl_sample *a, const bl_sample *b) {
  if (a->time_us != b->time_us) return a->time_us < b->time_us;
  return a->number < b->number;
}

static int samples_by_quantity(const void *a, const void *b) {
  const bl_sample *x = a, *y = b;

  return bl_dec_cmp(x->quantity, y->quantity);
}

static int samples_by_time(const void *a, const void *b) {
  return bl_sample_is_before(b, a) - bl_sample_is_before(a, b);
}

static int samples_by_value(const void *a, const void *b) {
  const bl_sample *x = a, *y = b;
  int order = bl_str_order(x->value, y->value);

  return order ? order : samples_by_time(a, b);
}

/* In the order of BL_SAMPLES_BY_*. */
static bl_sort_order *const samples_by[] = {
  samples_by_quantity, samples_by_time, samples_by_value};

void bl_samples_sort(bl_sample *samples, size_t count, int order) {
  bl_sort(samples, count, sizeof *samples, samples_by[order]);
}
