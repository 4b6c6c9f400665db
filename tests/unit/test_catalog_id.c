/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "catalog/catalog.h"
#include "unit.h"

Suite *test_catalog_id(void);

START_TEST(an_id_is_1_to_200_bytes_that_show_themselves) {
  ck_assert(bl_catalog_id_is_valid(BL_STR("acme")));
  ck_assert(bl_catalog_id_is_valid(BL_STR("a b")));
  ck_assert(bl_catalog_id_is_valid(BL_STR("\xc3\x84/1")));
  ck_assert(!bl_catalog_id_is_valid(BL_STR("")));
  ck_assert(!bl_catalog_id_is_valid(BL_STR("a\nb")));
  ck_assert(!bl_catalog_id_is_valid((bl_str){NULL, 0}));
}
END_TEST

START_TEST(the_length_counts_bytes) {
  char text[201];

  memset(text, 'x', sizeof text);
  ck_assert(bl_catalog_id_is_valid((bl_str){text, 200}));
  ck_assert(!bl_catalog_id_is_valid((bl_str){text, 201}));
}
END_TEST

START_TEST(control_characters_of_ascii_and_latin_1_are_refused) {
  ck_assert(!bl_catalog_id_is_valid(BL_STR("a\x1f")));
  ck_assert(!bl_catalog_id_is_valid(BL_STR("a\x7f")));
  ck_assert(!bl_catalog_id_is_valid((bl_str){"a\0b", 3}));
  ck_assert(!bl_catalog_id_is_valid(BL_STR("\xc2\x80")));
  ck_assert(!bl_catalog_id_is_valid(BL_STR("\xc2\x9f")));
  ck_assert(bl_catalog_id_is_valid(BL_STR("\xc2\xa0")));
  ck_assert(bl_catalog_id_is_valid(BL_STR("\xc3\x80")));
}
END_TEST

START_TEST(what_is_not_utf_8_is_refused) {
  ck_assert(!bl_catalog_id_is_valid(BL_STR("\xc2")));
  ck_assert(!bl_catalog_id_is_valid(BL_STR("a\xff")));
  ck_assert(!bl_catalog_id_is_valid(BL_STR("\xed\xa0\x80")));
  ck_assert(!bl_catalog_id_is_valid(BL_STR("\xc0\xaf")));
}
END_TEST

START_TEST(plain_text_may_be_empty_and_long) {
  char text[5000];

  memset(text, 'x', sizeof text);
  ck_assert(bl_catalog_is_plain(BL_STR("")));
  ck_assert(bl_catalog_is_plain((bl_str){text, sizeof text}));
  text[4999] = '\r';
  ck_assert(!bl_catalog_is_plain((bl_str){text, sizeof text}));
}
END_TEST

Suite *test_catalog_id(void) {
  Suite *s = suite_create("catalog_id");
  TCase *c = tcase_create("all");

  tcase_add_test(c, an_id_is_1_to_200_bytes_that_show_themselves);
  tcase_add_test(c, the_length_counts_bytes);
  tcase_add_test(c, control_characters_of_ascii_and_latin_1_are_refused);
  tcase_add_test(c, what_is_not_utf_8_is_refused);
  tcase_add_test(c, plain_text_may_be_empty_and_long);
  suite_add_tcase(s, c);
  return s;
}
