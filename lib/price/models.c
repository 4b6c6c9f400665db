/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * models.c - the table of charge models, and the law of rating: rate the
 * running total, subtract what was rated before.
 *
 *     the first 10 at 1.00, then 0.50:
 *     0 -> 4 costs 4.00, 4 -> 12 costs 11.00 - 4.00 = 7.00, together 11.00
 */
#include "price/models.h"

static bl_model_part *const model_parts[] = {
  [BL_MODEL_FLAT]      = bl_price_flat,
  [BL_MODEL_PER_UNIT]  = bl_price_per_unit,
  [BL_MODEL_GRADUATED] = bl_price_graduated,
  [BL_MODEL_VOLUME]    = bl_price_volume,
};

/* Flat prices have no tiers, but one part. */
static size_t model_tiers(const bl_price *price) {
  assert(price->model < BL_COUNT(model_parts));
  assert(price->model == BL_MODEL_FLAT || price->tier_count > 0);
  return price->model == BL_MODEL_FLAT ? 1 : price->tier_count;
}

bl_dec bl_price_total(const bl_price *price, bl_dec quantity) {
  size_t tiers = model_tiers(price);
  bl_dec total = BL_DEC_ZERO;
  bl_part part;

  if (bl_dec_is_bad(quantity)) return BL_DEC_BAD;
  for (size_t i = 0; i < tiers; i++)
    if (model_parts[price->model](price, quantity, i, &part))
      total = bl_dec_add(total, part.amount);
  return total;
}

size_t bl_price_parts(const bl_price *price, bl_dec quantity, bl_part *parts) {
  size_t tiers = model_tiers(price);
  size_t count = 0;

  if (bl_dec_is_bad(quantity)) return 0;
  assert(parts);
  for (size_t i = 0; i < tiers; i++)
    if (model_parts[price->model](price, quantity, i, &parts[count])) count++;
  return count;
}

bl_dec bl_price_delta(const bl_price *price, bl_dec before, bl_dec after) {
  return bl_dec_sub(bl_price_total(price, after),
                    bl_price_total(price, before));
}

const char *bl_price_model_name(uint32_t model) {
  assert(model < BL_COUNT(model_parts));
  return bl_model_words[model];
}

int bl_price_model_of_name(bl_str name) {
  return bl_catalog_word(bl_model_words, name);
}
