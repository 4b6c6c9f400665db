/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "price/transactions.h"
#include "prices.h"

Suite *test_price_levels(void);

static bl_tier tiers[PRICES_TIERS];
static bl_dec units[PRICES_TIERS];
static bl_price price;

static const rung example[] = {{"5", "10", "100"}, {NULL, "5", "50"}};

static bl_ladder start(void) {
  bl_ladder ladder;

  price = price_of(BL_MODEL_GRADUATED, example, tiers);
  memset(units, 0, sizeof units);
  bl_ladder_open(&ladder, &price, units);
  return ladder;
}

START_TEST(the_worked_example_costs_what_the_head_says) {
  bl_ladder ladder = start();

  bl_ladder_move(&ladder, D("4"), D("2.8"));
  bl_ladder_move(&ladder, D("2"), D("1"));
  bl_ladder_move(&ladder, D("-3"), D("-0.6"));
  ck_assert_dec_eq(units[0], "2.9");
  ck_assert_dec_eq(units[1], "0.3");
  ck_assert_dec_eq(bl_ladder_price(&ladder), "180.5");
}
END_TEST

/* Thirds cannot be exact; together they are what was spread. */
START_TEST(nothing_is_lost_in_spreading) {
  bl_ladder ladder = start();

  bl_ladder_move(&ladder, D("4"), D("4"));
  bl_ladder_move(&ladder, D("3"), D("1"));
  ck_assert_dec_eq(bl_dec_add(units[0], units[1]), "5");
  ck_assert_dec_eq(units[0], "4.333333333333333333");
}
END_TEST

START_TEST(a_level_below_zero_costs_nothing) {
  bl_ladder ladder = start();

  bl_ladder_move(&ladder, D("5"), D("2"));
  bl_ladder_move(&ladder, D("-100"), D("-33.33"));
  ck_assert_dec_eq(bl_ladder_price(&ladder), "0");
}
END_TEST

START_TEST(what_counts_for_nothing_does_not_raise_the_level) {
  bl_ladder ladder = start();

  bl_ladder_move(&ladder, D("5"), D("0"));
  ck_assert_dec_eq(ladder.level, "0");
  ck_assert_dec_eq(bl_ladder_price(&ladder), "0");
  price.flags = BL_PRICE_FLAT_AT_ZERO;
  ck_assert_dec_eq(bl_ladder_price(&ladder), "100");
}
END_TEST

Suite *test_price_levels(void) {
  Suite *s = suite_create("price_levels");
  TCase *c = tcase_create("levels");

  tcase_add_test(c, the_worked_example_costs_what_the_head_says);
  tcase_add_test(c, nothing_is_lost_in_spreading);
  tcase_add_test(c, a_level_below_zero_costs_nothing);
  tcase_add_test(c, what_counts_for_nothing_does_not_raise_the_level);
  suite_add_tcase(s, c);
  return s;
}
