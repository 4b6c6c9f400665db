/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * commit_rate.c - the second rate of a price, which holds for what grants draw
 * that say so.
 *
 *     {"id":"calls","meter":"calls","model":"per_unit","unit":"10",
 *      "commit_rate":"8"}
 *     {"id":"gb","meter":"gb","model":"graduated",
 *      "tiers":[{"up_to":"100","unit":"1"},{"unit":"0.8"}],
 *      "commit_rate":{"model":"graduated",
 *        "tiers":[{"up_to":"100","unit":"0.9"},{"unit":"0.7"}]}}
 *
 * It becomes a key of its own behind the plan's prices (spend.c), so that what
 * it comes to is drawn, billed, corrected and explained as any charge is.
 */
#include "catalog/field.h"

/* The short form: another price of as many units. */
static int commit_unit(const bl_reader *r, const bl_json *node,
                       const bl_price *list, bl_price *out) {
  static const bl_field unit = {.name = "commit_rate", .at = 0};
  bl_tier *tier = bl_arena_take(r->arena, sizeof *tier);

  if (!tier) return bl_reader_nomem(r);
  *out = (bl_price){.model = BL_MODEL_PER_UNIT, .per = list->per,
                    .most = BL_DEC_MAX, .tiers = tier, .tier_count = 1};
  tier->up_to = BL_DEC_MAX;
  return bl_value_amount(r, &unit, node,
                         (unsigned char *)tier + offsetof(bl_tier, unit));
}

/* A matrix groups as its list price does. */
static int commit_groups(const bl_reader *r, const bl_price *list,
                         const bl_price *out) {
  bl_reader at = bl_reader_member(r, "groups");
  int is_same = out->group_count == list->group_count;

  for (size_t i = 0; is_same && i < list->group_count; i++)
    is_same = bl_str_equal(out->groups[i], list->groups[i]);
  if (out->model != BL_MODEL_MATRIX || is_same) return BILLING_OK;
  return bl_reader_fail(&at, BILLING_INVALID, "the groups of the price",
                        "a commit rate groups as its price does");
}

static int commit_price(const bl_reader *r, const bl_json *node,
                        const bl_price *list, bl_price *out) {
  int rc = bl_price_read(r, node, 0, list->asset, out);

  if (rc) return rc;
  if (out->meter.len || out->filter_count ||
      (out->group_count && out->model != BL_MODEL_MATRIX) ||
      bl_json_get(node, "asset") || bl_json_get(node, "id"))
    return bl_reader_fail(r, BILLING_INVALID, "say what it costs only",
                          "id, asset, meter, groups and filters stay those "
                          "of the price");
  return commit_groups(r, list, out);
}

int bl_value_commit_rate(const bl_reader *r, const bl_field *field,
                         const bl_json *node, void *model) {
  bl_price *list = model;

  (void)field;
  list->beside = bl_arena_take(r->arena, sizeof *list->beside);
  if (!list->beside) return bl_reader_nomem(r);
  return bl_json_kind(node) == BL_JSON_OBJECT
           ? commit_price(r, node, list, list->beside)
           : commit_unit(r, node, list, list->beside);
}

/* Whether each unit costs something by itself, so that some of them can cost
 * something else: no flats, packages, caps and single transactions. */
static int commit_is_plain(const bl_price *price) {
  if (price->flags & (BL_PRICE_HAS_MAXIMUM | BL_PRICE_BY_EVENT |
                      BL_PRICE_FLAT_AT_ZERO))
    return 0;
  for (size_t i = 0; i < price->tier_count; i++)
    if (!bl_dec_is_zero(price->tiers[i].flat) ||
        !bl_dec_is_zero(price->tiers[i].package))
      return 0;
  return price->model == BL_MODEL_PER_UNIT ||
         price->model == BL_MODEL_GRADUATED;
}

int bl_price_splits(const bl_price *price) {
  if (price->model != BL_MODEL_MATRIX) return commit_is_plain(price);
  for (size_t i = 0; i < price->rate_count; i++)
    if (!commit_is_plain(price->rates[i].price)) return 0;
  return 1;
}

int bl_price_check_split(const bl_reader *r, const bl_price *price) {
  bl_reader at = bl_reader_member(r, "commit_rate");

  if (!price->beside) return BILLING_OK;
  if (price->tiers_by != BL_TIERS_PERIOD)
    return bl_reader_fail(&at, BILLING_UNSUPPORTED, "tiers_by period",
                          "tiers by year or life have no commit rate yet");
  if (bl_price_splits(price) && bl_price_splits(price->beside))
    return BILLING_OK;
  return bl_reader_fail(&at, BILLING_INVALID,
                        "per_unit or graduated, without flats, packages and "
                        "a maximum, both of them",
                        "a commit rate splits the price unit by unit");
}
