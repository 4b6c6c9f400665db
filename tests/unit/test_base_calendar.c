/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/time.h"
#include "unit.h"

Suite *test_base_calendar(void);

static const char *cut(const char *unit, const char *time) {
  static char out[BL_TIME_TEXT];
  int64_t us = 0;

  ck_assert(bl_time_parse(bl_str_of(time), &us));
  ck_assert(bl_time_floor(bl_str_of(unit), us, &us));
  (void)bl_time_print(us, out);
  return out;
}

START_TEST(every_unit_begins_where_the_calendar_says) {
  static const char at[] = "2026-08-13T14:37:15.25Z";

  ck_assert_str_eq(cut("second", at), "2026-08-13T14:37:15Z");
  ck_assert_str_eq(cut("minute", at), "2026-08-13T14:37:00Z");
  ck_assert_str_eq(cut("hour", at), "2026-08-13T14:00:00Z");
  ck_assert_str_eq(cut("day", at), "2026-08-13T00:00:00Z");
  ck_assert_str_eq(cut("week", at), "2026-08-10T00:00:00Z");
  ck_assert_str_eq(cut("month", at), "2026-08-01T00:00:00Z");
  ck_assert_str_eq(cut("year", at), "2026-01-01T00:00:00Z");
}
END_TEST

START_TEST(times_before_1970_are_cut_downwards) {
  ck_assert_str_eq(cut("hour", "1969-12-31T23:59:59Z"),
                   "1969-12-31T23:00:00Z");
  ck_assert_str_eq(cut("week", "1969-12-31T23:59:59Z"),
                   "1969-12-29T00:00:00Z");
  ck_assert_str_eq(cut("year", "1600-02-29T00:00:00Z"),
                   "1600-01-01T00:00:00Z");
}
END_TEST

START_TEST(a_monday_and_a_first_are_their_own_beginnings) {
  ck_assert_str_eq(cut("week", "2026-08-10T00:00:00Z"),
                   "2026-08-10T00:00:00Z");
  ck_assert_str_eq(cut("week", "2026-08-09T23:59:59Z"),
                   "2026-08-03T00:00:00Z");
  ck_assert_str_eq(cut("month", "2026-03-01T00:00:00Z"),
                   "2026-03-01T00:00:00Z");
}
END_TEST

START_TEST(other_units_are_unknown) {
  int64_t us = 5;

  ck_assert(!bl_time_floor(BL_STR("fortnight"), 0, &us));
  ck_assert(!bl_time_floor(BL_STR("Day"), 0, &us));
  ck_assert_int_eq(us, 5);
}
END_TEST

Suite *test_base_calendar(void) {
  Suite *s = suite_create("base_calendar");
  TCase *c = tcase_create("all");

  tcase_add_test(c, every_unit_begins_where_the_calendar_says);
  tcase_add_test(c, times_before_1970_are_cut_downwards);
  tcase_add_test(c, a_monday_and_a_first_are_their_own_beginnings);
  tcase_add_test(c, other_units_are_unknown);
  suite_add_tcase(s, c);
  return s;
}
