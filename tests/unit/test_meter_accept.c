/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "meter/accept.h"
#include "unit.h"

Suite *test_meter_accept(void);

#define NOON (INT64_C(20000) * BL_DAY + 12 * BL_HOUR)
#define MINUTE (60 * BL_SECOND)

static const bl_accept_terms example = {35 * BL_DAY, 5 * MINUTE, BL_DAY,
                                        BL_DAY, 0, 0};
static const bl_accept_terms off = {BL_TIME_NEVER, BL_TIME_NEVER,
                                    BL_TIME_NEVER, BL_TIME_NEVER, 0, 0};

START_TEST(bounds_are_accepted_and_no_more) {
  ck_assert_int_eq(bl_accept_time(&example, NOON, NOON - 35 * BL_DAY),
                   BL_ACCEPT_YES);
  ck_assert_int_eq(bl_accept_time(&example, NOON, NOON - 35 * BL_DAY - 1),
                   BL_ACCEPT_TOO_OLD);
  ck_assert_int_eq(bl_accept_time(&example, NOON, NOON + 5 * MINUTE),
                   BL_ACCEPT_YES);
  ck_assert_int_eq(bl_accept_time(&example, NOON, NOON + 5 * MINUTE + 1),
                   BL_ACCEPT_TOO_FAR_AHEAD);
}
END_TEST

START_TEST(cancelling_ends_with_its_window) {
  ck_assert(bl_accept_cancel(&example, NOON, NOON - BL_DAY));
  ck_assert(!bl_accept_cancel(&example, NOON, NOON - BL_DAY - 1));
  ck_assert(bl_accept_cancel(&example, NOON, NOON + 1));
}
END_TEST

START_TEST(a_key_counts_again_after_its_window) {
  bl_accept_terms ends = example;

  ends.window_ends = 1;
  ck_assert(bl_accept_is_repeat(&example, NOON + BL_DAY, NOON));
  ck_assert(!bl_accept_is_repeat(&example, NOON + BL_DAY + 1, NOON));
  ck_assert(bl_accept_is_repeat(&ends, NOON + BL_DAY - 1, NOON));
  ck_assert(!bl_accept_is_repeat(&ends, NOON + BL_DAY, NOON));
}
END_TEST

START_TEST(what_is_off_accepts_all_there_is) {
  ck_assert_int_eq(bl_accept_time(&off, INT64_MAX, INT64_MIN),
                   BL_ACCEPT_YES);
  ck_assert_int_eq(bl_accept_time(&off, INT64_MIN, INT64_MAX),
                   BL_ACCEPT_YES);
  ck_assert_int_eq(bl_accept_time(&example, INT64_MAX, INT64_MIN),
                   BL_ACCEPT_TOO_OLD);
  ck_assert(bl_accept_cancel(&off, INT64_MAX, INT64_MIN));
  ck_assert(bl_accept_is_repeat(&off, INT64_MAX, INT64_MIN));
}
END_TEST

Suite *test_meter_accept(void) {
  Suite *s = suite_create("meter_accept");
  TCase *c = tcase_create("all");

  tcase_add_test(c, bounds_are_accepted_and_no_more);
  tcase_add_test(c, cancelling_ends_with_its_window);
  tcase_add_test(c, a_key_counts_again_after_its_window);
  tcase_add_test(c, what_is_off_accepts_all_there_is);
  suite_add_tcase(s, c);
  return s;
}
