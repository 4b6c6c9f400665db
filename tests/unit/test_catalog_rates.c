/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <stdio.h>

#include "catalog/catalog.h"
#include "documents.h"

Suite *test_catalog_rates(void);

static int read_matrix(const char *rates, bl_price *out) {
  char json[1000];

  snprintf(json, sizeof json, "{'model':'matrix','groups':['model','region'],"
           "'rates':%s}", rates);
  return bl_catalog_read_price(J(json), "", &doc_arena, "USD", out, &doc_err);
}

START_TEST(the_example_is_read_the_most_specific_first) {
  bl_price p;

  ck_assert_int_eq(read_matrix(
    "[{'values':{'model':'m1','region':'eu'},'unit':'3'},{'values':{},"
    "'unit':'9'},{'values':{'model':'m1'},'price':{'model':'package',"
    "'unit':'15','per':'10'}}]", &p), 0);
  ck_assert_uint_eq(p.rate_count, 3);
  ck_assert_uint_eq(p.rates[0].named, 2);
  ck_assert_uint_eq(p.rates[1].named, 1);
  ck_assert_uint_eq(p.rates[1].price->model, BL_MODEL_PACKAGE);
  ck_assert_uint_eq(p.rates[2].named, 0);
  ck_assert_dec_eq(p.rates[2].price->tiers[0].unit, "9");
}
END_TEST

START_TEST(wrong_rates_are_refused_at_their_path) {
  static const char *const refused[][2] = {
    {"[]", "/rates"},
    {"[{'unit':'1'}]", "/rates/0/values"},
    {"[{'values':{}}]", "/rates/0"},
    {"[{'values':{},'unit':'1','price':{}}]", "/rates/0"},
    {"[{'values':{'cloud':'a'},'unit':'1'}]", "/rates/0/values/cloud"},
    {"[{'values':{'model':[1]},'unit':'1'}]", "/rates/0/values/model"},
    {"[{'values':[],'unit':'1'}]", "/rates/0/values"},
    {"[{'values':{},'unit':'-1'}]", "/rates/0/unit"},
    {"[{'values':{},'price':{'model':'flat','amount':'1'}}]",
     "/rates/0/price/model"},
    {"[{'values':{},'price':{'model':'per_unit','unit':'1','asset':'EUR'}}]",
     "/rates/0/price"},
    {"[{'values':{},'price':{'model':'per_unit','unit':'x'}}]",
     "/rates/0/price/unit"},
  };
  bl_price p;

  for (size_t i = 0; i < BL_COUNT(refused); i++) {
    ck_assert_int_eq(read_matrix(refused[i][0], &p), BILLING_INVALID);
    ck_assert_str_eq(doc_err.path, refused[i][1]);
  }
}
END_TEST

Suite *test_catalog_rates(void) {
  Suite *s = suite_create("catalog_rates");
  TCase *c = tcase_create("rates");

  tcase_add_checked_fixture(c, documents_open, documents_close);
  tcase_add_test(c, the_example_is_read_the_most_specific_first);
  tcase_add_test(c, wrong_rates_are_refused_at_their_path);
  suite_add_tcase(s, c);
  return s;
}
