/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "catalog/catalog.h"
#include "documents.h"

Suite *test_catalog_scope(void);

static int read_scope(const char *json, bl_scope *out) {
  bl_json *doc = J(json);

  return bl_catalog_read_scope(doc, "/scope", &doc_arena, out, &doc_err);
}

START_TEST(a_member_left_out_does_not_restrict) {
  bl_scope s;

  ck_assert_int_eq(read_scope("{'meters':['tokens']}", &s), 0);
  ck_assert_uint_eq(s.meter_count, 1);
  ck_assert_text_eq(s.meters[0], "tokens");
  ck_assert_uint_eq(s.price_count, 0);
  ck_assert_uint_eq(s.contract_count, 0);
  ck_assert_int_eq(read_scope("{}", &s), 0);
  ck_assert_uint_eq(s.meter_count, 0);
}
END_TEST

START_TEST(every_member_is_read) {
  bl_scope s;

  ck_assert_int_eq(read_scope("{'contracts':['k'],'prices':['a','b'],"
                              "'meters':['x','y','z'],'rate':'commit'}",
                              &s), 0);
  ck_assert_uint_eq(s.rate, BL_RATE_COMMIT);
  ck_assert_uint_eq(s.meter_count, 3);
  ck_assert_uint_eq(s.price_count, 2);
  ck_assert_uint_eq(s.contract_count, 1);
  ck_assert_text_eq(s.contracts[0], "k");
}
END_TEST

START_TEST(tags_and_targets_are_read) {
  bl_scope s;

  ck_assert_int_eq(read_scope("{'tags':['llm','gpu'],'any':[{'price':'p'},"
                              "{'tags':['a','b'],'values':{'model':'m1'}}]}",
                              &s), 0);
  ck_assert_uint_eq(s.tag_count, 2);
  ck_assert_uint_eq(s.target_count, 2);
  ck_assert_text_eq(s.targets[0].price, "p");
  ck_assert_uint_eq(s.targets[1].tags.count, 2);
  ck_assert_text_eq(s.targets[1].values.item[0].name, "model");
  ck_assert_text_eq(s.targets[1].values.item[0].value, "m1");
}
END_TEST

static const struct refusal {
  const char *json;
  const char *path;
} refusals[] = {
  {"[]", "/scope"},
  {"{'meters':[]}", "/scope/meters"},
  {"{'products':['a']}", "/scope/products"},
  {"{'prices':['a','a']}", "/scope/prices/1"},
  {"{'contracts':[7]}", "/scope/contracts/0"},
  {"{'rate':'best'}", "/scope/rate"},
  {"{'tags':[]}", "/scope/tags"},
  {"{'any':[]}", "/scope/any"},
  {"{'any':[{'meter':'m'}]}", "/scope/any/0/meter"},
  {"{'customers':['a']}", "/scope/customers"},
};

START_TEST(a_shared_grant_has_no_caps) {
  bl_scope s;

  ck_assert_int_eq(read_scope("{'family':true,'caps':[{'amount':'1','per':"
                              "'day'}]}", &s), BILLING_UNSUPPORTED);
  ck_assert_str_eq(doc_err.path, "/scope/caps");
}
END_TEST

START_TEST(wrong_scopes_are_refused_at_their_path) {
  bl_scope s;

  ck_assert_int_eq(read_scope(refusals[_i].json, &s), BILLING_INVALID);
  ck_assert_str_eq(doc_err.path, refusals[_i].path);
}
END_TEST

Suite *test_catalog_scope(void) {
  Suite *s = suite_create("catalog_scope");
  TCase *c = documents_case(s);

  tcase_add_test(c, a_member_left_out_does_not_restrict);
  tcase_add_test(c, every_member_is_read);
  tcase_add_test(c, tags_and_targets_are_read);
  tcase_add_test(c, a_shared_grant_has_no_caps);
  tcase_add_loop_test(c, wrong_scopes_are_refused_at_their_path, 0,
                      (int)BL_COUNT(refusals));
  return s;
}
