/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* usage.c - Lago's fields: charges of each event, prices by filters, wallets
 * that events name. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vectors/lago/usage.h"

static int exponent_of(const cJSON *given) {
  const cJSON *node = vec_get(given, "currency_exponent");

  return cJSON_IsNumber(node) ? node->valueint : 2;
}

/* ---- per_event ---- */

static cJSON *tiers_of(const cJSON *ranges) {
  cJSON *tiers = cJSON_CreateArray();
  const cJSON *range;

  cJSON_ArrayForEach(range, ranges) {
    cJSON *tier = cJSON_CreateObject();

    vec_copy(tier, "up_to", range, "to");
    vec_copy(tier, "unit", range, vec_get(range, "rate") ? "rate" : "unit");
    vec_copy(tier, "flat", range, "flat");
    cJSON_AddItemToArray(tiers, tier);
  }
  return tiers;
}

/* A quote of a unit price, tiers or packages. */
static cJSON *quote_of(const cJSON *given) {
  const cJSON *properties = vec_get(given, "properties");
  const cJSON *ranges = vec_get(properties, "ranges");
  cJSON *request = vec_request("quote"), *price, *transform;

  price = cJSON_AddObjectToObject(request, "price");
  vec_put(price, "model", ranges ? "graduated" : "per_unit");
  if (ranges) cJSON_AddItemToObject(price, "tiers", tiers_of(ranges));
  else vec_copy(price, "unit", properties, "amount");
  if (vec_is(given, "model", "graduated_percentage"))
    vec_put(price, "per", "100");
  if (vec_is(given, "model", "package")) {
    transform = cJSON_AddObjectToObject(request, "transform");
    vec_put(transform, "operation", "divide");
    vec_copy(transform, "by", properties, "package_size");
    vec_put(transform, "round", "ceiling");
    vec_copy(transform, "free", properties, "free_units");
  }
  cJSON_AddNumberToObject(request, "places", exponent_of(given));
  return request;
}

/* What a level comes to with the first events. */
static cJSON *level_of(const cJSON *given, int count) {
  int is_unique = vec_is(given, "aggregation", "unique");
  int is_count = vec_is(given, "aggregation", "count");
  cJSON *request = vec_request("aggregate"), *meter, *list, *answer, *out;
  const cJSON *item;

  meter = cJSON_AddObjectToObject(request, "meter");
  vec_put(meter, "id", "metric");
  vec_put(meter, "event", "code");
  vec_put(meter, "aggregation",
          is_unique ? "unique" : is_count ? "count" : "sum");
  if (!is_count) vec_put(meter, "property", "the value");
  if (is_unique) vec_put(meter, "operation", "the operation");
  list = cJSON_AddArrayToObject(request, "events");
  cJSON_ArrayForEach(item, vec_get(given, "events")) {
    cJSON *event = cJSON_CreateObject(), *properties;

    if (!count--) {
      cJSON_Delete(event);
      break;
    }
    properties = cJSON_AddObjectToObject(event, "properties");
    vec_copy(properties, "the value", item, is_unique ? "id" : "value");
    vec_copy(properties, "the operation", item, "op");
    vec_put(event, "time", "2000-01-01");
    cJSON_AddItemToArray(list, event);
  }
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_Duplicate(vec_get(vec_get(answer, "groups")->child,
                                "quantity"), 1);
  cJSON_Delete(answer);
  return out;
}

/* What an event adds above the highest level billed; NULL when refused. */
static cJSON *units_of(const char *level, const char *change,
                       const char *billed) {
  cJSON *request = vec_request("in_advance"), *answer, *out;

  vec_put(request, "level", level);
  vec_put(request, "change", change);
  vec_put(request, "billed", billed);
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_Duplicate(vec_get(answer, "units"), 1);
  cJSON_Delete(answer);
  return out;
}

static void add_fee(cJSON *fees, const cJSON *given, const char *billed,
                    const char *units) {
  cJSON *request = quote_of(given), *answer;

  vec_put(request, "used", billed);
  vec_put(request, "quantity", units);
  answer = vec_ask(request);
  if (!answer) return;
  cJSON_AddItemToArray(fees, vec_moved(vec_text(answer, "due"),
                                       exponent_of(given)));
  cJSON_Delete(answer);
}

/* Rounded by itself: a price of one. */
static cJSON *rounded(const char *amount, int places) {
  cJSON *request = vec_request("quote"), *price, *answer, *out;

  price = cJSON_AddObjectToObject(request, "price");
  vec_put(price, "model", "per_unit");
  vec_put(price, "unit", amount);
  vec_put(request, "quantity", "1");
  cJSON_AddNumberToObject(request, "places", places);
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_Duplicate(vec_get(answer, "due"), 1);
  cJSON_Delete(answer);
  return out;
}

/* Each is a transaction of its own. */
static cJSON *percent_fees(const cJSON *given) {
  const cJSON *properties = vec_get(given, "properties"), *item;
  cJSON *request = vec_request("transactions"), *price, *list, *answer;
  cJSON *fees = cJSON_CreateArray();

  price = cJSON_AddObjectToObject(request, "price");
  vec_put(price, "model", "percentage");
  vec_copy(price, "rate", properties, "rate");
  vec_copy(price, "fixed", properties, "fixed_amount");
  vec_copy_whole(price, "free_events", properties, "free_units_per_events",
                 NULL);
  vec_copy(price, "free", properties, "free_units_per_total_aggregation");
  vec_copy(price, "transaction_minimum", properties,
           "per_transaction_min_amount");
  vec_copy(price, "transaction_maximum", properties,
           "per_transaction_max_amount");
  list = cJSON_AddArrayToObject(request, "events");
  cJSON_ArrayForEach(item, vec_get(given, "events"))
    cJSON_AddItemToArray(list, cJSON_CreateString(
      vec_text(item, "value") ? vec_text(item, "value") : "1"));
  answer = vec_ask(request);
  cJSON_ArrayForEach(item, vec_get(answer, "charges")) {
    cJSON *fee = rounded(item->valuestring, exponent_of(given));

    cJSON_AddItemToArray(fees, vec_moved(fee->valuestring,
                                         exponent_of(given)));
    cJSON_Delete(fee);
  }
  cJSON_Delete(answer);
  return fees;
}

static cJSON *dynamic_fees(const cJSON *given) {
  cJSON *fees = cJSON_CreateArray();
  const cJSON *item;

  cJSON_ArrayForEach(item, vec_get(given, "events"))
    cJSON_AddItemToArray(fees, rounded(vec_text(item, "price_cents"), 0));
  return fees;
}

/* Of unique values an addition is a unit, also when it costs nothing. */
static cJSON *shown_units(const cJSON *given, const char *change,
                          const char *units) {
  if (!vec_is(given, "aggregation", "unique"))
    return cJSON_CreateString(units);
  return cJSON_CreateString(*change == '-' ? "0" : change);
}

cJSON *lago_per_event(const cJSON *given) {
  int is_percent = vec_is(given, "model", "percentage");
  int is_dynamic = vec_is(given, "model", "dynamic");
  int count = cJSON_GetArraySize(vec_get(given, "events"));
  cJSON *out = cJSON_CreateObject(), *fees, *units;
  cJSON *before = level_of(given, 0);
  const char *billed = "0";
  char most[64] = "0";

  fees = is_percent   ? percent_fees(given)
         : is_dynamic ? dynamic_fees(given) : cJSON_CreateArray();
  cJSON_AddItemToObject(out, "fee_cents", fees);
  units = cJSON_AddArrayToObject(out, "fee_units");
  for (int i = 1; before && i <= count; i++) {
    cJSON *after = level_of(given, i), *more;
    const char *change = after ? vec_minus(after->valuestring,
                                           before->valuestring) : "0";

    more = units_of(before->valuestring, change, billed);
    if (!after || !more) return NULL;
    if (!is_percent && !is_dynamic)
      add_fee(fees, given, billed, more->valuestring);
    cJSON_AddItemToArray(units, shown_units(given, change,
                                            more->valuestring));
    snprintf(most, sizeof most, "%s", vec_plus(billed, more->valuestring));
    billed = most;
    cJSON_Delete(before);
    cJSON_Delete(more);
    before = after;
  }
  cJSON_Delete(before);
  return out;
}

/* ---- filters ---- */

/* A filter as a contract of the kernel `route`; "*" is any of all values. */
static cJSON *route_of(const cJSON *given, const cJSON *filter,
                       const char *id) {
  cJSON *contract = cJSON_CreateObject(), *usage, *list;
  const cJSON *values;

  vec_put(contract, "id", id);
  usage = cJSON_CreateObject();
  list = cJSON_AddArrayToObject(usage, "filters");
  cJSON_ArrayForEach(values, vec_get(filter, "values")) {
    const cJSON *first = values->child;
    int is_any = first && cJSON_IsString(first) &&
                 !strcmp(first->valuestring, "*");
    const cJSON *all = vec_get(vec_get(given, "all_values"), values->string);
    cJSON *one = cJSON_CreateObject();

    vec_put(one, "property", values->string);
    cJSON_AddItemToObject(one, "in",
                          cJSON_Duplicate(is_any && all ? all : values, 1));
    cJSON_AddItemToArray(list, one);
  }
  cJSON_AddItemToArray(cJSON_AddArrayToObject(contract, "usage"), usage);
  return contract;
}

static cJSON *event_of(const cJSON *item) {
  cJSON *event = cJSON_CreateObject();

  vec_put(event, "time", "2000-01-01");
  cJSON_AddItemToObject(event, "properties", cJSON_Duplicate(item, 1));
  return event;
}

/* Which filter takes each event: its number, "0" for none. */
static cJSON *takers_of(const cJSON *given) {
  cJSON *request = vec_request("route"), *list, *answer, *out;
  const cJSON *item, *taken;
  int number = 0;
  char id[24];

  list = cJSON_AddArrayToObject(request, "contracts");
  cJSON_ArrayForEach(item, vec_get(given, "filters")) {
    snprintf(id, sizeof id, "%d", ++number);
    cJSON_AddItemToArray(list, route_of(given, item, id));
  }
  list = cJSON_AddArrayToObject(request, "events");
  cJSON_ArrayForEach(item, vec_get(given, "events"))
    cJSON_AddItemToArray(list, event_of(item));
  vec_put(request, "pick", "narrowest");
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_CreateArray();
  cJSON_ArrayForEach(taken, vec_get(answer, "contracts"))
    cJSON_AddItemToArray(out, cJSON_CreateString(
      taken->child ? taken->child->valuestring : "0"));
  cJSON_Delete(answer);
  return out;
}

/* The quantities of what one filter took, group by group. */
static cJSON *groups_of(const cJSON *given, const cJSON *terms,
                        const cJSON *takers, int number) {
  cJSON *request = vec_request("aggregate"), *meter, *list, *answer, *out;
  const cJSON *item, *taker = takers->child, *by = vec_get(terms, "group_by");
  int is_some = 0;

  meter = cJSON_AddObjectToObject(request, "meter");
  vec_put(meter, "id", "metric");
  vec_put(meter, "event", "code");
  vec_put(meter, "aggregation", "sum");
  vec_put(meter, "property", "value");
  if (cJSON_GetArraySize(by)) vec_copy(meter, "groups", terms, "group_by");
  list = cJSON_AddArrayToObject(request, "events");
  cJSON_ArrayForEach(item, vec_get(given, "events")) {
    if (atoi(taker->valuestring) == number) {
      cJSON_AddItemToArray(list, event_of(item));
      is_some = 1;
    }
    taker = taker->next;
  }
  if (!is_some) {
    cJSON_Delete(request);
    return NULL;
  }
  answer = vec_ask(request);
  out = cJSON_Duplicate(vec_get(answer, "groups"), 1);
  cJSON_Delete(answer);
  return out;
}

/* Adds the fees of a filter's groups, and what they come to. */
static void add_fees(cJSON *fees, const cJSON *given, const cJSON *terms,
                     const cJSON *takers, int number, char total[64]) {
  cJSON *groups = groups_of(given, terms, takers, number);
  const cJSON *group;
  const char *sum;

  cJSON_ArrayForEach(group, groups) {
    cJSON *fee = cJSON_CreateObject();
    cJSON *request = vec_request("quote"), *price, *answer;

    price = cJSON_AddObjectToObject(request, "price");
    vec_put(price, "model", "per_unit");
    vec_copy(price, "unit", terms, "amount");
    vec_copy(request, "quantity", group, "quantity");
    answer = vec_ask(request);
    if (number) vec_copy(fee, "filter", terms, "id");
    else cJSON_AddNullToObject(fee, "filter");
    if (vec_get(group, "group")) vec_copy(fee, "group", group, "group");
    else cJSON_AddObjectToObject(fee, "group");
    vec_copy(fee, "units", group, "quantity");
    vec_put_moved(fee, "amount_cents", vec_text(answer, "due"), 2);
    sum = vec_plus(total, vec_text(fee, "amount_cents"));
    snprintf(total, 64, "%s", sum);
    cJSON_AddItemToArray(fees, fee);
    cJSON_Delete(answer);
  }
  cJSON_Delete(groups);
}

cJSON *lago_filters(const cJSON *given) {
  cJSON *takers = takers_of(given), *out, *fees;
  const cJSON *filter;
  char total[64] = "0";
  int number = 0;

  if (!takers) return NULL;
  out = cJSON_CreateObject();
  fees = cJSON_AddArrayToObject(out, "fees");
  cJSON_ArrayForEach(filter, vec_get(given, "filters"))
    add_fees(fees, given, filter, takers, ++number, total);
  add_fees(fees, given, vec_get(given, "default"), takers, 0, total);
  vec_put(out, "total_cents", total);
  cJSON_Delete(takers);
  return out;
}

/* ---- wallet_targets ---- */

cJSON *lago_wallet_targets(const cJSON *given) {
  int is_on = cJSON_IsTrue(vec_get(given, "enabled"));
  cJSON *request = vec_request("pay_by_wallets"), *list, *answer, *out;
  cJSON *drawn, *left;
  const char *total = "0";
  const cJSON *item;

  list = cJSON_AddArrayToObject(request, "lines");
  cJSON_ArrayForEach(item, vec_get(given, "fees")) {
    cJSON *line = cJSON_CreateObject();

    vec_put(line, "type", "usage");
    vec_copy(line, "amount", item, "amount_cents");
    if (is_on) vec_copy(line, "target", item, "target");
    total = vec_plus(total, vec_text(item, "amount_cents"));
    cJSON_AddItemToArray(list, line);
  }
  vec_put(request, "total", total);
  list = cJSON_AddArrayToObject(request, "wallets");
  cJSON_ArrayForEach(item, vec_get(given, "wallets")) {
    cJSON *wallet = cJSON_CreateObject();

    vec_copy(wallet, "id", item, "code");
    vec_copy(wallet, "code", item, "code");
    vec_copy(wallet, "balance", item, "balance_cents");
    vec_copy_whole(wallet, "priority", item, "priority", NULL);
    cJSON_AddItemToArray(list, wallet);
  }
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_CreateObject();
  drawn = cJSON_AddObjectToObject(out, "drawn_cents");
  left = cJSON_AddObjectToObject(out, "left_cents");
  cJSON_ArrayForEach(item, vec_get(given, "wallets")) {
    const char *code = vec_text(item, "code");
    const char *took = vec_text(vec_get(answer, "drawn"), code);

    if (took && !vec_is_zero(took)) vec_put(drawn, code, took);
    vec_put(left, code, vec_minus(vec_text(item, "balance_cents"),
                                  took ? took : "0"));
  }
  cJSON_Delete(answer);
  return out;
}
