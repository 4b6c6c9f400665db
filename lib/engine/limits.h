/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * limits.h - spend caps, usage limits and quotas of features: of a customer,
 * its contracts and their plans, and of whoever is above it, all in one
 * decision.
 *
 *     100.00 USD per day, 60.00 used, 30.00 held: 12.00 are asked
 *     denied by 2.00, until the day ends; nothing is held anywhere
 *
 * What a window has used is a fold of the journal: entries of the kind
 * `counted` stand behind the events (or the void) that they are about, and
 * holds say themselves what they have in which window.  Only a limit that is
 * hard refuses, and only authorize does: what was used is always recorded, and
 * counts.
 */
#ifndef BL_LIMITS_H
#define BL_LIMITS_H

#include "engine/rate.h"

/* What a charge costs and uses, or an estimate can; without a contract it is
 * an amount that may be spent under any. */
typedef struct bl_limit_use {
  const bl_contract *contract;
  bl_str             meter;
  bl_dec             amount;
  bl_dec             quantity;
  char               asset[16];
} bl_limit_use;

/* The same under a price; a commit rate uses the meter of its price. */
bl_limit_use bl_limit_use_of(const bl_contract *contract,
                             const bl_price *price, bl_dec amount,
                             bl_dec quantity);

/* What is asked of one limit. */
typedef struct bl_limit_wish {
  const bl_limit *limit;
  uint32_t        by;          /* BILLING_DENIED_BY_*: whose it is */
  uint32_t        reserved;
  bl_fact_count   count;
} bl_limit_wish;

typedef struct bl_limit_wishes {
  bl_limit_wish *item;
  size_t         count;
  size_t         cap;
} bl_limit_wishes;

/* Whose a limit is, by BILLING_DENIED_BY_*. */
extern const char *const bl_limit_owners[];

/* Whether a limit of those above the customer is its, too. */
int bl_limits_above(const bl_tenant *t, const bl_customer *customer);
/* Whether anything limits the customer, also limits of those above it; whether
 * something is counted for it: limits, quotas or the windows of alerts. */
static inline int bl_limits_are(const bl_tenant *t,
                                const bl_customer *customer) {
  size_t count = customer->limits.count;

  for (size_t i = 0; i < customer->contracts.count && !count; i++) {
    const bl_contract *contract = customer->contracts.item[i];
    count = contract->terms.limits.count + contract->plan->plan.limits.count;
  }
  return count > 0 || (customer->parent && bl_limits_above(t, customer));
}
static inline int bl_limits_count(const bl_tenant *t,
                                  const bl_customer *customer) {
  return t->quotas.count || t->has_windows || bl_limits_are(t, customer);
}

/* Adds what the uses of one estimate or amount ask of each limit now. */
int bl_limits_wish(bl_call *c, bl_customer *customer, const bl_event *event,
                   const bl_limit_use *uses, size_t count,
                   bl_limit_wishes *wishes);
/* Whether all of them fit: DENIED_LIMIT, with the words and the denial of the
 * one that takes longest.  *flags: BILLING_HOLD_OVER_LIMIT. */
int bl_limits_fit(bl_call *c, const bl_limit_wishes *wishes,
                  billing_denial *denial, uint64_t *flags);
/* What they come to by window, in the call's arena. */
int bl_limits_join(bl_call *c, const bl_limit_wishes *wishes,
                   bl_fact_count **out, size_t *count);
/* What hard limits of an amount leave of it at the moment, whatever it is for;
 * what is left changes at the end of the span by itself. */
bl_dec bl_limits_room(bl_call *c, bl_customer *customer,
                      const char asset[16], bl_span *span);

/* What a limit says about assets, zones, and meters. */
int bl_limit_check(bl_call *c, const bl_limit *limit, int has_meters,
                   const char *path);
/* What a document's limits say about assets, zones, and meters, which may come
 * after customers (limits_put.c). */
int bl_limits_check(bl_call *c, const bl_limits *limits, int has_meters,
                    const char *path);

/* ---- limits_count.c ---- */

/* Counts an event that was folded; its entry follows. */
int bl_limits_event(bl_call *c, const bl_event_in *in,
                    const bl_fact_event *fact, bl_tally *const *tallies);
/* Takes back what a voided event has counted, as far as its windows are open:
 * came_us is when it was recorded. */
int bl_limits_undo(bl_call *c, const bl_fact_void *fact,
                   const bl_event *event, int64_t came_us);
/* The entry of what was counted, behind the one that it is about. */
int bl_limits_append(bl_call *c);

#endif
