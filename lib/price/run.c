/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * run.c - one part of a billing period, rated by the running total.
 *
 *     tiers   (0..5] flat 100     (5..10] flat 50     (10..) 5 a unit
 *     part    running total       adds
 *     first   0 ->  3             flat of tier 1                       100
 *     middle  3 ->  7             flat of tier 2                        50
 *     last    7 -> 12             2 units of tier 3                     10
 *             whole: 0 -> 12      100 + 50 + 2 * 5                     160
 *
 * What a part adds is the price of the total after it less the price of the
 * total before it, tier by tier, so parts add up to the whole however a period
 * is cut.  The first part has nothing before it: what is due at zero usage is
 * due in it.  A total that falls gives back what it had added.
 */
#include "price/run.h"

#include "price/models.h"

size_t bl_run_tiers(const bl_price *price) {
  return price->tier_count ? price->tier_count : 1;
}

/* Tier one at zero units, which is entered when its flat is due there. */
static size_t run_at_zero(const bl_price *price, bl_part *parts) {
  const bl_tier *first = price->tiers;

  if (!(price->flags & BL_PRICE_FLAT_AT_ZERO)) return 0;
  parts[0] = (bl_part){0, BL_DEC_ZERO, first->unit, first->flat, first->flat};
  if (price->flags & BL_PRICE_HAS_MAXIMUM)
    parts[0].amount = bl_dec_min(first->flat, price->maximum);
  return 1;
}

/* The parts of a total; none when nothing was rated so far. */
static size_t run_parts(const bl_price *price, int is_rated, bl_dec total,
                        bl_part *parts) {
  if (!is_rated) return 0;
  if (bl_dec_is_zero(total)) return run_at_zero(price, parts);
  return bl_price_parts(price, total, parts);
}

/* All units at the tier that another quantity chooses. */
static size_t run_located(const bl_price *price, const bl_run *run,
                          bl_part *parts) {
  size_t count = run_parts(price, 1, run->located, parts);

  for (size_t i = 0; i < count; i++) {
    bl_part *p = &parts[i];

    *p = bl_part_of(price, p->tier, run->after, p->flat);
  }
  return count;
}

/* The part of a tier, or one that is empty. */
static bl_part run_part_of(const bl_part *parts, size_t count, size_t tier,
                           int *is_there) {
  bl_part none = {tier, BL_DEC_ZERO, BL_DEC_ZERO, BL_DEC_ZERO, BL_DEC_ZERO};

  for (size_t i = 0; i < count; i++) {
    if (parts[i].tier != tier) continue;
    *is_there = 1;
    return parts[i];
  }
  *is_there = 0;
  return none;
}

/* The difference in one tier; 0 when there is none to show. */
static int run_line(bl_part before, int was, bl_part after, int is,
                    bl_run_line *out) {
  int at_zero = is && after.tier == 0 && bl_dec_is_zero(after.quantity);

  *out = (bl_run_line){after.tier, is - was, 0,
                       bl_dec_sub(after.quantity, before.quantity),
                       is ? after.unit : before.unit,
                       bl_dec_sub(after.flat, before.flat),
                       bl_dec_sub(after.amount, before.amount)};
  return is != was || at_zero || !bl_dec_is_zero(out->quantity);
}

/* A recurring fee is due once, in advance or in arrears. */
static size_t run_fee(const bl_price *price, const bl_run *run,
                      bl_run_line *lines) {
  uint32_t due = price->timing == BL_TIMING_ADVANCE ? BL_RUN_FIRST
                                                    : BL_RUN_LAST;
  bl_dec quantity = bl_dec_sub(run->after, run->before);

  if (!(run->flags & due)) return 0;
  lines[0] = (bl_run_line){0, 0, 0, quantity, price->amount, BL_DEC_ZERO,
                           bl_price_fee(price, quantity, 1, 1)};
  return 1;
}

size_t bl_run_lines(const bl_price *price, const bl_run *run, bl_part *room,
                    bl_run_line *lines) {
  size_t tiers = bl_run_tiers(price), made = 0, before, after;
  int waits = price->model == BL_MODEL_VOLUME &&
              (run->flags & BL_RUN_VOLUME_LAST);
  int is_first = (run->flags & BL_RUN_FIRST) && bl_dec_is_zero(run->before);
  int is_located = price->model == BL_MODEL_VOLUME &&
                   !bl_dec_is_bad(run->located);

  if (price->model == BL_MODEL_FLAT) return run_fee(price, run, lines);
  if (waits && !(run->flags & BL_RUN_LAST)) return 0;
  before = run_parts(price, !waits && !is_first && !is_located, run->before,
                     room);
  after = is_located ? run_located(price, run, room + tiers)
                     : run_parts(price, 1, run->after, room + tiers);
  assert(before <= tiers && after <= tiers);
  for (size_t tier = 0; tier < tiers; tier++) {
    int was, is;
    bl_part old = run_part_of(room, before, tier, &was);
    bl_part new = run_part_of(room + tiers, after, tier, &is);

    if (was | is) made += (size_t)run_line(old, was, new, is, &lines[made]);
  }
  return made;
}
