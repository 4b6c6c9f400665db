/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "catalog/field.h"
#include "documents.h"

Suite *test_catalog_convert(void);

static int read_convert(const char *json, bl_convert *out) {
  static const bl_field field = {.name = "convert"};
  bl_reader r = bl_reader_top("/convert", &doc_arena, &doc_err);

  return bl_value_convert(&r, &field, J(json), out);
}

START_TEST(every_member_is_read) {
  bl_convert c;

  ck_assert_int_eq(read_convert("{'operation':'divide','by':'1000',"
                                "'round':'up','places':-2}", &c), 0);
  ck_assert_uint_eq(c.divides, 1);
  ck_assert_dec_eq(c.by, "1000");
  ck_assert_uint_eq(c.round, BL_CONVERT_UP);
  ck_assert_int_eq(c.places, -2);
}
END_TEST

START_TEST(nothing_said_changes_nothing) {
  bl_convert c;

  ck_assert_int_eq(read_convert("{}", &c), 0);
  ck_assert_uint_eq(c.divides, 0);
  ck_assert_dec_eq(c.by, "1");
  ck_assert_uint_eq(c.round, BL_CONVERT_NONE);
}
END_TEST

static const struct refusal {
  const char *json;
  const char *path;
} refusals[] = {
  {"[]", "/convert"},
  {"{'operation':'add'}", "/convert/operation"},
  {"{'by':'0'}", "/convert/by"},
  {"{'by':'-1'}", "/convert/by"},
  {"{'round':'nearest'}", "/convert/round"},
  {"{'places':19}", "/convert/places"},
  {"{'places':-21}", "/convert/places"},
  {"{'factor':1}", "/convert/factor"},
};

START_TEST(wrong_conversions_are_refused_at_their_path) {
  bl_convert c;

  ck_assert_int_eq(read_convert(refusals[_i].json, &c), BILLING_INVALID);
  ck_assert_str_eq(doc_err.path, refusals[_i].path);
}
END_TEST

Suite *test_catalog_convert(void) {
  Suite *s = suite_create("catalog_convert");
  TCase *c = documents_case(s);

  tcase_add_test(c, every_member_is_read);
  tcase_add_test(c, nothing_said_changes_nothing);
  tcase_add_loop_test(c, wrong_conversions_are_refused_at_their_path, 0,
                      (int)BL_COUNT(refusals));
  return s;
}
