/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* features.c - what a customer has of features. */
#include <string.h>

#include "cli.h"

static void show_quota(const billing_entitlement *e, buffer *json) {
  json_decimal(json, "held", e->held);
  if (e->flags & BILLING_ENTITLED_UNLIMITED) {
    json_text(json, "left", "unlimited");
    json_text(json, "limit", "unlimited");
  } else {
    json_decimal(json, "left", e->left);
    json_decimal(json, "limit", e->limit);
  }
  if (e->resets_us) json_time(json, "resets", e->resets_us);
}

/* Whether it can be used: it is there, and something is left. */
static int is_usable(const billing_entitlement *e) {
  return e->granted && (!(e->flags & BILLING_ENTITLED_USED_UP) ||
                        e->flags & BILLING_ENTITLED_SOFT);
}

static int show_entitlement(cli *c, const billing_entitlement *e) {
  static const char *const kinds[] = {"boolean", "quota", "configuration"};
  static const char *const sources[] = {"", "customer", "contract", "plan",
                                        "grant", "default"};
  int is_quota = e->kind == BILLING_FEATURE_QUOTA;
  buffer json = {0};
  int rc;

  json_open(&json);
  json_text(&json, "granted", e->granted ? "yes" : "no");
  json_text(&json, "kind", e->kind < 3 ? kinds[e->kind] : "");
  if (is_quota) show_quota(e, &json);
  json_text(&json, "source", e->source < 6 ? sources[e->source] : "");
  if (is_quota) json_decimal(&json, "used", e->used);
  if (e->value_len) json_text(&json, "value", e->value);
  json_close(&json);
  rc = cli_show_buffer(c, &json, NULL);
  return rc ? rc : is_usable(e) ? CLI_OK : CLI_UNSOUND;
}

int cli_entitled(cli *c) {
  const char *words[2];
  billing_entitlement found;
  int rc = cli_start(c, NULL, words, 2, 2, CLI_READ);

  if (rc) return rc;
  BILLING_INIT(&found);
  do {
    rc = billing_entitled(c->b, cli_call(c, NULL, 0), words[0],
                          strlen(words[0]), words[1], strlen(words[1]),
                          &found, &c->err);
  } while (cli_again(c, rc));
  return rc ? cli_fail(c, rc) : show_entitlement(c, &found);
}

int cli_features(cli *c) {
  const char *words[1];
  billing_doc *doc = NULL;
  buffer query = {0};
  int rc = cli_start(c, NULL, words, 1, 1, CLI_READ);

  if (rc) return rc;
  json_open(&query);
  json_text(&query, "customer", words[0]);
  json_close(&query);
  do {
    rc = billing_entitlements(c->b, cli_call(c, NULL, 0), query.text,
                              query.len, &doc, &c->err);
  } while (cli_again(c, rc));
  buffer_free(&query);
  return cli_show(c, rc, doc, "features: feature kind granted limit used held "
                              "left resets value source");
}
