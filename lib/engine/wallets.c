/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* wallets.c - grant, balance. */
#include "base/struct.h"
#include "engine/assets.h"
#include "engine/family.h"
#include "engine/features.h"
#include "engine/limits.h"
#include "engine/requests.h"

static uint64_t content_before(const bl_request *used) {
  switch (used->kind) {
  case BL_ENTRY_GRANT: return used->facts.grant.content;
  case BL_ENTRY_GRANT_CHANGE: return used->facts.grant_change.content;
  case BL_ENTRY_TOP_UP: return used->facts.top_up.content;
  default: return used->facts.hold.content;
  }
}

int bl_request_read(bl_call *c, int64_t kind, const bl_text *content,
                    bl_request_key *out) {
  const bl_request *used = &out->used;
  bl_str key = c->in.key;
  uint64_t before;
  int rc;

  if (!bl_catalog_id_is_valid(key))
    return bl_fail(c->err, BILLING_INVALID, "", "set billing_call.key, 1 to "
                   "200 bytes of UTF-8", "the request needs a key");
  if (content && content->failed) return BILLING_NOMEM;
  bl_key_hash16(out->hash, c->b->request_key, key.text, key.len);
  out->content = content ? bl_key_hash8(c->b->content_key, content->text,
                                        content->len) : 0;
  rc = bl_named_request(c, out->hash, &out->used);
  if (rc || !used->kind) return rc;
  before = content_before(used);
  if (used->kind == kind && (!content || before == out->content))
    return BILLING_OK;
  return bl_fail(c->err, BILLING_CONFLICT_KEY, "/key",
                 "the same content for a repeat, another key otherwise",
                 "the key was used for a request with other content");
}

/* ---- grant ---- */

static int check_span(bl_call *c, bl_fact_grant *fact,
                      const billing_grant_terms *terms) {
  fact->effective_us = terms->effective_us ? terms->effective_us : c->now_us;
  fact->expires_us = terms->expires_us ? terms->expires_us : BL_TIME_NEVER;
  if (fact->effective_us < BL_TIME_MIN || fact->effective_us > BL_TIME_MAX)
    return bl_fail(c->err, BILLING_INVALID_TIME, "/effective_us",
                   "years 1 to 9999", "the time is out of range");
  if (fact->expires_us > fact->effective_us) return BILLING_OK;
  return bl_fail(c->err, BILLING_INVALID, "/expires_us",
                 "after effective_us, or 0 for never",
                 "the grant ends before it starts");
}

/* The scope as canonical JSON, so that equal scopes are equal texts. */
static int check_scope(bl_call *c, bl_str scope, bl_str *out) {
  bl_scope model;
  bl_json *tree;
  bl_text text;
  int rc;

  *out = (bl_str){NULL, 0};
  if (!scope.len) return BILLING_OK;
  rc = bl_json_read(scope.text, scope.len, &tree, c->err);
  if (rc) return rc;
  bl_text_open(&text, &c->arena);
  rc = bl_catalog_read_scope(tree, "/scope", &c->arena, &model, c->err);
  if (!rc) rc = bl_features_check(c, &model.features, 1, 1, "/scope");
  for (size_t i = 0; i < model.caps.count && !rc; i++)
    rc = bl_limit_check(c, &model.caps.item[i], 0, "/scope/caps");
  if (!rc) rc = bl_family_number(c, tree, &model, "/scope");
  if (!rc) rc = bl_json_print(tree, &text);
  bl_json_free(tree);
  *out = (bl_str){text.text, text.len};
  return rc;
}

static int check_amounts(bl_call *c, const billing_grant_terms *terms) {
  int has_cost = !bl_dec_is_zero(terms->cost.amount);
  int rc = bl_asset_argument(c, terms->amount.asset, "/amount/asset");

  if (!rc && has_cost)
    rc = bl_asset_argument(c, terms->cost.asset, "/cost/asset");
  if (rc) return rc;
  if (!bl_dec_is_valid(terms->amount.amount) ||
      bl_dec_sign(terms->amount.amount) <= 0)
    return bl_fail(c->err, BILLING_INVALID, "/amount/amount", "above zero",
                   "the amount of a grant must be positive");
  if (!bl_dec_is_valid(terms->cost.amount) ||
      bl_dec_sign(terms->cost.amount) < 0)
    return bl_fail(c->err, BILLING_INVALID, "/cost/amount", "zero or more",
                   "the cost cannot be negative");
  if (terms->origin > BILLING_ORIGIN_MANUAL)
    return bl_fail(c->err, BILLING_INVALID, "/origin", "BILLING_ORIGIN_*",
                   "the origin is not known");
  if (terms->name.len > 200 ||
      !bl_utf8_is_valid(terms->name.text, terms->name.len))
    return bl_fail(c->err, BILLING_INVALID, "/name",
                   "at most 200 bytes of UTF-8", "the name is not valid");
  return BILLING_OK;
}

/* What nobody paid for is promotion, unless it was sold for nothing. */
static int books_as_promotion(const billing_grant_terms *terms) {
  switch (terms->origin) {
  case BILLING_ORIGIN_BOUGHT: case BILLING_ORIGIN_COMMITMENT: return 0;
  case BILLING_ORIGIN_PROMOTIONAL: return 1;
  default: return bl_dec_is_zero(terms->cost.amount);
  }
}

static int draft_grant(bl_call *c, const billing_grant_terms *terms,
                       bl_fact_grant *fact, bl_text *content) {
  bl_customer *customer;
  int rc = bl_find_customer(c, terms->customer, "/customer", &customer);

  if (!rc) rc = check_amounts(c, terms);
  if (!rc) rc = check_scope(c, terms->scope, &fact->scope);
  if (rc) return rc;
  fact->number = c->t->heads.grants + 1;
  fact->customer = customer->number;
  fact->amount = terms->amount.amount;
  fact->cost = terms->cost.amount;
  fact->asset = bl_str_of(terms->amount.asset);
  fact->cost_asset = bl_dec_is_zero(fact->cost)
                         ? (bl_str){NULL, 0} : bl_str_of(terms->cost.asset);
  fact->priority = terms->priority;
  fact->origin = terms->origin;
  fact->is_promotional = (uint64_t)books_as_promotion(terms);
  fact->key = c->in.key;
  fact->name = terms->name;
  bl_text_open(content, &c->arena);
  bl_pack_u64(content, fact->customer);
  bl_pack_dec(content, fact->amount);
  bl_pack_str(content, fact->asset);
  bl_pack_dec(content, fact->cost);
  bl_pack_str(content, fact->cost_asset);
  bl_pack_i64(content, terms->effective_us);
  bl_pack_i64(content, terms->expires_us);
  bl_pack_i64(content, fact->priority);
  bl_pack_u64(content, fact->origin);
  bl_pack_str(content, fact->scope);
  return BILLING_OK;
}

static int give_grant(bl_call *c, const billing_grant_terms *terms,
                      uint64_t *number) {
  bl_request_key request;
  bl_fact_grant fact;
  bl_text content;
  bl_writer w;
  int rc;

  memset(&fact, 0, sizeof fact);
  rc = draft_grant(c, terms, &fact, &content);
  if (!rc) rc = bl_request_read(c, BL_ENTRY_GRANT, &content, &request);
  if (rc) return rc;
  *number = request.used.facts.grant.number;
  if (request.used.kind) return BILLING_OK;
  rc = check_span(c, &fact, terms);      /* of a new one: a repeat is late */
  if (rc) return rc;
  *number = fact.number;
  memcpy(fact.key_hash, request.hash, sizeof fact.key_hash);
  fact.content = request.content;
  rc = bl_fold_grant(bl_entry_start(c), &fact);
  bl_writer_open(&w, c);
  bl_code_grant(&w.facts, &w.properties, &fact);
  return rc ? rc : bl_append(c, BL_ENTRY_GRANT, &w);
}

int billing_grant(billing *b, const billing_call *call,
                  const billing_grant_terms *terms, uint64_t *number,
                  billing_error *err) {
  billing_grant_terms in;
  uint64_t given = 0;
  bl_call c;
  int rc = bl_enter(&c, b, call, BL_SHARE, err);

  if (rc) return rc;
  rc = bl_copy_in(&in, sizeof in, terms, sizeof in, 0);
  if (rc)
    bl_fail(err, rc, "", "set it up with BILLING_INIT",
            "the billing_grant_terms cannot be used");
  else
    rc = bl_check_texts(err, &in.customer, &in.name, &in.scope, NULL);
  if (!rc) rc = give_grant(&c, &in, &given);
  rc = bl_leave(&c, rc);
  if (!rc && number) *number = given;
  return rc;
}

/* ---- balance ---- */

static bl_dec left_of(const bl_wallet *wallet, int64_t now_us) {
  bl_dec left = BL_DEC_ZERO;

  for (size_t i = wallet->live.first; i < wallet->live.count; i++) {
    const bl_grant_state *grant = wallet->live.item[i];
    bl_span life = {grant->lot.effective_us, grant->lot.expires_us};
    if (bl_span_holds(life, now_us)) left = bl_dec_add(left, grant->lot.left);
  }
  return left;
}

static int read_balance(bl_call *c, bl_str id, const char *asset,
                        billing_balances *out) {
  bl_customer *customer;
  bl_wallet *wallet;
  char name[16];
  int rc = bl_find_customer(c, id, "/customer", &customer);

  if (rc) return rc;
  if (!asset || bl_asset_set(name, bl_str_of(asset)))
    return bl_fail(c->err, BILLING_INVALID, "/asset", "such as USD or tok",
                   "the asset's name is not valid");
  rc = bl_asset_argument(c, name, "/asset");
  if (!rc) rc = bl_expire_holds(c, customer);     /* undone: this is a read */
  if (rc) return rc;
  wallet = bl_wallet_of(customer, name);
  memcpy(out->asset, name, sizeof out->asset);
  out->shared = bl_family_free(c->t, customer, name, c->now_us);
  if (!wallet) return BILLING_OK;
  out->left = left_of(wallet, c->now_us);
  out->free = bl_wallet_free(wallet, c->now_us);
  out->held = bl_dec_sub(out->left, out->free);
  out->granted = wallet->granted;
  out->owed = wallet->balance[BL_ACCOUNT_UNBILLED];
  return BILLING_OK;
}

int billing_balance(billing *b, const billing_call *call,
                    const char *customer, size_t customer_len,
                    const char *asset, billing_balances *out,
                    billing_error *err) {
  billing_balances found = {0};
  bl_call c;
  int rc = bl_enter(&c, b, call, BL_READ, err);

  if (rc) return rc;
  found.struct_size = sizeof found;
  rc = bl_can_fill(out, sizeof *out);
  if (rc)
    bl_fail(err, rc, "", "set it up with BILLING_INIT",
            "the billing_balances cannot be filled");
  else
    rc = read_balance(&c, bl_text_argument(customer, customer_len), asset,
                      &found);
  rc = bl_leave(&c, rc);
  if (!rc) bl_fill(out, &found, sizeof found);
  return rc;
}
