/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * lines.c - many lines paid from many lots.
 *
 *     lots in order    narrow  30, pays storage only
 *                      general 40
 *     lines in order   compute 30, storage 30
 *
 *     compute: general 30       storage: narrow 30       left: general 10
 *
 * Line by line or lot by lot comes to the same: what a lot pays of a line
 * depends on what lots before it paid of that line and on what it paid of
 * lines before that one, and both ways have these behind them.
 */
#include "wallet/lines.h"

int bl_lot_pays_line(const bl_lot *lot, const bl_payable *line) {
  bl_use last = line->use;

  assert(line->use.time_us <= line->last_us);
  last.time_us = line->last_us;
  return !line->is_fixed && bl_lot_pays(lot, &line->use) &&
         bl_lot_pays(lot, &last);
}

/* Takes the draws off the lots; both are in the order of the lots. */
static void lines_take(bl_payment *p, size_t line, size_t drawn) {
  size_t made = 0;

  for (size_t i = 0; i < p->lot_count && made < drawn; i++) {
    bl_lot *lot = p->lots[i];

    if (lot->number != p->draws[made].grant) continue;
    lot->left = bl_dec_sub(lot->left, p->draws[made].amount);
    p->paid[p->paid_count++] = (bl_paid){i, line, p->draws[made].amount,
                                         BL_DEC_ZERO};
    made++;
  }
  assert(made == drawn);
}

/* The lots that may pay the line. */
static size_t lines_lots(const bl_payment *p, const bl_payable *line) {
  size_t count = 0;

  for (size_t i = 0; i < p->lot_count; i++)
    if (bl_lot_pays_line(p->lots[i], line)) p->room[count++] = p->lots[i];
  return count;
}

/* What one lot pays of the quantity that is left, at its own price. */
static void lines_pay_units(bl_payment *p, size_t place, size_t at) {
  bl_payable *line = &p->lines[place];
  bl_lot *lot = p->lots[at];
  bl_dec unit = line->units[at];
  bl_dec has = bl_dec_sub(lot->left, lot->held);
  bl_paid *paid = &p->paid[p->paid_count];
  bl_dec most = bl_dec_mul(line->rest_quantity, unit);

  if (bl_dec_sign(unit) <= 0 || bl_dec_sign(has) <= 0 ||
      bl_dec_sign(most) <= 0 || !bl_lot_pays_line(lot, line))
    return;
  *paid = (bl_paid){at, place, bl_dec_min(has, most), line->rest_quantity};
  if (bl_dec_less(has, most))
    paid->quantity = bl_dec_muldiv(has, BL_DEC_ONE, unit);
  line->rest_quantity = bl_dec_sub(line->rest_quantity, paid->quantity);
  line->amount = bl_dec_add(line->amount, paid->amount);
  lot->left = bl_dec_sub(lot->left, paid->amount);
  p->paid_count++;
}

/* 15 at 10, a lot of 80 at 8: 10 for 80, and 5 are left for 50. */
static void lines_pay_each(bl_payment *p, size_t place) {
  bl_payable *line = &p->lines[place];

  line->amount = BL_DEC_ZERO;
  line->rest_quantity = line->quantity;
  for (size_t i = 0; i < p->lot_count; i++) lines_pay_units(p, place, i);
  line->rest = bl_dec_mul(line->rest_quantity, line->unit);
  line->amount = bl_dec_add(line->amount, line->rest);
}

static void lines_pay(bl_payment *p, size_t place) {
  bl_payable *line = &p->lines[place];
  size_t drawn;

  if (line->units) {
    lines_pay_each(p, place);
    return;
  }
  line->rest = line->amount;
  if (bl_dec_sign(line->amount) <= 0) return;
  drawn = bl_burndown(p->room, lines_lots(p, line), &line->use, line->amount,
                      p->draws);
  line->rest = BL_DEC_ZERO;
  if (drawn && p->draws[drawn - 1].grant == 0)
    line->rest = p->draws[--drawn].amount;
  lines_take(p, place, drawn);
}

void bl_pay_lines(bl_payment *p) {
  p->paid_count = 0;
  for (size_t i = 0; i < p->line_count; i++) lines_pay(p, i);
}

static int lines_any(const bl_payment *p, const bl_lot *lot) {
  size_t i = 0;

  while (i < p->line_count && !bl_lot_pays_line(lot, &p->lines[i])) i++;
  return i < p->line_count;
}

bl_dec bl_usable(const bl_payment *p, const char asset[BL_ASSET_BYTES]) {
  bl_dec sum = BL_DEC_ZERO;

  for (size_t i = 0; i < p->lot_count; i++) {
    const bl_lot *lot = p->lots[i];

    if (bl_asset_equal(lot->asset, asset) && lines_any(p, lot))
      sum = bl_dec_add(sum, bl_dec_sub(lot->left, lot->held));
  }
  return sum;
}

bl_span bl_grant_active(int64_t effective_us, const int64_t *ends,
                        size_t count) {
  bl_span span = {effective_us, BL_TIME_NEVER};

  for (size_t i = 0; i < count; i++)
    span = bl_span_cut(span, (bl_span){effective_us, ends[i]});
  return span;
}
