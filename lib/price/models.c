/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * models.c - the table of charge models, and the law of rating: rate the
 * running total, subtract what was rated before.
 *
 *     the first 10 at 1.00, then 0.50:
 *     0 -> 4 costs 4.00, 4 -> 12 costs 11.00 - 4.00 = 7.00, together 11.00
 */
#include "price/models.h"

/* A matrix is one of its rates (matrix.c). */
static bl_model_part *const model_parts[BL_MODELS] = {
  [BL_MODEL_FLAT]       = bl_price_flat,
  [BL_MODEL_PER_UNIT]   = bl_price_per_unit,
  [BL_MODEL_GRADUATED]  = bl_price_graduated,
  [BL_MODEL_VOLUME]     = bl_price_volume,
  [BL_MODEL_STAIRSTEP]  = bl_price_stairstep,
  [BL_MODEL_PACKAGE]    = bl_price_package,
  [BL_MODEL_PERCENTAGE] = bl_price_percentage,
  [BL_MODEL_GRADUATED_PERCENTAGE] = bl_price_graduated_percentage,
  [BL_MODEL_DYNAMIC]    = bl_price_dynamic,
};

/* Flat prices have no tiers, but one part. */
static size_t model_tiers(const bl_price *price) {
  assert(price->model < BL_MODELS && model_parts[price->model]);
  assert(price->model == BL_MODEL_FLAT || price->tier_count > 0);
  return price->model == BL_MODEL_FLAT ? 1 : price->tier_count;
}

/* The price's maximum cuts its parts from the last one on, so that they add
 * up to it. */
static void model_cap(const bl_price *price, bl_dec before, bl_part *part) {
  bl_dec room = bl_dec_sub(price->maximum, before);

  if (price->flags & BL_PRICE_HAS_MAXIMUM)
    part->amount = bl_dec_min(part->amount, room);
}

bl_dec bl_price_total(const bl_price *price, bl_dec quantity) {
  size_t tiers = model_tiers(price);
  bl_dec total = BL_DEC_ZERO;
  bl_part part;

  if (bl_dec_is_bad(quantity)) return BL_DEC_BAD;
  for (size_t i = 0; i < tiers; i++)
    if (model_parts[price->model](price, quantity, i, &part)) {
      model_cap(price, total, &part);
      total = bl_dec_add(total, part.amount);
    }
  return total;
}

size_t bl_price_parts(const bl_price *price, bl_dec quantity, bl_part *parts) {
  size_t tiers = model_tiers(price);
  bl_dec total = BL_DEC_ZERO;
  size_t count = 0;

  if (bl_dec_is_bad(quantity)) return 0;
  assert(parts);
  for (size_t i = 0; i < tiers; i++) {
    if (!model_parts[price->model](price, quantity, i, &parts[count]))
      continue;
    model_cap(price, total, &parts[count]);
    total = bl_dec_add(total, parts[count++].amount);
  }
  return count;
}

bl_dec bl_price_delta(const bl_price *price, bl_dec before, bl_dec after) {
  return bl_dec_sub(bl_price_total(price, after),
                    bl_price_total(price, before));
}

const char *bl_price_model_name(uint32_t model) {
  assert(model < BL_MODELS);
  return bl_model_words[model];
}

int bl_price_model_of_name(bl_str name) {
  return bl_catalog_word(bl_model_words, name);
}
