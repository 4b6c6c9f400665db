/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * evaluate_invoice.c - an invoice from its lines: coupons, taxes, credit notes,
 * tender, in this order.
 *
 *     {"kernel":"invoice","lines":[{"id":"a","amount":"200"},
 *      {"id":"b","amount":"100"}],"coupons":[{"id":"c","amount":"12"}],
 *      "taxes":{"vat":"20"},"notes":[{"id":"n","amount":"45.60"}]}
 *     -> {"subtotal":"300","discount":"12","net":"288","tax":"57.6",
 *         "gross":"345.6","credited":"45.6","total":"300", ..}
 */
#include "engine/evaluate.h"
#include "engine/evaluate_terms.h"
#include "invoice/invoice.h"

/* ---- the request ---- */

typedef struct doc_line {
  bl_str         id;
  bl_str         plan;
  bl_str         meter;
  bl_str         product;
  bl_dec         amount;
  bl_dec         discounted;
  const bl_json *taxes;        /* codes; NULL: all of the request */
  const bl_json *coupons;      /* its own */
} doc_line;

typedef struct doc_coupon {
  bl_str    id;
  bl_dec    amount;
  bl_dec    percent;           /* the bad value: it is an amount */
  bl_dec    used;
  bl_words  plans;
  bl_words  meters;
  bl_words  products;
  bl_words  lines;
  char      asset[16];
  int64_t   expires_us;
  uint32_t  frequency;
  int32_t   left;
  bl_coupon is;
} doc_coupon;

static const char *const doc_frequencies[] = {
  [BL_COUPON_ONCE] = "once", [BL_COUPON_TIMES] = "times",
  [BL_COUPON_FOREVER] = "forever", NULL
};

#define DOC_AT(member) offsetof(doc_line, member)
static const bl_field doc_line_fields[] = {
  {.name = "id", .read = bl_value_label, .high = 200, .at = DOC_AT(id)},
  {.name = "plan", .read = bl_value_label, .high = 200, .at = DOC_AT(plan)},
  {.name = "meter", .read = bl_value_label, .high = 200,
   .at = DOC_AT(meter)},
  {.name = "product", .read = bl_value_label, .high = 200,
   .at = DOC_AT(product)},
  {.name = "amount", .read = bl_value_amount, .needed = BL_ALWAYS,
   .at = DOC_AT(amount)},
  {.name = "discounted", .read = bl_value_amount, .at = DOC_AT(discounted)},
  {.name = "taxes", .read = bl_ask_list, .at = DOC_AT(taxes)},
  {.name = "coupons", .read = bl_ask_list, .at = DOC_AT(coupons)},
};
#undef DOC_AT
#define DOC_AT(member) offsetof(doc_coupon, member)
static const bl_field doc_coupon_fields[] = {
  {.name = "id", .read = bl_value_label, .high = 200, .at = DOC_AT(id)},
  {.name = "amount", .read = bl_value_amount, .at = DOC_AT(amount)},
  {.name = "percent", .read = bl_value_amount, .at = DOC_AT(percent)},
  {.name = "used", .read = bl_value_amount, .at = DOC_AT(used)},
  {.name = "plans", .read = bl_ask_words, .at = DOC_AT(plans)},
  {.name = "meters", .read = bl_ask_words, .at = DOC_AT(meters)},
  {.name = "products", .read = bl_ask_words, .at = DOC_AT(products)},
  {.name = "lines", .read = bl_ask_words, .at = DOC_AT(lines)},
  {.name = "asset", .read = bl_value_asset, .at = DOC_AT(asset)},
  {.name = "expires", .read = bl_ask_time, .at = DOC_AT(expires_us)},
  {.name = "frequency", .read = bl_value_choice, .words = doc_frequencies,
   .at = DOC_AT(frequency)},
  {.name = "left", .read = bl_value_whole, .low = 0, .high = 100000,
   .at = DOC_AT(left)},
};
#undef DOC_AT

static const bl_shape doc_line_shape = {
  "a line", doc_line_fields, BL_COUNT(doc_line_fields)
};
static const bl_shape doc_coupon_shape = {
  "a coupon", doc_coupon_fields, BL_COUNT(doc_coupon_fields)
};

typedef struct doc_tax {
  bl_str id;
  bl_dec percent;
} doc_tax;

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

enum { DOC_TAX_DOCUMENT, DOC_TAX_LINE, DOC_TAX_RATE };
static const char *const doc_tax_words[] = {"document", "line", "rate", NULL};
static const char *const doc_order_words[] = {"given", "narrow", NULL};
static const char *const doc_stack_words[] = {"sequential", "stacked", NULL};
static const char *const doc_credit_words[] = {"total", "net", NULL};

typedef struct doc_terms {
  const bl_json *lines;
  const bl_json *coupons;
  const bl_json *taxes;
  const bl_json *notes;
  bl_words       tender_lines;
  bl_dec         tender;
  char           asset[16];
  int64_t        at_us;
  int32_t        places;
  int32_t        coupon_places;
  int32_t        share_places;
  uint32_t       is_narrow;    /* first the coupons with narrower limits */
  uint32_t       is_stacked;
  uint32_t       has_empty;    /* coupons are listed also on nothing */
  uint32_t       tax_rounding;
  uint32_t       is_included;
  uint32_t       of_net;       /* notes pay no tax */
  uint32_t       is_limited;   /* tender_lines were given */
} doc_terms;

static int doc_limit(const bl_reader *r, const bl_field *field,
                     const bl_json *node, void *model) {
  ((doc_terms *)model)->is_limited = 1;
  return bl_ask_words(r, field, node, model);
}

#define DOC_AT(member) offsetof(doc_terms, member)
static const bl_field doc_fields[] = {
  BL_ASK_KERNEL,
  {.name = "lines", .read = bl_ask_list, .needed = BL_ALWAYS,
   .at = DOC_AT(lines)},
  {.name = "coupons", .read = bl_ask_list, .at = DOC_AT(coupons)},
  {.name = "taxes", .read = bl_ask_node, .at = DOC_AT(taxes)},
  {.name = "notes", .read = bl_ask_list, .at = DOC_AT(notes)},
  {.name = "tender", .read = bl_value_amount, .at = DOC_AT(tender)},
  {.name = "tender_lines", .read = doc_limit, .at = DOC_AT(tender_lines)},
  {.name = "asset", .read = bl_value_asset, .at = DOC_AT(asset)},
  {.name = "at", .read = bl_ask_time, .at = DOC_AT(at_us)},
  {.name = "places", .read = bl_value_whole, .low = 0, .high = 18,
   .at = DOC_AT(places)},
  {.name = "coupon_places", .read = bl_value_whole, .low = 0, .high = 18,
   .at = DOC_AT(coupon_places)},
  {.name = "share_places", .read = bl_value_whole, .low = 0, .high = 18,
   .at = DOC_AT(share_places)},
  {.name = "coupon_order", .read = bl_value_choice, .words = doc_order_words,
   .at = DOC_AT(is_narrow)},
  {.name = "stacking", .read = bl_value_choice, .words = doc_stack_words,
   .at = DOC_AT(is_stacked)},
  {.name = "list_empty", .read = bl_value_truth, .at = DOC_AT(has_empty)},
  {.name = "tax_rounding", .read = bl_value_choice, .words = doc_tax_words,
   .at = DOC_AT(tax_rounding)},
  {.name = "tax_included", .read = bl_value_truth, .at = DOC_AT(is_included)},
  {.name = "credits_of", .read = bl_value_choice, .words = doc_credit_words,
   .at = DOC_AT(of_net)},
};
#undef DOC_AT

static const bl_shape doc_shape = {
  "a request", doc_fields, BL_COUNT(doc_fields)
};

/* ---- what is known of the document ---- */

typedef struct doc_state {
  bl_ask      *ask;
  doc_terms    terms;
  doc_line    *line;
  bl_discount *discount;       /* of each line */
  bl_dec      *tax;            /* of each line, exact */
  bl_dec      *net;            /* of each line */
  bl_portion  *room;
  size_t       lines;
  doc_coupon  *coupon;
  size_t       coupons;
  doc_tax     *rate;
  size_t       rates;
  bl_json     *applied;
} doc_state;

static int doc_read_taxes(doc_state *s) {
  const bl_json *m = bl_json_first(s->terms.taxes);
  bl_reader above = bl_reader_member(&s->ask->top, "taxes");
  size_t count = s->terms.taxes ? bl_json_count(s->terms.taxes) : 0;

  if (count && bl_json_kind(s->terms.taxes) != BL_JSON_OBJECT)
    return bl_reader_fail(&above, BILLING_INVALID, "{\"vat\":\"20\"}",
                          "taxes are an object of percentages");
  s->rate = bl_ask_array(s->ask, count, sizeof *s->rate);
  if (!s->rate) return bl_reader_nomem(&s->ask->top);
  for (; m; m = bl_json_next(m)) {
    bl_field dec = {.at = offsetof(doc_tax, percent)};
    bl_reader at = bl_reader_member(&above, "");
    int rc;

    at.segment = bl_json_key(m);
    s->rate[s->rates].id = bl_json_key(m);
    rc = bl_value_amount(&at, &dec, m, &s->rate[s->rates++]);
    if (rc) return rc;
  }
  return BILLING_OK;
}

static int doc_read_coupons(doc_state *s, const bl_reader *above,
                            const bl_json *list, doc_coupon **out,
                            size_t *count) {
  static const doc_coupon start = {.percent = {0, INT64_MIN},
                                   .expires_us = BL_TIME_NEVER, .left = 1};
  int rc = bl_ask_items(s->ask, above, list, &doc_coupon_shape, &start,
                        sizeof start, out, count);

  for (size_t i = 0; i < *count && !rc; i++) {
    doc_coupon *c = &(*out)[i];
    int is_percent = !bl_dec_is_bad(c->percent);

    c->is = (bl_coupon){is_percent ? c->percent : c->amount, c->used,
                        (uint32_t)is_percent, c->frequency, c->left, 0};
  }
  return rc;
}

static int doc_open(bl_ask *ask, doc_state *s) {
  static const doc_line start = {.id = {NULL, 0}};
  bl_reader lines = bl_reader_member(&ask->top, "lines");
  bl_reader coupons = bl_reader_member(&ask->top, "coupons");
  int rc = bl_ask_items(ask, &lines, s->terms.lines, &doc_line_shape, &start,
                        sizeof start, &s->line, &s->lines);

  if (!rc)
    rc = doc_read_coupons(s, &coupons, s->terms.coupons, &s->coupon,
                          &s->coupons);
  if (!rc) rc = doc_read_taxes(s);
  if (rc) return rc;
  s->discount = bl_ask_array(ask, s->lines, sizeof *s->discount);
  s->tax = bl_ask_array(ask, s->lines, sizeof *s->tax);
  s->net = bl_ask_array(ask, s->lines, sizeof *s->net);
  s->room = bl_ask_array(ask, s->lines, sizeof *s->room);
  if (!s->discount || !s->tax || !s->net || !s->room)
    return bl_reader_nomem(&ask->top);
  for (size_t i = 0; i < s->lines; i++)
    s->discount[i] = (bl_discount){s->line[i].amount, s->line[i].discounted,
                                   0, 0};
  return BILLING_OK;
}

/* ---- coupons ---- */

static int doc_names(const bl_words *words, bl_str id) {
  for (size_t i = 0; i < words->count; i++)
    if (bl_str_equal(words->item[i], id)) return 1;
  return words->count == 0;
}

/* Whether the coupon is for this document, and for which lines. */
static int doc_covers(doc_state *s, const doc_coupon *c) {
  int is_here = !c->asset[0] || !s->terms.asset[0] ||
                strcmp(c->asset, s->terms.asset) == 0;
  int found = 0;

  is_here = is_here && s->terms.at_us < c->expires_us &&
            (c->frequency != BL_COUPON_TIMES || c->left > 0);
  for (size_t i = 0; i < s->lines; i++) {
    const doc_line *line = &s->line[i];
    int is_covered = is_here && doc_names(&c->plans, line->plan) &&
                     doc_names(&c->meters, line->meter) &&
                     doc_names(&c->products, line->product) &&
                     doc_names(&c->lines, line->id);

    s->discount[i].is_covered = (uint32_t)is_covered;
    found |= is_covered;
  }
  return found;
}

static void doc_apply(doc_state *s, doc_coupon *c) {
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
static int doc_breadth(const doc_coupon *c) {
  if (c->meters.count) return 0;
  return c->plans.count || c->products.count || c->lines.count ? 1 : 2;
}

static bl_dec doc_rest(const doc_state *s) {
  bl_dec sum = BL_DEC_ZERO;

  for (size_t i = 0; i < s->lines; i++)
    sum = bl_dec_add(sum, bl_dec_sub(s->discount[i].amount,
                                     s->discount[i].taken));
  return sum;
}

/* A line's own coupons take only from it. */
static int doc_own_coupons(doc_state *s) {
  bl_reader above = bl_reader_member(&s->ask->top, "lines");

  for (size_t i = 0; i < s->lines; i++) {
    bl_reader line = bl_reader_item(&above, i);
    bl_reader at = bl_reader_member(&line, "coupons");
    bl_coupon_rules rules = {s->terms.coupon_places, s->terms.share_places,
                             s->terms.is_stacked, 0};
    doc_coupon *own = NULL;
    size_t count = 0;
    int rc = doc_read_coupons(s, &at, s->line[i].coupons, &own, &count);

    if (rc) return rc;
    s->discount[i].is_covered = 1;
    for (size_t c = 0; c < count; c++)
      (void)bl_coupon_take(&own[c].is, &rules, &s->discount[i], 1, s->room);
  }
  return BILLING_OK;
}

static int doc_coupons(doc_state *s) {
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

static int doc_has_tax(const doc_line *line, bl_str code) {
  const bl_json *item = bl_json_first(line->taxes);

  for (; item; item = bl_json_next(item))
    if (bl_str_equal(bl_json_text(item), code)) return 1;
  return line->taxes == NULL;
}

static bl_dec doc_percent(const doc_state *s, const doc_line *line) {
  bl_dec sum = BL_DEC_ZERO;

  for (size_t i = 0; i < s->rates; i++)
    if (doc_has_tax(line, s->rate[i].id))
      sum = bl_dec_add(sum, s->rate[i].percent);
  return sum;
}

static bl_dec doc_round(const doc_state *s, bl_dec v) {
  return bl_round_due(v, BL_DEC_ZERO, s->terms.places);
}

/* What is taxed of each line, and its tax. */
static void doc_tax_lines(doc_state *s) {
  for (size_t i = 0; i < s->lines; i++) {
    bl_dec percent = doc_percent(s, &s->line[i]);
    bl_dec net = bl_dec_sub(s->discount[i].amount, s->discount[i].taken);

    s->tax[i] = s->terms.is_included ? bl_tax_within(net, percent)
                                     : bl_tax_of(net, percent);
    s->net[i] = s->terms.is_included ? bl_dec_sub(net, s->tax[i]) : net;
  }
}

/* The tax of one rate; *taxable what it is of. */
static bl_dec doc_tax_rate(const doc_state *s, size_t rate,
                           bl_dec *taxable) {
  *taxable = BL_DEC_ZERO;
  for (size_t i = 0; i < s->lines; i++)
    if (doc_has_tax(&s->line[i], s->rate[rate].id))
      *taxable = bl_dec_add(*taxable, s->net[i]);
  return bl_tax_of(*taxable, s->rate[rate].percent);
}

static bl_dec doc_taxes(doc_state *s) {
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
  if (s->terms.tax_rounding == DOC_TAX_RATE) return by_rate;
  return s->terms.tax_rounding == DOC_TAX_LINE ? by_line
                                               : doc_round(s, exact);
}

/* The mean rate, by what is taxed, or by lines when that is nothing. */
static bl_dec doc_mean_rate(const doc_state *s) {
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

static void doc_put_lines(doc_state *s, bl_dec tax) {
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

static int doc_notes(doc_state *s, bl_dec most, bl_dec *credited) {
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
static bl_dec doc_payable(const doc_state *s, bl_dec total) {
  bl_dec sum = BL_DEC_ZERO;

  if (!s->terms.is_limited) return total;
  for (size_t i = 0; i < s->lines; i++)
    if (s->terms.tender_lines.count &&
        doc_names(&s->terms.tender_lines, s->line[i].id))
      sum = bl_dec_add(sum, bl_dec_add(s->net[i], s->tax[i]));
  return bl_dec_min(doc_round(s, sum), total);
}

static int doc_totals(doc_state *s) {
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
  doc_state s = {.ask = ask};
  int rc;

  s.terms = (doc_terms){.places = 2, .coupon_places = -1, .share_places = -1,
                        .at_us = INT64_MIN};
  rc = bl_shape_read(&doc_shape, &ask->top, ask->doc, 0, &s.terms);
  if (s.terms.coupon_places < 0) s.terms.coupon_places = s.terms.places;
  if (!rc) rc = doc_open(ask, &s);
  if (!rc) rc = doc_coupons(&s);
  if (!rc) rc = doc_totals(&s);
  return rc;
}
