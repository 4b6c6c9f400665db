/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* holds.h - durable holds, by threads and by processes. */
#ifndef BENCH_HOLDS_H
#define BENCH_HOLDS_H

#include "bench.h"

#define BENCH_THREADS_MOST 64
#define BENCH_RECORD 200     /* bytes of a record of the raw log */

typedef struct bench_log bench_log;

bench_log *bench_log_open(const char *path);
/* Returns when the disk has it.  From any thread, BENCH_THREADS_MOST of them
 * at a time. */
void bench_log_append(bench_log *log, const char record[BENCH_RECORD]);
void bench_log_close(bench_log *log);

/* A hold of 0.01 for one of the few customers; `who` and `n` make its key, and
 * no two holds of a database have the same. */
void bench_hold(billing *b, int who, long n);
/* Ends the program unless so many are held, and all else verifies. */
void bench_holds_check(const char *path, long count);

#endif
