/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* fees.c - see fees.h. */
#include "engine/fees.h"

#include "engine/index.h"
#include "engine/timeline.h"
#include "price/price.h"

/* ---- what a fee comes to ---- */

/* How many there are of what the fee of a place counts.  What is dated does
 * not change within an interval. */
static const bl_quantity *fee_step(const bl_contract *contract, size_t at) {
  const bl_plan_version *plan = contract->plan;
  int64_t us = plan->intervals ? plan->intervals[at].was.span.from_us
                               : contract->terms.start_us;

  return bl_quantity_at(&contract->terms, plan->plan.prices[at].quantity, us);
}

static bl_dec fee_quantity(const bl_contract *contract, size_t at) {
  const bl_quantity *step = fee_step(contract, at);

  if (!contract->plan->plan.prices[at].quantity.len) return BL_DEC_ONE;
  return step ? step->value : BL_DEC_ZERO;
}

/* The part of a period that a fee is for: of its interval; a fee that is not
 * prorated is due whole, once a period. */
static bl_span fee_span(const bl_contract *contract, size_t price,
                        uint64_t period) {
  const bl_plan_version *plan = contract->plan;
  bl_span whole = contract->periods[period].span, none = {0, 0};

  if (!plan->intervals) return whole;
  if (plan->intervals[price].is_off) return none;
  if (plan->plan.prices[price].proration == BL_PRORATE_NONE)
    return bl_timeline_leads(plan, price, whole) ? whole : none;
  return bl_span_cut(plan->intervals[price].was.span, whole);
}

static int fee_of(const bl_contract *contract, size_t at, uint64_t period,
                  bl_dec quantity, bl_fact_line *out) {
  const bl_price *price = &contract->plan->plan.prices[at];
  bl_span span = fee_span(contract, at, period);

  if (bl_dec_is_zero(quantity) || bl_span_is_empty(span)) return 0;
  *out = (bl_fact_line){.is_fee = 1, .price = at, .period = period,
                        .quantity = quantity};
  bl_prorate(price->proration, span, contract->periods[period].full,
             contract->zone, &out->numerator, &out->denominator);
  out->amount = bl_price_fee(price, quantity, out->numerator,
                             out->denominator);
  return 1;
}

int bl_fee_line(const bl_contract *contract, size_t at, uint64_t period,
                bl_fact_line *out) {
  return fee_of(contract, at, period, fee_quantity(contract, at), out);
}

/* ---- what was billed ---- */

static int fees_keep(bl_call *c, const bl_contract *contract,
                     const bl_fact_line *line, bl_fees *out) {
  bl_fee *fee;

  if (!line->is_fee || contract->plan->meters[line->price]) return BILLING_OK;
  fee = bl_arena_push(&c->arena, (void **)&out->item, &out->count, &out->cap,
                      sizeof *fee);
  if (!fee) return BILLING_NOMEM;
  *fee = (bl_fee){line->price, line->period, line->quantity, line->amount};
  out->count++;
  return BILLING_OK;
}

static int fees_keep_bill(bl_call *c, const bl_fact_invoice *fact, int64_t seq,
                          bl_fees *out) {
  bl_fee_bill *bill = bl_arena_push(&c->arena, (void **)&out->bills,
                                    &out->bill_count, &out->bill_cap,
                                    sizeof *bill);

  if (!bill) return BILLING_NOMEM;
  *bill = (bl_fee_bill){seq, fact->closes, fact->advances};
  out->bill_count++;
  return BILLING_OK;
}

static int fees_read(bl_call *c, const bl_contract *contract, int64_t seq,
                     bl_fees *out) {
  bl_entry_facts facts;
  int rc = bl_journal_facts(c, seq, &c->arena, &facts);

  if (rc) return rc;
  if (facts.invoice.contract != contract->number) return BILLING_OK;
  rc = fees_keep_bill(c, &facts.invoice, seq, out);
  for (size_t i = 0; i < facts.invoice.line_count && !rc; i++)
    rc = fees_keep(c, contract, &facts.invoice.lines[i], out);
  return rc;
}

int bl_fees_billed(bl_call *c, const bl_contract *contract, int64_t from_us,
                   bl_fees *out) {
  bl_index_wish wish = {
    bl_subject_customer(contract->customer->number), 0,
    {from_us, INT64_MAX}, UINT64_C(1) << BL_ENTRY_INVOICE};
  int64_t *seqs;
  size_t count;
  int rc = bl_index_find(c, &wish, &c->arena, &seqs, &count);

  *out = (bl_fees){0};
  for (size_t i = 0; i < count && !rc; i++)
    rc = fees_read(c, contract, seqs[i], out);
  return rc;
}

/* ---- what is missing ---- */

/* The entry that billed a period's fees of a timing; 0: none has.  A fee in
 * advance that nobody knew when its period began was billed at the end. */
static int64_t fees_entry(const bl_fees *billed, uint32_t timing,
                          uint64_t period) {
  for (size_t i = 0; i < billed->bill_count; i++) {
    const bl_fee_bill *bill = &billed->bills[i];
    if (bill->closes == period + 1 ||
        (timing == BL_TIMING_ADVANCE && bill->advances == period + 1))
      return bill->seq;
  }
  return 0;
}

/* How many there were of what the fee counts: as the period was billed, unless
 * it is dated.  A quantity of none has left no line, so the contract of then
 * is asked. */
static int fees_quantity(bl_call *c, const bl_contract *contract,
                         const bl_fees *billed, size_t place,
                         uint64_t period, bl_dec *out) {
  const bl_price *prices = contract->plan->plan.prices;
  const bl_price *price = &prices[place];
  const bl_quantity *step = fee_step(contract, place);
  int64_t seq = fees_entry(billed, price->timing, period);
  bl_contract past;
  int rc;

  *out = fee_quantity(contract, place);
  if (step && step->is_dated) return BILLING_OK;
  for (size_t i = 0; i < billed->count; i++) {
    const bl_fee *fee = &billed->item[i];
    if (fee->period != period ||
        !bl_str_equal(prices[fee->price].quantity, price->quantity))
      continue;
    *out = fee->quantity;
    return BILLING_OK;
  }
  if (!seq || !price->quantity.len) return BILLING_OK;
  rc = bl_timeline_past(c, contract, seq, &past);
  if (!rc)
    *out = bl_quantity_of(&past.terms, price->quantity,
                          contract->periods[period].span.from_us);
  return rc;
}

int bl_fee_change(bl_call *c, const bl_contract *contract,
                  const bl_fees *billed, size_t at, uint64_t period,
                  bl_fact_line *out) {
  bl_dec quantity;
  int rc = fees_quantity(c, contract, billed, at, period, &quantity);

  if (rc) return rc;
  if (!fee_of(contract, at, period, quantity, out))
    *out = (bl_fact_line){.is_fee = 1, .price = at, .period = period,
                          .numerator = 1, .denominator = 1};
  for (size_t i = 0; i < billed->count; i++)
    if (billed->item[i].price == at && billed->item[i].period == period)
      out->amount = bl_dec_sub(out->amount, billed->item[i].amount);
  out->is_late = period < contract->closed;
  return BILLING_OK;
}
