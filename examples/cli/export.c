/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * export.c - what was recorded, as CSV (RFC 4180) or a JSON object a line.
 * It reads page by page, so any number of events needs the memory of one.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../parts/progress.h"
#include "../parts/slice.h"
#include "event.h"

#define PAGE 1000

typedef struct export {
  cli        *c;
  const char *format;
  const char *customer;
  const char *from;
  const char *to;
  progress    progress;
  uint64_t    events;
  buffer      after;           /* where the next page begins */
  buffer      row;
  buffer      cell;
} export;

/* ---- a JSON object a line ---- */

/* Properties stand as they were sent, and may have been sent on many lines;
 * inside a text of theirs no line can break. */
static void add_line(export *x, billing_str event) {
  buffer_add(&x->row, event.text, event.len);
  for (char *at = x->row.text; at && *at; at++)
    if (*at == '\n' || *at == '\r') *at = ' ';
  buffer_c(&x->row, "\n");
}

/* ---- CSV ---- */

static const char csv_header[] =
    "number,key,customer,event,time,decided,value,properties,flags,contract,"
    "price,from,to,group,quantity,amount,asset,drawn,draws\r\n";

static void end_field(export *x, char end) {
  const char *text = x->cell.len ? x->cell.text : "";
  int is_quoted = text[strcspn(text, ",\"\r\n")] != '\0';

  if (is_quoted) buffer_c(&x->row, "\"");
  for (const char *at = text; *at; at++) {
    if (*at == '"') buffer_c(&x->row, "\"");
    buffer_add(&x->row, at, 1);
  }
  if (is_quoted) buffer_c(&x->row, "\"");
  buffer_c(&x->row, end == ',' ? "," : "\r\n");
  buffer_empty(&x->cell);
}

/* Texts without their quotes, everything else as it stands in the JSON. */
static void add_members(export *x, billing_str value, const char *names) {
  char name[32];

  while (*names) {
    size_t len = strcspn(names, " ");
    snprintf(name, sizeof name, "%.*s", (int)len, names);
    slice_plain(slice_get(value, name), &x->cell);
    end_field(x, ',');
    names += len + (names[len] == ' ');
  }
}

static void add_flags(export *x, billing_str event) {
  slices flag;

  slices_open(&flag, slice_get(event, "flags"));
  while (slices_next(&flag)) {
    if (x->cell.len) buffer_c(&x->cell, " ");
    slice_plain(flag.value, &x->cell);
  }
  end_field(x, ',');
}

static void add_decimal(billing_decimal *sum, const char *text) {
  billing_decimal more = {0, 0};

  billing_decimal_parse(&more, text, (size_t)-1);
  sum->lo += more.lo;
  sum->hi = (int64_t)((uint64_t)sum->hi + (uint64_t)more.hi +
                      (sum->lo < more.lo));
}

/* What grants paid, and then each draw as GRANT:AMOUNT, 0 for what is owed. */
static void add_draws(export *x, billing_str charge) {
  char text[BILLING_DECIMAL_TEXT];
  billing_decimal drawn = {0, 0};
  buffer list = {0};
  slices draw;

  slices_open(&draw, slice_get(charge, "draws"));
  while (slices_next(&draw)) {
    billing_str grant = slice_get(draw.value, "grant");
    buffer_empty(&x->cell);
    slice_plain(slice_get(draw.value, "amount"), &x->cell);
    if (x->cell.text && !slice_is(grant, "0"))
      add_decimal(&drawn, x->cell.text);
    if (list.len) buffer_c(&list, " ");
    slice_plain(grant, &list);
    buffer_c(&list, ":");
    buffer_add(&list, x->cell.text, x->cell.len);
  }
  billing_decimal_format(&drawn, text);
  buffer_empty(&x->cell);
  buffer_c(&x->cell, text);
  end_field(x, ',');
  buffer_add(&x->cell, list.len ? list.text : "", list.len);
  x->row.failed |= list.failed;
  end_field(x, '\n');
  buffer_free(&list);
}

static void add_row(export *x, billing_str event, billing_str charge) {
  add_members(x, event, "number key customer event time decided value "
                        "properties");
  add_flags(x, event);
  add_members(x, charge, "contract price period.from period.to group "
                         "quantity amount asset");
  if (charge.len) {
    add_draws(x, charge);
  } else {
    end_field(x, ',');
    end_field(x, '\n');
  }
}

/* A row a charge; an event without charges has one row, too. */
static void add_rows(export *x, billing_str event) {
  billing_str none = {NULL, 0};
  slices charge;
  int count = 0;

  slices_open(&charge, slice_get(event, "charges"));
  for (; slices_next(&charge); count++) add_row(x, event, charge.value);
  if (!count) add_row(x, event, none);
}

/* ---- pages ---- */

static int print_page(export *x, const billing_doc *doc) {
  int is_csv = !strcmp(x->format, "csv");
  slices event;

  slices_open(&event, slice_get(slice_of(doc), "events"));
  while (slices_next(&event)) {
    buffer_empty(&x->row);
    if (is_csv) add_rows(x, event.value);
    else add_line(x, event.value);
    if (x->row.failed || x->cell.failed)
      return cli_usage(x->c, "there is no memory", "output");
    if (fwrite(x->row.text, 1, x->row.len, stdout) != x->row.len)
      return cli_usage(x->c, "standard output", strerror(errno));
    x->events++;
  }
  progress_show(&x->progress, 0, x->events);
  buffer_empty(&x->after);
  slice_plain(slice_get(slice_of(doc), "next"), &x->after);
  return CLI_OK;
}

static int read_page(export *x, billing_doc **doc) {
  cli *c = x->c;
  buffer query = {0};
  int rc;

  json_open(&query);
  if (x->after.len) json_text(&query, "after", x->after.text);
  if (x->customer) json_text(&query, "customer", x->customer);
  if (x->from) json_text(&query, "from", x->from);
  json_u64(&query, "limit", PAGE);
  if (x->to) json_text(&query, "to", x->to);
  json_close(&query);
  do {
    rc = billing_events(c->b, cli_call(c, NULL, 0), query.text, query.len,
                        doc, &c->err);
  } while (cli_again(c, rc));
  buffer_free(&query);
  return rc ? cli_fail(c, rc) : CLI_OK;
}

static int print_pages(export *x) {
  billing_doc *doc = NULL;
  int rc;

  if (!strcmp(x->format, "csv")) fputs(csv_header, stdout);
  do {
    rc = read_page(x, &doc);
    if (rc) return rc;
    rc = print_page(x, doc);
    billing_doc_free(doc);
  } while (!rc && x->after.len);
  return rc;
}

int cli_export(cli *c) {
  export x = {.c = c, .format = "ndjson"};
  const cli_option options[] = {{"--format", &x.format, NULL, NULL},
                                {"--customer", &x.customer, NULL, NULL},
                                {"--from", &x.from, NULL, NULL},
                                {"--to", &x.to, NULL, NULL},
                                {NULL, NULL, NULL, NULL}};
  const char *words[1];
  int rc = cli_start(c, options, words, 1, 1, CLI_READ);

  if (rc) return rc;
  if (strcmp(words[0], "events"))
    return cli_usage(c, "only events can be exported", words[0]);
  if (strcmp(x.format, "csv") && strcmp(x.format, "ndjson"))
    return cli_usage(c, "the format is csv or ndjson", x.format);
  progress_open(&x.progress, "export", 0);
  rc = print_pages(&x);
  progress_close(&x.progress);
  buffer_free(&x.after);
  buffer_free(&x.row);
  buffer_free(&x.cell);
  return rc;
}

#undef PAGE
