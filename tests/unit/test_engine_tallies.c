/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* test_engine_tallies.c - one order, whatever came first. */
#include "engine/tallies.h"
#include "unit.h"

static bl_tenant tenant;
static bl_contract contract;
static bl_customer customer;
static bl_meter_rules rules;
static bl_meter_state meter = {.rules = &rules};
static bl_meter_state *meters[] = {&meter, &meter, &meter};
static bl_price prices[10];
static bl_plan_version plan = {.plan = {.prices = prices}, .meters = meters};

static void begin(void) {
  bl_tenant_open(&tenant, BL_STR("t"), NULL);
  memset(&contract, 0, sizeof contract);
  contract.plan = &plan;
  contract.customer = &customer;
  bl_map_open(&contract.tallies, &tenant.arena);
}

static void end(void) { bl_tenant_close(&tenant); }

static bl_tally *tally(uint64_t period, uint64_t price, const char *group) {
  bl_tally *made = bl_tally_make(&tenant, &contract, price, period,
                                 bl_str_of(group));

  ck_assert_ptr_nonnull(made);
  made->level.events = 1;
  return made;
}

START_TEST(they_go_by_period_then_price_then_group) {
  bl_tally *last = tally(1, 0, ""), *second = tally(0, 0, "ab");
  bl_tally *fourth = tally(0, 2, ""), *first = tally(0, 0, "a");
  bl_tally *third = tally(0, 1, "a");
  bl_tallies found;

  ck_assert_int_eq(bl_tallies_of(&contract, &tenant.arena, &found), 0);
  ck_assert_uint_eq(found.count, 5);
  ck_assert_ptr_eq(found.item[0], first);
  ck_assert_ptr_eq(found.item[1], second);
  ck_assert_ptr_eq(found.item[2], third);
  ck_assert_ptr_eq(found.item[3], fourth);
  ck_assert_ptr_eq(found.item[4], last);
}
END_TEST

START_TEST(what_only_a_quote_has_asked_for_is_none) {
  bl_tallies found;

  tally(0, 0, "")->level.events = 0;
  tally(0, 1, "")->level.events = 0;
  tally(0, 1, "")->held = D("1");
  ck_assert_int_eq(bl_tallies_of(&contract, &tenant.arena, &found), 0);
  ck_assert_uint_eq(found.count, 1);
  ck_assert_uint_eq(found.item[0]->price, 1);
}
END_TEST

Suite *test_engine_tallies(void) {
  Suite *suite = suite_create("engine_tallies");
  TCase *tests = tcase_create("tallies");

  tcase_add_checked_fixture(tests, begin, end);
  tcase_add_test(tests, they_go_by_period_then_price_then_group);
  tcase_add_test(tests, what_only_a_quote_has_asked_for_is_none);
  suite_add_tcase(suite, tests);
  return suite;
}
