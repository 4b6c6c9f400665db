/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * show.c - JSON as people read it.
 *
 *     {"next":7,"usage":[{"price":"in","quantity":"12"},
 *                        {"price":"out","quantity":"3"}]}    is shown as
 *
 *     next  7
 *
 *     usage
 *     price  quantity
 *     in           12
 *     out           3
 */
#include "show.h"

#include <string.h>

#define COLUMNS 24
#define GAP "  "

typedef struct column {
  char   path[64];
  char   name[64];
  size_t width;
  int    is_figure;            /* aligned to the right */
  int    is_used;              /* a row has something there */
} column;

typedef struct table {
  column columns[COLUMNS];
  size_t count;
} table;

/* ---- cells ---- */

static void add_cell(buffer *out, billing_str value, int depth);

static void add_list(buffer *out, billing_str value, int depth) {
  size_t count = 0;
  slices s;

  slices_open(&s, value);
  while (slices_next(&s)) {
    if (!s.is_object && (slice_kind(s.value) == '{' || depth > 2)) {
      count++;
      continue;
    }
    if (count++) buffer_c(out, s.is_object ? " " : ", ");
    if (s.is_object) buffer_add(out, s.key.text, s.key.len);
    if (s.is_object) buffer_c(out, "=");
    add_cell(out, s.value, depth + 1);
  }
  if (count && slice_kind(slice_get(value, "0")) == '{') {
    buffer_c(out, "(");
    buffer_u64(out, count);
    buffer_c(out, ")");
  }
}

static void add_cell(buffer *out, billing_str value, int depth) {
  char kind = slice_kind(value);

  if (kind == '{' || kind == '[') add_list(out, value, depth);
  else slice_plain(value, out);
}

static void make_cell(buffer *out, billing_str value) {
  buffer_empty(out);
  add_cell(out, value, 0);
  if (!out->len) buffer_c(out, "-");
}

static size_t chars_of(const char *text, size_t len) {
  size_t count = 0;

  for (size_t i = 0; i < len; i++)
    count += ((unsigned char)text[i] & 0xC0) != 0x80;
  return count;
}

static int is_figure(const char *text, size_t len) {
  return len && strspn(text, "-.0123456789") == len;
}

static void print_padded(FILE *out, const char *text, size_t len,
                         const column *c, int is_last) {
  int pad = (int)(c->width - chars_of(text, len));

  if (c->is_figure) fprintf(out, "%*s", pad, "");
  fwrite(text, 1, len, out);
  if (!c->is_figure && !is_last) fprintf(out, "%*s", pad, "");
  if (!is_last) fputs(GAP, out);
}

/* ---- tables ---- */

static void add_column(table *t, const char *path, size_t path_len,
                       const char *name, size_t name_len) {
  column *c = &t->columns[t->count];

  if (t->count == COLUMNS || path_len >= sizeof c->path ||
      name_len >= sizeof c->name)
    return;
  memset(c, 0, sizeof *c);
  memcpy(c->path, path, path_len);
  memcpy(c->name, name, name_len);
  c->width = chars_of(name, name_len);
  c->is_figure = 1;
  t->count++;
}

/* The columns that `wanted` lists for this table. */
static void name_columns(table *t, billing_str name, const char *wanted) {
  while (wanted && *wanted) {
    size_t all = strcspn(wanted, "|"), head = strcspn(wanted, ":");
    const char *at = wanted + head + 1, *end = wanted + all;
    int is_it = head == name.len && !memcmp(wanted, name.text, head);

    while (is_it && at < end) {
      size_t len, path;
      at += strspn(at, " ");
      len = strcspn(at, " |");
      path = strcspn(at, "= |");
      if (path < len) add_column(t, at, path, at + path + 1, len - path - 1);
      else if (len) add_column(t, at, len, at, len);
      at += len;
    }
    wanted += all + (wanted[all] == '|');
  }
}

static int has_column(const table *t, billing_str path) {
  for (size_t i = 0; i < t->count; i++)
    if (strlen(t->columns[i].path) == path.len &&
        !memcmp(t->columns[i].path, path.text, path.len))
      return 1;
  return 0;
}

/* All members of the rows, in the order in which they appear. */
static void find_columns(table *t, billing_str rows) {
  slices row, member;

  slices_open(&row, rows);
  while (slices_next(&row)) {
    slices_open(&member, row.value);
    while (slices_next(&member))
      if (!has_column(t, member.key))
        add_column(t, member.key.text, member.key.len, member.key.text,
                   member.key.len);
  }
}

static void measure(table *t, billing_str rows, buffer *cell) {
  slices row;

  slices_open(&row, rows);
  while (slices_next(&row)) {
    for (size_t i = 0; i < t->count; i++) {
      column *c = &t->columns[i];
      size_t width;
      make_cell(cell, slice_get(row.value, c->path));
      width = chars_of(cell->text, cell->len);
      if (width > c->width) c->width = width;
      c->is_figure &= is_figure(cell->text, cell->len);
      c->is_used |= !(cell->len == 1 && cell->text[0] == '-');
    }
  }
}

/* Columns in which no row has anything say nothing. */
static void drop_unused(table *t) {
  size_t kept = 0;

  for (size_t i = 0; i < t->count; i++)
    if (t->columns[i].is_used) t->columns[kept++] = t->columns[i];
  t->count = kept;
}

static void print_table(FILE *out, billing_str rows, const table *t,
                        buffer *cell) {
  slices row;

  for (size_t i = 0; i < t->count; i++)
    print_padded(out, t->columns[i].name, strlen(t->columns[i].name),
                 &t->columns[i], i + 1 == t->count);
  fputc('\n', out);
  slices_open(&row, rows);
  while (slices_next(&row)) {
    for (size_t i = 0; i < t->count; i++) {
      make_cell(cell, slice_get(row.value, t->columns[i].path));
      print_padded(out, cell->text, cell->len, &t->columns[i],
                   i + 1 == t->count);
    }
    fputc('\n', out);
  }
}

static void show_table(FILE *out, billing_str name, billing_str rows,
                       const char *wanted) {
  buffer cell = {0};
  table t;

  t.count = 0;
  name_columns(&t, name, wanted);
  if (!t.count) find_columns(&t, rows);
  measure(&t, rows, &cell);
  drop_unused(&t);
  print_table(out, rows, &t, &cell);
  buffer_free(&cell);
}

/* ---- documents ---- */

static int is_table(billing_str value) {
  return slice_kind(value) == '[' && slice_kind(slice_get(value, "0")) == '{';
}

static size_t widest_name(billing_str json) {
  size_t width = 0;
  slices s;

  slices_open(&s, json);
  while (slices_next(&s))
    if (!is_table(s.value) && s.key.len > width) width = s.key.len;
  return width;
}

static void show_members(FILE *out, billing_str json) {
  size_t width = widest_name(json);
  buffer cell = {0};
  slices s;

  slices_open(&s, json);
  while (slices_next(&s)) {
    if (is_table(s.value)) continue;
    make_cell(&cell, s.value);
    fprintf(out, "%.*s%*s" GAP "%s\n", (int)s.key.len, s.key.text,
            (int)(width - s.key.len), "", cell.text);
  }
  buffer_free(&cell);
}

void show_document(FILE *out, billing_str json, const char *columns) {
  size_t width = widest_name(json);
  size_t tables = 0;
  slices s;

  show_members(out, json);
  slices_open(&s, json);
  while (slices_next(&s)) tables += (size_t)is_table(s.value);
  slices_open(&s, json);
  while (slices_next(&s)) {
    if (!is_table(s.value)) continue;
    if (width++) fputc('\n', out);
    if (tables > 1) fprintf(out, "%.*s\n", (int)s.key.len, s.key.text);
    show_table(out, s.key, s.value, columns);
  }
}

#undef COLUMNS
#undef GAP
