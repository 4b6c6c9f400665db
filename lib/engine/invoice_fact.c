/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * invoice_fact.c - the invoice that a journal fact says, with the names that
 * the catalog gives to its numbers.  Nothing is decided here: amounts, draws
 * and what is due stand in the fact.
 */
#include "engine/fold.h"
#include "engine/timeline.h"
#include "invoice/invoice.h"
#include "price/terms.h"

/* The prices whose spend is counted, each once, however many intervals it has;
 * none: all of them. */
static int charge_counts(const bl_plan *plan, const bl_price *price,
                         bl_arena *a, bl_charge *out) {
  bl_str *ids;

  if (price->closing < BL_CLOSING_COMPOSITE ||
      price->closing >= BL_CLOSING_PLAN_MINIMUM)
    return BILLING_OK;
  ids = bl_arena_array(a, price->counted_count + 1, sizeof *ids);
  if (!ids) return BILLING_NOMEM;
  out->of = ids;
  for (size_t i = 0; i < price->counted_count; i++) {
    bl_words known = {ids, out->of_count};
    bl_str id = plan->prices[price->counted[i]].id;
    if (!bl_words_have(&known, id)) ids[out->of_count++] = id;
  }
  return BILLING_OK;
}

/* "tok to USD": out of what is open on other lines. */
static int charge_of_conversion(const bl_contract *contract,
                                const bl_fact_line *line, bl_arena *a,
                                bl_charge *out) {
  const char *from = contract->plan->plan.prices[line->price].asset;
  bl_text name;

  bl_text_open(&name, a);
  bl_text_format(&name, "%s to %s", from, line->into);
  if (name.failed) return BILLING_NOMEM;
  *out = (bl_charge){.contract = contract->terms.id,
                     .name = {name.text, name.len},
                     .service = contract->periods[line->period].span,
                     .quantity = line->quantity, .amount = line->amount,
                     .numerator = 1, .denominator = 1,
                     .is_late = (uint32_t)line->is_late,
                     .rate = line->rate, .since_us = line->since_us,
                     .is_inverse = (uint32_t)line->is_inverse};
  memcpy(out->asset, line->into, sizeof out->asset);
  memcpy(out->from, from, sizeof out->from);
  return BILLING_OK;
}

static int charge_of_line(const bl_contract *contract,
                          const bl_fact_line *line, bl_arena *a,
                          bl_charge *out) {
  const bl_price *price = &contract->plan->plan.prices[line->price];
  const bl_override *by;
  uint32_t *why;
  int rc = bl_timeline_why(contract, line->price, line->group, a, &why, &by);

  if (rc) return rc;
  memset(out, 0, sizeof *out);
  out->contract = contract->terms.id;
  out->price = price->id;
  out->name = price->name;
  out->meter = bl_price_named(price)->meter;
  out->plan = contract->plan->plan.id;
  out->plan_version = (int64_t)bl_contract_version(contract, line->price);
  out->group = line->group;
  out->service = bl_timeline_service(contract, line->price, line->period);
  out->quantity = line->quantity;
  out->amount = line->amount;
  out->drawn = line->drawn;
  out->numerator = line->numerator;
  out->denominator = line->denominator;
  out->events = (int64_t)line->events;
  out->first_event = line->first_event;
  out->last_event = line->last_event;
  memcpy(out->asset, price->asset, sizeof out->asset);
  out->is_late = (uint32_t)line->is_late;
  out->closing = price->closing;
  out->bound = line->bound;
  out->converted = line->converted;
  if (by) out->override = by->id;
  return BILLING_OK;
}

/* The period that the invoice is about: the one it closes, else the one whose
 * fees it bills in advance, else that of its first line. */
static bl_span invoice_span(const bl_contract *contract,
                            const bl_fact_invoice *fact) {
  uint64_t at = fact->closes     ? fact->closes - 1
                : fact->advances ? fact->advances - 1
                                 : fact->lines[0].period;
  return contract->periods[at].span;
}

int bl_invoice_of_fact(const bl_tenant *t, const bl_fact_invoice *fact,
                       bl_arena *a, bl_invoice *out) {
  const bl_contract *contract =
      bl_table_at(&t->by_contract, fact->contract);
  bl_charge *charges =
      bl_arena_array(a, fact->line_count + 1, sizeof *charges);
  int rc = BILLING_OK;

  memset(out, 0, sizeof *out);
  if (!charges) return BILLING_NOMEM;
  for (size_t i = 0; i < fact->line_count && !rc; i++) {
    const bl_plan *plan = &contract->plan->plan;
    if (fact->lines[i].into[0]) {
      rc = charge_of_conversion(contract, &fact->lines[i], a, &charges[i]);
      continue;
    }
    rc = charge_of_line(contract, &fact->lines[i], a, &charges[i]);
    if (!rc)
      rc = charge_counts(plan, &plan->prices[fact->lines[i].price], a,
                         &charges[i]);
  }
  if (rc) return rc;
  out->number = bl_invoice_number(t->terms.number_prefix, fact->number, a);
  if (!out->number.len) return BILLING_NOMEM;
  out->own_number = fact->number;
  out->customer = fact->customer_id;
  out->customer_name = fact->customer_name;
  out->contract = contract->terms.id;
  out->zone = contract->terms.zone;
  out->period = invoice_span(contract, fact);
  out->issued_us = fact->issued_us;
  out->rules = contract->terms.rules;
  return bl_invoice_assemble(&t->terms, charges, fact->line_count, a, out);
}
