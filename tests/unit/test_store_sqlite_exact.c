/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <sqlite3.h>

#include "store/sqlite_exact.h"
#include "unit.h"

Suite *test_store_sqlite_exact(void);

static const bl_span period = {10, 20};

/* The first column of the first row, or the error. */
static const char *ask(const char *sql) {
  static char out[200];
  sqlite3_stmt *stmt = NULL;
  sqlite3 *db = NULL;
  const char *text;

  ck_assert_int_eq(sqlite3_open(":memory:", &db), SQLITE_OK);
  ck_assert_int_eq(bl_sqlite_exact(db, &period), SQLITE_OK);
  ck_assert_int_eq(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
  if (sqlite3_step(stmt) == SQLITE_ROW)
    text = (const char *)sqlite3_column_text(stmt, 0);
  else
    text = sqlite3_errmsg(db);
  strcpy(out, text ? text : "NULL");
  sqlite3_finalize(stmt);
  sqlite3_close(db);
  return out;
}

START_TEST(the_worked_examples_are_exact) {
  ck_assert_str_eq(ask("SELECT dec_mul('0.1', 3)"), "0.3");
  ck_assert_str_eq(ask("SELECT dec_round('2.675', 2)"), "2.68");
  ck_assert_str_eq(ask("WITH e(v) AS (VALUES ('0.1'), ('0.2'), ('0.3')) "
                       "SELECT sum(v) FROM e"), "0.6");
}
END_TEST

START_TEST(functions_of_null_are_null_and_aggregates_leave_it_out) {
  ck_assert_str_eq(ask("SELECT dec_add(1, NULL)"), "NULL");
  ck_assert_str_eq(ask("SELECT round(NULL, 2)"), "NULL");
  ck_assert_str_eq(ask("SELECT date_trunc('day', NULL)"), "NULL");
  ck_assert_str_eq(ask("SELECT is_dec(NULL)"), "0");
  ck_assert_str_eq(ask("WITH e(v) AS (VALUES (NULL), (4), (2)) "
                       "SELECT avg(v) FROM e"), "3");
  ck_assert_str_eq(ask("WITH e(v) AS (VALUES (NULL)) SELECT max(v) FROM e"),
                   "NULL");
}
END_TEST

START_TEST(among_equal_times_the_later_row_is_the_latest) {
  static const char rows[] = "WITH e(v, t) AS (VALUES ('1', 5), ('2', 5), "
                             "('3', 4)) ";
  char sql[200];

  strcpy(sql, rows);
  ck_assert_str_eq(ask(strcat(sql, "SELECT latest(v, t) FROM e")), "2");
  strcpy(sql, rows);
  ck_assert_str_eq(ask(strcat(sql, "SELECT earliest(v, t) FROM e")), "3");
}
END_TEST

START_TEST(what_is_no_decimal_is_an_error) {
  static const char what[] = "a text that is no decimal stands where a number "
                             "must; ask is_dec first";

  ck_assert_str_eq(ask("SELECT dec_add(1, 'x')"), what);
  ck_assert_str_eq(ask("SELECT sum('x')"), what);
  ck_assert_str_eq(ask("SELECT dec_add(1, 0.5)"), what);
  ck_assert_str_eq(ask("SELECT dec_div(1, '0.0')"),
                   "a number is divided by zero");
  ck_assert_str_eq(ask("SELECT round(1, 19)"),
                   "places are whole, from -20 to 18");
  ck_assert_str_eq(ask("SELECT dec_mul('99999999999999999999', 2)"),
                   "a number has more than 20 digits before the point");
  ck_assert_str_eq(ask("SELECT date_trunc('eon', 0)"),
                   "date_trunc takes second minute hour day week month or "
                   "year, and microseconds");
}
END_TEST

START_TEST(the_collation_orders_numbers_before_texts) {
  ck_assert_str_eq(ask("WITH e(v) AS (VALUES ('b'), ('10'), ('9'), ('a')) "
                       "SELECT group_concat(v) FROM (SELECT v FROM e ORDER BY "
                       "v COLLATE decimal)"), "9,10,a,b");
  ck_assert_str_eq(ask("SELECT '1.0' = '1' COLLATE decimal"), "1");
}
END_TEST

START_TEST(the_period_is_told) {
  ck_assert_str_eq(ask("SELECT period_from()"), "10");
  ck_assert_str_eq(ask("SELECT period_to()"), "20");
}
END_TEST

START_TEST(only_functions_of_the_list_are_had) {
  ck_assert(bl_sqlite_exact_has("SUM"));
  ck_assert(bl_sqlite_exact_has("coalesce"));
  ck_assert(!bl_sqlite_exact_has("random"));
  ck_assert(!bl_sqlite_exact_has("total"));
  ck_assert(!bl_sqlite_exact_has("datetime"));
}
END_TEST

Suite *test_store_sqlite_exact(void) {
  Suite *s = suite_create("store_sqlite_exact");
  TCase *c = tcase_create("sqlite_exact");

  tcase_add_test(c, the_worked_examples_are_exact);
  tcase_add_test(c, functions_of_null_are_null_and_aggregates_leave_it_out);
  tcase_add_test(c, among_equal_times_the_later_row_is_the_latest);
  tcase_add_test(c, what_is_no_decimal_is_an_error);
  tcase_add_test(c, the_collation_orders_numbers_before_texts);
  tcase_add_test(c, the_period_is_told);
  tcase_add_test(c, only_functions_of_the_list_are_had);
  suite_add_tcase(s, c);
  return s;
}
