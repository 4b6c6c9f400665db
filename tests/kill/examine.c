/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* examine.c - what the library, and SQLite, say of a damaged database. */
#include <sys/wait.h>
#include <unistd.h>

#include "flips.h"

#define TRIAL_SECONDS 60

const char *const ends[] = {"it is noticed", "verify does not notice",
                            "a strange answer", "a crash"};

/* ---- one trial ---------------------------------------------------------- */

static int is_polite(int rc) {
  int code = BILLING_CODE(rc);

  return code == BILLING_CORRUPT || code == BILLING_STORE ||
         code == BILLING_UNSUPPORTED || code == BILLING_NOTFOUND;
}

static int examine(const flips *f) {
  billing_call call = call_at(atomic_load(&f->w->clock_us));
  billing_doc *doc = NULL;
  billing_error err;
  billing *b = world_open(f->w, &err);
  int rc = b ? billing_verify(b, &call, &doc, &err) : err.code, end;

  if (rc) end = is_polite(rc) ? NOTICED : STRANGE;
  else end = strstr(billing_doc_text(doc), "\"ok\":false") ? NOTICED
                                                          : UNNOTICED;
  if (end == STRANGE)
    printf("  %s %s\n", billing_code_name(rc), err.message);
  billing_doc_free(doc);
  billing_close(b);
  fflush(stdout);
  return end;
}

/*
 * Examines in a process of its own, which may die of it.  It stays for the
 * next trial: a byte to it asks, a byte from it answers.
 */
static void examiner_start(flips *f) {
  int ask[2], answer[2];
  unsigned char byte;

  fflush(stdout);
  if (pipe(ask) || pipe(answer)) give_up("pipe");
  f->examiner = fork();
  if (f->examiner < 0) give_up("fork");
  if (f->examiner == 0) {
    (void)close(ask[1]);
    while (read(ask[0], &byte, 1) == 1) {
      (void)alarm(TRIAL_SECONDS);
      byte = (unsigned char)examine(f);
      if (write(answer[1], &byte, 1) != 1) break;
    }
    _exit(0);
  }
  (void)close(ask[0]);
  (void)close(answer[1]);
  f->ask = ask[1];
  f->answer = answer[0];
}

void examiner_end(flips *f) {
  if (!f->examiner) return;
  (void)close(f->ask);
  (void)close(f->answer);
  (void)waitpid(f->examiner, NULL, 0);
  f->examiner = 0;
}

int examine_apart(flips *f) {
  unsigned char byte = 0;

  if (!f->examiner) examiner_start(f);
  if (write(f->ask, &byte, 1) == 1 && read(f->answer, &byte, 1) == 1)
    return byte;
  examiner_end(f);
  return CRASHED;
}

/* ---- what SQLite sees --------------------------------------------------- */

sqlite3 *open_sql(const char *path) {
  sqlite3 *db = NULL;

  if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL)) {
    sqlite3_close(db);
    return NULL;
  }
  return db;
}

sqlite3_stmt *prepare(sqlite3 *db, const char *format, ...) {
  sqlite3_stmt *statement = NULL;
  char text[2048];
  va_list arguments;

  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  if (sqlite3_prepare_v2(db, text, -1, &statement, NULL)) return NULL;
  return statement;
}

static uint64_t print_of(uint64_t print, const void *bytes, size_t len) {
  const unsigned char *p = bytes;

  for (size_t i = 0; i < len; i++)
    print = (print ^ p[i]) * UINT64_C(0x100000001b3);
  return mix(print, len);
}

/* Of all rows that a query answers, in any order; 0 when they cannot be
 * read. */
static uint64_t print_rows(sqlite3 *db, const char *query) {
  sqlite3_stmt *rows = prepare(db, "%s", query);
  uint64_t sum = 1;
  int rc = SQLITE_ERROR;

  while (rows && (rc = sqlite3_step(rows)) == SQLITE_ROW) {
    uint64_t print = 7;
    for (int i = 0; i < sqlite3_column_count(rows); i++) {
      int type = sqlite3_column_type(rows, i);
      const void *bytes = sqlite3_column_blob(rows, i);
      print = print_of(print, &type, sizeof type);
      print = print_of(print, bytes, (size_t)sqlite3_column_bytes(rows, i));
    }
    sum += print;
  }
  sqlite3_finalize(rows);
  return rc == SQLITE_DONE ? sum : 0;
}

/* "column", or nothing in the rows in which it is an exception. */
static void append_column(char *query, size_t size, const char *table,
                          const char *column) {
  size_t at = strlen(query);
  const struct exception *e = exceptions;

  while (e->table && (strcmp(e->table, table) || strcmp(e->column, column)))
    e++;
  if (e->table)
    snprintf(query + at, size - at, "CASE WHEN %s THEN 0 ELSE \"%s\" END, ",
             e->where, column);
  else
    snprintf(query + at, size - at, "\"%s\", ", column);
}

/* The columns are those of the sound database: a column whose name was damaged
 * is added anew when the file is opened, and may hold the same. */
static uint64_t print_table(sqlite3 *sound, sqlite3 *db, const char *table) {
  sqlite3_stmt *columns = prepare(sound, "PRAGMA table_info(\"%s\")", table);
  char query[2048] = "SELECT ";
  size_t at;

  while (columns && sqlite3_step(columns) == SQLITE_ROW)
    append_column(query, sizeof query, table,
                  (const char *)sqlite3_column_text(columns, 1));
  sqlite3_finalize(columns);
  at = strlen(query);
  snprintf(query + at, sizeof query - at, "0 FROM \"%s\"", table);
  return print_rows(db, query);
}

uint64_t print_database(const flips *f, const char *path) {
  sqlite3 *sound = open_sql(f->base), *db = open_sql(path);
  sqlite3_stmt *names = sound ? prepare(sound,
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE "
      "'billing%%' ORDER BY name") : NULL;
  uint64_t sum = 1;
  int rc = SQLITE_ERROR;

  while (db && names && sum && (rc = sqlite3_step(names)) == SQLITE_ROW) {
    const char *name = (const char *)sqlite3_column_text(names, 0);
    uint64_t print = print_table(sound, db, name);
    sum = print ? print_of(sum ^ print, name, strlen(name)) : 0;
  }
  sqlite3_finalize(names);
  sqlite3_close(sound);
  sqlite3_close(db);
  return rc == SQLITE_DONE ? sum : 0;
}

int is_sound(const char *path) {
  sqlite3 *db = open_sql(path);
  sqlite3_stmt *answer = db ? prepare(db, "PRAGMA integrity_check") : NULL;
  const char *text = "";
  int is_ok;

  if (answer && sqlite3_step(answer) == SQLITE_ROW)
    text = (const char *)sqlite3_column_text(answer, 0);
  is_ok = text && !strcmp(text, "ok");
  sqlite3_finalize(answer);
  sqlite3_close(db);
  return is_ok;
}
