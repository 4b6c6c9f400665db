/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <stdio.h>

#include "catalog/catalog.h"
#include "documents.h"

Suite *test_catalog_dated(void);

#define MARCH_US INT64_C(1772323200000000)

static int read_terms(const char *members, bl_contract_terms *out) {
  char json[1000];

  snprintf(json, sizeof json, "{'id':'k','customer':'a','plan':'p',"
           "'start':'2026-01-01',%s}", members);
  return bl_catalog_read_contract(J(json), "", &doc_arena, out, &doc_err);
}

static bl_contract_terms terms_of(const char *members) {
  bl_contract_terms terms;

  ck_assert_msg(!read_terms(members, &terms), "%s %s", doc_err.path,
                doc_err.message);
  return terms;
}

static bl_dec seats(const bl_contract_terms *terms, int64_t us) {
  return bl_quantity_of(terms, BL_STR("seats"), us);
}

#define STEPS "'quantities':{'desks':'2','seats':[{'value':'5'}," \
              "{'value':'8','from':'2026-03-01'}]}"

START_TEST(the_worked_example_counts_eight_since_march) {
  bl_contract_terms t = terms_of(STEPS ",'minimum':[{'amount':'100'},"
                                 "{'amount':'80','from':'2026-03-01'}]");

  ck_assert_dec_eq(seats(&t, INT64_MIN), "5");
  ck_assert_dec_eq(seats(&t, MARCH_US - 1), "5");
  ck_assert_dec_eq(seats(&t, MARCH_US), "8");
  ck_assert_dec_eq(bl_quantity_of(&t, BL_STR("desks"), 0), "2");
  ck_assert_dec_eq(bl_quantity_of(&t, BL_STR("rooms"), 0), "0");
  ck_assert_dec_eq(bl_quantity_of(&t, BL_STR(""), 0), "1");
  ck_assert_dec_eq(bl_bound_at(&t.minimum, MARCH_US - 1)->amount, "100");
  ck_assert_dec_eq(bl_bound_at(&t.minimum, MARCH_US)->amount, "80");
  ck_assert_ptr_null(bl_bound_at(&t.maximum, MARCH_US));
}
END_TEST

START_TEST(a_quantity_begins_as_late_as_it_says) {
  bl_contract_terms t = terms_of(
    "'quantities':{'seats':[{'value':'8','from':'2026-03-01'}]}");

  ck_assert_dec_eq(seats(&t, MARCH_US - 1), "0");
  ck_assert_dec_eq(seats(&t, MARCH_US), "8");
}
END_TEST

START_TEST(what_is_dated_changes_where_it_first_differs) {
  bl_contract_terms plain = terms_of("'quantities':{'seats':'5'}");
  bl_contract_terms steps = terms_of(STEPS);
  bl_contract_terms other = terms_of(
    "'quantities':{'seats':[{'value':'6'},{'value':'8','from':1}]}");

  ck_assert(bl_quantities_change(&plain, &steps) == MARCH_US);
  ck_assert(bl_quantities_change(&steps, &steps) == BL_TIME_NEVER);
  ck_assert(bl_quantities_change(&plain, &other) == INT64_MIN);
  /* What is not dated does not reach back. */
  ck_assert(bl_quantities_change(&steps, &plain) == BL_TIME_NEVER);
}
END_TEST

START_TEST(what_does_not_stand_in_its_order_is_refused) {
  static const struct { const char *members, *path; } wrong[] = {
    {"'quantities':{'seats':[]}", "/quantities/seats"},
    {"'quantities':{'seats':[{'from':1}]}", "/quantities/seats/0/value"},
    {"'quantities':{'seats':[{'value':'1'},{'value':'2'}]}",
     "/quantities/seats/1/from"},
    {"'quantities':{'seats':[{'value':'1','from':5},"
     "{'value':'2','from':5}]}", "/quantities/seats/1/from"},
    {"'quantities':{'seats':'-1'}", "/quantities/seats"},
    {"'minimum':[{'amount':'1'},{'amount':'2'}]", "/minimum/1/from"},
    {"'maximum':[{'from':1}]", "/maximum/0/amount"},
  };
  bl_contract_terms t;

  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    ck_assert_int_eq(read_terms(wrong[i].members, &t), BILLING_INVALID);
    ck_assert_str_eq(doc_err.path, wrong[i].path);
  }
}
END_TEST

Suite *test_catalog_dated(void) {
  Suite *suite = suite_create("catalog/dated");
  TCase *tests = tcase_create("dated");

  tcase_add_checked_fixture(tests, documents_open, documents_close);
  tcase_add_test(tests, the_worked_example_counts_eight_since_march);
  tcase_add_test(tests, a_quantity_begins_as_late_as_it_says);
  tcase_add_test(tests, what_is_dated_changes_where_it_first_differs);
  tcase_add_test(tests, what_does_not_stand_in_its_order_is_refused);
  suite_add_tcase(suite, tests);
  return suite;
}
