/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "unit.h"
#include "wallet/reserve.h"

Suite *test_wallet_reserve(void);

static bl_budget budget(const char *free) {
  return (bl_budget){D(free), BL_DEC_ZERO, 0, 0};
}

START_TEST(an_amount_is_taken_from_every_budget_or_from_none) {
  bl_budget path[] = {budget("1000000"), budget("50000")};
  bl_verdict verdict = bl_reserve_check(path, 2, D("5000"));

  ck_assert_uint_eq(verdict.reason, BL_ALLOWED);
  bl_reserve_take(path, 2, D("5000"));
  ck_assert_dec_eq(path[0].free, "995000");
  ck_assert_dec_eq(path[1].free, "45000");
  verdict = bl_reserve_check(path, 2, D("50000"));
  ck_assert_uint_eq(verdict.reason, BL_DENIED_SHORT);
  ck_assert_uint_eq(verdict.budget, 1);
  ck_assert_dec_eq(verdict.missing, "5000");
  ck_assert_dec_eq(path[0].free, "995000");
  ck_assert_uint_eq(bl_reserve_check(path, 2, D("45000")).reason, BL_ALLOWED);
}
END_TEST

/* The second budget is over, the third has debt, the first is short. */
START_TEST(what_is_over_comes_before_debt_and_debt_before_what_is_short) {
  bl_budget path[] = {budget("1"), budget("9"), budget("9")};
  bl_verdict verdict;

  path[1].is_over = 1;
  path[2].debt    = D("5");
  verdict = bl_reserve_check(path, 3, D("2"));
  ck_assert_uint_eq(verdict.reason, BL_DENIED_OVER);
  ck_assert_uint_eq(verdict.budget, 1);
  ck_assert_dec_eq(verdict.missing, "0");
  path[1].is_over = 0;
  verdict = bl_reserve_check(path, 3, D("2"));
  ck_assert_uint_eq(verdict.reason, BL_DENIED_DEBT);
  ck_assert_uint_eq(verdict.budget, 2);
  path[2].debt = BL_DEC_ZERO;
  verdict = bl_reserve_check(path, 3, D("2"));
  ck_assert_uint_eq(verdict.reason, BL_DENIED_SHORT);
  ck_assert_uint_eq(verdict.budget, 0);
  ck_assert_dec_eq(verdict.missing, "1");
}
END_TEST

Suite *test_wallet_reserve(void) {
  Suite *s = suite_create("wallet_reserve");
  TCase *c = tcase_create("reserve");

  tcase_add_test(c, an_amount_is_taken_from_every_budget_or_from_none);
  tcase_add_test(c,
                 what_is_over_comes_before_debt_and_debt_before_what_is_short);
  suite_add_tcase(s, c);
  return s;
}
