/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* test_engine_journal.c - entries of later releases, damage, erasure. */
#include "engine.h"
#include "engine/engine.h"
#include "store/store.h"

/* Appends an entry of an unknown kind, as a later release would. */
static void append_unknown(billing *b, int64_t critical) {
  billing_call in = shop_call("");
  billing_value row[BL_ROW_MOST], key[3];
  bl_entry entry;
  bl_call c;

  ck_assert_int_eq(bl_enter(&c, b, &in, BL_WRITE, NULL), 0);
  memset(&entry, 0, sizeof entry);
  entry.seq = c.t->heads.seq + 1;
  entry.kind = 900;
  entry.version = 7;
  entry.critical = critical;
  entry.at_us = c.t->heads.clock_us;
  entry.facts = BL_STR("what is to come");
  bl_hash32(entry.properties_hash, NULL, 0);
  bl_entry_hash(&entry, c.t->number, 0, c.t->heads.hash, entry.hash);
  key[0] = bl_value_int(c.t->number);
  key[1] = bl_value_int(0);
  key[2] = bl_value_int(c.t->heads.seq);
  ck_assert_int_eq(bl_store_get(b->store, BL_TABLE_JOURNAL, key, row), 0);
  row[BL_JOURNAL_SEQ] = bl_value_int(entry.seq);
  row[BL_JOURNAL_KIND] = bl_value_int(entry.kind);
  row[BL_JOURNAL_VERSION] = bl_value_int(entry.version);
  row[BL_JOURNAL_CRITICAL] = bl_value_int(critical);
  row[BL_JOURNAL_AT] = bl_value_int(entry.at_us);
  row[BL_JOURNAL_FACTS] = bl_value_blob(entry.facts.text, entry.facts.len);
  row[BL_JOURNAL_PROPERTIES] = bl_value_blob("", 0);
  row[BL_JOURNAL_PROPERTIES_HASH] = bl_value_blob(entry.properties_hash, 32);
  row[BL_JOURNAL_HASH] = bl_value_blob(entry.hash, 32);
  ck_assert_int_eq(bl_store_put(b->store, BL_TABLE_JOURNAL, row, 1,
                                BILLING_PUT_INSERT), 0);
  c.t->heads.seq = entry.seq;
  memcpy(c.t->heads.hash, entry.hash, 32);
  c.wrote = 1;
  ck_assert_int_eq(bl_leave(&c, 0), 0);
}

static billing *reopen(billing *b, const shop_folder *f) {
  billing_close(b);
  ck_assert_int_eq(billing_open(&b, f->path, (size_t)-1, NULL, NULL), 0);
  return b;
}

START_TEST(an_unknown_entry_that_is_not_critical_is_skipped_and_kept) {
  shop_folder f = shop_folder_make();
  billing *b = shop_open(f.path);
  billing_call call = shop_call("");
  billing_event event = shop_event("k", "e");
  billing_receipt receipt;

  append_unknown(b, 0);
  b = reopen(b, &f);
  ck_assert_int_eq(shop_record(b, &call, &event, &receipt, NULL), 0);
  ck_assert_dec_eq(receipt.cost, "0.1");
  b = reopen(b, &f);
  ck_assert_int_eq(shop_record(b, &call, &event, &receipt, NULL), 0);
  ck_assert_uint_eq(receipt.status, BILLING_STATUS_SAME);
  shop_is_sound(b);
  billing_close(b);
  shop_folder_remove(&f);
}
END_TEST

START_TEST(an_unknown_critical_entry_makes_the_tenant_read_only) {
  shop_folder f = shop_folder_make();
  billing *b = shop_open(f.path);
  billing_call call = shop_call("");
  billing_event event = shop_event("k", "e");
  billing_receipt receipt;
  billing_doc *doc = NULL;

  append_unknown(b, 1);
  b = reopen(b, &f);
  ck_assert_int_eq(shop_record(b, &call, &event, &receipt, NULL),
                   BILLING_UNSUPPORTED);
  ck_assert_int_eq(billing_get(b, &call, "plan", "p", 1, &doc, NULL), 0);
  billing_doc_free(doc);
  billing_close(b);
  shop_folder_remove(&f);
}
END_TEST

/* Changes one byte of an entry behind the library's back. */
static void damage(billing *b, int64_t seq, int column) {
  billing_value key[3] = {bl_value_int(1), bl_value_int(0),
                          bl_value_int(seq)};
  billing_value row[BL_ROW_MOST];
  char bytes[512];

  ck_assert_int_eq(bl_store_begin(b->store, BILLING_BEGIN_WRITE), 0);
  ck_assert_int_eq(bl_store_get(b->store, BL_TABLE_JOURNAL, key, row), 0);
  ck_assert_uint_le(row[column].bytes.len, sizeof bytes);
  memcpy(bytes, row[column].bytes.text, row[column].bytes.len);
  bytes[row[column].bytes.len / 2] ^= 1;
  row[column].bytes.text = bytes;
  ck_assert_int_eq(bl_store_put(b->store, BL_TABLE_JOURNAL, row, 1,
                                BILLING_PUT_REPLACE), 0);
  ck_assert_int_eq(bl_store_commit(b->store), 0);
}

static void damage_is_named(int column, int is_fatal) {
  static const int64_t seq = 2;                        /* the customer */
  shop_folder f = shop_folder_make();
  billing *b = shop_open(f.path);
  billing_call call = shop_call("");
  billing_event event = shop_event("k", "e");
  billing_receipt receipt;
  billing_doc *doc;

  damage(b, seq, column);
  b = reopen(b, &f);
  ck_assert_int_eq(shop_record(b, &call, &event, &receipt, NULL),
                   is_fatal ? BILLING_CORRUPT : 0);
  doc = shop_verify(b);
  ck_assert_ptr_nonnull(strstr(billing_doc_text(doc), "\"ok\":false"));
  ck_assert_ptr_nonnull(strstr(billing_doc_text(doc), "\"seq\":2}"));
  billing_doc_free(doc);
  billing_close(b);
  shop_folder_remove(&f);
}

START_TEST(damaged_facts_stop_the_fold_and_are_named) {
  damage_is_named(BL_JOURNAL_FACTS, 1);
}
END_TEST

START_TEST(a_damaged_hash_stops_the_fold_and_is_named) {
  damage_is_named(BL_JOURNAL_HASH, 1);
}
END_TEST

START_TEST(a_changed_row_that_is_derived_is_found) {
  billing *b = shop_open(NULL);
  billing_value key[4] = {bl_value_int(1), bl_value_int(0),
                          bl_value_text(BL_STR("plan")),
                          bl_value_text(BL_STR("p"))};
  billing_value row[BL_ROW_MOST];
  billing_doc *doc;

  ck_assert_int_eq(bl_store_begin(b->store, BILLING_BEGIN_WRITE), 0);
  ck_assert_int_eq(bl_store_get(b->store, BL_TABLE_DOCUMENTS, key, row), 0);
  row[BL_DOCUMENTS_JSON] = bl_value_text(BL_STR("{\"id\":\"p\"}"));
  ck_assert_int_eq(bl_store_put(b->store, BL_TABLE_DOCUMENTS, row, 1,
                                BILLING_PUT_REPLACE), 0);
  ck_assert_int_eq(bl_store_commit(b->store), 0);
  doc = shop_verify(b);
  ck_assert_ptr_nonnull(strstr(billing_doc_text(doc), "\"tables\":false"));
  billing_doc_free(doc);
  billing_close(b);
}
END_TEST

/* ---- erasure ---- */

static int file_has(const char *path, const char *text) {
  size_t len = strlen(text), got, kept = 0;
  char chunk[65536];
  FILE *file = fopen(path, "rb");
  int found = 0;

  if (!file) return 0;
  while (!found &&
         (got = fread(chunk + kept, 1, sizeof chunk - kept, file)) > 0) {
    size_t have = kept + got;
    for (size_t i = 0; i + len <= have && !found; i++)
      found = memcmp(chunk + i, text, len) == 0;
    kept = have < len ? have : len - 1;
    memmove(chunk, chunk + have - kept, kept);
  }
  fclose(file);
  return found;
}

/* How many of the files of the database have the text. */
static int files_with(const shop_folder *f, const char *text) {
  static const char *const ends[] = {"", "-wal", "-shm"};
  char path[80];
  int found = 0;

  for (int i = 0; i < 3; i++) {
    snprintf(path, sizeof path, "%s%s", f->path, ends[i]);
    found += file_has(path, text);
  }
  return found;
}

START_TEST(an_erased_customer_is_nowhere_in_the_files) {
  static const char *const personal[] = {"Jane Unmistakable",
                                         "jane@unmistakable", "key-of-jane",
                                         "present-for-jane"};
  shop_folder f = shop_folder_make();
  billing *b = shop_open(f.path);
  billing_call call = shop_call("");
  billing_event event = shop_event("key-of-jane", "e");
  billing_receipt receipt;
  billing_error err;
  billing_doc *doc;

  BILLING_INIT(&err);
  shop_grant(b, "present-for-jane", "5");
  event.properties = shop_text("{\"mail\":\"jane@unmistakable\"}");
  ck_assert_int_eq(shop_record(b, &call, &event, &receipt, NULL), 0);
  call.now_us = SHOP_NOW + 30 * SHOP_DAY;
  call.flags = BILLING_CALL_STEP;
  ck_assert_int_eq(billing_advance(b, &call, call.now_us, 0, NULL, NULL), 0);
  for (int i = 0; i < 4; i++)
    ck_assert_msg(files_with(&f, personal[i]) > 0, "%s", personal[i]);
  ck_assert_msg(!billing_erase(b, &call, "a", 1, "asked", 5, &err), "%s",
                err.message);
  for (int i = 0; i < 4; i++)
    ck_assert_msg(files_with(&f, personal[i]) == 0, "%s", personal[i]);
  b = reopen(b, &f);
  doc = shop_verify(b);
  ck_assert_ptr_nonnull(strstr(billing_doc_text(doc), "\"ok\":true"));
  ck_assert_ptr_nonnull(strstr(billing_doc_text(doc), "\"redacted\":[{"));
  billing_doc_free(doc);
  event.key = shop_text("later");
  ck_assert_int_eq(shop_record(b, &call, &event, &receipt, NULL), 0);
  ck_assert_int_eq(receipt.code, BILLING_NOTFOUND_CUSTOMER);
  ck_assert_int_eq(billing_erase(b, &call, "a", 1, "asked", 5, NULL), 0);
  billing_close(b);
  shop_folder_remove(&f);
}
END_TEST

Suite *test_engine_journal(void);
Suite *test_engine_journal(void) {
  Suite *s = suite_create("engine_journal");
  TCase *t = tcase_create("journal");

  tcase_add_test(t,
                 an_unknown_entry_that_is_not_critical_is_skipped_and_kept);
  tcase_add_test(t, an_unknown_critical_entry_makes_the_tenant_read_only);
  tcase_add_test(t, damaged_facts_stop_the_fold_and_are_named);
  tcase_add_test(t, a_damaged_hash_stops_the_fold_and_is_named);
  tcase_add_test(t, a_changed_row_that_is_derived_is_found);
  tcase_add_test(t, an_erased_customer_is_nowhere_in_the_files);
  suite_add_tcase(s, t);
  return s;
}
