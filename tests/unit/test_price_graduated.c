/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "prices.h"

Suite *test_price_graduated(void);

static bl_tier tiers[PRICES_TIERS];

static const rung example[] = {
  {"100", "0.10", NULL}, {"1000", "0.08", NULL}, {NULL, "0.05", NULL}
};

START_TEST(each_unit_costs_the_rate_of_its_tier) {
  bl_price p = price_of(BL_MODEL_GRADUATED, example, tiers);

  ck_assert_dec_eq(price_checked(&p, "0"), "0");
  ck_assert_dec_eq(price_checked(&p, "1"), "0.1");
  ck_assert_dec_eq(price_checked(&p, "100"), "10");
  ck_assert_dec_eq(price_checked(&p, "101"), "10.08");
  ck_assert_dec_eq(price_checked(&p, "1000"), "82");
  ck_assert_dec_eq(price_checked(&p, "1200"), "92");
}
END_TEST

START_TEST(each_entered_tier_is_a_part) {
  bl_price p = price_of(BL_MODEL_GRADUATED, example, tiers);
  bl_part parts[3];

  ck_assert_uint_eq(bl_price_parts(&p, D("1200"), parts), 3);
  ck_assert_dec_eq(parts[0].quantity, "100");
  ck_assert_dec_eq(parts[1].quantity, "900");
  ck_assert_dec_eq(parts[2].quantity, "200");
  ck_assert_dec_eq(parts[1].amount, "72");
  ck_assert_uint_eq(parts[2].tier, 2);
  ck_assert_uint_eq(bl_price_parts(&p, D("100"), parts), 1);
}
END_TEST

static const rung stripe_a[] = {
  {"5", "7", NULL}, {"10", "6.5", NULL}, {NULL, "6", NULL}
};
static const rung stripe_b[] = {
  {"5", "5", NULL}, {"10", "4", NULL}, {"15", "3", NULL}, {"20", "2", NULL},
  {NULL, "1", NULL}
};
static const rung overflow[] = {
  {"100000", "0", "4"}, {NULL, "0.000065", NULL}
};
static const rung free_first[] = {
  {"5", "0", NULL}, {"10", "2", NULL}, {NULL, "3", NULL}
};
static const rung flats[] = {
  {"5", "0", "1"}, {"10", "1", "2"}, {NULL, "2", "0"}
};
static const rung steps[] = {
  {"1", "10", NULL}, {"2", "20", NULL}, {NULL, "30", NULL}
};
static const rung phones[] = {
  {"5", "0", NULL}, {"10", "1", NULL}, {NULL, "1.5", NULL}
};
static const rung storage[] = {{"1000", "0.10", NULL}, {NULL, "0.09", NULL}};
static const rung calls[] = {
  {"10000", "0.010", NULL}, {"100000", "0.005", NULL}, {NULL, "0.002", NULL}
};
static const rung lago[] = {
  {"10", "10", "2"}, {"20", "5", "3"}, {NULL, "5", "3"}
};
static const rung lago_fractions[] = {
  {"0.1", "10", NULL}, {"1", "5", NULL}, {NULL, "2", NULL}
};
static const rung lago_high_flat[] = {{"5", "10", "100"}, {NULL, "5", "50"}};

/* Stripe, Flexprice, Metronome and Lago, in this order. */
static const sale sales[] = {
  {stripe_a, "1", "7"}, {stripe_a, "5", "35"}, {stripe_a, "10", "67.5"},
  {stripe_a, "11", "73.5"}, {stripe_a, "20", "127.5"},
  {stripe_b, "6", "29"}, {stripe_b, "21", "71"}, {stripe_b, "25", "75"},
  {overflow, "100070", "4.00455"},
  {free_first, "7", "4"}, {free_first, "10", "10"}, {free_first, "15", "25"},
  {flats, "3", "1"}, {flats, "12", "12"},
  {steps, "3", "60"}, {steps, "2.5", "45"},
  {phones, "5", "0"}, {phones, "6", "1"}, {phones, "11", "6.5"},
  {phones, "19", "18.5"}, {phones, "20", "20"},
  {storage, "1500", "145"}, {storage, "1000", "100"},
  {calls, "100000", "550"},
  {lago, "11", "110"}, {lago, "21", "163"},
  {lago_fractions, "0.05", "0.5"}, {lago_fractions, "0.5", "3"},
  {lago_high_flat, "3", "130"},
};

START_TEST(amounts_are_the_peers) {
  bl_price p = price_of(BL_MODEL_GRADUATED, sales[_i].ladder, tiers);

  ck_assert_dec_eq(price_checked(&p, sales[_i].quantity), sales[_i].amount);
}
END_TEST

START_TEST(nothing_is_due_at_zero_unless_the_price_says_so) {
  bl_price p = price_of(BL_MODEL_GRADUATED, lago, tiers);
  bl_part parts[3];

  ck_assert_dec_eq(price_checked(&p, "0"), "0");
  ck_assert_uint_eq(bl_price_parts(&p, D("0"), parts), 0);
  p.flags = BL_PRICE_FLAT_AT_ZERO;
  ck_assert_dec_eq(price_checked(&p, "0"), "2");
  ck_assert_uint_eq(bl_price_parts(&p, D("0"), parts), 1);
  ck_assert_dec_eq(parts[0].flat, "2");
  ck_assert_dec_eq(price_checked(&p, "1"), "12");
  p.tiers[0].flat = BL_DEC_ZERO;
  ck_assert_uint_eq(bl_price_parts(&p, D("0"), parts), 0);
}
END_TEST

START_TEST(an_exclusive_bound_enters_the_tier_above) {
  bl_price p = price_of(BL_MODEL_GRADUATED, lago, tiers);

  ck_assert_dec_eq(price_checked(&p, "10"), "102");
  ck_assert_dec_eq(price_checked(&p, "20"), "155");
  p.flags = BL_PRICE_BOUND_EXCLUSIVE;
  ck_assert_dec_eq(price_checked(&p, "9.5"), "97");
  ck_assert_dec_eq(price_checked(&p, "10"), "105");
  ck_assert_dec_eq(price_checked(&p, "11"), "110");
  ck_assert_dec_eq(price_checked(&p, "20"), "158");
  ck_assert_dec_eq(price_checked(&p, "0"), "0");
}
END_TEST

START_TEST(a_tier_without_flat_that_is_only_touched_is_no_part) {
  bl_price p = price_of(BL_MODEL_GRADUATED, example, tiers);
  bl_part parts[3];

  p.flags = BL_PRICE_BOUND_EXCLUSIVE;
  ck_assert_uint_eq(bl_price_parts(&p, D("100"), parts), 1);
  ck_assert_dec_eq(price_checked(&p, "100"), "10");
}
END_TEST

START_TEST(less_than_nothing_costs_nothing) {
  bl_price p = price_of(BL_MODEL_GRADUATED, lago, tiers);

  p.flags = BL_PRICE_FLAT_AT_ZERO;
  ck_assert_dec_eq(price_checked(&p, "-1"), "0");
}
END_TEST

START_TEST(units_may_be_priced_by_the_thousand) {
  bl_price p = price_of(BL_MODEL_GRADUATED, lago, tiers);

  /* 10 * 10/1000 + 2, then 0.5 * 5/1000 + 3 */
  p.per = D("1000");
  ck_assert_dec_eq(price_checked(&p, "10.5"), "5.1025");
}
END_TEST

START_TEST(what_does_not_fit_is_bad) {
  bl_price p = price_of(BL_MODEL_GRADUATED, stripe_a, tiers);

  ck_assert(bl_dec_is_bad(bl_price_total(&p, D("99999999999999999999"))));
  ck_assert(bl_dec_is_bad(bl_price_total(&p, BL_DEC_BAD)));
}
END_TEST

Suite *test_price_graduated(void) {
  Suite *s = suite_create("price_graduated");
  TCase *c = tcase_create("all");

  tcase_add_test(c, each_unit_costs_the_rate_of_its_tier);
  tcase_add_test(c, each_entered_tier_is_a_part);
  tcase_add_loop_test(c, amounts_are_the_peers, 0, (int)BL_COUNT(sales));
  tcase_add_test(c, nothing_is_due_at_zero_unless_the_price_says_so);
  tcase_add_test(c, an_exclusive_bound_enters_the_tier_above);
  tcase_add_test(c, a_tier_without_flat_that_is_only_touched_is_no_part);
  tcase_add_test(c, less_than_nothing_costs_nothing);
  tcase_add_test(c, units_may_be_priced_by_the_thousand);
  tcase_add_test(c, what_does_not_fit_is_bad);
  suite_add_tcase(s, c);
  return s;
}
