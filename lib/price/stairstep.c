/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * stairstep.c - one amount for each range of the quantity; units cost nothing.
 *
 *     steps   (0..100] for 20    (100..1000] for 150    (1000..) for 400
 *      100    20
 *      101    150, and not 170: compare graduated.c, where flats add up
 *     1200    400
 *
 * A quantity on a bound is on the step below it, or, when bounds are
 * exclusive, on the step above.
 */
#include "price/models.h"

int bl_price_stairstep(const bl_price *price, bl_dec quantity, size_t tier,
                       bl_part *out) {
  assert(bl_dec_is_zero(price->tiers[tier].unit));
  if (bl_dec_is_zero(quantity)) return bl_part_at_zero(price, tier, out);
  if (bl_dec_sign(quantity) < 0) return 0;
  if (!bl_tier_holds(price, quantity, tier)) return 0;
  *out = bl_part_of(price, tier, quantity, price->tiers[tier].flat);
  return 1;
}
