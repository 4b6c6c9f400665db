/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * package.c - units are sold in packages; some may be free first.
 *
 *     15 for each 10, 3 free:  24 units are 21 above the free ones
 *       up         3 packages    45      one that is started costs whole
 *       down       2 packages    30      only whole ones cost
 *       prorate    21 units      31.50
 *
 * Packages are those of the running total: 7 units and then 5 are two of 10,
 * and not one each.
 */
#include "price/models.h"

int bl_price_package(const bl_price *price, bl_dec quantity, size_t tier,
                     bl_part *out) {
  static const int modes[] = {[BL_PARTIAL_UP]   = BL_ROUND_CEILING,
                              [BL_PARTIAL_DOWN] = BL_ROUND_FLOOR};
  bl_dec units = bl_above_free(price->free, quantity);
  bl_dec unit = price->tiers[0].unit, packages;

  assert(tier == 0 && price->tier_count == 1);
  (void)tier;
  if (bl_dec_sign(units) <= 0) return 0;
  if (price->partial == BL_PARTIAL_PRORATE) {
    *out = bl_part_of(price, tier, units, BL_DEC_ZERO);
    return 1;
  }
  packages = bl_packages(units, price->per, modes[price->partial]);
  *out = (bl_part){tier, packages, unit, BL_DEC_ZERO,
                   bl_dec_mul(packages, unit)};
  return !bl_dec_is_zero(packages);
}
