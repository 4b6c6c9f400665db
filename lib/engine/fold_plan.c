/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * fold_plan.c - versions of plans, and the timelines of contracts that are
 * made of them.
 *
 * Both are lists of prices with the meters that they name, chained by meter,
 * so that rating does not ask which of the two it walks.
 */
#include "engine/fold.h"
#include "engine/timeline.h"
#include "price/terms.h"

/* Chains the prices of each meter, so that an event walks only those. */
static int chain_prices(bl_arena *a, bl_plan_version *version) {
  size_t count = version->plan.price_count;

  version->next = bl_arena_array(a, count + 1, sizeof(uint32_t));
  version->first = bl_arena_array(a, count + 1, sizeof(uint32_t));
  if (!version->next || !version->first) return BILLING_NOMEM;
  for (size_t i = 0; i < count; i++) {
    size_t before = i;
    version->next[i] = (uint32_t)count;
    if (!version->meters[i]) continue;
    while (before > 0 && version->meters[before - 1] != version->meters[i])
      before--;
    if (before > 0) version->next[before - 1] = (uint32_t)i;
    else version->first[version->first_count++] = (uint32_t)i;
  }
  return BILLING_OK;
}

/* The next price from a place on that has a commit rate of that id. */
static size_t next_split(const bl_plan *plan, size_t at, bl_str id) {
  while (at < plan->key_count &&
         (plan->prices[at].closing || !plan->prices[at].beside ||
          !bl_str_equal(plan->prices[at].id, id)))
    at++;
  return at;
}

/* A price and its commit rate have intervals one beside the other: the third
 * of the one belongs to the third of the other. */
static int link_commits(bl_arena *a, bl_plan_version *version) {
  const bl_plan *plan = &version->plan;

  for (size_t i = 0; i < plan->key_count; i++) {
    size_t at;
    if (!bl_price_is_commit(&plan->prices[i])) continue;
    if (!version->commits)
      version->commits = bl_arena_array(a, plan->key_count,
                                        sizeof *version->commits);
    if (!version->commits) return BILLING_NOMEM;
    at = next_split(plan, 0, plan->prices[i].id);
    while (at < plan->key_count && version->commits[at])
      at = next_split(plan, at + 1, plan->prices[i].id);
    if (at == plan->key_count) return BILLING_CORRUPT;
    version->commits[at] = (uint32_t)i;
  }
  return BILLING_OK;
}

/* The meters that the plan's prices name, and whether a fee is in advance. */
static int link_prices(bl_tenant *t, bl_arena *a, bl_plan_version *version) {
  const bl_plan *plan = &version->plan;
  int rc = link_commits(a, version);

  if (rc) return rc;
  version->meters = bl_arena_array(a, plan->key_count + 1, sizeof(void *));
  if (!version->meters) return BILLING_NOMEM;
  for (size_t i = 0; i < plan->price_count; i++) {
    const bl_price *price = &plan->prices[i];
    if (price->meter.len) {
      version->meters[i] =
          bl_map_get(&t->meters, price->meter.text, price->meter.len);
      if (!version->meters[i]) return BILLING_CORRUPT;
    } else if (bl_price_is_fee(price) &&
               price->timing == BL_TIMING_ADVANCE) {
      version->has_advance = 1;
    }
  }
  return chain_prices(a, version);
}

/* ---- timelines ---- */

/* Intervals of one price are a line: what is derived from it is another. */
static size_t line_of(const bl_plan_version *version, size_t at) {
  const bl_price *prices = version->plan.prices;
  size_t line = 0;

  while (version->meters[line] != version->meters[at] ||
         prices[line].closing != prices[at].closing ||
         !bl_str_equal(prices[line].id, prices[at].id))
    line++;
  return line;
}

/* Lines stand together; what counts others stands behind them. */
static int ranks_before(const bl_plan_version *version, size_t a, size_t b) {
  const bl_interval *x = &version->intervals[a], *y = &version->intervals[b];
  uint32_t kind = version->plan.prices[a].closing;
  uint32_t other = version->plan.prices[b].closing;

  if (kind != other) return kind < other;
  if (kind && x->was.price != y->was.price) return x->was.price < y->was.price;
  if (x->line != y->line) return x->line < y->line;
  return x->was.span.from_us <= y->was.span.from_us;
}

static int rank_intervals(bl_arena *a, bl_plan_version *version) {
  size_t count = version->plan.price_count;
  uint32_t *order = bl_arena_array(a, count + 1, sizeof *order);

  if (!order) return BILLING_NOMEM;
  for (size_t i = 0; i < count; i++) {
    size_t at = i;
    version->intervals[i].line = (uint32_t)line_of(version, i);
    for (; at > 0 && !ranks_before(version, order[at - 1], i); at--)
      order[at] = order[at - 1];
    order[at] = (uint32_t)i;
  }
  for (size_t i = 0; i < count; i++)
    version->intervals[order[i]].rank = (uint32_t)i;
  return BILLING_OK;
}

static int count_spend(bl_arena *a, bl_plan_version *version) {
  size_t count = version->plan.key_count;
  uint32_t *rank = bl_arena_array(a, count + 1, sizeof *rank);

  for (size_t i = 0; rank && i < count; i++)
    rank[i] = version->intervals[i].rank;
  return rank ? bl_plan_count_spend(a, &version->plan, rank) : BILLING_NOMEM;
}

static int fill_intervals(const bl_lay *lay, const unsigned char *unfit,
                          bl_plan_version *version) {
  const bl_contract_terms *terms = lay->terms;
  bl_amendments by = {terms->overrides, terms->override_count,
                      (int)terms->by_priority};
  int asks = 0, rc = BILLING_OK;

  for (size_t i = 0; i < by.count; i++)
    asks |= by.item[i].kind == BL_OVERRIDE_ENTITLEMENT;
  for (size_t i = 0; i < lay->count && !rc; i++) {
    int is_entitled = 1;
    version->intervals[i].was = lay->item[i];
    if (asks)
      rc = bl_price_is_entitled(&version->plan.prices[i], &by,
                                lay->item[i].span.from_us, lay->arena,
                                &is_entitled);
    version->intervals[i].is_off = !is_entitled;
    version->intervals[i].is_unfit = unfit[i];
  }
  return rc;
}

/* The timeline as prices; number is that of the version laid last. */
static int compile_timeline(bl_tenant *t, const bl_lay *lay, uint64_t number,
                            bl_contract *contract) {
  bl_arena *a = lay->arena;
  const bl_plan_version *last =
      bl_list_by_number(&lay->plan->versions, number);
  bl_plan_version *version = bl_arena_take(a, sizeof *version);
  unsigned char *unfit = bl_arena_array(a, lay->count + 1, 1);
  size_t bad;
  int rc;

  if (!version || !unfit) return BILLING_NOMEM;
  if (!last) return BILLING_CORRUPT;
  version->version = number;
  version->plan = last->plan;
  version->plan.price_count = version->plan.key_count = lay->count;
  version->plan.prices = bl_arena_array(a, lay->count + 1,
                                        sizeof *version->plan.prices);
  version->intervals = bl_arena_array(a, lay->count + 1,
                                      sizeof *version->intervals);
  if (!version->plan.prices || !version->intervals) return BILLING_NOMEM;
  rc = bl_lay_prices(lay, a, version->plan.prices, unfit, &bad);
  if (!rc) rc = fill_intervals(lay, unfit, version);
  if (!rc) rc = link_prices(t, a, version);
  if (!rc) rc = rank_intervals(a, version);
  if (!rc) rc = count_spend(a, version);
  contract->plan = version;
  return rc;
}

static bl_lay lay_of(const bl_contract *contract, bl_arena *a) {
  return (bl_lay){.arena = a, .plan = contract->plan_state,
                  .terms = &contract->terms,
                  .customer = contract->customer->number,
                  .laid = contract->laid};
}

/* One version more, which the contract comes to by an entry. */
static int extend_timeline(bl_tenant *t, bl_arena *a, bl_contract *contract,
                           const bl_plan_version *version, int64_t seq) {
  int64_t from_us = version->from_us;
  bl_lay lay = lay_of(contract, a);
  int rc = bl_lay_start(&lay, contract);

  lay.as_of = seq;
  if (from_us < contract->versions_us) from_us = contract->versions_us;
  if (!rc) rc = bl_lay_from(&lay, from_us, from_us, 0);
  return rc ? rc : compile_timeline(t, &lay, version->version, contract);
}

/* A version that a contract comes to. */
typedef struct plan_arrival {
  const bl_plan_version *version;
  int64_t                seq;    /* of the entry that brings it */
} plan_arrival;

/* The one after `at`, in the order of entries; none: version is NULL. */
static plan_arrival next_arrival(const bl_contract *contract,
                                 plan_arrival at) {
  const bl_plan_state *plan = contract->plan_state;
  plan_arrival next = {NULL, INT64_MAX};

  for (size_t i = 0; i < plan->versions.count; i++) {
    const bl_plan_version *version = plan->versions.item[i];
    int64_t seq = bl_plan_comes(plan, version, contract->customer->number);
    int is_later = !at.version || seq > at.seq ||
                   (seq == at.seq && version->version > at.version->version);
    if (version->version > contract->laid && is_later && seq < next.seq)
      next = (plan_arrival){version, seq};
  }
  return next;
}

int bl_timeline_fold(bl_tenant *t, bl_arena *a, bl_contract *contract,
                     const bl_fact_document *fact, int64_t before) {
  const bl_plan_state *plan = contract->plan_state;
  plan_arrival at = {NULL, 0};
  bl_lay lay;
  int rc = BILLING_OK;

  contract->laid = fact->plan_version;
  contract->versions_us = fact->versions_us;
  contract->plan = bl_list_by_number(&plan->versions, fact->plan_version);
  if (!contract->plan) return BILLING_CORRUPT;
  lay = lay_of(contract, a);
  lay.item = fact->intervals;
  lay.count = fact->interval_count;
  if (lay.count) rc = compile_timeline(t, &lay, fact->plan_version, contract);
  if (!contract->terms.follows) return rc;
  while (!rc && (at = next_arrival(contract, at), at.version) &&
         at.seq < before)
    rc = extend_timeline(t, a, contract, at.version, at.seq);
  return rc;
}

/* ---- plans ---- */

int bl_contract_gives(const bl_contract *contract) {
  const bl_list *versions = &contract->plan_state->versions;

  if (contract->terms.grants.count) return 1;
  for (size_t i = 0; i < versions->count; i++)
    if (((const bl_plan_version *)versions->item[i])->plan.grants.count)
      return 1;
  return 0;
}

static int extend_follower(bl_fold *f, bl_contract *contract) {
  bl_tenant *t = f->tenant;
  const bl_plan_state *plan = contract->plan_state;
  int rc = BILLING_OK;

  for (size_t i = 0; i < plan->versions.count && !rc; i++) {
    const bl_plan_version *version = plan->versions.item[i];
    if (version->version <= contract->laid ||
        bl_plan_comes(plan, version, contract->customer->number) != f->seq)
      continue;
    bl_touch_contract(t, contract);
    bl_customer_moves(t, contract->customer);    /* it may limit otherwise */
    if (bl_contract_gives(contract))
      contract->gives_us = contract->rolls_us = 0;
    rc = extend_timeline(t, &t->arena, contract, version, f->seq);
  }
  return rc;
}

/* Contracts in memory that come to versions by the entry; others are laid when
 * they come. */
static int extend_followers(bl_fold *f, const bl_plan_state *plan) {
  bl_tenant *t = f->tenant;
  int rc = BILLING_OK;

  for (size_t i = 0; i < t->contracts.count && !rc; i++) {
    bl_contract *contract = t->contracts.entry[i].value;
    if (contract->plan_state == plan && contract->terms.follows)
      rc = extend_follower(f, contract);
  }
  return rc;
}

static bl_plan_state *plan_numbered(const bl_tenant *t, uint64_t number) {
  for (size_t i = 0; i < t->plans.count; i++) {
    bl_plan_state *plan = t->plans.entry[i].value;
    if (plan->number == number) return plan;
  }
  return NULL;
}

int bl_fold_plan_step(bl_fold *f, const bl_fact_rerate *fact) {
  bl_plan_state *plan = plan_numbered(f->tenant, fact->plan);
  bl_plan_step *step;

  if (!plan || fact->version > plan->version) return BILLING_CORRUPT;
  bl_touch(f->tenant, plan, sizeof *plan, &plan->touched);
  step = bl_arena_push(&f->tenant->arena, (void **)&plan->steps,
                       &plan->step_count, &plan->step_cap, sizeof *step);
  if (!step) return BILLING_NOMEM;
  *step = (bl_plan_step){f->seq, fact->version, fact->through};
  plan->step_count++;
  return extend_followers(f, plan);
}

int bl_fold_plan(bl_fold *f, const bl_fact_document *fact,
                 const bl_json *doc, bl_plan_state *plan) {
  bl_tenant *t = f->tenant;
  bl_plan_version *version;
  int rc;

  bl_touch(t, plan, sizeof *plan, &plan->touched);
  if (!plan->number) t->heads.plans++;
  plan->number = fact->number;
  plan->archived = fact->archived;
  if (fact->version == plan->version) return BILLING_OK;   /* archived */
  version = bl_arena_take(&t->arena, sizeof *version);
  if (!version) return BILLING_NOMEM;
  version->version = fact->version;
  rc = bl_catalog_read_plan(doc, "", &t->arena, &version->plan, NULL);
  if (version->plan.top_ups.count) t->has_alerts = 1;
  version->from_us = version->plan.effective_us != BL_TIME_NEVER
                       ? version->plan.effective_us : f->at_us;
  if (fact->version == 1) version->from_us = INT64_MIN;
  version->seq = f->seq;
  version->is_backdated = fact->version > 1 && version->from_us < f->at_us;
  if (!rc) rc = link_prices(t, &t->arena, version);
  if (!rc) rc = bl_list_add(t, &plan->versions, version);
  plan->version = fact->version;
  return rc ? rc : extend_followers(f, plan);
}
