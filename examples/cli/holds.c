/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* holds.c - authorize, settle, release, extend. */
#include <stdio.h>
#include <string.h>

#include "event.h"

#define HOLD_EVENTS 16

/* The events of "input=9000,output=4000", or one event by its name. */
typedef struct hold_events {
  size_t        count;
  billing_event event[HOLD_EVENTS];
  char          name[HOLD_EVENTS][256];
  char          value[HOLD_EVENTS][64];
  char          key[HOLD_EVENTS][512];
} hold_events;

static int copy_piece(cli *c, const char *from, size_t len, char *to,
                      size_t room) {
  if (len >= room) return cli_usage(c, "a name or value is too long", from);
  memcpy(to, from, len);
  to[len] = '\0';
  return CLI_OK;
}

/* One of several: its key is that of all of them, and its place. */
static int add_piece(cli *c, const cli_event_words *in, const char *piece,
                     size_t len, hold_events *out) {
  const char *sign = memchr(piece, '=', len);
  size_t name = sign ? (size_t)(sign - piece) : len, at = out->count;
  cli_event_words one = *in;
  int rc;

  if (at == HOLD_EVENTS)
    return cli_usage(c, "too many events for one hold", in->event);
  rc = copy_piece(c, piece, name, out->name[at], sizeof out->name[at]);
  if (!rc && sign)
    rc = copy_piece(c, sign + 1, len - name - 1, out->value[at],
                    sizeof out->value[at]);
  if (rc) return rc;
  one.event = out->name[at];
  if (sign) one.value = out->value[at];
  if (in->key) {
    snprintf(out->key[at], sizeof out->key[at], "%s-%u", in->key,
             (unsigned)at + 1);
    one.key = out->key[at];
  }
  return cli_event(c, &one, &out->event[out->count++]);
}

static int read_events(cli *c, const cli_event_words *in, hold_events *out) {
  const char *at = in->event;
  int rc = CLI_OK;

  out->count = 0;
  if (!at) return CLI_OK;
  if (!strchr(at, '=')) {
    out->count = 1;
    return cli_event(c, in, &out->event[0]);
  }
  while (!rc && *at) {
    size_t len = strcspn(at, ",");
    rc = add_piece(c, in, at, len, out);
    at += len + (at[len] == ',');
  }
  return rc;
}

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
  if (hold->flags & BILLING_HOLD_OVER_LIMIT) {
    json_name(&json, "over_limit");
    buffer_c(&json, "true");
  }
  json_decimal(&json, "overdraft", hold->overdraft);
  json_text(&json, "status", hold->status < 6 ? names[hold->status] : "");
  json_decimal(&json, "value", hold->value);
  json_close(&json);
  return cli_show_buffer(c, &json, NULL);
}

/* For programs: why there is no hold. */
static void show_denial(cli *c, const billing_denial *denial) {
  static const char *const owners[] = {"balance", "customer", "contract",
                                       "plan", "feature", "parent"};
  buffer json = {0};

  json_open(&json);
  if (denial->again_us) json_time(&json, "again", denial->again_us);
  if (denial->asset[0]) json_text(&json, "asset", denial->asset);
  json_text(&json, "by", denial->by < 6 ? owners[denial->by] : "");
  if (denial->customer[0]) json_text(&json, "customer", denial->customer);
  json_text(&json, "denied", billing_code_name(denial->code));
  if (denial->limit[0]) json_text(&json, "limit", denial->limit);
  json_decimal(&json, "missing", denial->missing);
  if (denial->limit[0]) {
    json_decimal(&json, "most", denial->most);
    json_decimal(&json, "used", denial->used);
  }
  json_close(&json);
  (void)cli_show_buffer(c, &json, NULL);
}

typedef struct hold_words {
  const char *amount;
  const char *asset;
  const char *expires;
  const char *least;
  const char *properties;
} hold_words;

static int hold_terms(cli *c, const char *customer, const hold_words *in,
                      billing_hold_terms *out) {
  int rc;

  BILLING_INIT(out);
  rc = cli_time(c, "--expires", in->expires, &out->expires_us);
  if (in->least) out->flags = BILLING_HOLD_PARTIAL;
  if (!rc) rc = cli_decimal(c, "--least", in->least, &out->least);
  if (rc || !in->amount) return rc;
  if (!in->asset) return cli_usage(c, "an amount has an asset", "--asset USD");
  out->customer = cli_str(customer);
  out->properties = cli_str(in->properties);
  rc = cli_decimal(c, "--amount", in->amount, &out->amount.amount);
  return rc ? rc : cli_asset(c, in->asset, out->amount.asset);
}

int cli_authorize(cli *c) {
  cli_event_words in = {0};
  hold_words hold_in = {0};
  const char *words[2];
  const cli_option options[] = {CLI_EVENT_OPTIONS(in),
                                {"--event", &in.event, NULL, NULL},
                                {"--amount", &hold_in.amount, NULL, NULL},
                                {"--asset", &hold_in.asset, NULL, NULL},
                                {"--expires", &hold_in.expires, NULL, NULL},
                                {"--least", &hold_in.least, NULL, NULL},
                                {NULL, NULL, NULL, NULL}};
  billing_hold_terms terms;
  billing_denial denial;
  billing_hold hold;
  hold_events events;
  int rc = cli_start(c, options, words, 2, 2, CLI_WRITE);

  if (rc) return rc;
  BILLING_INIT(&hold);
  BILLING_INIT(&denial);
  if (!in.event == !hold_in.amount)
    return cli_usage(c, "give an estimate or an amount", "--event, --amount");
  in.customer = words[1];
  hold_in.properties = in.properties;
  rc = read_events(c, &in, &events);
  if (!rc) rc = hold_terms(c, words[1], &hold_in, &terms);
  if (rc) return rc;
  do {
    rc = billing_authorize(c->b, cli_call(c, words[0], 0), events.event,
                           events.count, &terms, &hold, &denial, &c->err);
  } while (cli_again(c, rc));
  if (rc && denial.code && c->is_json) show_denial(c, &denial);
  return show_hold(c, rc, &hold);
}

static int above_of(cli *c, const char *word, uint32_t *out) {
  static const char *const names[] = {"all", "refuse", "owe", "overdraft",
                                      "cap"};

  for (*out = 0; *out < 5; ++*out)
    if (!strcmp(word, names[*out])) return CLI_OK;
  return cli_usage(c, "--above is all, refuse, owe, overdraft or cap", word);
}

static int show_receipts(cli *c, const billing_receipt *receipts,
                         size_t count) {
  int rc = CLI_OK;

  for (size_t i = 0; i < count && !rc; i++)
    rc = cli_show_receipt(c, BILLING_OK, &receipts[i]);
  return rc;
}

int cli_settle(cli *c) {
  cli_event_words in = {0};
  const char *above = "all", *words[2];
  const cli_option options[] = {CLI_EVENT_OPTIONS(in),
                                {"--key", &in.key, NULL, NULL},
                                {"--above", &above, NULL, NULL},
                                {NULL, NULL, NULL, NULL}};
  billing_receipt receipts[HOLD_EVENTS];
  hold_events events;
  uint32_t rule = 0;
  int rc = cli_start(c, options, words, 2, 2, CLI_WRITE);

  if (rc) return rc;
  in.event = words[1];
  if (!in.key) in.key = words[0];      /* one event a hold: its key will do */
  rc = read_events(c, &in, &events);
  if (!rc) rc = above_of(c, above, &rule);
  if (rc) return rc;
  for (size_t i = 0; i < events.count; i++) BILLING_INIT(&receipts[i]);
  do {
    rc = billing_settle(c->b, cli_call(c, words[0], 0), events.event,
                        events.count, rule, receipts, &c->err);
  } while (cli_again(c, rc));
  return rc ? cli_fail(c, rc) : show_receipts(c, receipts, events.count);
}

int cli_limits(cli *c) {
  const char *properties = NULL, *words[1];
  const cli_option options[] = {{"--properties", &properties, NULL, NULL},
                                {NULL, NULL, NULL, NULL}};
  billing_doc *doc = NULL;
  buffer query = {0};
  int rc = cli_start(c, options, words, 1, 1, CLI_READ);

  if (rc) return rc;
  json_open(&query);
  json_text(&query, "customer", words[0]);
  if (properties) {
    json_name(&query, "properties");
    buffer_c(&query, properties);
  }
  json_close(&query);
  do {
    rc = billing_limits(c->b, cli_call(c, NULL, 0), query.text, query.len,
                        &doc, &c->err);
  } while (cli_again(c, rc));
  buffer_free(&query);
  return cli_show(c, rc, doc, "limits: id of contract asset meter most used "
                              "held left over soft from to");
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

int cli_extend(cli *c) {
  const char *words[2];
  billing_hold hold;
  int64_t until = 0;
  int rc = cli_start(c, NULL, words, 2, 2, CLI_WRITE);

  if (!rc) rc = cli_time(c, "UNTIL", words[1], &until);
  if (rc) return rc;
  BILLING_INIT(&hold);
  do {
    rc = billing_extend(c->b, cli_call(c, words[0], 0), until, &hold,
                        &c->err);
  } while (cli_again(c, rc));
  return show_hold(c, rc, &hold);
}
