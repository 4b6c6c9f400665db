/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * test_engine_runs_verify.c - whatever happens to the rows of the runs is
 * named by verify, or has changed a record; and nothing else ever crashes.
 */
#include "sorted_runs.h"

#include <stdio.h>

#define SOURCES 10

static runs_place place;
static bl_runs *runs;
static bl_runs_key pairs[1500];
static char names[1500][24];
static store_dice dice;

static int by_key(const void *a, const void *b) {
  const bl_runs_key *x = a, *y = b;

  return (x->key > y->key) - (x->key < y->key);
}

static int name_at(void *user, uint64_t i, bl_runs_record *out) {
  (void)user;
  memset(out, 0, sizeof *out);
  out->key   = bl_str_of(names[i]);
  out->head  = bl_runs_head(out->key);
  out->bytes = bl_str_of(i % 9 ? "a value of some thirty bytes.." : "");
  return BILLING_OK;
}

/* Runs of both layouts, one merged, one half merged, one half written. */
static void begin(void) {
  uint32_t owes;

  runs_make(&place, 0);
  runs = runs_open(1 << 20);
  runs_begin(&place);
  dice.state = 521288629;
  for (uint64_t seq = 1; seq <= SOURCES; seq++) {
    bl_runs_source keys = {seq, 300, pairs, NULL, NULL};
    bl_runs_source records = {seq, 200, NULL, name_at, NULL};

    if (seq == SOURCES) keys.count = records.count = 1500;
    for (uint64_t i = 0; i < keys.count; i++) {
      pairs[i].key   = runs_hash(seq * 10000 + i);
      pairs[i].value = runs_value(seq, i);
      snprintf(names[i], sizeof names[i], "name %06d %d",
               (int)(i * seq), (int)i % 7);
    }
    qsort(pairs, keys.count, sizeof *pairs, by_key);
    ck_assert_int_eq(bl_runs_write(runs, place.store, BL_RUNS_EVENT_KEYS,
                                   &keys), 0);
    ck_assert_int_eq(bl_runs_write(runs, place.store, BL_RUNS_STATE,
                                   &records), 0);
    if (seq < SOURCES) runs_settle(runs, place.store);
  }
  ck_assert_int_eq(bl_runs_step(runs, place.store, 500, &owes), 0);
  ck_assert_int_eq(bl_runs_step(runs, place.store, 500, &owes), 0);
  ck_assert_int_eq(bl_runs_step(runs, place.store, 500, &owes), 0);
  runs_are_sound(runs, place.store);
}

static void end(void) {
  bl_runs_close(runs);
  bl_store_rollback(place.store);
  runs_remove(&place);
}

static int verify(char text[512]) {
  billing_error err;
  int rc;

  BILLING_INIT(&err);
  rc = bl_runs_verify(runs, place.store, &err);
  memcpy(text, err.message, 512);
  return rc;
}

/* ---- Rows -------------------------------------------------------------- */

#define ROWS_MOST 200

typedef struct copy {
  billing_value row[BL_RUNS_COLUMNS];
  char          last[256];
  char          bytes[5000];
} copy;

static copy copies[ROWS_MOST];
static size_t copy_count;

static void copy_rows(void) {
  billing_value row[BL_RUNS_COLUMNS];
  billing_scan all = bl_scan_prefix(BL_TABLE_RUNS, 0, NULL, 0);
  void *scan;

  copy_count = 0;
  ck_assert_int_eq(bl_store_scan(place.store, &all, &scan), 0);
  while (!bl_store_next(place.store, scan, row)) {
    copy *c = &copies[copy_count++];

    ck_assert_uint_lt(copy_count, ROWS_MOST);
    memcpy(c->row, row, sizeof row);
    memcpy(c->last, row[BL_RUNS_LAST].bytes.text, row[BL_RUNS_LAST].bytes.len);
    memcpy(c->bytes, row[BL_RUNS_BYTES].bytes.text,
           row[BL_RUNS_BYTES].bytes.len);
    c->row[BL_RUNS_LAST].bytes.text  = c->last;
    c->row[BL_RUNS_BYTES].bytes.text = c->bytes;
  }
  bl_store_end(place.store, scan);
}

static void put(const billing_value *row) {
  ck_assert_int_eq(bl_store_put(place.store, BL_TABLE_RUNS, row, 1,
                                BILLING_PUT_REPLACE), 0);
}

static void take(const billing_value *row) {
  ck_assert_int_eq(bl_store_remove(place.store, BL_TABLE_RUNS, row), 0);
}

static int is_list(const copy *c) {
  return c->row[BL_RUNS_RUN].integer == 0;
}

START_TEST(a_row_that_is_gone_is_named) {
  char text[512];

  copy_rows();
  for (size_t i = 0; i < copy_count; i++) {
    take(copies[i].row);
    ck_assert_int_eq(verify(text), BILLING_CORRUPT);
    ck_assert(strstr(text, is_list(&copies[i]) ? "not in the list" : "run "));
    put(copies[i].row);
  }
  ck_assert_int_eq(verify(text), 0);
}
END_TEST

START_TEST(a_row_too_many_is_named) {
  char text[512];

  copy_rows();
  for (size_t i = 0; i < copy_count; i++) {
    billing_value row[BL_RUNS_COLUMNS];

    if (is_list(&copies[i])) continue;
    memcpy(row, copies[i].row, sizeof row);
    row[BL_RUNS_RUN] = bl_value_int(100000);
    put(row);
    ck_assert_int_eq(verify(text), BILLING_CORRUPT);
    ck_assert_str_eq(text, "run 100000 is not in the list");
    take(row);
    memcpy(row, copies[i].row, sizeof row);
    row[BL_RUNS_LAST] = bl_value_blob("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFE"
                                      "\0\0\0\0\0\0\0\0", 16);
    put(row);
    ck_assert_int_eq(verify(text), BILLING_CORRUPT);
    take(row);
  }
}
END_TEST

/* Whatever can be done with runs, on rows that are damaged. */
static void use_all(void) {
  bl_runs_range all = {BL_RUNS_STATE, 0, {"", 0}, {"", 0}};
  bl_runs_scan *scan = NULL;
  bl_runs_record record;
  bl_arena arena;
  bl_str value;
  uint32_t owes = 1;
  int rc;

  bl_runs_forget(runs);
  bl_arena_open(&arena, NULL);
  for (uint64_t i = 0; i < 40; i++) {
    bl_runs_found found = {NULL, 0, 0};
    uint64_t seq = 1 + i % SOURCES;

    rc = bl_runs_find_key(runs, place.store, BL_RUNS_EVENT_KEYS,
                          runs_hash(seq * 10000 + 7 * i), &found);
    ck_assert(rc == BILLING_OK || rc == BILLING_CORRUPT);
    rc = bl_runs_get(runs, place.store, BL_RUNS_STATE,
                     bl_str_of(names[37 * i]), &arena, &value);
    ck_assert(rc == BILLING_OK || rc == BILLING_CORRUPT ||
              rc == BILLING_NOTFOUND);
  }
  rc = bl_runs_scan_open(runs, place.store, &all, &scan);
  while (!rc) rc = bl_runs_scan_next(scan, &record);
  ck_assert(rc == BILLING_DONE || rc == BILLING_CORRUPT);
  bl_runs_scan_close(scan);
  bl_arena_close(&arena);
  rc = BILLING_OK;
  for (int i = 0; !rc && owes && i < 100; i++)
    rc = bl_runs_step(runs, place.store, 2000, &owes);
  ck_assert(rc == BILLING_OK || rc == BILLING_CORRUPT);
}

static void put_back(void) {
  billing_value row[BL_RUNS_COLUMNS];
  billing_scan all = bl_scan_prefix(BL_TABLE_RUNS, 0, NULL, 0);
  void *scan;

  bl_runs_forget(runs);
  ck_assert_int_eq(bl_store_scan(place.store, &all, &scan), 0);
  while (!bl_store_next(place.store, scan, row)) take(row);
  bl_store_end(place.store, scan);
  for (size_t i = 0; i < copy_count; i++) put(copies[i].row);
}

/* A byte is changed: of a filter verify always knows; of a chunk, unless it
 * makes another record; of the list, unless it is a seq or the like. */
START_TEST(damage_is_named_and_harmless) {
  int unnoticed = 0, tries = 0;
  char text[512];

  copy_rows();
  for (size_t i = 0; i < copy_count; i++)
    for (int round = 0; round < (is_list(&copies[i]) ? 100 : 6); round++) {
      copy damaged = copies[i];
      size_t len = damaged.row[BL_RUNS_BYTES].bytes.len;
      size_t at = store_throw(&dice, len);
      int rc;

      damaged.row[BL_RUNS_LAST].bytes.text  = damaged.last;
      damaged.row[BL_RUNS_BYTES].bytes.text = damaged.bytes;
      if (round % 3 == 2)
        damaged.row[BL_RUNS_BYTES].bytes.len = at;
      else
        damaged.bytes[at] =
            (char)(damaged.bytes[at] ^ (1 << store_throw(&dice, 8)));
      put(damaged.row);
      rc = verify(text);
      ck_assert(rc == BILLING_OK || rc == BILLING_CORRUPT);
      if (rc) ck_assert_uint_gt(strlen(text), 5);
      if (damaged.row[BL_RUNS_PART].integer == BL_RUNS_FILTERS)
        ck_assert_int_eq(rc, BILLING_CORRUPT);
      unnoticed += rc == BILLING_OK;
      tries++;
      use_all();
      put_back();
    }
  ck_assert_int_lt(unnoticed, tries / 2);
  ck_assert_int_eq(verify(text), 0);
}
END_TEST

Suite *test_engine_runs_verify(void) {
  Suite *s = suite_create("engine/runs_verify");
  TCase *t = tcase_create("runs_verify");

  tcase_add_checked_fixture(t, begin, end);
  tcase_set_timeout(t, 60);
  tcase_add_test(t, a_row_that_is_gone_is_named);
  tcase_add_test(t, a_row_too_many_is_named);
  tcase_add_test(t, damage_is_named_and_harmless);
  suite_add_tcase(s, t);
  return s;
}
