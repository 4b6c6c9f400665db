/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * override.c - a contract's overrides: for which prices, from when to when,
 * and what holds instead of the plan's price.
 *
 *     {"id":"half","type":"multiplier","factor":"0.5","prices":["calls"]}
 *     {"id":"six","type":"overwrite","unit":"6","prices":["calls"],
 *      "from":"2026-02-01","to":"2026-03-01"}
 *     {"id":"eu","type":"multiplier","factor":"0.9","tags":["compute"],
 *      "values":{"region":"eu"}}
 *     {"id":"steps","type":"tiered","priority":1,"prices":["calls"],
 *      "tiers":[{"up_to":"100","factor":"1"},{"factor":"0.8"}]}
 *     {"id":"off","type":"entitlement","entitled":false,"prices":["calls"]}
 *     {"id":"deal","type":"multiplier","factor":"0.8","applies_to":"commit"}
 *
 * After this an override has targets, or is for every price.
 */
#include "catalog/field.h"

/* The forms of an override are its types. */
#define OVER_WRITES (1u << BL_OVERRIDE_OVERWRITE)
#define OVER_MULTIPLIES (1u << BL_OVERRIDE_MULTIPLIER)
#define OVER_BY_TIER (1u << BL_OVERRIDE_TIERED)
#define OVER_ENTITLES (1u << BL_OVERRIDE_ENTITLEMENT)
#define OVER_TARGETS 1000

static const char *const over_types[] = {
  [BL_OVERRIDE_OVERWRITE]   = "overwrite",
  [BL_OVERRIDE_MULTIPLIER]  = "multiplier",
  [BL_OVERRIDE_TIERED]      = "tiered",
  [BL_OVERRIDE_ENTITLEMENT] = "entitlement",
  NULL
};

/* What the document says before it becomes targets. */
typedef struct over_terms {
  bl_override   o;
  bl_words      prices;
  bl_words      tags;
  bl_named_list values;
} over_terms;

/* ---- values of groups ---- */

/* 5 and "5" are one value, as in the rates of a matrix. */
int bl_value_named(const bl_reader *r, const bl_field *field,
                   const bl_json *node, void *model) {
  bl_named_list *list =
      (void *)((unsigned char *)model + field->at);
  int rc = BILLING_OK;

  if (bl_json_kind(node) != BL_JSON_OBJECT)
    return bl_reader_fail(r, BILLING_INVALID, "{\"region\":\"eu\"}",
                          "values are an object");
  if (bl_json_count(node) > BL_LIMIT_GROUP_KEYS)
    return bl_reader_fail(r, BILLING_LIMIT, NULL,
                          "more values than a price has groups");
  list->item = bl_arena_array(r->arena, bl_json_count(node) + 1,
                              sizeof *list->item);
  if (!list->item) return bl_reader_nomem(r);
  for (const bl_json *m = bl_json_first(node); m && !rc;
       m = bl_json_next(m)) {
    bl_reader at = bl_reader_member(r, "");
    bl_named *one = &list->item[list->count++];

    at.segment = bl_json_key(m);
    one->name = bl_arena_str(r->arena, bl_json_key(m));
    rc = bl_value_scalar(&at, m, &one->value);
  }
  return rc;
}

/* ---- targets ---- */

static const bl_field over_target_fields[] = {
  {.name = "price", .read = bl_value_id, .at = offsetof(bl_target, price)},
  {.name = "tags", .read = bl_value_ids, .high = BL_LIMIT_TAGS,
   .at = offsetof(bl_target, tags.item),
   .beside = offsetof(bl_target, tags.count)},
  {.name = "values", .read = bl_value_named,
   .at = offsetof(bl_target, values)},
};

static const bl_shape over_target_shape = {
  "a target", over_target_fields, BL_COUNT(over_target_fields)
};

int bl_value_targets(const bl_reader *r, const bl_field *field,
                     const bl_json *node, void *model) {
  unsigned char *base = model;
  size_t *count = (size_t *)(void *)(base + field->beside);
  const bl_json *item = bl_json_first(node);
  int rc = bl_value_array(r, node, 1, OVER_TARGETS, count);
  bl_target *list = NULL;

  if (!rc) list = bl_arena_array(r->arena, *count, sizeof *list);
  if (!rc && !list) rc = bl_reader_nomem(r);
  for (size_t i = 0; !rc && i < *count; i++, item = bl_json_next(item)) {
    bl_reader at = bl_reader_item(r, i);

    rc = bl_shape_read(&over_target_shape, &at, item, 0, &list[i]);
  }
  *(bl_target **)(void *)(base + field->at) = list;
  return rc;
}

/* The short form: any of the prices, or with any of the tags, of the values.
 */
static int over_short(const bl_reader *r, over_terms *terms) {
  bl_reader at = bl_reader_member(r, "targets");
  size_t count = terms->prices.count + terms->tags.count;
  bl_override *o = &terms->o;

  if (!count && !terms->values.count) return BILLING_OK;
  if (o->target_count)
    return bl_reader_fail(&at, BILLING_INVALID,
                          "either targets, or prices, tags and values",
                          "it is said twice what the override is for");
  o->targets = bl_arena_array(r->arena, count + 1, sizeof *o->targets);
  if (!o->targets) return bl_reader_nomem(r);
  for (size_t i = 0; i < terms->prices.count; i++)
    o->targets[o->target_count++] = (bl_target){
      .price = terms->prices.item[i], .values = terms->values};
  for (size_t i = 0; i < terms->tags.count; i++)
    o->targets[o->target_count++] = (bl_target){
      .tags = {&terms->tags.item[i], 1}, .values = terms->values};
  if (!count) o->targets[o->target_count++].values = terms->values;
  return BILLING_OK;
}

static int over_has_values(const bl_target *targets, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (targets[i].values.count) return 1;
  return 0;
}

/* ---- what holds instead ---- */

/* A price as in a plan, without what stays the plan's. */
static int over_price(const bl_reader *r, const bl_field *field,
                      const bl_json *node, void *model) {
  bl_reader at = bl_reader_member(r, "model");
  bl_override *o = model;
  bl_price *price = bl_arena_take(r->arena, sizeof *price);
  int rc = price ? bl_price_read(r, node, 0, "USD", price)
                 : bl_reader_nomem(r);

  (void)field;
  o->rate = price;
  if (rc) return rc;
  if (price->meter.len || price->group_count || price->filter_count ||
      price->tag_count || bl_json_get(node, "asset"))
    return bl_reader_fail(r, BILLING_INVALID, "say what it costs only",
                          "meter, asset, groups, filters and tags stay those "
                          "of the plan's price");
  if (price->flags & BL_PRICE_BY_EVENT)
    return bl_reader_fail(&at, BILLING_UNSUPPORTED, "rate and free, or a "
                          "factor of the plan's price",
                          "an override has no terms of single transactions "
                          "yet");
  if (price->model == BL_MODEL_MATRIX)
    return bl_reader_fail(&at, BILLING_INVALID,
                          "an override for each of the values",
                          "a matrix cannot stand in an override");
  return BILLING_OK;
}

static const bl_field over_tier_fields[] = {
  {.name = "up_to", .read = bl_value_positive,
   .at = offsetof(bl_tier, up_to)},
  {.name = "factor", .read = bl_value_amount, .needed = BL_ALWAYS,
   .at = offsetof(bl_tier, unit)},
};

static const bl_shape over_tier_shape = {
  "a tier", over_tier_fields, BL_COUNT(over_tier_fields)
};

static int over_tier(const bl_reader *r, const bl_json *doc, size_t i,
                     bl_tier *tiers) {
  bl_reader at = bl_reader_member(r, "up_to");
  int rc;

  tiers[i] = (bl_tier){.up_to = BL_DEC_MAX};
  rc = bl_shape_read(&over_tier_shape, r, doc, 0, &tiers[i]);
  if (!rc && i && !bl_dec_less(tiers[i - 1].up_to, tiers[i].up_to))
    rc = bl_reader_fail(&at, BILLING_INVALID,
                        "bounds ascend, and only the last may be open",
                        "%d is not above %d", &tiers[i].up_to,
                        &tiers[i - 1].up_to);
  return rc;
}

/* Above the last bound the plan's price holds. */
static int over_tiers(const bl_reader *r, const bl_field *field,
                      const bl_json *node, void *model) {
  bl_override *o = model;
  const bl_json *item = bl_json_first(node);
  size_t count = 0;
  int rc = bl_value_array(r, node, 1, BL_LIMIT_TIERS, &count);

  (void)field;
  if (rc) return rc;
  o->tiers = bl_arena_array(r->arena, count + 1, sizeof *o->tiers);
  if (!o->tiers) return bl_reader_nomem(r);
  for (size_t i = 0; !rc && i < count; i++, item = bl_json_next(item)) {
    bl_reader at = bl_reader_item(r, i);

    rc = over_tier(&at, item, i, o->tiers);
  }
  if (!rc && !bl_dec_is_max(o->tiers[count - 1].up_to))
    o->tiers[count++] = (bl_tier){.up_to = BL_DEC_MAX, .unit = BL_DEC_ONE};
  o->tier_count = count;
  return rc;
}

/* ---- the table ---- */

static const bl_field over_fields[] = {
  {.name = "id", .read = bl_value_id, .needed = BL_ALWAYS,
   .at = offsetof(bl_override, id)},
  {.name = "type", .read = bl_value_choice, .words = over_types,
   .at = offsetof(bl_override, kind)},
  {.name = "unit", .read = bl_value_amount, .forms = OVER_WRITES,
   .at = offsetof(bl_override, unit)},
  {.name = "price", .read = over_price, .forms = OVER_WRITES},
  {.name = "factor", .read = bl_value_amount, .forms = OVER_MULTIPLIES,
   .needed = OVER_MULTIPLIES, .hint = "such as \"0.9\"",
   .at = offsetof(bl_override, factor)},
  {.name = "tiers", .read = over_tiers, .forms = OVER_BY_TIER,
   .needed = OVER_BY_TIER,
   .hint = "[{\"up_to\":\"100\",\"factor\":\"0.9\"}]"},
  {.name = "entitled", .read = bl_value_truth,
   .forms = OVER_ENTITLES, .needed = OVER_ENTITLES,
   .hint = "true or false", .at = offsetof(bl_override, is_entitled)},
  {.name = "prices", .read = bl_value_ids, .low = 1, .high = BL_LIMIT_PRICES,
   .at = offsetof(over_terms, prices.item),
   .beside = offsetof(over_terms, prices.count)},
  {.name = "tags", .read = bl_value_ids, .low = 1, .high = BL_LIMIT_TAGS,
   .at = offsetof(over_terms, tags.item),
   .beside = offsetof(over_terms, tags.count)},
  {.name = "values", .read = bl_value_named,
   .at = offsetof(over_terms, values)},
  {.name = "applies_to", .read = bl_value_choice,
   .forms = OVER_WRITES | OVER_MULTIPLIES | OVER_BY_TIER,
   .words = bl_rate_words, .at = offsetof(bl_override, of)},
  {.name = "targets", .read = bl_value_targets,
   .at = offsetof(bl_override, targets),
   .beside = offsetof(bl_override, target_count)},
  {.name = "except", .read = bl_value_targets,
   .at = offsetof(bl_override, excepts),
   .beside = offsetof(bl_override, except_count)},
  {.name = "priority", .read = bl_value_whole64, .low = 1,
   .high = INT32_MAX, .forms = OVER_MULTIPLIES | OVER_BY_TIER,
   .at = offsetof(bl_override, priority)},
  {.name = "from", .read = bl_value_clock,
   .at = offsetof(bl_override, span.from_us),
   .beside = offsetof(bl_override, from_is_local)},
  {.name = "to", .read = bl_value_clock,
   .at = offsetof(bl_override, span.to_us),
   .beside = offsetof(bl_override, to_is_local)},
};

static const bl_shape over_shape = {
  "an override", over_fields, BL_COUNT(over_fields)
};

/* The type comes first: it says which members the others may be. */
static int over_type(const bl_reader *r, const bl_json *doc,
                     uint32_t *type) {
  const bl_json *node = NULL;
  bl_reader at = bl_reader_member(r, "type");

  if (bl_json_kind(doc) != BL_JSON_OBJECT)
    return bl_reader_fail(r, BILLING_INVALID, NULL,
                          "an override is an object");
  node = bl_json_get(doc, "type");
  if (!node)
    return bl_reader_fail(&at, BILLING_INVALID,
                          "overwrite, multiplier, tiered, entitlement",
                          "type is missing");
  return bl_value_word(&at, node, over_types, type);
}

static int over_agrees(const bl_reader *r, const bl_override *o) {
  bl_reader to = bl_reader_member(r, "to");
  bl_reader unit = bl_reader_member(r, "unit");
  bl_reader values = bl_reader_member(r, "values");

  if (o->kind == BL_OVERRIDE_OVERWRITE &&
      !bl_dec_is_bad(o->unit) == (o->rate != NULL))
    return bl_reader_fail(&unit, BILLING_INVALID,
                          "\"unit\":\"6\", or a price",
                          "an overwrite has either a unit or a price");
  if (o->kind == BL_OVERRIDE_ENTITLEMENT &&
      (over_has_values(o->targets, o->target_count) ||
       over_has_values(o->excepts, o->except_count)))
    return bl_reader_fail(&values, BILLING_INVALID,
                          "an overwrite with \"unit\":\"0\"",
                          "an entitlement is one to whole prices");
  if (o->from_is_local == o->to_is_local && bl_span_is_empty(o->span))
    return bl_reader_fail(&to, BILLING_INVALID,
                          "after from; leave it out for no end",
                          "an override ends after it begins");
  return BILLING_OK;
}

static int over_read(const bl_reader *r, const bl_json *doc,
                     bl_override *out) {
  over_terms terms = {.o = {.unit = BL_DEC_BAD,
                                .span = {BL_TIME_NEVER, BL_TIME_NEVER}}};
  uint32_t type = 0;
  int rc = over_type(r, doc, &type);

  if (!rc) rc = bl_shape_read(&over_shape, r, doc, type, &terms);
  if (terms.o.span.from_us == BL_TIME_NEVER) {
    terms.o.span.from_us = INT64_MIN;
    terms.o.from_is_local = terms.o.to_is_local;
  }
  if (terms.o.span.to_us == BL_TIME_NEVER)
    terms.o.to_is_local = terms.o.from_is_local;
  if (!rc) rc = over_short(r, &terms);
  if (!rc) rc = over_agrees(r, &terms.o);
  *out = terms.o;
  return rc;
}

int bl_value_overrides(const bl_reader *r, const bl_field *field,
                       const bl_json *node, void *model) {
  bl_contract_terms *terms = model;
  const bl_json *item = bl_json_first(node);
  size_t count = 0;
  int rc = bl_value_array(r, node, 0, BL_LIMIT_OVERRIDES, &count);

  (void)field;
  if (rc || !count) return rc;
  terms->overrides = bl_arena_array(r->arena, count,
                                    sizeof *terms->overrides);
  if (!terms->overrides) return bl_reader_nomem(r);
  for (size_t i = 0; !rc && i < count; i++, item = bl_json_next(item)) {
    bl_reader at = bl_reader_item(r, i);
    bl_reader id = bl_reader_member(&at, "id");

    rc = over_read(&at, item, &terms->overrides[i]);
    for (size_t k = 0; !rc && k < i; k++)
      if (bl_str_equal(terms->overrides[k].id, terms->overrides[i].id))
        rc = bl_reader_fail(&id, BILLING_INVALID,
                            "ids of overrides are unique in their contract",
                            "%t is the id of two overrides",
                            &terms->overrides[i].id);
  }
  terms->override_count = count;
  return rc;
}

/* By priority each factor has one; a ladder of factors is neither lower nor
 * higher than another and needs one. */
int bl_overrides_check(const bl_reader *r, const bl_contract_terms *terms) {
  bl_reader list = bl_reader_member(r, "overrides");

  for (size_t i = 0; i < terms->override_count; i++) {
    const bl_override *o = &terms->overrides[i];
    bl_reader at = bl_reader_item(&list, i);
    bl_reader priority = bl_reader_member(&at, "priority");
    int has_factor = o->kind == BL_OVERRIDE_MULTIPLIER ||
                     o->kind == BL_OVERRIDE_TIERED;

    if (o->kind == BL_OVERRIDE_TIERED && !terms->by_priority)
      return bl_reader_fail(&priority, BILLING_INVALID,
                            "say \"override_order\":\"priority\" in the "
                            "contract", "tiered factors go by priority");
    if (has_factor && terms->by_priority && !o->priority)
      return bl_reader_fail(&priority, BILLING_INVALID,
                            "1 or more, the lowest wins",
                            "priority is missing");
  }
  return BILLING_OK;
}

#undef OVER_WRITES
#undef OVER_MULTIPLIES
#undef OVER_BY_TIER
#undef OVER_ENTITLES
#undef OVER_TARGETS
