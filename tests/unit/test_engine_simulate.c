/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * test_engine_simulate.c - what would have been, against a shop in which it
 * was: the same requests at the same times, other documents from the start.
 */
#include "engine.h"

#define SHOP                                                               \
  "\"customers\":[{\"id\":\"a\"},{\"id\":\"b\"},{\"id\":\"z\"}],"           \
  "\"meters\":[{\"id\":\"gb\",\"event\":\"n\",\"aggregation\":\"sum\","     \
  "\"property\":\"n\",\"groups\":[\"who\"]},"                              \
  "{\"id\":\"who\",\"event\":\"n\",\"aggregation\":\"unique\","            \
  "\"property\":\"who\"},"                                                 \
  "{\"id\":\"level\",\"event\":\"n\",\"aggregation\":\"weighted_sum\","    \
  "\"recurring\":true,\"property\":\"n\"}],"
#define PLAN(prices) \
  "{\"id\":\"pp\",\"currency\":\"USD\",\"prices\":[" prices "]}"
#define CHEAP                                                              \
  PLAN("{\"id\":\"gb\",\"meter\":\"gb\",\"model\":\"per_unit\","           \
       "\"unit\":\"0.3\"},{\"id\":\"who\",\"meter\":\"who\","              \
       "\"model\":\"per_unit\",\"unit\":\"2\"},{\"id\":\"fee\","           \
       "\"model\":\"flat\",\"amount\":\"7\"}")
#define DEAR                                                               \
  PLAN("{\"id\":\"gb\",\"meter\":\"gb\",\"model\":\"graduated\","          \
       "\"groups\":[\"who\"],\"tiers\":[{\"up_to\":\"5\",\"unit\":"        \
       "\"0.4\"},{\"unit\":\"0.9\",\"flat\":\"1\"}]},"                     \
       "{\"id\":\"level\",\"meter\":\"level\",\"model\":\"per_unit\","     \
       "\"unit\":\"0.7\"},{\"id\":\"first\",\"model\":\"flat\","           \
       "\"amount\":\"3\",\"timing\":\"advance\"}")
#define CONTRACTS(more)                                                    \
  "\"contracts\":[{\"id\":\"ca\",\"customer\":\"a\",\"plan\":\"pp\","      \
  "\"start\":\"2026-01-04\"" more "},{\"id\":\"cb\",\"customer\":\"b\","   \
  "\"plan\":\"pp\",\"start\":\"2026-01-02\",\"end\":\"2026-02-10\"}]"

static uint64_t seed;
static uint64_t dice(uint64_t sides) {
  seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return (seed >> 33) % sides;
}

static billing *open_shop(const char *catalog) {
  billing *b;

  ck_assert_int_eq(billing_open(&b, ":memory:", (size_t)-1, NULL, NULL), 0);
  shop_put_catalog(b, JANUARY, "{\"tenant\":{\"id\":\"t\"}}");
  shop_put_catalog(b, JANUARY, catalog);
  return b;
}

/* ---- requests ---- */

static void give(billing *b, int64_t now_us, const char *customer, int n) {
  char key[16];
  billing_grant_terms terms;
  billing_call call;

  snprintf(key, sizeof key, "grant %d", n);
  call = shop_call_at(now_us, key);
  BILLING_INIT(&terms);
  terms.customer = shop_text(customer);
  terms.amount.amount = D("9");
  strcpy(terms.amount.asset, "USD");
  terms.expires_us = n % 2 ? now_us + 9 * SHOP_DAY : 0;
  ck_assert_int_eq(billing_grant(b, &call, &terms, NULL, NULL), 0);
}

static void use(billing *b, int64_t now_us, const char *customer, int n) {
  char key[16], properties[60];
  billing_call call = shop_call_at(now_us, "");
  billing_event event;
  billing_receipt receipt;

  snprintf(key, sizeof key, "use %d", n);
  snprintf(properties, sizeof properties, "{\"n\":%d,\"who\":\"u%d\"}",
           (int)dice(9) - 1, (int)dice(3));
  event = shop_event(key, "n");
  event.customer = shop_text(customer);
  event.time_us = now_us - (int64_t)dice(12) * SHOP_DAY / 2;
  event.properties = shop_text(properties);
  ck_assert_int_eq(shop_record(b, &call, &event, &receipt, NULL), 0);
}

static void take_back(billing *b, int64_t now_us, int n) {
  billing_call call = shop_call_at(now_us, "");
  char key[16];

  snprintf(key, sizeof key, "use %d", (int)dice((uint64_t)n + 1));
  (void)billing_void(b, &call, key, (size_t)-1, NULL, NULL);
}

static void advance(billing *b, int64_t now_us) {
  billing_call call = shop_call_at(now_us, "");

  ck_assert_int_eq(billing_advance(b, &call,
                                   now_us - (int64_t)dice(3) * SHOP_DAY,
                                   (uint32_t)dice(4), NULL, NULL), 0);
}

/* The meter adds up something else, and not everybody may come to that. */
static void change(billing *b, int64_t now_us, int n) {
  static const char *const what[] = {
    "\"aggregation\":\"max\",\"property\":\"n\"",
    "\"aggregation\":\"count\"",
    "\"aggregation\":\"sum\",\"property\":\"n\""};
  char meter[300];
  billing_call call = shop_call_at(now_us, "");
  billing_error err;

  BILLING_INIT(&err);
  snprintf(meter, sizeof meter, "{\"id\":\"gb\",\"event\":\"n\",%s,"
           "\"groups\":[\"who\"]}", what[n % 3]);
  ck_assert_msg(!billing_put(b, &call, "meter", meter, (size_t)-1, NULL,
                             &err), "%s %s", err.path, err.message);
}

static void rebuild(billing *b, int64_t now_us) {
  billing_call call = shop_call_at(now_us, "");

  ck_assert_int_eq(billing_rebuild(b, &call, "meter", "gb", 2,
                                   (uint32_t)dice(3), NULL, NULL, NULL), 0);
}

/* The same ones for the same seed. */
static void live(billing *b, uint64_t from, int most) {
  int64_t now_us = JANUARY;

  seed = from;
  for (int n = 0; n < most; n++) {
    const char *customer = dice(3) ? "a" : "b";
    now_us += (int64_t)dice(3) * SHOP_DAY / 3;
    switch (dice(16)) {
    case 0: case 1: give(b, now_us, customer, n); break;
    case 2: case 3: take_back(b, now_us, n); break;
    case 4: case 5: advance(b, now_us); break;
    case 6: change(b, now_us, n); break;
    case 7: rebuild(b, now_us); break;
    default: use(b, now_us, customer, n); break;
    }
  }
}

/* ---- answers ---- */

static bl_json *ask(billing *b, const char *query) {
  billing_call call = shop_call_at(MARCH, "");
  billing_doc *doc = NULL;
  billing_error err;

  BILLING_INIT(&err);
  ck_assert_msg(!billing_simulate(b, &call, query, (size_t)-1, &doc, &err),
                "%s %s", err.path, err.message);
  return shop_tree(doc);
}

/* "a ca fee USD 21 0; .." of one side, what is zero left out. */
static char *sums_of(bl_json *tree, const char *side) {
  char *text = NULL;
  size_t len = 0;
  FILE *out = open_memstream(&text, &len);
  bl_json *customer = bl_json_first(bl_json_get(tree, "customers"));

  for (; customer; customer = bl_json_next(customer)) {
    bl_json *price = bl_json_first(bl_json_get(customer, "prices"));
    bl_str id = bl_json_text(bl_json_get(customer, "customer"));
    for (; price; price = bl_json_next(price)) {
      bl_json *figures = bl_json_get(price, side);
      bl_str name = bl_json_text(bl_json_get(price, "price"));
      bl_str amount = bl_json_text(bl_json_get(figures, "amount"));
      bl_str drawn = bl_json_text(bl_json_get(figures, "drawn"));
      if (bl_str_is(amount, "0") && bl_str_is(drawn, "0")) continue;
      fprintf(out, "%.*s %.*s %.*s %.*s; ", (int)id.len, id.text,
              (int)name.len, name.text, (int)amount.len, amount.text,
              (int)drawn.len, drawn.text);
    }
  }
  fclose(out);
  return text;
}

static void same_sums(bl_json *one, const char *side, bl_json *two,
                      const char *other) {
  char *a = sums_of(one, side), *b = sums_of(two, other);

  ck_assert_str_eq(a, b);
  ck_assert_uint_gt(strlen(a), 20);
  free(a);
  free(b);
}

#define PRICES "\"prices\":true"

START_TEST(the_same_documents_give_the_same) {
  for (uint64_t from = 1; from <= 12; from++) {
    billing *b =
      open_shop("{" SHOP "\"plans\":[" CHEAP "]," CONTRACTS("") "}");
    bl_json *tree;
    live(b, from, 90);
    tree = ask(b, "{" PRICES "}");
    same_sums(tree, "before", tree, "after");
    bl_json_free(tree);
    tree = ask(b, "{" PRICES ",\"documents\":{\"plans\":[" CHEAP "],"
                  CONTRACTS("") "}}");
    same_sums(tree, "before", tree, "after");
    ck_assert_ptr_null(bl_json_get(tree, "refused"));
    bl_json_free(tree);
    shop_is_sound(b);
    billing_close(b);
  }
}
END_TEST

START_TEST(other_documents_give_what_they_would_have_given) {
  for (uint64_t from = 1; from <= 12; from++) {
    billing *one =
      open_shop("{" SHOP "\"plans\":[" CHEAP "]," CONTRACTS("") "}");
    billing *two = open_shop("{" SHOP "\"plans\":[" DEAR "],"
                             CONTRACTS(",\"zone\":\"Europe/Berlin\"") "}");
    bl_json *would, *was;
    live(one, from, 90);
    live(two, from, 90);
    would = ask(one, "{" PRICES ",\"documents\":{\"plans\":[" DEAR "],"
                     CONTRACTS(",\"zone\":\"Europe/Berlin\"") "}}");
    was = ask(two, "{" PRICES "}");
    same_sums(would, "after", was, "before");
    bl_json_free(would);
    bl_json_free(was);
    shop_is_sound(one);
    billing_close(one);
    billing_close(two);
  }
}
END_TEST

#define OTHER(plan) "{\"id\":\"other\"" plan
#define MOVED(plan)                                                        \
  "\"contracts\":[{\"id\":\"ca\",\"customer\":\"a\",\"plan\":\"" plan      \
  "\",\"start\":\"2026-01-04\"},{\"id\":\"cb\",\"customer\":\"b\","        \
  "\"plan\":\"" plan "\",\"start\":\"2026-01-02\",\"end\":\"2026-02-10\"}]"

/* A plan that came later, in two versions: contracts have its last one. */
START_TEST(contracts_move_to_another_plan) {
  const char *dear = DEAR + sizeof "{\"id\":\"pp\"" - 1;
  char plan[1000], catalog[3000];
  billing *one = open_shop("{" SHOP "\"plans\":[" CHEAP "]," CONTRACTS("")
                           "}");
  billing *two;
  bl_json *would, *was;

  snprintf(plan, sizeof plan, OTHER("%s"), dear);
  snprintf(catalog, sizeof catalog, "{" SHOP "\"plans\":[%s]," MOVED("other")
           "}", plan);
  two = open_shop(catalog);
  live(one, 3, 60);
  live(two, 3, 60);
  shop_put_catalog(one, MARCH, "{\"plans\":[{\"id\":\"other\","
                               "\"currency\":\"USD\",\"prices\":[]}]}");
  snprintf(catalog, sizeof catalog, "{\"plans\":[%s]}", plan);
  shop_put_catalog(one, MARCH, catalog);
  would = ask(one, "{" PRICES ",\"instead\":{\"pp\":\"other\"}}");
  was = ask(two, "{" PRICES "}");
  same_sums(would, "after", was, "before");
  bl_json_free(would);
  bl_json_free(was);
  billing_close(one);
  billing_close(two);
}
END_TEST

/* Contracts keep the versions that they were made with, and what was archived
 * was archived then. */
/* 10 are given; 2 are used, the rest is void, and 3 more are owed. */
START_TEST(what_was_done_to_a_grant_of_a_contract_is_done_again) {
  static const char given[] =
      "{" SHOP "\"plans\":[" PLAN("{\"id\":\"who\",\"meter\":\"gb\","
      "\"model\":\"per_unit\",\"unit\":\"1000\"}") "],"
      CONTRACTS(",\"grants\":[{\"id\":\"r\",\"amount\":\"10000\","
                "\"asset\":\"USD\",\"every\":\"month\"}]") "}";
  billing *b = open_shop(given);
  billing_call call = shop_call_at(SHOP_NOW, "");
  billing_event event = shop_event("u1", "n");
  billing_receipt receipt;
  bl_json *tree, *customer;
  char *sums;

  event.properties = shop_text("{\"n\":2,\"who\":\"u\"}");
  ck_assert_int_eq(shop_record(b, &call, &event, &receipt, NULL), 0);
  ck_assert_dec_eq(receipt.drawn, "2000");
  call = shop_call_at(SHOP_NOW, "void");
  ck_assert_int_eq(billing_grant_change(b, &call, 1, "{\"change\":\"void\"}",
                                        17, NULL, NULL), 0);
  call = shop_call_at(SHOP_NOW, "");
  event.key = shop_text("u2");
  event.properties = shop_text("{\"n\":3,\"who\":\"u\"}");
  ck_assert_int_eq(shop_record(b, &call, &event, &receipt, NULL), 0);
  tree = ask(b, "{" PRICES "}");
  for (int i = 0; i < 2; i++) {
    sums = sums_of(tree, i ? "after" : "before");
    ck_assert_str_eq(sums, "a who 5000 2000; ");
    free(sums);
  }
  bl_json_free(tree);
  tree = ask(b, "{" PRICES ",\"documents\":{" CONTRACTS("") "}}");
  customer = bl_json_first(bl_json_get(tree, "customers"));
  ck_assert(bl_str_is(bl_json_text(bl_json_get(
              bl_json_get(customer, "refused"), "code")), "NOTFOUND"));
  bl_json_free(tree);
  shop_is_sound(b);
  billing_close(b);
}
END_TEST

START_TEST(versions_are_those_of_then) {
  billing *b = open_shop("{" SHOP "\"plans\":[" CHEAP "]," CONTRACTS("") "}");
  billing_call call = shop_call_at(JANUARY, "");
  bl_json *tree;

  shop_put_catalog(b, JANUARY,
                   "{\"plans\":[" DEAR "],\"contracts\":[{\"id\":\"c2\","
                   "\"customer\":\"a\",\"plan\":\"pp\",\"start\":"
                   "\"2026-01-09\"}]}");
  ck_assert_int_eq(billing_archive(b, &call, "plan", "pp", 2, NULL), 0);
  live(b, 5, 60);
  tree = ask(b, "{" PRICES "}");
  same_sums(tree, "before", tree, "after");
  ck_assert_ptr_null(bl_json_get(tree, "refused"));
  bl_json_free(tree);
  billing_close(b);
}
END_TEST

START_TEST(pages_add_up_and_who_was_erased_is_left_out) {
  billing *b = open_shop("{" SHOP "\"plans\":[" CHEAP "]," CONTRACTS("") "}");
  billing_call call = shop_call_at(MARCH, "");
  bl_json *all, *page;
  char *whole, *text, joined[2000] = "";
  const char *queries[] = {"{" PRICES ",\"limit\":1}",
                           "{" PRICES ",\"limit\":1,\"after\":\"1\"}",
                           "{" PRICES ",\"limit\":1,\"after\":\"2\"}"};

  live(b, 2, 60);
  all = ask(b, "{" PRICES "}");
  whole = sums_of(all, "after");
  for (int i = 0; i < 3; i++) {
    page = ask(b, queries[i]);
    ck_assert_int_eq(bl_json_get(page, "next") != NULL, i < 2);
    text = sums_of(page, "after");
    strcat(joined, text);
    free(text);
    bl_json_free(page);
  }
  ck_assert_str_eq(joined, whole);
  free(whole);
  bl_json_free(all);
  ck_assert_int_eq(billing_erase(b, &call, "a", 1, "asked", 5, NULL), 0);
  all = ask(b, "{" PRICES "}");
  text = sums_of(all, "after");
  ck_assert_int_eq(text[0], 'b');
  free(text);
  bl_json_free(all);
  shop_is_sound(b);
  billing_close(b);
}
END_TEST

static void refuses(billing *b, const char *query, int rc, const char *path) {
  billing_call call = shop_call_at(MARCH, "");
  billing_doc *doc = NULL;
  billing_error err;

  BILLING_INIT(&err);
  ck_assert_int_eq(billing_simulate(b, &call, query, (size_t)-1, &doc, &err),
                   rc);
  ck_assert_ptr_null(doc);
  ck_assert_str_eq(err.path, path);
  ck_assert_str_ne(err.message, "");
}

START_TEST(what_is_wrong_is_said_with_its_path) {
  billing *b = open_shop("{" SHOP "\"plans\":[" CHEAP "]," CONTRACTS("") "}");

  live(b, 1, 9);
  refuses(b, "{\"documents\":[]}", BILLING_INVALID, "/documents");
  refuses(b, "{\"documents\":{\"customers\":[]}}", BILLING_INVALID,
          "/documents");
  refuses(b, "{\"documents\":{\"plans\":{}}}", BILLING_INVALID,
          "/documents/plans");
  refuses(b, "{\"documents\":{\"plans\":[{}]}}", BILLING_INVALID,
          "/documents/plans");
  refuses(b, "{\"instead\":1}", BILLING_INVALID, "/instead");
  refuses(b, "{\"instead\":{\"pp\":1}}", BILLING_INVALID, "/instead");
  refuses(b, "{\"instead\":{\"qq\":\"pp\"}}", BILLING_NOTFOUND, "/instead");
  refuses(b, "{\"after\":\"x\"}", BILLING_INVALID, "/after");
  refuses(b, "{\"limit\":0}", BILLING_INVALID, "/limit");
  refuses(b, "{\"at\":\"2026-01-01\"}", BILLING_INVALID, "/at");
  refuses(b, "{\"customer\":\"y\"}", BILLING_NOTFOUND_CUSTOMER, "/customer");
  refuses(b, "{\"documents\":{\"meters\":[{\"id\":\"gb\",\"event\":\"n\","
             "\"aggregation\":\"most\"}]}}", BILLING_INVALID,
          "/documents/meters/0/aggregation");
  refuses(b, "{\"documents\":{\"contracts\":[{\"id\":\"x\",\"customer\":"
             "\"z\",\"plan\":\"no\",\"start\":\"2026-01-01\"}]}}",
          BILLING_NOTFOUND, "/documents/contracts/0/plan");
  shop_is_sound(b);
  billing_close(b);
}
END_TEST

Suite *test_engine_simulate(void) {
  Suite *s = suite_create("engine_simulate");
  TCase *t = tcase_create("simulate");

  tcase_set_timeout(t, 60);
  tcase_add_test(t, the_same_documents_give_the_same);
  tcase_add_test(t, other_documents_give_what_they_would_have_given);
  tcase_add_test(t, contracts_move_to_another_plan);
  tcase_add_test(
      t, what_was_done_to_a_grant_of_a_contract_is_done_again);
  tcase_add_test(t, versions_are_those_of_then);
  tcase_add_test(t, pages_add_up_and_who_was_erased_is_left_out);
  tcase_add_test(t, what_is_wrong_is_said_with_its_path);
  suite_add_tcase(s, t);
  return s;
}
