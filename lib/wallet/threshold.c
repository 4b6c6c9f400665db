/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * threshold.c - when a figure tells, and how much a top-up adds.
 *
 *     a balance that tells at 5:  8 -> 5 tells, 5 -> 1 does not, 1 -> 20 does
 *     not, 20 -> 4 tells again
 *
 *     and is back at 8:  1 -> 6 is not, 6 -> 8 is
 *     12 USD at 0.50 each 6 hours: 6 days
 *
 *     top-up to 20 of a balance of 1.25        18.75
 *     50 at a time until above 10, of -100     150: three times
 *     450 tokens at 0.10, a tenth off          charge 40.50
 *     a mark-up of 0.02 and 0.30 on top        fee 1.11: 41.61 are to be paid
 */
#include "wallet/threshold.h"

int bl_threshold_is_met(bl_dec value, bl_dec at, int falls) {
  return falls ? !bl_dec_less(at, value) : !bl_dec_less(value, at);
}

int bl_threshold_crosses(bl_dec before, bl_dec after, bl_dec at, int falls) {
  return bl_threshold_is_met(after, at, falls) &&
         !bl_threshold_is_met(before, at, falls);
}

int bl_threshold_recovers(bl_dec value, bl_dec back, int falls) {
  return bl_threshold_is_met(value, back, !falls);
}

bl_dec bl_threshold_days(bl_dec balance, bl_dec spend, int64_t hours) {
  bl_dec days;

  if (bl_dec_sign(spend) <= 0) return BL_DEC_MAX;
  if (bl_dec_sign(balance) <= 0) return BL_DEC_ZERO;
  days = bl_dec_div(bl_dec_ratio(balance, hours, 24), spend);
  return bl_dec_is_bad(days) ? BL_DEC_MAX : days;
}

/* The amount as often as the gap holds it, and once more: the gap without what
 * is over, and the amount. */
static bl_dec top_up_repeated(const bl_top_up *t, bl_dec balance) {
  bl_dec gap = bl_dec_sub(t->above, balance), over, sum;

  if (bl_dec_is_bad(gap)) return gap;
  if (bl_dec_is_zero(t->amount) || bl_dec_sign(gap) <= 0) return t->amount;
  over = bl_dec_of_raw(bl_dec_raw(gap) % bl_dec_raw(t->amount));
  sum = bl_dec_add(bl_dec_sub(gap, over), t->amount);
  if (bl_dec_is_zero(t->most)) return sum;
  return bl_dec_min(sum, bl_dec_div(t->most, t->unit_price));
}

bl_dec bl_top_up_amount(const bl_top_up *t, bl_dec balance) {
  bl_dec gap = bl_dec_sub(t->target, balance);

  if (!t->has_target)
    return t->repeats ? top_up_repeated(t, balance) : t->amount;
  if (bl_dec_is_bad(gap)) return gap;
  if (bl_dec_sign(gap) <= 0) return BL_DEC_ZERO;
  if (!bl_dec_is_zero(t->least))
    gap = bl_dec_max(gap, bl_dec_div(t->least, t->unit_price));
  if (bl_dec_is_zero(t->most)) return gap;
  return bl_dec_min(gap, bl_dec_div(t->most, t->unit_price));
}

bl_dec bl_top_up_fee(const bl_top_up *t, bl_dec charge) {
  return bl_dec_add(bl_dec_mul(charge, t->mark_up), t->fee);
}

bl_dec bl_top_up_charge(const bl_top_up *t, bl_dec amount) {
  bl_dec price = bl_dec_mul(amount, t->unit_price);

  return bl_dec_sub(price, bl_dec_mul(price, t->discount));
}
