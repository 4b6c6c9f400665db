/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <stdio.h>

#include "catalog/catalog.h"
#include "documents.h"

Suite *test_catalog_commit_rate(void);

static int read_prices(const char *prices, bl_plan *out) {
  char json[2000];

  snprintf(json, sizeof json,
           "{'id':'pro','currency':'USD','prices':[%s]}", prices);
  return bl_catalog_read_plan(J(json), "", &doc_arena, out, &doc_err);
}

START_TEST(a_commit_rate_is_a_key_behind_the_prices) {
  const bl_price *key;
  bl_plan plan;

  ck_assert_int_eq(read_prices(
      "{'id':'calls','meter':'m','model':'per_unit','unit':'10','per':'2',"
      "'groups':['g'],'tags':['api'],'commit_rate':'8','minimum':'5'},"
      "{'id':'more','meter':'m','model':'per_unit','unit':'1'}", &plan), 0);
  ck_assert_uint_eq(plan.price_count, 2);
  key = &plan.prices[2];
  ck_assert_int_eq(key->closing, BL_CLOSING_COMMIT);
  ck_assert_text_eq(key->id, "calls");
  ck_assert_text_eq(key->name, "calls at the commit rate");
  ck_assert_uint_eq(key->meter.len, 0);
  ck_assert_dec_eq(key->tiers[0].unit, "8");
  ck_assert_dec_eq(key->per, "2");
  ck_assert_ptr_eq(key->beside, &plan.prices[0]);
  ck_assert_uint_eq(key->group_count, 1);
  ck_assert_uint_eq(key->tag_count, 1);
  ck_assert_ptr_null(plan.prices[1].beside);
  /* The minimum of calls counts both, the maximum of the plan all. */
  ck_assert_int_eq(plan.prices[3].closing, BL_CLOSING_MINIMUM);
  ck_assert_uint_eq(plan.prices[3].counted_count, 2);
  ck_assert_uint_eq(plan.prices[3].counted[1], 2);
  ck_assert_uint_eq(plan.prices[4].counted_count, 4);
}
END_TEST

START_TEST(a_matrix_has_a_matrix_for_its_commit_rate) {
  bl_plan plan;

  ck_assert_int_eq(read_prices(
      "{'id':'calls','meter':'m','model':'matrix','groups':['g'],'rates':["
      "{'values':{},'unit':'10'}],'commit_rate':{'model':'matrix',"
      "'groups':['g'],'rates':[{'values':{'g':'a'},'unit':'8'}]}}", &plan),
      0);
  ck_assert_uint_eq(plan.prices[1].rate_count, 1);
}
END_TEST

#define PRICE(model, rate) "{'id':'c','meter':'m'," model ",'commit_rate':" \
                           rate "}"
#define UNIT "'model':'per_unit','unit':'10'"

static const struct refusal {
  const char *json;
  const char *path;
  int         code;
} refusals[] = {
  {PRICE(UNIT, "'-8'"), "/prices/0/commit_rate", BILLING_INVALID},
  {PRICE(UNIT, "[]"), "/prices/0/commit_rate", BILLING_INVALID},
  {PRICE(UNIT, "{'model':'volume','tiers':[{'unit':'1'}]}"),
   "/prices/0/commit_rate", BILLING_INVALID},
  {PRICE(UNIT, "{'model':'per_unit','unit':'1','meter':'m'}"),
   "/prices/0/commit_rate", BILLING_INVALID},
  {PRICE(UNIT, "{'model':'per_unit','unit':'1','id':'c'}"),
   "/prices/0/commit_rate", BILLING_INVALID},
  {PRICE(UNIT, "{'model':'graduated','tiers':[{'unit':'1','flat':'1'}]}"),
   "/prices/0/commit_rate", BILLING_INVALID},
  {PRICE(UNIT ",'maximum':'9'", "'8'"), "/prices/0/commit_rate",
   BILLING_INVALID},
  {PRICE(UNIT ",'tiers_by':'year'", "'8'"), "/prices/0/commit_rate",
   BILLING_UNSUPPORTED},
  {PRICE("'model':'volume','tiers':[{'unit':'1'}]", "'8'"),
   "/prices/0/commit_rate", BILLING_INVALID},
  {PRICE("'model':'matrix','groups':['g'],'rates':[{'values':{},'unit':'1'}]",
         "{'model':'matrix','groups':['h'],"
         "'rates':[{'values':{},'unit':'1'}]}"),
   "/prices/0/commit_rate/groups", BILLING_INVALID},
};

START_TEST(what_cannot_be_split_is_refused) {
  bl_plan plan;

  ck_assert_int_eq(read_prices(refusals[_i].json, &plan), refusals[_i].code);
  ck_assert_str_eq(doc_err.path, refusals[_i].path);
}
END_TEST

Suite *test_catalog_commit_rate(void) {
  Suite *s = suite_create("catalog_commit_rate");
  TCase *c = documents_case(s);

  tcase_add_test(c, a_commit_rate_is_a_key_behind_the_prices);
  tcase_add_test(c, a_matrix_has_a_matrix_for_its_commit_rate);
  tcase_add_loop_test(c, what_cannot_be_split_is_refused, 0,
                      (int)BL_COUNT(refusals));
  return s;
}
