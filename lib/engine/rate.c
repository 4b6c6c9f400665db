/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * rate.c - one event: the meters that want it, the prices of the customer's
 * contracts, and the lots that pay.
 *
 * The one law of rating stands here: rate the running total, subtract what is
 * booked, book the difference.
 */
#include "engine/rate.h"

#include "engine/family.h"
#include "engine/grants.h"
#include "engine/timeline.h"
#include "price/price.h"

void bl_rater_open(bl_rater *r, bl_call *c) {
  memset(r, 0, sizeof *r);
  r->c = c;
  bl_arena_open(&r->own, &c->b->host);
  bl_text_open(&r->group, &c->arena);
}

void bl_rater_close(bl_rater *r) { bl_arena_close(&r->own); }

static int is_opened(const bl_contract *contract, int64_t us) {
  const bl_contract_terms *terms = &contract->terms;

  if (us < terms->start_us || us >= terms->end_us) return 1;
  return contract->period_count &&
         us < contract->periods[contract->period_count - 1].span.to_us;
}

int bl_rate_is_prepared(const bl_call *c, const bl_customer *customer,
                        int64_t us) {
  int is_prepared =
      (!customer->holds.count || c->now_us < customer->holds_due_us) &&
      bl_recurring_is_given(customer, c->now_us);

  if (bl_has_family(customer) && is_prepared)
    is_prepared = bl_family_is_prepared(c, customer);
  for (size_t i = 0; i < customer->contracts.count && is_prepared; i++)
    is_prepared = is_opened(customer->contracts.item[i], us);
  return is_prepared;
}

int bl_rate_prepare(bl_call *c, bl_customer *customer, int64_t us) {
  uint64_t index;
  int rc = BILLING_OK;

  for (size_t i = 0; i < customer->contracts.count && !rc; i++) {
    rc = bl_open_periods(c, customer->contracts.item[i], us, &index);
    if (rc == BILLING_NOTFOUND) rc = BILLING_OK;
  }
  return rc;
}

/* ---- charges ---- */

static int add_charge(bl_rater *r, bl_fact_charge **charge, bl_tally *tally) {
  bl_arena *arena = &r->c->arena;
  bl_tally **place;

  *charge = bl_arena_next(arena, (void **)&r->charges, &r->tally_count,
                          &r->charge_cap, sizeof **charge);
  place = bl_arena_next(arena, (void **)&r->tallies, &r->tally_count,
                        &r->tally_cap, sizeof *place);
  if (!*charge || !place) return BILLING_NOMEM;
  *place = tally;
  r->tally_count++;
  return BILLING_OK;
}

static int keep_made(bl_rater *r, bl_tally *tally) {
  bl_tally **place = bl_arena_next(&r->c->arena, (void **)&r->made,
                                   &r->made_count, &r->made_cap,
                                   sizeof *place);

  if (!place) return BILLING_NOMEM;
  *place = tally;
  r->made_count++;
  return BILLING_OK;
}

/* A refused event leaves no tallies: the journal does not know it, and they
 * stand in the order in which they were made. */
static void forget_made(bl_rater *r) {
  while (r->made_count > 0) {
    bl_contract *contract = r->made[--r->made_count]->contract;
    memset(contract->recent, 0, sizeof contract->recent);
    bl_map_cut(&contract->tallies, contract->tallies.count - 1);
  }
}

static int find_tally(bl_rater *r, bl_contract *contract, size_t at,
                      uint64_t period, const bl_meter *meter,
                      bl_tally **out) {
  const bl_price *price = &contract->plan->plan.prices[at];
  bl_str group = {NULL, 0};
  size_t known = contract->tallies.count;
  int rc = BILLING_OK;

  if (price->group_count && meter->aggregation != BL_AGG_SQL) {
    r->group.len = 0;
    rc = bl_meter_group(price->groups, price->group_count, &r->in->view,
                        &r->group);
    group = (bl_str){r->group.text, r->group.len};
  }
  if (rc) return rc;
  *out = bl_tally_make(r->c->t, contract, at, period, group);
  if (!*out) return BILLING_NOMEM;
  bl_prefetch_all(&(*out)->amount, offsetof(bl_tally, billed_amount) -
                                       offsetof(bl_tally, amount));
  return contract->tallies.count == known ? BILLING_OK : keep_made(r, *out);
}

static void name_value(const bl_rater *r, const bl_sample *sample,
                       bl_fact_charge *charge) {
  bl_key_hash16(charge->unique, r->c->b->content_key, sample->value.text,
                sample->value.len);
  charge->has_unique = 1;
  charge->is_removal = sample->is_removal;
}

/* By how many values more or less are there after this one: the latest
 * operation on a value decides, and nothing arrived later than this. */
static bl_dec count_value(const bl_tally *tally, const bl_sample *sample,
                          const bl_fact_charge *charge) {
  const bl_tally_value *kept;
  int was_there, is_there = !sample->is_removal;

  kept = bl_map_get(&tally->more->values, charge->unique, 16);
  was_there = kept && !kept->is_removal;
  if (kept && sample->time_us < kept->time_us) is_there = was_there;
  return bl_dec_of_int(is_there - was_there);
}

/* The level that the sample leads to, and what the charge says of it. */
static bl_level use_sample(bl_rater *r, const bl_tally *tally,
                           const bl_meter *meter, const bl_sample *sample,
                           bl_fact_charge *charge) {
  bl_usage usage = {sample->quantity, sample->time_us};
  bl_level after;

  if (meter->aggregation == BL_AGG_UNIQUE) {
    name_value(r, sample, charge);
    usage.quantity = meter->ticks ? BL_DEC_ZERO
                                  : count_value(tally, sample, charge);
  }
  after = bl_aggregate_add(meter->aggregation, tally->level, &usage);
  if (meter->aggregation == BL_AGG_LATEST ||
      meter->aggregation == BL_AGG_EARLIEST)
    charge->at_us = after.at_us;
  charge->sample   = usage.quantity;
  charge->quantity = bl_dec_sub(after.total, tally->level.total);
  return after;
}

static int refuse_total(const bl_rater *r, const bl_price *price) {
  return bl_fail(r->c->err, BILLING_LIMIT, "/value",
                 "quantities and amounts below 10^20",
                 "the running total of price %t does not fit", &price->id);
}

/* What it comes to is booked when the period closes (ticks.c). */
static int wait_for_tick(bl_rater *r, const bl_price *price,
                         const bl_fact_charge *charge) {
  r->fact->flags |= BILLING_RECEIPT_PENDING;
  return bl_dec_is_bad(charge->quantity) ? refuse_total(r, price)
                                         : BILLING_OK;
}

/* A combination of values that nobody has priced is not free of charge.  Of
 * a statement's they are not known yet. */
static int find_rate(const bl_rater *r, const bl_price *price,
                     const bl_tally *tally, const bl_price **out) {
  if (bl_tally_is_count(tally)) return BILLING_OK;
  *out = bl_price_of_group(price, tally->group);
  if (*out) return BILLING_OK;
  return bl_fail(r->c->err, BILLING_INVALID, "/properties",
                 "give it a rate, or one with values {} for all others",
                 "the price %t has no rate for %t", &price->id,
                 &tally->group);
}

/* What the key comes to at a level beyond what is booked. */
static int rate_difference(const bl_rater *r, const bl_tally *tally,
                           const bl_price *rate, bl_dec level,
                           bl_fact_charge *charge) {
  bl_dec total;
  int rc = bl_rate_total(r->c, tally, rate, level, &total);

  if (!rc) charge->amount = bl_dec_sub(total, tally->amount);
  return rc;
}

/* More or less is drawn at the commit rate. */
static int charge_commit(bl_rater *r, const bl_split *s, int64_t time_us) {
  const bl_tally *list = s->tally;
  bl_contract *contract = list->contract;
  size_t known = contract->tallies.count;
  bl_fact_charge *charge;
  bl_dec amount = bl_split_moves(s);
  bl_tally *tally;
  int rc = BILLING_OK;

  if (bl_dec_equal(s->was, s->now) && bl_dec_is_zero(amount))
    return BILLING_OK;
  tally = bl_tally_make(r->c->t, contract,
                        bl_plan_commit(contract->plan, list->price),
                        list->period, list->group);
  if (!tally) return BILLING_NOMEM;
  if (contract->tallies.count != known) rc = keep_made(r, tally);
  if (!rc) rc = add_charge(r, &charge, tally);
  if (rc) return rc;
  charge->quantity = charge->sample = bl_dec_sub(s->now, s->was);
  charge->amount = amount;
  if (bl_dec_is_bad(amount)) return refuse_total(r, bl_tally_price(tally));
  return bl_rate_choose(r, tally, time_us, charge);
}

/* The charge of a key whose group has a commit rate. */
static int charge_split(bl_rater *r, bl_split *s, const bl_sample *sample,
                        bl_dec level, bl_fact_charge *charge) {
  const bl_tally *tally = s->tally;
  bl_dec after = bl_split_quantity(s, level);
  int rc;

  if (bl_dec_is_bad(after)) return refuse_total(r, bl_tally_price(tally));
  rc = bl_split_decide(r, sample->time_us,
                       bl_split_quantity(s, tally->level.total), after, s);
  if (rc) return rc;
  charge->amount = bl_dec_sub(bl_split_list(s, after), tally->amount);
  if (bl_dec_is_bad(charge->amount))
    return refuse_total(r, bl_tally_price(tally));
  rc = bl_rate_choose(r, tally, sample->time_us, charge);
  return rc ? rc : charge_commit(r, s, sample->time_us);
}

static int charge_price(bl_rater *r, bl_contract *contract, size_t at,
                        uint64_t period, const bl_meter *meter,
                        const bl_sample *sample) {
  const bl_price *price = &contract->plan->plan.prices[at];
  const bl_price *rate = NULL;
  bl_fact_charge *charge;
  bl_tally *tally;
  bl_level after;
  bl_split s;
  int rc = find_tally(r, contract, at, period, meter, &tally);

  if (!rc) rc = find_rate(r, price, tally, &rate);
  if (!rc) rc = add_charge(r, &charge, tally);
  if (rc) return rc;
  after = use_sample(r, tally, meter, sample, charge);
  if (period < contract->closed) r->fact->flags |= BILLING_RECEIPT_LATE;
  if (meter->ticks) return wait_for_tick(r, price, charge);
  if (bl_plan_commit(contract->plan, at)) {
    rc = bl_split_open(r->c, tally, &s);
    if (rc) return rc;
    if (s.commit) return charge_split(r, &s, sample, after.total, charge);
  }
  if (rate->flags & BL_PRICE_BY_EVENT)
    charge->amount = bl_rate_transaction(tally, rate, sample, charge);
  else rc = rate_difference(r, tally, rate, after.total, charge);
  if (rc) return rc;
  if (bl_dec_is_bad(charge->amount) || bl_dec_is_bad(charge->quantity))
    return refuse_total(r, price);
  if (tally->stack_count) bl_prefetch(&tally->stack[tally->stack_count - 1]);
  return bl_rate_choose(r, tally, sample->time_us, charge);
}

/* Whether that interval prices the sample; usage that nobody is entitled to is
 * only recorded. */
static int holds_now(bl_rater *r, const bl_contract *contract, size_t at,
                     uint64_t period, const bl_sample *sample) {
  const bl_plan_version *plan = contract->plan;

  if (!bl_timeline_prices(contract, bl_contract_meter(contract, at), at,
                          sample->time_us, period))
    return 0;
  if (!plan->intervals[at].is_off) return 1;
  r->reached.is_off = 1;
  return 0;
}

static int charge_contract(bl_rater *r, bl_contract *contract,
                           const bl_meter_state *state,
                           const bl_meter *meter, const bl_sample *sample) {
  const bl_plan_version *plan = contract->plan;
  uint64_t period;
  int rc;

  if (!bl_route_takes(&contract->terms.usage, &r->in->view))
    return BILLING_OK;
  rc = bl_open_periods(r->c, contract, sample->time_us, &period);
  if (rc) return rc == BILLING_NOTFOUND ? BILLING_OK : rc;
  r->reached.is_covered = 1;
  for (size_t i = bl_plan_first(plan, state); i < plan->plan.price_count &&
       !rc; i = plan->next[i]) {
    const bl_price *price = &plan->plan.prices[i];
    if (!bl_meter_matches(price->filters, price->filter_count, &r->in->view))
      continue;
    if (plan->intervals && !holds_now(r, contract, i, period, sample))
      continue;
    r->reached.is_priced = 1;
    rc = charge_price(r, contract, i, period, meter, sample);
  }
  return rc;
}

static int use_meter(bl_rater *r, const bl_meter_state *state) {
  bl_customer *customer = r->in->customer;
  const bl_meter_rules *rules = bl_rules_of(state, customer->number);
  const bl_meter *meter = bl_meter_at(rules, r->in->view.time_us);
  bl_arena_mark mark;
  bl_sample sample;
  int rc;

  if (!meter || !bl_meter_matches(meter->filters, meter->filter_count,
                                  &r->in->view))
    return BILLING_OK;
  if (meter->expression) mark = bl_arena_now(&r->own);
  rc = bl_meter_take(meter, &r->in->view, &r->own, &sample,
                     r->c->err);
  r->reached.is_matched |= rc != BILLING_DONE;
  for (size_t i = 0; i < customer->contracts.count && !rc; i++)
    rc = charge_contract(r, customer->contracts.item[i], state,
                         &rules->meter, &sample);
  if (meter->expression) bl_arena_back(&r->own, mark);
  return rc == BILLING_DONE ? BILLING_OK : rc;
}

/* The meters of the event's name, and those that choose names.  One whose
 * event was changed stands in the lists of both. */
static int use_meters(bl_rater *r) {
  const bl_tenant *t = r->c->t;
  bl_str name = r->in->view.name;
  const bl_list *named = bl_map_get(&t->meters_by_event, name.text, name.len);
  const bl_list *others = &t->meters_by_filter;
  int rc = BILLING_OK;

  for (size_t i = 0; named && i < named->count && !rc; i++) {
    const bl_meter_state *meter = named->item[i];
    if (!meter->rules->before ||
        bl_rules_select(meter, r->in->customer->number, name, 1))
      rc = use_meter(r, meter);
  }
  for (size_t i = 0; i < others->count && !rc; i++)
    if (bl_rules_select(others->item[i], r->in->customer->number, name, 0))
      rc = use_meter(r, others->item[i]);
  return rc;
}

/* Whether the customer's accounts can hold what the event costs: an event
 * that is too large is refused by itself and does not stop its batch. */
static int check_room(const bl_rater *r) {
  for (size_t i = 0; i < r->tally_count; i++) {
    const char *asset = bl_tally_price(r->tallies[i])->asset;
    const bl_wallet *wallet = bl_wallet_of(r->in->customer, asset);
    bl_dec sum = wallet ? wallet->balance[BL_ACCOUNT_REVENUE] : BL_DEC_ZERO;

    for (size_t k = 0; k < r->tally_count; k++)
      if (bl_asset_equal(bl_tally_price(r->tallies[k])->asset, asset))
        sum = bl_dec_sub(sum, r->charges[k].amount);
    if (bl_dec_is_bad(sum))
      return bl_fail(r->c->err, BILLING_LIMIT, "/value",
                     "quantities and amounts below 10^20",
                     "what the customer has cost in all does not fit");
  }
  return BILLING_OK;
}

/* Whether the event's charges are in several assets. */
static int is_mixed(const bl_rater *r) {
  for (size_t i = 1; i < r->tally_count; i++)
    if (!bl_asset_equal(bl_tally_price(r->tallies[i])->asset,
                        bl_tally_price(r->tallies[0])->asset))
      return 1;
  return 0;
}

static void set_flags(bl_rater *r) {
  bl_fact_event *fact = r->fact;

  fact->flags |= bl_reached_flag(&r->reached);
  if (is_mixed(r)) fact->flags |= BILLING_RECEIPT_MIXED;
  for (size_t i = 0; i < r->draws.count; i++)
    if (!r->draws.item[i].grant && bl_dec_sign(r->draws.item[i].amount) > 0)
      fact->flags |= BILLING_RECEIPT_OWED;
}

/* The arrays stand still now: the fact points into them. */
static void hand_out(bl_rater *r) {
  bl_draw *next = r->draws.item;

  for (size_t i = 0; i < r->tally_count; i++) {
    r->charges[i].draws = next;
    if (r->charges[i].draw_count) next += r->charges[i].draw_count;
  }
  r->fact->charges = r->charges;
  r->fact->charge_count = r->tally_count;
}

static void start_rating(bl_rater *r, const bl_event_in *in,
                         const bl_draw_rule *rule, bl_fact_event *fact) {
  r->in = in;
  r->rule = rule;
  r->fact = fact;
  r->tally_count = r->made_count = r->draws.count = 0;
  r->reached = (bl_reached){0};
  memset(fact, 0, sizeof *fact);
  fact->customer = in->customer->number;
  fact->time_us = in->view.time_us;
  fact->flags = in->event->time_us ? 0 : BL_EVENT_UNTIMED;
}

int bl_rate(bl_rater *r, const bl_event_in *in, const bl_draw_rule *rule,
            bl_fact_event *fact) {
  int rc;

  start_rating(r, in, rule, fact);
  rc = use_meters(r);
  if (!rc) rc = check_room(r);
  if (rc) {
    forget_made(r);
    return rc;
  }
  set_flags(r);
  hand_out(r);
  return r->c->arena.failed ? BILLING_NOMEM : BILLING_OK;
}

bl_dec bl_rate_balance(bl_call *c, const bl_rater *r) {
  const char *asset;

  if (!r->tally_count) return BL_DEC_ZERO;
  asset = bl_tally_price(r->tallies[0])->asset;
  return bl_customer_free(c->t, r->in->customer, asset, c->now_us);
}

/* The sums of the charges that are in the first one's asset. */
static void add_charges(const bl_fact_event *fact, bl_tally *const *tallies,
                        const char *asset, billing_receipt *out) {
  for (size_t i = 0; i < fact->charge_count; i++) {
    const bl_fact_charge *charge = &fact->charges[i];
    out->draws += (uint32_t)charge->draw_count;
    if (i && !bl_asset_equal(asset, bl_tally_price(tallies[i])->asset))
      continue;
    out->cost = bl_dec_add(out->cost, charge->amount);
    for (size_t k = 0; k < charge->draw_count; k++)
      if (charge->draws[k].grant)
        out->drawn = bl_dec_add(out->drawn, charge->draws[k].amount);
  }
}

/* Each member is set: zeroing all of it first takes longer than that. */
void bl_receipt_of_fact(const bl_fact_event *fact, bl_tally *const *tallies,
                        uint64_t number, int64_t decided_us,
                        billing_receipt *out) {
  static const char none[sizeof out->asset];
  const char *asset = fact->charge_count ? bl_tally_price(tallies[0])->asset
                                         : none;

  out->struct_size = sizeof *out;
  out->flags = (uint32_t)fact->flags & ~BL_EVENT_UNTIMED;
  out->status = BILLING_STATUS_NEW;
  out->code = BILLING_OK;
  out->number = number;
  out->decided_us = decided_us;
  out->cost = out->drawn = BL_DEC_ZERO;
  out->balance = fact->balance;
  out->charges = (uint32_t)fact->charge_count;
  out->draws = 0;
  memcpy(out->asset, asset, sizeof out->asset);
  add_charges(fact, tallies, asset, out);
}
