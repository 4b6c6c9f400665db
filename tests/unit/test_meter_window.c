/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "meter/window.h"
#include "unit.h"

Suite *test_meter_window(void);

static bl_arena window_arena;

static void setup(void) { bl_arena_open(&window_arena, NULL); }

static void teardown(void) { bl_arena_close(&window_arena); }

static const bl_zone *zone_of(const char *name) {
  bl_zone *zone = NULL;

  ck_assert_int_eq(bl_zone_load(&window_arena, NULL, bl_str_of(name), &zone,
                                NULL), 0);
  return zone;
}

static int64_t at(const char *text) {
  int64_t us = 0;

  ck_assert(bl_time_parse(bl_str_of(text), &us));
  return us;
}

static void check(const char *zone, uint32_t unit, int32_t anchor,
                  const char *time, const char *from, const char *to) {
  bl_grid grid = {zone_of(zone), unit, anchor};
  bl_span span = bl_window_at(&grid, at(time));
  char text[BL_TIME_TEXT];

  (void)bl_time_print(span.from_us, text);
  ck_assert_str_eq(text, from);
  (void)bl_time_print(span.to_us, text);
  ck_assert_str_eq(text, to);
}

START_TEST(windows_follow_the_local_clock) {
  static const char first[] = "2026-10-25T00:30:00Z";
  static const char second[] = "2026-10-25T01:30:00Z";
  static const char zone[] = "Europe/Berlin";

  check(zone, BL_WINDOW_HOUR, 1, first, "2026-10-25T00:00:00Z",
        "2026-10-25T01:00:00Z");
  check(zone, BL_WINDOW_HOUR, 1, second, "2026-10-25T01:00:00Z",
        "2026-10-25T02:00:00Z");
  check(zone, BL_WINDOW_DAY, 1, first, "2026-10-24T22:00:00Z",
        "2026-10-25T23:00:00Z");
  check(zone, BL_WINDOW_WEEK, 1, first, "2026-10-18T22:00:00Z",
        "2026-10-25T23:00:00Z");
  check(zone, BL_WINDOW_MONTH, 1, first, "2026-09-30T22:00:00Z",
        "2026-10-31T23:00:00Z");
}
END_TEST

START_TEST(hours_of_odd_zones_begin_where_their_clocks_say) {
  check("Asia/Kathmandu", BL_WINDOW_HOUR, 1, "2026-08-13T14:37:00Z",
        "2026-08-13T14:15:00Z", "2026-08-13T15:15:00Z");
  check("UTC", BL_WINDOW_HOUR, 1, "1969-12-31T23:59:59Z",
        "1969-12-31T23:00:00Z", "1970-01-01T00:00:00Z");
}
END_TEST

/* Lord Howe Island goes from +10:30 to +11 at 2026-10-03T15:30Z, which is
 * 02:00, and back at 2026-04-04T15:00Z, which is 02:00 too. */
START_TEST(a_change_of_half_an_hour_ends_a_window) {
  static const char zone[] = "Australia/Lord_Howe";

  check(zone, BL_WINDOW_HOUR, 1, "2026-10-03T15:29:59Z",
        "2026-10-03T14:30:00Z", "2026-10-03T15:30:00Z");
  check(zone, BL_WINDOW_HOUR, 1, "2026-10-03T15:30:00Z",
        "2026-10-03T15:30:00Z", "2026-10-03T16:00:00Z");
  check(zone, BL_WINDOW_HOUR, 1, "2026-04-04T14:59:59Z",
        "2026-04-04T14:00:00Z", "2026-04-04T15:00:00Z");
  check(zone, BL_WINDOW_HOUR, 1, "2026-04-04T15:00:00Z",
        "2026-04-04T15:00:00Z", "2026-04-04T15:30:00Z");
}
END_TEST

START_TEST(months_clamp_to_their_end_and_come_back) {
  check("UTC", BL_WINDOW_MONTH, 31, "2026-02-15T00:00:00Z",
        "2026-01-31T00:00:00Z", "2026-02-28T00:00:00Z");
  check("UTC", BL_WINDOW_MONTH, 31, "2026-02-28T00:00:00Z",
        "2026-02-28T00:00:00Z", "2026-03-31T00:00:00Z");
  check("UTC", BL_WINDOW_MONTH, 5, "2024-01-03T00:00:00Z",
        "2023-12-05T00:00:00Z", "2024-01-05T00:00:00Z");
}
END_TEST

/* Samoa had no 30 December 2011. */
START_TEST(a_day_that_was_left_out_holds_nothing) {
  check("Pacific/Apia", BL_WINDOW_DAY, 1, "2011-12-30T09:59:59Z",
        "2011-12-29T10:00:00Z", "2011-12-30T10:00:00Z");
  check("Pacific/Apia", BL_WINDOW_DAY, 1, "2011-12-30T10:00:00Z",
        "2011-12-30T10:00:00Z", "2011-12-31T10:00:00Z");
}
END_TEST

/* St. John's went back at 00:01 of 7 November 2010, to 23:01: the minute after
 * the first midnight and the hour before the second are one day with it. */
START_TEST(a_day_begins_at_the_first_of_two_midnights) {
  static const char zone[] = "America/St_Johns";

  check(zone, BL_WINDOW_DAY, 1, "2010-11-07T02:29:59Z",
        "2010-11-06T02:30:00Z", "2010-11-07T02:30:00Z");
  check(zone, BL_WINDOW_DAY, 1, "2010-11-07T02:45:00Z",
        "2010-11-07T02:30:00Z", "2010-11-08T03:30:00Z");
}
END_TEST

START_TEST(no_unit_is_one_window) {
  bl_grid grid = {zone_of("UTC"), BL_WINDOW_NONE, 1};
  bl_span span = bl_window_at(&grid, 0);

  ck_assert_int_eq(span.from_us, INT64_MIN);
  ck_assert_int_eq(span.to_us, INT64_MAX);
}
END_TEST

static const char *const zones[] = {
  "UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe",
  "Pacific/Apia", "Asia/Kathmandu", "America/Sao_Paulo", "Africa/Cairo",
  "Asia/Beirut", "Antarctica/Troll", "America/St_Johns"
};

/* From window to window through three years: they touch, hold what they were
 * asked for, and every one of their instants gives them again. */
START_TEST(windows_touch_and_never_overlap) {
  for (uint32_t unit = BL_WINDOW_HOUR; unit <= BL_WINDOW_MONTH; unit++) {
    bl_grid grid = {zone_of(zones[_i]), unit, 31};
    int64_t us = at("2010-10-01T00:00:00Z"), end = at("2013-01-10T00:00:00Z");
    bl_span span = bl_window_at(&grid, us), again;

    while (span.to_us < end) {
      int64_t length = span.to_us - span.from_us;

      ck_assert_int_gt(length, 0);
      ck_assert(unit != BL_WINDOW_HOUR || length <= BL_HOUR);
      ck_assert(unit != BL_WINDOW_DAY || length <= 26 * BL_HOUR);
      again = bl_window_at(&grid, span.from_us + length / 3);
      ck_assert_int_eq(again.from_us, span.from_us);
      again = bl_window_at(&grid, span.to_us - 1);
      ck_assert_int_eq(again.to_us, span.to_us);
      again = bl_window_at(&grid, span.to_us);
      ck_assert_int_eq(again.from_us, span.to_us);
      span = again;
    }
  }
}
END_TEST

Suite *test_meter_window(void) {
  Suite *s = suite_create("meter_window");
  TCase *c = tcase_create("all");

  tcase_add_checked_fixture(c, setup, teardown);
  tcase_add_test(c, windows_follow_the_local_clock);
  tcase_add_test(c, hours_of_odd_zones_begin_where_their_clocks_say);
  tcase_add_test(c, a_change_of_half_an_hour_ends_a_window);
  tcase_add_test(c, months_clamp_to_their_end_and_come_back);
  tcase_add_test(c, a_day_that_was_left_out_holds_nothing);
  tcase_add_test(c, a_day_begins_at_the_first_of_two_midnights);
  tcase_add_test(c, no_unit_is_one_window);
  tcase_add_loop_test(c, windows_touch_and_never_overlap, 0,
                      (int)BL_COUNT(zones));
  suite_add_tcase(s, c);
  return s;
}
