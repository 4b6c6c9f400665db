/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * store.h - the row stores as the engine sees them.
 *
 * The engine calls a store through the functions below and never through its
 * methods, because a store may be somebody else's: what it returns outside
 * the list of its method becomes BILLING_STORE here, and only here.
 *
 * Two rules that the methods of our own stores keep, beyond billing.h: what is
 * passed in may point into a row that the store gave out just before, and
 * after a commit that failed a rollback is fine, needed or not.
 */
#ifndef BL_STORE_H
#define BL_STORE_H

#include "base/error.h"
#include "store/schema.h"

/* Scans that may be open at a time. */
#define BL_SCANS_MOST 8
/* Columns in the order of an index: its own, then the key's. */
#define BL_SORT_MOST (2 * BL_KEY_MOST)

/* Whether a store has a method.  Those after 0.1 may be missing or NULL. */
#define BL_HAS(s, m)                                              \
  ((s)->methods->struct_size >=                                   \
       offsetof(billing_store_methods, m) + sizeof(s)->methods->m \
   && (s)->methods->m)

/* ---- Values and orders -------------------------------------------------- */

static inline billing_value bl_value_int(int64_t v) {
  billing_value value = {BILLING_VALUE_INTEGER, 0, v, {NULL, 0}};

  return value;
}

static inline billing_value bl_value_text(bl_str s) {
  billing_value value = {BILLING_VALUE_TEXT, 0, 0, s};

  return value;
}

static inline billing_value bl_value_blob(const void *bytes, size_t len) {
  billing_value value = {BILLING_VALUE_BLOB, 0, 0, {bytes, len}};

  return value;
}

/* What an old row has in a column that was added later. */
static inline billing_value bl_value_empty(uint32_t type) {
  billing_value value = {type, 0, 0, {"", 0}};

  return value;
}

/* < 0, 0 or > 0; both of one type. */
static inline int bl_value_compare(const billing_value *a,
                                   const billing_value *b) {
  assert(a->type == b->type);
  if (a->type == BILLING_VALUE_INTEGER)
    return (a->integer > b->integer) - (a->integer < b->integer);
  return bl_str_order(a->bytes, b->bytes);
}

/* The columns that rows are ordered by: those of the key (index 0), or those
 * of index number `index` - 1 and then of the key.  Returns their number. */
static inline size_t bl_table_order(const billing_table *t, uint32_t index,
                                    uint32_t columns[BL_SORT_MOST]) {
  size_t count = 0;

  assert(index <= t->index_count && t->key_count <= BL_KEY_MOST);
  if (index > 0) {
    const billing_index *by = &t->indexes[index - 1];

    assert(by->count <= BL_KEY_MOST);
    for (size_t i = 0; i < by->count; i++) columns[count++] = by->columns[i];
  }
  for (size_t i = 0; i < t->key_count; i++) columns[count++] = (uint32_t)i;
  return count;
}

/* Compares the first `count` columns of an order in a row with as many values;
 * so a row that begins with them is equal. */
static inline int bl_row_compare(const billing_value *row,
                                 const uint32_t *columns,
                                 const billing_value *values, size_t count) {
  int order = 0;

  for (size_t i = 0; !order && i < count; i++)
    order = bl_value_compare(&row[columns[i]], &values[i]);
  return order;
}

/* The range of all rows whose leading values are these. */
static inline billing_scan bl_scan_prefix(uint32_t table, uint32_t index,
                                          const billing_value *values,
                                          size_t count) {
  billing_scan range = {sizeof range, 0,     table, index,
                        values,       count, values, count};

  return range;
}

/* ---- Calls -------------------------------------------------------------- */

/* Whether every method of 0.1 is there. */
static inline int bl_store_is_whole(const billing_store *s) {
  return s && s->methods && BL_HAS(s, declare) && BL_HAS(s, begin) &&
         BL_HAS(s, commit) && BL_HAS(s, rollback) && BL_HAS(s, get) &&
         BL_HAS(s, put) && BL_HAS(s, remove) && BL_HAS(s, scan) &&
         BL_HAS(s, next) && BL_HAS(s, end) && BL_HAS(s, lock) &&
         BL_HAS(s, scrub) && BL_HAS(s, describe) && BL_HAS(s, close);
}

/*
 * What any method may return, plus `also`, which is the one answer of its own
 * that this method may give.  INTERNAL is the checked store's.
 */
static inline int bl_store_code(int rc, int also) {
  switch (rc) {
  case BILLING_OK:
  case BILLING_NOMEM:
  case BILLING_BUSY:
  case BILLING_STORE:
  case BILLING_CORRUPT:
  case BILLING_UNSUPPORTED:
  case BILLING_INTERNAL:
    return rc;
  default:
    return rc == also ? rc : BILLING_STORE;
  }
}

/* NOTFOUND when the database may only be opened and nothing of ours is in it.
 */
static inline int bl_store_declare(billing_store *s,
                                   const billing_table *const *tables,
                                   size_t count) {
  return bl_store_code(s->methods->declare(s, tables, count),
                       BILLING_NOTFOUND);
}

static inline int bl_store_begin(billing_store *s, uint32_t mode) {
  return bl_store_code(s->methods->begin(s, mode), BILLING_OK);
}

static inline int bl_store_commit(billing_store *s) {
  return bl_store_code(s->methods->commit(s), BILLING_OK);
}

static inline void bl_store_rollback(billing_store *s) {
  s->methods->rollback(s);
}

static inline int bl_store_get(billing_store *s, uint32_t table,
                               const billing_value *key, billing_value *row) {
  return bl_store_code(s->methods->get(s, table, key, row), BILLING_NOTFOUND);
}

static inline int bl_store_put(billing_store *s, uint32_t table,
                               const billing_value *rows, size_t count,
                               uint32_t mode) {
  return bl_store_code(s->methods->put(s, table, rows, count, mode),
                       BILLING_CONFLICT);
}

static inline int bl_store_remove(billing_store *s, uint32_t table,
                                  const billing_value *key) {
  return bl_store_code(s->methods->remove(s, table, key), BILLING_NOTFOUND);
}

static inline int bl_store_scan(billing_store *s, const billing_scan *range,
                                void **rows) {
  int rc;

  *rows = NULL;
  rc = bl_store_code(s->methods->scan(s, range, rows), BILLING_OK);
  if (rc) *rows = NULL;
  return rc;
}

static inline int bl_store_next(billing_store *s, void *rows,
                                billing_value *row) {
  return bl_store_code(s->methods->next(s, rows, row), BILLING_DONE);
}

/* NULL is fine: a scan that never opened. */
static inline void bl_store_end(billing_store *s, void *rows) {
  if (rows) s->methods->end(s, rows);
}

static inline int bl_store_lock(billing_store *s, int64_t tenant,
                                int64_t shard) {
  return bl_store_code(s->methods->lock(s, tenant, shard), BILLING_OK);
}

static inline int bl_store_scrub(billing_store *s) {
  return bl_store_code(s->methods->scrub(s), BILLING_OK);
}

/* Nothing to do for a store whose commits are durable by themselves. */
static inline int bl_store_sync(billing_store *s) {
  if (!BL_HAS(s, sync)) return BILLING_OK;
  return bl_store_code(s->methods->sync(s), BILLING_OK);
}

/* A store that cannot tell is taken to be sound. */
static inline int bl_store_check(billing_store *s) {
  if (!BL_HAS(s, check)) return BILLING_OK;
  return bl_store_code(s->methods->check(s), BILLING_OK);
}

static inline int bl_store_describe(billing_store *s,
                                    billing_store_description *out) {
  int rc;

  memset(out, 0, sizeof *out);
  out->struct_size = sizeof *out;
  rc = bl_store_code(s->methods->describe(s, out), BILLING_OK);
  out->name[sizeof out->name - 1] = '\0';
  return rc;
}

/* NULL is fine. */
static inline void bl_store_close(billing_store *s) {
  if (s) s->methods->close(s);
}

/* ---- Ours ----------------------------------------------------------------
 *
 * A constructor that fails leaves *out NULL.  NULL allocator: malloc.
 */

/*
 * The database at `path`, NUL-ended; flags are BILLING_OPEN_*.
 *
 *   NOTFOUND     EXISTING or READ_ONLY, and nothing of ours is there
 *   UNSUPPORTED  a version or an encoding that cannot be used
 *   STORE        not a database, no permission
 */
int bl_sqlite_store_open(billing_store **out, const char *path, uint32_t flags,
                         const billing_allocator *allocator,
                         billing_error *err);
/* The host's connection: a sqlite3 *, and the const sqlite3_api_routines * of
 * the copy of SQLite that it belongs to, or NULL for ours. */
int bl_sqlite_store_host(billing_store **out, void *connection,
                         const void *routines,
                         const billing_allocator *allocator,
                         billing_error *err);
/* Further BILLING_OPEN_* for a store on the host's connection: READ_ONLY makes
 * declare look only, EXISTING makes it NOTFOUND when nothing is there.  Before
 * declare; nothing happens to stores of another kind. */
void bl_sqlite_store_restrict(billing_store *s, uint32_t flags);
/* A store on the host's connection that is used only while a statement of the
 * host's runs there, and by that statement: it reads in its transaction. */
void bl_sqlite_store_nest(billing_store *s);
/* The routines given, or those of our own copy of SQLite for NULL. */
const void *bl_sqlite_routines(const void *routines);

/* The last failure in words, "" when there was none; NULL when the store is of
 * another kind. */
const char *bl_sqlite_store_message(const billing_store *s);
const char *bl_checked_store_message(const billing_store *s);

/*
 * Fills err, unless it holds a failure already, and returns rc, with which a
 * call on s failed.  Our own stores have said why; a lock that another writer
 * holds needs no more words than the code has.
 */
static inline int bl_store_explain(const billing_store *s, int rc,
                                   billing_error *err) {
  const char *message = bl_sqlite_store_message(s);

  if (!message) message = bl_checked_store_message(s);
  if (!rc || rc == BILLING_BUSY || !message || !message[0])
    return bl_fail_code(err, rc);
  return bl_fail(err, rc, "", NULL, "%s", message);
}

#endif
