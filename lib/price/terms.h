/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * terms.h - what decides which rate holds, and what is paid beside it: dated
 * rates (schedule.c), overrides (override.c), commitments of a window
 * (commitment.c), spend of others (composite.c), capacity (capacity.c).
 */
#ifndef BL_TERMS_H
#define BL_TERMS_H

#include "price/price.h"

/* Whether all of `asked` are among `given`. */
int bl_named_within(const bl_named_list *asked, const bl_named_list *given);

/* ---- schedule.c ---- */

typedef struct bl_dated_rate {
  bl_str        id;
  bl_str        price;       /* of which it is a rate */
  bl_named_list values;      /* of the groups; others may be anything */
  bl_span       span;
  bl_dec        unit;
  uint32_t      is_off;      /* what it rates is not billed */
  uint32_t      reserved;
} bl_dated_rate;

/* The rate of a combination of values at a moment: the one that names the most
 * of them, of several the one that began last, of several the last in the
 * list.  `exact`: it names them all.  NULL: there is none. */
const bl_dated_rate *bl_schedule_find(const bl_dated_rate *rates, size_t count,
                                      bl_str price,
                                      const bl_named_list *values, int64_t at,
                                      int exact);

/* ---- override.c ---- */

/* A line that is priced. */
typedef struct bl_rated_line {
  bl_str        id;
  bl_str        price;
  bl_words      tags;
  bl_named_list values;
  bl_dec        unit;
  bl_dec        commit_unit; /* bad: none */
  int64_t       at;
  uint32_t      asks_entitlement;   /* else what it costs */
  uint32_t      reserved;
} bl_rated_line;

/* The grant that is drawn; an empty id: none. */
typedef struct bl_drawing {
  bl_str   id;
  uint32_t rate;             /* BL_RATE_* */
  uint32_t is_drawn;
} bl_drawing;

/* Why an override does or does not price a line, in the order in which it is
 * looked at. */
enum { BL_WHY_WINS, BL_WHY_OTHER_KIND, BL_WHY_OTHER_LINE, BL_WHY_EXCEPTED,
       BL_WHY_OTHER_TIME, BL_WHY_OTHER_RATE, BL_WHY_NOT_DRAWN,
       BL_WHY_OUTRANKED, BL_WHY_UNFIT };
extern const char *const bl_why_words[];

/* Whether it is for a price at all, be it of some values or at some time. */
int bl_override_touches(const bl_override *o, const bl_price *price);

uint32_t bl_rate_of(const bl_rated_line *line, const bl_drawing *drawing);
/* The one that prices the line, NULL for none; why[i] for each. */
const bl_override *bl_override_choose(const bl_override *overrides,
                                      size_t count, const bl_rated_line *line,
                                      const bl_drawing *drawing,
                                      int by_priority, uint32_t *why);

/* ---- amend.c ---- */

typedef struct bl_amendments {
  const bl_override *item;
  size_t             count;
  int                by_priority;
} bl_amendments;

/* The line of a price, with some values of its groups, at a moment. */
bl_rated_line bl_line_of(const bl_price *price, bl_named_list values,
                         int64_t at);
/* Which grant is drawn: of a commit rate any that draws at it. */
bl_drawing bl_drawing_of(const bl_price *price);
/*
 * The list price under what overrides it at a moment; a price of some values
 * makes a matrix of it.  INVALID: *at is the place of an override that cannot
 * change this price; LIMIT: what it comes to does not fit.
 */
int bl_price_amend(const bl_price *list, const bl_amendments *by, int64_t us,
                   bl_arena *a, bl_price *out, size_t *at);
/* Whether usage of the price is charged at a moment. */
int bl_price_is_entitled(const bl_price *price, const bl_amendments *by,
                         int64_t us, bl_arena *a, int *is_entitled);

/* ---- same.c ---- */

/* Whether two prices say the same under the same id. */
int bl_price_same(const bl_price *a, const bl_price *b);

/* ---- commitment.c ---- */

typedef struct bl_commitment {
  bl_dec   amount;           /* bad: there is none */
  bl_dec   overage;          /* factor of what is above */
  uint32_t tops_up;          /* what is missing is charged */
  uint32_t reserved;
} bl_commitment;

typedef struct bl_committed {
  bl_dec utilized;
  bl_dec overage;
  bl_dec top_up;
} bl_committed;

bl_committed bl_commitment_apply(const bl_commitment *commitment,
                                 bl_dec value);

/* ---- composite.c ---- */

typedef struct bl_spend {
  bl_str   price;
  bl_words tags;
  bl_dec   amount;
} bl_spend;

/* The spend of the prices that are named, and of those with any of the tags.*/
bl_dec bl_composite_base(const bl_spend *spend, size_t count,
                         const bl_words *prices, const bl_words *tags);

/* ---- capacity.c ---- */

/* The first step whose limit holds a quantity, from 0; else the last. */
size_t bl_capacity_step(const bl_dec *limits, size_t count, bl_dec quantity);

/* ---- mark_up.c ---- */

/* With a per cent of itself on top; below zero: a discount. */
bl_dec bl_mark_up(bl_dec unit, bl_dec percent);

#endif
