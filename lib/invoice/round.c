/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * round.c - from what was charged to what is due: the only place where money
 * is rounded.
 *
 *     charged 7.005, 5 of it from grants, USD:  due 2.01   half away from zero
 *     charged 7.005, 7.005 from grants:         due 0      nothing is owed
 *     charged -2.005, a price that fell:        due -2.01
 *     charged 1234.5, JPY:                      due 1235
 *
 * What is drawn is taken off before rounding, so a line that grants cover
 * wholly owes nothing.
 */
#include "invoice/invoice.h"

bl_dec bl_round_due(bl_dec amount, bl_dec drawn, int places) {
  bl_dec open = bl_dec_sub(amount, drawn);
  assert(places >= 0 && places <= BL_DEC_SCALE);
  return bl_dec_round(open, places, BL_ROUND_HALF_AWAY);
}

bl_dec bl_round_cut(bl_dec amount, int places) {
  return bl_dec_round(amount, places, BL_ROUND_DOWN);
}
