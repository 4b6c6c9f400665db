/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * journal.c - appending entries, and bringing the state to the store's head.
 *
 * The head row holds the seq and hash of the last entry, and what the tenant
 * counts.  Memory compares seq and hash before every decision.  Equal: go on.
 * The store is ahead and its entries chain on to ours: fold what concerns us
 * of them.  Anything else (a rollback of the host's, a restored file, a call
 * of ours whose commit never came): begin again.
 *
 * Memory begins at the last entry whose keys and marks are all in runs.  The
 * entries after it are walked, so that their keys and marks are known, and so
 * that after a crash the end of the chain is looked at.  Customers come later,
 * when they are named (load.h).
 */
#include "engine/family.h"
#include "engine/grants.h"
#include "engine/keys.h"
#include "engine/load.h"
#include "store/store.h"

static int store_row_put(bl_rows *rows, uint32_t table,
                         const billing_value *row) {
  return bl_store_put(((bl_store_rows *)rows)->store, table, row, 1,
                      BILLING_PUT_REPLACE);
}

static int store_row_remove(bl_rows *rows, uint32_t table,
                            const billing_value *key) {
  int rc = bl_store_remove(((bl_store_rows *)rows)->store, table, key);
  return rc == BILLING_NOTFOUND ? BILLING_OK : rc;
}

/* Entries of a call that shares have no rows beside themselves. */
static int no_row_put(bl_rows *rows, uint32_t table,
                      const billing_value *row) {
  (void)rows;
  (void)table;
  (void)row;
  assert(0);
  return BILLING_INTERNAL;
}

bl_fold *bl_entry_start(bl_call *c) {
  bl_store_rows *rows;

  if (!c->opened_rc) c->opened_rc = bl_append_opened(c);
  rows = bl_arena_take(&c->arena, sizeof *rows);
  c->fold.tenant = c->t;
  c->fold.scratch = &c->arena;
  c->fold.b = c->b;
  c->fold.seq = c->t->heads.seq + 1;
  c->fold.at_us = c->now_us;
  c->fold.rows = NULL;
  c->kin.arena = &c->arena;
  c->fold.kin = &c->kin;
  if (!rows) return &c->fold;           /* append sees the arena's failure */
  rows->rows.put = c->mode == BL_SHARE ? no_row_put : store_row_put;
  rows->rows.remove = c->mode == BL_SHARE ? no_row_put : store_row_remove;
  rows->store = c->b->store;
  c->fold.rows = bl_call_reads(c) ? NULL : &rows->rows;
  return &c->fold;
}

void bl_writer_open(bl_writer *w, bl_call *c) {
  bl_text_open(&w->facts_text, &c->arena);
  bl_text_open(&w->properties_text, &c->arena);
  w->facts = (bl_codec){&w->facts_text, NULL, &c->arena, 0, 0};
  w->properties = (bl_codec){&w->properties_text, NULL, &c->arena, 0, 0};
}

static int put_entry(const bl_call *c, const bl_entry *entry) {
  billing_value row[BL_JOURNAL_COLUMNS];
  int rc;

  row[BL_JOURNAL_TENANT] = bl_value_int(c->t->number);
  row[BL_JOURNAL_SHARD] = bl_value_int(0);
  row[BL_JOURNAL_SEQ] = bl_value_int(entry->seq);
  row[BL_JOURNAL_KIND] = bl_value_int(entry->kind);
  row[BL_JOURNAL_VERSION] = bl_value_int(entry->version);
  row[BL_JOURNAL_CRITICAL] = bl_value_int(entry->critical);
  row[BL_JOURNAL_AT] = bl_value_int(entry->at_us);
  row[BL_JOURNAL_FACTS] =
      bl_value_blob(entry->facts.text, entry->facts.len);
  row[BL_JOURNAL_PROPERTIES] =
      bl_value_blob(entry->properties.text, entry->properties.len);
  row[BL_JOURNAL_PROPERTIES_HASH] = bl_value_blob(entry->properties_hash, 32);
  row[BL_JOURNAL_HASH] = bl_value_blob(entry->hash, 32);
  rc = bl_store_put(c->b->store, BL_TABLE_JOURNAL, row, 1,
                    BILLING_PUT_INSERT);
  return rc == BILLING_CONFLICT ? BILLING_BUSY : rc;
}

static int keep_entry(bl_call *c, const bl_entry *entry) {
  bl_entries *kept = &c->b->entries;
  bl_entry *place;

  if (c->mode != BL_SHARE && c->mode != BL_TRIAL) return put_entry(c, entry);
  place = bl_arena_push(&c->arena, (void **)&kept->entry, &kept->count,
                        &kept->cap, sizeof *place);
  if (!place) return BILLING_NOMEM;
  *place = *entry;
  kept->count++;
  return BILLING_OK;
}

int bl_entries_put(bl_call *c, size_t *bytes) {
  const bl_entries *kept = &c->b->entries;
  int rc = BILLING_OK;

  for (size_t i = 0; i < kept->count && !rc; i++) {
    const bl_entry *entry = &kept->entry[i];
    *bytes += entry->facts.len + entry->properties.len;
    rc = put_entry(c, entry);
  }
  return rc;
}

int bl_append(bl_call *c, int64_t kind, bl_writer *w) {
  int rc = bl_codec_done(&w->facts);

  if (!rc) rc = bl_codec_done(&w->properties);
  if (rc) return rc;
  return bl_append_parts(
      c, kind, (bl_str){w->facts_text.text, w->facts_text.len},
      (bl_str){w->properties_text.text, w->properties_text.len});
}

int bl_append_parts(bl_call *c, int64_t kind, bl_str facts,
                    bl_str properties) {
  bl_tenant *t = c->t;
  bl_entry entry = {0};
  int rc = BILLING_OK;

  if (c->arena.failed) return BILLING_NOMEM;
  if (c->opened_rc) return c->opened_rc;
  entry.seq = c->fold.seq;
  entry.kind = kind;
  entry.version = BL_ENTRY_VERSION;
  entry.critical = 1;
  entry.at_us = c->now_us;
  entry.facts = facts;
  entry.properties = properties;
  bl_hash32(entry.properties_hash, entry.properties.text,
            entry.properties.len);
  bl_entry_hash(&entry, t->number, 0, t->heads.hash, entry.hash);
  if (!bl_call_reads(c) || c->mode == BL_TRIAL) rc = keep_entry(c, &entry);
  if (rc) return rc;
  bl_touch(t, &t->heads, sizeof t->heads, &t->heads_touched);
  t->heads.seq = entry.seq;
  t->heads.clock_us = entry.at_us;
  memcpy(t->heads.hash, entry.hash, sizeof entry.hash);
  c->wrote = 1;
  if (kind != BL_ENTRY_FAMILY) c->cause = entry.seq;
  if (c->kin.count) rc = bl_family_append(c);
  return !rc && t->returned.count ? bl_grants_returned(c) : rc;
}

int bl_journal_walk_open(bl_journal_walk *w, billing *b, int64_t tenant,
                         int64_t from_seq) {
  billing_value from[3] = {bl_value_int(tenant), bl_value_int(0),
                           bl_value_int(from_seq)};
  billing_scan range = bl_scan_prefix(BL_TABLE_JOURNAL, 0, from, 2);

  range.from_count = 3;
  w->store = b->store;
  return bl_store_scan(w->store, &range, &w->rows);
}

int bl_journal_walk_next(bl_journal_walk *w, bl_entry *out) {
  billing_value row[BL_ROW_MOST];
  int rc = bl_store_next(w->store, w->rows, row);

  return rc ? rc : bl_entry_of_row(row, out);
}

void bl_journal_walk_close(bl_journal_walk *w) {
  bl_store_end(w->store, w->rows);
  w->rows = NULL;
}

/* An entry of the call under way, which is of one tenant. */
static const bl_entry *kept_entry(const billing *b, int64_t seq) {
  for (size_t i = 0; i < b->entries.count; i++)
    if (b->entries.entry[i].seq == seq) return &b->entries.entry[i];
  return NULL;
}

int bl_journal_peek(billing *b, int64_t tenant, int64_t seq, bl_entry *out) {
  billing_value key[3] = {bl_value_int(tenant), bl_value_int(0),
                          bl_value_int(seq)};
  billing_value row[BL_ROW_MOST];
  const bl_entry *kept = kept_entry(b, seq);
  int rc = kept ? BILLING_OK
                : bl_store_get(b->store, BL_TABLE_JOURNAL, key, row);

  if (kept) *out = *kept;
  else if (!rc) rc = bl_entry_of_row(row, out);
  return rc;
}

int bl_journal_read(bl_call *c, int64_t seq, bl_arena *a, bl_entry *out) {
  int rc = bl_journal_peek(c->b, c->t->number, seq, out);

  if (rc) return rc == BILLING_NOTFOUND ? BILLING_CORRUPT : rc;
  out->facts = bl_arena_str(a, out->facts);
  out->properties = bl_arena_str(a, out->properties);
  return a->failed ? BILLING_NOMEM : BILLING_OK;
}

int bl_journal_facts(bl_call *c, int64_t seq, bl_arena *a,
                     bl_entry_facts *out) {
  bl_entry entry;
  int rc = bl_journal_read(c, seq, a, &entry);

  if (!rc) rc = bl_entry_read(&entry, a, out);
  return rc == BILLING_NOTFOUND ? BILLING_CORRUPT : rc;
}

/* ---- the head row ---- */

/* What the tenant counts, in the order of the row. */
static void list_counts(bl_heads *h, uint64_t *list[BL_HEADS_COUNTS]) {
  uint64_t *const counts[BL_HEADS_COUNTS] = {
      &h->customers, &h->contracts, &h->meters, &h->plans,
      &h->grants,    &h->holds,     &h->invoices, &h->events,
      &h->unmatched, &h->unpriced,  &h->unentitled, &h->parked,
      &h->version,   &h->outbox};

  memcpy(list, counts, sizeof counts);
}

int bl_heads_of_row(const billing_value *row, bl_heads *out) {
  bl_str hash = row[BL_HEAD_HASH].bytes, counts = row[BL_HEAD_COUNTS].bytes;
  uint64_t *list[BL_HEADS_COUNTS];
  bl_unpack from;

  memset(out, 0, sizeof *out);
  if (hash.len != sizeof out->hash) return BILLING_CORRUPT;
  memcpy(out->hash, hash.text, sizeof out->hash);
  out->seq = row[BL_HEAD_SEQ].integer;
  out->clock_us = row[BL_HEAD_CLOCK].integer;
  bl_unpack_open(&from, counts.text, counts.len);
  list_counts(out, list);
  for (size_t i = 0; i < BL_HEADS_COUNTS; i++) *list[i] = bl_unpack_u64(&from);
  return bl_unpack_done(&from) ? BILLING_OK : BILLING_CORRUPT;
}

size_t bl_heads_print(const bl_heads *heads,
                      unsigned char out[BL_HEADS_BYTES]) {
  uint64_t *list[BL_HEADS_COUNTS];
  bl_heads copy = *heads;
  unsigned char *end = out;

  list_counts(&copy, list);
  for (size_t i = 0; i < BL_HEADS_COUNTS; i++)
    end = bl_put_u64(end, *list[i]);
  return (size_t)(end - out);
}

/* Folds the entries after the state's, checking the chain.  CONFLICT when the
 * first of them does not chain on to the state. */
static int catch_up(bl_call *c, bl_journal_walk *walk) {
  bl_tenant *t = c->t;
  bl_fold fold = {.tenant = t, .scratch = &c->arena, .b = c->b,
                  .reach = BL_FOLD_KNOWN};
  int64_t start = t->heads.seq;
  unsigned char hash[32];
  bl_entry entry;
  int rc;

  while ((rc = bl_journal_walk_next(walk, &entry)) == BILLING_OK) {
    bl_arena_mark mark = bl_arena_now(&c->arena);
    if (bl_is_interrupted(c->b)) return BILLING_CANCELED;
    bl_entry_hash(&entry, t->number, 0, t->heads.hash, hash);
    if (entry.seq != t->heads.seq + 1 || memcmp(hash, entry.hash, 32) != 0)
      return t->heads.seq == start && start ? BILLING_CONFLICT
                                            : BILLING_CORRUPT;
    rc = bl_fold_entry(&fold, &entry);
    if (rc) return rc;
    bl_arena_back(&c->arena, mark);
  }
  return rc == BILLING_DONE ? BILLING_OK : rc;
}

/* An empty memory gets the catalog and stands where runs end. */
static int begin_state(bl_call *c) {
  bl_tenant *t = c->t;
  int64_t from = t->tail_seq < t->index.covered ? t->tail_seq
                                                : t->index.covered;
  bl_entry entry;
  int rc;

  if (!from) return BILLING_OK;
  rc = bl_journal_read(c, from, &c->arena, &entry);
  if (!rc) rc = bl_catalog_load(c, from);
  if (rc) return rc;
  t->heads.seq = entry.seq;
  t->heads.clock_us = entry.at_us;
  memcpy(t->heads.hash, entry.hash, sizeof t->heads.hash);
  return BILLING_OK;
}

static int fold_on(bl_call *c, uint64_t runs) {
  bl_journal_walk walk = {NULL, NULL};
  int rc = bl_keys_sync(c->b, c->t, runs);

  if (!rc && !c->t->heads.seq) rc = begin_state(c);
  if (!rc)
    rc = bl_journal_walk_open(&walk, c->b, c->t->number,
                              c->t->heads.seq + 1);
  if (!rc) rc = catch_up(c, &walk);
  bl_journal_walk_close(&walk);
  return rc;
}

static int fold_from_start(bl_call *c, uint64_t runs) {
  int rc;

  bl_tenant_reset(c->t);
  rc = fold_on(c, runs);
  return rc == BILLING_CONFLICT ? BILLING_CORRUPT : rc;
}

static int corrupt_journal(bl_call *c) {
  return bl_fail(c->err, BILLING_CORRUPT, "",
                 "restore the file from a copy; billing_verify says more",
                 "the journal does not chain after entry %i",
                 c->t->heads.seq);
}

static int read_head(bl_call *c, billing_value *row) {
  billing_value key[2] = {bl_value_int(c->t->number), bl_value_int(0)};

  return bl_store_get(c->b->store, BL_TABLE_HEAD, key, row);
}

/* The tenant's number, from its id. */
static int find_number(bl_call *c) {
  billing_value key = bl_value_text(c->t->id);
  billing_value row[BL_ROW_MOST];
  int rc = bl_store_get(c->b->store, BL_TABLE_TENANTS, &key, row);

  c->t->number = rc ? 0 : row[BL_TENANTS_NUMBER].integer;
  return rc;
}

/* Whether a newer format forbids reading. */
static int check_format(bl_call *c, const billing_value *row) {
  if (row[BL_HEAD_DATABASE].bytes.len != sizeof c->b->database ||
      memcmp(row[BL_HEAD_DATABASE].bytes.text, c->b->database,
             sizeof c->b->database) != 0)
    return bl_fail(c->err, BILLING_CORRUPT, "", "open the database again",
                   "the file was replaced by another database");
  if (row[BL_HEAD_MIN_READER].integer <= BL_FORMAT) return BILLING_OK;
  return bl_fail(c->err, BILLING_UNSUPPORTED, "", "use a newer library",
                 "the journal needs format %i, this library reads up to %i",
                 row[BL_HEAD_MIN_READER].integer, (int64_t)BL_FORMAT);
}

static int is_at(const bl_heads *a, const bl_heads *b) {
  return a->seq == b->seq && memcmp(a->hash, b->hash, sizeof a->hash) == 0;
}

/* What the tenant counts is the row's: a walk that began within the journal
 * has seen only the end of it. */
static int follow_head(bl_call *c, const bl_heads *head, uint64_t runs) {
  bl_tenant *t = c->t;
  int rc = BILLING_OK;

  if (t->is_stale || head->seq < t->heads.seq) bl_tenant_reset(t);
  if (head->seq > t->heads.seq) rc = fold_on(c, runs);
  c->b->group.has_seen = 1;
  if (rc == BILLING_CONFLICT || (!rc && !is_at(&t->heads, head)))
    rc = fold_from_start(c, runs);
  if (rc) t->is_stale = 1;
  if (!rc && !is_at(&t->heads, head)) rc = BILLING_CORRUPT;
  if (!rc) t->heads = *head;
  bl_board_renew(c->b, t);
  return rc == BILLING_CORRUPT ? corrupt_journal(c) : rc;
}

/* Whether memory stands where the head row says. */
static int is_in_step(const bl_tenant *t, const billing_value *row) {
  return !t->is_stale && row[BL_HEAD_SEQ].integer == t->heads.seq &&
         row[BL_HEAD_HASH].bytes.len == 32 &&
         memcmp(row[BL_HEAD_HASH].bytes.text, t->heads.hash, 32) == 0;
}

/*
 * The tenant's head row.  The number that memory has may come from a call that
 * was undone and be another tenant's by now; so unless the head is the very
 * one that memory stands at, the number is looked up again.
 */
static int find_head(bl_call *c, billing_value *row) {
  int64_t known = c->t->number;
  int rc = known ? read_head(c, row) : BILLING_NOTFOUND;

  if (!rc && is_in_step(c->t, row)) return BILLING_OK;
  if (rc && rc != BILLING_NOTFOUND) return rc;
  rc = find_number(c);
  if (!rc) rc = read_head(c, row);
  if (c->t->number != known || rc == BILLING_NOTFOUND)
    bl_tenant_reset(c->t);
  if (rc) c->t->number = 0;
  return rc;
}

int bl_sync(bl_call *c) {
  billing_value row[BL_ROW_MOST];
  bl_heads head;
  uint64_t runs;
  int is_current, is_newer;
  int rc = find_head(c, row);

  if (!rc) rc = check_format(c, row);
  if (rc) return rc;
  if (bl_heads_of_row(row, &head)) return corrupt_journal(c);
  is_newer = row[BL_HEAD_MIN_WRITER].integer > BL_FORMAT;
  runs = (uint64_t)row[BL_HEAD_RUNS].integer;
  is_current = is_in_step(c->t, row);
  rc = bl_keys_sync(c->b, c->t, runs);
  if (!rc && !is_current) rc = follow_head(c, &head, runs);
  c->t->is_read_only |= (uint32_t)is_newer;
  return rc;
}
