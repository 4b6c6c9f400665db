/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "contract/contract.h"
#include "unit.h"

static bl_arena arena;

static void open_arena(void) {
  bl_arena_open(&arena, NULL);
}

static void close_arena(void) {
  bl_arena_close(&arena);
}

static bl_zone *zone(const char *name) {
  bl_zone *z = NULL;
  ck_assert_int_eq(bl_zone_load(&arena, NULL, bl_str_of(name), &z, NULL),
                   BILLING_OK);
  return z;
}

static int64_t at(const char *text) {
  int64_t us = 0;
  ck_assert_int_eq(bl_time_parse(bl_str_of(text), &us), 1);
  return us;
}

static bl_contract_terms terms(const char *start, uint32_t unit,
                               int32_t every, uint32_t anchor) {
  bl_contract_terms t = {.unit = unit, .every = every, .anchor = anchor,
                         .end_us = BL_TIME_NEVER};
  t.start_us = at(start);
  return t;
}

static void expect_time(int64_t us, const char *text) {
  char got[BL_TIME_TEXT];
  bl_time_print(us, got);
  ck_assert_str_eq(got, text);
}

/* The bounds of the first periods, each period found in three ways. */
static void expect_bounds(const bl_contract_terms *t, const bl_zone *z,
                          const char *const *bounds, size_t count) {
  bl_period p = {{0, 0}, {0, 0}}, same;
  ck_assert_int_eq(bl_period_next(t, z, NULL, &p), 1);
  for (size_t i = 0; i + 1 < count; i++) {
    expect_time(p.span.from_us, bounds[i]);
    expect_time(p.span.to_us, bounds[i + 1]);
    ck_assert_int_eq(bl_period_at(t, z, p.span.from_us, &same), 1);
    ck_assert_mem_eq(&same, &p, sizeof p);
    ck_assert_int_eq(bl_period_at(t, z, p.span.to_us - 1, &same), 1);
    ck_assert_mem_eq(&same, &p, sizeof p);
    same = p;
    ck_assert_int_eq(bl_period_next(t, z, &same, &p), 1);
  }
}
#define EXPECT_BOUNDS(t, z, ...)                                  \
  do {                                                            \
    const char *const bounds[] = {__VA_ARGS__};                   \
    expect_bounds((t), (z), bounds, BL_COUNT(bounds));            \
  } while (0)

/* From the anchor itself, in UTC, days only: the form of the vectors. */
static void expect_dates(const char *anchor, uint32_t unit, int32_t every,
                         const char *const *dates, size_t count) {
  bl_contract_terms t = terms(anchor, unit, every, BL_ANCHOR_ANNIVERSARY);
  bl_zone *utc = zone("UTC");
  bl_period p;
  ck_assert_int_eq(bl_period_next(&t, utc, NULL, &p), 1);
  for (size_t i = 0; i < count; i++) {
    bl_period before = p;
    ck_assert_int_eq(p.full.to_us, at(dates[i]));
    ck_assert_int_eq(bl_period_next(&t, utc, &before, &p), 1);
  }
}
#define EXPECT_DATES(anchor, unit, every, ...)                    \
  do {                                                            \
    const char *const dates[] = {__VA_ARGS__};                    \
    expect_dates((anchor), (unit), (every), dates, BL_COUNT(dates)); \
  } while (0)

START_TEST(the_31st_is_clamped_in_february_and_comes_back) {
  bl_contract_terms t = terms("2026-01-31T10:00:00+01:00", BL_UNIT_MONTH, 1,
                              BL_ANCHOR_ANNIVERSARY);
  EXPECT_BOUNDS(&t, zone("Europe/Berlin"),
                "2026-01-31T09:00:00Z", "2026-02-28T09:00:00Z",
                "2026-03-31T08:00:00Z", "2026-04-30T08:00:00Z");
}
END_TEST

START_TEST(calendar_months_in_berlin_follow_its_clock) {
  bl_contract_terms t = terms("2026-01-15T12:00:00Z", BL_UNIT_MONTH, 1,
                              BL_ANCHOR_CALENDAR);
  bl_zone *berlin = zone("Europe/Berlin");
  bl_period p;
  EXPECT_BOUNDS(&t, berlin,
                "2026-01-15T12:00:00Z", "2026-01-31T23:00:00Z",
                "2026-02-28T23:00:00Z", "2026-03-31T22:00:00Z",
                "2026-04-30T22:00:00Z");
  ck_assert_int_eq(bl_period_at(&t, berlin, t.start_us, &p), 1);
  expect_time(p.full.from_us, "2025-12-31T23:00:00Z");
  expect_time(p.full.to_us, "2026-01-31T23:00:00Z");
}
END_TEST

START_TEST(last_period_is_cut_to_the_end_and_none_follows) {
  bl_contract_terms t = terms("2026-01-15", BL_UNIT_MONTH, 1,
                              BL_ANCHOR_CALENDAR);
  bl_zone *utc = zone("UTC");
  bl_period p, next;
  t.end_us = at("2026-02-10");
  ck_assert_int_eq(bl_period_at(&t, utc, at("2026-02-09T23:00:00Z"), &p), 1);
  expect_time(p.span.from_us, "2026-02-01T00:00:00Z");
  expect_time(p.span.to_us, "2026-02-10T00:00:00Z");
  expect_time(p.full.to_us, "2026-03-01T00:00:00Z");
  ck_assert_int_eq(bl_period_next(&t, utc, &p, &next), 0);
  ck_assert_int_eq(bl_period_at(&t, utc, t.end_us, &p), 0);
  ck_assert_int_eq(bl_period_at(&t, utc, t.start_us - 1, &p), 0);
  t.end_us = at("2026-02-01");         /* on a bound: no empty period */
  ck_assert_int_eq(bl_period_at(&t, utc, t.start_us, &p), 1);
  ck_assert_int_eq(bl_period_next(&t, utc, &p, &next), 0);
  t.end_us = t.start_us;
  ck_assert_int_eq(bl_period_next(&t, utc, NULL, &p), 0);
}
END_TEST

START_TEST(one_contract_may_start_and_end_within_a_cycle) {
  bl_contract_terms t = terms("2026-01-10", BL_UNIT_YEAR, 1,
                              BL_ANCHOR_CALENDAR);
  bl_zone *utc = zone("UTC");
  bl_period p;
  t.end_us = at("2026-03-10");
  ck_assert_int_eq(bl_period_next(&t, utc, NULL, &p), 1);
  expect_time(p.span.from_us, "2026-01-10T00:00:00Z");
  expect_time(p.span.to_us, "2026-03-10T00:00:00Z");
  expect_time(p.full.from_us, "2026-01-01T00:00:00Z");
  expect_time(p.full.to_us, "2027-01-01T00:00:00Z");
}
END_TEST

START_TEST(quarters_of_the_calendar_begin_in_january) {
  bl_contract_terms t = terms("2026-02-15", BL_UNIT_MONTH, 3,
                              BL_ANCHOR_CALENDAR);
  EXPECT_BOUNDS(&t, zone("UTC"), "2026-02-15T00:00:00Z",
                "2026-04-01T00:00:00Z", "2026-07-01T00:00:00Z",
                "2026-10-01T00:00:00Z", "2027-01-01T00:00:00Z");
}
END_TEST

START_TEST(five_months_of_the_calendar_are_counted_from_2000) {
  /* 2000-01 + 63 * 5 months = 2026-04 */
  bl_contract_terms t = terms("2026-02-15", BL_UNIT_MONTH, 5,
                              BL_ANCHOR_CALENDAR);
  EXPECT_BOUNDS(&t, zone("UTC"), "2026-02-15T00:00:00Z",
                "2026-04-01T00:00:00Z", "2026-09-01T00:00:00Z",
                "2027-02-01T00:00:00Z");
}
END_TEST

START_TEST(years_of_the_calendar_begin_on_1_january) {
  bl_contract_terms t = terms("2025-06-01", BL_UNIT_YEAR, 1,
                              BL_ANCHOR_CALENDAR);
  EXPECT_BOUNDS(&t, zone("UTC"), "2025-06-01T00:00:00Z",
                "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z");
  t.every = 3;                         /* 2000 + 9 * 3 = 2027 */
  EXPECT_BOUNDS(&t, zone("UTC"), "2025-06-01T00:00:00Z",
                "2027-01-01T00:00:00Z", "2030-01-01T00:00:00Z");
}
END_TEST

START_TEST(weeks_of_the_calendar_begin_on_monday) {
  /* Monday 2 March 2026 is 1365 weeks after Monday 3 January 2000. */
  bl_contract_terms t = terms("2026-02-25", BL_UNIT_WEEK, 1,
                              BL_ANCHOR_CALENDAR);
  EXPECT_BOUNDS(&t, zone("UTC"), "2026-02-25T00:00:00Z",
                "2026-03-02T00:00:00Z", "2026-03-09T00:00:00Z");
  t.every = 2;
  EXPECT_BOUNDS(&t, zone("UTC"), "2026-02-25T00:00:00Z",
                "2026-03-09T00:00:00Z", "2026-03-23T00:00:00Z");
}
END_TEST

START_TEST(days_of_the_calendar_have_23_and_25_hours) {
  bl_contract_terms t = terms("2026-03-28T12:00:00Z", BL_UNIT_DAY, 1,
                              BL_ANCHOR_CALENDAR);
  bl_zone *berlin = zone("Europe/Berlin");
  EXPECT_BOUNDS(&t, berlin, "2026-03-28T12:00:00Z", "2026-03-28T23:00:00Z",
                "2026-03-29T22:00:00Z", "2026-03-30T22:00:00Z");
  t.start_us = at("2026-10-24T12:00:00Z");
  EXPECT_BOUNDS(&t, berlin, "2026-10-24T12:00:00Z", "2026-10-24T22:00:00Z",
                "2026-10-25T23:00:00Z", "2026-10-26T23:00:00Z");
}
END_TEST

START_TEST(days_of_the_calendar_may_be_counted_by_tens) {
  /* 1 April 2026 is 9587 days after 1 January 2000: 9590 is 4 April. */
  bl_contract_terms t = terms("2026-04-01", BL_UNIT_DAY, 10,
                              BL_ANCHOR_CALENDAR);
  EXPECT_BOUNDS(&t, zone("UTC"), "2026-04-01T00:00:00Z",
                "2026-04-04T00:00:00Z", "2026-04-14T00:00:00Z");
}
END_TEST

START_TEST(a_bound_that_a_clock_change_skips_is_shifted_forward) {
  bl_contract_terms t = terms("2026-02-28T02:30:00+01:00", BL_UNIT_DAY, 29,
                              BL_ANCHOR_ANNIVERSARY);
  /* 29 March 02:30 does not exist: 03:30 +02:00 */
  EXPECT_BOUNDS(&t, zone("Europe/Berlin"), "2026-02-28T01:30:00Z",
                "2026-03-29T01:30:00Z", "2026-04-27T00:30:00Z");
}
END_TEST

START_TEST(a_bound_that_a_clock_change_repeats_is_the_first) {
  bl_contract_terms t = terms("2026-09-25T02:30:00+02:00", BL_UNIT_MONTH, 1,
                              BL_ANCHOR_ANNIVERSARY);
  EXPECT_BOUNDS(&t, zone("Europe/Berlin"), "2026-09-25T00:30:00Z",
                "2026-10-25T00:30:00Z", "2026-11-25T01:30:00Z");
}
END_TEST

START_TEST(a_start_in_the_second_of_two_equal_hours_is_no_stub) {
  bl_contract_terms t = terms("2026-10-25T02:30:00+01:00", BL_UNIT_MONTH, 1,
                              BL_ANCHOR_ANNIVERSARY);
  bl_zone *berlin = zone("Europe/Berlin");
  bl_period p;
  EXPECT_BOUNDS(&t, berlin, "2026-10-25T01:30:00Z", "2026-11-25T01:30:00Z");
  ck_assert_int_eq(bl_period_next(&t, berlin, NULL, &p), 1);
  ck_assert_int_eq(p.full.from_us, p.span.from_us);
}
END_TEST

START_TEST(a_day_that_the_zone_left_out_has_no_period) {
  /* Samoa had no 30 December 2011. */
  bl_contract_terms t = terms("2011-12-28T10:00:00Z", BL_UNIT_DAY, 1,
                              BL_ANCHOR_CALENDAR);
  EXPECT_BOUNDS(&t, zone("Pacific/Apia"), "2011-12-28T10:00:00Z",
                "2011-12-29T10:00:00Z", "2011-12-30T10:00:00Z",
                "2011-12-31T10:00:00Z", "2012-01-01T10:00:00Z");
}
END_TEST

START_TEST(an_anchor_date_may_lie_before_or_after_the_start) {
  bl_contract_terms t = terms("2025-07-10T15:00:00Z", BL_UNIT_MONTH, 1,
                              BL_ANCHOR_DATE);
  bl_zone *utc = zone("UTC");
  /* openmeter/calendar.json, om-anchor-single */
  t.anchor_us = at("2025-01-31T15:00:00Z");
  EXPECT_BOUNDS(&t, utc, "2025-07-10T15:00:00Z", "2025-07-31T15:00:00Z",
                "2025-08-31T15:00:00Z", "2025-09-30T15:00:00Z");
  t.anchor_us = at("2026-01-31T15:00:00Z");
  EXPECT_BOUNDS(&t, utc, "2025-07-10T15:00:00Z", "2025-07-31T15:00:00Z",
                "2025-08-31T15:00:00Z", "2025-09-30T15:00:00Z");
}
END_TEST

/* openmeter/calendar.json, om-period-jan30-feb and om-item-shifted-anchor */
START_TEST(openmeter_periods_are_ours) {
  bl_contract_terms t = terms("2025-01-30T15:00:00Z", BL_UNIT_MONTH, 1,
                              BL_ANCHOR_ANNIVERSARY);
  bl_zone *utc = zone("UTC");
  bl_period p;
  ck_assert_int_eq(bl_period_at(&t, utc, at("2025-02-13T20:00:00Z"), &p), 1);
  expect_time(p.full.from_us, "2025-01-30T15:00:00Z");
  expect_time(p.full.to_us, "2025-02-28T15:00:00Z");
  t = terms("2021-01-01", BL_UNIT_DAY, 1, BL_ANCHOR_DATE);
  t.anchor_us = at("2020-12-31T23:00:00Z");
  t.end_us = at("2021-01-02T20:00:00Z");
  EXPECT_BOUNDS(&t, utc, "2021-01-01T00:00:00Z", "2021-01-01T23:00:00Z");
  ck_assert_int_eq(bl_period_at(&t, utc, t.end_us - 1, &p), 1);
  expect_time(p.span.from_us, "2021-01-01T23:00:00Z");
  expect_time(p.span.to_us, "2021-01-02T20:00:00Z");
  expect_time(p.full.to_us, "2021-01-02T23:00:00Z");
}
END_TEST

/* stripe/billing_anchor.json, all of kind cycle */
START_TEST(stripe_cycles_are_ours) {
  EXPECT_DATES("2022-06-03", BL_UNIT_WEEK, 1,
               "2022-06-10", "2022-06-17", "2022-06-24");
  EXPECT_DATES("2025-01-30", BL_UNIT_MONTH, 1,
               "2025-02-28", "2025-03-30", "2025-04-30");
  EXPECT_DATES("2024-02-29", BL_UNIT_YEAR, 1, "2025-02-28", "2026-02-28",
               "2027-02-28", "2028-02-29", "2029-02-28");
  EXPECT_DATES("2023-02-28", BL_UNIT_YEAR, 1, "2024-02-28", "2025-02-28");
  EXPECT_DATES("2025-11-30", BL_UNIT_MONTH, 3,
               "2026-02-28", "2026-05-30", "2026-08-30");
  EXPECT_DATES("2025-08-31", BL_UNIT_MONTH, 6,
               "2026-02-28", "2026-08-31", "2027-02-28");
  EXPECT_DATES("2024-02-29", BL_UNIT_MONTH, 1, "2024-03-29", "2024-04-29",
               "2024-05-29", "2024-06-29", "2024-07-29", "2024-08-29",
               "2024-09-29", "2024-10-29", "2024-11-29", "2024-12-29",
               "2025-01-29", "2025-02-28", "2025-03-29");
  EXPECT_DATES("2023-01-31", BL_UNIT_MONTH, 1, "2023-02-28", "2023-03-31",
               "2023-04-30", "2023-05-31", "2023-06-30", "2023-07-31",
               "2023-08-31", "2023-09-30", "2023-10-31", "2023-11-30",
               "2023-12-31", "2024-01-31", "2024-02-29", "2024-03-31");
}
END_TEST

START_TEST(the_next_period_begins_where_the_one_before_ended) {
  /* Decided under older zone data, in which April began an hour earlier. */
  bl_contract_terms t = terms("2026-01-01T00:00:00+01:00", BL_UNIT_MONTH, 1,
                              BL_ANCHOR_CALENDAR);
  bl_zone *berlin = zone("Europe/Berlin");
  bl_period before, p;
  ck_assert_int_eq(bl_period_at(&t, berlin, at("2026-03-10"), &before), 1);
  before.full.to_us -= BL_HOUR;
  before.span.to_us -= BL_HOUR;
  ck_assert_int_eq(bl_period_next(&t, berlin, &before, &p), 1);
  expect_time(p.full.from_us, "2026-03-31T21:00:00Z");
  expect_time(p.full.to_us, "2026-04-30T22:00:00Z");
  /* Begun and ended an hour before its cycle now does: no stub of an hour. */
  before = p;
  before.full.to_us -= BL_HOUR;
  ck_assert_int_eq(bl_period_next(&t, berlin, &before, &p), 1);
  expect_time(p.full.from_us, "2026-04-30T21:00:00Z");
  expect_time(p.full.to_us, "2026-05-31T22:00:00Z");
}
END_TEST

START_TEST(times_that_documents_cannot_say_are_not_covered) {
  bl_contract_terms t = terms("9999-12-31", BL_UNIT_YEAR, 100,
                              BL_ANCHOR_ANNIVERSARY);
  bl_zone *utc = zone("UTC");
  bl_period p, next;
  ck_assert_int_eq(bl_period_at(&t, utc, BL_TIME_MAX, &p), 1);
  ck_assert_int_eq(bl_period_next(&t, utc, &p, &next), 0);
  ck_assert_int_eq(bl_period_at(&t, utc, INT64_MAX - 1, &p), 0);
  t.start_us = INT64_MIN;
  ck_assert_int_eq(bl_period_at(&t, utc, INT64_MIN, &p), 0);
}
END_TEST

/* Any instant, any unit: the period holds it, neighbours touch, and counting
 * on from the first comes to the same bounds. */
START_TEST(periods_found_by_time_and_by_counting_are_the_same) {
  static const char *const names[] = {"UTC", "Europe/Berlin",
                                      "America/St_Johns", "Asia/Kolkata"};
  bl_contract_terms t = terms("2019-05-31T22:10:00Z", BL_UNIT_DAY, 1, 0);
  t.anchor_us = at("2020-02-29T01:30:00Z");
  for (uint32_t i = 0; i < 4 * 3 * 4; i++) {
    bl_zone *z = zone(names[i % 4]);
    bl_period p, same;
    t.anchor = i / 4 % 3;
    t.unit = i / 12;
    t.every = 1 + (int32_t)(i % 5);
    ck_assert_int_eq(bl_period_next(&t, z, NULL, &p), 1);
    ck_assert_int_eq(p.span.from_us, t.start_us);
    for (int n = 0; n < 800 && p.full.to_us < at("2031-01-01"); n++) {
      bl_period before = p;
      ck_assert_int_eq(bl_period_next(&t, z, &before, &p), 1);
      ck_assert_int_eq(p.span.from_us, before.span.to_us);
      ck_assert_int_lt(p.span.from_us, p.span.to_us);
      ck_assert_int_eq(bl_period_at(&t, z, p.span.to_us - 1, &same), 1);
      ck_assert_mem_eq(&same, &p, sizeof p);
    }
  }
}
END_TEST

START_TEST(units_have_the_names_of_documents) {
  ck_assert_str_eq(bl_unit_name(BL_UNIT_DAY), "day");
  ck_assert_str_eq(bl_unit_name(BL_UNIT_WEEK), "week");
  ck_assert_str_eq(bl_unit_name(BL_UNIT_MONTH), "month");
  ck_assert_str_eq(bl_unit_name(BL_UNIT_YEAR), "year");
}
END_TEST

static TCase *calendar_cases(void) {
  TCase *tests = tcase_create("calendar");
  tcase_add_checked_fixture(tests, open_arena, close_arena);
  tcase_add_test(tests, calendar_months_in_berlin_follow_its_clock);
  tcase_add_test(tests, quarters_of_the_calendar_begin_in_january);
  tcase_add_test(tests, five_months_of_the_calendar_are_counted_from_2000);
  tcase_add_test(tests, years_of_the_calendar_begin_on_1_january);
  tcase_add_test(tests, weeks_of_the_calendar_begin_on_monday);
  tcase_add_test(tests, days_of_the_calendar_have_23_and_25_hours);
  tcase_add_test(tests, days_of_the_calendar_may_be_counted_by_tens);
  tcase_add_test(tests, a_day_that_the_zone_left_out_has_no_period);
  tcase_add_test(tests, units_have_the_names_of_documents);
  return tests;
}

Suite *test_contract_period(void);

Suite *test_contract_period(void) {
  Suite *suite = suite_create("contract/period");
  TCase *tests = tcase_create("period");
  tcase_add_checked_fixture(tests, open_arena, close_arena);
  tcase_add_test(tests, the_31st_is_clamped_in_february_and_comes_back);
  tcase_add_test(tests, last_period_is_cut_to_the_end_and_none_follows);
  tcase_add_test(tests, one_contract_may_start_and_end_within_a_cycle);
  tcase_add_test(tests, a_bound_that_a_clock_change_skips_is_shifted_forward);
  tcase_add_test(tests, a_bound_that_a_clock_change_repeats_is_the_first);
  tcase_add_test(tests, a_start_in_the_second_of_two_equal_hours_is_no_stub);
  tcase_add_test(tests, an_anchor_date_may_lie_before_or_after_the_start);
  tcase_add_test(tests, openmeter_periods_are_ours);
  tcase_add_test(tests, stripe_cycles_are_ours);
  tcase_add_test(tests, the_next_period_begins_where_the_one_before_ended);
  tcase_add_test(tests, times_that_documents_cannot_say_are_not_covered);
  tcase_add_test(tests, periods_found_by_time_and_by_counting_are_the_same);
  suite_add_tcase(suite, tests);
  suite_add_tcase(suite, calendar_cases());
  return suite;
}
