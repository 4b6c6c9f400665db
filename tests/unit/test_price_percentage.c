/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "prices.h"

Suite *test_price_percentage(void);

static bl_tier tier;

static bl_price percent(const char *rate, const char *free_amount) {
  bl_price p = {.model = BL_MODEL_PERCENTAGE, .tiers = &tier,
                .tier_count = 1, .per = D("100"), .free = D(free_amount)};

  tier = (bl_tier){BL_DEC_MAX, D(rate), BL_DEC_ZERO, BL_DEC_ZERO};
  return p;
}

START_TEST(the_rate_is_for_what_is_above_the_free_amount) {
  bl_price p = percent("2.9", "100");

  ck_assert_dec_eq(price_checked(&p, "450"), "10.15");
  ck_assert_dec_eq(price_checked(&p, "100"), "0");
  ck_assert_dec_eq(price_checked(&p, "0"), "0");
}
END_TEST

START_TEST(refunds_above_an_allowance_give_back) {
  bl_price p = percent("10", "0");

  ck_assert_dec_eq(bl_price_delta(&p, D("50"), D("20")), "-3");
  ck_assert_dec_eq(price_checked(&p, "-20"), "-2");
}
END_TEST

START_TEST(a_maximum_caps_the_period) {
  bl_price p = percent("10", "0");

  p.flags   = BL_PRICE_HAS_MAXIMUM;
  p.maximum = D("5");
  ck_assert_dec_eq(price_checked(&p, "40"), "4");
  ck_assert_dec_eq(price_checked(&p, "60"), "5");
  ck_assert_dec_eq(bl_price_delta(&p, D("40"), D("60")), "1");
  ck_assert_dec_eq(bl_price_delta(&p, D("60"), D("90")), "0");
}
END_TEST

Suite *test_price_percentage(void) {
  Suite *s = suite_create("price_percentage");
  TCase *c = tcase_create("percentage");

  tcase_add_test(c, the_rate_is_for_what_is_above_the_free_amount);
  tcase_add_test(c, refunds_above_an_allowance_give_back);
  tcase_add_test(c, a_maximum_caps_the_period);
  suite_add_tcase(s, c);
  return s;
}
