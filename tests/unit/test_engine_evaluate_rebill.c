/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "kernels.h"

Suite *test_engine_evaluate_rebill(void);

START_TEST(what_was_billed_too_much_becomes_credit) {
  expect("{'kernel':'rebill','steps':[{'events':[{'id':'s',"
                "'at':'2011-04-05','rate':'12','day':5,'every':'P1M',"
                "'term':'advance'}],'at':'2011-04-05'},{'events':[{'id':'s',"
                "'at':'2011-04-29','every':'P1M'}],'at':'2011-04-29'}]}",
                "{'runs':[{'at':'2011-04-05T00:00:00Z','balance':'0',"
                "'credit':'0','due':'12','lines':[{'amount':'12',"
                "'from':'2011-04-05T00:00:00Z','id':'s','item':1,"
                "'to':'2011-05-05T00:00:00Z','type':'charge'}],"
                "'total':'12'},{'at':'2011-04-29T00:00:00Z',"
                "'balance':'2.4','credit':'2.4','due':'0','lines':["
                "{'amount':'-2.4','from':'2011-04-29T00:00:00Z','id':'s',"
                "'item':1,'to':'2011-05-05T00:00:00Z','type':'repair'}],"
                "'total':'-2.4'}]}");
}
END_TEST

START_TEST(a_second_run_at_the_same_moment_bills_nothing) {
  expect("{'kernel':'rebill','steps':[{'events':[{'id':'s',"
                "'at':'2011-04-05','rate':'12','every':'P1M',"
                "'term':'advance'}]},{'adjust':[]},{'at':'2011-04-04'}]}",
                "{'runs':[{'at':'2011-04-04T00:00:00Z','balance':'0',"
                "'credit':'0','due':'0','lines':[],'total':'0'}]}");
  refuse("{'kernel':'rebill','steps':[{'adjust':[{'item':1,"
                 "'amount':'2'}]}]}", BILLING_INVALID,
         "/steps/0/adjust/0");
}
END_TEST

Suite *test_engine_evaluate_rebill(void) {
  Suite *s = suite_create("engine_evaluate_rebill");
  TCase *c = tcase_create("all");

  tcase_add_test(c, what_was_billed_too_much_becomes_credit);
  tcase_add_test(c, a_second_run_at_the_same_moment_bills_nothing);
  suite_add_tcase(s, c);
  return s;
}
