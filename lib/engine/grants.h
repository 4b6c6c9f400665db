/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* grants.h - grants that the engine gives, and what becomes of any grant. */
#ifndef BL_GRANTS_H
#define BL_GRANTS_H

#include "engine/engine.h"

/* A part of a grant that becomes a grant of its own. */
typedef struct bl_onward {
  uint64_t     change;         /* BL_CHANGE_TRANSFER, RETURN, ROLLOVER */
  bl_customer *to;
  bl_dec       amount;
  uint64_t     origin;
  int64_t      effective_us;
  int64_t      expires_us;
} bl_onward;

/* An entry of a change that leads to no other grant. */
int bl_grant_change_append(bl_call *c, const bl_grant_state *grant,
                           bl_fact_grant_change *fact);
/* Two entries: that it leaves the grant, and the new grant.  `fact` has the
 * key of the request, if there is one, and gets the rest. */
int bl_grant_onward(bl_call *c, const bl_grant_state *grant,
                    const bl_onward *onward, bl_fact_grant_change *fact);
/* What the entry before has given back to void grants becomes new ones. */
int bl_grants_returned(bl_call *c);
/* What is left of a grant is breakage, but for what rolls over. */
int bl_grant_expire(bl_call *c, const bl_grant_state *grant);

/* ---- recurring.c ---- */

/* When the contract gives something next; BL_TIME_NEVER. */
int bl_recurring_due(bl_call *c, bl_contract *contract, int64_t *due_us);
/* Gives what a contract is to give up to a moment, first what is due first. */
int bl_recurring_give(bl_call *c, bl_contract *contract, int64_t until_us);
/* The same of all contracts of a customer and the call's now; what could roll
 * over by then does. */
int bl_recurring_give_all(bl_call *c, bl_customer *customer);
/* Whether there is nothing of that to do. */
static inline int bl_recurring_is_given(const bl_customer *customer,
                                        int64_t now_us) {
  for (size_t i = 0; i < customer->contracts.count; i++) {
    const bl_contract *contract = customer->contracts.item[i];
    if (contract->gives_us <= now_us || contract->rolls_us <= now_us) return 0;
  }
  return 1;
}
/* The version of the contract's plan that holds at a moment. */
const bl_plan_version *bl_contract_plan_at(const bl_contract *contract,
                                           int64_t us);
/* The rules of a grant that an allowance gave; NULL: it has none, or they are
 * gone. */
const bl_recurring *bl_recurring_of(const bl_call *c,
                                    const bl_grant_state *grant);

/* ---- */

/* The share of a grant's cost that an amount of it is. */
bl_dec bl_grant_cost(const bl_grant_state *grant, bl_dec amount);
/* "bought", "promotional" .. */
const char *bl_origin_name(uint64_t origin);

#endif
