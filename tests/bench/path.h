/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * path.h - the full path of events: where they come from, where they go, and
 * what must come of them.
 *
 *     stream -> ours  \
 *               raw    } compared with a slow fold, event by event
 */
#ifndef BENCH_PATH_H
#define BENCH_PATH_H

#include "bench.h"

/* ---- stream.c: event number n, as often as one asks for it ---- */

#define BENCH_MODELS 6
#define BENCH_EVENT "api_tokens"         /* the events' name */

enum { BENCH_UNIFORM = 0, BENCH_ZIPF = 1, BENCH_UUID7 = 2 };

typedef struct bench_stream {
  uint64_t seed;
  uint32_t customers;
  uint32_t flags;            /* BENCH_ZIPF, BENCH_UUID7 */
  double   zipf_from, zipf_to, zipf_sure;
} bench_stream;

typedef struct bench_event {
  char     key[37];
  char     customer[BENCH_ID];
  char     properties[128];
  int64_t  time_us;
  int64_t  thousandths;      /* the quantity */
  uint64_t place;            /* in the stream, of the first time */
  uint32_t customer_at;
  uint32_t model_at;
  int      is_resent;
} bench_event;

extern const char *const bench_models[BENCH_MODELS];

void bench_stream_open(bench_stream *s, uint32_t customers, uint32_t flags);
/* One place in a hundred sends an event again that an earlier place sent. */
void bench_stream_event(const bench_stream *s, uint64_t place, bench_event *e);
/* As the library takes it; the texts stay the event's. */
void bench_event_give(const bench_event *e, billing_event *to);
/* The sender's clock; no event before that place is younger. */
int64_t bench_stream_clock(const bench_stream *s, uint64_t place);
/* The customer with that place in the order of use, from 0. */
uint32_t bench_stream_customer(const bench_stream *s, uint32_t rank);

/* ---- raw.c: a table, and nothing else ---- */

typedef struct bench_raw bench_raw;

bench_raw *bench_raw_open(const char *path);
/* In one transaction. */
void bench_raw_record(bench_raw *raw, const bench_event *events, long count);
long bench_raw_ignored(const bench_raw *raw);
void bench_raw_close(bench_raw *raw);
void bench_checkpoint(const char *path);     /* of any database */

/* ---- fold.c: the same by a few lines of integer arithmetic ---- */

typedef struct bench_fold bench_fold;

/* `tiers` of the one price and the amounts of the three grants, as they stand
 * in documents; and the same in millionths of a dollar, in fold.c. */
extern const char *const bench_tiers;
extern const char *const bench_grants[BENCH_GRANTS];

bench_fold *bench_fold_open(uint32_t customers, long events);
void bench_fold_close(bench_fold *fold);
/* Adds an event and ends the program when the receipt, if there is one, is not
 * what comes out. */
void bench_fold_add(bench_fold *fold, const bench_event *e,
                    const billing_receipt *receipt);
/* The balance and the usage of a customer, as the library tells them. */
void bench_fold_compare(const bench_fold *fold, billing *b,
                        const billing_call *call, uint32_t customer);
long bench_fold_resent(const bench_fold *fold);
long bench_fold_stored(const bench_fold *fold);     /* without resends */
/* Receipts of all events against the price of all totals. */
void bench_fold_check_sum(const bench_fold *fold);

/* ---- road.c: both sides, in turns ---- */

/* Seconds of calls, as they came. */
typedef struct bench_samples {
  double *value;
  long    count;
  long    cap;
} bench_samples;

double bench_samples_at(bench_samples *s, double share);     /* 0.999, 1 */

enum { BENCH_OURS, BENCH_RAW, BENCH_SIDES };

typedef struct bench_road bench_road;

/* So many events at most, and so many customers, by BENCH_ZIPF and the like.*/
bench_road *bench_road_open(const char *label, long customers, uint32_t flags,
                            long events);
/* So many more events, in batches of that size, and what each side took in
 * seconds. */
void bench_road_advance(bench_road *r, long events, long batch,
                        double seconds[BENCH_SIDES]);
long bench_road_events(const bench_road *r);
/* From here on only ours runs. */
void bench_road_leave_raw(bench_road *r);
/* Of all calls so far. */
bench_samples *bench_road_samples(bench_road *r, int side);
/* Bytes on disk for each event stored, what was prepared not counted. */
double bench_road_bytes(bench_road *r, int side);
/* Ends the program unless everything is as it must be. */
void bench_road_check(bench_road *r);
void bench_road_close(bench_road *r);

#endif
