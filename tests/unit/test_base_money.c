/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/money.h"
#include "unit.h"

static int places_of(const char *code) {
  char asset[BL_ASSET_BYTES] = {0};
  memcpy(asset, code, strlen(code));
  return bl_asset_places(asset);
}

static int is_name(const char *name) {
  return bl_asset_is_valid(bl_str_of(name));
}

START_TEST(currencies_have_the_decimals_of_the_standard) {
  static const char *const by_places[] = {
    "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF ",
    "",
    "AED USD EUR GBP CHF CNY INR BRL HUF IDR CVE MGA MRU TWD XAD XCG ZMW "
    "ZWG HRK BGN ",
    "BHD IQD JOD KWD LYD OMR TND ",
    "CLF UYW "
  };

  for (int places = 0; places < 5; places++)
    for (const char *at = by_places[places]; *at; at += 4) {
      char code[4] = {at[0], at[1], at[2], 0};
      ck_assert_msg(places_of(code) == places, "%s", code);
    }
}
END_TEST

/* The published list of 2026 has 165 currencies with decimals, among them 17
 * without any, 7 with three and 2 with four; six withdrawn ones are kept. */
START_TEST(the_table_is_complete_and_every_code_is_found) {
  int found[5] = {0};

  for (int i = 0; i < 26 * 26 * 26; i++) {
    char code[4] = {(char)('A' + i / 676), (char)('A' + i / 26 % 26),
                    (char)('A' + i % 26), 0};
    int places = places_of(code);
    ck_assert_int_eq(places >= 0, is_name(code));
    if (places >= 0) found[places]++;
  }
  ck_assert_int_eq(found[0], 17);
  ck_assert_int_eq(found[1], 0);
  ck_assert_int_eq(found[2], 139 + 6);
  ck_assert_int_eq(found[3], 7);
  ck_assert_int_eq(found[4], 2);
}
END_TEST

START_TEST(what_is_no_currency_has_no_places) {
  static const char *const names[] = {
    "", "U", "US", "USDX", "usd", "Usd", "XXX", "XTS", "XAU", "XDR", "tok",
    "USDUSDUSDUSDUSD"
  };
  for (size_t i = 0; i < BL_COUNT(names); i++)
    ck_assert_int_eq(places_of(names[i]), -1);
}
END_TEST

START_TEST(names_are_currencies_or_lower_case) {
  static const char *const good[] = {
    "USD", "JPY", "tok", "gpu_h", "a", "a1", "usd", "x__", "abcdefghijklmno"
  };
  static const char *const wrong[] = {
    "", "XXX", "US", "USDT", "Tok", "1tok", "_tok", "to-k", "to k", "tokA",
    "abcdefghijklmnop", "t\xc3\xb6k", "tok{", "`a", "z:"
  };
  for (size_t i = 0; i < BL_COUNT(good); i++)
    ck_assert_msg(is_name(good[i]), "%s", good[i]);
  for (size_t i = 0; i < BL_COUNT(wrong); i++)
    ck_assert_msg(!is_name(wrong[i]), "%s", wrong[i]);
  ck_assert(!bl_asset_is_valid((bl_str){"to\0k", 4}));
  ck_assert(!bl_asset_is_valid((bl_str){NULL, 0}));
}
END_TEST

START_TEST(names_are_copied_padded_and_compared_whole) {
  char a[BL_ASSET_BYTES], b[BL_ASSET_BYTES], zero[BL_ASSET_BYTES] = {0};

  memset(a, 'z', sizeof a);
  ck_assert_int_eq(bl_asset_set(a, BL_STR("wrong name")), BILLING_INVALID);
  ck_assert_int_eq(a[0], 'z');
  ck_assert_int_eq(bl_asset_set(a, (bl_str){"gpu_hours", 5}), BILLING_OK);
  ck_assert_str_eq(a, "gpu_h");
  ck_assert_mem_eq(a + 5, zero, 11);
  ck_assert_int_eq(bl_asset_set(b, BL_STR("gpu_h")), BILLING_OK);
  ck_assert(bl_asset_equal(a, b));
  ck_assert_int_eq(bl_asset_set(b, BL_STR("gpu")), BILLING_OK);
  ck_assert(!bl_asset_equal(a, b));
  ck_assert_int_eq(bl_asset_set(b, BL_STR("abcdefghijklmno")), BILLING_OK);
  ck_assert_str_eq(b, "abcdefghijklmno");
}
END_TEST

/* ---- Splitting -----------------------------------------------------------*/

#define MOST 8

/* "10.00 2 / 1 1 1" and "3.34 3.33 3.33": a split in words. */
static void ck_split(const char *total, int places, const char *weights,
                     const char *parts) {
  bl_dec weight[MOST], part[MOST], sum = BL_DEC_ZERO;
  char words[128], text[256] = "";
  size_t count = 0;

  strcpy(words, weights);
  for (char *w = strtok(words, " "); w; w = strtok(NULL, " "))
    weight[count++] = D(w);
  ck_assert_int_eq(
    bl_money_allocate(D(total), weight, count, places, part), BILLING_OK);
  for (size_t i = 0; i < count; i++) {
    if (i > 0) strcat(text, " ");
    bl_dec_print(part[i], text + strlen(text));
    sum = bl_dec_add(sum, part[i]);
  }
  ck_assert_str_eq(text, parts);
  ck_assert(bl_dec_equal(sum, D(total)));
}

START_TEST(the_worked_example) {
  ck_split("100", 2, "1 2 3", "16.67 33.33 50");
  ck_split("10", 2, "1 1 1", "3.34 3.33 3.33");
}
END_TEST

START_TEST(what_is_left_goes_to_the_largest_remainders) {
  ck_split("0.05", 2, "1 1 1", "0.02 0.02 0.01");
  ck_split("0.02", 2, "1 1 1 1", "0.01 0.01 0 0");
  /* Shares 0.90, 3.30, 4.80: the .90 and the .80 are rounded up. */
  ck_split("9", 0, "3 11 16", "1 3 5");
  /* Shares 2.4, 2.4, 5.2: one left, the first of the two .4. */
  ck_split("10", 0, "12 12 26", "3 2 5");
  ck_split("100", 0, "0.7 0.7 0.7", "34 33 33");
}
END_TEST

START_TEST(weights_of_zero_get_nothing) {
  ck_split("1", 2, "0 1 0 1 1 0", "0 0.34 0 0.33 0.33 0");
  ck_split("0.01", 2, "0 0 0.000000000000000001", "0 0 0.01");
  ck_split("0", 2, "0 0", "0 0");
  ck_split("0", 2, "3 4", "0 0");
}
END_TEST

START_TEST(negative_totals_mirror_positive_ones) {
  ck_split("-100", 2, "1 2 3", "-16.67 -33.33 -50");
  ck_split("-0.02", 2, "1 1 1", "-0.01 -0.01 0");
}
END_TEST

START_TEST(places_reach_both_ends) {
  ck_split("0.000000000000000002", 18, "1 1 1",
           "0.000000000000000001 0.000000000000000001 0");
  ck_split("1000", -2, "1 2", "300 700");
  ck_split("99999999999999999999.999999999999999999", 18,
           "49999999999999999999.5 49999999999999999999.5 0.5",
           "49999999999999999999.75 "
           "49999999999999999999.749999999999999999 "
           "0.5");
}
END_TEST

START_TEST(what_cannot_be_split_is_refused) {
  bl_dec one[2] = {D("1"), D("1")}, part[2] = {D("7"), D("7")};
  bl_dec zero[2] = {D("0"), D("0")}, minus[2] = {D("2"), D("-1")};
  bl_dec bad[2] = {D("1"), BL_DEC_BAD}, huge[2] = {BL_DEC_MAX, BL_DEC_MAX};

#define SPLIT(total, weights, count) \
  bl_money_allocate((total), (weights), (count), 2, part)
  ck_assert_int_eq(SPLIT(D("1.005"), one, 2), BILLING_INVALID);
  ck_assert_int_eq(SPLIT(BL_DEC_BAD, one, 2), BILLING_INVALID);
  ck_assert_int_eq(SPLIT(D("1"), zero, 2), BILLING_INVALID);
  ck_assert_int_eq(SPLIT(D("1"), minus, 2), BILLING_INVALID);
  ck_assert_int_eq(SPLIT(D("1"), bad, 2), BILLING_INVALID);
  ck_assert_int_eq(SPLIT(D("1"), huge, 2), BILLING_LIMIT);
  ck_assert_int_eq(SPLIT(D("1"), one, 0), BILLING_INVALID);
  ck_assert_int_eq(SPLIT(D("0"), one, 0), BILLING_OK);
#undef SPLIT
  ck_assert_dec_eq(part[0], "7");
  ck_assert_dec_eq(part[1], "7");
}
END_TEST

#undef MOST

Suite *test_base_money(void) {
  Suite *s = suite_create("base/money");
  TCase *t = tcase_create("money");

  tcase_add_test(t, the_worked_example);
  tcase_add_test(t, currencies_have_the_decimals_of_the_standard);
  tcase_add_test(t, the_table_is_complete_and_every_code_is_found);
  tcase_add_test(t, what_is_no_currency_has_no_places);
  tcase_add_test(t, names_are_currencies_or_lower_case);
  tcase_add_test(t, names_are_copied_padded_and_compared_whole);
  tcase_add_test(t, what_is_left_goes_to_the_largest_remainders);
  tcase_add_test(t, weights_of_zero_get_nothing);
  tcase_add_test(t, negative_totals_mirror_positive_ones);
  tcase_add_test(t, places_reach_both_ends);
  tcase_add_test(t, what_cannot_be_split_is_refused);
  suite_add_tcase(s, t);
  return s;
}
