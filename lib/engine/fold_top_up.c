/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* fold_top_up.c - top-ups: their bytes, and what is known of each rule. */
#include "engine/fold_post.h"
#include "engine/outbox.h"
#include "engine/top_ups.h"

void bl_code_top_up(bl_codec *facts, bl_codec *properties,
                    bl_fact_top_up *f) {
  bl_code_u64(facts, &f->number);
  bl_code_u64(facts, &f->customer);
  bl_code_u64(facts, &f->contract);
  bl_code_str(facts, &f->id);
  bl_code_u64(facts, &f->state);
  bl_code_u64(facts, &f->attempt);
  bl_code_i64(facts, &f->until_us);
  bl_code_i64(facts, &f->due_us);
  bl_code_str(facts, &f->asset);
  bl_code_dec(facts, &f->left);
  bl_code_dec(facts, &f->amount);
  bl_code_dec(facts, &f->bonus);
  bl_code_str(facts, &f->charge_asset);
  bl_code_dec(facts, &f->charge);
  bl_code_dec(facts, &f->fee);
  bl_code_i64(facts, &f->given_us);
  bl_code_i64(facts, &f->priority);
  bl_code_str(facts, &f->scope);
  bl_code_str(facts, &f->name);
  bl_code_u64(facts, &f->grant);
  bl_code_u64(facts, &f->bonus_grant);
  bl_code_u64(facts, &f->is_lapsed);
  bl_code_hash(facts, f->key_hash, sizeof f->key_hash);
  bl_code_content(facts, &f->content);
  if (!properties) return;
  bl_code_str(properties, &f->key);
  bl_code_str(properties, &f->reason);
}

/* ---- the list ---- */

bl_top_up_state *bl_top_up_of(const bl_customer *customer, uint64_t contract,
                              bl_str id) {
  for (size_t i = 0; i < customer->top_ups.count; i++) {
    bl_top_up_state *state = customer->top_ups.item[i];
    if (state->was.contract == contract && bl_str_equal(state->was.id, id))
      return state;
  }
  return NULL;
}

static int keep_texts(bl_arena *arena, bl_fact_top_up *was) {
  bl_str none = {NULL, 0};

  was->id = bl_arena_str(arena, was->id);
  was->asset = bl_arena_str(arena, was->asset);
  was->charge_asset = bl_arena_str(arena, was->charge_asset);
  was->scope = bl_arena_str(arena, was->scope);
  was->name = bl_arena_str(arena, was->name);
  was->key = was->reason = none;
  return arena->failed ? BILLING_NOMEM : BILLING_OK;
}

int bl_top_up_keep(bl_tenant *t, bl_customer *customer,
                   const bl_fact_top_up *fact, int64_t at_us,
                   bl_top_up_state **out) {
  bl_top_up_state *state = bl_top_up_of(customer, fact->contract, fact->id);
  int rc = BILLING_OK;

  if (!state) {
    state = bl_arena_take(&t->arena, sizeof *state);
    if (!state) return BILLING_NOMEM;
    rc = bl_list_add(t, &customer->top_ups, state);
  }
  *out = state;
  if (rc) return rc;
  bl_touch(t, state, sizeof *state, &state->touched);
  state->was = *fact;
  state->at_us = at_us;
  t->has_alerts = 1;
  return keep_texts(&t->arena, &state->was);
}

/* ---- the fold ---- */

/* What the host has asked for itself need not be told. */
static int is_told(const bl_fact_top_up *fact) {
  return fact->state < BL_TOP_UP_RESUMED;
}

static int note_top_up(bl_fold *f, const bl_fact_top_up *fact) {
  int rc = bl_fold_key_name(f, fact->key_hash);

  if (!rc && is_told(fact)) rc = bl_outbox_mark(f, BL_ENTRY_TOP_UP);
  return rc ? rc : bl_fold_about(f, fact->customer, BL_ENTRY_TOP_UP);
}

static int post_fee(bl_fold *f, bl_customer *customer,
                    const bl_fact_top_up *fact) {
  bl_posting postings[4];
  bl_wallet *wallet;
  char asset[16];

  if (fact->state != BL_TOP_UP_PAID || bl_dec_is_zero(fact->fee))
    return BILLING_OK;
  if (bl_asset_set(asset, fact->charge_asset)) return BILLING_CORRUPT;
  wallet = bl_wallet_make(f->tenant, customer, asset);
  return wallet ? bl_fold_post(f, wallet, postings,
                               bl_ledger_fee(fact->fee, postings))
                : BILLING_NOMEM;
}

/* One of before is paid late, when the rule has asked for another: that one
 * goes on. */
static int is_of_before(const bl_customer *customer,
                        const bl_fact_top_up *fact) {
  const bl_top_up_state *state = bl_top_up_of(customer, fact->contract,
                                              fact->id);

  return fact->number && state && state->was.number != fact->number;
}

int bl_fold_top_up(bl_fold *f, const bl_fact_top_up *fact) {
  bl_top_up_state *state;
  bl_customer *customer;
  int rc = bl_fold_is_own(f) ? note_top_up(f, fact) : BILLING_OK;

  customer = rc ? NULL : bl_fold_customer(f, fact->customer, &rc);
  if (!customer) return rc;
  if (fact->state >= BL_TOP_UP_STATES) return BILLING_CORRUPT;
  bl_touch_customer(f->tenant, customer);
  rc = post_fee(f, customer, fact);
  if (rc || is_of_before(customer, fact)) return rc;
  rc = bl_top_up_keep(f->tenant, customer, fact, f->at_us, &state);
  if (!rc && !fact->number) state->was.number = bl_event_number(f->seq, 1);
  return rc;
}
