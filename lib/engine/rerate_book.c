/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * rerate_book.c - what was decided anew is priced, drawn, folded and written.
 *
 * What gives something back comes first: another key may draw it at once.
 * Each key is folded before the next is decided, so lots have what is left.
 */
#include "engine/image.h"
#include "engine/rate.h"
#include "engine/rerate_keys.h"
#include "engine/tallies.h"
#include "engine/timeline.h"
#include "engine/views.h"
#include "price/price.h"

typedef struct rerate_book {
  bl_rerating          *x;
  bl_rater              rater;
  bl_fold              *fold;
  const bl_meter_rules *rules;
  bl_json              *rows;
} rerate_book;

/* ---- the keys of the entry ---- */

/* The figures of a statement are due when the key without a group is. */
static int rebook_count(bl_rerating *x, bl_contract *contract,
                        const bl_rerate_key *of) {
  bl_rerate_key *key;

  if (of->meter->aggregation != BL_AGG_SQL ||
      !contract->plan->plan.prices[of->fact.price].group_count)
    return BILLING_OK;
  return bl_rerate_key_of(x, contract, of->fact.price, of->fact.period,
                          (bl_str){"", 0}, &key);
}

/* Whether it is the key's interval that says what no usage in the period
 * costs, and there is none. */
static int rebook_find_unused(bl_rerating *x, const bl_contract *contract,
                              const bl_fact_key *key, int *is_unused) {
  const bl_plan_version *plan = contract->plan;
  const bl_interval *all = plan->intervals;
  bl_fact_key at = *key;
  int rc = BILLING_OK;

  *is_unused = !(all && all[key->price].is_off) &&
               bl_timeline_leads(plan, key->price,
                                 contract->periods[key->period].span);
  for (at.price = 0; all && *is_unused && at.price < plan->plan.price_count;
       at.price++) {
    bl_rerate_key *other;
    if (all[at.price].line != all[key->price].line) continue;
    rc = bl_rerate_find(x, &at, &other);
    *is_unused = !rc && !(other && other->fact.level.events);
  }
  return rc;
}

/* What a period that is closed costs without usage, by prices of the past. */
static int rebook_unused(bl_rerating *x, bl_contract *contract) {
  const bl_plan *plan = &contract->plan->plan;
  bl_fact_key at = {contract->number, 0, 0, {"", 0}};
  bl_rerate_key *key;
  int is_unused, rc = BILLING_OK;

  for (; at.price < plan->price_count && !rc; at.price++) {
    const bl_price *price = &plan->prices[at.price];
    if (!price->meter.len || price->group_count || price->closing ||
        !(price->flags & BL_PRICE_FLAT_AT_ZERO) ||
        bl_contract_meter(contract, at.price)->ticks)
      continue;
    for (at.period = 0; at.period < contract->closed && !rc; at.period++) {
      if (!bl_rerate_is_meant(x, contract, at.price, at.period)) continue;
      rc = rebook_find_unused(x, contract, &at, &is_unused);
      if (!rc && is_unused)
        rc = bl_rerate_key_of(x, contract, at.price, at.period, at.group,
                              &key);
    }
  }
  return rc;
}

/* Keys that no event is under any more, and the figures of ticks. */
static int rebook_known(bl_rerating *x, bl_contract *contract) {
  bl_rerate_key *key;
  bl_tallies tallies;
  int rc = bl_tallies_of(contract, &x->arena, &tallies);

  for (size_t i = 0; !rc && i < tallies.count; i++) {
    const bl_tally *tally = tallies.item[i];
    if (!bl_rerate_is_meant(x, contract, tally->price, tally->period))
      continue;
    rc = bl_rerate_key_of(x, contract, tally->price, tally->period,
                          tally->group, &key);
    if (!rc) rc = rebook_count(x, contract, key);
    if (rc || key->fact.level.events) continue;
    key->fact.first_event = tally->first_event;
    key->fact.last_event = tally->last_event;
  }
  return rc;
}

static int rebook_is_closed(const bl_rerate_key *key) {
  return key->fact.period < key->contract->closed;
}

/* Keys that go together book what each adds, by their periods; those of free
 * units that roll over may have a period in common. */
static int rebook_is_later(const bl_fact_key *at, const bl_fact_rekeyed *fact,
                           const bl_rate_others *others) {
  if (at->period != fact->period) return at->period > fact->period;
  return others->rolled && at->price > fact->price;
}

/* The others of a key by what is decided anew.  Each costs what it adds to
 * those before it; of periods that share tiers the first one also makes up for
 * what those have that stay. */
static int rebook_others(bl_rerating *x, const bl_rerate_key *key,
                         bl_rate_others *out) {
  const bl_contract *contract = key->contract;
  const bl_fact_rekeyed *fact = &key->fact;
  int is_shared = contract->plan->plan.prices[fact->price].tiers_by != 0;
  bl_fact_key own = {contract->number, fact->price, fact->period,
                     fact->group}, at;
  int is_first = 1, rc = BILLING_OK;

  *out = BL_RATE_ALONE;
  rc = bl_rate_roll(&x->c->arena, contract, &own, out);
  for (uint64_t i = 0; !rc && bl_rate_next_other(contract, key->meter, &own,
                                                 &i, &at);) {
    const bl_tally *tally = bl_tally_of(contract, at.price, at.period,
                                        at.group);
    bl_rerate_key *other;
    rc = bl_rerate_find(x, &at, &other);
    if (rc) return rc;
    if (other && rebook_is_later(&at, fact, out)) continue;
    if (other) {
      bl_rate_join(at.period, other->fact.level.total, out);
      is_first = is_first && !is_shared && !other->fact.level.events;
    } else if (is_shared && tally) {
      bl_rate_join(at.period, tally->level.total, out);
      out->amount = bl_dec_add(out->amount, tally->amount);
    }
  }
  if (!is_first) {
    out->amount = BL_DEC_ZERO;
    out->amount = bl_rate_beyond(key->meter, key->rate, out, BL_DEC_ZERO);
  }
  return rc;
}

/* What grants draw at the commit rate stays, as far as there is usage; the
 * rest is at the list price. */
static bl_dec rebook_split(const bl_rerate_key *key, bl_dec before,
                           bl_dec total) {
  const bl_contract *contract = key->contract;
  const bl_tally *tally = bl_tally_of(contract, key->fact.price,
                                      key->fact.period, key->fact.group);
  const bl_tally *commit = tally ? bl_tally_commit(tally) : NULL;
  bl_dec level = bl_dec_add(before, key->fact.level.total), from, now;

  if (!commit) return total;
  from = bl_measure_finish(key->meter, before);
  now = bl_dec_sub(bl_measure_finish(key->meter, level), from);
  now = bl_dec_min(commit->more->ticked, bl_dec_max(now, BL_DEC_ZERO));
  return bl_dec_sub(total,
                    bl_dec_sub(bl_price_total(key->rate,
                                              bl_dec_add(from, now)),
                               bl_price_total(key->rate, from)));
}

/* What should be charged by now.  What waits for a tick is charged by that,
 * of a period that is closed by the next one; what a price costs without usage
 * when its period closes. */
static int rebook_total(bl_rerating *x, const bl_rerate_key *key,
                        bl_dec booked, bl_dec *total) {
  const bl_fact_rekeyed *fact = &key->fact;
  bl_contract *contract = key->contract;
  int is_shared = contract->plan->plan.prices[fact->price].tiers_by != 0;
  bl_fact_key at = {contract->number, fact->price, fact->period, fact->group};
  bl_rate_others others;
  int is_unused = 0, rc = BILLING_OK;

  *total = booked;
  if (x->wish->customer->is_erased) return BILLING_OK;
  if (key->meter->ticks && rebook_is_closed(key)) return BILLING_OK;
  *total = BL_DEC_ZERO;
  if (key->meter->ticks || !key->rate) return BILLING_OK;
  if (!fact->level.events && !is_shared) {
    if (rebook_is_closed(key))
      rc = rebook_find_unused(x, contract, &at, &is_unused);
    if (!is_unused) return rc;
  }
  *total = key->spent;
  if (key->rate->flags & BL_PRICE_BY_EVENT) return BILLING_OK;
  rc = rebook_others(x, key, &others);
  *total = rebook_split(key, others.level,
                        bl_rate_beyond(key->meter, key->rate, &others,
                                       fact->level.total));
  return rc;
}

static int rebook_difference(bl_rerating *x, bl_rerate_key *key) {
  bl_contract *contract = key->contract;
  const bl_tally *tally = bl_tally_of(contract, key->fact.price,
                                      key->fact.period, key->fact.group);
  bl_dec booked = tally ? tally->amount : BL_DEC_ZERO, total;
  int rc = bl_contract_zone(x->c, contract);

  if (!rc) rc = rebook_total(x, key, booked, &total);
  if (rc) return rc;
  key->fact.amount = bl_dec_sub(total, booked);
  if (!bl_dec_is_bad(key->fact.amount) &&
      !bl_dec_is_bad(key->fact.level.total))
    return BILLING_OK;
  return bl_fail(x->c->err, BILLING_LIMIT, "",
                 "quantities and amounts below 10^20",
                 "what the contract %t owes for price %t does not fit",
                 &key->contract->terms.id,
                 &key->contract->plan->plan.prices[key->fact.price].id);
}

/* The keys in the order of the entry. */
static int rebook_keys(bl_rerating *x) {
  const bl_list *contracts = &x->wish->customer->contracts;
  int rc = BILLING_OK;

  for (size_t i = 0; i < contracts->count && !rc; i++)
    rc = rebook_known(x, contracts->item[i]);
  if (!rc && x->wish->contract)
    rc = rebook_unused(x, bl_table_at(&x->c->t->by_contract,
                                      x->wish->contract->number));
  for (size_t i = 0; i < x->count && !rc; i++)
    rc = rebook_difference(x, x->keys[i]);
  x->fact.keys = bl_arena_array(&x->arena, x->count + 1,
                                sizeof *x->fact.keys);
  if (rc || !x->fact.keys) return rc ? rc : BILLING_NOMEM;
  for (int is_more = 0; is_more <= 1; is_more++)
    for (size_t i = 0; i < x->count; i++) {
      bl_rerate_key *key = x->keys[i];
      if ((bl_dec_sign(key->fact.amount) >= 0) != is_more) continue;
      key->place = x->fact.key_count;
      x->fact.keys[x->fact.key_count++] = key->fact;
    }
  return BILLING_OK;
}

/* Samples name keys by the places that they were found in. */
static void rebook_events(bl_rerating *x) {
  for (size_t i = 0; i < x->event_count; i++)
    for (size_t k = 0; k < x->events[i].count; k++) {
      uint64_t *key = &x->events[i].samples[k].key;
      *key = x->keys[*key]->place;
    }
  x->fact.events = x->events;
  x->fact.event_count = x->event_count;
}

/* ---- booking ---- */

static int rebook_draws(rerate_book *k, const bl_rerate_key *key,
                        const bl_tally *tally, bl_fact_rekeyed *fact) {
  bl_fact_charge charge = {.amount = fact->amount};
  int rc;

  k->rater.draws.count = 0;
  rc = bl_rate_choose(&k->rater, tally, key->last_us, &charge);
  if (rc || !charge.draw_count) return rc;
  fact->draws = bl_arena_copy(&k->x->arena, k->rater.draws.item,
                              charge.draw_count * sizeof *fact->draws);
  fact->draw_count = charge.draw_count;
  return fact->draws ? BILLING_OK : BILLING_NOMEM;
}

/* What has become of a key whose charge moved. */
static int rebook_row(bl_json *rows, const bl_tally *tally,
                      bl_dec difference) {
  const bl_contract *contract = tally->contract;
  const bl_price *price = bl_tally_price(tally);
  bl_span span = contract->periods[tally->period].span;
  bl_json *row = bl_json_object(rows, NULL);
  int rc = bl_view_add_json(row, "group", tally->group);

  if (rc) return rc;
  bl_json_add_text(row, "customer", contract->customer->id);
  bl_json_add_text(row, "contract", contract->terms.id);
  bl_json_add_text(row, "price", price->id);
  if (price->closing)
    bl_json_add_c(row, "kind", bl_closing_words[price->closing]);
  bl_json_add_time(row, "from", span.from_us);
  bl_json_add_time(row, "to", span.to_us);
  bl_json_add_dec(row, "quantity", bl_tally_quantity(tally));
  bl_json_add_dec(row, "was", bl_dec_sub(tally->amount, difference));
  bl_json_add_dec(row, "amount", tally->amount);
  bl_json_add_dec(row, "difference", difference);
  return bl_json_add_c(row, "asset", price->asset) ? BILLING_OK
                                                   : BILLING_NOMEM;
}

static int rebook_key(rerate_book *k, const bl_rerate_key *key) {
  bl_tenant *t = k->x->c->t;
  bl_fact_rekeyed *fact = &k->x->fact.keys[key->place];
  bl_tally *tally = bl_tally_make(t, key->contract, fact->price,
                                  fact->period, fact->group);
  int rc = tally ? rebook_draws(k, key, tally, fact) : BILLING_NOMEM;

  if (!rc) rc = bl_fold_rekey(k->fold, fact, k->rules);
  if (rc || bl_dec_is_zero(fact->amount)) return rc;
  k->x->result.keys++;
  return k->rows ? rebook_row(k->rows, tally, fact->amount) : BILLING_OK;
}

/* Both parts of the keys, in the order of the entry. */
static int rebook_all(rerate_book *k) {
  bl_rerating *x = k->x;
  bl_rerate_key **sorted = bl_arena_array(&x->arena, x->count + 1,
                                          sizeof *sorted);
  int rc = sorted ? BILLING_OK : BILLING_NOMEM;

  for (size_t i = 0; i < x->count && !rc; i++)
    sorted[x->keys[i]->place] = x->keys[i];
  for (size_t i = 0; i < x->count && !rc; i++) rc = rebook_key(k, sorted[i]);
  return rc ? rc : bl_fold_values(k->fold, &x->fact);
}

static int rebook_write(rerate_book *k) {
  bl_rerating *x = k->x;
  bl_call *c = x->c;
  bl_writer w;
  int rc;

  k->fold = bl_entry_start(c);
  rc = bl_fold_rerated(k->fold, &x->fact);
  if (!rc)
    rc = bl_fold_rules(k->fold, &x->fact, x->wish->customer, &k->rules);
  if (!rc) rc = rebook_all(k);
  if (rc) return rc;
  bl_image_age(c->t, x->wish->customer, k->fold->seq);
  bl_writer_open(&w, c);
  bl_code_rerate(&w.facts, &w.properties, &x->fact);
  return bl_append(c, BL_ENTRY_RERATE, &w);
}

/* Whether the entry would say anything of events. */
static int rebook_is_empty(const bl_rerating *x) {
  return !x->count && !x->event_count && !x->fact.unmatched &&
         !x->fact.unpriced && !x->fact.unentitled;
}

static int rebook_has_tallies(const bl_rerate_wish *wish) {
  for (size_t i = 0; i < wish->customer->contracts.count; i++) {
    const bl_contract *contract = wish->customer->contracts.item[i];
    for (size_t k = 0; k < contract->tallies.count; k++) {
      const bl_tally *tally = contract->tallies.entry[k].value;
      if (contract->plan->meters[tally->price] == wish->meter) return 1;
    }
  }
  return 0;
}

/* Who comes to other rules and has something by the old ones, and who was
 * billed by other prices. */
static int rebook_is_told(const bl_rerate_wish *wish) {
  if (wish->contract)
    return wish->contract->closed > 0 || wish->contract->advanced > 0;
  return wish->comes && rebook_has_tallies(wish);
}

static void rebook_open(bl_rerating *x, bl_call *c,
                        const bl_rerate_wish *wish) {
  *x = (bl_rerating){.c = c, .wish = wish};
  bl_arena_open(&x->arena, &c->b->host);
  bl_map_open(&x->by_key, &x->arena);
  x->fact.customer = wish->customer->number;
  x->fact.since_us = wish->since_us;
  x->fact.contract = wish->contract ? wish->contract->number : 0;
  x->fact.plan = wish->plan;
  x->fact.version = wish->version;
  x->fact.times = (bl_span){INT64_MAX, INT64_MIN};
  if (!wish->meter) return;
  x->fact.meter = wish->meter->number;
  x->fact.rules = bl_rerate_rules(x, wish->meter)->number;
}

static int rebook_customer(bl_rerating *x, bl_json *rows) {
  rerate_book k = {.x = x, .rows = rows};
  int rc = bl_expire_holds(x->c, x->wish->customer);

  if (!rc) rc = bl_rerate_measure(x);
  if (!rc) rc = rebook_keys(x);
  if (rc || (rebook_is_empty(x) && !rebook_is_told(x->wish))) return rc;
  rebook_events(x);
  if (x->fact.times.from_us > x->fact.times.to_us)
    x->fact.times = (bl_span){x->c->now_us, x->c->now_us};
  bl_rater_open(&k.rater, x->c);
  rc = rebook_write(&k);
  bl_rater_close(&k.rater);
  return rc;
}

/* ---- what is drawn at commit rates ---- */

static int rebook_ticked(bl_rerating *x, const bl_contract *contract,
                         const bl_fact_ticks *ticks, bl_json *rows) {
  int rc = BILLING_OK;

  for (size_t i = 0; i < ticks->count && !rc; i++) {
    const bl_fact_tick *tick = &ticks->items[i];
    if (bl_dec_is_zero(tick->amount)) continue;
    x->result.keys++;
    if (rows)
      rc = rebook_row(rows, bl_tally_of(contract, tick->price, tick->period,
                                        tick->group), tick->amount);
  }
  return rc;
}

/* Of less usage less may be drawn. */
static int rebook_commits(bl_rerating *x, bl_json *rows) {
  const bl_rerate_wish *wish = x->wish;
  const bl_list *contracts = &wish->customer->contracts;
  int rc = BILLING_OK;

  for (size_t i = 0; i < contracts->count && !rc; i++) {
    bl_contract *contract = contracts->item[i];
    bl_fact_ticks ticks;
    if (!contract->plan->commits ||
        (wish->contract && contract != wish->contract))
      continue;
    rc = bl_timeline_settle(x->c, contract, contract->period_count, &ticks);
    if (!rc) rc = rebook_ticked(x, contract, &ticks, rows);
  }
  return rc;
}

int bl_rerate(bl_call *c, const bl_rerate_wish *wish, bl_json *rows,
              bl_rerate_result *out) {
  bl_rerating x;
  int rc;

  assert(!wish->comes || wish->meter);
  rebook_open(&x, c, wish);
  rc = rebook_customer(&x, rows);
  if (!rc) rc = rebook_commits(&x, rows);
  if (out) *out = x.result;
  bl_arena_close(&x.arena);
  return rc;
}
