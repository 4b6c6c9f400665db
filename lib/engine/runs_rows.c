/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * runs_rows.c - the rows of one shard's runs.
 *
 * Nothing here keeps a scan open: a lookup is one row from a place on, and who
 * reads a run asks for the next row when it needs it, so that any number of
 * runs is read at a time.
 */
#include "engine/runs_parts.h"

/* The key of a row, with the bytes behind it. */
static void rows_fill(const bl_runs_rows *rows, bl_runs_part part,
                      const bl_runs_place *last,
                      billing_value row[BL_RUNS_COLUMNS]) {
  row[BL_RUNS_TENANT] = bl_value_int(rows->tenant);
  row[BL_RUNS_SHARD]  = bl_value_int(rows->shard);
  row[BL_RUNS_RUN]    = bl_value_int((int64_t)part.run);
  row[BL_RUNS_PART]   = bl_value_int(part.part);
  row[BL_RUNS_LAST]   = bl_value_blob(last->bytes, last->len);
  row[BL_RUNS_BYTES]  = bl_value_blob(NULL, 0);
}

int bl_runs_rows_put(const bl_runs_rows *rows, bl_runs_part part,
                     const bl_runs_place *last, bl_str bytes) {
  billing_value row[BL_RUNS_COLUMNS];

  rows_fill(rows, part, last, row);
  row[BL_RUNS_BYTES] = bl_value_blob(bytes.text, bytes.len);
  return bl_store_put(rows->store, BL_TABLE_RUNS, row, 1,
                      BILLING_PUT_REPLACE);
}

/* Copies a row out of the store, which takes it back with the next call. */
static int rows_keep(const billing_value found[BL_RUNS_COLUMNS],
                     bl_runs_row *row) {
  bl_str last = found[BL_RUNS_LAST].bytes;
  bl_str bytes = found[BL_RUNS_BYTES].bytes;

  if (last.len > BL_RUNS_KEY_MOST) return BILLING_CORRUPT;
  if (bytes.len > row->room || !row->bytes) {
    size_t room = bytes.len < BL_RUNS_ROW ? BL_RUNS_ROW : bytes.len;

    row->bytes = bl_arena_take(row->arena, room);
    row->room  = row->bytes ? room : 0;
    if (!row->bytes) return BILLING_NOMEM;
  }
  if (bytes.len) memcpy(row->bytes, bytes.text, bytes.len);
  if (last.len) memcpy(row->last.bytes, last.text, last.len);
  row->len      = bytes.len;
  row->last.len = (unsigned char)last.len;
  return BILLING_OK;
}

int bl_runs_rows_get(const bl_runs_rows *rows, bl_runs_part part,
                     const bl_runs_place *last, bl_runs_row *row) {
  billing_value key[BL_RUNS_COLUMNS], found[BL_RUNS_COLUMNS];
  int rc;

  rows_fill(rows, part, last, key);
  rc = bl_store_get(rows->store, BL_TABLE_RUNS, key, found);
  return rc ? rc : rows_keep(found, row);
}

/* The first row of a range; DONE when it is empty. */
static int rows_one(const bl_runs_rows *rows, const billing_scan *range,
                    bl_runs_row *row, int64_t *run) {
  billing_value found[BL_RUNS_COLUMNS];
  void *scan;
  int rc = bl_store_scan(rows->store, range, &scan);

  if (!rc) rc = bl_store_next(rows->store, scan, found);
  if (!rc && row) rc = rows_keep(found, row);
  if (!rc && run) *run = found[BL_RUNS_RUN].integer;
  bl_store_end(rows->store, scan);
  return rc;
}

int bl_runs_rows_first(const bl_runs_rows *rows, bl_runs_part part,
                       const bl_runs_place *last, int after,
                       bl_runs_row *row) {
  billing_value from[BL_RUNS_COLUMNS];
  billing_scan range = {sizeof range, after ? BILLING_SCAN_AFTER : 0,
                        BL_TABLE_RUNS, 0, from, BL_RUNS_LAST + 1,
                        from, BL_RUNS_PART + 1};

  rows_fill(rows, part, last, from);
  return rows_one(rows, &range, row, NULL);
}

int bl_runs_rows_above(const bl_runs_rows *rows, uint64_t run,
                       uint64_t *number) {
  static const bl_runs_place start = {{0}, 0};
  bl_runs_part part = {run, 0, 0};
  billing_value from[BL_RUNS_COLUMNS];
  billing_scan range = {sizeof range, BILLING_SCAN_AFTER, BL_TABLE_RUNS, 0,
                        from, BL_RUNS_RUN + 1, from, BL_RUNS_SHARD + 1};
  int64_t found = 0;
  int rc;

  rows_fill(rows, part, &start, from);
  rc = rows_one(rows, &range, NULL, &found);
  *number = (uint64_t)found;
  return rc;
}

/* A row is removed while the scan stands on it. */
int bl_runs_rows_remove(const bl_runs_rows *rows, uint64_t run, size_t most,
                        size_t *removed) {
  static const bl_runs_place start = {{0}, 0};
  bl_runs_part part = {run, 0, 0};
  billing_value key[BL_RUNS_COLUMNS], row[BL_RUNS_COLUMNS];
  billing_scan range = {sizeof range, 0, BL_TABLE_RUNS, 0, key,
                        BL_RUNS_RUN + 1, key, BL_RUNS_RUN + 1};
  void *scan;
  int rc;

  *removed = 0;
  rows_fill(rows, part, &start, key);
  rc = bl_store_scan(rows->store, &range, &scan);
  while (!rc && *removed < most) {
    rc = bl_store_next(rows->store, scan, row);
    if (!rc) rc = bl_store_remove(rows->store, BL_TABLE_RUNS, row);
    if (!rc) ++*removed;
  }
  bl_store_end(rows->store, scan);
  return rc == BILLING_DONE ? BILLING_OK : rc;
}
