/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * evaluate_wallet.h - grants as requests name them.
 */
#ifndef BL_EVALUATE_WALLET_H
#define BL_EVALUATE_WALLET_H

#include "base/map.h"
#include "engine/evaluate.h"
#include "wallet/lines.h"

/* A grant: what orders ask, and its segments as lots of their own. */
typedef struct bl_purse {
  bl_lot         lot;            /* number: its place in the request, from 1 */
  bl_str         id;
  bl_scope       scope;
  const bl_json *segments;
  bl_lot        *lots;           /* one, or one a segment */
  size_t         lot_count;
  int32_t        dimensions;
  uint32_t       is_owed;
  const bl_json *ends;           /* of BL_PURSES_OVER_TIME, or NULL: */
  const bl_json *recurs;
  const bl_json *rollover;
} bl_purse;

typedef struct bl_purses {
  bl_purse      *purse;          /* in the order of the request */
  size_t         count;
  size_t        *sorted;         /* their places, first drawn first */
  const bl_json *order;          /* a list of keys, a name, or NULL */
  uint32_t       form;           /* which members grants have */
  uint32_t       reserved;
} bl_purses;
enum { BL_PURSES_AT_ONCE, BL_PURSES_OVER_TIME };

/* Reads the members of the array, and sorts.  is_inclusive: a grant may still
 * be used at its expiry. */
int bl_purses_read(const bl_ask *ask, const bl_json *list, int is_inclusive,
                   bl_purses *purses);
/* The instants of a list that is a member of what stands at `above`, as many
 * as it has items; null ones are left out. */
int bl_ask_times(const bl_ask *ask, const bl_reader *above, const char *name,
                 const bl_json *list, int64_t **times, size_t *count);

#endif
