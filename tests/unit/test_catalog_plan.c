/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "catalog/catalog.h"
#include "documents.h"

Suite *test_catalog_plan(void);

static int read_plan(const char *json, bl_plan *out) {
  bl_json *doc = J(json);

  return bl_catalog_read_plan(doc, "/plans/0", &doc_arena, out, &doc_err);
}

static const char pro[] =
  "{'id':'pro','currency':'USD','prices':["
  "{'id':'base','model':'flat','amount':'20'},"
  "{'id':'calls','meter':'calls','model':'per_unit','unit':'0.01',"
  "'groups':['model']}]}";

START_TEST(a_plan_is_a_list_of_prices_in_its_currency) {
  bl_plan plan;

  ck_assert_int_eq(read_plan(pro, &plan), 0);
  ck_assert_text_eq(plan.id, "pro");
  ck_assert_text_eq(plan.name, "");
  ck_assert_str_eq(plan.currency, "USD");
  ck_assert_uint_eq(plan.price_count, 2);
  ck_assert_text_eq(plan.prices[0].id, "base");
  ck_assert_str_eq(plan.prices[1].asset, "USD");
}
END_TEST

START_TEST(a_plan_may_be_free) {
  bl_plan plan;

  ck_assert_int_eq(read_plan("{'id':'free','currency':'tok','name':'Free'}",
                             &plan), 0);
  ck_assert_uint_eq(plan.price_count, 0);
  ck_assert_text_eq(plan.name, "Free");
}
END_TEST

static const struct refusal {
  const char *json;
  const char *path;
} refusals[] = {
  {"{'currency':'USD'}", "/plans/0/id"},
  {"{'id':'p'}", "/plans/0/currency"},
  {"{'id':'p','currency':'Usd'}", "/plans/0/currency"},
  {"{'id':'p','currency':'USD','price':[]}", "/plans/0/price"},
  {"{'id':'p','currency':'USD','prices':{}}", "/plans/0/prices"},
  {"{'id':'p','currency':'USD','prices':[{'id':'a','model':'flat',"
   "'amount':'x'}]}", "/plans/0/prices/0/amount"},
  {"{'id':'p','currency':'USD','prices':[{'id':'a','model':'graduated',"
   "'meter':'m','tiers':[{'up_to':'1','unit':'1'},{'unit':'1','per':'1'}]}]}",
   "/plans/0/prices/0/tiers/1/per"},
  {"{'id':'p','currency':'USD','prices':[{'id':'a','model':'flat',"
   "'amount':'1'},{'id':'a','model':'flat','amount':'1'}]}",
   "/plans/0/prices/1/id"},
};

START_TEST(wrong_plans_are_refused_at_their_path) {
  bl_plan plan;

  ck_assert_int_eq(read_plan(refusals[_i].json, &plan), BILLING_INVALID);
  ck_assert_str_eq(doc_err.path, refusals[_i].path);
}
END_TEST

START_TEST(a_plan_has_at_most_1000_prices) {
  bl_json *doc = bl_json_object(NULL, NULL);
  bl_json *list;
  bl_plan plan;

  doc_trees[doc_count++] = doc;
  bl_json_add_c(doc, "id", "p");
  bl_json_add_c(doc, "currency", "USD");
  list = bl_json_array(doc, "prices");
  for (int i = 0; i < 1001; i++) (void)bl_json_object(list, NULL);
  ck_assert_int_eq(bl_catalog_read_plan(doc, "", &doc_arena, &plan, &doc_err),
                   BILLING_LIMIT);
  ck_assert_str_eq(doc_err.path, "/prices");
}
END_TEST

static bl_meter calls_meter(void) {
  bl_meter m;

  ck_assert_int_eq(bl_catalog_read_meter(
    J("{'id':'calls','event':'call','aggregation':'count',"
      "'groups':['model']}"), "", &doc_arena, &m, NULL), 0);
  return m;
}

START_TEST(a_plan_names_what_is_there) {
  bl_meter m = calls_meter();
  const bl_meter *meters[2] = {NULL, &m};
  bl_plan plan;

  ck_assert_int_eq(read_plan(pro, &plan), 0);
  ck_assert_int_eq(bl_catalog_check_plan(&plan, "", NULL, meters, &doc_err),
                   0);
  meters[1] = NULL;
  ck_assert_int_eq(bl_catalog_check_plan(&plan, "", NULL, meters, &doc_err),
                   BILLING_NOTFOUND);
  ck_assert_str_eq(doc_err.path, "/prices/1/meter");
}
END_TEST

START_TEST(a_price_groups_only_by_what_its_meter_groups_by) {
  bl_meter m = calls_meter();
  const bl_meter *meters[2] = {NULL, &m};
  bl_plan plan;

  ck_assert_int_eq(read_plan(pro, &plan), 0);
  m.group_count = 0;
  ck_assert_int_eq(bl_catalog_check_plan(&plan, "/p", NULL, meters, &doc_err),
                   BILLING_INVALID);
  ck_assert_str_eq(doc_err.path, "/p/prices/1/groups/0");
}
END_TEST

START_TEST(assets_of_a_plan_are_currencies_or_declared) {
  bl_tenant_terms tenant;
  bl_plan plan;
  const bl_meter *meters[1] = {NULL};

  ck_assert_int_eq(bl_catalog_read_tenant(
    J("{'id':'t','assets':[{'code':'tok'}]}"), "", &doc_arena, &tenant, NULL),
    0);
  ck_assert_int_eq(read_plan("{'id':'p','currency':'tok'}", &plan), 0);
  ck_assert_int_eq(bl_catalog_check_plan(&plan, "", &tenant, NULL, &doc_err),
                   0);
  ck_assert_int_eq(bl_catalog_check_plan(&plan, "", NULL, NULL, &doc_err),
                   BILLING_INVALID);
  ck_assert_str_eq(doc_err.path, "/currency");
  ck_assert_int_eq(read_plan("{'id':'p','currency':'USD','prices':[{'id':'a',"
                             "'model':'flat','amount':'1','asset':'gpu'}]}",
                             &plan), 0);
  ck_assert_int_eq(bl_catalog_check_plan(&plan, "", &tenant, meters,
                                         &doc_err), BILLING_INVALID);
  ck_assert_str_eq(doc_err.path, "/prices/0/asset");
}
END_TEST

static int read_starving(const bl_json *doc, bl_arena *a,
                         billing_error *err) {
  bl_plan plan;

  return bl_catalog_read_plan(doc, "", a, &plan, err);
}

START_TEST(memory_that_runs_out_anywhere_is_said) {
  documents_starve(read_starving,
    "{'id':'p','name':'P','currency':'USD','prices':["
    "{'id':'a','model':'flat','amount':'1','quantity':'seats'},"
    "{'id':'b','meter':'m','model':'per_unit','unit':'1',"
    "'filters':[{'property':'x','in':['y',1]}],'groups':['g','h']},"
    "{'id':'c','meter':'m','model':'volume','tiers':[{'unit':'1'}]}]}");
}
END_TEST

Suite *test_catalog_plan(void) {
  Suite *s = suite_create("catalog_plan");
  TCase *c = documents_case(s);

  tcase_add_test(c, a_plan_is_a_list_of_prices_in_its_currency);
  tcase_add_test(c, a_plan_may_be_free);
  tcase_add_loop_test(c, wrong_plans_are_refused_at_their_path, 0,
                      (int)BL_COUNT(refusals));
  tcase_add_test(c, a_plan_has_at_most_1000_prices);
  tcase_add_test(c, a_plan_names_what_is_there);
  tcase_add_test(c, a_price_groups_only_by_what_its_meter_groups_by);
  tcase_add_test(c, assets_of_a_plan_are_currencies_or_declared);
  tcase_add_test(c, memory_that_runs_out_anywhere_is_said);
  return s;
}
