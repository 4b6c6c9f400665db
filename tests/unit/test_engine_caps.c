/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* test_engine_caps.c - caps of grants: what the golden scenario does not say.
 */
#include "shop.h"

static billing_error err;
static shop_folder   folder;

static void begin(void) {
  folder = shop_folder_make();
  open_catalog(folder.path, "{}");
}

static void end(void) {
  close_shop();
  shop_folder_remove(&folder);
}

static int try_give(const char *key, const char *amount, const char *scope) {
  billing_call call = shop_call_at(now_us, key);
  billing_grant_terms terms;

  BILLING_INIT(&terms);
  BILLING_INIT(&err);
  terms.customer = shop_text("a");
  terms.amount.amount = D(amount);
  strcpy(terms.amount.asset, "USD");
  terms.scope = shop_text(scope);
  return billing_grant(b, &call, &terms, NULL, &err);
}

static void give(const char *key, const char *amount, const char *scope) {
  ck_assert_msg(!try_give(key, amount, scope), "%s %s", err.path,
                err.message);
}

/* What grants pay of an event that costs 0.10. */
static const char *drawn(const char *key) {
  static char text[BILLING_DECIMAL_TEXT];
  billing_event event = event_at(key, "e", now_us, "");
  billing_receipt receipt = record_event(&event);

  billing_decimal_format(&receipt.drawn, text);
  return text;
}

static int hold(const char *key) {
  billing_call call = shop_call_at(now_us, key);
  billing_event event = shop_event("", "e");

  BILLING_INIT(&err);
  return billing_authorize(b, &call, &event, 1, NULL, NULL, NULL, &err);
}

static void release(const char *key) {
  billing_call call = shop_call_at(now_us, key);

  ck_assert_int_eq(billing_release(b, &call, &err), 0);
}

START_TEST(a_cap_outlives_the_handle) {
  give("g", "10", "{\"caps\":[{\"amount\":\"0.25\",\"per\":\"day\"}]}");
  ck_assert_str_eq(drawn("e1"), "0.1");
  open_anew(folder.path);
  ck_assert_str_eq(drawn("e2"), "0.1");
  open_anew(folder.path);
  ck_assert_str_eq(drawn("e3"), "0.05");
  ck_assert_str_eq(drawn("e4"), "0");
  now_us += SHOP_DAY;
  ck_assert_str_eq(drawn("e5"), "0.1");
}
END_TEST

START_TEST(what_is_held_counts_until_it_is_released) {
  give("g", "10", "{\"caps\":[{\"amount\":\"0.1\",\"per\":\"day\"}]}");
  ck_assert_int_eq(hold("h1"), 0);
  open_anew(folder.path);
  ck_assert_int_eq(hold("h2"), BILLING_DENIED_BALANCE);
  ck_assert_str_eq(drawn("e1"), "0");
  release("h1");
  ck_assert_int_eq(hold("h2"), 0);
}
END_TEST

START_TEST(a_life_is_a_window_and_hours_slide) {
  give("g", "10", "{\"caps\":[{\"amount\":\"0.3\",\"per\":\"life\"},"
                  "{\"amount\":\"0.1\",\"hours\":5,\"sliding\":true}]}");
  ck_assert_str_eq(drawn("e1"), "0.1");
  ck_assert_str_eq(drawn("e2"), "0");
  now_us += 6 * HOUR;
  ck_assert_str_eq(drawn("e3"), "0.1");
  now_us += 6 * HOUR;
  ck_assert_str_eq(drawn("e4"), "0.1");
  now_us += 300 * SHOP_DAY;
  ck_assert_str_eq(drawn("e5"), "0");
  ck_assert_int_eq(hold("h"), BILLING_DENIED_BALANCE);
  ck_assert_ptr_eq(strstr(err.message, "until"), NULL);
}
END_TEST

/* Late events of several days go into the one window of today. */
START_TEST(caps_go_by_the_clock) {
  billing_event late = event_at("e1", "e", SHOP_NOW - SHOP_DAY, "");
  billing_call call = shop_call_at(now_us, "g");
  billing_grant_terms terms;

  BILLING_INIT(&terms);
  terms.customer = shop_text("a");
  terms.amount = (billing_money){D("10"), "USD"};
  terms.effective_us = JANUARY;
  terms.scope = shop_text("{\"caps\":[{\"amount\":\"0.1\",\"per\":"
                          "\"day\"}]}");
  ck_assert_int_eq(billing_grant(b, &call, &terms, NULL, &err), 0);
  ck_assert_dec_eq(record_event(&late).drawn, "0.1");
  late.key = shop_text("e2");
  late.time_us -= SHOP_DAY;
  ck_assert_dec_eq(record_event(&late).drawn, "0");
}
END_TEST

START_TEST(check_leaves_out_what_is_capped) {
  billing_call call = call_now();
  billing_money one = {D("1"), "USD"};

  give("g", "10", "{\"caps\":[{\"amount\":\"5\",\"per\":\"day\"}]}");
  call.flags = 0;
  ck_assert_int_eq(billing_check(b, &call, "a", 1, &one, NULL, &err),
                   BILLING_DENIED_BALANCE);
  give("h", "1", "{}");
  ck_assert_int_eq(billing_check(b, &call, "a", 1, &one, NULL, &err), 0);
}
END_TEST

START_TEST(what_is_no_cap_is_refused) {
  static const char *const bad[][2] = {
    {"{\"caps\":[]}", "/scope/caps"},
    {"{\"caps\":[{\"per\":\"day\"}]}", "/scope/caps/0/amount"},
    {"{\"caps\":[{\"amount\":\"1\"}]}", "/scope/caps/0"},
    {"{\"caps\":[{\"amount\":\"1\",\"per\":\"period\"}]}", "/scope/caps/0"},
    {"{\"caps\":[{\"amount\":\"1\",\"per\":\"day\"},{\"amount\":\"2\","
     "\"per\":\"day\"}]}", "/scope/caps/1"}};

  for (size_t i = 0; i < BL_COUNT(bad); i++) {
    ck_assert_int_eq(BILLING_CODE(try_give("g", "1", bad[i][0])),
                     BILLING_INVALID);
    ck_assert_str_eq(err.path, bad[i][1]);
  }
  ck_assert_int_ne(try_give("g", "1", "{\"caps\":[{\"amount\":\"1\","
                            "\"per\":\"day\",\"zone\":\"No/Where\"}]}"), 0);
  ck_assert_str_eq(err.path, "/scope/caps/zone");
}
END_TEST

Suite *test_engine_caps(void);
Suite *test_engine_caps(void) {
  Suite *s = suite_create("engine_caps");
  TCase *t = tcase_create("caps");

  tcase_add_checked_fixture(t, begin, end);
  tcase_set_timeout(t, 60);
  tcase_add_test(t, a_cap_outlives_the_handle);
  tcase_add_test(t, what_is_held_counts_until_it_is_released);
  tcase_add_test(t, a_life_is_a_window_and_hours_slide);
  tcase_add_test(t, caps_go_by_the_clock);
  tcase_add_test(t, check_leaves_out_what_is_capped);
  tcase_add_test(t, what_is_no_cap_is_refused);
  suite_add_tcase(s, t);
  return s;
}
