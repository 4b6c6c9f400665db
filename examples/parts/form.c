/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* form.c - how a row becomes events. */
#include "form.h"

#include <string.h>

static const char *const plain_fields[] = {"customer", "event", "key", "time",
                                           "value"};
#define PLAIN_FIELDS (sizeof plain_fields / sizeof *plain_fields)
#define PROPERTIES "properties."

static int refuse(mapping *m, const char *problem, const char *at,
                  size_t len) {
  m->problem = problem;
  m->problem_at = at;
  m->problem_len = (int)len;
  return 0;
}

static int is_word(const char *text, size_t len, const char *word) {
  return strlen(word) == len && !memcmp(text, word, len);
}

static int set_field(mapping *m, binding *b, const char *text, size_t len) {
  size_t prefix = strlen(PROPERTIES);

  b->field = text;
  b->field_len = len;
  for (size_t i = 0; i < PLAIN_FIELDS; i++)
    if (is_word(text, len, plain_fields[i])) return 1;
  if (len <= prefix || memcmp(text, PROPERTIES, prefix))
    return refuse(m, "there is no such field", text, len);
  b->field += prefix;
  b->field_len -= prefix;
  b->is_property = 1;
  return 1;
}

static int is_same_field(const binding *a, const binding *b) {
  return a->is_property == b->is_property && a->field_len == b->field_len &&
         !memcmp(a->field, b->field, a->field_len) &&
         (a->form == b->form || a->form < 0 || b->form < 0);
}

static int keep(mapping *m, const binding *b) {
  for (size_t i = 0; i < m->count; i++)
    if (is_same_field(&m->bindings[i], b))
      return refuse(m, "the field is given twice", b->field, b->field_len);
  if (m->count == FORM_BINDINGS)
    return refuse(m, "there are too many fields", b->field, b->field_len);
  m->bindings[m->count++] = *b;
  return 1;
}

/* "column=field,column=field" for one event, or for all (-1). */
static int add_columns(mapping *m, int form, const char *columns) {
  while (*columns) {
    size_t len = strcspn(columns, ",");
    const char *equals = columns + len;
    binding b = {.form = form};

    while (equals > columns && *equals != '=') equals--;
    if (equals == columns)
      return refuse(m, "column=field is expected", columns, len);
    b.from = columns;
    b.from_len = (size_t)(equals - columns);
    if (!set_field(m, &b, equals + 1, len - b.from_len - 1) || !keep(m, &b))
      return 0;
    columns += len + (columns[len] == ',');
  }
  return 1;
}

int mapping_map(mapping *m, const char *columns) {
  return add_columns(m, -1, columns);
}

int mapping_set(mapping *m, const char *constant) {
  const char *equals = strchr(constant, '=');
  binding b = {.form = -1, .is_constant = 1};

  if (!equals)
    return refuse(m, "field=value is expected", constant, strlen(constant));
  b.from = equals + 1;
  b.from_len = strlen(b.from);
  return set_field(m, &b, constant, (size_t)(equals - constant)) &&
         keep(m, &b);
}

int mapping_event(mapping *m, const char *event) {
  size_t len = strcspn(event, ":");

  if (!len || m->event_count == FORM_EVENTS)
    return refuse(m, "name:column=field is expected, at most 16 times",
                  event, strlen(event));
  for (int i = 0; i < m->event_count; i++)
    if (m->event_len[i] == len && !memcmp(m->event[i], event, len))
      return refuse(m, "the event is given twice", event, len);
  m->event[m->event_count] = event;
  m->event_len[m->event_count++] = len;
  return add_columns(m, m->event_count - 1,
                     event + len + (event[len] == ':'));
}

static int has_field(const mapping *m, const char *field) {
  for (size_t i = 0; i < m->count; i++)
    if (!m->bindings[i].is_property &&
        is_word(m->bindings[i].field, m->bindings[i].field_len, field))
      return 1;
  return 0;
}

int mapping_bind(mapping *m, const csv *header) {
  for (size_t i = 0; i < m->count; i++) {
    binding *b = &m->bindings[i];
    if (b->is_constant) continue;
    b->column = csv_column(header, b->from, b->from_len);
    if (b->column < 0)
      return refuse(m, "the file has no such column", b->from, b->from_len);
  }
  if (has_field(m, "event") && m->event_count)
    return refuse(m, "--event names the events already", "event", 5);
  if (!has_field(m, "event") && !m->event_count)
    return refuse(m, "map or set the field", "event", 5);
  if (!has_field(m, "customer"))
    return refuse(m, "map or set the field", "customer", 8);
  if (!has_field(m, "key") && !m->prefix)
    return refuse(m, "map the field, or number the rows by --key-prefix",
                  "key", 3);
  if (has_field(m, "key") && m->prefix)
    return refuse(m, "--key-prefix makes the keys already", "key", 3);
  return 1;
}

int mapping_events(const mapping *m) {
  return m->event_count ? m->event_count : 1;
}

static size_t digits_at(const char *text, size_t at, size_t len) {
  size_t from = at;

  while (at < len && text[at] >= '0' && text[at] <= '9') at++;
  return at - from;
}

/* Whether a cell is a number as JSON writes it, so that it stays one. */
static int is_number(const char *text, size_t len) {
  size_t at = len && text[0] == '-', digits = digits_at(text, at, len);

  if (!digits || (digits > 1 && text[at] == '0')) return 0;
  at += digits;
  if (at < len && text[at] == '.') {
    digits = digits_at(text, at + 1, len);
    at += 1 + digits;
    if (!digits) return 0;
  }
  return at == len;
}

static const char *cell(const binding *b, const csv *row, size_t *len) {
  *len = b->from_len;
  return b->is_constant ? b->from : csv_field(row, (size_t)b->column, len);
}

static void member(buffer *out, const char *name, size_t len) {
  char last = out->len ? out->text[out->len - 1] : '{';

  if (last != '{') buffer_c(out, ",");
  buffer_quoted(out, name, len);
  buffer_c(out, ":");
}

/* The events of one row differ: their keys are base-name. */
static void add_key(mapping *m, int event, buffer *out) {
  if (m->event_count) {
    buffer_c(&m->key, "-");
    buffer_add(&m->key, m->event[event], m->event_len[event]);
  }
  member(out, "key", 3);
  buffer_quoted(out, m->key.text ? m->key.text : "", m->key.len);
  out->failed |= m->key.failed;
}

/* prefix-row */
static void add_row_key(mapping *m, const csv *row, int event, buffer *out) {
  buffer_empty(&m->key);
  buffer_c(&m->key, m->prefix);
  buffer_c(&m->key, "-");
  buffer_u64(&m->key, row->row);
  add_key(m, event, out);
}

static void add_plain(mapping *m, const csv *row, int event, buffer *out) {
  for (size_t i = 0; i < m->count; i++) {
    const binding *b = &m->bindings[i];
    const char *value;
    size_t len;

    if (b->is_property || (b->form >= 0 && b->form != event)) continue;
    value = cell(b, row, &len);
    if (is_word(b->field, b->field_len, "key")) {
      buffer_empty(&m->key);
      buffer_add(&m->key, value, len);
      add_key(m, event, out);
    } else if (len) {
      member(out, b->field, b->field_len);
      buffer_quoted(out, value, len);
    }
  }
}

static void add_properties(const mapping *m, const csv *row, int event,
                           buffer *out) {
  size_t opened = 0;

  for (size_t i = 0; i < m->count; i++) {
    const binding *b = &m->bindings[i];
    const char *value;
    size_t len;

    if (!b->is_property || (b->form >= 0 && b->form != event)) continue;
    value = cell(b, row, &len);
    if (!len) continue;
    if (!opened++) {
      member(out, "properties", 10);
      buffer_c(out, "{");
    }
    member(out, b->field, b->field_len);
    if (is_number(value, len)) buffer_add(out, value, len);
    else buffer_quoted(out, value, len);
  }
  if (opened) buffer_c(out, "}");
}

void mapping_line(mapping *m, const csv *row, int event, buffer *out) {
  buffer_c(out, "{");
  if (m->prefix) add_row_key(m, row, event, out);
  if (m->event_count) {
    member(out, "event", 5);
    buffer_quoted(out, m->event[event], m->event_len[event]);
  }
  add_plain(m, row, event, out);
  add_properties(m, row, event, out);
  buffer_c(out, "}\n");
}

void mapping_close(mapping *m) {
  buffer_free(&m->key);
}

#undef PLAIN_FIELDS
#undef PROPERTIES
