/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * worker.c - a process that is going to be killed.
 *
 * Two or three threads share one handle.  Each writes down what it is going to
 * do, does it, and writes down the answer, until the process is killed.
 */
#include <pthread.h>
#include <unistd.h>

#include "kill.h"

#define LIFE_SECONDS 60        /* should nobody kill it */
#define HOLDS_KEPT 32

typedef struct laborer {
  pthread_t thread;
  world    *w;
  slot     *own;
  desk     *desk;
  uint64_t  series;            /* of random numbers */
  int       place;             /* of the slot */
  int       is_relaxed;        /* about half of its calls are */
  uint64_t  holds[HOLDS_KEPT]; /* open ones of its own */
  unsigned  hold_count;
} laborer;

/* Room for the intention in the log, or NULL when the log is full. */
static deed *begin_deed(laborer *l, uint32_t kind, uint32_t count) {
  size_t size = sizeof(deed) + count * sizeof(line);
  uint64_t used = atomic_load(&l->own->used);
  deed *d = (deed *)(void *)(l->own->log + used);

  size = (size + 15) & ~(size_t)15;
  if (used + size > LOG_BYTES) return NULL;
  memset(d, 0, size);
  d->kind = kind;
  d->count = count;
  d->now_us = atomic_load(&l->w->clock_us);
  if (l->is_relaxed && roll(&l->series, 2)) d->flags = BILLING_CALL_RELAXED;
  return d;
}

/* From here on the intention counts. */
static void intend(laborer *l, deed *d) {
  size_t size = sizeof *d + d->count * sizeof d->lines[0];

  atomic_fetch_add(&l->own->used, (size + 15) & ~(uint64_t)15);
}

static int carry_out(laborer *l, deed *d) {
  int rc;

  intend(l, d);
  rc = desk_do(l->desk, d);
  if (!rc) {
    atomic_store(&d->is_done, 1);
    atomic_fetch_add(&l->own->calls, 1);
    return 1;
  }
  snprintf(l->own->fault, sizeof l->own->fault, "deed %u: %s %.180s",
           (unsigned)d->kind, billing_code_name(rc), l->desk->err.message);
  atomic_store(&l->own->has_fault, 1);
  return 0;
}

/* The counter is used up before the intention is written: what is lost in
 * between may still be sent by others, as a new event. */
static uint64_t new_id(laborer *l, unsigned kind) {
  return ID(kind, l->place, atomic_fetch_add(&l->own->next[kind], 1));
}

/* An event that somebody thought of before, now or long ago. */
static uint64_t old_id(laborer *l) {
  unsigned place = (unsigned)roll(&l->series, SLOTS);
  uint64_t used = atomic_load(&l->w->slots[place].next[ID_EVENT]);

  if (!used) return 0;
  if (roll(&l->series, 2) && used > 500)
    return ID(ID_EVENT, place, used - 1 - roll(&l->series, 500));
  return ID(ID_EVENT, place, roll(&l->series, used));
}

static int record(laborer *l) {
  uint64_t most = roll(&l->series, 3) ? 20 : 300;
  uint32_t count = 1 + (uint32_t)roll(&l->series, most);
  deed *d = begin_deed(l, DEED_RECORD, count);

  if (!d) return 0;
  for (uint32_t i = 0; i < count; i++) {
    uint64_t id = roll(&l->series, 20) ? 0 : old_id(l);
    d->lines[i].id = id ? id : new_id(l, ID_EVENT);
    d->lines[i].is_fresh = id == 0;
  }
  return carry_out(l, d);
}

/* Asks first; most holds are ended later, some are left to expire. */
static int authorize(laborer *l) {
  deed *d = begin_deed(l, DEED_AUTHORIZE, 1);
  int is_short = roll(&l->series, 4) == 0;

  if (!d) return 0;
  d->lines[0].id = new_id(l, ID_HOLD);
  if (is_short)
    d->expires_us = d->now_us + DAY_US / 24 +
                    (int64_t)roll(&l->series, DAY_US / 4);
  if (!carry_out(l, d)) return 0;
  if (!is_short && l->hold_count < HOLDS_KEPT)
    l->holds[l->hold_count++] = d->lines[0].id;
  return 1;
}

static int end_hold(laborer *l) {
  deed *d = begin_deed(l, roll(&l->series, 3) ? DEED_SETTLE : DEED_RELEASE, 1);
  uint64_t which;

  if (!d) return 0;
  which = roll(&l->series, l->hold_count);
  d->lines[0].id = l->holds[which];
  l->holds[which] = l->holds[--l->hold_count];
  return carry_out(l, d);
}

static int grant(laborer *l) {
  deed *d = begin_deed(l, DEED_GRANT, 1);

  if (!d) return 0;
  d->lines[0].id = new_id(l, ID_GRANT);
  return carry_out(l, d);
}

static int advance(laborer *l) {
  int64_t step = (int64_t)roll(&l->series, (uint64_t)DAY_US / 2);
  deed *d;

  atomic_fetch_add(&l->w->clock_us, step);
  d = begin_deed(l, DEED_ADVANCE, 0);
  return d ? carry_out(l, d) : 0;
}

/* What changes nothing; only that it answers counts. */
static int look(laborer *l) {
  billing_call call = call_at(atomic_load(&l->w->clock_us));
  billing_balances balances;
  int rc = 0;

  BILLING_INIT(&balances);
  if (roll(&l->series, 2))
    rc = billing_balance(l->desk->b, &call, "c01", 3, "USD", &balances,
                         &l->desk->err);
  else if (roll(&l->series, 2))
    rc = billing_sync(l->desk->b, &l->desk->err);
  else
    rc = billing_maintain(l->desk->b, &call, 50, NULL, &l->desk->err);
  if (!rc || BILLING_CODE(rc) == BILLING_BUSY) return 1;
  snprintf(l->own->fault, sizeof l->own->fault, "looking: %s %.180s",
           billing_code_name(rc), l->desk->err.message);
  atomic_store(&l->own->has_fault, 1);
  return 0;
}

static int work_once(laborer *l) {
  uint64_t what = roll(&l->series, 100);

  if (what < 60 || l->w->events_only) return record(l);
  if (what < 75) return authorize(l);
  if (what < 87) return l->hold_count ? end_hold(l) : authorize(l);
  if (what < 92) return grant(l);
  if (what < 95) return advance(l);
  return look(l);
}

static void *work(void *arguments) {
  while (work_once(arguments)) continue;
  return NULL;
}

static int start_thread(world *w, billing *b, uint64_t series, int place,
                        laborer *l) {
  l->w = w;
  l->own = &w->slots[place];
  l->desk = desk_open(w, b);
  l->place = place;
  l->is_relaxed = place % THREADS == 0;
  l->series = mix(series, (uint64_t)place);
  return pthread_create(&l->thread, NULL, work, l);
}

int worker_main(const char *path, int process) {
  static laborer laborers[THREADS];
  world *w = world_find(path);
  uint64_t series = mix(w->seed, atomic_fetch_add(&w->starts, 1));
  int threads = THREADS - (int)(series % 2);
  billing_error err;
  billing *b;

  (void)alarm(LIFE_SECONDS);
  b = world_open(w, &err);
  if (!b) {
    slot *first = &w->slots[process * THREADS];
    snprintf(first->fault, sizeof first->fault, "open: %.200s", err.message);
    atomic_store(&first->has_fault, 1);
    return 1;
  }
  for (int i = 0; i < threads; i++)
    if (start_thread(w, b, series, process * THREADS + i, &laborers[i]))
      return 1;
  for (int i = 0; i < threads; i++)
    (void)pthread_join(laborers[i].thread, NULL);
  for (;;) (void)pause();
}
