/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * percentage.c - a share of an amount.
 *
 *     2.9 % of what is above 100:  450 costs 350 * 2.9 / 100 = 10.15
 *
 * The quantity is money, or what stands for it.  What depends on single
 * transactions is in transactions.c.
 */
#include "price/models.h"

int bl_price_percentage(const bl_price *price, bl_dec quantity, size_t tier,
                        bl_part *out) {
  bl_dec amount = bl_above_free(price->free, quantity);

  assert(tier == 0 && price->tier_count == 1);
  (void)tier;
  if (bl_dec_is_zero(amount)) return 0;
  *out = bl_part_of(price, tier, amount, BL_DEC_ZERO);
  return 1;
}
