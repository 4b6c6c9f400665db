/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * evaluate_offer.c - the way of one quantity through the kernels of price and
 * of rounding.
 *
 *     3.1415 units at 1.00, 10 % off, at least 2.90
 *     amount 3.1415    rounded 3.14    discount 0.31    net 2.83    due 2.90
 */
#include "engine/evaluate_price.h"

static bl_dec offer_total(const bl_offer_terms *terms, bl_dec raw) {
  return terms->has_transform
           ? bl_transform_quantity(&terms->transform, raw) : raw;
}

/* The running totals before and after this part, as they are priced. */
static bl_run offer_run(const bl_offer_terms *terms) {
  bl_run run = {terms->part, 0, offer_total(terms, terms->used), BL_DEC_ZERO,
                terms->located};
  bl_dec raw = bl_dec_add(terms->used, terms->quantity);

  if (terms->volume_last) run.flags |= BL_RUN_VOLUME_LAST;
  run.after = terms->is_each
                ? bl_dec_add(run.before, offer_total(terms, terms->quantity))
                : offer_total(terms, raw);
  run.before = bl_transform_above(terms->free, run.before);
  run.after  = bl_transform_above(terms->free, run.after);
  return run;
}

/* A figure in money; an asset without places is not rounded. */
bl_dec bl_offer_round(const bl_offer_terms *terms, bl_dec v) {
  return terms->places < 0 ? v : bl_round_due(v, BL_DEC_ZERO, terms->places);
}

/* Whether the document names this figure of a tier: what it leaves out is not
 * shown as a line of its own. */
static int offer_names(const bl_offer_terms *terms, size_t tier,
                       const char *member) {
  const bl_json *node = bl_json_get(terms->price_doc, "tiers");

  if (!node) return strcmp(member, "unit") == 0;
  for (node = bl_json_first(node); node && tier; node = bl_json_next(node))
    tier--;
  if (node && !strcmp(member, "unit") && bl_json_get(node, "rate")) return 1;
  return node && bl_json_get(node, member);
}

static bl_offer_row offer_usage(const bl_run_line *line) {
  bl_dec amount = bl_dec_sub(line->amount, line->flat);

  return (bl_offer_row){"usage", line->tier + 1, line->quantity, line->unit,
                        BL_DEC_ZERO, {amount, BL_DEC_ZERO, amount}};
}

static bl_offer_row offer_flat(const bl_run_line *line) {
  bl_dec one = line->entered < 0 ? bl_dec_neg(line->flat) : line->flat;

  return (bl_offer_row){"flat", line->tier + 1, bl_dec_of_int(line->entered),
                        one, BL_DEC_ZERO,
                        {line->flat, BL_DEC_ZERO, line->flat}};
}

/* The usage of a tier and its flat as rows of their own. */
static void offer_split(const bl_offer_terms *terms, const bl_run_line *line,
                        bl_offer_result *result) {
  int is_volume = terms->price.model == BL_MODEL_VOLUME;
  int has_flat = line->entered && offer_names(terms, line->tier, "flat");
  int has_usage = offer_names(terms, line->tier, "unit") &&
                  !(bl_dec_is_zero(line->quantity) &&
                    (is_volume || line->tier));

  if (has_flat && is_volume) result->rows[result->count++] = offer_flat(line);
  if (has_usage) result->rows[result->count++] = offer_usage(line);
  if (has_flat && !is_volume)
    result->rows[result->count++] = offer_flat(line);
}

static void offer_rows(const bl_offer_terms *terms, const bl_run_line *lines,
                       size_t count, bl_offer_result *result) {
  int is_fee = terms->price.model == BL_MODEL_FLAT;

  result->amount = terms->base;
  if (!bl_dec_is_zero(terms->base))
    result->rows[result->count++] = (bl_offer_row){
      "base", 0, BL_DEC_ONE, terms->base, BL_DEC_ZERO,
      {terms->base, BL_DEC_ZERO, terms->base}};
  for (size_t i = 0; i < count; i++) {
    const bl_run_line *line = &lines[i];

    result->amount = bl_dec_add(result->amount, line->amount);
    if (terms->is_split && !is_fee) {
      offer_split(terms, line, result);
      continue;
    }
    result->rows[result->count++] = (bl_offer_row){
      terms->is_split ? "flat" : NULL, is_fee ? 0 : line->tier + 1,
      line->quantity, line->unit, line->flat,
      {line->amount, BL_DEC_ZERO, line->amount}};
  }
}

static void offer_net(const bl_offer_terms *terms, bl_net *net) {
  bl_dec off = bl_dec_muldiv(net->amount, terms->discount,
                             bl_dec_of_int(100));

  net->amount   = bl_offer_round(terms, net->amount);
  net->discount = bl_offer_round(terms, off);
  net->net      = bl_dec_sub(net->amount, net->discount);
}

/* Rounds, discounts and bounds: nets are the rows' own, or one for all. */
static void offer_bill(const bl_offer_terms *terms, bl_net *nets, size_t count,
                       bl_offer_result *result) {
  int is_topped = (result->run.flags & BL_RUN_LAST) &&
                  !bl_dec_is_bad(terms->minimum);
  bl_dec gap;

  for (size_t i = 0; i < count; i++) offer_net(terms, &nets[i]);
  if (!bl_dec_is_bad(terms->maximum))
    bl_net_cap(terms->maximum, terms->booked, nets, count);
  gap = is_topped ? bl_net_gap(terms->minimum, terms->booked, nets, count)
                  : BL_DEC_ZERO;
  result->due = bl_dec_add(bl_net_sum(nets, count), gap);
  if (terms->by_line)
    for (size_t i = 0; i < count; i++) result->rows[i].net = nets[i];
  if (!bl_dec_is_zero(gap))
    result->rows[result->count++] = (bl_offer_row){
      "minimum", 0, BL_DEC_ONE, gap, BL_DEC_ZERO, {gap, BL_DEC_ZERO, gap}};
}

int bl_offer_decide(const bl_ask *ask, const bl_offer_terms *terms,
                        bl_offer_result *out) {
  size_t tiers = bl_run_tiers(&terms->price);
  bl_part *room = bl_ask_array(ask, 2 * tiers, sizeof *room);
  bl_run_line *lines = bl_ask_array(ask, tiers, sizeof *lines);
  bl_net *nets = bl_ask_array(ask, 2 * tiers + 1, sizeof *nets);
  bl_offer_result result = {offer_run(terms), NULL, 0, BL_DEC_ZERO,
                            BL_DEC_ZERO};
  size_t count;

  result.rows = bl_ask_array(ask, 2 * tiers + 2, sizeof *result.rows);
  if (ask->top.arena->failed) return bl_reader_nomem(&ask->top);
  count = bl_run_lines(&terms->price, &result.run, room, lines);
  offer_rows(terms, lines, count, &result);
  for (size_t i = 0; i < result.count; i++) nets[i] = result.rows[i].net;
  count = result.count;
  if (!terms->by_line) {
    nets[0] = (bl_net){result.amount, BL_DEC_ZERO, result.amount};
    count = 1;
  }
  offer_bill(terms, nets, count, &result);
  if (bl_dec_is_bad(result.run.after)) result.due = BL_DEC_BAD;
  *out = result;
  return BILLING_OK;
}
