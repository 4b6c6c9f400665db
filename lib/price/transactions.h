/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * transactions.h - prices that need more than a running total: each
 * transaction (transactions.c), or each change of a level (levels.c).
 */
#ifndef BL_TRANSACTIONS_H
#define BL_TRANSACTIONS_H

#include "price/price.h"

/* ---- transactions.c: percentages with terms for each transaction ---- */

/* What is left of the free events and the free amount. */
typedef struct bl_allowance {
  bl_dec   amount;
  int64_t  events;
  uint32_t by_events;        /* the price has free events */
  uint32_t by_amount;        /* .. a free amount */
  uint32_t is_over;
  uint32_t is_lago;          /* a rest of the amount outlives the events */
} bl_allowance;

void bl_allowance_open(bl_allowance *left, const bl_price *price, int is_lago);
/* The same after some transactions: how many, what they add up to, and whether
 * one of them has ended it. */
void bl_allowance_after(bl_allowance *left, const bl_price *price,
                        int64_t events, bl_dec total, int is_over);
/* Whether it takes part in the next transaction. */
int bl_allowance_holds(const bl_allowance *left);
/* What the next transaction costs. */
bl_dec bl_transaction_price(const bl_price *price, bl_allowance *left,
                            bl_dec value);

/* Lago's formula of a price without limits: of units, events, and the running
 * totals of those that the allowances look at. */
bl_dec bl_transactions_lago(const bl_price *price, bl_dec units,
                            int64_t events, const bl_dec *totals,
                            size_t count);
/* How many of the first transactions it looks at. */
size_t bl_transactions_kept(const bl_price *price, const bl_dec *totals,
                            size_t count);

/* ---- levels.c: a level that moves through tiers, prorated ---- */

typedef struct bl_ladder {
  const bl_price *price;     /* graduated */
  bl_dec         *units;     /* prorated, by tier */
  bl_dec          level;
  bl_dec          peak;
} bl_ladder;

/* units has room for the price's tiers, all zero. */
void bl_ladder_open(bl_ladder *ladder, const bl_price *price, bl_dec *units);
/* A change of the level, and what it counts for the rest of the period. */
void bl_ladder_move(bl_ladder *ladder, bl_dec change, bl_dec prorated);
bl_dec bl_ladder_price(const bl_ladder *ladder);

#endif
