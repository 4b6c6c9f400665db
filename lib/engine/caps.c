/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* caps.c - how much of a grant may be drawn in which time; see caps.h. */
#include "engine/caps.h"

#include "engine/limit_look.h"

/* The window of a cap that is open now. */
static int cap_place(bl_call *c, const bl_grant_state *grant,
                     const bl_limit *cap, bl_limit_look *look) {
  int is_in;

  memset(look, 0, sizeof *look);
  look->c = c;
  look->customer = grant->customer;
  look->limit = cap;
  look->is_new = 1;
  look->time_us = look->came_us = c->now_us;
  look->count.customer = grant->customer->number;
  look->count.limit = (cap->print ^ grant->lot.number) *
                      UINT64_C(0x9E3779B97F4A7C15);
  return bl_limit_place(look, NULL, &is_in);
}

/* What this call has drawn and not yet appended. */
static bl_dec cap_pending(const bl_call *c, const bl_fact_count *count) {
  bl_dec sum = BL_DEC_ZERO;

  for (size_t i = 0; i < c->counted.count; i++) {
    const bl_fact_count *one = &c->counted.items[i];
    if (one->limit == count->limit && one->customer == count->customer &&
        one->until_us > c->now_us)
      sum = bl_dec_add(sum, one->amount);
  }
  return sum;
}

int bl_cap_room(bl_call *c, const bl_grant_state *grant, bl_dec *room,
                int64_t *again_us) {
  const bl_limits *caps = &grant->scope.caps;
  int rc = BILLING_OK;

  *room = BL_DEC_MAX;
  *again_us = 0;
  for (size_t i = 0; i < caps->count && !rc; i++) {
    bl_limit_look look;
    bl_limit_wish wish;
    bl_dec load, held;
    rc = cap_place(c, grant, &caps->item[i], &look);
    if (rc) continue;
    wish = (bl_limit_wish){look.limit, 0, 0, look.count};
    load = bl_dec_add(bl_limit_load(grant->customer, &wish, c->now_us, &held),
                      cap_pending(c, &look.count));
    load = bl_dec_max(bl_dec_sub(look.limit->most, load), BL_DEC_ZERO);
    if (!bl_dec_less(load, *room)) continue;
    *room = load;
    *again_us = look.limit->per == BL_WITHIN_LIFE ? 0 : look.count.until_us;
  }
  return rc;
}

static int cap_draw(bl_call *c, const bl_draw *draw, bl_fact_count **items,
                    size_t *count, size_t *cap) {
  const bl_grant_state *grant =
      draw->grant ? bl_table_at(&c->t->by_grant, draw->grant) : NULL;
  int rc = BILLING_OK;

  if (!grant || bl_dec_sign(draw->amount) <= 0) return BILLING_OK;
  for (size_t i = 0; i < grant->scope.caps.count && !rc; i++) {
    bl_limit_look look;
    rc = cap_place(c, grant, &grant->scope.caps.item[i], &look);
    look.count.amount = draw->amount;
    if (!rc) rc = bl_limit_join(&c->arena, items, count, cap, &look.count);
  }
  return rc;
}

int bl_caps_count(bl_call *c, const bl_draw *draws, size_t count) {
  int rc = BILLING_OK;

  for (size_t i = 0; i < count && !rc; i++)
    rc = cap_draw(c, &draws[i], &c->counted.items, &c->counted.count,
                  &c->counted_cap);
  return rc;
}

int bl_caps_join(bl_call *c, const bl_draw *draws, size_t count,
                 bl_fact_count **items, size_t *item_count) {
  size_t cap = *item_count;
  int rc = BILLING_OK;

  for (size_t i = 0; i < count && !rc; i++)
    rc = cap_draw(c, &draws[i], items, item_count, &cap);
  return rc;
}
