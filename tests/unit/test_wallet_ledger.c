/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "unit.h"
#include "wallet/wallet.h"

static void expect_posting(const bl_posting *p, uint32_t account,
                           const char *amount) {
  ck_assert_str_eq(bl_account_name(p->account), bl_account_name(account));
  ck_assert_dec_eq(p->amount, amount);
}

static bl_dec sum_of(const bl_posting *p, size_t count) {
  bl_dec sum = BL_DEC_ZERO;
  for (size_t i = 0; i < count; i++) sum = bl_dec_add(sum, p[i].amount);
  return sum;
}

/* The postings of a charge of which so much is drawn from grants that were
 * paid for, and so much from promotional ones. */
static size_t charge(const char *amount, const char *bought,
                     const char *given, bl_posting *out) {
  bl_dec drawn[2] = {D(bought), D(given)};

  return bl_ledger_charge(D(amount), drawn, out);
}

START_TEST(usage_of_seven_point_oh_oh_four_as_in_the_worked_example) {
  bl_posting p[4];
  ck_assert_uint_eq(bl_ledger_grant(D("3"), 0, p), 2);
  expect_posting(&p[0], BL_ACCOUNT_DEFERRED, "-3");
  expect_posting(&p[1], BL_ACCOUNT_FUNDING, "3");
  ck_assert_uint_eq(bl_ledger_grant(D("2"), 1, p), 2);
  expect_posting(&p[0], BL_ACCOUNT_CREDIT, "-2");
  expect_posting(&p[1], BL_ACCOUNT_PROMOTION, "2");
  ck_assert_uint_eq(charge("7.004", "3", "2", p), 4);
  expect_posting(&p[0], BL_ACCOUNT_DEFERRED, "3");
  expect_posting(&p[1], BL_ACCOUNT_CREDIT, "2");
  expect_posting(&p[2], BL_ACCOUNT_UNBILLED, "2.004");
  expect_posting(&p[3], BL_ACCOUNT_REVENUE, "-7.004");
  ck_assert_uint_eq(bl_ledger_line(D("7.004"), D("5"), D("2"), p), 3);
  expect_posting(&p[0], BL_ACCOUNT_RECEIVABLE, "2");
  expect_posting(&p[1], BL_ACCOUNT_UNBILLED, "-2.004");
  expect_posting(&p[2], BL_ACCOUNT_ROUNDING, "0.004");
}
END_TEST

START_TEST(a_fee_is_a_charge_that_nothing_is_drawn_for) {
  bl_posting p[4];
  ck_assert_uint_eq(charge("20", "0", "0", p), 2);
  expect_posting(&p[0], BL_ACCOUNT_UNBILLED, "20");
  expect_posting(&p[1], BL_ACCOUNT_REVENUE, "-20");
}
END_TEST

START_TEST(a_charge_wholly_drawn_leaves_nothing_unbilled) {
  bl_posting p[4];
  ck_assert_uint_eq(charge("5", "5", "0", p), 2);
  expect_posting(&p[0], BL_ACCOUNT_DEFERRED, "5");
  expect_posting(&p[1], BL_ACCOUNT_REVENUE, "-5");
  ck_assert_uint_eq(charge("0", "0", "0", p), 0);
}
END_TEST

START_TEST(a_falling_charge_is_booked_the_other_way_round) {
  bl_posting p[4];
  ck_assert_uint_eq(charge("-3", "-1", "0", p), 3);
  expect_posting(&p[0], BL_ACCOUNT_DEFERRED, "-1");
  expect_posting(&p[1], BL_ACCOUNT_UNBILLED, "-2");
  expect_posting(&p[2], BL_ACCOUNT_REVENUE, "3");
}
END_TEST

START_TEST(a_line_that_needs_no_rounding_posts_none) {
  bl_posting p[4];
  ck_assert_uint_eq(bl_ledger_line(D("12.5"), D("2.5"), D("10"), p), 2);
  expect_posting(&p[0], BL_ACCOUNT_RECEIVABLE, "10");
  expect_posting(&p[1], BL_ACCOUNT_UNBILLED, "-10");
  ck_assert_uint_eq(bl_ledger_line(D("5"), D("5"), BL_DEC_ZERO, p), 0);
}
END_TEST

START_TEST(a_line_rounded_up_books_a_negative_rest) {
  bl_posting p[4];
  ck_assert_uint_eq(bl_ledger_line(D("0.006"), D("0"), D("0.01"), p), 3);
  expect_posting(&p[0], BL_ACCOUNT_RECEIVABLE, "0.01");
  expect_posting(&p[1], BL_ACCOUNT_UNBILLED, "-0.006");
  expect_posting(&p[2], BL_ACCOUNT_ROUNDING, "-0.004");
}
END_TEST

START_TEST(what_expires_unused_is_breakage) {
  bl_posting p[4];
  ck_assert_uint_eq(bl_ledger_expiry(D("1.25"), 0, p), 2);
  expect_posting(&p[0], BL_ACCOUNT_DEFERRED, "1.25");
  expect_posting(&p[1], BL_ACCOUNT_BREAKAGE, "-1.25");
  ck_assert_uint_eq(bl_ledger_expiry(D("2"), 1, p), 2);
  expect_posting(&p[0], BL_ACCOUNT_CREDIT, "2");
  ck_assert_uint_eq(bl_ledger_expiry(BL_DEC_ZERO, 1, p), 0);
}
END_TEST

START_TEST(what_is_converted_goes_through_the_account_of_exchange) {
  bl_posting p[4];
  ck_assert_uint_eq(bl_ledger_converted(D("200"), p), 2);
  expect_posting(&p[0], BL_ACCOUNT_UNBILLED, "-200");
  expect_posting(&p[1], BL_ACCOUNT_EXCHANGE, "200");
  ck_assert_uint_eq(bl_ledger_conversion(D("50"), D("50"), p), 2);
  expect_posting(&p[0], BL_ACCOUNT_RECEIVABLE, "50");
  expect_posting(&p[1], BL_ACCOUNT_EXCHANGE, "-50");
  ck_assert_uint_eq(bl_ledger_conversion(D("0.105"), D("0.11"), p), 3);
  expect_posting(&p[2], BL_ACCOUNT_ROUNDING, "-0.005");
}
END_TEST

START_TEST(a_bad_figure_stays_in_its_group) {
  bl_dec drawn[2] = {D("1"), BL_DEC_ZERO};
  bl_posting p[4];
  ck_assert_uint_eq(bl_ledger_charge(BL_DEC_BAD, drawn, p), 3);
  ck_assert_int_eq(bl_dec_is_bad(p[1].amount), 1);
  ck_assert_int_eq(bl_dec_is_bad(p[2].amount), 1);
}
END_TEST

START_TEST(every_group_adds_up_to_zero) {
  static const char *const figures[] = {"0", "1", "-2.5", "0.005",
                                        "0.000000000000000001",
                                        "33333333333333333333.3"};
  for (size_t i = 0; i < 6 * 6 * 6; i++) {
    bl_dec amount = D(figures[i % 6]), drawn = D(figures[i / 6 % 6]);
    bl_dec due = D(figures[i / 36]);
    bl_dec split[2] = {drawn, due};
    bl_posting p[4];
    ck_assert_dec_eq(sum_of(p, bl_ledger_charge(amount, split, p)), "0");
    ck_assert_dec_eq(sum_of(p, bl_ledger_line(amount, drawn, due, p)), "0");
    ck_assert_dec_eq(sum_of(p, bl_ledger_grant(amount, i % 2 == 0, p)), "0");
    ck_assert_dec_eq(sum_of(p, bl_ledger_expiry(amount, i % 2, p)), "0");
    ck_assert_dec_eq(sum_of(p, bl_ledger_converted(amount, p)), "0");
    ck_assert_dec_eq(sum_of(p, bl_ledger_conversion(amount, due, p)), "0");
  }
}
END_TEST

START_TEST(accounts_are_found_by_their_names) {
  for (uint32_t i = 0; i < BL_ACCOUNTS; i++) {
    bl_str name = bl_str_of(bl_account_name(i));
    ck_assert_int_eq(bl_account_of_name(name), (int)i);
  }
  ck_assert_int_eq(bl_account_of_name(BL_STR("walled")), -1);
  ck_assert_int_eq(bl_account_of_name(BL_STR("")), -1);
}
END_TEST

Suite *test_wallet_ledger(void);

Suite *test_wallet_ledger(void) {
  Suite *suite = suite_create("wallet/ledger");
  TCase *tests = tcase_create("ledger");
  tcase_add_test(tests,
                 usage_of_seven_point_oh_oh_four_as_in_the_worked_example);
  tcase_add_test(tests, a_fee_is_a_charge_that_nothing_is_drawn_for);
  tcase_add_test(tests, a_charge_wholly_drawn_leaves_nothing_unbilled);
  tcase_add_test(tests, a_falling_charge_is_booked_the_other_way_round);
  tcase_add_test(tests, a_line_that_needs_no_rounding_posts_none);
  tcase_add_test(tests, a_line_rounded_up_books_a_negative_rest);
  tcase_add_test(tests, what_expires_unused_is_breakage);
  tcase_add_test(tests,
                 what_is_converted_goes_through_the_account_of_exchange);
  tcase_add_test(tests, a_bad_figure_stays_in_its_group);
  tcase_add_test(tests, every_group_adds_up_to_zero);
  tcase_add_test(tests, accounts_are_found_by_their_names);
  suite_add_tcase(suite, tests);
  return suite;
}
