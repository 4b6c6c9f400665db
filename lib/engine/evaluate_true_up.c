/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * evaluate_true_up.c - what is missing of a minimum, by itself.
 *
 *     {"kernel":"true_up","minimum":"310","from":"2026-01-15",
 *      "to":"2026-02-01","full_from":"2026-01-01","full_to":"2026-02-01",
 *      "proration":"days_half_open","fees":[{"amount":"100",
 *      "from":"2026-01-15","to":"2026-02-01"}]}
 *     -> {"minimum":"170","numerator":17,"denominator":31,"counted":"100",
 *         "due":"70", ..}
 *
 * A fee counts when its own times lie within the whole period.
 */
#include "contract/contract.h"
#include "engine/evaluate.h"
#include "engine/evaluate_terms.h"
#include "invoice/invoice.h"
#include "price/run.h"

typedef struct true_up_terms {
  bl_dec         minimum;
  bl_ask_clock   from;
  bl_ask_clock   to;
  bl_ask_clock   full_from;
  bl_ask_clock   full_to;
  bl_str         zone;
  const bl_json *fees;
  int32_t        days;         /* of the whole period, when it has no bounds */
  int32_t        month_days;
  int32_t        places;
  uint32_t       proration;
} true_up_terms;

#define TRUE_UP_AT(member) offsetof(true_up_terms, member)
static const bl_field true_up_fields[] = {
  BL_ASK_KERNEL,
  {.name = "minimum", .read = bl_value_amount, .needed = BL_ALWAYS,
   .at = TRUE_UP_AT(minimum)},
  {.name = "from", .read = bl_ask_wall, .needed = BL_ALWAYS,
   .at = TRUE_UP_AT(from)},
  {.name = "to", .read = bl_ask_wall, .needed = BL_ALWAYS,
   .at = TRUE_UP_AT(to)},
  {.name = "full_from", .read = bl_ask_wall, .at = TRUE_UP_AT(full_from)},
  {.name = "full_to", .read = bl_ask_wall, .at = TRUE_UP_AT(full_to)},
  {.name = "days", .read = bl_value_whole, .low = 1, .high = 36600,
   .at = TRUE_UP_AT(days)},
  {.name = "zone", .read = bl_value_label, .high = 64,
   .at = TRUE_UP_AT(zone)},
  {.name = "proration", .read = bl_value_choice, .words = bl_prorate_words,
   .at = TRUE_UP_AT(proration)},
  {.name = "month_days", .read = bl_value_whole, .low = 1, .high = 31,
   .at = TRUE_UP_AT(month_days)},
  {.name = "places", .read = bl_value_whole, .low = 0, .high = 18,
   .at = TRUE_UP_AT(places)},
  {.name = "fees", .read = bl_ask_list, .at = TRUE_UP_AT(fees)},
};
#undef TRUE_UP_AT

static const bl_shape true_up_shape = {
  "a request", true_up_fields, BL_COUNT(true_up_fields)
};

typedef struct true_up_fee {
  bl_dec       amount;
  bl_ask_clock from;
  bl_ask_clock to;
} true_up_fee;

static const bl_field true_up_fee_fields[] = {
  {.name = "amount", .read = bl_ask_dec, .needed = BL_ALWAYS,
   .at = offsetof(true_up_fee, amount)},
  {.name = "from", .read = bl_ask_wall, .at = offsetof(true_up_fee, from)},
  {.name = "to", .read = bl_ask_wall, .at = offsetof(true_up_fee, to)},
};

static const bl_shape true_up_fee_shape = {
  "a fee", true_up_fee_fields, BL_COUNT(true_up_fee_fields)
};

/* ---- the share ---- */

static int true_up_check(const bl_ask *ask, const true_up_terms *terms,
                         bl_span span, bl_span full) {
  bl_reader to = bl_reader_member(&ask->top, "to");
  bl_reader full_to = bl_reader_member(&ask->top, "full_to");
  int has_full = terms->full_from.is_given && terms->full_to.is_given;

  if (span.to_us < span.from_us)
    return bl_reader_fail(&to, BILLING_INVALID, "from, or later",
                          "a time ends before it starts");
  if (!has_full && !terms->days)
    return bl_reader_fail(&full_to, BILLING_INVALID,
                          "full_from and full_to, or days",
                          "the whole period is missing");
  if (has_full && bl_span_is_empty(full))
    return bl_reader_fail(&full_to, BILLING_INVALID, "after full_from",
                          "a cycle has a length");
  return BILLING_OK;
}

static void true_up_share(const true_up_terms *terms, const bl_zone *zone,
                          bl_span span, bl_span full, int64_t *numerator,
                          int64_t *denominator) {
  if (terms->proration == BL_PRORATE_LAGO_DAYS && span.to_us > full.to_us)
    span.to_us = full.to_us;
  if (terms->days && !terms->full_to.is_given)
    full = (bl_span){span.from_us, span.to_us + 1};
  bl_share(terms->proration, terms->month_days, span, full, zone, numerator,
           denominator);
  if (terms->days) *denominator = terms->days;
}

/* ---- the fees ---- */

static int true_up_count(bl_ask *ask, const true_up_terms *terms,
                         const bl_zone *zone, bl_span full, bl_dec *sum) {
  static const true_up_fee start = {.amount = {0, 0}};
  bl_reader above = bl_reader_member(&ask->top, "fees");
  true_up_fee *fees = NULL;
  size_t count = 0;
  int rc = BILLING_OK;

  *sum = BL_DEC_ZERO;
  if (terms->fees)
    rc = bl_ask_items(ask, &above, terms->fees, &true_up_fee_shape, &start,
                      sizeof start, &fees, &count);
  for (size_t i = 0; i < count && !rc; i++) {
    const true_up_fee *fee = &fees[i];
    if (fee->from.is_given && bl_ask_instant(&fee->from, zone) < full.from_us)
      continue;
    if (fee->to.is_given && bl_ask_instant(&fee->to, zone) > full.to_us)
      continue;
    *sum = bl_dec_add(*sum, fee->amount);
  }
  return rc;
}

int bl_ask_true_up(bl_ask *ask) {
  true_up_terms terms = {.places = 2, .month_days = 30};
  const bl_zone *zone = NULL;
  bl_span span, full = {INT64_MIN, INT64_MAX};
  int64_t numerator, denominator;
  bl_dec share, counted, missing;
  int rc = bl_shape_read(&true_up_shape, &ask->top, ask->doc, 0, &terms);

  if (!rc) rc = bl_ask_zone(ask, terms.zone, &zone);
  if (rc) return rc;
  span.from_us = bl_ask_instant(&terms.from, zone);
  span.to_us   = bl_ask_instant(&terms.to, zone);
  if (terms.full_from.is_given)
    full.from_us = bl_ask_instant(&terms.full_from, zone);
  if (terms.full_to.is_given)
    full.to_us = bl_ask_instant(&terms.full_to, zone);
  rc = true_up_check(ask, &terms, span, full);
  if (!rc) rc = true_up_count(ask, &terms, zone, full, &counted);
  if (rc) return rc;
  true_up_share(&terms, zone, span, full, &numerator, &denominator);
  share = bl_dec_ratio(terms.minimum, numerator, denominator);
  missing = bl_net_gap(share, counted, NULL, 0);
  bl_ask_put(ask, ask->out, "minimum",
             bl_round_due(share, BL_DEC_ZERO, terms.places));
  bl_ask_put(ask, ask->out, "ratio",
             bl_dec_ratio(BL_DEC_ONE, numerator, denominator));
  bl_ask_put(ask, ask->out, "counted", counted);
  bl_ask_put(ask, ask->out, "missing", missing);
  bl_ask_put(ask, ask->out, "due",
             bl_round_due(missing, BL_DEC_ZERO, terms.places));
  (void)bl_json_add_int(ask->out, "numerator", numerator);
  (void)bl_json_add_int(ask->out, "denominator", denominator);
  return BILLING_OK;
}
