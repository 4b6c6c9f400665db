/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* outbox.c - what is to be told outside: rows, and how far they are done. */
#include <stdio.h>

#include "cli.h"
#include "../parts/slice.h"

int cli_outbox(cli *c) {
  const char *after = NULL, *limit = NULL, *secret = NULL, *words[1];
  const cli_option options[] = {{"--after", &after, NULL, NULL},
                                {"--limit", &limit, NULL, NULL},
                                {"--secret", &secret, NULL, NULL},
                                {NULL, NULL, NULL, NULL}};
  buffer query = {0};
  billing_doc *doc = NULL;
  int64_t most = 100;
  int rc = cli_start(c, options, words, 0, 0, CLI_READ);

  if (!rc) rc = cli_whole(c, "--limit", limit, 1, 1000, &most);
  if (rc) return rc;
  json_open(&query);
  if (after) json_text(&query, "after", after);
  json_u64(&query, "limit", (uint64_t)most);
  if (secret) json_text(&query, "secret", secret);
  json_close(&query);
  do {
    rc = billing_outbox_next(c->b, cli_call(c, NULL, 0), query.text,
                             query.len, &doc, &c->err);
  } while (cli_again(c, rc));
  buffer_free(&query);
  return cli_show(c, rc, doc, "rows: row customer body.type body.timestamp");
}

int cli_outbox_done(cli *c) {
  const char *words[1];
  int64_t row = 0;
  int rc = cli_start(c, NULL, words, 1, 1, CLI_WRITE);

  if (!rc) rc = cli_whole(c, "ROW", words[0], 1, INT64_MAX, &row);
  if (rc) return rc;
  do {
    rc = billing_outbox_done(c->b, cli_call(c, NULL, 0), (uint64_t)row,
                             &c->err);
  } while (cli_again(c, rc));
  if (rc) return cli_fail(c, rc);
  puts(c->is_json ? "{}" : "done");
  return CLI_OK;
}
