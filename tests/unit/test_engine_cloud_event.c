/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "engine.h"

Suite *test_engine_cloud_event(void);

static const struct cloud {
  const char *line;
  int         code;
  const char *path;
} clouds[] = {
  {"{'specversion':'1.0','id':'1','source':'/s','type':'e','subject':'a'}",
   0, ""},
  {"{'specversion':'1.0','id':'1','source':'/s','type':'e','subject':'a',"
   "'time':'2026-01-05T00:00:00Z','datacontenttype':'application/json',"
   "'data':{'n':1},'traceparent':'00-1'}", 0, ""},
  {"{'specversion':'1.0','id':'1','source':'/s','type':'e','subject':'a',"
   "'datacontenttype':'application/cloudevents+json; charset=utf-8',"
   "'data':{}}", 0, ""},
  {"{'specversion':'1.0','id':'1','source':'/s','type':'e','subject':'a',"
   "'data':null,'time':null}", 0, ""},
  {"{'specversion':'0.3','id':'1','source':'/s','type':'e','subject':'a'}",
   BILLING_INVALID, "/specversion"},
  {"{'specversion':1.0,'id':'1','source':'/s','type':'e','subject':'a'}",
   BILLING_INVALID, "/specversion"},
  {"{'specversion':'1.0','source':'/s','type':'e','subject':'a'}",
   BILLING_INVALID, "/id"},
  {"{'specversion':'1.0','id':'','source':'/s','type':'e','subject':'a'}",
   BILLING_INVALID, "/id"},
  {"{'specversion':'1.0','id':'1','type':'e','subject':'a'}",
   BILLING_INVALID, "/source"},
  {"{'specversion':'1.0','id':'1','source':'a b','type':'e','subject':'a'}",
   BILLING_INVALID, "/source"},
  {"{'specversion':'1.0','id':'1','source':'/s','subject':'a'}",
   BILLING_INVALID, "/type"},
  {"{'specversion':'1.0','id':'1','source':'/s','type':'e'}",
   BILLING_INVALID, "/subject"},
  {"{'specversion':'1.0','id':'1','source':'/s','type':'e','subject':'a',"
   "'time':1767571200}", BILLING_INVALID_TIME, "/time"},
  {"{'specversion':'1.0','id':'1','source':'/s','type':'e','subject':'a',"
   "'data':[1]}", BILLING_INVALID, "/data"},
  {"{'specversion':'1.0','id':'1','source':'/s','type':'e','subject':'a',"
   "'data_base64':'AA=='}", BILLING_INVALID, "/data_base64"},
  {"{'specversion':'1.0','id':'1','source':'/s','type':'e','subject':'a',"
   "'datacontenttype':'text/plain','data':{}}", BILLING_INVALID,
   "/datacontenttype"},
};

/* The line with its quotes, recorded by itself. */
static int record_cloud(billing *b, const char *line,
                        billing_receipt *receipt, billing_error *err) {
  billing_call call = shop_call("");
  char text[600];
  size_t count;

  strcpy(text, line);
  for (char *at = text; *at; at++)
    if (*at == '\'') *at = '"';
  BILLING_INIT(receipt);
  BILLING_INIT(err);
  ck_assert_int_eq(billing_record_text(b, &call, text, (size_t)-1, receipt,
                                       1, &count, err), 0);
  return receipt->code;
}

START_TEST(a_cloud_event_is_an_event_or_says_what_is_wrong) {
  billing *b = shop_open(NULL);
  billing_receipt receipt;
  billing_error err;

  ck_assert_int_eq(record_cloud(b, clouds[_i].line, &receipt, &err),
                   clouds[_i].code);
  ck_assert_str_eq(err.path, clouds[_i].path);
  if (!clouds[_i].code) ck_assert_uint_eq(receipt.charges, 1);
  billing_close(b);
}
END_TEST

START_TEST(source_and_id_are_the_key_and_data_the_properties) {
  billing *b = shop_open(NULL);
  billing_call call = shop_call("");
  billing_receipt receipt;
  billing_error err;
  billing_doc *doc;

  ck_assert_int_eq(record_cloud(b, clouds[1].line, &receipt, &err), 0);
  ck_assert_int_eq(billing_events(b, &call, "", 0, &doc, NULL), 0);
  ck_assert_ptr_nonnull(strstr(billing_doc_text(doc), "\"key\":\"/s 1\""));
  ck_assert_ptr_nonnull(strstr(billing_doc_text(doc),
                               "\"properties\":{\"n\":1}"));
  billing_doc_free(doc);
  ck_assert_int_eq(record_cloud(b, clouds[1].line, &receipt, &err), 0);
  ck_assert_uint_eq(receipt.status, BILLING_STATUS_SAME);
  ck_assert_int_eq(record_cloud(b, clouds[0].line, &receipt, &err),
                   BILLING_CONFLICT_KEY);
  billing_close(b);
}
END_TEST

Suite *test_engine_cloud_event(void) {
  Suite *s = suite_create("engine_cloud_event");
  TCase *c = tcase_create("cloud_event");

  tcase_add_loop_test(c, a_cloud_event_is_an_event_or_says_what_is_wrong, 0,
                      (int)BL_COUNT(clouds));
  tcase_add_test(c, source_and_id_are_the_key_and_data_the_properties);
  suite_add_tcase(s, c);
  return s;
}
