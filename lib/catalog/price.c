/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * price.c - one price of a plan, or by itself.  Which members it has depends
 * on its model; a member of another model is refused.
 *
 *     {"id":"calls","meter":"calls","model":"per_unit","unit":"2.50",
 *      "per":"1000000"}
 *     {"id":"base","model":"flat","amount":"20","timing":"advance"}
 */
#include "catalog/field.h"

/*
 * The forms of a price: bits 0 to 15 are the models by themselves, bits 16 to
 * 31 the models in a plan, where a price has an id and says what it prices.
 */
#define PRICE_IN_PLAN 16u
#define PRICE_PLAN 0xffff0000u
#define PRICE_OF(model) (1u << (model) | 1u << ((model) + PRICE_IN_PLAN))
#define PRICE_FLAT PRICE_OF(BL_MODEL_FLAT)
#define PRICE_UNIT (PRICE_OF(BL_MODEL_PER_UNIT) | PRICE_OF(BL_MODEL_PACKAGE))
#define PRICE_PACKAGE PRICE_OF(BL_MODEL_PACKAGE)
#define PRICE_PERCENT PRICE_OF(BL_MODEL_PERCENTAGE)
#define PRICE_FREE (PRICE_UNIT | PRICE_PERCENT)
#define PRICE_DYNAMIC PRICE_OF(BL_MODEL_DYNAMIC)
#define PRICE_MATRIX PRICE_OF(BL_MODEL_MATRIX)
#define PRICE_TIERED                                              \
  (PRICE_OF(BL_MODEL_GRADUATED) | PRICE_OF(BL_MODEL_VOLUME) |     \
   PRICE_OF(BL_MODEL_STAIRSTEP) |                                 \
   PRICE_OF(BL_MODEL_GRADUATED_PERCENTAGE))
#define PRICE_PER                                                 \
  (PRICE_UNIT | PRICE_OF(BL_MODEL_GRADUATED) | PRICE_OF(BL_MODEL_VOLUME))
#define PRICE_USAGE (~PRICE_FLAT)
#define PRICE_OF_SPEND                                            \
  ((PRICE_PERCENT | PRICE_OF(BL_MODEL_GRADUATED_PERCENTAGE)) & PRICE_PLAN)
#define PRICE_CAPPED (~(PRICE_FLAT | PRICE_MATRIX))
#define PRICE_SPLITS                                              \
  ((PRICE_OF(BL_MODEL_PER_UNIT) | PRICE_OF(BL_MODEL_GRADUATED) |  \
    PRICE_MATRIX) & PRICE_PLAN)

/* A price without a ladder has one tier, which is open. */
static int price_one_tier(const bl_reader *r, bl_price *price) {
  bl_tier *tier = bl_arena_array(r->arena, 1, sizeof *tier);

  if (!tier) return bl_reader_nomem(r);
  tier->up_to       = BL_DEC_MAX;
  tier->unit        = BL_DEC_ONE;
  price->tiers      = tier;
  price->tier_count = 1;
  return BILLING_OK;
}

static int price_unit(const bl_reader *r, const bl_field *field,
                      const bl_json *node, void *model) {
  bl_price *price = model;
  int rc = price_one_tier(r, price);

  return rc ? rc : bl_value_amount(r, field, node, price->tiers);
}

static int price_maximum(const bl_reader *r, const bl_field *field,
                         const bl_json *node, void *model) {
  bl_price *price = model;

  price->flags |= BL_PRICE_HAS_MAXIMUM;
  return bl_value_amount(r, field, node, model);
}

static int price_flat_at_zero(const bl_reader *r, const bl_field *field,
                              const bl_json *node, void *model) {
  bl_price *price = model;
  uint32_t is_due = 0;
  bl_field plain = *field;
  int rc;

  plain.at = 0;
  rc = bl_value_truth(r, &plain, node, &is_due);
  if (is_due) price->flags |= BL_PRICE_FLAT_AT_ZERO;
  return rc;
}

static int price_bound(const bl_reader *r, const bl_field *field,
                       const bl_json *node, void *model) {
  bl_price *price = model;
  uint32_t place = 0;
  int rc = bl_value_word(r, node, field->words, &place);

  if (!rc && place == 1) price->flags |= BL_PRICE_BOUND_EXCLUSIVE;
  return rc;
}

/* Amounts are rounded once for each line; so far there is no other way. */
static int price_rounding(const bl_reader *r, const bl_field *field,
                          const bl_json *node, void *model) {
  uint32_t place = 0;

  (void)model;
  return bl_value_word(r, node, field->words, &place);
}

static const bl_field price_rollover_fields[] = {
  {.name = "periods", .read = bl_value_whole, .low = 1, .high = 100,
   .at = offsetof(bl_price, roll_periods)},
  {.name = "limit", .read = bl_value_amount,
   .at = offsetof(bl_price, roll_most)},
};

static const bl_shape price_rollover_shape = {
  "a rollover", price_rollover_fields, BL_COUNT(price_rollover_fields)
};

/* Periods share their free units, as they do tiers of a year. */
static int price_rollover(const bl_reader *r, const bl_field *field,
                          const bl_json *node, void *model) {
  bl_price *price = model;
  int rc = bl_shape_read(&price_rollover_shape, r, node, 0, price);

  (void)field;
  if (rc) return rc;
  if (bl_dec_is_zero(price->free) || bl_price_is_by_event(price))
    return bl_reader_fail(r, BILLING_INVALID, "a price with \"free\" units, "
                          "and no terms of single transactions",
                          "there are no free units that could roll over");
  if (price->tiers_by != BL_TIERS_PERIOD)
    return bl_reader_fail(r, BILLING_INVALID, "leave out one of them",
                          "free units are of a period, or of %s",
                          bl_tiers_words[price->tiers_by]);
  price->tiers_by = BL_TIERS_ROLLED;
  return BILLING_OK;
}

static const char *const price_bounds[] = {"inclusive", "exclusive", NULL};
static const char *const price_roundings[] = {"line", NULL};

static const bl_field price_fields[] = {
  {.name = "id", .read = bl_value_id, .needed = PRICE_PLAN,
   .at = offsetof(bl_price, id)},
  {.name = "name", .read = bl_value_label, .high = BL_TEXT_MOST,
   .at = offsetof(bl_price, name)},
  {.name = "model", .read = bl_value_choice, .needed = BL_ALWAYS,
   .words = bl_model_words, .at = offsetof(bl_price, model)},
  {.name = "asset", .read = bl_value_asset, .at = offsetof(bl_price, asset)},
  {.name = "rounding", .read = price_rounding, .words = price_roundings},
  {.name = "meter", .read = bl_value_id, .forms = PRICE_USAGE,
   .needed = PRICE_USAGE & PRICE_PLAN & ~PRICE_OF_SPEND,
   .hint = "the id of the meter that it prices",
   .at = offsetof(bl_price, meter)},
  {.name = "groups", .read = bl_value_ids, .forms = PRICE_USAGE,
   .high = BL_LIMIT_GROUP_KEYS, .at = offsetof(bl_price, groups),
   .beside = offsetof(bl_price, group_count)},
  {.name = "filters", .read = bl_value_filters, .forms = PRICE_USAGE,
   .at = offsetof(bl_price, filters),
   .beside = offsetof(bl_price, filter_count)},
  {.name = "of", .read = bl_value_spend_of, .forms = PRICE_OF_SPEND,
   .at = offsetof(bl_price, of)},
  {.name = "tags", .read = bl_value_ids, .forms = PRICE_PLAN, .high = 100,
   .at = offsetof(bl_price, tags), .beside = offsetof(bl_price, tag_count)},
  {.name = "minimum", .read = bl_value_bound,
   .forms = PRICE_USAGE & PRICE_PLAN, .at = offsetof(bl_price, bound)},
  {.name = "per", .read = bl_value_positive, .forms = PRICE_PER,
   .needed = PRICE_PACKAGE, .hint = "how many units a package has",
   .at = offsetof(bl_price, per)},
  {.name = "unit", .read = price_unit, .forms = PRICE_UNIT,
   .needed = PRICE_UNIT, .hint = "the price of `per` units",
   .at = offsetof(bl_tier, unit)},
  {.name = "rate", .read = price_unit, .forms = PRICE_PERCENT,
   .needed = PRICE_PERCENT, .hint = "percent, such as \"2.9\"",
   .at = offsetof(bl_tier, unit)},
  {.name = "multiplier", .read = price_unit, .forms = PRICE_DYNAMIC,
   .at = offsetof(bl_tier, unit)},
  {.name = "partial", .read = bl_value_choice, .forms = PRICE_PACKAGE,
   .words = bl_partial_words, .at = offsetof(bl_price, partial)},
  {.name = "free", .read = bl_value_amount, .forms = PRICE_FREE,
   .at = offsetof(bl_price, free)},
  {.name = "fixed", .read = bl_value_amount, .forms = PRICE_PERCENT,
   .at = offsetof(bl_price, fixed)},
  {.name = "free_events", .read = bl_value_whole64, .forms = PRICE_PERCENT,
   .high = 1000000000, .at = offsetof(bl_price, free_events)},
  {.name = "transaction_minimum", .read = bl_value_amount,
   .forms = PRICE_PERCENT, .at = offsetof(bl_price, least)},
  {.name = "transaction_maximum", .read = bl_value_amount,
   .forms = PRICE_PERCENT, .at = offsetof(bl_price, most)},
  {.name = "rates", .read = bl_value_rates, .forms = PRICE_MATRIX,
   .needed = PRICE_MATRIX,
   .hint = "[{\"values\":{\"model\":\"m1\"},\"unit\":\"2.50\"}]"},
  {.name = "maximum", .read = price_maximum, .forms = PRICE_CAPPED,
   .at = offsetof(bl_price, maximum)},
  {.name = "tiers", .read = bl_value_tiers, .forms = PRICE_TIERED,
   .needed = PRICE_TIERED},
  {.name = "flat_at_zero", .read = price_flat_at_zero,
   .forms = PRICE_TIERED},
  {.name = "bound", .read = price_bound, .forms = PRICE_TIERED,
   .words = price_bounds},
  {.name = "commit_rate", .read = bl_value_commit_rate, .forms = PRICE_SPLITS,
   .at = offsetof(bl_price, beside)},
  {.name = "tiers_by", .read = bl_value_choice,
   .forms = PRICE_USAGE & PRICE_PLAN, .words = bl_tiers_words,
   .at = offsetof(bl_price, tiers_by)},
  {.name = "rollover", .read = price_rollover,
   .forms = PRICE_FREE & PRICE_PLAN,
   .hint = "such as {\"periods\":1,\"limit\":\"50\"}"},
  {.name = "amount", .read = bl_value_amount, .forms = PRICE_FLAT,
   .needed = PRICE_FLAT, .at = offsetof(bl_price, amount)},
  {.name = "quantity", .read = bl_value_id, .forms = PRICE_FLAT,
   .hint = "the name of one of the contract's quantities, in quotes",
   .at = offsetof(bl_price, quantity)},
  {.name = "timing", .read = bl_value_choice, .forms = PRICE_FLAT,
   .words = bl_timing_words, .at = offsetof(bl_price, timing)},
  {.name = "proration", .read = bl_value_choice, .forms = PRICE_FLAT,
   .words = bl_proration_words, .at = offsetof(bl_price, proration)},
};

static const bl_shape price_shape = {
  "a price", price_fields, BL_COUNT(price_fields)
};

/* The model comes first: it says which members the others may be. */
static int price_model(const bl_reader *r, const bl_json *doc,
                       uint32_t *model) {
  const bl_json *node = NULL;
  bl_reader at = bl_reader_member(r, "model");

  if (bl_json_kind(doc) != BL_JSON_OBJECT)
    return bl_reader_fail(r, BILLING_INVALID, NULL, "a price is an object");
  node = bl_json_get(doc, "model");
  if (!node)
    return bl_reader_fail(&at, BILLING_INVALID,
                          "flat, per_unit, graduated, volume, stairstep, "
                          "package, percentage, graduated_percentage, "
                          "dynamic, matrix", "model is missing");
  return bl_value_word(&at, node, bl_model_words, model);
}

/* A price of spend has no events that could be told apart. */
static int price_of_spend(const bl_reader *r, bl_price *price) {
  bl_reader meter = bl_reader_member(r, "meter");
  bl_reader at = bl_reader_member(r, "of");
  int has_events = price->group_count || price->filter_count ||
                   bl_price_is_by_event(price);

  if (!price->of) {
    if (price->meter.len || price->model == BL_MODEL_FLAT) return BILLING_OK;
    return bl_reader_fail(&meter, BILLING_INVALID,
                          "the id of the meter that it prices, or \"of\": "
                          "whose spend it prices", "meter is missing");
  }
  has_events |= price->tiers_by != BL_TIERS_PERIOD;
  price->closing = BL_CLOSING_COMPOSITE;
  if (price->meter.len)
    return bl_reader_fail(&at, BILLING_INVALID, "leave out one of them",
                          "a price has a meter, or is of spend");
  if (!has_events) return BILLING_OK;
  return bl_reader_fail(&at, BILLING_INVALID,
                        "rate or tiers, free and maximum",
                        "spend has no groups, filters and transactions, and "
                        "its tiers are of a period");
}

int bl_price_read(const bl_reader *r, const bl_json *doc, int in_plan,
                  const char *currency, bl_price *out) {
  bl_price price = {0};
  uint32_t model = BL_MODEL_FLAT;
  int rc = price_model(r, doc, &model);

  assert(currency && out);
  price.per  = BL_DEC_ONE;
  price.most = BL_DEC_MAX;
  price.roll_most = BL_DEC_MAX;
  if (model == BL_MODEL_PERCENTAGE || model == BL_MODEL_GRADUATED_PERCENTAGE)
    price.per = bl_dec_of_int(100);
  if (!rc) rc = bl_asset_set(price.asset, bl_str_of(currency));
  if (!rc)
    rc = bl_shape_read(&price_shape, r, doc,
                       model + (in_plan ? PRICE_IN_PLAN : 0), &price);
  if (!rc && model == BL_MODEL_DYNAMIC && !price.tiers)
    rc = price_one_tier(r, &price);
  if (!rc && in_plan) rc = price_of_spend(r, &price);
  if (!rc) rc = bl_price_check_split(r, &price);
  if (rc) return rc;
  if (bl_price_is_by_event(&price)) price.flags |= BL_PRICE_BY_EVENT;
  if (!price.name.len) price.name = price.id;
  *out = price;
  return BILLING_OK;
}

int bl_catalog_read_price(const bl_json *doc, const char *path, bl_arena *a,
                          const char *currency, bl_price *out,
                          billing_error *err) {
  bl_reader r = bl_reader_top(path, a, err);

  assert(doc && a);
  return bl_price_read(&r, doc, 0, currency, out);
}

#undef PRICE_IN_PLAN
#undef PRICE_PLAN
#undef PRICE_OF
#undef PRICE_FLAT
#undef PRICE_UNIT
#undef PRICE_PACKAGE
#undef PRICE_PERCENT
#undef PRICE_FREE
#undef PRICE_DYNAMIC
#undef PRICE_MATRIX
#undef PRICE_TIERED
#undef PRICE_PER
#undef PRICE_USAGE
#undef PRICE_OF_SPEND
#undef PRICE_CAPPED
#undef PRICE_SPLITS
