/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* test_engine_authorize.c - what the golden scenario of holds does not say. */
#include "engine.h"

static billing      *b;
static billing_error err;

static void begin(void) {
  BILLING_INIT(&err);
  b = shop_open(NULL);
  shop_grant(b, "g", "1");
}

static void end(void) {
  shop_is_sound(b);
  billing_close(b);
}

static int authorize(const char *key, const billing_hold_terms *terms,
                     billing_hold *out) {
  billing_event estimate = shop_event("", "e");
  billing_call call = shop_call(key);

  BILLING_INIT(&err);
  if (out) BILLING_INIT(out);
  return billing_authorize(b, &call, &estimate, 1, terms, out, NULL, &err);
}

static int settle(const char *key, const billing_event *event,
                  int64_t now_us, billing_receipt *out) {
  billing_call call = shop_call(key);

  call.now_us = now_us;
  BILLING_INIT(&err);
  BILLING_INIT(out);
  return billing_settle(b, &call, event, 1, BILLING_SETTLE_ALL, out,
                        &err);
}

START_TEST(a_hold_lasts_an_hour_unless_said) {
  billing_hold hold;

  ck_assert_int_eq(authorize("h", NULL, &hold), 0);
  ck_assert_uint_eq(hold.status, BILLING_HOLD_OPEN);
  ck_assert_int_eq(hold.expires_us, SHOP_NOW + SHOP_DAY / 24);
  ck_assert_int_eq(hold.decided_us, SHOP_NOW);
  ck_assert_dec_eq(hold.held, "0.1");
  ck_assert_dec_eq(hold.free, "0.9");
  ck_assert_uint_eq(hold.draws, 1);
  ck_assert_str_eq(hold.asset, "USD");
}
END_TEST

START_TEST(a_hold_that_has_expired_already_is_refused) {
  billing_hold_terms terms;

  BILLING_INIT(&terms);
  terms.expires_us = SHOP_NOW;
  ck_assert_int_eq(authorize("h", &terms, NULL), BILLING_INVALID);
  ck_assert_str_eq(err.path, "/expires_us");
  terms.expires_us = SHOP_NOW + 1;
  ck_assert_int_eq(authorize("h", &terms, NULL), 0);
}
END_TEST

START_TEST(a_repeat_returns_the_hold_as_it_is_now) {
  billing_event event = shop_event("used", "e");
  billing_receipt receipt;
  billing_hold hold;

  ck_assert_int_eq(authorize("h", NULL, NULL), 0);
  ck_assert_int_eq(settle("h", &event, SHOP_NOW, &receipt), 0);
  ck_assert_int_eq(authorize("h", NULL, &hold), 0);
  ck_assert_uint_eq(hold.status, BILLING_HOLD_SETTLED);
  ck_assert_uint_eq(hold.number, 1);
  ck_assert_dec_eq(hold.free, "0.9");
}
END_TEST

START_TEST(the_same_key_for_another_estimate_is_refused) {
  billing_hold_terms terms;

  BILLING_INIT(&terms);
  terms.expires_us = SHOP_NOW + SHOP_DAY;
  ck_assert_int_eq(authorize("h", NULL, NULL), 0);
  ck_assert_int_eq(authorize("h", &terms, NULL), BILLING_CONFLICT_KEY);
}
END_TEST

START_TEST(settling_again_gives_the_first_receipt_also_later) {
  billing_event event = shop_event("used", "e");
  billing_receipt first, again;

  ck_assert_int_eq(authorize("h", NULL, NULL), 0);
  ck_assert_int_eq(settle("h", &event, SHOP_NOW, &first), 0);
  ck_assert_uint_eq(first.status, BILLING_STATUS_NEW);
  ck_assert_int_eq(settle("h", &event, SHOP_NOW + SHOP_DAY, &again), 0);
  ck_assert_uint_eq(again.status, BILLING_STATUS_SAME);
  again.status = first.status;
  ck_assert_mem_eq(&again, &first, sizeof first);
  event = shop_event("another", "e");
  ck_assert_int_eq(settle("h", &event, SHOP_NOW + SHOP_DAY, &again),
                   BILLING_CONFLICT_ENDED);
}
END_TEST

START_TEST(an_event_that_is_refused_leaves_the_hold_open) {
  billing_event event = shop_event("", "e");
  billing_receipt receipt;
  billing_hold hold;

  ck_assert_int_eq(authorize("h", NULL, NULL), 0);
  ck_assert_int_eq(settle("h", &event, SHOP_NOW, &receipt), BILLING_INVALID);
  ck_assert_str_eq(err.path, "/key");
  ck_assert_int_eq(authorize("h", NULL, &hold), 0);
  ck_assert_uint_eq(hold.status, BILLING_HOLD_OPEN);
  ck_assert_dec_eq(hold.free, "0.9");
}
END_TEST

START_TEST(what_is_not_a_hold_is_not_found) {
  billing_call call = shop_call("nothing");
  billing_event event = shop_event("used", "e");
  billing_receipt receipt;

  ck_assert_int_eq(billing_release(b, &call, &err), BILLING_NOTFOUND);
  ck_assert_int_eq(settle("nothing", &event, SHOP_NOW, &receipt),
                   BILLING_NOTFOUND);
  event.customer = shop_text("nobody");
  ck_assert_int_eq(authorize("h", NULL, NULL), 0);
  ck_assert_int_eq(settle("h", &event, SHOP_NOW, &receipt), BILLING_INVALID);
  ck_assert_str_eq(err.path, "/customer");
}
END_TEST

START_TEST(an_estimate_that_cannot_be_priced_is_denied) {
  billing_event estimate = shop_event("", "unheard");
  billing_call call = shop_call("h");

  BILLING_INIT(&err);
  ck_assert_int_eq(billing_authorize(b, &call, &estimate, 1, NULL, NULL,
                                     NULL, &err),
                   BILLING_DENIED_UNMATCHED);
  ck_assert_int_eq(err.code, BILLING_DENIED_UNMATCHED);
  estimate = shop_event("", "sum");
  estimate.properties = shop_text("{\"n\":1}");
  ck_assert_int_eq(billing_authorize(b, &call, &estimate, 1, NULL, NULL,
                                     NULL, NULL),
                   BILLING_DENIED_UNPRICED);
  ck_assert_int_eq(billing_authorize(b, &call, NULL, 0, NULL, NULL, NULL,
                                     NULL),
                   BILLING_MISUSE);
}
END_TEST

/* Ten holds of 0.10 use the grant of 1.00 up; the eleventh is denied, until
 * one is given back. */
START_TEST(holds_never_exceed_what_is_there) {
  billing_call call = shop_call("h3");
  billing_hold hold;
  char key[8];

  for (int i = 0; i < 10; i++) {
    snprintf(key, sizeof key, "h%d", i);
    ck_assert_int_eq(authorize(key, NULL, &hold), 0);
  }
  ck_assert_dec_eq(hold.free, "0");
  ck_assert_int_eq(authorize("h10", NULL, NULL), BILLING_DENIED_BALANCE);
  ck_assert_ptr_nonnull(strstr(err.message, "0.1 USD"));
  ck_assert_int_eq(billing_release(b, &call, NULL), 0);
  ck_assert_int_eq(authorize("h10", NULL, &hold), 0);
  ck_assert_dec_eq(hold.free, "0");
}
END_TEST

/* A hold of an amount, or of as much as there is. */
static int hold_most_of(const char *key, const char *amount,
                        billing_hold *out) {
  billing_call call = shop_call(key);
  billing_hold_terms terms;

  BILLING_INIT(&err);
  BILLING_INIT(out);
  BILLING_INIT(&terms);
  terms.customer = shop_text("a");
  terms.amount.amount = D(amount);
  strcpy(terms.amount.asset, "USD");
  terms.flags = BILLING_HOLD_PARTIAL;
  return billing_authorize(b, &call, NULL, 0, &terms, out, NULL, &err);
}

/* 1 USD is there. */
START_TEST(as_much_as_there_is_of_hardly_more) {
  billing_hold hold;

  ck_assert_int_eq(hold_most_of("h", "1.0000005", &hold), 0);
  ck_assert_dec_eq(hold.held, "1");
  ck_assert_dec_eq(hold.free, "0");
}
END_TEST

START_TEST(as_much_as_there_is_of_the_most_that_can_be_said) {
  billing_hold hold;

  ck_assert_int_eq(hold_most_of("h", "300000000000000", &hold), 0);
  ck_assert_dec_eq(hold.held, "1");
  ck_assert_int_eq(hold_most_of("i", "99999999999999999999", &hold),
                   BILLING_DENIED_BALANCE);
}
END_TEST

/* At 0.10 a unit ten of them fit into 1 USD. */
START_TEST(as_much_as_there_is_of_an_estimate) {
  static const char *const asked[] = {"300000000000000", "11.5", "10.0000005"};
  billing_event estimate = shop_event("", "v");
  billing_hold_terms terms;
  billing_hold hold;

  shop_put_catalog(b, SHOP_NOW, "{\"meters\":[{\"id\":\"v\",\"event\":"
                   "\"v\",\"aggregation\":\"sum\"}],"
                   "\"plans\":[{\"id\":\"q\",\"currency\":"
                   "\"USD\",\"prices\":[{\"id\":\"y\",\"meter\":\"v\","
                   "\"model\":\"per_unit\",\"unit\":\"0.10\"}]}],"
                   "\"contracts\":[{\"id\":\"c2\",\"customer\":\"a\","
                   "\"plan\":\"q\",\"start\":\"2026-01-01\"}]}");
  for (int i = 0; i < 3; i++) {
    billing_call call = shop_call(asked[i]);
    BILLING_INIT(&err);
    BILLING_INIT(&hold);
    BILLING_INIT(&terms);
    terms.flags = BILLING_HOLD_PARTIAL;
    terms.least = D(i == 1 ? "10" : "0");
    estimate.value = D(asked[i]);
    estimate.flags = BILLING_EVENT_VALUE;
    ck_assert_msg(!billing_authorize(b, &call, &estimate, 1, &terms, &hold,
                                     NULL, &err), "%s", err.message);
    ck_assert_dec_eq(hold.held, "1");
    ck_assert_int_eq(billing_release(b, &call, NULL), 0);
  }
}
END_TEST

/* What has nothing to do with how much it is has its words. */
START_TEST(a_partial_hold_says_what_is_wrong) {
  billing_event estimate = shop_event("", "unheard");
  billing_hold_terms terms;
  billing_call call = shop_call("h");

  BILLING_INIT(&err);
  BILLING_INIT(&terms);
  terms.flags = BILLING_HOLD_PARTIAL;
  estimate.value = D("2");
  estimate.flags = BILLING_EVENT_VALUE;
  ck_assert_int_eq(billing_authorize(b, &call, &estimate, 1, &terms, NULL,
                                     NULL, &err), BILLING_DENIED_UNMATCHED);
  ck_assert_str_eq(err.path, "/event");
  ck_assert_str_eq(err.message, "no meter wants the estimate");
}
END_TEST

Suite *test_engine_authorize(void);
Suite *test_engine_authorize(void) {
  Suite *s = suite_create("engine_authorize");
  TCase *t = tcase_create("holds");

  tcase_add_checked_fixture(t, begin, end);
  tcase_add_test(t, a_hold_lasts_an_hour_unless_said);
  tcase_add_test(t, a_hold_that_has_expired_already_is_refused);
  tcase_add_test(t, a_repeat_returns_the_hold_as_it_is_now);
  tcase_add_test(t, the_same_key_for_another_estimate_is_refused);
  tcase_add_test(t, settling_again_gives_the_first_receipt_also_later);
  tcase_add_test(t, an_event_that_is_refused_leaves_the_hold_open);
  tcase_add_test(t, what_is_not_a_hold_is_not_found);
  tcase_add_test(t, an_estimate_that_cannot_be_priced_is_denied);
  tcase_add_test(t, holds_never_exceed_what_is_there);
  tcase_add_test(t, as_much_as_there_is_of_hardly_more);
  tcase_add_test(t, as_much_as_there_is_of_the_most_that_can_be_said);
  tcase_add_test(t, as_much_as_there_is_of_an_estimate);
  tcase_add_test(t, a_partial_hold_says_what_is_wrong);
  suite_add_tcase(s, t);
  return s;
}
