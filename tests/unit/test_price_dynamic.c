/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "prices.h"

Suite *test_price_dynamic(void);

static bl_tier tier;

START_TEST(what_events_cost_is_passed_on) {
  bl_price p = {.model = BL_MODEL_DYNAMIC, .tiers = &tier, .tier_count = 1,
                .per = BL_DEC_ONE};

  tier = (bl_tier){BL_DEC_MAX, D("1.2"), BL_DEC_ZERO, BL_DEC_ZERO};
  ck_assert_dec_eq(price_checked(&p, "0.40"), "0.48");
  ck_assert_dec_eq(price_checked(&p, "0"), "0");
  ck_assert_dec_eq(price_checked(&p, "-1"), "-1.2");
}
END_TEST

Suite *test_price_dynamic(void) {
  Suite *s = suite_create("price_dynamic");
  TCase *c = tcase_create("dynamic");

  tcase_add_test(c, what_events_cost_is_passed_on);
  suite_add_tcase(s, c);
  return s;
}
