/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * convert.c - from the unit that is metered to the unit that is billed.
 *
 *     {"operation":"divide","by":"1000","round":"ceiling"}
 *     1247 bytes are 1.247 exactly, and 2 billed
 *
 *     {"round":"ceiling","places":-2}
 *     123.456 is 200
 *
 * The quotient is rounded once, at the place that is asked for: nothing that
 * lies beyond its 18th decimal is lost before.  This rounds quantities; money
 * is rounded in invoice/round.c.
 */
#include "meter/convert.h"

static bl_dec convert_to(const bl_convert *c, bl_dec quantity, int places,
                         int mode) {
  assert(bl_dec_sign(c->by) > 0);
  return bl_dec_muldiv_round(quantity, c->divides ? BL_DEC_ONE : c->by,
                             c->divides ? c->by : BL_DEC_ONE, places, mode);
}

bl_dec bl_convert_exactly(const bl_convert *c, bl_dec quantity) {
  return convert_to(c, quantity, BL_DEC_SCALE, BL_ROUND_HALF_EVEN);
}

bl_dec bl_convert_quantity(const bl_convert *c, bl_dec quantity) {
  if (c->round == BL_CONVERT_NONE) return bl_convert_exactly(c, quantity);
  return convert_to(c, quantity, c->places, bl_convert_mode(c->round));
}

int bl_convert_mode(uint32_t round) {
  static const int modes[] = {
    [BL_CONVERT_UP]        = BL_ROUND_UP,
    [BL_CONVERT_DOWN]      = BL_ROUND_DOWN,
    [BL_CONVERT_CEILING]   = BL_ROUND_CEILING,
    [BL_CONVERT_FLOOR]     = BL_ROUND_FLOOR,
    [BL_CONVERT_HALF_AWAY] = BL_ROUND_HALF_AWAY,
    [BL_CONVERT_HALF_UP]   = BL_ROUND_HALF_UP,
    [BL_CONVERT_HALF_DOWN] = BL_ROUND_HALF_DOWN,
    [BL_CONVERT_HALF_EVEN] = BL_ROUND_HALF_EVEN,
  };

  assert(round > BL_CONVERT_NONE && round < BL_COUNT(modes));
  return modes[round];
}
