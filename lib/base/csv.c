/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * csv.c - comma-separated values.
 *
 *     a,"b ""c"", d",        three fields: a   b "c", d   and an empty one
 */
#include "base/csv.h"

/* A row being read: where it stands, and what ended the last field. */
typedef struct csv_walk {
  bl_csv *csv;
  bl_str  bytes;
  size_t  at;
  int     is_last;
} csv_walk;

void bl_csv_open(bl_csv *csv, bl_arena *arena) {
  memset(csv, 0, sizeof *csv);
  csv->arena = arena;
  csv->separator = ',';
  csv->quote = '"';
}

/* A row that is none ends with its first line. */
static int csv_refuse(const csv_walk *w, size_t at, const char *problem) {
  bl_csv *csv = w->csv;
  const char *end = w->bytes.len ? memchr(w->bytes.text, '\n', w->bytes.len)
                                 : NULL;

  if (!end && !w->is_last) return BILLING_DONE;
  csv->problem = problem;
  csv->problem_at = at;
  csv->used = end ? (size_t)(end - w->bytes.text) + 1 : w->bytes.len;
  return BILLING_INVALID;
}

static int csv_add(csv_walk *w, bl_str text, size_t at) {
  bl_csv *csv = w->csv;
  bl_csv_field *field;

  if (csv->count == BL_CSV_FIELDS)
    return csv_refuse(w, at, "the row has more than 1,000 fields");
  field = bl_arena_push(csv->arena, (void **)&csv->field, &csv->count,
                        &csv->cap, sizeof *field);
  if (!field) return BILLING_NOMEM;
  field->text = text;
  field->at = at;
  csv->count++;
  return BILLING_OK;
}

/* The bytes end behind the field: that is the row's end, or not known yet. */
static int csv_ends(const csv_walk *w) {
  return w->is_last ? BILLING_OK : BILLING_DONE;
}

static int csv_bare(csv_walk *w) {
  size_t from = w->at, len;
  const char *text = w->bytes.text;

  while (w->at < w->bytes.len && text[w->at] != w->csv->separator &&
         text[w->at] != '\n')
    w->at++;
  if (w->at == w->bytes.len && csv_ends(w)) return BILLING_DONE;
  len = w->at - from;
  if (len && text[w->at - 1] == '\r' &&
      (w->at == w->bytes.len || text[w->at] == '\n'))
    len--;
  return csv_add(w, (bl_str){text + from, len}, from);
}

/* The text with each doubled quote once. */
static bl_str csv_unquoted(const csv_walk *w, size_t from, size_t to) {
  char *text = bl_arena_take(w->csv->arena, to - from + 1), *end = text;

  if (!text) return (bl_str){NULL, 0};
  while (from < to) {
    char c = w->bytes.text[from++];
    *end++ = c;
    if (c == w->csv->quote) from++;
  }
  return (bl_str){text, (size_t)(end - text)};
}

/* The quote that closes the field; the length of the bytes when none does. */
static size_t csv_close(const csv_walk *w, size_t from, int *has_doubled) {
  const char *text = w->bytes.text;
  size_t len = w->bytes.len;

  while (from < len) {
    const char *quote = memchr(text + from, w->csv->quote, len - from);
    if (!quote) return len;
    from = (size_t)(quote - text);
    if (from + 1 >= len || text[from + 1] != w->csv->quote) return from;
    *has_doubled = 1;
    from += 2;
  }
  return len;
}

static int csv_quoted(csv_walk *w) {
  size_t from = w->at + 1, close, open = w->at;
  int has_doubled = 0;
  bl_str text;

  close = csv_close(w, from, &has_doubled);
  if (close == w->bytes.len)
    return csv_ends(w) ? BILLING_DONE
                       : csv_refuse(w, open, "a quote is not closed");
  w->at = close + 1;
  if (w->at == w->bytes.len && csv_ends(w)) return BILLING_DONE;
  if (w->at < w->bytes.len && w->bytes.text[w->at] == '\r') w->at++;
  if (w->at == w->bytes.len && csv_ends(w)) return BILLING_DONE;
  if (w->at < w->bytes.len && w->bytes.text[w->at] != w->csv->separator &&
      w->bytes.text[w->at] != '\n')
    return csv_refuse(w, w->at, "text follows a closing quote");
  text = has_doubled ? csv_unquoted(w, from, close)
                     : (bl_str){w->bytes.text + from, close - from};
  return text.text ? csv_add(w, text, open) : BILLING_NOMEM;
}

/* The field that begins at w->at; w->at moves to what ends it. */
static int csv_field(csv_walk *w) {
  int is_quoted = w->at < w->bytes.len &&
                  w->bytes.text[w->at] == w->csv->quote;

  return is_quoted ? csv_quoted(w) : csv_bare(w);
}

int bl_csv_row(bl_csv *csv, bl_str bytes, int is_last) {
  csv_walk w = {csv, bytes, 0, is_last};
  int rc = BILLING_OK, goes_on = 1;

  csv->count = csv->used = csv->problem_at = 0;
  csv->problem = NULL;
  while (!rc && goes_on) {
    rc = csv_field(&w);
    goes_on = !rc && w.at < bytes.len && bytes.text[w.at] == csv->separator;
    w.at += (size_t)goes_on;
  }
  if (rc) {
    csv->count = 0;
    return rc;
  }
  csv->used = w.at + (w.at < bytes.len);
  if (csv->count == 1 && !csv->field[0].text.len &&
      bytes.text[0] != csv->quote)
    csv->count = 0;
  return BILLING_OK;
}
