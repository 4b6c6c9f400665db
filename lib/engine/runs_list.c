/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * runs_list.c - the list of a shard's runs, and its bytes.
 *
 *     one run of event keys, number 4, of level 1 with 300 pairs in one chunk
 *     and one filter row, covering seqs 1 to 40, values 65536 to 65836;
 *     run 5 is still being removed, at the pace of level 1
 *
 *     00 07 06 05                     format, version 7, next number 6, kinds
 *     28 01                           event keys: covered to 40, one run
 *     04 01 AC 02 01 01 01 27         number, level, count, chunks, filters,
 *     80 80 04 AC 02                  first seq, seqs after it; values
 *     00                              no job
 *     00 00 00  00 00 00 ..           the other kinds are empty
 *     01 05 01                        doomed: number, level
 *
 * In its row eight bytes of a hash stand behind that.
 *
 * The runs of a kind stand the oldest first.  A run that is made of others is
 * as old as they are and older than the rest of their level, so it stands
 * behind what is in its own level already, and levels descend.
 */
#include "crypto/crypto.h"
#include "engine/runs_parts.h"

#define LIST_FORMAT 0
/* More records than any run has: sums of counts stay far from wrapping. */
#define LIST_COUNT_MOST (UINT64_C(1) << 40)
#define LIST_SEAL 8

void bl_runs_list_seal(bl_text *bytes) {
  unsigned char hash[32];

  if (bytes->failed) return;
  bl_hash32(hash, bytes->text, bytes->len);
  bl_text_add(bytes, (const char *)hash, LIST_SEAL);
}

int bl_runs_list_unseal(bl_str *bytes) {
  unsigned char hash[32];

  if (bytes->len < LIST_SEAL) return BILLING_CORRUPT;
  bytes->len -= LIST_SEAL;
  bl_hash32(hash, bytes->text, bytes->len);
  return memcmp(hash, bytes->text + bytes->len, LIST_SEAL) == 0
             ? BILLING_OK : BILLING_CORRUPT;
}

void bl_runs_list_clear(bl_runs_list *list) {
  memset(list, 0, sizeof *list);
  list->next = 1;
}

/* ---- Sets -------------------------------------------------------------- */

bl_sorted_run *bl_runs_set_find(const bl_runs_set *set, uint64_t number) {
  for (size_t i = 0; i < set->count; i++)
    if (set->run[i].number == number) return &set->run[i];
  return NULL;
}

size_t bl_runs_set_level(const bl_runs_set *set, uint32_t level,
                         size_t *first) {
  size_t from = 0, count = 0;

  while (from < set->count && set->run[from].level > level) from++;
  while (from + count < set->count && set->run[from + count].level == level)
    count++;
  *first = from;
  return count;
}

int bl_runs_set_add(bl_runs_set *set, bl_arena *arena,
                    const bl_sorted_run *run) {
  size_t at, count = bl_runs_set_level(set, run->level, &at);

  if (!bl_arena_push(arena, (void **)&set->run, &set->count, &set->room,
                     sizeof *run))
    return BILLING_NOMEM;
  at += count;
  memmove(&set->run[at + 1], &set->run[at],
          (set->count - at) * sizeof *run);
  set->run[at] = *run;
  set->count++;
  return BILLING_OK;
}

void bl_runs_set_remove(bl_runs_set *set, const bl_sorted_run *run) {
  size_t at = (size_t)(run - set->run);

  assert(at < set->count);
  set->count--;
  memmove(&set->run[at], &set->run[at + 1],
          (set->count - at) * sizeof *run);
}

bl_runs_job *bl_runs_set_job(bl_runs_set *set, bl_arena *arena,
                             uint32_t level) {
  bl_runs_job **job = &set->job[level];

  assert(level < BL_RUNS_LEVELS);
  if (*job)
    memset(*job, 0, sizeof **job);
  else
    *job = bl_arena_take(arena, sizeof **job);
  return *job;
}

int bl_runs_list_doom(bl_runs_list *list, bl_arena *arena, uint64_t number,
                      uint32_t level) {
  bl_doomed_run *doomed =
      bl_arena_push(arena, (void **)&list->doomed, &list->doomed_count,
                    &list->doomed_room, sizeof *doomed);

  if (!doomed) return BILLING_NOMEM;
  doomed->number = number;
  doomed->level  = level;
  list->doomed_count++;
  return BILLING_OK;
}

/* ---- Pack -------------------------------------------------------------- */

static void list_pack_run(bl_text *out, const bl_sorted_run *run) {
  bl_pack_u64(out, run->number);
  bl_pack_u64(out, run->level);
  bl_pack_u64(out, run->count);
  bl_pack_u64(out, run->chunks);
  bl_pack_u64(out, run->filters);
  bl_pack_u64(out, run->first_seq);
  bl_pack_u64(out, run->last_seq - run->first_seq);
  bl_pack_u64(out, run->low);
  bl_pack_u64(out, run->high - run->low);
}

static void list_pack_job(bl_text *out, const bl_runs_job *job) {
  list_pack_run(out, &job->out);
  bl_pack_u64(out, job->wanted);
  bl_pack_u64(out, job->inputs);
  for (size_t i = 0; i < job->inputs; i++) bl_pack_u64(out, job->input[i]);
  bl_pack_u64(out, job->is_last);
  bl_pack_u64(out, job->open_from);
  bl_pack_bytes(out, job->last.bytes, job->last.len);
}

static void list_pack_set(bl_text *out, const bl_runs_set *set) {
  uint64_t jobs = 0;

  for (size_t i = 0; i < BL_RUNS_LEVELS; i++)
    jobs += set->job[i] && set->job[i]->is_active;
  bl_pack_u64(out, set->covered);
  bl_pack_u64(out, set->count);
  for (size_t i = 0; i < set->count; i++) list_pack_run(out, &set->run[i]);
  bl_pack_u64(out, jobs);
  for (size_t i = 0; i < BL_RUNS_LEVELS; i++)
    if (set->job[i] && set->job[i]->is_active)
      list_pack_job(out, set->job[i]);
}

void bl_runs_list_pack(const bl_runs_list *list, bl_text *out) {
  bl_pack_u64(out, LIST_FORMAT);
  bl_pack_u64(out, list->version);
  bl_pack_u64(out, list->next);
  bl_pack_u64(out, BL_RUNS_KINDS);
  for (size_t i = 0; i < BL_RUNS_KINDS; i++)
    list_pack_set(out, &list->set[i]);
  bl_pack_u64(out, list->doomed_count);
  for (size_t i = 0; i < list->doomed_count; i++) {
    bl_pack_u64(out, list->doomed[i].number);
    bl_pack_u64(out, list->doomed[i].level);
  }
}

/* ---- Unpack ------------------------------------------------------------ */

/* A number of at most `most`; else the list is bad. */
static uint64_t list_take(bl_unpack *u, uint64_t most) {
  uint64_t v = bl_unpack_u64(u);

  if (v <= most) return v;
  u->bad = 1;
  return 0;
}

static void list_take_run(bl_unpack *u, uint64_t next, bl_sorted_run *run) {
  memset(run, 0, sizeof *run);
  run->number    = list_take(u, next - 1);
  run->level     = (uint32_t)list_take(u, BL_RUNS_LEVELS - 1);
  run->count     = list_take(u, LIST_COUNT_MOST);
  run->chunks    = list_take(u, run->count);
  run->filters   = list_take(u, UINT32_MAX);
  run->first_seq = bl_unpack_u64(u);
  run->last_seq  = run->first_seq + list_take(u, UINT64_MAX - run->first_seq);
  run->low       = bl_unpack_u64(u);
  run->high      = run->low + list_take(u, UINT64_MAX - run->low);
  if (run->number == 0) u->bad = 1;
}

/* The inputs are the oldest runs of the level below, the newest first. */
static int list_are_inputs(const bl_runs_set *set, const bl_runs_job *job) {
  size_t first, count;

  if (job->out.level == 0) return job->inputs == 0;
  count = bl_runs_set_level(set, job->out.level - 1, &first);
  if (job->inputs != BL_RUNS_FAN || count < BL_RUNS_FAN) return 0;
  for (size_t i = 0; i < BL_RUNS_FAN; i++)
    if (job->input[i] != set->run[first + BL_RUNS_FAN - 1 - i].number)
      return 0;
  return 1;
}

static void list_take_job(bl_unpack *u, uint64_t next, uint32_t kind,
                          bl_runs_job *job) {
  bl_runs_record last;
  bl_str place;

  list_take_run(u, next, &job->out);
  job->is_active = 1;
  job->wanted    = list_take(u, LIST_COUNT_MOST);
  job->inputs    = (uint32_t)list_take(u, BL_RUNS_FAN);
  for (size_t i = 0; i < job->inputs; i++)
    job->input[i] = list_take(u, next - 1);
  job->is_last   = (uint32_t)list_take(u, 1);
  job->open_from = bl_unpack_u64(u);
  place = bl_unpack_str(u);
  if (place.len > BL_RUNS_KEY_MOST || job->out.count > job->wanted ||
      job->out.filters > bl_filter_rows(job->wanted)) {
    u->bad = 1;
    return;
  }
  if (place.len) memcpy(job->last.bytes, place.text, place.len);
  job->last.len = (unsigned char)place.len;
  if (bl_runs_at_place(&job->last, kind, &last)) u->bad = 1;
}

static int list_unpack_jobs(bl_runs_set *set, uint32_t kind, uint64_t next,
                            bl_arena *arena, bl_unpack *u) {
  uint64_t count = list_take(u, BL_RUNS_LEVELS);

  for (uint64_t i = 0; i < count && !u->bad; i++) {
    bl_runs_job taken = {0}, *job;

    list_take_job(u, next, kind, &taken);
    if (u->bad) break;
    if (set->job[taken.out.level] || !list_are_inputs(set, &taken))
      return BILLING_CORRUPT;
    job = bl_runs_set_job(set, arena, taken.out.level);
    if (!job) return BILLING_NOMEM;
    *job = taken;
  }
  return u->bad ? BILLING_CORRUPT : BILLING_OK;
}

static int list_unpack_set(bl_runs_set *set, uint32_t kind, uint64_t next,
                           bl_arena *arena, bl_unpack *u) {
  uint32_t level = BL_RUNS_LEVELS;
  uint64_t count;

  set->covered = bl_unpack_u64(u);
  count        = bl_unpack_u64(u);
  for (uint64_t i = 0; i < count && !u->bad; i++) {
    bl_sorted_run run;

    list_take_run(u, next, &run);
    if (u->bad || run.level > level || bl_runs_set_find(set, run.number) ||
        run.chunks == 0 || run.filters == 0 ||
        run.filters > bl_filter_rows(LIST_COUNT_MOST))
      return BILLING_CORRUPT;
    level = run.level;
    if (bl_runs_set_add(set, arena, &run)) return BILLING_NOMEM;
  }
  return u->bad ? BILLING_CORRUPT
                : list_unpack_jobs(set, kind, next, arena, u);
}

static int list_unpack_doomed(bl_runs_list *list, bl_arena *arena,
                              bl_unpack *u) {
  uint64_t count = bl_unpack_u64(u);

  for (uint64_t i = 0; i < count && !u->bad; i++) {
    uint64_t number = list_take(u, list->next - 1);
    uint32_t level = (uint32_t)list_take(u, BL_RUNS_LEVELS - 1);

    if (number == 0) u->bad = 1;
    if (!u->bad && bl_runs_list_doom(list, arena, number, level))
      return BILLING_NOMEM;
  }
  return bl_unpack_done(u) ? BILLING_OK : BILLING_CORRUPT;
}

int bl_runs_list_unpack(bl_runs_list *list, bl_arena *arena, bl_str bytes) {
  int rc = BILLING_OK;
  bl_unpack u;

  bl_runs_list_clear(list);
  bl_unpack_open(&u, bytes.text, bytes.len);
  if (bl_unpack_u64(&u) != LIST_FORMAT) u.bad = 1;
  list->version = bl_unpack_u64(&u);
  list->next    = bl_unpack_u64(&u);
  if (list->next < 1 || list->next > INT64_MAX) u.bad = 1;
  if (bl_unpack_u64(&u) != BL_RUNS_KINDS) u.bad = 1;
  if (u.bad) return BILLING_CORRUPT;
  for (uint32_t i = 0; !rc && i < BL_RUNS_KINDS; i++)
    rc = list_unpack_set(&list->set[i], i, list->next, arena, &u);
  return rc ? rc : list_unpack_doomed(list, arena, &u);
}

#undef LIST_FORMAT
#undef LIST_COUNT_MOST
#undef LIST_SEAL
