/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "kernels.h"

Suite *test_engine_evaluate_calendar(void);

START_TEST(the_worked_examples_are_what_the_head_says) {
  expect("{'kernel':'shift','at':'2026-01-31','by':'P1M','times':2}",
                "{'at':'2026-03-31T00:00:00Z'}");
  expect("{'kernel':'cycles','anchor':'2025-01-30T15:00:00Z',"
                "'every':'P1M','at':'2025-02-13T20:00:00Z'}",
                "{'after':'2025-02-28T15:00:00Z',"
                "'before':'2025-01-30T15:00:00Z',"
                "'from':'2025-01-30T15:00:00Z','n':0,"
                "'to':'2025-02-28T15:00:00Z'}");
  expect("{'kernel':'walk','from':'2024-04-01',"
                "'anchor':'2024-01-15T12:00:00Z','unit':'month'}",
                "{'boundaries':['2024-04-15T12:00:00Z']}");
}
END_TEST

START_TEST(a_boundary_is_its_own_before_and_after_or_not) {
  expect("{'kernel':'cycles','anchor':'2024-01-01','every':'P1D',"
                "'at':'2024-01-01'}",
                "{'after':'2024-01-01T00:00:00Z',"
                "'before':'2023-12-31T00:00:00Z',"
                "'from':'2024-01-01T00:00:00Z','n':0,"
                "'to':'2024-01-02T00:00:00Z'}");
  expect("{'kernel':'cycles','anchor':'2024-01-31','every':'P1M',"
                "'count':2}",
                "{'begins':['2024-02-29T00:00:00Z',"
                "'2024-03-31T00:00:00Z']}");
  expect("{'kernel':'cycles','anchor':'2024-02-01','every':'P1M',"
                "'day':31,'count':1}",
                "{'begins':['2024-03-31T00:00:00Z']}");
}
END_TEST

START_TEST(steps_that_clamp_for_good_do_not_come_back) {
  expect("{'kernel':'shift','at':'2026-01-31','by':'P1M','times':2,"
                "'stepwise':true}", "{'at':'2026-03-28T00:00:00Z'}");
  expect("{'kernel':'shift','at':'2026-03-31','by':'P1M','times':-2,"
                "'stepwise':true}", "{'at':'2026-01-28T00:00:00Z'}");
}
END_TEST

START_TEST(a_span_has_whole_cycles_and_a_rest) {
  expect("{'kernel':'whole_cycles','from':'2023-01-15',"
                "'to':'2023-03-01','every':'P1M','amount':'30'}",
                "{'amount':'45','days':28,'rest':14,'whole':1}");
  expect("{'kernel':'anchor_allowed','start':'2025-01-31',"
                "'anchor':'2025-03-01','every':'P1M'}",
                "{'allowed':false,'next':'2025-02-28T00:00:00Z',"
                "'why':'late'}");
  expect("{'kernel':'anchor_allowed','start':'2025-01-31',"
                "'anchor':'2025-02-28','every':'P1M'}",
                "{'allowed':true,'next':'2025-02-28T00:00:00Z'}");
  expect("{'kernel':'divides','larger':'P1Y','smaller':'P3M'}",
                "{'divides':true}");
  expect("{'kernel':'local_date','at':'2016-03-01T08:01:01Z',"
                "'reference':'2015-09-01T08:01:01Z',"
                "'zone':'America/Juneau'}",
                "{'date':'2016-02-29','fixed_date':'2016-03-01'}");
}
END_TEST

START_TEST(a_walk_ends_at_the_end_and_after_a_moment) {
  expect("{'kernel':'walk','from':'2024-03-01','anchor':'2024-03-01',"
                "'unit':'month','end':'2024-04-20','steps':9}",
                "{'boundaries':['2024-04-01T00:00:00Z',"
                "'2024-04-20T00:00:00Z']}");
  expect("{'kernel':'walk','from':'2024-01-05',"
                "'anchor':'2024-01-05T10:00:00Z','unit':'month',"
                "'after':'2024-02-05','midnight':true}",
                "{'boundaries':['2024-03-05T00:00:00Z']}");
}
END_TEST

START_TEST(what_is_wrong_is_named) {
  refuse("{'kernel':'shift','at':0,'by':'1M'}", BILLING_INVALID,
         "/by");
  refuse("{'kernel':'cycles','anchor':0,'every':'PT0S'}", BILLING_INVALID,
         "/every");
  refuse("{'kernel':'cycles','anchor':0,'every':'-P1D'}", BILLING_INVALID,
         "/every");
  refuse("{'kernel':'walk','from':0,'anchor':0,'unit':'month',"
                 "'count':0}", BILLING_INVALID,
         "/count");
  refuse("{'kernel':'divides','larger':'P1D','smaller':7}", BILLING_INVALID,
         "/smaller");
}
END_TEST

Suite *test_engine_evaluate_calendar(void) {
  Suite *s = suite_create("engine_evaluate_calendar");
  TCase *c = tcase_create("all");

  tcase_add_test(c, the_worked_examples_are_what_the_head_says);
  tcase_add_test(c, a_boundary_is_its_own_before_and_after_or_not);
  tcase_add_test(c, steps_that_clamp_for_good_do_not_come_back);
  tcase_add_test(c, a_span_has_whole_cycles_and_a_rest);
  tcase_add_test(c, a_walk_ends_at_the_end_and_after_a_moment);
  tcase_add_test(c, what_is_wrong_is_named);
  suite_add_tcase(s, c);
  return s;
}
