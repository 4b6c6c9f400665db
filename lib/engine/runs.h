/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * runs.h - what a shard looks up by key, as sorted immutable runs.
 *
 * A row of its own for each key, in the order of random keys, is what makes a
 * table of events collapse: every event then dirties another page.  So new
 * keys are kept in memory (bl_key_tail, or the caller's own state) and written
 * now and then, many at a time and sorted, as a *run*.  Eight runs of one
 * level are merged into one of the next.  A filter of two bytes a key in front
 * of each run answers nearly all questions for keys that are not there.
 *
 *     tail in memory      131,072 keys     frozen, sorted, written as
 *     level 0             131,072 each     eight of them merged into one of
 *     level 1             1,048,576        level 1, and so on
 *
 * Runs are rows of billing_runs like any others: written in the caller's
 * transaction, gone with its rollback.  One row is the list of all runs of the
 * shard, with the jobs under way; it has a version, which the caller keeps
 * beside the head of its journal and compares.
 *
 * Nothing is ever done at once.  Writing, merging and removing are jobs whose
 * progress is in the list, so that any process goes on where the last one
 * stopped, and bl_runs_step does as much of them as it is told.
 *
 * There are two layouts, and a kind of runs has one of them:
 *
 *   KEYS     a key is 64 bits of a keyed hash, its value 64 bits that say
 *            where to look (a place: seq << 16 | n).  A key may have several
 *            values; whoever asks compares what he finds there.  A run is a
 *            set of pairs: the same pair twice is one.
 *   RECORDS  key and value are bytes, ordered as memcmp does.  Of several
 *            runs with the same key the newest one is right.  An empty value
 *            says that the key is gone.
 *
 * A call on a list of runs, in this order:
 *
 *     begin
 *       bl_runs_version differs from the head row's     bl_runs_load
 *       the frozen tail is covered by the runs          bl_key_tail_release
 *       look up, decide
 *       the tail is full and nothing is frozen          bl_key_tail_freeze
 *         through the last call's seq, or what bl_runs_writing says
 *       something is frozen                             bl_runs_write
 *       bl_runs_step, with bl_runs_due of what is new
 *       put the head row with bl_runs_version
 *     commit           or rollback and bl_runs_forget
 *
 * All of it belongs to one thread at a time, lookups too: they bring filters
 * into memory.
 */
#ifndef BL_RUNS_H
#define BL_RUNS_H

#include "base/arena.h"
#include "store/store.h"

typedef struct bl_runs bl_runs;
typedef struct bl_runs_scan bl_runs_scan;

/* The kinds of runs of a shard; they have nothing to do with each other. */
enum {
  BL_RUNS_EVENT_KEYS,        /* KEYS */
  BL_RUNS_REQUESTS,          /* KEYS */
  BL_RUNS_NAMES,             /* KEYS */
  BL_RUNS_STATE,             /* RECORDS */
  BL_RUNS_INDEX,             /* RECORDS */
  BL_RUNS_KINDS
};

#define BL_RUNS_KEY_MOST 255   /* bytes of a key of RECORDS; the least is 1 */
#define BL_RUNS_PLACE_BITS 16  /* of a value: seq << 16 | n codes best */

/* A pair of KEYS. */
typedef struct bl_runs_key {
  uint64_t key;
  uint64_t value;
} bl_runs_key;

/*
 * A record of either layout, so that both are merged by the same code.  The
 * head decides nearly every comparison.
 */
typedef struct bl_runs_record {
  uint64_t head;             /* KEYS: the key; RECORDS: the first eight bytes
                                of the key, the first one highest */
  uint64_t value;            /* KEYS only */
  bl_str   key;              /* RECORDS only */
  bl_str   bytes;            /* RECORDS only; empty: the key is gone */
} bl_runs_record;

/* Values that were found.  The count goes on when there is no room left. */
typedef struct bl_runs_found {
  uint64_t *value;
  size_t    room;
  size_t    count;
} bl_runs_found;

/* What becomes a run: records in ascending order, none of them twice. */
typedef struct bl_runs_source {
  uint64_t           last_seq;   /* of the journal: what the run covers */
  uint64_t           count;
  const bl_runs_key *keys;       /* KEYS */
  /* RECORDS: record number i.  It is asked in ascending order, and again from
   * any number on; what it gives out lives until it is asked again. */
  int (*at)(void *user, uint64_t i, bl_runs_record *out);
  void              *user;
} bl_runs_source;

/* ---- The list ---------------------------------------------------------- */

/* Opens nothing but memory.  Filters take at most `filter_room` bytes, those
 * of new runs first; a run whose filter found no room costs one page read a
 * lookup. */
int  bl_runs_open(bl_runs **out, const billing_allocator *host,
                  int64_t tenant, int64_t shard, size_t filter_room);
void bl_runs_close(bl_runs *r);            /* NULL is fine */

/* Reads the list, because it is not known yet or has another version.  What
 * is known of runs that are still there is kept. */
int  bl_runs_load(bl_runs *r, billing_store *s);
/*
 * Drops all that is known, so that the next call reads the list again: after
 * a rollback, and after a call here that failed has made one necessary.  The
 * sources that were handed in are dropped, too.
 */
void bl_runs_forget(bl_runs *r);
/* 0 when there is no list yet or it is not known. */
uint64_t bl_runs_version(const bl_runs *r);

/* What follows reads the list by itself where it is not known.  `kind` is
 * BL_RUNS_*.  Through which seq the runs of a kind hold everything: */
int bl_runs_covered(bl_runs *r, billing_store *s, uint32_t kind,
                    uint64_t *seq);
/* The runs of a kind and the records in them, those counted twice that stand
 * in two runs; either may be NULL. */
int bl_runs_count(bl_runs *r, billing_store *s, uint32_t kind,
                  uint64_t *records);
/* Bytes of memory that filters take now. */
size_t bl_runs_filter_held(const bl_runs *r);

/* ---- Look up ----------------------------------------------------------- */

/* KEYS: appends all values of a key, those of the newest run first. */
int bl_runs_find_key(bl_runs *r, billing_store *s, uint32_t kind,
                     uint64_t key, bl_runs_found *found);
/* KEYS, many at a time: maybe[i] becomes 0 when no run holds keys[i], else 1.
 * Run by run, so that the filters are asked for all keys at once. */
typedef struct bl_runs_batch {
  const uint64_t *keys;
  size_t          count;
  unsigned char  *maybe;
} bl_runs_batch;

int bl_runs_screen(bl_runs *r, billing_store *s, uint32_t kind,
                   const bl_runs_batch *batch);
/* KEYS: asks memory for what a lookup of the key will need; never fails. */
void bl_runs_prefetch(const bl_runs *r, uint32_t kind, uint64_t key);
/* KEYS: 0 when filters in memory say that no run holds the key, else 1. */
int bl_runs_may_have(const bl_runs *r, uint32_t kind, uint64_t key);

/* RECORDS: the value of a key, copied; NOTFOUND. */
int bl_runs_get(bl_runs *r, billing_store *s, uint32_t kind, bl_str key,
                bl_arena *arena, bl_str *value);

/* Keys that are >= from, up to those that begin with `to` or are less; an
 * empty bound does not bound.  Twice the same text: all that begin with it. */
typedef struct bl_runs_range {
  uint32_t kind;
  uint32_t reserved;
  bl_str   from;
  bl_str   to;
} bl_runs_range;

/* RECORDS: what is there, in order, each key once.  The scan reads rows when
 * it is stepped, so it ends with the transaction and before the next step. */
int  bl_runs_scan_open(bl_runs *r, billing_store *s,
                       const bl_runs_range *range, bl_runs_scan **out);
/* DONE at the end; the record lives until the next call on the scan. */
int  bl_runs_scan_next(bl_runs_scan *scan, bl_runs_record *out);
void bl_runs_scan_close(bl_runs_scan *scan);     /* NULL is fine */

/* ---- Change ------------------------------------------------------------ */

/*
 * Begins to write a source as a run, or goes on with it when the list says
 * that it has been begun; steps do the writing.  Asking again is fine, and is
 * done when it is covered.  The source is read until then, or until forget.
 *
 *   CONFLICT   another source is being written: see bl_runs_writing
 *
 * That a source is covered is believed in the next call, not in the one whose
 * commit may still fail.
 */
int bl_runs_write(bl_runs *r, billing_store *s, uint32_t kind,
                  const bl_runs_source *source);
/* The run that is being written, by this process or by one that is gone:
 * through which seq, and how many records; NOTFOUND when there is none. */
int bl_runs_writing(bl_runs *r, billing_store *s, uint32_t kind,
                    uint64_t *last_seq, uint64_t *count);
/* Gives up the run that is being written, if any: the source is not to be had
 * any more. */
int bl_runs_abandon(bl_runs *r, billing_store *s, uint32_t kind);
/* All runs of a kind go, and it covers nothing: it is to be built anew. */
int bl_runs_drop(bl_runs *r, billing_store *s, uint32_t kind);

/*
 * Does about `budget` records of work on each level, and says whether more
 * could be done.  What one call does beyond it, a chunk a level at the most,
 * the next ones pay back.
 */
int bl_runs_step(bl_runs *r, billing_store *s, uint64_t budget,
                 uint32_t *owes);

/*
 * What a call that brings so many new records of a kind, with so many bytes of
 * keys and values (KEYS: 0), has to pay on each level, so that none ever holds
 * more than twice the runs that are merged at a time; see runs_step.c.
 */
uint64_t bl_runs_due(uint32_t kind, uint64_t records, uint64_t bytes);

/* ---- Check ------------------------------------------------------------- */

/*
 * Reads everything: rows that belong to no run, rows out of order, counts
 * that differ, a key that its filter denies.  CORRUPT, with the first fault
 * in err.
 */
int bl_runs_verify(bl_runs *r, billing_store *s, billing_error *err);

/* ---- The tail of KEYS -------------------------------------------------- */

/*
 * Keys that are in no run yet: a set of pairs in order of insertion, whose
 * newest can be cut off again, and behind it those that are frozen to be
 * written.  Values ascend; 32 bytes a pair at the most, frozen ones 17.
 */
typedef struct bl_key_tail {
  billing_allocator host;
  bl_runs_key      *pair;      /* [0, count) in order of insertion */
  size_t            count;
  size_t            room;
  uint32_t         *slot;      /* see runs_tail.c */
  size_t            slots;     /* a power of two, or 0 */
  bl_runs_key      *frozen;    /* sorted */
  size_t            frozen_count;
  uint32_t         *first;     /* in frozen, by the leading bits of a key */
  uint32_t          first_bits;
  uint32_t          reserved;
} bl_key_tail;

void bl_key_tail_open(bl_key_tail *t, const billing_allocator *host);
void bl_key_tail_close(bl_key_tail *t);          /* reusable */
/* The value is above all before it.  NOMEM leaves the tail as it was. */
int  bl_key_tail_put(bl_key_tail *t, uint64_t key, uint64_t value);
/* Appends all values of a key. */
void bl_key_tail_find(const bl_key_tail *t, uint64_t key,
                      bl_runs_found *found);
void bl_key_tail_prefetch(const bl_key_tail *t, uint64_t key);
/* Forgets the newest pairs but the first `count` of those not frozen. */
void bl_key_tail_cut(bl_key_tail *t, size_t count);
/*
 * Freezes the pairs with values up to `through`; nothing may be frozen yet.
 * A call that may still fail freezes what calls before it have brought, so
 * that its own can be cut off.  NOMEM leaves the tail as it was.
 */
int  bl_key_tail_freeze(bl_key_tail *t, uint64_t through);
/* The other way round: after a rollback of the call that has frozen them, and
 * when another process is writing a run through another seq. */
int  bl_key_tail_thaw(bl_key_tail *t);
/* What is frozen, as a source that covers the journal through last_seq. */
bl_runs_source bl_key_tail_source(const bl_key_tail *t, uint64_t last_seq);
/* Forgets what is frozen, and all other pairs with values up to `through`: the
 * runs hold them, whoever wrote them. */
void bl_key_tail_release(bl_key_tail *t, uint64_t through);

#endif
