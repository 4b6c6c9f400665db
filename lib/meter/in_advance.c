/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * in_advance.c - levels that are billed as they rise.
 *
 *     10 seats are billed, 4 are left, 10 more come: 14 seats, 4 to bill
 *     2 go: nothing to bill, and nothing back
 *
 * In a period only what is above the highest level that was billed counts.
 */
#include "meter/measure.h"

bl_dec bl_in_advance_units(bl_dec level, bl_dec change, bl_dec billed) {
  bl_dec above = bl_dec_sub(bl_dec_add(level, change), billed);

  return bl_dec_max(above, BL_DEC_ZERO);
}
