/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * test_store_checked.c - that breaches of the contract are noticed, on either
 * side, and said in a sentence; and that the faulty store fails as told.
 */
#include "faulty.h"
#include "stores.h"
#include "unit.h"

#define I(n) store_int(n)
#define T(s) store_text(s)

static const billing_column columns[] = {{"id", BILLING_VALUE_INTEGER, 0},
                                         {"name", BILLING_VALUE_TEXT, 0}};
static const uint32_t by_name[] = {1};
static const billing_index indexes[] = {{"name", by_name, 1}};
static const billing_table table = {
    sizeof table, 0, "billing_names", columns, 2, 1, indexes, 1};
static const billing_table *const tables[] = {&table};

/* ---- A store that lies -------------------------------------------------- */

enum lie {
  HONEST,
  GIVES_ANOTHER_ROW,
  GIVES_ANOTHER_TYPE,
  PUTS_NOTHING,
  PUTS_SOMETHING_ELSE,
  REMOVES_NOTHING,
  IGNORES_BOUNDS,
  REPEATS_A_ROW,
  GOES_ON_AFTER_DONE,
  RETURNS_DENIED,
  RETURNS_NOTFOUND_ON_COMMIT,
  HAS_NO_NAME
};

typedef struct liar {
  billing_store  base;
  billing_store *inner;
  enum lie       lie;
  int            calls;
  billing_value  row[2];
} liar;

static liar *liar_of(billing_store *s) {
  return (liar *)(void *)s;
}

static int liar_declare(billing_store *s, const billing_table *const *list,
                        size_t count) {
  return bl_store_declare(liar_of(s)->inner, list, count);
}

static int liar_begin(billing_store *s, uint32_t mode) {
  return bl_store_begin(liar_of(s)->inner, mode);
}

static int liar_commit(billing_store *s) {
  int rc = bl_store_commit(liar_of(s)->inner);

  return liar_of(s)->lie == RETURNS_NOTFOUND_ON_COMMIT ? BILLING_NOTFOUND : rc;
}

static void liar_rollback(billing_store *s) {
  bl_store_rollback(liar_of(s)->inner);
}

static int liar_get(billing_store *s, uint32_t number,
                    const billing_value *key, billing_value *row) {
  liar *l = liar_of(s);
  int rc = bl_store_get(l->inner, number, key, row);

  if (!rc && l->lie == GIVES_ANOTHER_ROW) row[0].integer++;
  if (!rc && l->lie == GIVES_ANOTHER_TYPE) row[1].type = BILLING_VALUE_BLOB;
  return l->lie == RETURNS_DENIED ? BILLING_DENIED : rc;
}

static int liar_put(billing_store *s, uint32_t number,
                    const billing_value *rows, size_t count, uint32_t mode) {
  liar *l = liar_of(s);
  billing_value other[] = {rows[0], T("else")};

  if (l->lie == PUTS_NOTHING) return BILLING_OK;
  if (l->lie == PUTS_SOMETHING_ELSE) rows = other;
  return bl_store_put(l->inner, number, rows, count, mode);
}

static int liar_remove(billing_store *s, uint32_t number,
                       const billing_value *key) {
  if (liar_of(s)->lie == REMOVES_NOTHING) return BILLING_OK;
  return bl_store_remove(liar_of(s)->inner, number, key);
}

static int liar_scan(billing_store *s, const billing_scan *range,
                     void **rows) {
  billing_scan all = *range;

  if (liar_of(s)->lie == IGNORES_BOUNDS) all.from_count = all.to_count = 0;
  return bl_store_scan(liar_of(s)->inner, &all, rows);
}

static int liar_next(billing_store *s, void *rows, billing_value *row) {
  liar *l = liar_of(s);
  int rc = bl_store_next(l->inner, rows, row);

  if (!rc && l->lie == REPEATS_A_ROW && l->calls++ > 0)
    memcpy(row, l->row, sizeof l->row);
  if (rc == BILLING_DONE && l->lie == GOES_ON_AFTER_DONE && l->calls++ > 0) {
    row[0] = I(99);
    row[1] = T("z");
    return BILLING_OK;
  }
  if (!rc) memcpy(l->row, row, sizeof l->row);
  return rc;
}

static void liar_end(billing_store *s, void *rows) {
  bl_store_end(liar_of(s)->inner, rows);
}

static int liar_lock(billing_store *s, int64_t tenant, int64_t shard) {
  return bl_store_lock(liar_of(s)->inner, tenant, shard);
}

static int liar_scrub(billing_store *s) {
  return bl_store_scrub(liar_of(s)->inner);
}

static int liar_describe(billing_store *s, billing_store_description *out) {
  int rc = bl_store_describe(liar_of(s)->inner, out);

  if (liar_of(s)->lie == HAS_NO_NAME) out->name[0] = '\0';
  return rc;
}

static void liar_close(billing_store *s) {
  bl_store_close(liar_of(s)->inner);
  free(liar_of(s));
}

static const billing_store_methods liar_methods = {
    sizeof(billing_store_methods), BILLING_ABI_VERSION,
    liar_declare,  liar_begin,  liar_commit, liar_rollback, liar_get,
    liar_put,      liar_remove, liar_scan,   liar_next,     liar_end,
    liar_lock,     liar_scrub,  liar_describe, liar_close,
    NULL,          NULL};

static billing_store *store;

static void open_liar(enum lie lie) {
  liar *l = calloc(1, sizeof *l);

  ck_assert_ptr_nonnull(l);
  l->base.methods = &liar_methods;
  l->lie          = lie;
  ck_assert_int_eq(billing_memory_store(&l->inner, NULL), BILLING_OK);
  ck_assert_int_eq(billing_checked_store(&store, &l->base, NULL), BILLING_OK);
}

/* Two rows, one of them read, scanned and removed.  Returns what failed. */
static int work(void) {
  billing_value rows[] = {I(1), T("b"), I(2), T("a")}, found[2];
  billing_scan range = bl_scan_prefix(0, 1, NULL, 0);
  billing_scan first = bl_scan_prefix(0, 0, rows, 1);
  billing_store_description d;
  void *scan = NULL;
  int rc = bl_store_declare(store, tables, 1), done;

  if (!rc) rc = bl_store_describe(store, &d);
  if (!rc) rc = bl_store_begin(store, BILLING_BEGIN_WRITE);
  if (rc) return rc;
  rc = bl_store_put(store, 0, rows, 1, BILLING_PUT_REPLACE);
  if (!rc) rc = bl_store_put(store, 0, rows + 2, 1, BILLING_PUT_REPLACE);
  if (!rc) rc = bl_store_get(store, 0, rows, found);
  if (!rc) rc = bl_store_scan(store, &range, &scan);
  for (done = 0; !rc && !done; done = rc == BILLING_DONE)
    rc = bl_store_next(store, scan, found);
  if (rc == BILLING_DONE) rc = bl_store_next(store, scan, found);
  if (rc == BILLING_DONE) rc = bl_store_next(store, scan, found);
  bl_store_end(store, scan);
  if (rc == BILLING_DONE) rc = BILLING_OK;
  scan = NULL;
  if (!rc) rc = bl_store_scan(store, &first, &scan);
  for (done = 0; !rc && !done; done = rc == BILLING_DONE)
    rc = bl_store_next(store, scan, found);
  bl_store_end(store, scan);
  if (rc == BILLING_DONE) rc = bl_store_remove(store, 0, rows);
  if (!rc) rc = bl_store_commit(store);
  if (rc) bl_store_rollback(store);
  return rc;
}

static const struct {
  enum lie    lie;
  const char *message;
} lies[] = {
    {GIVES_ANOTHER_ROW, "a row has the key that was asked for"},
    {GIVES_ANOTHER_TYPE, "a row has the types of its columns"},
    {PUTS_NOTHING, "a row that was put is there"},
    {PUTS_SOMETHING_ELSE, "a row that was put is as it was put"},
    {REMOVES_NOTHING, "a row that was removed is gone"},
    {IGNORES_BOUNDS, "a row of a scan is within its bounds"},
    {REPEATS_A_ROW, "the rows of a scan are in order"},
    {GOES_ON_AFTER_DONE, "a scan that is done stays done"},
    {RETURNS_DENIED, "a method returned what it must not"},
    {RETURNS_NOTFOUND_ON_COMMIT, "a method returned what it must not"},
    {HAS_NO_NAME, "a description has a name and known flags"},
};

START_TEST(an_honest_store_passes) {
  open_liar(HONEST);
  ck_assert_int_eq(work(), BILLING_OK);
  ck_assert_int_eq(work(), BILLING_OK);
  ck_assert_str_eq(bl_checked_store_message(store), "");
  bl_store_close(store);
}
END_TEST

START_TEST(a_lie_of_the_store_is_internal_from_then_on) {
  billing_error err;
  billing_store_description d;
  char said[200] = "the store: ";

  BILLING_INIT(&err);
  open_liar(lies[_i].lie);
  ck_assert_int_eq(work(), BILLING_INTERNAL);
  ck_assert_int_eq(bl_store_explain(store, BILLING_INTERNAL, &err),
                   BILLING_INTERNAL);
  strcat(said, lies[_i].message);
  ck_assert_str_eq(err.message, said);
  ck_assert_int_eq(bl_store_describe(store, &d), BILLING_INTERNAL);
  ck_assert_int_eq(bl_store_begin(store, BILLING_BEGIN_READ),
                   BILLING_INTERNAL);
  bl_store_close(store);
}
END_TEST

/* ---- A caller that breaks a rule ---------------------------------------- */

static int get_outside(void) {
  billing_value key[] = {I(1)}, row[2];

  bl_store_rollback(store);
  return bl_store_get(store, 0, key, row);
}

static int get_by_text(void) {
  billing_value key[] = {T("1")}, row[2];

  return bl_store_get(store, 0, key, row);
}

static int get_from_no_table(void) {
  billing_value key[] = {I(1)}, row[2];

  return bl_store_get(store, 1, key, row);
}

static int put_another_type(void) {
  billing_value row[] = {I(1), store_blob("x", 1)};

  return bl_store_put(store, 0, row, 1, BILLING_PUT_INSERT);
}

static int put_in_a_mode(void) {
  billing_value row[] = {I(1), T("x")};

  return bl_store_put(store, 0, row, 1, 2);
}

static int put_while_reading(void) {
  billing_value row[] = {I(1), T("x")};

  bl_store_rollback(store);
  ck_assert_int_eq(bl_store_begin(store, BILLING_BEGIN_READ), BILLING_OK);
  return bl_store_put(store, 0, row, 1, BILLING_PUT_INSERT);
}

static int begin_twice(void) {
  return bl_store_begin(store, BILLING_BEGIN_READ);
}

static int commit_twice(void) {
  ck_assert_int_eq(bl_store_commit(store), BILLING_OK);
  return bl_store_commit(store);
}

static int commit_over_a_scan(void) {
  billing_scan range = bl_scan_prefix(0, 0, NULL, 0);
  void *rows;

  ck_assert_int_eq(bl_store_scan(store, &range, &rows), BILLING_OK);
  return bl_store_commit(store);
}

static int scan_with_long_bounds(void) {
  billing_value from[] = {T("a"), I(1), I(1)};
  billing_scan range = {sizeof range, 0, 0, 1, from, 3, NULL, 0};
  void *rows;

  return bl_store_scan(store, &range, &rows);
}

static int scan_by_no_index(void) {
  billing_scan range = bl_scan_prefix(0, 2, NULL, 0);
  void *rows;

  return bl_store_scan(store, &range, &rows);
}

static int scan_nine_times(void) {
  billing_scan range = bl_scan_prefix(0, 0, NULL, 0);
  void *rows;

  for (int i = 0; i < 8; i++)
    ck_assert_int_eq(bl_store_scan(store, &range, &rows), BILLING_OK);
  return bl_store_scan(store, &range, &rows);
}

static int declare_inside(void) {
  return bl_store_declare(store, tables, 1);
}

static int scrub_inside(void) {
  return bl_store_scrub(store);
}

static int lock_while_reading(void) {
  bl_store_rollback(store);
  ck_assert_int_eq(bl_store_begin(store, BILLING_BEGIN_READ), BILLING_OK);
  return bl_store_lock(store, 1, 0);
}

static int (*const breaches[])(void) = {
    get_outside,       get_by_text,  get_from_no_table, put_another_type,
    put_in_a_mode,     begin_twice,  put_while_reading, commit_twice,
    commit_over_a_scan, scan_by_no_index, scan_with_long_bounds,
    scan_nine_times,   declare_inside, scrub_inside,    lock_while_reading};

START_TEST(a_breach_by_the_caller_is_internal_from_then_on) {
  billing_store_description d;

  open_liar(HONEST);
  ck_assert_int_eq(bl_store_declare(store, tables, 1), BILLING_OK);
  ck_assert_int_eq(bl_store_begin(store, BILLING_BEGIN_WRITE), BILLING_OK);
  ck_assert_int_eq(breaches[_i](), BILLING_INTERNAL);
  ck_assert_ptr_nonnull(strstr(bl_checked_store_message(store),
                               "the caller of a store: "));
  ck_assert_int_eq(bl_store_describe(store, &d), BILLING_INTERNAL);
  bl_store_close(store);
}
END_TEST

START_TEST(tables_are_declared_before_a_transaction) {
  open_liar(HONEST);
  ck_assert_int_eq(bl_store_begin(store, BILLING_BEGIN_READ),
                   BILLING_INTERNAL);
  bl_store_close(store);
}
END_TEST

START_TEST(only_a_whole_store_can_be_checked) {
  static const billing_store_methods older = {
      offsetof(billing_store_methods, close), BILLING_ABI_VERSION,
      liar_declare, liar_begin, liar_commit, liar_rollback, liar_get,
      liar_put, liar_remove, liar_scan, liar_next, liar_end, liar_lock,
      liar_scrub, liar_describe, liar_close, NULL, NULL};
  billing_store half = {&older, NULL}, none = {NULL, NULL};

  ck_assert_int_eq(billing_checked_store(&store, &half, NULL),
                   BILLING_MISUSE);
  ck_assert_ptr_null(store);
  ck_assert_int_eq(billing_checked_store(&store, &none, NULL),
                   BILLING_MISUSE);
  ck_assert_int_eq(billing_checked_store(&store, NULL, NULL), BILLING_MISUSE);
}
END_TEST

/* ---- The faulty store --------------------------------------------------- */

/* Each call fails in turn; the checked store above it sees no breach. */
START_TEST(every_call_may_fail) {
  static const uint32_t modes[] = {FAULTY_ONCE, FAULTY_FOR_GOOD,
                                   FAULTY_AFTERWARDS};
  billing_store *memory, *faulty;
  uint64_t n = 0;
  int rc;

  ck_assert_int_eq(billing_memory_store(&memory, NULL), BILLING_OK);
  faulty = faulty_store(memory);
  ck_assert_ptr_nonnull(faulty);
  ck_assert_ptr_eq(faulty_inner(faulty), memory);
  ck_assert_int_eq(billing_checked_store(&store, faulty, NULL), BILLING_OK);
  do {
    faulty_arm(faulty, ++n, BILLING_STORE, modes[_i]);
    rc = work();
    ck_assert_str_eq(bl_checked_store_message(store), "");
    ck_assert_int_eq(rc, faulty_has_failed(faulty) ? BILLING_STORE : 0);
    ck_assert_uint_lt(n, 100);
  } while (faulty_has_failed(faulty));
  ck_assert_uint_eq(faulty_calls(faulty), n - 1);
  ck_assert_uint_gt(n, 15);
  bl_store_close(store);
}
END_TEST

START_TEST(a_call_fails_before_or_after_it_was_done) {
  billing_value row[] = {I(1), T("a")}, found[2];
  billing_store *s;

  ck_assert_int_eq(billing_memory_store(&s, NULL), BILLING_OK);
  s = faulty_store(s);
  ck_assert_int_eq(bl_store_declare(s, tables, 1), BILLING_OK);
  ck_assert_int_eq(bl_store_begin(s, BILLING_BEGIN_WRITE), BILLING_OK);
  faulty_arm(s, 1, BILLING_BUSY, FAULTY_ONCE);
  ck_assert_int_eq(bl_store_put(s, 0, row, 1, 0), BILLING_BUSY);
  ck_assert_str_eq(faulty_method(s), "put");
  ck_assert_int_eq(bl_store_get(s, 0, row, found), BILLING_NOTFOUND);
  faulty_arm(s, 1, BILLING_BUSY, FAULTY_AFTERWARDS);
  ck_assert_int_eq(bl_store_put(s, 0, row, 1, 0), BILLING_BUSY);
  ck_assert_int_eq(bl_store_get(s, 0, row, found), BILLING_OK);
  faulty_arm(s, 2, BILLING_NOMEM, FAULTY_FOR_GOOD);
  ck_assert_int_eq(bl_store_get(s, 0, row, found), BILLING_OK);
  ck_assert_int_eq(bl_store_get(s, 0, row, found), BILLING_NOMEM);
  ck_assert_int_eq(bl_store_commit(s), BILLING_NOMEM);
  bl_store_rollback(s);
  bl_store_close(s);
}
END_TEST

START_TEST(a_foreign_code_becomes_store) {
  billing_value key[] = {I(1)}, row[2];
  billing_store *s;

  ck_assert_int_eq(billing_memory_store(&s, NULL), BILLING_OK);
  s = faulty_store(s);
  faulty_arm(s, 1, BILLING_DENIED, FAULTY_FOR_GOOD);
  ck_assert_int_eq(bl_store_get(s, 0, key, row), BILLING_STORE);
  faulty_arm(s, 1, BILLING_NOTFOUND_TENANT, FAULTY_FOR_GOOD);
  ck_assert_int_eq(bl_store_get(s, 0, key, row), BILLING_STORE);
  faulty_arm(s, 1, BILLING_DONE, FAULTY_FOR_GOOD);
  ck_assert_int_eq(bl_store_get(s, 0, key, row), BILLING_STORE);
  ck_assert_int_eq(bl_store_begin(s, BILLING_BEGIN_READ), BILLING_STORE);
  ck_assert_int_eq(bl_store_next(s, NULL, row), BILLING_DONE);
  faulty_arm(s, 1, -1, FAULTY_FOR_GOOD);
  ck_assert_int_eq(bl_store_commit(s), BILLING_STORE);
  bl_store_close(s);
}
END_TEST

Suite *test_store_checked(void);

Suite *test_store_checked(void) {
  Suite *s = suite_create("store checked");
  TCase *t = tcase_create("checked");

  tcase_add_test(t, an_honest_store_passes);
  tcase_add_loop_test(t, a_lie_of_the_store_is_internal_from_then_on, 0,
                      (int)BL_COUNT(lies));
  tcase_add_loop_test(t, a_breach_by_the_caller_is_internal_from_then_on, 0,
                      (int)BL_COUNT(breaches));
  tcase_add_test(t, tables_are_declared_before_a_transaction);
  tcase_add_test(t, only_a_whole_store_can_be_checked);
  tcase_add_loop_test(t, every_call_may_fail, 0, 3);
  tcase_add_test(t, a_call_fails_before_or_after_it_was_done);
  tcase_add_test(t, a_foreign_code_becomes_store);
  suite_add_tcase(s, t);
  return s;
}
