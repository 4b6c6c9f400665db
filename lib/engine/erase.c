/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * erase.c - a customer's personal data leaves the journal and the tables.
 *
 * Read: which entries name the customer.  Decide: their properties without
 * it.  Write: the new properties in place, one redaction entry with the old
 * and the new hash of each, the derived rows.  The chain covers the hashes as
 * they were, so it still holds.
 */
#include "engine/batch.h"
#include "engine/index.h"
#include "engine/named.h"
#include "engine/parked.h"
#include "invoice/invoice.h"
#include "store/store.h"

typedef struct erasure {
  bl_call          *c;
  bl_customer      *customer;
  bl_fact_redaction fact;
  size_t            cap;
  bl_arena          kept;      /* the fact's entries, over all marks */
} erasure;

/* ---- properties without the customer ---- */

/* What is left of an event: the hash of its key, so that it stays known. */
static void blank_event(const billing *b, bl_event_text *text) {
  bl_event_text blank = {0};

  blank.is_redacted = 1;
  if (text->is_redacted)
    memcpy(blank.key_hash, text->key_hash, sizeof blank.key_hash);
  else
    bl_key_hash16(blank.key_hash, b->event_key, text->key.text,
                  text->key.len);
  *text = blank;
}

/* The entry coded again; its facts come out as they were. */
static int blank_block(erasure *x, const bl_block *block,
                       bl_batch_writer *w, int *changed) {
  const bl_members none = {NULL, 0, 0, NULL};
  int rc = BILLING_OK;

  for (size_t i = 0; i < block->count && !rc; i++) {
    bl_event_text *text = &block->texts[i];
    bl_tally **tallies;
    rc = bl_block_tallies(x->c, block, &block->facts[i], &tallies);
    if (rc) break;
    if (block->facts[i].customer == x->customer->number) {
      blank_event(x->c->b, text);
      *changed = 1;
    }
    rc = bl_batch_add(w, &block->facts[i], tallies, text, &none);
  }
  return rc;
}

static int blank_events(erasure *x, const bl_entry *entry, bl_text *out,
                        int *changed) {
  bl_batch_writer w;
  bl_batch batch;
  bl_str facts, properties;
  int rc = bl_batch_open(&x->c->arena, entry, &batch);

  if (rc) return rc;
  bl_batch_begin(&w, x->c, entry->at_us);
  for (size_t i = 0; i < batch.block_count && !rc; i++) {
    const bl_block *block;
    rc = bl_batch_block(&batch, i, &block);
    if (!rc) rc = blank_block(x, block, &w, changed);
  }
  if (!rc) rc = bl_batch_end(&w, &facts, &properties);
  if (rc || !*changed) return rc;
  if (!bl_str_equal(facts, entry->facts)) return BILLING_CORRUPT;
  bl_text_str(out, properties);
  return BILLING_OK;
}

/* Parked events of the id, or of an alias while it was the customer's. */
static void blank_parked(bl_fact_parked *event) {
  bl_str none = {NULL, 0};

  event->key = event->customer = event->name = event->properties = none;
  event->has_value = 0;
  event->value = BL_DEC_ZERO;
}

/* Those that wait will not be attached any more. */
static int blank_parkings(erasure *x, const bl_entry *entry,
                          const unsigned char id_hash[16], bl_span span,
                          bl_text *out) {
  bl_arena *a = &x->c->arena;
  bl_entry_facts facts;
  bl_codec fact = {NULL, NULL, a, 0, 0}, properties = {out, NULL, a, 0, 0};
  int rc = bl_entry_read(entry, a, &facts);

  for (size_t i = 0; !rc && i < facts.parkings.count; i++) {
    bl_fact_parked *event = &facts.parkings.items[i];
    int waits;
    if (memcmp(event->id_hash, id_hash, 16) != 0 ||
        !bl_span_holds(span, event->time_us))
      continue;
    rc = bl_parked_waits(x->c, event, bl_event_number(entry->seq, i), &waits);
    if (!rc && waits) x->fact.parked++;
    blank_parked(event);
  }
  if (rc) return rc;
  bl_code_parkings(&fact, &properties, &facts.parkings);
  return bl_codec_done(&properties);
}

/* Whether the entry's properties are the customer's: those of its document,
 * grants, holds and invoices.  The others have none. */
static int is_personal(erasure *x, const bl_entry *entry, int *is) {
  bl_entry_facts facts;
  int rc = BILLING_OK;

  switch (entry->kind) {
  case BL_ENTRY_GRANT: case BL_ENTRY_GRANT_CHANGE: case BL_ENTRY_HOLD:
  case BL_ENTRY_INVOICE: case BL_ENTRY_TOP_UP:
    *is = 1;
    break;
  case BL_ENTRY_DOCUMENT:
    rc = bl_entry_read(entry, &x->c->arena, &facts);
    *is = !rc && facts.document.kind == BL_KIND_CUSTOMER;
    break;
  default:
    *is = 0;
  }
  return rc;
}

/* ---- the journal ---- */

static int put_properties(erasure *x, int64_t seq, const bl_text *text) {
  billing *b = x->c->b;
  billing_value key[3] = {bl_value_int(x->c->t->number), bl_value_int(0),
                          bl_value_int(seq)};
  billing_value row[BL_ROW_MOST];
  int rc = bl_store_get(b->store, BL_TABLE_JOURNAL, key, row);

  if (rc) return rc;
  row[BL_JOURNAL_PROPERTIES] = bl_value_blob(text->text, text->len);
  return bl_store_put(b->store, BL_TABLE_JOURNAL, row, 1,
                      BILLING_PUT_REPLACE);
}

/* The entry has other properties from now on, and the redaction says so. */
static int change_entry(erasure *x, const bl_entry *entry,
                        const bl_text *text) {
  bl_fact_redacted *redacted;

  if (text->failed) return BILLING_NOMEM;
  redacted = bl_arena_push(&x->kept, (void **)&x->fact.entries,
                           &x->fact.entry_count, &x->cap, sizeof *redacted);
  if (!redacted) return BILLING_NOMEM;
  x->fact.entry_count++;
  redacted->seq = entry->seq;
  memcpy(redacted->before, entry->properties_hash, 32);
  bl_hash32(redacted->after, text->text, text->len);
  return put_properties(x, entry->seq, text);
}

static int redact_entry(erasure *x, const bl_entry *entry) {
  int changed;
  bl_text text;
  int rc;

  if (!entry->properties.len) return BILLING_OK;
  bl_text_open(&text, &x->c->arena);
  rc = is_personal(x, entry, &changed);
  if (entry->kind == BL_ENTRY_EVENTS)
    rc = blank_events(x, entry, &text, &changed);
  return rc || !changed ? rc : change_entry(x, entry, &text);
}

/* Parked events are found by the id that they name.  An entry may be met again
 * for another alias: then it is redacted as it stands. */
static int redact_parked(erasure *x, const unsigned char id_hash[16],
                         bl_span span) {
  bl_index_wish wish = {bl_parked_subject(id_hash), 0, span,
                        (uint64_t)1 << BL_ENTRY_PARKED};
  bl_call *c = x->c;
  int64_t *seqs;
  size_t count;
  int rc = bl_index_find(c, &wish, &c->arena, &seqs, &count);

  for (size_t i = 0; i < count && !rc; i++) {
    bl_entry entry;
    bl_text text;
    bl_text_open(&text, &c->arena);
    rc = bl_journal_read(c, seqs[i], &c->arena, &entry);
    if (!rc) rc = blank_parkings(x, &entry, id_hash, span, &text);
    if (!rc && !bl_str_equal(entry.properties,
                             (bl_str){text.text, text.len}))
      rc = change_entry(x, &entry, &text);
  }
  return rc;
}

static int redact_all_parked(erasure *x) {
  const bl_customer *customer = x->customer;
  int rc = redact_parked(x, customer->id_hash, BL_ALL_TIMES);

  for (size_t i = 0; i < customer->alias_count && !rc; i++)
    rc = redact_parked(x, customer->aliases[i].hash,
                       customer->aliases[i].span);
  return rc;
}

/* The index names all entries about the customer. */
static int redact_journal(erasure *x) {
  bl_index_wish wish = {bl_subject_customer(x->customer->number), 0,
                        BL_ALL_TIMES, 0};
  bl_call *c = x->c;
  int64_t *seqs;
  size_t count;
  int rc = bl_index_find(c, &wish, &c->arena, &seqs, &count);

  for (size_t i = 0; i < count && !rc; i++) {
    bl_arena_mark mark = bl_arena_now(&c->arena);
    bl_entry entry;
    if (bl_is_interrupted(c->b)) return BILLING_CANCELED;
    rc = bl_journal_read(c, seqs[i], &c->arena, &entry);
    if (!rc) rc = redact_entry(x, &entry);
    if (!rc) bl_arena_back(&c->arena, mark);
  }
  return rc;
}

/* ---- derived rows ---- */

static int remove_document(erasure *x) {
  bl_call *c = x->c;
  billing_value key[4] = {bl_value_int(c->t->number), bl_value_int(0),
                          bl_value_text(BL_STR("customer")),
                          bl_value_text(x->customer->id)};
  int rc = bl_store_remove(c->b->store, BL_TABLE_DOCUMENTS, key);

  return rc == BILLING_NOTFOUND ? BILLING_OK : rc;
}

/* A row's JSON without some of its members. */
static int without(bl_call *c, bl_str json, const char *const *members,
                   const char *const *emptied, bl_str *out) {
  bl_json *tree;
  bl_text text;
  int rc = bl_json_read(json.text, json.len, &tree, NULL);

  if (rc) return rc == BILLING_NOMEM ? rc : BILLING_CORRUPT;
  for (; *members; members++) bl_json_remove(tree, *members);
  for (; *emptied; emptied++) {
    bl_json_remove(tree, *emptied);
    bl_json_add_null(tree, *emptied);
  }
  bl_text_open(&text, &c->arena);
  if (!rc) rc = bl_json_print(tree, &text);
  bl_json_free(tree);
  *out = (bl_str){text.text, text.len};
  return rc;
}

static int strip_contracts(erasure *x) {
  static const char *const members[] = {"customer", NULL};
  static const char *const none[] = {NULL};
  bl_call *c = x->c;
  int rc = BILLING_OK;

  for (size_t i = 0; i < x->customer->contracts.count && !rc; i++) {
    const bl_contract *contract = x->customer->contracts.item[i];
    billing_value key[4] = {bl_value_int(c->t->number), bl_value_int(0),
                            bl_value_text(BL_STR("contract")),
                            bl_value_text(contract->terms.id)};
    billing_value row[BL_ROW_MOST];
    bl_str json;
    rc = bl_store_get(c->b->store, BL_TABLE_DOCUMENTS, key, row);
    if (!rc)
      rc = without(c, row[BL_DOCUMENTS_JSON].bytes, members, none, &json);
    if (rc) break;
    row[BL_DOCUMENTS_JSON] = bl_value_text(json);
    rc = bl_store_put(c->b->store, BL_TABLE_DOCUMENTS, row, 1,
                      BILLING_PUT_REPLACE);
  }
  return rc;
}

static int strip_invoice(bl_call *c, uint64_t own) {
  static const char *const none[] = {NULL};
  static const char *const emptied[] = {"customer", "customer_name", NULL};
  billing_value key[3] = {bl_value_int(c->t->number), bl_value_int(0),
                          bl_value_int((int64_t)own)};
  billing_value row[BL_ROW_MOST];
  bl_str json;
  int rc = bl_store_get(c->b->store, BL_TABLE_INVOICES, key, row);

  if (!rc) rc = without(c, row[BL_INVOICES_JSON].bytes, none, emptied, &json);
  if (rc) return rc;
  row[BL_INVOICES_JSON] = bl_value_text(json);
  return bl_store_put(c->b->store, BL_TABLE_INVOICES, row, 1,
                      BILLING_PUT_REPLACE);
}

static int strip_invoices(erasure *x) {
  bl_call *c = x->c;
  billing_value from[3] = {bl_value_int(c->t->number), bl_value_int(0),
                           bl_value_int((int64_t)x->customer->number)};
  billing_scan range = bl_scan_prefix(BL_TABLE_INVOICES, 2, from, 3);
  billing_value row[BL_ROW_MOST];
  uint64_t *own = NULL;
  size_t count = 0, cap = 0;
  void *rows;
  int rc = bl_store_scan(c->b->store, &range, &rows);

  while (!rc && (rc = bl_store_next(c->b->store, rows, row)) == BILLING_OK) {
    uint64_t *one = bl_arena_push(&c->arena, (void **)&own, &count, &cap,
                                  sizeof *one);
    if (!one) rc = BILLING_NOMEM;
    else own[count++] = (uint64_t)row[BL_INVOICES_OWN].integer;
  }
  bl_store_end(c->b->store, rows);
  if (rc == BILLING_DONE) rc = BILLING_OK;
  for (size_t i = 0; i < count && !rc; i++) rc = strip_invoice(c, own[i]);
  return rc;
}

static int append_redaction(erasure *x) {
  bl_writer w;
  int rc = bl_fold_redaction(bl_entry_start(x->c), &x->fact);

  bl_writer_open(&w, x->c);
  bl_code_redaction(&w.facts, &w.properties, &x->fact);
  return rc ? rc : bl_append(x->c, BL_ENTRY_REDACTION, &w);
}

/* A statement reads what an erasure takes away: what it comes to must be
 * booked by then.  A void that comes later finds a period that stays as it
 * was booked. */
static int check_measured(bl_call *c, const bl_customer *customer) {
  for (size_t i = 0; i < customer->contracts.count; i++) {
    const bl_contract *contract = customer->contracts.item[i];
    const bl_map *tallies = &contract->tallies;
    for (size_t k = 0; k < tallies->count; k++) {
      const bl_tally *tally = tallies->entry[k].value;
      if (bl_tally_price(tally)->closing ||
          bl_tally_meter(tally)->aggregation != BL_AGG_SQL ||
          !tally->level.events || !tally->more->is_due)
        continue;
      return bl_fail(c->err, BILLING_CONFLICT, "",
                     "end the contract, and advance until its periods are "
                     "closed",
                     "the contract %t has usage of price %t that only its "
                     "events can tell",
                     &contract->terms.id, &bl_tally_price(tally)->id);
    }
  }
  return BILLING_OK;
}

static int erase(bl_call *c, bl_str id, bl_str reason) {
  erasure x;
  unsigned char hash[16];
  int rc;

  memset(&x, 0, sizeof x);
  x.c = c;
  bl_customer_hash(c->b, id, hash);
  rc = bl_named_customer(c, hash, &x.customer);
  if (rc || (x.customer && x.customer->is_erased)) return rc;
  rc = bl_find_customer(c, id, "", &x.customer);
  if (!rc) rc = check_measured(c, x.customer);
  if (rc) return rc;
  x.fact.customer = x.customer->number;
  x.fact.reason = reason;
  bl_arena_open(&x.kept, &c->b->host);
  rc = redact_journal(&x);
  if (!rc) rc = redact_all_parked(&x);
  if (!rc) rc = remove_document(&x);
  if (!rc) rc = strip_contracts(&x);
  if (!rc) rc = strip_invoices(&x);
  if (!rc) rc = append_redaction(&x);
  bl_arena_close(&x.kept);
  c->t->is_stale = 1;          /* what is in memory is folded anew */
  return rc;
}

int billing_erase(billing *b, const billing_call *call, const char *customer,
                  size_t customer_len, const char *reason, size_t reason_len,
                  billing_error *err) {
  bl_str why = bl_text_argument(reason, reason_len);
  bl_call c;
  int rc = bl_enter(&c, b, call, BL_WRITE, err);

  if (rc) return rc;
  if (why.len > 200 || !bl_utf8_is_valid(why.text ? why.text : "", why.len))
    rc = bl_fail(err, BILLING_INVALID, "", "at most 200 bytes of UTF-8",
                 "the reason is not valid");
  else
    rc = erase(&c, bl_text_argument(customer, customer_len), why);
  rc = bl_leave(&c, rc);
  if (rc) return rc;
  pthread_mutex_lock(&b->lock);
  (void)bl_group_end(b);                    /* its members are told */
  rc = bl_store_scrub(b->store);
  pthread_mutex_unlock(&b->lock);
  return rc == BILLING_BUSY ? BILLING_OK : bl_fail_code(err, rc);
}
