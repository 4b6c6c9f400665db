/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * log.c - the yardstick of durable holds: a file of records, and nothing else.
 *
 * Threads leave their records in a buffer.  The first that finds nobody else
 * at it takes all of them to the disk, with one fdatasync, while the next
 * buffer fills.  The file has its size from the beginning and is written over
 * and over, so that no metadata has to follow the records.
 */
#include "holds.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_BYTES (16 << 20)
#define BUFFER_BYTES (BENCH_THREADS_MOST * BENCH_RECORD)

struct bench_log {
  int             fd;
  off_t           end;       /* where the next records go */
  pthread_mutex_t lock;
  pthread_cond_t  is_done;
  int             has_leader;
  uint64_t        taken;     /* records that were given to the log */
  uint64_t        durable;
  size_t          filled;
  char            filling[BUFFER_BYTES];
  char            writing[BUFFER_BYTES];
};

static void fill_file(int fd) {
  static char zeros[1 << 20];

  for (int i = 0; i < FILE_BYTES / (int)sizeof zeros; i++)
    if (write(fd, zeros, sizeof zeros) != (ssize_t)sizeof zeros)
      bench_stop("the raw log", "the disk is full");
  if (fsync(fd)) bench_stop("the raw log", "fsync failed");
}

bench_log *bench_log_open(const char *path) {
  bench_log *log = bench_room(1, sizeof *log);

  log->fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (log->fd < 0) bench_stop(path, "it cannot be made");
  fill_file(log->fd);
  pthread_mutex_init(&log->lock, NULL);
  pthread_cond_init(&log->is_done, NULL);
  return log;
}

void bench_log_close(bench_log *log) {
  close(log->fd);
  pthread_mutex_destroy(&log->lock);
  pthread_cond_destroy(&log->is_done);
  free(log);
}

/* Without the lock; there is one leader. */
static void write_out(bench_log *log, size_t len) {
  if (log->end + (off_t)len > FILE_BYTES) log->end = 0;
  if (pwrite(log->fd, log->writing, len, log->end) != (ssize_t)len ||
      fdatasync(log->fd))
    bench_stop("the raw log", "it cannot be written");
  log->end += (off_t)len;
}

/* With the lock, which is given back while the disk works. */
static void lead(bench_log *log) {
  uint64_t upto = log->taken;
  size_t len = log->filled;

  log->has_leader = 1;
  memcpy(log->writing, log->filling, len);
  log->filled = 0;
  pthread_mutex_unlock(&log->lock);
  write_out(log, len);
  pthread_mutex_lock(&log->lock);
  log->durable = upto;
  log->has_leader = 0;
  pthread_cond_broadcast(&log->is_done);
}

void bench_log_append(bench_log *log, const char record[BENCH_RECORD]) {
  uint64_t mine;

  pthread_mutex_lock(&log->lock);
  memcpy(log->filling + log->filled, record, BENCH_RECORD);
  log->filled += BENCH_RECORD;
  mine = ++log->taken;
  while (log->durable < mine) {
    if (log->has_leader) pthread_cond_wait(&log->is_done, &log->lock);
    else lead(log);
  }
  pthread_mutex_unlock(&log->lock);
}
