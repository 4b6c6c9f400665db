/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* test_engine_advance.c - budgets, interruption, the past and the future. */
#include "engine.h"

#define MONTH (31 * SHOP_DAY)

static billing      *b;
static billing_error err;

static void begin(void) {
  billing_call call = shop_call("");
  billing_event event = shop_event("k", "e");
  billing_receipt receipt;

  BILLING_INIT(&err);
  b = shop_open(NULL);
  ck_assert_int_eq(shop_record(b, &call, &event, &receipt, &err), 0);
}

static void end(void) {
  billing_close(b);
}

static int advance(int64_t now_us, int64_t until_us, uint32_t budget,
                   billing_progress *p) {
  billing_call call = shop_call("");

  call.now_us = now_us;
  call.flags = BILLING_CALL_STEP;
  BILLING_INIT(p);
  BILLING_INIT(&err);
  return billing_advance(b, &call, until_us, budget, p, &err);
}

START_TEST(the_future_is_refused) {
  billing_progress p;

  ck_assert_int_eq(advance(SHOP_NOW, SHOP_NOW + 1, 0, &p), BILLING_INVALID);
  ck_assert_str_eq(err.path, "/until_us");
  ck_assert_int_eq(p.decided_us, 0);             /* outputs are untouched */
}
END_TEST

START_TEST(nothing_is_due_twice) {
  billing_progress p;

  ck_assert_int_eq(advance(SHOP_NOW + MONTH, SHOP_NOW + MONTH, 0, &p), 0);
  ck_assert_uint_eq(p.periods, 1);
  ck_assert_uint_eq(p.invoices, 1);
  ck_assert_uint_eq(p.first_invoice, 1);
  ck_assert_int_eq(p.done_us, SHOP_NOW + MONTH);
  ck_assert_int_eq(p.decided_us, SHOP_NOW + MONTH);
  ck_assert_int_eq(advance(SHOP_NOW + MONTH, SHOP_NOW + MONTH, 0, &p), 0);
  ck_assert_uint_eq(p.periods + p.invoices + p.grants + p.holds, 0);
  ck_assert_uint_eq(p.first_invoice, 0);
  ck_assert_int_eq(advance(SHOP_NOW + MONTH, SHOP_NOW, 0, &p), 0);
  ck_assert_uint_eq(p.periods, 0);
}
END_TEST

/* A month without usage closes, but makes no invoice and takes no number. */
START_TEST(a_budget_stops_and_says_where_it_stands) {
  int64_t now = SHOP_NOW + 3 * MONTH;
  int64_t february = INT64_C(1769904000000000);
  billing_progress p;

  ck_assert_int_eq(advance(now, now, 1, &p), 0);
  ck_assert_uint_eq(p.flags, BILLING_PROGRESS_MORE);
  ck_assert_uint_eq(p.periods, 1);
  ck_assert_int_eq(p.done_us, february + 28 * SHOP_DAY);
  ck_assert_int_eq(advance(now, now, 1, &p), 0);
  ck_assert_uint_eq(p.flags, BILLING_PROGRESS_MORE);
  ck_assert_uint_eq(p.invoices, 0);
  ck_assert_int_eq(advance(now, now, 1, &p), 0);
  ck_assert_uint_eq(p.flags, 0);
  ck_assert_uint_eq(p.periods, 1);
  ck_assert_int_eq(p.done_us, now);
  shop_is_sound(b);
}
END_TEST

START_TEST(interrupting_leaves_nothing_half_done) {
  int64_t now = SHOP_NOW + 3 * MONTH;
  billing_call call = shop_call("");
  billing_doc *doc = NULL;
  billing_progress p;
  int rc;

  billing_interrupt(NULL);
  billing_interrupt(b);
  rc = advance(now, now, 0, &p);
  ck_assert(rc == 0 || rc == BILLING_CANCELED);
  ck_assert_int_eq(billing_list(b, &call, "invoice", "", 0, &doc, NULL), 0);
  ck_assert_ptr_eq(strstr(billing_doc_text(doc), "INV-000001") == NULL
                       ? NULL : (void *)b, rc ? NULL : (void *)b);
  billing_doc_free(doc);
  ck_assert_int_eq(advance(now, now, 0, &p), 0);
  ck_assert_uint_eq(p.invoices, rc ? 1 : 0);
  shop_is_sound(b);
}
END_TEST

/* What is due at one instant: holds end, periods close, grants expire. */
START_TEST(a_grant_pays_until_the_instant_at_which_it_expires) {
  int64_t february = INT64_C(1769904000000000);
  billing_grant_terms t;
  billing_call call = shop_call("g");
  billing_event event = shop_event("late", "e");
  billing_receipt receipt;
  billing_progress p;
  billing_doc *doc = NULL;
  const char *invoiced, *expired;

  BILLING_INIT(&t);
  t.customer = shop_text("a");
  t.amount.amount = D("1");
  strcpy(t.amount.asset, "USD");
  t.expires_us = february;
  ck_assert_int_eq(billing_grant(b, &call, &t, NULL, NULL), 0);
  call.now_us = february;
  call.flags = BILLING_CALL_STEP;
  event.time_us = february - 1;
  ck_assert_int_eq(shop_record(b, &call, &event, &receipt, NULL), 0);
  ck_assert_dec_eq(receipt.drawn, "0.1");
  ck_assert_dec_eq(receipt.balance, "0");
  ck_assert_int_eq(advance(february, february, 0, &p), 0);
  ck_assert_uint_eq(p.grants, 1);
  ck_assert_int_eq(billing_ledger(b, &call, "", 0, &doc, NULL), 0);
  invoiced = strstr(billing_doc_text(doc), "\"cause\":\"invoice\"");
  expired = strstr(billing_doc_text(doc), "\"cause\":\"grant_expired\"");
  ck_assert_ptr_nonnull(invoiced);
  ck_assert_ptr_nonnull(expired);
  ck_assert(invoiced < expired);
  billing_doc_free(doc);
  shop_is_sound(b);
}
END_TEST

Suite *test_engine_advance(void);
Suite *test_engine_advance(void) {
  Suite *s = suite_create("engine_advance");
  TCase *t = tcase_create("advance");

  tcase_add_checked_fixture(t, begin, end);
  tcase_add_test(t, the_future_is_refused);
  tcase_add_test(t, nothing_is_due_twice);
  tcase_add_test(t, a_budget_stops_and_says_where_it_stands);
  tcase_add_test(t, interrupting_leaves_nothing_half_done);
  tcase_add_test(t, a_grant_pays_until_the_instant_at_which_it_expires);
  suite_add_tcase(s, t);
  return s;
}

#undef MONTH
