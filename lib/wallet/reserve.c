/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * reserve.c - an estimate against every budget of its path at once.
 *
 *     5000 to be held     tenant 1000000 free    agent 50000 free
 *     allowed             tenant  995000         agent 45000
 *
 *     50000 to be held    agent is short by 5000: denied, and nothing moves
 *
 * A budget above its overdraft stops everything below it, then one that owes
 * something, and only then one that has too little: the first of a kind is
 * named.
 */
#include "wallet/reserve.h"

static int budget_denies(const bl_budget *budget, uint32_t reason,
                         bl_dec amount) {
  switch (reason) {
  case BL_DENIED_OVER: return budget->is_over != 0;
  case BL_DENIED_DEBT: return bl_dec_sign(budget->debt) > 0;
  default:             return bl_dec_less(budget->free, amount);
  }
}

bl_verdict bl_reserve_check(const bl_budget *budgets, size_t count,
                            bl_dec amount) {
  bl_verdict verdict = {BL_ALLOWED, 0, 0, BL_DEC_ZERO};

  for (uint32_t reason = BL_DENIED_OVER; reason < BL_ALLOWED; reason++)
    for (size_t i = 0; i < count; i++) {
      if (!budget_denies(&budgets[i], reason, amount)) continue;
      verdict.reason = reason;
      verdict.budget = i;
      if (reason == BL_DENIED_SHORT)
        verdict.missing = bl_dec_sub(amount, budgets[i].free);
      return verdict;
    }
  return verdict;
}

void bl_reserve_take(bl_budget *budgets, size_t count, bl_dec amount) {
  for (size_t i = 0; i < count; i++)
    budgets[i].free = bl_dec_sub(budgets[i].free, amount);
}
