/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* fold_entry.c - from an entry's bytes to its fold, by a table of kinds. */
#include "engine/fold.h"

/* Every fact in one place, so that one loop serves all kinds but events. */
typedef union entry_fact {
  bl_fact_document      document;
  bl_fact_grant         grant;
  bl_fact_hold          hold;
  bl_fact_hold_end      hold_end;
  bl_fact_grant_expired grant_expired;
  bl_fact_period        period;
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
ENTRY_KIND(period)
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
    [BL_ENTRY_PERIOD] = {"period", code_entry_period, fold_entry_period},
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

/* The tallies of the keys that the last event added. */
static int resolve_keys(bl_fold *f, const bl_events_codec *c,
                        bl_tally ***tallies, size_t *count, size_t *cap) {
  int rc = BILLING_OK;

  while (*count < c->key_count) {
    bl_tally *tally = bl_fold_key(f->tenant, &c->keys[*count], &rc);
    bl_tally **place;
    if (!tally) return rc;
    place = bl_arena_push(f->scratch, (void **)tallies, count, cap,
                          sizeof *place);
    if (!place) return BILLING_NOMEM;
    *place = tally;
    ++*count;
  }
  return rc;
}

/* A charge's key must be one of those named so far. */
static int keys_are_known(const bl_fact_event *fact, size_t count) {
  for (size_t i = 0; i < fact->charge_count; i++)
    if (fact->charges[i].key >= count) return 0;
  return 1;
}

static int fold_events(bl_fold *f, const bl_entry *entry) {
  bl_tally **tallies = NULL;
  size_t count = 0, cap = 0;
  bl_events_codec c;
  bl_unpack from;
  uint64_t events = 0;
  int rc = BILLING_OK;

  memset(&c, 0, sizeof c);
  bl_unpack_open(&from, entry->facts.text, entry->facts.len);
  c.facts.from = &from;
  c.facts.arena = f->scratch;
  c.at_us = entry->at_us;
  bl_code_u64(&c.facts, &events);
  for (uint64_t i = 0; i < events && !rc; i++) {
    bl_fact_event fact = {0};
    bl_code_event(&c, &fact, NULL);
    if (from.bad || c.facts.failed) break;
    rc = resolve_keys(f, &c, &tallies, &count, &cap);
    if (!rc && !keys_are_known(&fact, count)) rc = BILLING_CORRUPT;
    if (!rc)
      rc = bl_fold_event(f, &fact, tallies,
                         bl_event_number(entry->seq, (size_t)i));
  }
  return rc ? rc : bl_codec_done(&c.facts);
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
