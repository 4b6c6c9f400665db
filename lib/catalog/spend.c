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
 *                      minimums and maximums of some prices,
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

static int spend_is_named(const bl_spend_of *of, const bl_price *price) {
  bl_words prices = {of->prices, of->price_count};
  bl_words tags = {of->tags, of->tag_count};
  bl_words own = {price->tags, price->tag_count};

  return bl_words_have(&prices, price->id) || bl_words_have_any(&own, &tags);
}

/* Whether a composite may count the price at all. */
static int spend_may_count(const bl_price *composite, const bl_price *other,
                           int is_before) {
  return bl_asset_equal(other->asset, composite->asset) &&
         (!bl_price_closes(other) ||
          (other->closing == BL_CLOSING_COMPOSITE &&
           composite->of->with_composites && is_before));
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
  if (spend_may_count(&plan->prices[composite], &plan->prices[at],
                      at < composite))
    return BILLING_OK;
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

/* ---- what any closing counts ---- */

/* Minimums of a price count it, those of the plan and maximums all that is
 * known before them; what names prices counts those, and a bound also what is
 * missing of their own minimums. */
static int spend_counts(const bl_price *price, const bl_price *other,
                        int is_before) {
  if (price->of)
    return (spend_may_count(price, other, is_before) ||
            (price->closing > BL_CLOSING_MINIMUM &&
             other->closing == BL_CLOSING_MINIMUM &&
             bl_asset_equal(price->asset, other->asset))) &&
           spend_is_named(price->of, other);
  return bl_asset_equal(price->asset, other->asset) &&
         other->closing < price->closing &&
         (price->closing != BL_CLOSING_MINIMUM ||
          bl_str_equal(price->id, other->id));
}

/* The places that a closing counts, to `out` unless it is NULL; how many. */
static size_t spend_places(const bl_plan *plan, size_t at,
                           const uint32_t *rank, uint32_t *out) {
  const bl_price *prices = plan->prices;
  size_t count = 0;

  for (size_t i = 0; i < plan->key_count; i++) {
    int is_before = rank ? rank[i] < rank[at] : i < at;
    if (!spend_counts(&prices[at], &prices[i], is_before)) continue;
    if (out) out[count] = (uint32_t)i;
    count++;
  }
  return count;
}

int bl_plan_count_spend(bl_arena *a, bl_plan *plan, const uint32_t *rank) {
  for (size_t i = 0; i < plan->key_count; i++) {
    bl_price *price = &plan->prices[i];
    if (!bl_price_closes(price)) continue;
    price->counted_count = spend_places(plan, i, rank, NULL);
    price->counted = bl_arena_array(a, price->counted_count + 1,
                                    sizeof *price->counted);
    if (!price->counted) return BILLING_NOMEM;
    spend_places(plan, i, rank, price->counted);
  }
  return BILLING_OK;
}

/* ---- minimums and maximums ---- */

/* A key behind the others. */
static bl_price *spend_add(bl_plan *plan, uint32_t closing,
                           const char *asset, const bl_bound *bound) {
  bl_price *out = &plan->prices[plan->key_count++];

  out->closing = closing;
  out->per     = BL_DEC_ONE;
  out->most    = BL_DEC_MAX;
  out->bound   = *bound;
  memcpy(out->asset, asset, sizeof out->asset);
  return out;
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
  bl_price *out = spend_add(plan, BL_CLOSING_MINIMUM, price->asset,
                            &price->bound);
  bl_text name;

  bl_text_open(&name, r->arena);
  bl_text_format(&name, "Minimum of %t", &price->name);
  out->id   = price->id;
  out->name = (bl_str){name.text, name.len};
  out->tags = price->tags;
  out->tag_count = price->tag_count;
  return name.failed ? bl_reader_nomem(r) : BILLING_OK;
}

static void spend_add_bounds(bl_plan *plan) {
  bl_price *least = spend_add(plan, BL_CLOSING_PLAN_MINIMUM, plan->currency,
                              &plan->minimum);
  bl_price *most = spend_add(plan, BL_CLOSING_PLAN_MAXIMUM, plan->currency,
                             &plan->maximum);

  least->id   = BL_STR("minimum");
  least->name = BL_STR("Minimum");
  most->id    = BL_STR("maximum");
  most->name  = BL_STR("Maximum");
}

/* The prices, with room behind them for what is derived. */
static int spend_make_room(const bl_reader *r, bl_plan *plan) {
  size_t count = plan->price_count, room = count + plan->some_count + 2;
  bl_price *prices;

  for (size_t i = 0; i < count; i++)
    room += (plan->prices[i].bound.is_set != 0) +
            (plan->prices[i].beside ? 1u : 0u);
  prices = bl_arena_array(r->arena, room, sizeof *prices);
  if (!prices) return bl_reader_nomem(r);
  if (count) memcpy(prices, plan->prices, count * sizeof *prices);
  plan->prices = prices;
  plan->key_count = count;
  return BILLING_OK;
}

/* Each stands before whoever counts what is spent under it. */
static int spend_derive(const bl_reader *r, bl_plan *plan) {
  size_t count = plan->price_count;
  int rc = spend_make_room(r, plan);

  for (size_t i = 0; i < count && !rc; i++)
    if (plan->prices[i].beside) rc = spend_add_commit(r, plan, i);
  for (size_t i = 0; i < count && !rc; i++)
    if (plan->prices[i].bound.is_set) rc = spend_add_minimum(r, plan, i);
  if (rc) return rc;
  for (size_t i = 0; i < plan->some_count; i++)
    plan->prices[plan->key_count++] = plan->some[i];
  spend_add_bounds(plan);
  return bl_plan_count_spend(r->arena, plan, NULL) ? bl_reader_nomem(r)
                                                   : BILLING_OK;
}

/* Of the bounds of some prices; each list begins with its own. */
static int spend_check_some(const bl_reader *r, const bl_plan *plan) {
  size_t first = plan->key_count - 2 - plan->some_count, begin = 0;
  int rc = BILLING_OK;

  for (size_t i = 0; i < plan->some_count && !rc; i++) {
    int is_most = plan->some[i].closing == BL_CLOSING_SOME_MAXIMUM;
    bl_reader list = bl_reader_member(r, is_most ? "maximums" : "minimums");
    bl_reader at;

    if (i && plan->some[i - 1].closing != plan->some[i].closing) begin = i;
    at = bl_reader_item(&list, i - begin);
    rc = spend_check(&at, plan, first + i);
  }
  return rc;
}

int bl_plan_derive(const bl_reader *r, bl_plan *plan) {
  bl_reader prices = bl_reader_member(r, "prices");
  int rc = spend_derive(r, plan);

  for (size_t i = 0; i < plan->price_count && !rc; i++) {
    bl_reader at = bl_reader_item(&prices, i);

    if (plan->prices[i].closing) rc = spend_check(&at, plan, i);
  }
  return rc ? rc : spend_check_some(r, plan);
}
