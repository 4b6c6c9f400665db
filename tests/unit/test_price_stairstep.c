/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "prices.h"

Suite *test_price_stairstep(void);

static bl_tier tiers[PRICES_TIERS];

static const rung example[] = {
  {"100", "0", "20"}, {"1000", "0", "150"}, {NULL, "0", "400"}
};

START_TEST(a_quantity_costs_the_amount_of_its_step) {
  bl_price p = price_of(BL_MODEL_STAIRSTEP, example, tiers);

  ck_assert_dec_eq(price_checked(&p, "0"), "0");
  ck_assert_dec_eq(price_checked(&p, "0.5"), "20");
  ck_assert_dec_eq(price_checked(&p, "100"), "20");
  ck_assert_dec_eq(price_checked(&p, "101"), "150");
  ck_assert_dec_eq(price_checked(&p, "1200"), "400");
  ck_assert_dec_eq(price_checked(&p, "-5"), "0");
}
END_TEST

START_TEST(bounds_and_zero_follow_the_options) {
  bl_price p = price_of(BL_MODEL_STAIRSTEP, example, tiers);

  p.flags = BL_PRICE_BOUND_EXCLUSIVE | BL_PRICE_FLAT_AT_ZERO;
  ck_assert_dec_eq(price_checked(&p, "100"), "150");
  ck_assert_dec_eq(price_checked(&p, "0"), "20");
}
END_TEST

START_TEST(a_smaller_total_gives_back_the_difference) {
  bl_price p = price_of(BL_MODEL_STAIRSTEP, example, tiers);

  ck_assert_dec_eq(bl_price_delta(&p, D("101"), D("100")), "-130");
}
END_TEST

Suite *test_price_stairstep(void) {
  Suite *s = suite_create("price_stairstep");
  TCase *c = tcase_create("stairstep");

  tcase_add_test(c, a_quantity_costs_the_amount_of_its_step);
  tcase_add_test(c, bounds_and_zero_follow_the_options);
  tcase_add_test(c, a_smaller_total_gives_back_the_difference);
  suite_add_tcase(s, c);
  return s;
}
