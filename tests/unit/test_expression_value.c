/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "documents.h"
#include "expression/program.h"

Suite *test_expression_value(void);

static const char *printed(bl_expression_value v) {
  bl_text text;

  bl_text_open(&text, &doc_arena);
  bl_expression_print(&v, &text);
  return text.text ? text.text : "";
}

START_TEST(a_number_is_written_with_the_decimals_it_has) {
  bl_expression_value v = bl_expression_given(BL_STR("1.50"));

  ck_assert_uint_eq(v.kind, BL_EXPRESSION_NUMBER);
  ck_assert_uint_eq(v.places, 2);
  ck_assert_str_eq(printed(v), "1.50");
  ck_assert_str_eq(printed(bl_expression_given(BL_STR("-0.10"))), "-0.10");
  ck_assert_str_eq(printed(bl_expression_given(BL_STR("3.00"))), "3.00");
  ck_assert_str_eq(printed(bl_expression_given(BL_STR("1e3"))), "1000");
  ck_assert_str_eq(printed(bl_expression_given(BL_STR("1.5E-1"))), "0.15");
  v.number = D("1.234");
  ck_assert_str_eq(printed(v), "1.234");
}
END_TEST

START_TEST(what_is_no_number_is_a_text) {
  bl_expression_value v = bl_expression_given(BL_STR("007"));

  ck_assert_uint_eq(v.kind, BL_EXPRESSION_TEXT);
  ck_assert_str_eq(printed(v), "007");
  ck_assert_str_eq(printed(bl_expression_given(BL_STR(""))), "");
  v.kind = BL_EXPRESSION_TRUTH;
  ck_assert_str_eq(printed(v), "false");
  v.truth = 1;
  ck_assert_str_eq(printed(v), "true");
}
END_TEST

Suite *test_expression_value(void) {
  Suite *s = suite_create("expression_value");
  TCase *c = documents_case(s);

  tcase_add_test(c, a_number_is_written_with_the_decimals_it_has);
  tcase_add_test(c, what_is_no_number_is_a_text);
  return s;
}
