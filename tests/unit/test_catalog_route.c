/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <stdio.h>

#include "catalog/catalog.h"
#include "documents.h"

Suite *test_catalog_route(void);

#define MARCH_US INT64_C(1772323200000000)
#define US "{'filters':[{'property':'region','in':['US']}]}"
#define EU "{'filters':[{'property':'region','in':['EU']}]}"

static int read_usage(const char *usage, bl_contract_terms *out) {
  char json[1000];

  snprintf(json, sizeof json, "{'id':'k','customer':'a','plan':'p',"
           "'start':'2026-01-01','usage':%s}", usage);
  return bl_catalog_read_contract(J(json), "", &doc_arena, out, &doc_err);
}

static bl_routes usage_of(const char *usage) {
  bl_contract_terms terms;

  ck_assert_msg(!read_usage(usage, &terms), "%s %s", doc_err.path,
                doc_err.message);
  return terms.usage;
}

START_TEST(the_worked_example_takes_nothing_since_march) {
  bl_routes u = usage_of("[" US ",{'effective':'2026-03-01',"
                         "'takes':'none'}]");

  ck_assert_uint_eq(bl_route_at(&u, MARCH_US - 1).filter_count, 1);
  ck_assert(!bl_route_at(&u, MARCH_US - 1).takes_none);
  ck_assert(bl_route_at(&u, MARCH_US).takes_none);
}
END_TEST

START_TEST(all_is_taken_without_a_list_and_nothing_before_the_first) {
  bl_routes all = usage_of("[]");
  bl_routes later = usage_of("[{'effective':'2026-03-01'}]");

  ck_assert(!bl_route_at(&all, 0).takes_none);
  ck_assert(bl_route_at(&later, MARCH_US - 1).takes_none);
  ck_assert(!bl_route_at(&later, MARCH_US).takes_none);
}
END_TEST

START_TEST(a_change_is_where_another_part_is_taken) {
  bl_routes all = usage_of("[]"), us = usage_of("[" US "]");
  bl_routes open = usage_of("[{}]"), eu = usage_of("[" EU "]");
  bl_routes since = usage_of("[" US ",{'effective':'2026-03-01',"
                             "'filters':[]}]");

  ck_assert(bl_routes_change(&all, &open) == BL_TIME_NEVER);
  ck_assert(bl_routes_change(&all, &us) == INT64_MIN);
  ck_assert(bl_routes_change(&us, &eu) == INT64_MIN);
  ck_assert(bl_routes_change(&us, &us) == BL_TIME_NEVER);
  ck_assert(bl_routes_change(&us, &since) == MARCH_US);
  ck_assert(bl_routes_change(&since, &us) == MARCH_US);
}
END_TEST

START_TEST(what_cannot_be_taken_is_refused_with_its_place) {
  static const struct { const char *usage, *path; } wrong[] = {
    {"{}", "/usage"},
    {"[{'takes':'some'}]", "/usage/0/takes"},
    {"[{'effective':'soon'}]", "/usage/0/effective"},
    {"[{},{'filters':[{'property':'region'}]}]", "/usage/1/filters/0"},
    {"[{'from':1}]", "/usage/0/from"},
  };
  bl_contract_terms t;

  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    ck_assert_int_eq(read_usage(wrong[i].usage, &t), BILLING_INVALID);
    ck_assert_str_eq(doc_err.path, wrong[i].path);
  }
}
END_TEST

Suite *test_catalog_route(void) {
  Suite *suite = suite_create("catalog/route");
  TCase *tests = tcase_create("route");

  tcase_add_checked_fixture(tests, documents_open, documents_close);
  tcase_add_test(tests, the_worked_example_takes_nothing_since_march);
  tcase_add_test(tests,
                 all_is_taken_without_a_list_and_nothing_before_the_first);
  tcase_add_test(tests, a_change_is_where_another_part_is_taken);
  tcase_add_test(tests, what_cannot_be_taken_is_refused_with_its_place);
  suite_add_tcase(suite, tests);
  return suite;
}
