/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "price/exchange.h"
#include "unit.h"

Suite *test_price_exchange(void);

#define MARCH INT64_C(1772323200000000)

static bl_exchange_rate rates[4];

static void add(size_t at, const char *from, const char *to, const char *rate,
                int64_t since_us) {
  rates[at] = (bl_exchange_rate){.rate = D(rate), .since_us = since_us};
  ck_assert(!bl_asset_set(rates[at].from, bl_str_of(from)));
  ck_assert(!bl_asset_set(rates[at].to, bl_str_of(to)));
}

static void setup(void) {
  add(0, "token", "USD", "0.25", INT64_MIN);
  add(1, "token", "USD", "0.20", MARCH);
  add(2, "EUR", "USD", "1.10", INT64_MIN);
}

/* NULL: no rate. */
static const char *exchanged(const char *from, const char *to,
                             const char *amount, int64_t at_us,
                             size_t count) {
  static char text[BL_DEC_TEXT];
  char source[BL_ASSET_BYTES], target[BL_ASSET_BYTES];
  bl_exchange by;

  ck_assert(!bl_asset_set(source, bl_str_of(from)));
  ck_assert(!bl_asset_set(target, bl_str_of(to)));
  if (!bl_exchange_find(rates, count, source, target, at_us, &by))
    return NULL;
  (void)bl_dec_print(bl_exchange_amount(&by, D(amount)), text);
  return text;
}

START_TEST(the_worked_example_is_what_the_head_says) {
  ck_assert_str_eq(exchanged("token", "USD", "300", MARCH - 1, 3), "75");
  ck_assert_str_eq(exchanged("token", "USD", "300", MARCH, 3), "60");
  ck_assert_str_eq(exchanged("USD", "EUR", "2.20", MARCH, 3), "2");
  ck_assert_str_eq(exchanged("USD", "EUR", "1", MARCH, 3),
                   "0.909090909090909091");
}
END_TEST

START_TEST(an_asset_needs_no_rate_for_itself_and_no_rate_is_made_up) {
  ck_assert_str_eq(exchanged("CHF", "CHF", "1.5", MARCH, 0), "1.5");
  ck_assert_ptr_null(exchanged("CHF", "USD", "1", MARCH, 3));
  ck_assert_ptr_null(exchanged("token", "EUR", "1", MARCH, 3));
  add(0, "token", "USD", "0.25", MARCH);
  ck_assert_ptr_null(exchanged("token", "USD", "1", MARCH - 1, 1));
}
END_TEST

START_TEST(the_later_rate_holds_in_any_order_and_of_two_the_last) {
  add(0, "token", "USD", "0.20", MARCH);
  add(1, "token", "USD", "0.25", INT64_MIN);
  ck_assert_str_eq(exchanged("token", "USD", "1", MARCH, 2), "0.2");
  add(1, "token", "USD", "0.30", MARCH);
  ck_assert_str_eq(exchanged("token", "USD", "1", MARCH, 2), "0.3");
}
END_TEST

START_TEST(a_rate_of_this_direction_goes_before_one_turned_round) {
  add(3, "USD", "token", "3", INT64_MIN);
  ck_assert_str_eq(exchanged("USD", "token", "1", MARCH, 4), "3");
  ck_assert_str_eq(exchanged("USD", "token", "1", MARCH, 3), "5");
}
END_TEST

/* 10^-18 x 0.5 and 3 x 10^-18 x 0.5 lie in the middle. */
START_TEST(middles_go_to_the_even_neighbour_and_debts_keep_their_sign) {
  add(0, "token", "USD", "0.5", INT64_MIN);
  ck_assert_str_eq(exchanged("token", "USD", "1e-18", 0, 1), "0");
  ck_assert_str_eq(exchanged("token", "USD", "3e-18", 0, 1),
                   "0.000000000000000002");
  ck_assert_str_eq(exchanged("token", "USD", "-300", 0, 1), "-150");
  add(0, "token", "USD", "10", INT64_MIN);
  ck_assert_str_eq(exchanged("token", "USD", "99999999999999999999", 0, 1),
                   "");
}
END_TEST

#undef MARCH

Suite *test_price_exchange(void) {
  Suite *s = suite_create("price_exchange");
  TCase *c = tcase_create("exchange");

  tcase_add_checked_fixture(c, setup, NULL);
  tcase_add_test(c, the_worked_example_is_what_the_head_says);
  tcase_add_test(c, an_asset_needs_no_rate_for_itself_and_no_rate_is_made_up);
  tcase_add_test(c, the_later_rate_holds_in_any_order_and_of_two_the_last);
  tcase_add_test(c, a_rate_of_this_direction_goes_before_one_turned_round);
  tcase_add_test(c,
                 middles_go_to_the_even_neighbour_and_debts_keep_their_sign);
  suite_add_tcase(s, c);
  return s;
}
