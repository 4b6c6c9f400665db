/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * limit_look.h - one limit after the other of a customer: whose it is, what a
 * use asks of it, and the window that this goes into (limit_look.c).
 */
#ifndef BL_LIMIT_LOOK_H
#define BL_LIMIT_LOOK_H

#include "engine/limits.h"

/* One limit being looked at. */
typedef struct bl_limit_look {
  bl_call           *c;
  bl_customer       *customer;
  const bl_limit    *limit;
  const bl_contract *contract;   /* whose limit it is; NULL: the customer's */
  const bl_feature_state *feature;   /* whose quota it is; NULL: of none */
  uint32_t           by;         /* BILLING_DENIED_BY_* */
  uint32_t           is_new;     /* a window may open now */
  uint32_t           counts;     /* windows of alerts, too */
  uint32_t           reserved;
  int64_t            time_us;    /* of the use */
  int64_t            came_us;    /* when it was, or is, recorded */
  int64_t            came_seq;   /* in which entry; 0: it is new */
  bl_fact_count      count;
} bl_limit_look;

typedef int bl_limit_visit(bl_limit_look *look, void *to);

/* The customer's own, those of its contracts and their plans, and those of
 * whoever is above it, who is look->customer then. */
int bl_limits_visit(bl_limit_look *look, bl_limit_visit *visit, void *to);
/* The quotas of features, whoever has them, of which nothing limits but who
 * has how much. */
int bl_quotas_visit(bl_limit_look *look, bl_limit_visit *visit, void *to);
/* One of them. */
void bl_quota_look(bl_limit_look *look, const bl_feature_state *feature);
/* Whether the uses ask something of the limit; look->count.amount says what.
 */
int bl_limit_sums(bl_limit_look *look, const bl_limit_use *uses,
                  size_t count);
/* Whether it limits what may be spent under any contract now. */
int bl_limit_is_general(const bl_limit_look *look);
/* The key of the event's properties, and the window that its use goes into;
 * *is_in: there is one that is not over. */
int bl_limit_place(bl_limit_look *look, const bl_event *event, int *is_in);
/* One window after the other of the count's limit and key, by their
 * beginnings; *at is 0 at first. */
const bl_limit_window *bl_limit_next(const bl_customer *customer,
                                     const bl_fact_count *count, size_t *at);
/* What is in the wish's window, or in the slices that count now: used and
 * held; *held is that part of it (limits.c). */
bl_dec bl_limit_load(const bl_customer *customer, const bl_limit_wish *wish,
                     int64_t now_us, bl_dec *held);
/* When so much will have left a limit that slides; 0: never (limits.c). */
int64_t bl_limit_leaves(const bl_customer *customer,
                        const bl_limit_wish *wish, bl_dec missing,
                        int64_t now_us);
/* What the call under way has used of that. */
bl_dec bl_limit_moved(const bl_customer *customer, const bl_limit_wish *wish,
                      int64_t now_us, uint64_t serial);
/* The window of an alert, of a contract or NULL, as a wish; *is_in: it is
 * open. */
int bl_alert_wish(bl_call *c, bl_customer *customer,
                  const bl_contract *contract, const bl_alert *alert,
                  bl_limit_wish *out, int *is_in);
/* Adds a count to those of the same window, or behind them. */
int bl_limit_join(bl_arena *arena, bl_fact_count **items, size_t *count,
                  size_t *cap, const bl_fact_count *more);

#endif
