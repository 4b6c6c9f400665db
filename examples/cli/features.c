/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* features.c - what a customer has of features. */
#include <stdio.h>
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

/* ---- tokens ---- */

/* 64 hexadecimal digits, with or without an end of line. */
static int read_key(const char *text, size_t len, unsigned char out[32]) {
  static const char digits[] = "0123456789abcdef";

  while (len && (text[len - 1] == '\n' || text[len - 1] == '\r')) len--;
  if (len != 64) return 0;
  for (size_t i = 0; i < len; i++) {
    const char *digit = strchr(digits, text[i] | 32);
    if (!digit || !*digit) return 0;
    out[i / 2] = (unsigned char)((out[i / 2] << 4) | (digit - digits));
  }
  return 1;
}

static int read_secret(cli *c, const char *path, unsigned char out[32]) {
  buffer text = {0};
  int rc = cli_file(c, path, &text);

  if (!rc && !read_key(text.text ? text.text : "", text.len, out))
    rc = cli_usage(c, "a secret is 64 hexadecimal digits", path);
  buffer_free(&text);
  return rc;
}

/* "a,b" as a list in JSON. */
static void list_features(const char *ids, buffer *out) {
  buffer_c(out, "[\"");
  for (; *ids; ids++) {
    if (*ids == ',') buffer_c(out, "\",\"");
    else if (*ids == '"' || *ids == '\\') buffer_c(out, "?");
    else buffer_add(out, ids, 1);
  }
  buffer_c(out, "\"]");
}

int cli_token(cli *c) {
  const char *secret = NULL, *until = NULL, *features = NULL, *words[1];
  const cli_option options[] = {{"--secret", &secret, NULL, NULL},
                                {"--until", &until, NULL, NULL},
                                {"--features", &features, NULL, NULL},
                                {NULL, NULL, NULL, NULL}};
  unsigned char bytes[32] = {0};
  billing_token_terms terms;
  billing_doc *doc = NULL;
  buffer list = {0};
  int rc = cli_start(c, options, words, 1, 1, CLI_READ);

  BILLING_INIT(&terms);
  if (!rc && !secret) rc = cli_usage(c, "--secret is missing", NULL);
  if (!rc && !until) rc = cli_usage(c, "--until is missing", NULL);
  if (!rc) rc = cli_time(c, "--until", until, &terms.expires_us);
  if (!rc) rc = read_secret(c, secret, bytes);
  if (rc) return rc;
  if (features) list_features(features, &list);
  terms.customer = cli_str(words[0]);
  terms.secret = (billing_str){(const char *)bytes, sizeof bytes};
  if (list.len) terms.features = (billing_str){list.text, list.len};
  do {
    rc = billing_token_issue(c->b, cli_call(c, NULL, 0), &terms, &doc,
                             &c->err);
  } while (cli_again(c, rc));
  buffer_free(&list);
  memset(bytes, 0, sizeof bytes);
  if (rc) return cli_fail(c, rc);
  puts(billing_doc_text(doc));
  billing_doc_free(doc);
  return CLI_OK;
}

int cli_token_key(cli *c) {
  unsigned char secret[32] = {0}, key[32];
  const char *words[1];
  int rc = cli_start(c, NULL, words, 1, 1, CLI_PURE);

  if (!rc) rc = read_secret(c, words[0], secret);
  if (rc) return rc;
  rc = billing_token_key(secret, sizeof secret, key, &c->err);
  memset(secret, 0, sizeof secret);
  if (rc) return cli_fail(c, rc);
  for (size_t i = 0; i < sizeof key; i++) printf("%02x", key[i]);
  putchar('\n');
  return CLI_OK;
}

int cli_token_verify(cli *c) {
  const char *key = NULL, *words[1];
  const cli_option options[] = {{"--key", &key, NULL, NULL},
                                {NULL, NULL, NULL, NULL}};
  unsigned char bytes[32] = {0};
  billing_doc *claims = NULL;
  int rc = cli_start(c, options, words, 1, 1, CLI_PURE);

  if (rc) return rc;
  if (!key || !read_key(key, strlen(key), bytes))
    return cli_usage(c, "a key is 64 hexadecimal digits", key);
  rc = billing_token_verify(NULL, words[0], strlen(words[0]), bytes,
                            sizeof bytes, cli_call(c, NULL, 0)->now_us, NULL,
                            &claims, &c->err);
  return cli_show(c, rc, claims, "features: feature kind granted limit used "
                                 "left value");
}
