/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "kernels.h"

Suite *test_engine_evaluate_repair(void);

START_TEST(an_item_that_was_billed_for_too_long_is_repaired) {
  expect("{'kernel':'repair','existing':[{'id':'a',"
                "'from':'2014-01-01','to':'2014-02-01','amount':'12',"
                "'plan':'p'}],'proposed':[{'from':'2014-01-01',"
                "'to':'2014-01-25','amount':'12','plan':'p'}]}",
                "{'items':[{'amount':'-2.71','from':'2014-01-25T00:00:00Z',"
                "'of':'a','to':'2014-02-01T00:00:00Z','type':'repair'}],"
                "'outside':false,'stays':[{'amount':'12',"
                "'from':'2014-01-01T00:00:00Z','id':'a',"
                "'to':'2014-02-01T00:00:00Z'}],'total':'-2.71',"
                "'twice':false}");
}
END_TEST

START_TEST(a_repair_never_takes_more_than_is_left) {
  expect("{'kernel':'repair','existing':[{'id':'a',"
                "'from':'2014-01-01','to':'2014-02-01','amount':'12',"
                "'adjusted':'9','repairs':[{'from':'2014-01-20',"
                "'to':'2014-02-01','amount':'2'}]}]}",
                "{'items':[{'amount':'-1','from':'2014-01-01T00:00:00Z',"
                "'of':'a','to':'2014-01-20T00:00:00Z','type':'repair'}],"
                "'outside':false,'stays':[{'amount':'7.35',"
                "'from':'2014-01-01T00:00:00Z','id':'a',"
                "'to':'2014-01-20T00:00:00Z'}],'total':'-1',"
                "'twice':false}");
}
END_TEST

Suite *test_engine_evaluate_repair(void) {
  Suite *s = suite_create("engine_evaluate_repair");
  TCase *c = tcase_create("all");

  tcase_add_test(c, an_item_that_was_billed_for_too_long_is_repaired);
  tcase_add_test(c, a_repair_never_takes_more_than_is_left);
  suite_add_tcase(s, c);
  return s;
}
