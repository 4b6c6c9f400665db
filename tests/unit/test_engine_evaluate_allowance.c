/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* test_engine_evaluate_allowance.c - free units that roll over. */
#include "kernels.h"

Suite *test_engine_evaluate_allowance(void);

START_TEST(the_worked_example_is_what_the_head_says) {
  static const char request[] =
    "{'kernel':'allowance','free':'100','periods':1,"
    "'limit':'50','usage':['40','130','200']}";
  static const char begin[] =
    "{'billed':'80','periods':[{'billed':'0','carried':'0',"
    "'covered':'40','expired':'10','left':'50',"
    "'used':'40'},";

  answers(request, begin);
}
END_TEST

START_TEST(usage_below_zero_is_refused_where_it_stands) {
  refuse("{'kernel':'allowance','free':'100','usage':['1','-1']}",
         BILLING_INVALID, "/usage/1");
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
