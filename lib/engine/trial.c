/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* trial.c - letting time pass on the state of one customer; see trial.h. */
#include "engine/trial.h"

#include "base/sort.h"
#include "engine/due.h"
#include "engine/record.h"
#include "engine/tallies.h"

void bl_trial_open(bl_call *c, bl_trial *trial) {
  assert(c->mode == BL_TRIAL);
  memset(trial, 0, sizeof *trial);
  trial->until_us = INT64_MAX;
  trial->known = bl_event_number(c->t->heads.seq + 1, 0);
  c->trial = trial;
}

void bl_trial_undo(bl_call *c, bl_arena_mark mark) {
  bl_undo_all(c->t);
  memset(&c->b->entries, 0, sizeof c->b->entries);
  memset(&c->opened, 0, sizeof c->opened);
  c->opened_cap = 0;
  c->trial = NULL;
  bl_arena_back(&c->arena, mark);
  bl_undo_start(c->t, &c->arena);
}

/* ---- without the usage that was recorded ---- */

/* What was charged under the key is charged back. */
static int clear_charged(bl_call *c, bl_rater *rater, bl_tally *tally) {
  bl_fact_charge charge = {.amount = bl_dec_neg(tally->amount)};
  const bl_period *period = &tally->contract->periods[tally->period];
  int rc;

  rater->draws.count = 0;
  rc = bl_rate_choose(rater, tally, period->span.from_us, &charge);
  if (!rc)
    rc = bl_fold_charged(bl_entry_start(c), tally, charge.amount,
                         rater->draws.item, charge.draw_count);
  return rc ? rc : bl_tally_clear(c->t, tally);
}

static int clear_contract(bl_call *c, bl_rater *rater, bl_contract *contract) {
  bl_tallies tallies;
  int rc = bl_tallies_of(contract, &c->arena, &tallies);

  for (size_t i = 0; !rc && i < tallies.count; i++)
    if (tallies.item[i]->period >= contract->closed)
      rc = clear_charged(c, rater, tallies.item[i]);
  return rc;
}

int bl_trial_clear(bl_call *c, bl_trial *trial, bl_customer *customer) {
  size_t count = customer->contracts.count;
  bl_rater rater;
  int rc = BILLING_OK;

  trial->gaps = bl_arena_array(&c->arena, count + 1, sizeof *trial->gaps);
  if (!trial->gaps) return BILLING_NOMEM;
  bl_rater_open(&rater, c);
  for (; trial->gap_count < count && !rc; trial->gap_count++) {
    bl_contract *contract = customer->contracts.item[trial->gap_count];
    trial->gaps[trial->gap_count] =
        (bl_trial_gap){contract->number, contract->closed};
    rc = clear_contract(c, &rater, contract);
  }
  bl_rater_close(&rater);
  return rc;
}

/* ---- time passes ---- */

typedef struct trial_play {
  bl_call             *c;
  bl_customer         *customer;
  billing_event       *events;
  const billing_event **order;   /* by time; of one time as they were given */
  size_t               count;
  int64_t              start_us;   /* no event is decided before this */
} trial_play;

/* By time; of one time as they stand in their array. */
static int play_order(const void *a, const void *b) {
  const billing_event *const *x = a, *const *y = b;

  if ((*x)->time_us != (*y)->time_us)
    return (*x)->time_us < (*y)->time_us ? -1 : 1;
  return (*x > *y) - (*x < *y);
}

static int play_sort(trial_play *p) {
  p->order = bl_arena_array(&p->c->arena, p->count + 1, sizeof *p->order);
  if (!p->order) return BILLING_NOMEM;
  for (size_t i = 0; i < p->count; i++) p->order[i] = &p->events[i];
  bl_sort(p->order, p->count, sizeof *p->order, play_order);
  return BILLING_OK;
}

/* Events have no keys of their own here, but entries of events have. */
static int play_name(trial_play *p, billing_event *event) {
  bl_text key;

  bl_text_open(&key, &p->c->arena);
  bl_text_format(&key, "%i", (int64_t)(event - p->events));
  event->key = (bl_str){key.text, key.len};
  return key.failed ? BILLING_NOMEM : BILLING_OK;
}

/* Records the events [from, to) of the order at the time of the last one. */
static int play_record(trial_play *p, size_t from, size_t to) {
  bl_call *c = p->c;
  int64_t now_us = p->order[to - 1]->time_us;
  bl_recording r = {.kept = &c->arena, .is_trial = 1};
  int rc;

  c->now_us = now_us > p->start_us ? now_us : p->start_us;
  rc = bl_record_batch(c, p->order + from, NULL, to - from, NULL, &r);
  if (rc && r.first_refused < r.count && c->err)
    c->err->item = (int64_t)(p->order[from + r.first_refused] - p->events);
  return rc;
}

/* A batch of events, but none at or after `until_us`, is recorded. */
static int play_batch(trial_play *p, size_t *at, int64_t until_us) {
  size_t to = *at;
  int rc;

  while (to < p->count && to - *at < BL_LIMIT_BATCH &&
         p->order[to]->time_us < until_us)
    to++;
  if (to == *at) return BILLING_OK;
  rc = play_record(p, *at, to);
  *at = to;
  return rc;
}

/* What is due first happens first; at one instant what is due, then events. */
static int play_on(trial_play *p, size_t *at, int64_t at_us) {
  bl_call *c = p->c;
  int64_t due_us, until_us = at_us;
  size_t begun = *at;
  int rc = bl_advance_first(c, p->customer, at_us, &due_us);

  if (!rc) rc = play_batch(p, at, due_us);
  if (rc || *at != begun) return rc;
  if (*at < p->count && p->order[*at]->time_us < at_us)
    until_us = p->order[*at]->time_us;
  c->now_us = until_us > p->start_us ? until_us : p->start_us;
  return bl_advance_customer(c, p->customer, until_us);
}

int bl_trial_play(bl_call *c, bl_customer *customer, billing_event *events,
                  size_t count, int64_t at_us) {
  trial_play p = {.c = c, .customer = customer, .events = events,
                  .count = count, .start_us = c->now_us};
  size_t at = 0;
  int rc = play_sort(&p);

  c->in.flags |= BILLING_CALL_ALL_OR_NOTHING;
  for (size_t i = 0; i < count && !rc; i++) rc = play_name(&p, &events[i]);
  while (!rc && at < count) rc = play_on(&p, &at, at_us);
  if (rc) return rc;
  c->now_us = at_us;
  return bl_advance_customer(c, customer, at_us);
}

/* ---- drafts ---- */

/* The period of the contract that holds the moment, if it is open. */
static const bl_period *open_at(const bl_contract *contract, int64_t us) {
  const bl_period *period;

  if (contract->has_ended || contract->closed >= contract->period_count)
    return NULL;
  period = &contract->periods[contract->closed];
  return bl_span_holds(period->span, us) ? period : NULL;
}

/* That whose period ends first: it draws first. */
static bl_contract *first_open(const bl_customer *customer, int64_t us) {
  const bl_period *first = NULL;
  bl_contract *found = NULL;

  for (size_t i = 0; i < customer->contracts.count; i++) {
    bl_contract *contract = customer->contracts.item[i];
    const bl_period *period = open_at(contract, us);
    if (!period || (first && first->span.to_us <= period->span.to_us))
      continue;
    first = period;
    found = contract;
  }
  return found;
}

int bl_trial_close(bl_call *c, bl_trial *trial, bl_customer *customer,
                   int64_t at_us) {
  bl_contract *contract;
  int rc = BILLING_OK;

  trial->until_us = at_us;
  while (!rc && (contract = first_open(customer, at_us)) != NULL)
    rc = bl_step_contract(c, contract,
                          contract->periods[contract->closed].span.to_us);
  return rc;
}
