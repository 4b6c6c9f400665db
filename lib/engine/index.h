/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * index.h - from a customer, a grant or a hold to the entries about it.
 *
 * Entries are never put in another order; instead each leaves one mark for
 * each subject in it.  The newest marks are in memory, the rest in sorted
 * runs (runs.h), whose records are
 *
 *     key      subject, seq       eight bytes each, the highest first: kind of
 *                                 the subject and number; filters know them
 *     value    hour of the first event's time; hours to the last one's << 5 |
 *              kind of the entry
 */
#ifndef BL_INDEX_H
#define BL_INDEX_H

#include "engine/engine.h"

/* Of an entry that is being folded; several of one subject in it are one. */
int bl_index_add(bl_tenant *t, const bl_index_mark *mark);
/* Forgets the newest marks but the first `count`. */
void bl_index_cut(bl_index *index, size_t count);
void bl_index_close(bl_index *index);
/* Sorts the marks, one for each subject and entry, as runs have them. */
int bl_index_join(bl_index *index);

/* Brings memory to the runs, as bl_keys_sync; after that. */
int bl_index_sync(billing *b, bl_tenant *t);
/* Goes on with a run of marks, or begins one when that is due. */
int bl_index_write(billing *b, bl_tenant *t, int is_due);
/*
 * A sum over marks as runs have them, in any order: two sets with the same sum
 * are the same, but for a chance of 2^-64.
 */
typedef struct bl_index_sum {
  uint64_t count;
  uint64_t sum;
} bl_index_sum;

/* Adds a mark that should be in runs; those that are still in memory are none.
 */
void bl_index_sum_mark(const bl_call *c, const bl_index_mark *mark,
                       bl_index_sum *sum);
/* Adds all marks that are in runs; CORRUPT. */
int bl_index_sum_written(bl_call *c, bl_index_sum *sum);

typedef struct bl_index_wish {
  bl_subject subject;
  int64_t    after;          /* a seq */
  bl_span    times;
  uint64_t   kinds;          /* 1 << BL_ENTRY_*; 0: all */
} bl_index_wish;

#define BL_ALL_TIMES ((bl_span){INT64_MIN, INT64_MAX})

/* The entries that may be meant, in order, in the arena. */
int bl_index_find(bl_call *c, const bl_index_wish *wish, bl_arena *a,
                  int64_t **seqs, size_t *count);
/* Marks that are in runs, of subjects of one kind with numbers from one up to
 * another, in their order; those of the first one after a seq.  next: DONE at
 * the end; close it in any case, and before the transaction ends. */
typedef struct bl_index_scan {
  bl_runs_scan *runs;
} bl_index_scan;

int  bl_index_scan_open(bl_call *c, bl_subject first, uint64_t last,
                        int64_t after, bl_index_scan *out);
int  bl_index_scan_next(bl_index_scan *scan, bl_index_mark *out);
void bl_index_scan_close(bl_index_scan *scan);

#endif
