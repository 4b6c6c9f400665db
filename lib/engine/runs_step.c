/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * runs_step.c - what is to be done, and how much of it a call has to pay.
 *
 * What has to be done is sorted by level: a source becomes a run of level 0;
 * a merge of level n comes up once in 8 * S records of S = 131,072 * 8^n each,
 * and has to be done before the next one, with the removal of what it has
 * merged.  So each level is paid by itself: a call that brings new records
 * pays on every level for as many, and what a level with nothing to do is paid
 * is gone.  A merge then takes four fifths of the time until the next one,
 * calls cost the same whatever goes on, and a level holds the eight runs that
 * are merged and at most eight that have come meanwhile.
 *
 * A record costs itself, and its share of one row that is written and, after
 * the next merge, removed: 2 * 64 for 4,480 bytes, one record for 35 bytes.
 * Rows may be half empty, so 16 bytes are taken for one record, and to all
 * that a quarter is added.
 *
 *     1,000 keys: 13 bytes a key make 813 records more, a quarter 454;
 *     so 2,267 on each level
 */
#include "engine/runs_parts.h"

/* Rows removed at a time. */
#define STEP_REMOVED 16
/* What a pair takes in a chunk and in its filter. */
#define STEP_KEY_BYTES 13

uint64_t bl_runs_due(uint32_t kind, uint64_t records, uint64_t bytes) {
  uint64_t once;

  if (bl_runs_is_keys(kind)) bytes = records * STEP_KEY_BYTES;
  once = records + (bytes + 15) / 16;
  return once + (once + 3) / 4;
}

/* ---- What is to be done ------------------------------------------------ */

/* The eight oldest runs of a level, if there are so many. */
static int step_begin_merge(bl_runs *r, bl_runs_set *set, uint32_t level) {
  size_t first, count = bl_runs_set_level(set, level, &first);
  const bl_sorted_run *run;
  bl_runs_job *job = set->job[level + 1];

  if (count < BL_RUNS_FAN || (job && job->is_active)) return BILLING_OK;
  job = bl_runs_set_job(set, &r->arena, level + 1);
  if (!job) return BILLING_NOMEM;
  run = &set->run[first];
  job->is_active     = 1;
  job->is_last       = first == 0;
  job->inputs        = BL_RUNS_FAN;
  job->out.number    = r->list.next++;
  job->out.level     = level + 1;
  job->out.first_seq = run->first_seq;
  job->out.last_seq  = run[BL_RUNS_FAN - 1].last_seq;
  for (size_t i = 0; i < BL_RUNS_FAN; i++) {
    job->input[i] = run[BL_RUNS_FAN - 1 - i].number;
    job->wanted += run[i].count;
  }
  return BILLING_OK;
}

static int step_begin_merges(bl_runs *r) {
  int rc = BILLING_OK;

  for (size_t k = 0; k < BL_RUNS_KINDS; k++)
    for (uint32_t level = 0; !rc && level + 1 < BL_RUNS_LEVELS; level++)
      rc = step_begin_merge(r, &r->list.set[k], level);
  return rc;
}

/* Whether a job can go on: one that writes needs its source. */
static int step_is_ready(const bl_runs *r, uint32_t kind, uint32_t level) {
  const bl_runs_job *job = r->list.set[kind].job[level];
  const bl_runs_source *source = &r->source[kind];

  if (!job || !job->is_active) return 0;
  return level > 0 || (r->has_source[kind] &&
                       source->last_seq == job->out.last_seq &&
                       source->count == job->wanted);
}

/* A run of this level that is to be removed; NULL when there is none. */
static bl_doomed_run *step_doomed(const bl_runs_list *list, uint32_t level) {
  for (size_t i = 0; i < list->doomed_count; i++)
    if (list->doomed[i].level == level) return &list->doomed[i];
  return NULL;
}

static int step_remove(bl_runs *r, const bl_runs_rows *rows,
                       bl_doomed_run *doomed, uint64_t *work) {
  size_t removed = 0;
  int rc = bl_runs_rows_remove(rows, doomed->number, STEP_REMOVED, &removed);

  *work = removed * BL_RUNS_ROW_WORK + 1;
  if (rc || removed == STEP_REMOVED) return rc;
  *doomed = r->list.doomed[--r->list.doomed_count];
  return BILLING_OK;
}

/* A piece of what a level has to do; DONE when there is nothing. */
static int step_once(bl_runs *r, const bl_runs_rows *rows, uint32_t level,
                     uint64_t *work) {
  bl_doomed_run *doomed = step_doomed(&r->list, level);

  if (doomed) return step_remove(r, rows, doomed, work);
  for (uint32_t kind = 0; kind < BL_RUNS_KINDS; kind++)
    if (step_is_ready(r, kind, level))
      return bl_runs_go_on(r, rows, kind, level, work);
  return BILLING_DONE;
}

static uint32_t step_is_owed(const bl_runs *r) {
  for (uint32_t k = 0; k < BL_RUNS_KINDS; k++)
    for (uint32_t level = 0; level < BL_RUNS_LEVELS; level++)
      if (step_is_ready(r, k, level)) return 1;
  return r->list.doomed_count > 0;
}

/* ---- The list ---------------------------------------------------------- */

/* Writes the list; after a failure, here or before, nothing is known. */
static int step_put_list(bl_runs *r, billing_store *s, int rc) {
  static const bl_runs_part whole = {0, 0, 0};
  static const bl_runs_place start = {{0}, 0};
  bl_runs_rows rows = bl_runs_rows_of(r, s);
  bl_arena arena;
  bl_text text;

  bl_arena_open(&arena, &r->host);
  bl_text_open(&text, &arena);
  if (!rc) {
    r->list.version++;
    bl_runs_list_pack(&r->list, &text);
    bl_runs_list_seal(&text);
    rc = text.failed ? BILLING_NOMEM : BILLING_OK;
  }
  if (!rc) {
    bl_str bytes = {text.text, text.len};

    rc = bl_runs_rows_put(&rows, whole, &start, bytes);
  }
  bl_arena_close(&arena);
  if (rc) bl_runs_forget(r);
  return rc;
}

/* What a level is paid beyond what it has to do is gone. */
static int step_level(bl_runs *r, const bl_runs_rows *rows, uint32_t level,
                      uint64_t budget, int *has_changed) {
  int64_t *credit = &r->credit[level];
  int rc = BILLING_OK;

  *credit += (int64_t)(budget < INT32_MAX ? budget : INT32_MAX);
  while (!rc && *credit > 0) {
    uint64_t work = 0;

    rc = step_once(r, rows, level, &work);
    if (!rc) rc = step_begin_merges(r);
    *has_changed |= !rc;
    *credit = rc == BILLING_DONE ? 0 : *credit - (int64_t)work;
  }
  return rc == BILLING_DONE ? BILLING_OK : rc;
}

int bl_runs_step(bl_runs *r, billing_store *s, uint64_t budget,
                 uint32_t *owes) {
  bl_runs_rows rows = bl_runs_rows_of(r, s);
  int rc = bl_runs_ready(r, s), has_changed = 0;

  *owes = 0;
  if (rc) return rc;
  for (uint32_t level = 0; !rc && level < BL_RUNS_LEVELS; level++)
    rc = step_level(r, &rows, level, budget, &has_changed);
  if (has_changed || rc) rc = step_put_list(r, s, rc);
  if (!rc) *owes = step_is_owed(r);
  return rc;
}

/* ---- Sources ----------------------------------------------------------- */

static int step_begin_write(bl_runs *r, uint32_t kind,
                           const bl_runs_source *source) {
  bl_runs_set *set = &r->list.set[kind];
  bl_runs_job *job = bl_runs_set_job(set, &r->arena, 0);

  if (!job) return BILLING_NOMEM;
  job->is_active     = 1;
  job->wanted        = source->count;
  job->out.number    = r->list.next++;
  job->out.first_seq = set->covered + 1;
  job->out.last_seq  = source->last_seq;
  return BILLING_OK;
}

int bl_runs_write(bl_runs *r, billing_store *s, uint32_t kind,
                  const bl_runs_source *source) {
  int rc = bl_runs_ready(r, s);
  bl_runs_set *set = &r->list.set[kind];
  bl_runs_job *job;

  assert(kind < BL_RUNS_KINDS);
  if (rc || source->last_seq <= set->covered) return rc;
  job = set->job[0];
  if (job && job->is_active &&
      (job->out.last_seq != source->last_seq ||
       job->wanted != source->count))
    return BILLING_CONFLICT;
  r->source[kind]     = *source;
  r->has_source[kind] = 1;
  if (job && job->is_active) return BILLING_OK;
  if (source->count == 0)
    set->covered = source->last_seq;
  else
    rc = step_begin_write(r, kind, source);
  return step_put_list(r, s, rc);
}

int bl_runs_writing(bl_runs *r, billing_store *s, uint32_t kind,
                    uint64_t *last_seq, uint64_t *count) {
  int rc = bl_runs_ready(r, s);
  const bl_runs_job *job = r->list.set[kind].job[0];

  if (rc) return rc;
  if (!job || !job->is_active) return BILLING_NOTFOUND;
  *last_seq = job->out.last_seq;
  *count    = job->wanted;
  return BILLING_OK;
}

/* ---- Give up ----------------------------------------------------------- */

static int step_give_up(bl_runs *r, bl_runs_job *job) {
  if (!job || !job->is_active) return BILLING_OK;
  bl_runs_writer_drop(r, job);
  job->is_active = 0;
  return bl_runs_list_doom(&r->list, &r->arena, job->out.number,
                           job->out.level);
}

int bl_runs_abandon(bl_runs *r, billing_store *s, uint32_t kind) {
  int rc = bl_runs_ready(r, s);
  bl_runs_job *job = r->list.set[kind].job[0];

  if (rc || !job || !job->is_active) return rc;
  r->has_source[kind] = 0;
  return step_put_list(r, s, step_give_up(r, job));
}

int bl_runs_drop(bl_runs *r, billing_store *s, uint32_t kind) {
  int rc = bl_runs_ready(r, s);
  bl_runs_set *set = &r->list.set[kind];

  if (rc) return rc;
  for (size_t i = 0; !rc && i < BL_RUNS_LEVELS; i++)
    rc = step_give_up(r, set->job[i]);
  for (size_t i = 0; !rc && i < set->count; i++) {
    bl_runs_filter_drop(r, &set->run[i]);
    rc = bl_runs_list_doom(&r->list, &r->arena, set->run[i].number,
                           set->run[i].level);
  }
  if (!rc) {
    set->count   = 0;
    set->covered = 0;
    r->has_source[kind] = 0;
  }
  return step_put_list(r, s, rc);
}

#undef STEP_REMOVED
#undef STEP_KEY_BYTES
