/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "price/run.h"
#include "unit.h"

Suite *test_price_transform(void);

static bl_transform divide(const char *by, const char *free, int mode) {
  bl_transform t = {D(by), D(free), 1, 1, 0, mode};

  return t;
}

START_TEST(seconds_become_started_thousands) {
  bl_transform t = divide("1000", "0", BL_ROUND_CEILING);

  ck_assert_dec_eq(bl_transform_quantity(&t, D("1400")), "2");
  ck_assert_dec_eq(bl_transform_quantity(&t, D("1000")), "1");
  ck_assert_dec_eq(bl_transform_quantity(&t, D("0")), "0");
}
END_TEST

START_TEST(free_units_are_taken_off_first) {
  bl_transform t = divide("10", "5", BL_ROUND_CEILING);

  ck_assert_dec_eq(bl_transform_quantity(&t, D("12")), "1");
  ck_assert_dec_eq(bl_transform_quantity(&t, D("3")), "0");
  ck_assert_dec_eq(bl_transform_above(D("10"), D("25")), "15");
  ck_assert_dec_eq(bl_transform_above(D("10"), D("5")), "0");
}
END_TEST

START_TEST(without_rounding_it_stays_exact) {
  bl_transform t = {D("1.5"), BL_DEC_ZERO, 0, 0, 0, 0};

  ck_assert_dec_eq(bl_transform_quantity(&t, D("4.2")), "6.3");
}
END_TEST

START_TEST(places_may_be_behind_or_before_the_point) {
  bl_transform t = divide("3600", "0", BL_ROUND_CEILING);

  t.places = 2;
  ck_assert_dec_eq(bl_transform_quantity(&t, D("1500")), "0.42");
  t = divide("1", "0", BL_ROUND_FLOOR);
  t.places = -2;
  ck_assert_dec_eq(bl_transform_quantity(&t, D("1299")), "1200");
}
END_TEST

/* 1.000000000000000001 / 1000000 is 0.000001 at 18 decimals: the quotient
 * alone would not start the second package. */
START_TEST(the_last_decimal_starts_a_package) {
  bl_transform t = divide("1000000", "0", BL_ROUND_CEILING);

  t.places = 6;
  ck_assert_dec_eq(bl_transform_quantity(&t, D("1.000000000000000001")),
                   "0.000002");
  ck_assert_dec_eq(bl_transform_quantity(&t, D("1")), "0.000001");
}
END_TEST

Suite *test_price_transform(void) {
  Suite *s = suite_create("price_transform");
  TCase *c = tcase_create("all");

  tcase_add_test(c, seconds_become_started_thousands);
  tcase_add_test(c, free_units_are_taken_off_first);
  tcase_add_test(c, without_rounding_it_stays_exact);
  tcase_add_test(c, places_may_be_behind_or_before_the_point);
  tcase_add_test(c, the_last_decimal_starts_a_package);
  suite_add_tcase(s, c);
  return s;
}
