/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * evaluate_commit_rate.c - what money reaches at a commit rate, and what the
 * rest costs at the list price.
 *
 *     {"kernel":"commit_rate","quantity":"150","money":"45",
 *      "price":{"model":"graduated",
 *        "tiers":[{"up_to":"100","unit":"1"},{"unit":"0.8"}]},
 *      "commit_rate":{"model":"graduated",
 *        "tiers":[{"up_to":"100","unit":"0.9"},{"unit":"0.7"}]}}
 *     -> {"amount":"135","covered_amount":"45","covered_quantity":"50",
 *         "lines":[{"amount":"50","quantity":"50","tier":1,"unit":"1"},
 *                  {"amount":"40","quantity":"50","tier":2,"unit":"0.8"}],
 *         "rest":"90"}
 */
#include "engine/evaluate.h"
#include "price/price.h"

typedef struct reach_terms {
  bl_price list;
  bl_price commit;
  bl_dec   quantity;
  bl_dec   money;
} reach_terms;

static int reach_read(const bl_reader *r, const bl_field *field,
                       const bl_json *node, void *model) {
  bl_price *price = (void *)((unsigned char *)model + field->at);
  int rc = bl_price_read(r, node, 0, "USD", price);

  if (rc || (bl_price_splits(price) && price->model != BL_MODEL_MATRIX))
    return rc;
  return bl_reader_fail(r, BILLING_INVALID,
                        "per_unit or graduated, without flats, packages and "
                        "a maximum",
                        "a commit rate splits the price unit by unit");
}

static const bl_field reach_fields[] = {
  BL_ASK_KERNEL,
  {.name = "price", .read = reach_read, .needed = BL_ALWAYS,
   .at = offsetof(reach_terms, list)},
  {.name = "commit_rate", .read = reach_read, .needed = BL_ALWAYS,
   .at = offsetof(reach_terms, commit)},
  {.name = "quantity", .read = bl_value_amount, .needed = BL_ALWAYS,
   .at = offsetof(reach_terms, quantity)},
  {.name = "money", .read = bl_value_amount, .needed = BL_ALWAYS,
   .at = offsetof(reach_terms, money)},
};

static const bl_shape reach_shape = {
  "a request", reach_fields, BL_COUNT(reach_fields)
};

/* A tier's part above the position from which the list price holds. */
static void reach_line(bl_ask *ask, const bl_part *part,
                        const bl_part *below, bl_json *list) {
  bl_dec quantity = part->quantity, amount = part->amount;
  bl_json *row;

  if (below) {
    quantity = bl_dec_sub(quantity, below->quantity);
    amount   = bl_dec_sub(amount, below->amount);
  }
  if (bl_dec_is_zero(quantity)) return;
  row = bl_json_object(list, NULL);
  (void)bl_json_add_int(row, "tier", (int64_t)part->tier + 1);
  bl_ask_put(ask, row, "quantity", quantity);
  bl_ask_put(ask, row, "unit", part->unit);
  bl_ask_put(ask, row, "amount", amount);
}

static int reach_lines(bl_ask *ask, const reach_terms *terms,
                        bl_dec covered) {
  size_t room = terms->list.tier_count;
  bl_part *parts = bl_ask_array(ask, room, sizeof *parts);
  bl_part *below = bl_ask_array(ask, room, sizeof *below);
  bl_json *list = bl_json_array(ask->out, "lines");
  size_t count, low;

  if (!parts || !below) return bl_reader_nomem(&ask->top);
  count = bl_price_parts(&terms->list, terms->quantity, parts);
  low   = bl_price_parts(&terms->list, covered, below);
  for (size_t i = 0; i < count; i++)
    reach_line(ask, &parts[i], i < low ? &below[i] : NULL, list);
  return BILLING_OK;
}

int bl_ask_commit_rate(bl_ask *ask) {
  reach_terms terms = {.quantity = BL_DEC_ZERO};
  bl_dec covered = BL_DEC_ZERO, amount, rest;
  int rc = bl_shape_read(&reach_shape, &ask->top, ask->doc, 0, &terms);

  if (rc) return rc;
  if (bl_dec_sign(terms.money) > 0)
    covered = bl_price_reach(&terms.commit, BL_DEC_ZERO, terms.quantity,
                             terms.money);
  amount = bl_price_total(&terms.commit, covered);
  rest = bl_dec_sub(bl_price_total(&terms.list, terms.quantity),
                    bl_price_total(&terms.list, covered));
  bl_ask_put(ask, ask->out, "covered_quantity", covered);
  bl_ask_put(ask, ask->out, "covered_amount", amount);
  bl_ask_put(ask, ask->out, "rest", rest);
  bl_ask_put(ask, ask->out, "amount", bl_dec_add(amount, rest));
  return reach_lines(ask, &terms, covered);
}
