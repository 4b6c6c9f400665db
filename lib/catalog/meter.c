/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * meter.c - the meter's document: which events count, and how.
 *
 *     {"id":"tokens","event":"llm","aggregation":"sum","property":"tokens",
 *      "filters":[{"property":"region","in":["eu"]}],"groups":["model"]}
 *
 *     {"id":"seats","event":{"in":["join","leave"]},"aggregation":"unique",
 *      "property":"user","operation":"op","recurring":true,
 *      "proration":"time"}
 */
#include "catalog/field.h"

static const char *const meter_methods[] = {"nearest", "linear", NULL};
static const char *const meter_readings[] = {"change", "level", NULL};
static const char *const meter_negatives[] = {"keep", "zero", NULL};
static const char *const meter_grids[] = {"period", "hour", "day", NULL};
static const char *const meter_unusables[] = {"refuse", "skip", NULL};

static void *meter_at(void *model, size_t at) {
  return (unsigned char *)model + at;
}

/* ---- values that only meters have ---- */

/* A name, or {"in":[..]} and {"not_in":[..]} of names. */
static int meter_event(const bl_reader *r, const bl_field *field,
                       const bl_json *node, void *model) {
  bl_meter *meter = model;

  if (bl_json_kind(node) != BL_JSON_OBJECT)
    return bl_value_id(r, field, node, model);
  return bl_filter_read_names(r, node, &meter->names);
}

static int meter_percent(const bl_reader *r, const bl_field *field,
                         const bl_json *node, void *model) {
  bl_meter *meter = model;
  int rc = bl_value_amount(r, field, node, model);

  if (!rc && bl_dec_less(bl_dec_of_int(100), meter->percentile))
    rc = bl_reader_fail(r, BILLING_INVALID, "such as \"95\"",
                        "a percentile is at most 100");
  return rc;
}

static int meter_convert(const bl_reader *r, const bl_field *field,
                         const bl_json *node, void *model) {
  bl_meter *meter = model;

  meter->converts = 1;
  return bl_value_convert(r, field, node, model);
}

static int meter_time(const bl_reader *r, const bl_field *field,
                      const bl_json *node, void *model) {
  if (bl_json_time(node, meter_at(model, field->at))) return BILLING_OK;
  return bl_reader_fail(r, BILLING_INVALID, field->hint, "this is no time");
}

static int meter_expression(const bl_reader *r, const bl_field *field,
                            const bl_json *node, void *model) {
  bl_expression_fault fault = {0, NULL, NULL, {"", 0}};
  bl_expression *program = bl_arena_take(r->arena, sizeof *program);
  int rc;

  if (bl_json_kind(node) != BL_JSON_TEXT)
    return bl_reader_fail(r, BILLING_INVALID, field->hint,
                          "this is not a text");
  if (!program) return bl_reader_nomem(r);
  rc = bl_expression_read(bl_json_text(node), r->arena, program, &fault);
  if (rc == BILLING_NOMEM) return bl_reader_nomem(r);
  if (rc)
    return bl_reader_fail(r, rc, fault.hint, "at byte %i: %s",
                          (int64_t)fault.at, fault.what);
  *(bl_expression **)meter_at(model, field->at) = program;
  return BILLING_OK;
}

/* A statement may have lines. */
static int meter_sql(const bl_reader *r, const bl_field *field,
                     const bl_json *node, void *model) {
  bl_meter *meter = model;

  (void)field;
  if (bl_json_kind(node) != BL_JSON_TEXT)
    return bl_reader_fail(r, BILLING_INVALID,
                          "such as \"SELECT sum(value) FROM events\"",
                          "this is not a text");
  meter->sql = bl_arena_str(r->arena, bl_json_text(node));
  return r->arena->failed ? bl_reader_nomem(r) : BILLING_OK;
}

/* ---- the table ---- */

static const bl_field meter_fields[] = {
  {.name = "id", .read = bl_value_id, .needed = BL_ALWAYS,
   .at = offsetof(bl_meter, id)},
  {.name = "name", .read = bl_value_label, .high = BL_TEXT_MOST,
   .at = offsetof(bl_meter, name)},
  {.name = "event", .read = meter_event, .needed = BL_ALWAYS,
   .hint = "the name of the events that it counts",
   .at = offsetof(bl_meter, event)},
  {.name = "aggregation", .read = bl_value_choice, .needed = BL_ALWAYS,
   .words = bl_aggregation_words,
   .hint = "count, sum, max, min, unique, latest, average, earliest, "
           "weighted_sum, percentile, peak, sql",
   .at = offsetof(bl_meter, aggregation)},
  {.name = "property", .read = bl_value_id,
   .at = offsetof(bl_meter, property)},
  {.name = "expression", .read = meter_expression,
   .hint = "such as \"event.properties.bytes / 1024\"",
   .at = offsetof(bl_meter, expression)},
  {.name = "operation", .read = bl_value_id,
   .at = offsetof(bl_meter, operation)},
  {.name = "percentile", .read = meter_percent,
   .at = offsetof(bl_meter, percentile)},
  {.name = "method", .read = bl_value_choice, .words = meter_methods,
   .at = offsetof(bl_meter, interpolates)},
  {.name = "recurring", .read = bl_value_truth,
   .at = offsetof(bl_meter, recurring)},
  {.name = "reading", .read = bl_value_choice, .words = meter_readings,
   .at = offsetof(bl_meter, reads_level)},
  {.name = "per", .read = bl_value_choice, .words = bl_per_words,
   .at = offsetof(bl_meter, per)},
  {.name = "proration", .read = bl_value_choice, .words = bl_share_words,
   .at = offsetof(bl_meter, share)},
  {.name = "negative", .read = bl_value_choice, .words = meter_negatives,
   .at = offsetof(bl_meter, lifts_negative)},
  {.name = "unusable", .read = bl_value_choice, .words = meter_unusables,
   .at = offsetof(bl_meter, skips)},
  {.name = "convert", .read = meter_convert,
   .at = offsetof(bl_meter, convert)},
  {.name = "effective", .read = meter_time,
   .hint = "such as \"2026-02-01T00:00:00Z\"",
   .at = offsetof(bl_meter, effective_us)},
  {.name = "filters", .read = bl_value_filters,
   .at = offsetof(bl_meter, filters),
   .beside = offsetof(bl_meter, filter_count)},
  {.name = "groups", .read = bl_value_ids, .high = BL_LIMIT_GROUP_KEYS,
   .at = offsetof(bl_meter, groups),
   .beside = offsetof(bl_meter, group_count)},
  {.name = "sql", .read = meter_sql, .at = offsetof(bl_meter, sql)},
  {.name = "properties", .read = bl_value_ids, .high = BL_LIMIT_COLUMNS,
   .at = offsetof(bl_meter, properties),
   .beside = offsetof(bl_meter, property_count)},
  {.name = "tick", .read = bl_value_choice, .words = meter_grids,
   .at = offsetof(bl_meter, tick)},
};

static const bl_shape meter_shape = {
  "a meter", meter_fields, BL_COUNT(meter_fields)
};

/* ---- what goes with what ---- */

#define METER_IS(aggregation) (1u << (aggregation))
#define METER_CARRIES                                             \
  (METER_IS(BL_AGG_COUNT) | METER_IS(BL_AGG_SUM) |                \
   METER_IS(BL_AGG_UNIQUE) | METER_IS(BL_AGG_LATEST) |            \
   METER_IS(BL_AGG_WEIGHTED) | METER_IS(BL_AGG_PEAK))

/* Members that only some aggregations have. */
static const struct meter_only {
  const char *member;
  size_t      at;              /* a uint32_t that is not zero */
  uint32_t    aggregations;
  const char *what;
} meter_onlys[] = {
  {"recurring", offsetof(bl_meter, recurring), METER_CARRIES,
   "only the level of count, sum, unique, latest, weighted_sum and peak goes "
   "on"},
  {"proration", offsetof(bl_meter, share),
   METER_IS(BL_AGG_SUM) | METER_IS(BL_AGG_UNIQUE),
   "only sum and unique are prorated"},
  {"reading", offsetof(bl_meter, reads_level), METER_IS(BL_AGG_WEIGHTED),
   "only weighted_sum reads levels"},
  {"per", offsetof(bl_meter, per), METER_IS(BL_AGG_WEIGHTED),
   "only weighted_sum is per time"},
  {"method", offsetof(bl_meter, interpolates), METER_IS(BL_AGG_PERCENTILE),
   "only percentile has a method"},
};

static int meter_fail(const bl_reader *r, const char *member,
                      const char *hint, const char *what) {
  bl_reader at = bl_reader_member(r, member);

  return bl_reader_fail(&at, BILLING_INVALID, hint, "%s", what);
}

static int meter_check_only(const bl_reader *r, const bl_meter *meter) {
  uint32_t is = METER_IS(meter->aggregation);
  const unsigned char *base = (const unsigned char *)meter;

  for (size_t i = 0; i < BL_COUNT(meter_onlys); i++) {
    const struct meter_only *only = &meter_onlys[i];
    uint32_t value;

    memcpy(&value, base + only->at, sizeof value);
    if (value && !(is & only->aggregations))
      return meter_fail(r, only->member, NULL, only->what);
  }
  return BILLING_OK;
}

/* Events are counted whole; different values need something that has them. */
static int meter_check_value(const bl_reader *r, const bl_meter *meter) {
  uint32_t aggregation = meter->aggregation;

  if (meter->expression && meter->property.len)
    return meter_fail(r, "expression", "one of property and expression",
                      "a sample has one source");
  if (aggregation == BL_AGG_COUNT && meter->property.len)
    return meter_fail(r, "property", "leave it out, or use sum or unique",
                      "count takes no property");
  if (aggregation == BL_AGG_COUNT && meter->expression)
    return meter_fail(r, "expression", "leave it out, or use sum",
                      "count takes no expression");
  if (aggregation == BL_AGG_UNIQUE && !meter->property.len &&
      !meter->expression)
    return meter_fail(r, "property", "the property whose different values "
                      "count", "unique needs a property");
  if (aggregation != BL_AGG_UNIQUE && meter->operation.len)
    return meter_fail(r, "operation", NULL, "only unique has operations");
  return BILLING_OK;
}

/* A statement samples and groups by itself. */
static int meter_check_sql(const bl_reader *r, const bl_meter *meter) {
  int is_sql = meter->aggregation == BL_AGG_SQL;

  if (is_sql != (meter->sql.len > 0))
    return meter_fail(r, is_sql ? "sql" : "aggregation", "\"aggregation\": "
                      "\"sql\", \"sql\": \"SELECT sum(value) FROM events\"",
                      is_sql ? "the statement is missing"
                             : "only sql has a statement");
  if (!is_sql && (meter->property_count || meter->tick))
    return meter_fail(r, meter->tick ? "tick" : "properties", NULL,
                      "only sql has this");
  if (!is_sql) return BILLING_OK;
  if (meter->property.len || meter->expression)
    return meter_fail(r, meter->property.len ? "property" : "expression",
                      "name it in properties, and in the statement",
                      "a statement says itself what it measures");
  if (meter->group_count)
    return meter_fail(r, "groups", "leave it out: all columns beside the "
                      "quantity are groups", "a statement groups by itself");
  return BILLING_OK;
}

static int meter_check(const bl_reader *r, const bl_json *doc,
                       const bl_meter *meter) {
  int has_percent = bl_json_get(doc, "percentile") != NULL;
  int rc = meter_check_value(r, meter);

  if (!rc) rc = meter_check_only(r, meter);
  if (!rc) rc = meter_check_sql(r, meter);
  if (!rc && has_percent != (meter->aggregation == BL_AGG_PERCENTILE))
    rc = meter_fail(r, "percentile", "such as \"95\"",
                    has_percent ? "only percentile has one"
                                : "a percentile is between 0 and 100");
  return rc;
}

static int meter_ticks(const bl_meter *meter) {
  switch (meter->aggregation) {
  case BL_AGG_AVERAGE: case BL_AGG_WEIGHTED: case BL_AGG_PERCENTILE:
  case BL_AGG_PEAK: case BL_AGG_SQL: return 1;
  default: return meter->recurring || meter->share != BL_SHARE_NONE;
  }
}

int bl_catalog_read_meter(const bl_json *doc, const char *path, bl_arena *a,
                          bl_meter *out, billing_error *err) {
  bl_reader r = bl_reader_top(path, a, err);
  bl_meter meter = {.effective_us = BL_TIME_NEVER};
  int rc;

  assert(doc && a && out);
  rc = bl_shape_read(&meter_shape, &r, doc, 0, &meter);
  if (!rc) rc = meter_check(&r, doc, &meter);
  meter.ticks = (uint32_t)meter_ticks(&meter);
  if (!rc) *out = meter;
  return rc;
}

/* ---- two meters ---- */

#define METER_WORD(name, member) {name, offsetof(bl_meter, member)}

static const struct meter_word {
  const char *member;
  size_t      at;              /* a uint32_t */
} meter_words[] = {
  METER_WORD("aggregation", aggregation),
  METER_WORD("method", interpolates),
  METER_WORD("recurring", recurring),
  METER_WORD("reading", reads_level),
  METER_WORD("per", per),
  METER_WORD("proration", share),
  METER_WORD("negative", lifts_negative),
  METER_WORD("convert", converts),
  METER_WORD("convert", convert.divides),
  METER_WORD("convert", convert.round),
  METER_WORD("event", names.test),
  METER_WORD("tick", tick),
};

static int meter_word_differs(const bl_meter *a, const bl_meter *b,
                              size_t at) {
  return memcmp((const unsigned char *)a + at, (const unsigned char *)b + at,
                sizeof(uint32_t)) != 0;
}

static int meter_names_differ(const bl_filter *a, const bl_filter *b) {
  int differ = a->value_count != b->value_count;

  for (size_t i = 0; !differ && i < a->value_count; i++)
    differ = !bl_str_equal(a->values[i], b->values[i]);
  return differ;
}

static bl_str meter_source(const bl_meter *meter) {
  bl_str none = {"", 0};

  return meter->expression ? meter->expression->source : none;
}

int bl_catalog_meter_resamples(const bl_meter *was, const bl_meter *now) {
  return !bl_str_equal(was->property, now->property) ||
         !bl_str_equal(was->operation, now->operation) ||
         !bl_str_equal(meter_source(was), meter_source(now)) ||
         was->skips != now->skips ||
         !bl_filters_equal(was->filters, was->filter_count, now->filters,
                           now->filter_count);
}

const char *bl_catalog_meter_change(const bl_meter *was,
                                    const bl_meter *now) {
  if (!bl_str_equal(was->event, now->event) ||
      meter_names_differ(&was->names, &now->names))
    return "event";
  for (size_t i = 0; i < BL_COUNT(meter_words); i++)
    if (meter_word_differs(was, now, meter_words[i].at))
      return meter_words[i].member;
  if (!bl_dec_equal(was->percentile, now->percentile)) return "percentile";
  if (!bl_dec_equal(was->convert.by, now->convert.by) ||
      was->convert.places != now->convert.places)
    return "convert";
  return NULL;
}

void bl_catalog_meter_restructure(bl_meter *meter, const bl_meter *now) {
  bl_meter own = *meter;

  *meter = *now;
  meter->property     = own.property;
  meter->expression   = own.expression;
  meter->operation    = own.operation;
  meter->skips        = own.skips;
  meter->filters      = own.filters;
  meter->filter_count = own.filter_count;
}

#undef METER_WORD
#undef METER_IS
#undef METER_CARRIES
