/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "unit.h"
#include "wallet/reserve.h"

Suite *test_wallet_settle(void);

typedef struct settle_case {
  const char *cost;
  uint32_t    above;
  const char *most;
  const char *charged;
  const char *free;
  const char *debt;
  uint32_t    is_refused;
  uint32_t    is_over;
} settle_case;

/* 50 are held and 4 are free beside them. */
START_TEST(fifty_were_held_and_four_are_free) {
  static const settle_case cases[] = {
    {"20", BL_ABOVE_REFUSE, "0", "20", "34", "0", 0, 0},
    {"50", BL_ABOVE_REFUSE, "0", "50", "4", "0", 0, 0},
    {"53", BL_ABOVE_REFUSE, "0", "0", "4", "0", 1, 0},
    {"53", BL_ABOVE_CAP, "0", "53", "1", "0", 0, 0},
    {"53", BL_ABOVE_OVERDRAFT, "20", "53", "1", "0", 0, 0},
    {"60", BL_ABOVE_REFUSE, "0", "0", "4", "0", 1, 0},
    {"60", BL_ABOVE_CAP, "0", "54", "0", "0", 0, 1},
    {"60", BL_ABOVE_OVERDRAFT, "20", "60", "-6", "10", 0, 0},
    {"60", BL_ABOVE_OVERDRAFT, "10", "60", "-6", "10", 0, 0},
    {"60", BL_ABOVE_OVERDRAFT, "9", "0", "4", "0", 1, 0},
    {"60", BL_ABOVE_OVERDRAFT, "0", "54", "0", "0", 0, 1},
  };
  bl_budget budget = {D("4"), BL_DEC_ZERO, 0, 0};

  for (size_t i = 0; i < BL_COUNT(cases); i++) {
    const settle_case *c = &cases[i];
    bl_settlement s = bl_settle_hold(&budget, D("50"), D(c->cost), c->above,
                                     D(c->most));

    ck_assert_dec_eq(s.charged, c->charged);
    ck_assert_dec_eq(s.free, c->free);
    ck_assert_dec_eq(s.debt, c->debt);
    ck_assert_uint_eq(s.is_refused, c->is_refused);
    ck_assert_uint_eq(s.is_over, c->is_over);
  }
}
END_TEST

/* 12 are owed from before and 20 are allowed: 8 more, and not 9.  A cap takes
 * nothing from a budget that is below zero. */
START_TEST(debt_from_before_counts) {
  bl_budget budget = {D("-12"), D("12"), 0, 0};
  bl_settlement s = bl_settle_hold(&budget, D("50"), D("58"),
                                   BL_ABOVE_OVERDRAFT, D("20"));

  ck_assert_dec_eq(s.debt, "20");
  ck_assert_dec_eq(s.free, "-20");
  s = bl_settle_hold(&budget, D("50"), D("59"), BL_ABOVE_OVERDRAFT, D("20"));
  ck_assert_uint_eq(s.is_refused, 1);
  ck_assert_dec_eq(s.debt, "12");
  s = bl_settle_hold(&budget, D("50"), D("59"), BL_ABOVE_CAP, D("20"));
  ck_assert_dec_eq(s.charged, "50");
  ck_assert_dec_eq(s.free, "-12");
}
END_TEST

Suite *test_wallet_settle(void) {
  Suite *s = suite_create("wallet_settle");
  TCase *c = tcase_create("settle");

  tcase_add_test(c, fifty_were_held_and_four_are_free);
  tcase_add_test(c, debt_from_before_counts);
  suite_add_tcase(s, c);
  return s;
}
