/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* dates.c - OpenMeter's fields: recurrences, durations, periods, flat fees. */
#include <stdio.h>
#include <string.h>

#include "vectors/vectors.h"

/* ---- calendar.json ---- */

static cJSON *one_of(cJSON *answer, const char *as, const char *name) {
  cJSON *out = answer ? cJSON_CreateObject() : NULL;

  if (out) vec_copy(out, as, answer, name);
  cJSON_Delete(answer);
  return out;
}

static cJSON *recurrence(const cJSON *given) {
  int is_open = vec_is(given, "boundary", "exclusive");
  cJSON *request = vec_request("cycles");

  vec_copy(request, "anchor", given, "anchor");
  vec_copy(request, "every", given, "interval");
  vec_copy(request, "at", given, "at");
  vec_copy(request, "zone", given, "tz");
  if (vec_is(given, "op", "next"))
    return one_of(vec_ask(request), "at", is_open ? "to" : "after");
  if (vec_is(given, "op", "prev"))
    return one_of(vec_ask(request), "at", is_open ? "before" : "from");
  return vec_ask(request);
}

static cJSON *add_duration(const cJSON *given) {
  cJSON *request = vec_request("shift");

  vec_copy(request, "at", given, "start");
  vec_copy(request, "by", given, "duration");
  vec_copy(request, "zone", given, "tz");
  return vec_ask(request);
}

/* Each entry holds until the next one. */
static cJSON *usage_period(const cJSON *given) {
  cJSON *request = vec_request("pieces"), *spans, *answer, *out;
  const cJSON *entry;

  spans = cJSON_AddArrayToObject(request, "spans");
  cJSON_ArrayForEach(entry, vec_get(given, "timeline")) {
    cJSON *span = cJSON_CreateObject();

    vec_copy(span, "from", entry, "effective_at");
    vec_copy(span, "to", entry->next, "effective_at");
    vec_copy(span, "anchor", entry, "anchor");
    vec_copy(span, "every", entry, "interval");
    cJSON_AddItemToArray(spans, span);
  }
  vec_copy(request, "zone", given, "tz");
  if (vec_is(given, "op", "period")) {
    vec_copy(request, "at", given, "at");
    return vec_ask(request);
  }
  vec_copy(request, "since", given, "from");
  vec_copy(request, "until", given, "to");
  vec_put(request, "bounds", "closed");
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_CreateObject();
  cJSON_AddItemToObject(out, "resets",
                        vec_pluck(vec_get(answer, "pieces"), "from"));
  cJSON_Delete(answer);
  return out;
}

static cJSON *billing_anchor(const cJSON *given) {
  cJSON *request = vec_request("pieces"), *spans, *answer, *out, *list;
  const cJSON *item;

  spans = cJSON_AddArrayToObject(request, "spans");
  cJSON_ArrayForEach(item, vec_get(given, "phases")) {
    cJSON *span = cJSON_CreateObject();

    vec_copy(span, "id", item, "id");
    vec_copy(span, "from", item, "from");
    vec_copy(span, "to", item, "to");
    vec_copy(span, "anchor", given, "anchor");
    vec_copy(span, "every", given, "interval");
    cJSON_AddItemToArray(spans, span);
  }
  vec_copy(request, "zone", given, "tz");
  vec_copy(request, "until", given, "until");
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_CreateObject();
  list = cJSON_AddArrayToObject(out, "periods");
  cJSON_ArrayForEach(item, vec_get(answer, "pieces")) {
    cJSON *one = cJSON_CreateObject();

    vec_copy(one, "phase", item, "id");
    vec_copy(one, "from", item, "from");
    vec_copy(one, "to", item, "to");
    cJSON_AddItemToArray(list, one);
  }
  cJSON_Delete(answer);
  return out;
}

/* An item is there within its phase. */
static cJSON *item_span(const cJSON *given, const cJSON *item) {
  cJSON *span = cJSON_CreateObject();

  vec_copy(span, "id", item, "id");
  vec_copy(span, "every", item, "cadence");
  vec_copy(span, "term", item, "term");
  if (vec_get(given, "anchor")) vec_copy(span, "anchor", given, "anchor");
  else vec_copy(span, "anchor", given, "phase_start");
  if (vec_get(item, "from")) vec_copy(span, "from", item, "from");
  else vec_copy(span, "from", given, "phase_start");
  vec_copy(span, "to", item, "to");
  return span;
}

static void put_range(cJSON *to, const char *name, const cJSON *piece,
                      const char *from, const char *until) {
  cJSON *list = cJSON_AddArrayToObject(to, name);

  cJSON_AddItemToArray(list, cJSON_Duplicate(vec_get(piece, from), 1));
  cJSON_AddItemToArray(list, cJSON_Duplicate(vec_get(piece, until), 1));
}

static cJSON *item_periods(const cJSON *given) {
  cJSON *request = vec_request("pieces"), *spans, *answer, *out, *list;
  const cJSON *item;

  spans = cJSON_AddArrayToObject(request, "spans");
  cJSON_ArrayForEach(item, vec_get(given, "items"))
    cJSON_AddItemToArray(spans, item_span(given, item));
  vec_copy(request, "billed", given, "billing_cadence");
  if (vec_get(given, "anchor")) vec_copy(request, "anchor", given, "anchor");
  else vec_copy(request, "anchor", given, "phase_start");
  vec_copy(request, "from", given, "phase_start");
  vec_copy(request, "to", given, "phase_end");
  vec_copy(request, "until", given, "until");
  vec_copy(request, "zone", given, "tz");
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_CreateObject();
  list = cJSON_AddArrayToObject(out, "periods");
  cJSON_ArrayForEach(item, vec_get(answer, "pieces")) {
    cJSON *one = cJSON_CreateObject();

    vec_copy(one, "item", item, "id");
    vec_copy(one, "n", item, "n");
    put_range(one, "service", item, "from", "to");
    put_range(one, "full", item, "full_from", "full_to");
    put_range(one, "billing", item, "bill_from", "bill_to");
    cJSON_AddItemToArray(list, one);
  }
  cJSON_Delete(answer);
  return out;
}

static const vec_kind date_kinds[] = {
  {"recurrence", recurrence}, {"add_duration", add_duration},
  {"usage_period", usage_period}, {"billing_anchor", billing_anchor},
  {"item_periods", item_periods}, {NULL, NULL}
};

/* ---- cadence_divisibility.json ---- */

static cJSON *divisible(const cJSON *given) {
  cJSON *request = vec_request("divides");

  vec_copy(request, "larger", given, "larger");
  vec_copy(request, "smaller", given, "smaller");
  return one_of(vec_ask(request), "divisible", "divides");
}

static const vec_kind cadence_kinds[] = {
  {"divisible", divisible}, {NULL, NULL}
};

/* ---- flat_fee_proration.json ---- */

static cJSON *flat_proration(const cJSON *given) {
  static const char *const places[][2] = {
    {"JPY", "0"}, {"KRW", "0"}, {"BHD", "3"}, {"KWD", "3"}
  };
  cJSON *request = vec_request("prorate");
  const char *digits = "2";

  for (size_t i = 0; i < sizeof places / sizeof *places; i++)
    if (vec_is(given, "currency", places[i][0])) digits = places[i][1];
  vec_copy(request, "amount", given, "amount");
  vec_copy(request, "from", given, "service_from");
  vec_copy(request, "to", given, "service_to");
  vec_copy(request, "full_from", given, "full_from");
  vec_copy(request, "full_to", given, "full_to");
  cJSON_AddRawToObject(request, "places", digits);
  vec_put(request, "empty", "whole");
  vec_put_true(request, "capped");
  if (cJSON_IsFalse(vec_get(given, "prorate")))
    vec_put(request, "proration", "none");
  return one_of(vec_ask(request), "amount", "amount");
}

static const vec_kind flat_kinds[] = {
  {"flat_proration", flat_proration}, {NULL, NULL}
};

const vec_file vec_openmeter_dates[] = {
  {"openmeter/calendar.json",
   "Recurring instants, ISO 8601 durations, usage periods and billing "
   "periods.", NULL, date_kinds},
  {"openmeter/cadence_divisibility.json",
   "Whether one cadence is a whole multiple of another under every month and "
   "day length", NULL, cadence_kinds},
  {"openmeter/flat_fee_proration.json",
   "Proration of a flat fee by elapsed time", NULL, flat_kinds},
  {NULL, NULL, NULL, NULL}
};
