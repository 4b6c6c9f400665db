/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * csv.c - comma-separated values.
 *
 *     a,"b ""c"", d",        three fields: a   b "c", d   and an empty one
 */
#include "csv.h"

#include <stdlib.h>
#include <string.h>

static int take(csv *c) {
  int got = getc_unlocked(c->in);

  if (got != EOF) c->bytes++;
  return got;
}

static void put(csv *c, int byte) {
  char one = (char)byte;

  if (c->fields.len < CSV_ROW_BYTES) buffer_add(&c->fields, &one, 1);
  else c->problem = "the row is longer than 1 MiB";
}

/* Behind the closing quote; returns what follows the field. */
static int quoted_field(csv *c) {
  for (int got = take(c); got != EOF && !c->problem; got = take(c)) {
    if (got == '"') {
      got = take(c);
      if (got != '"') return got;
    }
    put(c, got);
  }
  if (!c->problem) c->problem = "a quote is not closed";
  return EOF;
}

static int bare_field(csv *c, int got) {
  for (; got != EOF && got != ',' && got != '\n' && !c->problem;
       got = take(c)) {
    if (got == '\r') {
      int next = take(c);
      if (next == '\n' || next == EOF) return next;
      ungetc(next, c->in);
      c->bytes--;
    }
    put(c, got);
  }
  return got;
}

/* One field; returns the byte that ended it: a comma, a newline or EOF. */
static int read_field(csv *c, int got) {
  int end;

  if (c->count == CSV_COLUMNS) {
    c->problem = "the row has more than 1,000 fields";
    return EOF;
  }
  c->start[c->count++] = c->fields.len;
  if (got != '"') {
    end = bare_field(c, got);
  } else {
    end = quoted_field(c);
    if (end == '\r') end = take(c);
    if (end != EOF && end != ',' && end != '\n' && !c->problem)
      c->problem = "text follows a closing quote";
  }
  put(c, '\0');
  return end;
}

static int read_row(csv *c) {
  int got;

  do {
    got = take(c);
    if (got == '\r') got = take(c);
  } while (got == '\n');
  if (got == EOF) return 0;
  c->count = 0;
  buffer_empty(&c->fields);
  while ((got = read_field(c, got)) == ',' && !c->problem) got = take(c);
  if (c->fields.failed) c->problem = "there is no memory";
  c->start[c->count] = c->fields.len;
  return c->problem ? -1 : 1;
}

static void skip_mark(csv *c) {
  static const int mark[] = {0xEF, 0xBB, 0xBF};
  int first = take(c);

  if (first != mark[0]) {
    if (first != EOF) { ungetc(first, c->in); c->bytes--; }
    return;
  }
  if (take(c) != mark[1] || take(c) != mark[2])
    c->problem = "the file is not UTF-8";
}

int csv_open(csv *c, FILE *in) {
  int got;

  memset(c, 0, sizeof *c);
  c->in = in;
  skip_mark(c);
  if (c->problem) return 0;
  got = read_row(c);
  if (got == 0) c->problem = "the file is empty";
  if (got != 1) return 0;
  c->names = c->fields;
  c->columns = c->count;
  memcpy(c->name_start, c->start, sizeof c->start);
  memset(&c->fields, 0, sizeof c->fields);
  return 1;
}

int csv_next(csv *c) {
  int got = read_row(c);

  if (got) c->row++;
  if (got < 1) return got;
  if (c->count == c->columns) return 1;
  c->problem = "the row has not as many fields as the header";
  return -1;
}

const char *csv_field(const csv *c, size_t column, size_t *len) {
  *len = c->start[column + 1] - c->start[column] - 1;
  return c->fields.text + c->start[column];
}

int csv_column(const csv *c, const char *name, size_t len) {
  char *end;
  long number;

  for (size_t i = 0; i < c->columns; i++) {
    size_t own = c->name_start[i + 1] - c->name_start[i] - 1;
    if (own == len && !memcmp(c->names.text + c->name_start[i], name, len))
      return (int)i;
  }
  if (len < 2 || name[0] != '#') return -1;
  number = strtol(name + 1, &end, 10);
  if (end != name + len || number < 1 || (size_t)number > c->columns)
    return -1;
  return (int)number - 1;
}

void csv_close(csv *c) {
  buffer_free(&c->fields);
  buffer_free(&c->names);
}
