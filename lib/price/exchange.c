/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * exchange.c - an amount of one asset in another.
 *
 *     rates    one token is 0.25 USD    always
 *              one token is 0.20 USD    since 1 March
 *              one EUR   is 1.10 USD    always
 *
 *     300 tokens on 28 February are 75 USD, on 1 March 60 USD.
 *     2.20 USD are 2 EUR: the rate turned round, so divided by.
 *     1 USD is 0.909090909090909091 EUR: half even at 10^-18, once.
 *
 * Rates are not chained: from tokens by way of USD to EUR needs a rate of its
 * own, because nobody declared what rounding would lie between.
 */
#include "price/exchange.h"

/* Whether a rate began no earlier than the best so far. */
static int exchange_is_later(const bl_exchange_rate *rate,
                             const bl_exchange_rate *best) {
  return !best || rate->since_us >= best->since_us;
}

static const bl_exchange_rate *exchange_best(const bl_exchange_rate *rates,
                                             size_t count, const char *from,
                                             const char *to, int64_t at_us) {
  const bl_exchange_rate *best = NULL;

  for (size_t i = 0; i < count; i++)
    if (bl_asset_equal(rates[i].from, from) &&
        bl_asset_equal(rates[i].to, to) && rates[i].since_us <= at_us &&
        exchange_is_later(&rates[i], best))
      best = &rates[i];
  return best;
}

int bl_exchange_find(const bl_exchange_rate *rates, size_t count,
                     const char from[BL_ASSET_BYTES],
                     const char to[BL_ASSET_BYTES], int64_t at_us,
                     bl_exchange *out) {
  *out = (bl_exchange){NULL, 0};
  if (bl_asset_equal(from, to)) return 1;
  out->rate = exchange_best(rates, count, from, to, at_us);
  if (out->rate) return 1;
  out->rate = exchange_best(rates, count, to, from, at_us);
  out->is_inverse = out->rate != NULL;
  return out->is_inverse;
}

bl_dec bl_exchange_amount(const bl_exchange *exchange, bl_dec amount) {
  if (!exchange->rate) return amount;
  return exchange->is_inverse ? bl_dec_div(amount, exchange->rate->rate)
                              : bl_dec_mul(amount, exchange->rate->rate);
}
