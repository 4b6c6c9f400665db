/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * preview.c - the invoices that would be issued, as drafts.
 *
 * A trial: usage is cleared if it is to be replaced, events that have not
 * happened are recorded, time passes, open periods are closed; then every
 * invoice among the entries of the call is shown.
 */
#include "base/limit.h"
#include "engine/named.h"
#include "engine/query.h"
#include "engine/rate.h"
#include "engine/trial.h"
#include "engine/views.h"
#include "invoice/invoice.h"

typedef struct preview_ask {
  bl_call        *c;
  const bl_query *q;
  bl_customer    *customer;
  const bl_contract *contract;   /* only its invoices; NULL: all */
  int64_t         at_us;
  uint32_t        replaces;
  uint32_t        is_text;
  billing_event  *events;
  size_t          count;
  bl_members      members;
} preview_ask;

/* ---- the question ---- */

/* One of two words, the first when there is none. */
static int choice_of(bl_call *c, bl_str text, const char *member,
                     const char *const *words, const char *hint,
                     uint32_t *out) {
  int at = text.len ? bl_catalog_word(words, text) : 0;

  *out = at > 0;
  return at >= 0 ? BILLING_OK
                 : bl_fail_at(c->err, BILLING_INVALID, "", member, hint,
                              "the query's %s is not usable", member);
}

static int find_contract(preview_ask *p) {
  bl_list *contracts = &p->customer->contracts;

  if (!p->q->contract.len) return BILLING_OK;
  for (size_t i = 0; i < contracts->count; i++) {
    const bl_contract *contract = contracts->item[i];
    if (bl_str_equal(contract->terms.id, p->q->contract))
      p->contract = contract;
  }
  if (p->contract) return BILLING_OK;
  return bl_fail(p->c->err, BILLING_NOTFOUND, "/contract",
                 "a contract of the customer's",
                 "the customer has no contract %t", &p->q->contract);
}

static int read_question(preview_ask *p) {
  static const char *const modes[] = {"merge", "replace", NULL};
  static const char *const formats[] = {"json", "text", NULL};
  bl_call *c = p->c;
  const bl_query *q = p->q;
  int rc;

  if (!q->customer.len)
    return bl_fail(c->err, BILLING_INVALID, "/customer", "a customer's id",
                   "a preview is one customer's");
  rc = bl_find_customer(c, q->customer, "/customer", &p->customer);
  if (!rc) rc = find_contract(p);
  if (!rc) rc = choice_of(c, q->mode, "mode", modes, "merge or replace",
                          &p->replaces);
  if (!rc) rc = choice_of(c, q->format, "format", formats, "json or text",
                          &p->is_text);
  p->at_us = q->at_us == INT64_MIN ? c->now_us : q->at_us;
  if (rc || p->at_us >= c->now_us) return rc;
  return bl_fail(c->err, BILLING_INVALID, "/at", "the call's now or later",
                 "at is %T, now is %T: a preview does not go back", p->at_us,
                 c->now_us);
}

/* ---- events ---- */

static int read_line_of(preview_ask *p, bl_str line, billing_event *out) {
  bl_call *c = p->c;
  int rc = bl_event_of_line(c, line, &p->members, out);

  if (rc) return rc;
  if (!out->customer.len) out->customer = p->q->customer;
  if (!bl_str_equal(out->customer, p->q->customer))
    return bl_fail(c->err, BILLING_INVALID, "/customer",
                   "the preview's customer, or nothing",
                   "the event is %t's, the preview is %t's", &out->customer,
                   &p->q->customer);
  if (!out->time_us) out->time_us = p->at_us - 1;
  if (out->time_us < p->at_us) return BILLING_OK;
  return bl_fail(c->err, BILLING_INVALID_TIME, "/time", "a time before \"at\"",
                 "the event is at %T, the preview is as of %T", out->time_us,
                 p->at_us);
}

static int add_line_of(preview_ask *p, bl_str line, size_t *cap) {
  bl_call *c = p->c;
  billing_event *event =
      bl_arena_push(&c->arena, (void **)&p->events, &p->count, cap,
                    sizeof *event);
  int rc;

  if (!event) return BILLING_NOMEM;
  if (p->count == BL_LIMIT_BATCH)
    return bl_fail(c->err, BILLING_LIMIT, "", "at most 10000 in one call",
                   "the preview has more than %i events", (int64_t)p->count);
  rc = read_line_of(p, line, event);
  if (rc) {
    bl_fail_code(c->err, rc);
    if (c->err) c->err->item = (int64_t)p->count;
    return rc;
  }
  p->count++;
  return BILLING_OK;
}

static int preview_events(preview_ask *p, bl_str text) {
  size_t cap = 0;
  int rc = BILLING_OK;

  bl_members_open(&p->members, &p->c->arena);
  while (text.len && !rc) {
    const char *end = memchr(text.text, '\n', text.len);
    bl_str line = {text.text, end ? (size_t)(end - text.text) : text.len};
    text.text += line.len + (end != NULL);
    text.len -= line.len + (end != NULL);
    while (line.len && (line.text[line.len - 1] == '\r' ||
                        line.text[line.len - 1] == ' '))
      line.len--;
    if (line.len) rc = add_line_of(p, line, &cap);
  }
  return rc;
}

/* ---- drafts ---- */

/* Events that have not happened have no numbers that anybody could look up. */
static void forget_numbers(bl_fact_invoice *fact, uint64_t known) {
  for (size_t i = 0; i < fact->line_count; i++) {
    bl_fact_line *line = &fact->lines[i];
    if (line->last_event >= known) line->first_event = line->last_event = 0;
  }
}

/* The canonical text of what an entry says; empty: no invoice to be shown. */
static int draft_text(preview_ask *p, const bl_entry *entry, bl_text *out) {
  bl_call *c = p->c;
  bl_entry_facts facts;
  bl_invoice invoice;
  int rc;

  bl_text_open(out, &c->arena);
  if (entry->kind != BL_ENTRY_INVOICE) return BILLING_OK;
  rc = bl_entry_read(entry, &c->arena, &facts);
  if (rc || !facts.invoice.line_count ||
      (p->contract && p->contract->number != facts.invoice.contract))
    return rc;
  forget_numbers(&facts.invoice, c->trial->known);
  rc = bl_invoice_of_fact(c->t, &facts.invoice, &c->arena, &invoice);
  invoice.number = (bl_str){NULL, 0};
  return rc ? rc : bl_invoice_json(&invoice, out);
}

static int add_page(preview_ask *p, bl_str json, bl_text *pages) {
  bl_json *tree;
  const bl_zone *zone;
  bl_contract *contract;
  int rc = bl_json_read(json.text, json.len, &tree, p->c->err);

  if (rc) return rc;
  rc = bl_named_contract(p->c, bl_json_text(bl_json_get(tree, "contract")),
                         &contract);
  if (!rc) rc = bl_zone_of(p->c, contract->terms.zone, &zone);
  if (pages->len) bl_text_c(pages, "\n");
  if (!rc) rc = bl_invoice_text(tree, zone, pages);
  bl_json_free(tree);
  return rc;
}

static int show_text(preview_ask *p, billing_doc **out) {
  const bl_entries *entries = &p->c->b->entries;
  bl_text pages, json;
  int rc = BILLING_OK;

  bl_text_open(&pages, &p->c->arena);
  for (size_t i = 0; i < entries->count && !rc; i++) {
    rc = draft_text(p, &entries->entry[i], &json);
    if (!rc && json.len)
      rc = add_page(p, (bl_str){json.text, json.len}, &pages);
  }
  if (!rc && pages.failed) rc = BILLING_NOMEM;
  return rc ? rc : bl_doc_of_text(&p->c->b->host, pages.len ? pages.text : "",
                                  pages.len, out);
}

static int show_json(preview_ask *p, billing_doc **out) {
  const bl_entries *entries = &p->c->b->entries;
  bl_json *tree = bl_json_object(NULL, NULL);
  bl_json *invoices = bl_json_array(tree, "invoices");
  bl_text json;
  int rc = BILLING_OK;

  bl_json_add_time(tree, "at", p->at_us);
  bl_json_add_text(tree, "customer", p->q->customer);
  for (size_t i = 0; i < entries->count && !rc; i++) {
    rc = draft_text(p, &entries->entry[i], &json);
    if (!rc)
      rc = bl_view_add_json(invoices, NULL, (bl_str){json.text, json.len});
  }
  if (!rc) rc = bl_doc_of_tree(p->c, tree, out);
  bl_json_free(tree);
  return rc;
}

static int answer_preview(bl_call *c, const bl_query *q, billing_doc **out) {
  preview_ask p = {.c = c, .q = q};
  bl_trial trial;
  int rc;

  bl_trial_open(c, &trial);
  rc = read_question(&p);
  if (!rc) rc = preview_events(&p, *(const bl_str *)q->also);
  if (!rc && p.replaces) rc = bl_trial_clear(c, &trial, p.customer);
  if (!rc)
    rc = bl_trial_play(c, p.customer, p.events, p.count, p.at_us);
  if (!rc) rc = bl_trial_close(c, &trial, p.customer, p.at_us);
  if (rc) return rc;
  return p.is_text ? show_text(&p, out) : show_json(&p, out);
}

int billing_preview(billing *b, const billing_call *call, const char *query,
                    size_t query_len, const char *events, size_t events_len,
                    billing_doc **out, billing_error *err) {
  static const char *const allowed[] = {"customer", "contract", "at", "mode",
                                        "format", NULL};
  bl_question question = {query, query_len, allowed, NULL, answer_preview};
  bl_str lines = bl_text_argument(events, events_len);

  return bl_question_try(b, call, &question, &lines, out, err);
}
