/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * stream.c - the events: 153 bytes each, of that 36 of a key and about 75 of
 * properties.
 *
 *     d9cf60c3-6d3f-4b2a-9a0e-6f0c5d2d5a17  cus_00000000002a  api_tokens
 *     2026-01-01T00:00:07Z  25.007  {"model":"sonnet-4","region":"us-east-1",
 *     "req":"5f2a0b11","cached":false}
 *
 * Each is a function of its place in the stream, so any of them can be made
 * again: one place in a hundred repeats an earlier event byte for byte, as a
 * client does that saw no answer.
 */
#include "path.h"

#include <math.h>
#include <string.h>

#define RESENT_OF 100        /* one place in so many sends again */
#define RECENT 32768         /* nine in ten of those reach back so far */
#define ZIPF 0.99

/* The draws that belong to one place. */
enum { DRAW_RESENT, DRAW_ORIGINAL, DRAW_MORE, DRAW_KEY, DRAW_KEY_END,
       DRAW_CUSTOMER };

const char *const bench_models[BENCH_MODELS] = {
  "gpt-large", "gpt-small", "sonnet-4", "llama-70b", "embed-3", "whisper-2"};
static const char *const regions[] = {
  "us-east-1", "eu-west-1", "ap-south-1", "us-west-2", "eu-central-1"};

/* splitmix64 of Steele, Lea and Flood, by place instead of in sequence. */
static uint64_t draw(const bench_stream *s, uint64_t place, uint64_t which) {
  uint64_t x = s->seed + (place << 8 | which) * UINT64_C(0x9E3779B97F4A7C15);

  x = (x ^ x >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
  x = (x ^ x >> 27) * UINT64_C(0x94D049BB133111EB);
  return x ^ x >> 31;
}

/* ---- customers ---- */

/* The integral of x^-ZIPF from 1 on, and its inverse. */
static double area(double x) {
  return expm1((1 - ZIPF) * log(x)) / (1 - ZIPF);
}

static double area_end(double area_from_1) {
  return exp(log1p((1 - ZIPF) * area_from_1) / (1 - ZIPF));
}

static double weight(double rank) {
  return exp(-ZIPF * log(rank));
}

/* Rejection-inversion of Hormann and Derflinger: the rank, from 1. */
static uint32_t zipf_rank(const bench_stream *s, uint64_t place) {
  for (uint64_t i = 0;; i++) {
    double share = (double)(draw(s, place, DRAW_CUSTOMER + i) >> 11) /
                   9007199254740992.0;
    double at = s->zipf_to + share * (s->zipf_from - s->zipf_to);
    double x = area_end(at), rank = floor(x + 0.5);
    if (rank < 1) rank = 1;
    if (rank > s->customers) rank = s->customers;
    if (rank - x <= s->zipf_sure || at >= area(rank + 0.5) - weight(rank))
      return (uint32_t)rank;
  }
}

/* Those who use much do not stand side by side: a prime spreads them. */
uint32_t bench_stream_customer(const bench_stream *s, uint32_t rank) {
  return (uint32_t)((uint64_t)rank * 2654435761u % s->customers);
}

static uint32_t customer_of(const bench_stream *s, uint64_t place) {
  if (s->flags & BENCH_ZIPF)
    return bench_stream_customer(s, zipf_rank(s, place) - 1);
  return (uint32_t)((draw(s, place, DRAW_CUSTOMER) >> 16) % s->customers);
}

void bench_stream_open(bench_stream *s, uint32_t customers, uint32_t flags) {
  s->seed = UINT64_C(0xD1B54A32D192ED03);
  s->customers = customers;
  s->flags = flags;
  s->zipf_from = area(1.5) - 1;
  s->zipf_to = area(customers + 0.5);
  s->zipf_sure = 2 - area_end(area(2.5) - weight(2));
}

/* ---- texts ---- */

static char *put_hex(char *to, uint64_t value, int digits) {
  static const char hex[] = "0123456789abcdef";

  for (int i = digits - 1; i >= 0; i--) *to++ = hex[value >> 4 * i & 15];
  return to;
}

static char *put_text(char *to, const char *text) {
  size_t len = strlen(text);

  memcpy(to, text, len + 1);
  return to + len;
}

/* A UUID of version 4, or of version 7 with the sender's milliseconds. */
static void make_key(const bench_stream *s, uint64_t place, char out[37]) {
  int is_ordered = (s->flags & BENCH_UUID7) != 0;
  uint64_t a = draw(s, place, DRAW_KEY), b = draw(s, place, DRAW_KEY_END);
  uint64_t start = is_ordered
      ? (uint64_t)(bench_stream_clock(s, place) / 1000) : a >> 16;
  char *to = put_hex(out, start >> 16, 8);

  *to++ = '-';
  to = put_hex(to, start & 0xFFFF, 4);
  *to++ = '-';
  to = put_hex(to, (is_ordered ? 0x7000u : 0x4000u) | (a & 0xFFF), 4);
  *to++ = '-';
  to = put_hex(to, 0x8000u | (b >> 48 & 0x3FFF), 4);
  *to++ = '-';
  *put_hex(to, b, 12) = '\0';
}

static void make_properties(uint64_t random, uint32_t model, char *out) {
  char *to = put_text(out, "{\"model\":\"");

  to = put_text(to, bench_models[model]);
  to = put_text(to, "\",\"region\":\"");
  to = put_text(to, regions[(random >> 8) % 5]);
  to = put_text(to, "\",\"req\":\"");
  to = put_hex(to, random >> 32, 8);
  to = put_text(to, "\",\"cached\":");
  put_text(to, random & 64 ? "true}" : "false}");
}

void bench_customer_id(uint32_t customer, char out[BENCH_ID]) {
  *put_hex(put_text(out, "cus_"), customer, 12) = '\0';
}

/* ---- events ---- */

static int is_resent(const bench_stream *s, uint64_t place) {
  return place && draw(s, place, DRAW_RESENT) % RESENT_OF == 0;
}

static uint64_t original_of(const bench_stream *s, uint64_t place) {
  while (is_resent(s, place)) {
    uint64_t random = draw(s, place, DRAW_ORIGINAL), reach = place;
    if (random % 10 && reach > RECENT) reach = RECENT;
    place -= 1 + (random >> 8) % reach;
  }
  return place;
}

/* About 570 events in a second; the first 10 seconds are for late ones. */
int64_t bench_stream_clock(const bench_stream *s, uint64_t place) {
  return BENCH_START_US + 10000000 + (int64_t)place * 1512 +
         (int64_t)(draw(s, place, DRAW_MORE) & 511);
}

void bench_stream_event(const bench_stream *s, uint64_t place,
                        bench_event *e) {
  uint64_t at = original_of(s, place), random = draw(s, at, DRAW_RESENT);
  uint64_t more = draw(s, at, DRAW_MORE);

  e->place = at;
  e->is_resent = at != place;
  e->customer_at = customer_of(s, at);
  e->model_at = (uint32_t)((more >> 16) % BENCH_MODELS);
  /* Up to two seconds late. */
  e->time_us = bench_stream_clock(s, at) - (int64_t)(random >> 10 & 0x1FFFFF);
  e->thousandths = (int64_t)((random >> 32) % 50000) + 1;
  bench_customer_id(e->customer_at, e->customer);
  make_key(s, at, e->key);
  make_properties(more, e->model_at, e->properties);
}

void bench_event_give(const bench_event *e, billing_event *to) {
  bench_i128 value = (bench_i128)e->thousandths * INT64_C(1000000000000000);

  BILLING_INIT(to);
  to->flags = BILLING_EVENT_VALUE;
  to->key = (billing_str){e->key, sizeof e->key - 1};
  to->customer = bench_str(e->customer);
  to->event = bench_str(BENCH_EVENT);
  to->properties = bench_str(e->properties);
  to->time_us = e->time_us;
  to->value.lo = (uint64_t)value;
  to->value.hi = (int64_t)(value >> 64);
}
