/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* wallets.c - grant, balance, ledger; holds are in holds.c. */
#include <string.h>

#include "event.h"
#include "../parts/slice.h"

/* ---- grant ---- */

typedef struct grant_words {
  const char *words[4];        /* key, customer, amount, asset */
  const char *cost;
  const char *cost_asset;
  const char *from;
  const char *until;
  const char *priority;
  const char *name;
  const char *scope;
  const char *origin;
  int         is_promotional;
} grant_words;

/* In the order of BILLING_ORIGIN_*. */
static const char *const origins[] = {"bought", "promotional", "commitment",
                                      "recurring", "rollover", "refund",
                                      "manual"};

static int read_origin(cli *c, const grant_words *in, uint32_t *out) {
  const char *word = in->origin ? in->origin
                     : in->is_promotional ? "promotional" : "bought";

  for (*out = 0; *out < sizeof origins / sizeof *origins; ++*out)
    if (strcmp(word, origins[*out]) == 0) return CLI_OK;
  return cli_usage(c, "--origin wants bought, promotional, commitment, "
                   "recurring, rollover, refund or manual", word);
}

static int grant_terms(cli *c, const grant_words *in,
                       billing_grant_terms *out) {
  const char *asset = in->cost_asset ? in->cost_asset : in->words[3];
  int64_t priority = 0;
  int rc;

  BILLING_INIT(out);
  out->customer = cli_str(in->words[1]);
  out->name = cli_str(in->name);
  out->scope = cli_str(in->scope);
  rc = read_origin(c, in, &out->origin);
  if (!rc) rc = cli_decimal(c, "AMOUNT", in->words[2], &out->amount.amount);
  if (!rc) rc = cli_asset(c, in->words[3], out->amount.asset);
  if (!rc) rc = cli_decimal(c, "--cost", in->cost, &out->cost.amount);
  if (!rc && in->cost) rc = cli_asset(c, asset, out->cost.asset);
  if (!rc) rc = cli_time(c, "--from", in->from, &out->effective_us);
  if (!rc) rc = cli_time(c, "--until", in->until, &out->expires_us);
  if (!rc)
    rc = cli_whole(c, "--priority", in->priority, INT32_MIN, INT32_MAX,
                   &priority);
  out->priority = (int32_t)priority;
  return rc;
}

static int grant(cli *c) {
  grant_words in = {.cost = NULL};
  const cli_option options[] = {{"--cost", &in.cost, NULL, NULL},
                                {"--cost-asset", &in.cost_asset, NULL, NULL},
                                {"--from", &in.from, NULL, NULL},
                                {"--until", &in.until, NULL, NULL},
                                {"--priority", &in.priority, NULL, NULL},
                                {"--name", &in.name, NULL, NULL},
                                {"--scope", &in.scope, NULL, NULL},
                                {"--origin", &in.origin, NULL, NULL},
                                {"--promotional", NULL, &in.is_promotional,
                                 NULL},
                                {NULL, NULL, NULL, NULL}};
  billing_grant_terms terms;
  uint64_t number = 0;
  buffer json = {0};
  int rc = cli_start(c, options, in.words, 4, 4, CLI_WRITE);

  if (!rc) rc = grant_terms(c, &in, &terms);
  if (rc) return rc;
  do {
    rc = billing_grant(c->b, cli_call(c, in.words[0], 0), &terms, &number,
                       &c->err);
  } while (cli_again(c, rc));
  if (rc) return cli_fail(c, rc);
  json_open(&json);
  json_u64(&json, "grant", number);
  json_close(&json);
  return cli_show_buffer(c, &json, NULL);
}

/* ---- balance ---- */

static int add_balance(cli *c, const char *customer, const char *asset,
                       buffer *json) {
  billing_balances found;
  int rc;

  BILLING_INIT(&found);
  do {
    rc = billing_balance(c->b, cli_call(c, NULL, 0), customer, (size_t)-1,
                         asset, &found, &c->err);
  } while (cli_again(c, rc));
  if (rc) return cli_fail(c, rc);
  if (json->text[json->len - 1] != '[') buffer_c(json, ",");
  json_open(json);
  json_text(json, "asset", found.asset);
  json_decimal(json, "free", found.free);
  json_decimal(json, "granted", found.granted);
  json_decimal(json, "held", found.held);
  json_decimal(json, "left", found.left);
  json_decimal(json, "owed", found.owed);
  json_decimal(json, "shared", found.shared);
  json_close(json);
  return CLI_OK;
}

/* All assets in which the customer has a balance, as the ledger says behind
 * its last posting. */
static int add_balances(cli *c, const char *customer, buffer *json) {
  buffer query = {0}, asset = {0}, seen = {0};
  billing_doc *doc = NULL;
  slices row;
  int rc;

  json_open(&query);
  json_text(&query, "after", "9223372036854775807.0");
  json_text(&query, "customer", customer);
  json_close(&query);
  do {
    rc = billing_ledger(c->b, cli_call(c, NULL, 0), query.text, query.len,
                        &doc, &c->err);
  } while (cli_again(c, rc));
  buffer_free(&query);
  if (rc) return cli_fail(c, rc);
  buffer_c(&seen, " ");
  slices_open(&row, slice_get(slice_of(doc), "balances"));
  while (!rc && slices_next(&row)) {
    buffer_empty(&asset);
    buffer_c(&asset, " ");
    slice_plain(slice_get(row.value, "asset"), &asset);
    buffer_c(&asset, " ");
    if (strstr(seen.text, asset.text)) continue;
    buffer_c(&seen, asset.text + 1);
    asset.text[asset.len - 1] = '\0';
    rc = add_balance(c, customer, asset.text + 1, json);
  }
  billing_doc_free(doc);
  buffer_free(&asset);
  buffer_free(&seen);
  return rc;
}

static int balance(cli *c) {
  const char *words[2] = {NULL, NULL};
  buffer json = {0};
  int rc = cli_start(c, NULL, words, 1, 2, CLI_READ);

  if (rc) return rc;
  buffer_c(&json, "{\"balances\":[");
  rc = words[1] ? add_balance(c, words[0], words[1], &json)
                : add_balances(c, words[0], &json);
  buffer_c(&json, "]}");
  if (!rc)
    return cli_show_buffer(c, &json,
                           "balances: asset granted left held free owed "
                           "shared");
  buffer_free(&json);
  return rc;
}

/* ---- ledger ---- */

static int ledger(cli *c) {
  int is_running = 0;
  const char *customer = NULL, *asset = NULL, *account = NULL, *after = NULL;
  const char *limit = NULL, *from = NULL, *to = NULL, *words[1];
  const cli_option options[] = {{"--customer", &customer, NULL, NULL},
                                {"--asset", &asset, NULL, NULL},
                                {"--account", &account, NULL, NULL},
                                {"--from", &from, NULL, NULL},
                                {"--to", &to, NULL, NULL},
                                {"--running", NULL, &is_running, NULL},
                                {"--after", &after, NULL, NULL},
                                {"--limit", &limit, NULL, NULL},
                                {NULL, NULL, NULL, NULL}};
  buffer query = {0};
  billing_doc *doc = NULL;
  int64_t most = 100;
  int rc = cli_start(c, options, words, 0, 0, CLI_READ);

  if (!rc) rc = cli_whole(c, "--limit", limit, 1, 1000, &most);
  if (rc) return rc;
  json_open(&query);
  if (customer) json_text(&query, "customer", customer);
  if (asset) json_text(&query, "asset", asset);
  if (account) json_text(&query, "account", account);
  if (from) json_text(&query, "from", from);
  if (to) json_text(&query, "to", to);
  if (after) json_text(&query, "after", after);
  json_u64(&query, "limit", (uint64_t)most);
  if (is_running) {
    json_name(&query, "running");
    buffer_c(&query, "true");
  }
  json_close(&query);
  do {
    rc = billing_ledger(c->b, cli_call(c, NULL, 0), query.text, query.len,
                        &doc, &c->err);
  } while (cli_again(c, rc));
  buffer_free(&query);
  return cli_show(c, rc, doc,
                  "postings: number seq at customer account amount asset "
                  "balance cause|balances: customer account balance asset");
}

const cli_command cli_wallets[] = {
    {"grant", "KEY CUSTOMER AMOUNT ASSET [--cost AMOUNT] [--cost-asset A]\n"
     "       [--from TIME] [--until TIME] [--priority N] [--promotional]\n"
     "       [--origin WORD] [--name TEXT] [--scope JSON]",
     "give a customer credit", grant},
    {"change-grant", "KEY GRANT void|transfer|refund|expiry\n"
     "       [--customer ID] [--amount AMOUNT] [--expires TIME|never]",
     "void a grant, move or refund a part of it, change its end",
     cli_change_grant},
    {"top-ups", "CUSTOMER", "what credit is asked for, and what became of it",
     cli_top_ups},
    {"top-up", "KEY NUMBER paid|failed|void|resume [--reason TEXT]",
     "what has become of the payment of a top-up", cli_top_up},
    {"balance", "CUSTOMER [ASSET]", "what a customer has left", balance},
    {"authorize", "KEY CUSTOMER (--event NAME [--value V] | "
     "--event NAME=V,NAME=V,.. |\n       --amount AMOUNT --asset ASSET) "
     "[--properties JSON] [--expires TIME]\n       [--least VALUE]",
     "ask before the work is done, and hold what it may cost", cli_authorize},
    {"settle", "KEY (EVENT [--value V] | NAME=V,NAME=V,..) "
     "[--properties JSON]\n       [--time TIME] [--key EVENT-KEY] "
     "[--above all|refuse|owe|overdraft|cap]",
     "end a hold by what was really used", cli_settle},
    {"extend", "KEY TIME", "let a hold last longer", cli_extend},
    {"release", "KEY", "end a hold that was not used", cli_release},
    {"limits", "CUSTOMER [--properties JSON]",
     "what limits a customer, and how much of it is used", cli_limits},
    {"entitled", "CUSTOMER FEATURE",
     "what a customer has of a feature; exit status 1: nothing is left, or "
     "it has none", cli_entitled},
    {"features", "CUSTOMER", "what a customer has of each feature",
     cli_features},
    {"token", "CUSTOMER --secret FILE --until TIME [--features ID,ID]",
     "what a customer has of features, signed for offline use; FILE holds 64 "
     "hexadecimal digits", cli_token},
    {"token-key", "FILE", "the public key of a secret", cli_token_key},
    {"token-verify", "TOKEN --key HEX", "what a token says, if it holds",
     cli_token_verify},
    {"ledger", "[--customer ID] [--asset A] [--account NAME] [--from TIME]\n"
     "       [--to TIME] [--running] [--after N] [--limit N]",
     "the double-entry ledger", ledger},
    {NULL, NULL, NULL, NULL}};
