/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * explain_closing.c - what a composite, a minimum or a maximum was made of, as
 * the tick before the invoice says.
 *
 *     "of":[{"amount":"30","kind":"usage","price":"calls"}],"spend":"30",
 *     "minimum":"50","total":"20","billed_before":"0"
 */
#include "engine/closing.h"
#include "engine/index.h"

/* The tick of the line in an entry; NULL when it is about something else. */
static const bl_fact_tick *explain_tick(const bl_fact_ticks *fact,
                                        const bl_contract *contract,
                                        const bl_fact_line *line) {
  if (fact->contract != contract->number) return NULL;
  for (size_t i = 0; i < fact->count; i++)
    if (fact->items[i].price == line->price &&
        fact->items[i].period == line->period)
      return &fact->items[i];
  return NULL;
}

/* The last one before the invoice. */
static int explain_find_tick(bl_call *c, const bl_contract *contract,
                             const bl_fact_line *line, int64_t seq,
                             const bl_fact_tick **out) {
  bl_index_wish wish = {bl_subject_customer(contract->customer->number), 0,
                        BL_ALL_TIMES, UINT64_C(1) << BL_ENTRY_TICKS};
  bl_entry_facts facts;
  int64_t *seqs;
  size_t count;
  int rc = bl_index_find(c, &wish, &c->arena, &seqs, &count);

  *out = NULL;
  while (!rc && !*out && count > 0) {
    if (seqs[--count] >= seq) continue;
    rc = bl_journal_facts(c, seqs[count], &c->arena, &facts);
    if (!rc) *out = explain_tick(&facts.ticks, contract, line);
  }
  return rc || *out ? rc : BILLING_CORRUPT;
}

static int explain_spend(const bl_plan *plan, const bl_fact_tick *tick,
                         bl_json *tree) {
  bl_json *of = bl_json_array(tree, "of");

  for (size_t i = 0; i < tick->spend_count; i++) {
    const bl_fact_spend *spend = &tick->spend[i];
    const bl_price *price;
    bl_json *row = bl_json_object(of, NULL);

    if (spend->price >= plan->key_count) return BILLING_CORRUPT;
    price = &plan->prices[spend->price];
    bl_json_add_text(row, "price", price->id);
    bl_json_add_c(row, "kind", bl_price_is_fee(price)
                                 ? "fee" : bl_closing_words[price->closing]);
    if (!bl_json_add_dec(row, "amount", spend->amount)) return BILLING_NOMEM;
  }
  return of ? BILLING_OK : BILLING_NOMEM;
}

int bl_closing_explain(bl_call *c, const bl_contract *contract,
                       const bl_fact_line *line, int64_t seq,
                       bl_json *tree) {
  const bl_plan *plan = &contract->plan->plan;
  const bl_price *price = &plan->prices[line->price];
  const bl_fact_tick *tick;
  bl_dec total;
  int rc = explain_find_tick(c, contract, line, seq, &tick);

  if (!rc) rc = explain_spend(plan, tick, tree);
  if (rc) return rc;
  bl_json_add_dec(tree, "spend", tick->quantity);
  if (!bl_dec_is_zero(tick->bound)) {
    bl_json_add_dec(tree, bl_closing_words[price->closing], tick->bound);
    bl_json_add_int(tree, "numerator", tick->numerator);
    bl_json_add_int(tree, "denominator", tick->denominator);
  }
  total = bl_closing_total(&c->t->terms, price, tick);
  bl_json_add_dec(tree, "total", total);
  return bl_json_add_dec(tree, "billed_before",
                         bl_dec_sub(total, line->amount))
             ? BILLING_OK : BILLING_NOMEM;
}
