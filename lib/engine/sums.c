/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* sums.c - adding up tallies and fees; see sums.h. */
#include "engine/sums.h"

#include "engine/index.h"
#include "engine/tallies.h"

static bl_sum *sums_of(bl_sums *sums, const bl_sum *like) {
  bl_sum *sum;

  for (size_t i = 0; i < sums->count; i++) {
    sum = &sums->item[i];
    if (bl_str_equal(sum->contract, like->contract) &&
        bl_str_equal(sum->price, like->price) &&
        bl_asset_equal(sum->asset, like->asset))
      return sum;
  }
  sum = bl_arena_push(sums->arena, (void **)&sums->item, &sums->count,
                      &sums->cap, sizeof *sum);
  if (!sum) return NULL;
  sum->contract = bl_arena_str(sums->arena, like->contract);
  sum->price = bl_arena_str(sums->arena, like->price);
  memcpy(sum->asset, like->asset, sizeof sum->asset);
  sums->count++;
  return sums->arena->failed ? NULL : sum;
}

int bl_sums_add(bl_sums *sums, const bl_sum *one) {
  bl_sum *sum = sums_of(sums, one);

  if (!sum) return BILLING_NOMEM;
  for (uint32_t side = 0; side < BL_SUM_SIDES; side++) {
    sum->amount[side] = bl_dec_add(sum->amount[side], one->amount[side]);
    sum->drawn[side] = bl_dec_add(sum->drawn[side], one->drawn[side]);
    if (bl_dec_is_bad(sum->amount[side]) || bl_dec_is_bad(sum->drawn[side]))
      return BILLING_LIMIT;
  }
  return BILLING_OK;
}

static int sums_priced(bl_sums *sums, uint32_t side,
                       const bl_contract *contract, uint64_t at, bl_dec amount,
                       bl_dec drawn) {
  const bl_price *price = &contract->plan->plan.prices[at];
  bl_sum one = {.contract = contract->terms.id, .price = price->id};

  memcpy(one.asset, price->asset, sizeof one.asset);
  one.amount[side] = amount;
  one.drawn[side] = drawn;
  return bl_sums_add(sums, &one);
}

static int is_in(const bl_contract *contract, uint64_t period,
                 bl_span begins) {
  return bl_span_holds(begins, contract->periods[period].span.from_us);
}

static int sums_usage(bl_sums *sums, uint32_t side, bl_call *c,
                      const bl_contract *contract, bl_span begins) {
  bl_tallies tallies;
  int rc = bl_tallies_of(contract, &c->arena, &tallies);

  for (size_t i = 0; !rc && i < tallies.count; i++) {
    const bl_tally *tally = tallies.item[i];
    if (is_in(contract, tally->period, begins))
      rc = sums_priced(sums, side, contract, tally->price, tally->amount,
                      tally->drawn);
  }
  return rc;
}

/* What a usage price costs without usage is in its tally. */
static int sums_fees(bl_sums *sums, uint32_t side, const bl_tenant *t,
                     const bl_fact_invoice *fact, bl_span begins) {
  const bl_contract *contract = bl_table_at(&t->by_contract, fact->contract);
  int rc = contract ? BILLING_OK : BILLING_CORRUPT;

  for (size_t i = 0; i < fact->line_count && !rc; i++) {
    const bl_fact_line *line = &fact->lines[i];
    if (line->is_fee && !contract->plan->meters[line->price] &&
        is_in(contract, line->period, begins))
      rc = sums_priced(sums, side, contract, line->price, line->amount,
                      line->drawn);
  }
  return rc;
}

static int sums_invoices(bl_sums *sums, uint32_t side, bl_call *c,
                         const bl_customer *customer, bl_span begins) {
  bl_index_wish wish = {bl_subject_customer(customer->number), 0,
                        BL_ALL_TIMES, UINT64_C(1) << BL_ENTRY_INVOICE};
  int64_t *seqs;
  size_t count;
  int rc = bl_index_find(c, &wish, &c->arena, &seqs, &count);

  for (size_t i = 0; i < count && !rc; i++) {
    bl_entry_facts facts;
    rc = bl_journal_facts(c, seqs[i], &c->arena, &facts);
    if (!rc) rc = sums_fees(sums, side, c->t, &facts.invoice, begins);
  }
  return rc;
}

int bl_sums_take(bl_sums *sums, uint32_t side, bl_call *c,
                 const bl_customer *customer, bl_span begins) {
  int rc = sums_invoices(sums, side, c, customer, begins);

  for (size_t i = 0; i < customer->contracts.count && !rc; i++)
    rc = sums_usage(sums, side, c, customer->contracts.item[i], begins);
  return rc;
}

static int compare_ids(bl_str a, bl_str b) {
  size_t shared = a.len < b.len ? a.len : b.len;
  int order = shared ? memcmp(a.text, b.text, shared) : 0;

  return order ? order : (a.len > b.len) - (a.len < b.len);
}

static int sum_comes_first(const bl_sum *a, const bl_sum *b) {
  int order = compare_ids(a->contract, b->contract);

  if (!order) order = compare_ids(a->price, b->price);
  return order ? order < 0 : memcmp(a->asset, b->asset, sizeof a->asset) < 0;
}

/* Insertion: a customer has a handful of prices. */
void bl_sums_sort(bl_sums *sums) {
  for (size_t i = 1; i < sums->count; i++) {
    bl_sum one = sums->item[i];
    size_t at = i;
    for (; at > 0 && sum_comes_first(&one, &sums->item[at - 1]); at--)
      sums->item[at] = sums->item[at - 1];
    sums->item[at] = one;
  }
}
