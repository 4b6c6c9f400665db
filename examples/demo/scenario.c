/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* scenario.c - a month of a small platform. */
#include "scenario.h"

#include <stdio.h>

static const char meters[] =
    "\"tenant\":{\"id\":\"demo\",\"name\":\"Demo Inc.\","
    "\"assets\":[{\"code\":\"tok\"}]},"
    "\"meters\":["
    "{\"id\":\"requests\",\"event\":\"llm\",\"aggregation\":\"count\"},"
    "{\"id\":\"input\",\"event\":\"llm\",\"aggregation\":\"sum\","
    "\"property\":\"input\"},"
    "{\"id\":\"output\",\"event\":\"llm\",\"aggregation\":\"sum\","
    "\"property\":\"output\"},"
    "{\"id\":\"embed\",\"event\":\"embed\",\"aggregation\":\"sum\","
    "\"property\":\"tokens\"}],";

static const char usage_prices[] =
    "{\"id\":\"requests\",\"name\":\"Requests\",\"meter\":\"requests\","
    "\"model\":\"graduated\",\"tiers\":["
    "{\"up_to\":\"500\",\"unit\":\"0.004\"},"
    "{\"up_to\":\"1000\",\"unit\":\"0.003\"},{\"unit\":\"0.002\"}]},"
    "{\"id\":\"input\",\"name\":\"Input tokens\",\"meter\":\"input\","
    "\"model\":\"per_unit\",\"unit\":\"2.50\",\"per\":\"1000000\"},"
    "{\"id\":\"output\",\"name\":\"Output tokens\",\"meter\":\"output\","
    "\"model\":\"per_unit\",\"unit\":\"10.00\",\"per\":\"1000000\"},"
    "{\"id\":\"embed\",\"name\":\"Embeddings\",\"meter\":\"embed\","
    "\"model\":\"per_unit\",\"unit\":\"1\",\"asset\":\"tok\"}";

void scenario_customer(int customer, char out[8]) {
  snprintf(out, 8, "c%03d", customer % 1000);
}

static void add_plan(buffer *out, const char *id, const char *fee) {
  buffer_c(out, "{\"id\":\"");
  buffer_c(out, id);
  buffer_c(out, "\",\"currency\":\"USD\",\"prices\":[");
  buffer_c(out, fee);
  buffer_c(out, ",");
  buffer_c(out, usage_prices);
  buffer_c(out, "]}");
}

static void add_customer(buffer *out, int customer) {
  char id[8], row[96];

  scenario_customer(customer, id);
  snprintf(row, sizeof row, "%s{\"id\":\"%s\",\"name\":\"Customer %d\"}",
           customer > 1 ? "," : "", id, customer);
  buffer_c(out, row);
}

/* Every fifth customer is a team of 5. */
static void add_contract(buffer *out, int customer) {
  char id[8], row[192];
  int is_team = customer % 5 == 0;

  scenario_customer(customer, id);
  snprintf(row, sizeof row,
           "%s{\"id\":\"%s-2026\",\"customer\":\"%s\",\"plan\":\"%s\","
           "\"start\":\"2026-01-01\"%s}", customer > 1 ? "," : "", id, id,
           is_team ? "team" : "solo",
           is_team ? ",\"quantities\":{\"seats\":\"5\"}" : "");
  buffer_c(out, row);
}

void scenario_catalog(buffer *out) {
  buffer_c(out, "{");
  buffer_c(out, meters);
  buffer_c(out, "\"plans\":[");
  add_plan(out, "solo", "{\"id\":\"base\",\"name\":\"Base fee\","
                        "\"model\":\"flat\",\"amount\":\"20.00\"}");
  buffer_c(out, ",");
  add_plan(out, "team", "{\"id\":\"seats\",\"name\":\"Seats\","
                        "\"model\":\"flat\",\"amount\":\"4.00\","
                        "\"quantity\":\"seats\"}");
  buffer_c(out, "],\"customers\":[");
  for (int i = 1; i <= CUSTOMERS; i++) add_customer(out, i);
  buffer_c(out, "],\"contracts\":[");
  for (int i = 1; i <= CUSTOMERS; i++) add_contract(out, i);
  buffer_c(out, "]}");
}

/* A linear congruential generator; its upper half is random enough. */
static int draw(uint64_t *state, int below) {
  *state = *state * UINT64_C(6364136223846793005) +
           UINT64_C(1442695040888963407);
  return (int)((*state >> 33) % (uint64_t)below);
}

void scenario_next(uint64_t *state, int number, scenario_event *out) {
  int one = draw(state, CUSTOMERS), other = draw(state, CUSTOMERS);
  int input, output;

  /* The smaller of two: the first customers use more than the last. */
  scenario_customer((one < other ? one : other) + 1, out->customer);
  snprintf(out->key, sizeof out->key, "e%06d", number);
  out->is_embedding = draw(state, 10) == 0;
  if (out->is_embedding) {
    snprintf(out->properties, sizeof out->properties, "{\"tokens\":%d}",
             100 + draw(state, 1000));
    return;
  }
  input = 200 + draw(state, 1800);
  output = 50 + draw(state, 500);
  snprintf(out->properties, sizeof out->properties,
           "{\"input\":%d,\"output\":%d}", input, output);
}
