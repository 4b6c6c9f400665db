/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "unit.h"
#include "wallet/wallet.h"

#define LOTS 8

static int64_t at(const char *text) {
  int64_t us = 0;
  ck_assert_int_eq(bl_time_parse(bl_str_of(text), &us), 1);
  return us;
}

/* A bought lot that never expires, as all cases here leave most of it. */
static bl_lot lot(uint64_t number, const char *name) {
  bl_lot l = {.number = number, .has_cost = 1, .expires_us = BL_TIME_NEVER,
              .asset = "USD"};
  l.left = BL_DEC_ONE;
  l.name = bl_str_of(name);
  return l;
}

static bl_order order_of(const char *keys) {
  bl_order order = {{0}, 0};
  bl_json *doc = NULL;
  ck_assert_int_eq(bl_json_read(keys, strlen(keys), &doc, NULL), 0);
  ck_assert_int_eq(bl_catalog_read_order(doc, "", &order, NULL), 0);
  bl_json_free(doc);
  return order;
}

/* Sorts and compares the names, joined by spaces. */
static void expect_order(const bl_order *order, bl_lot *lots, size_t count,
                         const char *names) {
  bl_lot *sorted[LOTS];
  char got[128] = "";
  ck_assert_uint_le(count, LOTS);
  for (size_t i = 0; i < count; i++) sorted[i] = &lots[i];
  bl_order_sort(order, sorted, count);
  for (size_t i = 0; i < count; i++) {
    if (i) strcat(got, " ");
    strncat(got, sorted[i]->name.text, sorted[i]->name.len);
  }
  ck_assert_str_eq(got, names);
}

/* Every permutation of the input gives the same order (Heap's algorithm). */
static void expect_always(const bl_order *order, bl_lot *lots, size_t count,
                          const char *names) {
  size_t turn[LOTS] = {0};
  expect_order(order, lots, count, names);
  for (size_t i = 0; i < count;) {
    if (turn[i] < i) {
      size_t from = i % 2 ? turn[i] : 0;
      bl_lot swap = lots[from];
      lots[from] = lots[i];
      lots[i] = swap;
      expect_order(order, lots, count, names);
      turn[i]++;
      i = 0;
    } else {
      turn[i++] = 0;
    }
  }
}

static bl_str one_meter[] = {{"m", 1}};
static const bl_scope narrow = {.meters = one_meter, .meter_count = 1};

START_TEST(four_three_two_five_one_as_in_the_worked_example) {
  bl_lot lots[] = {lot(1, "1"), lot(2, "2"), lot(3, "3"), lot(4, "4"),
                   lot(5, "5")};
  lots[1].scope = &narrow;
  lots[2].has_cost = 0;
  lots[3].priority = -1;
  lots[3].expires_us = at("2026-03-31");
  lots[4].expires_us = at("2026-06-30");
  expect_always(&bl_order_default, lots, 5, "4 3 2 5 1");
}
END_TEST

START_TEST(the_key_that_decides_is_named) {
  bl_lot a = lot(1, "a"), b = lot(2, "b");
  uint32_t key = BL_ORDER_KEYS;
  bl_order none = {{0}, 0};
  b.expires_us = at("2026-06-30");
  ck_assert_int_gt(bl_order_compare(&bl_order_default, &a, &b, &key), 0);
  ck_assert_str_eq(bl_order_key_name(key), "expiry");
  ck_assert_int_lt(bl_order_compare(&none, &a, &b, &key), 0);
  ck_assert_str_eq(bl_order_key_name(key), "number");
  ck_assert_int_eq(bl_order_compare(&none, &a, &a, NULL), 0);
}
END_TEST

START_TEST(number_decides_at_last_even_when_the_list_leaves_it_out) {
  bl_lot lots[] = {lot(3, "c"), lot(1, "a"), lot(2, "b")};
  bl_order priority = order_of("[\"priority\"]");
  expect_always(&priority, lots, 3, "a b c");
  expect_always(&bl_order_default, lots, 3, "a b c");
}
END_TEST

START_TEST(fewer_things_in_scope_come_first_and_everything_last) {
  bl_str two[] = {{"x", 1}, {"y", 1}};
  bl_scope wide = {.prices = two, .price_count = 2, .contracts = two,
                   .contract_count = 1};
  bl_scope empty = {0};
  bl_lot lots[] = {lot(1, "all"), lot(2, "empty"), lot(3, "wide"),
                   lot(4, "narrow")};
  lots[1].scope = &empty;
  lots[2].scope = &wide;
  lots[3].scope = &narrow;
  ck_assert_uint_eq(bl_scope_width(&wide), 3);
  ck_assert_uint_eq(bl_scope_width(NULL), 0);
  expect_always(&bl_order_default, lots, 4, "narrow wide all empty");
}
END_TEST

START_TEST(earlier_start_then_older_break_ties_of_the_default) {
  bl_lot lots[] = {lot(1, "late"), lot(2, "young"), lot(3, "old")};
  lots[0].effective_us = at("2026-02-01");
  lots[1].effective_us = lots[2].effective_us = at("2026-01-01");
  lots[1].created_us = at("2025-12-02");
  lots[2].created_us = at("2025-12-01");
  expect_always(&bl_order_default, lots, 3, "old young late");
}
END_TEST

START_TEST(names_are_compared_as_bytes_and_a_prefix_is_first) {
  bl_lot lots[] = {lot(1, "ab"), lot(2, "a"), lot(3, "B"), lot(4, "\xC3\xA4")};
  bl_order order = order_of("[\"name\"]");
  expect_always(&order, lots, 4, "B a ab \xC3\xA4");
}
END_TEST

START_TEST(seconds_before_the_epoch_are_cut_downwards) {
  bl_lot lots[] = {lot(1, "a"), lot(2, "b"), lot(3, "c")};
  bl_order order = order_of("[\"expiry_second\"]");
  lots[0].expires_us = 1;           /* second 0 */
  lots[1].expires_us = -1;          /* second -1 */
  lots[2].expires_us = -1000000;    /* second -1 */
  expect_always(&order, lots, 3, "b c a");
}
END_TEST

/* openmeter/grant_order.json, om-order-all */
START_TEST(openmeter_orders_by_priority_second_creation_and_id) {
  bl_lot lots[] = {lot(1, "no-expiration"), lot(2, "lower-priority"),
                   lot(3, "created-first"), lot(4, "cursor-b"),
                   lot(5, "cursor-a"), lot(6, "later-expiration")};
  bl_order order = order_of(
    "[\"priority\",\"expiry_second\",\"created\",\"name\"]");
  for (size_t i = 0; i < 6; i++) {
    lots[i].priority = i == 1 ? 2 : 1;
    lots[i].effective_us = at("2026-01-01");
  }
  lots[0].created_us = lots[1].created_us = at("2025-12-31T20:00:00Z");
  lots[2].created_us = at("2025-12-31T22:00:00Z");
  lots[3].created_us = lots[4].created_us = at("2025-12-31T23:00:00Z");
  lots[5].created_us = at("2025-12-31T21:00:00Z");
  lots[1].expires_us = at("2026-01-01T00:00:00Z");
  lots[2].expires_us = at("2026-01-01T01:00:00.9Z");
  lots[3].expires_us = at("2026-01-01T01:00:00.5Z");
  lots[4].expires_us = at("2026-01-01T01:00:00.1Z");
  lots[5].expires_us = at("2026-01-01T02:00:00Z");
  expect_always(&order, lots, 6,
                "created-first cursor-a cursor-b later-expiration "
                "no-expiration lower-priority");
}
END_TEST

/* stripe/credit_grants.json, st-co-all; missing times sort first */
START_TEST(stripe_prefers_promotional_credit_after_expiry) {
  bl_lot lots[] = {lot(1, "a"), lot(2, "b"), lot(3, "c"), lot(4, "d"),
                   lot(5, "e")};
  bl_order order = order_of("[\"priority\",\"expiry\",\"promotional\","
                            "\"effective\",\"created\"]");
  for (size_t i = 0; i < 5; i++) {
    lots[i].priority = 1;
    lots[i].expires_us = at("2025-09-01");
    lots[i].effective_us = lots[i].created_us = INT64_MIN;
  }
  lots[0].effective_us = lots[1].effective_us = at("2025-01-01");
  lots[0].created_us = at("2025-01-02");
  lots[1].created_us = at("2025-01-01");
  lots[2].expires_us = at("2025-08-01");
  lots[3].priority = 0;
  lots[3].expires_us = BL_TIME_NEVER;
  lots[4].is_promotional = 1;
  expect_always(&order, lots, 5, "d c e b a");
}
END_TEST

/* stripe/credit_grants.json, st-co-stigg */
START_TEST(stripe_priority_wins_over_expiry_and_category) {
  bl_lot lots[] = {lot(1, "A"), lot(2, "B"), lot(3, "C")};
  bl_order order = order_of("[\"priority\",\"expiry\",\"promotional\","
                            "\"effective\",\"created\"]");
  lots[0].priority = lots[1].priority = 1;
  lots[2].priority = 2;
  lots[0].expires_us = lots[1].expires_us = at("2025-09-01");
  lots[2].expires_us = at("2025-08-15");
  lots[1].is_promotional = lots[2].is_promotional = 1;
  expect_always(&order, lots, 3, "B A C");
}
END_TEST

/* flexprice/wallet_debit.json, fp-wal-tie */
START_TEST(flexprice_draws_the_larger_of_equals) {
  bl_lot lots[] = {lot(1, "small"), lot(2, "large"), lot(3, "soon")};
  bl_order order = order_of("[\"priority\",\"expiry\",\"larger\"]");
  lots[0].priority = lots[1].priority = lots[2].priority = 1;
  lots[0].expires_us = lots[1].expires_us = at("2036-01-01");
  lots[2].expires_us = at("2035-01-01");
  lots[0].left = D("10");
  lots[1].left = D("90");
  expect_always(&order, lots, 3, "soon large small");
}
END_TEST

/* lago/wallets.json, consume_lots wa_l_01: granted before purchased */
START_TEST(lago_draws_granted_lots_before_older_purchased_ones) {
  bl_lot lots[] = {lot(1, "g"), lot(2, "p"), lot(3, "first")};
  bl_order order = order_of("[\"priority\",\"promotional\",\"created\"]");
  lots[0].priority = lots[1].priority = 10;
  lots[2].priority = 9;
  lots[0].is_promotional = 1;
  lots[0].created_us = at("2024-01-02");
  lots[1].created_us = at("2024-01-01");
  lots[2].created_us = at("2024-01-03");
  expect_always(&order, lots, 3, "first g p");
}
END_TEST

/* metronome/burndown_order.json: the prepaid and credit class */
START_TEST(metronome_cost_basis_is_binary_and_before_scope) {
  bl_lot lots[] = {lot(1, "half_price_late"), lot(2, "full_price_soon"),
                   lot(3, "gift"), lot(4, "paid")};
  bl_order order = order_of("[\"priority\",\"zero_cost\",\"narrow\","
                            "\"expiry\",\"effective\"]");
  for (size_t i = 0; i < 4; i++) lots[i].priority = 100;
  lots[0].expires_us = at("2026-01-01");
  lots[1].expires_us = at("2025-03-01");
  lots[2].expires_us = lots[3].expires_us = at("2025-10-01");
  lots[2].has_cost = 0;
  lots[3].scope = &narrow;
  expect_always(&order, lots, 4, "gift paid full_price_soon half_price_late");
}
END_TEST

START_TEST(names_of_keys_are_those_that_documents_use) {
  for (uint32_t key = 0; key < BL_ORDER_KEYS; key++) {
    char text[64] = "[\"";
    bl_order order;
    strcat(text, bl_order_key_name(key));
    strcat(text, "\"]");
    order = order_of(text);
    ck_assert_uint_ge(order.count, 1);
    ck_assert_uint_eq(order.key[0], key);
  }
}
END_TEST

Suite *test_wallet_order(void);

Suite *test_wallet_order(void) {
  Suite *suite = suite_create("wallet/order");
  TCase *tests = tcase_create("order");
  tcase_add_test(tests, four_three_two_five_one_as_in_the_worked_example);
  tcase_add_test(tests, the_key_that_decides_is_named);
  tcase_add_test(tests,
                 number_decides_at_last_even_when_the_list_leaves_it_out);
  tcase_add_test(tests, fewer_things_in_scope_come_first_and_everything_last);
  tcase_add_test(tests, earlier_start_then_older_break_ties_of_the_default);
  tcase_add_test(tests, names_are_compared_as_bytes_and_a_prefix_is_first);
  tcase_add_test(tests, seconds_before_the_epoch_are_cut_downwards);
  tcase_add_test(tests, openmeter_orders_by_priority_second_creation_and_id);
  tcase_add_test(tests, stripe_prefers_promotional_credit_after_expiry);
  tcase_add_test(tests, stripe_priority_wins_over_expiry_and_category);
  tcase_add_test(tests, flexprice_draws_the_larger_of_equals);
  tcase_add_test(tests, lago_draws_granted_lots_before_older_purchased_ones);
  tcase_add_test(tests, metronome_cost_basis_is_binary_and_before_scope);
  tcase_add_test(tests, names_of_keys_are_those_that_documents_use);
  suite_add_tcase(suite, tests);
  return suite;
}
