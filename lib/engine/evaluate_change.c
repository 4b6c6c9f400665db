/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * evaluate_change.c - changes inside a prepaid period, and ends that move.
 *
 *     {"kernel":"change","from":"2025-04-01","to":"2025-05-01",
 *      "at":"2025-04-16","old":{"price":"10"},"new":{"price":"20"}}
 *     -> {"charge":"10","credit":"-5","net":"5","next":"25", ..}
 *
 *     {"kernel":"unused","at":"2025-04-16","items":[{"price":"8",
 *      "from":"2025-04-01","to":"2025-05-01"}]}
 *     -> {"credits":["-4"],"total":"-4"}
 */
#include "contract/contract.h"
#include "engine/evaluate.h"
#include "engine/evaluate_terms.h"
#include "invoice/invoice.h"

/* A price for a while: a debit, or one side of a change. */
typedef struct shift_side {
  bl_dec       price;
  bl_dec       quantity;
  bl_ask_clock from;
  bl_ask_clock to;
} shift_side;

#define SIDE_AT(member) offsetof(shift_side, member)
static const bl_field side_fields[] = {
  {.name = "price", .read = bl_ask_dec, .needed = BL_ALWAYS,
   .at = SIDE_AT(price)},
  {.name = "quantity", .read = bl_ask_dec, .at = SIDE_AT(quantity)},
};
static const bl_field debit_fields[] = {
  {.name = "price", .read = bl_ask_dec, .needed = BL_ALWAYS,
   .at = SIDE_AT(price)},
  {.name = "quantity", .read = bl_ask_dec, .at = SIDE_AT(quantity)},
  {.name = "from", .read = bl_ask_wall, .needed = BL_ALWAYS,
   .at = SIDE_AT(from)},
  {.name = "to", .read = bl_ask_wall, .needed = BL_ALWAYS,
   .at = SIDE_AT(to)},
};
#undef SIDE_AT

static const bl_shape side_shape = {
  "a price", side_fields, BL_COUNT(side_fields)
};
static const bl_shape debit_shape = {
  "a debit", debit_fields, BL_COUNT(debit_fields)
};
static const shift_side side_start = {.price = {0, 0},
                                      .quantity = {BL_DEC_UNIT, 0}};

typedef struct shift_terms {
  shift_side     before;
  shift_side     after;
  const bl_json *items;
  bl_dec         price;
  bl_dec         paid;           /* the bad value: credits have no cap */
  bl_dec         credited;
  bl_dec         potential;
  bl_duration    every;
  bl_ask_clock   from;
  bl_ask_clock   to;
  bl_ask_clock   at;
  bl_ask_clock   new_to;
  bl_str         zone;
  int32_t        places;
  uint32_t       proration;
} shift_terms;

static int shift_read_side(const bl_reader *r, const bl_field *field,
                           const bl_json *node, void *model) {
  shift_side *side = (shift_side *)(void *)((unsigned char *)model +
                                            field->at);

  *side = side_start;
  return bl_shape_read(&side_shape, r, node, 0, side);
}

#define SHIFT_AT(member) offsetof(shift_terms, member)
#define SHIFT_CLOCK(word, member)                                         \
  {.name = word, .read = bl_ask_wall, .needed = BL_ALWAYS,                \
   .at = SHIFT_AT(member)}
#define SHIFT_DEC(word, must)                                             \
  {.name = #word, .read = bl_ask_dec, .needed = must, .at = SHIFT_AT(word)}
#define SHIFT_COMMON                                                      \
  {.name = "zone", .read = bl_value_label, .high = 64,                    \
   .at = SHIFT_AT(zone)},                                                 \
  {.name = "proration", .read = bl_value_choice, .words = bl_prorate_words, \
   .at = SHIFT_AT(proration)},                                            \
  {.name = "places", .read = bl_value_whole, .low = 0, .high = 18,        \
   .at = SHIFT_AT(places)}

static int shift_read(bl_ask *ask, const bl_field *fields, size_t count,
                      shift_terms *out, const bl_zone **zone) {
  bl_shape shape = {"a request", fields, count};
  int rc;

  memset(out, 0, sizeof *out);
  out->paid = BL_DEC_BAD;
  out->places = 2;
  rc = bl_shape_read(&shape, &ask->top, ask->doc, 0, out);
  if (!rc) rc = bl_ask_zone(ask, out->zone, zone);
  return rc;
}
#define SHIFT_READ(fields, terms, zone)                                   \
  shift_read(ask, fields, BL_COUNT(fields), terms, zone)

/* What a price costs for a share of a period, rounded. */
static bl_dec shift_share(const shift_terms *terms, const bl_zone *zone,
                          bl_dec price, bl_span span, bl_span full) {
  int64_t numerator = 0, denominator = 1;

  if (!bl_span_is_empty(span))
    bl_share(terms->proration, 30, span, full, zone, &numerator,
             &denominator);
  return bl_round_due(bl_dec_ratio(price, numerator, denominator),
                      BL_DEC_ZERO, terms->places);
}

static bl_dec shift_value(const shift_side *side) {
  return bl_dec_mul(side->price, side->quantity);
}

/* ---- change ---- */

int bl_ask_change(bl_ask *ask) {
  static const bl_field fields[] = {
    BL_ASK_KERNEL, SHIFT_CLOCK("from", from), SHIFT_CLOCK("to", to),
    SHIFT_CLOCK("at", at),
    {.name = "old", .read = shift_read_side, .at = SHIFT_AT(before)},
    {.name = "new", .read = shift_read_side, .at = SHIFT_AT(after)},
    SHIFT_DEC(paid, 0), SHIFT_DEC(credited, 0), SHIFT_COMMON
  };
  shift_terms terms;
  const bl_zone *zone = NULL;
  bl_span full, rest;
  bl_dec credit, charge;
  int rc = SHIFT_READ(fields, &terms, &zone);

  if (rc) return rc;
  full.from_us = bl_ask_instant(&terms.from, zone);
  full.to_us = rest.to_us = bl_ask_instant(&terms.to, zone);
  rest.from_us = bl_ask_instant(&terms.at, zone);
  charge = shift_share(&terms, zone, shift_value(&terms.after), rest, full);
  credit = shift_share(&terms, zone, shift_value(&terms.before), rest, full);
  if (!bl_dec_is_bad(terms.paid))
    credit = bl_credit_cap(credit, terms.paid, terms.credited);
  bl_ask_put(ask, ask->out, "credit", bl_dec_neg(credit));
  bl_ask_put(ask, ask->out, "charge", charge);
  bl_ask_put(ask, ask->out, "net", bl_dec_sub(charge, credit));
  bl_ask_put(ask, ask->out, "next",
             bl_dec_add(bl_dec_sub(charge, credit),
                        shift_value(&terms.after)));
  return BILLING_OK;
}

int bl_ask_credit_cap(bl_ask *ask) {
  static const bl_field fields[] = {
    BL_ASK_KERNEL, SHIFT_DEC(potential, BL_ALWAYS),
    SHIFT_DEC(paid, BL_ALWAYS), SHIFT_DEC(credited, 0)
  };
  shift_terms terms;
  const bl_zone *zone = NULL;
  int rc = SHIFT_READ(fields, &terms, &zone);

  if (!rc)
    bl_ask_put(ask, ask->out, "credit",
               bl_credit_cap(terms.potential, terms.paid, terms.credited));
  return rc;
}

/* ---- unused: what debits have left at a moment ---- */

int bl_ask_unused(bl_ask *ask) {
  static const bl_field fields[] = {
    BL_ASK_KERNEL, SHIFT_CLOCK("at", at),
    {.name = "items", .read = bl_ask_list, .needed = BL_ALWAYS,
     .at = SHIFT_AT(items)}, SHIFT_COMMON
  };
  bl_reader above = bl_reader_member(&ask->top, "items");
  shift_terms terms;
  const bl_zone *zone = NULL;
  shift_side *items = NULL;
  bl_json *list;
  bl_dec total = BL_DEC_ZERO;
  size_t count = 0;
  int rc = SHIFT_READ(fields, &terms, &zone);

  if (!rc)
    rc = bl_ask_items(ask, &above, terms.items, &debit_shape, &side_start,
                      sizeof side_start, &items, &count);
  if (rc) return rc;
  list = bl_json_array(ask->out, "credits");
  for (size_t i = 0; i < count; i++) {
    bl_span full = {bl_ask_instant(&items[i].from, zone),
                    bl_ask_instant(&items[i].to, zone)};
    bl_span rest = {bl_ask_instant(&terms.at, zone), full.to_us};
    bl_dec credit;

    if (rest.from_us < full.from_us) rest.from_us = full.from_us;
    if (bl_span_is_empty(rest)) continue;
    credit = shift_share(&terms, zone, shift_value(&items[i]), rest, full);
    bl_ask_put(ask, list, NULL, bl_dec_neg(credit));
    total = bl_dec_sub(total, credit);
  }
  bl_ask_put(ask, ask->out, "total", total);
  return BILLING_OK;
}

/* ---- move_end: a term that ends later, or earlier ---- */

int bl_ask_move_end(bl_ask *ask) {
  static const bl_field fields[] = {
    BL_ASK_KERNEL, SHIFT_CLOCK("from", from), SHIFT_CLOCK("to", to),
    SHIFT_CLOCK("at", at), SHIFT_CLOCK("new_to", new_to),
    {.name = "every", .read = bl_ask_duration, .low = 1,
     .needed = BL_ALWAYS, .at = SHIFT_AT(every)},
    SHIFT_DEC(price, BL_ALWAYS), SHIFT_COMMON
  };
  shift_terms terms;
  const bl_zone *zone = NULL;
  bl_span term, more, less, cycle;
  int rc = SHIFT_READ(fields, &terms, &zone);

  if (rc) return rc;
  term = (bl_span){bl_ask_instant(&terms.from, zone),
                   bl_ask_instant(&terms.to, zone)};
  more = (bl_span){term.to_us, bl_ask_instant(&terms.new_to, zone)};
  less = (bl_span){more.to_us, term.to_us};
  cycle.from_us = bl_ask_instant(&terms.at, zone);
  cycle.to_us = bl_duration_add(&terms.every, zone, cycle.from_us, 1);
  bl_ask_put(ask, ask->out, "charge",
             shift_share(&terms, zone, terms.price, more, cycle));
  bl_ask_put(ask, ask->out, "credit",
             shift_share(&terms, zone, terms.price, less, term));
  return BILLING_OK;
}

#undef SHIFT_AT
#undef SHIFT_CLOCK
#undef SHIFT_DEC
#undef SHIFT_COMMON
#undef SHIFT_READ
