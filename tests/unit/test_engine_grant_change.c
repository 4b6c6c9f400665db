/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* test_engine_grant_change.c - void, transfer, refund, another expiry. */
#include "engine.h"

static billing      *b;
static billing_error err;

static void begin(void) {
  billing_call call = shop_call("");

  BILLING_INIT(&err);
  b = shop_open(NULL);
  ck_assert_int_eq(billing_put(b, &call, "customer", "{\"id\":\"beta\"}",
                               (size_t)-1, NULL, NULL), 0);
}

static void end(void) {
  shop_is_sound(b);
  billing_close(b);
}

static int change(const char *key, uint64_t grant, const char *terms,
                  billing_doc **out) {
  billing_call call = shop_call(key);

  BILLING_INIT(&err);
  return billing_grant_change(b, &call, grant, terms, (size_t)-1, out, &err);
}

static void must_change(const char *key, uint64_t grant, const char *terms) {
  ck_assert_msg(!change(key, grant, terms, NULL), "%s %s", err.path,
                err.message);
}

static billing_balances balance(const char *customer) {
  billing_call call = shop_call("");
  billing_balances found;

  BILLING_INIT(&found);
  ck_assert_int_eq(billing_balance(b, &call, customer, (size_t)-1, "USD",
                                   &found, NULL), 0);
  return found;
}

static void use(const char *key) {
  billing_call call = shop_call("");
  billing_event event = shop_event(key, "e");
  billing_receipt receipt;

  ck_assert_int_eq(shop_record(b, &call, &event, &receipt, NULL), 0);
}

static void undo(const char *key) {
  billing_call call = shop_call("");

  ck_assert_int_eq(billing_void(b, &call, key, (size_t)-1, NULL, NULL), 0);
}

static void hold(const char *amount) {
  billing_call call = shop_call("hold");
  billing_hold_terms terms;

  BILLING_INIT(&terms);
  terms.customer = shop_text("a");
  terms.amount.amount = D(amount);
  strcpy(terms.amount.asset, "USD");
  ck_assert_int_eq(billing_authorize(b, &call, NULL, 0, &terms, NULL, NULL,
                                     NULL), 0);
}

static int grant_says(const char *id, const char *words) {
  billing_call call = shop_call("");
  billing_doc *doc = NULL;
  int says;

  ck_assert_int_eq(billing_get(b, &call, "grant", id, (size_t)-1, &doc, NULL),
                   0);
  says = strstr(billing_doc_text(doc), words) != NULL;
  billing_doc_free(doc);
  return says;
}

START_TEST(what_returns_to_a_void_grant_is_a_new_one) {
  shop_grant(b, "g", "5");
  use("e1");
  use("e2");
  must_change("v", 1, "{\"change\":\"void\"}");
  ck_assert_dec_eq(balance("a").left, "0");
  ck_assert(grant_says("g", "\"status\":\"void\""));
  undo("e1");
  ck_assert_dec_eq(balance("a").left, "0.1");
  ck_assert(grant_says("2", "\"origin\":\"refund\""));
  ck_assert(grant_says("2", "\"from\":1"));
  ck_assert(grant_says("1", "\"left\":\"0\""));
  use("e3");
  ck_assert_dec_eq(balance("a").left, "0");
  ck_assert_dec_eq(balance("a").owed, "0");
  undo("e2");
  ck_assert_dec_eq(balance("a").left, "0.1");
}
END_TEST

START_TEST(a_part_goes_to_another_customer_who_may_use_it) {
  shop_grant(b, "g", "5");
  must_change("t", 1, "{\"change\":\"transfer\",\"customer\":\"beta\","
              "\"amount\":\"2\"}");
  ck_assert_dec_eq(balance("a").left, "3");
  ck_assert_dec_eq(balance("beta").left, "2");
  must_change("u", 2, "{\"change\":\"transfer\",\"customer\":\"a\"}");
  ck_assert_dec_eq(balance("a").left, "5");
  ck_assert_dec_eq(balance("beta").left, "0");
}
END_TEST

START_TEST(what_is_held_stays_where_it_is) {
  shop_grant(b, "g", "5");
  hold("4");
  ck_assert_int_eq(change("r", 1, "{\"change\":\"refund\",\"amount\":"
                          "\"1.01\"}", NULL), BILLING_DENIED_BALANCE);
  ck_assert_str_eq(err.path, "/amount");
  must_change("r", 1, "{\"change\":\"refund\"}");
  ck_assert_dec_eq(balance("a").left, "4");
  ck_assert_int_eq(change("s", 1, "{\"change\":\"refund\"}", NULL),
                   BILLING_DENIED_BALANCE);
}
END_TEST

START_TEST(a_void_grant_leaves_its_holds_without_anything) {
  shop_grant(b, "g", "5");
  hold("4");
  must_change("v", 1, "{\"change\":\"void\"}");
  ck_assert_dec_eq(balance("a").free, "0");
  shop_grant(b, "h", "3");
  ck_assert_dec_eq(balance("a").free, "3");
}
END_TEST

START_TEST(a_change_that_is_sent_again_gets_the_first_answer) {
  static const char terms[] = "{\"change\":\"refund\",\"amount\":\"1\"}";
  billing_doc *first = NULL, *again = NULL;

  shop_grant(b, "g", "5");
  ck_assert_int_eq(change("r", 1, terms, &first), 0);
  ck_assert_int_eq(change("r", 1, "{\"amount\":\"1\",\"change\":\"refund\"}",
                          &again), 0);
  ck_assert_str_eq(billing_doc_text(first), billing_doc_text(again));
  ck_assert_dec_eq(balance("a").left, "4");
  ck_assert_int_eq(change("r", 1, "{\"change\":\"refund\"}", NULL),
                   BILLING_CONFLICT_KEY);
  ck_assert_int_eq(change("g", 1, terms, NULL), BILLING_CONFLICT_KEY);
  billing_doc_free(first);
  billing_doc_free(again);
}
END_TEST

START_TEST(another_end_holds_from_then_on) {
  billing_call call = shop_call_at(SHOP_NOW + 2 * SHOP_DAY, "");
  billing_progress done;

  shop_grant(b, "g", "5");
  shop_grant(b, "h", "1");
  must_change("x", 1, "{\"change\":\"expiry\",\"expires\":\"2026-01-06\"}");
  must_change("y", 2, "{\"change\":\"expiry\",\"expires\":\"2026-01-06\"}");
  must_change("z", 2, "{\"change\":\"expiry\",\"expires\":\"never\"}");
  BILLING_INIT(&done);
  ck_assert_int_eq(billing_advance(b, &call, call.now_us, 0, &done, NULL), 0);
  ck_assert_uint_eq(done.grants, 1);
  ck_assert_dec_eq(balance("a").left, "1");
  ck_assert_int_eq(change("w", 1, "{\"change\":\"expiry\",\"expires\":"
                          "\"never\"}", NULL), BILLING_CONFLICT_ENDED);
}
END_TEST

static const struct refusal {
  uint64_t    grant;
  const char *terms;
  const char *path;
  int         rc;
} refusals[] = {
    {9, "{\"change\":\"void\"}", "/grant", BILLING_NOTFOUND},
    {0, "{\"change\":\"void\"}", "/grant", BILLING_NOTFOUND},
    {1, "{\"change\":\"void\"", "", BILLING_INVALID_JSON},
    {1, "{\"change\":\"split\"}", "/change", BILLING_INVALID},
    {1, "{\"change\":\"transfer\",\"customer\":\"a\"}", "/customer",
     BILLING_INVALID},
    {1, "{\"change\":\"transfer\",\"customer\":\"z\"}", "/customer",
     BILLING_NOTFOUND_CUSTOMER},
    {1, "{\"change\":\"refund\",\"amount\":\"6\"}", "/amount",
     BILLING_DENIED_BALANCE},
    {1, "{\"change\":\"expiry\",\"expires\":\"2026-01-05\"}", "/expires",
     BILLING_INVALID}};

START_TEST(wrong_changes_are_refused_and_change_nothing) {
  const struct refusal *r = &refusals[_i];

  shop_grant(b, "g", "5");
  ck_assert_int_eq(change("k", r->grant, r->terms, NULL), r->rc);
  ck_assert_str_eq(err.path, r->path);
  ck_assert_dec_eq(balance("a").free, "5");
  must_change("k", 1, "{\"change\":\"void\"}");
}
END_TEST

Suite *test_engine_grant_change(void);

Suite *test_engine_grant_change(void) {
  Suite *suite = suite_create("engine_grant_change");
  TCase *tests = tcase_create("grant_change");

  tcase_add_checked_fixture(tests, begin, end);
  tcase_add_test(tests, what_returns_to_a_void_grant_is_a_new_one);
  tcase_add_test(tests, a_part_goes_to_another_customer_who_may_use_it);
  tcase_add_test(tests, what_is_held_stays_where_it_is);
  tcase_add_test(tests, a_void_grant_leaves_its_holds_without_anything);
  tcase_add_test(tests, a_change_that_is_sent_again_gets_the_first_answer);
  tcase_add_test(tests, another_end_holds_from_then_on);
  tcase_add_loop_test(tests, wrong_changes_are_refused_and_change_nothing, 0,
                      (int)(sizeof refusals / sizeof *refusals));
  suite_add_tcase(suite, tests);
  return suite;
}
