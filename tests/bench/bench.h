/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * bench.h - a figure is measured beside its yardstick, in turns.
 *
 * A figure has two sides, ours and the yardstick.  In each round both sides do
 * the same work in short turns, one right after the other, and the ratio of
 * the two is taken; a figure's ratio is the median of its rounds' ratios.  So
 * whatever else the machine is doing weighs on both.
 *
 * A figure that was asked for ends in exactly one line: its values, or a skip
 * that says why.  A wrong answer of either side ends the program instead.
 */
#ifndef BENCH_H
#define BENCH_H

#include <billing.h>
#include <stdint.h>
#include <stdio.h>

__extension__ typedef __int128 bench_i128;

#define BENCH_ROUNDS_MOST 99
#define BENCH_PATH 4096

/* How much is measured; bench.c has one for each of quick, full and long. */
typedef struct bench_plan {
  const char *name;
  long        events;        /* of one run of the full path */
  int         windows;       /* of that run, where they are all there is */
  long        events_b1;     /* of one round at each batch size */
  long        events_b100;
  long        events_b10000;
  long        far_from;      /* the window of full_path_10m */
  long        far_to;
  long        many;          /* customers, where a million is meant */
  long        tail;          /* events of a full tail */
  double      turn;          /* seconds of a side, where time bounds it */
  int         rounds;        /* of runs with so many events */
  int         turns;         /* rounds where time bounds them: many, short */
  const char *folder;        /* where the databases are made */
  const char *library;       /* the stripped .so */
} bench_plan;

typedef void bench_measure(const bench_plan *plan);

bench_measure bench_full_path, bench_full_path_uuid7;    /* full_path.c */
bench_measure bench_full_path_many, bench_full_path_many_uuid7;
bench_measure bench_full_path_long;
bench_measure bench_holds;                               /* holds.c */
bench_measure bench_processes;                           /* processes.c */
bench_measure bench_open_many;                           /* open.c */
bench_measure bench_load;
bench_measure bench_reopen;
bench_measure bench_authorize;                           /* authorize.c */
bench_measure bench_decisions;                           /* decisions.c */
bench_measure bench_kernels;                             /* kernels.c */
bench_measure bench_texts;                               /* texts.c */
bench_measure bench_library;                             /* files.c */

/* ---- figures.c: what is printed ---- */

/* What one round brought, in the figure's unit, on both sides. */
typedef struct bench_round {
  double ours;
  double yardstick;
} bench_round;

/* A name out of the table, and whether its line is in this plan. */
int  bench_figure_exists(const char *name);
void bench_figures_print(FILE *to);
void bench_figures_open(const bench_plan *plan, int as_json);
/* Closes the output; whoever is still owed a line ends the program. */
void bench_figures_close(void);
void bench_ask(const char *name);            /* none asked for is all */
/* Whether one of these is wanted and has no line yet; NULL ends them. */
int  bench_wants(const char *name, ...);
/* Medians of the rounds; nothing when the figure is not wanted. */
void bench_report(const char *name, const bench_round *rounds, int count);
void bench_report_one(const char *name, double ours, double yardstick);
void bench_skip(const char *name, const char *why);

/* ---- bench.c ---- */

double bench_seconds(void);              /* a clock that never goes back */
_Noreturn void bench_stop(const char *what, const char *why);
void bench_must(int rc, const char *what, const billing_error *err);
void *bench_room(size_t count, size_t size);    /* all zero, and resident */
/* A line on stderr that the next one replaces, or that stays; both only when
 * stderr is a terminal. */
void bench_say(const char *format, ...)
    __attribute__((format(printf, 1, 2)));
void bench_note(const char *format, ...)
    __attribute__((format(printf, 1, 2)));
billing_str bench_str(const char *text);

/* ---- files.c: a folder of this run, empty again at its end ---- */

void bench_folder_open(const char *parent);
/* Whatever a database leaves beside it is found by its name. */
void bench_path(char out[BENCH_PATH], const char *name);
void bench_delete(const char *path);         /* and what stands beside it */
void bench_copy(const char *from, const char *to);   /* with its WAL; synced */
double bench_bytes(const char *path);        /* of a file; 0: none */
double bench_resident(void);                 /* bytes of this process */

/* ---- prepared.c: customers with contracts and grants ---- */

#define BENCH_TENANT "bench"
#define BENCH_ASSET "USD"
#define BENCH_START_US INT64_C(1767225600000000)        /* 2026-01-01 */
#define BENCH_CUSTOMERS 1000             /* where a few are meant */
#define BENCH_GRANTS 3
#define BENCH_ID 20                      /* room for a customer's id */

/* A database with so many customers, made once; nobody writes to it. */
const char *bench_prepared(long customers);
void bench_customer_id(uint32_t customer, char out[BENCH_ID]);
void bench_call_open(billing_call *call);
billing *bench_open(const char *path);

#endif
