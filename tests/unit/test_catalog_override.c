/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <stdio.h>

#include "catalog/catalog.h"
#include "documents.h"

Suite *test_catalog_override(void);

/* A contract with such members more. */
static int read_with(const char *more, bl_contract_terms *out) {
  char json[2000];

  snprintf(json, sizeof json, "{'id':'k','customer':'a','plan':'p','start':0,"
           "%s}", more);
  return bl_catalog_read_contract(J(json), "", &doc_arena, out, &doc_err);
}

static void refuses(const char *override, int code, const char *path) {
  bl_contract_terms t;
  char more[1000];

  snprintf(more, sizeof more, "'overrides':[{%s}]", override);
  ck_assert_int_eq(read_with(more, &t), code);
  ck_assert_str_eq(doc_err.path, path);
}

START_TEST(the_short_form_becomes_targets) {
  bl_contract_terms t;
  const bl_override *o;

  ck_assert_int_eq(read_with(
    "'overrides':[{'id':'h','type':'multiplier','factor':'0.5','prices':['x',"
    "'y'],'tags':['api'],'values':{'region':'eu','n':5,'on':true},"
    "'from':'2026-01-31','to':'2026-02-28'}]", &t), 0);
  ck_assert_uint_eq(t.override_count, 1);
  o = &t.overrides[0];
  ck_assert_uint_eq(o->kind, BL_OVERRIDE_MULTIPLIER);
  ck_assert_dec_eq(o->factor, "0.5");
  ck_assert_uint_eq(o->target_count, 3);
  ck_assert_text_eq(o->targets[1].price, "y");
  ck_assert_text_eq(o->targets[2].tags.item[0], "api");
  ck_assert_uint_eq(o->targets[2].values.count, 3);
  ck_assert_text_eq(o->targets[2].values.item[1].value, "5");
  ck_assert_text_eq(o->targets[2].values.item[2].value, "true");
  ck_assert_int_eq(o->span.from_us, INT64_C(1769817600000000));
  ck_assert_uint_eq(o->from_is_local, 1);
}
END_TEST

START_TEST(every_type_has_its_members) {
  bl_contract_terms t;

  ck_assert_int_eq(read_with(
    "'override_order':'priority','versions':'follow','overrides':["
    "{'id':'a','type':'overwrite','unit':'6'},"
    "{'id':'b','type':'overwrite','price':{'model':'package','unit':'1',"
      "'per':'10'}},"
    "{'id':'c','type':'tiered','priority':2,'tiers':[{'up_to':'10',"
      "'factor':'0.9'}]},"
    "{'id':'d','type':'entitlement','entitled':false,'targets':[{'price':'x',"
      "'tags':['t','u']}],'except':[{'price':'y'}]}]", &t), 0);
  ck_assert_uint_eq(t.follows, 1);
  ck_assert_uint_eq(t.by_priority, 1);
  ck_assert_dec_eq(t.overrides[0].unit, "6");
  ck_assert_int_eq(t.overrides[0].span.from_us, INT64_MIN);
  ck_assert_int_eq(t.overrides[0].span.to_us, BL_TIME_NEVER);
  ck_assert_uint_eq(t.overrides[1].rate->model, BL_MODEL_PACKAGE);
  ck_assert_uint_eq(t.overrides[2].tier_count, 2);    /* and the list price */
  ck_assert_dec_eq(t.overrides[2].tiers[1].unit, "1");
  ck_assert_uint_eq(t.overrides[3].is_entitled, 0);
  ck_assert_uint_eq(t.overrides[3].except_count, 1);
}
END_TEST

START_TEST(what_is_wrong_has_its_path) {
  bl_contract_terms t;

  refuses("'id':'a'", BILLING_INVALID, "/overrides/0/type");
  refuses("'id':'a','type':'discount'", BILLING_INVALID,
          "/overrides/0/type");
  refuses("'id':'a','type':'overwrite'", BILLING_INVALID,
          "/overrides/0/unit");
  refuses("'id':'a','type':'overwrite','unit':'1','factor':'1'",
          BILLING_INVALID, "/overrides/0/factor");
  refuses("'id':'a','type':'multiplier','factor':'-1'", BILLING_INVALID,
          "/overrides/0/factor");
  refuses("'id':'a','type':'overwrite','price':{'model':'per_unit',"
          "'unit':'1','asset':'EUR'}", BILLING_INVALID,
          "/overrides/0/price");
  refuses("'id':'a','type':'overwrite','unit':'1','prices':['x'],"
          "'targets':[{'price':'x'}]", BILLING_INVALID,
          "/overrides/0/targets");
  refuses("'id':'a','type':'overwrite','unit':'1','values':{'r':null}",
          BILLING_INVALID, "/overrides/0/values/r");
  refuses("'id':'a','type':'entitlement','entitled':false,"
          "'values':{'r':'eu'}", BILLING_INVALID, "/overrides/0/values");
  refuses("'id':'a','type':'overwrite','unit':'1','from':9,'to':9",
          BILLING_INVALID, "/overrides/0/to");
  refuses("'id':'a','type':'tiered','tiers':[{'factor':'1'}],'priority':1",
          BILLING_INVALID, "/overrides/0/priority");
  ck_assert_int_eq(read_with(
    "'override_order':'priority','overrides':[{'id':'a','type':'multiplier',"
    "'factor':'1'}]", &t), BILLING_INVALID);
  ck_assert_str_eq(doc_err.path, "/overrides/0/priority");
  ck_assert_int_eq(read_with(
    "'overrides':[{'id':'a','type':'multiplier','factor':'1'},"
    "{'id':'a','type':'multiplier','factor':'1'}]", &t), BILLING_INVALID);
  ck_assert_str_eq(doc_err.path, "/overrides/1/id");
}
END_TEST

Suite *test_catalog_override(void) {
  Suite *s = suite_create("catalog_override");
  TCase *c = documents_case(s);

  tcase_add_test(c, the_short_form_becomes_targets);
  tcase_add_test(c, every_type_has_its_members);
  tcase_add_test(c, what_is_wrong_has_its_path);
  return s;
}
