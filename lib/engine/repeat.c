/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * repeat.c - events whose keys were used before.
 *
 * The index of keys says where an event with such a key may stand; the entry
 * itself says whether it does, so the index need not be exact.  Repeats are
 * answered in the order of their places: each entry is read once a call, and
 * each block of it is decoded once, as far as the last place asked for.
 */
#include "base/sort.h"
#include "engine/keys.h"
#include "engine/parked.h"

/* A place where the key of an event may have been used. */
typedef struct repeat {
  size_t   at;
  uint64_t number;
} repeat;

typedef struct repeats {
  repeat *one;
  size_t  count;
  size_t  cap;
} repeats;

/* Most keys that are known are known once. */
#define REPEAT_PLACES 4

static int keep_repeat(bl_recording *r, repeats *all, size_t at,
                       uint64_t number) {
  repeat *one = bl_arena_push(&r->c->arena, (void **)&all->one, &all->count,
                              &all->cap, sizeof *one);

  if (!one) return BILLING_NOMEM;
  *one = (repeat){at, number};
  all->count++;
  return BILLING_OK;
}

static int find_repeats(bl_recording *r, repeats *all) {
  uint64_t numbers[REPEAT_PLACES];
  int rc = BILLING_OK;

  for (size_t i = 0; i < r->count && !rc; i++) {
    size_t count = 0;
    if (r->in[i].code) continue;
    rc = bl_keys_find(r->c, r->in[i].key, numbers, REPEAT_PLACES, &count);
    for (size_t k = 0; k < count && !rc; k++)
      rc = keep_repeat(r, all, i, numbers[k]);
  }
  return rc;
}

static int repeat_order(const void *a, const void *b) {
  const repeat *x = a, *y = b;

  if (x->number != y->number) return x->number < y->number ? -1 : 1;
  return (x->at > y->at) - (x->at < y->at);
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
                       const bl_batch_pass *pass) {
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
    rc = bl_event_is_same(c, in, &pass->fact, &pass->text, &is_same);
  if (rc) return rc;
  if (!is_same) {
    refuse_repeat(r, one->at);
    return BILLING_OK;
  }
  rc = bl_batch_pass_tallies(c, pass, &tallies);
  if (rc) return rc;
  bl_receipt_of_fact(&pass->fact, tallies, one->number, pass->batch->at_us,
                     &r->receipts[one->at]);
  r->receipts[one->at].status = BILLING_STATUS_SAME;
  return BILLING_OK;
}

static int answer_repeat(bl_recording *r, const repeat *one,
                         bl_batch_pass *pass) {
  int rc;

  if (r->in[one->at].number) return BILLING_OK;
  rc = bl_batch_pass_to(pass, bl_event_place(one->number));
  if (rc || !bl_keys_is(r->c->b, &pass->text, r->in[one->at].event->key))
    return rc;
  r->in[one->at].number = one->number;
  return answer_same(r, one, pass);
}

/* Those of one entry, which stays where the store has it: nothing else is read
 * from there meanwhile. */
static int answer_entry(bl_recording *r, const repeat *one, size_t count) {
  bl_batch_pass pass = {0};
  bl_batch batch;
  int rc = bl_batch_peek(r->c, bl_event_seq(one->number), &batch);

  if (rc == BILLING_NOTFOUND) {            /* no events, or parked ones */
    rc = BILLING_OK;
    for (size_t i = 0; i < count && !rc; i++)
      if (!r->in[one[i].at].number && !r->in[one[i].at].code)
        rc = bl_parked_answer(r, one[i].at, one[i].number);
    return rc;
  }
  pass.batch = &batch;
  for (size_t i = 0; i < count && !rc; i++)
    rc = answer_repeat(r, &one[i], &pass);
  return rc;
}

/* How many of them are in the first one's entry. */
static size_t count_of_entry(const repeat *one, size_t most) {
  size_t count = 1;

  while (count < most && bl_event_seq(one[count].number) ==
                             bl_event_seq(one->number))
    count++;
  return count;
}

int bl_repeats_answer(bl_recording *r) {
  bl_arena *a = &r->c->arena;
  repeats all = {0};
  int rc = find_repeats(r, &all);

  bl_sort(all.one, all.count, sizeof *all.one, repeat_order);
  for (size_t i = 0, count; i < all.count && !rc; i += count) {
    bl_arena_mark mark = bl_arena_now(a);
    count = count_of_entry(&all.one[i], all.count - i);
    rc = answer_entry(r, &all.one[i], count);
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
