/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* schedules.c - Metronome's fields: recurring grants, seats, statements,
 * scheduled charges and invoices. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vectors/vectors.h"

static void put_every(cJSON *request, const cJSON *given) {
  static const char *const rows[][2] = {
    {"WEEKLY", "P1W"}, {"MONTHLY", "P1M"}, {"QUARTERLY", "P3M"},
    {"SEMI_ANNUAL", "P6M"}, {"ANNUAL", "P1Y"}
  };

  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    if (vec_is(given, "frequency", rows[i][0]))
      vec_put(request, "every", rows[i][1]);
}

/* The first of the month, the start, or a date of its own. */
static void put_anchor(cJSON *request, const cJSON *given) {
  char month[16];

  if (vec_is(given, "day", "CUSTOM_DATE")) {
    vec_copy(request, "anchor", given, "billing_anchor_date");
  } else if (vec_is(given, "day", "CONTRACT_START")) {
    vec_copy(request, "anchor", given, "starting_at");
  } else {
    snprintf(month, sizeof month, "%.7s-01", vec_text(given, "starting_at"));
    vec_put(request, "anchor", month);
  }
}

static void put_rounding(cJSON *request, const cJSON *given) {
  static const char *const rows[][2] = {
    {"HALF_UP", "half_up"}, {"FLOOR", "floor"}, {"CEILING", "ceiling"}
  };
  const cJSON *of = vec_get(given, "proration_rounding");

  if (!of) return;
  vec_copy_whole(request, "places", of, "decimal_places", "0");
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    if (vec_is(of, "method", rows[i][0]))
      vec_put(request, "rounding", rows[i][1]);
}

/* ---- subscriptions_and_proration.json ---- */

static cJSON *recurring(const cJSON *given) {
  static const char *const rows[][2] = {
    {"NONE", "none"}, {"FIRST", "first"}, {"LAST", "last"},
    {"FIRST_AND_LAST", "both"}
  };
  cJSON *request = vec_request("recurring");

  vec_copy(request, "amount", given, "unit_price");
  vec_copy(request, "quantity", given, "quantity");
  vec_copy(request, "start", given, "starting_at");
  vec_copy(request, "end", given, "ending_before");
  vec_copy(request, "until", given, "until");
  put_every(request, given);
  put_anchor(request, given);
  put_rounding(request, given);
  if (vec_get(given, "commit_duration"))
    vec_copy_whole(request, "lasts", given, "commit_duration", NULL);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    if (vec_is(given, "proration", rows[i][0]))
      vec_put(request, "stubs", rows[i][1]);
  return vec_ask(request);
}

static cJSON *seats_request(const cJSON *given, const char *price) {
  const cJSON *period = vec_get(given, "period");
  cJSON *request = vec_request("seats");

  cJSON_AddItemToObject(request, "from",
                        cJSON_Duplicate(cJSON_GetArrayItem(period, 0), 1));
  cJSON_AddItemToObject(request, "to",
                        cJSON_Duplicate(cJSON_GetArrayItem(period, 1), 1));
  vec_copy(request, "price", given, price);
  put_rounding(request, given);
  return request;
}

static void put_changes(cJSON *request, const cJSON *given) {
  cJSON *list = cJSON_AddArrayToObject(request, "changes");
  const cJSON *item, *ids;

  cJSON_ArrayForEach(item, vec_get(given, "changes")) {
    cJSON *one = cJSON_CreateObject();
    char count[24];

    vec_copy(one, "at", item, "at");
    vec_copy(one, "quantity", item, "quantity");
    vec_copy(one, "delta", item, "quantity_delta");
    ids = vec_get(item, "add_seat_ids");
    snprintf(count, sizeof count, "%d", cJSON_GetArraySize(ids));
    if (ids) vec_put(one, "delta", count);
    if (cJSON_IsFalse(vec_get(item, "is_prorated")))
      vec_put_true(one, "whole");
    cJSON_AddItemToArray(list, one);
  }
}

/* A charge that is not billed at once stands at the end of the period. */
static cJSON *charges_of(const cJSON *given, const cJSON *answer) {
  int is_late = vec_get(given, "invoice_behavior") &&
                !vec_is(given, "invoice_behavior", "BILL_IMMEDIATELY");
  cJSON *list = cJSON_CreateArray();
  const cJSON *item;
  int count = 0;

  cJSON_ArrayForEach(item, vec_get(answer, "charges")) {
    cJSON *one = cJSON_CreateObject();

    if (is_late && count++)
      cJSON_AddItemToObject(one, "at", cJSON_Duplicate(
        cJSON_GetArrayItem(vec_get(given, "period"), 1), 1));
    else vec_copy(one, "at", item, "at");
    vec_copy(one, "quantity", item, "quantity");
    vec_copy(one, "unit_price", item, "price");
    vec_copy(one, "amount", item, "amount");
    cJSON_AddItemToArray(list, one);
  }
  return list;
}

static cJSON *subscription(const cJSON *given) {
  cJSON *request = seats_request(given, "unit_price"), *answer, *out;

  vec_copy(request, "quantity", given, "quantity");
  vec_copy(request, "start", given, "starting_at");
  vec_copy(request, "next_price", given, "next_unit_price");
  if (cJSON_IsFalse(vec_get(given, "is_prorated")))
    vec_put_true(request, "whole");
  put_changes(request, given);
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_CreateObject();
  cJSON_AddItemToObject(out, "charges", charges_of(given, answer));
  vec_copy(out, "period_total", answer, "total");
  vec_copy(out, "next_period_quantity", answer, "quantity");
  vec_copy(out, "next_period_total", answer, "next_total");
  cJSON_Delete(answer);
  return out;
}

static cJSON *seat_credits(const cJSON *given) {
  cJSON *request = seats_request(given, "amount_per_seat");
  const cJSON *ids = vec_get(given, "seat_ids"), *item;
  cJSON *answer, *out, *list;
  char count[24];

  snprintf(count, sizeof count, "%d", cJSON_GetArraySize(ids));
  if (ids) vec_put(request, "quantity", count);
  else vec_copy(request, "quantity", given, "quantity");
  vec_copy(request, "spare", given, "unassigned");
  put_changes(request, given);
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_CreateObject();
  list = cJSON_AddArrayToObject(out, "adjustments");
  cJSON_ArrayForEach(item, vec_get(answer, "charges"))
    if (item == vec_get(answer, "charges")->child)
      vec_copy(out, "granted_at_start", item, "amount");
    else cJSON_AddItemToArray(list, cJSON_Duplicate(
      vec_get(item, "amount"), 1));
  vec_copy(out, "granted_total", answer, "total");
  cJSON_AddNumberToObject(out, "billed_seats",
                          atoi(vec_text(answer, "billed")));
  cJSON_Delete(answer);
  return out;
}

static int whole_of(const cJSON *given, const char *name) {
  const cJSON *node = vec_get(given, name);

  if (cJSON_IsNumber(node)) return node->valueint;
  return cJSON_IsString(node) ? atoi(node->valuestring) : 1;
}

static cJSON *statements(const cJSON *given) {
  cJSON *request = vec_request("pieces"), *span = cJSON_CreateObject();
  int count = whole_of(given, "count");
  cJSON *answer, *out, *list;
  const cJSON *item;

  vec_copy(span, "from", given, "starting_at");
  vec_copy(span, "to", given, "ending_before");
  put_every(span, given);
  put_anchor(span, given);
  cJSON_AddItemToArray(cJSON_AddArrayToObject(request, "spans"), span);
  vec_copy(request, "until", given, "until");
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_CreateObject();
  list = cJSON_AddArrayToObject(out, "statements");
  cJSON_ArrayForEach(item, vec_get(answer, "pieces")) {
    cJSON *one;

    if (!count--) break;
    one = cJSON_CreateObject();
    vec_copy(one, "from", item, "from");
    vec_copy(one, "to", item, "to");
    cJSON_AddItemToArray(list, one);
  }
  cJSON_Delete(answer);
  return out;
}

static const vec_kind subscription_kinds[] = {
  {"recurring", recurring}, {"subscription", subscription},
  {"seat_credits", seat_credits}, {"statements", statements}, {NULL, NULL}
};

/* ---- invoices_misc.json ---- */

static cJSON *invoice_sum(const cJSON *given) {
  cJSON *out = cJSON_CreateObject();
  cJSON *list = cJSON_AddArrayToObject(out, "amounts");
  const char *total = "0";
  const cJSON *line;

  cJSON_ArrayForEach(line, vec_get(given, "lines")) {
    cJSON *request = vec_request("quote"), *price, *answer;

    price = cJSON_AddObjectToObject(request, "price");
    vec_put(price, "model", "per_unit");
    vec_copy(price, "unit", line,
             vec_get(line, "amount") ? "amount" : "unit_price");
    vec_copy(price, "per", line, "per");
    if (vec_get(line, "amount")) vec_put(request, "quantity", "1");
    else vec_copy(request, "quantity", line, "quantity");
    answer = vec_ask(request);
    if (!answer) return NULL;
    cJSON_AddItemToArray(list, cJSON_Duplicate(vec_get(answer, "amount"), 1));
    total = vec_plus(total, vec_text(answer, "amount"));
    cJSON_Delete(answer);
  }
  vec_put(out, "total", total);
  return out;
}

static cJSON *distribution(const cJSON *given) {
  static const char *const rows[][2] = {
    {"EACH", "each"}, {"DIVIDED", "divided"},
    {"DIVIDED_ROUNDED", "divided_rounded"}
  };
  cJSON *request = vec_request("distribute");

  vec_copy(request, "amount", given, "amount");
  vec_copy_whole(request, "parts", given, "periods", NULL);
  vec_copy_whole(request, "places", given, "decimal_places", NULL);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    if (vec_is(given, "distribution", rows[i][0]))
      vec_put(request, "mode", rows[i][1]);
  return vec_ask(request);
}

static cJSON *finalization(const cJSON *given) {
  cJSON *request = vec_request("final_by"), *answer, *out;

  vec_copy(request, "created", given, "created_at");
  vec_copy(request, "issue", given, "issue_date");
  vec_put(request, "hold", "PT2H");
  vec_put(request, "delay", "PT30M");
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_CreateObject();
  vec_copy(out, "immediate", answer, "at_once");
  vec_copy(out, "latest", answer, "latest");
  cJSON_Delete(answer);
  return out;
}

static cJSON *consolidate(const cJSON *given) {
  cJSON *request = vec_request("consolidate"), *answer, *out;

  vec_copy(request, "at", given, "usage_period_end");
  vec_copy(request, "final", given, "usage_finalized");
  cJSON_AddItemToObject(request, "dates",
                        vec_pluck(vec_get(given, "scheduled"), "date"));
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_CreateObject();
  vec_copy(out, "consolidated", answer, "together");
  cJSON_Delete(answer);
  return out;
}

static cJSON *hmac(const cJSON *given) {
  cJSON *request = vec_request("hmac_sha256");
  const char *date = vec_text(given, "date"), *body = vec_text(given, "body");
  size_t size = strlen(date) + strlen(body) + 2;
  char *text = malloc(size);

  snprintf(text, size, "%s\n%s", date, body);
  vec_copy(request, "secret", given, "secret");
  vec_put(request, "text", text);
  free(text);
  return vec_ask(request);
}

static const vec_kind misc_kinds[] = {
  {"invoice_sum", invoice_sum}, {"distribution", distribution},
  {"finalization", finalization}, {"consolidate", consolidate},
  {"hmac", hmac}, {NULL, NULL}
};

const vec_file vec_metronome_schedules[] = {
  {"metronome/subscriptions_and_proration.json",
   "Subscription fees, seats, recurring commits and credits, proration to the "
   "hour, statement periods.", NULL, subscription_kinds},
  {"metronome/invoices_misc.json",
   "Whole invoices, charge schedules, consolidation, finalization times, "
   "webhook signature.", NULL, misc_kinds},
  {NULL, NULL, NULL, NULL}
};
