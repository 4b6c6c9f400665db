/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * rate_draws.c - who pays a charge: lots in the contract's order; and to whom
 * a charge below zero goes back.
 */
#include "engine/caps.h"
#include "engine/rate.h"
#include "engine/timeline.h"
#include "price/price.h"

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
  const bl_draw_rule *rule;    /* what is reserved first; NULL: nothing */
  bl_dec               rest;
  size_t               before; /* draws that are decided, but not folded */
  const bl_customer   *customer;
  uint32_t             distance;   /* up to whose lots they are at hand */
} split;

/* A lot as it stands, or a copy, when some of it is or will be taken, or it is
 * somebody else's. */
static bl_lot *payer_of(split *s, bl_lot *lot, bl_dec left) {
  bl_lot *copy;

  if (!s->rule && !s->distance && bl_dec_equal(left, lot->left)) return lot;
  copy = bl_arena_copy(&s->r->own, lot, sizeof *lot);
  if (!copy) return NULL;
  copy->left = left;
  copy->distance = s->distance;
  return copy;
}

/* What of `left` the grant's caps let through, beside what is held of it. */
static int cap_left(const split *s, const bl_grant_state *grant,
                    bl_dec *left) {
  const bl_rater *r = s->r;
  int64_t again_us;
  bl_dec room;
  int rc;

  if (!r->is_capped || !grant->scope.caps.count) return BILLING_OK;
  rc = bl_cap_room(r->c, grant, &room, &again_us);
  if (rc || bl_dec_is_max(room)) return rc;
  room = bl_dec_sub(room, bl_dec_max(taken_of(r, s->before, grant->lot.number),
                                     BL_DEC_ZERO));
  room = bl_dec_add(grant->lot.held, bl_dec_max(room, BL_DEC_ZERO));
  *left = bl_dec_min(*left, room);
  return BILLING_OK;
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
  place = bl_arena_next(&r->c->arena, (void **)&r->lots, &r->lot_count,
                        &r->lot_cap, sizeof *place);
  if (!place) return BILLING_NOMEM;
  *place = lot;
  r->lot_count++;
  return BILLING_OK;
}

/* Those of others are asked whether they are shared. */
static int may_pay(const split *s, const bl_lot *lot) {
  return bl_lot_pays(lot, s->use) &&
         (!s->distance || bl_scope_shares(lot->scope, s->customer->number));
}

/* The lots in the default order until they cover the amount, or all.  What
 * returns to an expired one expires at once: it pays nothing. */
static int find_payers(split *s, const bl_wallet *wallet, int all,
                       bl_dec *missing) {
  const bl_list *grants = candidates(s, wallet);
  bl_dec rest = *missing;
  int rc = BILLING_OK;

  for (size_t i = grants->first;
       i < grants->count && !rc && (all || bl_dec_sign(rest) > 0); i++) {
    bl_grant_state *grant = grants->item[i];
    bl_dec left = grant->lot.left;
    if (s->before && !grant->expired_seq)
      left = bl_dec_sub(left, taken_of(s->r, s->before, grant->lot.number));
    if (bl_dec_sign(left) <= 0 || !may_pay(s, &grant->lot)) continue;
    rc = cap_left(s, grant, &left);
    if (!rc) rc = add_payer(s->r, payer_of(s, &grant->lot, left));
    left = bl_dec_sub(left, grant->lot.held);
    if (bl_dec_sign(left) > 0) rest = bl_dec_sub(rest, left);
  }
  *missing = rest;
  return rc;
}

/* The lots of those above, generation by generation. */
static int find_kin_payers(split *s, int all, bl_dec *missing) {
  const bl_tenant *t = s->r->c->t;
  const bl_customer *at = bl_parent_of(t, s->customer);
  int rc = BILLING_OK;

  for (; at && !rc; at = bl_parent_of(t, at)) {
    const bl_wallet *wallet = bl_wallet_of(at, s->use->asset);
    s->distance++;
    if (wallet) rc = find_payers(s, wallet, all, missing);
  }
  return rc;
}

/* An order that does not say otherwise begins with whose a lot is. */
static void sort_payers(const split *s, const bl_order *order) {
  bl_order nearest = {{BL_ORDER_NEAREST}, 1};
  bl_rater *r = s->r;
  uint32_t at = 0;

  while (at < order->count && order->key[at] != BL_ORDER_NEAREST) at++;
  if (s->distance && at == order->count) {
    assert(order->count < BL_ORDER_MOST);
    memcpy(nearest.key + 1, order->key, order->count * sizeof *order->key);
    nearest.count += order->count;
    order = &nearest;
  }
  bl_order_sort(order, r->lots, r->lot_count);
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

/* A promise is kept when the customer has left the family since. */
static void draw_of_elder(split *s, const bl_draw *held, bl_dec most) {
  const bl_grant_state *grant =
      bl_table_at(&s->r->c->t->by_grant, held->grant);
  bl_lot copy;

  if (!grant || grant->customer == s->customer ||
      !bl_lot_pays(&grant->lot, s->use))
    return;
  copy = grant->lot;
  copy.left = bl_dec_sub(copy.left, taken_of(s->r, s->before, held->grant));
  draw_reserved(s, &copy, most);
}

static void draw_held(split *s) {
  const bl_rater *r = s->r;

  for (size_t i = 0; i < s->rule->count && bl_dec_sign(s->rest) > 0; i++) {
    const bl_draw *held = &s->rule->reserved[i];
    bl_dec most = bl_dec_sub(held->amount,
                             taken_of(r, s->before, held->grant));
    size_t at = 0;
    if (bl_dec_sign(most) <= 0) continue;
    while (at < r->lot_count && r->lots[at]->number != held->grant) at++;
    if (at < r->lot_count) draw_reserved(s, r->lots[at], most);
    else if (s->customer->elder_count) draw_of_elder(s, held, most);
  }
}

static int make_draws(split *s, const bl_order *order, int is_capped) {
  bl_rater *r = s->r;
  size_t held = s->rule ? s->rule->count : 0;
  int rc = reserve_draws(r, r->lot_count + held + 2);

  if (rc) return rc;
  if (order) sort_payers(s, order);
  if (s->rule) draw_held(s);
  if (is_capped) r->lot_count = 0;
  if (bl_dec_sign(s->rest) > 0)
    r->draws.count += bl_burndown(r->lots, r->lot_count, s->use, s->rest,
                                  r->draws.item + r->draws.count);
  return BILLING_OK;
}

int bl_rate_draws(bl_rater *r, const bl_customer *customer, const bl_use *use,
                  const bl_order *order, bl_dec amount,
                  const bl_draw_rule *rule) {
  const bl_draw_rule *first = rule && rule->count ? rule : NULL;
  const bl_wallet *wallet = bl_wallet_of(customer, use->asset);
  split s = {r, use, first, amount, r->draws.count, customer, 0};
  bl_arena_mark mark = bl_arena_now(&r->own);
  int rc = BILLING_OK, all = order || first;

  r->lot_count = 0;
  if (wallet) rc = find_payers(&s, wallet, all, &amount);
  if (!rc && customer->parent) rc = find_kin_payers(&s, all, &amount);
  if (!rc) rc = make_draws(&s, order, rule && rule->is_capped);
  bl_arena_back(&r->own, mark);
  return rc;
}

void bl_rate_used(const bl_draw_rule *rule, const bl_fact_event *fact) {
  for (size_t i = 0; i < fact->charge_count; i++)
    for (size_t k = 0; k < fact->charges[i].draw_count; k++) {
      bl_draw used = fact->charges[i].draws[k];
      for (size_t n = 0; used.grant && n < rule->count; n++) {
        bl_draw *held = &rule->reserved[n];
        bl_dec most = bl_dec_min(held->amount, used.amount);
        if (held->grant != used.grant || bl_dec_sign(most) <= 0) continue;
        held->amount = bl_dec_sub(held->amount, most);
        used.amount = bl_dec_sub(used.amount, most);
      }
    }
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

/* Where a price has two rates, each lot draws at its own. */
static uint32_t use_rate(const bl_tally *tally) {
  const bl_plan_version *plan = tally->contract->plan;
  uint64_t at = bl_plan_commit(plan, tally->price);

  if (bl_price_is_commit(bl_tally_price(tally))) return BL_USE_COMMIT;
  return at && bl_price_of_group(&plan->plan.prices[at], tally->group)
           ? BL_USE_LIST : BL_USE_ANY;
}

/* Whether some grant that may pay is for some values alone. */
static int is_targeted(const bl_tenant *t, const bl_customer *at,
                       const char asset[16]) {
  const bl_wallet *wallet;

  do {
    wallet = bl_wallet_of(at, asset);
    if (wallet && wallet->targeted) return 1;
    at = bl_parent_of(t, at);
  } while (at);
  return 0;
}

/* Scopes name the meter and the tags also of what has none of its own; values
 * of groups are asked for by grants for some of them alone. */
int bl_rate_use(bl_rater *r, const bl_tally *tally, int64_t time_us,
                bl_use *out) {
  const bl_contract *contract = tally->contract;
  const bl_price *price = bl_tally_price(tally);
  const bl_price *named = bl_price_named(price);

  *out = (bl_use){.meter = named->meter, .price = price->id,
                  .contract = contract->terms.id, .time_us = time_us,
                  .tags = named->tags, .tag_count = named->tag_count,
                  .rate = use_rate(tally)};
  memcpy(out->asset, price->asset, sizeof out->asset);
  return is_targeted(r->c->t, contract->customer, price->asset)
             ? bl_group_values(tally->group, &r->c->arena, &out->values)
             : BILLING_OK;
}

int bl_rate_choose(bl_rater *r, const bl_tally *tally, int64_t time_us,
                   bl_fact_charge *charge) {
  const bl_contract *contract = tally->contract;
  bl_dec amount = drawable(tally, charge->amount);
  int sign = bl_dec_sign(amount);
  size_t before = r->draws.count;
  const bl_order *order;
  bl_use use;
  int rc;

  if (sign == 0) return BILLING_OK;
  order = contract->terms.has_order ? &contract->terms.order : NULL;
  rc = bl_rate_use(r, tally, time_us, &use);
  if (rc) return rc;
  rc = sign > 0 ? bl_rate_draws(r, contract->customer, &use, order, amount,
                                r->rule)
                : give_back(r, tally, bl_dec_neg(amount));
  charge->draw_count = r->draws.count - before;
  return rc;
}
