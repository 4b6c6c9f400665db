/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* digest.c - a customer in 32 bytes, and what must hold of any. */
#include "engine/digest.h"

#include "engine/tallies.h"

static void digest_grant(bl_text *t, const bl_grant_state *grant) {
  bl_pack_u64(t, grant->lot.number);
  bl_pack_u64(t, grant->is_live);
  bl_pack_dec(t, grant->lot.left);
  bl_pack_dec(t, grant->lot.held);
  bl_pack_i64(t, grant->expired_seq);
  bl_pack_i64(t, grant->lot.expires_us);
  bl_pack_u64(t, grant->lot.is_void);
  bl_pack_str(t, grant->key);
}

static void digest_wallet(bl_text *t, const bl_wallet *wallet) {
  bl_text_c(t, wallet->asset);
  for (uint32_t a = 0; a < BL_ACCOUNTS; a++)
    bl_pack_dec(t, wallet->balance[a]);
  bl_pack_dec(t, wallet->granted);
  bl_pack_dec(t, wallet->overdraft_held);
  for (size_t i = wallet->grants.first; i < wallet->grants.count; i++)
    digest_grant(t, wallet->grants.item[i]);
  bl_pack_u64(t, wallet->live.count - wallet->live.first);
}

static void digest_hold(bl_text *t, const bl_hold_state *hold) {
  bl_pack_u64(t, hold->number);
  bl_pack_u64(t, hold->status);
  bl_pack_i64(t, hold->expires_us);
  bl_pack_str(t, hold->key);
}

static void digest_window(bl_text *t, const bl_limit_window *window) {
  bl_pack_u64(t, window->was.limit);
  bl_text_add(t, (const char *)window->was.key, sizeof window->was.key);
  bl_pack_i64(t, window->was.span.from_us);
  bl_pack_i64(t, window->was.until_us);
  bl_pack_i64(t, window->since);
  bl_pack_dec(t, window->used);
  bl_pack_dec(t, window->held);
}

static void digest_top_up(bl_text *t, bl_arena *arena,
                          const bl_top_up_state *top_up) {
  bl_codec codec = {t, NULL, arena, 0, 0};
  bl_fact_top_up was = top_up->was;

  bl_code_top_up(&codec, NULL, &was);
  bl_pack_i64(t, top_up->at_us);
}

static void digest_lien(bl_text *t, const bl_lien *lien) {
  bl_pack_u64(t, lien->hold);
  bl_pack_u64(t, lien->customer);
  bl_pack_i64(t, lien->expires_us);
  for (size_t i = 0; i < lien->draw_count; i++) {
    bl_pack_u64(t, lien->draws[i].grant);
    bl_pack_dec(t, lien->draws[i].amount);
  }
  bl_pack_u64(t, lien->count_count);
}

static void digest_family(bl_text *t, const bl_customer *customer) {
  const bl_list *liens = &customer->liens;

  bl_pack_u64(t, customer->parent);
  bl_pack_i64(t, customer->tied);
  bl_pack_u64(t, customer->height);
  for (size_t i = 0; i < customer->elder_count; i++)
    bl_pack_u64(t, customer->elders[i]);
  bl_pack_u64(t, liens->count - liens->first);
  for (size_t i = liens->first; i < liens->count; i++)
    digest_lien(t, liens->item[i]);
}

static void digest_customer(bl_text *t, const bl_customer *customer) {
  bl_pack_u64(t, customer->number);
  bl_pack_u64(t, customer->version);
  bl_pack_u64(t, customer->archived);
  bl_pack_u64(t, customer->is_erased);
  bl_pack_str(t, customer->id);
  bl_pack_str(t, customer->name);
  for (size_t i = 0; i < customer->alias_count; i++) {
    const bl_fact_alias *alias = &customer->aliases[i];
    bl_text_add(t, (const char *)alias->hash, sizeof alias->hash);
    bl_pack_i64(t, alias->span.from_us);
    bl_pack_i64(t, alias->span.to_us);
  }
  digest_family(t, customer);
  bl_pack_u64(t, customer->events);
  bl_pack_u64(t, customer->unmatched);
  bl_pack_u64(t, customer->unpriced);
  bl_pack_u64(t, customer->unentitled);
  bl_pack_u64(t, customer->holds.count);
  for (size_t i = 0; i < customer->holds.count; i++)
    digest_hold(t, customer->holds.item[i]);
  for (size_t i = customer->windows.first; i < customer->windows.count; i++)
    digest_window(t, customer->windows.item[i]);
  for (size_t i = 0; i < customer->top_ups.count; i++)
    digest_top_up(t, t->arena, customer->top_ups.item[i]);
  for (size_t i = 0; i < customer->wallets.count; i++)
    digest_wallet(t, customer->wallets.item[i]);
}

static void digest_more(bl_text *t, const bl_tally_more *more) {
  bl_pack_dec(t, more->ticked);
  bl_pack_u64(t, more->is_due);
  bl_pack_dec(t, more->bound);
  bl_pack_u64(t, more->values.count);
  for (size_t i = 0; i < more->values.count; i++) {
    const bl_tally_value *value = more->values.entry[i].value;
    bl_text_add(t, more->values.entry[i].key, 16);
    bl_pack_i64(t, value->time_us);
    bl_pack_u64(t, value->is_removal);
  }
}

static void digest_tally(bl_text *t, const bl_tally *tally) {
  bl_pack_u64(t, tally->price);
  bl_pack_u64(t, tally->period);
  bl_pack_str(t, tally->group);
  bl_pack_dec(t, tally->level.total);
  bl_pack_i64(t, tally->level.at_us);
  bl_pack_i64(t, tally->level.events);
  bl_pack_dec(t, tally->amount);
  bl_pack_dec(t, tally->drawn);
  bl_pack_dec(t, tally->billed_amount);
  bl_pack_dec(t, tally->billed_drawn);
  bl_pack_dec(t, tally->held);
  bl_pack_u64(t, tally->first_event);
  bl_pack_u64(t, tally->last_event);
  if (tally->rules) bl_pack_u64(t, tally->rules->number);
  if (tally->more) digest_more(t, tally->more);
  for (size_t i = 0; i < tally->stack_count; i++) {
    bl_pack_u64(t, tally->stack[i].grant);
    bl_pack_dec(t, tally->stack[i].amount);
  }
}

static void digest_timeline(bl_text *t, const bl_plan_version *plan) {
  bl_pack_u64(t, plan->version);
  for (size_t i = 0; plan->intervals && i < plan->plan.price_count; i++) {
    const bl_interval *interval = &plan->intervals[i];
    bl_pack_u64(t, interval->was.version);
    bl_pack_u64(t, interval->was.price);
    bl_pack_i64(t, interval->was.span.from_us);
    bl_pack_i64(t, interval->was.span.to_us);
    bl_pack_u64(t, interval->is_off);
  }
}

static int digest_contract(bl_text *t, const bl_contract *contract) {
  bl_tallies tallies;
  int rc = bl_tallies_of(contract, t->arena, &tallies);

  if (rc) return rc;
  bl_pack_u64(t, contract->number);
  bl_pack_u64(t, contract->version);
  bl_pack_u64(t, contract->archived);
  bl_pack_u64(t, contract->closed);
  bl_pack_u64(t, contract->advanced);
  bl_pack_u64(t, contract->has_ended);
  bl_pack_i64(t, contract->late_us);
  bl_pack_i64(t, contract->moved_us);
  bl_pack_i64(t, contract->versions_us);
  for (size_t i = 0; i < contract->period_count; i++) {
    bl_pack_i64(t, contract->periods[i].span.from_us);
    bl_pack_i64(t, contract->periods[i].span.to_us);
  }
  digest_timeline(t, contract->plan);
  for (size_t i = 0; i < tallies.count; i++) digest_tally(t, tallies.item[i]);
  return BILLING_OK;
}

static void digest_heads(bl_text *t, const bl_heads *h) {
  bl_pack_i64(t, h->seq);
  bl_pack_i64(t, h->clock_us);
  bl_text_add(t, (const char *)h->hash, sizeof h->hash);
  bl_pack_u64(t, h->customers);
  bl_pack_u64(t, h->contracts);
  bl_pack_u64(t, h->meters);
  bl_pack_u64(t, h->plans);
  bl_pack_u64(t, h->grants);
  bl_pack_u64(t, h->holds);
  bl_pack_u64(t, h->invoices);
  bl_pack_u64(t, h->events);
  bl_pack_u64(t, h->unmatched);
  bl_pack_u64(t, h->unpriced);
  bl_pack_u64(t, h->unentitled);
  bl_pack_u64(t, h->parked);
  bl_pack_u64(t, h->version);
  bl_pack_u64(t, h->outbox);
}

int bl_heads_digest(const bl_heads *heads, bl_arena *scratch,
                    unsigned char out[32]) {
  bl_text text;

  bl_text_open(&text, scratch);
  digest_heads(&text, heads);
  if (text.failed) return BILLING_NOMEM;
  bl_hash32(out, text.text, text.len);
  return BILLING_OK;
}

int bl_customer_digest(const bl_customer *customer, bl_arena *scratch,
                       unsigned char out[32]) {
  bl_text text;
  int rc = BILLING_OK;

  bl_text_open(&text, scratch);
  digest_customer(&text, customer);
  for (size_t i = 0; i < customer->contracts.count && !rc; i++)
    rc = digest_contract(&text, customer->contracts.item[i]);
  if (rc || text.failed) return BILLING_NOMEM;
  bl_hash32(out, text.text, text.len);
  return BILLING_OK;
}

/* ---- what must hold ---- */

static const char *wallet_problem(const bl_wallet *wallet) {
  bl_dec deferred = wallet->balance[BL_ACCOUNT_DEFERRED];
  bl_dec left[2] = {BL_DEC_ZERO, BL_DEC_ZERO}, sum = BL_DEC_ZERO;

  for (size_t i = wallet->grants.first; i < wallet->grants.count; i++) {
    const bl_grant_state *grant = wallet->grants.item[i];
    bl_dec *kind = &left[grant->lot.is_promotional];
    *kind = bl_dec_add(*kind, grant->lot.left);
    if (bl_dec_sign(grant->lot.left) < 0) return "a grant is below zero";
    if (bl_dec_sign(grant->lot.held) < 0 ||
        (bl_dec_less(grant->lot.left, grant->lot.held) &&
         !grant->expired_seq))
      return "holds exceed a grant";
  }
  for (uint32_t a = 0; a < BL_ACCOUNTS; a++)
    sum = bl_dec_add(sum, wallet->balance[a]);
  if (!bl_dec_is_zero(sum)) return "the ledger does not add up to zero";
  if (!bl_dec_equal(bl_dec_neg(left[0]), deferred) ||
      !bl_dec_equal(bl_dec_neg(left[1]), wallet->balance[BL_ACCOUNT_CREDIT]))
    return "a wallet's account is not what its grants have left";
  return NULL;
}

/* What charges say is unbilled, against the account. */
static const char *unbilled_problem(const bl_customer *customer,
                                    const bl_wallet *wallet) {
  bl_dec open = BL_DEC_ZERO;

  for (size_t i = 0; i < customer->contracts.count; i++) {
    const bl_contract *contract = customer->contracts.item[i];
    for (size_t k = 0; k < contract->tallies.count; k++) {
      const bl_tally *tally = contract->tallies.entry[k].value;
      if (!bl_asset_equal(bl_tally_price(tally)->asset, wallet->asset))
        continue;
      open = bl_dec_add(open, bl_dec_sub(tally->amount, tally->drawn));
      open = bl_dec_sub(open, bl_dec_sub(tally->billed_amount,
                                         tally->billed_drawn));
    }
  }
  return bl_dec_equal(open, wallet->balance[BL_ACCOUNT_UNBILLED])
             ? NULL : "the unbilled account is not what charges say";
}

const char *bl_customer_problem(const bl_customer *customer) {
  const char *problem = NULL;

  for (size_t k = 0; k < customer->wallets.count && !problem; k++) {
    const bl_wallet *wallet = customer->wallets.item[k];
    problem = wallet_problem(wallet);
    if (!problem) problem = unbilled_problem(customer, wallet);
  }
  return problem;
}
