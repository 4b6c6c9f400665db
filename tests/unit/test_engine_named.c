/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * test_engine_named.c - customers, contracts, grants and holds by what they
 * are called, in a handle that has seen none of them.
 */
#include "engine/named.h"
#include "engine.h"

static shop_folder folder;
static billing *b;
static bl_call c;

/* Grant g (number 1), hold h1 that was released and h2 that is open. */
static void begin(void) {
  billing_call call;
  billing_hold_terms terms;
  billing_options options;

  folder = shop_folder_make();
  b = shop_open(folder.path);
  shop_grant(b, "g", "10");
  BILLING_INIT(&terms);
  terms.customer = shop_text("a");
  terms.amount.amount = D("3");
  strcpy(terms.amount.asset, "USD");
  call = shop_call("h1");
  ck_assert_int_eq(billing_authorize(b, &call, NULL, 0, &terms, NULL, NULL,
                                     NULL), 0);
  ck_assert_int_eq(billing_release(b, &call, NULL), 0);
  call = shop_call("h2");
  ck_assert_int_eq(billing_authorize(b, &call, NULL, 0, &terms, NULL, NULL,
                                     NULL), 0);
  billing_close(b);
  BILLING_INIT(&options);
  options.tail_events = 2;
  ck_assert_int_eq(billing_open(&b, folder.path, (size_t)-1, &options, NULL),
                   0);
  call = shop_call("");
  ck_assert_int_eq(bl_enter(&c, b, &call, BL_READ, NULL), 0);
}

static void end(void) {
  ck_assert_int_eq(bl_leave(&c, 0), 0);
  billing_close(b);
  shop_folder_remove(&folder);
}

static void hash_of(const unsigned char key[16], const char *text,
                    unsigned char out[16]) {
  bl_key_hash16(out, key, text, strlen(text));
}

START_TEST(a_customer_is_found_by_its_id) {
  unsigned char hash[16];
  bl_customer *customer, *again;

  hash_of(b->name_key, "a", hash);
  ck_assert_uint_eq(c.t->customers.count, 0);
  ck_assert_int_eq(bl_named_customer(&c, hash, &customer), 0);
  ck_assert(bl_str_is(customer->name, "Jane Unmistakable"));
  ck_assert_uint_eq(customer->holds.count, 1);
  ck_assert_int_eq(bl_named_customer(&c, hash, &again), 0);
  ck_assert_ptr_eq(customer, again);
  hash_of(b->name_key, "nobody", hash);
  ck_assert_int_eq(bl_named_customer(&c, hash, &customer), 0);
  ck_assert_ptr_null(customer);
}
END_TEST

START_TEST(a_contract_brings_its_customer) {
  bl_contract *contract;

  ck_assert_int_eq(bl_named_contract(&c, BL_STR("c"), &contract), 0);
  ck_assert_uint_eq(contract->customer->number, 1);
  ck_assert_int_eq(bl_named_contract(&c, BL_STR("a"), &contract), 0);
  ck_assert_ptr_null(contract);
}
END_TEST

START_TEST(a_key_leads_to_a_grant_or_a_hold) {
  unsigned char hash[16];
  bl_request request;
  bl_grant_state *grant;

  hash_of(b->request_key, "g", hash);
  ck_assert_int_eq(bl_named_request(&c, hash, &request), 0);
  ck_assert_int_eq(request.kind, BL_ENTRY_GRANT);
  ck_assert_int_eq(bl_request_grant(&c, &request, &grant), 0);
  ck_assert(bl_dec_equal(grant->lot.held, D("3")));
  hash_of(b->request_key, "h", hash);
  ck_assert_int_eq(bl_named_request(&c, hash, &request), 0);
  ck_assert_int_eq(request.kind, 0);
}
END_TEST

START_TEST(a_hold_that_ended_is_read_from_its_entries) {
  bl_request request;
  bl_hold_state *hold;

  ck_assert_int_eq(bl_numbered_request(&c, BL_ENTRY_HOLD, 1, &request), 0);
  ck_assert_int_eq(bl_request_hold(&c, &request, &hold), 0);
  ck_assert_uint_eq(hold->status, BILLING_HOLD_RELEASED);
  ck_assert(bl_str_is(hold->key, "h1"));
  ck_assert(bl_dec_equal(hold->draws[0].amount, D("3")));
  ck_assert_int_eq(bl_numbered_request(&c, BL_ENTRY_HOLD, 2, &request), 0);
  ck_assert_int_eq(bl_request_hold(&c, &request, &hold), 0);
  ck_assert_uint_eq(hold->status, BILLING_HOLD_OPEN);
  ck_assert_ptr_eq(hold, hold->customer->holds.item[0]);
  ck_assert_int_eq(bl_numbered_request(&c, BL_ENTRY_HOLD, 3, &request), 0);
  ck_assert_int_eq(request.kind, 0);
}
END_TEST

Suite *test_engine_named(void) {
  Suite *suite = suite_create("engine_named");
  TCase *tests = tcase_create("named");

  tcase_add_checked_fixture(tests, begin, end);
  tcase_add_test(tests, a_customer_is_found_by_its_id);
  tcase_add_test(tests, a_contract_brings_its_customer);
  tcase_add_test(tests, a_key_leads_to_a_grant_or_a_hold);
  tcase_add_test(tests, a_hold_that_ended_is_read_from_its_entries);
  suite_add_tcase(suite, tests);
  return suite;
}
