/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * models.h - what a charge model is: a pure function that says what one tier
 * contributes to the price of a quantity.  A price is the sum of its parts and
 * nothing else, so that they add up exactly.
 */
#ifndef BL_MODELS_H
#define BL_MODELS_H

#include "price/price.h"

/* Whether tier number `tier` takes part in the price of the quantity; if so
 * *out is its part. */
typedef int bl_model_part(const bl_price *price, bl_dec quantity, size_t tier,
                          bl_part *out);

bl_model_part bl_price_flat;
bl_model_part bl_price_per_unit;
bl_model_part bl_price_graduated;
bl_model_part bl_price_volume;
bl_model_part bl_price_stairstep;
bl_model_part bl_price_package;
bl_model_part bl_price_percentage;
bl_model_part bl_price_graduated_percentage;
bl_model_part bl_price_dynamic;

/* Whether all of the quantity, more than zero, belongs to this tier
 * (volume.c). */
int bl_tier_holds(const bl_price *price, bl_dec quantity, size_t tier);
/* What is left above `free`: never less than zero when there is any. */
static inline bl_dec bl_above_free(bl_dec free, bl_dec total) {
  if (bl_dec_is_zero(free)) return total;
  return bl_dec_max(bl_dec_sub(total, free), BL_DEC_ZERO);
}
/* Units in whole packages, the last one as `mode` (BL_ROUND_*) says. */
static inline bl_dec bl_packages(bl_dec units, bl_dec size, int mode) {
  return bl_dec_muldiv_round(units, BL_DEC_ONE, size, 0, mode);
}

/* A part whose amount is quantity * unit / per + flat, rounded once, half even
 * at 10^-18.  Of a tier in packages, the quantity is how many are started. */
static inline bl_part bl_part_of(const bl_price *price, size_t tier,
                                 bl_dec quantity, bl_dec flat) {
  const bl_tier *t = &price->tiers[tier];
  int has_packages = !bl_dec_is_zero(t->package);
  bl_dec count = has_packages
                   ? bl_packages(quantity, t->package, BL_ROUND_CEILING)
                   : quantity;
  bl_dec cost = bl_dec_muldiv(count, t->unit,
                              has_packages ? BL_DEC_ONE : price->per);
  bl_part part = {tier, count, t->unit, flat, bl_dec_add(cost, flat)};

  return part;
}

/* What tier one costs at zero units: nothing, unless the price says that its
 * flat is due. */
static inline int bl_part_at_zero(const bl_price *price, size_t tier,
                                  bl_part *out) {
  if (tier > 0 || !(price->flags & BL_PRICE_FLAT_AT_ZERO)) return 0;
  *out = bl_part_of(price, 0, BL_DEC_ZERO, price->tiers[0].flat);
  return !bl_dec_is_zero(out->flat);
}

#endif
