/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * evaluate_event.c - events as requests write them, and expressions over one.
 *
 *     {"kernel":"expression","expression":"round(event.properties.b / 3, 2)",
 *      "event":{"properties":{"b":10}}}
 *     -> {"type":"number","value":"3.33"}
 *
 *     {"kernel":"expression","expression":"1 +","event":{}}
 *     -> {"at":3,"error":"parse","hint":"a number, ..",
 *         "message":"a value is missing"}
 *
 * What is wrong with an expression is an answer: who writes one asks for it.
 */
#include "engine/evaluate.h"
#include "expression/expression.h"

static const bl_field ask_event_fields[] = {
  {.name = "event", .read = bl_value_id,
   .at = offsetof(bl_ask_event, event.name)},
  {.name = "key", .read = bl_value_id, .at = offsetof(bl_ask_event, key)},
  {.name = "properties", .read = bl_ask_node,
   .at = offsetof(bl_ask_event, properties)},
  {.name = "value", .read = bl_ask_dec,
   .at = offsetof(bl_ask_event, event.value)},
  {.name = "time", .read = bl_ask_time,
   .at = offsetof(bl_ask_event, event.time_us)},
};

static const bl_shape ask_event_shape = {
  "an event", ask_event_fields, BL_COUNT(ask_event_fields)
};

static int ask_event_members(const bl_reader *at, bl_ask_event *in) {
  bl_reader properties = bl_reader_member(at, "properties");
  bl_text text;
  int rc;

  if (!in->properties) return BILLING_OK;
  if (bl_json_kind(in->properties) != BL_JSON_OBJECT)
    return bl_reader_fail(&properties, BILLING_INVALID, NULL,
                          "properties are an object");
  bl_text_open(&text, at->arena);
  bl_members_open(&in->members, at->arena);
  rc = bl_json_print(in->properties, &text);
  if (!rc)
    rc = bl_json_scan((bl_str){text.text, text.len}, &in->members, NULL);
  if (rc) return bl_reader_nomem(at);
  in->event.properties = &in->members;
  return BILLING_OK;
}

int bl_ask_event_read(const bl_reader *at, const bl_json *item,
                      bl_str default_name, bl_ask_event *out) {
  int rc;

  memset(out, 0, sizeof *out);
  out->event.name  = default_name;
  out->event.value = BL_DEC_ONE;
  rc = bl_shape_read(&ask_event_shape, at, item, 0, out);
  return rc ? rc : ask_event_members(at, out);
}

/* ---- expression ---- */

typedef struct ask_expression {
  const bl_json *expression;
  const bl_json *event;
} ask_expression;

static const bl_field ask_expression_fields[] = {
  BL_ASK_KERNEL,
  {.name = "expression", .read = bl_ask_node, .needed = BL_ALWAYS,
   .at = offsetof(ask_expression, expression)},
  {.name = "event", .read = bl_ask_node,
   .at = offsetof(ask_expression, event)},
};

static const bl_shape ask_expression_shape = {
  "a request", ask_expression_fields, BL_COUNT(ask_expression_fields)
};

static int ask_expression_fault(bl_ask *ask, const char *error, int rc,
                                const bl_expression_fault *fault) {
  if (rc == BILLING_NOMEM) return bl_reader_nomem(&ask->top);
  (void)bl_json_add_c(ask->out, "error", error);
  (void)bl_json_add_int(ask->out, "at", (int64_t)fault->at);
  (void)bl_json_add_c(ask->out, "message", fault->what);
  if (fault->hint) (void)bl_json_add_c(ask->out, "hint", fault->hint);
  if (fault->missing.len)
    (void)bl_json_add_text(ask->out, "missing", fault->missing);
  return BILLING_OK;
}

static void ask_expression_value(bl_ask *ask,
                                 const bl_expression_value *value) {
  if (value->kind == BL_EXPRESSION_NUMBER) {
    (void)bl_json_add_c(ask->out, "type", "number");
    bl_ask_put(ask, ask->out, "value", value->number);
  } else if (value->kind == BL_EXPRESSION_TRUTH) {
    (void)bl_json_add_c(ask->out, "type", "truth");
    (void)bl_json_add_bool(ask->out, "value", value->truth != 0);
  } else {
    (void)bl_json_add_c(ask->out, "type", "text");
    (void)bl_json_add_text(ask->out, "value", value->text);
  }
}

static int ask_expression_run(bl_ask *ask, const bl_expression *program,
                              const bl_event *event) {
  bl_expression_event view = {event->name, event->time_us, event->value,
                              event->properties};
  bl_expression_fault fault = {0};
  bl_expression_value value;
  int rc = bl_expression_run(program, &view, ask->top.arena, &value, &fault);

  if (rc) return ask_expression_fault(ask, "evaluate", rc, &fault);
  ask_expression_value(ask, &value);
  return BILLING_OK;
}

int bl_ask_expression(bl_ask *ask) {
  bl_reader above = bl_reader_member(&ask->top, "event");
  bl_reader at = bl_reader_member(&ask->top, "expression");
  ask_expression terms = {NULL, NULL};
  bl_ask_event in = {.event = {.name = BL_STR("event"),
                               .value = BL_DEC_ONE}};
  bl_expression program;
  bl_expression_fault fault = {0};
  int rc = bl_shape_read(&ask_expression_shape, &ask->top, ask->doc, 0,
                         &terms);

  if (!rc && bl_json_kind(terms.expression) != BL_JSON_TEXT)
    rc = bl_reader_fail(&at, BILLING_INVALID, NULL, "this is not a text");
  if (!rc && terms.event)
    rc = bl_ask_event_read(&above, terms.event, in.event.name, &in);
  if (rc) return rc;
  rc = bl_expression_read(bl_json_text(terms.expression), ask->top.arena,
                          &program, &fault);
  if (rc) return ask_expression_fault(ask, "parse", rc, &fault);
  return ask_expression_run(ask, &program, &in.event);
}
