/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * settle.c - a hold ends with what the work really cost.
 *
 *     50 held, 4 free beside it
 *     cost   above        charged   free   debt
 *     20     any          20        34     0       30 come back
 *     53     any          53         1     0       4 cover the difference
 *     60     refuse        0         4     0       and the hold stays
 *     60     cap          54         0     0       6 are not charged: over
 *     60     overdraft    60        -6    10       the difference is owed
 *
 * What is owed is the whole difference, so a budget that has gone into debt
 * can be told from one that had just enough; with no overdraft allowed it is a
 * cap.
 */
#include "wallet/reserve.h"

static bl_settlement settle_refused(const bl_budget *budget) {
  return (bl_settlement){BL_DEC_ZERO, budget->free, budget->debt, 1,
                         budget->is_over};
}

static bl_settlement settle_capped(const bl_budget *budget, bl_dec held) {
  bl_dec beside = bl_dec_max(budget->free, BL_DEC_ZERO);

  return (bl_settlement){bl_dec_add(held, beside),
                         bl_dec_sub(budget->free, beside), budget->debt, 0, 1};
}

static bl_settlement settle_owed(const bl_budget *budget, bl_dec cost,
                                 bl_dec above, bl_dec most) {
  bl_dec debt = bl_dec_add(budget->debt, above);

  if (bl_dec_less(most, debt)) return settle_refused(budget);
  return (bl_settlement){cost, bl_dec_sub(budget->free, above), debt, 0,
                         budget->is_over};
}

bl_settlement bl_settle_hold(const bl_budget *budget, bl_dec held,
                             bl_dec cost, uint32_t above, bl_dec most) {
  bl_dec difference = bl_dec_sub(cost, held);

  if (above == BL_ABOVE_OVERDRAFT && bl_dec_is_zero(most))
    above = BL_ABOVE_CAP;
  if (bl_dec_sign(difference) > 0) {
    if (above == BL_ABOVE_REFUSE) return settle_refused(budget);
    if (bl_dec_less(budget->free, difference))
      return above == BL_ABOVE_CAP
               ? settle_capped(budget, held)
               : settle_owed(budget, cost, difference, most);
  }
  return (bl_settlement){cost, bl_dec_sub(budget->free, difference),
                         budget->debt, 0, budget->is_over};
}
