/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * graduated.c - each unit costs the rate of the tier that it falls in.
 *
 *     tiers   (0..100] at 0.10    (100..1000] at 0.08    (1000..) at 0.05
 *     1200    100 * 0.10    +     900 * 0.08      +      200 * 0.05  = 92.00
 *
 * The flat of a tier is due once the tier is entered: by its first unit, or,
 * when bounds are exclusive, by the last unit of the tier before.
 *
 * Compare volume.c, where the last tier reached sets the rate of all units.
 */
#include "price/models.h"

int bl_price_graduated(const bl_price *price, bl_dec quantity, size_t tier,
                       bl_part *out) {
  const bl_tier *here = &price->tiers[tier];
  bl_dec floor = tier ? here[-1].up_to : BL_DEC_ZERO;
  bl_dec units;

  assert(tier < price->tier_count);
  assert(tier + 1 < price->tier_count || bl_dec_is_max(here->up_to));
  if (bl_dec_is_zero(quantity)) return bl_part_at_zero(price, tier, out);
  if (bl_dec_less(quantity, floor)) return 0;
  units = bl_dec_sub(bl_dec_min(quantity, here->up_to), floor);
  if (bl_dec_is_zero(units) && (bl_dec_is_zero(here->flat) ||
      !(price->flags & BL_PRICE_BOUND_EXCLUSIVE)))
    return 0;
  *out = bl_part_of(price, tier, units, here->flat);
  return 1;
}
