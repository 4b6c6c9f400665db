/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* catalog.c - apply, put, price-book, get, list, rebuild, archive, erase. */
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "../parts/progress.h"
#include "../parts/slice.h"

static const char changes[] = "changes: action kind id version members";

/* Without --tenant, a tenant's own document says whose it is. */
static const billing_call *owner_call(cli *c, billing_str tenant,
                                      uint32_t flags) {
  cli_call(c, NULL, flags);
  if (!c->tenant && slice_get(tenant, "id").len)
    c->call.tenant = (billing_str){NULL, 0};
  return &c->call;
}

static int apply(cli *c) {
  int is_dry = 0;
  const cli_option options[] = {{"--dry-run", NULL, &is_dry, NULL},
                                {NULL, NULL, NULL, NULL}};
  const char *words[1];
  buffer file = {0};
  billing_doc *doc = NULL;
  billing_str tenant;
  int rc = cli_start(c, options, words, 1, 1, CLI_CREATE);

  if (!rc) rc = cli_file(c, words[0], &file);
  if (rc) { buffer_free(&file); return rc; }
  tenant = slice_get((billing_str){file.text, file.len}, "tenant");
  do {
    rc = billing_catalog_apply(c->b,
                               owner_call(c, tenant, is_dry
                                          ? BILLING_CALL_DRY_RUN : 0),
                               file.text, file.len, &doc, &c->err);
  } while (cli_again(c, rc));
  buffer_free(&file);
  return cli_show(c, rc, doc, changes);
}

/* A member of a request, if there is a value. */
static void book_member(buffer *out, const char *name, const char *text) {
  if (text) json_text(out, name, text);
}

/* The table of a file as a plan. */
static int book_plan(cli *c, const buffer *csv, const char *const *texts,
                     billing_doc **out) {
  static const char *const names[] = {"id", "meter", "percent", "per",
                                      "currency"};
  buffer request = {0};
  int rc;

  json_open(&request);
  json_str(&request, "csv", (billing_str){csv->text, csv->len});
  for (size_t i = 0; i < 5; i++) book_member(&request, names[i], texts[i]);
  json_text(&request, "kernel", "price_book");
  json_close(&request);
  rc = billing_evaluate(NULL, request.text, request.len, out, &c->err);
  buffer_free(&request);
  return rc;
}

static int price_book(cli *c) {
  const char *texts[5] = {NULL, NULL, NULL, NULL, NULL};
  const cli_option options[] = {
    {"--id", &texts[0], NULL, NULL}, {"--meter", &texts[1], NULL, NULL},
    {"--mark-up", &texts[2], NULL, NULL}, {"--per", &texts[3], NULL, NULL},
    {"--currency", &texts[4], NULL, NULL}, {NULL, NULL, NULL, NULL}};
  const char *words[1];
  buffer file = {0};
  billing_doc *book = NULL, *doc = NULL;
  int rc = cli_start(c, options, words, 1, 1, CLI_WRITE);

  if (!rc) rc = cli_file(c, words[0], &file);
  if (rc) { buffer_free(&file); return rc; }
  rc = book_plan(c, &file, texts, &book);
  buffer_free(&file);
  if (!rc) {
    billing_str plan = slice_get(slice_of(book), "plan");

    do rc = billing_put(c->b, cli_call(c, NULL, 0), "plan", plan.text,
                        plan.len, &doc, &c->err);
    while (cli_again(c, rc));
  }
  billing_doc_free(book);
  return cli_show(c, rc, doc, NULL);
}

static int put(cli *c) {
  const char *words[2];
  buffer file = {0};
  billing_doc *doc = NULL;
  billing_str json = {NULL, 0};
  int rc = cli_start(c, NULL, words, 2, 2, CLI_CREATE);

  if (!rc) rc = cli_file(c, words[1], &file);
  if (rc) { buffer_free(&file); return rc; }
  if (!strcmp(words[0], "tenant")) json = (billing_str){file.text, file.len};
  do {
    rc = billing_put(c->b, owner_call(c, json, 0), words[0], file.text,
                     file.len, &doc, &c->err);
  } while (cli_again(c, rc));
  buffer_free(&file);
  return cli_show(c, rc, doc, NULL);
}

static int get(cli *c) {
  const char *words[2];
  billing_doc *doc = NULL;
  int rc = cli_start(c, NULL, words, 2, 2, CLI_READ);

  if (rc) return rc;
  do {
    rc = billing_get(c->b, cli_call(c, NULL, 0), words[0], words[1],
                     (size_t)-1, &doc, &c->err);
  } while (cli_again(c, rc));
  return cli_show(c, rc, doc, NULL);
}

/* One page; *after becomes where the next one starts, if there is one. */
static int list_page(cli *c, const char *kind, const buffer *query,
                     buffer *after) {
  billing_doc *doc = NULL;
  int rc;

  do {
    rc = billing_list(c->b, cli_call(c, NULL, 0), kind, query->text,
                      query->len, &doc, &c->err);
  } while (cli_again(c, rc));
  buffer_empty(after);
  if (!rc) slice_plain(slice_get(slice_of(doc), "next"), after);
  return cli_show(c, rc, doc,
                  "items: id name customer plan event aggregation property "
                  "currency start end version");
}

static int list(cli *c) {
  const char *customer = NULL, *after = NULL, *limit = NULL, *status = NULL;
  int is_archived = 0, is_shared = 0;
  const cli_option options[] = {{"--customer", &customer, NULL, NULL},
                                {"--status", &status, NULL, NULL},
                                {"--after", &after, NULL, NULL},
                                {"--limit", &limit, NULL, NULL},
                                {"--archived", NULL, &is_archived, NULL},
                                {"--shared", NULL, &is_shared, NULL},
                                {NULL, NULL, NULL, NULL}};
  const char *words[1];
  buffer query = {0}, next = {0};
  int64_t most = 1000;
  int rc = cli_start(c, options, words, 1, 1, CLI_READ);

  if (!rc) rc = cli_whole(c, "--limit", limit, 1, 1000, &most);
  if (rc) return rc;
  if (after) buffer_c(&next, after);
  do {
    buffer_empty(&query);
    json_open(&query);
    if (customer) json_text(&query, "customer", customer);
    if (status) json_text(&query, "status", status);
    if (next.len) json_text(&query, "after", next.text);
    if (is_archived) buffer_c(&query, query.len > 1 ? ",\"archived\":true"
                                                    : "\"archived\":true");
    if (is_shared) buffer_c(&query, query.len > 1 ? ",\"shared\":true"
                                                  : "\"shared\":true");
    json_u64(&query, "limit", (uint64_t)most);
    json_close(&query);
    rc = list_page(c, words[0], &query, &next);
  } while (!rc && next.len && !limit);
  buffer_free(&query);
  buffer_free(&next);
  return rc;
}

static int archive(cli *c) {
  const char *words[2];
  int rc = cli_start(c, NULL, words, 2, 2, CLI_WRITE);

  if (rc) return rc;
  do {
    rc = billing_archive(c->b, cli_call(c, NULL, 0), words[0], words[1],
                         (size_t)-1, &c->err);
  } while (cli_again(c, rc));
  if (rc) return cli_fail(c, rc);
  if (!c->is_json) printf("%s %s is archived\n", words[0], words[1]);
  else puts("{}");
  return CLI_OK;
}

static int erase(cli *c) {
  const char *reason = NULL;
  const cli_option options[] = {{"--reason", &reason, NULL, NULL},
                                {NULL, NULL, NULL, NULL}};
  const char *words[1];
  int rc = cli_start(c, options, words, 1, 1, CLI_WRITE);

  if (rc) return rc;
  if (!reason) reason = "";
  do {
    rc = billing_erase(c->b, cli_call(c, NULL, 0), words[0], (size_t)-1,
                       reason, (size_t)-1, &c->err);
  } while (cli_again(c, rc));
  if (rc) return cli_fail(c, rc);
  puts(c->is_json ? "{}" : "erased");
  return CLI_OK;
}

/* ---- rebuild ---- */

/* `words` are a kind and an id. */
static int show_rebuilding(cli *c, const char *const *words,
                           const billing_rebuilding *sum) {
  buffer json = {0};

  json_open(&json);
  json_u64(&json, "customers", sum->customers);
  json_u64(&json, "done", sum->done);
  json_u64(&json, "events", sum->events);
  json_u64(&json, "moved", sum->moved);
  json_text(&json, words[0], words[1]);
  json_u64(&json, "unusable", sum->unusable);
  json_close(&json);
  return cli_show_buffer(c, &json, NULL);
}

static int rebuild_dry(cli *c, const char *const *words) {
  billing_doc *doc = NULL;
  int rc;

  do {
    rc = billing_rebuild(c->b, cli_call(c, NULL, BILLING_CALL_DRY_RUN),
                         words[0], words[1], (size_t)-1, 0, NULL, &doc,
                         &c->err);
  } while (cli_again(c, rc));
  return cli_show(c, rc, doc,
                  "differences: customer contract price group from to "
                  "quantity was amount difference asset");
}

/* In steps, so that others may write in between. */
static int rebuild_steps(cli *c, const char *const *words, uint32_t most,
                         int all) {
  billing_rebuilding one, sum;
  progress bar;
  int rc;

  BILLING_INIT(&one);
  BILLING_INIT(&sum);
  progress_open(&bar, "rebuild", 1);
  do {
    rc = billing_rebuild(c->b, cli_call(c, NULL, 0), words[0], words[1],
                         (size_t)-1, most, &one, NULL, &c->err);
    if (rc) continue;
    one.events += sum.events;
    one.moved += sum.moved;
    one.unusable += sum.unusable;
    sum = one;
    bar.whole = sum.customers;
    progress_show(&bar, sum.done, sum.events);
  } while (cli_again(c, rc) ||
           (!rc && all && one.flags & BILLING_PROGRESS_MORE));
  progress_close(&bar);
  return rc ? cli_fail(c, rc) : show_rebuilding(c, words, &sum);
}

static int rebuild(cli *c) {
  const char *budget = NULL, *words[2];
  int is_dry = 0;
  const cli_option options[] = {{"--budget", &budget, NULL, NULL},
                                {"--dry-run", NULL, &is_dry, NULL},
                                {NULL, NULL, NULL, NULL}};
  int64_t most = 100;
  int rc = cli_start(c, options, words, 2, 2, CLI_WRITE);

  if (!rc) rc = cli_whole(c, "--budget", budget, 1, 1000000, &most);
  if (rc) return rc;
  return is_dry ? rebuild_dry(c, words)
                : rebuild_steps(c, words, (uint32_t)most, !budget);
}

const cli_command cli_catalog[] = {
    {"apply", "FILE [--dry-run]",
     "make the catalog say what FILE says", apply},
    {"put", "KIND FILE", "create or change one document", put},
    {"price-book", "FILE.csv --id ID --meter METER [--mark-up PERCENT] [--per "
     "N] [--currency CODE]", "a table of model prices as one plan",
     price_book},
    {"get", "KIND ID", "show one document", get},
    {"list", "KIND [--customer ID] [--after ID] [--limit N] [--archived]\n"
     "       [--status open|unresolved|..] [--shared]",
     "show the documents of a kind", list},
    {"rebuild", "meter|plan ID [--budget CUSTOMERS] [--dry-run]",
     "charge what was recorded by a meter or a plan as it is now", rebuild},
    {"archive", "KIND ID", "take a document out of use", archive},
    {"erase", "CUSTOMER [--reason TEXT]",
     "erase a customer's personal data", erase},
    {NULL, NULL, NULL, NULL}};
