/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * measure.h - what a meter makes of many events: a state that grows with each
 * of them, in any order, is put together out of parts, and carried on from a
 * period to the next.
 */
#ifndef BL_MEASURE_H
#define BL_MEASURE_H

#include "base/map.h"
#include "base/zone.h"
#include "meter/meter.h"
#include "meter/window.h"

/* What one event gives to one meter. */
typedef struct bl_sample {
  bl_dec   quantity;
  bl_str   value;          /* unique: what is counted */
  int64_t  time_us;
  uint64_t number;         /* order of arrival; no two are equal */
  uint32_t is_removal;     /* unique: the value is there no longer */
  uint32_t reserved;
} bl_sample;

/*
 * The sample of an event that the meter wants (take.c).  BILLING_DONE when it
 * has none and the meter skips such events; INVALID with the path otherwise;
 * LIMIT when an expression's result does not fit.  Texts lie in the event or
 * in the arena.
 */
int bl_meter_take(const bl_meter *meter, const bl_event *event,
                  bl_arena *arena, bl_sample *out, billing_error *err);

/* The period that is measured. */
typedef struct bl_frame {
  bl_span        span;
  int64_t        whole_us;     /* shares of time are of this */
  int64_t        whole_days;   /* shares of days are of this */
  const bl_zone *zone;         /* whose days they are */
  uint32_t       is_closed;    /* to_us itself belongs to it */
  uint32_t       reserved;
} bl_frame;

/* The state.  Its figures can be kept: nothing but the arena is shared. */
typedef struct bl_measure {
  const bl_meter *meter;
  bl_arena       *arena;
  bl_frame        frame;
  int64_t         events;      /* of the period */
  int64_t         carried;     /* of before it, whose level goes on */
  bl_wide         sum;         /* of quantities */
  bl_wide         moment;      /* of quantities times their places */
  bl_sample       edge;        /* max, min, latest, earliest: who holds it */
  bl_map          values;      /* unique: value -> its latest bl_sample */
  int64_t         present;     /* unique: values that are there */
  bl_sample      *samples;     /* all of them, where no sum will do */
  size_t          sample_count;
  size_t          sample_cap;
} bl_measure;

void bl_measure_open(bl_measure *m, const bl_meter *meter,
                     const bl_frame *frame, bl_arena *arena);
/* Whether a sample of that time counts: in the period, or before it when the
 * level is carried over. */
int  bl_measure_takes(const bl_meter *meter, const bl_frame *frame,
                      int64_t time_us);
/* Adds a sample that counts.  BILLING_NOMEM. */
int  bl_measure_add(bl_measure *m, const bl_sample *sample);
/*
 * Takes out a sample that was added (remove.c).  BILLING_DONE, with the state
 * as it was, when only a rebuild from the events can tell what is left: the
 * sample held an edge, or decided whether a value is there, or came before a
 * carry that kept no more than a sum.
 */
int  bl_measure_remove(bl_measure *m, const bl_sample *sample);
/* The sums alone: what a quantity of that time adds to them. */
void bl_measure_keep(bl_measure *m, bl_dec quantity, int64_t time_us);
/* Adds all that another one of the same meter and period has. */
int  bl_measure_merge(bl_measure *m, const bl_measure *other);
/* The next period's state: empty, or beginning at the level that is reached.
 * A rebuild of it from all events comes to the same. */
int  bl_measure_carry(const bl_measure *m, const bl_frame *next,
                      bl_arena *arena, bl_measure *out);
/* The level at the beginning, when it is known and its events are not. */
void bl_measure_begin(bl_measure *m, bl_dec level);

/* ---- reading (level.c) ---- */

/* The aggregate.  The bad value when it does not fit. */
bl_dec bl_measure_level(bl_measure *m);
/* Its share of the period, for meters that are prorated: to 18 decimals, or
 * as the policy says; the level itself for others. */
bl_dec bl_measure_prorated(bl_measure *m);
/* What is priced: prorated, nothing below zero if the meter says so,
 * converted, rounded. */
bl_dec bl_measure_quantity(bl_measure *m);
bl_dec bl_measure_convert(const bl_meter *meter, bl_dec quantity);
static inline bl_dec bl_measure_finish(const bl_meter *meter,
                                       bl_dec quantity) {
  return meter->converts || meter->lifts_negative
           ? bl_measure_convert(meter, quantity) : quantity;
}
/* What one quantity that begins at that time is of the period. */
bl_dec bl_measure_share(const bl_measure *m, bl_dec quantity,
                        int64_t time_us);

/* The place of a time in the period, in the unit of its shares: microseconds
 * or local days since its beginning; of its end; and of the whole. */
int64_t bl_frame_place(const bl_frame *f, int by_days, int64_t time_us);
int64_t bl_frame_end(const bl_frame *f, int by_days);
int64_t bl_frame_whole(const bl_frame *f, int by_days);

/* ---- panes.c: a period, window by window ---- */

typedef struct bl_pane {
  bl_span span;            /* cut to the period */
  bl_dec  quantity;        /* of the window alone */
  bl_dec  cumulative;      /* of the period, up to the window's end */
  bl_dec  change;          /* of the cumulative one; what was carried over
                              comes with the first window */
} bl_pane;

typedef struct bl_panes {
  const bl_meter  *meter;
  const bl_grid   *grid;
  bl_arena        *arena;
  bl_frame         whole;
  const bl_sample *samples;      /* by time; set after opening */
  size_t           sample_count;
  size_t           next;         /* sample */
  int64_t          at_us;        /* where the next window begins */
  bl_measure       running;
  bl_measure       window;
  bl_dec           cumulative;
} bl_panes;

/* The samples are those that the period takes. */
void bl_panes_open(bl_panes *p, const bl_meter *meter, const bl_frame *frame,
                   const bl_grid *grid, bl_arena *arena);
/* BILLING_DONE after the last window; BILLING_NOMEM. */
int  bl_panes_next(bl_panes *p, bl_pane *out);

/* ---- sort.c ---- */

/* Sorts samples: by quantity; by time and arrival; by value, time, arrival. */
enum { BL_SAMPLES_BY_QUANTITY, BL_SAMPLES_BY_TIME, BL_SAMPLES_BY_VALUE };
void bl_samples_sort(bl_sample *samples, size_t count, int order);
/* Whether a is before b by time, and among equal times by arrival. */
int bl_sample_is_before(const bl_sample *a, const bl_sample *b);

/* ---- in_advance.c: levels that are billed as they rise ---- */

/* What a change of the level adds above what was billed: never below zero. */
bl_dec bl_in_advance_units(bl_dec level, bl_dec change, bl_dec billed);

#endif
