/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "documents.h"
#include "meter/meter.h"

Suite *test_meter_route(void);

#define Y2024 INT64_C(1704067200000000)
#define Y2025 INT64_C(1735689600000000)

/* What a list of filters takes since a moment; NULL: nothing. */
static bl_route route(int64_t since_us, const char *filters) {
  char json[300] = "{'id':'m','event':'e','aggregation':'count','filters':";
  bl_route out = {.since_us = since_us};
  bl_meter m;

  out.takes_none = filters == NULL;
  if (!filters) return out;
  strcat(strcat(json, filters), "}");
  ck_assert_int_eq(bl_catalog_read_meter(J(json), "", &doc_arena, &m,
                                         &doc_err), 0);
  out.filters = m.filters;
  out.filter_count = m.filter_count;
  return out;
}

static int takes(bl_route *item, size_t count, int64_t time_us,
                 const char *properties) {
  bl_event event = {BL_STR("e"), M(properties), BL_DEC_ONE, time_us};
  bl_routes routes = {item, count};

  return bl_route_takes(&routes, &event);
}

START_TEST(the_worked_example_is_what_the_head_says) {
  bl_route us[] = {route(Y2024, "[{'property':'region','in':['US']}]"),
                   route(Y2025, "[{'property':'region','in':['US','EU']}]")};
  bl_route eu[] = {route(Y2024, "[{'property':'region','in':['EU']}]"),
                   route(Y2025, NULL)};

  ck_assert(!takes(us, 2, Y2025 - 1, "{'region':'EU'}"));
  ck_assert(takes(eu, 2, Y2025 - 1, "{'region':'EU'}"));
  ck_assert(takes(us, 2, Y2025, "{'region':'EU'}"));
  ck_assert(!takes(eu, 2, Y2025, "{'region':'EU'}"));
  ck_assert(takes(us, 2, Y2024, "{'region':'US'}"));
  ck_assert(!takes(eu, 2, Y2024, "{'region':'US'}"));
  ck_assert(!takes(us, 2, Y2024, "{'region':'APAC'}"));
  ck_assert(!takes(eu, 2, Y2024, "{'region':'APAC'}"));
}
END_TEST

START_TEST(without_a_list_all_is_taken_and_before_the_first_nothing) {
  bl_route later[] = {route(Y2025, "[]")};

  ck_assert(takes(NULL, 0, Y2024, "{}"));
  ck_assert(!takes(later, 1, Y2025 - 1, "{}"));
  ck_assert(takes(later, 1, Y2025, "{}"));
}
END_TEST

START_TEST(of_those_that_have_begun_the_last_of_the_list_decides) {
  bl_route both[] = {route(Y2025, "[]"), route(Y2024, NULL)};

  ck_assert(!takes(both, 2, Y2025, "{}"));
}
END_TEST

#undef Y2024
#undef Y2025

Suite *test_meter_route(void) {
  Suite *s = suite_create("meter_route");
  TCase *c = documents_case(s);

  tcase_add_test(c, the_worked_example_is_what_the_head_says);
  tcase_add_test(c, without_a_list_all_is_taken_and_before_the_first_nothing);
  tcase_add_test(c, of_those_that_have_begun_the_last_of_the_list_decides);
  return s;
}
