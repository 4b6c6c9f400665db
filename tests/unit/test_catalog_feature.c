/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* test_catalog_feature.c - features, their values, and what is wrong. */
#include <stdio.h>

#include "catalog/catalog.h"
#include "documents.h"
#include <stdio.h>

#include "unit.h"

static bl_feature feature;

static int read_feature(const char *json) {
  BILLING_INIT(&doc_err);
  return bl_catalog_read_feature(J(json), "", &doc_arena, &feature, &doc_err);
}

/* The value of "f" as a scope has it. */
static bl_feature_value value_of(const char *json) {
  bl_scope scope;
  char text[200];

  snprintf(text, sizeof text, "{\"features\":{\"f\":%s}}", json);
  BILLING_INIT(&doc_err);
  ck_assert_int_eq(bl_catalog_read_scope(J(text), "", &doc_arena, &scope,
                                         &doc_err), 0);
  ck_assert_uint_eq(scope.features.count, 1);
  ck_assert_ptr_eq(bl_feature_value_of(&scope.features, BL_STR("g")), NULL);
  return *bl_feature_value_of(&scope.features, BL_STR("f"));
}

static int fits(const char *json) {
  bl_feature_value value = value_of(json);

  return bl_feature_misfit(&feature, &value) == NULL;
}

START_TEST(a_feature_as_in_the_worked_example) {
  bl_feature_value value = value_of("{\"limit\":\"1000\",\"soft\":true}");

  ck_assert_int_eq(read_feature("{\"id\":\"calls\",\"kind\":\"quota\","
                                "\"meter\":\"calls\",\"per\":\"month\"}"), 0);
  ck_assert_uint_eq(feature.kind, BL_FEATURE_QUOTA);
  ck_assert_uint_eq(feature.limit.per, BL_WITHIN_MONTH);
  ck_assert(bl_str_is(feature.limit.id, "calls"));
  ck_assert(bl_str_is(feature.limit.meter, "calls"));
  ck_assert_uint_eq(feature.has_default, 0);
  ck_assert_dec_eq(value.limit, "1000");
  ck_assert_uint_eq(value.is_soft, 1);
  ck_assert(bl_dec_is_max(value_of("\"unlimited\"").limit));
  ck_assert_uint_eq(value_of("false").is_no, 1);
  ck_assert_uint_eq(value_of("true").is_yes, 1);
  ck_assert(bl_str_is(value_of("{\"b\":1,\"a\":2}").json,
                      "{\"a\":2,\"b\":1}"));
}
END_TEST

START_TEST(each_kind_takes_its_own_values) {
  ck_assert_int_eq(read_feature("{\"id\":\"f\",\"kind\":\"boolean\"}"), 0);
  ck_assert(fits("true") && fits("false"));
  ck_assert(!fits("\"1\"") && !fits("{}") && !fits("\"true\""));
  ck_assert_int_eq(read_feature("{\"id\":\"f\",\"kind\":\"quota\",\"meter\":"
                                "\"m\",\"per\":\"life\"}"), 0);
  ck_assert(fits("5") && fits("\"0\"") && fits("false"));
  ck_assert(fits("{\"limit\":\"unlimited\"}"));
  ck_assert(!fits("true") && !fits("\"-1\"") && !fits("\"much\""));
  ck_assert(!fits("{\"limit\":\"5\",\"hard\":true}") && !fits("[5]"));
  ck_assert(!fits("{\"limit\":\"5\",\"soft\":1}"));
  ck_assert_int_eq(read_feature("{\"id\":\"f\",\"kind\":\"configuration\"}"),
                   0);
  ck_assert(fits("\"a\"") && fits("{\"a\":[1]}") && fits("false"));
  ck_assert(!fits("true"));
  ck_assert_int_eq(read_feature("{\"id\":\"f\",\"kind\":\"configuration\","
                                "\"options\":[\"mail\",\"g\\u00f6ld\"]}"), 0);
  ck_assert(fits("\"mail\"") && fits("\"g\\u00f6ld\"") && fits("false"));
  ck_assert(!fits("\"gold\"") && !fits("1") && !fits("[\"mail\"]"));
}
END_TEST

START_TEST(what_is_wrong_is_named) {
  static const char *const bad[][2] = {
    {"{\"id\":\"f\"}", "/kind"},
    {"{\"id\":\"f\",\"kind\":\"switch\"}", "/kind"},
    {"{\"id\":\"f\",\"kind\":\"boolean\",\"meter\":\"m\"}", "/meter"},
    {"{\"id\":\"f\",\"kind\":\"quota\",\"per\":\"day\"}", "/meter"},
    {"{\"id\":\"f\",\"kind\":\"quota\",\"meter\":\"m\"}", ""},
    {"{\"id\":\"f\",\"kind\":\"quota\",\"meter\":\"m\",\"per\":\"hours\"}",
     ""},
    {"{\"id\":\"f\",\"kind\":\"quota\",\"meter\":\"m\",\"per\":\"day\","
     "\"hours\":5}", ""},
    {"{\"id\":\"f\",\"kind\":\"quota\",\"meter\":\"m\",\"per\":\"year\"}",
     "/per"},
    {"{\"id\":\"f\",\"kind\":\"quota\",\"meter\":\"m\",\"per\":\"day\","
     "\"default\":true}", "/default"},
    {"{\"id\":\"f\",\"kind\":\"configuration\",\"options\":[\"a\"],"
     "\"default\":\"b\"}", "/default"}};

  for (size_t i = 0; i < BL_COUNT(bad); i++) {
    ck_assert_int_eq(BILLING_CODE(read_feature(bad[i][0])), BILLING_INVALID);
    ck_assert_str_eq(doc_err.path, bad[i][1]);
  }
}
END_TEST

START_TEST(values_are_an_object_of_names) {
  static const char *const bad[][2] = {
    {"{\"features\":[\"sso\"]}", "/features"},
    {"{\"features\":{\"\":true}}", "/features/"}};
  bl_scope scope;

  for (size_t i = 0; i < BL_COUNT(bad); i++) {
    BILLING_INIT(&doc_err);
    ck_assert_int_eq(BILLING_CODE(bl_catalog_read_scope(
                         J(bad[i][0]), "", &doc_arena, &scope, &doc_err)),
                     BILLING_INVALID);
    ck_assert_str_eq(doc_err.path, bad[i][1]);
  }
  ck_assert_int_eq(bl_catalog_read_scope(J("{\"features\":{\"f\":null}}"), "",
                                         &doc_arena, &scope, &doc_err), 0);
  ck_assert_uint_eq(scope.features.count, 0);
}
END_TEST

Suite *test_catalog_feature(void);
Suite *test_catalog_feature(void) {
  Suite *s = suite_create("catalog_feature");
  TCase *t = documents_case(s);

  tcase_add_test(t, a_feature_as_in_the_worked_example);
  tcase_add_test(t, each_kind_takes_its_own_values);
  tcase_add_test(t, what_is_wrong_is_named);
  tcase_add_test(t, values_are_an_object_of_names);
  return s;
}
