/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "catalog/catalog.h"
#include "documents.h"

Suite *test_catalog_customer(void);

START_TEST(further_members_are_the_hosts) {
  bl_str id, name, parent;

  ck_assert_int_eq(bl_catalog_read_customer(
    J("{'id':'acme','name':'Acme Ltd','crm':{'owner':7}}"), "", &id, &name,
    &parent, &doc_err), 0);
  ck_assert_text_eq(id, "acme");
  ck_assert_text_eq(name, "Acme Ltd");
}
END_TEST

START_TEST(a_name_may_be_missing) {
  bl_str id, name, parent;

  ck_assert_int_eq(bl_catalog_read_customer(J("{'id':'acme'}"), "", &id,
                                            &name, &parent, &doc_err), 0);
  ck_assert_uint_eq(name.len, 0);
  ck_assert_ptr_nonnull(name.text);
}
END_TEST

START_TEST(id_and_name_are_checked) {
  bl_str id = BL_STR("kept"), name, parent;

  ck_assert_int_eq(bl_catalog_read_customer(J("{'name':'x'}"), "/customers/4",
                                            &id, &name, &parent, &doc_err),
                   BILLING_INVALID);
  ck_assert_str_eq(doc_err.path, "/customers/4/id");
  ck_assert_int_eq(bl_catalog_read_customer(J("{'id':'a','name':7}"), "", &id,
                                            &name, &parent, &doc_err),
                   BILLING_INVALID);
  ck_assert_str_eq(doc_err.path, "/name");
  ck_assert_int_eq(bl_catalog_read_customer(J("'a'"), "", &id, &name,
                                            &parent, &doc_err),
                   BILLING_INVALID);
  ck_assert_str_eq(id.text, "kept");
}
END_TEST

Suite *test_catalog_customer(void) {
  Suite *s = suite_create("catalog_customer");
  TCase *c = documents_case(s);

  tcase_add_test(c, further_members_are_the_hosts);
  tcase_add_test(c, a_name_may_be_missing);
  tcase_add_test(c, id_and_name_are_checked);
  return s;
}
