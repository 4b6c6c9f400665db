/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * raw.c - the yardstick of the full path: the events go into a table of text
 * columns with a unique index on their key, with the durability that the
 * library gives, and nothing else is done with them.
 */
#include "path.h"

#include <sqlite3.h>
#include <stdlib.h>

struct bench_raw {
  sqlite3      *db;
  sqlite3_stmt *begin;
  sqlite3_stmt *insert;
  sqlite3_stmt *commit;
  long          ignored;
};

static void must_sql(sqlite3 *db, int rc, const char *what) {
  if (rc != SQLITE_OK && rc != SQLITE_DONE)
    bench_stop(what, sqlite3_errmsg(db));
}

static void run_sql(sqlite3 *db, const char *sql) {
  must_sql(db, sqlite3_exec(db, sql, NULL, NULL, NULL), sql);
}

static sqlite3_stmt *prepare(sqlite3 *db, const char *sql) {
  sqlite3_stmt *stmt = NULL;

  must_sql(db, sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), sql);
  return stmt;
}

bench_raw *bench_raw_open(const char *path) {
  bench_raw *raw = bench_room(1, sizeof *raw);

  must_sql(raw->db, sqlite3_open(path, &raw->db), path);
  run_sql(raw->db, "PRAGMA journal_mode=WAL");
  run_sql(raw->db, "PRAGMA synchronous=FULL");
  run_sql(raw->db, "CREATE TABLE event(id INTEGER PRIMARY KEY, "
                   "customer TEXT NOT NULL, name TEXT NOT NULL, "
                   "time_us INTEGER NOT NULL, key TEXT NOT NULL UNIQUE, "
                   "value INTEGER NOT NULL, properties TEXT)");
  raw->begin = prepare(raw->db, "BEGIN IMMEDIATE");
  raw->commit = prepare(raw->db, "COMMIT");
  raw->insert = prepare(raw->db,
      "INSERT OR IGNORE INTO event(customer, name, time_us, key, value, "
      "properties) VALUES(?,?,?,?,?,?)");
  return raw;
}

static void step(sqlite3 *db, sqlite3_stmt *stmt) {
  must_sql(db, sqlite3_step(stmt), "raw");
  sqlite3_reset(stmt);
}

static void insert_event(bench_raw *raw, const bench_event *e) {
  sqlite3_stmt *s = raw->insert;

  sqlite3_bind_text(s, 1, e->customer, -1, SQLITE_STATIC);
  sqlite3_bind_text(s, 2, BENCH_EVENT, -1, SQLITE_STATIC);
  sqlite3_bind_int64(s, 3, e->time_us);
  sqlite3_bind_text(s, 4, e->key, 36, SQLITE_STATIC);
  sqlite3_bind_int64(s, 5, e->thousandths);
  sqlite3_bind_text(s, 6, e->properties, -1, SQLITE_STATIC);
  step(raw->db, s);
  raw->ignored += sqlite3_changes(raw->db) == 0;
}

void bench_raw_record(bench_raw *raw, const bench_event *events, long count) {
  step(raw->db, raw->begin);
  for (long i = 0; i < count; i++) insert_event(raw, &events[i]);
  step(raw->db, raw->commit);
}

long bench_raw_ignored(const bench_raw *raw) { return raw->ignored; }

void bench_raw_close(bench_raw *raw) {
  sqlite3_finalize(raw->begin);
  sqlite3_finalize(raw->insert);
  sqlite3_finalize(raw->commit);
  sqlite3_close(raw->db);
  free(raw);
}

/* The WAL stays as long as it is, so that whoever goes on writes over it. */
void bench_checkpoint(const char *path) {
  sqlite3_stmt *row;
  sqlite3 *db = NULL;

  must_sql(db, sqlite3_open(path, &db), path);
  row = prepare(db, "PRAGMA wal_checkpoint(PASSIVE)");
  if (sqlite3_step(row) != SQLITE_ROW ||
      sqlite3_column_int(row, 1) != sqlite3_column_int(row, 2))
    bench_stop(path, "its WAL could not be carried over");
  sqlite3_finalize(row);
  sqlite3_close(db);
}
