/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* fold.c - entries on the state: requests, periods, invoices; see fold.h. */
#include "engine/fold.h"

#include "engine/fold_post.h"
#include "invoice/invoice.h"
#include "store/schema.h"
#include "store/store.h"

static int remember_request(bl_fold *f, const unsigned char key[16],
                            uint64_t kind, uint64_t number, uint64_t content) {
  bl_tenant *t = f->tenant;
  bl_request *request = bl_arena_take(&t->arena, sizeof *request);

  if (!request) return BILLING_NOMEM;
  request->kind = kind;
  request->number = number;
  request->content = content;
  bl_touch_map(t, &t->requests);
  return bl_map_put(&t->requests, key, 16, request);
}

static int scope_of(bl_tenant *t, bl_str text, bl_scope *out) {
  bl_json *tree;
  int rc;

  if (!text.len) return BILLING_OK;
  rc = bl_json_read(text.text, text.len, &tree, NULL);
  if (rc) return rc == BILLING_NOMEM ? rc : BILLING_CORRUPT;
  rc = bl_catalog_read_scope(tree, "", &t->arena, out, NULL);
  bl_json_free(tree);
  return rc == BILLING_INVALID ? BILLING_CORRUPT : rc;
}

static int fill_grant(bl_fold *f, const bl_fact_grant *fact,
                      bl_grant_state *grant) {
  bl_arena *arena = &f->tenant->arena;
  bl_lot *lot = &grant->lot;
  int rc = scope_of(f->tenant, fact->scope, &grant->scope);

  if (rc) return rc;
  lot->number = fact->number;
  lot->priority = (int32_t)fact->priority;
  lot->is_promotional = fact->origin == BILLING_ORIGIN_PROMOTIONAL;
  lot->has_cost = bl_dec_sign(fact->cost) > 0;
  lot->effective_us = fact->effective_us;
  lot->expires_us = fact->expires_us;
  lot->created_us = f->at_us;
  lot->left = fact->amount;
  lot->name = bl_arena_str(arena, fact->name);
  lot->scope = fact->scope.len ? &grant->scope : NULL;
  grant->amount = fact->amount;
  grant->cost = fact->cost;
  grant->origin = fact->origin;
  grant->key = bl_arena_str(arena, fact->key);
  grant->scope_text = bl_arena_str(arena, fact->scope);
  if (bl_asset_set(lot->asset, fact->asset) ||
      (fact->cost_asset.len &&
       bl_asset_set(grant->cost_asset, fact->cost_asset)))
    return BILLING_CORRUPT;
  return arena->failed ? BILLING_NOMEM : BILLING_OK;
}

int bl_fold_grant(bl_fold *f, const bl_fact_grant *fact) {
  bl_tenant *t = f->tenant;
  bl_customer *customer = bl_list_by_number(&t->by_customer, fact->customer);
  bl_grant_state *grant = bl_arena_take(&t->arena, sizeof *grant);
  bl_posting postings[4];
  bl_wallet *wallet;
  int rc;

  if (!customer || fact->number != t->heads.grants + 1)
    return BILLING_CORRUPT;
  if (!grant) return BILLING_NOMEM;
  grant->customer = customer;
  rc = fill_grant(f, fact, grant);
  if (rc) return rc;
  wallet = bl_wallet_make(t, customer, grant->lot.asset);
  if (!wallet) return BILLING_NOMEM;
  bl_touch_wallet(t, wallet);
  bl_touch(t, &t->heads, sizeof t->heads, &t->heads_touched);
  wallet->granted = bl_dec_add(wallet->granted, fact->amount);
  if (bl_dec_is_bad(wallet->granted)) return BILLING_LIMIT;
  rc = bl_list_insert(t, &wallet->grants,
                      bl_lot_place(&wallet->grants, &grant->lot), grant);
  bl_wallet_forget_free(t, wallet);
  if (!rc) rc = bl_grant_move(t, wallet, grant, BL_DEC_ZERO, BL_DEC_ZERO);
  if (!rc) rc = bl_list_add(t, &t->by_grant, grant);
  if (!rc)
    rc = remember_request(f, fact->key_hash, BL_ENTRY_GRANT, fact->number,
                          fact->content);
  if (rc) return rc;
  t->heads.grants++;
  return bl_fold_post(f, wallet, postings,
                      bl_ledger_grant(fact->amount,
                                      (int)grant->lot.is_promotional,
                                      postings));
}

/* Reserves (sign 1) or frees (-1) what a hold names. */
static int move_hold(bl_fold *f, bl_hold_state *hold, int sign) {
  bl_tenant *t = f->tenant;
  bl_wallet *wallet = bl_wallet_of(hold->customer, hold->asset);
  int rc = BILLING_OK;

  for (size_t i = 0; i < hold->draw_count && !rc; i++) {
    bl_grant_state *grant =
        bl_list_by_number(&t->by_grant, hold->draws[i].grant);
    bl_dec amount = hold->draws[i].amount;
    rc = bl_grant_move(t, wallet, grant, BL_DEC_ZERO,
                       sign > 0 ? amount : bl_dec_neg(amount));
  }
  for (size_t i = 0; i < hold->part_count; i++) {
    bl_tally *tally = hold->tallies[i];
    bl_touch_tally(t, tally);
    tally->held = sign > 0 ? bl_dec_add(tally->held, hold->quantities[i])
                           : bl_dec_sub(tally->held, hold->quantities[i]);
  }
  if (bl_dec_is_zero(hold->overdraft)) return rc;
  bl_touch_wallet(t, wallet);
  wallet->overdraft_held =
      sign > 0 ? bl_dec_add(wallet->overdraft_held, hold->overdraft)
               : bl_dec_sub(wallet->overdraft_held, hold->overdraft);
  return rc;
}

static int fill_parts(bl_fold *f, const bl_fact_hold *fact,
                      bl_hold_state *hold) {
  bl_arena *arena = &f->tenant->arena;
  int rc = BILLING_OK;

  hold->tallies =
      bl_arena_array(arena, fact->part_count + 1, sizeof *hold->tallies);
  hold->quantities =
      bl_arena_array(arena, fact->part_count + 1, sizeof *hold->quantities);
  if (!hold->tallies || !hold->quantities) return BILLING_NOMEM;
  for (size_t i = 0; i < fact->part_count; i++) {
    const bl_fact_part *part = &fact->parts[i];
    bl_fact_key key = {part->contract, part->price, part->period, part->group};
    hold->tallies[i] = bl_fold_key(f->tenant, &key, &rc);
    if (!hold->tallies[i]) return rc;
    hold->quantities[i] = part->quantity;
  }
  hold->part_count = fact->part_count;
  return BILLING_OK;
}

static int fill_hold(bl_fold *f, const bl_fact_hold *fact,
                     bl_hold_state *hold) {
  bl_arena *arena = &f->tenant->arena;

  for (size_t i = 0; i < fact->draw_count; i++)
    if (!bl_list_by_number(&f->tenant->by_grant, fact->draws[i].grant))
      return BILLING_CORRUPT;
  if (bl_asset_set(hold->asset, fact->asset)) return BILLING_CORRUPT;
  hold->draws = bl_arena_array(arena, fact->draw_count + 1,
                               sizeof *hold->draws);
  if (!hold->draws) return BILLING_NOMEM;
  if (fact->draw_count)
    memcpy(hold->draws, fact->draws, fact->draw_count * sizeof *hold->draws);
  hold->draw_count = fact->draw_count;
  hold->number = fact->number;
  hold->key = bl_arena_str(arena, fact->key);
  memcpy(hold->key_hash, fact->key_hash, sizeof hold->key_hash);
  hold->content = fact->content;
  hold->status = BILLING_HOLD_OPEN;
  hold->expires_us = fact->expires_us;
  hold->at_us = f->at_us;
  hold->overdraft = fact->overdraft;
  return fill_parts(f, fact, hold);
}

int bl_fold_hold(bl_fold *f, const bl_fact_hold *fact) {
  bl_tenant *t = f->tenant;
  bl_customer *customer = bl_list_by_number(&t->by_customer, fact->customer);
  bl_hold_state *hold = bl_arena_take(&t->arena, sizeof *hold);
  int rc;

  if (!customer || fact->number != t->heads.holds + 1) return BILLING_CORRUPT;
  if (!hold) return BILLING_NOMEM;
  hold->customer = customer;
  rc = fill_hold(f, fact, hold);
  if (!rc && !bl_wallet_make(t, customer, hold->asset)) rc = BILLING_NOMEM;
  if (rc) return rc;
  bl_touch(t, &t->heads, sizeof t->heads, &t->heads_touched);
  bl_touch_customer(t, customer);
  if (!customer->holds.count || hold->expires_us < customer->holds_due_us)
    customer->holds_due_us = hold->expires_us;
  hold->place = customer->holds.count;
  rc = bl_list_add(t, &customer->holds, hold);
  if (!rc) rc = bl_list_add(t, &t->by_hold, hold);
  if (!rc)
    rc = remember_request(f, fact->key_hash, BL_ENTRY_HOLD, fact->number,
                          fact->content);
  if (rc) return rc;
  t->heads.holds++;
  return move_hold(f, hold, 1);
}

int bl_fold_hold_end(bl_fold *f, const bl_fact_hold_end *fact) {
  bl_tenant *t = f->tenant;
  bl_hold_state *hold = bl_list_by_number(&t->by_hold, fact->number);
  bl_hold_state *moved;
  int rc = BILLING_OK;

  if (!hold) return BILLING_CORRUPT;
  bl_touch(t, hold, sizeof *hold, &hold->touched);
  if (hold->status == BILLING_HOLD_OPEN) {
    rc = move_hold(f, hold, -1);
    moved = bl_list_take(t, &hold->customer->holds, hold->place);
    if (moved) {
      bl_touch(t, moved, sizeof *moved, &moved->touched);
      moved->place = hold->place;
    }
  }
  hold->status = fact->status;
  hold->event = fact->event;
  return rc;
}

int bl_fold_grant_expired(bl_fold *f, const bl_fact_grant_expired *fact) {
  bl_tenant *t = f->tenant;
  bl_grant_state *grant = bl_list_by_number(&t->by_grant, fact->number);
  bl_posting postings[4];
  bl_wallet *wallet;
  int rc;

  if (!grant) return BILLING_CORRUPT;
  wallet = bl_wallet_of(grant->customer, grant->lot.asset);
  rc = bl_grant_move(t, wallet, grant, bl_dec_neg(fact->left), BL_DEC_ZERO);
  if (rc) return rc;
  bl_touch(t, grant, sizeof *grant, &grant->touched);
  grant->expired_seq = f->seq;
  return bl_fold_post(f, wallet, postings,
                      bl_ledger_expiry(fact->left, postings));
}

int bl_fold_period(bl_fold *f, const bl_fact_period *fact) {
  bl_tenant *t = f->tenant;
  bl_contract *contract = bl_list_by_number(&t->by_contract, fact->contract);
  bl_period *period;

  if (!contract || fact->index != contract->period_count)
    return BILLING_CORRUPT;
  bl_touch_contract(t, contract);
  period = bl_arena_push(&t->arena, (void **)&contract->periods,
                         &contract->period_count, &contract->period_cap,
                         sizeof *period);
  if (!period) return BILLING_NOMEM;
  *period = fact->period;
  contract->period_count++;
  return BILLING_OK;
}

int bl_fold_periods(bl_fold *f, const bl_fact_periods *fact) {
  int rc = BILLING_OK;

  for (size_t i = 0; i < fact->count && !rc; i++)
    rc = bl_fold_period(f, &fact->items[i]);
  return rc;
}

/* What an invoice has shown of a tally, by grant. */
static int bill_draws(bl_fold *f, bl_tally *tally, const bl_fact_line *line) {
  bl_arena *arena = &f->tenant->arena;
  bl_draw *billed = bl_arena_array(arena, tally->billed_count +
                                   line->draw_count + 1, sizeof *billed);
  size_t count = tally->billed_count;

  if (!billed) return BILLING_NOMEM;
  if (count) memcpy(billed, tally->billed, count * sizeof *billed);
  for (size_t i = 0; i < line->draw_count; i++) {
    size_t at = 0;
    while (at < count && billed[at].grant != line->draws[i].grant) at++;
    billed[at].grant = line->draws[i].grant;
    billed[at].amount = bl_dec_add(billed[at].amount, line->draws[i].amount);
    if (at == count) count++;
  }
  tally->billed = billed;
  tally->billed_count = count;
  return BILLING_OK;
}

/*
 * A fee is booked by the line that bills it.  So is what a usage price costs
 * without any usage: it counts as charged and billed under its key, so that a
 * late event does not charge it again.
 */
static int book_fee(bl_fold *f, bl_contract *contract, bl_wallet *wallet,
                    const bl_fact_line *line) {
  bl_tenant *t = f->tenant;
  bl_posting postings[4];
  bl_tally *tally;

  if (contract->plan->meters[line->price]) {
    tally = bl_tally_make(t, contract, line->price, line->period, line->group);
    if (!tally) return BILLING_NOMEM;
    bl_touch_tally(t, tally);
    tally->amount = bl_dec_add(tally->amount, line->amount);
    tally->billed_amount = bl_dec_add(tally->billed_amount, line->amount);
  }
  return bl_fold_post(f, wallet, postings,
                      bl_ledger_charge(line->amount, BL_DEC_ZERO, postings));
}

static int fold_line(bl_fold *f, bl_contract *contract,
                     const bl_fact_line *line) {
  bl_tenant *t = f->tenant;
  bl_posting postings[4];
  const bl_price *price;
  bl_wallet *wallet;
  bl_tally *tally;
  int rc = BILLING_OK;

  if (line->price >= contract->plan->plan.price_count ||
      line->period >= contract->period_count)
    return BILLING_CORRUPT;
  price = &contract->plan->plan.prices[line->price];
  wallet = bl_wallet_make(t, contract->customer, price->asset);
  if (!wallet) return BILLING_NOMEM;
  if (line->is_fee) {
    rc = book_fee(f, contract, wallet, line);
  } else {
    tally = bl_tally_of(contract, line->price, line->period, line->group);
    if (!tally) return BILLING_CORRUPT;
    bl_touch_tally(t, tally);
    tally->billed_amount = bl_dec_add(tally->billed_amount, line->amount);
    tally->billed_drawn = bl_dec_add(tally->billed_drawn, line->drawn);
    rc = bill_draws(f, tally, line);
  }
  if (rc) return rc;
  return bl_fold_post(f, wallet, postings,
                      bl_ledger_line(line->amount, line->drawn, line->due,
                                     postings));
}

int bl_fold_invoice(bl_fold *f, const bl_fact_invoice *fact) {
  bl_tenant *t = f->tenant;
  bl_contract *contract = bl_list_by_number(&t->by_contract, fact->contract);
  int rc = BILLING_OK;

  if (!contract || fact->closes > contract->period_count ||
      fact->advances > contract->period_count ||
      (fact->number && fact->number != t->heads.invoices + 1))
    return BILLING_CORRUPT;
  bl_touch(t, &t->heads, sizeof t->heads, &t->heads_touched);
  bl_touch_contract(t, contract);
  for (size_t i = 0; i < fact->line_count && !rc; i++)
    rc = fold_line(f, contract, &fact->lines[i]);
  if (rc) return rc;
  if (fact->closes) contract->closed = fact->closes;
  if (fact->advances) contract->advanced = fact->advances;
  contract->late_us = BL_TIME_NEVER;
  if (fact->closes && contract->closed == contract->period_count &&
      contract->periods[fact->closes - 1].span.to_us >=
          contract->terms.end_us)
    contract->has_ended = 1;
  if (!fact->number) return BILLING_OK;
  t->heads.invoices = fact->number;
  return f->rows ? bl_fold_invoice_rows(f, fact) : BILLING_OK;
}

static int remember_redacted(bl_fold *f, const bl_fact_redacted *entry) {
  bl_tenant *t = f->tenant;
  bl_fact_redacted *kept = bl_map_get(&t->redacted, &entry->seq,
                                      sizeof entry->seq);
  int64_t *by;
  int rc = BILLING_OK;

  if (kept) {
    *kept = *entry;
    return BILLING_OK;
  }
  kept = bl_arena_copy(&t->arena, entry, sizeof *entry);
  by = bl_arena_copy(&t->arena, &f->seq, sizeof f->seq);
  if (!kept || !by) return BILLING_NOMEM;
  rc = bl_map_put(&t->redacted, &entry->seq, sizeof entry->seq, kept);
  if (!rc)
    rc = bl_map_put(&t->redacted_by, &entry->seq, sizeof entry->seq, by);
  return rc;
}

int bl_fold_redaction(bl_fold *f, const bl_fact_redaction *fact) {
  bl_tenant *t = f->tenant;
  bl_customer *customer = bl_list_by_number(&t->by_customer, fact->customer);
  int rc = BILLING_OK;

  if (!customer) return BILLING_CORRUPT;
  t->is_stale |= t->undo_arena != NULL;   /* undone by folding again */
  bl_board_drop(f->b, t, customer);       /* while its id is known */
  customer->is_erased = 1;
  customer->id = (bl_str){NULL, 0};
  customer->name = (bl_str){NULL, 0};
  for (size_t i = 0; i < t->by_grant.count; i++) {
    bl_grant_state *grant = t->by_grant.item[i];
    if (grant->customer != customer) continue;
    grant->key = (bl_str){NULL, 0};
    grant->lot.name = (bl_str){NULL, 0};
  }
  for (size_t i = 0; i < t->by_hold.count; i++) {
    bl_hold_state *hold = t->by_hold.item[i];
    if (hold->customer == customer) hold->key = (bl_str){NULL, 0};
  }
  for (size_t i = 0; i < fact->entry_count && !rc; i++)
    rc = remember_redacted(f, &fact->entries[i]);
  return rc;
}
