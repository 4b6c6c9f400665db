/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * fees.h - recurring fees: what one comes to in a period, and what was billed.
 *
 *     31 USD a month, billed for January; since 16 January it is 62, which is
 *     known in February
 *     [1 Jan, 16 Jan)    31 x 15/31 = 15, billed 31: -16
 *     [16 Jan, 1 Feb)    62 x 16/31 = 32, billed nothing: +32
 */
#ifndef BL_FEES_H
#define BL_FEES_H

#include "engine/engine.h"

/* A fee on an invoice. */
typedef struct bl_fee {
  uint64_t price;
  uint64_t period;
  bl_dec   quantity;
  bl_dec   amount;
} bl_fee;

/* An entry that billed the contract, with or without lines. */
typedef struct bl_fee_bill {
  int64_t  seq;
  uint64_t closes;             /* as in bl_fact_invoice */
  uint64_t advances;
} bl_fee_bill;

typedef struct bl_fees {
  bl_fee *item;
  size_t  count;
  size_t  cap;
  bl_fee_bill *bills;          /* one after the other */
  size_t  bill_count;
  size_t  bill_cap;
} bl_fees;

/* The fee of a place in the timeline, as it holds now, as a line of an invoice
 * that is not rounded yet; 0 when there is none in the period.  The contract's
 * zone is known. */
int bl_fee_line(const bl_contract *contract, size_t at, uint64_t period,
                bl_fact_line *out);
/* What earlier invoices of the contract billed since a moment; periods' fees
 * are billed when they begin at the earliest.  In the call's arena. */
int bl_fees_billed(bl_call *c, const bl_contract *contract, int64_t from_us,
                   bl_fees *out);
/* The same for what was billed by other prices than hold now, as the amount
 * that is missing or too much, which may be none. */
int bl_fee_change(bl_call *c, const bl_contract *contract,
                  const bl_fees *billed, size_t at, uint64_t period,
                  bl_fact_line *out);

#endif
