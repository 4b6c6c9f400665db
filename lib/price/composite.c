/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * composite.c - what others were charged, as the quantity of a percentage.
 *
 *     a 300, b 100 (support), c 1000:
 *     of the price a, and of all with the tag support:  400
 */
#include "price/terms.h"

bl_dec bl_composite_base(const bl_spend *spend, size_t count,
                         const bl_words *prices, const bl_words *tags) {
  bl_dec base = BL_DEC_ZERO;

  for (size_t i = 0; i < count; i++)
    if (bl_words_have(prices, spend[i].price) ||
        bl_words_have_any(&spend[i].tags, tags))
      base = bl_dec_add(base, spend[i].amount);
  return base;
}
