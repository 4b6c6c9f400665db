/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * voids.c - recorded events that do not count any more, and what stands in
 * their place.
 *
 *     max of 5, 9 and 2 at 1.00 each; the event of 9 is voided
 *     the level is 5 again, 4.00 are charged less
 *
 * A sum forgets by itself.  Who holds an edge, and whether a value is there,
 * is found out from the samples of the period in the journal.  What is left of
 * a charge is rated by the one law: price the level, subtract what is booked.
 */
#include "base/struct.h"
#include "engine/family.h"
#include "engine/keys.h"
#include "engine/limits.h"
#include "engine/parked.h"
#include "engine/record.h"
#include "engine/restated.h"
#include "engine/samples.h"
#include "engine/timeline.h"
#include "meter/accept.h"
#include "price/price.h"

/* ---- what a key is without an event ---- */

typedef struct undo_level {
  const bl_tally       *tally;
  const bl_fact_charge *charge;
  uint64_t              number;    /* of the event that goes */
  bl_level              level;     /* of the others */
  bl_sample             latest;    /* number 0: none is of the value */
} undo_level;

static int undo_take(void *user, const bl_fact_key *key,
                     const bl_sample *sample) {
  undo_level *u = user;
  const bl_tally *tally = u->tally;
  bl_usage usage = {sample->quantity, sample->time_us};
  bl_str value = {(const char *)u->charge->unique, sizeof u->charge->unique};

  if (key->contract != tally->contract->number ||
      key->price != tally->price || key->period != tally->period ||
      !bl_str_equal(key->group, tally->group) || sample->number == u->number)
    return BILLING_OK;
  if (!u->charge->has_unique)
    u->level = bl_aggregate_add(bl_tally_meter(tally)->aggregation, u->level,
                                &usage);
  else if (bl_str_equal(sample->value, value) &&
           (!u->latest.number || bl_sample_is_before(&u->latest, sample)))
    u->latest = *sample;
  return BILLING_OK;
}

/* Whether the level says by itself what it is without the event. */
static int undo_is_plain(const bl_tally *tally, const bl_fact_charge *charge,
                         int64_t time_us) {
  const bl_level *level = &tally->level;
  const bl_tally_value *kept;

  if (bl_tally_meter(tally)->ticks) return 1;
  switch (bl_tally_meter(tally)->aggregation) {
  case BL_AGG_MAX:      return bl_dec_less(charge->sample, level->total);
  case BL_AGG_MIN:      return bl_dec_less(level->total, charge->sample);
  case BL_AGG_LATEST:   return time_us < level->at_us;
  case BL_AGG_EARLIEST: return time_us > level->at_us;
  case BL_AGG_UNIQUE:
    kept = bl_map_get(&tally->more->values, charge->unique, 16);
    return kept && time_us < kept->time_us;
  default: return 1;
  }
}

/* What the level moves by when it says so itself. */
static bl_dec undo_sum(const bl_tally *tally, const bl_fact_charge *charge) {
  switch (bl_tally_meter(tally)->aggregation) {
  case BL_AGG_MAX: case BL_AGG_MIN: case BL_AGG_LATEST: case BL_AGG_EARLIEST:
  case BL_AGG_UNIQUE: return BL_DEC_ZERO;
  default: return bl_dec_neg(charge->sample);
  }
}

static void undo_value(const undo_level *u, bl_fact_undone *out) {
  const bl_tally_value *kept =
      bl_map_get(&u->tally->more->values, u->charge->unique, 16);
  int was_there = kept && !kept->is_removal;
  int is_there = u->latest.number && !u->latest.is_removal;

  out->has_value = 1;
  memcpy(out->value, u->charge->unique, sizeof out->value);
  out->value_us   = u->latest.number ? u->latest.time_us : INT64_MIN;
  out->is_removal = !is_there;
  out->quantity   = bl_dec_of_int(is_there - was_there);
}

static int undo_measure(bl_call *c, undo_level *u, int64_t time_us,
                        bl_fact_undone *out) {
  const bl_tally *tally = u->tally;
  bl_contract *contract = tally->contract;
  int rc;

  out->at_us = tally->level.at_us;
  out->quantity = undo_sum(tally, u->charge);
  if (undo_is_plain(tally, u->charge, time_us)) return BILLING_OK;
  rc = bl_samples_walk(c, contract->customer,
                       contract->periods[tally->period].span, undo_take, u);
  if (rc) return rc;
  if (u->charge->has_unique) {
    undo_value(u, out);
    return BILLING_OK;
  }
  out->at_us = u->level.at_us;
  out->quantity = bl_dec_sub(u->level.total, tally->level.total);
  return BILLING_OK;
}

/* ---- one charge ---- */

typedef struct undoing {
  bl_call             *c;
  const bl_fact_event *event;
  bl_tally           **tallies;
  bl_rater             rater;
  bl_fold             *fold;
  bl_fact_void         fact;
} undoing;

/* What is charged in all without the event.  A price that costs something
 * without usage is billed as such when its period closes. */
static int undo_total(bl_call *c, const bl_tally *tally,
                      const bl_price *rate, bl_dec level, bl_dec *total) {
  *total = tally->amount;
  if (bl_tally_meter(tally)->ticks) return BILLING_OK;
  *total = BL_DEC_ZERO;
  if (tally->level.events == 1 && tally->period >= tally->contract->closed &&
      !bl_tally_price(tally)->tiers_by)
    return BILLING_OK;
  return bl_rate_total(c, tally, rate, level, total);
}

static int undo_draws(undoing *x, const bl_tally *tally,
                      bl_fact_undone *out) {
  bl_fact_charge charge = {.amount = out->amount};
  int rc;

  x->rater.draws.count = 0;
  rc = bl_rate_choose(&x->rater, tally, x->event->time_us, &charge);
  if (rc || !charge.draw_count) return rc;
  out->draws = bl_arena_copy(&x->c->arena, x->rater.draws.item,
                             charge.draw_count * sizeof *out->draws);
  out->draw_count = charge.draw_count;
  return out->draws ? BILLING_OK : BILLING_NOMEM;
}

static void undo_flags(undoing *x, const bl_tally *tally,
                       const bl_fact_undone *out) {
  uint64_t *flags = &x->fact.flags;

  if (!bl_tally_price(tally)->closing && bl_tally_meter(tally)->ticks)
    *flags |= BILLING_RECEIPT_PENDING;
  if (tally->period < tally->contract->closed)
    *flags |= BILLING_RECEIPT_LATE;
  if (!bl_asset_equal(bl_tally_price(tally)->asset,
                      bl_tally_price(x->tallies[0])->asset))
    *flags |= BILLING_RECEIPT_MIXED;
  for (size_t i = 0; i < out->draw_count; i++)
    if (!out->draws[i].grant && bl_dec_sign(out->draws[i].amount) > 0)
      *flags |= BILLING_RECEIPT_OWED;
}

/* Of less usage what was at the list price goes first. */
static int undo_split(undoing *x, const bl_tally *tally,
                      const bl_fact_undone *out, bl_split *s,
                      bl_dec *total) {
  bl_dec before = tally->level.total, after;
  int rc;

  *s = (bl_split){.tally = tally};
  if (!bl_plan_commit(tally->contract->plan, tally->price) ||
      bl_tally_meter(tally)->ticks)
    return BILLING_OK;
  rc = bl_split_open(x->c, tally, s);
  if (rc || !s->commit) return rc;
  x->rater.draws.count = 0;
  after = bl_split_quantity(s, bl_dec_add(before, out->quantity));
  rc = bl_split_decide(&x->rater, x->event->time_us,
                       bl_split_quantity(s, before), after, s);
  *total = bl_split_list(s, after);
  return rc;
}

/* What the key comes to without the event. */
static int undo_rate(undoing *x, const bl_tally *tally,
                     const bl_fact_charge *gone, bl_fact_undone *out,
                     bl_split *split) {
  const bl_price *price = bl_price_of_group(bl_tally_price(tally),
                                            tally->group);
  bl_dec total;
  int rc;

  if (price && (price->flags & BL_PRICE_BY_EVENT))
    rc = bl_rate_transactions_but(x->c, tally, gone, x->fact.event,
                                  &out->at_us, &total);
  else
    rc = undo_total(x->c, tally, price,
                    bl_dec_add(tally->level.total, out->quantity), &total);
  if (!rc) rc = undo_split(x, tally, out, split, &total);
  if (!rc) out->amount = bl_dec_sub(total, tally->amount);
  return rc;
}

static void undo_key(const bl_tally *tally, bl_fact_undone *out) {
  out->contract = tally->contract->number;
  out->price    = tally->price;
  out->period   = tally->period;
  out->group    = tally->group;
}

/* Who gets back, or pays, what one key moves by. */
static int undo_book(undoing *x, const bl_tally *tally, bl_fact_undone *out) {
  int rc;

  if (bl_dec_is_bad(out->quantity) || bl_dec_is_bad(out->amount))
    return bl_fail(x->c->err, BILLING_LIMIT, "",
                   "quantities and amounts below 10^20",
                   "what is left of price %t does not fit",
                   &bl_tally_price(tally)->id);
  rc = undo_draws(x, tally, out);
  if (rc) return rc;
  undo_flags(x, tally, out);
  x->fact.count++;
  return bl_fold_undo(x->fold, out);
}

static int undo_commit_rate(undoing *x, const bl_split *s) {
  const bl_tally *list = s->tally;
  bl_fact_undone *out = &x->fact.items[x->fact.count];
  bl_contract *contract = list->contract;
  bl_tally *tally;

  if (!s->commit) return BILLING_OK;
  out->quantity = bl_dec_sub(s->now, s->was);
  out->amount   = bl_split_moves(s);
  if (bl_dec_is_zero(out->quantity) && bl_dec_is_zero(out->amount))
    return BILLING_OK;
  tally = bl_tally_make(x->c->t, contract,
                        bl_plan_commit(contract->plan, list->price),
                        list->period, list->group);
  if (!tally) return BILLING_NOMEM;
  undo_key(tally, out);
  return undo_book(x, tally, out);
}

static int undo_charge(undoing *x, size_t at) {
  const bl_tally *tally = x->tallies[at];
  bl_fact_undone *out = &x->fact.items[x->fact.count];
  undo_level u = {.tally = tally, .charge = &x->event->charges[at],
                  .number = x->fact.event};
  bl_split split;
  int rc;

  if (bl_price_is_commit(bl_tally_price(tally))) return BILLING_OK;
  rc = undo_measure(x->c, &u, x->event->time_us, out);
  if (rc) return rc;
  undo_key(tally, out);
  rc = undo_rate(x, tally, u.charge, out, &split);
  if (!rc) rc = undo_book(x, tally, out);
  return rc ? rc : undo_commit_rate(x, &split);
}

/* ---- one event ---- */

static bl_dec undo_balance(const bl_call *c, const bl_tally *tally) {
  return bl_customer_free(c->t, tally->contract->customer,
                          bl_tally_price(tally)->asset, c->now_us);
}

static int undo_write(undoing *x) {
  bl_call *c = x->c;
  bl_customer *customer;
  bl_writer w;
  int rc = BILLING_OK;

  x->fact.customer = x->event->customer;
  x->fact.time_us = x->event->time_us;
  x->fact.event_flags = x->event->flags & ~(uint64_t)BL_EVENT_UNTIMED;
  x->fact.items = bl_arena_array(&c->arena, 2 * x->event->charge_count + 1,
                                 sizeof *x->fact.items);
  if (!x->fact.items) return BILLING_NOMEM;
  x->fold = bl_entry_start(c);
  for (size_t i = 0; i < x->event->charge_count && !rc; i++)
    rc = undo_charge(x, i);
  if (!rc) rc = bl_fold_voided(x->fold, &x->fact, &customer);
  if (rc) return rc;
  if (x->fact.count)
    x->fact.balance = undo_balance(c, x->tallies[0]);
  bl_writer_open(&w, c);
  bl_code_undone(&w.facts, &w.properties, &x->fact);
  return bl_append(c, BL_ENTRY_VOID, &w);
}

/* What limits have counted of it.  What was redacted since has no properties
 * that a limit could go by. */
static int undo_limits(undoing *x) {
  bl_call *c = x->c;
  bl_batch_pass pass = {0};
  bl_members members;
  bl_batch batch;
  bl_event view;
  int rc = bl_batch_read(c, bl_event_seq(x->fact.event), &batch);

  pass.batch = &batch;
  if (!rc) rc = bl_batch_pass_to(&pass, bl_event_place(x->fact.event));
  if (rc) return rc;
  bl_members_open(&members, &c->arena);
  if (pass.text.properties.len &&
      bl_json_scan(pass.text.properties, &members, NULL))
    return BILLING_CORRUPT;
  view = (bl_event){pass.text.name, &members, pass.text.value,
                    x->fact.time_us};
  rc = bl_limits_undo(c, &x->fact, &view, batch.at_us);
  return rc ? rc : bl_limits_append(c);
}

static int undo_event(undoing *x) {
  bl_customer *customer = bl_table_at(&x->c->t->by_customer,
                                      x->event->customer);
  int rc = bl_expire_holds(x->c, customer);

  bl_rater_open(&x->rater, x->c);
  if (!rc) rc = undo_write(x);
  bl_rater_close(&x->rater);
  return rc || !bl_limits_count(x->c->t, customer) ? rc : undo_limits(x);
}

/* ---- the receipt ---- */

static int void_receipt(bl_call *c, const bl_fact_void *fact,
                        int64_t decided_us, billing_receipt *out) {
  int rc = BILLING_OK;

  memset(out, 0, sizeof *out);
  out->struct_size = sizeof *out;
  out->flags = (uint32_t)fact->flags;
  out->status = BILLING_STATUS_NEW;
  out->number = fact->event;
  out->decided_us = decided_us;
  out->balance = fact->balance;
  out->charges = (uint32_t)fact->count;
  for (size_t i = 0; i < fact->count; i++) {
    const bl_fact_undone *one = &fact->items[i];
    bl_fact_key key = {one->contract, one->price, one->period, one->group};
    const bl_tally *tally = bl_fold_key(c->t, &key, &rc);
    const char *asset;
    if (!tally) return rc;
    asset = bl_tally_price(tally)->asset;
    if (!i) memcpy(out->asset, asset, sizeof out->asset);
    out->draws += (uint32_t)one->draw_count;
    if (!bl_asset_equal(out->asset, asset)) continue;
    out->cost = bl_dec_add(out->cost, one->amount);
    for (size_t k = 0; k < one->draw_count; k++)
      if (one->draws[k].grant)
        out->drawn = bl_dec_add(out->drawn, one->draws[k].amount);
  }
  return rc;
}

/* ---- the calls ---- */

/* Whether it is not too late to take back what came then. */
static int void_accept_came(bl_call *c, int64_t at_us) {
  int64_t most = c->t->terms.cancel_within_us;
  bl_accept_terms accept = {.cancel_within_us = most};

  if (!most || bl_accept_cancel(&accept, c->now_us, at_us)) return BILLING_OK;
  return bl_fail(c->err, BILLING_DENIED, "/key",
                 "the tenant's \"cancel_within\" says how long after its "
                 "receipt an event can be taken back",
                 "the event was recorded at %T", at_us);
}

static int void_accept(bl_call *c, uint64_t number) {
  bl_batch batch;
  int rc = c->t->terms.cancel_within_us
               ? bl_batch_read(c, bl_event_seq(number), &batch) : BILLING_DONE;

  if (rc) return rc == BILLING_DONE ? BILLING_OK : rc;
  return void_accept_came(c, batch.at_us);
}

/* Nothing was charged: it does not wait any more. */
static int void_write_parked(bl_call *c, const bl_fact_parked *parked,
                             bl_fact_void *fact) {
  bl_writer w;
  int rc;

  fact->time_us = parked->time_us;
  rc = bl_fold_undone(bl_entry_start(c), fact);
  if (rc) return rc;
  bl_writer_open(&w, c);
  bl_code_undone(&w.facts, &w.properties, fact);
  return bl_append(c, BL_ENTRY_VOID, &w);
}

static int void_parked(bl_call *c, bl_str key, billing_receipt *out) {
  bl_fact_void fact = {.flags = BILLING_RECEIPT_PARKED};
  bl_fact_parked parked;
  bl_entry entry = {.at_us = c->now_us};
  int64_t seq = 0, came_us;
  int rc = bl_parked_find(c, key, &fact.event, &parked, &came_us);

  if (!rc && !fact.event)
    rc = bl_fail(c->err, BILLING_NOTFOUND, "/key",
                 "the key of a recorded event", "no event has the key %t",
                 &key);
  if (!rc) rc = bl_parked_void(c, fact.event, &seq);
  if (!rc && seq) rc = bl_journal_peek(c->b, c->t->number, seq, &entry);
  if (!rc && !seq) rc = void_accept_came(c, came_us);
  if (!rc && !seq) rc = void_write_parked(c, &parked, &fact);
  if (!rc) rc = void_receipt(c, &fact, entry.at_us, out);
  if (seq) out->status = BILLING_STATUS_SAME;
  return rc;
}

static int void_tallies(undoing *x, const bl_fact_key *keys) {
  bl_call *c = x->c;
  int rc = BILLING_OK;

  x->tallies = bl_arena_array(&c->arena, x->event->charge_count + 1,
                              sizeof(bl_tally *));
  if (!x->tallies) return BILLING_NOMEM;
  for (size_t i = 0; i < x->event->charge_count && !rc; i++)
    x->tallies[i] = bl_fold_key(c->t, &keys[i], &rc);
  return rc;
}

/* What goes is what the event gives by now. */
static int void_restate(undoing *x, const bl_customer *customer,
                        bl_span times) {
  bl_call *c = x->c;
  size_t count = x->event->charge_count;
  bl_fact_event *plain = bl_arena_copy(&c->arena, x->event, sizeof *plain);
  bl_fact_event *now = bl_arena_take(&c->arena, sizeof *now);
  bl_fact_key *known = bl_arena_array(&c->arena, count + 1, sizeof *known);
  bl_restatements all;
  int rc = plain && now && known
               ? bl_restatements_read(c, customer, times, &c->arena, &all)
               : BILLING_NOMEM;

  if (rc || !all.count) return rc;
  for (size_t i = 0; i < count; i++) {
    const bl_tally *tally = x->tallies[i];
    known[i] = (bl_fact_key){tally->contract->number, tally->price,
                             tally->period, tally->group};
    plain->charges[i].key = i;
  }
  rc = bl_restate(c, &all, x->fact.event, known, plain, &c->arena, now,
                  &known);
  x->event = now;
  return rc ? rc : void_tallies(x, known);
}

static int void_recorded(bl_call *c, uint64_t number, billing_receipt *out) {
  undoing x = {.c = c, .fact.event = number};
  const bl_voided *before;
  const bl_customer *customer;
  bl_voids voids;
  bl_span times;
  int rc = bl_batch_event(c, number, &x.event, &x.tallies);

  if (rc) return rc;
  customer = bl_table_at(&c->t->by_customer, x.event->customer);
  times = (bl_span){x.event->time_us, x.event->time_us + 1};
  rc = bl_voids_read(c, customer, times, &c->arena, &voids);
  if (rc) return rc;
  before = bl_voids_at(&voids, x.fact.event);
  if (!before) rc = void_accept(c, x.fact.event);
  if (!rc && !before) rc = void_restate(&x, customer, times);
  if (!rc && !before) rc = undo_event(&x);
  if (!rc)
    rc = void_receipt(c, before ? &before->facts.undone : &x.fact,
                      before ? before->at_us : c->now_us, out);
  if (before) out->status = BILLING_STATUS_SAME;
  return rc;
}

static int void_event(bl_call *c, bl_str key, billing_receipt *out) {
  uint64_t number = 0;
  int rc = key.len ? bl_keys_number(c, key, &number) : BILLING_OK;

  if (rc) return rc;
  if (!key.len)
    return bl_fail(c->err, BILLING_INVALID, "/key",
                   "the key of a recorded event", "the key is empty");
  return number ? void_recorded(c, number, out) : void_parked(c, key, out);
}

static int check_receipt(bl_call *c, const void *receipt) {
  if (!receipt || !bl_can_fill(receipt, sizeof(billing_receipt)))
    return BILLING_OK;
  return bl_fail(c->err, BILLING_MISUSE, "", "set it up with BILLING_INIT",
                 "the billing_receipt cannot be filled");
}

int billing_void(billing *b, const billing_call *call, const char *key,
                 size_t key_len, billing_receipt *out, billing_error *err) {
  billing_receipt receipt;
  bl_call c;
  int rc = bl_enter(&c, b, call, BL_WRITE, err);

  if (rc) return rc;
  rc = check_receipt(&c, out);
  if (!rc) rc = void_event(&c, bl_text_argument(key, key_len), &receipt);
  rc = bl_leave(&c, rc);
  if (!rc && out) bl_fill(out, &receipt, sizeof receipt);
  return rc;
}

/* The event in its place; a refusal ends the call. */
static int correct_record(bl_call *c, const billing_event *from,
                          bl_arena *kept, billing_receipt *out) {
  const billing_event *event = NULL;
  bl_recording r = {.kept = kept};
  billing_event own;
  int rc = from ? bl_copy_in(&own, sizeof own, from, sizeof own,
                             BILLING_EVENT_VALUE) : BILLING_MISUSE;

  if (rc)
    return bl_fail(c->err, rc, "", "set it up with BILLING_INIT",
                   "the billing_event cannot be used");
  event = &own;
  rc = bl_check_texts(c->err, &own.key, &own.customer, &own.event,
                      &own.properties, NULL);
  if (!rc) rc = bl_record_batch(c, &event, NULL, 1, NULL, &r);
  if (!rc && r.receipts[0].code) rc = r.receipts[0].code;
  if (!rc) *out = r.receipts[0];
  return rc;
}

int billing_correct(billing *b, const billing_call *call, const char *key,
                    size_t key_len, const billing_event *event,
                    billing_receipt *receipts, billing_error *err) {
  unsigned char *at = (unsigned char *)receipts;
  uint32_t stride = receipts ? receipts->struct_size : 0;
  billing_receipt made[2];
  bl_arena kept;
  bl_call c;
  int rc = bl_enter(&c, b, call, BL_WRITE, err);

  if (rc) return rc;
  bl_arena_open(&kept, &b->host);
  rc = check_receipt(&c, at);
  if (!rc && at) rc = check_receipt(&c, at + stride);
  if (!rc) rc = void_event(&c, bl_text_argument(key, key_len), &made[0]);
  if (!rc) rc = correct_record(&c, event, &kept, &made[1]);
  rc = bl_leave(&c, rc);
  for (size_t i = 0; !rc && at && i < 2; i++)
    bl_fill(at + i * stride, &made[i], sizeof made[i]);
  bl_arena_close(&kept);
  return rc;
}
