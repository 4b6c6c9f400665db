/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "unit.h"
#include "wallet/wallet.h"

static bl_lot lot(uint64_t number, const char *left, const char *held) {
  bl_lot l = {.number = number, .effective_us = 100, .expires_us = 200,
              .asset = "USD"};
  l.left = D(left);
  l.held = D(held);
  return l;
}

static bl_use use_at(int64_t us) {
  bl_use use = {.meter = BL_STR("tokens"), .price = BL_STR("p1"),
                .contract = BL_STR("c1"), .time_us = us, .asset = "USD"};
  return use;
}

static void expect_draw(const bl_draw *draw, uint64_t grant,
                        const char *amount) {
  ck_assert_uint_eq(draw->grant, grant);
  ck_assert_dec_eq(draw->amount, amount);
}

START_TEST(twelve_dollars_are_three_and_six_and_three_owed) {
  bl_lot seven = lot(7, "5", "2"), four = lot(4, "6", "0");
  bl_lot *lots[] = {&seven, &four};
  bl_use use = use_at(150);
  bl_draw draws[3], back[3];
  ck_assert_uint_eq(bl_burndown(lots, 2, &use, D("12"), draws), 3);
  expect_draw(&draws[0], 7, "3");
  expect_draw(&draws[1], 4, "6");
  expect_draw(&draws[2], 0, "3");
  ck_assert_uint_eq(bl_burndown_back(draws, 3, D("4"), back), 2);
  expect_draw(&back[0], 0, "-3");
  expect_draw(&back[1], 4, "-1");
  ck_assert_dec_eq(seven.left, "5");
}
END_TEST

START_TEST(what_the_first_lot_covers_touches_no_other) {
  bl_lot one = lot(1, "5", "0"), two = lot(2, "5", "0");
  bl_lot *lots[] = {&one, &two};
  bl_use use = use_at(150);
  bl_draw draws[3];
  ck_assert_uint_eq(bl_burndown(lots, 2, &use, D("5"), draws), 1);
  expect_draw(&draws[0], 1, "5");
}
END_TEST

START_TEST(an_empty_or_wholly_held_lot_makes_no_draw) {
  bl_lot empty = lot(1, "0", "0"), held = lot(2, "5", "5");
  bl_lot over = lot(3, "5", "6"), free = lot(4, "0.000000000000000001", "0");
  bl_lot *lots[] = {&empty, &held, &over, &free};
  bl_use use = use_at(150);
  bl_draw draws[5];
  ck_assert_uint_eq(bl_burndown(lots, 4, &use, D("1"), draws), 2);
  expect_draw(&draws[0], 4, "0.000000000000000001");
  expect_draw(&draws[1], 0, "0.999999999999999999");
}
END_TEST

START_TEST(without_lots_everything_is_owed) {
  bl_use use = use_at(150);
  bl_draw draws[1];
  ck_assert_uint_eq(bl_burndown(NULL, 0, &use, D("0.1"), draws), 1);
  expect_draw(&draws[0], 0, "0.1");
}
END_TEST

START_TEST(a_lot_pays_from_its_start_until_before_its_expiry) {
  bl_lot l = lot(1, "5", "0");
  bl_use before = use_at(99), first = use_at(100);
  bl_use last = use_at(199), after = use_at(200);
  ck_assert_int_eq(bl_lot_pays(&l, &before), 0);
  ck_assert_int_eq(bl_lot_pays(&l, &first), 1);
  ck_assert_int_eq(bl_lot_pays(&l, &last), 1);
  ck_assert_int_eq(bl_lot_pays(&l, &after), 0);
  l.expires_us = BL_TIME_NEVER;
  ck_assert_int_eq(bl_lot_pays(&l, &after), 1);
}
END_TEST

START_TEST(a_lot_pays_only_its_own_asset) {
  bl_lot l = lot(1, "5", "0");
  bl_use use = use_at(150);
  memcpy(use.asset, "USDX", 5);
  ck_assert_int_eq(bl_lot_pays(&l, &use), 0);
  memcpy(use.asset, "US", 3);
  ck_assert_int_eq(bl_lot_pays(&l, &use), 0);
}
END_TEST

START_TEST(every_list_of_a_scope_must_name_what_is_used) {
  bl_str meters[] = {BL_STR("calls"), BL_STR("tokens")};
  bl_str prices[] = {BL_STR("p2")};
  bl_scope scope = {.meters = meters, .meter_count = 2};
  bl_lot l = lot(1, "5", "0");
  bl_use use = use_at(150);
  l.scope = &scope;
  ck_assert_int_eq(bl_lot_pays(&l, &use), 1);
  use.meter = BL_STR("");                     /* a fee has no meter */
  ck_assert_int_eq(bl_lot_pays(&l, &use), 0);
  use.meter = BL_STR("tokens");
  scope.prices = prices;
  scope.price_count = 1;
  ck_assert_int_eq(bl_lot_pays(&l, &use), 0);
  use.price = BL_STR("p2");
  ck_assert_int_eq(bl_lot_pays(&l, &use), 1);
  scope.contracts = prices;
  scope.contract_count = 1;
  ck_assert_int_eq(bl_lot_pays(&l, &use), 0);
}
END_TEST

START_TEST(giving_back_stops_at_what_the_stack_holds) {
  bl_draw stack[] = {{7, {0, 0}}, {4, {0, 0}}, {0, {0, 0}}}, back[3];
  stack[0].amount = D("3");
  stack[2].amount = D("1.5");
  ck_assert_uint_eq(bl_burndown_back(stack, 3, D("100"), back), 2);
  expect_draw(&back[0], 0, "-1.5");
  expect_draw(&back[1], 7, "-3");
  ck_assert_uint_eq(bl_burndown_back(stack, 0, D("1"), back), 0);
}
END_TEST

/* stripe/credit_grants.json, st-ca-order: 50 over 5, 20, 20 and 20. */
START_TEST(fifty_over_four_grants_leave_fifteen_in_the_last) {
  bl_lot r = lot(3, "5", "0"), s = lot(4, "20", "0");
  bl_lot q = lot(2, "20", "0"), p = lot(1, "20", "0");
  bl_lot *lots[] = {&r, &s, &q, &p};
  bl_use use = use_at(150);
  bl_draw draws[5];
  ck_assert_uint_eq(bl_burndown(lots, 4, &use, D("50"), draws), 4);
  expect_draw(&draws[0], 3, "5");
  expect_draw(&draws[1], 4, "20");
  expect_draw(&draws[2], 2, "20");
  expect_draw(&draws[3], 1, "5");
}
END_TEST

Suite *test_wallet_burndown(void);

START_TEST(a_scope_may_name_tags_and_values) {
  bl_str llm = BL_STR("llm"), gpu = BL_STR("gpu");
  bl_str both[] = {BL_STR("gpu"), BL_STR("llm")};
  bl_named m1 = {BL_STR("model"), BL_STR("m1")};
  bl_named m2 = {BL_STR("model"), BL_STR("m2")};
  bl_target target = {.price = BL_STR("p1"), .tags = {both, 2},
                      .values = {&m1, 1}};
  bl_scope tagged = {.tags = &llm, .tag_count = 1};
  bl_scope aimed = {.targets = &target, .target_count = 1};
  bl_lot l = lot(1, "5", "0");
  bl_use use = use_at(150);

  l.scope = &tagged;
  ck_assert(!bl_lot_pays(&l, &use));
  use.tags = &gpu;
  use.tag_count = 1;
  ck_assert(!bl_lot_pays(&l, &use));
  use.tags = both;
  use.tag_count = 2;
  ck_assert(bl_lot_pays(&l, &use));
  l.scope = &aimed;
  ck_assert(!bl_lot_pays(&l, &use));
  use.values = (bl_named_list){&m2, 1};
  ck_assert(!bl_lot_pays(&l, &use));
  use.values = (bl_named_list){&m1, 1};
  ck_assert(bl_lot_pays(&l, &use));
  use.price = BL_STR("p2");
  ck_assert(!bl_lot_pays(&l, &use));
}
END_TEST

START_TEST(a_void_lot_pays_nothing) {
  bl_lot l = lot(1, "5", "0");
  bl_use use = use_at(150);

  ck_assert(bl_lot_pays(&l, &use));
  l.is_void = 1;
  ck_assert(!bl_lot_pays(&l, &use));
}
END_TEST

Suite *test_wallet_burndown(void) {
  Suite *suite = suite_create("wallet/burndown");
  TCase *tests = tcase_create("burndown");
  tcase_add_test(tests, twelve_dollars_are_three_and_six_and_three_owed);
  tcase_add_test(tests, a_scope_may_name_tags_and_values);
  tcase_add_test(tests, a_void_lot_pays_nothing);
  tcase_add_test(tests, what_the_first_lot_covers_touches_no_other);
  tcase_add_test(tests, an_empty_or_wholly_held_lot_makes_no_draw);
  tcase_add_test(tests, without_lots_everything_is_owed);
  tcase_add_test(tests, a_lot_pays_from_its_start_until_before_its_expiry);
  tcase_add_test(tests, a_lot_pays_only_its_own_asset);
  tcase_add_test(tests, every_list_of_a_scope_must_name_what_is_used);
  tcase_add_test(tests, giving_back_stops_at_what_the_stack_holds);
  tcase_add_test(tests, fifty_over_four_grants_leave_fifteen_in_the_last);
  suite_add_tcase(suite, tests);
  return suite;
}
