/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * rate.c - one event: the meters that want it, the prices of the customer's
 * contracts, and the lots that pay.
 *
 * The one law of rating stands here: rate the running total, subtract what is
 * booked, book the difference.
 */
#include "engine/rate.h"

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
      !customer->holds.count || c->now_us < customer->holds_due_us;

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

/* ---- draws ---- */

/* Room for `more` draws; pointers into the array may move. */
static int reserve_draws(bl_rater *r, size_t more) {
  bl_draws *d = &r->draws;
  size_t wanted = d->cap ? d->cap : 16;
  bl_draw *item;

  if (d->count + more <= d->cap) return BILLING_OK;
  while (wanted < d->count + more) wanted *= 2;
  item = bl_arena_grow(&r->c->arena, d->item, d->cap * sizeof *item,
                       wanted * sizeof *item);
  if (!item) return BILLING_NOMEM;
  d->item = item;
  d->cap = wanted;
  return BILLING_OK;
}

/* What the draws before have taken of a grant. */
static bl_dec taken_of(const bl_rater *r, size_t before, uint64_t grant) {
  bl_dec sum = BL_DEC_ZERO;

  for (size_t i = 0; i < before; i++)
    if (r->draws.item[i].grant == grant)
      sum = bl_dec_add(sum, r->draws.item[i].amount);
  return sum;
}

/* An amount being split over lots. */
typedef struct split {
  bl_rater            *r;
  const bl_use        *use;
  const bl_hold_state *hold;   /* its lots first; NULL: none */
  bl_dec               rest;
  size_t               before; /* draws that are decided, but not folded */
} split;

/* A lot as it stands, or a copy, when some of it is or will be taken. */
static bl_lot *payer_of(split *s, bl_lot *lot, bl_dec left) {
  bl_lot *copy;

  if (!s->hold && bl_dec_equal(left, lot->left)) return lot;
  copy = bl_arena_copy(&s->r->own, lot, sizeof *lot);
  if (copy) copy->left = left;
  return copy;
}

/* What an earlier charge of the event gives back may bring a lot to life. */
static const bl_list *candidates(const split *s, const bl_wallet *wallet) {
  for (size_t i = 0; i < s->before; i++)
    if (bl_dec_sign(s->r->draws.item[i].amount) < 0) return &wallet->grants;
  return &wallet->live;
}

static int add_payer(bl_rater *r, bl_lot *lot) {
  bl_lot **place;

  if (!lot) return BILLING_NOMEM;
  place = bl_arena_push(&r->c->arena, (void **)&r->lots, &r->lot_count,
                        &r->lot_cap, sizeof *place);
  if (!place) return BILLING_NOMEM;
  *place = lot;
  r->lot_count++;
  return BILLING_OK;
}

/* The lots in the default order until they cover the amount, or all. */
static int find_payers(split *s, const bl_wallet *wallet, int all) {
  const bl_list *grants = candidates(s, wallet);
  bl_dec rest = s->rest;
  int rc = BILLING_OK;

  for (size_t i = grants->first;
       i < grants->count && !rc && (all || bl_dec_sign(rest) > 0); i++) {
    bl_grant_state *grant = grants->item[i];
    bl_dec left = grant->lot.left;
    if (s->before)
      left = bl_dec_sub(left, taken_of(s->r, s->before, grant->lot.number));
    if (bl_dec_sign(left) <= 0 || !bl_lot_pays(&grant->lot, s->use)) continue;
    rc = add_payer(s->r, payer_of(s, &grant->lot, left));
    left = bl_dec_sub(left, grant->lot.held);
    if (bl_dec_sign(left) > 0) rest = bl_dec_sub(rest, left);
  }
  return rc;
}

/* What the hold reserved in a lot is drawn before anything else. */
static void draw_reserved(split *s, bl_lot *lot, bl_dec most) {
  bl_lot copy = *lot, *one = &copy;
  bl_draw made[2];

  copy.held = BL_DEC_ZERO;
  copy.left = bl_dec_min(most, bl_dec_sub(lot->left, lot->held));
  if (bl_dec_sign(copy.left) <= 0) return;
  bl_burndown(&one, 1, s->use, s->rest, made);
  if (made[0].grant != lot->number) return;
  s->r->draws.item[s->r->draws.count++] = made[0];
  lot->left = bl_dec_sub(lot->left, made[0].amount);
  s->rest = bl_dec_sub(s->rest, made[0].amount);
}

static void draw_held(split *s) {
  const bl_rater *r = s->r;

  for (size_t i = 0; i < s->hold->draw_count && bl_dec_sign(s->rest) > 0;
       i++) {
    const bl_draw *held = &s->hold->draws[i];
    bl_dec most = bl_dec_sub(held->amount,
                             taken_of(r, s->before, held->grant));
    if (bl_dec_sign(most) <= 0) continue;
    for (size_t k = 0; k < r->lot_count; k++)
      if (r->lots[k]->number == held->grant)
        draw_reserved(s, r->lots[k], most);
  }
}

static int make_draws(split *s, const bl_order *order, int is_capped) {
  bl_rater *r = s->r;
  size_t held = s->hold ? s->hold->draw_count : 0;
  int rc = reserve_draws(r, r->lot_count + held + 2);

  if (rc) return rc;
  if (order) bl_order_sort(order, r->lots, r->lot_count);
  if (s->hold) draw_held(s);
  if (is_capped) r->lot_count = 0;
  if (bl_dec_sign(s->rest) > 0)
    r->draws.count += bl_burndown(r->lots, r->lot_count, s->use, s->rest,
                                  r->draws.item + r->draws.count);
  return BILLING_OK;
}

int bl_rate_draws(bl_rater *r, const bl_wallet *wallet, const bl_use *use,
                  const bl_order *order, bl_dec amount,
                  const bl_draw_rule *rule) {
  const bl_hold_state *hold =
      rule && rule->hold && rule->hold->draw_count ? rule->hold : NULL;
  split s = {r, use, hold, amount, r->draws.count};
  bl_arena_mark mark = bl_arena_now(&r->own);
  int rc = BILLING_OK;

  r->lot_count = 0;
  if (wallet) rc = find_payers(&s, wallet, order || hold);
  if (!rc) rc = make_draws(&s, order, rule && rule->is_capped);
  bl_arena_back(&r->own, mark);
  return rc;
}

/* The newest draws of the key come back first. */
static int give_back(bl_rater *r, const bl_tally *tally, bl_dec amount) {
  int rc = reserve_draws(r, tally->stack_count + 1);

  if (!rc)
    r->draws.count += bl_burndown_back(tally->stack, tally->stack_count,
                                       amount,
                                       r->draws.item + r->draws.count);
  return rc;
}

/* What of a charge is drawn, or given back when it is below zero.  A total
 * below zero is owed to the customer: nothing was drawn for it, so what is
 * charged next is taken off it first. */
static bl_dec drawable(const bl_tally *tally, bl_dec amount) {
  bl_dec before = bl_dec_max(tally->amount, BL_DEC_ZERO);
  bl_dec after = bl_dec_max(bl_dec_add(tally->amount, amount), BL_DEC_ZERO);

  return bl_dec_sub(after, before);
}

/* draw_count is set; where they begin is set when all charges are made. */
static int choose_draws(bl_rater *r, const bl_contract *contract,
                        const bl_price *price, const bl_tally *tally,
                        bl_fact_charge *charge) {
  bl_dec amount = drawable(tally, charge->amount);
  int sign = bl_dec_sign(amount);
  size_t before = r->draws.count;
  const bl_order *order;
  bl_use use;
  int rc;

  if (sign == 0) return BILLING_OK;
  order = contract->terms.has_order ? &contract->terms.order : NULL;
  use = (bl_use){price->meter, price->id, contract->terms.id,
                 r->in->view.time_us, {0}};
  memcpy(use.asset, price->asset, sizeof use.asset);
  rc = sign > 0 ? bl_rate_draws(r, bl_wallet_of(contract->customer,
                                                price->asset),
                                &use, order, amount, r->rule)
                : give_back(r, tally, bl_dec_neg(amount));
  charge->draw_count = r->draws.count - before;
  return rc;
}

/* ---- charges ---- */

static int add_charge(bl_rater *r, bl_fact_charge **charge, bl_tally *tally) {
  bl_arena *arena = &r->c->arena;
  bl_tally **place;

  *charge = bl_arena_push(arena, (void **)&r->charges, &r->tally_count,
                          &r->charge_cap, sizeof **charge);
  place = bl_arena_push(arena, (void **)&r->tallies, &r->tally_count,
                        &r->tally_cap, sizeof *place);
  if (!*charge || !place) return BILLING_NOMEM;
  *place = tally;
  r->tally_count++;
  return BILLING_OK;
}

static int keep_made(bl_rater *r, bl_tally *tally) {
  bl_tally **place = bl_arena_push(&r->c->arena, (void **)&r->made,
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
                      uint64_t period, bl_tally **out) {
  const bl_price *price = &contract->plan->plan.prices[at];
  bl_str group = {NULL, 0};
  size_t known = contract->tallies.count;
  int rc = BILLING_OK;

  if (price->group_count) {
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

/* What a value of `unique` counts as, and whether it is new. */
static void count_unique(bl_rater *r, const bl_tally *tally, bl_str unique,
                         bl_usage *usage, bl_fact_charge *charge) {
  bl_key_hash16(charge->unique, r->c->b->content_key, unique.text, unique.len);
  usage->is_new = !bl_map_get(&tally->unique, charge->unique, 16);
  charge->has_unique = usage->is_new;
}

static int charge_price(bl_rater *r, bl_contract *contract, size_t at,
                        uint64_t period, const bl_meter *meter,
                        bl_usage usage, bl_str unique) {
  const bl_price *price = &contract->plan->plan.prices[at];
  bl_fact_charge *charge;
  bl_tally *tally;
  bl_level after;
  int rc = find_tally(r, contract, at, period, &tally);

  if (!rc) rc = add_charge(r, &charge, tally);
  if (rc) return rc;
  if (meter->aggregation == BL_AGG_UNIQUE)
    count_unique(r, tally, unique, &usage, charge);
  after = bl_aggregate_add(meter->aggregation, tally->level, &usage);
  if (meter->aggregation == BL_AGG_LATEST) charge->at_us = after.at_us;
  charge->quantity = bl_dec_sub(after.total, tally->level.total);
  charge->amount =
      bl_dec_sub(bl_price_total(price, after.total), tally->amount);
  if (bl_dec_is_bad(charge->amount) || bl_dec_is_bad(charge->quantity))
    return bl_fail(r->c->err, BILLING_LIMIT, "/value",
                   "quantities and amounts below 10^20",
                   "the running total of price %t does not fit", &price->id);
  if (tally->stack_count) bl_prefetch(&tally->stack[tally->stack_count - 1]);
  if (period < contract->closed) r->fact->flags |= BILLING_RECEIPT_LATE;
  return choose_draws(r, contract, price, tally, charge);
}

static int charge_contract(bl_rater *r, bl_contract *contract,
                           const bl_meter_state *meter, bl_usage usage,
                           bl_str unique) {
  const bl_plan_version *plan = contract->plan;
  uint64_t period;
  int rc = bl_open_periods(r->c, contract, usage.time_us, &period);

  if (rc) return rc == BILLING_NOTFOUND ? BILLING_OK : rc;
  r->is_covered = 1;
  for (size_t i = bl_plan_first(plan, meter); i < plan->plan.price_count &&
       !rc; i = plan->next[i]) {
    const bl_price *price = &plan->plan.prices[i];
    if (!bl_meter_matches(price->filters, price->filter_count, &r->in->view))
      continue;
    r->is_priced = 1;
    rc = charge_price(r, contract, i, period, &meter->meter, usage, unique);
  }
  return rc;
}

static int use_meter(bl_rater *r, const bl_meter_state *meter) {
  bl_customer *customer = r->in->customer;
  bl_usage usage = {BL_DEC_ZERO, r->in->view.time_us, 0, 0};
  bl_str unique = {NULL, 0};
  int rc;

  if (!bl_meter_matches(meter->meter.filters, meter->meter.filter_count,
                        &r->in->view))
    return BILLING_OK;
  r->is_matched = 1;
  rc = bl_meter_sample(&meter->meter, &r->in->view, &usage.quantity, &unique,
                       r->c->err);
  for (size_t i = 0; i < customer->contracts.count && !rc; i++)
    rc = charge_contract(r, customer->contracts.item[i], meter, usage,
                         unique);
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

  if (!r->is_matched) fact->flags |= BILLING_RECEIPT_UNMATCHED;
  else if (!r->is_covered) fact->flags |= BILLING_RECEIPT_UNENTITLED;
  else if (!r->is_priced) fact->flags |= BILLING_RECEIPT_UNPRICED;
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
  r->is_matched = r->is_priced = r->is_covered = 0;
  memset(fact, 0, sizeof *fact);
  fact->customer = in->customer->number;
  fact->time_us = in->view.time_us;
  fact->flags = in->event->time_us ? 0 : BL_EVENT_UNTIMED;
}

int bl_rate(bl_rater *r, const bl_event_in *in, const bl_draw_rule *rule,
            bl_fact_event *fact) {
  bl_str name = in->view.name;
  const bl_list *listeners =
      bl_map_get(&r->c->t->meters_by_event, name.text, name.len);
  int rc = BILLING_OK;

  start_rating(r, in, rule, fact);
  for (size_t i = 0; listeners && i < listeners->count && !rc; i++)
    rc = use_meter(r, listeners->item[i]);
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
  return bl_wallet_free(bl_wallet_of(r->in->customer, asset), c->now_us);
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
