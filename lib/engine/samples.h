/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * samples.h - what a customer's events gave to charge keys, out of the
 * journal: for figures that a level cannot go on to.
 *
 * Facts say it all, those of the events or of later entries that decided them
 * anew, so it does not matter whether the events were erased, or what the
 * meters' documents say by now.
 */
#ifndef BL_SAMPLES_H
#define BL_SAMPLES_H

#include "engine/batch.h"
#include "meter/measure.h"

/* Is given each of them, in the order of arrival; texts stay until it
 * returns.  What it returns other than OK ends the walk. */
typedef int bl_samples_take(void *user, const bl_fact_key *key,
                            const bl_sample *sample);

/* Events that do not count any more, by number. */
typedef struct bl_voided {
  bl_entry_facts facts;
  int64_t        at_us;        /* when that was decided */
} bl_voided;

typedef struct bl_voids {
  bl_map numbers;              /* -> bl_voided */
} bl_voids;

/* Those of a customer (NULL: all) whose time may lie in the span; in the
 * arena. */
int bl_voids_read(bl_call *c, const bl_customer *customer, bl_span times,
                  bl_arena *arena, bl_voids *out);
const bl_voided *bl_voids_at(const bl_voids *voids, uint64_t number);

/* Those of events that lie in the span, and perhaps of some that do not; none
 * of events that were voided. */
int bl_samples_walk(bl_call *c, const bl_customer *customer, bl_span times,
                    bl_samples_take *take, void *user);

#endif
