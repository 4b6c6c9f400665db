/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* event_walk.c - reading recorded events; see event_walk.h. */
#include "engine/event_walk.h"

/* ---- one entry ---- */

int bl_event_entry_open(bl_event_entry *e, const bl_tenant *t,
                        const bl_entry *entry, int has_texts, bl_arena *a) {
  uint64_t count = 0;

  assert(entry->kind == BL_ENTRY_EVENTS);
  memset(e, 0, sizeof *e);
  e->tenant = t;
  e->arena = a;
  e->seq = entry->seq;
  e->has_texts = has_texts && entry->properties.len;
  bl_unpack_open(&e->facts, entry->facts.text, entry->facts.len);
  bl_unpack_open(&e->properties, entry->properties.text,
                 entry->properties.len);
  e->codec.facts = (bl_codec){NULL, &e->facts, a, 0, 0};
  e->codec.properties = (bl_codec){NULL, &e->properties, a, 0, 0};
  e->codec.at_us = entry->at_us;
  bl_code_u64(&e->codec.facts, &count);
  if (e->facts.bad || count > entry->facts.len) return BILLING_CORRUPT;
  e->count = (size_t)count;
  return BILLING_OK;
}

static int resolve_charge(const bl_event_entry *e, const bl_fact_charge *fact,
                          bl_row_charge *out) {
  const bl_fact_key *key = &e->codec.keys[fact->key];
  const bl_contract *contract =
      bl_list_by_number(&e->tenant->by_contract, key->contract);

  if (!contract || key->period >= contract->period_count ||
      key->price >= contract->plan->plan.price_count)
    return BILLING_CORRUPT;
  out->contract = contract;
  out->price = &contract->plan->plan.prices[key->price];
  out->service = contract->periods[key->period].span;
  out->group = key->group;
  out->quantity = fact->quantity;
  out->amount = fact->amount;
  out->draws = fact->draws;
  out->draw_count = fact->draw_count;
  return BILLING_OK;
}

/* The next event's facts and texts, checked as far as bytes can be. */
static int decode_event(bl_event_entry *e, bl_fact_event *fact,
                        bl_event_text *text) {
  memset(fact, 0, sizeof *fact);
  bl_code_event(&e->codec, fact, e->has_texts ? text : NULL);
  if (e->codec.facts.failed) return BILLING_NOMEM;
  return e->facts.bad || e->properties.bad ? BILLING_CORRUPT : BILLING_OK;
}

int bl_event_entry_next(bl_event_entry *e, bl_event_row *out) {
  bl_fact_event fact;
  int rc;

  memset(out, 0, sizeof *out);
  if (e->place == e->count) {
    rc = bl_codec_done(&e->codec.facts);
    if (!rc && e->has_texts) rc = bl_codec_done(&e->codec.properties);
    return rc ? rc : BILLING_DONE;
  }
  rc = decode_event(e, &fact, &out->text);
  if (rc) return rc;
  out->number = bl_event_number(e->seq, e->place++);
  out->time_us = fact.time_us;
  out->decided_us = e->codec.at_us;
  out->flags = fact.flags;
  out->customer = bl_list_by_number(&e->tenant->by_customer, fact.customer);
  out->charge_count = fact.charge_count;
  out->charges = bl_arena_array(e->arena, fact.charge_count + 1,
                                sizeof *out->charges);
  if (!out->charges) return BILLING_NOMEM;
  for (size_t i = 0; i < fact.charge_count && !rc; i++)
    rc = resolve_charge(e, &fact.charges[i], &out->charges[i]);
  return out->customer ? rc : BILLING_CORRUPT;
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

/* Its bytes are the store's until the next step, so they are copied. */
static int walk_open_entry(bl_event_walk *w) {
  bl_entry entry;
  int rc = walk_next_entry(w, &entry);

  if (rc) return rc;
  bl_arena_close(&w->arena);
  memset(&w->entry, 0, sizeof w->entry);
  entry.facts = bl_arena_str(&w->arena, entry.facts);
  entry.properties = bl_arena_str(&w->arena, entry.properties);
  if (w->arena.failed) return BILLING_NOMEM;
  return bl_event_entry_open(&w->entry, w->c->t, &entry, 1, &w->arena);
}

static int walk_wants(const bl_event_walk *w, const bl_event_row *row) {
  return row->number > w->after &&
         (!w->customer || row->customer == w->customer) &&
         bl_span_holds(w->times, row->time_us);
}

int bl_event_walk_next(bl_event_walk *w, bl_event_row *out) {
  int rc = BILLING_OK;

  while (!rc) {
    rc = w->entry.arena ? bl_event_entry_next(&w->entry, out) : BILLING_DONE;
    if (!rc && walk_wants(w, out)) return BILLING_OK;
    if (rc == BILLING_DONE) rc = walk_open_entry(w);
  }
  return rc;
}

void bl_event_walk_close(bl_event_walk *w) {
  bl_journal_walk_close(&w->journal);
  bl_arena_close(&w->arena);
}
