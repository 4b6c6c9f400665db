/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * evaluate_exchange.c - amounts of several assets in one.
 *
 *     {"kernel":"exchange","into":"USD","at":"2026-03-01","places":2,
 *      "rates":[{"from":"token","to":"USD","rate":"0.25"},
 *               {"from":"token","to":"USD","rate":"0.20",
 *                "effective":"2026-03-01"}],
 *      "amounts":[{"asset":"token","amount":"300"},
 *                 {"asset":"USD","amount":"5"}]}
 *     -> {"amounts":[{"amount":"300","asset":"token","converted":"60",
 *           "due":"60","rate":"0.2","since":"2026-03-01T00:00:00Z"},
 *          {"amount":"5","asset":"USD","converted":"5","due":"5"}],
 *         "due":"65","total":"65"}
 */
#include "engine/evaluate_exchange.h"

#include "engine/evaluate_terms.h"
#include "invoice/invoice.h"

/* WHOLE is form 0, PART is form 1. */
static const bl_field exchange_fields[] = {
  {.name = "kernel", .read = bl_ask_skip, .forms = 1u},
  {.name = "into", .read = bl_value_asset, .needed = BL_ALWAYS,
   .at = offsetof(bl_ask_exchange, into)},
  {.name = "at", .read = bl_ask_time, .needed = BL_ALWAYS,
   .at = offsetof(bl_ask_exchange, at_us)},
  {.name = "rates", .read = bl_value_exchange, .needed = BL_ALWAYS,
   .at = offsetof(bl_ask_exchange, rates)},
  {.name = "amounts", .read = bl_ask_list, .forms = 1u, .needed = 1u,
   .at = offsetof(bl_ask_exchange, amounts)},
  {.name = "places", .read = bl_value_whole, .low = 0, .high = 18,
   .forms = 1u, .at = offsetof(bl_ask_exchange, places)},
};

static const bl_shape exchange_shape = {
  "a request", exchange_fields, BL_COUNT(exchange_fields)
};

int bl_ask_exchange_read(const bl_reader *at, const bl_json *node, int form,
                         bl_ask_exchange *out) {
  out->places = 2;
  return bl_shape_read(&exchange_shape, at, node, (uint32_t)form, out);
}

int bl_ask_exchange_find(const bl_reader *at, const bl_ask_exchange *terms,
                         const char asset[BL_ASSET_BYTES], int64_t at_us,
                         bl_exchange *out) {
  if (bl_exchange_find(terms->rates.item, terms->rates.count, asset,
                       terms->into, at_us, out))
    return BILLING_OK;
  return bl_reader_fail(at, BILLING_INVALID,
                        "a rate in \"rates\" that has begun by then",
                        "no rate from %s to %s is in force", asset,
                        terms->into);
}

void bl_ask_exchange_put(bl_ask *ask, bl_json *node, const bl_exchange *by) {
  if (!by->rate) return;
  bl_ask_put(ask, node, "rate", by->rate->rate);
  if (by->is_inverse) (void)bl_json_add_bool(node, "inverse", 1);
  if (by->rate->since_us != INT64_MIN)
    (void)bl_json_add_time(node, "since", by->rate->since_us);
}

/* ---- the kernel ---- */

typedef struct exchange_amount {
  bl_dec  amount;
  int64_t at_us;           /* INT64_MIN: that of the request */
  char    asset[BL_ASSET_BYTES];
} exchange_amount;

static const bl_field exchange_amount_fields[] = {
  {.name = "asset", .read = bl_value_asset, .needed = BL_ALWAYS,
   .at = offsetof(exchange_amount, asset)},
  {.name = "amount", .read = bl_ask_dec, .needed = BL_ALWAYS,
   .at = offsetof(exchange_amount, amount)},
  {.name = "at", .read = bl_ask_time, .at = offsetof(exchange_amount, at_us)},
};

static const bl_shape exchange_amount_shape = {
  "an amount", exchange_amount_fields, BL_COUNT(exchange_amount_fields)
};

static bl_dec exchange_put_amount(bl_ask *ask, bl_json *list,
                                  const bl_ask_exchange *terms,
                                  const exchange_amount *item,
                                  const bl_exchange *by, bl_dec *total) {
  bl_json *node = bl_json_object(list, NULL);
  bl_dec converted = bl_exchange_amount(by, item->amount);
  bl_dec due = bl_round_due(converted, BL_DEC_ZERO, terms->places);

  (void)bl_json_add_text(node, "asset", bl_str_of(item->asset));
  bl_ask_put(ask, node, "amount", item->amount);
  bl_ask_put(ask, node, "converted", converted);
  bl_ask_put(ask, node, "due", due);
  bl_ask_exchange_put(ask, node, by);
  *total = bl_dec_add(*total, converted);
  return due;
}

int bl_ask_exchange_amounts(bl_ask *ask) {
  static const exchange_amount start = {.at_us = INT64_MIN};
  bl_reader above = bl_reader_member(&ask->top, "amounts");
  bl_ask_exchange terms = {.amounts = NULL};
  bl_dec total = BL_DEC_ZERO, due = BL_DEC_ZERO;
  exchange_amount *items = NULL;
  bl_json *list;
  size_t count = 0;
  int rc = bl_ask_exchange_read(&ask->top, ask->doc, BL_EXCHANGE_WHOLE,
                                &terms);

  if (!rc)
    rc = bl_ask_items(ask, &above, terms.amounts, &exchange_amount_shape,
                      &start, sizeof start, &items, &count);
  list = bl_json_array(ask->out, "amounts");
  for (size_t i = 0; i < count && !rc; i++) {
    bl_reader at = bl_reader_item(&above, i);
    int64_t at_us = items[i].at_us == INT64_MIN ? terms.at_us
                                                : items[i].at_us;
    bl_exchange by;

    rc = bl_ask_exchange_find(&at, &terms, items[i].asset, at_us, &by);
    if (rc) return rc;
    due = bl_dec_add(due, exchange_put_amount(ask, list, &terms, &items[i],
                                              &by, &total));
  }
  if (rc) return rc;
  bl_ask_put(ask, ask->out, "total", total);
  bl_ask_put(ask, ask->out, "due", due);
  return BILLING_OK;
}
