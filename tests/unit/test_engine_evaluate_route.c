/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* test_engine_evaluate_route.c - which contracts take which events. */
#include "kernels.h"

Suite *test_engine_evaluate_route(void);

START_TEST(the_worked_example_is_what_the_head_says) {
  expect(
    "{'kernel':'route','contracts':["
    "{'id':'us','usage':[{'filters':["
    "{'property':'region','in':['US']}]}]},{'id':'all'}],"
    "'events':[{'time':'2026-03-01','properties':"
    "{'region':'US'}},{'time':'2026-03-01','properties':"
    "{'region':'EU'}}]}", "{'contracts':[['us','all'],['all']]}");
}
END_TEST

START_TEST(a_word_that_is_unknown_is_named) {
  refuse("{'kernel':'route','events':[],'contracts':["
         "{'id':'us','usage':[{'takes':'some'}]}]}", BILLING_INVALID,
         "/contracts/0/usage/0/takes");
}
END_TEST

START_TEST(the_narrowest_has_most_filters_then_fewest_values) {
  expect("{'kernel':'route','pick':'narrowest','contracts':["
         "{'id':'any'},"
         "{'id':'wide','usage':[{'filters':[{'property':'cloud','in':"
         "['aws','gcp']}]}]},"
         "{'id':'aws','usage':[{'filters':[{'property':'cloud','in':"
         "['aws']}]}]},"
         "{'id':'too','usage':[{'filters':[{'property':'cloud','in':"
         "['aws']}]}]}],"
         "'events':[{'properties':{'cloud':'aws'}},"
         "{'properties':{'cloud':'gcp'}},{}]}",
         "{'contracts':[['aws'],['wide'],['any']]}");
}
END_TEST

Suite *test_engine_evaluate_route(void) {
  Suite *s = suite_create("engine_evaluate_route");
  TCase *c = tcase_create("route");

  tcase_add_test(c, the_worked_example_is_what_the_head_says);
  tcase_add_test(c, the_narrowest_has_most_filters_then_fewest_values);
  tcase_add_test(c, a_word_that_is_unknown_is_named);
  suite_add_tcase(s, c);
  return s;
}
