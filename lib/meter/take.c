/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * take.c - the sample that an event gives, by property or by expression.
 *
 *     {"aggregation":"sum","expression":"event.properties.in * 2"}
 *     {"in":3} gives 6; {} is refused at /properties/in
 *
 *     {"aggregation":"unique","property":"user","operation":"op"}
 *     {"user":"ann","op":"remove"} takes ann away
 *
 * A statement of SQL reads events itself: one alone gives nothing yet.
 */
#include "meter/measure.h"
#include "meter/property.h"

static int take_refuse(const bl_meter *meter, const bl_expression_fault *fault,
                       int rc, billing_error *err) {
  int64_t at = (int64_t)fault->at;
  bl_str missing = fault->missing;
  char name[BL_PATH_SIZE];
  size_t len = bl_utf8_cut(missing.text, missing.len, sizeof name - 1);

  if (rc == BILLING_NOMEM) return bl_fail_code(err, rc);
  memcpy(name, missing.text, len);
  name[len] = '\0';
  return bl_fail_at(err, rc, "/properties", len ? name : NULL, fault->hint,
                    "the meter %t, byte %i of its expression: %s",
                    &meter->id, at, fault->what);
}

/* What unique counts: the text of the result. */
static bl_str take_text(const bl_expression_value *v, bl_arena *arena) {
  bl_text text;

  if (v->kind == BL_EXPRESSION_TEXT) return v->text;
  bl_text_open(&text, arena);
  bl_expression_print(v, &text);
  return text.failed ? (bl_str){NULL, 0} : (bl_str){text.text, text.len};
}

static int take_result(const bl_meter *meter, const bl_expression_value *v,
                       bl_arena *arena, bl_sample *out, billing_error *err) {
  if (meter->aggregation == BL_AGG_UNIQUE) {
    out->value = take_text(v, arena);
    return out->value.text ? BILLING_OK : bl_fail_code(err, BILLING_NOMEM);
  }
  out->quantity = v->number;
  if (v->kind == BL_EXPRESSION_NUMBER) return BILLING_OK;
  return bl_fail(err, BILLING_INVALID, "/properties", NULL,
                 "the expression of the meter %t gives no number here",
                 &meter->id);
}

static int take_expression(const bl_meter *meter, const bl_event *event,
                           bl_arena *arena, bl_sample *out,
                           billing_error *err) {
  bl_expression_event view = {event->name, event->time_us, event->value,
                              event->properties};
  bl_expression_fault fault = {0, NULL, NULL, {"", 0}};
  bl_expression_value v;
  int rc = bl_expression_run(meter->expression, &view, arena, &v, &fault);

  if (rc) return take_refuse(meter, &fault, rc, err);
  return take_result(meter, &v, arena, out, err);
}

static int take_operation(const bl_meter *meter, const bl_event *event,
                          bl_sample *out, billing_error *err) {
  const bl_member *member;
  bl_str word;

  member = bl_property(event, meter->operation);
  word = bl_property_text(member);
  out->is_removal = word.text && bl_str_is(word, "remove");
  if (!member || out->is_removal || (word.text && bl_str_is(word, "add")))
    return BILLING_OK;
  return bl_fail_at(err, BILLING_INVALID, "/properties",
                    meter->operation.text, "add or remove",
                    "the meter %t knows no such operation", &meter->id);
}

static int take_sample(const bl_meter *meter, const bl_event *event,
                       bl_arena *arena, bl_sample *out, billing_error *err) {
  int rc = meter->expression
             ? take_expression(meter, event, arena, out, err)
             : bl_meter_sample(meter, event, &out->quantity, &out->value,
                               err);

  return rc || !meter->operation.len
           ? rc : take_operation(meter, event, out, err);
}

/* Words of what is skipped are nobody's. */
static int take_or_skip(const bl_meter *meter, const bl_event *event,
                        bl_arena *arena, bl_sample *out, billing_error *err) {
  billing_error why = {.struct_size = sizeof why};
  int rc = take_sample(meter, event, arena, out, &why);

  if (BILLING_CODE(rc) == BILLING_INVALID) return BILLING_DONE;
  return bl_fail_code(err, rc);
}

int bl_meter_take(const bl_meter *meter, const bl_event *event,
                  bl_arena *arena, bl_sample *out, billing_error *err) {
  assert(meter && event && arena && out);
  out->quantity   = BL_DEC_ONE;
  out->value      = (bl_str){"", 0};
  out->time_us    = event->time_us;
  out->number     = 0;
  out->is_removal = out->reserved = 0;
  if (meter->aggregation == BL_AGG_SQL) {
    out->quantity = BL_DEC_ZERO;
    return BILLING_OK;
  }
  if (meter->skips) return take_or_skip(meter, event, arena, out, err);
  return take_sample(meter, event, arena, out, err);
}
