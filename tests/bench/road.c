/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * road.c - the full road of an event against only inserting it.
 *
 * Ours: dedupe, journal, usage, price, draw from grants, in one durable commit
 * a batch.  The yardstick `raw`: the same events, in batches of the same size,
 * into a table of text columns with a unique index on the key, on the same
 * SQLite with the same pragmas.  Both grow side by side, and both have seen
 * each customer once before the first round.
 *
 * At the end the sum of all receipts must be what a few lines of integer
 * arithmetic make of the same events, and the database must verify.
 */
#include "bench.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

__extension__ typedef __int128 bench_i128;

#define MICRO INT64_C(1000000)           /* of a dollar */
#define UNIT INT64_C(1000000000000000000)
#define GRANTS 3
#define BATCH_MOST 10000
#define SECONDS_MOST 30      /* of a figure, once it has three rounds */

/* One tier of the price: up to, and micro-dollars for each unit. */
static const struct road_tier { int64_t up_to, rate; } tiers[] = {
  {1000, 100000}, {10000, 80000}, {INT64_MAX, 50000}};
static const char *const tier_text =
    "[{\"up_to\":\"1000\",\"unit\":\"0.10\"},"
    "{\"up_to\":\"10000\",\"unit\":\"0.08\"},"
    "{\"up_to\":null,\"unit\":\"0.05\"}]";
static const char *const grant_amounts[GRANTS] = {"50", "500", "100000000"};

static char paths[2][4096];              /* of the databases: ours, raw */

typedef struct road {
  billing         *b;
  billing_call     call;
  sqlite3         *db;
  sqlite3_stmt    *begin, *insert, *commit;
  bench_workload  *workload;
  bench_event     *events;
  billing_event   *given;
  billing_receipt *receipts;
  bench_i128       cost;                 /* sum of receipts, at 10^-18 */
  long             same, ignored, resent;  /* must agree */
  int64_t          units[BENCH_CUSTOMERS][BENCH_MODELS];
} road;

static void must(int rc, const char *what, const billing_error *err) {
  if (rc) bench_stop(what, err->message[0] ? err->message
                                           : billing_code_name(rc));
}

static void must_sql(const road *r, int rc, const char *what) {
  if (rc != SQLITE_OK && rc != SQLITE_DONE)
    bench_stop(what, sqlite3_errmsg(r->db));
}

static void run_sql(const road *r, const char *sql) {
  must_sql(r, sqlite3_exec(r->db, sql, NULL, NULL, NULL), sql);
}

static billing_str str_of(const char *text) {
  billing_str s = {text, strlen(text)};
  return s;
}

/* ---- ours ---- */

static char *make_catalog(void) {
  size_t room = 1024 + BENCH_CUSTOMERS * 160, len;
  char *text = malloc(room), id[20];

  if (!text) bench_stop("the catalog", "out of memory");
  len = (size_t)snprintf(text, room,
      "{\"tenant\":{\"id\":\"bench\"},\"meters\":[{\"id\":\"tokens\","
      "\"event\":\"" BENCH_EVENT "\",\"aggregation\":\"sum\","
      "\"groups\":[\"model\"]}],"
      "\"plans\":[{\"id\":\"pro\",\"currency\":\"USD\",\"prices\":[{"
      "\"id\":\"tokens\",\"meter\":\"tokens\",\"model\":\"graduated\","
      "\"groups\":[\"model\"],\"tiers\":%s}]}],\"customers\":[", tier_text);
  for (uint32_t i = 0; i < BENCH_CUSTOMERS; i++) {
    bench_customer_id(i, id);
    len += (size_t)snprintf(text + len, room - len, "%s{\"id\":\"%s\"}",
                            i ? "," : "", id);
  }
  len += (size_t)snprintf(text + len, room - len, "],\"contracts\":[");
  for (uint32_t i = 0; i < BENCH_CUSTOMERS; i++) {
    bench_customer_id(i, id);
    len += (size_t)snprintf(text + len, room - len,
                            "%s{\"id\":\"con_%u\",\"customer\":\"%s\","
                            "\"plan\":\"pro\",\"start\":\"2026-01-01\"}",
                            i ? "," : "", (unsigned)i, id);
  }
  snprintf(text + len, room - len, "]}");
  return text;
}

static void give_grants(road *r, uint32_t customer, billing_error *err) {
  char id[20], key[40];

  bench_customer_id(customer, id);
  for (int i = 0; i < GRANTS; i++) {
    billing_grant_terms terms;
    BILLING_INIT(&terms);
    snprintf(key, sizeof key, "grant_%u_%d", (unsigned)customer, i);
    r->call.key = str_of(key);
    terms.customer = str_of(id);
    terms.priority = i;
    strcpy(terms.amount.asset, "USD");
    billing_decimal_parse(&terms.amount.amount, grant_amounts[i],
                          (size_t)-1);
    must(billing_grant(r->b, &r->call, &terms, NULL, err), "grant", err);
  }
}

/* The catalog and the grants, in one transaction of our own connection, so
 * that thousands of grants wait for the disk once. */
static void set_up(road *r, billing_error *err) {
  char *catalog = make_catalog();

  must_sql(r, sqlite3_open(paths[0], &r->db), "set up");
  run_sql(r, "PRAGMA journal_mode=WAL");
  must(billing_open_sqlite3(&r->b, r->db, NULL, NULL, err), "set up", err);
  run_sql(r, "BEGIN");
  must(billing_catalog_apply(r->b, &r->call, catalog, (size_t)-1, NULL, err),
       "catalog", err);
  for (uint32_t i = 0; i < BENCH_CUSTOMERS; i++) give_grants(r, i, err);
  r->call.key = (billing_str){NULL, 0};
  run_sql(r, "COMMIT");
  billing_close(r->b);
  sqlite3_close(r->db);
  free(catalog);
}

static void open_ours(road *r) {
  billing_error err;

  BILLING_INIT(&err);
  BILLING_INIT(&r->call);
  r->call.tenant = str_of("bench");
  r->call.now_us = BENCH_START_US;
  set_up(r, &err);
  must(billing_open(&r->b, paths[0], (size_t)-1, NULL, &err), "open", &err);
}

/* The events as the library takes them; not part of what is timed. */
static void prepare_ours(road *r, long count) {
  for (long i = 0; i < count; i++) {
    const bench_event *e = &r->events[i];
    billing_event *to = &r->given[i];
    bench_i128 value = (bench_i128)e->units * UNIT;
    BILLING_INIT(to);
    BILLING_INIT(&r->receipts[i]);
    to->flags = BILLING_EVENT_VALUE;
    to->key = (billing_str){e->key, 36};
    to->customer = str_of(e->customer);
    to->event = str_of(BENCH_EVENT);
    to->properties = str_of(e->properties);
    to->time_us = e->time_us;
    to->value.lo = (uint64_t)value;
    to->value.hi = (int64_t)(value >> 64);
    if (e->time_us > r->call.now_us) r->call.now_us = e->time_us;
  }
}

static void run_ours(road *r, long count, long batch) {
  billing_error err;

  BILLING_INIT(&err);
  for (long at = 0; at < count; at += batch) {
    long size = count - at < batch ? count - at : batch;
    must(billing_record(r->b, &r->call, r->given + at, (size_t)size,
                        r->receipts + at, &err), "record", &err);
  }
}

static void count_ours(road *r, long count) {
  for (long i = 0; i < count; i++) {
    const billing_receipt *receipt = &r->receipts[i];
    r->same += receipt->status == BILLING_STATUS_SAME;
    if (receipt->status != BILLING_STATUS_NEW) continue;
    r->cost += (bench_i128)receipt->cost.hi << 64 | receipt->cost.lo;
    if (receipt->draws == 0) bench_stop("record", "an event drew nothing");
  }
}

/* ---- raw ---- */

static sqlite3_stmt *prepare(road *r, const char *sql) {
  sqlite3_stmt *stmt = NULL;

  must_sql(r, sqlite3_prepare_v2(r->db, sql, -1, &stmt, NULL), sql);
  return stmt;
}

static void open_raw(road *r) {
  must_sql(r, sqlite3_open(paths[1], &r->db), "open raw");
  run_sql(r, "PRAGMA journal_mode=WAL");
  run_sql(r, "PRAGMA synchronous=FULL");
  run_sql(r, "CREATE TABLE event(id INTEGER PRIMARY KEY, "
             "customer TEXT NOT NULL, name TEXT NOT NULL, "
             "time_us INTEGER NOT NULL, key TEXT NOT NULL UNIQUE, "
             "value INTEGER NOT NULL, properties TEXT)");
  r->begin = prepare(r, "BEGIN IMMEDIATE");
  r->commit = prepare(r, "COMMIT");
  r->insert = prepare(r, "INSERT OR IGNORE INTO event(customer, name, time_us,"
                         " key, value, properties) VALUES(?,?,?,?,?,?)");
}

static void step(const road *r, sqlite3_stmt *stmt) {
  must_sql(r, sqlite3_step(stmt), "raw");
  sqlite3_reset(stmt);
}

static void insert_raw(road *r, const bench_event *e) {
  sqlite3_stmt *s = r->insert;

  sqlite3_bind_text(s, 1, e->customer, -1, SQLITE_STATIC);
  sqlite3_bind_text(s, 2, BENCH_EVENT, -1, SQLITE_STATIC);
  sqlite3_bind_int64(s, 3, e->time_us);
  sqlite3_bind_text(s, 4, e->key, 36, SQLITE_STATIC);
  sqlite3_bind_int64(s, 5, e->units);
  sqlite3_bind_text(s, 6, e->properties, -1, SQLITE_STATIC);
  step(r, s);
  r->ignored += sqlite3_changes(r->db) == 0;
}

static void run_raw(road *r, long count, long batch) {
  for (long at = 0; at < count; at += batch) {
    long size = count - at < batch ? count - at : batch;
    step(r, r->begin);
    for (long i = at; i < at + size; i++) insert_raw(r, &r->events[i]);
    step(r, r->commit);
  }
}

/* ---- what it must come to ---- */

static bench_i128 price_of(int64_t units) {
  int64_t floor = 0;
  bench_i128 sum = 0;

  for (size_t i = 0; i < sizeof tiers / sizeof *tiers && floor < units; i++) {
    int64_t top = units < tiers[i].up_to ? units : tiers[i].up_to;
    sum += (bench_i128)(top - floor) * tiers[i].rate;
    floor = tiers[i].up_to;
  }
  return sum * (UNIT / MICRO);
}

static void check_sums(const road *r) {
  bench_i128 cost = 0;

  for (int i = 0; i < BENCH_CUSTOMERS; i++)
    for (int k = 0; k < BENCH_MODELS; k++) cost += price_of(r->units[i][k]);
  if (cost != r->cost)
    bench_stop("record", "the receipts do not add up to the price");
  if (r->same != r->resent || r->ignored != r->resent)
    bench_stop("record", "a resend was not recognised");
}

static void check_database(road *r) {
  billing_doc *doc = NULL;
  billing_error err;

  BILLING_INIT(&err);
  must(billing_verify(r->b, &r->call, &doc, &err), "verify", &err);
  if (!strstr(billing_doc_text(doc), "\"ok\":true"))
    bench_stop("verify", billing_doc_text(doc));
  billing_doc_free(doc);
}

/* ---- rounds ---- */

static void make_events(road *r, long count, int is_warming) {
  for (long i = 0; i < count; i++) {
    bench_event *e = &r->events[i];
    if (is_warming) bench_workload_of(r->workload, (uint32_t)i, e);
    else bench_workload_next(r->workload, 1, e);
    if (e->is_resent) r->resent++;
    else r->units[e->customer_at][e->model_at] += e->units;
  }
  prepare_ours(r, count);
}

/* One side's turn, in events a second. */
static double take_turn(road *r, void (*run)(road *, long, long), long count,
                        long batch) {
  double start = bench_seconds();

  run(r, count, batch);
  return (double)count / (bench_seconds() - start);
}

/* The sides change places from round to round. */
static void run_round(road *r, int at, long count, long batch,
                      bench_round *round) {
  make_events(r, count, 0);
  if (at % 2) round->yardstick = take_turn(r, run_raw, count, batch);
  round->ours = take_turn(r, run_ours, count, batch);
  if (at % 2 == 0) round->yardstick = take_turn(r, run_raw, count, batch);
  count_ours(r, count);
}

/* At the end of the program, too, however it comes. */
static void delete_databases(void) {
  static const char *const ends[] = {"", "-wal", "-shm"};
  char name[2 * sizeof paths[0]];

  for (int i = 0; i < 2; i++) {
    for (int k = 0; k < 3 && paths[i][0]; k++) {
      snprintf(name, sizeof name, "%s%s", paths[i], ends[k]);
      unlink(name);
    }
  }
}

static void name_databases(const char *folder) {
  static int is_known;

  if (!is_known) atexit(delete_databases);
  is_known = 1;
  snprintf(paths[0], sizeof paths[0], "%s/bench-%ld.db", folder,
           (long)getpid());
  snprintf(paths[1], sizeof paths[1], "%s/bench-%ld-raw.db", folder,
           (long)getpid());
}

static void open_road(road *r, const bench_options *options, long count) {
  long most = count > BENCH_CUSTOMERS ? count : BENCH_CUSTOMERS;

  name_databases(options->folder);
  r->workload = bench_workload_open(1);
  r->events = calloc((size_t)most, sizeof *r->events);
  r->given = calloc((size_t)most, sizeof *r->given);
  r->receipts = calloc((size_t)most, sizeof *r->receipts);
  if (!r->events || !r->given || !r->receipts)
    bench_stop("the events", "out of memory");
  open_ours(r);
  open_raw(r);
  make_events(r, BENCH_CUSTOMERS, 1);
  run_ours(r, BENCH_CUSTOMERS, BENCH_CUSTOMERS);
  run_raw(r, BENCH_CUSTOMERS, BENCH_CUSTOMERS);
  count_ours(r, BENCH_CUSTOMERS);
}

static void close_road(road *r) {
  billing_close(r->b);
  sqlite3_finalize(r->begin);
  sqlite3_finalize(r->insert);
  sqlite3_finalize(r->commit);
  sqlite3_close(r->db);
  delete_databases();
  bench_workload_close(r->workload);
  free(r->events);
  free(r->given);
  free(r->receipts);
  free(r);
}

/* As many events as take about a second on either side. */
static long events_of_round(long batch, double scale) {
  double batches = batch >= BATCH_MOST ? 8 : batch >= 100 ? 200 : 1500;
  long count = (long)(batches * scale + 0.5);

  return (count ? count : 1) * batch;
}

void bench_road(bench_figure *figure, const bench_options *options) {
  bench_round rounds[BENCH_ROUNDS_MOST];
  long count = events_of_round(figure->size, options->scale);
  road *r = calloc(1, sizeof *r);
  double start = bench_seconds();
  int done = 0;

  if (!r) bench_stop("the road", "out of memory");
  open_road(r, options, count);
  while (done < options->rounds &&
         (done < 3 || bench_seconds() - start < SECONDS_MOST)) {
    run_round(r, done, count, figure->size, &rounds[done]);
    done++;
  }
  check_sums(r);
  check_database(r);
  close_road(r);
  bench_settle(figure, rounds, done);
}
