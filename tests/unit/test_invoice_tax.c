/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "invoice/invoice.h"
#include "unit.h"

Suite *test_invoice_tax(void);

START_TEST(a_tax_is_on_top_or_within) {
  bl_dec twelve = bl_dec_of_int(12), twenty = bl_dec_of_int(20);

  ck_assert(bl_dec_equal(bl_tax_of(bl_dec_of_int(10), twenty),
                         bl_dec_of_int(2)));
  ck_assert(bl_dec_equal(bl_tax_within(twelve, twenty), bl_dec_of_int(2)));
}
END_TEST

START_TEST(a_seller_in_the_eu_asks_where_the_customer_is) {
  bl_str fr = BL_STR("FR"), it = BL_STR("IT"), us = BL_STR("US");

  ck_assert_uint_eq(bl_tax_place(fr, fr, 1), BL_TAX_STANDARD);
  ck_assert_uint_eq(bl_tax_place(fr, it, 0), BL_TAX_STANDARD);
  ck_assert_uint_eq(bl_tax_place(fr, it, 1), BL_TAX_REVERSE);
  ck_assert_uint_eq(bl_tax_place(fr, us, 1), BL_TAX_EXEMPT);
  ck_assert_uint_eq(bl_tax_place(fr, BL_STR(""), 0), BL_TAX_EXEMPT);
}
END_TEST

Suite *test_invoice_tax(void) {
  Suite *s = suite_create("invoice_tax");
  TCase *c = tcase_create("all");

  tcase_add_test(c, a_tax_is_on_top_or_within);
  tcase_add_test(c, a_seller_in_the_eu_asks_where_the_customer_is);
  suite_add_tcase(s, c);
  return s;
}
