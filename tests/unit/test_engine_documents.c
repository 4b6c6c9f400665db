/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* test_engine_documents.c - put, change, archive, apply; what may not
 * change. */
#include "engine.h"

static billing      *b;
static billing_error err;

static void begin(void) {
  BILLING_INIT(&err);
  b = shop_open(NULL);
}

static void end(void) {
  shop_is_sound(b);
  billing_close(b);
}

static int put(const char *kind, const char *json) {
  billing_call call = shop_call("");

  BILLING_INIT(&err);
  return billing_put(b, &call, kind, json, (size_t)-1, NULL, &err);
}

/* Whether the document as stored has the part. */
static int stored_has(const char *kind, const char *id, const char *part) {
  billing_call call = shop_call("");
  billing_doc *doc = NULL;
  int found;

  ck_assert_int_eq(billing_get(b, &call, kind, id, (size_t)-1, &doc, NULL),
                   0);
  found = strstr(billing_doc_text(doc), part) != NULL;
  billing_doc_free(doc);
  return found;
}

START_TEST(a_put_of_equal_content_makes_no_version) {
  ck_assert_int_eq(put("customer",
      "{ \"name\":\"Jane Unmistakable\", \"id\":\"a\", \"version\": 9 }"), 0);
  ck_assert(stored_has("customer", "a", "\"version\":1"));
  ck_assert_int_eq(put("customer", "{\"id\":\"a\",\"vip\":true}"), 0);
  ck_assert(stored_has("customer", "a", "\"version\":2"));
  ck_assert(stored_has("customer", "a", "\"vip\":true"));
}
END_TEST

START_TEST(what_must_not_change_is_a_conflict_at_its_member) {
  static const struct {
    const char *kind;
    const char *json;
    const char *path;
  } rows[] = {
    {"meter", "{\"id\":\"s\",\"event\":\"sum\",\"aggregation\":\"max\","
              "\"property\":\"n\",\"effective\":\"2026-01-04T00:00:00Z\"}",
     "/effective"},
    {"contract", "{\"id\":\"c\",\"customer\":\"a2\",\"plan\":\"p\","
                 "\"start\":\"2026-01-01\"}", "/customer"},
    {"contract", "{\"id\":\"c\",\"customer\":\"a\",\"plan\":\"p2\","
                 "\"start\":\"2026-01-01\"}", "/plan"},
    {"contract", "{\"id\":\"c\",\"customer\":\"a\",\"plan\":\"p\","
                 "\"start\":\"2026-01-02\"}", "/start"},
    {"contract", "{\"id\":\"c\",\"customer\":\"a\",\"plan\":\"p\","
                 "\"start\":\"2026-01-01\",\"zone\":\"Europe/Berlin\"}",
     "/start"},             /* the same date begins elsewhere */
    {"contract", "{\"id\":\"c\",\"customer\":\"a\",\"plan\":\"p\","
                 "\"start\":\"2026-01-01T00:00:00Z\","
                 "\"zone\":\"Europe/Berlin\"}", "/zone"},
    {"contract", "{\"id\":\"c\",\"customer\":\"a\",\"plan\":\"p\","
                 "\"start\":\"2026-01-01\",\"period\":{\"unit\":\"year\"}}",
     "/period"},
    {"contract", "{\"id\":\"c\",\"customer\":\"a\",\"plan\":\"p\","
                 "\"start\":\"2026-01-01\",\"anchor\":\"anniversary\"}",
     "/anchor"},
  };

  ck_assert_int_eq(put("customer", "{\"id\":\"a2\"}"), 0);
  ck_assert_int_eq(put("plan", "{\"id\":\"p2\",\"currency\":\"USD\","
      "\"prices\":[{\"id\":\"x\",\"model\":\"flat\",\"amount\":\"1\"}]}"), 0);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    int rc = put(rows[i].kind, rows[i].json);

    ck_assert_msg(rc == BILLING_CONFLICT, "%s: %s %s", rows[i].json,
                  billing_code_name(rc), err.message);
    ck_assert_str_eq(err.path, rows[i].path);
    ck_assert_str_ne(err.hint, "");
  }
}
END_TEST

START_TEST(a_document_that_names_what_is_not_there_is_not_found) {
  ck_assert_int_eq(put("contract", "{\"id\":\"d\",\"customer\":\"nobody\","
      "\"plan\":\"p\",\"start\":\"2026-01-01\"}"), BILLING_NOTFOUND_CUSTOMER);
  ck_assert_str_eq(err.path, "/customer");
  ck_assert_int_eq(put("contract", "{\"id\":\"d\",\"customer\":\"a\","
      "\"plan\":\"none\",\"start\":\"2026-01-01\"}"), BILLING_NOTFOUND);
  ck_assert_str_eq(err.path, "/plan");
  ck_assert_int_eq(put("contract", "{\"id\":\"d\",\"customer\":\"a\","
      "\"plan\":\"p\",\"plan_version\":2,\"start\":\"2026-01-01\"}"),
      BILLING_NOTFOUND);
  ck_assert_str_eq(err.path, "/plan_version");
  ck_assert_int_eq(put("plan", "{\"id\":\"q\",\"currency\":\"USD\","
      "\"prices\":[{\"id\":\"x\",\"meter\":\"none\",\"model\":\"per_unit\","
      "\"unit\":\"1\"}]}"), BILLING_NOTFOUND);
  ck_assert_str_eq(err.path, "/prices/0/meter");
  ck_assert_int_eq(put("shop", "{\"id\":\"q\"}"), BILLING_INVALID);
}
END_TEST

/* The contract of the fixture keeps 0.10; a new one gets 0.30. */
START_TEST(a_contract_pins_the_version_of_its_plan) {
  billing_call call = shop_call("");
  billing_event event = shop_event("k", "e");
  billing_receipt receipt;

  ck_assert_int_eq(put("plan", "{\"id\":\"p\",\"currency\":\"USD\","
      "\"prices\":[{\"id\":\"x\",\"meter\":\"m\",\"model\":\"per_unit\","
      "\"unit\":\"0.30\"}]}"), 0);
  ck_assert_int_eq(put("customer", "{\"id\":\"new\"}"), 0);
  ck_assert_int_eq(put("contract", "{\"id\":\"n\",\"customer\":\"new\","
      "\"plan\":\"p\",\"start\":\"2026-01-01\"}"), 0);
  ck_assert_int_eq(put("customer", "{\"id\":\"old\"}"), 0);
  ck_assert_int_eq(put("contract", "{\"id\":\"o\",\"customer\":\"old\","
      "\"plan\":\"p\",\"plan_version\":1,\"start\":\"2026-01-01\"}"), 0);
  ck_assert_int_eq(shop_record(b, &call, &event, &receipt, NULL), 0);
  ck_assert_dec_eq(receipt.cost, "0.1");
  event = shop_event("k2", "e");
  event.customer = shop_text("new");
  ck_assert_int_eq(shop_record(b, &call, &event, &receipt, NULL), 0);
  ck_assert_dec_eq(receipt.cost, "0.3");
  event = shop_event("k3", "e");
  event.customer = shop_text("old");
  ck_assert_int_eq(shop_record(b, &call, &event, &receipt, NULL), 0);
  ck_assert_dec_eq(receipt.cost, "0.1");
}
END_TEST

START_TEST(an_archived_plan_is_kept_by_who_has_it) {
  billing_call call = shop_call("");
  billing_event event = shop_event("k", "e");
  billing_receipt receipt;
  billing_doc *doc = NULL;

  for (int i = 0; i < 2; i++)
    ck_assert_int_eq(billing_archive(b, &call, "plan", "p", 1, &err), 0);
  ck_assert_int_eq(billing_archive(b, &call, "plan", "none", 4, &err),
                   BILLING_NOTFOUND);
  ck_assert_int_eq(put("contract", "{\"id\":\"d\",\"customer\":\"a\","
      "\"plan\":\"p\",\"start\":\"2026-01-01\"}"), BILLING_NOTFOUND);
  ck_assert_int_eq(shop_record(b, &call, &event, &receipt, NULL), 0);
  ck_assert_dec_eq(receipt.cost, "0.1");
  ck_assert_int_eq(billing_list(b, &call, "plan", "", 0, &doc, NULL), 0);
  ck_assert_str_eq(billing_doc_text(doc), "{\"items\":[]}");
  billing_doc_free(doc);
  ck_assert_int_eq(billing_list(b, &call, "plan", "{\"archived\":true}",
                                (size_t)-1, &doc, NULL), 0);
  ck_assert_ptr_nonnull(strstr(billing_doc_text(doc), "\"id\":\"p\""));
  billing_doc_free(doc);
}
END_TEST

START_TEST(a_catalog_is_applied_whole_or_not_at_all) {
  static const char catalog[] =
      "{\"customers\":[{\"id\":\"x\"},{\"id\":\"y\"},{\"name\":\"no id\"}]}";
  billing_call call = shop_call("");
  billing_doc *doc = NULL;

  BILLING_INIT(&err);
  ck_assert_int_eq(billing_catalog_apply(b, &call, catalog, (size_t)-1, &doc,
                                         &err), BILLING_INVALID);
  ck_assert_ptr_null(doc);
  ck_assert_str_eq(err.path, "/customers/2/id");
  ck_assert_int_eq(billing_get(b, &call, "customer", "x", 1, &doc, NULL),
                   BILLING_NOTFOUND);
  ck_assert_ptr_null(doc);
}
END_TEST

START_TEST(a_dry_run_says_what_would_change_and_changes_nothing) {
  static const char catalog[] =
      "{\"customers\":[{\"id\":\"a\",\"name\":\"Jane Roe\"},{\"id\":\"x\"}],"
      "\"meters\":[{\"id\":\"m\",\"event\":\"e\",\"aggregation\":"
      "\"count\"}]}";
  billing_call call = shop_call("");
  billing_doc *tried = NULL, *done = NULL;

  call.flags = BILLING_CALL_DRY_RUN;
  ck_assert_int_eq(billing_catalog_apply(b, &call, catalog, (size_t)-1,
                                         &tried, NULL), 0);
  ck_assert_str_eq(billing_doc_text(tried),
      "{\"changes\":["
      "{\"action\":\"update\",\"id\":\"a\",\"kind\":\"customer\","
      "\"members\":[\"/name\"],\"version\":2},"
      "{\"action\":\"create\",\"id\":\"x\",\"kind\":\"customer\","
      "\"members\":[\"/id\"],\"version\":1},"
      "{\"action\":\"unchanged\",\"id\":\"m\",\"kind\":\"meter\","
      "\"members\":[],\"version\":1}]}");
  ck_assert(stored_has("customer", "a", "Unmistakable"));
  shop_is_sound(b);
  call.flags = 0;
  ck_assert_int_eq(billing_catalog_apply(b, &call, catalog, (size_t)-1,
                                         &done, NULL), 0);
  ck_assert_str_eq(billing_doc_text(tried), billing_doc_text(done));
  billing_doc_free(tried);
  billing_doc_free(done);
}
END_TEST

static int list_fails(const char *kind, const char *query, const char *path) {
  billing_call call = shop_call("");
  billing_doc *doc = NULL;
  int rc;

  BILLING_INIT(&err);
  rc = billing_list(b, &call, kind, query, (size_t)-1, &doc, &err);
  billing_doc_free(doc);
  ck_assert_str_eq(err.path, path);
  return rc;
}

START_TEST(a_list_is_asked_for_what_it_has) {
  ck_assert_int_eq(list_fails("customer", "{\"status\":\"open\"}", "/status"),
                   BILLING_INVALID);
  ck_assert_int_eq(list_fails("grant", "{\"status\":\"open\"}", "/status"),
                   BILLING_INVALID);
  ck_assert_int_eq(list_fails("hold", "{\"status\":\"used\"}", "/status"),
                   BILLING_INVALID);
  ck_assert_int_eq(list_fails("hold", "{\"status\":\"open\"}", ""), 0);
  ck_assert_int_eq(list_fails("invoice", "{\"after\":\"-1\"}", "/after"),
                   BILLING_INVALID);
  ck_assert_int_eq(list_fails("grant", "{\"after\":\"x\"}", "/after"),
                   BILLING_INVALID);
}
END_TEST

START_TEST(documents_are_listed_in_pages_in_the_order_of_their_ids) {
  billing_call call = shop_call("");
  billing_doc *doc = NULL;

  ck_assert_int_eq(put("customer", "{\"id\":\"B\"}"), 0);
  ck_assert_int_eq(put("customer", "{\"id\":\"b\"}"), 0);
  ck_assert_int_eq(billing_list(b, &call, "customer", "{\"limit\":2}",
                                (size_t)-1, &doc, NULL), 0);
  ck_assert_str_eq(billing_doc_text(doc),
      "{\"items\":[{\"id\":\"B\",\"version\":1},{\"id\":\"a\",\"name\":"
      "\"Jane Unmistakable\",\"version\":1}],\"next\":\"a\"}");
  billing_doc_free(doc);
  ck_assert_int_eq(billing_list(b, &call, "customer",
      "{\"limit\":2,\"after\":\"a\"}", (size_t)-1, &doc, NULL), 0);
  ck_assert_str_eq(billing_doc_text(doc),
                   "{\"items\":[{\"id\":\"b\",\"version\":1}]}");
  billing_doc_free(doc);
}
END_TEST

Suite *test_engine_documents(void);
Suite *test_engine_documents(void) {
  Suite *s = suite_create("engine_documents");
  TCase *t = tcase_create("documents");

  tcase_add_checked_fixture(t, begin, end);
  tcase_add_test(t, a_put_of_equal_content_makes_no_version);
  tcase_add_test(t, what_must_not_change_is_a_conflict_at_its_member);
  tcase_add_test(t, a_document_that_names_what_is_not_there_is_not_found);
  tcase_add_test(t, a_contract_pins_the_version_of_its_plan);
  tcase_add_test(t, an_archived_plan_is_kept_by_who_has_it);
  tcase_add_test(t, a_catalog_is_applied_whole_or_not_at_all);
  tcase_add_test(t, a_dry_run_says_what_would_change_and_changes_nothing);
  tcase_add_test(t, a_list_is_asked_for_what_it_has);
  tcase_add_test(t,
                 documents_are_listed_in_pages_in_the_order_of_their_ids);
  suite_add_tcase(s, t);
  return s;
}
