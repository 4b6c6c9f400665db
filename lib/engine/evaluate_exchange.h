/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* evaluate_exchange.h - rates between assets, as requests name them. */
#ifndef BL_EVALUATE_EXCHANGE_H
#define BL_EVALUATE_EXCHANGE_H

#include "engine/evaluate.h"
#include "price/exchange.h"

/* Into which asset, by which rates, as they were at which moment. */
typedef struct bl_ask_exchange {
  const bl_json    *amounts;       /* of the kernel `exchange` alone */
  bl_exchange_rates rates;
  char              into[BL_ASSET_BYTES];
  int64_t           at_us;
  int32_t           places;
  uint32_t          reserved;
} bl_ask_exchange;
enum { BL_EXCHANGE_WHOLE, BL_EXCHANGE_PART };

/* Reads a request of the kernel (WHOLE), or a member of another one (PART). */
int bl_ask_exchange_read(const bl_reader *at, const bl_json *node, int form,
                         bl_ask_exchange *out);
/* The rate for an asset; without one the request fails at `at`. */
int bl_ask_exchange_find(const bl_reader *at, const bl_ask_exchange *terms,
                         const char asset[BL_ASSET_BYTES], int64_t at_us,
                         bl_exchange *out);
/* Says in the answer by which rate: rate, since, inverse. */
void bl_ask_exchange_put(bl_ask *ask, bl_json *node, const bl_exchange *by);

#endif
