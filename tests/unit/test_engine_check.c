/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * test_engine_check.c - what the board says against the state.
 *
 * A call with a flag is not plain, so it goes to the state; the same call
 * without it may be answered by the board.  Whatever happens in between, both
 * must say the same, to the letter.
 */
#include "engine/engine.h"

#include "engine.h"
#include "store/faulty.h"

#define SHOP_HOUR INT64_C(3600000000)

static billing      *b;
static billing_error err;
static shop_folder   folder;

static void begin(void) {
  BILLING_INIT(&err);
  b = shop_open(NULL);
}

static void end(void) {
  billing_close(b);
}

static void begin_file(void) {
  folder = shop_folder_make();
  BILLING_INIT(&err);
  b = shop_open(folder.path);
}

static void end_file(void) {
  billing_close(b);
  shop_folder_remove(&folder);
}

typedef struct answer {
  int             rc;
  billing_decimal spend;
  billing_error   err;
} answer;

static answer ask(billing *handle, const billing_call *call, const char *who,
                  const char *amount, const char *asset) {
  billing_money money;
  answer a;

  memset(&money, 0, sizeof money);
  memset(&a, 0, sizeof a);
  BILLING_INIT(&a.err);
  money.amount = D(amount);
  snprintf(money.asset, sizeof money.asset, "%s", asset);
  a.rc = billing_check(handle, call, who, (size_t)-1, &money, &a.spend,
                       &a.err);
  return a;
}

static int is_on_board(billing *handle, const char *who, const char *asset,
                       int64_t now_us) {
  const bl_panel *panel;
  char name[16] = {0};
  bl_dec spend;

  strcpy(name, asset);
  panel = bl_board_panel(handle->board, BL_STR("t"), name);
  return panel && bl_board_spend(handle->board, panel, bl_str_of(who), now_us,
                                 &spend);
}

static void same_answer(answer one, answer other) {
  ck_assert_int_eq(one.rc, other.rc);
  ck_assert(!memcmp(&one.spend, &other.spend, sizeof one.spend));
  ck_assert_int_eq(one.err.code, other.err.code);
  ck_assert_int_eq(one.err.item, other.err.item);
  ck_assert_str_eq(one.err.message, other.err.message);
  ck_assert_str_eq(one.err.path, other.err.path);
  ck_assert_str_eq(one.err.hint, other.err.hint);
}

/* What anybody is told: by the board if it knows, and by the state. */
static answer agree(billing *handle, const char *who, const char *amount,
                    const char *asset, int64_t now_us) {
  billing_call call = shop_call("");
  answer plain, state;

  call.now_us = now_us;
  plain = ask(handle, &call, who, amount, asset);
  call.flags = BILLING_CALL_STEP;
  state = ask(handle, &call, who, amount, asset);
  same_answer(plain, state);
  return state;
}

static void put_contract(const char *overdraft) {
  billing_call call = shop_call("");
  char json[200];

  snprintf(json, sizeof json,
           "{\"id\":\"c\",\"customer\":\"a\",\"plan\":\"p\","
           "\"start\":\"2026-01-01\",\"overdraft\":\"%s\"}", overdraft);
  ck_assert_msg(!billing_put(b, &call, "contract", json, (size_t)-1, NULL,
                             &err), "%s", err.message);
}

/* ---- one thing after the other ---- */

/* The example of check.c: 10.00 free, 3.00 of them held, overdraft 5.00, 1.00
 * unbilled.  Scoped to nothing that is used, a grant pays nothing. */
START_TEST(grants_less_holds_and_the_room_of_the_overdraft_can_be_spent) {
  billing_event event = shop_event("v", "e");
  billing_call call = shop_call("h");
  billing_hold_terms hold;
  billing_receipt receipt;

  put_contract("5");
  event.value = BL_DEC_ZERO;
  for (int i = 0; i < 10; i++) {
    char key[4] = {'v', (char)('0' + i), 0, 0};
    event.key = shop_text(key);
    ck_assert_int_eq(shop_record(b, &call, &event, &receipt, &err), 0);
  }
  shop_grant(b, "g", "10");
  BILLING_INIT(&hold);
  hold.customer = shop_text("a");
  hold.amount.amount = D("3");
  strcpy(hold.amount.asset, "USD");
  ck_assert_int_eq(billing_authorize(b, &call, NULL, 0, &hold, NULL, NULL,
                                     &err), 0);
  ck_assert_dec_eq(agree(b, "a", "11", "USD", SHOP_NOW).spend, "11");
  ck_assert(is_on_board(b, "a", "USD", SHOP_NOW));
  ck_assert_dec_eq(agree(b, "a", "11", "USD", SHOP_NOW).spend, "11");
  ck_assert_int_eq(agree(b, "a", "11.01", "USD", SHOP_NOW).rc,
                   BILLING_DENIED_BALANCE);
  ck_assert_int_eq(agree(b, "a", "11", "USD", SHOP_NOW).rc, 0);
}
END_TEST

START_TEST(more_than_the_largest_decimal_is_the_largest_decimal) {
  static const char most[] = "99999999999999999999.999999999999999999";

  put_contract("99999999999999999999");
  shop_grant(b, "g", "5");
  ck_assert_dec_eq(agree(b, "a", most, "USD", SHOP_NOW).spend, most);
  put_contract("unlimited");
  ck_assert_dec_eq(agree(b, "a", most, "USD", SHOP_NOW).spend, most);
}
END_TEST

START_TEST(the_board_answers_without_the_store) {
  billing_store *memory = NULL, *store;
  billing_call call = shop_call("");
  billing *own = NULL;

  ck_assert_int_eq(billing_memory_store(&memory, NULL), 0);
  store = faulty_store(memory);
  ck_assert_int_eq(billing_open_store(&own, store, NULL, NULL), 0);
  ck_assert_int_eq(billing_catalog_apply(own, &call, shop_catalog, (size_t)-1,
                                         NULL, NULL), 0);
  shop_grant(own, "g", "2");
  ck_assert_int_eq(ask(own, &call, "a", "1", "USD").rc, 0);
  faulty_arm(store, 1, BILLING_STORE, FAULTY_FOR_GOOD);
  ck_assert_int_eq(ask(own, &call, "a", "2", "USD").rc, 0);
  ck_assert_int_eq(ask(own, &call, "a", "2.1", "USD").rc,
                   BILLING_DENIED_BALANCE);
  ck_assert_int_eq(faulty_calls(store), 0);
  call.flags = BILLING_CALL_STEP;
  ck_assert_int_eq(ask(own, &call, "a", "1", "USD").rc, BILLING_STORE);
  billing_close(own);
}
END_TEST

START_TEST(what_is_wrong_is_said_as_if_there_were_no_board) {
  billing_call call = shop_call("");
  billing_money money = {D("1"), "USD"};
  billing_decimal spend = D("7");
  char late[] = "2026";

  shop_grant(b, "g", "2");
  ck_assert_int_eq(agree(b, "a", "1", "USD", SHOP_NOW).rc, 0);
  ck_assert_int_eq(agree(b, "nobody", "1", "USD", SHOP_NOW).rc,
                   BILLING_NOTFOUND_CUSTOMER);
  ck_assert_int_eq(agree(b, "a", "-1", "USD", SHOP_NOW).rc, BILLING_INVALID);
  ck_assert_int_eq(agree(b, "a", "1", "nope", SHOP_NOW).rc, BILLING_INVALID);
  ck_assert_int_eq(billing_check(b, &call, "a", 1, NULL, &spend, &err),
                   BILLING_MISUSE);
  ck_assert_int_eq(billing_check(NULL, &call, "a", 1, &money, &spend, &err),
                   BILLING_MISUSE);
  ck_assert_int_eq(billing_check(b, NULL, "a", 1, &money, &spend, &err),
                   BILLING_MISUSE);
  call.tenant = shop_text("u");
  ck_assert_int_eq(billing_check(b, &call, "a", 1, &money, &spend, &err),
                   BILLING_NOTFOUND_TENANT);
  call.tenant = shop_text("");
  ck_assert_int_eq(billing_check(b, &call, "a", 1, &money, &spend, &err),
                   BILLING_MISUSE);
  call = shop_call("");
  err.struct_size = 3;
  ck_assert_int_eq(billing_check(b, &call, "a", 1, &money, &spend, &err),
                   BILLING_MISUSE);
  BILLING_INIT(&err);
  ck_assert_dec_eq(spend, "7");
  memcpy(money.asset + 5, late, sizeof late);     /* behind the name's end */
  (void)billing_check(b, &call, "a", 1, &money, NULL, &err);
  ck_assert_int_eq(agree(b, "a", "1", "USD", SHOP_NOW).rc, 0);
  ck_assert_int_eq(billing_check(b, &call, "a", 1, &money, NULL, NULL),
                   err.code);
}
END_TEST

START_TEST(a_handle_of_one_tenant_answers_calls_that_name_none) {
  billing_options options;
  billing_call call = shop_call("");
  billing *own = NULL;

  BILLING_INIT(&options);
  options.tenant = shop_text("t");
  ck_assert_int_eq(billing_open(&own, ":memory:", (size_t)-1, &options, &err),
                   0);
  ck_assert_int_eq(billing_catalog_apply(own, &call, shop_catalog, (size_t)-1,
                                         NULL, NULL), 0);
  shop_grant(own, "g", "2");
  call.tenant = shop_text("");
  ck_assert_int_eq(ask(own, &call, "a", "2", "USD").rc, 0);
  ck_assert(is_on_board(own, "a", "USD", SHOP_NOW));
  ck_assert_int_eq(ask(own, &call, "a", "2", "USD").rc, 0);
  call.tenant = shop_text("u");
  ck_assert_int_eq(ask(own, &call, "a", "2", "USD").rc,
                   BILLING_DENIED_TENANT);
  billing_close(own);
}
END_TEST

START_TEST(a_long_id_is_asked_for_in_the_state) {
  static const char id[] = "an id of more than 24 bytes";
  billing_call call = shop_call("");
  char json[80];

  snprintf(json, sizeof json, "{\"id\":\"%s\"}", id);
  ck_assert_int_eq(billing_put(b, &call, "customer", json, (size_t)-1, NULL,
                               &err), 0);
  ck_assert_int_eq(agree(b, id, "0", "USD", SHOP_NOW).rc, 0);
  ck_assert_int_eq(agree(b, id, "1", "USD", SHOP_NOW).rc,
                   BILLING_DENIED_BALANCE);
  ck_assert(!is_on_board(b, id, "USD", SHOP_NOW));
}
END_TEST

START_TEST(time_alone_makes_the_board_ask_again) {
  billing_call call = shop_call("g");
  billing_grant_terms terms;

  BILLING_INIT(&terms);
  terms.customer = shop_text("a");
  terms.amount.amount = D("4");
  strcpy(terms.amount.asset, "USD");
  terms.effective_us = SHOP_NOW + SHOP_HOUR;
  terms.expires_us = SHOP_NOW + 3 * SHOP_HOUR;
  ck_assert_int_eq(billing_grant(b, &call, &terms, NULL, &err), 0);
  ck_assert_dec_eq(agree(b, "a", "0", "USD", SHOP_NOW).spend, "0");
  ck_assert(is_on_board(b, "a", "USD", SHOP_NOW + SHOP_HOUR - 1));
  ck_assert(!is_on_board(b, "a", "USD", SHOP_NOW + SHOP_HOUR));
  ck_assert_dec_eq(agree(b, "a", "0", "USD", SHOP_NOW + SHOP_HOUR).spend, "4");
  ck_assert(!is_on_board(b, "a", "USD", SHOP_NOW));
  ck_assert(is_on_board(b, "a", "USD", SHOP_NOW + 3 * SHOP_HOUR - 1));
  ck_assert_dec_eq(agree(b, "a", "0", "USD", SHOP_NOW + 3 * SHOP_HOUR).spend,
                   "0");
  ck_assert_dec_eq(agree(b, "a", "0", "USD", SHOP_NOW + 2 * SHOP_HOUR).spend,
                   "4");
  ck_assert_dec_eq(agree(b, "a", "0", "USD", 0).spend, "0");
}
END_TEST

START_TEST(an_overdraft_counts_while_its_contract_lasts) {
  static const char json[] =
      "{\"id\":\"d\",\"customer\":\"a\",\"plan\":\"p\",\"start\":"
      "\"2026-01-06\",\"end\":\"2026-01-08\",\"overdraft\":\"8\"}";
  billing_call call = shop_call("");

  ck_assert_int_eq(billing_put(b, &call, "contract", json, (size_t)-1, NULL,
                               &err), 0);
  ck_assert_dec_eq(agree(b, "a", "0", "USD", SHOP_NOW).spend, "0");
  ck_assert(is_on_board(b, "a", "USD", SHOP_NOW + SHOP_DAY - 1));
  ck_assert_dec_eq(agree(b, "a", "0", "USD", SHOP_NOW + SHOP_DAY).spend, "8");
  ck_assert(is_on_board(b, "a", "USD", SHOP_NOW + 3 * SHOP_DAY - 1));
  ck_assert_dec_eq(agree(b, "a", "0", "USD", SHOP_NOW + 3 * SHOP_DAY).spend,
                   "0");
}
END_TEST

START_TEST(a_hold_that_nobody_ended_is_over_when_its_time_is) {
  billing_call call = shop_call("h");
  billing_hold_terms terms;

  shop_grant(b, "g", "10");
  BILLING_INIT(&terms);
  terms.customer = shop_text("a");
  terms.amount.amount = D("4");
  strcpy(terms.amount.asset, "USD");
  terms.expires_us = SHOP_NOW + SHOP_HOUR;
  ck_assert_int_eq(billing_authorize(b, &call, NULL, 0, &terms, NULL, NULL,
                                     &err), 0);
  ck_assert_dec_eq(agree(b, "a", "0", "USD", SHOP_NOW).spend, "6");
  ck_assert(!is_on_board(b, "a", "USD", SHOP_NOW + SHOP_HOUR));
  ck_assert_dec_eq(agree(b, "a", "0", "USD", SHOP_NOW + SHOP_HOUR).spend,
                   "10");
  ck_assert(is_on_board(b, "a", "USD", SHOP_NOW + SHOP_HOUR));
  /* A write that does not end it, at a time when it is over. */
  call = shop_call("g2");
  call.now_us = SHOP_NOW + 2 * SHOP_HOUR;
  {
    billing_grant_terms grant;
    BILLING_INIT(&grant);
    grant.customer = shop_text("a");
    grant.amount.amount = D("1");
    strcpy(grant.amount.asset, "USD");
    ck_assert_int_eq(billing_grant(b, &call, &grant, NULL, &err), 0);
  }
  ck_assert_dec_eq(agree(b, "a", "0", "USD", SHOP_NOW + 2 * SHOP_HOUR).spend,
                   "11");
}
END_TEST

START_TEST(a_call_that_fails_leaves_the_board_as_it_was) {
  billing_event event = shop_event("v", "e");
  billing_store *memory = NULL, *store;
  billing_call call = shop_call("");
  billing_receipt receipt;
  billing *own = NULL;

  ck_assert_int_eq(billing_memory_store(&memory, NULL), 0);
  store = faulty_store(memory);
  ck_assert_int_eq(billing_open_store(&own, store, NULL, NULL), 0);
  ck_assert_int_eq(billing_catalog_apply(own, &call, shop_catalog, (size_t)-1,
                                         NULL, NULL), 0);
  shop_grant(own, "g", "2");
  for (uint64_t n = 1;; n++) {
    answer before = agree(own, "a", "1", "USD", SHOP_NOW);
    int rc, has_failed;
    faulty_arm(store, n, BILLING_STORE, FAULTY_ONCE);
    rc = shop_record(own, &call, &event, &receipt, &err);
    has_failed = faulty_has_failed(store);
    faulty_arm(store, 0, 0, FAULTY_ONCE);
    if (!has_failed) break;
    ck_assert_int_eq(rc, BILLING_STORE);
    same_answer(agree(own, "a", "1", "USD", SHOP_NOW), before);
  }
  ck_assert_dec_eq(agree(own, "a", "1", "USD", SHOP_NOW).spend, "1.9");
  billing_close(own);
}
END_TEST

START_TEST(a_commit_that_nobody_knows_of_takes_the_board_down) {
  billing_event event = shop_event("v", "e");
  billing_store *memory = NULL, *store;
  billing_call call = shop_call("");
  billing_receipt receipt;
  billing *own = NULL;

  ck_assert_int_eq(billing_memory_store(&memory, NULL), 0);
  store = faulty_store(memory);
  ck_assert_int_eq(billing_open_store(&own, store, NULL, NULL), 0);
  ck_assert_int_eq(billing_catalog_apply(own, &call, shop_catalog, (size_t)-1,
                                         NULL, NULL), 0);
  shop_grant(own, "g", "2");
  ck_assert_dec_eq(agree(own, "a", "1", "USD", SHOP_NOW).spend, "2");
  for (uint64_t n = 1; n < 100; n++) {
    faulty_arm(store, n, BILLING_STORE, FAULTY_AFTERWARDS);
    (void)shop_record(own, &call, &event, &receipt, &err);
    if (faulty_has_failed(store) && !strcmp(faulty_method(store), "commit"))
      break;
  }
  faulty_arm(store, 0, 0, FAULTY_ONCE);
  ck_assert(!is_on_board(own, "a", "USD", SHOP_NOW));
  ck_assert_dec_eq(agree(own, "a", "1", "USD", SHOP_NOW).spend, "1.9");
  billing_close(own);
}
END_TEST

START_TEST(a_state_that_is_folded_anew_shows_nothing) {
  bl_tenant *t = bl_map_get(&b->tenants, "t", 1);

  shop_grant(b, "g", "2");
  ck_assert_dec_eq(agree(b, "a", "1", "USD", SHOP_NOW).spend, "2");
  ck_assert(is_on_board(b, "a", "USD", SHOP_NOW));
  bl_tenant_reset(t);
  ck_assert(!is_on_board(b, "a", "USD", SHOP_NOW));
  ck_assert_dec_eq(agree(b, "a", "1", "USD", SHOP_NOW).spend, "2");
  ck_assert(is_on_board(b, "a", "USD", SHOP_NOW));
}
END_TEST

START_TEST(a_hosts_connection_has_no_board) {
  billing_call call = shop_call("");

  shop_grant(b, "g", "2");
  bl_board_close(b->board);                  /* as open leaves it then */
  b->board = NULL;
  ck_assert_int_eq(ask(b, &call, "a", "2", "USD").rc, 0);
  ck_assert_int_eq(agree(b, "a", "3", "USD", SHOP_NOW).rc,
                   BILLING_DENIED_BALANCE);
}
END_TEST

/* ---- calls that share a commit ---- */

/* A store whose syncs wait for the test, and whose commits may fail. */
static billing_store_methods held;
static atomic_int            may_sync, fails_commit;
static int (*true_commit)(billing_store *s);

static int held_sync(billing_store *s) {
  (void)s;
  while (!atomic_load(&may_sync)) usleep(100);
  return BILLING_OK;
}

static int held_commit(billing_store *s) {
  return atomic_load(&fails_commit) ? BILLING_STORE : true_commit(s);
}

static billing *open_held(void) {
  billing_call call = shop_call("");
  billing_store *store = NULL;
  billing *own = NULL;

  ck_assert_int_eq(billing_memory_store(&store, NULL), 0);
  held = *store->methods;
  true_commit = held.commit;
  held.commit = held_commit;
  held.sync = held_sync;
  store->methods = &held;
  atomic_store(&may_sync, 1);
  atomic_store(&fails_commit, 0);
  ck_assert_int_eq(billing_open_store(&own, store, NULL, NULL), 0);
  ck_assert_int_eq(billing_catalog_apply(own, &call, shop_catalog, (size_t)-1,
                                         NULL, NULL), 0);
  ck_assert_int_eq(billing_put(own, &call, "customer", "{\"id\":\"b\"}",
                               (size_t)-1, NULL, NULL), 0);
  shop_grant(own, "g", "2");
  return own;
}

typedef struct member {
  pthread_t thread;
  billing  *b;
  char      key[8];
  int       rc;
} member;

static void *record_one(void *arguments) {
  member *m = arguments;
  billing_event event = shop_event(m->key, "e");
  billing_call call = shop_call("");
  billing_receipt receipt;

  m->rc = shop_record(m->b, &call, &event, &receipt, NULL);
  return NULL;
}

static void start_member(member *m, billing *own, const char *key) {
  m->b = own;
  snprintf(m->key, sizeof m->key, "%s", key);
  ck_assert_int_eq(pthread_create(&m->thread, NULL, record_one, m), 0);
}

/* Until this many have found their places: of those that lead and sync there
 * is one, the others' calls are in the open group. */
static void await(billing *own, uint64_t tickets, size_t calls) {
  for (int is_there = 0; !is_there; usleep(100)) {
    pthread_mutex_lock(&own->lock);
    is_there = own->group.issued >= tickets && own->group.calls >= calls;
    pthread_mutex_unlock(&own->lock);
  }
}

static void share_a_commit(int is_to_fail) {
  billing *own = open_held();
  billing_call call = shop_call("");
  uint64_t before = own->group.issued;
  member first, second;

  ck_assert_dec_eq(agree(own, "a", "0", "USD", SHOP_NOW).spend, "2");
  atomic_store(&may_sync, 0);
  start_member(&first, own, "first");
  await(own, before + 1, 0);
  start_member(&second, own, "second");
  await(own, before + 2, 1);
  ck_assert_dec_eq(ask(own, &call, "a", "0", "USD").spend, "1.9");
  call.flags = BILLING_CALL_STEP;
  (void)ask(own, &call, "a", "0", "USD");
  (void)ask(own, &call, "a", "0", "EUR");
  (void)ask(own, &call, "b", "0", "USD");
  call.flags = 0;
  ck_assert(is_on_board(own, "a", "USD", SHOP_NOW));
  ck_assert(!is_on_board(own, "a", "EUR", SHOP_NOW));
  ck_assert(!is_on_board(own, "b", "USD", SHOP_NOW));
  ck_assert_dec_eq(ask(own, &call, "a", "0", "USD").spend, "1.9");
  atomic_store(&fails_commit, is_to_fail);
  atomic_store(&may_sync, 1);
  pthread_join(first.thread, NULL);
  pthread_join(second.thread, NULL);
  atomic_store(&fails_commit, 0);
  ck_assert_int_eq(first.rc, 0);
  ck_assert_int_eq(second.rc, is_to_fail ? BILLING_STORE : 0);
  ck_assert_int_eq(is_on_board(own, "a", "USD", SHOP_NOW), !is_to_fail);
  ck_assert_int_eq(is_on_board(own, "a", "EUR", SHOP_NOW), !is_to_fail);
  ck_assert_int_eq(is_on_board(own, "b", "USD", SHOP_NOW), !is_to_fail);
  ck_assert_dec_eq(agree(own, "a", "0", "USD", SHOP_NOW).spend,
                   is_to_fail ? "1.9" : "1.8");
  billing_close(own);
}

START_TEST(what_is_not_committed_yet_is_not_on_the_board) {
  share_a_commit(0);
}
END_TEST

START_TEST(what_never_came_to_be_was_never_on_the_board) {
  share_a_commit(1);
}
END_TEST

/* ---- two handles ---- */

START_TEST(what_another_handle_did_is_seen_after_the_next_call) {
  billing_call call = shop_call("");
  billing_balances balances;
  billing *other = NULL;

  shop_grant(b, "g", "2");
  ck_assert_dec_eq(agree(b, "a", "1", "USD", SHOP_NOW).spend, "2");
  ck_assert_int_eq(billing_open(&other, folder.path, (size_t)-1, NULL, &err),
                   0);
  shop_grant(other, "h", "5");
  ck_assert_dec_eq(ask(b, &call, "a", "1", "USD").spend, "2");
  BILLING_INIT(&balances);
  ck_assert_int_eq(billing_balance(b, &call, "a", 1, "USD", &balances, &err),
                   0);
  ck_assert_dec_eq(ask(b, &call, "a", "1", "USD").spend, "7");
  ck_assert(is_on_board(b, "a", "USD", SHOP_NOW));
  ck_assert_int_eq(billing_erase(other, &call, "a", 1, "", 0, &err), 0);
  ck_assert_int_eq(billing_balance(b, &call, "a", 1, "USD", &balances, &err),
                   BILLING_NOTFOUND_CUSTOMER);
  ck_assert(!is_on_board(b, "a", "USD", SHOP_NOW));
  ck_assert_int_eq(agree(b, "a", "0", "USD", SHOP_NOW).rc,
                   BILLING_NOTFOUND_CUSTOMER);
  billing_close(other);
}
END_TEST

START_TEST(who_is_erased_leaves_the_board) {
  billing_call call = shop_call("");

  shop_grant(b, "g", "2");
  ck_assert_dec_eq(agree(b, "a", "1", "USD", SHOP_NOW).spend, "2");
  ck_assert_int_eq(billing_erase(b, &call, "a", 1, "", 0, &err), 0);
  ck_assert(!is_on_board(b, "a", "USD", SHOP_NOW));
  ck_assert_int_eq(agree(b, "a", "0", "USD", SHOP_NOW).rc,
                   BILLING_NOTFOUND_CUSTOMER);
}
END_TEST

START_TEST(an_asset_that_left_the_tenant_leaves_the_board) {
  static const char with[] = "{\"id\":\"t\",\"assets\":[{\"code\":\"tok\"}]}";
  static const char without[] = "{\"id\":\"t\"}";
  billing_call call = shop_call("");

  ck_assert_int_eq(billing_put(b, &call, "tenant", with, (size_t)-1, NULL,
                               &err), 0);
  ck_assert_int_eq(agree(b, "a", "0", "tok", SHOP_NOW).rc, 0);
  ck_assert(is_on_board(b, "a", "tok", SHOP_NOW));
  ck_assert_int_eq(billing_put(b, &call, "tenant", without, (size_t)-1, NULL,
                               &err), 0);
  ck_assert_int_eq(agree(b, "a", "0", "tok", SHOP_NOW).rc, BILLING_INVALID);
}
END_TEST

/* ---- everything at random ---- */

#define WALK_CUSTOMERS 6
#define WALK_STEPS 1000

static const char walk_catalog[] =
    "{\"tenant\":{\"id\":\"t\",\"assets\":[{\"code\":\"tok\"}]},"
    "\"customers\":[{\"id\":\"c0\"},{\"id\":\"c1\"},"
    "{\"id\":\"c2\",\"limits\":[{\"id\":\"slide\",\"amount\":\"3\","
    "\"asset\":\"USD\",\"hours\":20,\"sliding\":true}]},"
    "{\"id\":\"c3\",\"limits\":[{\"id\":\"open\",\"amount\":\"11\","
    "\"asset\":\"tok\",\"hours\":7},{\"id\":\"day\",\"amount\":\"2\","
    "\"asset\":\"USD\",\"per\":\"day\",\"zone\":\"Asia/Kathmandu\"}]},"
    "{\"id\":\"c4\"},{\"id\":\"c5\"}],"
    "\"meters\":[{\"id\":\"m\",\"event\":\"e\",\"aggregation\":\"count\"}],"
    "\"plans\":[{\"id\":\"p\",\"currency\":\"USD\",\"limits\":["
    "{\"id\":\"week\",\"amount\":\"13\",\"asset\":\"USD\","
    "\"per\":\"period\"}],"
    "\"prices\":["
    "{\"id\":\"x\",\"meter\":\"m\",\"model\":\"per_unit\",\"unit\":\"0.37\"},"
    "{\"id\":\"fee\",\"model\":\"flat\",\"amount\":\"1.5\"}]},"
    "{\"id\":\"q\",\"currency\":\"tok\",\"prices\":["
    "{\"id\":\"y\",\"meter\":\"m\",\"model\":\"per_unit\",\"unit\":\"3\"}]}]}";

typedef struct walk {
  billing *b[2];             /* two handles of one file */
  uint64_t random;
  int64_t  now_us;
  int      step;
  int      by_board;         /* answers that the board knew */
  char     key[32];
  char     who[4];
} walk;

static uint64_t pick(walk *w, uint64_t below) {
  w->random = w->random * UINT64_C(6364136223846793005) + 1442695040888963407u;
  return (w->random >> 33) % below;
}

static billing_call walk_call(walk *w) {
  billing_call call = shop_call("");

  snprintf(w->key, sizeof w->key, "k%d", w->step);
  call.key = shop_text(w->key);
  call.now_us = w->now_us;
  call.flags = BILLING_CALL_STEP;
  return call;
}

static const char *walk_asset(walk *w) {
  return pick(w, 3) ? "USD" : "tok";
}

static int walk_grant(walk *w, billing *h) {
  billing_call call = walk_call(w);
  billing_grant_terms terms;

  BILLING_INIT(&terms);
  terms.customer = shop_text(w->who);
  terms.amount.amount = bl_dec_of_int((int64_t)pick(w, 20) + 1);
  strcpy(terms.amount.asset, walk_asset(w));
  if (!pick(w, 3)) terms.effective_us = w->now_us + (int64_t)pick(w, 9) *
                                        SHOP_HOUR;
  if (pick(w, 3)) terms.expires_us = w->now_us + ((int64_t)pick(w, 90) + 10) *
                                     SHOP_HOUR;
  if (!pick(w, 4)) terms.scope = shop_text("{\"meters\":[\"m\"]}");
  return billing_grant(h, &call, &terms, NULL, &err);
}

static int walk_record(walk *w, billing *h) {
  billing_call call = walk_call(w);
  billing_receipt receipts[3];
  billing_event events[3];
  char keys[3][32];
  size_t count = (size_t)pick(w, 3) + 1;

  for (size_t i = 0; i < count; i++) {
    snprintf(keys[i], sizeof keys[i], "e%d-%d", w->step, (int)i);
    events[i] = shop_event(keys[i], "e");
    events[i].customer = shop_text(w->who);
    events[i].time_us = w->now_us - (int64_t)pick(w, 50) * SHOP_HOUR;
    BILLING_INIT(&receipts[i]);
  }
  return billing_record(h, &call, events, count, receipts, &err);
}

static int walk_hold(walk *w, billing *h) {
  billing_event estimate = shop_event("", "e");
  billing_call call = walk_call(w);
  billing_hold_terms terms;

  BILLING_INIT(&terms);
  terms.expires_us = w->now_us + ((int64_t)pick(w, 30) + 1) * SHOP_HOUR / 2;
  estimate.customer = terms.customer = shop_text(w->who);
  estimate.time_us = w->now_us;
  if (pick(w, 2))
    return billing_authorize(h, &call, &estimate, 1, &terms, NULL, NULL, &err);
  terms.amount.amount = bl_dec_of_int((int64_t)pick(w, 12) + 1);
  strcpy(terms.amount.asset, walk_asset(w));
  return billing_authorize(h, &call, NULL, 0, &terms, NULL, NULL, &err);
}

/* Settles or gives back some hold of the last steps. */
static int walk_end_hold(walk *w, billing *h) {
  billing_call call = walk_call(w);
  billing_event event = shop_event("", "e");
  billing_receipt receipt;
  char key[32], own[32];

  snprintf(key, sizeof key, "k%d", w->step - 1 - (int)pick(w, 12));
  snprintf(own, sizeof own, "s%d", w->step);
  call.key = shop_text(key);
  event.key = shop_text(own);
  event.customer = shop_text(w->who);
  event.time_us = w->now_us;
  BILLING_INIT(&receipt);
  if (pick(w, 2)) return billing_release(h, &call, &err);
  return billing_settle(h, &call, &event, 1, BILLING_SETTLE_ALL,
                        &receipt, &err);
}

static int walk_contract(walk *w, billing *h) {
  static const char *const overdrafts[] = {"0", "3", "40", "unlimited",
                                           "99999999999999999999"};
  billing_call call = walk_call(w);
  const char *plan = pick(w, 3) ? "p" : "q";
  int round = w->step / 200;           /* of about a week */
  int64_t start_us = SHOP_NOW + (7 * round + w->who[1] % 6 - 2) * SHOP_DAY;
  char json[300], stop[40];

  snprintf(stop, sizeof stop, "%lld",
           (long long)(w->now_us + ((int64_t)pick(w, 60) + 1) * SHOP_DAY / 4));
  snprintf(json, sizeof json,
           "{\"id\":\"%s%s%d\",\"customer\":\"%s\",\"plan\":\"%s\","
           "\"start\":%lld,\"end\":%s,\"overdraft\":\"%s\","
           "\"period\":{\"unit\":\"week\"}}",
           plan, w->who, round, w->who, plan, (long long)start_us,
           pick(w, 2) ? stop : "null", overdrafts[pick(w, 5)]);
  return billing_put(h, &call, "contract", json, (size_t)-1, NULL, &err);
}

static int walk_document(walk *w, billing *h) {
  billing_call call = walk_call(w);
  billing_doc *doc = NULL;
  char json[160];
  int rc;

  switch (pick(w, 4)) {
  case 0:
    snprintf(json, sizeof json, "{\"id\":\"%s\",\"limits\":[{\"id\":\"put\","
             "\"amount\":\"%d\",\"asset\":\"USD\",\"per\":\"hour\"}]}",
             w->who, w->step % 7);
    return billing_put(h, &call, "customer", json, (size_t)-1, NULL, &err);
  case 1:
    snprintf(json, sizeof json, "{\"id\":\"t\",\"name\":\"%d\",\"assets\":"
             "[{\"code\":\"tok\"}]}", w->step);
    return billing_put(h, &call, "tenant", json, (size_t)-1, NULL, &err);
  case 2:
    call.flags |= BILLING_CALL_DRY_RUN;
    snprintf(json, sizeof json, "{\"customers\":[{\"id\":\"%s\",\"name\":"
             "\"dry\"}]}", w->who);
    return billing_catalog_apply(h, &call, json, (size_t)-1, NULL, &err);
  default:
    call.flags = 0;
    rc = billing_verify(h, &call, &doc, &err);
    ck_assert(!rc && strstr(billing_doc_text(doc), "\"ok\":true"));
    billing_doc_free(doc);
    return rc;
  }
}

static int walk_advance(walk *w, billing *h) {
  billing_call call = walk_call(w);
  billing_progress progress;

  BILLING_INIT(&progress);
  return billing_advance(h, &call, w->now_us, 1, &progress, &err);
}

static int walk_erase(walk *w, billing *h) {
  billing_call call = walk_call(w);

  if (w->step < WALK_STEPS - 200 || w->who[1] != '5') return BILLING_DONE;
  return billing_erase(h, &call, w->who, (size_t)-1, "", 0, &err);
}

typedef int walk_step(walk *w, billing *h);
static walk_step *const walk_steps[] = {
    walk_grant,    walk_record,   walk_record,   walk_record, walk_hold,
    walk_hold,     walk_end_hold, walk_end_hold, walk_end_hold,
    walk_contract, walk_document, walk_advance,  walk_erase};

/* Every customer, in both assets, at moments around now. */
static void walk_compare(walk *w, billing *h) {
  int64_t moments[] = {w->now_us, w->now_us + SHOP_HOUR, w->now_us - 1, 0,
                       w->now_us + 40 * SHOP_HOUR};

  for (int i = 0; i < 2 * WALK_CUSTOMERS; i++) {
    const char who[] = {'c', (char)('0' + i / 2), 0};
    const char *asset = i % 2 ? "tok" : "USD";
    int64_t at_us = moments[pick(w, 2) ? 0 : pick(w, BL_COUNT(moments))];
    w->by_board += is_on_board(h, who, asset, at_us);
    (void)agree(h, who, pick(w, 2) ? "0" : "9.5", asset, at_us);
  }
}

/* What the other handle did is seen by the next call that looks. */
static void walk_look(walk *w, billing *h) {
  billing_call call = walk_call(w);
  billing_balances balances;

  call.flags = 0;
  BILLING_INIT(&balances);
  (void)billing_balance(h, &call, w->who, (size_t)-1, "USD", &balances, &err);
}

START_TEST(whatever_happens_the_board_says_what_the_state_says) {
  walk w = {{b, NULL}, (uint64_t)_i + 1, SHOP_NOW, 0, 0, {0}, {0}};
  billing_call call = shop_call("");
  int done = 0;

  ck_assert_int_eq(billing_open(&w.b[1], folder.path, (size_t)-1, NULL, &err),
                   0);
  ck_assert_int_eq(billing_catalog_apply(b, &call, walk_catalog, (size_t)-1,
                                         NULL, &err), 0);
  for (w.step = 1; w.step <= WALK_STEPS; w.step++) {
    billing *h = w.b[pick(&w, 5) == 0];
    snprintf(w.who, sizeof w.who, "c%d", (int)pick(&w, WALK_CUSTOMERS));
    if (!pick(&w, 3)) w.now_us += (int64_t)pick(&w, 12) * SHOP_HOUR / 2;
    done += walk_steps[pick(&w, BL_COUNT(walk_steps))](&w, h) == BILLING_OK;
    walk_look(&w, w.b[0]);
    walk_compare(&w, w.b[0]);
    if (w.step % 50 == 0) {
      walk_look(&w, w.b[1]);
      walk_compare(&w, w.b[1]);
    }
  }
  shop_is_sound(b);
  ck_assert_int_gt(done, WALK_STEPS / 3);
  ck_assert_int_gt(w.by_board, WALK_STEPS * WALK_CUSTOMERS);
  billing_close(w.b[1]);
}
END_TEST

Suite *test_engine_check(void);

Suite *test_engine_check(void) {
  Suite *suite = suite_create("engine_check");
  TCase *tcase = tcase_create("one");
  TCase *files = tcase_create("file");

  tcase_add_checked_fixture(tcase, begin, end);
  tcase_add_test(tcase,
                 grants_less_holds_and_the_room_of_the_overdraft_can_be_spent);
  tcase_add_test(tcase, more_than_the_largest_decimal_is_the_largest_decimal);
  tcase_add_test(tcase, the_board_answers_without_the_store);
  tcase_add_test(tcase, what_is_wrong_is_said_as_if_there_were_no_board);
  tcase_add_test(tcase, a_handle_of_one_tenant_answers_calls_that_name_none);
  tcase_add_test(tcase, a_long_id_is_asked_for_in_the_state);
  tcase_add_test(tcase, time_alone_makes_the_board_ask_again);
  tcase_add_test(tcase, an_overdraft_counts_while_its_contract_lasts);
  tcase_add_test(tcase, a_hold_that_nobody_ended_is_over_when_its_time_is);
  tcase_add_test(tcase, a_call_that_fails_leaves_the_board_as_it_was);
  tcase_add_test(tcase, a_commit_that_nobody_knows_of_takes_the_board_down);
  tcase_add_test(tcase, a_state_that_is_folded_anew_shows_nothing);
  tcase_add_test(tcase, a_hosts_connection_has_no_board);
  tcase_add_test(tcase, what_is_not_committed_yet_is_not_on_the_board);
  tcase_add_test(tcase, what_never_came_to_be_was_never_on_the_board);
  tcase_add_test(tcase, who_is_erased_leaves_the_board);
  tcase_add_test(tcase, an_asset_that_left_the_tenant_leaves_the_board);
  suite_add_tcase(suite, tcase);
  tcase_add_checked_fixture(files, begin_file, end_file);
  tcase_set_timeout(files, 120);
  tcase_add_test(files,
                 what_another_handle_did_is_seen_after_the_next_call);
  tcase_add_loop_test(files,
                      whatever_happens_the_board_says_what_the_state_says, 0,
                      3);
  suite_add_tcase(suite, files);
  return suite;
}
