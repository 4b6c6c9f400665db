/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "prices.h"

Suite *test_price_graduated_percentage(void);

static bl_tier tiers[PRICES_TIERS];

static const rung example[] = {{"1000", "3", "0"}, {NULL, "2", "5"}};

START_TEST(each_part_of_the_amount_has_its_rate) {
  bl_price p = price_of(BL_MODEL_GRADUATED_PERCENTAGE, example, tiers);

  p.per = D("100");
  ck_assert_dec_eq(price_checked(&p, "1500"), "45");
  ck_assert_dec_eq(price_checked(&p, "1000"), "30");
  ck_assert_dec_eq(price_checked(&p, "0"), "0");
}
END_TEST

Suite *test_price_graduated_percentage(void) {
  Suite *s = suite_create("price_graduated_percentage");
  TCase *c = tcase_create("graduated_percentage");

  tcase_add_test(c, each_part_of_the_amount_has_its_rate);
  suite_add_tcase(s, c);
  return s;
}
