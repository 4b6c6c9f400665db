/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/dec.h"
#include "unit.h"

#define MAX_TEXT "99999999999999999999.999999999999999999"
#define TINY "0.000000000000000001"

#define ck_assert_dec_bad(value) ck_assert(bl_dec_is_bad(value))

/* ---- Values --------------------------------------------------------------*/

START_TEST(constants_are_what_they_say) {
  ck_assert_dec_eq(BL_DEC_ZERO, "0");
  ck_assert_dec_eq(BL_DEC_ONE, "1");
  ck_assert_dec_eq(BL_DEC_MAX, MAX_TEXT);
  ck_assert(bl_dec_is_max(D(MAX_TEXT)));
  ck_assert(!bl_dec_is_max(BL_DEC_ONE));
  ck_assert(bl_dec_is_valid(BL_DEC_MAX));
  ck_assert(bl_dec_is_valid(bl_dec_neg(BL_DEC_MAX)));
  ck_assert(!bl_dec_is_valid(BL_DEC_BAD));
  /* 10^38 and its opposite, one step outside. */
  ck_assert(!bl_dec_is_valid((bl_dec){UINT64_C(0x098A224000000000),
                                      INT64_C(0x4B3B4CA85A86C47A)}));
  ck_assert(!bl_dec_is_valid((bl_dec){UINT64_C(0xF675DDC000000000),
                                      -INT64_C(0x4B3B4CA85A86C47B)}));
  ck_assert_uint_eq(D("-1").lo, UINT64_MAX - BL_DEC_UNIT + 1);
  ck_assert_int_eq(D("-1").hi, -1);
}
END_TEST

START_TEST(integers_become_decimals_and_come_back) {
  ck_assert_dec_eq(bl_dec_of_int(0), "0");
  ck_assert_dec_eq(bl_dec_of_int(-42), "-42");
  ck_assert_dec_eq(bl_dec_of_int(INT64_MAX), "9223372036854775807");
  ck_assert_dec_eq(bl_dec_of_int(INT64_MIN), "-9223372036854775808");
  ck_assert_int_eq(bl_dec_to_int(D("12.999")), 12);
  ck_assert_int_eq(bl_dec_to_int(D("-12.999")), -12);
  ck_assert_int_eq(bl_dec_to_int(D("9223372036854775807.5")), INT64_MAX);
  ck_assert_int_eq(bl_dec_to_int(D("9223372036854775808")), INT64_MIN);
  ck_assert_int_eq(bl_dec_to_int(D("-9223372036854775809")), INT64_MIN);
  ck_assert_int_eq(bl_dec_to_int(BL_DEC_BAD), INT64_MIN);
  ck_assert(bl_dec_is_integer(D("-7")));
  ck_assert(bl_dec_is_integer(BL_DEC_ZERO));
  ck_assert(!bl_dec_is_integer(D("0.5")));
  ck_assert(!bl_dec_is_integer(BL_DEC_BAD));
}
END_TEST

START_TEST(signs_and_order) {
  ck_assert_int_eq(bl_dec_sign(D("-" TINY)), -1);
  ck_assert_int_eq(bl_dec_sign(BL_DEC_ZERO), 0);
  ck_assert_int_eq(bl_dec_sign(D(TINY)), 1);
  ck_assert_int_eq(bl_dec_cmp(D("1.5"), D("1.50")), 0);
  ck_assert_int_eq(bl_dec_cmp(D("-2"), D("1")), -1);
  ck_assert_int_eq(bl_dec_cmp(BL_DEC_MAX, D("1")), 1);
  /* Words that an unsigned comparison would put the other way round. */
  ck_assert(bl_dec_less(D("-0.5"), D("0.5")));
  ck_assert(bl_dec_less(D("18.4"), D("18.5")));
  ck_assert(!bl_dec_less(D("1"), D("1")));
  ck_assert(bl_dec_equal(D("100"), D("1e2")));
  ck_assert_dec_eq(bl_dec_min(D("-3"), D("2")), "-3");
  ck_assert_dec_eq(bl_dec_min(D("2"), D("-3")), "-3");
  ck_assert_dec_eq(bl_dec_max(D("-3"), D("2")), "2");
  ck_assert_dec_eq(bl_dec_max(D("2"), D("-3")), "2");
}
END_TEST

START_TEST(a_bad_value_spreads_and_compares_as_nothing) {
  bl_dec bad = BL_DEC_BAD, one = BL_DEC_ONE;
  bl_wide sum = {{0}, 0, 0};

  ck_assert_dec_bad(bl_dec_add(bad, one));
  ck_assert_dec_bad(bl_dec_add(one, bad));
  ck_assert_dec_bad(bl_dec_add(bad, BL_DEC_MAX));
  ck_assert_dec_bad(bl_dec_add(bad, bad));
  ck_assert_dec_bad(bl_dec_sub(one, bad));
  ck_assert_dec_bad(bl_dec_sub(bad, one));
  ck_assert_dec_bad(bl_dec_sub(bad, bad));
  ck_assert_dec_bad(bl_dec_neg(bad));
  ck_assert_dec_bad(bl_dec_abs(bad));
  ck_assert_dec_bad(bl_dec_mul(bad, BL_DEC_ZERO));
  ck_assert_dec_bad(bl_dec_mul(BL_DEC_ZERO, bad));
  ck_assert_dec_bad(bl_dec_div(bad, one));
  ck_assert_dec_bad(bl_dec_div(one, bad));
  ck_assert_dec_bad(bl_dec_ratio(bad, 1, 1));
  ck_assert_dec_bad(bl_dec_muldiv(bad, one, one));
  ck_assert_dec_bad(bl_dec_muldiv(one, bad, one));
  ck_assert_dec_bad(bl_dec_muldiv(one, one, bad));
  ck_assert_dec_bad(bl_dec_round(bad, 2, BL_ROUND_DOWN));
  ck_assert_dec_bad(bl_dec_min(bad, one));
  ck_assert_dec_bad(bl_dec_max(one, bad));
  bl_wide_add(&sum, bad, 0);
  ck_assert_dec_bad(bl_wide_div(&sum, 1));
  ck_assert_int_eq(bl_dec_sign(bad), 0);
  ck_assert_int_eq(bl_dec_cmp(bad, one), 2);
  ck_assert_int_eq(bl_dec_cmp(bad, bad), 2);
  ck_assert(!bl_dec_less(bad, one) && !bl_dec_less(one, bad));
  ck_assert(!bl_dec_equal(bad, bad));
  ck_assert_dec_eq(bad, "");
}
END_TEST

/* ---- Arithmetic ----------------------------------------------------------*/

START_TEST(the_worked_example) {
  bl_dec three = bl_dec_of_int(3);

  ck_assert_dec_eq(bl_dec_mul(D("1234.5"), D("0.000003")), "0.0037035");
  ck_assert_dec_eq(bl_dec_mul(D("0.5"), D(TINY)), "0");
  ck_assert_dec_eq(bl_dec_mul(D("0.5"), D("0.000000000000000003")),
                   "0.000000000000000002");
  ck_assert_dec_eq(bl_dec_mul(bl_dec_div(BL_DEC_ONE, three), three),
                   "0.999999999999999999");
  ck_assert_dec_eq(bl_dec_muldiv(BL_DEC_ONE, three, three), "1");
  ck_assert_dec_eq(bl_dec_mul(D("0.1"), D("0.3")), "0.03");
  ck_assert_dec_eq(bl_dec_div(BL_DEC_ONE, three), "0.333333333333333333");
}
END_TEST

START_TEST(sums_and_differences_are_exact_or_bad) {
  bl_dec least = bl_dec_neg(BL_DEC_MAX);

  ck_assert_dec_eq(bl_dec_add(D("0.1"), D("0.2")), "0.3");
  ck_assert_dec_eq(bl_dec_add(D("18.446744073709551615"), D(TINY)),
                   "18.446744073709551616");
  ck_assert_dec_eq(bl_dec_sub(D("0.3"), D("0.4")), "-0.1");
  ck_assert_dec_eq(bl_dec_sub(D("1"), D("1")), "0");
  ck_assert_dec_eq(bl_dec_add(BL_DEC_MAX, least), "0");
  ck_assert_dec_eq(bl_dec_sub(BL_DEC_MAX, D(TINY)),
                   "99999999999999999999.999999999999999998");
  ck_assert_dec_bad(bl_dec_add(BL_DEC_MAX, D(TINY)));
  ck_assert_dec_bad(bl_dec_sub(least, D(TINY)));
  ck_assert_dec_bad(bl_dec_add(BL_DEC_MAX, BL_DEC_MAX));
  ck_assert_dec_bad(bl_dec_add(least, least));
  ck_assert_dec_bad(bl_dec_sub(least, BL_DEC_MAX));
  ck_assert_dec_eq(bl_dec_neg(BL_DEC_MAX), "-" MAX_TEXT);
  ck_assert_dec_eq(bl_dec_abs(least), MAX_TEXT);
  ck_assert_dec_eq(bl_dec_neg(BL_DEC_ZERO), "0");
}
END_TEST

START_TEST(products_round_once_half_even) {
  ck_assert_dec_eq(bl_dec_mul(D("-1.5"), D("2")), "-3");
  ck_assert_dec_eq(bl_dec_mul(D("-1.5"), D("-2")), "3");
  ck_assert_dec_eq(bl_dec_mul(BL_DEC_MAX, BL_DEC_ZERO), "0");
  ck_assert_dec_eq(bl_dec_mul(D("-0.5"), D(TINY)), "0");
  ck_assert_dec_eq(bl_dec_mul(D("-0.5"), D("0.000000000000000003")),
                   "-0.000000000000000002");
  ck_assert_dec_eq(bl_dec_mul(D("0.50000001"), D(TINY)), TINY);
  ck_assert_dec_eq(
    bl_dec_mul(D("99999999.999999999"), D("0.123456789012345678")),
    "12345678.901234567676543211");
  ck_assert_dec_eq(bl_dec_mul(D("12345678901"), D("87654321.123456789")),
                   "1082152102875339096.142508889");
  ck_assert_dec_eq(bl_dec_mul(D("0.999999999999999999"), BL_DEC_MAX),
                   "99999999999999999899.999999999999999999");
}
END_TEST

START_TEST(products_that_do_not_fit_are_bad) {
  ck_assert_dec_eq(bl_dec_mul(D("9999999999"), D("10000000000")),
                   "99999999990000000000");
  ck_assert_dec_bad(bl_dec_mul(D("10000000000"), D("10000000000")));
  ck_assert_dec_bad(bl_dec_mul(D("-10000000000"), D("10000000000")));
  ck_assert_dec_bad(bl_dec_mul(BL_DEC_MAX, BL_DEC_MAX));
  ck_assert_dec_bad(bl_dec_mul(BL_DEC_MAX, D("1.000000000000000001")));
  /* 2^128 * 10^18 - 1: rounding up must not wrap to zero. */
  ck_assert_dec_bad(bl_dec_mul(D("18446744073.709551615999999999"),
                               D("18446744073.709551616000000001")));
  /* 10^56 - 49 * 10^16 rounds up to 10^38, 10^56 - 64 * 10^16 does not. */
  ck_assert_dec_bad(bl_dec_mul(D("9999999999.9999999993"),
                               D("10000000000.0000000007")));
  ck_assert_dec_eq(bl_dec_mul(D("9999999999.9999999992"),
                              D("10000000000.0000000008")), MAX_TEXT);
}
END_TEST

START_TEST(quotients_round_once_half_even) {
  ck_assert_dec_eq(bl_dec_div(D("10"), D("4")), "2.5");
  ck_assert_dec_eq(bl_dec_div(D("10"), D("30")), "0.333333333333333333");
  ck_assert_dec_eq(bl_dec_div(D("2"), D("3")), "0.666666666666666667");
  ck_assert_dec_eq(bl_dec_div(D("-2"), D("3")), "-0.666666666666666667");
  ck_assert_dec_eq(bl_dec_div(D("-1"), D("-7")), "0.142857142857142857");
  ck_assert_dec_eq(bl_dec_div(D(TINY), D("2")), "0");
  ck_assert_dec_eq(bl_dec_div(D("0.000000000000000003"), D("2")),
                   "0.000000000000000002");
  ck_assert_dec_eq(bl_dec_div(D("-0.000000000000000003"), D("2")),
                   "-0.000000000000000002");
  ck_assert_dec_eq(bl_dec_div(D("12345678901234567890.123456789"),
                              D("98765432109.87654321")),
                   "124999998.860937500015488281");
  ck_assert_dec_eq(bl_dec_div(BL_DEC_MAX, D("3")),
                   "33333333333333333333.333333333333333333");
  ck_assert_dec_eq(bl_dec_div(BL_DEC_MAX, BL_DEC_MAX), "1");
  /* A guess that is two too large, and one that does not fit a word. */
  ck_assert_dec_eq(bl_dec_div(D("871509787859.82189833978852146"),
                              D("79228162532.711081667253501951")), "11");
  ck_assert_dec_eq(bl_dec_div(D("40935845455171575.817504895263957132"),
                              D("5269869148.944533899668619263")),
                   "7767905.482695018475945984");
  ck_assert_dec_bad(bl_dec_div(BL_DEC_ONE, BL_DEC_ZERO));
  ck_assert_dec_bad(bl_dec_div(BL_DEC_ZERO, BL_DEC_ZERO));
  ck_assert_dec_bad(bl_dec_div(BL_DEC_MAX, D("0.5")));
  ck_assert_dec_bad(bl_dec_div(BL_DEC_MAX, D(TINY)));
  ck_assert_dec_bad(bl_dec_div(BL_DEC_MAX, D("0.999999999999999999")));
}
END_TEST

START_TEST(ratios_stay_two_integers) {
  bl_dec most = BL_DEC_MAX;

  ck_assert_dec_eq(bl_dec_ratio(D("100"), 17, 31), "54.838709677419354839");
  /* 15 days of a month of 31, in seconds. */
  ck_assert_dec_eq(bl_dec_ratio(D("49.99"), 1296000, 2678400),
                   "24.188709677419354839");
  ck_assert_dec_eq(bl_dec_ratio(D("100"), -1, 3), "-33.333333333333333333");
  ck_assert_dec_eq(bl_dec_ratio(D("-100"), -1, -4), "-25");
  ck_assert_dec_eq(bl_dec_ratio(most, INT64_MAX, INT64_MAX), MAX_TEXT);
  ck_assert_dec_eq(bl_dec_ratio(most, INT64_MIN, INT64_MIN), MAX_TEXT);
  ck_assert_dec_eq(bl_dec_ratio(BL_DEC_ONE, INT64_MIN, 1),
                   "-9223372036854775808");
  ck_assert_dec_eq(bl_dec_ratio(most, 0, 5), "0");
  ck_assert_dec_bad(bl_dec_ratio(most, 2, 1));
  ck_assert_dec_bad(bl_dec_ratio(most, INT64_MAX, 1));
  ck_assert_dec_bad(bl_dec_ratio(BL_DEC_ONE, 1, 0));
  ck_assert_dec_eq(bl_dec_muldiv(D("19.99"), D("17"), D("31")),
                   "10.962258064516129032");
  ck_assert_dec_eq(bl_dec_muldiv(D("-19.99"), D("-17"), D("-31")),
                   "-10.962258064516129032");
  ck_assert_dec_eq(bl_dec_muldiv(most, D("12345678901234567890.5"),
                                 D("12345678901234567891")),
                   "99999999999999999995.949999963549999668");
  ck_assert_dec_bad(bl_dec_muldiv(most, most, D("1")));
  ck_assert_dec_bad(bl_dec_muldiv(most, most, D(TINY)));
  ck_assert_dec_bad(bl_dec_muldiv(D("1"), D("1"), BL_DEC_ZERO));
}
END_TEST

START_TEST(a_share_comes_with_its_remainder) {
  bl_u128 rest;

  ck_assert(bl_u128_share(1000, 2, 3, &rest) == 666 && rest == 2);
  ck_assert(bl_u128_share(7, 5, 5, &rest) == 7 && rest == 0);
  /* (10^38 - 1) * 2 / 3 */
  bl_u128 most = (bl_u128)bl_dec_raw(BL_DEC_MAX);
  ck_assert(bl_u128_share(most, 2, 3, &rest) == most / 3 * 2 && rest == 0);
  ck_assert(bl_u128_share(most, most - 1, most, &rest) == most - 1);
  ck_assert(rest == 0);
  ck_assert(bl_u128_power10(38) == most + 1);
  ck_assert(bl_u128_power10(0) == 1);
  ck_assert(bl_u128_power10(20) == (bl_u128)BL_DEC_UNIT * 100);
}
END_TEST

/* ---- Rounding ------------------------------------------------------------*/

static const struct {
  const char *value;
  const char *rounded[8];              /* in the order of BL_ROUND_* */
} to_tens_of_cents[] = {
  /*            AWAY    EVEN    UP      DOWN   CEILING FLOOR  UP     DOWN */
  {"0.25",   {"0.3",  "0.2",  "0.3",  "0.2",  "0.3", "0.2", "0.3", "0.2"}},
  {"-0.25", {"-0.3", "-0.2", "-0.2", "-0.2", "-0.2", "-0.3", "-0.3", "-0.2"}},
  {"0.35",   {"0.4",  "0.4",  "0.4",  "0.3",  "0.4", "0.3", "0.4", "0.3"}},
  {"-0.35", {"-0.4", "-0.4", "-0.3", "-0.3", "-0.3", "-0.4", "-0.4", "-0.3"}},
  {"0.249",  {"0.2",  "0.2",  "0.2",  "0.2",  "0.3", "0.2", "0.3", "0.2"}},
  {"-0.251", {"-0.3", "-0.3", "-0.3", "-0.3", "-0.2", "-0.3", "-0.3",
              "-0.2"}},
  {"-0.04",  {"0",    "0",    "0",    "0",    "0",  "-0.1", "-0.1", "0"}},
  {"0.2",    {"0.2",  "0.2",  "0.2",  "0.2",  "0.2", "0.2", "0.2", "0.2"}}
};

START_TEST(eight_ways_to_round) {
  for (size_t i = 0; i < BL_COUNT(to_tens_of_cents); i++)
    for (int mode = 0; mode < 8; mode++)
      ck_assert_dec_eq(bl_dec_round(D(to_tens_of_cents[i].value), 1, mode),
                       to_tens_of_cents[i].rounded[mode]);
}
END_TEST

START_TEST(places_go_from_twenty_digits_to_the_last_decimal) {
  ck_assert_dec_eq(bl_dec_round(D("1.005"), 2, BL_ROUND_HALF_AWAY), "1.01");
  ck_assert_dec_eq(bl_dec_round(D("1.5"), 0, BL_ROUND_HALF_EVEN), "2");
  ck_assert_dec_eq(bl_dec_round(D("1250"), -2, BL_ROUND_HALF_EVEN), "1200");
  ck_assert_dec_eq(bl_dec_round(D("1250"), -2, BL_ROUND_HALF_AWAY), "1300");
  ck_assert_dec_eq(bl_dec_round(BL_DEC_MAX, 18, BL_ROUND_UP), MAX_TEXT);
  ck_assert_dec_eq(bl_dec_round(BL_DEC_MAX, -20, BL_ROUND_DOWN), "0");
  ck_assert_dec_eq(bl_dec_round(BL_DEC_MAX, -19, BL_ROUND_DOWN),
                   "90000000000000000000");
  ck_assert_dec_eq(bl_dec_round(D("0.1"), -19, BL_ROUND_CEILING),
                   "10000000000000000000");
  ck_assert_dec_bad(bl_dec_round(BL_DEC_MAX, -20, BL_ROUND_HALF_AWAY));
  ck_assert_dec_bad(bl_dec_round(BL_DEC_MAX, 0, BL_ROUND_HALF_EVEN));
  ck_assert_dec_bad(bl_dec_round(D("-1"), -20, BL_ROUND_FLOOR));
  ck_assert_dec_eq(bl_dec_round(D("-1"), -20, BL_ROUND_CEILING), "0");
}
END_TEST

/* ---- Text ----------------------------------------------------------------*/

static const struct {
  const char *text;
  const char *shortest;
} readable[] = {
  {"0", "0"}, {"-0", "0"}, {"0.0", "0"}, {"0e5", "0"}, {"-0.00E-99", "0"},
  {"0e99999999999999999999999", "0"},
  {"7", "7"}, {"-7", "-7"}, {"10", "10"}, {"100.0", "100"},
  {"12.5", "12.5"}, {"0.03", "0.03"}, {"1.50", "1.5"},
  {"1e3", "1000"}, {"1E3", "1000"}, {"1e+3", "1000"}, {"1e-3", "0.001"},
  {"1.5e1", "15"}, {"0.001e3", "1"}, {"1000e-3", "1"}, {"1e0", "1"},
  {"1e-0018", TINY}, {"1e19", "10000000000000000000"},
  {MAX_TEXT, MAX_TEXT}, {"-" MAX_TEXT, "-" MAX_TEXT},
  {"99999999999999999999999999999999999999e-18", MAX_TEXT},
  {"0.10000000000000000000", "0.1"},
  {"0.000000000000000000000000000001e30", "1"},
  {"1000000000000000000000000000000000000000000e-42", "1"},
  {"123456789012345678", "123456789012345678"},
  {"1000000000000000000", "1000000000000000000"},
  {"1000000000000000001.000000000000000001",
   "1000000000000000001.000000000000000001"},
  {"10000000000000000000.1", "10000000000000000000.1"}
};

START_TEST(text_becomes_a_value_and_the_shortest_text) {
  for (size_t i = 0; i < BL_COUNT(readable); i++)
    ck_assert_dec_eq(D(readable[i].text), readable[i].shortest);
}
END_TEST

static int parse(const char *text) {
  bl_dec untouched = BL_DEC_BAD;
  int rc = bl_dec_parse(text, strlen(text), &untouched);
  ck_assert(rc == BILLING_OK || bl_dec_is_bad(untouched));
  return rc;
}

START_TEST(other_syntax_is_invalid) {
  static const char *const texts[] = {
    "", "-", "+1", " 1", "1 ", "01", "-01", "00", "00.5", ".5", "5.", "-.5",
    "1.", "1.e5", "1e", "1e+", "1e-", "e5", "1e1.5", "1e 5", "1,5", "0x10",
    "1_000", "--1", "1-", "1.2.3", "Infinity", "NaN", "1e5e5", "1\n",
    "\xd9\xa1", "1/2", "1:", "99999999999999999999999x", "1e99999999999999x"
  };
  for (size_t i = 0; i < BL_COUNT(texts); i++)
    ck_assert_int_eq(parse(texts[i]), BILLING_INVALID);
  bl_dec v = BL_DEC_BAD;
  ck_assert_int_eq(bl_dec_parse("1\0", 2, &v), BILLING_INVALID);
  ck_assert_int_eq(bl_dec_parse(NULL, 0, &v), BILLING_INVALID);
}
END_TEST

START_TEST(numbers_that_do_not_fit_exactly_are_refused) {
  static const char *const texts[] = {
    "100000000000000000000", "1e20", "-1e20", "0.0000000000000000001",
    "1e-19", "1.5e-18", "99999999999999999999.9999999999999999999",
    "99999999999999999999.9999999999999999995", "1e99999999999999999999",
    "1e-99999999999999999999", "-123456789012345678901",
    "340282366920938463463374607431768211457"
  };
  for (size_t i = 0; i < BL_COUNT(texts); i++)
    ck_assert_int_eq(parse(texts[i]), BILLING_LIMIT);
}
END_TEST

START_TEST(an_exponent_may_make_up_for_many_zeros) {
  char text[400] = "0.";
  bl_dec v = BL_DEC_BAD;

  memset(text + 2, '0', 300);
  strcpy(text + 302, "25e302");
  ck_assert_int_eq(bl_dec_parse(text, strlen(text), &v), BILLING_OK);
  ck_assert_dec_eq(v, "25");
  strcpy(text + 302, "25e322");
  ck_assert_int_eq(bl_dec_parse(text, strlen(text), &v), BILLING_LIMIT);
}
END_TEST

START_TEST(the_length_ends_the_text) {
  bl_dec v = BL_DEC_BAD;

  ck_assert_int_eq(bl_dec_parse("12.5e9", 4, &v), BILLING_OK);
  ck_assert_dec_eq(v, "12.5");
  ck_assert_int_eq(bl_dec_parse("12.5", 3, &v), BILLING_INVALID);
}
END_TEST

/* ---- Wide sums -----------------------------------------------------------*/

START_TEST(levels_times_time_are_divided_once) {
  bl_wide sum = {{0}, 0, 0};

  /* Of 31 days: 3 seats for 10 d 2 h, then 5 seats, in microseconds. */
  bl_wide_add(&sum, D("3"), INT64_C(871200000000));
  bl_wide_add(&sum, D("5"), INT64_C(1807200000000));
  ck_assert_dec_eq(bl_wide_div(&sum, INT64_C(2678400000000)),
                   "4.349462365591397849");
  ck_assert_dec_eq(bl_wide_div(&sum, -INT64_C(2678400000000)),
                   "-4.349462365591397849");
}
END_TEST

START_TEST(wide_sums_go_beyond_128_bits_and_below_zero) {
  bl_wide sum = {{0}, 0, 0};

  for (int i = 0; i < 3; i++) bl_wide_add(&sum, BL_DEC_MAX, INT64_MAX);
  ck_assert_dec_bad(bl_wide_div(&sum, INT64_MAX));
  for (int i = 0; i < 2; i++) bl_wide_add(&sum, BL_DEC_MAX, -INT64_MAX);
  ck_assert_dec_eq(bl_wide_div(&sum, INT64_MAX), MAX_TEXT);
  for (int i = 0; i < 2; i++)
    bl_wide_add(&sum, bl_dec_neg(BL_DEC_MAX), INT64_MAX);
  ck_assert_dec_eq(bl_wide_div(&sum, INT64_MAX), "-" MAX_TEXT);
  bl_wide_add(&sum, BL_DEC_MAX, INT64_MAX);
  ck_assert_dec_eq(bl_wide_div(&sum, 1), "0");
  bl_wide_add(&sum, D("-1"), INT64_MIN);
  ck_assert_dec_eq(bl_wide_div(&sum, 1), "9223372036854775808");
  ck_assert_dec_eq(bl_wide_div(&sum, INT64_MIN), "-1");
  ck_assert_dec_bad(bl_wide_div(&sum, 0));
}
END_TEST

START_TEST(a_negative_power_of_two_carries_through_all_words) {
  bl_wide sum = {{0}, 0, 0};

  /* 2^66 in steps of 10^-18, times -2^62, is -2^128. */
  bl_wide_add(&sum, D("73.786976294838206464"), -(INT64_C(1) << 62));
  ck_assert_dec_eq(bl_wide_div(&sum, INT64_C(1) << 62),
                   "-73.786976294838206464");
  bl_wide_add(&sum, D(TINY), 1);
  ck_assert_dec_eq(bl_wide_div(&sum, INT64_C(1) << 62),
                   "-73.786976294838206464");
}
END_TEST

START_TEST(a_wide_sum_that_overflows_stays_bad) {
  bl_wide sum = {{UINT64_MAX, UINT64_MAX, UINT64_MAX, INT64_MAX}, 0, 0};

  bl_wide_add(&sum, D("-" TINY), 1);
  ck_assert_uint_eq(sum.bad, 0);
  bl_wide_add(&sum, D("0.000000000000000002"), 1);
  ck_assert_uint_ne(sum.bad, 0);
  bl_wide_add(&sum, D("-1"), 1);
  ck_assert_dec_bad(bl_wide_div(&sum, INT64_MAX));
}
END_TEST

/* ---- The public pair -----------------------------------------------------*/

START_TEST(the_public_pair_is_polite) {
  billing_decimal v = {0, 0};
  char text[BILLING_DECIMAL_TEXT];

  ck_assert_int_eq(billing_decimal_parse(&v, "-0.030", (size_t)-1), 0);
  ck_assert_uint_eq(billing_decimal_format(&v, text), 5);
  ck_assert_str_eq(text, "-0.03");
  ck_assert_int_eq(billing_decimal_parse(&v, "12.5x", 4), 0);
  ck_assert_uint_eq(billing_decimal_format(&v, text), 4);
  ck_assert_str_eq(text, "12.5");
  ck_assert_int_eq(billing_decimal_parse(&v, "1e20", 4), BILLING_LIMIT);
  ck_assert_int_eq(billing_decimal_parse(&v, "", 0), BILLING_INVALID);
  ck_assert_dec_eq(v, "12.5");
  ck_assert_int_eq(billing_decimal_parse(NULL, "1", 1), BILLING_MISUSE);
  ck_assert_int_eq(billing_decimal_parse(&v, NULL, 0), BILLING_MISUSE);
  v.hi = INT64_MAX;
  ck_assert_uint_eq(billing_decimal_format(&v, text), 0);
  ck_assert_str_eq(text, "");
  ck_assert_uint_eq(billing_decimal_format(NULL, text), 0);
  ck_assert_uint_eq(billing_decimal_format(&v, NULL), 0);
}
END_TEST

Suite *test_base_dec(void) {
  Suite *s = suite_create("base/dec");
  TCase *t = tcase_create("dec");

  tcase_add_test(t, the_worked_example);
  tcase_add_test(t, constants_are_what_they_say);
  tcase_add_test(t, integers_become_decimals_and_come_back);
  tcase_add_test(t, signs_and_order);
  tcase_add_test(t, a_bad_value_spreads_and_compares_as_nothing);
  tcase_add_test(t, sums_and_differences_are_exact_or_bad);
  tcase_add_test(t, products_round_once_half_even);
  tcase_add_test(t, products_that_do_not_fit_are_bad);
  tcase_add_test(t, quotients_round_once_half_even);
  tcase_add_test(t, ratios_stay_two_integers);
  tcase_add_test(t, a_share_comes_with_its_remainder);
  tcase_add_test(t, eight_ways_to_round);
  tcase_add_test(t, places_go_from_twenty_digits_to_the_last_decimal);
  tcase_add_test(t, text_becomes_a_value_and_the_shortest_text);
  tcase_add_test(t, other_syntax_is_invalid);
  tcase_add_test(t, numbers_that_do_not_fit_exactly_are_refused);
  tcase_add_test(t, an_exponent_may_make_up_for_many_zeros);
  tcase_add_test(t, the_length_ends_the_text);
  tcase_add_test(t, levels_times_time_are_divided_once);
  tcase_add_test(t, wide_sums_go_beyond_128_bits_and_below_zero);
  tcase_add_test(t, a_negative_power_of_two_carries_through_all_words);
  tcase_add_test(t, a_wide_sum_that_overflows_stays_bad);
  tcase_add_test(t, the_public_pair_is_polite);
  suite_add_tcase(s, t);
  return s;
}
