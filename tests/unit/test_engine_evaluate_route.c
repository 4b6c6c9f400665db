/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* test_engine_evaluate_route.c - which contracts take which events. */
#include "unit.h"

Suite *test_engine_evaluate_route(void);

START_TEST(the_worked_example_is_what_the_head_says) {
  static const char request[] =
    "{\"kernel\":\"route\",\"contracts\":["
    "{\"id\":\"us\",\"usage\":[{\"filters\":["
    "{\"property\":\"region\",\"in\":[\"US\"]}]}]},{\"id\":\"all\"}],"
    "\"events\":[{\"time\":\"2026-03-01\",\"properties\":"
    "{\"region\":\"US\"}},{\"time\":\"2026-03-01\",\"properties\":"
    "{\"region\":\"EU\"}}]}";
  billing_error err;
  billing_doc *doc = NULL;

  BILLING_INIT(&err);
  ck_assert_int_eq(billing_evaluate(NULL, request, strlen(request), &doc,
                                    &err), 0);
  ck_assert_str_eq(billing_doc_text(doc),
                   "{\"contracts\":[[\"us\",\"all\"],[\"all\"]]}");
  billing_doc_free(doc);
}
END_TEST

START_TEST(a_word_that_is_unknown_is_named) {
  static const char request[] =
    "{\"kernel\":\"route\",\"events\":[],\"contracts\":["
    "{\"id\":\"us\",\"usage\":[{\"takes\":\"some\"}]}]}";
  billing_error err;
  billing_doc *doc = NULL;

  BILLING_INIT(&err);
  ck_assert_int_eq(billing_evaluate(NULL, request, strlen(request), &doc,
                                    &err), BILLING_INVALID);
  ck_assert_str_eq(err.path, "/contracts/0/usage/0/takes");
}
END_TEST

Suite *test_engine_evaluate_route(void) {
  Suite *s = suite_create("engine_evaluate_route");
  TCase *c = tcase_create("route");

  tcase_add_test(c, the_worked_example_is_what_the_head_says);
  tcase_add_test(c, a_word_that_is_unknown_is_named);
  suite_add_tcase(s, c);
  return s;
}
