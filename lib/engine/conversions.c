/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * conversions.c - what is open in other assets than the invoice's; see
 * conversions.h.
 *
 *     an invoice in USD; a token is 0.25 USD, and 0.20 since 1 February
 *
 *     1  tokens of January      300 tok   100 of it drawn   due 0, see 3
 *     2  images of January     0.42 tok                     due 0, see 3
 *     3  tok to USD          200.42 tok   at 0.25: 50.105   due 50.11 USD
 *
 * What is open is carried on exactly as it is, and rounded once, on the line
 * of its conversion.  Usage and fees in arrears go by the rate of the last
 * moment of their period, fees in advance by that of its first: so what comes
 * late to a period goes by the rate of the rest of it.
 */
#include "engine/conversions.h"

#include "engine/entry.h"
#include "invoice/invoice.h"
#include "price/exchange.h"

static const bl_price *conversion_price(const bl_contract *contract,
                                        const bl_fact_line *line) {
  return &contract->plan->plan.prices[line->price];
}

/* Whether the line is the one that another one goes on to. */
static int conversion_takes(const bl_contract *contract,
                            const bl_fact_line *conversion,
                            const bl_fact_line *line, const bl_exchange *by) {
  return conversion->into[0] && conversion->period == line->period &&
         bl_asset_equal(conversion_price(contract, conversion)->asset,
                        conversion_price(contract, line)->asset) &&
         conversion->since_us == by->rate->since_us &&
         bl_dec_equal(conversion->rate, by->rate->rate) &&
         conversion->is_inverse == (uint64_t)by->is_inverse;
}

static bl_fact_line *conversion_make(bl_call *c, const bl_contract *contract,
                                     bl_fact_invoice *fact, size_t *cap,
                                     size_t of, const bl_exchange *by) {
  bl_fact_line *line = bl_arena_push(&c->arena, (void **)&fact->lines,
                                     &fact->line_count, cap, sizeof *line);

  if (!line) return NULL;
  fact->line_count++;
  *line = (bl_fact_line){.price = fact->lines[of].price,
                         .period = fact->lines[of].period,
                         .is_late = fact->lines[of].is_late,
                         .numerator = 1, .denominator = 1,
                         .rate = by->rate->rate,
                         .since_us = by->rate->since_us,
                         .is_inverse = (uint64_t)by->is_inverse};
  memcpy(line->into, contract->terms.invoice_currency, sizeof line->into);
  return line;
}

/* The rate for a line; none: what is open stays so in its own asset. */
static int conversion_find(const bl_call *c, const bl_contract *contract,
                           const bl_fact_line *line, bl_exchange *by) {
  const bl_price *price = conversion_price(contract, line);
  bl_span span = contract->periods[line->period].span;
  int is_ahead = bl_price_is_fee(price) &&
                 price->timing == BL_TIMING_ADVANCE;

  return !bl_dec_equal(line->amount, line->drawn) &&
         bl_exchange_find(c->t->terms.rates.item, c->t->terms.rates.count,
                          price->asset, contract->terms.invoice_currency,
                          is_ahead ? span.from_us : span.to_us - 1, by) &&
         by->rate;
}

static int conversion_carry(bl_call *c, const bl_contract *contract,
                            bl_fact_invoice *fact, size_t *cap, size_t at) {
  bl_exchange by;
  bl_fact_line *line = &fact->lines[at], *on = NULL;

  if (!conversion_find(c, contract, line, &by)) return BILLING_OK;
  for (size_t i = at + 1; i < fact->line_count && !on; i++)
    if (conversion_takes(contract, &fact->lines[i], line, &by))
      on = &fact->lines[i];
  if (!on) on = conversion_make(c, contract, fact, cap, at, &by);
  if (!on) return BILLING_NOMEM;
  line = &fact->lines[at];
  line->converted = (uint64_t)(on - fact->lines) + 1;
  line->due = BL_DEC_ZERO;
  on->quantity = bl_dec_add(on->quantity,
                            bl_dec_sub(line->amount, line->drawn));
  return BILLING_OK;
}

static int conversion_round(bl_fact_line *line) {
  bl_exchange_rate rate = {.rate = line->rate};
  bl_exchange by = {&rate, (int)line->is_inverse};

  line->amount = bl_exchange_amount(&by, line->quantity);
  line->due = bl_round_due(line->amount, BL_DEC_ZERO,
                           bl_asset_places(line->into));
  return bl_dec_is_bad(line->due) ? BILLING_LIMIT : BILLING_OK;
}

int bl_conversions_add(bl_call *c, const bl_contract *contract,
                       bl_fact_invoice *fact, size_t *cap) {
  size_t count = fact->line_count;
  int rc = BILLING_OK;

  if (!contract->terms.invoice_currency[0]) return BILLING_OK;
  for (size_t i = 0; i < count && !rc; i++)
    rc = conversion_carry(c, contract, fact, cap, i);
  for (size_t i = count; i < fact->line_count && !rc; i++)
    rc = conversion_round(&fact->lines[i]);
  return rc;
}

/* ---- documents ---- */

int bl_conversions_check(bl_call *c, const bl_plan *plan,
                         const bl_contract_terms *terms, const char *path) {
  const bl_exchange_rates *rates = &c->t->terms.rates;
  const char *into = terms->invoice_currency;
  int64_t at_us = terms->start_us > c->now_us ? terms->start_us : c->now_us;
  bl_exchange by;

  for (size_t i = 0; into[0] && i < plan->price_count; i++) {
    const char *asset = plan->prices[i].asset;
    if (!bl_exchange_find(rates->item, rates->count, asset, into, at_us, &by))
      return bl_fail_at(c->err, BILLING_INVALID, path, "invoice_currency",
                        "give the tenant a rate between them that has begun",
                        "there is no rate from %s to %s", asset, into);
  }
  return BILLING_OK;
}

/* Whether a rate that was in force at a moment of the past is so still. */
static int conversion_keeps(const bl_exchange_rates *was,
                            const bl_exchange_rates *now, const char *from,
                            const char *to, int64_t at_us) {
  bl_exchange then, later;

  if (!bl_exchange_find(was->item, was->count, from, to, at_us, &then))
    return 1;
  return bl_exchange_find(now->item, now->count, from, to, at_us, &later) &&
         then.is_inverse == later.is_inverse &&
         then.rate->since_us == later.rate->since_us &&
         bl_dec_equal(then.rate->rate, later.rate->rate);
}

/* Rates only change when one begins: of any list. */
static int conversion_check(bl_call *c, const bl_exchange_rates *list,
                            const bl_exchange_rates *now, const char *path) {
  const bl_exchange_rates *was = &c->t->terms.rates;

  for (size_t i = 0; i < list->count; i++) {
    const bl_exchange_rate *rate = &list->item[i];
    if (rate->since_us < c->now_us &&
        !(conversion_keeps(was, now, rate->from, rate->to, rate->since_us) &&
          conversion_keeps(was, now, rate->to, rate->from, rate->since_us)))
      return bl_fail_at(c->err, BILLING_CONFLICT, path, "rates",
                        "leave it, and add one that begins later",
                        "the rate from %s to %s has been in force",
                        rate->from, rate->to);
  }
  return BILLING_OK;
}

int bl_conversions_keep(bl_call *c, const bl_exchange_rates *now,
                        const char *path) {
  int rc = conversion_check(c, &c->t->terms.rates, now, path);

  return rc ? rc : conversion_check(c, now, now, path);
}

/* ---- explain ---- */

int bl_conversion_explain(const bl_contract *contract,
                          const bl_fact_invoice *fact, size_t at,
                          bl_json *tree) {
  const bl_fact_line *line = &fact->lines[at];
  bl_json *list;

  bl_json_add_c(tree, "from", conversion_price(contract, line)->asset);
  bl_json_add_dec(tree, "rate", line->rate);
  bl_json_add_bool(tree, "inverse", line->is_inverse != 0);
  if (line->since_us != INT64_MIN)
    bl_json_add_time(tree, "since", line->since_us);
  list = bl_json_array(tree, "lines");
  for (size_t i = 0; i < fact->line_count; i++) {
    const bl_fact_line *of = &fact->lines[i];
    bl_json *row;
    if (of->converted != at + 1) continue;
    row = bl_json_object(list, NULL);
    bl_json_add_int(row, "line", (int64_t)i + 1);
    bl_json_add_text(row, "price", conversion_price(contract, of)->id);
    if (!bl_json_add_dec(row, "amount", bl_dec_sub(of->amount, of->drawn)))
      return BILLING_NOMEM;
  }
  return list ? BILLING_OK : BILLING_NOMEM;
}
