/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * trial.h - what would be, on one customer's state, in a call that is undone.
 *
 *     a call that decides     record 3 events, close May: entries 91 to 94
 *     is a trial              the same functions, the same entries; ticks read
 *                             them back; no row is written
 *     leaving it              puts the state back; the journal ends at 90
 *
 * Nothing here rates, draws or rounds: a preview goes the road that recording
 * and advancing go, so it cannot say anything else than they will.
 */
#ifndef BL_TRIAL_H
#define BL_TRIAL_H

#include "engine/engine.h"

/* Usage that does not count: of a contract, in periods from one on. */
typedef struct bl_trial_gap {
  uint64_t contract;
  uint64_t from;
} bl_trial_gap;

typedef struct bl_trial {
  int64_t       until_us;      /* ticks measure what lies before this */
  uint64_t      known;         /* no event that was recorded has this number
                                  or a higher one */
  bl_trial_gap *gaps;
  size_t        gap_count;
} bl_trial;

/* The call is a trial from here on; it was entered with BL_TRIAL. */
void bl_trial_open(bl_call *c, bl_trial *trial);
/* Whether an event's charge does not count; trial may be NULL. */
static inline int bl_trial_hides(const bl_trial *trial, uint64_t contract,
                                 uint64_t period, uint64_t number) {
  if (!trial || number >= trial->known) return 0;
  for (size_t i = 0; i < trial->gap_count; i++)
    if (trial->gaps[i].contract == contract)
      return period >= trial->gaps[i].from;
  return 0;
}

/* The call goes on as if the trial had not been; what it took from the call's
 * arena since the mark is gone. */
void bl_trial_undo(bl_call *c, bl_arena_mark mark);

/* Takes the customer's usage of all periods that are not closed away: what it
 * was charged is charged back, and draws return to their grants. */
int bl_trial_clear(bl_call *c, bl_trial *trial, bl_customer *customer);
/* Lets time pass up to `at_us`: each event is recorded at its own time (none
 * has a later one, nor 0), and what falls due in between happens.  The index
 * of the event that was refused is in c->err->item. */
int bl_trial_play(bl_call *c, bl_customer *customer, billing_event *events,
                  size_t count, int64_t at_us);
/* Closes the periods that hold the moment, as they are by then. */
int bl_trial_close(bl_call *c, bl_trial *trial, bl_customer *customer,
                   int64_t at_us);

#endif
