/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "contract/contract.h"
#include "unit.h"

Suite *test_contract_recur(void);

static bl_arena arena;
static bl_zone *utc;

static void begin(void) {
  bl_arena_open(&arena, NULL);
  ck_assert_int_eq(bl_zone_load(&arena, NULL, BL_STR("UTC"), &utc, NULL), 0);
}

static void end(void) { bl_arena_close(&arena); }

static int64_t at(const char *text) {
  int64_t us = 0;

  ck_assert(bl_time_parse(bl_str_of(text), &us));
  return us;
}

/* From 15 January 2026, calendar months. */
static bl_contract_terms terms(void) {
  bl_contract_terms t = {0};

  t.start_us = at("2026-01-15");
  t.end_us = BL_TIME_NEVER;
  t.unit = BL_UNIT_MONTH;
  t.every = 1;
  t.anchor = BL_ANCHOR_CALENDAR;
  return t;
}

static bl_recurring allowance(uint32_t every) {
  bl_recurring a = {.every = every, .count = 1, .lasts = 1,
                    .span = {INT64_MIN, BL_TIME_NEVER}};

  return a;
}

START_TEST(the_first_turn_is_cut_and_the_others_are_whole) {
  bl_contract_terms t = terms();
  bl_recurring a = allowance(BL_EVERY_MONTH);
  bl_period p, q;
  int64_t ends;

  ck_assert(bl_recur_next(&a, &t, utc, INT64_MIN, NULL, 0, &p));
  ck_assert_int_eq(p.span.from_us, at("2026-01-15"));
  ck_assert_int_eq(p.span.to_us, at("2026-02-01"));
  ck_assert_int_eq(p.full.from_us, at("2026-01-01"));
  ck_assert(bl_recur_next(&a, &t, utc, INT64_MIN, &p, 1, &q));
  ck_assert_int_eq(q.span.from_us, at("2026-02-01"));
  ck_assert_int_eq(q.span.to_us, at("2026-03-01"));
  ck_assert(bl_recur_end(&a, &t, utc, &p, 2, &ends));
  ck_assert_int_eq(ends, at("2026-03-01"));
}
END_TEST

START_TEST(weeks_of_a_monthly_contract_begin_on_mondays) {
  bl_contract_terms t = terms();
  bl_recurring a = allowance(BL_EVERY_WEEK);
  bl_period p;

  ck_assert(bl_recur_next(&a, &t, utc, INT64_MIN, NULL, 0, &p));
  ck_assert_int_eq(p.span.from_us, at("2026-01-15"));     /* a Thursday */
  ck_assert(bl_recur_next(&a, &t, utc, INT64_MIN, &p, 1, &p));
  ck_assert_int_eq(p.span.from_us, at("2026-01-19"));
  ck_assert_int_eq(p.span.to_us, at("2026-01-26"));
}
END_TEST

START_TEST(nothing_is_given_after_the_contract_or_its_own_end) {
  bl_contract_terms t = terms();
  bl_recurring a = allowance(BL_EVERY_PERIOD);
  bl_period p;
  int64_t ends = 0;

  t.end_us = at("2026-03-10");
  ck_assert(bl_recur_next(&a, &t, utc, at("2026-02-20"), NULL, 0, &p));
  ck_assert_int_eq(p.span.from_us, at("2026-02-20"));
  ck_assert(bl_recur_next(&a, &t, utc, INT64_MIN, &p, 1, &p));
  ck_assert_int_eq(p.span.to_us, at("2026-03-10"));
  ck_assert(!bl_recur_end(&a, &t, utc, &p, 2, &ends));
  ck_assert(!bl_recur_next(&a, &t, utc, INT64_MIN, &p, 2, &p));
  a.span.to_us = at("2026-02-01");
  ck_assert(bl_recur_next(&a, &t, utc, INT64_MIN, NULL, 0, &p));
  ck_assert(!bl_recur_next(&a, &t, utc, INT64_MIN, &p, 1, &p));
}
END_TEST

/* Calendar cycles count from 2000: those of ten years begin in 2020 and 2030.
 */
START_TEST(ten_periods_of_twelve_months_are_ten_years) {
  bl_contract_terms t = terms();
  bl_recurring a = allowance(BL_EVERY_PERIOD);
  bl_period p;

  t.every = 12;
  a.count = 10;
  ck_assert(bl_recur_next(&a, &t, utc, INT64_MIN, NULL, 0, &p));
  ck_assert_int_eq(p.full.from_us, at("2020-01-01"));
  ck_assert_int_eq(p.span.to_us, at("2030-01-01"));
  t.every = a.count = 100;
  t.unit = BL_UNIT_YEAR;
  ck_assert(bl_recur_next(&a, &t, utc, INT64_MIN, NULL, 0, &p));
  ck_assert_int_eq(p.full.from_us, at("2000-01-01"));
  ck_assert(!bl_recur_next(&a, &t, utc, INT64_MIN, &p, 1, &p));
}
END_TEST

START_TEST(parts_come_one_after_the_other) {
  bl_recurring_part parts[2] = {{{5, 9}, BL_DEC_ONE}, {{7, 20}, BL_DEC_ONE}};
  bl_contract_terms t = terms();
  bl_recurring a = {.parts = parts, .part_count = 2};
  bl_period p;

  ck_assert(bl_recur_next(&a, &t, utc, INT64_MIN, NULL, 0, &p));
  ck_assert_int_eq(p.span.to_us, 9);
  ck_assert(bl_recur_next(&a, &t, utc, INT64_MIN, &p, 1, &p));
  ck_assert_int_eq(p.span.from_us, 7);
  ck_assert(!bl_recur_next(&a, &t, utc, INT64_MIN, &p, 2, &p));
}
END_TEST

Suite *test_contract_recur(void) {
  Suite *s = suite_create("contract_recur");
  TCase *c = tcase_create("recur");

  tcase_add_checked_fixture(c, begin, end);
  tcase_add_test(c, the_first_turn_is_cut_and_the_others_are_whole);
  tcase_add_test(c, weeks_of_a_monthly_contract_begin_on_mondays);
  tcase_add_test(c, nothing_is_given_after_the_contract_or_its_own_end);
  tcase_add_test(c, ten_periods_of_twelve_months_are_ten_years);
  tcase_add_test(c, parts_come_one_after_the_other);
  suite_add_tcase(s, c);
  return s;
}
