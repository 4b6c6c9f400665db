/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "kernels.h"

Suite *test_engine_evaluate_change(void);

START_TEST(the_worked_examples_are_what_the_head_says) {
  expect("{'kernel':'change','from':'2025-04-01','to':'2025-05-01',"
                "'at':'2025-04-16','old':{'price':'10'},"
                "'new':{'price':'20'}}",
                "{'charge':'10','credit':'-5','net':'5','next':'25'}");
  expect("{'kernel':'unused','at':'2025-04-16','items':[{'price':'8',"
                "'from':'2025-04-01','to':'2025-05-01'}]}",
                "{'credits':['-4'],'total':'-4'}");
}
END_TEST

START_TEST(a_credit_is_capped_by_what_was_paid) {
  expect("{'kernel':'change','from':'2025-04-01','to':'2025-05-01',"
                "'at':'2025-04-16','old':{'price':'10','quantity':'3'},"
                "'paid':'20','credited':'8'}",
                "{'charge':'0','credit':'-12','net':'-12','next':'-12'}");
  expect("{'kernel':'credit_cap','potential':'100','paid':'200',"
                "'credited':'180'}", "{'credit':'20'}");
}
END_TEST

START_TEST(a_term_may_end_later_or_earlier) {
  expect("{'kernel':'move_end','from':'2025-02-01','to':'2025-03-01',"
                "'at':'2025-02-10','new_to':'2025-03-11','every':'P1M',"
                "'price':'28'}", "{'charge':'10','credit':'0'}");
  expect("{'kernel':'move_end','from':'2025-02-01','to':'2025-03-01',"
                "'at':'2025-02-10','new_to':'2025-02-22','every':'P1M',"
                "'price':'28'}", "{'charge':'0','credit':'7'}");
}
END_TEST

START_TEST(shares_have_places_caps_and_ends_that_are_counted_back) {
  expect("{'kernel':'prorate','amount':'100','from':'2026-01-01',"
                "'to':'2026-01-11','full_from':'2026-01-01','every':'P1M',"
                "'places':2}",
                "{'amount':'32.26','denominator':2678400000000,"
                "'numerator':864000000000}");
  expect("{'kernel':'prorate','from':'2024-02-23','to':'2024-03-15',"
                "'full_to':'2024-03-15','every':'P1M','share_places':9,"
                "'proration':'days_half_open'}",
                "{'amount':'0','denominator':29,'numerator':21,"
                "'share':'0.724137931'}");
  expect("{'kernel':'prorate','amount':'9','from':'2026-01-01',"
                "'to':'2026-03-01','days':31,'capped':true,"
                "'proration':'days_half_open'}",
                "{'amount':'9','denominator':31,'numerator':31}");
  refuse("{'kernel':'prorate','from':0,'to':1}", BILLING_INVALID,
         "/full_to");
}
END_TEST

Suite *test_engine_evaluate_change(void) {
  Suite *s = suite_create("engine_evaluate_change");
  TCase *c = tcase_create("all");

  tcase_add_test(c, the_worked_examples_are_what_the_head_says);
  tcase_add_test(c, a_credit_is_capped_by_what_was_paid);
  tcase_add_test(c, a_term_may_end_later_or_earlier);
  tcase_add_test(c, shares_have_places_caps_and_ends_that_are_counted_back);
  suite_add_tcase(s, c);
  return s;
}
