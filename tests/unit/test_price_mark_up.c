/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "price/terms.h"
#include "unit.h"

Suite *test_price_mark_up(void);

START_TEST(the_worked_example_is_so) {
  ck_assert_dec_eq(bl_mark_up(D("2.50"), D("20")), "3");
  ck_assert_dec_eq(bl_mark_up(D("2.50"), D("-10")), "2.25");
  ck_assert_dec_eq(bl_mark_up(D("2.50"), BL_DEC_ZERO), "2.5");
}
END_TEST

Suite *test_price_mark_up(void) {
  Suite *s = suite_create("price_mark_up");
  TCase *c = tcase_create("mark_up");

  tcase_add_test(c, the_worked_example_is_so);
  suite_add_tcase(s, c);
  return s;
}
