/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * runs_cursor.c - the records of one run in order, and of several runs as one.
 *
 * A cursor holds the chunk it stands in and asks for the next one when it has
 * come to its end, so between two calls nothing of the store's is open, and a
 * merge can rest in memory until the next transaction.
 */
#include "engine/runs_parts.h"

/* ---- One run ----------------------------------------------------------- */

/* Takes the next record of the chunk; DONE at its end, which is the one that
 * its row tells. */
static int cursor_in_chunk(bl_runs_cursor *c) {
  if (!bl_runs_is_keys(c->kind)) {
    const bl_runs_place *last = &c->row.last, *read = &c->reader.last;
    int rc = bl_record_reader_next(&c->reader, &c->head);

    if (rc != BILLING_DONE) return rc;
    return read->len == last->len && !memcmp(read->bytes, last->bytes,
                                             last->len)
               ? BILLING_DONE
               : BILLING_CORRUPT;
  }
  if (c->at == c->count) return BILLING_DONE;
  c->head.head  = c->pair[c->at].key;
  c->head.value = c->pair[c->at].value;
  c->at++;
  return BILLING_OK;
}

static int cursor_unpack(bl_runs_cursor *c, bl_str bytes) {
  const bl_runs_key *end;
  bl_runs_record last;
  int rc = bl_key_chunk_unpack(bytes, c->pair, &c->count);

  if (!rc) rc = bl_runs_at_place(&c->row.last, c->kind, &last);
  if (rc) return rc;
  end = &c->pair[c->count - 1];
  return end->key == last.head && end->value == last.value ? BILLING_OK
                                                           : BILLING_CORRUPT;
}

/* Reads the first chunk that ends not below row.last, or above it; DONE when
 * there is none. */
static int cursor_read(bl_runs_cursor *c, const bl_runs_rows *rows,
                       int after) {
  bl_str bytes;
  int rc = bl_runs_rows_first(rows, c->part, &c->row.last, after, &c->row);

  if (rc) return rc;
  bytes.text = c->row.bytes;
  bytes.len  = c->row.len;
  c->at      = 0;
  if (bl_runs_is_keys(c->kind)) return cursor_unpack(c, bytes);
  bl_record_reader_open(&c->reader, bytes);
  return BILLING_OK;
}

/* Takes the first record of the chunk behind this one.  Who merges relies on
 * the order, so it is not taken on trust. */
static int cursor_next_chunk(bl_runs_cursor *c, const bl_runs_rows *rows) {
  bl_runs_place place = c->row.last;
  bl_runs_record before;
  int rc = cursor_read(c, rows, 1);

  if (rc == BILLING_DONE) {
    c->is_done = 1;
    return BILLING_OK;
  }
  if (!rc) rc = cursor_in_chunk(c);
  if (rc == BILLING_DONE) return BILLING_CORRUPT;
  if (!rc) rc = bl_runs_at_place(&place, c->kind, &before);
  if (rc) return rc;
  return bl_runs_order(&before, &c->head) < 0 ? BILLING_OK : BILLING_CORRUPT;
}

static int cursor_source_next(bl_runs_cursor *c) {
  uint64_t at = c->at;

  if (at == c->source->count) {
    c->is_done = 1;
    return BILLING_OK;
  }
  c->at++;
  if (!bl_runs_is_keys(c->kind))
    return c->source->at(c->source->user, at, &c->head);
  c->head.head  = c->source->keys[at].key;
  c->head.value = c->source->keys[at].value;
  return BILLING_OK;
}

static int cursor_next(bl_runs_cursor *c, const bl_runs_rows *rows) {
  int rc = c->source ? cursor_source_next(c) : cursor_in_chunk(c);

  return rc == BILLING_DONE ? cursor_next_chunk(c, rows) : rc;
}

/* Stands on the first record that is not below a place, or above it. */
static int cursor_seek(bl_runs_cursor *c, const bl_runs_rows *rows,
                       const bl_runs_place *from, int after) {
  bl_runs_record bound;
  int rc = bl_runs_at_place(from, c->kind, &bound), order;

  c->row.last = *from;
  if (!rc) rc = cursor_read(c, rows, after);
  if (rc == BILLING_DONE) {
    c->is_done = 1;
    return BILLING_OK;
  }
  if (!rc) rc = cursor_in_chunk(c);
  if (rc == BILLING_DONE) return BILLING_CORRUPT;
  while (!rc && !c->is_done && from->len) {
    order = bl_runs_order(&c->head, &bound);
    if (order > 0 || (order == 0 && !after)) break;
    rc = cursor_next(c, rows);
  }
  return rc;
}

/* ---- Several ----------------------------------------------------------- */

int bl_runs_merge_open(bl_runs_merge *m, const bl_runs_rows *rows,
                       const billing_allocator *host, uint32_t kind,
                       size_t inputs) {
  memset(m, 0, sizeof *m);
  bl_arena_open(&m->arena, host);
  m->rows  = *rows;
  m->kind  = kind;
  m->room  = inputs;
  m->input = bl_arena_array(&m->arena, inputs, sizeof *m->input);
  return m->input ? BILLING_OK : BILLING_NOMEM;
}

void bl_runs_merge_close(bl_runs_merge *m) {
  bl_arena_close(&m->arena);
}

static bl_runs_cursor *merge_cursor(bl_runs_merge *m) {
  bl_runs_cursor *c = bl_arena_take(&m->arena, sizeof *c);

  assert(m->count < m->room);
  if (!c) return NULL;
  c->kind      = m->kind;
  c->row.arena = &m->arena;
  return c;
}

/* An input that is at its end already is not kept. */
static int merge_keep(bl_runs_merge *m, bl_runs_cursor *c, int rc) {
  if (!rc && !c->is_done) m->input[m->count++] = c;
  return rc;
}

int bl_runs_merge_add(bl_runs_merge *m, uint64_t run,
                      const bl_runs_place *from, int after) {
  bl_runs_cursor *c = merge_cursor(m);

  if (!c) return BILLING_NOMEM;
  if (bl_runs_is_keys(m->kind)) {
    c->pair = bl_arena_array(&m->arena, BL_RUNS_CHUNK_MOST, sizeof *c->pair);
    if (!c->pair) return BILLING_NOMEM;
  }
  c->part.run = run;
  return merge_keep(m, c, cursor_seek(c, &m->rows, from, after));
}

int bl_runs_merge_add_source(bl_runs_merge *m, const bl_runs_source *source,
                             uint64_t at) {
  bl_runs_cursor *c = merge_cursor(m);

  if (!c) return BILLING_NOMEM;
  assert(at <= source->count);
  c->source = source;
  c->at     = at;
  return merge_keep(m, c, cursor_source_next(c));
}

/* Ties go to the first. */
void bl_runs_merge_start(bl_runs_merge *m) {
  bl_runs_cursor *least = m->count ? m->input[0] : NULL;

  m->has_equals = 0;
  for (size_t i = 1; i < m->count; i++) {
    bl_runs_cursor *c = m->input[i];
    int order;

    if (c->head.head > least->head.head) continue;
    order = bl_runs_order(&c->head, &least->head);
    if (order < 0) {
      least = c;
      m->has_equals = 0;
    } else if (order == 0) {
      m->has_equals = 1;
    }
  }
  m->least = least;
}

/* Inputs at their end go; the others keep their order. */
static void merge_close_ranks(bl_runs_merge *m) {
  size_t kept = 0;

  for (size_t i = 0; i < m->count; i++)
    if (!m->input[i]->is_done) m->input[kept++] = m->input[i];
  m->count = kept;
}

/* Steps every input that stands on the least record, the least one last:
 * the others are compared with it. */
int bl_runs_merge_next(bl_runs_merge *m) {
  bl_runs_cursor *least = m->least;
  uint32_t has_ended = 0;
  int rc = BILLING_OK;

  assert(least);
  for (size_t i = 0; !rc && m->has_equals && i < m->count; i++) {
    bl_runs_cursor *c = m->input[i];

    if (c == least || bl_runs_order(&c->head, &least->head)) continue;
    rc = cursor_next(c, &m->rows);
    has_ended |= c->is_done;
    m->steps++;
  }
  if (!rc) rc = cursor_next(least, &m->rows);
  m->steps++;
  has_ended |= least->is_done;
  if (rc) return rc;
  if (has_ended) merge_close_ranks(m);
  bl_runs_merge_start(m);
  return BILLING_OK;
}
