/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* fold_entry.c - from an entry's bytes to its fold, by a table of kinds. */
#include "engine/batch.h"
#include "engine/fold.h"
#include "engine/keys.h"

/* Every fact in one place, so that one loop serves all kinds but events. */
typedef union entry_fact {
  bl_fact_document      document;
  bl_fact_grant         grant;
  bl_fact_hold          hold;
  bl_fact_hold_end      hold_end;
  bl_fact_grant_expired grant_expired;
  bl_fact_periods       periods;
  bl_fact_invoice       invoice;
  bl_fact_redaction     redaction;
} entry_fact;

/* One pair of functions a kind, from the typed pair to a common shape. */
#define ENTRY_KIND(name)                                                 \
  static void code_entry_##name(bl_codec *facts, bl_codec *properties,   \
                                entry_fact *fact) {                      \
    bl_code_##name(facts, properties, &fact->name);                      \
  }                                                                      \
  static int fold_entry_##name(bl_fold *f, const entry_fact *fact) {     \
    return bl_fold_##name(f, &fact->name);                               \
  }
ENTRY_KIND(document)
ENTRY_KIND(grant)
ENTRY_KIND(hold)
ENTRY_KIND(hold_end)
ENTRY_KIND(grant_expired)
ENTRY_KIND(periods)
ENTRY_KIND(invoice)
ENTRY_KIND(redaction)
#undef ENTRY_KIND

typedef struct entry_kind {
  const char *name;
  void (*code)(bl_codec *facts, bl_codec *properties, entry_fact *fact);
  int (*fold)(bl_fold *f, const entry_fact *fact);
} entry_kind;

static const entry_kind entry_kinds[BL_ENTRY_KINDS] = {
    [BL_ENTRY_TENANT] = {"tenant", code_entry_document, fold_entry_document},
    [BL_ENTRY_DOCUMENT] = {"document", code_entry_document,
                           fold_entry_document},
    [BL_ENTRY_EVENTS] = {"events", NULL, NULL},
    [BL_ENTRY_GRANT] = {"grant", code_entry_grant, fold_entry_grant},
    [BL_ENTRY_HOLD] = {"hold", code_entry_hold, fold_entry_hold},
    [BL_ENTRY_HOLD_END] = {"hold_end", code_entry_hold_end,
                           fold_entry_hold_end},
    [BL_ENTRY_GRANT_EXPIRED] = {"grant_expired", code_entry_grant_expired,
                                fold_entry_grant_expired},
    [BL_ENTRY_PERIODS] = {"periods", code_entry_periods, fold_entry_periods},
    [BL_ENTRY_INVOICE] = {"invoice", code_entry_invoice, fold_entry_invoice},
    [BL_ENTRY_REDACTION] = {"redaction", code_entry_redaction,
                            fold_entry_redaction},
};

const char *bl_entry_name(int64_t kind) {
  if (kind <= 0 || kind >= BL_ENTRY_KINDS) return "unknown";
  return entry_kinds[kind].name;
}

bl_tally *bl_fold_key(bl_tenant *t, const bl_fact_key *key, int *rc) {
  bl_contract *contract = bl_list_by_number(&t->by_contract, key->contract);
  bl_tally *tally;

  *rc = BILLING_CORRUPT;
  if (!contract || key->period >= contract->period_count ||
      key->price >= contract->plan->plan.price_count)
    return NULL;
  *rc = BILLING_NOMEM;
  tally = bl_tally_make(t, contract, key->price, key->period, key->group);
  if (tally) *rc = BILLING_OK;
  return tally;
}

/* An entry of events being folded. */
typedef struct events_fold {
  bl_fold         *f;
  bl_events_reader reader;
  bl_tally       **tallies;    /* by the block's keys */
  size_t           count;
  size_t           cap;
  bl_tally       **charged;    /* by the event's charges */
  size_t           charged_cap;
} events_fold;

/* The tallies of the keys that the last event added. */
static int resolve_keys(events_fold *e) {
  int rc = BILLING_OK;

  while (e->count < e->reader.key_count) {
    bl_tally *tally =
        bl_fold_key(e->f->tenant, &e->reader.keys[e->count], &rc);
    bl_tally **place;
    if (!tally) return rc;
    place = bl_arena_push(e->f->scratch, (void **)&e->tallies, &e->count,
                          &e->cap, sizeof *place);
    if (!place) return BILLING_NOMEM;
    *place = tally;
    e->count++;
  }
  return rc;
}

static int resolve_charges(events_fold *e, const bl_fact_event *fact) {
  if (fact->charge_count > e->charged_cap) {
    e->charged_cap = fact->charge_count * 2;
    e->charged = bl_arena_array(e->f->scratch, e->charged_cap,
                                sizeof *e->charged);
    if (!e->charged) return BILLING_NOMEM;
  }
  for (size_t i = 0; i < fact->charge_count; i++) {
    if (fact->charges[i].key >= e->count) return BILLING_CORRUPT;
    e->charged[i] = e->tallies[fact->charges[i].key];
  }
  return BILLING_OK;
}

/* Keys that are in runs need not be remembered. */
static int needs_keys(const bl_fold *f) {
  return f->key || f->seq > f->tenant->tail_seq;
}

static int meet_key(bl_fold *f, const bl_event_text *text, uint64_t number) {
  uint64_t key = text->is_redacted ? bl_keys_print_of(text->key_hash)
                                   : bl_keys_print(f->b, text->key);

  return f->key ? f->key(f, key, number)
                : bl_keys_add(f->tenant, key, number);
}

static int fold_block(bl_fold *f, const bl_batch *batch, size_t at,
                      uint64_t number) {
  int has_keys = needs_keys(f);
  bl_str none = {NULL, 0};
  bl_fact_event fact;
  bl_event_text text;
  events_fold e;
  int rc;

  memset(&e, 0, sizeof e);
  e.f = f;
  rc = bl_events_open(&e.reader, f->scratch, batch->facts[at],
                      has_keys ? batch->properties[at] : none,
                      batch->at_us);
  for (; !rc; number++) {
    rc = bl_events_next(&e.reader, &fact, has_keys ? &text : NULL);
    if (!rc) rc = resolve_keys(&e);
    if (!rc) rc = resolve_charges(&e, &fact);
    if (!rc) rc = bl_fold_event(f, &fact, e.charged, number);
    if (!rc && has_keys) rc = meet_key(f, &text, number);
  }
  return rc == BILLING_DONE ? BILLING_OK : rc;
}

static int fold_events(bl_fold *f, const bl_entry *entry) {
  bl_batch batch;
  int rc = bl_batch_open(f->scratch, entry, &batch);

  for (size_t i = 0; !rc && i < batch.block_count; i++) {
    bl_arena_mark mark = bl_arena_now(f->scratch);
    rc = fold_block(f, &batch, i,
                    bl_event_number(entry->seq, i * BL_BATCH_BLOCK));
    bl_arena_back(f->scratch, mark);
  }
  return rc;
}

/* Properties that were redacted read as empty texts. */
static int fold_coded(bl_fold *f, const bl_entry *entry,
                      const entry_kind *kind) {
  entry_fact fact;
  bl_unpack facts_from, properties_from;
  bl_codec facts = {NULL, &facts_from, f->scratch, 0, 0};
  bl_codec properties = {NULL, &properties_from, f->scratch, 0, 0};
  int rc;

  memset(&fact, 0, sizeof fact);
  bl_unpack_open(&facts_from, entry->facts.text, entry->facts.len);
  bl_unpack_open(&properties_from, entry->properties.text,
                 entry->properties.len);
  kind->code(&facts, &properties, &fact);
  rc = bl_codec_done(&facts);
  if (!rc && entry->properties.len) rc = bl_codec_done(&properties);
  return rc ? rc : kind->fold(f, &fact);
}

int bl_fold_entry(bl_fold *f, const bl_entry *entry) {
  bl_tenant *t = f->tenant;
  int is_known = entry->kind > 0 && entry->kind < BL_ENTRY_KINDS &&
                 entry->version <= BL_ENTRY_VERSION;
  int rc = BILLING_OK;

  f->seq = entry->seq;
  f->at_us = entry->at_us;
  if (!is_known && entry->critical) t->is_read_only = 1;
  if (is_known && entry->kind == BL_ENTRY_EVENTS)
    rc = fold_events(f, entry);
  else if (is_known)
    rc = fold_coded(f, entry, &entry_kinds[entry->kind]);
  if (rc) return rc;
  t->heads.seq = entry->seq;
  t->heads.clock_us = entry->at_us;
  memcpy(t->heads.hash, entry->hash, sizeof t->heads.hash);
  return BILLING_OK;
}
