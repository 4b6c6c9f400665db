/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "contract/contract.h"
#include "unit.h"

Suite *test_contract_walk(void);

static void expect_walk(uint32_t unit, int64_t count, const char *anchor,
                        const char *from, const char *to) {
  int64_t anchor_us = 0, us = 0, want = 0;
  bl_zone *zone = NULL;
  bl_arena arena;

  bl_arena_open(&arena, NULL);
  ck_assert_int_eq(bl_zone_load(&arena, NULL, BL_STR("UTC"), &zone, NULL),
                   BILLING_OK);
  ck_assert(bl_time_parse(bl_str_of(anchor), &anchor_us));
  ck_assert(bl_time_parse(bl_str_of(from), &us));
  ck_assert(bl_time_parse(bl_str_of(to), &want));
  ck_assert_int_eq(bl_walk_next(zone, unit, count, anchor_us, us), want);
  bl_arena_close(&arena);
}

START_TEST(a_stub_comes_before_the_first_whole_month) {
  const char *anchor = "2024-01-15T12:00:00Z";

  expect_walk(BL_WALK_MONTH, 1, anchor, "2024-04-01", "2024-04-15T12:00:00Z");
  expect_walk(BL_WALK_MONTH, 1, anchor, "2024-04-15T12:00:00Z",
              "2024-05-15T12:00:00Z");
  expect_walk(BL_WALK_MONTH, 2, anchor, "2024-04-01", "2024-04-15T12:00:00Z");
}
END_TEST

START_TEST(each_unit_looks_like_the_anchor) {
  expect_walk(BL_WALK_DAY, 3, "2024-01-01T14:30:00Z", "2024-03-10T08:00:00Z",
              "2024-03-13T14:30:00Z");
  expect_walk(BL_WALK_WEEK, 2, "2024-01-01", "2024-03-06", "2024-03-18");
  expect_walk(BL_WALK_WEEK, 1, "2024-01-01", "2024-03-04", "2024-03-11");
  expect_walk(BL_WALK_QUARTER, 1, "2024-01-31", "2024-01-31", "2024-04-30");
  expect_walk(BL_WALK_QUARTER, 1, "2024-07-31", "2024-01-31", "2024-07-31");
  expect_walk(BL_WALK_HALF_YEAR, 1, "2024-08-31", "2024-08-31",
              "2025-02-28");
  expect_walk(BL_WALK_YEAR, 1, "2024-02-29", "2024-02-29", "2025-02-28");
  expect_walk(BL_WALK_YEAR, 3, "2024-02-29", "2025-06-01", "2028-02-29");
}
END_TEST

Suite *test_contract_walk(void) {
  Suite *s = suite_create("contract_walk");
  TCase *c = tcase_create("all");

  tcase_add_test(c, a_stub_comes_before_the_first_whole_month);
  tcase_add_test(c, each_unit_looks_like_the_anchor);
  suite_add_tcase(s, c);
  return s;
}
