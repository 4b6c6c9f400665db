/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * trace.c - bills the requests of a trace: 2.50 USD for a million tokens in,
 * 10.00 USD for a million tokens out.
 *
 *     TIMESTAMP,ContextTokens,GeneratedTokens
 *     2023-11-16 18:17:03.9799600,4808,10
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../parts/form.h"
#include "../parts/load.h"
#include "../parts/moment.h"
#include "../parts/progress.h"
#include "demo.h"

typedef struct trace {
  demo    *d;
  FILE    *in;
  uint64_t size;
  uint64_t rows;
  int64_t  first_us;
  int64_t  last_us;
  mapping  mapping;
} trace;

static int refuse(const csv *rows, const char *problem) {
  fprintf(stderr, "row %" PRIu64 ": %s\n", rows->row, problem);
  return 0;
}

/* The first and the last moment, for the contract and for the clock. */
static int survey_rows(trace *t, csv *rows) {
  int column = csv_column(rows, "TIMESTAMP", 9), got;

  if (column < 0) return refuse(rows, "the column TIMESTAMP is missing");
  while ((got = csv_next(rows)) > 0) {
    size_t len;
    const char *cell = csv_field(rows, (size_t)column, &len);
    int64_t us;
    if (!moment_parse(cell, len, &us)) return refuse(rows, "not a time");
    if (!t->rows || us < t->first_us) t->first_us = us;
    if (!t->rows || us > t->last_us) t->last_us = us;
    t->rows++;
  }
  t->size = rows->bytes;
  if (got < 0) return refuse(rows, rows->problem);
  return t->rows ? 1 : refuse(rows, "there are no requests");
}

static int survey(trace *t) {
  csv rows;
  int good = csv_open(&rows, t->in) || refuse(&rows, rows.problem);

  if (good) good = survey_rows(t, &rows);
  csv_close(&rows);
  return good;
}

static int apply_catalog(trace *t) {
  char start[MOMENT_TEXT], catalog[1024];

  moment_print(moment_month(t->first_us, 0), start);
  snprintf(catalog, sizeof catalog,
           "{\"tenant\":{\"id\":\"demo\"},\"customers\":[{\"id\":\"trace\"}],"
           "\"meters\":[{\"id\":\"in\",\"event\":\"llm\",\"aggregation\":"
           "\"sum\",\"property\":\"input\"},{\"id\":\"out\",\"event\":\"llm\""
           ",\"aggregation\":\"sum\",\"property\":\"output\"}],\"plans\":[{"
           "\"id\":\"api\",\"currency\":\"USD\",\"prices\":[{\"id\":\"in\","
           "\"name\":\"Context tokens\",\"meter\":\"in\",\"model\":"
           "\"per_unit\",\"unit\":\"2.50\",\"per\":\"1000000\"},{\"id\":"
           "\"out\",\"name\":\"Generated tokens\",\"meter\":\"out\",\"model\""
           ":\"per_unit\",\"unit\":\"10.00\",\"per\":\"1000000\"}]}],"
           "\"contracts\":[{\"id\":\"trace-1\",\"customer\":\"trace\","
           "\"plan\":\"api\",\"start\":\"%s\"}]}", start);
  return demo_ok(t->d, "apply",
                 billing_catalog_apply(t->d->b, &t->d->call, catalog,
                                       strlen(catalog), NULL, &t->d->err));
}

static int load_rows(trace *t, csv *rows, load *l) {
  progress bar;
  int rc = BILLING_OK;

  progress_open(&bar, "import", t->size);
  while (!rc && csv_next(rows) > 0) {
    mapping_line(&t->mapping, rows, 0, &l->lines);
    rc = load_line(l, rows->row);
    progress_show(&bar, rows->bytes, l->events);
  }
  if (!rc) rc = load_flush(l);
  progress_close(&bar);
  return rc;
}

static int import(trace *t, const char *what) {
  demo *d = t->d;
  double start = demo_seconds();
  load l;
  csv rows;
  int good;

  rewind(t->in);
  good = csv_open(&rows, t->in) && demo_ok(d, "import",
                                           load_open(&l, d->b, "demo"));
  if (!good) {
    csv_close(&rows);
    return 0;
  }
  l.now_us = d->call.now_us;
  good = mapping_bind(&t->mapping, &rows);
  if (!good) fprintf(stderr, "%s: %.*s\n", t->mapping.problem,
                     t->mapping.problem_len, t->mapping.problem_at);
  if (good) {
    int rc = load_rows(t, &rows, &l);
    d->err = l.err;
    good = demo_ok(d, "import", rc);
  }
  if (good) {
    printf("%s: ", what);
    load_print(&l, "row", stdout);
    printf("  %.0f events a second\n",
           (double)l.events / (demo_seconds() - start));
  }
  csv_close(&rows);
  load_close(&l);
  return good;
}

/* An invoice for each month in which there was something. */
static int print_invoices(trace *t) {
  billing_progress done;
  char number[32];
  int good = demo_advance(t->d, t->d->call.now_us, &done);

  for (uint64_t i = 0; i < done.invoices && good; i++) {
    snprintf(number, sizeof number, "%" PRIu64, done.first_invoice + i);
    demo_step("Invoice");
    good = demo_invoice(t->d, number);
  }
  return good;
}

static int bill(trace *t) {
  demo *d = t->d;

  mapping_map(&t->mapping, "TIMESTAMP=time,ContextTokens=properties.input,"
                           "GeneratedTokens=properties.output");
  mapping_set(&t->mapping, "customer=trace");
  mapping_set(&t->mapping, "event=llm");
  t->mapping.prefix = "trace";
  d->call.now_us = moment_month(t->last_us, 1);
  return apply_catalog(t) && import(t, "import") && import(t, "again") &&
         print_invoices(t) && demo_verify(d);
}

int demo_trace(demo *d, const char *file) {
  trace t = {.d = d, .in = fopen(file, "rb")};
  char first[MOMENT_TEXT], last[MOMENT_TEXT];
  int good;

  if (!t.in) {
    perror(file);
    return 0;
  }
  good = survey(&t);
  if (good) {
    moment_print(t.first_us, first);
    moment_print(t.last_us, last);
    printf("billing %s: %" PRIu64 " requests\nfrom %s\nto   %s\n\n",
           billing_version(), t.rows, first, last);
    good = bill(&t);
  }
  mapping_close(&t.mapping);
  fclose(t.in);
  return good;
}
