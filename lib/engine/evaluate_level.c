/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * evaluate_level.c - levels that are billed as they rise.
 *
 *     {"kernel":"in_advance","level":"4","change":"10","billed":"10"}
 *     -> {"units":"4"}
 *
 *     {"kernel":"in_advance","change":"10","days_left":2,"days":31,
 *      "share":"lago_days"}
 *     -> {"units":"0.64517"}
 */
#include "engine/evaluate.h"
#include "meter/measure.h"

static const char *const rise_shares[] = {"exact", "lago_days", NULL};
static const char *const rise_negatives[] = {"keep", "zero", NULL};

typedef struct rise_terms {
  bl_dec   level;
  bl_dec   change;
  bl_dec   billed;
  bl_dec   most;                   /* the bad value: any number */
  bl_dec   total;                  /* the bad value: a change is asked for */
  bl_dec   ratio;                  /* instead of days_left / days */
  int64_t  days_left;
  int64_t  days;
  uint32_t rounds_up;
  uint32_t lifts_negative;
} rise_terms;

static const bl_field rise_fields[] = {
  BL_ASK_KERNEL,
  {.name = "level", .read = bl_ask_dec, .at = offsetof(rise_terms, level)},
  {.name = "change", .read = bl_ask_dec, .at = offsetof(rise_terms, change)},
  {.name = "billed", .read = bl_ask_dec, .at = offsetof(rise_terms, billed)},
  {.name = "most", .read = bl_ask_dec, .at = offsetof(rise_terms, most)},
  {.name = "total", .read = bl_ask_dec, .at = offsetof(rise_terms, total)},
  {.name = "ratio", .read = bl_value_amount,
   .at = offsetof(rise_terms, ratio)},
  {.name = "days_left", .read = bl_value_whole64, .low = 0,
   .high = 4000000, .at = offsetof(rise_terms, days_left)},
  {.name = "days", .read = bl_value_whole64, .low = 1, .high = 4000000,
   .at = offsetof(rise_terms, days)},
  {.name = "share", .read = bl_value_choice, .words = rise_shares,
   .at = offsetof(rise_terms, rounds_up)},
  {.name = "negative", .read = bl_value_choice, .words = rise_negatives,
   .at = offsetof(rise_terms, lifts_negative)},
};

static const bl_shape rise_shape = {
  "a request", rise_fields, BL_COUNT(rise_fields)
};

/* Units for the share of the period that is left. */
static bl_dec rise_share(const rise_terms *terms, bl_dec units) {
  bl_dec num = bl_dec_of_int(terms->days_left);
  bl_dec den = bl_dec_of_int(terms->days);

  if (!bl_dec_is_bad(terms->ratio)) {
    num = terms->ratio;
    den = BL_DEC_ONE;
  }
  if (terms->rounds_up && bl_dec_less(num, den))
    return bl_dec_muldiv_round(units, num, den, 5, BL_ROUND_CEILING);
  return bl_dec_muldiv(units, num, den);
}

static bl_dec rise_lift(const rise_terms *terms, bl_dec v) {
  return terms->lifts_negative ? bl_dec_max(v, BL_DEC_ZERO) : v;
}

static bl_dec rise_change(const rise_terms *terms) {
  bl_dec units = bl_in_advance_units(terms->level, terms->change,
                                     terms->billed);

  if (!bl_dec_is_bad(terms->most)) units = bl_dec_min(units, terms->most);
  return rise_share(terms, units);
}

static bl_dec rise_usage(const rise_terms *terms) {
  bl_dec rise = bl_dec_sub(rise_lift(terms, terms->total),
                           rise_lift(terms, terms->level));

  return rise_lift(terms, bl_dec_add(rise_share(terms, rise),
                                     terms->billed));
}

int bl_ask_in_advance(bl_ask *ask) {
  rise_terms terms = {.most = BL_DEC_BAD, .total = BL_DEC_BAD,
                      .ratio = BL_DEC_BAD, .days_left = 1, .days = 1};
  int rc = bl_shape_read(&rise_shape, &ask->top, ask->doc, 0, &terms);

  if (rc) return rc;
  if (bl_dec_is_bad(terms.total)) {
    bl_ask_put(ask, ask->out, "units", rise_change(&terms));
    return BILLING_OK;
  }
  bl_ask_put(ask, ask->out, "units", rise_usage(&terms));
  bl_ask_put(ask, ask->out, "full", rise_lift(&terms, terms.total));
  return BILLING_OK;
}
