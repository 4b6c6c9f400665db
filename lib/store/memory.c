/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * memory.c - the reference store: everything in memory, obvious, slow.
 *
 * A table is a set of rows and, for its key and each of its indexes, an array
 * of these rows in order.  A change of a row is a swap of an old row for a new
 * one, where either may be none; the undo log is the list of swaps, and
 * rolling back is doing them the other way round, last one first:
 *
 *     put a new key    swap(none, new)     undone by swap(new, none)
 *     replace a row    swap(old, new)      undone by swap(new, old)
 *     remove           swap(old, none)     undone by swap(none, old)
 *
 * A row is one block of memory and never changes; who names it holds it (a
 * table, an undo step, a scan), and with the last holder it goes.  A scan
 * remembers the row it gave out last and looks for the next one from there, so
 * that it survives all changes.
 */
#include "store/store.h"

typedef struct memory_row {
  size_t        size;          /* of the block */
  size_t        holders;
  billing_value values[];      /* and behind them their bytes */
} memory_row;

typedef struct memory_rank {
  memory_row **rows;
  uint32_t     columns[BL_SORT_MOST];
  size_t       column_count;
} memory_rank;

typedef struct memory_table {
  const billing_table *declared;
  /* The declared columns, then those that an earlier declaration had and this
   * one does not know: their values are kept. */
  billing_column      *columns;
  size_t               width;
  memory_rank        *orders;     /* by key, then one an index */
  size_t               order_count;
  size_t               count;      /* rows, the same in each order */
  size_t               cap;
} memory_table;

typedef struct memory_step {
  memory_table *table;
  memory_row   *old;
  memory_row   *new;
} memory_step;

typedef struct memory_scan {
  memory_table *table;
  memory_rank *order;
  uint32_t      flags;
  uint32_t      reserved;
  memory_row   *from;            /* the bounds' values; NULL: none */
  memory_row   *to;
  size_t        from_count;
  size_t        to_count;
  memory_row   *last;            /* given out last */
} memory_scan;

enum memory_state { MEMORY_IDLE, MEMORY_READING, MEMORY_WRITING };

typedef struct memory_store {
  billing_store     base;
  billing_allocator host;
  memory_table     *tables;        /* the declared ones, then unknown ones */
  size_t            count;
  size_t            all;
  memory_step      *steps;
  size_t            step_count;
  size_t            step_cap;
  enum memory_state state;
  uint32_t          is_new;
} memory_store;

static memory_store *memory_of(billing_store *s) {
  return (memory_store *)(void *)s;
}

/* ---- Rows --------------------------------------------------------------- */

static void memory_hold(memory_row *row) {
  if (row) row->holders++;
}

static void memory_drop(const billing_allocator *host, memory_row *row) {
  if (!row) return;
  assert(row->holders > 0);
  if (--row->holders == 0) bl_host_free(host, row, row->size);
}

/* A row with a copy of these values, that nobody holds yet. */
static memory_row *memory_row_of(const billing_allocator *host,
                                 const billing_value *values, size_t count) {
  size_t size = sizeof(memory_row) + count * sizeof *values;
  memory_row *row;
  char *bytes;

  for (size_t i = 0; i < count; i++)
    if (values[i].type != BILLING_VALUE_INTEGER) size += values[i].bytes.len;
  assert(count > 0);
  row = bl_host_alloc(host, size);
  if (!row) return NULL;
  row->size = size;
  bytes = (char *)(row->values + count);
  for (size_t i = 0; i < count; i++) {
    billing_value *to = &row->values[i];

    *to = values[i];
    to->reserved = 0;
    if (to->type == BILLING_VALUE_INTEGER) {
      to->bytes.text = "";
      to->bytes.len  = 0;
      continue;
    }
    assert(to->type <= BILLING_VALUE_BLOB);
    to->integer = 0;
    if (to->bytes.len) memcpy(bytes, values[i].bytes.text, to->bytes.len);
    to->bytes.text = bytes;
    bytes += to->bytes.len;
  }
  return row;
}

/* ---- Orders ------------------------------------------------------------- */

/* The first place whose row is >= the values, or > them when `beyond`. */
static size_t memory_seek(const memory_table *t, const memory_rank *o,
                          const billing_value *values, size_t count,
                          int beyond) {
  size_t low = 0, high = t->count;

  assert(count <= o->column_count);
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    int order = bl_row_compare(o->rows[middle]->values, o->columns, values,
                               count);

    if (order < 0 || (beyond && order == 0))
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

/* The same for the place of a row itself. */
static size_t memory_place(const memory_table *t, const memory_rank *o,
                           const memory_row *row, int beyond) {
  billing_value lead[BL_SORT_MOST];

  for (size_t i = 0; i < o->column_count; i++)
    lead[i] = row->values[o->columns[i]];
  return memory_seek(t, o, lead, o->column_count, beyond);
}

/* Takes a row out of an order and puts another in; either may be none.  The
 * rows between the two places move by one, and a new last row moves none. */
static void memory_move(const memory_table *t, memory_rank *o,
                        const memory_row *old, memory_row *new) {
  size_t from = old ? memory_place(t, o, old, 0) : t->count;
  size_t to   = new ? memory_place(t, o, new, 0) : t->count;
  memory_row **rows = o->rows;

  assert(!old || rows[from] == old);
  if (from < to) {
    to--;                              /* its place once the old one is out */
    memmove(rows + from, rows + from + 1, (to - from) * sizeof *rows);
  } else if (to < from) {
    memmove(rows + to + 1, rows + to, (from - to) * sizeof *rows);
  }
  if (new) rows[to] = new;
  assert(!new || to <= t->count);
}

/* Needs room for one more row and cannot fail. */
static void memory_swap(const billing_allocator *host, memory_table *t,
                        memory_row *old, memory_row *new) {
  assert(old || new);
  assert(!new || old || t->count < t->cap);
  for (size_t i = 0; i < t->order_count; i++)
    memory_move(t, &t->orders[i], old, new);
  t->count += (size_t)(new != NULL);
  t->count -= (size_t)(old != NULL);
  memory_hold(new);
  memory_drop(host, old);
}

/* Room for one more row in every order.  They share one block, so that they
 * grow together or not at all. */
static int memory_reserve(const billing_allocator *host, memory_table *t) {
  size_t cap = t->cap ? t->cap * 2 : 16;
  memory_row **rows;

  assert(t->count <= t->cap && t->order_count > 0);
  if (t->count < t->cap) return BILLING_OK;
  if (cap > SIZE_MAX / t->order_count / sizeof *rows) return BILLING_NOMEM;
  rows = bl_host_alloc(host, t->order_count * cap * sizeof *rows);
  if (!rows) return BILLING_NOMEM;
  for (size_t i = 0; i < t->order_count; i++)
    if (t->count)
      memcpy(rows + i * cap, t->orders[i].rows, t->count * sizeof *rows);
  bl_host_free(host, t->orders[0].rows,
               t->order_count * t->cap * sizeof *rows);
  for (size_t i = 0; i < t->order_count; i++)
    t->orders[i].rows = rows + i * cap;
  t->cap = cap;
  return BILLING_OK;
}

/* The row with this key, or NULL. */
static memory_row *memory_find(const memory_table *t,
                               const billing_value *key) {
  const memory_rank *o = &t->orders[0];
  size_t place = memory_seek(t, o, key, o->column_count, 0);

  if (place == t->count) return NULL;
  if (bl_row_compare(o->rows[place]->values, o->columns, key,
                     o->column_count))
    return NULL;
  return o->rows[place];
}

/* ---- Changes ------------------------------------------------------------ */

/* Room for one more step. */
static int memory_reserve_step(memory_store *m) {
  size_t cap = m->step_cap ? m->step_cap * 2 : 64;
  memory_step *steps;

  if (m->step_count < m->step_cap) return BILLING_OK;
  if (cap > SIZE_MAX / sizeof *steps) return BILLING_NOMEM;
  steps = bl_host_alloc(&m->host, cap * sizeof *steps);
  if (!steps) return BILLING_NOMEM;
  if (m->step_count) memcpy(steps, m->steps, m->step_count * sizeof *steps);
  bl_host_free(&m->host, m->steps, m->step_cap * sizeof *steps);
  m->steps    = steps;
  m->step_cap = cap;
  return BILLING_OK;
}

static int memory_change(memory_store *m, memory_table *t, memory_row *old,
                         memory_row *new) {
  int rc = memory_reserve(&m->host, t);

  assert(m->state == MEMORY_WRITING);
  if (!rc) rc = memory_reserve_step(m);
  if (rc) return rc;
  m->steps[m->step_count].table = t;
  m->steps[m->step_count].old   = old;
  m->steps[m->step_count].new   = new;
  m->step_count++;
  memory_hold(old);
  memory_hold(new);
  memory_swap(&m->host, t, old, new);
  return BILLING_OK;
}

/* Undoes all steps but the first `count`. */
static void memory_undo(memory_store *m, size_t count) {
  assert(count <= m->step_count);
  while (m->step_count > count) {
    memory_step *step = &m->steps[--m->step_count];

    memory_swap(&m->host, step->table, step->new, step->old);
    memory_drop(&m->host, step->old);
    memory_drop(&m->host, step->new);
  }
}

static void memory_forget_steps(memory_store *m) {
  for (size_t i = 0; i < m->step_count; i++) {
    memory_drop(&m->host, m->steps[i].old);
    memory_drop(&m->host, m->steps[i].new);
  }
  m->step_count = 0;
}

/* The values of a row to be: the declared columns as given, the unknown ones
 * as they are in the row that it replaces. */
static memory_row *memory_new_row(memory_store *m, const memory_table *t,
                                  const billing_value *given,
                                  const memory_row *old) {
  size_t known = t->declared->column_count;
  billing_value *values;
  memory_row *row;

  if (t->width == known) return memory_row_of(&m->host, given, known);
  values = bl_host_alloc(&m->host, t->width * sizeof *values);
  if (!values) return NULL;
  memcpy(values, given, known * sizeof *values);
  for (size_t i = known; i < t->width; i++)
    values[i] = old ? old->values[i] : bl_value_empty(t->columns[i].type);
  row = memory_row_of(&m->host, values, t->width);
  bl_host_free(&m->host, values, t->width * sizeof *values);
  return row;
}

static int memory_put_row(memory_store *m, memory_table *t,
                          const billing_value *given, uint32_t mode) {
  memory_row *old = memory_find(t, given);
  memory_row *new;
  int rc;

  if (old && mode == BILLING_PUT_INSERT) return BILLING_CONFLICT;
  new = memory_new_row(m, t, given, old);
  if (!new) return BILLING_NOMEM;
  memory_hold(new);
  rc = memory_change(m, t, old, new);
  memory_drop(&m->host, new);
  return rc;
}

/* ---- Tables ------------------------------------------------------------- */

static void memory_free_table(const billing_allocator *host, memory_table *t) {
  for (size_t i = 0; i < t->count; i++)
    memory_drop(host, t->orders[0].rows[i]);
  if (t->orders) {
    bl_host_free(host, t->orders[0].rows,
                 t->order_count * t->cap * sizeof(memory_row *));
    bl_host_free(host, t->orders, t->order_count * sizeof *t->orders);
  }
  bl_host_free(host, t->columns, t->width * sizeof *t->columns);
  memset(t, 0, sizeof *t);
}

static void memory_free_tables(memory_store *m, memory_table *tables,
                               size_t count) {
  for (size_t i = 0; i < count; i++) memory_free_table(&m->host, &tables[i]);
  bl_host_free(&m->host, tables, count * sizeof *tables);
}

/* The column of this name, or `count`. */
static size_t memory_column(const billing_column *columns, size_t count,
                            const char *name) {
  size_t i = 0;

  while (i < count && strcmp(columns[i].name, name)) i++;
  return i;
}

/* Whether a table can become what is declared now: its key the same, and no
 * column of another type. */
static int memory_fits(const memory_table *old, const billing_table *now) {
  if (old->declared->key_count != now->key_count) return 0;
  for (size_t i = 0; i < now->column_count; i++) {
    size_t at = memory_column(old->columns, old->width, now->columns[i].name);

    if (i < now->key_count && at != i) return 0;
    if (at < old->width && old->columns[at].type != now->columns[i].type)
      return 0;
  }
  return 1;
}

/* Columns: the declared ones, then those that only the old table has. */
static int memory_lay_columns(const billing_allocator *host, memory_table *t,
                              const memory_table *old) {
  const billing_table *now = t->declared;
  size_t width = now->column_count;

  for (size_t i = 0; old && i < old->width; i++)
    width += (size_t)(memory_column(now->columns, now->column_count,
                                    old->columns[i].name) ==
                      now->column_count);
  t->columns = bl_host_alloc(host, width * sizeof *t->columns);
  if (!t->columns) return BILLING_NOMEM;
  t->width = width;
  memcpy(t->columns, now->columns, now->column_count * sizeof *t->columns);
  width = now->column_count;
  for (size_t i = 0; old && i < old->width; i++)
    if (memory_column(now->columns, now->column_count,
                      old->columns[i].name) == now->column_count)
      t->columns[width++] = old->columns[i];
  return BILLING_OK;
}

static int memory_lay_orders(const billing_allocator *host, memory_table *t) {
  t->orders = bl_host_alloc(host, (t->declared->index_count + 1) *
                                      sizeof *t->orders);
  if (!t->orders) return BILLING_NOMEM;
  t->order_count = t->declared->index_count + 1;
  for (size_t i = 0; i < t->order_count; i++)
    t->orders[i].column_count = bl_table_order(t->declared, (uint32_t)i,
                                               t->orders[i].columns);
  return BILLING_OK;
}

/* A row of the old table in the columns of the new one. */
static int memory_take_row(const billing_allocator *host, memory_table *t,
                           const memory_table *old, const memory_row *from,
                           billing_value *values) {
  memory_row *row;
  int rc = memory_reserve(host, t);

  for (size_t i = 0; i < t->width; i++) {
    size_t at = memory_column(old->columns, old->width, t->columns[i].name);

    values[i] = at < old->width ? from->values[at]
                                : bl_value_empty(t->columns[i].type);
  }
  row = rc ? NULL : memory_row_of(host, values, t->width);
  if (!row) return BILLING_NOMEM;
  memory_swap(host, t, NULL, row);
  return BILLING_OK;
}

static int memory_take_rows(const billing_allocator *host, memory_table *t,
                            const memory_table *old) {
  billing_value *values;
  int rc = BILLING_OK;

  values = bl_host_alloc(host, t->width * sizeof *values);
  if (!values) return BILLING_NOMEM;
  for (size_t i = 0; !rc && i < old->count; i++)
    rc = memory_take_row(host, t, old, old->orders[0].rows[i], values);
  bl_host_free(host, values, t->width * sizeof *values);
  return rc;
}

/* Makes a table as it is declared, with the rows of the old one, if any. */
static int memory_make(const billing_allocator *host, memory_table *t,
                       const billing_table *now, const memory_table *old) {
  int rc = BILLING_OK;

  assert(now->key_count > 0 && now->column_count <= BL_ROW_MOST);
  if (old && !memory_fits(old, now)) rc = BILLING_UNSUPPORTED;
  t->declared = now;
  if (!rc) rc = memory_lay_columns(host, t, old);
  if (!rc) rc = memory_lay_orders(host, t);
  if (!rc && old) rc = memory_take_rows(host, t, old);
  return rc;
}

static memory_table *memory_named(const memory_store *m, const char *name) {
  for (size_t i = 0; i < m->all; i++)
    if (!strcmp(m->tables[i].declared->name, name)) return &m->tables[i];
  return NULL;
}

/* How many tables there are that this list does not name; these are moved to
 * `to` when it is not NULL. */
static size_t memory_unknown(memory_store *m,
                             const billing_table *const *tables, size_t count,
                             memory_table *to) {
  size_t unknown = 0;

  for (size_t i = 0; i < m->all; i++) {
    size_t at = 0;

    while (at < count && strcmp(tables[at]->name, m->tables[i].declared->name))
      at++;
    if (at < count) continue;
    if (to) {
      to[unknown] = m->tables[i];
      memset(&m->tables[i], 0, sizeof m->tables[i]);
    }
    unknown++;
  }
  return unknown;
}

/* The new tables are made aside, so that running out of memory on the way
 * changes nothing. */
static int memory_declare(billing_store *s, const billing_table *const *tables,
                          size_t count) {
  memory_store *m = memory_of(s);
  size_t all = count + memory_unknown(m, tables, count, NULL);
  memory_table *made;
  int rc = BILLING_OK;

  if (m->state != MEMORY_IDLE) return BILLING_STORE;
  if (all == 0) return BILLING_OK;
  made = bl_host_alloc(&m->host, all * sizeof *made);
  if (!made) return BILLING_NOMEM;
  for (size_t i = 0; !rc && i < count; i++)
    rc = memory_make(&m->host, &made[i], tables[i],
                     memory_named(m, tables[i]->name));
  if (rc) {
    memory_free_tables(m, made, all);
    return rc;
  }
  (void)memory_unknown(m, tables, count, made + count);
  m->is_new = m->all == 0;
  memory_free_tables(m, m->tables, m->all);
  m->tables = made;
  m->count  = count;
  m->all    = all;
  return BILLING_OK;
}

/* ---- Transactions ------------------------------------------------------- */

static int memory_begin(billing_store *s, uint32_t mode) {
  memory_store *m = memory_of(s);

  if (m->state != MEMORY_IDLE) return BILLING_STORE;
  m->state = mode == BILLING_BEGIN_WRITE ? MEMORY_WRITING : MEMORY_READING;
  return BILLING_OK;
}

static int memory_commit(billing_store *s) {
  memory_store *m = memory_of(s);

  if (m->state == MEMORY_IDLE) return BILLING_STORE;
  assert(m->state == MEMORY_WRITING || m->step_count == 0);
  memory_forget_steps(m);
  m->state = MEMORY_IDLE;
  return BILLING_OK;
}

static void memory_rollback(billing_store *s) {
  memory_store *m = memory_of(s);

  memory_undo(m, 0);
  assert(m->step_count == 0);
  m->state = MEMORY_IDLE;
}

static int memory_lock(billing_store *s, int64_t tenant, int64_t shard) {
  (void)tenant;
  (void)shard;
  return memory_of(s)->state == MEMORY_WRITING ? BILLING_OK : BILLING_STORE;
}

/* What is dropped is given back at once: nothing is left to be scrubbed. */
static int memory_scrub(billing_store *s) {
  return memory_of(s)->state == MEMORY_IDLE ? BILLING_OK : BILLING_STORE;
}

/* ---- Access ------------------------------------------------------------- */

static int memory_get(billing_store *s, uint32_t table,
                      const billing_value *key, billing_value *row) {
  memory_store *m = memory_of(s);
  const memory_row *found;

  if (m->state == MEMORY_IDLE || table >= m->count) return BILLING_STORE;
  found = memory_find(&m->tables[table], key);
  if (!found) return BILLING_NOTFOUND;
  memcpy(row, found->values,
         m->tables[table].declared->column_count * sizeof *row);
  return BILLING_OK;
}

static int memory_put(billing_store *s, uint32_t table,
                      const billing_value *rows, size_t count, uint32_t mode) {
  memory_store *m = memory_of(s);
  size_t before = m->step_count;
  memory_table *t;
  int rc = BILLING_OK;

  if (m->state != MEMORY_WRITING || table >= m->count) return BILLING_STORE;
  t = &m->tables[table];
  for (size_t i = 0; !rc && i < count; i++)
    rc = memory_put_row(m, t, rows + i * t->declared->column_count, mode);
  if (rc) memory_undo(m, before);
  return rc;
}

static int memory_remove(billing_store *s, uint32_t table,
                         const billing_value *key) {
  memory_store *m = memory_of(s);
  memory_row *old;

  if (m->state != MEMORY_WRITING || table >= m->count) return BILLING_STORE;
  old = memory_find(&m->tables[table], key);
  if (!old) return BILLING_NOTFOUND;
  return memory_change(m, &m->tables[table], old, NULL);
}

/* ---- Scans -------------------------------------------------------------- */

static void memory_end(billing_store *s, void *rows) {
  memory_store *m = memory_of(s);
  memory_scan *scan = rows;

  memory_drop(&m->host, scan->from);
  memory_drop(&m->host, scan->to);
  memory_drop(&m->host, scan->last);
  bl_host_free(&m->host, scan, sizeof *scan);
}

/* A copy of the values of a bound, held. */
static int memory_bound(const billing_allocator *host,
                        const billing_value *values, size_t count,
                        memory_row **out) {
  if (count == 0) return BILLING_OK;
  *out = memory_row_of(host, values, count);
  if (!*out) return BILLING_NOMEM;
  memory_hold(*out);
  return BILLING_OK;
}

static int memory_scan_open(billing_store *s, const billing_scan *range,
                            void **rows) {
  memory_store *m = memory_of(s);
  memory_scan *scan;
  int rc;

  if (m->state == MEMORY_IDLE || range->table >= m->count ||
      range->index >= m->tables[range->table].order_count)
    return BILLING_STORE;
  scan = bl_host_alloc(&m->host, sizeof *scan);
  if (!scan) return BILLING_NOMEM;
  scan->table      = &m->tables[range->table];
  scan->order      = &scan->table->orders[range->index];
  assert(range->from_count <= scan->order->column_count);
  assert(range->to_count <= scan->order->column_count);
  scan->flags      = range->flags;
  scan->from_count = range->from_count;
  scan->to_count   = range->to_count;
  rc = memory_bound(&m->host, range->from, range->from_count, &scan->from);
  if (!rc) rc = memory_bound(&m->host, range->to, range->to_count, &scan->to);
  if (rc) {
    memory_end(s, scan);
    return rc;
  }
  *rows = scan;
  return BILLING_OK;
}

/* Where the first row of the range is. */
static size_t memory_first(const memory_scan *scan) {
  if (!scan->from) return 0;
  return memory_seek(scan->table, scan->order, scan->from->values,
                     scan->from_count, scan->flags & BILLING_SCAN_AFTER);
}

/* The place behind its last one. */
static size_t memory_behind(const memory_scan *scan) {
  if (!scan->to) return scan->table->count;
  return memory_seek(scan->table, scan->order, scan->to->values,
                     scan->to_count, 1);
}

static int memory_next(billing_store *s, void *rows, billing_value *row) {
  memory_store *m = memory_of(s);
  memory_scan *scan = rows;
  const memory_table *t = scan->table;
  size_t first = memory_first(scan), behind = memory_behind(scan);
  memory_row *found;

  if (m->state == MEMORY_IDLE) return BILLING_STORE;
  if (scan->last && scan->flags & BILLING_SCAN_REVERSE)
    behind = memory_place(t, scan->order, scan->last, 0);
  else if (scan->last)
    first = memory_place(t, scan->order, scan->last, 1);
  if (first >= behind) return BILLING_DONE;
  assert(behind <= t->count);
  found = scan->order->rows[scan->flags & BILLING_SCAN_REVERSE ? behind - 1
                                                               : first];
  memory_hold(found);
  memory_drop(&m->host, scan->last);
  scan->last = found;
  memcpy(row, found->values, t->declared->column_count * sizeof *row);
  return BILLING_OK;
}

/* ---- The store ---------------------------------------------------------- */

static int memory_describe(billing_store *s, billing_store_description *out) {
  static const char name[] = "memory";

  out->flags = memory_of(s)->is_new ? BILLING_STORE_NEW : 0;
  memcpy(out->name, name, sizeof name);
  return BILLING_OK;
}

static void memory_close(billing_store *s) {
  memory_store *m = memory_of(s);
  billing_allocator host = m->host;

  memory_rollback(s);
  memory_free_tables(m, m->tables, m->all);
  bl_host_free(&host, m->steps, m->step_cap * sizeof *m->steps);
  bl_host_free(&host, m, sizeof *m);
}

static const billing_store_methods memory_methods = {
  sizeof(billing_store_methods),
  BILLING_ABI_VERSION,
  memory_declare,
  memory_begin,
  memory_commit,
  memory_rollback,
  memory_get,
  memory_put,
  memory_remove,
  memory_scan_open,
  memory_next,
  memory_end,
  memory_lock,
  memory_scrub,
  memory_describe,
  memory_close,
  NULL,                    /* what it has, it has */
  NULL,
};

int billing_memory_store(billing_store **out,
                         const billing_allocator *allocator) {
  memory_store *m;

  if (!out) return BILLING_MISUSE;
  *out = NULL;
  m = bl_host_alloc(allocator, sizeof *m);
  if (!m) return BILLING_NOMEM;
  m->base.methods = &memory_methods;
  if (allocator) m->host = *allocator;
  *out = &m->base;
  return BILLING_OK;
}
