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
#include "engine/evaluate_terms.h"
#include "engine/evaluate_wallet.h"

/* What a line has beside what wallets ask. */
typedef struct bill_line {
  bl_payable       due;
  bl_str       id;
  bl_dec       quantity;         /* or bad */
  bl_ask_clock time;
  bl_ask_clock from;
  bl_ask_clock to;
  bl_words     tags;
  bl_dec       commit_unit;      /* or bad */
} bill_line;

typedef struct bill_terms {
  const bl_json *grants;
  const bl_json *lines;
  const bl_json *order;
  const bl_json *overrides;
  bl_ask_clock   at;
  uint32_t       by_priority;
  uint32_t       is_refused;     /* when not all can be paid */
  uint32_t       is_inclusive;   /* grants may be used at their expiry */
  uint32_t       is_ranked;      /* lines are sorted */
  uint32_t       by_grant;       /* draws are listed by grant, not by line */
} bill_terms;

typedef struct bill {
  bill_terms  terms;
  bl_purses   purses;
  bill_line  *lines;             /* in the order of the request */
  bl_payment  payment;
  size_t     *owners;            /* the purse of each lot */
  bl_dec     *opening;           /* of each lot */
  bl_dec      usable;
  bl_dec      total;
  bl_dec      owed;
  bl_dec      missing;           /* the lines' unpaid parts above zero */
  bl_override *overrides;
  size_t      override_count;
  int         is_denied;
} bill;

/* ---- lines ---- */

static const char *const bill_kinds[] = {"usage", "subscription",
                                         "composite", NULL};

#define BILL_LINE(member) offsetof(bill_line, member)
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
  {.name = "tags", .read = bl_ask_words, .at = BILL_LINE(tags)},
  {.name = "fixed", .read = bl_value_truth, .at = BILL_LINE(due.is_fixed)},
  {.name = "asset", .read = bl_value_asset, .at = BILL_LINE(due.use.asset)},
  {.name = "meter", .read = bl_value_id, .at = BILL_LINE(due.use.meter)},
  {.name = "price", .read = bl_value_id, .at = BILL_LINE(due.use.price)},
  {.name = "contract", .read = bl_value_id,
   .at = BILL_LINE(due.use.contract)},
  {.name = "customer", .read = bl_value_id,
   .at = BILL_LINE(due.use.customer)},
  {.name = "tags", .read = bl_value_ids, .high = BL_LIMIT_TAGS,
   .at = BILL_LINE(due.use.tags), .beside = BILL_LINE(due.use.tag_count)},
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
                          bill_line *line) {
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
static int bill_line_amount(const bl_reader *at, bill_line *line) {
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
                          uint64_t number, bill_line *line) {
  int rc;

  line->due.amount = BL_DEC_BAD;
  line->quantity   = BL_DEC_BAD;
  line->commit_unit = BL_DEC_BAD;
  line->due.number = number;
  (void)bl_asset_set(line->due.use.asset, BL_STR("USD"));
  rc = bl_shape_read(&bill_line_shape, at, item, 0, line);
  if (!line->due.name.len) line->due.name = line->id;
  return rc;
}

/* Sums are of one asset. */
static int bill_line_asset(const bl_reader *at, const bill *b,
                           const bill_line *line) {
  bl_reader asset = bl_reader_member(at, "asset");

  if (bl_asset_equal(b->lines[0].due.use.asset, line->due.use.asset))
    return BILLING_OK;
  return bl_reader_fail(&asset, BILLING_INVALID,
                        "ask for the lines of each asset by themselves",
                        "lines are in one asset");
}

static int bill_lines_read(const bl_ask *ask, int is_paid, bill *b) {
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
    bill_line *line = &b->lines[i];

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
static void bill_add_lots(bill *b, size_t place) {
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
static int bill_has_units(const bill *b) {
  for (size_t i = 0; i < b->payment.line_count; i++)
    if (!bl_dec_is_bad(b->lines[i].commit_unit)) return 1;
  return b->terms.overrides != NULL;
}

static int bill_lots(const bl_ask *ask, bill *b) {
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
static int bill_unit(bl_ask *ask, const bill *b, const bill_line *line,
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

static int bill_units(bl_ask *ask, bill *b, bl_payable *due) {
  const bl_payment *p = &b->payment;
  const bill_line *line = &b->lines[due->number - 1];
  bl_dec *units = bl_ask_array(ask, p->lot_count, sizeof *units);
  int rc = units ? BILLING_OK : bl_reader_nomem(&ask->top);

  if (bl_dec_is_bad(line->quantity)) return rc;
  for (size_t i = 0; i < p->lot_count && !rc; i++)
    rc = bill_unit(ask, b, line, &b->purses.purse[b->owners[i]], &units[i]);
  due->quantity = line->quantity;
  due->units    = units;
  return rc ? rc : bill_unit(ask, b, line, NULL, &due->unit);
}

static int bill_all_units(bl_ask *ask, bill *b) {
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

/* Nothing is drawn. */
static void bill_undo(bill *b) {
  bl_payment *p = &b->payment;

  for (size_t i = 0; i < p->lot_count; i++) p->lots[i]->left = b->opening[i];
  for (size_t i = 0; i < p->line_count; i++)
    p->lines[i].rest = p->lines[i].amount;
  p->paid_count = 0;
}

/* What it all comes to.  A line below zero owes something back, but lends
 * nothing to the others. */
static void bill_sum(bill *b) {
  const bl_payment *p = &b->payment;

  b->total = b->owed = b->missing = BL_DEC_ZERO;
  for (size_t i = 0; i < p->line_count; i++) {
    bl_dec rest = p->lines[i].rest;

    b->total = bl_dec_add(b->total, p->lines[i].amount);
    b->owed  = bl_dec_add(b->owed, rest);
    if (bl_dec_sign(rest) > 0) b->missing = bl_dec_add(b->missing, rest);
  }
}

static int bill_decide(bl_ask *ask, bill *b) {
  int rc = bill_lots(ask, b);

  if (!rc) rc = bill_all_units(ask, b);

  if (rc) return rc;
  b->usable = bl_usable(&b->payment);
  bl_pay_lines(&b->payment);
  bill_sum(b);
  b->is_denied = b->terms.is_refused && bl_dec_sign(b->missing) > 0;
  if (b->is_denied) bill_undo(b);
  return BILLING_OK;
}

/* ---- answering ---- */

/* The quantity that an amount of the line stands for. */
static bl_dec bill_quantity(const bill_line *line, bl_dec amount) {
  if (bl_dec_is_zero(line->due.amount)) return line->quantity;
  return bl_dec_muldiv(line->quantity, amount, line->due.amount);
}

static const bill_line *bill_line_of(const bill *b, size_t place) {
  return &b->lines[b->payment.lines[place].number - 1];
}

static void bill_put_draw(bl_ask *ask, const bill *b, const bl_paid *paid,
                          bl_json *list) {
  bl_json *node = bl_json_object(list, NULL);
  const bl_purse *purse = &b->purses.purse[b->owners[paid->lot]];
  const bill_line *line = bill_line_of(b, paid->line);
  const bl_payable *due = &b->payment.lines[paid->line];

  (void)bl_json_add_text(node, "grant", purse->id);
  (void)bl_json_add_text(node, "line", line->id);
  bl_ask_put(ask, node, "amount", paid->amount);
  if (bl_dec_is_bad(line->quantity)) return;
  bl_ask_put(ask, node, "quantity",
             due->units ? paid->quantity : bill_quantity(line, paid->amount));
  bl_ask_put(ask, node, "unit", due->units ? due->units[paid->lot]
                                           : due->unit);
}

/* Draws lie in the order of the lines; counting puts them in that of the
 * lots. */
static int bill_put_draws(bl_ask *ask, const bill *b) {
  const bl_payment *p = &b->payment;
  bl_json *list = bl_json_array(ask->out, "draws");
  size_t *next = bl_ask_array(ask, p->lot_count + 1, sizeof *next);
  const bl_paid **by_lot = bl_ask_array(ask, p->paid_count, sizeof *by_lot);

  if (!next || !by_lot) return bl_reader_nomem(&ask->top);
  for (size_t i = 0; i < p->paid_count; i++) next[p->paid[i].lot + 1]++;
  for (size_t i = 0; i < p->lot_count; i++) next[i + 1] += next[i];
  for (size_t i = 0; i < p->paid_count; i++)
    by_lot[next[p->paid[i].lot]++] = &p->paid[i];
  for (size_t i = 0; i < p->paid_count; i++)
    bill_put_draw(ask, b, b->terms.by_grant ? by_lot[i] : &p->paid[i], list);
  return BILLING_OK;
}

/* What is left and what was drawn, by the grants' ids. */
static void bill_put_grants(bl_ask *ask, const bill *b) {
  bl_json *left  = bl_json_object(ask->out, "left");
  bl_json *drawn = bl_json_object(ask->out, "drawn");

  for (size_t i = 0; i < b->payment.lot_count;) {
    const bl_purse *purse = &b->purses.purse[b->owners[i]];
    bl_dec has = BL_DEC_ZERO, had = BL_DEC_ZERO;

    for (size_t k = 0; k < purse->lot_count; k++, i++) {
      has = bl_dec_add(has, b->payment.lots[i]->left);
      had = bl_dec_add(had, b->opening[i]);
    }
    bl_ask_put(ask, left, purse->id.text, has);
    bl_ask_put(ask, drawn, purse->id.text, bl_dec_sub(had, has));
  }
}

static void bill_put_lines(bl_ask *ask, const bill *b) {
  bl_json *list = bl_json_array(ask->out, "lines");

  for (size_t i = 0; i < b->payment.line_count; i++) {
    const bill_line *line = bill_line_of(b, i);
    const bl_payable *due = &b->payment.lines[i];
    bl_json *node = bl_json_object(list, NULL);

    (void)bl_json_add_text(node, "id", line->id);
    bl_ask_put(ask, node, "amount", due->amount);
    bl_ask_put(ask, node, "drawn", bl_dec_sub(due->amount, due->rest));
    bl_ask_put(ask, node, "owed", due->rest);
    if (bl_dec_is_bad(line->quantity)) continue;
    bl_ask_put(ask, node, "unit", due->unit);
    bl_ask_put(ask, node, "owed_quantity",
               due->units ? due->rest_quantity
                          : bill_quantity(line, due->rest));
  }
}

/* What is to be paid in money now: what is owed, and what owed grants lent. */
static bl_dec bill_due(const bill *b, bl_dec owed) {
  const bl_payment *p = &b->payment;

  for (size_t i = 0; i < p->paid_count; i++)
    if (b->purses.purse[b->owners[p->paid[i].lot]].is_owed)
      owed = bl_dec_add(owed, p->paid[i].amount);
  return owed;
}

static int bill_put(bl_ask *ask, const bill *b) {
  bl_dec owed  = b->is_denied ? BL_DEC_ZERO : b->owed;
  bl_dec taken = b->is_denied ? BL_DEC_ZERO : b->total;
  int rc;

  (void)bl_json_add_bool(ask->out, "denied", b->is_denied);
  if (b->is_denied) bl_ask_put(ask, ask->out, "missing", b->missing);
  bl_ask_put(ask, ask->out, "total", b->total);
  bl_ask_put(ask, ask->out, "owed", owed);
  bl_ask_put(ask, ask->out, "due", bill_due(b, owed));
  bl_ask_put(ask, ask->out, "balance", bl_dec_sub(b->usable, taken));
  rc = bill_put_draws(ask, b);
  bill_put_grants(ask, b);
  bill_put_lines(ask, b);
  return rc;
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
   .at = offsetof(bill_terms, lines)},
  {.name = "grants", .read = bl_ask_list, .forms = 1u, .needed = 1u,
   .at = offsetof(bill_terms, grants)},
  {.name = "order", .read = bl_ask_node, .forms = 1u,
   .at = offsetof(bill_terms, order)},
  {.name = "at", .read = bl_ask_wall, .at = offsetof(bill_terms, at)},
  {.name = "overrides", .read = bl_ask_list, .forms = 1u,
   .at = offsetof(bill_terms, overrides)},
  {.name = "prefer", .read = bl_value_choice, .forms = 1u,
   .words = bl_prefer_words, .at = offsetof(bill_terms, by_priority)},
  {.name = "insufficient", .read = bl_value_choice, .forms = 1u,
   .words = bill_shortages, .at = offsetof(bill_terms, is_refused)},
  {.name = "expiry", .read = bl_value_choice, .forms = 1u,
   .words = bill_expiries, .at = offsetof(bill_terms, is_inclusive)},
  {.name = "line_order", .read = bl_value_choice,
   .words = bill_line_orders, .at = offsetof(bill_terms, is_ranked)},
  {.name = "draws_by", .read = bl_value_choice, .forms = 1u,
   .words = bill_listings, .at = offsetof(bill_terms, by_grant)},
};

static const bl_shape bill_shape = {
  "a request", bill_fields, BL_COUNT(bill_fields)
};

int bl_ask_burndown(bl_ask *ask) {
  bill b = {0};
  int rc = bl_shape_read(&bill_shape, &ask->top, ask->doc, 0, &b.terms);

  b.purses.order = b.terms.order;
  if (!rc)
    rc = bl_purses_read(ask, b.terms.grants, b.terms.is_inclusive != 0,
                        &b.purses);
  if (!rc) rc = bill_lines_read(ask, 1, &b);
  if (!rc) rc = bill_decide(ask, &b);
  if (!rc) rc = bill_put(ask, &b);
  return rc;
}

int bl_ask_line_order(bl_ask *ask) {
  bill b = {0};
  bl_json *list;
  int rc = bl_shape_read(&bill_shape, &ask->top, ask->doc, 1, &b.terms);

  if (!rc) rc = bill_lines_read(ask, 0, &b);
  if (rc) return rc;
  list = bl_json_array(ask->out, "order");
  for (size_t i = 0; i < b.payment.line_count; i++)
    (void)bl_json_add_text(list, NULL, bill_line_of(&b, i)->id);
  return BILLING_OK;
}
