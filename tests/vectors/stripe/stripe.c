/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* stripe.c - Stripe's fields: tiers and credit grants. */
#include <stdio.h>

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

const vec_file vec_stripe[] = {
  {"stripe/tiers.json", "Prices of one usage quantity", NULL, tier_kinds},
  {"stripe/credit_grants.json", "Order and use of credit grants", NULL,
   grant_kinds},
  {NULL, NULL, NULL, NULL}
};
