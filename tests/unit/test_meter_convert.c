/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "meter/convert.h"
#include "unit.h"

Suite *test_meter_convert(void);

static bl_dec convert(uint32_t divides, const char *by, uint32_t round,
                      int32_t places, const char *quantity) {
  bl_convert c = {D(by), divides, round, places, 0};

  return bl_convert_quantity(&c, D(quantity));
}

START_TEST(bytes_become_started_kilobytes) {
  bl_convert c = {D("1000"), 1, BL_CONVERT_CEILING, 0, 0};

  ck_assert_dec_eq(bl_convert_exactly(&c, D("1247")), "1.247");
  ck_assert_dec_eq(bl_convert_quantity(&c, D("1247")), "2");
  ck_assert_dec_eq(convert(0, "1", BL_CONVERT_CEILING, -2, "123.456"),
                   "200");
}
END_TEST

START_TEST(every_way_to_round) {
  ck_assert_dec_eq(convert(1, "2", BL_CONVERT_NONE, 0, "-5"), "-2.5");
  ck_assert_dec_eq(convert(1, "2", BL_CONVERT_UP, 0, "-5"), "-3");
  ck_assert_dec_eq(convert(1, "2", BL_CONVERT_DOWN, 0, "-5"), "-2");
  ck_assert_dec_eq(convert(1, "2", BL_CONVERT_CEILING, 0, "-5"), "-2");
  ck_assert_dec_eq(convert(1, "2", BL_CONVERT_FLOOR, 0, "-5"), "-3");
  ck_assert_dec_eq(convert(1, "2", BL_CONVERT_HALF_AWAY, 0, "-5"), "-3");
  ck_assert_dec_eq(convert(1, "2", BL_CONVERT_HALF_UP, 0, "-5"), "-2");
  ck_assert_dec_eq(convert(1, "2", BL_CONVERT_HALF_DOWN, 0, "-5"), "-2");
  ck_assert_dec_eq(convert(1, "2", BL_CONVERT_HALF_EVEN, 0, "-7"), "-4");
  ck_assert_dec_eq(convert(0, "1.5", BL_CONVERT_HALF_UP, 1, "4.23"), "6.3");
}
END_TEST

/* A third of 10^-18 more than 3 needs a fourth one. */
START_TEST(the_quotient_is_not_cut_before_it_is_rounded) {
  ck_assert_dec_eq(convert(1, "10", BL_CONVERT_CEILING, 0,
                           "30.000000000000000001"), "4");
  ck_assert_dec_eq(convert(1, "3", BL_CONVERT_FLOOR, 0, "9"), "3");
  ck_assert_dec_eq(convert(1, "3", BL_CONVERT_CEILING, 0, "9"), "3");
  ck_assert_dec_eq(convert(1, "10", BL_CONVERT_FLOOR, 0,
                           "-30.000000000000000001"), "-4");
}
END_TEST

START_TEST(what_does_not_fit_is_bad) {
  ck_assert(bl_dec_is_bad(convert(0, "10", BL_CONVERT_NONE, 0,
                                  "99999999999999999999")));
  ck_assert(bl_dec_is_bad(convert(0, "1", BL_CONVERT_UP, -20, "1")));
  ck_assert_dec_eq(convert(0, "1", BL_CONVERT_HALF_UP, -20, "1"), "0");
}
END_TEST

Suite *test_meter_convert(void) {
  Suite *s = suite_create("meter_convert");
  TCase *c = tcase_create("all");

  tcase_add_test(c, bytes_become_started_kilobytes);
  tcase_add_test(c, every_way_to_round);
  tcase_add_test(c, the_quotient_is_not_cut_before_it_is_rounded);
  tcase_add_test(c, what_does_not_fit_is_bad);
  suite_add_tcase(s, c);
  return s;
}
