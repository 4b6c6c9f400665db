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

static int entry_resolve_all(bl_event_entry *e, const bl_block *block,
                             size_t at) {
  bl_event_charge *keys =
      bl_arena_array(e->arena, block->key_count + 1, sizeof *keys);
  int rc = BILLING_OK;

  if (!keys) return BILLING_NOMEM;
  for (size_t i = 0; i < block->key_count && !rc; i++)
    rc = entry_resolve(e->tenant, &block->keys[i], &keys[i]);
  e->keys[at] = keys;
  return rc;
}

int bl_event_entry_read(bl_event_entry *e, const bl_tenant *t,
                        const bl_entry *entry, bl_arena *a) {
  int rc;

  assert(entry->kind == BL_ENTRY_EVENTS);
  memset(e, 0, sizeof *e);
  e->tenant = t;
  e->arena = a;
  rc = bl_batch_open(a, entry, &e->batch);
  if (rc) return rc;
  e->keys = bl_arena_array(a, e->batch.block_count, sizeof *e->keys);
  return e->keys ? BILLING_OK : BILLING_NOMEM;
}

int bl_event_entry_fact(bl_event_entry *e, size_t place,
                        const bl_fact_event **out) {
  const bl_block *block;
  int rc = bl_batch_block(&e->batch, place / BL_BATCH_BLOCK, &block);

  if (!rc) *out = &block->facts[place % BL_BATCH_BLOCK];
  return rc;
}

int bl_event_entry_at(bl_event_entry *e, size_t place, bl_event_row *out) {
  size_t at = place / BL_BATCH_BLOCK, inside = place % BL_BATCH_BLOCK;
  const bl_fact_event *fact;
  const bl_block *block;
  int rc = bl_batch_block(&e->batch, at, &block);

  if (!rc && !e->keys[at]) rc = entry_resolve_all(e, block, at);
  if (rc) return rc;
  memset(out, 0, sizeof *out);
  fact = &block->facts[inside];
  out->number = bl_event_number(e->batch.seq, place);
  out->decided_us = e->batch.at_us;
  out->fact = fact;
  out->customer = bl_list_by_number(&e->tenant->by_customer, fact->customer);
  if (!out->customer) return BILLING_CORRUPT;
  out->text = block->texts[inside];
  out->charges = bl_arena_array(e->arena, fact->charge_count + 1,
                                sizeof *out->charges);
  if (!out->charges) return BILLING_NOMEM;
  for (size_t i = 0; i < fact->charge_count; i++) {
    out->charges[i] = e->keys[at][fact->charges[i].key];
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

static int walk_wants(bl_event_walk *w, size_t place, int *wants) {
  const bl_fact_event *fact;
  int rc = BILLING_OK;

  *wants = bl_event_number(w->entry.batch.seq, place) > w->after;
  if (*wants) rc = bl_event_entry_fact(&w->entry, place, &fact);
  if (*wants && !rc)
    *wants = (!w->customer || fact->customer == w->customer->number) &&
             bl_span_holds(w->times, fact->time_us);
  return rc;
}

int bl_event_walk_next(bl_event_walk *w, bl_event_row *out) {
  int wants = 0, rc = BILLING_OK;

  while (!rc && !wants) {
    if (w->place < w->entry.batch.count)
      rc = walk_wants(w, w->place++, &wants);
    else
      rc = walk_read_entry(w);
  }
  return rc ? rc : bl_event_entry_at(&w->entry, w->place - 1, out);
}

void bl_event_walk_close(bl_event_walk *w) {
  bl_journal_walk_close(&w->journal);
  bl_arena_close(&w->arena);
}
