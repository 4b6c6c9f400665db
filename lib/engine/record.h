/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* record.h - recording a batch, as record and settle share it. */
#ifndef BL_RECORD_H
#define BL_RECORD_H

#include "engine/rate.h"

/* A batch under way.  Arrays by event; facts and tallies by recorded event. */
typedef struct recording {
  bl_arena         *kept;           /* of the receipts; set by the caller */
  bl_call          *c;
  size_t            count;
  bl_event_in      *in;
  billing_receipt  *receipts;
  bl_fact_event    *facts;
  bl_tally       ***tallies;
  size_t            recorded;
  size_t            first_refused;  /* count: none */
  int32_t           first_code;
  uint32_t          reserved;
  billing_error    *err;            /* the caller's: about the first refusal */
  billing_error     own;            /* about the event being decided */
  bl_map            repeats;        /* seq -> repeat, of older entries */
  bl_writer         w;
  bl_events_codec   codec;
  size_t            named;          /* keys of the entry, coded or about to */
  bl_tally        **key_tallies;
  size_t            key_tally_count;
  size_t            key_tally_cap;
} recording;

/*
 * Decides, folds and appends a batch of events, or of lines that are events;
 * the other is NULL.  Receipts are in r->receipts, in the arena r->kept.
 */
int bl_record_batch(bl_call *c, const billing_event *events,
                    const bl_str *lines, size_t count,
                    const bl_draw_rule *rule, recording *r);

#endif
