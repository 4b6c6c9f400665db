/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * checked.c - a store around another one that checks both sides.
 *
 * Of the caller: that it calls in the right state (rows inside a transaction,
 * changes inside one that writes, tables outside), with tables, columns and
 * types that were declared.  Of the store: that it returns what its methods
 * may return, that a row that was put is there and one that was removed is
 * not, that a row has the key that was asked for, and that a scan gives rows
 * in order and within its bounds.
 *
 *                declare  begin  get   put     commit  rollback  scrub
 *                describe        scan  remove
 *                                      lock
 *     idle          x       x                            x         x
 *     reading                    x             x         x
 *     writing                    x     x       x         x
 *     failed                                             x
 *
 * sync may come at any moment and from any thread, so it is passed on as it
 * is.
 *
 * A commit that failed leaves the state `failed`.  What a call is given may
 * point into a row that the call before it gave out, so it is copied before
 * the inner store is called wherever it is needed afterwards.
 *
 * The first breach is kept as a sentence; every call from then on is INTERNAL,
 * save those that give something back.
 */
#include "store/store.h"

enum checked_state {
  CHECKED_IDLE    = 1,
  CHECKED_READING = 2,
  CHECKED_WRITING = 4,
  CHECKED_FAILED  = 8
};

#define CHECKED_INSIDE (CHECKED_READING | CHECKED_WRITING)

typedef struct checked_scan {
  void                *rows;       /* the inner store's; NULL: not open */
  const billing_table *table;
  uint32_t             columns[BL_SORT_MOST];
  size_t               count;      /* of them */
  bl_arena             arena;
  bl_arena_mark        bounds;     /* behind the copies of from and to */
  billing_scan         range;
  billing_value        last[BL_SORT_MOST];
  uint32_t             has_last;
  uint32_t             is_done;
} checked_scan;

typedef struct checked_store {
  billing_store         base;
  billing_store        *inner;
  billing_allocator     host;
  const billing_table **tables;
  size_t                table_count;
  checked_scan          scans[BL_SCANS_MOST];
  uint32_t              state;
  uint32_t              is_broken;
  char                  message[160];
} checked_store;

static checked_store *checked_of(billing_store *s) {
  return (checked_store *)(void *)s;
}

static const billing_store_methods *checked_inner(const checked_store *c) {
  return c->inner->methods;
}

/* ---- Breaches ----------------------------------------------------------- */

static int checked_breach(checked_store *c, const char *who,
                          const char *what) {
  size_t first = strlen(who), rest = strlen(what);

  assert(first + rest < sizeof c->message);
  if (!c->is_broken && first + rest < sizeof c->message) {
    memcpy(c->message, who, first);
    memcpy(c->message + first, what, rest + 1);
  }
  c->is_broken = 1;
  return BILLING_INTERNAL;
}

static int checked_caller(checked_store *c, int holds, const char *rule) {
  if (c->is_broken) return BILLING_INTERNAL;
  return holds ? BILLING_OK : checked_breach(c, "the caller of a store: ",
                                             rule);
}

static int checked_inside(checked_store *c, int holds, const char *rule) {
  return holds ? BILLING_OK : checked_breach(c, "the store: ", rule);
}

/* A result that the method may give. */
static int checked_code(checked_store *c, int rc, int also) {
  if (rc == bl_store_code(rc, also) && rc != BILLING_INTERNAL) return rc;
  return checked_breach(c, "the store: ",
                        "a method returned what it must not");
}

static int checked_in(checked_store *c, uint32_t states, const char *rule) {
  return checked_caller(c, (c->state & states) != 0, rule);
}

/* ---- Values ------------------------------------------------------------- */

static int checked_is_value(const billing_value *v, uint32_t type) {
  if (v->type != type) return 0;
  if (type == BILLING_VALUE_INTEGER) return 1;
  return v->bytes.len == 0 || v->bytes.text != NULL;
}

/* Whether values are of the types of these columns; NULL: the first ones. */
static int checked_are_values(const billing_table *t, const uint32_t *columns,
                              const billing_value *values, size_t count) {
  if (count > 0 && !values) return 0;
  for (size_t i = 0; i < count; i++) {
    size_t at = columns ? columns[i] : i;

    if (!checked_is_value(&values[i], t->columns[at].type)) return 0;
  }
  return 1;
}

/* NULL when memory is out. */
static billing_value *checked_copy(bl_arena *arena,
                                   const billing_value *values, size_t count) {
  billing_value *copy = bl_arena_array(arena, count, sizeof *copy);

  for (size_t i = 0; copy && i < count; i++) {
    copy[i] = values[i];
    if (copy[i].type != BILLING_VALUE_INTEGER)
      copy[i].bytes = bl_arena_str(arena, copy[i].bytes);
  }
  return arena->failed ? NULL : copy;
}

static int checked_same(const billing_value *a, const billing_value *b,
                        size_t count) {
  for (size_t i = 0; i < count; i++)
    if (bl_value_compare(&a[i], &b[i])) return 0;
  return 1;
}

/* ---- Tables ------------------------------------------------------------- */

static int checked_is_index(const billing_table *t, const billing_index *by) {
  if (!by->name || !by->name[0] || !by->columns) return 0;
  if (by->count < 1 || by->count > BL_KEY_MOST) return 0;
  for (size_t i = 0; i < by->count; i++)
    if (by->columns[i] >= t->column_count) return 0;
  return 1;
}

static int checked_is_table(const billing_table *t) {
  if (!t || !t->name || !t->name[0] || !t->columns) return 0;
  if (t->column_count < 1 || t->column_count > BL_ROW_MOST) return 0;
  if (t->key_count < 1 || t->key_count > BL_KEY_MOST) return 0;
  if (t->key_count > t->column_count) return 0;
  for (size_t i = 0; i < t->column_count; i++) {
    const billing_column *c = &t->columns[i];

    if (!c->name || !c->name[0]) return 0;
    if (c->type < BILLING_VALUE_INTEGER || c->type > BILLING_VALUE_BLOB)
      return 0;
  }
  for (size_t i = 0; i < t->index_count; i++)
    if (!checked_is_index(t, &t->indexes[i])) return 0;
  return 1;
}

static void checked_forget(checked_store *c) {
  bl_host_free(&c->host, c->tables,
               c->table_count * sizeof(const billing_table *));
  c->tables      = NULL;
  c->table_count = 0;
}

static int checked_declare(billing_store *s,
                           const billing_table *const *tables, size_t count) {
  checked_store *c = checked_of(s);
  int rc = checked_in(c, CHECKED_IDLE, "tables are declared outside a "
                                       "transaction");

  if (!rc) rc = checked_caller(c, count > 0, "there is a table to declare");
  for (size_t i = 0; !rc && i < count; i++)
    rc = checked_caller(c, checked_is_table(tables[i]),
                        "a table is within the limits");
  if (rc) return rc;
  checked_forget(c);
  c->tables = bl_host_alloc(&c->host, count * sizeof(const billing_table *));
  if (!c->tables) return BILLING_NOMEM;
  c->table_count = count;
  memcpy(c->tables, tables, count * sizeof(const billing_table *));
  rc = checked_code(c, checked_inner(c)->declare(c->inner, tables, count),
                    BILLING_NOTFOUND);
  if (rc) checked_forget(c);
  return rc;
}

/* A call on rows: in one of these states, on a table that was declared. */
static int checked_table(checked_store *c, uint32_t states, uint32_t table,
                         const billing_table **t) {
  int rc = checked_in(c, states,
                      states == CHECKED_WRITING
                          ? "rows are changed in a transaction that writes"
                          : "rows are read in a transaction");

  if (!rc)
    rc = checked_caller(c, table < c->table_count, "a table was declared");
  if (!rc) *t = c->tables[table];
  return rc;
}

static int checked_key(checked_store *c, const billing_table *t,
                       const billing_value *key) {
  return checked_caller(c, checked_are_values(t, NULL, key, t->key_count),
                        "a key has the types of its columns");
}

/* ---- Transactions ------------------------------------------------------- */

static size_t checked_open_scans(const checked_store *c) {
  size_t open = 0;

  for (size_t i = 0; i < BL_SCANS_MOST; i++)
    open += (size_t)(c->scans[i].rows != NULL);
  return open;
}

static int checked_begin(billing_store *s, uint32_t mode) {
  checked_store *c = checked_of(s);
  int rc = checked_in(c, CHECKED_IDLE, "one transaction at a time");

  if (!rc)
    rc = checked_caller(c, c->table_count > 0, "tables are declared first");
  if (!rc)
    rc = checked_caller(c, mode <= BILLING_BEGIN_WRITE, "a mode of begin");
  if (!rc) rc = checked_code(c, checked_inner(c)->begin(c->inner, mode), 0);
  if (!rc)
    c->state = mode == BILLING_BEGIN_WRITE ? CHECKED_WRITING : CHECKED_READING;
  return rc;
}

static int checked_commit(billing_store *s) {
  checked_store *c = checked_of(s);
  int rc = checked_in(c, CHECKED_INSIDE, "a commit ends a transaction");

  if (!rc)
    rc = checked_caller(c, checked_open_scans(c) == 0,
                        "scans end before their transaction");
  if (rc) return rc;
  rc = checked_code(c, checked_inner(c)->commit(c->inner), 0);
  c->state = rc ? CHECKED_FAILED : CHECKED_IDLE;
  return rc;
}

static void checked_end_scan(checked_store *c, checked_scan *scan) {
  assert(scan->rows);
  checked_inner(c)->end(c->inner, scan->rows);
  bl_arena_close(&scan->arena);
  memset(scan, 0, sizeof *scan);
}

/* Passed on whatever happened before: the inner store must end as well. */
static void checked_rollback(billing_store *s) {
  checked_store *c = checked_of(s);

  if (c->state == CHECKED_IDLE) return;
  (void)checked_caller(c, checked_open_scans(c) == 0,
                       "scans end before their transaction");
  for (size_t i = 0; i < BL_SCANS_MOST; i++)
    if (c->scans[i].rows) checked_end_scan(c, &c->scans[i]);
  checked_inner(c)->rollback(c->inner);
  c->state = CHECKED_IDLE;
}

static int checked_lock(billing_store *s, int64_t tenant, int64_t shard) {
  checked_store *c = checked_of(s);
  int rc = checked_in(c, CHECKED_WRITING,
                      "a shard is locked in a transaction that writes");

  if (rc) return rc;
  return checked_code(c, checked_inner(c)->lock(c->inner, tenant, shard), 0);
}

static int checked_scrub(billing_store *s) {
  checked_store *c = checked_of(s);
  int rc = checked_in(c, CHECKED_IDLE, "a store is scrubbed outside a "
                                       "transaction");

  return rc ? rc : checked_code(c, checked_inner(c)->scrub(c->inner), 0);
}

/* ---- Rows --------------------------------------------------------------- */

static int checked_row(checked_store *c, const billing_table *t,
                       const billing_value *row) {
  return checked_inside(c, checked_are_values(t, NULL, row, t->column_count),
                        "a row has the types of its columns");
}

/* `key` is a copy. */
static int checked_get_row(checked_store *c, uint32_t table,
                           const billing_value *key, billing_value *row) {
  const billing_table *t = c->tables[table];
  int rc = checked_inner(c)->get(c->inner, table, key, row);

  rc = checked_code(c, rc, BILLING_NOTFOUND);
  if (!rc) rc = checked_row(c, t, row);
  if (!rc)
    rc = checked_inside(c, checked_same(key, row, t->key_count),
                        "a row has the key that was asked for");
  return rc;
}

static int checked_get(billing_store *s, uint32_t table,
                       const billing_value *key, billing_value *row) {
  checked_store *c = checked_of(s);
  const billing_table *t = NULL;
  bl_arena arena;
  int rc = checked_table(c, CHECKED_INSIDE, table, &t);

  if (!rc) rc = checked_key(c, t, key);
  if (rc) return rc;
  bl_arena_open(&arena, &c->host);
  key = checked_copy(&arena, key, t->key_count);
  rc  = key ? checked_get_row(c, table, key, row) : BILLING_NOMEM;
  bl_arena_close(&arena);
  return rc;
}

/* Reads back the row that was put last; `row` is a copy. */
static int checked_put_is_there(checked_store *c, uint32_t table,
                                const billing_value *row) {
  const billing_table *t = c->tables[table];
  billing_value found[BL_ROW_MOST];
  int rc = checked_get_row(c, table, row, found);

  if (rc == BILLING_NOTFOUND)
    return checked_inside(c, 0, "a row that was put is there");
  if (rc) return rc;
  return checked_inside(c, checked_same(row, found, t->column_count),
                        "a row that was put is as it was put");
}

static int checked_put_rows(checked_store *c, uint32_t table,
                            const billing_value *rows, size_t count,
                            uint32_t mode) {
  size_t width = c->tables[table]->column_count;
  const billing_value *last = NULL;
  bl_arena arena;
  int rc = BILLING_OK;

  bl_arena_open(&arena, &c->host);
  if (count) {
    last = checked_copy(&arena, rows + (count - 1) * width, width);
    if (!last) rc = BILLING_NOMEM;
  }
  if (!rc) {
    rc = checked_inner(c)->put(c->inner, table, rows, count, mode);
    rc = checked_code(c, rc,
                      mode == BILLING_PUT_INSERT ? BILLING_CONFLICT : 0);
  }
  if (!rc && last) rc = checked_put_is_there(c, table, last);
  bl_arena_close(&arena);
  return rc;
}

static int checked_put(billing_store *s, uint32_t table,
                       const billing_value *rows, size_t count,
                       uint32_t mode) {
  checked_store *c = checked_of(s);
  const billing_table *t = NULL;
  int rc = checked_table(c, CHECKED_WRITING, table, &t);

  if (!rc)
    rc = checked_caller(c, mode <= BILLING_PUT_INSERT, "a mode of put");
  for (size_t i = 0; !rc && i < count; i++)
    rc = checked_caller(c, checked_are_values(t, NULL,
                                              rows + i * t->column_count,
                                              t->column_count),
                        "a row has the types of its columns");
  return rc ? rc : checked_put_rows(c, table, rows, count, mode);
}

/* `key` is a copy. */
static int checked_remove_row(checked_store *c, uint32_t table,
                              const billing_value *key) {
  billing_value found[BL_ROW_MOST];
  int rc = checked_inner(c)->remove(c->inner, table, key);

  rc = checked_code(c, rc, BILLING_NOTFOUND);
  if (rc) return rc;
  rc = checked_get_row(c, table, key, found);
  if (rc == BILLING_NOTFOUND) return BILLING_OK;
  return rc ? rc : checked_inside(c, 0, "a row that was removed is gone");
}

static int checked_remove(billing_store *s, uint32_t table,
                          const billing_value *key) {
  checked_store *c = checked_of(s);
  const billing_table *t = NULL;
  bl_arena arena;
  int rc = checked_table(c, CHECKED_WRITING, table, &t);

  if (!rc) rc = checked_key(c, t, key);
  if (rc) return rc;
  bl_arena_open(&arena, &c->host);
  key = checked_copy(&arena, key, t->key_count);
  rc  = key ? checked_remove_row(c, table, key) : BILLING_NOMEM;
  bl_arena_close(&arena);
  return rc;
}

/* ---- Scans -------------------------------------------------------------- */

static int checked_range(checked_store *c, const billing_scan *range,
                         checked_scan *scan) {
  const billing_table *t = scan->table;
  const uint32_t flags = BILLING_SCAN_REVERSE | BILLING_SCAN_AFTER;
  int rc = checked_caller(c, range->struct_size == sizeof *range,
                          "a scan has its size");

  if (!rc) rc = checked_caller(c, !(range->flags & ~flags), "flags of a scan");
  if (!rc)
    rc = checked_caller(c, range->index <= t->index_count,
                        "an index was declared");
  if (rc) return rc;
  scan->count = bl_table_order(t, range->index, scan->columns);
  return checked_caller(
      c,
      range->from_count <= scan->count && range->to_count <= scan->count &&
          checked_are_values(t, scan->columns, range->from,
                             range->from_count) &&
          checked_are_values(t, scan->columns, range->to, range->to_count),
      "a bound has the types of the order's columns");
}

static checked_scan *checked_free_scan(checked_store *c) {
  for (size_t i = 0; i < BL_SCANS_MOST; i++)
    if (!c->scans[i].rows) return &c->scans[i];
  return NULL;
}

static int checked_open_scan(checked_store *c, checked_scan *scan,
                             const billing_scan *range) {
  void *rows = NULL;
  int rc;

  bl_arena_open(&scan->arena, &c->host);
  scan->range      = *range;
  scan->range.from = checked_copy(&scan->arena, range->from,
                                  range->from_count);
  scan->range.to   = checked_copy(&scan->arena, range->to, range->to_count);
  scan->bounds     = bl_arena_now(&scan->arena);
  if (scan->arena.failed)
    rc = BILLING_NOMEM;
  else
    rc = checked_code(c, checked_inner(c)->scan(c->inner, range, &rows), 0);
  if (!rc) rc = checked_inside(c, rows != NULL, "an open scan is not NULL");
  if (rc)
    bl_arena_close(&scan->arena);
  else
    scan->rows = rows;
  return rc;
}

static int checked_scan_open(billing_store *s, const billing_scan *range,
                             void **rows) {
  checked_store *c = checked_of(s);
  checked_scan *scan = checked_free_scan(c);
  const billing_table *t = NULL;
  int rc = checked_table(c, CHECKED_INSIDE, range->table, &t);

  if (!rc) rc = checked_caller(c, scan != NULL, "eight scans at a time");
  if (rc || !scan) return rc;
  memset(scan, 0, sizeof *scan);
  scan->table = t;
  rc = checked_range(c, range, scan);
  if (!rc) rc = checked_open_scan(c, scan, range);
  if (!rc) *rows = scan;
  return rc;
}

static int checked_within(const checked_scan *scan,
                          const billing_value *row) {
  const billing_scan *range = &scan->range;
  int low  = bl_row_compare(row, scan->columns, range->from,
                            range->from_count);
  int high = bl_row_compare(row, scan->columns, range->to, range->to_count);

  if (range->from_count && range->flags & BILLING_SCAN_AFTER && low == 0)
    return 0;
  return low >= 0 && high <= 0;
}

/* Keeps the order's columns of the row for the comparison with the next. */
static int checked_remember(checked_scan *scan, const billing_value *row) {
  const billing_value *copy;
  billing_value lead[BL_SORT_MOST];

  assert(scan->count > 0 && scan->count <= BL_SORT_MOST);
  for (size_t i = 0; i < scan->count; i++) lead[i] = row[scan->columns[i]];
  bl_arena_back(&scan->arena, scan->bounds);
  copy = checked_copy(&scan->arena, lead, scan->count);
  if (!copy) return BILLING_NOMEM;
  memcpy(scan->last, copy, scan->count * sizeof *copy);
  scan->has_last = 1;
  return BILLING_OK;
}

static int checked_step(checked_store *c, checked_scan *scan,
                        const billing_value *row) {
  int rc = checked_row(c, scan->table, row), order = 1;

  if (!rc)
    rc = checked_inside(c, checked_within(scan, row),
                        "a row of a scan is within its bounds");
  if (rc) return rc;
  if (scan->has_last)
    order = bl_row_compare(row, scan->columns, scan->last, scan->count);
  if (scan->has_last && scan->range.flags & BILLING_SCAN_REVERSE)
    order = -order;
  rc = checked_inside(c, order > 0, "the rows of a scan are in order");
  return rc ? rc : checked_remember(scan, row);
}

static int checked_next(billing_store *s, void *rows, billing_value *row) {
  checked_store *c = checked_of(s);
  checked_scan *scan = rows;
  int rc = checked_in(c, CHECKED_INSIDE, "rows are read in a transaction");

  if (!rc) rc = checked_caller(c, scan && scan->rows, "the scan is open");
  if (rc) return rc;
  rc = checked_code(c, checked_inner(c)->next(c->inner, scan->rows, row),
                    BILLING_DONE);
  if (rc == BILLING_DONE) scan->is_done = 1;
  if (rc) return rc;
  rc = checked_inside(c, !scan->is_done, "a scan that is done stays done");
  return rc ? rc : checked_step(c, scan, row);
}

static void checked_end(billing_store *s, void *rows) {
  checked_store *c = checked_of(s);
  checked_scan *scan = rows;

  if (scan->rows)
    checked_end_scan(c, scan);
  else
    (void)checked_caller(c, 0, "a scan ends once");
}

/* ---- The store ---------------------------------------------------------- */

static int checked_describe(billing_store *s, billing_store_description *out) {
  const uint32_t flags = BILLING_STORE_HOST | BILLING_STORE_NEW |
                         BILLING_STORE_READ_ONLY;
  checked_store *c = checked_of(s);
  int rc = checked_caller(c, out->struct_size == sizeof *out,
                          "a description has its size");

  if (!rc)
    rc = checked_code(c, checked_inner(c)->describe(c->inner, out), 0);
  if (!rc)
    rc = checked_inside(c, memchr(out->name, 0, sizeof out->name) != NULL &&
                               out->name[0] && !(out->flags & ~flags),
                        "a description has a name and known flags");
  return rc;
}

/* The other methods may be running: nothing of ours may be touched. */
static int checked_sync(billing_store *s) {
  return bl_store_sync(checked_of(s)->inner);
}

static int checked_check(billing_store *s) {
  checked_store *c = checked_of(s);
  int rc = checked_in(c, CHECKED_INSIDE, "a store is checked inside a "
                                         "transaction");

  return rc ? rc : checked_code(c, bl_store_check(c->inner), 0);
}

static void checked_close(billing_store *s) {
  checked_store *c = checked_of(s);
  billing_allocator host = c->host;

  checked_rollback(s);
  checked_inner(c)->close(c->inner);
  checked_forget(c);
  bl_host_free(&host, c, sizeof *c);
}

static const billing_store_methods checked_methods = {
  sizeof(billing_store_methods),
  BILLING_ABI_VERSION,
  checked_declare,
  checked_begin,
  checked_commit,
  checked_rollback,
  checked_get,
  checked_put,
  checked_remove,
  checked_scan_open,
  checked_next,
  checked_end,
  checked_lock,
  checked_scrub,
  checked_describe,
  checked_close,
  checked_sync,
  checked_check,
};

const char *bl_checked_store_message(const billing_store *s) {
  if (s->methods != &checked_methods) return NULL;
  return ((const checked_store *)(const void *)s)->message;
}

int billing_checked_store(billing_store **out, billing_store *inner,
                          const billing_allocator *allocator) {
  checked_store *c;

  if (!out) return BILLING_MISUSE;
  *out = NULL;
  if (!bl_store_is_whole(inner)) return BILLING_MISUSE;
  c = bl_host_alloc(allocator, sizeof *c);
  if (!c) return BILLING_NOMEM;
  c->base.methods = &checked_methods;
  c->inner        = inner;
  c->state        = CHECKED_IDLE;
  if (allocator) c->host = *allocator;
  *out = &c->base;
  return BILLING_OK;
}

#undef CHECKED_INSIDE
