/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* test_engine_runs_cursor.c - several runs read as one, and rows that are not
 * in order. */
#include "sorted_runs.h"

static runs_place place;
static bl_runs_rows rows;
static const bl_runs_place start;

static void begin(void) {
  runs_make(&place, 0);
  runs_begin(&place);
  rows.store  = place.store;
  rows.tenant = RUNS_TENANT;
  rows.shard  = RUNS_SHARD;
}

static void end(void) {
  bl_store_rollback(place.store);
  runs_remove(&place);
}

/* A chunk of keys from `first` on in steps of `gap`, all with this value. */
static void put_chunk(uint64_t run, uint64_t first, uint64_t gap,
                      uint64_t value) {
  bl_runs_part part = {run, BL_RUNS_CHUNKS, 0};
  unsigned char packed[BL_RUNS_ROW];
  bl_str bytes = {(const char *)packed, 0};
  bl_runs_record last = {0, value, {"", 0}, {"", 0}};
  bl_key_chunk chunk;
  bl_runs_place at;

  chunk.count = 0;
  for (uint64_t i = 0; i < 10; i++) {
    bl_runs_key pair = {first + i * gap, value};

    last.head = pair.key;
    ck_assert_int_eq(bl_key_chunk_add(&chunk, pair), 1);
  }
  bytes.len = bl_key_chunk_pack(&chunk, packed);
  bl_runs_place_of(&at, &last);
  ck_assert_int_eq(bl_runs_rows_put(&rows, part, &at, bytes), 0);
}

static void open_merge(bl_runs_merge *m, uint64_t count) {
  ck_assert_int_eq(bl_runs_merge_open(m, &rows, NULL, BL_RUNS_EVENT_KEYS, 8),
                   0);
  for (uint64_t run = count; run > 0; run--)
    ck_assert_int_eq(bl_runs_merge_add(m, run, &start, 0), 0);
  bl_runs_merge_start(m);
}

/* Three runs of two chunks; the pairs of the third are those of the first. */
START_TEST(runs_are_read_as_one) {
  bl_runs_merge m;
  uint64_t before = 0, count = 0;

  put_chunk(1, 100, 10, 5);
  put_chunk(1, 300, 10, 5);
  put_chunk(2, 105, 10, 5);
  put_chunk(2, 280, 7, 5);
  put_chunk(3, 100, 10, 5);
  put_chunk(3, 300, 10, 5);
  open_merge(&m, 4);                       /* the fourth has no rows */
  ck_assert_uint_eq(m.count, 3);
  for (; m.least; count++) {
    ck_assert_uint_gt(m.least->head.head, before);
    before = m.least->head.head;
    ck_assert_int_eq(bl_runs_merge_next(&m), 0);
  }
  ck_assert_uint_eq(count, 40);            /* no key is in both halves */
  bl_runs_merge_close(&m);
}
END_TEST

/* Of the pair (100, 5) and on: at it, or behind it. */
START_TEST(a_run_is_read_from_a_place_on) {
  static const struct {
    uint64_t key;
    int      after;
    uint64_t first;
  } tries[] = {{0, 0, 100},   {100, 0, 100}, {100, 1, 110}, {101, 0, 110},
               {190, 1, 300}, {191, 0, 300}, {390, 0, 390}, {390, 1, 0},
               {400, 0, 0}};

  put_chunk(1, 100, 10, 5);
  put_chunk(1, 300, 10, 5);
  for (size_t i = 0; i < BL_COUNT(tries); i++) {
    bl_runs_record from = {tries[i].key, 5, {"", 0}, {"", 0}};
    bl_runs_place at;
    bl_runs_merge m;

    bl_runs_place_of(&at, &from);
    ck_assert_int_eq(bl_runs_merge_open(&m, &rows, NULL, BL_RUNS_EVENT_KEYS,
                                        1), 0);
    ck_assert_int_eq(bl_runs_merge_add(&m, 1, &at, tries[i].after), 0);
    bl_runs_merge_start(&m);
    ck_assert_uint_eq(m.least ? m.least->head.head : 0, tries[i].first);
    bl_runs_merge_close(&m);
  }
}
END_TEST

/* The second chunk begins below the end of the first. */
START_TEST(chunks_that_overlap_are_corrupt) {
  bl_runs_merge m;
  int rc = 0;

  put_chunk(1, 100, 10, 5);
  put_chunk(1, 150, 10, 5);
  open_merge(&m, 1);
  while (!rc && m.least) rc = bl_runs_merge_next(&m);
  ck_assert_int_eq(rc, BILLING_CORRUPT);
  bl_runs_merge_close(&m);
}
END_TEST

/* A row says that it ends where it does not. */
START_TEST(a_wrong_end_is_corrupt) {
  bl_runs_part part = {2, BL_RUNS_CHUNKS, 0};
  bl_arena arena;
  bl_runs_row row = {0};
  bl_runs_merge m;

  bl_arena_open(&arena, NULL);
  row.arena = &arena;
  put_chunk(1, 100, 10, 5);
  part.run = 1;
  ck_assert_int_eq(bl_runs_rows_first(&rows, part, &start, 0, &row), 0);
  row.last.bytes[15]++;
  part.run = 2;
  ck_assert_int_eq(bl_runs_rows_put(&rows, part, &row.last,
                                    (bl_str){row.bytes, row.len}), 0);
  ck_assert_int_eq(bl_runs_merge_open(&m, &rows, NULL, BL_RUNS_EVENT_KEYS, 1),
                   0);
  ck_assert_int_eq(bl_runs_merge_add(&m, 2, &start, 0), BILLING_CORRUPT);
  bl_runs_merge_close(&m);
  bl_arena_close(&arena);
}
END_TEST

Suite *test_engine_runs_cursor(void) {
  Suite *s = suite_create("engine/runs_cursor");
  TCase *t = tcase_create("runs_cursor");

  tcase_add_checked_fixture(t, begin, end);
  tcase_add_test(t, runs_are_read_as_one);
  tcase_add_test(t, a_run_is_read_from_a_place_on);
  tcase_add_test(t, chunks_that_overlap_are_corrupt);
  tcase_add_test(t, a_wrong_end_is_corrupt);
  suite_add_tcase(s, t);
  return s;
}
