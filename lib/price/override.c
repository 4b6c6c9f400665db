/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * override.c - which one override prices a line.  They never stack.
 *
 *     list price 10      half     a multiplier of 0.5
 *                        six      an overwrite of 6
 *                        tenth    a multiplier of 0.9 while grant A is drawn
 *     while A is drawn   9, by tenth: outranks six and half
 *     otherwise          6, by six: outranks half
 *
 * An override that needs a drawn grant comes before one that does not, then an
 * overwrite before a multiplier.  Of several overwrites the last added wins,
 * of several multipliers the lowest, or by priority; the first of equals.
 * Whether a line is charged at all is asked apart: of several entitlements the
 * last added wins.
 */
#include "price/terms.h"

const char *const bl_why_words[] = {
  [BL_WHY_WINS]       = "wins",
  [BL_WHY_OTHER_KIND] = "says something else",
  [BL_WHY_OTHER_LINE] = "is for other lines",
  [BL_WHY_EXCEPTED]   = "excepts this line",
  [BL_WHY_OTHER_TIME] = "is for another time",
  [BL_WHY_OTHER_RATE] = "changes the other rate",
  [BL_WHY_NOT_DRAWN]  = "needs a grant that is not drawn",
  [BL_WHY_OUTRANKED]  = "is outranked",
  [BL_WHY_UNFIT]      = "does not fit this price",
  NULL
};

static int target_fits(const bl_target *target, const bl_rated_line *line) {
  if (target->price.len && !bl_str_equal(target->price, line->price))
    return 0;
  return bl_words_have_all(&line->tags, &target->tags) &&
         bl_named_within(&target->values, &line->values);
}

static int target_fits_any(const bl_target *targets, size_t count,
                           const bl_rated_line *line) {
  for (size_t i = 0; i < count; i++)
    if (target_fits(&targets[i], line)) return 1;
  return 0;
}

/* The short form is a price, or any of some tags; nothing is everything. */
static int override_is_for(const bl_override *o, const bl_rated_line *line) {
  if (o->target_count) return target_fits_any(o->targets, o->target_count,
                                              line);
  if (!o->price.len && !o->tags.count) return 1;
  return (o->price.len && bl_str_equal(o->price, line->price)) ||
         bl_words_have_any(&line->tags, &o->tags);
}

int bl_override_touches(const bl_override *o, const bl_price *price) {
  bl_words tags = {price->tags, price->tag_count};

  if (price->closing > BL_CLOSING_COMPOSITE) return 0;
  if (o->of == BL_RATE_COMMIT && !price->beside) return 0;
  if (!o->target_count && !o->price.len && !o->tags.count) return 1;
  if (o->price.len && bl_str_equal(o->price, price->id)) return 1;
  if (bl_words_have_any(&tags, &o->tags)) return 1;
  for (size_t i = 0; i < o->target_count; i++) {
    const bl_target *target = &o->targets[i];
    if ((!target->price.len || bl_str_equal(target->price, price->id)) &&
        bl_words_have_all(&tags, &target->tags))
      return 1;
  }
  return 0;
}

uint32_t bl_rate_of(const bl_rated_line *line, const bl_drawing *drawing) {
  int has_commit = !bl_dec_is_bad(line->commit_unit);

  return drawing->is_drawn && drawing->rate == BL_RATE_COMMIT && has_commit
           ? BL_RATE_COMMIT : BL_RATE_LIST;
}

static uint32_t override_why(const bl_override *o, const bl_rated_line *line,
                             const bl_drawing *drawing) {
  if ((o->kind == BL_OVERRIDE_ENTITLEMENT) != (line->asks_entitlement != 0))
    return BL_WHY_OTHER_KIND;
  if (!override_is_for(o, line)) return BL_WHY_OTHER_LINE;
  if (target_fits_any(o->excepts, o->except_count, line))
    return BL_WHY_EXCEPTED;
  if (!bl_span_holds(o->span, line->at)) return BL_WHY_OTHER_TIME;
  if (o->of != bl_rate_of(line, drawing)) return BL_WHY_OTHER_RATE;
  if (o->by_grant && !drawing->is_drawn) return BL_WHY_NOT_DRAWN;
  if (o->by_grant && o->grants.count &&
      !bl_words_have(&o->grants, drawing->id))
    return BL_WHY_NOT_DRAWN;
  return BL_WHY_WINS;
}

/* Of these the last added wins. */
static int override_replaces(const bl_override *o) {
  return o->kind == BL_OVERRIDE_OVERWRITE ||
         o->kind == BL_OVERRIDE_ENTITLEMENT;
}

/* Lower comes first. */
static int override_rank(const bl_override *o) {
  return (o->by_grant ? 0 : 2) + (override_replaces(o) ? 0 : 1);
}

static bl_dec override_factor(const bl_override *o) {
  return o->kind == BL_OVERRIDE_TIERED ? o->tiers[0].unit : o->factor;
}

/* Whether a later one in the list takes the place of the best so far. */
static int override_is_better(const bl_override *o, const bl_override *best,
                              int by_priority) {
  int rank = override_rank(o), other = override_rank(best);

  if (rank != other) return rank < other;
  if (override_replaces(o)) return 1;
  if (by_priority) return o->priority < best->priority;
  return bl_dec_less(override_factor(o), override_factor(best));
}

const bl_override *bl_override_choose(const bl_override *overrides,
                                      size_t count, const bl_rated_line *line,
                                      const bl_drawing *drawing,
                                      int by_priority, uint32_t *why) {
  const bl_override *best = NULL;

  for (size_t i = 0; i < count; i++) {
    why[i] = override_why(&overrides[i], line, drawing);
    if (why[i] != BL_WHY_WINS) continue;
    if (best && !override_is_better(&overrides[i], best, by_priority)) {
      why[i] = BL_WHY_OUTRANKED;
      continue;
    }
    if (best) why[best - overrides] = BL_WHY_OUTRANKED;
    best = &overrides[i];
  }
  return best;
}
