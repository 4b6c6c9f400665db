/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* test_engine_limits.c - what the golden scenario of limits does not say. */
#include "engine.h"

#define HOUR (SHOP_DAY / 24)

static billing       *b;
static billing_error  err;
static billing_denial denial;
static shop_folder    folder;

static void begin(void) {
  BILLING_INIT(&err);
  folder = shop_folder_make();
  b = shop_open(folder.path);
  shop_grant(b, "g", "1000");
}

static void end(void) {
  shop_is_sound(b);
  billing_close(b);
  shop_folder_remove(&folder);
}

static int put_limits(const char *limits) {
  billing_call call = shop_call("");
  char json[600];

  snprintf(json, sizeof json, "{\"id\":\"a\",\"limits\":%s}", limits);
  BILLING_INIT(&err);
  return billing_put(b, &call, "customer", json, (size_t)-1, NULL, &err);
}

/* A hold of an amount for an hour. */
static int hold_at(int64_t now_us, const char *key, const char *amount) {
  billing_call call = shop_call_at(now_us, key);
  billing_hold_terms terms;

  BILLING_INIT(&err);
  BILLING_INIT(&denial);
  BILLING_INIT(&terms);
  terms.customer = shop_text("a");
  billing_decimal_parse(&terms.amount.amount, amount, (size_t)-1);
  strcpy(terms.amount.asset, "USD");
  return billing_authorize(b, &call, NULL, 0, &terms, NULL, &denial, &err);
}

static void record_at(int64_t now_us, const char *key, int64_t time_us) {
  billing_call call = shop_call_at(now_us, "");
  billing_event event = shop_event(key, "e");

  event.time_us = time_us;
  ck_assert_int_eq(billing_record(b, &call, &event, 1, NULL, NULL), 0);
}

static void void_at(int64_t now_us, const char *key) {
  billing_call call = shop_call_at(now_us, "");

  ck_assert_int_eq(billing_void(b, &call, key, (size_t)-1, NULL, NULL), 0);
}

/* The figures of the customer's limits, as one text. */
static const char *figures_at(int64_t now_us) {
  static char text[600];
  billing_call call = shop_call_at(now_us, "");
  billing_doc *doc;

  call.flags = 0;
  ck_assert_int_eq(billing_limits(b, &call, "{\"customer\":\"a\"}",
                                  (size_t)-1, &doc, &err), 0);
  snprintf(text, sizeof text, "%s", billing_doc_text(doc));
  billing_doc_free(doc);
  return text;
}

static int shows(int64_t now_us, const char *member) {
  return strstr(figures_at(now_us), member) != NULL;
}

static void reopen(void) {
  billing_close(b);
  ck_assert_int_eq(billing_open(&b, folder.path, (size_t)-1, NULL, NULL), 0);
}

/* A worked case of wallet/usage_limit.c. */
START_TEST(a_window_of_hours_opens_with_the_first_use) {
  int64_t eight = SHOP_NOW + 8 * HOUR;

  ck_assert_int_eq(put_limits("[{\"id\":\"5h\",\"amount\":\"100\",\"asset\":"
                              "\"USD\",\"hours\":5},{\"id\":\"7d\","
                              "\"amount\":\"300\",\"asset\":\"USD\","
                              "\"hours\":168}]"), 0);
  ck_assert_int_eq(hold_at(eight, "a", "101"), BILLING_DENIED_LIMIT);
  ck_assert_int_eq(denial.again_us, 0);
  ck_assert_int_eq(hold_at(eight, "b", "100"), 0);
  ck_assert_int_eq(hold_at(eight + HOUR / 2, "c", "1"),
                   BILLING_DENIED_LIMIT);
  ck_assert_int_eq(denial.again_us, eight + 5 * HOUR);
  ck_assert_str_eq(denial.limit, "5h");
  ck_assert_uint_eq(denial.by, BILLING_DENIED_BY_CUSTOMER);
  ck_assert_dec_eq(denial.missing, "1");
  ck_assert_dec_eq(denial.used, "100");
  ck_assert_dec_eq(denial.most, "100");
  ck_assert_int_eq(hold_at(eight + HOUR, "d", "1"), 0);
}
END_TEST

START_TEST(of_several_limits_the_one_that_takes_longest_is_named) {
  ck_assert_int_eq(put_limits("[{\"id\":\"hour\",\"amount\":\"1\",\"asset\":"
                              "\"USD\",\"per\":\"hour\"},{\"id\":\"day\","
                              "\"amount\":\"2\",\"asset\":\"USD\",\"per\":"
                              "\"day\"}]"), 0);
  ck_assert_int_eq(hold_at(SHOP_NOW, "a", "1"), 0);
  ck_assert_int_eq(hold_at(SHOP_NOW, "b", "0.5"), BILLING_DENIED_LIMIT);
  ck_assert_str_eq(denial.limit, "hour");
  ck_assert_int_eq(denial.again_us, SHOP_NOW + HOUR);
  ck_assert_int_eq(hold_at(SHOP_NOW, "c", "1.5"), BILLING_DENIED_LIMIT);
  ck_assert_int_eq(denial.again_us, 0);
  ck_assert_int_eq(denial.code, BILLING_DENIED_LIMIT);
}
END_TEST

START_TEST(a_denial_changes_no_limit) {
  ck_assert_int_eq(put_limits("[{\"id\":\"one\",\"amount\":\"5\",\"asset\":"
                              "\"USD\",\"per\":\"day\"},{\"id\":\"two\","
                              "\"amount\":\"2\",\"asset\":\"USD\",\"per\":"
                              "\"day\"}]"), 0);
  ck_assert_int_eq(hold_at(SHOP_NOW, "a", "3"), BILLING_DENIED_LIMIT);
  ck_assert(shows(SHOP_NOW, "\"held\":\"0\""));
  ck_assert(!shows(SHOP_NOW, "\"held\":\"3\""));
}
END_TEST

START_TEST(what_nobody_asked_for_counts_and_a_void_gives_back) {
  ck_assert_int_eq(put_limits("[{\"id\":\"day\",\"amount\":\"0.1\",\"asset\":"
                              "\"USD\",\"per\":\"day\"}]"), 0);
  record_at(SHOP_NOW, "e1", SHOP_NOW);
  record_at(SHOP_NOW, "e2", SHOP_NOW);
  ck_assert(shows(SHOP_NOW, "\"used\":\"0.2\""));
  ck_assert(shows(SHOP_NOW, "\"over\":true"));
  ck_assert_int_eq(hold_at(SHOP_NOW, "h", "0.1"), BILLING_DENIED_LIMIT);
  void_at(SHOP_NOW, "e1");
  ck_assert(shows(SHOP_NOW, "\"used\":\"0.1\""));
  void_at(SHOP_NOW, "e1");
  ck_assert(shows(SHOP_NOW, "\"used\":\"0.1\""));
}
END_TEST

START_TEST(a_void_of_what_came_before_the_limit_gives_nothing_back) {
  record_at(SHOP_NOW, "e1", SHOP_NOW);
  ck_assert_int_eq(put_limits("[{\"id\":\"day\",\"amount\":\"1\",\"asset\":"
                              "\"USD\",\"per\":\"day\"}]"), 0);
  record_at(SHOP_NOW, "e2", SHOP_NOW);
  void_at(SHOP_NOW, "e1");
  ck_assert(shows(SHOP_NOW, "\"used\":\"0.1\""));
  void_at(SHOP_NOW, "e2");
  ck_assert(shows(SHOP_NOW, "\"used\":\"0\""));
}
END_TEST

/* Adds a price of 2 with a commit rate of 1, and what pays two of it. */
static void add_commit_rate(void) {
  static const char catalog[] =
      "{\"plans\":[{\"id\":\"q\",\"currency\":\"USD\",\"prices\":[{\"id\":"
      "\"y\",\"meter\":\"s\",\"model\":\"per_unit\",\"unit\":\"2\","
      "\"commit_rate\":\"1\"}]}],\"contracts\":[{\"id\":\"kq\","
      "\"customer\":\"a\",\"plan\":\"q\",\"start\":\"2026-01-01\"}]}";
  billing_call call = shop_call("pre");
  billing_grant_terms terms;

  BILLING_INIT(&terms);
  terms.customer = shop_text("a");
  billing_decimal_parse(&terms.amount.amount, "2", 1);
  strcpy(terms.amount.asset, "USD");
  terms.scope = shop_text("{\"rate\":\"commit\"}");
  terms.priority = -1;
  ck_assert_int_eq(billing_grant(b, &call, &terms, NULL, NULL), 0);
  call = shop_call("");
  ck_assert_int_eq(billing_catalog_apply(b, &call, catalog, (size_t)-1, NULL,
                                         NULL), 0);
}

static void sum_at(int64_t now_us, const char *key, const char *properties) {
  billing_call call = shop_call_at(now_us, "");
  billing_event event = shop_event(key, "sum");

  event.properties = shop_text(properties);
  ck_assert_int_eq(billing_record(b, &call, &event, 1, NULL, NULL), 0);
}

/* 2 at 1, then 2 at 2.  Without the first event two at the commit rate are
 * left, of which the second had no charge. */
START_TEST(a_void_gives_back_what_each_rate_has_counted) {
  add_commit_rate();
  ck_assert_int_eq(put_limits("[{\"id\":\"day\",\"amount\":\"9\",\"asset\":"
                              "\"USD\",\"per\":\"day\"}]"), 0);
  sum_at(SHOP_NOW, "e1", "{\"n\":2}");
  sum_at(SHOP_NOW, "e2", "{\"n\":2}");
  ck_assert(shows(SHOP_NOW, "\"used\":\"6\""));
  void_at(SHOP_NOW, "e1");
  ck_assert(shows(SHOP_NOW, "\"used\":\"2\""));
  void_at(SHOP_NOW, "e2");
  ck_assert(shows(SHOP_NOW, "\"used\":\"0\""));
}
END_TEST

/* The same of one meter: 2 at 1 and then 1 at 2 are an amount of 4, and three
 * of the meter, in an event or in a hold. */
START_TEST(a_limit_of_a_meter_counts_what_is_drawn_at_the_commit_rate) {
  billing_event estimate = shop_event("", "sum");
  billing_call call = shop_call("h");

  add_commit_rate();
  ck_assert_int_eq(put_limits("[{\"id\":\"usd\",\"amount\":\"9\",\"asset\":"
                              "\"USD\",\"meter\":\"s\",\"per\":\"day\"},"
                              "{\"id\":\"units\",\"quantity\":\"9\","
                              "\"meter\":\"s\",\"per\":\"day\"}]"), 0);
  estimate.key = (billing_str){NULL, 0};
  estimate.properties = shop_text("{\"n\":3}");
  ck_assert_int_eq(billing_authorize(b, &call, &estimate, 1, NULL, NULL, NULL,
                                     NULL), 0);
  ck_assert(shows(SHOP_NOW, "\"held\":\"4\""));
  ck_assert(shows(SHOP_NOW, "\"held\":\"3\""));
  ck_assert_int_eq(billing_release(b, &call, NULL), 0);
  sum_at(SHOP_NOW, "e1", "{\"n\":3}");
  ck_assert(shows(SHOP_NOW, "\"used\":\"4\""));
  ck_assert(shows(SHOP_NOW, "\"used\":\"3\""));
  void_at(SHOP_NOW, "e1");
  ck_assert(!shows(SHOP_NOW, "\"used\":\"4\""));
  ck_assert(!shows(SHOP_NOW, "\"used\":\"3\""));
}
END_TEST

START_TEST(what_a_limit_allows_may_change_what_it_counts_begins_anew) {
  record_at(SHOP_NOW, "e0", SHOP_NOW);
  ck_assert_int_eq(put_limits("[{\"id\":\"l\",\"amount\":\"1\",\"asset\":"
                              "\"USD\",\"per\":\"day\"}]"), 0);
  record_at(SHOP_NOW, "e1", SHOP_NOW);
  ck_assert_int_eq(put_limits("[{\"id\":\"l\",\"amount\":\"2\",\"asset\":"
                              "\"USD\",\"per\":\"day\",\"soft\":true}]"), 0);
  ck_assert(shows(SHOP_NOW, "\"used\":\"0.1\""));
  ck_assert_int_eq(put_limits("[{\"id\":\"l\",\"amount\":\"2\",\"asset\":"
                              "\"USD\",\"per\":\"week\"}]"), 0);
  ck_assert(shows(SHOP_NOW, "\"used\":\"0\""));
}
END_TEST

/* Sixty hours in slices of one: what is used in an hour leaves sixty hours
 * after that hour. */
START_TEST(a_sliding_window_forgets_slice_by_slice) {
  int64_t at = SHOP_NOW + HOUR / 2;

  ck_assert_int_eq(put_limits("[{\"id\":\"s\",\"quantity\":\"3\",\"meter\":"
                              "\"m\",\"hours\":60,\"sliding\":true}]"), 0);
  record_at(at, "e1", at);
  record_at(at, "e2", at - 3 * HOUR);
  record_at(at, "old", at - 61 * HOUR);
  ck_assert(shows(at, "\"used\":\"2\""));
  reopen();
  ck_assert(shows(SHOP_NOW + 58 * HOUR - 1, "\"used\":\"2\""));
  ck_assert(shows(SHOP_NOW + 58 * HOUR, "\"used\":\"1\""));
  ck_assert(shows(SHOP_NOW + 61 * HOUR - 1, "\"used\":\"1\""));
  ck_assert(shows(SHOP_NOW + 61 * HOUR, "\"used\":\"0\""));
}
END_TEST

START_TEST(windows_that_are_over_leave_and_holds_keep_theirs) {
  char key[16];

  ck_assert_int_eq(put_limits("[{\"id\":\"h\",\"amount\":\"50\",\"asset\":"
                              "\"USD\",\"per\":\"hour\"}]"), 0);
  for (int i = 0; i < 200; i++) {
    snprintf(key, sizeof key, "h%d", i);
    ck_assert_int_eq(hold_at(SHOP_NOW + i * HOUR, key, "0.5"), 0);
    snprintf(key, sizeof key, "e%d", i);
    record_at(SHOP_NOW + i * HOUR, key, SHOP_NOW + i * HOUR);
    if (i % 23 == 0) reopen();
    ck_assert(shows(SHOP_NOW + i * HOUR, "\"held\":\"0.5\""));
    ck_assert(shows(SHOP_NOW + i * HOUR, "\"used\":\"0.1\""));
  }
}
END_TEST

START_TEST(a_limit_that_cannot_be_meant_is_refused) {
  static const char *const wrong[][2] = {
    {"[{\"id\":\"l\"}]", "/limits/0"},
    {"[{\"id\":\"l\",\"amount\":\"1\",\"per\":\"day\"}]", "/limits/0"},
    {"[{\"id\":\"l\",\"amount\":\"1\",\"asset\":\"USD\"}]", "/limits/0"},
    {"[{\"id\":\"l\",\"amount\":\"1\",\"asset\":\"USD\",\"per\":\"period\"}]",
     "/limits/0"},
    {"[{\"id\":\"l\",\"amount\":\"1\",\"asset\":\"USD\",\"per\":\"day\","
     "\"sliding\":true}]", "/limits/0"},
    {"[{\"id\":\"l\",\"amount\":\"1\",\"asset\":\"USD\",\"per\":\"hours\"}]",
     "/limits/0"},
    {"[{\"id\":\"l\",\"amount\":\"1\",\"asset\":\"nope\",\"per\":\"day\"}]",
     "/limits/0/asset"},
    {"[{\"id\":\"l\",\"amount\":\"1\",\"asset\":\"USD\",\"per\":\"day\","
     "\"zone\":\"No/Where\"}]", "/limits/0/zone"},
    {"[{\"id\":\"l\",\"quantity\":\"1\",\"per\":\"day\"}]", "/limits/0"},
    {"[{\"id\":\"l\",\"amount\":\"1\",\"asset\":\"USD\",\"per\":\"day\"},"
     "{\"id\":\"l\",\"amount\":\"1\",\"asset\":\"USD\",\"per\":\"day\"}]",
     "/limits/1/id"},
  };

  for (size_t i = 0; i < BL_COUNT(wrong); i++) {
    ck_assert_int_ne(put_limits(wrong[i][0]), 0);
    ck_assert_str_eq(err.path, wrong[i][1]);
    ck_assert_int_ne(err.hint[0], 0);
  }
}
END_TEST

/* 6 and 6 of 10^19, each of a key of its own, are more than a window can say.
 */
START_TEST(what_a_window_cannot_say_is_refused) {
  static const char *const which[] = {"{\"k\":\"a\"}", "{\"k\":\"b\"}"};
  billing_call call = shop_call("");
  billing_event events[2];

  shop_put_catalog(b, SHOP_NOW, "{\"meters\":[{\"id\":\"v\",\"event\":\"v\","
                   "\"aggregation\":\"sum\",\"groups\":[\"k\"]}],"
                   "\"plans\":[{\"id\":\"q\",\"currency\":\"USD\","
                   "\"prices\":[{\"id\":\"y\","
                   "\"meter\":\"v\",\"groups\":[\"k\"],\"model\":\"per_unit\","
                   "\"unit\":\"0.001\"}]}],\"contracts\":[{\"id\":\"kq\","
                   "\"customer\":\"a\",\"plan\":\"q\",\"start\":"
                   "\"2026-01-01\"}]}");
  ck_assert_int_eq(put_limits("[{\"id\":\"l\",\"quantity\":\"1\",\"meter\":"
                              "\"v\",\"hours\":1}]"), 0);
  for (int i = 0; i < 2; i++) {
    events[i] = shop_event(i ? "e2" : "e1", "v");
    events[i].value = D("60000000000000000000");
    events[i].flags = BILLING_EVENT_VALUE;
    events[i].properties = shop_text(which[i]);
  }
  BILLING_INIT(&err);
  ck_assert_int_eq(billing_record(b, &call, events, 2, NULL, &err),
                   BILLING_LIMIT);
  ck_assert_str_eq(err.message, "what a limit would count does not fit");
  ck_assert_int_eq(billing_record(b, &call, events, 1, NULL, &err), 0);
  ck_assert_int_eq(billing_record(b, &call, events + 1, 1, NULL, &err),
                   BILLING_LIMIT);
  ck_assert(shows(SHOP_NOW, "\"used\":\"60000000000000000000\""));
  reopen();
  ck_assert(shows(SHOP_NOW, "\"used\":\"60000000000000000000\""));
}
END_TEST

START_TEST(an_erased_customer_has_no_limits_any_more) {
  billing_call call = shop_call("");

  ck_assert_int_eq(put_limits("[{\"id\":\"d\",\"amount\":\"1\",\"asset\":"
                              "\"USD\",\"per\":\"day\"}]"), 0);
  record_at(SHOP_NOW, "e1", SHOP_NOW);
  ck_assert_int_eq(billing_erase(b, &call, "a", (size_t)-1, "", 0, &err), 0);
  reopen();
}
END_TEST

Suite *test_engine_limits(void);
Suite *test_engine_limits(void) {
  Suite *s = suite_create("engine_limits");
  TCase *t = tcase_create("limits");

  tcase_add_checked_fixture(t, begin, end);
  tcase_set_timeout(t, 60);
  tcase_add_test(t, a_window_of_hours_opens_with_the_first_use);
  tcase_add_test(t, of_several_limits_the_one_that_takes_longest_is_named);
  tcase_add_test(t, a_denial_changes_no_limit);
  tcase_add_test(t, what_nobody_asked_for_counts_and_a_void_gives_back);
  tcase_add_test(t, a_void_of_what_came_before_the_limit_gives_nothing_back);
  tcase_add_test(t, a_void_gives_back_what_each_rate_has_counted);
  tcase_add_test(
      t, a_limit_of_a_meter_counts_what_is_drawn_at_the_commit_rate);
  tcase_add_test(t, what_a_limit_allows_may_change_what_it_counts_begins_anew);
  tcase_add_test(t, a_sliding_window_forgets_slice_by_slice);
  tcase_add_test(t, windows_that_are_over_leave_and_holds_keep_theirs);
  tcase_add_test(t, a_limit_that_cannot_be_meant_is_refused);
  tcase_add_test(t, what_a_window_cannot_say_is_refused);
  tcase_add_test(t, an_erased_customer_has_no_limits_any_more);
  suite_add_tcase(s, t);
  return s;
}
