/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* test_engine_usage_windows.c - usage of a meter, window by window. */
#include "shop.h"

static void record(const char *key, int64_t hour, const char *properties) {
  billing_event event = event_at(key, "sum", JANUARY + hour * HOUR,
                                 properties);

  (void)record_event(&event);
}

/* The answer with ' for ", without what every row says of the times. */
static void expect(const char *query, const char *answer) {
  billing_call call = call_now();
  billing_doc *doc;
  billing_error err;
  char text[4000], *at = text;

  BILLING_INIT(&err);
  ck_assert_msg(!billing_usage(b, &call, query, (size_t)-1, &doc, &err),
                "%s %s", err.path, err.message);
  for (const char *c = billing_doc_text(doc); *c; c++)
    *at++ = *c == '"' ? '\'' : *c;
  *at = '\0';
  billing_doc_free(doc);
  ck_assert_str_eq(text, answer);
}

static void refuse(const char *query, int rc, const char *path) {
  billing_call call = call_now();
  billing_doc *doc;
  billing_error err;

  BILLING_INIT(&err);
  ck_assert_int_eq(billing_usage(b, &call, query, (size_t)-1, &doc, &err),
                   rc);
  ck_assert_str_eq(err.path, path);
}

static void open_shop(void) {
  b = shop_open(NULL);
  now_us = SHOP_NOW;
  record("a", 1, "{\"n\":5,\"model\":\"m1\"}");
  record("b", 25, "{\"n\":2,\"model\":\"m1\"}");
  record("c", 26, "{\"n\":4,\"model\":\"m2\"}");
}

#define ASK "{\"customer\":\"a\",\"meter\":\"s\",\"from\":\"2026-01-01\","
#define DAY(n, m, q, cum, change)                                       \
  "{'change':'" change "','cumulative':'" cum "','from':'2026-01-" n   \
  "T00:00:00Z','quantity':'" q "','to':'2026-01-" m "T00:00:00Z'}"

START_TEST(a_meter_is_shown_by_days) {
  open_shop();
  expect(ASK "\"to\":\"2026-01-03\",\"window\":\"day\"}",
         "{'meter':'s','unusable':0,'usage':["
         DAY("01", "02", "5", "5", "5") "," DAY("02", "03", "6", "11", "6")
         "]}");
  expect(ASK "\"to\":\"2026-01-03\"}",
         "{'meter':'s','unusable':0,'usage':["
         DAY("01", "03", "11", "11", "11") "]}");
  billing_close(b);
}
END_TEST

START_TEST(by_groups_and_filters_and_page_by_page) {
  open_shop();
  expect(ASK "\"to\":\"2026-01-03\",\"group_by\":[\"model\"]}",
         "{'meter':'s','unusable':0,'usage':["
         "{'change':'7','cumulative':'7','from':'2026-01-01T00:00:00Z',"
         "'group':{'model':'m1'},'quantity':'7','to':'2026-01-03T00:00:00Z'},"
         "{'change':'4','cumulative':'4','from':'2026-01-01T00:00:00Z',"
         "'group':{'model':'m2'},'quantity':'4','to':'2026-01-03T00:00:00Z'}"
         "]}");
  expect(ASK "\"to\":\"2026-01-03\",\"filters\":[{\"property\":\"model\","
         "\"in\":[\"m2\"]}]}",
         "{'meter':'s','unusable':0,'usage':["
         DAY("01", "03", "4", "4", "4") "]}");
  expect(ASK "\"to\":\"2026-01-03\",\"window\":\"day\",\"limit\":1}",
         "{'meter':'s','next':'1','unusable':0,'usage':["
         DAY("01", "02", "5", "5", "5") "]}");
  expect(ASK "\"to\":\"2026-01-03\",\"window\":\"day\",\"limit\":1,"
         "\"after\":\"1\"}",
         "{'meter':'s','unusable':0,'usage':["
         DAY("02", "03", "6", "11", "6") "]}");
  billing_close(b);
}
END_TEST

/* c was voided on the 5th; b came in on the 5th; what is known on the 4th is
 * nothing. */
START_TEST(as_of_a_moment_and_as_known_at_one) {
  billing_call call;

  open_shop();
  now_us = SHOP_NOW + HOUR;
  call = call_now();
  ck_assert_int_eq(billing_void(b, &call, "c", 1, NULL, NULL), 0);
  now_us = SHOP_NOW + 2 * HOUR;
  record("d", 27, "{\"n\":100}");
  expect(ASK "\"to\":\"2026-01-03\"}",
         "{'meter':'s','unusable':0,'usage':["
         DAY("01", "03", "107", "107", "107") "]}");
  expect(ASK "\"to\":\"2026-01-03\",\"known_at\":\"2026-01-05T00:30:00Z\"}",
         "{'meter':'s','unusable':0,'usage':["
         DAY("01", "03", "11", "11", "11") "]}");
  expect(ASK "\"to\":\"2026-01-03\",\"known_at\":\"2026-01-05T01:30:00Z\"}",
         "{'meter':'s','unusable':0,'usage':["
         DAY("01", "03", "7", "7", "7") "]}");
  expect(ASK "\"to\":\"2026-01-03\",\"known_at\":\"2026-01-04\"}",
         "{'meter':'s','unusable':0,'usage':["
         DAY("01", "03", "0", "0", "0") "]}");
  expect(ASK "\"to\":\"2026-01-03\",\"as_of\":\"2026-01-02\"}",
         "{'meter':'s','unusable':0,'usage':["
         DAY("01", "02", "5", "5", "5") "]}");
  billing_close(b);
}
END_TEST

START_TEST(what_cannot_be_asked_is_refused) {
  open_shop();
  refuse("{\"customer\":\"a\",\"meter\":\"s\"}", BILLING_INVALID, "/from");
  refuse(ASK "\"to\":\"2025-01-01\"}", BILLING_INVALID, "/to");
  refuse(ASK "\"window\":\"year\"}", BILLING_INVALID, "/window");
  refuse(ASK "\"zone\":\"Nowhere\"}", BILLING_NOTFOUND, "/zone");
  refuse(ASK "\"after\":\"x\"}", BILLING_INVALID, "/after");
  refuse(ASK "\"filters\":[{\"property\":\"p\"}]}", BILLING_INVALID,
         "/filters/0");
  refuse(ASK "\"group_by\":\"p\"}", BILLING_INVALID, "/group_by");
  refuse(ASK "\"contract\":\"c\"}", BILLING_INVALID, "/contract");
  refuse("{\"customer\":\"a\",\"meter\":\"zz\"}", BILLING_NOTFOUND, "/meter");
  refuse("{\"customer\":\"a\",\"window\":\"day\"}", BILLING_INVALID,
         "/window");
  billing_close(b);
}
END_TEST

Suite *test_engine_usage_windows(void);
Suite *test_engine_usage_windows(void) {
  Suite *s = suite_create("engine_usage_windows");
  TCase *t = tcase_create("windows");

  tcase_add_test(t, a_meter_is_shown_by_days);
  tcase_add_test(t, by_groups_and_filters_and_page_by_page);
  tcase_add_test(t, as_of_a_moment_and_as_known_at_one);
  tcase_add_test(t, what_cannot_be_asked_is_refused);
  suite_add_tcase(s, t);
  return s;
}
