/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "prices.h"

Suite *test_price_flat(void);

static bl_price flat(const char *amount) {
  bl_price p = {0};

  p.model  = BL_MODEL_FLAT;
  p.amount = D(amount);
  p.per    = BL_DEC_ONE;
  return p;
}

START_TEST(a_fee_is_an_amount_for_each_for_a_share_of_the_period) {
  bl_price p = flat("20");

  ck_assert_dec_eq(bl_price_fee(&p, D("5"), 17, 31), "54.838709677419354839");
  ck_assert_dec_eq(bl_price_fee(&p, D("5"), 31, 31), "100");
  ck_assert_dec_eq(bl_price_fee(&p, D("5"), 0, 31), "0");
  ck_assert_dec_eq(bl_price_fee(&p, D("0"), 17, 31), "0");
  ck_assert_dec_eq(bl_price_fee(&p, D("-5"), 1, 2), "-50");
}
END_TEST

/* Fractions rounded half even at 10^-18 with Python. */
static const struct fee {
  const char *amount;
  const char *quantity;
  int64_t     numerator;
  int64_t     denominator;
  const char *expect;
} fees[] = {
  {"20", "5", 1, 3, "33.333333333333333333"},
  {"0.000000000000000001", "1", 1, 2, "0"},
  {"0.000000000000000003", "1", 1, 2, "0.000000000000000002"},
  {"99.99", "12345678.9", INT64_C(1234567890123456),
   INT64_C(2678400000000000), "568998454.071068461296481935"},
  {"7", "40000000", INT64_C(31535999999999), INT64_C(31536000000000),
   "279999999.999991121258244546"},
  {"0.1", "0.000000000000000001", 3, 4, "0"},
};

START_TEST(a_fee_is_rounded_once) {
  const struct fee *f = &fees[_i];
  bl_price p = flat(f->amount);

  ck_assert_dec_eq(bl_price_fee(&p, D(f->quantity), f->numerator,
                                f->denominator), f->expect);
}
END_TEST

START_TEST(shares_of_microseconds_fit_for_any_number_of_seats) {
  bl_price p = flat("0.01");

  ck_assert_dec_eq(bl_price_fee(&p, D("99999999999999999999"),
                                INT64_C(2678400000000),
                                INT64_C(2678400000000)),
                   "999999999999999999.99");
  p.amount = D("2");
  ck_assert_dec_eq(bl_price_fee(&p, D("99999999.999999999999999999"),
                                INT64_C(31536000000000),
                                INT64_C(31536000000000)),
                   "199999999.999999999999999998");
}
END_TEST

START_TEST(what_does_not_fit_is_bad) {
  bl_price p = flat("20");

  ck_assert(bl_dec_is_bad(bl_price_fee(&p, D("99999999999999999999"), 1, 1)));
  ck_assert(bl_dec_is_bad(bl_price_fee(&p, BL_DEC_BAD, 1, 2)));
  ck_assert(bl_dec_is_bad(bl_price_fee(
    &p, D("12345678901.999999999999999999"), INT64_MAX - 1, INT64_MAX)));
  ck_assert(bl_dec_is_bad(bl_price_fee(
    &p, D("-12345678901.999999999999999999"), INT64_MAX - 1, INT64_MAX)));
  p.amount = BL_DEC_BAD;
  ck_assert(bl_dec_is_bad(bl_price_fee(&p, BL_DEC_ONE, 1, 2)));
}
END_TEST

START_TEST(by_itself_a_flat_price_is_amount_times_quantity) {
  bl_price p = flat("2.50");
  bl_part part;

  ck_assert_dec_eq(price_checked(&p, "4"), "10");
  ck_assert_uint_eq(bl_price_parts(&p, D("4"), &part), 1);
  ck_assert_dec_eq(part.unit, "2.5");
  ck_assert_dec_eq(part.quantity, "4");
  ck_assert_uint_eq(bl_price_parts(&p, D("0"), &part), 0);
}
END_TEST

Suite *test_price_flat(void) {
  Suite *s = suite_create("price_flat");
  TCase *c = tcase_create("all");

  tcase_add_test(c, a_fee_is_an_amount_for_each_for_a_share_of_the_period);
  tcase_add_loop_test(c, a_fee_is_rounded_once, 0, (int)BL_COUNT(fees));
  tcase_add_test(c, shares_of_microseconds_fit_for_any_number_of_seats);
  tcase_add_test(c, what_does_not_fit_is_bad);
  tcase_add_test(c, by_itself_a_flat_price_is_amount_times_quantity);
  suite_add_tcase(s, c);
  return s;
}
