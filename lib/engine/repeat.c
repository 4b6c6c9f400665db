/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * repeat.c - events whose keys were used before.
 *
 * The index of keys says where an event with such a key may stand; the entry
 * itself says whether it does, so the index need not be exact.  Repeats are
 * answered entry by entry: each is read once a call, and of it only the blocks
 * that are asked for are decoded.
 */
#include "engine/keys.h"
#include "engine/record.h"

/* A place where the key of an event may have been used. */
typedef struct repeat {
  size_t         at;
  uint64_t       number;
  struct repeat *next;         /* in the same entry */
} repeat;

/* Most keys that are known are known once. */
#define REPEAT_PLACES 4

static int keep_repeat(bl_recording *r, bl_map *entries, size_t at,
                       uint64_t number) {
  int64_t seq = bl_event_seq(number);
  repeat *first = bl_map_get(entries, &seq, sizeof seq);
  repeat *one = bl_arena_take(&r->c->arena, sizeof *one);

  if (!one) return BILLING_NOMEM;
  one->at = at;
  one->number = number;
  if (!first) return bl_map_put(entries, &seq, sizeof seq, one);
  one->next = first->next;
  first->next = one;
  return BILLING_OK;
}

static int find_repeats(bl_recording *r, bl_map *entries) {
  uint64_t numbers[REPEAT_PLACES];
  int rc = BILLING_OK;

  for (size_t i = 0; i < r->count && !rc; i++) {
    size_t count = 0;
    if (r->in[i].code) continue;
    rc = bl_keys_find(r->c, r->in[i].key, numbers, REPEAT_PLACES, &count);
    for (size_t k = 0; k < count && !rc; k++)
      rc = keep_repeat(r, entries, i, numbers[k]);
  }
  return rc;
}

static void refuse_repeat(bl_recording *r, size_t at) {
  bl_fail(r->c->err, BILLING_CONFLICT_KEY, "/key",
          "the same content for a repeat, another key for another event",
          "the key was used for an event with other content");
  bl_record_refuse(r, at, BILLING_CONFLICT_KEY);
}

/* The first receipt, or a refusal: of other content, or of properties that
 * cannot be read at all. */
static int answer_same(bl_recording *r, const repeat *one,
                       const bl_block *block, size_t place,
                       int64_t decided_us) {
  const bl_fact_event *fact = &block->facts[place];
  const bl_event_in *in = &r->in[one->at];
  bl_call *c = r->c;
  bl_tally **tallies;
  int is_same;
  int rc = bl_event_scan(c, &r->in[one->at], &r->members);

  if (rc && BILLING_CODE(rc) != BILLING_NOMEM) {
    bl_record_refuse(r, one->at, rc);
    return BILLING_OK;
  }
  if (!rc)
    rc = bl_event_is_same(c, in, fact, &block->texts[place], &is_same);
  if (rc) return rc;
  if (!is_same) {
    refuse_repeat(r, one->at);
    return BILLING_OK;
  }
  rc = bl_block_tallies(c, block, fact, &tallies);
  if (rc) return rc;
  bl_receipt_of_fact(fact, tallies, one->number, decided_us,
                     &r->receipts[one->at]);
  r->receipts[one->at].status = BILLING_STATUS_SAME;
  return BILLING_OK;
}

static int answer_repeat(bl_recording *r, const repeat *one, bl_batch *batch) {
  size_t place = bl_event_place(one->number);
  const bl_block *block;
  int rc;

  if (r->in[one->at].number) return BILLING_OK;
  if (place >= batch->count) return BILLING_CORRUPT;
  rc = bl_batch_block(batch, place / BL_BATCH_BLOCK, &block);
  place %= BL_BATCH_BLOCK;
  if (rc || !bl_keys_is(r->c->b, &block->texts[place],
                        r->in[one->at].event->key))
    return rc;
  r->in[one->at].number = one->number;
  return answer_same(r, one, block, place, batch->at_us);
}

static int answer_entry(bl_recording *r, const repeat *one) {
  bl_batch batch;
  int rc = bl_batch_read(r->c, bl_event_seq(one->number), &batch);

  if (rc == BILLING_NOTFOUND) return BILLING_OK;    /* no events at all */
  for (; one && !rc; one = one->next) rc = answer_repeat(r, one, &batch);
  return rc;
}

int bl_repeats_answer(bl_recording *r) {
  bl_arena *a = &r->c->arena;
  bl_map entries;
  int rc;

  bl_map_open(&entries, a);
  rc = find_repeats(r, &entries);
  for (size_t i = 0; i < entries.count && !rc; i++) {
    bl_arena_mark mark = bl_arena_now(a);
    rc = answer_entry(r, entries.entry[i].value);
    bl_members_open(&r->members, a);       /* its list may lie behind it */
    bl_arena_back(a, mark);
  }
  return rc;
}

/* ---- inside one batch ---- */

int bl_repeats_twins(bl_recording *r, size_t count, int *has_twins) {
  size_t slots = 16;
  uint32_t *slot;

  while (slots < 2 * count) slots *= 2;
  slot = bl_arena_array(&r->c->arena, slots, sizeof *slot);
  *has_twins = 0;
  if (!slot) return BILLING_NOMEM;
  for (size_t i = 0; i < count; i++) {
    uint32_t at = r->order[i];
    size_t place = (size_t)r->in[at].key & (slots - 1);
    while (slot[place] &&
           (r->in[slot[place] - 1].key != r->in[at].key ||
            !bl_str_equal(r->in[slot[place] - 1].event->key,
                          r->in[at].event->key)))
      place = (place + 1) & (slots - 1);
    r->in[at].twin = slot[place];
    *has_twins |= slot[place] != 0;
    slot[place] = at + 1;
  }
  return BILLING_OK;
}

/* The twin as if it had been read back. */
static int is_twin_same(bl_recording *r, const bl_event_in *in,
                        const bl_event_in *twin, int *is_same) {
  const billing_event *e = twin->event;
  bl_fact_event fact = {0};
  bl_event_text text = {0};

  fact.customer = twin->customer->number;
  fact.time_us = e->time_us;
  fact.flags = e->time_us ? 0 : BL_EVENT_UNTIMED;
  text.name = e->event;
  text.properties = e->properties;
  text.has_value = (e->flags & BILLING_EVENT_VALUE) != 0;
  text.value = e->value;
  return bl_event_is_same(r->c, in, &fact, &text, is_same);
}

int bl_repeat_of_twin(bl_recording *r, size_t at, int *rc) {
  bl_event_in *in = &r->in[at];
  uint32_t twin = in->twin;
  int is_same = 0;

  while (twin && r->in[twin - 1].code) twin = r->in[twin - 1].twin;
  if (!twin) return 0;                     /* they were all refused */
  *rc = bl_event_scan(r->c, in, &r->members);
  if (*rc && BILLING_CODE(*rc) != BILLING_NOMEM) {
    bl_record_refuse(r, at, *rc);
    *rc = BILLING_OK;
    return 1;
  }
  if (!*rc) *rc = is_twin_same(r, in, &r->in[twin - 1], &is_same);
  if (*rc) return 1;
  if (!is_same) {
    refuse_repeat(r, at);
    return 1;
  }
  r->receipts[at] = r->receipts[twin - 1];
  r->receipts[at].status = BILLING_STATUS_SAME;
  return 1;
}

#undef REPEAT_PLACES
