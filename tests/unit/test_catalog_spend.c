/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* test_catalog_spend.c - which spend a closing counts. */
#include "catalog/catalog.h"
#include "documents.h"

Suite *test_catalog_spend(void);

/* calls, seats, support (of the tag api), all (composites too), and behind
 * them the minimums of calls and support, and the plan's two bounds. */
static const char plan_json[] =
  "{'id':'p','currency':'USD','prices':["
  "{'id':'calls','meter':'m','model':'per_unit','unit':'1','tags':['api'],"
  " 'minimum':'5'},"
  "{'id':'seats','model':'flat','amount':'1','asset':'EUR','tags':['api']},"
  "{'id':'support','model':'percentage','rate':'10',"
  " 'of':{'tags':['api']},'minimum':'5'},"
  "{'id':'all','model':'percentage','rate':'1',"
  " 'of':{'prices':['calls','support'],'include_composite_spend':true}}]}";

static bl_plan plan;

static int read_plan(const char *json) {
  return bl_catalog_read_plan(J(json), "", &doc_arena, &plan, &doc_err);
}

/* The places that a key counts, as digits. */
static const char *counted(size_t at) {
  static char text[16];
  const bl_price *price = &plan.prices[at];

  for (size_t i = 0; i < price->counted_count; i++)
    text[i] = (char)('0' + price->counted[i]);
  text[price->counted_count] = '\0';
  return text;
}

START_TEST(a_closing_counts_what_stands_before_it_in_its_asset) {
  ck_assert_int_eq(read_plan(plan_json), 0);
  ck_assert_uint_eq(plan.key_count, 8);
  ck_assert_str_eq(counted(0), "");
  ck_assert_str_eq(counted(2), "0");
  ck_assert_str_eq(counted(3), "02");
  ck_assert_str_eq(counted(4), "0");
  ck_assert_str_eq(counted(5), "2");
  ck_assert_str_eq(counted(6), "02345");
  ck_assert_str_eq(counted(7), "023456");
}
END_TEST

/* With "all" before "support" neither can count the other any more: the one is
 * too early, the other does not ask for composites. */
START_TEST(a_rank_says_what_stands_before) {
  static const uint32_t rank[] = {0, 1, 3, 2, 4, 5, 6, 7};

  ck_assert_int_eq(read_plan(plan_json), 0);
  ck_assert_int_eq(bl_plan_count_spend(&doc_arena, &plan, rank), 0);
  ck_assert_str_eq(counted(2), "0");
  ck_assert_str_eq(counted(3), "0");
  ck_assert_str_eq(counted(6), "02345");
}
END_TEST

START_TEST(a_price_that_cannot_count_is_named) {
  ck_assert_int_eq(
      read_plan("{'id':'p','currency':'USD','prices':["
                "{'id':'x','model':'percentage','rate':'1',"
                " 'of':{'prices':['y'],'include_composite_spend':true}},"
                "{'id':'y','model':'percentage','rate':'1',"
                " 'of':{'prices':['x'],'include_composite_spend':true}}]}"),
      BILLING_INVALID);
  ck_assert_str_eq(doc_err.path, "/prices/0/of/prices/0");
}
END_TEST

Suite *test_catalog_spend(void) {
  Suite *s = suite_create("catalog_spend");
  TCase *c = documents_case(s);

  tcase_add_test(c, a_closing_counts_what_stands_before_it_in_its_asset);
  tcase_add_test(c, a_rank_says_what_stands_before);
  tcase_add_test(c, a_price_that_cannot_count_is_named);
  return s;
}
