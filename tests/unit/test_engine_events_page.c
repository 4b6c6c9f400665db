/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* test_engine_events_page.c - recorded events read back. */
#include "engine.h"

static billing *b;

static void open_shop(void) { b = shop_open(NULL); }
static void close_shop(void) { billing_close(b); }

static billing_doc *page_of(const char *query) {
  billing_call call = shop_call("");
  billing_doc *doc = NULL;
  billing_error err;

  BILLING_INIT(&err);
  ck_assert_msg(!billing_events(b, &call, query, (size_t)-1, &doc, &err),
                "%s %s", err.path, err.message);
  return doc;
}

static void page_is(const char *query, const char *expected) {
  billing_doc *doc = page_of(query);

  ck_assert_str_eq(billing_doc_text(doc), expected);
  billing_doc_free(doc);
}

static void record(const billing_event *events, size_t count) {
  billing_call call = shop_call("");

  call.flags = BILLING_CALL_ALL_OR_NOTHING;
  ck_assert_int_eq(billing_record(b, &call, events, count, NULL, NULL), 0);
}

#define MONTH "{\"from\":\"2026-01-01T00:00:00Z\"," \
              "\"to\":\"2026-02-01T00:00:00Z\"}"

/* Entry 7 is the grant, 8 the period, 9 the batch. */
START_TEST(an_event_is_shown_with_its_charges_and_draws) {
  billing_event events[3] = {shop_event("k1", "e"), shop_event("k2", "sum"),
                             shop_event("k3", "nothing")};

  shop_grant(b, "g", "0.03");
  events[0].properties = shop_text(" { \"b\": 1.50,\n\"a\":[1e2] } ");
  events[1].properties = shop_text("{\"n\":7}");
  events[2].time_us = SHOP_NOW - 1;
  events[2].flags = BILLING_EVENT_VALUE;
  events[2].value = D("-2.50");
  record(events, 3);
  page_is("",
      "{\"events\":[{\"charges\":[{\"amount\":\"0.1\",\"asset\":\"USD\","
      "\"contract\":\"c\",\"draws\":[{\"amount\":\"0.03\",\"grant\":1},"
      "{\"amount\":\"0.07\",\"grant\":0}],\"group\":{},\"period\":" MONTH ","
      "\"price\":\"x\",\"quantity\":\"1\"}],\"customer\":\"a\","
      "\"decided\":\"2026-01-05T00:00:00Z\",\"event\":\"e\","
      "\"flags\":[\"owed\"],\"key\":\"k1\",\"number\":589824,"
      "\"properties\": { \"b\": 1.50,\n\"a\":[1e2] } ,"
      "\"time\":\"2026-01-05T00:00:00Z\"},"
      "{\"charges\":[],\"customer\":\"a\","
      "\"decided\":\"2026-01-05T00:00:00Z\",\"event\":\"sum\","
      "\"flags\":[\"unpriced\"],\"key\":\"k2\",\"number\":589825,"
      "\"properties\":{\"n\":7},\"time\":\"2026-01-05T00:00:00Z\"},"
      "{\"charges\":[],\"customer\":\"a\","
      "\"decided\":\"2026-01-05T00:00:00Z\",\"event\":\"nothing\","
      "\"flags\":[\"unmatched\"],\"key\":\"k3\",\"number\":589826,"
      "\"time\":\"2026-01-04T23:59:59.999999Z\",\"value\":\"-2.5\"}]}");
}
END_TEST

#undef MONTH

/* ---- pages against a list of our own ---- */

#define MANY 60

static struct {
  char    key[8];
  char    customer;
  int64_t time_us;
} many[MANY + 1];      /* and room to swap */

/* A batch has the events of one customer together: those of a, then of b. */
static void put_together(size_t first, size_t count) {
  for (size_t i = first + 1; i < first + count; i++)
    for (size_t k = i; k > first && many[k].customer < many[k - 1].customer;
         k--) {
      memcpy(&many[MANY], &many[k], sizeof many[k]);
      memcpy(&many[k], &many[k - 1], sizeof many[k]);
      memcpy(&many[k - 1], &many[MANY], sizeof many[k]);
    }
}

/* Batches of 1, 2, 3 .. events of two customers, an hour back and forth. */
static void record_many(void) {
  static const char another[] =
      "{\"customers\":[{\"id\":\"b\"}],\"contracts\":[{\"id\":\"cb\","
      "\"customer\":\"b\",\"plan\":\"p\",\"start\":\"2026-01-01\"}]}";
  billing_call call = shop_call("");
  billing_event events[MANY];

  ck_assert_int_eq(billing_catalog_apply(b, &call, another, (size_t)-1, NULL,
                                         NULL), 0);
  for (size_t i = 0; i < MANY; i++) {
    snprintf(many[i].key, sizeof many[i].key, "k%d", (int)i);
    many[i].customer = i * i % 7 < 4 ? 'a' : 'b';
    many[i].time_us = SHOP_NOW - (int64_t)(i * 37 % 24) * (SHOP_DAY / 24);
    events[i] = shop_event(many[i].key, "e");
    events[i].customer = (billing_str){&many[i].customer, 1};
    events[i].time_us = many[i].time_us;
  }
  for (size_t i = 0, size = 1; i < MANY; i += size, size++) {
    record(&events[i], size < MANY - i ? size : MANY - i);
    put_together(i, size < MANY - i ? size : MANY - i);
  }
}

/* Whether the pages of a query hold these events, in this order. */
static void pages_are(const char *members, int limit, char customer,
                      int64_t from, int64_t to) {
  char query[160], after[32] = "0";
  size_t at = 0;

  for (int page = 0; after[0]; page++) {
    const char *text, *key;
    billing_doc *doc;
    int count = 0;

    ck_assert_int_lt(page, MANY + 1);
    snprintf(query, sizeof query, "{%s\"limit\":%d,\"after\":\"%s\"}",
             members, limit, after);
    doc = page_of(query);
    text = billing_doc_text(doc);
    for (key = text; (key = strstr(key, "\"key\":\"")) != NULL; count++) {
      key += 7;
      while (at < MANY && !((!customer || many[at].customer == customer) &&
                            from <= many[at].time_us &&
                            many[at].time_us < to)) at++;
      ck_assert_uint_lt(at, MANY);
      ck_assert_msg(!strncmp(key, many[at].key, strlen(many[at].key)) &&
                    key[strlen(many[at].key)] == '"', "%s: %.8s, not %s",
                    query, key, many[at].key);
      at++;
    }
    key = strstr(text, "\"next\":\"");
    ck_assert(!key || count == limit);
    snprintf(after, sizeof after, "%.*s",
             key ? (int)strcspn(key + 8, "\"") : 0, key ? key + 8 : "");
    billing_doc_free(doc);
  }
  for (; at < MANY; at++)
    ck_assert(!((!customer || many[at].customer == customer) &&
                from <= many[at].time_us && many[at].time_us < to));
}

START_TEST(pages_hold_each_wanted_event_once) {
  char members[96];

  record_many();
  for (int limit = 1; limit < 20; limit += 6) {
    pages_are("", limit, 0, INT64_MIN, INT64_MAX);
    pages_are("\"customer\":\"a\",", limit, 'a', INT64_MIN, INT64_MAX);
    pages_are("\"customer\":\"b\",", limit, 'b', INT64_MIN, INT64_MAX);
    snprintf(members, sizeof members, "\"customer\":\"b\",\"from\":%lld,"
             "\"to\":%lld,", (long long)(SHOP_NOW - SHOP_DAY / 2),
             (long long)(SHOP_NOW - SHOP_DAY / 24));
    pages_are(members, limit, 'b', SHOP_NOW - SHOP_DAY / 2,
              SHOP_NOW - SHOP_DAY / 24);
  }
}
END_TEST

/* The object of a page with one event. */
static size_t only_line(const billing_doc *doc, char *out, size_t size) {
  const char *text = billing_doc_text(doc) + strlen("{\"events\":[");
  const char *end = strstr(text, "],\"next\"");
  size_t len = end ? (size_t)(end - text) : strlen(text) - 2;

  ck_assert_uint_lt(len, size);
  memcpy(out, text, len);
  return len;
}

START_TEST(what_is_shown_is_the_same_event_when_it_is_recorded_again) {
  billing_event events[2] = {shop_event("k1", "e"), shop_event("k2", "sum")};
  billing_call call = shop_call("");
  billing_receipt receipt;
  char line[600], query[64];
  size_t count;

  events[0].time_us = 0;               /* left to the call */
  events[0].flags = BILLING_EVENT_VALUE;
  events[0].value = D("1.10");
  events[1].properties = shop_text("{\"n\":1.0,\"a\":\"\\u00e9\"}");
  record(events, 2);
  call.now_us += SHOP_DAY;
  for (int i = 0; i < 2; i++) {
    billing_doc *doc;

    snprintf(query, sizeof query, "{\"limit\":1,\"after\":\"%d\"}",
             i ? 8 << 16 : 0);
    doc = page_of(query);
    BILLING_INIT(&receipt);
    ck_assert_int_eq(billing_record_text(b, &call, line,
        only_line(doc, line, sizeof line), &receipt, 1, &count, NULL), 0);
    ck_assert_msg(receipt.status == BILLING_STATUS_SAME, "%.*s: %s", 500,
                  line, billing_code_name(receipt.code));
    billing_doc_free(doc);
  }
  events[0].time_us = SHOP_NOW + 1;    /* not the time that it was given */
  ck_assert_int_eq(shop_record(b, &call, &events[0], &receipt, NULL), 0);
  ck_assert_int_eq(receipt.code, BILLING_CONFLICT_KEY);
}
END_TEST

START_TEST(an_erased_event_keeps_its_figures_only) {
  billing_call call = shop_call("");
  billing_event event = shop_event("k1", "e");
  billing_doc *doc;

  event.properties = shop_text("{\"who\":\"Jane\"}");
  record(&event, 1);
  ck_assert_int_eq(billing_erase(b, &call, "a", 1, "asked", 5, NULL), 0);
  doc = page_of("");
  ck_assert_ptr_nonnull(strstr(billing_doc_text(doc), "\"amount\":\"0.1\""));
  ck_assert_ptr_nonnull(strstr(billing_doc_text(doc), "\"decided\":\""));
  ck_assert_ptr_null(strstr(billing_doc_text(doc), "\"key\""));
  ck_assert_ptr_null(strstr(billing_doc_text(doc), "\"customer\""));
  ck_assert_ptr_null(strstr(billing_doc_text(doc), "\"event\""));
  ck_assert_ptr_null(strstr(billing_doc_text(doc), "\"properties\""));
  billing_doc_free(doc);
}
END_TEST

START_TEST(a_question_that_makes_no_sense_is_refused) {
  static const struct {
    const char *query;
    int         rc;
    const char *path;
  } bad[] = {
    {"{\"customer\":\"nobody\"}", BILLING_NOTFOUND_CUSTOMER, "/customer"},
    {"{\"after\":\"x\"}", BILLING_INVALID, "/after"},
    {"{\"after\":\"-1\"}", BILLING_INVALID, "/after"},
    {"{\"limit\":1001}", BILLING_INVALID, "/limit"},
    {"{\"from\":\"soon\"}", BILLING_INVALID, "/from"},
    {"{\"contract\":\"c\"}", BILLING_INVALID, ""},
  };
  billing_call call = shop_call("");
  billing_doc *doc = NULL;
  billing_error err;

  BILLING_INIT(&err);
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    ck_assert_int_eq(billing_events(b, &call, bad[i].query, (size_t)-1, &doc,
                                    &err), bad[i].rc);
    ck_assert_str_eq(err.path, bad[i].path);
    ck_assert_ptr_null(doc);
  }
}
END_TEST

#undef MANY

Suite *test_engine_events_page(void);
Suite *test_engine_events_page(void) {
  Suite *s = suite_create("engine_events_page");
  TCase *t = tcase_create("pages");

  tcase_add_checked_fixture(t, open_shop, close_shop);
  tcase_add_test(t, an_event_is_shown_with_its_charges_and_draws);
  tcase_add_test(t, pages_hold_each_wanted_event_once);
  tcase_add_test(t, what_is_shown_is_the_same_event_when_it_is_recorded_again);
  tcase_add_test(t, an_erased_event_keeps_its_figures_only);
  tcase_add_test(t, a_question_that_makes_no_sense_is_refused);
  suite_add_tcase(s, t);
  return s;
}
