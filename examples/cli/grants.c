/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* grants.c - what is done to a grant, and top-ups. */
#include <string.h>

#include "event.h"
#include "../parts/slice.h"

/* By its number or by the key that it was given with. */
static int grant_number(cli *c, const char *id, uint64_t *out) {
  billing_doc *doc = NULL;
  buffer text = {0};
  int64_t number = 0;
  int rc;

  do {
    rc = billing_get(c->b, cli_call(c, NULL, 0), "grant", id, (size_t)-1,
                     &doc, &c->err);
  } while (cli_again(c, rc));
  if (rc) return cli_fail(c, rc);
  slice_plain(slice_get(slice_of(doc), "number"), &text);
  rc = cli_whole(c, "GRANT", text.text, 1, INT64_MAX, &number);
  *out = (uint64_t)number;
  buffer_free(&text);
  billing_doc_free(doc);
  return rc;
}

static int change_terms(cli *c, const char *change, const char *customer,
                        const char *amount, const char *expires,
                        buffer *terms) {
  int64_t expires_us = 0;
  int rc = CLI_OK;

  if (expires && strcmp(expires, "never") != 0)
    rc = cli_time(c, "--expires", expires, &expires_us);
  if (rc) return rc;
  json_open(terms);
  if (amount) json_text(terms, "amount", amount);
  json_text(terms, "change", change);
  if (customer) json_text(terms, "customer", customer);
  if (expires_us) json_time(terms, "expires", expires_us);
  else if (expires) json_text(terms, "expires", expires);
  json_close(terms);
  return CLI_OK;
}

int cli_change_grant(cli *c) {
  const char *words[3], *customer = NULL, *amount = NULL, *expires = NULL;
  const cli_option options[] = {{"--customer", &customer, NULL, NULL},
                                {"--amount", &amount, NULL, NULL},
                                {"--expires", &expires, NULL, NULL},
                                {NULL, NULL, NULL, NULL}};
  billing_doc *doc = NULL;
  buffer terms = {0};
  uint64_t number = 0;
  int rc = cli_start(c, options, words, 3, 3, CLI_WRITE);

  if (!rc) rc = grant_number(c, words[1], &number);
  if (!rc)
    rc = change_terms(c, words[2], customer, amount, expires, &terms);
  if (rc) return rc;
  do {
    rc = billing_grant_change(c->b, cli_call(c, words[0], 0), number,
                              terms.text, terms.len, &doc, &c->err);
  } while (cli_again(c, rc));
  buffer_free(&terms);
  return cli_show(c, rc, doc, NULL);
}

int cli_top_up(cli *c) {
  const char *words[3], *reason = NULL;
  const cli_option options[] = {{"--reason", &reason, NULL, NULL},
                                {NULL, NULL, NULL, NULL}};
  billing_doc *doc = NULL;
  buffer terms = {0};
  int64_t number = 0;
  int rc = cli_start(c, options, words, 3, 3, CLI_WRITE);

  if (!rc) rc = cli_whole(c, "NUMBER", words[1], 1, INT64_MAX, &number);
  if (rc) return rc;
  json_open(&terms);
  json_text(&terms, "outcome", words[2]);
  if (reason) json_text(&terms, "reason", reason);
  json_close(&terms);
  do {
    rc = billing_top_up(c->b, cli_call(c, words[0], 0), (uint64_t)number,
                        terms.text, terms.len, &doc, &c->err);
  } while (cli_again(c, rc));
  buffer_free(&terms);
  return cli_show(c, rc, doc, NULL);
}

int cli_top_ups(cli *c) {
  const char *words[1];
  billing_doc *doc = NULL;
  buffer query = {0};
  int rc = cli_start(c, NULL, words, 1, 1, CLI_READ);

  if (rc) return rc;
  json_open(&query);
  json_text(&query, "customer", words[0]);
  json_close(&query);
  do {
    rc = billing_top_ups(c->b, cli_call(c, NULL, 0), query.text, query.len,
                         &doc, &c->err);
  } while (cli_again(c, rc));
  buffer_free(&query);
  return cli_show(c, rc, doc, "top_ups: top_up rule of state amount asset "
                              "total charge_asset attempt until again");
}
