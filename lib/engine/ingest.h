/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * ingest.h - a piece of a stream on its way to a batch:
 *
 *     bytes -> rows or lines (ingest_cut.c) -> events (ingest_row.c,
 *     event_read.c) -> a batch (record.c) -> where the stream stands
 *
 * What a line becomes depends on the stream alone, and never on the pieces in
 * which it came.
 */
#ifndef BL_INGEST_H
#define BL_INGEST_H

#include "base/csv.h"
#include "base/limit.h"
#include "catalog/form.h"
#include "engine/record.h"

/* The most of a stream that is read in one call. */
#define BL_INGEST_BYTES ((size_t)8 << 20)

/* Where an event of the batch stands in the piece. */
typedef struct bl_ingest_place {
  size_t   from;
  size_t   len;                /* of its row or line */
  uint64_t line;               /* from 1 */
  size_t   event;              /* which of the row's */
} bl_ingest_place;

typedef struct bl_ingest {
  bl_call              *c;
  bl_arena              kept;     /* of receipts and words */
  bl_form               form;
  bl_str                name;     /* of the stream; may be empty */
  bl_str                bytes;
  int                   is_last;  /* they end the stream */
  size_t                used;
  billing_stream        at;       /* where it stands */
  bl_csv                csv;
  bl_members            members;
  billing_event        *events;   /* the batch */
  const billing_event **taken;
  int32_t              *codes;    /* why a line is no event */
  billing_error       **words;    /* of those that are refused */
  bl_ingest_place      *places;
  size_t                count;
} bl_ingest;

/* Cuts the piece into the events of one batch; moves `at` and `used`. */
int bl_ingest_cut(bl_ingest *in);
/* The header row, if the stream begins here and has one. */
int bl_ingest_header(bl_ingest *in);
/* Event `event` of the row in in->csv; INVALID and the like with the words in
 * c->err. */
int bl_ingest_row(bl_ingest *in, uint64_t row, size_t event,
                  billing_event *out);
/* The cell that a path of an error is about; NULL: none. */
const bl_form_cell *bl_ingest_cell(const bl_form *form, size_t event,
                                   bl_str path);

/* What became of the lines that were refused, as JSON rows. */
int bl_ingest_refusals(bl_ingest *in, const billing_receipt *receipts,
                       bl_json *list);

/* ---- where streams stand ---- */

typedef struct bl_stream_row {
  billing_stream at;
  bl_str        *header;       /* in the arena */
  size_t         header_count;
  uint32_t       is_there;
  uint32_t       reserved;
} bl_stream_row;

int bl_stream_find(bl_call *c, bl_str name, bl_stream_row *out);
int bl_stream_append(bl_ingest *in);

#endif
