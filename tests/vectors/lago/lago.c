/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * lago.c - Lago's fields: charge models, the lots of a wallet,
 * expressions.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vectors/vectors.h"

/* ---- charge_models.json ---- */

/* {from, to, unit | rate, flat}: rates are percents, a unit for 100. */
static cJSON *tier(const cJSON *range) {
  cJSON *out = cJSON_CreateObject();

  vec_copy(out, "up_to", range, "to");
  vec_copy(out, "unit", range, vec_get(range, "rate") ? "rate" : "unit");
  vec_copy(out, "flat", range, "flat");
  return out;
}

static cJSON *tiered(const char *model, const cJSON *ranges) {
  cJSON *price = cJSON_CreateObject();
  cJSON *tiers = cJSON_AddArrayToObject(price, "tiers");
  const cJSON *range;

  vec_put(price, "model", model);
  vec_put_true(price, "flat_at_zero");
  cJSON_ArrayForEach(range, ranges) {
    cJSON_AddItemToArray(tiers, tier(range));
    if (vec_get(range, "rate") && !vec_get(price, "per"))
      vec_put(price, "per", "100");
  }
  return price;
}

static cJSON *per_unit(const cJSON *properties) {
  cJSON *price = cJSON_CreateObject();

  vec_put(price, "model", "per_unit");
  vec_copy(price, "unit", properties, "amount");
  return price;
}

/* What all models' requests share. */
static cJSON *quote(const cJSON *given, cJSON *price) {
  cJSON *request = vec_request("quote");

  cJSON_AddItemToObject(request, "price", price);
  if (!vec_get(given, "groups"))
    vec_copy(request, "quantity", given, "units");
  vec_copy(request, "tax_rate", given, "tax_rate");
  if (vec_get(given, "currency_exponent"))
    vec_copy(request, "places", given, "currency_exponent");
  else
    cJSON_AddNumberToObject(request, "places", 18);
  return request;
}

static int exponent_of(const cJSON *given) {
  const cJSON *node = vec_get(given, "currency_exponent");

  return cJSON_IsNumber(node) ? node->valueint : 2;
}

static cJSON *groups(const cJSON *given) {
  cJSON *out = cJSON_CreateArray();
  const cJSON *group;

  cJSON_ArrayForEach(group, vec_get(given, "groups")) {
    cJSON *one = cJSON_CreateObject();

    vec_copy(one, "key", group, "key");
    vec_copy(one, "quantity", group, "units");
    cJSON_AddItemToArray(out, one);
  }
  return out;
}

/* Names of the answer to names of the case. */
static cJSON *result(const cJSON *given, cJSON *request, int is_clamped) {
  int exponent = exponent_of(given);
  cJSON *answer, *out, *cents;
  const cJSON *group;

  if (vec_get(given, "groups"))
    cJSON_AddItemToObject(request, "groups", groups(given));
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_CreateObject();
  vec_copy(out, "amount", answer, is_clamped ? "due" : "amount");
  vec_copy(out, "unit_amount", answer, "average");
  vec_put_moved(out, "amount_cents", vec_text(answer, "due"), exponent);
  vec_put_moved(out, "total_cents", vec_text(answer, "gross"), exponent);
  cJSON_AddItemToObject(out, "tier_units",
                        vec_pluck(vec_get(answer, "lines"), "quantity"));
  cJSON_AddItemToObject(out, "groups_amount",
                        vec_pluck(vec_get(answer, "groups"), "amount"));
  cents = cJSON_AddArrayToObject(out, "groups_amount_cents");
  cJSON_ArrayForEach(group, vec_get(answer, "groups"))
    cJSON_AddItemToArray(cents, vec_moved(vec_text(group, "due"), exponent));
  cJSON_Delete(answer);
  return out;
}

static cJSON *standard(const cJSON *given) {
  cJSON *request = quote(given, per_unit(vec_get(given, "properties")));
  int is_clamped = cJSON_IsTrue(vec_get(given, "clamp_negative"));

  if (is_clamped) vec_put(request, "minimum", "0");
  vec_copy(request, "tier_quantity", given, "full_units");
  return result(given, request, is_clamped);
}

static cJSON *graduated(const cJSON *given) {
  const cJSON *properties = vec_get(given, "properties");
  cJSON *request = quote(given, tiered("graduated",
                                       vec_get(properties, "ranges")));

  vec_copy(request, "tier_quantity", given, "full_units");
  return result(given, request, 0);
}

static cJSON *volume(const cJSON *given) {
  const cJSON *properties = vec_get(given, "properties");
  cJSON *request = quote(given, tiered("volume",
                                       vec_get(properties, "ranges")));

  if (cJSON_IsTrue(vec_get(given, "prorated")))
    vec_copy(request, "tier_quantity", given, "full_units");
  return result(given, request, 0);
}

static cJSON *package(const cJSON *given) {
  const cJSON *properties = vec_get(given, "properties");
  cJSON *request = quote(given, per_unit(properties));
  cJSON *transform = cJSON_AddObjectToObject(request, "transform");

  vec_put(transform, "operation", "divide");
  vec_copy(transform, "by", properties, "package_size");
  vec_put(transform, "round", "ceiling");
  vec_copy(transform, "free", properties, "free_units");
  return result(given, request, 0);
}

/* One tier alone: what lies below it is a tier that costs nothing, and what
 * lies above it too. */
static cJSON *slice(const cJSON *given) {
  const cJSON *one = vec_get(given, "tier");
  const char *from = vec_text(one, "from");
  int is_touching = cJSON_IsTrue(vec_get(given, "touching"));
  const char *low = is_touching || vec_is_zero(from) ? from
                                                     : vec_minus(from, "1");
  int is_first = vec_is_zero(low);
  cJSON *request = quote(given, tiered("graduated", NULL));
  cJSON *price = cJSON_GetObjectItem(request, "price");
  cJSON *tiers = cJSON_GetObjectItem(price, "tiers");
  cJSON *beside = cJSON_CreateObject();
  cJSON *answer, *out;
  const cJSON *line;

  if (vec_get(one, "rate")) vec_put(price, "per", "100");
  vec_put(beside, "unit", "0");
  if (!is_first) {
    cJSON *below = cJSON_Duplicate(beside, 1);

    vec_put(below, "up_to", low);
    cJSON_AddItemToArray(tiers, below);
  }
  cJSON_AddItemToArray(tiers, tier(one));
  if (vec_get(one, "to")) cJSON_AddItemToArray(tiers, beside);
  else cJSON_Delete(beside);
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_CreateObject();
  vec_copy(out, "amount", answer, "amount");
  vec_put_moved(out, "amount_cents", vec_text(answer, "due"),
                exponent_of(given));
  cJSON_ArrayForEach(line, vec_get(answer, "lines"))
    if (vec_get(line, "tier")->valueint == (is_first ? 1 : 2))
      vec_copy(out, "tier_units", line, "quantity");
  if (!vec_get(out, "tier_units")) vec_put(out, "tier_units", "0");
  cJSON_Delete(answer);
  return out;
}

static const vec_kind charge_kinds[] = {
  {"standard", standard},
  {"graduated", graduated},
  {"graduated_tier_slice", slice},
  {"graduated_percentage", graduated},
  {"graduated_percentage_tier_slice", slice},
  {"volume", volume},
  {"package", package},
  {NULL, NULL}
};

/* ---- wallets.json ---- */

static cJSON *consume_lots(const cJSON *given) {
  cJSON *request = vec_request("burndown"), *grants, *lines, *line;
  cJSON *answer, *out;
  const cJSON *lot;

  vec_put(request, "order", "lago");
  vec_put(request, "insufficient", "refuse");
  vec_put(request, "at", "2100-01-01");
  grants = cJSON_AddArrayToObject(request, "grants");
  cJSON_ArrayForEach(lot, vec_get(given, "lots")) {
    cJSON *grant = cJSON_CreateObject();

    vec_copy(grant, "id", lot, "id");
    vec_copy(grant, "amount", lot, "remaining_cents");
    vec_copy_whole(grant, "priority", lot, "priority", NULL);
    vec_copy(grant, "created", lot, "created_at");
    if (vec_is(lot, "origin", "granted")) vec_put_true(grant, "promotional");
    cJSON_AddItemToArray(grants, grant);
  }
  lines = cJSON_AddArrayToObject(request, "lines");
  line  = cJSON_CreateObject();
  vec_put(line, "id", "draw");
  vec_copy(line, "amount", given, "draw_cents");
  cJSON_AddItemToArray(lines, line);
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_CreateObject();
  if (cJSON_IsTrue(vec_get(answer, "denied")))
    vec_put(out, "error", "exceeds_available_amount");
  vec_copy(out, "lots_left_cents", answer, "left");
  cJSON_Delete(answer);
  return out;
}

static const vec_kind wallet_kinds[] = {
  {"consume_lots", consume_lots},
  {NULL, NULL}
};

/* ---- expressions.json ---- */

static cJSON *expression(const cJSON *given) {
  const cJSON *event = vec_get(given, "event");
  cJSON *request = vec_request("expression");
  cJSON *view = cJSON_AddObjectToObject(request, "event");
  const char *seconds = vec_text(event, "timestamp");

  vec_copy(request, "expression", given, "expression");
  vec_copy(view, "event", event, "code");
  vec_copy(view, "properties", event, "properties");
  if (seconds) {
    char us[64];

    snprintf(us, sizeof us, "%.40s000000", seconds);
    cJSON_AddRawToObject(view, "time", strcmp(seconds, "0") ? us : "0");
  }
  return vec_ask(request);
}

static const vec_kind expression_kinds[] = {{"", expression}, {NULL, NULL}};

const vec_file vec_lago[] = {
  {"lago/expressions.json",
   "expression text and one event (code, timestamp as whole seconds, "
   "properties as text; numeric text counts as a number)", NULL,
   expression_kinds},
  {"lago/charge_models.json", "Price evaluation of one charge.", NULL,
   charge_kinds},
  {"lago/wallets.json", "Prepaid credit wallets.", NULL, wallet_kinds},
  {NULL, NULL, NULL, NULL}
};
