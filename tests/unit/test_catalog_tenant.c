/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "catalog/catalog.h"
#include "documents.h"

Suite *test_catalog_tenant(void);

static int read_tenant(const char *json, bl_tenant_terms *out) {
  bl_json *doc = J(json);

  memset(out, 0xee, sizeof *out);
  return bl_catalog_read_tenant(doc, "", &doc_arena, out, &doc_err);
}

static int places(const bl_tenant_terms *t, const char *name) {
  char asset[16];

  ck_assert_int_eq(bl_asset_set(asset, bl_str_of(name)), 0);
  return bl_catalog_places(t, asset);
}

START_TEST(a_tenant_declares_units_beside_currencies) {
  bl_tenant_terms t;

  ck_assert_int_eq(read_tenant("{'id':'acme','assets':"
                               "[{'code':'tok','places':0}]}", &t), 0);
  ck_assert_text_eq(t.id, "acme");
  ck_assert_int_eq(places(&t, "tok"), 0);
  ck_assert_int_eq(places(&t, "USD"), 2);
  ck_assert_int_eq(places(&t, "gpu_h"), -1);
}
END_TEST

START_TEST(members_left_out_have_their_defaults) {
  bl_tenant_terms t;

  ck_assert_int_eq(read_tenant("{'id':'acme','assets':[{'code':'tok'}]}", &t),
                   0);
  ck_assert_text_eq(t.name, "");
  ck_assert_text_eq(t.number_prefix, "INV-");
  ck_assert_int_eq(t.assets[0].places, 0);
  ck_assert_int_eq(read_tenant("{'id':'acme'}", &t), 0);
  ck_assert_uint_eq(t.asset_count, 0);
}
END_TEST

START_TEST(every_member_is_read) {
  bl_tenant_terms t;

  ck_assert_int_eq(read_tenant(
    "{'id':'acme','name':'Acme Ltd','number_prefix':'AC/','assets':["
    "{'code':'tok','places':0,'name':'Tokens'},"
    "{'code':'gpu_h','places':18}]}", &t), 0);
  ck_assert_text_eq(t.name, "Acme Ltd");
  ck_assert_text_eq(t.number_prefix, "AC/");
  ck_assert_uint_eq(t.asset_count, 2);
  ck_assert_int_eq(places(&t, "gpu_h"), 18);
}
END_TEST

START_TEST(without_a_tenant_only_currencies_have_places) {
  ck_assert_int_eq(places(NULL, "JPY"), 0);
  ck_assert_int_eq(places(NULL, "tok"), -1);
}
END_TEST

static const struct refusal {
  const char *json;
  const char *path;
} refusals[] = {
  {"{}", "/id"},
  {"{'id':'a','asset':[]}", "/asset"},
  {"{'id':'a','assets':[{'places':0}]}", "/assets/0/code"},
  {"{'id':'a','assets':[{'code':'USD'}]}", "/assets/0/code"},
  {"{'id':'a','assets':[{'code':'Tok'}]}", "/assets/0/code"},
  {"{'id':'a','assets':[{'code':'tok'},{'code':'tok'}]}", "/assets/1/code"},
  {"{'id':'a','assets':[{'code':'tok','places':19}]}", "/assets/0/places"},
  {"{'id':'a','assets':[{'code':'tok','places':-1}]}", "/assets/0/places"},
  {"{'id':'a','assets':[{'code':'tok','decimals':1}]}",
   "/assets/0/decimals"},
  {"{'id':'a','assets':[{'code':'tok','name':7}]}", "/assets/0/name"},
  {"{'id':'a','number_prefix':'123456789012345678901234567890123'}",
   "/number_prefix"},
};

START_TEST(wrong_tenants_are_refused_at_their_path_and_nothing_is_written) {
  bl_tenant_terms t, before;

  memset(&before, 0xee, sizeof before);
  ck_assert_int_eq(read_tenant(refusals[_i].json, &t), BILLING_INVALID);
  ck_assert_str_eq(doc_err.path, refusals[_i].path);
  ck_assert_mem_eq(&t, &before, sizeof t);
}
END_TEST

static int read_starving(const bl_json *doc, bl_arena *a,
                         billing_error *err) {
  bl_tenant_terms t;

  return bl_catalog_read_tenant(doc, "", a, &t, err);
}

START_TEST(memory_that_runs_out_anywhere_is_said) {
  documents_starve(read_starving,
    "{'id':'t','name':'T','number_prefix':'A','assets':["
    "{'code':'tok','name':'Tokens'},{'code':'gpu_h'}]}");
}
END_TEST

Suite *test_catalog_tenant(void) {
  Suite *s = suite_create("catalog_tenant");
  TCase *c = documents_case(s);

  tcase_add_test(c, a_tenant_declares_units_beside_currencies);
  tcase_add_test(c, members_left_out_have_their_defaults);
  tcase_add_test(c, every_member_is_read);
  tcase_add_test(c, without_a_tenant_only_currencies_have_places);
  tcase_add_loop_test(c,
    wrong_tenants_are_refused_at_their_path_and_nothing_is_written, 0,
    (int)BL_COUNT(refusals));
  tcase_add_test(c, memory_that_runs_out_anywhere_is_said);
  return s;
}
