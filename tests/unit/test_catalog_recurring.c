/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <stdio.h>

#include "catalog/catalog.h"
#include "documents.h"

Suite *test_catalog_recurring(void);

static int read_plan(const char *grants, bl_plan *out) {
  char json[1000];

  snprintf(json, sizeof json, "{'id':'p','currency':'USD','grants':%s}",
           grants);
  return bl_catalog_read_plan(J(json), "", &doc_arena, out, &doc_err);
}

START_TEST(a_monthly_allowance_is_read_with_its_rollover) {
  const bl_recurring *a;
  bl_plan p;

  ck_assert_int_eq(read_plan("[{'id':'g','amount':'1000','asset':'tok',"
                             "'every':'month','expires':3,'quantity':'seats',"
                             "'priority':-2,'scope':{'meters':['m']},"
                             "'rollover':{'share':'0.5','limit':'9'}}]",
                             &p), 0);
  ck_assert_uint_eq(p.grants.count, 1);
  a = &p.grants.item[0];
  ck_assert_text_eq(a->id, "g");
  ck_assert_dec_eq(a->amount, "1000");
  ck_assert_str_eq(a->asset, "tok");
  ck_assert_uint_eq(a->every, BL_EVERY_MONTH);
  ck_assert_uint_eq(a->lasts, 3);
  ck_assert_uint_eq(a->origin, BILLING_ORIGIN_RECURRING);
  ck_assert_text_eq(a->quantity, "seats");
  ck_assert_int_eq(a->priority, -2);
  ck_assert_text_eq(a->scope, "{\"meters\":[\"m\"]}");
  ck_assert(a->rolls);
  ck_assert_dec_eq(a->roll_share, "0.5");
  ck_assert_dec_eq(a->roll_most, "9");
  ck_assert_int_eq(a->roll_periods, 1);
}
END_TEST

START_TEST(what_is_left_out_has_a_default) {
  const bl_recurring *a;
  bl_plan p;

  ck_assert_int_eq(read_plan("[{'id':'g','amount':'5','every':'period'}]",
                             &p), 0);
  a = &p.grants.item[0];
  ck_assert_str_eq(a->asset, "USD");
  ck_assert_uint_eq(a->lasts, 1);
  ck_assert_int_eq(a->count, 1);
  ck_assert(!a->rolls);
  ck_assert_int_eq(a->span.from_us, INT64_MIN);
  ck_assert_int_eq(a->span.to_us, BL_TIME_NEVER);
}
END_TEST

START_TEST(a_commitment_has_dated_parts) {
  const bl_recurring *a;
  bl_plan p;

  ck_assert_int_eq(read_plan("[{'id':'g','origin':'commitment','parts':["
                             "{'from':'2026-01-01','to':'2026-02-01',"
                             "'amount':'5'},{'from':'2026-02-01',"
                             "'amount':'6'}]}]", &p), 0);
  a = &p.grants.item[0];
  ck_assert_uint_eq(a->part_count, 2);
  ck_assert_uint_eq(a->origin, BILLING_ORIGIN_COMMITMENT);
  ck_assert_int_eq(a->parts[0].span.to_us, a->parts[1].span.from_us);
  ck_assert_int_eq(a->parts[1].span.to_us, BL_TIME_NEVER);
  ck_assert_dec_eq(a->parts[1].amount, "6");
}
END_TEST

static const struct refusal {
  const char *json;
  const char *path;
} refusals[] = {
  {"{}", "/grants"},
  {"[{'amount':'5','every':'day'}]", "/grants/0/id"},
  {"[{'id':'g','amount':'5'}]", "/grants/0/every"},
  {"[{'id':'g','every':'day'}]", "/grants/0/amount"},
  {"[{'id':'g','amount':'0','every':'day'}]", "/grants/0/amount"},
  {"[{'id':'g','amount':'5','every':'hour'}]", "/grants/0/every"},
  {"[{'id':'g','amount':'5','every':'day','expires':'soon'}]",
   "/grants/0/expires"},
  {"[{'id':'g','amount':'5','every':'day','origin':'refund'}]",
   "/grants/0/origin"},
  {"[{'id':'g','amount':'5','every':'day','from':'2026-05-01',"
   "'to':'2026-05-01'}]", "/grants/0/to"},
  {"[{'id':'g','amount':'5','every':'day','expires':'never',"
   "'rollover':{}}]", "/grants/0/rollover"},
  {"[{'id':'g','amount':'5','every':'day','rollover':{'share':'1.1'}}]",
   "/grants/0/rollover/share"},
  {"[{'id':'g','amount':'5','every':'day','scope':{'prices':[]}}]",
   "/grants/0/scope/prices"},
  {"[{'id':'g','amount':'5','every':'day'},"
   "{'id':'g','amount':'6','every':'day'}]", "/grants/1/id"},
  {"[{'id':'g','parts':[]}]", "/grants/0/parts"},
  {"[{'id':'g','parts':[{'from':'2026-02-01','to':'2026-02-01',"
   "'amount':'5'}]}]", "/grants/0/parts/0"},
  {"[{'id':'g','parts':[{'from':'2026-02-01','amount':'5'},"
   "{'from':'2026-01-01','amount':'5'}]}]", "/grants/0/parts/1"},
};

START_TEST(wrong_allowances_are_refused_at_their_path) {
  bl_plan p;

  ck_assert_int_eq(read_plan(refusals[_i].json, &p), BILLING_INVALID);
  ck_assert_str_eq(doc_err.path, refusals[_i].path);
}
END_TEST

START_TEST(a_contracts_allowance_names_its_asset) {
  bl_contract_terms t;

  ck_assert_int_eq(bl_catalog_read_contract(
      J("{'id':'k','customer':'c','plan':'p','start':'2026-01-01','grants':["
        "{'id':'g','amount':'5','every':'day'}]}"), "", &doc_arena, &t,
      &doc_err), BILLING_INVALID);
  ck_assert_str_eq(doc_err.path, "/grants/0/asset");
}
END_TEST

Suite *test_catalog_recurring(void) {
  Suite *s = suite_create("catalog_recurring");
  TCase *c = documents_case(s);

  tcase_add_test(c, a_monthly_allowance_is_read_with_its_rollover);
  tcase_add_test(c, what_is_left_out_has_a_default);
  tcase_add_test(c, a_commitment_has_dated_parts);
  tcase_add_loop_test(c, wrong_allowances_are_refused_at_their_path, 0,
                      (int)BL_COUNT(refusals));
  tcase_add_test(c, a_contracts_allowance_names_its_asset);
  return s;
}
