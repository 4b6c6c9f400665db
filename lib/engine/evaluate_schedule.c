/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * evaluate_schedule.c - amounts by the period: recurring grants and fees,
 * seats, payments in parts, when an invoice is final.
 *
 *     {"kernel":"recurring","amount":"31","start":"2025-01-21",
 *      "end":"2025-03-15","every":"P1M","anchor":"2025-01-01"}
 *     -> {"grants":[{"amount":"11","from":"2025-01-21T00:00:00Z", ..},
 *                   {"amount":"31", ..},{"amount":"14", ..}]}
 *
 *     {"kernel":"seats","from":"2025-01-01","to":"2025-02-01","price":"31",
 *      "quantity":"4","changes":[{"at":"2025-01-17","delta":"2"}]}
 *     -> {"charges":[{"amount":"124", ..},{"amount":"30", ..}],
 *         "quantity":"6","total":"154"}
 */
#include "contract/contract.h"
#include "crypto/crypto.h"
#include "engine/evaluate.h"
#include "engine/evaluate_terms.h"

static const char *const plan_roundings[] = {
  [BL_ROUND_HALF_AWAY] = "half_away", [BL_ROUND_HALF_EVEN] = "half_even",
  [BL_ROUND_HALF_UP] = "half_up", [BL_ROUND_HALF_DOWN] = "half_down",
  [BL_ROUND_CEILING] = "ceiling", [BL_ROUND_FLOOR] = "floor",
  [BL_ROUND_UP] = "up", [BL_ROUND_DOWN] = "down", NULL
};

enum { PLAN_BOTH, PLAN_FIRST, PLAN_LAST, PLAN_NEITHER };
static const char *const plan_stubs[] = {"both", "first", "last", "none",
                                         NULL};
static const char *const plan_modes[] = {"each", "divided",
                                         "divided_rounded", NULL};

typedef struct plan_terms {
  const bl_json *changes;
  bl_duration    every;
  bl_duration    hold;
  bl_duration    delay;
  bl_dec         amount;
  bl_dec         quantity;
  bl_dec         next;         /* price of the next period */
  bl_dec         spare;        /* seats that are billed and nobody has */
  bl_ask_clock   from;
  bl_ask_clock   to;
  bl_ask_clock   start;
  bl_ask_clock   end;
  bl_ask_clock   until;
  bl_ask_clock   anchor;
  bl_str         zone;
  int32_t        lasts;        /* periods */
  int32_t        parts;
  int32_t        places;       /* -20..18; 100: exact */
  uint32_t       rounding;
  uint32_t       stubs;
  uint32_t       proration;
  uint32_t       mode;
  uint32_t       has_whole;    /* first charges are not prorated */
  uint32_t       has_each;     /* changes without a charge are listed, too */
  uint32_t       reserved;
} plan_terms;

#define PLAN_AT(member) offsetof(plan_terms, member)
#define PLAN_CLOCK(word, must)                                            \
  {.name = #word, .read = bl_ask_wall, .needed = must, .at = PLAN_AT(word)}
#define PLAN_DEC(word, member, must)                                      \
  {.name = word, .read = bl_ask_dec, .needed = must, .at = PLAN_AT(member)}
#define PLAN_SHARE                                                        \
  {.name = "zone", .read = bl_value_label, .high = 64,                    \
   .at = PLAN_AT(zone)},                                                  \
  {.name = "proration", .read = bl_value_choice,                          \
   .words = bl_prorate_words, .at = PLAN_AT(proration)},                  \
  {.name = "places", .read = bl_value_whole, .low = -20, .high = 18,      \
   .at = PLAN_AT(places)},                                                \
  {.name = "rounding", .read = bl_value_choice, .words = plan_roundings,  \
   .at = PLAN_AT(rounding)}
#define PLAN_EXACT 100
#define PLAN_READ(fields, terms, zone)                                    \
  plan_read(ask, fields, BL_COUNT(fields), terms, zone)

static int plan_read(bl_ask *ask, const bl_field *fields, size_t count,
                     plan_terms *out, const bl_zone **zone) {
  bl_shape shape = {"a request", fields, count};
  int rc;

  memset(out, 0, sizeof *out);
  out->quantity = BL_DEC_ONE;
  out->next = BL_DEC_BAD;
  out->places = PLAN_EXACT;
  out->lasts = out->parts = 1;
  rc = bl_shape_read(&shape, &ask->top, ask->doc, 0, out);
  if (!rc) rc = bl_ask_zone(ask, out->zone, zone);
  return rc;
}

/* An amount for a part of a period. */
static bl_dec plan_share(const plan_terms *t, const bl_zone *zone,
                         bl_dec amount, bl_span span, bl_span full) {
  int64_t numerator, denominator;

  bl_share(t->proration, 30, span, full, zone, &numerator, &denominator);
  if (t->places == PLAN_EXACT)
    return bl_dec_ratio(amount, numerator, denominator);
  return bl_dec_muldiv_round(amount, bl_dec_of_int(numerator),
                             bl_dec_of_int(denominator), t->places,
                             (int)t->rounding);
}

/* ---- recurring ---- */

static int64_t plan_clock(const bl_ask_clock *clock, const bl_zone *zone,
                          int64_t otherwise) {
  return clock->is_given ? bl_ask_instant(clock, zone) : otherwise;
}

static int plan_is_prorated(const plan_terms *t, int is_first, int is_last) {
  return (is_first && (t->stubs == PLAN_BOTH || t->stubs == PLAN_FIRST)) ||
         (is_last && (t->stubs == PLAN_BOTH || t->stubs == PLAN_LAST));
}

static void plan_put(bl_ask *ask, const plan_terms *t, const bl_cycle *c,
                     bl_json *list, int64_t n, bl_span service) {
  bl_span full = {bl_cycle_from(c, n), bl_cycle_from(c, n + 1)};
  bl_span span = bl_span_cut(full, service);
  int64_t to = bl_cycle_from(c, n + t->lasts);
  bl_dec amount = bl_dec_mul(t->amount, t->quantity);
  int is_cut = plan_is_prorated(t, span.from_us > full.from_us,
                                span.to_us < full.to_us);
  bl_json *node = bl_json_object(list, NULL);

  (void)bl_json_add_time(node, "from", span.from_us);
  (void)bl_json_add_time(node, "to",
                         to < service.to_us ? to : service.to_us);
  bl_ask_put(ask, node, "amount",
             plan_share(t, c->zone, amount, is_cut ? span : full, full));
}

int bl_ask_recurring(bl_ask *ask) {
  static const bl_field fields[] = {
    BL_ASK_KERNEL, PLAN_DEC("amount", amount, BL_ALWAYS),
    PLAN_DEC("quantity", quantity, 0), PLAN_CLOCK(start, BL_ALWAYS),
    PLAN_CLOCK(end, 0), PLAN_CLOCK(until, 0), PLAN_CLOCK(anchor, 0),
    {.name = "every", .read = bl_ask_duration, .low = 1,
     .needed = BL_ALWAYS, .at = PLAN_AT(every)},
    {.name = "lasts", .read = bl_value_whole, .low = 1, .high = 1000,
     .at = PLAN_AT(lasts)},
    {.name = "stubs", .read = bl_value_choice, .words = plan_stubs,
     .at = PLAN_AT(stubs)}, PLAN_SHARE
  };
  bl_reader until = bl_reader_member(&ask->top, "until");
  plan_terms t;
  const bl_zone *zone = NULL;
  bl_span service;
  bl_cycle c;
  bl_json *list;
  int64_t last, n, first;
  int rc = PLAN_READ(fields, &t, &zone);

  if (!rc && !t.until.is_given && !t.end.is_given)
    rc = bl_reader_fail(&until, BILLING_INVALID, "or end",
                        "what recurs is listed up to a moment");
  if (rc) return rc;
  service.from_us = bl_ask_instant(&t.start, zone);
  service.to_us = plan_clock(&t.end, zone, INT64_MAX);
  last = plan_clock(&t.until, zone, INT64_MAX);
  if (last > service.to_us) last = service.to_us;
  c = bl_cycle_of(zone, plan_clock(&t.anchor, zone, service.from_us),
                  &t.every);
  list = bl_json_array(ask->out, "grants");
  first = n = bl_cycle_at(&c, service.from_us);
  for (; n == first || bl_cycle_from(&c, n) < last; n++) {
    if (n - first > BL_ASK_MOST)
      return bl_reader_fail(&until, BILLING_LIMIT, NULL,
                            "there are more than 10000 periods");
    if (service.from_us < last) plan_put(ask, &t, &c, list, n, service);
  }
  return BILLING_OK;
}

/* ---- seats ---- */

typedef struct plan_change {
  bl_ask_clock at;
  bl_dec       quantity;       /* the bad value: a delta */
  bl_dec       delta;
  uint32_t     is_whole;       /* for the whole period, whenever it comes */
  uint32_t     reserved;
} plan_change;

static const bl_field plan_change_fields[] = {
  {.name = "at", .read = bl_ask_wall, .needed = BL_ALWAYS,
   .at = offsetof(plan_change, at)},
  {.name = "quantity", .read = bl_ask_dec,
   .at = offsetof(plan_change, quantity)},
  {.name = "delta", .read = bl_ask_dec, .at = offsetof(plan_change, delta)},
  {.name = "whole", .read = bl_value_truth,
   .at = offsetof(plan_change, is_whole)},
};
static const bl_shape plan_change_shape = {
  "a change", plan_change_fields, BL_COUNT(plan_change_fields)
};

typedef struct plan_seats {
  bl_ask           *ask;
  const plan_terms *terms;
  const bl_zone    *zone;
  bl_json          *list;
  bl_span           full;
  bl_seats          seats;
  bl_dec            total;
} plan_seats;

/* Charges more seats for the rest of the period: the price is prorated, then
 * taken so many times. */
static void plan_charge(plan_seats *p, int64_t at_us, bl_dec more,
                        int is_whole) {
  bl_span rest = {at_us < p->full.from_us ? p->full.from_us : at_us,
                  p->full.to_us};
  bl_json *node = bl_json_object(p->list, NULL);
  bl_dec unit = p->terms->amount, amount;

  if (!is_whole) unit = plan_share(p->terms, p->zone, unit, rest, p->full);
  amount = bl_dec_mul(unit, more);
  (void)bl_json_add_time(node, "at", at_us);
  bl_ask_put(p->ask, node, "quantity", more);
  bl_ask_put(p->ask, node, "price", unit);
  bl_ask_put(p->ask, node, "amount", amount);
  p->total = bl_dec_add(p->total, amount);
}

static int plan_changes(plan_seats *p) {
  static const plan_change start = {.quantity = {0, INT64_MIN}};
  bl_reader above = bl_reader_member(&p->ask->top, "changes");
  plan_change *changes = NULL;
  size_t count = 0;
  int rc = bl_ask_items(p->ask, &above, p->terms->changes,
                        &plan_change_shape, &start, sizeof start, &changes,
                        &count);

  for (size_t i = 0; i < count && !rc; i++) {
    bl_dec quantity = changes[i].quantity, more;

    if (bl_dec_is_bad(quantity))
      quantity = bl_dec_add(p->seats.quantity, changes[i].delta);
    more = bl_seats_change(&p->seats, quantity);
    if (bl_dec_sign(more) > 0 || p->terms->has_each)
      plan_charge(p, bl_ask_instant(&changes[i].at, p->zone), more,
                  (int)changes[i].is_whole);
  }
  return rc;
}

int bl_ask_seats(bl_ask *ask) {
  static const bl_field fields[] = {
    BL_ASK_KERNEL, PLAN_CLOCK(from, BL_ALWAYS), PLAN_CLOCK(to, BL_ALWAYS),
    PLAN_DEC("price", amount, BL_ALWAYS), PLAN_DEC("quantity", quantity, 0),
    PLAN_DEC("next_price", next, 0), PLAN_DEC("spare", spare, 0),
    PLAN_CLOCK(start, 0),
    {.name = "whole", .read = bl_value_truth, .at = PLAN_AT(has_whole)},
    {.name = "changes", .read = bl_ask_list, .at = PLAN_AT(changes)},
    {.name = "each", .read = bl_value_truth, .at = PLAN_AT(has_each)},
    PLAN_SHARE
  };
  plan_terms t;
  plan_seats p = {.ask = ask, .terms = &t, .total = BL_DEC_ZERO};
  int64_t start;
  int rc = PLAN_READ(fields, &t, &p.zone);

  if (rc) return rc;
  p.full = (bl_span){bl_ask_instant(&t.from, p.zone),
                     bl_ask_instant(&t.to, p.zone)};
  start = plan_clock(&t.start, p.zone, p.full.from_us);
  p.seats = (bl_seats){t.quantity, t.quantity};
  p.list = bl_json_array(ask->out, "charges");
  plan_charge(&p, start, t.quantity,
              t.has_whole || start <= p.full.from_us);
  rc = plan_changes(&p);
  bl_ask_put(ask, ask->out, "total", p.total);
  bl_ask_put(ask, ask->out, "quantity", p.seats.quantity);
  bl_ask_put(ask, ask->out, "billed",
             bl_dec_max(bl_dec_add(t.quantity, t.spare), p.seats.paid));
  bl_ask_put(ask, ask->out, "next_total",
             bl_dec_mul(p.seats.quantity,
                        bl_dec_is_bad(t.next) ? t.amount : t.next));
  return rc;
}

/* ---- distribute, final_by ---- */

int bl_ask_distribute(bl_ask *ask) {
  static const bl_field fields[] = {
    BL_ASK_KERNEL, PLAN_DEC("amount", amount, BL_ALWAYS),
    {.name = "parts", .read = bl_value_whole, .low = 1, .high = BL_ASK_MOST,
     .needed = BL_ALWAYS, .at = PLAN_AT(parts)},
    {.name = "mode", .read = bl_value_choice, .words = plan_modes,
     .at = PLAN_AT(mode)},
    {.name = "places", .read = bl_value_whole, .low = -20, .high = 18,
     .at = PLAN_AT(places)},
  };
  plan_terms t;
  const bl_zone *zone = NULL;
  bl_dec sum = BL_DEC_ZERO;
  bl_json *list;
  int rc = PLAN_READ(fields, &t, &zone);

  if (rc) return rc;
  if (t.places == PLAN_EXACT) t.places = t.mode == 2 ? 2 : 18;
  list = bl_json_array(ask->out, "items");
  for (int32_t i = 0; i < t.parts; i++) {
    bl_dec item = t.mode ? bl_installment(t.amount, t.parts, i, t.places)
                         : t.amount;

    bl_ask_put(ask, list, NULL, item);
    sum = bl_dec_add(sum, item);
  }
  bl_ask_put(ask, ask->out, "sum", sum);
  return BILLING_OK;
}

int bl_ask_final_by(bl_ask *ask) {
  static const bl_field fields[] = {
    BL_ASK_KERNEL,
    {.name = "created", .read = bl_ask_wall, .needed = BL_ALWAYS,
     .at = PLAN_AT(from)},
    {.name = "issue", .read = bl_ask_wall, .needed = BL_ALWAYS,
     .at = PLAN_AT(to)},
    {.name = "hold", .read = bl_ask_duration, .at = PLAN_AT(hold)},
    {.name = "delay", .read = bl_ask_duration, .at = PLAN_AT(delay)},
  };
  plan_terms t;
  const bl_zone *zone = NULL;
  int64_t created, issue;
  int rc = PLAN_READ(fields, &t, &zone);

  if (rc) return rc;
  created = bl_ask_instant(&t.from, zone);
  issue = bl_ask_instant(&t.to, zone);
  (void)bl_json_add_bool(ask->out, "at_once", issue <= created);
  (void)bl_json_add_time(
    ask->out, "latest",
    bl_final_by(created, issue, bl_duration_add(&t.hold, zone, 0, 1),
                bl_duration_add(&t.delay, zone, 0, 1)));
  return BILLING_OK;
}

/* Which scheduled charges go onto the invoice of usage that ends with them. */
int bl_ask_consolidate(bl_ask *ask) {
  static const bl_field fields[] = {
    BL_ASK_KERNEL,
    {.name = "at", .read = bl_ask_wall, .needed = BL_ALWAYS,
     .at = PLAN_AT(to)},
    {.name = "final", .read = bl_value_truth, .at = PLAN_AT(has_whole)},
    {.name = "dates", .read = bl_ask_list, .needed = BL_ALWAYS,
     .at = PLAN_AT(changes)},
  };
  bl_reader above = bl_reader_member(&ask->top, "dates");
  plan_terms t;
  const bl_zone *zone = NULL;
  bl_json *list;
  size_t n = 0;
  int rc = PLAN_READ(fields, &t, &zone);

  list = bl_json_array(ask->out, "together");
  for (const bl_json *d = rc ? NULL : bl_json_first(t.changes); d && !rc;
       d = bl_json_next(d)) {
    bl_reader at = bl_reader_item(&above, n++);
    bl_field field = {.at = 0};
    bl_ask_clock clock = {0, 0, 0};

    rc = bl_ask_wall(&at, &field, d, &clock);
    if (!rc)
      (void)bl_json_add_bool(list, NULL,
                             !t.has_whole &&
                             bl_ask_instant(&clock, zone) ==
                               bl_ask_instant(&t.to, zone));
  }
  return rc;
}

/* The signature that a peer's notifications carry. */
int bl_ask_hmac_sha256(bl_ask *ask) {
  typedef struct sign_terms {
    const bl_json *secret;
    const bl_json *text;
  } sign_terms;
  static const bl_field fields[] = {
    BL_ASK_KERNEL,
    {.name = "secret", .read = bl_ask_node, .needed = BL_ALWAYS,
     .at = offsetof(sign_terms, secret)},
    {.name = "text", .read = bl_ask_node, .needed = BL_ALWAYS,
     .at = offsetof(sign_terms, text)},
  };
  static const bl_shape shape = {"a request", fields, BL_COUNT(fields)};
  sign_terms t = {NULL, NULL};
  char out[2 * BL_HASH + 1];
  int rc = bl_shape_read(&shape, &ask->top, ask->doc, 0, &t);

  if (rc) return rc;
  bl_hmac_hex(bl_json_text(t.secret), bl_json_text(t.text), out);
  (void)bl_json_add_c(ask->out, "signature", out);
  return BILLING_OK;
}

#undef PLAN_AT
#undef PLAN_CLOCK
#undef PLAN_DEC
#undef PLAN_SHARE
#undef PLAN_EXACT
#undef PLAN_READ
