/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * explain.c - from an invoice line to tiers, draws and events.
 *
 * Everything comes from the journal: the line's own entry says what was drawn
 * from which grant, the entries of events say what each one charged.  The
 * tiers are the price's own arithmetic on the line's quantity, so a reader can
 * redo every figure.
 */
#include "engine/batch.h"
#include "engine/closing.h"
#include "engine/conversions.h"
#include "engine/explain.h"
#include "engine/index.h"
#include "engine/load.h"
#include "engine/query.h"
#include "engine/rate.h"
#include "engine/restated.h"
#include "engine/samples.h"
#include "engine/timeline.h"
#include "engine/views.h"
#include "meter/measure.h"
#include "price/terms.h"

typedef struct explanation {
  bl_call           *c;
  bl_fact_invoice    fact;
  const bl_fact_line *line;
  const bl_contract *contract; /* as the invoice knew it: */
  bl_contract        past;
  const bl_price    *price;
  bl_json           *tree;
  int64_t            seq;      /* of the invoice */
} explanation;

static int read_fact(bl_call *c, int64_t seq, bl_fact_invoice *fact) {
  bl_entry_facts facts;
  int rc = bl_journal_facts(c, seq, &c->arena, &facts);

  if (!rc) *fact = facts.invoice;
  return rc;
}

static int find_line(explanation *x, const bl_query *q) {
  bl_call *c = x->c;
  bl_customer *customer;
  uint64_t own;
  int64_t seq;
  bl_str json;
  int rc = bl_invoice_stored(c, q->invoice, &own, &seq, &json);

  if (!rc) rc = read_fact(c, seq, &x->fact);
  if (rc) return rc;
  x->seq = seq;
  if (q->line < 1 || (uint64_t)q->line > x->fact.line_count)
    return bl_fail(c->err, BILLING_NOTFOUND, "/line", "1 to the invoice's "
                   "number of lines", "invoice %t has no line %i",
                   &q->invoice, q->line);
  x->line = &x->fact.lines[q->line - 1];
  rc = bl_customer_need(c, x->fact.customer, &customer);
  if (rc) return rc;
  x->contract = bl_table_at(&c->t->by_contract, x->fact.contract);
  if (!x->contract) return BILLING_CORRUPT;
  rc = bl_timeline_past(c, x->contract, seq, &x->past);
  if (rc) return rc;
  x->contract = &x->past;
  if (x->line->price >= x->contract->plan->plan.key_count)
    return BILLING_CORRUPT;
  x->price = &x->contract->plan->plan.prices[x->line->price];
  return BILLING_OK;
}

static void explain_service(explanation *x, bl_span span) {
  bl_json *service = bl_json_object(x->tree, "service");

  bl_json_add_time(service, "from", span.from_us);
  bl_json_add_time(service, "to", span.to_us);
}

static void explain_figures(explanation *x, const char *asset) {
  const bl_fact_line *line = x->line;
  bl_dec open = bl_dec_sub(line->amount, line->drawn);
  bl_json *tree = x->tree;

  bl_json_add_dec(tree, "quantity", line->quantity);
  bl_json_add_dec(tree, "amount", line->amount);
  bl_json_add_dec(tree, "drawn", line->drawn);
  bl_json_add_dec(tree, "due", line->due);
  bl_json_add_dec(tree, "rounding", line->converted
                                      ? BL_DEC_ZERO
                                      : bl_dec_sub(line->due, open));
  bl_json_add_c(tree, "asset", asset);
  if (line->converted)
    bl_json_add_int(tree, "converted", (int64_t)line->converted);
}

static int explain_conversion(explanation *x, const bl_query *q) {
  bl_json_add_text(x->tree, "invoice", q->invoice);
  bl_json_add_int(x->tree, "line", q->line);
  bl_json_add_c(x->tree, "kind", "conversion");
  bl_json_add_text(x->tree, "contract", x->contract->terms.id);
  explain_service(x, x->contract->periods[x->line->period].span);
  explain_figures(x, x->line->into);
  return bl_conversion_explain(x->contract, &x->fact, (size_t)q->line - 1,
                               x->tree);
}

static void add_head(explanation *x, const bl_query *q) {
  const bl_fact_line *line = x->line;
  bl_json *tree = x->tree;

  bl_json_add_text(tree, "invoice", q->invoice);
  bl_json_add_int(tree, "line", q->line);
  bl_json_add_c(tree, "kind", line->is_fee
                                ? "fee" : bl_closing_words[x->price->closing]);
  bl_json_add_text(tree, "contract", x->contract->terms.id);
  bl_json_add_text(tree, "plan", x->contract->plan->plan.id);
  bl_json_add_int(tree, "plan_version",
                  (int64_t)bl_contract_version(x->contract, line->price));
  bl_json_add_text(tree, "price", x->price->id);
  if (x->price->closing <= BL_CLOSING_COMPOSITE)
    bl_json_add_c(tree, "model", bl_price_model_name(x->price->model));
  if (x->price->meter.len) bl_json_add_text(tree, "meter", x->price->meter);
  explain_service(x, bl_timeline_service(x->contract, line->price,
                                     line->period));
  explain_figures(x, x->price->asset);
}

static bl_fact_key explain_key(const explanation *x) {
  return (bl_fact_key){x->contract->number, x->line->price, x->line->period,
                       x->line->group};
}

/* A fee: unit amount, quantity, and the two integers of its share; of one that
 * changed since it was billed, what it comes to. */
static int explain_fee(explanation *x) {
  bl_json *fee = bl_json_object(x->tree, "fee");
  bl_fact_key key = explain_key(x);
  bl_explain_billed billed;
  int rc = bl_explain_find_billed(x->c, x->contract, &key, x->seq, &billed);

  if (rc) return rc;
  bl_json_add_dec(fee, "unit_amount", x->price->amount);
  bl_json_add_text(fee, "quantity_of", x->price->quantity);
  bl_json_add_c(fee, "proration", bl_proration_name(x->price->proration));
  bl_json_add_int(fee, "numerator", x->line->numerator);
  bl_json_add_int(fee, "denominator", x->line->denominator);
  if (bl_dec_is_zero(billed.before)) return BILLING_OK;
  bl_json_add_dec(x->tree, "total",
                  bl_dec_add(billed.before, x->line->amount));
  return bl_json_add_dec(x->tree, "billed_before", billed.before)
             ? BILLING_OK : BILLING_NOMEM;
}

/* Which override made the price, and what became of the others. */
static int add_overrides(explanation *x) {
  const bl_contract_terms *terms = &x->contract->terms;
  const bl_override *best;
  uint32_t *why = NULL;
  bl_json *list;
  int rc = bl_timeline_why(x->contract, x->line->price, x->line->group,
                           &x->c->arena, &why, &best);

  if (rc || !why) return rc;
  if (best) bl_json_add_text(x->tree, "override", best->id);
  else bl_json_add_null(x->tree, "override");
  list = bl_json_array(x->tree, "considered");
  for (size_t i = 0; i < terms->override_count; i++) {
    bl_json *row = bl_json_object(list, NULL);
    if (why[i] == BL_WHY_OTHER_KIND) why[i] = BL_WHY_OTHER_LINE;
    bl_json_add_text(row, "id", terms->overrides[i].id);
    if (!bl_json_add_c(row, "why", bl_why_words[why[i]]))
      return BILLING_NOMEM;
  }
  return BILLING_OK;
}

/* Where the tiers go on, of a price that changed within the period. */
static int add_position(explanation *x, const bl_price *price,
                        bl_rate_others *others) {
  const bl_tally *tally = bl_tally_of(x->contract, x->line->price,
                                      x->line->period, x->line->group);
  int rc = BILLING_OK;

  *others = BL_RATE_ALONE;
  if (bl_price_closes(x->price)) return BILLING_OK;
  if (bl_explain_is_past(x->c, x->contract)) {
    bl_fact_key key = explain_key(x);
    rc = bl_explain_others(x->c, x->contract, &key, x->seq, price, others);
  } else if (tally) {
    rc = bl_split_others(x->c, tally, price, others);
  }
  if (rc || !others->count) return rc;
  bl_json_add_dec(x->tree, "position", others->level);
  return bl_json_add_dec(x->tree, "before_position", others->amount)
             ? BILLING_OK : BILLING_NOMEM;
}

/* The tiers of the whole quantity; what they add up to beyond the position. */
static int add_tiers(explanation *x, const bl_price *price, bl_dec *sum) {
  bl_dec total = BL_DEC_ZERO;
  bl_rate_others others;
  bl_part *parts = bl_arena_array(&x->c->arena, price->tier_count + 1,
                                  sizeof *parts);
  int rc = add_position(x, price, &others);
  bl_json *tiers = bl_json_array(x->tree, "tiers");
  size_t count;

  if (rc || !parts || !tiers) return rc ? rc : BILLING_NOMEM;
  count = bl_price_parts(price, bl_dec_add(others.level, x->line->quantity),
                         parts);
  for (size_t i = 0; i < count; i++) {
    bl_json *tier = bl_json_object(tiers, NULL);
    bl_json_add_int(tier, "tier", (int64_t)parts[i].tier + 1);
    bl_json_add_dec(tier, "quantity", parts[i].quantity);
    bl_json_add_dec(tier, "unit", parts[i].unit);
    bl_json_add_dec(tier, "per", price->per);
    bl_json_add_dec(tier, "flat", parts[i].flat);
    bl_json_add_dec(tier, "amount", parts[i].amount);
    total = bl_dec_add(total, parts[i].amount);
  }
  *sum = bl_dec_sub(total, others.amount);
  return BILLING_OK;
}

/* Of single transactions only their terms can be said; each event says what it
 * cost. */
static int explain_transactions(explanation *x, const bl_price *price) {
  bl_json *row = bl_json_object(x->tree, "transactions");

  bl_json_add_dec(row, "rate", price->tiers[0].unit);
  bl_json_add_dec(row, "fixed", price->fixed);
  bl_json_add_dec(row, "free", price->free);
  bl_json_add_int(row, "free_events", price->free_events);
  bl_json_add_dec(row, "minimum", price->least);
  if (!bl_dec_is_max(price->most))
    bl_json_add_dec(row, "maximum", price->most);
  return row ? BILLING_OK : BILLING_NOMEM;
}

/* What has become of the period's free units by now: other periods move them.
 */
static int explain_allowance(explanation *x, const bl_price *price) {
  bl_json *row = bl_json_object(x->tree, "allowance");
  bl_fact_key key = explain_key(x);
  bl_allowed period;
  int rc = bl_explain_rolled(x->c, x->contract, &key, price, &period);

  if (rc) return rc;
  bl_json_add_dec(row, "free", price->free);
  bl_json_add_dec(row, "carried", period.carried);
  bl_json_add_dec(row, "covered", period.covered);
  bl_json_add_dec(row, "billed", period.billed);
  return bl_json_add_dec(row, "left", period.left) ? BILLING_OK
                                                   : BILLING_NOMEM;
}

static int explain_usage(explanation *x) {
  const bl_price *price = bl_price_of_group(x->price, x->line->group);
  bl_fact_key key = explain_key(x);
  bl_dec total, before;
  bl_explain_billed billed;
  int rc;

  if ((price->flags & BL_PRICE_BY_EVENT) || x->price->tiers_by) {
    rc = bl_explain_find_billed(x->c, x->contract, &key, x->seq, &billed);
    before = billed.before;
    if (!rc && (price->flags & BL_PRICE_BY_EVENT))
      rc = explain_transactions(x, price);
    if (!rc && x->price->tiers_by == BL_TIERS_ROLLED)
      rc = explain_allowance(x, price);
    else if (!rc && x->price->tiers_by)
      bl_json_add_c(x->tree, "tiers_by", bl_tiers_words[x->price->tiers_by]);
    total = bl_dec_add(before, x->line->amount);
  } else {
    rc = add_tiers(x, price, &total);
    before = bl_dec_sub(total, x->line->amount);
  }
  if (rc) return rc;
  bl_json_add_dec(x->tree, "total", total);
  return bl_json_add_dec(x->tree, "billed_before", before)
             ? BILLING_OK : BILLING_NOMEM;
}

static int explain_closing(explanation *x) {
  bl_dec total;
  int rc = BILLING_OK;

  if (x->price->closing == BL_CLOSING_COMPOSITE)
    rc = add_tiers(x, x->price, &total);
  return rc ? rc : bl_closing_explain(x->c, x->contract, x->line, x->seq,
                                      x->tree);
}

static int explain_kind(explanation *x) {
  if (bl_price_closes(x->price)) return explain_closing(x);
  return bl_price_is_commit(x->price) || x->price->meter.len
           ? explain_usage(x) : explain_fee(x);
}

static int add_draws(explanation *x) {
  bl_json *draws = bl_json_array(x->tree, "draws");

  for (size_t i = 0; i < x->line->draw_count; i++) {
    const bl_draw *draw = &x->line->draws[i];
    const bl_grant_state *grant =
        bl_table_at(&x->c->t->by_grant, draw->grant);
    bl_json *row = bl_json_object(draws, NULL);
    bl_json_add_int(row, "grant", (int64_t)draw->grant);
    if (grant) {
      bl_json_add_text(row, "id", grant->key);
      bl_json_add_text(row, "name", grant->lot.name);
      bl_json_add_int(row, "priority", grant->lot.priority);
      if (grant->customer->number != x->fact.customer)
        bl_json_add_text(row, "customer", grant->customer->id);
    } else {
      bl_json_add_c(row, "name", "owed");
    }
    if (!bl_json_add_dec(row, "amount", draw->amount)) return BILLING_NOMEM;
  }
  return draws ? BILLING_OK : BILLING_NOMEM;
}

/* The events of a line that were looked at, one after the other. */
typedef struct line_events {
  bl_json        *list;
  bl_voids        voids;
  bl_restatements restated;      /* before the invoice */
  const bl_tally *tally;
  bl_dec          level;
  int64_t         room;
} line_events;

/* One event's charge under the line's key, with the level that it led to.  Of
 * what was decided anew only what the event gives is known: the charge is the
 * key's. */
static int add_event(line_events *e, uint64_t number,
                     const bl_fact_event *fact, const bl_event_text *text,
                     const bl_fact_charge *charge, int is_restated) {
  bl_json *row = bl_json_object(e->list, NULL);

  e->room--;
  bl_json_add_int(row, "number", (int64_t)number);
  bl_json_add_text(row, "key", text->key);
  bl_json_add_text(row, "event", text->name);
  if (bl_voids_at(&e->voids, number)) bl_json_add_bool(row, "voided", 1);
  if (is_restated) {
    bl_json_add_bool(row, "rerated", 1);
    bl_json_add_dec(row, "sample", charge->sample);
  } else {
    e->level = bl_dec_add(e->level, charge->quantity);
    bl_json_add_dec(row, "total_after",
                    bl_price_is_commit(bl_tally_price(e->tally))
                      ? e->level
                      : bl_measure_finish(bl_tally_meter(e->tally),
                                          e->level));
    bl_json_add_dec(row, "amount", charge->amount);
  }
  return bl_json_add_time(row, "time", fact->time_us) ? BILLING_OK
                                                      : BILLING_NOMEM;
}

/* What an event came to under the line's key when the invoice was made. */
static int add_event_of(explanation *x, const bl_block *block, size_t at,
                        uint64_t number, line_events *e) {
  const bl_tally *tally = e->tally;
  bl_fact_key wanted = {tally->contract->number, tally->price, tally->period,
                        tally->group};
  int is_restated = bl_is_restated(x->c, &e->restated, number, &wanted);
  bl_fact_event now = block->facts[at];
  bl_fact_key *keys = block->keys;
  int rc = BILLING_OK;

  if (e->restated.count)
    rc = bl_restate(x->c, &e->restated, number, block->keys,
                    &block->facts[at], &x->c->arena, &now, &keys);
  for (size_t i = 0; !rc && i < now.charge_count && e->room > 0; i++) {
    const bl_fact_key *key = &keys[now.charges[i].key];
    if (key->contract == wanted.contract && key->price == wanted.price &&
        key->period == wanted.period && bl_str_equal(key->group, wanted.group))
      rc = add_event(e, number, &now, &block->texts[at], &now.charges[i],
                     is_restated);
  }
  return rc;
}

static int add_block(explanation *x, const bl_block *block, uint64_t number,
                     line_events *e) {
  int rc = BILLING_OK;

  for (size_t i = 0; i < block->count && !rc && e->room > 0; i++) {
    if (number + i > x->line->last_event) break;
    rc = add_event_of(x, block, i, number + i, e);
  }
  return rc;
}

/* What had changed: the meter, a version of the plan, or the contract. */
static int add_cause(const explanation *x, const bl_fact_rerate *fact,
                     bl_json *row) {
  const bl_contract *contract = x->contract;

  if (fact->meter) return BILLING_OK;
  bl_json_add_text(row, fact->plan ? "plan" : "contract",
                   fact->plan ? contract->plan->plan.id : contract->terms.id);
  return bl_json_add_int(row, "version", (int64_t)fact->version)
             ? BILLING_OK : BILLING_NOMEM;
}

/* What was booked under the key when its events were decided anew, and where
 * the level began that later events add to. */
static int add_rerates(explanation *x, line_events *e) {
  const bl_tally *tally = e->tally;
  bl_json *list = e->restated.count ? bl_json_array(x->tree, "rerates") : NULL;

  for (size_t i = 0; i < e->restated.count; i++) {
    const bl_fact_rerate *fact = &e->restated.item[i].facts.rerate;
    for (size_t k = 0; k < fact->key_count; k++) {
      const bl_fact_rekeyed *key = &fact->keys[k];
      bl_json *row;
      if (key->contract != tally->contract->number ||
          key->price != tally->price || key->period != tally->period ||
          !bl_str_equal(key->group, tally->group))
        continue;
      e->level = key->level.total;
      row = bl_json_object(list, NULL);
      bl_json_add_int(row, "seq", e->restated.item[i].seq);
      if (!bl_json_add_dec(row, "amount", key->amount) ||
          add_cause(x, fact, row))
        return BILLING_NOMEM;
    }
  }
  return BILLING_OK;
}

static int add_batch(explanation *x, int64_t seq, line_events *e) {
  bl_batch batch;
  int rc = bl_batch_read(x->c, seq, &batch);

  if (rc == BILLING_NOTFOUND) return BILLING_OK;     /* another kind of entry*/
  for (size_t i = 0; !rc && i < batch.block_count && e->room > 0; i++) {
    const bl_block *block;
    rc = bl_batch_block(&batch, i, &block);
    if (!rc)
      rc = add_block(x, block, bl_event_number(seq, i * BL_BATCH_BLOCK), e);
  }
  return rc;
}

/* The entries between the line's first and last event, one after the other. */
static int add_events(explanation *x, int64_t room) {
  bl_call *c = x->c;
  const bl_fact_line *line = x->line;
  int64_t last = bl_event_seq(line->last_event);
  line_events e = {.list = bl_json_array(x->tree, "events"), .room = room};
  int rc = bl_voids_read(c, x->contract->customer,
                         x->contract->periods[line->period].span, &c->arena,
                         &e.voids);

  e.tally = bl_tally_of(x->contract, line->price, line->period, line->group);
  if (!rc && (!e.tally || !e.list)) rc = BILLING_CORRUPT;
  if (!rc)
    rc = bl_restatements_read(c, x->contract->customer,
                              x->contract->periods[line->period].span,
                              &c->arena, &e.restated);
  if (rc) return rc;
  bl_restatements_cut(&e.restated, x->seq);
  rc = add_rerates(x, &e);

  bl_json_add_int(x->tree, "event_count", (int64_t)line->events);
  bl_json_add_int(x->tree, "first_event", (int64_t)line->first_event);
  bl_json_add_int(x->tree, "last_event", (int64_t)line->last_event);
  for (int64_t seq = bl_event_seq(line->first_event);
       seq <= last && !rc && e.room > 0; seq++) {
    bl_arena_mark mark = bl_arena_now(&c->arena);
    rc = add_batch(x, seq, &e);
    bl_arena_back(&c->arena, mark);
  }
  return rc;
}

static int explain_line(explanation *x, const bl_query *q) {
  int rc;

  add_head(x, q);
  rc = bl_view_add_json(x->tree, "group", x->line->group);
  if (!rc) rc = add_overrides(x);
  if (!rc) rc = explain_kind(x);
  if (!rc) rc = add_draws(x);
  return !rc && x->line->first_event ? add_events(x, q->events) : rc;
}

static int explain(bl_call *c, const bl_query *q, billing_doc **out) {
  explanation x;
  int rc;

  memset(&x, 0, sizeof x);
  x.c = c;
  rc = find_line(&x, q);
  if (rc) return rc;
  x.tree = bl_json_object(NULL, NULL);
  if (!x.tree) return BILLING_NOMEM;
  rc = x.line->into[0] ? explain_conversion(&x, q) : explain_line(&x, q);
  if (!rc) rc = bl_doc_of_tree(c, x.tree, out);
  bl_json_free(x.tree);
  return rc;
}

int billing_explain(billing *b, const billing_call *call, const char *query,
                    size_t query_len, billing_doc **out, billing_error *err) {
  static const char *const allowed[] = {"invoice", "line", "events", NULL};
  bl_question question = {query, query_len, allowed, NULL, explain};

  return bl_question_ask(b, call, &question, out, err);
}
