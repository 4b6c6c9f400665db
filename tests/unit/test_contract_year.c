/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "contract/contract.h"
#include "unit.h"

Suite *test_contract_year(void);

static int64_t year(const char *zone, const char *start, const char *at) {
  bl_contract_terms terms = {0};
  bl_arena arena;
  bl_zone *z;
  int64_t us, result;

  bl_arena_open(&arena, NULL);
  ck_assert_int_eq(bl_zone_load(&arena, NULL, bl_str_of(zone), &z, NULL), 0);
  ck_assert(bl_time_parse(bl_str_of(start), &terms.start_us));
  ck_assert(bl_time_parse(bl_str_of(at), &us));
  result = bl_contract_year(&terms, z, us);
  bl_arena_close(&arena);
  return result;
}

START_TEST(a_leap_day_comes_back) {
  const char *start = "2024-02-29T00:00:00Z";

  ck_assert_int_eq(year("UTC", start, start), 0);
  ck_assert_int_eq(year("UTC", start, "2025-02-27T23:59:59Z"), 0);
  ck_assert_int_eq(year("UTC", start, "2025-02-28T00:00:00Z"), 1);
  ck_assert_int_eq(year("UTC", start, "2028-02-28T23:59:59Z"), 3);
  ck_assert_int_eq(year("UTC", start, "2028-02-29T00:00:00Z"), 4);
}
END_TEST

/* The start is 15 March at noon in Berlin, where summer has not begun. */
START_TEST(a_year_is_over_by_the_wall_clock) {
  const char *start = "2026-03-15T12:00:00+01:00";

  ck_assert_int_eq(year("Europe/Berlin", start,
                        "2027-03-15T11:59:59+01:00"), 0);
  ck_assert_int_eq(year("Europe/Berlin", start,
                        "2027-03-15T12:00:00+01:00"), 1);
  ck_assert_int_eq(year("Europe/Berlin", start,
                        "2026-12-31T23:59:59+01:00"), 0);
}
END_TEST

Suite *test_contract_year(void) {
  Suite *s = suite_create("contract_year");
  TCase *t = tcase_create("years");

  tcase_add_test(t, a_leap_day_comes_back);
  tcase_add_test(t, a_year_is_over_by_the_wall_clock);
  suite_add_tcase(s, t);
  return s;
}
