/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * restated.h - what recorded events give to charge keys since they were
 * decided anew (rerate.h).
 *
 *     entry 5    event 1 gives 12 to a price of tokens
 *     entry 9    decided anew: it gives 1 to that price
 *     whoever asks after entry 9 is told 1
 *
 * An entry speaks for keys of its meter whose periods end after a moment, and
 * for all events before it; among several the newest one holds.
 */
#ifndef BL_RESTATED_H
#define BL_RESTATED_H

#include "engine/engine.h"

typedef struct bl_restatement {
  int64_t        seq;
  bl_entry_facts facts;
} bl_restatement;

/* Of one customer, in the order of their entries. */
typedef struct bl_restatements {
  bl_restatement *item;
  size_t          count;
} bl_restatements;

/* Those with events of the times; in the arena. */
int bl_restatements_read(bl_call *c, const bl_customer *customer,
                         bl_span times, bl_arena *arena,
                         bl_restatements *out);
/* Only those before an entry are of interest from here on. */
void bl_restatements_cut(bl_restatements *all, int64_t seq);
/* Whether what an event of that number gives to the key was decided anew. */
int bl_is_restated(const bl_call *c, const bl_restatements *all,
                   uint64_t number, const bl_fact_key *key);
/*
 * The event as it counts now: each charge has what the event gives, under a
 * key of its own in *keys.  Of what was decided anew neither quantities nor
 * amounts are known.  In the arena.
 */
int bl_restate(bl_call *c, const bl_restatements *all, uint64_t number,
               const bl_fact_key *known, const bl_fact_event *fact,
               bl_arena *arena, bl_fact_event *out, bl_fact_key **keys);

#endif
