/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * patience.h - waiting for a lock is the host's business: BILLING_BUSY comes
 * back at once, and the host decides how long it tries again.
 *
 *     patience p = {0};
 *     do rc = billing_record(...); while (patience_again(&p, rc));
 */
#ifndef PATIENCE_H
#define PATIENCE_H

#include <stdint.h>

typedef struct patience {
  uint64_t waited_us;
  uint32_t tries;
} patience;

/* Waits and returns 1 when the call was BUSY and is worth another try; it
 * gives up after a minute. */
int patience_again(patience *p, int rc);

#endif
