/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * seats.c - quantities that are paid in advance and change inside a period,
 * amounts that are paid in parts, and when a scheduled invoice is final.
 *
 *     4 seats of 31 for January; 6 from the 17th on, 5 from the 20th on
 *     charged   124, then 2 * 15 = 30 for the rest; the one that went was
 *               paid, and so was one that comes again until there are more
 *     next      5
 *
 *     100 in three parts of whole cents: 33.33, 33.33, 33.34
 */
#include "contract/contract.h"

bl_dec bl_seats_change(bl_seats *s, bl_dec quantity) {
  bl_dec more = bl_dec_max(bl_dec_sub(quantity, s->paid), BL_DEC_ZERO);

  s->quantity = quantity;
  s->paid = bl_dec_add(s->paid, more);
  return more;
}

bl_dec bl_installment(bl_dec amount, int64_t parts, int64_t part, int places) {
  bl_dec count = bl_dec_of_int(parts), one;

  assert(parts >= 1 && part >= 0 && part < parts);
  one = bl_dec_muldiv_round(amount, BL_DEC_ONE, count, places,
                            BL_ROUND_HALF_AWAY);
  if (part < parts - 1) return one;
  return bl_dec_sub(amount, bl_dec_mul(one, bl_dec_of_int(parts - 1)));
}

int64_t bl_final_by(int64_t created_us, int64_t issue_us, int64_t hold_us,
                    int64_t delay_us) {
  if (issue_us <= created_us) return created_us;
  if (issue_us - created_us <= hold_us) return created_us + hold_us + delay_us;
  return issue_us + delay_us;
}
