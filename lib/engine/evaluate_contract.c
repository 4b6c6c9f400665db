/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * evaluate_contract.c - billing periods, and the share of one.
 *
 *     {"kernel":"periods","start":"2026-01-31","count":2,
 *      "period":{"unit":"month"},"anchor":"anniversary"}
 *     -> {"periods":[{"from":"2026-01-31T00:00:00Z",
 *                     "to":"2026-02-28T00:00:00Z", ..},
 *                    {"from":"2026-02-28T00:00:00Z",
 *                     "to":"2026-03-31T00:00:00Z", ..}]}
 *
 *     {"kernel":"prorate","amount":"31","from":"2026-03-15","to":"2026-04-01",
 *      "full_from":"2026-03-01","full_to":"2026-04-01",
 *      "proration":"days_half_open"}
 *     -> {"amount":"17","denominator":31,"numerator":17}
 */
#include "contract/contract.h"
#include "engine/evaluate.h"
#include "invoice/invoice.h"

/* ---- periods ---- */

typedef struct cycle_terms {
  bl_ask_cycle   is;
  bl_ask_clock   at;
  int32_t        count;
  int32_t        reserved;
} cycle_terms;

#define CYCLE_AT(member) offsetof(cycle_terms, member)
static const bl_field cycle_fields[] = {
  BL_ASK_KERNEL,
  {.name = "start", .read = bl_ask_node, .needed = BL_ALWAYS,
   .at = CYCLE_AT(is.start)},
  {.name = "end", .read = bl_ask_node, .at = CYCLE_AT(is.end)},
  {.name = "zone", .read = bl_ask_node, .at = CYCLE_AT(is.zone)},
  {.name = "period", .read = bl_ask_node, .at = CYCLE_AT(is.period)},
  {.name = "anchor", .read = bl_ask_node, .at = CYCLE_AT(is.anchor)},
  {.name = "at", .read = bl_ask_wall, .at = CYCLE_AT(at)},
  {.name = "count", .read = bl_value_whole, .low = 1, .high = BL_ASK_MOST,
   .at = CYCLE_AT(count)},
};
#undef CYCLE_AT

static const bl_shape cycle_shape = {
  "a request", cycle_fields, BL_COUNT(cycle_fields)
};

/* Copies what was given.  Returns whether memory ran out. */
static int cycle_copy(bl_json *doc, const char *name, const bl_json *node) {
  return node && bl_json_is_lost(bl_json_add_copy(doc, name, node));
}

static int cycle_fill(bl_json *doc, const bl_ask_cycle *terms) {
  static const char *const names[] = {"id", "customer", "plan"};
  int is_lost = bl_json_is_lost(doc);

  for (size_t i = 0; i < BL_COUNT(names); i++)
    is_lost |= bl_json_is_lost(bl_json_add_c(doc, names[i], "periods"));
  is_lost |= cycle_copy(doc, "start", terms->start);
  is_lost |= cycle_copy(doc, "end", terms->end);
  is_lost |= cycle_copy(doc, "zone", terms->zone);
  is_lost |= cycle_copy(doc, "period", terms->period);
  is_lost |= cycle_copy(doc, "anchor", terms->anchor);
  return is_lost;
}

/* Wall clocks of the zone become instants. */
static void cycle_resolve(const bl_zone *zone, bl_contract_terms *terms) {
  if (terms->start_is_local)
    terms->start_us = bl_zone_to_utc(zone, terms->start_us);
  if (terms->end_is_local)
    terms->end_us = bl_zone_to_utc(zone, terms->end_us);
  if (terms->anchor_is_local)
    terms->anchor_us = bl_zone_to_utc(zone, terms->anchor_us);
}

/* A contract of these terms is read as any other. */
int bl_ask_contract(const bl_ask *ask, const bl_ask_cycle *terms,
                    bl_contract_terms *out, const bl_zone **zone) {
  bl_json *doc = bl_json_object(NULL, NULL);
  int rc = cycle_fill(doc, terms) ? bl_reader_nomem(&ask->top) : BILLING_OK;

  if (!rc)
    rc = bl_catalog_read_contract(doc, "", ask->top.arena, out,
                                  ask->top.err);
  bl_json_free(doc);
  if (!rc) rc = bl_ask_zone(ask, out->zone, zone);
  if (!rc) cycle_resolve(*zone, out);
  return rc;
}

static void cycle_put(bl_json *list, const bl_period *period) {
  bl_json *node = bl_json_object(list, NULL);

  (void)bl_json_add_time(node, "from", period->span.from_us);
  (void)bl_json_add_time(node, "to", period->span.to_us);
  (void)bl_json_add_time(node, "full_from", period->full.from_us);
  (void)bl_json_add_time(node, "full_to", period->full.to_us);
}

int bl_ask_periods(bl_ask *ask) {
  cycle_terms asked = {.count = 1};
  bl_contract_terms terms;
  const bl_zone *zone = NULL;
  bl_period period;
  bl_json *list;
  int more;
  int rc;

  rc = bl_shape_read(&cycle_shape, &ask->top, ask->doc, 0, &asked);
  if (!rc) rc = bl_ask_contract(ask, &asked.is, &terms, &zone);
  if (rc) return rc;
  list = bl_json_array(ask->out, "periods");
  more = asked.at.is_given
           ? bl_period_at(&terms, zone, bl_ask_instant(&asked.at, zone),
                          &period)
           : bl_period_next(&terms, zone, NULL, &period);
  for (int32_t i = 0; more && i < asked.count; i++) {
    bl_period before = period;

    cycle_put(list, &period);
    more = bl_period_next(&terms, zone, &before, &period);
  }
  return BILLING_OK;
}

/* ---- prorate ---- */

typedef struct share_terms {
  bl_dec       amount;
  bl_dec       quantity;
  bl_dec       paid;         /* for paid_days of the same: taken off */
  bl_ask_clock after;        /* days before its day are free */
  bl_duration  every;        /* the cycle, of which one end may be left out */
  bl_ask_clock from;
  bl_ask_clock to;
  bl_ask_clock full_from;
  bl_ask_clock full_to;
  bl_str       zone;
  int32_t      days;         /* of the whole, instead of what it counts */
  int32_t      paid_days;
  int32_t      less;         /* days that are not counted */
  int32_t      month_days;
  int32_t      places;       /* of the amount; -1: exact */
  int32_t      share_places; /* of the share; -1: it stays a ratio */
  uint32_t     proration;
  uint32_t     empty;
  uint32_t     is_capped;    /* at most the whole */
  uint32_t     is_whole;     /* what nothing was cut from is the whole */
  uint32_t     from_day;     /* the beginning of the day counts, too */
  uint32_t     reserved;
} share_terms;

/* What an empty span comes to. */
enum { SHARE_REFUSE, SHARE_ZERO, SHARE_WHOLE };
static const char *const share_empties[] = {"refuse", "zero", "whole", NULL};

#define SHARE_AT(member) offsetof(share_terms, member)
static const bl_field share_fields[] = {
  BL_ASK_KERNEL,
  {.name = "amount", .read = bl_ask_dec, .at = SHARE_AT(amount)},
  {.name = "from", .read = bl_ask_wall, .needed = BL_ALWAYS,
   .at = SHARE_AT(from)},
  {.name = "to", .read = bl_ask_wall, .needed = BL_ALWAYS,
   .at = SHARE_AT(to)},
  {.name = "full_from", .read = bl_ask_wall, .at = SHARE_AT(full_from)},
  {.name = "full_to", .read = bl_ask_wall, .at = SHARE_AT(full_to)},
  {.name = "every", .read = bl_ask_duration, .low = 1,
   .at = SHARE_AT(every)},
  {.name = "days", .read = bl_value_whole, .low = 1, .high = 36600,
   .at = SHARE_AT(days)},
  {.name = "zone", .read = bl_value_label, .high = 64,
   .at = SHARE_AT(zone)},
  {.name = "proration", .read = bl_value_choice, .words = bl_prorate_words,
   .at = SHARE_AT(proration)},
  {.name = "month_days", .read = bl_value_whole, .low = 1, .high = 31,
   .at = SHARE_AT(month_days)},
  {.name = "places", .read = bl_value_whole, .low = 0, .high = 18,
   .at = SHARE_AT(places)},
  {.name = "share_places", .read = bl_value_whole, .low = 0, .high = 18,
   .at = SHARE_AT(share_places)},
  {.name = "quantity", .read = bl_ask_dec, .at = SHARE_AT(quantity)},
  {.name = "after", .read = bl_ask_wall, .at = SHARE_AT(after)},
  {.name = "less", .read = bl_value_whole, .low = 0, .high = 36600,
   .at = SHARE_AT(less)},
  {.name = "paid", .read = bl_ask_dec, .at = SHARE_AT(paid)},
  {.name = "paid_days", .read = bl_value_whole, .low = 1, .high = 36600,
   .at = SHARE_AT(paid_days)},
  {.name = "day_start", .read = bl_value_truth, .at = SHARE_AT(from_day)},
  {.name = "whole", .read = bl_value_truth, .at = SHARE_AT(is_whole)},
  {.name = "capped", .read = bl_value_truth, .at = SHARE_AT(is_capped)},
  {.name = "empty", .read = bl_value_choice, .words = share_empties,
   .at = SHARE_AT(empty)},
};
#undef SHARE_AT

static const bl_shape share_shape = {
  "a request", share_fields, BL_COUNT(share_fields)
};

/* The whole cycle: as given, or so long from the end that is. */
static bl_span share_full(const share_terms *terms, const bl_zone *zone,
                          bl_span span) {
  bl_span full = {bl_ask_instant(&terms->full_from, zone),
                  bl_ask_instant(&terms->full_to, zone)};

  if (!terms->full_from.is_given && terms->full_to.is_given)
    full.from_us = bl_duration_add(&terms->every, zone, full.to_us, -1);
  else if (!terms->full_from.is_given) full.from_us = span.from_us;
  if (!terms->full_to.is_given)
    full.to_us = bl_duration_add(&terms->every, zone, full.from_us, 1);
  /* The days of the whole are given: bounds that nothing falls short of. */
  if (terms->days && bl_span_is_empty(full)) full.to_us = span.to_us + 1;
  return full;
}

/* A span that ends before it starts is none, and a cycle has a length. */
static int share_check(const bl_ask *ask, const share_terms *terms,
                       bl_span span, bl_span full) {
  bl_reader to = bl_reader_member(&ask->top, "to");
  bl_reader full_to = bl_reader_member(&ask->top, "full_to");
  int has_full = terms->full_from.is_given && terms->full_to.is_given;

  if (span.to_us < span.from_us && terms->empty == SHARE_REFUSE)
    return bl_reader_fail(&to, BILLING_INVALID, "from, or later",
                          "a time ends before it starts");
  if (!has_full && !bl_duration_divides(&terms->every, &terms->every) &&
      !terms->days)
    return bl_reader_fail(&full_to, BILLING_INVALID,
                          "full_from and full_to, or every, or days",
                          "the whole cycle is missing");
  if (bl_span_is_empty(full) && !terms->days && terms->empty != SHARE_WHOLE)
    return bl_reader_fail(&full_to, BILLING_INVALID, "after full_from",
                          "a cycle has a length");
  return BILLING_OK;
}

static void share_put(bl_ask *ask, const share_terms *terms,
                      int64_t numerator, int64_t denominator) {
  bl_dec of = bl_dec_mul(terms->amount, terms->quantity);
  bl_dec amount = bl_dec_ratio(of, numerator, denominator);

  if (terms->share_places >= 0) {
    bl_dec share = bl_share_round(numerator, denominator,
                                  terms->share_places);
    amount = bl_dec_mul(of, share);
    bl_ask_put(ask, ask->out, "share", share);
  }
  if (terms->places >= 0)
    amount = bl_round_due(amount, BL_DEC_ZERO, terms->places);
  if (terms->paid_days) {
    bl_dec paid = bl_dec_ratio(terms->paid, numerator, terms->paid_days);
    if (terms->places >= 0)
      paid = bl_round_due(paid, BL_DEC_ZERO, terms->places);
    amount = bl_dec_max(bl_dec_sub(amount, paid), BL_DEC_ZERO);
  }
  bl_ask_put(ask, ask->out, "amount", amount);
  (void)bl_json_add_int(ask->out, "numerator", numerator);
  (void)bl_json_add_int(ask->out, "denominator", denominator);
}

static int64_t share_midnight(const bl_zone *zone, int64_t us) {
  bl_civil day = bl_civil_of_us(bl_zone_to_local(zone, us));

  day.clock_us = 0;
  return bl_zone_to_utc(zone, bl_us_of_civil(day));
}

/* The span without its free days; they end with a whole day. */
static int share_free(const share_terms *terms, const bl_zone *zone,
                      bl_span *span) {
  int64_t us;

  if (!terms->after.is_given) return 0;
  us = share_midnight(zone, bl_ask_instant(&terms->after, zone));
  if (us <= span->from_us) return 0;
  span->from_us = us < span->to_us ? us : span->to_us;
  return 1;
}

/* What the share is, as far as the request says how. */
static void share_count(const share_terms *terms, const bl_zone *zone,
                        bl_span span, bl_span full, int64_t *numerator,
                        int64_t *denominator) {
  int is_cut = share_free(terms, zone, &span) || terms->less;
  int is_empty = bl_span_is_empty(span) || bl_span_is_empty(full);

  bl_share(terms->proration, terms->month_days, span, full, zone, numerator,
           denominator);
  if (terms->days) *denominator = terms->days;
  *numerator = *numerator > terms->less ? *numerator - terms->less : 0;
  if ((terms->is_whole && !is_cut) ||
      (terms->empty == SHARE_WHOLE && is_empty))
    *numerator = *denominator;
  if (terms->is_capped && *numerator > *denominator)
    *numerator = *denominator;
}

int bl_ask_prorate(bl_ask *ask) {
  share_terms terms = {.amount = BL_DEC_ZERO, .quantity = BL_DEC_ONE,
                       .month_days = 30, .places = -1, .share_places = -1};
  const bl_zone *zone = NULL;
  bl_span span, full;
  int64_t numerator, denominator;
  int rc = bl_shape_read(&share_shape, &ask->top, ask->doc, 0, &terms);

  if (!rc) rc = bl_ask_zone(ask, terms.zone, &zone);
  if (rc) return rc;
  span.from_us = bl_ask_instant(&terms.from, zone);
  span.to_us   = bl_ask_instant(&terms.to, zone);
  if (terms.from_day) span.from_us = share_midnight(zone, span.from_us);
  full = share_full(&terms, zone, span);
  rc = share_check(ask, &terms, span, full);
  if (rc) return rc;
  share_count(&terms, zone, span, full, &numerator, &denominator);
  share_put(ask, &terms, numerator, denominator);
  return BILLING_OK;
}
