/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * sqlite.c - the default store.  Only files of this name know SQLite.
 *
 * Every call of SQLite goes through s->api: the host's own table of routines
 * when the connection is the host's, since it may belong to another copy of
 * SQLite than the one that this library is linked with; two copies must never
 * meet in one connection.  SQLITE_CORE keeps sqlite3ext.h from renaming the
 * functions, so that `sqlite_own` can name them.
 *
 *               our connection          the host's
 *     begin     BEGIN [IMMEDIATE]       the same, or SAVEPOINT billing inside
 *                                       the host's transaction
 *     commit    COMMIT                  COMMIT, or RELEASE billing
 *     rollback  ROLLBACK                ROLLBACK, or ROLLBACK TO and RELEASE
 *
 * A store that reads for a statement of the host's, which is running, begins
 * and ends nothing: that statement has its transaction already, and there may
 * be no savepoint inside a statement that writes.
 *
 * Statements are prepared once and reset after use, so that none of them keeps
 * a lock between two calls.
 *
 * On our own connection writers wait for their turn (sqlite_wal.h) before they
 * begin, and SQLite does not sync a commit (synchronous=NORMAL): sync does,
 * when nobody waits any more.  The log is a chain of checksums, so what one
 * sync covers is a prefix of all commits, whoever made them; a checkpoint
 * syncs the log before it touches the database.  Where the log cannot be
 * opened a second time SQLite syncs each commit (FULL).
 */
#define SQLITE_CORE 1
#include <sqlite3ext.h>

#include "store/sql.h"
#include "store/sqlite_wal.h"
#include "store/store.h"

/* STRICT tables. */
#define OLDEST_SQLITE 3037000
/* Statements of scans that are kept prepared. */
#define SCAN_SLOTS 24
/* Frames of the log that are moved into the database at a time: few enough
 * that no call feels it, and enough that pages that change often, and the two
 * syncs that it takes, are shared by many commits. */
#define LOG_PIECE 400
/* Of a frame, before its page. */
#define FRAME_HEAD 24
/* Naps of the busy handler: a tenth of a second in all, or ten seconds. */
#define SHORT_NAPS 1000
#define SHORT_NAP_US 50
#define LONG_NAPS 11000
#define LONG_NAP_US 1000

static const sqlite3_api_routines sqlite_own = {
  .bind_blob64           = sqlite3_bind_blob64,
  .bind_int64            = sqlite3_bind_int64,
  .bind_text64           = sqlite3_bind_text64,
  .busy_handler          = sqlite3_busy_handler,
  .changes               = sqlite3_changes,
  .clear_bindings        = sqlite3_clear_bindings,
  .close                 = sqlite3_close,
  .column_blob           = sqlite3_column_blob,
  .column_bytes          = sqlite3_column_bytes,
  .column_int64          = sqlite3_column_int64,
  .column_text           = sqlite3_column_text,
  .column_type           = sqlite3_column_type,
  .create_module         = sqlite3_create_module,
  .create_module_v2      = sqlite3_create_module_v2,
  .db_filename           = sqlite3_db_filename,
  .db_readonly           = sqlite3_db_readonly,
  .declare_vtab          = sqlite3_declare_vtab,
  .errmsg                = sqlite3_errmsg,
  .extended_errcode      = sqlite3_extended_errcode,
  .extended_result_codes = sqlite3_extended_result_codes,
  .finalize              = sqlite3_finalize,
  .free                  = sqlite3_free,
  .get_autocommit        = sqlite3_get_autocommit,
  .last_insert_rowid     = sqlite3_last_insert_rowid,
  .libversion_number     = sqlite3_libversion_number,
  .malloc                = sqlite3_malloc,
  .open_v2               = sqlite3_open_v2,
  .prepare_v3            = sqlite3_prepare_v3,
  .reset                 = sqlite3_reset,
  .result_int64          = sqlite3_result_int64,
  .result_null           = sqlite3_result_null,
  .result_text           = sqlite3_result_text,
  .set_last_insert_rowid = sqlite3_set_last_insert_rowid,
  .step                  = sqlite3_step,
  .value_bytes           = sqlite3_value_bytes,
  .value_int64           = sqlite3_value_int64,
  .value_numeric_type    = sqlite3_value_numeric_type,
  .value_text            = sqlite3_value_text,
  .vfs_find              = sqlite3_vfs_find,
  .vtab_collation        = sqlite3_vtab_collation,
  .vtab_config           = sqlite3_vtab_config,
  .wal_checkpoint_v2     = sqlite3_wal_checkpoint_v2,
  .wal_hook              = sqlite3_wal_hook,
};

/* What is done without parameters, prepared when the store is made: ending a
 * transaction must not be able to run out of memory. */
enum sqlite_verb {
  VERB_BEGIN,
  VERB_BEGIN_WRITE,
  VERB_COMMIT,
  VERB_ROLLBACK,
  VERB_SAVEPOINT,
  VERB_RELEASE,
  VERB_ROLLBACK_TO,
  VERBS
};

static const char *const sqlite_verbs[VERBS] = {
  "BEGIN",
  "BEGIN IMMEDIATE",
  "COMMIT",
  "ROLLBACK",
  "SAVEPOINT billing",
  "RELEASE billing",
  "ROLLBACK TO billing",
};

/* What is done with one row of a table. */
enum sqlite_deed { DEED_GET, DEED_INSERT, DEED_REPLACE, DEED_REMOVE, DEEDS };

enum connection_state {
  CONNECTION_IDLE,
  CONNECTION_READING,
  CONNECTION_WRITING
};

/* A prepared scan.  Only its statement's parameters change. */
typedef struct sqlite_slot {
  sqlite3_stmt *stmt;
  billing_scan  shape;           /* without the values of its bounds */
  uint64_t      used;            /* when, counted in scans */
  uint32_t      is_open;
  uint32_t      is_done;
} sqlite_slot;

typedef struct sqlite_store {
  billing_store               base;
  const sqlite3_api_routines *api;
  sqlite3                    *db;
  billing_allocator           host;
  const billing_table       **tables;
  sqlite3_stmt              **deeds;      /* DEEDS for each table */
  sqlite3_stmt               *probe[2];   /* by BILLING_BEGIN_* */
  size_t                      table_count;
  sqlite3_stmt               *verbs[VERBS];
  bl_wal                      wal;        /* of our own connection */
  int64_t                     frame;      /* bytes of one in it */
  int64_t                     frames;     /* in it after the last commit */
  int64_t                     moved;      /* of them, into the database */
  sqlite_slot                 slots[SCAN_SLOTS];
  uint64_t                    scans;
  char                       *room;       /* the row given out last */
  size_t                      room_size;
  uint32_t                    flags;      /* READ_ONLY, EXISTING */
  uint32_t                    waits;      /* not BILLING_OPEN_NO_WAIT */
  int                         naps;       /* of the busy handler, at most */
  uint32_t                    is_host;
  uint32_t                    is_nested;  /* inside a statement of the host */
  uint32_t                    is_new;
  uint32_t                    joins;      /* inside the host's transaction */
  uint32_t                    is_doomed;  /* can only be rolled back */
  enum connection_state       state;
  int64_t                     host_rowid; /* the host's last_insert_rowid */
  char                        message[512];
} sqlite_store;

static sqlite_store *sqlite_of(billing_store *s) {
  return (sqlite_store *)(void *)s;
}

/* ---- Failures ----------------------------------------------------------- */

static void sqlite_say(sqlite_store *s, const char *format, ...) {
  va_list args;

  va_start(args, format);
  bl_format_into(s->message, sizeof s->message, format, args);
  va_end(args);
}

static int sqlite_refuse(sqlite_store *s, int code, const char *why) {
  sqlite_say(s, "%s", why);
  return code;
}

static int sqlite_code(int rc) {
  if (rc == SQLITE_IOERR_NOMEM) return BILLING_NOMEM;
  switch (rc & 0xff) {
  case SQLITE_OK: return BILLING_OK;
  case SQLITE_NOMEM: return BILLING_NOMEM;
  case SQLITE_BUSY:                /* BUSY_SNAPSHOT among them */
  case SQLITE_LOCKED:
  case SQLITE_PROTOCOL: return BILLING_BUSY;
  case SQLITE_CORRUPT: return BILLING_CORRUPT;
  default: return BILLING_STORE;
  }
}

/* The extended form of a result, also where the host has not turned it on. */
static int sqlite_extended(const sqlite_store *s, int rc) {
  int extended = s->api->extended_errcode(s->db);

  assert(rc != SQLITE_OK && rc != SQLITE_ROW && rc != SQLITE_DONE);
  return (extended & 0xff) == (rc & 0xff) ? extended : rc;
}

static int sqlite_fail(sqlite_store *s, int rc) {
  int extended = sqlite_extended(s, rc);

  sqlite_say(s, "%s (SQLite %i)", s->api->errmsg(s->db), (int64_t)extended);
  return sqlite_code(extended);
}

/* ---- Statements --------------------------------------------------------- */

static int sqlite_prepare(sqlite_store *s, const char *text, uint32_t flags,
                          sqlite3_stmt **out) {
  int rc = s->api->prepare_v3(s->db, text, -1, flags, out, NULL);

  return rc ? sqlite_fail(s, rc) : BILLING_OK;
}

/* BILLING_OK for a row, DONE at the end. */
static int sqlite_step(sqlite_store *s, sqlite3_stmt *stmt) {
  int rc;

  assert(stmt);
  rc = s->api->step(stmt);
  if (rc == SQLITE_ROW) return BILLING_OK;
  return rc == SQLITE_DONE ? BILLING_DONE : sqlite_fail(s, rc);
}

/* Makes a statement ready for its next use. */
static void sqlite_settle(const sqlite_store *s, sqlite3_stmt *stmt) {
  s->api->reset(stmt);
  s->api->clear_bindings(stmt);
}

static int sqlite_do(sqlite_store *s, sqlite3_stmt *stmt) {
  int rc = sqlite_step(s, stmt);

  s->api->reset(stmt);
  return rc == BILLING_DONE ? BILLING_OK : rc;
}

static int sqlite_verb(sqlite_store *s, enum sqlite_verb verb) {
  return sqlite_do(s, s->verbs[verb]);
}

/* Runs a statement once; the text of its first column, if it has a row, comes
 * into `out`, cut to `size`. */
static int sqlite_ask(sqlite_store *s, const char *text, char *out,
                      size_t size) {
  sqlite3_stmt *stmt = NULL;
  int rc = sqlite_prepare(s, text, 0, &stmt);

  if (!rc) rc = sqlite_step(s, stmt);
  if (!rc && out) {
    const unsigned char *answer = s->api->column_text(stmt, 0);
    size_t len = answer ? (size_t)s->api->column_bytes(stmt, 0) : 0;

    if (len > size - 1) len = size - 1;
    if (len) memcpy(out, answer, len);
    out[len] = '\0';
  }
  s->api->finalize(stmt);
  return rc == BILLING_DONE ? BILLING_OK : rc;
}

/* Runs a statement once that has a row with a number. */
static int sqlite_count(sqlite_store *s, const char *text, int64_t *out) {
  sqlite3_stmt *stmt = NULL;
  int rc = sqlite_prepare(s, text, 0, &stmt);

  if (!rc) rc = sqlite_step(s, stmt);
  if (!rc) *out = s->api->column_int64(stmt, 0);
  s->api->finalize(stmt);
  return rc == BILLING_DONE ? BILLING_STORE : rc;
}

static int sqlite_run(sqlite_store *s, const bl_text *text) {
  if (text->failed) return BILLING_NOMEM;
  return sqlite_ask(s, text->text, NULL, 0);
}

/* A NULL pointer would bind NULL. */
static int sqlite_bind_one(const sqlite_store *s, sqlite3_stmt *stmt, int at,
                           const billing_value *v,
                           sqlite3_destructor_type life) {
  const char *bytes = v->bytes.len ? v->bytes.text : "";

  switch (v->type) {
  case BILLING_VALUE_INTEGER:
    return s->api->bind_int64(stmt, at, v->integer);
  case BILLING_VALUE_TEXT:
    return s->api->bind_text64(stmt, at, bytes, v->bytes.len, life,
                               SQLITE_UTF8);
  case BILLING_VALUE_BLOB:
    return s->api->bind_blob64(stmt, at, bytes, v->bytes.len, life);
  default:
    return SQLITE_MISUSE;
  }
}

/* Binds `count` values from parameter `first` on. */
static int sqlite_bind(sqlite_store *s, sqlite3_stmt *stmt, size_t first,
                       const billing_value *values, size_t count,
                       sqlite3_destructor_type life) {
  int rc = SQLITE_OK;

  assert(first > 0 && first + count <= 2 * BL_SORT_MOST + BL_ROW_MOST);
  for (size_t i = 0; !rc && i < count; i++)
    rc = sqlite_bind_one(s, stmt, (int)(first + i), &values[i], life);
  return rc ? sqlite_fail(s, rc) : BILLING_OK;
}

/* One column of the row that a statement stands on. */
static int sqlite_column(sqlite_store *s, sqlite3_stmt *stmt,
                         const billing_table *t, size_t column,
                         billing_value *out) {
  uint32_t type = t->columns[column].type;
  int at = (int)column;
  static const int types[] = {0, SQLITE_INTEGER, SQLITE_TEXT, SQLITE_BLOB};

  assert(type > 0 && type < BL_COUNT(types));
  *out = bl_value_empty(type);
  if (s->api->column_type(stmt, at) != types[type]) {
    sqlite_say(s, "%s.%s holds a value of another type", t->name,
               t->columns[column].name);
    return BILLING_CORRUPT;
  }
  if (type == BILLING_VALUE_INTEGER) {
    out->integer = s->api->column_int64(stmt, at);
    return BILLING_OK;
  }
  if (type == BILLING_VALUE_TEXT)
    out->bytes.text = (const char *)s->api->column_text(stmt, at);
  else
    out->bytes.text = s->api->column_blob(stmt, at);
  out->bytes.len = (size_t)s->api->column_bytes(stmt, at);
  if (out->bytes.text) return BILLING_OK;
  if (out->bytes.len) return BILLING_NOMEM;
  out->bytes.text = "";
  return BILLING_OK;
}

static int sqlite_row(sqlite_store *s, sqlite3_stmt *stmt,
                      const billing_table *t, billing_value *row) {
  int rc = BILLING_OK;

  for (size_t i = 0; !rc && i < t->column_count; i++)
    rc = sqlite_column(s, stmt, t, i, &row[i]);
  return rc;
}

static void sqlite_finalize(const sqlite_store *s, sqlite3_stmt **stmt) {
  s->api->finalize(*stmt);
  *stmt = NULL;
}

/* ---- Transactions ------------------------------------------------------- */

static void sqlite_end(billing_store *base, void *rows) {
  sqlite_slot *slot = rows;

  assert(slot->is_open);
  sqlite_settle(sqlite_of(base), slot->stmt);
  slot->is_open = 0;
}

static void sqlite_end_all(sqlite_store *s) {
  for (size_t i = 0; i < SCAN_SLOTS; i++)
    if (s->slots[i].is_open) sqlite_end(&s->base, &s->slots[i]);
}

static int sqlite_may_enter(sqlite_store *s, int is_writing) {
  if (s->state != CONNECTION_IDLE)
    return sqlite_refuse(s, BILLING_STORE, "a transaction is open already");
  if (is_writing && s->flags & BILLING_OPEN_READ_ONLY)
    return sqlite_refuse(s, BILLING_STORE, "the database is read-only");
  if (is_writing && bl_wal_is_lost(&s->wal))
    return sqlite_refuse(s, BILLING_STORE, "the disk failed to sync; what it "
                                           "has shows when it is reopened");
  return BILLING_OK;
}

static int sqlite_enter(sqlite_store *s, uint32_t mode) {
  int is_writing = mode == BILLING_BEGIN_WRITE;
  uint32_t joins = s->is_host && !s->api->get_autocommit(s->db);
  int rc = sqlite_may_enter(s, is_writing);

  if (!rc && is_writing) rc = bl_wal_take_turn(&s->wal, (int)s->waits);
  if (rc) return rc;
  if (!s->is_nested)
    rc = sqlite_verb(s, joins        ? VERB_SAVEPOINT
                        : is_writing ? VERB_BEGIN_WRITE
                                     : VERB_BEGIN);
  if (rc && is_writing) bl_wal_give_turn(&s->wal);
  if (rc) return rc;
  s->state      = is_writing ? CONNECTION_WRITING : CONNECTION_READING;
  s->joins      = joins;
  s->is_doomed  = 0;
  s->host_rowid = s->is_host ? s->api->last_insert_rowid(s->db) : 0;
  return BILLING_OK;
}

static void sqlite_left(sqlite_store *s) {
  assert(s->state != CONNECTION_IDLE);
  if (s->state == CONNECTION_WRITING) bl_wal_give_turn(&s->wal);
  s->state = CONNECTION_IDLE;
  if (s->is_host) s->api->set_last_insert_rowid(s->db, s->host_rowid);
}

/* SQLite may have rolled everything back by itself, when the disk was full
 * for example; then nothing of ours is left to be undone. */
static void sqlite_rollback(billing_store *base) {
  sqlite_store *s = sqlite_of(base);

  if (s->state == CONNECTION_IDLE) return;
  sqlite_end_all(s);
  if (s->is_nested || s->api->get_autocommit(s->db)) {
    sqlite_left(s);
    return;
  }
  if (s->joins) {
    (void)sqlite_verb(s, VERB_ROLLBACK_TO);
    (void)sqlite_verb(s, VERB_RELEASE);
  } else {
    (void)sqlite_verb(s, VERB_ROLLBACK);
  }
  sqlite_left(s);
}

/* SQLite tells after each commit. */
static int sqlite_note_frames(void *store, sqlite3 *db, const char *name,
                              int frames) {
  (void)db;
  (void)name;
  ((sqlite_store *)store)->frames = frames;
  return SQLITE_OK;
}

/*
 * What a commit does for the log while it has its turn.  A log that has been
 * moved whole is begun anew by the next commit, over the same blocks; one that
 * a reader still needs goes on growing, and is moved piece by piece.
 */
static void sqlite_tend_log(sqlite_store *s) {
  int rc = SQLITE_OK;

  if (s->frames < s->moved) s->moved = 0;
  if (s->frames - s->moved < LOG_PIECE) {
    bl_wal_extend(&s->wal, s->frames * s->frame);
    return;
  }
  rc = s->api->wal_checkpoint_v2(s->db, "main", SQLITE_CHECKPOINT_PASSIVE,
                                 NULL, NULL);
  s->moved = s->frames;
  if (rc && sqlite_extended(s, rc) == SQLITE_IOERR_FSYNC)
    bl_wal_lose(&s->wal);
}

/* A commit that fails has ended the transaction, too. */
static int sqlite_commit(billing_store *base) {
  sqlite_store *s = sqlite_of(base);
  int rc = s->is_doomed ? BILLING_STORE : BILLING_OK;

  if (s->state == CONNECTION_IDLE)
    return sqlite_refuse(s, BILLING_STORE, "no transaction is open");
  sqlite_end_all(s);
  if (!rc && !s->is_nested)
    rc = sqlite_verb(s, s->joins ? VERB_RELEASE : VERB_COMMIT);
  if (rc) {
    sqlite_rollback(base);
    return rc;
  }
  if (!s->is_host && s->state == CONNECTION_WRITING) sqlite_tend_log(s);
  sqlite_left(s);
  return rc;
}

/* ---- Tables ------------------------------------------------------------- */

static void sqlite_forget(sqlite_store *s) {
  size_t count = s->table_count;

  for (size_t i = 0; i < SCAN_SLOTS; i++) {
    sqlite_finalize(s, &s->slots[i].stmt);
    memset(&s->slots[i], 0, sizeof s->slots[i]);
  }
  for (size_t i = 0; i < count * DEEDS; i++) sqlite_finalize(s, &s->deeds[i]);
  for (size_t i = 0; i < BL_COUNT(s->probe); i++)
    sqlite_finalize(s, &s->probe[i]);
  bl_host_free(&s->host, s->deeds, count * DEEDS * sizeof(sqlite3_stmt *));
  bl_host_free(&s->host, s->tables, count * sizeof(const billing_table *));
  s->deeds       = NULL;
  s->tables      = NULL;
  s->table_count = 0;
}

static int sqlite_keep(sqlite_store *s, const billing_table *const *tables,
                       size_t count) {
  assert(s->state == CONNECTION_IDLE);
  sqlite_forget(s);
  if (count == 0) return BILLING_OK;
  s->tables = bl_host_alloc(&s->host, count * sizeof(const billing_table *));
  s->deeds  = bl_host_alloc(&s->host,
                            count * DEEDS * sizeof(sqlite3_stmt *));
  s->table_count = count;
  if (!s->tables || !s->deeds) {
    bl_host_free(&s->host, s->deeds, count * DEEDS * sizeof(sqlite3_stmt *));
    bl_host_free(&s->host, s->tables, count * sizeof(const billing_table *));
    s->deeds       = NULL;
    s->tables      = NULL;
    s->table_count = 0;
    return BILLING_NOMEM;
  }
  memcpy(s->tables, tables, count * sizeof(const billing_table *));
  return BILLING_OK;
}

/* The declared column of this name, or `column_count`. */
static size_t sqlite_find(const billing_table *t, const char *name) {
  size_t i = 0;

  while (i < t->column_count && strcmp(t->columns[i].name, name)) i++;
  return i;
}

/* Whether a column of the file, a row of table_info, is as we declare it, or
 * one that we do not know and that is not in the key. */
static int sqlite_is_ours(const sqlite_store *s, sqlite3_stmt *stmt,
                          const billing_table *t, size_t at) {
  const char *type = (const char *)s->api->column_text(stmt, 2);
  int64_t in_key = s->api->column_int64(stmt, 5);

  if (at == t->column_count) return in_key == 0;
  if (in_key != (at < t->key_count ? (int64_t)at + 1 : 0)) return 0;
  return type && !strcmp(type, bl_sql_sqlite.type[t->columns[at].type]);
}

/* Which of the declared columns a table has, bit by bit; 0: no table. */
static int sqlite_inspect(sqlite_store *s, const billing_table *t,
                          sqlite3_stmt *stmt, uint32_t *seen) {
  uint32_t key = ((uint32_t)1 << t->key_count) - 1, is_there = 0;
  int rc;

  *seen = 0;
  while ((rc = sqlite_step(s, stmt)) == BILLING_OK) {
    const char *name = (const char *)s->api->column_text(stmt, 1);
    size_t at = name ? sqlite_find(t, name) : t->column_count;

    is_there = 1;
    if (!sqlite_is_ours(s, stmt, t, at)) {
      sqlite_say(s, "there is a table %s that is not ours: its column %s is "
                    "another", t->name, name ? name : "");
      return BILLING_UNSUPPORTED;
    }
    if (at < t->column_count) *seen |= (uint32_t)1 << at;
  }
  if (rc != BILLING_DONE) return rc;
  if (!is_there || (*seen & key) == key) return BILLING_OK;
  sqlite_say(s, "there is a table %s that is not ours: its key is another",
             t->name);
  return BILLING_UNSUPPORTED;
}

static int sqlite_look_at(sqlite_store *s, const billing_table *t,
                          bl_text *text, uint32_t *seen) {
  sqlite3_stmt *stmt = NULL;
  int rc = BILLING_OK;

  bl_text_format(text, "PRAGMA main.table_info(\"%s\")", t->name);
  if (text->failed) rc = BILLING_NOMEM;
  if (!rc) rc = sqlite_prepare(s, text->text, 0, &stmt);
  if (!rc) rc = sqlite_inspect(s, t, stmt, seen);
  s->api->finalize(stmt);
  return rc;
}

/* Whether all indexes of a table are there. */
static int sqlite_look_at_indexes(sqlite_store *s, const billing_table *t,
                                  bl_text *text, uint32_t *lacks) {
  char answer[2] = "";
  int rc = BILLING_OK;

  for (size_t i = 0; !rc && i < t->index_count; i++) {
    bl_text_open(text, text->arena);
    bl_text_c(text, "SELECT 1 FROM main.sqlite_schema WHERE type = 'index'"
                    " AND name = '");
    bl_sql_index_name(text, t, i);
    bl_text_c(text, "'");
    if (text->failed) return BILLING_NOMEM;
    answer[0] = '\0';
    rc = sqlite_ask(s, text->text, answer, sizeof answer);
    if (!answer[0]) *lacks = 1;
  }
  return rc;
}

/* Makes the table, or the columns that it lacks, and its indexes. */
static int sqlite_make(sqlite_store *s, const billing_table *t, uint32_t seen,
                       bl_arena *arena) {
  bl_text text;
  int rc = BILLING_OK;

  bl_text_open(&text, arena);
  if (!seen) {
    bl_sql_create_table(&text, &bl_sql_sqlite, t);
    rc = sqlite_run(s, &text);
  }
  for (size_t i = 0; !rc && seen && i < t->column_count; i++) {
    if (seen >> i & 1) continue;
    bl_text_open(&text, arena);
    bl_sql_add_column(&text, &bl_sql_sqlite, t, i);
    rc = sqlite_run(s, &text);
  }
  for (size_t i = 0; !rc && i < t->index_count; i++) {
    bl_text_open(&text, arena);
    bl_sql_create_index(&text, t, i);
    rc = sqlite_run(s, &text);
  }
  return rc;
}

/* What looking at all tables says. */
typedef struct sqlite_view {
  size_t   there;      /* tables */
  uint32_t lacks;      /* a table, a column or an index */
  uint32_t reserved;
} sqlite_view;

/* Looks at all tables, inside a transaction, and makes what is missing. */
static int sqlite_survey(sqlite_store *s, int makes, sqlite_view *view) {
  bl_arena arena;
  bl_text text;
  int rc = BILLING_OK;

  assert(s->state == (makes ? CONNECTION_WRITING : CONNECTION_READING) ||
         s->is_host);
  memset(view, 0, sizeof *view);
  bl_arena_open(&arena, &s->host);
  for (size_t i = 0; !rc && i < s->table_count; i++) {
    const billing_table *t = s->tables[i];
    uint32_t all = ((uint32_t)1 << t->column_count) - 1, seen = 0;

    bl_text_open(&text, &arena);
    rc = sqlite_look_at(s, t, &text, &seen);
    view->there += (size_t)(seen != 0);
    if (seen != all) view->lacks = 1;
    if (!rc && seen)
      rc = sqlite_look_at_indexes(s, t, &text, &view->lacks);
    if (!rc && makes) rc = sqlite_make(s, t, seen, &arena);
  }
  bl_arena_close(&arena);
  return rc;
}

/* Looks in a read transaction, so that opening what is complete never waits
 * for a writer. */
static int sqlite_look(sqlite_store *s, sqlite_view *view) {
  int rc = sqlite_enter(s, BILLING_BEGIN_READ);

  if (rc) return rc;
  rc = sqlite_survey(s, 0, view);
  if (rc) {
    sqlite_rollback(&s->base);
    return rc;
  }
  return sqlite_commit(&s->base);
}

/* Another process may have been faster since we looked: so it looks again. */
static int sqlite_complete(sqlite_store *s) {
  sqlite_view view;
  int rc = sqlite_enter(s, BILLING_BEGIN_WRITE);

  if (rc) return rc;
  rc = sqlite_survey(s, 1, &view);
  if (rc) {
    sqlite_rollback(&s->base);
    return rc;
  }
  rc = sqlite_commit(&s->base);
  if (!rc) s->is_new = view.there == 0;
  return rc;
}

static int sqlite_declare(billing_store *base,
                          const billing_table *const *tables, size_t count) {
  sqlite_store *s = sqlite_of(base);
  sqlite_view view = {0, 0, 0};
  int rc = BILLING_OK;

  if (s->state != CONNECTION_IDLE)
    return sqlite_refuse(s, BILLING_STORE, "a transaction is open");
  s->is_new = 0;
  rc = sqlite_keep(s, tables, count);
  if (!rc) rc = sqlite_look(s, &view);
  if (!rc && view.lacks && s->flags) {
    if (view.there == 0)
      rc = sqlite_refuse(s, BILLING_NOTFOUND, "nothing of ours is in it");
    else if (s->flags & BILLING_OPEN_READ_ONLY)
      rc = sqlite_refuse(s, BILLING_UNSUPPORTED,
                         "an older version wrote it; open it for writing");
  }
  if (!rc && view.lacks) rc = sqlite_complete(s);
  if (rc) sqlite_forget(s);
  return rc;
}

/* ---- Begin on the host's connection ------------------------------------- */

/*
 * Touches the first table without changing it: that takes the write lock
 * inside the host's transaction, where BEGIN IMMEDIATE is not to be had, and
 * fails when the tables are gone, because the host has rolled back the
 * transaction in which they were made.
 */
static int sqlite_probe(sqlite_store *s, uint32_t mode) {
  static const char *const texts[] = {"SELECT 1 FROM \"%s\" LIMIT 0",
                                      "DELETE FROM \"%s\" WHERE 0"};
  uint32_t which = mode == BILLING_BEGIN_WRITE;
  bl_arena arena;
  bl_text text;
  int rc = BILLING_OK;

  assert(s->is_host && s->table_count > 0);
  if (!s->probe[which]) {
    bl_arena_open(&arena, &s->host);
    bl_text_open(&text, &arena);
    bl_text_format(&text, texts[which], s->tables[0]->name);
    if (text.failed) rc = BILLING_NOMEM;
    if (!rc)
      rc = sqlite_prepare(s, text.text, SQLITE_PREPARE_PERSISTENT,
                          &s->probe[which]);
    bl_arena_close(&arena);
  }
  return rc ? rc : sqlite_do(s, s->probe[which]);
}

/* The tables again, in the transaction that needs them. */
static int sqlite_revive(sqlite_store *s, int rc) {
  sqlite_view view;

  if (rc != BILLING_STORE || s->flags) return rc;
  if ((s->api->extended_errcode(s->db) & 0xff) != SQLITE_ERROR) return rc;
  rc = sqlite_survey(s, 1, &view);
  if (!rc && view.there == 0) s->is_new = 1;
  return rc;
}

static int sqlite_begin(billing_store *base, uint32_t mode) {
  sqlite_store *s = sqlite_of(base);
  int rc = sqlite_enter(s, mode);

  if (rc || !s->is_host || s->table_count == 0) return rc;
  rc = sqlite_probe(s, mode);
  if (rc) rc = sqlite_revive(s, rc);
  if (rc) sqlite_rollback(base);
  return rc;
}

/* ---- Rows --------------------------------------------------------------- */

static int sqlite_prepare_deed(sqlite_store *s, const billing_table *t,
                               enum sqlite_deed deed, sqlite3_stmt **out) {
  bl_arena arena;
  bl_text text;
  int rc = BILLING_NOMEM;

  bl_arena_open(&arena, &s->host);
  bl_text_open(&text, &arena);
  switch (deed) {
  case DEED_GET: bl_sql_get(&text, &bl_sql_sqlite, t); break;
  case DEED_INSERT:
    bl_sql_put(&text, &bl_sql_sqlite, t, BILLING_PUT_INSERT);
    break;
  case DEED_REPLACE:
    bl_sql_put(&text, &bl_sql_sqlite, t, BILLING_PUT_REPLACE);
    break;
  default: bl_sql_remove(&text, &bl_sql_sqlite, t); break;
  }
  if (!text.failed)
    rc = sqlite_prepare(s, text.text, SQLITE_PREPARE_PERSISTENT, out);
  bl_arena_close(&arena);
  return rc;
}

/* The statement of a deed, and the table.  A write needs a transaction that
 * is still there, or it would commit by itself. */
static int sqlite_deed(sqlite_store *s, uint32_t table, enum sqlite_deed deed,
                       const billing_table **t, sqlite3_stmt **out) {
  sqlite3_stmt **kept;

  if (table >= s->table_count)
    return sqlite_refuse(s, BILLING_STORE, "no such table was declared");
  if (s->state == CONNECTION_IDLE)
    return sqlite_refuse(s, BILLING_STORE, "no transaction is open");
  if (deed != DEED_GET && s->state != CONNECTION_WRITING)
    return sqlite_refuse(s, BILLING_STORE, "the transaction only reads");
  if (deed != DEED_GET && s->is_doomed) return BILLING_STORE;
  if (!s->is_nested && s->api->get_autocommit(s->db))
    return sqlite_refuse(s, BILLING_STORE, "the transaction was rolled back");
  *t   = s->tables[table];
  kept = &s->deeds[table * DEEDS + deed];
  if (!*kept) {
    int rc = sqlite_prepare_deed(s, *t, deed, kept);

    if (rc) return rc;
  }
  *out = *kept;
  return BILLING_OK;
}

/* Room for a row to give out, where the one before it was. */
static char *sqlite_take_room(sqlite_store *s, size_t size) {
  size_t larger = size < 512 ? 512 : size + size / 2;

  assert(size > 0 && size < SIZE_MAX / 2);
  if (size <= s->room_size) return s->room;
  bl_host_free(&s->host, s->room, s->room_size);
  s->room      = bl_host_alloc(&s->host, larger);
  s->room_size = s->room ? larger : 0;
  return s->room;
}

/* Moves a row's bytes out of the statement, which is reset next.  The key may
 * have pointed into the row before it, and has been used by now. */
static int sqlite_keep_row(sqlite_store *s, const billing_table *t,
                           billing_value *row) {
  size_t size = 1;
  char *to;

  assert(t->column_count <= BL_ROW_MOST);
  for (size_t i = 0; i < t->column_count; i++) size += row[i].bytes.len;
  to = sqlite_take_room(s, size);
  if (!to) return BILLING_NOMEM;
  for (size_t i = 0; i < t->column_count; i++) {
    size_t len = row[i].bytes.len;

    if (len) memcpy(to, row[i].bytes.text, len);
    row[i].bytes.text = to;
    to += len;
  }
  return BILLING_OK;
}

static int sqlite_get(billing_store *base, uint32_t table,
                      const billing_value *key, billing_value *row) {
  sqlite_store *s = sqlite_of(base);
  billing_value found[BL_ROW_MOST];
  const billing_table *t = NULL;
  sqlite3_stmt *stmt = NULL;
  int rc = sqlite_deed(s, table, DEED_GET, &t, &stmt);

  if (rc) return rc;
  rc = sqlite_bind(s, stmt, 1, key, t->key_count, SQLITE_STATIC);
  if (!rc) rc = sqlite_step(s, stmt);
  if (!rc) rc = sqlite_row(s, stmt, t, found);
  if (!rc) rc = sqlite_keep_row(s, t, found);
  sqlite_settle(s, stmt);
  if (!rc) memcpy(row, found, t->column_count * sizeof *row);
  return rc == BILLING_DONE ? BILLING_NOTFOUND : rc;
}

static int sqlite_put_row(sqlite_store *s, sqlite3_stmt *stmt,
                          const billing_table *t, const billing_value *row) {
  int rc = sqlite_bind(s, stmt, 1, row, t->column_count, SQLITE_STATIC);
  int step = rc ? SQLITE_DONE : s->api->step(stmt);

  if (step != SQLITE_DONE) {
    int extended = sqlite_extended(s, step);

    rc = extended == SQLITE_CONSTRAINT_PRIMARYKEY ||
                 extended == SQLITE_CONSTRAINT_ROWID
             ? BILLING_CONFLICT
             : sqlite_fail(s, step);
  }
  sqlite_settle(s, stmt);
  return rc;
}

/* Takes back the rows that an insert had made before it met a conflict. */
static int sqlite_take_back(sqlite_store *s, uint32_t table,
                            const billing_value *rows, size_t count) {
  const billing_table *t = NULL;
  sqlite3_stmt *stmt = NULL;
  int rc = count ? sqlite_deed(s, table, DEED_REMOVE, &t, &stmt) : BILLING_OK;

  for (size_t i = 0; !rc && i < count; i++) {
    rc = sqlite_bind(s, stmt, 1, rows + i * t->column_count, t->key_count,
                     SQLITE_STATIC);
    if (!rc) rc = sqlite_do(s, stmt);
  }
  if (stmt) sqlite_settle(s, stmt);
  return rc ? rc : BILLING_CONFLICT;
}

/* A conflict leaves the transaction as it was; after any other failure it can
 * only be rolled back, since some of the rows may be there. */
static int sqlite_put(billing_store *base, uint32_t table,
                      const billing_value *rows, size_t count, uint32_t mode) {
  sqlite_store *s = sqlite_of(base);
  const billing_table *t = NULL;
  sqlite3_stmt *stmt = NULL;
  size_t done = 0;
  int rc = sqlite_deed(s, table,
                       mode == BILLING_PUT_INSERT ? DEED_INSERT : DEED_REPLACE,
                       &t, &stmt);

  while (!rc && done < count) {
    rc = sqlite_put_row(s, stmt, t, rows + done * t->column_count);
    if (!rc) done++;
  }
  if (rc == BILLING_CONFLICT) rc = sqlite_take_back(s, table, rows, done);
  if (rc && rc != BILLING_CONFLICT) s->is_doomed = 1;
  return rc;
}

static int sqlite_remove(billing_store *base, uint32_t table,
                         const billing_value *key) {
  sqlite_store *s = sqlite_of(base);
  const billing_table *t = NULL;
  sqlite3_stmt *stmt = NULL;
  int rc = sqlite_deed(s, table, DEED_REMOVE, &t, &stmt);

  if (rc) return rc;
  rc = sqlite_bind(s, stmt, 1, key, t->key_count, SQLITE_STATIC);
  if (!rc) rc = sqlite_do(s, stmt);
  sqlite_settle(s, stmt);
  if (!rc && s->api->changes(s->db) == 0) return BILLING_NOTFOUND;
  if (rc) s->is_doomed = 1;
  return rc;
}

/* ---- Scans -------------------------------------------------------------- */

static int sqlite_same_shape(const billing_scan *a, const billing_scan *b) {
  return a->table == b->table && a->index == b->index &&
         a->flags == b->flags && a->from_count == b->from_count &&
         a->to_count == b->to_count;
}

/* A slot that has this scan prepared already, else the one that has not been
 * used for the longest time; NULL when too many are open. */
static sqlite_slot *sqlite_choose(sqlite_store *s, const billing_scan *range) {
  sqlite_slot *oldest = NULL;
  size_t open = 0;

  assert(SCAN_SLOTS > BL_SCANS_MOST);
  for (size_t i = 0; i < SCAN_SLOTS; i++) {
    sqlite_slot *slot = &s->slots[i];

    open += slot->is_open;
    if (slot->is_open) continue;
    if (slot->stmt && sqlite_same_shape(&slot->shape, range)) return slot;
    if (!oldest || slot->used < oldest->used) oldest = slot;
  }
  return open < BL_SCANS_MOST ? oldest : NULL;
}

static int sqlite_prepare_scan(sqlite_store *s, const billing_scan *range,
                               sqlite_slot *slot) {
  bl_arena arena;
  bl_text text;
  int rc = BILLING_NOMEM;

  assert(!slot->is_open);
  if (slot->stmt && sqlite_same_shape(&slot->shape, range)) return BILLING_OK;
  sqlite_finalize(s, &slot->stmt);
  bl_arena_open(&arena, &s->host);
  bl_text_open(&text, &arena);
  bl_sql_scan(&text, &bl_sql_sqlite, s->tables[range->table], range);
  if (!text.failed)
    rc = sqlite_prepare(s, text.text, SQLITE_PREPARE_PERSISTENT, &slot->stmt);
  bl_arena_close(&arena);
  slot->shape      = *range;
  slot->shape.from = NULL;
  slot->shape.to   = NULL;
  return rc;
}

static int sqlite_scan(billing_store *base, const billing_scan *range,
                       void **rows) {
  sqlite_store *s = sqlite_of(base);
  sqlite_slot *slot;
  int rc;

  if (s->state == CONNECTION_IDLE || range->table >= s->table_count ||
      range->index > s->tables[range->table]->index_count)
    return sqlite_refuse(s, BILLING_STORE, "the scan is not possible");
  slot = sqlite_choose(s, range);
  if (!slot) return sqlite_refuse(s, BILLING_STORE, "too many scans are open");
  rc = sqlite_prepare_scan(s, range, slot);
  if (!rc)
    rc = sqlite_bind(s, slot->stmt, 1, range->from, range->from_count,
                     SQLITE_TRANSIENT);
  if (!rc)
    rc = sqlite_bind(s, slot->stmt, 1 + range->from_count, range->to,
                     range->to_count, SQLITE_TRANSIENT);
  if (rc) {
    if (slot->stmt) sqlite_settle(s, slot->stmt);
    return rc;
  }
  slot->used    = ++s->scans;
  slot->is_open = 1;
  slot->is_done = 0;
  *rows = slot;
  return BILLING_OK;
}

/* Stepping a statement past its end would start it again. */
static int sqlite_next(billing_store *base, void *rows, billing_value *row) {
  sqlite_store *s = sqlite_of(base);
  sqlite_slot *slot = rows;
  billing_value found[BL_ROW_MOST];
  const billing_table *t;
  int rc;

  if (!slot->is_open)
    return sqlite_refuse(s, BILLING_STORE, "the scan has ended");
  if (slot->is_done) return BILLING_DONE;
  t  = s->tables[slot->shape.table];
  rc = sqlite_step(s, slot->stmt);
  if (rc) slot->is_done = 1;
  if (!rc) rc = sqlite_row(s, slot->stmt, t, found);
  if (!rc) memcpy(row, found, t->column_count * sizeof *row);
  return rc;
}

/* ---- The store ---------------------------------------------------------- */

/* SQLite has one writer, and the transaction is it. */
static int sqlite_lock(billing_store *base, int64_t tenant, int64_t shard) {
  sqlite_store *s = sqlite_of(base);

  (void)tenant;
  (void)shard;
  if (s->state == CONNECTION_WRITING) return BILLING_OK;
  return sqlite_refuse(s, BILLING_STORE, "the transaction only reads");
}

/* Deleted bytes are zeroed in the file (secure_delete); what is left of them
 * is in the write-ahead log, which is emptied here unless another process is
 * reading it.  The host does so itself on its connection. */
static int sqlite_scrub(billing_store *base) {
  sqlite_store *s = sqlite_of(base);
  int rc;

  if (s->state != CONNECTION_IDLE)
    return sqlite_refuse(s, BILLING_STORE, "a transaction is open");
  if (s->is_host || s->flags & BILLING_OPEN_READ_ONLY) return BILLING_OK;
  rc = bl_wal_take_turn(&s->wal, (int)s->waits);
  if (rc) return rc;
  rc = sqlite_ask(s, "PRAGMA wal_checkpoint(TRUNCATE)", NULL, 0);
  bl_wal_give_turn(&s->wal);
  return rc;
}

/* May run while another thread is inside another method: nothing but the log
 * is touched. */
static int sqlite_sync(billing_store *base) {
  return bl_wal_sync(&sqlite_of(base)->wal);
}

/* SQLite's own check, of our tables alone when there may be others. */
static int sqlite_check_all(billing_store *base) {
  sqlite_store *s = sqlite_of(base);
  size_t count = s->is_host ? s->table_count : 1;
  char answer[256] = "ok";
  bl_arena arena;
  bl_text text;
  int rc = BILLING_OK;

  bl_arena_open(&arena, &s->host);
  for (size_t i = 0; i < count && !rc && !strcmp(answer, "ok"); i++) {
    bl_text_open(&text, &arena);
    if (s->is_host)
      bl_text_format(&text, "PRAGMA main.integrity_check(\"%s\")",
                     s->tables[i]->name);
    else
      bl_text_c(&text, "PRAGMA main.integrity_check(1)");
    rc = text.failed ? BILLING_NOMEM
                     : sqlite_ask(s, text.text, answer, sizeof answer);
  }
  bl_arena_close(&arena);
  if (rc || !strcmp(answer, "ok")) return rc;
  return sqlite_refuse(s, BILLING_CORRUPT, answer);
}

static int sqlite_describe(billing_store *base,
                           billing_store_description *out) {
  static const char name[] = "sqlite";
  const sqlite_store *s = sqlite_of(base);

  out->flags = 0;
  if (s->is_host) out->flags |= BILLING_STORE_HOST;
  if (s->is_new) out->flags |= BILLING_STORE_NEW;
  if (s->flags & BILLING_OPEN_READ_ONLY) out->flags |= BILLING_STORE_READ_ONLY;
  memcpy(out->name, name, sizeof name);
  return BILLING_OK;
}

static void sqlite_close(billing_store *base) {
  sqlite_store *s = sqlite_of(base);
  billing_allocator host = s->host;

  sqlite_rollback(base);
  sqlite_forget(s);
  for (size_t i = 0; i < VERBS; i++) sqlite_finalize(s, &s->verbs[i]);
  bl_host_free(&host, s->room, s->room_size);
  if (!s->is_host) (void)s->api->close(s->db);
  bl_wal_close(&s->wal);
  bl_host_free(&host, s, sizeof *s);
}

static const billing_store_methods sqlite_methods = {
  sizeof(billing_store_methods),
  BILLING_ABI_VERSION,
  sqlite_declare,
  sqlite_begin,
  sqlite_commit,
  sqlite_rollback,
  sqlite_get,
  sqlite_put,
  sqlite_remove,
  sqlite_scan,
  sqlite_next,
  sqlite_end,
  sqlite_lock,
  sqlite_scrub,
  sqlite_describe,
  sqlite_close,
  sqlite_sync,
  sqlite_check_all,
};

static sqlite_store *sqlite_new(const billing_allocator *allocator,
                                const sqlite3_api_routines *api) {
  sqlite_store *s = bl_host_alloc(allocator, sizeof *s);

  if (!s) return NULL;
  s->base.methods = &sqlite_methods;
  s->api          = api;
  s->wal.fd       = -1;
  if (allocator) s->host = *allocator;
  return s;
}

void bl_sqlite_store_restrict(billing_store *base, uint32_t flags) {
  if (base->methods == &sqlite_methods) sqlite_of(base)->flags |= flags;
}

void bl_sqlite_store_nest(billing_store *base) {
  assert(base->methods == &sqlite_methods);
  sqlite_of(base)->is_nested = 1;
  sqlite_of(base)->flags |= BILLING_OPEN_READ_ONLY;
}

const void *bl_sqlite_routines(const void *routines) {
  return routines ? routines : &sqlite_own;
}

const char *bl_sqlite_store_message(const billing_store *base) {
  if (base->methods != &sqlite_methods) return NULL;
  return ((const sqlite_store *)(const void *)base)->message;
}

/* The first statement that reads finds out whether the file is a database. */
static int sqlite_touch(sqlite_store *s) {
  return sqlite_ask(s, "SELECT 1 FROM main.sqlite_schema LIMIT 1", NULL, 0);
}

/* What both kinds of connection must be able to do. */
static int sqlite_check(sqlite_store *s) {
  char encoding[16] = "";
  int rc = BILLING_OK;

  if (s->api->libversion_number() < OLDEST_SQLITE)
    return sqlite_refuse(s, BILLING_UNSUPPORTED,
                         "SQLite 3.37 or newer is needed");
  rc = sqlite_touch(s);
  if (!rc) rc = sqlite_ask(s, "PRAGMA encoding", encoding, sizeof encoding);
  if (!rc && strcmp(encoding, "UTF-8"))
    return sqlite_refuse(s, BILLING_UNSUPPORTED,
                         "the database is not kept in UTF-8");
  for (int i = 0; !rc && i < VERBS; i++)
    rc = sqlite_prepare(s, sqlite_verbs[i], SQLITE_PREPARE_PERSISTENT,
                        &s->verbs[i]);
  return rc;
}

int bl_sqlite_store_host(billing_store **out, void *connection,
                         const void *routines,
                         const billing_allocator *allocator,
                         billing_error *err) {
  sqlite_store *s;
  int rc;

  *out = NULL;
  if (!connection)
    return bl_fail(err, BILLING_MISUSE, "", NULL, "the connection is NULL");
  s = sqlite_new(allocator, routines ? routines : &sqlite_own);
  if (!s) return bl_fail_code(err, BILLING_NOMEM);
  s->is_host = 1;
  s->db      = connection;
  rc = sqlite_check(s);
  if (!rc && s->api->db_readonly(s->db, "main") == 1)
    s->flags |= BILLING_OPEN_READ_ONLY;
  if (rc) {
    (void)bl_store_explain(&s->base, rc, err);
    sqlite_close(&s->base);
    return rc;
  }
  *out = &s->base;
  return BILLING_OK;
}

/* ---- Opening a file ----------------------------------------------------- */

static int sqlite_file_is_there(const char *path) {
  sqlite3_vfs *vfs = sqlite_own.vfs_find(NULL);
  int is_there = 1;

  if (vfs && vfs->xAccess(vfs, path, SQLITE_ACCESS_EXISTS, &is_there))
    return 1;
  return is_there;
}

/* A path is a path, even where SQLite was built to take URIs. */
static int sqlite_open_file(sqlite_store *s, const char *path) {
  int flags = SQLITE_OPEN_NOMUTEX;
  bl_arena arena;
  bl_text text;
  int rc;

  if (s->flags & BILLING_OPEN_READ_ONLY)
    flags |= SQLITE_OPEN_READONLY;
  else
    flags |= SQLITE_OPEN_READWRITE;
  if (!s->flags) flags |= SQLITE_OPEN_CREATE;
  bl_arena_open(&arena, &s->host);
  bl_text_open(&text, &arena);
  if (!strncmp(path, "file:", 5)) bl_text_c(&text, "./");
  bl_text_c(&text, path);
  rc = text.failed ? SQLITE_NOMEM
                   : s->api->open_v2(text.text, &s->db, flags, NULL);
  if (rc && rc != SQLITE_NOMEM && s->flags && !sqlite_file_is_there(text.text))
    rc = sqlite_refuse(s, BILLING_NOTFOUND, "there is no such file");
  else if (rc)
    rc = s->db ? sqlite_fail(s, rc) : BILLING_NOMEM;
  bl_arena_close(&arena);
  return rc;
}

/* Before anything is changed: a file with nothing of ours in it is not to be
 * turned into ours when it may only be opened. */
static int sqlite_require(sqlite_store *s) {
  char found[2] = "";
  int rc = sqlite_ask(s, "SELECT 1 FROM main.sqlite_schema WHERE type ="
                         " 'table' AND name GLOB 'billing_*'",
                      found, sizeof found);

  if (!rc && !found[0])
    rc = sqlite_refuse(s, BILLING_NOTFOUND, "nothing of ours is in it");
  return rc;
}

/* Opens the log for turns and syncs.  A VFS of the host's may keep it
 * anywhere; SQLite's own keeps it beside the database. */
static int sqlite_open_log(sqlite_store *s) {
  sqlite3_vfs *vfs = sqlite_own.vfs_find(NULL);
  const char *name = s->api->db_filename(s->db, "main");
  bl_arena arena;
  bl_text text;
  int rc;

  if (!name || !name[0] || !vfs || strcmp(vfs->zName, "unix"))
    return BILLING_STORE;
  bl_arena_open(&arena, &s->host);
  bl_text_open(&text, &arena);
  bl_text_format(&text, "%s-wal", name);
  rc = text.failed ? BILLING_NOMEM : bl_wal_open(&s->wal, text.text);
  bl_arena_close(&arena);
  return rc;
}

/* What a call acknowledged survives a power cut.  SQLite itself opens the log
 * when something is first read. */
static int sqlite_configure_log(sqlite_store *s) {
  int rc = sqlite_touch(s);

  if (!rc) rc = sqlite_count(s, "PRAGMA page_size", &s->frame);
  if (rc) return rc;
  s->frame += FRAME_HEAD;
  (void)s->api->wal_hook(s->db, sqlite_note_frames, s);
  rc = sqlite_open_log(s);
  if (s->wal.has_turns) s->naps = SHORT_NAPS;
  if (rc == BILLING_NOMEM) return rc;
  return sqlite_ask(s, rc ? "PRAGMA synchronous=FULL"
                          : "PRAGMA synchronous=NORMAL", NULL, 0);
}

/* What was deleted is gone.  Nothing that a file says may run code of its
 * own.  The pages of the latest events stay in memory, 8 MiB of them: resends
 * and merges come back to those. */
static int sqlite_configure(sqlite_store *s) {
  static const char *const pragmas[] = {
    "PRAGMA secure_delete=ON",
    "PRAGMA foreign_keys=OFF",
    "PRAGMA trusted_schema=OFF",
    "PRAGMA cache_size=-8192",
  };
  char mode[16] = "";
  int rc = BILLING_OK;

  for (size_t i = 0; !rc && i < BL_COUNT(pragmas); i++)
    rc = sqlite_ask(s, pragmas[i], NULL, 0);
  if (rc || s->flags & BILLING_OPEN_READ_ONLY) return rc;
  rc = sqlite_ask(s, "PRAGMA journal_mode=WAL", mode, sizeof mode);
  if (!rc && strcmp(mode, "wal") && strcmp(mode, "memory"))
    rc = sqlite_refuse(s, BILLING_STORE, "its folder cannot have a WAL file");
  return rc ? rc : sqlite_configure_log(s);
}

/*
 * The busy handler.  While a database is opened, and where there are no turns,
 * naps are how to wait.  Behind a turn only a stranger can hold SQLite's lock,
 * or for a moment a reader that met a half-written header: that is over soon
 * or it is BUSY.
 */
static int sqlite_nap(void *store, int naps) {
  const sqlite_store *s = store;
  sqlite3_vfs *vfs = sqlite_own.vfs_find(NULL);

  if (naps >= s->naps || !vfs) return 0;
  (void)vfs->xSleep(vfs, naps < SHORT_NAPS ? SHORT_NAP_US : LONG_NAP_US);
  return 1;
}

static int sqlite_open(sqlite_store *s, const char *path) {
  int rc = sqlite_open_file(s, path);

  if (rc) return rc;
  (void)s->api->extended_result_codes(s->db, 1);
  s->naps = LONG_NAPS;
  if (s->waits) (void)s->api->busy_handler(s->db, sqlite_nap, s);
  rc = sqlite_check(s);
  if (!rc && s->flags) rc = sqlite_require(s);
  if (!rc) rc = sqlite_configure(s);
  return rc;
}

int bl_sqlite_store_open(billing_store **out, const char *path, uint32_t flags,
                         const billing_allocator *allocator,
                         billing_error *err) {
  sqlite_store *s;
  int rc;

  *out = NULL;
  if (!path || !path[0])
    return bl_fail(err, BILLING_MISUSE, "", NULL, "the path is empty");
  s = sqlite_new(allocator, &sqlite_own);
  if (!s) return bl_fail_code(err, BILLING_NOMEM);
  s->flags = flags & (BILLING_OPEN_READ_ONLY | BILLING_OPEN_EXISTING);
  s->waits = !(flags & BILLING_OPEN_NO_WAIT);
  rc = sqlite_open(s, path);
  if (rc && rc != BILLING_BUSY && s->message[0])
    (void)bl_fail(err, rc, "", NULL, "%s: %s", path, s->message);
  if (rc) {
    (void)bl_fail_code(err, rc);
    sqlite_close(&s->base);
    return rc;
  }
  *out = &s->base;
  return BILLING_OK;
}

#undef OLDEST_SQLITE
#undef SCAN_SLOTS
#undef LOG_PIECE
#undef FRAME_HEAD
#undef SHORT_NAPS
#undef SHORT_NAP_US
#undef LONG_NAPS
#undef LONG_NAP_US
