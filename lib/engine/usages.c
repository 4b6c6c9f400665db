/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* usages.c - usage by contract, price, group and period. */
#include "engine/tallies.h"
#include "engine/ticks.h"
#include "engine/timeline.h"
#include "engine/views.h"
#include "price/price.h"

/* What a row says of a charge key. */
typedef struct usage_row {
  const bl_contract *contract;
  uint64_t           price;
  uint64_t           period;
  bl_str             group;
  bl_dec             quantity;
  bl_dec             amount;
  bl_dec             drawn;
  int64_t            events;
  uint64_t           is_pending;
} usage_row;

static int usage_put(bl_json *usage, const usage_row *u) {
  const bl_price *price = &u->contract->plan->plan.prices[u->price];
  bl_span span = bl_timeline_service(u->contract, u->price, u->period);
  bl_json *row = bl_json_object(usage, NULL);
  int rc = bl_view_add_json(row, "group", u->group);

  if (rc) return rc;
  bl_json_add_text(row, "contract", u->contract->terms.id);
  bl_json_add_text(row, "price", price->id);
  if (price->closing)
    bl_json_add_c(row, "kind", bl_closing_words[price->closing]);
  else
    bl_json_add_text(row, "meter", price->meter);
  bl_json_add_time(row, "from", span.from_us);
  bl_json_add_time(row, "to", span.to_us);
  bl_json_add_dec(row, "quantity", u->quantity);
  bl_json_add_int(row, "events", u->events);
  bl_json_add_dec(row, "amount", u->amount);
  bl_json_add_dec(row, "drawn", u->drawn);
  if (u->is_pending) bl_json_add_bool(row, "pending", 1);
  return bl_json_add_c(row, "asset", price->asset) ? BILLING_OK
                                                   : BILLING_NOMEM;
}

static int usage_of_tally(bl_json *usage, const bl_tally *tally) {
  usage_row row = {
    .contract = tally->contract, .price = tally->price,
    .period = tally->period, .group = tally->group,
    .quantity = bl_tally_quantity(tally), .amount = tally->amount,
    .drawn = tally->drawn, .events = tally->level.events};

  return usage_put(usage, &row);
}

/* Whether what the key comes to is still to be booked by a tick. */
static int is_pending(const bl_contract *contract, uint64_t price,
                      uint64_t period) {
  const bl_meter *meter = bl_contract_meter(contract, price);

  return meter && meter->ticks && period >= contract->closed;
}

/* What a key has come to by now. */
static int add_pending(bl_ticks *t, const bl_tick_group *group,
                       uint64_t period, bl_json *usage) {
  const bl_contract *contract = t->contract;
  const bl_price *price = bl_price_of_group(
      &contract->plan->plan.prices[group->price], group->group);
  const bl_tally *tally = bl_tally_of(contract, group->price, period,
                                      group->group);
  usage_row row = {.contract = contract, .price = group->price,
                   .period = period, .group = group->group,
                   .is_pending = 1};
  int rc = BILLING_OK;

  if (bl_tick_is_count(t, group) ||
      !bl_ticks_prices(t, group->price, period))
    return BILLING_OK;
  rc = bl_ticks_measure(t, group, period, &row.quantity);
  if (rc) return rc;
  if (tally) row.events = tally->level.events;
  if (!row.events && bl_dec_is_zero(row.quantity)) return BILLING_OK;
  row.amount = bl_price_total(price, row.quantity);
  return usage_put(usage, &row);
}

static int add_all_pending(bl_call *c, bl_contract *contract, bl_span wanted,
                           bl_json *usage) {
  uint64_t periods = contract->period_count;
  bl_ticks t;
  int rc;

  if (contract->closed >= periods || !bl_ticks_has(contract))
    return BILLING_OK;
  rc = bl_ticks_read(&t, c, contract, contract->closed, periods, c->now_us);
  for (uint64_t p = contract->closed; p < periods; p++) {
    bl_span span = contract->periods[p].span;
    if (bl_span_is_empty(bl_span_cut(span, wanted))) continue;
    for (size_t i = 0; i < t.groups.count && !rc; i++)
      rc = add_pending(&t, t.groups.entry[i].value, p, usage);
  }
  bl_ticks_close(&t);
  return rc;
}

static int add_contract_usage(bl_call *c, bl_contract *contract,
                              const bl_query *q, bl_json *usage) {
  bl_span wanted = {q->from_us, q->to_us};
  bl_tallies tallies;
  int rc;

  if (q->contract.len && !bl_str_equal(q->contract, contract->terms.id))
    return BILLING_OK;
  rc = bl_tallies_of(contract, &c->arena, &tallies);
  for (size_t i = 0; !rc && i < tallies.count; i++) {
    const bl_tally *tally = tallies.item[i];
    bl_span span = contract->periods[tally->period].span;
    if (is_pending(contract, tally->price, tally->period)) continue;
    if (!bl_tally_has_usage(tally) || bl_tally_is_count(tally) ||
        bl_span_is_empty(bl_span_cut(span, wanted)))
      continue;
    rc = usage_of_tally(usage, tally);
  }
  return rc ? rc : add_all_pending(c, contract, wanted, usage);
}

static int usage_document(bl_call *c, const bl_query *q, billing_doc **out) {
  bl_customer *customer;
  bl_json *tree, *usage;
  int rc;

  if (!q->customer.len)
    return bl_fail(c->err, BILLING_INVALID, "/customer", "a customer's id",
                   "usage is asked for one customer");
  rc = bl_find_customer(c, q->customer, "/customer", &customer);
  if (rc) return rc;
  tree = bl_json_object(NULL, NULL);
  usage = bl_json_array(tree, "usage");
  if (!usage) rc = BILLING_NOMEM;
  for (size_t i = 0; i < customer->contracts.count && !rc; i++)
    rc = add_contract_usage(c, customer->contracts.item[i], q, usage);
  bl_json_add_int(tree, "events", (int64_t)customer->events);
  bl_json_add_int(tree, "unmatched", (int64_t)customer->unmatched);
  bl_json_add_int(tree, "unpriced", (int64_t)customer->unpriced);
  if (!rc &&
      !bl_json_add_int(tree, "unentitled", (int64_t)customer->unentitled))
    rc = BILLING_NOMEM;
  if (!rc) rc = bl_doc_of_tree(c, tree, out);
  bl_json_free(tree);
  return rc;
}

/* What only windows of a meter are asked by. */
static const char *usage_stray(const bl_query *q) {
  if (q->window.len) return "window";
  if (q->zone.len) return "zone";
  if (q->group_by) return "group_by";
  if (q->filters) return "filters";
  if (q->as_of_us != INT64_MAX) return "as_of";
  if (q->known_at_us != INT64_MAX) return "known_at";
  return q->after.len ? "after" : NULL;
}

static int usage_answer(bl_call *c, const bl_query *q, billing_doc **out) {
  const char *stray = q->meter.len ? NULL : usage_stray(q);

  if (stray)
    return bl_fail_at(c->err, BILLING_INVALID, "", stray,
                      "name a meter, or leave it out",
                      "only usage of one meter has windows");
  if (q->meter.len && q->contract.len)
    return bl_fail(c->err, BILLING_INVALID, "/contract", "leave it out",
                   "usage of a meter is a customer's");
  return q->meter.len ? bl_usage_windows(c, q, out)
                      : usage_document(c, q, out);
}

int billing_usage(billing *b, const billing_call *call, const char *query,
                  size_t query_len, billing_doc **out, billing_error *err) {
  static const char *const allowed[] = {
    "customer", "contract", "from", "to", "meter", "window", "zone",
    "group_by", "filters", "as_of", "known_at", "after", "limit", NULL};
  bl_question question = {query, query_len, allowed, NULL, usage_answer};

  return bl_question_ask(b, call, &question, out, err);
}
