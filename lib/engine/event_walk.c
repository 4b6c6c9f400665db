/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* event_walk.c - reading recorded events; see event_walk.h. */
#include "engine/event_walk.h"

/* ---- one entry ---- */

static int entry_resolve(const bl_tenant *t, const bl_fact_key *key,
                         bl_event_charge *out) {
  const bl_contract *contract =
      bl_list_by_number(&t->by_contract, key->contract);

  if (!contract || key->period >= contract->period_count ||
      key->price >= contract->plan->plan.price_count)
    return BILLING_CORRUPT;
  out->contract = contract;
  out->price = &contract->plan->plan.prices[key->price];
  out->service = contract->periods[key->period].span;
  out->group = key->group;
  return BILLING_OK;
}

static int entry_resolve_all(bl_event_entry *e, const bl_events_codec *codec) {
  int rc = BILLING_OK;

  e->keys = bl_arena_array(e->arena, codec->key_count + 1, sizeof *e->keys);
  if (!e->keys) return BILLING_NOMEM;
  for (size_t i = 0; i < codec->key_count && !rc; i++)
    rc = entry_resolve(e->tenant, &codec->keys[i], &e->keys[i]);
  return rc;
}

int bl_event_entry_read(bl_event_entry *e, const bl_tenant *t,
                        const bl_entry *entry, bl_arena *a) {
  bl_events_codec codec;
  bl_unpack facts;
  uint64_t count = 0;
  int rc;

  assert(entry->kind == BL_ENTRY_EVENTS);
  memset(e, 0, sizeof *e);
  e->tenant = t;
  e->arena = a;
  e->seq = entry->seq;
  e->at_us = entry->at_us;
  e->properties = entry->properties;
  memset(&codec, 0, sizeof codec);
  bl_unpack_open(&facts, entry->facts.text, entry->facts.len);
  codec.facts = (bl_codec){NULL, &facts, a, 0, 0};
  codec.at_us = entry->at_us;
  bl_code_u64(&codec.facts, &count);
  if (count > entry->facts.len) return BILLING_CORRUPT;
  e->facts = bl_arena_array(a, (size_t)count + 1, sizeof *e->facts);
  if (!e->facts) return BILLING_NOMEM;
  e->count = (size_t)count;
  for (size_t i = 0; i < e->count; i++)
    bl_code_event(&codec, &e->facts[i], NULL);
  rc = bl_codec_done(&codec.facts);
  return rc ? rc : entry_resolve_all(e, &codec);
}

/* Properties that were redacted altogether read as empty texts. */
int bl_event_entry_texts(bl_event_entry *e) {
  bl_unpack from;
  bl_codec codec = {NULL, &from, e->arena, 0, 0};

  if (e->texts) return BILLING_OK;
  e->texts = bl_arena_array(e->arena, e->count + 1, sizeof *e->texts);
  if (!e->texts) return BILLING_NOMEM;
  if (!e->properties.len) return BILLING_OK;
  bl_unpack_open(&from, e->properties.text, e->properties.len);
  for (size_t i = 0; i < e->count; i++)
    bl_code_event_text(&codec, &e->texts[i]);
  return bl_codec_done(&codec);
}

int bl_event_entry_at(const bl_event_entry *e, size_t place,
                      bl_event_row *out) {
  const bl_fact_event *fact = &e->facts[place];

  assert(place < e->count);
  memset(out, 0, sizeof *out);
  out->number = bl_event_number(e->seq, place);
  out->decided_us = e->at_us;
  out->fact = fact;
  out->customer = bl_list_by_number(&e->tenant->by_customer, fact->customer);
  if (!out->customer) return BILLING_CORRUPT;
  if (e->texts) out->text = e->texts[place];
  out->charges = bl_arena_array(e->arena, fact->charge_count + 1,
                                sizeof *out->charges);
  if (!out->charges) return BILLING_NOMEM;
  for (size_t i = 0; i < fact->charge_count; i++) {
    out->charges[i] = e->keys[fact->charges[i].key];
    out->charges[i].fact = &fact->charges[i];
  }
  return BILLING_OK;
}

/* ---- many ---- */

int bl_event_walk_open(bl_event_walk *w, bl_call *c,
                       const bl_customer *customer, bl_span times,
                       uint64_t after) {
  memset(w, 0, sizeof *w);
  w->c = c;
  w->customer = customer;
  w->times = times;
  w->after = after;
  bl_arena_open(&w->arena, &c->b->host);
  return bl_journal_walk_open(&w->journal, c->b, c->t->number,
                              bl_event_seq(after));
}

/* The next entry that may have an event of the walk's. */
static int walk_next_entry(bl_event_walk *w, bl_entry *out) {
  int rc;

  do {
    if (bl_is_interrupted(w->c->b)) return BILLING_CANCELED;
    rc = bl_journal_walk_next(&w->journal, out);
  } while (!rc && out->kind != BL_ENTRY_EVENTS);
  return rc;
}

/* Its bytes are the store's until the next step. */
static int walk_read_entry(bl_event_walk *w) {
  bl_entry entry;
  int rc = walk_next_entry(w, &entry);

  if (rc) return rc;
  bl_arena_close(&w->arena);
  memset(&w->entry, 0, sizeof w->entry);
  w->place = 0;
  entry.facts = bl_arena_str(&w->arena, entry.facts);
  entry.properties = bl_arena_str(&w->arena, entry.properties);
  if (w->arena.failed) return BILLING_NOMEM;
  return bl_event_entry_read(&w->entry, w->c->t, &entry, &w->arena);
}

static int walk_wants(const bl_event_walk *w, size_t place) {
  const bl_fact_event *fact = &w->entry.facts[place];

  return bl_event_number(w->entry.seq, place) > w->after &&
         (!w->customer || fact->customer == w->customer->number) &&
         bl_span_holds(w->times, fact->time_us);
}

int bl_event_walk_next(bl_event_walk *w, bl_event_row *out) {
  int rc = BILLING_OK;

  while (!rc) {
    while (w->place < w->entry.count && !walk_wants(w, w->place)) w->place++;
    if (w->place < w->entry.count) break;
    rc = walk_read_entry(w);
  }
  if (!rc) rc = bl_event_entry_texts(&w->entry);
  return rc ? rc : bl_event_entry_at(&w->entry, w->place++, out);
}

void bl_event_walk_close(bl_event_walk *w) {
  bl_journal_walk_close(&w->journal);
  bl_arena_close(&w->arena);
}
