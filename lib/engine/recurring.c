/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * recurring.c - what plans and contracts give by themselves, period by period.
 *
 * What was given last, a grant that knows its allowance and its period, says
 * when the next one is due; so nothing else is remembered, and a grant is
 * given once for a period however often it is asked for.  A period that has
 * begun is made up for, in order; what has ended meanwhile ends like any
 * grant.
 */
#include "contract/contract.h"
#include "engine/grants.h"
#include "engine/timeline.h"

/* ---- whose rules hold ---- */

/* From when on a version of the plan holds for the contract. */
static int64_t version_begins(const bl_contract *contract,
                              const bl_plan_version *version) {
  const bl_plan_version *plan = contract->plan;
  int64_t from_us = BL_TIME_NEVER;

  if (contract->terms.follows) return version->from_us;
  for (size_t i = 0; plan->intervals && i < plan->plan.price_count; i++)
    if (plan->intervals[i].was.version == version->version &&
        plan->intervals[i].was.span.from_us < from_us)
      from_us = plan->intervals[i].was.span.from_us;
  return from_us == BL_TIME_NEVER ? contract->terms.start_us : from_us;
}

/* A version of the past that is awaited gives nothing yet. */
static int has_version(const bl_contract *contract,
                       const bl_plan_version *version) {
  if (!contract->terms.follows)
    return version->version == contract->plan->version;
  return version->version <= contract->laid ||
         bl_plan_comes(contract->plan_state, version,
                       contract->customer->number) != INT64_MAX;
}

/* The version that holds at a moment; of a contract that stays with one, that
 * one. */
const bl_plan_version *bl_contract_plan_at(const bl_contract *contract,
                                           int64_t us) {
  const bl_list *versions = &contract->plan_state->versions;
  size_t at = versions->count;

  if (!contract->terms.follows)
    return bl_list_by_number(versions, contract->plan->version);
  while (at > 1) {
    const bl_plan_version *version = versions->item[--at];
    if (version->from_us <= us && has_version(contract, version))
      return version;
  }
  return versions->item[0];
}

static const bl_recurring *allowance_named(const bl_recurring_list *all,
                                           bl_str id) {
  for (size_t i = 0; i < all->count; i++)
    if (bl_str_equal(all->item[i].id, id)) return &all->item[i];
  return NULL;
}

/* A contract's own come before those of its plan that have the same id. */
static const bl_recurring *allowance_at(const bl_contract *contract,
                                        bl_str id, int64_t us) {
  const bl_recurring *own = allowance_named(&contract->terms.grants, id);
  const bl_plan *plan = &bl_contract_plan_at(contract, us)->plan;

  return own ? own : allowance_named(&plan->grants, id);
}

const bl_recurring *bl_recurring_of(const bl_call *c,
                                    const bl_grant_state *grant) {
  const bl_contract *contract =
      grant->contract ? bl_table_at(&c->t->by_contract, grant->contract)
                      : NULL;

  return contract ? allowance_at(contract, grant->allowance,
                                 grant->period.span.from_us)
                  : NULL;
}

/* ---- what is next ---- */

/* What is to be given next of an allowance. */
typedef struct next_grant {
  const bl_recurring *allowance;   /* NULL: nothing */
  bl_period           period;
  uint64_t            turn;
} next_grant;

static void take_later(const bl_contract *contract, bl_str id,
                       const bl_list *grants, const bl_grant_state **last) {
  for (size_t i = grants->first; i < grants->count; i++) {
    const bl_grant_state *grant = grants->item[i];
    if (grant->contract == contract->number &&
        bl_str_equal(grant->allowance, id) &&
        (!*last || grant->turn > (*last)->turn))
      *last = grant;
  }
}

/* In any asset: another version may give another one. */
static const bl_grant_state *last_given(const bl_contract *contract,
                                        bl_str id) {
  const bl_list *wallets = &contract->customer->wallets;
  const bl_grant_state *last = NULL;

  for (size_t i = wallets->first; i < wallets->count; i++)
    take_later(contract, id, &((const bl_wallet *)wallets->item[i])->grants,
               &last);
  return last;
}

/* The rules are those of the moment at which the last period ended. */
static next_grant next_of(const bl_contract *contract, const bl_recurring *a,
                          int64_t from_us) {
  const bl_grant_state *last = last_given(contract, a->id);
  next_grant next = {a, {{0, 0}, {0, 0}}, last ? last->turn + 1 : 0};

  if (last && !a->part_count)
    next.allowance = allowance_at(contract, a->id, last->period.full.to_us);
  if (next.allowance &&
      !bl_recur_next(next.allowance, &contract->terms, contract->zone,
                     from_us, last ? &last->period : NULL, next.turn,
                     &next.period))
    next.allowance = NULL;
  if (next.allowance && !a->part_count)
    next.allowance = allowance_at(contract, a->id,
                                  next.period.span.from_us);
  return next;
}

static void take_sooner(next_grant *best, const next_grant *other) {
  if (!other->allowance) return;
  if (!best->allowance ||
      other->period.span.from_us < best->period.span.from_us)
    *best = *other;
}

/* Of a list that holds for the contract from a moment on. */
static void find_next(const bl_contract *contract,
                      const bl_recurring_list *all, int64_t from_us,
                      next_grant *best) {
  for (size_t i = 0; i < all->count; i++) {
    next_grant next = next_of(contract, &all->item[i], from_us);
    take_sooner(best, &next);
  }
}

/* Each allowance begins with the first version that has it. */
static void find_next_of_plan(const bl_contract *contract,
                              next_grant *best) {
  const bl_list *versions = &contract->plan_state->versions;

  for (size_t i = 0; i < versions->count; i++) {
    const bl_plan_version *version = versions->item[i];
    if (!has_version(contract, version)) continue;
    find_next(contract, &version->plan.grants,
              version_begins(contract, version), best);
  }
}

static int find_soonest(bl_call *c, bl_contract *contract,
                        next_grant *best) {
  int rc = BILLING_OK;

  best->allowance = NULL;
  if (!contract->zone)
    rc = bl_zone_of(c, contract->terms.zone, &contract->zone);
  if (rc) return rc;
  find_next(contract, &contract->terms.grants, INT64_MIN, best);
  find_next_of_plan(contract, best);
  return BILLING_OK;
}

int bl_recurring_due(bl_call *c, bl_contract *contract, int64_t *due_us) {
  next_grant next;
  int rc = BILLING_OK;

  if (!contract->gives_us) {
    rc = find_soonest(c, contract, &next);
    if (rc) return rc;
    bl_touch_contract(c->t, contract);
    contract->gives_us = next.allowance ? next.period.span.from_us
                                        : BL_TIME_NEVER;
  }
  *due_us = contract->gives_us;
  return rc;
}

/* ---- giving ---- */

/* The amount, for each unit of the quantity, and its share of a period that is
 * cut. */
static void fill_amount(const bl_contract *contract, const next_grant *next,
                        bl_fact_grant *fact) {
  const bl_recurring *a = next->allowance;
  bl_dec units = bl_quantity_of(&contract->terms, a->quantity,
                                next->period.span.from_us);
  int64_t part = 1, whole = 1;

  if (!a->part_count)
    bl_prorate(a->proration, next->period.span, next->period.full,
               contract->zone, &part, &whole);
  fact->amount = a->part_count ? a->parts[next->turn].amount
                               : bl_dec_mul(a->amount, units);
  fact->amount = bl_dec_ratio(fact->amount, part, whole);
  fact->cost = bl_dec_ratio(bl_dec_mul(a->cost, units), part, whole);
}

static int64_t end_of(const bl_contract *contract, const next_grant *next) {
  const bl_recurring *a = next->allowance;
  int64_t end_us = contract->terms.end_us;

  if (a->part_count) return next->period.span.to_us;
  if (!a->lasts) return BL_TIME_NEVER;
  (void)bl_recur_end(a, &contract->terms, contract->zone, &next->period,
                     a->lasts, &end_us);
  return end_us;
}

static int give_next(bl_call *c, const bl_contract *contract,
                     const next_grant *next) {
  const bl_recurring *a = next->allowance;
  bl_fact_grant fact = {.number = c->t->heads.grants + 1,
                        .customer = contract->customer->number,
                        .priority = a->priority, .origin = a->origin,
                        .contract = contract->number, .allowance = a->id,
                        .turn = next->turn, .period = next->period,
                        .scope = a->scope, .name = a->name};
  bl_writer w;
  int rc;

  fill_amount(contract, next, &fact);
  if (bl_dec_is_bad(fact.amount) || bl_dec_is_bad(fact.cost))
    return bl_fail(c->err, BILLING_LIMIT, "", "amounts below 10^20",
                   "the grant %t of the contract %t does not fit", &a->id,
                   &contract->terms.id);
  fact.asset = bl_str_of(a->asset);
  if (!bl_dec_is_zero(fact.cost)) fact.cost_asset = fact.asset;
  fact.effective_us = next->period.span.from_us;
  fact.expires_us = end_of(contract, next);
  fact.is_promotional = a->origin == BILLING_ORIGIN_PROMOTIONAL ||
                        (a->origin == BILLING_ORIGIN_RECURRING &&
                         bl_dec_is_zero(fact.cost));
  rc = bl_fold_grant(bl_entry_start(c), &fact);
  bl_writer_open(&w, c);
  bl_code_grant(&w.facts, &w.properties, &fact);
  return rc ? rc : bl_append(c, BL_ENTRY_GRANT, &w);
}

int bl_recurring_give(bl_call *c, bl_contract *contract, int64_t until_us) {
  next_grant next;
  int64_t due_us;
  int rc = bl_recurring_due(c, contract, &due_us);

  while (!rc && due_us <= until_us) {
    rc = find_soonest(c, contract, &next);
    if (!rc && !next.allowance) rc = BILLING_INTERNAL;
    if (!rc) rc = give_next(c, contract, &next);
    if (!rc) rc = bl_recurring_due(c, contract, &due_us);
  }
  return rc;
}

/* ---- a customer ---- */

/* Whether the contract gave it, it has not been ended, and some of it may
 * outlive it. */
static int may_roll(const bl_call *c, const bl_contract *contract,
                    const bl_grant_state *grant) {
  const bl_recurring *a;

  if (grant->contract != contract->number || grant->expired_seq) return 0;
  a = bl_recurring_of(c, grant);
  return a && a->rolls;
}

/* The grant of a contract that may roll over first; NULL. */
static bl_grant_state *first_to_roll(const bl_call *c,
                                     const bl_contract *contract) {
  const bl_list *wallets = &contract->customer->wallets;
  bl_grant_state *first = NULL;

  for (size_t i = 0; i < wallets->count; i++) {
    const bl_list *grants = &((const bl_wallet *)wallets->item[i])->grants;
    for (size_t k = grants->first; k < grants->count; k++) {
      bl_grant_state *grant = grants->item[k];
      if ((!first || grant->lot.expires_us < first->lot.expires_us) &&
          may_roll(c, contract, grant))
        first = grant;
    }
  }
  return first;
}

/* What was given before and has ended rolls over, the soonest first. */
static int roll_over(bl_call *c, bl_contract *contract) {
  bl_grant_state *grant;
  int rc = BILLING_OK;

  while (!rc && contract->rolls_us <= c->now_us) {
    grant = first_to_roll(c, contract);
    bl_touch_contract(c->t, contract);
    contract->rolls_us = grant ? grant->lot.expires_us : BL_TIME_NEVER;
    if (contract->rolls_us <= c->now_us) rc = bl_grant_expire(c, grant);
  }
  return rc;
}

int bl_recurring_give_all(bl_call *c, bl_customer *customer) {
  int rc = BILLING_OK;

  for (size_t i = 0; i < customer->contracts.count && !rc; i++) {
    bl_contract *contract = customer->contracts.item[i];
    if (contract->gives_us <= c->now_us)
      rc = bl_recurring_give(c, contract, c->now_us);
    if (!rc) rc = roll_over(c, contract);
  }
  return rc;
}
