/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * test_engine_load.c - customers that are loaded, beside the same ones that
 * never left memory.
 *
 * One handle lives through months of events, grants, holds and invoices.  Now
 * and then another is opened on the file; it has nobody in memory and must
 * give the same answers, and verify compares whom it has loaded with the
 * journal.
 */
#include "engine.h"
#include "engine/load.h"

#define PEOPLE 12
#define ROUNDS 900

static uint64_t luck = 4711;

static int64_t now_us;

static unsigned throw(unsigned sides) {
  luck = luck * UINT64_C(6364136223846793005) + 1442695040888963407u;
  return (unsigned)(luck >> 33) % sides;
}

static const char busy_catalog[] =
    "{\"tenant\":{\"id\":\"t\"},"
    "\"meters\":[{\"id\":\"m\",\"event\":\"e\",\"aggregation\":\"sum\","
    "\"property\":\"n\",\"groups\":[\"g\"]},"
    "{\"id\":\"u\",\"event\":\"e\",\"aggregation\":\"unique\","
    "\"property\":\"who\"}],"
    "\"plans\":[{\"id\":\"p\",\"currency\":\"USD\",\"prices\":["
    "{\"id\":\"x\",\"meter\":\"m\",\"model\":\"graduated\",\"groups\":[\"g\"],"
    "\"tiers\":[{\"up_to\":\"10\",\"unit\":\"0.10\"},{\"unit\":\"0.05\"}]},"
    "{\"id\":\"y\",\"meter\":\"u\",\"model\":\"per_unit\",\"unit\":\"1\"},"
    "{\"id\":\"fee\",\"model\":\"flat\",\"amount\":\"3\"}]}]}";

static billing_call busy_call(const char *key) {
  billing_call call = shop_call(key);

  call.now_us = now_us;
  return call;
}

static billing *busy_open(const char *path) {
  billing_options options;
  billing *b = NULL;

  BILLING_INIT(&options);
  options.tail_events = 32;
  ck_assert_int_eq(billing_open(&b, path, (size_t)-1, &options, NULL), 0);
  return b;
}

static void add_people(billing *b) {
  billing_call call = busy_call("");
  char text[160];

  ck_assert_int_eq(billing_catalog_apply(b, &call, busy_catalog, (size_t)-1,
                                         NULL, NULL), 0);
  for (int i = 0; i < PEOPLE; i++) {
    snprintf(text, sizeof text, "{\"id\":\"p%d\",\"name\":\"Number %d\"}", i,
             i);
    ck_assert_int_eq(billing_put(b, &call, "customer", text, (size_t)-1, NULL,
                                 NULL), 0);
    snprintf(text, sizeof text, "{\"id\":\"k%d\",\"customer\":\"p%d\","
             "\"plan\":\"p\",\"start\":\"2026-01-0%d\",\"overdraft\":\"50\"}",
             i, i, 1 + i % 5);
    ck_assert_int_eq(billing_put(b, &call, "contract", text, (size_t)-1, NULL,
                                 NULL), 0);
  }
}

static billing_event busy_event(const char *key, const char *person,
                                char properties[80]) {
  billing_event event = shop_event(key, "e");

  snprintf(properties, 80, "{\"n\":%u,\"g\":\"g%u\",\"who\":\"w%u\"}",
           throw(9), throw(3), throw(6));
  event.customer = shop_text(person);
  event.properties = shop_text(properties);
  event.time_us = now_us - (int64_t)throw(20) * (SHOP_DAY / 24);
  return event;
}

static void give(billing *b, const char *key, const char *person) {
  billing_call call = busy_call(key);
  billing_grant_terms terms;

  BILLING_INIT(&terms);
  terms.customer = shop_text(person);
  terms.amount.amount = D("7.5");
  strcpy(terms.amount.asset, "USD");
  terms.name = shop_text("a gift");
  terms.priority = (int32_t)throw(3);
  if (throw(2))
    terms.expires_us = now_us + (int64_t)(1 + throw(40)) * SHOP_DAY;
  ck_assert_int_eq(billing_grant(b, &call, &terms, NULL, NULL), 0);
}

/* Some grant is changed in some way, if it is still there to be changed. */
static void change_grant(billing *b, const char *key, const char *person) {
  static const char *const changes[] = {
      "{\"change\":\"void\"}", "{\"change\":\"refund\",\"amount\":\"0.5\"}",
      "{\"change\":\"expiry\",\"expires\":\"never\"}"};
  billing_call call = busy_call(key);
  uint64_t number = 1 + throw(40);
  char terms[96];
  int rc;

  if (throw(2))
    snprintf(terms, sizeof terms, "{\"change\":\"transfer\",\"customer\":"
             "\"%s\",\"amount\":\"0.25\"}", person);
  else
    snprintf(terms, sizeof terms, "%s", changes[throw(3)]);
  rc = billing_grant_change(b, &call, number, terms, (size_t)-1, NULL, NULL);
  switch (BILLING_CODE(rc)) {
  case 0: case BILLING_NOTFOUND: case BILLING_CONFLICT: case BILLING_DENIED:
  case BILLING_INVALID: return;
  default: ck_abort_msg("%d", rc);
  }
}

/* Authorizes, and then settles, releases or leaves it open. */
static void hold(billing *b, const char *key, const char *person) {
  billing_call call = busy_call(key);
  char properties[80], other[24];
  billing_event event = busy_event("", person, properties);
  billing_hold_terms terms;
  int rc;

  BILLING_INIT(&terms);
  terms.expires_us = now_us + (int64_t)(1 + throw(90)) * (SHOP_DAY / 24);
  rc = billing_authorize(b, &call, &event, 1, &terms, NULL, NULL, NULL);
  if (BILLING_CODE(rc) == BILLING_DENIED) return;
  ck_assert_int_eq(rc, 0);
  snprintf(other, sizeof other, "e%s", key);
  event.key = shop_text(other);
  if (throw(3) == 0)
    ck_assert_int_eq(billing_settle(b, &call, &event, 1, 0, NULL, NULL), 0);
  else if (throw(2))
    ck_assert_int_eq(billing_release(b, &call, NULL), 0);
}

static void use(billing *b, const char *key) {
  billing_call call = busy_call("");
  char keys[4][24], people[4][8], properties[4][80];
  billing_event events[4];

  for (int i = 0; i < 4; i++) {
    snprintf(keys[i], sizeof keys[i], "%s.%d", key, i);
    snprintf(people[i], sizeof people[i], "p%u", throw(PEOPLE));
    events[i] = busy_event(keys[i], people[i], properties[i]);
  }
  ck_assert_int_eq(billing_record(b, &call, events, 4, NULL, NULL), 0);
}

static void live_on(billing *b, int round) {
  billing_call call;
  char key[16], person[8];

  now_us += (int64_t)throw(8) * (SHOP_DAY / 24);
  call = busy_call("");
  call.flags = BILLING_CALL_STEP;
  snprintf(key, sizeof key, "r%d", round);
  snprintf(person, sizeof person, "p%u", throw(PEOPLE));
  switch (throw(8)) {
  case 0: give(b, key, person); break;
  case 1: case 2: hold(b, key, person); break;
  case 3:
    ck_assert_int_eq(billing_advance(b, &call, now_us, 0, NULL, NULL), 0);
    break;
  default: use(b, key);
  }
  key[0] = 'c';
  if (throw(4) == 0) change_grant(b, key, person);
}

/* ---- the same answers ---- */

static billing_doc *ask(billing *b, int what, const char *person) {
  billing_call call = busy_call("");
  billing_doc *doc = NULL;
  char query[64];

  snprintf(query, sizeof query, "{\"customer\":\"%s\"}", person);
  switch (what) {
  case 0:
    ck_assert_int_eq(billing_usage(b, &call, query, (size_t)-1, &doc, NULL),
                     0);
    break;
  case 1:
    ck_assert_int_eq(billing_list(b, &call, "grant", query, (size_t)-1, &doc,
                                  NULL), 0);
    break;
  case 2:
    ck_assert_int_eq(billing_list(b, &call, "hold", query, (size_t)-1, &doc,
                                  NULL), 0);
    break;
  default:
    ck_assert_int_eq(billing_ledger(b, &call, query, (size_t)-1, &doc, NULL),
                     0);
  }
  return doc;
}

/* Questions 0 to 2 are about one customer alone; the ledger reads entries, and
 * with them all who are in them. */
static void compare(billing *a, billing *b, int person, int questions) {
  char id[16];

  snprintf(id, sizeof id, "p%d", person);
  for (int what = 0; what < questions; what++) {
    billing_doc *one = ask(a, what, id), *other = ask(b, what, id);

    ck_assert_str_eq(billing_doc_text(one), billing_doc_text(other));
    billing_doc_free(one);
    billing_doc_free(other);
  }
}

static bl_tenant *tenant_of(billing *b) {
  return bl_map_get(&b->tenants, "t", 1);
}

static uint64_t images_of(billing *b) {
  uint64_t records = 0;

  ck_assert_int_eq(bl_store_begin(b->store, BILLING_BEGIN_READ), 0);
  ck_assert_int_eq(bl_runs_count(tenant_of(b)->runs, b->store, BL_RUNS_STATE,
                                 &records), 0);
  bl_store_rollback(b->store);
  return records;
}

static size_t in_memory(billing *b) {
  size_t count = 0;

  for (uint64_t n = 1; n <= PEOPLE; n++)
    count += bl_table_at(&tenant_of(b)->by_customer, n) != NULL;
  return count;
}

START_TEST(who_is_loaded_is_who_never_left) {
  shop_folder folder = shop_folder_make();
  billing *live, *other;

  now_us = SHOP_NOW;
  live = busy_open(folder.path);
  add_people(live);
  for (int round = 0; round < ROUNDS; round++) {
    live_on(live, round);
    if (round % 90 != 89) continue;
    other = busy_open(folder.path);
    compare(live, other, (int)throw(PEOPLE), 3);
    ck_assert_uint_eq(in_memory(other), 1);
    for (int i = 0; i < PEOPLE; i += 2) compare(live, other, i, 4);
    live_on(other, round + ROUNDS);           /* its writes go on from there */
    shop_is_sound(other);
    billing_close(other);
    shop_is_sound(live);
  }
  ck_assert_uint_gt(images_of(live), 0);
  billing_close(live);
  shop_folder_remove(&folder);
}
END_TEST

/* Whether verify finds fault with such words. */
static int finds(billing *b, const char *words) {
  billing_doc *doc = shop_verify(b);
  int is_found = strstr(billing_doc_text(doc), words) != NULL;

  billing_doc_free(doc);
  return is_found;
}

/* Memory counts one event more of each than its entries have; so do images
 * that are written then. */
START_TEST(what_is_not_the_journals_is_named) {
  shop_folder folder = shop_folder_make();
  billing_call call;
  billing *b;

  now_us = SHOP_NOW;
  b = busy_open(folder.path);
  add_people(b);
  shop_is_sound(b);
  for (uint64_t n = 1; n <= PEOPLE; n++)
    ((bl_customer *)bl_table_at(&tenant_of(b)->by_customer, n))->events++;
  ck_assert(finds(b, "a customer in memory is not the journal's"));
  ck_assert(!finds(b, "a customer's image is not the journal's"));
  for (int round = 0; round < ROUNDS; round++) live_on(b, round);
  call = busy_call("");
  ck_assert_int_eq(billing_maintain(b, &call, 0, NULL, NULL), 0);
  ck_assert_uint_gt(images_of(b), 0);
  billing_close(b);
  b = busy_open(folder.path);
  ck_assert(finds(b, "a customer's image is not the journal's"));
  billing_close(b);
  shop_folder_remove(&folder);
}
END_TEST

Suite *test_engine_load(void) {
  Suite *suite = suite_create("engine_load");
  TCase *tests = tcase_create("load");

  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, who_is_loaded_is_who_never_left);
  tcase_add_test(tests, what_is_not_the_journals_is_named);
  suite_add_tcase(suite, tests);
  return suite;
}
