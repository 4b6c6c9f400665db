/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* dates.c - Stripe's fields: cycle dates, changes inside a period. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vectors/stripe/dates.h"
#include "vectors/vectors.h"

static long whole_of(const cJSON *given, const char *name) {
  const cJSON *node = vec_get(given, name);

  if (cJSON_IsNumber(node)) return (long)node->valuedouble;
  return cJSON_IsString(node) ? strtol(node->valuestring, NULL, 10) : 1;
}

void stripe_every(cJSON *request, const char *name, const cJSON *given) {
  static const struct {
    const char *interval;
    char        unit;
  } units[] = {{"day", 'D'}, {"week", 'W'}, {"month", 'M'}, {"year", 'Y'}};

  for (size_t i = 0; i < sizeof units / sizeof *units; i++)
    if (vec_is(given, "interval", units[i].interval))
      vec_put_duration(request, name, whole_of(given, "count"),
                       units[i].unit);
}

/* ---- billing_anchor.json ---- */

static cJSON *cycle(const cJSON *given) {
  cJSON *request = vec_request("cycles"), *answer, *out, *list;
  const cJSON *item;

  vec_copy(request, "anchor", given, "anchor");
  stripe_every(request, "every", given);
  vec_copy_whole(request, "count", given, "take", NULL);
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_CreateObject();
  list = cJSON_AddArrayToObject(out, "dates");
  cJSON_ArrayForEach(item, vec_get(answer, "begins")) {
    char date[11];

    snprintf(date, sizeof date, "%.10s", item->valuestring);
    cJSON_AddItemToArray(list, cJSON_CreateString(date));
  }
  cJSON_Delete(answer);
  return out;
}

static cJSON *anchor_allowed(const cJSON *given) {
  cJSON *request = vec_request("anchor_allowed"), *answer, *out;

  vec_copy(request, "start", given, "created");
  vec_copy(request, "anchor", given, "anchor");
  stripe_every(request, "every", given);
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_CreateObject();
  vec_copy(out, "allowed", answer, "allowed");
  vec_copy(out, "natural_next", answer, "next");
  if (vec_is(answer, "why", "early")) vec_put(out, "why", "in_the_past");
  if (vec_is(answer, "why", "late"))
    vec_put(out, "why", "after_natural_next");
  cJSON_Delete(answer);
  return out;
}

static const vec_kind anchor_kinds[] = {
  {"cycle", cycle}, {"anchor_allowed", anchor_allowed}, {NULL, NULL}
};

/* ---- proration.json ---- */

static void put_side(cJSON *request, const char *name, const cJSON *given,
                     const char *price, const char *quantity) {
  cJSON *side = cJSON_AddObjectToObject(request, name);

  vec_copy(side, "price", given, price);
  vec_copy(side, "quantity", given, quantity);
}

static cJSON *change(const cJSON *given) {
  cJSON *request = vec_request("change"), *answer, *out;

  vec_copy(request, "from", given, "period_from");
  vec_copy(request, "to", given, "period_to");
  vec_copy(request, "at", given, "at");
  put_side(request, "old", given, "old_price", "old_quantity");
  put_side(request, "new", given, "new_price", "new_quantity");
  vec_copy_whole(request, "places", given, "exponent", NULL);
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_CreateObject();
  vec_copy(out, "credit", answer, "credit");
  vec_copy(out, "debit", answer, "charge");
  vec_copy(out, "net", answer, "net");
  vec_copy(out, "next_invoice", answer, "next");
  cJSON_Delete(answer);
  return out;
}

static cJSON *backdate(const cJSON *given) {
  cJSON *request = vec_request("whole_cycles"), *answer, *out;

  vec_copy(request, "from", given, "backdated_start");
  vec_copy(request, "to", given, "anchor");
  stripe_every(request, "every", given);
  vec_copy(request, "amount", given, "price");
  vec_copy_whole(request, "places", given, "exponent", NULL);
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_CreateObject();
  vec_copy(out, "whole_periods", answer, "whole");
  vec_copy(out, "rest_days", answer, "rest");
  vec_copy(out, "period_days", answer, "days");
  vec_copy(out, "amount", answer, "amount");
  cJSON_Delete(answer);
  return out;
}

/* What was debited, or today's price as if it had been. */
static cJSON *credit_basis(const cJSON *given) {
  cJSON *request = vec_request("unused"), *list;
  const cJSON *debit;

  vec_copy(request, "at", given, "at");
  vec_copy_whole(request, "places", given, "exponent", NULL);
  list = cJSON_AddArrayToObject(request, "items");
  if (vec_is(given, "basis", "current")) {
    cJSON *one = cJSON_CreateObject();

    vec_copy(one, "price", given, "current_price");
    vec_copy(one, "quantity", given, "current_quantity");
    vec_copy(one, "from", given, "period_from");
    vec_copy(one, "to", given, "period_to");
    cJSON_AddItemToArray(list, one);
    return vec_ask(request);
  }
  cJSON_ArrayForEach(debit, vec_get(given, "debits")) {
    cJSON *one = cJSON_CreateObject();

    vec_copy(one, "price", debit, "amount");
    vec_copy(one, "from", debit, "from");
    vec_copy(one, "to", debit, "to");
    cJSON_AddItemToArray(list, one);
  }
  return vec_ask(request);
}

static const vec_kind change_kinds[] = {
  {"change", change}, {"backdate", backdate},
  {"credit_basis", credit_basis}, {NULL, NULL}
};

/* ---- other_peers.json: months, terms ---- */

/* The day after, as days that both count end there. */
static cJSON *day_after(const cJSON *given, const char *name) {
  cJSON *request = vec_request("shift"), *answer, *out;

  vec_copy(request, "at", given, name);
  vec_put(request, "by", "P1D");
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_Duplicate(vec_get(answer, "at"), 1);
  cJSON_Delete(answer);
  return out;
}

/* The calendar months that inclusive days touch, and what lies in each. */
static cJSON *months_of(const cJSON *given) {
  cJSON *request = vec_request("pieces"), *span = cJSON_CreateObject();
  cJSON *to = day_after(given, "last_day");

  vec_copy(span, "from", given, "first_day");
  cJSON_AddItemToObject(span, "to", cJSON_Duplicate(to, 1));
  vec_put(span, "anchor", "2000-01-01");
  vec_put(span, "every", "P1M");
  cJSON_AddItemToArray(cJSON_AddArrayToObject(request, "spans"), span);
  cJSON_AddItemToObject(request, "until", to);
  return vec_ask(request);
}

static cJSON *share_of_month(const cJSON *piece, const char *proration,
                             const cJSON *price) {
  cJSON *request = vec_request("prorate");

  vec_copy(request, "from", piece, "from");
  vec_copy(request, "to", piece, "to");
  vec_copy(request, "full_from", piece, "full_from");
  vec_copy(request, "full_to", piece, "full_to");
  vec_put(request, "proration", proration);
  if (price) {
    cJSON_AddItemToObject(request, "amount", cJSON_Duplicate(price, 1));
    cJSON_AddNumberToObject(request, "places", 2);
  }
  return vec_ask(request);
}

cJSON *stripe_month_ratio(const cJSON *given) {
  cJSON *months = months_of(given), *answer;
  const char *proration = "strict_30_360";

  if (!months) return NULL;
  if (vec_is(given, "convention", "actual")) proration = "days_half_open";
  if (vec_is(given, "convention", "actual_30")) proration = "actual_30";
  answer = share_of_month(vec_get(months, "pieces")->child, proration, NULL);
  cJSON_Delete(months);
  return answer;
}

cJSON *stripe_thirty_day(const cJSON *given) {
  cJSON *months = months_of(given), *out, *list;
  const cJSON *piece;

  if (!months) return NULL;
  out = cJSON_CreateObject();
  list = cJSON_AddArrayToObject(out, "months");
  cJSON_ArrayForEach(piece, vec_get(months, "pieces")) {
    cJSON *answer = share_of_month(piece, "strict_30_360",
                                   vec_get(given, "price"));
    cJSON *one = cJSON_CreateObject();

    vec_copy(one, "days", answer, "numerator");
    vec_copy(one, "amount", answer, "amount");
    cJSON_AddItemToArray(list, one);
    cJSON_Delete(answer);
  }
  cJSON_Delete(months);
  return out;
}

cJSON *stripe_plan_denominator(const cJSON *given) {
  cJSON *request = vec_request("prorate");

  vec_copy(request, "amount", given, "price");
  vec_copy(request, "from", given, "at");
  vec_copy(request, "to", given, "billing_period_end");
  vec_copy(request, "full_from", given, "plan_period_from");
  stripe_every(request, "every", given);
  cJSON_AddNumberToObject(request, "places", 2);
  return vec_ask(request);
}

cJSON *stripe_move_billing_date(const cJSON *given) {
  cJSON *request = vec_request("move_end");

  vec_copy(request, "price", given, "price");
  vec_copy(request, "from", given, "term_start");
  vec_copy(request, "to", given, "term_end");
  vec_copy(request, "at", given, "now");
  vec_copy(request, "new_to", given, "new_end");
  stripe_every(request, "every", given);
  return vec_ask(request);
}

const vec_file vec_stripe_dates[] = {
  {"stripe/billing_anchor.json", "Cycle dates from an anchor", NULL,
   anchor_kinds},
  {"stripe/proration.json", "Changes inside a prepaid period", NULL,
   change_kinds},
  {NULL, NULL, NULL, NULL}
};
