/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* test_engine_versions.c - versions and overrides that hold for the past. */
#include "month.h"

/* An override comes, becomes another one, or goes. */
static void change_override(override o) {
  int at = override_count ? dice(override_count) : 0;

  if (override_count < 12 && (!override_count || dice(2)))
    overrides[override_count++] = o;
  else if (dice(2)) overrides[at] = o;
  else overrides[at] = overrides[--override_count];
  put_contract("follow");
}

/* On any day of the month, whatever day it is. */
static void change_the_past(void) {
  int from = dice(DAYS);
  override o = {from, from + 1 + dice(9), dice(2), 10 * (1 + dice(20))};

  if (dice(2)) put_plan(from, 2 * (1 + dice(200)));
  if (dice(2)) change_override(o);
  if (dice(3) == 0) reprice_all("pp");
}

static void change_it_often(const char *path, int first, int last) {
  for (int day = first; day < last; day++) {
    if (now_us < day_us(day)) now_us = day_us(day);
    if (version_count < MOST && dice(3) == 0) change_the_past();
    if (dice(2)) use(dice(day < DAYS ? day + 1 : DAYS), 1 + dice(6));
    if (dice(5) == 0) open_again(path);
  }
  reprice_all("pp");
}

static int64_t invoiced_twice(void) {
  billing_call call = call_now();
  billing_doc *doc = NULL;
  int has_second = !billing_invoice(b, &call, "INV-000002", (size_t)-1, "json",
                                    &doc, NULL);

  billing_doc_free(doc);
  return invoiced("INV-000001") + (has_second ? invoiced("INV-000002") : 0);
}

START_TEST(a_month_costs_what_is_known_of_its_days_in_the_end) {
  for (unsigned round = 1; round <= 25; round++) {
    shop_folder f = shop_folder_make();

    seed = round * 6271;
    open_month(f.path);
    put_plan(0, 100);
    put_contract("follow");
    use(0, 1);
    change_it_often(f.path, 0, DAYS);
    advance(day_us(DAYS));
    ck_assert_int_eq(invoiced("INV-000001"), month());
    change_it_often(f.path, DAYS, DAYS + 9);
    advance(day_us(DAYS + 28));
    ck_assert_msg(invoiced_twice() == month(), "round %u: %lld, not %lld",
                  round, (long long)invoiced_twice(), (long long)month());
    close_shop();
    shop_folder_remove(&f);
  }
}
END_TEST

/* Pinned to version 1; from the 14th on it should have had version 2. */
START_TEST(a_contract_takes_another_version_since_a_day_of_the_past) {
  open_month(NULL);
  put_plan(0, 100);
  put("contract", contract_with(""));
  put_plan(0, 300);
  use(3, 4);
  use(12, 2);
  now_us = day_us(20);
  put("contract", contract_with(",\"plan_version\":2,\"effective\":"
                                "\"2026-01-14\""));
  use(9, 1);
  use(8, 1);
  advance(day_us(DAYS));
  ck_assert_int_eq(invoiced("INV-000001"), (5 * 100 + 3 * 300) * 100);
  ck_assert_int_eq(
      put_fails("contract", contract_with(
        ",\"plan_version\":1,\"effective\":\"2026-03-14\""), "/effective"),
      BILLING_CONFLICT);
  close_shop();
}
END_TEST

/* Nobody had a contract on the 6th; one that is put later is of then. */
START_TEST(a_contract_of_the_past_charges_what_was_recorded) {
  open_month(NULL);
  put_plan(0, 100);
  use(1, 4);
  now_us = day_us(9);
  put("contract", contract_with(""));
  use(2, 2);
  advance(day_us(DAYS));
  ck_assert_int_eq(invoiced("INV-000001"), 6 * 100 * 100);
  close_shop();
}
END_TEST

/* Who comes into memory in a call that fails is not laid by what it put. */
START_TEST(a_version_that_was_undone_prices_nobody) {
  static const char catalog[] =
      "{\"plans\":[{\"id\":\"pp\",\"currency\":\"USD\",\"prices\":[]}],"
      "\"contracts\":[{\"id\":\"k\",\"customer\":\"a\",\"plan\":"
      "\"nothing\",\"start\":\"2026-01-01\"}]}";
  shop_folder f = shop_folder_make();
  billing_call call;

  open_month(f.path);
  put_plan(0, 100);
  put_contract("follow");
  use(0, 1);
  open_anew(f.path);
  call = call_now();
  ck_assert_int_eq(billing_catalog_apply(b, &call, catalog, (size_t)-1, NULL,
                                         NULL), BILLING_NOTFOUND);
  use(0, 2);
  advance(day_us(DAYS));
  ck_assert_int_eq(invoiced("INV-000001"), month());
  close_shop();
  shop_folder_remove(&f);
}
END_TEST

/* Nobody had a seat in January, which was billed so; in February there are
 * five at 10, and since January they should have been at 20. */
static void seats_come_in_february(const char *timing) {
  char plan[300];

  open_month(NULL);
  snprintf(plan, sizeof plan, "{\"id\":\"pp\",\"currency\":\"USD\","
           "\"prices\":[{\"id\":\"x\",\"model\":\"flat\",\"amount\":\"10\","
           "\"quantity\":\"seats\",\"timing\":\"%s\"}]}", timing);
  put("plan", plan);
  put("contract", contract_with(",\"quantities\":{\"seats\":\"0\"}"));
  advance(FEBRUARY + 4 * SHOP_DAY);
  put("contract", contract_with(
    ",\"quantities\":{\"seats\":\"5\"},\"overrides\":[{\"id\":\"o\","
    "\"type\":\"multiplier\",\"factor\":\"2\",\"from\":\"2026-01-05\"}]"));
  advance(MARCH + 4 * SHOP_DAY);
}

START_TEST(a_period_that_had_none_is_corrected_to_none) {
  static const char *const members[] = {"quantity", "amount", NULL};

  seats_come_in_february("arrears");
  has_lines("INV-000001", members, "5 100\n");
  close_shop();
  seats_come_in_february("advance");
  has_lines("INV-000001", members, "5 100\n");
  close_shop();
}
END_TEST

Suite *test_engine_versions(void);
Suite *test_engine_versions(void) {
  Suite *s = suite_create("versions");
  TCase *c = tcase_create("versions");

  tcase_set_timeout(c, 120);
  tcase_add_test(c, a_month_costs_what_is_known_of_its_days_in_the_end);
  tcase_add_test(c, a_contract_takes_another_version_since_a_day_of_the_past);
  tcase_add_test(c, a_contract_of_the_past_charges_what_was_recorded);
  tcase_add_test(c, a_version_that_was_undone_prices_nobody);
  tcase_add_test(c, a_period_that_had_none_is_corrected_to_none);
  suite_add_tcase(s, c);
  return s;
}
