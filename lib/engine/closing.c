/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* closing.c - composites, minimums and maximums; see closing.h. */
#include "engine/closing.h"

#include "engine/fees.h"
#include "engine/rate.h"
#include "engine/ticks.h"
#include "engine/timeline.h"
#include "invoice/invoice.h"
#include "price/run.h"

typedef struct closing_book {
  bl_call               *c;
  bl_contract           *contract;
  const bl_fact_invoice *draft;
  bl_tick_book           book;
  bl_dec                *spend;    /* by price, of the period at hand */
  bl_dec                *free;     /* of it, paid by promotional grants */
  bl_fees                fees;     /* of earlier invoices */
} closing_book;

/* ---- which periods ---- */

/* The contract's own, of a key for which it may have some; else NULL. */
static const bl_bounds *closing_own(const bl_contract *contract, size_t at) {
  const bl_price *price = &contract->plan->plan.prices[at];

  if (price->closing == BL_CLOSING_PLAN_MINIMUM)
    return &contract->terms.minimum;
  return price->closing == BL_CLOSING_PLAN_MAXIMUM ? &contract->terms.maximum
                                                   : NULL;
}

/* What holds as a period begins, or the contract in it.  One that has closed
 * keeps what it closed under, unless the contract says since when. */
static bl_bound closing_bound(const bl_contract *contract, size_t at,
                              uint64_t period) {
  const bl_price *price = &contract->plan->plan.prices[at];
  const bl_bounds *own = closing_own(contract, at);
  const bl_bound *bound =
      own ? bl_bound_at(own, contract->periods[period].span.from_us) : NULL;

  if (price->closing == BL_CLOSING_COMPOSITE) return (bl_bound){0};
  return bound ? *bound : price->bound;
}

/* Whether the key may cost something in any period. */
static int closing_is_used(const bl_contract *contract, size_t at) {
  const bl_price *price = &contract->plan->plan.prices[at];
  const bl_bounds *own = closing_own(contract, at);

  for (size_t i = 0; own && i < own->count; i++)
    if (!bl_dec_is_zero(own->item[i].bound.amount)) return 1;
  if (own && own->count && !own->is_dated) return 0;
  return price->closing == BL_CLOSING_COMPOSITE ||
         !bl_dec_is_zero(price->bound.amount);
}

static int closing_has(const bl_contract *contract) {
  const bl_plan *plan = &contract->plan->plan;

  for (size_t i = 0; i < plan->key_count; i++)
    if (bl_price_closes(&plan->prices[i]) && closing_is_used(contract, i))
      return 1;
  for (size_t i = 0; i < contract->tallies.count; i++)
    if (bl_price_closes(bl_tally_price(contract->tallies.entry[i].value)))
      return 1;
  return 0;
}

/* Whether the period was closed by other prices than it has now. */
static int closing_is_again(const bl_contract *contract, uint64_t period) {
  return contract->periods[period].span.to_us > contract->moved_us;
}

/* Whether a tally has something that no invoice has billed yet. */
static int closing_has_moved(const bl_tally *tally) {
  return !bl_price_closes(bl_tally_price(tally)) &&
         (!bl_dec_equal(tally->amount, tally->billed_amount) ||
          !bl_dec_equal(tally->drawn, tally->billed_drawn));
}

/* moved[p]: the period's spend is another one than at its last billing. */
static unsigned char *closing_moved(bl_call *c, const bl_contract *contract,
                                    uint64_t periods) {
  unsigned char *moved = bl_arena_array(&c->arena, (size_t)periods + 1, 1);

  if (!moved) return NULL;
  for (size_t i = 0; i < contract->tallies.count; i++) {
    const bl_tally *tally = contract->tallies.entry[i].value;

    if (tally->period < periods && closing_has_moved(tally))
      moved[tally->period] = 1;
  }
  for (uint64_t p = 0; p < periods; p++)
    if (p >= contract->closed || closing_is_again(contract, p)) moved[p] = 1;
  return moved;
}

/* ---- the spend of a period ---- */

static bl_dec closing_free(const closing_book *k, const bl_tally *tally) {
  bl_dec sum = BL_DEC_ZERO;

  for (size_t i = 0; i < tally->stack_count; i++) {
    const bl_grant_state *grant =
        bl_table_at(&k->c->t->by_grant, tally->stack[i].grant);

    if (grant && grant->lot.is_promotional)
      sum = bl_dec_add(sum, tally->stack[i].amount);
  }
  return sum;
}

static void closing_add(bl_dec *sum, bl_dec amount) {
  *sum = bl_dec_add(*sum, amount);
}

static void closing_sum(closing_book *k, uint64_t period) {
  const bl_contract *contract = k->contract;
  size_t keys = contract->plan->plan.key_count;

  for (size_t i = 0; i < keys; i++) k->spend[i] = k->free[i] = BL_DEC_ZERO;
  for (size_t i = 0; i < contract->tallies.count; i++) {
    const bl_tally *tally = contract->tallies.entry[i].value;

    if (tally->period != period || bl_price_closes(bl_tally_price(tally)))
      continue;
    closing_add(&k->spend[tally->price], tally->amount);
    closing_add(&k->free[tally->price], closing_free(k, tally));
  }
  for (size_t i = 0; i < k->fees.count; i++) {
    const bl_fee *fee = &k->fees.item[i];

    if (fee->period == period)
      closing_add(&k->spend[fee->price], fee->amount);
  }
  for (size_t i = 0; i < k->draft->line_count; i++) {
    const bl_fact_line *line = &k->draft->lines[i];

    if (line->is_fee && line->period == period)
      closing_add(&k->spend[line->price], line->amount);
  }
}

/* ---- one key ---- */

/* What the figure is made of: spend that is not zero. */
static int closing_counts(closing_book *k, const bl_price *price,
                          bl_fact_tick *tick) {
  int is_net = price->of && price->of->without_free;

  tick->spend = bl_arena_array(&k->c->arena, price->counted_count + 1,
                               sizeof *tick->spend);
  if (!tick->spend) return BILLING_NOMEM;
  tick->quantity = BL_DEC_ZERO;
  for (size_t i = 0; i < price->counted_count; i++) {
    uint32_t at = price->counted[i];
    bl_dec amount = is_net ? bl_dec_sub(k->spend[at], k->free[at])
                           : k->spend[at];

    if (bl_dec_is_zero(amount)) continue;
    tick->spend[tick->spend_count++] = (bl_fact_spend){at, amount};
    closing_add(&tick->quantity, amount);
  }
  return BILLING_OK;
}

/* The least or the most of the period, its share rounded as a line is. */
static void closing_share(const closing_book *k, const bl_price *price,
                          uint64_t period, bl_fact_tick *tick) {
  const bl_contract *contract = k->contract;
  const bl_period *p = &contract->periods[period];
  const bl_tally *tally = bl_tally_of(contract, tick->price, period,
                                      tick->group);
  const bl_bounds *own = closing_own(contract, (size_t)tick->price);
  bl_bound bound = closing_bound(contract, (size_t)tick->price, period);
  bl_price fee = {.model = BL_MODEL_FLAT, .amount = bound.amount};

  tick->numerator = tick->denominator = 1;
  tick->bound = tally ? tally->more->bound : BL_DEC_ZERO;
  if (period < contract->closed &&
      (!closing_is_again(contract, period) ||
       (!bl_dec_is_zero(tick->bound) && !(own && own->is_dated))))
    return;
  bl_prorate(bound.proration, p->span, p->full, contract->zone,
             &tick->numerator, &tick->denominator);
  tick->bound = bl_round_due(
      bl_price_fee(&fee, BL_DEC_ONE, tick->numerator, tick->denominator),
      BL_DEC_ZERO, bl_catalog_places(&k->c->t->terms, price->asset));
}

/* What the lines of its parts say: each of them is rounded. */
static bl_dec closing_rounded(const bl_tenant_terms *tenant,
                              const bl_price *price,
                              const bl_fact_tick *tick) {
  int places = bl_catalog_places(tenant, price->asset);
  bl_dec sum = BL_DEC_ZERO;

  for (size_t i = 0; i < tick->spend_count; i++)
    closing_add(&sum, bl_round_due(tick->spend[i].amount, BL_DEC_ZERO,
                                   places));
  return sum;
}

bl_dec bl_closing_total(const bl_tenant_terms *tenant, const bl_price *price,
                        const bl_fact_tick *tick) {
  bl_dec spent;

  if (price->closing == BL_CLOSING_COMPOSITE)
    return bl_price_total(price, tick->quantity);
  if (bl_dec_is_zero(tick->bound)) return BL_DEC_ZERO;
  spent = closing_rounded(tenant, price, tick);
  return price->closing == BL_CLOSING_PLAN_MAXIMUM ||
                 price->closing == BL_CLOSING_SOME_MAXIMUM
           ? bl_dec_min(bl_dec_sub(tick->bound, spent), BL_DEC_ZERO)
           : bl_net_gap(tick->bound, spent, NULL, 0);
}

/* Whether usage tells the spend already, if it tells of the key at all. */
static int closing_is_said(const bl_tally *tally, const bl_fact_tick *tick) {
  return !tally || bl_dec_equal(tally->more->ticked, tick->quantity);
}

/* What a period closes under is booked even when it costs nothing: the same
 * holds for what comes late.  Only what others cost is drawn from grants: a
 * minimum is owed. */
static int closing_key(closing_book *k, size_t at, uint64_t period) {
  const bl_contract *contract = k->contract;
  const bl_price *price = &contract->plan->plan.prices[at];
  bl_fact_tick tick = {.price = at, .period = period, .group = {"", 0}};
  const bl_tally *tally = bl_tally_of(contract, at, period, tick.group);
  bl_dec total;
  int rc = closing_counts(k, price, &tick);

  if (rc) return rc;
  closing_share(k, price, period, &tick);
  total = bl_closing_total(&k->c->t->terms, price, &tick);
  tick.amount = tally ? bl_dec_sub(total, tally->amount) : total;
  k->spend[at] = total;
  if (bl_dec_is_zero(tick.amount) && closing_is_said(tally, &tick) &&
      bl_dec_equal(tick.bound, tally ? tally->more->bound : BL_DEC_ZERO))
    return BILLING_OK;
  return bl_tick_book_add(&k->book, &tick,
                          price->closing == BL_CLOSING_COMPOSITE);
}

/* What is another one's since prices of the past changed goes back. */
static int closing_leave(closing_book *k, size_t at, uint64_t period) {
  bl_fact_tick tick = {.price = at, .period = period, .group = {"", 0}};
  const bl_tally *tally = bl_tally_of(k->contract, at, period, tick.group);

  if (!tally || bl_dec_is_zero(tally->amount)) return BILLING_OK;
  tick.numerator = tick.denominator = 1;
  tick.amount = bl_dec_neg(tally->amount);
  return bl_tick_book_add(&k->book, &tick, 1);
}

/* ---- all of them ---- */

/* Whether it is this one, of those of the price, that the period is under. */
static int closing_holds(const bl_contract *contract, size_t at,
                         uint64_t period) {
  const bl_plan_version *plan = contract->plan;

  return bl_price_closes(&plan->plan.prices[at]) &&
         !(plan->intervals && plan->intervals[at].is_off) &&
         bl_timeline_leads(plan, at, contract->periods[period].span);
}

static int closing_period(closing_book *k, uint64_t period) {
  const bl_plan_version *plan = k->contract->plan;
  size_t *ranked = bl_timeline_ranked(k->c, plan);
  int rc = ranked ? BILLING_OK : BILLING_NOMEM;

  closing_sum(k, period);
  for (size_t i = 0; i < plan->plan.key_count && !rc; i++)
    if (closing_holds(k->contract, ranked[i], period))
      rc = closing_key(k, ranked[i], period);
    else if (bl_price_closes(&plan->plan.prices[ranked[i]]))
      rc = closing_leave(k, ranked[i], period);
  return rc;
}

static int closing_open(closing_book *k, const unsigned char *moved) {
  const bl_contract *contract = k->contract;
  size_t keys = contract->plan->plan.key_count;
  uint64_t first = 0;

  k->spend = bl_arena_array(&k->c->arena, keys, sizeof *k->spend);
  k->free = bl_arena_array(&k->c->arena, keys, sizeof *k->free);
  if (!k->spend || !k->free) return BILLING_NOMEM;
  while (!moved[first]) first++;
  if (first >= contract->closed && !contract->plan->has_advance)
    return BILLING_OK;
  return bl_fees_billed(k->c, contract, contract->periods[first].span.from_us,
                        &k->fees);
}

static int closing_write(closing_book *k, const unsigned char *moved,
                         uint64_t periods) {
  int rc = BILLING_OK;

  bl_tick_book_open(&k->book, k->c, k->contract);
  for (uint64_t p = 0; p < periods && !rc; p++)
    if (moved[p]) rc = closing_period(k, p);
  return bl_tick_book_close(&k->book, rc);
}

int bl_closing_book(bl_call *c, bl_contract *contract, uint64_t periods,
                    const bl_fact_invoice *draft, bl_fact_ticks *out) {
  closing_book k = {.c = c, .contract = contract, .draft = draft};
  unsigned char *moved;
  int rc;

  memset(out, 0, sizeof *out);
  if (!periods || !closing_has(contract)) return BILLING_OK;
  moved = closing_moved(c, contract, periods);
  if (!moved) return BILLING_NOMEM;
  if (!memchr(moved, 1, (size_t)periods)) return BILLING_OK;
  rc = closing_open(&k, moved);
  if (!rc) rc = closing_write(&k, moved, periods);
  *out = k.book.fact;
  return rc;
}
