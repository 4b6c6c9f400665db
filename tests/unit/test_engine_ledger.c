/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* test_engine_ledger.c - pages of the ledger, as the journal says it. */
#include "engine.h"

static billing      *b;
static billing_error err;

static void begin(void) {
  BILLING_INIT(&err);
  b = shop_open(NULL);
}

static void end(void) {
  billing_close(b);
}

static size_t count_of(const char *text, const char *part) {
  size_t count = 0;

  for (; (text = strstr(text, part)) != NULL; text++) count++;
  return count;
}

static billing_doc *ledger(const char *query) {
  billing_call call = shop_call("");
  billing_doc *doc = NULL;

  BILLING_INIT(&err);
  ck_assert_msg(!billing_ledger(b, &call, query, (size_t)-1, &doc, &err),
                "%s %s", err.path, err.message);
  return doc;
}

START_TEST(the_ledger_is_read_in_pages_without_a_gap) {
  char query[64] = "{\"limit\":1}", after[32];
  billing_doc *doc;
  size_t pages = 0;

  shop_grant(b, "g", "1");
  shop_grant(b, "h", "2");
  shop_grant(b, "i", "3");
  for (;; pages++) {
    const char *next;

    doc = ledger(query);
    ck_assert_uint_eq(count_of(billing_doc_text(doc), "\"cause\""), 1);
    next = strstr(billing_doc_text(doc), "\"next\":\"");
    if (!next) break;
    snprintf(after, sizeof after, "%.*s", (int)strcspn(next + 8, "\""),
             next + 8);
    snprintf(query, sizeof query, "{\"limit\":1,\"after\":\"%s\"}", after);
    billing_doc_free(doc);
  }
  ck_assert_uint_eq(pages, 5);           /* six postings */
  ck_assert_ptr_nonnull(strstr(billing_doc_text(doc), "\"amount\":\"3\""));
  billing_doc_free(doc);
}
END_TEST

START_TEST(the_ledger_is_narrowed_by_account_and_asset) {
  billing_doc *doc;

  shop_grant(b, "g", "1");
  doc = ledger("{\"account\":\"funding\",\"asset\":\"USD\"}");
  ck_assert_uint_eq(count_of(billing_doc_text(doc), "\"cause\""), 1);
  ck_assert_uint_eq(count_of(billing_doc_text(doc), "\"balance\":\"1\""), 1);
  billing_doc_free(doc);
  doc = ledger("{\"asset\":\"EUR\"}");
  ck_assert_uint_eq(count_of(billing_doc_text(doc), "\"cause\""), 0);
  billing_doc_free(doc);
}
END_TEST

START_TEST(a_query_with_a_mistake_names_it) {
  static const char *const bad[][2] = {
    {"{\"accounts\":\"wallet\"}", ""}, {"{\"limit\":0}", "/limit"},
    {"{\"limit\":1001}", "/limit"}, {"{\"limit\":\"x\"}", "/limit"},
    {"{\"account\":\"petty\"}", "/account"}, {"{\"after\":\"9\"}", "/after"},
    {"[]", ""}, {"{", ""},
  };
  billing_call call = shop_call("");
  billing_doc *doc = NULL;

  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    int rc;

    BILLING_INIT(&err);
    rc = billing_ledger(b, &call, bad[i][0], (size_t)-1, &doc, &err);
    ck_assert_msg(BILLING_CODE(rc) == BILLING_INVALID && err.code == rc,
                  "%s: %s", bad[i][0], billing_code_name(rc));
    ck_assert_str_eq(err.path, bad[i][1]);
    ck_assert_ptr_null(doc);
  }
}
END_TEST

/* Entry 7 is the grant, 8 the period, 9 the events: 0.30 are charged at once,
 * 0.25 of it drawn. */
START_TEST(a_batch_posts_once_an_account) {
  billing_call call = shop_call("");
  billing_event events[3];
  billing_doc *doc;

  shop_grant(b, "g", "0.25");
  events[0] = shop_event("k1", "e");
  events[1] = shop_event("k2", "e");
  events[2] = shop_event("k3", "e");
  ck_assert_int_eq(billing_record(b, &call, events, 3, NULL, NULL), 0);
  doc = ledger("{\"after\":\"8.1\"}");
  ck_assert_str_eq(billing_doc_text(doc),
      "{\"balances\":["
      "{\"account\":\"unbilled\",\"asset\":\"USD\","
      "\"balance\":\"0.05\",\"customer\":\"a\"},"
      "{\"account\":\"revenue\",\"asset\":\"USD\","
      "\"balance\":\"-0.3\",\"customer\":\"a\"},"
      "{\"account\":\"funding\",\"asset\":\"USD\","
      "\"balance\":\"0.25\",\"customer\":\"a\"}],"
      "\"postings\":["
      "{\"account\":\"deferred\",\"amount\":\"0.25\",\"asset\":\"USD\","
      "\"at\":\"2026-01-05T00:00:00Z\",\"cause\":\"events\","
      "\"customer\":\"a\",\"number\":\"9.1\",\"seq\":9},"
      "{\"account\":\"unbilled\",\"amount\":\"0.05\",\"asset\":\"USD\","
      "\"at\":\"2026-01-05T00:00:00Z\",\"cause\":\"events\","
      "\"customer\":\"a\",\"number\":\"9.2\",\"seq\":9},"
      "{\"account\":\"revenue\",\"amount\":\"-0.3\",\"asset\":\"USD\","
      "\"at\":\"2026-01-05T00:00:00Z\",\"cause\":\"events\","
      "\"customer\":\"a\",\"number\":\"9.3\",\"seq\":9}]}");
  billing_doc_free(doc);
}
END_TEST

START_TEST(a_page_goes_on_in_the_middle_of_an_entry) {
  billing_call call = shop_call("");
  billing_event event = shop_event("k1", "e");
  billing_receipt receipt;
  billing_doc *doc;

  shop_grant(b, "g", "0.05");
  ck_assert_int_eq(shop_record(b, &call, &event, &receipt, NULL), 0);
  doc = ledger("{\"after\":\"9.1\",\"limit\":1}");
  ck_assert_ptr_nonnull(strstr(billing_doc_text(doc),
                               "\"number\":\"9.2\""));
  ck_assert_ptr_nonnull(strstr(billing_doc_text(doc), "\"next\":\"9.2\""));
  billing_doc_free(doc);
  doc = ledger("{\"after\":\"9.2\",\"limit\":1}");
  ck_assert_ptr_nonnull(strstr(billing_doc_text(doc),
                               "\"number\":\"9.3\""));
  ck_assert_ptr_null(strstr(billing_doc_text(doc), "\"next\""));
  billing_doc_free(doc);
}
END_TEST

/* Grants of 1, 2 and 3 on three days, then a charge of 0.1. */
static void three_days(void) {
  billing_call call = shop_call("");
  billing_event event = shop_event("k", "e");
  static const char *const amounts[] = {"1", "2", "3"};

  for (int64_t i = 0; i < 3; i++) {
    billing_call day = shop_call_at(SHOP_NOW + i * 86400000000, amounts[i]);
    billing_grant_terms terms;

    BILLING_INIT(&terms);
    terms.customer = shop_text("a");
    terms.amount.amount = D(amounts[i]);
    strcpy(terms.amount.asset, "USD");
    ck_assert_int_eq(billing_grant(b, &day, &terms, NULL, NULL), 0);
  }
  ck_assert_int_eq(billing_record(b, &call, &event, 1, NULL, NULL), 0);
}

START_TEST(a_statement_has_a_balance_after_each_posting) {
  billing_doc *doc;

  three_days();
  doc = ledger("{\"customer\":\"a\",\"account\":\"deferred\","
               "\"running\":true,\"after\":\"7.1\",\"limit\":2}");
  ck_assert_ptr_nonnull(strstr(billing_doc_text(doc),
      "\"amount\":\"-2\",\"asset\":\"USD\","
      "\"at\":\"2026-01-06T00:00:00Z\",\"balance\":\"-3\""));
  ck_assert_ptr_nonnull(strstr(billing_doc_text(doc),
      "\"amount\":\"-3\",\"asset\":\"USD\","
      "\"at\":\"2026-01-07T00:00:00Z\",\"balance\":\"-6\""));
  ck_assert_ptr_nonnull(strstr(billing_doc_text(doc), "\"next\":\"9.1\""));
  billing_doc_free(doc);
}
END_TEST

START_TEST(balances_are_those_of_any_moment) {
  static const char *const cases[][2] = {
    {"{\"to\":\"2026-01-05\"}", "{\"balances\":[],\"postings\":[]}"},
    {"{\"to\":\"2026-01-07\",\"account\":\"funding\",\"limit\":1}",
     "{\"balances\":[{\"account\":\"funding\",\"asset\":\"USD\","
     "\"balance\":\"3\",\"customer\":\"a\"}],\"next\":\"7.2\","},
    {"{\"to\":\"2026-01-07\",\"from\":\"2026-01-06\",\"customer\":\"a\","
     "\"account\":\"funding\"}",
     "{\"balances\":[{\"account\":\"funding\",\"asset\":\"USD\","
     "\"balance\":\"3\",\"customer\":\"a\"}],\"postings\":[{\"account\":"
     "\"funding\",\"amount\":\"2\","}};
  billing_doc *doc;

  three_days();
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    doc = ledger(cases[i][0]);
    ck_assert_int_eq(strncmp(billing_doc_text(doc), cases[i][1],
                             strlen(cases[i][1])), 0);
    billing_doc_free(doc);
  }
  doc = ledger("{\"account\":\"deferred\"}");     /* now */
  ck_assert_ptr_nonnull(strstr(billing_doc_text(doc),
                               "\"balance\":\"-5.9\""));
  billing_doc_free(doc);
}
END_TEST

Suite *test_engine_ledger(void);
Suite *test_engine_ledger(void) {
  Suite *s = suite_create("engine_ledger");
  TCase *t = tcase_create("ledger");

  tcase_add_checked_fixture(t, begin, end);
  tcase_add_test(t, the_ledger_is_read_in_pages_without_a_gap);
  tcase_add_test(t, the_ledger_is_narrowed_by_account_and_asset);
  tcase_add_test(t, a_query_with_a_mistake_names_it);
  tcase_add_test(t, a_batch_posts_once_an_account);
  tcase_add_test(t, a_page_goes_on_in_the_middle_of_an_entry);
  tcase_add_test(t, a_statement_has_a_balance_after_each_posting);
  tcase_add_test(t, balances_are_those_of_any_moment);
  suite_add_tcase(s, t);
  return s;
}
