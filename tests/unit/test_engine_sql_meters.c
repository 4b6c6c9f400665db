/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "documents.h"
#include "engine/sql_meters.h"

Suite *test_engine_sql_meters(void);

static int check(const char *json) {
  return bl_sql_meter_check(J(json), "/meters/0", &doc_arena, &doc_err);
}

START_TEST(a_wrong_statement_is_refused_with_its_document) {
  ck_assert_int_eq(check("{'id':'gb','event':'put','aggregation':'sql',"
                         "'sql':'SELECT random()'}"), BILLING_INVALID);
  ck_assert_str_eq(doc_err.path, "/meters/0/sql");
  ck_assert_str_eq(doc_err.message,
                   "at byte 7: not among the functions of meters: random");
}
END_TEST

START_TEST(a_right_statement_and_other_meters_pass) {
  ck_assert_int_eq(check("{'id':'gb','event':'put','aggregation':'sql',"
                         "'properties':['a'],'sql':'SELECT a FROM events'}"),
                   0);
  ck_assert_int_eq(check("{'id':'gb','event':'put','aggregation':'sum'}"), 0);
  ck_assert_int_eq(check("[]"), 0);
}
END_TEST

Suite *test_engine_sql_meters(void) {
  Suite *s = suite_create("engine_sql_meters");
  TCase *c = tcase_create("sql_meters");

  tcase_add_checked_fixture(c, documents_open, documents_close);
  tcase_add_test(c, a_wrong_statement_is_refused_with_its_document);
  tcase_add_test(c, a_right_statement_and_other_meters_pass);
  suite_add_tcase(s, c);
  return s;
}
