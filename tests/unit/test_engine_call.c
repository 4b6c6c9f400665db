/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* test_engine_call.c - the clock, tenants, sizes of structs, and outputs of
 * calls that fail. */
#include "engine.h"

static billing *b;

static void open_shop(void) { b = shop_open(NULL); }
static void close_shop(void) { billing_close(b); }

START_TEST(a_clock_of_2099_is_refused_and_changes_nothing) {
  billing_call call = shop_call("");
  billing_event event = shop_event("k", "e");
  billing_receipt receipt;
  billing_error err;

  call.now_us = INT64_C(4070908800000000);        /* 2099-01-01 */
  ck_assert_int_eq(shop_record(b, &call, &event, &receipt, &err),
                   BILLING_INVALID_CLOCK);
  ck_assert_ptr_nonnull(strstr(err.message, "2099-01-01T00:00:00Z"));
  ck_assert(err.hint[0]);
  call.now_us = SHOP_NOW;
  ck_assert_int_eq(shop_record(b, &call, &event, &receipt, &err), 0);
  ck_assert_uint_eq(receipt.status, BILLING_STATUS_NEW);
  ck_assert_int_eq(receipt.decided_us, SHOP_NOW);
}
END_TEST

START_TEST(a_step_of_a_day_is_fine_and_a_longer_one_must_be_meant) {
  billing_call call = shop_call("");
  billing_event event = shop_event("k", "e");
  billing_receipt receipt;

  call.now_us = SHOP_NOW + SHOP_DAY + 1;
  ck_assert_int_eq(shop_record(b, &call, &event, &receipt, NULL),
                   BILLING_INVALID_CLOCK);
  call.now_us = SHOP_NOW + SHOP_DAY;
  ck_assert_int_eq(shop_record(b, &call, &event, &receipt, NULL), 0);
  event.key = shop_text("k2");
  call.now_us += 30 * SHOP_DAY;
  call.flags = BILLING_CALL_STEP;
  ck_assert_int_eq(shop_record(b, &call, &event, &receipt, NULL), 0);
  ck_assert_int_eq(receipt.decided_us, SHOP_NOW + 31 * SHOP_DAY);
}
END_TEST

START_TEST(an_earlier_now_is_decided_at_the_shards_clock) {
  billing_call call = shop_call("");
  billing_event event = shop_event("k", "e");
  billing_receipt receipt;

  call.now_us = SHOP_NOW - 3 * SHOP_DAY;
  ck_assert_int_eq(shop_record(b, &call, &event, &receipt, NULL), 0);
  ck_assert_int_eq(receipt.decided_us, SHOP_NOW);
}
END_TEST

START_TEST(a_call_without_a_time_is_refused) {
  billing_call call = shop_call("");
  billing_event event = shop_event("k", "e");
  billing_receipt receipt;

  call.now_us = 0;
  ck_assert_int_eq(shop_record(b, &call, &event, &receipt, NULL),
                   BILLING_INVALID_CLOCK);
}
END_TEST

START_TEST(a_tenant_must_be_there) {
  billing_call call = shop_call("");
  billing_balances balances;
  billing_error err;

  BILLING_INIT(&balances);
  BILLING_INIT(&err);
  call.tenant = shop_text("nobody");
  ck_assert_int_eq(billing_balance(b, &call, "a", 1, "USD", &balances, &err),
                   BILLING_NOTFOUND_TENANT);
  call.tenant.len = 0;
  ck_assert_int_eq(billing_balance(b, &call, "a", 1, "USD", &balances, &err),
                   BILLING_MISUSE);
}
END_TEST

START_TEST(a_handle_for_one_tenant_refuses_others) {
  shop_folder f = shop_folder_make();
  billing *shop = shop_open(f.path), *mine = NULL;
  billing_call call = shop_call("");
  billing_balances balances;
  billing_options options;

  BILLING_INIT(&options);
  BILLING_INIT(&balances);
  options.tenant = shop_text("t");
  ck_assert_int_eq(billing_open(&mine, f.path, (size_t)-1, &options, NULL), 0);
  call.tenant.len = 0;
  ck_assert_int_eq(billing_balance(mine, &call, "a", 1, "USD", &balances,
                                   NULL), 0);
  call.tenant = shop_text("other");
  ck_assert_int_eq(billing_balance(mine, &call, "a", 1, "USD", &balances,
                                   NULL), BILLING_DENIED_TENANT);
  billing_close(mine);
  billing_close(shop);
  shop_folder_remove(&f);
}
END_TEST

START_TEST(a_shorter_struct_than_the_first_release_is_misuse) {
  billing_call call = shop_call("");
  billing_event event = shop_event("k", "e");
  billing_receipt receipt;

  event.struct_size = sizeof event - 8;
  ck_assert_int_eq(shop_record(b, &call, &event, &receipt, NULL),
                   BILLING_MISUSE);
  event.struct_size = 5000;
  ck_assert_int_eq(shop_record(b, &call, &event, &receipt, NULL),
                   BILLING_MISUSE);
}
END_TEST

/* An event as a later release may know it. */
typedef struct longer_event {
  billing_event event;
  uint64_t      later;
} longer_event;

START_TEST(a_longer_struct_is_walked_by_its_own_stride) {
  billing_call call = shop_call("");
  longer_event events[2];
  billing_receipt receipts[2];

  for (int i = 0; i < 2; i++) {
    events[i].event = shop_event(i ? "k1" : "k0", "e");
    events[i].event.struct_size = sizeof events[i];
    events[i].later = 0;
    BILLING_INIT(&receipts[i]);
  }
  ck_assert_int_eq(billing_record(b, &call, &events[0].event, 2, receipts,
                                  NULL), 0);
  ck_assert_uint_eq(receipts[0].status, BILLING_STATUS_NEW);
  ck_assert_uint_eq(receipts[1].status, BILLING_STATUS_NEW);
  ck_assert_uint_ne(receipts[0].number, receipts[1].number);
  events[1].later = 1;                  /* what this library does not know */
  ck_assert_int_eq(billing_record(b, &call, &events[0].event, 2, receipts,
                                  NULL), BILLING_UNSUPPORTED);
}
END_TEST

START_TEST(unknown_flags_are_refused) {
  billing_call call = shop_call("");
  billing_event event = shop_event("k", "e");
  billing_receipt receipt;

  event.flags = 1u << 30;
  ck_assert_int_eq(shop_record(b, &call, &event, &receipt, NULL),
                   BILLING_UNSUPPORTED);
  event.flags = 0;
  call.flags = 1u << 30;
  ck_assert_int_eq(shop_record(b, &call, &event, &receipt, NULL),
                   BILLING_UNSUPPORTED);
}
END_TEST

START_TEST(a_read_only_handle_reads_and_does_not_write) {
  shop_folder f = shop_folder_make();
  billing *shop = shop_open(f.path), *reader = NULL;
  billing_call call = shop_call("");
  billing_event event = shop_event("k", "e");
  billing_receipt receipt;
  billing_options options;

  BILLING_INIT(&options);
  options.flags = BILLING_OPEN_READ_ONLY;
  ck_assert_int_eq(billing_open(&reader, f.path, (size_t)-1, &options, NULL),
                   0);
  BILLING_INIT(&receipt);
  ck_assert_int_eq(billing_quote(reader, &call, &event, &receipt, NULL), 0);
  ck_assert_dec_eq(receipt.cost, "0.1");
  ck_assert_int_eq(shop_record(reader, &call, &event, &receipt, NULL),
                   BILLING_MISUSE);
  shop_is_sound(reader);
  billing_close(reader);
  billing_close(shop);
  shop_folder_remove(&f);
}
END_TEST

START_TEST(a_failed_open_gives_null) {
  billing *none = (billing *)(void *)&none;
  billing_options options;
  billing_error err;

  BILLING_INIT(&options);
  BILLING_INIT(&err);
  options.flags = BILLING_OPEN_EXISTING;
  ck_assert_int_eq(BILLING_CODE(billing_open(
      &none, "/tmp/billing-unit-is-not-there/a.db", (size_t)-1, &options,
      &err)), err.code & 0xff);
  ck_assert_int_ne(err.code, 0);
  ck_assert_ptr_null(none);
}
END_TEST

static int put(const char *kind, const char *json, uint32_t flags,
               billing_error *err) {
  billing_call call = shop_call("");

  call.flags = flags;
  BILLING_INIT(err);
  return billing_put(b, &call, kind, json, (size_t)-1, NULL, err);
}

START_TEST(a_flag_that_the_function_does_not_name_is_refused) {
  billing_call call = shop_call("");
  billing_doc *doc = NULL;
  billing_error err;

  ck_assert_int_eq(put("customer", "{\"id\":\"z\"}", BILLING_CALL_DRY_RUN,
                       &err), BILLING_UNSUPPORTED);
  ck_assert_int_eq(billing_get(b, &call, "customer", "z", 1, &doc, NULL),
                   BILLING_NOTFOUND);
}
END_TEST

START_TEST(an_asset_in_use_cannot_leave_the_tenant) {
  static const char plan[] =
      "{\"id\":\"q\",\"currency\":\"tok\",\"prices\":[]}";
  static const char priced[] =
      "{\"id\":\"q\",\"currency\":\"tok\",\"prices\":[{\"id\":\"x\","
      "\"meter\":\"m\",\"model\":\"per_unit\",\"unit\":\"1\"}]}";
  static const char with[] =
      "{\"id\":\"t\",\"assets\":[{\"code\":\"tok\"}]}";
  static const char other[] =
      "{\"id\":\"t\",\"assets\":[{\"code\":\"tok\",\"places\":2}]}";
  billing_error err;

  ck_assert_int_eq(BILLING_CODE(put("plan", plan, 0, &err)), BILLING_INVALID);
  ck_assert_int_eq(put("tenant", with, 0, &err), 0);
  ck_assert_int_eq(put("plan", priced, 0, &err), 0);
  ck_assert_int_eq(put("tenant", "{\"id\":\"t\"}", 0, &err),
                   BILLING_CONFLICT);
  ck_assert_str_eq(err.path, "/assets");
  ck_assert_int_eq(put("tenant", other, 0, &err), BILLING_CONFLICT);
}
END_TEST

START_TEST(an_archived_meter_still_bills_the_contracts_that_have_it) {
  billing_call call = shop_call("");
  billing_event event = shop_event("k", "e");
  billing_receipt receipt;

  ck_assert_int_eq(billing_archive(b, &call, "meter", "m", 1, NULL), 0);
  ck_assert_int_eq(shop_record(b, &call, &event, &receipt, NULL), 0);
  ck_assert_dec_eq(receipt.cost, "0.1");
}
END_TEST

START_TEST(a_fee_that_does_not_fit_is_refused_with_the_contract) {
  static const char plan[] =
      "{\"id\":\"f\",\"currency\":\"USD\",\"prices\":[{\"id\":\"x\","
      "\"model\":\"flat\",\"amount\":\"20\",\"quantity\":\"seats\"}]}";
  static const char contract[] =
      "{\"id\":\"d\",\"customer\":\"a\",\"plan\":\"f\","
      "\"start\":\"2026-01-01\",\"quantities\":"
      "{\"seats\":\"99999999999999999999\"}}";
  billing_error err;

  ck_assert_int_eq(put("plan", plan, 0, &err), 0);
  ck_assert_int_eq(put("contract", contract, 0, &err), BILLING_LIMIT);
  ck_assert_str_eq(err.path, "/quantities");
}
END_TEST

START_TEST(a_settled_hold_is_repeated_by_its_own_event_only) {
  billing_call call = shop_call("h");
  billing_event event = shop_event("s", "e"), other = shop_event("o", "e");
  billing_receipt receipt;

  shop_grant(b, "g", "1");
  ck_assert_int_eq(billing_authorize(b, &call, &event, 1, NULL, NULL, NULL,
                                     NULL), 0);
  ck_assert_int_eq(shop_record(b, &call, &other, &receipt, NULL), 0);
  ck_assert_int_eq(billing_settle(b, &call, &other, 1, 0, &receipt, NULL),
                   BILLING_CONFLICT_KEY);
  ck_assert_int_eq(billing_settle(b, &call, &event, 1, 0, &receipt, NULL), 0);
  ck_assert_uint_eq(receipt.status, BILLING_STATUS_NEW);
  ck_assert_int_eq(billing_settle(b, &call, &event, 1, 0, &receipt, NULL), 0);
  ck_assert_uint_eq(receipt.status, BILLING_STATUS_SAME);
  ck_assert_int_eq(billing_settle(b, &call, &other, 1, 0, &receipt, NULL),
                   BILLING_CONFLICT_ENDED);
}
END_TEST

START_TEST(a_text_without_an_address_is_misuse) {
  billing_call call = shop_call("");
  billing_event event = shop_event("k", "e");
  billing_receipt receipt;

  event.properties.len = 5;
  ck_assert_int_eq(shop_record(b, &call, &event, &receipt, NULL),
                   BILLING_MISUSE);
  call.key = (billing_str){NULL, 3};
  event.properties.len = 0;
  ck_assert_int_eq(shop_record(b, &call, &event, &receipt, NULL),
                   BILLING_MISUSE);
}
END_TEST

Suite *test_engine_call(void);
Suite *test_engine_call(void) {
  Suite *s = suite_create("engine_call");
  TCase *t = tcase_create("call");

  tcase_add_checked_fixture(t, open_shop, close_shop);
  tcase_add_test(t, a_clock_of_2099_is_refused_and_changes_nothing);
  tcase_add_test(t, a_step_of_a_day_is_fine_and_a_longer_one_must_be_meant);
  tcase_add_test(t, an_earlier_now_is_decided_at_the_shards_clock);
  tcase_add_test(t, a_call_without_a_time_is_refused);
  tcase_add_test(t, a_tenant_must_be_there);
  tcase_add_test(t, a_handle_for_one_tenant_refuses_others);
  tcase_add_test(t, a_shorter_struct_than_the_first_release_is_misuse);
  tcase_add_test(t, a_longer_struct_is_walked_by_its_own_stride);
  tcase_add_test(t, unknown_flags_are_refused);
  tcase_add_test(t, a_read_only_handle_reads_and_does_not_write);
  tcase_add_test(t, a_failed_open_gives_null);
  tcase_add_test(t, a_flag_that_the_function_does_not_name_is_refused);
  tcase_add_test(t, an_asset_in_use_cannot_leave_the_tenant);
  tcase_add_test(t, an_archived_meter_still_bills_the_contracts_that_have_it);
  tcase_add_test(t, a_fee_that_does_not_fit_is_refused_with_the_contract);
  tcase_add_test(t, a_settled_hold_is_repeated_by_its_own_event_only);
  tcase_add_test(t, a_text_without_an_address_is_misuse);
  suite_add_tcase(s, t);
  return s;
}
