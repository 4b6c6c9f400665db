/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * order.c - a burndown order: a list of keys, the first that tells two grants
 * apart decides.  Orders are total: the own number is always the last key.
 *
 *     ["expiry","larger"] is expiry, larger, number
 */
#include "catalog/field.h"

const bl_order bl_order_default = {
  {BL_ORDER_PRIORITY, BL_ORDER_ZERO_COST, BL_ORDER_NARROW, BL_ORDER_EXPIRY,
   BL_ORDER_EFFECTIVE, BL_ORDER_CREATED, BL_ORDER_NUMBER},
  7
};

static const struct order_row {
  const char *name;
  bl_order    order;
} order_rows[] = {
  {"openmeter", {{BL_ORDER_PRIORITY, BL_ORDER_EXPIRY_SECOND, BL_ORDER_CREATED,
                  BL_ORDER_NAME, BL_ORDER_NUMBER}, 5}},
  {"stripe", {{BL_ORDER_PRIORITY, BL_ORDER_EXPIRY, BL_ORDER_PROMOTIONAL,
               BL_ORDER_EFFECTIVE, BL_ORDER_CREATED, BL_ORDER_NUMBER}, 6}},
  {"flexprice", {{BL_ORDER_PRIORITY, BL_ORDER_EXPIRY, BL_ORDER_LARGER,
                  BL_ORDER_NUMBER}, 4}},
  {"lago", {{BL_ORDER_PRIORITY, BL_ORDER_PROMOTIONAL, BL_ORDER_CREATED,
             BL_ORDER_NUMBER}, 4}},
  {"metronome", {{BL_ORDER_ROLLED, BL_ORDER_PRIORITY, BL_ORDER_ZERO_COST,
                  BL_ORDER_NARROW, BL_ORDER_EXPIRY, BL_ORDER_EFFECTIVE,
                  BL_ORDER_NEAREST, BL_ORDER_NUMBER}, 8}},
};

int bl_order_of_name(bl_str name, bl_order *out) {
  if (bl_str_is(name, "default")) {
    *out = bl_order_default;
    return 1;
  }
  for (size_t i = 0; i < BL_COUNT(order_rows); i++) {
    if (!bl_str_is(name, order_rows[i].name)) continue;
    *out = order_rows[i].order;
    return 1;
  }
  return 0;
}

/* Whether a key can still decide anything after those before it. */
static int order_check(const bl_reader *r, const bl_order *order,
                       size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (order->key[i] == order->key[count])
      return bl_reader_fail(r, BILLING_INVALID, "name each key once",
                            "%s is here twice",
                            bl_order_words[order->key[count]]);
    if (order->key[i] == BL_ORDER_NUMBER)
      return bl_reader_fail(r, BILLING_INVALID,
                            "number decides always; put it last",
                            "nothing comes after number");
  }
  return BILLING_OK;
}

int bl_value_order(const bl_reader *r, const bl_json *node, bl_order *out) {
  const bl_json *item = bl_json_first(node);
  bl_order order = {{0}, 0};
  bl_str name = bl_json_text(node);
  size_t count = 0;
  int rc;

  if (bl_json_kind(node) == BL_JSON_TEXT)
    return bl_order_of_name(name, out)
               ? BILLING_OK
               : bl_reader_fail(r, BILLING_INVALID,
                                "default, lago, metronome, openmeter, "
                                "stripe, flexprice, or a list of keys",
                                "there is no order named %t", &name);
  rc = bl_value_array(r, node, 1, BL_ORDER_KEYS, &count);
  for (size_t i = 0; !rc && i < count; i++, item = bl_json_next(item)) {
    bl_reader at = bl_reader_item(r, i);

    rc = bl_value_word(&at, item, bl_order_words, &order.key[i]);
    if (!rc) rc = order_check(&at, &order, i);
  }
  if (rc) return rc;
  order.count = (uint32_t)count;
  if (order.key[count - 1] != BL_ORDER_NUMBER)
    order.key[order.count++] = BL_ORDER_NUMBER;
  assert(order.count <= BL_ORDER_MOST);
  *out = order;
  return BILLING_OK;
}

int bl_catalog_read_order(const bl_json *doc, const char *path, bl_order *out,
                          billing_error *err) {
  bl_reader r = bl_reader_top(path, NULL, err);

  assert(doc && out);
  return bl_value_order(&r, doc, out);
}
