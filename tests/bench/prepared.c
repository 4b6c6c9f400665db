/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * prepared.c - a database before its first event: a meter, a plan with one
 * graduated price grouped by a property, and so many customers, each with a
 * contract and three grants.  It is made once for each number of customers,
 * then copied.
 */
#include "path.h"

#include <stdlib.h>
#include <string.h>

#define CHUNK 5000           /* customers in one catalog document */
#define DATABASES 4

static struct prepared {
  long customers;
  char path[BENCH_PATH];
} prepared[DATABASES];

void bench_call_open(billing_call *call) {
  BILLING_INIT(call);
  call->tenant = bench_str(BENCH_TENANT);
  call->now_us = BENCH_START_US;
}

billing *bench_open(const char *path) {
  billing *b;
  billing_error err;

  BILLING_INIT(&err);
  bench_must(billing_open(&b, path, (size_t)-1, NULL, &err), path, &err);
  return b;
}

static void apply(billing *b, const billing_call *call, const char *json) {
  billing_error err;

  BILLING_INIT(&err);
  bench_must(billing_catalog_apply(b, call, json, (size_t)-1, NULL, &err),
             "catalog", &err);
}

static void apply_plan(billing *b, const billing_call *call) {
  char json[1024];

  snprintf(json, sizeof json,
           "{\"tenant\":{\"id\":\"" BENCH_TENANT "\"},"
           "\"meters\":[{\"id\":\"tokens\",\"event\":\"" BENCH_EVENT "\","
           "\"aggregation\":\"sum\",\"groups\":[\"model\"]}],"
           "\"plans\":[{\"id\":\"pro\",\"currency\":\"" BENCH_ASSET "\","
           "\"prices\":[{\"id\":\"tokens\",\"meter\":\"tokens\","
           "\"model\":\"graduated\",\"groups\":[\"model\"],\"tiers\":%s}]}]}",
           bench_tiers);
  apply(b, call, json);
}

static void apply_customers(billing *b, const billing_call *call,
                            uint32_t from, uint32_t to) {
  size_t room = 64 + (size_t)(to - from) * 160, len;
  char *json = bench_room(1, room), id[BENCH_ID];

  len = (size_t)snprintf(json, room, "{\"customers\":[");
  for (uint32_t i = from; i < to; i++) {
    bench_customer_id(i, id);
    len += (size_t)snprintf(json + len, room - len, "%s{\"id\":\"%s\"}",
                            i > from ? "," : "", id);
  }
  len += (size_t)snprintf(json + len, room - len, "],\"contracts\":[");
  for (uint32_t i = from; i < to; i++) {
    bench_customer_id(i, id);
    len += (size_t)snprintf(json + len, room - len,
                            "%s{\"id\":\"con_%x\",\"customer\":\"%s\","
                            "\"plan\":\"pro\",\"start\":\"2026-01-01\"}",
                            i > from ? "," : "", (unsigned)i, id);
  }
  snprintf(json + len, room - len, "]}");
  apply(b, call, json);
  free(json);
}

static void give_grants(billing *b, billing_call *call, uint32_t customer) {
  char id[BENCH_ID], key[40];
  billing_error err;

  BILLING_INIT(&err);
  bench_customer_id(customer, id);
  for (int i = 0; i < BENCH_GRANTS; i++) {
    billing_grant_terms terms;
    BILLING_INIT(&terms);
    snprintf(key, sizeof key, "grant_%x_%d", (unsigned)customer, i);
    call->key = bench_str(key);
    terms.customer = bench_str(id);
    terms.priority = i;
    strcpy(terms.amount.asset, BENCH_ASSET);
    billing_decimal_parse(&terms.amount.amount, bench_grants[i], (size_t)-1);
    bench_must(billing_grant(b, call, &terms, NULL, &err), "grant", &err);
  }
  call->key = (billing_str){NULL, 0};
}

static void make_database(const char *path, uint32_t customers) {
  billing *b = bench_open(path);
  billing_call call;
  billing_error err;
  double start = bench_seconds();

  BILLING_INIT(&err);
  bench_call_open(&call);
  call.flags = BILLING_CALL_RELAXED;
  apply_plan(b, &call);
  for (uint32_t from = 0; from < customers; from += CHUNK) {
    uint32_t to = from + CHUNK < customers ? from + CHUNK : customers;
    apply_customers(b, &call, from, to);
    for (uint32_t i = from; i < to; i++) give_grants(b, &call, i);
    bench_say("preparing %u of %u customers", (unsigned)to,
              (unsigned)customers);
  }
  call.flags = 0;
  bench_must(billing_maintain(b, &call, 0, NULL, &err), "maintain", &err);
  billing_close(b);
  bench_checkpoint(path);
  bench_note("%u customers prepared in %.1f s", (unsigned)customers,
             bench_seconds() - start);
}

const char *bench_prepared(long customers) {
  char name[64];
  int at = 0;

  while (prepared[at].customers && prepared[at].customers != customers) at++;
  if (at == DATABASES) bench_stop("prepared", "too many of them");
  if (!prepared[at].customers) {
    snprintf(name, sizeof name, "prepared-%ld.db", customers);
    bench_path(prepared[at].path, name);
    make_database(prepared[at].path, (uint32_t)customers);
    prepared[at].customers = customers;
  }
  return prepared[at].path;
}
