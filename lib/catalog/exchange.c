/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * exchange.c - rates between assets, each from a moment on.
 *
 *     [{"from":"tok","to":"USD","rate":"0.25"},
 *      {"from":"tok","to":"USD","rate":"0.20","effective":"2026-03-01"}]
 *     a token is 0.25 USD always, and 0.20 USD since 1 March
 */
#include "catalog/field.h"

static const bl_field exchange_rate_fields[] = {
  {.name = "from", .read = bl_value_asset, .needed = BL_ALWAYS,
   .at = offsetof(bl_exchange_rate, from)},
  {.name = "to", .read = bl_value_asset, .needed = BL_ALWAYS,
   .at = offsetof(bl_exchange_rate, to)},
  {.name = "rate", .read = bl_value_positive, .needed = BL_ALWAYS,
   .at = offsetof(bl_exchange_rate, rate)},
  {.name = "effective", .read = bl_value_time,
   .at = offsetof(bl_exchange_rate, since_us)},
};

static const bl_shape exchange_rate_shape = {
  "a rate between assets", exchange_rate_fields,
  BL_COUNT(exchange_rate_fields)
};

/* One asset needs no rate. */
static int exchange_check(const bl_reader *at, const bl_exchange_rate *rate) {
  bl_reader to = bl_reader_member(at, "to");

  if (!bl_asset_equal(rate->from, rate->to)) return BILLING_OK;
  return bl_reader_fail(&to, BILLING_INVALID, "another asset than from",
                        "a rate is between two assets");
}

int bl_value_exchange(const bl_reader *r, const bl_field *field,
                      const bl_json *node, void *model) {
  bl_exchange_rates *out =
      (bl_exchange_rates *)(void *)((unsigned char *)model + field->at);
  const bl_json *item = bl_json_first(node);
  int rc = bl_value_array(r, node, 0, BL_EXCHANGE_MOST, &out->count);

  if (rc || !out->count) return rc;
  out->item = bl_arena_array(r->arena, out->count, sizeof *out->item);
  if (!out->item) return bl_reader_nomem(r);
  for (size_t i = 0; !rc && i < out->count; i++, item = bl_json_next(item)) {
    bl_reader at = bl_reader_item(r, i);
    out->item[i].since_us = INT64_MIN;
    rc = bl_shape_read(&exchange_rate_shape, &at, item, 0, &out->item[i]);
    if (!rc) rc = exchange_check(&at, &out->item[i]);
  }
  return rc;
}
