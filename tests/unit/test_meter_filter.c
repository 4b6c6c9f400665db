/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <stdio.h>

#include "documents.h"
#include "meter/meter.h"

Suite *test_meter_filter(void);

static bl_meter meter_with(const char *filters) {
  char json[400] = "{'id':'m','event':'cpu','aggregation':'sum','filters':";
  bl_meter m;

  strcat(strcat(json, filters), "}");
  ck_assert_int_eq(bl_catalog_read_meter(J(json), "", &doc_arena, &m,
                                         &doc_err), 0);
  return m;
}

static int wants(const char *filters, const char *properties) {
  bl_meter m = meter_with(filters);
  bl_event e = {BL_STR("cpu"), NULL, BL_DEC_ONE, 0};

  if (properties) e.properties = M(properties);
  return bl_meter_wants(&m, &e);
}

START_TEST(all_filters_must_hold) {
  const char *both = "[{'property':'region','in':['eu']},"
                     "{'property':'size','not_in':['l']}]";

  ck_assert(wants(both, "{'region':'eu','size':'s'}"));
  ck_assert(wants(both, "{'region':'eu'}"));
  ck_assert(!wants(both, "{'region':'eu','size':'l'}"));
  ck_assert(!wants(both, "{'size':'s'}"));
  ck_assert(!wants(both, NULL));
}
END_TEST

START_TEST(a_meter_selects_by_the_events_name) {
  bl_meter m = meter_with("[]");
  bl_event e = {BL_STR("disk"), NULL, BL_DEC_ONE, 0};

  ck_assert(!bl_meter_wants(&m, &e));
  e.name = BL_STR("cpu");
  ck_assert(bl_meter_wants(&m, &e));
  e.name = BL_STR("cpus");
  ck_assert(!bl_meter_wants(&m, &e));
}
END_TEST

START_TEST(values_are_compared_by_their_texts) {
  ck_assert(wants("[{'property':'n','in':[5]}]", "{'n':'5'}"));
  ck_assert(wants("[{'property':'n','in':['5']}]", "{'n':5}"));
  ck_assert(!wants("[{'property':'n','in':[5]}]", "{'n':5.0}"));
  ck_assert(wants("[{'property':'n','in':[true]}]", "{'n':true}"));
  ck_assert(wants("[{'property':'n','in':['x','y']}]", "{'n':'y'}"));
  ck_assert(wants("[{'property':'n','in':['']}]", "{'n':''}"));
  ck_assert(!wants("[{'property':'n','in':['']}]", "{}"));
}
END_TEST

START_TEST(null_is_absent) {
  ck_assert(!wants("[{'property':'n','exists':true}]", "{'n':null}"));
  ck_assert(wants("[{'property':'n','exists':false}]", "{'n':null}"));
  ck_assert(wants("[{'property':'n','exists':false}]", "{}"));
  ck_assert(wants("[{'property':'n','exists':true}]", "{'n':0}"));
  ck_assert(!wants("[{'property':'n','exists':false}]", "{'n':0}"));
  ck_assert(!wants("[{'property':'n','in':['null']}]", "{'n':null}"));
}
END_TEST

START_TEST(objects_and_arrays_are_there_but_match_no_value) {
  ck_assert(wants("[{'property':'n','exists':true}]", "{'n':[1]}"));
  ck_assert(!wants("[{'property':'n','in':['1','[1]']}]", "{'n':[1]}"));
  ck_assert(wants("[{'property':'n','not_in':['1','{}']}]", "{'n':{}}"));
}
END_TEST

START_TEST(a_range_of_numbers_compares_by_value) {
  const char *range = "[{'property':'n','more_than':'100','at_most':200}]";

  ck_assert(!wants(range, "{'n':100}"));
  ck_assert(wants(range, "{'n':100.5}"));
  ck_assert(wants(range, "{'n':'200.0'}"));
  ck_assert(!wants(range, "{'n':'200.000000000000000001'}"));
  ck_assert(!wants(range, "{'n':'many'}"));
  ck_assert(!wants(range, "{'n':null}"));
  ck_assert(!wants(range, "{}"));
  ck_assert(!wants(range, NULL));
  ck_assert(wants("[{'property':'n','at_least':'-5','less_than':'0'}]",
                  "{'n':-5}"));
  ck_assert(!wants("[{'property':'n','at_least':'-5','less_than':'0'}]",
                   "{'n':0}"));
  ck_assert(wants("[{'property':'n','at_least':'0'}]",
                  "{'n':99999999999999999999}"));
}
END_TEST

START_TEST(a_range_of_times_is_half_open) {
  const char *range =
    "[{'property':'t','since':'2026-01-01','before':'2026-02-01'}]";

  ck_assert(wants(range, "{'t':'2026-01-01T00:00:00Z'}"));
  ck_assert(wants(range, "{'t':'2026-02-01T00:59:59+01:00'}"));
  ck_assert(wants(range, "{'t':1767225600000000}"));
  ck_assert(!wants(range, "{'t':'2026-02-01'}"));
  ck_assert(!wants(range, "{'t':'soon'}"));
  ck_assert(!wants(range, "{}"));
  ck_assert(wants("[{'property':'t','since':'2026-01-01'}]",
                  "{'t':'9999-01-01'}"));
}
END_TEST

START_TEST(a_range_without_a_property_is_about_the_event) {
  bl_meter m = meter_with("[{'since':'1970-01-01','before':'1970-01-02'},"
                          "{'less_than':'5'}]");
  bl_event e = {BL_STR("cpu"), NULL, D("4.9"), BL_DAY - 1};

  ck_assert(bl_meter_wants(&m, &e));
  e.time_us = BL_DAY;
  ck_assert(!bl_meter_wants(&m, &e));
  e.time_us = 0;
  e.value = D("5");
  ck_assert(!bl_meter_wants(&m, &e));
}
END_TEST

START_TEST(many_ranges_agree_with_plain_comparison) {
  for (int low = -3; low <= 3; low++)
    for (int high = low; high <= 3; high++)
      for (int n = -4; n <= 4; n++) {
        char filter[120], event[40];

        snprintf(filter, sizeof filter,
                 "[{'property':'n','at_least':%d,'at_most':'%d'}]", low,
                 high);
        snprintf(event, sizeof event, "{'n':'%d.0'}", n);
        ck_assert_int_eq(wants(filter, event), low <= n && n <= high);
      }
}
END_TEST

Suite *test_meter_filter(void) {
  Suite *s = suite_create("meter_filter");
  TCase *c = documents_case(s);

  tcase_add_test(c, all_filters_must_hold);
  tcase_add_test(c, a_meter_selects_by_the_events_name);
  tcase_add_test(c, values_are_compared_by_their_texts);
  tcase_add_test(c, null_is_absent);
  tcase_add_test(c, objects_and_arrays_are_there_but_match_no_value);
  tcase_add_test(c, a_range_of_numbers_compares_by_value);
  tcase_add_test(c, a_range_of_times_is_half_open);
  tcase_add_test(c, a_range_without_a_property_is_about_the_event);
  tcase_add_test(c, many_ranges_agree_with_plain_comparison);
  return s;
}
