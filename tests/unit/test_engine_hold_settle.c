/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* test_engine_hold_settle.c - what the golden scenarios of holds do not say:
 * several events, and what of them the hold still has. */
#include "engine.h"

static billing      *b;
static billing_error err;

static void begin(void) {
  BILLING_INIT(&err);
  b = shop_open(NULL);
}

static void end(void) {
  shop_is_sound(b);
  billing_close(b);
}

static int hold(const char *key, const char *amount) {
  billing_call call = shop_call(key);
  billing_hold_terms terms;

  BILLING_INIT(&terms);
  terms.customer = shop_text("a");
  terms.amount.amount = D(amount);
  strcpy(terms.amount.asset, "USD");
  return billing_authorize(b, &call, NULL, 0, &terms, NULL, NULL, &err);
}

/* Two events of 0.10 each. */
static int settle(const char *key, const char *first, const char *second,
                  uint32_t above, billing_receipt receipts[2]) {
  billing_call call = shop_call(key);
  billing_event events[2] = {shop_event(first, "e"), shop_event(second, "e")};

  BILLING_INIT(&err);
  BILLING_INIT(&receipts[0]);
  BILLING_INIT(&receipts[1]);
  return billing_settle(b, &call, events, 2, above, receipts, &err);
}

/* The hold has 0.15; the second event finds half of it there. */
START_TEST(what_one_event_draws_is_not_reserved_for_the_next) {
  billing_receipt receipts[2];

  shop_grant(b, "g", "1");
  ck_assert_int_eq(hold("h", "0.15"), 0);
  ck_assert_int_eq(settle("h", "e1", "e2", BILLING_SETTLE_OWE, receipts), 0);
  ck_assert_dec_eq(receipts[0].drawn, "0.1");
  ck_assert_dec_eq(receipts[1].drawn, "0.05");
  ck_assert_dec_eq(receipts[1].balance, "0.85");
}
END_TEST

START_TEST(all_events_together_are_compared_with_the_hold) {
  billing_receipt receipts[2];

  shop_grant(b, "g", "1");
  ck_assert_int_eq(hold("h", "0.15"), 0);
  ck_assert_int_eq(settle("h", "e1", "e2", BILLING_SETTLE_REFUSE, receipts),
                   BILLING_DENIED_ABOVE_HOLD);
  ck_assert_ptr_nonnull(strstr(err.message, "it costs 0.2 USD"));
  ck_assert_int_eq(hold("h2", "0.2"), 0);
  ck_assert_int_eq(settle("h2", "e1", "e2", BILLING_SETTLE_REFUSE, receipts),
                   0);
}
END_TEST

START_TEST(a_repeat_is_that_of_the_same_events) {
  billing_receipt receipts[2];

  shop_grant(b, "g", "1");
  ck_assert_int_eq(hold("h", "0.2"), 0);
  ck_assert_int_eq(settle("h", "e1", "e2", BILLING_SETTLE_ALL, receipts), 0);
  ck_assert_int_eq(settle("h", "e1", "e2", BILLING_SETTLE_ALL, receipts), 0);
  ck_assert_uint_eq(receipts[1].status, BILLING_STATUS_SAME);
  ck_assert_int_eq(settle("h", "e2", "e1", BILLING_SETTLE_ALL, receipts),
                   BILLING_CONFLICT_ENDED);
  ck_assert_int_eq(settle("h", "e1", "e3", BILLING_SETTLE_ALL, receipts),
                   BILLING_CONFLICT_ENDED);
}
END_TEST

START_TEST(a_part_of_the_events_is_no_repeat) {
  billing_call call = shop_call("h");
  billing_event event = shop_event("e1", "e");
  billing_receipt receipts[2];

  shop_grant(b, "g", "1");
  ck_assert_int_eq(hold("h", "0.2"), 0);
  ck_assert_int_eq(settle("h", "e1", "e2", BILLING_SETTLE_ALL, receipts), 0);
  ck_assert_int_eq(billing_settle(b, &call, &event, 1, BILLING_SETTLE_ALL,
                                  NULL, &err), BILLING_CONFLICT_ENDED);
}
END_TEST

START_TEST(one_key_twice_settles_nothing) {
  billing_receipt receipts[2];

  shop_grant(b, "g", "1");
  ck_assert_int_eq(hold("h", "0.2"), 0);
  ck_assert_int_eq(settle("h", "e1", "e1", BILLING_SETTLE_ALL, receipts),
                   BILLING_CONFLICT_KEY);
  ck_assert_int_eq(settle("h", "e1", "e2", BILLING_SETTLE_ALL, receipts), 0);
}
END_TEST

/* Without an overdraft nothing may be owed. */
START_TEST(the_overdraft_is_the_limit_of_what_is_owed) {
  billing_receipt receipts[2];

  shop_grant(b, "g", "0.15");
  ck_assert_int_eq(hold("h", "0.1"), 0);
  ck_assert_int_eq(settle("h", "e1", "e2", BILLING_SETTLE_OVERDRAFT,
                          receipts), BILLING_DENIED_ABOVE_HOLD);
  shop_grant(b, "g2", "0.05");
  ck_assert_int_eq(settle("h", "e1", "e2", BILLING_SETTLE_OVERDRAFT,
                          receipts), 0);
  ck_assert_dec_eq(receipts[1].balance, "0");
}
END_TEST

Suite *test_engine_hold_settle(void);
Suite *test_engine_hold_settle(void) {
  Suite *s = suite_create("engine_hold_settle");
  TCase *t = tcase_create("settle");

  tcase_add_checked_fixture(t, begin, end);
  tcase_add_test(t, what_one_event_draws_is_not_reserved_for_the_next);
  tcase_add_test(t, all_events_together_are_compared_with_the_hold);
  tcase_add_test(t, a_repeat_is_that_of_the_same_events);
  tcase_add_test(t, a_part_of_the_events_is_no_repeat);
  tcase_add_test(t, one_key_twice_settles_nothing);
  tcase_add_test(t, the_overdraft_is_the_limit_of_what_is_owed);
  suite_add_tcase(s, t);
  return s;
}
