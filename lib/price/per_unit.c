/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * per_unit.c - every unit costs the same.
 *
 *     2.50 per 1000000:  1200 units cost 1200 * 2.50 / 1000000 = 0.003
 *
 * A price for a million needs no price for one: the division comes last.
 * With 200 free, 1200 units are 1000 above them: 0.0025.
 * Less than nothing costs less than nothing: -1200 units are -0.003.
 */
#include "price/models.h"

int bl_price_per_unit(const bl_price *price, bl_dec quantity, size_t tier,
                      bl_part *out) {
  bl_dec units = bl_above_free(price->free, quantity);

  assert(tier == 0 && price->tier_count == 1);
  assert(bl_dec_is_zero(price->tiers[0].flat));
  if (bl_dec_is_zero(units)) return 0;
  *out = bl_part_of(price, tier, units, BL_DEC_ZERO);
  return 1;
}
