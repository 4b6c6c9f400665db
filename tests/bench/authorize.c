/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * authorize.c - whether a customer could pay, from memory, beside a bare
 * lookup of the same ids in a hash table.
 */
#include "bench.h"

#if __has_include("engine/board.h")
#include "engine/engine.h"
#define HAS_BOARD 1
#endif

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ASKED (1 << 20)      /* ids in the order of asking */
#define BLOCK 1024           /* calls between two looks at the clock */
#define ID_BYTES 16

/* What a customer takes in a table that knows its three balances. */
typedef struct lookup_row {
  char    id[ID_BYTES];
  int64_t amounts[8];
} lookup_row;

typedef struct check_ids {
  char (*id)[BENCH_ID];
  long   mask;               /* their number is a power of two: less one */
} check_ids;

typedef struct check_world {
  billing      *b;
  billing_call  call;
  billing_money amount;
  uint32_t      customers;
  lookup_row   *row;
  uint32_t     *slot;        /* place in row, + 1 */
  uint32_t      mask;
  check_ids     hot;         /* one customer again and again */
  check_ids     uniform;     /* anybody */
  const struct bl_panel *panel;        /* of the handle's board */
  atomic_int    is_over;     /* for the second thread */
} check_world;

/* ---- the yardstick ---- */

static uint32_t slot_of(const check_world *w, const char *id) {
  uint64_t word[2], hash;

  memcpy(word, id, sizeof word);
  hash = (word[0] * UINT64_C(0x9E3779B97F4A7C15) ^ word[1]) *
         UINT64_C(0xD6E8FEB86659FD93);
  return (uint32_t)(hash >> 32) & w->mask;
}

static const lookup_row *look_up(const check_world *w, const char *id) {
  uint32_t at = slot_of(w, id);

  while (memcmp(w->row[w->slot[at] - 1].id, id, ID_BYTES))
    at = (at + 1) & w->mask;
  return &w->row[w->slot[at] - 1];
}

static void fill_table(check_world *w) {
  char id[BENCH_ID];

  w->mask = 1;
  while (w->mask < 2 * w->customers) w->mask = 2 * w->mask + 1;
  w->row = bench_room(w->customers, sizeof *w->row);
  w->slot = bench_room((size_t)w->mask + 1, sizeof *w->slot);
  for (uint32_t i = 0; i < w->customers; i++) {
    uint32_t at;
    bench_customer_id(i, id);
    memcpy(w->row[i].id, id, ID_BYTES);
    w->row[i].amounts[0] = 100;
    for (at = slot_of(w, id); w->slot[at];) at = (at + 1) & w->mask;
    w->slot[at] = i + 1;
  }
}

/* ---- the sides ---- */

/* Each says of one id whether 0.01 is there. */
typedef int check_side(check_world *w, const char *id);

static int check_lookup(check_world *w, const char *id) {
  return look_up(w, id)->amounts[0] > 0;
}

static int check_call(check_world *w, const char *id) {
  billing_decimal left;

  return billing_check(w->b, &w->call, id, ID_BYTES, &w->amount, &left,
                       NULL) == BILLING_OK;
}

/* The kernel is the part of billing_check that has the state in its hands: no
 * handle is entered, no argument looked at. */
#ifdef HAS_BOARD
static int check_kernel(check_world *w, const char *id) {
  bl_str customer = {id, ID_BYTES};
  bl_dec spend;

  return bl_board_spend(w->b->board, w->panel, customer, w->call.now_us,
                        &spend) &&
         bl_dec_cmp(w->amount.amount, spend) <= 0;
}

static void find_kernel(check_world *w) {
  w->panel = bl_board_panel(w->b->board, w->call.tenant, w->amount.asset);
  if (!w->panel) bench_stop("authorize", "the board shows nobody");
}
#else
static int check_kernel(check_world *w, const char *id) {
  return check_call(w, id);            /* it has no kernel of its own */
}

static void find_kernel(check_world *w) { (void)w; }
#endif

/* In ns for one. */
static double take_turn(check_world *w, check_side *side,
                        const check_ids *ids, double turn) {
  double start = bench_seconds(), end;
  long count = 0, paid = 0;

  do {
    for (int i = 0; i < BLOCK; i++)
      paid += side(w, ids->id[count++ & ids->mask]);
  } while ((end = bench_seconds()) - start < turn);
  if (paid != count) bench_stop("authorize", "somebody could not pay");
  return (end - start) * 1e9 / (double)count;
}

/* ---- the world ---- */

static void open_ids(check_ids *ids, long count) {
  ids->id = bench_room((size_t)count, sizeof *ids->id);
  ids->mask = count - 1;
}

static void open_world(check_world *w, const bench_plan *plan) {
  uint64_t random = 1;

  w->customers = (uint32_t)plan->many;
  w->b = bench_open(bench_prepared(plan->many));
  bench_call_open(&w->call);
  w->amount.amount.lo = UINT64_C(10000000000000000);
  strcpy(w->amount.asset, BENCH_ASSET);
  fill_table(w);
  open_ids(&w->hot, BLOCK);
  open_ids(&w->uniform, ASKED);
  for (int i = 0; i < BLOCK; i++) bench_customer_id(7, w->hot.id[i]);
  for (int i = 0; i < ASKED; i++) {
    random = random * UINT64_C(6364136223846793005) + 1;
    bench_customer_id((uint32_t)((random >> 32) % w->customers),
                      w->uniform.id[i]);
  }
}

/* All customers are in memory from here on. */
static void warm_up(check_world *w) {
  char id[BENCH_ID];

  bench_say("authorize: reading %u customers", (unsigned)w->customers);
  for (uint32_t i = 0; i < w->customers; i++) {
    bench_customer_id(i, id);
    if (!check_call(w, id)) bench_stop(id, "it could not pay");
  }
}

static void close_world(check_world *w) {
  billing_close(w->b);
  free(w->row);
  free(w->slot);
  free(w->hot.id);
  free(w->uniform.id);
}

static void measure(check_world *w, const bench_plan *plan, const char *name,
                    check_side *sides[2], const check_ids *ids) {
  bench_round rounds[BENCH_ROUNDS_MOST];

  for (int i = 0; i < plan->turns; i++) {
    rounds[i].ours = take_turn(w, sides[0], ids, plan->turn / 2);
    rounds[i].yardstick = take_turn(w, sides[1], ids, plan->turn / 2);
  }
  bench_report(name, rounds, plan->turns);
}

/* ---- a second thread ---- */

static void *call_now_and_then(void *world) {
  check_world *w = world;
  struct timespec pause = {0, 1000000};

  while (!atomic_load(&w->is_over)) {
    check_call(w, w->uniform.id[0]);
    nanosleep(&pause, NULL);
  }
  return NULL;
}

static void measure_shared(check_world *w, const bench_plan *plan) {
  check_side *sides[2] = {check_call, check_kernel};
  pthread_t second;

  if (pthread_create(&second, NULL, call_now_and_then, w))
    bench_stop("authorize_call_hot", "no second thread");
  measure(w, plan, "authorize_call_hot", sides, &w->hot);
  atomic_store(&w->is_over, 1);
  pthread_join(second, NULL);
}

void bench_authorize(const bench_plan *plan) {
  check_side *sides[2] = {check_kernel, check_lookup};
  check_world w = {0};

  if (!bench_wants("authorize_hot", "authorize_uniform",
                   "authorize_call_hot", NULL))
    return;
  open_world(&w, plan);
  warm_up(&w);
  find_kernel(&w);
  measure(&w, plan, "authorize_hot", sides, &w.hot);
  measure(&w, plan, "authorize_uniform", sides, &w.uniform);
  measure_shared(&w, plan);
  close_world(&w);
}
