/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "prices.h"

Suite *test_price_volume(void);

static bl_tier tiers[PRICES_TIERS];

static const rung example[] = {
  {"100", "0.10", NULL}, {"1000", "0.08", NULL}, {NULL, "0.05", NULL}
};

START_TEST(the_last_tier_reached_sets_the_rate_of_all_units) {
  bl_price p = price_of(BL_MODEL_VOLUME, example, tiers);

  ck_assert_dec_eq(price_checked(&p, "0"), "0");
  ck_assert_dec_eq(price_checked(&p, "100"), "10");
  ck_assert_dec_eq(price_checked(&p, "101"), "8.08");
  ck_assert_dec_eq(price_checked(&p, "1200"), "60");
}
END_TEST

START_TEST(a_price_has_one_part) {
  bl_price p = price_of(BL_MODEL_VOLUME, example, tiers);
  bl_part parts[3];

  ck_assert_uint_eq(bl_price_parts(&p, D("1200"), parts), 1);
  ck_assert_uint_eq(parts[0].tier, 2);
  ck_assert_dec_eq(parts[0].quantity, "1200");
  ck_assert_dec_eq(parts[0].unit, "0.05");
  ck_assert_uint_eq(bl_price_parts(&p, D("0"), parts), 0);
}
END_TEST

static const rung stripe_a[] = {
  {"5", "7", NULL}, {"10", "6.5", NULL}, {NULL, "6", NULL}
};
static const rung stripe_b[] = {
  {"5", "5", NULL}, {"10", "4", NULL}, {"15", "3", NULL}, {"20", "2", NULL},
  {NULL, "1", NULL}
};
static const rung flexprice[] = {
  {"10", "50", NULL}, {"20", "40", NULL}, {NULL, "30", NULL}
};
static const rung storage[] = {{"1000", "0.10", NULL}, {NULL, "0.09", NULL}};
static const rung lago[] = {
  {"100", "2", "10"}, {"200", "1", "0"}, {NULL, "0.5", "50"}
};

/* Stripe, Flexprice, Metronome and Lago, in this order. */
static const sale sales[] = {
  {stripe_a, "1", "7"}, {stripe_a, "6", "39"}, {stripe_a, "10", "65"},
  {stripe_a, "20", "120"},
  {stripe_b, "1", "5"}, {stripe_b, "5", "25"}, {stripe_b, "6", "24"},
  {flexprice, "5", "250"}, {flexprice, "25", "750"},
  {storage, "1500", "135"}, {storage, "1001", "90.09"},
  {lago, "101", "101"}, {lago, "300", "200"}, {lago, "210", "155"},
};

START_TEST(amounts_are_the_peers) {
  bl_price p = price_of(BL_MODEL_VOLUME, sales[_i].ladder, tiers);

  ck_assert_dec_eq(price_checked(&p, sales[_i].quantity), sales[_i].amount);
}
END_TEST

START_TEST(a_quantity_on_a_bound_is_below_it_unless_bounds_are_exclusive) {
  bl_price p = price_of(BL_MODEL_VOLUME, lago, tiers);

  ck_assert_dec_eq(price_checked(&p, "100"), "210");
  ck_assert_dec_eq(price_checked(&p, "200"), "200");
  p.flags = BL_PRICE_BOUND_EXCLUSIVE;
  ck_assert_dec_eq(price_checked(&p, "99.9"), "209.8");
  ck_assert_dec_eq(price_checked(&p, "100"), "100");
  ck_assert_dec_eq(price_checked(&p, "200"), "150");
}
END_TEST

START_TEST(nothing_is_due_at_zero_unless_the_price_says_so) {
  bl_price p = price_of(BL_MODEL_VOLUME, lago, tiers);
  bl_part parts[3];

  ck_assert_dec_eq(price_checked(&p, "0"), "0");
  p.flags = BL_PRICE_FLAT_AT_ZERO;
  ck_assert_dec_eq(price_checked(&p, "0"), "10");
  ck_assert_uint_eq(bl_price_parts(&p, D("0"), parts), 1);
  ck_assert_dec_eq(price_checked(&p, "-1"), "0");
}
END_TEST

START_TEST(one_more_unit_can_cost_less_than_nothing) {
  bl_price p = price_of(BL_MODEL_VOLUME, lago, tiers);

  ck_assert_dec_eq(bl_price_delta(&p, D("100"), D("101")), "-109");
}
END_TEST

START_TEST(what_does_not_fit_is_bad) {
  bl_price p = price_of(BL_MODEL_VOLUME, stripe_a, tiers);

  ck_assert(bl_dec_is_bad(bl_price_total(&p, D("99999999999999999999"))));
  ck_assert(bl_dec_is_bad(bl_price_total(&p, BL_DEC_BAD)));
}
END_TEST

Suite *test_price_volume(void) {
  Suite *s = suite_create("price_volume");
  TCase *c = tcase_create("all");

  tcase_add_test(c, the_last_tier_reached_sets_the_rate_of_all_units);
  tcase_add_test(c, a_price_has_one_part);
  tcase_add_loop_test(c, amounts_are_the_peers, 0, (int)BL_COUNT(sales));
  tcase_add_test(c,
    a_quantity_on_a_bound_is_below_it_unless_bounds_are_exclusive);
  tcase_add_test(c, nothing_is_due_at_zero_unless_the_price_says_so);
  tcase_add_test(c, one_more_unit_can_cost_less_than_nothing);
  tcase_add_test(c, what_does_not_fit_is_bad);
  suite_add_tcase(s, c);
  return s;
}
