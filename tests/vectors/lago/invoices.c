/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* invoices.c - Lago's fields: coupons, taxes, totals, credit notes.  Money is
 * cents, so amounts have no places. */
#include <stdio.h>
#include <string.h>

#include "vectors/lago/usage.h"

static cJSON *cents_request(const char *kernel) {
  cJSON *request = vec_request(kernel);

  cJSON_AddNumberToObject(request, "places", 0);
  return request;
}

/* {fee id: member} of the lines of an answer. */
static void put_by_id(cJSON *out, const char *name, const cJSON *list,
                      const char *value) {
  cJSON_AddItemToObject(out, name, vec_pairs(list, "id", value));
}

/* ---- coupons.json ---- */

static cJSON *coupon_of(const cJSON *given) {
  cJSON *coupon = cJSON_CreateObject();

  vec_copy(coupon, "id", given, "id");
  vec_copy(coupon, "percent", given, "rate");
  vec_copy(coupon, "amount", given, "amount_cents");
  vec_copy(coupon, "used", given, "already_used_cents");
  vec_copy(coupon, "plans", given, "plans");
  vec_copy(coupon, "meters", given, "metrics");
  vec_copy(coupon, "lines", given, "fees");
  vec_copy(coupon, "asset", given, "currency");
  vec_copy_whole(coupon, "left", given, "periods_left", NULL);
  vec_put(coupon, "frequency",
          vec_is(given, "frequency", "recurring") ? "times"
          : vec_is(given, "frequency", "forever") ? "forever" : "once");
  return coupon;
}

static cJSON *fee_line(const cJSON *fee) {
  cJSON *line = cJSON_CreateObject();

  vec_copy(line, "id", fee, "id");
  vec_copy(line, "amount", fee, "amount_cents");
  vec_copy(line, "plan", fee, "plan");
  vec_copy(line, "meter", fee, "metric");
  vec_copy(line, "discounted", fee, vec_get(fee, "coupon_cents_so_far")
                                      ? "coupon_cents_so_far"
                                      : "coupon_cents");
  vec_copy(line, "taxes", fee, "taxes");
  if (vec_get(fee, "tax")) {
    cJSON *codes = cJSON_AddArrayToObject(line, "taxes");

    cJSON_AddItemToArray(codes, cJSON_Duplicate(vec_get(fee, "tax"), 1));
  }
  return line;
}

/* Lines, coupons and taxes of an invoice. */
static cJSON *invoice(const cJSON *given, const char *taxes) {
  cJSON *request = cents_request("invoice"), *list;
  const cJSON *item;

  list = cJSON_AddArrayToObject(request, "lines");
  cJSON_ArrayForEach(item, vec_get(given, "fees"))
    cJSON_AddItemToArray(list, fee_line(item));
  list = cJSON_AddArrayToObject(request, "coupons");
  cJSON_ArrayForEach(item, vec_get(given, "coupons"))
    cJSON_AddItemToArray(list, coupon_of(item));
  cJSON_AddNumberToObject(request, "share_places", 5);
  vec_copy(request, "taxes", given, taxes);
  return request;
}

static cJSON *coupons(const cJSON *given) {
  cJSON *request = invoice(given, "tax_rates"), *answer, *out, *list;
  const cJSON *item;

  vec_put(request, "coupon_order", "narrow");
  vec_copy(request, "asset", given, "currency");
  vec_copy(request, "list_empty", given, "allow_zero_base");
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_CreateObject();
  list = cJSON_AddArrayToObject(out, "credits");
  cJSON_ArrayForEach(item, vec_get(answer, "coupons")) {
    cJSON *one = cJSON_CreateObject();

    vec_copy(one, "coupon", item, "id");
    cJSON_AddItemToObject(one, "credit_cents", cJSON_Duplicate(
      cJSON_GetObjectItemCaseSensitive(item, "amount"), 1));
    vec_copy(one, "ended", item, "ended");
    vec_copy(one, "periods_left", item, "left");
    cJSON_AddItemToArray(list, one);
  }
  put_by_id(out, "fee_coupon_cents", vec_get(answer, "lines"), "discount");
  put_by_id(out, "fee_tax_cents", vec_get(answer, "lines"), "tax");
  vec_copy(out, "total_coupon_cents", answer, "discount");
  vec_copy(out, "subtotal_cents", answer, "net");
  vec_copy(out, "tax_cents", answer, "tax");
  vec_copy(out, "total_cents", answer, "gross");
  cJSON_Delete(answer);
  return out;
}

static const vec_kind coupon_kinds[] = {{"", coupons}, {NULL, NULL}};

/* ---- taxes_and_invoices.json: totals, taxes ---- */

static void put_codes(cJSON *out, const cJSON *answer) {
  cJSON *taxable = cJSON_AddObjectToObject(out, "taxable_by_code");
  cJSON *tax = cJSON_AddObjectToObject(out, "tax_by_code");
  const cJSON *item;

  cJSON_ArrayForEach(item, vec_get(answer, "taxes")) {
    vec_copy(taxable, vec_text(item, "code"), item, "taxable");
    vec_copy(tax, vec_text(item, "code"), item, "amount");
  }
}

static cJSON *totals(const cJSON *given) {
  static const char *const names[][2] = {
    {"fees_cents", "subtotal"}, {"coupons_cents", "discount"},
    {"tax_cents", "tax"}, {"subtotal_excl_cents", "net"},
    {"subtotal_incl_cents", "gross"}, {"total_cents", "total"},
    {"prepaid_cents", "tender"}, {"wallet_left_cents", "tender_left"},
    {"credit_notes_cents", "credited"}, {"taxes_rate", "tax_rate"}
  };
  cJSON *request = invoice(given, "taxes"), *list, *answer, *out;
  const cJSON *item;

  list = cJSON_AddArrayToObject(request, "notes");
  cJSON_ArrayForEach(item, vec_get(given, "credit_notes")) {
    cJSON *note = cJSON_CreateObject();

    vec_copy(note, "amount", item, "amount_cents");
    cJSON_AddItemToArray(list, note);
  }
  vec_copy(request, "tender", given, "wallet_cents");
  vec_copy(request, "tender_lines", given, "wallet_fees");
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_CreateObject();
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    vec_copy(out, names[i][0], answer, names[i][1]);
  put_by_id(out, "fee_taxes_cents", vec_get(answer, "lines"), "tax");
  put_by_id(out, "fee_coupons_cents", vec_get(answer, "lines"), "discount");
  put_codes(out, answer);
  cJSON_Delete(answer);
  return out;
}

static cJSON *tax_choice(const cJSON *given) {
  cJSON *request = vec_request("tax_choice"), *answer, *out, *bill, *line;

  vec_copy(request, "kind", given, "fee_kind");
  vec_copy(request, "levels", given, "levels");
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_CreateObject();
  vec_copy(out, "codes", answer, "codes");
  cJSON_Delete(answer);
  bill = cents_request("invoice");
  line = cJSON_CreateObject();
  vec_copy(line, "amount", given, "net_cents");
  vec_copy(line, "taxes", out, "codes");
  cJSON_AddItemToArray(cJSON_AddArrayToObject(bill, "lines"), line);
  vec_copy(bill, "taxes", given, "rates");
  answer = vec_ask(bill);
  vec_copy(out, "tax_cents", answer, "tax");
  cJSON_Delete(answer);
  return out;
}

static cJSON *eu_tax(const cJSON *given) {
  cJSON *request = vec_request("tax_place"), *answer, *out;
  char code[40];

  vec_copy(request, "seller", given, "entity_country");
  vec_copy(request, "customer", given, "country");
  vec_copy(request, "business", given, "vat_number_valid");
  answer = vec_ask(request);
  if (!answer) return NULL;
  snprintf(code, sizeof code, "%s%s%s", vec_text(answer, "treatment"),
           vec_is(answer, "treatment", "standard") ? ":" : "",
           vec_is(answer, "treatment", "standard") ? vec_text(given, "country")
                                                   : "");
  out = cJSON_CreateObject();
  vec_put(out, "code", code);
  cJSON_Delete(answer);
  return out;
}

/* ---- thresholds, alerts ---- */

static cJSON *thresholds(const cJSON *given) {
  cJSON *out = cJSON_CreateObject();
  cJSON *list = cJSON_AddArrayToObject(out, "passed");
  const cJSON *state;

  cJSON_ArrayForEach(state, vec_get(given, "states")) {
    cJSON *request = vec_request("usage_thresholds"), *answer;

    vec_copy(request, "thresholds", given, "thresholds");
    vec_copy(request, "step", given, "recurring");
    vec_copy(request, "billed", given, "progressively_billed");
    vec_copy(request, "invoiced", state, "invoiced");
    vec_copy(request, "current", state, "current");
    answer = vec_ask(request);
    if (!answer) return NULL;
    cJSON_AddItemToArray(list, cJSON_Duplicate(vec_get(answer, "passed"), 1));
    cJSON_Delete(answer);
  }
  return out;
}

static cJSON *alert(const cJSON *given) {
  int is_falling = vec_is(given, "direction", "decreasing");
  cJSON *out = cJSON_CreateObject();
  cJSON *list = cJSON_AddArrayToObject(out, "crossed");
  const cJSON *move;

  cJSON_ArrayForEach(move, vec_get(given, "moves")) {
    cJSON *request = vec_request("crossings"), *answer;

    vec_copy(request, "thresholds", given, "thresholds");
    vec_copy(request, "step", given, "recurring");
    vec_copy(request, "from", move, "from");
    vec_copy(request, "to", move, "to");
    vec_put(request, "direction", is_falling ? "falling" : "rising");
    answer = vec_ask(request);
    if (!answer) return NULL;
    cJSON_AddItemToArray(list, cJSON_Duplicate(vec_get(answer, "crossed"),
                                               1));
    cJSON_Delete(answer);
  }
  return out;
}

/* ---- small ones ---- */

/* Lines that cost so many cents each, all at one rate. */
static cJSON *at_one_rate(const cJSON *amounts, const cJSON *rate,
                          const char *rounding) {
  cJSON *request = cents_request("invoice"), *list;
  const cJSON *item;

  list = cJSON_AddArrayToObject(request, "lines");
  cJSON_ArrayForEach(item, amounts) {
    cJSON *line = cJSON_CreateObject();

    if (cJSON_IsObject(item)) vec_copy(line, "amount", item, "amount_cents");
    else cJSON_AddItemToObject(line, "amount", cJSON_Duplicate(item, 1));
    cJSON_AddItemToArray(list, line);
  }
  cJSON_AddItemToObject(cJSON_AddObjectToObject(request, "taxes"), "t",
                        cJSON_Duplicate(rate, 1));
  vec_put(request, "tax_rounding", rounding);
  return vec_ask(request);
}

static cJSON *regroup(const cJSON *given) {
  cJSON *answer = at_one_rate(vec_get(given, "fees_cents"),
                              vec_get(given, "tax_rate"), "line"), *out;

  if (!answer) return NULL;
  out = cJSON_CreateObject();
  vec_copy(out, "fees_cents", answer, "subtotal");
  vec_copy(out, "tax_cents", answer, "tax");
  vec_copy(out, "total_cents", answer, "total");
  cJSON_Delete(answer);
  return out;
}

static cJSON *void_with_note(const cJSON *given) {
  cJSON *bill = at_one_rate(vec_get(given, "fees"),
                            vec_get(given, "tax_rate"), "document");
  cJSON *request = vec_request("void_note"), *answer, *out, *list;
  const cJSON *item;

  vec_copy(request, "total", bill, "gross");
  vec_copy(request, "credit", given, "credit_cents");
  vec_copy(request, "refund", given, "refund_cents");
  cJSON_Delete(bill);
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_CreateObject();
  list = cJSON_AddArrayToObject(out, "notes");
  cJSON_ArrayForEach(item, vec_get(answer, "notes")) {
    cJSON *one = cJSON_CreateObject();

    vec_copy(one, "credit_cents", item, "credit");
    vec_copy(one, "refund_cents", item, "refund");
    vec_copy(one, "total_cents", item, "total");
    vec_copy(one, "voided", item, "void");
    cJSON_AddItemToArray(list, one);
  }
  cJSON_Delete(answer);
  return out;
}

/* A price times a quantity, exact. */
static cJSON *quoted(const char *unit, const char *quantity, int places) {
  cJSON *request = vec_request("quote"), *price, *answer, *out;

  price = cJSON_AddObjectToObject(request, "price");
  vec_put(price, "model", "per_unit");
  vec_put(price, "unit", unit);
  vec_put(request, "quantity", quantity);
  cJSON_AddNumberToObject(request, "places", places);
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_Duplicate(vec_get(answer, "due"), 1);
  cJSON_Delete(answer);
  return out;
}

static cJSON *custom_unit(const cJSON *given) {
  const cJSON *node = vec_get(given, "unit_decimals"), *units;
  int places = cJSON_IsNumber(node) ? node->valueint : 2;
  cJSON *out = cJSON_CreateObject();
  cJSON *in_units = cJSON_AddArrayToObject(out, "unit_cents");
  cJSON *in_money = cJSON_AddArrayToObject(out, "amount_cents");

  cJSON_ArrayForEach(units, vec_get(given, "units")) {
    cJSON *unit = quoted(vec_text(given, "amount"), units->valuestring,
                         places);
    cJSON *money;

    if (!unit) return NULL;
    money = quoted(vec_text(given, "conversion_rate"), unit->valuestring, 2);
    cJSON_AddItemToArray(in_units, vec_moved(unit->valuestring, 2));
    cJSON_AddItemToArray(in_money, vec_moved(money->valuestring, 2));
    cJSON_Delete(unit);
    cJSON_Delete(money);
  }
  return out;
}

static cJSON *advance_days(const cJSON *given) {
  cJSON *out = cJSON_CreateObject();
  cJSON *list = cJSON_AddArrayToObject(out, "fee_cents");
  const cJSON *left;

  cJSON_ArrayForEach(left, vec_get(given, "days_left")) {
    cJSON *request = vec_request("in_advance"), *answer, *fee;

    vec_put(request, "change", "1");
    cJSON_AddRawToObject(request, "days_left", left->valuestring);
    vec_copy_whole(request, "days", given, "period_days", NULL);
    answer = vec_ask(request);
    if (!answer) return NULL;
    fee = quoted(vec_text(given, "unit_amount"), vec_text(answer, "units"),
                 2);
    cJSON_AddItemToArray(list, vec_moved(fee->valuestring, 2));
    cJSON_Delete(fee);
    cJSON_Delete(answer);
  }
  return out;
}

/* Units that are paid in advance: what is above the most so far. */
static cJSON *fixed_units(const cJSON *given) {
  cJSON *request = vec_request("seats"), *list, *answer, *out;
  const cJSON *units = vec_get(given, "units")->child, *item;

  vec_put(request, "from", "2000-01-01");
  vec_put(request, "to", "2000-02-01");
  vec_copy(request, "price", given, "unit_amount");
  cJSON_AddItemToObject(request, "quantity", cJSON_Duplicate(units, 1));
  list = cJSON_AddArrayToObject(request, "changes");
  for (item = units->next; item; item = item->next) {
    cJSON *change = cJSON_CreateObject();

    vec_put(change, "at", "2000-01-01");
    cJSON_AddItemToObject(change, "quantity", cJSON_Duplicate(item, 1));
    cJSON_AddItemToArray(list, change);
  }
  vec_put_true(request, "each");
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_CreateObject();
  list = cJSON_AddArrayToObject(out, "fee_cents");
  cJSON_ArrayForEach(item, vec_get(answer, "charges"))
    cJSON_AddItemToArray(list, vec_moved(vec_text(item, "amount"), 2));
  cJSON_Delete(answer);
  return out;
}

static const vec_kind tax_kinds[] = {
  {"per_event", lago_per_event}, {"filters", lago_filters},
  {"wallet_targets", lago_wallet_targets},
  {"totals", totals}, {"tax_choice", tax_choice}, {"eu_tax", eu_tax},
  {"thresholds", thresholds}, {"alert", alert}, {"regroup", regroup},
  {"void_with_note", void_with_note}, {"custom_unit", custom_unit},
  {"advance_days", advance_days}, {"fixed_units", fixed_units}, {NULL, NULL}
};

/* ---- credit_notes.json ---- */

/* The rates of a fee's codes together are one rate of an invoice's. */
static cJSON *rate_of(const cJSON *fee, const cJSON *rates) {
  const char *sum = "0";
  const cJSON *code;

  cJSON_ArrayForEach(code, vec_get(fee, "taxes"))
    sum = vec_plus(sum, vec_text(rates, code->valuestring));
  return cJSON_CreateString(sum);
}

static cJSON *fees_of(const cJSON *fees, const cJSON *rates) {
  cJSON *list = cJSON_CreateArray();
  const cJSON *fee;

  cJSON_ArrayForEach(fee, fees) {
    cJSON *one = cJSON_CreateObject();

    vec_copy(one, "id", fee, "id");
    vec_copy(one, "amount", fee, "amount_cents");
    vec_copy(one, "discount", fee, "coupon_cents");
    vec_copy(one, "credited", fee, "credited_cents");
    cJSON_AddItemToObject(one, "percent", rate_of(fee, rates));
    cJSON_AddItemToArray(list, one);
  }
  return list;
}

static void put_items(cJSON *step, const cJSON *items) {
  cJSON *list = cJSON_AddArrayToObject(step, "items");
  const cJSON *item;

  cJSON_ArrayForEach(item, items) {
    cJSON *one = cJSON_CreateObject();

    vec_copy(one, "fee", item, "fee");
    vec_copy(one, "amount", item, "amount_cents");
    cJSON_AddItemToArray(list, one);
  }
}

static cJSON *notes_request(const cJSON *invoice_given) {
  cJSON *request = cents_request("credit_notes");
  const char *coupons_of = vec_text(invoice_given, "invoice_coupons_cents");
  const char *billed = vec_text(invoice_given, "progressive_credit_cents");

  cJSON_AddItemToObject(request, "fees",
                        fees_of(vec_get(invoice_given, "fees"),
                                vec_get(invoice_given, "taxes")));
  if (coupons_of || billed)
    vec_put(request, "discount", vec_plus(coupons_of ? coupons_of : "0",
                                          billed ? billed : "0"));
  vec_copy(request, "total", invoice_given, "total_cents");
  vec_copy(request, "paid", invoice_given, "paid_cents");
  if (cJSON_IsFalse(vec_get(invoice_given, "payment_succeeded")))
    vec_put_true(request, "failed");
  return request;
}

/* The tax of items, code by code, each rounded. */
static cJSON *by_code(const cJSON *given, const cJSON *lines) {
  cJSON *request = cents_request("invoice"), *list;
  const cJSON *line, *fee;

  list = cJSON_AddArrayToObject(request, "lines");
  cJSON_ArrayForEach(line, lines)
    cJSON_ArrayForEach(fee, vec_get(given, "fees"))
      if (!strcmp(vec_text(fee, "id"), vec_text(line, "fee"))) {
        cJSON *one = cJSON_CreateObject();

        vec_copy(one, "amount", line, "amount");
        vec_copy(one, "discounted", line, "discount");
        vec_copy(one, "taxes", fee, "taxes");
        cJSON_AddItemToArray(list, one);
      }
  vec_copy(request, "taxes", given, "taxes");
  vec_put(request, "tax_rounding", "rate");
  return vec_ask(request);
}

static cJSON *item_share(const cJSON *given) {
  cJSON *request = notes_request(given), *step = cJSON_CreateObject();
  cJSON *answer, *taxes, *out, *codes;
  const cJSON *first, *item;

  put_items(step, vec_get(given, "items"));
  vec_put_true(step, "estimate");
  cJSON_AddItemToArray(cJSON_AddArrayToObject(request, "steps"), step);
  answer = vec_ask(request);
  if (!answer) return NULL;
  first = vec_get(answer, "steps")->child;
  taxes = by_code(given, vec_get(first, "lines"));
  out = cJSON_CreateObject();
  codes = cJSON_AddObjectToObject(out, "taxes");
  cJSON_ArrayForEach(item, vec_get(taxes, "taxes"))
    vec_copy(codes, vec_text(item, "code"), item, "amount");
  vec_copy(out, "tax_cents", taxes, "tax");
  vec_copy(out, "taxes_rate", first, "tax_rate");
  vec_copy(out, "coupon_adjustment_cents", first, "discount_rounded");
  cJSON_Delete(answer);
  cJSON_Delete(taxes);
  return out;
}

static cJSON *step_of(const cJSON *given) {
  cJSON *step = cJSON_CreateObject();

  if (vec_is(given, "op", "pay")) {
    vec_copy(step, "pay", given, "amount_cents");
    return step;
  }
  put_items(step, vec_get(given, "items"));
  if (vec_is(given, "op", "estimate")) vec_put_true(step, "estimate");
  vec_copy(step, "credit", given, "credit_cents");
  vec_copy(step, "refund", given, "refund_cents");
  vec_copy(step, "offset", given, "offset_cents");
  return step;
}

static cJSON *sequence(const cJSON *given) {
  static const char *const names[][2] = {
    {"tax_cents", "tax"}, {"precise_tax_cents", "exact_tax"},
    {"subtotal_cents", "net"}, {"max_creditable_cents", "total"},
    {"max_refundable_cents", "refundable"}, {"taxes_rate", "tax_rate"},
    {"coupon_adjustment_cents", "discount_rounded"},
    {"precise_coupon_adjustment_cents", "discount"},
    {"total_cents", "total"}, {"precise_total_cents", "exact_total"},
    {"tax_rounding_cents", "rounded"}, {"credit_cents", "credit"},
    {"refund_cents", "refund"}, {"offset_cents", "offset"},
    {"creditable_left_cents", "creditable"}
  };
  cJSON *request = notes_request(vec_get(given, "invoice")), *list;
  cJSON *answer, *out;
  const cJSON *item;

  list = cJSON_AddArrayToObject(request, "steps");
  cJSON_ArrayForEach(item, vec_get(given, "steps"))
    cJSON_AddItemToArray(list, step_of(item));
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_CreateObject();
  list = cJSON_AddArrayToObject(out, "steps");
  cJSON_ArrayForEach(item, vec_get(answer, "steps")) {
    cJSON *one = cJSON_CreateObject();

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
      vec_copy(one, names[i][0], item, names[i][1]);
    cJSON_AddItemToArray(list, one);
  }
  cJSON_Delete(answer);
  return out;
}

/* A note of items without tax, and the tax beside it. */
static cJSON *nudge(const cJSON *given) {
  cJSON *request = cents_request("credit_notes"), *fee, *step, *items;
  cJSON *answer, *out;
  const cJSON *first, *amount;
  const char *sum = vec_text(given, "tax_cents");

  cJSON_ArrayForEach(amount, vec_get(given, "items_precise_cents"))
    sum = vec_plus(sum, amount->valuestring);
  if (vec_get(given, "coupon_cents"))
    sum = vec_minus(sum, vec_text(given, "coupon_cents"));
  fee = cJSON_CreateObject();
  vec_put(fee, "id", "all");
  vec_put(fee, "amount", sum);
  cJSON_AddItemToArray(cJSON_AddArrayToObject(request, "fees"), fee);
  step = cJSON_CreateObject();
  items = cJSON_CreateObject();
  vec_put(items, "fee", "all");
  vec_put(items, "amount", sum);
  cJSON_AddItemToArray(cJSON_AddArrayToObject(step, "items"), items);
  vec_copy(step, "credit", given, "credit_cents");
  vec_copy(step, "refund", given, "refund_cents");
  vec_copy(step, "offset", given, "offset_cents");
  cJSON_AddItemToArray(cJSON_AddArrayToObject(request, "steps"), step);
  answer = vec_ask(request);
  if (!answer) return NULL;
  first = vec_get(answer, "steps")->child;
  out = cJSON_CreateObject();
  vec_copy(out, "total_cents", first, "total");
  vec_copy(out, "credit_cents", first, "credit");
  vec_copy(out, "refund_cents", first, "refund");
  vec_copy(out, "offset_cents", first, "offset");
  cJSON_Delete(answer);
  return out;
}

static cJSON *limits(const cJSON *given) {
  const cJSON *of = vec_get(given, "invoice");
  cJSON *request = notes_request(of), *answer, *out;

  vec_copy(request, "draft", of, "draft");
  vec_copy(request, "prepaid", of, "prepaid");
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_CreateObject();
  vec_copy(out, "creditable_cents", answer, "creditable");
  cJSON_Delete(answer);
  return out;
}

static cJSON *note_limits(const cJSON *given) {
  cJSON *request = vec_request("note_limits"), *answer, *out;

  vec_copy(request, "total", given, "total_cents");
  vec_copy(request, "paid", given, "paid_cents");
  vec_copy(request, "offsets", given, "offsets_cents");
  vec_copy(request, "creditable", given, "creditable_cents");
  vec_copy(request, "draft", given, "draft");
  vec_copy(request, "void", given, "voided");
  vec_copy(request, "prepaid", given, "prepaid");
  if (!cJSON_IsFalse(vec_get(given, "wallet_active")))
    vec_copy(request, "wallet", given,
             cJSON_IsTrue(vec_get(given, "traceable")) ||
             (vec_get(given, "lot_left_cents") &&
              !vec_get(given, "traceable"))
               ? "lot_left_cents" : "wallet_balance_cents");
  if (cJSON_IsFalse(vec_get(given, "payment_succeeded")))
    vec_put_true(request, "failed");
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_CreateObject();
  vec_copy(out, "refundable_cents", answer, "refundable");
  vec_copy(out, "due_cents", answer, "due");
  vec_copy(out, "settled_cents", answer, "settled");
  vec_copy(out, "offsettable_cents", answer, "offsettable");
  cJSON_Delete(answer);
  return out;
}

static cJSON *notes_of(const cJSON *given) {
  cJSON *list = cJSON_CreateArray();
  const cJSON *item;

  cJSON_ArrayForEach(item, vec_get(given, "notes")) {
    cJSON *note = cJSON_CreateObject();

    vec_copy(note, "id", item, "id");
    vec_copy(note, "amount", item, "balance_cents");
    vec_copy(note, "asset", item, "currency");
    vec_copy_whole(note, "created", item, "created", NULL);
    cJSON_AddItemToArray(list, note);
  }
  return list;
}

static cJSON *consume(const cJSON *given) {
  cJSON *request = vec_request("apply_notes"), *list, *answer, *out;
  const char *sum = "0";
  const cJSON *item;

  cJSON_AddItemToObject(request, "notes", notes_of(given));
  vec_copy(request, "asset", given, "currency");
  list = cJSON_AddArrayToObject(request, "totals");
  if (vec_get(given, "invoices_cents"))
    cJSON_ArrayForEach(item, vec_get(given, "invoices_cents"))
      cJSON_AddItemToArray(list, cJSON_Duplicate(item, 1));
  else cJSON_AddItemToArray(list, cJSON_Duplicate(
    vec_get(given, "invoice_cents"), 1));
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_CreateObject();
  vec_copy(out, "drawn_cents", answer, "drawn");
  vec_copy(out, "balance_left_cents", answer, "left");
  cJSON_ArrayForEach(item, vec_get(answer, "credited"))
    sum = vec_plus(sum, item->valuestring);
  vec_put(out, "invoice_credit_cents", sum);
  vec_put(out, "total_drawn_cents", sum);
  cJSON_Delete(answer);
  return out;
}

static cJSON *check(const cJSON *given) {
  static const char *const names[][2] = {
    {"fees_total", "fees_total_cents"}, {"total", "invoice_total_cents"},
    {"paid", "paid_cents"}, {"credit", "credit_cents"},
    {"refund", "refund_cents"}, {"offset", "offset_cents"},
    {"prior_credit", "prior_credit_cents"},
    {"prior_refund", "prior_refund_cents"},
    {"prior_offset", "prior_offset_cents"}
  };
  static const char *const whys[][2] = {
    {"unpaid", "cannot_refund_unpaid_invoice"},
    {"high", "higher_than_remaining_invoice_amount"},
    {"differs", "does_not_match_item_amounts"},
    {"nothing", "total_amount_must_be_positive"}
  };
  cJSON *request = vec_request("note_check"), *answer, *out;

  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    vec_copy(request, names[i][0], given, names[i][1]);
  vec_put(request, "items",
          vec_plus(vec_minus(vec_text(given, "items_cents"),
                             vec_text(given, "coupon_cents")),
                   vec_text(given, "tax_cents")));
  vec_put(request, "slack", "1");
  if (cJSON_IsFalse(vec_get(given, "payment_succeeded")))
    vec_put_true(request, "failed");
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_CreateObject();
  if (cJSON_IsTrue(vec_get(answer, "ok"))) vec_put_true(out, "ok");
  for (size_t i = 0; i < sizeof whys / sizeof *whys; i++)
    if (vec_is(answer, "why", whys[i][0])) vec_put(out, "error", whys[i][1]);
  cJSON_Delete(answer);
  return out;
}

static cJSON *progressive_excess(const cJSON *given) {
  cJSON *request = cents_request("note_excess"), *answer, *taxes, *out;

  cJSON_AddItemToObject(request, "fees", fees_of(vec_get(given, "fees"),
                                                 vec_get(given, "taxes")));
  {
    cJSON *fee;

    cJSON_ArrayForEach(fee, cJSON_GetObjectItem(request, "fees"))
      cJSON_DeleteItemFromObject(fee, "percent");
  }
  vec_copy(request, "excess", given, "excess_cents");
  answer = vec_ask(request);
  if (!answer) return vec_invalid("creditable_amount_is_less_than_requested");
  out = cJSON_CreateObject();
  if (cJSON_IsFalse(vec_get(answer, "excess"))) vec_put_true(out, "none");
  else {
    taxes = by_code(given, vec_get(answer, "lines"));
    vec_copy(out, "credit_cents", taxes, "gross");
    cJSON_AddItemToObject(out, "items", vec_pairs(vec_get(answer, "lines"),
                                                  "fee", "amount"));
    cJSON_Delete(taxes);
  }
  cJSON_Delete(answer);
  return out;
}

static int exponent_of(const cJSON *given) {
  const cJSON *node = vec_get(given, "currency_exponent");

  return cJSON_IsNumber(node) ? node->valueint : 2;
}

static cJSON *prepaid_refund(const cJSON *given) {
  int exponent = exponent_of(given);
  cJSON *request = vec_request("prepaid_refund"), *answer, *out, *lots;
  const cJSON *lot;

  vec_put_moved(request, "refund", vec_text(given, "refund_cents"),
                -exponent);
  vec_put_moved(request, "balance", vec_text(given, "balance_cents"),
                -exponent);
  vec_copy(request, "rate", given, "rate");
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_CreateObject();
  vec_copy(out, "voided_credits", answer, "credits");
  vec_put_moved(out, "balance_cents", vec_text(answer, "balance"), exponent);
  cJSON_Delete(answer);
  lots = cJSON_AddObjectToObject(out, "lots_left_cents");
  cJSON_ArrayForEach(lot, vec_get(given, "lots")) {
    if (!cJSON_IsTrue(vec_get(lot, "this_purchase"))) {
      vec_copy(lots, vec_text(lot, "id"), lot, "left_cents");
      continue;
    }
    request = vec_request("prepaid_refund");
    vec_copy(request, "refund", given, "refund_cents");
    vec_copy(request, "balance", lot, "left_cents");
    vec_copy(request, "rate", given, "rate");
    answer = vec_ask(request);
    vec_copy(lots, vec_text(lot, "id"), answer, "balance");
    cJSON_Delete(answer);
  }
  return out;
}

static const vec_kind note_kinds[] = {
  {"item_share", item_share}, {"nudge", nudge}, {"sequence", sequence},
  {"limits", limits}, {"refundable", note_limits}, {"due", note_limits},
  {"consume", consume}, {"consume_many", consume}, {"check", check},
  {"progressive_excess", progressive_excess},
  {"prepaid_refund", prepaid_refund}, {NULL, NULL}
};

const vec_file vec_lago_invoices[] = {
  {"lago/coupons.json",
   "Discounts applied to the fees of one invoice, before tax.", NULL,
   coupon_kinds},
  {"lago/taxes_and_invoices.json", "", NULL, tax_kinds},
  {"lago/credit_notes.json", "", NULL, note_kinds},
  {NULL, NULL, NULL, NULL}
};
