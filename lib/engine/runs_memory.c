/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * runs_memory.c - filters in memory, within what the host allows.
 *
 * A filter comes into memory row by row, each when it is first asked, so that
 * a process that has just opened pays one page read for a row and never waits
 * for a whole filter; those of RECORDS, which are small, come whole, because
 * their fences are in their rows.  When there is no room, a run takes it from
 * older ones; where none is to be had, the run is looked into each time.
 */
#include "engine/runs_parts.h"

/* Keys that memory is asked for at a time: about as many as it answers so. */
#define MEMORY_GROUP 16
/* A row of blocks, and what it takes to begin it at a block's multiple: then
 * a block lies in one line of the cache. */
#define MEMORY_ROW (BL_RUNS_ROW + BL_FILTER_BLOCK - 1)

typedef struct memory_line {
  unsigned char *bytes;            /* NULL: not in memory */
  uint64_t       fence;            /* RECORDS: the last head in it */
} memory_line;

struct bl_runs_filter {
  size_t      count;               /* of all lines */
  size_t      held;                /* of those in memory */
  size_t      hand;                /* which one goes next */
  memory_line line[];
};

static size_t memory_size(size_t lines) {
  return sizeof(bl_runs_filter) + lines * sizeof(memory_line);
}

/* The block of a spot. */
static inline const unsigned char *memory_block(const memory_line *line,
                                                bl_filter_spot spot) {
  return line->bytes + (0 - (uintptr_t)line->bytes) % BL_FILTER_BLOCK +
         spot.block;
}

/* ---- Room -------------------------------------------------------------- */

static void memory_free_line(bl_runs *r, bl_runs_filter *f,
                             memory_line *line) {
  if (!line->bytes) return;
  bl_host_free(&r->host, line->bytes, MEMORY_ROW);
  line->bytes = NULL;
  f->held--;
  r->filter_held -= MEMORY_ROW;
}

void bl_runs_filter_drop(bl_runs *r, bl_sorted_run *run) {
  bl_runs_filter *f = run->filter;

  if (!f) return;
  for (size_t i = 0; i < f->count; i++) memory_free_line(r, f, &f->line[i]);
  r->filter_held -= memory_size(f->count);
  bl_host_free(&r->host, f, memory_size(f->count));
  run->filter = NULL;
}

static int memory_is_older(const bl_sorted_run *a, const bl_sorted_run *b) {
  return a->level > b->level || (a->level == b->level &&
                                 a->number < b->number);
}

/* The oldest run with a filter in memory, of all that are older than `run`. */
static bl_sorted_run *memory_oldest(bl_runs *r, const bl_sorted_run *run,
                                    uint32_t *kind) {
  const bl_sorted_run *than = run;
  bl_sorted_run *oldest = NULL;

  for (uint32_t k = 0; k < BL_RUNS_KINDS; k++)
    for (size_t i = 0; i < r->list.set[k].count; i++) {
      bl_sorted_run *other = &r->list.set[k].run[i];

      if (!other->filter || !memory_is_older(other, than)) continue;
      than = oldest = other;
      *kind = k;
    }
  return oldest;
}

/* A line of KEYS goes, or a filter whole. */
static void memory_evict(bl_runs *r, bl_sorted_run *run, uint32_t kind) {
  bl_runs_filter *f = run->filter;

  if (!bl_runs_is_keys(kind) || f->held == 0) {
    bl_runs_filter_drop(r, run);
    return;
  }
  while (!f->line[f->hand].bytes) f->hand = (f->hand + 1) % f->count;
  memory_free_line(r, f, &f->line[f->hand]);
}

/* 0 when there is no room for so many bytes more. */
static int memory_make_room(bl_runs *r, const bl_sorted_run *run,
                            size_t size) {
  uint32_t kind = 0;

  if (size > r->filter_room) return 0;
  while (r->filter_held > r->filter_room - size) {
    bl_sorted_run *oldest = memory_oldest(r, run, &kind);

    if (!oldest) return 0;
    memory_evict(r, oldest, kind);
  }
  return 1;
}

/* ---- Load -------------------------------------------------------------- */

/* The filter of a run, without its lines; NULL in it when there is no room,
 * for `lines` of them. */
static int memory_open(bl_runs *r, bl_sorted_run *run, size_t lines) {
  size_t size;

  if (run->filter) return BILLING_OK;
  if (run->filters == 0 || run->filters > SIZE_MAX / MEMORY_ROW / 2)
    return BILLING_CORRUPT;
  size = memory_size((size_t)run->filters);
  if (!memory_make_room(r, run, size + lines * MEMORY_ROW)) return BILLING_OK;
  run->filter = bl_host_alloc(&r->host, size);
  if (!run->filter) return BILLING_NOMEM;
  run->filter->count = (size_t)run->filters;
  r->filter_held += size;
  return BILLING_OK;
}

/* Moves the row that was read into a line. */
static int memory_fill(bl_runs *r, bl_runs_filter *f, memory_line *line) {
  unsigned char *bytes;
  bl_str last = {(const char *)r->row.last.bytes, r->row.last.len};

  if (r->row.len != BL_RUNS_ROW || last.len != sizeof line->fence)
    return BILLING_CORRUPT;
  bytes = bl_host_alloc(&r->host, MEMORY_ROW);
  if (!bytes) return BILLING_NOMEM;
  line->bytes = bytes;
  line->fence = bl_runs_head(last);
  f->held++;
  r->filter_held += MEMORY_ROW;
  bytes += (0 - (uintptr_t)bytes) % BL_FILTER_BLOCK;
  memcpy(bytes, r->row.bytes, BL_RUNS_ROW);
  return BILLING_OK;
}

/* One line of KEYS; it stays NULL when there is no room. */
static int memory_load_line(bl_runs *r, billing_store *s, bl_sorted_run *run,
                            uint32_t number) {
  bl_runs_rows rows = bl_runs_rows_of(r, s);
  bl_runs_part part = {run->number, BL_RUNS_FILTERS, 0};
  bl_runs_place place;
  int rc;

  if (!memory_make_room(r, run, MEMORY_ROW)) return BILLING_OK;
  bl_runs_place_of_head(&place, number);
  rc = bl_runs_rows_get(&rows, part, &place, &r->row);
  if (rc == BILLING_NOTFOUND) return BILLING_CORRUPT;
  return rc ? rc : memory_fill(r, run->filter, &run->filter->line[number]);
}

/* All lines of RECORDS. */
static int memory_load_all(bl_runs *r, billing_store *s, bl_sorted_run *run) {
  bl_runs_rows rows = bl_runs_rows_of(r, s);
  bl_runs_part part = {run->number, BL_RUNS_FILTERS, 0};
  bl_runs_filter *f;
  int rc = memory_open(r, run, (size_t)run->filters);

  f = run->filter;
  if (rc || !f) return rc;
  r->row.last.len = 0;
  for (size_t i = f->held; !rc && i < f->count; i++) {
    rc = bl_runs_rows_first(&rows, part, &r->row.last, 1, &r->row);
    if (!rc) rc = memory_fill(r, f, &f->line[i]);
    if (!rc && i > 0 && f->line[i].fence <= f->line[i - 1].fence)
      rc = BILLING_CORRUPT;
  }
  if (rc) bl_runs_filter_drop(r, run);
  return rc == BILLING_DONE ? BILLING_CORRUPT : rc;
}

/* ---- Ask --------------------------------------------------------------- */

static int memory_ask_keys(bl_runs *r, billing_store *s, bl_sorted_run *run,
                           uint64_t key, int *maybe) {
  bl_filter_spot spot = bl_filter_spot_of(key, run->filters);
  const memory_line *line;
  int rc = BILLING_OK;

  assert(run->filter);
  line = &run->filter->line[spot.row];
  if (!line->bytes) rc = memory_load_line(r, s, run, spot.row);
  *maybe = !line->bytes || bl_filter_has(memory_block(line, spot), spot.bits);
  return rc;
}

static int memory_ask_records(const bl_runs_filter *f, uint64_t head) {
  size_t low = 0, high = f->count;
  bl_filter_spot spot;

  while (low < high) {
    size_t middle = low + (high - low) / 2;

    if (f->line[middle].fence < head)
      low = middle + 1;
    else
      high = middle;
  }
  if (low == f->count) return 0;
  spot = bl_filter_spot_within(head, (uint32_t)low);
  return bl_filter_has(memory_block(&f->line[low], spot), spot.bits);
}

int bl_runs_ask(bl_runs *r, billing_store *s, bl_sorted_run *run,
                uint32_t kind, uint64_t head, int *maybe) {
  int is_keys = bl_runs_is_keys(kind), rc = BILLING_OK;

  *maybe = 1;
  if (!run->filter)
    rc = is_keys ? memory_open(r, run, 1) : memory_load_all(r, s, run);
  if (rc || !run->filter) return rc;
  if (is_keys) return memory_ask_keys(r, s, run, head, maybe);
  *maybe = memory_ask_records(run->filter, head);
  return BILLING_OK;
}

/* ---- Ask for many ------------------------------------------------------ */

/* The block of a key in a run, which memory is asked for; NULL when it is not
 * there. */
static inline const unsigned char *memory_touch(const bl_sorted_run *run,
                                                uint64_t key) {
  bl_filter_spot spot = bl_filter_spot_of(key, run->filters);
  const memory_line *line = &run->filter->line[spot.row];
  const unsigned char *block;

  if (!line->bytes) return NULL;
  block = memory_block(line, spot);
  bl_prefetch(block);
  return block;
}

void bl_runs_prefetch(const bl_runs *r, uint32_t kind, uint64_t key) {
  const bl_runs_set *set = &r->list.set[kind];

  assert(bl_runs_is_keys(kind));
  for (size_t i = 0; i < set->count; i++)
    if (set->run[i].filter) (void)memory_touch(&set->run[i], key);
}

int bl_runs_may_have(const bl_runs *r, uint32_t kind, uint64_t key) {
  const bl_runs_set *set = &r->list.set[kind];

  assert(bl_runs_is_keys(kind));
  for (size_t i = set->count; i > 0; i--) {
    const bl_sorted_run *run = &set->run[i - 1];
    const unsigned char *block = run->filter ? memory_touch(run, key) : NULL;

    if (!block || bl_filter_has(block, key)) return 1;
  }
  return !r->is_loaded;
}

/* One run and a few keys: first memory is asked for all, then its answers are
 * looked at. */
static int memory_screen_group(bl_runs *r, billing_store *s,
                               bl_sorted_run *run,
                               const bl_runs_batch *group) {
  const unsigned char *block[MEMORY_GROUP];
  int rc = BILLING_OK;

  assert(group->count <= MEMORY_GROUP);
  for (size_t i = 0; i < group->count; i++)
    block[i] = memory_touch(run, group->keys[i]);
  for (size_t i = 0; !rc && i < group->count; i++) {
    int maybe = 1;

    if (block[i])
      maybe = bl_filter_has(block[i], group->keys[i]);
    else
      rc = memory_ask_keys(r, s, run, group->keys[i], &maybe);
    group->maybe[i] |= (unsigned char)maybe;
  }
  return rc;
}

static int memory_screen(bl_runs *r, billing_store *s, bl_sorted_run *run,
                         const bl_runs_batch *batch) {
  bl_runs_batch group = *batch;
  size_t left = batch->count;
  int rc = memory_open(r, run, 1);

  if (!rc && !run->filter) {
    memset(batch->maybe, 1, batch->count);
    return BILLING_OK;
  }
  for (; !rc && left > 0; left -= group.count) {
    group.count = left < MEMORY_GROUP ? left : MEMORY_GROUP;
    rc = memory_screen_group(r, s, run, &group);
    group.keys += group.count;
    group.maybe += group.count;
  }
  return rc;
}

int bl_runs_screen(bl_runs *r, billing_store *s, uint32_t kind,
                   const bl_runs_batch *batch) {
  int rc = bl_runs_ready(r, s);

  assert(bl_runs_is_keys(kind));
  if (batch->count) memset(batch->maybe, 0, batch->count);
  for (size_t i = r->list.set[kind].count; !rc && i > 0; i--)
    rc = memory_screen(r, s, &r->list.set[kind].run[i - 1], batch);
  return rc;
}

#undef MEMORY_GROUP
#undef MEMORY_ROW
