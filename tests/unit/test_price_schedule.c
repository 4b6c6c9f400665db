/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "price/terms.h"
#include "unit.h"

Suite *test_price_schedule(void);

static bl_named eu = {{"region", 6}, {"eu", 2}};
static bl_named us = {{"region", 6}, {"us", 2}};

/* The rate in a region at a moment; "none". */
static const char *rate_at(bl_named *region, int64_t at, int exact) {
  static char out[BL_DEC_TEXT];
  bl_dated_rate rates[] = {
    {.price = BL_STR("reads"), .values = {&eu, 1}, .span = {0, 100},
     .unit = D("1")},
    {.price = BL_STR("reads"), .values = {&eu, 1},
     .span = {50, BL_TIME_NEVER}, .unit = D("1.2")},
    {.price = BL_STR("reads"), .span = {0, BL_TIME_NEVER}, .unit = D("9")},
    {.price = BL_STR("writes"), .span = {0, BL_TIME_NEVER}, .unit = D("7")},
  };
  bl_named_list values = {region, 1};
  const bl_dated_rate *rate = bl_schedule_find(rates, BL_COUNT(rates),
                                               BL_STR("reads"), &values, at,
                                               exact);

  if (!rate) return "none";
  bl_dec_print(rate->unit, out);
  return out;
}

START_TEST(a_later_row_supersedes_from_its_first_instant) {
  ck_assert_str_eq(rate_at(&eu, 49, 0), "1");
  ck_assert_str_eq(rate_at(&eu, 50, 0), "1.2");
  ck_assert_str_eq(rate_at(&eu, 100, 0), "1.2");
}
END_TEST

START_TEST(values_that_are_named_come_before_any) {
  ck_assert_str_eq(rate_at(&us, 10, 0), "9");
  ck_assert_str_eq(rate_at(&us, 10, 1), "none");
  ck_assert_str_eq(rate_at(&eu, -1, 0), "none");
}
END_TEST

Suite *test_price_schedule(void) {
  Suite *s = suite_create("price_schedule");
  TCase *c = tcase_create("schedule");

  tcase_add_test(c, a_later_row_supersedes_from_its_first_instant);
  tcase_add_test(c, values_that_are_named_come_before_any);
  suite_add_tcase(s, c);
  return s;
}
