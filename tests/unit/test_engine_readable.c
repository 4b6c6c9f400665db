/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * test_engine_readable.c - events, draws and usage in SQL, on the connection
 * of a host that has a handle, too.
 */
#include <sqlite3.h>

#include "engine.h"

static sqlite3 *db;
static billing *b;

static void begin(void) {
  billing_call call = shop_call("");

  ck_assert_int_eq(sqlite3_open(":memory:", &db), SQLITE_OK);
  ck_assert_int_eq(billing_sqlite3_extension(db, NULL, NULL), SQLITE_OK);
  ck_assert_int_eq(billing_open_sqlite3(&b, db, NULL, NULL, NULL), 0);
  ck_assert_int_eq(billing_catalog_apply(b, &call, shop_catalog, (size_t)-1,
                                         NULL, NULL), 0);
}

static void end(void) {
  billing_close(b);
  ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
}

static void run(const char *sql) {
  ck_assert_msg(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK,
                "%s: %s", sql, sqlite3_errmsg(db));
}

/* All cells, '|' between them and '\n' behind each row; or the message. */
static const char *ask(const char *sql) {
  static char out[4096];
  sqlite3_stmt *stmt = NULL;
  size_t len = 0;
  int rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);

  out[0] = '\0';
  while (!rc && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
    for (int i = 0, n = sqlite3_column_count(stmt); i < n; i++) {
      const char *cell = (const char *)sqlite3_column_text(stmt, i);
      len += (size_t)snprintf(out + len, sizeof out - len, "%s%s",
                              cell ? cell : "NULL", i + 1 < n ? "|" : "\n");
    }
    rc = SQLITE_OK;
  }
  if (rc != SQLITE_DONE) snprintf(out, sizeof out, "%s", sqlite3_errmsg(db));
  sqlite3_finalize(stmt);
  return out;
}

static void record_one(const char *key, const char *name,
                       const char *properties) {
  billing_call call = shop_call("");
  billing_event event = shop_event(key, name);
  billing_receipt receipt;

  event.properties = shop_text(properties);
  ck_assert_int_eq(shop_record(b, &call, &event, &receipt, NULL), 0);
  ck_assert_uint_eq(receipt.status, BILLING_STATUS_NEW);
}

/* Entry 7 is the grant, 8 the period, 9 and 10 the events. */
START_TEST(rows_say_what_was_recorded) {
  shop_grant(b, "g", "0.03");
  record_one("k1", "e", "{ \"a\": 1.50 }");
  record_one("k2", "none", "");
  ck_assert_str_eq(ask("SELECT * FROM billing_events('t')"),
      "589824|k1|a|e|1767571200000000|1767571200000000|NULL|{ \"a\": 1.50 }|"
      "owed|0.1|0.03|USD\n"
      "655360|k2|a|none|1767571200000000|1767571200000000|NULL|NULL|"
      "unmatched|NULL|NULL|NULL\n");
  ck_assert_str_eq(ask("SELECT * FROM billing_draws('t')"),
      "589824|a|1767571200000000|c|x|{}|1767225600000000|1|0.03|USD\n"
      "589824|a|1767571200000000|c|x|{}|1767225600000000|0|0.07|USD\n");
  ck_assert_str_eq(ask("SELECT * FROM billing_usage('t')"),
      "c|a|x|m|{}|1767225600000000|1769904000000000|1|1|0.1|0.03|USD\n");
}
END_TEST

START_TEST(the_ledger_is_a_table) {
  shop_grant(b, "g", "0.03");
  record_one("k1", "e", "");
  ck_assert_str_eq(ask("SELECT * FROM billing_ledger('t')"),
      "7340033|7|1767571200000000|a|deferred|USD|-0.03|grant\n"
      "7340034|7|1767571200000000|a|funding|USD|0.03|grant\n"
      "9437185|9|1767571200000000|a|deferred|USD|0.03|events\n"
      "9437186|9|1767571200000000|a|unbilled|USD|0.07|events\n"
      "9437187|9|1767571200000000|a|revenue|USD|-0.1|events\n");
  ck_assert_str_eq(ask("SELECT amount FROM billing_ledger('t') WHERE"
                       " number > 7340034 AND number < 9437187"),
                   "0.03\n0.07\n");
  ck_assert_str_eq(ask("SELECT count(*) FROM billing_ledger('t') WHERE"
                       " at_us < 1767571200000000"), "0\n");
  ck_assert_str_eq(ask("SELECT count(*) FROM billing_ledger('t') WHERE"
                       " customer = 'a' AND seq = 9"), "3\n");
}
END_TEST

/* 900 entries of two postings, each read once: more than two pages. */
START_TEST(pages_of_the_ledger_meet) {
  char key[16];

  for (int i = 0; i < 900; i++) {
    snprintf(key, sizeof key, "g%d", i);
    shop_grant(b, key, "1");
  }
  ck_assert_str_eq(ask("SELECT count(*), count(DISTINCT number), "
                       "sum(amount), min(seq), max(seq) "
                       "FROM billing_ledger('t')"), "1800|1800|0|7|906\n");
  ck_assert_str_eq(ask("SELECT count(*) FROM billing_ledger('t') WHERE"
                       " customer = 'a'"), "1800\n");
}
END_TEST

START_TEST(a_transaction_sees_what_it_has_recorded) {
  record_one("k1", "e", "");
  run("BEGIN");
  record_one("k2", "e", "");
  ck_assert_str_eq(ask("SELECT key FROM billing_events('t')"), "k1\nk2\n");
  run("SAVEPOINT s");
  record_one("k3", "e", "");
  ck_assert_str_eq(ask("SELECT quantity FROM billing_usage('t')"), "3\n");
  run("ROLLBACK TO s");
  ck_assert_str_eq(ask("SELECT quantity FROM billing_usage('t')"), "2\n");
  run("ROLLBACK");
  ck_assert_str_eq(ask("SELECT key FROM billing_events('t')"), "k1\n");
  record_one("k2", "e", "");
  ck_assert_str_eq(ask("SELECT key FROM billing_events('t')"), "k1\nk2\n");
}
END_TEST

START_TEST(a_statement_that_writes_may_read_them) {
  record_one("k1", "e", "");
  run("CREATE TABLE kept AS SELECT * FROM billing_events('t')");
  run("BEGIN");
  record_one("k2", "e", "");
  run("INSERT INTO kept SELECT * FROM billing_events('t')"
      " WHERE key NOT IN (SELECT key FROM kept)");
  run("UPDATE kept SET flags = (SELECT sum(1) FROM billing_draws('t')"
      " WHERE event = kept.number)");
  run("COMMIT");
  ck_assert_str_eq(ask("SELECT key, flags FROM kept"), "k1|1\nk2|1\n");
  ck_assert_int_eq(sqlite3_get_autocommit(db), 1);
}
END_TEST

/* 6,000 events in batches of 1,500: several pages, several entries. */
#define MANY 6000

static void record_many(void) {
  static billing_event events[MANY];
  static char keys[MANY][8];
  billing_call call = shop_call("");

  for (size_t i = 0; i < MANY; i++) {
    snprintf(keys[i], sizeof keys[i], "k%d", (int)i);
    events[i] = shop_event(keys[i], i % 3 ? "e" : "none");
    events[i].time_us = SHOP_NOW - (int64_t)i;
  }
  for (size_t i = 0; i < MANY; i += 1500)
    ck_assert_int_eq(billing_record(b, &call, &events[i], 1500, NULL, NULL),
                     0);
}

START_TEST(many_rows_come_once_each_and_in_order) {
  record_many();
  ck_assert_str_eq(ask("SELECT count(*), count(DISTINCT number),"
                       " min(number), max(number) FROM billing_events('t')"),
                   "6000|6000|524288|722395\n");
  ck_assert_str_eq(ask("SELECT count(*) FROM (SELECT number -"
                       " lag(number) OVER () AS step FROM"
                       " billing_events('t')) WHERE step <= 0"), "0\n");
  ck_assert_str_eq(ask("SELECT count(*), sum(amount = '0.1') FROM"
                       " billing_draws('t')"), "4000|4000\n");
  ck_assert_str_eq(ask("SELECT quantity, amount FROM billing_usage('t')"),
                   "4000|400\n");
  ck_assert_str_eq(ask("SELECT key FROM billing_events('t')"
                       " WHERE number > 722393 ORDER BY number"),
                   "k5998\nk5999\n");
  ck_assert_str_eq(ask("SELECT e.key, d.amount FROM billing_events('t') AS e"
                       " JOIN billing_draws('t') AS d ON d.event = e.number"
                       " WHERE e.number BETWEEN 524288 AND 524290"),
                   "k1|0.1\nk2|0.1\n");
  ck_assert_str_eq(ask("SELECT count(*) FROM billing_events('t')"
                       " WHERE time_us > 1767571199999900"
                       " AND customer = 'a'"), "100\n");
}
END_TEST

#undef MANY

START_TEST(what_is_not_there_shows_nothing_but_a_tenant_must_be) {
  record_one("k1", "e", "");
  ck_assert_str_eq(ask("SELECT * FROM billing_events('t')"
                       " WHERE customer = 'nobody'"), "");
  ck_assert_str_eq(ask("SELECT * FROM billing_events('t')"
                       " WHERE number < 0"), "");
  ck_assert_str_eq(ask("SELECT * FROM billing_draws('other')"),
                   "billing_draws: NOTFOUND_TENANT: there is no tenant other;"
                   " put the tenant first");
  ck_assert_str_eq(ask("SELECT * FROM billing_usage"),
                   "billing_usage needs a tenant: billing_usage('ID')");
  ck_assert_str_eq(ask("SELECT key FROM billing_events('t')"), "k1\n");
}
END_TEST

START_TEST(an_erased_event_keeps_its_figures) {
  billing_call call = shop_call("");

  record_one("k1", "e", "{\"who\":\"Jane\"}");
  ck_assert_int_eq(billing_erase(b, &call, "a", 1, "asked", 5, NULL), 0);
  ck_assert_str_eq(ask("SELECT key, customer, event, properties, cost FROM"
                       " billing_events('t')"), "NULL|NULL|NULL|NULL|0.1\n");
  ck_assert_str_eq(ask("SELECT customer, amount FROM billing_draws('t')"),
                   "NULL|0.1\n");
}
END_TEST

START_TEST(a_database_of_somebody_else_has_nothing_to_show) {
  sqlite3 *kept = db;

  ck_assert_int_eq(sqlite3_open(":memory:", &db), SQLITE_OK);
  ck_assert_int_eq(billing_sqlite3_extension(db, NULL, NULL), SQLITE_OK);
  ck_assert_str_eq(ask("SELECT * FROM billing_events('t')"),
                   "billing_events: NOTFOUND: nothing of ours is in it");
  ck_assert_str_eq(ask("SELECT count(*) FROM sqlite_schema"), "0\n");
  ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
  db = kept;
}
END_TEST

Suite *test_engine_readable(void);
Suite *test_engine_readable(void) {
  Suite *s = suite_create("engine_readable");
  TCase *t = tcase_create("tables");

  tcase_add_checked_fixture(t, begin, end);
  tcase_add_test(t, rows_say_what_was_recorded);
  tcase_add_test(t, the_ledger_is_a_table);
  tcase_add_test(t, pages_of_the_ledger_meet);
  tcase_add_test(t, a_transaction_sees_what_it_has_recorded);
  tcase_add_test(t, a_statement_that_writes_may_read_them);
  tcase_add_test(t, many_rows_come_once_each_and_in_order);
  tcase_add_test(t, what_is_not_there_shows_nothing_but_a_tenant_must_be);
  tcase_add_test(t, an_erased_event_keeps_its_figures);
  tcase_add_test(t, a_database_of_somebody_else_has_nothing_to_show);
  suite_add_tcase(s, t);
  return s;
}
