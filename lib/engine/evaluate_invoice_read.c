/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* evaluate_invoice_read.c - a request of the kernel `invoice`, read. */
#include "engine/evaluate_invoice.h"

#include "engine/evaluate_terms.h"

static const char *const doc_frequencies[] = {
  [BL_COUPON_ONCE] = "once", [BL_COUPON_TIMES] = "times",
  [BL_COUPON_FOREVER] = "forever", NULL
};

#define DOC_AT(member) offsetof(bl_sheet_line, member)
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
#define DOC_AT(member) offsetof(bl_sheet_coupon, member)
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

static const char *const doc_tax_words[] = {"document", "line", "rate", NULL};
static const char *const doc_order_words[] = {"given", "narrow", NULL};
static const char *const doc_stack_words[] = {"sequential", "stacked", NULL};
static const char *const doc_credit_words[] = {"total", "net", NULL};

static int doc_limit(const bl_reader *r, const bl_field *field,
                     const bl_json *node, void *model) {
  ((bl_sheet_terms *)model)->is_limited = 1;
  return bl_ask_words(r, field, node, model);
}

#define DOC_AT(member) offsetof(bl_sheet_terms, member)
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

static int doc_read_taxes(bl_sheet *s) {
  const bl_json *m = bl_json_first(s->terms.taxes);
  bl_reader above = bl_reader_member(&s->ask->top, "taxes");
  size_t count = s->terms.taxes ? bl_json_count(s->terms.taxes) : 0;

  if (count && bl_json_kind(s->terms.taxes) != BL_JSON_OBJECT)
    return bl_reader_fail(&above, BILLING_INVALID, "{\"vat\":\"20\"}",
                          "taxes are an object of percentages");
  s->rate = bl_ask_array(s->ask, count, sizeof *s->rate);
  if (!s->rate) return bl_reader_nomem(&s->ask->top);
  for (; m; m = bl_json_next(m)) {
    bl_field dec = {.at = offsetof(bl_sheet_tax, percent)};
    bl_reader at = bl_reader_member(&above, "");
    int rc;

    at.segment = bl_json_key(m);
    s->rate[s->rates].id = bl_json_key(m);
    rc = bl_value_amount(&at, &dec, m, &s->rate[s->rates++]);
    if (rc) return rc;
  }
  return BILLING_OK;
}

int bl_sheet_coupons(bl_sheet *s, const bl_reader *above,
                            const bl_json *list, bl_sheet_coupon **out,
                            size_t *count) {
  static const bl_sheet_coupon start = {.percent = {0, INT64_MIN},
                                   .expires_us = BL_TIME_NEVER, .left = 1};
  int rc = bl_ask_items(s->ask, above, list, &doc_coupon_shape, &start,
                        sizeof start, out, count);

  for (size_t i = 0; i < *count && !rc; i++) {
    bl_sheet_coupon *c = &(*out)[i];
    int is_percent = !bl_dec_is_bad(c->percent);

    c->is = (bl_coupon){is_percent ? c->percent : c->amount, c->used,
                        (uint32_t)is_percent, c->frequency, c->left, 0};
  }
  return rc;
}

int bl_sheet_open(bl_ask *ask, bl_sheet *s) {
  static const bl_sheet_line start = {.id = {NULL, 0}};
  bl_reader lines = bl_reader_member(&ask->top, "lines");
  bl_reader coupons = bl_reader_member(&ask->top, "coupons");
  int rc;

  s->terms = (bl_sheet_terms){.places = 2, .coupon_places = -1,
                              .share_places = -1, .at_us = INT64_MIN};
  rc = bl_shape_read(&doc_shape, &ask->top, ask->doc, 0, &s->terms);
  if (s->terms.coupon_places < 0) s->terms.coupon_places = s->terms.places;
  if (!rc)
    rc = bl_ask_items(ask, &lines, s->terms.lines, &doc_line_shape, &start,
                      sizeof start, &s->line, &s->lines);
  if (!rc)
    rc = bl_sheet_coupons(s, &coupons, s->terms.coupons, &s->coupon,
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
