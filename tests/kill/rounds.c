/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * rounds.c - kill, look, go on.
 *
 * A database lives through some twenty kills.  In each round two workers run
 * on it; one or both are killed at a random moment, and sometimes the other
 * goes on meanwhile.  Every few rounds nobody runs, and what is there is
 * compared with the model, which knows what the workers wrote down.
 */
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kill.h"

#define KILLS_OF_A_LIFE 20
#define READY_SECONDS 20

extern char **environ;

typedef struct life {
  const programme *p;
  world           *w;
  model            m;
  uint64_t         series;
  char             shared[96];
  int              workers[PROCESSES];   /* 0: none */
  long             kills, there, missing;
} life;

/* ---- workers ------------------------------------------------------------ */

int start_worker(const programme *p, const char *shared, int process) {
  char self[256], file[96], number[8], word[] = "--worker";
  char *arguments[] = {self, word, file, number, NULL};
  pid_t id;

  snprintf(self, sizeof self, "%s", p->self);
  snprintf(file, sizeof file, "%s", shared);
  snprintf(number, sizeof number, "%d", process);
  fflush(stdout);
  if (posix_spawn(&id, self, NULL, NULL, arguments, environ))
    give_up("posix_spawn");
  return id;
}

void kill_worker(int id) {
  int status = 0;

  (void)kill(id, SIGKILL);
  if (waitpid(id, &status, 0) != id) give_up("waitpid");
  if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
    wrong("a worker ended by itself: status %x", (unsigned)status);
}

void check_faults(const world *w) {
  int count = 0;

  for (int place = 0; place < SLOTS; place++) {
    if (!atomic_load(&w->slots[place].has_fault)) continue;
    wrong("thread %d, %s", place, w->slots[place].fault);
    count++;
  }
  check(!count, "every call of the workers is answered");
}

static void nap(int64_t us) {
  struct timespec t = {us / 1000000, us % 1000000 * 1000};

  (void)nanosleep(&t, NULL);
}

static uint64_t calls_of(const life *l, int process) {
  uint64_t sum = 0;

  for (int i = 0; i < THREADS; i++)
    sum += atomic_load(&l->w->slots[process * THREADS + i].calls) +
           atomic_load(&l->w->slots[process * THREADS + i].has_fault);
  return sum;
}

/* ---- a round ------------------------------------------------------------ */

/* Waits until each worker has had an answer, so that the moment is under
 * load. */
static void wait_for_load(const life *l, const uint64_t before[PROCESSES]) {
  for (int i = 0; i < PROCESSES; i++)
    for (int64_t us = 0; calls_of(l, i) == before[i]; us += 200) {
      if (us > READY_SECONDS * 1000000) {
        wrong("a worker had no answer in %d seconds", READY_SECONDS);
        return;
      }
      nap(200);
    }
}

/* 0.5 to 60 ms, short ones as often as long ones; most of them counted from
 * the first answers, some from the start. */
static void kill_once(life *l) {
  uint64_t before[PROCESSES], which = roll(&l->series, 4);
  int64_t us = INT64_C(500) << roll(&l->series, 7);

  us += (int64_t)roll(&l->series, (uint64_t)us);
  for (int i = 0; i < PROCESSES; i++) {
    before[i] = calls_of(l, i);
    if (!l->workers[i]) l->workers[i] = start_worker(l->p, l->shared, i);
  }
  if (roll(&l->series, 5)) wait_for_load(l, before);
  nap(us < 60000 ? us : 60000);
  for (int i = 0; i < PROCESSES; i++)
    if (which == (uint64_t)i || which > 1) {
      kill_worker(l->workers[i]);
      l->workers[i] = 0;
    }
  l->kills++;
}

/* ---- looking ------------------------------------------------------------ */

static void compare_again(life *l, desk *d, size_t first, int64_t now_us) {
  size_t old = first ? 500 : 0;
  size_t count = l->m.count - first;
  uint64_t *ids = calloc(count + old + 1, sizeof *ids);

  if (!ids) give_up("calloc");
  memcpy(ids, l->m.order + first, count * sizeof *ids);
  for (size_t i = 0; i < old; i++)
    ids[count++] = l->m.order[roll(&l->series, first)];
  for (size_t i = count; i > 1; i--) {
    size_t other = (size_t)roll(&l->series, i);
    uint64_t id = ids[i - 1];
    ids[i - 1] = ids[other];
    ids[other] = id;
  }
  compare_resends(&l->m, d, ids, count, BILLING_STATUS_SAME, now_us);
  free(ids);
}

/* One statement about what has just been compared. */
static void say(long *before, const char *statement) {
  check(wrongs == *before, "%s", statement);
  *before = wrongs;
}

/* Ends some of the open holds whose processes are dead. */
static void end_holds(life *l, desk *d) {
  deed *what = deed_new(DEED_SETTLE, 1);

  what->now_us = atomic_load(&l->w->clock_us);
  for (int place = 0; place < SLOTS; place++) {
    const shelf *s = &l->m.shelves[ID_HOLD][place];
    for (size_t i = 0; i < s->count; i++) {
      const known *k = &s->items[i];
      int rc;
      if (!k->hold || k->status != BILLING_HOLD_OPEN ||
          k->expires_us <= what->now_us || roll(&l->series, 2))
        continue;
      what->kind = roll(&l->series, 2) ? DEED_SETTLE : DEED_RELEASE;
      what->lines[0].id = k->id;
      rc = desk_do(d, what);
      if (rc) wrong("ending hold %llx: %s %s", (unsigned long long)k->id,
                    billing_code_name(rc), d->err.message);
      else model_answer(&l->m, what, &what->lines[0]);
    }
  }
  free(what);
}

static void compare_all(life *l, desk *d, pending *p, int is_last) {
  int64_t now_us = atomic_load(&l->w->clock_us), events = -1;
  size_t first = is_last ? 0 : l->m.count;
  long before = wrongs;

  absorb(&l->m, l->w, p);
  say(&before, "all answers about an event agree");
  if (is_last || roll(&l->series, 2))
    check(is_verified(d->b, now_us, NULL), "it is verified after the kill");
  before = wrongs;
  resolve(&l->m, d, p);
  say(&before, "a call without an answer happened whole or not at all");
  end_holds(l, d);
  say(&before, "holds of dead processes can be ended");
  model_fold(&l->m);
  say(&before, "every event costs and draws what it should, in its order");
  compare_again(l, d, first, now_us);
  say(&before, "what was acknowledged is there and the same");
  compare_totals(&l->m, d->b, now_us);
  say(&before, "usage and balances are the sum of the events");
  for (int i = 0; i < CUSTOMERS; i++)
    if (is_last || i % 10 == 1) compare_events(&l->m, d->b, i, now_us);
  say(&before, "pages of events have all of a customer's");
  compare_holds(&l->m, d->b, now_us, &l->series, is_last ? 1 : 20);
  say(&before, "holds are what was answered");
  compare_draws(&l->m, d->b, &l->series, is_last ? 200 : 20);
  say(&before, "grants are drawn in their order");
  compare_invoices(d->b, now_us);
  say(&before, "invoices have numbers without a gap");
  if (is_last || roll(&l->series, 2)) {
    check(is_verified(d->b, now_us, &events), "it is verified");
    check(events == (int64_t)l->m.count, "%lld events, should be %zu",
          (long long)events, l->m.count);
  }
}

static void look(life *l, int is_last) {
  pending p;
  billing_error err;
  billing *b;
  desk *d;

  for (int i = 0; i < PROCESSES; i++) {
    if (l->workers[i]) kill_worker(l->workers[i]);
    l->workers[i] = 0;
  }
  check_faults(l->w);
  b = world_open(l->w, &err);
  if (!check(b != NULL, "it opens after the kill: %s", err.message)) return;
  d = desk_open(l->w, b);
  compare_all(l, d, &p, is_last);
  l->there += p.there;
  l->missing += p.missing;
  pending_free(&p);
  billing_close(b);
  desk_close(d);
}

/* ---- a life ------------------------------------------------------------- */

static int begin(life *l, const programme *p, uint64_t seed,
                 uint64_t turn) {
  billing_error err;
  billing *b;
  int rc;

  memset(l, 0, sizeof *l);
  l->p = p;
  l->series = mix(seed, turn);
  scratch_name(l->shared, "shared");
  l->w = world_make(l->shared);
  l->w->seed = seed;
  l->w->tail_events = 500;        /* sorted runs, and merging, all the time */
  l->w->filter_bytes = 4096;
  atomic_store(&l->w->clock_us, START_US + DAY_US);
  scratch_name(l->w->path, "db");
  remove_database(l->w->path);
  model_open(&l->m, seed);
  b = world_open(l->w, &err);
  rc = b ? make_world(b, seed) : err.code;
  billing_close(b);
  return check(!rc, "a database is made");
}

static void end(life *l) {
  remove_database(l->w->path);
  (void)unlink(l->shared);
  world_forget(l->w);
  model_close(&l->m);
}

static void live(const programme *p, uint64_t turn, long kills) {
  static life l;
  uint64_t seed = p->seed + turn % 2;
  long until = 0;

  if (begin(&l, p, seed, turn)) {
    while (l.kills < kills) {
      if (!until) until = 2 + (long)roll(&l.series, 7);
      kill_once(&l);
      progress("seed %llu: kill %ld of %ld", (unsigned long long)seed,
               l.kills, kills);
      if (--until == 0 || l.kills == kills) look(&l, l.kills == kills);
    }
    progress("%s", "");
    printf("  seed %llu: %ld kills, %zu events; without an answer: %ld "
           "batches had happened, %ld had not\n", (unsigned long long)seed,
           l.kills, l.m.count, l.there, l.missing);
    fflush(stdout);
  }
  end(&l);
}

void run_rounds(const programme *p) {
  long left = p->kills;

  for (uint64_t i = 0; left > 0; i++) {
    long kills = left < KILLS_OF_A_LIFE ? left : KILLS_OF_A_LIFE;
    live(p, i, kills);
    left -= kills;
  }
}
