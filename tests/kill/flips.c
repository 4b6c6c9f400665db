/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * flips.c - a byte that changed.
 *
 * A database with something of everything is closed, so that all of it is in
 * one file.  Then, in a copy each: a value changes in every column of every
 * table of ours, a row is taken away, a byte changes anywhere in the file, the
 * file loses its end.  Opening it or verify must say so.
 *
 * A byte of the file may be one that means nothing: every row is still as it
 * was, and SQLite finds the file sound.  Only then it may go unnoticed.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "flips.h"

#define ROUNDS 12
#define EVENTS 30               /* of a round */
#define COLUMNS_MOST 32

/*
 * The list is the honest one: what is not in it fails.
 */
const struct exception exceptions[] = {
  {"billing_head", "min_writer", "1",
   "a larger one is what a newer library writes: it forbids writing here, and "
   "says nothing about what is stored"},
  {NULL, NULL, NULL, NULL}
};

/* ---- a database with something of everything ---------------------------- */

static int do_deed(desk *d, uint32_t kind, uint64_t id, int64_t expires_us) {
  deed *what = deed_new(kind, id ? 1 : 0);
  int rc;

  what->now_us = atomic_load(&d->w->clock_us);
  what->expires_us = expires_us;
  if (id) what->lines[0].id = id;
  rc = desk_do(d, what);
  free(what);
  return rc;
}

static int record_round(desk *d, uint64_t turn) {
  deed *what = deed_new(DEED_RECORD, EVENTS);
  int rc;

  what->now_us = atomic_load(&d->w->clock_us);
  for (uint64_t i = 0; i < EVENTS; i++)
    what->lines[i].id = ID(ID_EVENT, 0, turn * EVENTS + i);
  rc = desk_do(d, what);
  free(what);
  return rc;
}

static int fill_round(flips *f, desk *d, uint64_t turn) {
  uint64_t hold = ID(ID_HOLD, 0, 4 * turn);
  int64_t clock_us = atomic_load(&f->w->clock_us);
  int rc = record_round(d, turn);

  for (uint64_t i = 0; i < 4 && !rc; i++)
    rc = do_deed(d, DEED_AUTHORIZE, hold + i,
                 i == 3 ? clock_us + DAY_US : 0);
  if (!rc) rc = do_deed(d, DEED_SETTLE, hold, 0);
  if (!rc) rc = do_deed(d, DEED_RELEASE, hold + 1, 0);
  if (!rc) rc = do_deed(d, DEED_GRANT, ID(ID_GRANT, 0, turn), 0);
  atomic_fetch_add(&f->w->clock_us, 2 * DAY_US);
  return rc ? rc : do_deed(d, DEED_ADVANCE, 0, 0);
}

static int fill(flips *f) {
  billing_call call = call_at(START_US + PERIODS * PERIOD_US);
  billing_error err;
  billing *b = world_open(f->w, &err);
  desk *d = desk_open(f->w, b);
  int rc = b ? make_world(b, f->w->seed) : err.code;

  for (uint64_t i = 0; i < ROUNDS && !rc; i++) rc = fill_round(f, d, i);
  if (!rc) rc = billing_erase(b, &call, "c07", 3, "asked to", 8, &err);
  if (!rc) rc = billing_maintain(b, &call, 0, NULL, &err);
  if (!rc && !is_verified(b, call.now_us, NULL)) rc = BILLING_CORRUPT;
  if (rc) wrong("%s: %s", billing_code_name(rc), d->err.message);
  billing_close(b);
  desk_close(d);
  return rc;
}

/* ---- by value --------------------------------------------------------- */

/* Whether the database differs in nothing else but exceptions. */
static int is_harmless(const flips *f) {
  return print_database(f, f->w->path) == f->print && is_sound(f->w->path);
}

typedef struct place {
  const char *table;
  char        columns[COLUMNS_MOST][64];
  int         count;
  int         keys[8];           /* columns of the primary key */
  int         key_count;
  int         kind;              /* the column "kind", or -1 */
} place;

static void study_table(sqlite3 *db, const char *table, place *at) {
  sqlite3_stmt *rows = prepare(db, "PRAGMA table_info(\"%s\")", table);

  memset(at, 0, sizeof *at);
  at->table = table;
  at->kind = -1;
  while (rows && sqlite3_step(rows) == SQLITE_ROW &&
         at->count < COLUMNS_MOST) {
    char *name = at->columns[at->count];
    snprintf(name, 64, "%s", (const char *)sqlite3_column_text(rows, 1));
    if (sqlite3_column_int(rows, 5) && at->key_count < 8)
      at->keys[at->key_count++] = at->count;
    if (!strcmp(name, "kind")) at->kind = at->count;
    at->count++;
  }
  sqlite3_finalize(rows);
}

/* Binds the value of the row's column with something changed in it. */
static void bind_changed(flips *f, sqlite3_stmt *to, sqlite3_stmt *row,
                         int column) {
  size_t len = (size_t)sqlite3_column_bytes(row, column);
  const void *bytes = sqlite3_column_blob(row, column);
  int type = sqlite3_column_type(row, column);
  char *copy = malloc(len + 1);
  size_t at = len ? (size_t)roll(&f->series, len) : 0;

  if (!copy) give_up("malloc");
  memset(copy, 'x', len + 1);
  if (len) memcpy(copy, bytes, len);
  if (type == SQLITE_TEXT) copy[at] = copy[at] == '7' ? '8' : '7';
  else copy[at] ^= (char)(1 << roll(&f->series, 7));
  if (!len) len = 1;
  if (type == SQLITE_INTEGER)
    sqlite3_bind_int64(to, 1, sqlite3_column_int64(row, column) ^
                                  1 << (int)roll(&f->series, 6));
  else if (type == SQLITE_TEXT)
    sqlite3_bind_text(to, 1, copy, (int)len, SQLITE_TRANSIENT);
  else
    sqlite3_bind_blob(to, 1, copy, (int)len, SQLITE_TRANSIENT);
  free(copy);
}

/* Changes a column of the row, or with column -1 takes the row away.  Whether
 * that could be done. */
static int change(flips *f, sqlite3 *db, const place *at, sqlite3_stmt *row,
                  int column) {
  char where[512] = "";
  sqlite3_stmt *s;
  int rc;

  for (int i = 0; i < at->key_count; i++)
    snprintf(where + strlen(where), sizeof where - strlen(where),
             "%s\"%s\" = ?%d", i ? " AND " : "", at->columns[at->keys[i]],
             i + 2);
  if (column < 0)
    s = prepare(db, "DELETE FROM \"%s\" WHERE %s", at->table, where);
  else
    s = prepare(db, "UPDATE \"%s\" SET \"%s\" = ?1 WHERE %s", at->table,
                at->columns[column], where);
  if (!s) return 0;
  if (column >= 0) bind_changed(f, s, row, column);
  for (int i = 0; i < at->key_count; i++)
    sqlite3_bind_value(s, i + 2, sqlite3_column_value(row, at->keys[i]));
  rc = sqlite3_step(s);
  sqlite3_finalize(s);
  return rc == SQLITE_DONE && sqlite3_changes(db) == 1;
}

/* The row number `offset` of those of a kind, of a copy of the database. */
static int change_copy(flips *f, const place *at, const char *filter,
                       int64_t offset, int column) {
  sqlite3_stmt *row;
  sqlite3 *db;
  int is_done = 0;

  copy_database(f->base, f->w->path, 0);
  db = open_sql(f->w->path);
  if (!db) give_up("sqlite3_open");
  row = prepare(db, "SELECT * FROM \"%s\" WHERE %s LIMIT 1 OFFSET %lld",
                at->table, filter, (long long)offset);
  if (row && sqlite3_step(row) == SQLITE_ROW)
    is_done = change(f, db, at, row, column);
  sqlite3_finalize(row);
  sqlite3_close(db);
  return is_done;
}

static void flip_column(flips *f, const place *at, const char *filter,
                        int64_t rows, int column) {
  const char *name = column < 0 ? "a row" : at->columns[column];
  int end;

  if (!change_copy(f, at, filter, (int64_t)roll(&f->series, (uint64_t)rows),
                   column))
    return;
  f->trials++;
  end = examine_apart(f);
  f->noticed += end == NOTICED;
  if (end == UNNOTICED && is_harmless(f)) {
    f->harmless++;
    return;
  }
  check(end == NOTICED, "%s.%s where %s: %s", at->table, name, filter,
        ends[end]);
}

static int64_t count_rows(sqlite3 *db, const char *table,
                          const char *filter) {
  sqlite3_stmt *s = prepare(db, "SELECT count(*) FROM \"%s\" WHERE %s", table,
                            filter);
  int64_t count = 0;

  if (s && sqlite3_step(s) == SQLITE_ROW) count = sqlite3_column_int64(s, 0);
  sqlite3_finalize(s);
  return count;
}

static void flip_rows(flips *f, sqlite3 *db, const place *at,
                      const char *filter) {
  int64_t rows = count_rows(db, at->table, filter);
  int64_t most = f->p->is_full ? 10 : at->kind < 0 ? 2 : 1;

  for (int64_t i = 0; i < rows && i < most; i++)
    for (int column = -1; column < at->count; column++) {
      progress("flips: %s where %s", at->table, filter);
      flip_column(f, at, filter, rows, column);
    }
}

/* Rows of each kind, where a table has kinds. */
static void flip_table(flips *f, sqlite3 *db, const char *table) {
  sqlite3_stmt *kinds;
  char filter[96];
  place at;

  study_table(db, table, &at);
  if (!check(at.key_count > 0, "table %s has a key", table)) return;
  if (at.kind < 0) {
    flip_rows(f, db, &at, "1");
    return;
  }
  kinds = prepare(db, "SELECT DISTINCT quote(kind) FROM \"%s\"", table);
  while (kinds && sqlite3_step(kinds) == SQLITE_ROW) {
    snprintf(filter, sizeof filter, "kind = %s",
             (const char *)sqlite3_column_text(kinds, 0));
    flip_rows(f, db, &at, filter);
  }
  sqlite3_finalize(kinds);
}

static void flip_tables(flips *f) {
  sqlite3 *db = open_sql(f->base);
  sqlite3_stmt *names = prepare(db, "SELECT name FROM sqlite_master WHERE "
                                    "type = 'table' AND name LIKE "
                                    "'billing%%' ORDER BY name");

  while (names && sqlite3_step(names) == SQLITE_ROW)
    flip_table(f, db, (const char *)sqlite3_column_text(names, 0));
  sqlite3_finalize(names);
  sqlite3_close(db);
}

/* ---- anywhere in the file ----------------------------------------------- */

static off_t spoil_byte(flips *f, int file, off_t size) {
  off_t at = (off_t)roll(&f->series, (uint64_t)size);
  unsigned char byte = 0;

  if (pread(file, &byte, 1, at) != 1) give_up("pread");
  byte ^= (unsigned char)(1 + roll(&f->series, 255));
  if (pwrite(file, &byte, 1, at) != 1) give_up("pwrite");
  return at;
}

static off_t cut_file(flips *f, int file, off_t size) {
  off_t at = (off_t)roll(&f->series, (uint64_t)size);

  if (ftruncate(file, at)) give_up("ftruncate");
  return at;
}

static void spoil_file(flips *f, int is_cut) {
  int file, end;
  struct stat found;
  off_t at;

  copy_database(f->base, f->w->path, 0);
  file = open(f->w->path, O_RDWR | O_CLOEXEC);
  if (file < 0 || fstat(file, &found)) give_up(f->w->path);
  at = (is_cut ? cut_file : spoil_byte)(f, file, found.st_size);
  (void)close(file);
  f->trials++;
  end = examine_apart(f);
  f->noticed += end == NOTICED;
  if (end == UNNOTICED && is_harmless(f)) {
    f->harmless++;
    return;
  }
  check(end == NOTICED, "%s %lld: %s", is_cut ? "a file cut at" : "byte",
        (long long)at, ends[end]);
}

/* ---- the part ----------------------------------------------------------- */

static int begin(flips *f, const programme *p) {
  memset(f, 0, sizeof *f);
  f->p = p;
  f->series = mix(p->seed, 13);
  scratch_name(f->shared, "shared");
  scratch_name(f->base, "base");
  f->w = world_make(f->shared);
  scratch_name(f->w->path, "db");
  f->w->seed = p->seed;
  f->w->tail_events = 100;
  f->w->filter_bytes = 4096;
  atomic_store(&f->w->clock_us, START_US + DAY_US);
  remove_database(f->w->path);
  if (!check(!fill(f), "a database is made")) return 0;
  copy_database(f->w->path, f->base, 0);
  f->print = print_database(f, f->base);
  return check(f->print && is_sound(f->base), "it is sound");
}

void run_flips(const programme *p) {
  static flips f;

  if (begin(&f, p)) {
    flip_tables(&f);
    for (int i = 0; i < (p->is_full ? 3000 : 150); i++) {
      progress("flips: byte %d", i);
      spoil_file(&f, i % 15 == 0);
    }
  }
  progress("%s", "");
  printf("  %ld changes: %ld noticed, %ld without a meaning\n", f.trials,
         f.noticed, f.harmless);
  examiner_end(&f);
  remove_database(f.base);
  remove_database(f.w->path);
  (void)unlink(f.shared);
  world_forget(f.w);
}
