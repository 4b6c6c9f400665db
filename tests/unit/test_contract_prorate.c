/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "contract/contract.h"
#include "unit.h"

static bl_arena arena;
static bl_zone *berlin;

static void open_zone(void) {
  bl_arena_open(&arena, NULL);
  ck_assert_int_eq(bl_zone_load(&arena, NULL, BL_STR("Europe/Berlin"),
                                &berlin, NULL), BILLING_OK);
}

static void close_zone(void) {
  bl_arena_close(&arena);
}

static bl_span span(const char *from, const char *to) {
  bl_span s = {0, 0};
  ck_assert_int_eq(bl_time_parse(bl_str_of(from), &s.from_us), 1);
  ck_assert_int_eq(bl_time_parse(bl_str_of(to), &s.to_us), 1);
  return s;
}

static void expect_share(uint32_t how, bl_span part, bl_span full,
                         int64_t numerator, int64_t denominator) {
  int64_t n = -1, d = -1;
  bl_prorate(how, part, full, berlin, &n, &d);
  ck_assert_int_eq(n, numerator);
  ck_assert_int_eq(d, denominator);
}

START_TEST(from_15_march_is_407_hours_of_743_or_17_days_of_31) {
  bl_span full = span("2026-03-01T00:00:00+01:00",
                      "2026-04-01T00:00:00+02:00");
  bl_span part = span("2026-03-15T00:00:00+01:00",
                      "2026-04-01T00:00:00+02:00");
  expect_share(BL_PRORATE_TIME, part, full, 407 * BL_HOUR, 743 * BL_HOUR);
  expect_share(BL_PRORATE_DAYS, part, full, 17, 31);
  expect_share(BL_PRORATE_NONE, part, full, 1, 1);
}
END_TEST

START_TEST(a_whole_cycle_is_one_of_one_by_every_count) {
  bl_span full = span("2026-03-01T00:00:00+01:00",
                      "2026-04-01T00:00:00+02:00");
  expect_share(BL_PRORATE_TIME, full, full, 1, 1);
  expect_share(BL_PRORATE_DAYS, full, full, 1, 1);
  expect_share(BL_PRORATE_NONE, full, full, 1, 1);
}
END_TEST

START_TEST(a_day_counts_for_the_span_that_runs_when_it_ends) {
  bl_span full = span("2026-01-01T00:00:00+01:00",
                      "2026-02-01T00:00:00+01:00");
  bl_span one = span("2026-01-01T00:00:00+01:00", "2026-01-10T17:30:00+01:00");
  bl_span two = span("2026-01-10T17:30:00+01:00", "2026-01-10T23:59:59+01:00");
  bl_span three = span("2026-01-10T23:59:59+01:00",
                       "2026-02-01T00:00:00+01:00");
  expect_share(BL_PRORATE_DAYS, one, full, 9, 31);
  expect_share(BL_PRORATE_DAYS, two, full, 0, 31);
  expect_share(BL_PRORATE_DAYS, three, full, 22, 31);
}
END_TEST

START_TEST(days_are_those_of_the_zone) {
  /* 23:00 UTC in January is midnight in Berlin. */
  bl_span full = span("2025-12-31T23:00:00Z", "2026-01-31T23:00:00Z");
  bl_span part = span("2026-01-30T23:00:00Z", "2026-01-31T23:00:00Z");
  bl_span early = span("2026-01-30T22:59:59Z", "2026-01-31T23:00:00Z");
  expect_share(BL_PRORATE_DAYS, part, full, 1, 31);
  expect_share(BL_PRORATE_DAYS, early, full, 2, 31);
}
END_TEST

START_TEST(february_of_a_leap_year_has_29_days) {
  bl_span full = span("2024-02-01T00:00:00+01:00",
                      "2024-03-01T00:00:00+01:00");
  bl_span part = span("2024-02-15T00:00:00+01:00",
                      "2024-03-01T00:00:00+01:00");
  expect_share(BL_PRORATE_DAYS, part, full, 15, 29);
  expect_share(BL_PRORATE_TIME, part, full, 15 * BL_DAY, 29 * BL_DAY);
}
END_TEST

START_TEST(an_empty_span_is_nothing_of_a_cycle) {
  bl_span full = span("2026-01-01", "2026-02-01");
  bl_span none = span("2026-01-10", "2026-01-10");
  bl_span back = span("2026-01-10", "2026-01-05");
  expect_share(BL_PRORATE_TIME, none, full, 0, 31 * BL_DAY);
  expect_share(BL_PRORATE_DAYS, none, full, 0, 31);
  expect_share(BL_PRORATE_TIME, back, full, 0, 31 * BL_DAY);
  expect_share(BL_PRORATE_DAYS, back, full, 0, 31);
}
END_TEST

START_TEST(a_cycle_without_length_has_no_shares) {
  bl_span full = span("2026-01-10T10:00:00+01:00",
                      "2026-01-10T12:00:00+01:00");
  bl_span part = span("2026-01-10T10:00:00+01:00",
                      "2026-01-10T11:00:00+01:00");
  expect_share(BL_PRORATE_DAYS, part, full, 0, 1);
  expect_share(BL_PRORATE_TIME, part, full, BL_HOUR, 2 * BL_HOUR);
}
END_TEST

static void expect_other(uint32_t how, bl_span part, bl_span full,
                         int64_t numerator, int64_t denominator) {
  int64_t n = -1, d = -1;
  bl_share(how, 30, part, full, berlin, &n, &d);
  ck_assert_int_eq(n, numerator);
  ck_assert_int_eq(d, denominator);
}

START_TEST(peers_and_paper_count_march_otherwise) {
  bl_span full = span("2026-03-01T00:00:00+01:00",
                      "2026-04-01T00:00:00+02:00");
  bl_span part = span("2026-03-15T00:00:00+01:00",
                      "2026-04-01T00:00:00+02:00");
  bl_span early = span("2026-03-01T00:00:00+01:00",
                       "2026-03-15T00:00:00+01:00");
  expect_other(BL_PRORATE_SECONDS, part, full, 407 * 3600, 743 * 3600);
  expect_other(BL_PRORATE_HOURS, part, full, 407, 743);
  expect_other(BL_PRORATE_DAYS_BOTH, part, full, 18, 32);
  expect_other(BL_PRORATE_ACTUAL_30, part, full, 17, 30);
  expect_other(BL_PRORATE_STRICT_30_360, part, full, 16, 30);
  expect_other(BL_PRORATE_FIXED_MONTH, part, full, 16, 30);
  expect_other(BL_PRORATE_LAGO_DAYS, part, full, 17, 31);
  expect_other(BL_PRORATE_LAGO_DAYS, early, full, 15, 31);
  expect_other(BL_PRORATE_FIXED_MONTH, full, full, 1, 1);
  expect_other(BL_PRORATE_DAYS, full, full, 31, 31);
}
END_TEST

START_TEST(the_last_day_of_february_is_a_30th) {
  bl_span full = span("2023-02-01T00:00:00+01:00",
                      "2023-03-01T00:00:00+01:00");
  bl_span part = span("2023-02-15T00:00:00+01:00",
                      "2023-03-01T00:00:00+01:00");
  bl_span last = span("2023-02-28T00:00:00+01:00",
                      "2023-03-01T00:00:00+01:00");
  expect_other(BL_PRORATE_STRICT_30_360, part, full, 16, 30);
  expect_other(BL_PRORATE_STRICT_30_360, last, full, 1, 30);
}
END_TEST

START_TEST(prorations_have_the_names_of_documents) {
  ck_assert_str_eq(bl_proration_name(BL_PRORATE_TIME), "time");
  ck_assert_str_eq(bl_proration_name(BL_PRORATE_DAYS), "days_half_open");
  ck_assert_str_eq(bl_proration_name(BL_PRORATE_NONE), "none");
}
END_TEST

Suite *test_contract_prorate(void);

Suite *test_contract_prorate(void) {
  Suite *suite = suite_create("contract/prorate");
  TCase *tests = tcase_create("prorate");
  tcase_add_checked_fixture(tests, open_zone, close_zone);
  tcase_add_test(tests, from_15_march_is_407_hours_of_743_or_17_days_of_31);
  tcase_add_test(tests, a_whole_cycle_is_one_of_one_by_every_count);
  tcase_add_test(tests, a_day_counts_for_the_span_that_runs_when_it_ends);
  tcase_add_test(tests, days_are_those_of_the_zone);
  tcase_add_test(tests, february_of_a_leap_year_has_29_days);
  tcase_add_test(tests, an_empty_span_is_nothing_of_a_cycle);
  tcase_add_test(tests, a_cycle_without_length_has_no_shares);
  tcase_add_test(tests, peers_and_paper_count_march_otherwise);
  tcase_add_test(tests, the_last_day_of_february_is_a_30th);
  tcase_add_test(tests, prorations_have_the_names_of_documents);
  suite_add_tcase(suite, tests);
  return suite;
}
