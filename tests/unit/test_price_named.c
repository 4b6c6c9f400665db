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

START_TEST(words_are_had_any_or_all) {
  bl_str ab[] = {BL_STR("a"), BL_STR("b")}, bc[] = {BL_STR("b"), BL_STR("c")};
  bl_words two = {ab, 2}, others = {bc, 2}, one = {ab, 1}, none = {NULL, 0};

  ck_assert(bl_words_have(&two, BL_STR("b")));
  ck_assert(!bl_words_have(&two, BL_STR("c")));
  ck_assert(bl_words_have_any(&two, &others));
  ck_assert(!bl_words_have_all(&two, &others));
  ck_assert(bl_words_have_all(&two, &one));
  ck_assert(bl_words_have_all(&two, &none));
  ck_assert(!bl_words_have_any(&two, &none));
}
END_TEST

Suite *test_price_named(void) {
  Suite *s = suite_create("price_named");
  TCase *c = tcase_create("named");

  tcase_add_test(c, what_is_asked_for_lies_within_what_is_given);
  tcase_add_test(c, words_are_had_any_or_all);
  suite_add_tcase(s, c);
  return s;
}
