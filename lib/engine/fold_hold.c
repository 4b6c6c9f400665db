/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* fold_hold.c - holds on the state: they reserve, and end. */
#include "engine/fold.h"
#include "engine/keys.h"

/* What a hold may go into the overdraft. */
static void promise(bl_tenant *t, const bl_customer *customer,
                    const bl_fact_held *held, int sign) {
  bl_wallet *wallet = bl_wallet_of(customer, held->asset);

  if (bl_dec_is_zero(held->overdraft)) return;
  bl_touch_wallet(t, wallet);
  wallet->overdraft_held =
      sign > 0 ? bl_dec_add(wallet->overdraft_held, held->overdraft)
               : bl_dec_sub(wallet->overdraft_held, held->overdraft);
}

/* Of its own grants: those of others stand in entries about these. */
static int move_draws(bl_tenant *t, const bl_hold_state *hold, int sign) {
  int rc = BILLING_OK;

  for (size_t i = 0; i < hold->draw_count && !rc; i++) {
    bl_grant_state *grant =
        bl_table_at(&t->by_grant, hold->draws[i].grant);
    bl_dec amount = hold->draws[i].amount;
    if (!grant || grant->customer != hold->customer) continue;
    rc = bl_grant_move(t, bl_wallet_of(hold->customer, grant->lot.asset),
                       grant, BL_DEC_ZERO,
                       sign > 0 ? amount : bl_dec_neg(amount));
  }
  return rc;
}

/* Reserves (sign 1) or frees (-1) what a hold names. */
static int move_hold(bl_fold *f, bl_hold_state *hold, int sign) {
  bl_tenant *t = f->tenant;
  int rc = move_draws(t, hold, sign);

  for (size_t i = 0; i < hold->part_count; i++) {
    bl_tally *tally = hold->tallies[i];
    bl_touch_tally(t, tally);
    tally->held = sign > 0 ? bl_dec_add(tally->held, hold->quantities[i])
                           : bl_dec_sub(tally->held, hold->quantities[i]);
  }
  for (size_t i = 0; i < hold->asset_count; i++)
    promise(t, hold->customer, &hold->assets[i], sign);
  if (!rc)
    rc = bl_fold_hold_counts(f, hold->customer, hold->counts,
                             hold->count_count, sign);
  return rc || !f->kin ? rc : bl_fold_kin_held(f, hold, sign);
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
    if (!bl_table_at(&f->tenant->by_grant, fact->draws[i].grant) &&
        !hold->customer->elder_count)
      return BILLING_CORRUPT;
  hold->draws = bl_arena_copy(arena, fact->draws,
                              fact->draw_count * sizeof *hold->draws);
  hold->assets = bl_arena_copy(arena, fact->assets,
                               fact->asset_count * sizeof *hold->assets);
  hold->counts = bl_arena_copy(arena, fact->counts,
                               fact->count_count * sizeof *hold->counts);
  if (!hold->draws || !hold->assets || !hold->counts) return BILLING_NOMEM;
  hold->count_count = fact->count_count;
  hold->flags = fact->flags;
  hold->draw_count = fact->draw_count;
  hold->asset_count = fact->asset_count;
  hold->number = fact->number;
  hold->seq = f->seq;
  hold->key = bl_arena_str(arena, fact->key);
  memcpy(hold->key_hash, fact->key_hash, sizeof hold->key_hash);
  hold->content = fact->content;
  hold->status = BILLING_HOLD_OPEN;
  hold->expires_us = fact->expires_us;
  hold->at_us = f->at_us;
  hold->value = fact->value;
  return fill_parts(f, fact, hold);
}

/* The tenant's own part of a hold. */
static int note_hold(bl_fold *f, const bl_fact_hold *fact) {
  bl_subject hold = {BL_SUBJECT_HOLD, fact->number};
  int rc = bl_fold_count(f, &f->tenant->heads.holds, fact->number);

  if (!rc) rc = bl_fold_name(f, bl_keys_print_of(fact->key_hash), 0);
  if (!rc) rc = bl_fold_mark(f, hold, BL_ENTRY_HOLD);
  return rc ? rc : bl_fold_about(f, fact->customer, BL_ENTRY_HOLD);
}

static int add_hold(bl_fold *f, bl_customer *customer,
                    const bl_fact_hold *fact) {
  bl_tenant *t = f->tenant;
  bl_hold_state *hold = bl_arena_take(&t->arena, sizeof *hold);
  int rc;

  if (!hold) return BILLING_NOMEM;
  hold->customer = customer;
  rc = fill_hold(f, fact, hold);
  for (size_t i = 0; i < hold->asset_count && !rc; i++)
    if (!bl_wallet_make(t, customer, hold->assets[i].asset))
      rc = BILLING_NOMEM;
  if (rc) return rc;
  bl_touch_customer(t, customer);
  if (!customer->holds.count || hold->expires_us < customer->holds_due_us)
    customer->holds_due_us = hold->expires_us;
  hold->place = customer->holds.count;
  rc = bl_list_add(t, &customer->holds, hold);
  if (!rc) rc = bl_table_put(t, &t->by_hold, fact->number, hold);
  return rc ? rc : move_hold(f, hold, 1);
}

int bl_fold_hold(bl_fold *f, const bl_fact_hold *fact) {
  int rc = bl_fold_is_own(f) ? note_hold(f, fact) : BILLING_OK;
  bl_customer *customer = bl_fold_customer(f, fact->customer, &rc);

  if (rc || !customer) return rc;
  return fact->number > f->tenant->heads.holds ? BILLING_CORRUPT
                                               : add_hold(f, customer, fact);
}

/* An open hold ends: what it reserved is free, and only the journal knows it
 * from then on. */
static int end_hold(bl_fold *f, bl_hold_state *hold,
                    const bl_fact_hold_end *fact) {
  bl_tenant *t = f->tenant;
  bl_hold_state *moved;
  int rc = move_hold(f, hold, -1);

  bl_touch(t, hold, sizeof *hold, &hold->touched);
  moved = bl_list_take(t, &hold->customer->holds, hold->place);
  if (moved) {
    bl_touch(t, moved, sizeof *moved, &moved->touched);
    moved->place = hold->place;
  }
  hold->status = fact->status;
  hold->event = fact->event;
  return rc ? rc : bl_table_put(t, &t->by_hold, fact->number, NULL);
}

int bl_fold_hold_end(bl_fold *f, const bl_fact_hold_end *fact) {
  bl_subject subject = {BL_SUBJECT_HOLD, fact->number};
  bl_hold_state *hold = bl_table_at(&f->tenant->by_hold, fact->number);
  int rc = BILLING_OK;

  if (bl_fold_is_own(f)) rc = bl_fold_mark(f, subject, BL_ENTRY_HOLD_END);
  if (!rc && bl_fold_is_own(f))
    rc = bl_fold_about(f, fact->customer, BL_ENTRY_HOLD_END);
  if (rc || !bl_fold_customer(f, fact->customer, &rc)) return rc;
  if (fact->is_late) return hold ? BILLING_CORRUPT : BILLING_OK;
  return hold ? end_hold(f, hold, fact) : BILLING_CORRUPT;
}

int bl_fold_hold_extended(bl_fold *f, const bl_fact_hold_extended *fact) {
  bl_hold_state *hold = bl_table_at(&f->tenant->by_hold, fact->number);
  int rc = BILLING_OK;

  if (bl_fold_is_own(f))
    rc = bl_fold_about(f, fact->customer, BL_ENTRY_HOLD_EXTENDED);
  if (rc || !bl_fold_customer(f, fact->customer, &rc)) return rc;
  if (!hold) return BILLING_CORRUPT;
  bl_touch(f->tenant, hold, sizeof *hold, &hold->touched);
  bl_touch_customer(f->tenant, hold->customer);
  hold->expires_us = fact->expires_us;
  if (hold->expires_us < hold->customer->holds_due_us)
    hold->customer->holds_due_us = hold->expires_us;
  return f->kin ? bl_fold_kin_held(f, hold, 1) : BILLING_OK;
}
