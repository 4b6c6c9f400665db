/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * rates.c - the rates of a matrix: for each combination of group values a
 * price, or a price of one unit.
 *
 *     "groups":["model","region"],
 *     "rates":[{"values":{"model":"m1","region":"eu"},"unit":"3"},
 *              {"values":{"model":"m1"},
 *               "price":{"model":"package","unit":"15","per":"10"}},
 *              {"values":{},"unit":"9"}]
 *
 * They are kept with the most specific first.
 */
#include "catalog/field.h"

typedef struct rates_terms {
  const bl_json *values;
  const bl_json *price;
  const bl_json *unit;
} rates_terms;

static int rates_node(const bl_reader *r, const bl_field *field,
                     const bl_json *node, void *model) {
  (void)r;
  *(const bl_json **)(void *)((unsigned char *)model + field->at) = node;
  return BILLING_OK;
}

static const bl_field rates_fields[] = {
  {.name = "values", .read = rates_node, .needed = BL_ALWAYS,
   .hint = "{} is for all that no other rate names",
   .at = offsetof(rates_terms, values)},
  {.name = "price", .read = rates_node, .at = offsetof(rates_terms, price)},
  {.name = "unit", .read = rates_node, .at = offsetof(rates_terms, unit)},
};

static const bl_shape rates_shape = {
  "a rate", rates_fields, BL_COUNT(rates_fields)
};

/* A text as JSON. */
static int rates_quote(const bl_reader *r, bl_str text, bl_str *out) {
  bl_text quoted;

  bl_text_open(&quoted, r->arena);
  bl_text_json(&quoted, text);
  if (quoted.failed) return bl_reader_nomem(r);
  *out = (bl_str){quoted.text, quoted.len};
  return BILLING_OK;
}

/* 5 and "5" are one value, as in filters. */
static int rates_cell(const bl_reader *r, const bl_json *node, bl_cell *out) {
  int is_null = bl_json_kind(node) == BL_JSON_NULL;
  bl_str text = is_null ? BL_STR("null") : bl_json_scalar(node);

  if (!text.text)
    return bl_reader_fail(r, BILLING_INVALID, "a text, number, true, false, "
                          "or null for a property that is absent",
                          "this is not one value");
  out->text = bl_arena_str(r->arena, text);
  if (r->arena->failed) return bl_reader_nomem(r);
  if (is_null) out->quoted = out->text;
  else return rates_quote(r, text, &out->quoted);
  return BILLING_OK;
}

static int rates_values(const bl_reader *r, const bl_json *values,
                       const bl_price *price, bl_rate_row *row) {
  if (bl_json_kind(values) != BL_JSON_OBJECT)
    return bl_reader_fail(r, BILLING_INVALID, "{\"model\":\"m1\"}",
                          "values are an object");
  for (const bl_json *m = bl_json_first(values); m; m = bl_json_next(m)) {
    bl_str name = bl_json_key(m);
    bl_reader at = bl_reader_member(r, "");
    size_t k = 0;
    int rc;

    at.segment = name;
    while (k < price->group_count && !bl_str_equal(price->groups[k], name))
      k++;
    if (k == price->group_count)
      return bl_reader_fail(&at, BILLING_INVALID,
                            "name it in the groups of the price first",
                            "the price does not group by %t", &name);
    rc = rates_cell(&at, m, &row->cells[k]);
    if (rc) return rc;
    row->named++;
  }
  return BILLING_OK;
}

/* A price of one unit is the usual case and has a short form. */
static int rates_unit(const bl_reader *r, const bl_json *node,
                     bl_price *price) {
  static const bl_field unit = {.name = "unit"};
  bl_reader at = bl_reader_member(r, "unit");

  price->model      = BL_MODEL_PER_UNIT;
  price->per        = BL_DEC_ONE;
  price->tier_count = 1;
  price->tiers      = bl_arena_array(r->arena, 1, sizeof *price->tiers);
  if (!price->tiers) return bl_reader_nomem(r);
  price->tiers->up_to = BL_DEC_MAX;
  return bl_value_amount(&at, &unit, node,
                         (unsigned char *)price->tiers +
                           offsetof(bl_tier, unit));
}

/* A rate prices the quantity of its group, as the matrix would: it has no
 * groups and filters of its own, and is no fee. */
static int rates_price(const bl_reader *r, const bl_json *node,
                      const bl_price *matrix, bl_price *price) {
  bl_reader at = bl_reader_member(r, "price");
  bl_reader model = bl_reader_member(&at, "model");
  int rc = bl_price_read(&at, node, 0, matrix->asset, price);

  if (!rc && (price->model == BL_MODEL_MATRIX ||
              price->model == BL_MODEL_FLAT))
    rc = bl_reader_fail(&model, BILLING_INVALID, "a price of usage",
                        "this cannot be a rate of a matrix");
  if (!rc && (price->meter.len || price->group_count || price->filter_count ||
              !bl_asset_equal(price->asset, matrix->asset)))
    rc = bl_reader_fail(&at, BILLING_INVALID, "say it in the matrix",
                        "a rate has no asset, meter, groups and filters of "
                        "its own");
  return rc;
}

static int rates_read(const bl_reader *r, const bl_json *doc,
                     const bl_price *matrix, bl_rate_row *row) {
  bl_reader values = bl_reader_member(r, "values");
  rates_terms terms = {NULL, NULL, NULL};
  size_t groups = matrix->group_count ? matrix->group_count : 1;
  int rc = bl_shape_read(&rates_shape, r, doc, 0, &terms);

  row->cells = bl_arena_array(r->arena, groups, sizeof *row->cells);
  row->price = bl_arena_take(r->arena, sizeof *row->price);
  if (!rc && (!row->cells || !row->price)) rc = bl_reader_nomem(r);
  if (!rc && !terms.price == !terms.unit)
    rc = bl_reader_fail(r, BILLING_INVALID, "\"unit\":\"2.50\", or a price",
                        "a rate has either a unit or a price");
  if (!rc) rc = rates_values(&values, terms.values, matrix, row);
  if (rc) return rc;
  row->price->most = BL_DEC_MAX;
  memcpy(row->price->asset, matrix->asset, sizeof matrix->asset);
  return terms.unit ? rates_unit(r, terms.unit, row->price)
                    : rates_price(r, terms.price, matrix, row->price);
}

/* Behind those that name as many values, or more. */
static void rates_place(bl_price *matrix, bl_rate_row row) {
  size_t at = matrix->rate_count++;

  for (; at && matrix->rates[at - 1].named < row.named; at--)
    matrix->rates[at] = matrix->rates[at - 1];
  matrix->rates[at] = row;
}

int bl_value_rates(const bl_reader *r, const bl_field *field,
                   const bl_json *node, void *model) {
  bl_price *price = model;
  const bl_json *item = bl_json_first(node);
  size_t count = 0, groups = price->group_count ? price->group_count : 1;
  bl_str *names;
  int rc = bl_value_array(r, node, 1, BL_LIMIT_RATES, &count);

  (void)field;
  if (rc) return rc;
  price->rates = bl_arena_array(r->arena, count, sizeof *price->rates);
  names = bl_arena_array(r->arena, groups, sizeof *names);
  if (!price->rates || !names) return bl_reader_nomem(r);
  for (size_t k = 0; !rc && k < price->group_count; k++)
    rc = rates_quote(r, price->groups[k], &names[k]);
  for (size_t i = 0; !rc && i < count; i++, item = bl_json_next(item)) {
    bl_reader at = bl_reader_item(r, i);
    bl_rate_row row = {names, NULL, 0, NULL};

    rc = rates_read(&at, item, price, &row);
    if (!rc) rates_place(price, row);
  }
  return rc;
}
