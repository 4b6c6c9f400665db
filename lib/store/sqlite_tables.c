/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * sqlite_tables.c - the tables of a show, as virtual tables of SQLite.
 *
 *     SELECT amount FROM billing_draws('acme')
 *      WHERE customer = 'c1' AND time_us >= 1767225600000000
 *
 *     plan     tenant = ?1 (hidden: the argument), customer = ?2, time >= ?3
 *     filter   wish {acme, c1, [1767225600000000, end)}; the show starts
 *     next     a row of the show, until it is done
 *
 * Each constraint that the plan passes on is one letter of its text.  Only the
 * tenant's is taken over; the others narrow what the show reads, and SQLite
 * checks them again.  So what cannot be passed on exactly (a number with a
 * fraction, a collation of the host's) is simply left out.
 *
 * All tables of a connection share one reader.  It lives while one of them is
 * connected, which SQLite ends before it looks whether a connection that is
 * closed has statements left.
 */
#define SQLITE_CORE 1
#include <sqlite3ext.h>

#include "store/sqlite_tables.h"

/* Constraints that are passed on, at most. */
#define WISHES_MOST 12

/* One connection's tables. */
typedef struct shown_tables {
  const sqlite3_api_routines *api;
  sqlite3                    *db;
  const bl_sql_show          *show;
  void                       *reader;      /* NULL until it is needed */
  uint32_t                    modules;     /* that SQLite knows */
  uint32_t                    connected;
  uint32_t                    reading;     /* cursors with rows */
  uint32_t                    is_doubtful; /* the reader has failed */
  struct shown_module {
    struct shown_tables *tables;
    size_t               at;               /* of the show's tables */
  } module[BL_SQL_TABLES_MOST];
} shown_tables;

typedef struct shown_table {
  sqlite3_vtab        base;
  shown_tables       *tables;
  const bl_sql_table *table;
  size_t              at;
} shown_table;

typedef struct shown_cursor {
  sqlite3_vtab_cursor  base;
  void                *rows;       /* NULL: none is open */
  const billing_value *row;        /* NULL: at the end */
  sqlite3_int64        rowid;
  char                *tenant;     /* with a NUL */
} shown_cursor;

static shown_table *shown_of(sqlite3_vtab *table) {
  return (shown_table *)(void *)table;
}

static void *shown_take(const shown_tables *tables, size_t size) {
  void *p = tables->api->malloc((int)size);

  if (p) memset(p, 0, size);
  return p;
}

/* ---- Failures ----------------------------------------------------------- */

/* Words for the host, which SQLite frees. */
static int shown_say(shown_table *shown, int rc, const char *format, ...) {
  const shown_tables *tables = shown->tables;
  char text[768];
  va_list args;
  size_t len;

  va_start(args, format);
  bl_format_into(text, sizeof text, format, args);
  va_end(args);
  len = strlen(text) + 1;
  tables->api->free(shown->base.zErrMsg);
  shown->base.zErrMsg = tables->api->malloc((int)len);
  if (!shown->base.zErrMsg) return SQLITE_NOMEM;
  memcpy(shown->base.zErrMsg, text, len);
  return rc;
}

static int shown_fail(shown_table *shown, int rc, const billing_error *err) {
  shown->tables->is_doubtful = 1;
  switch (BILLING_CODE(rc)) {
  case BILLING_NOMEM: return SQLITE_NOMEM;
  case BILLING_BUSY: return SQLITE_BUSY;
  case BILLING_CANCELED: return SQLITE_INTERRUPT;
  default: break;
  }
  return shown_say(shown, SQLITE_ERROR, "%s: %s: %s%s%s", shown->table->name,
                   billing_code_name(rc), err->message,
                   err->hint[0] ? "; " : "", err->hint);
}

/* ---- Connecting --------------------------------------------------------- */

static void shown_declare_text(const bl_sql_table *table, bl_text *text) {
  bl_text_format(text, "CREATE TABLE \"%s\"(", table->name);
  for (size_t i = 0; i < table->column_count; i++) {
    const billing_column *column = &table->columns[i];
    bl_text_format(text, "\"%s\" %s,", column->name,
                   column->type == BILLING_VALUE_INTEGER ? "INTEGER" : "TEXT");
  }
  bl_text_c(text, "\"tenant\" TEXT HIDDEN)");
}

static int shown_declare(const shown_tables *tables,
                         const bl_sql_table *table) {
  int rc = SQLITE_NOMEM;
  bl_arena arena;
  bl_text text;

  bl_arena_open(&arena, NULL);
  bl_text_open(&text, &arena);
  shown_declare_text(table, &text);
  if (!text.failed) rc = tables->api->declare_vtab(tables->db, text.text);
  bl_arena_close(&arena);
  /* Not from inside a view or a trigger, which a file could bring along. */
  if (!rc) rc = tables->api->vtab_config(tables->db, SQLITE_VTAB_DIRECTONLY);
  return rc;
}

static int shown_connect(sqlite3 *db, void *module, int argc,
                         const char *const *argv, sqlite3_vtab **out,
                         char **message) {
  struct shown_module *m = module;
  shown_tables *tables = m->tables;
  const bl_sql_table *table = &tables->show->tables[m->at];
  shown_table *shown;
  int rc;

  (void)argc;
  (void)argv;
  (void)message;
  (void)db;
  assert(db == tables->db);
  rc = shown_declare(tables, table);
  if (rc) return rc;
  shown = shown_take(tables, sizeof *shown);
  if (!shown) return SQLITE_NOMEM;
  shown->tables = tables;
  shown->table = table;
  shown->at = m->at;
  tables->connected++;
  *out = &shown->base;
  return SQLITE_OK;
}

static void shown_close_reader(shown_tables *tables) {
  if (tables->reader) tables->show->close(tables->reader);
  tables->reader = NULL;
  tables->is_doubtful = 0;
}

/* SQLite may forget a module before its last table is disconnected. */
static void shown_release(shown_tables *tables) {
  if (tables->connected) return;
  shown_close_reader(tables);
  if (!tables->modules) tables->api->free(tables);
}

static int shown_disconnect(sqlite3_vtab *table) {
  shown_tables *tables = shown_of(table)->tables;

  assert(tables->connected > 0);
  tables->api->free(table);
  tables->connected--;
  shown_release(tables);
  return SQLITE_OK;
}

/* ---- Plans -------------------------------------------------------------- */

/*
 * The letter of a constraint, NUL for one that is not passed on.
 *
 *     t  tenant =      c  customer =    T L  time >=, time <
 *     n  number =      N  number >=     M    number <=
 *
 * > and <= pass on a little more than they say.
 */
static char wish_letter(const bl_sql_table *table, int column, int op) {
  uint32_t at = (uint32_t)column;
  int is_from = op == SQLITE_INDEX_CONSTRAINT_GE ||
                op == SQLITE_INDEX_CONSTRAINT_GT;
  int is_to = op == SQLITE_INDEX_CONSTRAINT_LE ||
              op == SQLITE_INDEX_CONSTRAINT_LT;

  if (column < 0) return '\0';
  if (op == SQLITE_INDEX_CONSTRAINT_EQ) {
    if (at == table->column_count) return 't';
    if (at == table->customer) return 'c';
    return at == table->number ? 'n' : '\0';
  }
  if (at == table->time) return is_from ? 'T' : is_to ? 'L' : '\0';
  if (at == table->number) return is_from ? 'N' : is_to ? 'M' : '\0';
  return '\0';
}

/* What a plan passes on so far. */
typedef struct wish_list {
  char     letters[WISHES_MOST + 1];
  uint32_t count;
  uint32_t has_unusable_tenant;
} wish_list;

static void wish_add(const shown_table *shown, sqlite3_index_info *plan, int i,
                     wish_list *list) {
  const struct sqlite3_index_constraint *c = &plan->aConstraint[i];
  char letter = wish_letter(shown->table, c->iColumn, c->op);
  const char *collation;

  if (!letter) return;
  if (!c->usable) {
    list->has_unusable_tenant |= letter == 't';
    return;
  }
  collation = shown->tables->api->vtab_collation(plan, i);
  if (list->count == WISHES_MOST || (collation && strcmp(collation, "BINARY")))
    return;
  list->letters[list->count++] = letter;
  plan->aConstraintUsage[i].argvIndex = (int)list->count;
  plan->aConstraintUsage[i].omit = letter == 't';
}

/* A plan without a tenant is refused when it runs, and not before: SQLite asks
 * for the branches of an OR one by one, without what is true of all. */
static void wish_estimate(const wish_list *list, sqlite3_index_info *plan) {
  int rows = strchr(list->letters, 't') ? 1000000 : 1000000000;

  for (const char *letter = list->letters; *letter; letter++)
    rows /= *letter == 'n' ? 100000 : *letter == 'c' ? 1000
            : *letter == 't' ? 1 : 2;
  if (rows < 1) rows = 1;
  plan->estimatedRows = rows;
  plan->estimatedCost = rows + 100;
}

static int shown_plan(sqlite3_vtab *table, sqlite3_index_info *plan) {
  shown_table *shown = shown_of(table);
  wish_list list = {"", 0, 0};
  const struct sqlite3_index_orderby *by = plan->aOrderBy;

  for (int i = 0; i < plan->nConstraint; i++) wish_add(shown, plan, i, &list);
  if (list.has_unusable_tenant) return SQLITE_CONSTRAINT;
  wish_estimate(&list, plan);
  plan->idxStr = shown_take(shown->tables, sizeof list.letters);
  if (!plan->idxStr) return SQLITE_NOMEM;
  memcpy(plan->idxStr, list.letters, sizeof list.letters);
  plan->needToFreeIdxStr = 1;
  plan->orderByConsumed = plan->nOrderBy == 1 && !by->desc &&
                          by->iColumn >= 0 &&
                          (uint32_t)by->iColumn == shown->table->number;
  return SQLITE_OK;
}

/* ---- Cursors ------------------------------------------------------------ */

static int shown_open(sqlite3_vtab *table, sqlite3_vtab_cursor **out) {
  shown_cursor *cursor = shown_take(shown_of(table)->tables, sizeof *cursor);

  if (!cursor) return SQLITE_NOMEM;
  *out = &cursor->base;
  return SQLITE_OK;
}

static void shown_end(shown_tables *tables, shown_cursor *cursor) {
  if (cursor->rows) {
    tables->show->end(cursor->rows);
    tables->reading--;
  }
  tables->api->free(cursor->tenant);
  cursor->tenant = NULL;
  cursor->rows = NULL;
  cursor->row = NULL;
  cursor->rowid = 0;
}

static int shown_close(sqlite3_vtab_cursor *base) {
  shown_tables *tables = shown_of(base->pVtab)->tables;

  shown_end(tables, (shown_cursor *)(void *)base);
  tables->api->free(base);
  return SQLITE_OK;
}

/* A text that outlives the value. */
static int wish_text(const sqlite3_api_routines *api, sqlite3_value *value,
                     bl_str *out) {
  out->text = (const char *)api->value_text(value);
  out->len = out->text ? (size_t)api->value_bytes(value) : 0;
  return out->text != NULL;
}

/* Narrows the wish by a whole number; SQLite compares anything else itself. */
static void wish_bound(const sqlite3_api_routines *api, char letter,
                       sqlite3_value *value, bl_sql_wish *wish) {
  int64_t v;

  if (api->value_numeric_type(value) != SQLITE_INTEGER) return;
  v = api->value_int64(value);
  if (letter == 'T' && v > wish->times.from_us) wish->times.from_us = v;
  if (letter == 'L' && v < wish->times.to_us)
    wish->times.to_us = v + (v < INT64_MAX);
  if (strchr("nN", letter) && v > wish->first) wish->first = v;
  if (strchr("nM", letter) && v < wish->last) wish->last = v;
}

/* 0 when no row can be wanted: a tenant or a customer that is NULL. */
static int wish_read(const sqlite3_api_routines *api, const char *letters,
                     sqlite3_value **values, bl_sql_wish *wish) {
  int can_be = 1;

  memset(wish, 0, sizeof *wish);
  wish->times = (bl_span){INT64_MIN, INT64_MAX};
  wish->last = INT64_MAX;
  for (size_t i = 0; letters[i]; i++) {
    if (letters[i] == 't') {
      can_be &= wish_text(api, values[i], &wish->tenant);
    } else if (letters[i] == 'c') {
      can_be &= wish_text(api, values[i], &wish->customer);
      wish->has_customer = 1;
    } else {
      wish_bound(api, letters[i], values[i], wish);
    }
  }
  return can_be;
}

static int shown_next(sqlite3_vtab_cursor *base) {
  shown_cursor *cursor = (shown_cursor *)(void *)base;
  shown_table *shown = shown_of(base->pVtab);
  billing_error err;
  int rc;

  BILLING_INIT(&err);
  cursor->rowid++;
  rc = shown->tables->show->next(cursor->rows, &cursor->row, &err);
  if (!rc) return SQLITE_OK;
  cursor->row = NULL;
  return rc == BILLING_DONE ? SQLITE_OK : shown_fail(shown, rc, &err);
}

/* A reader that has failed is opened anew, as soon as nobody reads. */
static int shown_start(shown_table *shown, shown_cursor *cursor,
                       const bl_sql_wish *wish) {
  shown_tables *tables = shown->tables;
  billing_error err;
  int rc = BILLING_OK;

  BILLING_INIT(&err);
  if (tables->is_doubtful && !tables->reading) shown_close_reader(tables);
  if (!tables->reader)
    rc = tables->show->open(&tables->reader, tables->db, tables->api, &err);
  if (!rc)
    rc = tables->show->start(tables->reader, shown->at, wish, &cursor->rows,
                             &err);
  if (rc) return shown_fail(shown, rc, &err);
  tables->reading++;
  return SQLITE_OK;
}

static int shown_filter(sqlite3_vtab_cursor *base, int number,
                        const char *letters, int argc,
                        sqlite3_value **values) {
  shown_cursor *cursor = (shown_cursor *)(void *)base;
  shown_table *shown = shown_of(base->pVtab);
  shown_tables *tables = shown->tables;
  bl_sql_wish wish;
  int rc;

  (void)number;
  assert((size_t)argc == strlen(letters));
  (void)argc;
  shown_end(tables, cursor);
  if (!strchr(letters, 't'))
    return shown_say(shown, SQLITE_ERROR, "%s needs a tenant: %s('ID')",
                     shown->table->name, shown->table->name);
  if (!wish_read(tables->api, letters, values, &wish)) return SQLITE_OK;
  cursor->tenant = shown_take(tables, wish.tenant.len + 1);
  if (!cursor->tenant) return SQLITE_NOMEM;
  memcpy(cursor->tenant, wish.tenant.text, wish.tenant.len);
  rc = shown_start(shown, cursor, &wish);
  return rc ? rc : shown_next(base);
}

static int shown_eof(sqlite3_vtab_cursor *base) {
  return ((shown_cursor *)(void *)base)->row == NULL;
}

static int shown_column(sqlite3_vtab_cursor *base, sqlite3_context *out,
                        int column) {
  const shown_cursor *cursor = (const shown_cursor *)(void *)base;
  const shown_table *shown = shown_of(base->pVtab);
  const sqlite3_api_routines *api = shown->tables->api;
  const billing_value *value;

  assert(cursor->row);
  if ((uint32_t)column >= shown->table->column_count) {
    api->result_text(out, cursor->tenant, -1, SQLITE_TRANSIENT);
    return SQLITE_OK;
  }
  value = &cursor->row[column];
  if (value->type == BL_VALUE_NULL)
    api->result_null(out);
  else if (value->type == BILLING_VALUE_INTEGER)
    api->result_int64(out, value->integer);
  else
    api->result_text(out, value->bytes.len ? value->bytes.text : "",
                     (int)value->bytes.len, SQLITE_TRANSIENT);
  return SQLITE_OK;
}

static int shown_rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *out) {
  *out = ((shown_cursor *)(void *)base)->rowid;
  return SQLITE_OK;
}

/* Without a way to create one, the table is there under its own name. */
static const sqlite3_module shown_methods = {
  .xConnect    = shown_connect,
  .xDisconnect = shown_disconnect,
  .xBestIndex  = shown_plan,
  .xOpen       = shown_open,
  .xClose      = shown_close,
  .xFilter     = shown_filter,
  .xNext       = shown_next,
  .xEof        = shown_eof,
  .xColumn     = shown_column,
  .xRowid      = shown_rowid,
};

/* ---- Registering -------------------------------------------------------- */

static void shown_forget(void *module) {
  shown_tables *tables = ((struct shown_module *)module)->tables;

  tables->modules--;
  shown_release(tables);
}

/* SQLite forgets a module that it does not take, too. */
int bl_sqlite_tables(void *connection, const void *routines,
                     const bl_sql_show *show) {
  const sqlite3_api_routines *api = bl_sqlite_routines(routines);
  shown_tables *tables = api->malloc((int)sizeof *tables);
  int rc = SQLITE_OK;

  assert(show->count > 0 && show->count <= BL_SQL_TABLES_MOST);
  if (!tables) return SQLITE_NOMEM;
  memset(tables, 0, sizeof *tables);
  tables->api = api;
  tables->db = connection;
  tables->show = show;
  tables->modules = 1;                  /* ours, until all are registered */
  for (size_t i = 0; i < show->count && !rc; i++) {
    tables->module[i].tables = tables;
    tables->module[i].at = i;
    tables->modules++;
    rc = api->create_module_v2(connection, show->tables[i].name,
                               &shown_methods, &tables->module[i],
                               shown_forget);
  }
  tables->modules--;
  shown_release(tables);
  return rc;
}

#undef WISHES_MOST
