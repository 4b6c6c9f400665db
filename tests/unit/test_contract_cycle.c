/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "contract/contract.h"
#include "unit.h"

Suite *test_contract_cycle(void);

static bl_arena row_arena;

static void open_row(void) { bl_arena_open(&row_arena, NULL); }
static void close_row(void) { bl_arena_close(&row_arena); }

static bl_zone *zone_named(const char *name) {
  bl_zone *zone = NULL;

  ck_assert_int_eq(bl_zone_load(&row_arena, NULL, bl_str_of(name), &zone,
                                NULL), BILLING_OK);
  return zone;
}

static int64_t us_of(const char *text) {
  int64_t us = 0;

  ck_assert_msg(bl_time_parse(bl_str_of(text), &us), "%s", text);
  return us;
}

static bl_cycle row(const char *zone, const char *anchor, const char *step) {
  bl_duration d;

  ck_assert(bl_duration_parse(bl_str_of(step), &d));
  return bl_cycle_of(zone_named(zone), us_of(anchor), &d);
}

START_TEST(months_from_31_january_clamp_and_come_back) {
  bl_cycle c = row("Europe/Berlin", "2026-01-31T09:00:00Z", "P1M");

  ck_assert_int_eq(bl_cycle_from(&c, 0), us_of("2026-01-31T09:00:00Z"));
  ck_assert_int_eq(bl_cycle_from(&c, 1), us_of("2026-02-28T09:00:00Z"));
  ck_assert_int_eq(bl_cycle_from(&c, 2), us_of("2026-03-31T08:00:00Z"));
  ck_assert_int_eq(bl_cycle_at(&c, us_of("2026-03-31T07:59:59Z")), 1);
  ck_assert_int_eq(bl_cycle_after(&c, us_of("2026-03-31T08:00:00Z")), 2);
  ck_assert_int_eq(bl_cycle_after(&c, us_of("2026-03-31T08:00:01Z")), 3);
}
END_TEST

START_TEST(a_day_is_kept_from_a_month_that_lacks_it) {
  bl_cycle c = row("UTC", "2012-02-16", "P1M");
  bl_cycle days = row("UTC", "2012-02-16", "P7D");

  bl_cycle_on_day(&c, 30);
  ck_assert_int_eq(bl_cycle_from(&c, 0), us_of("2012-02-29"));
  ck_assert_int_eq(bl_cycle_from(&c, 1), us_of("2012-03-30"));
  bl_cycle_on_day(&days, 30);
  ck_assert_int_eq(bl_cycle_from(&days, 1), us_of("2012-02-23"));
}
END_TEST

/* Each moment lies in the cycle that is said to hold it, far from the anchor
 * too, however long the step is. */
START_TEST(a_moment_lies_in_its_cycle) {
  static const char *const steps[] = {"P1D", "P1W", "P1M", "P3M", "P1Y",
                                      "P1M1D", "PT5H", "P1DT1S", "P10Y",
                                      "P1Y1M"};
  static const char *const zones[] = {"UTC", "Europe/Berlin",
                                      "Pacific/Apia"};

  for (size_t z = 0; z < BL_COUNT(zones); z++)
    for (size_t s = 0; s < BL_COUNT(steps); s++) {
      bl_cycle c = row(zones[z], "2024-02-29T22:30:00Z", steps[s]);

      for (int64_t i = -60; i <= 60; i++) {
        int64_t us = us_of("2011-12-30T11:00:00Z") + i * i * i * BL_DAY / 7;
        int64_t n = bl_cycle_at(&c, us);

        ck_assert_int_le(bl_cycle_from(&c, n), us);
        ck_assert_int_gt(bl_cycle_from(&c, n + 1), us);
      }
    }
}
END_TEST

Suite *test_contract_cycle(void) {
  Suite *s = suite_create("contract_cycle");
  TCase *c = tcase_create("all");

  tcase_add_checked_fixture(c, open_row, close_row);
  tcase_add_test(c, months_from_31_january_clamp_and_come_back);
  tcase_add_test(c, a_day_is_kept_from_a_month_that_lacks_it);
  tcase_add_test(c, a_moment_lies_in_its_cycle);
  suite_add_tcase(s, c);
  return s;
}
