/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* events.c - quote, void, correct, draws, usage; the others are in feed.c and
 * export.c. */
#include <string.h>

#include "event.h"

int cli_event(cli *c, const cli_event_words *in, billing_event *out) {
  int rc;

  BILLING_INIT(out);
  out->key = cli_str(in->key);
  out->customer = cli_str(in->customer);
  out->event = cli_str(in->event);
  out->properties = cli_str(in->properties);
  if (in->value) out->flags |= BILLING_EVENT_VALUE;
  rc = cli_decimal(c, "--value", in->value, &out->value);
  return rc ? rc : cli_time(c, "--time", in->time, &out->time_us);
}

int cli_show_receipt(cli *c, int rc, const billing_receipt *receipt) {
  buffer json = {0};

  if (rc) return cli_fail(c, rc);
  cli_receipt_json(receipt, &json);
  return cli_show_buffer(c, &json, NULL);
}

static int quote(cli *c) {
  cli_event_words in = {0};
  const cli_option options[] = {CLI_EVENT_OPTIONS(in),
                                {NULL, NULL, NULL, NULL}};
  const char *words[2];
  billing_receipt receipt;
  billing_event event;
  int rc = cli_start(c, options, words, 2, 2, CLI_READ);

  if (rc) return rc;
  BILLING_INIT(&receipt);
  in.customer = words[0];
  in.event = words[1];
  rc = cli_event(c, &in, &event);
  if (rc) return rc;
  do {
    rc = billing_quote(c->b, cli_call(c, NULL, 0), &event, &receipt, &c->err);
  } while (cli_again(c, rc));
  return cli_show_receipt(c, rc, &receipt);
}

static int void_event(cli *c) {
  const char *words[1];
  billing_receipt receipt;
  int rc = cli_start(c, NULL, words, 1, 1, CLI_WRITE);

  if (rc) return rc;
  BILLING_INIT(&receipt);
  do {
    rc = billing_void(c->b, cli_call(c, NULL, 0), words[0], (size_t)-1,
                      &receipt, &c->err);
  } while (cli_again(c, rc));
  return cli_show_receipt(c, rc, &receipt);
}

/* What is not said of the event that takes the place is said anew: its time
 * too is now unless it is given. */
static int correct_event(cli *c) {
  cli_event_words in = {0};
  const char *words[3];
  const cli_option options[] = {{"--key", &in.key, NULL, NULL},
                                CLI_EVENT_OPTIONS(in),
                                {NULL, NULL, NULL, NULL}};
  billing_receipt receipts[2];
  billing_event event;
  buffer json = {0};
  int rc = cli_start(c, options, words, 3, 3, CLI_WRITE);

  if (rc) return rc;
  if (!in.key) return cli_usage(c, "what stands in its place needs a key",
                                "--key");
  BILLING_INIT(&receipts[0]);
  BILLING_INIT(&receipts[1]);
  in.customer = words[1];
  in.event = words[2];
  rc = cli_event(c, &in, &event);
  if (rc) return rc;
  do {
    rc = billing_correct(c->b, cli_call(c, NULL, 0), words[0], (size_t)-1,
                         &event, receipts, &c->err);
  } while (cli_again(c, rc));
  if (rc) return cli_fail(c, rc);
  buffer_c(&json, "{\"voided\":");
  cli_receipt_json(&receipts[0], &json);
  buffer_c(&json, ",\"recorded\":");
  cli_receipt_json(&receipts[1], &json);
  buffer_c(&json, "}");
  return cli_show_buffer(c, &json, NULL);
}

static int print_draws(cli *c, billing_cursor *cursor) {
  buffer json = {0};
  billing_draw draw;
  int count = 0, rc;

  BILLING_INIT(&draw);
  buffer_c(&json, "{\"draws\":[");
  while ((rc = billing_draw_next(cursor, &draw, &c->err)) == BILLING_OK) {
    if (count++) buffer_c(&json, ",");
    json_open(&json);
    json_decimal(&json, "amount", draw.amount);
    json_text(&json, "asset", draw.asset);
    json_str(&json, "contract", draw.contract);
    json_u64(&json, "grant", draw.grant);
    json_str(&json, "price", draw.price);
    json_close(&json);
  }
  buffer_c(&json, "]}");
  if (rc == BILLING_DONE) return cli_show_buffer(c, &json, NULL);
  buffer_free(&json);
  return cli_fail(c, rc);
}

static int draws(cli *c) {
  const char *words[1];
  billing_cursor *cursor = NULL;
  int64_t number = 0;
  int rc = cli_start(c, NULL, words, 1, 1, CLI_READ);

  if (!rc) rc = cli_whole(c, "EVENT", words[0], 1, INT64_MAX, &number);
  if (rc) return rc;
  do {
    rc = billing_draws(c->b, cli_call(c, NULL, 0), (uint64_t)number, &cursor,
                       &c->err);
  } while (cli_again(c, rc));
  if (rc) return cli_fail(c, rc);
  rc = print_draws(c, cursor);
  billing_cursor_close(cursor);
  return rc;
}

/* "a,b" as a list. */
static void list_names(buffer *out, const char *names) {
  json_name(out, "group_by");
  buffer_c(out, "[");
  for (size_t len; *names; names += len + (names[len] == ',')) {
    len = strcspn(names, ",");
    buffer_quoted(out, names, len);
    if (names[len]) buffer_c(out, ",");
  }
  buffer_c(out, "]");
}

static int usage(cli *c) {
  const char *names[] = {"contract", "from", "to", "meter", "window", "zone",
                         "as_of", "known_at", "after"};
  const char *given[9] = {NULL}, *words[1], *by = NULL, *filters = NULL;
  const char *limit = NULL;
  const cli_option options[] = {{"--contract", &given[0], NULL, NULL},
                                {"--from", &given[1], NULL, NULL},
                                {"--to", &given[2], NULL, NULL},
                                {"--meter", &given[3], NULL, NULL},
                                {"--window", &given[4], NULL, NULL},
                                {"--zone", &given[5], NULL, NULL},
                                {"--as-of", &given[6], NULL, NULL},
                                {"--known-at", &given[7], NULL, NULL},
                                {"--after", &given[8], NULL, NULL},
                                {"--group-by", &by, NULL, NULL},
                                {"--filters", &filters, NULL, NULL},
                                {"--limit", &limit, NULL, NULL},
                                {NULL, NULL, NULL, NULL}};
  buffer query = {0};
  billing_doc *doc = NULL;
  int64_t most = 100;
  int rc = cli_start(c, options, words, 1, 1, CLI_READ);

  if (!rc) rc = cli_whole(c, "--limit", limit, 1, 1000, &most);
  if (rc) return rc;
  json_open(&query);
  json_text(&query, "customer", words[0]);
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (given[i]) json_text(&query, names[i], given[i]);
  if (by) list_names(&query, by);
  if (filters) {
    json_name(&query, "filters");
    buffer_c(&query, filters);
  }
  if (limit) json_u64(&query, "limit", (uint64_t)most);
  json_close(&query);
  do {
    rc = billing_usage(c->b, cli_call(c, NULL, 0), query.text, query.len,
                       &doc, &c->err);
  } while (cli_again(c, rc));
  buffer_free(&query);
  if (given[3])
    return cli_show(c, rc, doc,
                    "usage: group from to quantity cumulative change");
  return cli_show(c, rc, doc,
                  "usage: contract price meter group from to events quantity "
                  "amount drawn asset");
}

/* A query that has the options that were given. */
static void add_text(buffer *query, const char *name, const char *text) {
  if (text) json_text(query, name, text);
}

static int health(cli *c) {
  const char *reason = NULL, *from = NULL, *to = NULL, *after = NULL;
  const char *limit = NULL, *words[1] = {NULL};
  const cli_option options[] = {{"--reason", &reason, NULL, NULL},
                                {"--from", &from, NULL, NULL},
                                {"--to", &to, NULL, NULL},
                                {"--after", &after, NULL, NULL},
                                {"--limit", &limit, NULL, NULL},
                                {NULL, NULL, NULL, NULL}};
  int64_t most = 100;
  buffer query = {0};
  billing_doc *doc = NULL;
  int rc = cli_start(c, options, words, 0, 1, CLI_READ);

  if (!rc) rc = cli_whole(c, "--limit", limit, 1, 1000, &most);
  if (rc) return rc;
  json_open(&query);
  add_text(&query, "customer", words[0]);
  add_text(&query, "reason", reason);
  add_text(&query, "from", from);
  add_text(&query, "to", to);
  add_text(&query, "after", after);
  json_u64(&query, "limit", (uint64_t)most);
  json_close(&query);
  do {
    rc = billing_usage_health(c->b, cli_call(c, NULL, 0), query.text,
                              query.len, &doc, &c->err);
  } while (cli_again(c, rc));
  buffer_free(&query);
  return cli_show(c, rc, doc,
                  "unbilled: reason customer event count from to");
}

const cli_command cli_events[] = {
    {"record", "[FILE|-] [--batch N] [--strict] [--receipts]",
     "record events, one JSON object a line", cli_record},
    {"import", "FILE|- [--stream NAME] [--map COLUMN=FIELD,..] "
     "[--set FIELD=VALUE]\n"
     "       [--event NAME:COLUMN=FIELD,..] [--key-prefix P] [--separator C]\n"
     "       [--form FILE] [--format csv|ndjson] [--batch LINES] [--strict]\n"
     "       [--all-or-nothing] [--errors FILE] [--rejected FILE]",
     "record a stream of events, CSV or JSON lines; again is fine",
     cli_import},
    {"export", "events|ledger [--format ndjson|csv|hledger|beancount]\n"
     "       [--customer ID] [--from TIME] [--to TIME]",
     "what was recorded, with its charges and draws; the ledger", cli_export},
    {"quote", "CUSTOMER EVENT [--value V] [--properties JSON] [--time TIME]",
     "what an event would cost", quote},
    {"void", "KEY", "take a recorded event back", void_event},
    {"correct", "KEY CUSTOMER EVENT --key NEW-KEY [--value V]\n"
     "       [--properties JSON] [--time TIME]",
     "put another event in the place of a recorded one", correct_event},
    {"draws", "EVENT-NUMBER", "which grants paid an event", draws},
    {"usage", "CUSTOMER [--contract ID] [--from TIME] [--to TIME]\n"
     "       [--meter ID --window none|hour|day|week|month --zone ZONE\n"
     "       --group-by NAME,.. --filters JSON --as-of TIME --known-at TIME\n"
     "       --limit N --after NEXT]",
     "usage by price, group and period; of a meter, by windows", usage},
    {"health", "[CUSTOMER] [--reason R] [--from TIME] [--to TIME]\n"
     "       [--after ROW] [--limit N]",
     "what was recorded and not billed, and why", health},
    {NULL, NULL, NULL, NULL}};
