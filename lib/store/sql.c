/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * sql.c - the statements of a SQL store, made from the declared tables.
 *
 *     a table `price` with the key (tenant, id), a column `amount` and an
 *     index `amount` over it, scanned by that index from (3, 7) exclusive:
 *
 *     SELECT "tenant", "id", "amount" FROM "price"
 *     INDEXED BY "price_amount"
 *     WHERE ("amount", "tenant") > (?1, ?2)
 *     ORDER BY "amount", "tenant", "id"
 *
 * Bounds are row values, which compare like our keys do: column by column, and
 * a bound with fewer values than the key takes or skips all rows that begin
 * with them.  Names are quoted, since a column may be called "from".
 */
#include "store/sql.h"

/* STRICT keeps the types that were declared.  Rows with blobs are long, and
 * a long row is better off in a table with row ids. */
const bl_sql_dialect bl_sql_sqlite = {
  {NULL, "INTEGER", "TEXT", "BLOB"},
  {NULL, "0", "''", "x''"},
  " STRICT, WITHOUT ROWID",
  " STRICT",
  "?",
  1,
  0,
};

static void sql_name(bl_text *out, const char *name) {
  assert(name && name[0] && !strchr(name, '"'));
  bl_text_format(out, "\"%s\"", name);
}

static void sql_parameter(bl_text *out, const bl_sql_dialect *d, size_t n) {
  bl_text_format(out, "%s%i", d->parameter, (int64_t)n);
}

/* "a", "b", "c": the columns from <= i < to. */
static void sql_columns(bl_text *out, const billing_table *t, size_t from,
                        size_t to) {
  assert(to <= t->column_count);
  for (size_t i = from; i < to; i++) {
    if (i > from) bl_text_c(out, ", ");
    sql_name(out, t->columns[i].name);
  }
}

static int sql_has_blob(const billing_table *t) {
  for (size_t i = 0; i < t->column_count; i++)
    if (t->columns[i].type == BILLING_VALUE_BLOB) return 1;
  return 0;
}

/* A column of the key has no default: it was there from the beginning.  All
 * others have one, whether they were created or added later, so that both
 * roads lead to the same table. */
static void sql_column(bl_text *out, const bl_sql_dialect *d,
                       const billing_table *t, size_t column) {
  const billing_column *c = &t->columns[column];

  assert(c->type >= BILLING_VALUE_INTEGER && c->type <= BILLING_VALUE_BLOB);
  sql_name(out, c->name);
  bl_text_format(out, " %s NOT NULL", d->type[c->type]);
  if (column >= t->key_count)
    bl_text_format(out, " DEFAULT %s", d->empty[c->type]);
}

void bl_sql_create_table(bl_text *out, const bl_sql_dialect *d,
                         const billing_table *t) {
  assert(t->key_count > 0 && t->key_count <= t->column_count);
  bl_text_c(out, "CREATE TABLE IF NOT EXISTS ");
  sql_name(out, t->name);
  bl_text_c(out, " (");
  for (size_t i = 0; i < t->column_count; i++) {
    bl_text_c(out, "\n  ");
    sql_column(out, d, t, i);
    bl_text_c(out, ",");
  }
  bl_text_c(out, "\n  PRIMARY KEY (");
  sql_columns(out, t, 0, t->key_count);
  bl_text_c(out, ")\n)");
  bl_text_c(out, sql_has_blob(t) ? d->table_of_blobs : d->table_of_small);
}

void bl_sql_index_name(bl_text *out, const billing_table *t, size_t index) {
  assert(index < t->index_count);
  bl_text_format(out, "%s_%s", t->name, t->indexes[index].name);
}

static void sql_quoted_index(bl_text *out, const billing_table *t,
                             size_t index) {
  bl_text_c(out, "\"");
  bl_sql_index_name(out, t, index);
  bl_text_c(out, "\"");
}

/* The columns of an order, each once: what stands twice in it cannot change
 * the order the second time. */
static void sql_order(bl_text *out, const billing_table *t, uint32_t index,
                      const char *direction) {
  uint32_t columns[BL_SORT_MOST];
  size_t count = bl_table_order(t, index, columns);
  uint32_t seen = 0;

  for (size_t i = 0; i < count; i++) {
    uint32_t bit = (uint32_t)1 << columns[i];

    if (seen & bit) continue;
    if (seen) bl_text_c(out, ", ");
    sql_name(out, t->columns[columns[i]].name);
    bl_text_c(out, direction);
    seen |= bit;
  }
}

void bl_sql_create_index(bl_text *out, const billing_table *t, size_t index) {
  bl_text_c(out, "CREATE INDEX IF NOT EXISTS ");
  sql_quoted_index(out, t, index);
  bl_text_c(out, " ON ");
  sql_name(out, t->name);
  bl_text_c(out, " (");
  sql_order(out, t, (uint32_t)index + 1, "");
  bl_text_c(out, ")");
}

void bl_sql_add_column(bl_text *out, const bl_sql_dialect *d,
                       const billing_table *t, size_t column) {
  assert(column >= t->key_count && column < t->column_count);
  bl_text_c(out, "ALTER TABLE ");
  sql_name(out, t->name);
  bl_text_c(out, " ADD COLUMN ");
  sql_column(out, d, t, column);
}

/* " ON CONFLICT (key) DO UPDATE SET ..." rather than INSERT OR REPLACE, which
 * would lose the columns that a newer library has added. */
static void sql_replace(bl_text *out, const billing_table *t) {
  bl_text_c(out, " ON CONFLICT (");
  sql_columns(out, t, 0, t->key_count);
  bl_text_c(out, ") DO ");
  if (t->key_count == t->column_count) bl_text_c(out, "NOTHING");
  for (size_t i = t->key_count; i < t->column_count; i++) {
    bl_text_c(out, i == t->key_count ? "UPDATE SET " : ", ");
    sql_name(out, t->columns[i].name);
    bl_text_c(out, " = excluded.");
    sql_name(out, t->columns[i].name);
  }
}

void bl_sql_put(bl_text *out, const bl_sql_dialect *d, const billing_table *t,
                uint32_t mode) {
  bl_text_c(out, "INSERT INTO ");
  sql_name(out, t->name);
  bl_text_c(out, " (");
  sql_columns(out, t, 0, t->column_count);
  bl_text_c(out, ") VALUES (");
  for (size_t i = 0; i < t->column_count; i++) {
    if (i > 0) bl_text_c(out, ", ");
    sql_parameter(out, d, i + 1);
  }
  bl_text_c(out, ")");
  if (mode == BILLING_PUT_REPLACE) sql_replace(out, t);
}

/* " WHERE a = ?1 AND b = ?2" for the whole key. */
static void sql_by_key(bl_text *out, const bl_sql_dialect *d,
                       const billing_table *t) {
  for (size_t i = 0; i < t->key_count; i++) {
    bl_text_c(out, i == 0 ? " WHERE " : " AND ");
    sql_name(out, t->columns[i].name);
    bl_text_c(out, " = ");
    sql_parameter(out, d, i + 1);
  }
}

static void sql_select(bl_text *out, const billing_table *t) {
  bl_text_c(out, "SELECT ");
  sql_columns(out, t, 0, t->column_count);
  bl_text_c(out, " FROM ");
  sql_name(out, t->name);
}

void bl_sql_get(bl_text *out, const bl_sql_dialect *d,
                const billing_table *t) {
  sql_select(out, t);
  sql_by_key(out, d, t);
}

void bl_sql_remove(bl_text *out, const bl_sql_dialect *d,
                   const billing_table *t) {
  bl_text_c(out, "DELETE FROM ");
  sql_name(out, t->name);
  sql_by_key(out, d, t);
}

/* One bound: the first `count` columns of the order against as many
 * parameters, the first of them number `first`. */
static void sql_bound(bl_text *out, const bl_sql_dialect *d,
                      const billing_table *t, const uint32_t *columns,
                      size_t count, const char *is, size_t first) {
  const char *left = count > 1 ? "(" : "", *right = count > 1 ? ")" : "";

  bl_text_c(out, left);
  for (size_t i = 0; i < count; i++) {
    if (i > 0) bl_text_c(out, ", ");
    sql_name(out, t->columns[columns[i]].name);
  }
  bl_text_format(out, "%s %s %s", right, is, left);
  for (size_t i = 0; i < count; i++) {
    if (i > 0) bl_text_c(out, ", ");
    sql_parameter(out, d, first + i);
  }
  bl_text_c(out, right);
}

void bl_sql_scan(bl_text *out, const bl_sql_dialect *d, const billing_table *t,
                 const billing_scan *range) {
  uint32_t columns[BL_SORT_MOST];
  size_t count = bl_table_order(t, range->index, columns);

  assert(range->from_count <= count && range->to_count <= count);
  (void)count;
  sql_select(out, t);
  if (range->index > 0 && d->has_indexed_by) {
    bl_text_c(out, " INDEXED BY ");
    sql_quoted_index(out, t, range->index - 1);
  }
  if (range->from_count) {
    bl_text_c(out, " WHERE ");
    sql_bound(out, d, t, columns, range->from_count,
              range->flags & BILLING_SCAN_AFTER ? ">" : ">=", 1);
  }
  if (range->to_count) {
    bl_text_c(out, range->from_count ? " AND " : " WHERE ");
    sql_bound(out, d, t, columns, range->to_count, "<=",
              range->from_count + 1);
  }
  bl_text_c(out, " ORDER BY ");
  sql_order(out, t, range->index,
            range->flags & BILLING_SCAN_REVERSE ? " DESC" : "");
}
