/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * transform.c - from what was metered to what is billed.
 *
 *     1,400 seconds, divided by 1000, up to whole ones:  2
 *     12 units, 5 of them free, in packages of 10:       1
 *      3 units, 5 of them free, in packages of 10:       0
 *
 * This rounds quantities.  Money is rounded in invoice/round.c.
 */
#include "price/run.h"

/* The smallest step that the transform can tell apart. */
static bl_dec transform_step(int32_t places) {
  return bl_dec_round(bl_dec_of_raw(1), places, BL_ROUND_UP);
}

/*
 * A quotient is cut at its 18th decimal before it is rounded to a place.  So
 * that this never decides the place, the result is multiplied back: packages
 * hold at least the quantity, and one fewer would not.
 */
static bl_dec transform_settle(const bl_transform *t, bl_dec quantity,
                               bl_dec rounded) {
  bl_dec step = transform_step(t->places);
  bl_dec more = bl_dec_add(rounded, step);

  if (t->mode == BL_ROUND_CEILING &&
      bl_dec_less(bl_dec_mul(rounded, t->by), quantity))
    return more;
  if (t->mode == BL_ROUND_FLOOR &&
      bl_dec_less(quantity, bl_dec_mul(rounded, t->by)))
    return bl_dec_sub(rounded, step);
  return rounded;
}

bl_dec bl_transform_above(bl_dec free, bl_dec total) {
  assert(bl_dec_sign(free) >= 0);
  if (bl_dec_is_zero(free)) return total;
  return bl_dec_max(bl_dec_sub(total, free), BL_DEC_ZERO);
}

bl_dec bl_transform_quantity(const bl_transform *t, bl_dec quantity) {
  bl_dec left = bl_transform_above(t->free, quantity);
  bl_dec v;

  assert(bl_dec_sign(t->by) > 0);
  assert(t->places >= -20 && t->places <= BL_DEC_SCALE);
  v = t->divides ? bl_dec_div(left, t->by) : bl_dec_mul(left, t->by);
  if (!t->rounds) return v;
  v = bl_dec_round(v, t->places, t->mode);
  return t->divides ? transform_settle(t, left, v) : v;
}
