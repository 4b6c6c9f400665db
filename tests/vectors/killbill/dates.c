/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* dates.c - Kill Bill's fields: billing days, local dates, stubs. */
#include <stdio.h>
#include <string.h>

#include "vectors/vectors.h"

static void put_every(cJSON *request, const char *name, const cJSON *given) {
  static const struct {
    const char *period;
    const char *every;
  } rows[] = {
    {"DAILY", "P1D"}, {"WEEKLY", "P7D"}, {"BIWEEKLY", "P14D"},
    {"THIRTY_DAYS", "P30D"}, {"THIRTY_ONE_DAYS", "P31D"},
    {"SIXTY_DAYS", "P60D"}, {"NINETY_DAYS", "P90D"}, {"MONTHLY", "P1M"},
    {"BIMESTRIAL", "P2M"}, {"QUARTERLY", "P3M"}, {"TRIANNUAL", "P4M"},
    {"BIANNUAL", "P6M"}, {"ANNUAL", "P12M"}, {"SESQUIENNIAL", "P18M"},
    {"BIENNIAL", "P24M"}, {"TRIENNIAL", "P36M"}
  };

  if (!vec_get(given, "period")) vec_put(request, name, "P1M");
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    if (vec_is(given, "period", rows[i].period))
      vec_put(request, name, rows[i].every);
}

static void put_proration(cJSON *request, const cJSON *given) {
  const char *days = "days_half_open";

  if (vec_get(given, "fixed_days") && !vec_is(given, "fixed_days", "0") &&
      vec_get(given, "fixed_days")->valueint != 0) {
    vec_copy_whole(request, "month_days", given, "fixed_days", NULL);
    days = "fixed_month";
  }
  vec_put(request, "proration", days);
}

/* ---- calendar_bcd.json ---- */

static cJSON *due(const cJSON *given, const char *at) {
  cJSON *request = vec_request("due");

  vec_copy(request, "start", given, "start");
  vec_copy(request, "end", given, "end");
  vec_copy(request, "at", given, at);
  vec_copy_whole(request, "day", given, "bcd", NULL);
  put_every(request, "every", given);
  if (vec_get(given, "mode")) vec_copy(request, "term", given, "mode");
  else vec_put(request, "term", "advance");
  vec_copy(request, "greedy", given, "greedy");
  vec_put(request, "stub", "straight");
  put_proration(request, given);
  return request;
}

static cJSON *interval(const cJSON *given) {
  static const char *const names[][2] = {
    {"has_something_to_bill", "due"}, {"first_billing_date", "first"},
    {"billed_through", "through"}, {"last_billing_date", "last"},
    {"next_billing_date", "next"}
  };
  cJSON *request = due(given, vec_get(given, "target") ? "target" : "start");
  cJSON *answer, *out;

  vec_put(request, "early", "allow");
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_CreateObject();
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    cJSON_AddItemToObject(out, names[i][0], cJSON_Duplicate(
      cJSON_GetObjectItemCaseSensitive(answer, names[i][1]), 1));
  cJSON_Delete(answer);
  return out;
}

static cJSON *whole_periods(const cJSON *given) {
  cJSON *request = vec_request("whole_cycles"), *answer, *out;

  vec_copy(request, "from", given, "from");
  vec_copy(request, "to", given, "to");
  put_every(request, "every", given);
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_CreateObject();
  vec_copy(out, "count", answer, "whole");
  cJSON_Delete(answer);
  return out;
}

static cJSON *shift(const cJSON *given) {
  cJSON *request = vec_request("shift"), *answer, *out;

  vec_copy(request, "at", given, "date");
  put_every(request, "by", given);
  vec_copy_whole(request, "times", given, "n", NULL);
  vec_put_true(request, "stepwise");
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_CreateObject();
  vec_copy(out, "date", answer, "at");
  cJSON_Delete(answer);
  return out;
}

static cJSON *recurring(const cJSON *given) {
  cJSON *answer = vec_ask(due(given, "target")), *out, *list;
  const cJSON *piece;

  if (!answer) return vec_invalid("invalid_dates");
  out = cJSON_CreateObject();
  list = cJSON_AddArrayToObject(out, "periods");
  cJSON_ArrayForEach(piece, vec_get(answer, "pieces")) {
    cJSON *one = cJSON_CreateObject();

    vec_copy(one, "from", piece, "from");
    vec_copy(one, "to", piece, "to");
    vec_copy(one, "cycles", piece, "share");
    cJSON_AddItemToArray(list, one);
  }
  vec_copy(out, "total_cycles", answer, "total");
  cJSON_Delete(answer);
  return out;
}

static const vec_kind day_kinds[] = {
  {"first_bcd", interval}, {"interval", interval},
  {"whole_periods", whole_periods}, {"shift", shift},
  {"recurring", recurring}, {NULL, NULL}
};

/* ---- timezone.json ---- */

static cJSON *account_day(const cJSON *given) {
  cJSON *request = vec_request("local_date"), *answer, *out;

  vec_copy(request, "zone", given, "tz");
  vec_copy(request, "at", given, "at");
  vec_copy(request, "reference", given, "reference");
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_CreateObject();
  vec_copy(out, "fixed_offset_date", answer, "fixed_date");
  vec_copy(out, "zone_date", answer, "date");
  cJSON_Delete(answer);
  return out;
}

/* The sum of usage between two local dates. */
static cJSON *bucket(const cJSON *given, const cJSON *from,
                     const cJSON *to) {
  cJSON *request = vec_request("aggregate"), *meter, *list, *answer, *out;
  const cJSON *item;

  meter = cJSON_AddObjectToObject(request, "meter");
  vec_put(meter, "id", "usage");
  vec_put(meter, "event", "usage");
  vec_put(meter, "aggregation", "sum");
  vec_put(meter, "property", "quantity");
  list = cJSON_AddArrayToObject(request, "events");
  cJSON_ArrayForEach(item, vec_get(given, "usage")) {
    cJSON *event = cJSON_CreateObject(), *properties;

    vec_copy(event, "time", item, "at");
    properties = cJSON_AddObjectToObject(event, "properties");
    vec_copy(properties, "quantity", item, "quantity");
    cJSON_AddItemToArray(list, event);
  }
  vec_copy(request, "zone", given, "tz");
  vec_put(request, "from", from->valuestring);
  vec_put(request, "to", to->valuestring);
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_Duplicate(vec_get(vec_get(answer, "groups")->child,
                                "quantity"), 1);
  cJSON_Delete(answer);
  return out;
}

static cJSON *local_buckets(const cJSON *given) {
  cJSON *out = cJSON_CreateObject();
  cJSON *list = cJSON_AddArrayToObject(out, "quantities");
  const cJSON *from;

  cJSON_ArrayForEach(from, vec_get(given, "boundaries"))
    if (from->next)
      cJSON_AddItemToArray(list, bucket(given, from, from->next));
  return out;
}

static const vec_kind zone_kinds[] = {
  {"account_day", account_day}, {"local_buckets", local_buckets},
  {NULL, NULL}
};

/* ---- proration.json ---- */

/* The divisor is a cycle from `from` on, or one up to `to`. */
static cJSON *fraction(const cJSON *given) {
  int is_after = vec_is(given, "side", "after_last");
  cJSON *request = vec_request("prorate"), *answer, *out;

  vec_copy(request, "from", given, "from");
  vec_copy(request, "to", given, "to");
  if (is_after) vec_copy(request, "full_from", given, "from");
  else vec_copy(request, "full_to", given, "to");
  put_every(request, "every", given);
  put_proration(request, given);
  cJSON_AddNumberToObject(request, "share_places", 9);
  answer = vec_ask(request);
  if (!answer) return vec_invalid("invalid_dates");
  out = cJSON_CreateObject();
  vec_copy(out, "cycles", answer, "share");
  cJSON_Delete(answer);
  return out;
}

static cJSON *fixed_days(const cJSON *given) {
  cJSON *request = vec_request("prorate"), *answer, *out;

  vec_copy(request, "from", given, "from");
  vec_copy(request, "to", given, "to");
  vec_put(request, "every", "P1M");
  put_proration(request, given);
  vec_put(request, "empty", "zero");
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_CreateObject();
  vec_copy(out, "days", answer, "numerator");
  cJSON_Delete(answer);
  return out;
}

static const vec_kind stub_kinds[] = {
  {"fraction", fraction}, {"fixed_days", fixed_days},
  {"recurring", recurring}, {NULL, NULL}
};

/* ---- repair.json ---- */

static cJSON *repair_request(const cJSON *given) {
  cJSON *request = vec_request("repair");

  vec_copy(request, "existing", given, "existing");
  vec_copy(request, "proposed", given, "proposed");
  put_proration(request, given);
  return request;
}

static cJSON *twice(cJSON *answer) {
  cJSON *out = cJSON_CreateObject();

  vec_put(out, "error", "double_billing");
  cJSON_Delete(answer);
  return out;
}

static cJSON *merge(const cJSON *given) {
  cJSON *answer = vec_ask(repair_request(given));

  if (answer && (cJSON_IsTrue(vec_get(answer, "twice")) ||
                 cJSON_IsTrue(vec_get(answer, "outside"))))
    return twice(answer);
  return answer;
}

static cJSON *view(const cJSON *given) {
  cJSON *answer = vec_ask(repair_request(given)), *out;

  if (!answer) return NULL;
  if (cJSON_IsTrue(vec_get(answer, "twice"))) return twice(answer);
  out = cJSON_CreateObject();
  vec_copy(out, "items", answer, "stays");
  cJSON_Delete(answer);
  return out;
}

static const vec_kind repair_kinds[] = {
  {"merge", merge}, {"view", view}, {NULL, NULL}
};

/* ---- invoice_runs.json ---- */

static cJSON *rebill_event(const cJSON *item) {
  cJSON *event = cJSON_CreateObject();

  vec_copy(event, "id", item, "sub");
  vec_copy(event, "at", item, "at");
  vec_copy(event, "plan", item, "plan");
  vec_copy(event, "rate", item, "rate");
  vec_copy_whole(event, "day", item, "bcd", NULL);
  put_every(event, "every", item);
  if (vec_get(item, "mode")) vec_copy(event, "term", item, "mode");
  else vec_put(event, "term", "advance");
  return event;
}

static cJSON *rebill_step(const cJSON *given) {
  cJSON *step = cJSON_CreateObject(), *list;
  const cJSON *item;

  list = cJSON_AddArrayToObject(step, "events");
  cJSON_ArrayForEach(item, vec_get(given, "events"))
    cJSON_AddItemToArray(list, rebill_event(item));
  list = cJSON_AddArrayToObject(step, "adjust");
  cJSON_ArrayForEach(item, vec_get(given, "adjust")) {
    cJSON *one = cJSON_CreateObject();

    cJSON_AddRawToObject(one, "item", vec_text(item, "item") + 1);
    vec_copy(one, "amount", item, "amount");
    vec_copy(one, "to_credit", item, "to_credit");
    cJSON_AddItemToArray(list, one);
  }
  vec_copy(step, "at", given, "target");
  return step;
}

static cJSON *run_of(const cJSON *from) {
  cJSON *run = cJSON_CreateObject(), *list;
  const cJSON *item;

  vec_copy(run, "target", from, "at");
  vec_copy(run, "total", from, "total");
  vec_copy(run, "credit_change", from, "credit");
  vec_copy(run, "credit_balance", from, "balance");
  vec_copy(run, "due", from, "due");
  list = cJSON_AddArrayToObject(run, "lines");
  cJSON_ArrayForEach(item, vec_get(from, "lines")) {
    cJSON *line = cJSON_CreateObject();
    char id[24];

    vec_copy(line, "sub", item, "id");
    vec_copy(line, "type", item, "type");
    snprintf(id, sizeof id, "i%d", vec_get(item, "item")->valueint);
    vec_put(line, "item", id);
    vec_copy(line, "from", item, "from");
    vec_copy(line, "to", item, "to");
    vec_copy(line, "amount", item, "amount");
    cJSON_AddItemToArray(list, line);
  }
  return run;
}

static cJSON *invoice_run(const cJSON *given) {
  cJSON *request = vec_request("rebill"), *list, *answer, *out;
  const cJSON *item;

  list = cJSON_AddArrayToObject(request, "steps");
  cJSON_ArrayForEach(item, vec_get(given, "steps"))
    cJSON_AddItemToArray(list, rebill_step(item));
  vec_put(request, "stub", "straight");
  put_proration(request, given);
  answer = vec_ask(request);
  if (!answer) return vec_invalid("double_billing");
  out = cJSON_CreateObject();
  list = cJSON_AddArrayToObject(out, "runs");
  cJSON_ArrayForEach(item, vec_get(answer, "runs"))
    cJSON_AddItemToArray(list, run_of(item));
  cJSON_Delete(answer);
  return out;
}

static const vec_kind run_kinds[] = {
  {"invoice_run", invoice_run}, {"merge", merge}, {NULL, NULL}
};

const vec_file vec_killbill_dates[] = {
  {"killbill/calendar_bcd.json",
   "Billing cycle day (BCD) arithmetic with plain local dates.", NULL,
   day_kinds},
  {"killbill/timezone.json",
   "Local dates of instants, usage by local month", NULL, zone_kinds},
  {"killbill/proration.json",
   "Share of a billing cycle covered by a stub, and total cycles billed at "
   "a target date.", NULL, stub_kinds},
  {"killbill/repair.json",
   "Repair: what is billed versus what should be billed for one "
   "subscription.", NULL, repair_kinds},
  {"killbill/invoice_runs.json",
   "Runs of an invoice generator over an account: propose everything, "
   "subtract what is billed, carry credit.", NULL, run_kinds},
  {NULL, NULL, NULL, NULL}
};
