/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "kernels.h"

Suite *test_engine_evaluate_pieces(void);

START_TEST(a_service_is_cut_by_its_cycle) {
  expect("{'kernel':'pieces','until':'2026-03-01','spans':[{'id':'a',"
                "'from':'2026-01-10','to':'2026-02-10',"
                "'anchor':'2026-01-31','every':'P1M'}]}",
                "{'pieces':[{'from':'2026-01-10T00:00:00Z',"
                "'full_from':'2025-12-31T00:00:00Z',"
                "'full_to':'2026-01-31T00:00:00Z','id':'a','n':0,"
                "'to':'2026-01-31T00:00:00Z'},"
                "{'from':'2026-01-31T00:00:00Z',"
                "'full_from':'2026-01-31T00:00:00Z',"
                "'full_to':'2026-02-28T00:00:00Z','id':'a','n':1,"
                "'to':'2026-02-10T00:00:00Z'}]}");
}
END_TEST

START_TEST(a_piece_stands_on_the_bill_that_holds_its_beginning) {
  expect("{'kernel':'pieces','billed':'P1M','anchor':'2021-01-01',"
                "'from':'2021-01-01','to':'2021-01-03','until':'2021-01-03',"
                "'spans':[{'from':'2021-01-01','every':'P1M',"
                "'term':'advance'}]}",
                "{'pieces':[{'bill_from':'2021-01-01T00:00:00Z',"
                "'bill_to':'2021-01-03T00:00:00Z',"
                "'from':'2021-01-01T00:00:00Z',"
                "'full_from':'2021-01-01T00:00:00Z',"
                "'full_to':'2021-02-01T00:00:00Z','n':0,"
                "'to':'2021-01-03T00:00:00Z'}]}");
}
END_TEST

START_TEST(before_all_the_first_piece_holds) {
  expect("{'kernel':'pieces','at':'2025-01-01','spans':["
                "{'from':'2025-06-05','to':'2025-06-08',"
                "'anchor':'2025-06-05T01:00:00Z','every':'P1D'},"
                "{'from':'2025-06-08','every':'P1D'}]}",
                "{'from':'2025-06-05T00:00:00Z','to':'2025-06-05T01:00:00Z'}");
}
END_TEST

START_TEST(what_is_due_has_pieces_and_shares) {
  expect("{'kernel':'due','start':'2012-07-16','at':'2012-07-16',"
                "'day':15,'every':'P1M','term':'advance',"
                "'proration':'days_half_open'}",
                "{'due':true,'first':'2012-08-15T00:00:00Z',"
                "'last':'2012-08-15T00:00:00Z',"
                "'next':'2012-09-15T00:00:00Z','pieces':["
                "{'denominator':31,'from':'2012-07-16T00:00:00Z',"
                "'numerator':30,'share':'0.967741935',"
                "'to':'2012-08-15T00:00:00Z'}],"
                "'through':'2012-08-15T00:00:00Z','total':'0.967741935'}");
  expect("{'kernel':'due','start':'2012-07-16','at':'2012-07-16',"
                "'every':'P1M','day':15}",
                "{'due':false,'first':'2012-08-15T00:00:00Z','last':null,"
                "'next':'2012-08-15T00:00:00Z','pieces':[],'through':null,"
                "'total':'0'}");
}
END_TEST

START_TEST(what_is_wrong_with_pieces_is_named) {
  refuse("{'kernel':'pieces','spans':[]}", BILLING_INVALID,
         "/until");
  refuse("{'kernel':'pieces','until':0,'spans':[{'from':0}]}", BILLING_INVALID,
         "/spans/0/every");
  refuse("{'kernel':'due','start':'2012-07-16','at':'2012-07-15',"
                 "'every':'P1M'}", BILLING_INVALID,
         "/at");
  refuse("{'kernel':'due','start':'2012-07-16','end':'2012-07-15',"
                 "'at':'2012-07-16','every':'P1M'}", BILLING_INVALID,
         "/end");
}
END_TEST

Suite *test_engine_evaluate_pieces(void) {
  Suite *s = suite_create("engine_evaluate_pieces");
  TCase *c = tcase_create("all");

  tcase_add_test(c, a_service_is_cut_by_its_cycle);
  tcase_add_test(c, a_piece_stands_on_the_bill_that_holds_its_beginning);
  tcase_add_test(c, before_all_the_first_piece_holds);
  tcase_add_test(c, what_is_due_has_pieces_and_shares);
  tcase_add_test(c, what_is_wrong_with_pieces_is_named);
  suite_add_tcase(s, c);
  return s;
}
