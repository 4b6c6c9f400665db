/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * alert.c - what a contract, or a tenant for all its customers, wants to be
 * told about: a figure that comes to a threshold.
 *
 *     {"id":"low","of":"balance","asset":"USD","at":"5","recovers":"8"}
 *     {"id":"day","of":"spend","asset":"USD","at":"100","per":"day"}
 *     {"id":"burst","of":"usage","meter":"calls","at":"1000","hours":1}
 *     {"id":"soon","of":"exhaustion","asset":"USD","at":"3","hours":168}
 */
#include "catalog/field.h"

#define ALERTS_MOST 100
/* A window of an alert is no limit's, though they count alike. */
#define ALERT_PRINT UINT64_C(0xA1E27)

static const char *const alert_of_words[] = {
  [BL_ALERT_BALANCE]    = "balance",
  [BL_ALERT_OWED]       = "owed",
  [BL_ALERT_SPEND]      = "spend",
  [BL_ALERT_USAGE]      = "usage",
  [BL_ALERT_EXHAUSTION] = "exhaustion",
  NULL
};

const char *bl_alert_of_name(uint32_t of) {
  assert(of < BL_COUNT(alert_of_words) - 1);
  return alert_of_words[of];
}

static int alert_per(const bl_reader *r, const bl_field *field,
                     const bl_json *node, void *model) {
  ((bl_alert *)model)->has_window = 1;
  return bl_value_choice(r, field, node, model);
}

static int alert_hours(const bl_reader *r, const bl_field *field,
                       const bl_json *node, void *model) {
  ((bl_alert *)model)->window.slides = 1;
  return bl_value_whole(r, field, node, model);
}

static int alert_recovers(const bl_reader *r, const bl_field *field,
                          const bl_json *node, void *model) {
  ((bl_alert *)model)->has_band = 1;
  return bl_value_amount(r, field, node, model);
}

static const bl_field alert_fields[] = {
  {.name = "id", .read = bl_value_id, .needed = BL_ALWAYS,
   .at = offsetof(bl_alert, id)},
  {.name = "of", .read = bl_value_choice, .words = alert_of_words,
   .at = offsetof(bl_alert, of)},
  {.name = "asset", .read = bl_value_asset, .at = offsetof(bl_alert, asset)},
  {.name = "at", .read = bl_value_amount, .needed = BL_ALWAYS,
   .at = offsetof(bl_alert, at)},
  {.name = "recovers", .read = alert_recovers,
   .at = offsetof(bl_alert, recovers)},
  {.name = "meter", .read = bl_value_id,
   .at = offsetof(bl_alert, window.meter)},
  {.name = "per", .read = alert_per, .words = bl_within_words,
   .at = offsetof(bl_alert, window.per)},
  {.name = "hours", .read = alert_hours, .low = 1, .high = 8784,
   .at = offsetof(bl_alert, window.hours)},
  {.name = "zone", .read = bl_value_label, .high = 64,
   .at = offsetof(bl_alert, window.zone)},
};

static const bl_shape alert_shape = {
  "an alert", alert_fields, BL_COUNT(alert_fields)
};

/* ---- what goes together ---- */

static int alert_of_what(const bl_reader *r, const bl_alert *alert) {
  bl_reader at = bl_reader_member(r, "at");
  bl_reader asset = bl_reader_member(r, "asset");
  bl_reader meter = bl_reader_member(r, "meter");
  int is_usage = alert->of == BL_ALERT_USAGE;

  if (!bl_alert_falls(alert) && bl_dec_is_zero(alert->at))
    return bl_reader_fail(&at, BILLING_INVALID, "more than zero",
                          "nobody rises to zero");
  if (is_usage == (alert->asset[0] != 0))
    return bl_reader_fail(&asset, BILLING_INVALID,
                          "usage has a meter, everything else an asset",
                          "the asset does not go with it");
  if (is_usage ? !alert->window.meter.len
               : alert->window.meter.len && !alert->has_window)
    return bl_reader_fail(&meter, BILLING_INVALID,
                          "the id of a meter, of usage, and of spend and "
                          "exhaustion in a window",
                          "the meter does not go with it");
  return BILLING_OK;
}

static int alert_of_when(const bl_reader *r, const bl_alert *alert,
                         int has_periods) {
  const bl_limit *window = &alert->window;
  bl_reader per = bl_reader_member(r, "per");
  bl_reader hours = bl_reader_member(r, "hours");

  if (alert->has_window && window->slides)
    return bl_reader_fail(r, BILLING_INVALID, "\"per\" or \"hours\"",
                          "an alert has one kind of window");
  if (alert->has_window &&
      (window->per >= BL_WITHIN_HOURS ||
       (window->per == BL_WITHIN_PERIOD && !has_periods)))
    return bl_reader_fail(&per, BILLING_INVALID,
                          "hour, day, week, month; of a contract also period",
                          "this is no window of it");
  if (alert->of == BL_ALERT_EXHAUSTION && !window->slides)
    return bl_reader_fail(&hours, BILLING_INVALID, "\"hours\":168",
                          "it needs the hours whose spend it goes by");
  if (alert->of == BL_ALERT_USAGE && !window->slides && !alert->has_window)
    return bl_reader_fail(r, BILLING_INVALID, "\"per\" or \"hours\"",
                          "usage is one of a window");
  if (alert->of < BL_ALERT_SPEND && (window->slides || alert->has_window))
    return bl_reader_fail(r, BILLING_INVALID,
                          "spend, usage, exhaustion have one",
                          "there is no window of a balance");
  return BILLING_OK;
}

static int alert_of_band(const bl_reader *r, const bl_alert *alert) {
  bl_reader at = bl_reader_member(r, "recovers");
  int falls = bl_alert_falls(alert);

  if (!alert->has_band ||
      (falls ? bl_dec_less(alert->at, alert->recovers)
             : bl_dec_less(alert->recovers, alert->at)))
    return BILLING_OK;
  return bl_reader_fail(&at, BILLING_INVALID,
                        falls ? "more than \"at\"" : "less than \"at\"",
                        "it would have recovered when it tells");
}

/* What its window counts, as a limit. */
static void alert_window(bl_alert *alert) {
  bl_limit *window = &alert->window;

  alert->has_window |= window->slides;
  if (!alert->has_window) return;
  if (window->slides) window->per = BL_WITHIN_HOURS;
  window->id = alert->id;
  window->is_soft = 1;
  memcpy(window->asset, alert->asset, sizeof window->asset);
  window->print = bl_limit_print(window) ^ ALERT_PRINT;
}

static int alert_read(const bl_reader *r, const bl_json *node,
                      int has_periods, bl_alert *alert) {
  int rc = bl_shape_read(&alert_shape, r, node, 0, alert);

  if (!rc) rc = alert_of_when(r, alert, has_periods);
  if (rc) return rc;
  alert_window(alert);
  rc = alert_of_what(r, alert);
  return rc ? rc : alert_of_band(r, alert);
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

    rc = alert_read(&at, item, field->low != 0, alert);
    for (size_t k = 0; !rc && k < i; k++)
      if (bl_str_equal(alerts->item[k].id, alert->id))
        rc = bl_reader_fail(&id, BILLING_INVALID, "name each alert once",
                            "%t is the id of two alerts", &alert->id);
  }
  alerts->count = count;
  return rc;
}

#undef ALERTS_MOST
#undef ALERT_PRINT
