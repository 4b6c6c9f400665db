/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * evaluate_invoice.c - an invoice from its lines: coupons, taxes, credit
 * notes, tender, in this order.
 *
 *     {"kernel":"invoice","lines":[{"id":"a","amount":"200"},
 *      {"id":"b","amount":"100"}],"coupons":[{"id":"c","amount":"12"}],
 *      "taxes":{"vat":"20"},"notes":[{"id":"n","amount":"45.60"}]}
 *     -> {"subtotal":"300","discount":"12","net":"288","tax":"57.6",
 *         "gross":"345.6","credited":"45.6","total":"300", ..}
 */
#include "engine/evaluate_invoice.h"

#include "engine/evaluate_terms.h"

/* ---- coupons ---- */

static int doc_names(const bl_words *words, bl_str id) {
  for (size_t i = 0; i < words->count; i++)
    if (bl_str_equal(words->item[i], id)) return 1;
  return words->count == 0;
}

/* Whether the coupon is for this document, and for which lines. */
static int doc_covers(bl_sheet *s, const bl_sheet_coupon *c) {
  int is_here = !c->asset[0] || !s->terms.asset[0] ||
                strcmp(c->asset, s->terms.asset) == 0;
  int found = 0;

  is_here = is_here && s->terms.at_us < c->expires_us &&
            (c->frequency != BL_COUPON_TIMES || c->left > 0);
  for (size_t i = 0; i < s->lines; i++) {
    const bl_sheet_line *line = &s->line[i];
    int is_covered = is_here && doc_names(&c->plans, line->plan) &&
                     doc_names(&c->meters, line->meter) &&
                     doc_names(&c->products, line->product) &&
                     doc_names(&c->lines, line->id);

    s->discount[i].is_covered = (uint32_t)is_covered;
    found |= is_covered;
  }
  return found;
}

static void doc_apply(bl_sheet *s, bl_sheet_coupon *c) {
  bl_coupon_rules rules = {s->terms.coupon_places, s->terms.share_places,
                           s->terms.is_stacked, 0};
  bl_json *node = bl_json_object(s->applied, NULL);

  if (c->id.len) (void)bl_json_add_text(node, "id", c->id);
  if (!doc_covers(s, c)) {
    (void)bl_json_add_null(node, "amount");
    return;
  }
  bl_ask_put(s->ask, node, "amount",
             bl_coupon_take(&c->is, &rules, s->discount, s->lines, s->room));
  (void)bl_json_add_bool(node, "ended", bl_coupon_has_ended(&c->is));
  if (c->frequency == BL_COUPON_TIMES)
    (void)bl_json_add_int(node, "left", c->is.left);
}

/* 0 for limits to meters, 1 to plans, products or lines, 2 for none. */
static int doc_breadth(const bl_sheet_coupon *c) {
  if (c->meters.count) return 0;
  return c->plans.count || c->products.count || c->lines.count ? 1 : 2;
}

static bl_dec doc_rest(const bl_sheet *s) {
  bl_dec sum = BL_DEC_ZERO;

  for (size_t i = 0; i < s->lines; i++)
    sum = bl_dec_add(sum, bl_dec_sub(s->discount[i].amount,
                                     s->discount[i].taken));
  return sum;
}

/* A line's own coupons take only from it. */
static int doc_own_coupons(bl_sheet *s) {
  bl_reader above = bl_reader_member(&s->ask->top, "lines");

  for (size_t i = 0; i < s->lines; i++) {
    bl_reader line = bl_reader_item(&above, i);
    bl_reader at = bl_reader_member(&line, "coupons");
    bl_coupon_rules rules = {s->terms.coupon_places, s->terms.share_places,
                             s->terms.is_stacked, 0};
    bl_sheet_coupon *own = NULL;
    size_t count = 0;
    int rc = bl_sheet_coupons(s, &at, s->line[i].coupons, &own, &count);

    if (rc) return rc;
    s->discount[i].is_covered = 1;
    for (size_t c = 0; c < count; c++)
      (void)bl_coupon_take(&own[c].is, &rules, &s->discount[i], 1, s->room);
  }
  return BILLING_OK;
}

static int doc_coupons(bl_sheet *s) {
  int rc = doc_own_coupons(s);

  s->applied = bl_json_array(s->ask->out, "coupons");
  for (int breadth = 0; breadth < 3 && !rc; breadth++)
    for (size_t i = 0; i < s->coupons; i++) {
      int is_turn = s->terms.is_narrow
                      ? doc_breadth(&s->coupon[i]) == breadth : breadth == 0;

      if (!is_turn) continue;
      if (s->terms.has_empty || bl_dec_sign(doc_rest(s)) > 0)
        doc_apply(s, &s->coupon[i]);
    }
  return rc;
}

/* ---- taxes ---- */

static int doc_has_tax(const bl_sheet_line *line, bl_str code) {
  const bl_json *item = bl_json_first(line->taxes);

  for (; item; item = bl_json_next(item))
    if (bl_str_equal(bl_json_text(item), code)) return 1;
  return line->taxes == NULL;
}

static bl_dec doc_percent(const bl_sheet *s, const bl_sheet_line *line) {
  bl_dec sum = BL_DEC_ZERO;

  for (size_t i = 0; i < s->rates; i++)
    if (doc_has_tax(line, s->rate[i].id))
      sum = bl_dec_add(sum, s->rate[i].percent);
  return sum;
}

static bl_dec doc_round(const bl_sheet *s, bl_dec v) {
  return bl_round_due(v, BL_DEC_ZERO, s->terms.places);
}

/* What is taxed of each line, and its tax. */
static void doc_tax_lines(bl_sheet *s) {
  for (size_t i = 0; i < s->lines; i++) {
    bl_dec percent = doc_percent(s, &s->line[i]);
    bl_dec net = bl_dec_sub(s->discount[i].amount, s->discount[i].taken);

    s->tax[i] = s->terms.is_included ? bl_tax_within(net, percent)
                                     : bl_tax_of(net, percent);
    s->net[i] = s->terms.is_included ? bl_dec_sub(net, s->tax[i]) : net;
  }
}

/* The tax of one rate; *taxable what it is of. */
static bl_dec doc_tax_rate(const bl_sheet *s, size_t rate,
                           bl_dec *taxable) {
  *taxable = BL_DEC_ZERO;
  for (size_t i = 0; i < s->lines; i++)
    if (doc_has_tax(&s->line[i], s->rate[rate].id))
      *taxable = bl_dec_add(*taxable, s->net[i]);
  return bl_tax_of(*taxable, s->rate[rate].percent);
}

static bl_dec doc_taxes(bl_sheet *s) {
  bl_json *list = bl_json_array(s->ask->out, "taxes");
  bl_dec exact = BL_DEC_ZERO, by_rate = BL_DEC_ZERO, by_line = BL_DEC_ZERO;

  doc_tax_lines(s);
  for (size_t i = 0; i < s->rates; i++) {
    bl_json *node = bl_json_object(list, NULL);
    bl_dec taxable, tax = doc_tax_rate(s, i, &taxable);

    (void)bl_json_add_text(node, "code", s->rate[i].id);
    bl_ask_put(s->ask, node, "percent", s->rate[i].percent);
    bl_ask_put(s->ask, node, "taxable", doc_round(s, taxable));
    bl_ask_put(s->ask, node, "amount", doc_round(s, tax));
    exact = bl_dec_add(exact, tax);
    by_rate = bl_dec_add(by_rate, doc_round(s, tax));
  }
  for (size_t i = 0; i < s->lines; i++)
    by_line = bl_dec_add(by_line, doc_round(s, s->tax[i]));
  if (s->terms.tax_rounding == BL_SHEET_RATE) return by_rate;
  return s->terms.tax_rounding == BL_SHEET_LINE ? by_line
                                               : doc_round(s, exact);
}

/* The mean rate, by what is taxed, or by lines when that is nothing. */
static bl_dec doc_mean_rate(const bl_sheet *s) {
  bl_dec sum = BL_DEC_ZERO, of = BL_DEC_ZERO, plain = BL_DEC_ZERO;

  for (size_t i = 0; i < s->lines; i++) {
    bl_dec percent = doc_percent(s, &s->line[i]);

    sum = bl_dec_add(sum, bl_dec_mul(s->net[i], percent));
    of = bl_dec_add(of, s->net[i]);
    plain = bl_dec_add(plain, percent);
  }
  if (bl_dec_is_zero(of)) {
    sum = plain;
    of = bl_dec_of_int(s->lines ? (int64_t)s->lines : 1);
  }
  return bl_dec_muldiv_round(sum, BL_DEC_ONE, of, 5, BL_ROUND_HALF_AWAY);
}

static void doc_put_lines(bl_sheet *s, bl_dec tax) {
  bl_json *list = bl_json_array(s->ask->out, "lines");

  for (size_t i = 0; i < s->lines; i++)
    s->room[i].weight = bl_dec_max(s->tax[i], BL_DEC_ZERO);
  bl_apportion(tax, s->terms.places, s->room, s->lines);
  for (size_t i = 0; i < s->lines; i++) {
    bl_json *node = bl_json_object(list, NULL);

    if (s->line[i].id.len) (void)bl_json_add_text(node, "id", s->line[i].id);
    bl_ask_put(s->ask, node, "amount", s->line[i].amount);
    bl_ask_put(s->ask, node, "discount", s->discount[i].taken);
    bl_ask_put(s->ask, node, "net", s->net[i]);
    bl_ask_put(s->ask, node, "tax", doc_round(s, s->tax[i]));
    bl_ask_put(s->ask, node, "tax_share", s->room[i].share);
  }
}

/* ---- notes and tender ---- */

typedef struct doc_note {
  bl_str id;
  bl_dec amount;
} doc_note;

static const bl_field doc_note_fields[] = {
  {.name = "id", .read = bl_value_label, .high = 200,
   .at = offsetof(doc_note, id)},
  {.name = "amount", .read = bl_value_amount, .needed = BL_ALWAYS,
   .at = offsetof(doc_note, amount)},
};
static const bl_shape doc_note_shape = {
  "a note", doc_note_fields, BL_COUNT(doc_note_fields)
};

static int doc_notes(bl_sheet *s, bl_dec most, bl_dec *credited) {
  static const doc_note start = {.id = {NULL, 0}};
  bl_reader above = bl_reader_member(&s->ask->top, "notes");
  bl_json *list = bl_json_array(s->ask->out, "notes");
  doc_note *notes = NULL;
  size_t count = 0;
  int rc = bl_ask_items(s->ask, &above, s->terms.notes, &doc_note_shape,
                        &start, sizeof start, &notes, &count);

  *credited = BL_DEC_ZERO;
  for (size_t i = 0; i < count && !rc; i++) {
    bl_json *node = bl_json_object(list, NULL);
    bl_dec take = bl_dec_min(notes[i].amount, bl_dec_sub(most, *credited));

    take = bl_dec_max(take, BL_DEC_ZERO);
    if (notes[i].id.len) (void)bl_json_add_text(node, "id", notes[i].id);
    bl_ask_put(s->ask, node, "amount", take);
    bl_ask_put(s->ask, node, "left", bl_dec_sub(notes[i].amount, take));
    *credited = bl_dec_add(*credited, take);
  }
  return rc;
}

/* What tender may pay: lines that it is for, with their tax. */
static bl_dec doc_payable(const bl_sheet *s, bl_dec total) {
  bl_dec sum = BL_DEC_ZERO;

  if (!s->terms.is_limited) return total;
  for (size_t i = 0; i < s->lines; i++)
    if (s->terms.tender_lines.count &&
        doc_names(&s->terms.tender_lines, s->line[i].id))
      sum = bl_dec_add(sum, bl_dec_add(s->net[i], s->tax[i]));
  return bl_dec_min(doc_round(s, sum), total);
}

static int doc_totals(bl_sheet *s) {
  bl_ask *ask = s->ask;
  bl_dec subtotal = BL_DEC_ZERO, discount = BL_DEC_ZERO, tax = doc_taxes(s);
  bl_dec net, gross, credited, total, tender;
  int rc;

  for (size_t i = 0; i < s->lines; i++) {
    subtotal = bl_dec_add(subtotal, s->line[i].amount);
    discount = bl_dec_add(discount, s->discount[i].taken);
  }
  if (s->terms.share_places >= 0)
    discount = bl_round_due(discount, BL_DEC_ZERO, s->terms.coupon_places);
  net = bl_dec_sub(subtotal, discount);
  if (s->terms.is_included) net = bl_dec_sub(net, tax);
  gross = bl_dec_add(net, tax);
  rc = doc_notes(s, s->terms.of_net ? net : gross, &credited);
  total = bl_dec_sub(gross, credited);
  tender = bl_dec_min(s->terms.tender, doc_payable(s, total));
  doc_put_lines(s, tax);
  bl_ask_put(ask, ask->out, "subtotal", subtotal);
  bl_ask_put(ask, ask->out, "discount", discount);
  bl_ask_put(ask, ask->out, "net", net);
  bl_ask_put(ask, ask->out, "tax", tax);
  bl_ask_put(ask, ask->out, "tax_rate", doc_mean_rate(s));
  bl_ask_put(ask, ask->out, "gross", gross);
  bl_ask_put(ask, ask->out, "credited", credited);
  bl_ask_put(ask, ask->out, "tender", tender);
  bl_ask_put(ask, ask->out, "tender_left",
             bl_dec_sub(s->terms.tender, tender));
  bl_ask_put(ask, ask->out, "total", bl_dec_sub(total, tender));
  return rc;
}

int bl_ask_invoice(bl_ask *ask) {
  bl_sheet s = {.ask = ask};
  int rc = bl_sheet_open(ask, &s);

  if (!rc) rc = doc_coupons(&s);
  if (!rc) rc = doc_totals(&s);
  return rc;
}
