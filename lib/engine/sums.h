/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * sums.h - what a customer's contracts come to, price by price, on two sides.
 *
 *     contract  price     before   after
 *     k1        traffic       11      15      usage: all that was charged
 *     k1        base          20      20      fees: lines of invoices
 *
 * Of the periods that begin in a span, whenever they were billed.
 */
#ifndef BL_SUMS_H
#define BL_SUMS_H

#include "engine/engine.h"

enum { BL_SUM_BEFORE, BL_SUM_AFTER, BL_SUM_SIDES };

typedef struct bl_sum {
  bl_str contract;
  bl_str price;
  char   asset[16];
  bl_dec amount[BL_SUM_SIDES];
  bl_dec drawn[BL_SUM_SIDES];  /* of that, from grants */
} bl_sum;

typedef struct bl_sums {
  bl_arena *arena;
  bl_sum   *item;
  size_t    count;
  size_t    cap;
} bl_sums;

/* Adds a customer's to one side; LIMIT when it does not fit. */
int bl_sums_take(bl_sums *sums, uint32_t side, bl_call *c,
                 const bl_customer *customer, bl_span begins);
/* Adds one sum to that of its contract, price and asset. */
int bl_sums_add(bl_sums *sums, const bl_sum *sum);
/* By contract, price and asset. */
void bl_sums_sort(bl_sums *sums);

#endif
