/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * graduated_percentage.c - each part of an amount at the rate of its tier.
 *
 *     tiers   (0..1000] 3 %    (1000..) 2 % and 5
 *     1500    30 + (500 * 2 / 100 + 5) = 45
 *
 * A rate is a price for a hundred, so this is graduated.c with `per` 100.
 */
#include "price/models.h"

int bl_price_graduated_percentage(const bl_price *price, bl_dec quantity,
                                  size_t tier, bl_part *out) {
  assert(bl_dec_equal(price->per, bl_dec_of_int(100)));
  return bl_price_graduated(price, quantity, tier, out);
}
