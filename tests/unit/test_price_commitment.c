/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "price/terms.h"
#include "unit.h"

Suite *test_price_commitment(void);

START_TEST(a_window_is_settled_as_the_head_says) {
  bl_commitment promise = {D("10"), D("2"), 1, 0};
  bl_committed more = bl_commitment_apply(&promise, D("16"));
  bl_committed less = bl_commitment_apply(&promise, D("4"));

  ck_assert_dec_eq(more.utilized, "10");
  ck_assert_dec_eq(more.overage, "12");
  ck_assert_dec_eq(more.top_up, "0");
  ck_assert_dec_eq(less.utilized, "4");
  ck_assert_dec_eq(less.overage, "0");
  ck_assert_dec_eq(less.top_up, "6");
}
END_TEST

START_TEST(without_a_promise_all_is_utilized) {
  bl_commitment none = {BL_DEC_BAD, D("1"), 1, 0};
  bl_committed all = bl_commitment_apply(&none, D("16"));

  ck_assert_dec_eq(all.utilized, "16");
  ck_assert_dec_eq(all.overage, "0");
  ck_assert_dec_eq(all.top_up, "0");
}
END_TEST

Suite *test_price_commitment(void) {
  Suite *s = suite_create("price_commitment");
  TCase *c = tcase_create("commitment");

  tcase_add_test(c, a_window_is_settled_as_the_head_says);
  tcase_add_test(c, without_a_promise_all_is_utilized);
  suite_add_tcase(s, c);
  return s;
}
