/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <stdio.h>

#include "documents.h"
#include "price/price.h"

Suite *test_price_matrix(void);

/* The price of 10 in a group; "none" when there is no rate. */
static const char *rate_of(const char *rates, const char *group) {
  static char out[BL_DEC_TEXT];
  char json[1000];
  const bl_price *rate;
  bl_price matrix;

  snprintf(json, sizeof json, "{'model':'matrix','groups':['model','region'],"
           "'rates':%s}", rates);
  ck_assert_int_eq(bl_catalog_read_price(J(json), "", &doc_arena, "USD",
                                         &matrix, &doc_err), 0);
  rate = bl_price_of_group(&matrix, doc_json(group));
  if (!rate) return "none";
  bl_dec_print(bl_price_total(rate, D("10")), out);
  return out;
}

static const char example[] =
  "[{'values':{},'unit':'9'},{'values':{'model':'m1'},'unit':'2'},"
  "{'values':{'region':'eu','model':'m1'},'unit':'3'}]";

START_TEST(the_most_specific_rate_wins) {
  ck_assert_str_eq(rate_of(example, "{'model':'m1','region':'eu'}"), "30");
  ck_assert_str_eq(rate_of(example, "{'model':'m1','region':null}"), "20");
  ck_assert_str_eq(rate_of(example, "{'model':'m7','region':'eu'}"), "90");
}
END_TEST

START_TEST(a_missing_combination_is_never_free) {
  static const char rates[] = "[{'values':{'model':'m1'},'unit':'2'}]";

  ck_assert_str_eq(rate_of(rates, "{'model':'m2','region':'eu'}"), "none");
  ck_assert_str_eq(rate_of(rates, "{'model':null,'region':'eu'}"), "none");
}
END_TEST

START_TEST(among_equals_the_first_in_the_list_wins) {
  ck_assert_str_eq(
    rate_of("[{'values':{'region':'eu'},'unit':'5'},"
            "{'values':{'model':'m1'},'unit':'6'}]",
            "{'model':'m1','region':'eu'}"), "50");
}
END_TEST

START_TEST(numbers_texts_and_null_are_values) {
  static const char rates[] =
    "[{'values':{'model':5},'unit':'1'},{'values':{'model':'true'},"
    "'unit':'2'},{'values':{'model':null},'unit':'3'}]";

  ck_assert_str_eq(rate_of(rates, "{'model':5,'region':null}"), "10");
  ck_assert_str_eq(rate_of(rates, "{'model':'5','region':null}"), "10");
  ck_assert_str_eq(rate_of(rates, "{'model':true,'region':null}"), "20");
  ck_assert_str_eq(rate_of(rates, "{'model':null,'region':1}"), "30");
  ck_assert_str_eq(rate_of(rates, "{'model':'null','region':1}"), "none");
}
END_TEST

START_TEST(names_and_values_with_odd_bytes_are_told_apart) {
  static const char rates[] =
    "[{'values':{'region':'a,b:c}'},'unit':'1'},"
    "{'values':{'region':'\\\\'},'unit':'2'}]";

  ck_assert_str_eq(rate_of(rates, "{'model':'x,}:{','region':'a,b:c}'}"),
                   "10");
  ck_assert_str_eq(rate_of(rates, "{'model':{'a':[1,{}]},'region':'\\\\'}"),
                   "20");
  ck_assert_str_eq(rate_of(rates, "{'model':'region','region':'b'}"), "none");
}
END_TEST

START_TEST(a_rate_may_be_any_price_of_usage) {
  ck_assert_str_eq(
    rate_of("[{'values':{},'price':{'model':'package','unit':'7',"
            "'per':'4'}}]", "{'model':1,'region':2}"), "21");
}
END_TEST

Suite *test_price_matrix(void) {
  Suite *s = suite_create("price_matrix");
  TCase *c = tcase_create("matrix");

  tcase_add_checked_fixture(c, documents_open, documents_close);
  tcase_add_test(c, the_most_specific_rate_wins);
  tcase_add_test(c, a_missing_combination_is_never_free);
  tcase_add_test(c, among_equals_the_first_in_the_list_wins);
  tcase_add_test(c, numbers_texts_and_null_are_values);
  tcase_add_test(c, names_and_values_with_odd_bytes_are_told_apart);
  tcase_add_test(c, a_rate_may_be_any_price_of_usage);
  suite_add_tcase(s, c);
  return s;
}
