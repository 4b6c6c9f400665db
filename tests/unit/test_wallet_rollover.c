/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "unit.h"
#include "wallet/wallet.h"

Suite *test_wallet_rollover(void);

START_TEST(a_share_of_what_is_left_below_a_limit) {
  ck_assert_dec_eq(bl_rollover(D("30"), D("0.5"), D("10")), "10");
  ck_assert_dec_eq(bl_rollover(D("30"), D("0.5"), D("20")), "15");
  ck_assert_dec_eq(bl_rollover(D("30"), D("1"), BL_DEC_MAX), "30");
  ck_assert_dec_eq(bl_rollover(D("0"), D("1"), D("5")), "0");
}
END_TEST

Suite *test_wallet_rollover(void) {
  Suite *s = suite_create("wallet_rollover");
  TCase *c = tcase_create("rollover");

  tcase_add_test(c, a_share_of_what_is_left_below_a_limit);
  suite_add_tcase(s, c);
  return s;
}
