/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* test_engine_conversions.c - words in tokens, a fee in EUR, invoices in USD.
 */
#include "shop.h"

Suite *test_engine_conversions(void);

#define RATES                                                          \
  "{\"from\":\"tok\",\"to\":\"USD\",\"rate\":\"0.25\"},"               \
  "{\"from\":\"tok\",\"to\":\"USD\",\"rate\":\"0.20\","                \
  "\"effective\":\"2026-02-01\"}"
#define TENANT(rates)                                                  \
  "{\"id\":\"t\",\"assets\":[{\"code\":\"tok\"}],\"rates\":[" rates "]}"
#define WORDS                                                          \
  "{\"id\":\"words\",\"meter\":\"words\",\"model\":\"per_unit\","      \
  "\"unit\":\"1\",\"asset\":\"tok\"}"
#define IMAGES                                                         \
  "{\"id\":\"images\",\"meter\":\"images\",\"model\":\"per_unit\","    \
  "\"unit\":\"0.42\",\"asset\":\"tok\"}"
#define EUROS                                                          \
  "{\"id\":\"base\",\"model\":\"flat\",\"amount\":\"3\","              \
  "\"asset\":\"EUR\"}"
#define CONTRACT                                                       \
  "{\"id\":\"cc\",\"customer\":\"a\",\"plan\":\"pp\","                 \
  "\"start\":\"2026-01-01\",\"versions\":\"follow\","                  \
  "\"invoice_currency\":\"USD\"}"

static void open_converted(const char *path, const char *prices) {
  open_catalog(path,
      "{\"tenant\":" TENANT(RATES) ",\"meters\":["
      "{\"id\":\"words\",\"event\":\"word\",\"aggregation\":\"sum\"},"
      "{\"id\":\"images\",\"event\":\"image\",\"aggregation\":\"sum\"}],"
      "\"plans\":[{\"id\":\"pp\",\"currency\":\"USD\",\"prices\":[%s]}],"
      "\"contracts\":[" CONTRACT "]}", prices);
}

static void bills(const char *number, const char *lines) {
  static const char *const members[] = {"kind", "name", "quantity", "amount",
                                        "due", "rounding", "asset", NULL};

  has_lines(number, members, lines);
}

static void give_tokens(const char *amount) {
  billing_call call = shop_call_at(now_us, "pack");
  billing_grant_terms terms;

  BILLING_INIT(&terms);
  terms.customer = shop_text("a");
  terms.amount.amount = D(amount);
  strcpy(terms.amount.asset, "tok");
  ck_assert_int_eq(billing_grant(b, &call, &terms, NULL, NULL), 0);
}

/* The example of conversions.c. */
START_TEST(what_is_open_is_carried_on_exactly_and_rounded_once) {
  open_converted(NULL, WORDS "," IMAGES);
  give_tokens("100");
  record_value("1", "word", now_us, "300");
  record_value("2", "image", now_us, "1");
  advance(FEBRUARY);
  bills("INV-000001", "usage words 300 300 0 0 tok\n"
                      "usage images 1 0.42 0 0 tok\n"
                      "conversion tok to USD 200.42 50.105 50.11 0.005 USD\n");
  close_shop();
}
END_TEST

START_TEST(what_comes_late_goes_by_the_rate_of_its_own_period) {
  open_converted(NULL, WORDS);
  record_value("1", "word", now_us, "10");
  advance(FEBRUARY);
  record_value("2", "word", now_us, "4");
  record_value("3", "word", SHOP_NOW, "2");
  undo("1", "-10");
  advance(MARCH);
  bills("INV-000002", "usage words 2 -8 0 0 tok\n"
                      "usage words 4 4 0 0 tok\n"
                      "conversion tok to USD -8 -2 -2 0 USD\n"
                      "conversion tok to USD 4 0.8 0.8 0 USD\n");
  close_shop();
}
END_TEST

START_TEST(what_grants_pay_wholly_is_not_converted) {
  open_converted(NULL, WORDS);
  give_tokens("100");
  record_value("1", "word", now_us, "60");
  advance(FEBRUARY);
  bills("INV-000001", "usage words 60 60 0 0 tok\n");
  close_shop();
}
END_TEST

/* A version of the plan that comes later is everybody's: an invoice run does
 * not stop at it. */
START_TEST(an_asset_without_a_rate_stays_due_in_itself) {
  billing_error err;

  open_converted(NULL, WORDS);
  put("plan", "{\"id\":\"pp\",\"currency\":\"USD\",\"prices\":[" EUROS "]}");
  ck_assert_int_eq(try_put("contract",
                           "{\"id\":\"c2\",\"customer\":\"a\",\"plan\":\"pp\","
                           "\"start\":\"2026-02-01\","
                           "\"invoice_currency\":\"USD\"}", &err),
                   BILLING_INVALID);
  ck_assert_str_eq(err.path, "/invoice_currency");
  advance(MARCH);
  bills("INV-000002", "fee base 1 3 3 0 EUR\n");
  put("tenant", TENANT(RATES ",{\"from\":\"USD\",\"to\":\"EUR\","
                       "\"rate\":\"0.75\",\"effective\":\"2026-03-05\"}"));
  advance(APRIL);
  bills("INV-000003", "fee base 1 3 0 0 EUR\n"
                      "conversion EUR to USD 3 4 4 0 USD\n");
  close_shop();
}
END_TEST

START_TEST(a_rate_that_was_in_force_stays_what_it_was) {
  static const char *const refused[] = {
    TENANT("{\"from\":\"tok\",\"to\":\"USD\",\"rate\":\"0.25\"},"
           "{\"from\":\"tok\",\"to\":\"USD\",\"rate\":\"0.30\","
           "\"effective\":\"2025-12-01\"}"),
    TENANT("{\"from\":\"tok\",\"to\":\"USD\",\"rate\":\"0.20\","
           "\"effective\":\"2026-02-01\"}"),
    TENANT("{\"from\":\"USD\",\"to\":\"tok\",\"rate\":\"4\"}"),
    TENANT(""),
  };
  billing_error err;

  open_converted(NULL, WORDS);
  for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
    ck_assert_int_eq(try_put("tenant", refused[i], &err), BILLING_CONFLICT);
    ck_assert_str_eq(err.path, "/rates");
  }
  /* What has not begun may go. */
  put("tenant", TENANT("{\"from\":\"tok\",\"to\":\"USD\",\"rate\":\"0.25\"}"));
  close_shop();
}
END_TEST

START_TEST(a_currency_that_is_given_up_leaves_what_was_converted) {
  open_converted(NULL, WORDS);
  record_value("1", "word", now_us, "10");
  advance(FEBRUARY);
  put("contract", "{\"id\":\"cc\",\"customer\":\"a\",\"plan\":\"pp\","
                  "\"start\":\"2026-01-01\",\"versions\":\"follow\"}");
  record_value("2", "word", now_us, "10");
  advance(MARCH);
  bills("INV-000001", "usage words 10 10 0 0 tok\n"
                      "conversion tok to USD 10 2.5 2.5 0 USD\n");
  bills("INV-000002", "usage words 10 10 10 0 tok\n");
  close_shop();
}
END_TEST

START_TEST(a_file_that_is_opened_anew_says_the_same) {
  shop_folder folder = shop_folder_make();

  open_converted(folder.path, WORDS);
  record_value("1", "word", now_us, "10");
  advance(FEBRUARY);
  open_anew(folder.path);
  record_value("2", "word", now_us, "10");
  advance(MARCH);
  bills("INV-000002", "usage words 10 10 0 0 tok\n"
                      "conversion tok to USD 10 2 2 0 USD\n");
  close_shop();
  shop_folder_remove(&folder);
}
END_TEST

Suite *test_engine_conversions(void) {
  Suite *suite = suite_create("engine/conversions");
  TCase *tests = tcase_create("conversions");

  tcase_add_test(tests,
                 what_is_open_is_carried_on_exactly_and_rounded_once);
  tcase_add_test(tests, what_comes_late_goes_by_the_rate_of_its_own_period);
  tcase_add_test(tests, what_grants_pay_wholly_is_not_converted);
  tcase_add_test(tests, an_asset_without_a_rate_stays_due_in_itself);
  tcase_add_test(tests, a_rate_that_was_in_force_stays_what_it_was);
  tcase_add_test(tests, a_currency_that_is_given_up_leaves_what_was_converted);
  tcase_add_test(tests, a_file_that_is_opened_anew_says_the_same);
  suite_add_tcase(suite, tests);
  return suite;
}
