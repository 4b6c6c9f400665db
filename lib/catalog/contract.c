/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * contract.c - the contract's document: who buys which plan, from when, cut
 * into which periods.
 *
 *     {"id":"k1","customer":"acme","plan":"pro","start":"2026-01-31",
 *      "zone":"Europe/Berlin"}
 *
 * Here start is a wall clock of Berlin.  The zone's rules are not known in
 * this layer: start_us is read as if it were UTC, start_is_local says so, and
 * who knows the zone resolves it.
 */
#include "catalog/field.h"

const char bl_clock_hint[] =
  "RFC 3339 such as \"2026-01-31T00:00:00Z\", a date, or microseconds";

/* A bare date, or a time with neither Z nor an offset behind it. */
static int contract_is_local(bl_str text) {
  size_t from = sizeof "2026-01-31" - 1;

  for (size_t i = from; i < text.len; i++)
    if (strchr("Zz+-", text.text[i])) return 0;
  return 1;
}

/* A wall clock as if it were UTC; a bare date is midnight. */
static int contract_wall(bl_str text, int64_t *out) {
  char zulu[BL_TIME_TEXT];

  if (text.len == sizeof "2026-01-31" - 1) return bl_time_parse(text, out);
  if (text.len + 1 >= sizeof zulu) return 0;
  if (text.len) memcpy(zulu, text.text, text.len);
  zulu[text.len] = 'Z';
  return bl_time_parse((bl_str){zulu, text.len + 1}, out);
}

static int contract_instant(const bl_json *node, int64_t *us,
                            uint32_t *is_local) {
  bl_str text = bl_json_text(node);

  *is_local = bl_json_kind(node) == BL_JSON_TEXT && contract_is_local(text);
  if (*is_local) return contract_wall(text, us);
  return bl_json_time(node, us) && *us >= BL_TIME_MIN && *us <= BL_TIME_MAX;
}

int bl_value_clock(const bl_reader *r, const bl_field *field,
                   const bl_json *node, void *model) {
  unsigned char *base = model;
  int64_t us = 0;
  uint32_t is_local = 0;

  if (!contract_instant(node, &us, &is_local))
    return bl_reader_fail(r, BILLING_INVALID, bl_clock_hint,
                          "this is not a time of the years 1 to 9999");
  *(int64_t *)(void *)(base + field->at) = us;
  *(uint32_t *)(void *)(base + field->beside) = is_local;
  return BILLING_OK;
}

static const bl_field contract_period_fields[] = {
  {.name = "unit", .read = bl_value_choice, .needed = BL_ALWAYS,
   .words = bl_unit_words, .hint = "day, week, month, year",
   .at = offsetof(bl_contract_terms, unit)},
  {.name = "count", .read = bl_value_whole, .low = 1, .high = 100,
   .at = offsetof(bl_contract_terms, every)},
};

static const bl_shape contract_period_shape = {
  "a period", contract_period_fields, BL_COUNT(contract_period_fields)
};

static int contract_period(const bl_reader *r, const bl_field *field,
                           const bl_json *node, void *model) {
  (void)field;
  return bl_shape_read(&contract_period_shape, r, node, 0, model);
}

static int contract_anchor(const bl_reader *r, const bl_field *field,
                           const bl_json *node, void *model) {
  bl_contract_terms *terms = model;
  bl_str text = bl_json_text(node);

  (void)field;
  terms->anchor = BL_ANCHOR_DATE;
  if (bl_str_is(text, "calendar")) terms->anchor = BL_ANCHOR_CALENDAR;
  if (bl_str_is(text, "anniversary")) terms->anchor = BL_ANCHOR_ANNIVERSARY;
  if (terms->anchor != BL_ANCHOR_DATE) return BILLING_OK;
  if (contract_instant(node, &terms->anchor_us, &terms->anchor_is_local))
    return BILLING_OK;
  return bl_reader_fail(r, BILLING_INVALID,
                        "calendar, anniversary, or a time at which a period "
                        "starts",
                        "this is no anchor");
}

static int contract_overdraft(const bl_reader *r, const bl_field *field,
                              const bl_json *node, void *model) {
  bl_contract_terms *terms = model;

  if (bl_json_kind(node) != BL_JSON_TEXT ||
      !bl_str_is(bl_json_text(node), "unlimited"))
    return bl_value_amount(r, field, node, model);
  terms->overdraft = BL_DEC_MAX;
  return BILLING_OK;
}

static int contract_order(const bl_reader *r, const bl_field *field,
                          const bl_json *node, void *model) {
  bl_contract_terms *terms = model;

  (void)field;
  terms->has_order = 1;
  return bl_value_order(r, node, &terms->order);
}

static int contract_currency(const bl_reader *r, const bl_field *field,
                             const bl_json *node, void *model) {
  bl_contract_terms *terms = model;
  int rc = bl_value_asset(r, field, node, model);

  if (rc || bl_asset_places(terms->invoice_currency) >= 0) return rc;
  return bl_reader_fail(r, BILLING_INVALID, field->hint,
                        "%s is no currency", terms->invoice_currency);
}

static const char *const contract_versions[] = {"pin", "follow", NULL};

static const bl_field contract_fields[] = {
  {.name = "id", .read = bl_value_id, .needed = BL_ALWAYS,
   .at = offsetof(bl_contract_terms, id)},
  {.name = "name", .read = bl_value_label, .high = BL_TEXT_MOST,
   .at = offsetof(bl_contract_terms, name)},
  {.name = "customer", .read = bl_value_id, .needed = BL_ALWAYS,
   .hint = "the id of the customer who owes",
   .at = offsetof(bl_contract_terms, customer)},
  {.name = "plan", .read = bl_value_id, .needed = BL_ALWAYS,
   .hint = "the id of a plan", .at = offsetof(bl_contract_terms, plan)},
  {.name = "plan_version", .read = bl_value_whole64, .low = 1,
   .high = INT32_MAX, .at = offsetof(bl_contract_terms, plan_version)},
  {.name = "start", .read = bl_value_clock, .needed = BL_ALWAYS,
   .hint = bl_clock_hint, .at = offsetof(bl_contract_terms, start_us),
   .beside = offsetof(bl_contract_terms, start_is_local)},
  {.name = "end", .read = bl_value_clock,
   .at = offsetof(bl_contract_terms, end_us),
   .beside = offsetof(bl_contract_terms, end_is_local)},
  {.name = "zone", .read = bl_value_label, .high = 64,
   .at = offsetof(bl_contract_terms, zone)},
  {.name = "period", .read = contract_period},
  {.name = "anchor", .read = contract_anchor},
  {.name = "quantities", .read = bl_value_quantities},
  {.name = "overdraft", .read = contract_overdraft,
   .at = offsetof(bl_contract_terms, overdraft)},
  {.name = "order", .read = contract_order},
  {.name = "versions", .read = bl_value_choice, .words = contract_versions,
   .at = offsetof(bl_contract_terms, follows)},
  {.name = "effective", .read = bl_value_clock, .hint = bl_clock_hint,
   .at = offsetof(bl_contract_terms, effective_us),
   .beside = offsetof(bl_contract_terms, effective_is_local)},
  {.name = "override_order", .read = bl_value_choice,
   .words = bl_prefer_words,
   .at = offsetof(bl_contract_terms, by_priority)},
  {.name = "overrides", .read = bl_value_overrides},
  {.name = "grants", .read = bl_value_contract_grants,
   .at = offsetof(bl_contract_terms, grants)},
  {.name = "alerts", .read = bl_value_alerts, .low = 1,
   .at = offsetof(bl_contract_terms, alerts)},
  {.name = "usage", .read = bl_value_routes,
   .at = offsetof(bl_contract_terms, usage)},
  {.name = "invoice_currency", .read = contract_currency,
   .hint = "an ISO 4217 code such as \"USD\"",
   .at = offsetof(bl_contract_terms, invoice_currency)},
  {.name = "top_ups", .read = bl_value_top_ups, .low = 1,
   .at = offsetof(bl_contract_terms, top_ups)},
  {.name = "minimum", .read = bl_value_bounds,
   .at = offsetof(bl_contract_terms, minimum)},
  {.name = "maximum", .read = bl_value_bounds,
   .at = offsetof(bl_contract_terms, maximum)},
  {.name = "limits", .read = bl_value_limits, .low = 1,
   .at = offsetof(bl_contract_terms, limits)},
  {.name = "features", .read = bl_value_features,
   .at = offsetof(bl_contract_terms, features)},
  {.name = "rules", .read = bl_value_whole, .low = 1, .high = 1,
   .at = offsetof(bl_contract_terms, rules)},
};

static const bl_shape contract_shape = {
  "a contract", contract_fields, BL_COUNT(contract_fields)
};

static bl_contract_terms contract_default(void) {
  bl_contract_terms terms = {0};

  terms.end_us    = BL_TIME_NEVER;
  terms.effective_us = BL_TIME_NEVER;
  terms.zone      = BL_STR("UTC");
  terms.unit      = BL_UNIT_MONTH;
  terms.every     = 1;
  terms.anchor    = BL_ANCHOR_CALENDAR;
  terms.overdraft = BL_DEC_ZERO;
  terms.order     = bl_order_default;
  terms.rules     = 1;
  return terms;
}

/* Two wall clocks or two instants can be compared here; one of each cannot. */
static int contract_check(const bl_reader *r, const bl_contract_terms *terms) {
  bl_reader end  = bl_reader_member(r, "end");
  bl_reader zone = bl_reader_member(r, "zone");
  bl_reader version = bl_reader_member(r, "plan_version");

  if (!terms->zone.len)
    return bl_reader_fail(&zone, BILLING_INVALID,
                          "leave it out for UTC, or such as \"Europe/Berlin\"",
                          "a zone has a name");
  if (terms->start_is_local == terms->end_is_local &&
      terms->end_us <= terms->start_us)
    return bl_reader_fail(&end, BILLING_INVALID,
                          "after the start; leave it out for no end",
                          "a contract ends after its start");
  if (terms->follows && terms->plan_version)
    return bl_reader_fail(&version, BILLING_INVALID,
                          "leave it out; or \"versions\":\"pin\"",
                          "a contract that follows its plan has no version "
                          "of its own");
  return bl_overrides_check(r, terms);
}

int bl_catalog_read_contract(const bl_json *doc, const char *path, bl_arena *a,
                             bl_contract_terms *out, billing_error *err) {
  bl_reader r = bl_reader_top(path, a, err);
  bl_contract_terms terms = contract_default();
  int rc;

  assert(doc && a && out);
  rc = bl_shape_read(&contract_shape, &r, doc, 0, &terms);
  if (!rc) rc = contract_check(&r, &terms);
  if (!rc) *out = terms;
  return rc;
}
