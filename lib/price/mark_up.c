/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * mark_up.c - what somebody else charges, and a share of it on top.
 *
 *     2.50 and 20 %    3
 *     2.50 and -10 %   2.25
 */
#include "price/terms.h"

bl_dec bl_mark_up(bl_dec unit, bl_dec percent) {
  bl_dec hundred = bl_dec_of_int(100);

  return bl_dec_muldiv(unit, bl_dec_add(hundred, percent), hundred);
}
