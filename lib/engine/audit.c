/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * audit.c - verify: the journal is walked, folded into a state of its own, and
 * everything that is derived is compared with that.  Nothing is repaired.
 */
#include "engine/audit_images.h"
#include "engine/audit_ledger.h"
#include "engine/digest.h"
#include "engine/index.h"
#include "engine/keys.h"
#include "store/store.h"

typedef struct audit {
  bl_call   *c;
  bl_tenant *fresh;            /* folded here, from nothing */
  bl_json   *tree;
  bl_json   *problems;
  bl_json   *checks;
  bl_map     rows;             /* table and key -> content */
  bl_rows    sink;             /* of the fold: fills rows */
  bl_map     strange;          /* seq -> hash of properties that differ */
  bl_map     accounts;         /* what the entries post; audit_ledger.h */
  bl_audit_images images;
  bl_index_sum marks;          /* of the journal, as runs should have them */
  int64_t    entries;
  uint32_t   is_failed;        /* NOMEM while noting */
  uint32_t   reserved;
} audit;

/* One problem: which check, where, what. */
static void note(audit *a, const char *check, int64_t seq, const char *what) {
  bl_json *row = bl_json_object(a->problems, NULL);

  bl_json_add_c(row, "check", check);
  bl_json_add_int(row, "seq", seq);
  if (!bl_json_add_c(row, "message", what)) a->is_failed = 1;
  bl_json_remove(a->checks, check);
  bl_json_add_bool(a->checks, check, 0);
}

/* ---- rows ---- */

static void pack_value(bl_text *t, const billing_value *v) {
  bl_pack_u64(t, v->type);
  if (v->type == BILLING_VALUE_INTEGER) bl_pack_i64(t, v->integer);
  else bl_pack_str(t, v->bytes);
}

/* The key of a row, and a hash of all of it. */
static int pack_row(audit *a, uint32_t table, const billing_value *row,
                    bl_text *key, unsigned char hash[32]) {
  const billing_table *t = bl_schema[table];
  bl_text whole;

  bl_text_open(key, &a->c->arena);
  bl_text_open(&whole, &a->c->arena);
  bl_pack_u64(key, table);
  for (size_t i = 0; i < t->key_count; i++) pack_value(key, &row[i]);
  for (size_t i = 0; i < t->column_count; i++) pack_value(&whole, &row[i]);
  bl_hash32(hash, whole.text, whole.len);
  return key->failed || whole.failed ? BILLING_NOMEM : BILLING_OK;
}

static int sink_put(bl_rows *rows, uint32_t table, const billing_value *row) {
  audit *a = (audit *)(void *)((char *)rows - offsetof(audit, sink));
  unsigned char hash[32], *kept;
  bl_text key;
  int rc = pack_row(a, table, row, &key, hash);

  if (rc) return rc;
  kept = bl_map_get(&a->rows, key.text, key.len);
  if (kept) {
    memcpy(kept, hash, 32);
    return BILLING_OK;
  }
  kept = bl_arena_copy(&a->fresh->arena, hash, 32);
  return kept ? bl_map_put(&a->rows, key.text, key.len, kept) : BILLING_NOMEM;
}

static int sink_remove(bl_rows *rows, uint32_t table,
                       const billing_value *key) {
  (void)rows;
  (void)table;
  (void)key;
  return BILLING_INTERNAL;     /* no fold removes rows */
}

static int compare_row(audit *a, uint32_t table, const billing_value *row,
                       int64_t *seen) {
  bl_arena_mark mark = bl_arena_now(&a->c->arena);
  unsigned char hash[32], *kept;
  bl_text key;
  int rc = pack_row(a, table, row, &key, hash);

  if (rc) return rc;
  kept = bl_map_get(&a->rows, key.text, key.len);
  if (!kept)
    note(a, "tables", 0, "a derived row has no entry in the journal");
  else if (memcmp(kept, hash, 32) != 0)
    note(a, "tables", 0, "a derived row differs from the journal");
  ++*seen;
  bl_arena_back(&a->c->arena, mark);
  return BILLING_OK;
}

static int check_tables(audit *a) {
  static const uint32_t derived[] = {BL_TABLE_DOCUMENTS, BL_TABLE_INVOICES,
                                     BL_TABLE_LINES, BL_TABLE_STREAMS};
  billing_store *store = a->c->b->store;
  billing_value key[1] = {bl_value_int(a->c->t->number)};
  billing_value row[BL_ROW_MOST];
  int64_t seen = 0;
  int rc = BILLING_OK;

  for (size_t i = 0; i < BL_COUNT(derived) && !rc; i++) {
    billing_scan range = bl_scan_prefix(derived[i], 0, key, 1);
    void *rows;
    rc = bl_store_scan(store, &range, &rows);
    while (!rc && (rc = bl_store_next(store, rows, row)) == BILLING_OK)
      rc = compare_row(a, derived[i], row, &seen);
    bl_store_end(store, rows);
    if (rc == BILLING_DONE) rc = BILLING_OK;
  }
  if (!rc && seen != (int64_t)a->rows.count)
    note(a, "tables", 0, "a derived row is missing or one is too many");
  return rc;
}

/* ---- the journal ---- */

static int check_properties(audit *a, const bl_entry *entry) {
  unsigned char hash[32], *kept;

  bl_hash32(hash, entry->properties.text, entry->properties.len);
  if (memcmp(hash, entry->properties_hash, 32) == 0) return BILLING_OK;
  kept = bl_arena_copy(&a->fresh->arena, hash, 32);
  return kept ? bl_map_put(&a->strange, &entry->seq, sizeof entry->seq, kept)
              : BILLING_NOMEM;
}

/* The fold of an audit, which knows whose it is. */
typedef struct audit_fold {
  bl_fold fold;
  audit  *audit;
} audit_fold;

/* The index of keys must lead to every event. */
static int check_key(bl_fold *f, uint64_t key, uint64_t number) {
  audit *a = ((audit_fold *)(void *)f)->audit;
  uint64_t numbers[8];
  size_t count = 0, at = 0;
  int rc;

  if (a->c->t->is_stale) return BILLING_OK;
  rc = bl_keys_find(a->c, key, numbers, BL_COUNT(numbers), &count);
  while (!rc && at < count && numbers[at] != number) at++;
  if (rc == BILLING_CORRUPT || (!rc && at == count)) {
    note(a, "keys", bl_event_seq(number),
         "the key of an event is not remembered");
    return BILLING_OK;
  }
  return rc;
}

/* The marks of the entry that was folded. */
static int sum_marks(audit *a) {
  bl_index *fresh = &a->fresh->index;
  int rc = fresh->count ? bl_index_join(fresh) : BILLING_OK;

  for (size_t i = 0; i < fresh->count && !rc; i++)
    bl_index_sum_mark(a->c, &fresh->mark[i], &a->marks);
  bl_index_cut(fresh, 0);
  return rc;
}

/* Customers' images must be what the journal comes to after this entry. */
static int check_images(audit *a, int64_t seq) {
  int is_right = 1;
  int rc = bl_audit_images_check(&a->images, a->c, a->fresh, seq, &is_right);

  if (!rc && !is_right)
    note(a, "keys", seq, "a customer's image is not the journal's");
  return rc;
}

static int check_entry(audit *a, const bl_entry *entry, bl_fold *fold) {
  const char *problem = NULL;
  bl_tenant *t = a->fresh;
  unsigned char hash[32];
  int rc;

  bl_entry_hash(entry, a->c->t->number, 0, t->heads.hash, hash);
  if (entry->seq != t->heads.seq + 1) {
    note(a, "chain", entry->seq, "an entry is missing before this one");
    return BILLING_DONE;
  }
  if (memcmp(hash, entry->hash, 32) != 0) {
    note(a, "chain", entry->seq, "the entry does not match its hash");
    return BILLING_DONE;
  }
  rc = check_properties(a, entry);
  if (!rc) rc = bl_fold_entry(fold, entry);
  if (!rc) rc = sum_marks(a);
  if (!rc) rc = check_images(a, entry->seq);
  if (!rc)
    rc = bl_accounts_add(&a->accounts, a->c, t, entry, &problem);
  if (!rc && problem) note(a, "books", entry->seq, problem);
  if (!rc || rc == BILLING_NOMEM) return rc;
  note(a, "fold", entry->seq, "the entry cannot be folded");
  return BILLING_DONE;
}

static int walk_journal(audit *a) {
  bl_call *c = a->c;
  audit_fold f = {{.tenant = a->fresh, .rows = &a->sink, .scratch = &c->arena,
                   .b = c->b, .key = check_key}, a};
  bl_journal_walk walk = {NULL, NULL};
  bl_entry entry;
  int rc = bl_journal_walk_open(&walk, c->b, c->t->number, 1);

  while (!rc && (rc = bl_journal_walk_next(&walk, &entry)) == BILLING_OK) {
    bl_arena_mark mark = bl_arena_now(&c->arena);
    if (bl_is_interrupted(c->b)) rc = BILLING_CANCELED;
    entry.facts = bl_arena_str(&c->arena, entry.facts);
    entry.properties = bl_arena_str(&c->arena, entry.properties);
    if (c->arena.failed) rc = BILLING_NOMEM;
    if (!rc) rc = check_entry(a, &entry, &f.fold);
    if (!rc) a->entries++;
    bl_arena_back(&c->arena, mark);
  }
  bl_journal_walk_close(&walk);
  if (rc == BILLING_CORRUPT)
    note(a, "chain", a->fresh->heads.seq + 1, "the entry cannot be read");
  return rc == BILLING_DONE || rc == BILLING_CORRUPT ? BILLING_OK : rc;
}

/* Properties that differ must be what a redaction made of them. */
static int check_redactions(audit *a) {
  bl_json *list = bl_json_array(a->tree, "redacted");

  for (size_t i = 0; i < a->fresh->redacted.count; i++) {
    const bl_fact_redacted *r = a->fresh->redacted.entry[i].value;
    const int64_t *by =
        bl_map_get(&a->fresh->redacted_by, &r->seq, sizeof r->seq);
    const unsigned char *hash =
        bl_map_get(&a->strange, &r->seq, sizeof r->seq);
    bl_json *row = bl_json_object(list, NULL);
    bl_json_add_int(row, "seq", r->seq);
    bl_json_add_int(row, "by", by ? *by : 0);
    if (!hash || memcmp(hash, r->after, 32) != 0)
      note(a, "redactions", r->seq,
           "the properties are not what the redaction left");
  }
  for (size_t i = 0; i < a->strange.count; i++) {
    int64_t seq;
    memcpy(&seq, a->strange.entry[i].key, sizeof seq);
    if (!bl_map_get(&a->fresh->redacted, &seq, sizeof seq))
      note(a, "chain", seq, "the properties do not match their hash");
  }
  return list ? BILLING_OK : BILLING_NOMEM;
}

/* ---- the state ---- */

/* Both made into 32 bytes by the same function must be equal. */
static int compare_customers(audit *a, const bl_customer *mine,
                             const bl_customer *fresh) {
  bl_arena_mark mark = bl_arena_now(&a->c->arena);
  unsigned char my_hash[32], fresh_hash[32];
  int rc = bl_customer_digest(mine, &a->c->arena, my_hash);

  if (!rc) rc = bl_customer_digest(fresh, &a->c->arena, fresh_hash);
  bl_arena_back(&a->c->arena, mark);
  if (!rc && memcmp(my_hash, fresh_hash, 32) != 0)
    note(a, "fold", 0, "a customer in memory is not the journal's");
  return rc;
}

static int check_heads(audit *a) {
  unsigned char mine[32], fresh[32];
  int rc = bl_heads_digest(&a->c->t->heads, &a->c->arena, mine);

  if (!rc) rc = bl_heads_digest(&a->fresh->heads, &a->c->arena, fresh);
  if (!rc && memcmp(mine, fresh, 32) != 0)
    note(a, "fold", 0, "what the tenant counts is not the journal's");
  return rc;
}

/* The books of all customers; those in memory are compared. */
static int check_state(audit *a) {
  const bl_tenant *t = a->c->t;
  const char *problem = bl_accounts_problem(&a->accounts, a->fresh);
  int is_broken = a->fresh->heads.seq != t->heads.seq || t->is_stale;
  int rc = is_broken ? BILLING_OK : check_heads(a);    /* that is noted */

  for (uint64_t n = 1; n <= a->fresh->heads.customers && !rc; n++) {
    const bl_customer *fresh = bl_table_at(&a->fresh->by_customer, n);
    const bl_customer *mine = bl_table_at(&t->by_customer, n);
    if (!fresh) continue;              /* the walk has ended before it */
    if (!problem) problem = bl_customer_problem(fresh);
    if (mine && !is_broken) rc = compare_customers(a, mine, fresh);
  }
  if (problem) note(a, "books", 0, problem);
  return rc;
}

static int check_head(audit *a) {
  const bl_runs *runs = a->c->t->runs;
  billing_value key[2] = {bl_value_int(a->c->t->number), bl_value_int(0)};
  billing_value row[BL_ROW_MOST];
  unsigned char counts[BL_HEADS_BYTES];
  bl_str counted = {(const char *)counts,
                    bl_heads_print(&a->fresh->heads, counts)};
  int rc = bl_store_get(a->c->b->store, BL_TABLE_HEAD, key, row);

  if (rc) return rc;
  if (!bl_str_equal(row[BL_HEAD_COUNTS].bytes, counted))
    note(a, "chain", row[BL_HEAD_SEQ].integer,
         "the head does not count what the journal has");
  if (row[BL_HEAD_SEQ].integer != a->fresh->heads.seq ||
      row[BL_HEAD_HASH].bytes.len != 32 ||
      memcmp(row[BL_HEAD_HASH].bytes.text, a->fresh->heads.hash, 32) != 0)
    note(a, "chain", row[BL_HEAD_SEQ].integer,
         "the head is not the last entry");
  if (row[BL_HEAD_CLOCK].integer != a->fresh->heads.clock_us)
    note(a, "chain", row[BL_HEAD_SEQ].integer,
         "the head's clock is not the last entry's");
  if (row[BL_HEAD_DATABASE].bytes.len != sizeof a->c->b->database ||
      memcmp(row[BL_HEAD_DATABASE].bytes.text, a->c->b->database,
             sizeof a->c->b->database) != 0 ||
      row[BL_HEAD_INCARNATION].integer != 1)
    note(a, "chain", row[BL_HEAD_SEQ].integer,
         "the head is another database's");
  if (row[BL_HEAD_RUNS].integer != (runs ? (int64_t)bl_runs_version(runs) : 0))
    note(a, "keys", row[BL_HEAD_SEQ].integer,
         "the head names another list of runs");
  return BILLING_OK;
}

/* The index must have the marks of all entries, and no others. */
static int check_marks(audit *a) {
  bl_index_sum written = {0, 0};
  int rc = bl_index_sum_written(a->c, &written);

  if (rc && rc != BILLING_CORRUPT) return rc;
  if (a->fresh->heads.seq != a->c->t->heads.seq) return BILLING_OK;
  if (rc || written.count != a->marks.count || written.sum != a->marks.sum)
    note(a, "keys", 0, "the index of entries is not the journal's");
  return BILLING_OK;
}

/* Rows of runs, their order, their counts and their filters. */
static int check_runs(audit *a) {
  billing_error err;
  int rc = bl_keys_open(a->c->b, a->c->t);

  if (rc) return rc;
  err.struct_size = sizeof err;
  bl_error_start(&err);
  rc = bl_runs_verify(a->c->t->runs, a->c->b->store, &err);
  if (rc != BILLING_CORRUPT) return rc;
  note(a, "keys", 0, err.message);
  return BILLING_OK;
}

/* What the rows do not show. */
static int check_store(audit *a) {
  int rc = bl_store_check(a->c->b->store);

  if (rc != BILLING_CORRUPT) return rc;
  note(a, "tables", 0, "the store contradicts itself");
  return BILLING_OK;
}

/* The tenant's number stands once, under the id that its document has. */
static int check_tenants(audit *a) {
  billing_scan range = bl_scan_prefix(BL_TABLE_TENANTS, 0, NULL, 0);
  billing_store *store = a->c->b->store;
  billing_value row[BL_ROW_MOST];
  void *rows;
  int rc = bl_store_scan(store, &range, &rows);

  while (!rc && (rc = bl_store_next(store, rows, row)) == BILLING_OK)
    if (row[BL_TENANTS_NUMBER].integer == a->c->t->number &&
        !bl_str_equal(row[BL_TENANTS_ID].bytes, a->fresh->terms.id))
      note(a, "tables", 0, "the tenant stands under another id");
  bl_store_end(store, rows);
  return rc == BILLING_DONE ? BILLING_OK : rc;
}

static int run_audit(audit *a) {
  static const char *const checks[] = {"chain", "redactions", "fold",
                                       "books", "keys", "tables"};
  int rc = BILLING_OK;

  for (size_t i = 0; i < BL_COUNT(checks); i++)
    bl_json_add_bool(a->checks, checks[i], 1);
  rc = bl_audit_images_read(&a->images, a->c);
  if (rc == BILLING_CORRUPT) {
    note(a, "keys", 0, "the images of customers cannot be read");
    rc = BILLING_OK;
  }
  if (!rc) rc = walk_journal(a);
  if (!rc) rc = check_redactions(a);
  if (!rc) rc = check_head(a);
  if (!rc) rc = check_tenants(a);
  if (!rc) rc = check_runs(a);
  if (!rc) rc = check_marks(a);
  if (!rc) rc = check_state(a);
  if (!rc) rc = check_tables(a);
  if (!rc) rc = check_store(a);
  if (!rc && a->is_failed) rc = BILLING_NOMEM;
  return rc;
}

static int finish_report(audit *a, billing_doc **out) {
  const bl_heads *heads = &a->fresh->heads;

  bl_json_add_bool(a->tree, "ok", bl_json_count(a->problems) == 0);
  bl_json_add_int(a->tree, "entries", a->entries);
  bl_json_add_int(a->tree, "events", (int64_t)heads->events);
  bl_json_add_int(a->tree, "unmatched", (int64_t)heads->unmatched);
  bl_json_add_int(a->tree, "unpriced", (int64_t)heads->unpriced);
  if (!bl_json_add_int(a->tree, "invoices", (int64_t)heads->invoices))
    return BILLING_NOMEM;
  return bl_doc_of_tree(a->c, a->tree, out);
}

static int verify(bl_call *c, billing_doc **out) {
  bl_tenant fresh;
  audit a;
  int rc;

  memset(&a, 0, sizeof a);
  bl_tenant_open(&fresh, c->t->id, &c->b->host);
  fresh.number = c->t->number;
  a.c = c;
  a.fresh = &fresh;
  a.tree = bl_json_object(NULL, NULL);
  a.problems = bl_json_array(a.tree, "problems");
  a.checks = bl_json_object(a.tree, "checks");
  a.sink.put = sink_put;
  a.sink.remove = sink_remove;
  bl_map_open(&a.rows, &fresh.arena);
  bl_map_open(&a.strange, &fresh.arena);
  bl_map_open(&a.accounts, &fresh.arena);
  bl_audit_images_open(&a.images, &c->b->host);
  rc = a.checks && a.problems ? run_audit(&a) : BILLING_NOMEM;
  if (!rc) rc = finish_report(&a, out);
  bl_json_free(a.tree);
  bl_audit_images_close(&a.images);
  bl_tenant_close(&fresh);
  return rc;
}

int billing_verify(billing *b, const billing_call *call, billing_doc **out,
                   billing_error *err) {
  billing_doc *doc = NULL;
  bl_call c;
  int rc;

  if (!out) return bl_refuse(err, BILLING_MISUSE, "out is NULL");
  rc = bl_enter(&c, b, call, BL_AUDIT, err);
  if (rc) return rc;
  rc = verify(&c, &doc);
  rc = bl_leave(&c, rc);
  if (rc) billing_doc_free(doc);
  else *out = doc;
  return rc;
}
