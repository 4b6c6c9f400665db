/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * test_engine_ticks.c - figures that are known when a period closes.
 *
 * Each price is 1 for a unit.  January 2026 has 31 days, 744 hours.
 */
#include "shop.h"

#define METER(id, rest) "{\"id\":\"" id "\"," rest "}"
#define PRICE(id, rest)                                              \
  "{\"id\":\"" id "\",\"meter\":\"" id "\",\"model\":\"per_unit\"," \
  "\"unit\":\"1\"" rest "}"

/* An event some hours after the first of January costs nothing yet. */
static char last_key[20];
static void record(const char *name, int64_t hour, const char *properties) {
  static int keys;
  billing_receipt receipt;
  billing_event event;

  snprintf(last_key, sizeof last_key, "key %d", keys++);
  event = event_at(last_key, name, JANUARY + hour * HOUR, properties);
  receipt = record_event(&event);
  ck_assert_dec_eq(receipt.cost, "0");
  ck_assert_uint_ne(receipt.flags & BILLING_RECEIPT_PENDING, 0);
}

/* "PRICE quantity amount, .." of an invoice's lines. */
static void bills(const char *number, const char *lines) {
  static const char *const members[] = {"price", "quantity", "amount", NULL};

  has_lines(number, members, lines);
}

/* 5 at the start, 2 after 372 of 744 hours, 9 after 558. */
#define EACH(x) METER(x, "\"event\":\"n\",\"property\":\"n\",\"aggregation\":"
START_TEST(a_period_closes_with_its_figures) {
  open_meters(NULL,
    EACH("average") "\"average\"") ","
    EACH("level") "\"weighted_sum\"") ","
    EACH("read") "\"weighted_sum\",\"reading\":\"level\"") ","
    EACH("median") "\"percentile\",\"percentile\":50") ","
    EACH("peak") "\"peak\"") ","
    EACH("share") "\"sum\",\"proration\":\"time\""),
    PRICE("average", "") "," PRICE("level", "") "," PRICE("read", "") ","
    PRICE("median", "") "," PRICE("peak", "") "," PRICE("share", ""));
  record("n", 558, "{\"n\":9}");
  record("n", 0, "{\"n\":6}");
  record("n", 372, "{\"n\":-3}");
  advance(FEBRUARY);
  bills("INV-000001",
        "average 4 4\n"               /* (6 - 3 + 9) / 3 */
        "level 6.75 6.75\n"           /* 6 - 3/2 + 9/4 */
        "read 4.5 4.5\n"              /* 6/2 - 3/4 + 9/4 */
        "median 6 6\n"
        "peak 12 12\n"
        "share 6.75 6.75\n");
  close_shop();
}
END_TEST

#define STORAGE                                                       \
  METER("gb", "\"event\":\"n\",\"property\":\"n\",\"aggregation\":"     \
              "\"weighted_sum\",\"recurring\":true,\"groups\":[\"r\"]")

/* In February nothing happens: the levels stay, each region's by itself. */
START_TEST(a_level_goes_on_into_the_next_period) {
  open_meters(NULL, STORAGE, PRICE("gb", ",\"groups\":[\"r\"]"));
  record("n", 0, "{\"n\":10,\"r\":\"eu\"}");
  record("n", 372, "{\"n\":4,\"r\":\"us\"}");
  record("n", 558, "{\"n\":-2,\"r\":\"us\"}");
  advance(FEBRUARY);
  bills("INV-000001", "gb 10 10\ngb 1.5 1.5\n");
  advance(MARCH);
  bills("INV-000002", "gb 10 10\ngb 2 2\n");
  close_shop();
}
END_TEST

/* 4 more from the middle of January on, told in February: 2 for January, 4 in
 * February, which has 28 days. */
START_TEST(what_comes_late_moves_every_period_after_it) {
  open_meters(NULL, STORAGE, PRICE("gb", ""));
  record("n", 0, "{\"n\":10}");
  advance(FEBRUARY);
  bills("INV-000001", "gb 10 10\n");
  record("n", 372, "{\"n\":4}");
  record("n", 744 + 336, "{\"n\":2}");
  advance(MARCH);
  bills("INV-000002", "gb 12 2\ngb 15 15\n");
  close_shop();
}
END_TEST

/* The only sample of a region is taken back after its period closed. */
START_TEST(a_group_whose_samples_are_all_voided_is_given_back) {
  billing_call call;

  open_meters(NULL, STORAGE, PRICE("gb", ",\"groups\":[\"r\"]"));
  record("n", 0, "{\"n\":10,\"r\":\"eu\"}");
  record("n", 0, "{\"n\":3,\"r\":\"us\"}");
  advance(FEBRUARY);
  bills("INV-000001", "gb 10 10\ngb 3 3\n");
  call = call_now();
  ck_assert_int_eq(billing_void(b, &call, last_key, (size_t)-1, NULL, NULL),
                   0);
  advance(MARCH);
  bills("INV-000002", "gb 0 -3\ngb 10 10\n");
  close_shop();
}
END_TEST

#define SEATS                                                              \
  METER("seats", "\"event\":\"seat\",\"property\":\"user\","             \
                 "\"aggregation\":\"unique\",\"operation\":\"op\","      \
                 "\"recurring\":true,\"proration\":\"time\"")

/* ann all of January and half of February, bob half of January and on. */
START_TEST(who_is_there_is_there_until_removed) {
  open_meters(NULL, SEATS, PRICE("seats", ""));
  record("seat", 0, "{\"user\":\"ann\"}");
  record("seat", 372, "{\"user\":\"bob\"}");
  advance(FEBRUARY);
  bills("INV-000001", "seats 1.5 1.5\n");
  record("seat", 744 + 336, "{\"user\":\"ann\",\"op\":\"remove\"}");
  advance(MARCH);
  bills("INV-000002", "seats 1.5 1.5\n");
  advance(APRIL);
  bills("INV-000003", "seats 1 1\n");
  close_shop();
}
END_TEST

/* Another contract, of another plan that prices the same meter. */
START_TEST(a_level_goes_on_in_another_contract) {
  billing_call call;

  open_meters(NULL, STORAGE, PRICE("gb", ""));
  record("n", 0, "{\"n\":10}");
  call = call_now();
  ck_assert_int_eq(billing_put(b, &call, "contract",
      "{\"id\":\"cc\",\"customer\":\"a\",\"plan\":\"pp\","
      "\"start\":\"2026-01-01\",\"end\":\"2026-02-01\"}", (size_t)-1,
      NULL, NULL), 0);
  ck_assert_int_eq(billing_put(b, &call, "plan",
      "{\"id\":\"p2\",\"currency\":\"USD\",\"prices\":["
      PRICE("other", "") ",{\"id\":\"y\",\"meter\":\"gb\",\"model\":"
      "\"per_unit\",\"unit\":\"3\"}]}", (size_t)-1, NULL, NULL),
      BILLING_NOTFOUND);
  ck_assert_int_eq(billing_put(b, &call, "plan",
      "{\"id\":\"p2\",\"currency\":\"USD\",\"prices\":["
      "{\"id\":\"y\",\"meter\":\"gb\",\"model\":\"per_unit\","
      "\"unit\":\"3\"}]}", (size_t)-1, NULL, NULL), 0);
  ck_assert_int_eq(billing_put(b, &call, "contract",
      "{\"id\":\"c2\",\"customer\":\"a\",\"plan\":\"p2\","
      "\"start\":\"2026-02-01\"}", (size_t)-1, NULL, NULL), 0);
  advance(FEBRUARY);
  bills("INV-000001", "gb 10 10\n");
  record("n", 744 + 336, "{\"n\":2}");
  advance(MARCH);
  bills("INV-000002", "y 11 33\n");
  close_shop();
}
END_TEST

/* The sixth hour of 744: what has come by then. */
START_TEST(usage_says_what_has_come_so_far) {
  billing_call call;
  billing_doc *doc;

  open_meters(NULL, STORAGE, PRICE("gb", ""));
  record("n", 0, "{\"n\":31}");
  call = call_now();                            /* four days of 31 */
  ck_assert_int_eq(billing_usage(b, &call, "{\"customer\":\"a\"}",
                                 (size_t)-1, &doc, NULL), 0);
  ck_assert_ptr_nonnull(strstr(billing_doc_text(doc),
    "\"amount\":\"4\",\"asset\":\"USD\",\"contract\":\"cc\",\"drawn\":"
    "\"0\",\"events\":1,"));
  ck_assert_ptr_nonnull(strstr(billing_doc_text(doc), "\"pending\":true"));
  billing_doc_free(doc);
  advance(FEBRUARY);
  call = call_now();
  ck_assert_int_eq(billing_usage(b, &call, "{\"customer\":\"a\"}",
                                 (size_t)-1, &doc, NULL), 0);
  ck_assert_ptr_nonnull(strstr(billing_doc_text(doc), "\"amount\":\"31\""));
  ck_assert_ptr_null(strstr(billing_doc_text(doc), "pending"));
  billing_doc_free(doc);
  close_shop();
}
END_TEST

/* A grant that lives as long as January pays for it; what a late fall gives
 * back expires again at once. */
START_TEST(grants_pay_at_a_tick) {
  billing_call call;
  billing_balances balance;

  open_meters(NULL, STORAGE, PRICE("gb", ""));
  shop_grant(b, "g", "8");
  record("n", 0, "{\"n\":10}");
  advance(FEBRUARY);
  call = call_now();
  BILLING_INIT(&balance);
  ck_assert_int_eq(billing_balance(b, &call, "a", 1, "USD", &balance,
                                   NULL), 0);
  ck_assert_dec_eq(balance.free, "0");
  record("n", 372, "{\"n\":-8}");            /* 4 less: 2 are owed less */
  record("n", 744, "{\"n\":-2}");
  advance(MARCH);
  ck_assert_int_eq(billing_balance(b, &call, "a", 1, "USD", &balance,
                                   NULL), 0);
  ck_assert_dec_eq(balance.free, "2");
  close_shop();
}
END_TEST

Suite *test_engine_ticks(void);
Suite *test_engine_ticks(void) {
  Suite *s = suite_create("engine_ticks");
  TCase *t = tcase_create("ticks");

  tcase_add_test(t, a_period_closes_with_its_figures);
  tcase_add_test(t, a_level_goes_on_into_the_next_period);
  tcase_add_test(t, what_comes_late_moves_every_period_after_it);
  tcase_add_test(t, a_group_whose_samples_are_all_voided_is_given_back);
  tcase_add_test(t, who_is_there_is_there_until_removed);
  tcase_add_test(t, a_level_goes_on_in_another_contract);
  tcase_add_test(t, usage_says_what_has_come_so_far);
  tcase_add_test(t, grants_pay_at_a_tick);
  suite_add_tcase(s, t);
  return s;
}
