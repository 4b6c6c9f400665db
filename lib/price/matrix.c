/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * matrix.c - another price for each combination of group values.
 *
 *     groups   model, region
 *     rates    {model: m1, region: eu} 3     {model: m1} 2     {} 9
 *     {"model":"m1","region":"eu"}    3
 *     {"model":"m1","region":null}    2      a value that is not named is any
 *     {"model":"m7","region":"eu"}    9
 *
 * The rate that names the most values wins; among equals the first in the
 * list.  Without {} a combination may have no rate at all, and that is an
 * error and never a price of nothing.
 */
#include "price/models.h"

/* What stands at the front of canonical JSON: a text, or the bytes up to the
 * end of a member. */
static bl_str cell_value(bl_str json) {
  size_t at = 0;
  int depth = 0, is_text = 0;

  for (; at < json.len; at++) {
    char c = json.text[at];

    if (c == '\\' && is_text) at++;
    else if (c == '"') is_text = !is_text;
    else if (is_text) continue;
    else if (c == '{' || c == '[') depth++;
    else if (!depth && (c == ',' || c == '}' || c == ':')) break;
    else if (c == '}' || c == ']') depth--;
  }
  return (bl_str){json.text, at < json.len ? at : json.len};
}

static bl_str cell_after(bl_str json, size_t len) {
  if (len > json.len) len = json.len;
  return (bl_str){json.text + len, json.len - len};
}

/* The value of a name, which is given as a JSON text; a group has each of its
 * names. */
static bl_str cell_of(bl_str group, bl_str name) {
  bl_str left = cell_after(group, 1);

  while (left.len) {
    bl_str key = cell_value(left);
    bl_str value = cell_value(cell_after(left, key.len + 1));

    if (bl_str_equal(key, name)) return value;
    left = cell_after(left, key.len + value.len + 2);
  }
  return (bl_str){NULL, 0};
}

static int cell_holds(const bl_cell *cell, bl_str value) {
  return !cell->text.text || bl_str_equal(cell->text, value) ||
         bl_str_equal(cell->quoted, value);
}

const bl_price *bl_price_of_group(const bl_price *price, bl_str group) {
  if (price->model != BL_MODEL_MATRIX) return price;
  for (size_t i = 0; i < price->rate_count; i++) {
    const bl_rate_row *row = &price->rates[i];
    size_t k = 0;

    while (k < price->group_count &&
           (!row->cells[k].text.text ||
            cell_holds(&row->cells[k], cell_of(group, row->names[k]))))
      k++;
    if (k == price->group_count) return row->price;
  }
  return NULL;
}
