/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * ticks.h - figures that are known when a period ends: averages, levels times
 * time, percentiles, peaks, shares of a period, levels that go on.
 *
 *     a price of 0.10 per GB-month, storage as changes of a level
 *     1 April +10, 16 April +20: 10 * 30/30 + 20 * 15/30 = 20
 *     the tick at the end of April books 20 for 2.00, and who pays
 *     1 May: the level goes on at 30
 *
 * Nothing is kept for them between ticks.  A tick reads the customer's samples
 * in the journal, and books the law of rating: what the price of the figure is
 * beyond what was charged.  So late events and voids need no code of their
 * own: the next tick finds another figure.
 */
#ifndef BL_TICKS_H
#define BL_TICKS_H

#include "engine/rate.h"
#include "meter/measure.h"

/* What a statement found for a price and group in a period. */
typedef struct bl_tick_figure {
  uint64_t period;
  bl_dec   quantity;
} bl_tick_figure;

/* The samples of one price and group, in the order of arrival; or figures. */
typedef struct bl_tick_group {
  uint64_t   price;            /* index in the plan */
  bl_str     group;
  bl_sample *samples;
  size_t     count;
  size_t     cap;
  bl_tick_figure *figures;     /* of a statement, one a period */
  size_t     figure_count;
  size_t     figure_cap;
} bl_tick_group;

/* Of such periods the events were redacted: what was booked stays. */
typedef struct bl_tick_kept {
  uint64_t price;
  uint64_t period;
} bl_tick_kept;

/* What the ticks of a contract go by. */
typedef struct bl_ticks {
  bl_call     *c;
  bl_contract *contract;
  bl_arena     arena;          /* of the samples */
  bl_map       groups;         /* price and group -> bl_tick_group, by price
                                  once read */
  bl_tick_kept *kept;
  size_t       kept_count;
  size_t       kept_cap;
  uint64_t     from;           /* periods [from, to) were asked for */
  uint64_t     to;
  int64_t      until_us;
} bl_ticks;

/* Whether a price of the contract is known at ticks only. */
int bl_ticks_has(const bl_contract *contract);
/*
 * The samples that figures of the contract's periods [from, to) need; levels
 * that go on need all of before, also those of the customer's other contracts.
 * Statements are run here: when one fails, nothing was booked yet.  To be
 * closed in any case.
 */
int bl_ticks_read(bl_ticks *t, bl_call *c, bl_contract *contract,
                  uint64_t from, uint64_t to, int64_t until_us);
void bl_ticks_close(bl_ticks *t);
/* What is priced of a period: of what lies before until_us, as shares of all
 * of it.  LIMIT when it does not fit. */
int bl_ticks_measure(const bl_ticks *t, const bl_tick_group *group,
                     uint64_t period, bl_dec *out);
/* Books the periods [0, periods): the last one, and what changed before. */
int bl_ticks_book(bl_call *c, bl_contract *contract, uint64_t periods);

/* The group of a price; made when it is not there. */
int bl_ticks_group(bl_ticks *t, uint64_t price, bl_str group,
                   bl_tick_group **out);
/* Whether it is this price of its line that the figure of a period is for. */
int bl_ticks_prices(const bl_ticks *t, uint64_t price, uint64_t period);
/* Whether events of a price may make the figures of a period other ones than
 * were booked. */
int bl_ticks_is_due(const bl_ticks *t, uint64_t price, uint64_t period);
/* Whether the group has no figure of its own: bl_tally_is_count. */
static inline int bl_tick_is_count(const bl_ticks *t,
                                   const bl_tick_group *group) {
  const bl_contract *contract = t->contract;

  return !group->group.len &&
         contract->plan->plan.prices[group->price].group_count &&
         bl_contract_meter(contract, group->price)->aggregation == BL_AGG_SQL;
}

/* ---- tick_book.c: an entry of them ---- */

/* Each figure is folded before the next one is added, so what lots have left
 * is known. */
typedef struct bl_tick_book {
  bl_call      *c;
  bl_contract  *contract;
  bl_rater      rater;
  bl_fold      *fold;
  bl_fact_ticks fact;
  size_t        cap;
} bl_tick_book;

void bl_tick_book_open(bl_tick_book *k, bl_call *c, bl_contract *contract);
/* Charges, from grants as far as they go, or owed.  LIMIT when it does not
 * fit. */
int bl_tick_book_add(bl_tick_book *k, const bl_fact_tick *tick, int is_drawn);
/* Writes the entry, unless something failed or nothing was added; returns
 * rc. */
int bl_tick_book_close(bl_tick_book *k, int rc);

/* ---- ticks_sql.c: meters that are statements ---- */

/* Runs them for the periods that are due; an error names the contract and the
 * price. */
int bl_ticks_run(bl_ticks *t);
const bl_tick_figure *bl_tick_figure_of(const bl_tick_group *group,
                                        uint64_t period);
/* Whether the period stays as it was booked. */
int bl_ticks_keeps(const bl_ticks *t, uint64_t price, uint64_t period);

#endif
