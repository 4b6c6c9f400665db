/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* contract.h - who owes what, when: billing periods and proration. */
#ifndef BL_CONTRACT_H
#define BL_CONTRACT_H

#include "base/zone.h"
#include "catalog/catalog.h"

/* ---- duration.c: lengths of time ---- */

typedef struct bl_duration {
  int64_t years;
  int64_t months;
  int64_t days;
  int64_t us;
} bl_duration;

/* ISO 8601: "P1Y2M", "P2W", "PT1.5S", "-P1D"; 0 when it is not one, leaving
 * *out alone. */
int bl_duration_parse(bl_str text, bl_duration *out);
/* So many times on, all counted from `us`. */
int64_t bl_duration_add(const bl_duration *d, const bl_zone *zone,
                        int64_t us, int64_t times);
/* Whether one is a whole multiple of the other, however long months and days
 * are. */
int bl_duration_divides(const bl_duration *larger,
                        const bl_duration *smaller);

/* ---- cycle.c: the row of cycles that an anchor begins ---- */

typedef struct bl_cycle {
  const bl_zone *zone;
  bl_duration    step;     /* longer than nothing */
  int64_t        anchor_us;     /* cycle 0 begins here */
  bl_civil       anchor;        /* the same as the zone's wall clock */
  int32_t        day;           /* of the month; 0: the anchor's own */
  int32_t        reserved;
} bl_cycle;

bl_cycle bl_cycle_of(const bl_zone *zone, int64_t anchor_us,
                     const bl_duration *step);
/* Moves the anchor to this day of its month; steps of days keep theirs. */
void bl_cycle_on_day(bl_cycle *c, int32_t day);
/* Where cycle n begins, which one holds a moment, and the first one that
 * begins at a moment or after. */
int64_t bl_cycle_from(const bl_cycle *c, int64_t n);
int64_t bl_cycle_at(const bl_cycle *c, int64_t us);
int64_t bl_cycle_after(const bl_cycle *c, int64_t us);

/* ---- walk.c: boundaries that are found from the one before ---- */

enum { BL_WALK_DAY, BL_WALK_WEEK, BL_WALK_MONTH, BL_WALK_QUARTER,
       BL_WALK_HALF_YEAR, BL_WALK_YEAR };
/* The boundary after `us` that looks like the anchor. */
int64_t bl_walk_next(const bl_zone *zone, uint32_t unit, int64_t count,
                     int64_t anchor_us, int64_t us);

/* ---- change.c ---- */

/* A credit is never more than was paid, less what was credited already. */
bl_dec bl_credit_cap(bl_dec potential, bl_dec paid, bl_dec credited);

/* A billing period: the aligned cycle, and what the contract covers of it. */
typedef struct bl_period {
  bl_span span;            /* cut to the contract's start and end */
  bl_span full;            /* the whole aligned cycle */
} bl_period;

/*
 * Periods are cut in the zone, counted from the anchor, never from each other,
 * so that 31 January comes back after February:
 *
 *     monthly from 31 Jan, Europe/Berlin: 31 Jan, 28 Feb, 31 Mar, 30 Apr ..
 *
 * calendar: local midnight of the 1st (month, year: of January for years and
 * for counts of months that divide 12), Monday (week), any day; weeks, days
 * and counts that divide nothing are counted from Monday 3 January 2000 or
 * 1 January 2000.  anniversary: the wall clock of the start.  date: the wall
 * clock of anchor_us.  A cycle that is skipped or repeated by a clock change
 * follows zone.h.
 *
 * The period that holds `us`; 0 when the contract does not cover it.
 */
int bl_period_at(const bl_contract_terms *terms, const bl_zone *zone,
                 int64_t us, bl_period *out);
/* The period after `before` (0 at the end); the first when before is NULL. */
int bl_period_next(const bl_contract_terms *terms, const bl_zone *zone,
                   const bl_period *before, bl_period *out);

/* ---- due.c: what is to be billed at a moment ---- */

#define BL_DUE_ADVANCE 1u      /* else in arrears */
#define BL_DUE_GREEDY 2u       /* arrears, as soon as a cycle has begun */
#define BL_DUE_STRAIGHT 4u     /* stubs are shares of a step straight on */

typedef struct bl_due {
  int64_t first_us;        /* the first boundary at the start or after */
  int64_t through_us;      /* what is due ends here; INT64_MIN: nothing is */
  int64_t last_us;         /* the last boundary by then; INT64_MIN: none */
  int64_t next_us;         /* when to look again */
  int32_t is_due;
  int32_t reserved;
} bl_due;

void bl_due_at(const bl_cycle *c, bl_span service, int64_t at_us,
               uint32_t flags, bl_due *out);
/* The pieces of what is due, one after the other; 0: there are no more. */
int bl_due_next(const bl_cycle *c, bl_span service, const bl_due *due,
                uint32_t flags, const bl_period *before, bl_period *out);

/* ---- repair.c: what should be billed, laid over what was ---- */

/* A part of an item that nothing has taken yet; in order of time. */
typedef struct bl_rest {
  bl_span         span;
  struct bl_rest *next;
} bl_rest;

typedef struct bl_billed {
  bl_span  span;
  bl_dec   amount;
  bl_dec   rate;
  bl_str   plan;
  bl_rest *rest;
  int32_t  is_cut;         /* something of it was taken */
  int32_t  reserved;
} bl_billed;

/* All of it is left; what lies in a span no longer is.  NOMEM. */
int bl_billed_open(bl_billed *b, bl_arena *a);
int bl_billed_cut(bl_billed *b, bl_span span, bl_arena *a);
/* Whether two items bill the same time. */
int bl_billed_twice(const bl_billed *items, size_t count);
/* Takes from items and proposals what they have in common: what is left of
 * items is to be repaired, of proposals to be charged.  NOMEM. */
int bl_billed_merge(bl_billed *items, size_t count, bl_billed *proposals,
                    size_t proposed, bl_arena *a);

/* ---- seats.c ---- */

typedef struct bl_seats {
  bl_dec quantity;         /* now, and in the next period */
  bl_dec paid;             /* of this period: the most there were */
} bl_seats;

/* What of a new quantity is not paid yet. */
bl_dec bl_seats_change(bl_seats *s, bl_dec quantity);
/* Part 0, 1 .. of an amount; the last one takes what rounding leaves. */
bl_dec bl_installment(bl_dec amount, int64_t parts, int64_t part, int places);
/* The moment by which a scheduled invoice is final: at once when its date has
 * come, else some time after it, and never sooner than after a hold. */
int64_t bl_final_by(int64_t created_us, int64_t issue_us, int64_t hold_us,
                    int64_t delay_us);

/* The row that a contract's periods are of. */
bl_cycle bl_period_cycle(const bl_contract_terms *terms, const bl_zone *zone);

/* ---- bounds.c: what a bill of Lago covers ---- */

#define BL_BOUNDS_ADVANCE 1u       /* the fee is paid in advance */
#define BL_BOUNDS_RUNNING 2u       /* what is being used, not what was */
#define BL_BOUNDS_SUCCESSOR 4u     /* another subscription goes on */
#define BL_BOUNDS_MONTHLY 8u       /* usage is billed by the month */
#define BL_BOUNDS_OTHER_MONTHLY 16u    /* something else is */

typedef struct bl_bounds_terms {
  bl_cycle own;            /* of the plan */
  bl_cycle month;
  int64_t  started_us;
  int64_t  ended_us;       /* BL_TIME_NEVER: it goes on */
  int64_t  at_us;          /* when the bill is made */
  uint32_t flags;          /* BL_BOUNDS_* */
  uint32_t reserved;
} bl_bounds_terms;

/* `span.to_us` is the last second that counts, `full` the period. */
bl_period bl_bounds_fee(const bl_bounds_terms *t);
/* 0: nothing of the kind is billed at the moment. */
int bl_bounds_usage(const bl_bounds_terms *t, bl_period *out);

/* How many years of the contract are over (year.c). */
int64_t bl_contract_year(const bl_contract_terms *terms, const bl_zone *zone,
                         int64_t us);

/*
 * The period after `last` (NULL: the first one from a moment on) in which an
 * allowance is given, turn 0 the first; 0: none any more (recur.c).
 */
int bl_recur_next(const bl_recurring *a, const bl_contract_terms *terms,
                  const bl_zone *zone, int64_t from_us,
                  const bl_period *last, uint64_t turn, bl_period *out);
/* When what is given for a period ends, so many periods included; 0: the
 * contract ends before. */
int bl_recur_end(const bl_recurring *a, const bl_contract_terms *terms,
                 const bl_zone *zone, const bl_period *period,
                 uint32_t periods, int64_t *end_us);

const char *bl_unit_name(uint32_t unit);
const char *bl_proration_name(uint32_t proration);

/* ---- prorate.c: shares ---- */

/* Ways to count beside those of catalog.h, which contracts know. */
enum {
  BL_PRORATE_SECONDS = BL_PRORATE_NONE + 1,
  BL_PRORATE_HOURS,
  BL_PRORATE_DAYS_BOTH,    /* the dates of both ends */
  BL_PRORATE_ACTUAL_30,    /* real days of months of 30 */
  BL_PRORATE_STRICT_30_360,
  BL_PRORATE_FIXED_MONTH,  /* every month has so many days */
  BL_PRORATE_LAGO_DAYS     /* days that are begun on the wall clock */
};
extern const char *const bl_prorate_words[];

/*
 * The share of a full cycle that a span is, as two integers: 1/1 when they are
 * equal or for none.  month_days: those of FIXED_MONTH.
 */
void bl_share(uint32_t proration, int64_t month_days, bl_span span,
              bl_span full, const bl_zone *zone, int64_t *numerator,
              int64_t *denominator);
/* The share as a decimal, for peers that round it (half away from zero). */
bl_dec bl_share_round(int64_t numerator, int64_t denominator, int places);
/* Of a contract: microseconds for time; local days (half open, a started day
 * counts by its date) for days_half_open. */
void bl_prorate(uint32_t proration, bl_span span, bl_span full,
                const bl_zone *zone, int64_t *numerator,
                int64_t *denominator);

#endif
