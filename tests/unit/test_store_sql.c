/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* test_store_sql.c - the statements, as text and as SQLite reads them. */
#include "store/sql.h"
#include "unit.h"

#include <sqlite3.h>

static const billing_column price_columns[] = {
    {"tenant", BILLING_VALUE_INTEGER, 0},
    {"id", BILLING_VALUE_TEXT, 0},
    {"amount", BILLING_VALUE_TEXT, 0}};
static const uint32_t price_by_amount[] = {2};
static const billing_index price_indexes[] = {{"amount", price_by_amount, 1}};
static const billing_table price = {
    sizeof price, 0, "price", price_columns, 3, 2, price_indexes, 1};

/* With a blob, and a key column that stands in an index as well. */
static const billing_column entry_columns[] = {
    {"tenant", BILLING_VALUE_INTEGER, 0}, {"from", BILLING_VALUE_INTEGER, 0},
    {"seq", BILLING_VALUE_INTEGER, 0},    {"body", BILLING_VALUE_BLOB, 0},
    {"kind", BILLING_VALUE_TEXT, 0},      {"at", BILLING_VALUE_INTEGER, 0}};
static const uint32_t entry_by_kind[] = {0, 4};
static const billing_index entry_indexes[] = {{"kind", entry_by_kind, 2}};
static const billing_table entry = {
    sizeof entry, 0, "entry", entry_columns, 6, 3, entry_indexes, 1};

static const bl_sql_dialect dollars = {
    {NULL, "bigint", "text", "bytea"}, {NULL, "0", "''", "''"},
    " WITH (small)", " WITH (blobs)", "$", 0, 0};

static const bl_sql_dialect *const lite = &bl_sql_sqlite;

static bl_arena arena;
static bl_text text;

static bl_text *fresh(void) {
  bl_arena_close(&arena);
  bl_arena_open(&arena, NULL);
  bl_text_open(&text, &arena);
  return &text;
}

/* ---- Texts -------------------------------------------------------------- */

START_TEST(a_scan_reads_like_the_example) {
  billing_value from[] = {bl_value_text(BL_STR("3")), bl_value_int(7)};
  billing_scan range = {sizeof range, BILLING_SCAN_AFTER, 0, 1,
                        from,         2,                  NULL, 0};

  bl_sql_scan(fresh(), lite, &price, &range);
  ck_assert_str_eq(text.text,
                   "SELECT \"tenant\", \"id\", \"amount\" FROM \"price\""
                   " INDEXED BY \"price_amount\""
                   " WHERE (\"amount\", \"tenant\") > (?1, ?2)"
                   " ORDER BY \"amount\", \"tenant\", \"id\"");
}
END_TEST

START_TEST(a_bound_of_one_value_needs_no_row_value) {
  billing_value one[] = {bl_value_int(1), bl_value_text(BL_STR("a"))};
  billing_scan range = {sizeof range, BILLING_SCAN_REVERSE, 0, 0,
                        one,          2,                    one, 1};

  bl_sql_scan(fresh(), lite, &price, &range);
  ck_assert_str_eq(text.text,
                   "SELECT \"tenant\", \"id\", \"amount\" FROM \"price\""
                   " WHERE (\"tenant\", \"id\") >= (?1, ?2)"
                   " AND \"tenant\" <= ?3"
                   " ORDER BY \"tenant\" DESC, \"id\" DESC");
}
END_TEST

START_TEST(a_scan_without_bounds_has_no_where) {
  billing_scan range = {sizeof range, 0, 0, 1, NULL, 0, NULL, 0};

  bl_sql_scan(fresh(), &dollars, &entry, &range);
  ck_assert_str_eq(text.text,
                   "SELECT \"tenant\", \"from\", \"seq\", \"body\", \"kind\","
                   " \"at\" FROM \"entry\""
                   " ORDER BY \"tenant\", \"kind\", \"from\", \"seq\"");
}
END_TEST

START_TEST(a_table_without_blobs_has_no_row_ids) {
  bl_sql_create_table(fresh(), lite, &price);
  ck_assert_str_eq(text.text,
                   "CREATE TABLE IF NOT EXISTS \"price\" (\n"
                   "  \"tenant\" INTEGER NOT NULL,\n"
                   "  \"id\" TEXT NOT NULL,\n"
                   "  \"amount\" TEXT NOT NULL DEFAULT '',\n"
                   "  PRIMARY KEY (\"tenant\", \"id\")\n"
                   ") STRICT, WITHOUT ROWID");
}
END_TEST

START_TEST(a_table_with_blobs_has_row_ids) {
  bl_sql_create_table(fresh(), lite, &entry);
  ck_assert_str_eq(text.text,
                   "CREATE TABLE IF NOT EXISTS \"entry\" (\n"
                   "  \"tenant\" INTEGER NOT NULL,\n"
                   "  \"from\" INTEGER NOT NULL,\n"
                   "  \"seq\" INTEGER NOT NULL,\n"
                   "  \"body\" BLOB NOT NULL DEFAULT x'',\n"
                   "  \"kind\" TEXT NOT NULL DEFAULT '',\n"
                   "  \"at\" INTEGER NOT NULL DEFAULT 0,\n"
                   "  PRIMARY KEY (\"tenant\", \"from\", \"seq\")\n"
                   ") STRICT");
}
END_TEST

START_TEST(an_index_ends_with_the_key_columns_it_lacks) {
  bl_sql_create_index(fresh(), &entry, 0);
  ck_assert_str_eq(text.text,
                   "CREATE INDEX IF NOT EXISTS \"entry_kind\" ON \"entry\""
                   " (\"tenant\", \"kind\", \"from\", \"seq\")");
}
END_TEST

START_TEST(a_column_is_added_with_its_default) {
  bl_sql_add_column(fresh(), lite, &entry, 5);
  ck_assert_str_eq(text.text, "ALTER TABLE \"entry\" ADD COLUMN"
                              " \"at\" INTEGER NOT NULL DEFAULT 0");
}
END_TEST

START_TEST(a_replacing_put_leaves_unknown_columns_alone) {
  bl_sql_put(fresh(), lite, &price, BILLING_PUT_REPLACE);
  ck_assert_str_eq(text.text,
                   "INSERT INTO \"price\" (\"tenant\", \"id\", \"amount\")"
                   " VALUES (?1, ?2, ?3) ON CONFLICT (\"tenant\", \"id\")"
                   " DO UPDATE SET \"amount\" = excluded.\"amount\"");
  bl_sql_put(fresh(), &dollars, &price, BILLING_PUT_INSERT);
  ck_assert_str_eq(text.text,
                   "INSERT INTO \"price\" (\"tenant\", \"id\", \"amount\")"
                   " VALUES ($1, $2, $3)");
}
END_TEST

START_TEST(a_row_that_is_all_key_has_nothing_to_update) {
  static const billing_table key = {
      sizeof key, 0, "price", price_columns, 2, 2, NULL, 0};

  bl_sql_put(fresh(), lite, &key, BILLING_PUT_REPLACE);
  ck_assert_str_eq(text.text,
                   "INSERT INTO \"price\" (\"tenant\", \"id\")"
                   " VALUES (?1, ?2) ON CONFLICT (\"tenant\", \"id\")"
                   " DO NOTHING");
}
END_TEST

START_TEST(rows_are_read_and_removed_by_their_key) {
  bl_sql_get(fresh(), lite, &price);
  ck_assert_str_eq(text.text,
                   "SELECT \"tenant\", \"id\", \"amount\" FROM \"price\""
                   " WHERE \"tenant\" = ?1 AND \"id\" = ?2");
  bl_sql_remove(fresh(), lite, &price);
  ck_assert_str_eq(text.text, "DELETE FROM \"price\""
                              " WHERE \"tenant\" = ?1 AND \"id\" = ?2");
}
END_TEST

/* ---- Plans -------------------------------------------------------------- */

static sqlite3 *open_with(const billing_table *t) {
  sqlite3 *db = NULL;

  ck_assert_int_eq(sqlite3_open(":memory:", &db), SQLITE_OK);
  bl_sql_create_table(fresh(), lite, t);
  ck_assert_int_eq(sqlite3_exec(db, text.text, 0, 0, 0), SQLITE_OK);
  for (size_t i = 0; i < t->index_count; i++) {
    bl_sql_create_index(fresh(), t, i);
    ck_assert_int_eq(sqlite3_exec(db, text.text, 0, 0, 0), SQLITE_OK);
  }
  return db;
}

/* The plan must be one step: a search when there are bounds, and never a
 * sort. */
static void plan(sqlite3 *db, const billing_table *t,
                 const billing_scan *range) {
  sqlite3_stmt *stmt = NULL;
  char *explain;
  const char *step;

  bl_sql_scan(fresh(), lite, t, range);
  explain = sqlite3_mprintf("EXPLAIN QUERY PLAN %s", text.text);
  ck_assert_int_eq(sqlite3_prepare_v2(db, explain, -1, &stmt, NULL),
                   SQLITE_OK);
  ck_assert_int_eq(sqlite3_step(stmt), SQLITE_ROW);
  step = (const char *)sqlite3_column_text(stmt, 3);
  if (range->from_count + range->to_count)
    ck_assert_msg(!strncmp(step, "SEARCH", 6), "%s: %s", step, text.text);
  if (range->index)
    ck_assert_msg(strstr(step, t->indexes[0].name) != NULL, "%s", step);
  ck_assert_int_eq(sqlite3_step(stmt), SQLITE_DONE);
  sqlite3_finalize(stmt);
  sqlite3_free(explain);
}

START_TEST(every_scan_is_one_search_and_no_sort) {
  const billing_table *t = _i & 1 ? &entry : &price;
  sqlite3 *db = open_with(t);

  for (uint32_t index = 0; index < 2; index++) {
    uint32_t columns[BL_SORT_MOST];
    size_t count = bl_table_order(t, index, columns);

    for (size_t from = 0; from <= count; from++) {
      for (size_t to = 0; to <= count; to++) {
        billing_scan range = {sizeof range, (uint32_t)_i >> 1, 0, index,
                              NULL,         from,              NULL, to};

        plan(db, t, &range);
      }
    }
  }
  sqlite3_close(db);
  bl_arena_close(&arena);
}
END_TEST

Suite *test_store_sql(void);

Suite *test_store_sql(void) {
  Suite *s = suite_create("store sql");
  TCase *t = tcase_create("sql");

  tcase_add_test(t, a_scan_reads_like_the_example);
  tcase_add_test(t, a_bound_of_one_value_needs_no_row_value);
  tcase_add_test(t, a_scan_without_bounds_has_no_where);
  tcase_add_test(t, a_table_without_blobs_has_no_row_ids);
  tcase_add_test(t, a_table_with_blobs_has_row_ids);
  tcase_add_test(t, an_index_ends_with_the_key_columns_it_lacks);
  tcase_add_test(t, a_column_is_added_with_its_default);
  tcase_add_test(t, a_replacing_put_leaves_unknown_columns_alone);
  tcase_add_test(t, a_row_that_is_all_key_has_nothing_to_update);
  tcase_add_test(t, rows_are_read_and_removed_by_their_key);
  tcase_add_loop_test(t, every_scan_is_one_search_and_no_sort, 0, 8);
  suite_add_tcase(s, t);
  return s;
}
