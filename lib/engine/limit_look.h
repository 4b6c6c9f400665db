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
  uint32_t           by;         /* BILLING_DENIED_BY_* */
  uint32_t           is_new;     /* a window may open now */
  int64_t            time_us;    /* of the use */
  int64_t            came_us;    /* when it was, or is, recorded */
  int64_t            came_seq;   /* in which entry; 0: it is new */
  bl_fact_count      count;
} bl_limit_look;

/* Words of BILLING_DENIED_BY_*. */
extern const char *const bl_limit_owners[];

typedef int bl_limit_visit(bl_limit_look *look, void *to);

/* The customer's own, those of its contracts and their plans, and those of
 * whoever is above it, who is look->customer then. */
int bl_limits_visit(bl_limit_look *look, bl_limit_visit *visit, void *to);
/* Whether the uses ask something of the limit; look->count.amount says what.
 */
int bl_limit_sums(bl_limit_look *look, const bl_limit_use *uses,
                  size_t count);
/* Whether it limits what may be spent under any contract now. */
int bl_limit_is_general(const bl_limit_look *look);
/* The key of the event's properties, and the window that its use goes into;
 * *is_in: there is one that is not over. */
int bl_limit_place(bl_limit_look *look, const bl_event *event, int *is_in);
/* What is in the wish's window, or in the slices that count now: used and
 * held; *held is that part of it (limits.c). */
bl_dec bl_limit_load(const bl_customer *customer, const bl_limit_wish *wish,
                     int64_t now_us, bl_dec *held);
/* Adds a count to those of the same window, or behind them. */
int bl_limit_join(bl_arena *arena, bl_fact_count **items, size_t *count,
                  size_t *cap, const bl_fact_count *more);

#endif
