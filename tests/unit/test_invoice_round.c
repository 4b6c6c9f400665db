/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "invoice/invoice.h"
#include "unit.h"

START_TEST(seven_point_oh_oh_five_as_in_the_worked_example) {
  ck_assert_dec_eq(bl_round_due(D("7.005"), D("5"), 2), "2.01");
  ck_assert_dec_eq(bl_round_due(D("7.005"), D("7.005"), 2), "0");
  ck_assert_dec_eq(bl_round_due(D("-2.005"), D("0"), 2), "-2.01");
  ck_assert_dec_eq(bl_round_due(D("1234.5"), D("0"), 0), "1235");
}
END_TEST

START_TEST(what_is_drawn_is_taken_off_before_rounding) {
  /* Rounding both sides would give 0.01 - 0.01 = 0. */
  ck_assert_dec_eq(bl_round_due(D("0.014"), D("0.005"), 2), "0.01");
  /* Rounding the charge alone would give 0.01 - 0.005 = 0.005. */
  ck_assert_dec_eq(bl_round_due(D("0.005"), D("0.0049"), 2), "0");
}
END_TEST

START_TEST(less_than_half_goes_to_zero_and_half_away_from_it) {
  ck_assert_dec_eq(bl_round_due(D("0.004999999999999999"), D("0"), 2), "0");
  ck_assert_dec_eq(bl_round_due(D("0.005"), D("0"), 2), "0.01");
  ck_assert_dec_eq(bl_round_due(D("-0.004999999999999999"), D("0"), 2), "0");
  ck_assert_dec_eq(bl_round_due(D("-0.005"), D("0"), 2), "-0.01");
  ck_assert_dec_eq(bl_round_due(D("2.5"), D("0"), 0), "3");
}
END_TEST

START_TEST(eighteen_places_keep_every_digit) {
  ck_assert_dec_eq(bl_round_due(D("0.333333333333333333"), D("0"), 18),
                   "0.333333333333333333");
}
END_TEST

START_TEST(a_bad_figure_is_due_badly) {
  ck_assert_int_eq(bl_dec_is_bad(bl_round_due(BL_DEC_BAD, D("0"), 2)), 1);
  ck_assert_int_eq(bl_dec_is_bad(bl_round_due(D("1"), BL_DEC_BAD, 2)), 1);
}
END_TEST

Suite *test_invoice_round(void);

Suite *test_invoice_round(void) {
  Suite *suite = suite_create("invoice/round");
  TCase *tests = tcase_create("round");
  tcase_add_test(tests, seven_point_oh_oh_five_as_in_the_worked_example);
  tcase_add_test(tests, what_is_drawn_is_taken_off_before_rounding);
  tcase_add_test(tests, less_than_half_goes_to_zero_and_half_away_from_it);
  tcase_add_test(tests, eighteen_places_keep_every_digit);
  tcase_add_test(tests, a_bad_figure_is_due_badly);
  suite_add_tcase(suite, tests);
  return suite;
}
