/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "unit.h"

Suite *test_base_wide(void);

/* The level 3 for 7 seconds and 2 for 5. */
static bl_wide example(void) {
  bl_wide w = {{0, 0, 0, 0}, 0, 0};

  bl_wide_add(&w, D("3"), 7);
  bl_wide_add(&w, D("2"), 5);
  return w;
}

START_TEST(a_quotient_is_rounded_once_at_its_place) {
  bl_wide w = example();

  ck_assert_dec_eq(bl_wide_round(&w, 12, 5, BL_ROUND_CEILING), "2.58334");
  ck_assert_dec_eq(bl_wide_round(&w, 12, 5, BL_ROUND_FLOOR), "2.58333");
  ck_assert_dec_eq(bl_wide_round(&w, 12, 18, BL_ROUND_HALF_EVEN),
                   "2.583333333333333333");
  ck_assert_dec_eq(bl_wide_round(&w, 12, -1, BL_ROUND_UP), "10");
}
END_TEST

/* (10^18 + 1) units of 10^-18 over 10^6: six places beyond the 18th. */
START_TEST(what_lies_beyond_the_last_decimal_counts) {
  bl_wide w = {{0, 0, 0, 0}, 0, 0};

  bl_wide_add(&w, D("1.000000000000000001"), 1);
  ck_assert_dec_eq(bl_wide_div(&w, 1000000), "0.000001");
  ck_assert_dec_eq(bl_wide_round(&w, 1000000, 6, BL_ROUND_CEILING),
                   "0.000002");
  ck_assert_dec_eq(bl_wide_round(&w, 2000000, 6, BL_ROUND_HALF_DOWN),
                   "0.000001");
  ck_assert_dec_eq(bl_wide_round(&w, 1000000, 6, BL_ROUND_FLOOR),
                   "0.000001");
}
END_TEST

START_TEST(ties_go_where_the_mode_says) {
  static const struct {
    int         mode;
    const char *plus;
    const char *minus;
  } rows[] = {
    {BL_ROUND_HALF_AWAY, "3", "-3"}, {BL_ROUND_HALF_EVEN, "2", "-2"},
    {BL_ROUND_HALF_UP, "3", "-2"},   {BL_ROUND_HALF_DOWN, "2", "-2"},
    {BL_ROUND_CEILING, "3", "-2"},   {BL_ROUND_FLOOR, "2", "-3"},
    {BL_ROUND_UP, "3", "-3"},        {BL_ROUND_DOWN, "2", "-2"},
  };

  for (size_t i = 0; i < BL_COUNT(rows); i++) {
    bl_wide plus = {{0, 0, 0, 0}, 0, 0}, minus = plus;

    bl_wide_add(&plus, D("10"), 1);
    bl_wide_add(&minus, D("-10"), 1);
    ck_assert_dec_eq(bl_wide_round(&plus, 4, 0, rows[i].mode), rows[i].plus);
    ck_assert_dec_eq(bl_wide_round(&minus, 4, 0, rows[i].mode),
                     rows[i].minus);
    ck_assert_dec_eq(bl_dec_muldiv_round(D("-10"), BL_DEC_ONE, D("4"), 0,
                                         rows[i].mode), rows[i].minus);
  }
}
END_TEST

START_TEST(sums_are_put_together) {
  bl_wide a = example(), b = example(), c = example();

  bl_wide_add(&b, D("-100"), 3);
  bl_wide_merge(&a, &b);
  ck_assert_dec_eq(bl_wide_div(&a, 1), "-238");
  bl_wide_scale(&a, -2);
  ck_assert_dec_eq(bl_wide_div(&a, 1), "476");
  bl_wide_scale(&c, 0);
  ck_assert_dec_eq(bl_wide_div(&c, 1), "0");
  bl_wide_scale(&a, -INT64_C(4000000000000000000));
  bl_wide_merge(&a, &c);
  ck_assert_dec_eq(bl_wide_round(&a, INT64_C(4000000000000000000), 0,
                                 BL_ROUND_HALF_EVEN), "-476");
}
END_TEST

START_TEST(what_does_not_fit_is_bad) {
  bl_wide w = {{0, 0, 0, 0}, 0, 0}, bad = {{0, 0, 0, 0}, 1, 0};

  bl_wide_add(&w, BL_DEC_MAX, INT64_MAX);
  ck_assert(bl_dec_is_bad(bl_wide_round(&w, 1, 18, BL_ROUND_DOWN)));
  ck_assert_dec_eq(bl_wide_round(&w, INT64_MAX, 18, BL_ROUND_DOWN),
                   "99999999999999999999.999999999999999999");
  ck_assert(bl_dec_is_bad(bl_wide_round(&w, INT64_MAX, 0,
                                        BL_ROUND_CEILING)));
  bl_wide_scale(&w, INT64_MAX);
  ck_assert_uint_eq(w.bad, 0);
  bl_wide_scale(&w, 16);
  ck_assert_uint_eq(w.bad, 1);
  bl_wide_merge(&bad, &(bl_wide){{1, 0, 0, 0}, 0, 0});
  ck_assert(bl_dec_is_bad(bl_wide_round(&bad, 1, 0, BL_ROUND_DOWN)));
}
END_TEST

START_TEST(a_product_over_a_divisor_is_rounded_once) {
  ck_assert_dec_eq(bl_dec_muldiv_round(D("1247"), BL_DEC_ONE, D("1000"), 0,
                                       BL_ROUND_CEILING), "2");
  ck_assert_dec_eq(bl_dec_muldiv_round(D("10000000000.000000000000000001"),
                                       BL_DEC_ONE, D("10000000000"), 0,
                                       BL_ROUND_CEILING), "2");
  ck_assert_dec_eq(bl_dec_muldiv_round(D("4.2"), D("1.5"), BL_DEC_ONE, 18,
                                       BL_ROUND_HALF_EVEN), "6.3");
  ck_assert_dec_eq(bl_dec_muldiv_round(D("0"), D("1.5"), D("-3"), 2,
                                       BL_ROUND_UP), "0");
  ck_assert(bl_dec_is_bad(bl_dec_muldiv_round(D("1"), D("1"), BL_DEC_ZERO, 0,
                                              BL_ROUND_UP)));
  ck_assert(bl_dec_is_bad(bl_dec_muldiv_round(BL_DEC_MAX, D("2"), BL_DEC_ONE,
                                              0, BL_ROUND_UP)));
  ck_assert(bl_dec_is_bad(bl_dec_muldiv_round(BL_DEC_BAD, D("2"), BL_DEC_ONE,
                                              0, BL_ROUND_UP)));
}
END_TEST

/* Every small fraction in every mode, against whole numbers. */
START_TEST(small_fractions_agree_with_counting) {
  for (int a = -60; a <= 60; a++)
    for (int d = 1; d <= 12; d++) {
      bl_wide w = {{0, 0, 0, 0}, 0, 0};
      int down = a >= 0 ? a / d : -((-a + d - 1) / d);
      int up = a % d == 0 ? down : down + 1;

      bl_wide_add(&w, bl_dec_of_int(a), 1);
      ck_assert_int_eq(bl_dec_to_int(bl_wide_round(&w, d, 0,
                                                   BL_ROUND_FLOOR)), down);
      ck_assert_int_eq(bl_dec_to_int(bl_wide_round(&w, d, 0,
                                                   BL_ROUND_CEILING)), up);
      ck_assert_int_eq(bl_dec_to_int(bl_wide_round(&w, d, 0,
                                                   BL_ROUND_HALF_UP)),
                       2 * (a - down * d) >= d ? down + 1 : down);
    }
}
END_TEST

Suite *test_base_wide(void) {
  Suite *s = suite_create("base_wide");
  TCase *c = tcase_create("all");

  tcase_add_test(c, a_quotient_is_rounded_once_at_its_place);
  tcase_add_test(c, what_lies_beyond_the_last_decimal_counts);
  tcase_add_test(c, ties_go_where_the_mode_says);
  tcase_add_test(c, sums_are_put_together);
  tcase_add_test(c, what_does_not_fit_is_bad);
  tcase_add_test(c, a_product_over_a_divisor_is_rounded_once);
  tcase_add_test(c, small_fractions_agree_with_counting);
  suite_add_tcase(s, c);
  return s;
}
