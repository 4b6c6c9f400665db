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

typedef struct reaching {
  const bl_price *rate;
  bl_dec          from;
  bl_dec          before;
} reaching;

static bl_dec reach_cost(const reaching *r, bl_i128 units) {
  return bl_dec_sub(
      bl_price_total(r->rate, bl_dec_add(r->from, bl_dec_of_raw(units))),
      r->before);
}

/* The first in [low, high) that costs as much as the money, or more than it;
 * high when there is none. */
static bl_i128 reach_first(const reaching *r, bl_i128 low, bl_i128 high,
                           bl_dec money, int or_more) {
  while (low < high) {
    bl_i128 middle = low + (high - low) / 2;
    bl_dec cost = reach_cost(r, middle);
    int is_there = or_more ? bl_dec_less(money, cost)
                           : !bl_dec_less(cost, money);
    if (is_there) high = middle;
    else low = middle + 1;
  }
  return low;
}

/* Money that does not divide by a unit price reaches into one more of the
 * smallest quantities, so that nothing is left of a grant.  Below a unit price
 * of 1 several neighbours round to the same money; the one in the middle is
 * what it divides to. */
bl_dec bl_price_reach(const bl_price *rate, bl_dec from, bl_dec most,
                      bl_dec money) {
  reaching r = {rate, from, bl_price_total(rate, from)};
  bl_i128 high = bl_dec_raw(most), first, behind;

  assert(bl_dec_sign(most) >= 0 && bl_dec_sign(money) > 0);
  if (!bl_dec_less(money, reach_cost(&r, high))) return most;
  first = reach_first(&r, 0, high, money, 0);
  if (bl_dec_less(money, reach_cost(&r, first))) return bl_dec_of_raw(first);
  behind = reach_first(&r, first, high, money, 1);
  return bl_dec_of_raw(first + (behind - 1 - first) / 2);
}
