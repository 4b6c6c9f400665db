/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * open.c - how long until the first answer: of a database with many customers,
 * and of one whose writer was killed with a full tail.
 */
#include "path.h"

#include <signal.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define MS 1000.0
#define US 1000000.0
#define OPENS 15             /* so many at most, */
#define OPENS_SECONDS 5.0    /* and no more than three after that time */
#define BATCH 1000
#define ONE_ROW "SELECT * FROM billing_meta LIMIT 1"
#define ENTRIES_OF_CUSTOMER (2 + BENCH_GRANTS)
#define LOADS 2000
#define ONE_ENTRY "SELECT * FROM billing_journal WHERE tenant = 1 AND " \
                  "shard = 0 AND seq = ?"
#define TAIL_ROWS "SELECT * FROM billing_journal WHERE seq > ? ORDER BY seq"

/* ---- SQLite alone ---- */

static sqlite3 *open_file(const char *path) {
  sqlite3 *db;

  if (sqlite3_open(path, &db)) bench_stop(path, sqlite3_errmsg(db));
  return db;
}

static sqlite3_stmt *prepare(sqlite3 *db, const char *sql) {
  sqlite3_stmt *stmt;

  if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL))
    bench_stop(sql, sqlite3_errmsg(db));
  return stmt;
}

/* Whether the file has what the yardstick reads. */
static int can_read(const char *path, const char *sql) {
  sqlite3 *db = open_file(path);
  sqlite3_stmt *stmt = NULL;
  int can = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK;

  sqlite3_finalize(stmt);
  sqlite3_close(db);
  return can;
}

static double time_sqlite_row(const char *path) {
  double start = bench_seconds(), end;
  sqlite3 *db = open_file(path);
  sqlite3_stmt *row = prepare(db, ONE_ROW);

  if (sqlite3_step(row) != SQLITE_ROW) bench_stop(path, "it is empty");
  end = bench_seconds();
  sqlite3_finalize(row);
  sqlite3_close(db);
  return end - start;
}

static int64_t last_entry(const char *path) {
  sqlite3 *db = open_file(path);
  sqlite3_stmt *row = prepare(db, "SELECT max(seq) FROM billing_journal");
  int64_t seq = sqlite3_step(row) == SQLITE_ROW ? sqlite3_column_int64(row, 0)
                                                : 0;

  sqlite3_finalize(row);
  sqlite3_close(db);
  return seq;
}

/* Every byte of the journal's rows behind that entry. */
static double time_sqlite_rows(const char *path, int64_t after) {
  double start = bench_seconds(), end;
  sqlite3 *db = open_file(path);
  sqlite3_stmt *rows = prepare(db, TAIL_ROWS);
  volatile unsigned char sum = 0;
  long count = 0;

  sqlite3_bind_int64(rows, 1, after);
  for (; sqlite3_step(rows) == SQLITE_ROW; count++) {
    for (int i = 0; i < sqlite3_column_count(rows); i++) {
      const unsigned char *bytes = sqlite3_column_blob(rows, i);
      int len = sqlite3_column_bytes(rows, i);
      for (int k = 0; k < len; k += 64) sum = (unsigned char)(sum + bytes[k]);
    }
  }
  end = bench_seconds();
  sqlite3_finalize(rows);
  sqlite3_close(db);
  if (!count) bench_stop(path, "no rows of the journal");
  return end - start;
}

/* ---- many customers ---- */

static double time_first_balance(const char *path, uint32_t customer) {
  billing_balances balances;
  billing_call call;
  billing_error err;
  char id[BENCH_ID];
  double start = bench_seconds(), end;
  billing *b = bench_open(path);

  BILLING_INIT(&err);
  BILLING_INIT(&balances);
  bench_call_open(&call);
  bench_customer_id(customer, id);
  bench_must(billing_balance(b, &call, id, (size_t)-1, BENCH_ASSET, &balances,
                             &err), "balance", &err);
  end = bench_seconds();
  billing_close(b);
  return end - start;
}

void bench_open_many(const bench_plan *plan) {
  bench_round rounds[OPENS];
  const char *path;
  double start;
  int count = 0;

  if (!bench_wants("open_1m", NULL)) return;
  path = bench_prepared(plan->many);
  if (!can_read(path, ONE_ROW)) {
    bench_skip("open_1m", "the file has no table billing_meta");
    return;
  }
  start = bench_seconds();
  while (count < 3 || (count < OPENS &&
                       bench_seconds() - start < OPENS_SECONDS)) {
    uint32_t customer = (uint32_t)(count * 7919 + 13) % (uint32_t)plan->many;
    rounds[count].yardstick = time_sqlite_row(path) * MS;
    rounds[count++].ours = time_first_balance(path, customer) * MS;
    bench_say("open_1m: %d of at most %d", count, OPENS);
  }
  bench_report("open_1m", rounds, count);
}

/* Customers that nobody has asked for, spread over the file. */
static uint32_t someone(int at, int round, long customers) {
  uint64_t spread = (uint64_t)(at + round * LOADS + 1) * 2654435761u;

  return (uint32_t)(spread % (uint64_t)customers);
}

static double time_loads(const char *path, int round, long customers) {
  billing_balances balances;
  billing_call call;
  billing_error err;
  char id[BENCH_ID];
  billing *b = bench_open(path);
  double start = 0;

  BILLING_INIT(&err);
  BILLING_INIT(&balances);
  bench_call_open(&call);
  for (int i = -1; i < LOADS; i++) {       /* the first one opens, too */
    bench_customer_id(someone(i, round, customers), id);
    bench_must(billing_balance(b, &call, id, (size_t)-1, BENCH_ASSET,
                               &balances, &err), "balance", &err);
    if (i < 0) start = bench_seconds();
  }
  start = bench_seconds() - start;
  billing_close(b);
  return start / LOADS;
}

/* As many rows of the journal as a customer has, by their keys, all over it;
 * each answer in a transaction of its own, as ours. */
static double time_sqlite_gets(const char *path, int round, long customers) {
  sqlite3 *db = open_file(path);
  sqlite3_stmt *row = prepare(db, ONE_ENTRY);
  int64_t last = last_entry(path);
  double start = bench_seconds(), end;

  for (int i = 0; i < LOADS; i++) {
    sqlite3_exec(db, "BEGIN", NULL, NULL, NULL);
    for (int k = 0; k < ENTRIES_OF_CUSTOMER; k++) {
      uint64_t at = (uint64_t)someone(i, round + k, customers) * 7919u;
      sqlite3_bind_int64(row, 1, (int64_t)(at % (uint64_t)last) + 1);
      if (sqlite3_step(row) != SQLITE_ROW) bench_stop(path, "no such entry");
      sqlite3_reset(row);
    }
    sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
  }
  end = bench_seconds();
  sqlite3_finalize(row);
  sqlite3_close(db);
  return (end - start) / LOADS;
}

void bench_load(const bench_plan *plan) {
  bench_round rounds[OPENS];
  const char *path;

  if (!bench_wants("load_customer", NULL)) return;
  path = bench_prepared(plan->many);
  if (!can_read(path, ONE_ENTRY)) {
    bench_skip("load_customer", "the file has no table billing_journal");
    return;
  }
  for (int i = 0; i < plan->rounds; i++) {
    rounds[i].yardstick = time_sqlite_gets(path, i, plan->many) * US;
    rounds[i].ours = time_loads(path, i, plan->many) * US;
    bench_say("load_customer: round %d of %d", i + 1, plan->rounds);
  }
  bench_report("load_customer", rounds, plan->rounds);
}

/* ---- a full tail ---- */

/* One event by place, as the library takes it. */
static void record_events(billing *b, const bench_stream *s, long place,
                          long count) {
  static bench_event events[BATCH];
  static billing_event given[BATCH];
  billing_call call;
  billing_error err;

  BILLING_INIT(&err);
  bench_call_open(&call);
  for (long i = 0; i < count; i++) {
    bench_stream_event(s, (uint64_t)(place + i), &events[i]);
    bench_event_give(&events[i], &given[i]);
  }
  call.now_us = bench_stream_clock(s, (uint64_t)(place + count));
  bench_must(billing_record(b, &call, given, (size_t)count, NULL, &err),
             "record", &err);
}

/* A process fills the tail and is killed. */
static void kill_writer(const char *path, const bench_stream *s, long tail) {
  int status = 0;
  pid_t pid;

  fflush(NULL);
  pid = fork();
  if (pid < 0) bench_stop("the writer", "no process");
  if (pid == 0) {
    billing *b = bench_open(path);
    for (long at = 0; at < tail; at += BATCH)
      record_events(b, s, at, tail - at < BATCH ? tail - at : BATCH);
    kill(getpid(), SIGKILL);
  }
  if (waitpid(pid, &status, 0) != pid || !WIFSIGNALED(status))
    bench_stop("the writer", "it ended before it was killed");
}

static double time_first_record(const char *path, const bench_stream *s,
                                long place) {
  double start = bench_seconds(), end;
  billing *b = bench_open(path);

  record_events(b, s, place, 1);
  end = bench_seconds();
  billing_close(b);
  return end - start;
}

/* That many events are there, once each. */
static void check_tail(const char *path, const bench_stream *s, long tail) {
  bench_fold *fold = bench_fold_open(BENCH_CUSTOMERS, tail + 1);
  billing *b = bench_open(path);
  billing_call call;
  bench_event e;

  bench_call_open(&call);
  for (long i = 0; i <= tail; i++) {
    bench_stream_event(s, (uint64_t)i, &e);
    bench_fold_add(fold, &e, NULL);
  }
  for (uint32_t i = 0; i < BENCH_CUSTOMERS; i++)
    bench_fold_compare(fold, b, &call, i);
  billing_close(b);
  bench_fold_close(fold);
}

void bench_reopen(const bench_plan *plan) {
  bench_round rounds[BENCH_ROUNDS_MOST];
  char killed[BENCH_PATH], path[BENCH_PATH];
  bench_stream s;
  int64_t after;

  if (!bench_wants("reopen_tail", NULL)) return;
  bench_path(killed, "killed.db");
  bench_path(path, "reopened.db");
  bench_stream_open(&s, BENCH_CUSTOMERS, BENCH_UNIFORM);
  bench_copy(bench_prepared(BENCH_CUSTOMERS), killed);
  if (!can_read(killed, TAIL_ROWS)) {
    bench_skip("reopen_tail", "the file has no table billing_journal");
    return;
  }
  after = last_entry(killed);
  kill_writer(killed, &s, plan->tail);
  for (int i = 0; i < plan->rounds; i++) {
    bench_say("reopen_tail: round %d of %d", i + 1, plan->rounds);
    bench_copy(killed, path);
    rounds[i].yardstick = time_sqlite_rows(path, after) * MS;
    bench_copy(killed, path);
    rounds[i].ours = time_first_record(path, &s, plan->tail) * MS;
  }
  check_tail(path, &s, plan->tail);
  bench_report("reopen_tail", rounds, plan->rounds);
  bench_delete(killed);
  bench_delete(path);
}
