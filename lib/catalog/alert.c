/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * alert.c - what a contract, or a tenant for all its customers, wants to be
 * told about: a figure of an asset that comes to a threshold.
 *
 *     {"id":"low","of":"balance","asset":"USD","at":"5"}
 */
#include "catalog/field.h"

#define ALERTS_MOST 100

static const char *const alert_of_words[] = {
  [BL_ALERT_BALANCE] = "balance",
  [BL_ALERT_OWED]    = "owed",
  [BL_ALERT_SPEND]   = "spend",
  NULL
};

const char *bl_alert_of_name(uint32_t of) {
  assert(of < BL_COUNT(alert_of_words) - 1);
  return alert_of_words[of];
}

static const bl_field alert_fields[] = {
  {.name = "id", .read = bl_value_id, .needed = BL_ALWAYS,
   .at = offsetof(bl_alert, id)},
  {.name = "of", .read = bl_value_choice, .words = alert_of_words,
   .at = offsetof(bl_alert, of)},
  {.name = "asset", .read = bl_value_asset, .needed = BL_ALWAYS,
   .at = offsetof(bl_alert, asset)},
  {.name = "at", .read = bl_value_amount, .needed = BL_ALWAYS,
   .at = offsetof(bl_alert, at)},
};

static const bl_shape alert_shape = {
  "an alert", alert_fields, BL_COUNT(alert_fields)
};

static int alert_check(const bl_reader *r, const bl_alert *alert) {
  bl_reader at = bl_reader_member(r, "at");

  if (alert->of == BL_ALERT_BALANCE || !bl_dec_is_zero(alert->at))
    return BILLING_OK;
  return bl_reader_fail(&at, BILLING_INVALID, "more than zero",
                        "nobody rises to zero");
}

int bl_value_alerts(const bl_reader *r, const bl_field *field,
                    const bl_json *node, void *model) {
  bl_alerts *alerts =
      (bl_alerts *)(void *)((unsigned char *)model + field->at);
  const bl_json *item = bl_json_first(node);
  size_t count = 0;
  int rc = bl_value_array(r, node, 0, ALERTS_MOST, &count);

  if (rc || !count) return rc;
  alerts->item = bl_arena_array(r->arena, count, sizeof *alerts->item);
  if (!alerts->item) return bl_reader_nomem(r);
  for (size_t i = 0; !rc && i < count; i++, item = bl_json_next(item)) {
    bl_reader at = bl_reader_item(r, i);
    bl_reader id = bl_reader_member(&at, "id");
    bl_alert *alert = &alerts->item[i];

    rc = bl_shape_read(&alert_shape, &at, item, 0, alert);
    if (!rc) rc = alert_check(&at, alert);
    for (size_t k = 0; !rc && k < i; k++)
      if (bl_str_equal(alerts->item[k].id, alert->id))
        rc = bl_reader_fail(&id, BILLING_INVALID, "name each alert once",
                            "%t is the id of two alerts", &alert->id);
  }
  alerts->count = count;
  return rc;
}

#undef ALERTS_MOST
