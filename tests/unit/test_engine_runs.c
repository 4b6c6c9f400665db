/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * test_engine_runs.c - runs beside a model: two handles take turns on one
 * store, calls fail, handles are closed and opened, and after each call all
 * that can be looked up is what a plain list says.
 */
#include "sorted_runs.h"

#include <stdlib.h>

/* ---- KEYS: a journal of keys, and processes that fold it --------------- */

#define PAIRS_MOST 40000

static runs_place place;
static store_dice dice;
static bl_runs_key journal[PAIRS_MOST];       /* committed */
static size_t journal_count;
static uint64_t head_seq, head_version;

typedef struct process {
  bl_runs    *runs;
  bl_key_tail tail;
  uint64_t    seq;                 /* folded through */
  uint64_t    frozen_seq;
  size_t      filter_room;
} process;

static void process_open(process *p, size_t filter_room) {
  p->runs        = runs_open(filter_room);
  p->filter_room = filter_room;
  p->seq         = UINT64_MAX;
  bl_key_tail_open(&p->tail, NULL);
}

static void process_close(process *p) {
  bl_runs_close(p->runs);
  bl_key_tail_close(&p->tail);
}

/* Keys that are in no run yet come into the tail. */
static void process_fold(process *p, uint64_t covered) {
  if (p->seq == UINT64_MAX) p->seq = covered;
  for (size_t i = 0; i < journal_count; i++) {
    uint64_t seq = journal[i].value >> BL_RUNS_PLACE_BITS;

    if (seq > p->seq && seq > covered)
      ck_assert_int_eq(bl_key_tail_put(&p->tail, journal[i].key,
                                       journal[i].value), 0);
  }
  p->seq = head_seq;
}

static void process_sync(process *p) {
  uint64_t covered = 0;

  if (bl_runs_version(p->runs) != head_version)
    ck_assert_int_eq(bl_runs_load(p->runs, place.store), 0);
  ck_assert_uint_eq(bl_runs_version(p->runs), head_version);
  ck_assert_int_eq(bl_runs_covered(p->runs, place.store, BL_RUNS_EVENT_KEYS,
                                   &covered), 0);
  if (p->tail.frozen_count && covered < p->frozen_seq)
    ck_assert_int_eq(bl_key_tail_thaw(&p->tail), 0);
  bl_key_tail_release(&p->tail, runs_value(covered, 65535));
  process_fold(p, covered);
}

static int is_less(const void *a, const void *b) {
  uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

  return (x > y) - (x < y);
}

/* Every value of the key, once. */
static void key_is_right(process *p, uint64_t key) {
  uint64_t wanted[300], got[300];
  bl_runs_found found = {got, 300, 0};
  unsigned char maybe = 0;
  bl_runs_batch batch = {&key, 1, &maybe};
  size_t count = 0, in_tail;

  for (size_t i = 0; i < journal_count; i++)
    if (journal[i].key == key) wanted[count++] = journal[i].value;
  bl_key_tail_prefetch(&p->tail, key);
  bl_runs_prefetch(p->runs, BL_RUNS_EVENT_KEYS, key);
  bl_key_tail_find(&p->tail, key, &found);
  in_tail = found.count;
  ck_assert_int_eq(bl_runs_find_key(p->runs, place.store, BL_RUNS_EVENT_KEYS,
                                    key, &found), 0);
  ck_assert_uint_eq(found.count, count);
  qsort(got, count, sizeof *got, is_less);
  for (size_t i = 0; i < count; i++) ck_assert_uint_eq(got[i], wanted[i]);
  ck_assert_int_eq(bl_runs_screen(p->runs, place.store, BL_RUNS_EVENT_KEYS,
                                  &batch), 0);
  if (found.count > in_tail) {
    ck_assert_uint_eq(maybe, 1);
    ck_assert_int_eq(bl_runs_may_have(p->runs, BL_RUNS_EVENT_KEYS, key), 1);
  }
}

static uint64_t any_key(void) {
  if (journal_count && store_throw(&dice, 3))
    return journal[store_throw(&dice, journal_count)].key;
  return runs_hash(store_throw(&dice, 100000));
}

/* A few keys often, most of them once. */
static uint64_t new_key(void) {
  if (store_throw(&dice, 10) == 0) return runs_hash(store_throw(&dice, 50));
  return runs_hash(1000 + store_throw(&dice, UINT32_MAX));
}

/* The tail is frozen through what another process has begun to write, or
 * through the call before this one. */
static int process_freeze(process *p, size_t limit) {
  uint64_t through = head_seq, count;
  int rc = bl_runs_writing(p->runs, place.store, BL_RUNS_EVENT_KEYS, &through,
                           &count);

  if (p->tail.frozen_count || (rc && p->tail.count < limit)) return 0;
  ck_assert_int_eq(bl_key_tail_freeze(&p->tail, runs_value(through, 65535)),
                   0);
  p->frozen_seq = through;
  if (!rc) ck_assert_uint_eq(p->tail.frozen_count, count);
  return p->tail.frozen_count > 0;
}

static void process_step(process *p) {
  bl_runs_source source = bl_key_tail_source(&p->tail, p->frozen_seq);
  uint32_t owes;

  if (p->tail.frozen_count)
    ck_assert_int_eq(bl_runs_write(p->runs, place.store, BL_RUNS_EVENT_KEYS,
                                   &source), 0);
  ck_assert_int_eq(bl_runs_step(p->runs, place.store,
                                store_throw(&dice, 3000), &owes), 0);
}

/* One call with up to `most` new keys; sometimes it is rolled back. */
static void process_call(process *p, size_t most, size_t limit) {
  size_t before = journal_count, mark, count = store_throw(&dice, most + 1);
  int has_frozen;

  runs_begin(&place);
  process_sync(p);
  for (int i = 0; i < 4; i++) key_is_right(p, any_key());
  mark = p->tail.count;
  for (size_t n = 0; n < count && journal_count < PAIRS_MOST; n++) {
    bl_runs_key pair = {new_key(), runs_value(head_seq + 1, n)};

    journal[journal_count++] = pair;
    ck_assert_int_eq(bl_key_tail_put(&p->tail, pair.key, pair.value), 0);
  }
  has_frozen = process_freeze(p, limit);
  process_step(p);
  if (store_throw(&dice, 5)) {
    runs_commit(&place);
    p->seq = ++head_seq;
    head_version = bl_runs_version(p->runs);
    return;
  }
  bl_store_rollback(place.store);
  bl_runs_forget(p->runs);
  if (has_frozen) ck_assert_int_eq(bl_key_tail_thaw(&p->tail), 0);
  bl_key_tail_cut(&p->tail, mark);
  journal_count = before;
}

static void keys_agree(int kind, size_t filter_room) {
  process both[2];

  runs_make(&place, kind);
  dice.state = 88172645463325252u + (uint64_t)kind;
  journal_count = 0;
  head_seq = head_version = 0;
  for (int i = 0; i < 2; i++) process_open(&both[i], filter_room);
  for (int call = 0; call < 400; call++) {
    process *p = &both[store_throw(&dice, 4) == 0];

    process_call(p, call < 200 ? 60 : 120, 150);
    if (store_throw(&dice, 40)) continue;
    process_close(p);
    process_open(p, filter_room);
  }
  runs_begin(&place);
  process_sync(&both[0]);
  for (size_t i = 0; i < journal_count; i += 7)
    key_is_right(&both[0], journal[i].key);
  runs_are_sound(both[0].runs, place.store);
  runs_commit(&place);
  for (int i = 0; i < 2; i++) process_close(&both[i]);
  runs_remove(&place);
}

START_TEST(keys_agree_with_a_list) {
  keys_agree(_i, 1 << 20);
}
END_TEST

START_TEST(keys_agree_with_little_room_for_filters) {
  keys_agree(_i, 20000);
}
END_TEST

START_TEST(keys_agree_without_filters) {
  keys_agree(_i, 0);
}
END_TEST

/* ---- RECORDS: batches of changes, and what they come to ---------------- */

#define NAMES 300
#define CHANGES_MOST 120

typedef struct batch {
  uint32_t count;
  uint64_t seq;
  int      name[CHANGES_MOST];          /* ascending */
  int      value[CHANGES_MOST];         /* 0: gone */
} batch;

static char names[NAMES][40];
static size_t name_len[NAMES];
static int covered_value[NAMES];     /* what the runs have to say; 0: none */
static char value_text[5000];

static int by_name(const void *a, const void *b) {
  return strcmp(a, b);
}

/* Names of one to thirty bytes, with many beginnings in common; no two are the
 * same, and they ascend. */
static void make_names(void) {
  size_t count = 0;

  while (count < NAMES) {
    size_t len = 1 + store_throw(&dice, 30), i = 0;

    memset(names[count], 0, sizeof names[count]);
    for (; i < len; i++)
      names[count][i] = (char)('a' + store_throw(&dice, i < 9 ? 2 : 20));
    for (i = 0; i < count && strcmp(names[i], names[count]); i++) continue;
    count += i == count;
  }
  qsort(names, NAMES, sizeof *names, by_name);
  for (size_t i = 0; i < NAMES; i++) name_len[i] = strlen(names[i]);
  memset(value_text, 'v', sizeof value_text);
}

/* Value v, as bytes: short, long, or longer than a row. */
static bl_str value_bytes(int v) {
  size_t len = v % 50 == 0 ? 4500 : v % 7 == 0 ? 700 : (size_t)(v % 60) + 9;
  bl_str bytes = {value_text, v ? len : 0};

  return bytes;
}

static int value_is(int v, bl_str bytes) {
  return bl_str_equal(bytes, value_bytes(v));
}

static int batch_at(void *user, uint64_t i, bl_runs_record *out) {
  const batch *b = user;

  memset(out, 0, sizeof *out);
  out->key.text = names[b->name[i]];
  out->key.len  = name_len[b->name[i]];
  out->head     = bl_runs_head(out->key);
  out->bytes    = value_bytes(b->value[i]);
  return BILLING_OK;
}

static void batch_make(batch *b, uint64_t seq, int *next) {
  b->count = 0;
  b->seq   = seq;
  for (int i = (int)store_throw(&dice, 10); i < NAMES;
       i += 1 + (int)store_throw(&dice, 20)) {
    b->name[b->count]    = i;
    b->value[b->count++] = store_throw(&dice, 4) ? ++*next : 0;
    ck_assert_uint_lt(b->count, CHANGES_MOST);
  }
}

static void names_are_right(bl_runs *r) {
  bl_arena arena;
  bl_str value;

  bl_arena_open(&arena, NULL);
  for (int i = 0; i < NAMES; i += 1 + (int)store_throw(&dice, 30)) {
    bl_str key = {names[i], name_len[i]};
    int rc = bl_runs_get(r, place.store, BL_RUNS_STATE, key, &arena, &value);

    ck_assert_int_eq(rc, covered_value[i] ? 0 : BILLING_NOTFOUND);
    if (!rc) ck_assert(value_is(covered_value[i], value));
  }
  bl_arena_close(&arena);
}

/* Whether a range holds this name, as runs.h says. */
static int is_within(const bl_runs_range *range, int i) {
  size_t len = range->to.len < name_len[i] ? range->to.len : name_len[i];

  if (range->from.len && strcmp(names[i], range->from.text) < 0) return 0;
  return strncmp(names[i], range->to.text, len) <= 0;
}

static void range_is_right(bl_runs *r, const bl_runs_range *range) {
  bl_runs_scan *scan = NULL;
  bl_runs_record record;

  ck_assert_int_eq(bl_runs_scan_open(r, place.store, range, &scan), 0);
  for (int i = 0; i < NAMES; i++) {
    bl_str key = {names[i], name_len[i]};

    if (!covered_value[i] || !is_within(range, i)) continue;
    ck_assert_int_eq(bl_runs_scan_next(scan, &record), 0);
    ck_assert(bl_str_equal(record.key, key));
    ck_assert(value_is(covered_value[i], record.bytes));
  }
  ck_assert_int_eq(bl_runs_scan_next(scan, &record), BILLING_DONE);
  ck_assert_int_eq(bl_runs_scan_next(scan, &record), BILLING_DONE);
  bl_runs_scan_close(scan);
}

/* All, between two names, and all that begin with the same bytes. */
static void ranges_are_right(bl_runs *r) {
  int a = (int)store_throw(&dice, NAMES), b = (int)store_throw(&dice, NAMES);
  bl_runs_range all = {BL_RUNS_STATE, 0, {"", 0}, {"", 0}};
  bl_runs_range some = all, same = all;

  some.from.text = names[a];
  some.from.len  = name_len[a];
  some.to.text   = names[b];
  some.to.len    = name_len[b];
  names[a][name_len[a]] = '\0';
  range_is_right(r, &some);
  if (store_throw(&dice, 4) == 0) range_is_right(r, &all);
  same.from = same.to = some.to;
  range_is_right(r, &same);
}

/* A batch of changes is written; a process or two do the work, and some of
 * their calls are rolled back. */
static void records_agree(int kind, size_t filter_room) {
  batch b = {0};
  bl_runs *runs[2];
  bl_runs_source source = {0, 0, NULL, batch_at, &b};
  uint64_t version = 0, covered = 0;
  int next = 0;

  runs_make(&place, kind);
  dice.state = 362436069u + (uint64_t)kind;
  make_names();
  memset(covered_value, 0, sizeof covered_value);
  for (int i = 0; i < 2; i++) runs[i] = runs_open(filter_room);
  for (int call = 0; call < 600; call++) {
    bl_runs **r = &runs[store_throw(&dice, 5) == 0];
    uint32_t owes;

    runs_begin(&place);
    if (bl_runs_version(*r) != version)
      ck_assert_int_eq(bl_runs_load(*r, place.store), 0);
    ck_assert_int_eq(bl_runs_covered(*r, place.store, BL_RUNS_STATE,
                                     &covered), 0);
    if (covered == b.seq) {
      for (size_t i = 0; i < b.count; i++)
        covered_value[b.name[i]] = b.value[i];
      batch_make(&b, b.seq + 1, &next);
      source.last_seq = b.seq;
      source.count    = b.count;
    }
    names_are_right(*r);
    ranges_are_right(*r);
    ck_assert_int_eq(bl_runs_write(*r, place.store, BL_RUNS_STATE, &source),
                     0);
    ck_assert_int_eq(bl_runs_step(*r, place.store, store_throw(&dice, 3000),
                                  &owes), 0);
    if (call % 100 == 0) runs_are_sound(*r, place.store);
    if (store_throw(&dice, 4)) {
      runs_commit(&place);
      version = bl_runs_version(*r);
    } else {
      bl_store_rollback(place.store);
      bl_runs_forget(*r);
    }
    if (store_throw(&dice, 30)) continue;
    bl_runs_close(*r);
    *r = runs_open(filter_room);
  }
  ck_assert_uint_gt(b.seq, 80);
  for (int i = 0; i < 2; i++) bl_runs_close(runs[i]);
  runs_remove(&place);
}

START_TEST(records_agree_with_a_table) {
  records_agree(_i, 1 << 20);
}
END_TEST

START_TEST(records_agree_with_little_room_for_filters) {
  records_agree(_i, 20000);
}
END_TEST

Suite *test_engine_runs(void) {
  Suite *s = suite_create("engine/runs");
  TCase *t = tcase_create("runs");

  tcase_set_timeout(t, 120);
  tcase_add_loop_test(t, keys_agree_with_a_list, 0, 3);
  tcase_add_loop_test(t, keys_agree_with_little_room_for_filters, 0, 2);
  tcase_add_loop_test(t, keys_agree_without_filters, 0, 1);
  tcase_add_loop_test(t, records_agree_with_a_table, 0, 3);
  tcase_add_loop_test(t, records_agree_with_little_room_for_filters, 0, 1);
  suite_add_tcase(s, t);
  return s;
}
