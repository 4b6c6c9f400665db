/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "unit.h"
#include "wallet/lines.h"

Suite *test_wallet_classes(void);

static bl_lot lot(uint64_t number, int32_t priority, uint32_t has_cost) {
  bl_lot l = {.number = number, .priority = priority, .has_cost = has_cost,
              .expires_us = 100, .asset = "USD"};

  return l;
}

START_TEST(a_class_comes_before_any_priority) {
  bl_lot post = lot(1, 0, 1), pre = lot(2, 1, 1), credit = lot(3, 1, 0);
  bl_lot roll = lot(4, 500, 1);
  bl_classed all[] = {{&post, 1, 0}, {&pre, 0, 0}, {&credit, 0, 0},
                      {&roll, 0, 0}};

  roll.is_rolled_over = 1;
  bl_classed_sort(all, 4);
  ck_assert_ptr_eq(all[0].lot, &roll);
  ck_assert_ptr_eq(all[1].lot, &credit);
  ck_assert_ptr_eq(all[2].lot, &pre);
  ck_assert_ptr_eq(all[3].lot, &post);
}
END_TEST

START_TEST(among_rolled_over_lots_the_owed_ones_come_first) {
  bl_lot prepaid = lot(1, 1, 1), postpaid = lot(2, 99, 1);
  bl_lot free = lot(3, 2, 0);
  bl_classed all[] = {{&prepaid, 0, 0}, {&postpaid, 1, 0}, {&free, 0, 0}};

  prepaid.is_rolled_over = postpaid.is_rolled_over = 1;
  free.is_rolled_over = 1;
  bl_classed_sort(all, 3);
  ck_assert_ptr_eq(all[0].lot, &postpaid);
  ck_assert_ptr_eq(all[1].lot, &prepaid);
  ck_assert_ptr_eq(all[2].lot, &free);
}
END_TEST

START_TEST(fewer_prices_first_and_none_is_the_widest) {
  bl_str names[] = {BL_STR("p1"), BL_STR("p2"), BL_STR("p3")};
  bl_scope three = {.prices = names, .price_count = 3};
  bl_scope one = {.prices = names, .price_count = 1};
  bl_lot a = lot(1, 0, 1), b = lot(2, 0, 1), c = lot(3, 0, 1);
  bl_classed all[] = {{&a, 0, 0}, {&b, 0, 0}, {&c, 0, 0}};

  b.scope = &three;
  c.scope = &one;
  bl_classed_sort(all, 3);
  ck_assert_ptr_eq(all[0].lot, &c);
  ck_assert_ptr_eq(all[1].lot, &b);
  ck_assert_ptr_eq(all[2].lot, &a);
}
END_TEST

START_TEST(the_number_decides_when_nothing_else_does) {
  bl_lot a = lot(1, 0, 1), b = lot(2, 0, 1);
  bl_classed first = {&a, 0, 0}, second = {&b, 0, 0};

  ck_assert_int_lt(bl_classed_compare(&first, &second), 0);
  ck_assert_int_gt(bl_classed_compare(&second, &first), 0);
  /* Fewer dimensions go before it. */
  first.dimensions = 1;
  ck_assert_int_gt(bl_classed_compare(&first, &second), 0);
}
END_TEST

START_TEST(orders_of_peers_have_names) {
  bl_order order;

  ck_assert(bl_order_of_name(BL_STR("stripe"), &order));
  ck_assert_uint_eq(order.count, 6);
  ck_assert_uint_eq(order.key[2], BL_ORDER_PROMOTIONAL);
  ck_assert(bl_order_of_name(BL_STR("flexprice"), &order));
  ck_assert_uint_eq(order.key[2], BL_ORDER_LARGER);
  ck_assert(bl_order_of_name(BL_STR("default"), &order));
  ck_assert_uint_eq(order.count, bl_order_default.count);
  ck_assert(!bl_order_of_name(BL_STR("chargebee"), &order));
  ck_assert(!bl_order_of_name(BL_STR(""), &order));
}
END_TEST

static bl_payable line(uint64_t number, uint32_t kind, int64_t from,
                   const char *unit, const char *name) {
  bl_payable d = {.number = number, .kind = kind};

  d.use.time_us = from;
  d.unit        = D(unit);
  d.name        = bl_str_of(name);
  return d;
}

START_TEST(lines_go_by_kind_start_price_and_name) {
  bl_payable lines[] = {
    line(1, BL_LINE_USAGE, 5, "1", "b"),
    line(2, BL_LINE_USAGE, 5, "1", "a"),
    line(3, BL_LINE_USAGE, 5, "3", "x"),
    line(4, BL_LINE_USAGE, 4, "1", "old"),
    line(5, BL_LINE_SUBSCRIPTION, 5, "70", "sub"),
    line(6, BL_LINE_COMPOSITE, 5, "1", "comp"),
  };
  static const uint64_t expect[] = {4, 3, 2, 1, 5, 6};

  bl_payable_sort(lines, 6);
  for (size_t i = 0; i < 6; i++) ck_assert_uint_eq(lines[i].number, expect[i]);
}
END_TEST

Suite *test_wallet_classes(void) {
  Suite *s = suite_create("wallet_classes");
  TCase *c = tcase_create("all");

  tcase_add_test(c, a_class_comes_before_any_priority);
  tcase_add_test(c, among_rolled_over_lots_the_owed_ones_come_first);
  tcase_add_test(c, fewer_prices_first_and_none_is_the_widest);
  tcase_add_test(c, the_number_decides_when_nothing_else_does);
  tcase_add_test(c, orders_of_peers_have_names);
  tcase_add_test(c, lines_go_by_kind_start_price_and_name);
  suite_add_tcase(s, c);
  return s;
}
