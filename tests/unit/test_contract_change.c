/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "contract/contract.h"
#include "unit.h"

Suite *test_contract_change(void);

static bl_dec cap(int64_t potential, int64_t paid, int64_t credited) {
  return bl_credit_cap(bl_dec_of_int(potential), bl_dec_of_int(paid),
                       bl_dec_of_int(credited));
}

START_TEST(a_credit_is_never_more_than_was_paid_and_not_returned) {
  ck_assert(bl_dec_equal(cap(5, 10, 0), bl_dec_of_int(5)));
  ck_assert(bl_dec_equal(cap(100, 200, 180), bl_dec_of_int(20)));
  ck_assert(bl_dec_equal(cap(100, 80, 0), bl_dec_of_int(80)));
  ck_assert(bl_dec_is_zero(cap(100, 200, 250)));
  ck_assert(bl_dec_is_bad(bl_credit_cap(BL_DEC_BAD, BL_DEC_ONE,
                                        BL_DEC_ZERO)));
}
END_TEST

Suite *test_contract_change(void) {
  Suite *s = suite_create("contract_change");
  TCase *c = tcase_create("all");

  tcase_add_test(c, a_credit_is_never_more_than_was_paid_and_not_returned);
  suite_add_tcase(s, c);
  return s;
}
