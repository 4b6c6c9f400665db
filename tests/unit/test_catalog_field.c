/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "catalog/field.h"
#include "documents.h"

Suite *test_catalog_field(void);

/* A shape with two forms: 0 has a and b, 1 has a and c, which it needs. */
typedef struct toy {
  bl_str a;
  bl_str b;
  bl_str c;
} toy;

static const bl_field toy_fields[] = {
  {.name = "a", .read = bl_value_id, .needed = BL_ALWAYS,
   .hint = "any letter", .at = offsetof(toy, a)},
  {.name = "b", .read = bl_value_id, .forms = 1, .at = offsetof(toy, b)},
  {.name = "c", .read = bl_value_id, .forms = 2, .needed = 2,
   .at = offsetof(toy, c)},
};
static const bl_shape toy_shape = {"a toy", toy_fields, BL_COUNT(toy_fields)};

static int read_toy(const char *json, uint32_t form, toy *out) {
  bl_json *doc = J(json);
  bl_reader r = bl_reader_top("", &doc_arena, &doc_err);

  memset(out, 0, sizeof *out);
  return bl_shape_read(&toy_shape, &r, doc, form, out);
}

START_TEST(an_unknown_member_is_refused_with_the_names_that_are_known) {
  bl_meter meter;
  bl_json *doc = J("{'id':'calls','evnt':'call'}");

  ck_assert_int_eq(bl_catalog_read_meter(doc, "", &doc_arena, &meter,
                                         &doc_err), BILLING_INVALID);
  ck_assert_str_eq(doc_err.path, "/evnt");
  ck_assert_str_eq(doc_err.message, "a meter has no member evnt");
  ck_assert_str_eq(doc_err.hint, "it has id, name, event, aggregation, "
                                 "property, expression, operation, "
                                 "percentile, method, recurring, reading, "
                                 "per, proration, negative, unusable, "
                                 "convert, effective, filters, groups, sql, "
                                 "properties, tick");
}
END_TEST

START_TEST(a_member_of_another_form_is_refused) {
  toy t;

  ck_assert_int_eq(read_toy("{'a':'x','c':'y'}", 0, &t), BILLING_INVALID);
  ck_assert_str_eq(doc_err.path, "/c");
  ck_assert_str_eq(doc_err.message, "a toy of this model has no member c");
  ck_assert_str_eq(doc_err.hint, "it has a, b");
  ck_assert_int_eq(read_toy("{'a':'x','c':'y'}", 1, &t), 0);
  ck_assert_text_eq(t.c, "y");
}
END_TEST

START_TEST(what_is_needed_must_be_there_and_null_is_not) {
  toy t;

  ck_assert_int_eq(read_toy("{'b':'x'}", 0, &t), BILLING_INVALID);
  ck_assert_str_eq(doc_err.path, "/a");
  ck_assert_str_eq(doc_err.message, "a is missing");
  ck_assert_str_eq(doc_err.hint, "any letter");
  ck_assert_int_eq(read_toy("{'a':null}", 0, &t), BILLING_INVALID);
  ck_assert_int_eq(read_toy("{'a':'x'}", 1, &t), BILLING_INVALID);
  ck_assert_str_eq(doc_err.path, "/c");
}
END_TEST

START_TEST(an_optional_member_that_is_null_counts_as_left_out) {
  toy t;

  ck_assert_int_eq(read_toy("{'a':'x','b':null}", 0, &t), 0);
  ck_assert_ptr_null(t.b.text);
}
END_TEST

START_TEST(what_is_not_an_object_is_refused) {
  toy t;

  ck_assert_int_eq(read_toy("['a']", 0, &t), BILLING_INVALID);
  ck_assert_str_eq(doc_err.path, "");
  ck_assert_str_eq(doc_err.message, "a toy is an object");
}
END_TEST

START_TEST(an_open_shape_leaves_unknown_members_to_the_host) {
  toy t = {0};
  bl_json *doc = J("{'a':'x','z':[1]}");
  bl_reader r = bl_reader_top("", &doc_arena, &doc_err);

  ck_assert_int_eq(bl_shape_read_open(&toy_shape, &r, doc, &t), 0);
  ck_assert_text_eq(t.a, "x");
  r = bl_reader_top("", &doc_arena, &doc_err);
  ck_assert_int_eq(bl_shape_read_open(&toy_shape, &r, J("7"), &t),
                   BILLING_INVALID);
}
END_TEST

START_TEST(paths_join_the_prefix_names_and_places_and_are_escaped) {
  bl_reader top = bl_reader_top("/plans/3", NULL, &doc_err);
  bl_reader list = bl_reader_member(&top, "a/b~c");
  bl_reader item = bl_reader_item(&list, 12);

  ck_assert_int_eq(bl_reader_fail(&item, BILLING_INVALID, NULL, "no"),
                   BILLING_INVALID);
  ck_assert_str_eq(doc_err.path, "/plans/3/a~1b~0c/12");
  ck_assert_str_eq(doc_err.message, "no");
}
END_TEST

START_TEST(a_path_that_is_too_long_ends_where_it_was_cut) {
  char longer[BL_PATH_SIZE + 10];
  bl_reader top, name, item;

  memset(longer, 'x', sizeof longer);
  longer[sizeof longer - 1] = '\0';
  top  = bl_reader_top("/a", NULL, &doc_err);
  name = bl_reader_member(&top, longer);
  item = bl_reader_item(&name, 1);
  (void)bl_reader_fail(&item, BILLING_INVALID, NULL, "no");
  ck_assert_uint_eq(strlen(doc_err.path), BL_PATH_SIZE - 1);
  ck_assert_int_eq(doc_err.path[BL_PATH_SIZE - 2], 'x');

  BILLING_INIT(&doc_err);
  top  = bl_reader_top(longer, NULL, &doc_err);
  name = bl_reader_member(&top, "b");
  (void)bl_reader_fail(&name, BILLING_INVALID, NULL, "no");
  ck_assert_int_eq(doc_err.path[BL_PATH_SIZE - 2], 'x');
}
END_TEST

START_TEST(memory_that_runs_out_is_said) {
  bl_reader top = bl_reader_top("", NULL, &doc_err);

  ck_assert_int_eq(bl_reader_nomem(&top), BILLING_NOMEM);
  ck_assert_int_eq(doc_err.code, BILLING_NOMEM);
}
END_TEST

Suite *test_catalog_field(void) {
  Suite *s = suite_create("catalog_field");
  TCase *c = documents_case(s);

  tcase_add_test(c,
    an_unknown_member_is_refused_with_the_names_that_are_known);
  tcase_add_test(c, a_member_of_another_form_is_refused);
  tcase_add_test(c, what_is_needed_must_be_there_and_null_is_not);
  tcase_add_test(c, an_optional_member_that_is_null_counts_as_left_out);
  tcase_add_test(c, what_is_not_an_object_is_refused);
  tcase_add_test(c, an_open_shape_leaves_unknown_members_to_the_host);
  tcase_add_test(c, paths_join_the_prefix_names_and_places_and_are_escaped);
  tcase_add_test(c, a_path_that_is_too_long_ends_where_it_was_cut);
  tcase_add_test(c, memory_that_runs_out_is_said);
  return s;
}
