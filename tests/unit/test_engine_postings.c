/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * test_engine_postings.c - what an entry posts, and that balances are sums of
 * postings.
 *
 * The prices of the shop: 0.25 for a's calls, 0.05 for b's.
 */
#include "engine.h"
#include "engine/audit_ledger.h"
#include "engine/engine.h"
#include "engine/postings.h"
#include "store/store.h"

static const char two_customers[] =
    "{\"tenant\":{\"id\":\"t\"},\"customers\":[{\"id\":\"a\"},{\"id\":\"b\"}],"
    "\"meters\":[{\"id\":\"m\",\"event\":\"e\",\"aggregation\":\"count\"}],"
    "\"plans\":[{\"id\":\"p\",\"currency\":\"USD\",\"prices\":[{\"id\":\"x\","
    "\"meter\":\"m\",\"model\":\"per_unit\",\"unit\":\"0.25\"},"
    "{\"id\":\"fee\",\"model\":\"flat\",\"amount\":\"20\"}]},"
    "{\"id\":\"q\",\"currency\":\"USD\",\"prices\":[{\"id\":\"x\","
    "\"meter\":\"m\",\"model\":\"per_unit\",\"unit\":\"0.05\"}]}],"
    "\"contracts\":[{\"id\":\"ca\",\"customer\":\"a\",\"plan\":\"p\","
    "\"start\":\"2026-01-01\"},{\"id\":\"cb\",\"customer\":\"b\","
    "\"plan\":\"q\",\"start\":\"2026-01-01\"}]}";

static billing *b;
static bl_arena arena;

static bl_tenant *shop_tenant(void) {
  return bl_map_get(&b->tenants, "t", 1);
}

/* a has 0.10; one event of each; then the month ends. */
static void begin(void) {
  billing_call call = shop_call("");
  billing_event events[2] = {shop_event("k1", "e"), shop_event("k2", "e")};

  ck_assert_int_eq(billing_open(&b, ":memory:", (size_t)-1, NULL, NULL), 0);
  ck_assert_int_eq(billing_catalog_apply(b, &call, two_customers, (size_t)-1,
                                         NULL, NULL), 0);
  shop_grant(b, "g", "0.10");
  events[1].customer = shop_text("b");
  ck_assert_int_eq(billing_record(b, &call, events, 2, NULL, NULL), 0);
  call.now_us = SHOP_NOW + 31 * SHOP_DAY;
  call.flags = BILLING_CALL_STEP;
  ck_assert_int_eq(billing_advance(b, &call, call.now_us, 0, NULL, NULL), 0);
  bl_arena_open(&arena, NULL);
}

static void end(void) {
  bl_arena_close(&arena);
  billing_close(b);
}

static int read_entry(int64_t seq, bl_entry *out) {
  bl_call c = {.b = b, .t = shop_tenant()};
  int rc;

  ck_assert_int_eq(bl_store_begin(b->store, BILLING_BEGIN_READ), 0);
  rc = bl_journal_read(&c, seq, &arena, out);
  bl_store_rollback(b->store);
  return rc;
}

/* The first entry of a kind, from a place on. */
static bl_entry entry_of(int64_t kind, int64_t seq) {
  bl_entry entry;

  do ck_assert_int_eq(read_entry(seq++, &entry), 0);
  while (entry.kind != kind);
  return entry;
}

/* A call on the shop whose customers are all in memory. */
static bl_call reading(void) {
  bl_call c;

  memset(&c, 0, sizeof c);
  c.b = b;
  c.t = shop_tenant();
  bl_arena_open(&c.arena, NULL);
  return c;
}

/* The group as "customer account amount" one after the other. */
static void posts(const bl_entry *entry, const char *expected) {
  bl_call c = reading();
  bl_postings group;
  char text[512] = "", amount[BL_DEC_TEXT];

  ck_assert_int_eq(bl_postings_of(&c, c.t, entry, &arena, &group), 0);
  bl_arena_close(&c.arena);
  for (size_t i = 0; i < group.count; i++) {
    size_t len = strlen(text);

    ck_assert_str_eq(group.item[i].asset, "USD");
    bl_dec_print(group.item[i].amount, amount);
    snprintf(text + len, sizeof text - len, "%s%d %s %s", len ? ", " : "",
             (int)group.item[i].customer,
             bl_account_name(group.item[i].account), amount);
  }
  ck_assert_str_eq(text, expected);
}

START_TEST(a_batch_posts_each_customers_sums) {
  bl_entry entry = entry_of(BL_ENTRY_EVENTS, 1);

  posts(&entry, "1 deferred 0.1, 1 unbilled 0.15, 1 revenue -0.25, "
                "2 unbilled 0.05, 2 revenue -0.05");
}
END_TEST

START_TEST(an_invoice_posts_its_fees_and_lines) {
  bl_entry entry = entry_of(BL_ENTRY_INVOICE, 1);

  /* 20 are charged and billed with it, and 0.15 that was charged before. */
  posts(&entry, "1 unbilled -0.15, 1 receivable 20.15, 1 revenue -20");
  entry = entry_of(BL_ENTRY_INVOICE, entry.seq + 1);
  posts(&entry, "2 unbilled -0.05, 2 receivable 0.05");
}
END_TEST

START_TEST(a_grant_is_funded_and_documents_post_nothing) {
  bl_entry entry = entry_of(BL_ENTRY_GRANT, 1);

  posts(&entry, "1 deferred -0.1, 1 funding 0.1");
  entry = entry_of(BL_ENTRY_DOCUMENT, 1);
  posts(&entry, "");
}
END_TEST

/* The sums of all entries' postings, some of them more than once. */
static const char *problem_of(int64_t from, int64_t twice) {
  bl_call c = reading();
  const char *problem = NULL;
  bl_map accounts;
  bl_entry entry;

  bl_map_open(&accounts, &arena);
  for (int64_t seq = from; read_entry(seq, &entry) == 0; seq++)
    for (int i = 0; i <= (seq == twice); i++)
      ck_assert_int_eq(bl_accounts_add(&accounts, &c, c.t, &entry, &problem),
                       0);
  bl_arena_close(&c.arena);
  ck_assert_ptr_null(problem);
  return bl_accounts_problem(&accounts, c.t);
}

START_TEST(balances_are_the_sums_of_postings) {
  bl_entry entry = entry_of(BL_ENTRY_EVENTS, 1);

  ck_assert_ptr_null(problem_of(1, 0));
  ck_assert_ptr_nonnull(problem_of(entry.seq + 1, 0));
  ck_assert_ptr_nonnull(problem_of(1, entry.seq));
}
END_TEST

START_TEST(a_balance_that_nothing_posted_is_a_problem) {
  bl_customer *customer = bl_table_at(&shop_tenant()->by_customer, 2);
  bl_wallet *wallet = bl_wallet_of(customer, "USD\0\0\0\0\0\0\0\0\0\0\0\0");

  wallet->balance[BL_ACCOUNT_FUNDING] = D("0.01");
  ck_assert_ptr_nonnull(problem_of(1, 0));
}
END_TEST

Suite *test_engine_postings(void);
Suite *test_engine_postings(void) {
  Suite *s = suite_create("engine_postings");
  TCase *t = tcase_create("postings");

  tcase_add_checked_fixture(t, begin, end);
  tcase_add_test(t, a_batch_posts_each_customers_sums);
  tcase_add_test(t, an_invoice_posts_its_fees_and_lines);
  tcase_add_test(t, a_grant_is_funded_and_documents_post_nothing);
  tcase_add_test(t, balances_are_the_sums_of_postings);
  tcase_add_test(t, a_balance_that_nothing_posted_is_a_problem);
  suite_add_tcase(s, t);
  return s;
}
