/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* proration.c - Lago's fields: what a bill covers, base fees, credits for
 * unused days, fixed charges.  Money is cents, so amounts have no places. */
#include <stdio.h>
#include <string.h>

#include "vectors/vectors.h"

static void put_cycle(cJSON *request, const cJSON *given) {
  static const struct {
    const char *interval;
    const char *unit;
    const char *count;
  } rows[] = {
    {"weekly", "week", "1"}, {"monthly", "month", "1"},
    {"quarterly", "month", "3"}, {"semiannual", "month", "6"},
    {"yearly", "year", "1"}
  };
  cJSON *period = cJSON_AddObjectToObject(request, "period");

  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    if (vec_is(given, "interval", rows[i].interval)) {
      vec_put(period, "unit", rows[i].unit);
      cJSON_AddRawToObject(period, "count", rows[i].count);
    }
  vec_put(request, "anchor", vec_is(given, "billing_time", "anniversary")
                               ? "anniversary" : "calendar");
  vec_copy(request, "start", given, "subscription_at");
  vec_copy(request, "zone", given, "timezone");
}

/* ---- boundary ---- */

static int starts_with(const char *text, const char *start) {
  return strncmp(text, start, strlen(start)) == 0;
}

static void put_monthly(cJSON *request, const cJSON *given, int is_fixed) {
  const char *own = is_fixed ? "fixed_billed_monthly" : "usage_billed_monthly";
  const char *other = is_fixed ? "usage_billed_monthly"
                               : "fixed_billed_monthly";

  if (!vec_is(given, "interval", "yearly") &&
      !vec_is(given, "interval", "semiannual"))
    return;
  vec_copy(request, "monthly", given, own);
  vec_copy(request, "others_monthly", given, other);
}

static cJSON *bounds(const cJSON *given) {
  cJSON *request = vec_request("lago_bounds");

  put_cycle(request, given);
  vec_copy(request, "service", given, "started_at");
  vec_copy(request, "ended", given, "terminated_at");
  vec_copy(request, "at", given, "billing_at");
  vec_copy(request, "on", given, "daily_price_on");
  vec_copy(request, "advance", given, "pay_in_advance");
  vec_copy(request, "running", given, "current_usage");
  vec_copy(request, "successor", given, "has_successor");
  put_monthly(request, given,
              starts_with(vec_text(given, "quantity"), "fixed"));
  return vec_ask(request);
}

static const cJSON *bound_of(const cJSON *answer, const char *part,
                             const char *member) {
  return vec_get(vec_get(answer, part), member);
}

static const cJSON *quantity_of(const cJSON *given, const cJSON *answer) {
  const char *name = vec_text(given, "quantity");
  const char *part = starts_with(name, "fee_") ? "fee" : "usage";

  if (!strcmp(name, "current_period_end"))
    return bound_of(answer, "running", "last");
  if (!strcmp(name, "previous_period_start"))
    return bound_of(answer, cJSON_IsTrue(vec_get(given, "use_current_period"))
                              ? "running" : "previous", "from");
  if (!strcmp(name, "days_for_daily_price"))
    return bound_of(answer, vec_get(answer, "on") ? "on" : "fee", "days");
  if (strstr(name, "_period_days")) return bound_of(answer, part, "days");
  return bound_of(answer, part, strstr(name, "_from") ? "from" : "last");
}

static cJSON *boundary(const cJSON *given) {
  cJSON *answer = bounds(given), *out;
  const cJSON *value;

  if (!answer) return NULL;
  value = quantity_of(given, answer);
  out = cJSON_CreateObject();
  if (value) cJSON_AddItemToObject(out, "value", cJSON_Duplicate(value, 1));
  else cJSON_AddNullToObject(out, "value");
  cJSON_Delete(answer);
  return out;
}

/* ---- days, fees ---- */

static cJSON *share(const cJSON *given) {
  cJSON *request = vec_request("prorate");

  vec_copy(request, "zone", given, "timezone");
  vec_copy(request, "from", given, "from");
  vec_copy(request, "to", given, "to");
  vec_put(request, "proration", "lago_days");
  vec_put(request, "empty", "zero");
  if (vec_get(given, "period_days"))
    vec_copy_whole(request, "days", given, "period_days", NULL);
  else cJSON_AddNumberToObject(request, "days", 1);
  return request;
}

static cJSON *day_count(const cJSON *given) {
  cJSON *answer = vec_ask(share(given)), *out;

  if (!answer) return NULL;
  out = cJSON_CreateObject();
  vec_copy(out, "value", answer, "numerator");
  cJSON_Delete(answer);
  return out;
}

/* When a trial ends, so many days on. */
static cJSON *trial_end(const cJSON *given, const char *from) {
  cJSON *request = vec_request("shift"), *answer, *out;
  const cJSON *days = vec_get(given, "trial_days");

  if (!days || !vec_get(given, from)) {
    cJSON_Delete(request);
    return NULL;
  }
  vec_copy(request, "at", given, from);
  vec_put(request, "by", "P1D");
  vec_copy_whole(request, "times", given, "trial_days", NULL);
  vec_copy(request, "zone", given, "timezone");
  answer = vec_ask(request);
  out = cJSON_Duplicate(vec_get(answer, "at"), 1);
  cJSON_Delete(answer);
  return out;
}

static cJSON *base_fee(const cJSON *given) {
  cJSON *request = share(given), *end, *answer, *out, *rounded;

  vec_copy(request, "amount", given, "plan_amount_cents");
  end = trial_end(given, "trial_counted_from");
  if (end) cJSON_AddItemToObject(request, "after", end);
  if (vec_is(given, "case", "full")) vec_put_true(request, "whole");
  if (cJSON_IsTrue(vec_get(given, "ended_by_upgrade")))
    cJSON_AddNumberToObject(request, "less", 1);
  rounded = cJSON_Duplicate(request, 1);
  cJSON_AddNumberToObject(rounded, "places", 0);
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_CreateObject();
  vec_copy(out, "precise_amount_cents", answer, "amount");
  cJSON_Delete(answer);
  answer = vec_ask(rounded);
  vec_copy(out, "amount_cents", answer, "amount");
  cJSON_Delete(answer);
  return out;
}

static cJSON *fixed_charge(const cJSON *given) {
  const cJSON *unit, *paid = vec_get(given, "already_paid");
  cJSON *out = cJSON_CreateObject();
  cJSON *list = cJSON_AddArrayToObject(out, "fees_cents");

  paid = paid ? paid->child : NULL;
  cJSON_ArrayForEach(unit, vec_get(given, "units_at_full_period")) {
    cJSON *request = share(given), *answer;

    vec_copy(request, "amount", unit, "unit_price_cents");
    vec_copy(request, "quantity", unit, "units");
    cJSON_AddNumberToObject(request, "places", 0);
    vec_put_true(request, "day_start");
    if (cJSON_IsFalse(vec_get(given, "prorated")))
      cJSON_ReplaceItemInObject(request, "proration",
                                cJSON_CreateString("none")),
      cJSON_ReplaceItemInObject(request, "days", cJSON_CreateNumber(1));
    if (paid && vec_get(paid, "fee_cents")) {
      vec_copy(request, "paid", paid, "fee_cents");
      vec_copy_whole(request, "paid_days", paid, "covered_days", NULL);
    }
    paid = paid ? paid->next : NULL;
    answer = vec_ask(request);
    if (!answer) return NULL;
    cJSON_AddItemToArray(list, cJSON_Duplicate(vec_get(answer, "amount"), 1));
    cJSON_Delete(answer);
  }
  return out;
}

/* ---- termination_credit ---- */

static void put_split(cJSON *out, const cJSON *given, const cJSON *answer) {
  const char *mode = vec_text(given, "mode");
  int is_credit = !strcmp(mode, "credit");
  const char *rest = !strcmp(mode, "offset") ? "offset_cents"
                                             : "credit_cents";

  vec_put(out, "credit_cents", "0");
  vec_put(out, "offset_cents", "0");
  vec_put(out, "refund_cents",
          is_credit ? "0" : vec_text(answer, "refund"));
  cJSON_ReplaceItemInObject(out, rest, cJSON_CreateString(
    vec_text(answer, is_credit ? "total" : "rest")));
}

static cJSON *termination_credit(const cJSON *given) {
  static const char *const names[][2] = {
    {"fee_amount_cents", "fee"}, {"coupon_cents", "coupon"},
    {"already_credited_items_cents", "credited"},
    {"invoice_fees_cents", "invoice"}, {"paid_cents", "paid"},
    {"tax_rate", "tax_rate"}
  };
  cJSON *request = vec_request("unused_fee"), *end, *answer, *out;

  put_cycle(request, given);
  vec_copy(request, "ended", given, "terminated_at");
  vec_copy(request, "amount", given,
           vec_get(given, "billed_plan_amount_cents")
             ? "billed_plan_amount_cents" : "plan_amount_cents");
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    vec_copy(request, names[i][1], given, names[i][0]);
  end = trial_end(given, "started_at");
  if (end) cJSON_AddItemToObject(request, "free_until", end);
  vec_copy(request, "last_day", given, "upgrade");
  cJSON_AddNumberToObject(request, "places", 0);
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_CreateObject();
  if (vec_get(answer, "none")) vec_put_true(out, "none");
  else {
    vec_copy(out, "item_cents", answer, "item");
    vec_copy(out, "subtotal_cents", answer, "net");
    vec_copy(out, "tax_cents", answer, "tax");
    vec_copy(out, "total_cents", answer, "total");
    put_split(out, given, answer);
  }
  cJSON_Delete(answer);
  return out;
}

static const vec_kind proration_kinds[] = {
  {"boundary", boundary}, {"day_count", day_count}, {"base_fee", base_fee},
  {"termination_credit", termination_credit},
  {"fixed_charge", fixed_charge}, {NULL, NULL}
};

const vec_file vec_lago_proration[] = {
  {"lago/proration.json",
   "Billing periods, day counts, prorated base fees, credits for unused "
   "days, fixed charges.", NULL, proration_kinds},
  {NULL, NULL, NULL, NULL}
};
