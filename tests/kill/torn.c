/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * torn.c - a log whose end is missing.
 *
 * Workers record and are killed.  Then the end of the file's log is cut off,
 * wiped or scribbled over.  What comes back must be an earlier state, whole:
 * the first events by their numbers, none of those missing whose answer came
 * when the log was not longer than what is left of it.
 *
 *     log        |-- frame --|-- frame --|-- frame --|
 *     answers                A          B,C          D
 *     cut here                    ^                       A must be there
 *
 * What a checkpoint has copied into the database is not torn by a crash: the
 * log was on the medium before.  A cut in there must be noticed, or harmless.
 */
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include "kill.h"

/* In the log's index: the size of a page, and the frames that are copied or
 * were just being copied. */
#define PAGE_AT 14
#define COPIED_AT 128

typedef struct torn {
  const programme *p;
  world           *w;
  model            m;
  uint64_t         series;
  char             shared[96], base[96], trial[96];
  uint64_t         bytes;       /* of the log */
  uint64_t         floor;       /* of that, what a checkpoint has copied */
  uint64_t         salt;
  size_t           there;       /* events in the untouched file */
  uint64_t        *needs;       /* of each, by number: log bytes that hold it
                                   for sure */
  long             cuts, lost;
} torn;

static void nap_ms(int64_t ms) {
  struct timespec t = {0, ms * 1000000};

  (void)nanosleep(&t, NULL);
}

/* ---- what the killed process left --------------------------------------- */

static void study_log(torn *t) {
  uint32_t copied = 0;
  uint16_t page = 0;
  char name[128];
  int index;

  snprintf(name, sizeof name, "%s-shm", t->w->path);
  index = open(name, O_RDONLY | O_CLOEXEC);
  if (index < 0) give_up(name);
  log_end(index, &t->bytes, &t->salt);
  if (pread(index, &copied, sizeof copied, COPIED_AT) < 0 ||
      pread(index, &page, sizeof page, PAGE_AT) < 0)
    give_up(name);
  (void)close(index);
  t->floor = copied ? LOG_HEAD + (uint64_t)copied * (FRAME_HEAD + page) : 0;
}

/* Two processes record for a moment. */
static void work_and_die(torn *t) {
  int workers[PROCESSES], waits = 0;

  for (int i = 0; i < PROCESSES; i++)
    workers[i] = start_worker(t->p, t->shared, i);
  while (!atomic_load(&t->w->slots[0].calls) && waits++ < 10000) nap_ms(1);
  nap_ms(10 + (int64_t)roll(&t->series, 60));
  for (int i = 0; i < PROCESSES; i++) kill_worker(workers[i]);
  check_faults(t->w);
}

static void need(torn *t, uint64_t number, uint64_t bytes) {
  size_t low = 0, high = t->there;

  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (model_at(&t->m, t->m.order[middle])->number < number)
      low = middle + 1;
    else
      high = middle;
  }
  if (low < t->there && bytes < t->needs[low]) t->needs[low] = bytes;
}

/* An answer that came when the log was another one is in the database. */
static void find_needs(torn *t) {
  t->needs = malloc((t->there + 1) * sizeof *t->needs);
  if (!t->needs) give_up("malloc");
  for (size_t i = 0; i < t->there; i++) t->needs[i] = UINT64_MAX;
  for (int place = 0; place < SLOTS; place++) {
    uint64_t at = 0;
    for (deed *d; (d = next_deed(t->w, place, &at)) != NULL;) {
      uint64_t bytes = d->log_salt == t->salt ? d->log_bytes : 0;
      for (uint32_t i = 0; i < d->count && atomic_load(&d->is_done); i++)
        need(t, d->lines[i].number, bytes);
    }
  }
}

/* The untouched file tells which calls without an answer had happened. */
static int study_events(torn *t) {
  char path[96];
  pending p;
  billing_error err;
  billing *b;
  desk *d;
  int64_t events = -1, now_us = atomic_load(&t->w->clock_us);

  memcpy(path, t->w->path, sizeof path);
  copy_database(t->base, t->trial, 1);
  memcpy(t->w->path, t->trial, sizeof t->trial);
  b = world_open(t->w, &err);
  if (!check(b != NULL, "it opens: %s", err.message)) return 0;
  d = desk_open(t->w, b);
  check(is_verified(b, now_us, &events), "it is verified");
  absorb(&t->m, t->w, &p);
  resolve(&t->m, d, &p);
  model_fold(&t->m);
  pending_free(&p);
  billing_close(b);
  desk_close(d);
  t->there = events < 0 ? 0 : (size_t)events;
  return check(t->there > 0 && t->there <= t->m.count,
               "%lld events, should be up to %zu", (long long)events,
               t->m.count);
}

/* ---- cuts --------------------------------------------------------------- */

/* Damages the log of the trial from `at` on. */
static const char *damage(torn *t, uint64_t at) {
  static const char *const names[] = {"cut", "wiped", "scribbled", "flipped"};
  uint64_t kind = roll(&t->series, 4);
  char name[128];
  int file;

  snprintf(name, sizeof name, "%s-wal", t->trial);
  file = open(name, O_RDWR | O_CLOEXEC);
  if (file < 0) give_up(name);
  if (kind == 0 && ftruncate(file, (off_t)at)) give_up(name);
  for (uint64_t i = at; i < t->bytes && kind; i++) {
    unsigned char byte = 0;
    if (kind == 2) byte = (unsigned char)roll(&t->series, 256);
    if (kind == 3) {
      if (pread(file, &byte, 1, (off_t)i) != 1) give_up(name);
      byte ^= (unsigned char)(1 + roll(&t->series, 255));
    }
    if (pwrite(file, &byte, 1, (off_t)i) != 1) give_up(name);
    if (kind == 3 || i > at + 20000) break;
  }
  (void)close(file);
  return names[kind];
}

/* Of the first `count` events all the totals; then everything once more. */
static void compare_prefix(torn *t, desk *d, size_t count) {
  int64_t now_us = atomic_load(&t->w->clock_us), events = -1;

  model_refold(&t->m, count);
  compare_totals(&t->m, d->b, now_us);
  compare_resends(&t->m, d, t->m.order, count, BILLING_STATUS_SAME, now_us);
  compare_resends(&t->m, d, t->m.order + count, t->there - count,
                  BILLING_STATUS_NEW, now_us);
  if (is_verified(d->b, now_us, &events) && events != (int64_t)t->there)
    wrong("%lld events after all were sent again, should be %zu",
          (long long)events, t->there);
}

static void look(torn *t, uint64_t at, size_t durable) {
  int64_t events = -1;
  billing_error err;
  billing *b = world_open(t->w, &err);
  long before = wrongs;
  desk *d;

  if (!b) {
    if (at >= t->floor) wrong("it does not open: %s", err.message);
    return;
  }
  d = desk_open(t->w, b);
  if (!is_verified(b, atomic_load(&t->w->clock_us), &events)) {
    if (at < t->floor) wrongs = before;        /* it was noticed */
  } else if (events < (int64_t)durable || events > (int64_t)t->there) {
    wrong("%lld events are back, should be %zu to %zu", (long long)events,
          durable, t->there);
  } else {
    compare_prefix(t, d, (size_t)events);
    t->lost += (int64_t)t->there - events;
  }
  billing_close(b);
  desk_close(d);
}

static void cut_once(torn *t) {
  uint64_t at = roll(&t->series, t->bytes);
  size_t durable = t->there;
  long before = wrongs;
  const char *what;

  if (at < t->floor && roll(&t->series, 4))
    at = t->floor + roll(&t->series, t->bytes - t->floor + 1);
  if (at >= t->bytes) at = t->bytes - 1;
  copy_database(t->base, t->trial, 1);
  what = damage(t, at);
  while (durable && t->needs[durable - 1] > at) durable--;
  look(t, at, durable);
  t->cuts++;
  check(wrongs == before, "log of %llu bytes %s at %llu (%llu copied)",
        (unsigned long long)t->bytes, what, (unsigned long long)at,
        (unsigned long long)t->floor);
}

/* ---- the part ----------------------------------------------------------- */

static int begin(torn *t, const programme *p, uint64_t turn) {
  billing_error err;
  billing *b;
  int rc;

  memset(t, 0, sizeof *t);
  t->p = p;
  t->series = mix(p->seed + turn, 11);
  scratch_name(t->shared, "shared");
  scratch_name(t->base, "base");
  scratch_name(t->trial, "trial");
  t->w = world_make(t->shared);
  scratch_name(t->w->path, "db");
  t->w->seed = p->seed + turn;
  t->w->events_only = 1;
  t->w->tail_events = 300;
  t->w->filter_bytes = 4096;
  atomic_store(&t->w->clock_us, START_US + DAY_US);
  remove_database(t->w->path);
  model_open(&t->m, t->w->seed);
  b = world_open(t->w, &err);
  rc = b ? make_world(b, t->w->seed) : err.code;
  billing_close(b);
  return check(!rc, "a database is made");
}

static void tear(const programme *p, uint64_t turn, long cuts) {
  static torn t;

  if (begin(&t, p, turn)) {
    work_and_die(&t);
    copy_database(t.w->path, t.base, 1);
    study_log(&t);
    remove_database(t.w->path);
    if (study_events(&t)) find_needs(&t);
    for (long i = 0; i < cuts && t.needs && t.bytes > t.floor; i++) {
      progress("torn: log %llu, cut %ld of %ld", (unsigned long long)turn,
               i + 1, cuts);
      cut_once(&t);
    }
  }
  progress("%s", "");
  printf("  a log of %llu bytes with %zu events: damaged %ld times, %ld "
         "events lost each\n", (unsigned long long)t.bytes, t.there, t.cuts,
         t.cuts ? t.lost / t.cuts : 0);
  remove_database(t.base);
  remove_database(t.trial);
  (void)unlink(t.shared);
  free(t.needs);
  world_forget(t.w);
  model_close(&t.m);
}

void run_torn(const programme *p) {
  for (uint64_t turn = 0; turn < (p->is_full ? 12 : 3); turn++)
    tear(p, turn, p->is_full ? 40 : 10);
}
