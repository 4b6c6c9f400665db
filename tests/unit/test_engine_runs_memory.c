/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* test_engine_runs_memory.c - filters stay within their room, and the newest
 * runs have it first. */
#include "sorted_runs.h"

#define EACH 7000                       /* keys a run: four filter rows */
#define RUNS 5

static runs_place place;
static bl_runs_key pairs[EACH];

static int by_key(const void *a, const void *b) {
  const bl_runs_key *x = a, *y = b;

  return (x->key > y->key) - (x->key < y->key);
}

static void begin(void) {
  bl_runs *r;

  runs_make(&place, 0);
  runs_begin(&place);
  r = runs_open(0);
  for (uint64_t seq = 1; seq <= RUNS; seq++) {
    bl_runs_source source = {seq, EACH, pairs, NULL, NULL};

    for (uint64_t i = 0; i < EACH; i++) {
      pairs[i].key   = runs_hash(seq * 10000 + i);
      pairs[i].value = runs_value(seq, i);
    }
    qsort(pairs, EACH, sizeof *pairs, by_key);
    ck_assert_int_eq(bl_runs_write(r, place.store, 0, &source), 0);
    runs_settle(r, place.store);
  }
  ck_assert_uint_eq(bl_runs_filter_held(r), 0);
  bl_runs_close(r);
}

static void end(void) {
  bl_store_rollback(place.store);
  runs_remove(&place);
}

static void is_found(bl_runs *r, uint64_t seq, uint64_t i) {
  uint64_t value;
  bl_runs_found found = {&value, 1, 0};

  ck_assert_int_eq(bl_runs_find_key(r, place.store, 0,
                                    runs_hash(seq * 10000 + i), &found), 0);
  ck_assert_uint_eq(found.count, 1);
  ck_assert_uint_eq(value, runs_value(seq, i));
}

/* Runs that have a filter in memory, by number: a bit each. */
static unsigned with_filters(const bl_runs *r) {
  unsigned bits = 0;

  for (size_t i = 0; i < r->list.set[0].count; i++)
    if (r->list.set[0].run[i].filter)
      bits |= 1u << r->list.set[0].run[i].number;
  return bits;
}

START_TEST(rows_come_when_they_are_asked_for) {
  bl_runs *r = runs_open(1 << 20);
  size_t before;

  ck_assert_int_eq(bl_runs_load(r, place.store), 0);
  ck_assert_uint_eq(bl_runs_filter_held(r), 0);
  ck_assert_int_eq(bl_runs_may_have(r, 0, 1), 1);       /* nobody knows */
  is_found(r, 3, 77);
  before = bl_runs_filter_held(r);
  ck_assert_uint_ge(before, RUNS * BL_RUNS_ROW);
  ck_assert_uint_lt(before, RUNS * (BL_RUNS_ROW + 200));
  is_found(r, 3, 77);
  ck_assert_uint_eq(bl_runs_filter_held(r), before);
  for (uint64_t i = 0; i < 100; i++) is_found(r, 1 + i % RUNS, 59 * i);
  ck_assert_uint_lt(bl_runs_filter_held(r), RUNS * 4 * (BL_RUNS_ROW + 100));
  ck_assert_uint_gt(bl_runs_filter_held(r), RUNS * 4 * BL_RUNS_ROW);
  bl_runs_forget(r);
  ck_assert_uint_eq(bl_runs_filter_held(r), 0);
  bl_runs_close(r);
}
END_TEST

/* Whatever room there is, it is kept to, and everything is found. */
START_TEST(the_room_is_kept_to) {
  for (size_t room = 0; room < 90000; room += 3777) {
    bl_runs *r = runs_open(room);

    for (uint64_t i = 0; i < 300; i++) {
      is_found(r, 1 + i % RUNS, i * 19);
      ck_assert_uint_le(bl_runs_filter_held(r), room);
    }
    ck_assert_uint_ge(bl_runs_filter_held(r) + 2 * BL_RUNS_ROW,
                      room < 80000 ? room : 80000);
    bl_runs_close(r);
  }
}
END_TEST

START_TEST(new_runs_have_the_room_first) {
  bl_runs *r = runs_open(2 * 4 * (BL_RUNS_ROW + 100));

  for (uint64_t i = 0; i < 200; i++) is_found(r, 1, i * 30);
  ck_assert_uint_eq(with_filters(r) & (1u << 5 | 1u << 4), 1u << 5 | 1u << 4);
  ck_assert_uint_eq(with_filters(r) & (1u << 1 | 1u << 2), 0);
  bl_runs_close(r);
}
END_TEST

/* After another process has changed the list, what is known of runs that are
 * still there is kept. */
START_TEST(a_new_list_keeps_the_filters) {
  bl_runs *r = runs_open(1 << 20), *other = runs_open(0);
  bl_runs_source source = {RUNS + 1, 1, pairs, NULL, NULL};
  size_t held;

  for (uint64_t i = 0; i < 50; i++) is_found(r, 2, i * 100);
  held = bl_runs_filter_held(r);
  ck_assert_int_eq(bl_runs_write(other, place.store, 0, &source), 0);
  runs_settle(other, place.store);
  ck_assert_uint_ne(bl_runs_version(r), bl_runs_version(other));
  ck_assert_int_eq(bl_runs_load(r, place.store), 0);
  ck_assert_uint_eq(bl_runs_version(r), bl_runs_version(other));
  ck_assert_uint_eq(bl_runs_filter_held(r), held);
  ck_assert_uint_eq(r->list.set[0].count, RUNS + 1);
  is_found(r, 2, 2);
  bl_runs_close(r);
  bl_runs_close(other);
}
END_TEST

/* Keys that are not there, asked one by one and many at a time: hardly any
 * passes, and both ways of asking agree. */
START_TEST(screening_agrees_with_asking) {
  bl_runs *r = runs_open(1 << 20);
  uint64_t keys[333];
  unsigned char maybe[333];
  size_t passed = 0;

  for (uint64_t round = 0; round < 40; round++) {
    bl_runs_batch batch = {keys, 333 - round, maybe};

    for (uint64_t i = 0; i < batch.count; i++)
      keys[i] = i % 9 == 0 ? runs_hash((1 + i % RUNS) * 10000 + i)
                           : runs_hash(1000000 + round * 400 + i);
    ck_assert_int_eq(bl_runs_screen(r, place.store, 0, &batch), 0);
    for (uint64_t i = 0; i < batch.count; i++) {
      bl_runs_prefetch(r, 0, keys[i]);
      ck_assert_int_eq(maybe[i], bl_runs_may_have(r, 0, keys[i]));
      if (i % 9 == 0) ck_assert_int_eq(maybe[i], 1);
      passed += i % 9 != 0 && maybe[i];
    }
  }
  ck_assert_uint_lt(passed, 200);            /* of 12,000 */
  bl_runs_close(r);
}
END_TEST

Suite *test_engine_runs_memory(void) {
  Suite *s = suite_create("engine/runs_memory");
  TCase *t = tcase_create("runs_memory");

  tcase_add_checked_fixture(t, begin, end);
  tcase_set_timeout(t, 60);
  tcase_add_test(t, rows_come_when_they_are_asked_for);
  tcase_add_test(t, the_room_is_kept_to);
  tcase_add_test(t, new_runs_have_the_room_first);
  tcase_add_test(t, a_new_list_keeps_the_filters);
  tcase_add_test(t, screening_agrees_with_asking);
  suite_add_tcase(s, t);
  return s;
}
