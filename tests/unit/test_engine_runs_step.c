/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * test_engine_runs_step.c - jobs: what a step may cost, who goes on with what
 * another has begun, and that what is paid for keeps the runs few.
 */
#include "sorted_runs.h"

static runs_place place;
static bl_runs *runs;
static bl_runs_key pairs[20000];

static void begin(void) {
  runs_make(&place, 0);
  runs = runs_open(1 << 20);
  runs_begin(&place);
}

static void end(void) {
  bl_runs_close(runs);
  bl_store_rollback(place.store);
  runs_remove(&place);
}

static int by_key(const void *a, const void *b) {
  const bl_runs_key *x = a, *y = b;

  return (x->key > y->key) - (x->key < y->key);
}

/* So many keys that no other seq has. */
static bl_runs_source source_of(uint64_t seq, uint64_t count) {
  bl_runs_source source = {seq, count, pairs, NULL, NULL};

  ck_assert_uint_le(count, BL_COUNT(pairs));
  for (uint64_t i = 0; i < count; i++) {
    pairs[i].key   = runs_hash(seq * 100000 + i);
    pairs[i].value = runs_value(seq, i);
  }
  qsort(pairs, count, sizeof *pairs, by_key);
  return source;
}

static void write_on(bl_runs *r, const bl_runs_source *source) {
  ck_assert_int_eq(bl_runs_write(r, place.store, 0, source), 0);
}

static uint32_t step(bl_runs *r, uint64_t budget) {
  uint32_t owes = 2;

  ck_assert_int_eq(bl_runs_step(r, place.store, budget, &owes), 0);
  ck_assert_uint_lt(owes, 2);
  return owes;
}

static uint64_t covered(bl_runs *r) {
  uint64_t seq = 0;

  ck_assert_int_eq(bl_runs_covered(r, place.store, 0, &seq), 0);
  return seq;
}

static size_t found(bl_runs *r, uint64_t seq, uint64_t i) {
  uint64_t value = 0;
  bl_runs_found f = {&value, 1, 0};

  ck_assert_int_eq(bl_runs_find_key(r, place.store, 0,
                                    runs_hash(seq * 100000 + i), &f), 0);
  if (f.count) ck_assert_uint_eq(value, runs_value(seq, i));
  return f.count;
}

/* Runs with rows, the list among them. */
static size_t runs_with_rows(void) {
  bl_runs_rows rows = bl_runs_rows_of(runs, place.store);
  uint64_t number = 0;
  size_t count = 0;

  while (!bl_runs_rows_above(&rows, number, &number)) count++;
  return count;
}

/* ---- Write ------------------------------------------------------------- */

START_TEST(a_source_becomes_a_run) {
  bl_runs_source source = source_of(7, 2000);
  uint64_t seq, count;

  ck_assert_uint_eq(bl_runs_version(runs), 0);
  ck_assert_uint_eq(step(runs, 1000), 0);
  ck_assert_uint_eq(bl_runs_version(runs), 0);
  ck_assert_int_eq(bl_runs_writing(runs, place.store, 0, &seq, &count),
                   BILLING_NOTFOUND);
  write_on(runs, &source);
  ck_assert_int_eq(bl_runs_writing(runs, place.store, 0, &seq, &count), 0);
  ck_assert_uint_eq(seq, 7);
  ck_assert_uint_eq(count, 2000);
  ck_assert_uint_eq(step(runs, 300), 1);
  ck_assert_uint_eq(covered(runs), 0);
  ck_assert_uint_eq(found(runs, 7, 0), 0);
  runs_settle(runs, place.store);
  ck_assert_uint_eq(covered(runs), 7);
  for (uint64_t i = 0; i < 2000; i += 13)
    ck_assert_uint_eq(found(runs, 7, i), 1);
  ck_assert_int_eq(bl_runs_count(runs, place.store, 0, &count), 0);
  ck_assert_uint_eq(count, 2000);
  write_on(runs, &source);                    /* once more is fine */
  ck_assert_uint_eq(step(runs, 1000), 0);
  runs_are_sound(runs, place.store);
}
END_TEST

START_TEST(a_source_of_nothing_covers_its_seqs) {
  bl_runs_source source = source_of(9, 0);

  write_on(runs, &source);
  ck_assert_uint_eq(covered(runs), 9);
  bl_runs_forget(runs);
  ck_assert_uint_eq(covered(runs), 9);
  ck_assert_uint_eq(step(runs, 1000), 0);
}
END_TEST

/* The second process has the same keys and goes on; with others it may not. */
START_TEST(another_process_goes_on_with_a_run) {
  bl_runs_source source = source_of(1, 3000), wrong = source;
  bl_runs *other = runs_open(1 << 20);

  write_on(runs, &source);
  step(runs, 1000);
  ck_assert_uint_eq(covered(other), 0);
  ck_assert_uint_eq(step(other, 5000), 0);          /* has no source */
  wrong.last_seq = 2;
  ck_assert_int_eq(bl_runs_write(other, place.store, 0, &wrong),
                   BILLING_CONFLICT);
  wrong = source;
  wrong.count--;
  ck_assert_int_eq(bl_runs_write(other, place.store, 0, &wrong),
                   BILLING_CONFLICT);
  write_on(other, &source);
  runs_settle(other, place.store);
  ck_assert_uint_eq(covered(other), 1);
  runs_are_sound(other, place.store);
  bl_runs_close(other);
}
END_TEST

START_TEST(a_run_that_is_given_up_leaves_nothing) {
  bl_runs_source source = source_of(1, 3000);

  write_on(runs, &source);
  step(runs, 1000);
  ck_assert_int_eq(bl_runs_abandon(runs, place.store, 0), 0);
  ck_assert_int_eq(bl_runs_abandon(runs, place.store, 0), 0);
  runs_settle(runs, place.store);
  ck_assert_uint_eq(runs_with_rows(), 0);
  ck_assert_uint_eq(covered(runs), 0);
  source = source_of(2, 500);
  write_on(runs, &source);
  runs_settle(runs, place.store);
  ck_assert_uint_eq(found(runs, 2, 499), 1);
  ck_assert_uint_eq(found(runs, 1, 5), 0);
}
END_TEST

/* ---- Merge ------------------------------------------------------------- */

static void write_runs(uint64_t from, uint64_t to, uint64_t count) {
  for (uint64_t seq = from; seq <= to; seq++) {
    bl_runs_source source = source_of(seq, count);

    write_on(runs, &source);
    while (covered(runs) < seq) step(runs, 1);
  }
}

/* A step of one record makes one chunk, and then pays it back. */
START_TEST(a_merge_is_gone_on_with_wherever_it_stopped) {
  int rests = 0;

  write_runs(1, 8, 700);
  for (int i = 0; step(runs, 300) && i < 1000; i++) {
    rests++;
    bl_runs_forget(runs);
    for (uint64_t seq = 1; seq <= 8; seq++)
      ck_assert_uint_eq(found(runs, seq, (uint64_t)i % 700), 1);
    if (i % 5 == 0) runs_are_sound(runs, place.store);
  }
  ck_assert_int_gt(rests, 20);
  ck_assert_uint_eq(runs_with_rows(), 1);
  ck_assert_uint_eq(runs->list.set[0].run[0].count, 5600);
  ck_assert_uint_eq(runs->list.set[0].run[0].level, 1);
  ck_assert_uint_eq(runs->list.set[0].run[0].first_seq, 1);
  ck_assert_uint_eq(runs->list.set[0].run[0].last_seq, 8);
  ck_assert_uint_eq(runs->list.set[0].run[0].low, runs_value(1, 0));
  ck_assert_uint_eq(runs->list.set[0].run[0].high, runs_value(8, 699));
  runs_are_sound(runs, place.store);
}
END_TEST

/* The same bytes, whether a merge rests or not. */
START_TEST(a_merge_that_rests_writes_the_same_rows) {
  bl_runs_rows rows = bl_runs_rows_of(runs, place.store);
  bl_arena arena;
  bl_runs_row row[2] = {{0}};
  size_t chunks = 0;

  bl_arena_open(&arena, NULL);
  row[0].arena = row[1].arena = &arena;
  write_runs(1, 8, 700);
  while (step(runs, 1)) bl_runs_forget(runs);
  ck_assert_int_eq(bl_runs_drop(runs, place.store, 1), 0);
  for (uint64_t seq = 1; seq <= 8; seq++) {
    bl_runs_source source = source_of(seq, 700);

    ck_assert_int_eq(bl_runs_write(runs, place.store, 1, &source), 0);
    runs_settle(runs, place.store);
  }
  for (uint32_t p = BL_RUNS_CHUNKS; p <= BL_RUNS_FILTERS; p++) {
    bl_runs_part a = {runs->list.set[0].run[0].number, p, 0};
    bl_runs_part b = {runs->list.set[1].run[0].number, p, 0};

    row[0].last.len = row[1].last.len = 0;
    while (!bl_runs_rows_first(&rows, a, &row[0].last, 1, &row[0])) {
      ck_assert_int_eq(bl_runs_rows_first(&rows, b, &row[1].last, 1,
                                          &row[1]), 0);
      ck_assert_uint_eq(row[0].len, row[1].len);
      ck_assert_mem_eq(row[0].bytes, row[1].bytes, row[0].len);
      chunks++;
    }
  }
  ck_assert_uint_gt(chunks, 12);
  bl_arena_close(&arena);
}
END_TEST

START_TEST(a_kind_that_is_dropped_leaves_nothing) {
  bl_runs_source source;

  write_runs(1, 9, 300);
  source = source_of(10, 3000);
  write_on(runs, &source);
  step(runs, 400);
  ck_assert_int_eq(bl_runs_drop(runs, place.store, 0), 0);
  ck_assert_uint_eq(covered(runs), 0);
  ck_assert_uint_eq(found(runs, 3, 3), 0);
  ck_assert_uint_eq(bl_runs_filter_held(runs), 0);
  runs_settle(runs, place.store);
  ck_assert_uint_eq(runs_with_rows(), 0);
  runs_are_sound(runs, place.store);
}
END_TEST

/* ---- Budgets ----------------------------------------------------------- */

static const billing_store_methods *counted;
static size_t rows_changed;

static int count_put(billing_store *s, uint32_t table,
                     const billing_value *rows, size_t count, uint32_t mode) {
  rows_changed += count;
  return counted->put(s, table, rows, count, mode);
}

static int count_remove(billing_store *s, uint32_t table,
                        const billing_value *key) {
  rows_changed++;
  return counted->remove(s, table, key);
}

/* Rows that steps write and remove, the list aside: those that each level was
 * paid for, and those that are written or removed at a time. */
START_TEST(a_step_keeps_to_its_budget) {
  enum { LEVELS = 3 };
  static billing_store_methods methods;
  uint64_t paid = 0, all = 0, budget = 0;

  counted = place.store->methods;
  methods = *counted;
  methods.put    = count_put;
  methods.remove = count_remove;
  place.store->methods = &methods;
  for (uint64_t seq = 1; seq <= 70; seq++) {
    bl_runs_source source = source_of(seq, 400 + seq);

    write_on(runs, &source);
    while (covered(runs) < seq) {
      budget = (budget * 7 + 13) % 1000;
      paid += budget;
      rows_changed = 0;
      step(runs, budget);
      if (rows_changed) rows_changed--;
      ck_assert_uint_le(rows_changed,
                        LEVELS * (budget / BL_RUNS_ROW_WORK + 16));
      all += rows_changed;
      ck_assert_uint_le(all, LEVELS * (paid / BL_RUNS_ROW_WORK + 16));
    }
  }
  place.store->methods = counted;
}
END_TEST

START_TEST(the_due_of_the_worked_example_is_so) {
  ck_assert_uint_eq(bl_runs_due(BL_RUNS_EVENT_KEYS, 1000, 0), 2267);
  ck_assert_uint_eq(bl_runs_due(BL_RUNS_INDEX, 1000, 13000), 2267);
  ck_assert_uint_eq(bl_runs_due(BL_RUNS_INDEX, 0, 0), 0);
  ck_assert_uint_eq(bl_runs_due(BL_RUNS_INDEX, 1, 1), 3);
}
END_TEST

/* A tail of 1,000 keys, 1,000 times: what is due is enough for three levels; a
 * tail is written before the next is full, and no level has more than twice
 * eight runs. */
START_TEST(what_is_due_keeps_the_runs_few) {
  size_t most = 0;

  for (uint64_t seq = 1; seq <= 1000; seq++) {
    bl_runs_source source = source_of(seq, 1000);

    write_on(runs, &source);
    for (int call = 0; call < 10; call++)
      step(runs, bl_runs_due(BL_RUNS_EVENT_KEYS, 100, 0));
    ck_assert_uint_eq(covered(runs), seq);
    for (uint32_t level = 0; level < BL_RUNS_LEVELS; level++) {
      size_t first, n = bl_runs_set_level(&runs->list.set[0], level, &first);

      ck_assert_uint_le(n, 2 * BL_RUNS_FAN);
      if (level && n > most) most = n;
    }
    ck_assert_uint_le(runs->list.doomed_count, 2 * BL_RUNS_FAN);
  }
  ck_assert_uint_ge(most, BL_RUNS_FAN);
  ck_assert_uint_ge(runs->list.set[0].run[0].level, 3);
}
END_TEST

/* The same with jobs that are numbers only, for 60 million keys and tails of
 * their true size. */
START_TEST(the_rule_holds_for_sixty_million_keys) {
  enum { LEVELS = 8 };
  const uint64_t tail = 131072, rows = 2 * BL_RUNS_ROW_WORK;
  uint64_t in_level[LEVELS + 1] = {0}, left[LEVELS + 1] = {0};
  uint64_t size[LEVELS + 1] = {0}, fresh = 0;
  const uint64_t budget = bl_runs_due(BL_RUNS_EVENT_KEYS, 1000, 0);
  int merging[LEVELS + 1] = {0}, is_writing = 0;

  for (int l = 0; l <= LEVELS; l++) size[l] = l ? size[l - 1] * 8 : tail;
  for (uint64_t key = 0; key < 60000000; key += 1000) {
    fresh += 1000;
    if (fresh >= tail && !is_writing) {
      fresh -= tail;
      left[0] = tail + tail / 490 * rows;
      is_writing = 1;
    }
    ck_assert_uint_le(fresh, 2 * tail);
    for (int l = 0; l <= LEVELS; l++) {
      left[l] -= left[l] < budget ? left[l] : budget;
      if (l == 0 && is_writing && !left[0]) {
        is_writing = 0;
        in_level[0]++;
      }
      if (l > 0 && merging[l] && !left[l]) {
        merging[l] = 0;
        in_level[l - 1] -= 8;
        in_level[l]++;
      }
      if (l < LEVELS && in_level[l] >= 8 && !merging[l + 1]) {
        merging[l + 1] = 1;
        left[l + 1] = size[l + 1] + size[l + 1] / 490 * rows +
                      size[l + 1] / 2240 * rows;
      }
      ck_assert_uint_le(in_level[l], 16);
    }
  }
}
END_TEST

Suite *test_engine_runs_step(void) {
  Suite *s = suite_create("engine/runs_step");
  TCase *t = tcase_create("runs_step");

  tcase_add_checked_fixture(t, begin, end);
  tcase_set_timeout(t, 60);
  tcase_add_test(t, a_source_becomes_a_run);
  tcase_add_test(t, a_source_of_nothing_covers_its_seqs);
  tcase_add_test(t, another_process_goes_on_with_a_run);
  tcase_add_test(t, a_run_that_is_given_up_leaves_nothing);
  tcase_add_test(t, a_merge_is_gone_on_with_wherever_it_stopped);
  tcase_add_test(t, a_merge_that_rests_writes_the_same_rows);
  tcase_add_test(t, a_kind_that_is_dropped_leaves_nothing);
  tcase_add_test(t, a_step_keeps_to_its_budget);
  tcase_add_test(t, the_due_of_the_worked_example_is_so);
  tcase_add_test(t, what_is_due_keeps_the_runs_few);
  tcase_add_test(t, the_rule_holds_for_sixty_million_keys);
  suite_add_tcase(s, t);
  return s;
}
