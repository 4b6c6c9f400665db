/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* metronome.c - Metronome's fields: metering, tiers, quantities, burndown. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vectors/metronome/terms.h"

/* ---- rates_and_tiers.json ---- */

/* {"a":"5"} as groups of a quote. */
static cJSON *groups_of(const cJSON *groups, const cJSON *used) {
  cJSON *out = cJSON_CreateArray();
  const cJSON *group;

  cJSON_ArrayForEach(group, groups) {
    cJSON *one = cJSON_CreateObject();

    vec_put(one, "key", group->string);
    cJSON_AddItemToObject(one, "quantity", cJSON_Duplicate(group, 1));
    if (used)
      cJSON_AddItemToObject(one, "used", cJSON_Duplicate(used, 1));
    cJSON_AddItemToArray(out, one);
  }
  return out;
}

static void add_quantity(cJSON *request, const cJSON *given,
                         const char *name) {
  const cJSON *used = vec_get(given, "already_used");

  if (vec_get(given, "groups"))
    cJSON_AddItemToObject(request, "groups",
                          groups_of(vec_get(given, "groups"), used));
  else {
    vec_copy(request, "quantity", given, name);
    vec_copy(request, "used", given, "already_used");
  }
}

static cJSON *tiered(const cJSON *given) {
  int is_volume = vec_is(given, "kind", "volume");
  cJSON *request = vec_request("quote"), *price, *answer, *out, *lines;
  const cJSON *line;

  price = cJSON_AddObjectToObject(request, "price");
  vec_put(price, "model", is_volume ? "volume" : "graduated");
  cJSON_AddItemToObject(price, "tiers",
                        vec_tiers_of(vec_get(given, "tiers"), "unit"));
  add_quantity(request, given, "quantity");
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_CreateObject();
  lines = cJSON_AddArrayToObject(out, "lines");
  cJSON_ArrayForEach(line, vec_get(answer, "lines")) {
    cJSON *one = cJSON_CreateObject();

    vec_copy(one, "quantity", line, "quantity");
    vec_copy(one, "unit_price", line, "unit");
    vec_copy(one, "total", line, "amount");
    if (is_volume && !vec_get(out, "unit_price"))
      vec_copy(out, "unit_price", line, "unit");
    cJSON_AddItemToArray(lines, one);
  }
  vec_copy(out, "total", answer, "amount");
  cJSON_AddItemToObject(out, "group_totals",
                        vec_pairs(vec_get(answer, "groups"), "key",
                                  "amount"));
  cJSON_Delete(answer);
  return out;
}

/* Their words for operations and ways to round are ours in capitals. */
static const char *word_of(const char *theirs) {
  static const char *const words[][2] = {
    {"MULTIPLY", "multiply"}, {"DIVIDE", "divide"}, {"ROUND_UP", "ceiling"},
    {"ROUND_DOWN", "floor"}, {"ROUND_HALF_UP", "half_up"}
  };

  for (size_t i = 0; theirs && i < sizeof words / sizeof *words; i++)
    if (!strcmp(words[i][0], theirs)) return words[i][1];
  return theirs;
}

static cJSON *quantity(const cJSON *given) {
  const cJSON *conversion = vec_get(given, "conversion");
  const cJSON *rounding = vec_get(given, "rounding");
  cJSON *request = vec_request("quote"), *part, *answer, *out;

  part = cJSON_AddObjectToObject(request, "price");
  vec_put(part, "model", "per_unit");
  vec_copy(part, "unit", given, "unit_price");
  add_quantity(request, given, "raw");
  part = cJSON_AddObjectToObject(request, "transform");
  vec_put(part, "operation",
          conversion ? word_of(vec_text(conversion, "operation"))
                     : "multiply");
  if (conversion) vec_copy(part, "by", conversion, "factor");
  else vec_put(part, "by", "1");
  vec_put(part, "round", word_of(vec_text(rounding, "method")));
  vec_copy_whole(part, "places", rounding, "decimal_places", NULL);
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_CreateObject();
  vec_copy(out, "billable_quantity", answer, "quantity");
  vec_copy(out, "total", answer, "amount");
  cJSON_AddItemToObject(out, "group_quantities",
                        vec_pairs(vec_get(answer, "groups"), "key",
                                  "quantity"));
  cJSON_Delete(answer);
  return out;
}

static const vec_kind rate_kinds[] = {
  {"tiers", tiered},
  {"volume", tiered},
  {"quantity", quantity},
  {"rate_lookup", vec_rate_lookup},
  {"rated_usage", vec_rated_usage},
  {"price_at_provision", vec_price_at_provision},
  {"composite", vec_composite},
  {"token_rate", vec_token_rate},
  {NULL, NULL}
};

/* ---- burndown_order.json, burndown_amounts.json ---- */

static int list_holds(const cJSON *list, const char *text) {
  const cJSON *item;

  cJSON_ArrayForEach(item, list)
    if (cJSON_IsString(item) && !strcmp(item->valuestring, text)) return 1;
  return 0;
}

static void add_once(cJSON *list, const char *text) {
  if (text && !list_holds(list, text))
    cJSON_AddItemToArray(list, cJSON_CreateString(text));
}

/* A tag stands for the products that the catalog gives it; one that the
 * catalog does not know stands for itself. */
static void add_tags(cJSON *list, const cJSON *tags, const cJSON *catalog) {
  const cJSON *tag, *product;

  cJSON_ArrayForEach(tag, tags) {
    int found = 0;

    cJSON_ArrayForEach(product, catalog)
      if (list_holds(product, tag->valuestring)) {
        add_once(list, product->string);
        found = 1;
      }
    if (!found) add_once(list, tag->valuestring);
  }
}

/* Values that price and values that are only shown: groups of ours. */
static void add_values(cJSON *to, const cJSON *from) {
  static const char *const names[] = {"pricing_group_values",
                                      "presentation_group_values"};
  cJSON *values = cJSON_CreateObject();
  const cJSON *item;

  for (size_t i = 0; i < 2; i++)
    cJSON_ArrayForEach(item, vec_get(from, names[i]))
      vec_put(values, item->string, item->valuestring);
  if (values->child) cJSON_AddItemToObject(to, "values", values);
  else cJSON_Delete(values);
}

/* What a balance names: products, by id, by tag, in specifiers; and how many
 * of its specifiers name group values and nothing else. */
static void add_scope(cJSON *grant, const cJSON *balance,
                      const cJSON *catalog) {
  cJSON *scope = cJSON_AddObjectToObject(grant, "scope");
  cJSON *prices = cJSON_CreateArray();
  const cJSON *item;
  int groups = 0;

  cJSON_ArrayForEach(item, vec_get(balance, "products"))
    add_once(prices, item->valuestring);
  add_tags(prices, vec_get(balance, "tags"), catalog);
  cJSON_ArrayForEach(item, vec_get(balance, "specifiers")) {
    add_once(prices, vec_text(item, "product_id"));
    add_tags(prices, vec_get(item, "product_tags"), catalog);
    groups += !vec_get(item, "product_id") && !vec_get(item, "product_tags");
  }
  if (cJSON_GetArraySize(prices))
    cJSON_AddItemToObject(scope, "prices", prices);
  else
    cJSON_Delete(prices);
  if (vec_is(balance, "rate_type", "COMMIT_RATE"))
    vec_put(scope, "rate", "commit");
  if (cJSON_GetArraySize(vec_get(balance, "contracts")))
    vec_copy(scope, "contracts", balance, "contracts");
  cJSON_AddNumberToObject(grant, "dimensions", groups);
}

/* What a balance may pay: any of its products, of its tags, or of its
 * specifiers, in which everything must fit. */
static void add_targets(cJSON *grant, const cJSON *balance) {
  cJSON *scope = cJSON_AddObjectToObject(grant, "scope");
  cJSON *any = cJSON_AddArrayToObject(scope, "any");
  const cJSON *item;

  cJSON_ArrayForEach(item, vec_get(balance, "products")) {
    cJSON *target = cJSON_CreateObject();
    vec_put(target, "price", item->valuestring);
    cJSON_AddItemToArray(any, target);
  }
  cJSON_ArrayForEach(item, vec_get(balance, "tags")) {
    cJSON *target = cJSON_CreateObject();
    cJSON *tags = cJSON_AddArrayToObject(target, "tags");
    add_once(tags, item->valuestring);
    cJSON_AddItemToArray(any, target);
  }
  cJSON_ArrayForEach(item, vec_get(balance, "specifiers")) {
    cJSON *target = cJSON_CreateObject();
    vec_copy(target, "price", item, "product_id");
    vec_copy(target, "tags", item, "product_tags");
    add_values(target, item);
    cJSON_AddItemToArray(any, target);
  }
}

/* Their units have any name; ours are in lower case, of letters, digits and
 * bars.  Dollars are dollars. */
static void put_asset(cJSON *to, const char *as, const char *unit) {
  char name[16] = "u_";
  size_t len = 2;

  if (!unit || !strcmp(unit, "USD")) {
    vec_put(to, as, "USD");
    return;
  }
  for (; *unit && len < sizeof name - 1; unit++) {
    int is_letter = (*unit | 32) >= 'a' && (*unit | 32) <= 'z';
    int is_digit = *unit >= '0' && *unit <= '9';

    name[len++] = (char)(is_letter ? *unit | 32 : is_digit ? *unit : '_');
  }
  name[len] = '\0';
  vec_put(to, as, name);
}

static cJSON *segments_of(const cJSON *balance) {
  cJSON *out = cJSON_CreateArray();
  const cJSON *item;

  cJSON_ArrayForEach(item, vec_get(balance, "segments")) {
    cJSON *one = cJSON_CreateObject();

    vec_copy(one, "effective", item, "starting_at");
    vec_copy(one, "expires", item, "ending_before");
    if (vec_get(item, "amount")) vec_copy(one, "amount", item, "amount");
    else vec_put(one, "amount", "0");
    cJSON_AddItemToArray(out, one);
  }
  return out;
}

static cJSON *grants_of(const cJSON *given, int is_paying) {
  cJSON *out = cJSON_CreateArray();
  const cJSON *balance;

  cJSON_ArrayForEach(balance, vec_get(given, "balances")) {
    cJSON *grant = cJSON_CreateObject();

    vec_copy(grant, "id", balance, "id");
    vec_copy_whole(grant, "priority", balance, "priority", "100");
    vec_copy(grant, "cost", balance, "invoiced");
    vec_copy(grant, "rolled_over", balance, "rolled_over");
    put_asset(grant, "asset", vec_text(balance, "unit"));
    if (vec_is(balance, "type", "POSTPAID")) vec_put_true(grant, "owed");
    if (vec_get(balance, "segments"))
      cJSON_AddItemToObject(grant, "segments", segments_of(balance));
    vec_copy(grant, "customers", balance, "customers");
    if (is_paying && (vec_get(balance, "specifiers") ||
                      vec_get(balance, "tags")))
      add_targets(grant, balance);
    else
      add_scope(grant, balance, vec_get(given, "catalog"));
    cJSON_AddItemToArray(out, grant);
  }
  return out;
}

static cJSON *lines_of(const cJSON *given) {
  cJSON *out = cJSON_CreateArray();
  const cJSON *item;

  cJSON_ArrayForEach(item, vec_get(given, "lines")) {
    cJSON *line = cJSON_CreateObject();

    vec_copy(line, "id", item, "id");
    vec_copy(line, "name", item, "name");
    vec_copy(line, "kind", item, "product_type");
    vec_copy(line, "price", item, "product");
    vec_copy(line, "contract", item, "contract");
    vec_copy(line, "customer", item, "customer");
    vec_copy(line, "tags", item, "tags");
    add_values(line, item);
    put_asset(line, "asset", vec_text(item, "unit"));
    vec_copy(line, "quantity", item, "quantity");
    vec_copy(line, "unit", item, "list_price");
    vec_copy(line, "commit_unit", item, "commit_price");
    vec_copy(line, "from", item, "starting_at");
    vec_copy(line, "to", item, "ending_before");
    cJSON_AddItemToArray(out, line);
  }
  return out;
}

static cJSON *burn_order(const cJSON *given) {
  cJSON *request = vec_request("order");

  vec_put(request, "order", "metronome");
  cJSON_AddItemToObject(request, "grants", grants_of(given, 0));
  return vec_ask(request);
}

static cJSON *line_order(const cJSON *given) {
  cJSON *request = vec_request("line_order");

  vec_put(request, "line_order", "metronome");
  cJSON_AddItemToObject(request, "lines", lines_of(given));
  return vec_ask(request);
}

/* A list with their names for ours. */
static cJSON *renamed(const cJSON *list, const char *const names[][2],
                      const char *unless_zero) {
  cJSON *out = cJSON_CreateArray();
  const cJSON *item;

  cJSON_ArrayForEach(item, list) {
    cJSON *one;

    if (unless_zero && vec_is_zero(vec_text(item, unless_zero))) continue;
    one = cJSON_CreateObject();
    for (size_t i = 0; names[i][0]; i++)
      vec_copy(one, names[i][0], item, names[i][1]);
    cJSON_AddItemToArray(out, one);
  }
  return out;
}

/* What a unit is worth: a rate that has always held. */
static void add_exchange(cJSON *request, const cJSON *conversion) {
  cJSON *exchange, *rate;

  if (!conversion) return;
  exchange = cJSON_AddObjectToObject(request, "exchange");
  rate = cJSON_CreateObject();
  vec_put(exchange, "into", "USD");
  vec_put(exchange, "at", "1970-01-01");
  put_asset(rate, "from", vec_text(conversion, "unit"));
  vec_put(rate, "to", "USD");
  vec_copy(rate, "rate", conversion, "fiat_per_unit");
  cJSON_AddItemToArray(cJSON_AddArrayToObject(exchange, "rates"), rate);
}

/* The sums of dollars and of the unit, where there are several. */
static void put_assets(cJSON *out, const cJSON *answer,
                       const cJSON *conversion) {
  cJSON *unit = cJSON_AddObjectToObject(out, "conversion");
  const cJSON *sum;

  vec_copy(out, "subtotal", answer, "total");
  vec_copy(out, "invoice_total", answer, "due");
  if (!vec_get(answer, "assets")) return;
  cJSON_DeleteItemFromObject(out, "subtotal");
  cJSON_ArrayForEach(sum, vec_get(answer, "assets")) {
    int is_money = vec_is(sum, "asset", "USD");

    if (is_money) vec_copy(out, "subtotal", sum, "total");
    if (is_money && !conversion) vec_copy(out, "invoice_total", sum, "due");
    if (is_money) continue;
    vec_copy(unit, "quantity", sum, "due");
    vec_copy(unit, "amount", sum, "converted");
  }
  if (!vec_get(out, "subtotal")) vec_put(out, "subtotal", "0");
}

static cJSON *burndown(const cJSON *given) {
  static const char *const draws[][2] = {
    {"balance", "grant"}, {"line", "line"}, {"quantity", "quantity"},
    {"unit_price", "unit"}, {"amount", "amount"}, {NULL, NULL}
  };
  static const char *const overage[][2] = {
    {"line", "id"}, {"quantity", "owed_quantity"}, {"unit_price", "unit"},
    {"amount", "owed"}, {NULL, NULL}
  };
  cJSON *request = vec_request("burndown"), *answer, *out;

  vec_put(request, "order", "metronome");
  vec_put(request, "line_order", "metronome");
  vec_put(request, "draws_by", "grant");
  cJSON_AddItemToObject(request, "grants", grants_of(given, 1));
  cJSON_AddItemToObject(request, "lines", lines_of(given));
  vec_add_overrides(request, given);
  add_exchange(request, vec_get(given, "conversion"));
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_CreateObject();
  vec_copy(out, "drawn", answer, "drawn");
  vec_copy(out, "remaining", answer, "left");
  put_assets(out, answer, vec_get(given, "conversion"));
  cJSON_AddItemToObject(out, "draws",
                        renamed(vec_get(answer, "draws"), draws, NULL));
  cJSON_AddItemToObject(out, "overage",
                        renamed(vec_get(answer, "lines"), overage,
                                "owed_quantity"));
  cJSON_AddItemToObject(out, "covered",
                        vec_pairs(vec_get(answer, "lines"), "id", "drawn"));
  cJSON_Delete(answer);
  return out;
}

static void put_tiers(cJSON *request, const char *as, const cJSON *widths) {
  cJSON *price = cJSON_AddObjectToObject(request, as);

  vec_put(price, "model", "graduated");
  cJSON_AddItemToObject(price, "tiers", vec_tiers_of(widths, "unit"));
}

static cJSON *shared_tiers(const cJSON *given) {
  static const char *const overage[][2] = {
    {"quantity", "quantity"}, {"unit_price", "unit"}, {"total", "amount"},
    {NULL, NULL}
  };
  cJSON *request = vec_request("commit_rate"), *answer, *out;

  put_tiers(request, "price", vec_get(given, "list_tiers"));
  put_tiers(request, "commit_rate", vec_get(given, "commit_tiers"));
  vec_copy(request, "quantity", given, "quantity");
  vec_copy(request, "money", given, "commit_amount");
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_CreateObject();
  vec_copy(out, "covered_quantity", answer, "covered_quantity");
  vec_copy(out, "covered_amount", answer, "covered_amount");
  vec_copy(out, "invoice_total", answer, "rest");
  cJSON_AddItemToObject(out, "overage_lines",
                        renamed(vec_get(answer, "lines"), overage, NULL));
  cJSON_Delete(answer);
  return out;
}

static int any_has(const cJSON *list, const char *name) {
  const cJSON *item;

  cJSON_ArrayForEach(item, list)
    if (vec_get(item, name)) return 1;
  return 0;
}

static void burndown_features(const cJSON *given, cJSON *list) {
  const cJSON *lines = vec_get(given, "lines");

  if (vec_get(given, "overrides")) vec_feature(list, "overrides");
  if (any_has(lines, "commit_price")) vec_feature(list, "commit_rate");
  if (vec_get(given, "conversion") || any_has(lines, "unit"))
    vec_feature(list, "conversion");
}

static const vec_kind order_kinds[] = {
  {"burn_order", burn_order},
  {"line_order", line_order},
  {NULL, NULL}
};

static const vec_kind amount_kinds[] = {
  {"burndown", burndown}, {"shared_tiers", shared_tiers}, {NULL, NULL}
};

/* ---- ledgers_and_terms.json ---- */

static cJSON *term(const cJSON *given) {
  static const char *const months[][2] = {
    {"usage", "used"}, {"overage", "over"}, {"invoice_total", "due"},
    {"remaining", "left"}, {NULL, NULL}
  };
  cJSON *request = vec_request("commitment_term"), *answer, *out;

  vec_copy(request, "amount", given, "amount");
  vec_copy(request, "usage", given, "usage");
  if (vec_is(given, "type", "POSTPAID")) vec_put_true(request, "owed");
  if (cJSON_IsTrue(vec_get(given, "disable_trueup")))
    cJSON_AddFalseToObject(request, "true_up");
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_CreateObject();
  cJSON_AddItemToObject(out, "months",
                        renamed(vec_get(answer, "periods"), months, NULL));
  vec_copy(out, "consumed", answer, "drawn");
  vec_copy(out, "trueup", answer, "true_up");
  vec_copy(out, "expired", answer, "expired");
  vec_copy(out, "total_paid", answer, "paid");
  cJSON_Delete(answer);
  return out;
}

static cJSON *rollover(const cJSON *given) {
  cJSON *request = vec_request("rollover");

  vec_put(request, "of", "amount");
  vec_copy(request, "amount", given, "original");
  vec_copy(request, "left", given, "remaining");
  vec_copy(request, "share", given, "rollover_fraction");
  return vec_ask(request);
}

static cJSON *parts_of(const cJSON *list) {
  static const char *const names[][2] = {
    {"amount", "amount"}, {"unit", "unit_price"}, {"quantity", "quantity"},
    {"from", "starting_at"}, {"to", "ending_before"},
    {"used", "deducted_finalized"}, {"pending", "deducted_draft"},
    {NULL, NULL}
  };

  return renamed(list, names, NULL);
}

static cJSON *schedule(const cJSON *given) {
  cJSON *request = vec_request("grant_schedule"), *answer, *out;

  cJSON_AddItemToObject(request, "access",
                        parts_of(vec_get(given, "access")));
  cJSON_AddItemToObject(request, "payments",
                        parts_of(vec_get(given, "invoice")));
  vec_copy(request, "at", given, "at");
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_CreateObject();
  vec_copy(out, "access_total", answer, "amount");
  vec_copy(out, "invoice_total", answer, "cost");
  vec_copy(out, "cost_basis", answer, "cost_basis");
  vec_copy(out, "available", answer, "available");
  cJSON_Delete(answer);
  return out;
}

/* Whether a balance is among those that are asked for. */
static int is_counted(const cJSON *given, const cJSON *balance) {
  const cJSON *types = vec_get(given, "types");
  const char *unit = vec_text(given, "unit"), *own = vec_text(balance, "unit");

  return (!types || list_holds(types, vec_text(balance, "type"))) &&
         !strcmp(unit ? unit : "USD", own ? own : "USD");
}

static cJSON *net_balance(const cJSON *given) {
  cJSON *request = vec_request("net_balance");
  cJSON *segments = cJSON_AddArrayToObject(request, "segments");
  const cJSON *balance;

  cJSON_ArrayForEach(balance, vec_get(given, "balances")) {
    cJSON *list = parts_of(vec_get(balance, "segments"));
    while (is_counted(given, balance) && list->child)
      cJSON_AddItemToArray(segments, cJSON_DetachItemFromArray(list, 0));
    cJSON_Delete(list);
  }
  vec_copy(request, "at", given, "at");
  if (vec_is(given, "mode", "FINALIZED"))
    cJSON_AddFalseToObject(request, "with_pending");
  return vec_ask(request);
}

static cJSON *ledger(const cJSON *given) {
  static const char *const names[][2] = {
    {"at", "timestamp"}, {"amount", "amount"}, {NULL, NULL}
  };
  cJSON *request = vec_request("balances_at"), *answer, *out;

  cJSON_AddItemToObject(request, "entries",
                        renamed(vec_get(given, "entries"), names, NULL));
  vec_copy(request, "at", given, "at");
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_CreateObject();
  vec_copy(out, "balances", answer, "balances");
  vec_copy(out, "final", answer, "balance");
  cJSON_Delete(answer);
  return out;
}

static const vec_kind ledger_kinds[] = {
  {"burndown", burndown},
  {"term", term},
  {"rollover", rollover},
  {"schedule", schedule},
  {"net_balance", net_balance},
  {"ledger", ledger},
  {NULL, NULL}
};

/* ---- metering.json ---- */

/* 34 days back and for keys, 24 hours ahead. */
static cJSON *ingest(const cJSON *given) {
  static const char *const names[][2] = {
    {"accepted", "accepted"}, {"repeated", "duplicate_ignored"},
    {"too_old", "rejected_too_old"}, {"too_far_ahead", "rejected_future"}
  };
  cJSON *request = vec_request("accept"), *events, *answer, *out, *list;
  const cJSON *item;

  cJSON_AddRawToObject(request, "most_age", "2937600");
  cJSON_AddRawToObject(request, "most_ahead", "86400");
  cJSON_AddRawToObject(request, "key_window", "2937600");
  events = cJSON_AddArrayToObject(request, "events");
  cJSON_ArrayForEach(item, vec_get(given, "events")) {
    cJSON *event = cJSON_CreateObject();

    vec_copy(event, "key", item, "transaction_id");
    vec_copy(event, "time", item, "timestamp");
    vec_copy(event, "now", item, "received_at");
    cJSON_AddItemToArray(events, event);
  }
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_CreateObject();
  list = cJSON_AddArrayToObject(out, "outcomes");
  cJSON_ArrayForEach(item, vec_get(answer, "verdicts"))
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
      if (!strcmp(item->valuestring, names[i][0]))
        cJSON_AddItemToArray(list, cJSON_CreateString(names[i][1]));
  cJSON_Delete(answer);
  return out;
}

/* One filter for each test that theirs names. */
static void add_test(cJSON *filters, const cJSON *from, const char *as,
                     const char *name) {
  cJSON *filter;

  if (!vec_get(from, name)) return;
  filter = cJSON_CreateObject();
  vec_copy(filter, "property", from, "name");
  vec_copy(filter, as, from, name);
  cJSON_AddItemToArray(filters, filter);
}

static cJSON *metric_meter(const cJSON *metric) {
  static const char *const types[][2] = {
    {"COUNT", "count"}, {"SUM", "sum"}, {"MAX", "max"}, {"MIN", "min"},
    {"AVG", "average"}, {"LATEST", "latest"}, {"EARLIEST", "earliest"},
    {"UNIQUE", "unique"}
  };
  cJSON *meter = cJSON_CreateObject(), *event, *filters;
  const cJSON *names = vec_get(metric, "event_type_filter"), *item;

  vec_put(meter, "id", "metric");
  vec_put(meter, "unusable", "skip");
  for (size_t i = 0; i < sizeof types / sizeof *types; i++)
    if (vec_is(metric, "aggregation_type", types[i][0]))
      vec_put(meter, "aggregation", types[i][1]);
  if (!vec_is(metric, "aggregation_type", "COUNT"))
    vec_copy(meter, "property", metric, "aggregation_key");
  event = cJSON_AddObjectToObject(meter, "event");
  vec_copy(event, "in", names, "in_values");
  vec_copy(event, "not_in", names, "not_in_values");
  if (!event->child)
    cJSON_AddItemToArray(cJSON_AddArrayToObject(event, "not_in"),
                         cJSON_CreateString(""));
  filters = cJSON_AddArrayToObject(meter, "filters");
  cJSON_ArrayForEach(item, vec_get(metric, "property_filters")) {
    add_test(filters, item, "in", "in_values");
    add_test(filters, item, "not_in", "not_in_values");
    add_test(filters, item, "exists", "exists");
  }
  vec_copy(meter, "groups", metric, "group_key");
  return meter;
}

/* The values of a compound key, joined by bars. */
static void group_name(const cJSON *group, const cJSON *keys, char *out,
                       size_t size) {
  const cJSON *key;
  size_t len = 0;

  out[0] = '\0';
  cJSON_ArrayForEach(key, keys) {
    const cJSON *value = vec_get(group, key->valuestring);
    char *text = cJSON_IsString(value) ? NULL : cJSON_PrintUnformatted(value);

    len += (size_t)snprintf(out + len, size - len, "%s%s", len ? "|" : "",
                            text ? text : value ? value->valuestring
                                                : "null");
    free(text);
    if (len >= size) return;
  }
}

static cJSON *metric(const cJSON *given) {
  const cJSON *of = vec_get(given, "metric"), *item;
  const cJSON *keys = vec_get(of, "group_key");
  cJSON *request = vec_request("aggregate"), *events, *answer, *out, *groups;

  cJSON_AddItemToObject(request, "meter", metric_meter(of));
  events = cJSON_AddArrayToObject(request, "events");
  cJSON_ArrayForEach(item, vec_get(given, "events")) {
    cJSON *event = cJSON_CreateObject();

    vec_copy(event, "event", item, "event_type");
    vec_copy(event, "key", item, "transaction_id");
    vec_copy(event, "time", item, "timestamp");
    vec_copy(event, "properties", item, "properties");
    cJSON_AddItemToArray(events, event);
  }
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_CreateObject();
  if (!keys)
    vec_copy(out, "value", vec_get(answer, "groups")->child, "quantity");
  groups = cJSON_AddObjectToObject(out, "groups");
  cJSON_ArrayForEach(item, vec_get(answer, "groups")) {
    char name[300];

    group_name(vec_get(item, "group"), keys, name, sizeof name);
    vec_copy(groups, name, item, "quantity");
  }
  cJSON_Delete(answer);
  return out;
}

/* Reports of a level, a second after each other. */
static cJSON *latest(const cJSON *given) {
  cJSON *request = vec_request("aggregate"), *meter, *events, *answer, *out;
  const cJSON *value, *group;
  int at = 0;

  meter = cJSON_AddObjectToObject(request, "meter");
  vec_put(meter, "id", "metric");
  vec_put(meter, "event", "report");
  vec_put(meter, "aggregation", "latest");
  vec_put_true(meter, "recurring");
  vec_put_true(request, "detail");
  vec_copy(request, "carried", given, "previous");
  vec_put(request, "from", "1970-01-01");
  events = cJSON_AddArrayToObject(request, "events");
  cJSON_ArrayForEach(value, vec_get(given, "values")) {
    cJSON *event = cJSON_CreateObject();

    cJSON_AddItemToObject(event, "value", cJSON_Duplicate(value, 1));
    cJSON_AddNumberToObject(event, "time", ++at * 1000000.0);
    cJSON_AddItemToArray(events, event);
  }
  answer = vec_ask(request);
  if (!answer) return NULL;
  group = vec_get(answer, "groups")->child;
  out = cJSON_CreateObject();
  cJSON_AddItemToObject(out, "increments",
                        vec_pluck(vec_get(group, "parts"), "change"));
  cJSON_AddItemToObject(out, "absolute",
                        vec_pluck(vec_get(group, "parts"), "level"));
  vec_copy(out, "period_value", group, "quantity");
  cJSON_Delete(answer);
  if (vec_get(given, "rates")) vec_add_charges(out, given);
  return out;
}

/* A usage filter: no values at all take nothing. */
static cJSON *usage_of(const cJSON *from) {
  cJSON *out = cJSON_CreateObject(), *filter;

  vec_copy(out, "effective", from, "starting_at");
  if (!cJSON_GetArraySize(vec_get(from, "group_values"))) {
    vec_put(out, "takes", "none");
    return out;
  }
  filter = cJSON_CreateObject();
  vec_copy(filter, "property", from, "group_key");
  vec_copy(filter, "in", from, "group_values");
  cJSON_AddItemToArray(cJSON_AddArrayToObject(out, "filters"), filter);
  return out;
}

static cJSON *route(const cJSON *given) {
  cJSON *request = vec_request("route"), *list, *one, *usage;
  const cJSON *item, *filter;

  list = cJSON_AddArrayToObject(request, "contracts");
  cJSON_ArrayForEach(item, vec_get(given, "contracts")) {
    one = cJSON_CreateObject();
    vec_copy(one, "id", item, "id");
    usage = cJSON_CreateArray();
    cJSON_ArrayForEach(filter, vec_get(item, "usage_filters"))
      cJSON_AddItemToArray(usage, usage_of(filter));
    if (usage->child) cJSON_AddItemToObject(one, "usage", usage);
    else cJSON_Delete(usage);
    cJSON_AddItemToArray(list, one);
  }
  list = cJSON_AddArrayToObject(request, "events");
  cJSON_ArrayForEach(item, vec_get(given, "events")) {
    one = cJSON_CreateObject();
    vec_copy(one, "time", item, "timestamp");
    vec_copy(one, "properties", item, "properties");
    cJSON_AddItemToArray(list, one);
  }
  return vec_ask(request);
}

static const vec_kind metering_kinds[] = {
  {"ingest", ingest}, {"metric", metric}, {"latest", latest},
  {"preview", vec_preview}, {"sql_granularity", vec_granularity},
  {"route", route},
  {NULL, NULL}
};

const vec_file vec_metronome[] = {
  {"metronome/metering.json",
   "Events to quantities: acceptance, deduplication, filters, aggregation, "
   "LATEST increments, SQL breakdown granularity, metric swap, previews, "
   "routing to contracts.",
   NULL, metering_kinds},
  {"metronome/rates_and_tiers.json",
   "Turning a metered quantity into money: conversion, rounding, "
   "flat/tiered/volume rates, dimensional rates, rate schedules, composites, "
   "token rates.",
   NULL, rate_kinds},
  {"metronome/overrides.json",
   "Which single override, if any, prices a line, and what it yields.", NULL,
   vec_override_kinds},
  {"metronome/burndown_order.json",
   "Which commit or credit is consumed first, and which invoice line it is "
   "applied to first.",
   NULL, order_kinds},
  {"metronome/ledgers_and_terms.json",
   "Life of one commit or credit: ledger, term burn-down, true-up, expiry,",
   burndown_features, ledger_kinds},
  {"metronome/burndown_amounts.json",
   "Applying balances to invoice lines: covered part, overage, remaining "
   "balances, invoice total.",
   burndown_features, amount_kinds},
  {"metronome/thresholds_and_alerts.json",
   "Auto-recharge, spend trackers, threshold notifications.", NULL,
   vec_threshold_kinds},
  {NULL, NULL, NULL, NULL}
};
