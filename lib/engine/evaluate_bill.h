/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * evaluate_bill.h - lines that grants pay: as they are asked for, decided and
 * answered.
 */
#ifndef BL_EVALUATE_BILL_H
#define BL_EVALUATE_BILL_H

#include "engine/evaluate_exchange.h"
#include "engine/evaluate_terms.h"
#include "engine/evaluate_wallet.h"

#define BL_BILL_ASSETS 32          /* of the lines of one request */

/* What a line has beside what wallets ask. */
typedef struct bl_bill_line {
  bl_payable   due;
  bl_str       id;
  bl_dec       quantity;         /* or bad */
  bl_ask_clock time;
  bl_ask_clock from;
  bl_ask_clock to;
  bl_words     tags;
  bl_dec       commit_unit;      /* or bad */
} bl_bill_line;

typedef struct bl_bill_terms {
  const bl_json *grants;
  const bl_json *lines;
  const bl_json *order;
  const bl_json *overrides;
  const bl_json *exchange;
  bl_ask_clock   at;
  uint32_t       by_priority;
  uint32_t       is_refused;     /* when not all can be paid */
  uint32_t       is_inclusive;   /* grants may be used at their expiry */
  uint32_t       is_ranked;      /* lines are sorted */
  uint32_t       by_grant;       /* draws are listed by grant, not by line */
} bl_bill_terms;

/* What the lines of one asset come to. */
typedef struct bl_bill_sum {
  char   asset[BL_ASSET_BYTES];
  bl_dec usable;                 /* in grants, before anything is drawn */
  bl_dec total;
  bl_dec owed;
  bl_dec missing;                /* the lines' unpaid parts above zero */
  bl_dec lent;                   /* by owed grants, so to be paid as well */
  bl_exchange by;
} bl_bill_sum;

typedef struct bl_bill {
  bl_bill_terms terms;
  bl_purses   purses;
  bl_bill_line *lines;           /* in the order of the request */
  bl_payment  payment;
  size_t     *owners;            /* the purse of each lot */
  bl_dec     *opening;           /* of each lot */
  bl_bill_sum sums[BL_BILL_ASSETS];
  size_t      sum_count;
  bl_ask_exchange exchange;      /* where the request has one */
  bl_override *overrides;
  size_t      override_count;
  int         is_denied;
} bl_bill;

static inline const bl_bill_line *bl_bill_line_of(const bl_bill *b,
                                                  size_t place) {
  return &b->lines[b->payment.lines[place].number - 1];
}

/* Sums by asset, once the lines are paid (evaluate_bill.c); the answer. */
void bl_bill_sum_up(bl_bill *b);
int  bl_bill_put(bl_ask *ask, bl_bill *b);

#endif
