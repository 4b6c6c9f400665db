/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * index.h - from a customer and a time to the entries that have its events.
 *
 * Entries are never put in another order; instead each leaves one mark for
 * each customer in it.  The newest marks are in memory, the rest in sorted
 * runs (runs.h), whose records are
 *
 *     key      customer, seq      each as its length and its bytes, highest
 *                                 first, so that bytes sort as numbers do
 *     value    hour of the first event's time, hours to the last one's
 */
#ifndef BL_INDEX_H
#define BL_INDEX_H

#include "engine/engine.h"

/* The entry of an event that is being folded. */
int bl_index_add(bl_tenant *t, uint64_t customer, int64_t seq,
                 int64_t time_us);
/* Forgets the newest marks but the first `count`. */
void bl_index_cut(bl_index *index, size_t count);
void bl_index_close(bl_index *index);
/* Sorts the marks, one for each customer and entry, as runs have them. */
void bl_index_join(bl_index *index);

/* Brings memory to the runs, as bl_keys_sync; after that. */
int bl_index_sync(billing *b, bl_tenant *t);
/* Begins to write the marks as a run, when there are enough of them. */
int bl_index_write(billing *b, bl_tenant *t);
/* Puts marks in the order and the form in which they are written. */
void bl_index_join(bl_index *index);
/* Whether the runs hold a mark as it is. */
int bl_index_check(bl_call *c, const bl_index_mark *mark, int *is_there);

/* The entries of a customer after seq `after`, whose events may lie in the
 * span; in order, in the arena. */
int bl_index_find(bl_call *c, uint64_t customer, int64_t after, bl_span times,
                  bl_arena *a, int64_t **seqs, size_t *count);

#endif
