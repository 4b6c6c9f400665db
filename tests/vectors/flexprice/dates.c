/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* dates.c - Flexprice's fields: billing dates, proration. */
#include <stdio.h>
#include <string.h>

#include "vectors/vectors.h"

/* ---- next_billing_date.json ---- */

static const struct cadence {
  const char *period;
  const char *unit;                  /* of walk */
  const char *of;                    /* of a contract's period */
  const char *count;
} cadences[] = {
  {"DAILY", "day", "day", "1"},             {"WEEKLY", "week", "week", "1"},
  {"MONTHLY", "month", "month", "1"},
  {"QUARTERLY", "quarter", "month", "3"},
  {"HALF_YEARLY", "half_year", "month", "6"},
  {"ANNUAL", "year", "year", "1"}
};

static const struct cadence *cadence_of(const cJSON *given) {
  for (size_t i = 0; i < sizeof cadences / sizeof *cadences; i++)
    if (vec_is(given, "period", cadences[i].period)) return &cadences[i];
  return &cadences[2];
}

/* The start of the calendar unit after the one that holds `from`. */
static cJSON *calendar_start(const cJSON *given, const char *from,
                             const char *zone) {
  const struct cadence *cadence = cadence_of(given);
  cJSON *request = vec_request("periods"), *cycle, *answer, *out;

  vec_copy(request, "start", given, from);
  vec_copy(request, "zone", given, zone);
  cycle = cJSON_AddObjectToObject(request, "period");
  vec_put(cycle, "unit", cadence->of);
  cJSON_AddRawToObject(cycle, "count", cadence->count);
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_Duplicate(
    vec_get(vec_get(answer, "periods")->child, "full_to"), 1);
  cJSON_Delete(answer);
  return out;
}

static cJSON *walk(const cJSON *given, const char *from, cJSON *anchor) {
  cJSON *request = vec_request("walk");

  vec_copy(request, "from", given, from);
  if (anchor) cJSON_AddItemToObject(request, "anchor", anchor);
  else vec_copy(request, "anchor", given, "anchor");
  vec_put(request, "unit", cadence_of(given)->unit);
  vec_copy_whole(request, "count", given, "unit", "1");
  vec_copy(request, "zone", given, "tz");
  vec_put(request, "unknown_zone", "utc");
  return request;
}

static cJSON *next_billing(const cJSON *given) {
  int is_calendar = cJSON_IsTrue(vec_get(given, "calendar"));
  const char *from = vec_get(given, "anchor_from") ? "anchor_from"
                                                   : "current";
  cJSON *anchor = is_calendar ? calendar_start(given, from, "anchor_tz")
                              : NULL;
  cJSON *request = walk(given, "current", anchor), *answer, *out;

  vec_copy(request, "end", given, "end");
  answer = vec_ask(request);
  if (!answer) return vec_invalid("invalid_unit");
  out = cJSON_CreateObject();
  cJSON_AddItemToObject(out, "next", cJSON_Duplicate(
    vec_get(answer, "boundaries")->child, 1));
  cJSON_Delete(answer);
  return out;
}

static cJSON *calendar_anchor(const cJSON *given) {
  cJSON *anchor = calendar_start(given, "start", "tz"), *out;

  if (!anchor) return NULL;
  out = cJSON_CreateObject();
  cJSON_AddItemToObject(out, "anchor", anchor);
  return out;
}

/* The boundaries up to the end, in pairs. */
static cJSON *periods(const cJSON *given) {
  int is_calendar = cJSON_IsTrue(vec_get(given, "calendar"));
  cJSON *request = walk(given, "start", is_calendar
                          ? calendar_start(given, "start", "tz") : NULL);
  const cJSON *from = vec_get(given, "start"), *to;
  cJSON *answer, *out, *list;

  vec_copy(request, "end", given, "end");
  cJSON_AddRawToObject(request, "steps", "10000");
  answer = vec_ask(request);
  if (!answer) return vec_invalid("invalid_unit");
  out = cJSON_CreateObject();
  list = cJSON_AddArrayToObject(out, "periods");
  cJSON_ArrayForEach(to, vec_get(answer, "boundaries")) {
    cJSON *one = cJSON_CreateObject();

    cJSON_AddItemToObject(one, "from", cJSON_Duplicate(from, 1));
    cJSON_AddItemToObject(one, "to", cJSON_Duplicate(to, 1));
    cJSON_AddItemToArray(list, one);
    from = to;
  }
  cJSON_Delete(answer);
  return out;
}

static cJSON *usage_reset(const cJSON *given) {
  cJSON *request = walk(given, "subscription_start", NULL), *answer, *out;

  vec_copy(request, "after", given, "now");
  vec_copy(request, "end", given, "subscription_end");
  vec_put_true(request, "midnight");
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_CreateObject();
  cJSON_AddItemToObject(out, "reset", cJSON_Duplicate(
    vec_get(answer, "boundaries")->child, 1));
  cJSON_Delete(answer);
  return out;
}

static const vec_kind billing_kinds[] = {
  {"next_billing", next_billing}, {"calendar_anchor", calendar_anchor},
  {"periods", periods}, {"usage_reset", usage_reset}, {NULL, NULL}
};

/* ---- proration.json ---- */

/* Its currencies without places; its others have two. */
static void put_places(cJSON *request, const cJSON *given) {
  static const char *const whole[] = {"jpy", "krw", "vnd", "clp"};
  const char *places = "2";

  for (size_t i = 0; i < sizeof whole / sizeof *whole; i++)
    if (vec_is(given, "currency", whole[i])) places = "0";
  cJSON_AddRawToObject(request, "places", places);
}

static void put_strategy(cJSON *request, const cJSON *given) {
  vec_put(request, "proration", vec_is(given, "strategy", "day")
                                  ? "days_inclusive" : "seconds");
}

static cJSON *proration(const cJSON *given) {
  cJSON *request = vec_request("change"), *answer, *out;

  vec_copy(request, "from", given, "from");
  vec_copy(request, "to", given, "to");
  vec_copy(request, "at", given, "at");
  vec_copy(request, "zone", given, "tz");
  vec_copy(request, "old", given, "old");
  vec_copy(request, "new", given, "new");
  put_strategy(request, given);
  put_places(request, given);
  if (!vec_is(given, "action", "quantity_change")) {
    if (vec_get(given, "paid")) vec_copy(request, "paid", given, "paid");
    else vec_put(request, "paid", "0");
    vec_copy(request, "credited", given, "already_credited");
  }
  answer = vec_ask(request);
  if (!answer) return vec_invalid("invalid_period");
  out = cJSON_CreateObject();
  vec_copy(out, "credit", answer, "credit");
  vec_copy(out, "charge", answer, "charge");
  vec_copy(out, "net", answer, "net");
  cJSON_Delete(answer);
  return out;
}

static cJSON *credit_cap(const cJSON *given) {
  cJSON *request = vec_request("credit_cap");

  vec_copy(request, "potential", given, "potential");
  vec_copy(request, "paid", given, "paid");
  vec_copy(request, "credited", given, "already_credited");
  return vec_ask(request);
}

static cJSON *day_count(const cJSON *given) {
  cJSON *request = vec_request("whole_cycles"), *answer, *out;

  vec_copy(request, "from", given, "from");
  vec_copy(request, "to", given, "to");
  vec_copy(request, "zone", given, "tz");
  vec_put(request, "every", "P1D");
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_CreateObject();
  vec_copy(out, "days", answer, "whole");
  cJSON_Delete(answer);
  return out;
}

/* The share of an amount from a moment to the end of the period. */
static cJSON *share(const cJSON *given, const char *amount, int places) {
  cJSON *request = vec_request("prorate"), *answer, *out;

  vec_put(request, "amount", amount);
  vec_copy(request, "from", given, "at");
  vec_copy(request, "to", given, "to");
  vec_copy(request, "full_from", given, "from");
  vec_copy(request, "full_to", given, "to");
  vec_copy(request, "zone", given, "tz");
  put_strategy(request, given);
  cJSON_AddNumberToObject(request, "places", places);
  vec_put(request, "empty", "zero");
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_Duplicate(vec_get(answer, "amount"), 1);
  cJSON_Delete(answer);
  return out;
}

static cJSON *grant_proration(const cJSON *given) {
  cJSON *coefficient = share(given, "1", 16), *out;

  if (!coefficient) return vec_invalid("invalid_period");
  out = cJSON_CreateObject();
  cJSON_AddItemToObject(out, "coefficient", coefficient);
  cJSON_AddItemToObject(out, "credits",
                        share(given, vec_text(given, "credits"), 8));
  return out;
}

static cJSON *rounded(const cJSON *given) {
  cJSON *request = vec_request("prorate"), *answer, *out;

  vec_copy(request, "amount", given, "amount");
  vec_put(request, "from", "2000-01-01");
  vec_put(request, "to", "2000-01-02");
  vec_put(request, "every", "P1D");
  put_places(request, given);
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_CreateObject();
  vec_copy(out, "amount", answer, "amount");
  cJSON_Delete(answer);
  return out;
}

static const vec_kind proration_kinds[] = {
  {"proration", proration}, {"credit_cap", credit_cap},
  {"day_count", day_count}, {"grant_proration", grant_proration},
  {"round", rounded}, {NULL, NULL}
};

const vec_file vec_flexprice_dates[] = {
  {"flexprice/next_billing_date.json",
   "Next billing dates, calendar anchors, usage resets.", NULL,
   billing_kinds},
  {"flexprice/proration.json", "Mid-period changes, late credits, rounding",
   NULL, proration_kinds},
  {NULL, NULL, NULL, NULL}
};
