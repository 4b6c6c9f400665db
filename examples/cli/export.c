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
  buffer      list;            /* of draws */
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
  const char *at = x->cell.len ? x->cell.text : "";
  int is_quoted = at[strcspn(at, ",\"\r\n")] != '\0';

  if (is_quoted) buffer_c(&x->row, "\"");
  while (*at) {
    size_t plain = strcspn(at, "\"");
    buffer_add(&x->row, at, plain);
    at += plain;
    if (*at) buffer_c(&x->row, "\"\"");
    at += *at != '\0';
  }
  if (is_quoted) buffer_c(&x->row, "\"");
  buffer_c(&x->row, end == ',' ? "," : "\r\n");
  buffer_empty(&x->cell);
}

/* What the fields of a row come from. */
enum { EVENT_NUMBER, EVENT_KEY, EVENT_CUSTOMER, EVENT_NAME, EVENT_TIME,
       EVENT_DECIDED, EVENT_VALUE, EVENT_PROPERTIES, EVENT_FLAGS,
       EVENT_CHARGES, EVENT_MEMBERS };
static const char *const event_members[EVENT_MEMBERS] = {
    "number",  "key",   "customer",   "event", "time",
    "decided", "value", "properties", "flags", "charges"};
enum { CHARGE_CONTRACT, CHARGE_PRICE, CHARGE_PERIOD, CHARGE_GROUP,
       CHARGE_QUANTITY, CHARGE_AMOUNT, CHARGE_ASSET, CHARGE_DRAWS,
       CHARGE_MEMBERS };
static const char *const charge_members[CHARGE_MEMBERS] = {
    "contract", "price", "period", "group", "quantity", "amount", "asset",
    "draws"};

/* The members of an object by name, in one pass; empty where there is none. */
static void find_members(billing_str object, const char *const *names,
                         size_t count, billing_str *out) {
  slices s;

  memset(out, 0, count * sizeof *out);
  slices_open(&s, object);
  while (slices_next(&s))
    for (size_t i = 0; i < count; i++)
      if (strlen(names[i]) == s.key.len &&
          !memcmp(names[i], s.key.text, s.key.len))
        out[i] = s.value;
}

/* Texts without their quotes, everything else as it stands in the JSON. */
static void add_field(export *x, billing_str value) {
  slice_plain(value, &x->cell);
  end_field(x, ',');
}

static void add_flags(export *x, billing_str flags) {
  slices flag;

  slices_open(&flag, flags);
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
static void add_draws(export *x, billing_str draws) {
  char text[BILLING_DECIMAL_TEXT];
  billing_decimal drawn = {0, 0};
  slices draw;

  buffer_empty(&x->list);
  slices_open(&draw, draws);
  while (slices_next(&draw)) {
    billing_str grant = slice_get(draw.value, "grant");
    buffer_empty(&x->cell);
    slice_plain(slice_get(draw.value, "amount"), &x->cell);
    if (x->cell.text && !slice_is(grant, "0"))
      add_decimal(&drawn, x->cell.text);
    if (x->list.len) buffer_c(&x->list, " ");
    slice_plain(grant, &x->list);
    buffer_c(&x->list, ":");
    buffer_add(&x->list, x->cell.text, x->cell.len);
  }
  billing_decimal_format(&drawn, text);
  buffer_empty(&x->cell);
  buffer_c(&x->cell, text);
  end_field(x, ',');
  if (x->list.len) buffer_add(&x->cell, x->list.text, x->list.len);
  end_field(x, '\n');
}

/* A charge's part of a row; of an event without charges it is empty. */
static void add_charge(export *x, billing_str charge) {
  billing_str m[CHARGE_MEMBERS];

  find_members(charge, charge_members, CHARGE_MEMBERS, m);
  add_field(x, m[CHARGE_CONTRACT]);
  add_field(x, m[CHARGE_PRICE]);
  add_field(x, slice_get(m[CHARGE_PERIOD], "from"));
  add_field(x, slice_get(m[CHARGE_PERIOD], "to"));
  for (size_t i = CHARGE_GROUP; i < CHARGE_DRAWS; i++) add_field(x, m[i]);
  if (charge.len) {
    add_draws(x, m[CHARGE_DRAWS]);
  } else {
    end_field(x, ',');
    end_field(x, '\n');
  }
}

static void add_row(export *x, const billing_str *event, billing_str charge) {
  for (size_t i = 0; i < EVENT_FLAGS; i++) add_field(x, event[i]);
  add_flags(x, event[EVENT_FLAGS]);
  add_charge(x, charge);
}

/* A row a charge; an event without charges has one row, too. */
static void add_rows(export *x, billing_str event) {
  billing_str m[EVENT_MEMBERS], none = {NULL, 0};
  slices charge;
  int count = 0;

  find_members(event, event_members, EVENT_MEMBERS, m);
  slices_open(&charge, m[EVENT_CHARGES]);
  for (; slices_next(&charge); count++) add_row(x, m, charge.value);
  if (!count) add_row(x, m, none);
}

/* ---- pages ---- */

static int print_event(export *x, billing_str event, int is_csv) {
  buffer_empty(&x->row);
  if (is_csv) add_rows(x, event);
  else add_line(x, event);
  if (x->row.failed || x->cell.failed || x->list.failed)
    return cli_usage(x->c, "there is no memory", "output");
  if (fwrite(x->row.text, 1, x->row.len, stdout) != x->row.len)
    return cli_usage(x->c, "standard output", strerror(errno));
  x->events++;
  return CLI_OK;
}

static int print_page(export *x, const billing_doc *doc) {
  static const char *const names[] = {"events", "next"};
  int is_csv = !strcmp(x->format, "csv"), rc = CLI_OK;
  billing_str m[2];
  slices event;

  find_members(slice_of(doc), names, 2, m);
  slices_open(&event, m[0]);
  while (!rc && slices_next(&event)) rc = print_event(x, event.value, is_csv);
  progress_show(&x->progress, 0, x->events);
  buffer_empty(&x->after);
  slice_plain(m[1], &x->after);
  return rc;
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
  if (!strcmp(words[0], "ledger"))
    return cli_export_ledger(c, x.format, x.customer, x.from, x.to);
  if (strcmp(words[0], "events"))
    return cli_usage(c, "events and ledger can be exported", words[0]);
  if (strcmp(x.format, "csv") && strcmp(x.format, "ndjson"))
    return cli_usage(c, "the format is csv or ndjson", x.format);
  progress_open(&x.progress, "export", 0);
  rc = print_pages(&x);
  progress_close(&x.progress);
  buffer_free(&x.after);
  buffer_free(&x.row);
  buffer_free(&x.cell);
  buffer_free(&x.list);
  return rc;
}

#undef PAGE
