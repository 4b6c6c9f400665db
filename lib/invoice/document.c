/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * document.c - the invoice as canonical JSON, the form that is frozen.
 *
 *     {"contract":"c1","customer":"acme","customer_name":"Acme GmbH",
 *      "issued":"2026-02-01T00:00:00Z","lines":[
 *       {"amount":"2.004","asset":"USD","drawn":"2","due":"0","events":3,
 *        "first_event":7,"group":{"model":"m1"},"kind":"usage",
 *        "last_event":9,"late":false,"line":1,"meter":"tokens", ...}],
 *      "number":"INV-000001","own_number":1, ...,"zone":"Europe/Berlin"}
 *
 * Decimals are strings, numbers of ours are integers, instants are RFC 3339 in
 * UTC.  A usage line has meter, group and events (first_event and last_event
 * when there are any), a fee has its proration unless it is whole.  The
 * quantity of a composite, a minimum and a maximum is what was spent on the
 * prices that it is `of`, or in all.
 *
 * What is open on a line that is `converted` is due on the line of that
 * number, of the kind "conversion", whose `lines` say what it is of.
 *
 * A node that could not be added is a member that would be missing, so every
 * addition is looked at.
 */
#include "invoice/invoice.h"

/* What was erased is null. */
static int document_name(bl_json *to, const char *key, bl_str name) {
  return name.len ? bl_json_add_text(to, key, name) != NULL
                  : bl_json_add_null(to, key) != NULL;
}

static int document_number(bl_json *to, const char *key, uint64_t n) {
  assert(n <= INT64_MAX);
  return bl_json_add_int(to, key, (int64_t)n) != NULL;
}

static int document_span(bl_json *to, const char *key, bl_span s) {
  bl_json *span = bl_json_object(to, key);
  assert(s.from_us <= s.to_us && s.to_us != BL_TIME_NEVER);
  return bl_json_add_time(span, "from", s.from_us) &&
         bl_json_add_time(span, "to", s.to_us);
}

/* The group is canonical JSON already, but a tree prints from nodes. */
static int document_group(bl_json *line, bl_str group) {
  bl_json *tree = NULL;
  int rc;
  if (group.len == 0)
    return bl_json_object(line, "group") ? BILLING_OK : BILLING_NOMEM;
  rc = bl_json_read(group.text, group.len, &tree, NULL);
  if (rc) return rc == BILLING_NOMEM ? rc : BILLING_INTERNAL;
  if (!bl_json_add_copy(line, "group", tree)) rc = BILLING_NOMEM;
  bl_json_free(tree);
  return rc;
}

static int document_usage(bl_json *line, const bl_charge *c) {
  int ok = bl_json_add_text(line, "meter", c->meter) &&
           bl_json_add_int(line, "events", c->events);
  if (ok && c->events > 0 && c->first_event)
    ok = document_number(line, "first_event", c->first_event) &&
         document_number(line, "last_event", c->last_event);
  return ok ? document_group(line, c->group) : BILLING_NOMEM;
}

static int document_fee(bl_json *line, const bl_charge *c) {
  bl_json *share;
  if (c->numerator == c->denominator) return BILLING_OK;
  assert(c->denominator > 0);
  share = bl_json_object(line, "proration");
  return bl_json_add_int(share, "numerator", c->numerator) &&
         bl_json_add_int(share, "denominator", c->denominator)
           ? BILLING_OK : BILLING_NOMEM;
}

/* What it counts: its quantity is what these cost. */
static int document_closing(bl_json *line, const bl_charge *c) {
  bl_json *of;
  int ok = bl_dec_is_zero(c->bound) ||
           bl_json_add_dec(line, bl_closing_words[c->closing], c->bound);

  if (!ok) return BILLING_NOMEM;
  if (!c->of_count) return document_fee(line, c);
  of = bl_json_array(line, "of");
  for (size_t i = 0; i < c->of_count && ok; i++)
    ok = bl_json_add_text(of, NULL, c->of[i]) != NULL;
  return ok ? document_fee(line, c) : BILLING_NOMEM;
}

static int document_figures(bl_json *line, const bl_line *from) {
  return bl_json_add_dec(line, "quantity", from->charge.quantity) &&
         bl_json_add_dec(line, "amount", from->charge.amount) &&
         bl_json_add_dec(line, "drawn", from->charge.drawn) &&
         bl_json_add_dec(line, "due", from->due) &&
         bl_json_add_dec(line, "rounding", from->rounding) &&
         bl_json_add_c(line, "asset", from->charge.asset);
}

/* Which lines are carried on to it, and by which rate. */
static int document_conversion(bl_json *line, const bl_invoice *invoice,
                               size_t number, const bl_charge *c) {
  bl_json *of;
  int ok = bl_json_add_c(line, "from", c->from) &&
           bl_json_add_dec(line, "rate", c->rate) &&
           bl_json_add_bool(line, "inverse", c->is_inverse != 0) &&
           (c->since_us == INT64_MIN ||
            bl_json_add_time(line, "since", c->since_us));

  of = bl_json_array(line, "lines");
  for (size_t i = 0; i < invoice->line_count && ok; i++)
    if (invoice->lines[i].charge.converted == number)
      ok = document_number(of, NULL, i + 1);
  return ok && of ? BILLING_OK : BILLING_NOMEM;
}

static int document_converting(bl_json *lines, const bl_invoice *invoice,
                               size_t number, const bl_line *from) {
  const bl_charge *c = &from->charge;
  bl_json *line = bl_json_object(lines, NULL);
  int ok = document_number(line, "line", number) &&
           bl_json_add_c(line, "kind", "conversion") &&
           bl_json_add_text(line, "name", c->name) &&
           bl_json_add_bool(line, "late", c->is_late != 0) &&
           document_span(line, "service", c->service) &&
           document_figures(line, from);

  return ok ? document_conversion(line, invoice, number, c) : BILLING_NOMEM;
}

static int document_line(bl_json *lines, size_t number, const bl_line *from) {
  const bl_charge *c = &from->charge;
  int is_fee = c->meter.len == 0 && !c->closing;
  bl_json *line = bl_json_object(lines, NULL);
  int ok = document_number(line, "line", number) &&
           bl_json_add_c(line, "kind",
                         is_fee ? "fee" : bl_closing_words[c->closing]) &&
           bl_json_add_text(line, "price", c->price) &&
           bl_json_add_text(line, "name", c->name) &&
           bl_json_add_text(line, "plan", c->plan) &&
           bl_json_add_int(line, "plan_version", c->plan_version) &&
           (!c->override.len ||
            bl_json_add_text(line, "override", c->override)) &&
           bl_json_add_bool(line, "late", c->is_late != 0) &&
           document_span(line, "service", c->service) &&
           document_figures(line, from) &&
           (!c->converted || document_number(line, "converted",
                                             c->converted));
  if (!ok) return BILLING_NOMEM;
  if (c->closing > BL_CLOSING_COMMIT) return document_closing(line, c);
  return is_fee ? document_fee(line, c) : document_usage(line, c);
}

static int document_lines(bl_json *root, const bl_invoice *invoice) {
  bl_json *lines = bl_json_array(root, "lines");
  int rc = lines ? BILLING_OK : BILLING_NOMEM;
  for (size_t i = 0; i < invoice->line_count && !rc; i++)
    rc = invoice->lines[i].charge.from[0]
             ? document_converting(lines, invoice, i + 1, &invoice->lines[i])
             : document_line(lines, i + 1, &invoice->lines[i]);
  return rc;
}

static int document_totals(bl_json *root, const bl_invoice *invoice) {
  bl_json *totals = bl_json_array(root, "totals");
  int ok = totals != NULL;
  for (size_t i = 0; i < invoice->total_count && ok; i++) {
    const bl_total *t = &invoice->totals[i];
    bl_json *total = bl_json_object(totals, NULL);
    ok = bl_json_add_c(total, "asset", t->asset) &&
         bl_json_add_dec(total, "amount", t->amount) &&
         bl_json_add_dec(total, "drawn", t->drawn) &&
         bl_json_add_dec(total, "due", t->due);
  }
  return ok ? BILLING_OK : BILLING_NOMEM;
}

/* A draft has no number, and says so. */
static int document_is(bl_json *root, const bl_invoice *invoice) {
  if (!invoice->number.len) return bl_json_add_bool(root, "draft", 1) != NULL;
  return bl_json_add_text(root, "number", invoice->number) &&
         document_number(root, "own_number", invoice->own_number);
}

static int document_head(bl_json *root, const bl_invoice *invoice) {
  int ok = document_is(root, invoice) &&
           document_name(root, "customer", invoice->customer) &&
           document_name(root, "customer_name", invoice->customer_name) &&
           bl_json_add_text(root, "contract", invoice->contract) &&
           bl_json_add_text(root, "zone", invoice->zone) &&
           document_span(root, "period", invoice->period) &&
           bl_json_add_time(root, "issued", invoice->issued_us) &&
           bl_json_add_int(root, "rules", invoice->rules);
  return ok ? BILLING_OK : BILLING_NOMEM;
}

int bl_invoice_json(const bl_invoice *invoice, bl_text *out) {
  bl_json *root = bl_json_object(NULL, NULL);
  int rc = document_head(root, invoice);
  if (!rc) rc = document_totals(root, invoice);
  if (!rc) rc = document_lines(root, invoice);
  if (!rc) rc = bl_json_print(root, out);
  bl_json_free(root);
  return rc;
}
