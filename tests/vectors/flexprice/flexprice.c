/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* flexprice.c - Flexprice's fields: prices and the debit of a wallet. */
#include <stdio.h>

#include "vectors/vectors.h"

/* ---- pricing.json ---- */

/* slab is graduated; flat and package have a price for each unit. */
static cJSON *price(const cJSON *given) {
  cJSON *out = cJSON_CreateObject();

  if (!vec_get(given, "tiers")) {
    vec_put(out, "model", "per_unit");
    vec_copy(out, "unit", given,
             vec_is(given, "type", "package") ? "amount" : "unit");
    return out;
  }
  vec_put(out, "model",
          vec_is(given, "type", "slab") ? "graduated" : "volume");
  vec_copy(out, "tiers", given, "tiers");
  return out;
}

static cJSON *pricing(const cJSON *given) {
  const cJSON *of = vec_get(given, "price"), *bucket;
  cJSON *request = vec_request("quote"), *groups, *answer, *out;

  cJSON_AddItemToObject(request, "price", price(of));
  vec_copy(request, "quantity", given, "quantity");
  if (vec_is(of, "type", "package")) {
    cJSON *transform = cJSON_AddObjectToObject(request, "transform");

    vec_put(transform, "operation", "divide");
    vec_copy(transform, "by", of, "size");
    if (vec_get(of, "round")) vec_copy(transform, "round", of, "round");
    else vec_put(transform, "round", "up");
  }
  if (vec_get(given, "buckets")) {
    groups = cJSON_AddArrayToObject(request, "groups");
    cJSON_ArrayForEach(bucket, vec_get(given, "buckets")) {
      cJSON *group = cJSON_CreateObject();

      cJSON_AddItemToObject(group, "quantity", cJSON_Duplicate(bucket, 1));
      cJSON_AddItemToArray(groups, group);
    }
  }
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_CreateObject();
  vec_copy(out, "total", answer, "amount");
  cJSON_Delete(answer);
  return out;
}

static void add_promise(cJSON *to, const cJSON *from) {
  const cJSON *of = vec_get(from, "commitment");
  cJSON *promise;

  if (!of) return;
  promise = cJSON_AddObjectToObject(to, "commitment");
  vec_copy(promise, "value", of, "value");
  vec_copy(promise, "kind", of, "type");
  vec_copy(promise, "overage", of, "overage_factor");
  vec_copy(promise, "top_up", of, "true_up");
}

static cJSON *window_commitment(const cJSON *given) {
  cJSON *request = vec_request("window_commitment"), *list, *answer, *out;
  const cJSON *item;

  vec_copy(request, "unit", given, "unit");
  add_promise(request, given);
  list = cJSON_AddArrayToObject(request, "hours");
  cJSON_ArrayForEach(item, vec_get(given, "time_buckets")) {
    cJSON *one = cJSON_CreateObject();

    vec_copy_whole(one, "from", item, "from_hour", NULL);
    vec_copy_whole(one, "to", item, "to_hour", NULL);
    vec_copy(one, "unit", item, "unit");
    add_promise(one, item);
    cJSON_AddItemToArray(list, one);
  }
  list = cJSON_AddArrayToObject(request, "windows");
  cJSON_ArrayForEach(item, vec_get(given, "windows")) {
    cJSON *one = cJSON_CreateObject();

    vec_copy(one, "quantity", item, "usage");
    vec_copy_whole(one, "hour", item, "hour", NULL);
    cJSON_AddItemToArray(list, one);
  }
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_CreateObject();
  vec_copy(out, "utilized", answer, "utilized");
  vec_copy(out, "overage", answer, "overage");
  vec_copy(out, "true_up", answer, "top_up");
  vec_copy(out, "total", answer, "total");
  cJSON_Delete(answer);
  return out;
}

static const vec_kind price_kinds[] = {
  {"pricing", pricing}, {"window_commitment", window_commitment},
  {NULL, NULL}
};

/* ---- wallet_debit.json ---- */

static cJSON *wallet_debit(const cJSON *given) {
  int may_overdraw = cJSON_IsTrue(vec_get(given, "allow_negative"));
  cJSON *request = vec_request("burndown"), *grants, *line, *answer, *out;
  cJSON *order;
  const cJSON *item;

  vec_put(request, "order", "flexprice");
  vec_put(request, "expiry", "inclusive");
  vec_put(request, "insufficient", may_overdraw ? "owe" : "refuse");
  vec_copy(request, "at", given, "now");
  grants = cJSON_AddArrayToObject(request, "grants");
  cJSON_ArrayForEach(item, vec_get(given, "credits")) {
    cJSON *grant = cJSON_CreateObject();

    vec_copy(grant, "id", item, "id");
    vec_copy(grant, "amount", item, "amount");
    vec_copy_whole(grant, "priority", item, "priority", "2147483647");
    vec_copy(grant, "expires", item, "expires_at");
    cJSON_AddItemToArray(grants, grant);
  }
  line = cJSON_CreateObject();
  vec_put(line, "id", "debit");
  vec_copy(line, "amount", given, "debit");
  cJSON_AddItemToArray(cJSON_AddArrayToObject(request, "lines"), line);
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_CreateObject();
  order = cJSON_AddArrayToObject(out, "order");
  cJSON_ArrayForEach(item, vec_get(answer, "draws")) {
    cJSON *draw = cJSON_CreateObject();

    vec_copy(draw, "id", item, "grant");
    vec_copy(draw, "taken", item, "amount");
    cJSON_AddItemToArray(order, draw);
  }
  vec_copy(out, "balance", answer, "balance");
  vec_copy(out, "remaining", answer, "left");
  if (cJSON_IsTrue(vec_get(answer, "denied")))
    vec_put(out, "error", "insufficient_balance");
  cJSON_Delete(answer);
  return out;
}

static const vec_kind wallet_kinds[] = {
  {"wallet_debit", wallet_debit}, {NULL, NULL}
};

/* ---- local_time_grid.json ---- */

static cJSON *at_of(cJSON *answer, const char *name) {
  cJSON *out = answer ? cJSON_CreateObject() : NULL;

  if (out) vec_copy(out, "at", answer, name);
  cJSON_Delete(answer);
  return out;
}

static cJSON *grid(const char *kernel, const cJSON *given) {
  cJSON *request = vec_request(kernel);

  vec_put(request, "unknown_zone", "utc");
  vec_copy(request, "zone", given, "tz");
  vec_copy(request, "at", given, "at");
  return request;
}

static cJSON *floor_of(const cJSON *given) {
  cJSON *request = grid("windows", given);

  vec_copy(request, "unit", given, "unit");
  return at_of(vec_ask(request), "from");
}

static cJSON *advance_days(const cJSON *given) {
  cJSON *request = grid("shift", given);

  vec_put(request, "by", "P1D");
  vec_copy_whole(request, "times", given, "days", NULL);
  return at_of(vec_ask(request), "at");
}

static cJSON *bucket_starts(const cJSON *given) {
  static const char *const units[][2] = {
    {"HOUR", "hour"}, {"DAY", "day"}, {"WEEK", "week"}, {"MONTH", "month"}
  };
  cJSON *request = vec_request("windows"), *answer, *out;

  for (size_t i = 0; i < sizeof units / sizeof *units; i++)
    if (vec_is(given, "window", units[i][0]))
      vec_put(request, "unit", units[i][1]);
  vec_copy(request, "from", given, "start");
  vec_copy(request, "to", given, "end");
  vec_copy(request, "anchor", given, "anchor");
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_CreateObject();
  cJSON_AddItemToObject(out, "starts",
                        vec_pluck(vec_get(answer, "windows"), "from"));
  cJSON_Delete(answer);
  return out;
}

static const vec_kind grid_kinds[] = {
  {"floor", floor_of}, {"advance_days", advance_days},
  {"bucket_starts", bucket_starts}, {NULL, NULL}
};

const vec_file vec_flexprice[] = {
  {"flexprice/local_time_grid.json", "Local hours, days, weeks and windows",
   NULL, grid_kinds},
  {"flexprice/pricing.json", "Price evaluation and windowed commitments",
   NULL, price_kinds},
  {"flexprice/wallet_debit.json", "Order in which wallet credits are used",
   NULL, wallet_kinds},
  {NULL, NULL, NULL, NULL}
};
