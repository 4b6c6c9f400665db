/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * holds.h - a hold while it is decided.
 *
 *     authorize.c      what is asked, by estimates or by an amount; all of it
 *                      or as much as there is
 *     hold_price.c     what estimates can cost at most
 *     hold_reserve.c   the lots and the overdraft that cover it
 *     hold_settle.c    settle
 *     hold_state.c     release, extend
 */
#ifndef BL_HOLDS_H
#define BL_HOLDS_H

#include "engine/limits.h"

/* What is asked of one asset. */
typedef struct bl_hold_side {
  char         asset[16];
  bl_contract *contract;       /* whose overdraft backs it */
  bl_dec       held;           /* in grants */
  bl_dec       missing;        /* in none: it goes into the overdraft */
} bl_hold_side;

typedef struct bl_hold_draft {
  bl_call       *c;
  bl_customer   *customer;
  bl_fact_hold   fact;         /* its assets are made of the sides */
  size_t         draw_cap;
  size_t         part_cap;
  bl_hold_side  *sides;
  size_t         side_count;
  size_t         side_cap;
  bl_rater       rater;        /* of one estimate after the other */
  bl_rater       payer;        /* has the draws of all of them */
  bl_limit_wishes wishes;      /* what it asks of limits */
  billing_denial denial;       /* why there is no hold */
} bl_hold_draft;

void bl_hold_open(bl_hold_draft *d, bl_call *c);
void bl_hold_close(bl_hold_draft *d);

/* How much a draft has come to, so that what follows can be taken back. */
typedef struct bl_hold_mark {
  size_t draws;
  size_t parts;
  size_t sides;
  size_t payer;
  size_t wishes;
  bl_hold_side *was;           /* copies of the sides */
} bl_hold_mark;

int  bl_hold_now(const bl_hold_draft *d, bl_hold_mark *out);
void bl_hold_back(bl_hold_draft *d, const bl_hold_mark *mark);

/* ---- hold_price.c ---- */

/* Adds what an estimate can cost at most; what came before it counts as held.
 */
int bl_hold_estimate(bl_hold_draft *d, const bl_event_in *in);

/* ---- hold_reserve.c ---- */

/* Reserves an amount in the lots that pay the use, as the contract that uses
 * them orders them; NULL: the one whose overdraft backs the asset. */
int bl_hold_reserve(bl_hold_draft *d, bl_contract *contract,
                    const bl_use *use, bl_dec amount);
/* Whether what the grants do not cover fits into the overdraft, and all of it
 * into the limits; d->denial says by how much it does not. */
int bl_hold_fits(bl_hold_draft *d);

#endif
