/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* batch.c - an entry of events as blocks; see batch.h. */
#include "engine/batch.h"

#include "engine/load.h"

/* ---- Write ---- */

void bl_batch_begin(bl_batch_writer *w, bl_call *c, int64_t at_us) {
  memset(w, 0, sizeof *w);
  w->c = c;
  w->at_us = at_us;
  w->coder = &c->b->coder;
  for (size_t i = 0; i < 2; i++) {
    bl_text_open(&w->lengths[i], &c->arena);
    bl_text_open(&w->blocks[i], &c->arena);
  }
}

static int end_block(bl_batch_writer *w) {
  bl_str part[2];
  int rc;

  if (!w->open) return BILLING_OK;
  w->open = 0;
  rc = bl_events_end(w->coder, &part[0], &part[1]);
  for (size_t i = 0; i < 2 && !rc; i++) {
    bl_pack_u64(&w->lengths[i], part[i].len);
    bl_text_str(&w->blocks[i], part[i]);
  }
  return rc;
}

/* A key is named once a block. */
static void name_key(bl_batch_writer *w, bl_tally *tally,
                     bl_fact_charge *charge) {
  if (tally->block != w->c->t->blocks) {
    bl_fact_key key = {tally->contract->number, tally->price, tally->period,
                       tally->group};
    tally->place = bl_events_key(w->coder, &key);
    tally->block = w->c->t->blocks;
  }
  charge->key = tally->place;
}

static int find_holes(bl_batch_writer *w, const bl_members *members,
                      bl_event_text *text) {
  if (members->count > w->hole_cap) {
    w->hole_cap = members->count * 2;
    w->holes = bl_arena_array(&w->c->arena, w->hole_cap, sizeof *w->holes);
    if (!w->holes) return BILLING_NOMEM;
  }
  for (size_t i = 0; i < members->count; i++)
    w->holes[i] = (bl_event_hole){members->item[i].at, members->item[i].len,
                                  members->item[i].kind};
  text->holes = w->holes;
  text->hole_count = members->count;
  return BILLING_OK;
}

int bl_batch_add(bl_batch_writer *w, bl_fact_event *fact,
                 bl_tally *const *tallies, bl_event_text *text,
                 const bl_members *members) {
  int rc = find_holes(w, members, text);

  if (w->open == 0) {
    w->c->t->blocks++;
    bl_events_begin(w->coder, w->at_us);
  }
  for (size_t i = 0; i < fact->charge_count; i++)
    name_key(w, tallies[i], &fact->charges[i]);
  if (!rc) rc = bl_events_add(w->coder, fact, text);
  w->count++;
  if (++w->open == BL_BATCH_BLOCK && !rc) rc = end_block(w);
  return rc;
}

int bl_batch_end(bl_batch_writer *w, bl_str *facts, bl_str *properties) {
  bl_str *out[2] = {facts, properties};
  int rc = end_block(w);

  for (size_t i = 0; i < 2 && !rc; i++) {
    bl_text whole;
    bl_text_open(&whole, &w->c->arena);
    bl_pack_u64(&whole, w->count);
    bl_text_add(&whole, w->lengths[i].text, w->lengths[i].len);
    bl_text_add(&whole, w->blocks[i].text, w->blocks[i].len);
    *out[i] = (bl_str){whole.text, whole.len};
    if (whole.failed || w->lengths[i].failed || w->blocks[i].failed)
      rc = BILLING_NOMEM;
  }
  return rc;
}

/* ---- Read ---- */

/* Where each block of a part lies. */
static int read_directory(bl_arena *arena, bl_str part, size_t *count,
                          bl_str **blocks) {
  bl_unpack from;
  uint64_t events, number;

  bl_unpack_open(&from, part.text, part.len);
  events = bl_unpack_u64(&from);
  number = (events + BL_BATCH_BLOCK - 1) / BL_BATCH_BLOCK;
  if (!events || events > part.len || (*count && *count != events))
    return BILLING_CORRUPT;
  *blocks = bl_arena_array(arena, (size_t)number, sizeof **blocks);
  if (!*blocks) return BILLING_NOMEM;
  for (size_t i = 0; i < number; i++)
    (*blocks)[i].len = (size_t)bl_unpack_u64(&from);
  for (size_t i = 0; i < number && !from.bad; i++) {
    if ((*blocks)[i].len > (size_t)(from.end - from.at)) from.bad = 1;
    (*blocks)[i].text = (const char *)from.at;
    if (!from.bad) from.at += (*blocks)[i].len;
  }
  *count = (size_t)events;
  return bl_unpack_done(&from) ? BILLING_OK : BILLING_CORRUPT;
}

int bl_batch_open(bl_arena *arena, const bl_entry *entry, bl_batch *out) {
  int rc;

  memset(out, 0, sizeof *out);
  out->arena = arena;
  out->seq = entry->seq;
  out->at_us = entry->at_us;
  rc = read_directory(arena, entry->facts, &out->count, &out->facts);
  if (rc) return rc;
  out->block_count = (out->count + BL_BATCH_BLOCK - 1) / BL_BATCH_BLOCK;
  out->blocks =
      bl_arena_array(arena, out->block_count, sizeof *out->blocks);
  if (!out->blocks) return BILLING_NOMEM;
  if (entry->properties.len)
    return read_directory(arena, entry->properties, &out->count,
                          &out->properties);
  out->properties =
      bl_arena_array(arena, out->block_count, sizeof *out->properties);
  return out->properties ? BILLING_OK : BILLING_NOMEM;
}

static int open_read(bl_call *c, const bl_entry *entry, bl_batch *out) {
  if (entry->kind != BL_ENTRY_EVENTS) return BILLING_NOTFOUND;
  return bl_batch_open(&c->arena, entry, out);
}

int bl_batch_read(bl_call *c, int64_t seq, bl_batch *out) {
  bl_entry entry;
  int rc = bl_journal_read(c, seq, &c->arena, &entry);

  return rc ? rc : open_read(c, &entry, out);
}

int bl_batch_peek(bl_call *c, int64_t seq, bl_batch *out) {
  bl_entry entry;
  int rc = bl_journal_peek(c->b, c->t->number, seq, &entry);

  if (rc) return rc == BILLING_NOTFOUND ? BILLING_CORRUPT : rc;
  return open_read(c, &entry, out);
}

static int decode_block(const bl_batch *batch, size_t at, bl_block *out) {
  size_t count = batch->count - at * BL_BATCH_BLOCK;
  bl_events_reader reader;
  int rc = bl_events_open(&reader, batch->arena, batch->facts[at],
                          batch->properties[at], batch->at_us);

  if (rc) return rc;
  if (count > BL_BATCH_BLOCK) count = BL_BATCH_BLOCK;
  if (reader.count != count) return BILLING_CORRUPT;
  out->facts = bl_arena_array(batch->arena, count + 1, sizeof *out->facts);
  out->texts = bl_arena_array(batch->arena, count + 1, sizeof *out->texts);
  if (!out->facts || !out->texts) return BILLING_NOMEM;
  for (size_t i = 0; i < count && !rc; i++)
    rc = bl_events_next(&reader, &out->facts[i], &out->texts[i]);
  if (!rc)                             /* it must end here */
    rc = bl_events_next(&reader, &out->facts[count], &out->texts[count]);
  if (rc != BILLING_DONE) return rc ? rc : BILLING_CORRUPT;
  out->keys = reader.keys;
  out->key_count = reader.key_count;
  out->count = count;
  return BILLING_OK;
}

int bl_batch_block(bl_batch *batch, size_t at, const bl_block **out) {
  bl_block *block = &batch->blocks[at];
  int rc = BILLING_OK;

  assert(at < batch->block_count);
  if (!block->count) rc = decode_block(batch, at, block);
  *out = block;
  return rc;
}

static int find_tallies(bl_call *c, const bl_fact_key *keys,
                        const bl_fact_event *fact, bl_tally ***out) {
  int rc = BILLING_OK;

  *out = bl_arena_array(&c->arena, fact->charge_count + 1, sizeof **out);
  if (!*out) return BILLING_NOMEM;
  for (size_t i = 0; i < fact->charge_count && !rc; i++)
    (*out)[i] = bl_fold_key(c->t, &keys[fact->charges[i].key], &rc);
  return rc;
}

int bl_block_tallies(bl_call *c, const bl_block *block,
                     const bl_fact_event *fact, bl_tally ***out) {
  bl_customer *customer;
  int rc = bl_customer_need(c, fact->customer, &customer);

  return rc ? rc : find_tallies(c, block->keys, fact, out);
}

/* ---- Single events ---- */

static int pass_open_block(bl_batch_pass *p, size_t at) {
  const bl_batch *batch = p->batch;

  p->next = at * BL_BATCH_BLOCK;
  return bl_events_open(&p->reader, batch->arena, batch->facts[at],
                        batch->properties[at], batch->at_us);
}

int bl_batch_pass_to(bl_batch_pass *p, size_t place) {
  size_t at = place / BL_BATCH_BLOCK;
  int rc = BILLING_OK;

  if (place >= p->batch->count) return BILLING_CORRUPT;
  if (p->next && place == p->next - 1) return BILLING_OK;
  if (!p->next || (p->next - 1) / BL_BATCH_BLOCK != at)
    rc = pass_open_block(p, at);
  assert(rc || place >= p->next);
  if (!rc) rc = bl_events_skip(&p->reader, place - p->next);
  if (!rc) rc = bl_events_next(&p->reader, &p->fact, &p->text);
  p->next = place + 1;
  return rc == BILLING_DONE ? BILLING_CORRUPT : rc;
}

int bl_batch_pass_tallies(bl_call *c, const bl_batch_pass *p,
                          bl_tally ***out) {
  return find_tallies(c, p->reader.keys, &p->fact, out);
}

int bl_batch_event(bl_call *c, uint64_t number, const bl_fact_event **fact,
                   bl_tally ***tallies) {
  size_t place = bl_event_place(number);
  bl_batch_pass *p = bl_arena_take(&c->arena, sizeof *p);
  bl_customer *customer;
  bl_batch batch;
  int rc;

  if (!p) return BILLING_NOMEM;
  if (!number || bl_event_seq(number) > c->t->heads.seq)
    return BILLING_NOTFOUND;
  rc = bl_batch_read(c, bl_event_seq(number), &batch);
  if (!rc && place >= batch.count) rc = BILLING_NOTFOUND;
  p->batch = &batch;
  if (!rc) rc = bl_batch_pass_to(p, place);
  if (!rc) rc = bl_customer_need(c, p->fact.customer, &customer);
  *fact = &p->fact;
  return rc ? rc : bl_batch_pass_tallies(c, p, tallies);
}
