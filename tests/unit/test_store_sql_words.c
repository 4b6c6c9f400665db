/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "store/sql_meter.h"
#include "unit.h"

Suite *test_store_sql_words(void);

/* The byte of the fault, -1 when there is none. */
static int fault_at(const char *text) {
  bl_sql_fault fault = {0, NULL, NULL};

  if (bl_sql_words(bl_str_of(text), &fault)) return -1;
  ck_assert_ptr_nonnull(fault.what);
  return (int)fault.at;
}

START_TEST(the_worked_example_names_the_slash) {
  ck_assert_int_eq(fault_at("SELECT sum(value) / 1024 FROM events"), 18);
}
END_TEST

START_TEST(arithmetic_is_found_wherever_it_stands) {
  ck_assert_int_eq(fault_at("SELECT a+1"), 8);
  ck_assert_int_eq(fault_at("SELECT (a)-1"), 10);
  ck_assert_int_eq(fault_at("SELECT a*1"), 8);
  ck_assert_int_eq(fault_at("SELECT 'a'%2"), 10);
  ck_assert_int_eq(fault_at("SELECT a & 1"), 9);
  ck_assert_int_eq(fault_at("SELECT a << 1"), 9);
  ck_assert_int_eq(fault_at("SELECT ~1"), 7);
  ck_assert_int_eq(fault_at("SELECT a -> '$.b'"), 9);
}
END_TEST

START_TEST(stars_signs_texts_and_comments_are_no_arithmetic) {
  ck_assert_int_eq(fault_at("SELECT * FROM events"), -1);
  ck_assert_int_eq(fault_at("SELECT count(*), events.* FROM events"), -1);
  ck_assert_int_eq(fault_at("SELECT CASE WHEN 1 THEN -1 ELSE (-2) END"), -1);
  ck_assert_int_eq(fault_at("SELECT 'a+b''/' || \"c-d\""), -1);
  ck_assert_int_eq(fault_at("-- a/b\nSELECT 1 /* 2*3 */ ;  -- end"), -1);
  ck_assert_int_eq(fault_at("SELECT a <= 1 AND b <> 2 OR c != 3"), -1);
}
END_TEST

START_TEST(numbers_are_whole_and_fit) {
  ck_assert_int_eq(fault_at("SELECT 999999999999999999"), -1);
  ck_assert_int_eq(fault_at("SELECT 9999999999999999999"), 7);
  ck_assert_int_eq(fault_at("SELECT 1."), 7);
  ck_assert_int_eq(fault_at("SELECT 1e5"), 7);
  ck_assert_int_eq(fault_at("SELECT a, .5"), 10);
}
END_TEST

START_TEST(one_statement_of_utf8_is_all) {
  ck_assert_int_eq(fault_at("SELECT 1; SELECT 2"), 10);
  ck_assert_int_eq(fault_at(""), 0);
  ck_assert_int_eq(fault_at("SELECT '\xff'"), 8);
  ck_assert_int_eq(fault_at("SELECT [a"), 7);
}
END_TEST

START_TEST(a_word_is_found_outside_of_texts) {
  bl_str text = BL_STR("SELECT 'random', /* random */ Random()");

  ck_assert_uint_eq(bl_sql_find(text, BL_STR("random")), 30);
  ck_assert_uint_eq(bl_sql_find(text, BL_STR("rand")), text.len);
}
END_TEST

Suite *test_store_sql_words(void) {
  Suite *s = suite_create("store_sql_words");
  TCase *c = tcase_create("sql_words");

  tcase_add_test(c, the_worked_example_names_the_slash);
  tcase_add_test(c, arithmetic_is_found_wherever_it_stands);
  tcase_add_test(c, stars_signs_texts_and_comments_are_no_arithmetic);
  tcase_add_test(c, numbers_are_whole_and_fit);
  tcase_add_test(c, one_statement_of_utf8_is_all);
  tcase_add_test(c, a_word_is_found_outside_of_texts);
  suite_add_tcase(s, c);
  return s;
}
