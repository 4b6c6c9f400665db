/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* test_engine_recurring.c - what plans and contracts give by themselves. */
#include "shop.h"

static billing_error err;

/* Customer "a" under a contract "cc" since January whose plan gives this. */
static void open_giver(const char *path, const char *grants,
                       const char *more) {
  open_catalog(path,
               "{\"meters\":[{\"id\":\"n\",\"event\":\"n\",\"aggregation\":"
               "\"sum\"}],\"plans\":[{\"id\":\"pp\",\"currency\":\"USD\","
               "\"prices\":[{\"id\":\"n\",\"meter\":\"n\",\"model\":"
               "\"per_unit\",\"unit\":\"1\"}],\"grants\":[%s]}],"
               "\"contracts\":[{\"id\":\"cc\",\"customer\":\"a\",\"plan\":"
               "\"pp\",\"start\":\"2026-01-01\"%s}]}", grants, more);
}

static const char monthly[] =
    "{\"id\":\"g\",\"amount\":\"10\",\"every\":\"month\"}";
static const char rolling[] =
    "{\"id\":\"g\",\"amount\":\"10\",\"every\":\"month\","
    "\"rollover\":{\"limit\":\"4\"}}";

static int64_t grants_in_all(void) {
  billing_call call = call_now();
  billing_doc *doc = NULL;
  bl_json *tree;
  int64_t count;

  ck_assert_int_eq(billing_list(b, &call, "grant", "", 0, &doc, NULL), 0);
  tree = shop_tree(doc);
  count = (int64_t)bl_json_count(bl_json_get(tree, "items"));
  bl_json_free(tree);
  return count;
}

START_TEST(the_balance_knows_what_nobody_has_asked_for_yet) {
  open_giver(NULL, monthly, "");
  ck_assert_dec_eq(balance_now().left, "10");
  ck_assert_int_eq(grants_in_all(), 0);
  ck_assert_dec_eq(record_value("e", "n", now_us, "3").drawn, "3");
  ck_assert_dec_eq(balance_now().left, "7");
  ck_assert_int_eq(grants_in_all(), 1);
  close_shop();
}
END_TEST

START_TEST(each_period_gives_once_however_it_is_asked_for) {
  open_giver(NULL, monthly, "");
  advance(now_us);
  advance(now_us);
  ck_assert_int_eq(grants_in_all(), 1);
  now_us = APRIL;
  ck_assert_dec_eq(balance_now().left, "10");
  advance(now_us);
  ck_assert_int_eq(grants_in_all(), 4);
  ck_assert_dec_eq(balance_now().left, "10");
  close_shop();
}
END_TEST

START_TEST(check_and_authorize_count_it) {
  billing_money amount = {D("10"), "USD"};
  billing_hold_terms terms;
  billing_call call;

  open_giver(NULL, monthly, "");
  call = call_now();
  ck_assert_int_eq(billing_check(b, &call, "a", 1, &amount, NULL, NULL), 0);
  amount.amount = D("10.01");
  ck_assert_int_eq(billing_check(b, &call, "a", 1, &amount, NULL, NULL),
                   BILLING_DENIED_BALANCE);
  BILLING_INIT(&terms);
  terms.customer = shop_text("a");
  terms.amount = amount;
  call.key = shop_text("h");
  ck_assert_int_eq(billing_authorize(b, &call, NULL, 0, &terms, NULL, NULL,
                                     NULL),
                   BILLING_DENIED_BALANCE);
  terms.amount.amount = D("10");
  ck_assert_int_eq(billing_authorize(b, &call, NULL, 0, &terms, NULL, NULL,
                                     NULL), 0);
  now_us = FEBRUARY;
  call = call_now();
  ck_assert_int_eq(billing_check(b, &call, "a", 1, &terms.amount, NULL, NULL),
                   0);
  close_shop();
}
END_TEST

START_TEST(what_rolls_over_still_pays_late_usage) {
  open_giver(NULL, rolling, "");
  record_value("a", "n", now_us, "3");
  now_us = FEBRUARY + SHOP_DAY;
  ck_assert_dec_eq(record_value("b", "n", FEBRUARY - 1, "1").drawn, "1");
  ck_assert_dec_eq(balance_now().left, "13");   /* 10 and 4 less 1 */
  advance(MARCH);
  /* It rolls over only once. */
  ck_assert_dec_eq(balance_now().left, "14");
  close_shop();
}
END_TEST

START_TEST(advance_in_steps_comes_to_the_same_bytes) {
  char *texts[2];

  for (int i = 0; i < 2; i++) {
    billing_call call;
    billing_doc *doc = NULL;
    open_giver(NULL, rolling, "");
    record_value("a", "n", now_us, "3");
    if (i) {
      advance(FEBRUARY);
      advance(MARCH);
    }
    advance(APRIL);
    call = call_now();
    ck_assert_int_eq(billing_list(b, &call, "grant", "", 0, &doc, NULL), 0);
    texts[i] = strdup(billing_doc_text(doc));
    billing_doc_free(doc);
    close_shop();
  }
  ck_assert_str_eq(texts[0], texts[1]);
  free(texts[0]);
  free(texts[1]);
}
END_TEST

START_TEST(a_new_version_gives_from_its_time_on) {
  open_giver(NULL, monthly, ",\"versions\":\"follow\"");
  advance(now_us);
  now_us = JANUARY + 15 * SHOP_DAY;
  put("plan",
      "{\"id\":\"pp\",\"currency\":\"USD\",\"prices\":[{\"id\":\"n\","
      "\"meter\":\"n\",\"model\":\"per_unit\",\"unit\":\"1\"}],"
      "\"grants\":[{\"id\":\"g\",\"amount\":\"20\",\"every\":\"month\"},"
      "{\"id\":\"h\",\"amount\":\"31\",\"every\":\"month\"}]}");
  /* 10 as before, and 16 days of 31. */
  ck_assert_dec_eq(balance_now().left, "26");
  now_us = FEBRUARY;
  ck_assert_dec_eq(balance_now().left, "51");
  close_shop();
}
END_TEST

START_TEST(a_contract_cannot_begin_to_give_in_the_past) {
  static const char format[] =
      "{\"id\":\"cc\",\"customer\":\"a\",\"plan\":\"pp\",\"start\":"
      "\"2026-01-01\",\"grants\":[{\"id\":\"x\",\"amount\":\"5\",\"asset\":"
      "\"%s\",\"every\":\"month\"%s}]}";
  char document[400];

  open_giver(NULL, monthly, "");
  snprintf(document, sizeof document, format, "USD", "");
  ck_assert_int_eq(try_put("contract", document, &err), BILLING_CONFLICT);
  ck_assert_str_eq(err.path, "/grants");
  snprintf(document, sizeof document, format, "gold", "");
  ck_assert_int_eq(try_put("contract", document, &err), BILLING_INVALID);
  ck_assert_str_eq(err.path, "/grants/0/asset");
  snprintf(document, sizeof document, format, "USD",
           ",\"from\":\"2026-02-01\"");
  put("contract", document);
  ck_assert_dec_eq(balance_now().left, "10");
  now_us = FEBRUARY;
  ck_assert_dec_eq(balance_now().left, "15");
  close_shop();
}
END_TEST

START_TEST(who_is_loaded_is_given_nothing_twice) {
  shop_folder folder = shop_folder_make();

  open_giver(folder.path, rolling, "");
  record_value("a", "n", now_us, "3");
  open_anew(folder.path);
  ck_assert_dec_eq(balance_now().left, "7");
  now_us = FEBRUARY;
  record_value("b", "n", now_us, "1");
  open_anew(folder.path);
  ck_assert_dec_eq(balance_now().left, "13");
  ck_assert_int_eq(grants_in_all(), 3);
  close_shop();
  shop_folder_remove(&folder);
}
END_TEST

/* A call that fails takes back what it has given first. */
START_TEST(a_call_that_fails_gives_nothing) {
  billing_event event = shop_event("e", "n");
  billing_call call;
  billing_receipt receipt;

  open_giver(NULL, monthly, "");
  call = call_now();
  call.flags |= BILLING_CALL_ALL_OR_NOTHING;
  event.properties = shop_text("{");
  BILLING_INIT(&receipt);
  ck_assert_int_ne(billing_record(b, &call, &event, 1, &receipt, NULL), 0);
  ck_assert_int_eq(grants_in_all(), 0);
  ck_assert_dec_eq(record_value("f", "n", now_us, "3").drawn, "3");
  close_shop();
}
END_TEST

START_TEST(an_allowance_may_become_one_of_another_asset) {
  open_giver(NULL, monthly, ",\"versions\":\"follow\"");
  advance(now_us);
  now_us = JANUARY + 15 * SHOP_DAY;
  put("tenant", "{\"id\":\"t\",\"assets\":[{\"code\":\"tok\","
                "\"places\":0}]}");
  put("plan",
      "{\"id\":\"pp\",\"currency\":\"USD\",\"prices\":[{\"id\":\"n\","
      "\"meter\":\"n\",\"model\":\"per_unit\",\"unit\":\"1\"}],"
      "\"grants\":[{\"id\":\"g\",\"amount\":\"7\",\"asset\":\"tok\","
      "\"every\":\"month\"}]}");
  advance(FEBRUARY);
  ck_assert_int_eq(grants_in_all(), 2);
  advance(MARCH);
  ck_assert_int_eq(grants_in_all(), 3);
  close_shop();
}
END_TEST

START_TEST(a_version_of_the_past_gives_when_the_customer_has_come_to_it) {
  shop_folder folder = shop_folder_make();

  open_giver(folder.path, monthly, ",\"versions\":\"follow\"");
  advance(now_us);
  now_us = JANUARY + 15 * SHOP_DAY;
  put("plan",
      "{\"id\":\"pp\",\"currency\":\"USD\",\"effective\":\"2026-01-08\","
      "\"prices\":[{\"id\":\"n\",\"meter\":\"n\",\"model\":\"per_unit\","
      "\"unit\":\"1\"}],\"grants\":[{\"id\":\"h\",\"amount\":\"31\","
      "\"every\":\"month\"}]}");
  for (int i = 0; i < 2; i++) {
    ck_assert_dec_eq(balance_now().left, "10");
    open_anew(folder.path);
  }
  reprice_all("pp");
  for (int i = 0; i < 2; i++) {
    ck_assert_dec_eq(balance_now().left, "34");   /* 10, and 24 days of 31 */
    open_anew(folder.path);
  }
  close_shop();
  shop_folder_remove(&folder);
}
END_TEST

Suite *test_engine_recurring(void);

Suite *test_engine_recurring(void) {
  Suite *suite = suite_create("engine_recurring");
  TCase *tests = tcase_create("allowances");

  tcase_add_test(tests, the_balance_knows_what_nobody_has_asked_for_yet);
  tcase_add_test(tests, each_period_gives_once_however_it_is_asked_for);
  tcase_add_test(tests, check_and_authorize_count_it);
  tcase_add_test(tests, what_rolls_over_still_pays_late_usage);
  tcase_add_test(tests, advance_in_steps_comes_to_the_same_bytes);
  tcase_add_test(tests, a_new_version_gives_from_its_time_on);
  tcase_add_test(tests, an_allowance_may_become_one_of_another_asset);
  tcase_add_test(tests,
                 a_version_of_the_past_gives_when_the_customer_has_come_to_it);
  tcase_add_test(tests, a_contract_cannot_begin_to_give_in_the_past);
  tcase_add_test(tests, who_is_loaded_is_given_nothing_twice);
  tcase_add_test(tests, a_call_that_fails_gives_nothing);
  suite_add_tcase(suite, tests);
  return suite;
}
