/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * bench.h - a figure is measured beside its yardstick, in turns.
 *
 * A figure has two sides, ours and the yardstick.  In each round both sides do
 * the same piece of work, one right after the other, and the ratio of the two
 * is taken; a figure's ratio is the median of its rounds' ratios.  So whatever
 * else the machine is doing weighs on both.
 */
#ifndef BENCH_H
#define BENCH_H

#include <billing.h>
#include <stdint.h>
#include <stdio.h>

#define BENCH_ROUNDS_MOST 99

typedef struct bench_options {
  const char *folder;        /* where the databases are made */
  int         rounds;
  double      scale;         /* of the work of a round */
} bench_options;

typedef struct bench_figure {
  const char *name;
  const char *unit;          /* "events/s" or "ns" */
  const char *yardstick;
  long        size;          /* of a batch, or the charge model */
  double      value;         /* medians */
  double      ratio;         /* above 1: better than the yardstick */
} bench_figure;

/* What one round brought, in the figure's unit, on both sides. */
typedef struct bench_round {
  double ours;
  double yardstick;
} bench_round;

double bench_seconds(void);              /* a clock that never goes back */
void bench_stop(const char *what, const char *why);     /* ends the program */
/* Medians of the rounds into the figure. */
void bench_settle(bench_figure *figure, const bench_round *rounds, int count);

/* Each measures one figure, all its rounds. */
void bench_road(bench_figure *figure, const bench_options *options);
void bench_decimal(bench_figure *figure, const bench_options *options);
void bench_price(bench_figure *figure, const bench_options *options);

/* ---- the workload ---- */

#define BENCH_CUSTOMERS 1000
#define BENCH_MODELS 6
#define BENCH_EVENT "api_tokens"         /* the events' name */
#define BENCH_START_US INT64_C(1767225600000000)        /* 2026-01-01 */

typedef struct bench_event {
  char     key[37];          /* 36 random bytes of text */
  char     customer[20];
  char     properties[128];
  int64_t  time_us;
  int64_t  units;
  uint32_t customer_at;
  uint32_t model_at;
  int      is_resent;
} bench_event;

typedef struct bench_workload bench_workload;

bench_workload *bench_workload_open(uint64_t seed);
void bench_workload_close(bench_workload *w);
/* The next event; with resends one in a hundred is a recent one again. */
void bench_workload_next(bench_workload *w, int with_resends, bench_event *e);
/* The next event of a given customer. */
void bench_workload_of(bench_workload *w, uint32_t customer, bench_event *e);
void bench_customer_id(uint32_t customer, char out[20]);

#endif
