/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * evaluate_price.c - what a quantity costs.
 *
 *     {"kernel":"quote","price":{"model":"graduated","tiers":[
 *        {"up_to":"100","unit":"0.10"},{"up_to":null,"unit":"0.08"}]},
 *      "quantity":"150"}
 *     -> {"amount":"14","due":"14","lines":[
 *           {"amount":"10","flat":"0","quantity":"100","tier":1,"unit":"0.1"},
 *           {"amount":"4","flat":"0","quantity":"50","tier":2,"unit":"0.08"}],
 *         "total":"14", ..}
 *
 *     {"kernel":"rate","price":..,"totals":["150","120"]}
 *     -> {"booked":"11.6","deltas":["14","-2.4"]}
 *
 * The steps are always these: transform, free units, price, discount, maximum,
 * minimum.  amount is exact; due is rounded, and what is billed.
 */
#include "engine/evaluate_price.h"

static const char *const offer_parts[] = {"whole", "first", "middle", "last",
                                          NULL};
static const uint32_t offer_part_flags[] = {BL_RUN_FIRST | BL_RUN_LAST,
                                            BL_RUN_FIRST, 0, BL_RUN_LAST};
static const char *const offer_roundings[] = {"once", "line", NULL};
static const char *const offer_volumes[] = {"always", "last", NULL};
static const char *const offer_operations[] = {"multiply", "divide", NULL};
static const char *const offer_scopes[] = {"total", "part", NULL};
static const char *const offer_rounds[] = {
  "none", "up", "down", "ceiling", "floor", "half_away", "half_up",
  "half_down", "half_even", NULL
};
static const int32_t offer_modes[] = {
  0, BL_ROUND_UP, BL_ROUND_DOWN, BL_ROUND_CEILING, BL_ROUND_FLOOR,
  BL_ROUND_HALF_AWAY, BL_ROUND_HALF_UP, BL_ROUND_HALF_DOWN,
  BL_ROUND_HALF_EVEN
};

/* ---- reading ---- */

static int offer_price(const bl_reader *r, const bl_field *field,
                       const bl_json *node, void *model) {
  bl_offer_terms *terms = model;

  (void)field;
  terms->price_doc = node;
  return bl_price_read(r, node, 0, "USD", &terms->price);
}

static int offer_part(const bl_reader *r, const bl_field *field,
                      const bl_json *node, void *model) {
  bl_offer_terms *terms = model;
  uint32_t place = 0;
  int rc = bl_value_word(r, node, field->words, &place);

  terms->part = offer_part_flags[place];
  return rc;
}

static int offer_round_word(const bl_reader *r, const bl_field *field,
                            const bl_json *node, void *model) {
  bl_offer_terms *terms = model;
  uint32_t place = 0;
  int rc = bl_value_word(r, node, field->words, &place);

  terms->transform.rounds = place > 0;
  terms->transform.mode   = offer_modes[place];
  return rc;
}

static const bl_field offer_transform_fields[] = {
  {.name = "operation", .read = bl_value_choice, .needed = BL_ALWAYS,
   .words = offer_operations,
   .at = offsetof(bl_offer_terms, transform.divides)},
  {.name = "by", .read = bl_value_positive, .needed = BL_ALWAYS,
   .at = offsetof(bl_offer_terms, transform.by)},
  {.name = "round", .read = offer_round_word, .words = offer_rounds},
  {.name = "places", .read = bl_value_whole, .low = -18, .high = 18,
   .at = offsetof(bl_offer_terms, transform.places)},
  {.name = "free", .read = bl_value_amount,
   .at = offsetof(bl_offer_terms, transform.free)},
  {.name = "of", .read = bl_value_choice, .words = offer_scopes,
   .at = offsetof(bl_offer_terms, is_each)},
};

static const bl_shape offer_transform_shape = {
  "a transform", offer_transform_fields, BL_COUNT(offer_transform_fields)
};

static int offer_transform(const bl_reader *r, const bl_field *field,
                           const bl_json *node, void *model) {
  bl_offer_terms *terms = model;

  (void)field;
  terms->has_transform = 1;
  return bl_shape_read(&offer_transform_shape, r, node, 0, model);
}

/* The forms of a request: a quote, running totals, one group of a quote. */
#define FORM_QUOTE 0u
#define FORM_RATE 1u
#define FORM_GROUP 2u
#define FOR_QUOTE 1u
#define FOR_RATE 2u
#define FOR_ONE 5u          /* a quote, or one of its groups */
#define FOR_REQUEST 3u

static const bl_field offer_fields[] = {
  {.name = "kernel", .read = bl_ask_skip, .forms = FOR_REQUEST},
  {.name = "price", .read = offer_price, .forms = FOR_REQUEST,
   .needed = FOR_REQUEST},
  {.name = "quantity", .read = bl_ask_dec, .forms = FOR_ONE,
   .at = offsetof(bl_offer_terms, quantity)},
  {.name = "used", .read = bl_ask_dec, .forms = FOR_ONE,
   .at = offsetof(bl_offer_terms, used)},
  {.name = "tier_quantity", .read = bl_ask_dec, .forms = FOR_ONE,
   .at = offsetof(bl_offer_terms, located)},
  {.name = "key", .read = bl_ask_skip, .forms = 1u << FORM_GROUP},
  {.name = "group", .read = bl_ask_node,
   .at = offsetof(bl_offer_terms, group)},
  {.name = "groups", .read = bl_ask_list, .forms = FOR_QUOTE,
   .at = offsetof(bl_offer_terms, groups)},
  {.name = "totals", .read = bl_ask_list, .forms = FOR_RATE,
   .needed = FOR_RATE, .at = offsetof(bl_offer_terms, totals)},
  {.name = "is_final", .read = bl_value_truth, .forms = FOR_RATE,
   .at = offsetof(bl_offer_terms, is_final)},
  {.name = "part", .read = offer_part, .forms = FOR_QUOTE,
   .words = offer_parts},
  {.name = "volume", .read = bl_value_choice, .forms = FOR_QUOTE,
   .words = offer_volumes, .at = offsetof(bl_offer_terms, volume_last)},
  {.name = "split", .read = bl_value_truth, .forms = FOR_REQUEST,
   .at = offsetof(bl_offer_terms, is_split)},
  {.name = "rounding", .read = bl_value_choice, .forms = FOR_REQUEST,
   .words = offer_roundings, .at = offsetof(bl_offer_terms, by_line)},
  {.name = "places", .read = bl_value_whole, .low = 0, .high = 18,
   .forms = FOR_REQUEST, .at = offsetof(bl_offer_terms, places)},
  {.name = "transform", .read = offer_transform, .forms = FOR_REQUEST},
  {.name = "free", .read = bl_value_amount, .forms = FOR_REQUEST,
   .at = offsetof(bl_offer_terms, free)},
  {.name = "discount_percent", .read = bl_value_amount, .forms = FOR_REQUEST,
   .at = offsetof(bl_offer_terms, discount)},
  {.name = "maximum", .read = bl_value_amount, .forms = FOR_REQUEST,
   .at = offsetof(bl_offer_terms, maximum)},
  {.name = "minimum", .read = bl_value_amount, .forms = FOR_REQUEST,
   .at = offsetof(bl_offer_terms, minimum)},
  {.name = "booked", .read = bl_ask_dec, .forms = FOR_REQUEST,
   .at = offsetof(bl_offer_terms, booked)},
  {.name = "base", .read = bl_value_amount, .forms = FOR_QUOTE,
   .at = offsetof(bl_offer_terms, base)},
  {.name = "tax_rate", .read = bl_value_amount, .forms = FOR_QUOTE,
   .at = offsetof(bl_offer_terms, tax_rate)},
};

static const bl_shape offer_shape = {
  "a request", offer_fields, BL_COUNT(offer_fields)
};

/* A recurring fee is for one unless the request says how many. */
static int offer_has_quantity(const bl_reader *r, bl_offer_terms *terms) {
  bl_reader at = bl_reader_member(r, "quantity");

  if (!bl_dec_is_bad(terms->quantity) || terms->groups) return BILLING_OK;
  if (terms->price.model == BL_MODEL_FLAT) terms->quantity = BL_DEC_ONE;
  else
    return bl_reader_fail(&at, BILLING_INVALID, "how much was used",
                          "quantity is missing");
  return BILLING_OK;
}

/* A matrix is priced as the rate of a group. */
static int offer_rate(const bl_reader *r, bl_offer_terms *terms) {
  bl_reader at = bl_reader_member(r, "group");
  const bl_price *rate;
  bl_text group;

  if (terms->price.model != BL_MODEL_MATRIX) return BILLING_OK;
  if (!terms->group || bl_json_kind(terms->group) != BL_JSON_OBJECT)
    return bl_reader_fail(&at, BILLING_INVALID,
                          "{\"model\":\"m1\",\"region\":null}",
                          "a matrix has no price without a group");
  bl_text_open(&group, r->arena);
  if (bl_json_print(terms->group, &group)) return bl_reader_nomem(r);
  rate = bl_price_of_group(&terms->price, (bl_str){group.text, group.len});
  if (!rate)
    return bl_reader_fail(&at, BILLING_INVALID,
                          "a rate with values {} is for all others",
                          "the matrix has no rate for this group");
  terms->price = *rate;
  return BILLING_OK;
}

/* What one running total cannot tell. */
static int offer_is_total(const bl_reader *r, const bl_price *price) {
  bl_reader at = bl_reader_member(r, "price");

  if (!bl_price_is_by_event(price)) return BILLING_OK;
  return bl_reader_fail(&at, BILLING_INVALID,
                        "the kernel transactions takes them one by one",
                        "this price depends on single transactions");
}

static int offer_read(const bl_ask *ask, uint32_t form, bl_offer_terms *out) {
  bl_offer_terms terms = {0};
  int rc;

  terms.quantity     = BL_DEC_BAD;
  terms.located      = BL_DEC_BAD;
  terms.maximum      = BL_DEC_BAD;
  terms.minimum      = BL_DEC_BAD;
  terms.tax_rate     = BL_DEC_BAD;
  terms.transform.by = BL_DEC_ONE;
  terms.part         = offer_part_flags[0];
  terms.places       = -1;
  rc = bl_shape_read(&offer_shape, &ask->top, ask->doc, form, &terms);
  if (!rc && form == FORM_QUOTE) rc = offer_has_quantity(&ask->top, &terms);
  if (!rc) rc = offer_is_total(&ask->top, &terms.price);
  if (!rc && !terms.groups) rc = offer_rate(&ask->top, &terms);
  if (rc) return rc;
  if (terms.places < 0)
    terms.places = bl_catalog_places(NULL, terms.price.asset);
  *out = terms;
  return BILLING_OK;
}

/* ---- answering ---- */

static void offer_put_row(bl_ask *ask, const bl_offer_terms *terms,
                          const bl_offer_row *row, bl_json *list) {
  bl_json *node = bl_json_object(list, NULL);

  if (row->kind) (void)bl_json_add_c(node, "line", row->kind);
  if (row->tier) (void)bl_json_add_int(node, "tier", (int64_t)row->tier);
  bl_ask_put(ask, node, "quantity", row->quantity);
  bl_ask_put(ask, node, "unit", row->unit);
  bl_ask_put(ask, node, "amount", row->net.amount);
  if (!terms->is_split) bl_ask_put(ask, node, "flat", row->flat);
  if (!terms->by_line) return;
  bl_ask_put(ask, node, "discount", row->net.discount);
  bl_ask_put(ask, node, "net", row->net.net);
}

/* Amount for each unit that the customer sees: of the whole quantity, free
 * ones taken off; zero for none. */
static bl_dec offer_average(const bl_offer_terms *terms, bl_dec amount) {
  bl_dec units = bl_dec_is_bad(terms->located) ? terms->quantity
                                               : terms->located;

  if (terms->has_transform)
    units = bl_transform_above(terms->transform.free, units);
  return bl_dec_is_zero(units) ? BL_DEC_ZERO : bl_dec_div(amount, units);
}

static void offer_put(bl_ask *ask, const bl_offer_terms *terms,
                      const bl_offer_result *result, bl_json *node) {
  bl_json *lines = bl_json_array(node, "lines");
  const bl_run *run = &result->run;

  bl_ask_put(ask, node, "amount", result->amount);
  bl_ask_put(ask, node, "due", result->due);
  bl_ask_put(ask, node, "total", bl_price_total(&terms->price, run->after));
  bl_ask_put(ask, node, "quantity", bl_dec_sub(run->after, run->before));
  bl_ask_put(ask, node, "used", run->before);
  bl_ask_put_ratio(ask, node, "average",
                   offer_average(terms, result->amount));
  for (size_t i = 0; i < result->count; i++)
    offer_put_row(ask, terms, &result->rows[i], lines);
}

static void offer_put_tax(bl_ask *ask, const bl_offer_terms *terms,
                          bl_dec due) {
  bl_dec tax = bl_dec_muldiv(due, terms->tax_rate, bl_dec_of_int(100));

  if (bl_dec_is_bad(terms->tax_rate)) return;
  tax = bl_offer_round(terms, tax);
  bl_ask_put(ask, ask->out, "tax", tax);
  bl_ask_put(ask, ask->out, "gross", bl_dec_add(due, tax));
}

/* The groups of a quote, and their sums. */
typedef struct offer_sums {
  bl_json *list;
  bl_dec   amount;
  bl_dec   due;
} offer_sums;

/* One group, by the terms of all but with a quantity of its own. */
static int offer_group(bl_ask *ask, const bl_offer_terms *all,
                       const bl_reader *at, const bl_json *item,
                       offer_sums *sums) {
  bl_offer_terms terms = *all;
  bl_offer_result result;
  bl_json *node;
  int rc = bl_shape_read(&offer_shape, at, item, FORM_GROUP, &terms);

  terms.groups = NULL;
  terms.base   = BL_DEC_ZERO;
  if (!rc) rc = offer_has_quantity(at, &terms);
  if (!rc) rc = offer_rate(at, &terms);
  if (!rc) rc = bl_offer_decide(ask, &terms, &result);
  if (rc) return rc;
  node = bl_json_object(sums->list, NULL);
  offer_put(ask, &terms, &result, node);
  if (bl_json_get(item, "key"))
    (void)bl_json_add_copy(node, "key", bl_json_get(item, "key"));
  sums->amount = bl_dec_add(sums->amount, result.amount);
  sums->due    = bl_dec_add(sums->due, result.due);
  return BILLING_OK;
}

static int offer_groups(bl_ask *ask, const bl_offer_terms *terms) {
  bl_reader above = bl_reader_member(&ask->top, "groups");
  offer_sums sums = {bl_json_array(ask->out, "groups"), terms->base,
                     bl_offer_round(terms, terms->base)};
  const bl_json *item = bl_json_first(terms->groups);
  int rc = BILLING_OK;

  for (size_t i = 0; !rc && item; i++, item = bl_json_next(item)) {
    bl_reader at = bl_reader_item(&above, i);

    rc = offer_group(ask, terms, &at, item, &sums);
  }
  bl_ask_put(ask, ask->out, "amount", sums.amount);
  bl_ask_put(ask, ask->out, "due", sums.due);
  offer_put_tax(ask, terms, sums.due);
  return rc;
}

int bl_ask_quote(bl_ask *ask) {
  bl_offer_terms terms;
  bl_offer_result result;
  int rc = offer_read(ask, FORM_QUOTE, &terms);

  if (rc || terms.groups) return rc ? rc : offer_groups(ask, &terms);
  rc = bl_offer_decide(ask, &terms, &result);
  if (rc) return rc;
  offer_put(ask, &terms, &result, ask->out);
  offer_put_tax(ask, &terms, result.due);
  return BILLING_OK;
}

/* Each a quote by itself, answered in its place. */
int bl_ask_quotes(bl_ask *ask) {
  static const bl_field fields[] = {
    BL_ASK_KERNEL,
    {.name = "quotes", .read = bl_ask_list, .needed = BL_ALWAYS}};
  static const bl_shape shape = {"a request", fields, BL_COUNT(fields)};
  bl_reader above = bl_reader_member(&ask->top, "quotes");
  const bl_json *list = NULL, *item;
  bl_json *answers;
  size_t i = 0;
  int rc = bl_shape_read(&shape, &ask->top, ask->doc, 0, &list);

  if (rc) return rc;
  answers = bl_json_array(ask->out, "quotes");
  for (item = bl_json_first(list); !rc && item; item = bl_json_next(item)) {
    bl_ask one = *ask;
    one.top = bl_reader_item(&above, i++);
    one.doc = item;
    one.out = bl_json_object(answers, NULL);
    rc = bl_ask_quote(&one);
    ask->is_over |= one.is_over;
  }
  return rc;
}

/* One run: the whole total is rated, what is booked is taken off. */
static int offer_rerate(bl_ask *ask, const bl_offer_terms *terms,
                        bl_dec *booked, bl_json *deltas) {
  bl_offer_result result;
  int rc = bl_offer_decide(ask, terms, &result);

  if (rc) return rc;
  bl_ask_put(ask, deltas, NULL, bl_dec_sub(result.due, *booked));
  *booked = result.due;
  return BILLING_OK;
}

int bl_ask_rate(bl_ask *ask) {
  static const bl_field total = {.name = "totals", .read = bl_ask_dec};
  bl_reader above = bl_reader_member(&ask->top, "totals");
  bl_json *deltas;
  const bl_json *item;
  bl_offer_terms terms;
  bl_dec booked, minimum;
  int rc = offer_read(ask, FORM_RATE, &terms);

  if (rc) return rc;
  deltas  = bl_json_array(ask->out, "deltas");
  booked  = terms.booked;
  minimum = terms.minimum;
  terms.booked = BL_DEC_ZERO;
  item = bl_json_first(terms.totals);
  for (size_t i = 0; !rc && item; i++, item = bl_json_next(item)) {
    bl_reader at = bl_reader_item(&above, i);
    int is_last = !bl_json_next(item);

    terms.minimum = is_last && terms.is_final ? minimum : BL_DEC_BAD;
    rc = total.read(&at, &total, item, &terms.quantity);
    if (!rc) rc = offer_rerate(ask, &terms, &booked, deltas);
  }
  bl_ask_put(ask, ask->out, "booked", booked);
  return rc;
}

#undef FORM_QUOTE
#undef FORM_RATE
#undef FORM_GROUP
#undef FOR_QUOTE
#undef FOR_RATE
#undef FOR_ONE
#undef FOR_REQUEST
