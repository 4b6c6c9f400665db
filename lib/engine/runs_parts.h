/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * runs_parts.h - what the files of the sorted runs share; runs.h is for
 * everybody else.
 *
 *     runs_keys.c       chunks of KEYS               pure
 *     runs_records.c    chunks of RECORDS            pure
 *     runs_filter.c     filters                      pure
 *     runs_list.c       the list as bytes            pure
 *     runs_rows.c       the rows of one shard's runs
 *     runs_cursor.c     the records of one run, and of several merged
 *     runs_memory.c     filters in memory
 *     runs.c            load, look up, scan
 *     runs_job.c        a run in the making
 *     runs_step.c       write, merge, remove
 *     runs_verify.c     check
 */
#ifndef BL_RUNS_PARTS_H
#define BL_RUNS_PARTS_H

#include "base/pack.h"
#include "engine/runs.h"

/* The blob of a row.  SQLite keeps an eighth of it with the other columns, so
 * that eight rows share a page, and the rest is a page of its own: a row that
 * is removed then gives its page back, and those beside it stay as they are.
 * A blob that fitted into the page with its columns would be moved. */
#define BL_RUNS_ROW 4480
/* So many runs of a level become one of the next. */
#define BL_RUNS_FAN 8
#define BL_RUNS_LEVELS 16
/* The work of writing or removing a row, in records. */
#define BL_RUNS_ROW_WORK 64
/* Pairs in a chunk of KEYS, which is decoded at once. */
#define BL_RUNS_CHUNK_MOST 512

enum { BL_RUNS_CHUNKS, BL_RUNS_FILTERS };        /* parts of a run */

static inline int bl_runs_is_keys(uint32_t kind) {
  return kind <= BL_RUNS_NAMES;
}

/* ---- Records ----------------------------------------------------------- */

/* The members that a layout does not use are zero in all its records. */
static inline int bl_runs_order(const bl_runs_record *a,
                                const bl_runs_record *b) {
  if (a->head != b->head) return a->head < b->head ? -1 : 1;
  if (a->value != b->value) return a->value < b->value ? -1 : 1;
  return bl_str_order(a->key, b->key);
}

/* The head of a key of RECORDS. */
static inline uint64_t bl_runs_head(bl_str key) {
  uint64_t head = 0;

  for (size_t i = 0; i < sizeof head; i++)
    head = head << 8 | (i < key.len ? (unsigned char)key.text[i] : 0);
  return head;
}

/* 64 bits as bytes, low first. */
static inline uint64_t bl_runs_word(const unsigned char *p) {
  uint64_t v;

  memcpy(&v, p, sizeof v);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  v = __builtin_bswap64(v);
#endif
  return v;
}

static inline void bl_runs_set_word(unsigned char *p, uint64_t v) {
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  v = __builtin_bswap64(v);
#endif
  memcpy(p, &v, sizeof v);
}

/* A position in a run, which is the column `last` of its rows: of KEYS the
 * key and the value, the highest byte first, of RECORDS the key. */
typedef struct bl_runs_place {
  unsigned char bytes[BL_RUNS_KEY_MOST];
  unsigned char len;               /* 0: before all records */
} bl_runs_place;

void bl_runs_place_of(bl_runs_place *place, const bl_runs_record *record);
/* The other way round; the record lives as long as the place.  CORRUPT when
 * the layout has no such place. */
int  bl_runs_at_place(const bl_runs_place *place, uint32_t kind,
                      bl_runs_record *out);
/* Eight bytes, the highest first. */
void bl_runs_place_of_head(bl_runs_place *place, uint64_t head);

/* ---- runs_keys.c ------------------------------------------------------- */

/* A chunk that is being filled. */
typedef struct bl_key_chunk {
  size_t      count;
  uint64_t    least_seq;
  uint64_t    most_seq;
  uint64_t    most_n;
  bl_runs_key pair[BL_RUNS_CHUNK_MOST];
} bl_key_chunk;

/* Adds a pair above all before it; 0 when the chunk is full. */
int    bl_key_chunk_add(bl_key_chunk *c, bl_runs_key pair);
/* The bytes of what was added, and their number. */
size_t bl_key_chunk_pack(const bl_key_chunk *c,
                         unsigned char out[BL_RUNS_ROW]);
/* CORRUPT, also when the pairs do not ascend. */
int    bl_key_chunk_unpack(bl_str bytes, bl_runs_key out[BL_RUNS_CHUNK_MOST],
                           size_t *count);
/* Appends the values of a key, without unpacking the rest. */
int    bl_key_chunk_find(bl_str bytes, uint64_t key, bl_runs_found *found);

/* ---- runs_records.c ---------------------------------------------------- */

typedef struct bl_record_chunk {
  bl_text       bytes;             /* its arena is the caller's */
  size_t        count;
  bl_runs_place last;
} bl_record_chunk;

void bl_record_chunk_open(bl_record_chunk *c, bl_arena *arena);
void bl_record_chunk_clear(bl_record_chunk *c);
/* Adds a record above all before it; 0 when the chunk is full.  Running out of
 * memory is c->bytes.failed. */
int  bl_record_chunk_add(bl_record_chunk *c, const bl_runs_record *record);

typedef struct bl_record_reader {
  bl_unpack     bytes;
  bl_runs_place last;              /* the key read last */
} bl_record_reader;

void bl_record_reader_open(bl_record_reader *in, bl_str bytes);
/* OK, DONE or CORRUPT.  The key lives until the next call, the value as long
 * as the bytes. */
int  bl_record_reader_next(bl_record_reader *in, bl_runs_record *out);

/* ---- runs_filter.c ----------------------------------------------------- */

/* Where a head is in a filter. */
typedef struct bl_filter_spot {
  uint32_t row;
  uint32_t block;                  /* its first byte in the row */
  uint64_t bits;
} bl_filter_spot;

#define BL_FILTER_BLOCK 32
#define BL_FILTER_BLOCKS (BL_RUNS_ROW / BL_FILTER_BLOCK)
#define BL_FILTER_KEYS (16 * BL_FILTER_BLOCKS)       /* heads for a row */

/* Rows of a filter of KEYS. */
uint64_t bl_filter_rows(uint64_t keys);
/* KEYS: keys are spread evenly, so the row follows from the key. */
static inline bl_filter_spot bl_filter_spot_of(uint64_t key, uint64_t rows) {
  uint64_t place = (key >> 32) * rows;
  bl_filter_spot spot = {
      (uint32_t)(place >> 32),
      (uint32_t)((place & UINT32_MAX) * BL_FILTER_BLOCKS >> 32) *
          BL_FILTER_BLOCK,
      key};

  return spot;
}

/* RECORDS: the row is the one whose fence is the first not below the head;
 * within it the head is hashed. */
bl_filter_spot bl_filter_spot_within(uint64_t head, uint32_t row);

/*
 * A block is eight lanes of 32 bits, two in a word, and a head sets one bit in
 * each: five bits of it say which, its low 40 bits in all.  Most heads that
 * are not there miss in the first word.
 */
static inline int bl_filter_has(const unsigned char *block, uint64_t bits) {
  for (int i = 0; i < BL_FILTER_BLOCK / 8; i++, bits >>= 10) {
    uint64_t word = bl_runs_word(block + 8 * i);

    if (!(word >> (bits & 31) & word >> (32 + (bits >> 5 & 31)) & 1)) return 0;
  }
  return 1;
}

void bl_filter_add(unsigned char *row, bl_filter_spot spot);

/* ---- runs_list.c ------------------------------------------------------- */

typedef struct bl_runs_filter bl_runs_filter;
typedef struct bl_runs_writer bl_runs_writer;

typedef struct bl_sorted_run {
  uint64_t        number;          /* never used again */
  uint32_t        level;
  uint32_t        reserved;
  uint64_t        count;           /* of records */
  uint64_t        chunks;          /* rows */
  uint64_t        filters;         /* rows */
  uint64_t        first_seq;       /* what it covers */
  uint64_t        last_seq;
  uint64_t        low;             /* KEYS: least and greatest value */
  uint64_t        high;
  bl_runs_filter *filter;          /* in memory, or NULL */
} bl_sorted_run;

/*
 * A run that is being made: of a source (level 0) or of runs one level below.
 * Nobody looks into it before it is complete.
 */
typedef struct bl_runs_job {
  bl_sorted_run   out;             /* as far as it is written */
  uint64_t        wanted;          /* records of all inputs */
  uint64_t        input[BL_RUNS_FAN];      /* numbers, the newest first */
  uint32_t        inputs;          /* 0: of a source */
  uint32_t        is_active;
  uint32_t        is_last;         /* no run is older: what is gone may go */
  uint32_t        reserved;
  uint64_t        open_from;       /* least head of the filter row that is not
                                      written yet */
  bl_runs_place   last;            /* written last */
  bl_runs_writer *writer;          /* in memory, or NULL */
} bl_runs_job;

/* The runs of a kind. */
typedef struct bl_runs_set {
  uint64_t       covered;          /* seq */
  bl_sorted_run *run;              /* the oldest first: levels descend */
  size_t         count;
  size_t         room;
  bl_runs_job   *job[BL_RUNS_LEVELS];      /* by the level that it makes */
} bl_runs_set;

/* A run that nobody needs any more, until all its rows are removed. */
typedef struct bl_doomed_run {
  uint64_t number;
  uint64_t level;                  /* its removal is as urgent as the job that
                                      makes this level */
} bl_doomed_run;

typedef struct bl_runs_list {
  uint64_t       version;
  uint64_t       next;             /* number of the next run */
  bl_runs_set    set[BL_RUNS_KINDS];
  bl_doomed_run *doomed;
  size_t         doomed_count;
  size_t         doomed_room;
} bl_runs_list;

/* Ends the bytes of a list with a hash of them, and takes it off again:
 * CORRUPT when it is another.  What is remembered for ever hangs on them. */
void bl_runs_list_seal(bl_text *bytes);
int  bl_runs_list_unseal(bl_str *bytes);
/* A list of nothing. */
void bl_runs_list_clear(bl_runs_list *list);
void bl_runs_list_pack(const bl_runs_list *list, bl_text *out);
/* CORRUPT or NOMEM. */
int  bl_runs_list_unpack(bl_runs_list *list, bl_arena *arena, bl_str bytes);
/* The run with this number in a set, or NULL. */
bl_sorted_run *bl_runs_set_find(const bl_runs_set *set, uint64_t number);
/* Adds a run as the newest of its level; NOMEM. */
int  bl_runs_set_add(bl_runs_set *set, bl_arena *arena,
                     const bl_sorted_run *run);
void bl_runs_set_remove(bl_runs_set *set, const bl_sorted_run *run);
/* The job that makes a level, all zero; NULL when memory is out. */
bl_runs_job *bl_runs_set_job(bl_runs_set *set, bl_arena *arena,
                             uint32_t level);
/* Runs of this level, and the first of them. */
size_t bl_runs_set_level(const bl_runs_set *set, uint32_t level,
                         size_t *first);
int  bl_runs_list_doom(bl_runs_list *list, bl_arena *arena, uint64_t number,
                       uint32_t level);

/* ---- runs_rows.c ------------------------------------------------------- */

/* Where the rows of a shard's runs are. */
typedef struct bl_runs_rows {
  billing_store *store;
  int64_t        tenant;
  int64_t        shard;
} bl_runs_rows;

/* A copy of a row; its room grows in the arena. */
typedef struct bl_runs_row {
  bl_arena     *arena;
  bl_runs_place last;
  char         *bytes;
  size_t        len;
  size_t        room;
} bl_runs_row;

/* A part of a run. */
typedef struct bl_runs_part {
  uint64_t run;
  uint32_t part;
  uint32_t reserved;
} bl_runs_part;

int bl_runs_rows_put(const bl_runs_rows *rows, bl_runs_part part,
                     const bl_runs_place *last, bl_str bytes);
/* The row with this `last`; NOTFOUND. */
int bl_runs_rows_get(const bl_runs_rows *rows, bl_runs_part part,
                     const bl_runs_place *last, bl_runs_row *row);
/* The first row of the part with a `last` that is not below this one, or, with
 * `after`, above it; DONE when there is none. */
int bl_runs_rows_first(const bl_runs_rows *rows, bl_runs_part part,
                       const bl_runs_place *last, int after,
                       bl_runs_row *row);
/* Removes up to `most` rows of a run; *removed is less when it has no more. */
int bl_runs_rows_remove(const bl_runs_rows *rows, uint64_t run, size_t most,
                        size_t *removed);
/* The least number of a run above this one that has rows; DONE. */
int bl_runs_rows_above(const bl_runs_rows *rows, uint64_t run,
                       uint64_t *number);

/* ---- runs_cursor.c ----------------------------------------------------- */

/* The records of a run, or of a source, in order. */
typedef struct bl_runs_cursor {
  bl_runs_record        head;      /* where it stands */
  uint32_t              kind;
  uint32_t              is_done;
  const bl_runs_source *source;    /* or a run: */
  bl_runs_part          part;
  bl_runs_row           row;       /* the chunk */
  bl_runs_key          *pair;      /* KEYS: the same, decoded */
  uint64_t              at;        /* in it, or in the source */
  size_t                count;
  bl_record_reader      reader;    /* RECORDS */
} bl_runs_cursor;

/*
 * Several of them as one.  Of equal records the first input's is given, so
 * inputs stand newest first.
 */
typedef struct bl_runs_merge {
  bl_arena         arena;          /* cursors and chunks */
  bl_runs_rows     rows;
  uint32_t         kind;
  uint32_t         has_equals;     /* of the least */
  uint64_t         steps;          /* of all inputs */
  bl_runs_cursor **input;
  size_t           count;          /* of those that are not at their end */
  size_t           room;
  bl_runs_cursor  *least;          /* NULL: at the end */
} bl_runs_merge;

int  bl_runs_merge_open(bl_runs_merge *m, const bl_runs_rows *rows,
                        const billing_allocator *host, uint32_t kind,
                        size_t inputs);
void bl_runs_merge_close(bl_runs_merge *m);
/* Adds an input, at its first record that is not below `from`; with `after`,
 * above it. */
int  bl_runs_merge_add(bl_runs_merge *m, uint64_t run,
                       const bl_runs_place *from, int after);
/* From record number `at` on. */
int  bl_runs_merge_add_source(bl_runs_merge *m, const bl_runs_source *source,
                              uint64_t at);
/* After the last input was added. */
void bl_runs_merge_start(bl_runs_merge *m);
/* Steps over the least record and its equals. */
int  bl_runs_merge_next(bl_runs_merge *m);

/* ---- runs.c ------------------------------------------------------------ */

struct bl_runs {
  billing_allocator host;
  int64_t           tenant;
  int64_t           shard;
  size_t            filter_room;
  size_t            filter_held;
  bl_arena          arena;         /* of the list */
  bl_runs_list      list;
  uint32_t          is_loaded;
  uint32_t          reserved;
  int64_t           credit[BL_RUNS_LEVELS];  /* paid for and not done */
  bl_runs_source    source[BL_RUNS_KINDS];
  unsigned char     has_source[BL_RUNS_KINDS];
  bl_arena          row_arena;
  bl_runs_row       row;           /* the one read last */
};

/* Reads the list where it is not known. */
int bl_runs_ready(bl_runs *r, billing_store *s);
bl_runs_rows bl_runs_rows_of(const bl_runs *r, billing_store *s);

/* ---- runs_memory.c ----------------------------------------------------- */

/* Whether a run may hold a head; reads rows of its filter when they are not
 * in memory and there is room. */
int  bl_runs_ask(bl_runs *r, billing_store *s, bl_sorted_run *run,
                 uint32_t kind, uint64_t head, int *maybe);
void bl_runs_filter_drop(bl_runs *r, bl_sorted_run *run);

/* ---- runs_job.c -------------------------------------------------------- */

/* One chunk more of the job that makes this level, and what it has cost. */
int  bl_runs_go_on(bl_runs *r, const bl_runs_rows *rows, uint32_t kind,
                   uint32_t level, uint64_t *work);
void bl_runs_writer_drop(bl_runs *r, bl_runs_job *job);

#endif
