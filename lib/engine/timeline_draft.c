/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * timeline_draft.c - deciding about the timeline of a contract's document.
 *
 *     an override of 0.80 since 1 March, put on 10 April: laid anew from
 *     1 March on
 *     its end, 15 March, put on 20 April: laid anew from 15 March on
 *     a plan_version that is effective from 1 February: from there on
 *
 * What stays as it was is not touched: prices of before the first change, and
 * before `effective` the versions that held.
 */
#include "engine/documents.h"
#include "engine/timeline.h"
#include "price/terms.h"
#include "store/store.h"

#define DRAFT_INTERVALS 100000

typedef struct timeline_draft {
  bl_call             *c;
  const char          *path;
  const bl_json       *doc;
  bl_contract_terms   *terms;
  const bl_contract   *was;      /* NULL: the contract is new */
  const bl_plan_state *plan;
  bl_json             *before;   /* its document, as stored */
  int64_t              since_us; /* the first change */
  int64_t              versions_us;  /* the first one of versions */
} timeline_draft;

static int draft_refuse(const timeline_draft *d, int rc, size_t at,
                        const char *member, const char *hint,
                        const char *message, bl_str what) {
  char path[BL_PATH_SIZE];
  char digits[BL_INT_TEXT];
  bl_str above = bl_str_of(d->path);

  if (above.len >= sizeof path) above.len = 0;
  if (above.len) memcpy(path, above.text, above.len);
  path[above.len] = '\0';
  (void)bl_path_add(path, BL_STR("overrides"));
  (void)bl_int_print((int64_t)at, digits);
  (void)bl_path_add(path, bl_str_of(digits));
  if (member) (void)bl_path_add(path, bl_str_of(member));
  return bl_fail(d->c->err, rc, path, hint, message, &what);
}

/* ---- times ---- */

static void draft_resolve(int64_t *us, uint32_t is_local,
                          const bl_zone *zone) {
  if (is_local && *us != BL_TIME_NEVER && *us != INT64_MIN)
    *us = bl_zone_to_utc(zone, *us);
}

static int draft_times(const timeline_draft *d, const bl_zone *zone) {
  for (size_t i = 0; i < d->terms->override_count; i++) {
    bl_override *o = &d->terms->overrides[i];
    draft_resolve(&o->span.from_us, o->from_is_local, zone);
    draft_resolve(&o->span.to_us, o->to_is_local, zone);
    if (bl_span_is_empty(o->span))
      return draft_refuse(d, BILLING_INVALID, i, "to",
                          "an instant after the start",
                          "the override %t ends before it begins", o->id);
  }
  return BILLING_OK;
}

/* ---- against what is there ---- */

static size_t draft_find(const bl_override *list, size_t count, bl_str id) {
  size_t at = 0;

  while (at < count && !bl_str_equal(list[at].id, id)) at++;
  return at;
}

/* An override as text, without its end. */
static int draft_member(const timeline_draft *d, const bl_json *doc, size_t at,
                        bl_str *out) {
  const bl_json *node = bl_json_first(bl_json_get(doc, "overrides"));
  bl_json *copy;
  bl_text text;
  int rc;

  while (at-- > 0) node = bl_json_next(node);
  copy = bl_json_add_copy(NULL, NULL, node);
  if (!copy) return BILLING_NOMEM;
  bl_json_remove(copy, "to");
  bl_text_open(&text, &d->c->arena);
  rc = bl_json_print(copy, &text);
  bl_json_free(copy);
  *out = (bl_str){text.text, text.len};
  return rc;
}

static void draft_moves(timeline_draft *d, int64_t us) {
  if (us < d->since_us) d->since_us = us;
}

/* An override of before, in the new document at place `at`. */
static int draft_compare(timeline_draft *d, size_t was, size_t at) {
  const bl_span then = d->was->terms.overrides[was].span;
  const bl_span now = d->terms->overrides[at].span;
  bl_str before, after;
  int rc = draft_member(d, d->before, was, &before);

  if (!rc) rc = draft_member(d, d->doc, at, &after);
  if (rc) return rc;
  if (!bl_str_equal(before, after) || then.from_us != now.from_us) {
    draft_moves(d, then.from_us);
    draft_moves(d, now.from_us);
  } else if (then.to_us != now.to_us) {
    draft_moves(d, then.to_us < now.to_us ? then.to_us : now.to_us);
  }
  return BILLING_OK;
}

/* Those that are gone, or stand in another order. */
static int draft_known(timeline_draft *d) {
  const bl_contract_terms *then = &d->was->terms;
  size_t next = 0;
  int rc = BILLING_OK;

  for (size_t i = 0; i < then->override_count && !rc; i++) {
    size_t at = draft_find(d->terms->overrides, d->terms->override_count,
                           then->overrides[i].id);
    if (at == d->terms->override_count || at < next) {
      draft_moves(d, then->overrides[i].span.from_us);
      continue;
    }
    next = at + 1;
    rc = draft_compare(d, i, at);
  }
  return rc;
}

static void draft_added(timeline_draft *d) {
  const bl_contract_terms *then = &d->was->terms;
  int is_other = d->terms->by_priority != then->by_priority;

  for (size_t i = 0; i < d->terms->override_count; i++) {
    const bl_override *o = &d->terms->overrides[i];
    if (is_other || draft_find(then->overrides, then->override_count,
                               o->id) == then->override_count)
      draft_moves(d, o->span.from_us);
  }
}

static int draft_overrides(timeline_draft *d) {
  int rc = d->was ? draft_known(d) : BILLING_OK;

  if (!rc && d->was) draft_added(d);
  return rc;
}

/* ---- quantities, bounds, and usage that is taken ---- */

/* What is billed in advance is corrected also when it changes after the clock:
 * there are seats that nobody has paid for. */
static int64_t draft_quantities(const timeline_draft *d) {
  const bl_contract *was = d->was;
  int64_t from_us = bl_quantities_change(&was->terms, d->terms);
  int is_billed = was->advanced > 0 &&
                  from_us < was->periods[was->advanced - 1].span.to_us;

  return is_billed && from_us >= d->c->now_us ? d->c->now_us - 1 : from_us;
}

static void draft_dated(timeline_draft *d) {
  if (!d->was) return;
  draft_moves(d, draft_quantities(d));
  draft_moves(d, bl_bounds_change(&d->was->terms.minimum, &d->terms->minimum));
  draft_moves(d, bl_bounds_change(&d->was->terms.maximum, &d->terms->maximum));
  draft_moves(d, bl_routes_change(&d->was->terms.usage, &d->terms->usage));
}

/* Whether fees change with a quantity, by themselves. */
static int draft_has_dated(const bl_contract_terms *terms) {
  for (size_t i = 0; i < terms->quantity_count; i++)
    if (terms->quantities[i].is_dated) return 1;
  return 0;
}

/* ---- versions ---- */

static int draft_asks_versions(const timeline_draft *d) {
  const bl_contract_terms *now = d->terms, *then = &d->was->terms;

  return now->follows != then->follows ||
         now->plan_version != then->plan_version ||
         now->effective_us != then->effective_us ||
         now->effective_is_local != then->effective_is_local;
}

/* Since when the contract has its version, or follows: as it was unless the
 * document asks for something else. */
static int draft_versions(timeline_draft *d, const bl_zone *zone,
                          bl_fact_document *fact) {
  int64_t from_us = d->terms->effective_us, now_us = d->versions_us;

  fact->versions_us = d->was ? d->was->versions_us : d->terms->start_us;
  if (!d->was) return BILLING_OK;
  if (draft_asks_versions(d)) {
    draft_resolve(&from_us, d->terms->effective_is_local, zone);
    if (from_us == BL_TIME_NEVER) from_us = now_us;
    if (from_us > d->c->now_us)
      return bl_fail_at(d->c->err, BILLING_CONFLICT, d->path, "effective",
                        "the call's now or earlier; a plan's version has an "
                        "effective time of its own",
                        "a contract cannot change its version later");
    if (from_us < d->terms->start_us) from_us = d->terms->start_us;
    fact->versions_us = d->versions_us = from_us;
  } else {
    from_us = d->terms->follows ? bl_plan_since(d->was, INT64_MAX)
                                : BL_TIME_NEVER;
    if (from_us < d->versions_us) d->versions_us = from_us;
  }
  draft_moves(d, d->versions_us);
  return BILLING_OK;
}

/* ---- what it is for ---- */

static int draft_has_price(const bl_plan_state *plan, bl_str id) {
  for (size_t i = 0; i < plan->versions.count; i++) {
    const bl_plan_version *version = plan->versions.item[i];
    for (size_t k = 0; k < version->plan.price_count; k++)
      if (bl_str_equal(version->plan.prices[k].id, id)) return 1;
  }
  return 0;
}

/* Whether a price groups by all that the target names values of. */
static int draft_groups(const bl_price *price, const bl_named_list *values) {
  for (size_t i = 0; i < values->count; i++) {
    size_t k = 0;
    while (k < price->group_count &&
           !bl_str_equal(price->groups[k], values->item[i].name))
      k++;
    if (k == price->group_count) return 0;
  }
  return 1;
}

static int draft_meets(const bl_plan_state *plan, const bl_target *target) {
  bl_target copy = *target;
  bl_override only = {.targets = &copy, .target_count = 1};

  for (size_t i = 0; i < plan->versions.count; i++) {
    const bl_plan_version *version = plan->versions.item[i];
    for (size_t k = 0; k < version->plan.price_count; k++) {
      const bl_price *price = &version->plan.prices[k];
      if (bl_override_touches(&only, price) &&
          draft_groups(price, &target->values))
        return 1;
    }
  }
  return 0;
}

/* A typing error must not be an override that never holds. */
static int draft_targets(const timeline_draft *d) {
  for (size_t i = 0; i < d->terms->override_count; i++) {
    const bl_override *o = &d->terms->overrides[i];
    for (size_t k = 0; k < o->target_count; k++) {
      const bl_target *target = &o->targets[k];
      if (target->price.len && !draft_has_price(d->plan, target->price))
        return draft_refuse(d, BILLING_NOTFOUND, i, NULL,
                            "the id of a price of the plan",
                            "there is no price %t in the plan",
                            target->price);
      if (!draft_meets(d->plan, target))
        return draft_refuse(d, BILLING_INVALID, i, NULL,
                            "prices with these tags, that group by what "
                            "values are named of",
                            "the override %t is for no price of the plan",
                            o->id);
    }
  }
  return BILLING_OK;
}

/* ---- laying ---- */

/* The version of a contract that stays with one. */
static uint64_t draft_pinned(const timeline_draft *d) {
  if (d->terms->plan_version) return (uint64_t)d->terms->plan_version;
  if (d->was && !d->was->terms.follows) return d->was->plan->version;
  return bl_plan_at(d->plan, d->was && d->terms->effective_us != BL_TIME_NEVER
                               ? d->versions_us : d->c->now_us)->version;
}

/* Whether the prices of one version are all that there is to say. */
static int draft_is_plain(const timeline_draft *d, uint64_t pinned) {
  if (d->terms->override_count || draft_has_dated(d->terms) ||
      (d->was && d->was->plan->intervals))
    return 0;
  if (!pinned) return d->plan->versions.count == 1;
  return !d->was || d->was->plan->version == pinned;
}

/* The most that a fee may come to must fit, or no invoice could be made. */
static int draft_fees(const timeline_draft *d, const bl_price *price) {
  if (!bl_price_is_fee(price)) return BILLING_OK;
  for (size_t i = 0; i < d->terms->quantity_count; i++) {
    const bl_quantity *quantity = &d->terms->quantities[i];
    if (bl_str_equal(quantity->name, price->quantity) &&
        bl_dec_is_bad(bl_price_fee(price, quantity->value, 1, 1)))
      return bl_fail_at(d->c->err, BILLING_LIMIT, d->path, "quantities",
                        "a fee below 10^20",
                        "the fee %t for this quantity of %t does not fit",
                        &price->id, &quantity->name);
  }
  return BILLING_OK;
}

static int draft_prices(const timeline_draft *d, const bl_lay *lay) {
  bl_price *prices = bl_arena_array(&d->c->arena, lay->count + 1,
                                    sizeof *prices);
  size_t bad = 0;
  int rc;

  if (!prices) return BILLING_NOMEM;
  rc = bl_lay_prices(lay, &d->c->arena, prices, NULL, &bad);
  if (rc == BILLING_INVALID)
    return draft_refuse(d, rc, bad, NULL, "fees take an amount, usage a unit; "
                        "tiered factors change per_unit and graduated prices; "
                        "a price with a commit rate stays one of these",
                        "the override %t does not fit a price that it is for",
                        d->terms->overrides[bad].id);
  if (rc == BILLING_LIMIT)
    return draft_refuse(d, rc, bad, NULL, "amounts below 10^20, and at most "
                        "10000 rates",
                        "what the override %t comes to does not fit",
                        d->terms->overrides[bad].id);
  for (size_t i = 0; i < lay->count && !rc; i++)
    rc = draft_fees(d, &prices[i]);
  return rc;
}

static int draft_plain(const timeline_draft *d, uint64_t number) {
  const bl_plan_version *version =
      bl_list_by_number(&d->plan->versions, number);
  int rc = BILLING_OK;

  for (size_t i = 0; i < version->plan.price_count && !rc; i++)
    rc = draft_fees(d, &version->plan.prices[i]);
  return rc;
}

static int draft_lay(const timeline_draft *d, bl_fact_document *fact) {
  bl_lay lay = {.arena = &d->c->arena, .plan = d->plan, .terms = d->terms,
                .laid = d->plan->version};
  uint64_t pinned = d->terms->follows ? 0 : draft_pinned(d);
  int rc = BILLING_OK;

  fact->plan_version = pinned ? pinned : d->plan->version;
  if (draft_is_plain(d, pinned)) return draft_plain(d, fact->plan_version);
  if (d->was) rc = bl_lay_start(&lay, d->was);
  if (!rc) rc = bl_lay_from(&lay, d->since_us, d->versions_us, pinned);
  if (!rc) rc = draft_prices(d, &lay);
  if (!rc && lay.count > DRAFT_INTERVALS)
    rc = bl_fail_at(d->c->err, BILLING_LIMIT, d->path, "overrides",
                    "fewer changes of prices, or a new contract",
                    "the contract has more than 100000 intervals");
  fact->intervals = lay.item;
  fact->interval_count = lay.count;
  return rc;
}

static int draft_spans(const timeline_draft *d, bl_fact_document *fact) {
  size_t count = d->terms->override_count;

  fact->override_count = count;
  fact->overrides = bl_arena_array(&d->c->arena, count + 1,
                                   sizeof *fact->overrides);
  if (!fact->overrides) return BILLING_NOMEM;
  for (size_t i = 0; i < count; i++)
    fact->overrides[i] = d->terms->overrides[i].span;
  return BILLING_OK;
}

static int draft_before(timeline_draft *d) {
  bl_str stored;
  int rc;

  if (!d->was || !d->was->terms.override_count) return BILLING_OK;
  rc = bl_document_stored(d->c, BL_KIND_CONTRACT, d->terms->id, &stored);
  return rc ? rc : bl_json_read(stored.text, stored.len, &d->before,
                                d->c->err);
}

int bl_timeline_draft(bl_call *c, const char *path, const bl_json *doc,
                      bl_contract_terms *terms, const bl_contract *was,
                      const bl_zone *zone, bl_fact_document *fact,
                      int64_t *since_us) {
  int has_begun = c->now_us > terms->start_us || (was && was->advanced);
  int64_t now_us = was && has_begun ? c->now_us : INT64_MIN;
  timeline_draft d = {
    .c = c, .path = path, .doc = doc, .terms = terms, .was = was,
    .plan = bl_map_get(&c->t->plans, terms->plan.text, terms->plan.len),
    .since_us = now_us, .versions_us = now_us};
  int rc = draft_times(&d, zone);

  if (!rc) rc = draft_before(&d);
  if (!rc) rc = draft_overrides(&d);
  if (!rc) draft_dated(&d);
  if (!rc) rc = draft_versions(&d, zone, fact);
  if (!rc) rc = draft_targets(&d);
  if (!rc) rc = draft_spans(&d, fact);
  if (!rc) rc = draft_lay(&d, fact);
  bl_json_free(d.before);
  has_begun = has_begun && d.since_us < c->now_us;
  if (d.since_us < terms->start_us) d.since_us = terms->start_us;
  *since_us = has_begun ? d.since_us : BL_TIME_NEVER;
  return rc;
}

/* Versions that it has come to; later ones are laid behind them. */
static uint64_t draft_laid(const bl_contract *contract) {
  const bl_plan_state *plan = contract->plan_state;
  uint64_t number = plan->version;

  if (!contract->terms.follows) return contract->plan->version;
  for (size_t i = plan->versions.count; i > contract->laid; i--) {
    const bl_plan_version *version = plan->versions.item[i - 1];
    if (bl_plan_comes(plan, version, contract->customer->number) == INT64_MAX)
      number = version->version - 1;
  }
  return number;
}

int bl_timeline_copy(bl_call *c, const bl_contract *contract,
                     bl_fact_document *fact) {
  timeline_draft d = {.c = c};
  bl_contract_terms terms = contract->terms;
  bl_lay lay = {.arena = &c->arena, .plan = contract->plan_state,
                .terms = &contract->terms};
  int rc;

  d.terms = &terms;
  fact->plan_version = draft_laid(contract);
  fact->versions_us = contract->versions_us;
  rc = draft_spans(&d, fact);
  if (rc || !contract->plan->intervals) return rc;
  rc = bl_lay_start(&lay, contract);
  fact->intervals = lay.item;
  fact->interval_count = lay.count;
  return rc;
}

#undef DRAFT_INTERVALS
