/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "catalog/field.h"
#include "documents.h"

Suite *test_catalog_filter(void);

typedef struct bag {
  bl_filter *filters;
  size_t     count;
} bag;

static int read_filters(const char *json, bag *out) {
  static const bl_field field = {.at = offsetof(bag, filters),
                                 .beside = offsetof(bag, count)};
  bl_json *doc = J(json);
  bl_reader r = bl_reader_top("/filters", &doc_arena, &doc_err);

  memset(out, 0, sizeof *out);
  return bl_value_filters(&r, &field, doc, out);
}

START_TEST(each_test_is_read) {
  bag b;

  ck_assert_int_eq(read_filters("[{'property':'region','in':['eu','us']},"
                                "{'property':'tier','not_in':['free']},"
                                "{'property':'model','exists':true},"
                                "{'property':'model','exists':false}]", &b),
                   0);
  ck_assert_uint_eq(b.count, 4);
  ck_assert_uint_eq(b.filters[0].test, BL_FILTER_IN);
  ck_assert_text_eq(b.filters[0].property, "region");
  ck_assert_uint_eq(b.filters[0].value_count, 2);
  ck_assert_text_eq(b.filters[0].values[1], "us");
  ck_assert_uint_eq(b.filters[1].test, BL_FILTER_NOT_IN);
  ck_assert_uint_eq(b.filters[2].test, BL_FILTER_EXISTS);
  ck_assert_uint_eq(b.filters[3].test, BL_FILTER_ABSENT);
}
END_TEST

START_TEST(values_are_kept_as_texts) {
  bag b;

  ck_assert_int_eq(read_filters("[{'property':'p','in':"
                                "[5,5.0,'5',true,false,'']}]", &b), 0);
  ck_assert_text_eq(b.filters[0].values[0], "5");
  ck_assert_text_eq(b.filters[0].values[1], "5.0");
  ck_assert_text_eq(b.filters[0].values[2], "5");
  ck_assert_text_eq(b.filters[0].values[3], "true");
  ck_assert_text_eq(b.filters[0].values[4], "false");
  ck_assert_text_eq(b.filters[0].values[5], "");
}
END_TEST

static const struct refusal {
  const char *json;
  const char *path;
} refusals[] = {
  {"{}", "/filters"},
  {"[7]", "/filters/0"},
  {"[{'in':['a']}]", "/filters/0/property"},
  {"[{'property':'p'}]", "/filters/0"},
  {"[{'property':'p','in':['a'],'exists':true}]", "/filters/0"},
  {"[{'property':'p','in':[]}]", "/filters/0/in"},
  {"[{'property':'p','in':'a'}]", "/filters/0/in"},
  {"[{'property':'p','not_in':['a',null]}]", "/filters/0/not_in/1"},
  {"[{'property':'p','in':[['a']]}]", "/filters/0/in/0"},
  {"[{'property':'p','exists':'yes'}]", "/filters/0/exists"},
  {"[{'property':'p','is':'a'}]", "/filters/0/is"},
};

START_TEST(wrong_filters_are_refused_at_their_path) {
  bag b;

  ck_assert_int_eq(read_filters(refusals[_i].json, &b), BILLING_INVALID);
  ck_assert_str_eq(doc_err.path, refusals[_i].path);
}
END_TEST

START_TEST(no_filters_are_fine) {
  bag b;

  ck_assert_int_eq(read_filters("[]", &b), 0);
  ck_assert_uint_eq(b.count, 0);
}
END_TEST

Suite *test_catalog_filter(void) {
  Suite *s = suite_create("catalog_filter");
  TCase *c = documents_case(s);

  tcase_add_test(c, each_test_is_read);
  tcase_add_test(c, values_are_kept_as_texts);
  tcase_add_loop_test(c, wrong_filters_are_refused_at_their_path, 0,
                      (int)BL_COUNT(refusals));
  tcase_add_test(c, no_filters_are_fine);
  return s;
}
