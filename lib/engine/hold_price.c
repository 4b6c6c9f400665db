/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * hold_price.c - what an estimate can cost at most.
 *
 *     graduated: 1.00 up to 10, then 2.00; used 4, open holds of 5
 *     estimate 3 at the present total: 4 to 7        3.00
 *     and after the open holds: 9 to 12              5.00, which is held
 *
 * The estimate is rated like an event, but only to know what it would cost: at
 * the present total, and at the total plus what open holds may still add.  The
 * larger is reserved.  Estimates of the same hold that came before count as
 * open holds.
 */
#include "engine/holds.h"
#include "price/price.h"

/* What estimates before this one hold under the key. */
static bl_dec held_before(const bl_hold_draft *d, const bl_tally *tally) {
  bl_dec sum = tally->held;

  for (size_t i = 0; i < d->fact.part_count; i++) {
    const bl_fact_part *part = &d->fact.parts[i];
    if (part->contract == tally->contract->number &&
        part->price == tally->price && part->period == tally->period &&
        bl_str_equal(part->group, tally->group))
      sum = bl_dec_add(sum, part->quantity);
  }
  return sum;
}

static bl_dec hold_between(const bl_price *rate, bl_dec from, bl_dec to) {
  return bl_dec_sub(bl_price_total(rate, to), bl_price_total(rate, from));
}

/* The larger of what a part of a split charge costs now, and once open holds
 * have moved the tiers: of what is at the commit rate, or of the rest. */
static bl_dec worst_split(const bl_hold_draft *d, const bl_split *s,
                          const bl_tally *tally, const bl_fact_charge *charge,
                          bl_dec covered) {
  bl_dec before = bl_dec_add(s->tally->level.total, held_before(d, s->tally));
  bl_dec from, later;

  if (tally == s->tally) {
    from = bl_dec_add(bl_dec_add(s->from, bl_split_quantity(s, before)),
                      covered);
    later = hold_between(s->list, from, bl_dec_add(s->from,
              bl_split_quantity(s, bl_dec_add(before, charge->quantity))));
  } else {
    from = bl_dec_add(bl_dec_add(s->from, s->was), held_before(d, tally));
    later = hold_between(s->commit, from, bl_dec_add(from, covered));
  }
  later = bl_dec_max(charge->amount, later);
  return bl_dec_sign(later) < 0 ? BL_DEC_ZERO : later;
}

/* Without what other periods leave: the holds there may come to use it up. */
static bl_dec worst_alone(const bl_tally *tally, bl_dec held,
                          const bl_price *rate,
                          const bl_fact_charge *charge) {
  const bl_meter *meter = bl_tally_meter(tally);
  bl_dec before = bl_dec_add(tally->level.total, held);
  bl_dec after = bl_dec_add(before, charge->quantity);

  return bl_price_delta(rate, bl_measure_finish(meter, before),
                        bl_measure_finish(meter, after));
}

/* Of free units that roll over: open holds are in the period of the estimate,
 * or in their own. */
static bl_dec worst_rolled(const bl_tally *tally, bl_dec held,
                           const bl_price *rate, const bl_fact_charge *charge,
                           const bl_rate_others *others) {
  const bl_meter *meter = bl_tally_meter(tally);
  bl_dec before = bl_dec_add(bl_dec_add(tally->level.total, held),
                             others->held);
  bl_dec after = bl_dec_add(before, charge->quantity);
  bl_dec later = bl_dec_sub(bl_rate_beyond(meter, rate, others, after),
                            bl_rate_beyond(meter, rate, others, before));

  if (!bl_dec_is_zero(others->held))
    later = bl_dec_max(later, worst_alone(tally, held, rate, charge));
  return bl_dec_max(bl_dec_max(charge->amount, later), BL_DEC_ZERO);
}

/* What one charge of the estimate must reserve. */
static bl_dec worst_amount(const bl_tally *tally, bl_dec held,
                           const bl_price *rate, const bl_fact_charge *charge,
                           const bl_rate_others *others) {
  const bl_meter *meter = bl_tally_meter(tally);
  bl_dec total = bl_dec_add(bl_dec_add(tally->level.total, held),
                            bl_dec_add(others->level, others->held));
  bl_dec after = bl_dec_add(total, charge->quantity);
  bl_dec later, most;

  if (meter->ticks) return BL_DEC_ZERO;
  if (rate->flags & BL_PRICE_BY_EVENT)
    return bl_rate_transaction_most(tally, charge);
  if (others->rolled) return worst_rolled(tally, held, rate, charge, others);
  later = bl_price_delta(rate, bl_measure_finish(meter, total),
                         bl_measure_finish(meter, after));
  most = bl_dec_max(charge->amount, later);
  return bl_dec_sign(most) < 0 ? BL_DEC_ZERO : most;
}

static int add_part(bl_hold_draft *d, const bl_tally *tally,
                    const bl_fact_charge *charge) {
  bl_fact_hold *fact = &d->fact;
  bl_fact_part *part = bl_arena_push(&d->c->arena, (void **)&fact->parts,
                                     &fact->part_count, &d->part_cap,
                                     sizeof *part);

  if (!part) return BILLING_NOMEM;
  *part = (bl_fact_part){tally->contract->number, tally->price, tally->period,
                         tally->group, charge->quantity};
  fact->part_count++;
  return BILLING_OK;
}

/* The other half of a charge that is split; NULL: all is at one rate. */
static const bl_fact_charge *half_of(const bl_hold_draft *d,
                                     const bl_fact_event *fact,
                                     const bl_tally *tally) {
  const bl_tally *commit = bl_tally_commit(tally);

  for (size_t i = 0; i < fact->charge_count; i++)
    if (d->rater.tallies[i] == commit) return &fact->charges[i];
  return NULL;
}

/* What one charge of the estimate must reserve; the part that is drawn at the
 * commit rate stands behind the other. */
static int worst_charge(bl_hold_draft *d, const bl_fact_event *fact,
                        size_t at, bl_dec *out) {
  const bl_tally *tally = d->rater.tallies[at];
  int is_commit = bl_price_is_commit(bl_tally_price(tally));
  const bl_fact_charge *charge = &fact->charges[at];
  const bl_fact_charge *half = is_commit ? charge : half_of(d, fact, tally);
  const bl_price *rate = bl_price_of_group(bl_tally_price(tally),
                                           tally->group);
  bl_rate_others others;
  bl_split s;
  int rc = bl_split_open(d->c, is_commit ? d->rater.tallies[at - 1] : tally,
                         &s);

  if (rc) return rc;
  if (s.commit && !bl_tally_meter(s.tally)->ticks) {
    *out = worst_split(d, &s, tally, charge,
                       half ? half->quantity : BL_DEC_ZERO);
    return BILLING_OK;
  }
  rc = bl_rate_others_of(d->c, tally, rate, &others);
  if (!rc)
    *out = worst_amount(tally, held_before(d, tally), rate, charge, &others);
  return rc;
}

static int reserve_charge(bl_hold_draft *d, const bl_fact_event *fact,
                          size_t at, int64_t time_us, bl_limit_use *asked) {
  const bl_tally *tally = d->rater.tallies[at];
  const bl_fact_charge *charge = &fact->charges[at];
  bl_dec amount;
  bl_use use;
  int rc = worst_charge(d, fact, at, &amount);

  if (!rc) rc = bl_rate_use(&d->rater, tally, time_us, &use);
  if (rc) return rc;
  if (bl_dec_is_bad(amount))
    return bl_fail(d->c->err, BILLING_LIMIT, "/value",
                   "quantities and amounts below 10^20",
                   "the estimate does not fit");
  *asked = bl_limit_use_of(tally->contract, bl_tally_price(tally), amount,
                           charge->quantity);
  rc = add_part(d, tally, charge);
  return rc ? rc : bl_hold_reserve(d, tally->contract, &use, amount);
}

static int check_estimate(bl_call *c, const bl_fact_event *fact) {
  if (fact->flags & BILLING_RECEIPT_UNMATCHED)
    return bl_fail(c->err, BILLING_DENIED_UNMATCHED, "/event",
                   "an event that a meter selects",
                   "no meter wants the estimate");
  if (fact->flags & BILLING_RECEIPT_UNENTITLED)
    return bl_fail(c->err, BILLING_DENIED_UNENTITLED, "/customer",
                   "a contract at the event's time, entitled to the "
                   "price",
                   "the customer is not entitled then");
  if (fact->flags & BILLING_RECEIPT_UNPRICED)
    return bl_fail(c->err, BILLING_DENIED_UNPRICED, "/event",
                   "a contract that prices the meter",
                   "no contract of the customer prices the estimate");
  return BILLING_OK;
}

int bl_hold_estimate(bl_hold_draft *d, const bl_event_in *in) {
  bl_fact_event fact;
  bl_limit_use *uses;
  int rc = bl_rate(&d->rater, in, NULL, &fact);

  if (!rc) rc = check_estimate(d->c, &fact);
  if (rc) return rc;
  uses = bl_arena_array(&d->c->arena, fact.charge_count + 1, sizeof *uses);
  if (!uses) return BILLING_NOMEM;
  for (size_t i = 0; i < fact.charge_count && !rc; i++)
    rc = reserve_charge(d, &fact, i, in->view.time_us, &uses[i]);
  return rc ? rc : bl_limits_wish(d->c, d->customer, &in->view, uses,
                                  fact.charge_count, &d->wishes);
}
