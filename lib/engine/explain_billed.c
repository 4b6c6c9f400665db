/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* explain_billed.c - see explain.h. */
#include "engine/explain.h"

#include "engine/index.h"
#include "engine/timeline.h"
#include "price/price.h"

static int billed_read(bl_call *c, const bl_fact_key *key, int64_t seq,
                       int is_before, bl_explain_billed *out) {
  bl_entry_facts facts;
  int rc = bl_journal_facts(c, seq, &c->arena, &facts);

  if (rc) return rc;
  if (facts.invoice.contract != key->contract) return BILLING_OK;
  for (size_t i = 0; i < facts.invoice.line_count; i++) {
    const bl_fact_line *line = &facts.invoice.lines[i];
    if (line->into[0] || line->price != key->price ||
        line->period != key->period || !bl_str_equal(line->group, key->group))
      continue;
    if (is_before) out->before = bl_dec_add(out->before, line->amount);
    out->quantity = line->quantity;
  }
  return BILLING_OK;
}

int bl_explain_find_billed(bl_call *c, const bl_contract *contract,
                           const bl_fact_key *key, int64_t seq,
                           bl_explain_billed *out) {
  bl_index_wish wish = {bl_subject_customer(contract->customer->number), 0,
                        BL_ALL_TIMES, UINT64_C(1) << BL_ENTRY_INVOICE};
  int64_t *seqs;
  size_t count;
  int rc = bl_index_find(c, &wish, &c->arena, &seqs, &count);

  *out = (bl_explain_billed){BL_DEC_ZERO, BL_DEC_ZERO};
  for (size_t i = 0; i < count && !rc && seqs[i] <= seq; i++)
    rc = billed_read(c, key, seqs[i], seqs[i] < seq, out);
  return rc;
}

int bl_explain_is_past(bl_call *c, const bl_contract *past) {
  const bl_contract *now = bl_table_at(&c->t->by_contract, past->number);

  return now->plan != past->plan;
}

/* What was billed under a key stands before the line. */
static int billed_add(bl_call *c, const bl_contract *past,
                      const bl_fact_key *key, int64_t seq,
                      bl_rate_others *out) {
  bl_explain_billed billed;
  int rc = bl_explain_find_billed(c, past, key, seq, &billed);

  if (rc || bl_dec_is_zero(billed.quantity)) return rc;
  out->count++;
  out->level = bl_dec_add(out->level, billed.quantity);
  return BILLING_OK;
}

/* The same of what was drawn at the commit rate of a key, which the key's own
 * lines leave out. */
static int billed_add_commit(bl_call *c, const bl_contract *past,
                             const bl_fact_key *list, int64_t seq,
                             bl_rate_others *out) {
  bl_fact_key commit = *list;

  commit.price = bl_plan_commit(past->plan, list->price);
  return commit.price ? billed_add(c, past, &commit, seq, out) : BILLING_OK;
}

int bl_explain_others(bl_call *c, const bl_contract *past,
                      const bl_fact_key *key, int64_t seq,
                      const bl_price *rate, bl_rate_others *out) {
  int is_commit = bl_price_is_commit(&past->plan->plan.prices[key->price]);
  bl_fact_key list = *key, at;
  const bl_meter *meter;
  int rc = BILLING_OK;

  *out = BL_RATE_ALONE;
  if (is_commit) list.price = bl_plan_list(past->plan, key->price);
  meter = bl_contract_meter(past, list.price);
  for (uint64_t i = 0;
       !rc && bl_rate_next_other(past, meter, &list, &i, &at);) {
    rc = billed_add(c, past, &at, seq, out);
    if (!rc) rc = billed_add_commit(c, past, &at, seq, out);
  }
  if (!rc && !is_commit) rc = billed_add_commit(c, past, &list, seq, out);
  if (out->count) out->amount = bl_price_total(rate, out->level);
  return rc;
}

int bl_explain_rolled(bl_call *c, const bl_contract *contract,
                      const bl_fact_key *key, const bl_price *rate,
                      bl_allowed *out) {
  const bl_meter *meter = bl_contract_meter(contract, key->price);
  const bl_tally *own = bl_tally_of(contract, key->price, key->period,
                                    key->group);
  bl_rate_others all = BL_RATE_ALONE;
  bl_fact_key at;
  int rc = bl_rate_roll(&c->arena, contract, key, &all);

  for (uint64_t i = 0; !rc &&
       bl_rate_next_other(contract, meter, key, &i, &at);) {
    const bl_tally *tally = bl_tally_of(contract, at.price, at.period,
                                        at.group);
    if (tally) bl_rate_join(at.period, tally->level.total, &all);
  }
  if (rc || !own) return rc ? rc : BILLING_CORRUPT;
  bl_rate_rolled(meter, rate, &all, own->level.total);
  *out = all.rolled[key->period].came;
  return BILLING_OK;
}
