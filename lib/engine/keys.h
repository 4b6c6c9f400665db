/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * keys.h - where keys and ids were first used: a keyed hash of 64 bits -> the
 * number of the event, or of the entry that has the name at its place 0.  The
 * newest are in memory, the rest in sorted runs (runs.h).  Two keys may have
 * one hash: whoever asks looks at the entry.
 */
#ifndef BL_KEYS_H
#define BL_KEYS_H

#include "engine/engine.h"

uint64_t bl_keys_print(const billing *b, bl_str key);
/* The same of the keyed hash of 128 bits, which a redacted event has left. */
uint64_t bl_keys_print_of(const unsigned char hash[16]);
/* Of a contract's id. */
uint64_t bl_keys_print_of_contract(const billing *b, bl_str id);
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

/* ---- runs ---- */

/* The tenant's runs, if they are not known yet; reads nothing. */
int bl_keys_open(billing *b, bl_tenant *t);
/* Brings memory to the runs of the given version, which stands in the head
 * row: keys that they hold leave the tail. */
int bl_keys_sync(billing *b, bl_tenant *t, uint64_t version);
/*
 * Does about `budget` records of writing and merging in the transaction of a
 * call that has been decided; what is in memory begins to be written when that
 * is due.  What fails makes the state stale.  *owes: there is more.
 */
int bl_keys_work(billing *b, bl_tenant *t, uint64_t budget, int is_due,
                 uint32_t *owes);
/* Whether memory holds as many keys or marks as it should. */
int bl_keys_are_full(const billing *b, const bl_tenant *t);
/* What a call that brought so many has to pay. */
uint64_t bl_keys_due(const bl_tenant *t, uint64_t keys, uint64_t marks);

#endif
