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

/* An event being rated. */
typedef struct rating {
  bl_call             *c;
  const bl_event_in   *in;
  const bl_draw_rule  *rule;
  bl_fact_event       *fact;
  bl_tally           **tallies;
  size_t               charge_cap;
  size_t               tally_count;
  size_t               tally_cap;
  bl_draw             *taken;       /* by the charges before */
  size_t               taken_count;
  size_t               taken_cap;
  bl_tally           **made;        /* that were not there before */
  size_t               made_count;
  size_t               made_cap;
  uint32_t             is_matched;
  uint32_t             is_priced;
} rating;

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

static bl_dec taken_of(const bl_draw *taken, size_t count, uint64_t grant) {
  bl_dec sum = BL_DEC_ZERO;

  for (size_t i = 0; i < count; i++)
    if (taken[i].grant == grant) sum = bl_dec_add(sum, taken[i].amount);
  return sum;
}

/*
 * An amount being split over lots.  What is worked out on the way lies in an
 * arena of its own: a batch may have thousands of splits over thousands of
 * lots, and only the draws are kept.
 */
typedef struct split {
  const bl_use        *use;
  const bl_hold_state *hold;        /* its lots first; NULL: none */
  const bl_draw       *taken;       /* decided, but not folded */
  size_t               taken_count;
  bl_dec               rest;
  bl_arena             own;
  bl_lot             **lots;        /* that can pay */
  size_t               count;
  size_t               cap;
  bl_draw             *draws;
  size_t               made;
} split;

/* A lot as it stands, or a copy, when some of it is or will be taken. */
static bl_lot *payer_of(split *s, bl_lot *lot, bl_dec left) {
  bl_lot *copy;

  if (!s->hold && bl_dec_equal(left, lot->left)) return lot;
  copy = bl_arena_copy(&s->own, lot, sizeof *lot);
  if (copy) copy->left = left;
  return copy;
}

/* What an earlier charge of the event gives back may bring a lot to life. */
static const bl_list *candidates(const split *s, const bl_wallet *wallet) {
  for (size_t i = 0; i < s->taken_count; i++)
    if (bl_dec_sign(s->taken[i].amount) < 0) return &wallet->grants;
  return &wallet->live;
}

/* The lots in the default order until they cover the amount, or all. */
static int find_payers(split *s, const bl_wallet *wallet, int all) {
  const bl_list *grants = candidates(s, wallet);
  bl_dec rest = s->rest;

  for (size_t i = grants->first;
       i < grants->count && (all || bl_dec_sign(rest) > 0); i++) {
    bl_grant_state *grant = grants->item[i];
    bl_dec left = bl_dec_sub(
        grant->lot.left,
        taken_of(s->taken, s->taken_count, grant->lot.number));
    bl_lot **place;
    if (bl_dec_sign(left) <= 0 || !bl_lot_pays(&grant->lot, s->use)) continue;
    place = bl_arena_push(&s->own, (void **)&s->lots, &s->count, &s->cap,
                          sizeof *place);
    if (!place) return BILLING_NOMEM;
    *place = payer_of(s, &grant->lot, left);
    if (!*place) return BILLING_NOMEM;
    s->count++;
    left = bl_dec_sub(left, grant->lot.held);
    if (bl_dec_sign(left) > 0) rest = bl_dec_sub(rest, left);
  }
  return BILLING_OK;
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
  s->draws[s->made++] = made[0];
  lot->left = bl_dec_sub(lot->left, made[0].amount);
  s->rest = bl_dec_sub(s->rest, made[0].amount);
}

static void draw_held(split *s) {
  for (size_t i = 0; i < s->hold->draw_count && bl_dec_sign(s->rest) > 0;
       i++) {
    const bl_draw *held = &s->hold->draws[i];
    bl_dec most = bl_dec_sub(held->amount, taken_of(s->taken, s->taken_count,
                                                    held->grant));
    if (bl_dec_sign(most) <= 0) continue;
    for (size_t k = 0; k < s->count; k++)
      if (s->lots[k]->number == held->grant)
        draw_reserved(s, s->lots[k], most);
  }
}

static int make_draws(split *s, const bl_order *order, int is_capped) {
  size_t held = s->hold ? s->hold->draw_count : 0;

  s->draws = bl_arena_array(&s->own, s->count + held + 2, sizeof *s->draws);
  if (!s->draws) return BILLING_NOMEM;
  if (order) bl_order_sort(order, s->lots, s->count);
  if (s->hold) draw_held(s);
  if (is_capped) s->count = 0;
  if (bl_dec_sign(s->rest) > 0)
    s->made += bl_burndown(s->lots, s->count, s->use, s->rest,
                           s->draws + s->made);
  return BILLING_OK;
}

/* Ends a split; its draws are kept in the call's arena. */
static int end_split(bl_call *c, int rc, split *s, bl_draw **draws,
                      size_t *count) {
  if (!rc) {
    *count = s->made;
    *draws = bl_arena_copy(&c->arena, s->draws, s->made * sizeof *s->draws);
    if (!*draws) rc = BILLING_NOMEM;
  }
  bl_arena_close(&s->own);
  return rc;
}

int bl_rate_draws(bl_call *c, const bl_wallet *wallet, const bl_use *use,
                  const bl_order *order, bl_dec amount,
                  const bl_draw_rule *rule, const bl_draw *taken,
                  size_t taken_count, bl_draw **draws, size_t *count) {
  split s;
  int rc = BILLING_OK;

  memset(&s, 0, sizeof s);
  bl_arena_open(&s.own, &c->b->host);
  s.use = use;
  s.hold = rule && rule->hold && rule->hold->draw_count ? rule->hold : NULL;
  s.taken = taken;
  s.taken_count = taken_count;
  s.rest = amount;
  if (wallet) rc = find_payers(&s, wallet, order || s.hold);
  if (!rc) rc = make_draws(&s, order, rule && rule->is_capped);
  return end_split(c, rc, &s, draws, count);
}

/* The newest draws of the key come back first. */
static int give_back(bl_call *c, const bl_tally *tally, bl_dec amount,
                     bl_fact_charge *charge) {
  split s;
  int rc;

  memset(&s, 0, sizeof s);
  bl_arena_open(&s.own, &c->b->host);
  s.draws = bl_arena_array(&s.own, tally->stack_count + 1, sizeof *s.draws);
  rc = s.draws ? BILLING_OK : BILLING_NOMEM;
  if (!rc)
    s.made = bl_burndown_back(tally->stack, tally->stack_count, amount,
                              s.draws);
  return end_split(c, rc, &s, &charge->draws, &charge->draw_count);
}

static int take(rating *r, const bl_draw *draws, size_t count) {
  for (size_t i = 0; i < count; i++) {
    bl_draw *draw = bl_arena_push(&r->c->arena, (void **)&r->taken,
                                  &r->taken_count, &r->taken_cap,
                                  sizeof *draw);
    if (!draw) return BILLING_NOMEM;
    *draw = draws[i];
    r->taken_count++;
  }
  return BILLING_OK;
}

/*
 * What of a charge is drawn, or given back when it is below zero.  A total
 * below zero is owed to the customer: nothing was drawn for it, so what is
 * charged next is taken off it first.
 */
static bl_dec drawable(const bl_tally *tally, bl_dec amount) {
  bl_dec before = bl_dec_max(tally->amount, BL_DEC_ZERO);
  bl_dec after = bl_dec_max(bl_dec_add(tally->amount, amount), BL_DEC_ZERO);

  return bl_dec_sub(after, before);
}

static int choose_draws(rating *r, const bl_contract *contract,
                        const bl_price *price, const bl_tally *tally,
                        bl_fact_charge *charge) {
  bl_call *c = r->c;
  const bl_wallet *wallet = bl_wallet_of(contract->customer, price->asset);
  const bl_order *order =
      contract->terms.has_order ? &contract->terms.order : NULL;
  bl_use use = {price->meter, price->id, contract->terms.id,
                r->in->view.time_us, {0}};
  bl_dec amount = drawable(tally, charge->amount);
  int sign = bl_dec_sign(amount);
  int rc;

  memcpy(use.asset, price->asset, sizeof use.asset);
  if (sign == 0) return BILLING_OK;
  rc = sign > 0 ? bl_rate_draws(c, wallet, &use, order, amount, r->rule,
                                r->taken, r->taken_count, &charge->draws,
                                &charge->draw_count)
                : give_back(c, tally, bl_dec_neg(amount), charge);
  return rc ? rc : take(r, charge->draws, charge->draw_count);
}

/* ---- charges ---- */

/* Most events have one charge, and a batch has thousands of events: room
 * begins with one. */
static int begin_charges(rating *r) {
  r->fact->charges = bl_arena_array(&r->c->arena, 1, sizeof *r->fact->charges);
  r->tallies = bl_arena_array(&r->c->arena, 1, sizeof *r->tallies);
  if (!r->fact->charges || !r->tallies) return BILLING_NOMEM;
  r->charge_cap = r->tally_cap = 1;
  return BILLING_OK;
}

static int add_charge(rating *r, bl_fact_charge **charge, bl_tally *tally) {
  bl_call *c = r->c;
  bl_tally **place;

  if (!r->charge_cap && begin_charges(r)) return BILLING_NOMEM;
  *charge = bl_arena_push(&c->arena, (void **)&r->fact->charges,
                          &r->fact->charge_count, &r->charge_cap,
                          sizeof **charge);
  place = bl_arena_push(&c->arena, (void **)&r->tallies, &r->tally_count,
                        &r->tally_cap, sizeof *place);
  if (!*charge || !place) return BILLING_NOMEM;
  *place = tally;
  r->fact->charge_count++;
  r->tally_count++;
  return BILLING_OK;
}

static int keep_made(rating *r, bl_tally *tally) {
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
static void forget_made(rating *r) {
  while (r->made_count > 0) {
    bl_map *map = &r->made[--r->made_count]->contract->tallies;
    bl_map_cut(map, map->count - 1);
  }
}

static int find_tally(rating *r, bl_contract *contract, size_t at,
                      uint64_t period, bl_tally **out) {
  const bl_price *price = &contract->plan->plan.prices[at];
  bl_str group = {NULL, 0};
  size_t known;
  bl_text text;
  int rc;

  if (price->group_count) {
    bl_text_open(&text, &r->c->arena);
    rc = bl_meter_group(price->groups, price->group_count, &r->in->view,
                        &text);
    if (rc) return rc;
    group = (bl_str){text.text, text.len};
  }
  known = contract->tallies.count;
  *out = bl_tally_make(r->c->t, contract, at, period, group);
  if (!*out) return BILLING_NOMEM;
  return contract->tallies.count == known ? BILLING_OK : keep_made(r, *out);
}

static int charge_price(rating *r, bl_contract *contract, size_t at,
                        uint64_t period, const bl_meter *meter,
                        bl_usage usage, bl_str unique) {
  const bl_price *price = &contract->plan->plan.prices[at];
  bl_fact_charge *charge;
  bl_tally *tally;
  int rc = find_tally(r, contract, at, period, &tally);

  if (!rc) rc = add_charge(r, &charge, tally);
  if (rc) return rc;
  if (meter->aggregation == BL_AGG_UNIQUE) {
    bl_key_hash16(charge->unique, r->c->b->content_key, unique.text,
                  unique.len);
    usage.is_new = !bl_map_get(&tally->unique, charge->unique, 16);
    charge->has_unique = usage.is_new;
  }
  charge->after = bl_aggregate_add(meter->aggregation, tally->level, &usage);
  if (meter->aggregation != BL_AGG_LATEST) charge->after.at_us = 0;
  charge->quantity = bl_dec_sub(charge->after.total, tally->level.total);
  charge->amount =
      bl_dec_sub(bl_price_total(price, charge->after.total), tally->amount);
  if (bl_dec_is_bad(charge->amount) || bl_dec_is_bad(charge->after.total))
    return bl_fail(r->c->err, BILLING_LIMIT, "/value",
                   "quantities and amounts below 10^20",
                   "the running total of price %t does not fit", &price->id);
  if (period < contract->closed) r->fact->flags |= BILLING_RECEIPT_LATE;
  return choose_draws(r, contract, price, tally, charge);
}

static int charge_contract(rating *r, bl_contract *contract,
                           const bl_meter_state *meter, bl_usage usage,
                           bl_str unique) {
  const bl_plan_version *plan = contract->plan;
  int rc = BILLING_OK;
  uint64_t period;

  rc = bl_open_periods(r->c, contract, usage.time_us, &period);
  if (rc) return rc == BILLING_NOTFOUND ? BILLING_OK : rc;
  for (size_t i = 0; i < plan->plan.price_count && !rc; i++) {
    const bl_price *price = &plan->plan.prices[i];
    if (plan->meters[i] != meter ||
        !bl_meter_matches(price->filters, price->filter_count, &r->in->view))
      continue;
    r->is_priced = 1;
    rc = charge_price(r, contract, i, period, &meter->meter, usage, unique);
  }
  return rc;
}

static int use_meter(rating *r, const bl_meter_state *meter) {
  bl_customer *customer = r->in->customer;
  bl_usage usage = {BL_DEC_ZERO, r->in->view.time_us, 0, 0};
  bl_str unique = {NULL, 0};
  int rc;

  if (!bl_meter_wants(&meter->meter, &r->in->view))
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
static int check_room(const rating *r) {
  for (size_t i = 0; i < r->tally_count; i++) {
    const char *asset = bl_tally_price(r->tallies[i])->asset;
    const bl_wallet *wallet = bl_wallet_of(r->in->customer, asset);
    bl_dec sum = wallet ? wallet->balance[BL_ACCOUNT_REVENUE] : BL_DEC_ZERO;

    for (size_t k = 0; k < r->tally_count; k++)
      if (bl_asset_equal(bl_tally_price(r->tallies[k])->asset, asset))
        sum = bl_dec_sub(sum, r->fact->charges[k].amount);
    if (bl_dec_is_bad(sum))
      return bl_fail(r->c->err, BILLING_LIMIT, "/value",
                     "quantities and amounts below 10^20",
                     "what the customer has cost in all does not fit");
  }
  return BILLING_OK;
}

/* Whether the event's charges are in several assets. */
static int is_mixed(const rating *r) {
  for (size_t i = 1; i < r->tally_count; i++)
    if (!bl_asset_equal(bl_tally_price(r->tallies[i])->asset,
                        bl_tally_price(r->tallies[0])->asset))
      return 1;
  return 0;
}

static void set_flags(rating *r) {
  bl_fact_event *fact = r->fact;

  if (!r->is_matched) fact->flags |= BILLING_RECEIPT_UNMATCHED;
  else if (!r->is_priced) fact->flags |= BILLING_RECEIPT_UNPRICED;
  if (is_mixed(r)) fact->flags |= BILLING_RECEIPT_MIXED;
  for (size_t i = 0; i < r->taken_count; i++)
    if (!r->taken[i].grant && bl_dec_sign(r->taken[i].amount) > 0)
      fact->flags |= BILLING_RECEIPT_OWED;
}

/* Free in the first charge's asset once the draws are folded. */
static void set_balance(rating *r) {
  const bl_wallet *wallet;
  bl_dec left;

  if (!r->tally_count) return;
  wallet = bl_wallet_of(r->in->customer, bl_tally_price(r->tallies[0])->asset);
  r->fact->balance = bl_wallet_free(wallet, r->c->now_us, &left);
  for (size_t i = 0; wallet && i < r->taken_count; i++) {
    const bl_grant_state *grant =
        bl_list_by_number(&r->c->t->by_grant, r->taken[i].grant);
    bl_span life;
    if (!grant || !bl_asset_equal(grant->lot.asset, wallet->asset)) continue;
    life = (bl_span){grant->lot.effective_us, grant->lot.expires_us};
    if (grant->expired_seq || !bl_span_holds(life, r->c->now_us)) continue;
    r->fact->balance = bl_dec_sub(r->fact->balance, r->taken[i].amount);
  }
}

int bl_rate(bl_call *c, const bl_event_in *in, const bl_draw_rule *rule,
            bl_fact_event *fact, bl_tally ***tallies) {
  bl_str name = in->view.name;
  const bl_list *listeners =
      bl_map_get(&c->t->meters_by_event, name.text, name.len);
  rating r = {0};
  int rc = BILLING_OK;

  memset(fact, 0, sizeof *fact);
  r.c = c;
  r.in = in;
  r.rule = rule;
  r.fact = fact;
  fact->customer = in->customer->number;
  fact->time_us = in->view.time_us;
  memcpy(fact->key_hash, in->key_hash, sizeof fact->key_hash);
  fact->content = in->content;
  for (size_t i = 0; listeners && i < listeners->count && !rc; i++)
    rc = use_meter(&r, listeners->item[i]);
  if (!rc) rc = check_room(&r);
  if (rc) forget_made(&r);
  if (rc) return rc;
  set_flags(&r);
  set_balance(&r);
  *tallies = r.tallies;
  return c->arena.failed ? BILLING_NOMEM : BILLING_OK;
}

void bl_receipt_of_fact(const bl_fact_event *fact,
                        bl_tally *const *tallies, uint64_t number,
                        int64_t decided_us, billing_receipt *out) {
  const char *asset = NULL;

  memset(out, 0, sizeof *out);
  out->struct_size = sizeof *out;
  out->flags = (uint32_t)fact->flags;
  out->status = BILLING_STATUS_NEW;
  out->number = number;
  out->decided_us = decided_us;
  out->balance = fact->balance;
  out->charges = (uint32_t)fact->charge_count;
  for (size_t i = 0; i < fact->charge_count; i++) {
    const bl_fact_charge *charge = &fact->charges[i];
    const char *own = bl_tally_price(tallies[charge->key])->asset;
    out->draws += (uint32_t)charge->draw_count;
    if (!asset) asset = own;
    if (!bl_asset_equal(asset, own)) continue;
    out->cost = bl_dec_add(out->cost, charge->amount);
    for (size_t k = 0; k < charge->draw_count; k++)
      if (charge->draws[k].grant)
        out->drawn = bl_dec_add(out->drawn, charge->draws[k].amount);
  }
  if (asset) memcpy(out->asset, asset, sizeof out->asset);
}
