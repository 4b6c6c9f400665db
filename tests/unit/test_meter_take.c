/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "measures.h"

Suite *test_meter_take(void);

static bl_sample taken;

static int take(const char *meter, const char *properties) {
  bl_meter m;
  bl_event e = {BL_STR("e"), NULL, D("3"), 7};

  ck_assert_msg(bl_catalog_read_meter(J(meter), "", &doc_arena, &m,
                                          &doc_err) == 0, "%s",
                doc_err.message);
  if (properties) e.properties = M(properties);
  BILLING_INIT(&doc_err);
  return bl_meter_take(&m, &e, &doc_arena, &taken, &doc_err);
}

#define METER "{'id':'m','event':'e','aggregation':"

START_TEST(an_expression_gives_the_sample) {
  static const char twice[] =
    METER "'sum','expression':'event.properties.in * 2'}";

  ck_assert_int_eq(take(twice, "{'in':3}"), 0);
  ck_assert_dec_eq(taken.quantity, "6");
  ck_assert_int_eq(taken.time_us, 7);
  ck_assert_int_eq(take(twice, "{}"), BILLING_INVALID);
  ck_assert_str_eq(doc_err.path, "/properties/in");
  ck_assert_str_eq(doc_err.message, "the meter m, byte 0 of its expression: "
                                    "the event has no such property");
  ck_assert_int_eq(take(twice, "{'in':'99999999999999999999'}"),
                   BILLING_LIMIT);
  ck_assert_int_eq(take(METER "'sum','expression':'event.code'}", NULL),
                   BILLING_INVALID);
}
END_TEST

START_TEST(unique_counts_the_text_of_an_expression) {
  static const char joined[] = METER "'unique','expression':"
                                     "'coalesce(event.properties.a, 1 + 1)'}";

  ck_assert_int_eq(take(joined, "{'a':'x'}"), 0);
  ck_assert_text_eq(taken.value, "x");
  ck_assert_int_eq(take(joined, "{'a':1.50}"), 0);
  ck_assert_text_eq(taken.value, "1.50");
  ck_assert_int_eq(take(joined, "{'a':false}"), 0);
  ck_assert_text_eq(taken.value, "false");
  ck_assert_int_eq(take(joined, "{}"), 0);
  ck_assert_text_eq(taken.value, "2");
}
END_TEST

START_TEST(a_statement_takes_nothing_from_one_event) {
  ck_assert_int_eq(take(METER "'sql','sql':'SELECT value FROM events'}", "{}"),
                   0);
  ck_assert_dec_eq(taken.quantity, "0");
  ck_assert_int_eq(taken.time_us, 7);
}
END_TEST

START_TEST(an_operation_adds_or_removes) {
  static const char seats[] =
    METER "'unique','property':'user','operation':'op'}";

  ck_assert_int_eq(take(seats, "{'user':'ann'}"), 0);
  ck_assert_uint_eq(taken.is_removal, 0);
  ck_assert_int_eq(take(seats, "{'user':'ann','op':'add'}"), 0);
  ck_assert_uint_eq(taken.is_removal, 0);
  ck_assert_int_eq(take(seats, "{'user':'ann','op':'remove'}"), 0);
  ck_assert_uint_eq(taken.is_removal, 1);
  ck_assert_text_eq(taken.value, "ann");
  ck_assert_int_eq(take(seats, "{'user':'ann','op':'leave'}"),
                   BILLING_INVALID);
  ck_assert_str_eq(doc_err.path, "/properties/op");
  ck_assert_int_eq(take(seats, "{'user':'ann','op':[]}"), BILLING_INVALID);
}
END_TEST

START_TEST(what_cannot_be_used_is_refused_or_skipped) {
  static const char skips[] =
    METER "'sum','property':'v','unusable':'skip'}";

  ck_assert_int_eq(take(METER "'sum','property':'v'}", "{'v':'x'}"),
                   BILLING_INVALID);
  ck_assert_int_eq(take(skips, "{'v':'x'}"), BILLING_DONE);
  ck_assert_int_eq(take(skips, "{}"), BILLING_DONE);
  ck_assert_int_eq(doc_err.code, 0);
  ck_assert_int_eq(take(skips, "{'v':'-2.5'}"), 0);
  ck_assert_dec_eq(taken.quantity, "-2.5");
}
END_TEST

START_TEST(without_a_property_the_events_own_value_counts) {
  ck_assert_int_eq(take(METER "'average'}", NULL), 0);
  ck_assert_dec_eq(taken.quantity, "3");
  ck_assert_int_eq(take(METER "'count'}", NULL), 0);
  ck_assert_dec_eq(taken.quantity, "1");
}
END_TEST

Suite *test_meter_take(void) {
  Suite *s = suite_create("meter_take");
  TCase *c = documents_case(s);

  tcase_add_test(c, an_expression_gives_the_sample);
  tcase_add_test(c, unique_counts_the_text_of_an_expression);
  tcase_add_test(c, a_statement_takes_nothing_from_one_event);
  tcase_add_test(c, an_operation_adds_or_removes);
  tcase_add_test(c, what_cannot_be_used_is_refused_or_skipped);
  tcase_add_test(c, without_a_property_the_events_own_value_counts);
  return s;
}
