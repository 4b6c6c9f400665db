/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "meter/measure.h"
#include "unit.h"

Suite *test_meter_in_advance(void);

START_TEST(only_what_is_above_the_highest_level_billed_counts) {
  ck_assert_dec_eq(bl_in_advance_units(D("4"), D("10"), D("10")), "4");
  ck_assert_dec_eq(bl_in_advance_units(D("4"), D("-2"), D("10")), "0");
  ck_assert_dec_eq(bl_in_advance_units(D("0"), D("10"), D("0")), "10");
  ck_assert(bl_dec_is_bad(bl_in_advance_units(BL_DEC_MAX, D("1"), D("0"))));
}
END_TEST

Suite *test_meter_in_advance(void) {
  Suite *s = suite_create("meter_in_advance");
  TCase *c = tcase_create("all");

  tcase_add_test(c, only_what_is_above_the_highest_level_billed_counts);
  suite_add_tcase(s, c);
  return s;
}
