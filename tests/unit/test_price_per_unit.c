/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "prices.h"

Suite *test_price_per_unit(void);

static bl_tier tiers[PRICES_TIERS];

static bl_price per_unit(const char *unit, const char *per) {
  rung one[1] = {{NULL, NULL, NULL}};
  bl_price p;

  one[0].unit = unit;
  p = price_of(BL_MODEL_PER_UNIT, one, tiers);
  p.per = D(per);
  return p;
}

START_TEST(a_price_for_a_million_is_exact_for_a_thousand) {
  bl_price p = per_unit("2.50", "1000000");

  ck_assert_dec_eq(price_checked(&p, "1200"), "0.003");
  ck_assert_dec_eq(price_checked(&p, "-1200"), "-0.003");
  ck_assert_dec_eq(price_checked(&p, "1"), "0.0000025");
  ck_assert_dec_eq(price_checked(&p, "1000000"), "2.5");
}
END_TEST

/* Stripe, Flexprice and Lago: unit price, quantity, amount. */
static const char *const sales[][3] = {
  {"5", "1", "5"}, {"5", "6", "30"}, {"5", "25", "125"}, {"9.99", "1", "9.99"},
  {"0.0004", "101", "0.0404"}, {"0.0004", "12345", "4.938"},
  {"0.0004", "1000000", "400"}, {"100", "5", "500"}, {"10", "10", "100"},
  {"5.12345", "10", "51.2345"}, {"5.12345", "20", "102.469"}, {"7", "0", "0"},
};

START_TEST(amounts_are_the_peers) {
  bl_price p = per_unit(sales[_i][0], "1");

  ck_assert_dec_eq(price_checked(&p, sales[_i][1]), sales[_i][2]);
}
END_TEST

START_TEST(the_division_comes_last) {
  /* 1/3 first would lose the last unit: 3 * 0.333.. is not 1. */
  bl_price p = per_unit("1", "3");

  ck_assert_dec_eq(price_checked(&p, "3"), "1");
  ck_assert_dec_eq(price_checked(&p, "1"), "0.333333333333333333");
  ck_assert_dec_eq(price_checked(&p, "2"), "0.666666666666666667");
}
END_TEST

START_TEST(a_part_says_quantity_and_price) {
  bl_price p = per_unit("2.50", "1000000");
  bl_part part;

  ck_assert_uint_eq(bl_price_parts(&p, D("1200"), &part), 1);
  ck_assert_uint_eq(part.tier, 0);
  ck_assert_dec_eq(part.quantity, "1200");
  ck_assert_dec_eq(part.unit, "2.5");
  ck_assert_dec_eq(part.flat, "0");
  ck_assert_dec_eq(part.amount, "0.003");
  ck_assert_uint_eq(bl_price_parts(&p, D("0"), &part), 0);
}
END_TEST

START_TEST(what_does_not_fit_is_bad) {
  bl_price p = per_unit("10", "1");

  ck_assert(bl_dec_is_bad(bl_price_total(&p, D("99999999999999999999"))));
  ck_assert(bl_dec_is_bad(bl_price_total(&p, BL_DEC_BAD)));
}
END_TEST

START_TEST(free_units_come_first) {
  static const rung one[] = {{NULL, "2.50", NULL}};
  bl_tier tier[PRICES_TIERS];
  bl_price p = price_of(BL_MODEL_PER_UNIT, one, tier);

  p.per  = D("1000000");
  p.free = D("200");
  ck_assert_dec_eq(price_checked(&p, "1200"), "0.0025");
  ck_assert_dec_eq(price_checked(&p, "200"), "0");
  ck_assert_dec_eq(bl_price_delta(&p, D("100"), D("1200")), "0.0025");
}
END_TEST

Suite *test_price_per_unit(void) {
  Suite *s = suite_create("price_per_unit");
  TCase *c = tcase_create("all");

  tcase_add_test(c, a_price_for_a_million_is_exact_for_a_thousand);
  tcase_add_loop_test(c, amounts_are_the_peers, 0, (int)BL_COUNT(sales));
  tcase_add_test(c, the_division_comes_last);
  tcase_add_test(c, a_part_says_quantity_and_price);
  tcase_add_test(c, what_does_not_fit_is_bad);
  tcase_add_test(c, free_units_come_first);
  suite_add_tcase(s, c);
  return s;
}
