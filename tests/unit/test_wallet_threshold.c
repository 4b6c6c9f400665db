/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "unit.h"
#include "wallet/threshold.h"

static bl_top_up plain(void) {
  bl_top_up t = {.unit_price = BL_DEC_ONE};

  return t;
}

START_TEST(a_balance_tells_once_until_it_was_above) {
  static const char *const path[] = {"8", "5", "1", "20", "4", "5"};
  static const int tells[] = {0, 1, 0, 0, 1, 0};

  for (size_t i = 1; i < BL_COUNT(path); i++)
    ck_assert_int_eq(bl_threshold_crosses(D(path[i - 1]), D(path[i]), D("5"),
                                          1), tells[i]);
}
END_TEST

START_TEST(spend_tells_when_it_rises_to_it) {
  ck_assert_int_eq(bl_threshold_crosses(D("9.99"), D("10"), D("10"), 0), 1);
  ck_assert_int_eq(bl_threshold_crosses(D("10"), D("11"), D("10"), 0), 0);
  ck_assert_int_eq(bl_threshold_crosses(D("11"), D("0"), D("10"), 0), 0);
}
END_TEST

START_TEST(a_figure_is_back_beyond_a_second_threshold) {
  ck_assert_int_eq(bl_threshold_recovers(D("6"), D("8"), 1), 0);
  ck_assert_int_eq(bl_threshold_recovers(D("8"), D("8"), 1), 1);
  ck_assert_int_eq(bl_threshold_recovers(D("3"), D("2"), 0), 0);
  ck_assert_int_eq(bl_threshold_recovers(D("2"), D("2"), 0), 1);
}
END_TEST

START_TEST(days_are_counted_by_what_hours_take) {
  ck_assert_dec_eq(bl_threshold_days(D("12"), D("0.5"), 6), "6");
  ck_assert_dec_eq(bl_threshold_days(D("7"), D("14"), 168), "3.5");
  ck_assert_dec_eq(bl_threshold_days(D("0"), D("1"), 24), "0");
  ck_assert_int_eq(bl_dec_equal(bl_threshold_days(D("5"), D("0"), 24),
                                BL_DEC_MAX), 1);
  ck_assert_int_eq(bl_dec_equal(
      bl_threshold_days(D("90000000000000000000"),
                        D("0.000000000000000001"), 8784), BL_DEC_MAX), 1);
}
END_TEST

START_TEST(a_target_is_filled_and_has_a_least_charge) {
  bl_top_up t = plain();

  t.has_target = 1;
  t.target = D("20");
  ck_assert_dec_eq(bl_top_up_amount(&t, D("1.25")), "18.75");
  ck_assert_dec_eq(bl_top_up_amount(&t, D("20")), "0");
  ck_assert_dec_eq(bl_top_up_amount(&t, D("30")), "0");
  t.least = D("25");
  t.unit_price = D("0.5");
  ck_assert_dec_eq(bl_top_up_amount(&t, D("19")), "50");
  ck_assert_dec_eq(bl_top_up_amount(&t, D("-40")), "60");
}
END_TEST

START_TEST(what_is_paid_beside_is_a_share_and_an_amount) {
  bl_top_up t = plain();

  t.unit_price = D("0.10");
  t.discount = D("0.1");
  t.mark_up = D("0.02");
  t.fee = D("0.30");
  ck_assert_dec_eq(bl_top_up_charge(&t, D("450")), "40.5");
  ck_assert_dec_eq(bl_top_up_fee(&t, D("40.5")), "1.11");
}
END_TEST

START_TEST(a_fill_has_a_most) {
  bl_top_up t = plain();

  t.has_target = 1;
  t.target = D("100");
  t.most = D("25");
  t.unit_price = D("0.5");
  ck_assert_dec_eq(bl_top_up_amount(&t, D("10")), "50");
  ck_assert_dec_eq(bl_top_up_amount(&t, D("60")), "40");
}
END_TEST

START_TEST(an_amount_is_repeated_until_it_is_enough) {
  bl_top_up t = plain();

  t.amount = D("50");
  ck_assert_dec_eq(bl_top_up_amount(&t, D("-100")), "50");
  t.repeats = 1;
  t.above = D("10");
  ck_assert_dec_eq(bl_top_up_amount(&t, D("-100")), "150");
  ck_assert_dec_eq(bl_top_up_amount(&t, D("-90")), "150");
  ck_assert_dec_eq(bl_top_up_amount(&t, D("9")), "50");
  ck_assert_dec_eq(bl_top_up_amount(&t, D("11")), "50");
  t.most = D("100");
  ck_assert_dec_eq(bl_top_up_amount(&t, D("-429.8")), "100");
  t.amount = BL_DEC_ZERO;
  ck_assert_dec_eq(bl_top_up_amount(&t, D("-429.8")), "0");
}
END_TEST

START_TEST(the_charge_is_the_price_less_its_discount) {
  bl_top_up t = plain();

  t.unit_price = D("0.10");
  ck_assert_dec_eq(bl_top_up_charge(&t, D("450")), "45");
  t.discount = D("0.1");
  ck_assert_dec_eq(bl_top_up_charge(&t, D("450")), "40.5");
}
END_TEST

Suite *test_wallet_threshold(void);
Suite *test_wallet_threshold(void) {
  Suite *s = suite_create("wallet_threshold");
  TCase *t = tcase_create("threshold");

  tcase_add_test(t, a_balance_tells_once_until_it_was_above);
  tcase_add_test(t, spend_tells_when_it_rises_to_it);
  tcase_add_test(t, a_figure_is_back_beyond_a_second_threshold);
  tcase_add_test(t, days_are_counted_by_what_hours_take);
  tcase_add_test(t, a_target_is_filled_and_has_a_least_charge);
  tcase_add_test(t, what_is_paid_beside_is_a_share_and_an_amount);
  tcase_add_test(t, a_fill_has_a_most);
  tcase_add_test(t, an_amount_is_repeated_until_it_is_enough);
  tcase_add_test(t, the_charge_is_the_price_less_its_discount);
  suite_add_tcase(s, t);
  return s;
}
