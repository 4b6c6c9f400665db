/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "price/terms.h"
#include "unit.h"

Suite *test_price_capacity(void);

START_TEST(the_first_limit_that_holds_the_quantity_is_the_step) {
  bl_dec limits[] = {D("100"), D("200"), BL_DEC_MAX};

  ck_assert_uint_eq(bl_capacity_step(limits, 3, D("100")), 0);
  ck_assert_uint_eq(bl_capacity_step(limits, 3, D("101")), 1);
  ck_assert_uint_eq(bl_capacity_step(limits, 3, D("999")), 2);
  ck_assert_uint_eq(bl_capacity_step(limits, 2, D("999")), 1);
}
END_TEST

Suite *test_price_capacity(void) {
  Suite *s = suite_create("price_capacity");
  TCase *c = tcase_create("capacity");

  tcase_add_test(c, the_first_limit_that_holds_the_quantity_is_the_step);
  suite_add_tcase(s, c);
  return s;
}
