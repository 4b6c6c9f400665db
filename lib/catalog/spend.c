/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * spend.c - what is measured by what others cost.
 *
 *     {"id":"calls","meter":"calls","model":"per_unit","unit":"0.01",
 *      "tags":["api"],"minimum":"50"}
 *     {"id":"support","model":"percentage","rate":"10",
 *      "of":{"tags":["api"]},"minimum":{"amount":"25","proration":"none"}}
 *
 * Each minimum becomes a key of its own behind the plan's prices, so that what
 * is missing of it is charged, corrected and explained as any other charge is;
 * and before them each commit rate (commit_rate.c):
 *
 *     calls, support | calls at the commit rate,
 *                      minimum of calls, minimum of support,
 *                      minimum of the plan, maximum of the plan
 *
 * A key counts only what stands before it, so one pass is enough.
 */
#include "catalog/field.h"

/* ---- values ---- */

static const bl_field spend_bound_fields[] = {
  {.name = "amount", .read = bl_value_amount, .needed = BL_ALWAYS,
   .hint = "such as \"50\"; 0: none", .at = offsetof(bl_bound, amount)},
  {.name = "proration", .read = bl_value_choice,
   .words = bl_proration_words, .at = offsetof(bl_bound, proration)},
};

static const bl_shape spend_bound_shape = {
  "a bound", spend_bound_fields, BL_COUNT(spend_bound_fields)
};

int bl_value_bound(const bl_reader *r, const bl_field *field,
                   const bl_json *node, void *model) {
  bl_bound *bound = (void *)((unsigned char *)model + field->at);

  bound->is_set = 1;
  if (bl_json_kind(node) == BL_JSON_OBJECT)
    return bl_shape_read(&spend_bound_shape, r, node, 0, bound);
  return bl_value_amount(r, &spend_bound_fields[0], node, bound);
}

static const bl_field spend_of_fields[] = {
  {.name = "prices", .read = bl_value_ids, .low = 1, .high = BL_LIMIT_PRICES,
   .at = offsetof(bl_spend_of, prices),
   .beside = offsetof(bl_spend_of, price_count)},
  {.name = "tags", .read = bl_value_ids, .low = 1, .high = 100,
   .at = offsetof(bl_spend_of, tags),
   .beside = offsetof(bl_spend_of, tag_count)},
  {.name = "include_composite_spend", .read = bl_value_truth,
   .at = offsetof(bl_spend_of, with_composites)},
  {.name = "exclude_free_usage", .read = bl_value_truth,
   .at = offsetof(bl_spend_of, without_free)},
};

static const bl_shape spend_of_shape = {
  "spend", spend_of_fields, BL_COUNT(spend_of_fields)
};

int bl_value_spend_of(const bl_reader *r, const bl_field *field,
                      const bl_json *node, void *model) {
  bl_spend_of *of = bl_arena_take(r->arena, sizeof *of);
  int rc;

  if (!of) return bl_reader_nomem(r);
  rc = bl_shape_read(&spend_of_shape, r, node, 0, of);
  if (!rc && !of->price_count && !of->tag_count)
    rc = bl_reader_fail(r, BILLING_INVALID,
                        "{\"prices\":[\"calls\"]}, or tags",
                        "this names nobody whose spend counts");
  *(bl_spend_of **)(void *)((unsigned char *)model + field->at) = of;
  return rc;
}

/* ---- whose spend a composite counts ---- */

static int spend_has(const bl_str *words, size_t count, bl_str word) {
  for (size_t i = 0; i < count; i++)
    if (bl_str_equal(words[i], word)) return 1;
  return 0;
}

static int spend_has_tag(const bl_spend_of *of, const bl_price *price) {
  for (size_t i = 0; i < price->tag_count; i++)
    if (spend_has(of->tags, of->tag_count, price->tags[i])) return 1;
  return 0;
}

/* Whether a composite may count the price at all. */
static int spend_is_before(const bl_plan *plan, size_t composite,
                           size_t other) {
  const bl_price *price = &plan->prices[composite];

  if (!bl_asset_equal(plan->prices[other].asset, price->asset)) return 0;
  return !bl_price_closes(&plan->prices[other]) ||
         (price->of->with_composites && other < composite);
}

/* A price that is named must count, and says why it cannot. */
static int spend_check_named(const bl_reader *r, const bl_plan *plan,
                             size_t composite, bl_str id) {
  size_t at = 0;

  while (at < plan->price_count && !bl_str_equal(plan->prices[at].id, id))
    at++;
  if (at == plan->price_count)
    return bl_reader_fail(r, BILLING_INVALID, "the id of a price of the plan",
                          "the plan has no price %t", &id);
  if (spend_is_before(plan, composite, at)) return BILLING_OK;
  return bl_reader_fail(r, BILLING_INVALID,
                        "the same asset; a composite only with "
                        "include_composite_spend, and when it stands before",
                        "the spend of %t cannot count here", &id);
}

static int spend_check(const bl_reader *r, const bl_plan *plan,
                       size_t composite) {
  const bl_spend_of *of = plan->prices[composite].of;
  bl_reader member = bl_reader_member(r, "of");
  bl_reader prices = bl_reader_member(&member, "prices");
  int rc = BILLING_OK;

  for (size_t i = 0; !rc && i < of->price_count; i++) {
    bl_reader at = bl_reader_item(&prices, i);

    rc = spend_check_named(&at, plan, composite, of->prices[i]);
  }
  if (rc || plan->prices[composite].counted_count) return rc;
  return bl_reader_fail(&member, BILLING_INVALID,
                        "tags that prices of the plan have",
                        "no price has any of these tags");
}

static int spend_count(const bl_reader *r, bl_plan *plan, size_t composite) {
  bl_price *price = &plan->prices[composite];
  const bl_spend_of *of = price->of;

  price->counted = bl_arena_array(r->arena, plan->key_count,
                                  sizeof *price->counted);
  if (!price->counted) return bl_reader_nomem(r);
  for (size_t i = 0; i < plan->key_count; i++)
    if (i != composite && spend_is_before(plan, composite, i) &&
        (spend_has(of->prices, of->price_count, plan->prices[i].id) ||
         spend_has_tag(of, &plan->prices[i])))
      price->counted[price->counted_count++] = (uint32_t)i;
  return BILLING_OK;
}

/* ---- minimums and maximums ---- */

/* Whether a minimum of a price counts what is spent under a key. */
static int spend_is_of(const bl_plan *plan, size_t price, size_t key) {
  return key == price ||
         (plan->prices[key].closing == BL_CLOSING_COMMIT &&
          plan->prices[key].beside == &plan->prices[price]);
}

/* A key behind the others that counts one price (SIZE_MAX: all of them) of its
 * asset. */
static bl_price *spend_add(const bl_reader *r, bl_plan *plan,
                           uint32_t closing, const char *asset,
                           size_t price) {
  size_t count = plan->key_count;
  bl_price *out = &plan->prices[plan->key_count++];

  out->closing = closing;
  out->per     = BL_DEC_ONE;
  out->most    = BL_DEC_MAX;
  out->counted = bl_arena_array(r->arena, count + 1, sizeof *out->counted);
  memcpy(out->asset, asset, sizeof out->asset);
  for (size_t i = 0; out->counted && i < count; i++)
    if (bl_asset_equal(plan->prices[i].asset, asset) &&
        (price == SIZE_MAX || spend_is_of(plan, price, i)))
      out->counted[out->counted_count++] = (uint32_t)i;
  return out->counted ? out : NULL;
}

/* It is the price's own id, so whoever counts the one counts the other. */
static int spend_add_commit(const bl_reader *r, bl_plan *plan, size_t at) {
  bl_price *price = &plan->prices[at], *out = &plan->prices[plan->key_count];
  bl_text name;

  bl_text_open(&name, r->arena);
  bl_text_format(&name, "%t at the commit rate", &price->name);
  *out = *price->beside;
  out->closing      = BL_CLOSING_COMMIT;
  out->beside       = price;
  out->id           = price->id;
  out->name         = (bl_str){name.text, name.len};
  out->groups       = price->groups;
  out->group_count  = price->group_count;
  out->tags         = price->tags;
  out->tag_count    = price->tag_count;
  memcpy(out->asset, price->asset, sizeof out->asset);
  plan->key_count++;
  return name.failed ? bl_reader_nomem(r) : BILLING_OK;
}

static int spend_add_minimum(const bl_reader *r, bl_plan *plan, size_t at) {
  const bl_price *price = &plan->prices[at];
  bl_price *out = spend_add(r, plan, BL_CLOSING_MINIMUM, price->asset, at);
  bl_text name;

  if (!out) return bl_reader_nomem(r);
  bl_text_open(&name, r->arena);
  bl_text_format(&name, "Minimum of %t", &price->name);
  out->id    = price->id;
  out->name  = (bl_str){name.text, name.len};
  out->bound = price->bound;
  return name.failed ? bl_reader_nomem(r) : BILLING_OK;
}

static int spend_add_bounds(const bl_reader *r, bl_plan *plan) {
  bl_price *least = spend_add(r, plan, BL_CLOSING_PLAN_MINIMUM,
                              plan->currency, SIZE_MAX);
  bl_price *most = spend_add(r, plan, BL_CLOSING_PLAN_MAXIMUM,
                             plan->currency, SIZE_MAX);

  if (!least || !most) return bl_reader_nomem(r);
  least->id    = BL_STR("minimum");
  least->name  = BL_STR("Minimum");
  least->bound = plan->minimum;
  most->id     = BL_STR("maximum");
  most->name   = BL_STR("Maximum");
  most->bound  = plan->maximum;
  return BILLING_OK;
}

size_t bl_plan_derived(const bl_json *prices) {
  size_t count = 2;

  for (const bl_json *price = bl_json_first(prices); price;
       price = bl_json_next(price))
    count += (bl_json_get(price, "minimum") ? 1u : 0u) +
             (bl_json_get(price, "commit_rate") ? 1u : 0u);
  return count;
}

/* Commit rates stand before whoever counts what is spent at them. */
static int spend_derive(const bl_reader *r, bl_plan *plan) {
  size_t count = plan->price_count;
  int rc = BILLING_OK;

  for (size_t i = 0; i < count && !rc; i++)
    if (plan->prices[i].beside) rc = spend_add_commit(r, plan, i);
  return rc;
}

int bl_plan_derive(const bl_reader *r, bl_plan *plan) {
  bl_reader prices = bl_reader_member(r, "prices");
  size_t count = plan->price_count;
  int rc;

  if (!count)
    plan->prices = bl_arena_array(r->arena, 2, sizeof *plan->prices);
  if (!plan->prices) return bl_reader_nomem(r);
  plan->key_count = count;
  rc = spend_derive(r, plan);
  for (size_t i = 0; i < count && !rc; i++) {
    bl_reader at = bl_reader_item(&prices, i);

    if (plan->prices[i].closing) rc = spend_count(&at, plan, i);
    if (!rc && plan->prices[i].closing) rc = spend_check(&at, plan, i);
  }
  for (size_t i = 0; i < count && !rc; i++)
    if (plan->prices[i].bound.is_set) rc = spend_add_minimum(r, plan, i);
  return rc ? rc : spend_add_bounds(r, plan);
}
