/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "price/terms.h"
#include "unit.h"

Suite *test_price_composite(void);

START_TEST(prices_and_tags_say_whose_spend_counts_once) {
  bl_str support = BL_STR("support"), a = BL_STR("a");
  bl_spend spend[] = {
    {BL_STR("a"), {&support, 1}, D("300")},
    {BL_STR("b"), {&support, 1}, D("100")},
    {BL_STR("c"), {NULL, 0}, D("1000")},
  };
  bl_words prices = {&a, 1}, tags = {&support, 1}, none = {NULL, 0};

  ck_assert_dec_eq(bl_composite_base(spend, 3, &prices, &tags), "400");
  ck_assert_dec_eq(bl_composite_base(spend, 3, &prices, &none), "300");
  ck_assert_dec_eq(bl_composite_base(spend, 3, &none, &none), "0");
}
END_TEST

Suite *test_price_composite(void) {
  Suite *s = suite_create("price_composite");
  TCase *c = tcase_create("composite");

  tcase_add_test(c, prices_and_tags_say_whose_spend_counts_once);
  suite_add_tcase(s, c);
  return s;
}
