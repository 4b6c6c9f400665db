/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* fold.c - entries on the state: requests, periods, invoices; see fold.h. */
#include "engine/fold.h"

#include "engine/fold_post.h"
#include "engine/image.h"
#include "engine/index.h"
#include "engine/keys.h"
#include "engine/outbox.h"
#include "invoice/invoice.h"
#include "store/schema.h"
#include "store/store.h"

bl_customer *bl_fold_customer(const bl_fold *f, uint64_t number, int *rc) {
  bl_customer *customer = bl_table_at(&f->tenant->by_customer, number);

  if (customer && f->reach == BL_FOLD_LOADED && f->seq <= customer->loading)
    return NULL;
  if (!customer && f->reach == BL_FOLD_WHOLE) *rc = BILLING_CORRUPT;
  if (customer) bl_image_age(f->tenant, customer, f->seq);
  return customer;
}

int bl_fold_mark(bl_fold *f, bl_subject subject, int64_t kind) {
  bl_index_mark mark = {subject, f->seq, kind, f->at_us, f->at_us};

  return bl_index_add(f->tenant, &mark);
}

int bl_fold_about(bl_fold *f, uint64_t customer, int64_t kind) {
  return bl_fold_mark(f, bl_subject_customer(customer), kind);
}

/* Keys that are in runs need not be remembered. */
int bl_fold_name(bl_fold *f, uint64_t key, uint64_t place) {
  uint64_t number = bl_event_number(f->seq, (size_t)place);

  if (f->key) return f->key(f, key, number);
  return f->seq > f->tenant->tail_seq ? bl_keys_add(f->tenant, key, number)
                                      : BILLING_OK;
}

int bl_fold_count(bl_fold *f, uint64_t *counter, uint64_t number) {
  bl_tenant *t = f->tenant;

  if (number <= *counter ||
      (f->reach == BL_FOLD_WHOLE && number != *counter + 1))
    return BILLING_CORRUPT;
  bl_touch(t, &t->heads, sizeof t->heads, &t->heads_touched);
  *counter = number;
  return BILLING_OK;
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
  grant->seq = f->seq;
  lot->priority = (int32_t)fact->priority;
  lot->is_promotional = fact->is_promotional != 0;
  lot->is_rolled_over = fact->origin == BILLING_ORIGIN_ROLLOVER;
  lot->has_cost = bl_dec_sign(fact->cost) > 0;
  lot->effective_us = fact->effective_us;
  lot->expires_us = fact->expires_us;
  lot->created_us = f->at_us;
  lot->left = fact->amount;
  lot->name = bl_arena_str(arena, fact->name);
  if (!bl_scope_is_open(&grant->scope) || grant->scope.family)
    lot->scope = &grant->scope;        /* features bind it to no use */
  grant->amount = fact->amount;
  grant->cost = fact->cost;
  grant->origin = fact->origin;
  grant->from = fact->from;
  grant->contract = fact->contract;
  grant->allowance = bl_arena_str(arena, fact->allowance);
  grant->turn = fact->turn;
  grant->period = fact->period;
  grant->key = bl_arena_str(arena, fact->key);
  grant->scope_text = bl_arena_str(arena, fact->scope);
  if (bl_asset_set(lot->asset, fact->asset) ||
      (fact->cost_asset.len &&
       bl_asset_set(grant->cost_asset, fact->cost_asset)))
    return BILLING_CORRUPT;
  return arena->failed ? BILLING_NOMEM : BILLING_OK;
}

void bl_fold_recurring(bl_fold *f, uint64_t number) {
  bl_contract *contract =
      number ? bl_table_at(&f->tenant->by_contract, number) : NULL;

  if (!contract) return;
  bl_touch_contract(f->tenant, contract);
  contract->gives_us = contract->rolls_us = 0;
}

/* The tenant's own part of a grant. */
static int note_grant(bl_fold *f, const bl_fact_grant *fact) {
  bl_subject grant = {BL_SUBJECT_GRANT, fact->number};
  int rc = bl_fold_count(f, &f->tenant->heads.grants, fact->number);

  if (!rc) rc = bl_fold_key_name(f, fact->key_hash);
  if (!rc) rc = bl_fold_mark(f, grant, BL_ENTRY_GRANT);
  if (!rc) rc = bl_outbox_mark(f, BL_ENTRY_GRANT);
  return rc ? rc : bl_fold_about(f, fact->customer, BL_ENTRY_GRANT);
}

static int fold_given(bl_fold *f, bl_customer *customer,
                     const bl_fact_grant *fact) {
  bl_tenant *t = f->tenant;
  bl_grant_state *grant = bl_arena_take(&t->arena, sizeof *grant);
  bl_posting postings[4];
  bl_wallet *wallet;
  int rc;

  if (!grant) return BILLING_NOMEM;
  grant->customer = customer;
  rc = fill_grant(f, fact, grant);
  if (rc) return rc;
  bl_fold_recurring(f, fact->contract);
  wallet = bl_wallet_make(t, customer, grant->lot.asset);
  if (!wallet) return BILLING_NOMEM;
  bl_touch_wallet(t, wallet);
  wallet->granted = bl_dec_add(wallet->granted, fact->amount);
  wallet->targeted += grant->scope.target_count != 0;
  wallet->entitling += grant->scope.features.count != 0;
  wallet->capped += grant->scope.caps.count != 0;
  if (grant->scope.caps.count) {
    bl_touch_customer(t, customer);
    customer->capped = 1;
  }
  if (bl_dec_is_bad(wallet->granted)) return BILLING_LIMIT;
  rc = bl_list_insert(t, &wallet->grants,
                      bl_lot_place(&wallet->grants, &grant->lot), grant);
  bl_wallet_forget_free(t, wallet);
  if (!rc) rc = bl_grant_move(t, wallet, grant, BL_DEC_ZERO, BL_DEC_ZERO);
  if (!rc) rc = bl_table_put(t, &t->by_grant, fact->number, grant);
  if (rc) return rc;
  return bl_fold_post(f, wallet, postings,
                      bl_ledger_grant(fact->amount,
                                      (int)grant->lot.is_promotional,
                                      postings));
}

int bl_fold_grant(bl_fold *f, const bl_fact_grant *fact) {
  int rc = bl_fold_is_own(f) ? note_grant(f, fact) : BILLING_OK;
  bl_customer *customer = bl_fold_customer(f, fact->customer, &rc);

  if (rc || !customer) return rc;
  if (fact->number > f->tenant->heads.grants) return BILLING_CORRUPT;
  return fold_given(f, customer, fact);
}

static int fold_expiry(bl_fold *f, bl_grant_state *grant, bl_dec left) {
  bl_tenant *t = f->tenant;
  bl_wallet *wallet = bl_wallet_of(grant->customer, grant->lot.asset);
  bl_posting postings[4];
  int rc = bl_grant_move(t, wallet, grant, bl_dec_neg(left), BL_DEC_ZERO);

  if (rc) return rc;
  bl_touch(t, grant, sizeof *grant, &grant->touched);
  grant->expired_seq = f->seq;
  bl_fold_recurring(f, grant->contract);
  return bl_fold_post(f, wallet, postings,
                      bl_ledger_expiry(left, (int)grant->lot.is_promotional,
                                       postings));
}

int bl_fold_grant_expired(bl_fold *f, const bl_fact_grant_expired *fact) {
  bl_grant_state *grant = bl_table_at(&f->tenant->by_grant, fact->number);
  int rc = BILLING_OK;

  if (bl_fold_is_own(f)) rc = bl_outbox_mark(f, BL_ENTRY_GRANT_EXPIRED);
  if (!rc && bl_fold_is_own(f))
    rc = bl_fold_about(f, fact->customer, BL_ENTRY_GRANT_EXPIRED);
  if (rc || !bl_fold_customer(f, fact->customer, &rc)) return rc;
  return grant ? fold_expiry(f, grant, fact->left) : BILLING_CORRUPT;
}

int bl_fold_period(bl_fold *f, const bl_fact_period *fact) {
  bl_tenant *t = f->tenant;
  bl_contract *contract = bl_table_at(&t->by_contract, fact->contract);
  bl_period *period;
  int rc = BILLING_OK;

  if (!bl_fold_customer(f, fact->customer, &rc)) return rc;
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

int bl_fold_opened(bl_fold *f, const bl_fact_periods *fact) {
  int rc = BILLING_OK;

  for (size_t i = 0; i < fact->count && !rc; i++)
    rc = bl_fold_about(f, fact->items[i].customer, BL_ENTRY_PERIODS);
  return rc;
}

int bl_fold_periods(bl_fold *f, const bl_fact_periods *fact) {
  int rc = bl_fold_is_own(f) ? bl_fold_opened(f, fact) : BILLING_OK;

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
  const bl_dec none[2] = {BL_DEC_ZERO, BL_DEC_ZERO};
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
                      bl_ledger_charge(line->amount, none, postings));
}

/* What is due in the invoice's currency of what was open in another. */
static int fold_conversion(bl_fold *f, const bl_contract *contract,
                           const bl_fact_line *line) {
  bl_wallet *wallet = bl_wallet_make(f->tenant, contract->customer,
                                     line->into);
  bl_posting postings[4];

  if (!wallet) return BILLING_NOMEM;
  return bl_fold_post(f, wallet, postings,
                      bl_ledger_conversion(line->amount, line->due,
                                           postings));
}

static int fold_line(bl_fold *f, bl_contract *contract,
                     const bl_fact_line *line) {
  bl_tenant *t = f->tenant;
  bl_posting postings[4];
  const bl_price *price;
  bl_wallet *wallet;
  bl_tally *tally;
  int rc = BILLING_OK;

  if (line->price >= contract->plan->plan.key_count ||
      line->period >= contract->period_count)
    return BILLING_CORRUPT;
  if (line->into[0]) return fold_conversion(f, contract, line);
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
                      bl_fact_line_postings(line, postings));
}

/* The tenant's own part of an invoice. */
static int note_invoice(bl_fold *f, const bl_fact_invoice *fact) {
  int rc = BILLING_OK;

  if (fact->number)
    rc = bl_fold_count(f, &f->tenant->heads.invoices, fact->number);
  if (!rc && fact->number) rc = bl_outbox_mark(f, BL_ENTRY_INVOICE);
  return rc ? rc : bl_fold_about(f, fact->customer, BL_ENTRY_INVOICE);
}

static int bill_contract(bl_fold *f, bl_contract *contract,
                         const bl_fact_invoice *fact) {
  int rc = BILLING_OK;

  bl_touch_contract(f->tenant, contract);
  for (size_t i = 0; i < fact->line_count && !rc; i++)
    rc = fold_line(f, contract, &fact->lines[i]);
  if (rc) return rc;
  if (fact->closes) contract->closed = fact->closes;
  if (fact->advances) contract->advanced = fact->advances;
  contract->late_us = BL_TIME_NEVER;
  if (fact->closes || contract->has_ended)
    contract->moved_us = BL_TIME_NEVER;
  if (fact->closes && contract->closed == contract->period_count &&
      contract->periods[fact->closes - 1].span.to_us >=
          contract->terms.end_us)
    contract->has_ended = 1;
  return fact->number && f->rows ? bl_fold_invoice_rows(f, fact) : BILLING_OK;
}

int bl_fold_invoice(bl_fold *f, const bl_fact_invoice *fact) {
  bl_contract *contract =
      bl_table_at(&f->tenant->by_contract, fact->contract);
  int rc = bl_fold_is_own(f) ? note_invoice(f, fact) : BILLING_OK;

  if (rc || !bl_fold_customer(f, fact->customer, &rc)) return rc;
  if (!contract || fact->closes > contract->period_count ||
      fact->advances > contract->period_count)
    return BILLING_CORRUPT;
  return bill_contract(f, contract, fact);
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

static void blank_customer(bl_customer *customer) {
  customer->is_erased = 1;
  customer->id = (bl_str){NULL, 0};
  customer->name = (bl_str){NULL, 0};
  customer->limits.count = 0;
  customer->features.count = 0;
  for (size_t i = 0; i < customer->wallets.count; i++) {
    const bl_wallet *wallet = customer->wallets.item[i];
    for (size_t k = wallet->grants.first; k < wallet->grants.count; k++) {
      bl_grant_state *grant = wallet->grants.item[k];
      grant->key = (bl_str){NULL, 0};
      grant->lot.name = (bl_str){NULL, 0};
    }
  }
  for (size_t i = 0; i < customer->holds.count; i++)
    ((bl_hold_state *)customer->holds.item[i])->key = (bl_str){NULL, 0};
}

int bl_fold_redaction(bl_fold *f, const bl_fact_redaction *fact) {
  bl_tenant *t = f->tenant;
  bl_heads *heads = &t->heads;
  bl_customer *customer;
  int rc = BILLING_OK;

  if (bl_fold_is_own(f))
    rc = bl_fold_about(f, fact->customer, BL_ENTRY_REDACTION);
  customer = bl_fold_customer(f, fact->customer, &rc);
  if (rc || !customer) return rc;
  if (bl_fold_is_own(f)) {
    bl_touch(t, heads, sizeof *heads, &t->heads_touched);
    heads->parked -= fact->parked;
    t->is_stale |= t->undo_arena != NULL;   /* undone by folding again */
    bl_board_drop(f->b, t, customer);       /* while its id is known */
  }
  blank_customer(customer);
  for (size_t i = 0; f->reach == BL_FOLD_WHOLE && i < fact->entry_count && !rc;
       i++)
    rc = remember_redacted(f, &fact->entries[i]);
  return rc;
}
