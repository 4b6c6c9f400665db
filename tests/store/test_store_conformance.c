/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * test_store_conformance.c - what every store does, whoever wrote it.
 *
 * Each test is run on an empty place for every kind of store in stores.c.
 * The last ones compare a store with the reference store, call by call.
 */
#include "stores.h"
#include "unit.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#define I(n) store_int(n)
#define T(s) store_text(s)
#define B(s) store_blob((s), sizeof(s) - 1)

/* ---- The tables --------------------------------------------------------- */

enum { NOTES, BLOBS, KEYS, TABLES };

static const billing_column notes_columns[] = {
    {"tenant", BILLING_VALUE_INTEGER, 0}, {"id", BILLING_VALUE_TEXT, 0},
    {"from", BILLING_VALUE_INTEGER, 0},   {"note", BILLING_VALUE_TEXT, 0},
    {"size", BILLING_VALUE_INTEGER, 0}};
static const uint32_t notes_by_from[] = {2};
static const uint32_t notes_by_note[] = {0, 3, 4};
static const billing_index notes_indexes[] = {{"from", notes_by_from, 1},
                                              {"note", notes_by_note, 3}};
static const billing_table notes = {
    sizeof notes, 0, "billing_notes", notes_columns, 5, 2, notes_indexes, 2};

static const billing_column blobs_columns[] = {
    {"seq", BILLING_VALUE_INTEGER, 0}, {"body", BILLING_VALUE_BLOB, 0},
    {"hash", BILLING_VALUE_BLOB, 0}};
static const uint32_t blobs_by_hash[] = {2};
static const billing_index blobs_indexes[] = {{"hash", blobs_by_hash, 1}};
static const billing_table blobs = {
    sizeof blobs, 0, "billing_blobs", blobs_columns, 3, 1, blobs_indexes, 1};

/* Nothing but a key, whose columns stand in an index once more. */
static const billing_column keys_columns[] = {
    {"name", BILLING_VALUE_TEXT, 0}, {"hash", BILLING_VALUE_BLOB, 0},
    {"number", BILLING_VALUE_INTEGER, 0}};
static const uint32_t keys_by_number[] = {2, 0};
static const billing_index keys_indexes[] = {{"number", keys_by_number, 2}};
static const billing_table keys = {
    sizeof keys, 0, "billing_keys", keys_columns, 3, 3, keys_indexes, 1};

static const billing_table *const tables[TABLES] = {&notes, &blobs, &keys};

/* ---- The store of a test ------------------------------------------------ */

static store_place place;
static billing_store *store;

static void open_store(int kind) {
  store_place_make(&place, kind);
  store = store_place_open(&place, NULL);
  ck_assert_ptr_nonnull(store);
  ck_assert_int_eq(bl_store_declare(store, tables, TABLES), BILLING_OK);
}

static void close_store(void) {
  bl_store_close(store);
  store_place_remove(&place);
}

static void reopen_store(void) {
  bl_store_close(store);
  store = store_place_open(&place, NULL);
  ck_assert_ptr_nonnull(store);
  ck_assert_int_eq(bl_store_declare(store, tables, TABLES), BILLING_OK);
}

static void begin(void) {
  ck_assert_int_eq(bl_store_begin(store, BILLING_BEGIN_WRITE), BILLING_OK);
}

static void begin_read(void) {
  ck_assert_int_eq(bl_store_begin(store, BILLING_BEGIN_READ), BILLING_OK);
}

static void commit(void) {
  ck_assert_int_eq(bl_store_commit(store), BILLING_OK);
}

static int put_note(int64_t tenant, const char *id, int64_t from,
                    const char *note, uint32_t mode) {
  billing_value row[] = {I(tenant), T(id), I(from), T(note),
                         I((int64_t)strlen(note))};

  return bl_store_put(store, NOTES, row, 1, mode);
}

static void note(int64_t tenant, const char *id, int64_t from,
                 const char *text) {
  ck_assert_int_eq(put_note(tenant, id, from, text, BILLING_PUT_REPLACE),
                   BILLING_OK);
}

/* The note's text and nothing else, or NULL. */
static const char *get_note(int64_t tenant, const char *id) {
  static char text[64];
  billing_value key[] = {I(tenant), T(id)}, row[BL_ROW_MOST];
  int rc = bl_store_get(store, NOTES, key, row);

  if (rc == BILLING_NOTFOUND) return NULL;
  ck_assert_int_eq(rc, BILLING_OK);
  ck_assert_uint_lt(row[3].bytes.len, sizeof text);
  memcpy(text, row[3].bytes.text, row[3].bytes.len);
  text[row[3].bytes.len] = '\0';
  ck_assert_int_eq(row[4].integer, (int64_t)row[3].bytes.len);
  return text;
}

static int remove_note(int64_t tenant, const char *id) {
  billing_value key[] = {I(tenant), T(id)};

  return bl_store_remove(store, NOTES, key);
}

/* The ids of the notes in a range, each with a space behind it. */
static const char *ids(uint32_t index, uint32_t flags,
                       const billing_value *from, size_t from_count,
                       const billing_value *to, size_t to_count) {
  static char text[256];
  billing_scan range = {sizeof range, flags,      NOTES, index,
                        from,         from_count, to,    to_count};
  billing_value row[BL_ROW_MOST];
  size_t len = 0;
  void *rows;
  int rc;

  ck_assert_int_eq(bl_store_scan(store, &range, &rows), BILLING_OK);
  while ((rc = bl_store_next(store, rows, row)) == BILLING_OK) {
    ck_assert_uint_lt(len + row[1].bytes.len + 2, sizeof text);
    memcpy(text + len, row[1].bytes.text, row[1].bytes.len);
    len += row[1].bytes.len;
    text[len++] = ' ';
  }
  ck_assert_int_eq(rc, BILLING_DONE);
  ck_assert_int_eq(bl_store_next(store, rows, row), BILLING_DONE);
  bl_store_end(store, rows);
  text[len] = '\0';
  return text;
}

/* ---- Declaring ---------------------------------------------------------- */

static uint32_t description(void) {
  billing_store_description d;

  ck_assert_int_eq(bl_store_describe(store, &d), BILLING_OK);
  ck_assert_str_ne(d.name, "");
  return d.flags;
}

START_TEST(tables_are_new_once) {
  open_store(_i);
  ck_assert(description() & BILLING_STORE_NEW);
  ck_assert(!(description() & BILLING_STORE_READ_ONLY));
  ck_assert_int_eq(bl_store_declare(store, tables, TABLES), BILLING_OK);
  ck_assert(!(description() & BILLING_STORE_NEW));
  if (place.kind->keeps) {
    reopen_store();
    ck_assert(!(description() & BILLING_STORE_NEW));
  }
  close_store();
}
END_TEST

/* The notes of an older version have no size and no index by note. */
static const billing_table old_notes = {
    sizeof notes, 0, "billing_notes", notes_columns, 4, 2, notes_indexes, 1};
static const billing_table *const old_tables[] = {&old_notes};

START_TEST(a_column_that_is_added_is_empty_in_old_rows) {
  billing_value row[BL_ROW_MOST] = {I(1), T("a"), I(5), T("text")};

  store_place_make(&place, _i);
  store = store_place_open(&place, NULL);
  ck_assert_int_eq(bl_store_declare(store, old_tables, 1), BILLING_OK);
  begin();
  ck_assert_int_eq(bl_store_put(store, 0, row, 1, BILLING_PUT_INSERT), 0);
  commit();
  ck_assert_int_eq(bl_store_declare(store, tables, TABLES), BILLING_OK);
  ck_assert(!(description() & BILLING_STORE_NEW));
  begin_read();
  ck_assert_int_eq(bl_store_get(store, NOTES, row, row), BILLING_OK);
  ck_assert_int_eq(row[4].integer, 0);
  ck_assert_str_eq(ids(2, 0, row, 1, row, 1), "a ");
  commit();
  close_store();
}
END_TEST

START_TEST(an_older_version_keeps_columns_it_does_not_know) {
  billing_value row[BL_ROW_MOST];
  billing_value key[] = {I(1), T("a")};

  open_store(_i);
  begin();
  note(1, "a", 5, "four");
  commit();
  ck_assert_int_eq(bl_store_declare(store, old_tables, 1), BILLING_OK);
  begin();
  ck_assert_int_eq(bl_store_get(store, 0, key, row), BILLING_OK);
  row[2] = I(6);
  ck_assert_int_eq(bl_store_put(store, 0, row, 1, BILLING_PUT_REPLACE), 0);
  commit();
  ck_assert_int_eq(bl_store_declare(store, tables, TABLES), BILLING_OK);
  begin_read();
  ck_assert_int_eq(bl_store_get(store, NOTES, key, row), BILLING_OK);
  ck_assert_int_eq(row[2].integer, 6);
  ck_assert_int_eq(row[4].integer, 4);
  commit();
  close_store();
}
END_TEST

START_TEST(a_table_with_another_key_or_type_is_refused_and_kept) {
  static const billing_column columns[] = {
      {"tenant", BILLING_VALUE_INTEGER, 0}, {"id", BILLING_VALUE_TEXT, 0},
      {"from", BILLING_VALUE_INTEGER, 0},   {"note", BILLING_VALUE_BLOB, 0}};
  static const billing_table key = {
      sizeof key, 0, "billing_notes", columns, 3, 1, NULL, 0};
  static const billing_table type = {
      sizeof type, 0, "billing_notes", columns, 4, 2, NULL, 0};
  const billing_table *const by_key[] = {&blobs, &key};
  const billing_table *const by_type[] = {&blobs, &type};

  open_store(_i);
  begin();
  note(1, "a", 5, "four");
  commit();
  ck_assert_int_eq(bl_store_declare(store, by_key, 2), BILLING_UNSUPPORTED);
  ck_assert_int_eq(bl_store_declare(store, by_type, 2), BILLING_UNSUPPORTED);
  ck_assert_int_eq(bl_store_declare(store, tables, TABLES), BILLING_OK);
  begin_read();
  ck_assert_str_eq(get_note(1, "a"), "four");
  commit();
  close_store();
}
END_TEST

/* ---- Rows --------------------------------------------------------------- */

START_TEST(what_was_put_is_there) {
  open_store(_i);
  begin();
  ck_assert_ptr_null(get_note(1, "a"));
  note(1, "a", 5, "first");
  note(1, "b", 6, "second");
  note(2, "a", 7, "third");
  ck_assert_str_eq(get_note(1, "a"), "first");
  commit();
  begin_read();
  ck_assert_str_eq(get_note(1, "a"), "first");
  ck_assert_str_eq(get_note(1, "b"), "second");
  ck_assert_str_eq(get_note(2, "a"), "third");
  ck_assert_ptr_null(get_note(2, "b"));
  ck_assert_ptr_null(get_note(3, "a"));
  commit();
  close_store();
}
END_TEST

START_TEST(what_was_committed_outlives_the_store) {
  open_store(_i);
  begin();
  note(1, "a", 5, "kept");
  commit();
  begin();
  note(1, "b", 5, "lost");
  if (place.kind->keeps) {
    reopen_store();                    /* in the middle of a transaction */
    begin_read();
    ck_assert_str_eq(get_note(1, "a"), "kept");
    ck_assert_ptr_null(get_note(1, "b"));
  }
  commit();
  close_store();
}
END_TEST

START_TEST(replacing_a_row_moves_it_in_its_indexes) {
  billing_value five = I(5), nine = I(9);

  open_store(_i);
  begin();
  note(1, "a", 5, "x");
  note(1, "b", 7, "y");
  note(1, "a", 9, "z");
  ck_assert_str_eq(get_note(1, "a"), "z");
  ck_assert_str_eq(ids(1, 0, &five, 1, &five, 1), "");
  ck_assert_str_eq(ids(1, 0, &nine, 1, &nine, 1), "a ");
  ck_assert_str_eq(ids(1, 0, NULL, 0, NULL, 0), "b a ");
  ck_assert_str_eq(ids(0, 0, NULL, 0, NULL, 0), "a b ");
  commit();
  close_store();
}
END_TEST

START_TEST(a_removed_row_is_gone) {
  open_store(_i);
  begin();
  note(1, "a", 5, "x");
  note(1, "b", 5, "y");
  ck_assert_int_eq(remove_note(1, "a"), BILLING_OK);
  ck_assert_int_eq(remove_note(1, "a"), BILLING_NOTFOUND);
  ck_assert_int_eq(remove_note(2, "b"), BILLING_NOTFOUND);
  ck_assert_ptr_null(get_note(1, "a"));
  ck_assert_str_eq(ids(0, 0, NULL, 0, NULL, 0), "b ");
  ck_assert_str_eq(ids(1, 0, NULL, 0, NULL, 0), "b ");
  commit();
  close_store();
}
END_TEST

START_TEST(an_insert_of_a_key_that_is_there_is_a_conflict) {
  open_store(_i);
  begin();
  note(1, "a", 5, "x");
  ck_assert_int_eq(put_note(1, "a", 6, "y", BILLING_PUT_INSERT),
                   BILLING_CONFLICT);
  ck_assert_str_eq(get_note(1, "a"), "x");
  ck_assert_int_eq(put_note(1, "b", 6, "y", BILLING_PUT_INSERT), BILLING_OK);
  commit();
  begin_read();
  ck_assert_str_eq(ids(1, 0, NULL, 0, NULL, 0), "a b ");
  commit();
  close_store();
}
END_TEST

START_TEST(a_conflict_takes_back_the_whole_batch) {
  billing_value rows[] = {I(1), T("a"), I(1), T("new"), I(3),
                          I(1), T("b"), I(2), T("new"), I(3),
                          I(1), T("c"), I(3), T("new"), I(3),
                          I(1), T("d"), I(4), T("new"), I(3)};

  open_store(_i);
  begin();
  note(1, "c", 9, "old");
  note(1, "z", 9, "old");
  ck_assert_int_eq(bl_store_put(store, NOTES, rows, 4, BILLING_PUT_INSERT),
                   BILLING_CONFLICT);
  ck_assert_str_eq(ids(0, 0, NULL, 0, NULL, 0), "c z ");
  ck_assert_str_eq(ids(1, 0, NULL, 0, NULL, 0), "c z ");
  ck_assert_str_eq(get_note(1, "c"), "old");
  rows[10] = I(2);
  ck_assert_int_eq(bl_store_put(store, NOTES, rows, 4, BILLING_PUT_INSERT),
                   BILLING_OK);
  ck_assert_str_eq(ids(0, 0, NULL, 0, NULL, 0), "a b c d z c ");
  commit();
  close_store();
}
END_TEST

START_TEST(a_batch_with_a_key_twice_keeps_the_last_or_is_refused) {
  billing_value rows[] = {I(1), T("a"), I(1), T("one"), I(3),
                          I(1), T("a"), I(2), T("other"), I(5)};

  open_store(_i);
  begin();
  ck_assert_int_eq(bl_store_put(store, NOTES, rows, 2, BILLING_PUT_INSERT),
                   BILLING_CONFLICT);
  ck_assert_ptr_null(get_note(1, "a"));
  ck_assert_int_eq(bl_store_put(store, NOTES, rows, 2, BILLING_PUT_REPLACE),
                   BILLING_OK);
  ck_assert_str_eq(get_note(1, "a"), "other");
  ck_assert_int_eq(bl_store_put(store, NOTES, NULL, 0, BILLING_PUT_INSERT),
                   BILLING_OK);
  commit();
  close_store();
}
END_TEST

/* Text and blobs may hold any byte, nothing at all, or a great deal. */
START_TEST(values_come_back_as_they_were_put) {
  const size_t large = 3u << 20;
  char *body = malloc(large);
  billing_value row[] = {I(INT64_MIN), B("\0\xff\x00x"), B("")};
  billing_value found[BL_ROW_MOST];
  billing_value text[] = {I(0), T(""), I(INT64_MAX),
                          bl_value_text(BL_STR("a\0b")), I(-1)};

  ck_assert_ptr_nonnull(body);
  for (size_t i = 0; i < large; i++) body[i] = (char)(i * 2654435761u >> 7);
  open_store(_i);
  begin();
  ck_assert_int_eq(bl_store_put(store, BLOBS, row, 1, BILLING_PUT_INSERT), 0);
  ck_assert_int_eq(bl_store_get(store, BLOBS, row, found), BILLING_OK);
  ck_assert_int_eq(found[0].integer, INT64_MIN);
  ck_assert_uint_eq(found[1].bytes.len, 4);
  ck_assert_mem_eq(found[1].bytes.text, "\0\xff\x00x", 4);
  ck_assert_uint_eq(found[2].bytes.len, 0);
  ck_assert_uint_eq(found[2].type, BILLING_VALUE_BLOB);
  row[0] = I(INT64_MAX);
  row[2] = store_blob(body, large);
  ck_assert_int_eq(bl_store_put(store, BLOBS, row, 1, BILLING_PUT_INSERT), 0);
  ck_assert_int_eq(bl_store_put(store, NOTES, text, 1, BILLING_PUT_INSERT),
                   BILLING_OK);
  commit();
  begin_read();
  ck_assert_int_eq(bl_store_get(store, BLOBS, row, found), BILLING_OK);
  ck_assert_uint_eq(found[2].bytes.len, large);
  ck_assert(!memcmp(found[2].bytes.text, body, large));
  ck_assert_int_eq(bl_store_get(store, NOTES, text, found), BILLING_OK);
  ck_assert_int_eq(found[2].integer, INT64_MAX);
  ck_assert_uint_eq(found[3].bytes.len, 3);
  ck_assert_mem_eq(found[3].bytes.text, "a\0b", 3);
  commit();
  close_store();
  free(body);
}
END_TEST

/* What a call is given may point into what the call before it gave out. */
START_TEST(a_row_that_came_out_may_go_in_again) {
  billing_value key[] = {I(1), T("a")}, row[BL_ROW_MOST];

  open_store(_i);
  begin();
  note(1, "a", 0, "b");
  note(1, "b", 0, "c");
  note(1, "c", 0, "the end");
  for (int i = 0; i < 2; i++) {
    ck_assert_int_eq(bl_store_get(store, NOTES, key, row), BILLING_OK);
    key[1] = row[3];
  }
  ck_assert_int_eq(bl_store_get(store, NOTES, key, row), BILLING_OK);
  row[2] = I(77);
  ck_assert_int_eq(bl_store_put(store, NOTES, row, 1, BILLING_PUT_REPLACE), 0);
  ck_assert_str_eq(get_note(1, "c"), "the end");
  commit();
  close_store();
}
END_TEST

START_TEST(a_table_that_is_all_key_takes_a_row_again) {
  billing_value row[] = {T("n"), B("\1\2"), I(4)}, found[BL_ROW_MOST];

  open_store(_i);
  begin();
  ck_assert_int_eq(bl_store_put(store, KEYS, row, 1, BILLING_PUT_REPLACE), 0);
  ck_assert_int_eq(bl_store_put(store, KEYS, row, 1, BILLING_PUT_REPLACE), 0);
  ck_assert_int_eq(bl_store_put(store, KEYS, row, 1, BILLING_PUT_INSERT),
                   BILLING_CONFLICT);
  ck_assert_int_eq(bl_store_get(store, KEYS, row, found), BILLING_OK);
  ck_assert_int_eq(bl_store_remove(store, KEYS, row), BILLING_OK);
  ck_assert_int_eq(bl_store_get(store, KEYS, row, found), BILLING_NOTFOUND);
  commit();
  close_store();
}
END_TEST

/* ---- Transactions ------------------------------------------------------- */

START_TEST(a_rollback_undoes_everything) {
  open_store(_i);
  begin();
  note(1, "a", 1, "x");
  note(1, "b", 2, "y");
  commit();
  begin();
  note(1, "a", 9, "changed");
  note(1, "c", 0, "made");
  ck_assert_int_eq(remove_note(1, "b"), BILLING_OK);
  note(1, "b", 3, "made again");
  note(1, "a", 8, "changed again");
  ck_assert_int_eq(remove_note(1, "c"), BILLING_OK);
  ck_assert_int_eq(put_note(1, "a", 0, "", BILLING_PUT_INSERT),
                   BILLING_CONFLICT);
  bl_store_rollback(store);
  begin_read();
  ck_assert_str_eq(get_note(1, "a"), "x");
  ck_assert_str_eq(get_note(1, "b"), "y");
  ck_assert_str_eq(ids(1, 0, NULL, 0, NULL, 0), "a b ");
  bl_store_rollback(store);
  begin();
  note(1, "c", 0, "z");
  commit();
  begin_read();
  ck_assert_str_eq(ids(1, 0, NULL, 0, NULL, 0), "c a b ");
  commit();
  close_store();
}
END_TEST

START_TEST(locking_and_scrubbing_are_fine) {
  open_store(_i);
  begin();
  ck_assert_int_eq(bl_store_lock(store, 1, 0), BILLING_OK);
  ck_assert_int_eq(bl_store_lock(store, 1, 0), BILLING_OK);
  note(1, "a", 1, "secret");
  commit();
  begin();
  ck_assert_int_eq(remove_note(1, "a"), BILLING_OK);
  commit();
  ck_assert_int_eq(bl_store_scrub(store), BILLING_OK);
  begin_read();
  ck_assert_ptr_null(get_note(1, "a"));
  commit();
  close_store();
}
END_TEST

START_TEST(a_sound_store_is_found_sound) {
  open_store(_i);
  begin();
  note(1, "a", 1, "x");
  ck_assert_int_eq(bl_store_check(store), BILLING_OK);
  commit();
  begin_read();
  ck_assert_int_eq(bl_store_check(store), BILLING_OK);
  commit();
  close_store();
}
END_TEST

/* ---- Scans -------------------------------------------------------------- */

/* From any thread, and whatever another method is doing. */
static void *sync_often(void *running) {
  int rc = BILLING_OK;

  while (!rc && atomic_load((atomic_int *)running)) rc = bl_store_sync(store);
  return rc ? store : NULL;
}

START_TEST(syncing_is_fine_at_any_moment) {
  atomic_int running;
  pthread_t thread;
  void *failed;

  open_store(_i);
  ck_assert_int_eq(bl_store_sync(store), BILLING_OK);
  atomic_init(&running, 1);
  ck_assert_int_eq(pthread_create(&thread, NULL, sync_often, &running), 0);
  for (int i = 0; i < 20; i++) {
    begin();
    note(i, "a", i, "x");
    ck_assert_int_eq(bl_store_sync(store), BILLING_OK);
    commit();
  }
  atomic_store(&running, 0);
  ck_assert_int_eq(pthread_join(thread, &failed), 0);
  ck_assert_ptr_null(failed);
  if (place.kind->keeps) {
    reopen_store();
    begin_read();
    ck_assert_str_eq(get_note(19, "a"), "x");
    commit();
  }
  close_store();
}
END_TEST

START_TEST(text_is_ordered_by_its_bytes) {
  open_store(_i);
  begin();
  note(1, "b", 0, "");
  note(1, "a", 0, "");
  note(1, "Z", 0, "");
  note(1, "\xc3\xa9", 0, "");
  note(1, "ab", 0, "");
  note(1, "", 0, "");
  note(-1, "~", 0, "");
  note(10, "0", 0, "");
  note(9, "9", 0, "");
  ck_assert_str_eq(ids(0, 0, NULL, 0, NULL, 0),
                   "~  Z a ab b \xc3\xa9 9 0 ");
  ck_assert_str_eq(ids(0, BILLING_SCAN_REVERSE, NULL, 0, NULL, 0),
                   "0 9 \xc3\xa9 b ab a Z  ~ ");
  commit();
  close_store();
}
END_TEST

START_TEST(a_range_is_bounded_by_leading_values) {
  billing_value one[] = {I(1)}, b[] = {I(1), T("b")}, c[] = {I(1), T("c")};
  billing_value three[] = {I(3), T("x")};

  open_store(_i);
  begin();
  for (int64_t tenant = 0; tenant < 3; tenant++) {
    note(tenant, "a", 0, "");
    note(tenant, "b", 0, "");
    note(tenant, "c", 0, "");
  }
  ck_assert_str_eq(ids(0, 0, one, 1, one, 1), "a b c ");
  ck_assert_str_eq(ids(0, 0, b, 2, one, 1), "b c ");
  ck_assert_str_eq(ids(0, 0, one, 1, b, 2), "a b ");
  ck_assert_str_eq(ids(0, 0, b, 2, b, 2), "b ");
  ck_assert_str_eq(ids(0, 0, c, 2, b, 2), "");
  ck_assert_str_eq(ids(0, 0, NULL, 0, b, 2), "a b c a b ");
  ck_assert_str_eq(ids(0, 0, c, 2, NULL, 0), "c a b c ");
  ck_assert_str_eq(ids(0, 0, three, 2, NULL, 0), "");
  ck_assert_str_eq(ids(0, 0, NULL, 0, three, 1), "a b c a b c a b c ");
  commit();
  close_store();
}
END_TEST

START_TEST(after_skips_all_rows_that_begin_with_from) {
  const uint32_t after = BILLING_SCAN_AFTER, back = BILLING_SCAN_REVERSE;
  billing_value one[] = {I(1)}, b[] = {I(1), T("b")}, bb[] = {I(1), T("bb")};
  billing_value two[] = {I(2)};

  open_store(_i);
  begin();
  for (int64_t tenant = 0; tenant < 3; tenant++) {
    note(tenant, "a", 0, "");
    note(tenant, "b", 0, "");
    note(tenant, "c", 0, "");
  }
  ck_assert_str_eq(ids(0, after, b, 2, one, 1), "c ");
  ck_assert_str_eq(ids(0, after, bb, 2, one, 1), "c ");
  ck_assert_str_eq(ids(0, after, one, 1, NULL, 0), "a b c ");
  ck_assert_str_eq(ids(0, after, one, 1, one, 1), "");
  ck_assert_str_eq(ids(0, after, NULL, 0, b, 2), "a b c a b ");
  ck_assert_str_eq(ids(0, after | back, b, 2, two, 1), "c b a c ");
  ck_assert_str_eq(ids(0, back, b, 2, one, 1), "c b ");
  ck_assert_str_eq(ids(0, back, one, 1, b, 2), "b a ");
  commit();
  close_store();
}
END_TEST

/* In an index the key decides between equal values, and bounds reach into
 * it. */
START_TEST(an_index_is_ordered_by_its_columns_and_then_the_key) {
  billing_value five[] = {I(5)}, five_two[] = {I(5), I(2)};
  billing_value five_two_b[] = {I(5), I(2), T("b")};
  billing_value x[] = {I(1), T("x")};
  billing_value x2[] = {I(1), T("x"), I(1), I(1), T("d")};

  open_store(_i);
  begin();
  note(2, "b", 5, "x");
  note(1, "d", 5, "x");
  note(2, "a", 5, "x");
  note(1, "c", 7, "x");
  note(1, "e", -1, "w");
  ck_assert_str_eq(ids(1, 0, NULL, 0, NULL, 0), "e d a b c ");
  ck_assert_str_eq(ids(1, BILLING_SCAN_REVERSE, NULL, 0, NULL, 0),
                   "c b a d e ");
  ck_assert_str_eq(ids(1, 0, five, 1, five, 1), "d a b ");
  ck_assert_str_eq(ids(1, 0, five_two, 2, five, 1), "a b ");
  ck_assert_str_eq(ids(1, BILLING_SCAN_AFTER, five_two_b, 3, NULL, 0), "c ");
  ck_assert_str_eq(ids(1, 0, NULL, 0, five_two_b, 3), "e d a b ");
  ck_assert_str_eq(ids(2, 0, x, 2, x, 2), "c d ");
  ck_assert_str_eq(ids(2, 0, x2, 5, x, 1), "d ");
  ck_assert_str_eq(ids(2, BILLING_SCAN_AFTER, x2, 5, x, 1), "");
  commit();
  close_store();
}
END_TEST

START_TEST(blobs_are_ordered_by_their_bytes) {
  billing_value row[] = {I(0), B("x"), B("")}, found[BL_ROW_MOST];
  billing_value hashes[] = {B("\xff"), B("\0"), B("\x7f\xff"), B("\x7f"),
                            B("")};
  const int64_t expected[] = {4, 1, 3, 2, 0};
  billing_scan range = {sizeof range, 0, BLOBS, 1, NULL, 0, NULL, 0};
  void *rows;

  open_store(_i);
  begin();
  for (int64_t i = 0; i < 5; i++) {
    row[0] = I(i);
    row[2] = hashes[i];
    ck_assert_int_eq(bl_store_put(store, BLOBS, row, 1, BILLING_PUT_INSERT),
                     BILLING_OK);
  }
  ck_assert_int_eq(bl_store_scan(store, &range, &rows), BILLING_OK);
  for (size_t i = 0; i < 5; i++) {
    ck_assert_int_eq(bl_store_next(store, rows, found), BILLING_OK);
    ck_assert_int_eq(found[0].integer, expected[i]);
    ck_assert_uint_eq(found[1].bytes.len, 1);
  }
  ck_assert_int_eq(bl_store_next(store, rows, found), BILLING_DONE);
  bl_store_end(store, rows);
  commit();
  close_store();
}
END_TEST

START_TEST(eight_scans_are_open_at_a_time) {
  billing_value row[BL_ROW_MOST];
  void *rows[BL_SCANS_MOST];

  open_store(_i);
  begin();
  note(1, "a", 0, "");
  note(1, "b", 0, "");
  note(1, "c", 0, "");
  for (size_t i = 0; i < BL_SCANS_MOST; i++) {
    billing_scan range = {sizeof range, i % 2 ? BILLING_SCAN_REVERSE : 0,
                          NOTES, (uint32_t)(i / 3), NULL, 0, NULL, 0};

    ck_assert_int_eq(bl_store_scan(store, &range, &rows[i]), BILLING_OK);
  }
  for (int step = 0; step < 3; step++) {
    for (size_t i = 0; i < BL_SCANS_MOST; i++) {
      int at = i % 2 ? 2 - step : step;

      ck_assert_int_eq(bl_store_next(store, rows[i], row), BILLING_OK);
      ck_assert_uint_eq(row[1].bytes.len, 1);
      ck_assert_int_eq(row[1].bytes.text[0], 'a' + at);
    }
  }
  for (size_t i = 0; i < BL_SCANS_MOST; i++) {
    ck_assert_int_eq(bl_store_next(store, rows[i], row), BILLING_DONE);
    bl_store_end(store, rows[i]);
  }
  commit();
  close_store();
}
END_TEST

/* Its bounds are its own, it goes on behind the row that it gave out last,
 * whatever becomes of that row, and it ends. */
START_TEST(a_scan_survives_changes_under_it) {
  char low[] = "b", high[] = "y";
  billing_value from[] = {I(1), T(low)}, to[] = {I(1), T(high)};
  billing_scan range = {sizeof range, 0, NOTES, 0, from, 2, to, 2};
  billing_value row[BL_ROW_MOST];
  char last[8] = "";
  int count = 0, rc;
  void *rows;

  open_store(_i);
  begin();
  note(1, "a", 0, "");
  note(1, "c", 0, "");
  note(1, "d", 0, "");
  note(1, "e", 0, "");
  note(1, "z", 0, "");
  ck_assert_int_eq(bl_store_scan(store, &range, &rows), BILLING_OK);
  low[0] = high[0] = 'd';
  while ((rc = bl_store_next(store, rows, row)) == BILLING_OK) {
    char id[8] = "", more[8];

    memcpy(id, row[1].bytes.text, row[1].bytes.len);
    ck_assert_str_gt(id, last);
    memcpy(last, id, sizeof id);
    ck_assert_int_lt(++count, 10);
    if (id[1]) continue;
    ck_assert_int_eq(remove_note(1, id), BILLING_OK);
    snprintf(more, sizeof more, "%c1", id[0]);
    note(1, more, 0, "behind");
    note(1, "a0", 0, "in front");
  }
  ck_assert_int_eq(rc, BILLING_DONE);
  ck_assert_int_ge(count, 3);
  bl_store_end(store, rows);
  ck_assert_str_eq(ids(0, 0, NULL, 0, NULL, 0), "a a0 c1 d1 e1 z ");
  commit();
  close_store();
}
END_TEST

/* ---- The reference store as oracle -------------------------------------- */

static billing_store *oracle;
static char words[24][40];

/* A value out of few, so that keys meet again. */
static billing_value some_value(store_dice *dice, uint32_t type) {
  char *word = words[store_throw(dice, BL_COUNT(words))];
  size_t len = store_throw(dice, 3);

  if (type == BILLING_VALUE_INTEGER)
    return I((int64_t)store_throw(dice, 5) - 2);
  for (size_t i = 0; i < len; i++)
    word[i] = (char)('a' + (char)store_throw(dice, 3));
  if (type == BILLING_VALUE_TEXT) return bl_value_text((bl_str){word, len});
  if (len && store_throw(dice, 4) == 0) word[0] = (char)0xfe;
  return bl_value_blob(word, len);
}

static void some_row(store_dice *dice, const billing_table *t,
                     billing_value *row) {
  for (size_t i = 0; i < t->column_count; i++)
    row[i] = some_value(dice, t->columns[i].type);
}

static void same_row(const billing_table *t, const billing_value *a,
                     const billing_value *b) {
  for (size_t i = 0; i < t->column_count; i++) {
    ck_assert_uint_eq(a[i].type, b[i].type);
    ck_assert_int_eq(bl_value_compare(&a[i], &b[i]), 0);
  }
}

static void compare_put(store_dice *dice, uint32_t table) {
  const billing_table *t = tables[table];
  billing_value rows[4 * BL_ROW_MOST];
  char copies[4 * BL_ROW_MOST][2];
  size_t count = 1 + store_throw(dice, 3);
  uint32_t mode = store_throw(dice, 2) ? BILLING_PUT_INSERT
                                       : BILLING_PUT_REPLACE;

  for (size_t i = 0; i < count; i++)
    some_row(dice, t, rows + i * t->column_count);
  for (size_t i = 0; i < count * t->column_count; i++) {
    if (rows[i].type == BILLING_VALUE_INTEGER) continue;
    memcpy(copies[i], rows[i].bytes.text, rows[i].bytes.len);
    rows[i].bytes.text = copies[i];
  }
  ck_assert_int_eq(bl_store_put(store, table, rows, count, mode),
                   bl_store_put(oracle, table, rows, count, mode));
}

static void compare_get(store_dice *dice, uint32_t table) {
  billing_value key[BL_ROW_MOST], a[BL_ROW_MOST], b[BL_ROW_MOST];
  int rc;

  some_row(dice, tables[table], key);
  rc = bl_store_get(oracle, table, key, a);
  ck_assert_int_eq(bl_store_get(store, table, key, b), rc);
  if (!rc) same_row(tables[table], a, b);
}

static void compare_remove(store_dice *dice, uint32_t table) {
  billing_value key[BL_ROW_MOST];

  some_row(dice, tables[table], key);
  ck_assert_int_eq(bl_store_remove(store, table, key),
                   bl_store_remove(oracle, table, key));
}

static void compare_range(const billing_scan *range) {
  const billing_table *t = tables[range->table];
  billing_value a[BL_ROW_MOST], b[BL_ROW_MOST];
  void *ours, *theirs;
  int rc;

  ck_assert_int_eq(bl_store_scan(oracle, range, &ours), BILLING_OK);
  ck_assert_int_eq(bl_store_scan(store, range, &theirs), BILLING_OK);
  do {
    rc = bl_store_next(oracle, ours, a);
    ck_assert_int_eq(bl_store_next(store, theirs, b), rc);
    if (!rc) same_row(t, a, b);
  } while (!rc);
  ck_assert_int_eq(rc, BILLING_DONE);
  bl_store_end(oracle, ours);
  bl_store_end(store, theirs);
}

static void compare_scan(store_dice *dice, uint32_t table) {
  const billing_table *t = tables[table];
  billing_scan range = {sizeof range, 0, table, 0, NULL, 0, NULL, 0};
  billing_value from[BL_SORT_MOST], to[BL_SORT_MOST];
  uint32_t columns[BL_SORT_MOST];
  size_t count;

  range.flags = (uint32_t)store_throw(dice, 4);
  range.index = (uint32_t)store_throw(dice, t->index_count + 1);
  count       = bl_table_order(t, range.index, columns);
  range.from  = from;
  range.to    = to;
  range.from_count = store_throw(dice, count + 1);
  range.to_count   = store_throw(dice, count + 1);
  for (size_t i = 0; i < count; i++) {
    from[i] = some_value(dice, t->columns[columns[i]].type);
    to[i]   = store_throw(dice, 3) ? from[i]
                                   : some_value(dice, t->columns[columns[i]]
                                                          .type);
  }
  compare_range(&range);
}

static void compare_everything(void) {
  for (uint32_t table = 0; table < TABLES; table++) {
    for (uint32_t index = 0; index <= tables[table]->index_count; index++) {
      billing_scan range = {sizeof range, 0, table, index, NULL, 0, NULL, 0};

      compare_range(&range);
    }
  }
}

static void compare_transaction(store_dice *dice) {
  uint64_t calls = 1 + store_throw(dice, 40);

  begin();
  ck_assert_int_eq(bl_store_begin(oracle, BILLING_BEGIN_WRITE), BILLING_OK);
  for (uint64_t i = 0; i < calls; i++) {
    uint32_t table = (uint32_t)store_throw(dice, TABLES);

    switch (store_throw(dice, 6)) {
    case 0: compare_get(dice, table); break;
    case 1: compare_remove(dice, table); break;
    case 2: compare_scan(dice, table); break;
    default: compare_put(dice, table); break;
    }
  }
  compare_everything();
  if (store_throw(dice, 3) == 0) {
    bl_store_rollback(store);
    bl_store_rollback(oracle);
  } else {
    commit();
    ck_assert_int_eq(bl_store_commit(oracle), BILLING_OK);
  }
  if (place.kind->keeps && store_throw(dice, 8) == 0) reopen_store();
  begin_read();
  ck_assert_int_eq(bl_store_begin(oracle, BILLING_BEGIN_READ), BILLING_OK);
  compare_everything();
  commit();
  ck_assert_int_eq(bl_store_commit(oracle), BILLING_OK);
}

START_TEST(any_calls_give_what_the_reference_store_gives) {
  store_dice dice = {0x9e3779b97f4a7c15u + (uint64_t)_i};

  open_store(_i);
  ck_assert_int_eq(billing_memory_store(&oracle, NULL), BILLING_OK);
  ck_assert_int_eq(bl_store_declare(oracle, tables, TABLES), BILLING_OK);
  for (int i = 0; i < 60; i++) compare_transaction(&dice);
  bl_store_close(oracle);
  close_store();
}
END_TEST

/* The reference store may be slow, but not hopeless: it takes the most. */
START_TEST(a_hundred_thousand_rows_are_appended) {
  billing_value row[] = {I(0), B("body"), B("h")}, found[BL_ROW_MOST];
  const int64_t count = _i == 0 ? 100000 : 10000;

  open_store(_i);
  begin();
  for (int64_t i = 0; i < count; i++) {
    row[0] = I(i);
    ck_assert_int_eq(bl_store_put(store, BLOBS, row, 1, BILLING_PUT_INSERT),
                     BILLING_OK);
  }
  row[0] = I(count - 7);
  ck_assert_int_eq(bl_store_get(store, BLOBS, row, found), BILLING_OK);
  bl_store_rollback(store);
  begin_read();
  ck_assert_int_eq(bl_store_get(store, BLOBS, row, found), BILLING_NOTFOUND);
  commit();
  close_store();
}
END_TEST

/* ---- Memory ------------------------------------------------------------- */

typedef struct meter {
  uint64_t calls;
  uint64_t fails_at;         /* 0: never */
  size_t   held;             /* bytes */
} meter;

static void *metered(void *user, void *ptr, size_t old_size, size_t new_size) {
  meter *m = user;
  void *p;

  ck_assert(!ptr || !new_size);      /* blocks are not moved */
  if (!new_size) {
    m->held -= old_size;
    free(ptr);
    return NULL;
  }
  if (++m->calls == m->fails_at) return NULL;
  p = malloc(new_size);
  if (p) m->held += new_size;
  return p;
}

/* A little of everything.  Stops at the first failure. */
static int work(void) {
  billing_value rows[] = {I(1), T("a"), I(1), T("one"), I(3),
                          I(1), T("b"), I(2), T("other"), I(5)};
  billing_value found[BL_ROW_MOST];
  billing_scan range = bl_scan_prefix(NOTES, 1, NULL, 0);
  void *scan = NULL;
  int rc = bl_store_declare(store, old_tables, 1);

  if (!rc) rc = bl_store_declare(store, tables, TABLES);
  if (!rc) rc = bl_store_begin(store, BILLING_BEGIN_WRITE);
  if (rc) return rc;
  rc = bl_store_put(store, NOTES, rows, 2, BILLING_PUT_INSERT);
  if (!rc) rc = bl_store_get(store, NOTES, rows, found);
  if (!rc) rc = bl_store_remove(store, NOTES, rows);
  if (!rc) rc = bl_store_put(store, NOTES, rows, 2, BILLING_PUT_REPLACE);
  if (!rc) rc = bl_store_scan(store, &range, &scan);
  while (!rc) rc = bl_store_next(store, scan, found);
  bl_store_end(store, scan);
  if (rc == BILLING_DONE) rc = bl_store_commit(store);
  if (rc) bl_store_rollback(store);
  return rc;
}

START_TEST(memory_may_run_out_anywhere) {
  meter m = {0, 0, 0};
  billing_allocator allocator = {metered, &m};
  int rc = BILLING_NOMEM;

  for (uint64_t n = 1; rc == BILLING_NOMEM; n++) {
    ck_assert_uint_lt(n, 2000);
    store_place_make(&place, _i);
    m.calls    = 0;
    m.fails_at = n;
    store = store_place_open(&place, &allocator);
    rc    = store ? work() : BILLING_NOMEM;
    if (rc && store) {                 /* and the store goes on */
      m.fails_at = 0;
      ck_assert_int_eq(bl_store_declare(store, tables, TABLES), BILLING_OK);
      begin_read();
      ck_assert_str_eq(ids(0, 0, NULL, 0, NULL, 0), "");
      commit();
      ck_assert_int_eq(work(), BILLING_OK);
    }
    bl_store_close(store);
    ck_assert_uint_eq(m.held, 0);
    store_place_remove(&place);
  }
  ck_assert_int_eq(rc, BILLING_OK);
}
END_TEST

/* ---- Suite -------------------------------------------------------------- */

Suite *test_store_conformance(void);

Suite *test_store_conformance(void) {
  Suite *s = suite_create("store conformance");
  TCase *t = tcase_create("stores");

  tcase_set_timeout(t, 120);
#define EVERY(test) tcase_add_loop_test(t, test, 0, store_kind_count)
  EVERY(tables_are_new_once);
  EVERY(a_column_that_is_added_is_empty_in_old_rows);
  EVERY(an_older_version_keeps_columns_it_does_not_know);
  EVERY(a_table_with_another_key_or_type_is_refused_and_kept);
  EVERY(what_was_put_is_there);
  EVERY(what_was_committed_outlives_the_store);
  EVERY(replacing_a_row_moves_it_in_its_indexes);
  EVERY(a_removed_row_is_gone);
  EVERY(an_insert_of_a_key_that_is_there_is_a_conflict);
  EVERY(a_conflict_takes_back_the_whole_batch);
  EVERY(a_batch_with_a_key_twice_keeps_the_last_or_is_refused);
  EVERY(values_come_back_as_they_were_put);
  EVERY(a_row_that_came_out_may_go_in_again);
  EVERY(a_table_that_is_all_key_takes_a_row_again);
  EVERY(a_rollback_undoes_everything);
  EVERY(locking_and_scrubbing_are_fine);
  EVERY(a_sound_store_is_found_sound);
  EVERY(syncing_is_fine_at_any_moment);
  EVERY(text_is_ordered_by_its_bytes);
  EVERY(a_range_is_bounded_by_leading_values);
  EVERY(after_skips_all_rows_that_begin_with_from);
  EVERY(an_index_is_ordered_by_its_columns_and_then_the_key);
  EVERY(blobs_are_ordered_by_their_bytes);
  EVERY(eight_scans_are_open_at_a_time);
  EVERY(a_scan_survives_changes_under_it);
  EVERY(any_calls_give_what_the_reference_store_gives);
  EVERY(a_hundred_thousand_rows_are_appended);
  EVERY(memory_may_run_out_anywhere);
#undef EVERY
  suite_add_tcase(s, t);
  return s;
}
