/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* openmeter.c - OpenMeter's fields: prices by part of a period, and grants. */
#include <stdio.h>
#include <string.h>

#include "vectors/vectors.h"

/* ---- pricing.json, delta_rating.json ---- */

static cJSON *price(const cJSON *given, const cJSON *of) {
  cJSON *out = cJSON_CreateObject();
  const char *currency = vec_text(given, "currency");

  vec_put(out, "asset", currency);
  if (vec_is(of, "type", "flat")) {
    vec_put(out, "model", "flat");
    vec_copy(out, "amount", of, "amount");
    vec_copy(out, "timing", of, "term");
  } else if (vec_get(of, "tiers")) {
    vec_copy(out, "model", of, "type");
    vec_copy(out, "tiers", of, "tiers");
    vec_put_true(out, "flat_at_zero");
  } else if (vec_is(of, "type", "dynamic")) {
    vec_put(out, "model", "dynamic");
    vec_copy(out, "multiplier", of, "multiplier");
  } else if (vec_is(of, "type", "package")) {
    vec_put(out, "model", "package");
    vec_copy(out, "unit", of, "amount");
    vec_copy(out, "per", of, "size");
  } else {
    vec_put(out, "model", "per_unit");
    vec_copy(out, "unit", of, "unit");
  }
  return out;
}

/* Started packages of the running total. */
static void packages(cJSON *request, const cJSON *of, const char *size,
                     const cJSON *given) {
  cJSON *transform = cJSON_AddObjectToObject(request, "transform");

  vec_put(transform, "operation", "divide");
  vec_copy(transform, "by", of, size);
  vec_put(transform, "round", "ceiling");
  vec_copy(transform, "free", given, "usage_discount");
}

static void conversion(cJSON *transform, const cJSON *config) {
  vec_copy(transform, "operation", config, "operation");
  vec_copy(transform, "by", config, "factor");
  vec_copy_whole(transform, "places", config, "precision", NULL);
  if (vec_is(config, "rounding", "ceil"))
    vec_put(transform, "round", "ceiling");
  else if (vec_is(config, "rounding", "half_up"))
    vec_put(transform, "round", "half_away");
  else
    vec_copy(transform, "round", config, "rounding");
}

/* Each part of a period is converted by itself. */
static void converted(cJSON *request, const cJSON *config) {
  cJSON *transform = cJSON_AddObjectToObject(request, "transform");

  conversion(transform, config);
  vec_put(transform, "of", "part");
}

static cJSON *request_of(const char *kernel, const cJSON *given) {
  const cJSON *of = vec_get(given, "price");
  const cJSON *commitment = vec_get(of, "commitment");
  cJSON *request = vec_request(kernel);

  cJSON_AddItemToObject(request, "price", price(given, of));
  vec_put(request, "rounding", "line");
  vec_put_true(request, "split");
  vec_copy(request, "maximum", commitment, "max");
  vec_copy(request, "minimum", commitment, "min");
  vec_copy(request, "discount_percent", given, "percent_discount");
  if (vec_is(of, "type", "flat")) return request;
  vec_copy(request, "free", given, "usage_discount");
  if (vec_get(given, "unit_config"))
    converted(request, vec_get(given, "unit_config"));
  return request;
}

/* "usage_tier_3", "flat", "minimum_spend" .. */
static void name_line(cJSON *out, const cJSON *line, int is_graduated) {
  const char *kind = vec_text(line, "line");
  const cJSON *tier = vec_get(line, "tier");
  char name[64];

  if (vec_is(line, "line", "minimum"))
    snprintf(name, sizeof name, "minimum_spend");
  else if (is_graduated && tier)
    snprintf(name, sizeof name, "%s_tier_%d", kind, tier->valueint);
  else
    snprintf(name, sizeof name, "%s", kind);
  vec_put(out, "line", name);
}

/* A cost that is passed on is shown as one of it. */
static cJSON *lines_of(const cJSON *answer, int is_graduated,
                       int is_passed_on) {
  cJSON *out = cJSON_CreateArray();
  const cJSON *line;

  cJSON_ArrayForEach(line, vec_get(answer, "lines")) {
    cJSON *one = cJSON_CreateObject();

    name_line(one, line, is_graduated);
    if (is_passed_on && vec_is(line, "line", "usage")) {
      vec_put(one, "quantity", "1");
      vec_copy(one, "unit_price", line, "amount");
    } else {
      vec_copy(one, "quantity", line, "quantity");
      vec_copy(one, "unit_price", line, "unit");
    }
    vec_copy(one, "amount", line, "amount");
    vec_copy(one, "discount", line, "discount");
    vec_copy(one, "net", line, "net");
    cJSON_AddItemToArray(out, one);
  }
  return out;
}

static cJSON *pricing(const cJSON *given) {
  const cJSON *of = vec_get(given, "price");
  cJSON *request = request_of("quote", given), *answer, *out;

  if (vec_is(given, "line", "mid")) vec_put(request, "part", "middle");
  else if (!vec_is(given, "line", "single"))
    vec_copy(request, "part", given, "line");
  vec_put(request, "volume", "last");
  vec_copy(request, "booked", given, "previously_billed");
  if (!vec_is(of, "type", "flat")) {
    vec_copy(request, "quantity", given, "quantity");
    vec_copy(request, "used", given, "pre_quantity");
  }
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_CreateObject();
  cJSON_AddItemToObject(out, "lines",
                        lines_of(answer, vec_is(of, "type", "graduated"),
                                 vec_is(of, "type", "dynamic")));
  vec_copy(out, "total", answer, "due");
  vec_copy(out, "net_quantity", answer, "quantity");
  vec_copy(out, "net_pre_quantity", answer, "used");
  cJSON_Delete(answer);
  return out;
}

static cJSON *package_count(const cJSON *given) {
  cJSON *request = vec_request("quote"), *one, *answer, *out;

  one = cJSON_AddObjectToObject(request, "price");
  vec_put(one, "model", "per_unit");
  vec_put(one, "unit", "0");
  vec_copy(request, "quantity", given, "quantity");
  packages(request, given, "size", NULL);
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_CreateObject();
  vec_copy(out, "packages", answer, "quantity");
  cJSON_Delete(answer);
  return out;
}

static cJSON *delta_rating(const cJSON *given) {
  cJSON *request = request_of("rate", given);

  vec_copy(request, "totals", given, "cumulative_quantities");
  vec_copy(request, "is_final", given, "final_last");
  return vec_ask(request);
}

static const vec_kind price_kinds[] = {
  {"pricing", pricing},
  {"package_count", package_count},
  {NULL, NULL}
};

static const vec_kind delta_kinds[] = {
  {"delta_rating", delta_rating}, {NULL, NULL}
};

/* ---- grant_order.json, grant_active.json ---- */

static cJSON *grant_order(const cJSON *given) {
  cJSON *request = vec_request("order"), *grants;
  const cJSON *item;

  vec_put(request, "order", "openmeter");
  grants = cJSON_AddArrayToObject(request, "grants");
  cJSON_ArrayForEach(item, vec_get(given, "grants")) {
    cJSON *grant = cJSON_CreateObject();

    vec_copy(grant, "id", item, "id");
    vec_copy(grant, "amount", item, "amount");
    vec_copy_whole(grant, "priority", item, "priority", NULL);
    vec_copy(grant, "effective", item, "effective_at");
    vec_copy(grant, "expires", item, "expires_at");
    vec_copy(grant, "created", item, "created_at");
    cJSON_AddItemToArray(grants, grant);
  }
  return vec_ask(request);
}

static cJSON *grant_active(const cJSON *given) {
  static const char *const names[] = {"expires_at", "deleted_at",
                                      "voided_at"};
  const cJSON *grant = vec_get(given, "grant");
  cJSON *request = vec_request("grant_active"), *ends, *answer, *out;

  vec_copy(request, "effective", grant, "effective_at");
  vec_copy(request, "at", given, "at");
  ends = cJSON_AddArrayToObject(request, "ends");
  for (int i = 0; i < 3; i++)
    if (vec_get(grant, names[i]))
      cJSON_AddItemToArray(ends,
                           cJSON_Duplicate(vec_get(grant, names[i]), 1));
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_CreateObject();
  vec_copy(out, "active_from", answer, "from");
  cJSON_AddItemToObject(out, "active_to",
                        cJSON_Duplicate(cJSON_GetObjectItem(answer, "to"),
                                        1));
  vec_copy(out, "active", answer, "active");
  cJSON_Delete(answer);
  return out;
}

static const vec_kind order_kinds[] = {
  {"grant_order", grant_order}, {NULL, NULL}
};

static const vec_kind active_kinds[] = {
  {"grant_active", grant_active}, {NULL, NULL}
};

/* ---- grant_burndown.json ---- */

/* "P1W" is {"unit":"week","count":1}. */
static void recurs(cJSON *grant, const cJSON *recurrence) {
  static const struct { char letter; const char *unit; } units[] = {
    {'D', "day"}, {'W', "week"}, {'M', "month"}, {'Y', "year"}};
  const char *interval = vec_text(recurrence, "interval");
  cJSON *out;
  int count = 0;
  char letter = 0;

  if (!interval) return;
  out = cJSON_AddObjectToObject(grant, "recurs");
  if (sscanf(interval, "P%d%c", &count, &letter) == 2)
    cJSON_AddNumberToObject(out, "count", count);
  for (int i = 0; i < 4; i++)
    if (units[i].letter == letter) vec_put(out, "unit", units[i].unit);
  vec_copy(out, "anchor", recurrence, "anchor");
}

static cJSON *phase_grant(const cJSON *item) {
  static const char *const ends[] = {"deleted_at", "voided_at"};
  const cJSON *rollover = vec_get(item, "rollover");
  cJSON *grant = cJSON_CreateObject(), *list, *keeps;

  vec_copy(grant, "id", item, "id");
  vec_copy(grant, "amount", item, "amount");
  vec_copy_whole(grant, "priority", item, "priority", NULL);
  vec_copy(grant, "effective", item, "effective_at");
  vec_copy(grant, "expires", item, "expires_at");
  vec_copy(grant, "created", item, "created_at");
  list = cJSON_AddArrayToObject(grant, "ends");
  for (int i = 0; i < 2; i++)
    if (vec_get(item, ends[i]))
      cJSON_AddItemToArray(list, cJSON_Duplicate(vec_get(item, ends[i]), 1));
  recurs(grant, vec_get(item, "recurrence"));
  if (!rollover) return grant;
  keeps = cJSON_AddObjectToObject(grant, "rollover");
  vec_copy(keeps, "least", rollover, "min");
  vec_copy(keeps, "most", rollover, "max");
  return grant;
}

/* Many grants that are alike, but for those that are listed by index. */
static void repeated_grants(cJSON *grants, cJSON *left, const cJSON *repeat) {
  const cJSON *count = vec_get(repeat, "count");
  char name[256], place[16];

  for (int i = 0; count && i < count->valueint; i++) {
    cJSON *one = cJSON_Duplicate(vec_get(repeat, "template"), 1);
    const cJSON *other, *member;

    snprintf(place, sizeof place, "%d", i);
    other = vec_get(vec_get(repeat, "override"), place);
    snprintf(name, sizeof name, "%s%d", vec_text(repeat, "id_prefix"), i);
    cJSON_AddStringToObject(one, "id", name);
    cJSON_ArrayForEach(member, other) {
      cJSON_DeleteItemFromObject(one, member->string);
      vec_copy(one, member->string, other, member->string);
    }
    cJSON_AddItemToArray(grants, phase_grant(one));
    vec_copy(left, name, repeat, "balance");
    cJSON_Delete(one);
  }
}

static cJSON *phases_request(const cJSON *given) {
  const cJSON *start = vec_get(given, "start"), *item;
  cJSON *request = vec_request("grant_phases");
  cJSON *grants = cJSON_AddArrayToObject(request, "grants");
  cJSON *left = cJSON_AddObjectToObject(request, "left");

  vec_put(request, "order", "openmeter");
  cJSON_ArrayForEach(item, vec_get(given, "grants"))
    cJSON_AddItemToArray(grants, phase_grant(item));
  cJSON_ArrayForEach(item, vec_get(start, "balances"))
    vec_copy(left, item->string, vec_get(start, "balances"), item->string);
  repeated_grants(grants, left, vec_get(given, "grants_repeat"));
  vec_copy(request, "from", start, "at");
  vec_copy(request, "to", given, "until");
  vec_copy(request, "since", start, "since");
  vec_copy(request, "used", start, "usage");
  vec_copy(request, "covered", start, "grant_usage");
  vec_copy(request, "owed", start, "overage");
  vec_copy(request, "usage", given, "usage");
  vec_copy(request, "resets", given, "resets");
  vec_copy(request, "keep_owed", given, "preserve_overage");
  if (vec_is(given, "aggregation", "latest"))
    vec_put(request, "reading", "level");
  return request;
}

/* What a refusal is called, by the path that it names. */
static cJSON *phases_error(void) {
  static const struct { const char *path, *error; } names[] = {
    {" /left", "balances_do_not_match_grants"},
    {" /covered", "invalid_starting_snapshot"},
    {" /resets", "reset_not_after_start"}};
  cJSON *out;

  for (int i = 0; i < 3; i++)
    if (strstr(vec_why, names[i].path)) {
      out = cJSON_CreateObject();
      vec_put(out, "error", names[i].error);
      return out;
    }
  return NULL;
}

static cJSON *phases_segments(const cJSON *answer) {
  cJSON *list = cJSON_CreateArray();
  const cJSON *phase;

  cJSON_ArrayForEach(phase, vec_get(answer, "phases")) {
    cJSON *one = cJSON_CreateObject();

    vec_copy(one, "from", phase, "from");
    vec_copy(one, "to", phase, "to");
    if (cJSON_IsTrue(vec_get(phase, "reset"))) vec_put_true(one, "rollover");
    vec_copy(one, "balance_at_start", phase, "balance");
    vec_copy(one, "overage_at_start", phase, "owed_before");
    vec_copy(one, "usage", phase, "used");
    vec_copy(one, "overage", phase, "owed");
    cJSON_AddItemToArray(list, one);
  }
  return list;
}

/* Balances that are not what all had at the beginning. */
static cJSON *phases_changed(const cJSON *given, const cJSON *answer) {
  const cJSON *common = vec_get(vec_get(given, "grants_repeat"), "balance");
  const cJSON *left = vec_get(answer, "left"), *item;
  cJSON *out = cJSON_CreateObject();

  cJSON_ArrayForEach(item, left)
    if (common && strcmp(item->valuestring, common->valuestring))
      vec_copy(out, item->string, left, item->string);
  return out;
}

static cJSON *grant_burndown(const cJSON *given) {
  static const char *const figures[][2] = {
    {"overage", "owed"}, {"total_balance", "balance"},
    {"usage_in_period", "used"}, {"grant_usage_in_period", "covered"},
    {"total_available", "available"}, {"period_start", "since"},
    {"has_access", "access"}, {"balances", "left"}};
  cJSON *answer = vec_ask(phases_request(given)), *out, *segments;

  if (!answer) return phases_error();
  out = cJSON_CreateObject();
  for (int i = 0; i < 8; i++)
    vec_copy(out, figures[i][0], answer, figures[i][1]);
  segments = phases_segments(answer);
  cJSON_AddNumberToObject(out, "segment_count", cJSON_GetArraySize(segments));
  cJSON_AddItemToObject(out, "segments", segments);
  cJSON_AddItemToObject(out, "balances_changed",
                        phases_changed(given, answer));
  cJSON_Delete(answer);
  return out;
}

static const vec_kind phase_kinds[] = {
  {"grant_burndown", grant_burndown}, {NULL, NULL}
};

/* ---- unit_conversion.json ---- */

static cJSON *unit_config(const cJSON *given) {
  cJSON *request = vec_request("convert"), *answer, *out;

  conversion(cJSON_AddObjectToObject(request, "convert"), given);
  vec_copy(request, "quantity", given, "quantity");
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_CreateObject();
  vec_copy(out, "converted", answer, "converted");
  vec_copy(out, "invoiced", answer, "quantity");
  cJSON_Delete(answer);
  return out;
}

static const vec_kind unit_kinds[] = {
  {"unit_config", unit_config}, {NULL, NULL}
};

const vec_file vec_openmeter[] = {
  {"openmeter/unit_conversion.json", "Raw meter units to billed units", NULL,
   unit_kinds},
  {"openmeter/pricing.json",
   "Price evaluation of one charge for one (part of a) billing period.",
   NULL, price_kinds},
  {"openmeter/delta_rating.json",
   "Re-rating a running total: each run books the difference between the "
   "rated running total and what is already booked.",
   NULL, delta_kinds},
  {"openmeter/grant_order.json", "Order in which grants are drawn down", NULL,
   order_kinds},
  {"openmeter/grant_active.json",
   "Span in which a grant is active and whether it is active at an instant",
   NULL, active_kinds},
  {"openmeter/grant_burndown.json",
   "Draw-down of usage grants (credits in units of a feature) over a "
   "timeline. Facts restated from the peer's tests in neutral form.",
   NULL, phase_kinds},
  {NULL, NULL, NULL, NULL}
};
