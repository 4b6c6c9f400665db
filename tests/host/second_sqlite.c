/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * second_sqlite.c - a host with a SQLite of its own.
 *
 * It is linked with libsqlite3.a, whose symbols stay inside the program
 * (--exclude-libs), while libbilling.so brings the shared libsqlite3: two
 * copies in one process.  The host hands over its connection and its table of
 * routines, and everything must happen in its copy and in its transactions.
 *
 *     second_sqlite        works in a folder of its own below /tmp
 */
#include <dlfcn.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "billing.h"

static int passed, failed;

static void check(int holds, const char *what, int line) {
  if (holds) {
    passed++;
    return;
  }
  failed++;
  printf("second_sqlite.c:%d: %s\n", line, what);
}

#define CHECK(x) check((x) ? 1 : 0, #x, __LINE__)

static const int64_t now_us = 1767225600000000;  /* 2026-01-01T00:00:00Z */

static sqlite3 *db, *other;
static const void *routines;
static billing *b;
static billing_error err;

/* ---- The host's SQLite -------------------------------------------------- */

static int entry(sqlite3 *connection, char **message, const void *api) {
  (void)connection;
  (void)message;
  routines = api;
  return SQLITE_OK;
}

static void run(const char *sql) {
  char *message = NULL;

  check(sqlite3_exec(db, sql, NULL, NULL, &message) == SQLITE_OK,
        message ? message : sql, __LINE__);
  sqlite3_free(message);
}

static int64_t ask(sqlite3 *connection, const char *sql) {
  sqlite3_stmt *stmt = NULL;
  int64_t answer = -1;

  if (sqlite3_prepare_v2(connection, sql, -1, &stmt, NULL) == SQLITE_OK &&
      sqlite3_step(stmt) == SQLITE_ROW)
    answer = sqlite3_column_int64(stmt, 0);
  sqlite3_finalize(stmt);
  return answer;
}

/* The library's copy is what the dynamic linker finds; the host's copy is in
 * the program itself and is not to be found. */
static void check_two_copies(void) {
  const char *(*theirs)(void) = NULL;
  void *address = dlsym(RTLD_DEFAULT, "sqlite3_libversion");

  CHECK(address != NULL);
  memcpy(&theirs, &address, sizeof theirs);
  CHECK(theirs != sqlite3_libversion);
}

/* ---- The calls ---------------------------------------------------------- */

static billing_str str(const char *text) {
  billing_str s = {text, strlen(text)};

  return s;
}

static billing_call call_of(const char *key) {
  billing_call call;

  BILLING_INIT(&call);
  call.tenant = str("acme");
  call.key    = str(key);
  call.now_us = now_us;
  return call;
}

static void said(int rc) {
  if (rc) printf("  %s: %s (%s)\n", billing_code_name(rc), err.message,
                 err.path);
}

static int put(const char *kind, const char *json) {
  billing_call call = call_of("");
  int rc = billing_put(b, &call, kind, json, (size_t)-1, NULL, &err);

  said(rc);
  return rc;
}

static int grant(const char *key, const char *amount) {
  billing_call call = call_of(key);
  billing_grant_terms terms;

  BILLING_INIT(&terms);
  terms.customer = str("c1");
  memcpy(terms.amount.asset, "USD", 4);
  memcpy(terms.cost.asset, "USD", 4);
  if (billing_decimal_parse(&terms.amount.amount, amount, (size_t)-1))
    return BILLING_INVALID;
  return billing_grant(b, &call, &terms, NULL, &err);
}

/* What customer c1 has, as text, or the name of the failure. */
static const char *balance(void) {
  static char text[BILLING_DECIMAL_TEXT];
  billing_call call = call_of("");
  billing_balances balances;
  int rc;

  BILLING_INIT(&balances);
  rc = billing_balance(b, &call, "c1", 2, "USD", &balances, &err);
  if (rc) return billing_code_name(rc);
  billing_decimal_format(&balances.free, text);
  return text;
}

static void has(const char *amount, int line) {
  const char *is = balance();

  check(!strcmp(is, amount), "the balance is another", line);
  if (strcmp(is, amount)) printf("  %s, %s\n", is, err.message);
}

#define HAS(amount) has((amount), __LINE__)

/* BILLING_STATUS_* of an event that no meter wants. */
static uint32_t record(const char *key) {
  billing_call call = call_of("");
  billing_event event;
  billing_receipt receipt;
  int rc;

  BILLING_INIT(&event);
  BILLING_INIT(&receipt);
  event.key      = str(key);
  event.customer = str("c1");
  event.event    = str("nothing");
  rc = billing_record(b, &call, &event, 1, &receipt, &err);
  said(rc);
  return rc ? 0 : receipt.status;
}

static void open_handle(void) {
  billing_options options;
  int rc;

  BILLING_INIT(&options);
  BILLING_INIT(&err);
  rc = billing_open_sqlite3(&b, db, routines, &options, &err);
  said(rc);
  CHECK(rc == BILLING_OK);
}

static void close_handle(void) {
  billing_close(b);
  b = NULL;
  CHECK(sqlite3_next_stmt(db, NULL) == NULL);
}

/* ---- The scenes --------------------------------------------------------- */

static void outside_a_transaction(void) {
  open_handle();
  CHECK(put("tenant", "{\"id\":\"acme\",\"name\":\"Acme\"}") == BILLING_OK);
  CHECK(put("customer", "{\"id\":\"c1\",\"name\":\"Ann\"}") == BILLING_OK);
  CHECK(grant("g1", "100") == BILLING_OK);
  HAS("100");
  CHECK(record("e1") == BILLING_STATUS_NEW);
  CHECK(record("e1") == BILLING_STATUS_SAME);
  CHECK(sqlite3_get_autocommit(db));
  CHECK(ask(other, "SELECT count(*) > 0 FROM billing_journal") == 1);
}

static void a_rollback(void) {
  run("BEGIN; INSERT INTO orders VALUES (1)");
  CHECK(grant("g2", "50") == BILLING_OK);
  CHECK(record("e2") == BILLING_STATUS_NEW);
  CHECK(record("e2") == BILLING_STATUS_SAME);
  HAS("150");
  run("ROLLBACK");
  HAS("100");
  CHECK(ask(db, "SELECT count(*) FROM orders") == 0);
  CHECK(record("e2") == BILLING_STATUS_NEW);
  CHECK(record("e1") == BILLING_STATUS_SAME);
}

static void a_commit(void) {
  run("BEGIN; INSERT INTO orders VALUES (2)");
  CHECK(grant("g2", "25") == BILLING_OK);       /* other terms: it is new */
  HAS("125");
  CHECK(!sqlite3_get_autocommit(db));
  run("COMMIT");
  HAS("125");
  CHECK(ask(other, "SELECT count(*) FROM orders") == 1);
  CHECK(BILLING_CODE(grant("g2", "50")) == BILLING_CONFLICT);
  HAS("125");
}

static void a_rollback_to_a_savepoint(void) {
  run("BEGIN");
  CHECK(grant("g3", "10") == BILLING_OK);
  run("SAVEPOINT inner");
  CHECK(grant("g4", "20") == BILLING_OK);
  CHECK(record("e4") == BILLING_STATUS_NEW);
  HAS("155");
  run("ROLLBACK TO inner");
  HAS("135");
  CHECK(record("e4") == BILLING_STATUS_NEW);
  CHECK(grant("g4", "1") == BILLING_OK);
  run("RELEASE inner; COMMIT");
  HAS("136");
}

static void a_failure_leaves_the_hosts_transaction(void) {
  run("BEGIN; INSERT INTO orders VALUES (3)");
  CHECK(grant("g5", "-1") != BILLING_OK);
  CHECK(!sqlite3_get_autocommit(db));
  CHECK(grant("g5", "4") == BILLING_OK);
  run("COMMIT");
  HAS("140");
  CHECK(ask(db, "SELECT count(*) FROM orders") == 2);
}

static void another_connection(void) {
  CHECK(sqlite3_exec(other, "BEGIN IMMEDIATE", 0, 0, 0) == SQLITE_OK);
  CHECK(BILLING_CODE(grant("g6", "1")) == BILLING_BUSY);
  CHECK(sqlite3_exec(other, "ROLLBACK", 0, 0, 0) == SQLITE_OK);
  run("BEGIN");
  CHECK(ask(db, "SELECT count(*) FROM orders") == 2);
  CHECK(sqlite3_exec(other, "INSERT INTO orders VALUES (9)", 0, 0, 0) ==
        SQLITE_OK);
  CHECK(BILLING_CODE(grant("g6", "1")) == BILLING_BUSY);   /* stale */
  run("ROLLBACK");
  CHECK(grant("g6", "1") == BILLING_OK);
  HAS("141");
}

static void a_handle_anew(void) {
  close_handle();
  open_handle();
  HAS("141");
  CHECK(record("e1") == BILLING_STATUS_SAME);
  close_handle();
}

/* The host's copy calls the library's tables, and they call it back.  They
 * are left open: closing the connection must close them. */
static void tables_in_sql(void) {
  static const char events[] = "SELECT count(*) FROM billing_events('acme')";
  static const char mine[] = "SELECT count(*) FROM billing_events('acme')"
                             " WHERE customer = 'c1' AND key > 'e1'";

  CHECK(billing_sqlite3_extension(db, NULL, routines) == SQLITE_OK);
  CHECK(billing_sqlite3_extension(other, NULL, routines) == SQLITE_OK);
  open_handle();
  CHECK(ask(db, events) == 3);
  run("BEGIN");
  CHECK(record("e5") == BILLING_STATUS_NEW);
  CHECK(ask(db, events) == 4);
  CHECK(ask(other, events) == 3);
  run("CREATE TABLE kept AS SELECT * FROM billing_events('acme')");
  CHECK(ask(db, "SELECT count(*) FROM kept") == 4);
  run("ROLLBACK");
  CHECK(ask(db, events) == 3);
  CHECK(ask(db, mine) == 2);
  CHECK(record("e5") == BILLING_STATUS_NEW);
  CHECK(ask(other, mine) == 3);
  CHECK(ask(db, "SELECT count(*) FROM billing_usage('acme')") == 0);
  CHECK(ask(db, "SELECT count(*) FROM billing_events") == -1);
  billing_close(b);
  b = NULL;
  CHECK(ask(db, mine) == 3);
}

/* Everything vanishes, the tables too, and can be made again. */
static void opened_in_what_is_rolled_back(const char *path) {
  CHECK(sqlite3_close(db) == SQLITE_OK);
  CHECK(sqlite3_open(path, &db) == SQLITE_OK);
  run("BEGIN");
  open_handle();
  CHECK(put("tenant", "{\"id\":\"acme\",\"name\":\"Acme\"}") == BILLING_OK);
  CHECK(put("customer", "{\"id\":\"c1\",\"name\":\"Ann\"}") == BILLING_OK);
  CHECK(grant("g1", "100") == BILLING_OK);
  HAS("100");
  run("ROLLBACK");
  CHECK(!strcmp(balance(), "NOTFOUND_TENANT"));
  CHECK(put("tenant", "{\"id\":\"acme\",\"name\":\"Acme\"}") == BILLING_OK);
  CHECK(!strcmp(balance(), "NOTFOUND_CUSTOMER"));
  CHECK(put("customer", "{\"id\":\"c1\",\"name\":\"Ann\"}") == BILLING_OK);
  HAS("0");
  CHECK(grant("g1", "7") == BILLING_OK);
  HAS("7");
  close_handle();
  open_handle();
  HAS("7");
  close_handle();
}

static void remove_files(const char *folder, const char *const *names) {
  char name[160];

  for (; *names; names++) {
    snprintf(name, sizeof name, "%s/%s", folder, *names);
    (void)unlink(name);
  }
  CHECK(rmdir(folder) == 0);
}

int main(void) {
  static const char *const names[] = {"a.db", "a.db-wal", "a.db-shm",
                                      "b.db", "b.db-journal", NULL};
  char folder[] = "/tmp/billing-host-XXXXXX", path[64], second[64];

  if (!mkdtemp(folder)) return 1;
  snprintf(path, sizeof path, "%s/a.db", folder);
  snprintf(second, sizeof second, "%s/b.db", folder);
  check_two_copies();
  CHECK(sqlite3_auto_extension((void (*)(void))entry) == SQLITE_OK);
  CHECK(sqlite3_open(path, &db) == SQLITE_OK);
  CHECK(routines != NULL);
  CHECK(sqlite3_open(path, &other) == SQLITE_OK);
  run("PRAGMA journal_mode=WAL; CREATE TABLE orders(id INTEGER)");

  outside_a_transaction();
  a_rollback();
  a_commit();
  a_rollback_to_a_savepoint();
  a_failure_leaves_the_hosts_transaction();
  another_connection();
  a_handle_anew();
  tables_in_sql();
  CHECK(sqlite3_close(other) == SQLITE_OK);
  opened_in_what_is_rolled_back(second);
  CHECK(sqlite3_close(db) == SQLITE_OK);
  sqlite3_reset_auto_extension();
  remove_files(folder, names);
  printf("%d passed, %d failed\n", passed, failed);
  return failed != 0;
}
