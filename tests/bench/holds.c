/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * holds.c - durable holds by one thread and by many on one handle, beside the
 * raw log.  At the end the customers' balances must hold exactly what was
 * acknowledged.
 */
#include "holds.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CENTS INT64_C(10000000000000000)     /* one, at 10^-18 */

/* ---- a hold ---- */

/* Lost to another process: it has it for less than a commit. */
static void wait_a_moment(void) {
  struct timespec moment = {0, 50000};

  nanosleep(&moment, NULL);
}

void bench_hold(billing *b, int who, long n) {
  char key[40], id[BENCH_ID];
  uint64_t spread = (uint64_t)n * UINT64_C(0x9E3779B97F4A7C15);
  billing_hold_terms terms;
  billing_hold hold;
  billing_call call;
  billing_error err;
  int rc;

  BILLING_INIT(&terms);
  BILLING_INIT(&hold);
  BILLING_INIT(&err);
  bench_call_open(&call);
  snprintf(key, sizeof key, "hold_%d_%ld", who, n);
  bench_customer_id((uint32_t)((spread >> 32) + (unsigned)who) %
                        BENCH_CUSTOMERS, id);
  call.key = bench_str(key);
  terms.customer = bench_str(id);
  terms.amount.amount.lo = (uint64_t)CENTS;
  strcpy(terms.amount.asset, BENCH_ASSET);
  while ((rc = billing_authorize(b, &call, NULL, 0, &terms, &hold, NULL,
                                 &err)) ==
         BILLING_BUSY)
    wait_a_moment();
  bench_must(rc, "authorize", &err);
  if (hold.status != BILLING_HOLD_OPEN)
    bench_stop("authorize", "the hold is not open");
}

static bench_i128 held_by(billing *b, const billing_call *call,
                          uint32_t customer) {
  char id[BENCH_ID];
  billing_balances balances;
  billing_error err;

  BILLING_INIT(&balances);
  BILLING_INIT(&err);
  bench_customer_id(customer, id);
  bench_must(billing_balance(b, call, id, (size_t)-1, BENCH_ASSET, &balances,
                             &err), "balance", &err);
  return (bench_i128)balances.held.hi * ((bench_i128)1 << 64) +
         balances.held.lo;
}

void bench_holds_check(const char *path, long count) {
  billing *b = bench_open(path);
  billing_doc *doc = NULL;
  billing_call call;
  billing_error err;
  bench_i128 held = 0;

  BILLING_INIT(&err);
  bench_call_open(&call);
  for (uint32_t i = 0; i < BENCH_CUSTOMERS; i++)
    held += held_by(b, &call, i);
  if (held != (bench_i128)count * CENTS)
    bench_stop("authorize", "what is held is not what was acknowledged");
  bench_must(billing_verify(b, &call, &doc, &err), "verify", &err);
  if (!strstr(billing_doc_text(doc), "\"ok\":true"))
    bench_stop("verify", billing_doc_text(doc));
  billing_doc_free(doc);
  billing_close(b);
}

/* ---- threads ---- */

typedef struct holds_worker {
  billing    *b;             /* or */
  bench_log  *log;
  int         who;
  long        count;         /* in all turns */
  double      deadline;
  pthread_t   thread;
} holds_worker;

static void *work(void *of) {
  holds_worker *w = of;
  char record[BENCH_RECORD];

  memset(record, w->who, sizeof record);
  while (bench_seconds() < w->deadline) {
    if (w->b) bench_hold(w->b, w->who, w->count);
    else bench_log_append(w->log, record);
    w->count++;
  }
  return NULL;
}

static long count_of(const holds_worker *workers, int threads) {
  long count = 0;

  for (int i = 0; i < threads; i++) count += workers[i].count;
  return count;
}

/* In holds a second. */
static double take_turn(holds_worker *workers, int threads, double turn) {
  long before = count_of(workers, threads);
  double start = bench_seconds();

  for (int i = 0; i < threads; i++) {
    workers[i].deadline = start + turn;
    if (pthread_create(&workers[i].thread, NULL, work, &workers[i]))
      bench_stop("threads", "there are no more");
  }
  for (int i = 0; i < threads; i++) pthread_join(workers[i].thread, NULL);
  return (double)(count_of(workers, threads) - before) /
         (bench_seconds() - start);
}

static void measure_threads(const bench_plan *plan, const char *name,
                            int threads) {
  holds_worker ours[BENCH_THREADS_MOST] = {{0}};
  holds_worker raw[BENCH_THREADS_MOST] = {{0}};
  bench_round rounds[BENCH_ROUNDS_MOST];
  char path[BENCH_PATH], log_path[BENCH_PATH];
  bench_log *log;
  billing *b;

  bench_path(path, "holds.db");
  bench_path(log_path, "holds.log");
  bench_copy(bench_prepared(BENCH_CUSTOMERS), path);
  b = bench_open(path);
  log = bench_log_open(log_path);
  for (int i = 0; i < threads; i++) {
    ours[i].b = b;
    raw[i].log = log;
    ours[i].who = raw[i].who = i;
  }
  for (int i = 0; i < plan->turns; i++) {
    bench_say("%s: round %d of %d", name, i + 1, plan->turns);
    rounds[i].ours = take_turn(ours, threads, plan->turn);
    rounds[i].yardstick = take_turn(raw, threads, plan->turn);
  }
  billing_close(b);
  bench_log_close(log);
  bench_holds_check(path, count_of(ours, threads));
  bench_report(name, rounds, plan->turns);
  bench_delete(path);
  bench_delete(log_path);
}

void bench_holds(const bench_plan *plan) {
  if (bench_wants("holds_t1", NULL)) measure_threads(plan, "holds_t1", 1);
  if (bench_wants("holds_t32", NULL)) measure_threads(plan, "holds_t32", 32);
  if (bench_wants("holds_t64", NULL)) measure_threads(plan, "holds_t64", 64);
}
