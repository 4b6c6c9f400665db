/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * dynamic.c - events carry what they cost; it is passed on, times a factor.
 *
 *     costs of 0.25 and 0.15 with a multiplier of 1.2:  0.40 * 1.2 = 0.48
 *
 * The meter adds up the costs, so the quantity is an amount.
 */
#include "price/models.h"

int bl_price_dynamic(const bl_price *price, bl_dec quantity, size_t tier,
                     bl_part *out) {
  assert(tier == 0 && price->tier_count == 1);
  (void)tier;
  if (bl_dec_is_zero(quantity)) return 0;
  *out = bl_part_of(price, tier, quantity, BL_DEC_ZERO);
  return 1;
}
