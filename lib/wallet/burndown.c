/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * burndown.c - how much each grant pays.
 *
 *     12 USD are due.  The lots in their order, all in scope:
 *       grant 7   left 5, of that 2 held      pays 3
 *       grant 4   left 6                      pays 6
 *       nothing is left                       3 are owed: grant 0
 *
 *     The draws 3, 6, 3 are a stack.  When the charge falls by 4 they are
 *     given back from the top: 3 that were owed, then 1 to grant 4.
 *
 * Whether a lot may pay is judged by the time of the event; what is left in
 * it is what the journal says now.
 */
#include "wallet/wallet.h"

/* An empty list does not restrict. */
static int scope_names(const bl_str *ids, size_t count, bl_str id) {
  size_t i = 0;
  while (i < count && !bl_str_equal(ids[i], id)) i++;
  return count == 0 || i < count;
}

static int scope_has_tag(const bl_use *use, bl_str tag) {
  return use->tag_count && scope_names(use->tags, use->tag_count, tag);
}

static int scope_has_value(const bl_use *use, const bl_named *asked) {
  for (size_t i = 0; i < use->values.count; i++)
    if (bl_str_equal(use->values.item[i].name, asked->name) &&
        bl_str_equal(use->values.item[i].value, asked->value))
      return 1;
  return 0;
}

/* All that a target names must fit. */
static int scope_fits(const bl_target *target, const bl_use *use) {
  int fits = !target->price.len || bl_str_equal(target->price, use->price);

  for (size_t i = 0; fits && i < target->tags.count; i++)
    fits = scope_has_tag(use, target->tags.item[i]);
  for (size_t i = 0; fits && i < target->values.count; i++)
    fits = scope_has_value(use, &target->values.item[i]);
  return fits;
}

static int scope_fits_any(const bl_scope *scope, const bl_use *use) {
  size_t i = 0;

  while (i < scope->target_count && !scope_fits(&scope->targets[i], use)) i++;
  return scope->target_count == 0 || i < scope->target_count;
}

static int scope_has_any_tag(const bl_scope *scope, const bl_use *use) {
  size_t i = 0;

  while (i < scope->tag_count && !scope_has_tag(use, scope->tags[i])) i++;
  return scope->tag_count == 0 || i < scope->tag_count;
}

static int scope_holds(const bl_scope *scope, const bl_use *use) {
  return scope_names(scope->meters, scope->meter_count, use->meter) &&
         scope_names(scope->prices, scope->price_count, use->price) &&
         scope_names(scope->contracts, scope->contract_count,
                     use->contract) &&
         scope_names(scope->customers, scope->customer_count,
                     use->customer) &&
         scope_has_any_tag(scope, use) && scope_fits_any(scope, use);
}

static int draws_at(const bl_lot *lot, uint32_t rate) {
  return rate == BL_USE_ANY ||
         (rate == BL_USE_COMMIT) == (bl_lot_rate(lot) == BL_RATE_COMMIT);
}

int bl_scope_is_open(const bl_scope *scope) {
  return !scope || (!bl_scope_width(scope) && scope->rate == BL_RATE_LIST);
}

int bl_scope_shares(const bl_scope *scope, uint64_t customer) {
  size_t i = 0;

  if (!scope || scope->family != BL_FAMILY_SOME)
    return scope && scope->family == BL_FAMILY_ALL;
  while (i < scope->member_count && scope->members[i] != customer) i++;
  return i < scope->member_count;
}

int bl_lot_pays(const bl_lot *lot, const bl_use *use) {
  bl_span active = {lot->effective_us, lot->expires_us};
  assert(lot->asset[0] && use->asset[0]);
  return !lot->is_void && bl_asset_equal(lot->asset, use->asset) &&
         bl_span_holds(active, use->time_us) && draws_at(lot, use->rate) &&
         (!lot->scope || scope_holds(lot->scope, use));
}

size_t bl_burndown(bl_lot *const *lots, size_t count, const bl_use *use,
                   bl_dec amount, bl_draw *draws) {
  bl_dec rest = amount;
  size_t made = 0;
  assert(bl_dec_sign(amount) > 0);

  for (size_t i = 0; i < count && bl_dec_sign(rest) > 0; i++) {
    const bl_lot *lot = lots[i];
    bl_dec pays = bl_dec_min(rest, bl_dec_sub(lot->left, lot->held));
    if (bl_dec_sign(pays) <= 0 || !bl_lot_pays(lot, use)) continue;
    assert(lot->number != 0);
    draws[made++] = (bl_draw){lot->number, pays};
    rest = bl_dec_sub(rest, pays);
  }
  if (bl_dec_sign(rest) > 0) draws[made++] = (bl_draw){0, rest};
  assert(made <= count + 1);
  return made;
}

/* The stack holds what is still drawn: what was given back before has been
 * taken off it. */
size_t bl_burndown_back(const bl_draw *stack, size_t count, bl_dec amount,
                        bl_draw *draws) {
  bl_dec rest = amount;
  size_t made = 0;
  assert(bl_dec_sign(amount) > 0);

  for (size_t i = count; i > 0 && bl_dec_sign(rest) > 0; i--) {
    bl_dec back = bl_dec_min(rest, stack[i - 1].amount);
    assert(bl_dec_sign(stack[i - 1].amount) >= 0);
    if (bl_dec_sign(back) <= 0) continue;
    draws[made++] = (bl_draw){stack[i - 1].grant, bl_dec_neg(back)};
    rest = bl_dec_sub(rest, back);
  }
  assert(made <= count);
  return made;
}
