/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * test_engine_fees.c - seats that change for the past: 868 a seat and month,
 * so a seat costs 28 a day in January, 31 in February, 28 in March.
 */
#include "shop.h"

Suite *test_engine_fees(void);

#define DAYS (31 + 28 + 31)

static int seats[DAYS];
static unsigned dice_seed;

static int dice(int sides) {
  dice_seed = dice_seed * 1103515245u + 12345u;
  return (int)(dice_seed >> 16) % sides;
}

static void open_seats(const char *timing, const char *quantities) {
  open_catalog(NULL,
      "{\"plans\":[{\"id\":\"pp\",\"currency\":\"USD\",\"prices\":[{"
      "\"id\":\"seats\",\"model\":\"flat\",\"amount\":\"868\","
      "\"quantity\":\"seats\",\"timing\":\"%s\"}]}],\"contracts\":[{"
      "\"id\":\"cc\",\"customer\":\"a\",\"plan\":\"pp\","
      "\"start\":\"2026-01-01\",\"quantities\":{\"seats\":%s}}]}",
      timing, quantities);
}

static void put_seats(const char *quantities) {
  char json[4000];

  snprintf(json, sizeof json,
           "{\"id\":\"cc\",\"customer\":\"a\",\"plan\":\"pp\","
           "\"start\":\"2026-01-01\",\"quantities\":{\"seats\":%s}}",
           quantities);
  put("contract", json);
}

static void bills(const char *number, const char *lines) {
  static const char *const members[] = {"quantity", "amount", NULL};

  has_lines(number, members, lines);
}

/* What all invoices ask for. */
static bl_dec receivable(void) {
  billing_call call = call_now();
  billing_doc *doc = NULL;
  bl_dec sum = BL_DEC_ZERO;
  bl_json *tree;

  ck_assert_int_eq(billing_list(b, &call, "invoice", "{\"limit\":1000}",
                                (size_t)-1, &doc, NULL), 0);
  tree = shop_tree(doc);
  for (const bl_json *node = bl_json_first(bl_json_get(tree, "items")); node;
       node = bl_json_next(node)) {
    const bl_json *total = bl_json_first(bl_json_get(node, "totals"));
    bl_dec due;
    if (!total) continue;
    ck_assert(bl_json_dec(bl_json_get(total, "due"), &due));
    sum = bl_dec_add(sum, due);
  }
  bl_json_free(tree);
  return sum;
}

START_TEST(seats_since_a_day_of_the_past_are_corrected_by_the_next_invoice) {
  open_seats("arrears", "\"2\"");
  advance(FEBRUARY);
  bills("INV-000001", "2 1736\n");
  put_seats("[{\"value\":\"2\"},"
            "{\"value\":\"3\",\"from\":\"2026-01-22T00:00:00Z\"}]");
  advance(MARCH);
  /* 21 days of 2 and 10 of 3, instead of 31 of 2. */
  bills("INV-000002", "2 -560\n3 840\n3 2604\n");
  close_shop();
}
END_TEST

START_TEST(seats_that_are_not_dated_are_of_what_is_billed_from_now_on) {
  open_seats("arrears", "\"2\"");
  advance(FEBRUARY);
  put_seats("\"3\"");
  advance(MARCH);
  bills("INV-000002", "3 2604\n");
  close_shop();
}
END_TEST

START_TEST(seats_in_advance_are_corrected_whenever_they_begin) {
  open_seats("advance", "\"2\"");
  advance(SHOP_NOW);
  bills("INV-000001", "2 1736\n");
  put_seats("[{\"value\":\"2\"},"
            "{\"value\":\"3\",\"from\":\"2026-01-22T00:00:00Z\"}]");
  advance(FEBRUARY);
  bills("INV-000002", "2 -560\n3 840\n3 2604\n");
  put_seats("[{\"value\":\"2\"},"
            "{\"value\":\"3\",\"from\":\"2026-01-22T00:00:00Z\"},"
            "{\"value\":\"1\",\"from\":\"2026-02-15T00:00:00Z\"}]");
  advance(MARCH);
  bills("INV-000003", "3 -1302\n1 434\n1 868\n");
  close_shop();
}
END_TEST

/* A list of random steps from some day on; the days before stay. */
static void change_seats(int from) {
  char list[4000] = "[";
  size_t len = 1;

  for (int day = from; day < DAYS; day++)
    seats[day] = day > from && dice(4) ? seats[day - 1] : dice(5);
  for (int day = 0; day < DAYS; day++) {
    if (day && seats[day] == seats[day - 1]) continue;
    len += (size_t)snprintf(
        list + len, sizeof list - len, "%s{\"value\":\"%d\",\"from\":%lld}",
        day ? "," : "", seats[day],
        (long long)(JANUARY + day * SHOP_DAY));
  }
  snprintf(list + len, sizeof list - len, "]");
  put_seats(list);
}

static int64_t cost_of_days(void) {
  int64_t sum = 0;

  for (int day = 0; day < DAYS; day++)
    sum += seats[day] * (day < 31 || day >= 59 ? 28 : 31);
  return sum;
}

/* However often the past changes, and whenever invoices are made. */
static void months_cost_what_their_days_cost(const char *timing) {
  for (int round = 0; round < 10; round++) {
    char due[24];
    int day = 4;

    dice_seed = (unsigned)round + 1;
    memset(seats, 0, sizeof seats);
    open_seats(timing, "\"0\"");
    while (day < DAYS) {
      change_seats(dice(DAYS));
      day += 1 + dice(25);
      if (day < DAYS) advance(JANUARY + day * SHOP_DAY + HOUR);
    }
    change_seats(0);
    advance(APRIL);
    advance(APRIL + 30 * SHOP_DAY);
    snprintf(due, sizeof due, "%lld",
             (long long)(cost_of_days() + seats[DAYS - 1] *
                         (strcmp(timing, "advance") ? 868 : 2 * 868)));
    ck_assert_dec_eq(receivable(), due);
    close_shop();
  }
}

START_TEST(months_in_arrears_cost_what_their_days_cost) {
  months_cost_what_their_days_cost("arrears");
}
END_TEST

START_TEST(months_in_advance_cost_what_their_days_cost) {
  months_cost_what_their_days_cost("advance");
}
END_TEST

Suite *test_engine_fees(void) {
  Suite *suite = suite_create("engine/fees");
  TCase *tests = tcase_create("fees");

  tcase_add_test(tests,
      seats_since_a_day_of_the_past_are_corrected_by_the_next_invoice);
  tcase_add_test(tests,
      seats_that_are_not_dated_are_of_what_is_billed_from_now_on);
  tcase_add_test(tests, seats_in_advance_are_corrected_whenever_they_begin);
  tcase_add_test(tests, months_in_arrears_cost_what_their_days_cost);
  tcase_add_test(tests, months_in_advance_cost_what_their_days_cost);
  suite_add_tcase(suite, tests);
  return suite;
}
