/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/span.h"
#include "unit.h"

static int64_t day(const char *text) {
  int64_t us = 0;
  ck_assert_int_eq(bl_time_parse(bl_str_of(text), &us), 1);
  return us;
}

static bl_span span(const char *from, const char *to) {
  bl_span s = {day(from), day(to)};
  return s;
}

START_TEST(january_and_mid_february_overlap_in_half_a_month) {
  bl_span both = bl_span_cut(span("2026-01-01", "2026-02-01"),
                             span("2026-01-15", "2026-02-15"));
  ck_assert_int_eq(both.from_us, day("2026-01-15"));
  ck_assert_int_eq(both.to_us, day("2026-02-01"));
  ck_assert_int_eq(bl_span_length(both), 17 * INT64_C(86400000000));
}
END_TEST

START_TEST(order_of_the_cut_does_not_matter) {
  bl_span both = bl_span_cut(span("2026-01-15", "2026-02-15"),
                             span("2026-01-01", "2026-02-01"));
  ck_assert_int_eq(both.from_us, day("2026-01-15"));
  ck_assert_int_eq(both.to_us, day("2026-02-01"));
}
END_TEST

START_TEST(a_span_within_another_is_cut_to_itself) {
  bl_span both = bl_span_cut(span("2026-01-01", "2027-01-01"),
                             span("2026-03-01", "2026-04-01"));
  ck_assert_int_eq(both.from_us, day("2026-03-01"));
  ck_assert_int_eq(both.to_us, day("2026-04-01"));
}
END_TEST

START_TEST(a_span_holds_its_begin_and_not_its_end) {
  bl_span january = span("2026-01-01", "2026-02-01");
  ck_assert_int_eq(bl_span_holds(january, day("2026-01-01")), 1);
  ck_assert_int_eq(bl_span_holds(january, day("2026-02-01") - 1), 1);
  ck_assert_int_eq(bl_span_holds(january, day("2026-02-01")), 0);
  ck_assert_int_eq(bl_span_holds(january, day("2026-01-01") - 1), 0);
}
END_TEST

START_TEST(neighbours_and_strangers_have_nothing_in_common) {
  bl_span january = span("2026-01-01", "2026-02-01");
  bl_span next = bl_span_cut(january, span("2026-02-01", "2026-03-01"));
  bl_span far = bl_span_cut(january, span("2026-05-01", "2026-06-01"));
  ck_assert_int_eq(bl_span_is_empty(next), 1);
  ck_assert_int_eq(bl_span_is_empty(far), 1);
  ck_assert_int_eq(far.from_us, far.to_us);
  ck_assert_int_eq(bl_span_length(far), 0);
}
END_TEST

START_TEST(a_span_that_runs_backwards_is_empty) {
  bl_span s = span("2026-02-01", "2026-01-01");
  ck_assert_int_eq(bl_span_is_empty(s), 1);
  ck_assert_int_eq(bl_span_length(s), 0);
  ck_assert_int_eq(bl_span_holds(s, day("2026-01-15")), 0);
}
END_TEST

START_TEST(an_end_that_does_not_come_is_after_everything) {
  bl_span s = {day("2026-01-01"), BL_TIME_NEVER};
  bl_span both = bl_span_cut(s, span("2025-12-01", "9999-12-31"));
  ck_assert_int_eq(bl_span_holds(s, BL_TIME_MAX), 1);
  ck_assert_int_eq(both.to_us, day("9999-12-31"));
}
END_TEST

Suite *test_base_span(void);

Suite *test_base_span(void) {
  Suite *suite = suite_create("base/span");
  TCase *tests = tcase_create("span");
  tcase_add_test(tests, january_and_mid_february_overlap_in_half_a_month);
  tcase_add_test(tests, order_of_the_cut_does_not_matter);
  tcase_add_test(tests, a_span_within_another_is_cut_to_itself);
  tcase_add_test(tests, a_span_holds_its_begin_and_not_its_end);
  tcase_add_test(tests, neighbours_and_strangers_have_nothing_in_common);
  tcase_add_test(tests, a_span_that_runs_backwards_is_empty);
  tcase_add_test(tests, an_end_that_does_not_come_is_after_everything);
  suite_add_tcase(suite, tests);
  return suite;
}
