/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * processes.c - durable holds by several processes on one file, beside the
 * same by one process.  All wait for a sign, and each tells through a pipe how
 * far it came.  Another one has the file open all the time and does nothing,
 * as in a host that runs: so the last of a turn does not close the file down.
 */
#include "holds.h"

#include <sys/wait.h>
#include <unistd.h>

#define PROCESSES_MOST 4

typedef struct process_share {
  long   count;              /* within the time */
  long   warm;               /* before it */
  double seconds;
} process_share;

typedef struct process_turn {
  const char *path;
  double      turn;          /* seconds */
  int         first;         /* `who` of the first process, never used again */
  int         sign[2];       /* a pipe */
} process_turn;

typedef struct process {
  pid_t pid;
  int   told;                /* what it says can be read here */
} process;

/* ---- a process ---- */

static _Noreturn void run_process(const process_turn *t, int who, int told) {
  process_share share = {0, 1, 0};
  billing *b = bench_open(t->path);
  double start;
  char sign;

  bench_hold(b, who, 0);
  if (write(told, "r", 1) != 1 || read(t->sign[0], &sign, 1) != 1) _exit(0);
  start = bench_seconds();
  while ((share.seconds = bench_seconds() - start) < t->turn)
    bench_hold(b, who, ++share.count);
  billing_close(b);
  _exit(write(told, &share, sizeof share) != (ssize_t)sizeof share);
}

/* No later process may hold the end that this one writes to, so that a reader
 * sees it end. */
static process start_process(const process_turn *t, int who) {
  process p;
  int told[2];

  if (pipe(told)) bench_stop("processes", "no pipe");
  fflush(NULL);
  p.pid = fork();
  if (p.pid < 0) bench_stop("processes", "there are no more");
  if (p.pid == 0) {
    close(t->sign[1]);
    close(told[0]);
    run_process(t, who, told[1]);
  }
  close(told[1]);
  p.told = told[0];
  return p;
}

static void end_process(const process *p) {
  close(p->told);
  waitpid(p->pid, NULL, 0);
}

/* ---- a turn ---- */

static void must_read(int from, void *to, size_t size) {
  if (read(from, to, size) != (ssize_t)size)
    bench_stop("processes", "one of them ended before its time");
}

static void open_sign(process_turn *t) {
  if (pipe(t->sign)) bench_stop("processes", "no pipe");
}

static void close_sign(const process_turn *t) {
  close(t->sign[0]);
  close(t->sign[1]);
}

static void take_turn(process_turn *t, int count, process_share *shares) {
  process processes[PROCESSES_MOST];
  char ready;

  open_sign(t);
  for (int i = 0; i < count; i++)
    processes[i] = start_process(t, t->first + i);
  t->first += count;
  for (int i = 0; i < count; i++) must_read(processes[i].told, &ready, 1);
  for (int i = 0; i < count; i++)
    if (write(t->sign[1], "g", 1) != 1) bench_stop("processes", "no sign");
  for (int i = 0; i < count; i++)
    must_read(processes[i].told, &shares[i], sizeof shares[i]);
  for (int i = 0; i < count; i++) end_process(&processes[i]);
  close_sign(t);
}

static double rate_of(const process_share *shares, int count) {
  double rate = 0;

  for (int i = 0; i < count; i++)
    rate += (double)shares[i].count / shares[i].seconds;
  return rate;
}

/* How far the one that is furthest from the mean is from it, in percent. */
static double spread_of(const process_share *shares, int count) {
  double mean = 0, worst = 0;

  for (int i = 0; i < count; i++)
    mean += (double)shares[i].count / count;
  for (int i = 0; i < count; i++) {
    double off = ((double)shares[i].count - mean) / mean * 100;
    if (off < 0) off = -off;
    if (off > worst) worst = off;
  }
  return worst;
}

static long sum_of(const process_share *shares, int count) {
  long sum = 0;

  for (int i = 0; i < count; i++) sum += shares[i].count + shares[i].warm;
  return sum;
}

static void measure_processes(const bench_plan *plan, const char *name,
                              const char *spread_name, int count) {
  bench_round rounds[BENCH_ROUNDS_MOST], spread[BENCH_ROUNDS_MOST];
  process_share shares[PROCESSES_MOST];
  char path[BENCH_PATH], ready;
  process_turn idle = {path, 0, 0, {0, 0}};
  process_turn turn = {path, 2 * plan->turn, 1, {0, 0}};
  process keeper;
  long sum = 1;

  bench_path(path, "processes.db");
  bench_copy(bench_prepared(BENCH_CUSTOMERS), path);
  open_sign(&idle);
  keeper = start_process(&idle, 0);
  must_read(keeper.told, &ready, 1);
  for (int i = 0; i < plan->turns; i++) {
    bench_say("%s: round %d of %d", name, i + 1, plan->turns);
    take_turn(&turn, 1, shares);
    rounds[i].yardstick = rate_of(shares, 1);
    sum += sum_of(shares, 1);
    take_turn(&turn, count, shares);
    rounds[i].ours = rate_of(shares, count);
    spread[i].ours = spread_of(shares, count);
    spread[i].yardstick = 10;
    sum += sum_of(shares, count);
  }
  close_sign(&idle);
  end_process(&keeper);
  bench_holds_check(path, sum);
  bench_report(name, rounds, plan->turns);
  bench_report(spread_name, spread, plan->turns);
  bench_delete(path);
}

void bench_processes(const bench_plan *plan) {
  if (bench_wants("processes_2", "processes_2_spread", NULL))
    measure_processes(plan, "processes_2", "processes_2_spread", 2);
  if (bench_wants("processes_4", "processes_4_spread", NULL))
    measure_processes(plan, "processes_4", "processes_4_spread", 4);
}
