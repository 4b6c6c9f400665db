/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * workload.c - the events: 153 bytes each, of that 36 of a random key and
 * about 75 of properties.
 *
 *     d9cf60c3-6d3f-4b2a-9a0e-6f0c5d2d5a17  cus_00000000002a  api_tokens
 *     2026-01-01T00:00:07Z  250  {"model":"sonnet-4","region":"us-east-1",..}
 *
 * The same seed gives the same events.  A resend repeats one of the latest
 * events, byte for byte, as a client does that saw no answer.
 */
#include "bench.h"

#include <stdlib.h>
#include <string.h>

#define RECENT 32768         /* what a resend chooses from */

struct bench_workload {
  uint64_t     random[2];
  int64_t      now_us;
  size_t       sent;
  bench_event *recent;       /* a ring */
};

static const char *const models[BENCH_MODELS] = {
  "gpt-large", "gpt-small", "sonnet-4", "llama-70b", "embed-3", "whisper-2"};
static const char *const regions[] = {
  "us-east-1", "eu-west-1", "ap-south-1", "us-west-2", "eu-central-1"};

static uint64_t rotated(uint64_t x, int by) {
  return x << by | x >> (64 - by);
}

/* xoroshiro128+ of Blackman and Vigna. */
static uint64_t next_random(bench_workload *w) {
  uint64_t a = w->random[0], b = w->random[1], sum = a + b;

  b ^= a;
  w->random[0] = rotated(a, 24) ^ b ^ b << 16;
  w->random[1] = rotated(b, 37);
  return sum;
}

bench_workload *bench_workload_open(uint64_t seed) {
  bench_workload *w = calloc(1, sizeof *w);
  bench_event *recent = calloc(RECENT, sizeof *recent);

  if (!w || !recent) bench_stop("the workload", "out of memory");
  w->random[0] = UINT64_C(0x9E3779B97F4A7C15) ^ seed;
  w->random[1] = UINT64_C(0xD1B54A32D192ED03) + seed;
  w->now_us = BENCH_START_US + 10000000;      /* late ones fall in, too */
  w->recent = recent;
  return w;
}

void bench_workload_close(bench_workload *w) {
  free(w->recent);
  free(w);
}

void bench_customer_id(uint32_t customer, char out[20]) {
  snprintf(out, 20, "cus_%012x", (unsigned)customer);
}

/* A random UUID as text. */
static void make_key(bench_workload *w, char out[37]) {
  uint64_t a = next_random(w), b = next_random(w);

  snprintf(out, 37, "%08x-%04x-4%03x-%04x-%04x%08x", (unsigned)(a >> 32),
           (unsigned)(a >> 16) & 0xFFFF, (unsigned)a & 0xFFF,
           (unsigned)(b >> 48 & 0x3FFF) | 0x8000, (unsigned)(b >> 32) & 0xFFFF,
           (unsigned)b);
}

/* About 650 events in a second, up to 2 seconds late. */
static int64_t make_time(bench_workload *w, uint64_t random) {
  w->now_us += 1000 + (int64_t)(random & 1023);
  return w->now_us - (int64_t)(random >> 10 & 0x1FFFFF);
}

void bench_workload_of(bench_workload *w, uint32_t customer, bench_event *e) {
  uint64_t random = next_random(w), more = next_random(w);

  memset(e, 0, sizeof *e);
  e->customer_at = customer;
  e->model_at = (uint32_t)(more % BENCH_MODELS);
  e->time_us = make_time(w, random);
  e->units = (int64_t)((random >> 32) % 500) + 1;
  bench_customer_id(customer, e->customer);
  make_key(w, e->key);
  snprintf(e->properties, sizeof e->properties,
           "{\"model\":\"%s\",\"region\":\"%s\",\"req\":\"%08x\","
           "\"cached\":%s}", models[e->model_at], regions[(more >> 8) % 5],
           (unsigned)(more >> 32), more & 64 ? "true" : "false");
  w->recent[w->sent++ % RECENT] = *e;
}

void bench_workload_next(bench_workload *w, int with_resends, bench_event *e) {
  size_t recent = w->sent < RECENT ? w->sent : RECENT;
  uint64_t random = next_random(w);

  if (with_resends && recent && random % 100 == 0) {
    *e = w->recent[(random >> 16) % recent];
    e->is_resent = 1;
    return;
  }
  bench_workload_of(w, (uint32_t)(random >> 16) % BENCH_CUSTOMERS, e);
}
