/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* stripe.c - Stripe's fields: tiers, credit grants, meter events. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vectors/stripe/dates.h"
#include "vectors/vectors.h"

/* ---- tiers.json ---- */

static cJSON *price(const cJSON *given) {
  cJSON *out = cJSON_CreateObject(), *tiers;
  const cJSON *item;

  vec_copy(out, "model", given, "mode");
  if (!vec_get(given, "tiers")) {
    vec_copy(out, "unit", given, "unit_amount");
    return out;
  }
  tiers = cJSON_AddArrayToObject(out, "tiers");
  cJSON_ArrayForEach(item, vec_get(given, "tiers")) {
    cJSON *tier = cJSON_CreateObject();

    vec_copy(tier, "up_to", item, "up_to");
    vec_copy(tier, "unit", item, "unit_amount");
    vec_copy(tier, "flat", item, "flat_amount");
    if (!vec_get(tier, "unit") && !vec_get(tier, "flat"))
      vec_put(tier, "unit", "0");
    cJSON_AddItemToArray(tiers, tier);
  }
  return out;
}

static cJSON *tiers(const cJSON *given) {
  const cJSON *divided = vec_get(given, "transform");
  cJSON *request = vec_request("quote"), *answer, *out;

  cJSON_AddItemToObject(request, "price", price(given));
  vec_copy(request, "quantity", given, "quantity");
  vec_copy(request, "base", given, "base");
  vec_copy_whole(request, "places", given, "exponent", "2");
  if (divided) {
    cJSON *transform = cJSON_AddObjectToObject(request, "transform");

    vec_put(transform, "operation", "divide");
    vec_copy(transform, "by", divided, "divide_by");
    vec_copy(transform, "round", divided, "round");
    vec_copy(transform, "free", given, "included");
  } else if (vec_is(given, "mode", "per_unit")) {
    vec_copy(request, "free", given, "included");
  }
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_CreateObject();
  vec_copy(out, "exact", answer, "amount");
  vec_copy(out, "amount", answer, "due");
  if (divided) vec_copy(out, "billed_quantity", answer, "quantity");
  cJSON_Delete(answer);
  return out;
}

static const vec_kind tier_kinds[] = {{"price", tiers}, {NULL, NULL}};

/* ---- credit_grants.json ---- */

static cJSON *grants(const cJSON *given) {
  cJSON *out = cJSON_CreateArray();
  const cJSON *item;

  cJSON_ArrayForEach(item, vec_get(given, "grants")) {
    cJSON *grant = cJSON_CreateObject();

    vec_copy(grant, "id", item, "id");
    vec_copy(grant, "amount", item, "amount");
    vec_copy_whole(grant, "priority", item, "priority", "50");
    vec_copy(grant, "effective", item, "effective_at");
    vec_copy(grant, "expires", item, "expires_at");
    vec_copy(grant, "created", item, "created");
    if (vec_is(item, "category", "promotional"))
      vec_put_true(grant, "promotional");
    if (vec_get(item, "prices"))
      vec_copy(cJSON_AddObjectToObject(grant, "scope"), "prices", item,
               "prices");
    cJSON_AddItemToArray(out, grant);
  }
  return out;
}

static cJSON *credit_order(const cJSON *given) {
  cJSON *request = vec_request("order");

  vec_put(request, "order", "stripe");
  cJSON_AddItemToObject(request, "grants", grants(given));
  return vec_ask(request);
}

static cJSON *credit_apply(const cJSON *given) {
  cJSON *request = vec_request("burndown"), *lines, *answer, *out;
  const cJSON *item;
  int count = 0;

  vec_put(request, "order", "stripe");
  vec_copy(request, "at", given, "finalized_at");
  cJSON_AddItemToObject(request, "grants", grants(given));
  lines = cJSON_AddArrayToObject(request, "lines");
  cJSON_ArrayForEach(item, vec_get(given, "lines")) {
    cJSON *line = cJSON_CreateObject();
    char id[24];

    snprintf(id, sizeof id, "line %d", ++count);
    vec_put(line, "id", id);
    vec_copy(line, "amount", item, "amount");
    vec_copy(line, "price", item, "price");
    if (cJSON_IsFalse(vec_get(item, "metered"))) vec_put_true(line, "fixed");
    cJSON_AddItemToArray(lines, line);
  }
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_CreateObject();
  vec_copy(out, "applied", answer, "drawn");
  vec_copy(out, "left", answer, "left");
  vec_copy(out, "due", answer, "due");
  cJSON_Delete(answer);
  return out;
}

static cJSON *settlement(const cJSON *given) {
  cJSON *request = vec_request("burndown"), *grant, *line, *answer, *out;

  vec_put(request, "at", "2100-01-01");
  if (vec_is(given, "mode", "credit_only"))
    vec_put(request, "insufficient", "refuse");
  grant = cJSON_CreateObject();
  vec_put(grant, "id", "balance");
  vec_copy(grant, "amount", given, "balance");
  cJSON_AddItemToArray(cJSON_AddArrayToObject(request, "grants"), grant);
  line = cJSON_CreateObject();
  vec_put(line, "id", "charge");
  vec_copy(line, "amount", given, "charge");
  cJSON_AddItemToArray(cJSON_AddArrayToObject(request, "lines"), line);
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_CreateObject();
  vec_copy(out, "blocked", answer, "denied");
  vec_copy(out, "consumed", vec_get(answer, "drawn"), "balance");
  vec_copy(out, "invoiced", answer, "owed");
  cJSON_Delete(answer);
  return out;
}

static const vec_kind grant_kinds[] = {
  {"credit_order", credit_order},
  {"credit_apply", credit_apply},
  {"settlement", settlement},
  {NULL, NULL}
};

/* ---- meters_and_clocks.json ---- */

/* 35 days back, 5 minutes ahead, cancelling within a day; a day of
 * identifiers, its end excluded. */
static cJSON *meter_request(const cJSON *given) {
  cJSON *request = vec_request("accept");
  const cJSON *hours = vec_get(given, "window_hours");
  char seconds[64];

  snprintf(seconds, sizeof seconds, "%ld",
           3600 * (cJSON_IsNumber(hours) ? (long)hours->valueint
                   : cJSON_IsString(hours) ? strtol(hours->valuestring,
                                                    NULL, 10) : 24));
  cJSON_AddRawToObject(request, "most_age", "3024000");
  cJSON_AddRawToObject(request, "most_ahead", "300");
  cJSON_AddRawToObject(request, "cancel_within", "86400");
  cJSON_AddRawToObject(request, "key_window", seconds);
  vec_put(request, "window_bound", "exclusive");
  return request;
}

static cJSON *event_time(const cJSON *given) {
  cJSON *request = meter_request(given), *event = cJSON_CreateObject();
  cJSON *answer, *out;
  const char *verdict;

  vec_copy(event, "now", given, "now");
  vec_copy(event, "time", given, "timestamp");
  cJSON_AddItemToArray(cJSON_AddArrayToObject(request, "events"), event);
  answer = vec_ask(request);
  if (!answer) return NULL;
  verdict = cJSON_GetStringValue(vec_get(answer, "verdicts")->child);
  out = cJSON_CreateObject();
  cJSON_AddBoolToObject(out, "accepted", !strcmp(verdict, "accepted"));
  if (!strcmp(verdict, "too_far_ahead"))
    vec_put(out, "why", "too_far_in_future");
  else if (strcmp(verdict, "accepted"))
    vec_put(out, "why", verdict);
  cJSON_Delete(answer);
  return out;
}

static cJSON *event_cancel(const cJSON *given) {
  cJSON *request = meter_request(given), *answer, *out;

  vec_copy(request, "now", given, "now");
  vec_copy(request, "received", given, "received");
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_CreateObject();
  vec_copy(out, "allowed", answer, "cancellable");
  cJSON_Delete(answer);
  return out;
}

static cJSON *event_dedupe(const cJSON *given) {
  cJSON *request = meter_request(given), *events, *answer, *out, *list;
  const cJSON *item;

  events = cJSON_AddArrayToObject(request, "events");
  cJSON_ArrayForEach(item, vec_get(given, "events")) {
    cJSON *event = cJSON_CreateObject();

    vec_copy(event, "key", item, "identifier");
    vec_copy(event, "now", item, "received");
    vec_copy(event, "value", item, "value");
    cJSON_AddItemToArray(events, event);
  }
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_CreateObject();
  list = cJSON_AddArrayToObject(out, "verdicts");
  cJSON_ArrayForEach(item, vec_get(answer, "verdicts"))
    cJSON_AddItemToArray(list, cJSON_CreateString(
      !strcmp(item->valuestring, "accepted") ? "counted" : "duplicate"));
  vec_copy(out, "sum", answer, "sum");
  cJSON_Delete(answer);
  return out;
}

static const vec_kind meter_kinds[] = {
  {"event_time", event_time},
  {"event_cancel", event_cancel},
  {"event_dedupe", event_dedupe},
  {NULL, NULL}
};

/* ---- other_peers.json: holds and limits ---- */

static cJSON *budgets(const cJSON *scopes) {
  cJSON *list = cJSON_CreateArray();
  const cJSON *scope;

  cJSON_ArrayForEach(scope, scopes) {
    cJSON *one = cJSON_CreateObject();

    vec_copy(one, "id", scope, "id");
    vec_copy(one, "free", scope, "remaining");
    vec_copy(one, "debt", scope, "debt");
    vec_copy(one, "over", scope, "over_limit");
    cJSON_AddItemToArray(list, one);
  }
  return list;
}

static cJSON *reserve(const cJSON *given) {
  static const char *const reasons[][2] = {
    {"over", "overdraft_limit_exceeded"}, {"debt", "debt_outstanding"},
    {"short", "budget_exceeded"}};
  cJSON *request = vec_request("reserve"), *answer, *out;

  vec_copy(request, "amount", given, "estimate");
  cJSON_AddItemToObject(request, "budgets",
                        budgets(vec_get(given, "scopes")));
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_CreateObject();
  vec_put(out, "decision", vec_get(answer, "why") ? "deny" : "allow");
  for (int i = 0; i < 3; i++)
    if (vec_is(answer, "why", reasons[i][0]))
      vec_put(out, "why", reasons[i][1]);
  vec_copy(out, "scope", answer, "budget");
  vec_copy(out, "short_by", answer, "missing");
  vec_copy(out, "remaining", answer, "free");
  cJSON_Delete(answer);
  return out;
}

static cJSON *reserve_race(const cJSON *given) {
  cJSON *request = vec_request("reserve"), *one, *answer, *out;

  vec_copy(request, "amount", given, "amount");
  vec_copy_whole(request, "requests", given, "requests", NULL);
  if (vec_is(given, "mode", "check_then_track"))
    vec_put(request, "mode", "check");
  one = cJSON_CreateObject();
  vec_put(one, "id", "balance");
  vec_copy(one, "free", given, "balance");
  cJSON_AddItemToArray(cJSON_AddArrayToObject(request, "budgets"), one);
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_CreateObject();
  vec_copy_whole(out, "granted", answer, "granted", NULL);
  vec_copy_whole(out, "denied", answer, "denied", NULL);
  vec_copy(out, "spent_or_held", answer, "taken");
  vec_copy(out, "overspend", answer, "over");
  cJSON_Delete(answer);
  return out;
}

static cJSON *settle(const cJSON *given) {
  cJSON *request = vec_request("settle"), *answer, *out;
  int is_refused;

  vec_copy(request, "held", given, "estimate");
  vec_copy(request, "cost", given, "actual");
  vec_copy(request, "free", given, "remaining");
  vec_copy(request, "debt", given, "debt");
  vec_copy(request, "overdraft", given, "overdraft_limit");
  if (vec_is(given, "policy", "reject")) vec_put(request, "above", "refuse");
  else vec_copy(request, "above", given, "policy");
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_CreateObject();
  is_refused = cJSON_IsTrue(vec_get(answer, "refused"));
  cJSON_AddBoolToObject(out, "ok", !is_refused);
  if (is_refused)
    vec_put(out, "why", vec_is(given, "policy", "reject")
                          ? "budget_exceeded" : "overdraft_limit_exceeded");
  vec_copy(out, "charged", answer, "charged");
  vec_copy(out, "remaining", answer, "free");
  vec_copy(out, "debt", answer, "debt");
  vec_copy(out, "over_limit", answer, "over");
  cJSON_Delete(answer);
  return out;
}

static cJSON *hold_size(const cJSON *given) {
  cJSON *request = vec_request("hold_size"), *one;

  one = cJSON_AddObjectToObject(request, "price");
  vec_put(one, "model", "per_unit");
  vec_copy(one, "unit", given, "price_per_million");
  vec_put(one, "per", "1000000");
  vec_copy(request, "most", given, "max_tokens");
  vec_copy(request, "quantity", given, "used_tokens");
  vec_copy(request, "budget", given, "budget");
  return vec_ask(request);
}

static cJSON *call_windows(const cJSON *given) {
  cJSON *request = vec_request("usage_limits"), *answer, *out, *list;
  const cJSON *call;

  vec_copy(request, "windows", given, "windows");
  vec_copy(request, "calls", given, "calls");
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_CreateObject();
  list = cJSON_AddArrayToObject(out, "calls");
  cJSON_ArrayForEach(call, vec_get(answer, "calls")) {
    cJSON *one = cJSON_CreateObject();

    vec_copy(one, "allowed", call, "allowed");
    vec_copy(one, "resets_at", call, "again");
    cJSON_AddItemToArray(list, one);
  }
  vec_copy(out, "used", answer, "used");
  cJSON_Delete(answer);
  return out;
}

/* ---- other_peers.json: discounts, the order of an invoice ---- */

static cJSON *percent_off(const cJSON *percent) {
  cJSON *coupon = cJSON_CreateObject();

  cJSON_AddItemToObject(coupon, "percent", cJSON_Duplicate(percent, 1));
  return coupon;
}

static cJSON *discounts(const cJSON *given) {
  cJSON *request = vec_request("invoice"), *line = cJSON_CreateObject();
  cJSON *list, *answer, *out;
  const cJSON *percent;

  vec_copy(line, "amount", given, "amount");
  cJSON_AddItemToArray(cJSON_AddArrayToObject(request, "lines"), line);
  list = cJSON_AddArrayToObject(request, "coupons");
  cJSON_ArrayForEach(percent, vec_get(given, "percents"))
    cJSON_AddItemToArray(list, percent_off(percent));
  vec_copy(request, "stacking", given, "mode");
  cJSON_AddNumberToObject(request, "coupon_places", 18);
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_CreateObject();
  vec_copy(out, "left", answer, "net");
  vec_copy(out, "discount", answer, "discount");
  cJSON_Delete(answer);
  return out;
}

static cJSON *coupons_of(const cJSON *given) {
  cJSON *list = cJSON_CreateArray();
  const cJSON *item;

  cJSON_ArrayForEach(item, vec_get(given, "coupons")) {
    cJSON *coupon = cJSON_CreateObject();

    vec_copy(coupon, "percent", item, "percent");
    vec_copy(coupon, "amount", item, "amount");
    cJSON_AddItemToArray(list, coupon);
  }
  return list;
}

static cJSON *invoice_order(const cJSON *given) {
  static const char *const names[][2] = {
    {"subtotal", "subtotal"}, {"discount", "discount"}, {"taxable", "net"},
    {"tax", "tax"}, {"credits", "credited"}, {"total", "total"}
  };
  cJSON *request = vec_request("invoice"), *list, *taxes, *answer, *out;
  const cJSON *item;
  int count = 0;

  list = cJSON_AddArrayToObject(request, "lines");
  cJSON_ArrayForEach(item, vec_get(given, "lines")) {
    cJSON *line = cJSON_CreateObject();

    vec_copy(line, "amount", item, "amount");
    cJSON_AddItemToObject(line, "coupons", coupons_of(item));
    cJSON_AddItemToArray(list, line);
  }
  cJSON_AddItemToObject(request, "coupons", coupons_of(given));
  taxes = cJSON_AddObjectToObject(request, "taxes");
  cJSON_ArrayForEach(item, vec_get(given, "tax_rates")) {
    char code[24];

    snprintf(code, sizeof code, "%d", ++count);
    cJSON_AddItemToObject(taxes, code, cJSON_Duplicate(item, 1));
  }
  vec_put(request, "tax_rounding", "rate");
  cJSON_AddNumberToObject(request, "coupon_places", 18);
  if (vec_get(given, "credits")) {
    cJSON *note = cJSON_CreateObject();

    vec_copy(note, "amount", given, "credits");
    cJSON_AddItemToArray(cJSON_AddArrayToObject(request, "notes"), note);
  }
  vec_put(request, "credits_of", "net");
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_CreateObject();
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    vec_copy(out, names[i][0], answer, names[i][1]);
  cJSON_Delete(answer);
  return out;
}

static const vec_kind other_kinds[] = {
  {"discounts", discounts}, {"invoice_order", invoice_order},
  {"reserve", reserve}, {"reserve_race", reserve_race}, {"settle", settle},
  {"hold_size", hold_size}, {"windows", call_windows},
  {"month_ratio", stripe_month_ratio}, {"thirty_day", stripe_thirty_day},
  {"plan_denominator", stripe_plan_denominator},
  {"move_billing_date", stripe_move_billing_date}, {NULL, NULL}
};

const vec_file vec_stripe[] = {
  {"stripe/other_peers.json",
   "Facts from other vendors' pages (Zuora, Recurly, Chargebee, Certinia, "
   "Autumn, Flexprice, Stigg, Schematic, Cycles, OpenRouter, Hyperline); NOT "
   "Stripe behaviour", NULL, other_kinds},
  {"stripe/meters_and_clocks.json",
   "Acceptance of meter events; test clocks", NULL, meter_kinds},
  {"stripe/tiers.json", "Prices of one usage quantity", NULL, tier_kinds},
  {"stripe/credit_grants.json", "Order and use of credit grants", NULL,
   grant_kinds},
  {NULL, NULL, NULL, NULL}
};
