/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* invoices.c - advance, invoices, invoice, explain. */
#include <stdio.h>

#include "../parts/progress.h"
#include "cli.h"
#include "../parts/slice.h"

/* ---- advance ---- */

static void add_progress(billing_progress *sum, const billing_progress *one) {
  sum->done_us = one->done_us;
  sum->decided_us = one->decided_us;
  sum->periods += one->periods;
  sum->invoices += one->invoices;
  sum->grants += one->grants;
  sum->holds += one->holds;
  if (!sum->first_invoice) sum->first_invoice = one->first_invoice;
}

static int show_progress(cli *c, const billing_progress *p) {
  buffer json = {0};

  json_open(&json);
  json_time(&json, "decided", p->decided_us);
  json_time(&json, "done", p->done_us);
  json_u64(&json, "first_invoice", p->first_invoice);
  json_u64(&json, "grants", p->grants);
  json_u64(&json, "holds", p->holds);
  json_u64(&json, "invoices", p->invoices);
  json_u64(&json, "periods", p->periods);
  json_close(&json);
  return cli_show_buffer(c, &json, NULL);
}

/* In steps, so that others may write in between. */
static int advance(cli *c) {
  const char *until = NULL, *budget = NULL, *words[1];
  const cli_option options[] = {{"--until", &until, NULL, NULL},
                                {"--budget", &budget, NULL, NULL},
                                {NULL, NULL, NULL, NULL}};
  billing_progress one, sum;
  int64_t until_us = 0, most = 1000;
  int rc = cli_start(c, options, words, 0, 0, CLI_WRITE);

  if (!rc) rc = cli_time(c, "--until", until, &until_us);
  if (!rc) rc = cli_whole(c, "--budget", budget, 1, 1000000, &most);
  if (rc) return rc;
  BILLING_INIT(&one);
  BILLING_INIT(&sum);
  if (!until) until_us = cli_call(c, NULL, 0)->now_us;
  do {
    rc = billing_advance(c->b, cli_call(c, NULL, 0), until_us,
                         (uint32_t)most, &one, &c->err);
    if (!rc) add_progress(&sum, &one);
  } while (cli_again(c, rc) ||
           (!rc && !budget && one.flags & BILLING_PROGRESS_MORE));
  return rc ? cli_fail(c, rc) : show_progress(c, &sum);
}

/* ---- invoices ---- */

static int invoice_page(cli *c, const buffer *query, buffer *after) {
  billing_doc *doc = NULL;
  int rc;

  do {
    rc = billing_list(c->b, cli_call(c, NULL, 0), "invoice", query->text,
                      query->len, &doc, &c->err);
  } while (cli_again(c, rc));
  buffer_empty(after);
  if (!rc) slice_plain(slice_get(slice_of(doc), "next"), after);
  return cli_show(c, rc, doc,
                  "items: number customer contract period.from=from "
                  "period.to=to totals.0.amount=amount "
                  "totals.0.drawn=from_credit totals.0.due=due "
                  "totals.0.asset=asset");
}

static int invoices(cli *c) {
  const char *customer = NULL, *words[1];
  const cli_option options[] = {{"--customer", &customer, NULL, NULL},
                                {NULL, NULL, NULL, NULL}};
  buffer query = {0}, after = {0};
  int rc = cli_start(c, options, words, 0, 0, CLI_READ);

  if (rc) return rc;
  do {
    buffer_empty(&query);
    json_open(&query);
    if (after.len) json_text(&query, "after", after.text);
    if (customer) json_text(&query, "customer", customer);
    json_u64(&query, "limit", 1000);
    json_close(&query);
    rc = invoice_page(c, &query, &after);
  } while (!rc && after.len);
  buffer_free(&query);
  buffer_free(&after);
  return rc;
}

static int invoice(cli *c) {
  int is_text = 0;
  const cli_option options[] = {{"--text", NULL, &is_text, NULL},
                                {NULL, NULL, NULL, NULL}};
  const char *words[1];
  billing_doc *doc = NULL;
  int rc = cli_start(c, options, words, 1, 1, CLI_READ);

  if (rc) return rc;
  is_text |= !c->is_json;
  do {
    rc = billing_invoice(c->b, cli_call(c, NULL, 0), words[0], (size_t)-1,
                         is_text ? "text" : "json", &doc, &c->err);
  } while (cli_again(c, rc));
  if (rc || !is_text) return cli_show(c, rc, doc, NULL);
  fwrite(billing_doc_text(doc), 1, billing_doc_len(doc), stdout);
  billing_doc_free(doc);
  return CLI_OK;
}

static int explain(cli *c) {
  const char *line = "1", *events = NULL, *words[1];
  const cli_option options[] = {{"--line", &line, NULL, NULL},
                                {"--events", &events, NULL, NULL},
                                {NULL, NULL, NULL, NULL}};
  int64_t number = 1, most = 100;
  billing_doc *doc = NULL;
  buffer query = {0};
  int rc = cli_start(c, options, words, 1, 1, CLI_READ);

  if (!rc) rc = cli_whole(c, "--line", line, 1, INT32_MAX, &number);
  if (!rc) rc = cli_whole(c, "--events", events, 0, 10000, &most);
  if (rc) return rc;
  json_open(&query);
  json_u64(&query, "events", (uint64_t)most);
  json_text(&query, "invoice", words[0]);
  json_u64(&query, "line", (uint64_t)number);
  json_close(&query);
  do {
    rc = billing_explain(c->b, cli_call(c, NULL, 0), query.text, query.len,
                         &doc, &c->err);
  } while (cli_again(c, rc));
  buffer_free(&query);
  return cli_show(c, rc, doc,
                  "tiers: tier quantity unit per flat amount|draws: grant id "
                  "name priority amount|events: number key time total_after "
                  "amount");
}

const cli_command cli_invoices[] = {
    {"advance", "[--until TIME] [--budget STEPS]",
     "do what falls due: close periods, make invoices, expire", advance},
    {"invoices", "[--customer ID]", "show the finalized invoices", invoices},
    {"invoice", "NUMBER [--text]", "show one invoice", invoice},
    {"explain", "NUMBER --line N [--events N]",
     "where a line comes from: tiers, draws, events", explain},
    {NULL, NULL, NULL, NULL}};
