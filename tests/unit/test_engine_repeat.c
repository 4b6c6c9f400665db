/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* test_engine_repeat.c - the same key again: in one batch, in a later one. */
#include "engine.h"

static billing *b;
static billing_receipt receipts[4];
static billing_error err;

static void shop_up(void) {
  billing_call call = shop_call("");

  b = shop_open(NULL);
  ck_assert_int_eq(billing_put(b, &call, "customer", "{\"id\":\"b\"}",
                               (size_t)-1, NULL, NULL), 0);
}

static void shop_down(void) {
  shop_is_sound(b);
  billing_close(b);
}

static void record(const billing_event *events, size_t count) {
  billing_call call = shop_call("");

  BILLING_INIT(&err);
  for (size_t i = 0; i < count; i++) BILLING_INIT(&receipts[i]);
  ck_assert_int_eq(billing_record(b, &call, events, count, receipts, &err),
                   0);
}

START_TEST(the_second_of_two_alike_gets_the_first_s_receipt) {
  billing_event events[2] = {shop_event("k", "e"), shop_event("k", "e")};

  record(events, 2);
  ck_assert_uint_eq(receipts[0].status, BILLING_STATUS_NEW);
  ck_assert_uint_eq(receipts[1].status, BILLING_STATUS_SAME);
  ck_assert_uint_eq(receipts[1].number, receipts[0].number);
  ck_assert_dec_eq(receipts[1].cost, "0.1");
}
END_TEST

/* b's number is above a's; still the first in the order given is recorded. */
START_TEST(the_first_in_the_order_given_keeps_the_key) {
  billing_event events[3] = {shop_event("k", "e"), shop_event("k", "e"),
                             shop_event("other", "e")};

  events[0].customer = shop_text("b");
  record(events, 3);
  ck_assert_uint_eq(receipts[0].status, BILLING_STATUS_NEW);
  ck_assert_uint_eq(receipts[1].status, BILLING_STATUS_CONFLICT);
  ck_assert_int_eq(receipts[1].code, BILLING_CONFLICT_KEY);
  ck_assert_uint_eq(receipts[2].status, BILLING_STATUS_NEW);
  ck_assert_int_eq((int)err.item, 1);
}
END_TEST

/* A refused event leaves its key free, also for one in the same batch. */
START_TEST(a_refused_event_leaves_its_key) {
  billing_event events[3] = {shop_event("k", "e"), shop_event("k", "e"),
                             shop_event("k", "e")};

  events[0].properties = shop_text("[1]");
  events[2].properties = shop_text("{");
  record(events, 3);
  ck_assert_int_eq(receipts[0].code, BILLING_INVALID_JSON);
  ck_assert_uint_eq(receipts[1].status, BILLING_STATUS_NEW);
  ck_assert_int_eq(receipts[2].code, BILLING_INVALID_JSON);
}
END_TEST

/* Events of several customers: answers stand where the events stand. */
START_TEST(receipts_stand_in_the_order_given) {
  billing_event events[4] = {shop_event("1", "e"), shop_event("2", "e"),
                             shop_event("3", "e"), shop_event("4", "x")};

  events[0].customer = events[2].customer = shop_text("b");
  record(events, 4);
  ck_assert_uint_eq(receipts[0].flags, BILLING_RECEIPT_UNENTITLED);
  ck_assert_dec_eq(receipts[1].cost, "0.1");
  ck_assert_uint_eq(receipts[2].flags, BILLING_RECEIPT_UNENTITLED);
  ck_assert_uint_eq(receipts[3].flags, BILLING_RECEIPT_UNMATCHED);
  record(events, 4);
  ck_assert_dec_eq(receipts[1].cost, "0.1");
  for (int i = 0; i < 4; i++)
    ck_assert_uint_eq(receipts[i].status, BILLING_STATUS_SAME);
}
END_TEST

/* A time that was left to the call is no part of the content; one that was
 * given is. */
START_TEST(a_time_that_was_left_out_may_be_given_as_it_was) {
  billing_event event = shop_event("k", "e");

  event.time_us = 0;
  record(&event, 1);
  record(&event, 1);
  ck_assert_uint_eq(receipts[0].status, BILLING_STATUS_SAME);
  event.time_us = SHOP_NOW;
  record(&event, 1);
  ck_assert_uint_eq(receipts[0].status, BILLING_STATUS_SAME);
  event.time_us = SHOP_NOW + 1;
  record(&event, 1);
  ck_assert_uint_eq(receipts[0].status, BILLING_STATUS_CONFLICT);
  event = shop_event("given", "e");
  record(&event, 1);
  event.time_us = 0;
  record(&event, 1);
  ck_assert_uint_eq(receipts[0].status, BILLING_STATUS_CONFLICT);
}
END_TEST

Suite *test_engine_repeat(void);
Suite *test_engine_repeat(void) {
  Suite *s = suite_create("engine_repeat");
  TCase *t = tcase_create("repeat");

  tcase_add_checked_fixture(t, shop_up, shop_down);
  tcase_add_test(t, the_second_of_two_alike_gets_the_first_s_receipt);
  tcase_add_test(t, the_first_in_the_order_given_keeps_the_key);
  tcase_add_test(t, a_refused_event_leaves_its_key);
  tcase_add_test(t, receipts_stand_in_the_order_given);
  tcase_add_test(t, a_time_that_was_left_out_may_be_given_as_it_was);
  suite_add_tcase(s, t);
  return s;
}
