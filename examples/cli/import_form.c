/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * import_form.c - what a stream looks like, from options:
 *
 *     --map account=customer,at=time --set event=llm --key-prefix usage
 *
 *     {"format":"csv","fields":{"customer":"account","time":"at"},
 *      "set":{"event":"llm"},"key_prefix":"usage"}
 */
#include "import_form.h"

#include <stdio.h>
#include <string.h>

static void open_member(buffer *out, const char *name) {
  char last = out->len ? out->text[out->len - 1] : '{';

  if (last != '{') buffer_c(out, ",");
  buffer_quoted(out, name, strlen(name));
  buffer_c(out, ":");
}

static void add_pair(buffer *out, const char *name, size_t name_len,
                     const char *value, size_t value_len) {
  if (out->text[out->len - 1] != '{') buffer_c(out, ",");
  buffer_quoted(out, name, name_len);
  buffer_c(out, ":");
  buffer_quoted(out, value, value_len);
}

/* "column=field,column=field" becomes "field":"column",.. */
static int add_columns(cli *c, const char *columns, buffer *out) {
  while (*columns) {
    size_t len = strcspn(columns, ",");
    const char *equals = columns + len;

    while (equals > columns && *equals != '=') equals--;
    if (equals == columns)
      return cli_usage(c, "column=field is expected", columns);
    add_pair(out, equals + 1, (size_t)(columns + len - equals) - 1, columns,
             (size_t)(equals - columns));
    columns += len + (columns[len] == ',');
  }
  return CLI_OK;
}

static int add_fields(cli *c, const cli_list *maps, buffer *out) {
  int rc = CLI_OK;

  if (!maps->count) return CLI_OK;
  open_member(out, "fields");
  buffer_c(out, "{");
  for (size_t i = 0; i < maps->count && !rc; i++)
    rc = add_columns(c, maps->item[i], out);
  buffer_c(out, "}");
  return rc;
}

static int add_sets(cli *c, const cli_list *sets, buffer *out) {
  if (!sets->count) return CLI_OK;
  open_member(out, "set");
  buffer_c(out, "{");
  for (size_t i = 0; i < sets->count; i++) {
    const char *equals = strchr(sets->item[i], '=');
    if (!equals)
      return cli_usage(c, "field=value is expected", sets->item[i]);
    add_pair(out, sets->item[i], (size_t)(equals - sets->item[i]), equals + 1,
             strlen(equals + 1));
  }
  buffer_c(out, "}");
  return CLI_OK;
}

static int add_events(cli *c, const cli_list *events, buffer *out) {
  int rc = CLI_OK;

  if (!events->count) return CLI_OK;
  open_member(out, "events");
  buffer_c(out, "[");
  for (size_t i = 0; i < events->count && !rc; i++) {
    const char *event = events->item[i];
    size_t len = strcspn(event, ":");
    buffer_c(out, i ? ",{\"event\":" : "{\"event\":");
    buffer_quoted(out, event, len);
    buffer_c(out, ",\"fields\":{");
    rc = add_columns(c, event + len + (event[len] == ':'), out);
    buffer_c(out, "}}");
  }
  buffer_c(out, "]");
  return rc;
}

static int ends_in(const char *path, const char *end) {
  size_t len = strlen(path), most = strlen(end);

  return len > most && !strcmp(path + len - most, end);
}

static int is_csv(const import_options *o, const char *path, int first) {
  if (o->format) return !strcmp(o->format, "csv");
  if (ends_in(path, ".csv") || ends_in(path, ".tsv")) return 1;
  if (ends_in(path, ".ndjson") || ends_in(path, ".jsonl")) return 0;
  return first != '{';
}

/* A form in a file is used as it stands, but for its closing brace. */
static int read_form(cli *c, const import_options *o, buffer *out) {
  int rc = cli_file(c, o->form, out);

  if (rc) return rc;
  if (o->maps.count || o->sets.count || o->events.count || o->key_prefix ||
      o->separator || o->format)
    return cli_usage(c, "the form says it all", o->form);
  while (out->len && strchr(" \r\n\t", out->text[out->len - 1])) out->len--;
  if (!out->len || out->text[out->len - 1] != '}')
    return cli_usage(c, "the form is no JSON object", o->form);
  out->text[--out->len] = '\0';
  while (out->len && strchr(" \r\n\t", out->text[out->len - 1]))
    out->text[--out->len] = '\0';
  return CLI_OK;
}

static void add_separator(const import_options *o, const char *path,
                          buffer *out) {
  const char *byte = o->separator;

  if (!byte && ends_in(path, ".tsv")) byte = "tab";
  if (!byte) return;
  if (!strcmp(byte, "tab")) byte = "\t";
  open_member(out, "separator");
  buffer_quoted(out, byte, strlen(byte));
}

int import_form(cli *c, const import_options *o, const char *path, int first,
                buffer *out) {
  int rc;

  if (o->form) return read_form(c, o, out);
  if (o->format && strcmp(o->format, "csv") && strcmp(o->format, "ndjson"))
    return cli_usage(c, "the format is csv or ndjson", o->format);
  buffer_c(out, is_csv(o, path, first) ? "{\"format\":\"csv\""
                                       : "{\"format\":\"ndjson\"");
  add_separator(o, path, out);
  rc = add_fields(c, &o->maps, out);
  if (!rc) rc = add_sets(c, &o->sets, out);
  if (!rc) rc = add_events(c, &o->events, out);
  if (!rc && o->key_prefix) {
    open_member(out, "key_prefix");
    buffer_quoted(out, o->key_prefix, strlen(o->key_prefix));
  }
  return rc;
}
