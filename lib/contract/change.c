/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * change.c - what a change inside a prepaid period costs.
 *
 *     April, 30 days; on the 16th a plan of 10 becomes one of 20
 *     credit   10 * 15/30 = -5, what is unused of the old
 *     charge   20 * 15/30 = 10, the rest of the period of the new
 *     net      5
 *
 * A credit may be capped: never more than was paid, less what was credited
 * already.
 */
#include "contract/contract.h"

bl_dec bl_credit_cap(bl_dec potential, bl_dec paid, bl_dec credited) {
  bl_dec most = bl_dec_min(paid, bl_dec_sub(paid, credited));

  return bl_dec_max(bl_dec_min(potential, most), BL_DEC_ZERO);
}
