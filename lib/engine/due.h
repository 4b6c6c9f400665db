/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* due.h - what falls due, and when. */
#ifndef BL_DUE_H
#define BL_DUE_H

#include "engine/engine.h"

/* At one instant holds end first, then periods close, then grants expire: a
 * grant still pays what its last period closes with.  What is given for the
 * next period comes then, then what is
 * asked for; what is only told comes last. */
enum { BL_DUE_HOLD, BL_DUE_CONTRACT, BL_DUE_GRANT, BL_DUE_GIVE,
       BL_DUE_TOP_UP, BL_DUE_TELL };

typedef struct bl_due_step {
  int64_t         at_us;       /* BL_TIME_NEVER: nothing */
  uint32_t        rank;        /* BL_DUE_* */
  uint32_t        reserved;
  uint64_t        number;      /* own number: the order at one instant */
  bl_contract    *contract;
  bl_hold_state  *hold;
  bl_grant_state *grant;
} bl_due_step;

/* When the contract's next step is due (opening its next period if need be),
 * and the step itself: closing, late usage, fees in advance: one invoice. */
int bl_due_contract(bl_call *c, bl_contract *contract, bl_due_step *out);
int bl_step_contract(bl_call *c, bl_contract *contract, int64_t at_us);

/* Everything of one customer that falls due up to a moment, as advance does
 * it; and when the first of it does, BL_TIME_NEVER: nothing of it. */
int bl_advance_customer(bl_call *c, const bl_customer *customer,
                        int64_t until_us);
int bl_advance_first(bl_call *c, const bl_customer *customer,
                     int64_t until_us, int64_t *first_us);

#endif
