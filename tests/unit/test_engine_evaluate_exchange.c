/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* test_engine_evaluate_exchange.c - several assets in one answer. */
#include "kernels.h"

Suite *test_engine_evaluate_exchange(void);

#define RATES "'rates':[{'from':'token','to':'USD','rate':'0.25'}," \
              "{'from':'token','to':'USD','rate':'0.20'," \
              "'effective':'2026-03-01'}]"
#define LINES "'grants':[{'id':'pack','asset':'token','amount':'100'}," \
              "{'id':'later','asset':'token','amount':'40','owed':true}]," \
              "'lines':[{'id':'calls','asset':'token','amount':'300'}," \
              "{'id':'seats','asset':'USD','amount':'20'}]"

START_TEST(the_worked_example_is_what_the_head_says) {
  answers("{'kernel':'exchange','into':'USD','at':'2026-03-01'," RATES ","
          "'amounts':[{'asset':'token','amount':'300'},"
          "{'asset':'USD','amount':'5'}]}",
          "{'amounts':[{'amount':'300','asset':'token',"
          "'converted':'60','due':'60','rate':'0.2',"
          "'since':'2026-03-01T00:00:00Z'},{'amount':'5',"
          "'asset':'USD','converted':'5','due':'5'}],"
          "'due':'65','total':'65'}");
}
END_TEST

START_TEST(an_amount_may_have_its_own_time_and_is_rounded_by_itself) {
  answers("{'kernel':'exchange','into':'USD','at':'2026-03-01'," RATES ","
          "'amounts':[{'asset':'token','amount':'0.42',"
          "'at':'2026-02-28'},{'asset':'token','amount':'0.525'}]}",
          "'due':'0.22','total':'0.21'}");
}
END_TEST

START_TEST(a_rate_that_is_missing_is_an_error_and_never_nothing) {
  refuse("{'kernel':'exchange','into':'EUR','at':0," RATES ","
         "'amounts':[{'asset':'USD','amount':'1'}]}",
         BILLING_INVALID, "/amounts/0");
  refuse("{'kernel':'exchange','into':'EUR','at':0,'amounts':[],"
         "'rates':[{'from':'USD','to':'EUR','rate':'0'}]}",
         BILLING_INVALID, "/rates/0/rate");
  refuse("{'kernel':'exchange','into':'EUR','at':0,'amounts':[],"
         "'rates':[{'from':'EUR','to':'EUR','rate':'1'}]}",
         BILLING_INVALID, "/rates/0/to");
  refuse("{'kernel':'burndown','at':0," LINES ",'exchange':{'into':'EUR',"
         "'at':0,'rates':[]}}", BILLING_INVALID, "/exchange");
}
END_TEST

/* 300 tokens less 100 are 200, of which an owed grant lends 40; all 200 are
 * due: 50 dollars in February, 40 in March, and 20 for the seats. */
START_TEST(what_grants_leave_is_converted) {
  answers("{'kernel':'burndown','at':'2026-02-01'," LINES ",'exchange':"
          "{'into':'USD','at':'2026-02-28'," RATES "}}",
          "'asset':'USD','assets':[{'asset':'token',"
          "'balance':'-160','converted':'50','due':'200',"
          "'owed':'160','rate':'0.25','total':'300'},"
          "{'asset':'USD','balance':'-20','converted':'20',"
          "'due':'20','owed':'20','total':'20'}],"
          "'balance':'-60'");
  answers("{'kernel':'burndown','at':'2026-02-01'," LINES ",'exchange':"
          "{'into':'USD','at':'2026-03-01'," RATES "}}",
          "'due':'60'");
}
END_TEST

START_TEST(without_a_rate_each_asset_has_its_own_sums_and_no_total) {
  billing_doc *doc = evaluated("{'kernel':'burndown','at':0," LINES "}");
  const char *text = billing_doc_text(doc);

  ck_assert_ptr_nonnull(strstr(text, quoted("'due':'200'")));
  ck_assert_ptr_null(strstr(text, "converted"));
  ck_assert_ptr_null(strstr(text, quoted("'due':'220'")));
  billing_doc_free(doc);
  answers("{'kernel':'burndown','at':0,'insufficient':'refuse'," LINES "}",
          "'denied':true");
}
END_TEST

#undef RATES
#undef LINES

Suite *test_engine_evaluate_exchange(void) {
  Suite *s = suite_create("engine_evaluate_exchange");
  TCase *c = tcase_create("exchange");

  tcase_add_test(c, the_worked_example_is_what_the_head_says);
  tcase_add_test(c, an_amount_may_have_its_own_time_and_is_rounded_by_itself);
  tcase_add_test(c, a_rate_that_is_missing_is_an_error_and_never_nothing);
  tcase_add_test(c, what_grants_leave_is_converted);
  tcase_add_test(c, without_a_rate_each_asset_has_its_own_sums_and_no_total);
  suite_add_tcase(s, c);
  return s;
}
