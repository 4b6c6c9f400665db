/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * same.c - whether a price of one version of a plan goes on in the next.
 *
 *     calls at 0.10 each, and calls at 0.10 each under another name: the same
 *     calls at 0.10 each, and calls at 0.12 each: not
 *
 * A name is for people and makes no difference.
 */
#include "price/terms.h"

static int same_texts(const bl_str *a, size_t a_count, const bl_str *b,
                      size_t b_count) {
  if (a_count != b_count) return 0;
  for (size_t i = 0; i < a_count; i++)
    if (!bl_str_equal(a[i], b[i])) return 0;
  return 1;
}

static int same_tiers(const bl_price *a, const bl_price *b) {
  if (a->tier_count != b->tier_count) return 0;
  for (size_t i = 0; i < a->tier_count; i++) {
    const bl_tier *one = &a->tiers[i], *other = &b->tiers[i];
    if (!bl_dec_equal(one->up_to, other->up_to) ||
        !bl_dec_equal(one->unit, other->unit) ||
        !bl_dec_equal(one->flat, other->flat) ||
        !bl_dec_equal(one->package, other->package))
      return 0;
  }
  return 1;
}

static int same_terms(const bl_price *a, const bl_price *b) {
  return a->model == b->model && a->flags == b->flags &&
         bl_asset_equal(a->asset, b->asset) && bl_dec_equal(a->per, b->per) &&
         bl_dec_equal(a->amount, b->amount) &&
         bl_str_equal(a->quantity, b->quantity) && a->timing == b->timing &&
         a->proration == b->proration && bl_dec_equal(a->free, b->free) &&
         bl_dec_equal(a->maximum, b->maximum) &&
         bl_dec_equal(a->fixed, b->fixed) &&
         bl_dec_equal(a->least, b->least) && bl_dec_equal(a->most, b->most) &&
         a->free_events == b->free_events && a->partial == b->partial &&
         a->tiers_by == b->tiers_by &&
         a->roll_periods == b->roll_periods &&
         bl_dec_equal(a->roll_most, b->roll_most);
}

static int same_rates(const bl_price *a, const bl_price *b) {
  if (a->rate_count != b->rate_count) return 0;
  for (size_t i = 0; i < a->rate_count; i++) {
    const bl_rate_row *one = &a->rates[i], *other = &b->rates[i];
    if (!same_terms(one->price, other->price) ||
        !same_tiers(one->price, other->price))
      return 0;
    for (size_t k = 0; k < a->group_count; k++)
      if (!one->cells[k].text.text != !other->cells[k].text.text ||
          !bl_str_equal(one->cells[k].text, other->cells[k].text))
        return 0;
  }
  return 1;
}

/* Of what is known once others are. */
static int same_spend(const bl_price *a, const bl_price *b) {
  const bl_spend_of *one = a->of, *other = b->of;

  if (a->closing != b->closing || !one != !other ||
      a->bound.is_set != b->bound.is_set ||
      a->bound.proration != b->bound.proration ||
      !bl_dec_equal(a->bound.amount, b->bound.amount))
    return 0;
  return !one || (same_texts(one->prices, one->price_count, other->prices,
                             other->price_count) &&
                  same_texts(one->tags, one->tag_count, other->tags,
                             other->tag_count) &&
                  one->with_composites == other->with_composites &&
                  one->without_free == other->without_free);
}

static int same_alone(const bl_price *a, const bl_price *b) {
  return bl_str_equal(a->id, b->id) && bl_str_equal(a->meter, b->meter) &&
         same_texts(a->groups, a->group_count, b->groups, b->group_count) &&
         same_texts(a->tags, a->tag_count, b->tags, b->tag_count) &&
         same_spend(a, b) &&
         bl_filters_equal(a->filters, a->filter_count, b->filters,
                          b->filter_count) &&
         same_terms(a, b) && same_tiers(a, b) && same_rates(a, b);
}

/* A price and its commit rate go on together, or neither does. */
int bl_price_same(const bl_price *a, const bl_price *b) {
  return same_alone(a, b) && !a->beside == !b->beside &&
         (!a->beside || same_alone(a->beside, b->beside));
}
