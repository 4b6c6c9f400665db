/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* grant_change.c - void, transfer, refund, another expiry. */
#include "engine/grants.h"
#include "engine/load.h"
#include "engine/requests.h"

/* ---- what may be done ---- */

static int change_find(bl_call *c, uint64_t number, bl_grant_state **out) {
  bl_request request;
  int rc = bl_numbered_request(c, BL_ENTRY_GRANT, number, &request);

  if (rc) return rc;
  if (!request.kind)
    return bl_fail(c->err, BILLING_NOTFOUND, "/grant",
                   "the number that billing_grant gave",
                   "there is no grant %i", (int64_t)number);
  rc = bl_request_grant(c, &request, out);
  if (!rc && (*out)->customer->is_erased)
    rc = bl_customer_is_erased(c, "/grant");
  return rc ? rc : bl_expire_holds(c, (*out)->customer);
}

static int change_may_be(bl_call *c, const bl_grant_state *grant) {
  if (!grant->expired_seq && grant->lot.expires_us > c->now_us)
    return BILLING_OK;
  return bl_fail(c->err, BILLING_CONFLICT_ENDED, "/grant",
                 "give another grant", "the grant %i has ended",
                 (int64_t)grant->lot.number);
}

/* Holds keep what they have reserved. */
static int change_amount_of(bl_call *c, const bl_grant_state *grant,
                            const bl_grant_change_terms *terms,
                            bl_dec *amount) {
  bl_dec free = bl_dec_sub(grant->lot.left, grant->lot.held);

  *amount = terms->has_amount ? terms->amount : free;
  if (bl_dec_sign(*amount) > 0 && bl_dec_cmp(*amount, free) <= 0)
    return BILLING_OK;
  return bl_fail(c->err, BILLING_DENIED_BALANCE, "/amount",
                 "at most what is left and not held", "%d %s are free in the "
                 "grant %i", &free, grant->lot.asset,
                 (int64_t)grant->lot.number);
}

/* ---- what is done ---- */

static int change_void(bl_call *c, const bl_grant_state *grant,
                       bl_fact_grant_change *fact) {
  fact->amount = grant->lot.left;
  fact->cost = bl_grant_cost(grant, grant->lot.left);
  fact->expires_us = c->now_us;
  return bl_grant_change_append(c, grant, fact);
}

static int change_refund(bl_call *c, const bl_grant_state *grant,
                         const bl_grant_change_terms *terms,
                         bl_fact_grant_change *fact) {
  int rc = change_amount_of(c, grant, terms, &fact->amount);

  if (rc) return rc;
  fact->cost = bl_grant_cost(grant, fact->amount);
  fact->expires_us = grant->lot.expires_us;
  return bl_grant_change_append(c, grant, fact);
}

static int change_transfer(bl_call *c, const bl_grant_state *grant,
                           const bl_grant_change_terms *terms,
                           bl_fact_grant_change *fact) {
  bl_onward onward = {BL_CHANGE_TRANSFER, NULL, BL_DEC_ZERO, grant->origin,
                      grant->lot.effective_us, grant->lot.expires_us};
  int rc = bl_find_customer(c, terms->customer, "/customer", &onward.to);

  if (!rc && onward.to == grant->customer)
    rc = bl_fail(c->err, BILLING_INVALID, "/customer", "another customer",
                 "the grant is this customer's already");
  if (!rc) rc = change_amount_of(c, grant, terms, &onward.amount);
  return rc ? rc : bl_grant_onward(c, grant, &onward, fact);
}

static int change_expiry(bl_call *c, const bl_grant_state *grant,
                         const bl_grant_change_terms *terms,
                         bl_fact_grant_change *fact) {
  if (terms->expires_us <= c->now_us ||
      terms->expires_us <= grant->lot.effective_us)
    return bl_fail(c->err, BILLING_INVALID, "/expires",
                   "after now and after it begins; {\"change\":\"void\"} "
                   "ends it now", "the grant would have ended");
  fact->expires_us = terms->expires_us;
  return bl_grant_change_append(c, grant, fact);
}

static int change_do(bl_call *c, const bl_grant_state *grant,
                     const bl_grant_change_terms *terms,
                     bl_fact_grant_change *fact) {
  fact->change = terms->change;
  switch (terms->change) {
  case BL_CHANGE_VOID: return change_void(c, grant, fact);
  case BL_CHANGE_TRANSFER: return change_transfer(c, grant, terms, fact);
  case BL_CHANGE_REFUND: return change_refund(c, grant, terms, fact);
  default: return change_expiry(c, grant, terms, fact);
  }
}

/* ---- the call ---- */

/* The answer says what the entry says, so a repeat gets the same. */
static int change_answer(bl_call *c, const bl_fact_grant_change *fact,
                         billing_doc **out) {
  bl_json *tree = bl_json_object(NULL, NULL);
  const bl_grant_state *grant;
  bl_customer *customer;
  int rc = bl_customer_need(c, fact->customer, &customer);

  if (!rc && fact->to_customer)
    rc = bl_customer_need(c, fact->to_customer, &customer);
  grant = rc ? NULL : bl_table_at(&c->t->by_grant, fact->grant);
  if (grant) {
    bl_json_add_int(tree, "grant", (int64_t)fact->grant);
    bl_json_add_c(tree, "change", bl_change_words[fact->change]);
    bl_json_add_text(tree, "customer", grant->customer->id);
    bl_json_add_dec(tree, "amount", fact->amount);
    bl_json_add_c(tree, "asset", grant->lot.asset);
    bl_json_add_dec(tree, "cost", fact->cost);
    bl_json_add_c(tree, "cost_asset", grant->cost_asset);
    if (fact->expires_us != BL_TIME_NEVER)
      bl_json_add_time(tree, "expires", fact->expires_us);
    if (fact->to) bl_json_add_int(tree, "to", (int64_t)fact->to);
    if (fact->to) bl_json_add_text(tree, "to_customer", customer->id);
    rc = bl_doc_of_tree(c, tree, out);
  } else if (!rc) {
    rc = BILLING_CORRUPT;
  }
  bl_json_free(tree);
  return rc;
}

static int change_content(uint64_t number, bl_str text, bl_text *content,
                          bl_json **tree, billing_error *err) {
  int rc = bl_json_read(text.text, text.len, tree, err);

  if (rc) return rc;
  bl_pack_u64(content, number);
  return bl_json_print(*tree, content);
}

static int change_grant_by(bl_call *c, uint64_t number, bl_json *tree,
                           const bl_text *content, billing_doc **out) {
  bl_fact_grant_change fact = {0};
  bl_grant_change_terms terms;
  bl_grant_state *grant = NULL;
  bl_request_key request;
  int rc = bl_catalog_read_grant_change(tree, "", &c->arena, &terms, c->err);

  if (!rc)
    rc = bl_request_read(c, BL_ENTRY_GRANT_CHANGE, content, &request);
  if (!rc && request.used.kind)
    return change_answer(c, &request.used.facts.grant_change, out);
  if (!rc) rc = change_find(c, number, &grant);
  if (!rc) rc = change_may_be(c, grant);
  if (rc) return rc;
  fact.key = c->in.key;
  fact.content = request.content;
  memcpy(fact.key_hash, request.hash, sizeof fact.key_hash);
  rc = change_do(c, grant, &terms, &fact);
  return rc ? rc : change_answer(c, &fact, out);
}

int billing_grant_change(billing *b, const billing_call *call,
                         uint64_t number, const char *terms,
                         size_t terms_len, billing_doc **out,
                         billing_error *err) {
  bl_str text = bl_text_argument(terms, terms_len);
  billing_doc *doc = NULL;
  bl_json *tree = NULL;
  bl_text content;
  bl_call c;
  int rc = bl_enter(&c, b, call, BL_SHARE, err);

  if (rc) return rc;
  bl_text_open(&content, &c.arena);
  rc = change_content(number, text, &content, &tree, err);
  if (!rc)
    rc = change_grant_by(&c, number, tree, &content, out ? &doc : NULL);
  bl_json_free(tree);
  rc = bl_leave(&c, rc);
  if (rc) billing_doc_free(doc);
  else if (out) *out = doc;
  return rc;
}
