/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * replay_grant.c - grants once more, and what was done to them.
 *
 *     then   grant 7, by the host; grant 8, of the allowance "r", turn 2, by
 *            the contract "k1"; grant 8 is voided
 *     again  grant 7 is asked for with a key of its own; what "k1" gives in
 *            turn 2 of "r" is voided, whatever its number is
 */
#include "engine/named.h"
#include "engine/replay.h"

/* A part of a grant of the same customer comes about by what happens; one of
 * another customer's has left him before. */
static int follows_by_itself(const bl_replay *r, const bl_fact_grant *fact,
                             int *out) {
  bl_request request;
  int rc = BILLING_OK;

  *out = fact->contract != 0;
  if (!fact->from) return BILLING_OK;
  rc = bl_numbered_request(r->c, BL_ENTRY_GRANT, fact->from, &request);
  *out = !rc && request.facts.grant.customer == fact->customer;
  return rc;
}

/* Customers happen again without their families: a grant is its owner's. */
static int own_scope(bl_replay *r, bl_str scope, bl_str *out) {
  bl_json *tree;
  bl_text text;
  int rc;

  *out = scope;
  if (!scope.len) return BILLING_OK;
  rc = bl_json_read(scope.text, scope.len, &tree, NULL);
  if (rc) return rc == BILLING_NOMEM ? rc : BILLING_CORRUPT;
  bl_json_remove(tree, "family");
  bl_text_open(&text, &r->own);
  rc = bl_json_print(tree, &text);
  bl_json_free(tree);
  *out = (bl_str){text.text, text.len};
  return rc;
}

int bl_replay_grant(bl_replay *r, bl_replay_one *one,
                    const bl_fact_grant *fact) {
  billing_call call =
      bl_replay_call(r, bl_replay_key(r, "grant ", fact->number));
  billing_grant_terms terms;
  billing_error err;
  bl_str scope;
  int follows;
  int rc;

  rc = follows_by_itself(r, fact, &follows);
  if (!rc) rc = own_scope(r, fact->scope, &scope);
  if (rc || follows) return rc;
  BILLING_INIT(&err);
  BILLING_INIT(&terms);
  terms.customer = one->customer->id;
  terms.amount.amount = fact->amount;
  terms.cost.amount = fact->cost;
  terms.effective_us = fact->effective_us;
  if (fact->expires_us != BL_TIME_NEVER) terms.expires_us = fact->expires_us;
  terms.priority = (int32_t)fact->priority;
  terms.origin = (uint32_t)fact->origin;
  terms.name = fact->name;
  terms.scope = scope;
  if (bl_asset_set(terms.amount.asset, fact->asset) ||
      (fact->cost_asset.len &&
       bl_asset_set(terms.cost.asset, fact->cost_asset)))
    return BILLING_CORRUPT;
  if (r->own.failed) return BILLING_NOMEM;
  rc = billing_grant(r->b, &call, &terms, NULL, &err);
  return rc ? bl_replay_refuse(r, &one->refused, rc, 0, &err) : BILLING_OK;
}

/* The number that a grant of the host's has there; 0: it has none. */
static int asked_there(bl_replay *r, uint64_t number, uint64_t *out) {
  billing_call call = bl_replay_call(r, (bl_str){NULL, 0});
  bl_str key = bl_replay_key(r, "grant ", number);
  billing_doc *doc = NULL;
  bl_json *tree = NULL;
  int64_t found = 0;
  int rc;

  if (r->own.failed) return BILLING_NOMEM;
  rc = billing_get(r->b, &call, "grant", key.text, key.len, &doc, NULL);
  if (!rc)
    rc = bl_json_read(billing_doc_text(doc), billing_doc_len(doc), &tree,
                      NULL);
  if (!rc) bl_json_int(bl_json_get(tree, "number"), &found);
  *out = (uint64_t)found;
  bl_json_free(tree);
  billing_doc_free(doc);
  return BILLING_CODE(rc) == BILLING_NOTFOUND ? BILLING_OK : rc;
}

/* Whether a grant there is what the fact says: of an allowance, its turn; else
 * what became of another grant. */
static int is_that_grant(const bl_replay *r, const bl_tenant *there,
                         const bl_grant_state *grant,
                         const bl_fact_grant *was, uint64_t from) {
  const bl_contract *then = bl_table_at(&r->c->t->by_contract, was->contract);
  const bl_contract *now = bl_table_at(&there->by_contract, grant->contract);

  if (!was->contract) return grant->from == from;
  return then && now && bl_str_equal(then->terms.id, now->terms.id) &&
         bl_str_equal(grant->allowance, was->allowance) &&
         grant->turn == was->turn;
}

static void given_there(const bl_replay *r, const bl_call *there,
                        const bl_customer *customer, const bl_fact_grant *was,
                        uint64_t from, uint64_t *out) {
  for (size_t i = 0; i < customer->wallets.count; i++) {
    const bl_wallet *wallet = customer->wallets.item[i];
    for (size_t k = wallet->grants.first; k < wallet->grants.count; k++) {
      const bl_grant_state *grant = wallet->grants.item[k];
      if (is_that_grant(r, there->t, grant, was, from))
        *out = grant->lot.number;
    }
  }
}

/* The number that a grant has there, whoever asked for it; 0: it has none, or
 * nobody can tell which one it is. */
static int grant_there(bl_replay *r, const bl_replay_one *one,
                       uint64_t number, uint64_t *out, int *follows) {
  billing_call call = bl_replay_call(r, (bl_str){NULL, 0});
  bl_customer *customer;
  bl_request request;
  bl_call there;
  uint64_t from = 0;
  int rc = bl_numbered_request(r->c, BL_ENTRY_GRANT, number, &request);

  *out = 0;
  if (!rc) rc = follows_by_itself(r, &request.facts.grant, follows);
  if (rc || !*follows) return rc ? rc : asked_there(r, number, out);
  if (!request.facts.grant.contract)
    rc = grant_there(r, one, request.facts.grant.from, &from, follows);
  *follows = 1;
  if (rc || (!from && !request.facts.grant.contract)) return rc;
  call.flags = 0;
  rc = bl_enter(&there, r->b, &call, BL_READ, r->c->err);
  if (rc) return rc;
  rc = bl_find_customer(&there, one->customer->id, "", &customer);
  if (!rc)
    given_there(r, &there, customer, &request.facts.grant, from, out);
  return bl_leave(&there, rc);
}

/* What goes to another customer leaves this one; the other may not be there.
 */
static int change_terms(bl_replay *r, const bl_fact_grant_change *fact,
                        bl_text *text) {
  uint64_t change = fact->change == BL_CHANGE_TRANSFER ? BL_CHANGE_REFUND
                                                       : fact->change;
  bl_json *terms = bl_json_object(NULL, NULL);
  int rc;

  bl_json_add_c(terms, "change", bl_change_words[change]);
  if (change == BL_CHANGE_REFUND)
    bl_json_add_dec(terms, "amount", fact->amount);
  if (fact->change == BL_CHANGE_EXPIRY &&
      fact->expires_us == BL_TIME_NEVER)
    bl_json_add_c(terms, "expires", "never");
  else if (fact->change == BL_CHANGE_EXPIRY)
    bl_json_add_time(terms, "expires", fact->expires_us);
  bl_text_open(text, &r->own);
  rc = bl_json_print(terms, text);
  bl_json_free(terms);
  return rc;
}

static int refuse_change(bl_replay *r, bl_replay_one *one) {
  billing_error why;

  BILLING_INIT(&why);
  (void)bl_fail(&why, BILLING_NOTFOUND, "", NULL,
                "a grant that was changed then is not given now");
  return bl_replay_refuse(r, &one->refused, BILLING_NOTFOUND, 0, &why);
}

/* What follows from other entries is not asked for; what was refused cannot be
 * changed. */
int bl_replay_change(bl_replay *r, bl_replay_one *one,
                     const bl_fact_grant_change *fact) {
  billing_call call;
  billing_error err;
  uint64_t number;
  bl_text terms;
  int follows;
  int rc;

  if (fact->change > BL_CHANGE_EXPIRY) return BILLING_OK;
  call = bl_replay_call(r, bl_replay_key(r, "change ", (uint64_t)r->seq));
  rc = grant_there(r, one, fact->grant, &number, &follows);
  if (!rc && !number && follows) return refuse_change(r, one);
  if (rc || !number) return rc;
  rc = change_terms(r, fact, &terms);
  if (rc) return rc;
  BILLING_INIT(&err);
  rc = billing_grant_change(r->b, &call, number, terms.text, terms.len, NULL,
                            &err);
  return rc ? bl_replay_refuse(r, &one->refused, rc, 0, &err) : BILLING_OK;
}
