/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "price/run.h"
#include "unit.h"

Suite *test_price_bounds(void);

static bl_net net(const char *amount) {
  bl_net n = {D(amount), BL_DEC_ZERO, D(amount)};

  return n;
}

START_TEST(a_maximum_cuts_the_lines_in_their_order) {
  bl_net nets[] = {net("60"), net("50"), net("10")};

  bl_net_cap(D("125"), D("35"), nets, 3);
  ck_assert_dec_eq(nets[0].net, "60");
  ck_assert_dec_eq(nets[1].net, "30");
  ck_assert_dec_eq(nets[1].discount, "20");
  ck_assert_dec_eq(nets[2].net, "0");
  ck_assert_dec_eq(nets[2].discount, "10");
  ck_assert_dec_eq(bl_net_sum(nets, 3), "90");
}
END_TEST

START_TEST(a_maximum_that_was_reached_before_leaves_nothing) {
  bl_net nets[] = {net("7")};

  bl_net_cap(D("100"), D("120"), nets, 1);
  ck_assert_dec_eq(nets[0].net, "0");
  ck_assert_dec_eq(nets[0].amount, "7");
}
END_TEST

START_TEST(a_minimum_asks_for_what_is_missing) {
  bl_net nets[] = {net("60")};

  ck_assert_dec_eq(bl_net_gap(D("100"), D("35"), nets, 1), "5");
  ck_assert_dec_eq(bl_net_gap(D("95"), D("35"), nets, 1), "0");
  ck_assert_dec_eq(bl_net_gap(D("50"), D("35"), nets, 1), "0");
  ck_assert_dec_eq(bl_net_gap(D("100"), BL_DEC_ZERO, nets, 0), "100");
}
END_TEST

Suite *test_price_bounds(void) {
  Suite *s = suite_create("price_bounds");
  TCase *c = tcase_create("all");

  tcase_add_test(c, a_maximum_cuts_the_lines_in_their_order);
  tcase_add_test(c, a_maximum_that_was_reached_before_leaves_nothing);
  tcase_add_test(c, a_minimum_asks_for_what_is_missing);
  suite_add_tcase(s, c);
  return s;
}
