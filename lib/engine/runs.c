/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * runs.c - the runs of a shard: load, look up, scan.
 *
 * A lookup goes from the newest run to the oldest.  The column `last` of a
 * chunk is its greatest place, so the chunk that may hold a key is the first
 * row that is not below it: one step of a scan.
 */
#include "engine/runs_parts.h"

struct bl_runs_scan {
  billing_allocator host;
  bl_runs_merge     merge;
  bl_runs_place     to;
  uint32_t          has_begun;
};

/* ---- The list ---------------------------------------------------------- */

int bl_runs_open(bl_runs **out, const billing_allocator *host,
                 int64_t tenant, int64_t shard, size_t filter_room) {
  bl_runs *r = bl_host_alloc(host, sizeof *r);

  *out = r;
  if (!r) return BILLING_NOMEM;
  if (host) r->host = *host;
  r->tenant      = tenant;
  r->shard       = shard;
  r->filter_room = filter_room;
  bl_arena_open(&r->arena, host);
  bl_arena_open(&r->row_arena, host);
  bl_runs_list_clear(&r->list);
  r->row.arena = &r->row_arena;
  return BILLING_OK;
}

/* Frees what a list holds outside its arena. */
static void runs_drop_list(bl_runs *r, bl_runs_list *list) {
  for (size_t k = 0; k < BL_RUNS_KINDS; k++) {
    bl_runs_set *set = &list->set[k];

    for (size_t i = 0; i < set->count; i++)
      bl_runs_filter_drop(r, &set->run[i]);
    for (size_t i = 0; i < BL_RUNS_LEVELS; i++)
      if (set->job[i]) bl_runs_writer_drop(r, set->job[i]);
  }
}

void bl_runs_forget(bl_runs *r) {
  runs_drop_list(r, &r->list);
  bl_arena_close(&r->arena);
  bl_runs_list_clear(&r->list);
  memset(r->has_source, 0, sizeof r->has_source);
  r->is_loaded = 0;
  assert(r->filter_held == 0);
}

void bl_runs_close(bl_runs *r) {
  billing_allocator host;

  if (!r) return;
  host = r->host;
  bl_runs_forget(r);
  bl_arena_close(&r->row_arena);
  bl_host_free(&host, r, sizeof *r);
}

bl_runs_rows bl_runs_rows_of(const bl_runs *r, billing_store *s) {
  bl_runs_rows rows = {s, r->tenant, r->shard};

  return rows;
}

/* Numbers are not used again, so the same number is the same run. */
static void runs_keep_filters(bl_runs_list *from, bl_runs_list *to) {
  for (size_t k = 0; k < BL_RUNS_KINDS; k++)
    for (size_t i = 0; i < to->set[k].count; i++) {
      bl_sorted_run *run = &to->set[k].run[i];
      bl_sorted_run *old = bl_runs_set_find(&from->set[k], run->number);

      if (!old || old->count != run->count || old->filters != run->filters ||
          old->last_seq != run->last_seq)
        continue;
      run->filter = old->filter;
      old->filter = NULL;
    }
}

int bl_runs_load(bl_runs *r, billing_store *s) {
  static const bl_runs_part whole = {0, 0, 0};
  static const bl_runs_place start = {{0}, 0};
  bl_runs_rows rows = bl_runs_rows_of(r, s);
  bl_runs_list list;
  bl_arena arena;
  int rc = bl_runs_rows_get(&rows, whole, &start, &r->row);

  bl_arena_open(&arena, &r->host);
  bl_runs_list_clear(&list);
  if (!rc) {
    bl_str bytes = {r->row.bytes, r->row.len};

    rc = bl_runs_list_unseal(&bytes);
    if (!rc) rc = bl_runs_list_unpack(&list, &arena, bytes);
  }
  if (rc && rc != BILLING_NOTFOUND) {
    bl_arena_close(&arena);
    bl_runs_forget(r);
    return rc;
  }
  runs_keep_filters(&r->list, &list);
  runs_drop_list(r, &r->list);
  bl_arena_close(&r->arena);
  r->arena     = arena;
  r->list      = list;
  r->is_loaded = 1;
  return BILLING_OK;
}

int bl_runs_ready(bl_runs *r, billing_store *s) {
  return r->is_loaded ? BILLING_OK : bl_runs_load(r, s);
}

uint64_t bl_runs_version(const bl_runs *r) {
  return r->list.version;
}

int bl_runs_covered(bl_runs *r, billing_store *s, uint32_t kind,
                    uint64_t *seq) {
  int rc = bl_runs_ready(r, s);

  if (!rc) *seq = r->list.set[kind].covered;
  return rc;
}

int bl_runs_count(bl_runs *r, billing_store *s, uint32_t kind,
                  uint64_t *records) {
  int rc = bl_runs_ready(r, s);

  if (rc) return rc;
  *records = 0;
  for (size_t i = 0; i < r->list.set[kind].count; i++)
    *records += r->list.set[kind].run[i].count;
  return BILLING_OK;
}

size_t bl_runs_filter_held(const bl_runs *r) {
  return r->filter_held;
}

/* ---- KEYS -------------------------------------------------------------- */

/* Equal keys may go on in the next chunks. */
static int runs_find_in(bl_runs *r, billing_store *s,
                        const bl_sorted_run *run, uint64_t key,
                        bl_runs_found *found) {
  bl_runs_rows rows = bl_runs_rows_of(r, s);
  bl_runs_part part = {run->number, BL_RUNS_CHUNKS, 0};
  bl_runs_record last = {key, 0, {"", 0}, {"", 0}};
  int rc = BILLING_OK;

  bl_runs_place_of_head(&r->row.last, key);
  while (!rc && last.head == key) {
    rc = bl_runs_rows_first(&rows, part, &r->row.last, 1, &r->row);
    if (!rc) {
      bl_str bytes = {r->row.bytes, r->row.len};

      rc = bl_key_chunk_find(bytes, key, found);
    }
    if (!rc) rc = bl_runs_at_place(&r->row.last, BL_RUNS_EVENT_KEYS, &last);
  }
  return rc == BILLING_DONE ? BILLING_OK : rc;
}

int bl_runs_find_key(bl_runs *r, billing_store *s, uint32_t kind,
                     uint64_t key, bl_runs_found *found) {
  int rc = bl_runs_ready(r, s), maybe;
  bl_runs_set *set = &r->list.set[kind];

  assert(bl_runs_is_keys(kind));
  for (size_t i = set->count; !rc && i > 0; i--) {
    rc = bl_runs_ask(r, s, &set->run[i - 1], kind, key, &maybe);
    if (!rc && maybe) rc = runs_find_in(r, s, &set->run[i - 1], key, found);
  }
  return rc;
}

/* ---- RECORDS ----------------------------------------------------------- */

static void runs_place(bl_runs_place *place, bl_str key) {
  assert(key.len <= BL_RUNS_KEY_MOST);
  if (key.len) memcpy(place->bytes, key.text, key.len);
  place->len = (unsigned char)key.len;
}

/* NOTFOUND when the run does not have the key; else its value. */
static int runs_get_in(bl_runs *r, billing_store *s,
                       const bl_sorted_run *run, bl_str key, bl_str *value) {
  bl_runs_rows rows = bl_runs_rows_of(r, s);
  bl_runs_part part = {run->number, BL_RUNS_CHUNKS, 0};
  bl_runs_record wanted = {bl_runs_head(key), 0, key, {"", 0}}, at;
  bl_record_reader reader;
  bl_str bytes;
  int rc, order = -1;

  runs_place(&r->row.last, key);
  rc = bl_runs_rows_first(&rows, part, &r->row.last, 0, &r->row);
  bytes.text = r->row.bytes;
  bytes.len  = r->row.len;
  if (!rc) bl_record_reader_open(&reader, bytes);
  while (!rc && order < 0) {
    rc = bl_record_reader_next(&reader, &at);
    if (!rc) order = bl_runs_order(&at, &wanted);
  }
  if (!rc && order == 0) *value = at.bytes;
  if (rc == BILLING_DONE || (!rc && order > 0)) return BILLING_NOTFOUND;
  return rc;
}

int bl_runs_get(bl_runs *r, billing_store *s, uint32_t kind, bl_str key,
                bl_arena *arena, bl_str *value) {
  uint64_t head = bl_runs_head(key);
  bl_runs_set *set = &r->list.set[kind];
  bl_str found = {"", 0};
  int rc = bl_runs_ready(r, s), maybe;

  assert(!bl_runs_is_keys(kind) && key.len <= BL_RUNS_KEY_MOST);
  if (rc) return rc;
  rc = BILLING_NOTFOUND;
  for (size_t i = set->count; rc == BILLING_NOTFOUND && i > 0; i--) {
    rc = bl_runs_ask(r, s, &set->run[i - 1], kind, head, &maybe);
    if (!rc)
      rc = maybe ? runs_get_in(r, s, &set->run[i - 1], key, &found)
                 : BILLING_NOTFOUND;
  }
  if (!rc && found.len == 0) return BILLING_NOTFOUND;
  if (rc) return rc;
  *value = bl_arena_str(arena, found);
  return value->text ? BILLING_OK : BILLING_NOMEM;
}

/* ---- Scan -------------------------------------------------------------- */

/* Whether all keys of a range have one head. */
static int runs_is_one_head(const bl_runs_range *range) {
  return range->from.len >= 8 && range->to.len >= 8 &&
         bl_runs_head(range->from) == bl_runs_head(range->to);
}

static int runs_scan_add(bl_runs *r, billing_store *s,
                         const bl_runs_range *range, bl_runs_scan *scan) {
  bl_runs_set *set = &r->list.set[range->kind];
  uint64_t head = bl_runs_head(range->from);
  int is_one = runs_is_one_head(range), maybe = 1, rc = BILLING_OK;
  bl_runs_place from;

  runs_place(&from, range->from);
  for (size_t i = set->count; !rc && i > 0; i--) {
    bl_sorted_run *run = &set->run[i - 1];

    if (is_one) rc = bl_runs_ask(r, s, run, range->kind, head, &maybe);
    if (!rc && maybe)
      rc = bl_runs_merge_add(&scan->merge, run->number, &from, 0);
  }
  if (!rc) bl_runs_merge_start(&scan->merge);
  return rc;
}

int bl_runs_scan_open(bl_runs *r, billing_store *s,
                      const bl_runs_range *range, bl_runs_scan **out) {
  int rc = bl_runs_ready(r, s);
  bl_runs_rows rows = bl_runs_rows_of(r, s);
  bl_runs_scan *scan;

  assert(!bl_runs_is_keys(range->kind));
  *out = NULL;
  if (rc) return rc;
  scan = bl_host_alloc(&r->host, sizeof *scan);
  if (!scan) return BILLING_NOMEM;
  scan->host = r->host;
  runs_place(&scan->to, range->to);
  rc = bl_runs_merge_open(&scan->merge, &rows, &r->host, range->kind,
                          r->list.set[range->kind].count + 1);
  if (!rc) rc = runs_scan_add(r, s, range, scan);
  if (rc)
    bl_runs_scan_close(scan);
  else
    *out = scan;
  return rc;
}

/* Whether a key is above all that begin with `to`. */
static int runs_is_beyond(const bl_runs_scan *scan, bl_str key) {
  size_t len = scan->to.len < key.len ? scan->to.len : key.len;

  return len > 0 && memcmp(key.text, scan->to.bytes, len) > 0;
}

int bl_runs_scan_next(bl_runs_scan *scan, bl_runs_record *out) {
  bl_runs_merge *m = &scan->merge;
  int rc = BILLING_OK;

  do {
    if (scan->has_begun && m->least) rc = bl_runs_merge_next(m);
    scan->has_begun = 1;
  } while (!rc && m->least && m->least->head.bytes.len == 0);
  if (rc) return rc;
  if (!m->least || runs_is_beyond(scan, m->least->head.key))
    return BILLING_DONE;
  *out = m->least->head;
  return BILLING_OK;
}

void bl_runs_scan_close(bl_runs_scan *scan) {
  billing_allocator host;

  if (!scan) return;
  host = scan->host;
  bl_runs_merge_close(&scan->merge);
  bl_host_free(&host, scan, sizeof *scan);
}
