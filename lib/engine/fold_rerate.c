/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* fold_rerate.c - recorded events that were decided anew, on the state. */
#include "engine/fold.h"
#include "engine/index.h"
#include "engine/timeline.h"

static bl_meter_state *meter_numbered(const bl_tenant *t, uint64_t number) {
  for (size_t i = 0; i < t->meters.count; i++) {
    bl_meter_state *meter = t->meters.entry[i].value;
    if (meter->number == number) return meter;
  }
  return NULL;
}

/* ---- the tenant's own part ---- */

/* Customers up to a number have come to the newest rules. */
static int note_rules(bl_fold *f, const bl_fact_rerate *fact) {
  bl_meter_state *meter = meter_numbered(f->tenant, fact->meter);
  bl_meter_rules *rules = meter ? meter->rules : NULL;
  bl_rules_step *step;

  if (!rules || rules->number != fact->rules) return BILLING_CORRUPT;
  bl_touch(f->tenant, rules, sizeof *rules, &rules->touched);
  step = bl_arena_push(&f->tenant->arena, (void **)&rules->steps,
                       &rules->step_count, &rules->step_cap, sizeof *step);
  if (!step) return BILLING_NOMEM;
  *step = (bl_rules_step){f->seq, fact->through};
  rules->step_count++;
  return BILLING_OK;
}

static int note_step(bl_fold *f, const bl_fact_rerate *fact) {
  int rc = fact->plan ? bl_fold_plan_step(f, fact) : note_rules(f, fact);

  return rc ? rc : bl_fold_about(f, 0, BL_ENTRY_RERATE);
}

static uint64_t count_moved(uint64_t count, int64_t by) {
  return (uint64_t)((int64_t)count + by);
}

/* Whether some of the events begin to cost something, or to cost nothing. */
static int moves_unbilled(const bl_fact_rerate *fact) {
  int moves = fact->unmatched || fact->unpriced || fact->unentitled;

  for (size_t i = 0; i < fact->event_count && !moves; i++)
    moves = fact->events[i].flags != 0;
  return moves;
}

static int note_rerate(bl_fold *f, const bl_fact_rerate *fact) {
  bl_index_mark mark = {bl_subject_customer(fact->customer), f->seq,
                        BL_ENTRY_RERATE, fact->times.from_us,
                        fact->times.to_us};
  bl_heads *heads = &f->tenant->heads;
  int rc = bl_index_add(f->tenant, &mark);

  bl_touch(f->tenant, heads, sizeof *heads, &f->tenant->heads_touched);
  heads->unmatched = count_moved(heads->unmatched, fact->unmatched);
  heads->unpriced = count_moved(heads->unpriced, fact->unpriced);
  heads->unentitled = count_moved(heads->unentitled, fact->unentitled);
  if (rc || !moves_unbilled(fact)) return rc;
  mark.subject = (bl_subject){BL_SUBJECT_UNBILLED, BL_UNBILLED_RERATED};
  return bl_index_add(f->tenant, &mark);
}

int bl_fold_rerated(bl_fold *f, const bl_fact_rerate *fact) {
  if (!bl_fold_is_own(f)) return BILLING_OK;
  return fact->customer ? note_rerate(f, fact) : note_step(f, fact);
}

/* ---- the customer's ---- */

static int measure_contract(bl_fold *f, const bl_contract *contract,
                            const bl_meter_state *meter,
                            const bl_meter_rules *rules) {
  int rc = BILLING_OK;

  for (size_t i = 0; i < contract->tallies.count && !rc; i++) {
    bl_tally *tally = contract->tallies.entry[i].value;
    if (contract->plan->meters[tally->price] == meter)
      rc = bl_tally_measure(f->tenant, tally, rules, 0);
  }
  return rc;
}

/* Invoices of before billed by other prices: fees and what closes a period are
 * for the next one to look at. */
static int move_contract(bl_fold *f, const bl_fact_rerate *fact) {
  bl_contract *contract = bl_table_at(&f->tenant->by_contract,
                                      fact->contract);
  int is_billed;

  if (!contract) return BILLING_CORRUPT;
  is_billed = contract->closed &&
              contract->periods[contract->closed - 1].span.to_us >
                  fact->since_us;
  bl_touch_contract(f->tenant, contract);
  if (fact->since_us < contract->moved_us) contract->moved_us = fact->since_us;
  if (is_billed && contract->late_us == BL_TIME_NEVER)
    contract->late_us = f->at_us;
  return BILLING_OK;
}

int bl_fold_rules(bl_fold *f, const bl_fact_rerate *fact,
                  bl_customer *customer, const bl_meter_rules **rules) {
  const bl_meter_state *meter;
  int rc = BILLING_OK;

  bl_touch_counts(f->tenant, customer);
  bl_customer_moves(f->tenant, customer);
  customer->unmatched = count_moved(customer->unmatched, fact->unmatched);
  customer->unpriced = count_moved(customer->unpriced, fact->unpriced);
  customer->unentitled = count_moved(customer->unentitled,
                                     fact->unentitled);
  *rules = NULL;
  if (fact->contract) rc = move_contract(f, fact);
  if (rc || !fact->meter) return rc;
  meter = meter_numbered(f->tenant, fact->meter);
  *rules = meter ? bl_rules_numbered(meter, fact->rules) : NULL;
  if (!*rules) return BILLING_CORRUPT;
  for (size_t i = 0; i < customer->contracts.count && !rc; i++)
    rc = measure_contract(f, customer->contracts.item[i], meter, *rules);
  return rc;
}

int bl_fold_rekey(bl_fold *f, const bl_fact_rekeyed *fact,
                  const bl_meter_rules *rules) {
  bl_fact_key key = {fact->contract, fact->price, fact->period, fact->group};
  int rc;
  bl_tally *tally = bl_fold_key(f->tenant, &key, &rc);

  if (!tally) return rc;
  if (!tally->rules) return BILLING_CORRUPT;     /* it is of no meter */
  rc = bl_tally_measure(f->tenant, tally, rules ? rules : tally->rules, 1);
  if (rc) return rc;
  tally->level = fact->level;
  tally->first_event = fact->first_event;
  tally->last_event = fact->last_event;
  if (bl_tally_meter(tally)->ticks) tally->more->is_due = 1;
  if (bl_tally_meter(tally)->ticks || !bl_dec_is_zero(fact->amount))
    bl_fold_late(f, tally);
  return bl_fold_charged(f, tally, fact->amount, fact->draws,
                         fact->draw_count);
}

/* ---- values of unique ---- */

/* The latest operation on a value decides; of one time the later arrival. */
static int keep_resampled(bl_fold *f, const bl_fact_rerate *fact,
                          const bl_fact_redecided *event,
                          const bl_fact_resampled *sample) {
  const bl_fact_rekeyed *at;
  const bl_tally_value *kept;
  bl_fact_key key;
  bl_tally *tally;
  int rc;

  if (sample->key >= fact->key_count) return BILLING_CORRUPT;
  if (!sample->has_unique) return BILLING_OK;
  at = &fact->keys[sample->key];
  key = (bl_fact_key){at->contract, at->price, at->period, at->group};
  tally = bl_fold_key(f->tenant, &key, &rc);
  if (!tally || bl_tally_meter(tally)->ticks) return rc;
  if (!tally->more) return BILLING_CORRUPT;
  kept = bl_map_get(&tally->more->values, sample->unique, 16);
  if (kept && event->time_us < kept->time_us) return BILLING_OK;
  return bl_fold_value(f, tally, sample->unique, event->time_us,
                       sample->is_removal);
}

int bl_fold_values(bl_fold *f, const bl_fact_rerate *fact) {
  int rc = BILLING_OK;

  for (size_t i = 0; i < fact->event_count && !rc; i++)
    for (size_t k = 0; k < fact->events[i].count && !rc; k++)
      rc = keep_resampled(f, fact, &fact->events[i],
                          &fact->events[i].samples[k]);
  return rc;
}

int bl_fold_rerate(bl_fold *f, const bl_fact_rerate *fact) {
  const bl_meter_rules *rules;
  bl_customer *customer;
  int rc = bl_fold_rerated(f, fact);

  if (rc || !fact->customer) return rc;
  customer = bl_fold_customer(f, fact->customer, &rc);
  if (!customer) return rc;
  rc = bl_fold_rules(f, fact, customer, &rules);
  for (size_t i = 0; i < fact->key_count && !rc; i++)
    rc = bl_fold_rekey(f, &fact->keys[i], rules);
  return rc ? rc : bl_fold_values(f, fact);
}
