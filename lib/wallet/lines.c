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

int bl_lot_pays_line(const bl_lot *lot, const bl_due *line) {
  bl_use last = line->use;

  assert(line->use.time_us <= line->last_us);
  last.time_us = line->last_us;
  return !line->is_fixed && bl_lot_pays(lot, &line->use) &&
         bl_lot_pays(lot, &last);
}

/* Takes the draws off the lots; both are in the order of the lots. */
static size_t lines_take(bl_lot *const *lots, size_t lot_count,
                         const bl_draw *draws, size_t count, size_t line,
                         bl_paid *paid) {
  size_t made = 0;

  for (size_t i = 0; i < lot_count && made < count; i++) {
    if (lots[i]->number != draws[made].grant) continue;
    lots[i]->left = bl_dec_sub(lots[i]->left, draws[made].amount);
    paid[made] = (bl_paid){i, line, draws[made].amount};
    made++;
  }
  return made;
}

/* The lots that may pay the line, and have something. */
static size_t lines_lots(bl_lot *const *lots, size_t lot_count,
                         const bl_due *line, bl_lot **room) {
  size_t count = 0;

  for (size_t i = 0; i < lot_count; i++)
    if (bl_lot_pays_line(lots[i], line)) room[count++] = lots[i];
  return count;
}

size_t bl_pay_lines(bl_lot *const *lots, size_t lot_count, bl_due *lines,
                    size_t line_count, bl_lot **room, bl_draw *draws,
                    bl_paid *paid) {
  size_t made = 0;

  for (size_t i = 0; i < line_count; i++) {
    bl_due *line = &lines[i];
    size_t drawn;

    line->rest = line->amount;
    if (bl_dec_sign(line->amount) <= 0) continue;
    drawn = bl_burndown(room, lines_lots(lots, lot_count, line, room),
                        &line->use, line->amount, draws);
    line->rest = BL_DEC_ZERO;
    if (drawn && draws[drawn - 1].grant == 0)
      line->rest = draws[--drawn].amount;
    made += lines_take(lots, lot_count, draws, drawn, i, paid + made);
    assert(made <= lot_count + line_count);
  }
  return made;
}

bl_dec bl_usable(bl_lot *const *lots, size_t lot_count, const bl_due *lines,
                 size_t line_count) {
  bl_dec sum = BL_DEC_ZERO;

  for (size_t i = 0; i < lot_count; i++) {
    size_t line = 0;

    while (line < line_count && !bl_lot_pays_line(lots[i], &lines[line]))
      line++;
    if (line == line_count) continue;
    sum = bl_dec_add(sum, bl_dec_sub(lots[i]->left, lots[i]->held));
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
