/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* batch.c - an entry of events, decoded whole: for receipts and explain. */
#include "engine/rate.h"

static int read_batch_events(bl_call *c, const bl_entry *entry,
                             bl_batch *out) {
  bl_unpack facts;
  bl_events_codec codec;
  uint64_t count = 0;
  int rc;

  memset(&codec, 0, sizeof codec);
  bl_unpack_open(&facts, entry->facts.text, entry->facts.len);
  codec.facts = (bl_codec){NULL, &facts, &c->arena, 0, 0};
  codec.at_us = entry->at_us;
  bl_code_u64(&codec.facts, &count);
  if (count > entry->facts.len) return BILLING_CORRUPT;
  out->count = (size_t)count;
  out->facts = bl_arena_array(&c->arena, out->count + 1, sizeof *out->facts);
  if (!out->facts) return BILLING_NOMEM;
  for (size_t i = 0; i < out->count; i++)
    bl_code_event(&codec, &out->facts[i], NULL);
  rc = bl_codec_done(&codec.facts);
  if (rc) return rc;
  out->keys = codec.keys;
  out->tallies = bl_arena_array(&c->arena, codec.key_count + 1,
                                sizeof *out->tallies);
  return out->tallies ? BILLING_OK : BILLING_NOMEM;
}

int bl_batch_read(bl_call *c, int64_t seq, bl_batch *out) {
  bl_entry entry;
  int rc = bl_journal_read(c->b, c->t->number, seq, &c->arena, &entry);

  if (rc) return rc;
  if (entry.kind != BL_ENTRY_EVENTS) return BILLING_NOTFOUND;
  memset(out, 0, sizeof *out);
  out->seq = seq;
  out->at_us = entry.at_us;
  out->properties = entry.properties;
  return read_batch_events(c, &entry, out);
}

int bl_batch_event(bl_call *c, bl_batch *batch, size_t at,
                   const bl_fact_event **out) {
  const bl_fact_event *fact = &batch->facts[at];
  int rc = BILLING_OK;

  assert(at < batch->count);
  for (size_t i = 0; i < fact->charge_count && !rc; i++) {
    uint64_t key = fact->charges[i].key;
    if (!batch->tallies[key])
      batch->tallies[key] = bl_fold_key(c->t, &batch->keys[key], &rc);
  }
  *out = fact;
  return rc;
}

int bl_batch_texts(bl_call *c, bl_batch *batch) {
  bl_unpack from;
  bl_codec codec = {NULL, &from, &c->arena, 0, 0};

  bl_unpack_open(&from, batch->properties.text, batch->properties.len);
  batch->texts =
      bl_arena_array(&c->arena, batch->count + 1, sizeof *batch->texts);
  if (!batch->texts) return BILLING_NOMEM;
  for (size_t i = 0; i < batch->count; i++)
    bl_code_event_text(&codec, &batch->texts[i]);
  return BILLING_OK;
}
