/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <stdio.h>

#include "documents.h"
#include "price/terms.h"

Suite *test_price_same(void);

static bl_price plan_price(const char *json) {
  bl_plan plan;
  char text[1000];

  snprintf(text, sizeof text, "{'id':'p','currency':'USD','prices':[%s]}",
           json);
  ck_assert_int_eq(bl_catalog_read_plan(J(text), "", &doc_arena, &plan,
                                        &doc_err), 0);
  return plan.prices[0];
}

/* Each row is another price than each other row. */
static const char *const rows[] = {
  "{'id':'x','meter':'m','model':'per_unit','unit':'0.1'}",
  "{'id':'y','meter':'m','model':'per_unit','unit':'0.1'}",
  "{'id':'x','meter':'n','model':'per_unit','unit':'0.1'}",
  "{'id':'x','meter':'m','model':'per_unit','unit':'0.2'}",
  "{'id':'x','meter':'m','model':'per_unit','unit':'0.1','per':'10'}",
  "{'id':'x','meter':'m','model':'per_unit','unit':'0.1','free':'1'}",
  "{'id':'x','meter':'m','model':'per_unit','unit':'0.1','maximum':'9'}",
  "{'id':'x','meter':'m','model':'per_unit','unit':'0.1','asset':'EUR'}",
  "{'id':'x','meter':'m','model':'per_unit','unit':'0.1','tags':['t']}",
  "{'id':'x','meter':'m','model':'per_unit','unit':'0.1','groups':['g']}",
  "{'id':'x','meter':'m','model':'per_unit','unit':'0.1','filters':["
    "{'property':'a','exists':true}]}",
  "{'id':'x','meter':'m','model':'volume','tiers':[{'unit':'0.1'}]}",
  "{'id':'x','meter':'m','model':'graduated','tiers':[{'unit':'0.1'}]}",
  "{'id':'x','meter':'m','model':'graduated','tiers':[{'unit':'0.1',"
    "'flat':'1'}]}",
  "{'id':'x','meter':'m','model':'graduated','tiers':[{'up_to':'5',"
    "'unit':'0.1'},{'unit':'0.1'}]}",
  "{'id':'x','meter':'m','model':'matrix','groups':['g'],'rates':["
    "{'values':{'g':'a'},'unit':'1'}]}",
  "{'id':'x','meter':'m','model':'matrix','groups':['g'],'rates':["
    "{'values':{'g':'b'},'unit':'1'}]}",
  "{'id':'x','meter':'m','model':'matrix','groups':['g'],'rates':["
    "{'values':{'g':'a'},'unit':'2'}]}",
  "{'id':'x','meter':'m','model':'matrix','groups':['g'],'rates':["
    "{'values':{},'unit':'1'}]}",
  "{'id':'x','model':'flat','amount':'1'}",
  "{'id':'x','model':'flat','amount':'2'}",
  "{'id':'x','model':'flat','amount':'1','timing':'advance'}",
  "{'id':'x','model':'flat','amount':'1','quantity':'seats'}",
};

START_TEST(only_what_says_the_same_is_the_same) {
  for (size_t i = 0; i < BL_COUNT(rows); i++) {
    bl_price a = plan_price(rows[i]);
    for (size_t k = 0; k < BL_COUNT(rows); k++) {
      bl_price p = plan_price(rows[k]);
      ck_assert_msg(bl_price_same(&a, &p) == (i == k), "%s and %s", rows[i],
                    rows[k]);
    }
  }
}
END_TEST

START_TEST(a_name_makes_no_difference) {
  bl_price a = plan_price("{'id':'x','name':'Old','model':'flat',"
                          "'amount':'1'}");
  bl_price p = plan_price("{'id':'x','name':'New','model':'flat',"
                          "'amount':'1.00'}");

  ck_assert(bl_price_same(&a, &p));
}
END_TEST

Suite *test_price_same(void) {
  Suite *s = suite_create("price_same");
  TCase *c = documents_case(s);

  tcase_add_test(c, only_what_says_the_same_is_the_same);
  tcase_add_test(c, a_name_makes_no_difference);
  return s;
}
