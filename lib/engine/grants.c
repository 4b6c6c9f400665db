/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * grants.c - what becomes of a part of a grant.
 *
 *     grant 3: 8 left of 10, which cost 5; 4 of it go to another customer
 *     entry grant_change   grant 3, 4 leave it, they cost 2, to grant 9
 *     entry grant          grant 9 of 4, cost 2, from grant 3
 *
 * The pair is booked as if the 4 had never been given to the one and always to
 * the other.
 */
#include "contract/contract.h"
#include "engine/grants.h"

const char *bl_origin_name(uint64_t origin) {
  static const char *const names[] = {
      [BILLING_ORIGIN_BOUGHT] = "bought",
      [BILLING_ORIGIN_PROMOTIONAL] = "promotional",
      [BILLING_ORIGIN_COMMITMENT] = "commitment",
      [BILLING_ORIGIN_RECURRING] = "recurring",
      [BILLING_ORIGIN_ROLLOVER] = "rollover",
      [BILLING_ORIGIN_REFUND] = "refund",
      [BILLING_ORIGIN_MANUAL] = "manual"};

  return origin < BL_COUNT(names) ? names[origin] : "unknown";
}

bl_dec bl_grant_cost(const bl_grant_state *grant, bl_dec amount) {
  if (bl_dec_is_zero(amount)) return BL_DEC_ZERO;
  return bl_dec_muldiv(grant->cost, amount, grant->amount);
}

int bl_grant_change_append(bl_call *c, const bl_grant_state *grant,
                           bl_fact_grant_change *fact) {
  bl_writer w;
  int rc;

  fact->customer = grant->customer->number;
  fact->grant = grant->lot.number;
  rc = bl_fold_grant_change(bl_entry_start(c), fact);
  bl_writer_open(&w, c);
  bl_code_grant_change(&w.facts, &w.properties, fact);
  return rc ? rc : bl_append(c, BL_ENTRY_GRANT_CHANGE, &w);
}

/* What the whole grant entitles to, a part of it does not. */
static int scope_of_part(bl_call *c, const bl_grant_state *grant,
                         bl_str *out) {
  bl_json *tree;
  bl_text text;
  int rc;

  *out = grant->scope_text;
  if (!grant->scope.features.count) return BILLING_OK;
  rc = bl_json_read(out->text, out->len, &tree, NULL);
  if (rc) return rc;
  bl_json_remove(tree, "features");
  bl_text_open(&text, &c->arena);
  rc = bl_json_print(tree, &text);
  *out = bl_json_count(tree) ? (bl_str){text.text, text.len}
                             : (bl_str){NULL, 0};
  bl_json_free(tree);
  return rc;
}

/* As the one it comes from, but for what is said; its name may be personal and
 * stays with its customer. */
static int append_part(bl_call *c, const bl_grant_state *grant,
                       const bl_onward *onward,
                       const bl_fact_grant_change *change) {
  bl_fact_grant fact = {.number = change->to, .customer = change->to_customer,
                        .amount = change->amount, .cost = change->cost,
                        .origin = onward->origin, .from = change->grant};
  bl_writer w;
  int rc;

  fact.asset = bl_str_of(grant->lot.asset);
  fact.cost_asset = bl_str_of(grant->cost_asset);
  fact.effective_us = onward->effective_us;
  fact.expires_us = onward->expires_us;
  fact.priority = grant->lot.priority;
  fact.is_promotional = grant->lot.is_promotional;
  rc = scope_of_part(c, grant, &fact.scope);
  if (onward->to == grant->customer) fact.name = grant->lot.name;
  if (!rc) rc = bl_fold_grant(bl_entry_start(c), &fact);
  bl_writer_open(&w, c);
  bl_code_grant(&w.facts, &w.properties, &fact);
  return rc ? rc : bl_append(c, BL_ENTRY_GRANT, &w);
}

int bl_grant_onward(bl_call *c, const bl_grant_state *grant,
                    const bl_onward *onward, bl_fact_grant_change *fact) {
  int rc;

  fact->change = onward->change;
  fact->amount = onward->amount;
  fact->cost = bl_grant_cost(grant, onward->amount);
  fact->expires_us = grant->lot.expires_us;
  fact->to = c->t->heads.grants + 1;
  fact->to_customer = onward->to->number;
  rc = bl_grant_change_append(c, grant, fact);
  return rc ? rc : append_part(c, grant, onward, fact);
}

/* ---- the end ---- */

/* What of the grant outlives it, and for how long; *does: any of it. */
static int outlives(bl_call *c, const bl_grant_state *grant,
                    bl_onward *onward, int *does) {
  const bl_recurring *a = bl_recurring_of(c, grant);
  bl_contract *contract =
      a ? bl_table_at(&c->t->by_contract, grant->contract) : NULL;
  int rc = BILLING_OK;

  *does = 0;
  if (!a || !a->rolls) return BILLING_OK;
  if (!contract->zone)
    rc = bl_zone_of(c, contract->terms.zone, &contract->zone);
  if (rc) return rc;
  onward->amount = bl_rollover(grant->lot.left, a->roll_share, a->roll_most);
  *does = bl_dec_sign(onward->amount) > 0 &&
         bl_recur_end(a, &contract->terms, contract->zone, &grant->period,
                      a->lasts + (uint32_t)a->roll_periods,
                      &onward->expires_us) &&
         onward->expires_us > grant->lot.expires_us;
  return BILLING_OK;
}

/* It may pay what the grant itself could have paid: also late usage. */
int bl_grant_expire(bl_call *c, const bl_grant_state *grant) {
  bl_onward onward = {BL_CHANGE_ROLLOVER, grant->customer, BL_DEC_ZERO,
                      BILLING_ORIGIN_ROLLOVER, grant->lot.effective_us, 0};
  bl_fact_grant_change moved = {0};
  bl_fact_grant_expired fact = {grant->customer->number, grant->lot.number,
                                BL_DEC_ZERO};
  bl_writer w;
  int does, rc;

  if (grant->expired_seq) return BILLING_OK;
  rc = outlives(c, grant, &onward, &does);
  if (!rc && does) rc = bl_grant_onward(c, grant, &onward, &moved);
  if (rc) return rc;
  fact.left = grant->lot.left;
  rc = bl_fold_grant_expired(bl_entry_start(c), &fact);
  bl_writer_open(&w, c);
  bl_code_grant_expired(&w.facts, &w.properties, &fact);
  return rc ? rc : bl_append(c, BL_ENTRY_GRANT_EXPIRED, &w);
}

/* ---- what returns ---- */

/* What the customer is given back for good does not end with the void grant.
 */
static int return_to(bl_call *c, const bl_grant_state *grant) {
  bl_onward onward = {BL_CHANGE_RETURN, grant->customer, grant->lot.left,
                      BILLING_ORIGIN_REFUND, grant->lot.effective_us,
                      BL_TIME_NEVER};
  bl_fact_grant_change fact = {0};

  return bl_dec_sign(onward.amount) > 0
             ? bl_grant_onward(c, grant, &onward, &fact) : BILLING_OK;
}

/* Emptied first: the entries that follow come here, too. */
int bl_grants_returned(bl_call *c) {
  bl_list returned = c->t->returned;
  int rc = BILLING_OK;

  c->t->returned.count = 0;
  for (size_t i = 0; i < returned.count && !rc; i++)
    rc = return_to(c, returned.item[i]);
  return rc;
}
