/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * files.c - the databases of a run stand in one folder of its own,
 * bench-PID/, which goes with it.  What a run that was killed has left goes
 * with the next one.
 */
#include "bench.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PREFIX "bench-"
#define LIBRARY_LIMIT 600000.0

static struct run_folder {
  char  path[BENCH_PATH / 2];
  pid_t owner;
} folder;

static void delete_files(const char *path, const char *prefix) {
  DIR *dir = opendir(path);
  struct dirent *entry;
  char name[BENCH_PATH];

  while (dir && (entry = readdir(dir)) != NULL) {
    if (entry->d_name[0] == '.' ||
        strncmp(entry->d_name, prefix, strlen(prefix)))
      continue;
    snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
    unlink(name);
  }
  if (dir) closedir(dir);
}

static void delete_folder(const char *path) {
  delete_files(path, "");
  rmdir(path);
}

/* A process that a figure forked must leave it alone. */
static void delete_own_folder(void) {
  if (getpid() == folder.owner) delete_folder(folder.path);
}

/* Folders whose process is gone. */
static void delete_left_over(const char *parent) {
  DIR *dir = opendir(parent);
  struct dirent *entry;
  char name[BENCH_PATH];

  while (dir && (entry = readdir(dir)) != NULL) {
    long pid = strncmp(entry->d_name, PREFIX, strlen(PREFIX))
                   ? 0 : strtol(entry->d_name + strlen(PREFIX), NULL, 10);
    if (pid <= 0 || !kill((pid_t)pid, 0) || errno != ESRCH) continue;
    snprintf(name, sizeof name, "%s/%s", parent, entry->d_name);
    delete_folder(name);
  }
  if (dir) closedir(dir);
}

void bench_folder_open(const char *parent) {
  delete_left_over(parent);
  folder.owner = getpid();
  if (snprintf(folder.path, sizeof folder.path, "%s/" PREFIX "%ld", parent,
               (long)folder.owner) >= (int)sizeof folder.path ||
      mkdir(folder.path, 0777))
    bench_stop(parent, "no folder can be made there");
  atexit(delete_own_folder);
}

void bench_path(char out[BENCH_PATH], const char *name) {
  snprintf(out, BENCH_PATH, "%s/%s", folder.path, name);
}

void bench_delete(const char *path) {
  const char *slash = strrchr(path, '/');

  delete_files(folder.path, slash ? slash + 1 : path);
}

/* ---- copies ---- */

static int copy_bytes(int from, int to) {
  static char bytes[1 << 20];
  ssize_t count;

  while ((count = read(from, bytes, sizeof bytes)) > 0)
    if (write(to, bytes, (size_t)count) != count) return 0;
  return count == 0 && fsync(to) == 0;
}

/* Whether there was anything to copy. */
static int copy_file(const char *from, const char *to) {
  int source = open(from, O_RDONLY | O_CLOEXEC);
  int target;

  if (source < 0) return 0;
  target = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (target < 0 || !copy_bytes(source, target))
    bench_stop(to, "the copy failed");
  close(source);
  close(target);
  return 1;
}

/* Without the WAL's index: that is made anew, as after a crash.  Synced, so
 * that the disk is at rest when the clock starts. */
void bench_copy(const char *from, const char *to) {
  char wal[2][BENCH_PATH];

  bench_delete(to);
  if (!copy_file(from, to)) bench_stop(from, "it is not there");
  if (snprintf(wal[0], BENCH_PATH, "%s-wal", from) < BENCH_PATH &&
      snprintf(wal[1], BENCH_PATH, "%s-wal", to) < BENCH_PATH)
    copy_file(wal[0], wal[1]);
}

/* ---- sizes ---- */

double bench_bytes(const char *path) {
  struct stat found;

  return stat(path, &found) ? 0 : (double)found.st_size;
}

/* What was given back to malloc does not count: the kernel gets it first. */
double bench_resident(void) {
  FILE *file = fopen("/proc/self/statm", "r");
  long whole = 0, resident = 0;

  malloc_trim(0);

  if (file) {
    if (fscanf(file, "%ld %ld", &whole, &resident) != 2) resident = 0;
    fclose(file);
  }
  return (double)resident * (double)sysconf(_SC_PAGESIZE);
}

void bench_library(const bench_plan *plan) {
  double bytes = bench_bytes(plan->library);

  if (!bench_wants("so_bytes", NULL)) return;
  if (bytes > 0) bench_report_one("so_bytes", bytes, LIBRARY_LIMIT);
  else bench_skip("so_bytes", "no stripped library: --library FILE names it");
}
