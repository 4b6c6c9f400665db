/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * decisions.c - authorize on the memory store: what the decision takes without
 * a disk, of a hold that is made and of one that a limit denies.
 */
#include "bench.h"

#include <stdio.h>
#include <string.h>

#define DECISIONS 256           /* between two looks at the clock */

static const char decision_catalog[] =
    "{\"tenant\":{\"id\":\"bench\"},\"customers\":[{\"id\":\"free\"},"
    "{\"id\":\"bound\",\"limits\":[{\"id\":\"5h\",\"quantity\":\"1\","
    "\"meter\":\"m\",\"hours\":5},{\"id\":\"7d\",\"amount\":\"0.01\","
    "\"asset\":\"USD\",\"hours\":168}]}],"
    "\"meters\":[{\"id\":\"m\",\"event\":\"e\",\"aggregation\":\"sum\"}],"
    "\"plans\":[{\"id\":\"p\",\"currency\":\"USD\",\"prices\":[{\"id\":\"x\","
    "\"meter\":\"m\",\"model\":\"per_unit\",\"unit\":\"0.01\"}]}],"
    "\"contracts\":[{\"id\":\"k1\",\"customer\":\"free\",\"plan\":\"p\","
    "\"start\":\"2026-01-01\",\"overdraft\":\"unlimited\"},{\"id\":\"k2\","
    "\"customer\":\"bound\",\"plan\":\"p\",\"start\":\"2026-01-01\","
    "\"overdraft\":\"unlimited\"}]}";

typedef struct decisions {
  billing      *b;
  billing_call  call;
  billing_error err;
  long          number;
} decisions;

static void name_call(decisions *d, const char *kind, long number,
                      char key[40]) {
  snprintf(key, 40, "%s%ld", kind, number);
  d->call.key = bench_str(key);
}

static int ask(decisions *d, const char *customer, int64_t value,
               long number) {
  billing_event estimate;
  char key[40];

  BILLING_INIT(&estimate);
  estimate.customer = bench_str(customer);
  estimate.event = bench_str("e");
  estimate.flags = BILLING_EVENT_VALUE;
  estimate.value = (billing_decimal){
      (uint64_t)value * UINT64_C(1000000000000000000), 0};
  name_call(d, customer, number, key);
  return billing_authorize(d->b, &d->call, &estimate, 1, NULL, NULL, NULL,
                           &d->err);
}

/* All in ns a call. */
static double take_holds(decisions *d) {
  double start = bench_seconds(), end;
  char key[40];

  for (long i = 0; i < DECISIONS; i++)
    bench_must(ask(d, "free", 1, d->number + i), "authorize", &d->err);
  end = bench_seconds();
  for (long i = 0; i < DECISIONS; i++) {
    name_call(d, "free", d->number + i, key);
    bench_must(billing_release(d->b, &d->call, &d->err), "release", &d->err);
  }
  d->number += DECISIONS;
  return (end - start) * 1e9 / DECISIONS;
}

static double take_denials(decisions *d) {
  double start = bench_seconds();

  for (long i = 0; i < DECISIONS; i++)
    if (ask(d, "bound", 2, i) != BILLING_DENIED_LIMIT)
      bench_stop("authorize", "it is not denied");
  return (bench_seconds() - start) * 1e9 / DECISIONS;
}

static double take_events(decisions *d) {
  double start = bench_seconds();

  for (long i = 0; i < DECISIONS; i++) {
    billing_event event;
    char key[40];
    BILLING_INIT(&event);
    snprintf(key, sizeof key, "e%ld", d->number + i);
    event.key = bench_str(key);
    event.customer = bench_str("free");
    event.event = bench_str("e");
    bench_must(billing_record(d->b, &d->call, &event, 1, NULL, &d->err),
               "record", &d->err);
  }
  d->number += DECISIONS;
  return (bench_seconds() - start) * 1e9 / DECISIONS;
}

typedef double decision_side(decisions *d);

static void measure_side(decisions *d, const bench_plan *plan,
                         const char *name, decision_side *ours,
                         decision_side *yardstick) {
  bench_round rounds[BENCH_ROUNDS_MOST];

  for (int i = 0; i < plan->turns; i++) {
    double until = bench_seconds() + plan->turn / 4;
    double sums[2] = {0, 0};
    long count = 0;
    bench_say("%s: round %d of %d", name, i + 1, plan->turns);
    for (; bench_seconds() < until || !count; count++) {
      sums[0] += ours(d);
      sums[1] += yardstick(d);
    }
    rounds[i].ours = sums[0] / (double)count;
    rounds[i].yardstick = sums[1] / (double)count;
  }
  bench_report(name, rounds, plan->turns);
}

void bench_decisions(const bench_plan *plan) {
  decisions d = {0};

  if (!bench_wants("authorize_memory", "authorize_denied", NULL)) return;
  BILLING_INIT(&d.err);
  bench_call_open(&d.call);
  bench_must(billing_open(&d.b, ":memory:", (size_t)-1, NULL, &d.err), "open",
             &d.err);
  bench_must(billing_catalog_apply(d.b, &d.call, decision_catalog, (size_t)-1,
                                   NULL, &d.err), "catalog", &d.err);
  measure_side(&d, plan, "authorize_memory", take_holds, take_events);
  measure_side(&d, plan, "authorize_denied", take_denials, take_holds);
  billing_close(d.b);
}
