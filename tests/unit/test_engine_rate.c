/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* test_engine_rate.c - events that cannot be rated leave no trace. */
#include "engine.h"

static const char two_prices[] =
    "{\"meters\":[{\"id\":\"big\",\"event\":\"big\",\"aggregation\":\"sum\","
    "\"groups\":[\"team\"]}],\"plans\":[{\"id\":\"pp\",\"currency\":\"USD\","
    "\"prices\":[{\"id\":\"team\",\"meter\":\"big\",\"model\":\"per_unit\","
    "\"unit\":\"1\",\"groups\":[\"team\"]},{\"id\":\"all\",\"meter\":"
    "\"big\",\"model\":\"per_unit\",\"unit\":\"2\"}]}],\"contracts\":["
    "{\"id\":\"cc\",\"customer\":\"a\",\"plan\":\"pp\",\"start\":"
    "\"2026-01-01\"}]}";

static billing *open_big(void) {
  billing *b = shop_open(NULL);
  billing_call call = shop_call("");
  billing_error err;

  BILLING_INIT(&err);
  ck_assert_msg(!billing_catalog_apply(b, &call, two_prices, (size_t)-1, NULL,
                                       &err), "%s", err.message);
  return b;
}

static billing_event big(const char *key, const char *value,
                         const char *properties) {
  billing_event e = shop_event(key, "big");

  e.flags = BILLING_EVENT_VALUE;
  e.value = D(value);
  e.properties = shop_text(properties);
  return e;
}

/* The first price of the too large event fits and the second does not: what
 * the first had begun must be forgotten. */
START_TEST(an_event_that_does_not_fit_leaves_the_state_as_the_journal_has_it) {
  billing *b = open_big();
  billing_call call = shop_call("");
  billing_receipt receipts[4];
  billing_error err;
  billing_event events[4] = {
    big("red too large", "99999999999999999999", "{\"team\":\"red\"}"),
    big("blue", "1", "{\"team\":\"blue\"}"),
    big("red", "2", "{\"team\":\"red\"}"),
    big("blue again", "3", "{\"team\":\"blue\"}"),
  };

  for (int i = 0; i < 4; i++) BILLING_INIT(&receipts[i]);
  BILLING_INIT(&err);
  ck_assert_int_eq(billing_record(b, &call, events, 4, receipts, &err), 0);
  ck_assert_int_eq(receipts[0].code, BILLING_LIMIT);
  ck_assert_int_eq(err.code, BILLING_LIMIT);
  ck_assert_int_eq((int)err.item, 0);
  ck_assert_dec_eq(receipts[1].cost, "3");
  ck_assert_dec_eq(receipts[2].cost, "6");
  ck_assert_dec_eq(receipts[3].cost, "9");
  shop_is_sound(b);
  billing_close(b);
}
END_TEST

START_TEST(the_largest_total_is_reached_exactly_and_not_passed) {
  billing *b = open_big();
  billing_call call = shop_call("");
  billing_event event = big("half", "49999999999999999999", "{}");
  billing_receipt receipt;

  ck_assert_int_eq(shop_record(b, &call, &event, &receipt, NULL), 0);
  ck_assert_int_eq(receipt.code, BILLING_LIMIT);   /* 1 and 2 for each */
  event = big("third", "33333333333333333333", "{}");
  ck_assert_int_eq(shop_record(b, &call, &event, &receipt, NULL), 0);
  ck_assert_dec_eq(receipt.cost, "99999999999999999999");
  shop_is_sound(b);
  billing_close(b);
}
END_TEST

/* Prices of several contracts of one customer: each has its own total. */
START_TEST(an_event_is_charged_under_every_contract_that_prices_it) {
  billing *b = open_big();
  billing_call call = shop_call("");
  billing_event event = big("one", "5", "{\"team\":\"red\"}");
  billing_receipt receipt;

  ck_assert_int_eq(billing_put(b, &call, "contract",
      "{\"id\":\"c3\",\"customer\":\"a\",\"plan\":\"pp\","
      "\"start\":\"2026-01-01\"}", (size_t)-1, NULL, NULL), 0);
  ck_assert_int_eq(shop_record(b, &call, &event, &receipt, NULL), 0);
  ck_assert_uint_eq(receipt.charges, 4);
  ck_assert_dec_eq(receipt.cost, "30");
  ck_assert_uint_eq(receipt.flags, BILLING_RECEIPT_OWED);
  shop_is_sound(b);
  billing_close(b);
}
END_TEST

Suite *test_engine_rate(void);
Suite *test_engine_rate(void) {
  Suite *s = suite_create("engine_rate");
  TCase *t = tcase_create("rate");

  tcase_add_test(t,
      an_event_that_does_not_fit_leaves_the_state_as_the_journal_has_it);
  tcase_add_test(t, the_largest_total_is_reached_exactly_and_not_passed);
  tcase_add_test(t, an_event_is_charged_under_every_contract_that_prices_it);
  suite_add_tcase(s, t);
  return s;
}
