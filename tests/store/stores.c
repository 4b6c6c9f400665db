/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* stores.c - the stores that the conformance suite is run against. */
#include "stores.h"

#include <check.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* ---- Kinds -------------------------------------------------------------- */

static billing_store *open_memory(store_place *place,
                                  const billing_allocator *allocator) {
  billing_store *s = NULL;

  (void)place;
  if (billing_memory_store(&s, allocator)) ck_assert_ptr_null(s);
  return s;
}

static billing_store *open_sqlite(store_place *place,
                                  const billing_allocator *allocator) {
  billing_store *s = NULL;

  if (bl_sqlite_store_open(&s, place->path, 0, allocator, NULL))
    ck_assert_ptr_null(s);
  return s;
}

static billing_store *open_private(store_place *place,
                                   const billing_allocator *allocator) {
  billing_store *s = NULL;

  (void)place;
  if (bl_sqlite_store_open(&s, ":memory:", 0, allocator, NULL))
    ck_assert_ptr_null(s);
  return s;
}

/* The host of these two has a connection for as long as the place is there.
 * Tables of its own stand beside ours. */
static billing_store *open_host(store_place *place,
                                const billing_allocator *allocator) {
  billing_store *s = NULL;

  if (!place->connection) {
    sqlite3 *db = NULL;

    ck_assert_int_eq(sqlite3_open(place->path, &db), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(db, "CREATE TABLE orders(id INTEGER)", NULL,
                                  NULL, NULL), SQLITE_OK);
    place->connection = db;
  }
  if (bl_sqlite_store_host(&s, place->connection, NULL, allocator, NULL))
    ck_assert_ptr_null(s);
  return s;
}

static billing_store *open_inside(store_place *place,
                                  const billing_allocator *allocator) {
  billing_store *s = open_host(place, allocator);

  if (sqlite3_get_autocommit(place->connection))
    ck_assert_int_eq(sqlite3_exec(place->connection,
                                  "BEGIN; INSERT INTO orders VALUES (1)",
                                  NULL, NULL, NULL), SQLITE_OK);
  return s;
}

static billing_store *check(billing_store *inner,
                            const billing_allocator *allocator) {
  billing_store *s = NULL;

  if (inner && billing_checked_store(&s, inner, allocator))
    bl_store_close(inner);
  return s;
}

static billing_store *open_checked_memory(store_place *place,
                                          const billing_allocator *a) {
  return check(open_memory(place, a), a);
}

static billing_store *open_checked_sqlite(store_place *place,
                                          const billing_allocator *a) {
  return check(open_sqlite(place, a), a);
}

static billing_store *open_checked_inside(store_place *place,
                                          const billing_allocator *a) {
  return check(open_inside(place, a), a);
}

const store_kind store_kinds[] = {
  {"memory", open_memory, 0, 0},
  {"sqlite", open_sqlite, 1, 0},
  {"sqlite in memory", open_private, 0, 0},
  {"sqlite on the host's connection", open_host, 1, 0},
  {"sqlite in the host's transaction", open_inside, 1, 0},
  {"checked memory", open_checked_memory, 0, 0},
  {"checked sqlite", open_checked_sqlite, 1, 0},
  {"checked sqlite in the host's transaction", open_checked_inside, 1, 0},
};

const int store_kind_count = sizeof store_kinds / sizeof *store_kinds;

/* ---- Places ------------------------------------------------------------- */

/* In memory where there is such a folder: the suite syncs thousands of times,
 * and what a disk adds to that is no concern of its own. */
void store_folder_make(char folder[64], char path[128]) {
  snprintf(folder, 64, "/dev/shm/billing-store-XXXXXX");
  if (!mkdtemp(folder)) {
    snprintf(folder, 64, "/tmp/billing-store-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
  }
  snprintf(path, 128, "%s/billing.db", folder);
}

void store_folder_remove(const char *folder, const char *path) {
  static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};
  char name[160];

  for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
    snprintf(name, sizeof name, "%s%s", path, suffixes[i]);
    (void)unlink(name);
  }
  ck_assert_int_eq(rmdir(folder), 0);
}

void store_place_make(store_place *place, int kind) {
  memset(place, 0, sizeof *place);
  place->kind = &store_kinds[kind];
  store_folder_make(place->folder, place->path);
}

billing_store *store_place_open(store_place *place,
                                const billing_allocator *allocator) {
  return place->kind->open(place, allocator);
}

/* SQLITE_OK says, too, that no statement of ours is left on it. */
void store_place_remove(store_place *place) {
  if (place->connection)
    ck_assert_int_eq(sqlite3_close(place->connection), SQLITE_OK);
  store_folder_remove(place->folder, place->path);
}

/* ---- Values ------------------------------------------------------------- */

billing_value store_int(int64_t v) {
  return bl_value_int(v);
}

billing_value store_text(const char *text) {
  return bl_value_text(bl_str_of(text));
}

billing_value store_blob(const char *bytes, size_t len) {
  return bl_value_blob(bytes, len);
}

uint64_t store_throw(store_dice *dice, uint64_t below) {
  dice->state ^= dice->state << 13;
  dice->state ^= dice->state >> 7;
  dice->state ^= dice->state << 17;
  return dice->state % below;
}
