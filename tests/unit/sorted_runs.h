/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* sorted_runs.h - a store with the library's tables, and runs in it, for the
 * tests of the sorted runs. */
#ifndef SORTED_RUNS_H
#define SORTED_RUNS_H

#include "../store/faulty.h"
#include "../store/stores.h"
#include "engine/runs_parts.h"
#include "unit.h"

#define RUNS_TENANT 3
#define RUNS_SHARD 0

typedef struct runs_place {
  store_place    place;
  billing_store *store;
} runs_place;

static inline void runs_make(runs_place *p, int kind) {
  store_place_make(&p->place, kind);
  p->store = store_place_open(&p->place, NULL);
  ck_assert_ptr_nonnull(p->store);
  ck_assert_int_eq(bl_store_declare(p->store, bl_schema, BL_TABLES), 0);
}

static inline void runs_remove(runs_place *p) {
  bl_store_close(p->store);
  store_place_remove(&p->place);
}

static inline void runs_begin(runs_place *p) {
  ck_assert_int_eq(bl_store_begin(p->store, BILLING_BEGIN_WRITE), 0);
}

static inline void runs_commit(runs_place *p) {
  ck_assert_int_eq(bl_store_commit(p->store), 0);
}

static inline bl_runs *runs_open(size_t filter_room) {
  bl_runs *r = NULL;

  ck_assert_int_eq(bl_runs_open(&r, NULL, RUNS_TENANT, RUNS_SHARD,
                                filter_room), 0);
  return r;
}

/* Like a keyed hash: 64 bits that look random, the same for the same i. */
static inline uint64_t runs_hash(uint64_t i) {
  i = (i + 1) * UINT64_C(0x9E3779B97F4A7C15);
  i = (i ^ (i >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
  i = (i ^ (i >> 27)) * UINT64_C(0x94D049BB133111EB);
  return i ^ (i >> 31);
}

static inline uint64_t runs_value(uint64_t seq, uint64_t n) {
  return seq << BL_RUNS_PLACE_BITS | n;
}

/* Steps until nothing is owed. */
static inline void runs_settle(bl_runs *r, billing_store *s) {
  uint32_t owes = 1;

  while (owes) ck_assert_int_eq(bl_runs_step(r, s, 100000, &owes), 0);
}

static inline void runs_are_sound(bl_runs *r, billing_store *s) {
  billing_error err;

  BILLING_INIT(&err);
  ck_assert_msg(!bl_runs_verify(r, s, &err), "%s", err.message);
}

#endif
