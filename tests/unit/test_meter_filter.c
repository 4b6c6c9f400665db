/* SPDX-License-Identifier: MIT OR Apache-2.0 */
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

Suite *test_meter_filter(void) {
  Suite *s = suite_create("meter_filter");
  TCase *c = documents_case(s);

  tcase_add_test(c, all_filters_must_hold);
  tcase_add_test(c, a_meter_selects_by_the_events_name);
  tcase_add_test(c, values_are_compared_by_their_texts);
  tcase_add_test(c, null_is_absent);
  tcase_add_test(c, objects_and_arrays_are_there_but_match_no_value);
  return s;
}
