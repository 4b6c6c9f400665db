/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "documents.h"
#include "meter/meter.h"

Suite *test_meter_sample(void);

static bl_dec quantity;
static bl_str value;

static int sample(uint32_t aggregation, const char *property,
                  const char *properties) {
  bl_meter m = {0};
  bl_event e = {BL_STR("llm"), NULL, D("3"), 0};

  m.id          = BL_STR("m");
  m.aggregation = aggregation;
  m.property    = bl_str_of(property);
  quantity      = D("777");
  if (properties) e.properties = M(properties);
  return bl_meter_sample(&m, &e, &quantity, &value, &doc_err);
}

static const char example[] = "{'tokens':12,'model':'m1'}";

START_TEST(each_aggregation_takes_its_sample) {
  ck_assert_int_eq(sample(BL_AGG_COUNT, NULL, example), 0);
  ck_assert_dec_eq(quantity, "1");
  ck_assert_int_eq(sample(BL_AGG_SUM, "tokens", example), 0);
  ck_assert_dec_eq(quantity, "12");
  ck_assert_uint_eq(value.len, 0);
  ck_assert_int_eq(sample(BL_AGG_SUM, NULL, example), 0);
  ck_assert_dec_eq(quantity, "3");
  ck_assert_int_eq(sample(BL_AGG_UNIQUE, "model", example), 0);
  ck_assert_dec_eq(quantity, "1");
  ck_assert_text_eq(value, "m1");
}
END_TEST

START_TEST(decimals_come_as_numbers_or_texts) {
  ck_assert_int_eq(sample(BL_AGG_MAX, "n", "{'n':'-0.25'}"), 0);
  ck_assert_dec_eq(quantity, "-0.25");
  ck_assert_int_eq(sample(BL_AGG_LATEST, "n", "{'n':1e3}"), 0);
  ck_assert_dec_eq(quantity, "1000");
  ck_assert_int_eq(sample(BL_AGG_MIN, NULL, NULL), 0);
  ck_assert_dec_eq(quantity, "3");
}
END_TEST

START_TEST(different_values_are_told_apart_by_their_texts) {
  ck_assert_int_eq(sample(BL_AGG_UNIQUE, "n", "{'n':5}"), 0);
  ck_assert_text_eq(value, "5");
  ck_assert_int_eq(sample(BL_AGG_UNIQUE, "n", "{'n':false}"), 0);
  ck_assert_text_eq(value, "false");
  ck_assert_int_eq(sample(BL_AGG_UNIQUE, "n", "{'n':''}"), 0);
  ck_assert_uint_eq(value.len, 0);
}
END_TEST

static const struct refusal {
  uint32_t    aggregation;
  const char *properties;
} refusals[] = {
  {BL_AGG_SUM, NULL},
  {BL_AGG_SUM, "{}"},
  {BL_AGG_SUM, "{'a/b':null}"},
  {BL_AGG_SUM, "{'a/b':'many'}"},
  {BL_AGG_SUM, "{'a/b':true}"},
  {BL_AGG_SUM, "{'a/b':[1]}"},
  {BL_AGG_SUM, "{'a/b':0.0000000000000000001}"},
  {BL_AGG_LATEST, "{'a/b':1e20}"},
  {BL_AGG_UNIQUE, "{}"},
  {BL_AGG_UNIQUE, "{'a/b':{}}"},
};

START_TEST(a_property_that_cannot_be_counted_is_refused_at_its_path) {
  ck_assert_int_eq(sample(refusals[_i].aggregation, "a/b",
                          refusals[_i].properties), BILLING_INVALID);
  ck_assert_str_eq(doc_err.path, "/properties/a~1b");
  ck_assert_ptr_nonnull(strstr(doc_err.message, "a/b"));
}
END_TEST

Suite *test_meter_sample(void) {
  Suite *s = suite_create("meter_sample");
  TCase *c = documents_case(s);

  tcase_add_test(c, each_aggregation_takes_its_sample);
  tcase_add_test(c, decimals_come_as_numbers_or_texts);
  tcase_add_test(c, different_values_are_told_apart_by_their_texts);
  tcase_add_loop_test(c,
    a_property_that_cannot_be_counted_is_refused_at_its_path, 0,
    (int)BL_COUNT(refusals));
  return s;
}
