/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * evaluate_rates.c - dated rates, and overrides of them.
 *
 *     {"kernel":"rates","rates":[{"price":"reads","unit":"1",
 *        "to":"2025-01-01","values":{"region":"eu"}},
 *        {"price":"reads","unit":"1.2","from":"2025-01-01",
 *         "values":{"region":"eu"}}],
 *      "usage":[{"price":"reads","values":{"region":"eu"},"quantity":"10",
 *        "at":"2025-01-01"}]}
 *     -> {"in_window":"0","quantity":"10","results":[{"amount":"12",
 *           "billed":true,"unit":"1.2"}],"total":"12"}
 *
 *     {"kernel":"override","line":{"price":"p","unit":"10"},
 *      "overrides":[{"id":"half","factor":"0.5"},{"id":"six","unit":"6"}]}
 *     -> {"considered":[{"id":"half","why":"is outranked"},
 *           {"id":"six","why":"wins"}],"override":"six","unit":"6"}
 *
 * Usage without a rate is an error, unless the request says that it is free.
 */
#include "engine/evaluate_terms.h"

/* ---- rates ---- */

static const char *const rates_missing[] = {"refuse", "free", NULL};
static const char *const rates_match[] = {"specific", "exact", NULL};
static const char *const rates_ticks[] = {"hour", "period", NULL};

typedef struct rates_request {
  const bl_json *rates;
  const bl_json *usage;
  uint32_t       is_free;
  uint32_t       is_exact;
  uint32_t       by_period;        /* all falls into the last instant */
  uint32_t       reserved;
  int64_t        to;               /* of the period */
  bl_span        window;
} rates_request;

/* What the usage comes to. */
typedef struct rates_sums {
  bl_dec quantity;
  bl_dec total;
  bl_dec in_window;
} rates_sums;

typedef struct rates_use {
  bl_str        price;
  bl_named_list values;
  bl_dec        quantity;
  int64_t       at;
} rates_use;

/* entitled, as it is written, is the opposite of is_off. */
static int rates_entitled(const bl_reader *r, const bl_field *field,
                          const bl_json *node, void *model) {
  bl_dated_rate *rate = model;
  uint32_t is_on = 1;
  bl_field flag = {.name = field->name};
  int rc = bl_value_truth(r, &flag, node, &is_on);

  rate->is_off = !is_on;
  return rc;
}

static const bl_field rates_row_fields[] = {
  {.name = "id", .read = bl_value_id, .at = offsetof(bl_dated_rate, id)},
  {.name = "price", .read = bl_value_id,
   .at = offsetof(bl_dated_rate, price)},
  {.name = "values", .read = bl_ask_named,
   .at = offsetof(bl_dated_rate, values)},
  {.name = "unit", .read = bl_value_amount, .needed = BL_ALWAYS,
   .at = offsetof(bl_dated_rate, unit)},
  {.name = "from", .read = bl_ask_time,
   .at = offsetof(bl_dated_rate, span.from_us)},
  {.name = "to", .read = bl_ask_time,
   .at = offsetof(bl_dated_rate, span.to_us)},
  {.name = "entitled", .read = rates_entitled},
};

static const bl_shape rates_row_shape = {
  "a rate", rates_row_fields, BL_COUNT(rates_row_fields)
};

static const bl_field rates_use_fields[] = {
  {.name = "price", .read = bl_value_id, .at = offsetof(rates_use, price)},
  {.name = "values", .read = bl_ask_named,
   .at = offsetof(rates_use, values)},
  {.name = "quantity", .read = bl_ask_dec,
   .at = offsetof(rates_use, quantity)},
  {.name = "at", .read = bl_ask_time, .needed = BL_ALWAYS,
   .at = offsetof(rates_use, at)},
};

static const bl_shape rates_use_shape = {
  "a use", rates_use_fields, BL_COUNT(rates_use_fields)
};

static const bl_field rates_window_fields[] = {
  {.name = "from", .read = bl_ask_time, .needed = BL_ALWAYS,
   .at = offsetof(rates_request, window.from_us)},
  {.name = "to", .read = bl_ask_time, .needed = BL_ALWAYS,
   .at = offsetof(rates_request, window.to_us)},
};

static const bl_shape rates_window_shape = {
  "a window", rates_window_fields, BL_COUNT(rates_window_fields)
};

static int rates_window(const bl_reader *r, const bl_field *field,
                        const bl_json *node, void *model) {
  (void)field;
  return bl_shape_read(&rates_window_shape, r, node, 0, model);
}

static const bl_field rates_ask_fields[] = {
  BL_ASK_KERNEL,
  {.name = "rates", .read = bl_ask_list, .needed = BL_ALWAYS,
   .at = offsetof(rates_request, rates)},
  {.name = "usage", .read = bl_ask_list, .needed = BL_ALWAYS,
   .at = offsetof(rates_request, usage)},
  {.name = "missing", .read = bl_value_choice, .words = rates_missing,
   .at = offsetof(rates_request, is_free)},
  {.name = "match", .read = bl_value_choice, .words = rates_match,
   .at = offsetof(rates_request, is_exact)},
  {.name = "tick", .read = bl_value_choice, .words = rates_ticks,
   .at = offsetof(rates_request, by_period)},
  {.name = "to", .read = bl_ask_time, .at = offsetof(rates_request, to)},
  {.name = "window", .read = rates_window},
};

static const bl_shape rates_ask_shape = {
  "a request", rates_ask_fields, BL_COUNT(rates_ask_fields)
};

static int rates_put(bl_ask *ask, const bl_reader *at, bl_json *list,
                     const bl_dated_rate *rate, const rates_use *use,
                     const rates_request *terms, rates_sums *sums) {
  int is_billed = rate && !rate->is_off;
  bl_json *node;
  bl_dec amount;

  if (!rate && !terms->is_free)
    return bl_reader_fail(at, BILLING_INVALID,
                          "add one; or \"missing\":\"free\" says that it "
                          "costs nothing", "there is no rate for this");
  node = bl_json_object(list, NULL);
  (void)bl_json_add_bool(node, "billed", is_billed);
  if (rate && rate->id.len) (void)bl_json_add_text(node, "id", rate->id);
  if (!is_billed) {
    (void)bl_json_add_null(node, "unit");
    return BILLING_OK;
  }
  bl_ask_put(ask, node, "unit", rate->unit);
  if (bl_dec_is_bad(use->quantity)) return BILLING_OK;
  amount = bl_dec_mul(use->quantity, rate->unit);
  bl_ask_put(ask, node, "amount", amount);
  sums->quantity = bl_dec_add(sums->quantity, use->quantity);
  sums->total    = bl_dec_add(sums->total, amount);
  if (bl_span_holds(terms->window, use->at))
    sums->in_window = bl_dec_add(sums->in_window, amount);
  return BILLING_OK;
}

int bl_ask_rates(bl_ask *ask) {
  static const bl_dated_rate row = {
    .span = {BL_TIME_MIN, BL_TIME_NEVER}, .unit = {0, 0}};
  rates_use blank = {.quantity = BL_DEC_BAD};
  bl_reader rates_at = bl_reader_member(&ask->top, "rates");
  bl_reader usage_at = bl_reader_member(&ask->top, "usage");
  rates_request terms = {.to = BL_TIME_NEVER};
  bl_dated_rate *rates = NULL;
  rates_use *usage = NULL;
  size_t count = 0, uses = 0;
  rates_sums sums = {BL_DEC_ZERO, BL_DEC_ZERO, BL_DEC_ZERO};
  bl_json *list;
  int rc = bl_shape_read(&rates_ask_shape, &ask->top, ask->doc, 0, &terms);

  if (!rc)
    rc = bl_ask_items(ask, &rates_at, terms.rates, &rates_row_shape, &row,
                      sizeof row, &rates, &count);
  if (!rc)
    rc = bl_ask_items(ask, &usage_at, terms.usage, &rates_use_shape, &blank,
                      sizeof blank, &usage, &uses);
  if (rc) return rc;
  list = bl_json_array(ask->out, "results");
  for (size_t i = 0; !rc && i < uses; i++) {
    bl_reader at = bl_reader_item(&usage_at, i);
    const bl_dated_rate *rate;

    if (terms.by_period) usage[i].at = terms.to - 1;
    rate = bl_schedule_find(rates, count, usage[i].price, &usage[i].values,
                            usage[i].at, (int)terms.is_exact);
    rc = rates_put(ask, &at, list, rate, &usage[i], &terms, &sums);
  }
  bl_ask_put(ask, ask->out, "quantity", sums.quantity);
  bl_ask_put(ask, ask->out, "total", sums.total);
  bl_ask_put(ask, ask->out, "in_window", sums.in_window);
  return rc;
}

/* ---- override ---- */

typedef struct override_request {
  const bl_json *line;
  const bl_json *lines;
  const bl_json *overrides;
  bl_drawing     drawing;
  bl_dec         quantity;
  uint32_t       by_priority;
  uint32_t       reserved;
} override_request;

static const bl_field override_drawing_fields[] = {
  {.name = "id", .read = bl_value_id, .at = offsetof(bl_drawing, id)},
  {.name = "rate", .read = bl_value_choice, .words = bl_rate_words,
   .at = offsetof(bl_drawing, rate)},
};

static const bl_shape override_drawing_shape = {
  "a grant", override_drawing_fields, BL_COUNT(override_drawing_fields)
};

static int override_drawing(const bl_reader *r, const bl_field *field,
                            const bl_json *node, void *model) {
  override_request *request = model;

  (void)field;
  request->drawing.is_drawn = 1;
  return bl_shape_read(&override_drawing_shape, r, node, 0,
                       &request->drawing);
}

static const bl_field override_target_fields[] = {
  {.name = "price", .read = bl_value_id, .at = offsetof(bl_target, price)},
  {.name = "tags", .read = bl_ask_words, .at = offsetof(bl_target, tags)},
  {.name = "values", .read = bl_ask_named,
   .at = offsetof(bl_target, values)},
};

static const bl_shape override_target_shape = {
  "a target", override_target_fields, BL_COUNT(override_target_fields)
};

/* A list of targets, and how many. */
static int override_targets(const bl_reader *r, const bl_json *node,
                            bl_target **out, size_t *count) {
  const bl_json *item = bl_json_first(node);
  int rc = bl_value_array(r, node, 1, BL_ASK_MOST, count);

  if (!rc) *out = bl_arena_array(r->arena, *count, sizeof **out);
  if (!rc && !*out) rc = bl_reader_nomem(r);
  for (size_t i = 0; !rc && i < *count; i++, item = bl_json_next(item)) {
    bl_reader at = bl_reader_item(r, i);

    rc = bl_shape_read(&override_target_shape, &at, item, 0, &(*out)[i]);
  }
  return rc;
}

static int override_includes(const bl_reader *r, const bl_field *field,
                             const bl_json *node, void *model) {
  bl_override *o = model;

  (void)field;
  return override_targets(r, node, &o->targets, &o->target_count);
}

static int override_excepts(const bl_reader *r, const bl_field *field,
                            const bl_json *node, void *model) {
  bl_override *o = model;

  (void)field;
  return override_targets(r, node, &o->excepts, &o->except_count);
}

/* {"grants":[]} is any grant. */
static int override_grants(const bl_reader *r, const bl_field *field,
                           const bl_json *node, void *model) {
  bl_override *o = model;

  o->by_grant = 1;
  return bl_ask_words(r, field, node, model);
}

/* Factors by range are read as the tiers of a price. */
static int override_tiers(const bl_reader *r, const bl_field *field,
                          const bl_json *node, void *model) {
  bl_price price = {.model = BL_MODEL_GRADUATED};
  bl_override *o = model;
  int rc = bl_value_tiers(r, field, node, &price);

  o->tiers      = price.tiers;
  o->tier_count = price.tier_count;
  return rc;
}

static const bl_field override_row_fields[] = {
  {.name = "id", .read = bl_value_id, .needed = BL_ALWAYS,
   .at = offsetof(bl_override, id)},
  {.name = "unit", .read = bl_value_amount,
   .at = offsetof(bl_override, unit)},
  {.name = "factor", .read = bl_value_amount,
   .at = offsetof(bl_override, factor)},
  {.name = "tiers", .read = override_tiers},
  {.name = "of", .read = bl_value_choice, .words = bl_rate_words,
   .at = offsetof(bl_override, of)},
  {.name = "price", .read = bl_value_id, .at = offsetof(bl_override, price)},
  {.name = "tags", .read = bl_ask_words, .at = offsetof(bl_override, tags)},
  {.name = "targets", .read = override_includes},
  {.name = "except", .read = override_excepts},
  {.name = "grants", .read = override_grants,
   .at = offsetof(bl_override, grants)},
  {.name = "priority", .read = bl_value_whole64, .low = INT32_MIN,
   .high = INT32_MAX, .at = offsetof(bl_override, priority)},
  {.name = "from", .read = bl_ask_time,
   .at = offsetof(bl_override, span.from_us)},
  {.name = "to", .read = bl_ask_time,
   .at = offsetof(bl_override, span.to_us)},
};

static const bl_shape override_row_shape = {
  "an override", override_row_fields, BL_COUNT(override_row_fields)
};

static const bl_field override_line_fields[] = {
  {.name = "id", .read = bl_value_id, .at = offsetof(bl_rated_line, id)},
  {.name = "price", .read = bl_value_id,
   .at = offsetof(bl_rated_line, price)},
  {.name = "tags", .read = bl_ask_words, .at = offsetof(bl_rated_line, tags)},
  {.name = "values", .read = bl_ask_named,
   .at = offsetof(bl_rated_line, values)},
  {.name = "unit", .read = bl_value_amount, .needed = BL_ALWAYS,
   .at = offsetof(bl_rated_line, unit)},
  {.name = "commit_unit", .read = bl_value_amount,
   .at = offsetof(bl_rated_line, commit_unit)},
  {.name = "at", .read = bl_ask_time, .at = offsetof(bl_rated_line, at)},
};

static const bl_shape override_line_shape = {
  "a line", override_line_fields, BL_COUNT(override_line_fields)
};

static const bl_field override_fields[] = {
  BL_ASK_KERNEL,
  {.name = "line", .read = bl_ask_node,
   .at = offsetof(override_request, line)},
  {.name = "lines", .read = bl_ask_list,
   .at = offsetof(override_request, lines)},
  {.name = "overrides", .read = bl_ask_list, .needed = BL_ALWAYS,
   .at = offsetof(override_request, overrides)},
  {.name = "drawing", .read = override_drawing},
  {.name = "prefer", .read = bl_value_choice, .words = bl_prefer_words,
   .at = offsetof(override_request, by_priority)},
  {.name = "quantity", .read = bl_value_amount,
   .at = offsetof(override_request, quantity)},
};

static const bl_shape override_shape = {
  "a request", override_fields, BL_COUNT(override_fields)
};

/* One of unit, factor and tiers says what kind it is. */
static int override_kind(const bl_reader *r, bl_override *o) {
  int units = !bl_dec_is_bad(o->unit), factors = !bl_dec_is_bad(o->factor);
  int tiers = o->tier_count > 0;

  o->kind = units ? BL_OVERRIDE_OVERWRITE
            : tiers ? BL_OVERRIDE_TIERED : BL_OVERRIDE_MULTIPLIER;
  if (units + factors + tiers == 1) return BILLING_OK;
  return bl_reader_fail(r, BILLING_INVALID, "one of unit, factor and tiers",
                        "an override says one thing");
}

int bl_ask_overrides(bl_ask *ask, const bl_json *list, bl_override **out,
                     size_t *count) {
  bl_override start = {.unit = BL_DEC_BAD, .factor = BL_DEC_BAD,
                       .span = {BL_TIME_MIN, BL_TIME_NEVER}};
  bl_reader above = bl_reader_member(&ask->top, "overrides");
  int rc = bl_ask_items(ask, &above, list, &override_row_shape,
                        &start, sizeof start, out, count);

  for (size_t i = 0; !rc && i < *count; i++) {
    bl_reader at = bl_reader_item(&above, i);

    rc = override_kind(&at, &(*out)[i]);
  }
  return rc;
}

/* The price of a quantity by ranges, each with its factor. */
static bl_dec override_by_tiers(const bl_override *o, bl_dec base,
                                bl_dec quantity) {
  bl_dec amount = BL_DEC_ZERO, from = BL_DEC_ZERO;

  for (size_t i = 0; i < o->tier_count && bl_dec_less(from, quantity); i++) {
    bl_dec to = bl_dec_min(quantity, o->tiers[i].up_to);
    bl_dec unit = bl_dec_mul(base, o->tiers[i].unit);

    amount = bl_dec_add(amount, bl_dec_mul(bl_dec_sub(to, from), unit));
    from = to;
  }
  return amount;
}

static bl_dec override_base(const bl_rated_line *line,
                            const bl_drawing *drawing) {
  return bl_rate_of(line, drawing) == BL_RATE_COMMIT ? line->commit_unit
                                                     : line->unit;
}

bl_dec bl_override_unit(const bl_rated_line *line, const bl_drawing *drawing,
                        const bl_override *best) {
  bl_dec base = override_base(line, drawing);

  if (!best) return base;
  if (best->kind == BL_OVERRIDE_OVERWRITE) return best->unit;
  return bl_dec_mul(base, best->kind == BL_OVERRIDE_TIERED
                            ? best->tiers[0].unit : best->factor);
}

static void override_put(bl_ask *ask, const override_request *request,
                         const bl_rated_line *line, const bl_override *best,
                         bl_json *node) {
  bl_dec base = override_base(line, &request->drawing);
  int is_tiered = best && best->kind == BL_OVERRIDE_TIERED;
  bl_dec unit = bl_override_unit(line, &request->drawing, best);

  bl_ask_put(ask, node, "unit", unit);
  if (best) (void)bl_json_add_text(node, "override", best->id);
  else (void)bl_json_add_null(node, "override");
  if (bl_dec_is_bad(request->quantity)) return;
  bl_ask_put(ask, node, "amount",
             is_tiered ? override_by_tiers(best, base, request->quantity)
                       : bl_dec_mul(request->quantity, unit));
}

static int override_line(bl_ask *ask, const override_request *request,
                         const bl_rated_line *line,
                         const bl_override *overrides, size_t count,
                         bl_json *node) {
  uint32_t *why = bl_ask_array(ask, count, sizeof *why);
  const bl_override *best;
  bl_json *list;

  if (!why) return bl_reader_nomem(&ask->top);
  best = bl_override_choose(overrides, count, line, &request->drawing,
                            (int)request->by_priority, why);
  if (line->id.len) (void)bl_json_add_text(node, "id", line->id);
  override_put(ask, request, line, best, node);
  list = bl_json_array(node, "considered");
  for (size_t i = 0; i < count; i++) {
    bl_json *one = bl_json_object(list, NULL);

    (void)bl_json_add_text(one, "id", overrides[i].id);
    (void)bl_json_add_c(one, "why", bl_why_words[why[i]]);
  }
  return BILLING_OK;
}

int bl_ask_override(bl_ask *ask) {
  bl_rated_line start = {.commit_unit = BL_DEC_BAD};
  bl_reader line_at = bl_reader_member(&ask->top, "line");
  bl_reader lines_at = bl_reader_member(&ask->top, "lines");
  override_request request = {.quantity = BL_DEC_BAD};
  bl_rated_line *lines = NULL;
  bl_override *overrides = NULL;
  size_t count = 0, line_count = 0;
  bl_json *list;
  int rc = bl_shape_read(&override_shape, &ask->top, ask->doc, 0, &request);

  if (!rc && !request.line == !request.lines)
    rc = bl_reader_fail(&line_at, BILLING_INVALID, "line, or lines",
                        "it is not said what is priced");
  if (!rc) rc = bl_ask_overrides(ask, request.overrides, &overrides, &count);
  if (!rc && request.line) {
    rc = bl_shape_read(&override_line_shape, &line_at, request.line, 0,
                       &start);
    return rc ? rc : override_line(ask, &request, &start, overrides, count,
                                   ask->out);
  }
  if (!rc)
    rc = bl_ask_items(ask, &lines_at, request.lines, &override_line_shape,
                      &start, sizeof start, &lines, &line_count);
  if (rc) return rc;
  list = bl_json_array(ask->out, "lines");
  for (size_t i = 0; !rc && i < line_count; i++)
    rc = override_line(ask, &request, &lines[i], overrides, count,
                       bl_json_object(list, NULL));
  return rc;
}
