/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * batch.h - an entry of events: blocks of up to BL_BATCH_BLOCK events.
 *
 * Each block is coded by itself (event_code.h), so that one event is found by
 * decoding the block it stands in.  Both parts of the entry begin with the
 * number of events and the length of each block:
 *
 *     200 events    C8 01    length, length    block 0    block 1
 */
#ifndef BL_BATCH_H
#define BL_BATCH_H

#include "base/json_scan.h"
#include "engine/engine.h"
#include "engine/event_code.h"

#define BL_BATCH_BLOCK 128

/* ---- Write ---- */

typedef struct bl_batch_writer {
  bl_call          *c;
  int64_t           at_us;     /* of the entry */
  bl_events_writer *coder;     /* the handle's */
  size_t            count;     /* events */
  size_t            open;      /* of these, in the block that is open */
  bl_text           lengths[2];    /* of blocks: facts, properties */
  bl_text           blocks[2];
  bl_event_hole    *holes;
  size_t            hole_cap;
} bl_batch_writer;

void bl_batch_begin(bl_batch_writer *w, bl_call *c, int64_t at_us);
/* The keys of the fact's charges are set to places; `members` are those of
 * the event's properties. */
int bl_batch_add(bl_batch_writer *w, bl_fact_event *fact,
                 bl_tally *const *tallies, bl_event_text *text,
                 const bl_members *members);
/* The parts of the entry, in the call's arena. */
int bl_batch_end(bl_batch_writer *w, bl_str *facts, bl_str *properties);

/* ---- Read ---- */

/* A block, decoded. */
typedef struct bl_block {
  bl_fact_event *facts;
  bl_event_text *texts;        /* all zero when they are not known */
  size_t         count;
  bl_fact_key   *keys;         /* that charges name by place */
  size_t         key_count;
} bl_block;

typedef struct bl_batch {
  bl_arena *arena;             /* of all that is below */
  int64_t   seq;
  int64_t   at_us;
  size_t    count;             /* events */
  size_t    block_count;
  bl_str   *facts;             /* by block */
  bl_str   *properties;        /* by block; empty when redacted whole */
  bl_block *blocks;            /* count 0: not decoded yet */
} bl_batch;

/* The directory of an entry; its texts must stay.  CORRUPT. */
int bl_batch_open(bl_arena *arena, const bl_entry *entry, bl_batch *out);
/* The entry `seq` in the call's arena; NOTFOUND when there is none, or when it
 * is of another kind.  Peek: its texts are the store's until its next call. */
int bl_batch_peek(bl_call *c, int64_t seq, bl_batch *out);
int bl_batch_read(bl_call *c, int64_t seq, bl_batch *out);
/* Decodes a block, once. */
int bl_batch_block(bl_batch *batch, size_t at, const bl_block **out);
/* The tallies of a fact's charges, in the call's arena. */
int bl_block_tallies(bl_call *c, const bl_block *block,
                     const bl_fact_event *fact, bl_tally ***out);

/*
 * Single events at places that rise: what stands before them in their block
 * is passed over, what stands behind is not looked at.  To be opened with all
 * zero and the batch.
 */
typedef struct bl_batch_pass {
  const bl_batch  *batch;
  bl_events_reader reader;     /* of the block of the last event */
  size_t           next;       /* place behind the last event; 0: none yet */
  bl_fact_event    fact;       /* the last event */
  bl_event_text    text;       /* all zero when it is not known */
} bl_batch_pass;

/* To the event at a place, which may be the last one again.  CORRUPT, also
 * when there is none. */
int bl_batch_pass_to(bl_batch_pass *p, size_t place);
/* The tallies of its charges, in the call's arena; its customer is in memory.
 */
int bl_batch_pass_tallies(bl_call *c, const bl_batch_pass *p,
                          bl_tally ***out);
/* One recorded event by its number, with the tallies of its charges, in the
 * call's arena.  NOTFOUND. */
int bl_batch_event(bl_call *c, uint64_t number, const bl_fact_event **fact,
                   bl_tally ***tallies);

#endif
