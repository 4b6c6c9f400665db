/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * thread.c - many threads, exact totals.
 *
 *     build/thread        build/tsan/thread: under the thread sanitizer
 *
 * Eight threads do everything at once, on one handle and on two handles of one
 * file.  Each records events of its own and events that all of them know, asks
 * first and settles, gives back, looks, and advances.  A lock that is held is
 * tried again.  What must come out is known before: every key counted once,
 * the wallet and the ledger to the last digit.
 */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "billing.h"
#include "readers.h"

#define THREADS 8
#define ROUNDS 25
#define START INT64_C(1767225600000000)          /* 2026-01-01 */
#define HOUR INT64_C(3600000000)

static char database[96];
static int passed, failed;

static void check(int is_true, const char *what) {
  if (is_true) {
    passed++;
  } else {
    failed++;
    printf("FAILED %s\n", what);
  }
}

static billing_str str(const char *text) {
  billing_str s = {text, strlen(text)};

  return s;
}

/* ---- one thread -------------------------------------------------------- */

typedef struct worker {
  pthread_t thread;
  billing  *b;
  int       number;
  int64_t   fresh;          /* events recorded as new */
  int64_t   busy;           /* calls that were tried again */
  int       faults;
  char      fault[256];     /* the first */
} worker;

static void note(worker *w, const char *what, int rc, const billing_error *e) {
  if (w->faults++) return;
  snprintf(w->fault, sizeof w->fault, "thread %d, %s: %s %.150s", w->number,
           what, billing_code_name(rc), e->message);
}

static billing_call call_of(const char *key, int round) {
  billing_call c;

  BILLING_INIT(&c);
  c.flags = BILLING_CALL_STEP;
  c.tenant = str("shop");
  c.key = str(key);
  c.now_us = START + round * 36 * HOUR;
  return c;
}

/* Whether to make the call again: another writer was there. */
static int again(worker *w, int rc) {
  if (BILLING_CODE(rc) != BILLING_BUSY) return 0;
  w->busy++;
  sched_yield();
  return 1;
}

static billing_event event_of(const char *key) {
  billing_event e;

  BILLING_INIT(&e);
  e.key = str(key);
  e.customer = str("acme");
  e.event = str("call");
  return e;
}

/* Three events of the thread's own, and one that all threads record. */
static void record(worker *w, int round) {
  billing_receipt receipts[4];
  billing_event events[4];
  billing_call c = call_of("", round);
  billing_error err;
  char keys[4][32];
  int rc;

  for (int i = 0; i < 4; i++) {
    if (i < 3) snprintf(keys[i], 32, "own-%d-%d-%d", w->number, round, i);
    else snprintf(keys[i], 32, "all-%d", round);
    events[i] = event_of(keys[i]);
    BILLING_INIT(&receipts[i]);
  }
  BILLING_INIT(&err);
  do rc = billing_record(w->b, &c, events, 4, receipts, &err);
  while (again(w, rc));
  if (rc) note(w, "record", rc, &err);
  for (int i = 0; i < 4; i++) {
    w->fresh += receipts[i].status == BILLING_STATUS_NEW;
    if (receipts[i].code || (i < 3 && receipts[i].status != 1))
      note(w, "receipt", receipts[i].code, &err);
  }
}

/* Holds, settles with one event, holds again and gives back. */
static void hold(worker *w, int round) {
  billing_hold_terms terms;
  billing_receipt receipt;
  billing_event event;
  billing_error err;
  billing_hold held;
  billing_call c;
  char key[32];
  int rc;

  snprintf(key, sizeof key, "hold-%d-%d", w->number, round);
  c = call_of(key, round);
  event = event_of(key);
  BILLING_INIT(&terms);
  BILLING_INIT(&receipt);
  BILLING_INIT(&held);
  BILLING_INIT(&err);
  /* Others may be many rounds ahead, and the clock with them. */
  terms.expires_us = c.now_us + 1000 * HOUR;
  do rc = billing_authorize(w->b, &c, &event, 1, &terms, &held, NULL, &err);
  while (again(w, rc));
  if (rc) note(w, "authorize", rc, &err);
  do rc = billing_settle(w->b, &c, &event, 1, BILLING_SETTLE_ALL,
                         &receipt, &err);
  while (again(w, rc));
  if (rc) note(w, "settle", rc, &err);
  w->fresh += !rc && receipt.status == BILLING_STATUS_NEW;
  snprintf(key, sizeof key, "back-%d-%d", w->number, round);
  c.key = str(key);
  do rc = billing_authorize(w->b, &c, &event, 1, NULL, NULL, NULL, &err);
  while (again(w, rc));
  if (rc) note(w, "authorize", rc, &err);
  do rc = billing_release(w->b, &c, &err);
  while (again(w, rc));
  if (rc) note(w, "release", rc, &err);
}

static void look(worker *w, int round) {
  billing_call c = call_of("", round);
  billing_cursor *cursor = NULL;
  billing_balances balance;
  billing_receipt receipt;
  billing_event event = event_of("");
  billing_doc *doc = NULL;
  billing_error err;
  int rc;

  BILLING_INIT(&balance);
  BILLING_INIT(&receipt);
  BILLING_INIT(&err);
  do rc = billing_balance(w->b, &c, "acme", 4, "USD", &balance, &err);
  while (again(w, rc));
  if (rc) note(w, "balance", rc, &err);
  do rc = billing_quote(w->b, &c, &event, &receipt, &err);
  while (again(w, rc));
  if (rc) note(w, "quote", rc, &err);
  do rc = billing_draws(w->b, &c, 1, &cursor, &err);
  while (again(w, rc));
  if (!rc) note(w, "draws of no event", rc, &err);
  do rc = billing_ledger(w->b, &c, "{\"limit\":3}", 11, &doc, &err);
  while (again(w, rc));
  if (rc) note(w, "ledger", rc, &err);
  billing_doc_free(doc);
}

static void advance(worker *w, int round) {
  billing_call c = call_of("", round);
  billing_progress progress;
  billing_error err;
  int rc;

  BILLING_INIT(&progress);
  BILLING_INIT(&err);
  do rc = billing_advance(w->b, &c, c.now_us, 1, &progress, &err);
  while (again(w, rc));
  if (rc) note(w, "advance", rc, &err);
}

static void *work(void *arguments) {
  worker *w = arguments;

  for (int round = 1; round <= ROUNDS; round++) {
    record(w, round);
    hold(w, round);
    look(w, round);
    if (w->number % 4 == 0) advance(w, round);
  }
  return NULL;
}

/* ---- before and after -------------------------------------------------- */

static const char catalog[] =
    "{\"tenant\":{\"id\":\"shop\"},\"customers\":[{\"id\":\"acme\"}],"
    "\"meters\":[{\"id\":\"calls\",\"event\":\"call\","
    "\"aggregation\":\"count\"}],\"plans\":[{\"id\":\"p\",\"currency\":"
    "\"USD\",\"prices\":[{\"id\":\"api\",\"meter\":\"calls\",\"model\":"
    "\"per_unit\",\"unit\":\"0.01\"}]}],\"contracts\":[{\"id\":\"k\","
    "\"customer\":\"acme\",\"plan\":\"p\",\"start\":\"2026-01-01\"}]}";

static void set_up(billing *b) {
  billing_call c = call_of("g1", 0);
  billing_grant_terms terms;
  billing_error err;
  int rc;

  BILLING_INIT(&err);
  BILLING_INIT(&terms);
  terms.customer = str("acme");
  terms.amount.amount.lo = UINT64_C(10000000000000000000);
  memcpy(terms.amount.asset, "USD", 4);
  rc = billing_catalog_apply(b, &c, catalog, (size_t)-1, NULL, &err);
  if (!rc) rc = billing_grant(b, &c, &terms, NULL, &err);
  if (!rc) return;
  printf("set up: %s %s\n", billing_code_name(rc), err.message);
  exit(2);
}

static void check_balance(billing *b) {
  billing_call c = call_of("", ROUNDS);
  billing_balances balance;
  char left[BILLING_DECIMAL_TEXT], held[BILLING_DECIMAL_TEXT];

  BILLING_INIT(&balance);
  check(!billing_balance(b, &c, "acme", 4, "USD", &balance, NULL), "balance");
  billing_decimal_format(&balance.left, left);
  billing_decimal_format(&balance.held, held);
  /* 10.00 USD less 0.01 for each of 8 x 25 x 4 + 25 = 825 events. */
  check(!strcmp(left, "1.75"), "1.75 USD are left");
  check(!strcmp(held, "0"), "nothing is held");
}

static void check_books(billing *b) {
  billing_call c = call_of("", ROUNDS);
  billing_doc *doc = NULL;

  check(!billing_verify(b, &c, &doc, NULL), "verify");
  check(strstr(billing_doc_text(doc), "\"ok\":true") != NULL, "it is ok");
  check(strstr(billing_doc_text(doc), "\"events\":825,") != NULL,
        "825 events");
  billing_doc_free(doc);
  doc = NULL;
  check(!billing_ledger(b, &c, "{\"account\":\"revenue\",\"limit\":1}",
                        (size_t)-1, &doc, NULL), "ledger");
  check(strstr(billing_doc_text(doc), "\"balance\":\"-8.25\"") != NULL,
        "8.25 USD of revenue");
  billing_doc_free(doc);
}

static void run(const char *what, billing *const *handles, int count) {
  worker workers[THREADS];
  int64_t fresh = 0, busy = 0;

  set_up(handles[0]);
  memset(workers, 0, sizeof workers);
  for (int i = 0; i < THREADS; i++) {
    workers[i].number = i;
    workers[i].b = handles[i % count];
    if (pthread_create(&workers[i].thread, NULL, work, &workers[i])) exit(2);
  }
  for (int i = 0; i < THREADS; i++) {
    pthread_join(workers[i].thread, NULL);
    check(!workers[i].faults, workers[i].fault);
    fresh += workers[i].fresh;
    busy += workers[i].busy;
  }
  check(fresh == 825, "each key is new once");
  for (int i = 0; i < count; i++) {
    check_balance(handles[i]);
    check_books(handles[i]);
  }
  printf("  %-32s %d threads, %lld times busy\n", what, THREADS,
         (long long)busy);
}

/* ---- handles ----------------------------------------------------------- */

static billing *open_file(void) {
  billing_error err;
  billing *b = NULL;

  BILLING_INIT(&err);
  if (!billing_open(&b, database, (size_t)-1, NULL, &err)) return b;
  printf("%s: %s\n", database, err.message);
  exit(2);
}

static billing *open_memory(void) {
  billing_store *store = NULL;
  billing *b = NULL;

  if (billing_memory_store(&store, NULL) ||
      billing_open_store(&b, store, NULL, NULL))
    exit(2);
  return b;
}

static void remove_database(void) {
  static const char *const suffixes[] = {"", "-wal", "-shm"};
  char name[128];

  for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
    snprintf(name, sizeof name, "%s%s", database, suffixes[i]);
    (void)unlink(name);
  }
}

int main(void) {
  billing *handles[2];

  snprintf(database, sizeof database, "%s/billing-thread-%d.db",
           access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm", (int)getpid());
  handles[0] = open_memory();
  run("one handle, in memory", handles, 1);
  billing_close(handles[0]);

  read_while_one_writes(check);
  handles[0] = open_memory();
  read_while_others_write(handles[0], check);
  billing_close(handles[0]);

  remove_database();
  handles[0] = open_file();
  run("one handle, SQLite", handles, 1);
  billing_close(handles[0]);

  remove_database();
  handles[0] = open_file();
  handles[1] = open_file();
  run("two handles on one file", handles, 2);
  billing_close(handles[1]);
  billing_close(handles[0]);
  remove_database();
  printf("%d passed, %d failed\n", passed, failed);
  fflush(stdout);
  return failed != 0;
}
