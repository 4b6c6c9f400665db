/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* test_engine_open.c - the host's own connection, two handles, odd files. */
#include <sqlite3.h>

#include "engine.h"
#include "engine/engine.h"
#include "store/store.h"

/* ---- the host's connection ---- */

typedef struct host {
  shop_folder folder;
  sqlite3    *connection;
  billing    *b;
} host;

static void host_run(const host *h, const char *sql) {
  char *message = NULL;

  ck_assert_msg(sqlite3_exec(h->connection, sql, NULL, NULL, &message) ==
                SQLITE_OK, "%s: %s", sql, message ? message : "");
}

static host host_make(void) {
  billing_call call = shop_call("");
  billing_error err;
  host h = {shop_folder_make(), NULL, NULL};

  BILLING_INIT(&err);
  ck_assert_int_eq(sqlite3_open(h.folder.path, &h.connection), SQLITE_OK);
  host_run(&h, "CREATE TABLE orders(id INTEGER)");
  ck_assert_msg(!billing_open_sqlite3(&h.b, h.connection, NULL, NULL, &err),
                "%s", err.message);
  ck_assert_int_eq(billing_catalog_apply(h.b, &call, shop_catalog, (size_t)-1,
                                         NULL, NULL), 0);
  return h;
}

static void host_remove(host *h) {
  billing_close(h->b);
  ck_assert_int_eq(sqlite3_close(h->connection), SQLITE_OK);
  shop_folder_remove(&h->folder);
}

static int64_t host_number(const host *h, const char *sql) {
  sqlite3_stmt *statement = NULL;
  int64_t n;

  ck_assert_int_eq(sqlite3_prepare_v2(h->connection, sql, -1, &statement,
                                      NULL), SQLITE_OK);
  ck_assert_int_eq(sqlite3_step(statement), SQLITE_ROW);
  n = sqlite3_column_int64(statement, 0);
  sqlite3_finalize(statement);
  return n;
}

static billing_receipt record(billing *b, const char *key) {
  billing_call call = shop_call("");
  billing_event event = shop_event(key, "e");
  billing_receipt receipt;
  billing_error err;

  ck_assert_msg(!shop_record(b, &call, &event, &receipt, &err), "%s",
                err.message);
  ck_assert_int_eq(receipt.code, 0);
  return receipt;
}

static const char *left_of(billing *b) {
  static char text[BILLING_DECIMAL_TEXT];
  billing_call call = shop_call("");
  billing_balances found;

  BILLING_INIT(&found);
  ck_assert_int_eq(billing_balance(b, &call, "a", 1, "USD", &found, NULL), 0);
  billing_decimal_format(&found.left, text);
  return text;
}

START_TEST(a_rollback_of_the_host_takes_everything_with_it) {
  host h = host_make();

  shop_grant(h.b, "g", "1");
  host_run(&h, "BEGIN; INSERT INTO orders VALUES (1)");
  ck_assert_uint_eq(record(h.b, "k").status, BILLING_STATUS_NEW);
  ck_assert_str_eq(left_of(h.b), "0.9");
  host_run(&h, "ROLLBACK");
  ck_assert_str_eq(left_of(h.b), "1");
  ck_assert_int_eq(host_number(&h, "SELECT count(*) FROM orders"), 0);
  ck_assert_uint_eq(record(h.b, "k").status, BILLING_STATUS_NEW);
  ck_assert_uint_eq(record(h.b, "k").status, BILLING_STATUS_SAME);
  shop_is_sound(h.b);
  host_remove(&h);
}
END_TEST

START_TEST(a_rollback_to_a_savepoint_takes_what_came_after_it) {
  host h = host_make();

  shop_grant(h.b, "g", "1");
  host_run(&h, "BEGIN");
  record(h.b, "before");
  host_run(&h, "SAVEPOINT here; INSERT INTO orders VALUES (1)");
  record(h.b, "after");
  ck_assert_str_eq(left_of(h.b), "0.8");
  host_run(&h, "ROLLBACK TO here");
  ck_assert_str_eq(left_of(h.b), "0.9");
  ck_assert_uint_eq(record(h.b, "before").status, BILLING_STATUS_SAME);
  ck_assert_uint_eq(record(h.b, "other").status, BILLING_STATUS_NEW);
  ck_assert_str_eq(left_of(h.b), "0.8");
  host_run(&h, "RELEASE here; COMMIT");
  ck_assert_uint_eq(record(h.b, "other").status, BILLING_STATUS_SAME);
  ck_assert_uint_eq(record(h.b, "after").status, BILLING_STATUS_NEW);
  ck_assert_str_eq(left_of(h.b), "0.7");
  shop_is_sound(h.b);
  host_remove(&h);
}
END_TEST

/* The rolled back entry and the one in its place have one number. */
START_TEST(what_takes_the_place_of_a_rolled_back_entry_is_seen) {
  host h = host_make();
  uint64_t first, second;

  host_run(&h, "BEGIN");
  shop_grant(h.b, "g", "5");
  first = record(h.b, "k").number;
  host_run(&h, "ROLLBACK; BEGIN");
  shop_grant(h.b, "g", "3");
  second = record(h.b, "other").number;
  host_run(&h, "COMMIT");
  ck_assert_uint_eq(first, second);
  ck_assert_str_eq(left_of(h.b), "2.9");
  ck_assert_uint_eq(record(h.b, "k").status, BILLING_STATUS_NEW);
  shop_is_sound(h.b);
  host_remove(&h);
}
END_TEST

START_TEST(a_call_that_fails_leaves_the_hosts_transaction_as_it_was) {
  host h = host_make();
  billing_call call = shop_call("");

  host_run(&h, "BEGIN; INSERT INTO orders VALUES (1)");
  record(h.b, "k");
  ck_assert_int_eq(billing_put(h.b, &call, "meter", "{\"id\":\"m\"}",
                               (size_t)-1, NULL, NULL), BILLING_INVALID);
  ck_assert_int_eq(sqlite3_get_autocommit(h.connection), 0);
  host_run(&h, "COMMIT");
  ck_assert_int_eq(host_number(&h, "SELECT count(*) FROM orders"), 1);
  ck_assert_uint_eq(record(h.b, "k").status, BILLING_STATUS_SAME);
  host_remove(&h);
}
END_TEST

/* A tenant that was rolled back gives its number to the next one. */
START_TEST(a_rolled_back_tenant_is_not_taken_for_another) {
  host h = host_make();
  billing_call call = shop_call("");
  billing_error err;

  BILLING_INIT(&err);
  host_run(&h, "BEGIN");
  call.tenant = shop_text("gone");
  ck_assert_int_eq(billing_put(h.b, &call, "tenant", "{\"id\":\"gone\"}",
                               (size_t)-1, NULL, NULL), 0);
  host_run(&h, "ROLLBACK");
  call.tenant = shop_text("other");
  ck_assert_int_eq(billing_catalog_apply(h.b, &call,
      "{\"tenant\":{\"id\":\"other\"},\"customers\":[{\"id\":\"secret\"}]}",
      (size_t)-1, NULL, NULL), 0);
  call.tenant = shop_text("gone");
  ck_assert_int_eq(billing_get(h.b, &call, "customer", "secret", 6,
                               &(billing_doc *){NULL}, &err),
                   BILLING_NOTFOUND_TENANT);
  host_remove(&h);
}
END_TEST

START_TEST(a_catalog_that_was_only_tried_is_not_taken_for_another) {
  static const char own[] = "{\"tenant\":{\"id\":\"tried\"}}";
  billing *b = shop_open(NULL);
  billing_call call = shop_call("");
  billing_doc *doc = NULL;

  call.tenant = shop_text("tried");
  call.flags = BILLING_CALL_DRY_RUN;
  ck_assert_int_eq(billing_catalog_apply(b, &call, own, (size_t)-1, &doc,
                                         NULL), 0);
  billing_doc_free(doc);
  doc = NULL;
  call.flags = 0;
  call.tenant = shop_text("other");
  ck_assert_int_eq(billing_catalog_apply(b, &call,
      "{\"tenant\":{\"id\":\"other\"},\"customers\":[{\"id\":\"secret\"}]}",
      (size_t)-1, NULL, NULL), 0);
  call.tenant = shop_text("tried");
  ck_assert_int_eq(billing_list(b, &call, "customer", "", 0, &doc, NULL),
                   BILLING_NOTFOUND_TENANT);
  ck_assert_ptr_null(doc);
  billing_close(b);
}
END_TEST

/* ---- two handles on one file ---- */

START_TEST(a_handle_sees_what_the_other_has_recorded) {
  shop_folder f = shop_folder_make();
  billing *one = shop_open(f.path), *two = NULL;

  shop_grant(one, "g", "1");
  ck_assert_int_eq(billing_open(&two, f.path, (size_t)-1, NULL, NULL), 0);
  ck_assert_uint_eq(record(two, "k").status, BILLING_STATUS_NEW);
  ck_assert_uint_eq(record(one, "k").status, BILLING_STATUS_SAME);
  ck_assert_uint_eq(record(one, "l").status, BILLING_STATUS_NEW);
  ck_assert_str_eq(left_of(two), "0.8");
  shop_is_sound(one);
  shop_is_sound(two);
  billing_close(one);
  billing_close(two);
  shop_folder_remove(&f);
}
END_TEST

START_TEST(a_lock_that_a_stranger_keeps_is_busy) {
  shop_folder f = shop_folder_make();
  billing *b = shop_open(f.path);
  billing_call call = shop_call("");
  billing_event event = shop_event("k", "e");
  billing_receipt receipt;
  billing_error err;
  sqlite3 *other;

  ck_assert_int_eq(sqlite3_open(f.path, &other), SQLITE_OK);
  ck_assert_int_eq(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL),
                   SQLITE_OK);
  ck_assert_int_eq(shop_record(b, &call, &event, &receipt, &err),
                   BILLING_BUSY);
  ck_assert_int_eq(err.code, BILLING_BUSY);
  ck_assert_str_ne(err.message, "");
  ck_assert_str_eq(left_of(b), "0");             /* reading goes on */
  ck_assert_int_eq(sqlite3_close(other), SQLITE_OK);
  ck_assert_uint_eq(record(b, "k").status, BILLING_STATUS_NEW);
  billing_close(b);
  shop_folder_remove(&f);
}
END_TEST

/* ---- formats ---- */

static void change_file(const shop_folder *f, const char *sql) {
  sqlite3 *db;

  ck_assert_int_eq(sqlite3_open(f->path, &db), SQLITE_OK);
  ck_assert_int_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
  ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
}

static char *read_text(const char *path) {
  FILE *file = fopen(path, "rb");
  char *text = NULL;
  size_t len = 0;
  FILE *whole = open_memstream(&text, &len);
  int c;

  ck_assert_msg(file != NULL, "%s: run the tests from the top folder", path);
  while ((c = getc(file)) != EOF) putc(c, whole);
  fclose(file);
  fclose(whole);
  return text;
}

/* tests/files has a database of each format, as SQL: the smallest golden
 * scenario, whose invoice must be found to the byte. */
START_TEST(a_file_of_every_format_opens) {
  static const char *const formats[] = {"tests/files/0.sql"};
  char *golden = read_text("tests/golden/01-smallest.expect");

  for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
    shop_folder f = shop_folder_make();
    billing_call call = shop_call("");
    char *sql = read_text(formats[i]);
    billing_doc *doc = NULL;
    billing *b = NULL;

    change_file(&f, sql);
    ck_assert_int_eq(billing_open(&b, f.path, (size_t)-1, NULL, NULL), 0);
    call.tenant = shop_text("shop");
    ck_assert_int_eq(billing_invoice(b, &call, "INV-000001", (size_t)-1,
                                     "json", &doc, NULL), 0);
    ck_assert_ptr_nonnull(strstr(golden, billing_doc_text(doc)));
    billing_doc_free(doc);
    ck_assert_int_eq(billing_verify(b, &call, &doc, NULL), 0);
    ck_assert_ptr_nonnull(strstr(billing_doc_text(doc), "\"ok\":true"));
    billing_doc_free(doc);
    billing_close(b);
    shop_folder_remove(&f);
    free(sql);
  }
  free(golden);
}
END_TEST

START_TEST(a_newer_format_is_said_when_opening) {
  shop_folder f = shop_folder_make();
  billing *b = shop_open(f.path);
  billing_error err;

  billing_close(b);
  change_file(&f, "UPDATE billing_meta SET value = x'09' "
                  "WHERE name = 'format'");
  BILLING_INIT(&err);
  ck_assert_int_eq(billing_open(&b, f.path, (size_t)-1, NULL, &err),
                   BILLING_UNSUPPORTED);
  ck_assert_ptr_null(b);
  ck_assert_ptr_nonnull(strstr(err.message, "format 9"));
  shop_folder_remove(&f);
}
END_TEST

START_TEST(a_journal_for_newer_readers_is_unsupported) {
  shop_folder f = shop_folder_make();
  billing *b = shop_open(f.path);
  billing_call call = shop_call("");
  billing_doc *doc = NULL;

  billing_close(b);
  change_file(&f, "UPDATE billing_head SET min_reader = 9, min_writer = 9");
  ck_assert_int_eq(billing_open(&b, f.path, (size_t)-1, NULL, NULL), 0);
  ck_assert_int_eq(billing_list(b, &call, "plan", "", 0, &doc, NULL),
                   BILLING_UNSUPPORTED);
  billing_close(b);
  shop_folder_remove(&f);
}
END_TEST

/* Also after the state was thrown away. */
START_TEST(a_journal_for_newer_writers_is_read_only) {
  shop_folder f = shop_folder_make();
  billing *b = shop_open(f.path);
  billing_call call = shop_call("");
  billing_event event = shop_event("k", "e");
  billing_receipt receipt;

  shop_grant(b, "g", "1");
  billing_close(b);
  change_file(&f, "UPDATE billing_head SET min_writer = 9");
  ck_assert_int_eq(billing_open(&b, f.path, (size_t)-1, NULL, NULL), 0);
  for (int i = 0; i < 2; i++) {
    ck_assert_int_eq(shop_record(b, &call, &event, &receipt, NULL),
                     BILLING_UNSUPPORTED);
    ck_assert_str_eq(left_of(b), "1");
    ((bl_tenant *)bl_map_get(&b->tenants, "t", 1))->is_stale = 1;
  }
  billing_close(b);
  shop_folder_remove(&f);
}
END_TEST

/* ---- options ---- */

START_TEST(a_secret_has_32_bytes) {
  billing_options options;
  billing_error err;
  billing *b = NULL;

  BILLING_INIT(&options);
  BILLING_INIT(&err);
  options.secret = shop_text("too short");
  ck_assert_int_eq(billing_open(&b, ":memory:", (size_t)-1, &options, &err),
                   BILLING_INVALID);
  ck_assert_str_eq(err.path, "/secret");
  options.secret = shop_text("0123456789abcdef0123456789abcdef");
  ck_assert_int_eq(billing_open(&b, ":memory:", (size_t)-1, &options, &err),
                   0);
  billing_close(b);
}
END_TEST

/* The chain covers the database's secret only through keyed hashes: with one
 * secret and one input the journals are equal to the byte. */
START_TEST(the_same_secret_and_the_same_calls_make_the_same_journal) {
  unsigned char hash[2][32];
  billing_options options;

  BILLING_INIT(&options);
  options.secret = shop_text("0123456789abcdef0123456789abcdef");
  for (int i = 0; i < 2; i++) {
    billing_call call = shop_call("");
    billing *b = NULL;

    ck_assert_int_eq(billing_open(&b, ":memory:", (size_t)-1, &options,
                                  NULL), 0);
    ck_assert_int_eq(billing_catalog_apply(b, &call, shop_catalog,
                                           (size_t)-1, NULL, NULL), 0);
    shop_grant(b, "g", "1");
    record(b, "k");
    memcpy(hash[i], ((bl_tenant *)bl_map_get(&b->tenants, "t", 1))->heads.hash,
           32);
    billing_close(b);
  }
  ck_assert_mem_eq(hash[0], hash[1], 32);
}
END_TEST

START_TEST(a_store_that_lacks_a_method_stays_the_callers) {
  billing_store *store = NULL;
  billing_store_methods methods;
  billing_store lacking;
  billing_error err;
  billing *b = NULL;

  BILLING_INIT(&err);
  ck_assert_int_eq(billing_memory_store(&store, NULL), 0);
  methods = *store->methods;
  methods.scan = NULL;
  lacking.methods = &methods;
  lacking.user = NULL;
  ck_assert_int_eq(billing_open_store(&b, &lacking, NULL, &err),
                   BILLING_MISUSE);
  ck_assert_ptr_null(b);
  ck_assert_int_eq(billing_open_store(&b, NULL, NULL, &err), BILLING_MISUSE);
  store->methods->close(store);
}
END_TEST

Suite *test_engine_open(void);
Suite *test_engine_open(void) {
  Suite *s = suite_create("engine_open");
  TCase *t = tcase_create("open");

  tcase_add_test(t, a_rollback_of_the_host_takes_everything_with_it);
  tcase_add_test(t, a_rollback_to_a_savepoint_takes_what_came_after_it);
  tcase_add_test(t, what_takes_the_place_of_a_rolled_back_entry_is_seen);
  tcase_add_test(t, a_call_that_fails_leaves_the_hosts_transaction_as_it_was);
  tcase_add_test(t, a_rolled_back_tenant_is_not_taken_for_another);
  tcase_add_test(t, a_catalog_that_was_only_tried_is_not_taken_for_another);
  tcase_add_test(t, a_handle_sees_what_the_other_has_recorded);
  tcase_add_test(t, a_lock_that_a_stranger_keeps_is_busy);
  tcase_add_test(t, a_file_of_every_format_opens);
  tcase_add_test(t, a_newer_format_is_said_when_opening);
  tcase_add_test(t, a_journal_for_newer_readers_is_unsupported);
  tcase_add_test(t, a_journal_for_newer_writers_is_read_only);
  tcase_add_test(t, a_secret_has_32_bytes);
  tcase_add_test(t, the_same_secret_and_the_same_calls_make_the_same_journal);
  tcase_add_test(t, a_store_that_lacks_a_method_stays_the_callers);
  suite_add_tcase(s, t);
  return s;
}
