/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * test_engine_timeline.c - prices that change: versions of a plan, and
 * overrides of a contract.
 */
#include "month.h"

/* ---- a month by chance ---- */

static void change_something(int day) {
  int from = day + dice(4);
  override o = {from, from + 1 + dice(9), dice(2), 10 * (1 + dice(20))};

  if (dice(3) == 0) put_plan(from, 2 * (1 + dice(200)));
  if (dice(3) == 0 && override_count < 20) {
    overrides[override_count++] = o;
    put_contract("follow");
  }
}

static void live_a_month(const char *path) {
  int taken = -1, taken_day = 0, taken_units = 0;

  for (int day = 0; day < DAYS; day++) {
    if (now_us < day_us(day)) now_us = day_us(day);
    change_something(day);
    for (int i = dice(9); i > 0; i--) {
      int at = dice(day + 1), quantity = 1 + dice(6);
      if (taken < 0 && dice(9) == 0) {
        taken = event_number;
        taken_day = at;
        taken_units = quantity;
      }
      use(at, quantity);
    }
    if (taken >= 0 && dice(5) == 0) {
      lose(taken, taken_day, taken_units);
      taken = -1;
    }
    if (dice(5) == 0) open_again(path);
  }
}

START_TEST(a_month_costs_what_its_days_cost) {
  for (unsigned round = 1; round <= 25; round++) {
    shop_folder f = shop_folder_make();

    seed = round * 7919;
    open_month(f.path);
    put_plan(0, 100);
    put_contract("follow");
    live_a_month(f.path);
    advance(day_us(DAYS));
    if (month())
      ck_assert_msg(invoiced("INV-000001") == month(),
                    "round %u: %lld, not %lld", round,
                    (long long)invoiced("INV-000001"), (long long)month());
    close_shop();
    shop_folder_remove(&f);
  }
}
END_TEST

START_TEST(a_contract_stays_with_its_version) {
  open_month(NULL);
  put_plan(0, 100);
  put_contract("pin");
  use(3, 4);
  now_us = day_us(10);
  put_plan(10, 300);
  use(12, 4);
  advance(day_us(DAYS));
  ck_assert_int_eq(invoiced("INV-000001"), 8 * 100 * 100);
  close_shop();
}
END_TEST

/* Another meter for all that was recorded: each interval is rated anew, where
 * its tiers go on now. */
START_TEST(a_month_is_rated_anew_by_its_intervals) {
  for (unsigned round = 1; round <= 8; round++) {
    shop_folder f = shop_folder_make();

    seed = round * 104729;
    open_month(f.path);
    put_plan(0, 100);
    put_contract("follow");
    live_a_month(f.path);
    put("meter", "{\"id\":\"s\",\"event\":\"sum\",\"aggregation\":\"sum\","
                 "\"expression\":\"event.properties.n * 2\","
                 "\"effective\":\"2026-01-01\"}");
    rebuild_all("s");
    for (int day = 0; day < DAYS; day++) units[day] *= 2;
    advance(day_us(DAYS));
    ck_assert_msg(invoiced("INV-000001") == month(),
                  "round %u: %lld, not %lld",
                  round, (long long)invoiced("INV-000001"),
                  (long long)month());
    close_shop();
    shop_folder_remove(&f);
  }
}
END_TEST

START_TEST(a_contract_takes_another_version_from_now_on) {
  open_month(NULL);
  put_plan(0, 100);
  put("contract", contract_with(""));
  use(3, 4);
  now_us = day_us(10);
  put_plan(10, 300);
  put("contract", contract_with(",\"plan_version\":2"));
  use(9, 2);
  use(10, 2);
  advance(day_us(DAYS));
  ck_assert_int_eq(invoiced("INV-000001"), (6 * 100 + 2 * 300) * 100);
  close_shop();
}
END_TEST

START_TEST(an_override_is_for_something_that_is_there) {
  open_month(NULL);
  put_plan(0, 100);
  ck_assert_int_eq(
      put_fails("contract", contract_with(
        ",\"overrides\":[{\"id\":\"o\",\"type\":\"overwrite\",\"unit\":\"1\","
        "\"prices\":[\"y\"]}]"), "/overrides/0"), BILLING_NOTFOUND);
  ck_assert_int_eq(
      put_fails("contract", contract_with(
        ",\"overrides\":[{\"id\":\"o\",\"type\":\"overwrite\",\"unit\":\"1\","
        "\"prices\":[\"x\"],\"values\":{\"region\":\"eu\"}}]"),
        "/overrides/0"), BILLING_INVALID);
  ck_assert_int_eq(
      put_fails("contract", contract_with(
        ",\"overrides\":[{\"id\":\"o\",\"type\":\"overwrite\",\"unit\":\"1\","
        "\"tags\":[\"api\"]}]"), "/overrides/0"), BILLING_INVALID);
  ck_assert_int_eq(
      put_fails("contract", contract_with(
        ",\"overrides\":[{\"id\":\"o\",\"type\":\"overwrite\",\"price\":"
        "{\"model\":\"flat\",\"amount\":\"1\"}}]"), "/overrides/0"),
      BILLING_INVALID);
  ck_assert_int_eq(
      put_fails("contract", contract_with(
        ",\"versions\":\"follow\",\"plan_version\":1"), "/plan_version"),
      BILLING_INVALID);
  billing_close(b);
}
END_TEST

/* Of a maximum there is one in a month: the price that was there first is for
 * all of it. */
START_TEST(one_figure_of_a_period_has_one_price) {
  open_month(NULL);
  put("meter", "{\"id\":\"top\",\"event\":\"top\",\"aggregation\":\"max\"}");
  put("plan", "{\"id\":\"pp\",\"currency\":\"USD\",\"prices\":[{\"id\":\"x\","
              "\"meter\":\"top\",\"model\":\"per_unit\",\"unit\":\"1\"}]}");
  put("contract", contract_with(",\"versions\":\"follow\""));
  now_us = day_us(10);
  put("plan", "{\"id\":\"pp\",\"currency\":\"USD\",\"prices\":[{\"id\":\"x\","
              "\"meter\":\"top\",\"model\":\"per_unit\",\"unit\":\"2\"}]}");
  for (int day = 9; day < DAYS + 9; day += 10) {
    char key[8], value[8];
    snprintf(key, sizeof key, "k%d", day);
    snprintf(value, sizeof value, "%d", day);
    ck_assert_dec_eq(record_value(key, "top", day_us(day), value).cost,
                     day == 9 ? "9" : day == 29 ? "58" : "10");
  }
  close_shop();
}
END_TEST

/* A plan of one price of the meter "n". */
static void put_price(const char *price) {
  char json[500];

  snprintf(json, sizeof json, "{\"id\":\"pp\",\"currency\":\"USD\","
           "\"prices\":[{\"id\":\"x\",\"meter\":\"n\",%s}]}", price);
  put("plan", json);
}

/* Thirteen units at 2, then thirteen more that pass 25: 25 cost 2 and the last
 * one 1.  Without the first ones all thirteen are below 25: 26. */
START_TEST(an_interval_that_is_emptied_moves_the_later_one) {
  open_month(NULL);
  put("meter", "{\"id\":\"n\",\"event\":\"n\",\"aggregation\":\"sum\"}");
  put_price("\"model\":\"per_unit\",\"unit\":\"2\"");
  put("contract", contract_with(",\"versions\":\"follow\""));
  ck_assert_dec_eq(record_value("a", "n", day_us(0), "13").cost, "26");
  now_us = day_us(10);
  put_price("\"model\":\"graduated\",\"tiers\":["
            "{\"up_to\":\"25\",\"unit\":\"2\"},{\"unit\":\"1\"}]");
  now_us = day_us(12);
  ck_assert_dec_eq(record_value("b", "n", day_us(12), "13").cost, "25");
  take_back("a");
  advance(day_us(DAYS));
  ck_assert_int_eq(invoiced("INV-000001"), 26 * 10000);
  close_shop();
}
END_TEST

/* Five units at three times 4.  Of a maximum the price that leads in the month
 * is for all of it: 20 and not 60. */
START_TEST(a_meter_that_is_rebuilt_has_the_price_of_its_new_kind) {
  open_month(NULL);
  put("meter", "{\"id\":\"n\",\"event\":\"n\",\"aggregation\":\"sum\"}");
  put_price("\"model\":\"per_unit\",\"unit\":\"4\"");
  put("contract", contract_with(",\"overrides\":[{\"id\":\"o\",\"type\":"
                                "\"multiplier\",\"factor\":\"3\","
                                "\"from\":\"2026-01-10\"}]"));
  now_us = day_us(7);
  ck_assert_dec_eq(record_value("a", "n", day_us(7), "5").cost, "60");
  put("meter", "{\"id\":\"n\",\"event\":\"n\",\"aggregation\":\"max\"}");
  rebuild_all("n");
  advance(day_us(DAYS));
  ck_assert_int_eq(invoiced("INV-000001"), 20 * 10000);
  close_shop();
}
END_TEST

Suite *test_engine_timeline(void);
Suite *test_engine_timeline(void) {
  Suite *s = suite_create("timeline");
  TCase *c = tcase_create("timeline");

  tcase_set_timeout(c, 120);
  tcase_add_test(c, a_month_costs_what_its_days_cost);
  tcase_add_test(c, a_month_is_rated_anew_by_its_intervals);
  tcase_add_test(c, a_contract_stays_with_its_version);
  tcase_add_test(c, a_contract_takes_another_version_from_now_on);
  tcase_add_test(c, an_override_is_for_something_that_is_there);
  tcase_add_test(c, one_figure_of_a_period_has_one_price);
  tcase_add_test(c, an_interval_that_is_emptied_moves_the_later_one);
  tcase_add_test(c, a_meter_that_is_rebuilt_has_the_price_of_its_new_kind);
  suite_add_tcase(s, c);
  return s;
}
