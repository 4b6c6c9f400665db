/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * test_engine_group.c - calls of several threads that share a commit.
 *
 * The disk of these tests has a gate: while it is closed a sync waits in front
 * of it.  So the first call of a test syncs for as long as the test wants, and
 * what comes meanwhile has to join the open group.
 */
#include "engine.h"

#include <pthread.h>
#include <stdatomic.h>

#include "store/faulty.h"
#include "store/schema.h"

/* ---- the disk ----------------------------------------------------------- */

static pthread_mutex_t gate_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t gate_moves = PTHREAD_COND_INITIALIZER;
static int gate_is_closed, gate_fails;
static atomic_int syncs, commits, entries;
static billing_store_methods through, tapped;

static int gated_sync(billing_store *s) {
  int rc;

  atomic_fetch_add(&syncs, 1);
  pthread_mutex_lock(&gate_lock);
  while (gate_is_closed) pthread_cond_wait(&gate_moves, &gate_lock);
  rc = gate_fails ? BILLING_STORE : BILLING_OK;
  pthread_mutex_unlock(&gate_lock);
  return rc ? rc : through.sync(s);
}

static int counted_commit(billing_store *s) {
  atomic_fetch_add(&commits, 1);
  return through.commit(s);
}

static int counted_put(billing_store *s, uint32_t table,
                       const billing_value *rows, size_t count,
                       uint32_t mode) {
  int rc = through.put(s, table, rows, count, mode);

  if (!rc && table == BL_TABLE_JOURNAL) atomic_fetch_add(&entries, 1);
  return rc;
}

static void move_gate(int is_closed, int fails) {
  pthread_mutex_lock(&gate_lock);
  gate_is_closed = is_closed;
  gate_fails = fails;
  pthread_cond_broadcast(&gate_moves);
  pthread_mutex_unlock(&gate_lock);
}

/* ---- the shop ----------------------------------------------------------- */

static billing_store *disk;
static billing *b;

static void open_shop(void) {
  billing_call call = shop_call("");
  billing_store *inner = NULL;

  ck_assert_int_eq(billing_memory_store(&inner, NULL), 0);
  disk = faulty_store(inner);
  through = tapped = *disk->methods;
  tapped.sync = gated_sync;
  tapped.commit = counted_commit;
  tapped.put = counted_put;
  disk->methods = &tapped;
  move_gate(0, 0);
  ck_assert_int_eq(billing_open_store(&b, disk, NULL, NULL), 0);
  ck_assert_int_eq(billing_catalog_apply(b, &call, shop_catalog, (size_t)-1,
                                         NULL, NULL), 0);
  shop_grant(b, "g", "10");
}

static void close_shop(void) { billing_close(b); }

/* ---- a call in a thread of its own -------------------------------------- */

typedef struct caller {
  pthread_t       thread;
  const char     *key;
  const char     *tenant;
  uint32_t        flags;
  atomic_int      is_answered;
  int             rc;
  billing_receipt receipt;
  billing_error   err;
} caller;

static void *make_call(void *argument) {
  caller *c = argument;
  billing_call call = shop_call("");
  billing_event event = shop_event(c->key, "e");

  call.flags = c->flags;
  if (c->tenant) call.tenant = shop_text(c->tenant);
  c->rc = shop_record(b, &call, &event, &c->receipt, &c->err);
  atomic_store(&c->is_answered, 1);
  return NULL;
}

static void start(caller *c) {
  ck_assert_int_eq(pthread_create(&c->thread, NULL, make_call, c), 0);
}

static void until(const atomic_int *count, int value) {
  while (atomic_load(count) < value) usleep(200);
}

/* Starts a call and waits until its entry is in the transaction. */
static void start_and_join(caller *c) {
  int before = atomic_load(&entries);

  start(c);
  until(&entries, before + 1);
}

/* The first call of a test: it syncs, at the closed gate. */
static void start_syncing(caller *c) {
  move_gate(1, 0);
  atomic_store(&syncs, 0);
  atomic_store(&commits, 0);
  start(c);
  until(&syncs, 1);
}

static void is_answered(caller *c, int rc) {
  pthread_join(c->thread, NULL);
  ck_assert_int_eq(c->rc, rc);
  ck_assert_int_eq(c->err.code, rc);
}

static void is_recorded(caller *c) {
  is_answered(c, BILLING_OK);
  ck_assert_uint_eq(c->receipt.status, BILLING_STATUS_NEW);
}

static int64_t events_there(void) {
  billing_doc *doc = shop_verify(b);
  const char *at = strstr(billing_doc_text(doc), "\"events\":");
  int64_t count = strtoll(at + strlen("\"events\":"), NULL, 10);

  ck_assert_ptr_nonnull(strstr(billing_doc_text(doc), "\"ok\":true"));
  billing_doc_free(doc);
  return count;
}

/* ---- sharing ------------------------------------------------------------ */

START_TEST(calls_that_come_during_a_sync_share_one_commit_and_one_sync) {
  caller one = {.key = "1"}, two = {.key = "2"}, three = {.key = "3"};

  start_syncing(&one);
  start_and_join(&two);
  start_and_join(&three);
  usleep(20000);
  ck_assert_int_eq(atomic_load(&commits), 1);
  ck_assert(!atomic_load(&one.is_answered));     /* not before the disk */
  ck_assert(!atomic_load(&two.is_answered));
  move_gate(0, 0);
  is_recorded(&one);
  is_recorded(&two);
  is_recorded(&three);
  ck_assert_int_eq(atomic_load(&commits), 2);
  ck_assert_int_eq(atomic_load(&syncs), 2);
  ck_assert_int_eq(events_there(), 3);
}
END_TEST

START_TEST(a_repeat_is_not_answered_before_its_first_answer_is_durable) {
  caller one = {.key = "1"}, two = {.key = "2"};
  caller again = {.key = "1"}, more = {.key = "2"};

  start_syncing(&one);
  start_and_join(&two);
  start(&again);
  start(&more);
  usleep(20000);
  ck_assert(!atomic_load(&again.is_answered));
  ck_assert(!atomic_load(&more.is_answered));
  move_gate(0, 0);
  is_recorded(&one);
  is_recorded(&two);
  is_answered(&again, BILLING_OK);
  is_answered(&more, BILLING_OK);
  ck_assert_uint_eq(again.receipt.status, BILLING_STATUS_SAME);
  ck_assert_uint_eq(more.receipt.status, BILLING_STATUS_SAME);
}
END_TEST

START_TEST(a_relaxed_call_is_committed_and_does_not_wait) {
  caller one = {.key = "1"}, two = {.key = "2"};
  caller relaxed = {.key = "3", .flags = BILLING_CALL_RELAXED};
  billing_error err;

  BILLING_INIT(&err);
  start_syncing(&one);
  start_and_join(&two);
  start(&relaxed);
  is_recorded(&relaxed);
  ck_assert_int_eq(atomic_load(&commits), 2);    /* with two's entry */
  ck_assert(!atomic_load(&two.is_answered));
  move_gate(0, 0);
  is_recorded(&one);
  is_recorded(&two);
  atomic_store(&syncs, 0);
  ck_assert_int_eq(billing_sync(b, &err), BILLING_OK);
  ck_assert_int_eq(atomic_load(&syncs), 0);      /* two's covered it */
  start(&relaxed);
  is_answered(&relaxed, BILLING_OK);
  relaxed.key = "4";
  start(&relaxed);
  is_recorded(&relaxed);
  ck_assert_int_eq(atomic_load(&syncs), 0);
  ck_assert_int_eq(billing_sync(b, &err), BILLING_OK);
  ck_assert_int_eq(atomic_load(&syncs), 1);
}
END_TEST

START_TEST(readers_see_what_members_have_decided) {
  caller one = {.key = "1"}, two = {.key = "2"};
  billing_call call = shop_call("");
  billing_balances balance;
  char left[BILLING_DECIMAL_TEXT];

  BILLING_INIT(&balance);
  start_syncing(&one);
  start_and_join(&two);
  ck_assert_int_eq(billing_balance(b, &call, "a", 1, "USD", &balance, NULL),
                   0);
  billing_decimal_format(&balance.left, left);
  ck_assert_str_eq(left, "9.8");
  ck_assert_int_eq(atomic_load(&commits), 1);
  move_gate(0, 0);
  is_recorded(&one);
  is_recorded(&two);
}
END_TEST

/* Documents have rows of their own, which a failure could not take back from
 * the others; and verify compares what is in the store. */
START_TEST(who_cannot_share_ends_the_open_group_first) {
  caller one = {.key = "1"}, two = {.key = "2"};
  billing_call call = shop_call("");

  start_syncing(&one);
  start_and_join(&two);
  if (_i == 0) {
    shop_is_sound(b);
    ck_assert_int_eq(atomic_load(&commits), 2);
  } else if (_i == 1) {
    call.flags = BILLING_CALL_RELAXED;
    ck_assert_int_eq(billing_put(b, &call, "customer", "{\"id\":\"z\"}",
                                 (size_t)-1, NULL, NULL), 0);
    ck_assert_int_eq(atomic_load(&commits), 3);
  } else {
    ck_assert_int_eq(billing_put(b, &call, "customer", "{\"id\":", (size_t)-1,
                                 NULL, NULL), BILLING_INVALID_JSON);
  }
  ck_assert(!atomic_load(&two.is_answered));
  move_gate(0, 0);
  is_recorded(&one);
  is_recorded(&two);
  ck_assert_int_eq(events_there(), 2);
}
END_TEST

START_TEST(a_group_holds_entries_of_several_tenants) {
  static char ids[20][4];
  caller one = {.key = "1"}, others[20];
  char catalog[sizeof shop_catalog + 8];
  billing_call call = shop_call("");

  memset(others, 0, sizeof others);
  for (int i = 0; i < 20; i++) {
    snprintf(ids[i], sizeof ids[i], "t%d", i);
    snprintf(catalog, sizeof catalog, "{\"tenant\":{\"id\":\"%s\"}%s", ids[i],
             strstr(shop_catalog, ",\"customers\""));
    call.tenant = shop_text(ids[i]);
    ck_assert_int_eq(billing_catalog_apply(b, &call, catalog, (size_t)-1,
                                           NULL, NULL), 0);
    others[i] = (caller){.key = "1", .tenant = ids[i]};
  }
  start_syncing(&one);
  for (int i = 0; i < 20; i++) start_and_join(&others[i]);
  ck_assert_int_eq(atomic_load(&commits), 2);    /* 16 of them, and 4 wait */
  move_gate(0, 0);
  is_recorded(&one);
  for (int i = 0; i < 20; i++) is_recorded(&others[i]);
  for (int i = 0; i < 20; i++) {
    billing_doc *doc = NULL;
    call.tenant = shop_text(ids[i]);
    ck_assert_int_eq(billing_verify(b, &call, &doc, NULL), 0);
    ck_assert_ptr_nonnull(strstr(billing_doc_text(doc), "\"ok\":true"));
    billing_doc_free(doc);
  }
}
END_TEST

/* ---- failing ------------------------------------------------------------ */

START_TEST(a_call_that_fails_undoes_itself_alone) {
  caller one = {.key = "1"}, two = {.key = "2"}, three = {.key = "3"};
  billing_call call = shop_call("h");
  billing_hold_terms terms;
  billing_error err;

  BILLING_INIT(&err);
  BILLING_INIT(&terms);
  terms.customer = shop_text("a");
  terms.amount.amount = D("100");
  strcpy(terms.amount.asset, "USD");
  start_syncing(&one);
  start_and_join(&two);
  ck_assert_int_eq(billing_authorize(b, &call, NULL, 0, &terms, NULL, NULL,
                                     &err),
                   BILLING_DENIED_BALANCE);
  start_and_join(&three);
  move_gate(0, 0);
  is_recorded(&one);
  is_recorded(&two);
  is_recorded(&three);
  ck_assert_int_eq(events_there(), 3);
}
END_TEST

START_TEST(a_sync_that_fails_fails_for_all_whom_it_would_have_covered) {
  caller one = {.key = "1"}, two = {.key = "2"}, three = {.key = "3"};
  caller again = {.key = "1"};

  start_syncing(&one);
  start_and_join(&two);
  start_and_join(&three);
  move_gate(0, 1);
  is_answered(&one, BILLING_STORE);
  is_answered(&two, BILLING_STORE);
  is_answered(&three, BILLING_STORE);
  ck_assert_ptr_nonnull(strstr(three.err.message, "disk"));
  make_call(&again);
  ck_assert_int_eq(again.rc, BILLING_STORE);     /* a repeat of what? */
  move_gate(0, 0);
  ck_assert_int_eq(events_there(), 3);           /* committed, in doubt */
}
END_TEST

/*
 * While two waits in the open group every call of the store that three makes
 * fails in turn, and every call that ends the group.  Then three has failed
 * alone, or both have; who was told so is not there, and can try again.
 */
START_TEST(whatever_fails_in_a_group_is_told_and_leaves_no_trace) {
  int fates[2] = {0, 0}, is_over = 0;

  for (uint64_t n = 1; !is_over; n++) {
    char keys[3][16];
    caller calls[3];
    int64_t before = events_there();

    memset(calls, 0, sizeof calls);
    for (int i = 0; i < 3; i++) {
      snprintf(keys[i], sizeof keys[i], "%d-%d", (int)n, i);
      calls[i].key = keys[i];
    }
    start_syncing(&calls[0]);
    start_and_join(&calls[1]);
    faulty_arm(disk, n, BILLING_STORE, FAULTY_ONCE);
    start(&calls[2]);
    usleep(10000);
    move_gate(0, 0);
    for (int i = 0; i < 3; i++) pthread_join(calls[i].thread, NULL);
    is_over = !faulty_has_failed(disk);
    faulty_arm(disk, 0, 0, FAULTY_ONCE);
    ck_assert_int_eq(calls[0].rc, BILLING_OK);
    ck_assert(calls[1].rc == BILLING_OK || calls[1].rc == BILLING_STORE);
    ck_assert(is_over || calls[2].rc == BILLING_STORE);
    if (!is_over) fates[calls[1].rc != BILLING_OK]++;
    ck_assert_int_eq(events_there() - before,
                     1 + !calls[1].rc + !calls[2].rc);
    for (int i = 1; i < 3; i++) {
      if (!calls[i].rc) continue;
      ck_assert_int_eq(calls[i].err.code, calls[i].rc);
      ck_assert_str_ne(calls[i].err.message, "");
      make_call(&calls[i]);
      ck_assert_int_eq(calls[i].rc, BILLING_OK);
      ck_assert_uint_eq(calls[i].receipt.status, BILLING_STATUS_NEW);
    }
  }
  ck_assert_int_gt(fates[1], 0);                 /* the put, the head, .. */
}
END_TEST

/* ---- no sync ------------------------------------------------------------ */

START_TEST(a_store_without_sync_commits_each_call_by_itself) {
  billing_store *inner = NULL;
  billing_call call = shop_call("");
  billing_event event = shop_event("k", "e");
  billing_receipt receipt;
  billing *other = NULL;

  ck_assert_int_eq(billing_memory_store(&inner, NULL), 0);
  ck_assert_int_eq(billing_open_store(&other, inner, NULL, NULL), 0);
  ck_assert_int_eq(billing_catalog_apply(other, &call, shop_catalog,
                                         (size_t)-1, NULL, NULL), 0);
  ck_assert_int_eq(shop_record(other, &call, &event, &receipt, NULL), 0);
  ck_assert_int_eq(billing_sync(other, NULL), 0);
  shop_is_sound(other);
  billing_close(other);
}
END_TEST

Suite *test_engine_group(void);

Suite *test_engine_group(void) {
  Suite *s = suite_create("engine group");
  TCase *t = tcase_create("group");

  tcase_set_timeout(t, 60);
  tcase_add_checked_fixture(t, open_shop, close_shop);
  tcase_add_test(
      t, calls_that_come_during_a_sync_share_one_commit_and_one_sync);
  tcase_add_test(
      t, a_repeat_is_not_answered_before_its_first_answer_is_durable);
  tcase_add_test(t, a_relaxed_call_is_committed_and_does_not_wait);
  tcase_add_test(t, readers_see_what_members_have_decided);
  tcase_add_loop_test(t, who_cannot_share_ends_the_open_group_first, 0, 3);
  tcase_add_test(t, a_group_holds_entries_of_several_tenants);
  tcase_add_test(t, a_call_that_fails_undoes_itself_alone);
  tcase_add_test(
      t, a_sync_that_fails_fails_for_all_whom_it_would_have_covered);
  tcase_add_test(t, whatever_fails_in_a_group_is_told_and_leaves_no_trace);
  tcase_add_test(t, a_store_without_sync_commits_each_call_by_itself);
  suite_add_tcase(s, t);
  return s;
}
