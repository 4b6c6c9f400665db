/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* top_ups.c - when credit is asked for, and how much; see top_ups.h. */
#include "engine/top_ups.h"

#include "contract/contract.h"
#include "engine/limit_look.h"
#include "invoice/invoice.h"
#include "meter/window.h"
#include "wallet/threshold.h"

/* ---- rules ---- */

static int visit_rules(bl_top_up_look *look, const bl_top_ups *rules,
                       const bl_top_ups *before, bl_top_up_visit *visit,
                       void *to) {
  int rc = BILLING_OK;

  for (size_t i = 0; i < rules->count && !rc; i++) {
    size_t at = before ? before->count : 0;
    look->rule = &rules->item[i];
    while (at > 0 && !bl_str_equal(before->item[at - 1].id, look->rule->id))
      at--;
    if (!at) rc = visit(look, to);
  }
  return rc;
}

int bl_top_ups_visit(bl_call *c, bl_customer *customer,
                     bl_top_up_visit *visit, void *to) {
  bl_top_up_look look = {c, customer, NULL, NULL, "customer"};
  int rc = visit_rules(&look, &customer->top_up_rules, NULL, visit, to);

  for (size_t i = 0; i < customer->contracts.count && !rc; i++) {
    const bl_top_ups *own, *plan;
    look.contract = customer->contracts.item[i];
    own = &look.contract->terms.top_ups;
    plan = &look.contract->plan->plan.top_ups;
    look.of = "contract";
    rc = visit_rules(&look, own, NULL, visit, to);
    look.of = "plan";
    if (!rc) rc = visit_rules(&look, plan, own, visit, to);
  }
  return rc;
}

static uint64_t owner_of(const bl_top_up_look *look) {
  return look->contract ? look->contract->number : 0;
}

/* ---- documents ---- */

int bl_top_ups_check(bl_call *c, const bl_top_ups *top_ups,
                     const char *path) {
  const bl_zone *zone;
  int rc = bl_catalog_check_top_ups(top_ups, path, &c->t->terms, c->err);

  for (size_t i = 0; i < top_ups->count && !rc; i++) {
    char at[BL_PATH_SIZE];
    bl_path_item(path, "top_ups", i, at);
    if (top_ups->item[i].zone.len)
      rc = bl_zone_asked(c, at, top_ups->item[i].zone, &zone);
  }
  return rc;
}

/* ---- the limit ---- */

static uint64_t window_print(const bl_top_up_look *look, uint64_t which) {
  bl_text text;

  bl_text_open(&text, &look->c->arena);
  bl_pack_u64(&text, owner_of(look));
  bl_pack_u64(&text, which);
  bl_pack_u64(&text, look->rule->per);
  bl_pack_str(&text, look->rule->id);
  return bl_key_hash8(look->c->b->content_key, text.text, text.len);
}

static int zone_of_rule(const bl_top_up_look *look, const bl_zone **out) {
  bl_str zone = look->rule->zone;

  if (!zone.len) zone = look->contract ? look->contract->terms.zone
                                       : BL_STR("UTC");
  return bl_zone_of(look->c, zone, out);
}

int bl_top_up_windows(const bl_top_up_look *look, bl_fact_count out[2],
                      int64_t *end_us) {
  bl_grid grid = {NULL, look->rule->per, 1};
  bl_span span;
  int rc = zone_of_rule(look, &grid.zone);

  if (rc) return rc;
  span = bl_window_at(&grid, look->c->now_us);
  *end_us = span.to_us;
  for (uint64_t i = 0; i < 2; i++)
    out[i] = (bl_fact_count){.customer = look->customer->number,
                             .limit = window_print(look, i), .span = span,
                             .until_us = span.to_us};
  return BILLING_OK;
}

bl_dec bl_top_up_used(const bl_customer *customer,
                      const bl_fact_count *window) {
  size_t place;
  const bl_limit_window *found = bl_limit_window_of(customer, window, &place);

  return found ? found->used : BL_DEC_ZERO;
}

/* ---- what a rule would ask for now ---- */

typedef struct top_up_wish {
  bl_fact_top_up fact;         /* amount zero: nothing */
  bl_fact_count  windows[2];
  int64_t        again_us;     /* blocked by its limit until then */
} top_up_wish;

static bl_dec left_of_asset(const bl_customer *customer,
                            const char asset[16]) {
  const bl_wallet *wallet = bl_wallet_of(customer, asset);

  if (!wallet) return BL_DEC_ZERO;
  return bl_dec_neg(bl_dec_add(wallet->balance[BL_ACCOUNT_DEFERRED],
                               wallet->balance[BL_ACCOUNT_CREDIT]));
}

/* What the limit leaves of the amount; nothing when that would cost less than
 * the least. */
static int wish_within(const bl_top_up_look *look, top_up_wish *wish) {
  const bl_top_up_rule *rule = look->rule;
  bl_dec room, least;
  int64_t end_us;
  int rc;

  if (!rule->has_limit || bl_dec_sign(wish->fact.amount) <= 0)
    return BILLING_OK;
  rc = bl_top_up_windows(look, wish->windows, &end_us);
  if (rc) return rc;
  room = bl_top_up_used(look->customer, &wish->windows[0]);
  if (rule->limit_count && !bl_dec_less(room,
                                        bl_dec_of_int(rule->limit_count)))
    wish->fact.amount = BL_DEC_ZERO;
  if (!bl_dec_is_zero(rule->limit_amount)) {
    room = bl_dec_sub(rule->limit_amount,
                      bl_top_up_used(look->customer, &wish->windows[1]));
    least = bl_dec_div(rule->terms.least, rule->terms.unit_price);
    wish->fact.amount = bl_dec_min(wish->fact.amount, room);
    if (bl_dec_less(wish->fact.amount, least))
      wish->fact.amount = BL_DEC_ZERO;
  }
  if (bl_dec_sign(wish->fact.amount) <= 0) wish->again_us = end_us;
  return BILLING_OK;
}

/* What is to be paid is money: whole cents. */
static void wish_price(const bl_top_up_look *look, bl_fact_top_up *fact) {
  const bl_top_up_rule *rule = look->rule;
  int places = bl_catalog_places(&look->c->t->terms, rule->charge_asset);
  int own = bl_catalog_places(&look->c->t->terms, rule->asset);

  fact->charge = bl_top_up_charge(&rule->terms, fact->amount);
  fact->fee = bl_top_up_fee(&rule->terms, fact->charge);
  fact->bonus = bl_dec_add(rule->bonus,
                           bl_dec_mul(fact->amount, rule->bonus_share));
  if (places < 0 || own < 0) {           /* no asset of the tenant any more */
    fact->amount = BL_DEC_ZERO;
    return;
  }
  fact->charge = bl_round_due(fact->charge, BL_DEC_ZERO, places);
  fact->fee = bl_round_due(fact->fee, BL_DEC_ZERO, places);
  fact->bonus = bl_round_due(fact->bonus, BL_DEC_ZERO, own);
  if (bl_dec_is_bad(fact->charge) || bl_dec_is_bad(fact->fee) ||
      bl_dec_is_bad(fact->bonus) || bl_dec_sign(fact->amount) < 0)
    fact->amount = BL_DEC_ZERO;          /* beyond all money */
}

static int wish_of(const bl_top_up_look *look, top_up_wish *wish) {
  const bl_top_up_rule *rule = look->rule;
  bl_dec left = left_of_asset(look->customer, rule->asset);
  int rc = BILLING_OK;

  memset(wish, 0, sizeof *wish);
  wish->again_us = BL_TIME_NEVER;
  wish->fact = (bl_fact_top_up){
      .customer = look->customer->number,
      .contract = owner_of(look),
      .id = rule->id, .attempt = 1, .asset = bl_str_of(rule->asset),
      .charge_asset = bl_str_of(rule->charge_asset), .left = left,
      .given_us = rule->given_us, .priority = rule->priority,
      .scope = rule->scope, .name = rule->name};
  if (rule->has_at && !bl_threshold_is_met(left, rule->at, 1))
    return BILLING_OK;
  wish->fact.amount = bl_top_up_amount(&rule->terms, left);
  rc = wish_within(look, wish);
  if (!rc) wish_price(look, &wish->fact);
  return rc;
}

/* ---- asking ---- */

int bl_top_up_append(bl_call *c, bl_fact_top_up *fact) {
  bl_writer w;
  int rc = bl_fold_top_up(bl_entry_start(c), fact);

  bl_writer_open(&w, c);
  bl_code_top_up(&w.facts, &w.properties, fact);
  return rc ? rc : bl_append(c, BL_ENTRY_TOP_UP, &w);
}

/* What was asked for counts, whatever becomes of it. */
static int count_wish(const bl_top_up_look *look, top_up_wish *wish) {
  bl_call *c = look->c;
  int rc = BILLING_OK;

  if (!look->rule->has_limit) return BILLING_OK;
  wish->windows[0].amount = BL_DEC_ONE;
  wish->windows[1].amount = wish->fact.amount;
  for (size_t i = 0; i < 2 && !rc; i++)
    rc = bl_limit_join(&c->arena, &c->counted.items, &c->counted.count,
                       &c->counted_cap, &wish->windows[i]);
  return rc ? rc : bl_limits_append(c);
}

static int ask_for(const bl_top_up_look *look, top_up_wish *wish,
                   int64_t due_us) {
  bl_fact_top_up *fact = &wish->fact;
  int rc;

  fact->due_us = due_us;
  if (bl_dec_sign(fact->amount) <= 0) {
    fact->state = BL_TOP_UP_SKIPPED;
    return bl_top_up_append(look->c, fact);
  }
  fact->state = BL_TOP_UP_WANTED;
  fact->until_us = look->c->now_us + look->rule->lasts_us;
  rc = bl_top_up_append(look->c, fact);
  return rc ? rc : count_wish(look, wish);
}

static const bl_top_up_state *state_of(const bl_top_up_look *look) {
  return bl_top_up_of(look->customer, owner_of(look), look->rule->id);
}

/* Whether the rule's contract is in force. */
static int rule_is_open(const bl_top_up_look *look) {
  const bl_contract *contract = look->contract;
  bl_span term;

  if (look->customer->archived) return 0;
  if (!contract) return 1;
  term = (bl_span){contract->terms.start_us, contract->terms.end_us};
  return !contract->archived && !contract->has_ended &&
         bl_span_holds(term, look->c->now_us);
}

/* Whether it may ask: nothing of it is under way. */
static int rule_may_ask(const bl_top_up_look *look) {
  const bl_top_up_state *state = state_of(look);

  return rule_is_open(look) && (!state || state->was.state > BL_TOP_UP_PAUSED);
}

static int look_at_rule(const bl_top_up_look *look, void *to) {
  top_up_wish wish;
  int rc;

  (void)to;
  if (!look->rule->has_at || !rule_may_ask(look)) return BILLING_OK;
  rc = wish_of(look, &wish);
  if (rc || bl_dec_is_zero(wish.fact.amount)) return rc;
  return ask_for(look, &wish, 0);
}

int bl_top_ups_look(bl_call *c, bl_customer *customer) {
  return customer->is_erased ? BILLING_OK
                             : bl_top_ups_visit(c, customer, look_at_rule,
                                                NULL);
}

/* ---- what time brings ---- */

/* The first time of the schedule since the last one, or since that one came to
 * its end: what passed while it was under way is not made up. */
static int schedule_next(const bl_top_up_look *look, int64_t *next_us) {
  const bl_top_up_rule *rule = look->rule;
  const bl_top_up_state *state = state_of(look);
  bl_contract_terms terms = {.start_us = rule->from_us, .unit = rule->unit,
                             .end_us = BL_TIME_NEVER, .every = rule->every,
                             .anchor = BL_ANCHOR_DATE};
  const bl_zone *zone;
  bl_period period;
  int64_t base_us;
  int rc = zone_of_rule(look, &zone);

  if (rc) return rc;
  if (terms.start_us == BL_TIME_NEVER)
    terms.start_us = look->contract->terms.start_us;
  terms.anchor_us = *next_us = terms.start_us;
  if (!state) return BILLING_OK;
  base_us = state->at_us > state->was.due_us ? state->at_us
                                             : state->was.due_us;
  if (base_us < terms.start_us) return BILLING_OK;
  *next_us = bl_period_at(&terms, zone, base_us, &period)
                 ? period.full.to_us : BL_TIME_NEVER;
  return BILLING_OK;
}

/* When the rule asks by itself.  What the balance says is due since the rule
 * was last heard of; what its limit holds back is due when that ends. */
static int rule_due(const bl_top_up_look *look, int64_t *due_us) {
  const bl_top_up_state *state = state_of(look);
  top_up_wish wish;
  int rc;

  *due_us = BL_TIME_NEVER;
  if (!rule_may_ask(look)) return BILLING_OK;
  if (look->rule->has_schedule) return schedule_next(look, due_us);
  rc = wish_of(look, &wish);
  if (rc) return rc;
  *due_us = wish.again_us;
  if (!bl_dec_is_zero(wish.fact.amount))
    *due_us = state ? state->at_us : INT64_MIN;
  return BILLING_OK;
}

typedef struct top_up_next {
  bl_top_up_look         look;
  const bl_top_up_state *state;    /* that is under way; NULL: a rule asks */
  int64_t                due_us;
} top_up_next;

static int take_rule(const bl_top_up_look *look, void *to) {
  top_up_next *next = to;
  int64_t due_us;
  int rc = rule_due(look, &due_us);

  if (rc || due_us >= next->due_us) return rc;
  next->look = *look;
  next->due_us = due_us;
  return BILLING_OK;
}

static int find_top_up(bl_call *c, bl_customer *customer, top_up_next *next) {
  int rc;

  memset(next, 0, sizeof *next);
  next->due_us = BL_TIME_NEVER;
  if (customer->is_erased) return BILLING_OK;
  rc = bl_top_ups_visit(c, customer, take_rule, next);
  for (size_t i = 0; i < customer->top_ups.count && !rc; i++) {
    const bl_top_up_state *state = customer->top_ups.item[i];
    if (state->was.state > BL_TOP_UP_FAILED ||
        state->was.until_us >= next->due_us)
      continue;
    next->state = state;
    next->due_us = state->was.until_us;
  }
  return rc;
}

int bl_top_ups_due(bl_call *c, bl_customer *customer, int64_t *due_us) {
  top_up_next next;
  int rc = c->t->has_alerts ? find_top_up(c, customer, &next) : BILLING_OK;

  *due_us = rc || !c->t->has_alerts ? BL_TIME_NEVER : next.due_us;
  return rc;
}

/* ---- what is under way ---- */

/* The rule of a top-up; look.rule is NULL when it has gone. */
typedef struct rule_search {
  const bl_fact_top_up *fact;
  bl_top_up_look        look;
} rule_search;

static int match_rule(const bl_top_up_look *look, void *to) {
  rule_search *search = to;

  if (search->fact->contract == owner_of(look) &&
      bl_str_equal(search->fact->id, look->rule->id))
    search->look = *look;
  return BILLING_OK;
}

static int find_rule(bl_call *c, bl_customer *customer,
                     const bl_fact_top_up *fact, bl_top_up_look *look) {
  rule_search search = {fact, {c, customer, NULL, NULL, NULL}};
  int rc = bl_top_ups_visit(c, customer, match_rule, &search);

  *look = search.look;
  return rc;
}

int bl_top_up_fail(bl_call *c, bl_customer *customer, bl_fact_top_up *fact) {
  bl_top_up_look look;
  int rc = find_rule(c, customer, fact, &look);

  if (rc) return rc;
  fact->state = BL_TOP_UP_PAUSED;
  fact->until_us = 0;
  if (look.rule && fact->attempt <= look.rule->retry_count) {
    fact->state = BL_TOP_UP_FAILED;
    fact->until_us = c->now_us + look.rule->retries_us[fact->attempt - 1];
  }
  return bl_top_up_append(c, fact);
}

/* It is not asked for again when it is not needed any more. */
static int ask_again(bl_call *c, bl_customer *customer,
                     bl_fact_top_up *fact) {
  bl_top_up_look look;
  int rc = find_rule(c, customer, fact, &look), is_needed;

  if (rc) return rc;
  is_needed = look.rule && rule_is_open(&look) &&
              (!look.rule->has_at ||
               bl_threshold_is_met(left_of_asset(customer, look.rule->asset),
                                   look.rule->at, 1));
  fact->state = is_needed ? BL_TOP_UP_WANTED : BL_TOP_UP_VOID;
  fact->until_us = is_needed ? c->now_us + look.rule->lasts_us : 0;
  fact->attempt += (uint64_t)is_needed;
  return bl_top_up_append(c, fact);
}

/* Nobody answered: what was paid by then can still be said. */
static int step_under_way(bl_call *c, bl_customer *customer,
                          const bl_top_up_state *state) {
  bl_fact_top_up fact = state->was;

  memset(fact.key_hash, 0, sizeof fact.key_hash);
  fact.content = 0;
  fact.is_lapsed = fact.state == BL_TOP_UP_WANTED;
  return fact.is_lapsed ? bl_top_up_fail(c, customer, &fact)
                        : ask_again(c, customer, &fact);
}

int bl_top_ups_step(bl_call *c, bl_customer *customer, int64_t at_us) {
  top_up_next next;
  top_up_wish wish;
  int rc = find_top_up(c, customer, &next);

  if (rc || next.due_us > at_us) return rc;
  if (next.state) return step_under_way(c, customer, next.state);
  rc = wish_of(&next.look, &wish);
  if (rc || (bl_dec_is_zero(wish.fact.amount) && next.look.rule->has_at))
    return rc;
  return ask_for(&next.look, &wish,
                 next.look.rule->has_schedule ? next.due_us : 0);
}
