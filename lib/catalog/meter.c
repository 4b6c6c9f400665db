/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * meter.c - the meter's document: which events count, and how.
 *
 *     {"id":"tokens","event":"llm","aggregation":"sum","property":"tokens",
 *      "filters":[{"property":"region","in":["eu"]}],"groups":["model"]}
 */
#include "catalog/field.h"

static const bl_field meter_fields[] = {
  {.name = "id", .read = bl_value_id, .needed = BL_ALWAYS,
   .at = offsetof(bl_meter, id)},
  {.name = "name", .read = bl_value_label, .high = BL_TEXT_MOST,
   .at = offsetof(bl_meter, name)},
  {.name = "event", .read = bl_value_id, .needed = BL_ALWAYS,
   .hint = "the name of the events that it counts",
   .at = offsetof(bl_meter, event)},
  {.name = "aggregation", .read = bl_value_choice, .needed = BL_ALWAYS,
   .words = bl_aggregation_words,
   .hint = "count, sum, max, min, unique, latest",
   .at = offsetof(bl_meter, aggregation)},
  {.name = "property", .read = bl_value_id,
   .at = offsetof(bl_meter, property)},
  {.name = "filters", .read = bl_value_filters,
   .at = offsetof(bl_meter, filters),
   .beside = offsetof(bl_meter, filter_count)},
  {.name = "groups", .read = bl_value_ids, .high = BL_LIMIT_GROUP_KEYS,
   .at = offsetof(bl_meter, groups),
   .beside = offsetof(bl_meter, group_count)},
};

static const bl_shape meter_shape = {
  "a meter", meter_fields, BL_COUNT(meter_fields)
};

/* Events are counted whole; different values need something that has them. */
static int meter_check(const bl_reader *r, const bl_meter *meter) {
  bl_reader at = bl_reader_member(r, "property");

  if (meter->aggregation == BL_AGG_COUNT && meter->property.len)
    return bl_reader_fail(&at, BILLING_INVALID,
                          "leave it out, or use sum or unique",
                          "count takes no property");
  if (meter->aggregation == BL_AGG_UNIQUE && !meter->property.len)
    return bl_reader_fail(&at, BILLING_INVALID,
                          "the property whose different values count",
                          "unique needs a property");
  return BILLING_OK;
}

int bl_catalog_read_meter(const bl_json *doc, const char *path, bl_arena *a,
                          bl_meter *out, billing_error *err) {
  bl_reader r = bl_reader_top(path, a, err);
  bl_meter meter = {0};
  int rc;

  assert(doc && a && out);
  rc = bl_shape_read(&meter_shape, &r, doc, 0, &meter);
  if (!rc) rc = meter_check(&r, &meter);
  if (!rc) *out = meter;
  return rc;
}
