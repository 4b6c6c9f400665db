/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * flat.c - a recurring fee: an amount for each of a quantity, for a share of
 * a period.
 *
 *     5 seats at 20 for 17 of 31 days: 20 * 5 * 17 / 31 =
 *     54.838709677419354839
 */
#include "price/models.h"

int bl_price_flat(const bl_price *price, bl_dec quantity, size_t tier,
                  bl_part *out) {
  bl_dec amount = bl_dec_mul(price->amount, quantity);
  bl_part part = {tier, quantity, price->amount, BL_DEC_ZERO, amount};

  assert(tier == 0 && price->model == BL_MODEL_FLAT);
  *out = part;
  return !bl_dec_is_zero(quantity);
}

/* Divides both by what they have in common. */
static void flat_cancel(bl_i128 *a, bl_i128 *b) {
  bl_i128 x = *a < 0 ? -*a : *a;
  bl_i128 y = *b;

  while (y) {
    bl_i128 rest = x % y;

    x = y;
    y = rest;
  }
  *a /= x;
  *b /= x;
}

/*
 * One rounding needs one division: amount * (quantity * numerator) /
 * denominator.  Common factors go first, because the numerator is often a
 * number of microseconds and the product would not fit for many seats.
 */
bl_dec bl_price_fee(const bl_price *price, bl_dec quantity, int64_t numerator,
                    int64_t denominator) {
  bl_i128 top   = numerator;
  bl_i128 count = bl_dec_raw(quantity);
  bl_i128 under = (bl_i128)denominator * (bl_i128)BL_DEC_UNIT;
  bl_i128 most  = bl_dec_raw(BL_DEC_MAX);

  assert(price->model == BL_MODEL_FLAT);
  assert(numerator >= 0 && denominator > 0);
  if (bl_dec_is_bad(quantity) || bl_dec_is_bad(price->amount))
    return BL_DEC_BAD;
  flat_cancel(&count, &under);
  flat_cancel(&top, &under);
  if (top && (count > most / top || count < -(most / top))) return BL_DEC_BAD;
  return bl_dec_muldiv(price->amount, bl_dec_of_raw(count * top),
                       bl_dec_of_raw(under));
}
