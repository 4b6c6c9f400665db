/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "catalog/catalog.h"
#include "documents.h"

Suite *test_catalog_order(void);

static int read_order(const char *json, bl_order *out) {
  bl_json *doc = J(json);

  return bl_catalog_read_order(doc, "/order", out, &doc_err);
}

START_TEST(number_is_appended) {
  bl_order o;

  ck_assert_int_eq(read_order("['expiry','larger']", &o), 0);
  ck_assert_uint_eq(o.count, 3);
  ck_assert_uint_eq(o.key[0], BL_ORDER_EXPIRY);
  ck_assert_uint_eq(o.key[1], BL_ORDER_LARGER);
  ck_assert_uint_eq(o.key[2], BL_ORDER_NUMBER);
  ck_assert_int_eq(read_order("['name','number']", &o), 0);
  ck_assert_uint_eq(o.count, 2);
}
END_TEST

START_TEST(the_default_order_is_written_down) {
  bl_order o;

  ck_assert_int_eq(read_order("['priority','zero_cost','narrow','expiry',"
                              "'effective','created']", &o), 0);
  ck_assert_uint_eq(o.count, bl_order_default.count);
  ck_assert_mem_eq(o.key, bl_order_default.key, o.count * sizeof *o.key);
}
END_TEST

START_TEST(an_order_may_use_every_key) {
  bl_order o;

  ck_assert_int_eq(read_order("['expiry_second','priority','zero_cost',"
    "'narrow','expiry','effective','created','promotional','larger','name',"
    "'rolled_over','nearest','number']", &o), 0);
  ck_assert_uint_eq(o.count, BL_ORDER_KEYS);
}
END_TEST

START_TEST(orders_of_peers_have_names) {
  bl_order o;

  ck_assert_int_eq(read_order("'lago'", &o), 0);
  ck_assert_uint_eq(o.key[1], BL_ORDER_PROMOTIONAL);
  ck_assert_int_eq(read_order("'metronome'", &o), 0);
  ck_assert_uint_eq(o.key[0], BL_ORDER_ROLLED);
  ck_assert_int_eq(read_order("'default'", &o), 0);
  ck_assert_uint_eq(o.count, bl_order_default.count);
}
END_TEST

static const struct refusal {
  const char *json;
  int         rc;
  const char *path;
} refusals[] = {
  {"'priority'", BILLING_INVALID, "/order"},
  {"[]", BILLING_INVALID, "/order"},
  {"['soonest']", BILLING_INVALID, "/order/0"},
  {"[1]", BILLING_INVALID, "/order/0"},
  {"['expiry','expiry']", BILLING_INVALID, "/order/1"},
  {"['number','expiry']", BILLING_INVALID, "/order/1"},
  {"['name','name','name','name','name','name','name','name','name','name',"
   "'name','name','name','name']", BILLING_LIMIT, "/order"},
  {"'chargebee'", BILLING_INVALID, "/order"},
};

START_TEST(wrong_orders_are_refused_at_their_path) {
  bl_order o;

  ck_assert_int_eq(read_order(refusals[_i].json, &o), refusals[_i].rc);
  ck_assert_str_eq(doc_err.path, refusals[_i].path);
}
END_TEST

Suite *test_catalog_order(void) {
  Suite *s = suite_create("catalog_order");
  TCase *c = documents_case(s);

  tcase_add_test(c, number_is_appended);
  tcase_add_test(c, the_default_order_is_written_down);
  tcase_add_test(c, an_order_may_use_every_key);
  tcase_add_test(c, orders_of_peers_have_names);
  tcase_add_loop_test(c, wrong_orders_are_refused_at_their_path, 0,
                      (int)BL_COUNT(refusals));
  return s;
}
