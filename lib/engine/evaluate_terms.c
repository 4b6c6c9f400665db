/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * evaluate_terms.c - readers, and the small kernels of terms.h.
 *
 *     {"kernel":"composite","price":{"model":"percentage","rate":"5"},
 *      "prices":["a"],"spend":[{"price":"a","amount":"400"}]}
 *     -> {"amount":"20","base":"400","due":"20"}
 *
 *     {"kernel":"window_commitment","unit":"2","commitment":{"value":"10",
 *        "overage":"2","top_up":true},"windows":[{"quantity":"8"}]}
 *     -> {"overage":"12","top_up":"0","total":"22","utilized":"10"}
 *
 *     {"kernel":"mark_up","unit":"0.0000025","percent":"20",
 *      "per":"1000000","value":"0.5"}
 *     -> {"in_units":"6","unit":"3"}
 */
#include "engine/evaluate_terms.h"

#include "invoice/invoice.h"

/* ---- readers ---- */

static void *terms_at(void *model, size_t at) {
  return (unsigned char *)model + at;
}

int bl_ask_words(const bl_reader *r, const bl_field *field,
                 const bl_json *node, void *model) {
  bl_field ids = {.name = field->name, .high = BL_ASK_MOST,
                  .at = offsetof(bl_words, item),
                  .beside = offsetof(bl_words, count)};

  return bl_value_ids(r, &ids, node, terms_at(model, field->at));
}

int bl_ask_named(const bl_reader *r, const bl_field *field,
                 const bl_json *node, void *model) {
  bl_named_list *list = terms_at(model, field->at);

  if (bl_json_kind(node) != BL_JSON_OBJECT)
    return bl_reader_fail(r, BILLING_INVALID, "{\"region\":\"eu\"}",
                          "values are an object");
  list->item = bl_arena_array(r->arena, bl_json_count(node) + 1,
                              sizeof *list->item);
  if (!list->item) return bl_reader_nomem(r);
  for (const bl_json *m = bl_json_first(node); m; m = bl_json_next(m)) {
    bl_reader at = bl_reader_member(r, "");
    bl_str text = bl_json_text(m);

    at.segment = bl_json_key(m);
    if (!text.text)
      return bl_reader_fail(&at, BILLING_INVALID, "a text or a number",
                            "this is not a value");
    list->item[list->count++] = (bl_named){bl_json_key(m), text};
  }
  return BILLING_OK;
}

int bl_ask_items(bl_ask *ask, const bl_reader *above, const bl_json *list,
                 const bl_shape *shape, const void *start, size_t size,
                 void *out, size_t *count) {
  size_t items = list ? bl_json_count(list) : 0;
  unsigned char *array = bl_ask_array(ask, items, size);
  const bl_json *item = bl_json_first(list);
  int rc = BILLING_OK;

  if (!array) return bl_reader_nomem(&ask->top);
  for (size_t i = 0; !rc && i < items; i++, item = bl_json_next(item)) {
    bl_reader at = bl_reader_item(above, i);

    memcpy(array + i * size, start, size);
    rc = bl_shape_read(shape, &at, item, 0, array + i * size);
  }
  memcpy(out, &array, sizeof array);
  *count = items;
  return rc;
}

/* ---- composite ---- */

typedef struct composite_terms {
  bl_price       price;
  bl_words       prices;
  bl_words       tags;
  const bl_json *spend;
  bl_dec         minimum;
} composite_terms;

static int composite_price(const bl_reader *r, const bl_field *field,
                           const bl_json *node, void *model) {
  bl_reader at = bl_reader_member(r, "model");
  composite_terms *terms = model;
  int rc = bl_price_read(r, node, 0, "USD", &terms->price);

  (void)field;
  if (!rc && terms->price.model != BL_MODEL_PERCENTAGE &&
      terms->price.model != BL_MODEL_GRADUATED_PERCENTAGE)
    rc = bl_reader_fail(&at, BILLING_INVALID,
                        "percentage, graduated_percentage",
                        "spend of others is priced by percent");
  return rc;
}

static const bl_field composite_fields[] = {
  BL_ASK_KERNEL,
  {.name = "price", .read = composite_price, .needed = BL_ALWAYS},
  {.name = "prices", .read = bl_ask_words,
   .at = offsetof(composite_terms, prices)},
  {.name = "tags", .read = bl_ask_words,
   .at = offsetof(composite_terms, tags)},
  {.name = "spend", .read = bl_ask_list, .needed = BL_ALWAYS,
   .at = offsetof(composite_terms, spend)},
  {.name = "minimum", .read = bl_value_amount,
   .at = offsetof(composite_terms, minimum)},
};

static const bl_shape composite_shape = {
  "a request", composite_fields, BL_COUNT(composite_fields)
};

static const bl_field spend_fields[] = {
  {.name = "price", .read = bl_value_id, .at = offsetof(bl_spend, price)},
  {.name = "tags", .read = bl_ask_words, .at = offsetof(bl_spend, tags)},
  {.name = "amount", .read = bl_ask_dec, .needed = BL_ALWAYS,
   .at = offsetof(bl_spend, amount)},
};

static const bl_shape spend_shape = {
  "a spend", spend_fields, BL_COUNT(spend_fields)
};

static bl_dec terms_due(bl_dec amount, const char *asset) {
  int places = bl_catalog_places(NULL, asset);

  return places < 0 ? amount : bl_round_due(amount, BL_DEC_ZERO, places);
}

int bl_ask_composite(bl_ask *ask) {
  static const bl_spend start = {.amount = {0, 0}};
  bl_reader above = bl_reader_member(&ask->top, "spend");
  composite_terms terms = {.minimum = BL_DEC_ZERO};
  bl_spend *spend = NULL;
  size_t count = 0;
  bl_dec base, amount;
  int rc = bl_shape_read(&composite_shape, &ask->top, ask->doc, 0, &terms);

  if (!rc)
    rc = bl_ask_items(ask, &above, terms.spend, &spend_shape, &start,
                      sizeof start, &spend, &count);
  if (rc) return rc;
  base   = bl_composite_base(spend, count, &terms.prices, &terms.tags);
  amount = bl_dec_max(bl_price_total(&terms.price, base), terms.minimum);
  bl_ask_put(ask, ask->out, "base", base);
  bl_ask_put(ask, ask->out, "amount", amount);
  bl_ask_put(ask, ask->out, "due", terms_due(amount, terms.price.asset));
  return BILLING_OK;
}

/* ---- window_commitment ---- */

/* A rate and a commitment, of all hours or of some of the day. */
typedef struct window_rule {
  bl_dec        unit;
  bl_commitment commitment;
  bl_dec        value;
  uint32_t      by_quantity;
  int32_t       from;
  int32_t       to;
  uint32_t      reserved;
} window_rule;

typedef struct hourly_use {
  bl_dec  quantity;
  int32_t hour;
  int32_t reserved;
} hourly_use;

typedef struct window_terms {
  window_rule    rule;
  const bl_json *hours;
  const bl_json *windows;
} window_terms;

static const char *const window_kinds[] = {"amount", "quantity", NULL};

static const bl_field window_promise_fields[] = {
  {.name = "value", .read = bl_value_amount, .needed = BL_ALWAYS,
   .at = offsetof(window_rule, value)},
  {.name = "kind", .read = bl_value_choice, .words = window_kinds,
   .at = offsetof(window_rule, by_quantity)},
  {.name = "overage", .read = bl_value_amount,
   .at = offsetof(window_rule, commitment.overage)},
  {.name = "top_up", .read = bl_value_truth,
   .at = offsetof(window_rule, commitment.tops_up)},
};

static const bl_shape window_promise_shape = {
  "a commitment", window_promise_fields, BL_COUNT(window_promise_fields)
};

static int window_promise(const bl_reader *r, const bl_field *field,
                          const bl_json *node, void *model) {
  (void)field;
  return bl_shape_read(&window_promise_shape, r, node, 0, model);
}

static const bl_field window_hour_fields[] = {
  {.name = "from", .read = bl_value_whole, .high = 24, .needed = BL_ALWAYS,
   .at = offsetof(window_rule, from)},
  {.name = "to", .read = bl_value_whole, .high = 24, .needed = BL_ALWAYS,
   .at = offsetof(window_rule, to)},
  {.name = "unit", .read = bl_value_amount, .needed = BL_ALWAYS,
   .at = offsetof(window_rule, unit)},
  {.name = "commitment", .read = window_promise},
};

static const bl_shape window_hour_shape = {
  "hours", window_hour_fields, BL_COUNT(window_hour_fields)
};

static const bl_field window_use_fields[] = {
  {.name = "quantity", .read = bl_value_amount, .needed = BL_ALWAYS,
   .at = offsetof(hourly_use, quantity)},
  {.name = "hour", .read = bl_value_whole, .high = 23,
   .at = offsetof(hourly_use, hour)},
};

static const bl_shape window_use_shape = {
  "a window", window_use_fields, BL_COUNT(window_use_fields)
};

static const bl_field window_fields[] = {
  BL_ASK_KERNEL,
  {.name = "unit", .read = bl_value_amount, .needed = BL_ALWAYS,
   .at = offsetof(window_terms, rule.unit)},
  {.name = "commitment", .read = window_promise},
  {.name = "hours", .read = bl_ask_list,
   .at = offsetof(window_terms, hours)},
  {.name = "windows", .read = bl_ask_list, .needed = BL_ALWAYS,
   .at = offsetof(window_terms, windows)},
};

static const bl_shape window_shape = {
  "a request", window_fields, BL_COUNT(window_fields)
};

/* The night goes on behind midnight: from 22 to 6. */
static int window_holds(const window_rule *rule, int32_t hour) {
  if (rule->from <= rule->to) return rule->from <= hour && hour < rule->to;
  return hour >= rule->from || hour < rule->to;
}

static bl_committed window_settle(const window_rule *rule, bl_dec quantity) {
  bl_commitment promise = rule->commitment;

  promise.amount = rule->by_quantity ? bl_dec_mul(rule->value, rule->unit)
                                     : rule->value;
  return bl_commitment_apply(&promise, bl_dec_mul(quantity, rule->unit));
}

int bl_ask_window_commitment(bl_ask *ask) {
  static const hourly_use idle = {.hour = -1};
  bl_reader hours_at = bl_reader_member(&ask->top, "hours");
  bl_reader windows_at = bl_reader_member(&ask->top, "windows");
  window_rule start = {.value = BL_DEC_BAD,
                       .commitment = {.overage = BL_DEC_ONE}};
  window_terms terms = {.rule = start};
  bl_committed sum = {BL_DEC_ZERO, BL_DEC_ZERO, BL_DEC_ZERO};
  window_rule *hours = NULL;
  hourly_use *uses = NULL;
  size_t count = 0, windows = 0;
  int rc = bl_shape_read(&window_shape, &ask->top, ask->doc, 0, &terms);

  if (!rc)
    rc = bl_ask_items(ask, &hours_at, terms.hours, &window_hour_shape, &start,
                      sizeof start, &hours, &count);
  if (!rc)
    rc = bl_ask_items(ask, &windows_at, terms.windows, &window_use_shape,
                      &idle, sizeof idle, &uses, &windows);
  for (size_t i = 0; !rc && i < windows; i++) {
    const window_rule *rule = &terms.rule;
    bl_committed one;

    for (size_t k = count; k-- > 0;)
      if (uses[i].hour >= 0 && window_holds(&hours[k], uses[i].hour))
        rule = &hours[k];
    one = window_settle(rule, uses[i].quantity);
    sum.utilized = bl_dec_add(sum.utilized, one.utilized);
    sum.overage  = bl_dec_add(sum.overage, one.overage);
    sum.top_up   = bl_dec_add(sum.top_up, one.top_up);
  }
  bl_ask_put(ask, ask->out, "utilized", sum.utilized);
  bl_ask_put(ask, ask->out, "overage", sum.overage);
  bl_ask_put(ask, ask->out, "top_up", sum.top_up);
  bl_ask_put(ask, ask->out, "total",
             bl_dec_add(bl_dec_add(sum.utilized, sum.overage), sum.top_up));
  return rc;
}

/* ---- mark_up ---- */

typedef struct markup_terms {
  bl_dec unit;
  bl_dec percent;
  bl_dec per;
  bl_dec value;                    /* of one unit of ours, or bad */
} markup_terms;

static const bl_field markup_fields[] = {
  BL_ASK_KERNEL,
  {.name = "unit", .read = bl_value_amount, .needed = BL_ALWAYS,
   .at = offsetof(markup_terms, unit)},
  {.name = "percent", .read = bl_ask_dec,
   .at = offsetof(markup_terms, percent)},
  {.name = "per", .read = bl_value_positive,
   .at = offsetof(markup_terms, per)},
  {.name = "value", .read = bl_value_positive,
   .at = offsetof(markup_terms, value)},
};

static const bl_shape markup_shape = {
  "a request", markup_fields, BL_COUNT(markup_fields)
};

int bl_ask_mark_up(bl_ask *ask) {
  markup_terms terms = {BL_DEC_BAD, BL_DEC_ZERO, BL_DEC_ONE, BL_DEC_BAD};
  bl_dec unit;
  int rc = bl_shape_read(&markup_shape, &ask->top, ask->doc, 0, &terms);

  if (rc) return rc;
  unit = bl_mark_up(bl_dec_mul(terms.unit, terms.per), terms.percent);
  bl_ask_put(ask, ask->out, "unit", unit);
  if (!bl_dec_is_bad(terms.value))
    bl_ask_put(ask, ask->out, "in_units", bl_dec_div(unit, terms.value));
  return BILLING_OK;
}
