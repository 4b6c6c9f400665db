/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * invoices.c - advance: everything that falls due, in the order in which it
 * falls due; and finalized invoices as documents.
 *
 * An invoice bills what should have been billed by now minus what was: for
 * every charge key, what was charged under it less what earlier invoices
 * billed.  So late events need no code of their own.
 */
#include "base/struct.h"
#include "engine/closing.h"
#include "engine/conversions.h"
#include "engine/due.h"
#include "engine/fees.h"
#include "engine/named.h"
#include "engine/tallies.h"
#include "engine/ticks.h"
#include "engine/timeline.h"
#include "engine/views.h"
#include "invoice/invoice.h"
#include "price/price.h"

/* ---- the lines of one invoice ---- */

typedef struct invoice_draft {
  bl_call        *c;
  bl_contract    *contract;
  bl_fact_invoice fact;
  size_t          line_cap;
} invoice_draft;

static bl_fact_line *add_line(invoice_draft *d) {
  bl_fact_line *line =
      bl_arena_push(&d->c->arena, (void **)&d->fact.lines,
                    &d->fact.line_count, &d->line_cap, sizeof *line);

  if (!line) return NULL;
  d->fact.line_count++;
  line->numerator = line->denominator = 1;
  return line;
}

static int round_line(invoice_draft *d, bl_fact_line *line) {
  const bl_price *price = &d->contract->plan->plan.prices[line->price];
  int places = bl_catalog_places(&d->c->t->terms, price->asset);

  if (places < 0) return BILLING_INTERNAL;
  line->due = bl_round_due(line->amount, line->drawn, places);
  return bl_dec_is_bad(line->due) || bl_dec_is_bad(line->amount)
             ? BILLING_LIMIT : BILLING_OK;
}

/* The tally's draws by grant that no invoice has shown yet. */
static int line_draws(bl_call *c, const bl_tally *tally, bl_fact_line *line) {
  size_t most = tally->stack_count + tally->billed_count;
  bl_draw *sums = bl_arena_array(&c->arena, most + 1, sizeof *sums);
  size_t count = 0, kept = 0;

  if (!sums) return BILLING_NOMEM;
  for (size_t i = 0; i < most; i++) {
    int is_new = i < tally->stack_count;
    const bl_draw *draw =
        is_new ? &tally->stack[i] : &tally->billed[i - tally->stack_count];
    size_t at = 0;
    while (at < count && sums[at].grant != draw->grant) at++;
    if (at == count) sums[count++].grant = draw->grant;
    sums[at].amount = is_new ? bl_dec_add(sums[at].amount, draw->amount)
                             : bl_dec_sub(sums[at].amount, draw->amount);
  }
  for (size_t i = 0; i < count; i++)
    if (!bl_dec_is_zero(sums[i].amount)) sums[kept++] = sums[i];
  line->draws = sums;
  line->draw_count = kept;
  return BILLING_OK;
}

static int add_usage_line(invoice_draft *d, const bl_tally *tally) {
  bl_dec amount = bl_dec_sub(tally->amount, tally->billed_amount);
  bl_dec drawn = bl_dec_sub(tally->drawn, tally->billed_drawn);
  bl_fact_line *line;
  int rc;

  if (bl_dec_is_zero(amount) && bl_dec_is_zero(drawn)) return BILLING_OK;
  line = add_line(d);
  if (!line) return BILLING_NOMEM;
  line->price = tally->price;
  line->period = tally->period;
  line->group = tally->group;
  line->quantity = bl_tally_quantity(tally);
  line->amount = amount;
  line->drawn = drawn;
  line->is_late = tally->period < d->contract->closed;
  line->events = (uint64_t)tally->level.events;
  line->first_event = tally->first_event;
  line->last_event = tally->last_event;
  rc = line_draws(d->c, tally, line);
  return rc ? rc : round_line(d, line);
}

/* Before the price's own line comes what is late: an invoice reads in one
 * order however events came in. */
static int add_usage(invoice_draft *d, uint64_t periods) {
  bl_tallies tallies;
  int rc = bl_tallies_of(d->contract, &d->c->arena, &tallies);

  for (size_t i = 0; !rc && i < tallies.count; i++)
    if (tallies.item[i]->period < periods &&
        !bl_price_closes(bl_tally_price(tallies.item[i])))
      rc = add_usage_line(d, tallies.item[i]);
  return rc;
}

/* Whether it is this price that says what no usage costs, and there is none.
 */
static int is_unused(const bl_contract *contract, size_t price,
                     uint64_t period) {
  const bl_interval *intervals = contract->plan->intervals;

  if (!bl_timeline_leads(contract->plan, price,
                         contract->periods[period].span) ||
      (intervals && intervals[price].is_off))
    return 0;
  for (size_t i = 0; i < contract->plan->plan.price_count; i++) {
    const bl_tally *tally;
    if (intervals ? intervals[i].line != intervals[price].line : i != price)
      continue;
    tally = bl_tally_of(contract, i, period, (bl_str){NULL, 0});
    if (tally && tally->level.events) return 0;
  }
  return 1;
}

/* What is known once the lines before are: each figure that moved is a line.
 */
static int add_closings(invoice_draft *d, uint64_t periods) {
  size_t known;
  bl_fact_ticks ticks;
  int rc = bl_closing_book(d->c, d->contract, periods, &d->fact, &ticks);

  for (size_t i = 0; i < ticks.count && !rc; i++) {
    const bl_fact_tick *tick = &ticks.items[i];
    bl_fact_line *line;
    known = d->fact.line_count;
    rc = add_usage_line(d, bl_tally_of(d->contract, tick->price, tick->period,
                                       tick->group));
    if (rc || d->fact.line_count == known) continue;
    line = &d->fact.lines[known];
    line->bound = tick->bound;
    line->numerator = tick->numerator;
    line->denominator = tick->denominator;
  }
  return rc;
}

/* What a usage price costs in a period without usage. */
static int add_unused(invoice_draft *d, uint64_t period) {
  const bl_plan *plan = &d->contract->plan->plan;
  int rc = BILLING_OK;

  for (size_t i = 0; i < plan->price_count && !rc; i++) {
    const bl_price *price = &plan->prices[i];
    bl_fact_line *line;
    if (!price->meter.len || price->group_count ||
        bl_contract_meter(d->contract, i)->ticks ||
        !(price->flags & BL_PRICE_FLAT_AT_ZERO) ||
        !is_unused(d->contract, i, period))
      continue;
    line = add_line(d);
    if (!line) return BILLING_NOMEM;
    line->is_fee = 1;
    line->price = i;
    line->period = period;
    line->amount = bl_price_total(price, BL_DEC_ZERO);
    rc = round_line(d, line);
  }
  return rc;
}

static int add_fee(invoice_draft *d, const bl_fact_line *fee) {
  bl_fact_line *line = add_line(d);

  if (!line) return BILLING_NOMEM;
  *line = *fee;
  return round_line(d, line);
}

/* The fees of one timing, for one period, in the order of an invoice. */
static int add_fees(invoice_draft *d, uint32_t timing, uint64_t period) {
  const bl_plan_version *plan = d->contract->plan;
  size_t *ranked = bl_timeline_ranked(d->c, plan);
  int rc = ranked ? BILLING_OK : BILLING_NOMEM;

  for (size_t i = 0; i < plan->plan.key_count && !rc; i++) {
    const bl_price *price = &plan->plan.prices[ranked[i]];
    bl_fact_line fee;
    if (bl_price_is_fee(price) && price->timing == timing &&
        bl_fee_line(d->contract, ranked[i], period, &fee))
      rc = add_fee(d, &fee);
  }
  return rc;
}

/* What a period's fees have become since an invoice billed them: those in
 * advance of the period that is open, too. */
static int add_fee_changes_of(invoice_draft *d, const bl_fees *billed,
                              uint64_t period) {
  const bl_contract *contract = d->contract;
  const bl_plan_version *plan = contract->plan;
  size_t *ranked = bl_timeline_ranked(d->c, plan);
  int rc = ranked ? BILLING_OK : BILLING_NOMEM;

  for (size_t i = 0; i < plan->plan.key_count && !rc; i++) {
    const bl_price *price = &plan->plan.prices[ranked[i]];
    bl_fact_line fee;
    if (!bl_price_is_fee(price) ||
        (period >= contract->closed && price->timing == BL_TIMING_ARREARS))
      continue;
    rc = bl_fee_change(d->c, contract, billed, ranked[i], period, &fee);
    if (!rc && !bl_dec_is_zero(fee.amount)) rc = add_fee(d, &fee);
  }
  return rc;
}

static int add_fee_changes(invoice_draft *d) {
  const bl_contract *contract = d->contract;
  uint64_t last = contract->advanced > contract->closed ? contract->advanced
                                                        : contract->closed;
  uint64_t first = last;
  bl_fees billed;
  int rc;

  while (first > 0 &&
         contract->periods[first - 1].span.to_us > contract->moved_us)
    first--;
  if (first == last) return BILLING_OK;
  rc = bl_fees_billed(d->c, contract, contract->periods[first].span.from_us,
                      &billed);
  for (uint64_t p = first; p < last && !rc; p++)
    rc = add_fee_changes_of(d, &billed, p);
  return rc;
}

/* ---- one step of a contract ---- */

static int append_invoice(bl_call *c, invoice_draft *d) {
  bl_fact_invoice *fact = &d->fact;
  bl_writer w;
  int rc;

  fact->customer = d->contract->customer->number;
  fact->contract = d->contract->number;
  fact->customer_id = d->contract->customer->id;
  fact->customer_name = d->contract->customer->name;
  if (fact->line_count) fact->number = c->t->heads.invoices + 1;
  rc = bl_fold_invoice(bl_entry_start(c), fact);
  bl_writer_open(&w, c);
  bl_code_invoice(&w.facts, &w.properties, fact);
  return rc ? rc : bl_append(c, BL_ENTRY_INVOICE, &w);
}

/* Whether the contract has a period after the last opened one, opening it. */
static int has_period(bl_call *c, bl_contract *contract, uint64_t index,
                      int *has) {
  int rc = BILLING_OK;

  while (!rc && contract->period_count <= index)
    rc = bl_open_next_period(c, contract);
  *has = rc == BILLING_OK;
  return rc == BILLING_DONE ? BILLING_OK : rc;
}

/* Whether the period's fees in advance are not billed yet. */
static int is_to_advance(const bl_contract *contract, uint64_t period) {
  return contract->plan->has_advance && contract->advanced <= period;
}

/* When they are: as the period begins, or the first of them within it. */
static int64_t advance_time(const bl_contract *contract, uint64_t period) {
  const bl_plan_version *plan = contract->plan;
  bl_span span = contract->periods[period].span;
  int64_t first = BL_TIME_NEVER;

  for (size_t i = 0; plan->intervals && i < plan->plan.price_count; i++) {
    bl_span part = bl_span_cut(plan->intervals[i].was.span, span);
    if (bl_price_is_fee(&plan->plan.prices[i]) && !bl_span_is_empty(part) &&
        plan->plan.prices[i].timing == BL_TIMING_ADVANCE &&
        part.from_us < first)
      first = part.from_us;
  }
  return first == BL_TIME_NEVER ? span.from_us : first;
}

int bl_due_contract(bl_call *c, bl_contract *contract, bl_due_step *out) {
  int has;
  int rc;

  out->contract = contract;
  out->at_us = BL_TIME_NEVER;
  out->rank = BL_DUE_CONTRACT;
  out->number = contract->number;
  if (contract->has_ended) {
    out->at_us = contract->late_us;
    return BILLING_OK;
  }
  rc = has_period(c, contract, contract->closed, &has);
  if (rc || !has) return rc;
  out->at_us = is_to_advance(contract, contract->closed)
                   ? advance_time(contract, contract->closed)
                   : contract->periods[contract->closed].span.to_us;
  return BILLING_OK;
}

int bl_step_contract(bl_call *c, bl_contract *contract, int64_t at_us) {
  uint64_t closed = contract->closed;
  invoice_draft d;
  int closes, has = 0;
  int rc = bl_contract_zone(c, contract);

  memset(&d, 0, sizeof d);
  d.c = c;
  d.contract = contract;
  d.fact.issued_us = at_us;
  if (rc) return rc;
  closes = !contract->has_ended &&
           contract->periods[closed].span.to_us <= at_us;
  if (closes) {
    d.fact.closes = closed + 1;
    rc = bl_ticks_book(c, contract, closed + 1);
    if (!rc) rc = bl_timeline_settle(c, contract, closed + 1, NULL);
    if (!rc) rc = add_usage(&d, closed + 1);
    if (!rc) rc = add_unused(&d, closed);
    if (!rc) rc = add_fee_changes(&d);
    if (!rc) rc = add_fees(&d, BL_TIMING_ARREARS, closed);
    if (!rc) rc = add_closings(&d, closed + 1);
    closed++;
  } else if (contract->has_ended) {
    rc = bl_ticks_book(c, contract, contract->period_count);
    if (!rc)
      rc = bl_timeline_settle(c, contract, contract->period_count, NULL);
    if (!rc) rc = add_usage(&d, contract->period_count);
    if (!rc) rc = add_fee_changes(&d);
    if (!rc) rc = add_closings(&d, contract->period_count);
  }
  if (!rc && is_to_advance(contract, closed))
    rc = has_period(c, contract, closed, &has);
  if (!rc && has && advance_time(contract, closed) <= at_us) {
    d.fact.advances = closed + 1;
    rc = add_fees(&d, BL_TIMING_ADVANCE, closed);
  }
  if (!rc) rc = bl_conversions_add(c, contract, &d.fact, &d.line_cap);
  return rc ? rc : append_invoice(c, &d);
}

/* ---- documents ---- */

static int invoice_text(bl_call *c, bl_str json, billing_doc **out) {
  const bl_zone *zone;
  bl_json *tree;
  bl_text text;
  bl_str name = BL_STR("UTC");
  bl_contract *contract;
  bl_str id;
  int rc = bl_json_read(json.text, json.len, &tree, c->err);

  if (rc) return rc;
  bl_text_open(&text, &c->arena);
  id = bl_json_text(bl_json_get(tree, "contract"));
  rc = bl_named_contract(c, id, &contract);
  if (!rc && contract) name = contract->terms.zone;
  if (!rc) rc = bl_zone_of(c, name, &zone);
  if (!rc) rc = bl_invoice_text(tree, zone, &text);
  if (!rc) rc = bl_doc_of_text(&c->b->host, text.text, text.len, out);
  bl_json_free(tree);
  return rc;
}

static int read_invoice(bl_call *c, bl_str id, const char *format,
                        billing_doc **out) {
  uint64_t own;
  int64_t seq;
  bl_str json;
  int rc = bl_invoice_stored(c, id, &own, &seq, &json);

  if (rc) return rc;
  if (!format || strcmp(format, "json") == 0)
    return bl_doc_of_text(&c->b->host, json.text, json.len, out);
  if (strcmp(format, "text") == 0) return invoice_text(c, json, out);
  return bl_fail(c->err, BILLING_INVALID, "", "json or text",
                 "an invoice has no format %s", format);
}

int billing_invoice(billing *b, const billing_call *call, const char *id,
                    size_t id_len, const char *format, billing_doc **out,
                    billing_error *err) {
  billing_doc *doc = NULL;
  bl_call c;
  int rc;

  if (!out) return bl_refuse(err, BILLING_MISUSE, "out is NULL");
  rc = bl_enter(&c, b, call, BL_READ, err);
  if (rc) return rc;
  rc = read_invoice(&c, bl_text_argument(id, id_len), format, &doc);
  rc = bl_leave(&c, rc);
  if (rc) billing_doc_free(doc);
  else *out = doc;
  return rc;
}
