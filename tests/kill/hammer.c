/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * hammer.c - many who spend the same money.
 *
 * Two processes of eight threads each ask for holds and settle them, all on
 * two customers: one has 1,000.00 USD and nothing else, the other has as much
 * credit as it likes and a limit of 1,000.00 a day.  They are killed again and
 * again.  Neither is one cent over at any time, and each settlement that was
 * acknowledged is there, at what it was said to cost.
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kill.h"

#define HAMMER_THREADS 8
#define HAMMER_TRIES 40000             /* of each thread, at most */
#define HAMMER_CENTS 100000            /* what each customer can spend */
#define HOLD_US 2000000

extern char **environ;

/* What a thread has done: the cents of each settlement, plus one, once it was
 * acknowledged. */
typedef struct hammer_slot {
  _Atomic uint32_t next;
  _Atomic uint32_t denied;
  _Atomic uint32_t settled[HAMMER_TRIES];
} hammer_slot;

typedef struct hammer {
  char             path[96];
  int64_t          begun_us;           /* of the monotonic clock */
  uint64_t         seed;
  _Atomic uint32_t has_fault;
  char             fault[300];
  hammer_slot      slots[PROCESSES * HAMMER_THREADS];
} hammer;

typedef struct hammer_hand {
  hammer   *h;
  billing  *b;
  int       place;
  pthread_t thread;
} hammer_hand;

static const char hammer_catalog[] =
    "{\"tenant\":{\"id\":\"shop\"},\"customers\":[{\"id\":\"purse\"},"
    "{\"id\":\"bound\",\"limits\":[{\"id\":\"day\",\"amount\":\"1000\","
    "\"asset\":\"USD\",\"per\":\"day\"}]}],"
    "\"meters\":[{\"id\":\"m\",\"event\":\"work\",\"aggregation\":\"sum\"}],"
    "\"plans\":[{\"id\":\"p\",\"currency\":\"USD\",\"prices\":[{\"id\":\"x\","
    "\"meter\":\"m\",\"model\":\"per_unit\",\"unit\":\"0.01\"}]}],"
    "\"contracts\":[{\"id\":\"k1\",\"customer\":\"purse\",\"plan\":\"p\","
    "\"start\":\"2026-01-01\"},{\"id\":\"k2\",\"customer\":\"bound\","
    "\"plan\":\"p\",\"start\":\"2026-01-01\",\"overdraft\":\"unlimited\"}]}";

static const char *const hammer_customers[] = {"purse", "bound"};

static int64_t monotonic_us(void) {
  struct timespec t;

  (void)clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static billing_call hammer_call(const hammer *h, const char *key) {
  billing_call call = call_at(START_US + monotonic_us() - h->begun_us);

  call.tenant = str("shop");
  call.key = str(key);
  return call;
}

static billing_event hammer_event(const char *key, int which, int64_t cents) {
  billing_event event;

  BILLING_INIT(&event);
  event.key = str(key);
  event.customer = str(hammer_customers[which]);
  event.event = str("work");
  event.flags = BILLING_EVENT_VALUE;
  event.value = decimal_of(cents * UNIT);
  return event;
}

/* Of a try: whose, what is asked for, and what is used of that. */
static int which_of(uint32_t at) {
  return (int)(at % 2);
}

static int64_t asked_of(const hammer *h, int place, uint32_t at) {
  return 1 + (int64_t)(mix(h->seed, (uint64_t)place << 32 | at) % 6000);
}

static int64_t used_of(const hammer *h, int place, uint32_t at) {
  uint64_t random = mix(h->seed + 1, (uint64_t)place << 32 | at);

  return 1 + (int64_t)(random % (uint64_t)asked_of(h, place, at));
}

static void hammer_key(char key[KEY_BYTES], int place, uint32_t at) {
  snprintf(key, KEY_BYTES, "%d-%u", place, (unsigned)at);
}

/* ---- a hand ------------------------------------------------------------- */

static int complain(hammer *h, const char *what, const billing_error *err) {
  if (!atomic_exchange(&h->has_fault, 1))
    snprintf(h->fault, sizeof h->fault, "%s: %s %.200s", what,
             billing_code_name(err->code), err->message);
  return 0;
}

static int strike(hammer_hand *hand) {
  hammer *h = hand->h;
  hammer_slot *own = &h->slots[hand->place];
  uint32_t at = atomic_fetch_add(&own->next, 1);
  int64_t used = used_of(h, hand->place, at);
  billing_event event;
  billing_hold_terms terms;
  billing_error err;
  billing_call call;
  char key[KEY_BYTES];
  int rc;

  if (at >= HAMMER_TRIES) return 0;
  hammer_key(key, hand->place, at);
  BILLING_INIT(&err);
  BILLING_INIT(&terms);
  event = hammer_event("", which_of(at), asked_of(h, hand->place, at));
  do {
    call = hammer_call(h, key);
    terms.expires_us = call.now_us + HOLD_US;
    rc = billing_authorize(hand->b, &call, &event, 1, &terms, NULL, NULL,
                           &err);
  } while (BILLING_CODE(rc) == BILLING_BUSY);
  if (BILLING_CODE(rc) == BILLING_DENIED) {
    atomic_fetch_add(&own->denied, 1);
    return 1;
  }
  if (rc) return complain(h, "authorize", &err);
  event = hammer_event(key, which_of(at), used);
  do {
    call = hammer_call(h, key);
    rc = billing_settle(hand->b, &call, &event, 1, BILLING_SETTLE_REFUSE,
                        NULL, &err);
  } while (BILLING_CODE(rc) == BILLING_BUSY);
  if (rc) return complain(h, "settle", &err);
  atomic_store(&own->settled[at], (uint32_t)used + 1);
  return 1;
}

static void *swing(void *arguments) {
  while (strike(arguments)) continue;
  return NULL;
}

static hammer *hammer_map(const char *path, int is_new) {
  int file = open(path, O_RDWR | O_CLOEXEC | (is_new ? O_CREAT | O_TRUNC : 0),
                  0600);
  void *found;

  if (file < 0 || (is_new && ftruncate(file, (off_t)sizeof(hammer))))
    give_up(path);
  found = mmap(NULL, sizeof(hammer), PROT_READ | PROT_WRITE, MAP_SHARED, file,
               0);
  if (found == MAP_FAILED) give_up("mmap");
  (void)close(file);
  return found;
}

static billing *hammer_open(const hammer *h) {
  billing_error err;
  billing *b = NULL;
  int rc;

  BILLING_INIT(&err);
  do rc = billing_open(&b, h->path, (size_t)-1, NULL, &err);
  while (BILLING_CODE(rc) == BILLING_BUSY);
  if (rc) give_up(err.message);
  return b;
}

int hammer_main(const char *path, int process) {
  static hammer_hand hands[HAMMER_THREADS];
  hammer *h = hammer_map(path, 0);
  billing *b = hammer_open(h);

  for (int i = 0; i < HAMMER_THREADS; i++) {
    hands[i] = (hammer_hand){h, b, process * HAMMER_THREADS + i, 0};
    if (pthread_create(&hands[i].thread, NULL, swing, &hands[i])) return 1;
  }
  for (int i = 0; i < HAMMER_THREADS; i++)
    (void)pthread_join(hands[i].thread, NULL);
  for (;;) (void)pause();
}

/* ---- looking ------------------------------------------------------------ */

typedef struct hammer_sums {
  int64_t cents[2];
  long    count, denied;
} hammer_sums;

static hammer_sums add_up(const hammer *h) {
  hammer_sums sums = {{0, 0}, 0, 0};

  for (int place = 0; place < PROCESSES * HAMMER_THREADS; place++) {
    const hammer_slot *own = &h->slots[place];
    uint32_t next = atomic_load(&own->next);
    sums.denied += (long)atomic_load(&own->denied);
    for (uint32_t at = 0; at < next && at < HAMMER_TRIES; at++) {
      uint32_t settled = atomic_load(&own->settled[at]);
      if (!settled) continue;
      sums.cents[which_of(at)] += settled - 1;
      sums.count++;
    }
  }
  return sums;
}

static billing_balances balance_of(const hammer *h, billing *b, int which) {
  billing_call call = hammer_call(h, "");
  billing_balances balances;

  BILLING_INIT(&balances);
  if (billing_balance(b, &call, hammer_customers[which], (size_t)-1, "USD",
                      &balances, NULL))
    give_up("balance");
  return balances;
}

/* What the two have spent, beside what was acknowledged. */
static void look_at_both(const hammer *h, billing *b) {
  int64_t spent[2], unit = UNIT / 100;
  hammer_sums sums = add_up(h);
  billing_balances purse = balance_of(h, b, 0);
  billing_balances bound = balance_of(h, b, 1);

  spent[0] = amount_of(&purse.granted) - amount_of(&purse.left);
  spent[1] = amount_of(&bound.owed);
  check(amount_of(&purse.left) >= 0 && !amount_of(&purse.owed) &&
            amount_of(&purse.free) >= 0,
        "the purse is not one cent over");
  check(spent[1] <= HAMMER_CENTS * unit, "the limit is not one cent over");
  for (int i = 0; i < 2; i++)
    check(spent[i] >= sums.cents[i] * unit,
          "%s: acknowledged %lld cents, there are %lld", hammer_customers[i],
          (long long)sums.cents[i], (long long)(spent[i] / unit));
}

static long resend_of(const hammer *h, billing *b, int place) {
  const hammer_slot *own = &h->slots[place];
  uint32_t next = atomic_load(&own->next);
  long lost = 0;

  for (uint32_t at = 0; at < next && at < HAMMER_TRIES; at++) {
    uint32_t settled = atomic_load(&own->settled[at]);
    billing_call call = hammer_call(h, "");
    billing_receipt receipt;
    billing_event event;
    char key[KEY_BYTES];
    if (!settled) continue;
    hammer_key(key, place, at);
    event = hammer_event(key, which_of(at), settled - 1);
    BILLING_INIT(&receipt);
    if (billing_record(b, &call, &event, 1, &receipt, NULL) ||
        receipt.status != BILLING_STATUS_SAME ||
        amount_of(&receipt.cost) != (int64_t)(settled - 1) * (UNIT / 100))
      lost++;
  }
  return lost;
}

/* ---- the part ----------------------------------------------------------- */

static void make_shop(const hammer *h) {
  billing *b = hammer_open(h);
  billing_call call = hammer_call(h, "g");
  billing_grant_terms terms;

  BILLING_INIT(&terms);
  terms.customer = str("purse");
  terms.amount.amount = decimal_of(HAMMER_CENTS * (UNIT / 100));
  memcpy(terms.amount.asset, "USD", 4);
  if (billing_catalog_apply(b, &call, hammer_catalog, (size_t)-1, NULL,
                            NULL) ||
      billing_grant(b, &call, &terms, NULL, NULL))
    give_up("the shop");
  billing_close(b);
}

static int start_hand(const programme *p, const char *shared, int process) {
  char self[256], file[96], number[8], word[] = "--hammer";
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

static void hammer_once(const programme *p, hammer *h, const char *shared,
                        int64_t us) {
  struct timespec t = {us / 1000000, us % 1000000 * 1000};
  int workers[PROCESSES];
  billing *b;

  for (int i = 0; i < PROCESSES; i++) workers[i] = start_hand(p, shared, i);
  (void)nanosleep(&t, NULL);
  for (int i = 0; i < PROCESSES; i++) kill_worker(workers[i]);
  b = hammer_open(h);
  look_at_both(h, b);
  billing_close(b);
}

void run_hammer(const programme *p) {
  int64_t lasts_us = p->is_full ? 60000000 : 3000000, end_us;
  char shared[96];
  hammer_sums sums;
  long kills = 0, lost = 0;
  hammer *h;
  billing *b;

  scratch_name(shared, "hammer");
  h = hammer_map(shared, 1);
  scratch_name(h->path, "hammer.db");
  remove_database(h->path);
  h->begun_us = monotonic_us();
  h->seed = p->seed;
  make_shop(h);
  for (end_us = h->begun_us + lasts_us; monotonic_us() < end_us; kills++)
    hammer_once(p, h, shared, 300000 + 100000 * (kills % 7));
  check(!atomic_load(&h->has_fault), "every strike is answered: %s",
        h->fault);
  b = hammer_open(h);
  for (int i = 0; i < PROCESSES * HAMMER_THREADS; i++)
    lost += resend_of(h, b, i);
  check(!lost, "%ld acknowledged settlements are not there", lost);
  check(is_verified(b, START_US + monotonic_us() - h->begun_us, NULL),
        "verify says that all is well");
  sums = add_up(h);
  printf("  hammer: %ld kills, %ld settled, %ld denied\n", kills, sums.count,
         sums.denied);
  billing_close(b);
  remove_database(h->path);
  (void)unlink(shared);
  (void)munmap(h, sizeof *h);
}
