/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * reserve.h - may work begin, and what is booked when it is done: decisions
 * over all the budgets that a call must fit into.
 */
#ifndef BL_RESERVE_H
#define BL_RESERVE_H

#include "base/dec.h"
#include "base/span.h"

/* ---- reserve.c: all budgets of a path, or none ---- */

typedef struct bl_budget {
  bl_dec   free;             /* beside what is held */
  bl_dec   debt;             /* owed from before */
  uint32_t is_over;          /* it has gone above its overdraft */
  uint32_t reserved;
} bl_budget;

/* In the order in which they are asked, each of all budgets. */
enum { BL_DENIED_OVER, BL_DENIED_DEBT, BL_DENIED_SHORT, BL_ALLOWED };

typedef struct bl_verdict {
  uint32_t reason;           /* BL_ALLOWED, BL_DENIED_* */
  uint32_t reserved;
  size_t   budget;           /* the first one that says no */
  bl_dec   missing;          /* in it; 0 unless it is short */
} bl_verdict;

bl_verdict bl_reserve_check(const bl_budget *budgets, size_t count,
                            bl_dec amount);
/* Takes an amount that was allowed. */
void bl_reserve_take(bl_budget *budgets, size_t count, bl_dec amount);

/* ---- settle.c: what work really cost ---- */

/* When it cost more than was held. */
enum { BL_ABOVE_REFUSE, BL_ABOVE_CAP, BL_ABOVE_OVERDRAFT };

typedef struct bl_settlement {
  bl_dec   charged;
  bl_dec   free;             /* afterwards; less than nothing by overdraft */
  bl_dec   debt;
  uint32_t is_refused;       /* nothing was booked */
  uint32_t is_over;          /* not all could be charged */
} bl_settlement;

/* `budget` has what is free beside the hold; `most` debt is allowed. */
bl_settlement bl_settle_hold(const bl_budget *budget, bl_dec held,
                             bl_dec cost, uint32_t above, bl_dec most);

/* ---- usage_limit.c: so much in so many hours ---- */

/* Opens with a call and lasts `length_us`; then the next call opens it anew.*/
typedef struct bl_usage_limit {
  int64_t length_us;
  bl_dec  limit;
  bl_span open;              /* empty: no call has opened it */
  bl_dec  used;
} bl_usage_limit;

/* Whether a call fits into all of them; if so it is counted in each.
 * Otherwise none moves, and *again_us is the first moment at which one of
 * those that refused it opens anew; BL_TIME_NEVER when the call can never fit.
 */
int bl_usage_limits_take(bl_usage_limit *windows, size_t count, int64_t us,
                         bl_dec units, int64_t *again_us);

#endif
