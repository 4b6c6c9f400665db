/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * coupon.c - what a coupon takes off the lines that it covers.
 *
 *     lines of 200 and 100; 12 off
 *     spread by what is left of each: 8 and 4
 *     20 % off after that: 57.60 of 288, 38.40 and 19.20
 *
 * A coupon sees what those before it have left.  Stacked percentages are of
 * what there was before any of them.  A fixed coupon takes no more than there
 * is; for one invoice only, it keeps the rest for the next.
 */
#include "invoice/invoice.h"

static bl_dec coupon_left(const bl_discount *line) {
  return bl_dec_max(bl_dec_sub(line->amount, line->taken), BL_DEC_ZERO);
}

static bl_dec coupon_sum(const bl_discount *lines, size_t count,
                         int of_left) {
  bl_dec sum = BL_DEC_ZERO;

  for (size_t i = 0; i < count; i++)
    if (lines[i].is_covered)
      sum = bl_dec_add(sum, of_left ? coupon_left(&lines[i])
                                    : lines[i].amount);
  return sum;
}

/* So precise as a peer keeps it, which may miss the total by a trifle. */
static void coupon_spread_by(bl_dec credit, bl_dec base, int places,
                             bl_discount *lines, size_t count) {
  for (size_t i = 0; i < count; i++) {
    bl_dec left = coupon_left(&lines[i]), share;

    if (!lines[i].is_covered || bl_dec_is_zero(base)) continue;
    share = bl_dec_muldiv_round(credit, left, base, places,
                                BL_ROUND_HALF_AWAY);
    lines[i].taken = bl_dec_add(lines[i].taken, bl_dec_min(share, left));
  }
}

static void coupon_spread(bl_dec credit, int places, bl_discount *lines,
                          size_t count, bl_portion *room) {
  for (size_t i = 0; i < count; i++)
    room[i].weight = lines[i].is_covered ? coupon_left(&lines[i])
                                         : BL_DEC_ZERO;
  bl_apportion(credit, places, room, count);
  for (size_t i = 0; i < count; i++)
    lines[i].taken = bl_dec_add(lines[i].taken, room[i].share);
}

bl_dec bl_coupon_take(bl_coupon *c, const bl_coupon_rules *rules,
                      bl_discount *lines, size_t count, bl_portion *room) {
  bl_dec base = coupon_sum(lines, count, 1);
  bl_dec credit = c->amount;

  if (c->frequency == BL_COUPON_ONCE) credit = bl_dec_sub(credit, c->used);
  if (c->is_percent) {
    bl_dec of = rules->is_stacked ? coupon_sum(lines, count, 0) : base;
    credit = bl_round_due(bl_dec_muldiv(of, c->amount, bl_dec_of_int(100)),
                          BL_DEC_ZERO, rules->places);
  }
  credit = bl_dec_max(bl_dec_min(credit, base), BL_DEC_ZERO);
  if (rules->share_places >= 0)
    coupon_spread_by(credit, base, rules->share_places, lines, count);
  else coupon_spread(credit, rules->places, lines, count, room);
  if (c->frequency == BL_COUPON_ONCE) c->used = bl_dec_add(c->used, credit);
  if (c->frequency == BL_COUPON_TIMES && c->left > 0) c->left--;
  return credit;
}

int bl_coupon_has_ended(const bl_coupon *c) {
  if (c->frequency == BL_COUPON_FOREVER) return 0;
  if (c->frequency == BL_COUPON_TIMES) return c->left <= 0;
  return c->is_percent || !bl_dec_less(c->used, c->amount);
}
