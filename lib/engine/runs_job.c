/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * runs_job.c - a run in the making, a chunk at a time.
 *
 * A job stops where a chunk ends.  Its place is in the list, in the same
 * commit as its rows; who goes on with it looks the place up in its inputs
 * and, for the filter row that is not written yet, in what it has written.
 * Until then its inputs and the row rest in memory, in its writer.
 */
#include "engine/runs_parts.h"

/* Records read for a chunk, when none of them is written. */
#define JOB_READ_MOST (2 * BL_RUNS_CHUNK_MOST)

/* A run in the making. */
struct bl_runs_writer {
  bl_runs_merge   merge;           /* its arena is for what follows, too */
  bl_key_chunk   *keys;
  bl_record_chunk records;
  uint64_t        lines;           /* KEYS: rows that the filter will have */
  size_t          heads;           /* in the open filter row */
  uint64_t        last_head;
  unsigned char   filter[BL_RUNS_ROW];     /* the open row */
};

/* One chunk: of which job, and what it has cost so far. */
typedef struct job_step {
  bl_runs      *r;
  bl_runs_rows  rows;
  bl_runs_set  *set;
  bl_runs_job  *job;
  uint32_t      kind;
  uint32_t      reserved;
  uint64_t      work;
} job_step;

/* ---- The filter of a run in the making --------------------------------- */

/* Writes the open row; the next one is open and empty. */
static int job_put_filter(job_step *step) {
  bl_runs_writer *w = step->job->writer;
  bl_sorted_run *out = &step->job->out;
  bl_runs_part part = {out->number, BL_RUNS_FILTERS, 0};
  bl_str bytes = {(const char *)w->filter, sizeof w->filter};
  bl_runs_place last;
  int rc;

  bl_runs_place_of_head(&last, bl_runs_is_keys(step->kind) ? out->filters
                                                           : w->last_head);
  rc = bl_runs_rows_put(&step->rows, part, &last, bytes);
  step->work += BL_RUNS_ROW_WORK;
  out->filters++;
  memset(w->filter, 0, sizeof w->filter);
  w->heads = 0;
  return rc;
}

static void job_set(job_step *step, uint64_t head, bl_filter_spot spot) {
  bl_runs_writer *w = step->job->writer;

  if (w->heads == 0) step->job->open_from = head;
  bl_filter_add(w->filter, spot);
  w->last_head = head;
  w->heads++;
}

static int job_add_key(job_step *step, uint64_t key) {
  bl_runs_job *job = step->job;
  bl_filter_spot spot = bl_filter_spot_of(key, job->writer->lines);
  int rc = BILLING_OK;

  while (!rc && job->out.filters < spot.row) rc = job_put_filter(step);
  if (!rc) job_set(step, key, spot);
  return rc;
}

/* The records of one head stand together and count as one. */
static int job_add_head(job_step *step, uint64_t head) {
  bl_runs_writer *w = step->job->writer;
  int rc = BILLING_OK;

  if (w->heads > 0 && w->last_head == head) return BILLING_OK;
  if (w->heads == BL_FILTER_KEYS) rc = job_put_filter(step);
  if (!rc) job_set(step, head, bl_filter_spot_within(head, 0));
  return rc;
}

/* What is left when the last chunk is written.  A filter of KEYS has all its
 * rows, also those that no key fell into. */
static int job_end_filter(job_step *step) {
  bl_runs_job *job = step->job;
  uint64_t lines = bl_runs_is_keys(step->kind) ? job->writer->lines : 0;
  int rc = BILLING_OK;

  while (!rc && (job->writer->heads > 0 || job->out.filters < lines))
    rc = job_put_filter(step);
  return rc;
}

/* ---- Begin and go on --------------------------------------------------- */

void bl_runs_writer_drop(bl_runs *r, bl_runs_job *job) {
  if (!job->writer) return;
  bl_runs_merge_close(&job->writer->merge);
  bl_host_free(&r->host, job->writer, sizeof *job->writer);
  job->writer = NULL;
}

/* The least key that has a head: its bytes without the zeros at the end. */
static void job_least_place(uint32_t kind, uint64_t head,
                            bl_runs_place *place) {
  bl_runs_place_of_head(place, head);
  if (bl_runs_is_keys(kind)) return;
  while (place->len && place->bytes[place->len - 1] == 0) place->len--;
}

/* Fills the open filter row again from the chunks that are written. */
static int job_reopen_filter(job_step *step) {
  bl_runs_job *job = step->job;
  uint64_t filters = job->out.filters;
  bl_runs_place from;
  bl_runs_merge written;
  int rc = bl_runs_merge_open(&written, &step->rows, &step->r->host,
                              step->kind, 1);

  job_least_place(step->kind, job->open_from, &from);
  if (!rc) rc = bl_runs_merge_add(&written, job->out.number, &from, 0);
  bl_runs_merge_start(&written);
  while (!rc && written.least) {
    uint64_t head = written.least->head.head;

    rc = bl_runs_is_keys(step->kind) ? job_add_key(step, head)
                                     : job_add_head(step, head);
    if (!rc) rc = bl_runs_merge_next(&written);
  }
  step->work += written.steps;
  bl_runs_merge_close(&written);
  if (rc) return rc;
  return job->writer->heads > 0 && job->out.filters == filters
             ? BILLING_OK
             : BILLING_CORRUPT;
}

static int job_add_inputs(job_step *step) {
  bl_runs_job *job = step->job;
  bl_runs_merge *m = &job->writer->merge;
  int rc = BILLING_OK;

  if (job->out.level == 0)
    rc = bl_runs_merge_add_source(m, &step->r->source[step->kind],
                                  job->out.count);
  for (size_t i = 0; !rc && i < job->inputs; i++)
    rc = bl_runs_merge_add(m, job->input[i], &job->last, 1);
  if (!rc) bl_runs_merge_start(m);
  return rc;
}

/* The writer of a job, where its place is. */
static int job_open(job_step *step) {
  bl_runs_job *job = step->job;
  const billing_allocator *host = &step->r->host;
  bl_runs_writer *w;
  int rc;

  if (job->writer) {
    job->writer->merge.rows = step->rows;
    return BILLING_OK;
  }
  w = bl_host_alloc(host, sizeof *w);
  if (!w) return BILLING_NOMEM;
  job->writer = w;
  w->lines    = bl_filter_rows(job->wanted);
  rc = bl_runs_merge_open(&w->merge, &step->rows, host, step->kind,
                          BL_RUNS_FAN);
  if (rc) return rc;
  bl_record_chunk_open(&w->records, &w->merge.arena);
  w->keys = bl_arena_take(&w->merge.arena, sizeof *w->keys);
  if (!w->keys) return BILLING_NOMEM;
  rc = job_add_inputs(step);
  if (!rc && job->out.count > 0) rc = job_reopen_filter(step);
  return rc;
}

/* ---- Chunks ------------------------------------------------------------ */

static int job_put_chunk(job_step *step, const bl_runs_place *last,
                         bl_str bytes) {
  bl_runs_part part = {step->job->out.number, BL_RUNS_CHUNKS, 0};

  step->job->out.chunks++;
  step->work += BL_RUNS_ROW_WORK;
  return bl_runs_rows_put(&step->rows, part, last, bytes);
}

static void job_note_value(bl_sorted_run *out, uint64_t value) {
  if (out->count == 0 || value < out->low) out->low = value;
  if (out->count == 0 || value > out->high) out->high = value;
  out->count++;
}

static int job_chunk_of_keys(job_step *step) {
  bl_runs_writer *w = step->job->writer;
  static const bl_runs_record none = {0, 0, {"", 0}, {"", 0}};
  bl_runs_record last = none;
  unsigned char packed[BL_RUNS_ROW];
  bl_str bytes = {(const char *)packed, 0};
  int rc = BILLING_OK;

  w->keys->count = 0;
  while (!rc && w->merge.least) {
    bl_runs_key pair = {w->merge.least->head.head,
                        w->merge.least->head.value};

    if (!bl_key_chunk_add(w->keys, pair)) break;
    last.head  = pair.key;
    last.value = pair.value;
    job_note_value(&step->job->out, pair.value);
    rc = job_add_key(step, pair.key);
    if (!rc) rc = bl_runs_merge_next(&w->merge);
  }
  if (rc || w->keys->count == 0) return rc;
  bytes.len = bl_key_chunk_pack(w->keys, packed);
  bl_runs_place_of(&step->job->last, &last);
  return job_put_chunk(step, &step->job->last, bytes);
}

/* Adds the least record, unless it says that a key is gone and there is
 * nothing older that it hides.  DONE when the chunk is full. */
static int job_add_record(job_step *step) {
  bl_runs_job *job = step->job;
  bl_runs_writer *w = job->writer;
  const bl_runs_record *record = &w->merge.least->head;
  int rc = BILLING_OK;

  if (!job->is_last || record->bytes.len > 0) {
    if (!bl_record_chunk_add(&w->records, record)) return BILLING_DONE;
    if (w->records.bytes.failed) return BILLING_NOMEM;
    job->out.count++;
    rc = job_add_head(step, record->head);
  }
  bl_runs_place_of(&job->last, record);
  return rc ? rc : bl_runs_merge_next(&w->merge);
}

static int job_chunk_of_records(job_step *step) {
  bl_runs_writer *w = step->job->writer;
  int rc = BILLING_OK;
  bl_str bytes;

  bl_record_chunk_clear(&w->records);
  for (int i = 0; !rc && w->merge.least && i < JOB_READ_MOST; i++)
    rc = job_add_record(step);
  if (rc && rc != BILLING_DONE) return rc;
  if (w->records.count == 0) return BILLING_OK;
  bytes.text = w->records.bytes.text;
  bytes.len  = w->records.bytes.len;
  return job_put_chunk(step, &w->records.last, bytes);
}

/* ---- Complete ---------------------------------------------------------- */

/* Inputs go, and their rows are removed at the pace of this job. */
static int job_doom_inputs(job_step *step) {
  bl_runs *r = step->r;
  bl_runs_job *job = step->job;
  int rc = BILLING_OK;

  for (size_t i = 0; !rc && i < job->inputs; i++) {
    bl_sorted_run *run = bl_runs_set_find(step->set, job->input[i]);

    assert(run);
    bl_runs_filter_drop(r, run);
    bl_runs_set_remove(step->set, run);
    rc = bl_runs_list_doom(&r->list, &r->arena, job->input[i],
                           job->out.level);
  }
  return rc;
}

static int job_complete(job_step *step) {
  bl_runs *r = step->r;
  bl_runs_job *job = step->job;
  int rc = job_end_filter(step);

  if (!rc && job->out.count > 0)
    rc = bl_runs_set_add(step->set, &r->arena, &job->out);
  if (!rc) rc = job_doom_inputs(step);
  if (job->out.level == 0) {
    step->set->covered = job->out.last_seq;
    r->has_source[step->kind] = 0;
  }
  bl_runs_writer_drop(r, job);
  job->is_active = 0;
  return rc;
}

int bl_runs_go_on(bl_runs *r, const bl_runs_rows *rows, uint32_t kind,
                  uint32_t level, uint64_t *work) {
  bl_runs_set *set = &r->list.set[kind];
  job_step step = {r, *rows, set, set->job[level], kind, 0, 0};
  bl_runs_merge *m;
  uint64_t before;
  int rc = job_open(&step);

  if (rc) return rc;
  m = &step.job->writer->merge;
  before = m->steps;
  rc = bl_runs_is_keys(kind) ? job_chunk_of_keys(&step)
                             : job_chunk_of_records(&step);
  *work = step.work + m->steps - before;
  return rc || m->least ? rc : job_complete(&step);
}

#undef JOB_READ_MOST
