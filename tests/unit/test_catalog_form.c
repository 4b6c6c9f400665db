/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "catalog/form.h"
#include "documents.h"

Suite *test_catalog_form(void);

static int read_form(const char *json, bl_form *out) {
  return bl_form_read(J(json), &doc_arena, out, &doc_err);
}

START_TEST(a_form_is_read_and_finds_its_columns) {
  bl_str header[] = {BL_STR("at"), BL_STR("account"), BL_STR("ContextTokens"),
                     BL_STR("GeneratedTokens")};
  bl_form f;

  ck_assert_int_eq(read_form(
      "{'format':'csv','fields':{'customer':'account','time':'at'},"
      "'events':[{'event':'input','fields':{'value':'ContextTokens'}},"
      "{'event':'output','fields':{'value':'#4'}}],"
      "'key_prefix':'trace'}", &f), 0);
  ck_assert_int_eq(bl_form_bind(&f, header, 4, &doc_arena, &doc_err), 0);
  ck_assert_uint_eq(bl_form_fan(&f), 2);
  ck_assert_uint_eq(f.cells.item[0].use, BL_CELL_CUSTOMER);
  ck_assert_uint_eq(f.cells.item[0].column, 1);
  ck_assert_uint_eq(f.cells.item[1].column, 0);
  ck_assert_uint_eq(f.events[0].cells.item[0].column, 2);
  ck_assert_uint_eq(f.events[1].cells.item[0].column, 3);
}
END_TEST

START_TEST(columns_without_fields_say_what_they_are) {
  bl_str header[] = {BL_STR("key"), BL_STR("customer"),
                     BL_STR("properties.model")};
  bl_form f;

  ck_assert_int_eq(read_form("{'format':'csv','set':{'event':'llm'}}", &f),
                   0);
  ck_assert_int_eq(bl_form_bind(&f, header, 3, &doc_arena, &doc_err), 0);
  ck_assert_uint_eq(f.cells.count, 4);
  ck_assert_uint_eq(f.cells.item[3].use, BL_CELL_PROPERTY);
  ck_assert_msg(bl_str_is(f.cells.item[3].property, "model"), "model");
}
END_TEST

START_TEST(no_form_is_lines_of_json) {
  bl_form f;

  ck_assert_int_eq(bl_form_read(NULL, &doc_arena, &f, &doc_err), 0);
  ck_assert_uint_eq(f.format, BL_FORM_NDJSON);
}
END_TEST

static const struct form_refusal {
  const char *json;
  const char *path;
} form_refusals[] = {
  {"[]", ""},
  {"{'format':'xml'}", "/format"},
  {"{'columns':{}}", "/columns"},
  {"{'format':'csv','separator':';;'}", "/separator"},
  {"{'format':'csv','quote':'\\n'}", "/quote"},
  {"{'format':'csv','separator':';','quote':';'}", ""},
  {"{'format':'csv','fields':[]}", "/fields"},
  {"{'format':'csv','fields':{'colour':'a'}}", "/fields/colour"},
  {"{'format':'csv','fields':{'properties.':'a'}}", "/fields/properties."},
  {"{'format':'csv','fields':{'key':'a'},'set':{'key':'b'}}", "/set/key"},
  {"{'format':'csv','fields':{'properties':'a','properties.b':'b'}}",
   "/fields/properties.b"},
  {"{'format':'csv','fields':{'key':1}}", "/fields/key"},
  {"{'format':'csv','events':[]}", "/events"},
  {"{'format':'csv','events':[{}]}", "/events/0/event"},
  {"{'format':'csv','events':[{'event':'a'},{'event':'a'}]}", "/events/1"},
  {"{'format':'csv','times':'days'}", "/times"},
  {"{'format':'csv','header':['a',1]}", "/header/1"},
  {"{'format':'ndjson','set':{'event':'e'}}", ""},
};

START_TEST(wrong_forms_are_refused_at_their_path) {
  const struct form_refusal *r = &form_refusals[_i];
  bl_form f;

  ck_assert_int_eq(BILLING_CODE(read_form(r->json, &f)), BILLING_INVALID);
  ck_assert_str_eq(doc_err.path, r->path);
}
END_TEST

static const char *const form_unbound[] = {
  "{'format':'csv'}",                                    /* "extra" */
  "{'format':'csv','fields':{'key':'id'}}",              /* no such column */
  "{'format':'csv','fields':{'key':'#4'}}",
  "{'format':'csv','fields':{'key':'#0'}}",
  "{'format':'csv','fields':{'key':'key','event':'extra'}}",
  "{'format':'csv','fields':{'customer':'customer','event':'extra'}}",
  "{'format':'csv','fields':{'customer':'customer','key':'key'}}",
  "{'format':'csv','fields':{'customer':'customer','key':'key',"
  "'event':'extra'},'key_prefix':'p'}",
  "{'format':'csv','fields':{'customer':'customer','key':'key',"
  "'event':'extra'},'events':[{'event':'x'}]}",
  "{'format':'csv','fields':{'customer':'customer','key':'key'},"
  "'events':[{'event':'x','fields':{'key':'key'}}]}",
};

START_TEST(columns_that_do_not_make_events_are_refused) {
  bl_str header[] = {BL_STR("key"), BL_STR("customer"), BL_STR("extra")};
  bl_form f;

  ck_assert_int_eq(read_form(form_unbound[_i], &f), 0);
  ck_assert_int_eq(bl_form_bind(&f, header, 3, &doc_arena, &doc_err),
                   BILLING_INVALID);
  ck_assert_int_ne(doc_err.hint[0], 0);
}
END_TEST

Suite *test_catalog_form(void) {
  Suite *s = suite_create("catalog_form");
  TCase *c = documents_case(s);

  tcase_add_test(c, a_form_is_read_and_finds_its_columns);
  tcase_add_test(c, columns_without_fields_say_what_they_are);
  tcase_add_test(c, no_form_is_lines_of_json);
  tcase_add_loop_test(c, wrong_forms_are_refused_at_their_path, 0,
                      (int)BL_COUNT(form_refusals));
  tcase_add_loop_test(c, columns_that_do_not_make_events_are_refused, 0,
                      (int)BL_COUNT(form_unbound));
  return s;
}
