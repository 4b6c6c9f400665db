/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "invoice/invoice.h"
#include "unit.h"

Suite *test_invoice_coupon(void);

static bl_dec dec(const char *text) {
  bl_dec d;

  ck_assert_int_eq(bl_dec_parse(text, strlen(text), &d), BILLING_OK);
  return d;
}

START_TEST(a_coupon_sees_what_those_before_it_have_left) {
  bl_coupon fixed = {.amount = dec("12"), .frequency = BL_COUPON_FOREVER};
  bl_coupon percent = {.amount = dec("20"), .is_percent = 1};
  bl_coupon_rules rules = {2, -1, 0, 0};
  bl_discount lines[2] = {{dec("200"), BL_DEC_ZERO, 1, 0},
                          {dec("100"), BL_DEC_ZERO, 1, 0}};
  bl_portion room[2];

  ck_assert(bl_dec_equal(bl_coupon_take(&fixed, &rules, lines, 2, room),
                         dec("12")));
  ck_assert(bl_dec_equal(lines[0].taken, dec("8")));
  ck_assert(bl_dec_equal(lines[1].taken, dec("4")));
  ck_assert(bl_dec_equal(bl_coupon_take(&percent, &rules, lines, 2, room),
                         dec("57.6")));
  ck_assert(bl_dec_equal(lines[0].taken, dec("46.4")));
  ck_assert_int_eq(bl_coupon_has_ended(&fixed), 0);
  ck_assert_int_eq(bl_coupon_has_ended(&percent), 1);
}
END_TEST

START_TEST(a_coupon_for_once_keeps_what_it_could_not_take) {
  bl_coupon c = {.amount = dec("12"), .frequency = BL_COUPON_ONCE};
  bl_coupon_rules rules = {2, 5, 0, 0};
  bl_discount line = {dec("7"), BL_DEC_ZERO, 1, 0};

  ck_assert(bl_dec_equal(bl_coupon_take(&c, &rules, &line, 1, NULL),
                         dec("7")));
  ck_assert_int_eq(bl_coupon_has_ended(&c), 0);
  line.taken = BL_DEC_ZERO;
  ck_assert(bl_dec_equal(bl_coupon_take(&c, &rules, &line, 1, NULL),
                         dec("5")));
  ck_assert_int_eq(bl_coupon_has_ended(&c), 1);
}
END_TEST

START_TEST(stacked_percentages_are_of_the_first_amount) {
  bl_coupon first = {.amount = dec("60"), .is_percent = 1};
  bl_coupon second = {.amount = dec("60"), .is_percent = 1};
  bl_coupon_rules rules = {2, -1, 1, 0};
  bl_discount line = {dec("100"), BL_DEC_ZERO, 1, 0};
  bl_portion room;

  (void)bl_coupon_take(&first, &rules, &line, 1, &room);
  ck_assert(bl_dec_equal(bl_coupon_take(&second, &rules, &line, 1, &room),
                         dec("40")));
}
END_TEST

START_TEST(a_coupon_of_some_invoices_counts_them) {
  bl_coupon c = {.amount = dec("5"), .frequency = BL_COUPON_TIMES, .left = 2};
  bl_coupon_rules rules = {2, 5, 0, 0};
  bl_discount line = {dec("100"), BL_DEC_ZERO, 1, 0};

  for (int i = 0; i < 2; i++) {
    ck_assert_int_eq(bl_coupon_has_ended(&c), 0);
    ck_assert(bl_dec_equal(bl_coupon_take(&c, &rules, &line, 1, NULL),
                           dec("5")));
  }
  ck_assert_int_eq(bl_coupon_has_ended(&c), 1);
}
END_TEST

Suite *test_invoice_coupon(void) {
  Suite *s = suite_create("invoice_coupon");
  TCase *c = tcase_create("all");

  tcase_add_test(c, a_coupon_sees_what_those_before_it_have_left);
  tcase_add_test(c, a_coupon_for_once_keeps_what_it_could_not_take);
  tcase_add_test(c, stacked_percentages_are_of_the_first_amount);
  tcase_add_test(c, a_coupon_of_some_invoices_counts_them);
  suite_add_tcase(s, c);
  return s;
}
