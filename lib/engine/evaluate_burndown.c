/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * evaluate_burndown.c - what each grant pays of each line.
 *
 *     {"kernel":"burndown","at":"2026-03-01",
 *      "grants":[{"id":"paid","amount":"40","cost":"40"},
 *                {"id":"gift","amount":"10"}],
 *      "lines":[{"id":"tokens","amount":"60"}]}
 *     -> {"draws":[{"amount":"10","grant":"gift","line":"tokens"},
 *                  {"amount":"40","grant":"paid","line":"tokens"}],
 *         "left":{"gift":"0","paid":"0"},"owed":"10", ..}
 *
 * A line that has a commit_unit, or overrides, costs each grant its own price:
 * 15 at 10, of a grant of 80 at the commit rate of 8, are 10 for 80 and 5 for
 * 50.  With "insufficient":"refuse" the same request draws nothing:
 * {"denied":true,"missing":"10", ..}.
 */
#include "engine/evaluate_bill.h"

/* ---- lines ---- */

static const char *const bill_kinds[] = {"usage", "subscription",
                                         "composite", NULL};

#define BILL_LINE(member) offsetof(bl_bill_line, member)
static const bl_field bill_line_fields[] = {
  {.name = "id", .read = bl_value_id, .needed = BL_ALWAYS,
   .at = BILL_LINE(id)},
  {.name = "name", .read = bl_value_label, .high = BL_TEXT_MOST,
   .at = BILL_LINE(due.name)},
  {.name = "kind", .read = bl_value_choice, .words = bill_kinds,
   .at = BILL_LINE(due.kind)},
  {.name = "amount", .read = bl_ask_dec, .at = BILL_LINE(due.amount)},
  {.name = "quantity", .read = bl_ask_dec, .at = BILL_LINE(quantity)},
  {.name = "unit", .read = bl_value_amount, .at = BILL_LINE(due.unit)},
  {.name = "commit_unit", .read = bl_value_amount,
   .at = BILL_LINE(commit_unit)},
  {.name = "fixed", .read = bl_value_truth, .at = BILL_LINE(due.is_fixed)},
  {.name = "asset", .read = bl_value_asset, .at = BILL_LINE(due.use.asset)},
  {.name = "meter", .read = bl_value_id, .at = BILL_LINE(due.use.meter)},
  {.name = "price", .read = bl_value_id, .at = BILL_LINE(due.use.price)},
  {.name = "contract", .read = bl_value_id,
   .at = BILL_LINE(due.use.contract)},
  {.name = "customer", .read = bl_value_id,
   .at = BILL_LINE(due.use.customer)},
  {.name = "tags", .read = bl_value_ids, .high = BL_LIMIT_TAGS,
   .at = BILL_LINE(tags.item), .beside = BILL_LINE(tags.count)},
  {.name = "values", .read = bl_value_named,
   .at = BILL_LINE(due.use.values)},
  {.name = "time", .read = bl_ask_wall, .at = BILL_LINE(time)},
  {.name = "from", .read = bl_ask_wall, .at = BILL_LINE(from)},
  {.name = "to", .read = bl_ask_wall, .at = BILL_LINE(to)},
};
#undef BILL_LINE

static const bl_shape bill_line_shape = {
  "a line", bill_line_fields, BL_COUNT(bill_line_fields)
};

/* A line is for a moment, or for a time that ends before `to`. */
static int bill_line_time(const bl_reader *at, const bl_ask_clock *usual,
                          bl_bill_line *line) {
  bl_reader time = bl_reader_member(at, "time");
  const bl_ask_clock *moment = line->time.is_given ? &line->time : usual;
  int has_span = line->from.is_given && line->to.is_given;

  if (!has_span && !line->from.is_given && !moment->is_given)
    return bl_reader_fail(&time, BILLING_INVALID,
                          "the time of the usage, or \"at\" for all lines",
                          "time is missing");
  line->due.use.time_us = line->from.is_given ? line->from.us : moment->us;
  line->due.last_us     = has_span ? line->to.us - 1 : line->due.use.time_us;
  if (line->due.last_us < line->due.use.time_us)
    line->due.last_us = line->due.use.time_us;
  return BILLING_OK;
}

/* What is to be paid: an amount, or a quantity at a unit price. */
static int bill_line_amount(const bl_reader *at, bl_bill_line *line) {
  bl_reader amount = bl_reader_member(at, "amount");
  bl_payable *due = &line->due;

  if (bl_dec_is_bad(due->amount) && !bl_dec_is_bad(line->quantity))
    due->amount = bl_dec_mul(line->quantity, due->unit);
  if (bl_dec_is_bad(due->amount))
    return bl_reader_fail(&amount, BILLING_INVALID,
                          "an amount, or a quantity and its unit price",
                          "amount is missing");
  return BILLING_OK;
}

static int bill_line_read(const bl_reader *at, const bl_json *item,
                          uint64_t number, bl_bill_line *line) {
  int rc;

  line->due.amount = BL_DEC_BAD;
  line->quantity   = BL_DEC_BAD;
  line->commit_unit = BL_DEC_BAD;
  line->due.number = number;
  (void)bl_asset_set(line->due.use.asset, BL_STR("USD"));
  rc = bl_shape_read(&bill_line_shape, at, item, 0, line);
  if (!line->due.name.len) line->due.name = line->id;
  line->due.use.tags = line->tags.item;
  line->due.use.tag_count = line->tags.count;
  return rc;
}

/* Each asset has sums of its own. */
static int bill_line_asset(const bl_reader *at, bl_bill *b,
                           const bl_bill_line *line) {
  bl_reader asset = bl_reader_member(at, "asset");
  size_t i = 0;

  while (i < b->sum_count &&
         !bl_asset_equal(b->sums[i].asset, line->due.use.asset))
    i++;
  if (i < b->sum_count) return BILLING_OK;
  if (i == BL_BILL_ASSETS)
    return bl_reader_fail(&asset, BILLING_LIMIT, "up to 32",
                          "these are lines of too many assets");
  memcpy(b->sums[i].asset, line->due.use.asset, BL_ASSET_BYTES);
  b->sum_count++;
  return BILLING_OK;
}

static int bill_lines_read(const bl_ask *ask, int is_paid, bl_bill *b) {
  bl_reader above = bl_reader_member(&ask->top, "lines");
  const bl_json *item = bl_json_first(b->terms.lines);
  int rc = BILLING_OK;

  b->payment.line_count = bl_json_count(b->terms.lines);
  b->lines = bl_ask_array(ask, b->payment.line_count, sizeof *b->lines);
  b->payment.lines = bl_ask_array(ask, b->payment.line_count,
                                  sizeof *b->payment.lines);
  if (ask->top.arena->failed) return bl_reader_nomem(&ask->top);
  for (size_t i = 0; !rc && i < b->payment.line_count; i++) {
    bl_reader at = bl_reader_item(&above, i);
    bl_bill_line *line = &b->lines[i];

    rc = bill_line_read(&at, item, i + 1, line);
    if (!rc) rc = bill_line_time(&at, &b->terms.at, line);
    if (!rc && is_paid) rc = bill_line_amount(&at, line);
    if (!rc && is_paid) rc = bill_line_asset(&at, b, line);
    b->payment.lines[i] = line->due;
    item = bl_json_next(item);
  }
  if (!rc && b->terms.is_ranked)
    bl_payable_sort(b->payment.lines, b->payment.line_count);
  return rc;
}

/* ---- deciding ---- */

/* The lots of a grant follow each other. */
static void bill_add_lots(bl_bill *b, size_t place) {
  bl_purse *purse = &b->purses.purse[place];

  for (size_t i = 0; i < purse->lot_count; i++) {
    size_t at = b->payment.lot_count++;

    b->payment.lots[at]         = &purse->lots[i];
    b->payment.lots[at]->number = at + 1;
    b->owners[at]               = place;
    b->opening[at]              = purse->lots[i].left;
  }
}

/* Whether what a unit costs depends on the grant that is drawn. */
static int bill_has_units(const bl_bill *b) {
  for (size_t i = 0; i < b->payment.line_count; i++)
    if (!bl_dec_is_bad(b->lines[i].commit_unit)) return 1;
  return b->terms.overrides != NULL;
}

static int bill_lots(const bl_ask *ask, bl_bill *b) {
  bl_payment *p = &b->payment;
  size_t count = 0;

  for (size_t i = 0; i < b->purses.count; i++)
    count += b->purses.purse[i].lot_count;
  b->owners  = bl_ask_array(ask, count, sizeof *b->owners);
  b->opening = bl_ask_array(ask, count, sizeof *b->opening);
  p->lots    = bl_ask_array(ask, count, sizeof *p->lots);
  p->room    = bl_ask_array(ask, count, sizeof *p->room);
  p->draws   = bl_ask_array(ask, count + 1, sizeof *p->draws);
  p->paid    = bl_ask_array(ask, count + p->line_count +
                                   (bill_has_units(b) ? count * p->line_count
                                                      : 0),
                            sizeof *p->paid);
  if (ask->top.arena->failed) return bl_reader_nomem(&ask->top);
  for (size_t i = 0; i < b->purses.count; i++)
    bill_add_lots(b, b->purses.sorted[i]);
  return BILLING_OK;
}

/* What a unit of a line costs while a lot is drawn, NULL: none. */
static int bill_unit(bl_ask *ask, const bl_bill *b, const bl_bill_line *line,
                     const bl_purse *purse, bl_dec *out) {
  bl_rated_line rated = {.id = line->id, .price = line->due.use.price,
                         .tags = line->tags, .unit = line->due.unit,
                         .commit_unit = line->commit_unit,
                         .at = line->due.use.time_us};
  bl_drawing drawing = {.id = {NULL, 0}};
  uint32_t *why = bl_ask_array(ask, b->override_count, sizeof *why);
  const bl_override *best;

  if (!why) return bl_reader_nomem(&ask->top);
  if (purse)
    drawing = (bl_drawing){purse->id, purse->scope.rate, 1};
  best = bl_override_choose(b->overrides, b->override_count, &rated, &drawing,
                            (int)b->terms.by_priority, why);
  *out = bl_override_unit(&rated, &drawing, best);
  return BILLING_OK;
}

static int bill_units(bl_ask *ask, bl_bill *b, bl_payable *due) {
  const bl_payment *p = &b->payment;
  const bl_bill_line *line = &b->lines[due->number - 1];
  bl_dec *units = bl_ask_array(ask, p->lot_count, sizeof *units);
  int rc = units ? BILLING_OK : bl_reader_nomem(&ask->top);

  if (bl_dec_is_bad(line->quantity)) return rc;
  for (size_t i = 0; i < p->lot_count && !rc; i++)
    rc = bill_unit(ask, b, line, &b->purses.purse[b->owners[i]], &units[i]);
  due->quantity = line->quantity;
  due->units    = units;
  return rc ? rc : bill_unit(ask, b, line, NULL, &due->unit);
}

static int bill_all_units(bl_ask *ask, bl_bill *b) {
  bl_reader at = bl_reader_member(&ask->top, "overrides");
  int rc = BILLING_OK;

  if (!bill_has_units(b)) return BILLING_OK;
  if (b->terms.overrides)
    rc = bl_ask_overrides(ask, b->terms.overrides, &b->overrides,
                          &b->override_count);
  for (size_t i = 0; i < b->override_count && !rc; i++)
    if (b->overrides[i].kind == BL_OVERRIDE_TIERED)
      rc = bl_reader_fail(&at, BILLING_UNSUPPORTED, "unit or factor",
                          "tiered factors have no price of one unit");
  for (size_t i = 0; i < b->payment.line_count && !rc; i++)
    rc = bill_units(ask, b, &b->payment.lines[i]);
  return rc;
}

/* Nothing is drawn; amounts stay those that were refused. */
static void bill_undo(bl_bill *b) {
  bl_payment *p = &b->payment;

  for (size_t i = 0; i < p->lot_count; i++) p->lots[i]->left = b->opening[i];
  for (size_t i = 0; i < p->line_count; i++) {
    bl_payable *line = &p->lines[i];
    line->rest = line->amount;
    line->rest_quantity = line->quantity;
  }
  p->paid_count = 0;
}

/* By which rate each asset is converted. */
static int bill_exchange(bl_ask *ask, bl_bill *b) {
  bl_reader at = bl_reader_member(&ask->top, "exchange");
  bl_ask_exchange *terms = &b->exchange;
  int rc;

  if (!b->terms.exchange) return BILLING_OK;
  rc = bl_ask_exchange_read(&at, b->terms.exchange, BL_EXCHANGE_PART, terms);
  for (size_t i = 0; i < b->sum_count && !rc; i++)
    rc = bl_ask_exchange_find(&at, terms, b->sums[i].asset, terms->at_us,
                              &b->sums[i].by);
  return rc;
}

static int bill_decide(bl_ask *ask, bl_bill *b) {
  int rc = bill_lots(ask, b);

  if (!rc) rc = bill_all_units(ask, b);
  if (!rc) rc = bill_exchange(ask, b);
  if (rc) return rc;
  for (size_t i = 0; i < b->sum_count; i++)
    b->sums[i].usable = bl_usable(&b->payment, b->sums[i].asset);
  bl_pay_lines(&b->payment);
  bl_bill_sum_up(b);
  for (size_t i = 0; i < b->sum_count && b->terms.is_refused; i++)
    b->is_denied |= bl_dec_sign(b->sums[i].missing) > 0;
  if (b->is_denied) bill_undo(b);
  return BILLING_OK;
}

/* ---- kernels ---- */

static const char *const bill_shortages[] = {"owe", "refuse", NULL};
static const char *const bill_expiries[] = {"exclusive", "inclusive", NULL};
static const char *const bill_line_orders[] = {"given", "metronome", NULL};
static const char *const bill_listings[] = {"line", "grant", NULL};

/* Form 0: burndown; form 1: line_order. */
static const bl_field bill_fields[] = {
  BL_ASK_KERNEL,
  {.name = "lines", .read = bl_ask_list, .needed = BL_ALWAYS,
   .at = offsetof(bl_bill_terms, lines)},
  {.name = "grants", .read = bl_ask_list, .forms = 1u, .needed = 1u,
   .at = offsetof(bl_bill_terms, grants)},
  {.name = "order", .read = bl_ask_node, .forms = 1u,
   .at = offsetof(bl_bill_terms, order)},
  {.name = "at", .read = bl_ask_wall, .at = offsetof(bl_bill_terms, at)},
  {.name = "overrides", .read = bl_ask_list, .forms = 1u,
   .at = offsetof(bl_bill_terms, overrides)},
  {.name = "exchange", .read = bl_ask_node, .forms = 1u,
   .at = offsetof(bl_bill_terms, exchange)},
  {.name = "prefer", .read = bl_value_choice, .forms = 1u,
   .words = bl_prefer_words, .at = offsetof(bl_bill_terms, by_priority)},
  {.name = "insufficient", .read = bl_value_choice, .forms = 1u,
   .words = bill_shortages, .at = offsetof(bl_bill_terms, is_refused)},
  {.name = "expiry", .read = bl_value_choice, .forms = 1u,
   .words = bill_expiries, .at = offsetof(bl_bill_terms, is_inclusive)},
  {.name = "line_order", .read = bl_value_choice,
   .words = bill_line_orders, .at = offsetof(bl_bill_terms, is_ranked)},
  {.name = "draws_by", .read = bl_value_choice, .forms = 1u,
   .words = bill_listings, .at = offsetof(bl_bill_terms, by_grant)},
};

static const bl_shape bill_shape = {
  "a request", bill_fields, BL_COUNT(bill_fields)
};

int bl_ask_burndown(bl_ask *ask) {
  bl_bill b = {0};
  int rc = bl_shape_read(&bill_shape, &ask->top, ask->doc, 0, &b.terms);

  b.purses.order = b.terms.order;
  if (!rc)
    rc = bl_purses_read(ask, b.terms.grants, b.terms.is_inclusive != 0,
                        &b.purses);
  if (!rc) rc = bill_lines_read(ask, 1, &b);
  if (!rc) rc = bill_decide(ask, &b);
  if (!rc) rc = bl_bill_put(ask, &b);
  return rc;
}

int bl_ask_line_order(bl_ask *ask) {
  bl_bill b = {0};
  bl_json *list;
  int rc = bl_shape_read(&bill_shape, &ask->top, ask->doc, 1, &b.terms);

  if (!rc) rc = bill_lines_read(ask, 0, &b);
  if (rc) return rc;
  list = bl_json_array(ask->out, "order");
  for (size_t i = 0; i < b.payment.line_count; i++)
    (void)bl_json_add_text(list, NULL, bl_bill_line_of(&b, i)->id);
  return BILLING_OK;
}
