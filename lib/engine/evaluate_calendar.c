/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * evaluate_calendar.c - durations, cycles and boundaries by themselves.
 *
 *     {"kernel":"shift","at":"2026-01-31","by":"P1M","times":2}
 *     -> {"at":"2026-03-31T00:00:00Z"}
 *
 *     {"kernel":"cycles","anchor":"2025-01-30T15:00:00Z","every":"P1M",
 *      "at":"2025-02-13T20:00:00Z"}
 *     -> {"from":"2025-01-30T15:00:00Z","to":"2025-02-28T15:00:00Z", ..}
 *
 *     {"kernel":"walk","from":"2024-04-01","anchor":"2024-01-15T12:00:00Z",
 *      "unit":"month"}
 *     -> {"boundaries":["2024-04-15T12:00:00Z"]}
 */
#include "contract/contract.h"
#include "engine/evaluate.h"
#include "invoice/invoice.h"

typedef struct tick_terms {
  bl_duration  every;
  bl_duration  part;
  bl_ask_clock at;
  bl_ask_clock from;
  bl_ask_clock to;
  bl_ask_clock anchor;
  bl_ask_clock after;
  bl_dec       amount;
  bl_str       zone;
  int64_t      times;
  int32_t      count;
  int32_t      day;
  int32_t      steps;
  int32_t      places;
  uint32_t     unit;
  uint32_t     is_stepwise;
  uint32_t     is_midnight;
  uint32_t     is_utc;           /* an unknown zone is UTC */
} tick_terms;

#define TICK_AT(member) offsetof(tick_terms, member)
#define TICK_CLOCK(word, member, must)                                    \
  {.name = word, .read = bl_ask_wall, .needed = must, .at = TICK_AT(member)}
#define TICK_EVERY(word, must)                                            \
  {.name = word, .read = bl_ask_duration, .low = 1, .needed = must,       \
   .at = TICK_AT(every)}
#define TICK_ZONE                                                         \
  {.name = "zone", .read = bl_value_label, .high = 64, .at = TICK_AT(zone)}
#define TICK_UNKNOWN                                                      \
  {.name = "unknown_zone", .read = bl_value_choice,                       \
   .words = bl_unknown_zones, .at = TICK_AT(is_utc)}

static int tick_read(bl_ask *ask, const bl_field *fields, size_t count,
                     tick_terms *out, const bl_zone **zone) {
  bl_shape shape = {"a request", fields, count};
  int rc;

  memset(out, 0, sizeof *out);
  out->times = out->count = out->steps = 1;
  out->places = 2;
  out->amount = BL_DEC_BAD;
  rc = bl_shape_read(&shape, &ask->top, ask->doc, 0, out);
  if (!rc) rc = bl_ask_zone_or(ask, out->zone, out->is_utc, zone);
  return rc;
}
#define TICK_READ(fields, terms, zone)                                    \
  tick_read(ask, fields, BL_COUNT(fields), terms, zone)

/* ---- shift, divides ---- */

int bl_ask_shift(bl_ask *ask) {
  static const bl_field fields[] = {
    BL_ASK_KERNEL, TICK_CLOCK("at", at, BL_ALWAYS),
    {.name = "by", .read = bl_ask_duration, .needed = BL_ALWAYS,
     .at = TICK_AT(every)},
    {.name = "times", .read = bl_value_whole64, .low = -BL_ASK_MOST,
     .high = BL_ASK_MOST, .at = TICK_AT(times)},
    {.name = "stepwise", .read = bl_value_truth, .at = TICK_AT(is_stepwise)},
    TICK_ZONE, TICK_UNKNOWN
  };
  tick_terms terms;
  const bl_zone *zone = NULL;
  int64_t us, step;
  int rc = TICK_READ(fields, &terms, &zone);

  if (rc) return rc;
  us = bl_ask_instant(&terms.at, zone);
  step = terms.times < 0 ? -1 : 1;
  if (!terms.is_stepwise) us = bl_duration_add(&terms.every, zone, us,
                                               terms.times);
  else
    for (int64_t i = 0; i != terms.times; i += step)
      us = bl_duration_add(&terms.every, zone, us, step);
  (void)bl_json_add_time(ask->out, "at", us);
  return BILLING_OK;
}

int bl_ask_divides(bl_ask *ask) {
  static const bl_field fields[] = {
    BL_ASK_KERNEL,
    {.name = "larger", .read = bl_ask_duration, .needed = BL_ALWAYS,
     .at = TICK_AT(every)},
    {.name = "smaller", .read = bl_ask_duration, .needed = BL_ALWAYS,
     .at = TICK_AT(part)}
  };
  tick_terms terms;
  const bl_zone *zone = NULL;
  int rc = TICK_READ(fields, &terms, &zone);

  if (!rc)
    (void)bl_json_add_bool(ask->out, "divides",
                           bl_duration_divides(&terms.every, &terms.part));
  return rc;
}

/* ---- cycles ---- */

static void tick_put_at(bl_ask *ask, const bl_cycle *c, int64_t us) {
  int64_t n = bl_cycle_at(c, us), from = bl_cycle_from(c, n);
  int64_t to = bl_cycle_from(c, n + 1);

  (void)bl_json_add_int(ask->out, "n", n);
  (void)bl_json_add_time(ask->out, "from", from);
  (void)bl_json_add_time(ask->out, "to", to);
  (void)bl_json_add_time(ask->out, "before",
                         from == us ? bl_cycle_from(c, n - 1) : from);
  (void)bl_json_add_time(ask->out, "after", from == us ? from : to);
}

int bl_ask_cycles(bl_ask *ask) {
  static const bl_field fields[] = {
    BL_ASK_KERNEL, TICK_CLOCK("anchor", anchor, BL_ALWAYS),
    TICK_EVERY("every", BL_ALWAYS), TICK_CLOCK("at", at, 0),
    {.name = "day", .read = bl_value_whole, .low = 1, .high = 31,
     .at = TICK_AT(day)},
    {.name = "count", .read = bl_value_whole, .low = 1, .high = BL_ASK_MOST,
     .at = TICK_AT(count)},
    TICK_ZONE, TICK_UNKNOWN
  };
  tick_terms terms;
  const bl_zone *zone = NULL;
  bl_cycle c;
  bl_json *list;
  int rc = TICK_READ(fields, &terms, &zone);

  if (rc) return rc;
  c = bl_cycle_of(zone, bl_ask_instant(&terms.anchor, zone), &terms.every);
  if (terms.day) bl_cycle_on_day(&c, terms.day);
  if (terms.at.is_given) {
    tick_put_at(ask, &c, bl_ask_instant(&terms.at, zone));
    return BILLING_OK;
  }
  list = bl_json_array(ask->out, "begins");
  for (int64_t n = 1; n <= terms.count; n++)
    (void)bl_json_add_time(list, NULL, bl_cycle_from(&c, n));
  return BILLING_OK;
}

/* How many cycles of its own a span has, and what share of one is left. */
int bl_ask_whole_cycles(bl_ask *ask) {
  static const bl_field fields[] = {
    BL_ASK_KERNEL, TICK_CLOCK("from", from, BL_ALWAYS),
    TICK_CLOCK("to", to, BL_ALWAYS), TICK_EVERY("every", BL_ALWAYS),
    {.name = "amount", .read = bl_ask_dec, .at = TICK_AT(amount)},
    {.name = "places", .read = bl_value_whole, .low = 0, .high = 18,
     .at = TICK_AT(places)},
    TICK_ZONE
  };
  tick_terms terms;
  const bl_zone *zone = NULL;
  bl_cycle c;
  bl_span rest, full;
  int64_t n, days, of;
  int rc = TICK_READ(fields, &terms, &zone);

  if (rc) return rc;
  c = bl_cycle_of(zone, bl_ask_instant(&terms.from, zone), &terms.every);
  rest.to_us = bl_ask_instant(&terms.to, zone);
  n = bl_cycle_at(&c, rest.to_us);
  rest.from_us = full.from_us = bl_cycle_from(&c, n);
  full.to_us = bl_cycle_from(&c, n + 1);
  bl_prorate(BL_PRORATE_DAYS, rest, full, zone, &days, &of);
  (void)bl_json_add_int(ask->out, "whole", n);
  (void)bl_json_add_int(ask->out, "rest", days);
  (void)bl_json_add_int(ask->out, "days", of);
  if (!bl_dec_is_bad(terms.amount))
    bl_ask_put(ask, ask->out, "amount",
               bl_round_due(bl_dec_add(bl_dec_mul(terms.amount,
                                                  bl_dec_of_int(n)),
                                       bl_dec_ratio(terms.amount, days, of)),
                            BL_DEC_ZERO, terms.places));
  return BILLING_OK;
}

/* Whether a first period that ends at the anchor is no longer than a cycle. */
int bl_ask_anchor_allowed(bl_ask *ask) {
  static const bl_field fields[] = {
    BL_ASK_KERNEL, TICK_CLOCK("start", from, BL_ALWAYS),
    TICK_CLOCK("anchor", anchor, BL_ALWAYS), TICK_EVERY("every", BL_ALWAYS),
    TICK_ZONE
  };
  tick_terms terms;
  const bl_zone *zone = NULL;
  int64_t start, anchor, next;
  int rc = TICK_READ(fields, &terms, &zone);

  if (rc) return rc;
  start = bl_ask_instant(&terms.from, zone);
  anchor = bl_ask_instant(&terms.anchor, zone);
  next = bl_duration_add(&terms.every, zone, start, 1);
  (void)bl_json_add_time(ask->out, "next", next);
  (void)bl_json_add_bool(ask->out, "allowed",
                         start <= anchor && anchor <= next);
  if (anchor < start) (void)bl_json_add_c(ask->out, "why", "early");
  if (anchor > next) (void)bl_json_add_c(ask->out, "why", "late");
  return BILLING_OK;
}

/* ---- walk, local_date ---- */

static const char *const tick_units[] = {
  [BL_WALK_DAY] = "day", [BL_WALK_WEEK] = "week", [BL_WALK_MONTH] = "month",
  [BL_WALK_QUARTER] = "quarter", [BL_WALK_HALF_YEAR] = "half_year",
  [BL_WALK_YEAR] = "year", NULL
};

static int64_t tick_midnight(const bl_zone *zone, int64_t us) {
  bl_civil local = bl_civil_of_us(bl_zone_to_local(zone, us));

  local.clock_us = 0;
  return bl_zone_to_utc(zone, bl_us_of_civil(local));
}

static int tick_walk(bl_ask *ask, const tick_terms *terms,
                     const bl_zone *zone) {
  int64_t us = bl_ask_instant(&terms->from, zone);
  int64_t anchor = bl_ask_instant(&terms->anchor, zone);
  int64_t end = terms->to.is_given ? bl_ask_instant(&terms->to, zone)
                                   : INT64_MAX;
  int64_t after = terms->after.is_given ? bl_ask_instant(&terms->after, zone)
                                        : INT64_MIN;
  bl_json *list = bl_json_array(ask->out, "boundaries");
  int32_t found = 0;

  for (int i = 0; i < BL_ASK_MOST; i++) {
    int64_t boundary;

    us = bl_walk_next(zone, terms->unit, terms->count, anchor, us);
    boundary = terms->is_midnight ? tick_midnight(zone, us) : us;
    if (boundary > end) boundary = end;
    if (boundary <= after && boundary < end) continue;
    (void)bl_json_add_time(list, NULL, boundary);
    if (++found == terms->steps || boundary == end) return BILLING_OK;
  }
  return bl_reader_fail(&ask->top, BILLING_LIMIT, NULL,
                        "there are more than 10000 boundaries");
}

int bl_ask_walk(bl_ask *ask) {
  static const bl_field fields[] = {
    BL_ASK_KERNEL, TICK_CLOCK("from", from, BL_ALWAYS),
    TICK_CLOCK("anchor", anchor, BL_ALWAYS), TICK_CLOCK("end", to, 0),
    TICK_CLOCK("after", after, 0),
    {.name = "unit", .read = bl_value_choice, .words = tick_units,
     .needed = BL_ALWAYS, .at = TICK_AT(unit)},
    {.name = "count", .read = bl_value_whole, .low = 1, .high = 1000,
     .at = TICK_AT(count)},
    {.name = "steps", .read = bl_value_whole, .low = 1, .high = BL_ASK_MOST,
     .at = TICK_AT(steps)},
    {.name = "midnight", .read = bl_value_truth, .at = TICK_AT(is_midnight)},
    TICK_ZONE, TICK_UNKNOWN
  };
  tick_terms terms;
  const bl_zone *zone = NULL;
  int rc = TICK_READ(fields, &terms, &zone);

  return rc ? rc : tick_walk(ask, &terms, zone);
}

static void tick_put_date(bl_ask *ask, const char *name, int64_t local_us) {
  bl_civil civil = bl_civil_of_us(local_us);
  char text[BL_TIME_TEXT];

  civil.clock_us = 0;
  (void)bl_time_print(bl_us_of_civil(civil), text);
  text[sizeof "2026-01-31" - 1] = '\0';
  (void)bl_json_add_c(ask->out, name, text);
}

int bl_ask_local_date(bl_ask *ask) {
  static const bl_field fields[] = {
    BL_ASK_KERNEL, TICK_CLOCK("at", at, BL_ALWAYS),
    TICK_CLOCK("reference", from, 0), TICK_ZONE, TICK_UNKNOWN
  };
  tick_terms terms;
  const bl_zone *zone = NULL;
  int64_t us, reference;
  int rc = TICK_READ(fields, &terms, &zone);

  if (rc) return rc;
  us = bl_ask_instant(&terms.at, zone);
  reference = terms.from.is_given ? bl_ask_instant(&terms.from, zone) : us;
  tick_put_date(ask, "date", bl_zone_to_local(zone, us));
  tick_put_date(ask, "fixed_date",
                us + bl_zone_offset(zone, reference) * BL_SECOND);
  return BILLING_OK;
}

#undef TICK_AT
#undef TICK_CLOCK
#undef TICK_EVERY
#undef TICK_ZONE
#undef TICK_UNKNOWN
#undef TICK_READ
