/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* test_engine_wallets.c - grants exactly once, balances. */
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

static billing_grant_terms terms_of(const char *amount, const char *asset) {
  billing_grant_terms t;

  BILLING_INIT(&t);
  t.customer = shop_text("a");
  t.amount.amount = D(amount);
  snprintf(t.amount.asset, sizeof t.amount.asset, "%s", asset);
  return t;
}

static int grant(const char *key, const billing_grant_terms *t,
                 uint64_t *number) {
  billing_call call = shop_call(key);

  BILLING_INIT(&err);
  return billing_grant(b, &call, t, number, &err);
}

static billing_balances balance_at(int64_t now_us) {
  billing_call call = shop_call("");
  billing_balances found;

  call.now_us = now_us;
  BILLING_INIT(&found);
  ck_assert_int_eq(billing_balance(b, &call, "a", 1, "USD", &found, &err), 0);
  return found;
}

/* ---- grants ---- */

START_TEST(a_repeated_grant_gets_its_number_and_gives_nothing) {
  billing_grant_terms t = terms_of("5", "USD");
  uint64_t first = 0, other = 0, again = 0;

  ck_assert_int_eq(grant("g", &t, &first), 0);
  ck_assert_int_eq(grant("h", &t, &other), 0);
  ck_assert_int_eq(grant("g", &t, &again), 0);
  ck_assert_uint_ne(first, 0);
  ck_assert_uint_ne(first, other);
  ck_assert_uint_eq(first, again);
  ck_assert_dec_eq(balance_at(SHOP_NOW).granted, "10");
}
END_TEST

START_TEST(a_grants_key_with_other_content_is_refused) {
  billing_grant_terms t = terms_of("5", "USD");
  uint64_t number = 77;

  ck_assert_int_eq(grant("g", &t, NULL), 0);
  t.priority = 1;
  ck_assert_int_eq(grant("g", &t, &number), BILLING_CONFLICT_KEY);
  t = terms_of("5.01", "USD");
  ck_assert_int_eq(grant("g", &t, &number), BILLING_CONFLICT_KEY);
  t = terms_of("5", "USD");
  t.origin = BILLING_ORIGIN_PROMOTIONAL;
  ck_assert_int_eq(grant("g", &t, &number), BILLING_CONFLICT_KEY);
  t = terms_of("5", "USD");
  t.scope = shop_text("{\"meters\":[\"m\"]}");
  ck_assert_int_eq(grant("g", &t, &number), BILLING_CONFLICT_KEY);
  ck_assert_uint_eq(number, 77);
  ck_assert_dec_eq(balance_at(SHOP_NOW).granted, "5");
}
END_TEST

/* "From now until then", asked again after then. */
START_TEST(a_grant_is_repeated_after_it_has_expired) {
  billing_grant_terms t = terms_of("5", "USD");
  billing_call call = shop_call("g");
  uint64_t first = 0, again = 0;

  t.expires_us = SHOP_NOW + SHOP_DAY / 2;
  ck_assert_int_eq(grant("g", &t, &first), 0);
  call.now_us = SHOP_NOW + SHOP_DAY;
  ck_assert_msg(!billing_grant(b, &call, &t, &again, &err), "%s",
                err.message);
  ck_assert_uint_eq(first, again);
}
END_TEST

START_TEST(a_hold_and_a_grant_do_not_share_a_key) {
  billing_grant_terms t = terms_of("5", "USD");
  billing_event estimate = shop_event("", "e");
  billing_call call = shop_call("one");

  ck_assert_int_eq(grant("one", &t, NULL), 0);
  ck_assert_int_eq(billing_authorize(b, &call, &estimate, 1, NULL, NULL,
                                     NULL, &err),
                   BILLING_CONFLICT_KEY);
}
END_TEST

static void is_refused(const billing_grant_terms *t, int rc,
                       const char *path) {
  ck_assert_int_eq(grant("bad", t, NULL), rc);
  ck_assert_int_eq(err.code, rc);
  ck_assert_str_eq(err.path, path);
  ck_assert_dec_eq(balance_at(SHOP_NOW).granted, "0");
}

START_TEST(terms_that_make_no_sense_are_refused_with_their_path) {
  billing_grant_terms t = terms_of("0", "USD");

  is_refused(&t, BILLING_INVALID, "/amount/amount");
  t = terms_of("-1", "USD");
  is_refused(&t, BILLING_INVALID, "/amount/amount");
  t = terms_of("1", "gold");
  is_refused(&t, BILLING_INVALID, "/amount/asset");
  t = terms_of("1", "USD");
  t.cost.amount = D("1");
  is_refused(&t, BILLING_INVALID, "/cost/asset");
  t = terms_of("1", "USD");
  t.origin = BILLING_ORIGIN_MANUAL + 1;
  is_refused(&t, BILLING_INVALID, "/origin");
  t = terms_of("1", "USD");
  t.customer = shop_text("nobody");
  is_refused(&t, BILLING_NOTFOUND_CUSTOMER, "/customer");
  t = terms_of("1", "USD");
  t.effective_us = SHOP_NOW + 5;
  t.expires_us = SHOP_NOW + 5;
  is_refused(&t, BILLING_INVALID, "/expires_us");
  t = terms_of("1", "USD");
  t.scope = shop_text("{\"meter\":[\"m\"]}");
  is_refused(&t, BILLING_INVALID, "/scope/meter");
  t = terms_of("1", "USD");
  memset(t.amount.asset, 'x', sizeof t.amount.asset);   /* not ended */
  is_refused(&t, BILLING_INVALID, "/amount/asset");
  ck_assert_int_eq(grant("", &t, NULL), BILLING_INVALID);
}
END_TEST

/* ---- balances ---- */

START_TEST(only_what_is_in_effect_is_left) {
  billing_grant_terms t = terms_of("5", "USD");
  billing_balances found;

  t.effective_us = SHOP_NOW + SHOP_DAY;
  t.expires_us = SHOP_NOW + 2 * SHOP_DAY;
  ck_assert_int_eq(grant("g", &t, NULL), 0);
  found = balance_at(SHOP_NOW);
  ck_assert_dec_eq(found.granted, "5");
  ck_assert_dec_eq(found.left, "0");
  ck_assert_dec_eq(balance_at(SHOP_NOW + SHOP_DAY).left, "5");
  ck_assert_dec_eq(balance_at(SHOP_NOW + 2 * SHOP_DAY - 1).free, "5");
  ck_assert_dec_eq(balance_at(SHOP_NOW + 2 * SHOP_DAY).left, "0");
}
END_TEST

START_TEST(a_balance_is_asked_for_a_known_asset_and_customer) {
  billing_call call = shop_call("");
  billing_balances found;

  BILLING_INIT(&found);
  ck_assert_int_eq(billing_balance(b, &call, "a", 1, "gold", &found, NULL),
                   BILLING_INVALID);
  ck_assert_int_eq(billing_balance(b, &call, "a", 1, NULL, &found, NULL),
                   BILLING_INVALID);
  ck_assert_int_eq(billing_balance(b, &call, "x", 1, "USD", &found, NULL),
                   BILLING_NOTFOUND_CUSTOMER);
  ck_assert_int_eq(billing_balance(b, &call, "a", 1, "EUR", &found, NULL), 0);
  ck_assert_dec_eq(found.left, "0");
  ck_assert_str_eq(found.asset, "EUR");
}
END_TEST

Suite *test_engine_wallets(void);
Suite *test_engine_wallets(void) {
  Suite *s = suite_create("engine_wallets");
  TCase *t = tcase_create("wallets");

  tcase_add_checked_fixture(t, begin, end);
  tcase_add_test(t, a_repeated_grant_gets_its_number_and_gives_nothing);
  tcase_add_test(t, a_grants_key_with_other_content_is_refused);
  tcase_add_test(t, a_grant_is_repeated_after_it_has_expired);
  tcase_add_test(t, a_hold_and_a_grant_do_not_share_a_key);
  tcase_add_test(t, terms_that_make_no_sense_are_refused_with_their_path);
  tcase_add_test(t, only_what_is_in_effect_is_left);
  tcase_add_test(t, a_balance_is_asked_for_a_known_asset_and_customer);
  suite_add_tcase(s, t);
  return s;
}
