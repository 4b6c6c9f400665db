/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "engine.h"

Suite *test_engine_health(void);

static const char *ask(billing *b, const char *query, char *out,
                       size_t size) {
  billing_call call = shop_call("");
  billing_doc *doc;

  ck_assert_int_eq(billing_usage_health(b, &call, query, strlen(query), &doc,
                                        NULL), 0);
  snprintf(out, size, "%s", billing_doc_text(doc));
  billing_doc_free(doc);
  return out;
}

/* "on" has no meter, "sum" no price, and before 2026 there is no contract. */
static void record_some(billing *b) {
  billing_call call = shop_call("");
  billing_event events[5];
  billing_receipt receipts[5];
  static const uint32_t flags[5] = {
    0, BILLING_RECEIPT_UNMATCHED, BILLING_RECEIPT_UNPRICED,
    BILLING_RECEIPT_UNENTITLED, BILLING_RECEIPT_UNMATCHED};

  events[0] = shop_event("k0", "e");
  events[1] = shop_event("k1", "on");
  events[2] = shop_event("k2", "sum");
  events[2].properties = shop_text("{\"n\":1}");
  events[3] = shop_event("k3", "e");
  events[3].time_us = SHOP_NOW - 40 * SHOP_DAY;
  events[4] = shop_event("k4", "on");
  events[4].time_us = SHOP_NOW - SHOP_DAY;
  for (int i = 0; i < 5; i++) BILLING_INIT(&receipts[i]);
  ck_assert_int_eq(billing_record(b, &call, events, 5, receipts, NULL), 0);
  for (int i = 0; i < 5; i++)
    ck_assert_uint_eq(receipts[i].flags & ~BILLING_RECEIPT_OWED, flags[i]);
}

static const char want[] =
    "{\"counts\":{\"events\":5,\"parked\":0,\"unentitled\":1,\"unmatched\":2,"
    "\"unpriced\":1},\"unbilled\":["
    "{\"count\":1,\"customer\":\"a\",\"event\":\"e\",\"examples\":[{"
    "\"key\":\"k3\",\"number\":524291,\"time\":\"2025-11-26T00:00:00Z\"}],"
    "\"from\":\"2025-11-26T00:00:00Z\",\"reason\":\"unentitled\","
    "\"to\":\"2025-11-26T00:00:00Z\"},"
    "{\"count\":2,\"customer\":\"a\",\"event\":\"on\",\"examples\":[{"
    "\"key\":\"k1\",\"number\":524289,\"time\":\"2026-01-05T00:00:00Z\"},{"
    "\"key\":\"k4\",\"number\":524292,\"time\":\"2026-01-04T00:00:00Z\"}],"
    "\"from\":\"2026-01-04T00:00:00Z\",\"reason\":\"unmatched\","
    "\"to\":\"2026-01-05T00:00:00Z\"},"
    "{\"count\":1,\"customer\":\"a\",\"event\":\"sum\",\"examples\":[{"
    "\"key\":\"k2\",\"number\":524290,\"time\":\"2026-01-05T00:00:00Z\"}],"
    "\"from\":\"2026-01-05T00:00:00Z\",\"reason\":\"unpriced\","
    "\"to\":\"2026-01-05T00:00:00Z\"}]}";

START_TEST(what_was_not_billed_is_listed_by_reason) {
  billing *b = shop_open(NULL);
  char got[4000];

  record_some(b);
  ck_assert_str_eq(ask(b, "", got, sizeof got), want);
  ask(b, "{\"customer\":\"a\"}", got, sizeof got);   /* nothing parked */
  ck_assert_str_eq(strstr(got, "\"unentitled\""),
                   strstr(want, "\"unentitled\""));
  shop_is_sound(b);
  billing_close(b);
}
END_TEST

START_TEST(it_is_the_same_when_the_file_is_opened_again) {
  shop_folder folder = shop_folder_make();
  billing *b = shop_open(folder.path);
  billing_call call = shop_call("");
  char got[4000];

  record_some(b);
  ck_assert_int_eq(billing_maintain(b, &call, 0, NULL, NULL), 0);
  billing_close(b);
  ck_assert_int_eq(billing_open(&b, folder.path, (size_t)-1, NULL, NULL), 0);
  ck_assert_str_eq(ask(b, "", got, sizeof got), want);
  shop_is_sound(b);
  billing_close(b);
  shop_folder_remove(&folder);
}
END_TEST

START_TEST(pages_follow_one_upon_the_other) {
  billing *b = shop_open(NULL);
  char got[4000];

  record_some(b);
  ask(b, "{\"limit\":1,\"examples\":0}", got, sizeof got);
  ck_assert_ptr_nonnull(strstr(got, "\"next\":\"unentitled 1 e\""));
  ck_assert_ptr_nonnull(strstr(got, "\"examples\":[]"));
  ask(b, "{\"after\":\"unentitled 1 e\",\"limit\":1}", got, sizeof got);
  ck_assert_ptr_nonnull(strstr(got, "\"next\":\"unmatched 1 on\""));
  ask(b, "{\"after\":\"unmatched 1 on\",\"limit\":1}", got, sizeof got);
  ck_assert_ptr_null(strstr(got, "\"next\""));
  ck_assert_ptr_nonnull(strstr(got, "\"reason\":\"unpriced\""));
  billing_close(b);
}
END_TEST

START_TEST(reasons_and_times_narrow_it) {
  billing *b = shop_open(NULL);
  billing_call call = shop_call("");
  billing_error err;
  billing_doc *doc;
  char got[4000];

  BILLING_INIT(&err);
  record_some(b);
  ask(b, "{\"reason\":\"unmatched\",\"to\":\"2026-01-05\"}", got,
      sizeof got);
  ck_assert_ptr_nonnull(strstr(got, "\"count\":1"));
  ck_assert_ptr_nonnull(strstr(got, "\"key\":\"k4\""));
  ck_assert_ptr_null(strstr(got, "unentitled\",\""));
  ck_assert_int_eq(billing_usage_health(b, &call, "{\"reason\":\"x\"}", 14,
                                        &doc, &err), BILLING_INVALID);
  ck_assert_str_eq(err.path, "/reason");
  billing_close(b);
}
END_TEST

START_TEST(strict_names_the_reason) {
  billing *b = shop_open(NULL);
  billing_call call = shop_call("");
  billing_event event = shop_event("k", "e");
  billing_receipt receipt;

  call.flags = BILLING_CALL_STRICT;
  event.time_us = SHOP_NOW - 40 * SHOP_DAY;
  ck_assert_int_eq(shop_record(b, &call, &event, &receipt, NULL), 0);
  ck_assert_int_eq(receipt.code, BILLING_DENIED_UNENTITLED);
  billing_close(b);
}
END_TEST

START_TEST(of_erased_events_names_are_left_out) {
  billing *b = shop_open(NULL);
  billing_call call = shop_call("");
  char got[4000];

  record_some(b);
  ck_assert_int_eq(billing_erase(b, &call, "a", 1, "asked", 5, NULL), 0);
  ask(b, "", got, sizeof got);
  ck_assert_ptr_nonnull(strstr(got, "\"reason\":\"unmatched\""));
  ck_assert_ptr_null(strstr(got, "\"customer\""));
  ck_assert_ptr_null(strstr(got, "\"key\""));
  shop_is_sound(b);
  billing_close(b);
}
END_TEST

Suite *test_engine_health(void) {
  Suite *s = suite_create("engine_health");
  TCase *c = tcase_create("health");

  tcase_add_test(c, what_was_not_billed_is_listed_by_reason);
  tcase_add_test(c, it_is_the_same_when_the_file_is_opened_again);
  tcase_add_test(c, pages_follow_one_upon_the_other);
  tcase_add_test(c, reasons_and_times_narrow_it);
  tcase_add_test(c, strict_names_the_reason);
  tcase_add_test(c, of_erased_events_names_are_left_out);
  suite_add_tcase(s, c);
  return s;
}
