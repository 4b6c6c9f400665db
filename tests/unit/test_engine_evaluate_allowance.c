/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* test_engine_evaluate_allowance.c - free units that roll over. */
#include "unit.h"

Suite *test_engine_evaluate_allowance(void);

START_TEST(the_worked_example_is_what_the_head_says) {
  static const char request[] =
    "{\"kernel\":\"allowance\",\"free\":\"100\",\"periods\":1,"
    "\"limit\":\"50\",\"usage\":[\"40\",\"130\",\"200\"]}";
  static const char begin[] =
    "{\"billed\":\"80\",\"periods\":[{\"billed\":\"0\",\"carried\":\"0\","
    "\"covered\":\"40\",\"expired\":\"10\",\"left\":\"50\","
    "\"used\":\"40\"},";
  billing_error err;
  billing_doc *doc = NULL;

  BILLING_INIT(&err);
  ck_assert_int_eq(billing_evaluate(NULL, request, strlen(request), &doc,
                                    &err), 0);
  ck_assert_int_eq(strncmp(billing_doc_text(doc), begin, strlen(begin)), 0);
  billing_doc_free(doc);
}
END_TEST

START_TEST(usage_below_zero_is_refused_where_it_stands) {
  static const char request[] =
    "{\"kernel\":\"allowance\",\"free\":\"100\",\"usage\":[\"1\",\"-1\"]}";
  billing_error err;
  billing_doc *doc = NULL;

  BILLING_INIT(&err);
  ck_assert_int_eq(billing_evaluate(NULL, request, strlen(request), &doc,
                                    &err), BILLING_INVALID);
  ck_assert_str_eq(err.path, "/usage/1");
}
END_TEST

Suite *test_engine_evaluate_allowance(void) {
  Suite *s = suite_create("engine_evaluate_allowance");
  TCase *c = tcase_create("allowance");

  tcase_add_test(c, the_worked_example_is_what_the_head_says);
  tcase_add_test(c, usage_below_zero_is_refused_where_it_stands);
  suite_add_tcase(s, c);
  return s;
}
