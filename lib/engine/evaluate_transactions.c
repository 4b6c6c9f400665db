/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * evaluate_transactions.c - prices of single transactions, and of a level
 * that moves.
 *
 *     {"kernel":"transactions","price":{"model":"percentage","rate":"1",
 *        "fixed":"5","free_events":3,"free":"15"},"events":["10","10"]}
 *     -> {"amount":"5.05","average":"0.2525","charges":["0","5.05"],
 *         "due":"5.05","quantity":"20"}
 *
 *     {"kernel":"levels","price":{"model":"graduated","tiers":[..]},
 *      "changes":["4","2","-3"],"prorated":["2.8","1","-0.6"]}
 *     -> {"amount":"180.5","average":"60.166666666666666667","due":"180.5",
 *         "level":"3","peak":"6","quantity":"3.2"}
 */
#include "engine/evaluate.h"
#include "invoice/invoice.h"
#include "price/transactions.h"

static const char *const deal_allowances[] = {"first_ends", "lago", NULL};
static const char *const deal_negatives[] = {"keep", "zero", NULL};

typedef struct deal_terms {
  bl_price       price;
  const bl_json *events;
  const bl_json *running;
  const bl_json *changes;
  const bl_json *prorated;
  bl_dec         quantity;
  bl_dec         tax_rate;
  int64_t        count;            /* -1: not given */
  uint32_t       is_lago;
  uint32_t       lifts_negative;
  int32_t        places;           /* -1: the asset's */
} deal_terms;

static int deal_price(const bl_reader *r, const bl_field *field,
                      const bl_json *node, void *model) {
  deal_terms *terms = model;

  (void)field;
  return bl_price_read(r, node, 0, "USD", &terms->price);
}

#define FORM_DEAL 0u
#define FORM_LEVEL 1u
#define FOR_DEAL 1u
#define FOR_LEVEL 2u

static const bl_field deal_fields[] = {
  BL_ASK_KERNEL,
  {.name = "price", .read = deal_price, .needed = BL_ALWAYS},
  {.name = "events", .read = bl_ask_list, .forms = FOR_DEAL,
   .at = offsetof(deal_terms, events)},
  {.name = "running", .read = bl_ask_list, .forms = FOR_DEAL,
   .at = offsetof(deal_terms, running)},
  {.name = "quantity", .read = bl_ask_dec,
   .at = offsetof(deal_terms, quantity)},
  {.name = "count", .read = bl_value_whole64, .forms = FOR_DEAL,
   .high = 1000000000, .at = offsetof(deal_terms, count)},
  {.name = "allowance", .read = bl_value_choice, .forms = FOR_DEAL,
   .words = deal_allowances, .at = offsetof(deal_terms, is_lago)},
  {.name = "negative", .read = bl_value_choice, .forms = FOR_DEAL,
   .words = deal_negatives, .at = offsetof(deal_terms, lifts_negative)},
  {.name = "changes", .read = bl_ask_list, .forms = FOR_LEVEL,
   .needed = FOR_LEVEL, .at = offsetof(deal_terms, changes)},
  {.name = "prorated", .read = bl_ask_list, .forms = FOR_LEVEL,
   .needed = FOR_LEVEL, .at = offsetof(deal_terms, prorated)},
  {.name = "places", .read = bl_value_whole, .low = 0, .high = 18,
   .at = offsetof(deal_terms, places)},
  {.name = "tax_rate", .read = bl_value_amount,
   .at = offsetof(deal_terms, tax_rate)},
};

static const bl_shape deal_shape = {
  "a request", deal_fields, BL_COUNT(deal_fields)
};

static int deal_read(bl_ask *ask, uint32_t form, uint32_t model,
                     deal_terms *terms) {
  bl_reader price = bl_reader_member(&ask->top, "price");
  bl_reader at = bl_reader_member(&price, "model");
  int rc;

  *terms = (deal_terms){.quantity = BL_DEC_BAD, .tax_rate = BL_DEC_BAD,
                        .count = -1, .places = -1};
  rc = bl_shape_read(&deal_shape, &ask->top, ask->doc, form, terms);
  if (!rc && terms->price.model != model)
    rc = bl_reader_fail(&at, BILLING_INVALID, bl_model_words[model],
                        "this kernel is for another model");
  if (!rc && terms->places < 0)
    terms->places = bl_catalog_places(NULL, terms->price.asset);
  return rc;
}

/* A list of decimals; NULL is none. */
static int deal_list(bl_ask *ask, const char *name, const bl_json *list,
                     bl_dec **out, size_t *count) {
  static const bl_field figure = {.name = "figure"};
  bl_reader above = bl_reader_member(&ask->top, name);
  const bl_json *item = bl_json_first(list);
  int rc = BILLING_OK;

  *count = list ? bl_json_count(list) : 0;
  *out = bl_ask_array(ask, *count, sizeof **out);
  if (!*out) return bl_reader_nomem(&ask->top);
  for (size_t i = 0; !rc && i < *count; i++, item = bl_json_next(item)) {
    bl_reader at = bl_reader_item(&above, i);

    rc = bl_ask_dec(&at, &figure, item, &(*out)[i]);
  }
  return rc;
}

/* Rounds what is due, and adds the tax. */
static void deal_put(bl_ask *ask, const deal_terms *terms, bl_dec amount,
                     bl_dec quantity) {
  bl_dec due = terms->places < 0
                 ? amount : bl_round_due(amount, BL_DEC_ZERO, terms->places);
  bl_dec tax = bl_dec_muldiv(due, terms->tax_rate, bl_dec_of_int(100));

  bl_ask_put(ask, ask->out, "amount", amount);
  bl_ask_put(ask, ask->out, "due", due);
  bl_ask_put(ask, ask->out, "quantity", quantity);
  if (bl_dec_is_bad(terms->tax_rate)) return;
  if (terms->places >= 0) tax = bl_round_due(tax, BL_DEC_ZERO, terms->places);
  bl_ask_put(ask, ask->out, "tax", tax);
  bl_ask_put(ask, ask->out, "gross", bl_dec_add(due, tax));
}

static void deal_average(bl_ask *ask, bl_dec amount, bl_dec units) {
  bl_ask_put_ratio(ask, ask->out, "average",
                   bl_dec_is_zero(units) ? BL_DEC_ZERO
                                         : bl_dec_div(amount, units));
}

/* ---- transactions ---- */

/* Each transaction in its turn. */
static bl_dec deal_walk(bl_ask *ask, const deal_terms *terms,
                        const bl_dec *values, size_t count) {
  bl_json *charges = bl_json_array(ask->out, "charges");
  bl_allowance left;
  bl_dec amount = BL_DEC_ZERO;

  bl_allowance_open(&left, &terms->price, terms->is_lago != 0);
  for (size_t i = 0; i < count; i++) {
    bl_dec v = terms->lifts_negative ? bl_dec_max(values[i], BL_DEC_ZERO)
                                     : values[i];
    bl_dec charge = bl_transaction_price(&terms->price, &left, v);

    bl_ask_put(ask, charges, NULL, charge);
    amount = bl_dec_add(amount, charge);
  }
  return amount;
}

/* Lago's formula, from events or from what is known of them. */
static int deal_formula(bl_ask *ask, const deal_terms *terms,
                        const bl_dec *values, size_t count, bl_dec sum,
                        bl_dec *amount) {
  bl_dec *totals = NULL;
  size_t kept = 0;
  int rc = deal_list(ask, "running", terms->running, &totals, &kept);

  if (rc) return rc;
  if (!terms->running) {
    totals = bl_ask_array(ask, count, sizeof *totals);
    if (!totals) return bl_reader_nomem(&ask->top);
    for (size_t i = 0; i < count; i++)
      totals[i] = bl_dec_add(i ? totals[i - 1] : BL_DEC_ZERO, values[i]);
    kept = bl_transactions_kept(&terms->price, totals, count);
  }
  *amount = bl_transactions_lago(&terms->price, sum,
                                 terms->count < 0 ? (int64_t)count
                                                  : terms->count,
                                 totals, kept);
  return BILLING_OK;
}

static int deal_check(const bl_ask *ask, const deal_terms *terms) {
  bl_reader events = bl_reader_member(&ask->top, "events");
  int has_limits = !bl_dec_is_zero(terms->price.least) ||
                   !bl_dec_is_max(terms->price.most);
  int is_told = terms->is_lago && !has_limits && terms->count >= 0 &&
                !bl_dec_is_bad(terms->quantity);

  if (terms->events || is_told) return BILLING_OK;
  return bl_reader_fail(&events, BILLING_INVALID,
                        "the value of each transaction; without limits and "
                        "with \"allowance\":\"lago\" quantity and count will "
                        "do", "events are missing");
}

int bl_ask_transactions(bl_ask *ask) {
  deal_terms terms;
  bl_dec *values = NULL, sum = BL_DEC_ZERO, amount = BL_DEC_ZERO;
  size_t count = 0;
  int has_limits;
  int rc = deal_read(ask, FORM_DEAL, BL_MODEL_PERCENTAGE, &terms);

  if (!rc) rc = deal_check(ask, &terms);
  if (!rc) rc = deal_list(ask, "events", terms.events, &values, &count);
  if (rc) return rc;
  for (size_t i = 0; i < count; i++) sum = bl_dec_add(sum, values[i]);
  if (!bl_dec_is_bad(terms.quantity)) sum = terms.quantity;
  has_limits = !bl_dec_is_zero(terms.price.least) ||
               !bl_dec_is_max(terms.price.most);
  if (terms.is_lago && !has_limits)
    rc = deal_formula(ask, &terms, values, count, sum, &amount);
  else
    amount = deal_walk(ask, &terms, values, count);
  if (rc) return rc;
  if (terms.price.flags & BL_PRICE_HAS_MAXIMUM)
    amount = bl_dec_min(amount, terms.price.maximum);
  deal_put(ask, &terms, amount, sum);
  deal_average(ask, amount, sum);
  return BILLING_OK;
}

/* ---- levels ---- */

static int deal_same_length(const bl_ask *ask, size_t changes,
                            size_t prorated) {
  bl_reader at = bl_reader_member(&ask->top, "prorated");

  if (changes == prorated) return BILLING_OK;
  return bl_reader_fail(&at, BILLING_INVALID, "one for each change",
                        "there are not as many as changes");
}

int bl_ask_levels(bl_ask *ask) {
  deal_terms terms;
  bl_dec *changes = NULL, *prorated = NULL, *units, full = BL_DEC_ZERO;
  bl_dec quantity = BL_DEC_ZERO, amount;
  size_t count = 0, others = 0;
  bl_ladder ladder;
  int rc = deal_read(ask, FORM_LEVEL, BL_MODEL_GRADUATED, &terms);

  if (!rc) rc = deal_list(ask, "changes", terms.changes, &changes, &count);
  if (!rc) rc = deal_list(ask, "prorated", terms.prorated, &prorated, &others);
  if (!rc) rc = deal_same_length(ask, count, others);
  if (rc) return rc;
  units = bl_ask_array(ask, terms.price.tier_count, sizeof *units);
  if (!units) return bl_reader_nomem(&ask->top);
  bl_ladder_open(&ladder, &terms.price, units);
  for (size_t i = 0; i < count; i++) {
    bl_ladder_move(&ladder, changes[i], prorated[i]);
    full = bl_dec_add(full, changes[i]);
    quantity = bl_dec_add(quantity, prorated[i]);
  }
  amount = bl_ladder_price(&ladder);
  deal_put(ask, &terms, amount, quantity);
  deal_average(ask, amount, full);
  bl_ask_put(ask, ask->out, "level", ladder.level);
  bl_ask_put(ask, ask->out, "peak", ladder.peak);
  return BILLING_OK;
}

#undef FORM_DEAL
#undef FORM_LEVEL
#undef FOR_DEAL
#undef FOR_LEVEL
