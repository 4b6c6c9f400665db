/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * split.c - a total in portions that add up to it, by largest remainder.
 *
 *     0.10 by 1 : 1 : 1   0.0333.. each: 0.03, 0.03, 0.03, and the cent that
 *     is left to the first: 0.04, 0.03, 0.03
 *
 * Who is cut by most gets the next step; of equal ones the first.
 */
#include "base/sort.h"
#include "invoice/invoice.h"

static int split_by_rest(const void *a, const void *b) {
  const bl_portion *x = a, *y = b;

  if (x->rest != y->rest) return x->rest > y->rest ? -1 : 1;
  return x->place < y->place ? -1 : x->place > y->place;
}

static int split_by_place(const void *a, const void *b) {
  const bl_portion *x = a, *y = b;

  return x->place < y->place ? -1 : x->place > y->place;
}

static bl_dec split_weights(bl_portion *portions, size_t count) {
  bl_dec sum = BL_DEC_ZERO;

  for (size_t i = 0; i < count; i++) {
    portions[i].place = i;
    portions[i].share = BL_DEC_ZERO;
    sum = bl_dec_add(sum, portions[i].weight);
  }
  return sum;
}

void bl_apportion(bl_dec total, int places, bl_portion *portions,
                  size_t count) {
  bl_dec sum = split_weights(portions, count);
  bl_u128 step = bl_u128_power10(BL_DEC_SCALE - places);
  bl_u128 whole = (bl_u128)bl_dec_raw(bl_dec_abs(total)), left;
  int is_negative = bl_dec_sign(total) < 0;

  if (bl_dec_is_bad(sum) || bl_dec_is_bad(total) || bl_dec_sign(sum) <= 0)
    return;
  whole /= step;
  left = whole;
  for (size_t i = 0; i < count; i++) {
    bl_u128 units = bl_u128_share(whole, (bl_u128)bl_dec_raw(
                                    portions[i].weight),
                                  (bl_u128)bl_dec_raw(sum),
                                  &portions[i].rest);
    portions[i].share = bl_dec_of_raw((bl_i128)(units * step));
    left -= units;
  }
  bl_sort(portions, count, sizeof *portions, split_by_rest);
  for (size_t i = 0; i < count; i++) {
    bl_dec one = bl_dec_of_raw(i < left ? (bl_i128)step : 0);

    portions[i].share = bl_dec_add(portions[i].share, one);
    if (is_negative) portions[i].share = bl_dec_neg(portions[i].share);
  }
  bl_sort(portions, count, sizeof *portions, split_by_place);
}
