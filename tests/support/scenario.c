/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* scenario.c - playing a scenario document; see scenario.h. */
#include "scenario.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- the document ------------------------------------------------------ */

static void mistake(const char *format, ...) {
  va_list args;

  va_start(args, format);
  fprintf(stderr, "scenario: ");
  vfprintf(stderr, format, args);
  fprintf(stderr, "\n");
  va_end(args);
  exit(2);
}

cJSON *scenario_read(const char *path) {
  FILE *file = fopen(path, "rb");
  char *text = NULL;
  size_t len = 0;
  FILE *whole = open_memstream(&text, &len);
  cJSON *doc;
  int c;

  if (!file || !whole) mistake("%s cannot be read", path);
  while ((c = getc(file)) != EOF) putc(c, whole);
  fclose(file);
  fclose(whole);
  doc = cJSON_Parse(text);
  if (!doc) mistake("%s is not JSON, near: %.40s", path, cJSON_GetErrorPtr());
  free(text);
  return doc;
}

static const char *text_of(const cJSON *step, const char *name) {
  const cJSON *node = cJSON_GetObjectItemCaseSensitive(step, name);

  if (node && !cJSON_IsString(node)) mistake("%s is not a text", name);
  return node ? node->valuestring : NULL;
}

static const char *need_text(const cJSON *step, const char *name) {
  const char *text = text_of(step, name);

  if (!text) mistake("a step \"%s\" needs %s", text_of(step, "do"), name);
  return text;
}

static billing_str str_of(const char *text) {
  billing_str s = {text, text ? strlen(text) : 0};

  return s;
}

int64_t scenario_time(const char *text) {
  struct tm tm;
  char z = 0;

  memset(&tm, 0, sizeof tm);
  if (sscanf(text, "%d-%d-%dT%d:%d:%d%c", &tm.tm_year, &tm.tm_mon,
             &tm.tm_mday, &tm.tm_hour, &tm.tm_min, &tm.tm_sec, &z) != 7 ||
      z != 'Z')
    mistake("%s is not a time such as 2026-01-31T09:00:00Z", text);
  tm.tm_year -= 1900;
  tm.tm_mon -= 1;
  return (int64_t)timegm(&tm) * 1000000;
}

const char *scenario_time_text(int64_t us, char out[32]) {
  time_t seconds = (time_t)(us / 1000000);
  struct tm tm;

  if (us % 1000000) mistake("%" PRId64 " is not a whole second", us);
  gmtime_r(&seconds, &tm);
  snprintf(out, 32, "%04d-%02d-%02dT%02d:%02d:%02dZ",
           (tm.tm_year + 1900) % 10000, (tm.tm_mon + 1) % 100,
           tm.tm_mday % 100, tm.tm_hour % 100, tm.tm_min % 100,
           tm.tm_sec % 100);
  return out;
}

static int64_t time_of(const cJSON *step, const char *name) {
  const char *text = text_of(step, name);

  return text ? scenario_time(text) : 0;
}

/* "10.50 USD"; nothing at all is zero of nothing. */
static billing_money money_of(const cJSON *step, const char *name) {
  const char *text = text_of(step, name);
  const char *space = text ? strchr(text, ' ') : NULL;
  billing_money money;

  memset(&money, 0, sizeof money);
  if (!text) return money;
  if (!space || billing_decimal_parse(&money.amount, text,
                                      (size_t)(space - text)))
    mistake("%s is not an amount such as \"10.50 USD\"", text);
  snprintf(money.asset, sizeof money.asset, "%s", space + 1);
  return money;
}

/* An event of the typed interface; *properties is its text, to be freed. */
static billing_event event_of(const cJSON *node, char **properties) {
  const cJSON *object = cJSON_GetObjectItemCaseSensitive(node, "properties");
  const char *value = text_of(node, "value");
  billing_event e;

  *properties = object ? cJSON_PrintUnformatted(object) : NULL;
  BILLING_INIT(&e);
  e.key = str_of(text_of(node, "key"));
  e.customer = str_of(text_of(node, "customer"));
  e.event = str_of(text_of(node, "event"));
  e.properties = str_of(*properties);
  e.time_us = time_of(node, "time");
  if (!value) return e;
  e.flags = BILLING_EVENT_VALUE;
  if (billing_decimal_parse(&e.value, value, (size_t)-1))
    mistake("%s is not a decimal", value);
  return e;
}

billing_call scenario_call_of(const scenario_run *r, const char *key) {
  billing_call c;

  BILLING_INIT(&c);
  c.flags = BILLING_CALL_STEP;
  c.tenant = str_of(r->tenant);
  c.key = str_of(key);
  c.now_us = r->now_us;
  return c;
}

/* ---- the transcript ---------------------------------------------------- */

/* Up to eight decimals as text can stand in one fprintf. */
static const char *show(const billing_decimal *v) {
  static char room[8][BILLING_DECIMAL_TEXT];
  static unsigned next;
  char *out = room[next++ % 8];

  billing_decimal_format(v, out);
  return out;
}

static void head(scenario_run *r, const char *what, const char *of) {
  char now[32];

  fprintf(r->out, "%s %s%s%s", scenario_time_text(r->now_us, now), what,
          of ? " " : "", of ? of : "");
}

static int attempt(scenario_run *r, const char *name, scenario_call *call,
                   void *arguments) {
  BILLING_INIT(&r->err);
  return r->attempt ? r->attempt(r, name, call, arguments)
                    : call(r, arguments);
}

/* Whether the call was refused; then the words of the refusal are shown. */
static int is_refused(scenario_run *r, int rc) {
  if (!rc) return 0;
  fprintf(r->out, ": %s", billing_code_name(rc));
  if (r->err.path[0]) fprintf(r->out, " at %s", r->err.path);
  fprintf(r->out, ": %s\n", r->err.message);
  return 1;
}

/* A reading call that cannot be refused in a scenario. */
static void must(scenario_run *r, const char *what, int rc) {
  if (rc)
    mistake("%s: %s %s %s", what, billing_code_name(rc), r->err.path,
            r->err.message);
}

/* ---- documents --------------------------------------------------------- */

typedef struct catalog_arguments {
  billing_call call;
  const char  *kind;
  char        *json;
  billing_doc *doc;
} catalog_arguments;

static int call_apply(scenario_run *r, void *arguments) {
  catalog_arguments *a = arguments;

  return billing_catalog_apply(r->b, &a->call, a->json, (size_t)-1, &a->doc,
                               &r->err);
}

static int call_put(scenario_run *r, void *arguments) {
  catalog_arguments *a = arguments;

  return billing_put(r->b, &a->call, a->kind, a->json, (size_t)-1, &a->doc,
                     &r->err);
}

static void show_changes(scenario_run *r, const billing_doc *doc) {
  cJSON *diff = cJSON_Parse(billing_doc_text(doc));
  const cJSON *change;

  fprintf(r->out, "\n");
  cJSON_ArrayForEach(change, cJSON_GetObjectItem(diff, "changes"))
    fprintf(r->out, "  %s %s %s\n", text_of(change, "action"),
            text_of(change, "kind"), text_of(change, "id"));
  cJSON_Delete(diff);
}

static void do_apply(scenario_run *r, const cJSON *step) {
  catalog_arguments a = {scenario_call_of(r, NULL), NULL, NULL, NULL};
  const cJSON *catalog = cJSON_GetObjectItem(step, "catalog");

  if (!catalog) catalog = cJSON_GetObjectItem(r->doc, "catalog");
  a.json = cJSON_PrintUnformatted(catalog);
  head(r, "catalog", NULL);
  if (!is_refused(r, attempt(r, "catalog_apply", call_apply, &a)))
    show_changes(r, a.doc);
  billing_doc_free(a.doc);
  free(a.json);
}

static void do_put(scenario_run *r, const cJSON *step) {
  const cJSON *document = cJSON_GetObjectItem(step, "document");
  catalog_arguments a = {scenario_call_of(r, NULL), need_text(step, "kind"),
                         cJSON_PrintUnformatted(document), NULL};

  head(r, "put", a.kind);
  fprintf(r->out, " %s", text_of(document, "id"));
  if (!is_refused(r, attempt(r, "put", call_put, &a))) fprintf(r->out, "\n");
  billing_doc_free(a.doc);
  free(a.json);
}

typedef struct name_arguments {
  billing_call call;
  const char  *kind;          /* or an erasure's reason */
  const char  *id;
} name_arguments;

static int call_archive(scenario_run *r, void *arguments) {
  name_arguments *a = arguments;

  return billing_archive(r->b, &a->call, a->kind, a->id, (size_t)-1, &r->err);
}

static int call_erase(scenario_run *r, void *arguments) {
  name_arguments *a = arguments;

  return billing_erase(r->b, &a->call, a->id, (size_t)-1, a->kind, (size_t)-1,
                       &r->err);
}

static void do_archive(scenario_run *r, const cJSON *step) {
  name_arguments a = {scenario_call_of(r, NULL), need_text(step, "kind"),
                      need_text(step, "id")};

  head(r, "archive", a.kind);
  fprintf(r->out, " %s", a.id);
  if (!is_refused(r, attempt(r, "archive", call_archive, &a)))
    fprintf(r->out, "\n");
}

static void do_erase(scenario_run *r, const cJSON *step) {
  name_arguments a = {scenario_call_of(r, NULL), need_text(step, "reason"),
                      need_text(step, "customer")};

  head(r, "erase", a.id);
  if (!is_refused(r, attempt(r, "erase", call_erase, &a)))
    fprintf(r->out, "\n");
}

/* ---- events ------------------------------------------------------------ */

static void show_flags(scenario_run *r, uint32_t flags) {
  static const char *const names[] = {"unmatched", "unpriced", "late", "mixed",
                                      "owed", "pending", "", "voided",
                                      "unentitled", "parked"};

  for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
    if (flags & 1u << i) fprintf(r->out, ", %s", names[i]);
}

typedef struct draws_arguments {
  billing_call    call;
  uint64_t        event;
  billing_cursor *cursor;
} draws_arguments;

static int call_draws(scenario_run *r, void *arguments) {
  draws_arguments *a = arguments;

  return billing_draws(r->b, &a->call, a->event, &a->cursor, &r->err);
}

static void show_draws(scenario_run *r, uint64_t event) {
  draws_arguments a = {scenario_call_of(r, NULL), event, NULL};
  billing_draw row;

  BILLING_INIT(&row);
  must(r, "draws", attempt(r, "draws", call_draws, &a));
  while (billing_draw_next(a.cursor, &row, &r->err) == BILLING_OK) {
    if (row.grant)
      fprintf(r->out, "    grant %" PRIu64 " pays %s %s of %.*s\n", row.grant,
              show(&row.amount), row.asset, (int)row.price.len,
              row.price.text);
    else
      fprintf(r->out, "    owed %s %s of %.*s\n", show(&row.amount),
              row.asset, (int)row.price.len, row.price.text);
  }
  billing_cursor_close(a.cursor);
}

static void show_receipt(scenario_run *r, const char *key,
                         const billing_receipt *receipt) {
  fprintf(r->out, "  %s", key);
  if (receipt->code) {
    fprintf(r->out, " refused: %s\n", billing_code_name(receipt->code));
    return;
  }
  if (receipt->status == BILLING_STATUS_SAME) fprintf(r->out, " same");
  if (receipt->charges)
    fprintf(r->out, " costs %s, drawn %s, balance %s %s",
            show(&receipt->cost), show(&receipt->drawn),
            show(&receipt->balance), receipt->asset);
  show_flags(r, receipt->flags);
  fprintf(r->out, "\n");
  if (receipt->status == BILLING_STATUS_NEW &&
      !(receipt->flags & BILLING_RECEIPT_PARKED))
    show_draws(r, receipt->number);
}

typedef struct record_arguments {
  billing_call     call;
  billing_event   *events;
  char           **properties;
  billing_receipt *receipts;
  size_t           count;
  char            *lines;        /* or NULL: typed */
} record_arguments;

static int call_record(scenario_run *r, void *arguments) {
  record_arguments *a = arguments;

  for (size_t i = 0; i < a->count; i++) BILLING_INIT(&a->receipts[i]);
  if (!a->lines)
    return billing_record(r->b, &a->call, a->events, a->count, a->receipts,
                          &r->err);
  return billing_record_text(r->b, &a->call, a->lines, (size_t)-1,
                             a->receipts, a->count, NULL, &r->err);
}

/* The events of a step as text, a line each. */
static char *lines_of(const cJSON *events) {
  char *text = NULL;
  size_t len = 0;
  FILE *out = open_memstream(&text, &len);
  const cJSON *node;

  cJSON_ArrayForEach(node, events) {
    char *line = cJSON_PrintUnformatted(node);
    fprintf(out, "%s\n", line);
    free(line);
  }
  fclose(out);
  return text;
}

static uint32_t flags_of(const cJSON *step) {
  uint32_t flags = BILLING_CALL_STEP;

  if (cJSON_IsTrue(cJSON_GetObjectItem(step, "strict")))
    flags |= BILLING_CALL_STRICT;
  if (cJSON_IsTrue(cJSON_GetObjectItem(step, "all_or_nothing")))
    flags |= BILLING_CALL_ALL_OR_NOTHING;
  return flags;
}

static void record_step(scenario_run *r, const cJSON *step, int as_text) {
  const cJSON *events = cJSON_GetObjectItem(step, "events"), *node;
  record_arguments a;
  size_t at = 0;

  memset(&a, 0, sizeof a);
  a.call = scenario_call_of(r, NULL);
  a.call.flags = flags_of(step);
  a.count = (size_t)cJSON_GetArraySize(events);
  a.events = calloc(a.count + 1, sizeof *a.events);
  a.properties = calloc(a.count + 1, sizeof *a.properties);
  a.receipts = calloc(a.count + 1, sizeof *a.receipts);
  if (as_text) a.lines = lines_of(events);
  cJSON_ArrayForEach(node, events) {
    a.events[at] = event_of(node, &a.properties[at]);
    at++;
  }
  head(r, "record", NULL);
  if (!is_refused(r, attempt(r, "record", call_record, &a))) {
    fprintf(r->out, "\n");
    at = 0;
    cJSON_ArrayForEach(node, events)
      show_receipt(r, need_text(node, "key"), &a.receipts[at++]);
  }
  for (size_t i = 0; i < a.count; i++) free(a.properties[i]);
  free(a.properties);
  free(a.receipts);
  free(a.events);
  free(a.lines);
}

static void do_record(scenario_run *r, const cJSON *step) {
  record_step(r, step, 0);
}

static void do_lines(scenario_run *r, const cJSON *step) {
  record_step(r, step, 1);
}

typedef struct ingest_arguments {
  billing_call   call;
  billing_str    form;
  billing_str    text;
  billing_stream at;
  billing_doc   *refused;
} ingest_arguments;

static int call_ingest(scenario_run *r, void *arguments) {
  ingest_arguments *a = arguments;

  return billing_ingest(r->b, &a->call, a->form.text, a->form.len,
                        a->text.text + a->at.bytes,
                        a->text.len - (size_t)a->at.bytes, &a->at,
                        &a->refused, &r->err);
}

/* Each refusal of the answer, without its words. */
static void show_refusals(scenario_run *r, const billing_doc *doc) {
  cJSON *answer = cJSON_Parse(billing_doc_text(doc));
  const cJSON *row;

  cJSON_ArrayForEach(row, cJSON_GetObjectItem(answer, "refused")) {
    const cJSON *column = cJSON_GetObjectItem(row, "column");
    fprintf(r->out, "  line %d", cJSON_GetObjectItem(row, "line")->valueint);
    if (column) fprintf(r->out, ", column %d", column->valueint);
    fprintf(r->out, ": %s\n", text_of(row, "code"));
  }
  cJSON_Delete(answer);
}

static void show_stream(scenario_run *r, const billing_stream *s) {
  fprintf(r->out, ": %" PRIu64 " bytes, %" PRIu64 " lines, %" PRIu64
          " events\n  %" PRIu64 " recorded, %" PRIu64 " same, %" PRIu64
          " conflicts, %" PRIu64 " refused\n  %" PRIu64 " late, %" PRIu64
          " unmatched, %" PRIu64 " unpriced, %" PRIu64 " unentitled, %" PRIu64
          " parked\n", s->bytes, s->lines, s->events, s->recorded, s->same,
          s->conflicts, s->refused, s->late, s->unmatched, s->unpriced,
          s->unentitled, s->parked);
}

/* All of the text that the step has; a named stream goes on in it. */
static void do_ingest(scenario_run *r, const cJSON *step) {
  const cJSON *form = cJSON_GetObjectItem(step, "form");
  char *form_text = form ? cJSON_PrintUnformatted(form) : NULL;
  ingest_arguments a;
  uint64_t before;

  memset(&a, 0, sizeof a);
  a.call = scenario_call_of(r, text_of(step, "stream"));
  a.call.flags = flags_of(step);
  a.form = str_of(form_text);
  a.text = str_of(need_text(step, "text"));
  BILLING_INIT(&a.at);
  a.at.flags = BILLING_STREAM_END;
  head(r, "ingest", text_of(step, "stream"));
  do {
    before = a.at.bytes;
    if (is_refused(r, attempt(r, "ingest", call_ingest, &a))) break;
    if (a.at.bytes == before || a.at.bytes == a.text.len) {
      show_stream(r, &a.at);
      show_refusals(r, a.refused);
    }
    billing_doc_free(a.refused);
  } while (a.at.bytes != before && a.at.bytes < a.text.len);
  free(form_text);
}

typedef struct event_arguments {
  billing_call    call;
  billing_event   event;
  billing_receipt receipt;
} event_arguments;

static int call_quote(scenario_run *r, void *arguments) {
  event_arguments *a = arguments;

  BILLING_INIT(&a->receipt);
  return billing_quote(r->b, &a->call, &a->event, &a->receipt, &r->err);
}

static void do_quote(scenario_run *r, const cJSON *step) {
  event_arguments a;
  char *properties;

  memset(&a, 0, sizeof a);
  a.call = scenario_call_of(r, NULL);
  a.call.flags = flags_of(step);
  a.event = event_of(cJSON_GetObjectItem(step, "event"), &properties);
  head(r, "quote", NULL);
  if (!is_refused(r, attempt(r, "quote", call_quote, &a))) {
    fprintf(r->out, ": costs %s, drawn %s, balance %s %s",
            show(&a.receipt.cost), show(&a.receipt.drawn),
            show(&a.receipt.balance), a.receipt.asset);
    show_flags(r, a.receipt.flags);
    fprintf(r->out, "\n");
  }
  free(properties);
}

typedef struct void_arguments {
  billing_call    call;
  billing_event   event;
  const char     *key;
  billing_receipt receipts[2];
} void_arguments;

static int call_void(scenario_run *r, void *arguments) {
  void_arguments *a = arguments;

  BILLING_INIT(&a->receipts[0]);
  return billing_void(r->b, &a->call, a->key, (size_t)-1, &a->receipts[0],
                      &r->err);
}

static int call_correct(scenario_run *r, void *arguments) {
  void_arguments *a = arguments;

  BILLING_INIT(&a->receipts[0]);
  BILLING_INIT(&a->receipts[1]);
  return billing_correct(r->b, &a->call, a->key, (size_t)-1, &a->event,
                         a->receipts, &r->err);
}

/* Who gets back what the event's own draws say of the time before. */
static void show_void(scenario_run *r, const char *key,
                      const billing_receipt *receipt) {
  fprintf(r->out, "  %s", key);
  if (receipt->status == BILLING_STATUS_SAME) fprintf(r->out, " same");
  fprintf(r->out, " changes by %s, drawn %s, balance %s %s",
          show(&receipt->cost), show(&receipt->drawn),
          show(&receipt->balance), receipt->asset);
  show_flags(r, receipt->flags);
  fprintf(r->out, "\n");
}

static void do_void(scenario_run *r, const cJSON *step) {
  void_arguments a;

  memset(&a, 0, sizeof a);
  a.call = scenario_call_of(r, NULL);
  a.key = need_text(step, "key");
  head(r, "void", NULL);
  if (is_refused(r, attempt(r, "void", call_void, &a))) return;
  fprintf(r->out, "\n");
  show_void(r, a.key, &a.receipts[0]);
}

static void do_correct(scenario_run *r, const cJSON *step) {
  const cJSON *event = cJSON_GetObjectItem(step, "event");
  void_arguments a;
  char *properties;

  memset(&a, 0, sizeof a);
  a.call = scenario_call_of(r, NULL);
  a.key = need_text(step, "key");
  a.event = event_of(event, &properties);
  head(r, "correct", NULL);
  if (!is_refused(r, attempt(r, "correct", call_correct, &a))) {
    fprintf(r->out, "\n");
    show_void(r, a.key, &a.receipts[0]);
    show_receipt(r, need_text(event, "key"), &a.receipts[1]);
  }
  free(properties);
}

/* ---- wallets ----------------------------------------------------------- */

typedef struct grant_arguments {
  billing_call        call;
  billing_grant_terms terms;
  uint64_t            number;
} grant_arguments;

static int call_grant(scenario_run *r, void *arguments) {
  grant_arguments *a = arguments;

  return billing_grant(r->b, &a->call, &a->terms, &a->number, &r->err);
}

/* In the order of BILLING_ORIGIN_*. */
static uint32_t origin_of(const char *word) {
  static const char *const words[] = {"bought", "promotional", "commitment",
                                      "recurring", "rollover", "refund",
                                      "manual"};
  uint32_t i = 0;

  while (word && i < 7 && strcmp(word, words[i]) != 0) i++;
  if (i == 7) mistake("there is no such origin");
  return i;
}

static void do_grant(scenario_run *r, const cJSON *step) {
  const cJSON *scope = cJSON_GetObjectItem(step, "scope");
  const cJSON *priority = cJSON_GetObjectItem(step, "priority");
  const char *origin = text_of(step, "origin");
  char *scope_text = scope ? cJSON_PrintUnformatted(scope) : NULL;
  grant_arguments a;

  memset(&a, 0, sizeof a);
  a.call = scenario_call_of(r, need_text(step, "key"));
  BILLING_INIT(&a.terms);
  a.terms.customer = str_of(need_text(step, "customer"));
  a.terms.amount = money_of(step, "amount");
  a.terms.cost = money_of(step, "cost");
  a.terms.effective_us = time_of(step, "effective");
  a.terms.expires_us = time_of(step, "expires");
  a.terms.priority = priority ? priority->valueint : 0;
  a.terms.origin = origin_of(origin);
  a.terms.name = str_of(text_of(step, "name"));
  a.terms.scope = str_of(scope_text);
  head(r, "grant", text_of(step, "key"));
  if (!is_refused(r, attempt(r, "grant", call_grant, &a)))
    fprintf(r->out, ": number %" PRIu64 ", %s %s\n", a.number,
            show(&a.terms.amount.amount), a.terms.amount.asset);
  free(scope_text);
}

typedef struct change_arguments {
  billing_call call;
  uint64_t     grant;
  const char  *terms;
  billing_doc *doc;
} change_arguments;

static int call_change_grant(scenario_run *r, void *arguments) {
  change_arguments *a = arguments;

  billing_doc_free(a->doc);
  a->doc = NULL;
  return billing_grant_change(r->b, &a->call, a->grant, a->terms,
                              (size_t)-1, &a->doc, &r->err);
}

static void do_change_grant(scenario_run *r, const cJSON *step) {
  const cJSON *grant = cJSON_GetObjectItem(step, "grant");
  char *terms = cJSON_PrintUnformatted(cJSON_GetObjectItem(step, "terms"));
  change_arguments a;

  memset(&a, 0, sizeof a);
  a.call = scenario_call_of(r, need_text(step, "key"));
  a.grant = grant ? (uint64_t)grant->valueint : 0;
  a.terms = terms;
  head(r, "change_grant", text_of(step, "key"));
  if (!is_refused(r, attempt(r, "change_grant", call_change_grant, &a)))
    fprintf(r->out, "\n  %s\n", billing_doc_text(a.doc));
  billing_doc_free(a.doc);
  free(terms);
}

static int call_top_up(scenario_run *r, void *arguments) {
  change_arguments *a = arguments;

  billing_doc_free(a->doc);
  a->doc = NULL;
  return billing_top_up(r->b, &a->call, a->grant, a->terms, (size_t)-1,
                        &a->doc, &r->err);
}

static void show_number(scenario_run *r, const cJSON *row,
                        const char *name) {
  const cJSON *number = cJSON_GetObjectItem(row, name);

  if (number) fprintf(r->out, ", %s %.0f", name, number->valuedouble);
}

static void show_named(scenario_run *r, const cJSON *row, const char *name) {
  if (text_of(row, name))
    fprintf(r->out, ", %s %s", name, text_of(row, name));
}

/* "refill: wanted, 15 USD for 15.3 USD, attempt 1, .." */
static void show_top_up(scenario_run *r, const cJSON *row) {
  const cJSON *used = cJSON_GetObjectItem(row, "used");

  fprintf(r->out, "  %s%s%s: %s", text_of(row, "of") ? text_of(row, "of") : "",
          text_of(row, "of") ? " " : "", text_of(row, "rule"),
          text_of(row, "state"));
  if (text_of(row, "amount"))
    fprintf(r->out, ", %s %s for %s %s", text_of(row, "amount"),
            text_of(row, "asset"), text_of(row, "total"),
            text_of(row, "charge_asset"));
  show_number(r, row, "attempt");
  show_number(r, row, "grant");
  show_number(r, row, "bonus_grant");
  show_named(r, row, "until");
  show_named(r, row, "again");
  show_named(r, row, "reason");
  if (used)
    fprintf(r->out, ", used %s, %s", text_of(used, "count"),
            text_of(used, "amount"));
  fprintf(r->out, "\n");
}

/* "top_up": its number; "key", "terms". */
static void do_top_up(scenario_run *r, const cJSON *step) {
  char *terms = cJSON_PrintUnformatted(cJSON_GetObjectItem(step, "terms"));
  change_arguments a;
  cJSON *answer;

  memset(&a, 0, sizeof a);
  a.call = scenario_call_of(r, need_text(step, "key"));
  a.grant = (uint64_t)cJSON_GetObjectItem(step, "top_up")->valuedouble;
  a.terms = terms;
  head(r, "top_up", text_of(step, "key"));
  if (!is_refused(r, attempt(r, "top_up", call_top_up, &a))) {
    fprintf(r->out, "\n");
    answer = cJSON_Parse(billing_doc_text(a.doc));
    show_top_up(r, answer);
    cJSON_Delete(answer);
  }
  billing_doc_free(a.doc);
  free(terms);
}

/* Estimates, or events that settle: "event", or a list "events". */
#define HOLD_EVENTS 8

typedef struct hold_arguments {
  billing_call       call;
  size_t             count;
  billing_event      events[HOLD_EVENTS];
  char              *properties[HOLD_EVENTS];
  billing_hold_terms terms;
  int64_t            expires_us;
  uint32_t           above;
  billing_hold       hold;
  billing_denial     denial;
  billing_receipt    receipts[HOLD_EVENTS];
} hold_arguments;

static void open_hold(scenario_run *r, const cJSON *step, hold_arguments *a) {
  const cJSON *event = cJSON_GetObjectItem(step, "event");
  const cJSON *list = cJSON_GetObjectItem(step, "events");

  memset(a, 0, sizeof *a);
  a->call = scenario_call_of(r, need_text(step, "key"));
  if (list) event = list->child;
  for (; event; event = list ? event->next : NULL) {
    if (a->count == HOLD_EVENTS) mistake("too many events for one hold");
    a->events[a->count] = event_of(event, &a->properties[a->count]);
    a->count++;
  }
}

static void close_hold(hold_arguments *a) {
  for (size_t i = 0; i < a->count; i++) free(a->properties[i]);
}

static int call_authorize(scenario_run *r, void *arguments) {
  hold_arguments *a = arguments;

  BILLING_INIT(&a->hold);
  BILLING_INIT(&a->denial);
  return billing_authorize(r->b, &a->call, a->events, a->count, &a->terms,
                           &a->hold, &a->denial, &r->err);
}

static void show_hold(scenario_run *r, const billing_hold *hold) {
  static const char *const words[] = {"?", "open", "settled", "released",
                                      "expired", "unresolved"};
  char until[32];

  fprintf(r->out,
          ": %s, holds %s, overdraft %s, free %s %s, until %s\n",
          words[hold->status <= 5 ? hold->status : 0], show(&hold->held),
          show(&hold->overdraft), show(&hold->free), hold->asset,
          scenario_time_text(hold->expires_us, until));
}

static void show_denial(scenario_run *r, const billing_denial *denial) {
  static const char *const owners[] = {"", "customer's limit",
                                       "contract's limit", "plan's limit",
                                       "feature", "parent's limit"};
  char again[32];

  if (!denial->by) return;             /* the message says it all */
  fprintf(r->out, "  missing %s %s", show(&denial->missing),
          denial->asset[0] ? denial->asset : "units");
  fprintf(r->out, " of the %s %s: %s of %s", owners[denial->by],
          denial->limit, show(&denial->used), show(&denial->most));
  if (denial->by == BILLING_DENIED_BY_PARENT)
    fprintf(r->out, " of %s", denial->customer);
  if (denial->again_us)
    fprintf(r->out, ", again %s", scenario_time_text(denial->again_us, again));
  fprintf(r->out, "\n");
}

static void do_authorize(scenario_run *r, const cJSON *step) {
  const cJSON *least = cJSON_GetObjectItem(step, "least");
  hold_arguments a;

  open_hold(r, step, &a);
  BILLING_INIT(&a.terms);
  a.terms.customer = str_of(text_of(step, "customer"));
  a.terms.amount = money_of(step, "amount");
  a.terms.expires_us = time_of(step, "expires");
  a.terms.properties = str_of(text_of(step, "properties"));
  if (least) {
    a.terms.flags = BILLING_HOLD_PARTIAL;
    if (billing_decimal_parse(&a.terms.least, least->valuestring, (size_t)-1))
      mistake("the least is not a decimal");
  }
  head(r, "authorize", text_of(step, "key"));
  if (is_refused(r, attempt(r, "authorize", call_authorize, &a))) {
    show_denial(r, &a.denial);
  } else {
    show_hold(r, &a.hold);
    if (least) fprintf(r->out, "  of the last, %s\n", show(&a.hold.value));
    if (a.hold.flags & BILLING_HOLD_OVER_LIMIT)
      fprintf(r->out, "  over a soft limit\n");
    if (a.hold.assets > 1)
      fprintf(r->out, "  in %u assets\n", (unsigned)a.hold.assets);
  }
  close_hold(&a);
}

static int call_settle(scenario_run *r, void *arguments) {
  hold_arguments *a = arguments;

  for (size_t i = 0; i < a->count; i++) BILLING_INIT(&a->receipts[i]);
  return billing_settle(r->b, &a->call, a->events, a->count, a->above,
                        a->receipts, &r->err);
}

static uint32_t above_of(const char *word) {
  static const char *const words[] = {"all", "refuse", "owe", "overdraft",
                                      "cap"};

  for (uint32_t i = 0; word && i < 5; i++)
    if (!strcmp(word, words[i])) return i;
  if (word) mistake("above is all, refuse, owe, overdraft or cap");
  return BILLING_SETTLE_ALL;
}

static void do_settle(scenario_run *r, const cJSON *step) {
  hold_arguments a;

  open_hold(r, step, &a);
  a.above = above_of(text_of(step, "above"));
  head(r, "settle", text_of(step, "key"));
  if (!is_refused(r, attempt(r, "settle", call_settle, &a))) {
    fprintf(r->out, "\n");
    for (size_t i = 0; i < a.count; i++) {
      char key[64];
      snprintf(key, sizeof key, "%.*s", (int)a.events[i].key.len,
               a.events[i].key.text);
      show_receipt(r, key, &a.receipts[i]);
    }
  }
  close_hold(&a);
}

static int call_extend(scenario_run *r, void *arguments) {
  hold_arguments *a = arguments;

  BILLING_INIT(&a->hold);
  return billing_extend(r->b, &a->call, a->expires_us, &a->hold, &r->err);
}

static void do_extend(scenario_run *r, const cJSON *step) {
  hold_arguments a;

  open_hold(r, step, &a);
  a.expires_us = time_of(step, "expires");
  head(r, "extend", text_of(step, "key"));
  if (!is_refused(r, attempt(r, "extend", call_extend, &a)))
    show_hold(r, &a.hold);
}

#undef HOLD_EVENTS

static int call_release(scenario_run *r, void *arguments) {
  return billing_release(r->b, arguments, &r->err);
}

static void do_release(scenario_run *r, const cJSON *step) {
  billing_call call = scenario_call_of(r, need_text(step, "key"));

  head(r, "release", text_of(step, "key"));
  if (!is_refused(r, attempt(r, "release", call_release, &call)))
    fprintf(r->out, "\n");
}

typedef struct balance_arguments {
  billing_call     call;
  const char      *customer;
  const char      *asset;
  billing_balances found;
} balance_arguments;

static int call_balance(scenario_run *r, void *arguments) {
  balance_arguments *a = arguments;

  BILLING_INIT(&a->found);
  return billing_balance(r->b, &a->call, a->customer, (size_t)-1, a->asset,
                         &a->found, &r->err);
}

static void show_balance(scenario_run *r, const char *customer,
                         const char *asset) {
  balance_arguments a;

  memset(&a, 0, sizeof a);
  a.call = scenario_call_of(r, NULL);
  a.customer = customer;
  a.asset = asset;
  fprintf(r->out, "balance of %s", customer);
  if (is_refused(r, attempt(r, "balance", call_balance, &a))) return;
  fprintf(r->out, ": granted %s, left %s, held %s, free %s, owed %s %s",
          show(&a.found.granted), show(&a.found.left), show(&a.found.held),
          show(&a.found.free), show(&a.found.owed), a.found.asset);
  if (a.found.shared.lo || a.found.shared.hi)
    fprintf(r->out, ", shared %s", show(&a.found.shared));
  fputc('\n', r->out);
}

static void do_balance(scenario_run *r, const cJSON *step) {
  head(r, "", NULL);
  show_balance(r, need_text(step, "customer"), need_text(step, "asset"));
}

/* ---- time -------------------------------------------------------------- */

typedef struct advance_arguments {
  billing_call     call;
  int64_t          until_us;
  uint32_t         budget;
  billing_progress progress;
} advance_arguments;

static int call_advance(scenario_run *r, void *arguments) {
  advance_arguments *a = arguments;

  BILLING_INIT(&a->progress);
  return billing_advance(r->b, &a->call, a->until_us, a->budget,
                         &a->progress, &r->err);
}

static void do_advance(scenario_run *r, const cJSON *step) {
  billing_progress sum;
  advance_arguments a;
  char text[32];
  int rc;

  memset(&a, 0, sizeof a);
  memset(&sum, 0, sizeof sum);
  a.call = scenario_call_of(r, NULL);
  a.until_us = time_of(step, "until");
  if (!a.until_us) a.until_us = r->now_us;
  a.budget = r->budget;
  if (r->advancing) r->advancing(r, a.until_us, 0);
  do {
    rc = attempt(r, "advance", call_advance, &a);
    sum.periods += a.progress.periods;
    sum.invoices += a.progress.invoices;
    sum.grants += a.progress.grants;
    sum.holds += a.progress.holds;
  } while (!rc && a.progress.flags & BILLING_PROGRESS_MORE);
  head(r, "advance to", scenario_time_text(a.until_us, text));
  if (is_refused(r, rc)) return;
  if (r->advancing) r->advancing(r, a.until_us, 1);
  fprintf(r->out, ": %" PRIu64 " periods, %" PRIu64 " invoices, %" PRIu64
          " grants, %" PRIu64 " holds\n", sum.periods, sum.invoices,
          sum.grants, sum.holds);
}

/* ---- what is there in the end ------------------------------------------ */

typedef struct doc_arguments {
  billing_call call;
  const char  *id;
  const char  *format;
  billing_doc *doc;
} doc_arguments;

static int call_list(scenario_run *r, void *arguments) {
  doc_arguments *a = arguments;

  return billing_list(r->b, &a->call, "invoice", a->id, (size_t)-1, &a->doc,
                      &r->err);
}

static int call_invoice(scenario_run *r, void *arguments) {
  doc_arguments *a = arguments;

  return billing_invoice(r->b, &a->call, a->id, (size_t)-1, a->format,
                         &a->doc, &r->err);
}

static int call_explain(scenario_run *r, void *arguments) {
  doc_arguments *a = arguments;

  return billing_explain(r->b, &a->call, a->id, (size_t)-1, &a->doc, &r->err);
}

/* The format stands for events: one a line. */
static int call_preview(scenario_run *r, void *arguments) {
  doc_arguments *a = arguments;

  return billing_preview(r->b, &a->call, a->id, (size_t)-1, a->format,
                         a->format ? (size_t)-1 : 0, &a->doc, &r->err);
}

static int call_simulate(scenario_run *r, void *arguments) {
  doc_arguments *a = arguments;

  return billing_simulate(r->b, &a->call, a->id, (size_t)-1, &a->doc,
                          &r->err);
}

static int call_usage(scenario_run *r, void *arguments) {
  doc_arguments *a = arguments;

  return billing_usage(r->b, &a->call, a->id, (size_t)-1, &a->doc, &r->err);
}

static int call_health(scenario_run *r, void *arguments) {
  doc_arguments *a = arguments;

  return billing_usage_health(r->b, &a->call, a->id, (size_t)-1, &a->doc,
                              &r->err);
}

static int call_events(scenario_run *r, void *arguments) {
  doc_arguments *a = arguments;

  return billing_events(r->b, &a->call, a->id, (size_t)-1, &a->doc, &r->err);
}

static int call_ledger(scenario_run *r, void *arguments) {
  doc_arguments *a = arguments;

  return billing_ledger(r->b, &a->call, a->id, (size_t)-1, &a->doc, &r->err);
}

static int call_outbox(scenario_run *r, void *arguments) {
  doc_arguments *a = arguments;

  return billing_outbox_next(r->b, &a->call, a->id, (size_t)-1, &a->doc,
                             &r->err);
}

typedef struct done_arguments {
  billing_call call;
  uint64_t     row;
} done_arguments;

static int call_outbox_done(scenario_run *r, void *arguments) {
  done_arguments *a = arguments;

  return billing_outbox_done(r->b, &a->call, a->row, &r->err);
}

static int call_verify(scenario_run *r, void *arguments) {
  doc_arguments *a = arguments;

  return billing_verify(r->b, &a->call, &a->doc, &r->err);
}

/* A reading call whose answer is a document. */
static billing_doc *fetch(scenario_run *r, const char *name,
                          scenario_call *call, const char *id,
                          const char *format) {
  doc_arguments a = {scenario_call_of(r, NULL), id, format, NULL};

  must(r, name, attempt(r, name, call, &a));
  return a.doc;
}

static void show_answer(scenario_run *r, const cJSON *step, const char *name,
                        scenario_call *call) {
  char *query = cJSON_PrintUnformatted(cJSON_GetObjectItem(step, "query"));
  billing_doc *doc = fetch(r, name, call, query, NULL);

  head(r, name, query);
  fprintf(r->out, "\n%s\n", billing_doc_text(doc));
  billing_doc_free(doc);
  free(query);
}

static void do_explain(scenario_run *r, const cJSON *step) {
  show_answer(r, step, "explain", call_explain);
}

static void do_usage(scenario_run *r, const cJSON *step) {
  show_answer(r, step, "usage", call_usage);
}

static void do_ledger(scenario_run *r, const cJSON *step) {
  show_answer(r, step, "ledger", call_ledger);
}

static void do_outbox(scenario_run *r, const cJSON *step) {
  show_answer(r, step, "outbox", call_outbox);
}

/* "row": the number of one. */
static void do_outbox_done(scenario_run *r, const cJSON *step) {
  done_arguments a = {scenario_call_of(r, NULL), 0};

  a.row = (uint64_t)cJSON_GetObjectItem(step, "row")->valuedouble;
  head(r, "outbox_done", NULL);
  if (!is_refused(r, attempt(r, "outbox_done", call_outbox_done, &a)))
    fprintf(r->out, "\n");
}

static void do_health(scenario_run *r, const cJSON *step) {
  show_answer(r, step, "health", call_health);
}

static void do_events(scenario_run *r, const cJSON *step) {
  show_answer(r, step, "events", call_events);
}

static int call_limits(scenario_run *r, void *arguments) {
  doc_arguments *a = arguments;

  return billing_limits(r->b, &a->call, a->id, (size_t)-1, &a->doc, &r->err);
}

/* A line for each, as a worksheet has it. */
static void do_limits(scenario_run *r, const cJSON *step) {
  char *query = cJSON_PrintUnformatted(cJSON_GetObjectItem(step, "query"));
  billing_doc *doc = fetch(r, "limits", call_limits, query, NULL);
  cJSON *answer = cJSON_Parse(billing_doc_text(doc));
  const cJSON *limit;

  head(r, "limits", NULL);
  fprintf(r->out, "\n");
  cJSON_ArrayForEach(limit, cJSON_GetObjectItem(answer, "limits"))
    if (text_of(limit, "used"))
      fprintf(r->out, "  %s: used %s, held %s of %s%s\n",
              text_of(limit, "id"), text_of(limit, "used"),
              text_of(limit, "held"), text_of(limit, "most"),
              cJSON_IsTrue(cJSON_GetObjectItem(limit, "over")) ? ", over"
                                                               : "");
  cJSON_Delete(answer);
  billing_doc_free(doc);
  free(query);
}

typedef struct entitled_arguments {
  billing_call        call;
  const char         *customer;
  const char         *feature;
  billing_entitlement out;
} entitled_arguments;

static int call_entitled(scenario_run *r, void *arguments) {
  entitled_arguments *a = arguments;

  BILLING_INIT(&a->out);
  return billing_entitled(r->b, &a->call, a->customer, (size_t)-1, a->feature,
                          (size_t)-1, &a->out, &r->err);
}

static void show_quota(scenario_run *r, const billing_entitlement *out) {
  char resets[32];

  fprintf(r->out, ", used %s, held %s", show(&out->used), show(&out->held));
  if (out->flags & BILLING_ENTITLED_UNLIMITED)
    fprintf(r->out, ", unlimited");
  else
    fprintf(r->out, " of %s, left %s", show(&out->limit), show(&out->left));
  if (out->flags & BILLING_ENTITLED_SOFT) fprintf(r->out, ", soft");
  if (out->resets_us)
    fprintf(r->out, ", until %s", scenario_time_text(out->resets_us, resets));
}

static void do_entitled(scenario_run *r, const cJSON *step) {
  static const char *const sources[] = {"nobody", "customer", "contract",
                                        "plan", "grant", "default"};
  entitled_arguments a = {scenario_call_of(r, NULL),
                          need_text(step, "customer"),
                          need_text(step, "feature"), {0}};

  head(r, "entitled", NULL);
  fprintf(r->out, " %s %s", a.customer, a.feature);
  if (is_refused(r, attempt(r, "entitled", call_entitled, &a))) return;
  fprintf(r->out, ": %s by %s", a.out.granted ? "granted" : "no",
          sources[a.out.source]);
  if (a.out.kind == BILLING_FEATURE_QUOTA) show_quota(r, &a.out);
  if (a.out.value_len) fprintf(r->out, ", %s", a.out.value);
  fprintf(r->out, "\n");
}

static int call_entitlements(scenario_run *r, void *arguments) {
  doc_arguments *a = arguments;

  return billing_entitlements(r->b, &a->call, a->id, (size_t)-1, &a->doc,
                              &r->err);
}

static void do_entitlements(scenario_run *r, const cJSON *step) {
  show_answer(r, step, "entitlements", call_entitlements);
}

static int call_top_ups(scenario_run *r, void *arguments) {
  doc_arguments *a = arguments;

  return billing_top_ups(r->b, &a->call, a->id, (size_t)-1, &a->doc, &r->err);
}

static void do_top_ups(scenario_run *r, const cJSON *step) {
  char *query = cJSON_PrintUnformatted(cJSON_GetObjectItem(step, "query"));
  billing_doc *doc = fetch(r, "top_ups", call_top_ups, query, NULL);
  cJSON *answer = cJSON_Parse(billing_doc_text(doc));
  const cJSON *row;

  head(r, "top_ups", NULL);
  fprintf(r->out, "\n");
  cJSON_ArrayForEach(row, cJSON_GetObjectItem(answer, "top_ups"))
    show_top_up(r, row);
  cJSON_Delete(answer);
  billing_doc_free(doc);
  free(query);
}

typedef struct token_arguments {
  billing_call        call;
  billing_token_terms terms;
  billing_doc        *doc;
} token_arguments;

static int call_token(scenario_run *r, void *arguments) {
  token_arguments *a = arguments;

  return billing_token_issue(r->b, &a->call, &a->terms, &a->doc, &r->err);
}

/* Keys are texts of 32 bytes here. */
static void do_token(scenario_run *r, const cJSON *step) {
  char *features = cJSON_PrintUnformatted(cJSON_GetObjectItem(step,
                                                              "features"));
  token_arguments a = {scenario_call_of(r, NULL), {0}, NULL};

  BILLING_INIT(&a.terms);
  a.terms.customer = str_of(need_text(step, "customer"));
  a.terms.features = str_of(features);
  a.terms.secret = str_of(need_text(step, "secret"));
  a.terms.expires_us = time_of(step, "expires");
  head(r, "token", NULL);
  if (!is_refused(r, attempt(r, "token", call_token, &a)))
    fprintf(r->out, " %s\n", billing_doc_text(a.doc));
  billing_doc_free(a.doc);
  free(features);
}

typedef struct verify_arguments {
  const char   *token;
  unsigned char key[32];
  billing_token out;
  billing_doc  *claims;
} verify_arguments;

static int call_token_verify(scenario_run *r, void *arguments) {
  verify_arguments *a = arguments;

  BILLING_INIT(&a->out);
  return billing_token_verify(NULL, a->token, (size_t)-1, a->key,
                              sizeof a->key, r->now_us, &a->out, &a->claims,
                              &r->err);
}

static void do_verify_token(scenario_run *r, const cJSON *step) {
  verify_arguments a = {need_text(step, "token"), {0}, {0}, NULL};
  char ends[32];

  must(r, "token key", billing_token_key(need_text(step, "secret"), 32, a.key,
                                         &r->err));
  head(r, "verify_token", NULL);
  if (!is_refused(r, attempt(r, "verify_token", call_token_verify, &a)))
    fprintf(r->out, " of %s's %s until %s\n  %s\n", a.out.tenant,
            a.out.customer, scenario_time_text(a.out.expires_us, ends),
            billing_doc_text(a.claims));
  billing_doc_free(a.claims);
}

static void show_share(scenario_run *r, const cJSON *line) {
  const cJSON *share = cJSON_GetObjectItem(line, "proration");

  if (!share) return;
  fprintf(r->out, ", share %.0f/%.0f",
          cJSON_GetObjectItem(share, "numerator")->valuedouble,
          cJSON_GetObjectItem(share, "denominator")->valuedouble);
}

/* What it counts, and the bound that it holds. */
static void show_counts(scenario_run *r, const cJSON *line) {
  const cJSON *of = cJSON_GetObjectItem(line, "of"), *id;
  const cJSON *least = cJSON_GetObjectItem(line, "minimum");
  const cJSON *most = cJSON_GetObjectItem(line, "maximum");

  if (of) fprintf(r->out, ", of");
  cJSON_ArrayForEach(id, of) fprintf(r->out, " %s", id->valuestring);
  if (least) fprintf(r->out, ", minimum %s", least->valuestring);
  if (most) fprintf(r->out, ", maximum %s", most->valuestring);
}

/* By which rate lines were converted, or on which line this one is. */
static void show_conversion(scenario_run *r, const cJSON *line) {
  const cJSON *on = cJSON_GetObjectItem(line, "converted"), *of;

  if (on) fprintf(r->out, ", converted on %d", on->valueint);
  if (!cJSON_GetObjectItem(line, "lines")) return;
  fprintf(r->out, ", %s %s, of",
          cJSON_IsTrue(cJSON_GetObjectItem(line, "inverse")) ? "divided by"
                                                             : "times",
          text_of(line, "rate"));
  cJSON_ArrayForEach(of, cJSON_GetObjectItem(line, "lines"))
    fprintf(r->out, " %d", of->valueint);
}

static void show_line(scenario_run *r, const cJSON *line) {
  const cJSON *group = cJSON_GetObjectItem(line, "group");
  const cJSON *service = cJSON_GetObjectItem(line, "service");
  char *group_text = group && group->child ? cJSON_PrintUnformatted(group)
                                           : NULL;

  fprintf(r->out, "  %d. %s%s%s%s %s to %s",
          cJSON_GetObjectItem(line, "line")->valueint,
          text_of(line, cJSON_HasObjectItem(line, "price") ? "price" : "name"),
          group_text ? " " : "",
          group_text ? group_text : "",
          cJSON_IsTrue(cJSON_GetObjectItem(line, "late")) ? " late" : "",
          text_of(service, "from"), text_of(service, "to"));
  fprintf(r->out, ": quantity %s, amount %s, drawn %s, due %s, rounding %s %s",
          text_of(line, "quantity"), text_of(line, "amount"),
          text_of(line, "drawn"), text_of(line, "due"),
          text_of(line, "rounding"), text_of(line, "asset"));
  show_counts(r, line);
  show_share(r, line);
  show_conversion(r, line);
  fprintf(r->out, "\n");
  free(group_text);
}

static void show_figures(scenario_run *r, const char *json) {
  cJSON *doc = cJSON_Parse(json);
  const cJSON *customer = cJSON_GetObjectItem(doc, "customer");
  const cJSON *node;

  fprintf(r->out, "%s of %s issued %s\n",
          cJSON_IsTrue(cJSON_GetObjectItem(doc, "draft"))
            ? "draft" : text_of(doc, "number"),
          cJSON_IsNull(customer) ? "nobody" : customer->valuestring,
          text_of(doc, "issued"));
  cJSON_ArrayForEach(node, cJSON_GetObjectItem(doc, "lines"))
    show_line(r, node);
  cJSON_ArrayForEach(node, cJSON_GetObjectItem(doc, "totals"))
    fprintf(r->out, "  total: amount %s, drawn %s, due %s %s\n",
            text_of(node, "amount"), text_of(node, "drawn"),
            text_of(node, "due"), text_of(node, "asset"));
  cJSON_Delete(doc);
}

/* The page, each row behind a bar. */
static void show_page(scenario_run *r, const char *page) {
  for (const char *at = page; *at;) {
    size_t len = strcspn(at, "\n");

    fprintf(r->out, "|%s%.*s\n", len ? " " : "", (int)len, at);
    at += len + (at[len] == '\n');
  }
}

static void show_invoices(scenario_run *r) {
  billing_doc *list = fetch(r, "list", call_list, "{\"limit\":1000}", NULL);
  cJSON *page = cJSON_Parse(billing_doc_text(list));
  const cJSON *item;

  cJSON_ArrayForEach(item, cJSON_GetObjectItem(page, "items")) {
    const char *number = text_of(item, "number");
    billing_doc *json = fetch(r, "invoice", call_invoice, number, "json");
    billing_doc *text = fetch(r, "invoice", call_invoice, number, "text");

    fprintf(r->out, "\n");
    show_figures(r, billing_doc_text(json));
    fprintf(r->out, "%s\n", billing_doc_text(json));
    show_page(r, billing_doc_text(text));
    billing_doc_free(json);
    billing_doc_free(text);
  }
  cJSON_Delete(page);
  billing_doc_free(list);
}

static void show_balances(scenario_run *r) {
  const cJSON *customer, *asset;

  fprintf(r->out, "\n");
  cJSON_ArrayForEach(customer, cJSON_GetObjectItem(r->doc, "balances"))
    cJSON_ArrayForEach(asset, customer)
      show_balance(r, customer->string, asset->valuestring);
}

static void show_ledger(scenario_run *r) {
  billing_doc *doc = fetch(r, "ledger", call_ledger, "{\"limit\":1000}", NULL);
  cJSON *page = cJSON_Parse(billing_doc_text(doc));
  const cJSON *row;

  if (cJSON_GetObjectItem(page, "next")) mistake("more than 1000 postings");
  fprintf(r->out, "\nledger\n");
  cJSON_ArrayForEach(row, cJSON_GetObjectItem(page, "postings"))
    fprintf(r->out, "  %s %s: %s %s %s %s\n", text_of(row, "at"),
            text_of(row, "cause"), text_of(row, "customer"),
            text_of(row, "account"), text_of(row, "amount"),
            text_of(row, "asset"));
  fprintf(r->out, "accounts\n");
  cJSON_ArrayForEach(row, cJSON_GetObjectItem(page, "balances"))
    fprintf(r->out, "  %s %s %s %s\n", text_of(row, "customer"),
            text_of(row, "account"), text_of(row, "balance"),
            text_of(row, "asset"));
  cJSON_Delete(page);
  billing_doc_free(doc);
}

static void show_verify(scenario_run *r) {
  billing_doc *doc = fetch(r, "verify", call_verify, NULL, NULL);

  fprintf(r->out, "\nverify\n%s\n", billing_doc_text(doc));
  if (!strstr(billing_doc_text(doc), "\"ok\":true"))
    fprintf(r->out, "NOT OK\n");
  billing_doc_free(doc);
}

/* ---- rebuilding -------------------------------------------------------- */

typedef struct rebuild_arguments {
  billing_call        call;
  const char         *kind;
  const char         *id;
  uint32_t            budget;
  billing_rebuilding  done;
  billing_doc        *doc;
} rebuild_arguments;

static int call_rebuild(scenario_run *r, void *arguments) {
  rebuild_arguments *a = arguments;

  BILLING_INIT(&a->done);
  return billing_rebuild(r->b, &a->call, a->kind, a->id, (size_t)-1,
                         a->budget, &a->done, &a->doc, &r->err);
}

static void show_differences(scenario_run *r, const billing_doc *doc) {
  cJSON *answer = cJSON_Parse(billing_doc_text(doc));
  const cJSON *row;

  cJSON_ArrayForEach(row, cJSON_GetObjectItem(answer, "differences"))
    fprintf(r->out, "  %s %s from %s: %s, was %s, now %s %s\n",
            text_of(row, "contract"), text_of(row, "price"),
            text_of(row, "from"), text_of(row, "difference"),
            text_of(row, "was"), text_of(row, "amount"),
            text_of(row, "asset"));
  cJSON_Delete(answer);
}

static void do_rebuild(scenario_run *r, const cJSON *step) {
  const cJSON *budget = cJSON_GetObjectItem(step, "budget");
  rebuild_arguments a;

  memset(&a, 0, sizeof a);
  a.call = scenario_call_of(r, NULL);
  if (cJSON_IsTrue(cJSON_GetObjectItem(step, "dry_run")))
    a.call.flags |= BILLING_CALL_DRY_RUN;
  a.kind = cJSON_GetObjectItem(step, "plan") ? "plan" : "meter";
  a.id = need_text(step, a.kind);
  a.budget = budget ? (uint32_t)budget->valueint : 0;
  head(r, "rebuild", a.id);
  if (is_refused(r, attempt(r, "rebuild", call_rebuild, &a))) return;
  fprintf(r->out, ": %" PRIu64 " of %" PRIu64 ", %" PRIu64 " events\n",
          a.done.done, a.done.customers, a.done.events);
  show_differences(r, a.doc);
  billing_doc_free(a.doc);
}

/* Each draft as its figures, or what was wrong with the question. */
static void do_preview(scenario_run *r, const cJSON *step) {
  char *query = cJSON_PrintUnformatted(cJSON_GetObjectItem(step, "query"));
  char *lines = lines_of(cJSON_GetObjectItem(step, "events"));
  doc_arguments a = {scenario_call_of(r, NULL), query, lines, NULL};
  cJSON *doc;
  const cJSON *draft;
  int rc = attempt(r, "preview", call_preview, &a);

  head(r, "preview", query);
  free(query);
  if (*lines) fprintf(r->out, "\n%.*s", (int)strlen(lines) - 1, lines);
  free(lines);
  if (is_refused(r, rc)) return;
  fprintf(r->out, "\n");
  doc = cJSON_Parse(billing_doc_text(a.doc));
  cJSON_ArrayForEach(draft, cJSON_GetObjectItem(doc, "invoices")) {
    char *text = cJSON_PrintUnformatted(draft);
    show_figures(r, text);
    free(text);
  }
  cJSON_Delete(doc);
  billing_doc_free(a.doc);
}

static void show_sums(scenario_run *r, const char *who, const cJSON *rows) {
  static const char *const sides[] = {"before", "after", "difference"};
  const cJSON *row;

  cJSON_ArrayForEach(row, rows) {
    const char *price = text_of(row, "price");
    fprintf(r->out, "  %s %s%s", who, price ? price : text_of(row, "asset"),
            price ? "" : ":");
    if (price) fprintf(r->out, " of %s:", text_of(row, "contract"));
    for (int i = 0; i < 3; i++) {
      const cJSON *side = cJSON_GetObjectItem(row, sides[i]);
      fprintf(r->out, "%s %s %s, drawn %s", i ? "," : "", sides[i],
              text_of(side, "amount"), text_of(side, "drawn"));
    }
    fprintf(r->out, "\n");
  }
}

/* Each customer's totals and prices, and what was refused. */
static void do_simulate(scenario_run *r, const cJSON *step) {
  char *query = cJSON_PrintUnformatted(cJSON_GetObjectItem(step, "query"));
  doc_arguments a = {scenario_call_of(r, NULL), query, NULL, NULL};
  const cJSON *customer;
  cJSON *doc;
  int rc = attempt(r, "simulate", call_simulate, &a);

  head(r, "simulate", query);
  free(query);
  if (is_refused(r, rc)) return;
  fprintf(r->out, "\n");
  doc = cJSON_Parse(billing_doc_text(a.doc));
  cJSON_ArrayForEach(customer, cJSON_GetObjectItem(doc, "customers")) {
    const cJSON *refused = cJSON_GetObjectItem(customer, "refused");
    const char *id = text_of(customer, "customer");
    show_sums(r, id, cJSON_GetObjectItem(customer, "totals"));
    show_sums(r, id, cJSON_GetObjectItem(customer, "prices"));
    if (refused)
      fprintf(r->out, "  %s refused %d: %s at %s: %s\n", id,
              cJSON_GetObjectItem(refused, "count")->valueint,
              text_of(refused, "code"), text_of(refused, "path"),
              text_of(refused, "message"));
  }
  show_sums(r, "all", cJSON_GetObjectItem(doc, "totals"));
  if (text_of(doc, "next"))
    fprintf(r->out, "  next %s\n", text_of(doc, "next"));
  cJSON_Delete(doc);
  billing_doc_free(a.doc);
}

/* ---- all of it --------------------------------------------------------- */

static const struct step_kind {
  const char *name;
  void (*play)(scenario_run *r, const cJSON *step);
} step_kinds[] = {
  {"catalog", do_apply},     {"put", do_put},         {"archive", do_archive},
  {"erase", do_erase},       {"record", do_record},   {"lines", do_lines},
  {"ingest", do_ingest},
  {"quote", do_quote},       {"grant", do_grant},     {"settle", do_settle},
  {"authorize", do_authorize}, {"release", do_release},
  {"extend", do_extend},     {"limits", do_limits},
  {"change_grant", do_change_grant}, {"entitled", do_entitled},
  {"entitlements", do_entitlements}, {"token", do_token},
  {"verify_token", do_verify_token},
  {"balance", do_balance},   {"advance", do_advance}, {"explain", do_explain},
  {"usage", do_usage},       {"events", do_events},   {"void", do_void},
  {"correct", do_correct},   {"health", do_health},
  {"ledger", do_ledger},     {"outbox", do_outbox},
  {"outbox_done", do_outbox_done},
  {"top_up", do_top_up},     {"top_ups", do_top_ups},
  {"rebuild", do_rebuild},   {"preview", do_preview},
  {"simulate", do_simulate},
};

static void play_step(scenario_run *r, const cJSON *step) {
  const char *name = need_text(step, "do");
  int64_t now_us = time_of(step, "now");

  if (now_us) r->now_us = now_us;
  for (size_t i = 0; i < sizeof step_kinds / sizeof *step_kinds; i++) {
    if (strcmp(step_kinds[i].name, name)) continue;
    step_kinds[i].play(r, step);
    return;
  }
  mistake("there is no step \"%s\"", name);
}

void scenario_play(scenario_run *r) {
  const cJSON *step;
  size_t at = 0;

  BILLING_INIT(&r->err);
  r->tenant = text_of(r->doc, "tenant");
  cJSON_ArrayForEach(step, cJSON_GetObjectItem(r->doc, "steps")) {
    if (r->between) r->between(r, at);
    play_step(r, step);
    at++;
  }
  if (r->between) r->between(r, at);
  show_invoices(r);
  show_balances(r);
  show_ledger(r);
  show_verify(r);
}
