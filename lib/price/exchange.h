/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* exchange.h - declared, dated rates between assets. */
#ifndef BL_PRICE_EXCHANGE_H
#define BL_PRICE_EXCHANGE_H

#include "base/money.h"
#include "catalog/catalog.h"

/* How amounts of one asset become amounts of another. */
typedef struct bl_exchange {
  const bl_exchange_rate *rate;      /* NULL: it is the same asset */
  int                     is_inverse;
} bl_exchange;

/*
 * The rate between two assets that is in force at a moment: the one that began
 * last, and of several the last of the list.  One that is declared for this
 * direction goes before one that has to be turned round.  0: there is none.
 */
int bl_exchange_find(const bl_exchange_rate *rates, size_t count,
                     const char from[BL_ASSET_BYTES],
                     const char to[BL_ASSET_BYTES], int64_t at_us,
                     bl_exchange *out);
/* The amount in the other asset, half even at 10^-18, once. */
bl_dec bl_exchange_amount(const bl_exchange *exchange, bl_dec amount);

#endif
