/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * volume.c - the last tier reached sets the rate of all units.
 *
 *     tiers   (0..100] at 0.10    (100..1000] at 0.08    (1000..) at 0.05
 *      100    100 * 0.10  = 10.00
 *      101    101 * 0.08  =  8.08     more units can cost less in all
 *     1200   1200 * 0.05  = 60.00
 *
 * A quantity on a bound is in the tier below it, or, when bounds are
 * exclusive, in the tier above.
 */
#include "price/models.h"

/* Whether the quantity is beyond a tier that ends at `bound`. */
static int volume_is_beyond(const bl_price *price, bl_dec quantity,
                            bl_dec bound) {
  if (price->flags & BL_PRICE_BOUND_EXCLUSIVE)
    return !bl_dec_less(quantity, bound);
  return bl_dec_less(bound, quantity);
}

int bl_tier_holds(const bl_price *price, bl_dec quantity, size_t tier) {
  const bl_tier *here = &price->tiers[tier];
  int is_last = tier + 1 == price->tier_count;

  assert(tier < price->tier_count);
  assert(!is_last || bl_dec_is_max(here->up_to));
  if (tier && !volume_is_beyond(price, quantity, here[-1].up_to)) return 0;
  return is_last || !volume_is_beyond(price, quantity, here->up_to);
}

int bl_price_volume(const bl_price *price, bl_dec quantity, size_t tier,
                    bl_part *out) {
  if (bl_dec_is_zero(quantity)) return bl_part_at_zero(price, tier, out);
  if (bl_dec_sign(quantity) < 0) return 0;
  if (!bl_tier_holds(price, quantity, tier)) return 0;
  *out = bl_part_of(price, tier, quantity, price->tiers[tier].flat);
  return 1;
}
