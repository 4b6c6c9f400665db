/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * road.c - the same events through the library and into the raw table, in
 * turns of a fraction of a second.
 *
 * Making events and comparing receipts stands outside of what is timed.
 * Each event's receipt is compared with the slow fold as it comes.
 */
#include "path.h"

#include <stdlib.h>
#include <string.h>

#define TURN_MOST 40000      /* events of one turn */
#define SAMPLE 1000          /* customers that are compared at the end */

typedef struct road_side {
  char          path[BENCH_PATH];
  double        bytes;       /* of the file before the first event */
  bench_samples samples;
} road_side;

struct bench_road {
  const char      *label;
  billing         *b;
  billing_call     call;
  bench_raw       *raw;      /* NULL when it was left */
  bench_stream     stream;
  bench_fold      *fold;
  long             place;    /* of the next event */
  long             turns;
  long             raw_resent;   /* resends that raw has seen */
  long             raw_stored;
  bench_event     *events;
  billing_event   *given;
  billing_receipt *receipts;
  road_side        side[BENCH_SIDES];
};

/* ---- samples ---- */

static void add_sample(bench_samples *s, double value) {
  if (s->count == s->cap) {
    double *more;
    s->cap = s->cap ? 2 * s->cap : 4096;
    more = realloc(s->value, (size_t)s->cap * sizeof *more);
    if (!more) bench_stop("samples", "out of memory");
    s->value = more;
  }
  s->value[s->count++] = value;
}

static int compare_samples(const void *a, const void *b) {
  double x, y;

  memcpy(&x, a, sizeof x);
  memcpy(&y, b, sizeof y);
  return (x > y) - (x < y);
}

double bench_samples_at(bench_samples *s, double share) {
  long at = (long)((double)s->count * share);

  if (!s->count) bench_stop("samples", "there are none");
  qsort(s->value, (size_t)s->count, sizeof *s->value, compare_samples);
  return s->value[at < s->count ? at : s->count - 1];
}

/* ---- open and close ---- */

/* Brings everybody into memory: what that costs is a figure of its own. */
static void load_customers(const bench_road *r, const char *label,
                           long customers) {
  billing_balances balances;
  billing_error err;
  char id[BENCH_ID];

  BILLING_INIT(&err);
  BILLING_INIT(&balances);
  for (long i = 0; i < customers; i++) {
    bench_customer_id((uint32_t)i, id);
    bench_must(billing_balance(r->b, &r->call, id, (size_t)-1, BENCH_ASSET,
                               &balances, &err), "balance", &err);
    if (i % 10000 == 0)
      bench_say("%s: loading %ld of %ld customers", label, i, customers);
  }
}

bench_road *bench_road_open(const char *label, long customers, uint32_t flags,
                            long events) {
  const char *prepared = bench_prepared(customers);
  bench_road *r = bench_room(1, sizeof *r);

  r->label = label;
  bench_call_open(&r->call);
  bench_stream_open(&r->stream, (uint32_t)customers, flags);
  r->fold = bench_fold_open((uint32_t)customers, events);
  r->events = bench_room(TURN_MOST, sizeof *r->events);
  r->given = bench_room(TURN_MOST, sizeof *r->given);
  r->receipts = bench_room(TURN_MOST, sizeof *r->receipts);
  bench_path(r->side[BENCH_OURS].path, "ours.db");
  bench_path(r->side[BENCH_RAW].path, "raw.db");
  bench_copy(prepared, r->side[BENCH_OURS].path);
  r->side[BENCH_OURS].bytes = bench_bytes(prepared);
  bench_delete(r->side[BENCH_RAW].path);
  r->b = bench_open(r->side[BENCH_OURS].path);
  r->raw = bench_raw_open(r->side[BENCH_RAW].path);
  load_customers(r, label, customers);
  return r;
}

void bench_road_leave_raw(bench_road *r) {
  if (r->raw_resent != bench_raw_ignored(r->raw))
    bench_stop("raw", "it took a resend for a new event");
  bench_raw_close(r->raw);
  r->raw = NULL;
}

void bench_road_close(bench_road *r) {
  billing_close(r->b);
  if (r->raw) bench_road_leave_raw(r);
  for (int i = 0; i < BENCH_SIDES; i++) {
    bench_delete(r->side[i].path);
    free(r->side[i].samples.value);
  }
  bench_fold_close(r->fold);
  free(r->events);
  free(r->given);
  free(r->receipts);
  free(r);
}

long bench_road_events(const bench_road *r) { return r->place; }

bench_samples *bench_road_samples(bench_road *r, int side) {
  return &r->side[side].samples;
}

double bench_road_bytes(bench_road *r, int side) {
  long stored = side == BENCH_OURS ? bench_fold_stored(r->fold)
                                   : r->raw_stored;

  bench_checkpoint(r->side[side].path);
  return (bench_bytes(r->side[side].path) - r->side[side].bytes) /
         (double)stored;
}

/* ---- turns ---- */

static void make_events(bench_road *r, long count) {
  for (long i = 0; i < count; i++) {
    bench_event *e = &r->events[i];
    bench_stream_event(&r->stream, (uint64_t)(r->place + i), e);
    bench_event_give(e, &r->given[i]);
    BILLING_INIT(&r->receipts[i]);
    if (r->raw) r->raw_resent += e->is_resent;
    if (r->raw) r->raw_stored += !e->is_resent;
  }
  r->place += count;
  r->call.now_us = bench_stream_clock(&r->stream, (uint64_t)r->place);
}

static void record(bench_road *r, long at, long size) {
  billing_error err;

  BILLING_INIT(&err);
  bench_must(billing_record(r->b, &r->call, r->given + at, (size_t)size,
                            r->receipts + at, &err), "record", &err);
}

/* One side's turn, in seconds. */
static double take_turn(bench_road *r, int side, long count, long batch) {
  double start = bench_seconds(), last = start;

  for (long at = 0; at < count; at += batch) {
    long size = count - at < batch ? count - at : batch;
    double now;
    if (side == BENCH_OURS) record(r, at, size);
    else bench_raw_record(r->raw, r->events + at, size);
    now = bench_seconds();
    add_sample(&r->side[side].samples, now - last);
    last = now;
  }
  return last - start;
}

/* The sides change places from turn to turn. */
static void run_turn(bench_road *r, long count, long batch,
                     double seconds[BENCH_SIDES]) {
  int first = (int)(r->turns++ % 2);

  make_events(r, count);
  for (int i = 0; i < BENCH_SIDES; i++) {
    int side = i ^ first;
    if (side == BENCH_RAW && !r->raw) continue;
    seconds[side] += take_turn(r, side, count, batch);
  }
  for (long i = 0; i < count; i++)
    bench_fold_add(r->fold, &r->events[i], &r->receipts[i]);
}

static long events_of_turn(long batch) {
  if (batch == 1) return 200;
  if (batch <= 100) return 100 * batch;
  return batch <= 1000 ? 20 * batch : TURN_MOST;
}

/* The pace within the latest million, for people who wait. */
static void tell(const bench_road *r, long to, const double seconds[],
                 double mark[BENCH_SIDES]) {
  const long million = 1000000;
  double ours = seconds[BENCH_OURS] - mark[BENCH_OURS];
  double raw = seconds[BENCH_RAW] - mark[BENCH_RAW];

  bench_say("%s: %.2f of %.2f million events", r->label,
            (double)r->place / 1e6, (double)to / 1e6);
  if (r->place % million) return;
  if (ours > 0 && raw > 0)
    bench_note("%s: million %ld: ours %.0f, raw %.0f events/s", r->label,
               r->place / million, 1e6 / ours, 1e6 / raw);
  else if (ours > 0)
    bench_note("%s: million %ld: ours %.0f events/s", r->label,
               r->place / million, 1e6 / ours);
  memcpy(mark, seconds, BENCH_SIDES * sizeof *mark);
}

void bench_road_advance(bench_road *r, long events, long batch,
                        double seconds[BENCH_SIDES]) {
  double mark[BENCH_SIDES] = {0, 0};
  long most = events_of_turn(batch), to = r->place + events;

  seconds[BENCH_OURS] = seconds[BENCH_RAW] = 0;
  while (r->place < to) {
    long count = to - r->place < most ? to - r->place : most;
    run_turn(r, count, batch, seconds);
    tell(r, to, seconds, mark);
  }
}

/* ---- what it must have come to ---- */

static void verify(const bench_road *r) {
  billing_doc *doc = NULL;
  billing_error err;

  BILLING_INIT(&err);
  bench_say("%s: verifying", r->label);
  bench_must(billing_verify(r->b, &r->call, &doc, &err), "verify", &err);
  if (!strstr(billing_doc_text(doc), "\"ok\":true"))
    bench_stop("verify", billing_doc_text(doc));
  billing_doc_free(doc);
}

/* Those who use most, and others evenly spread. */
static void compare_customers(const bench_road *r) {
  uint32_t customers = r->stream.customers;
  uint32_t step = customers > SAMPLE ? customers / SAMPLE : 1;

  for (uint32_t i = 0; i < customers; i += step)
    bench_fold_compare(r->fold, r->b, &r->call, i);
  for (uint32_t i = 0; i < 10; i++)
    bench_fold_compare(r->fold, r->b, &r->call,
                       bench_stream_customer(&r->stream, i));
}

void bench_road_check(bench_road *r) {
  bench_fold_check_sum(r->fold);
  if (r->raw && r->raw_resent != bench_raw_ignored(r->raw))
    bench_stop("raw", "it took a resend for a new event");
  compare_customers(r);
  verify(r);
}
