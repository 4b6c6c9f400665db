/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * evaluate_allowance.c - free units that roll over, period after period.
 *
 *     {"kernel":"allowance","free":"100","periods":1,"limit":"50",
 *      "usage":["40","130","200"]}
 *     -> {"billed":"80","periods":[{"billed":"0","carried":"0",
 *           "covered":"40","expired":"10","left":"50","used":"40"}, ..]}
 */
#include "engine/evaluate.h"
#include "price/allowance.h"

typedef struct free_units_terms {
  bl_dec         free;
  bl_dec         limit;
  const bl_json *usage;
  int32_t        periods;
  uint32_t       accumulates;
} free_units_terms;

static const bl_field free_units_fields[] = {
  BL_ASK_KERNEL,
  {.name = "free", .read = bl_value_amount, .needed = BL_ALWAYS,
   .at = offsetof(free_units_terms, free)},
  {.name = "periods", .read = bl_value_whole, .low = 0, .high = 1200,
   .at = offsetof(free_units_terms, periods)},
  {.name = "accumulates", .read = bl_value_truth,
   .at = offsetof(free_units_terms, accumulates)},
  {.name = "limit", .read = bl_value_amount,
   .at = offsetof(free_units_terms, limit)},
  {.name = "usage", .read = bl_ask_list, .needed = BL_ALWAYS,
   .at = offsetof(free_units_terms, usage)},
};

static const bl_shape free_units_shape = {
  "a request", free_units_fields, BL_COUNT(free_units_fields)
};

static void free_units_put(bl_ask *ask, bl_json *list, bl_dec used,
                          const bl_allowed *period) {
  bl_json *node = bl_json_object(list, NULL);

  bl_ask_put(ask, node, "used", used);
  bl_ask_put(ask, node, "carried", period->carried);
  bl_ask_put(ask, node, "covered", period->covered);
  bl_ask_put(ask, node, "billed", period->billed);
  bl_ask_put(ask, node, "expired", period->expired);
  bl_ask_put(ask, node, "left", period->left);
}

int bl_ask_allowance(bl_ask *ask) {
  static const bl_field quantity = {.name = "usage"};
  bl_reader above = bl_reader_member(&ask->top, "usage");
  free_units_terms terms = {.limit = BL_DEC_MAX};
  bl_free_units allowance;
  bl_dec billed = BL_DEC_ZERO, used;
  const bl_json *item;
  bl_json *list;
  int rc = bl_shape_read(&free_units_shape, &ask->top, ask->doc, 0, &terms);

  if (rc) return rc;
  if (terms.accumulates) terms.periods = 1;
  allowance = (bl_free_units){terms.free, terms.limit, NULL,
                              (size_t)terms.periods,
                              (int)terms.accumulates};
  allowance.carried = bl_ask_array(ask, allowance.periods,
                                   sizeof *allowance.carried);
  if (!allowance.carried) return bl_reader_nomem(&ask->top);
  list = bl_json_array(ask->out, "periods");
  item = bl_json_first(terms.usage);
  for (size_t i = 0; item && !rc; i++, item = bl_json_next(item)) {
    bl_reader at = bl_reader_item(&above, i);
    bl_allowed period;

    rc = bl_value_amount(&at, &quantity, item, &used);
    if (rc) return rc;
    period = bl_free_units_use(&allowance, used);
    free_units_put(ask, list, used, &period);
    billed = bl_dec_add(billed, period.billed);
  }
  bl_ask_put(ask, ask->out, "billed", billed);
  return rc;
}
