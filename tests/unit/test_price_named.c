/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "price/terms.h"
#include "unit.h"

Suite *test_price_named(void);

START_TEST(what_is_asked_for_lies_within_what_is_given) {
  bl_named both[] = {{BL_STR("region"), BL_STR("eu")},
                     {BL_STR("cloud"), BL_STR("a")}};
  bl_named other[] = {{BL_STR("region"), BL_STR("us")}};
  bl_named_list given = {both, 2}, region = {both, 1}, none = {NULL, 0};
  bl_named_list us = {other, 1};

  ck_assert(bl_named_within(&region, &given));
  ck_assert(!bl_named_within(&given, &region));
  ck_assert(bl_named_within(&none, &given));
  ck_assert(!bl_named_within(&us, &given));
}
END_TEST

Suite *test_price_named(void) {
  Suite *s = suite_create("price_named");
  TCase *c = tcase_create("named");

  tcase_add_test(c, what_is_asked_for_lies_within_what_is_given);
  suite_add_tcase(s, c);
  return s;
}
