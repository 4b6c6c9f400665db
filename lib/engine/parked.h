/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * parked.h - events whose customer nobody knows yet.
 *
 * When the tenant parks them they stand in the journal with the hash of the
 * customer's id, and wait.  When a customer with that id, or that alias at the
 * event's time, has a contract, they are recorded as events of it.  An event
 * waits as long as no recorded event has its key, and it was not voided.
 */
#ifndef BL_PARKED_H
#define BL_PARKED_H

#include "engine/record.h"

/* The entries that may have events of this customer's id or alias. */
bl_subject bl_parked_subject(const unsigned char id_hash[16]);
/* Reads an entry of parked events; texts are the arena's.  NOTFOUND when it is
 * of another kind. */
int bl_parked_read(bl_call *c, int64_t seq, bl_arena *a,
                   bl_fact_parkings *out);
/* Whether it still waits; `number` is its own. */
int bl_parked_waits(bl_call *c, const bl_fact_parked *event, uint64_t number,
                    int *waits);
/* The parked event with that key, and when it came; *number is 0 when there is
 * none. */
int bl_parked_find(bl_call *c, bl_str key, uint64_t *number,
                   bl_fact_parked *out, int64_t *at_us);
/* The entry by which it was taken back; 0: it was not. */
int bl_parked_void(bl_call *c, uint64_t number, int64_t *seq);

/* Whether the event, whose customer was not found, is to be parked. */
int bl_parked_is_wanted(const bl_recording *r, const bl_event_in *in);
/* Marks an event of the batch as one to park. */
int bl_parked_add(bl_recording *r, size_t at);
/* After the others have been recorded: repeats are answered, the rest becomes
 * an entry. */
int bl_parked_append(bl_recording *r);
/* Answers an event whose key may be that of a parked one at `number`. */
int bl_parked_answer(bl_recording *r, size_t at, uint64_t number);

/* ---- attach.c ---- */

/* Of a customer whose document, or contract, was put: remembered until the end
 * of the call. */
int bl_attach_later(bl_call *c, bl_customer *customer);
/* Records what waited for them. */
int bl_attach_pending(bl_call *c);

#endif
