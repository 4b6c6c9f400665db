/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * capacity.c - one amount for the highest step that any quantity needs.
 *
 *     steps       10 for 100 seats and 1000 GB    20 for 200 and 2000
 *                 30 without limits
 *     100, 1001   the seats need step 1, the gigabytes step 2: 20
 *
 * Limits are inclusive; what exceeds all of them needs the last step.
 */
#include "price/terms.h"

size_t bl_capacity_step(const bl_dec *limits, size_t count, bl_dec quantity) {
  size_t step = 0;

  assert(count > 0);
  while (step + 1 < count && bl_dec_less(limits[step], quantity)) step++;
  return step;
}
