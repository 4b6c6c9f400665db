/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * full_path.c - what the full path costs beside a table that only takes the
 * events: by batch, by customers, by the order of keys, and as it grows.
 *
 * A round begins with the prepared customers and an empty raw table.  The
 * batches of other sizes, and the window far out, continue where the last
 * round has come to.
 */
#include "path.h"

#define MS 1000.0            /* of a second */
#define KEY_BYTES 2.5
#define WINDOWS_MOST 10

static bench_round rates(long events, const double seconds[BENCH_SIDES]) {
  bench_round round = {(double)events / seconds[BENCH_OURS],
                       (double)events / seconds[BENCH_RAW]};
  return round;
}

/* That share of all calls so far was quicker. */
static bench_round latency(bench_road *r, double share) {
  bench_round round = {
      bench_samples_at(bench_road_samples(r, BENCH_OURS), share) * MS,
      bench_samples_at(bench_road_samples(r, BENCH_RAW), share) * MS};
  return round;
}

/* ---- a run ---- */

/* What a whole run of fresh databases brought. */
typedef struct full_path_run {
  bench_round rate;
  bench_round p999;          /* of a call, in ms */
  bench_round most;
  bench_round bytes;
  double      key_bytes;     /* memory for each event after the first fifth */
} full_path_run;

/* Batches of 1,000.  Memory is looked at after a fifth, when all caches and
 * buffers have their size, and at the end. */
static void run_fresh(bench_road *r, long events, full_path_run *run) {
  double first[BENCH_SIDES], rest[BENCH_SIDES], resident;
  long start = events / 5 / 1000 * 1000;

  bench_road_advance(r, start, 1000, first);
  resident = bench_resident();
  bench_road_advance(r, events - start, 1000, rest);
  run->key_bytes = (bench_resident() - resident) / (double)(events - start);
  for (int i = 0; i < BENCH_SIDES; i++) rest[i] += first[i];
  run->rate = rates(events, rest);
  run->p999 = latency(r, 0.999);
  run->most = latency(r, 1);
  run->bytes.ours = bench_road_bytes(r, BENCH_OURS);
  run->bytes.yardstick = bench_road_bytes(r, BENCH_RAW);
  bench_road_check(r);
}

/* ---- 1,000 customers, random keys: all that hangs on that run ---- */

/* More events at the same place, in as many rounds as the plan has. */
static void measure_batches(bench_road *r, const bench_plan *plan,
                            const char *name, long events, long batch) {
  bench_round rounds[BENCH_ROUNDS_MOST];
  double seconds[BENCH_SIDES];

  if (!bench_wants(name, NULL)) return;
  for (int i = 0; i < plan->rounds; i++) {
    bench_road_advance(r, events, batch, seconds);
    rounds[i] = rates(events, seconds);
  }
  bench_report(name, rounds, plan->rounds);
}

/* The window from far_from to far_to, cut into the rounds. */
static void measure_far(bench_road *r, const bench_plan *plan) {
  long events = (plan->far_to - plan->far_from) / plan->rounds / 1000 * 1000;
  double seconds[BENCH_SIDES];

  if (!bench_wants("full_path_10m", NULL)) return;
  if (bench_road_events(r) < plan->far_from)
    bench_road_advance(r, plan->far_from - bench_road_events(r), 1000,
                       seconds);
  measure_batches(r, plan, "full_path_10m", events > 1000 ? events : 1000,
                  1000);
}

static void measure_more(bench_road *r, const bench_plan *plan) {
  if (!bench_wants("full_path_b1_c1k", "full_path_b100_c1k",
                   "full_path_b10000_c1k", "full_path_10m", NULL))
    return;
  measure_batches(r, plan, "full_path_b1_c1k", plan->events_b1, 1);
  measure_batches(r, plan, "full_path_b100_c1k", plan->events_b100, 100);
  measure_batches(r, plan, "full_path_b10000_c1k", plan->events_b10000,
                  10000);
  measure_far(r, plan);
  bench_road_check(r);
}

static void report_runs(const full_path_run *runs, int count) {
  bench_round rate[BENCH_ROUNDS_MOST], p999[BENCH_ROUNDS_MOST];
  bench_round bytes[BENCH_ROUNDS_MOST], most = {0, 0};

  for (int i = 0; i < count; i++) {
    rate[i] = runs[i].rate;
    p999[i] = runs[i].p999;
    bytes[i] = runs[i].bytes;
    if (runs[i].most.ours > most.ours) most.ours = runs[i].most.ours;
    if (runs[i].most.yardstick > most.yardstick)
      most.yardstick = runs[i].most.yardstick;
  }
  bench_report("full_path_b1000_c1k", rate, count);
  bench_report("call_p999", p999, count);
  bench_report("call_max", &most, 1);
  bench_report("bytes_per_event", bytes, count);
  bench_report_one("key_memory", runs[0].key_bytes > 0 ? runs[0].key_bytes : 0,
                   KEY_BYTES);
}

static long most_events(const bench_plan *plan) {
  long more = (long)plan->rounds *
              (plan->events_b1 + plan->events_b100 + plan->events_b10000);
  long far = plan->far_to > plan->events ? plan->far_to : plan->events;

  return far + more + (long)plan->rounds * 1000;
}

void bench_full_path(const bench_plan *plan) {
  full_path_run runs[BENCH_ROUNDS_MOST];
  int is_whole = bench_wants("full_path_b1000_c1k", "call_p999", "call_max",
                             "bytes_per_event", "key_memory", NULL);
  int is_more = bench_wants("full_path_b1_c1k", "full_path_b100_c1k",
                            "full_path_b10000_c1k", "full_path_10m", NULL);
  int rounds = is_whole ? plan->rounds : is_more;

  if (plan->windows) return;
  for (int i = 0; i < rounds; i++) {
    bench_road *r = bench_road_open("full_path_b1000_c1k", BENCH_CUSTOMERS,
                                    BENCH_UNIFORM, most_events(plan));
    run_fresh(r, plan->events, &runs[i]);
    if (i == rounds - 1 && is_whole) report_runs(runs, rounds);
    if (i == rounds - 1) measure_more(r, plan);
    bench_road_close(r);
  }
}

/* ---- other customers, other keys ---- */

static void measure_fresh(const bench_plan *plan, const char *name,
                          long customers, uint32_t flags) {
  bench_round rounds[BENCH_ROUNDS_MOST];
  full_path_run run;

  if (!bench_wants(name, NULL)) return;
  for (int i = 0; i < plan->rounds; i++) {
    bench_road *r = bench_road_open(name, customers, flags, plan->events);
    run_fresh(r, plan->events, &run);
    rounds[i] = run.rate;
    bench_road_close(r);
  }
  bench_report(name, rounds, plan->rounds);
}

void bench_full_path_uuid7(const bench_plan *plan) {
  measure_fresh(plan, "full_path_b1000_c1k_uuid7", BENCH_CUSTOMERS,
                BENCH_UUID7);
}

void bench_full_path_many(const bench_plan *plan) {
  measure_fresh(plan, "full_path_b1000_c1m", plan->many, BENCH_ZIPF);
}

void bench_full_path_many_uuid7(const bench_plan *plan) {
  measure_fresh(plan, "full_path_b1000_c1m_uuid7", plan->many,
                BENCH_ZIPF | BENCH_UUID7);
}

/* ---- the long run ---- */

/* What the raw table gives for a comparison, in a short run: far out it would
 * take hours. */
static void run_beside(const bench_plan *plan, full_path_run *run) {
  long events = plan->events / 50;
  bench_road *r = bench_road_open("beside raw", BENCH_CUSTOMERS,
                                  BENCH_UNIFORM, events);

  run_fresh(r, events, run);
  bench_road_close(r);
}

/* Windows of equal size, each in ns for an event. */
static void run_windows(bench_road *r, const bench_plan *plan,
                        double cost[WINDOWS_MOST], double *key_bytes) {
  double seconds[BENCH_SIDES], resident = 0;
  long events = plan->events / plan->windows;

  for (int i = 0; i < plan->windows; i++) {
    bench_road_advance(r, events, 1000, seconds);
    cost[i] = seconds[BENCH_OURS] * 1e9 / (double)events;
    if (i == 0) resident = bench_resident();
    bench_note("window %d: %.0f ns an event, %.2f of the first", i + 1,
               cost[i], cost[i] / cost[0]);
  }
  *key_bytes = (bench_resident() - resident) /
               (double)((plan->windows - 1) * events);
}

void bench_full_path_long(const bench_plan *plan) {
  full_path_run beside = {0};
  double cost[WINDOWS_MOST] = {0}, key_bytes, worst = 0;
  bench_samples *ours;
  bench_road *r;

  if (!plan->windows) return;
  run_beside(plan, &beside);
  r = bench_road_open("full_path_long", BENCH_CUSTOMERS, BENCH_UNIFORM,
                      plan->events);
  bench_road_leave_raw(r);
  run_windows(r, plan, cost, &key_bytes);
  for (int i = 1; i < plan->windows; i++)
    if (cost[i] > worst) worst = cost[i];
  ours = bench_road_samples(r, BENCH_OURS);
  bench_report_one("full_path_window_worst", worst, cost[0]);
  bench_report_one("call_p999", bench_samples_at(ours, 0.999) * MS,
                   beside.p999.yardstick);
  bench_report_one("call_max", bench_samples_at(ours, 1) * MS,
                   beside.most.yardstick);
  bench_report_one("bytes_per_event", bench_road_bytes(r, BENCH_OURS),
                   beside.bytes.yardstick);
  bench_report_one("key_memory", key_bytes > 0 ? key_bytes : 0, KEY_BYTES);
  bench_road_check(r);
  bench_road_close(r);
}
