/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* record.h - recording a batch, as record and settle share it. */
#ifndef BL_RECORD_H
#define BL_RECORD_H

#include "engine/batch.h"
#include "engine/rate.h"

/* A batch under way. */
/* The entry of parked events that was read last: repeats come in order. */
typedef struct bl_parked_seen {
  bl_arena         arena;
  bl_fact_parkings events;
  int64_t          seq;            /* 0: none yet */
  int64_t          at_us;
} bl_parked_seen;

typedef struct bl_recording {
  bl_arena        *kept;           /* of receipts and words; the caller's */
  bl_call         *c;
  const bl_draw_rule *rule;
  uint32_t        *parked;         /* places of events to park; parked.h */
  size_t           parked_count;
  bl_parked_seen   seen;
  uint32_t         attaches;       /* they were parked: no repeats */
  uint32_t         is_trial;       /* nothing was recorded before, and events
                                      of any age are taken */
  size_t           count;
  bl_event_in     *in;             /* by event, as are the receipts */
  billing_receipt *receipts;
  uint32_t        *order;          /* in which they are decided */
  size_t           first_refused;  /* count: none */
  int32_t          first_code;
  uint32_t         reserved;
  billing_error  **words;          /* by event: why each was refused; NULL:
                                      nobody asks */
  billing_error   *err;            /* the caller's: about the first refusal */
  billing_error    own;            /* about the event being decided */
  bl_members       members;        /* of the event being decided */
  bl_event_text    text;           /* its words; never redacted */
  bl_rater         rater;
  bl_batch_writer  writer;
} bl_recording;

/*
 * Decides, folds and appends a batch of events; codes[i] is why event i was
 * refused before (NULL: none was), with the words of the first of them in
 * c->err.  Receipts are in r->receipts, in the arena r->kept.
 */
int bl_record_batch(bl_call *c, const billing_event *const *events,
                    const int32_t *codes, size_t count,
                    const bl_draw_rule *rule, bl_recording *r);

/* ---- events.c: arrays of the caller ---- */

/* Events by the stride of the first, as they are or copied. */
int bl_events_take(bl_call *c, const billing_event *events, size_t count,
                   const billing_event ***out);
int bl_receipts_check(bl_call *c, const billing_receipt *receipts,
                      size_t count);
void bl_receipts_fill(billing_receipt *receipts, const billing_receipt *from,
                      size_t count);

/* Refuses event `at`: its receipt, and the words of c->err if it is the first
 * by place. */
void bl_record_refuse(bl_recording *r, size_t at, int code);

/* ---- repeat.c: events whose keys were used before ---- */

/* Answers them with their first receipts, or refuses them; sets in->number of
 * those. */
int bl_repeats_answer(bl_recording *r);
/* Of the first `count` events of r->order those that have the key of another
 * one before them get in->twin. */
int bl_repeats_twins(bl_recording *r, size_t count, int *has_twins);
/* Whether a twin of the event has been recorded, so that this one is answered
 * or refused (*rc: what ends the call). */
int bl_repeat_of_twin(bl_recording *r, size_t at, int *rc);

#endif
