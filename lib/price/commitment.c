/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * commitment.c - so much is promised for a window; what is above costs a
 * factor of itself, what is missing may be charged.
 *
 *     10 promised, twice for what is above, topped up:
 *       16 used    10 utilized    12 overage
 *        4 used     4 utilized     6 topped up
 */
#include "price/terms.h"

bl_committed bl_commitment_apply(const bl_commitment *commitment,
                                 bl_dec value) {
  bl_committed out = {value, BL_DEC_ZERO, BL_DEC_ZERO};
  bl_dec above;

  if (bl_dec_is_bad(commitment->amount)) return out;
  above = bl_dec_sub(value, commitment->amount);
  if (bl_dec_sign(above) >= 0) {
    out.utilized = commitment->amount;
    out.overage  = bl_dec_mul(above, commitment->overage);
  } else if (commitment->tops_up) {
    out.top_up = bl_dec_neg(above);
  }
  return out;
}
