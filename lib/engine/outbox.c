/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * outbox.c - rows for the world outside, and how far they are done.
 *
 *     entry 7 gives a grant, entry 12 is an invoice
 *       rows 458753 (7 << 16 | 1) grant.given, 786433 invoice.finalized
 *     done 458753: an entry says so, and the next page begins with 786433
 *
 * A row is made from its entry when it is asked for.
 */
#include "engine/outbox.h"

#include "engine/event_form.h"
#include "engine/grants.h"
#include "engine/index.h"
#include "engine/load.h"
#include "engine/query.h"
#include "engine/top_ups.h"
#include "engine/views.h"

/* The id of a row: 16 bytes of the database, number of the tenant and row. */
#define OUTBOX_ID_BYTES (32 + 2 * (BL_INT_TEXT + 1))

int bl_outbox_mark(bl_fold *f, int64_t kind) {
  bl_subject all = {BL_SUBJECT_OUTBOX, 0};

  return bl_fold_mark(f, all, kind);
}

/* ---- rows ---- */

typedef struct outbox_page {
  bl_call        *c;
  const bl_query *q;
  bl_json        *tree;
  bl_json        *rows;
  bl_json        *row;         /* the newest */
  const bl_entry *entry;
  uint64_t        after;       /* the last row that was done, or asked for */
  uint64_t        place;       /* of the entry's last row */
  uint64_t        last;        /* row of the page */
  int64_t         count;
  bl_webhook_key  key;
  uint32_t        is_signed;
} outbox_page;

/* What is signed: id, time of this attempt, body. */
static int sign_row(const outbox_page *p) {
  bl_call *c = p->c;
  bl_json *webhook = bl_json_object(p->row, "webhook");
  char id[OUTBOX_ID_BYTES], signature[BL_WEBHOOK_SIGNATURE];
  int64_t seconds = c->in.now_us / BL_SECOND;
  bl_text body;
  size_t len;
  int rc;

  bl_text_open(&body, &c->arena);
  rc = bl_json_print(bl_json_get(p->row, "body"), &body);
  if (rc || !webhook) return rc ? rc : BILLING_NOMEM;
  bl_hex_unpack(c->b->database, sizeof c->b->database, id);
  len = 2 * sizeof c->b->database;
  id[len++] = '-';
  len += bl_int_print(c->t->number, id + len);
  id[len++] = '-';
  len += bl_int_print((int64_t)p->last, id + len);
  bl_webhook_sign(&p->key, (bl_str){id, len}, seconds,
                  (bl_str){body.text, body.len}, signature);
  bl_json_add_text(webhook, "body", (bl_str){body.text, body.len});
  bl_json_add_text(webhook, "id", (bl_str){id, len});
  bl_json_add_c(webhook, "signature", signature);
  return bl_json_add_int(webhook, "timestamp", seconds) ? BILLING_OK
                                                        : BILLING_NOMEM;
}

/* Where the next page begins, as the text that "after" takes. */
static int add_next_row(outbox_page *p) {
  char text[BL_INT_TEXT];
  bl_str s = {text, bl_int_print((int64_t)p->last, text)};

  return bl_json_add_text(p->tree, "next", s) ? BILLING_DONE : BILLING_NOMEM;
}

/* The next row of the entry: *out becomes what it tells, still empty, or NULL
 * when it was done before.  DONE when the page is full. */
static int outbox_row(outbox_page *p, uint64_t customer, const char *type,
                      bl_json **out) {
  bl_call *c = p->c;
  uint64_t number = bl_event_number(p->entry->seq, (size_t)++p->place);
  bl_customer *owner;
  bl_json *body;
  int rc = bl_customer_of(c, c->t, customer, &owner);

  *out = NULL;
  if (rc || number <= p->after) return rc;
  if (p->count++ == p->q->limit) return add_next_row(p);
  p->last = number;
  p->row = bl_json_object(p->rows, NULL);
  bl_json_add_int(p->row, "row", (int64_t)number);
  bl_json_add_text(p->row, "customer", owner->id);
  body = bl_json_object(p->row, "body");
  bl_json_add_c(body, "type", type);
  bl_json_add_time(body, "timestamp", p->entry->at_us);
  *out = bl_json_object(body, "data");
  bl_json_add_text(*out, "customer", owner->id);
  return *out ? BILLING_OK : BILLING_NOMEM;
}

/* The newest row is complete. */
static int outbox_row_end(const outbox_page *p) {
  return p->is_signed ? sign_row(p) : BILLING_OK;
}

static int tell_grant(outbox_page *p, const bl_fact_grant *fact) {
  bl_json *data;
  int rc = outbox_row(p, fact->customer, "grant.given", &data);

  if (rc || !data) return rc;
  bl_json_add_int(data, "grant", (int64_t)fact->number);
  bl_json_add_text(data, "id", fact->key);
  bl_json_add_dec(data, "amount", fact->amount);
  bl_json_add_text(data, "asset", fact->asset);
  bl_json_add_c(data, "origin", bl_origin_name(fact->origin));
  bl_json_add_time(data, "effective", fact->effective_us);
  if (fact->expires_us != BL_TIME_NEVER)
    bl_json_add_time(data, "expires", fact->expires_us);
  return outbox_row_end(p);
}

/* Its customer is loaded, and its grants with it. */
static int add_grant_named(const outbox_page *p, uint64_t number,
                           bl_json *data) {
  const bl_grant_state *grant = bl_table_at(&p->c->t->by_grant, number);

  if (!grant) return BILLING_CORRUPT;
  bl_json_add_int(data, "grant", (int64_t)number);
  bl_json_add_text(data, "id", grant->key);
  return bl_json_add_c(data, "asset", grant->lot.asset) ? BILLING_OK
                                                        : BILLING_NOMEM;
}

static int tell_expired(outbox_page *p, const bl_fact_grant_expired *fact) {
  bl_json *data;
  int rc = outbox_row(p, fact->customer, "grant.expired", &data);

  if (rc || !data) return rc;
  rc = add_grant_named(p, fact->number, data);
  bl_json_add_dec(data, "left", fact->left);
  return rc ? rc : outbox_row_end(p);
}

/* A finalized invoice, whole. */
static int tell_invoice(outbox_page *p, const bl_fact_invoice *fact) {
  char digits[BL_INT_TEXT + 1];
  bl_str json, id = {digits, bl_int_print((int64_t)fact->number, digits)};
  bl_json *data;
  uint64_t own;
  int64_t seq;
  int rc = outbox_row(p, fact->customer, "invoice.finalized", &data);

  if (rc || !data) return rc;
  rc = bl_invoice_stored(p->c, id, &own, &seq, &json);
  if (!rc) rc = bl_view_add_json(data, "invoice", json);
  return rc ? rc : outbox_row_end(p);
}

static int tell_alert(outbox_page *p, const bl_fact_alert *fact) {
  const bl_contract *contract;
  bl_json *data;
  int rc = outbox_row(p, fact->customer,
                      fact->is_back ? "alert.recovered" : "alert.reached",
                      &data);

  if (rc || !data) return rc;
  if (fact->of >= BL_ALERT_FIGURES) return BILLING_CORRUPT;
  contract = bl_table_at(&p->c->t->by_contract, fact->contract);
  if (contract) bl_json_add_text(data, "contract", contract->terms.id);
  bl_json_add_text(data, "alert", fact->id);
  bl_json_add_c(data, "of", bl_alert_of_name((uint32_t)fact->of));
  if (fact->asset.len) bl_json_add_text(data, "asset", fact->asset);
  if (fact->meter.len) bl_json_add_text(data, "meter", fact->meter);
  bl_json_add_dec(data, "at", fact->at);
  if (!bl_dec_equal(fact->value, BL_DEC_MAX))
    bl_json_add_dec(data, "value", fact->value);
  return outbox_row_end(p);
}

static int tell_top_up(outbox_page *p, const bl_fact_top_up *fact) {
  static const char *const types[] = {
      [BL_TOP_UP_WANTED] = "top_up.wanted",
      [BL_TOP_UP_FAILED] = "top_up.failed",
      [BL_TOP_UP_PAUSED] = "top_up.failed",
      [BL_TOP_UP_PAID] = "top_up.paid",
      [BL_TOP_UP_VOID] = "top_up.void"};
  bl_json *data;
  int rc;

  if (fact->state >= BL_COUNT(types)) return BILLING_CORRUPT;
  rc = outbox_row(p, fact->customer, types[fact->state], &data);
  if (rc || !data) return rc;
  rc = bl_top_up_show(p->c, fact, bl_event_number(p->entry->seq, 1), data);
  return rc ? rc : outbox_row_end(p);
}

static int tell_change(outbox_page *p, const bl_fact_grant_change *fact) {
  bl_json *data;
  int rc = outbox_row(p, fact->customer, "grant.changed", &data);

  if (rc || !data) return rc;
  if (fact->change >= BL_CHANGES) return BILLING_CORRUPT;
  rc = add_grant_named(p, fact->grant, data);
  bl_json_add_c(data, "change", bl_change_words[fact->change]);
  bl_json_add_dec(data, "amount", fact->amount);
  bl_json_add_dec(data, "cost", fact->cost);
  if (fact->expires_us != BL_TIME_NEVER)
    bl_json_add_time(data, "expires", fact->expires_us);
  if (fact->to) bl_json_add_int(data, "to", (int64_t)fact->to);
  return rc ? rc : outbox_row_end(p);
}

static int add_contract_named(const outbox_page *p, uint64_t number,
                              bl_json *data) {
  const bl_contract *contract = bl_table_at(&p->c->t->by_contract, number);

  if (!contract) return BILLING_CORRUPT;
  bl_json_add_text(data, "contract", contract->terms.id);
  return bl_json_add_text(data, "plan", contract->terms.plan)
             ? BILLING_OK : BILLING_NOMEM;
}

static int tell_told(outbox_page *p, const bl_fact_told *fact) {
  static const char *const times[BL_TELLS] = {
      [BL_TELL_EXPIRING] = "expires", [BL_TELL_STARTED] = "start",
      [BL_TELL_ENDED] = "end"};
  int is_grant = fact->topic <= BL_TELL_EXPIRING;
  bl_json *data;
  int rc;

  if (fact->topic >= BL_TELLS) return BILLING_CORRUPT;
  rc = outbox_row(p, fact->customer, bl_tell_words[fact->topic], &data);
  if (rc || !data) return rc;
  rc = is_grant ? add_grant_named(p, fact->number, data)
                : add_contract_named(p, fact->number, data);
  if (times[fact->topic])
    bl_json_add_time(data, times[fact->topic], fact->at_us);
  if (fact->topic == BL_TELL_EXPIRING)
    bl_json_add_dec(data, "left", fact->left);
  return rc ? rc : outbox_row_end(p);
}

static int tell_entry(outbox_page *p, const bl_entry *entry) {
  bl_entry_facts facts;
  int rc = bl_entry_read(entry, &p->c->arena, &facts);

  if (rc) return rc;
  p->entry = entry;
  p->place = 0;
  switch (entry->kind) {
  case BL_ENTRY_GRANT: return tell_grant(p, &facts.grant);
  case BL_ENTRY_GRANT_EXPIRED: return tell_expired(p, &facts.grant_expired);
  case BL_ENTRY_ALERT: return tell_alert(p, &facts.alert);
  case BL_ENTRY_TOP_UP: return tell_top_up(p, &facts.top_up);
  case BL_ENTRY_GRANT_CHANGE: return tell_change(p, &facts.grant_change);
  case BL_ENTRY_TOLD: return tell_told(p, &facts.told);
  case BL_ENTRY_INVOICE: return tell_invoice(p, &facts.invoice);
  default: return BILLING_CORRUPT;
  }
}

static int tell_entries(outbox_page *p) {
  bl_call *c = p->c;
  bl_index_wish wish = {{BL_SUBJECT_OUTBOX, 0}, bl_event_seq(p->after) - 1,
                        BL_ALL_TIMES, 0};
  int64_t *seqs;
  size_t count;
  int rc = bl_index_find(c, &wish, &c->arena, &seqs, &count);

  for (size_t i = 0; i < count && !rc; i++) {
    bl_arena_mark mark = bl_arena_now(&c->arena);
    bl_entry entry;
    if (bl_is_interrupted(c->b)) rc = BILLING_CANCELED;
    if (!rc) rc = bl_journal_read(c, seqs[i], &c->arena, &entry);
    if (!rc) rc = tell_entry(p, &entry);
    bl_arena_back(&c->arena, mark);
  }
  return rc == BILLING_DONE ? BILLING_OK : rc;
}

/* ---- the two calls ---- */

static int read_outbox_query(outbox_page *p) {
  const bl_query *q = p->q;
  int64_t after = 0;

  if (q->after.len && (!bl_int_parse(q->after, &after) || after < 0))
    return bl_fail(p->c->err, BILLING_INVALID, "/after",
                   "the \"next\" of the page before, or a \"row\"",
                   "after is not a row");
  p->after = p->c->t->heads.outbox;
  if ((uint64_t)after > p->after) p->after = (uint64_t)after;
  p->is_signed = q->secret.len > 0;
  if (!p->is_signed || bl_webhook_key_read(q->secret, &p->key))
    return BILLING_OK;
  return bl_fail(p->c->err, BILLING_INVALID, "/secret",
                 "whsec_ and base64 of 24 to 64 bytes",
                 "the secret cannot be used");
}

static int answer_outbox(bl_call *c, const bl_query *q, billing_doc **out) {
  outbox_page p = {.c = c, .q = q};
  int rc = read_outbox_query(&p);

  if (rc) return rc;
  p.tree = bl_json_object(NULL, NULL);
  p.rows = bl_json_array(p.tree, "rows");
  rc = tell_entries(&p);
  if (!rc) rc = bl_doc_of_tree(c, p.tree, out);
  bl_json_free(p.tree);
  return rc;
}

int billing_outbox_next(billing *b, const billing_call *call,
                        const char *query, size_t query_len,
                        billing_doc **out, billing_error *err) {
  static const char *const allowed[] = {"after", "limit", "secret", NULL};
  bl_question question = {query, query_len, allowed, NULL, answer_outbox};

  return bl_question_ask(b, call, &question, out, err);
}

void bl_code_outbox_done(bl_codec *facts, bl_codec *properties,
                         bl_fact_outbox_done *f) {
  (void)properties;
  bl_code_u64(facts, &f->through);
}

int bl_fold_outbox_done(bl_fold *f, const bl_fact_outbox_done *fact) {
  bl_tenant *t = f->tenant;

  if (!bl_fold_is_own(f)) return BILLING_OK;
  bl_touch(t, &t->heads, sizeof t->heads, &t->heads_touched);
  t->heads.outbox = fact->through;
  return BILLING_OK;
}

static int outbox_done(bl_call *c, uint64_t row) {
  bl_fact_outbox_done fact = {row};
  bl_writer w;
  int rc;

  if (bl_event_seq(row) > c->t->heads.seq || !bl_event_place(row))
    return bl_fail(c->err, BILLING_NOTFOUND, "", "a \"row\" of "
                   "billing_outbox_next", "there is no such row");
  if (row <= c->t->heads.outbox) return BILLING_OK;
  rc = bl_fold_outbox_done(bl_entry_start(c), &fact);
  bl_writer_open(&w, c);
  bl_code_outbox_done(&w.facts, &w.properties, &fact);
  return rc ? rc : bl_append(c, BL_ENTRY_OUTBOX_DONE, &w);
}

int billing_outbox_done(billing *b, const billing_call *call, uint64_t row,
                        billing_error *err) {
  bl_call c;
  int rc = bl_enter(&c, b, call, BL_SHARE, err);

  return rc ? rc : bl_leave(&c, outbox_done(&c, row));
}

#undef OUTBOX_ID_BYTES
