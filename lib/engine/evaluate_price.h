/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * evaluate_price.h - what the kernels quote and rate are asked, and what it
 * comes to.
 */
#ifndef BL_EVALUATE_PRICE_H
#define BL_EVALUATE_PRICE_H

#include "engine/evaluate.h"
#include "invoice/invoice.h"
#include "price/run.h"
#include "price/transactions.h"

/* A request, or what one of its groups is asked. */
typedef struct bl_offer_terms {
  bl_price       price;
  const bl_json *price_doc;
  bl_transform   transform;
  bl_dec         quantity;
  bl_dec         used;             /* running total before */
  bl_dec         located;          /* "tier_quantity", or bad */
  bl_dec         free;
  bl_dec         discount;         /* percent */
  bl_dec         maximum;          /* or bad */
  bl_dec         minimum;          /* or bad */
  bl_dec         booked;           /* what earlier parts billed */
  bl_dec         base;             /* a fee on top */
  bl_dec         tax_rate;         /* percent, or bad */
  const bl_json *group;            /* of a matrix */
  const bl_json *groups;
  const bl_json *totals;
  uint32_t       has_transform;
  uint32_t       is_each;          /* parts are transformed, not totals */
  uint32_t       part;             /* BL_RUN_* flags */
  uint32_t       by_line;          /* each line is rounded, not the sum */
  uint32_t       is_split;         /* usage and flats apart */
  uint32_t       volume_last;
  uint32_t       is_final;
  int32_t        places;           /* -1: the asset's */
} bl_offer_terms;

/* A line of the answer. */
typedef struct bl_offer_row {
  const char *kind;                /* "usage", "flat", "base", "minimum" */
  size_t      tier;                /* from 1; 0: none */
  bl_dec      quantity;
  bl_dec      unit;
  bl_dec      flat;
  bl_net      net;
} bl_offer_row;

typedef struct bl_offer_result {
  bl_run        run;
  bl_offer_row *rows;
  size_t        count;
  bl_dec        amount;
  bl_dec        due;
} bl_offer_result;

/* Transform, free units, price, discount, maximum, minimum: in this order. */
int bl_offer_decide(const bl_ask *ask, const bl_offer_terms *terms,
                    bl_offer_result *out);
/* A figure in money; an asset without places is not rounded. */
bl_dec bl_offer_round(const bl_offer_terms *terms, bl_dec v);

#endif
