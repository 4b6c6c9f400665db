/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * event_walk.h - recorded events, one after the other, as the journal has
 * them.
 *
 * Pages, exports, SQL tables and the ledger read events through here, so that
 * none of them knows how an entry keeps its events or how the entries of one
 * customer are found.
 */
#ifndef BL_EVENT_WALK_H
#define BL_EVENT_WALK_H

#include "engine/batch.h"
#include "engine/restated.h"
#include "engine/samples.h"

/* A charge, with what its key stands for. */
typedef struct bl_row_charge {
  const bl_contract *contract;
  const bl_price    *price;
  uint64_t           period;        /* of the contract's, that it is for */
  bl_span            service;       /* its times */
  bl_str             group;         /* canonical JSON, or empty */
  bl_dec             quantity;      /* what the running total moved by */
  bl_dec             amount;
  const bl_draw     *draws;
  size_t             draw_count;
} bl_row_charge;

/* An event as it was recorded. */
typedef struct bl_event_row {
  uint64_t           number;
  int64_t            time_us;
  int64_t            decided_us;
  uint64_t           flags;         /* BILLING_RECEIPT_* */
  const bl_customer *customer;
  bl_event_text      text;          /* empty when it was erased */
  bl_row_charge     *charges;
  size_t             charge_count;
} bl_event_row;

/* ---- one entry ---- */

typedef struct bl_event_entry {
  bl_call   *c;
  bl_tenant *tenant;
  bl_arena  *arena;
  uint64_t   customer;              /* the only one whose events are given; 0:
                                       all are */
  uint64_t   flags;                 /* only events that have one of these; 0:
                                       all */
  size_t     place;                 /* of the next event */
  const bl_restatements *restated;  /* of that customer; NULL: events are told
                                       as they were recorded */
  bl_batch   batch;
} bl_event_entry;

/*
 * The events of an entry in their order, decoded into an arena; the entry's
 * bytes must stay.  next: DONE behind the last one; CORRUPT when the bytes do
 * not agree with the state of the tenant, which is the call's or has folded
 * the entry.
 */
int bl_event_entry_open(bl_event_entry *e, bl_call *c, bl_tenant *t,
                        const bl_entry *entry, bl_arena *a);
int bl_event_entry_next(bl_event_entry *e, bl_event_row *out);

/* ---- many ---- */

typedef struct bl_event_walk {
  bl_call           *c;
  const bl_customer *customer;      /* NULL: all */
  bl_span            times;
  uint64_t           after;
  bl_journal_walk    journal;       /* of all customers */
  bl_arena           list;
  bl_voids           voids;
  bl_restatements    restated;
  uint32_t           restates;
  uint32_t           reserved;
  int64_t           *seqs;          /* of one customer */
  size_t             seq_count;
  size_t             seq_at;
  bl_arena           arena;         /* of the entry */
  bl_event_entry     entry;
} bl_event_walk;

/*
 * The events after a number (0: from the first) in the order of their own
 * numbers: of one customer, or of all, whose own time lies in the span.  Close
 * it in any case, and before the call is left.
 */
int  bl_event_walk_open(bl_event_walk *w, bl_call *c,
                        const bl_customer *customer, bl_span times,
                        uint64_t after);
/* From here on events of the one customer are told as they count now: flags,
 * and charges without quantities and amounts. */
int  bl_event_walk_restate(bl_event_walk *w);
/* The next event, or DONE.  What it points to lives until the next step. */
int  bl_event_walk_next(bl_event_walk *w, bl_event_row *out);
void bl_event_walk_close(bl_event_walk *w);

#endif
