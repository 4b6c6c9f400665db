/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * samples.h - what a customer's events gave to charge keys, out of the
 * journal: for figures that a level cannot go on to.
 *
 * Facts say it all, so it does not matter whether the events were erased, or
 * what the meters' documents say by now.
 */
#ifndef BL_SAMPLES_H
#define BL_SAMPLES_H

#include "engine/batch.h"
#include "meter/measure.h"

/* Is given each of them, in the order of arrival; texts stay until it
 * returns.  What it returns other than OK ends the walk. */
typedef int bl_samples_take(void *user, const bl_fact_key *key,
                            const bl_sample *sample);

/* Those of events that lie in the span, and perhaps of some that do not. */
int bl_samples_walk(bl_call *c, const bl_customer *customer, bl_span times,
                    bl_samples_take *take, void *user);

#endif
