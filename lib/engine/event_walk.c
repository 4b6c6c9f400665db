/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* event_walk.c - reading recorded events; see event_walk.h. */
#include "engine/event_walk.h"

#include "engine/index.h"
#include "engine/load.h"

/* ---- one entry ---- */

int bl_event_entry_open(bl_event_entry *e, bl_call *c, bl_tenant *t,
                        const bl_entry *entry, bl_arena *a) {
  assert(entry->kind == BL_ENTRY_EVENTS);
  memset(e, 0, sizeof *e);
  e->c = c;
  e->tenant = t;
  e->arena = a;
  return bl_batch_open(a, entry, &e->batch);
}

static int resolve_charge(const bl_event_entry *e, const bl_fact_key *key,
                          const bl_fact_charge *fact, bl_row_charge *out) {
  const bl_contract *contract =
      bl_table_at(&e->tenant->by_contract, key->contract);

  if (!contract || key->period >= contract->period_count ||
      key->price >= contract->plan->plan.key_count)
    return BILLING_CORRUPT;
  out->contract = contract;
  out->price = &contract->plan->plan.prices[key->price];
  out->period = key->period;
  out->service = contract->periods[key->period].span;
  out->group = key->group;
  out->quantity = fact->quantity;
  out->amount = fact->amount;
  out->draws = fact->draws;
  out->draw_count = fact->draw_count;
  return BILLING_OK;
}

/* What the event is told to have been charged under. */
static int fill_charges(const bl_event_entry *e, const bl_fact_event *fact,
                        const bl_fact_key *keys, bl_event_row *out) {
  int rc = BILLING_OK;

  out->flags = fact->flags & ~(uint64_t)BL_EVENT_UNTIMED;
  out->charge_count = fact->charge_count;
  out->charges = bl_arena_array(e->arena, fact->charge_count + 1,
                                sizeof *out->charges);
  if (!out->charges) return BILLING_NOMEM;
  for (size_t i = 0; i < fact->charge_count && !rc; i++)
    rc = resolve_charge(e, &keys[fact->charges[i].key], &fact->charges[i],
                        &out->charges[i]);
  return rc;
}

static int fill_row(bl_event_entry *e, const bl_block *block,
                    bl_event_row *out) {
  size_t place = e->place % BL_BATCH_BLOCK;
  const bl_fact_event *fact = &block->facts[place];
  bl_fact_event restated;
  bl_fact_key *keys = block->keys;
  bl_customer *customer;
  int rc = bl_customer_of(e->c, e->tenant, fact->customer, &customer);

  if (rc) return rc;
  out->customer = customer;
  out->text = block->texts[place];
  out->number = bl_event_number(e->batch.seq, e->place);
  out->time_us = fact->time_us;
  out->decided_us = e->batch.at_us;
  if (e->restated && e->restated->count) {
    rc = bl_restate(e->c, e->restated, out->number, block->keys, fact,
                    e->arena, &restated, &keys);
    fact = &restated;
  }
  return rc ? rc : fill_charges(e, fact, keys, out);
}

int bl_event_entry_next(bl_event_entry *e, bl_event_row *out) {
  memset(out, 0, sizeof *out);
  for (; e->place < e->batch.count; e->place++) {
    const bl_block *block;
    int rc = bl_batch_block(&e->batch, e->place / BL_BATCH_BLOCK, &block);
    const bl_fact_event *fact;
    if (rc) return rc;
    fact = &block->facts[e->place % BL_BATCH_BLOCK];
    if (e->customer && fact->customer != e->customer) continue;
    if (e->flags && !(fact->flags & e->flags)) continue;
    rc = fill_row(e, block, out);
    e->place++;
    return rc;
  }
  return BILLING_DONE;
}

/* ---- many ---- */

int bl_event_walk_open(bl_event_walk *w, bl_call *c,
                       const bl_customer *customer, bl_span times,
                       uint64_t after) {
  int rc;

  memset(w, 0, sizeof *w);
  w->c = c;
  w->customer = customer;
  w->times = times;
  w->after = after;
  bl_arena_open(&w->arena, &c->b->host);
  bl_arena_open(&w->list, &c->b->host);
  rc = bl_voids_read(c, customer, times, &w->list, &w->voids);
  if (rc) return rc;
  if (customer) {
    bl_index_wish wish = {bl_subject_customer(customer->number),
                          bl_event_seq(after) - 1, times,
                          (uint64_t)1 << BL_ENTRY_EVENTS};
    return bl_index_find(c, &wish, &w->list, &w->seqs, &w->seq_count);
  }
  return bl_journal_walk_open(&w->journal, c->b, c->t->number,
                              bl_event_seq(after));
}

int bl_event_walk_restate(bl_event_walk *w) {
  assert(w->customer);
  w->restates = 1;
  return bl_restatements_read(w->c, w->customer, w->times, &w->list,
                              &w->restated);
}

/* The next entry that may have an event of the walk's, in the arena: its bytes
 * are the store's only until the next step. */
static int walk_next_entry(bl_event_walk *w, bl_entry *out) {
  int rc;

  if (bl_is_interrupted(w->c->b)) return BILLING_CANCELED;
  if (w->customer) {
    if (w->seq_at == w->seq_count) return BILLING_DONE;
    return bl_journal_read(w->c, w->seqs[w->seq_at++], &w->arena, out);
  }
  do
    rc = bl_journal_walk_next(&w->journal, out);
  while (!rc && out->kind != BL_ENTRY_EVENTS);
  if (rc) return rc;
  out->facts = bl_arena_str(&w->arena, out->facts);
  out->properties = bl_arena_str(&w->arena, out->properties);
  return w->arena.failed ? BILLING_NOMEM : BILLING_OK;
}

static int walk_open_entry(bl_event_walk *w) {
  bl_entry entry;
  int rc;

  bl_arena_close(&w->arena);
  memset(&w->entry, 0, sizeof w->entry);
  rc = walk_next_entry(w, &entry);
  if (!rc)
    rc = bl_event_entry_open(&w->entry, w->c, w->c->t, &entry, &w->arena);
  if (!rc && w->customer) w->entry.customer = w->customer->number;
  if (w->restates) w->entry.restated = &w->restated;
  return rc;
}

static int walk_wants(const bl_event_walk *w, const bl_event_row *row) {
  return row->number > w->after &&
         bl_span_holds(w->times, row->time_us);
}

int bl_event_walk_next(bl_event_walk *w, bl_event_row *out) {
  int rc = BILLING_OK;

  while (!rc) {
    rc = w->entry.arena ? bl_event_entry_next(&w->entry, out) : BILLING_DONE;
    if (!rc && walk_wants(w, out)) {
      if (bl_voids_at(&w->voids, out->number))
        out->flags |= BILLING_RECEIPT_VOIDED;
      return BILLING_OK;
    }
    if (rc == BILLING_DONE) rc = walk_open_entry(w);
  }
  return rc;
}

void bl_event_walk_close(bl_event_walk *w) {
  bl_journal_walk_close(&w->journal);
  bl_arena_close(&w->list);
  bl_arena_close(&w->arena);
}
