/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* test_engine_alerts.c - thresholds are told in the call that crosses them. */
#include "engine.h"

static billing    *b;
static shop_folder folder;

static const char with_alerts[] =
    "{\"contracts\":[{\"id\":\"c\",\"customer\":\"a\",\"plan\":\"p\","
    "\"start\":\"2026-01-01\",\"alerts\":[{\"id\":\"low\",\"asset\":\"USD\","
    "\"at\":\"0.5\"},{\"id\":\"owing\",\"of\":\"owed\",\"asset\":\"USD\","
    "\"at\":\"0.2\"}]}]}";

static void begin(void) {
  folder = shop_folder_make();
  b = shop_open(folder.path);
  shop_put_catalog(b, SHOP_NOW, with_alerts);
}

static void end(void) {
  shop_is_sound(b);
  billing_close(b);
  shop_folder_remove(&folder);
}

/* The alerts there are by now: their ids and figures. */
static void tells(const char *expected) {
  billing_call call = shop_call("");
  billing_doc *doc = NULL;
  char text[256] = "";
  bl_json *tree;

  ck_assert_int_eq(billing_outbox_next(b, &call, "", 0, &doc, NULL), 0);
  tree = shop_tree(doc);
  for (const bl_json *row = bl_json_first(bl_json_get(tree, "rows")); row;
       row = bl_json_next(row)) {
    const bl_json *told = bl_json_get(bl_json_get(row, "body"), "data");
    if (!bl_json_get(told, "alert")) continue;
    strcat(text, bl_json_text(bl_json_get(told, "alert")).text);
    strcat(text, " ");
    strcat(text, bl_json_text(bl_json_get(told, "value")).text);
    strcat(text, " ");
  }
  ck_assert_str_eq(text, expected);
  bl_json_free(tree);
}

static void use(const char *key) {
  billing_call call = shop_call("");
  billing_event event = shop_event(key, "e");

  ck_assert_int_eq(billing_record(b, &call, &event, 1, NULL, NULL), 0);
}

START_TEST(a_balance_tells_once_and_again_after_a_grant) {
  shop_grant(b, "g", "0.7");
  use("k1");
  tells("");
  use("k2");
  tells("low 0.5 ");
  use("k3");
  tells("low 0.5 ");
  shop_grant(b, "h", "0.2");
  tells("low 0.5 ");
  use("k4");
  tells("low 0.5 low 0.5 ");
}
END_TEST

START_TEST(another_handle_goes_on_where_this_one_was) {
  shop_grant(b, "g", "0.6");
  use("k1");
  tells("low 0.5 ");
  billing_close(b);
  ck_assert_int_eq(billing_open(&b, folder.path, (size_t)-1, NULL, NULL), 0);
  use("k2");
  tells("low 0.5 ");
  use("k3");
  use("k4");
  use("k5");
  use("k6");
  use("k7");
  tells("low 0.5 ");
  use("k8");
  tells("low 0.5 owing 0.2 ");
}
END_TEST

START_TEST(a_call_that_fails_tells_nothing) {
  billing_call call = shop_call("");
  billing_event events[2] = {shop_event("k1", "e"), shop_event("k1", "sum")};

  shop_grant(b, "g", "0.6");
  call.flags = BILLING_CALL_ALL_OR_NOTHING;
  ck_assert_int_ne(billing_record(b, &call, events, 2, NULL, NULL), 0);
  tells("");
  use("k1");
  tells("low 0.5 ");
}
END_TEST

START_TEST(assets_of_alerts_must_be_known) {
  static const char bad[] =
      "{\"id\":\"c\",\"customer\":\"a\",\"plan\":\"p\","
      "\"start\":\"2026-01-01\",\"alerts\":[{\"id\":\"x\",\"asset\":\"tok\","
      "\"at\":\"1\"}]}";
  billing_call call = shop_call("");
  billing_error err;

  BILLING_INIT(&err);
  ck_assert_int_eq(billing_put(b, &call, "contract", bad, (size_t)-1, NULL,
                               &err), BILLING_INVALID);
  ck_assert_str_eq(err.path, "/alerts/0/asset");
}
END_TEST

Suite *test_engine_alerts(void);
Suite *test_engine_alerts(void) {
  Suite *s = suite_create("engine_alerts");
  TCase *t = tcase_create("alerts");

  tcase_add_checked_fixture(t, begin, end);
  tcase_add_test(t, a_balance_tells_once_and_again_after_a_grant);
  tcase_add_test(t, another_handle_goes_on_where_this_one_was);
  tcase_add_test(t, a_call_that_fails_tells_nothing);
  tcase_add_test(t, assets_of_alerts_must_be_known);
  suite_add_tcase(s, t);
  return s;
}
