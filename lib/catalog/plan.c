/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * plan.c - the plan's document, a list of prices, and what a plan says about
 * documents beside it.
 *
 *     {"id":"pro","currency":"USD","prices":[
 *       {"id":"base","model":"flat","amount":"20"},
 *       {"id":"calls","meter":"calls","model":"per_unit","unit":"0.01"}]}
 */
#include "catalog/field.h"

static int plan_is_new(const bl_reader *r, const bl_price *prices,
                       size_t count) {
  bl_reader at = bl_reader_member(r, "id");

  for (size_t i = 0; i < count; i++)
    if (bl_str_equal(prices[i].id, prices[count].id))
      return bl_reader_fail(&at, BILLING_INVALID,
                            "ids of prices are unique in their plan",
                            "%t is the id of two prices", &prices[count].id);
  return BILLING_OK;
}

static int plan_prices(const bl_reader *r, const bl_field *field,
                       const bl_json *node, void *model) {
  bl_plan *plan = model;
  const bl_json *item = bl_json_first(node);
  size_t count = 0;
  int rc = bl_value_array(r, node, 0, BL_LIMIT_PRICES, &count);

  (void)field;
  assert(plan->currency[0]);
  if (rc || count == 0) return rc;
  plan->prices = bl_arena_array(r->arena, count, sizeof *plan->prices);
  if (!plan->prices) return bl_reader_nomem(r);
  for (size_t i = 0; !rc && i < count; i++, item = bl_json_next(item)) {
    bl_reader at = bl_reader_item(r, i);

    rc = bl_price_read(&at, item, 1, plan->currency, &plan->prices[i]);
    if (!rc) rc = plan_is_new(&at, plan->prices, i);
  }
  plan->price_count = count;
  return rc;
}

/* currency stands above prices: it is their asset by default. */
static const bl_field plan_fields[] = {
  {.name = "id", .read = bl_value_id, .needed = BL_ALWAYS,
   .at = offsetof(bl_plan, id)},
  {.name = "name", .read = bl_value_label, .high = BL_TEXT_MOST,
   .at = offsetof(bl_plan, name)},
  {.name = "currency", .read = bl_value_asset, .needed = BL_ALWAYS,
   .hint = "a currency such as \"USD\", or a unit of the tenant",
   .at = offsetof(bl_plan, currency)},
  {.name = "prices", .read = plan_prices},
  {.name = "grants", .read = bl_value_plan_grants,
   .at = offsetof(bl_plan, grants),
   .beside = offsetof(bl_plan, currency)},
  {.name = "minimum", .read = bl_value_bound,
   .at = offsetof(bl_plan, minimum)},
  {.name = "maximum", .read = bl_value_bound,
   .at = offsetof(bl_plan, maximum)},
  {.name = "limits", .read = bl_value_limits, .low = 1,
   .at = offsetof(bl_plan, limits)},
  {.name = "features", .read = bl_value_features,
   .at = offsetof(bl_plan, features)},
  {.name = "top_ups", .read = bl_value_top_ups, .low = 1,
   .at = offsetof(bl_plan, top_ups)},
  {.name = "minimums", .read = bl_value_minimums},
  {.name = "maximums", .read = bl_value_maximums},
  {.name = "effective", .read = bl_value_time,
   .hint = "such as \"2026-02-01T00:00:00Z\"",
   .at = offsetof(bl_plan, effective_us)},
};

static const bl_shape plan_shape = {
  "a plan", plan_fields, BL_COUNT(plan_fields)
};

int bl_catalog_read_plan(const bl_json *doc, const char *path, bl_arena *a,
                         bl_plan *out, billing_error *err) {
  bl_reader r = bl_reader_top(path, a, err);
  bl_plan plan = {.effective_us = BL_TIME_NEVER};
  int rc;

  assert(doc && a && out);
  rc = bl_shape_read(&plan_shape, &r, doc, 0, &plan);
  if (!rc) rc = bl_plan_derive(&r, &plan);
  if (!rc) *out = plan;
  return rc;
}

static int plan_asset(const bl_reader *r, const char *member,
                      const bl_tenant_terms *tenant, const char asset[16]) {
  bl_reader at = bl_reader_member(r, member);

  if (bl_catalog_places(tenant, asset) >= 0) return BILLING_OK;
  return bl_reader_fail(&at, BILLING_INVALID,
                        "declare it among the tenant's assets",
                        "%s is neither a currency nor a unit of the tenant",
                        asset);
}

static int plan_group(const bl_reader *r, const bl_price *price, size_t group,
                      const bl_meter *meter) {
  bl_reader groups = bl_reader_member(r, "groups");
  bl_reader at = bl_reader_item(&groups, group);

  for (size_t i = 0; i < meter->group_count; i++)
    if (bl_str_equal(meter->groups[i], price->groups[group]))
      return BILLING_OK;
  return bl_reader_fail(&at, BILLING_INVALID,
                        meter->sql.len
                          ? "the name of a column beside the quantity"
                          : "name it in the groups of the meter first",
                        "the meter %t does not group by %t", &meter->id,
                        &price->groups[group]);
}

static int plan_adds_up(const bl_meter *meter) {
  return (meter->aggregation == BL_AGG_SUM ||
          meter->aggregation == BL_AGG_COUNT) && !meter->ticks &&
         !meter->lifts_negative &&
         (!meter->converts || meter->convert.round == BL_CONVERT_NONE);
}

/* Whether what it measures in periods adds up over them. */
static int plan_goes_on(const bl_meter *meter) {
  return (meter->aggregation == BL_AGG_SUM ||
          meter->aggregation == BL_AGG_COUNT) && !meter->ticks;
}

int bl_catalog_price_takes(const bl_price *price, const bl_meter *meter) {
  int takes = (!(price->flags & BL_PRICE_BY_EVENT) || plan_adds_up(meter)) &&
              (price->tiers_by == BL_TIERS_PERIOD || plan_goes_on(meter));

  for (size_t i = 0; takes && i < price->rate_count; i++)
    takes = bl_catalog_price_takes(price->rates[i].price, meter);
  return takes;
}

/* What an event is worth must not depend on others; and what is above a
 * maximum would have to be remembered for refunds. */
static int plan_transactions(const bl_reader *r, const bl_price *price,
                             const bl_meter *meter) {
  bl_reader at = bl_reader_member(r, "meter");
  bl_reader maximum = bl_reader_member(r, "maximum");

  if (!(price->flags & BL_PRICE_BY_EVENT)) return BILLING_OK;
  if (price->flags & BL_PRICE_HAS_MAXIMUM)
    return bl_reader_fail(&maximum, BILLING_UNSUPPORTED,
                          "transaction_maximum, or a maximum of the plan",
                          "a price of single transactions has no maximum of "
                          "its own yet");
  if (plan_adds_up(meter)) return BILLING_OK;
  return bl_reader_fail(&at, BILLING_INVALID,
                        "a sum or count as it is: not recurring, prorated, "
                        "rounded or lifted to zero",
                        "the meter %t does not tell single transactions",
                        &meter->id);
}

static int plan_all_transactions(const bl_reader *r, const bl_price *price,
                                 const bl_meter *meter) {
  int rc = plan_transactions(r, price, meter);

  for (size_t i = 0; !rc && i < price->rate_count; i++)
    rc = plan_transactions(r, price->rates[i].price, meter);
  return rc;
}

/* What is due without usage is due in each period, and what only a tick knows
 * is known for its period. */
static int plan_tiers(const bl_reader *r, const bl_price *price,
                      const bl_price *rate, const bl_meter *meter) {
  bl_reader at = bl_reader_member(
      r, price->tiers_by == BL_TIERS_ROLLED ? "rollover" : "tiers_by");

  if (price->tiers_by == BL_TIERS_PERIOD) return BILLING_OK;
  if (!plan_goes_on(meter))
    return bl_reader_fail(&at, BILLING_INVALID,
                          "a sum or count, neither recurring nor prorated",
                          "the meter %t does not add up over periods",
                          &meter->id);
  if (!(rate->flags & (BL_PRICE_FLAT_AT_ZERO | BL_PRICE_BY_EVENT)))
    return BILLING_OK;
  return bl_reader_fail(&at, BILLING_UNSUPPORTED, "period",
                        "flat_at_zero and terms of single transactions are "
                        "of a period");
}

static int plan_all_tiers(const bl_reader *r, const bl_price *price,
                          const bl_meter *meter) {
  int rc = plan_tiers(r, price, price, meter);

  for (size_t i = 0; !rc && i < price->rate_count; i++)
    rc = plan_tiers(r, price, price->rates[i].price, meter);
  return rc;
}

static int plan_check_price(const bl_reader *r, const bl_price *price,
                            const bl_tenant_terms *tenant,
                            const bl_meter *meter) {
  bl_reader at = bl_reader_member(r, "meter");
  int rc = plan_asset(r, "asset", tenant, price->asset);

  if (rc || !price->meter.len) return rc;
  if (!meter)
    return bl_reader_fail(&at, BILLING_NOTFOUND, "put the meter first",
                          "there is no meter %t", &price->meter);
  assert(bl_str_equal(meter->id, price->meter));
  for (size_t i = 0; !rc && i < price->group_count; i++)
    rc = plan_group(r, price, i, meter);
  if (!rc) rc = plan_all_transactions(r, price, meter);
  return rc ? rc : plan_all_tiers(r, price, meter);
}

int bl_catalog_check_plan(const bl_plan *plan, const char *path,
                          const bl_tenant_terms *tenant,
                          const bl_meter *const *meters, billing_error *err) {
  bl_reader r = bl_reader_top(path, NULL, err);
  bl_reader prices = bl_reader_member(&r, "prices");
  int rc;

  assert(plan && (meters || plan->price_count == 0));
  rc = plan_asset(&r, "currency", tenant, plan->currency);
  if (!rc)
    rc = bl_catalog_check_grants(&plan->grants, path, tenant, err);
  for (size_t i = 0; !rc && i < plan->price_count; i++) {
    bl_reader at = bl_reader_item(&prices, i);

    rc = plan_check_price(&at, &plan->prices[i], tenant, meters[i]);
  }
  return rc;
}
