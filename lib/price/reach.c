/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * reach.c - how far money goes at a rate.
 *
 *     a commit rate of 0.90 up to 100, then 0.70; a list price of 1.00 up to
 *     100, then 0.80; 150 are used, and a grant has 45.00
 *     from 0 on     45.00 reach 50 units, the commit rate's tiers
 *     from 50 on    50 at 1.00, 50 at 0.80: 90.00 by the list price
 *
 * Both ladders count one position, and what is drawn at the commit rate comes
 * first in it.  So with c units of q drawn so, the price of all is
 *
 *     commit(c) + list(q) - list(c)
 *
 * which does not depend on the order in which they came.
 */
#include "price/price.h"

/* What units cost is rounded, so a little less than what the money divides to
 * may cost all of it: 1.999999999999999999 at 0.50.  When it divides without a
 * rest, within the tier that it ends in, it reaches as far as that. */
static bl_dec reach_evenly(const bl_price *rate, bl_dec at, bl_dec money) {
  bl_dec low = rate->free, floor, ceiling;
  const bl_tier *tier = rate->tiers;

  for (; bl_dec_less(tier->up_to, at); tier++) low = tier->up_to;
  if (!bl_dec_less(low, at) || bl_dec_is_zero(tier->unit)) return at;
  money = bl_dec_sub(money, bl_price_total(rate, low));
  floor = bl_dec_muldiv_round(money, rate->per, tier->unit, BL_DEC_SCALE,
                              BL_ROUND_FLOOR);
  ceiling = bl_dec_muldiv_round(money, rate->per, tier->unit, BL_DEC_SCALE,
                                BL_ROUND_CEILING);
  low = bl_dec_add(low, floor);
  return bl_dec_equal(floor, ceiling) && bl_dec_less(at, low) &&
                 !bl_dec_less(tier->up_to, low)
             ? low : at;
}

/* Money that does not divide by a unit price reaches into one more of the
 * smallest quantities, so that nothing is left of a grant. */
bl_dec bl_price_reach(const bl_price *rate, bl_dec from, bl_dec most,
                      bl_dec money) {
  bl_dec before = bl_price_total(rate, from);
  bl_i128 low = 0, high = bl_dec_raw(most);
  bl_dec at;

  assert(bl_dec_sign(most) >= 0 && bl_dec_sign(money) > 0);
  while (low < high) {
    bl_i128 middle = low + (high - low) / 2;
    bl_dec units = bl_dec_of_raw(middle);
    bl_dec cost = bl_dec_sub(bl_price_total(rate, bl_dec_add(from, units)),
                             before);
    if (bl_dec_less(cost, money)) low = middle + 1;
    else high = middle;
  }
  at = reach_evenly(rate, bl_dec_add(from, bl_dec_of_raw(low)),
                    bl_dec_add(before, money));
  return bl_dec_min(bl_dec_sub(at, from), most);
}
