/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* test_catalog_top_up.c - top-ups of a document, and what is wrong with them.
 */
#include <stdio.h>

#include "base/json.h"
#include "catalog/catalog.h"
#include "unit.h"

static bl_arena      arena;
static bl_top_ups    rules;
static billing_error err;

static int read_top_ups(const char *top_ups) {
  bl_customer_terms terms;
  char text[1024];
  bl_json *doc;
  int rc;

  BILLING_INIT(&err);
  snprintf(text, sizeof text, "{\"id\":\"a\",\"top_ups\":%s,\"crm\":7}",
           top_ups);
  ck_assert_int_eq(bl_json_read(text, strlen(text), &doc, NULL), 0);
  rc = bl_catalog_read_customer_terms(doc, "", &arena, &terms, &err);
  rules = terms.top_ups;
  bl_json_free(doc);
  return rc;
}

static void begin(void) {
  bl_arena_open(&arena, NULL);
}

static void end(void) {
  bl_arena_close(&arena);
}

START_TEST(top_ups_as_in_the_worked_example) {
  const bl_top_up_rule *rule;

  ck_assert_int_eq(read_top_ups(
      "[{\"id\":\"refill\",\"asset\":\"USD\",\"at\":\"5\",\"target\":\"20\","
      "\"fee\":\"0.30\",\"limit\":{\"per\":\"day\",\"count\":3},"
      "\"retries\":[3600,86400]},"
      "{\"id\":\"monthly\",\"asset\":\"tok\",\"every\":\"month\","
      "\"from\":\"2026-01-15\",\"amount\":\"1000\",\"unit_price\":\"0.01\","
      "\"charge_asset\":\"USD\",\"bonus\":{\"share\":\"0.1\"}}]"), 0);
  ck_assert_uint_eq(rules.count, 2);
  rule = &rules.item[0];
  ck_assert_int_eq(bl_str_is(rule->id, "refill"), 1);
  ck_assert_str_eq(rule->charge_asset, "USD");
  ck_assert_uint_eq(rule->has_at, 1);
  ck_assert_uint_eq(rule->has_schedule, 0);
  ck_assert_dec_eq(rule->terms.target, "20");
  ck_assert_dec_eq(rule->terms.fee, "0.3");
  ck_assert_dec_eq(rule->terms.unit_price, "1");
  ck_assert_uint_eq(rule->per, BL_WITHIN_DAY);
  ck_assert_int_eq(rule->limit_count, 3);
  ck_assert_uint_eq(rule->retry_count, 2);
  ck_assert_int_eq(rule->retries_us[1], INT64_C(86400000000));
  ck_assert_int_eq(rule->lasts_us, INT64_C(86400000000));
  ck_assert_uint_eq(rule[1].has_at, 0);
  ck_assert_uint_eq(rule[1].has_schedule, 1);
  ck_assert_uint_eq(rule[1].unit, BL_UNIT_MONTH);
  ck_assert_int_eq(rule[1].every, 1);
  ck_assert_int_eq(rule[1].from_us, INT64_C(1768435200000000));
  ck_assert_str_eq(rule[1].charge_asset, "USD");
  ck_assert_dec_eq(rule[1].bonus_share, "0.1");
}
END_TEST

#define TOP_UP "[{\"id\":\"x\",\"asset\":\"USD\","

START_TEST(what_is_wrong_with_a_top_up_is_named) {
  static const char *const bad[][2] = {
    {"{}", "/top_ups"},
    {"[{\"id\":\"x\",\"at\":\"1\",\"amount\":\"1\"}]", "/top_ups/0/asset"},
    {TOP_UP "\"at\":\"1\"}]", "/top_ups/0"},
    {TOP_UP "\"amount\":\"1\"}]", "/top_ups/0"},
    {TOP_UP "\"at\":\"1\",\"amount\":\"1\",\"target\":\"2\"}]", "/top_ups/0"},
    {TOP_UP "\"at\":\"2\",\"target\":\"2\"}]", "/top_ups/0"},
    {TOP_UP "\"at\":\"1\",\"target\":\"2\",\"repeat\":true}]", "/top_ups/0"},
    {TOP_UP "\"at\":\"1\",\"amount\":\"2\",\"discount\":\"1.1\"}]",
     "/top_ups/0"},
    {TOP_UP "\"at\":\"1\",\"amount\":\"2\",\"least\":\"3\",\"most\":\"2\"}]",
     "/top_ups/0"},
    {TOP_UP "\"at\":\"1\",\"amount\":\"2\",\"every\":\"day\","
     "\"from\":\"2026-01-01\"}]", "/top_ups/0"},
    {TOP_UP "\"amount\":\"2\",\"every\":\"day\"}]", "/top_ups/0"},
    {TOP_UP "\"at\":\"1\",\"amount\":\"2\",\"count\":2}]", "/top_ups/0"},
    {TOP_UP "\"at\":\"1\",\"amount\":\"2\",\"every\":\"hour\"}]",
     "/top_ups/0/every"},
    {TOP_UP "\"at\":\"1\",\"amount\":\"2\",\"from\":\"soon\"}]",
     "/top_ups/0/from"},
    {TOP_UP "\"at\":\"1\",\"amount\":\"2\",\"limit\":{\"per\":\"day\"}}]",
     "/top_ups/0/limit"},
    {TOP_UP "\"at\":\"1\",\"amount\":\"2\",\"limit\":{\"per\":\"life\","
     "\"count\":1}}]", "/top_ups/0/limit"},
    {TOP_UP "\"at\":\"1\",\"amount\":\"2\",\"limit\":{\"per\":\"period\","
     "\"count\":1}}]", "/top_ups/0/limit"},
    {TOP_UP "\"at\":\"1\",\"amount\":\"2\",\"retries\":[60,0]}]",
     "/top_ups/0/retries/1"},
    {TOP_UP "\"at\":\"1\",\"amount\":\"2\",\"bonus\":{\"part\":\"1\"}}]",
     "/top_ups/0/bonus/part"},
    {TOP_UP "\"at\":\"1\",\"amount\":\"2\",\"grant\":{\"scope\":[]}}]",
     "/top_ups/0/grant/scope"},
    {TOP_UP "\"at\":\"1\",\"amount\":\"2\"},{\"id\":\"x\",\"asset\":\"USD\","
     "\"at\":\"1\",\"amount\":\"2\"}]", "/top_ups/1/id"}};

  for (size_t i = 0; i < BL_COUNT(bad); i++) {
    ck_assert_msg(BILLING_CODE(read_top_ups(bad[i][0])) == BILLING_INVALID,
                  "%s", bad[i][0]);
    ck_assert_str_eq(err.path, bad[i][1]);
  }
}
END_TEST

START_TEST(assets_of_top_ups_must_be_known) {
  ck_assert_int_eq(read_top_ups(TOP_UP "\"at\":\"1\",\"amount\":\"2\","
                                "\"charge_asset\":\"gem\"}]"), 0);
  ck_assert_int_eq(bl_catalog_check_top_ups(&rules, "", NULL, &err),
                   BILLING_INVALID);
  ck_assert_str_eq(err.path, "/top_ups/0/charge_asset");
}
END_TEST

Suite *test_catalog_top_up(void);
Suite *test_catalog_top_up(void) {
  Suite *s = suite_create("catalog_top_up");
  TCase *t = tcase_create("top_up");

  tcase_add_checked_fixture(t, begin, end);
  tcase_add_test(t, top_ups_as_in_the_worked_example);
  tcase_add_test(t, what_is_wrong_with_a_top_up_is_named);
  tcase_add_test(t, assets_of_top_ups_must_be_known);
  suite_add_tcase(s, t);
  return s;
}

#undef TOP_UP
