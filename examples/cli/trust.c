/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* trust.c - verify, evaluate. */
#include "cli.h"
#include "../parts/slice.h"

static int verify(cli *c) {
  const char *words[1];
  billing_doc *doc = NULL;
  int is_sound, rc = cli_start(c, NULL, words, 0, 0, CLI_READ);

  if (rc) return rc;
  do rc = billing_verify(c->b, cli_call(c, NULL, 0), &doc, &c->err);
  while (cli_again(c, rc));
  is_sound = !rc && slice_is(slice_get(slice_of(doc), "ok"), "true");
  rc = cli_show(c, rc, doc, NULL);
  return rc || is_sound ? rc : CLI_UNSOUND;
}

static int evaluate(cli *c) {
  const char *words[1];
  billing_doc *doc = NULL;
  buffer file = {0};
  int rc = cli_start(c, NULL, words, 1, 1, CLI_PURE);

  if (!rc) rc = cli_file(c, words[0], &file);
  if (!rc) {
    rc = billing_evaluate(NULL, file.text, file.len, &doc, &c->err);
    rc = cli_show(c, rc, doc, NULL);
  }
  buffer_free(&file);
  return rc;
}

const cli_command cli_trust[] = {
    {"outbox", "[--after ROW] [--limit N] [--secret whsec_..]",
     "what is to be told outside and is not done", cli_outbox},
    {"outbox-done", "ROW", "all rows up to this one were told",
     cli_outbox_done},
    {"verify", "", "check the journal, the ledger and the tables", verify},
    {"evaluate", "FILE", "run one kernel on a document, without a database",
     evaluate},
    {NULL, NULL, NULL, NULL}};
