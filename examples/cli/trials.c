/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* trials.c - preview: what would be billed, without recording it. */
#include <stdio.h>
#include <string.h>

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

const cli_command cli_trials[] = {
    {"preview", "CUSTOMER [--contract ID] [--at TIME] [--events FILE "
     "[--replace]]",
     "the invoices that would come, also with events that did not happen",
     preview},
    {NULL, NULL, NULL, NULL}};
