/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * test_engine_audit.c - whatever is changed in a file behind the library's
 * back, verify says where.  The changes are made with SQL.
 */
#include <sqlite3.h>

#include "engine.h"

static shop_folder folder;
static billing    *b;

static void begin(void) {
  billing_call call = shop_call("");
  billing_event event = shop_event("k1", "e");
  billing_receipt receipt;

  folder = shop_folder_make();
  b = shop_open(folder.path);
  shop_grant(b, "g", "0.15");
  ck_assert_int_eq(shop_record(b, &call, &event, &receipt, NULL), 0);
  event = shop_event("k2", "e");
  ck_assert_int_eq(shop_record(b, &call, &event, &receipt, NULL), 0);
  call.now_us = SHOP_NOW + 31 * SHOP_DAY;
  call.flags = BILLING_CALL_STEP;
  ck_assert_int_eq(billing_advance(b, &call, call.now_us, 0, NULL, NULL), 0);
  shop_is_sound(b);
}

static void end(void) {
  billing_close(b);
  shop_folder_remove(&folder);
}

/* Changes one row, which must be there, and opens the file anew. */
static void change(const char *sql) {
  char *message = NULL;
  sqlite3 *db;

  billing_close(b);
  ck_assert_int_eq(sqlite3_open(folder.path, &db), SQLITE_OK);
  ck_assert_msg(sqlite3_exec(db, sql, NULL, NULL, &message) == SQLITE_OK,
                "%s: %s", sql, message ? message : "");
  ck_assert_int_eq(sqlite3_changes(db), 1);
  ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
  ck_assert_int_eq(billing_open(&b, folder.path, (size_t)-1, NULL, NULL), 0);
}

/* What verify says has all of these parts. */
static void verify_says(const char *check, int64_t seq) {
  billing_doc *doc = shop_verify(b);
  char part[64];

  ck_assert_ptr_nonnull(strstr(billing_doc_text(doc), "\"ok\":false"));
  snprintf(part, sizeof part, "\"check\":\"%s\"", check);
  ck_assert_msg(strstr(billing_doc_text(doc), part) != NULL, "%s is not in %s",
                part, billing_doc_text(doc));
  snprintf(part, sizeof part, "\"seq\":%d}", (int)seq);
  ck_assert_msg(!seq || strstr(billing_doc_text(doc), part) != NULL,
                "%s is not in %s", part, billing_doc_text(doc));
  billing_doc_free(doc);
}

static int read_balance(void) {
  billing_call call = shop_call("");
  billing_balances found;

  BILLING_INIT(&found);
  return billing_balance(b, &call, "a", 1, "USD", &found, NULL);
}

/* The entries: tenant, customer, two meters, plan, contract, grant, period,
 * events k1, events k2, period, invoice. */
START_TEST(an_entry_that_is_gone_is_named_by_the_next) {
  change("DELETE FROM billing_journal WHERE seq = 9");
  ck_assert_int_eq(read_balance(), BILLING_CORRUPT);
  verify_says("chain", 10);
}
END_TEST

START_TEST(a_moment_that_was_changed_is_named) {
  change("UPDATE billing_journal SET at_us = at_us + 1 WHERE seq = 10");
  ck_assert_int_eq(read_balance(), BILLING_CORRUPT);
  verify_says("chain", 10);
}
END_TEST

START_TEST(changed_keys_and_properties_are_named) {
  change("UPDATE billing_journal SET properties = "
         "CAST(replace(CAST(properties AS TEXT), 'k1', 'k9') AS BLOB) "
         "WHERE seq = 9");
  ck_assert_int_eq(read_balance(), 0);      /* no figure depends on them */
  verify_says("chain", 9);
}
END_TEST

START_TEST(a_head_that_is_behind_the_journal_is_damage) {
  change("UPDATE billing_head SET seq = seq - 1");
  ck_assert_int_eq(read_balance(), BILLING_CORRUPT);
  verify_says("chain", 0);
}
END_TEST

START_TEST(derived_rows_that_were_changed_are_found) {
  static const char *const changes[] = {
    "UPDATE billing_invoices SET json = replace(json, '0.05', '0.06')",
    "UPDATE billing_lines SET due = '0.06'",
    "DELETE FROM billing_lines",
    "INSERT INTO billing_lines SELECT tenant, shard, invoice, 99, seq, "
      "customer, contract, price, grouping, from_us, to_us, quantity, "
      "amount, drawn, due, asset, events FROM billing_lines",
    "UPDATE billing_documents SET version = 2 WHERE kind = 'plan'",
  };

  for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
    change(changes[i]);
    ck_assert_int_eq(read_balance(), 0);    /* tables are never read for it */
    verify_says("tables", 0);
    end();
    begin();
  }
}
END_TEST

START_TEST(what_was_redacted_and_put_back_is_found) {
  billing_call call = shop_call("");
  sqlite3 *db;

  call.now_us = SHOP_NOW + 31 * SHOP_DAY;
  ck_assert_int_eq(sqlite3_open(folder.path, &db), SQLITE_OK);
  ck_assert_int_eq(sqlite3_exec(db, "CREATE TABLE kept AS SELECT seq, "
      "properties FROM billing_journal", NULL, NULL, NULL), SQLITE_OK);
  ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
  ck_assert_int_eq(billing_erase(b, &call, "a", 1, "asked", 5, NULL), 0);
  shop_is_sound(b);
  change("UPDATE billing_journal SET properties = (SELECT properties FROM "
         "kept WHERE kept.seq = billing_journal.seq) WHERE seq = 9");
  verify_says("redactions", 9);
}
END_TEST

START_TEST(a_file_that_became_another_database_is_not_mixed_up) {
  shop_folder other = shop_folder_make();
  billing *two = shop_open(other.path);
  char command[256];

  billing_close(two);
  ck_assert_int_eq(read_balance(), 0);
  billing_close(b);
  b = NULL;
  ck_assert_int_eq(billing_open(&b, folder.path, (size_t)-1, NULL, NULL), 0);
  ck_assert_int_eq(read_balance(), 0);
  snprintf(command, sizeof command,
           "ATTACH '%s' AS o; DELETE FROM billing_head; "
           "INSERT INTO billing_head SELECT * FROM o.billing_head",
           other.path);
  {
    sqlite3 *db;

    ck_assert_int_eq(sqlite3_open(folder.path, &db), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(db, command, NULL, NULL, NULL), SQLITE_OK);
    ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
  }
  ck_assert_int_eq(read_balance(), BILLING_CORRUPT);
  shop_folder_remove(&other);
}
END_TEST

Suite *test_engine_audit(void);
Suite *test_engine_audit(void) {
  Suite *s = suite_create("engine_audit");
  TCase *t = tcase_create("audit");

  tcase_add_checked_fixture(t, begin, end);
  tcase_add_test(t, an_entry_that_is_gone_is_named_by_the_next);
  tcase_add_test(t, a_moment_that_was_changed_is_named);
  tcase_add_test(t, changed_keys_and_properties_are_named);
  tcase_add_test(t, a_head_that_is_behind_the_journal_is_damage);
  tcase_add_test(t, derived_rows_that_were_changed_are_found);
  tcase_add_test(t, what_was_redacted_and_put_back_is_found);
  tcase_add_test(t, a_file_that_became_another_database_is_not_mixed_up);
  suite_add_tcase(s, t);
  return s;
}
