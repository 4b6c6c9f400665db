/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * alert.c - what a contract, or a tenant for all its customers, wants to be
 * told about: a figure of an asset that comes to a threshold.
 *
 *     {"id":"low","of":"balance","asset":"USD","at":"5",
 *      "top_up":{"target":"20"}}
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

/* ---- top_up ---- */

static int top_up_target(const bl_reader *r, const bl_field *field,
                         const bl_json *node, void *model) {
  ((bl_top_up *)model)->has_target = 1;
  return bl_value_positive(r, field, node, model);
}

static const bl_field top_up_doc_fields[] = {
  {.name = "target", .read = top_up_target, .at = offsetof(bl_top_up, target)},
  {.name = "amount", .read = bl_value_positive,
   .at = offsetof(bl_top_up, amount)},
  {.name = "repeat", .read = bl_value_truth,
   .at = offsetof(bl_top_up, repeats)},
  {.name = "unit_price", .read = bl_value_positive,
   .at = offsetof(bl_top_up, unit_price)},
  {.name = "discount", .read = bl_value_amount,
   .at = offsetof(bl_top_up, discount)},
  {.name = "least", .read = bl_value_amount, .at = offsetof(bl_top_up, least)},
  {.name = "most", .read = bl_value_amount, .at = offsetof(bl_top_up, most)},
};

static const bl_shape top_up_doc_shape = {
  "a top-up", top_up_doc_fields, BL_COUNT(top_up_doc_fields)
};

static int alert_top_up(const bl_reader *r, const bl_field *field,
                        const bl_json *node, void *model) {
  bl_alert *alert = model;
  bl_top_up *t = &alert->top_up;
  int rc;

  (void)field;
  t->unit_price = BL_DEC_ONE;
  alert->has_top_up = 1;
  rc = bl_shape_read(&top_up_doc_shape, r, node, 0, t);
  if (rc) return rc;
  if ((t->has_target != 0) == bl_dec_is_zero(t->amount) &&
      !bl_dec_less(BL_DEC_ONE, t->discount))
    return BILLING_OK;
  return bl_reader_fail(r, BILLING_INVALID,
                        "either \"target\" or \"amount\"; a discount of at "
                        "most \"1\"", "this is no top-up");
}

/* ---- alerts ---- */

static const bl_field alert_fields[] = {
  {.name = "id", .read = bl_value_id, .needed = BL_ALWAYS,
   .at = offsetof(bl_alert, id)},
  {.name = "of", .read = bl_value_choice, .words = alert_of_words,
   .at = offsetof(bl_alert, of)},
  {.name = "asset", .read = bl_value_asset, .needed = BL_ALWAYS,
   .at = offsetof(bl_alert, asset)},
  {.name = "at", .read = bl_value_amount, .needed = BL_ALWAYS,
   .at = offsetof(bl_alert, at)},
  {.name = "top_up", .read = alert_top_up},
};

static const bl_shape alert_shape = {
  "an alert", alert_fields, BL_COUNT(alert_fields)
};

static int alert_check(const bl_reader *r, const bl_alert *alert) {
  bl_reader at = bl_reader_member(r, "at");
  bl_reader top_up = bl_reader_member(r, "top_up");

  if (alert->of != BL_ALERT_BALANCE && bl_dec_is_zero(alert->at))
    return bl_reader_fail(&at, BILLING_INVALID, "more than zero",
                          "nobody rises to zero");
  if (alert->has_top_up && alert->of != BL_ALERT_BALANCE)
    return bl_reader_fail(&top_up, BILLING_INVALID, "\"of\":\"balance\"",
                          "only a balance is topped up");
  if (!alert->has_top_up || !alert->top_up.has_target ||
      bl_dec_less(alert->at, alert->top_up.target))
    return BILLING_OK;
  return bl_reader_fail(&top_up, BILLING_INVALID, "a target above \"at\"",
                        "the target is not above the threshold");
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
    if (alert->top_up.repeats) alert->top_up.above = alert->at;
    for (size_t k = 0; !rc && k < i; k++)
      if (bl_str_equal(alerts->item[k].id, alert->id))
        rc = bl_reader_fail(&id, BILLING_INVALID, "name each alert once",
                            "%t is the id of two alerts", &alert->id);
  }
  alerts->count = count;
  return rc;
}

#undef ALERTS_MOST
