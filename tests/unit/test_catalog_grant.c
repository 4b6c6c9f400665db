/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "catalog/catalog.h"
#include "documents.h"

Suite *test_catalog_grant(void);

static int read_change(const char *json, bl_grant_change_terms *out) {
  bl_json *doc = J(json);

  return bl_catalog_read_grant_change(doc, "", &doc_arena, out, &doc_err);
}

START_TEST(a_transfer_says_to_whom_and_how_much) {
  bl_grant_change_terms t;

  ck_assert_int_eq(read_change("{'change':'transfer','customer':'beta',"
                               "'amount':'5'}", &t), 0);
  ck_assert_uint_eq(t.change, BL_CHANGE_TRANSFER);
  ck_assert_text_eq(t.customer, "beta");
  ck_assert(t.has_amount);
  ck_assert_dec_eq(t.amount, "5");
}
END_TEST

START_TEST(what_is_left_out_is_all_that_is_free) {
  bl_grant_change_terms t;

  ck_assert_int_eq(read_change("{'change':'refund'}", &t), 0);
  ck_assert(!t.has_amount);
}
END_TEST

START_TEST(an_end_is_a_time_or_never) {
  bl_grant_change_terms t;

  ck_assert_int_eq(read_change("{'change':'expiry','expires':'2026-01-01'}",
                               &t), 0);
  ck_assert_int_eq(t.expires_us, INT64_C(1767225600000000));
  ck_assert_int_eq(read_change("{'change':'expiry','expires':'never'}", &t),
                   0);
  ck_assert_int_eq(t.expires_us, BL_TIME_NEVER);
}
END_TEST

static const struct refusal {
  const char *json;
  const char *path;
} refusals[] = {
  {"[]", ""},
  {"{}", "/change"},
  {"{'change':'return'}", "/change"},
  {"{'change':'void','amount':'1'}", "/amount"},
  {"{'change':'transfer'}", "/customer"},
  {"{'change':'refund','amount':'0'}", "/amount"},
  {"{'change':'refund','customer':'b'}", "/customer"},
  {"{'change':'expiry'}", "/expires"},
  {"{'change':'expiry','expires':'soon'}", "/expires"},
};

START_TEST(wrong_changes_are_refused_at_their_path) {
  bl_grant_change_terms t;

  ck_assert_int_eq(read_change(refusals[_i].json, &t), BILLING_INVALID);
  ck_assert_str_eq(doc_err.path, refusals[_i].path);
}
END_TEST

Suite *test_catalog_grant(void) {
  Suite *s = suite_create("catalog_grant");
  TCase *c = documents_case(s);

  tcase_add_test(c, a_transfer_says_to_whom_and_how_much);
  tcase_add_test(c, what_is_left_out_is_all_that_is_free);
  tcase_add_test(c, an_end_is_a_time_or_never);
  tcase_add_loop_test(c, wrong_changes_are_refused_at_their_path, 0,
                      (int)BL_COUNT(refusals));
  return s;
}
