/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "contract/contract.h"
#include "unit.h"

Suite *test_contract_duration(void);

static bl_arena span_arena;
static bl_zone *utc;

static void open_utc(void) {
  bl_arena_open(&span_arena, NULL);
  ck_assert_int_eq(bl_zone_load(&span_arena, NULL, BL_STR("UTC"), &utc, NULL),
                   BILLING_OK);
}

static void close_utc(void) { bl_arena_close(&span_arena); }

static bl_duration duration(const char *text) {
  bl_duration d = {-1, -1, -1, -1};

  ck_assert_msg(bl_duration_parse(bl_str_of(text), &d), "%s", text);
  return d;
}

static void expect_after(const char *from, const char *by, int64_t times,
                         const char *to) {
  bl_duration d = duration(by);
  int64_t us = 0, want = 0;

  ck_assert(bl_time_parse(bl_str_of(from), &us));
  ck_assert(bl_time_parse(bl_str_of(to), &want));
  ck_assert_int_eq(bl_duration_add(&d, utc, us, times), want);
}

START_TEST(a_year_and_a_month_on_are_clamped_one_after_the_other) {
  bl_duration d = duration("P1Y2M3DT4H");

  ck_assert_int_eq(d.years, 1);
  ck_assert_int_eq(d.months, 2);
  ck_assert_int_eq(d.days, 3);
  ck_assert_int_eq(d.us, 4 * BL_HOUR);
  expect_after("2024-02-29", "P1Y1M", 1, "2025-03-28");
  expect_after("2024-01-31", "P1M", 2, "2024-03-31");
  expect_after("2024-01-31", "-P1M", 2, "2023-11-30");
  expect_after("2024-01-31", "PT0.000001S", 1, "2024-01-31T00:00:00.000001Z");
}
END_TEST

START_TEST(what_is_no_duration_is_refused) {
  static const char *const wrong[] = {
    "", "P", "1M", "PT", "P1", "PM", "P1M1Y", "P1D1W", "PT1S1M", "P1H",
    "PT1D", "P1.5D", "PT1.S", "PT1.0000001S", "P1M ", "P-1M", "P1MT",
    "P10001Y", "P99999999999999999999D", "PT1M1M"
  };

  for (size_t i = 0; i < BL_COUNT(wrong); i++) {
    bl_duration d = {7, 7, 7, 7};

    ck_assert_msg(!bl_duration_parse(bl_str_of(wrong[i]), &d), "%s",
                  wrong[i]);
    ck_assert_int_eq(d.years, 7);
  }
}
END_TEST

START_TEST(a_whole_multiple_is_one_in_every_month_and_day) {
  static const struct {
    const char *larger, *smaller;
    int divides;
  } rows[] = {
    {"P1Y", "P3M", 1}, {"P1Y", "PT1H", 1}, {"P1M", "P1W", 0},
    {"P1M", "P1D", 1}, {"P1D", "P1M", 0},  {"P4W", "P1M", 0},
    {"P1D", "PT0S", 0}, {"P1Y", "P5M", 0}, {"P1D", "PT1H", 1},
    {"P1D", "PT2H", 0}
  };

  for (size_t i = 0; i < BL_COUNT(rows); i++) {
    bl_duration larger = duration(rows[i].larger);
    bl_duration smaller = duration(rows[i].smaller);

    ck_assert_msg(bl_duration_divides(&larger, &smaller) == rows[i].divides,
                  "%s by %s", rows[i].larger, rows[i].smaller);
  }
}
END_TEST

Suite *test_contract_duration(void) {
  Suite *s = suite_create("contract_duration");
  TCase *c = tcase_create("all");

  tcase_add_checked_fixture(c, open_utc, close_utc);
  tcase_add_test(c, a_year_and_a_month_on_are_clamped_one_after_the_other);
  tcase_add_test(c, what_is_no_duration_is_refused);
  tcase_add_test(c, a_whole_multiple_is_one_in_every_month_and_day);
  suite_add_tcase(s, c);
  return s;
}
