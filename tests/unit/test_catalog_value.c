/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "catalog/field.h"
#include "documents.h"

Suite *test_catalog_value(void);

typedef struct box {
  bl_str   text;
  bl_dec   dec;
  bl_str  *items;
  size_t   count;
  int64_t  wide;
  int32_t  whole;
  uint32_t choice;
  char     asset[16];
} box;

static const char *const colours[] = {"red", "green", NULL};

static const bl_field box_fields[] = {
  {.name = "id", .read = bl_value_id, .at = offsetof(box, text)},
  {.name = "text", .read = bl_value_label, .high = 5,
   .at = offsetof(box, text)},
  {.name = "asset", .read = bl_value_asset, .at = offsetof(box, asset)},
  {.name = "amount", .read = bl_value_amount, .at = offsetof(box, dec)},
  {.name = "positive", .read = bl_value_positive, .at = offsetof(box, dec)},
  {.name = "whole", .read = bl_value_whole, .low = 1, .high = 100,
   .at = offsetof(box, whole)},
  {.name = "wide", .read = bl_value_whole64, .low = -1, .high = INT32_MAX,
   .at = offsetof(box, wide)},
  {.name = "choice", .read = bl_value_choice, .words = colours,
   .at = offsetof(box, choice)},
  {.name = "ids", .read = bl_value_ids, .low = 1, .high = 3,
   .at = offsetof(box, items), .beside = offsetof(box, count)},
};
static const bl_shape box_shape = {"a box", box_fields, BL_COUNT(box_fields)};

static int read_box(const char *json, box *out) {
  bl_json *doc = J(json);
  bl_reader r = bl_reader_top("", &doc_arena, &doc_err);

  memset(out, 0, sizeof *out);
  return bl_shape_read(&box_shape, &r, doc, 0, out);
}

START_TEST(each_kind_of_value_is_read) {
  box b;

  ck_assert_int_eq(read_box("{'id':'a b','asset':'gpu_h','amount':'0',"
                            "'whole':100,'wide':-1,'choice':'green',"
                            "'ids':['x','y']}", &b), 0);
  ck_assert_text_eq(b.text, "a b");
  ck_assert_str_eq(b.asset, "gpu_h");
  ck_assert_dec_eq(b.dec, "0");
  ck_assert_int_eq(b.whole, 100);
  ck_assert_int_eq(b.wide, -1);
  ck_assert_uint_eq(b.choice, 1);
  ck_assert_uint_eq(b.count, 2);
  ck_assert_text_eq(b.items[1], "y");
  ck_assert_int_eq(read_box("{'text':''}", &b), 0);
  ck_assert_uint_eq(b.text.len, 0);
}
END_TEST

START_TEST(decimals_come_as_numbers_or_texts_and_stay_exact) {
  box b;

  ck_assert_int_eq(read_box("{'amount':0.1}", &b), 0);
  ck_assert_dec_eq(b.dec, "0.1");
  ck_assert_int_eq(read_box("{'positive':'0.000000000000000001'}", &b), 0);
  ck_assert_dec_eq(b.dec, "0.000000000000000001");
}
END_TEST

static const struct refusal {
  const char *json;
  int         rc;
  const char *path;
} refusals[] = {
  {"{'id':''}", BILLING_INVALID, "/id"},
  {"{'id':5}", BILLING_INVALID, "/id"},
  {"{'id':'a\\nb'}", BILLING_INVALID, "/id"},
  {"{'text':'123456'}", BILLING_INVALID, "/text"},
  {"{'text':'a\\tb'}", BILLING_INVALID, "/text"},
  {"{'text':true}", BILLING_INVALID, "/text"},
  {"{'asset':'usd/'}", BILLING_INVALID, "/asset"},
  {"{'asset':'XXQ'}", BILLING_INVALID, "/asset"},
  {"{'asset':7}", BILLING_INVALID, "/asset"},
  {"{'amount':'-0.01'}", BILLING_INVALID, "/amount"},
  {"{'amount':'1,5'}", BILLING_INVALID, "/amount"},
  {"{'amount':'0.0000000000000000001'}", BILLING_INVALID, "/amount"},
  {"{'amount':true}", BILLING_INVALID, "/amount"},
  {"{'positive':'0'}", BILLING_INVALID, "/positive"},
  {"{'positive':[]}", BILLING_INVALID, "/positive"},
  {"{'whole':0}", BILLING_INVALID, "/whole"},
  {"{'whole':101}", BILLING_INVALID, "/whole"},
  {"{'whole':1.5}", BILLING_INVALID, "/whole"},
  {"{'whole':'5'}", BILLING_INVALID, "/whole"},
  {"{'whole':4294967297}", BILLING_INVALID, "/whole"},
  {"{'choice':'blue'}", BILLING_INVALID, "/choice"},
  {"{'choice':1}", BILLING_INVALID, "/choice"},
  {"{'ids':[]}", BILLING_INVALID, "/ids"},
  {"{'ids':'x'}", BILLING_INVALID, "/ids"},
  {"{'ids':['a','b','c','d']}", BILLING_LIMIT, "/ids"},
  {"{'ids':['a','']}", BILLING_INVALID, "/ids/1"},
  {"{'ids':['a',null]}", BILLING_INVALID, "/ids/1"},
  {"{'ids':['a','b','a']}", BILLING_INVALID, "/ids/2"},
};

START_TEST(wrong_values_are_refused_at_their_path) {
  const struct refusal *r = &refusals[_i];
  box b;

  ck_assert_int_eq(read_box(r->json, &b), r->rc);
  ck_assert_str_eq(doc_err.path, r->path);
  ck_assert_int_ne(doc_err.message[0], '\0');
}
END_TEST

START_TEST(a_hint_lists_the_words_that_would_be_right) {
  box b;

  ck_assert_int_eq(read_box("{'choice':'blue'}", &b), BILLING_INVALID);
  ck_assert_str_eq(doc_err.hint, "red, green");
  ck_assert_str_eq(doc_err.message, "blue is not known here");
}
END_TEST

START_TEST(texts_are_copied_so_that_the_tree_may_go) {
  bl_json *doc = NULL;
  box b = {0};
  bl_reader r = bl_reader_top("", &doc_arena, &doc_err);

  ck_assert_int_eq(bl_json_read("{\"id\":\"kept\"}", 13, &doc, NULL), 0);
  ck_assert_int_eq(bl_shape_read(&box_shape, &r, doc, 0, &b), 0);
  bl_json_free(doc);
  ck_assert_str_eq(b.text.text, "kept");
}
END_TEST

Suite *test_catalog_value(void) {
  Suite *s = suite_create("catalog_value");
  TCase *c = documents_case(s);

  tcase_add_test(c, each_kind_of_value_is_read);
  tcase_add_test(c, decimals_come_as_numbers_or_texts_and_stay_exact);
  tcase_add_loop_test(c, wrong_values_are_refused_at_their_path, 0,
                      (int)BL_COUNT(refusals));
  tcase_add_test(c, a_hint_lists_the_words_that_would_be_right);
  tcase_add_test(c, texts_are_copied_so_that_the_tree_may_go);
  return s;
}
