/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * tier.c - the tiers of a price: ascending bounds, the last one open.
 *
 *     [{"up_to":"100","unit":"0.10"},{"up_to":null,"unit":"0.08"}]
 *
 * After this every list of tiers ends with an up_to of BL_DEC_MAX, so that
 * kernels need no bound but the quantity.
 */
#include "catalog/field.h"

/* The forms of a tier are the models; steps have no price for a unit, and
 * percentages call it a rate. */
#define TIER_UNITS (1u << BL_MODEL_GRADUATED | 1u << BL_MODEL_VOLUME)
#define TIER_RATES (1u << BL_MODEL_GRADUATED_PERCENTAGE)

static const bl_field tier_fields[] = {
  {.name = "up_to", .read = bl_value_positive,
   .at = offsetof(bl_tier, up_to)},
  {.name = "unit", .read = bl_value_amount, .forms = TIER_UNITS,
   .at = offsetof(bl_tier, unit)},
  {.name = "rate", .read = bl_value_amount, .forms = TIER_RATES,
   .at = offsetof(bl_tier, unit)},
  {.name = "flat", .read = bl_value_amount, .at = offsetof(bl_tier, flat)},
  {.name = "package", .read = bl_value_positive, .forms = TIER_UNITS,
   .at = offsetof(bl_tier, package)},
};

static const bl_shape tier_shape = {
  "a tier", tier_fields, BL_COUNT(tier_fields)
};

/* Bounds ascend, and only the last tier is open. */
static int tier_check(const bl_reader *r, const bl_tier *tier, size_t i,
                      size_t count) {
  bl_reader at = bl_reader_member(r, "up_to");
  int is_open = bl_dec_is_max(tier->up_to);
  int is_last = i + 1 == count;

  if (is_open && !is_last)
    return bl_reader_fail(&at, BILLING_INVALID,
                          "the bound of this tier, above the one before",
                          "only the last tier is open");
  if (!is_open && is_last)
    return bl_reader_fail(&at, BILLING_INVALID, "null, or leave it out",
                          "the last tier has no bound");
  if (i && !bl_dec_less(tier[-1].up_to, tier->up_to))
    return bl_reader_fail(&at, BILLING_INVALID, "bounds ascend",
                          "%d is not above %d", &tier->up_to,
                          &tier[-1].up_to);
  return BILLING_OK;
}

static int tier_read(const bl_reader *r, const bl_json *doc, uint32_t model,
                     bl_tier *out) {
  bl_tier tier = {BL_DEC_MAX, BL_DEC_BAD, BL_DEC_BAD,    /* bad: not given */
                  BL_DEC_ZERO};
  int rc = bl_shape_read(&tier_shape, r, doc, model, &tier);

  if (!rc && bl_dec_is_bad(tier.unit) && bl_dec_is_bad(tier.flat))
    rc = bl_reader_fail(r, BILLING_INVALID, "a unit price may be \"0\"",
                        "a tier has a unit or a flat price");
  if (rc) return rc;
  if (bl_dec_is_bad(tier.unit)) tier.unit = BL_DEC_ZERO;
  if (bl_dec_is_bad(tier.flat)) tier.flat = BL_DEC_ZERO;
  *out = tier;
  return BILLING_OK;
}

int bl_value_tiers(const bl_reader *r, const bl_field *field,
                   const bl_json *node, void *model) {
  bl_price *price = model;
  const bl_json *item = bl_json_first(node);
  size_t count = 0;
  int rc = bl_value_array(r, node, 1, BL_LIMIT_TIERS, &count);

  (void)field;
  if (rc) return rc;
  price->tiers = bl_arena_array(r->arena, count, sizeof *price->tiers);
  if (!price->tiers) return bl_reader_nomem(r);
  for (size_t i = 0; !rc && i < count; i++, item = bl_json_next(item)) {
    bl_reader at = bl_reader_item(r, i);

    rc = tier_read(&at, item, price->model, &price->tiers[i]);
    if (!rc) rc = tier_check(&at, &price->tiers[i], i, count);
  }
  price->tier_count = count;
  return rc;
}

#undef TIER_UNITS
#undef TIER_RATES
