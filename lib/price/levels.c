/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * levels.c - a level that moves through tiers, prorated.
 *
 *     tiers   (0..5] at 10, flat 100     (5..) at 5, flat 50
 *     +4, which counts 2.8               2.8 in tier 1
 *     +2, which counts 1: to 5, to 6     0.5 in tier 1, 0.5 in tier 2
 *     -3, which counts -0.6: to 5, to 3  -0.2 in tier 2, -0.4 in tier 1
 *     2.9 * 10 + 0.3 * 5, and both flats, since the level was 6: 180.50
 *
 * What a change counts for is spread over the tiers that it crosses, in
 * proportion to the units in each.
 */
#include "price/transactions.h"

#include "price/models.h"

void bl_ladder_open(bl_ladder *ladder, const bl_price *price, bl_dec *units) {
  *ladder = (bl_ladder){price, units, BL_DEC_ZERO, BL_DEC_ZERO};
}

/* Units of the way between two levels that lie in a tier; what is below zero
 * belongs to the first. */
static bl_dec ladder_within(const bl_price *price, size_t tier, bl_dec low,
                            bl_dec high) {
  bl_dec from = tier ? bl_dec_max(price->tiers[tier - 1].up_to, low) : low;
  bl_dec to = bl_dec_min(price->tiers[tier].up_to, high);

  return bl_dec_max(bl_dec_sub(to, from), BL_DEC_ZERO);
}

/* The last tier that is crossed takes what is left, so that nothing is lost
 * in rounding. */
static void ladder_spread(bl_ladder *ladder, bl_dec low, bl_dec high,
                          bl_dec prorated) {
  const bl_price *price = ladder->price;
  bl_dec whole = bl_dec_sub(high, low), left = prorated;
  size_t last = 0;

  for (size_t i = 0; i < price->tier_count; i++)
    if (bl_dec_sign(ladder_within(price, i, low, high)) > 0) last = i;
  for (size_t i = 0; i < last; i++) {
    bl_dec part = bl_dec_muldiv(prorated, ladder_within(price, i, low, high),
                                whole);

    ladder->units[i] = bl_dec_add(ladder->units[i], part);
    left = bl_dec_sub(left, part);
  }
  ladder->units[last] = bl_dec_add(ladder->units[last], left);
}

/* What counts for nothing does not move the level when it rises, or falls
 * below zero: such a change belongs to another period. */
void bl_ladder_move(bl_ladder *ladder, bl_dec change, bl_dec prorated) {
  bl_dec level = bl_dec_add(ladder->level, change);

  if (bl_dec_is_zero(prorated) &&
      (bl_dec_sign(change) > 0 || bl_dec_sign(level) < 0))
    return;
  ladder_spread(ladder, bl_dec_min(ladder->level, level),
                bl_dec_max(ladder->level, level), prorated);
  ladder->level = level;
  ladder->peak  = bl_dec_max(ladder->peak, level);
}

bl_dec bl_ladder_price(const bl_ladder *ladder) {
  const bl_price *price = ladder->price;
  bl_dec cost = BL_DEC_ZERO, flats = BL_DEC_ZERO;

  if (bl_dec_is_zero(ladder->peak))
    return price->flags & BL_PRICE_FLAT_AT_ZERO ? price->tiers[0].flat
                                                : BL_DEC_ZERO;
  if (bl_dec_sign(ladder->level) < 0) return BL_DEC_ZERO;
  for (size_t i = 0; i < price->tier_count; i++) {
    if (i && !bl_dec_less(price->tiers[i - 1].up_to, ladder->peak)) break;
    cost = bl_dec_add(cost, bl_dec_muldiv(ladder->units[i],
                                          price->tiers[i].unit, price->per));
    flats = bl_dec_add(flats, price->tiers[i].flat);
  }
  return bl_dec_add(bl_dec_max(cost, BL_DEC_ZERO), flats);
}
