/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* test_engine_evaluate_commit.c - commitments, credits and wallets by
 * document. */
#include "kernels.h"

START_TEST(an_owed_commitment_is_paid_as_it_is_used) {
  static const char request[] =
      "{'kernel':'commitment_term','amount':'1000','owed':true,"
      "'usage':['300','900']}";

  answers(request, "{'drawn':'700','due':'900','left':'0',"
                   "'over':'200','used':'900'}");
  answers(request, "'paid':'1200'");
  answers("{'kernel':'commitment_term','amount':'1000','owed':true,"
          "'usage':['300']}", "'paid':'1000'");
  answers("{'kernel':'commitment_term','amount':'1000','usage':['300']}",
          "'expired':'700'");
}
END_TEST

START_TEST(a_share_of_the_whole_grant_is_cut_to_what_is_left) {
  answers("{'kernel':'rollover','of':'amount','amount':'100','left':'10',"
          "'share':'0.5'}", "'rolled_over':'10'");
  answers("{'kernel':'rollover','left':'10','share':'0.5','limit':'4'}",
          "{'expired':'6','rolled_over':'4'}");
  refuse("{'kernel':'rollover','of':'amount','left':'10','share':'0.5'}",
         BILLING_INVALID, "/amount");
}
END_TEST

START_TEST(balances_are_of_what_is_open) {
  answers("{'kernel':'grant_schedule','access':[{'amount':'30'}],"
          "'payments':[{'unit':'10','quantity':'2'},{'amount':'1'}]}",
          "'cost_basis':'0.7'");
  refuse("{'kernel':'grant_schedule','access':[{'amount':'30'}],"
         "'payments':[{'amount':'1'},{}]}", BILLING_INVALID, "/payments/1");
  answers("{'kernel':'net_balance','at':'2026-02-01','segments':["
          "{'amount':'9','used':'2','pending':'3'},"
          "{'amount':'5','pending':'8'},"
          "{'amount':'7','from':'2026-02-02'}]}", "{'balance':'4'}");
  answers("{'kernel':'balances_at','at':['2026-01-01','2026-01-02'],"
          "'entries':[{'at':'2026-01-01','amount':'5'},"
          "{'at':'2026-01-02','amount':'-2'}]}",
          "'balances':['5','3']");
}
END_TEST

START_TEST(credits_are_what_rounded_money_buys) {
  answers("{'kernel':'credits','credits':'1034','rate':'0.001'}",
          "{'amount':'1.03','credits':'1030'}");
  answers("{'kernel':'credits','credits':'1034','rate':'0.001',"
          "'keep_credits':true}", "'credits':'1034'");
  answers("{'kernel':'credits','amount':'-1','rate':'2'}",
          "'credits':'-0.5'");
  refuse("{'kernel':'credits','rate':'2'}", BILLING_INVALID, "");
}
END_TEST

START_TEST(wallets_pay_groups_the_largest_first) {
  answers("{'kernel':'pay_by_wallets','total':'70','wallets':["
          "{'id':'calls','balance':'20','meters':['calls']},"
          "{'id':'any','balance':'100'}],'lines':["
          "{'type':'charge','meter':'calls','amount':'50'},"
          "{'type':'subscription','amount':'20'}]}",
          "{'any':'50','calls':'20'}");
  answers("{'kernel':'pay_by_wallets','goes_on':true,'wallets':["
          "{'id':'a','balance':'5'},{'id':'b','balance':'1','refills':true},"
          "{'id':'c','balance':'9'}],'lines':["
          "{'type':'charge','amount':'30'}],'billed':["
          "{'type':'charge','amount':'10'}]}",
          "{'a':'5','b':'15','c':'0'}");
  refuse("{'kernel':'pay_by_wallets','lines':[],'wallets':["
         "{'id':'a','balance':'1'},"
         "{'id':'a','balance':'1'}]}", BILLING_INVALID, "/wallets/1/id");
}
END_TEST

Suite *test_engine_evaluate_commit(void);

Suite *test_engine_evaluate_commit(void) {
  Suite *suite = suite_create("engine_evaluate_commit");
  TCase *tests = tcase_create("evaluate_commit");

  tcase_add_test(tests, an_owed_commitment_is_paid_as_it_is_used);
  tcase_add_test(tests, a_share_of_the_whole_grant_is_cut_to_what_is_left);
  tcase_add_test(tests, balances_are_of_what_is_open);
  tcase_add_test(tests, credits_are_what_rounded_money_buys);
  tcase_add_test(tests, wallets_pay_groups_the_largest_first);
  suite_add_tcase(suite, tests);
  return suite;
}
