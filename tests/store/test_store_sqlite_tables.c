/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * test_store_sqlite_tables.c - tables that are not stored, against a stored
 * table with the same rows: whatever a query asks, both must answer alike.
 *
 * The show here has 40 rows and takes every wish at its word; it counts what
 * it was asked, so that a wish that never came is seen.
 */
#include <sqlite3.h>
#include <stdio.h>

#include "store/sqlite_tables.h"
#include "unit.h"

#define ROWS 40

static const billing_column columns[] = {
  {"number", BILLING_VALUE_INTEGER, 0}, {"who", BILLING_VALUE_TEXT, 0},
  {"time_us", BILLING_VALUE_INTEGER, 0}, {"word", BILLING_VALUE_TEXT, 0}};
static const bl_sql_table shown_here[] = {
  {"shown", columns, 4, 1, 2, 0},
  {"timeless", columns, 4, BL_NO_COLUMN, BL_NO_COLUMN, BL_NO_COLUMN}};

static struct {
  int         is_open;
  int         opened;
  int         given;          /* rows */
  int         fails_at;       /* the number of the row; 0: never */
  int         open_fails;
  int         rows_open;
  bl_sql_wish wish;           /* the last one */
} shower;

typedef struct shower_rows {
  bl_sql_wish   wish;
  char          customer[8];
  int           at;
  char          who[2];
  billing_value row[4];
} shower_rows;

static int shower_open(void **reader, void *connection, const void *routines,
                       billing_error *err) {
  ck_assert_ptr_nonnull(connection);
  ck_assert_ptr_nonnull(routines);
  if (shower.open_fails)
    return bl_fail(err, BILLING_NOTFOUND, "", "make one", "there is none");
  shower.is_open++;
  shower.opened++;
  *reader = &shower;
  return BILLING_OK;
}

static void shower_close(void *reader) {
  ck_assert_ptr_eq(reader, &shower);
  ck_assert_int_eq(shower.rows_open, 0);
  shower.is_open--;
}

static int shower_start(void *reader, size_t table, const bl_sql_wish *wish,
                        void **rows, billing_error *err) {
  shower_rows *r = calloc(1, sizeof *r);

  (void)err;
  ck_assert_ptr_eq(reader, &shower);
  ck_assert_uint_lt(table, 2);
  ck_assert(bl_str_is(wish->tenant, "t"));
  r->wish = *wish;
  if (wish->customer.len && wish->customer.len < sizeof r->customer)
    memcpy(r->customer, wish->customer.text, wish->customer.len);
  shower.wish = *wish;
  shower.rows_open++;
  *rows = r;
  return BILLING_OK;
}

/* Row n: a, b, a, NULL, and times that go up and down. */
static void shower_make(shower_rows *r, int n) {
  r->who[0] = n % 2 ? 'a' : 'b';
  r->row[0] = bl_value_int(n);
  r->row[1] = bl_value_text(bl_str_of(r->who));
  if (n % 4 == 3) r->row[1].type = BL_VALUE_NULL;
  r->row[2] = bl_value_int(n * 7 % ROWS);
  r->row[3] = bl_value_text(bl_str_of("w"));
}

static int shower_wants(const shower_rows *r) {
  if (r->wish.first > r->row[0].integer || r->wish.last < r->row[0].integer)
    return 0;
  if (r->wish.has_customer && (r->row[1].type == BL_VALUE_NULL ||
                               !bl_str_is(r->row[1].bytes, r->customer)))
    return 0;
  return bl_span_holds(r->wish.times, r->row[2].integer);
}

static int shower_next(void *rows, const billing_value **row,
                       billing_error *err) {
  shower_rows *r = rows;

  while (++r->at <= ROWS) {
    if (r->at == shower.fails_at)
      return bl_fail(err, BILLING_CORRUPT, "", NULL, "row %i is bad",
                     (int64_t)r->at);
    shower_make(r, r->at);
    if (!shower_wants(r)) continue;
    shower.given++;
    *row = r->row;
    return BILLING_OK;
  }
  return BILLING_DONE;
}

static void shower_end(void *rows) {
  shower.rows_open--;
  free(rows);
}

static const bl_sql_show show = {shown_here,   2,           shower_open,
                                 shower_close, shower_start, shower_next,
                                 shower_end};

static sqlite3 *db;

static void setup(void) {
  memset(&shower, 0, sizeof shower);
  ck_assert_int_eq(sqlite3_open(":memory:", &db), SQLITE_OK);
  ck_assert_int_eq(bl_sqlite_tables(db, NULL, &show), SQLITE_OK);
}

static void teardown(void) {
  ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
  ck_assert_int_eq(shower.is_open, 0);
  ck_assert_int_eq(shower.rows_open, 0);
}

/* The first column of all rows, one after the other, or the message. */
static const char *answer(const char *sql) {
  static char text[2][1024];
  static int  which;
  char *out = text[which ^= 1];
  sqlite3_stmt *stmt = NULL;
  size_t len = 0;
  int rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);

  out[0] = '\0';
  while (!rc && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
    const char *cell = (const char *)sqlite3_column_text(stmt, 0);
    len += (size_t)snprintf(out + len, sizeof text[0] - len, "%s ",
                            cell ? cell : "NULL");
    rc = SQLITE_OK;
  }
  if (rc != SQLITE_DONE)
    snprintf(out, sizeof text[0], "%s", sqlite3_errmsg(db));
  sqlite3_finalize(stmt);
  return out;
}

START_TEST(any_question_is_answered_as_by_a_stored_table) {
  static const char *const where[] = {
    "1", "who = 'a'", "who = 'A'", "who = 'A' COLLATE NOCASE", "who IS NULL",
    "who = NULL", "who IN ('a', 'b')", "who <> 'a'", "who > 'a'",
    "time_us >= 5", "time_us > 5", "time_us < 5", "time_us <= 5",
    "time_us = 5", "time_us BETWEEN 3 AND 9 AND who = 'a'",
    "time_us >= 5.5", "time_us < 5.5", "time_us < '9'", "time_us < 'x'",
    "time_us >= 'x'", "time_us >= NULL", "time_us < 9223372036854775807",
    "time_us <= 9223372036854775807", "time_us <= 5 AND time_us <= 3",
    "number = 7", "number = 7.0", "number = '7'", "number = 7.5",
    "number = -1", "number IN (3, 5, 99)", "number > 5 AND number <= 8",
    "number >= 8 AND number < 6", "number = 3 OR who = 'b'",
    "number > 5 AND number > 30 AND time_us > 1 AND time_us > 2",
    "word = 'w' AND number < 3", "rowid > 0",
  };
  static const char *const order[] = {" ORDER BY +number",
                                      " ORDER BY number",
                                      " ORDER BY number DESC",
                                      " ORDER BY time_us"};
  char sql[256], mine[1024];

  ck_assert_str_eq(answer("CREATE TABLE plain AS SELECT * FROM shown('t')"),
                   "");
  ck_assert_str_eq(answer("SELECT count(*) FROM plain"), "40 ");
  for (size_t i = 0; i < BL_COUNT(where); i++)
    for (size_t k = 0; k < BL_COUNT(order); k++) {
      snprintf(sql, sizeof sql, "SELECT number FROM shown('t') WHERE %s%s",
               where[i], order[k]);
      snprintf(mine, sizeof mine, "%s", answer(sql));
      snprintf(sql, sizeof sql, "SELECT number FROM plain WHERE %s%s",
               where[i], order[k]);
      ck_assert_msg(!strcmp(answer(sql), mine), "%s: %s", sql, mine);
    }
}
END_TEST

START_TEST(what_a_query_says_reaches_the_show) {
  static const struct {
    const char *where;
    int         given;
  } cases[] = {
    {"1", 40}, {"who = 'b'", 20}, {"who = 'a' AND time_us = 3", 10},
    {"number = 7", 1}, {"number > 38", 3}, {"number < 3", 3},
    {"time_us >= 38", 2}, {"time_us < 2", 3}, {"who = 'z'", 0},
    {"number > 10 AND number <= 12 AND who = 'b'", 2},
    {"who = 'b' COLLATE NOCASE", 40},
  };
  char sql[160];

  for (size_t i = 0; i < BL_COUNT(cases); i++) {
    shower.given = 0;
    snprintf(sql, sizeof sql, "SELECT count(*) FROM shown('t') WHERE %s",
             cases[i].where);
    answer(sql);
    ck_assert_msg(shower.given == cases[i].given, "%s: %d", sql,
                  shower.given);
  }
  shower.given = 0;
  answer("SELECT number FROM shown('t') ORDER BY number LIMIT 3");
  ck_assert_int_le(shower.given, 4);       /* it comes in this order */
}
END_TEST

START_TEST(a_table_without_such_columns_is_read_whole) {
  ck_assert_str_eq(answer("SELECT count(*) FROM timeless('t')"
                          " WHERE time_us < 2 AND number < 9 AND who = 'b'"),
                   "0 ");
  ck_assert_int_eq(shower.given, ROWS);
  ck_assert(!shower.wish.has_customer);
}
END_TEST

START_TEST(the_tenant_is_an_argument_or_a_hidden_column) {
  ck_assert_str_eq(answer("SELECT count(*) FROM shown WHERE tenant = 't'"),
                   "40 ");
  ck_assert_str_eq(answer("SELECT tenant FROM shown('t') WHERE number = 1"),
                   "t ");
  ck_assert_str_eq(answer("SELECT group_concat(name) FROM"
                          " pragma_table_info('shown')"),
                   "number,who,time_us,word ");
  ck_assert_str_eq(answer("SELECT count(*) FROM (SELECT 't' AS id) AS o,"
                          " shown(o.id)"), "40 ");
  ck_assert_str_eq(answer("SELECT count(*) FROM shown(NULL)"), "0 ");
  ck_assert_str_eq(answer("SELECT * FROM shown"),
                   "shown needs a tenant: shown('ID')");
  ck_assert_str_eq(answer("SELECT * FROM shown WHERE tenant > 't'"),
                   "shown needs a tenant: shown('ID')");
}
END_TEST

START_TEST(two_tables_and_two_cursors_share_one_reader) {
  ck_assert_str_eq(answer("SELECT count(*) FROM shown('t') AS a JOIN"
                          " timeless('t') AS b ON b.number = a.number JOIN"
                          " shown('t') AS c ON c.number = b.number"), "40 ");
  ck_assert_int_eq(shower.opened, 1);
  ck_assert_int_eq(shower.is_open, 1);
}
END_TEST

START_TEST(a_failure_is_told_and_the_reader_opened_anew) {
  shower.fails_at = 5;
  ck_assert_str_eq(answer("SELECT number FROM shown('t') WHERE number > 2"),
                   "shown: CORRUPT: row 5 is bad");
  shower.fails_at = 0;
  ck_assert_str_eq(answer("SELECT count(*) FROM shown('t')"), "40 ");
  ck_assert_int_eq(shower.opened, 2);
  ck_assert_int_eq(shower.is_open, 1);
}
END_TEST

START_TEST(a_reader_that_cannot_be_opened_is_tried_again) {
  shower.open_fails = 1;
  ck_assert_str_eq(answer("SELECT count(*) FROM shown('t')"),
                   "shown: NOTFOUND: there is none; make one");
  shower.open_fails = 0;
  ck_assert_str_eq(answer("SELECT count(*) FROM shown('t')"), "40 ");
}
END_TEST

START_TEST(the_tables_can_be_added_again) {
  sqlite3_stmt *stmt = NULL;

  ck_assert_int_eq(sqlite3_prepare_v2(db, "SELECT number FROM shown('t')", -1,
                                      &stmt, NULL), SQLITE_OK);
  ck_assert_int_eq(sqlite3_step(stmt), SQLITE_ROW);
  ck_assert_int_eq(bl_sqlite_tables(db, NULL, &show), SQLITE_OK);
  ck_assert_str_eq(answer("SELECT count(*) FROM shown('t')"), "40 ");
  ck_assert_int_eq(sqlite3_step(stmt), SQLITE_ROW);
  sqlite3_finalize(stmt);
  ck_assert_str_eq(answer("SELECT count(*) FROM shown('t')"), "40 ");
}
END_TEST

START_TEST(nothing_can_be_written_and_no_view_may_look) {
  ck_assert_ptr_nonnull(strstr(answer("DELETE FROM shown"), "may not be"));
  ck_assert_str_eq(answer("CREATE VIEW spy AS SELECT * FROM shown('t')"), "");
  ck_assert_ptr_nonnull(strstr(answer("SELECT * FROM spy"), "unsafe use"));
}
END_TEST

#undef ROWS

Suite *test_store_sqlite_tables(void);
Suite *test_store_sqlite_tables(void) {
  Suite *s = suite_create("store sqlite tables");
  TCase *t = tcase_create("tables");

  tcase_add_checked_fixture(t, setup, teardown);
  tcase_add_test(t, any_question_is_answered_as_by_a_stored_table);
  tcase_add_test(t, what_a_query_says_reaches_the_show);
  tcase_add_test(t, a_table_without_such_columns_is_read_whole);
  tcase_add_test(t, the_tenant_is_an_argument_or_a_hidden_column);
  tcase_add_test(t, two_tables_and_two_cursors_share_one_reader);
  tcase_add_test(t, a_failure_is_told_and_the_reader_opened_anew);
  tcase_add_test(t, a_reader_that_cannot_be_opened_is_tried_again);
  tcase_add_test(t, the_tables_can_be_added_again);
  tcase_add_test(t, nothing_can_be_written_and_no_view_may_look);
  suite_add_tcase(s, t);
  return s;
}
