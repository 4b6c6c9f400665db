/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * timeline_lay.c - from versions and overrides to intervals; see timeline.h.
 *
 * What holds already is claimed by what shall hold, when it says the same, and
 * goes on; what is not claimed ends where the new one begins.
 */
#include "engine/timeline.h"

#include "price/terms.h"

/* One laying: the intervals of before, and which of them go on. */
typedef struct lay_pass {
  bl_lay           *lay;
  bl_fact_interval *was;       /* as they were */
  unsigned char    *claimed;
  size_t            known;
  int64_t           from_us;   /* where laying begins */
} lay_pass;

static int lay_push(bl_lay *lay, bl_fact_interval interval) {
  bl_fact_interval *place = bl_arena_push(lay->arena, (void **)&lay->item,
                                          &lay->count, &lay->cap,
                                          sizeof *place);

  if (!place) return BILLING_NOMEM;
  *place = interval;
  lay->count++;
  return BILLING_OK;
}

int bl_lay_start(bl_lay *lay, const bl_contract *was) {
  const bl_plan_version *plan = was->plan;
  bl_span whole = {was->terms.start_us, BL_TIME_NEVER};
  int rc = BILLING_OK;

  for (size_t i = 0; i < plan->plan.key_count && !rc; i++)
    rc = lay_push(lay, plan->intervals
                         ? plan->intervals[i].was
                         : (bl_fact_interval){plan->version, i, whole});
  return rc;
}

static const bl_price *lay_price(const bl_lay *lay,
                                 const bl_fact_interval *interval) {
  const bl_plan_version *version =
      bl_list_by_number(&lay->plan->versions, interval->version);

  return version && interval->price < version->plan.key_count
           ? &version->plan.prices[interval->price] : NULL;
}

/* Whether the same overrides touch the price at two moments, and the contract
 * counts as many of what it is for. */
static int lay_is_alike(const bl_lay *lay, const bl_price *price, int64_t a,
                        int64_t b) {
  if (!bl_dec_equal(bl_quantity_of(lay->terms, price->quantity, a),
                    bl_quantity_of(lay->terms, price->quantity, b)))
    return 0;
  for (size_t i = 0; i < lay->terms->override_count; i++) {
    const bl_override *o = &lay->terms->overrides[i];
    if (bl_span_holds(o->span, a) != bl_span_holds(o->span, b) &&
        bl_override_touches(o, price))
      return 0;
  }
  return 1;
}

/* The end of what holds from a moment on. */
static int64_t lay_until(const bl_lay *lay, const bl_price *price,
                         bl_span span) {
  int64_t until = span.to_us;

  for (size_t i = 0; i < lay->terms->quantity_count; i++) {
    const bl_quantity *step = &lay->terms->quantities[i];
    if (step->from_us > span.from_us && step->from_us < until &&
        bl_str_equal(step->name, price->quantity))
      until = step->from_us;
  }
  for (size_t i = 0; i < lay->terms->override_count; i++) {
    const bl_override *o = &lay->terms->overrides[i];
    if (!bl_override_touches(o, price)) continue;
    if (o->span.from_us > span.from_us && o->span.from_us < until)
      until = o->span.from_us;
    if (o->span.to_us > span.from_us && o->span.to_us < until)
      until = o->span.to_us;
  }
  return until;
}

/* What was there goes on where laying begins, or begins as it was to begin;
 * what was laid goes on where it ended. */
static int lay_meets(const lay_pass *pass, size_t at, int64_t from_us) {
  bl_span span = pass->lay->item[at].span;

  if (at >= pass->known || pass->claimed[at]) return span.to_us == from_us;
  return span.from_us == from_us ||
         (from_us == pass->from_us && bl_span_holds(span, from_us));
}

static int lay_goes_on(const lay_pass *pass, size_t at,
                       const bl_price *price, int64_t from_us) {
  const bl_fact_interval *known = &pass->lay->item[at];
  const bl_price *own;

  if (!lay_meets(pass, at, from_us)) return 0;
  own = lay_price(pass->lay, known);
  return own && (own == price || bl_price_same(own, price)) &&
         lay_is_alike(pass->lay, price, known->span.from_us, from_us);
}

static int lay_interval(lay_pass *pass, bl_fact_interval interval) {
  bl_lay *lay = pass->lay;
  const bl_price *price = lay_price(lay, &interval);

  for (size_t i = 0; i < lay->count; i++) {
    if (!lay_goes_on(pass, i, price, interval.span.from_us)) continue;
    if (i < pass->known) pass->claimed[i] = 1;
    lay->item[i].span.to_us = interval.span.to_us;
    return BILLING_OK;
  }
  return lay_push(lay, interval);
}

/* A price for a while, as overrides cut it. */
static int lay_price_span(lay_pass *pass, bl_fact_interval whole) {
  const bl_price *price = lay_price(pass->lay, &whole);
  bl_span left = whole.span;
  int rc = BILLING_OK;

  while (!bl_span_is_empty(left) && !rc) {
    bl_fact_interval part = whole;
    part.span = (bl_span){left.from_us, lay_until(pass->lay, price, left)};
    rc = lay_interval(pass, part);
    left.from_us = part.span.to_us;
  }
  return rc;
}

static int lay_span(lay_pass *pass, const bl_plan_version *version,
                    bl_span span) {
  int rc = BILLING_OK;

  for (size_t i = 0; i < version->plan.key_count && !rc; i++)
    rc = lay_price_span(pass, (bl_fact_interval){version->version, i, span});
  return rc;
}

/* Prices that stay, under other overrides. */
static int lay_again(lay_pass *pass, bl_span span) {
  int rc = BILLING_OK;

  for (size_t i = 0; i < pass->known && !rc; i++) {
    bl_fact_interval part = pass->was[i];
    part.span = bl_span_cut(part.span, span);
    rc = lay_price_span(pass, part);
  }
  return rc;
}

static int lay_open(lay_pass *pass, bl_lay *lay, int64_t from_us) {
  *pass = (lay_pass){.lay = lay, .known = lay->count, .from_us = from_us};
  pass->claimed = bl_arena_array(lay->arena, lay->count + 1, 1);
  pass->was = bl_arena_array(lay->arena, lay->count + 1, sizeof *pass->was);
  if (!pass->claimed || !pass->was) return BILLING_NOMEM;
  if (lay->count)
    memcpy(pass->was, lay->item, lay->count * sizeof *pass->was);
  return BILLING_OK;
}

static void lay_close(const lay_pass *pass) {
  int64_t from_us = pass->from_us;

  for (size_t i = 0; i < pass->known; i++) {
    bl_span *span = &pass->lay->item[i].span;
    if (pass->claimed[i] || span->to_us <= from_us) continue;
    span->to_us = span->from_us > from_us ? span->from_us : from_us;
  }
}

static int lay_has(const bl_lay *lay, const bl_plan_version *version) {
  return version->version <= lay->laid ||
         bl_plan_comes(lay->plan, version, lay->customer) <= lay->as_of;
}

/* A version holds from its time on until one does that was put later. */
static bl_span lay_time_of(const bl_lay *lay, size_t at, int64_t from_us) {
  const bl_list *versions = &lay->plan->versions;
  const bl_plan_version *version = versions->item[at];
  bl_span span = {version->from_us, BL_TIME_NEVER};

  if (span.from_us < from_us) span.from_us = from_us;
  if (!lay_has(lay, version)) span.to_us = span.from_us;
  for (size_t i = at + 1; i < versions->count; i++) {
    const bl_plan_version *later = versions->item[i];
    if (lay_has(lay, later) && later->from_us < span.to_us)
      span.to_us = later->from_us;
  }
  return span;
}

int bl_lay_from(bl_lay *lay, int64_t from_us, int64_t versions_us,
                uint64_t pinned) {
  const bl_list *versions = &lay->plan->versions;
  lay_pass pass;
  int rc;

  if (from_us < lay->terms->start_us) from_us = lay->terms->start_us;
  if (versions_us < from_us) versions_us = from_us;
  rc = lay_open(&pass, lay, from_us);
  if (!rc) rc = lay_again(&pass, (bl_span){from_us, versions_us});
  for (size_t i = 0; i < versions->count && !rc; i++) {
    const bl_plan_version *version = versions->item[i];
    bl_span span = {versions_us, BL_TIME_NEVER};
    if (!pinned) span = lay_time_of(lay, i, versions_us);
    else if (version->version != pinned) continue;
    rc = lay_span(&pass, version, span);
  }
  if (!rc) lay_close(&pass);
  return rc;
}

static int lay_is_touched(const bl_contract_terms *terms,
                          const bl_price *price, int64_t us) {
  for (size_t i = 0; i < terms->override_count; i++)
    if (bl_span_holds(terms->overrides[i].span, us) &&
        bl_override_touches(&terms->overrides[i], price))
      return 1;
  return 0;
}

int bl_lay_prices(const bl_lay *lay, bl_arena *a, bl_price *prices,
                  unsigned char *unfit, size_t *bad) {
  bl_amendments by = {lay->terms->overrides, lay->terms->override_count,
                      (int)lay->terms->by_priority};

  for (size_t i = 0; i < lay->count; i++) {
    const bl_fact_interval *interval = &lay->item[i];
    const bl_price *list = lay_price(lay, interval);
    int rc;
    if (!list) return BILLING_CORRUPT;
    prices[i] = *list;
    if (!lay_is_touched(lay->terms, list, interval->span.from_us)) continue;
    rc = bl_price_amend(list, &by, interval->span.from_us, a, &prices[i],
                        bad);
    if (rc == BILLING_NOMEM || (rc && !unfit)) return rc;
    if (!rc) continue;
    prices[i] = *list;
    unfit[i] = 1;
  }
  return BILLING_OK;
}
