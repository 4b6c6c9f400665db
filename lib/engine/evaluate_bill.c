/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * evaluate_bill.c - what lines come to by asset, and the answer of burndown.
 *
 *     {"kernel":"burndown","at":"2026-03-01",
 *      "grants":[{"id":"pack","asset":"token","amount":"100"}],
 *      "lines":[{"id":"calls","asset":"token","amount":"300"},
 *               {"id":"seats","asset":"USD","amount":"20"}],
 *      "exchange":{"into":"USD","at":"2026-03-01",
 *                  "rates":[{"from":"token","to":"USD","rate":"0.25"}]}}
 *     -> {"assets":[{"asset":"token","converted":"50","due":"200",
 *           "owed":"200","rate":"0.25","total":"300", ..},
 *          {"asset":"USD","converted":"20","due":"20", ..}],
 *         "asset":"USD","due":"70","owed":"70","total":"95", ..}
 *
 * Grants pay lines of their own asset, and only what they leave is converted.
 */
#include "engine/evaluate_bill.h"

/* ---- sums ---- */

/* A line below zero owes something back, but lends nothing to the others. */
static void bill_add_line(bl_bill_sum *sum, const bl_payable *line) {
  sum->total = bl_dec_add(sum->total, line->amount);
  sum->owed  = bl_dec_add(sum->owed, line->rest);
  if (bl_dec_sign(line->rest) > 0)
    sum->missing = bl_dec_add(sum->missing, line->rest);
}

static bl_bill_sum *bill_sum_of(bl_bill *b, const bl_payable *line) {
  size_t i = 0;

  while (!bl_asset_equal(b->sums[i].asset, line->use.asset)) i++;
  assert(i < b->sum_count);
  return &b->sums[i];
}

void bl_bill_sum_up(bl_bill *b) {
  const bl_payment *p = &b->payment;

  for (size_t i = 0; i < b->sum_count; i++) {
    bl_bill_sum *sum = &b->sums[i];

    sum->total = sum->owed = sum->missing = sum->lent = BL_DEC_ZERO;
  }
  for (size_t i = 0; i < p->line_count; i++)
    bill_add_line(bill_sum_of(b, &p->lines[i]), &p->lines[i]);
  for (size_t i = 0; i < p->paid_count; i++) {
    bl_bill_sum *sum = bill_sum_of(b, &p->lines[p->paid[i].line]);

    if (b->purses.purse[b->owners[p->paid[i].lot]].is_owed)
      sum->lent = bl_dec_add(sum->lent, p->paid[i].amount);
  }
}

/* The figures of an answer: nothing is taken when it is denied. */
static void bill_put_sum(bl_ask *ask, bl_json *node, const bl_bill_sum *sum,
                         int is_denied) {
  bl_dec owed  = is_denied ? BL_DEC_ZERO : sum->owed;
  bl_dec lent  = is_denied ? BL_DEC_ZERO : sum->lent;
  bl_dec taken = is_denied ? BL_DEC_ZERO : sum->total;

  if (is_denied) bl_ask_put(ask, node, "missing", sum->missing);
  bl_ask_put(ask, node, "total", sum->total);
  bl_ask_put(ask, node, "owed", owed);
  bl_ask_put(ask, node, "due", bl_dec_add(owed, lent));
  bl_ask_put(ask, node, "balance", bl_dec_sub(sum->usable, taken));
}

/* Adds what a sum is in the asset of the whole. */
static void bill_convert(bl_bill_sum *all, const bl_bill_sum *sum) {
  const bl_exchange *by = &sum->by;

  all->usable = bl_dec_add(all->usable, bl_exchange_amount(by, sum->usable));
  all->total  = bl_dec_add(all->total, bl_exchange_amount(by, sum->total));
  all->owed   = bl_dec_add(all->owed, bl_exchange_amount(by, sum->owed));
  all->lent   = bl_dec_add(all->lent, bl_exchange_amount(by, sum->lent));
  all->missing = bl_dec_add(all->missing,
                            bl_exchange_amount(by, sum->missing));
}

/* Lines of several assets have sums of each, and together only by a declared
 * rate. */
static void bill_put_sums(bl_ask *ask, const bl_bill *b) {
  bl_json *list = bl_json_array(ask->out, "assets");
  bl_bill_sum all = {.asset = ""};

  for (size_t i = 0; i < b->sum_count; i++) {
    const bl_bill_sum *sum = &b->sums[i];
    bl_dec due = b->is_denied ? BL_DEC_ZERO : bl_dec_add(sum->owed,
                                                         sum->lent);
    bl_json *node = bl_json_object(list, NULL);

    (void)bl_json_add_text(node, "asset", bl_str_of(sum->asset));
    bill_put_sum(ask, node, sum, b->is_denied);
    if (!b->terms.exchange) continue;
    bl_ask_put(ask, node, "converted", bl_exchange_amount(&sum->by, due));
    bl_ask_exchange_put(ask, node, &sum->by);
    bill_convert(&all, sum);
  }
  if (!b->terms.exchange) return;
  (void)bl_json_add_text(ask->out, "asset", bl_str_of(b->exchange.into));
  bill_put_sum(ask, ask->out, &all, b->is_denied);
}

/* ---- answering ---- */

/* The quantity that an amount of the line stands for. */
static bl_dec bill_quantity(const bl_bill_line *line, bl_dec amount) {
  if (bl_dec_is_zero(line->due.amount)) return line->quantity;
  return bl_dec_muldiv(line->quantity, amount, line->due.amount);
}

static void bill_put_draw(bl_ask *ask, const bl_bill *b, const bl_paid *paid,
                          bl_json *list) {
  bl_json *node = bl_json_object(list, NULL);
  const bl_purse *purse = &b->purses.purse[b->owners[paid->lot]];
  const bl_bill_line *line = bl_bill_line_of(b, paid->line);
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
static int bill_put_draws(bl_ask *ask, const bl_bill *b) {
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
static void bill_put_grants(bl_ask *ask, const bl_bill *b) {
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

static void bill_put_lines(bl_ask *ask, const bl_bill *b) {
  bl_json *list = bl_json_array(ask->out, "lines");

  for (size_t i = 0; i < b->payment.line_count; i++) {
    const bl_bill_line *line = bl_bill_line_of(b, i);
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

int bl_bill_put(bl_ask *ask, bl_bill *b) {
  static const bl_bill_sum nothing = {.asset = ""};
  int rc;

  (void)bl_json_add_bool(ask->out, "denied", b->is_denied);
  if (b->terms.exchange || b->sum_count > 1) bill_put_sums(ask, b);
  else
    bill_put_sum(ask, ask->out, b->sum_count ? &b->sums[0] : &nothing,
                 b->is_denied);
  rc = bill_put_draws(ask, b);
  bill_put_grants(ask, b);
  bill_put_lines(ask, b);
  return rc;
}
