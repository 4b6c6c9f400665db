/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * sqlite_meter.c - the sandbox of SQL meters.
 *
 *     events   event  key  time_us  value  model
 *              llm    k1   0        2.5    m1
 *              llm    k2   1        4      m2
 *              llm    k3   2        0.5    m1
 *
 *     SELECT sum(value) AS value, model FROM events GROUP BY model
 *         {"model":"m1"} 3       {"model":"m2"} 4
 *
 * The connection is our own and in memory, so it never meets another copy of
 * SQLite, and it is closed after each run.  What a statement may do is decided
 * while it is prepared: read the table `events`, call functions that are exact
 * and the same each time.  What it may take is counted while it runs.
 *
 * Texts of `value` and of properties are compared as decimals when both are
 * (`value > 5`, `ORDER BY value`), else by their bytes.
 */
#define SQLITE_CORE 1
#include <sqlite3ext.h>

#include "store/sql_meter.h"
#include "store/sqlite_exact.h"

/* Steps between two looks at what a run has taken. */
#define SANDBOX_SLICE 1000
/* More memory than at the beginning, all of SQLite's in this process. */
#define SANDBOX_MEMORY (INT64_C(512) << 20)

struct bl_sandbox {
  sqlite3       *db;
  sqlite3_stmt  *insert;
  sqlite3_stmt  *select;
  bl_arena      *arena;
  billing_error *err;
  const char    *path;             /* of the statement, in errors */
  bl_sql_meter   meter;
  bl_span        period;
  int            value;            /* the column that is the quantity */
  int            columns;
  bl_str        *groups;           /* names of the others, sorted */
  int           *places;           /* their columns */
  size_t         group_count;
  int64_t        slices;           /* that are left */
  int64_t        memory;           /* at the beginning */
  int            is_ours;          /* what SQLite prepares now */
  const char    *refused;          /* what the authorizer said no to */
  bl_str         culprit;          /* and its name, in the arena */
};

/* ---- Failures ----------------------------------------------------------- */

static int sandbox_fail(const bl_sandbox *box, size_t at, const char *hint,
                        const char *what, bl_str name) {
  int64_t byte = (int64_t)at;

  if (name.len)
    return bl_fail(box->err, BILLING_INVALID, box->path, hint,
                   "at byte %i: %s %t", byte, what, &name);
  return bl_fail(box->err, BILLING_INVALID, box->path, hint, "at byte %i: %s",
                 byte, what);
}

static int sandbox_nomem(const bl_sandbox *box) {
  return bl_fail_code(box->err, BILLING_NOMEM);
}

/* What would be right, by how SQLite's own words begin. */
static const char *sandbox_hint(const char *words) {
  static const char *const hints[][2] = {
    {"no such table", "the only table is events"},
    {"no such column", "event, key, time_us, value, and what the member "
     "properties names"},
    {"no such function", "sum avg min max count earliest latest dec_add "
     "dec_sub dec_mul dec_div dec_cmp round ceil floor least greatest abs dec "
     "is_dec date_trunc coalesce iif"},
    {"wrong number of arguments", "sum(x), round(x, places), "
     "earliest(x, time_us), date_trunc(unit, time_us)"},
  };

  for (size_t i = 0; i < BL_COUNT(hints); i++)
    if (!strncmp(words, hints[i][0], strlen(hints[i][0]))) return hints[i][1];
  return "a SELECT of a quantity FROM events";
}

/* What SQLite or the authorizer has against the statement. */
static int sandbox_refuse(bl_sandbox *box, int rc) {
  const char *words = sqlite3_errmsg(box->db);
  int at = sqlite3_error_offset(box->db);

  if (box->arena->failed || (rc & 0xff) == SQLITE_NOMEM)
    return sandbox_nomem(box);
  if (box->refused && !box->culprit.len)
    return sandbox_fail(box, 0, "a SELECT FROM events", box->refused,
                        BL_STR(""));
  if (box->refused)
    return sandbox_fail(box, bl_sql_find(box->meter.text, box->culprit),
                        "a SELECT FROM events that calls exact functions, "
                        "without a clock and without chance",
                        box->refused, box->culprit);
  return sandbox_fail(box, at < 0 ? 0 : (size_t)at, sandbox_hint(words),
                      words, BL_STR(""));
}

/* ---- What a statement may do -------------------------------------------- */

static int sandbox_no(bl_sandbox *box, const char *what, const char *name) {
  if (box->refused) return SQLITE_DENY;
  box->refused = what;
  box->culprit = bl_arena_str(box->arena, bl_str_of(name ? name : ""));
  return SQLITE_DENY;
}

static int sandbox_may(void *own, int action, const char *a, const char *b,
                       const char *base, const char *trigger) {
  bl_sandbox *box = own;

  (void)base;
  (void)trigger;
  if (box->is_ours) return SQLITE_OK;
  switch (action) {
  case SQLITE_SELECT: return SQLITE_OK;
  case SQLITE_READ:
    if (a && !strcmp(a, "events")) return SQLITE_OK;
    return sandbox_no(box, "there is no table", a);
  case SQLITE_FUNCTION:
    if (bl_sqlite_exact_has(b)) return SQLITE_OK;
    return sandbox_no(box, "not among the functions of meters:", b);
  case SQLITE_RECURSIVE:
    return sandbox_no(box, "WITH may not be recursive", NULL);
  default: return sandbox_no(box, "a meter only reads", NULL);
  }
}

/* Called every SANDBOX_SLICE steps; not zero ends the run. */
static int sandbox_tick(void *own) {
  bl_sandbox *box = own;

  return --box->slices < 0 ||
         sqlite3_memory_used() - box->memory > SANDBOX_MEMORY;
}

static void sandbox_limit(sqlite3 *db) {
  static const struct sandbox_row { int limit, most; } rows[] = {
    {SQLITE_LIMIT_LENGTH, 1 << 20}, {SQLITE_LIMIT_COLUMN, 256},
    {SQLITE_LIMIT_EXPR_DEPTH, 100}, {SQLITE_LIMIT_COMPOUND_SELECT, 16},
    {SQLITE_LIMIT_VDBE_OP, 25000}, {SQLITE_LIMIT_FUNCTION_ARG, 32},
    {SQLITE_LIMIT_ATTACHED, 0}, {SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 200},
    {SQLITE_LIMIT_TRIGGER_DEPTH, 0}, {SQLITE_LIMIT_WORKER_THREADS, 0},
  };
  static const int off[] = {
    SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, SQLITE_DBCONFIG_ENABLE_TRIGGER,
    SQLITE_DBCONFIG_ENABLE_VIEW, SQLITE_DBCONFIG_TRUSTED_SCHEMA,
    SQLITE_DBCONFIG_DQS_DML, SQLITE_DBCONFIG_DQS_DDL,
  };

  for (size_t i = 0; i < BL_COUNT(rows); i++)
    (void)sqlite3_limit(db, rows[i].limit, rows[i].most);
  for (size_t i = 0; i < BL_COUNT(off); i++)
    (void)sqlite3_db_config(db, off[i], 0, NULL);
  (void)sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
}

/* ---- The table ---------------------------------------------------------- */

static void sandbox_name(bl_text *text, bl_str name) {
  bl_text_c(text, ", \"");
  for (size_t i = 0; i < name.len; i++) {
    if (name.text[i] == '"') bl_text_c(text, "\"");
    bl_text_add(text, name.text + i, 1);
  }
  bl_text_c(text, "\"");
}

/* SQLite's code. */
static int sandbox_table(bl_sandbox *box) {
  bl_text create, insert;
  int rc;

  bl_text_open(&create, box->arena);
  bl_text_c(&create, "CREATE TABLE events (number INTEGER PRIMARY KEY, event "
            "TEXT, \"key\" TEXT, time_us INTEGER, value TEXT COLLATE "
            "decimal");
  bl_text_open(&insert, box->arena);
  bl_text_c(&insert, "INSERT INTO events VALUES (NULL, ?, ?, ?, ?");
  for (size_t i = 0; i < box->meter.property_count; i++) {
    sandbox_name(&create, box->meter.properties[i]);
    bl_text_c(&create, " TEXT COLLATE decimal");
    bl_text_c(&insert, ", ?");
  }
  bl_text_c(&create, ")");
  bl_text_c(&insert, ")");
  if (create.failed || insert.failed) return SQLITE_NOMEM;
  rc = sqlite3_exec(box->db, create.text, NULL, NULL, NULL);
  if (!rc)
    rc = sqlite3_prepare_v2(box->db, insert.text, -1, &box->insert, NULL);
  return rc;
}

/* ---- The statement ------------------------------------------------------ */

/* Puts a column beside the quantity to its place. */
static int sandbox_group(bl_sandbox *box, int column, bl_str name) {
  size_t at = box->group_count;

  if (box->group_count == BL_SQL_GROUPS)
    return sandbox_fail(box, 0, "at most 16 beside the quantity",
                        "there are too many columns", BL_STR(""));
  if (!name.len || name.len > 200)
    return sandbox_fail(box, 0, "name it with AS", "a column has no name of 1 "
                        "to 200 bytes", BL_STR(""));
  for (size_t i = 0; i < box->group_count; i++)
    if (bl_str_equal(box->groups[i], name))
      return sandbox_fail(box, bl_sql_find(box->meter.text, name),
                          "name one of them with AS",
                          "two columns have the name", name);
  for (; at && bl_str_order(name, box->groups[at - 1]) < 0; at--) {
    box->groups[at] = box->groups[at - 1];
    box->places[at] = box->places[at - 1];
  }
  box->groups[at] = name;
  box->places[at] = column;
  box->group_count++;
  return BILLING_OK;
}

/* The quantity is the column `value`, or the first. */
static int sandbox_columns(bl_sandbox *box) {
  int rc = BILLING_OK;

  box->columns = sqlite3_column_count(box->select);
  for (int i = box->columns; i--;) {
    const char *name = sqlite3_column_name(box->select, i);

    if (!name) return sandbox_nomem(box);
    if (!sqlite3_stricmp(name, "value")) box->value = i;
  }
  for (int i = 0; !rc && i < box->columns; i++) {
    const char *name = sqlite3_column_name(box->select, i);
    bl_str kept;

    if (i == box->value) continue;
    if (!name) return sandbox_nomem(box);
    kept = bl_arena_str(box->arena, bl_str_of(name));
    rc = box->arena->failed ? sandbox_nomem(box)
                            : sandbox_group(box, i, kept);
  }
  return rc;
}

static int sandbox_prepare(bl_sandbox *box) {
  bl_sql_fault fault = {0, NULL, NULL};
  bl_str text = box->meter.text;
  int rc;

  if (!bl_sql_words(text, &fault))
    return sandbox_fail(box, fault.at, fault.hint, fault.what, BL_STR(""));
  rc = sqlite3_set_authorizer(box->db, sandbox_may, box);
  if (!rc)
    rc = sqlite3_prepare_v2(box->db, text.text, (int)text.len, &box->select,
                            NULL);
  if (rc) return sandbox_refuse(box, rc);
  if (!box->select || !sqlite3_column_count(box->select))
    return sandbox_fail(box, 0, "SELECT .. FROM events",
                        "this statement gives no quantity", BL_STR(""));
  return sandbox_columns(box);
}

/* ---- Open and close ----------------------------------------------------- */

void bl_sandbox_close(bl_sandbox *box) {
  if (!box) return;
  sqlite3_finalize(box->insert);
  sqlite3_finalize(box->select);
  sqlite3_close(box->db);
}

static int sandbox_connect(bl_sandbox *box) {
  int rc = sqlite3_open_v2(":memory:", &box->db, SQLITE_OPEN_READWRITE |
                           SQLITE_OPEN_CREATE | SQLITE_OPEN_MEMORY |
                           SQLITE_OPEN_NOMUTEX, NULL);

  if (rc) return rc;
  sandbox_limit(box->db);
  rc = sqlite3_exec(box->db, "PRAGMA temp_store = MEMORY", NULL, NULL, NULL);
  if (!rc) rc = bl_sqlite_exact(box->db, &box->period);
  return rc ? rc : sandbox_table(box);
}

/* A table of a name like its own, or with more columns than SQLite takes, is
 * the caller's mistake; anything else is memory. */
static int sandbox_connected(bl_sandbox *box, int rc) {
  if (!rc) return BILLING_OK;
  if (box->arena->failed || (rc & 0xff) != SQLITE_ERROR)
    return sandbox_nomem(box);
  return bl_fail(box->err, BILLING_INVALID, box->path,
                 "event, key, time_us, value and number are there already",
                 "the properties cannot be columns: %s",
                 sqlite3_errmsg(box->db));
}

int bl_sandbox_open(const bl_sql_meter *meter, bl_span period, bl_arena *a,
                    const char *path, bl_sandbox **out, billing_error *err) {
  bl_sandbox *box = bl_arena_take(a, sizeof *box);
  int rc;

  if (!box) return bl_fail_code(err, BILLING_NOMEM);
  box->arena  = a;
  box->err    = err;
  box->path   = path;
  box->meter  = *meter;
  box->period = period;
  box->memory = sqlite3_memory_used();
  box->slices = BL_SQL_STEPS / SANDBOX_SLICE;
  box->groups = bl_arena_array(a, BL_SQL_GROUPS, sizeof *box->groups);
  box->places = bl_arena_array(a, BL_SQL_GROUPS, sizeof *box->places);
  rc = a->failed ? sandbox_nomem(box)
                 : sandbox_connected(box, sandbox_connect(box));
  if (!rc) rc = sandbox_prepare(box);
  if (rc) bl_sandbox_close(box);
  else *out = box;
  return rc;
}

const bl_str *bl_sandbox_groups(const bl_sandbox *box, size_t *count) {
  *count = box->group_count;
  return box->groups;
}

/* ---- Rows in ------------------------------------------------------------ */

static int sandbox_bind(const bl_sandbox *box, int at, bl_str text) {
  if (!text.text) return sqlite3_bind_null(box->insert, at);
  return sqlite3_bind_text64(box->insert, at, text.text, text.len,
                             SQLITE_STATIC, SQLITE_UTF8);
}

/* The statement is prepared anew after the authorizer was set. */
int bl_sandbox_add(bl_sandbox *box, const bl_sql_event *event) {
  char text[BL_DEC_TEXT];
  bl_str value = {text, bl_dec_print(event->value, text)};
  int rc = sandbox_bind(box, 1, event->name);

  if (bl_dec_is_bad(event->value)) value.text = NULL;
  if (!rc) rc = sandbox_bind(box, 2, event->key);
  if (!rc) rc = sqlite3_bind_int64(box->insert, 3, event->time_us);
  if (!rc) rc = sandbox_bind(box, 4, value);
  for (size_t i = 0; !rc && i < box->meter.property_count; i++)
    rc = sandbox_bind(box, 5 + (int)i, event->properties[i]);
  box->is_ours = 1;
  if (!rc) rc = sqlite3_step(box->insert);
  box->is_ours = 0;
  (void)sqlite3_reset(box->insert);
  (void)sqlite3_clear_bindings(box->insert);
  box->slices += BL_SQL_STEPS_EACH / SANDBOX_SLICE;
  if (rc == SQLITE_DONE) return BILLING_OK;
  if ((rc & 0xff) == SQLITE_TOOBIG)
    return bl_fail(box->err, BILLING_LIMIT, box->path, NULL,
                   "an event is too long for a SQL meter");
  return sandbox_nomem(box);
}

/* ---- Rows out ----------------------------------------------------------- */

static int sandbox_broken(bl_sandbox *box, int rc) {
  switch (rc & 0xff) {
  case SQLITE_NOMEM: return sandbox_nomem(box);
  case SQLITE_INTERRUPT:
    return bl_fail(box->err, BILLING_LIMIT, box->path,
                   "a million steps of SQLite and a thousand for each event; "
                   "join less",
                   "the statement takes too long, or too much memory");
  case SQLITE_TOOBIG:
    return bl_fail(box->err, BILLING_LIMIT, box->path, NULL,
                   "a text of the statement has more than a million bytes");
  default:
    return bl_fail(box->err, BILLING_INVALID, box->path,
                   "is_dec(x) says whether a text is a number", "%s",
                   sqlite3_errmsg(box->db));
  }
}

/* NULL is nothing: sum(value) of no rows is. */
static int sandbox_quantity(bl_sandbox *box, bl_dec *out) {
  int type = sqlite3_column_type(box->select, box->value);
  const char *text = (const char *)sqlite3_column_text(box->select,
                                                       box->value);
  size_t len = (size_t)sqlite3_column_bytes(box->select, box->value);
  bl_str shown = {text, len < 60 ? len : 60};

  *out = BL_DEC_ZERO;
  if (type == SQLITE_NULL) return BILLING_OK;
  if (!text) return sandbox_nomem(box);
  if ((type == SQLITE_TEXT || type == SQLITE_INTEGER) &&
      !bl_dec_parse(text, len, out))
    return BILLING_OK;
  return bl_fail(box->err, BILLING_INVALID, box->path,
                 "the column value, or the first, is the quantity",
                 "%t is not an exact decimal", &shown);
}

/* The columns beside the quantity as an object. */
static int sandbox_key(const bl_sandbox *box, bl_str *out) {
  bl_text text;

  *out = BL_STR("");
  if (!box->group_count) return BILLING_OK;
  bl_text_open(&text, box->arena);
  for (size_t i = 0; i < box->group_count; i++) {
    int type = sqlite3_column_type(box->select, box->places[i]);
    const char *value =
      (const char *)sqlite3_column_text(box->select, box->places[i]);
    size_t len = (size_t)sqlite3_column_bytes(box->select, box->places[i]);

    bl_text_c(&text, i ? "," : "{");
    bl_text_json(&text, box->groups[i]);
    bl_text_c(&text, ":");
    if (type == SQLITE_NULL) bl_text_c(&text, "null");
    else if (!value) return sandbox_nomem(box);
    else if (type == SQLITE_INTEGER) bl_text_add(&text, value, len);
    else bl_text_json(&text, (bl_str){value, len});
  }
  bl_text_c(&text, "}");
  if (text.failed) return sandbox_nomem(box);
  *out = (bl_str){text.text, text.len};
  return BILLING_OK;
}

/* Adds a row to its group, or puts a new group to its place. */
static int sandbox_book(bl_sandbox *box, bl_sql_quantity *rows, size_t *count,
                        bl_str key, bl_dec quantity) {
  size_t low = 0, high = *count;

  while (low < high) {
    size_t middle = low + (high - low) / 2;

    if (bl_str_order(rows[middle].group, key) < 0) low = middle + 1;
    else high = middle;
  }
  if (low < *count && bl_str_equal(rows[low].group, key)) {
    rows[low].quantity = bl_dec_add(rows[low].quantity, quantity);
    return bl_dec_is_bad(rows[low].quantity)
             ? bl_fail(box->err, BILLING_LIMIT, box->path, NULL,
                       "a quantity has more than 20 digits before the point")
             : BILLING_OK;
  }
  if (*count == BL_SQL_ROWS)
    return bl_fail(box->err, BILLING_LIMIT, box->path, "at most 10000",
                   "there are too many groups");
  memmove(&rows[low + 1], &rows[low], (*count - low) * sizeof *rows);
  rows[low] = (bl_sql_quantity){key, quantity};
  ++*count;
  return BILLING_OK;
}

int bl_sandbox_run(bl_sandbox *box, bl_sql_quantity **out, size_t *count) {
  bl_sql_quantity *rows = bl_arena_array(box->arena, BL_SQL_ROWS + 1,
                                         sizeof *rows);
  size_t groups = 0;
  int step = SQLITE_ROW;
  int rc = rows ? BILLING_OK : sandbox_nomem(box);

  sqlite3_progress_handler(box->db, SANDBOX_SLICE, sandbox_tick, box);
  while (!rc && (step = sqlite3_step(box->select)) == SQLITE_ROW) {
    bl_dec quantity;
    bl_str key;

    rc = sandbox_quantity(box, &quantity);
    if (!rc) rc = sandbox_key(box, &key);
    if (!rc) rc = sandbox_book(box, rows, &groups, key, quantity);
  }
  if (!rc && step != SQLITE_DONE) rc = sandbox_broken(box, step);
  (void)sqlite3_reset(box->select);
  if (rc) return rc;
  *out = rows;
  *count = groups;
  return BILLING_OK;
}

#undef SANDBOX_SLICE
#undef SANDBOX_MEMORY
