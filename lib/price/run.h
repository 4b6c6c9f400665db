/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * run.h - one part of a billing period, rated by the running total; and what
 * is done to a quantity before, and to its lines afterwards.
 */
#ifndef BL_RUN_H
#define BL_RUN_H

#include "price/price.h"

/* ---- transform.c: from what was metered to what is billed ---- */

typedef struct bl_transform {
  bl_dec   by;             /* > 0 */
  bl_dec   free;           /* units taken off first */
  uint32_t divides;        /* else it multiplies */
  uint32_t rounds;         /* else it stays as it is */
  int32_t  places;         /* -20..18 */
  int32_t  mode;           /* BL_ROUND_* */
} bl_transform;

bl_dec bl_transform_quantity(const bl_transform *transform, bl_dec quantity);
/* What is left of a running total above its free units, never below zero. */
bl_dec bl_transform_above(bl_dec free, bl_dec total);

/* ---- run.c: what a part of a period adds ---- */

#define BL_RUN_FIRST 1u          /* the period begins with this part */
#define BL_RUN_LAST 2u           /* and ends with it */
#define BL_RUN_VOLUME_LAST 4u    /* volume prices wait for the last part */

typedef struct bl_run {
  uint32_t flags;          /* BL_RUN_* */
  uint32_t reserved;
  bl_dec   before;         /* running total that earlier parts rated */
  bl_dec   after;
  bl_dec   located;        /* volume: the quantity that chooses the tier; the
                              bad value: `after` itself */
} bl_run;

/* What the part adds in one tier. */
typedef struct bl_run_line {
  size_t  tier;            /* from 0 */
  int32_t entered;         /* 1: the tier's flat falls due; -1: no longer */
  int32_t reserved;
  bl_dec  quantity;
  bl_dec  unit;
  bl_dec  flat;            /* entered * the tier's flat */
  bl_dec  amount;          /* usage and flat */
} bl_run_line;

/* room holds 2 * bl_run_tiers(price) parts, lines bl_run_tiers(price). */
size_t bl_run_tiers(const bl_price *price);
size_t bl_run_lines(const bl_price *price, const bl_run *run, bl_part *room,
                    bl_run_line *lines);

/* ---- bounds.c: discount, maximum, minimum ---- */

/* A line in money: rounded by the caller, who knows the currency. */
typedef struct bl_net {
  bl_dec amount;
  bl_dec discount;
  bl_dec net;              /* amount - discount */
} bl_net;

/* Lowers nets, in order, so that booked + all of them is at most maximum. */
void bl_net_cap(bl_dec maximum, bl_dec booked, bl_net *nets, size_t count);
/* What is missing of a minimum after booked and all nets; zero when nothing
 * is. */
bl_dec bl_net_gap(bl_dec minimum, bl_dec booked, const bl_net *nets,
                  size_t count);
bl_dec bl_net_sum(const bl_net *nets, size_t count);

#endif
