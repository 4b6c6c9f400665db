/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * streams.c - where streams stand: an entry with each batch of one, and a row
 * of billing_streams that is the last of them.  Nothing of it is in memory.
 */
#include "engine/ingest.h"
#include "store/store.h"

/* The counts of a stream, in the order of the entry and of the row. */
#define STREAM_COUNTS 13
static void list_stream(billing_stream *at, uint64_t *list[STREAM_COUNTS]) {
  uint64_t *const counts[STREAM_COUNTS] = {
      &at->bytes,  &at->lines,     &at->rows,     &at->events,
      &at->recorded, &at->same,    &at->conflicts, &at->refused,
      &at->late,   &at->unmatched, &at->unpriced, &at->unentitled,
      &at->parked};

  memcpy(list, counts, sizeof counts);
}

void bl_code_stream(bl_codec *facts, bl_codec *properties,
                    bl_fact_stream *f) {
  uint64_t *list[STREAM_COUNTS];

  (void)properties;
  list_stream(&f->at, list);
  bl_code_str(facts, &f->name);
  bl_code_str(facts, &f->header);
  bl_code_u64(facts, &f->is_inside);
  for (size_t i = 0; i < STREAM_COUNTS; i++) bl_code_u64(facts, list[i]);
}

int bl_fold_stream(bl_fold *f, const bl_fact_stream *fact) {
  billing_value row[BL_STREAMS_COLUMNS];
  billing_stream at = fact->at;
  uint64_t *list[STREAM_COUNTS];

  if (!f->rows || !bl_fold_is_own(f)) return BILLING_OK;
  list_stream(&at, list);
  row[BL_STREAMS_TENANT] = bl_value_int(f->tenant->number);
  row[BL_STREAMS_SHARD] = bl_value_int(0);
  row[BL_STREAMS_NAME] = bl_value_text(fact->name);
  row[BL_STREAMS_SEQ] = bl_value_int(f->seq);
  row[BL_STREAMS_AT] = bl_value_int(f->at_us);
  row[BL_STREAMS_HEADER] = bl_value_text(fact->header);
  row[BL_STREAMS_INSIDE] = bl_value_int((int64_t)fact->is_inside);
  for (size_t i = 0; i < STREAM_COUNTS; i++)
    row[BL_STREAMS_BYTES + i] = bl_value_int((int64_t)*list[i]);
  return f->rows->put(f->rows, BL_TABLE_STREAMS, row);
}

static int stream_header(bl_call *c, bl_str text, bl_stream_row *out) {
  bl_json *tree;
  const bl_json *item;
  int rc;

  if (!text.len) return BILLING_OK;
  rc = bl_json_read(text.text, text.len, &tree, NULL);
  if (rc) return rc == BILLING_NOMEM ? rc : BILLING_CORRUPT;
  out->header = bl_arena_array(&c->arena, bl_json_count(tree) + 1,
                               sizeof *out->header);
  item = out->header ? bl_json_first(tree) : NULL;
  for (; item; item = bl_json_next(item))
    out->header[out->header_count++] =
        bl_arena_str(&c->arena, bl_json_text(item));
  bl_json_free(tree);
  return c->arena.failed ? BILLING_NOMEM : BILLING_OK;
}

int bl_stream_find(bl_call *c, bl_str name, bl_stream_row *out) {
  billing_value key[3] = {bl_value_int(c->t->number), bl_value_int(0),
                          bl_value_text(name)};
  uint64_t *list[STREAM_COUNTS];
  billing_value row[BL_ROW_MOST];
  int rc = bl_store_get(c->b->store, BL_TABLE_STREAMS, key, row);

  memset(out, 0, sizeof *out);
  out->at.struct_size = sizeof out->at;
  if (rc) return rc == BILLING_NOTFOUND ? BILLING_OK : rc;
  out->is_there = 1;
  list_stream(&out->at, list);
  for (size_t i = 0; i < STREAM_COUNTS; i++)
    *list[i] = (uint64_t)row[BL_STREAMS_BYTES + i].integer;
  if (row[BL_STREAMS_INSIDE].integer) out->at.flags |= BILLING_STREAM_INSIDE;
  return stream_header(c, row[BL_STREAMS_HEADER].bytes, out);
}

static int header_text(const bl_ingest *in, bl_text *out) {
  if (!in->form.header_count) return BILLING_OK;
  for (size_t i = 0; i < in->form.header_count; i++) {
    bl_text_c(out, i ? "," : "[");
    bl_text_json(out, in->form.header[i]);
  }
  bl_text_c(out, "]");
  return out->failed ? BILLING_NOMEM : BILLING_OK;
}

int bl_stream_append(bl_ingest *in) {
  bl_call *c = in->c;
  bl_fact_stream fact = {.name = in->name, .at = in->at};
  bl_writer w;
  bl_text header;
  int rc;

  bl_text_open(&header, &c->arena);
  rc = header_text(in, &header);
  fact.header = (bl_str){header.text, header.len};
  fact.is_inside = (in->at.flags & BILLING_STREAM_INSIDE) != 0;
  if (!rc) rc = bl_fold_stream(bl_entry_start(c), &fact);
  if (rc) return rc;
  bl_writer_open(&w, c);
  bl_code_stream(&w.facts, &w.properties, &fact);
  return bl_append(c, BL_ENTRY_STREAM, &w);
}

#undef STREAM_COUNTS
