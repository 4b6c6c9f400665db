/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* views.c - invoices, grants and holds as documents. */
#include "engine/views.h"

#include "base/sort.h"
#include "engine/family.h"
#include "engine/grants.h"
#include "engine/hold_state.h"
#include "engine/index.h"
#include "engine/named.h"
#include "store/store.h"

int bl_view_add_json(bl_json *parent, const char *key, bl_str json) {
  bl_json *tree;
  int rc;

  if (!json.len) return BILLING_OK;
  rc = bl_json_read(json.text, json.len, &tree, NULL);
  if (rc) return rc == BILLING_NOMEM ? rc : BILLING_CORRUPT;
  bl_json_add_copy(parent, key, tree);
  bl_json_free(tree);
  return BILLING_OK;
}

/* Where the next page begins, as the text that "after" takes. */
static int add_next(bl_json *page, int64_t number) {
  char text[24];
  bl_str s = {text, bl_int_print(number, text)};

  return bl_json_add_text(page, "next", s) ? BILLING_OK : BILLING_NOMEM;
}

/* ---- invoices ---- */

/* By the number on the invoice, else by our own number in digits. */
static int invoice_row(bl_call *c, bl_str id, billing_value *row) {
  billing_value key[3] = {bl_value_int(c->t->number), bl_value_int(0),
                          bl_value_text(id)};
  billing_scan range = bl_scan_prefix(BL_TABLE_INVOICES, 1, key, 3);
  int64_t own;
  void *rows;
  int rc = bl_store_scan(c->b->store, &range, &rows);

  if (rc) return rc;
  rc = bl_store_next(c->b->store, rows, row);
  own = rc ? 0 : row[BL_INVOICES_OWN].integer;
  bl_store_end(c->b->store, rows);
  if (rc == BILLING_DONE)
    rc = bl_int_parse(id, &own) ? BILLING_OK : BILLING_NOTFOUND;
  key[2] = bl_value_int(own);
  return rc ? rc : bl_store_get(c->b->store, BL_TABLE_INVOICES, key, row);
}

int bl_invoice_stored(bl_call *c, bl_str id, uint64_t *own, int64_t *seq,
                      bl_str *json) {
  billing_value row[BL_ROW_MOST];
  int rc = invoice_row(c, id, row);

  if (rc == BILLING_NOTFOUND)
    return bl_fail(c->err, rc, "", NULL, "there is no invoice %t", &id);
  if (rc) return rc;
  *own = (uint64_t)row[BL_INVOICES_OWN].integer;
  *seq = row[BL_INVOICES_SEQ].integer;
  *json = bl_arena_str(&c->arena, row[BL_INVOICES_JSON].bytes);
  return json->text ? BILLING_OK : BILLING_NOMEM;
}

static int list_invoices(bl_call *c, const bl_query *q,
                         const bl_customer *customer, bl_json *page) {
  billing_value from[4] = {bl_value_int(c->t->number), bl_value_int(0)};
  billing_scan range = bl_scan_prefix(BL_TABLE_INVOICES, 0, from, 2);
  bl_json *items = bl_json_array(page, "items");
  billing_value row[BL_ROW_MOST];
  int64_t after, last = 0, count = 0;
  void *rows;
  int rc = bl_query_after(c, q, &after);

  if (rc) return rc;
  if (customer) {
    from[2] = bl_value_int((int64_t)customer->number);
    range = bl_scan_prefix(BL_TABLE_INVOICES, 2, from, 3);
  }
  from[range.from_count++] = bl_value_int(after);
  range.flags = BILLING_SCAN_AFTER;
  rc = bl_store_scan(c->b->store, &range, &rows);
  while (!rc && (rc = bl_store_next(c->b->store, rows, row)) == BILLING_OK) {
    if (count++ == q->limit) {
      rc = add_next(page, last);
      if (!rc) rc = BILLING_DONE;
      break;
    }
    last = row[BL_INVOICES_OWN].integer;
    rc = bl_view_add_json(items, NULL, row[BL_INVOICES_JSON].bytes);
  }
  bl_store_end(c->b->store, rows);
  return rc == BILLING_DONE ? BILLING_OK : rc;
}

/* ---- grants ---- */

static const char *grant_status(const bl_grant_state *grant, int64_t now_us) {
  if (grant->lot.is_void) return "void";
  if (grant->expired_seq || grant->lot.expires_us <= now_us) return "expired";
  if (grant->lot.effective_us > now_us) return "pending";
  return bl_dec_sign(grant->lot.left) > 0 ? "open" : "used";
}

/* By which allowance, and for what time. */
static void add_allowance(bl_json *doc, const bl_grant_state *grant) {
  const bl_contract *contract = NULL;
  const bl_list *contracts = &grant->customer->contracts;
  bl_json *allowance = bl_json_object(doc, "allowance");

  for (size_t i = 0; i < contracts->count && !contract; i++) {
    contract = contracts->item[i];
    if (contract->number != grant->contract) contract = NULL;
  }
  if (contract) bl_json_add_text(allowance, "contract", contract->terms.id);
  bl_json_add_text(allowance, "id", grant->allowance);
  bl_json_add_time(allowance, "from", grant->period.span.from_us);
  if (grant->period.span.to_us != BL_TIME_NEVER)
    bl_json_add_time(allowance, "to", grant->period.span.to_us);
}

static int add_scope(bl_call *c, bl_json *doc, const bl_grant_state *grant) {
  int rc = bl_view_add_json(doc, "scope", grant->scope_text);

  return rc || !grant->scope.member_count
             ? rc : bl_family_show(c, bl_json_get(doc, "scope"));
}

static bl_json *grant_tree(bl_call *c, bl_json *parent,
                           const bl_grant_state *grant) {
  const bl_lot *lot = &grant->lot;
  bl_json *doc = bl_json_object(parent, NULL);

  bl_json_add_int(doc, "number", (int64_t)lot->number);
  bl_json_add_text(doc, "id", grant->key);
  bl_json_add_text(doc, "customer", grant->customer->id);
  bl_json_add_text(doc, "name", lot->name);
  bl_json_add_c(doc, "asset", lot->asset);
  bl_json_add_dec(doc, "amount", grant->amount);
  bl_json_add_dec(doc, "left", lot->left);
  bl_json_add_dec(doc, "held", lot->held);
  bl_json_add_dec(doc, "cost", grant->cost);
  bl_json_add_c(doc, "cost_asset", grant->cost_asset);
  bl_json_add_int(doc, "priority", lot->priority);
  bl_json_add_c(doc, "origin", bl_origin_name(grant->origin));
  if (grant->from) bl_json_add_int(doc, "from", (int64_t)grant->from);
  if (grant->contract) add_allowance(doc, grant);
  bl_json_add_time(doc, "effective", lot->effective_us);
  if (lot->expires_us != BL_TIME_NEVER)
    bl_json_add_time(doc, "expires", lot->expires_us);
  if (add_scope(c, doc, grant)) return NULL;
  return bl_json_add_c(doc, "status", grant_status(grant, c->now_us))
             ? doc : NULL;
}

/* ---- holds ---- */

static bl_json *hold_tree(const bl_call *c, bl_json *parent,
                          const bl_hold_state *hold) {
  const char *status = bl_hold_words[bl_hold_status(c, hold)];
  bl_json *doc = bl_json_object(parent, NULL);
  bl_json *assets = bl_json_array(doc, "assets");
  bl_json *draws = bl_json_array(doc, "draws");

  bl_json_add_int(doc, "number", (int64_t)hold->number);
  bl_json_add_text(doc, "id", hold->key);
  bl_json_add_text(doc, "customer", hold->customer->id);
  bl_json_add_dec(doc, "value", hold->value);
  for (size_t i = 0; i < hold->asset_count; i++) {
    bl_json *held = bl_json_object(assets, NULL);
    bl_json_add_c(held, "asset", hold->assets[i].asset);
    bl_json_add_dec(held, "held", hold->assets[i].held);
    bl_json_add_dec(held, "overdraft", hold->assets[i].overdraft);
  }
  bl_json_add_time(doc, "expires", hold->expires_us);
  bl_json_add_time(doc, "at", hold->at_us);
  if (hold->event) bl_json_add_int(doc, "event", (int64_t)hold->event);
  for (size_t i = 0; i < hold->draw_count; i++) {
    bl_json *draw = bl_json_object(draws, NULL);
    bl_json_add_int(draw, "grant", (int64_t)hold->draws[i].grant);
    if (!bl_json_add_dec(draw, "amount", hold->draws[i].amount)) return NULL;
  }
  return bl_json_add_c(doc, "status", status) ? doc : NULL;
}

/* ---- both ---- */

static int view_tree(bl_call *c, bl_json *parent, const bl_request *request,
                     bl_json **out) {
  bl_grant_state *grant;
  bl_hold_state *hold;
  int rc;

  if (request->kind == BL_ENTRY_GRANT) {
    rc = bl_request_grant(c, request, &grant);
    if (rc) return rc;
    *out = grant_tree(c, parent, grant);
  } else {
    rc = bl_request_hold(c, request, &hold);
    if (rc) return rc;
    *out = hold_tree(c, parent, hold);
  }
  return *out ? BILLING_OK : BILLING_NOMEM;
}

/* BL_ENTRY_GRANT, BL_ENTRY_HOLD, BL_ENTRY_INVOICE or 0. */
static int64_t view_kind(const char *kind) {
  if (!kind) return 0;
  if (strcmp(kind, "grant") == 0) return BL_ENTRY_GRANT;
  if (strcmp(kind, "hold") == 0) return BL_ENTRY_HOLD;
  return strcmp(kind, "invoice") == 0 ? BL_ENTRY_INVOICE : 0;
}

static int unknown_view(bl_call *c) {
  return bl_fail(c->err, BILLING_INVALID, "",
                 "tenant, customer, meter, plan, contract, invoice, grant or "
                 "hold", "there is no such kind of document");
}

/* By the key of its request, or by our own number in digits; NOTFOUND. */
static int find_view(bl_call *c, int64_t kind, bl_str id, bl_request *out) {
  unsigned char hash[16];
  int64_t number;
  int rc;

  bl_key_hash16(hash, c->b->request_key, id.text, id.len);
  rc = bl_named_request(c, hash, out);
  if (rc || out->kind == kind) return rc;
  if (!bl_int_parse(id, &number) || number <= 0) return BILLING_NOTFOUND;
  rc = bl_numbered_request(c, kind, (uint64_t)number, out);
  return rc || out->kind ? rc : BILLING_NOTFOUND;
}

int bl_view_get(bl_call *c, const char *kind, bl_str id, billing_doc **out) {
  int64_t which = view_kind(kind);
  bl_request request;
  bl_json *tree = NULL;
  uint64_t own;
  int64_t seq;
  bl_str json;
  int rc;

  if (!which) return unknown_view(c);
  if (which == BL_ENTRY_INVOICE) {
    rc = bl_invoice_stored(c, id, &own, &seq, &json);
    return rc ? rc : bl_doc_of_text(&c->b->host, json.text, json.len, out);
  }
  rc = find_view(c, which, id, &request);
  if (!rc) rc = view_tree(c, NULL, &request, &tree);
  if (!rc) rc = bl_doc_of_tree(c, tree, out);
  bl_json_free(tree);
  return rc;
}

/* A page of grants or holds under way. */
typedef struct view_page {
  bl_call *c;
  int64_t  kind;
  int64_t  after;              /* the number of the last one before */
  int64_t  limit;
  int64_t  count;
  bl_str   status;             /* of holds; empty: any */
  const bl_customer *sharer;   /* whose grants and those shared with it */
  bl_json *page;
  bl_json *items;
} view_page;

/* Whether the page is about such holds, or grants. */
static int is_asked(view_page *p, const bl_request *request, int *rc) {
  bl_grant_state *grant;
  bl_hold_state *hold;

  if (p->sharer &&
      request->facts.grant.customer != p->sharer->number) {
    *rc = bl_request_grant(p->c, request, &grant);
    return !*rc && bl_scope_shares(grant->lot.scope, p->sharer->number);
  }
  if (!p->status.len) return 1;
  *rc = bl_request_hold(p->c, request, &hold);
  return !*rc &&
         bl_str_is(p->status, bl_hold_words[bl_hold_status(p->c, hold)]);
}

/* DONE when the page is full and there is more. */
static int list_request(view_page *p, const bl_request *request,
                        uint64_t number) {
  bl_json *tree;
  int rc = BILLING_OK;

  if ((int64_t)number <= p->after || !is_asked(p, request, &rc)) return rc;
  if (p->count++ == p->limit) {
    rc = add_next(p->page, (int64_t)number - 1);
    return rc ? rc : BILLING_DONE;
  }
  return view_tree(p->c, p->items, request, &tree);
}

static int list_all(view_page *p) {
  const bl_heads *heads = &p->c->t->heads;
  uint64_t last = p->kind == BL_ENTRY_GRANT ? heads->grants : heads->holds;
  int rc = BILLING_OK;

  for (uint64_t n = (uint64_t)p->after + 1; n <= last && !rc; n++) {
    bl_arena_mark mark = bl_arena_now(&p->c->arena);
    bl_request request;
    rc = bl_numbered_request(p->c, p->kind, n, &request);
    if (!rc && !request.kind) rc = BILLING_CORRUPT;
    if (!rc) rc = list_request(p, &request, n);
    bl_arena_back(&p->c->arena, mark);
  }
  return rc;
}

/* Entries about any of them, in order. */
typedef struct view_entries {
  uint64_t *seq;
  size_t    count;
  size_t    cap;
} view_entries;

static int find_entries(view_page *p, const bl_customer *customer,
                        view_entries *out) {
  bl_index_wish wish = {bl_subject_customer(customer->number), 0,
                        BL_ALL_TIMES, (uint64_t)1 << p->kind};
  int64_t *seqs;
  size_t count;
  int rc = bl_index_find(p->c, &wish, &p->c->arena, &seqs, &count);

  for (size_t i = 0; i < count && !rc; i++) {
    uint64_t *place = bl_arena_push(&p->c->arena, (void **)&out->seq,
                                    &out->count, &out->cap, sizeof *place);
    if (!place) return BILLING_NOMEM;
    *place = (uint64_t)seqs[i];
    out->count++;
  }
  return rc;
}

static int list_of_customer(view_page *p, const bl_customer *customer) {
  view_entries found = {NULL, 0, 0};
  const bl_customer *at = customer;
  int rc = BILLING_OK;

  for (; at && !rc; at = p->sharer ? bl_parent_of(p->c->t, at) : NULL)
    rc = find_entries(p, at, &found);
  found.count = bl_sort_unique(found.seq, found.count);
  for (size_t i = 0; i < found.count && !rc; i++) {
    bl_arena_mark mark = bl_arena_now(&p->c->arena);
    bl_request request;
    rc = bl_request_at(p->c, (int64_t)found.seq[i], &request);
    if (!rc)
      rc = list_request(p, &request, p->kind == BL_ENTRY_GRANT
                                         ? request.facts.grant.number
                                         : request.facts.hold.number);
    bl_arena_back(&p->c->arena, mark);
  }
  return rc;
}

int bl_view_check_status(bl_call *c, const bl_query *q) {
  const char *const *words = bl_hold_words + BILLING_HOLD_OPEN;

  if (!q->status.len || (view_kind(q->kind) == BL_ENTRY_HOLD &&
                         bl_catalog_word(words, q->status) >= 0))
    return BILLING_OK;
  return bl_fail(c->err, BILLING_INVALID, "/status",
                 "open, unresolved, settled, released or expired, of holds",
                 "there is no such status");
}

int bl_view_list(bl_call *c, const bl_query *q, const bl_customer *customer,
                 bl_json *page) {
  view_page p = {.c = c, .kind = view_kind(q->kind), .limit = q->limit,
                 .status = q->status, .page = page};
  int rc;

  if (!p.kind) return unknown_view(c);
  if (p.kind == BL_ENTRY_INVOICE) return list_invoices(c, q, customer, page);
  if (q->shared && (!customer || p.kind != BL_ENTRY_GRANT))
    return bl_fail(c->err, BILLING_INVALID, "/shared",
                   "with a customer, of grants",
                   "only grants are shared with a customer");
  if (q->shared) p.sharer = customer;
  rc = bl_query_after(c, q, &p.after);
  p.items = bl_json_array(page, "items");
  if (!rc && !p.items) rc = BILLING_NOMEM;
  if (rc) return rc;
  rc = customer ? list_of_customer(&p, customer) : list_all(&p);
  return rc == BILLING_DONE ? BILLING_OK : rc;
}
