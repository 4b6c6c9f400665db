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

static const bl_meter *meter_of(const char *json) {
  const bl_meter *grouped;
  bl_meter *meter = bl_arena_take(&doc_arena, sizeof *meter);

  ck_assert_int_eq(bl_catalog_read_meter(J(json), "", &doc_arena, meter,
                                         &doc_err), 0);
  ck_assert_int_eq(bl_sql_meter_grouped(meter, &doc_arena, &grouped,
                                        &doc_err), 0);
  return grouped;
}

#define SQL(rest) \
  "{'id':'q','event':'e','aggregation':'sql','properties':['a','b']," rest "}"

START_TEST(columns_beside_the_quantity_are_groups) {
  const bl_meter *meter =
    meter_of(SQL("'sql':'SELECT b, value, a FROM events'"));

  ck_assert_uint_eq(meter->group_count, 2);
  ck_assert_text_eq(meter->groups[0], "a");
  ck_assert_text_eq(meter->groups[1], "b");
  meter = meter_of("{'id':'m','event':'e','aggregation':'sum',"
                   "'groups':['g']}");
  ck_assert_uint_eq(meter->group_count, 1);
  ck_assert_text_eq(meter->groups[0], "g");
}
END_TEST

START_TEST(another_statement_has_the_columns_of_the_first) {
  const bl_meter *was =
    meter_of(SQL("'sql':'SELECT value, a FROM events'"));
  const bl_meter *more =
    meter_of(SQL("'sql':'SELECT value, b, a FROM events'"));

  ck_assert_int_eq(bl_sql_meter_keeps(was, more, "/m", &doc_arena, &doc_err),
                   0);
  ck_assert_int_eq(bl_sql_meter_keeps(more, was, "/m", &doc_arena, &doc_err),
                   BILLING_CONFLICT);
  ck_assert_str_eq(doc_err.path, "/m/sql");
  ck_assert_str_eq(doc_err.message,
                   "the column b cannot go: prices may group by it");
}
END_TEST

Suite *test_engine_sql_meters(void) {
  Suite *s = suite_create("engine_sql_meters");
  TCase *c = tcase_create("sql_meters");

  tcase_add_checked_fixture(c, documents_open, documents_close);
  tcase_add_test(c, a_wrong_statement_is_refused_with_its_document);
  tcase_add_test(c, a_right_statement_and_other_meters_pass);
  tcase_add_test(c, columns_beside_the_quantity_are_groups);
  tcase_add_test(c, another_statement_has_the_columns_of_the_first);
  suite_add_tcase(s, c);
  return s;
}
