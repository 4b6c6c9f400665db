/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <stdio.h>

#include "catalog/catalog.h"
#include "documents.h"

Suite *test_catalog_spend_some(void);

#define CALLS \
  "{'id':'calls','meter':'m','model':'per_unit','unit':'1'," \
  "'tags':['api'],'minimum':'5','commit_rate':'0.5'}"
#define GB "{'id':'gb','meter':'m','model':'per_unit','unit':'1'}"

static int read_bounds(const char *bounds, bl_plan *out) {
  char json[2000];

  snprintf(json, sizeof json,
           "{'id':'pro','currency':'USD','prices':[" CALLS "," GB "],%s}",
           bounds);
  return bl_catalog_read_plan(J(json), "", &doc_arena, out, &doc_err);
}

/* Places: calls, gb, calls at the commit rate, minimum of calls, some,
 * traffic, minimum and maximum of the plan. */
START_TEST(a_bound_counts_what_it_names_and_the_minimums_of_that) {
  bl_plan plan;

  ck_assert_int_eq(read_bounds(
      "'minimums':[{'id':'some','amount':'10','of':{'tags':['api']}}],"
      "'maximums':[{'id':'traffic','name':'Traffic','amount':'20',"
      "'proration':'none','of':{'prices':['gb']}}]", &plan), 0);
  ck_assert_uint_eq(plan.key_count, 8);
  ck_assert_int_eq(plan.prices[4].closing, BL_CLOSING_SOME_MINIMUM);
  ck_assert_text_eq(plan.prices[4].name, "some");
  ck_assert_dec_eq(plan.prices[4].bound.amount, "10");
  ck_assert_uint_eq(plan.prices[4].counted_count, 3);
  ck_assert_uint_eq(plan.prices[4].counted[0], 0);
  ck_assert_uint_eq(plan.prices[4].counted[1], 2);
  ck_assert_uint_eq(plan.prices[4].counted[2], 3);
  ck_assert_int_eq(plan.prices[5].closing, BL_CLOSING_SOME_MAXIMUM);
  ck_assert_text_eq(plan.prices[5].name, "Traffic");
  ck_assert_int_eq(plan.prices[5].bound.proration, BL_PRORATE_NONE);
  ck_assert_uint_eq(plan.prices[5].counted_count, 1);
  ck_assert_uint_eq(plan.prices[5].counted[0], 1);
  ck_assert_uint_eq(plan.prices[6].counted_count, 6);
}
END_TEST

#define OF_GB "'of':{'prices':['gb']}"

static const struct refusal {
  const char *json;
  const char *path;
} refusals[] = {
  {"'minimums':[{'id':'a','amount':'1'}]", "/minimums/0/of"},
  {"'minimums':[{'id':'a'," OF_GB "}]", "/minimums/0/amount"},
  {"'minimums':[{'amount':'1'," OF_GB "}]", "/minimums/0/id"},
  {"'minimums':[{'id':'a','amount':'-1'," OF_GB "}]", "/minimums/0/amount"},
  {"'minimums':[{'id':'gb','amount':'1'," OF_GB "}]", "/minimums/0/id"},
  {"'minimums':[{'id':'a','amount':'1'," OF_GB "}],"
   "'maximums':[{'id':'a','amount':'1'," OF_GB "}]", "/maximums/0/id"},
  {"'minimums':[{'id':'b','amount':'1'," OF_GB "}],"
   "'maximums':[{'id':'a','amount':'1','of':{'prices':['no']}}]",
   "/maximums/0/of/prices/0"},
  {"'maximums':[{'id':'a','amount':'1','of':{'tags':['no']}}]",
   "/maximums/0/of"},
};

START_TEST(wrong_bounds_are_refused_at_their_path) {
  bl_plan plan;

  ck_assert_int_eq(read_bounds(refusals[_i].json, &plan), BILLING_INVALID);
  ck_assert_str_eq(doc_err.path, refusals[_i].path);
}
END_TEST

Suite *test_catalog_spend_some(void) {
  Suite *s = suite_create("catalog_spend_some");
  TCase *c = documents_case(s);

  tcase_add_test(c, a_bound_counts_what_it_names_and_the_minimums_of_that);
  tcase_add_loop_test(c, wrong_bounds_are_refused_at_their_path, 0,
                      (int)BL_COUNT(refusals));
  return s;
}
