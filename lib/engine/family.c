/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * family.c - who stands above a customer, and what that means for it.
 *
 *     put acme-lab with parent acme      acme must be there; acme-lab must
 *                                        not be above it; both trees together
 *                                        must not be too high
 *     an event of acme-lab               holds on acme's grants whose time is
 *                                        over end before it is decided
 */
#include "engine/family.h"

#include "base/limit.h"
#include "engine/grants.h"
#include "engine/load.h"

/* ---- a parent ---- */

static int refuse_circle(bl_call *c, const bl_customer *parent,
                         const char *path) {
  return bl_fail(c->err, BILLING_CONFLICT, path,
                 "a customer who is not below this one",
                 "%t is this customer, or stands below it", &parent->id);
}

static int refuse_height(bl_call *c, uint64_t height, const char *path) {
  return bl_fail(c->err, BILLING_LIMIT, path,
                 "a parent nearer to the top of its family",
                 "the family would have %i generations above one, %i are "
                 "allowed", (int64_t)height, (int64_t)BL_LIMIT_GENERATIONS);
}

int bl_family_check(bl_call *c, const bl_customer *customer,
                    const bl_customer *parent, const char *path) {
  uint64_t height = customer ? customer->height : 0;

  if (customer && customer->parent == parent->number) return BILLING_OK;
  if (parent->archived)
    return bl_fail(c->err, BILLING_NOTFOUND_CUSTOMER, path,
                   "put the customer again", "the customer is archived");
  for (const bl_customer *at = parent; at; at = bl_parent_of(c->t, at)) {
    if (at == customer) return refuse_circle(c, parent, path);
    height++;
  }
  return height > BL_LIMIT_GENERATIONS ? refuse_height(c, height, path)
                                       : BILLING_OK;
}

uint64_t bl_family_root(const bl_tenant *t, const bl_customer *customer) {
  const bl_customer *above = bl_parent_of(t, customer);

  while (above) {
    customer = above;
    above = bl_parent_of(t, customer);
  }
  return customer->number;
}

/* ---- what those above have ---- */

static bl_dec shared_free(const bl_wallet *wallet, uint64_t customer,
                          int64_t now_us) {
  bl_dec sum = BL_DEC_ZERO;

  for (size_t i = wallet->live.first; i < wallet->live.count; i++) {
    const bl_lot *lot = &((const bl_grant_state *)wallet->live.item[i])->lot;
    bl_span life = {lot->effective_us, lot->expires_us};
    if (bl_span_holds(life, now_us) && bl_scope_shares(lot->scope, customer))
      sum = bl_dec_add(sum, bl_dec_sub(lot->left, lot->held));
  }
  return sum;
}

bl_dec bl_family_free(const bl_tenant *t, const bl_customer *customer,
                      const char asset[16], int64_t now_us) {
  const bl_customer *at = bl_parent_of(t, customer);
  bl_dec sum = BL_DEC_ZERO;

  for (; at; at = bl_parent_of(t, at)) {
    const bl_wallet *wallet = bl_wallet_of(at, asset);
    if (wallet)
      sum = bl_dec_add(sum, shared_free(wallet, customer->number, now_us));
  }
  return sum;
}

/* ---- what is due ---- */

static int is_due(const bl_call *c, const bl_customer *at) {
  return (at->liens.first < at->liens.count && c->now_us >= at->liens_due_us);
}

int bl_family_is_prepared(const bl_call *c, const bl_customer *customer) {
  const bl_customer *at = bl_parent_of(c->t, customer);
  int is_prepared = !is_due(c, customer);

  for (; at && is_prepared; at = bl_parent_of(c->t, at))
    is_prepared = !is_due(c, at) &&
                  (!at->holds.count || c->now_us < at->holds_due_us) &&
                  bl_recurring_is_given(at, c->now_us);
  return is_prepared;
}

/* The first lien whose time is over, or NULL; *due_us: when the next one's is.
 */
static const bl_lien *due_lien(const bl_customer *at, int64_t now_us,
                               int64_t *due_us) {
  *due_us = BL_TIME_NEVER;
  for (size_t i = at->liens.first; i < at->liens.count; i++) {
    const bl_lien *lien = at->liens.item[i];
    if (lien->expires_us <= now_us) return lien;
    if (lien->expires_us < *due_us) *due_us = lien->expires_us;
  }
  return NULL;
}

/* A hold ends with its customer, who is loaded for that. */
static int end_liens(bl_call *c, bl_customer *at) {
  const bl_lien *lien;
  int64_t due_us;
  int rc = BILLING_OK;

  if (!is_due(c, at)) return BILLING_OK;
  while (!rc && (lien = due_lien(at, c->now_us, &due_us)) != NULL) {
    bl_customer *customer;
    bl_hold_state *hold;
    uint64_t number = lien->hold;
    rc = bl_customer_need(c, lien->customer, &customer);
    if (rc) return rc;
    hold = bl_table_at(&c->t->by_hold, number);
    if (!hold) return BILLING_CORRUPT;
    rc = bl_end_hold(c, hold, BILLING_HOLD_EXPIRED, 0);
  }
  bl_touch_customer(c->t, at);
  at->liens_due_us = due_us;
  return rc;
}

int bl_family_prepare(bl_call *c, bl_customer *customer) {
  bl_customer *at = bl_parent_of(c->t, customer);
  int rc = end_liens(c, customer);

  for (; at && !rc; at = bl_parent_of(c->t, at)) {
    rc = bl_expire_own(c, at);
    if (!rc) rc = end_liens(c, at);
  }
  return rc;
}

/* ---- the entry ---- */

int bl_family_holds(const bl_tenant *t, const bl_hold_state *hold) {
  int has_others = 0;

  for (size_t i = 0; i < hold->draw_count && !has_others; i++) {
    const bl_grant_state *grant =
        bl_table_at(&t->by_grant, hold->draws[i].grant);
    has_others = grant && grant->customer != hold->customer;
  }
  for (size_t i = 0; i < hold->count_count && !has_others; i++)
    has_others = hold->counts[i].customer != hold->customer->number;
  return has_others;
}

int bl_family_append(bl_call *c) {
  bl_fact_family fact = {c->cause, c->kin.items, c->kin.count};
  bl_writer w;
  int rc;

  c->kin = (bl_kin_list){&c->arena, NULL, 0, 0};
  rc = bl_fold_related(bl_entry_start(c), &fact);
  bl_writer_open(&w, c);
  bl_code_family(&w.facts, &w.properties, &fact);
  return rc ? rc : bl_append(c, BL_ENTRY_FAMILY, &w);
}

/* ---- ids and numbers ---- */

/* Ids are personal: facts name customers by their numbers. */
int bl_family_number(bl_call *c, bl_json *scope, bl_scope *model,
                     const char *path) {
  bl_json *list;
  int rc = BILLING_OK;

  if (model->member_count)
    return bl_fail_at(c->err, BILLING_INVALID, path, "family",
                      "true, or a list of customers' ids",
                      "customers are named by their ids");
  if (!model->member_id_count) return BILLING_OK;
  bl_json_remove(scope, "family");
  list = bl_json_array(scope, "family");
  for (size_t i = 0; i < model->member_id_count && !rc; i++) {
    bl_customer *member;
    rc = bl_find_customer(c, model->member_ids[i], path, &member);
    if (!rc && !bl_json_add_int(list, NULL, (int64_t)member->number))
      rc = BILLING_NOMEM;
  }
  return rc;
}

static int add_id(bl_call *c, bl_json *list, const bl_json *item) {
  bl_customer *member;
  int64_t number;
  int rc = bl_json_int(item, &number) ? BILLING_OK : BILLING_CORRUPT;

  if (!rc) rc = bl_customer_need(c, (uint64_t)number, &member);
  if (rc) return rc;
  return bl_json_add_text(list, NULL, member->id) ? BILLING_OK
                                                  : BILLING_NOMEM;
}

int bl_family_show(bl_call *c, bl_json *scope) {
  bl_json *was = bl_json_get(scope, "family"), *copy, *list;
  int rc = BILLING_OK;

  if (!was || bl_json_kind(was) != BL_JSON_ARRAY) return BILLING_OK;
  copy = bl_json_add_copy(NULL, NULL, was);
  if (!copy) return BILLING_NOMEM;
  bl_json_remove(scope, "family");
  list = bl_json_array(scope, "family");
  for (const bl_json *item = bl_json_first(copy); item && !rc;
       item = bl_json_next(item))
    rc = add_id(c, list, item);
  bl_json_free(copy);
  return rc;
}

static int name_parent(bl_call *c, bl_json *tree) {
  bl_customer *parent;
  int64_t number;
  int rc;

  if (!bl_json_int(bl_json_get(tree, "parent"), &number)) return BILLING_OK;
  rc = bl_customer_need(c, (uint64_t)number, &parent);
  if (rc) return rc;
  bl_json_remove(tree, "parent");
  if (!parent->id.len) return BILLING_OK;      /* it was erased */
  return bl_json_add_text(tree, "parent", parent->id) ? BILLING_OK
                                                      : BILLING_NOMEM;
}

int bl_family_name(bl_call *c, bl_str *json) {
  bl_json *tree;
  bl_text text;
  int rc = bl_json_read(json->text, json->len, &tree, NULL);

  if (rc) return rc == BILLING_NOMEM ? rc : BILLING_CORRUPT;
  bl_text_open(&text, &c->arena);
  rc = name_parent(c, tree);
  if (!rc) rc = bl_json_print(tree, &text);
  bl_json_free(tree);
  *json = (bl_str){text.text, text.len};
  return rc;
}
