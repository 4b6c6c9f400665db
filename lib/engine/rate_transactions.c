/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * rate_transactions.c - percentages of single transactions, in their order of
 * arrival.
 *
 *     2.9 % and 0.30 each, the first two free
 *     100, 50, 10       0 + 0 + 0.59
 *     the 50 is voided: 100 and 10 are the first two, 0.59 go back
 *
 * What is left of the free ones follows from how many came and what they add
 * up to, which the level says.  Only that they have ended must be kept: a
 * refund lowers the sum again.  The level's time says so, which a sum does not
 * need: that of the transaction that ended them.
 */
#include "engine/rate.h"
#include "engine/samples.h"
#include "price/transactions.h"

static const bl_price *transactions_price(const bl_tally *tally) {
  return bl_price_of_group(bl_tally_price(tally), tally->group);
}

static int transactions_are_free(const bl_price *price) {
  return price->free_events > 0 || bl_dec_sign(price->free) > 0;
}

/* One more on top of a level; the level's time is set when the free ones end
 * with it. */
bl_dec bl_rate_transaction_next(const bl_price *price, const bl_meter *meter,
                                const bl_sample *sample, bl_level *level) {
  bl_dec value = bl_measure_finish(meter, sample->quantity);
  bl_allowance left;
  bl_dec amount;

  bl_allowance_after(&left, price, level->events,
                     bl_measure_finish(meter, level->total),
                     level->at_us != 0);
  amount = bl_transaction_price(price, &left, value);
  level->total = bl_dec_add(level->total, sample->quantity);
  level->events++;
  if (!level->at_us && transactions_are_free(price) &&
      !bl_allowance_holds(&left))
    level->at_us = sample->time_us;
  return amount;
}

bl_dec bl_rate_transaction(const bl_tally *tally, const bl_price *price,
                           const bl_sample *sample, bl_fact_charge *charge) {
  bl_level level = tally->level;
  bl_dec amount = bl_rate_transaction_next(price, bl_tally_meter(tally),
                                           sample, &level);

  if (level.at_us != tally->level.at_us) charge->at_us = level.at_us;
  return amount;
}

/* What is held may use up what is free. */
bl_dec bl_rate_transaction_most(const bl_tally *tally,
                                const bl_fact_charge *charge) {
  const bl_price *price = transactions_price(tally);
  bl_dec value = bl_measure_finish(bl_tally_meter(tally), charge->sample);
  bl_dec most = charge->amount;
  bl_allowance left;

  bl_allowance_open(&left, price, 0);
  left.is_over = 1;
  if (!bl_dec_is_zero(tally->held))
    most = bl_dec_max(most, bl_transaction_price(price, &left, value));
  return bl_dec_is_bad(most) ? most : bl_dec_max(most, BL_DEC_ZERO);
}

/* ---- without one of them ---- */

typedef struct transactions_but {
  const bl_tally *tally;
  uint64_t        number;      /* of the event that goes */
  bl_level        level;       /* of the others so far */
  bl_dec          total;       /* what they cost */
} transactions_but;

static int transactions_take(void *user, const bl_fact_key *key,
                             const bl_sample *sample) {
  transactions_but *b = user;
  const bl_tally *tally = b->tally;

  if (key->contract != tally->contract->number ||
      key->price != tally->price || key->period != tally->period ||
      !bl_str_equal(key->group, tally->group) || sample->number == b->number)
    return BILLING_OK;
  b->total = bl_dec_add(
      b->total, bl_rate_transaction_next(transactions_price(tally),
                                         bl_tally_meter(tally), sample,
                                         &b->level));
  return BILLING_OK;
}

int bl_rate_transactions_but(bl_call *c, const bl_tally *tally,
                             const bl_fact_charge *gone, uint64_t number,
                             int64_t *ended_us, bl_dec *total) {
  const bl_contract *contract = tally->contract;
  const bl_price *price = transactions_price(tally);
  bl_sample sample = {.quantity = gone->sample};
  transactions_but b = {.tally = tally, .number = number};
  bl_level one = {0};
  int rc;

  if (!transactions_are_free(price)) {
    *total = bl_dec_sub(
        tally->amount, bl_rate_transaction_next(price, bl_tally_meter(tally),
                                                &sample, &one));
    return BILLING_OK;
  }
  rc = bl_samples_walk(c, contract->customer,
                       contract->periods[tally->period].span,
                       transactions_take, &b);
  *ended_us = b.level.at_us;
  *total = b.total;
  return rc;
}
