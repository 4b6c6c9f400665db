/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * test_engine_family.c - parents, and what is shared with those below them.
 *
 * The shop's customer "a" has a call for 0.10; here it stands below "top".
 */
#include "engine.h"
#include "engine/engine.h"

Suite *test_engine_family(void);

/* ---- the shop's family ---- */

static int put_customer(billing *b, const char *text, billing_error *err) {
  billing_call call = shop_call("");

  BILLING_INIT(err);
  return billing_put(b, &call, "customer", text, (size_t)-1, NULL, err);
}

static void put_ok(billing *b, const char *text) {
  billing_error err;

  ck_assert_msg(!put_customer(b, text, &err), "%s: %s", text, err.message);
}

static billing *family_open(const char *path) {
  billing *b = shop_open(path);

  put_ok(b, "{\"id\":\"top\"}");
  put_ok(b, "{\"id\":\"a\",\"parent\":\"top\"}");
  return b;
}

static int give_to(billing *b, const char *key, const char *customer,
                   const char *amount, const char *scope,
                   billing_error *err) {
  billing_call call = shop_call(key);
  billing_grant_terms terms;

  BILLING_INIT(err);
  BILLING_INIT(&terms);
  terms.customer = shop_text(customer);
  terms.amount.amount = D(amount);
  strcpy(terms.amount.asset, "USD");
  terms.scope = shop_text(scope);
  return billing_grant(b, &call, &terms, NULL, err);
}

static void share(billing *b, const char *key, const char *amount) {
  billing_error err;

  ck_assert_int_eq(give_to(b, key, "top", amount, "{\"family\":true}", &err),
                   0);
}

static void call_once(billing *b, const char *key, const char *drawn) {
  billing_call call = shop_call("");
  billing_event event = shop_event(key, "e");
  billing_receipt receipt;
  billing_error err;

  ck_assert_int_eq(shop_record(b, &call, &event, &receipt, &err), 0);
  ck_assert_dec_eq(receipt.drawn, drawn);
}

static billing_balances balance_of(billing *b, const char *customer) {
  billing_call call = shop_call("");
  billing_balances found;

  BILLING_INIT(&found);
  ck_assert_int_eq(billing_balance(b, &call, customer, (size_t)-1, "USD",
                                   &found, NULL), 0);
  return found;
}

static int authorize(billing *b, const char *key, int64_t expires_us) {
  billing_call call = shop_call(key);
  billing_event event = shop_event("", "e");
  billing_hold_terms terms;

  BILLING_INIT(&terms);
  terms.expires_us = expires_us;
  return billing_authorize(b, &call, &event, 1, &terms, NULL, NULL, NULL);
}

/* ---- parents ---- */

static const struct refused {
  const char *document;
  int         rc;
} refused[] = {
    {"{\"id\":\"b\",\"parent\":\"nobody\"}", BILLING_NOTFOUND_CUSTOMER},
    {"{\"id\":\"b\",\"parent\":\"b\"}", BILLING_NOTFOUND_CUSTOMER},
    {"{\"id\":\"b\",\"parent\":7}", BILLING_INVALID},
    {"{\"id\":\"a\",\"parent\":\"a\"}", BILLING_CONFLICT},
    {"{\"id\":\"top\",\"parent\":\"a\"}", BILLING_CONFLICT},
};

START_TEST(a_parent_is_there_and_not_below) {
  billing *b = family_open(NULL);
  billing_error err;

  ck_assert_int_eq(put_customer(b, refused[_i].document, &err),
                   refused[_i].rc);
  ck_assert_str_eq(err.path, "/parent");
  shop_is_sound(b);
  billing_close(b);
}
END_TEST

static void put_below(billing *b, int number, int rc) {
  char text[64];
  billing_error err;

  snprintf(text, sizeof text, "{\"id\":\"p%d\",\"parent\":\"p%d\"}", number,
           number - 1);
  ck_assert_int_eq(put_customer(b, text, &err), rc);
}

START_TEST(eight_generations_are_above_one_and_no_more) {
  billing *b = shop_open(NULL);

  put_ok(b, "{\"id\":\"p0\"}");
  for (int i = 1; i <= 8; i++) put_below(b, i, 0);
  put_below(b, 9, BILLING_LIMIT);
  shop_is_sound(b);
  billing_close(b);
}
END_TEST

START_TEST(heights_are_known_when_only_the_top_is_in_memory) {
  shop_folder f = shop_folder_make();
  billing *b = shop_open(f.path);
  billing_error err;

  put_ok(b, "{\"id\":\"p0\"}");
  for (int i = 1; i <= 8; i++) put_below(b, i, 0);
  put_ok(b, "{\"id\":\"root\"}");
  billing_close(b);
  ck_assert_int_eq(billing_open(&b, f.path, (size_t)-1, NULL, NULL), 0);
  ck_assert_int_eq(put_customer(b, "{\"id\":\"p0\",\"parent\":\"root\"}",
                                &err), BILLING_LIMIT);
  billing_close(b);
  shop_folder_remove(&f);
}
END_TEST

START_TEST(what_get_shows_of_a_parent_can_be_put_again) {
  billing *b = family_open(NULL);
  billing_call call = shop_call("");
  billing_doc *doc;

  ck_assert_int_eq(billing_get(b, &call, "customer", "a", 1, &doc, NULL), 0);
  ck_assert_ptr_nonnull(strstr(billing_doc_text(doc), "\"parent\":\"top\""));
  put_ok(b, billing_doc_text(doc));
  ck_assert_ptr_nonnull(strstr(billing_doc_text(doc), "\"version\":2"));
  billing_doc_free(doc);
  ck_assert_int_eq(billing_get(b, &call, "customer", "a", 1, &doc, NULL), 0);
  ck_assert_ptr_nonnull(strstr(billing_doc_text(doc), "\"version\":2"));
  billing_doc_free(doc);
  billing_close(b);
}
END_TEST

START_TEST(an_erased_parent_is_named_nowhere_and_goes_on_paying) {
  billing *b = family_open(NULL);
  billing_call call = shop_call("");
  billing_doc *doc;

  share(b, "g", "5");
  ck_assert_int_eq(billing_erase(b, &call, "top", 3, "asked", 5, NULL), 0);
  ck_assert_int_eq(billing_get(b, &call, "customer", "a", 1, &doc, NULL), 0);
  ck_assert_ptr_null(strstr(billing_doc_text(doc), "top"));
  billing_doc_free(doc);
  call_once(b, "e1", "0.1");
  shop_is_sound(b);
  billing_close(b);
}
END_TEST

/* ---- grants ---- */

static const struct scope {
  const char *scope;
  int         rc;
  const char *drawn;           /* of a call by "a" */
} scopes[] = {
    {"", 0, "0"},
    {"{\"family\":false}", 0, "0"},
    {"{\"family\":true}", 0, "0.1"},
    {"{\"family\":[\"a\"]}", 0, "0.1"},
    {"{\"family\":[\"top\"]}", 0, "0"},
    {"{\"family\":true,\"meters\":[\"s\"]}", 0, "0"},
    {"{\"family\":[\"nobody\"]}", BILLING_NOTFOUND_CUSTOMER, "0"},
    {"{\"family\":[1]}", BILLING_INVALID, "0"},
    {"{\"family\":[]}", BILLING_INVALID, "0"},
    {"{\"family\":\"a\"}", BILLING_INVALID, "0"},
};

START_TEST(a_scope_says_who_may_draw) {
  billing *b = family_open(NULL);
  billing_error err;

  ck_assert_int_eq(give_to(b, "g", "top", "5", scopes[_i].scope, &err),
                   scopes[_i].rc);
  if (scopes[_i].rc)
    ck_assert_msg(strncmp(err.path, "/scope", 6) == 0, "%s", err.path);
  call_once(b, "e1", scopes[_i].drawn);
  shop_is_sound(b);
  billing_close(b);
}
END_TEST

START_TEST(members_are_shown_by_their_ids) {
  billing *b = family_open(NULL);
  billing_call call = shop_call("");
  billing_error err;
  billing_doc *doc;

  ck_assert_int_eq(give_to(b, "g", "top", "5", "{\"family\":[\"a\"]}", &err),
                   0);
  ck_assert_int_eq(give_to(b, "h", "top", "5", "", &err), 0);
  ck_assert_int_eq(billing_list(b, &call, "grant",
                                "{\"customer\":\"a\",\"shared\":true}",
                                (size_t)-1, &doc, &err), 0);
  ck_assert_ptr_nonnull(strstr(billing_doc_text(doc),
                               "\"scope\":{\"family\":[\"a\"]}"));
  ck_assert_ptr_null(strstr(billing_doc_text(doc), "\"id\":\"h\""));
  billing_doc_free(doc);
  billing_close(b);
}
END_TEST

START_TEST(the_parent_alone_is_loaded_without_its_children) {
  shop_folder f = shop_folder_make();
  billing *b = family_open(f.path);

  share(b, "g", "5");
  call_once(b, "e1", "0.1");
  ck_assert_int_eq(authorize(b, "h", SHOP_NOW + SHOP_DAY), 0);
  billing_close(b);
  ck_assert_int_eq(billing_open(&b, f.path, (size_t)-1, NULL, NULL), 0);
  ck_assert_dec_eq(balance_of(b, "top").left, "4.9");
  ck_assert_dec_eq(balance_of(b, "top").held, "0.1");
  ck_assert_dec_eq(balance_of(b, "a").shared, "4.8");
  shop_is_sound(b);
  billing_close(b);
  shop_folder_remove(&f);
}
END_TEST

START_TEST(another_handle_sees_what_children_draw) {
  shop_folder f = shop_folder_make();
  billing *b = family_open(f.path), *other;

  share(b, "g", "5");
  ck_assert_int_eq(billing_open(&other, f.path, (size_t)-1, NULL, NULL), 0);
  ck_assert_dec_eq(balance_of(other, "top").left, "5");
  call_once(b, "e1", "0.1");
  ck_assert_dec_eq(balance_of(other, "top").left, "4.9");
  call_once(other, "e2", "0.1");
  ck_assert_dec_eq(balance_of(b, "top").left, "4.8");
  shop_is_sound(b);
  shop_is_sound(other);
  billing_close(other);
  billing_close(b);
  shop_folder_remove(&f);
}
END_TEST

/* "a" gets its parent by another handle, while it is in memory here. */
START_TEST(a_parent_that_another_handle_puts_is_met) {
  shop_folder f = shop_folder_make();
  billing *b = shop_open(f.path), *other;

  call_once(b, "e1", "0");
  ck_assert_int_eq(billing_open(&other, f.path, (size_t)-1, NULL, NULL), 0);
  put_ok(other, "{\"id\":\"top\"}");
  put_ok(other, "{\"id\":\"a\",\"parent\":\"top\"}");
  share(other, "g", "5");
  call_once(b, "e2", "0.1");
  ck_assert_dec_eq(balance_of(other, "top").left, "4.9");
  shop_is_sound(b);
  billing_close(other);
  billing_close(b);
  shop_folder_remove(&f);
}
END_TEST

START_TEST(a_failed_call_leaves_the_parent_as_it_was) {
  billing *b = family_open(NULL);
  billing_call call = shop_call("");
  billing_event events[2] = {shop_event("e1", "e"), shop_event("e2", "sum")};
  billing_receipt receipts[2];

  share(b, "g", "5");
  call.flags = BILLING_CALL_ALL_OR_NOTHING;
  BILLING_INIT(&receipts[0]);
  BILLING_INIT(&receipts[1]);
  ck_assert_int_ne(billing_record(b, &call, events, 2, receipts, NULL), 0);
  ck_assert_dec_eq(balance_of(b, "top").left, "5");
  ck_assert_dec_eq(balance_of(b, "a").shared, "5");
  shop_is_sound(b);
  billing_close(b);
}
END_TEST

/* ---- holds ---- */

START_TEST(a_hold_of_a_child_ends_by_time_when_its_parent_is_asked) {
  billing *b = family_open(NULL);
  billing_call later = shop_call("");
  billing_balances found;

  share(b, "g", "5");
  ck_assert_int_eq(authorize(b, "h", SHOP_NOW + SHOP_DAY / 24), 0);
  ck_assert_dec_eq(balance_of(b, "top").held, "0.1");
  later.now_us += SHOP_DAY / 24;
  BILLING_INIT(&found);
  ck_assert_int_eq(billing_balance(b, &later, "top", 3, "USD", &found, NULL),
                   0);
  ck_assert_dec_eq(found.held, "0");
  shop_is_sound(b);
  billing_close(b);
}
END_TEST

START_TEST(a_settlement_that_is_sent_again_is_answered_again) {
  billing *b = family_open(NULL);
  billing_call call = shop_call("h");
  billing_event event = shop_event("e1", "e");
  billing_receipt receipt;

  share(b, "g", "5");
  ck_assert_int_eq(authorize(b, "h", SHOP_NOW + SHOP_DAY), 0);
  for (int i = 0; i < 2; i++) {
    BILLING_INIT(&receipt);
    ck_assert_int_eq(billing_settle(b, &call, &event, 1, BILLING_SETTLE_ALL,
                                    &receipt, NULL), 0);
    ck_assert_int_eq(receipt.status, i ? BILLING_STATUS_SAME
                                       : BILLING_STATUS_NEW);
  }
  ck_assert_dec_eq(balance_of(b, "top").left, "4.9");
  ck_assert_dec_eq(balance_of(b, "top").held, "0");
  shop_is_sound(b);
  billing_close(b);
}
END_TEST

/* ---- check ---- */

START_TEST(what_a_child_can_spend_follows_its_parent) {
  billing *b = family_open(NULL);
  billing_call call = shop_call("");
  billing_money money = {D("5"), "USD"};
  billing_decimal left;

  for (int i = 0; i < 2; i++) {
    ck_assert_int_eq(billing_check(b, &call, "a", 1, &money, &left, NULL),
                     i ? 0 : BILLING_DENIED_BALANCE);
    ck_assert_dec_eq(left, i ? "5" : "0");
    if (!i) share(b, "g", "5");
  }
  billing_close(b);
}
END_TEST

Suite *test_engine_family(void) {
  Suite *s = suite_create("engine_family");
  TCase *c = tcase_create("family");

  suite_add_tcase(s, c);
  tcase_add_loop_test(c, a_parent_is_there_and_not_below, 0,
                      BL_COUNT(refused));
  tcase_add_test(c, eight_generations_are_above_one_and_no_more);
  tcase_add_test(c, heights_are_known_when_only_the_top_is_in_memory);
  tcase_add_test(c, what_get_shows_of_a_parent_can_be_put_again);
  tcase_add_test(c, an_erased_parent_is_named_nowhere_and_goes_on_paying);
  tcase_add_loop_test(c, a_scope_says_who_may_draw, 0, BL_COUNT(scopes));
  tcase_add_test(c, members_are_shown_by_their_ids);
  tcase_add_test(c, the_parent_alone_is_loaded_without_its_children);
  tcase_add_test(c, another_handle_sees_what_children_draw);
  tcase_add_test(c, a_parent_that_another_handle_puts_is_met);
  tcase_add_test(c, a_failed_call_leaves_the_parent_as_it_was);
  tcase_add_test(c, a_hold_of_a_child_ends_by_time_when_its_parent_is_asked);
  tcase_add_test(c, a_settlement_that_is_sent_again_is_answered_again);
  tcase_add_test(c, what_a_child_can_spend_follows_its_parent);
  return s;
}
