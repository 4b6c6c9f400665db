/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "catalog/catalog.h"
#include "documents.h"

Suite *test_catalog_meter(void);

static int read_meter(const char *json, bl_meter *out) {
  bl_json *doc = J(json);

  return bl_catalog_read_meter(doc, "/meters/0", &doc_arena, out, &doc_err);
}

START_TEST(every_member_is_read) {
  bl_meter m;

  ck_assert_int_eq(read_meter(
    "{'id':'tokens','name':'Tokens','event':'llm','aggregation':'sum',"
    "'property':'tokens','filters':[{'property':'region','in':['eu']}],"
    "'groups':['model','region']}", &m), 0);
  ck_assert_text_eq(m.id, "tokens");
  ck_assert_text_eq(m.name, "Tokens");
  ck_assert_text_eq(m.event, "llm");
  ck_assert_uint_eq(m.aggregation, BL_AGG_SUM);
  ck_assert_text_eq(m.property, "tokens");
  ck_assert_uint_eq(m.filter_count, 1);
  ck_assert_uint_eq(m.group_count, 2);
  ck_assert_text_eq(m.groups[0], "model");
}
END_TEST

START_TEST(id_event_and_aggregation_are_enough) {
  bl_meter m;

  ck_assert_int_eq(read_meter("{'id':'c','event':'call',"
                              "'aggregation':'count'}", &m), 0);
  ck_assert_uint_eq(m.property.len, 0);
  ck_assert_uint_eq(m.filter_count, 0);
  ck_assert_uint_eq(m.group_count, 0);
  ck_assert_int_eq(read_meter("{'id':'s','event':'call',"
                              "'aggregation':'latest'}", &m), 0);
  ck_assert_uint_eq(m.property.len, 0);
}
END_TEST

#define METER "'id':'m','event':'e',"
static const struct refusal {
  const char *json;
  int         rc;
  const char *path;
} refusals[] = {
  {"{'event':'e','aggregation':'sum'}", BILLING_INVALID, "/meters/0/id"},
  {"{'id':'m','aggregation':'sum'}", BILLING_INVALID, "/meters/0/event"},
  {"{'id':'m','event':'e'}", BILLING_INVALID, "/meters/0/aggregation"},
  {"{" METER "'aggregation':'avg'}", BILLING_INVALID,
   "/meters/0/aggregation"},
  {"{" METER "'aggregation':'count','property':'p'}", BILLING_INVALID,
   "/meters/0/property"},
  {"{" METER "'aggregation':'unique'}", BILLING_INVALID,
   "/meters/0/property"},
  {"{" METER "'aggregation':'sum','groups':['a','a']}", BILLING_INVALID,
   "/meters/0/groups/1"},
  {"{" METER "'aggregation':'sum','groups':['1','2','3','4','5','6','7','8',"
   "'9','10','11','12','13','14','15','16','17']}", BILLING_LIMIT,
   "/meters/0/groups"},
  {"{" METER "'aggregation':'sum','filters':[{'property':'p'}]}",
   BILLING_INVALID, "/meters/0/filters/0"},
  {"[]", BILLING_INVALID, "/meters/0"},
};

START_TEST(wrong_meters_are_refused_at_their_path) {
  bl_meter m;

  ck_assert_int_eq(read_meter(refusals[_i].json, &m), refusals[_i].rc);
  ck_assert_str_eq(doc_err.path, refusals[_i].path);
}
END_TEST

Suite *test_catalog_meter(void) {
  Suite *s = suite_create("catalog_meter");
  TCase *c = documents_case(s);

  tcase_add_test(c, every_member_is_read);
  tcase_add_test(c, id_event_and_aggregation_are_enough);
  tcase_add_loop_test(c, wrong_meters_are_refused_at_their_path, 0,
                      (int)BL_COUNT(refusals));
  return s;
}
