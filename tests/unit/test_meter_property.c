/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "documents.h"
#include "meter/property.h"

Suite *test_meter_property(void);

static bl_event example(void) {
  bl_event e = {BL_STR("e"), NULL, BL_DEC_ONE, 0};

  e.properties = M("{'tokens':12,'model':'m1','fast':true,'slow':false,"
                   "'region':null,'tags':['a']}");
  return e;
}

START_TEST(a_property_has_a_text_or_is_absent) {
  bl_event e = example();

  ck_assert_text_eq(bl_property_text(bl_property(&e, BL_STR("tokens"))),
                    "12");
  ck_assert_text_eq(bl_property_text(bl_property(&e, BL_STR("model"))), "m1");
  ck_assert_text_eq(bl_property_text(bl_property(&e, BL_STR("fast"))),
                    "true");
  ck_assert_text_eq(bl_property_text(bl_property(&e, BL_STR("slow"))),
                    "false");
  ck_assert_ptr_null(bl_property(&e, BL_STR("region")));
  ck_assert_ptr_null(bl_property(&e, BL_STR("nothing")));
  ck_assert_ptr_nonnull(bl_property(&e, BL_STR("tags")));
  ck_assert_ptr_null(bl_property_text(
    bl_property(&e, BL_STR("tags"))).text);
}
END_TEST

START_TEST(names_are_compared_with_their_case) {
  bl_event e = example();

  ck_assert_ptr_null(bl_property(&e, BL_STR("Tokens")));
}
END_TEST

START_TEST(an_event_may_have_no_properties) {
  bl_event e = {BL_STR("e"), NULL, BL_DEC_ONE, 0};

  ck_assert_ptr_null(bl_property(&e, BL_STR("tokens")));
  ck_assert_ptr_null(bl_property_text(NULL).text);
}
END_TEST

Suite *test_meter_property(void) {
  Suite *s = suite_create("meter_property");
  TCase *c = documents_case(s);

  tcase_add_test(c, a_property_has_a_text_or_is_absent);
  tcase_add_test(c, names_are_compared_with_their_case);
  tcase_add_test(c, an_event_may_have_no_properties);
  return s;
}
