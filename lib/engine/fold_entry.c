/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* fold_entry.c - from an entry's bytes to its fold, by a table of kinds. */
#include "engine/batch.h"
#include "engine/fold.h"
#include "engine/keys.h"

/* From the typed fold of each kind to a common shape. */
#define FOLD_KIND(name)                                                  \
  static int fold_entry_##name(bl_fold *f, const bl_entry_facts *fact) { \
    return bl_fold_##name(f, &fact->name);                               \
  }
FOLD_KIND(document)
FOLD_KIND(grant)
FOLD_KIND(grant_change)
FOLD_KIND(hold)
FOLD_KIND(hold_end)
FOLD_KIND(hold_extended)
FOLD_KIND(counted)
FOLD_KIND(grant_expired)
FOLD_KIND(periods)
FOLD_KIND(invoice)
FOLD_KIND(redaction)
FOLD_KIND(ticks)
FOLD_KIND(undone)
FOLD_KIND(stream)
FOLD_KIND(parkings)
FOLD_KIND(rerate)
FOLD_KIND(outbox_done)
FOLD_KIND(alert)
FOLD_KIND(top_up)
FOLD_KIND(told)
FOLD_KIND(family)
#undef FOLD_KIND

typedef struct entry_kind {
  const char *name;
  int (*fold)(bl_fold *f, const bl_entry_facts *fact);
} entry_kind;

static const entry_kind entry_kinds[BL_ENTRY_KINDS] = {
    [BL_ENTRY_TENANT] = {"tenant", fold_entry_document},
    [BL_ENTRY_DOCUMENT] = {"document", fold_entry_document},
    [BL_ENTRY_EVENTS] = {"events", NULL},
    [BL_ENTRY_GRANT] = {"grant", fold_entry_grant},
    [BL_ENTRY_GRANT_CHANGE] = {"grant_change", fold_entry_grant_change},
    [BL_ENTRY_HOLD] = {"hold", fold_entry_hold},
    [BL_ENTRY_HOLD_END] = {"hold_end", fold_entry_hold_end},
    [BL_ENTRY_GRANT_EXPIRED] = {"grant_expired", fold_entry_grant_expired},
    [BL_ENTRY_PERIODS] = {"periods", fold_entry_periods},
    [BL_ENTRY_INVOICE] = {"invoice", fold_entry_invoice},
    [BL_ENTRY_REDACTION] = {"redaction", fold_entry_redaction},
    [BL_ENTRY_TICKS] = {"ticks", fold_entry_ticks},
    [BL_ENTRY_VOID] = {"void", fold_entry_undone},
    [BL_ENTRY_RERATE] = {"rerate", fold_entry_rerate},
    [BL_ENTRY_PARKED] = {"parked", fold_entry_parkings},
    [BL_ENTRY_STREAM] = {"stream", fold_entry_stream},
    [BL_ENTRY_HOLD_EXTENDED] = {"hold_extended", fold_entry_hold_extended},
    [BL_ENTRY_COUNTED] = {"counted", fold_entry_counted},
    [BL_ENTRY_OUTBOX_DONE] = {"outbox_done", fold_entry_outbox_done},
    [BL_ENTRY_ALERT] = {"alert", fold_entry_alert},
    [BL_ENTRY_TOP_UP] = {"top_up", fold_entry_top_up},
    [BL_ENTRY_TOLD] = {"told", fold_entry_told},
    [BL_ENTRY_FAMILY] = {"family", fold_entry_family},
};

const char *bl_entry_name(int64_t kind) {
  int is_known = kind > 0 && kind < BL_ENTRY_KINDS && entry_kinds[kind].name;

  return is_known ? entry_kinds[kind].name : "unknown";
}

bl_tally *bl_fold_key(bl_tenant *t, const bl_fact_key *key, int *rc) {
  bl_contract *contract = bl_table_at(&t->by_contract, key->contract);
  bl_tally *tally;

  *rc = BILLING_CORRUPT;
  if (!contract || key->period >= contract->period_count ||
      key->price >= contract->plan->plan.key_count ||
      (!contract->plan->meters[key->price] &&
       !bl_price_is_commit(&contract->plan->plan.prices[key->price])))
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

/* Room for the tallies of the keys that the reader knows by now; they are
 * looked up when an event that is folded charges under them. */
static int make_room(events_fold *e) {
  while (e->count < e->reader.key_count) {
    bl_tally **place = bl_arena_push(e->f->scratch, (void **)&e->tallies,
                                     &e->count, &e->cap, sizeof *place);
    if (!place) return BILLING_NOMEM;
    *place = NULL;
    e->count++;
  }
  return BILLING_OK;
}

static int resolve_charges(events_fold *e, const bl_fact_event *fact) {
  int rc = make_room(e);

  if (!rc && fact->charge_count > e->charged_cap) {
    e->charged_cap = fact->charge_count * 2;
    e->charged = bl_arena_array(e->f->scratch, e->charged_cap,
                                sizeof *e->charged);
    if (!e->charged) return BILLING_NOMEM;
  }
  for (size_t i = 0; i < fact->charge_count && !rc; i++) {
    uint64_t key = fact->charges[i].key;
    if (key >= e->count) return BILLING_CORRUPT;
    if (!e->tallies[key])
      e->tallies[key] =
          bl_fold_key(e->f->tenant, &e->reader.keys[key], &rc);
    e->charged[i] = e->tallies[key];
  }
  return rc;
}

static int fold_one_event(events_fold *e, const bl_fact_event *fact,
                          uint64_t number) {
  bl_fold *f = e->f;
  int rc = BILLING_OK;

  if (bl_fold_customer(f, fact->customer, &rc)) rc = resolve_charges(e, fact);
  return rc ? rc : bl_fold_event(f, fact, e->charged, number);
}

static int meet_key(bl_fold *f, const bl_event_text *text, uint64_t place) {
  uint64_t key = text->is_redacted ? bl_keys_print_of(text->key_hash)
                                   : bl_keys_print(f->b, text->key);

  return bl_fold_name(f, key, place);
}

static int needs_keys(const bl_fold *f) {
  return bl_fold_is_own(f) && (f->key || f->seq > f->tenant->tail_seq);
}

static int fold_block(bl_fold *f, const bl_batch *batch, size_t at) {
  int has_keys = needs_keys(f);
  uint64_t place = at * BL_BATCH_BLOCK;
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
  for (; !rc; place++) {
    rc = bl_events_next(&e.reader, &fact, has_keys ? &text : NULL);
    if (!rc)
      rc = fold_one_event(&e, &fact, bl_event_number(f->seq, (size_t)place));
    if (!rc && has_keys) rc = meet_key(f, &text, place);
  }
  return rc == BILLING_DONE ? BILLING_OK : rc;
}

static int fold_events(bl_fold *f, const bl_entry *entry) {
  bl_batch batch;
  int rc = bl_batch_open(f->scratch, entry, &batch);

  for (size_t i = 0; !rc && i < batch.block_count; i++) {
    bl_arena_mark mark = bl_arena_now(f->scratch);
    rc = fold_block(f, &batch, i);
    bl_arena_back(f->scratch, mark);
  }
  return rc;
}

static int fold_coded(bl_fold *f, const bl_entry *entry) {
  bl_entry_facts facts;
  int rc = bl_entry_read(entry, f->scratch, &facts);

  return rc ? rc : entry_kinds[entry->kind].fold(f, &facts);
}

int bl_fold_entry(bl_fold *f, const bl_entry *entry) {
  bl_tenant *t = f->tenant;
  int is_known = entry->kind > 0 && entry->kind < BL_ENTRY_KINDS &&
                 entry_kinds[entry->kind].name &&
                 entry->version <= BL_ENTRY_VERSION;
  int rc = BILLING_OK;

  f->seq = entry->seq;
  f->at_us = entry->at_us;
  if (!is_known && entry->critical) t->is_read_only = 1;
  if (is_known && entry->kind == BL_ENTRY_EVENTS)
    rc = fold_events(f, entry);
  else if (is_known)
    rc = fold_coded(f, entry);
  if (rc || !bl_fold_is_own(f)) return rc;
  t->heads.seq = entry->seq;
  t->heads.clock_us = entry->at_us;
  memcpy(t->heads.hash, entry->hash, sizeof t->heads.hash);
  return BILLING_OK;
}
