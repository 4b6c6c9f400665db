/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * ingest_row.c - the cells of a row become an event.
 *
 *     key,customer,event,time,properties.model,properties.n
 *     k1,acme,llm,2026-01-05,m1,12
 *
 *     {"key":"k1","customer":"acme","event":"llm","time":"2026-01-05",
 *      "properties":{"model":"m1","n":12}}
 *
 * An empty cell is a member that is left out.  A cell that is a number as JSON
 * writes it stays one among the properties.
 */
#include "engine/ingest.h"

static size_t digits_at(bl_str s, size_t at) {
  size_t from = at;

  while (at < s.len && s.text[at] >= '0' && s.text[at] <= '9') at++;
  return at - from;
}

static int is_json_number(bl_str s) {
  size_t at = s.len && s.text[0] == '-', digits = digits_at(s, at);

  if (!digits || (digits > 1 && s.text[at] == '0')) return 0;
  at += digits;
  if (at < s.len && s.text[at] == '.') {
    digits = digits_at(s, at + 1);
    at += 1 + digits;
    if (!digits) return 0;
  }
  return at == s.len;
}

static bl_str cell_text(const bl_ingest *in, const bl_form_cell *cell) {
  return cell->is_constant ? cell->from : in->csv.field[cell->column].text;
}

/* A whole number counts what the form says. */
static int cell_time(bl_ingest *in, bl_str text, billing_event *out) {
  static const int64_t counts[] = {[BL_COUNTS_MICROSECONDS] = 1,
                                   [BL_COUNTS_MILLISECONDS] = 1000,
                                   [BL_COUNTS_SECONDS] = BL_SECOND};
  int64_t count = 0, unit = counts[in->form.counts];

  if (bl_int_parse(text, &count) && count && count <= BL_TIME_MAX / unit &&
      count >= BL_TIME_MIN / unit) {
    out->time_us = count * unit;
    return BILLING_OK;
  }
  if (bl_time_parse(text, &out->time_us) && out->time_us) return BILLING_OK;
  return bl_fail(in->c->err, BILLING_INVALID_TIME, "/time",
                 "RFC 3339, or a number as \"times\" of the form says",
                 "the time %t cannot be read", &text);
}

static int cell_amount(bl_ingest *in, bl_str text, billing_event *out) {
  out->flags |= BILLING_EVENT_VALUE;
  if (!bl_dec_parse(text.text, text.len, &out->value)) return BILLING_OK;
  return bl_fail(in->c->err, BILLING_INVALID, "/value",
                 "a number with up to 18 decimals, and a point before them",
                 "the value %t is not a decimal", &text);
}

static void cell_property(const bl_form_cell *cell, bl_str text,
                          bl_text *json) {
  bl_text_c(json, json->len ? "," : "{");
  bl_text_json(json, cell->property);
  bl_text_c(json, ":");
  if (is_json_number(text)) bl_text_str(json, text);
  else bl_text_json(json, text);
}

static int take_cell(bl_ingest *in, const bl_form_cell *cell, bl_text *json,
                     billing_event *out) {
  bl_str text = cell_text(in, cell);

  if (!text.len) return BILLING_OK;
  switch (cell->use) {
  case BL_CELL_KEY: out->key = text; break;
  case BL_CELL_CUSTOMER: out->customer = text; break;
  case BL_CELL_EVENT: out->event = text; break;
  case BL_CELL_TIME: return cell_time(in, text, out);
  case BL_CELL_VALUE: return cell_amount(in, text, out);
  case BL_CELL_PROPERTIES: out->properties = text; break;
  default: cell_property(cell, text, json);
  }
  return BILLING_OK;
}

static int take_cells(bl_ingest *in, const bl_form_cells *cells,
                      bl_text *json, billing_event *out) {
  int rc = BILLING_OK;

  for (size_t i = 0; i < cells->count && !rc; i++)
    rc = take_cell(in, &cells->item[i], json, out);
  return rc;
}

/* prefix-row, and behind a key the name of the event that shares it. */
static int make_key(bl_ingest *in, uint64_t row, const bl_form_event *event,
                    billing_event *out) {
  bl_text key;

  if (!in->form.key_prefix.len && !event) return BILLING_OK;
  bl_text_open(&key, &in->c->arena);
  if (in->form.key_prefix.len) {
    bl_text_str(&key, in->form.key_prefix);
    bl_text_c(&key, "-");
    bl_text_int(&key, (int64_t)row);
  } else {
    bl_text_str(&key, out->key);
  }
  if (event) {
    bl_text_c(&key, "-");
    bl_text_str(&key, event->name);
  }
  out->key = (bl_str){key.text, key.len};
  return key.failed ? BILLING_NOMEM : BILLING_OK;
}

static int check_width(bl_ingest *in) {
  int64_t has = (int64_t)in->csv.count;
  int64_t needs = (int64_t)in->form.header_count;

  if (has == needs) return BILLING_OK;
  return bl_fail(in->c->err, BILLING_INVALID, "",
                 "as many fields as the header has columns",
                 "the row has %i fields, the header %i", has, needs);
}

int bl_ingest_row(bl_ingest *in, uint64_t row, size_t event,
                  billing_event *out) {
  const bl_form_event *own =
      in->form.event_count ? &in->form.events[event] : NULL;
  bl_text json;
  int rc = check_width(in);

  memset(out, 0, sizeof *out);
  out->struct_size = sizeof *out;
  if (own) out->event = own->name;
  bl_text_open(&json, &in->c->arena);
  if (!rc) rc = take_cells(in, &in->form.cells, &json, out);
  if (!rc && own) rc = take_cells(in, &own->cells, &json, out);
  if (!rc) rc = make_key(in, row, own, out);
  if (rc || !json.len) return rc;
  bl_text_c(&json, "}");
  out->properties = (bl_str){json.text, json.len};
  return json.failed ? BILLING_NOMEM : BILLING_OK;
}

/* ---- the cell of an error ---- */

/* "/properties/n" is about a cell of that property, or of all of them. */
static int is_about(const bl_form_cell *cell, bl_str path) {
  static const char *const names[] = {"/key", "/customer", "/event", "/time",
                                      "/value", "/properties"};
  bl_str front = BL_STR("/properties/");

  if (cell->use < BL_CELL_PROPERTIES) return bl_str_is(path, names[cell->use]);
  if (cell->use == BL_CELL_PROPERTIES)
    return path.len >= 11 && !memcmp(path.text, front.text, 11);
  return path.len == front.len + cell->property.len &&
         !memcmp(path.text, front.text, front.len) &&
         !memcmp(path.text + front.len, cell->property.text,
                 cell->property.len);
}

const bl_form_cell *bl_ingest_cell(const bl_form *form, size_t event,
                                   bl_str path) {
  const bl_form_cells *lists[2] = {&form->cells, NULL};

  if (event < form->event_count) lists[1] = &form->events[event].cells;
  for (size_t k = 0; k < 2; k++)
    for (size_t i = 0; lists[k] && i < lists[k]->count; i++)
      if (is_about(&lists[k]->item[i], path)) return &lists[k]->item[i];
  return NULL;
}
