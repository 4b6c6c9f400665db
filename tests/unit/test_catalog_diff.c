/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "catalog/field.h"
#include "documents.h"

Suite *test_catalog_diff(void);

/* The paths, one behind the other with a space between. */
static const char *diff(const char *before, const char *after) {
  bl_json *old = before ? J(before) : NULL;
  bl_json *now = J(after);
  bl_json *out = J("[]");
  bl_text t;

  bl_text_open(&t, &doc_arena);
  ck_assert_int_eq(bl_catalog_diff(old, now, out), 0);
  for (bl_json *n = bl_json_first(out); n; n = bl_json_next(n)) {
    if (t.len) bl_text_c(&t, " ");
    bl_text_str(&t, bl_json_text(n));
  }
  return t.len ? t.text : "";
}

START_TEST(changed_and_new_members_are_named) {
  ck_assert_str_eq(diff("{'id':'p','prices':[{'unit':'1'}]}",
                        "{'id':'p','prices':[{'unit':'2'}],'name':'Pro'}"),
                   "/prices/0/unit /name");
}
END_TEST

START_TEST(equal_documents_differ_nowhere_whatever_their_order) {
  ck_assert_str_eq(diff("{'a':1,'b':[1,{'c':null}]}",
                        "{'b':[1,{'c':null}],'a':1}"), "");
  ck_assert_str_eq(diff("{}", "{}"), "");
}
END_TEST

START_TEST(removed_members_and_items_are_named) {
  ck_assert_str_eq(diff("{'a':1,'b':2,'c':3}", "{'b':2}"), "/a /c");
  ck_assert_str_eq(diff("{'a':[1,2,3]}", "{'a':[1]}"), "/a/1 /a/2");
  ck_assert_str_eq(diff("{'a':[1]}", "{'a':[1,2]}"), "/a/1");
}
END_TEST

START_TEST(another_kind_of_value_differs) {
  ck_assert_str_eq(diff("{'a':'1','b':null,'c':{},'d':true}",
                        "{'a':1,'b':0,'c':[],'d':false}"), "/a /b /c /d");
  ck_assert_str_eq(diff("{'a':1.0}", "{'a':1}"), "/a");
}
END_TEST

START_TEST(a_new_document_is_all_members) {
  ck_assert_str_eq(diff(NULL, "{'id':'x','prices':[1]}"), "/id /prices");
}
END_TEST

START_TEST(names_are_escaped) {
  ck_assert_str_eq(diff("{'a/b':{'~':1}}", "{'a/b':{'~':2}}"), "/a~1b/~0");
}
END_TEST

START_TEST(a_path_that_would_be_too_long_is_cut_to_the_one_above) {
  char before[600] = "{'top':{'", after[600];

  memset(before + 9, 'n', 300);
  before[309] = '\0';
  strcpy(after, before);
  strcat(before, "':{'x':1}}}");
  strcat(after, "':{'x':2}}}");
  ck_assert_str_eq(diff(before, after), "/top");
  ck_assert_str_eq(diff(before, before), "");
}
END_TEST

Suite *test_catalog_diff(void) {
  Suite *s = suite_create("catalog_diff");
  TCase *c = documents_case(s);

  tcase_add_test(c, changed_and_new_members_are_named);
  tcase_add_test(c, equal_documents_differ_nowhere_whatever_their_order);
  tcase_add_test(c, removed_members_and_items_are_named);
  tcase_add_test(c, another_kind_of_value_differs);
  tcase_add_test(c, a_new_document_is_all_members);
  tcase_add_test(c, names_are_escaped);
  tcase_add_test(c, a_path_that_would_be_too_long_is_cut_to_the_one_above);
  return s;
}
