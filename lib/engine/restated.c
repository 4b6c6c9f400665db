/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* restated.c - see restated.h. */
#include "engine/restated.h"

#include "engine/index.h"

int bl_restatements_read(bl_call *c, const bl_customer *customer,
                         bl_span times, bl_arena *arena,
                         bl_restatements *out) {
  bl_index_wish wish = {bl_subject_customer(customer->number), 0, times,
                        UINT64_C(1) << BL_ENTRY_RERATE};
  int64_t *seqs;
  int rc = bl_index_find(c, &wish, arena, &seqs, &out->count);

  out->item = NULL;
  if (rc || !out->count) return rc;
  out->item = bl_arena_array(arena, out->count, sizeof *out->item);
  if (!out->item) return BILLING_NOMEM;
  for (size_t i = 0; i < out->count && !rc; i++) {
    out->item[i].seq = seqs[i];
    rc = bl_journal_facts(c, seqs[i], arena, &out->item[i].facts);
  }
  return rc;
}

/* Whether the entry says what events before it give to the key. */
static int restated_rules_key(const bl_call *c, const bl_restatement *r,
                              const bl_fact_key *key) {
  const bl_fact_rerate *fact = &r->facts.rerate;
  const bl_contract *contract = bl_table_at(&c->t->by_contract,
                                            key->contract);
  const bl_meter_state *meter;

  if (!contract || key->period >= contract->period_count ||
      key->price >= contract->plan->plan.price_count)
    return 0;
  meter = contract->plan->meters[key->price];
  return meter && (!fact->meter || meter->number == fact->meter) &&
         (!fact->contract || fact->contract == key->contract) &&
         contract->periods[key->period].span.to_us > fact->since_us;
}

/* The same from the entry at a place on. */
static int restated_is_over(const bl_call *c, const bl_restatements *all,
                            size_t from, const bl_fact_key *key) {
  for (size_t i = from; i < all->count; i++)
    if (restated_rules_key(c, &all->item[i], key)) return 1;
  return 0;
}

void bl_restatements_cut(bl_restatements *all, int64_t seq) {
  while (all->count > 0 && all->item[all->count - 1].seq >= seq)
    all->count--;
}

static size_t restated_first(const bl_restatements *all, uint64_t number) {
  size_t first = 0;

  while (first < all->count && all->item[first].seq < bl_event_seq(number))
    first++;
  return first;
}

int bl_is_restated(const bl_call *c, const bl_restatements *all,
                   uint64_t number, const bl_fact_key *key) {
  return restated_is_over(c, all, restated_first(all, number), key);
}

static const bl_fact_redecided *restated_event(const bl_fact_rerate *fact,
                                               uint64_t number) {
  size_t low = 0, high = fact->event_count;

  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (fact->events[middle].event < number) low = middle + 1;
    else high = middle;
  }
  return low < fact->event_count && fact->events[low].event == number
             ? &fact->events[low] : NULL;
}

/* An event being restated. */
typedef struct restating {
  bl_call               *c;
  const bl_restatements *all;
  bl_arena              *arena;
  bl_fact_event         *out;
  bl_fact_key           *keys;
  size_t                 room;
  size_t                 key_room;
} restating;

static int restated_add(restating *x, const bl_fact_key *key,
                        const bl_fact_charge *charge) {
  size_t at = x->out->charge_count;
  bl_fact_key *place = bl_arena_push(x->arena, (void **)&x->keys, &at,
                                     &x->key_room, sizeof *place);
  bl_fact_charge *to = bl_arena_push(x->arena, (void **)&x->out->charges,
                                     &at, &x->room, sizeof *to);

  if (!place || !to) return BILLING_NOMEM;
  *place = *key;
  *to = *charge;
  to->key = at;
  x->out->charge_count++;
  return BILLING_OK;
}

static int restated_add_sample(restating *x, const bl_fact_rerate *fact,
                               const bl_fact_resampled *sample,
                               size_t newer) {
  bl_fact_charge charge = {.sample = sample->sample};
  const bl_fact_rekeyed *at;
  bl_fact_key key;

  if (sample->key >= fact->key_count) return BILLING_CORRUPT;
  at = &fact->keys[sample->key];
  key = (bl_fact_key){at->contract, at->price, at->period, at->group};
  if (restated_is_over(x->c, x->all, newer, &key)) return BILLING_OK;
  charge.has_unique = (uint32_t)sample->has_unique;
  charge.is_removal = (uint32_t)sample->is_removal;
  memcpy(charge.unique, sample->unique, sizeof charge.unique);
  return restated_add(x, &key, &charge);
}

int bl_restate(bl_call *c, const bl_restatements *all, uint64_t number,
               const bl_fact_key *known, const bl_fact_event *fact,
               bl_arena *arena, bl_fact_event *out, bl_fact_key **keys) {
  restating x = {.c = c, .all = all, .arena = arena, .out = out};
  size_t first = restated_first(all, number);
  int rc = BILLING_OK;

  *out = *fact;
  out->charges = NULL;
  out->charge_count = 0;
  for (size_t i = 0; i < fact->charge_count && !rc; i++) {
    const bl_fact_key *key = &known[fact->charges[i].key];
    if (!restated_is_over(c, all, first, key))
      rc = restated_add(&x, key, &fact->charges[i]);
  }
  for (size_t i = first; i < all->count && !rc; i++) {
    const bl_fact_rerate *said = &all->item[i].facts.rerate;
    const bl_fact_redecided *event = restated_event(said, number);
    if (event)
      out->flags = (out->flags & ~(uint64_t)BL_EVENT_UNBILLED) | event->flags;
    for (size_t k = 0; event && k < event->count && !rc; k++)
      rc = restated_add_sample(&x, said, &event->samples[k], i + 1);
  }
  *keys = x.keys;
  return rc;
}
