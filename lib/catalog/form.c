/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * form.c - how the rows of a CSV become events.
 *
 *     {"format":"csv","fields":{"customer":"account","time":"at"},
 *      "events":[{"event":"input","fields":{"value":"ContextTokens"}},
 *                {"event":"output","fields":{"value":"GeneratedTokens"}}],
 *      "key_prefix":"trace"}
 *
 *     row 7 is two events, with the keys trace-7-input and trace-7-output,
 *     both of the customer that stands in its column "account"
 */
#include "catalog/form.h"

#include "catalog/field.h"

static const char *const form_formats[] = {"ndjson", "csv", NULL};
static const char *const form_counts[] = {"microseconds", "milliseconds",
                                          "seconds", NULL};
static const char *const form_uses[] = {
  [BL_CELL_KEY]        = "key",
  [BL_CELL_CUSTOMER]   = "customer",
  [BL_CELL_EVENT]      = "event",
  [BL_CELL_TIME]       = "time",
  [BL_CELL_VALUE]      = "value",
  [BL_CELL_PROPERTIES] = "properties",
  NULL
};
#define FORM_PROPERTY BL_STR("properties.")
#define FORM_USES "key, customer, event, time, value, properties, " \
                  "properties.NAME"

/* ---- cells ---- */

/* "time", "properties.model"; 0 when it is neither. */
static int form_use(bl_str name, bl_form_cell *cell) {
  bl_str front = FORM_PROPERTY;

  for (uint32_t use = 0; form_uses[use]; use++)
    if (bl_str_is(name, form_uses[use])) {
      cell->use = use;
      return 1;
    }
  if (name.len <= front.len || memcmp(name.text, front.text, front.len) != 0)
    return 0;
  cell->use = BL_CELL_PROPERTY;
  cell->property = (bl_str){name.text + front.len, name.len - front.len};
  return 1;
}

static int form_is_same(const bl_form_cell *a, const bl_form_cell *b) {
  int is_whole = (a->use == BL_CELL_PROPERTIES &&
                  b->use == BL_CELL_PROPERTY) ||
                 (b->use == BL_CELL_PROPERTIES && a->use == BL_CELL_PROPERTY);

  return is_whole || (a->use == b->use &&
                      (a->use != BL_CELL_PROPERTY ||
                       bl_str_equal(a->property, b->property)));
}

static int form_is_taken(const bl_form_cells *cells, size_t count,
                         const bl_form_cell *cell) {
  for (size_t i = 0; i < count; i++)
    if (form_is_same(&cells->item[i], cell)) return 1;
  return 0;
}

/* Any text: a header may have broken lines in it. */
static int form_name(const bl_reader *r, const bl_json *node, bl_str *out) {
  if (bl_json_kind(node) != BL_JSON_TEXT)
    return bl_reader_fail(r, BILLING_INVALID, "write it in quotes",
                          "this is not a text");
  *out = bl_arena_str(r->arena, bl_json_text(node));
  return out->text ? BILLING_OK : bl_reader_nomem(r);
}

static int form_cell(const bl_reader *r, const bl_json *member,
                     int is_constant, bl_form_cell *out) {
  bl_reader at = bl_reader_member(r, "");
  bl_str name = bl_json_key(member);

  at.segment = name;
  name = bl_arena_str(r->arena, name);
  if (!name.text) return bl_reader_nomem(r);
  if (!form_use(name, out))
    return bl_reader_fail(&at, BILLING_INVALID, FORM_USES,
                          "an event has no %t", &name);
  out->is_constant = (uint32_t)is_constant;
  if (is_constant && bl_json_kind(member) == BL_JSON_NUMBER) {
    out->from = bl_arena_str(r->arena, bl_json_text(member));
    return out->from.text ? BILLING_OK : bl_reader_nomem(r);
  }
  return form_name(&at, member, &out->from);
}

/* {"customer":"account"}: adds to the list, which has room for all. */
static int form_add(const bl_reader *r, const bl_json *node, int is_constant,
                    bl_form_cells *cells) {
  const bl_json *member = bl_json_first(node);
  int rc = BILLING_OK;

  for (; member && !rc; member = bl_json_next(member)) {
    bl_form_cell cell = {0};
    bl_reader at = bl_reader_member(r, "");
    at.segment = bl_json_key(member);
    rc = form_cell(r, member, is_constant, &cell);
    if (!rc && form_is_taken(cells, cells->count, &cell))
      rc = bl_reader_fail(&at, BILLING_INVALID, "one cell for each",
                          "this is given twice");
    if (!rc) cells->item[cells->count++] = cell;
  }
  return rc;
}

static int form_object(const bl_reader *r, const bl_json *node) {
  if (bl_json_kind(node) != BL_JSON_OBJECT)
    return bl_reader_fail(r, BILLING_INVALID, "such as {\"time\":\"at\"}",
                          "this is not an object");
  if (bl_json_count(node) > BL_FORM_CELLS)
    return bl_reader_fail(r, BILLING_LIMIT, "at most 256", "too many fields");
  return BILLING_OK;
}

/* Members "fields" and "set", of the form or of one of its events. */
static int form_cells(const bl_reader *r, const bl_field *field,
                      const bl_json *node, void *model) {
  bl_form_cells *cells =
      (bl_form_cells *)(void *)((unsigned char *)model + field->at);
  size_t most = 2 * BL_FORM_CELLS;
  int rc = form_object(r, node);

  if (rc) return rc;
  if (!cells->item)
    cells->item = bl_arena_array(r->arena, most, sizeof *cells->item);
  if (!cells->item) return bl_reader_nomem(r);
  return form_add(r, node, field->low != 0, cells);
}

static int form_fields(const bl_reader *r, const bl_field *field,
                       const bl_json *node, void *model) {
  ((bl_form *)model)->has_fields = 1;
  return form_cells(r, field, node, model);
}

/* ---- events ---- */

static const bl_field form_event_fields[] = {
  {.name = "event", .read = bl_value_id, .needed = BL_ALWAYS,
   .at = offsetof(bl_form_event, name)},
  {.name = "fields", .read = form_cells, .at = offsetof(bl_form_event, cells)},
  {.name = "set", .read = form_cells, .low = 1,
   .at = offsetof(bl_form_event, cells)},
};

static const bl_shape form_event_shape = {
  "an event of a row", form_event_fields, BL_COUNT(form_event_fields)
};

static int form_events(const bl_reader *r, const bl_field *field,
                       const bl_json *node, void *model) {
  bl_form *form = model;
  const bl_json *item = bl_json_first(node);
  size_t count = 0;
  int rc = bl_value_array(r, node, 1, BL_FORM_EVENTS, &count);

  (void)field;
  if (rc) return rc;
  form->events = bl_arena_array(r->arena, count, sizeof *form->events);
  if (!form->events) return bl_reader_nomem(r);
  for (size_t i = 0; i < count && !rc; i++, item = bl_json_next(item)) {
    bl_reader at = bl_reader_item(r, i);
    rc = bl_shape_read(&form_event_shape, &at, item, 0, &form->events[i]);
    for (size_t k = 0; k < i && !rc; k++)
      if (bl_str_equal(form->events[k].name, form->events[i].name))
        rc = bl_reader_fail(&at, BILLING_INVALID, "name each event once",
                            "the event is there twice");
  }
  form->event_count = count;
  return rc;
}

/* ---- the rest ---- */

/* One byte of ASCII that is not the end of a line. */
static int form_byte(const bl_reader *r, const bl_field *field,
                     const bl_json *node, void *model) {
  bl_str text = bl_json_text(node);

  if (bl_json_kind(node) != BL_JSON_TEXT || text.len != 1 ||
      text.text[0] == '\n' || text.text[0] == '\r' ||
      (unsigned char)text.text[0] > 126)
    return bl_reader_fail(r, BILLING_INVALID, "one byte, such as \";\"",
                          "this separates nothing");
  ((char *)model)[field->at] = text.text[0];
  return BILLING_OK;
}

static int form_header(const bl_reader *r, const bl_field *field,
                       const bl_json *node, void *model) {
  bl_form *form = model;
  const bl_json *item = bl_json_first(node);
  size_t count = 0;
  int rc = bl_value_array(r, node, 1, 1000, &count);

  (void)field;
  if (rc) return rc;
  form->header = bl_arena_array(r->arena, count, sizeof *form->header);
  if (!form->header) return bl_reader_nomem(r);
  for (size_t i = 0; i < count && !rc; i++, item = bl_json_next(item)) {
    bl_reader at = bl_reader_item(r, i);
    rc = form_name(&at, item, &form->header[i]);
  }
  form->header_count = count;
  form->has_header = 1;
  return rc;
}

static const bl_field form_members[] = {
  {.name = "format", .read = bl_value_choice, .words = form_formats,
   .at = offsetof(bl_form, format)},
  {.name = "separator", .read = form_byte,
   .at = offsetof(bl_form, separator)},
  {.name = "quote", .read = form_byte, .at = offsetof(bl_form, quote)},
  {.name = "header", .read = form_header},
  {.name = "fields", .read = form_fields, .at = offsetof(bl_form, cells)},
  {.name = "set", .read = form_cells, .low = 1,
   .at = offsetof(bl_form, cells)},
  {.name = "events", .read = form_events},
  {.name = "key_prefix", .read = bl_value_label, .high = 150,
   .at = offsetof(bl_form, key_prefix)},
  {.name = "times", .read = bl_value_choice, .words = form_counts,
   .at = offsetof(bl_form, counts)},
};

static const bl_shape form_shape = {
  "a form", form_members, BL_COUNT(form_members)
};

/* What is about cells is for CSV: nothing is ignored in silence. */
static int form_check(const bl_reader *r, const bl_json *doc,
                      const bl_form *form) {
  if (form->format == BL_FORM_CSV || bl_json_count(doc) <= 1)
    return BILLING_OK;
  return bl_reader_fail(r, BILLING_INVALID, "{\"format\":\"ndjson\"} alone",
                        "lines of JSON name their members themselves");
}

int bl_form_read(const bl_json *doc, bl_arena *a, bl_form *out,
                 billing_error *err) {
  bl_reader r = bl_reader_top("", a, err);
  int rc;

  memset(out, 0, sizeof *out);
  out->separator = ',';
  out->quote = '"';
  if (!doc) return BILLING_OK;
  rc = bl_shape_read(&form_shape, &r, doc, 0, out);
  if (!rc) rc = form_check(&r, doc, out);
  if (!rc && out->separator == out->quote)
    rc = bl_reader_fail(&r, BILLING_INVALID, "two different bytes",
                        "the separator is the quote");
  return rc;
}

/* ---- columns ---- */

/* By name, or by number: "#2" is the second. */
static int form_column(const bl_str *header, size_t count, bl_str name,
                       size_t *out) {
  bl_str digits = {name.text + 1, name.len - 1};
  int64_t number = 0;

  for (size_t i = 0; i < count; i++)
    if (bl_str_equal(header[i], name)) {
      *out = i;
      return 1;
    }
  if (name.len < 2 || name.text[0] != '#' || !bl_int_parse(digits, &number) ||
      number < 1 || (uint64_t)number > count)
    return 0;
  *out = (size_t)number - 1;
  return 1;
}

static int form_bind_cells(bl_form_cells *cells, const bl_str *header,
                           size_t count, billing_error *err) {
  for (size_t i = 0; i < cells->count; i++) {
    bl_form_cell *cell = &cells->item[i];
    if (cell->is_constant) continue;
    if (!form_column(header, count, cell->from, &cell->column))
      return bl_fail(err, BILLING_INVALID, "/fields",
                     "a column by its name, or by its number as #2",
                     "there is no column %t", &cell->from);
  }
  return BILLING_OK;
}

/* Without "fields" every column says itself what it is for. */
static int form_own_names(bl_form *form, const bl_str *header, size_t count,
                          bl_arena *a, billing_error *err) {
  bl_form_cells *cells = &form->cells;
  bl_form_cell *item = bl_arena_array(a, count + cells->count + 1,
                                      sizeof *item);

  if (!item) return BILLING_NOMEM;
  if (cells->count) memcpy(item, cells->item, cells->count * sizeof *item);
  cells->item = item;
  for (size_t i = 0; i < count; i++) {
    bl_form_cell cell = {.from = header[i], .column = i};
    if (!form_use(header[i], &cell) ||
        form_is_taken(cells, cells->count, &cell))
      return bl_fail(err, BILLING_INVALID, "/fields",
                     "say in \"fields\" which columns mean what: " FORM_USES,
                     "the column %t is no part of an event, or given twice",
                     &header[i]);
    cells->item[cells->count++] = cell;
  }
  return BILLING_OK;
}

static int form_has(const bl_form *form, const bl_form_event *event,
                    uint32_t use) {
  for (size_t i = 0; i < form->cells.count; i++)
    if (form->cells.item[i].use == use) return 1;
  for (size_t i = 0; event && i < event->cells.count; i++)
    if (event->cells.item[i].use == use) return 1;
  return 0;
}

static int form_lacks(const char *what, const char *hint,
                      billing_error *err) {
  return bl_fail(err, BILLING_INVALID, "/fields", hint,
                 "no column has the %s of an event", what);
}

/* What every event must have, and may have once only. */
static int form_check_event(const bl_form *form, const bl_form_event *event,
                            billing_error *err) {
  for (size_t i = 0; event && i < event->cells.count; i++)
    if (form_is_taken(&form->cells, form->cells.count,
                      &event->cells.item[i]))
      return bl_fail(err, BILLING_INVALID, "/events", "one cell for each",
                     "%t gives again what every event of the row has",
                     &event->name);
  if (!form_has(form, event, BL_CELL_CUSTOMER))
    return form_lacks("customer", "map or set \"customer\"", err);
  if (form_has(form, event, BL_CELL_KEY) == (form->key_prefix.len > 0))
    return form_lacks("key", "map \"key\", or number the rows by "
                      "\"key_prefix\", not both", err);
  if (form_has(form, event, BL_CELL_EVENT) == (event != NULL))
    return form_lacks("name", "map or set \"event\", or list \"events\", not "
                      "both", err);
  return BILLING_OK;
}

int bl_form_bind(bl_form *form, const bl_str *header, size_t count,
                 bl_arena *a, billing_error *err) {
  int rc = form->has_fields ? BILLING_OK
                            : form_own_names(form, header, count, a, err);

  if (!rc) rc = form_bind_cells(&form->cells, header, count, err);
  if (!rc && !form->event_count) rc = form_check_event(form, NULL, err);
  for (size_t i = 0; i < form->event_count && !rc; i++) {
    rc = form_bind_cells(&form->events[i].cells, header, count, err);
    if (!rc) rc = form_check_event(form, &form->events[i], err);
  }
  return rc;
}

#undef FORM_PROPERTY
#undef FORM_USES
