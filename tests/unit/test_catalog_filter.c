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

START_TEST(ranges_are_read_with_their_open_ends) {
  bag b;

  ck_assert_int_eq(read_filters("[{'property':'n','more_than':'-1.5'},"
                                "{'property':'n','at_least':1,'at_most':1},"
                                "{'before':'1970-01-02'}]", &b), 0);
  ck_assert_uint_eq(b.filters[0].test, BL_FILTER_NUMBER);
  ck_assert_uint_eq(b.filters[0].bounds, BL_FILTER_ABOVE);
  ck_assert_dec_eq(b.filters[0].low, "-1.5");
  ck_assert(bl_dec_is_max(b.filters[0].high));
  ck_assert_uint_eq(b.filters[1].bounds, 0);
  ck_assert_dec_eq(b.filters[1].low, "1");
  ck_assert_dec_eq(b.filters[1].high, "1");
  ck_assert_uint_eq(b.filters[2].test, BL_FILTER_TIME);
  ck_assert_uint_eq(b.filters[2].property.len, 0);
  ck_assert_int_eq(b.filters[2].times.from_us, INT64_MIN);
  ck_assert_int_eq(b.filters[2].times.to_us, INT64_C(86400000000));
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
  {"[{'property':'p','at_least':'many'}]", "/filters/0/at_least"},
  {"[{'property':'p','since':'soon'}]", "/filters/0/since"},
  {"[{'property':'p','at_least':1,'more_than':1}]", "/filters/0"},
  {"[{'property':'p','at_most':1,'less_than':1}]", "/filters/0"},
  {"[{'property':'p','at_least':1,'since':1}]", "/filters/0"},
  {"[{'property':'p','at_least':1,'in':['a']}]", "/filters/0"},
  {"[{'property':'p','at_least':2,'at_most':1}]", "/filters/0"},
  {"[{'property':'p','at_least':1,'less_than':1}]", "/filters/0"},
  {"[{'property':'p','since':5,'before':5}]", "/filters/0"},
  {"[{'exists':true}]", "/filters/0/property"},
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
  tcase_add_test(c, ranges_are_read_with_their_open_ends);
  tcase_add_loop_test(c, wrong_filters_are_refused_at_their_path, 0,
                      (int)BL_COUNT(refusals));
  tcase_add_test(c, no_filters_are_fine);
  return s;
}
