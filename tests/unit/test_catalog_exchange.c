/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <stdio.h>

#include "catalog/catalog.h"
#include "documents.h"

Suite *test_catalog_exchange(void);

static int read_rates(const char *rates, bl_tenant_terms *out) {
  char json[1000];

  snprintf(json, sizeof json,
           "{'id':'acme','assets':[{'code':'tok'}],'rates':%s}", rates);
  return bl_catalog_read_tenant(J(json), "", &doc_arena, out, &doc_err);
}

START_TEST(the_worked_example_has_a_rate_for_always_and_one_since_march) {
  bl_tenant_terms t;

  ck_assert_int_eq(read_rates(
    "[{'from':'tok','to':'USD','rate':'0.25'},{'from':'tok','to':'USD',"
    "'rate':'0.20','effective':'2026-03-01'}]", &t), 0);
  ck_assert_uint_eq(t.rates.count, 2);
  ck_assert_str_eq(t.rates.item[0].from, "tok");
  ck_assert_str_eq(t.rates.item[0].to, "USD");
  ck_assert_dec_eq(t.rates.item[0].rate, "0.25");
  ck_assert(t.rates.item[0].since_us == INT64_MIN);
  ck_assert_dec_eq(t.rates.item[1].rate, "0.2");
  ck_assert(t.rates.item[1].since_us == INT64_C(1772323200000000));
}
END_TEST

START_TEST(a_rate_that_converts_nothing_is_refused_with_its_place) {
  static const struct { const char *rates, *path; } wrong[] = {
    {"[{'from':'tok','to':'USD','rate':'0'}]", "/rates/0/rate"},
    {"[{'from':'tok','to':'USD','rate':'-1'}]", "/rates/0/rate"},
    {"[{'from':'tok','to':'USD'}]", "/rates/0/rate"},
    {"[{'from':'tok','to':'tok','rate':'1'}]", "/rates/0/to"},
    {"[{'from':'gem','to':'USD','rate':'1'}]", "/rates/0/from"},
    {"[{'from':'tok','to':'gem','rate':'1'}]", "/rates/0/to"},
    {"[{'from':'tok','to':'XYZ','rate':'1'}]", "/rates/0/to"},
    {"[{'from':'tok','to':'USD','rate':'1','effective':'soon'}]",
     "/rates/0/effective"},
    {"[{'from':'tok','to':'USD','rate':'1','until':1}]", "/rates/0/until"},
    {"{}", "/rates"},
  };
  bl_tenant_terms t;

  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    ck_assert_int_eq(read_rates(wrong[i].rates, &t), BILLING_INVALID);
    ck_assert_str_eq(doc_err.path, wrong[i].path);
  }
}
END_TEST

START_TEST(a_contract_is_invoiced_in_a_currency) {
  static const char contract[] = "{'id':'k','customer':'a','plan':'p',"
                                 "'start':'2026-01-01'%s}";
  bl_contract_terms terms;
  char json[300];

  snprintf(json, sizeof json, contract, "");
  ck_assert_int_eq(bl_catalog_read_contract(J(json), "", &doc_arena, &terms,
                                            &doc_err), 0);
  ck_assert_str_eq(terms.invoice_currency, "");
  snprintf(json, sizeof json, contract, ",'invoice_currency':'USD'");
  ck_assert_int_eq(bl_catalog_read_contract(J(json), "", &doc_arena, &terms,
                                            &doc_err), 0);
  ck_assert_str_eq(terms.invoice_currency, "USD");
  snprintf(json, sizeof json, contract, ",'invoice_currency':'tok'");
  ck_assert_int_eq(bl_catalog_read_contract(J(json), "", &doc_arena, &terms,
                                            &doc_err), BILLING_INVALID);
  ck_assert_str_eq(doc_err.path, "/invoice_currency");
}
END_TEST

Suite *test_catalog_exchange(void) {
  Suite *suite = suite_create("catalog/exchange");
  TCase *tests = tcase_create("exchange");

  tcase_add_checked_fixture(tests, documents_open, documents_close);
  tcase_add_test(tests,
                 the_worked_example_has_a_rate_for_always_and_one_since_march);
  tcase_add_test(tests,
                 a_rate_that_converts_nothing_is_refused_with_its_place);
  tcase_add_test(tests, a_contract_is_invoiced_in_a_currency);
  suite_add_tcase(suite, tests);
  return suite;
}
