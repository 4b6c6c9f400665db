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

/* A charge, with what its key stands for. */
typedef struct bl_event_charge {
  const bl_fact_charge *fact;
  const bl_contract    *contract;
  const bl_price       *price;
  bl_span               service;      /* the period it is for */
  bl_str                group;
} bl_event_charge;

/* An event as it was recorded. */
typedef struct bl_event_row {
  uint64_t             number;
  int64_t              decided_us;
  const bl_customer   *customer;
  const bl_fact_event *fact;
  bl_event_text        text;          /* empty when it was erased */
  bl_event_charge     *charges;       /* fact->charge_count of them */
} bl_event_row;

/* ---- one entry ---- */

/* The events of an entry, decoded block by block into an arena; the entry's
 * bytes must stay. */
typedef struct bl_event_entry {
  const bl_tenant  *tenant;
  bl_arena         *arena;
  bl_batch          batch;
  bl_event_charge **keys;             /* by block and place, without a fact */
} bl_event_entry;

int bl_event_entry_read(bl_event_entry *e, const bl_tenant *t,
                        const bl_entry *entry, bl_arena *a);
/* The event at a place.  CORRUPT when the bytes do not say what the tenant's
 * state has. */
int bl_event_entry_at(bl_event_entry *e, size_t place, bl_event_row *out);
/* Only its fact. */
int bl_event_entry_fact(bl_event_entry *e, size_t place,
                        const bl_fact_event **out);

/* ---- many ---- */

typedef struct bl_event_walk {
  bl_call           *c;
  const bl_customer *customer;        /* NULL: all */
  bl_span            times;
  uint64_t           after;
  bl_journal_walk    journal;
  bl_arena           arena;           /* of the entry */
  bl_event_entry     entry;
  size_t             place;           /* of the next event in it */
} bl_event_walk;

/*
 * The events after a number (0: from the first) in the order of their own
 * numbers: of one customer, or of all, whose own time lies in the span.  Close
 * it in any case, and before the call is left.
 */
int  bl_event_walk_open(bl_event_walk *w, bl_call *c,
                        const bl_customer *customer, bl_span times,
                        uint64_t after);
/* The next event, or DONE.  What it points to lives until the next step. */
int  bl_event_walk_next(bl_event_walk *w, bl_event_row *out);
void bl_event_walk_close(bl_event_walk *w);

#endif
