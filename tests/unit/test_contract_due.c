/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "contract/contract.h"
#include "unit.h"

Suite *test_contract_due(void);

static bl_arena due_arena;
static bl_cycle the_15th;
static bl_span service;

static int64_t day(const char *text) {
  int64_t us = 0;

  ck_assert_msg(bl_time_parse(bl_str_of(text), &us), "%s", text);
  return us;
}

/* Monthly on the 15th, from 16 July 2012 to 1 October. */
static void open_due(void) {
  bl_duration month = {0, 1, 0, 0};
  bl_zone *zone = NULL;

  bl_arena_open(&due_arena, NULL);
  ck_assert_int_eq(bl_zone_load(&due_arena, NULL, BL_STR("UTC"), &zone, NULL),
                   BILLING_OK);
  service = (bl_span){day("2012-07-16"), day("2012-10-01")};
  the_15th = bl_cycle_of(zone, service.from_us, &month);
  bl_cycle_on_day(&the_15th, 15);
}

static void close_due(void) { bl_arena_close(&due_arena); }

static int64_t through(const char *at, uint32_t flags) {
  bl_due due;

  bl_due_at(&the_15th, service, day(at), flags, &due);
  ck_assert_int_eq(due.first_us, day("2012-08-15"));
  return due.through_us;
}

START_TEST(a_service_is_due_in_advance_or_in_arrears) {
  ck_assert_int_eq(through("2012-07-16", BL_DUE_ADVANCE), day("2012-08-15"));
  ck_assert_int_eq(through("2012-08-15", BL_DUE_ADVANCE), day("2012-09-15"));
  ck_assert_int_eq(through("2012-10-01", BL_DUE_ADVANCE), day("2012-10-01"));
  ck_assert_int_eq(through("2012-07-16", 0), INT64_MIN);
  ck_assert_int_eq(through("2012-08-15", 0), day("2012-08-15"));
  ck_assert_int_eq(through("2012-10-01", 0), day("2012-10-01"));
  ck_assert_int_eq(through("2012-07-16", BL_DUE_GREEDY), day("2012-08-15"));
  ck_assert_int_eq(through("2012-09-20", BL_DUE_GREEDY), day("2012-10-01"));
}
END_TEST

START_TEST(pieces_follow_each_other_up_to_the_end) {
  static const char *const bounds[] = {"2012-07-16", "2012-08-15",
                                       "2012-09-15", "2012-10-01"};
  bl_period piece, before;
  bl_due due;

  bl_due_at(&the_15th, service, day("2012-10-01"), 0, &due);
  ck_assert_int_eq(bl_due_next(&the_15th, service, &due, 0, NULL, &piece), 1);
  for (size_t i = 0; i < 3; i++) {
    ck_assert_int_eq(piece.span.from_us, day(bounds[i]));
    ck_assert_int_eq(piece.span.to_us, day(bounds[i + 1]));
    before = piece;
    ck_assert_int_eq(bl_due_next(&the_15th, service, &due, 0, &before,
                                 &piece), i < 2);
  }
  ck_assert_int_eq(before.full.to_us, day("2012-10-15"));
}
END_TEST

/* 14 to 28 February, on the 31st: a peer divides by the 31 days from
 * 28 January on, and not by the 28 of the cycle. */
START_TEST(a_straight_stub_is_a_share_of_another_cycle) {
  bl_period piece;
  bl_due due;

  service = (bl_span){day("2011-02-14"), BL_TIME_NEVER};
  the_15th.anchor_us = service.from_us;
  the_15th.anchor.date = (bl_date){2011, 2, 14};
  bl_cycle_on_day(&the_15th, 31);
  bl_due_at(&the_15th, service, day("2011-02-14"), BL_DUE_ADVANCE, &due);
  ck_assert_int_eq(bl_due_next(&the_15th, service, &due, BL_DUE_STRAIGHT,
                               NULL, &piece), 1);
  ck_assert_int_eq(piece.full.from_us, day("2011-01-28"));
  ck_assert_int_eq(bl_due_next(&the_15th, service, &due, 0, NULL, &piece), 1);
  ck_assert_int_eq(piece.full.from_us, day("2011-01-31"));
  ck_assert_int_eq(piece.full.to_us, day("2011-02-28"));
}
END_TEST

Suite *test_contract_due(void) {
  Suite *s = suite_create("contract_due");
  TCase *c = tcase_create("all");

  tcase_add_checked_fixture(c, open_due, close_due);
  tcase_add_test(c, a_service_is_due_in_advance_or_in_arrears);
  tcase_add_test(c, pieces_follow_each_other_up_to_the_end);
  tcase_add_test(c, a_straight_stub_is_a_share_of_another_cycle);
  suite_add_tcase(s, c);
  return s;
}
