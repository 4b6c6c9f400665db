/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* trials.c - preview, simulate: what would be, without recording it. */
#include <stdio.h>
#include <string.h>

#include "../parts/progress.h"
#include "../parts/slice.h"
#include "cli.h"

/* ---- preview ---- */

static int preview_query(cli *c, const char *customer, const char *contract,
                         const char *at, int replaces, buffer *query) {
  int64_t at_us = 0;
  int rc = cli_time(c, "--at", at, &at_us);

  if (rc) return rc;
  json_open(query);
  if (at) json_time(query, "at", at_us);
  if (contract) json_text(query, "contract", contract);
  json_text(query, "customer", customer);
  json_text(query, "format", c->is_json ? "json" : "text");
  json_text(query, "mode", replaces ? "replace" : "merge");
  json_close(query);
  return CLI_OK;
}

static int preview(cli *c) {
  const char *contract = NULL, *at = NULL, *path = NULL, *words[1];
  int replaces = 0;
  const cli_option options[] = {{"--at", &at, NULL, NULL},
                                {"--contract", &contract, NULL, NULL},
                                {"--events", &path, NULL, NULL},
                                {"--replace", NULL, &replaces, NULL},
                                {NULL, NULL, NULL, NULL}};
  buffer query = {0}, events = {0};
  billing_doc *doc = NULL;
  int rc = cli_start(c, options, words, 1, 1, CLI_READ);

  if (!rc) rc = preview_query(c, words[0], contract, at, replaces, &query);
  if (!rc && path) rc = cli_file(c, path, &events);
  if (rc) return rc;
  do {
    rc = billing_preview(c->b, cli_call(c, NULL, 0), query.text, query.len,
                         events.text, events.len, &doc, &c->err);
  } while (cli_again(c, rc));
  buffer_free(&query);
  buffer_free(&events);
  if (rc || c->is_json) return cli_show(c, rc, doc, NULL);
  fwrite(billing_doc_text(doc), 1, billing_doc_len(doc), stdout);
  billing_doc_free(doc);
  return CLI_OK;
}

/* ---- simulate ---- */

typedef struct simulated {
  const char *customer;
  const char *at;
  const char *from;
  const char *to;
  cli_list    instead;         /* OLD=NEW */
  int         by_price;
  buffer      documents;
  buffer      after;           /* where the next page begins */
  buffer      rows;            /* for people: all customers */
  uint64_t    customers;
  progress    progress;
} simulated;

static int add_instead(cli *c, const simulated *s, buffer *query) {
  json_name(query, "instead");
  json_open(query);
  for (size_t i = 0; i < s->instead.count; i++) {
    const char *pair = s->instead.item[i], *equals = strchr(pair, '=');
    billing_str plan = {pair, equals ? (size_t)(equals - pair) : 0};
    char name[256];
    if (!equals || plan.len >= sizeof name)
      return cli_usage(c, "--instead wants PLAN=OTHER", pair);
    memcpy(name, plan.text, plan.len);
    name[plan.len] = '\0';
    json_text(query, name, equals + 1);
  }
  json_close(query);
  return CLI_OK;
}

static int add_moment(cli *c, const char *option, const char *name,
                      const char *text, buffer *query) {
  int64_t us = 0;
  int rc = cli_time(c, option, text, &us);

  if (!rc && text) json_time(query, name, us);
  return rc;
}

static int simulation_query(cli *c, const simulated *s, buffer *query) {
  int rc;

  json_open(query);
  if (s->after.len) json_text(query, "after", s->after.text);
  if (s->customer) json_text(query, "customer", s->customer);
  if (s->documents.len) {
    json_name(query, "documents");
    buffer_add(query, s->documents.text, s->documents.len);
  }
  rc = add_moment(c, "--at", "at", s->at, query);
  if (!rc) rc = add_moment(c, "--from", "from", s->from, query);
  if (!rc) rc = add_moment(c, "--to", "to", s->to, query);
  if (!rc && s->instead.count) rc = add_instead(c, s, query);
  json_u64(query, "limit", 200);
  if (s->by_price) {
    json_name(query, "prices");
    buffer_c(query, "true");
  }
  json_close(query);
  return rc;
}

/* Members of the library's row that stand in a row of the table, too. */
static void add_figures(billing_str from, buffer *row) {
  static const char *const names[][2] = {
      {"contract", "contract"}, {"price", "price"}, {"asset", "asset"},
      {"before.amount", "before"}, {"after.amount", "after"},
      {"difference.amount", "difference"}, {"difference.drawn", "drawn"}};

  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    billing_str value = slice_get(from, names[i][0]);
    if (!value.len) continue;
    json_name(row, names[i][1]);
    buffer_add(row, value.text, value.len);
  }
}

static void add_rows(simulated *s, billing_str customer) {
  billing_str id = slice_get(customer, "customer");
  billing_str refused = slice_get(customer, "refused.count");
  slices rows;

  slices_open(&rows, slice_get(customer, s->by_price ? "prices" : "totals"));
  while (slices_next(&rows)) {
    if (s->rows.len) buffer_c(&s->rows, ",");
    buffer_c(&s->rows, "{\"customer\":");
    buffer_add(&s->rows, id.text, id.len);
    add_figures(rows.value, &s->rows);
    if (refused.len) {
      json_name(&s->rows, "refused");
      buffer_add(&s->rows, refused.text, refused.len);
    }
    json_close(&s->rows);
  }
}

static void take_page(cli *c, simulated *s, billing_doc *doc) {
  slices customers;

  buffer_empty(&s->after);
  slice_plain(slice_get(slice_of(doc), "next"), &s->after);
  slices_open(&customers, slice_get(slice_of(doc), "customers"));
  while (slices_next(&customers)) {
    s->customers++;
    if (!c->is_json) add_rows(s, customers.value);
  }
  progress_show(&s->progress, 0, s->customers);
  if (c->is_json) (void)cli_show(c, CLI_OK, doc, NULL);
  else billing_doc_free(doc);
}

static int simulate_pages(cli *c, simulated *s) {
  buffer query = {0};
  int rc;

  do {
    billing_doc *doc = NULL;
    buffer_empty(&query);
    rc = simulation_query(c, s, &query);
    if (rc) break;
    do {
      rc = billing_simulate(c->b, cli_call(c, NULL, 0), query.text, query.len,
                            &doc, &c->err);
    } while (cli_again(c, rc));
    if (!rc) take_page(c, s, doc);
    else rc = cli_fail(c, rc);
  } while (!rc && s->after.len);
  buffer_free(&query);
  return rc;
}

static int show_rows(cli *c, simulated *s) {
  buffer json = {0};

  buffer_c(&json, "{\"simulated\":[");
  buffer_add(&json, s->rows.text, s->rows.len);
  buffer_c(&json, "]}");
  return cli_show_buffer(c, &json, NULL);
}

static int simulate(cli *c) {
  simulated s = {0};
  const char *words[1];
  const cli_option options[] = {{"--at", &s.at, NULL, NULL},
                                {"--customer", &s.customer, NULL, NULL},
                                {"--from", &s.from, NULL, NULL},
                                {"--instead", NULL, NULL, &s.instead},
                                {"--prices", NULL, &s.by_price, NULL},
                                {"--to", &s.to, NULL, NULL},
                                {NULL, NULL, NULL, NULL}};
  int rc;

  words[0] = NULL;
  rc = cli_start(c, options, words, 0, 1, CLI_READ);
  if (!rc && words[0]) rc = cli_file(c, words[0], &s.documents);
  if (rc) return rc;
  progress_open(&s.progress, "simulate", 0);
  s.progress.counted = "customers";
  rc = simulate_pages(c, &s);
  progress_close(&s.progress);
  if (!rc && !c->is_json) rc = show_rows(c, &s);
  buffer_free(&s.documents);
  buffer_free(&s.after);
  buffer_free(&s.rows);
  return rc;
}

const cli_command cli_trials[] = {
    {"preview", "CUSTOMER [--contract ID] [--at TIME] [--events FILE "
     "[--replace]]",
     "the invoices that would come, also with events that did not happen",
     preview},
    {"simulate", "[DOCUMENTS.json] [--instead PLAN=OTHER].. [--customer ID] "
     "[--at TIME] [--from TIME] [--to TIME] [--prices]",
     "what customers would have cost under other plans", simulate},
    {NULL, NULL, NULL, NULL}};
