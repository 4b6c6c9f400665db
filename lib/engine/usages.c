/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* usages.c - usage by contract, price, group and period. */
#include "engine/tallies.h"
#include "engine/views.h"

static int add_tally(bl_json *usage, const bl_tally *tally) {
  const bl_contract *contract = tally->contract;
  const bl_price *price = bl_tally_price(tally);
  bl_span span = contract->periods[tally->period].span;
  bl_json *row = bl_json_object(usage, NULL);
  int rc = bl_view_add_json(row, "group", tally->group);

  if (rc) return rc;
  bl_json_add_text(row, "contract", contract->terms.id);
  bl_json_add_text(row, "price", price->id);
  bl_json_add_text(row, "meter", price->meter);
  bl_json_add_time(row, "from", span.from_us);
  bl_json_add_time(row, "to", span.to_us);
  bl_json_add_dec(row, "quantity", tally->level.total);
  bl_json_add_int(row, "events", tally->level.events);
  bl_json_add_dec(row, "amount", tally->amount);
  bl_json_add_dec(row, "drawn", tally->drawn);
  return bl_json_add_c(row, "asset", price->asset) ? BILLING_OK
                                                   : BILLING_NOMEM;
}

static int add_contract_usage(bl_call *c, const bl_contract *contract,
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
    if (!tally->level.events || bl_span_is_empty(bl_span_cut(span, wanted)))
      continue;
    rc = add_tally(usage, tally);
  }
  return rc;
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

int billing_usage(billing *b, const billing_call *call, const char *query,
                  size_t query_len, billing_doc **out, billing_error *err) {
  static const char *const allowed[] = {"customer", "contract", "from", "to",
                                        NULL};
  bl_question question = {query, query_len, allowed, NULL, usage_document};

  return bl_question_ask(b, call, &question, out, err);
}
