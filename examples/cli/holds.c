/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* holds.c - authorize, settle, release, extend. */
#include <stdio.h>
#include <string.h>

#include "event.h"

static int show_hold(cli *c, int rc, const billing_hold *hold) {
  static const char *const names[] = {"", "open", "settled", "released",
                                      "expired", "unresolved"};
  buffer json = {0};

  if (rc) return cli_fail(c, rc);
  json_open(&json);
  json_text(&json, "asset", hold->asset);
  json_u64(&json, "assets", hold->assets);
  json_time(&json, "decided", hold->decided_us);
  json_u64(&json, "draws", hold->draws);
  json_time(&json, "expires", hold->expires_us);
  json_decimal(&json, "free", hold->free);
  json_decimal(&json, "held", hold->held);
  json_u64(&json, "number", hold->number);
  json_decimal(&json, "overdraft", hold->overdraft);
  json_text(&json, "status", hold->status < 6 ? names[hold->status] : "");
  json_decimal(&json, "value", hold->value);
  json_close(&json);
  return cli_show_buffer(c, &json, NULL);
}

static int hold_terms(cli *c, const char *customer, const char *amount,
                      const char *asset, const char *expires,
                      billing_hold_terms *out) {
  int rc;

  BILLING_INIT(out);
  rc = cli_time(c, "--expires", expires, &out->expires_us);
  if (rc || !amount) return rc;
  if (!asset) return cli_usage(c, "an amount has an asset", "--asset USD");
  out->customer = cli_str(customer);
  rc = cli_decimal(c, "--amount", amount, &out->amount.amount);
  return rc ? rc : cli_asset(c, asset, out->amount.asset);
}

int cli_authorize(cli *c) {
  cli_event_words in = {0};
  const char *amount = NULL, *asset = NULL, *expires = NULL, *words[2];
  const cli_option options[] = {CLI_EVENT_OPTIONS(in),
                                {"--event", &in.event, NULL, NULL},
                                {"--amount", &amount, NULL, NULL},
                                {"--asset", &asset, NULL, NULL},
                                {"--expires", &expires, NULL, NULL},
                                {NULL, NULL, NULL, NULL}};
  billing_hold_terms terms;
  billing_event event;
  billing_hold hold;
  int rc = cli_start(c, options, words, 2, 2, CLI_WRITE);

  if (rc) return rc;
  BILLING_INIT(&hold);
  if (!in.event == !amount)
    return cli_usage(c, "give an estimate or an amount", "--event, --amount");
  in.customer = words[1];
  rc = cli_event(c, &in, &event);
  if (!rc) rc = hold_terms(c, words[1], amount, asset, expires, &terms);
  if (rc) return rc;
  do {
    rc = billing_authorize(c->b, cli_call(c, words[0], 0),
                           in.event ? &event : NULL, !!in.event, &terms,
                           &hold, NULL, &c->err);
  } while (cli_again(c, rc));
  return show_hold(c, rc, &hold);
}

static int above_of(cli *c, const char *word, uint32_t *out) {
  static const char *const names[] = {"all", "refuse", "owe", "overdraft"};

  for (*out = 0; *out < 4; ++*out)
    if (!strcmp(word, names[*out])) return CLI_OK;
  return cli_usage(c, "--above is all, refuse, owe or overdraft", word);
}

int cli_settle(cli *c) {
  cli_event_words in = {0};
  const char *above = "all", *words[2];
  const cli_option options[] = {CLI_EVENT_OPTIONS(in),
                                {"--key", &in.key, NULL, NULL},
                                {"--above", &above, NULL, NULL},
                                {NULL, NULL, NULL, NULL}};
  billing_receipt receipt;
  billing_event event;
  uint32_t rule = 0;
  int rc = cli_start(c, options, words, 2, 2, CLI_WRITE);

  if (rc) return rc;
  BILLING_INIT(&receipt);
  in.event = words[1];
  if (!in.key) in.key = words[0];      /* one event a hold: its key will do */
  rc = cli_event(c, &in, &event);
  if (!rc) rc = above_of(c, above, &rule);
  if (rc) return rc;
  do {
    rc = billing_settle(c->b, cli_call(c, words[0], 0), &event, 1, rule,
                        &receipt, &c->err);
  } while (cli_again(c, rc));
  return cli_show_receipt(c, rc, &receipt);
}

int cli_release(cli *c) {
  const char *words[1];
  int rc = cli_start(c, NULL, words, 1, 1, CLI_WRITE);

  if (rc) return rc;
  do rc = billing_release(c->b, cli_call(c, words[0], 0), &c->err);
  while (cli_again(c, rc));
  if (rc) return cli_fail(c, rc);
  puts(c->is_json ? "{}" : "released");
  return CLI_OK;
}
