/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "prices.h"

Suite *test_price_reach(void);

static const rung commit_rungs[] = {{"100", "0.9", NULL}, {NULL, "0.7", NULL}};
static const rung list_rungs[] = {{"100", "1", NULL}, {NULL, "0.8", NULL}};

/* The example of reach.c. */
START_TEST(money_reaches_through_the_tiers_and_the_rest_is_at_the_list_price) {
  bl_tier some[PRICES_TIERS], others[PRICES_TIERS];
  bl_price commit = price_of(BL_MODEL_GRADUATED, commit_rungs, some);
  bl_price list = price_of(BL_MODEL_GRADUATED, list_rungs, others);
  bl_dec units = bl_price_reach(&commit, D("0"), D("150"), D("45"));

  ck_assert_dec_eq(units, "50");
  ck_assert_dec_eq(bl_price_total(&commit, units), "45");
  ck_assert_dec_eq(bl_price_delta(&list, units, D("150")), "90");
  /* 10 units at 0.90 are left of the first tier, 7.00 buy 10 of the next. */
  ck_assert_dec_eq(bl_price_reach(&commit, D("90"), D("150"), D("16")), "20");
}
END_TEST

START_TEST(no_more_than_is_asked_for_is_reached) {
  bl_tier some[PRICES_TIERS];
  bl_price list = price_of(BL_MODEL_GRADUATED, list_rungs, some);

  ck_assert_dec_eq(bl_price_reach(&list, D("0"), D("7"), D("45")), "7");
  ck_assert_dec_eq(bl_price_reach(&list, D("0"), D("0"), D("45")), "0");
}
END_TEST

START_TEST(what_is_free_reaches_all_the_way) {
  static const rung nothing[] = {{NULL, "0", NULL}};
  bl_tier some[PRICES_TIERS];
  bl_price free = price_of(BL_MODEL_PER_UNIT, nothing, some);

  ck_assert_dec_eq(bl_price_reach(&free, D("3"), D("1000"), D("0.01")),
                   "1000");
}
END_TEST

/* 10 / 3 has no end: one of the smallest quantities more uses all of it. */
START_TEST(money_that_does_not_divide_is_used_up) {
  static const rung three[] = {{NULL, "3", NULL}};
  bl_tier some[PRICES_TIERS];
  bl_price rate = price_of(BL_MODEL_PER_UNIT, three, some);
  bl_dec units = bl_price_reach(&rate, D("0"), D("1000"), D("10"));

  ck_assert_dec_eq(units, "3.333333333333333334");
  ck_assert_dec_eq(bl_price_total(&rate, units), "10.000000000000000002");
}
END_TEST

/* 1.999999999999999999 at 0.5 rounds to 1, too. */
START_TEST(money_that_divides_reaches_as_far_as_it_divides_to) {
  static const rung half[] = {{NULL, "0.5", NULL}};
  static const rung small[] = {{NULL, "0.000003", NULL}};
  static const rung steps[] = {{"2", "0.5", NULL}, {NULL, "0.1", NULL}};
  bl_tier tiers[3][PRICES_TIERS];
  bl_price halves = price_of(BL_MODEL_PER_UNIT, half, tiers[0]);
  bl_price tokens = price_of(BL_MODEL_PER_UNIT, small, tiers[1]);
  bl_price ladder = price_of(BL_MODEL_GRADUATED, steps, tiers[2]);

  ck_assert_dec_eq(bl_price_reach(&halves, D("0"), D("3"), D("1")), "2");
  ck_assert_dec_eq(bl_price_reach(&halves, D("0"), D("2"), D("1")), "2");
  ck_assert_dec_eq(bl_price_reach(&halves, D("0"), D("1.5"), D("1")), "1.5");
  ck_assert_dec_eq(bl_price_reach(&tokens, D("7"), D("90000"), D("0.03")),
                   "10000");
  ck_assert_dec_eq(bl_price_reach(&ladder, D("0"), D("9"), D("1")), "2");
  ck_assert_dec_eq(bl_price_reach(&ladder, D("1"), D("9"), D("0.6")), "2");
  ck_assert_dec_eq(bl_price_reach(&ladder, D("1"), D("9"), D("0.5")), "1");
  ck_assert_dec_eq(bl_price_reach(&ladder, D("0"), D("9"), D("0.9")), "1.8");
  halves.free = D("10");
  ck_assert_dec_eq(bl_price_reach(&halves, D("4"), D("90"), D("1")), "8");
  halves.per = D("3");
  ck_assert_dec_eq(bl_price_reach(&halves, D("4"), D("90"), D("1")), "12");
}
END_TEST

/* 2 / 0.9 has no end: the least that costs 2 is used, and not more. */
START_TEST(money_that_does_not_divide_draws_what_it_is) {
  static const rung nine[] = {{NULL, "0.9", NULL}};
  bl_tier some[PRICES_TIERS];
  bl_price rate = price_of(BL_MODEL_PER_UNIT, nine, some);
  bl_dec units = bl_price_reach(&rate, D("0"), D("1000"), D("2"));

  ck_assert_dec_eq(units, "2.222222222222222222");
  ck_assert_dec_eq(bl_price_total(&rate, units), "2");
}
END_TEST

/* What it divides to does not fit: then all that is there is reached. */
START_TEST(money_without_end_reaches_all_that_there_is) {
  static const rung tiny[] = {{NULL, "0.000000000000000001", NULL}};
  bl_tier some[PRICES_TIERS];
  bl_price rate = price_of(BL_MODEL_PER_UNIT, tiny, some);
  bl_dec most = D("99999999999999999999.999999999999999999");

  ck_assert(bl_dec_equal(bl_price_reach(&rate, D("0"), most,
                                        D("99999999999999999999")), most));
}
END_TEST

Suite *test_price_reach(void) {
  Suite *s = suite_create("price_reach");
  TCase *c = tcase_create("all");

  tcase_add_test(
      c, money_reaches_through_the_tiers_and_the_rest_is_at_the_list_price);
  tcase_add_test(c, no_more_than_is_asked_for_is_reached);
  tcase_add_test(c, what_is_free_reaches_all_the_way);
  tcase_add_test(c, money_that_does_not_divide_is_used_up);
  tcase_add_test(c, money_that_divides_reaches_as_far_as_it_divides_to);
  tcase_add_test(c, money_that_does_not_divide_draws_what_it_is);
  tcase_add_test(c, money_without_end_reaches_all_that_there_is);
  suite_add_tcase(s, c);
  return s;
}
