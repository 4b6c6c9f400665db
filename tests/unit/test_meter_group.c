/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "documents.h"
#include "meter/meter.h"

Suite *test_meter_group(void);

static const char *group(const bl_str *names, size_t count,
                         const char *properties) {
  bl_event e = {BL_STR("e"), NULL, BL_DEC_ONE, 0};
  bl_text t;

  if (properties) e.properties = M(properties);
  bl_text_open(&t, &doc_arena);
  ck_assert_int_eq(bl_meter_group(names, count, &e, &t), 0);
  return t.len ? t.text : "";
}

START_TEST(a_group_is_canonical_json_sorted_by_name) {
  bl_str names[] = {BL_STR("region"), BL_STR("model")};

  ck_assert_str_eq(group(names, 2, "{'model':'m1','tokens':12}"),
                   "{\"model\":\"m1\",\"region\":null}");
}
END_TEST

START_TEST(the_order_of_names_and_properties_does_not_matter) {
  bl_str ab[] = {BL_STR("a"), BL_STR("b"), BL_STR("ab")};
  bl_str ba[] = {BL_STR("ab"), BL_STR("b"), BL_STR("a")};
  const char *expect = "{\"a\":1,\"ab\":true,\"b\":\"x\"}";

  ck_assert_str_eq(group(ab, 3, "{'a':1,'b':'x','ab':true}"), expect);
  ck_assert_str_eq(group(ba, 3, "{'ab':true,'b':'x','a':1}"), expect);
}
END_TEST

START_TEST(missing_and_null_are_one_group) {
  bl_str names[] = {BL_STR("a")};

  ck_assert_str_eq(group(names, 1, "{'a':null}"), "{\"a\":null}");
  ck_assert_str_eq(group(names, 1, "{}"), "{\"a\":null}");
  ck_assert_str_eq(group(names, 1, NULL), "{\"a\":null}");
}
END_TEST

START_TEST(values_of_every_kind_keep_their_form) {
  bl_str names[] = {BL_STR("n"), BL_STR("o"), BL_STR("q")};

  ck_assert_str_eq(group(names, 3,
                         "{'n':1.50,'o':{'b':[1,2],'a':null},"
                         "'q':'say \\'hi\\' \\u00e9\\n'}"),
                   "{\"n\":1.50,\"o\":{\"a\":null,\"b\":[1,2]},"
                   "\"q\":\"say \\\"hi\\\" \xc3\xa9\\n\"}");
}
END_TEST

START_TEST(no_names_give_no_group) {
  ck_assert_str_eq(group(NULL, 0, "{'a':1}"), "");
}
END_TEST

START_TEST(memory_that_runs_out_is_said) {
  bl_str names[] = {BL_STR("a"), BL_STR("b")};
  bl_event e = {BL_STR("e"), M("{'a':[1,2]}"), BL_DEC_ONE, 0};
  int rc = BILLING_NOMEM;

  for (size_t steps = 0; rc; steps++) {
    bl_arena narrow;
    bl_text t;
    int blocks;

    doc_narrow(&narrow, &blocks, steps);
    bl_text_open(&t, &narrow);
    rc = bl_meter_group(names, 2, &e, &t);
    ck_assert(rc == 0 || rc == BILLING_NOMEM);
    bl_arena_close(&narrow);
  }
}
END_TEST

Suite *test_meter_group(void) {
  Suite *s = suite_create("meter_group");
  TCase *c = documents_case(s);

  tcase_add_test(c, a_group_is_canonical_json_sorted_by_name);
  tcase_add_test(c, the_order_of_names_and_properties_does_not_matter);
  tcase_add_test(c, missing_and_null_are_one_group);
  tcase_add_test(c, values_of_every_kind_keep_their_form);
  tcase_add_test(c, no_names_give_no_group);
  tcase_add_test(c, memory_that_runs_out_is_said);
  return s;
}
