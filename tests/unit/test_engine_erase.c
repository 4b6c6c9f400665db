/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* test_engine_erase.c - one customer goes, the others of a batch stay. */
#include "engine.h"

static billing      *b;
static billing_error err;

/* Two customers with a contract each, in one batch, and their invoices. */
static void begin(void) {
  billing_call call = shop_call("");
  billing_receipt receipts[2];
  billing_event events[2];

  BILLING_INIT(&err);
  b = shop_open(NULL);
  ck_assert_msg(!billing_catalog_apply(b, &call,
      "{\"customers\":[{\"id\":\"other\",\"name\":\"Other Ltd\"}],"
      "\"contracts\":[{\"id\":\"c2\",\"customer\":\"other\",\"plan\":\"p\","
      "\"start\":\"2026-01-01\"}]}", (size_t)-1, NULL, &err), "%s",
      err.message);
  for (int i = 0; i < 2; i++) {
    BILLING_INIT(&receipts[i]);
    events[i] = shop_event(i ? "key-other" : "key-jane", "e");
    if (i) events[i].customer = shop_text("other");
  }
  ck_assert_int_eq(billing_record(b, &call, events, 2, receipts, &err), 0);
  call.now_us = SHOP_NOW + 31 * SHOP_DAY;
  call.flags = BILLING_CALL_STEP;
  ck_assert_int_eq(billing_advance(b, &call, call.now_us, 0, NULL, &err), 0);
}

static void end(void) {
  billing_close(b);
}

static int erase(const char *customer, const char *reason) {
  billing_call call = shop_call("");

  call.now_us = SHOP_NOW + 31 * SHOP_DAY;
  BILLING_INIT(&err);
  return billing_erase(b, &call, customer, (size_t)-1, reason, (size_t)-1,
                       &err);
}

static int explain_has(const char *invoice, const char *part) {
  billing_call call = shop_call("");
  billing_doc *doc = NULL;
  char query[64];
  int found;

  snprintf(query, sizeof query, "{\"invoice\":\"%s\",\"line\":1}", invoice);
  ck_assert_int_eq(billing_explain(b, &call, query, (size_t)-1, &doc, &err),
                   0);
  found = strstr(billing_doc_text(doc), part) != NULL;
  billing_doc_free(doc);
  return found;
}

static int invoice_has(const char *invoice, const char *format,
                       const char *part) {
  billing_call call = shop_call("");
  billing_doc *doc = NULL;
  int found;

  ck_assert_int_eq(billing_invoice(b, &call, invoice, (size_t)-1, format,
                                   &doc, &err), 0);
  found = strstr(billing_doc_text(doc), part) != NULL;
  billing_doc_free(doc);
  return found;
}

START_TEST(only_the_customers_part_of_a_batch_is_redacted) {
  ck_assert(explain_has("INV-000001", "key-jane"));
  ck_assert(explain_has("INV-000002", "key-other"));
  ck_assert_int_eq(erase("a", "asked"), 0);
  ck_assert(!explain_has("INV-000001", "key-jane"));
  ck_assert(explain_has("INV-000002", "key-other"));
  shop_is_sound(b);
}
END_TEST

START_TEST(an_invoice_keeps_its_figures_and_loses_the_name) {
  ck_assert(invoice_has("INV-000001", "json", "Jane Unmistakable"));
  ck_assert_int_eq(erase("a", "asked"), 0);
  ck_assert(!invoice_has("INV-000001", "json", "Jane"));
  ck_assert(invoice_has("INV-000001", "json", "\"customer\":null"));
  ck_assert(invoice_has("INV-000001", "json", "\"due\":\"0.1\""));
  ck_assert(invoice_has("INV-000001", "text", "(erased)"));
  ck_assert(invoice_has("INV-000002", "json", "Other Ltd"));
}
END_TEST

START_TEST(both_customers_of_a_batch_can_be_erased) {
  billing_call call = shop_call("");
  billing_doc *doc = NULL;

  ck_assert_int_eq(erase("a", "asked"), 0);
  ck_assert_int_eq(erase("other", ""), 0);
  ck_assert(!explain_has("INV-000002", "key-other"));
  shop_is_sound(b);
  ck_assert_int_eq(billing_list(b, &call, "customer", "", 0, &doc, NULL), 0);
  ck_assert_str_eq(billing_doc_text(doc), "{\"items\":[]}");
  billing_doc_free(doc);
}
END_TEST

START_TEST(a_repeat_is_fine_and_a_stranger_is_not_found) {
  ck_assert_int_eq(erase("a", "asked"), 0);
  ck_assert_int_eq(erase("a", "asked again"), 0);
  ck_assert_int_eq(erase("nobody", "asked"), BILLING_NOTFOUND_CUSTOMER);
  ck_assert_int_eq(err.code, BILLING_NOTFOUND_CUSTOMER);
  ck_assert_ptr_null(strstr(err.message, "Jane"));
}
END_TEST

START_TEST(a_reason_is_a_short_text) {
  char reason[202];

  memset(reason, 'x', 201);
  reason[201] = '\0';
  ck_assert_int_eq(erase("a", reason), BILLING_INVALID);
  ck_assert_int_eq(erase("a", "\xff"), BILLING_INVALID);
  reason[200] = '\0';
  ck_assert_int_eq(erase("a", reason), 0);
}
END_TEST

START_TEST(usage_of_an_erased_customers_contract_is_still_invoiced) {
  billing_call call = shop_call("");
  billing_doc *doc = NULL;
  billing_progress p;

  BILLING_INIT(&p);
  call.now_us = SHOP_NOW + 31 * SHOP_DAY;
  ck_assert_int_eq(billing_put(b, &call, "plan", "{\"id\":\"fee\","
      "\"currency\":\"USD\",\"prices\":[{\"id\":\"x\",\"model\":\"flat\","
      "\"amount\":\"1\"}]}", (size_t)-1, NULL, &err), 0);
  ck_assert_int_eq(billing_put(b, &call, "contract", "{\"id\":\"c3\","
      "\"customer\":\"a\",\"plan\":\"fee\",\"start\":\"2026-02-01\"}",
      (size_t)-1, NULL, &err), 0);
  ck_assert_int_eq(erase("a", "asked"), 0);
  call.now_us = SHOP_NOW + 60 * SHOP_DAY;
  call.flags = BILLING_CALL_STEP;
  ck_assert_int_eq(billing_advance(b, &call, call.now_us, 0, &p, &err), 0);
  ck_assert_uint_eq(p.invoices, 1);
  ck_assert(invoice_has("INV-000003", "json", "\"customer\":null"));
  ck_assert_int_eq(billing_get(b, &call, "contract", "c3", 2, &doc, NULL), 0);
  ck_assert_ptr_null(strstr(billing_doc_text(doc), "customer"));
  billing_doc_free(doc);
  shop_is_sound(b);
}
END_TEST

Suite *test_engine_erase(void);
Suite *test_engine_erase(void) {
  Suite *s = suite_create("engine_erase");
  TCase *t = tcase_create("erase");

  tcase_add_checked_fixture(t, begin, end);
  tcase_add_test(t, only_the_customers_part_of_a_batch_is_redacted);
  tcase_add_test(t, an_invoice_keeps_its_figures_and_loses_the_name);
  tcase_add_test(t, both_customers_of_a_batch_can_be_erased);
  tcase_add_test(t, a_repeat_is_fine_and_a_stranger_is_not_found);
  tcase_add_test(t, a_reason_is_a_short_text);
  tcase_add_test(t, usage_of_an_erased_customers_contract_is_still_invoiced);
  suite_add_tcase(s, t);
  return s;
}
