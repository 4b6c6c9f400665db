/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "catalog/field.h"
#include "unit.h"

Suite *test_catalog_words(void);

START_TEST(words_stand_where_their_constants_say) {
  ck_assert_int_eq(bl_catalog_word(bl_aggregation_words, BL_STR("latest")),
                   BL_AGG_LATEST);
  ck_assert_int_eq(bl_catalog_word(bl_model_words, BL_STR("volume")),
                   BL_MODEL_VOLUME);
  ck_assert_int_eq(bl_catalog_word(bl_timing_words, BL_STR("advance")),
                   BL_TIMING_ADVANCE);
  ck_assert_int_eq(bl_catalog_word(bl_proration_words,
                                   BL_STR("days_half_open")),
                   BL_PRORATE_DAYS);
  ck_assert_int_eq(bl_catalog_word(bl_unit_words, BL_STR("year")),
                   BL_UNIT_YEAR);
  ck_assert_int_eq(bl_catalog_word(bl_order_words, BL_STR("number")),
                   BL_ORDER_NUMBER);
  ck_assert_ptr_null(bl_order_words[BL_ORDER_KEYS]);
}
END_TEST

START_TEST(other_words_have_no_place) {
  ck_assert_int_eq(bl_catalog_word(bl_model_words, BL_STR("Volume")), -1);
  ck_assert_int_eq(bl_catalog_word(bl_model_words, BL_STR("")), -1);
  ck_assert_int_eq(bl_catalog_word(bl_model_words, BL_STR("volumes")), -1);
}
END_TEST

START_TEST(a_list_of_words_is_never_cut_inside_one) {
  char list[BL_HINT_SIZE] = "it has ";
  char word[200];

  memset(word, 'w', sizeof word);
  word[sizeof word - 1] = '\0';
  bl_words_add(list, "id");
  bl_words_add(list, "name");
  ck_assert_str_eq(list, "it has id, name");
  bl_words_add(list, word);
  bl_words_add(list, word);
  bl_words_add(list, "end");
  ck_assert_uint_eq(strlen(list), 15 + 2 + 199 + 5);
  ck_assert_str_eq(list + 216, ", end");
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

Suite *test_catalog_words(void) {
  Suite *s = suite_create("catalog_words");
  TCase *c = tcase_create("all");

  tcase_add_test(c, words_stand_where_their_constants_say);
  tcase_add_test(c, other_words_have_no_place);
  tcase_add_test(c, a_list_of_words_is_never_cut_inside_one);
  tcase_add_test(c, words_are_had_any_or_all);
  suite_add_tcase(s, c);
  return s;
}
