/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * lago.c - Lago's fields: charge models, the lots of a wallet, aggregations,
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

static cJSON *percent_price(const cJSON *given) {
  const cJSON *properties = vec_get(given, "properties");
  const cJSON *limits = vec_get(given, "per_transaction_limits_enabled");
  cJSON *price = cJSON_CreateObject();

  vec_put(price, "model", "percentage");
  vec_copy(price, "rate", properties, "rate");
  vec_copy(price, "fixed", properties, "fixed_amount");
  vec_copy_whole(price, "free_events", properties, "free_units_per_events",
                 NULL);
  vec_copy(price, "free", properties, "free_units_per_total_aggregation");
  if (cJSON_IsFalse(limits)) return price;
  vec_copy(price, "transaction_minimum", properties,
           "per_transaction_min_amount");
  vec_copy(price, "transaction_maximum", properties,
           "per_transaction_max_amount");
  return price;
}

static cJSON *transactions(const cJSON *given) {
  cJSON *request = quote(given, percent_price(given));

  cJSON_ReplaceItemInObject(request, "kernel",
                            cJSON_CreateString("transactions"));
  vec_put(request, "allowance", "lago");
  return request;
}

/* The first events by themselves, after each of them. */
static cJSON *after_each_event(const cJSON *given) {
  const cJSON *values = vec_get(given, "event_values"), *value;
  cJSON *out = cJSON_CreateObject(), *first = cJSON_CreateArray();
  cJSON *list = cJSON_AddArrayToObject(out, "after_each_event");

  cJSON_ArrayForEach(value, values) {
    cJSON *request = transactions(given), *one;

    cJSON_AddItemToArray(first, cJSON_Duplicate(value, 1));
    cJSON_AddItemToObject(request, "events", cJSON_Duplicate(first, 1));
    one = vec_ask(request);
    if (one) {
      cJSON *row = cJSON_CreateObject();
      int exponent = exponent_of(given);

      vec_copy(row, "units", one, "quantity");
      vec_copy(row, "amount", one, "amount");
      vec_put_moved(row, "amount_cents", vec_text(one, "due"), exponent);
      vec_put_moved(row, "total_cents", vec_text(one, "gross"), exponent);
      cJSON_AddItemToArray(list, row);
    }
    cJSON_Delete(one);
  }
  cJSON_Delete(first);
  return out;
}

static cJSON *percentage(const cJSON *given) {
  cJSON *request;

  if (!vec_get(given, "units") && vec_get(given, "event_values"))
    return after_each_event(given);
  request = transactions(given);
  vec_copy(request, "events", given, "event_values");
  vec_copy(request, "running", given, "running_total");
  vec_copy_whole(request, "count", given, "events_count", NULL);
  return result(given, request, 0);
}

static cJSON *single_event(const cJSON *given) {
  cJSON *request = transactions(given), *events;

  vec_put(request, "negative", "zero");
  cJSON_DeleteItemFromObject(request, "quantity");
  cJSON_ReplaceItemInObject(request, "allowance",
                            cJSON_CreateString("first_ends"));
  events = cJSON_AddArrayToObject(request, "events");
  cJSON_AddItemToArray(events, cJSON_Duplicate(vec_get(given, "units"), 1));
  return result(given, request, 0);
}

/* What the events cost is in cents. */
static cJSON *dynamic(const cJSON *given) {
  cJSON *price = cJSON_CreateObject(), *request;
  const cJSON *item;
  const char *sum = "0";

  vec_put(price, "model", "dynamic");
  request = quote(given, price);
  cJSON_ArrayForEach(item, vec_get(given, "event_amounts_cents"))
    sum = vec_plus(sum, cJSON_GetStringValue(item));
  cJSON_DeleteItemFromObject(request, "quantity");
  if (vec_is_zero(vec_text(given, "units"))) sum = "0";
  vec_put_moved(request, "quantity", sum, -exponent_of(given));
  vec_copy(request, "tier_quantity", given, "units");
  return result(given, request, 0);
}

/* A script has said what it costs. */
static cJSON *custom(const cJSON *given) {
  cJSON *price = cJSON_CreateObject(), *request;

  vec_put(price, "model", "dynamic");
  request = quote(given, price);
  cJSON_DeleteItemFromObject(request, "quantity");
  vec_copy(request, "quantity", given, "custom_amount");
  vec_copy(request, "tier_quantity", given, "full_units");
  return result(given, request, 0);
}

/* Tiers touch here: each begins at the bound before. */
static cJSON *levels(const cJSON *given) {
  const cJSON *properties = vec_get(given, "properties");
  cJSON *request = quote(given, tiered("graduated",
                                       vec_get(properties, "ranges")));

  cJSON_ReplaceItemInObject(request, "kernel", cJSON_CreateString("levels"));
  cJSON_DeleteItemFromObject(request, "quantity");
  vec_copy(request, "changes", given, "event_full_units");
  vec_copy(request, "prorated", given, "event_prorated_units");
  return result(given, request, 0);
}

static cJSON *sequence(const cJSON *given);

static const vec_kind charge_kinds[] = {
  {"percentage", percentage},
  {"percentage_single_event", single_event},
  {"dynamic", dynamic},
  {"custom", custom},
  {"prorated_graduated", levels},
  {"graduated_prorated_sequence", sequence},
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

/* Fees, or usage: what each adds is its amount and its tax. */
static cJSON *fees_of(const cJSON *list, int with_tax) {
  cJSON *out = cJSON_CreateArray();
  const cJSON *fee;

  cJSON_ArrayForEach(fee, list) {
    const char *tax = vec_text(fee, "tax_cents");
    cJSON *line = cJSON_CreateObject();

    vec_copy(line, "type", fee, "type");
    vec_copy(line, "meter", fee, "metric");
    vec_copy(line, "target", fee, "target_wallet");
    vec_put(line, "amount", vec_plus(vec_text(fee, "amount_cents"),
                                     with_tax && tax ? tax : "0"));
    cJSON_AddItemToArray(out, line);
  }
  return out;
}

static cJSON *wallets_of(const cJSON *given) {
  cJSON *out = cJSON_CreateArray();
  const cJSON *wallet;

  cJSON_ArrayForEach(wallet, vec_get(given, "wallets")) {
    cJSON *one = cJSON_CreateObject();

    vec_copy(one, "id", wallet, "id");
    vec_copy(one, "code", wallet, "code");
    vec_copy(one, "balance", wallet, "balance_cents");
    vec_copy_whole(one, "priority", wallet, "priority", NULL);
    vec_copy(one, "asset", wallet, "currency");
    vec_copy(one, "types", wallet, "fee_types");
    vec_copy(one, "meters", wallet, "metrics");
    vec_copy(one, "refills", wallet, "has_threshold_topup");
    cJSON_AddItemToArray(out, one);
  }
  return out;
}

/* Wallets that paid nothing are not listed. */
static cJSON *pay_invoice(const cJSON *given) {
  cJSON *request = vec_request("pay_by_wallets"), *answer, *out, *drawn;
  const cJSON *item;

  vec_copy(request, "asset", given, "currency");
  vec_copy(request, "total", given, "invoice_total_cents");
  vec_put(request, "slack", "1");
  cJSON_AddItemToObject(request, "wallets", wallets_of(given));
  cJSON_AddItemToObject(request, "lines", fees_of(vec_get(given, "fees"), 1));
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_CreateObject();
  drawn = cJSON_AddObjectToObject(out, "drawn_cents");
  cJSON_ArrayForEach(item, vec_get(answer, "drawn"))
    if (!vec_is_zero(item->valuestring))
      vec_put(drawn, item->string, item->valuestring);
  cJSON_Delete(answer);
  return out;
}

static cJSON *spread_running_usage(const cJSON *given) {
  cJSON *request = vec_request("pay_by_wallets"), *answer, *out;

  vec_put_true(request, "goes_on");
  cJSON_AddItemToObject(request, "wallets", wallets_of(given));
  cJSON_AddItemToObject(request, "lines",
                        fees_of(vec_get(given, "usage"), 0));
  cJSON_AddItemToObject(request, "billed",
                        fees_of(vec_get(given, "already_billed"), 0));
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_CreateObject();
  vec_copy(out, "usage_cents", answer, "drawn");
  cJSON_Delete(answer);
  return out;
}

/* Cents as credits. */
static void put_credits(cJSON *out, const char *as, const cJSON *given,
                        const char *cents) {
  cJSON *request = vec_request("credits"), *answer;
  int exponent = exponent_of(given);

  vec_copy(request, "rate", given, "rate");
  cJSON_AddNumberToObject(request, "places", exponent);
  vec_put_moved(request, "amount", cents, -exponent);
  answer = vec_ask(request);
  vec_copy(out, as, answer, "credits");
  cJSON_Delete(answer);
}

static cJSON *running_balance(const cJSON *given) {
  const char *usage = vec_text(given, "usage_cents");
  const char *left = vec_minus(vec_text(given, "balance_cents"), usage);
  cJSON *out = cJSON_CreateObject();

  vec_put(out, "running_balance_cents", left);
  put_credits(out, "usage_credits", given, usage);
  put_credits(out, "running_credits", given, left);
  return out;
}

static cJSON *convert_credits(const cJSON *given) {
  cJSON *request = vec_request("credits"), *answer, *out;
  int exponent = exponent_of(given);

  vec_copy(request, "rate", given, "rate");
  cJSON_AddNumberToObject(request, "places", exponent);
  if (vec_get(given, "from_cents"))
    vec_put_moved(request, "amount", vec_text(given, "from_cents"),
                  -exponent);
  vec_copy(request, "credits", given, "credits");
  cJSON_AddNumberToObject(request, "credit_places", 5);
  if (cJSON_IsFalse(vec_get(given, "backed_by_invoice")))
    vec_put_true(request, "keep_credits");
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_CreateObject();
  vec_copy(out, "credits", answer, "credits");
  vec_copy(out, "amount", answer, "amount");
  vec_put_moved(out, "amount_cents", vec_text(answer, "amount"), exponent);
  cJSON_Delete(answer);
  return out;
}

/* Amounts of money are cents; what is granted and pending counts beside the
 * balance. */
static cJSON *topup_amount(const cJSON *given) {
  cJSON *request = vec_request("top_up"), *answer, *out;
  int is_limited = !cJSON_IsTrue(vec_get(given, "ignore_limits"));
  const char *granted = vec_text(given, "granted_credits");
  const char *pending = vec_text(given, "pending_credits");

  vec_copy(request, "unit_price", given, "rate");
  vec_copy(request, "balance", given, "running_credits");
  vec_put(request, "beside",
          vec_plus(granted ? granted : "0", pending ? pending : "0"));
  if (vec_is(given, "method", "target"))
    vec_copy(request, "target", given, "target_credits");
  else
    vec_copy(request, "amount", given, "paid_credits");
  if (vec_is(given, "trigger", "threshold"))
    vec_copy(request, "above", given, "threshold_credits");
  if (is_limited && vec_get(given, "min_topup_cents"))
    vec_put_moved(request, "least", vec_text(given, "min_topup_cents"), -2);
  if (is_limited && vec_get(given, "max_topup_cents"))
    vec_put_moved(request, "most", vec_text(given, "max_topup_cents"), -2);
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_CreateObject();
  vec_copy(out, "paid_credits", answer, "amount");
  cJSON_Delete(answer);
  return out;
}

static const vec_kind wallet_kinds[] = {
  {"topup_amount", topup_amount},
  {"consume_lots", consume_lots},
  {"pay_invoice", pay_invoice},
  {"spread_running_usage", spread_running_usage},
  {"running_balance", running_balance},
  {"convert", convert_credits},
  {NULL, NULL}
};

/* ---- aggregations.json ---- */

static void add_filters(cJSON *meter, const cJSON *match) {
  cJSON *filters = cJSON_AddArrayToObject(meter, "filters");
  const cJSON *values;

  cJSON_ArrayForEach(values, match) {
    cJSON *filter = cJSON_CreateObject();

    vec_put(filter, "property", values->string);
    cJSON_AddItemToObject(filter, "in", cJSON_Duplicate(values, 1));
    cJSON_AddItemToArray(filters, filter);
  }
}

/* {function, precision} as a conversion that only rounds. */
static cJSON *rounded(const cJSON *rounding) {
  static const char *const names[][2] = {
    {"round", "half_away"}, {"ceil", "ceiling"}, {"floor", "floor"}
  };
  cJSON *out = cJSON_CreateObject();

  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (vec_is(rounding, "function", names[i][0]))
      vec_put(out, "round", names[i][1]);
  vec_copy_whole(out, "places", rounding, "precision", NULL);
  return out;
}

static cJSON *meter_of(const cJSON *given, const char *aggregation) {
  cJSON *meter = cJSON_CreateObject();
  int is_unique = strcmp(aggregation, "unique") == 0;

  vec_put(meter, "id", "metric");
  vec_put(meter, "event", "code");
  vec_put(meter, "aggregation", aggregation);
  vec_put(meter, "unusable", "skip");
  if (strcmp(aggregation, "count")) vec_put(meter, "property", "the value");
  if (is_unique) vec_put(meter, "operation", "the operation");
  if (!strcmp(aggregation, "latest")) vec_put(meter, "negative", "zero");
  if (cJSON_IsTrue(vec_get(given, "recurring")))
    vec_put_true(meter, "recurring");
  if (vec_get(given, "rounding"))
    cJSON_AddItemToObject(meter, "convert",
                          rounded(vec_get(given, "rounding")));
  vec_copy(meter, "groups", given, "group_by");
  add_filters(meter, vec_get(given, "match"));
  return meter;
}

static cJSON *event_of(const cJSON *item, const char *value) {
  cJSON *event = cJSON_CreateObject(), *properties;

  vec_copy(event, "time", item, "at");
  vec_copy(event, "properties", item, "properties");
  properties = cJSON_GetObjectItem(event, "properties");
  if (!properties) properties = cJSON_AddObjectToObject(event, "properties");
  vec_copy(properties, "the value", item, value);
  vec_copy(properties, "the operation", item, "op");
  return event;
}

/* Of the events' `value`, or of another member. */
static cJSON *aggregate_of(const cJSON *given, cJSON *meter,
                           const char *value) {
  const cJSON *period = vec_get(given, "period"), *item;
  cJSON *request = vec_request("aggregate"), *events;

  cJSON_AddItemToObject(request, "meter", meter);
  events = cJSON_AddArrayToObject(request, "events");
  cJSON_ArrayForEach(item, vec_get(given, "events"))
    cJSON_AddItemToArray(events, event_of(item, value));
  vec_copy(request, "from", period, "from");
  vec_copy(request, "to", period, "to");
  vec_copy_whole(request, "days", period, "days", NULL);
  vec_copy(request, "zone", given, "timezone");
  vec_put(request, "bounds", "closed");
  vec_put_true(request, "detail");
  return request;
}

static cJSON *count_text(const cJSON *object, const char *name) {
  const cJSON *node = vec_get(object, name);
  char text[32];

  snprintf(text, sizeof text, "%d", node ? node->valueint : 0);
  return cJSON_CreateString(text);
}

/* The first n levels; or those up to the first above an allowance. */
static cJSON *running(const cJSON *given, cJSON *levels) {
  const cJSON *first = vec_get(given, "free_units_per_events");
  const char *most = vec_text(given, "free_units_per_total_aggregation");
  cJSON *out = cJSON_CreateArray();
  int count = first ? (cJSON_IsNumber(first)
                         ? first->valueint : atoi(first->valuestring)) : -1;
  const cJSON *level;

  cJSON_ArrayForEach(level, levels) {
    if (count >= 0 && cJSON_GetArraySize(out) == count) break;
    cJSON_AddItemToArray(out, cJSON_Duplicate(level, 1));
    if (count < 0 && most &&
        *vec_minus(most, cJSON_GetStringValue(level)) == '-')
      break;
  }
  cJSON_Delete(levels);
  return out;
}

static void add_groups(cJSON *out, const cJSON *groups) {
  cJSON *list = cJSON_AddArrayToObject(out, "groups");
  const cJSON *group;

  cJSON_ArrayForEach(group, groups) {
    cJSON *one = cJSON_CreateObject();

    vec_copy(one, "key", group, "group");
    vec_copy(one, "units", group, "quantity");
    vec_copy(one, "full_units", group,
             vec_get(group, "full") ? "full" : "quantity");
    cJSON_AddItemToArray(list, one);
  }
}

/* What the events' own amounts come to. */
static void add_cents(cJSON *out, const cJSON *given) {
  cJSON *answer = vec_ask(aggregate_of(given, meter_of(given, "sum"),
                                       "amount_cents"));

  if (answer)
    vec_copy(out, "amount_cents", vec_get(answer, "groups")->child,
             "quantity");
  cJSON_Delete(answer);
}

static cJSON *aggregated(const cJSON *given, cJSON *request) {
  cJSON *answer = vec_ask(request), *out, *count, *more;
  const cJSON *group;

  if (!answer) return NULL;
  out = cJSON_CreateObject();
  add_groups(out, vec_get(answer, "groups"));
  group = vec_get(answer, "groups")->child;
  vec_copy(out, "units", group, "quantity");
  vec_copy(out, "full_units", group,
           vec_get(group, "full") ? "full" : "quantity");
  count = count_text(group, "events");
  more = count_text(group, "carried_events");
  vec_put(out, "count", vec_plus(count->valuestring, more->valuestring));
  cJSON_Delete(count);
  cJSON_Delete(more);
  vec_copy(out, "level_after", group, "level_after");
  if (vec_get(group, "level_after"))
    vec_put(out, "change", vec_minus(vec_text(group, "level_after"),
                                     vec_text(given, "initial_level")));
  cJSON_AddItemToObject(out, "per_event",
                        vec_pluck(vec_get(group, "parts"), "quantity"));
  if (vec_get(group, "full"))
    cJSON_AddItemToObject(out, "per_event_prorated",
                          vec_pluck(vec_get(group, "parts"), "prorated"));
  cJSON_AddItemToObject(out, "running_total",
                        running(given, vec_pluck(vec_get(group, "parts"),
                                                 "level")));
  cJSON_Delete(answer);
  add_cents(out, given);
  return out;
}

static cJSON *plain(const cJSON *given, const char *aggregation) {
  return aggregated(given, aggregate_of(given, meter_of(given, aggregation),
                                        "value"));
}

static cJSON *count(const cJSON *given) { return plain(given, "count"); }
static cJSON *sum(const cJSON *given) { return plain(given, "sum"); }
static cJSON *max(const cJSON *given) { return plain(given, "max"); }
static cJSON *latest(const cJSON *given) { return plain(given, "latest"); }
static cJSON *unique(const cJSON *given) { return plain(given, "unique"); }

/* The level at the beginning is told. */
static cJSON *weighted_sum(const cJSON *given) {
  cJSON *meter = meter_of(given, "weighted_sum"), *request;
  const char *level = vec_text(given, "initial_level");
  int begins = level && !vec_is_zero(level);

  if (begins && !vec_get(meter, "recurring"))
    vec_put_true(meter, "recurring");
  request = aggregate_of(given, meter, "value");
  if (begins) vec_copy(request, "carried", given, "initial_level");
  return aggregated(given, request);
}

static cJSON *prorated(const cJSON *given, const char *aggregation,
                       const char *policy) {
  cJSON *meter = meter_of(given, aggregation);

  cJSON_DeleteItemFromObject(meter, "recurring");
  vec_put_true(meter, "recurring");
  vec_put(meter, "proration", policy);
  return aggregated(given, aggregate_of(given, meter, "value"));
}

static cJSON *sum_prorated(const cJSON *given) {
  return prorated(given, "sum", "lago_days");
}

static cJSON *unique_prorated(const cJSON *given) {
  return prorated(given, "unique",
                  cJSON_IsFalse(vec_get(given, "final_ceil"))
                    ? "lago_days_exact" : "lago_days");
}

/* With carried_days every value is carried for so many days. */
static cJSON *sum_prorated_raw(const cJSON *given) {
  cJSON *out = prorated(given, "sum", "lago_days_exact"), *request, *answer;

  if (!out || !vec_get(given, "carried_days")) return out;
  request = vec_request("in_advance");
  vec_copy(request, "change", out, "full_units");
  vec_copy_whole(request, "days_left", given, "carried_days", NULL);
  vec_copy_whole(request, "days", vec_get(given, "period"), "days", NULL);
  answer = vec_ask(request);
  cJSON_DeleteItemFromObject(out, "units");
  vec_copy(out, "units", answer, "units");
  cJSON_Delete(answer);
  return out;
}

/* The billing period that holds an instant, or that ends with it. */
static cJSON *period_at(const cJSON *given, const char *at, int ends) {
  static const struct { const char *interval, *unit; int count; } cycles[] = {
    {"weekly", "week", 1}, {"monthly", "month", 1}, {"quarterly", "month", 3},
    {"semiannual", "month", 6}, {"yearly", "year", 1}
  };
  cJSON *request = vec_request("periods"), *answer, *out, *cycle;
  int is_calendar = vec_is(given, "billing_time", "calendar");

  vec_copy(request, "start", given, "subscription_started_at");
  vec_copy(request, "zone", given, "timezone");
  vec_put(request, "anchor", is_calendar ? "calendar" : "anniversary");
  cycle = cJSON_AddObjectToObject(request, "period");
  for (size_t i = 0; i < sizeof cycles / sizeof *cycles; i++)
    if (vec_is(given, "interval", cycles[i].interval)) {
      vec_put(cycle, "unit", cycles[i].unit);
      cJSON_AddNumberToObject(cycle, "count", cycles[i].count);
    }
  if (ends) {
    cJSON *day = vec_request("shift");

    vec_put(day, "at", at);
    vec_put(day, "by", "-P1D");
    answer = vec_ask(day);
    vec_copy(request, "at", answer, "at");
    cJSON_Delete(answer);
  } else {
    vec_put(request, "at", at);
  }
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_Duplicate(vec_get(answer, "periods")->child, 1);
  cJSON_Delete(answer);
  return out;
}

/* ---- commitments ---- */

/* The share of a commitment, and what is missing of it. */
static cJSON *true_up_of(const cJSON *given, const char *cents,
                         const cJSON *span, const char *ends) {
  cJSON *own = cJSON_Duplicate(given, 1), *period;
  cJSON *request = vec_request("true_up"), *fees;
  const cJSON *fee;

  vec_copy(own, "subscription_started_at", given, "subscription_at");
  period = period_at(own, vec_text(span, "from"), 0);
  cJSON_Delete(own);
  if (!period) return NULL;
  vec_put(request, "minimum", cents);
  vec_copy(request, "from", span, "from");
  vec_put(request, "to", ends ? ends : vec_text(span, "to"));
  vec_copy(request, "full_from", period, "full_from");
  vec_copy(request, "full_to", period, "full_to");
  vec_copy(request, "zone", given, "timezone");
  vec_put(request, "proration", "lago_days");
  cJSON_AddNumberToObject(request, "places", 0);
  fees = cJSON_AddArrayToObject(request, "fees");
  cJSON_ArrayForEach(fee, vec_get(given, "fees")) {
    cJSON *item = cJSON_CreateObject();
    vec_copy(item, "amount", fee, "amount_cents");
    vec_copy(item, "from", fee, "from");
    vec_copy(item, "to", fee, "to");
    cJSON_AddItemToArray(fees, item);
  }
  cJSON_Delete(period);
  return vec_ask(request);
}

static cJSON *commitment_share(const cJSON *given) {
  cJSON *answer = true_up_of(given, vec_text(given, "commitment_cents"),
                             given, NULL);
  cJSON *out = cJSON_CreateObject();

  vec_copy(out, "commitment_cents", answer, "minimum");
  cJSON_Delete(answer);
  return out;
}

static cJSON *commitment_coefficient(const cJSON *given) {
  cJSON *answer = true_up_of(given, "1", given,
                             vec_text(given, "terminated_at"));
  cJSON *out = cJSON_CreateObject();

  vec_copy(out, "coefficient", answer, "ratio");
  cJSON_Delete(answer);
  return out;
}

/* Without a commitment, or a stretch to settle, nothing is asked. */
static cJSON *commitment_true_up(const cJSON *given) {
  const char *cents = vec_text(given, "commitment_cents");
  const cJSON *span = vec_get(given, "reconciled");
  cJSON *out = cJSON_CreateObject(), *answer;

  if (!cents || !cJSON_IsObject(span)) {
    vec_put(out, "true_up_cents", "0");
    return out;
  }
  answer = true_up_of(given, cents, span, NULL);
  vec_copy(out, "true_up_cents", answer, "due");
  cJSON_Delete(answer);
  return out;
}

static cJSON *charge_minimum_at(const cJSON *given, int places) {
  cJSON *request = vec_request("true_up"), *item, *fees;
  const cJSON *used;

  vec_copy(request, "minimum", given, "minimum_cents");
  vec_copy(request, "from", given, "from");
  vec_copy(request, "to", given, "to");
  vec_copy(request, "zone", given, "timezone");
  vec_put(request, "proration", "lago_days");
  vec_copy_whole(request, "days", given, "period_days", NULL);
  cJSON_AddNumberToObject(request, "places", places);
  fees = cJSON_AddArrayToObject(request, "fees");
  cJSON_ArrayForEach(used, vec_get(given, "used_cents")) {
    item = cJSON_CreateObject();
    vec_put(item, "amount", used->valuestring);
    cJSON_AddItemToArray(fees, item);
  }
  return vec_ask(request);
}

/* A minimum in a unit: what is missing is hundredths of it, and in cents by
 * the rate.  As many places as are asked for. */
static cJSON *missing_in_cents(const cJSON *given, int places) {
  cJSON *answer = charge_minimum_at(given, places), *request, *item;

  if (!answer) return NULL;
  request = vec_request("exchange");
  vec_put(request, "into", "USD");
  vec_copy(request, "at", given, "to");
  cJSON_AddNumberToObject(request, "places", places);
  item = cJSON_CreateObject();
  vec_put(item, "from", "unit");
  vec_put(item, "to", "USD");
  vec_copy(item, "rate", given, "conversion_rate");
  cJSON_AddItemToArray(cJSON_AddArrayToObject(request, "rates"), item);
  item = cJSON_CreateObject();
  vec_put(item, "asset", "unit");
  vec_copy(item, "amount", answer, "missing");
  cJSON_AddItemToArray(cJSON_AddArrayToObject(request, "amounts"), item);
  cJSON_Delete(answer);
  return vec_ask(request);
}

static cJSON *unit_minimum(const cJSON *given) {
  cJSON *out = cJSON_CreateObject(), *answer = charge_minimum_at(given, 0);

  if (vec_is_zero(vec_text(answer, "due"))) {
    cJSON_AddNullToObject(out, "unit_true_up");
    cJSON_AddNullToObject(out, "true_up_cents");
    cJSON_Delete(answer);
    return out;
  }
  vec_copy(out, "unit_true_up", answer, "due");
  cJSON_Delete(answer);
  answer = missing_in_cents(given, 12);
  vec_copy(out, "precise_cents", answer, "due");
  cJSON_Delete(answer);
  answer = missing_in_cents(given, 0);
  vec_copy(out, "true_up_cents", answer, "due");
  cJSON_Delete(answer);
  return out;
}

/* What is precise is given at twelve places. */
static cJSON *charge_minimum(const cJSON *given) {
  cJSON *answer, *out;

  if (vec_get(given, "conversion_rate")) return unit_minimum(given);
  answer = charge_minimum_at(given, 12);
  out = cJSON_CreateObject();

  vec_copy(out, "precise_cents", answer, "due");
  cJSON_Delete(answer);
  answer = charge_minimum_at(given, 0);
  if (!strcmp(vec_text(answer, "due"), "0"))
    cJSON_AddNullToObject(out, "true_up_cents");
  else
    vec_copy(out, "true_up_cents", answer, "due");
  cJSON_Delete(answer);
  return out;
}

/* ---- commitments over a subscription ---- */

/* What is missing of an amount in cents, for the local days of an entry. */
static cJSON *scenario_true_up(const cJSON *given, const cJSON *entry,
                               const cJSON *period, const char *amount,
                               const cJSON *fees) {
  cJSON *request = vec_request("true_up");
  char last[40];

  (void)snprintf(last, sizeof last, "%sT23:59:59",
                 vec_text(entry, "period_to"));
  vec_copy(request, "minimum", given, amount);
  vec_copy(request, "from", entry, "period_from");
  vec_put(request, "to", last);
  vec_copy(request, "full_from", period, "full_from");
  vec_copy(request, "full_to", period, "full_to");
  vec_copy(request, "zone", given, "timezone");
  vec_put(request, "proration", "lago_days");
  cJSON_AddNumberToObject(request, "places", 0);
  if (fees)
    cJSON_AddItemToObject(request, "fees", cJSON_Duplicate(fees, 1));
  return vec_ask(request);
}

static void add_fee(cJSON *fees, const char *cents) {
  cJSON *fee = cJSON_CreateObject();

  vec_put(fee, "amount", cents);
  cJSON_AddItemToArray(fees, fee);
}

/* Units of the usage that goes on, or of the other: one is 1.00. */
static void add_usage(cJSON *fees, const cJSON *given, const cJSON *period,
                      int goes_on) {
  cJSON *request = vec_request("aggregate"), *meter, *events, *answer, *cents;
  const cJSON *item;

  meter = cJSON_AddObjectToObject(request, "meter");
  vec_put(meter, "id", "usage");
  vec_put(meter, "event", "usage");
  vec_put(meter, "aggregation", "sum");
  if (goes_on) vec_put_true(meter, "recurring");
  vec_copy(request, "from", period, "from");
  vec_copy(request, "to", period, "to");
  events = cJSON_AddArrayToObject(request, "events");
  cJSON_ArrayForEach(item, vec_get(given, "usage")) {
    cJSON *event = cJSON_CreateObject();

    vec_copy(event, "value", item, "units");
    vec_copy(event, "time", item, "at");
    if (cJSON_IsTrue(vec_get(item, "recurring")) == goes_on)
      cJSON_AddItemToArray(events, event);
    else
      cJSON_Delete(event);
  }
  answer = vec_ask(request);
  if (!answer) return;
  cents = vec_moved(vec_text(vec_get(answer, "groups")->child, "quantity"),
                    2);
  add_fee(fees, cents->valuestring);
  cJSON_Delete(cents);
  cJSON_Delete(answer);
}

/* The base fee: its days, but all of it when it was paid in advance and the
 * subscription ended in that period. */
static void add_base(cJSON *fees, const cJSON *given, const cJSON *own,
                     const cJSON *entry, const cJSON *period) {
  const char *ends = vec_text(given, "terminated_at");
  cJSON *last = ends ? period_at(own, ends, 0) : NULL, *answer;

  if (last && cJSON_IsTrue(vec_get(given, "pay_in_advance")) &&
      vec_is(last, "from", vec_text(period, "from"))) {
    add_fee(fees, vec_text(given, "plan_amount_cents"));
    cJSON_Delete(last);
    return;
  }
  cJSON_Delete(last);
  answer = scenario_true_up(given, entry, period, "plan_amount_cents", NULL);
  if (answer) add_fee(fees, vec_text(answer, "minimum"));
  cJSON_Delete(answer);
}

/* One settled period: commitment less fees. */
static cJSON *settled(const cJSON *given, const cJSON *own,
                      const cJSON *entry) {
  cJSON *out = cJSON_CreateObject(), *fees = cJSON_CreateArray();
  cJSON *period, *answer;
  char at[40];

  (void)snprintf(at, sizeof at, "%sT23:59:59",
                 vec_text(entry, "period_from"));
  period = period_at(own, at, 0);
  vec_copy(out, "period_from", entry, "period_from");
  vec_copy(out, "period_to", entry, "period_to");
  if (period) {
    add_base(fees, given, own, entry, period);
    add_usage(fees, given, period, 0);
    add_usage(fees, given, period, 1);
    answer = scenario_true_up(given, entry, period, "commitment_cents", fees);
    vec_copy(out, "true_up_cents", answer, "due");
    if (!vec_get(entry, "true_up_cents") &&
        vec_is_zero(vec_text(answer, "due")))
      cJSON_ReplaceItemInObject(out, "true_up_cents", cJSON_CreateNull());
    cJSON_Delete(answer);
  }
  cJSON_Delete(fees);
  cJSON_Delete(period);
  return out;
}

/* Which periods are settled stands in the expectation. */
static cJSON *scenario(const cJSON *given) {
  cJSON *out = cJSON_CreateObject(), *own = cJSON_Duplicate(given, 1);
  cJSON *list = cJSON_AddArrayToObject(out, "true_ups");
  const cJSON *entry;

  vec_copy(own, "subscription_started_at", given, "subscribed_at");
  cJSON_ArrayForEach(entry, vec_get(vec_expect, "true_ups"))
    cJSON_AddItemToArray(list, settled(given, own, entry));
  cJSON_Delete(own);
  return out;
}

/* The end of the day that a subscription ends in. */
static void add_last_day(cJSON *request, const cJSON *given,
                         const char *at) {
  cJSON *day = vec_request("windows"), *answer;

  vec_put(day, "unit", "day");
  vec_copy(day, "zone", given, "timezone");
  vec_put(day, "at", at);
  answer = vec_ask(day);
  vec_copy(request, "to", answer, "to");
  cJSON_Delete(answer);
}

/* The events up to an instant, or of them those of before the period. */
static cJSON *events_until(const cJSON *given, const char *at,
                           const char *before) {
  cJSON *out = cJSON_CreateArray();
  const cJSON *item;

  cJSON_ArrayForEach(item, vec_get(given, "events"))
    if (strcmp(vec_text(item, "at"), at) <= 0 &&
        (!before || strcmp(vec_text(item, "at"), before) < 0))
      cJSON_AddItemToArray(out, event_of(item, "value"));
  return out;
}

/* Levels and their shares of a period; with `last` it ends with that day. */
static cJSON *shares(const cJSON *given, const cJSON *period, cJSON *events,
                     const char *last) {
  cJSON *request = vec_request("aggregate"), *meter, *answer, *out;
  int is_sum = vec_is(given, "aggregation", "sum");

  meter = meter_of(given, is_sum ? "sum" : "unique");
  vec_put(meter, "proration", "lago_days_exact");
  cJSON_AddItemToObject(request, "meter", meter);
  cJSON_AddItemToObject(request, "events", events);
  vec_copy(request, "from", period, "from");
  vec_copy(request, "full_from", period, "full_from");
  vec_copy(request, "full_to", period, "full_to");
  vec_copy(request, "zone", given, "timezone");
  if (last) add_last_day(request, given, last);
  else vec_copy(request, "to", period, "to");
  vec_put_true(request, "detail");
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_Duplicate(vec_get(vec_get(answer, "groups")->child, "parts"),
                        1);
  cJSON_Delete(answer);
  return out;
}

/* What was carried over does not count on the day of an upgrade: its share,
 * which stands first, is that of a period that ends the day before. */
static void end_carried(cJSON *parts, const cJSON *given,
                        const cJSON *period, const char *at) {
  const char *from = vec_text(period, "from");
  cJSON *carried = shares(given, period, events_until(given, at, from), at);
  cJSON *day, *answer, *ended, *share;

  if (carried && carried->child) {
    day = vec_request("shift");
    vec_put(day, "at", at);
    vec_put(day, "by", "-P1D");
    answer = vec_ask(day);
    ended = shares(given, period, events_until(given, at, from),
                   vec_text(answer, "at"));
    share = ended ? cJSON_Duplicate(vec_get(ended->child, "prorated"), 1)
                  : cJSON_CreateString("0");
    cJSON_ReplaceItemInObject(parts->child, "prorated", share);
    cJSON_Delete(ended);
    cJSON_Delete(answer);
  }
  cJSON_Delete(carried);
}

static cJSON *checkpoint(const cJSON *given, const cJSON *point) {
  const char *at = vec_text(point, "at");
  int is_over = vec_is(point, "kind", "invoice");
  int is_cut = !is_over && !vec_is(point, "kind", "current_usage");
  cJSON *period = period_at(given, at, is_over), *request, *parts;
  cJSON *answer, *price, *out;

  if (!period) return NULL;
  parts = shares(given, period, events_until(given, at, NULL),
                 is_cut ? at : NULL);
  if (parts && vec_is(point, "kind", "upgrade_invoice"))
    end_carried(parts, given, period, at);
  cJSON_Delete(period);
  if (!parts) return NULL;
  price = tiered("graduated", vec_get(vec_get(given, "properties"),
                                      "ranges"));
  request = quote(given, price);
  cJSON_ReplaceItemInObject(request, "kernel", cJSON_CreateString("levels"));
  cJSON_AddItemToObject(request, "changes", vec_pluck(parts, "change"));
  cJSON_AddItemToObject(request, "prorated", vec_pluck(parts, "prorated"));
  cJSON_Delete(parts);
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_CreateObject();
  vec_copy(out, "at", point, "at");
  vec_copy(out, "kind", point, "kind");
  vec_put_moved(out, "amount_cents", vec_text(answer, "due"),
                exponent_of(given));
  vec_copy(out, "units", answer, "level");
  cJSON_Delete(answer);
  return out;
}

/* Which moments are asked for stands in the expectation. */
static cJSON *sequence(const cJSON *given) {
  cJSON *out = cJSON_CreateObject();
  cJSON *list = cJSON_AddArrayToObject(out, "checkpoints");
  const cJSON *point;

  cJSON_ArrayForEach(point, vec_get(vec_expect, "checkpoints")) {
    cJSON *one = checkpoint(given, point);

    if (one) cJSON_AddItemToArray(list, one);
  }
  return out;
}

static cJSON *rounding(const cJSON *given) {
  cJSON *request = vec_request("convert"), *answer, *out;

  cJSON_AddItemToObject(request, "convert",
                        rounded(vec_get(given, "rounding")));
  vec_copy(request, "quantity", given, "value");
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_CreateObject();
  vec_copy(out, "units", answer, "quantity");
  cJSON_Delete(answer);
  return out;
}

/* ---- levels billed in advance ---- */

static cJSON *rise(const cJSON *given) {
  const cJSON *state = vec_get(given, "state");
  cJSON *request = vec_request("in_advance");

  vec_copy(request, "level", state, "current");
  vec_copy(request, "billed", state, "billed_high_water");
  if (vec_get(given, "days_left")) {
    vec_put(request, "share", "lago_days");
    vec_copy_whole(request, "days_left", given, "days_left", NULL);
    vec_copy_whole(request, "days", given, "period_days", NULL);
  }
  return request;
}

/* The price of the units, in cents. */
static void add_price(cJSON *out, const cJSON *given) {
  cJSON *request, *price, *answer;

  if (!vec_get(given, "unit_price")) return;
  request = vec_request("quote");
  price = cJSON_AddObjectToObject(request, "price");
  vec_put(price, "model", "per_unit");
  vec_copy(price, "unit", given, "unit_price");
  vec_copy(request, "quantity", out, "billed_units");
  answer = vec_ask(request);
  vec_put_moved(out, "amount_cents", vec_text(answer, "amount"), 2);
  cJSON_Delete(answer);
}

static cJSON *risen(const cJSON *given, cJSON *request, const char *name) {
  cJSON *answer = vec_ask(request), *out;

  if (!answer) return NULL;
  out = cJSON_CreateObject();
  vec_copy(out, name, answer, "units");
  vec_copy(out, "full_units", answer, "full");
  add_price(out, given);
  cJSON_Delete(answer);
  return out;
}

static cJSON *sum_in_advance(const cJSON *given) {
  cJSON *request = rise(given);

  vec_copy(request, "change", given, "event_value");
  return risen(given, request, "billed_units");
}

static cJSON *unit_in_advance(const cJSON *given) {
  cJSON *request = rise(given);
  int adds = !cJSON_IsTrue(vec_get(given, "already_active")) &&
             !vec_is(given, "op", "remove");

  vec_put(request, "change", adds ? "1" : "0");
  vec_put(request, "most", adds ? "1" : "0");
  return risen(given, request, "billed_units");
}

static cJSON *count_in_advance(const cJSON *given) {
  cJSON *request = vec_request("in_advance");

  vec_put(request, "change", "1");
  return risen(given, request, "billed_units");
}

static cJSON *running_usage(const cJSON *given) {
  cJSON *request = rise(given);

  vec_copy(request, "total", given, "total");
  return risen(given, request, "units");
}

/* The ratio is a number or n/m. */
static cJSON *running_prorated(const cJSON *given) {
  cJSON *request = vec_request("in_advance");
  const cJSON *state = vec_get(given, "state");
  const char *ratio = vec_text(given, "carried_ratio");
  const char *over = ratio ? strchr(ratio, '/') : NULL;

  vec_copy(request, "total", given, "total");
  vec_copy(request, "level", state, "current");
  vec_copy(request, "billed", state, "billed_prorated");
  vec_put(request, "negative", "zero");
  vec_put(request, "share", "lago_days");
  if (over) {
    char days[32];

    snprintf(days, sizeof days, "%.*s", (int)(over - ratio), ratio);
    cJSON_AddRawToObject(request, "days_left", days);
    cJSON_AddRawToObject(request, "days", over + 1);
  } else {
    vec_copy(request, "ratio", given, "carried_ratio");
  }
  return risen(given, request, "units");
}

static const vec_kind aggregation_kinds[] = {
  {"count", count}, {"sum", sum}, {"max", max}, {"latest", latest},
  {"weighted_sum", weighted_sum}, {"unique_count", unique},
  {"sum_prorated", sum_prorated}, {"sum_prorated_raw", sum_prorated_raw},
  {"unique_count_prorated", unique_prorated}, {"rounding", rounding},
  {"sum_in_advance", sum_in_advance},
  {"sum_prorated_in_advance", sum_in_advance},
  {"unique_in_advance", unit_in_advance},
  {"unique_prorated_in_advance", unit_in_advance},
  {"count_in_advance", count_in_advance},
  {"sum_prorated_billing_day_in_advance", sum},
  {"in_advance_running_usage", running_usage},
  {"sum_prorated_in_advance_running_usage", running_prorated},
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

static const vec_kind commitment_kinds[] = {
  {"share", commitment_share}, {"coefficient", commitment_coefficient},
  {"true_up", commitment_true_up}, {"charge_minimum", charge_minimum},
  {"scenario", scenario},
  {NULL, NULL}
};

static void commitment_features(const cJSON *given, cJSON *list) {
  if (vec_get(given, "conversion_rate")) vec_feature(list, "conversion");
}

const vec_file vec_lago[] = {
  {"lago/commitments.json",
   "part of the commitment for the days [from,to] of the billing period that "
   "holds them (days/period days, rounded half up to a cent)",
   commitment_features, commitment_kinds},
  {"lago/aggregations.json", "Turning events into units.", NULL,
   aggregation_kinds},
  {"lago/expressions.json",
   "expression text and one event (code, timestamp as whole seconds, "
   "properties as text; numeric text counts as a number)", NULL,
   expression_kinds},
  {"lago/charge_models.json", "Price evaluation of one charge.",
   NULL, charge_kinds},
  {"lago/wallets.json", "Prepaid credit wallets.", NULL, wallet_kinds},
  {NULL, NULL, NULL, NULL}
};
