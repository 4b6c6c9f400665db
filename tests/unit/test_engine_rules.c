/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* test_engine_rules.c - by which rules a customer is measured, and when. */
#include "engine/state.h"
#include "unit.h"

static bl_rules_step steps[2][2] = {
  {{20, 3}, {30, UINT64_MAX}},
  {{50, 7}, {60, UINT64_MAX}},
};
static bl_meter_rules rules[3];
static bl_meter_state meter;

/* Rules 2 were put by entry 10, rules 3 by entry 40. */
static void begin(void) {
  memset(rules, 0, sizeof rules);
  for (uint64_t i = 0; i < 3; i++) {
    rules[i].number = i + 1;
    if (!i) continue;
    rules[i].before = &rules[i - 1];
    rules[i].steps = steps[i - 1];
    rules[i].step_count = 2;
  }
  meter.rules = &rules[2];
}

static uint64_t before(uint64_t customer, int64_t seq) {
  return bl_rules_before(&meter, customer, seq)->number;
}

START_TEST(a_step_brings_the_customers_up_to_its_number) {
  begin();
  ck_assert_uint_eq(before(7, 55), 3);
  ck_assert_uint_eq(before(8, 55), 2);
  ck_assert_uint_eq(before(7, 61), 3);
  ck_assert_uint_eq(before(8, 61), 3);
  ck_assert_uint_eq(before(8, INT64_MAX), 3);
}
END_TEST

START_TEST(an_entry_of_old_finds_the_rules_of_its_time) {
  begin();
  ck_assert_uint_eq(before(3, 20), 1);     /* the step itself is not before */
  ck_assert_uint_eq(before(3, 21), 2);
  ck_assert_uint_eq(before(4, 21), 1);
  ck_assert_uint_eq(before(4, 31), 2);
  ck_assert_uint_eq(before(7, 50), 2);
}
END_TEST

START_TEST(rules_that_came_to_nobody_are_passed_over) {
  begin();
  rules[1].step_count = 1;                 /* through 3, and then no more */
  ck_assert_uint_eq(before(3, 45), 2);
  ck_assert_uint_eq(before(4, 45), 1);
  ck_assert_uint_eq(before(4, 51), 3);
}
END_TEST

START_TEST(rules_are_new_until_everybody_has_come) {
  begin();
  ck_assert(!bl_rules_are_new(&meter));
  rules[2].step_count = 1;
  ck_assert(bl_rules_are_new(&meter));
  meter.rules = &rules[0];
  ck_assert(!bl_rules_are_new(&meter));
}
END_TEST

START_TEST(rules_are_found_by_their_number) {
  begin();
  ck_assert_ptr_eq(bl_rules_numbered(&meter, 2), &rules[1]);
  ck_assert_ptr_null(bl_rules_numbered(&meter, 4));
}
END_TEST

Suite *test_engine_rules(void) {
  Suite *s = suite_create("engine_rules");
  TCase *c = tcase_create("rules");

  tcase_add_test(c, a_step_brings_the_customers_up_to_its_number);
  tcase_add_test(c, an_entry_of_old_finds_the_rules_of_its_time);
  tcase_add_test(c, rules_that_came_to_nobody_are_passed_over);
  tcase_add_test(c, rules_are_new_until_everybody_has_come);
  tcase_add_test(c, rules_are_found_by_their_number);
  suite_add_tcase(s, c);
  return s;
}
