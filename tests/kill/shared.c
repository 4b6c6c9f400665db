/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* shared.c - the file that the processes share, and the database's files. */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "kill.h"

#define OPEN_BUSY_MOST 10000   /* times, a millisecond each */

static const char *const suffixes[] = {"", "-wal", "-shm"};

void scratch_name(char name[96], const char *what) {
  snprintf(name, 96, "%s/billing-kill-%d-%s",
           access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm", (int)getpid(),
           what);
}

static world *map_world(int file) {
  void *found;

  if (file < 0) give_up("the shared file");
  found = mmap(NULL, sizeof(world), PROT_READ | PROT_WRITE, MAP_SHARED, file,
               0);
  if (found == MAP_FAILED) give_up("mmap");
  (void)close(file);
  return found;
}

world *world_make(const char *path) {
  int file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

  if (file >= 0 && ftruncate(file, (off_t)sizeof(world))) give_up(path);
  return map_world(file);
}

world *world_find(const char *path) {
  return map_world(open(path, O_RDWR | O_CLOEXEC));
}

void world_forget(world *w) {
  (void)munmap(w, sizeof *w);
}

billing *world_open(const world *w, billing_error *err) {
  billing_options options;
  struct timespec pause = {0, 1000000};
  char secret[32];             /* the same bytes for the same seed */
  billing *b = NULL;
  int rc, times = 0;

  BILLING_INIT(&options);
  memset(secret, (int)(w->seed % 255 + 1), sizeof secret);
  options.secret = (billing_str){secret, sizeof secret};
  BILLING_INIT(err);
  options.tail_events = w->tail_events;
  options.filter_bytes = w->filter_bytes;
  do {
    if (times) (void)nanosleep(&pause, NULL);
    rc = billing_open(&b, w->path, (size_t)-1, &options, err);
  } while (BILLING_CODE(rc) == BILLING_BUSY && times++ < OPEN_BUSY_MOST);
  return rc ? NULL : b;
}

void remove_database(const char *path) {
  char name[128];

  for (size_t i = 0; i < 3; i++) {
    snprintf(name, sizeof name, "%s%s", path, suffixes[i]);
    (void)unlink(name);
  }
}

void log_end(int index, uint64_t *bytes, uint64_t *salt) {
  unsigned char head[48];
  uint32_t frames;
  uint16_t page;

  *bytes = *salt = 0;
  if (pread(index, head, sizeof head, 0) != (ssize_t)sizeof head) return;
  memcpy(&page, head + 14, sizeof page);
  memcpy(&frames, head + 16, sizeof frames);
  memcpy(salt, head + 32, sizeof *salt);
  *bytes = LOG_HEAD + (uint64_t)frames * (FRAME_HEAD + (page == 1 ? 65536u
                                                                 : page));
}

static void copy_file(const char *from, const char *to) {
  static char block[1 << 16];
  int in = open(from, O_RDONLY | O_CLOEXEC);
  int out;
  ssize_t count;

  if (in < 0 && errno == ENOENT) {
    (void)unlink(to);
    return;
  }
  out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (in < 0 || out < 0) give_up(from);
  while ((count = read(in, block, sizeof block)) > 0)
    if (write(out, block, (size_t)count) != count) give_up(to);
  (void)close(in);
  (void)close(out);
}

/* Never while a handle of this process is open on `from`: closing a file
 * lets go of the process's locks on it. */
void copy_database(const char *from, const char *to, int with_log) {
  char source[128], target[128];

  remove_database(to);
  for (size_t i = 0; i < (with_log ? 2 : 1); i++) {
    snprintf(source, sizeof source, "%s%s", from, suffixes[i]);
    snprintf(target, sizeof target, "%s%s", to, suffixes[i]);
    copy_file(source, target);
  }
}
