/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * hold_reserve.c - the lots and the overdraft that cover a hold.
 *
 *     10.00 in grants, 8.00 of them held, overdraft 5.00
 *     6.00 asked: 2.00 of the grants, 4.00 of the overdraft
 *     8.00 asked: 2.00 of the grants, 6.00 that are missing: 1.00 too much
 */
#include "engine/caps.h"
#include "engine/hold_state.h"
#include "engine/holds.h"

void bl_hold_open(bl_hold_draft *d, bl_call *c) {
  memset(d, 0, sizeof *d);
  d->c = c;
  bl_rater_open(&d->rater, c);
  bl_rater_open(&d->payer, c);
  d->payer.is_capped = 1;
}

void bl_hold_close(bl_hold_draft *d) {
  bl_rater_close(&d->rater);
  bl_rater_close(&d->payer);
}

int bl_hold_now(const bl_hold_draft *d, bl_hold_mark *out) {
  size_t size = d->side_count * sizeof *d->sides;

  *out = (bl_hold_mark){d->fact.draw_count, d->fact.part_count,
                        d->side_count, d->payer.draws.count, d->wishes.count,
                        NULL};
  if (!size) return BILLING_OK;
  out->was = bl_arena_copy(&d->c->arena, d->sides, size);
  return out->was ? BILLING_OK : BILLING_NOMEM;
}

void bl_hold_back(bl_hold_draft *d, const bl_hold_mark *mark) {
  d->fact.draw_count = mark->draws;
  d->fact.part_count = mark->parts;
  d->side_count = mark->sides;
  d->payer.draws.count = mark->payer;
  d->wishes.count = mark->wishes;
  if (mark->sides)
    memcpy(d->sides, mark->was, mark->sides * sizeof *d->sides);
}

/* ---- the contract whose overdraft backs an asset ---- */

/* Of several contracts the one that may promise most backs a hold. */
static bl_contract *more_generous(bl_contract *a, bl_contract *b) {
  return !a || bl_dec_less(a->terms.overdraft, b->terms.overdraft) ? b : a;
}

bl_contract *bl_hold_backing(const bl_customer *customer,
                             const char asset[16], int64_t now_us) {
  bl_contract *found = NULL;

  for (size_t i = 0; i < customer->contracts.count; i++) {
    bl_contract *contract = customer->contracts.item[i];
    bl_span term = {contract->terms.start_us, contract->terms.end_us};
    if (bl_span_holds(term, now_us) &&
        bl_asset_equal(contract->plan->plan.currency, asset))
      found = more_generous(found, contract);
  }
  return found;
}

static bl_hold_side *side_of(bl_hold_draft *d, const char asset[16]) {
  bl_hold_side *side;

  for (size_t i = 0; i < d->side_count; i++)
    if (bl_asset_equal(d->sides[i].asset, asset)) return &d->sides[i];
  side = bl_arena_push(&d->c->arena, (void **)&d->sides, &d->side_count,
                       &d->side_cap, sizeof *side);
  if (!side) return NULL;
  memset(side, 0, sizeof *side);
  memcpy(side->asset, asset, sizeof side->asset);
  d->side_count++;
  return side;
}

/* ---- lots ---- */

/* The payer's draws from place `from` on. */
static int keep_draws(bl_hold_draft *d, bl_hold_side *side, size_t from) {
  const bl_draws *draws = &d->payer.draws;

  for (size_t i = from; i < draws->count; i++) {
    bl_draw *draw;
    if (!draws->item[i].grant) {
      side->missing = bl_dec_add(side->missing, draws->item[i].amount);
      continue;
    }
    side->held = bl_dec_add(side->held, draws->item[i].amount);
    draw = bl_arena_push(&d->c->arena, (void **)&d->fact.draws,
                         &d->fact.draw_count, &d->draw_cap, sizeof *draw);
    if (!draw) return BILLING_NOMEM;
    *draw = draws->item[i];
    d->fact.draw_count++;
  }
  return BILLING_OK;
}

int bl_hold_reserve(bl_hold_draft *d, bl_contract *contract,
                    const bl_use *use, bl_dec amount) {
  bl_hold_side *side = side_of(d, use->asset);
  size_t from = d->payer.draws.count;
  const bl_order *order;
  int rc;

  if (!side) return BILLING_NOMEM;
  if (!contract)
    contract = bl_hold_backing(d->customer, use->asset, d->c->now_us);
  if (contract) side->contract = more_generous(side->contract, contract);
  if (bl_dec_is_bad(amount)) side->missing = amount;
  if (bl_dec_sign(amount) <= 0) return BILLING_OK;
  order = contract && contract->terms.has_order ? &contract->terms.order
                                                : NULL;
  rc = bl_rate_draws(&d->payer, d->customer, use, order, amount, NULL);
  return rc ? rc : keep_draws(d, side, from);
}

/* ---- the overdraft ---- */

/* What nothing else has of it. */
static bl_dec overdraft_room(const bl_hold_draft *d,
                             const bl_hold_side *side) {
  const bl_wallet *wallet = bl_wallet_of(d->customer, side->asset);
  bl_dec room = side->contract ? side->contract->terms.overdraft
                               : BL_DEC_ZERO;

  if (!wallet || bl_dec_is_max(room)) return room;
  room = bl_dec_sub(room, wallet->balance[BL_ACCOUNT_UNBILLED]);
  return bl_dec_sub(room, wallet->overdraft_held);
}

/* What the end of windows would free of grants with caps, and when; 0: not as
 * much as is missing. */
static int cap_again(const bl_hold_draft *d, const bl_hold_side *side,
                     bl_dec missing, int64_t *again_us) {
  const bl_wallet *wallet = bl_wallet_of(d->customer, side->asset);
  int rc = BILLING_OK;

  *again_us = 0;
  for (size_t i = wallet && wallet->capped ? wallet->live.first : SIZE_MAX;
       wallet && i < wallet->live.count && !rc; i++) {
    const bl_grant_state *grant = wallet->live.item[i];
    bl_dec left = bl_dec_sub(grant->lot.left, grant->lot.held), room;
    int64_t until_us;
    if (!grant->scope.caps.count) continue;
    rc = bl_cap_room(d->c, grant, &room, &until_us);
    if (rc || !until_us || !bl_dec_less(room, left)) continue;
    missing = bl_dec_sub(missing, bl_dec_sub(left, room));
    if (until_us > *again_us) *again_us = until_us;
  }
  if (bl_dec_sign(missing) > 0) *again_us = 0;
  return rc;
}

static int side_fits(bl_hold_draft *d, const bl_hold_side *side) {
  billing_denial *denial = &d->denial;
  bl_dec room = overdraft_room(d, side);
  int rc;

  if (bl_dec_is_bad(side->missing) || bl_dec_is_bad(side->held))
    return bl_fail(d->c->err, BILLING_LIMIT, "/value", "amounts below 10^20",
                   "what the hold would reserve does not fit");
  if (bl_dec_is_zero(side->missing) || bl_dec_cmp(side->missing, room) <= 0)
    return BILLING_OK;
  memset(denial, 0, sizeof *denial);
  denial->code = BILLING_DENIED_BALANCE;
  denial->missing = side->missing;
  if (bl_dec_sign(room) > 0)
    denial->missing = bl_dec_sub(side->missing, room);
  memcpy(denial->asset, side->asset, sizeof denial->asset);
  rc = cap_again(d, side, denial->missing, &denial->again_us);
  if (rc || !denial->again_us)
    return rc ? rc
              : bl_fail(d->c->err, BILLING_DENIED_BALANCE, "",
                        "grant credit, or raise the contract's overdraft",
                        "%d %s are missing", &denial->missing, denial->asset);
  return bl_fail(d->c->err, BILLING_DENIED_BALANCE, "",
                 "grant credit, raise the contract's overdraft, or wait for "
                 "grants that have caps",
                 "%d %s are missing until %T", &denial->missing,
                 denial->asset, denial->again_us);
}

int bl_hold_fits(bl_hold_draft *d) {
  int rc = BILLING_OK;

  for (size_t i = 0; i < d->side_count && !rc; i++)
    rc = side_fits(d, &d->sides[i]);
  return rc || !d->wishes.count
             ? rc : bl_limits_fit(d->c, &d->wishes, &d->denial,
                                  &d->fact.flags);
}
