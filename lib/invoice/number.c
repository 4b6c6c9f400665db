/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * number.c - how an invoice's number reads.
 *
 *     "INV-" and 1 are "INV-000001"; 1234567 is "INV-1234567"
 *
 * At least six digits, so that numbers of a series sort as text for its first
 * million.
 */
#include "invoice/invoice.h"

#define NUMBER_DIGITS 6          /* at least */
#define NUMBER_MOST   20         /* digits of UINT64_MAX */

bl_str bl_invoice_number(bl_str prefix, uint64_t n, bl_arena *a) {
  char digits[NUMBER_MOST];
  size_t from = NUMBER_MOST;
  bl_text t;

  while (n || from > NUMBER_MOST - NUMBER_DIGITS) {
    digits[--from] = (char)('0' + n % 10);
    n /= 10;
  }
  bl_text_open(&t, a);
  bl_text_str(&t, prefix);
  bl_text_add(&t, digits + from, NUMBER_MOST - from);
  if (t.failed) return (bl_str){NULL, 0};
  return (bl_str){t.text, t.len};
}

#undef NUMBER_DIGITS
#undef NUMBER_MOST
