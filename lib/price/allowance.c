/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * allowance.c - free units that roll over.
 *
 *     100 free a month, usable in the next month too, at most 50 carried
 *
 *     month   carried   used   covered   billed   expired   left
 *     1             0     40        40        0        10     50
 *     2            50    130       130        0         0     20
 *     3            20    200       120       80         0      0
 *
 * The oldest units are used first, because they end first; for the same reason
 * they are the ones that a limit cuts.  In month 2 the 50 are used up before
 * 80 of its own.  Units that last for ever are one sum.
 */
#include "price/allowance.h"

#include "price/price.h"

/* Takes up to `want` out of *from. */
static bl_dec allowance_take(bl_dec *from, bl_dec want) {
  bl_dec taken = bl_dec_min(*from, want);

  *from = bl_dec_sub(*from, taken);
  return taken;
}

/* The oldest end, the others grow older by a period. */
static bl_dec allowance_age(bl_free_units *a, bl_dec own) {
  bl_dec expired;

  if (!a->periods) return own;
  if (a->is_lasting) {
    a->carried[0] = bl_dec_add(a->carried[0], own);
    return BL_DEC_ZERO;
  }
  expired = a->carried[0];
  memmove(a->carried, a->carried + 1,
          (a->periods - 1) * sizeof *a->carried);
  a->carried[a->periods - 1] = own;
  return expired;
}

static bl_dec allowance_sum(const bl_free_units *a) {
  bl_dec sum = BL_DEC_ZERO;

  for (size_t i = 0; i < a->periods; i++)
    sum = bl_dec_add(sum, a->carried[i]);
  return sum;
}

bl_allowed bl_free_units_use(bl_free_units *a, bl_dec used) {
  bl_allowed out = {allowance_sum(a), BL_DEC_ZERO, used, BL_DEC_ZERO,
                    BL_DEC_ZERO};
  bl_dec own = a->free, over;

  for (size_t i = 0; i < a->periods; i++)
    out.billed = bl_dec_sub(out.billed,
                            allowance_take(&a->carried[i], out.billed));
  out.billed  = bl_dec_sub(out.billed, allowance_take(&own, out.billed));
  out.covered = bl_dec_sub(used, out.billed);
  out.expired = allowance_age(a, own);
  over = bl_dec_max(bl_dec_sub(allowance_sum(a), a->limit), BL_DEC_ZERO);
  out.expired = bl_dec_add(out.expired, over);
  for (size_t i = 0; i < a->periods; i++)
    over = bl_dec_sub(over, allowance_take(&a->carried[i], over));
  out.left = allowance_sum(a);
  return out;
}

/* A refund costs as it does without what was carried, and uses nothing. */
static bl_dec rolled_period(const bl_price *price, bl_free_units *a,
                            bl_rolled *period) {
  bl_price above = *price;
  int is_refund = bl_dec_sign(period->used) < 0;

  above.free = BL_DEC_ZERO;
  a->free = period->gives ? price->free : BL_DEC_ZERO;
  period->came = bl_free_units_use(a, is_refund ? BL_DEC_ZERO : period->used);
  return is_refund ? bl_price_total(&above, period->used)
                   : bl_price_total(&above, period->came.billed);
}

bl_dec bl_price_rolled(const bl_price *price, bl_rolled *periods,
                       size_t count, bl_dec *room) {
  int is_lasting = price->roll_periods == 0;
  bl_free_units a = {price->free, price->roll_most, room,
                     is_lasting ? 1 : (size_t)price->roll_periods, is_lasting};
  bl_dec total = BL_DEC_ZERO;

  for (size_t i = 0; i < a.periods; i++) room[i] = BL_DEC_ZERO;
  for (size_t i = 0; i < count; i++) {
    if (bl_dec_is_bad(periods[i].used)) return BL_DEC_BAD;
    total = bl_dec_add(total, rolled_period(price, &a, &periods[i]));
  }
  return total;
}
