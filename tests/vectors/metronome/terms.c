/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* terms.c - Metronome's fields: rates and what changes them. */
#include <stdio.h>
#include <string.h>

#include "vectors/metronome/terms.h"

/* ---- rates ---- */

static cJSON *rates_of(const cJSON *rates) {
  cJSON *out = cJSON_CreateArray();
  const cJSON *item;

  cJSON_ArrayForEach(item, rates) {
    cJSON *rate = cJSON_CreateObject();

    vec_copy(rate, "price", item, "product");
    vec_copy(rate, "id", item, "package");
    vec_copy(rate, "values", item, "pricing_group_values");
    vec_copy(rate, "unit", item, "price");
    vec_copy(rate, "from", item, "starting_at");
    vec_copy(rate, "to", item, "ending_before");
    vec_copy(rate, "entitled", item, "entitled");
    cJSON_AddItemToArray(out, rate);
  }
  return out;
}

static cJSON *rates_request(const cJSON *rates, const cJSON *uses) {
  cJSON *request = vec_request("rates"), *usage;
  const cJSON *item;

  cJSON_AddItemToObject(request, "rates", rates_of(rates));
  vec_put(request, "missing", "free");
  vec_put(request, "match", "exact");
  usage = cJSON_AddArrayToObject(request, "usage");
  cJSON_ArrayForEach(item, uses) {
    cJSON *use = cJSON_CreateObject();

    vec_copy(use, "price", item, "product");
    vec_copy(use, "values", item, "pricing_group_values");
    vec_copy(use, "quantity", item, "quantity");
    vec_copy(use, "at", item, "at");
    cJSON_AddItemToArray(usage, use);
  }
  return request;
}

cJSON *vec_rate_lookup(const cJSON *given) {
  cJSON *answer = vec_ask(rates_request(vec_get(given, "rates"),
                                        vec_get(given, "queries")));
  cJSON *out, *list;
  const cJSON *item;

  if (!answer) return NULL;
  out = cJSON_CreateObject();
  list = cJSON_AddArrayToObject(out, "results");
  cJSON_ArrayForEach(item, vec_get(answer, "results")) {
    cJSON *one = cJSON_CreateObject();

    if (vec_get(item, "unit")) vec_copy(one, "price", item, "unit");
    else cJSON_AddNullToObject(one, "price");
    vec_copy(one, "billed", item, "billed");
    cJSON_AddItemToArray(list, one);
  }
  cJSON_Delete(answer);
  return out;
}

/* The price as the case writes it. */
static const char *written(const cJSON *given, const char *unit) {
  const cJSON *rate;

  cJSON_ArrayForEach(rate, vec_get(given, "rates"))
    if (vec_is_zero(vec_minus(vec_text(rate, "price"), unit)))
      return vec_text(rate, "price");
  return unit;
}

cJSON *vec_rated_usage(const cJSON *given) {
  const cJSON *usage = vec_get(given, "usage"), *item, *use;
  cJSON *answer, *out, *sums;

  answer = vec_ask(rates_request(vec_get(given, "rates"), usage));
  if (!answer) return NULL;
  out = cJSON_CreateObject();
  vec_copy(out, "total", answer, "total");
  sums = cJSON_AddObjectToObject(out, "quantity_by_price");
  use = usage->child;
  cJSON_ArrayForEach(item, vec_get(answer, "results")) {
    const char *unit = vec_text(item, "unit");

    if (unit) {
      const char *name = written(given, unit);
      const char *sum = vec_plus(vec_text(sums, name),
                                 vec_text(use, "quantity"));

      cJSON_DeleteItemFromObject(sums, name);
      vec_put(sums, name, sum);
    }
    use = use->next;
  }
  cJSON_Delete(answer);
  return out;
}

/* An alias is a name whose rate changes with time. */
cJSON *vec_price_at_provision(const cJSON *given) {
  cJSON *query = cJSON_CreateArray(), *one = cJSON_CreateObject();
  cJSON *answer, *out;
  const cJSON *first;

  vec_copy(one, "at", given, "contract_created_at");
  cJSON_AddItemToArray(query, one);
  answer = vec_ask(rates_request(vec_get(given, "alias_schedule"), query));
  cJSON_Delete(query);
  if (!answer) return NULL;
  out = cJSON_CreateObject();
  first = vec_get(answer, "results")->child;
  vec_copy(out, "package", first, "id");
  vec_copy(out, "price", first, "unit");
  cJSON_Delete(answer);
  return out;
}

/* ---- composites and tokens ---- */

cJSON *vec_tiers_of(const cJSON *widths, const char *figure) {
  cJSON *out = cJSON_CreateArray();
  const cJSON *width;
  const char *bound = "0";

  cJSON_ArrayForEach(width, widths) {
    cJSON *tier = cJSON_CreateObject();

    if (vec_text(width, "size") && width->next) {
      bound = vec_plus(bound, vec_text(width, "size"));
      vec_put(tier, "up_to", bound);
    }
    if (vec_get(width, "fraction"))
      vec_put_moved(tier, figure, vec_text(width, "fraction"), 2);
    else
      vec_copy(tier, figure, width,
               vec_get(width, "multiplier") ? "multiplier" : "price");
    cJSON_AddItemToArray(out, tier);
  }
  return out;
}

cJSON *vec_composite(const cJSON *given) {
  cJSON *request = vec_request("composite"), *price, *spend, *answer, *out;
  const cJSON *item;

  price = cJSON_AddObjectToObject(request, "price");
  if (vec_get(given, "tiers")) {
    vec_put(price, "model", "graduated_percentage");
    cJSON_AddItemToObject(price, "tiers",
                          vec_tiers_of(vec_get(given, "tiers"), "rate"));
  } else {
    vec_put(price, "model", "percentage");
    vec_put_moved(price, "rate", vec_text(given, "fraction"), 2);
  }
  vec_copy(request, "prices", given, "products");
  vec_copy(request, "tags", given, "tags");
  vec_copy(request, "minimum", given, "minimum");
  spend = cJSON_AddArrayToObject(request, "spend");
  cJSON_ArrayForEach(item, vec_get(given, "spend")) {
    cJSON *one = cJSON_CreateObject();

    vec_copy(one, "price", item, "product");
    vec_copy(one, "tags", item, "tags");
    vec_copy(one, "amount", item, "spend");
    cJSON_AddItemToArray(spend, one);
  }
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_CreateObject();
  vec_copy(out, "base_spend", answer, "base");
  vec_copy(out, "charge", answer, "amount");
  cJSON_Delete(answer);
  return out;
}

cJSON *vec_token_rate(const cJSON *given) {
  cJSON *request = vec_request("mark_up"), *answer, *out;

  vec_copy(request, "unit", given, "usd_per_token");
  vec_put_moved(request, "percent", vec_text(given, "markup_fraction"), 2);
  vec_put(request, "per", "1000000");
  vec_copy(request, "value", given, "usd_per_custom_unit");
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_CreateObject();
  vec_put_moved(out, "usd_cents_per_million", vec_text(answer, "unit"), 2);
  vec_put_moved(out, "fiat_per_custom_credit",
                vec_text(given, "usd_per_custom_unit"), 2);
  vec_copy(out, "custom_units_per_million", answer, "in_units");
  cJSON_Delete(answer);
  return out;
}

/* ---- metering.json ---- */

cJSON *vec_preview(const cJSON *given) {
  cJSON *request = vec_request("quote"), *price, *answer, *out, *lines;
  const cJSON *line;

  price = cJSON_AddObjectToObject(request, "price");
  vec_put(price, "model", "graduated");
  cJSON_AddItemToObject(price, "tiers",
                        vec_tiers_of(vec_get(given, "tiers"), "unit"));
  vec_copy(request, "quantity", given, "preview");
  if (vec_is(given, "mode", "merge"))
    vec_copy(request, "used", given, "existing");
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_CreateObject();
  lines = cJSON_AddArrayToObject(out, "preview_lines");
  cJSON_ArrayForEach(line, vec_get(answer, "lines")) {
    cJSON *one = cJSON_CreateObject();

    vec_copy(one, "quantity", line, "quantity");
    vec_copy(one, "unit_price", line, "unit");
    vec_copy(one, "total", line, "amount");
    cJSON_AddItemToArray(lines, one);
  }
  vec_copy(out, "incremental_cost", answer, "amount");
  vec_copy(out, "period_total", answer, "total");
  cJSON_Delete(answer);
  return out;
}

/* Rate i holds at second i, when increment i comes. */
void vec_add_charges(cJSON *out, const cJSON *given) {
  cJSON *request = vec_request("rates"), *rates, *usage, *answer;
  const cJSON *item;
  int at = 0;

  rates = cJSON_AddArrayToObject(request, "rates");
  cJSON_ArrayForEach(item, vec_get(given, "rates")) {
    cJSON *rate = cJSON_CreateObject();

    cJSON_AddItemToObject(rate, "unit", cJSON_Duplicate(item, 1));
    cJSON_AddNumberToObject(rate, "from", at++);
    cJSON_AddItemToArray(rates, rate);
  }
  at = 0;
  usage = cJSON_AddArrayToObject(request, "usage");
  cJSON_ArrayForEach(item, vec_get(out, "increments")) {
    cJSON *use = cJSON_CreateObject();

    cJSON_AddItemToObject(use, "quantity", cJSON_Duplicate(item, 1));
    cJSON_AddNumberToObject(use, "at", at++);
    cJSON_AddItemToArray(usage, use);
  }
  answer = vec_ask(request);
  if (!answer) return;
  cJSON_AddItemToObject(out, "charges",
                        vec_pluck(vec_get(answer, "results"), "amount"));
  vec_copy(out, "total", answer, "total");
  cJSON_Delete(answer);
}

/* By the hour, or as if all had happened in the period's last instant. */
cJSON *vec_granularity(const cJSON *given) {
  const cJSON *window = vec_get(given, "credit_window");
  cJSON *request = rates_request(vec_get(given, "rates"), NULL);
  cJSON *usage = cJSON_GetObjectItem(request, "usage"), *answer, *out;
  const cJSON *item;

  cJSON_ArrayForEach(item, vec_get(given, "events")) {
    cJSON *use = cJSON_CreateObject();

    vec_copy(use, "quantity", item, "value");
    vec_copy(use, "at", item, "at");
    cJSON_AddItemToArray(usage, use);
  }
  vec_put(request, "tick",
          vec_is(given, "granularity", "HOUR") ? "hour" : "period");
  cJSON_ArrayForEach(item, vec_get(given, "rates"))
    if (!item->next) vec_copy(request, "to", item, "ending_before");
  if (window) {
    cJSON *span = cJSON_AddObjectToObject(request, "window");

    cJSON_AddItemToObject(span, "from", cJSON_Duplicate(window->child, 1));
    cJSON_AddItemToObject(span, "to",
                          cJSON_Duplicate(window->child->next, 1));
  }
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_CreateObject();
  vec_copy(out, "quantity", answer, "quantity");
  vec_copy(out, "total", answer, "total");
  vec_copy(out, "credit_eligible", answer, "in_window");
  cJSON_Delete(answer);
  return out;
}

/* ---- overrides.json ---- */

static cJSON *merged(const cJSON *item) {
  static const char *const names[] = {"pricing_group_values",
                                      "presentation_group_values"};
  cJSON *out = cJSON_CreateObject();
  const cJSON *value;

  for (size_t i = 0; i < 2; i++)
    cJSON_ArrayForEach(value, vec_get(item, names[i]))
      if (!vec_get(out, value->string))
        cJSON_AddItemToObject(out, value->string, cJSON_Duplicate(value, 1));
  return out;
}

static void add_targets(cJSON *to, const char *as, const cJSON *specifiers) {
  cJSON *list;
  const cJSON *item;

  if (!cJSON_GetArraySize(specifiers)) return;
  list = cJSON_AddArrayToObject(to, as);
  cJSON_ArrayForEach(item, specifiers) {
    cJSON *one = cJSON_CreateObject();

    vec_copy(one, "price", item, "product_id");
    vec_copy(one, "tags", item, "product_tags");
    cJSON_AddItemToObject(one, "values", merged(item));
    cJSON_AddItemToArray(list, one);
  }
}

static cJSON *override_of(const cJSON *item) {
  cJSON *out = cJSON_CreateObject();

  vec_copy(out, "id", item, "id");
  vec_copy(out, "unit", item, "price");
  vec_copy(out, "factor", item, "multiplier");
  vec_copy(out, "price", item, "product_id");
  vec_copy(out, "tags", item, "applicable_product_tags");
  vec_copy(out, "from", item, "starting_at");
  vec_copy(out, "to", item, "ending_before");
  vec_copy_whole(out, "priority", item, "priority", NULL);
  add_targets(out, "targets", vec_get(item, "specifiers"));
  add_targets(out, "except", vec_get(item, "exclude_specifiers"));
  if (vec_is(item, "target", "COMMIT_RATE")) vec_put(out, "of", "commit");
  if (cJSON_IsTrue(vec_get(item, "is_commit_specific"))) {
    if (vec_get(item, "commit_ids")) vec_copy(out, "grants", item,
                                              "commit_ids");
    else cJSON_AddArrayToObject(out, "grants");
  }
  return out;
}

void vec_add_overrides(cJSON *request, const cJSON *given) {
  cJSON *list;
  const cJSON *item;

  if (!vec_get(given, "overrides")) return;
  list = cJSON_AddArrayToObject(request, "overrides");
  cJSON_ArrayForEach(item, vec_get(given, "overrides"))
    cJSON_AddItemToArray(list, override_of(item));
}

static cJSON *line_of(const cJSON *item) {
  cJSON *out = cJSON_CreateObject();

  vec_copy(out, "id", item, "id");
  vec_copy(out, "price", item, "product");
  vec_copy(out, "tags", item, "tags");
  cJSON_AddItemToObject(out, "values", merged(item));
  if (vec_get(item, "list_price")) vec_copy(out, "unit", item, "list_price");
  else vec_put(out, "unit", "1");
  vec_copy(out, "commit_unit", item, "commit_price");
  vec_copy(out, "at", item, "at");
  return out;
}

static cJSON *effective_rate(const cJSON *given) {
  cJSON *request = vec_request("override"), *answer, *out;
  const cJSON *consuming = vec_get(given, "consuming");

  cJSON_AddItemToObject(request, "line", line_of(vec_get(given, "line")));
  if (!vec_get(given, "overrides"))
    cJSON_AddArrayToObject(request, "overrides");
  vec_add_overrides(request, given);
  if (consuming) {
    cJSON *drawing = cJSON_AddObjectToObject(request, "drawing");

    vec_copy(drawing, "id", consuming, "id");
    if (vec_is(consuming, "rate_type", "COMMIT_RATE"))
      vec_put(drawing, "rate", "commit");
  }
  if (vec_is(given, "prioritization", "EXPLICIT"))
    vec_put(request, "prefer", "priority");
  vec_copy(request, "quantity", given, "quantity");
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_CreateObject();
  vec_copy(out, "unit_price", answer, "unit");
  if (vec_get(answer, "override"))
    vec_copy(out, "override", answer, "override");
  else
    cJSON_AddNullToObject(out, "override");
  vec_copy(out, "total", answer, "amount");
  cJSON_Delete(answer);
  return out;
}

static cJSON *targets(const cJSON *given) {
  cJSON *request = vec_request("override"), *lines, *answer, *out, *list;
  cJSON *one = override_of(vec_get(given, "override"));
  const cJSON *item;

  cJSON_DeleteItemFromObject(one, "grants");
  cJSON_DeleteItemFromObject(one, "of");
  cJSON_AddItemToArray(cJSON_AddArrayToObject(request, "overrides"), one);
  lines = cJSON_AddArrayToObject(request, "lines");
  cJSON_ArrayForEach(item, vec_get(given, "lines"))
    cJSON_AddItemToArray(lines, line_of(item));
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_CreateObject();
  list = cJSON_AddArrayToObject(out, "targeted");
  cJSON_ArrayForEach(item, vec_get(answer, "lines"))
    if (vec_get(item, "override"))
      cJSON_AddItemToArray(list, cJSON_Duplicate(vec_get(item, "id"), 1));
  cJSON_Delete(answer);
  return out;
}

/* Beyond the last range the list price holds: a factor of one. */
static cJSON *tiered_override(const cJSON *given) {
  cJSON *request = vec_request("override"), *one, *ranges, *answer, *out;
  cJSON *last = cJSON_CreateObject();

  one = cJSON_AddObjectToObject(request, "line");
  vec_copy(one, "unit", given, "list_price");
  vec_copy(request, "quantity", given, "quantity");
  one = cJSON_CreateObject();
  vec_put(one, "id", "tiered");
  ranges = cJSON_Duplicate(vec_get(given, "override_tiers"), 1);
  vec_put(last, "multiplier", "1");
  cJSON_AddItemToArray(ranges, last);
  cJSON_AddItemToObject(one, "tiers", vec_tiers_of(ranges, "unit"));
  cJSON_Delete(ranges);
  cJSON_AddItemToArray(cJSON_AddArrayToObject(request, "overrides"), one);
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_CreateObject();
  vec_copy(out, "total", answer, "amount");
  cJSON_Delete(answer);
  return out;
}

const vec_kind vec_override_kinds[] = {
  {"effective_rate", effective_rate},
  {"override_targets", targets},
  {"tiered_override", tiered_override},
  {NULL, NULL}
};
