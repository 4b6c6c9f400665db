/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* evaluate_repair.h - what the kernels of repair share. */
#ifndef BL_EVALUATE_REPAIR_H
#define BL_EVALUATE_REPAIR_H

#include "contract/contract.h"
#include "engine/evaluate.h"

#define BL_MEND_MOST 1000      /* items that are compared with each other */

/* How shares of items are counted and rounded. */
typedef struct bl_mend {
  bl_ask        *ask;
  const bl_zone *zone;
  uint32_t       proration;
  int32_t        month_days;
  int32_t        places;
  int32_t        reserved;
} bl_mend;

#define BL_MEND_FIELDS(type, member)                                      \
  {.name = "proration", .read = bl_value_choice,                          \
   .words = bl_prorate_words,                                             \
   .at = offsetof(type, member) + offsetof(bl_mend, proration)},          \
  {.name = "month_days", .read = bl_value_whole, .low = 1, .high = 31,    \
   .at = offsetof(type, member) + offsetof(bl_mend, month_days)},         \
  {.name = "places", .read = bl_value_whole, .low = 0, .high = 18,        \
   .at = offsetof(type, member) + offsetof(bl_mend, places)}

typedef struct bl_mend_line {
  bl_span span;
  bl_dec  amount;
  size_t  item;            /* of the items, or of the proposals */
  int32_t is_repair;
  int32_t reserved;
} bl_mend_line;

/* What a part of an item costs; the whole of it is its amount. */
bl_dec bl_mend_share(const bl_mend *m, const bl_billed *item, bl_span span);
/* The lines that make what was billed what should be, in their order; NULL
 * when the items bill a time twice.  `left` is what items may lose. */
int bl_mend_merge(const bl_mend *m, bl_billed *items, size_t count,
                  bl_dec *left, bl_billed *proposals, size_t proposed,
                  bl_mend_line **lines, size_t *line_count);
void bl_mend_put_span(bl_json *node, bl_span span);

#endif
