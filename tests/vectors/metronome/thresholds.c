/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* thresholds.c - Metronome's fields: recharge, alerts, spend trackers. */
#include <string.h>

#include "vectors/metronome/terms.h"

/* Their balances: custom fields are labels, those of a seat stand apart. */
static void add_balances(cJSON *request, const cJSON *given) {
  cJSON *list = cJSON_AddArrayToObject(request, "balances");
  const cJSON *balance;

  cJSON_ArrayForEach(balance, vec_get(given, "balances")) {
    cJSON *one = cJSON_CreateObject();

    vec_copy(one, "amount", balance, "amount");
    vec_copy(one, "labels", balance, "custom_fields");
    vec_copy(one, "apart", balance, "seat_scoped");
    cJSON_AddItemToArray(list, one);
  }
}

static cJSON *recharge_request(const cJSON *given) {
  cJSON *request = vec_request("top_up");

  add_balances(request, given);
  vec_copy(request, "exclude", given, "exclude");
  vec_copy(request, "at", given, "threshold_amount");
  vec_copy(request, "target", given, "recharge_to_amount");
  vec_copy(request, "unit_price", given, "fiat_per_unit");
  vec_copy(request, "discount", given, "discount");
  vec_copy(request, "discount_left", given, "discount_cap_left");
  vec_copy(request, "enabled", given, "is_enabled");
  vec_put(request, "policy", "metronome");
  return request;
}

static cJSON *recharge(const cJSON *given) {
  cJSON *answer = vec_ask(recharge_request(given)), *out;

  if (!answer) return NULL;
  out = cJSON_CreateObject();
  vec_copy(out, "counted_balance", answer, "balance");
  vec_copy(out, "recharge", answer, "fires");
  vec_copy(out, "commit_amount", answer, "amount");
  vec_copy(out, "charge", answer, "charge");
  vec_copy(out, "valid", answer, "valid");
  cJSON_Delete(answer);
  return out;
}

/* Dollars where they name no unit. */
static const char *unit_of(const cJSON *object) {
  const char *unit = vec_text(object, "unit");

  return unit ? unit : "USD";
}

/* Charges of usage in the alert's unit. */
static void add_charges(cJSON *request, const cJSON *given) {
  cJSON *amounts = cJSON_AddArrayToObject(request, "amounts");
  const cJSON *charge;

  cJSON_ArrayForEach(charge, vec_get(given, "charges"))
    if (vec_is(charge, "kind", "usage") &&
        !strcmp(unit_of(charge), unit_of(given)))
      cJSON_AddItemToArray(amounts,
                           cJSON_Duplicate(vec_get(charge, "amount"), 1));
}

static cJSON *alert_request(const cJSON *given) {
  cJSON *request = vec_request("alert");

  vec_copy(request, "at", given, "threshold");
  vec_copy(request, "group_by", given, "group_by");
  if (vec_is(given, "type", "spend_threshold_reached")) {
    vec_put(request, "of", "spend");
    add_charges(request, given);
  } else if (vec_is(given, "type", "invoice_total_reached")) {
    vec_put(request, "of", "largest");
    vec_copy(request, "amounts", given, "invoice_totals");
  } else {
    add_balances(request, given);
    vec_copy(request, "only", given, "specifiers");
  }
  return request;
}

static cJSON *alert(const cJSON *given) {
  cJSON *answer = vec_ask(alert_request(given)), *out;

  if (!answer) return NULL;
  out = cJSON_CreateObject();
  vec_copy(out, "value", answer, "value");
  vec_copy(out, "in_alarm", answer, "groups");
  vec_put(out, "state",
          cJSON_IsTrue(vec_get(answer, "met")) ? "in_alarm" : "ok");
  cJSON_Delete(answer);
  return out;
}

static cJSON *spend_tracker(const cJSON *given) {
  cJSON *request = vec_request("purchases");
  const cJSON *period = vec_get(given, "period");

  vec_copy(request, "purchases", given, "purchases");
  vec_copy(request, "sources", given, "sources");
  if (vec_is(given, "discounted", "DISCOUNTED_ONLY"))
    vec_put(request, "discounted", "only");
  if (vec_is(given, "discounted", "UNDISCOUNTED_ONLY"))
    vec_put(request, "discounted", "none");
  if (period) {
    vec_put(request, "from", cJSON_GetArrayItem(period, 0)->valuestring);
    vec_put(request, "to", cJSON_GetArrayItem(period, 1)->valuestring);
  }
  return vec_ask(request);
}

const vec_kind vec_threshold_kinds[] = {
  {"recharge", recharge},
  {"recharge_valid", recharge},
  {"alert", alert},
  {"grouped_alert", alert},
  {"spend_tracker", spend_tracker},
  {NULL, NULL}
};
