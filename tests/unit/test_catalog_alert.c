/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* test_catalog_alert.c - alerts of a contract, and what is wrong with them. */
#include <stdio.h>

#include "base/json.h"
#include "catalog/catalog.h"
#include "unit.h"

static bl_arena          arena;
static bl_contract_terms terms;
static billing_error     err;

static int read_alerts(const char *alerts) {
  char text[1024];
  bl_json *doc;
  int rc;

  BILLING_INIT(&err);
  snprintf(text, sizeof text, "{\"id\":\"k\",\"customer\":\"a\","
           "\"plan\":\"p\",\"start\":\"2026-01-01\",\"alerts\":%s}", alerts);
  ck_assert_int_eq(bl_json_read(text, strlen(text), &doc, NULL), 0);
  rc = bl_catalog_read_contract(doc, "", &arena, &terms, &err);
  bl_json_free(doc);
  return rc;
}

static void begin(void) {
  bl_arena_open(&arena, NULL);
}

static void end(void) {
  bl_arena_close(&arena);
}

START_TEST(an_alert_as_in_the_worked_example) {
  const bl_alert *alert;

  ck_assert_int_eq(read_alerts(
      "[{\"id\":\"low\",\"of\":\"balance\",\"asset\":\"USD\",\"at\":\"5\"},"
      "{\"id\":\"much\",\"of\":\"owed\",\"asset\":\"tok\",\"at\":\"9\"}]"), 0);
  ck_assert_uint_eq(terms.alerts.count, 2);
  alert = &terms.alerts.item[0];
  ck_assert_int_eq(bl_str_is(alert->id, "low"), 1);
  ck_assert_str_eq(alert->asset, "USD");
  ck_assert_uint_eq(alert->of, BL_ALERT_BALANCE);
  ck_assert_dec_eq(alert->at, "5");
  ck_assert_uint_eq(alert[1].of, BL_ALERT_OWED);
  ck_assert_str_eq(bl_alert_of_name(alert[1].of), "owed");
}
END_TEST

START_TEST(alerts_have_windows_and_bands) {
  const bl_alert *alert;

  ck_assert_int_eq(read_alerts(
      "[{\"id\":\"low\",\"asset\":\"USD\",\"at\":\"5\",\"recovers\":\"8\"},"
      "{\"id\":\"day\",\"of\":\"spend\",\"asset\":\"USD\",\"at\":\"100\","
      "\"per\":\"day\"},"
      "{\"id\":\"burst\",\"of\":\"usage\",\"meter\":\"calls\","
      "\"at\":\"1000\",\"hours\":1},"
      "{\"id\":\"soon\",\"of\":\"exhaustion\",\"asset\":\"USD\","
      "\"at\":\"3\",\"hours\":168}]"), 0);
  alert = terms.alerts.item;
  ck_assert_uint_eq(alert[0].has_band, 1);
  ck_assert_dec_eq(alert[0].recovers, "8");
  ck_assert_uint_eq(alert[0].has_window, 0);
  ck_assert_uint_eq(alert[1].has_window, 1);
  ck_assert_uint_eq(alert[1].window.per, BL_WITHIN_DAY);
  ck_assert_uint_eq(alert[1].window.slides, 0);
  ck_assert_str_eq(alert[1].window.asset, "USD");
  ck_assert_uint_eq(alert[2].window.per, BL_WITHIN_HOURS);
  ck_assert_uint_eq(alert[2].window.slides, 1);
  ck_assert_int_eq(bl_str_is(alert[2].window.meter, "calls"), 1);
  ck_assert_uint_ne(alert[1].window.print, alert[2].window.print);
  ck_assert_int_eq(bl_alert_falls(&alert[3]), 1);
  ck_assert_int_eq(bl_alert_falls(&alert[1]), 0);
}
END_TEST

START_TEST(what_is_wrong_is_named) {
  static const char *const bad[][2] = {
    {"{}", "/alerts"},
    {"[{\"id\":\"x\",\"asset\":\"USD\"}]", "/alerts/0/at"},
    {"[{\"id\":\"x\",\"at\":\"1\"}]", "/alerts/0/asset"},
    {"[{\"id\":\"x\",\"asset\":\"USD\",\"at\":\"-1\"}]", "/alerts/0/at"},
    {"[{\"id\":\"x\",\"asset\":\"USD\",\"at\":\"1\",\"of\":\"y\"}]",
     "/alerts/0/of"},
    {"[{\"id\":\"x\",\"asset\":\"USD\",\"at\":\"0\",\"of\":\"spend\"}]",
     "/alerts/0/at"},
    {"[{\"id\":\"x\",\"asset\":\"USD\",\"at\":\"1\",\"per\":\"day\"}]",
     "/alerts/0"},
    {"[{\"id\":\"x\",\"of\":\"spend\",\"asset\":\"USD\",\"at\":\"1\","
     "\"per\":\"hours\"}]", "/alerts/0/per"},
    {"[{\"id\":\"x\",\"of\":\"spend\",\"asset\":\"USD\",\"at\":\"1\","
     "\"per\":\"day\",\"hours\":2}]", "/alerts/0"},
    {"[{\"id\":\"x\",\"of\":\"spend\",\"asset\":\"USD\",\"at\":\"1\","
     "\"meter\":\"m\"}]", "/alerts/0/meter"},
    {"[{\"id\":\"x\",\"of\":\"usage\",\"asset\":\"USD\",\"at\":\"1\","
     "\"meter\":\"m\",\"per\":\"day\"}]", "/alerts/0/asset"},
    {"[{\"id\":\"x\",\"of\":\"usage\",\"at\":\"1\",\"per\":\"day\"}]",
     "/alerts/0/meter"},
    {"[{\"id\":\"x\",\"of\":\"usage\",\"at\":\"1\",\"meter\":\"m\"}]",
     "/alerts/0"},
    {"[{\"id\":\"x\",\"of\":\"exhaustion\",\"asset\":\"USD\","
     "\"at\":\"1\",\"per\":\"day\"}]", "/alerts/0/hours"},
    {"[{\"id\":\"x\",\"asset\":\"USD\",\"at\":\"5\","
     "\"recovers\":\"5\"}]", "/alerts/0/recovers"},
    {"[{\"id\":\"x\",\"of\":\"owed\",\"asset\":\"USD\",\"at\":\"5\","
     "\"recovers\":\"6\"}]", "/alerts/0/recovers"},
    {"[{\"id\":\"x\",\"asset\":\"USD\",\"at\":\"1\"},"
     "{\"id\":\"x\",\"asset\":\"USD\",\"at\":\"2\"}]", "/alerts/1/id"}};

  for (size_t i = 0; i < BL_COUNT(bad); i++) {
    ck_assert_int_eq(BILLING_CODE(read_alerts(bad[i][0])), BILLING_INVALID);
    ck_assert_str_eq(err.path, bad[i][1]);
  }
}
END_TEST

Suite *test_catalog_alert(void);
Suite *test_catalog_alert(void) {
  Suite *s = suite_create("catalog_alert");
  TCase *t = tcase_create("alert");

  tcase_add_checked_fixture(t, begin, end);
  tcase_add_test(t, an_alert_as_in_the_worked_example);
  tcase_add_test(t, alerts_have_windows_and_bands);
  tcase_add_test(t, what_is_wrong_is_named);
  suite_add_tcase(s, t);
  return s;
}
