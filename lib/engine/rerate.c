/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * rerate.c - a customer's recorded events, measured anew; see rerate.h.
 *
 * Each event in the order of arrival, by the rules of meters that are meant:
 * its samples, the keys that they go to, and the levels of these.  What
 * recording would refuse now was recorded long ago: it gives nothing, and is
 * counted.
 */
#include "engine/event_walk.h"
#include "engine/rate.h"
#include "engine/rerate_keys.h"
#include "engine/timeline.h"
#include "price/price.h"

/* ---- keys ---- */

const bl_meter_rules *bl_rerate_rules(const bl_rerating *x,
                                      const bl_meter_state *meter) {
  return x->wish->comes && meter == x->wish->meter
             ? meter->rules
             : bl_rules_of(meter, x->wish->customer->number);
}

int bl_rerate_is_meant(const bl_rerating *x, const bl_contract *contract,
                       uint64_t price, uint64_t period) {
  const bl_meter_state *meter = contract->plan->meters[price];

  return meter && (!x->wish->meter || meter == x->wish->meter) &&
         (!x->wish->contract || contract == x->wish->contract) &&
         contract->periods[period].span.to_us > x->wish->since_us;
}

static bl_rerate_key *rerate_new_key(bl_rerating *x, bl_contract *contract,
                                     const bl_fact_key *from) {
  bl_rerate_key **place = bl_arena_push(&x->arena, (void **)&x->keys,
                                        &x->count, &x->cap, sizeof *place);
  bl_rerate_key *key = bl_arena_take(&x->arena, sizeof *key);

  if (!place || !key) return NULL;
  key->fact.contract = from->contract;
  key->fact.price = from->price;
  key->fact.period = from->period;
  key->fact.group = bl_arena_str(&x->arena, from->group);
  key->contract = contract;
  key->meter =
      &bl_rerate_rules(x, contract->plan->meters[from->price])->meter;
  key->rate = bl_price_of_group(&contract->plan->plan.prices[from->price],
                                key->fact.group);
  key->last_us = contract->periods[from->period].span.to_us - 1;
  bl_map_open(&key->values, &x->arena);
  key->place = x->count;
  *place = key;
  x->count++;
  return x->arena.failed ? NULL : key;
}

/* What a key is found by; it is the call's. */
static bl_str rerate_key_text(bl_rerating *x, const bl_fact_key *key) {
  bl_text text;

  bl_text_open(&text, &x->c->arena);
  bl_pack_u64(&text, key->contract);
  bl_pack_u64(&text, key->price);
  bl_pack_u64(&text, key->period);
  bl_text_str(&text, key->group);
  return (bl_str){text.failed ? NULL : text.text, text.len};
}

int bl_rerate_find(bl_rerating *x, const bl_fact_key *key,
                   bl_rerate_key **out) {
  bl_arena_mark mark = bl_arena_now(&x->c->arena);
  bl_str name = rerate_key_text(x, key);

  if (!name.text) return BILLING_NOMEM;
  *out = bl_map_get(&x->by_key, name.text, name.len);
  bl_arena_back(&x->c->arena, mark);
  return BILLING_OK;
}

int bl_rerate_key_of(bl_rerating *x, bl_contract *contract, uint64_t price,
                     uint64_t period, bl_str group, bl_rerate_key **out) {
  bl_fact_key key = {contract->number, price, period, group};
  bl_arena_mark mark = bl_arena_now(&x->c->arena);
  bl_str name;
  int rc = bl_rerate_find(x, &key, out);

  if (rc || *out) return rc;
  name = rerate_key_text(x, &key);
  *out = name.text ? rerate_new_key(x, contract, &key) : NULL;
  rc = *out ? bl_map_put(&x->by_key, name.text, name.len, *out)
            : BILLING_NOMEM;
  bl_arena_back(&x->c->arena, mark);
  return rc;
}

/* ---- levels ---- */

static int rerate_is_by_event(const bl_rerate_key *key) {
  return key->rate && (key->rate->flags & BL_PRICE_BY_EVENT);
}

static void rerate_add_transaction(bl_rerate_key *key,
                                   const bl_fact_redecided *event,
                                   const bl_fact_resampled *sample) {
  bl_sample one = {.quantity = sample->sample, .time_us = event->time_us};

  key->spent = bl_dec_add(
      key->spent, bl_rate_transaction_next(key->rate, key->meter, &one,
                                           &key->fact.level));
}

/* By how many values more or less are there. */
static int rerate_count_value(bl_rerating *x, bl_rerate_key *key,
                              const bl_fact_resampled *sample,
                              int64_t time_us, bl_dec *out) {
  bl_tally_value said = {time_us, sample->is_removal, 0};
  bl_tally_value *kept = bl_map_get(&key->values, sample->unique, 16);
  int was_there = kept && !kept->is_removal;

  *out = BL_DEC_ZERO;
  if (kept && time_us < kept->time_us) return BILLING_OK;
  *out = bl_dec_of_int(!sample->is_removal - was_there);
  if (kept) {
    *kept = said;
    return BILLING_OK;
  }
  kept = bl_arena_copy(&x->arena, &said, sizeof said);
  return kept ? bl_map_put(&key->values, sample->unique, 16, kept)
              : BILLING_NOMEM;
}

static int rerate_add_usage(bl_rerating *x, bl_rerate_key *key,
                            const bl_fact_redecided *event,
                            const bl_fact_resampled *sample) {
  bl_usage usage = {sample->sample, event->time_us};
  bl_level *level = &key->fact.level;
  int rc = BILLING_OK;

  if (key->meter->aggregation == BL_AGG_UNIQUE) usage.quantity = BL_DEC_ZERO;
  if (sample->has_unique && !key->meter->ticks)
    rc = rerate_count_value(x, key, sample, event->time_us, &usage.quantity);
  *level = bl_aggregate_add(key->meter->aggregation, *level, &usage);
  return rc;
}

static int rerate_add_level(bl_rerating *x, bl_rerate_key *key,
                            const bl_fact_redecided *event,
                            const bl_fact_resampled *sample) {
  int rc = BILLING_OK;

  if (rerate_is_by_event(key)) rerate_add_transaction(key, event, sample);
  else rc = rerate_add_usage(x, key, event, sample);
  if (!key->fact.first_event) key->fact.first_event = event->event;
  key->fact.last_event = event->event;
  key->last_us = event->time_us;
  return rc;
}

/* ---- what will be said of an event ---- */

static bl_fact_redecided *rerate_start_event(bl_rerating *x, uint64_t number,
                                             int64_t time_us) {
  bl_fact_redecided *event = bl_arena_push(
      &x->arena, (void **)&x->events, &x->event_count, &x->event_cap,
      sizeof *event);

  if (!event) return NULL;
  *event = (bl_fact_redecided){.event = number, .time_us = time_us};
  x->event_count++;
  x->sample_cap = 0;
  return event;
}

static int rerate_add_sample(bl_rerating *x, bl_fact_redecided *event,
                             bl_rerate_key *key,
                             const bl_fact_resampled *sample) {
  bl_fact_resampled *place =
      bl_arena_push(&x->arena, (void **)&event->samples, &event->count,
                    &x->sample_cap, sizeof *place);

  if (!place) return BILLING_NOMEM;
  *place = *sample;
  place->key = key->place;
  event->count++;
  return rerate_add_level(x, key, event, sample);
}

/* ---- deciding one event ---- */

typedef struct rerate_event {
  bl_rerating        *x;
  const bl_event_row *row;
  bl_event            view;
  bl_members          members;
  bl_arena            own;     /* of the event at hand */
  bl_fact_redecided  *said;
  bl_reached          reached;
  uint32_t            is_unusable;
  uint32_t            reserved;
} rerate_event;

static void rerate_name(const rerate_event *e, const bl_meter *meter,
                        const bl_sample *sample, bl_fact_resampled *out) {
  *out = (bl_fact_resampled){.sample = sample->quantity};
  if (meter->aggregation != BL_AGG_UNIQUE) return;
  out->has_unique = 1;
  out->is_removal = sample->is_removal;
  bl_key_hash16(out->unique, e->x->c->b->content_key, sample->value.text,
                sample->value.len);
}

static int rerate_group(rerate_event *e, const bl_price *price,
                        const bl_meter *meter, bl_text *out) {
  bl_text_open(out, &e->own);
  if (!price->group_count || meter->aggregation == BL_AGG_SQL)
    return BILLING_OK;
  return bl_meter_group(price->groups, price->group_count, &e->view, out);
}

static int rerate_price(rerate_event *e, bl_contract *contract, size_t at,
                        uint64_t period, const bl_meter *meter,
                        const bl_sample *sample) {
  const bl_price *price = &contract->plan->plan.prices[at];
  bl_fact_resampled said;
  bl_rerate_key *key;
  bl_text text;
  bl_str group;
  int rc = rerate_group(e, price, meter, &text);

  if (rc) return rc;
  group = (bl_str){text.len ? text.text : "", text.len};
  if (meter->aggregation != BL_AGG_SQL && !bl_price_of_group(price, group)) {
    e->is_unusable = 1;
    return BILLING_OK;
  }
  if (!bl_rerate_is_meant(e->x, contract, at, period)) return BILLING_OK;
  e->reached.is_priced = 1;
  rerate_name(e, meter, sample, &said);
  rc = bl_rerate_key_of(e->x, contract, at, period, group, &key);
  return rc ? rc : rerate_add_sample(e->x, e->said, key, &said);
}

static int rerate_contract(rerate_event *e, bl_contract *contract,
                           const bl_meter_state *state,
                           const bl_meter *meter, const bl_sample *sample) {
  const bl_plan_version *plan = contract->plan;
  uint64_t period;
  int rc;

  if (!bl_route_takes(&contract->terms.usage, &e->view)) return BILLING_OK;
  rc = bl_open_periods(e->x->c, contract, sample->time_us, &period);
  if (rc) return rc == BILLING_NOTFOUND ? BILLING_OK : rc;
  e->reached.is_covered = 1;
  for (size_t i = bl_plan_first(plan, state); i < plan->plan.price_count &&
       !rc; i = plan->next[i]) {
    const bl_price *price = &plan->plan.prices[i];
    if (!bl_meter_matches(price->filters, price->filter_count, &e->view) ||
        !bl_timeline_prices(contract, meter, i, sample->time_us, period))
      continue;
    if (plan->intervals && plan->intervals[i].is_off) e->reached.is_off = 1;
    else rc = rerate_price(e, contract, i, period, meter, sample);
  }
  return rc;
}

static int rerate_meter(rerate_event *e, const bl_meter_state *state,
                        int is_one_name) {
  const bl_meter_rules *rules = bl_rerate_rules(e->x, state);
  const bl_meter *version = bl_meter_at(rules, e->view.time_us);
  const bl_list *contracts = &e->x->wish->customer->contracts;
  billing_error why = {.struct_size = sizeof why};
  bl_sample sample;
  int rc;

  if ((rules->meter.event.len > 0) != (is_one_name != 0) || !version ||
      !bl_meter_names(&rules->meter, e->view.name) ||
      !bl_meter_matches(version->filters, version->filter_count, &e->view))
    return BILLING_OK;
  rc = bl_meter_take(version, &e->view, &e->own, &sample, &why);
  if (rc == BILLING_NOMEM) return rc;
  if (rc && rc != BILLING_DONE) e->is_unusable = 1;
  if (rc) return BILLING_OK;
  e->reached.is_matched = 1;
  for (size_t i = 0; i < contracts->count && !rc; i++)
    rc = rerate_contract(e, contracts->item[i], state, &rules->meter,
                         &sample);
  return rc;
}

static int rerate_meters(rerate_event *e) {
  const bl_tenant *t = e->x->c->t;
  bl_str name = e->view.name;
  const bl_list *named = bl_map_get(&t->meters_by_event, name.text, name.len);
  const bl_list *others = &t->meters_by_filter;
  int rc = BILLING_OK;

  for (size_t i = 0; named && i < named->count && !rc; i++)
    rc = rerate_meter(e, named->item[i], 1);
  for (size_t i = 0; i < others->count && !rc; i++)
    rc = rerate_meter(e, others->item[i], 0);
  return rc;
}

/* Whether it is charged under a key that stays as it is. */
static int rerate_is_charged(const rerate_event *e) {
  for (size_t i = 0; i < e->row->charge_count; i++) {
    const bl_row_charge *charge = &e->row->charges[i];
    const bl_contract *contract = charge->contract;
    uint64_t price = (uint64_t)(charge->price - contract->plan->plan.prices);
    if (charge->price->closing) continue;
    if (!bl_rerate_is_meant(e->x, contract, price, charge->period)) return 1;
  }
  return 0;
}

static void rerate_count(bl_fact_rerate *fact, uint64_t flags, int64_t by) {
  if (flags & BILLING_RECEIPT_UNMATCHED) fact->unmatched += by;
  if (flags & BILLING_RECEIPT_UNPRICED) fact->unpriced += by;
  if (flags & BILLING_RECEIPT_UNENTITLED) fact->unentitled += by;
}

/* An event without a sample need not be named, when that is nothing new. */
static void rerate_end_event(rerate_event *e) {
  bl_rerating *x = e->x;
  uint64_t was = e->row->flags & BL_EVENT_UNBILLED;

  e->said->flags = rerate_is_charged(e) ? 0 : bl_reached_flag(&e->reached);
  rerate_count(&x->fact, was, -1);
  rerate_count(&x->fact, e->said->flags, 1);
  x->result.events++;
  x->result.unusable += e->is_unusable;
  if (!e->said->count && e->said->flags == was) x->event_count--;
}

static void rerate_widen(bl_rerating *x, int64_t time_us) {
  bl_span *times = &x->fact.times;

  if (time_us < times->from_us) times->from_us = time_us;
  if (time_us > times->to_us) times->to_us = time_us;
}

static int rerate_decide(rerate_event *e) {
  const bl_event_row *row = e->row;
  int rc = BILLING_OK;

  if (row->flags & BILLING_RECEIPT_VOIDED) return BILLING_OK;
  e->reached = (bl_reached){0};
  e->is_unusable = 0;
  bl_members_open(&e->members, &e->own);
  e->view = (bl_event){row->text.name, &e->members, BL_DEC_ONE,
                       row->time_us};
  if (row->text.has_value) e->view.value = row->text.value;
  if (row->text.properties.len)
    rc = bl_json_scan(row->text.properties, &e->members, NULL);
  if (rc) return rc;
  e->said = rerate_start_event(e->x, row->number, row->time_us);
  if (!e->said) return BILLING_NOMEM;
  rerate_widen(e->x, row->time_us);
  rc = rerate_meters(e);
  if (!rc) rerate_end_event(e);
  return rc;
}

static int rerate_walk(bl_rerating *x, bl_span times) {
  rerate_event e = {.x = x};
  bl_event_walk walk;
  bl_event_row row;
  int rc = bl_event_walk_open(&walk, x->c, x->wish->customer, times, 0);

  if (!rc) rc = bl_event_walk_restate(&walk);
  bl_arena_open(&e.own, &x->c->b->host);
  while (!rc && (rc = bl_event_walk_next(&walk, &row)) == BILLING_OK) {
    e.row = &row;
    rc = rerate_decide(&e);
    bl_arena_empty(&e.own, (size_t)1 << 16);
  }
  bl_arena_close(&e.own);
  bl_event_walk_close(&walk);
  return rc == BILLING_DONE ? BILLING_OK : rc;
}

/* ---- of a customer who was erased ---- */

/* Facts are all there is: samples stay what they were. */
static int rerate_keep(void *user, const bl_fact_key *at,
                       const bl_sample *sample) {
  bl_rerating *x = user;
  bl_contract *contract = bl_table_at(&x->c->t->by_contract, at->contract);
  bl_fact_resampled said = {.sample = sample->quantity};
  bl_fact_redecided *event =
      x->event_count ? &x->events[x->event_count - 1] : NULL;
  bl_rerate_key *key;
  int rc;

  if (!contract || at->period >= contract->period_count)
    return BILLING_CORRUPT;
  if (!bl_rerate_is_meant(x, contract, at->price, at->period))
    return BILLING_OK;
  rc = bl_rerate_key_of(x, contract, at->price, at->period, at->group, &key);
  if (rc) return rc;
  if (key->meter->aggregation == BL_AGG_UNIQUE &&
      sample->value.len == sizeof said.unique) {
    said.has_unique = 1;
    said.is_removal = sample->is_removal;
    memcpy(said.unique, sample->value.text, sizeof said.unique);
  }
  if (!event || event->event != sample->number)
    event = rerate_start_event(x, sample->number, sample->time_us);
  if (!event) return BILLING_NOMEM;
  rerate_widen(x, sample->time_us);
  return rerate_add_sample(x, event, key, &said);
}

/* The first moment of the periods that are meant. */
static int64_t rerate_from(const bl_rerating *x) {
  const bl_list *contracts = &x->wish->customer->contracts;
  int64_t from_us = x->wish->since_us;

  for (size_t i = 0; i < contracts->count; i++) {
    const bl_contract *contract = contracts->item[i];
    if (x->wish->contract && contract != x->wish->contract) continue;
    for (size_t p = 0; p < contract->period_count; p++) {
      bl_span span = contract->periods[p].span;
      if (span.to_us > x->wish->since_us && span.from_us < from_us)
        from_us = span.from_us;
    }
  }
  return from_us;
}

int bl_rerate_measure(bl_rerating *x) {
  bl_span times = {rerate_from(x), INT64_MAX};

  if (x->wish->customer->is_erased)
    return bl_samples_walk(x->c, x->wish->customer, times, rerate_keep, x);
  return rerate_walk(x, times);
}
