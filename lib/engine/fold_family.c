/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * fold_family.c - what a customer's entry does to others of its family.
 *
 *     7 of usage of a child, 5 of it drawn from its parent's grant
 *       entry events   child     revenue -7   unbilled +2   family +5
 *       entry family   parent    deferred +5                family -5
 *
 * Each entry is about one customer, so each can be loaded without the others:
 * what an entry does to somebody above stands in another one behind it, which
 * the index finds under that one's number.  While an entry is made this
 * happens at once, and its own entry follows (family.c); an entry that is read
 * does nothing to others.
 */
#include "engine/fold_post.h"

void bl_code_kin(bl_codec *facts, bl_fact_kin *kin) {
  bl_code_u64(facts, &kin->owner);
  bl_code_u64(facts, &kin->customer);
  bl_code_u64(facts, &kin->what);
  if (kin->what == BL_KIN_TIE) {
    bl_code_u64(facts, &kin->height);
    return;
  }
  bl_code_draws(facts, &kin->draws, &kin->draw_count);
  if (kin->what != BL_KIN_HELD) return;
  bl_code_u64(facts, &kin->hold);
  bl_code_i64(facts, &kin->expires_us);
  kin->counts = bl_code_array(facts, kin->counts, &kin->count_count,
                              sizeof *kin->counts);
  for (size_t i = 0; i < kin->count_count; i++)
    bl_code_count(facts, &kin->counts[i]);
}

void bl_code_family(bl_codec *facts, bl_codec *properties,
                    bl_fact_family *f) {
  (void)properties;
  bl_code_i64(facts, &f->seq);
  f->items = bl_code_array(facts, f->items, &f->count, sizeof *f->items);
  for (size_t i = 0; i < f->count; i++) bl_code_kin(facts, &f->items[i]);
}

/* ---- on the one above ---- */

/* Of a grant of the owner's. */
static int kin_grant(const bl_fold *f, const bl_customer *owner,
                     uint64_t number, bl_grant_state **out) {
  *out = bl_table_at(&f->tenant->by_grant, number);
  return *out && (*out)->customer == owner ? BILLING_OK : BILLING_CORRUPT;
}

static int lend(bl_fold *f, const bl_customer *owner, const bl_draw *draw) {
  bl_posting postings[4];
  bl_grant_state *grant;
  bl_wallet *wallet;
  int rc = kin_grant(f, owner, draw->grant, &grant);

  if (rc) return rc;
  wallet = bl_wallet_of(owner, grant->lot.asset);
  rc = bl_grant_move(f->tenant, wallet, grant, bl_dec_neg(draw->amount),
                     BL_DEC_ZERO);
  if (!rc)
    rc = bl_fold_post(f, wallet, postings,
                      bl_ledger_lend(draw->amount,
                                     (int)grant->lot.is_promotional,
                                     postings));
  if (!rc) rc = bl_fold_used_up(f->tenant, grant);
  if (rc || bl_dec_sign(draw->amount) >= 0) return rc;
  return bl_fold_came_back(f, wallet, grant, bl_dec_neg(draw->amount));
}

/* Reserves (sign 1) what a lien names, or frees it. */
static int move_lien(bl_fold *f, bl_customer *owner, const bl_lien *lien,
                     int sign) {
  int rc = BILLING_OK;

  for (size_t i = 0; i < lien->draw_count && !rc; i++) {
    bl_dec amount = lien->draws[i].amount;
    bl_grant_state *grant;
    rc = kin_grant(f, owner, lien->draws[i].grant, &grant);
    if (!rc)
      rc = bl_grant_move(f->tenant, bl_wallet_of(owner, grant->lot.asset),
                         grant, BL_DEC_ZERO,
                         sign > 0 ? amount : bl_dec_neg(amount));
  }
  return rc ? rc : bl_fold_hold_counts(f, owner, lien->counts,
                                       lien->count_count, sign);
}

static size_t lien_place(const bl_customer *owner, uint64_t hold) {
  const bl_list *liens = &owner->liens;
  size_t at = liens->first;

  while (at < liens->count && ((bl_lien *)liens->item[at])->hold != hold) at++;
  return at;
}

static bl_lien *make_lien(bl_tenant *t, const bl_fact_kin *kin) {
  bl_lien *lien = bl_arena_take(&t->arena, sizeof *lien);

  if (!lien) return NULL;
  *lien = (bl_lien){kin->hold, kin->customer, kin->expires_us,
                    NULL, kin->draw_count, NULL, kin->count_count};
  if (kin->draw_count)
    lien->draws = bl_arena_copy(&t->arena, kin->draws,
                                kin->draw_count * sizeof *lien->draws);
  if (kin->count_count)
    lien->counts = bl_arena_copy(&t->arena, kin->counts,
                                 kin->count_count * sizeof *lien->counts);
  return t->arena.failed ? NULL : lien;
}

static int add_lien(bl_fold *f, bl_customer *owner, const bl_fact_kin *kin) {
  bl_lien *lien = make_lien(f->tenant, kin);
  int rc;

  if (!lien) return BILLING_NOMEM;
  if (owner->liens.first == owner->liens.count ||
      lien->expires_us < owner->liens_due_us)
    owner->liens_due_us = lien->expires_us;
  rc = bl_list_add(f->tenant, &owner->liens, lien);
  return rc ? rc : move_lien(f, owner, lien, 1);
}

/* A hold that begins, lasts longer, or has ended. */
static int hold_kin(bl_fold *f, bl_customer *owner, const bl_fact_kin *kin) {
  size_t place = lien_place(owner, kin->hold);
  int is_there = place < owner->liens.count;
  int goes_on = kin->draw_count || kin->count_count;
  int rc = is_there || goes_on ? BILLING_OK : BILLING_CORRUPT;

  if (rc) return rc;
  bl_touch_customer(f->tenant, owner);
  if (is_there) {
    rc = move_lien(f, owner, owner->liens.item[place], -1);
    bl_list_remove(f->tenant, &owner->liens, place);
  }
  return rc || !goes_on ? rc : add_lien(f, owner, kin);
}

static int fold_kin(bl_fold *f, bl_customer *owner, const bl_fact_kin *kin) {
  int rc = BILLING_OK;

  switch (kin->what) {
  case BL_KIN_TIE:
    bl_touch_customer(f->tenant, owner);
    if (kin->height > owner->height) owner->height = kin->height;
    return rc;
  case BL_KIN_DRAWN:
    for (size_t i = 0; i < kin->draw_count && !rc; i++)
      rc = lend(f, owner, &kin->draws[i]);
    return rc;
  case BL_KIN_HELD: return hold_kin(f, owner, kin);
  default: return BILLING_CORRUPT;
  }
}

int bl_fold_related(bl_fold *f, const bl_fact_family *fact) {
  int rc = BILLING_OK;

  for (size_t i = 0; i < fact->count && !rc; i++)
    rc = bl_fold_about(f, fact->items[i].owner, BL_ENTRY_FAMILY);
  return rc;
}

/* Windows of limits begin with the entry that this one is about. */
int bl_fold_family(bl_fold *f, const bl_fact_family *fact) {
  int rc = bl_fold_is_own(f) ? bl_fold_related(f, fact) : BILLING_OK;
  bl_fold cause = *f;

  cause.seq = fact->seq;
  for (size_t i = 0; i < fact->count && !rc; i++) {
    bl_customer *owner = bl_fold_customer(f, fact->items[i].owner, &rc);
    if (owner) rc = fold_kin(&cause, owner, &fact->items[i]);
  }
  return rc;
}

/* ---- while an entry is made ---- */

static bl_fact_kin *add_kin(bl_kin_list *list, uint64_t owner,
                            uint64_t customer, uint64_t what) {
  bl_fact_kin *kin = bl_arena_push(list->arena, (void **)&list->items,
                                   &list->count, &list->cap, sizeof *kin);

  if (!kin) return NULL;
  *kin = (bl_fact_kin){.owner = owner, .customer = customer, .what = what};
  list->count++;
  return kin;
}

int bl_fold_kin_tie(bl_fold *f, const bl_customer *customer) {
  uint64_t height = customer->height + 1;
  bl_customer *owner = bl_parent_of(f->tenant, customer);
  int rc = BILLING_OK;

  for (; owner && !rc; owner = bl_parent_of(f->tenant, owner), height++) {
    bl_fact_kin *kin;
    if (owner->height >= height) continue;
    kin = add_kin(f->kin, owner->number, customer->number, BL_KIN_TIE);
    if (!kin) return BILLING_NOMEM;
    kin->height = height;
    rc = fold_kin(f, owner, kin);
  }
  return rc;
}

/* The draws of a whole entry are added up by grant. */
static bl_fact_kin *drawing_kin(bl_kin_list *list, uint64_t owner,
                                uint64_t customer) {
  for (size_t i = list->count; i > 0; i--) {
    bl_fact_kin *kin = &list->items[i - 1];
    if (kin->owner == owner && kin->customer == customer &&
        kin->what == BL_KIN_DRAWN)
      return kin;
  }
  return add_kin(list, owner, customer, BL_KIN_DRAWN);
}

static int add_kin_draw(bl_arena *arena, bl_fact_kin *kin,
                        const bl_draw *draw) {
  size_t at = 0;
  bl_draw *larger;

  while (at < kin->draw_count && kin->draws[at].grant != draw->grant) at++;
  if (at < kin->draw_count) {
    kin->draws[at].amount = bl_dec_add(kin->draws[at].amount, draw->amount);
    return BILLING_OK;
  }
  if ((at & (at - 1)) == 0) {          /* room for up to twice as many */
    larger = bl_arena_array(arena, 2 * at + 1, sizeof *larger);
    if (!larger) return BILLING_NOMEM;
    if (at) memcpy(larger, kin->draws, at * sizeof *larger);
    kin->draws = larger;
  }
  kin->draws[kin->draw_count++] = *draw;
  return BILLING_OK;
}

int bl_fold_kin_drawn(bl_fold *f, uint64_t customer,
                      const bl_grant_state *grant, bl_dec amount) {
  bl_draw draw = {grant->lot.number, amount};
  bl_fact_kin *kin = drawing_kin(f->kin, grant->customer->number, customer);

  if (!kin || add_kin_draw(f->kin->arena, kin, &draw))
    return BILLING_NOMEM;
  return lend(f, grant->customer, &draw);
}

/* ---- holds ---- */

/* Whose part of a hold a place of its draws, or of its counts behind these,
 * is; NULL: its own customer's. */
static bl_customer *kin_part_owner(const bl_fold *f, const bl_hold_state *hold,
                               size_t place) {
  const bl_grant_state *grant;
  uint64_t number;

  if (place < hold->draw_count) {
    grant = bl_table_at(&f->tenant->by_grant, hold->draws[place].grant);
    return grant && grant->customer != hold->customer ? grant->customer : NULL;
  }
  number = hold->counts[place - hold->draw_count].customer;
  return number == hold->customer->number
           ? NULL : bl_table_at(&f->tenant->by_customer, number);
}

static int take_kin_part(bl_arena *arena, bl_fact_kin *kin,
                    const bl_hold_state *hold, size_t place) {
  const bl_fact_count *count;
  bl_fact_count *larger;

  if (place < hold->draw_count)
    return add_kin_draw(arena, kin, &hold->draws[place]);
  count = &hold->counts[place - hold->draw_count];
  larger = bl_arena_array(arena, kin->count_count + 1, sizeof *larger);
  if (!larger) return BILLING_NOMEM;
  if (kin->count_count)
    memcpy(larger, kin->counts, kin->count_count * sizeof *larger);
  larger[kin->count_count++] = *count;
  kin->counts = larger;
  return BILLING_OK;
}

/* All of a hold that is one customer's, from a place on. */
static int hold_of_owner(bl_fold *f, const bl_hold_state *hold,
                         bl_customer *owner, size_t from, int sign) {
  size_t places = hold->draw_count + hold->count_count;
  bl_fact_kin *kin = add_kin(f->kin, owner->number, hold->customer->number,
                             BL_KIN_HELD);
  int rc = kin ? BILLING_OK : BILLING_NOMEM;

  if (rc) return rc;
  kin->hold = hold->number;
  kin->expires_us = hold->expires_us;
  for (size_t i = from; i < places && sign > 0 && !rc; i++)
    if (kin_part_owner(f, hold, i) == owner)
      rc = take_kin_part(f->kin->arena, kin, hold, i);
  return rc ? rc : fold_kin(f, owner, kin);
}

int bl_fold_kin_held(bl_fold *f, const bl_hold_state *hold, int sign) {
  size_t places = hold->draw_count + hold->count_count;
  int rc = BILLING_OK;

  for (size_t i = 0; i < places && !rc; i++) {
    bl_customer *owner = kin_part_owner(f, hold, i);
    size_t first = 0;
    if (!owner) continue;
    while (kin_part_owner(f, hold, first) != owner) first++;
    if (first == i) rc = hold_of_owner(f, hold, owner, i, sign);
  }
  return rc;
}
