/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* test_engine_entitled.c - what is used of a quota, and when it comes back. */
#include "shop.h"

static billing_error       err;
static billing_entitlement has;
static shop_folder         folder;

static void begin(void) {
  folder = shop_folder_make();
}

static void end(void) {
  close_shop();
  shop_folder_remove(&folder);
}

/* A quota of 10 events for everybody, in such windows. */
static void open_quota(const char *windows) {
  open_catalog(folder.path, "{\"features\":[{\"id\":\"n\",\"kind\":\"quota\","
               "\"meter\":\"m\",\"default\":\"10\",%s}]}", windows);
}

static int try_ask(const char *customer, const char *feature) {
  billing_call call = call_now();

  call.flags = 0;
  BILLING_INIT(&has);
  BILLING_INIT(&err);
  return billing_entitled(b, &call, customer, (size_t)-1, feature, (size_t)-1,
                          &has, &err);
}

static const billing_entitlement *ask(void) {
  ck_assert_msg(!try_ask("a", "n"), "%s", err.message);
  return &has;
}

static void use(const char *key, int64_t at_us) {
  billing_event event = event_at(key, "e", at_us, "");

  now_us = at_us > now_us ? at_us : now_us;
  (void)record_event(&event);
}

static int hold(const char *key) {
  billing_call call = shop_call_at(now_us, key);
  billing_event event = shop_event("", "e");
  billing_hold_terms terms;

  BILLING_INIT(&terms);
  BILLING_INIT(&err);
  return billing_authorize(b, &call, &event, 1, &terms, NULL, NULL, &err);
}

START_TEST(unknown_and_not_granted_are_different_answers) {
  open_quota("\"per\":\"day\"");
  put("feature", "{\"id\":\"sso\",\"kind\":\"boolean\"}");
  ck_assert_int_eq(try_ask("a", "sso"), 0);
  ck_assert_uint_eq(has.granted, 0);
  ck_assert_uint_eq(has.source, BILLING_SOURCE_NONE);
  ck_assert_int_eq(try_ask("a", "none"), BILLING_NOTFOUND);
  ck_assert_str_eq(err.path, "/feature");
  ck_assert_int_eq(try_ask("z", "sso"), BILLING_NOTFOUND_CUSTOMER);
}
END_TEST

START_TEST(a_day_counts_by_the_events_own_time_and_a_void_gives_back) {
  open_quota("\"per\":\"day\"");
  use("e1", SHOP_NOW);
  use("e2", SHOP_NOW - SHOP_DAY);
  ck_assert_dec_eq(ask()->used, "1");
  ck_assert_dec_eq(has.left, "9");
  ck_assert_int_eq(has.resets_us % SHOP_DAY, 0);
  ck_assert(has.resets_us > SHOP_NOW && has.resets_us <= SHOP_NOW + SHOP_DAY);
  open_anew(folder.path);
  ck_assert_dec_eq(ask()->used, "1");
  (void)take_back("e1");
  ck_assert_dec_eq(ask()->used, "0");
}
END_TEST

START_TEST(a_life_never_resets) {
  open_quota("\"per\":\"life\"");
  use("e1", SHOP_NOW);
  use("e2", SHOP_NOW + 400 * SHOP_DAY);
  ck_assert_dec_eq(ask()->used, "2");
  ck_assert_int_eq(has.resets_us, 0);
  open_anew(folder.path);
  ck_assert_dec_eq(ask()->used, "2");
}
END_TEST

START_TEST(hours_open_with_the_first_use) {
  open_quota("\"hours\":5");
  ck_assert_int_eq(ask()->resets_us, 0);
  use("e1", SHOP_NOW);
  ck_assert_int_eq(ask()->resets_us, SHOP_NOW + 5 * HOUR);
  now_us = SHOP_NOW + 5 * HOUR;
  ck_assert_dec_eq(ask()->used, "0");
}
END_TEST

START_TEST(what_slides_comes_back_slice_by_slice) {
  open_quota("\"hours\":5,\"sliding\":true");
  use("e1", SHOP_NOW);
  use("e2", SHOP_NOW + 2 * HOUR);
  ck_assert_dec_eq(ask()->used, "2");
  ck_assert(has.resets_us >= SHOP_NOW + 5 * HOUR &&
            has.resets_us <= SHOP_NOW + 5 * HOUR + 5 * HOUR / 60);
  now_us = has.resets_us;
  ck_assert_dec_eq(ask()->used, "1");
}
END_TEST

/* A period that nobody has opened yet is opened for the answer alone. */
START_TEST(a_period_is_the_contracts) {
  open_quota("\"per\":\"period\"");
  now_us = FEBRUARY;
  ck_assert_dec_eq(ask()->used, "0");
  ck_assert_int_eq(has.resets_us, MARCH);
  use("e1", FEBRUARY);
  ck_assert_dec_eq(ask()->used, "1");
}
END_TEST

START_TEST(a_quota_counts_on_whoever_gives_it) {
  open_quota("\"per\":\"life\"");
  use("e1", SHOP_NOW);
  put("customer", "{\"id\":\"a\",\"features\":{\"n\":\"3\"}}");
  ck_assert_dec_eq(ask()->left, "2");
  put("feature", "{\"id\":\"n\",\"kind\":\"quota\",\"meter\":\"m\","
                 "\"per\":\"day\"}");
  ck_assert_dec_eq(ask()->left, "3");         /* it counts something else */
}
END_TEST

START_TEST(who_has_none_of_it_is_refused_and_recorded) {
  open_quota("\"per\":\"life\"");
  shop_grant(b, "g", "1");
  ck_assert_int_eq(hold("h1"), 0);
  ck_assert_dec_eq(ask()->held, "1");
  ck_assert_dec_eq(has.left, "9");
  put("customer", "{\"id\":\"a\",\"features\":{\"n\":false}}");
  ck_assert_int_eq(hold("h2"), BILLING_DENIED_LIMIT);
  use("e1", SHOP_NOW);
  ck_assert_dec_eq(ask()->used, "1");
  ck_assert_uint_eq(has.flags, BILLING_ENTITLED_USED_UP);
}
END_TEST

START_TEST(a_long_value_is_in_the_list_alone) {
  billing_call call;
  char json[800], value[601];
  billing_doc *doc;

  open_quota("\"per\":\"life\"");
  put("feature", "{\"id\":\"c\",\"kind\":\"configuration\"}");
  memset(value, 'x', sizeof value - 1);
  value[sizeof value - 1] = '\0';
  snprintf(json, sizeof json, "{\"id\":\"a\",\"features\":{\"c\":\"%s\"}}",
           value);
  put("customer", json);
  ck_assert_int_eq(try_ask("a", "c"), 0);
  ck_assert_uint_eq(has.value_len, 602);
  ck_assert_str_eq(has.value, "");
  call = call_now();
  call.flags = 0;
  ck_assert_int_eq(billing_entitlements(b, &call, "{\"customer\":\"a\"}",
                                        (size_t)-1, &doc, &err), 0);
  ck_assert_ptr_ne(strstr(billing_doc_text(doc), value), NULL);
  billing_doc_free(doc);
}
END_TEST

Suite *test_engine_entitled(void);
Suite *test_engine_entitled(void) {
  Suite *s = suite_create("engine_entitled");
  TCase *t = tcase_create("entitled");

  tcase_add_checked_fixture(t, begin, end);
  tcase_set_timeout(t, 60);
  tcase_add_test(t, unknown_and_not_granted_are_different_answers);
  tcase_add_test(t, a_day_counts_by_the_events_own_time_and_a_void_gives_back);
  tcase_add_test(t, a_life_never_resets);
  tcase_add_test(t, hours_open_with_the_first_use);
  tcase_add_test(t, what_slides_comes_back_slice_by_slice);
  tcase_add_test(t, a_period_is_the_contracts);
  tcase_add_test(t, a_quota_counts_on_whoever_gives_it);
  tcase_add_test(t, who_has_none_of_it_is_refused_and_recorded);
  tcase_add_test(t, a_long_value_is_in_the_list_alone);
  suite_add_tcase(s, t);
  return s;
}
