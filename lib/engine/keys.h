/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * keys.h - where the idempotency keys of events were used: a keyed hash of 64
 * bits -> the event's number.  The newest are in memory, the rest in sorted
 * runs (runs.h).  Two keys may have one hash: whoever asks looks at the event.
 */
#ifndef BL_KEYS_H
#define BL_KEYS_H

#include "engine/engine.h"

uint64_t bl_keys_print(const billing *b, bl_str key);
/* The same of the keyed hash of 128 bits, which a redacted event has left. */
uint64_t bl_keys_print_of(const unsigned char hash[16]);
/* Whether the recorded words are of an event with this key. */
int bl_keys_is(const billing *b, const bl_event_text *text, bl_str key);
/* Asks memory for what finding the key will need. */
void bl_keys_prefetch(const bl_tenant *t, uint64_t key);
/* The numbers of events that may have the key; at most `room`. */
int bl_keys_find(bl_call *c, uint64_t key, uint64_t *numbers, size_t room,
                 size_t *count);
int bl_keys_add(bl_tenant *t, uint64_t key, uint64_t number);
/* The number of the event that has the key, by its text; 0: none. */
int bl_keys_number(bl_call *c, bl_str key, uint64_t *number);

#endif
