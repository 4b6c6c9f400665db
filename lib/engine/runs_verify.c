/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * runs_verify.c - whether the rows of the runs are what the list says, and
 * each other's.
 *
 * Each chunk is packed again and must give the same bytes, so that only a
 * change of a record can go unnoticed here, which who knows the records will
 * see; and each filter is made again from the records.  Chunks and filter rows
 * are both in the order of their heads, so they are read side by side, once.
 */
#include "engine/runs_parts.h"

typedef struct run_check {
  bl_runs_rows             rows;
  const billing_allocator *host;
  const bl_sorted_run     *run;
  uint32_t                 kind;
  uint32_t                 is_made;    /* with its last filter row */
  uint32_t                 is_beyond;  /* the filter rows that are there */
  uint32_t                 reserved;
  uint64_t                 lines;      /* rows that the filter will have */
  bl_runs_row              chunk;
  bl_runs_row              filter;
  uint64_t                 filters;    /* rows read */
  uint64_t                 head;       /* added last */
  bl_sorted_run            seen;       /* counts, and values */
  bl_runs_place            last;       /* record seen last */
  bl_key_chunk            *keys;       /* the chunk, again */
  bl_record_chunk          records;
  const char              *fault;
  unsigned char            made[BL_RUNS_ROW];    /* the filter row, again */
} run_check;

static int run_is(run_check *c, int holds, const char *fault) {
  if (holds) return BILLING_OK;
  if (!c->fault) c->fault = fault;
  return BILLING_CORRUPT;
}

/* ---- The filter -------------------------------------------------------- */

/* Whether the row at hand ends with the record added last; those of keys are
 * numbered instead. */
static int run_ends_here(const run_check *c) {
  bl_str fence = {(const char *)c->filter.last.bytes, c->filter.last.len};

  return bl_runs_is_keys(c->kind) || bl_runs_head(fence) == c->head;
}

/* Compares the row at hand, and reads the next; DONE when there is none. */
static int run_next_filter(run_check *c) {
  bl_runs_part part = {c->run->number, BL_RUNS_FILTERS, 0};
  bl_str last;
  int rc = run_is(c, c->filters == 0 || !memcmp(c->made, c->filter.bytes,
                                                BL_RUNS_ROW),
                  "a filter is not that of its records");

  if (!rc)
    rc = run_is(c, c->filters == 0 || run_ends_here(c),
                "a filter row does not end where its key says");
  if (!rc)
    rc = bl_runs_rows_first(&c->rows, part, &c->filter.last, c->filters > 0,
                            &c->filter);
  if (rc) return rc;
  memset(c->made, 0, sizeof c->made);
  last.text = (const char *)c->filter.last.bytes;
  last.len  = c->filter.last.len;
  rc = run_is(c, last.len == 8 && c->filter.len == BL_RUNS_ROW,
              "a filter row is malformed");
  if (!rc && bl_runs_is_keys(c->kind))
    rc = run_is(c, bl_runs_head(last) == c->filters,
                "a filter row is missing");
  c->filters++;
  return rc;
}

/* Whether the row at hand is the one for this head. */
static int run_is_row_of(const run_check *c, uint64_t head) {
  bl_str fence = {(const char *)c->filter.last.bytes, c->filter.last.len};

  if (c->filters == 0) return 0;
  if (bl_runs_is_keys(c->kind))
    return bl_filter_spot_of(head, c->lines).row == c->filters - 1;
  return bl_runs_head(fence) >= head;
}

/* The heads of a run in the making go beyond the rows that are written. */
static int run_add_head(run_check *c, uint64_t head) {
  int rc = BILLING_OK;

  while (!rc && !c->is_beyond && !run_is_row_of(c, head)) {
    rc = run_next_filter(c);
    if (rc != BILLING_DONE) continue;
    c->is_beyond = 1;
    rc = run_is(c, !c->is_made, "a filter row is missing");
  }
  if (rc || c->is_beyond) return rc;
  c->head = head;
  bl_filter_add(c->made, bl_runs_is_keys(c->kind)
                             ? bl_filter_spot_of(head, c->lines)
                             : bl_filter_spot_within(head, 0));
  return BILLING_OK;
}

/* Rows behind those that were needed. */
static int run_end_filter(run_check *c) {
  int rc = c->is_beyond ? BILLING_DONE : BILLING_OK;

  while (!rc) rc = run_next_filter(c);
  if (rc != BILLING_DONE) return rc;
  return run_is(c, c->filters == c->run->filters,
                "the filter rows are not as many as listed");
}

/* ---- The chunks -------------------------------------------------------- */

static int run_see(run_check *c, const bl_runs_record *record) {
  bl_runs_record before;
  int rc = bl_runs_at_place(&c->last, c->kind, &before);

  if (!rc && c->seen.count > 0)
    rc = run_is(c, bl_runs_order(&before, record) < 0,
                "records are not in order");
  if (rc) return rc;
  if (c->seen.count == 0 || record->value < c->seen.low)
    c->seen.low = record->value;
  if (c->seen.count == 0 || record->value > c->seen.high)
    c->seen.high = record->value;
  c->seen.count++;
  bl_runs_place_of(&c->last, record);
  return run_add_head(c, record->head);
}

static int run_see_keys(run_check *c, bl_str bytes) {
  unsigned char again[BL_RUNS_ROW];
  bl_runs_key pair[BL_RUNS_CHUNK_MOST];
  size_t count = 0, len = 0;
  int rc = run_is(c, !bl_key_chunk_unpack(bytes, pair, &count),
                  "a chunk is malformed");

  c->keys->count = 0;
  for (size_t i = 0; !rc && i < count; i++) {
    bl_runs_record record = {pair[i].key, pair[i].value, {"", 0}, {"", 0}};

    rc = run_see(c, &record);
    if (!rc)
      rc = run_is(c, bl_key_chunk_add(c->keys, pair[i]),
                  "a chunk is too long");
  }
  if (!rc) len = bl_key_chunk_pack(c->keys, again);
  if (rc) return rc;
  return run_is(c, len == bytes.len && !memcmp(again, bytes.text, len),
                "a chunk is coded in another way");
}

static int run_see_records(run_check *c, bl_str bytes) {
  bl_record_reader in;
  bl_runs_record record;
  int rc = BILLING_OK;

  bl_record_chunk_clear(&c->records);
  bl_record_reader_open(&in, bytes);
  while (!rc) {
    rc = bl_record_reader_next(&in, &record);
    if (!rc) rc = run_see(c, &record);
    if (!rc)
      rc = run_is(c, bl_record_chunk_add(&c->records, &record),
                  "a chunk is too long");
  }
  if (rc == BILLING_CORRUPT) return run_is(c, 0, "a chunk is malformed");
  if (rc != BILLING_DONE) return rc;
  if (c->records.bytes.failed) return BILLING_NOMEM;
  return run_is(c, c->records.count > 0 && c->records.bytes.len == bytes.len &&
                       !memcmp(c->records.bytes.text, bytes.text, bytes.len),
                "a chunk is coded in another way");
}

static int run_see_chunk(run_check *c) {
  bl_str bytes = {c->chunk.bytes, c->chunk.len};
  int rc = bl_runs_is_keys(c->kind) ? run_see_keys(c, bytes)
                                    : run_see_records(c, bytes);

  c->seen.chunks++;
  if (rc) return rc;
  return run_is(c, c->last.len == c->chunk.last.len &&
                       !memcmp(c->last.bytes, c->chunk.last.bytes,
                               c->last.len),
                "a chunk does not end where its row says");
}

static int run_see_all(run_check *c) {
  bl_runs_part part = {c->run->number, BL_RUNS_CHUNKS, 0};
  int rc = BILLING_OK;

  while (!rc) {
    rc = bl_runs_rows_first(&c->rows, part, &c->chunk.last,
                            c->seen.chunks > 0, &c->chunk);
    if (!rc) rc = run_see_chunk(c);
  }
  if (rc != BILLING_DONE) return rc;
  rc = run_is(c, c->seen.count == c->run->count &&
                     c->seen.chunks == c->run->chunks,
              "the records are not as many as listed");
  if (!rc)
    rc = run_is(c, c->seen.low == c->run->low && c->seen.high == c->run->high,
                "the values are not within those listed");
  return rc ? rc : run_end_filter(c);
}

static int verify_run(const run_check *start, const bl_sorted_run *run,
                      const bl_runs_job *job, billing_error *err) {
  run_check c = *start;
  bl_arena arena;
  int rc = BILLING_NOMEM;

  c.run     = run;
  c.is_made = !job;
  c.lines   = job ? bl_filter_rows(job->wanted) : run->filters;
  bl_arena_open(&arena, c.host);
  c.chunk.arena = c.filter.arena = &arena;
  bl_record_chunk_open(&c.records, &arena);
  c.keys = bl_arena_take(&arena, sizeof *c.keys);
  if (c.keys) rc = run_see_all(&c);
  bl_arena_close(&arena);
  if (!rc || !c.fault) return rc;
  return bl_fail(err, rc, "", NULL, "run %i: %s", (int64_t)run->number,
                 c.fault);
}

/* ---- The list ---------------------------------------------------------- */

static int verify_set(const run_check *start, const bl_runs_set *set,
                      billing_error *err) {
  int rc = BILLING_OK;

  for (size_t i = 0; !rc && i < set->count; i++)
    rc = verify_run(start, &set->run[i], NULL, err);
  for (size_t i = 0; !rc && i < BL_RUNS_LEVELS; i++)
    if (set->job[i] && set->job[i]->is_active)
      rc = verify_run(start, &set->job[i]->out, set->job[i], err);
  return rc;
}

static int list_knows(const bl_runs_list *list, uint64_t number) {
  for (size_t k = 0; k < BL_RUNS_KINDS; k++) {
    const bl_runs_set *set = &list->set[k];

    if (bl_runs_set_find(set, number)) return 1;
    for (size_t i = 0; i < BL_RUNS_LEVELS; i++)
      if (set->job[i] && set->job[i]->is_active &&
          set->job[i]->out.number == number)
        return 1;
  }
  for (size_t i = 0; i < list->doomed_count; i++)
    if (list->doomed[i].number == number) return 1;
  return 0;
}

static int verify_numbers(const bl_runs_rows *rows, const bl_runs_list *list,
                          billing_error *err) {
  uint64_t number = 0;
  int rc = BILLING_OK;

  while (!rc) {
    rc = bl_runs_rows_above(rows, number, &number);
    if (!rc && !list_knows(list, number))
      rc = bl_fail(err, BILLING_CORRUPT, "", NULL,
                   "run %i is not in the list", (int64_t)number);
  }
  return rc == BILLING_DONE ? BILLING_OK : rc;
}

int bl_runs_verify(bl_runs *r, billing_store *s, billing_error *err) {
  run_check start = {0};
  int rc = bl_runs_load(r, s);

  if (rc == BILLING_CORRUPT)
    return bl_fail(err, rc, "", NULL, "the list of runs is malformed");
  start.rows = bl_runs_rows_of(r, s);
  start.host = &r->host;
  if (!rc) rc = verify_numbers(&start.rows, &r->list, err);
  for (uint32_t k = 0; !rc && k < BL_RUNS_KINDS; k++) {
    start.kind = k;
    rc = verify_set(&start, &r->list.set[k], err);
  }
  return rc;
}
