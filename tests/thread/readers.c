/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * readers.c - threads ask what customers can spend while others record.
 *
 * Each event costs 25.000000000000000001, so a figure and its two halves are
 * different after each.  A writer counts a customer's events before it records
 * them and again when it was told that they are; whatever a reader is told in
 * between must be the figure after so many events, no fewer than were known
 * before it asked, no more than were begun when it was told.
 */
#include "readers.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/board.h"

#define CUSTOMERS 600          /* several pages of the board */
#define WRITERS 2
#define READERS 4
#define CALLS 1200             /* of each writer */
#define NOW INT64_C(1767571200000000)            /* 2026-01-05 */

static billing   *b;
static atomic_int begun[CUSTOMERS], known[CUSTOMERS];
static atomic_int writing;

typedef struct thread {
  pthread_t thread;
  int       number;
  uint64_t  random;
  int64_t   answers;
  int       faults;
  char      fault[200];        /* the first */
} thread;

static uint32_t pick(thread *t, uint32_t below) {
  t->random = t->random * UINT64_C(6364136223846793005) + 1442695040888963407u;
  return (uint32_t)(t->random >> 33) % below;
}

static void note(thread *t, const char *what, int rc, const char *why) {
  if (t->faults++) return;
  snprintf(t->fault, sizeof t->fault, "%s: %s %.120s", what,
           billing_code_name(rc), why);
}

static billing_call call_now(void) {
  static const billing_str tenant = {"readers", 7};
  billing_call call;

  BILLING_INIT(&call);
  call.tenant = tenant;
  call.now_us = NOW;
  return call;
}

static billing_str text_of(const char *text) {
  billing_str s = {text, strlen(text)};

  return s;
}

/* ---- one writer, on a board of its own ---- */

#define FIGURES 1000000
#define SHOWN 3                /* customers whose figures change */

static bl_board  *board;
static bl_panel  *panel;

static void show(const char *id, uint64_t n) {
  bl_board_entry *entry = bl_board_make(board, panel, bl_str_of(id));
  bl_board_figure figure = {{n, (int64_t)n}, {(int64_t)n, BL_TIME_NEVER}};

  if (entry) bl_board_write(entry, &figure);
}

/* Both halves of a figure are its number.  The board grows meanwhile. */
static void *write_board(void *arguments) {
  char id[16];

  for (uint64_t n = 1; n <= FIGURES; n++) {
    snprintf(id, sizeof id, "shown-%d", (int)(n % SHOWN));
    show(id, n);
    if (n % 50) continue;
    snprintf(id, sizeof id, "beside-%d", (int)(n / 50));
    show(id, n);
  }
  atomic_store(&writing, 0);
  return arguments;
}

static void *read_board(void *arguments) {
  uint64_t last[SHOWN] = {0};
  thread *t = arguments;
  bl_dec spend;
  char id[16];

  while (atomic_load(&writing)) {
    uint32_t who = pick(t, SHOWN);
    snprintf(id, sizeof id, "shown-%u", who);
    if (!bl_board_spend(board, panel, bl_str_of(id), FIGURES, &spend))
      continue;
    t->answers++;
    if (spend.lo != (uint64_t)spend.hi || spend.lo % SHOWN != who)
      note(t, "board", 0, "a figure that never was");
    if (spend.lo < last[who]) note(t, "board", 0, "an older figure");
    last[who] = spend.lo;
  }
  return NULL;
}

void read_while_one_writes(thread_check *check) {
  static const char asset[16] = "USD";
  thread threads[1 + READERS];

  board = bl_board_open(NULL);
  if (board) panel = bl_board_panel_make(board, BL_STR("t"), asset);
  if (!panel) exit(2);
  memset(threads, 0, sizeof threads);
  atomic_store(&writing, 1);
  for (int i = 0; i <= READERS; i++) {
    threads[i].random = (uint64_t)i + 1;
    if (pthread_create(&threads[i].thread, NULL,
                       i ? read_board : write_board, &threads[i]))
      exit(2);
  }
  for (int i = 0; i <= READERS; i++) {
    pthread_join(threads[i].thread, NULL);
    check(!threads[i].faults, threads[i].fault);
  }
  bl_board_close(board);
}

/* ---- writers ---- */

static void record(thread *t, int call_number) {
  int who = (int)pick(t, CUSTOMERS / WRITERS) * WRITERS + t->number;
  int count = 1 + (int)pick(t, 3);
  billing_call call = call_now();
  billing_receipt receipts[3];
  billing_event events[3];
  char id[16], keys[3][32];
  billing_error err;
  int rc;

  BILLING_INIT(&err);
  snprintf(id, sizeof id, "customer-%d", who);
  for (int i = 0; i < count; i++) {
    snprintf(keys[i], sizeof keys[i], "%d-%d-%d", t->number, call_number, i);
    BILLING_INIT(&receipts[i]);
    BILLING_INIT(&events[i]);
    events[i].key = text_of(keys[i]);
    events[i].customer = text_of(id);
    events[i].event = text_of("call");
  }
  atomic_fetch_add(&begun[who], count);
  rc = billing_record(b, &call, events, (size_t)count, receipts, &err);
  atomic_fetch_add(&known[who], count);
  if (rc) note(t, "record", rc, err.message);
}

/* The tenant's document again, which takes everything off the board. */
static void put_tenant(thread *t, int call_number) {
  billing_call call = call_now();
  billing_error err;
  char json[64];
  int rc;

  BILLING_INIT(&err);
  snprintf(json, sizeof json, "{\"id\":\"readers\",\"name\":\"%d\"}",
           call_number);
  rc = billing_put(b, &call, "tenant", json, (size_t)-1, NULL, &err);
  if (rc) note(t, "put", rc, err.message);
}

static void *write_all(void *arguments) {
  thread *t = arguments;

  for (int i = 0; i < CALLS; i++) {
    record(t, i);
    if (i % 300 == 299 && !t->number) put_tenant(t, i);
  }
  atomic_fetch_sub(&writing, 1);
  return NULL;
}

/* ---- readers ---- */

static void look(thread *t, int who) {
  bl_i128 price = 25 * (bl_i128)BL_DEC_UNIT + 1, spent;
  billing_call call = call_now();
  billing_money money = {{1, 0}, "USD"};
  billing_decimal spend;
  billing_error err;
  char id[16];
  int before, after, rc;

  BILLING_INIT(&err);
  snprintf(id, sizeof id, "customer-%d", who);
  before = atomic_load(&known[who]);
  rc = billing_check(b, &call, id, (size_t)-1, &money, &spend, &err);
  after = atomic_load(&begun[who]);
  t->answers++;
  spent = 1000000 * (bl_i128)BL_DEC_UNIT - bl_dec_raw(spend);
  if (rc)
    note(t, "check", rc, err.message);
  else if (spent % price)
    note(t, "check", 0, "a figure that never was");
  else if (spent / price < before)
    note(t, "check", 0, "a figure from before it was asked for");
  else if (spent / price > after)
    note(t, "check", 0, "a figure that is still to come");
}

/* Half of the time the same few, so that readers meet writers. */
static void *read_all(void *arguments) {
  thread *t = arguments;

  while (atomic_load(&writing) || t->answers < 2 * CUSTOMERS)
    look(t, (int)pick(t, pick(t, 2) ? 4 : CUSTOMERS));
  for (int who = 0; who < CUSTOMERS; who++) look(t, who);
  return NULL;
}

/* ---- set up ---- */

/* Even customers have a grant of 1,000,000, odd ones an overdraft. */
static char *catalog(void) {
  size_t room = 300 * (size_t)CUSTOMERS, len;
  char *json = malloc(room);

  if (!json) return NULL;
  len = (size_t)snprintf(
      json, room,
      "{\"tenant\":{\"id\":\"readers\"},\"meters\":[{\"id\":\"m\","
      "\"event\":\"call\",\"aggregation\":\"count\"}],\"plans\":[{\"id\":"
      "\"p\",\"currency\":\"USD\",\"prices\":[{\"id\":\"x\",\"meter\":\"m\","
      "\"model\":\"per_unit\",\"unit\":\"25.000000000000000001\"}]}],"
      "\"customers\":[");
  for (int i = 0; i < CUSTOMERS; i++)
    len += (size_t)snprintf(json + len, room - len,
                            "%s{\"id\":\"customer-%d\"}", i ? "," : "", i);
  len += (size_t)snprintf(json + len, room - len, "],\"contracts\":[");
  for (int i = 0; i < CUSTOMERS; i++)
    len += (size_t)snprintf(
        json + len, room - len,
        "%s{\"id\":\"k%d\",\"customer\":\"customer-%d\",\"plan\":\"p\","
        "\"start\":\"2026-01-01\",\"overdraft\":\"%d\"}", i ? "," : "", i, i,
        i % 2 ? 1000000 : 0);
  snprintf(json + len, room - len, "]}");
  return json;
}

static int give(int who) {
  billing_call call = call_now();
  billing_grant_terms terms;
  char id[16];

  snprintf(id, sizeof id, "customer-%d", who);
  BILLING_INIT(&terms);
  call.key = terms.customer = text_of(id);
  memcpy(terms.amount.asset, "USD", 4);
  if (billing_decimal_parse(&terms.amount.amount, "1000000", 7)) return 1;
  return billing_grant(b, &call, &terms, NULL, NULL);
}

static int set_up(void) {
  billing_call call = call_now();
  char *json = catalog();
  int rc = !json || billing_catalog_apply(b, &call, json, (size_t)-1, NULL,
                                          NULL);

  free(json);
  for (int who = 0; who < CUSTOMERS && !rc; who += 2) rc = give(who);
  return rc;
}

void read_while_others_write(billing *handle, thread_check *check) {
  thread threads[WRITERS + READERS];
  int64_t answers = 0;

  b = handle;
  check(!set_up(), "readers: set up");
  memset(threads, 0, sizeof threads);
  atomic_store(&writing, WRITERS);
  for (int i = 0; i < WRITERS + READERS; i++) {
    threads[i].number = i;
    threads[i].random = (uint64_t)i + 1;
    if (pthread_create(&threads[i].thread, NULL,
                       i < WRITERS ? write_all : read_all, &threads[i]))
      exit(2);
  }
  for (int i = 0; i < WRITERS + READERS; i++) {
    pthread_join(threads[i].thread, NULL);
    check(!threads[i].faults, threads[i].fault);
    answers += threads[i].answers;
  }
  printf("  %-32s %d threads, %lld answers\n", "readers beside writers",
         WRITERS + READERS, (long long)answers);
}
