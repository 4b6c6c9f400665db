/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "invoice/invoice.h"
#include "unit.h"

Suite *test_invoice_split(void);

static bl_dec dec(const char *text) {
  bl_dec d;

  ck_assert_int_eq(bl_dec_parse(text, strlen(text), &d), BILLING_OK);
  return d;
}

START_TEST(who_is_cut_by_most_gets_the_step_that_is_left) {
  bl_portion thirds[3] = {{.weight = dec("1")}, {.weight = dec("1")},
                          {.weight = dec("1")}};
  bl_portion odd[3] = {{.weight = dec("1")}, {.weight = dec("4")},
                       {.weight = dec("2")}};

  bl_apportion(dec("0.10"), 2, thirds, 3);
  ck_assert(bl_dec_equal(thirds[0].share, dec("0.04")));
  ck_assert(bl_dec_equal(thirds[1].share, dec("0.03")));
  ck_assert(bl_dec_equal(thirds[2].share, dec("0.03")));
  /* 1.4285.., 5.7142.., 2.8571.. of ten: the two with most behind the point
   * are the second and the third. */
  bl_apportion(dec("-10"), 0, odd, 3);
  ck_assert(bl_dec_equal(odd[0].share, dec("-1")));
  ck_assert(bl_dec_equal(odd[1].share, dec("-6")));
  ck_assert(bl_dec_equal(odd[2].share, dec("-3")));
}
END_TEST

START_TEST(nothing_has_no_portions) {
  bl_portion none[2] = {{.weight = BL_DEC_ZERO}, {.weight = BL_DEC_ZERO}};

  bl_apportion(dec("5"), 2, none, 2);
  ck_assert(bl_dec_is_zero(none[0].share));
  bl_apportion(dec("5"), 2, none, 0);
}
END_TEST

Suite *test_invoice_split(void) {
  Suite *s = suite_create("invoice_split");
  TCase *c = tcase_create("all");

  tcase_add_test(c, who_is_cut_by_most_gets_the_step_that_is_left);
  tcase_add_test(c, nothing_has_no_portions);
  suite_add_tcase(s, c);
  return s;
}
