/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * test_engine_rate_total.c - tiers that several keys go through: 100 at 1.00,
 * then 0.50.
 */
#include "shop.h"

static int try_price(const char *start, const char *by, const char *meter,
                     const char *terms, billing_error *err) {
  static const char format[] =
      "{\"meters\":[{\"id\":\"u\",\"event\":\"use\",%s}],"
      "\"plans\":[{\"id\":\"pp\",\"currency\":\"USD\",\"prices\":[{"
      "\"id\":\"use\",\"meter\":\"u\",\"tiers_by\":\"%s\",%s}]}],"
      "\"contracts\":[{\"id\":\"cc\",\"customer\":\"a\",\"plan\":\"pp\","
      "\"start\":\"%s\"}]}";

  return try_catalog(err, format, meter, by, terms, start);
}

#define SUM "\"aggregation\":\"sum\""
#define TIERS                                                            \
  "\"model\":\"graduated\",\"tiers\":[{\"up_to\":\"100\",\"unit\":\"1\"}," \
  "{\"unit\":\"0.5\"}]"

/* The same with dearer units above 100. */
#define STEEP                                                            \
  "\"model\":\"graduated\",\"tiers\":[{\"up_to\":\"100\",\"unit\":\"1\"}," \
  "{\"unit\":\"3\"}]"
/* The contract, at twice the price from the second day on. */
#define TWICE                                                            \
  "{\"id\":\"cc\",\"customer\":\"a\",\"plan\":\"pp\","                  \
  "\"start\":\"2026-01-01\",\"overrides\":[{\"id\":\"o\",\"type\":"      \
  "\"multiplier\",\"factor\":\"2\",\"from\":\"2026-01-06\"}]}"

static void open_price(const char *start, const char *by) {
  billing_error err;

  ck_assert_msg(!try_price(start, by, SUM, TIERS, &err), "%s %s", err.path,
                err.message);
}

static bl_dec use(const char *key, int64_t at_us, const char *value) {
  return record_value(key, "use", at_us, value).cost;
}

/* "quantity amount, .." of an invoice's lines. */
static void bills(const char *number, const char *lines) {
  static const char *const members[] = {"quantity", "amount", NULL};

  has_lines(number, members, lines);
}

/* The example of rate_total.c. */
START_TEST(periods_go_through_the_tiers_together) {
  open_price("2026-01-01", "life");
  ck_assert_dec_eq(use("1", SHOP_NOW, "80"), "80");
  advance(FEBRUARY);
  bills("INV-000001", "80 80\n");
  ck_assert_dec_eq(use("2", FEBRUARY, "50"), "35");
  advance(MARCH);
  bills("INV-000002", "50 35\n");
  ck_assert_dec_eq(use("3", SHOP_NOW, "10"), "5");
  ck_assert_dec_eq(use("4", MARCH, "10"), "5");
  advance(APRIL);
  bills("INV-000003", "90 5\n10 5\n");
  close_shop();
}
END_TEST

/* Another price of the year, 100 at 2 and then 1: 80 cost 160, then 20 at 2
 * and 30 at 1. */
START_TEST(an_override_goes_through_the_tiers_as_its_price) {
  static const char contract[] =
      "{\"id\":\"cc\",\"customer\":\"a\",\"plan\":\"pp\","
      "\"start\":\"2026-01-01\",\"overrides\":[{\"id\":\"o\",\"type\":"
      "\"overwrite\",\"price\":{\"model\":\"graduated\",\"tiers\":["
      "{\"up_to\":\"100\",\"unit\":\"2\"},{\"unit\":\"1\"}]%s}}]}";
  billing_error err;
  char json[500];

  open_price("2026-01-01", "year");
  snprintf(json, sizeof json, contract, "");
  put("contract", json);
  ck_assert_dec_eq(use("1", SHOP_NOW, "80"), "160");
  advance(FEBRUARY);
  ck_assert_dec_eq(use("2", FEBRUARY, "50"), "70");
  snprintf(json, sizeof json, contract, ",\"flat_at_zero\":true");
  ck_assert_int_eq(try_put("contract", json, &err), BILLING_INVALID);
  ck_assert_str_eq(err.path, "/overrides/0");
  close_shop();
}
END_TEST

/* 80 and 50 and 10: 120 in all; without the 80, 60. */
START_TEST(a_void_is_rated_by_the_whole) {
  open_price("2026-01-01", "year");
  use("1", SHOP_NOW, "80");
  use("2", FEBRUARY, "50");
  ck_assert_dec_eq(use("3", FEBRUARY, "10"), "5");
  undo("1", "-60");
  ck_assert_dec_eq(use("4", MARCH, "60"), "50");
  close_shop();
}
END_TEST

/* The second year begins on 15 January 2026, within the month's period, which
 * began in the first one. */
START_TEST(a_period_is_of_the_year_in_which_it_begins) {
  open_price("2025-01-15", "year");
  ck_assert_dec_eq(use("1", JANUARY - 31 * SHOP_DAY, "80"), "80");
  ck_assert_dec_eq(use("2", JANUARY + 20 * SHOP_DAY, "40"), "30");
  ck_assert_dec_eq(use("3", FEBRUARY, "40"), "40");
  close_shop();
}
END_TEST

/* 80 and 50 come to 115; twice as much to 260: 100 + 80. */
START_TEST(events_decided_anew_go_through_the_tiers) {
  open_price("2026-01-01", "life");
  use("1", SHOP_NOW, "80");
  use("2", FEBRUARY, "50");
  put("meter", "{\"id\":\"u\",\"event\":\"use\",\"aggregation\":\"sum\","
               "\"convert\":{\"by\":\"2\"}}");
  rebuild_all("u");
  ck_assert_dec_eq(balance_now().owed, "180");
  undo("1", "-80");
  close_shop();
}
END_TEST

START_TEST(what_does_not_add_up_over_periods_is_refused) {
  static const struct { const char *meter, *terms; int code; } bad[] = {
    {"\"aggregation\":\"max\"", TIERS, BILLING_INVALID},
    {SUM ",\"recurring\":true", TIERS, BILLING_INVALID},
    {SUM, TIERS ",\"flat_at_zero\":true", BILLING_UNSUPPORTED},
    {SUM, "\"model\":\"percentage\",\"rate\":\"1\",\"free_events\":1",
     BILLING_UNSUPPORTED},
  };

  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    billing_error err;

    ck_assert_int_eq(try_price("2026-01-01", "year", bad[i].meter,
                               bad[i].terms, &err), bad[i].code);
    ck_assert_str_eq(err.path, "/plans/0/prices/0/tiers_by");
    billing_close(b);
  }
}
END_TEST

/* What is set aside for an event of that value. */
static bl_dec reserve(const char *key, const char *value) {
  billing_call call = call_now();
  billing_event event = shop_event("", "use");
  billing_hold hold;

  call.key = shop_text(key);
  event.value = D(value);
  event.flags = BILLING_EVENT_VALUE;
  BILLING_INIT(&hold);
  ck_assert_int_eq(billing_authorize(b, &call, &event, 1, NULL, &hold, NULL,
                                     NULL), 0);
  return hold.held;
}

START_TEST(a_hold_counts_on_other_periods) {
  open_price("2026-01-01", "life");
  shop_grant(b, "g", "500");
  use("1", SHOP_NOW, "90");
  advance(FEBRUARY);
  ck_assert_dec_eq(reserve("h", "30"), "20");
  close_shop();
}
END_TEST

/* 90 of the 100 were used before the price was doubled, so 30 more are 10 at
 * 2.00 and 20 at 1.00: 40.  If these do not come, 10 others cost 20. */
START_TEST(a_hold_counts_on_the_interval_before) {
  open_price("2026-01-01", "period");
  shop_grant(b, "g", "500");
  use("1", SHOP_NOW, "90");
  now_us = SHOP_NOW + SHOP_DAY;
  put("contract", TWICE);
  ck_assert_dec_eq(reserve("h", "30"), "40");
  ck_assert_dec_eq(reserve("i", "10"), "20");
  close_shop();
}
END_TEST

/* 100 at 1.00, then 3.00, all of it doubled: 90 were used before, so the first
 * 10 are 20; the next 10 are 20 now, but 60 once the first hold is settled. */
START_TEST(a_hold_counts_on_holds_after_the_interval_before) {
  billing_error err;

  ck_assert_int_eq(try_price("2026-01-01", "period", SUM, STEEP, &err), 0);
  shop_grant(b, "g", "500");
  use("1", SHOP_NOW, "90");
  now_us = SHOP_NOW + SHOP_DAY;
  put("contract", TWICE);
  ck_assert_dec_eq(reserve("h", "10"), "20");
  ck_assert_dec_eq(reserve("i", "10"), "60");
  close_shop();
}
END_TEST

/* ---- free units that roll over ---- */

#define FREE "\"model\":\"per_unit\",\"unit\":\"1\",\"free\":\"10\""
#define NEXT FREE ",\"rollover\":{\"periods\":1}"

static void open_free(const char *terms) {
  billing_error err;

  ck_assert_msg(!try_price("2026-01-01", "period", SUM, terms, &err),
                "%s %s", err.path, err.message);
}

/* The example of rate_total.c. */
START_TEST(what_is_left_of_free_units_is_for_the_next_period) {
  open_free(NEXT);
  ck_assert_dec_eq(use("1", SHOP_NOW, "4"), "0");
  ck_assert_dec_eq(use("2", FEBRUARY, "20"), "4");
  ck_assert_dec_eq(use("3", SHOP_NOW, "5"), "5");
  ck_assert_dec_eq(use("4", MARCH, "10"), "0");
  undo("3", "-5");
  ck_assert_dec_eq(use("5", MARCH, "1"), "1");
  advance(APRIL);
  bills("INV-000001", "20 4\n");
  close_shop();
}
END_TEST

START_TEST(events_decided_anew_use_what_was_carried) {
  open_free(NEXT);
  use("1", SHOP_NOW, "4");
  use("2", FEBRUARY, "20");
  ck_assert_dec_eq(balance_now().owed, "4");
  put("meter", "{\"id\":\"u\",\"event\":\"use\",\"aggregation\":\"sum\","
               "\"convert\":{\"by\":\"2\"}}");
  rebuild_all("u");
  /* 8 and 40: 2 and 10 of them are free in February. */
  ck_assert_dec_eq(balance_now().owed, "28");
  close_shop();
}
END_TEST

/* The price is another one from the second day on: it has 10 free, and what
 * was used before does not count. */
START_TEST(another_price_begins_with_its_own_free_units) {
  open_free(NEXT);
  use("1", SHOP_NOW, "4");
  now_us = SHOP_NOW + SHOP_DAY;
  put("contract", TWICE);
  ck_assert_dec_eq(use("2", now_us, "8"), "0");
  ck_assert_dec_eq(use("3", FEBRUARY, "15"), "6");
  close_shop();
}
END_TEST

/* Three days at twice the price: the other days have 10 free, once. */
START_TEST(a_price_that_comes_back_goes_on_with_its_free_units) {
  open_free(NEXT);
  use("1", SHOP_NOW, "4");
  now_us = SHOP_NOW + 9 * SHOP_DAY;
  put("contract",
      "{\"id\":\"cc\",\"customer\":\"a\",\"plan\":\"pp\",\"start\":"
      "\"2026-01-01\",\"overrides\":[{\"id\":\"o\",\"type\":"
      "\"multiplier\",\"factor\":\"2\",\"from\":\"2026-01-06\","
      "\"to\":\"2026-01-09\"}]}");
  ck_assert_dec_eq(use("2", now_us, "5"), "0");
  ck_assert_dec_eq(use("3", SHOP_NOW, "2"), "1");
  ck_assert_dec_eq(use("4", SHOP_NOW + 2 * SHOP_DAY, "11"), "2");
  ck_assert_dec_eq(use("5", FEBRUARY, "10"), "0");
  close_shop();
}
END_TEST

START_TEST(a_hold_counts_on_free_units_of_before) {
  open_free(NEXT);
  shop_grant(b, "g", "500");
  use("1", SHOP_NOW, "4");
  advance(FEBRUARY);
  ck_assert_dec_eq(reserve("h", "20"), "4");
  ck_assert_dec_eq(reserve("i", "5"), "5");
  close_shop();
}
END_TEST

/* 50 held in January leave nothing to February, whose 10 are 5 beyond the
 * free ones: one package, as the 45 of January. */
START_TEST(a_hold_counts_on_holds_of_before_that_use_up_free_units) {
  open_free("\"model\":\"package\",\"unit\":\"1\",\"per\":\"100\","
            "\"free\":\"5\",\"rollover\":{\"periods\":1}");
  shop_grant(b, "g", "500");
  now_us = FEBRUARY - HOUR / 2;
  ck_assert_dec_eq(reserve("h", "50"), "1");
  now_us = FEBRUARY + HOUR / 4;
  ck_assert_dec_eq(reserve("i", "10"), "1");
  close_shop();
}
END_TEST

START_TEST(a_refund_gives_no_free_units) {
  open_free(NEXT);
  use("1", SHOP_NOW, "-3");
  ck_assert_dec_eq(use("2", FEBRUARY, "21"), "1");
  close_shop();
}
END_TEST

START_TEST(free_units_that_cannot_roll_over_are_refused) {
  static const struct { const char *terms, *meter, *path; } bad[] = {
    {"\"model\":\"per_unit\",\"unit\":\"1\",\"rollover\":{}", SUM,
     "/plans/0/prices/0/rollover"},
    {NEXT, "\"aggregation\":\"max\"", "/plans/0/prices/0/rollover"},
    {FREE ",\"rollover\":{\"periods\":0}", SUM,
     "/plans/0/prices/0/rollover/periods"},
    {FREE ",\"rollover\":{\"limit\":\"-1\"}", SUM,
     "/plans/0/prices/0/rollover/limit"},
    {NEXT ",\"commit_rate\":\"1\"", SUM, "/plans/0/prices/0/commit_rate"},
    {TIERS ",\"rollover\":{}", SUM, "/plans/0/prices/0/rollover"},
  };
  billing_error err;

  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    ck_assert_int_ne(try_price("2026-01-01", "period", bad[i].meter,
                               bad[i].terms, &err), 0);
    ck_assert_str_eq(err.path, bad[i].path);
    billing_close(b);
  }
  ck_assert_int_eq(try_price("2026-01-01", "year", SUM, NEXT, &err),
                   BILLING_INVALID);
  ck_assert_str_eq(err.path, "/plans/0/prices/0/rollover");
  billing_close(b);
}
END_TEST

/* Month by month, by hand: the oldest units first, in whole numbers. */
static int64_t rolled(const int *used, int months, int lasts, int limit) {
  int left[8] = {0};
  int64_t cost = 0;

  for (int m = 0; m < months; m++) {
    int want = used[m], sum = 0;
    left[m] = 10;
    for (int i = 0; i <= m; i++) {
      int take = m - i > lasts ? left[i] : left[i] < want ? left[i] : want;
      left[i] -= take;
      if (m - i <= lasts) want -= take;
    }
    cost += want;
    for (int i = m; i >= 0; i--) {
      if (m - i >= lasts) left[i] = 0;
      if (sum + left[i] > limit) left[i] = limit - sum;
      sum += left[i];
    }
  }
  return cost;
}

/* In any order, with voids: what is owed is what the months come to. */
START_TEST(months_cost_what_they_come_to_however_usage_came) {
  static const int64_t begins[] = {SHOP_NOW, FEBRUARY, MARCH, APRIL};
  unsigned dice = 7;

  for (int round = 0; round < 24; round++) {
    int used[4] = {0}, of[30], units[30], lasts = 1 + round % 3;
    int limit = round % 2 ? 5 : 1000;
    char terms[200], key[8], value[8], periods[20] = "";

    if (lasts < 3) snprintf(periods, sizeof periods, ",\"periods\":%d", lasts);
    snprintf(terms, sizeof terms,
             FREE ",\"rollover\":{\"limit\":\"%d\"%s}", limit, periods);
    open_free(terms);
    if (round % 4 == 3) advance(MARCH);
    for (int i = 0; i < 30; i++) {
      char owes[24];
      dice = dice * 1103515245u + 12345u;
      of[i] = (int)(dice >> 16) % 4;
      units[i] = (int)(dice >> 20) % 9;
      used[of[i]] += units[i];
      snprintf(key, sizeof key, "e%d", i);
      snprintf(value, sizeof value, "%d", units[i]);
      use(key, begins[of[i]] + HOUR, value);
      if (i % 5 == 4) {
        snprintf(key, sizeof key, "e%d", i - 2);
        used[of[i - 2]] -= units[i - 2];
        take_back(key);
      }
      snprintf(owes, sizeof owes, "%lld",
               (long long)rolled(used, 4, lasts < 3 ? lasts : 9, limit));
      ck_assert_dec_eq(balance_now().owed, owes);
    }
    close_shop();
  }
}
END_TEST

Suite *test_engine_rate_total(void);
Suite *test_engine_rate_total(void) {
  Suite *s = suite_create("engine_rate_total");
  TCase *t = tcase_create("total");

  tcase_add_test(t, periods_go_through_the_tiers_together);
  tcase_add_test(t, an_override_goes_through_the_tiers_as_its_price);
  tcase_add_test(t, a_void_is_rated_by_the_whole);
  tcase_add_test(t, a_period_is_of_the_year_in_which_it_begins);
  tcase_add_test(t, events_decided_anew_go_through_the_tiers);
  tcase_add_test(t, what_does_not_add_up_over_periods_is_refused);
  tcase_add_test(t, a_hold_counts_on_other_periods);
  tcase_add_test(t, a_hold_counts_on_the_interval_before);
  tcase_add_test(t, a_hold_counts_on_holds_after_the_interval_before);
  tcase_add_test(t, what_is_left_of_free_units_is_for_the_next_period);
  tcase_add_test(t, events_decided_anew_use_what_was_carried);
  tcase_add_test(t, another_price_begins_with_its_own_free_units);
  tcase_add_test(t, a_price_that_comes_back_goes_on_with_its_free_units);
  tcase_add_test(t, a_hold_counts_on_free_units_of_before);
  tcase_add_test(t, a_hold_counts_on_holds_of_before_that_use_up_free_units);
  tcase_add_test(t, a_refund_gives_no_free_units);
  tcase_add_test(t, free_units_that_cannot_roll_over_are_refused);
  tcase_add_test(t, months_cost_what_they_come_to_however_usage_came);
  suite_add_tcase(s, t);
  return s;
}
