/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * test_engine_runs_job.c - every allocation and every call of the store fails
 * in turn: nothing is lost, nothing leaks, and the same work done again comes
 * to the same.
 */
#include "sorted_runs.h"

#define SOURCES 9
#define KEYS_EACH 300
#define NAMES_EACH 30

static runs_place place;
static billing_store *faulty;
static bl_runs_key pairs[SOURCES][KEYS_EACH];
static size_t held, left;

/* Refuses when `left` has come down to nothing. */
static void *refuse(void *user, void *p, size_t old_size, size_t size) {
  (void)user;
  if (size && left == 0) return NULL;
  left -= size > 0;
  held += size - old_size;
  if (size) return malloc(size);
  free(p);
  return NULL;
}

static const billing_allocator host = {refuse, NULL};

static int by_key(const void *a, const void *b) {
  const bl_runs_key *x = a, *y = b;

  return (x->key > y->key) - (x->key < y->key);
}

static void begin(void) {
  runs_make(&place, 0);
  faulty = faulty_store(place.store);
  place.store = faulty;
  for (uint64_t seq = 0; seq < SOURCES; seq++) {
    for (uint64_t i = 0; i < KEYS_EACH; i++) {
      pairs[seq][i].key   = runs_hash(seq * KEYS_EACH + i);
      pairs[seq][i].value = runs_value(seq + 1, i);
    }
    qsort(pairs[seq], KEYS_EACH, sizeof *pairs[seq], by_key);
  }
  left = SIZE_MAX;
  held = 0;
}

static void end(void) {
  runs_remove(&place);
}

static void name_of(uint64_t i, uint64_t seq, char name[16]) {
  memcpy(name, "customer 000", 13);
  i = i * seq % 100;
  name[10] = (char)('0' + i / 10);
  name[11] = (char)('0' + i % 10);
}

/* Names ascend: 30 of 100, other ones in each batch. */
static int name_at(void *user, uint64_t i, bl_runs_record *out) {
  static char name[16];
  uint64_t seq = *(uint64_t *)user;

  name_of(i * 3 + seq % 3, 1, name);
  memset(out, 0, sizeof *out);
  out->key   = bl_str_of(name);
  out->head  = bl_runs_head(out->key);
  out->bytes = BL_STR("value");
  return BILLING_OK;
}

/* ---- The work ---------------------------------------------------------- */

static int look_up_keys(bl_runs *r, uint64_t seq) {
  uint64_t value, keys[20];
  unsigned char maybe[20];
  bl_runs_batch batch = {keys, 20, maybe};
  int rc;

  for (uint64_t i = 0; i < 20; i++)
    keys[i] = runs_hash((seq - 1) * KEYS_EACH + i * 11);
  rc = bl_runs_screen(r, faulty, BL_RUNS_REQUESTS, &batch);
  for (uint64_t i = 0; !rc && i < 20; i++) {
    bl_runs_found found = {&value, 1, 0};

    rc = bl_runs_find_key(r, faulty, BL_RUNS_REQUESTS, keys[i], &found);
    if (rc) continue;
    ck_assert_uint_eq(found.count, 1);
    ck_assert_uint_eq(value, runs_value(seq, i * 11));
    ck_assert_uint_eq(maybe[i], 1);
  }
  return rc;
}

static int look_up_names(bl_runs *r, size_t *names) {
  bl_runs_range all = {BL_RUNS_INDEX, 0, {"", 0}, {"", 0}};
  bl_runs_scan *scan = NULL;
  bl_runs_record record;
  bl_arena arena;
  bl_str value;
  char name[16];
  int rc;

  bl_arena_open(&arena, &host);
  name_of(4, 1, name);
  rc = bl_runs_get(r, faulty, BL_RUNS_INDEX, bl_str_of(name), &arena, &value);
  if (!rc) ck_assert(bl_str_is(value, "value"));
  if (rc == BILLING_NOTFOUND) rc = BILLING_OK;
  if (!rc) rc = bl_runs_scan_open(r, faulty, &all, &scan);
  *names = 0;
  while (!rc) {
    rc = bl_runs_scan_next(scan, &record);
    *names += rc == BILLING_OK;
  }
  bl_runs_scan_close(scan);
  bl_arena_close(&arena);
  return rc == BILLING_DONE ? BILLING_OK : rc;
}

/* One source of each layout in a transaction of its own. */
static int work_once(bl_runs *r, uint64_t seq) {
  bl_runs_source keys = {seq, KEYS_EACH, pairs[seq - 1], NULL, NULL};
  bl_runs_source names = {seq, NAMES_EACH, NULL, name_at, &seq};
  uint32_t owes = 1;
  size_t count = 0;
  int rc = bl_store_begin(faulty, BILLING_BEGIN_WRITE);

  if (!rc) rc = bl_runs_write(r, faulty, BL_RUNS_REQUESTS, &keys);
  if (!rc) rc = bl_runs_write(r, faulty, BL_RUNS_INDEX, &names);
  while (!rc && owes) rc = bl_runs_step(r, faulty, 200, &owes);
  if (!rc) rc = look_up_keys(r, seq);
  if (!rc) rc = look_up_names(r, &count);
  if (!rc) ck_assert_uint_eq(count, seq < 3 ? seq * NAMES_EACH : 90);
  if (!rc) rc = bl_runs_verify(r, faulty, NULL);
  if (!rc) rc = bl_store_commit(faulty);
  if (!rc) return BILLING_OK;
  bl_store_rollback(faulty);
  bl_runs_forget(r);
  return rc;
}

/* All sources but the last; that one is the one that fails. */
static bl_runs *prepared(void) {
  bl_runs *r = NULL;

  ck_assert_int_eq(bl_runs_open(&r, &host, RUNS_TENANT, RUNS_SHARD, 100000),
                   0);
  for (uint64_t seq = 1; seq < SOURCES - 1; seq++)
    ck_assert_int_eq(work_once(r, seq), 0);
  return r;
}

START_TEST(every_allocation_may_fail) {
  bl_runs *r = prepared();
  size_t allowed = 0;
  int rc;

  do {
    left = allowed++;
    rc = work_once(r, SOURCES - 1);
    ck_assert(rc == BILLING_OK || rc == BILLING_NOMEM);
  } while (rc);
  left = SIZE_MAX;
  ck_assert_uint_gt(allowed, 20);
  ck_assert_int_eq(work_once(r, SOURCES), 0);
  bl_runs_close(r);
  ck_assert_uint_eq(held, 0);
  left = 0;
  ck_assert_int_eq(bl_runs_open(&r, &host, 1, 0, 0), BILLING_NOMEM);
  ck_assert_ptr_null(r);
}
END_TEST

START_TEST(every_call_of_the_store_may_fail) {
  bl_runs *r = prepared();
  uint64_t n = 0;
  int rc;

  do {
    faulty_arm(faulty, ++n, BILLING_STORE, FAULTY_ONCE);
    rc = work_once(r, SOURCES - 1);
    ck_assert_int_eq(rc, faulty_has_failed(faulty) ? BILLING_STORE : 0);
  } while (rc);
  faulty_arm(faulty, 0, 0, FAULTY_ONCE);
  ck_assert_uint_gt(n, 100);
  ck_assert_int_eq(work_once(r, SOURCES), 0);
  bl_runs_close(r);
  ck_assert_uint_eq(held, 0);
}
END_TEST

/* A source that cannot say its next record fails the step. */
static int fails_at(void *user, uint64_t i, bl_runs_record *out) {
  return i == 17 ? BILLING_NOMEM : name_at(user, i, out);
}

START_TEST(a_source_may_fail) {
  bl_runs *r = prepared();
  uint64_t seq = SOURCES - 1;
  bl_runs_source names = {seq, NAMES_EACH, NULL, fails_at, &seq};
  uint32_t owes;

  ck_assert_int_eq(bl_store_begin(faulty, BILLING_BEGIN_WRITE), 0);
  ck_assert_int_eq(bl_runs_write(r, faulty, BL_RUNS_INDEX, &names), 0);
  ck_assert_int_eq(bl_runs_step(r, faulty, 5000, &owes), BILLING_NOMEM);
  bl_store_rollback(faulty);
  bl_runs_forget(r);
  ck_assert_int_eq(work_once(r, SOURCES - 1), 0);
  bl_runs_close(r);
  ck_assert_uint_eq(held, 0);
}
END_TEST

Suite *test_engine_runs_job(void) {
  Suite *s = suite_create("engine/runs_job");
  TCase *t = tcase_create("runs_job");

  tcase_add_checked_fixture(t, begin, end);
  tcase_set_timeout(t, 60);
  tcase_add_test(t, every_allocation_may_fail);
  tcase_add_test(t, every_call_of_the_store_may_fail);
  tcase_add_test(t, a_source_may_fail);
  suite_add_tcase(s, t);
  return s;
}
