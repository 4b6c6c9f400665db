/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* test_engine_outbox.c - rows in the journal's order, until they are done. */
#include "engine.h"

static billing      *b;
static billing_error err;

static void begin(void) {
  BILLING_INIT(&err);
  b = shop_open(NULL);
}

static void end(void) {
  shop_is_sound(b);
  billing_close(b);
}

static bl_json *outbox(const char *query) {
  billing_call call = shop_call("");
  billing_doc *doc = NULL;

  BILLING_INIT(&err);
  ck_assert_msg(!billing_outbox_next(b, &call, query, (size_t)-1, &doc, &err),
                "%s %s", err.path, err.message);
  return shop_tree(doc);
}

/* The types of the rows there are, with a space behind each. */
static void tells(const char *query, const char *expected) {
  bl_json *tree = outbox(query);
  char text[256] = "";

  for (const bl_json *row = bl_json_first(bl_json_get(tree, "rows")); row;
       row = bl_json_next(row)) {
    bl_str type = bl_json_text(bl_json_get(bl_json_get(row, "body"), "type"));
    strncat(text, type.text, type.len);
    strcat(text, " ");
  }
  ck_assert_str_eq(text, expected);
  bl_json_free(tree);
}

static int64_t first_row(const char *query) {
  bl_json *tree = outbox(query);
  int64_t row = 0;

  ck_assert_int_eq(bl_json_int(bl_json_get(bl_json_first(
                       bl_json_get(tree, "rows")), "row"), &row), 1);
  bl_json_free(tree);
  return row;
}

static int done(int64_t row) {
  billing_call call = shop_call("");

  BILLING_INIT(&err);
  return billing_outbox_done(b, &call, (uint64_t)row, &err);
}

START_TEST(what_happened_is_told_once_it_is_there) {
  billing_call call = shop_call(""), later = shop_call_at(FEBRUARY, "");
  billing_event event = shop_event("k", "e");
  billing_receipt receipt;

  tells("", "");
  shop_grant(b, "g", "1");
  tells("", "grant.given ");
  ck_assert_int_eq(shop_record(b, &call, &event, &receipt, NULL), 0);
  ck_assert_int_eq(billing_advance(b, &later, later.now_us, 0, NULL, NULL),
                   0);
  tells("", "grant.given invoice.finalized ");
}
END_TEST

START_TEST(pages_go_on_and_done_ends_them) {
  int64_t first;

  shop_grant(b, "g", "1");
  shop_grant(b, "h", "1");
  shop_grant(b, "i", "1");
  first = first_row("");
  ck_assert_int_eq(first, 7 << 16 | 1);
  tells("{\"limit\":2}", "grant.given grant.given ");
  tells("{\"after\":\"524289\"}", "grant.given ");
  ck_assert_int_eq(done(first), 0);
  ck_assert_int_eq(first_row(""), 8 << 16 | 1);
  ck_assert_int_eq(done(first), 0);                 /* again is fine */
  ck_assert_int_eq(done(9 << 16 | 1), 0);
  tells("", "");
  ck_assert_int_eq(done(first), 0);                 /* and so is less */
  tells("", "");
}
END_TEST

START_TEST(rows_that_are_not_there_cannot_be_done) {
  static const char *const bad[][2] = {
    {"{\"after\":\"x\"}", "/after"}, {"{\"secret\":\"x\"}", "/secret"},
    {"{\"limit\":0}", "/limit"}, {"{\"customer\":\"a\"}", ""}};
  billing_call call = shop_call("");
  billing_doc *doc = NULL;

  ck_assert_int_eq(done(0), BILLING_NOTFOUND);
  ck_assert_int_eq(done(INT64_MAX), BILLING_NOTFOUND);
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    ck_assert_int_eq(billing_outbox_next(b, &call, bad[i][0], (size_t)-1,
                                         &doc, &err), BILLING_INVALID);
    ck_assert_str_eq(err.path, bad[i][1]);
    ck_assert_ptr_null(doc);
  }
}
END_TEST

START_TEST(a_secret_signs_each_row) {
  bl_json *tree, *hook;
  bl_str body;

  shop_grant(b, "g", "1");
  tree = outbox("{\"secret\":\"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\"}");
  hook = bl_json_get(bl_json_first(bl_json_get(tree, "rows")), "webhook");
  body = bl_json_text(bl_json_get(hook, "body"));
  ck_assert_ptr_nonnull(strstr(body.text, "\"type\":\"grant.given\""));
  ck_assert_int_eq(strncmp(bl_json_text(bl_json_get(hook, "signature")).text,
                           "v1,", 3), 0);
  ck_assert_uint_eq(bl_json_text(bl_json_get(hook, "signature")).len, 47);
  bl_json_free(tree);
}
END_TEST

START_TEST(erased_customers_have_no_names_in_rows) {
  billing_call call = shop_call("");
  bl_json *tree, *row;

  shop_grant(b, "g", "1");
  ck_assert_int_eq(billing_erase(b, &call, "a", 1, "r", 1, NULL), 0);
  tree = outbox("");
  row = bl_json_first(bl_json_get(tree, "rows"));
  ck_assert_uint_eq(bl_json_text(bl_json_get(row, "customer")).len, 0);
  row = bl_json_get(bl_json_get(row, "body"), "data");
  ck_assert_uint_eq(bl_json_text(bl_json_get(row, "id")).len, 0);
  bl_json_free(tree);
}
END_TEST

Suite *test_engine_outbox(void);
Suite *test_engine_outbox(void) {
  Suite *s = suite_create("engine_outbox");
  TCase *t = tcase_create("outbox");

  tcase_add_checked_fixture(t, begin, end);
  tcase_add_test(t, what_happened_is_told_once_it_is_there);
  tcase_add_test(t, pages_go_on_and_done_ends_them);
  tcase_add_test(t, rows_that_are_not_there_cannot_be_done);
  tcase_add_test(t, a_secret_signs_each_row);
  tcase_add_test(t, erased_customers_have_no_names_in_rows);
  suite_add_tcase(s, t);
  return s;
}
