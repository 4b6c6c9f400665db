/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * evaluate_bounds.c - what a bill of Lago covers, and what a fee that was paid
 * in advance gives back when service ends.
 *
 *     {"kernel":"lago_bounds","start":"2021-02-02","service":"2021-02-02",
 *      "at":"2022-03-07","anchor":"calendar","period":{"unit":"month"}}
 *     -> {"fee":{"from":"2022-02-01T00:00:00Z",
 *         "last":"2022-02-28T23:59:59Z","days":28}, ..}
 *
 *     {"kernel":"unused_fee","start":"2022-09-01","ended":"2022-10-15",
 *      "period":{"unit":"month"},"anchor":"calendar","amount":"3100",
 *      "fee":"3100","tax_rate":"20","places":0}
 *     -> {"item":"1600","net":"1600","tax":"320","total":"1920", ..}
 */
#include "contract/contract.h"
#include "engine/evaluate.h"
#include "invoice/invoice.h"

typedef struct bound_terms {
  bl_ask_cycle is;
  bl_ask_clock service;
  bl_ask_clock ended;
  bl_ask_clock at;
  bl_ask_clock on;
  uint32_t     is_advance;
  uint32_t     is_running;
  uint32_t     has_successor;
  uint32_t     is_monthly;
  uint32_t     others_are;
  uint32_t     reserved;
} bound_terms;

#define BOUND_AT(member) offsetof(bound_terms, member)
#define BOUND_CYCLE(type)                                                 \
  BL_ASK_KERNEL,                                                          \
  {.name = "start", .read = bl_ask_node, .needed = BL_ALWAYS,             \
   .at = offsetof(type, is.start)},                                       \
  {.name = "zone", .read = bl_ask_node, .at = offsetof(type, is.zone)},   \
  {.name = "period", .read = bl_ask_node,                                 \
   .at = offsetof(type, is.period)},                                      \
  {.name = "anchor", .read = bl_ask_node,                                 \
   .at = offsetof(type, is.anchor)}
static const bl_field bound_fields[] = {
  BOUND_CYCLE(bound_terms),
  {.name = "service", .read = bl_ask_wall, .at = BOUND_AT(service)},
  {.name = "ended", .read = bl_ask_wall, .at = BOUND_AT(ended)},
  {.name = "at", .read = bl_ask_wall, .needed = BL_ALWAYS,
   .at = BOUND_AT(at)},
  {.name = "on", .read = bl_ask_wall, .at = BOUND_AT(on)},
  {.name = "advance", .read = bl_value_truth, .at = BOUND_AT(is_advance)},
  {.name = "running", .read = bl_value_truth, .at = BOUND_AT(is_running)},
  {.name = "successor", .read = bl_value_truth,
   .at = BOUND_AT(has_successor)},
  {.name = "monthly", .read = bl_value_truth, .at = BOUND_AT(is_monthly)},
  {.name = "others_monthly", .read = bl_value_truth,
   .at = BOUND_AT(others_are)},
};
#undef BOUND_AT

static const bl_shape bound_shape = {
  "a request", bound_fields, BL_COUNT(bound_fields)
};

static int64_t bound_midnight(const bl_zone *zone, int64_t us) {
  bl_civil day = bl_civil_of_us(bl_zone_to_local(zone, us));

  day.clock_us = 0;
  return bl_zone_to_utc(zone, bl_us_of_civil(day));
}

/* Periods of that peer begin with days. */
static bl_cycle bound_cycle(const bl_contract_terms *terms,
                            const bl_zone *zone) {
  bl_contract_terms days = *terms;

  days.start_us = bound_midnight(zone, terms->start_us);
  return bl_period_cycle(&days, zone);
}

static void bound_put(bl_json *parent, const char *name, const bl_zone *zone,
                      const bl_period *p) {
  bl_json *node = bl_json_object(parent, name);
  int64_t days, of;

  bl_share(BL_PRORATE_DAYS, 0, p->full, p->full, zone, &days, &of);
  (void)bl_json_add_time(node, "from", p->span.from_us);
  (void)bl_json_add_time(node, "last", p->span.to_us);
  (void)bl_json_add_int(node, "days", days);
}

static void bound_put_period(bl_json *parent, const char *name,
                             const bl_cycle *c, int64_t n) {
  bl_period p = {{bl_cycle_from(c, n), bl_cycle_from(c, n + 1) - BL_SECOND},
                 {bl_cycle_from(c, n), bl_cycle_from(c, n + 1)}};

  bound_put(parent, name, c->zone, &p);
}

int bl_ask_lago_bounds(bl_ask *ask) {
  bound_terms terms = {.is_advance = 0};
  bl_contract_terms contract, monthly;
  const bl_zone *zone = NULL;
  bl_bounds_terms t;
  bl_period fee, usage;
  int64_t n;
  int rc = bl_shape_read(&bound_shape, &ask->top, ask->doc, 0, &terms);

  if (!rc) rc = bl_ask_contract(ask, &terms.is, &contract, &zone);
  if (rc) return rc;
  monthly = contract;
  monthly.unit = BL_UNIT_MONTH;
  monthly.every = 1;
  t = (bl_bounds_terms){
    bound_cycle(&contract, zone), bound_cycle(&monthly, zone),
    terms.service.is_given ? bl_ask_instant(&terms.service, zone)
                           : contract.start_us,
    terms.ended.is_given ? bl_ask_instant(&terms.ended, zone)
                         : BL_TIME_NEVER,
    bl_ask_instant(&terms.at, zone),
    (terms.is_advance ? BL_BOUNDS_ADVANCE : 0) |
      (terms.is_running ? BL_BOUNDS_RUNNING : 0) |
      (terms.has_successor ? BL_BOUNDS_SUCCESSOR : 0) |
      (terms.is_monthly ? BL_BOUNDS_MONTHLY : 0) |
      (terms.others_are ? BL_BOUNDS_OTHER_MONTHLY : 0), 0};
  fee = bl_bounds_fee(&t);
  bound_put(ask->out, "fee", zone, &fee);
  if (bl_bounds_usage(&t, &usage)) bound_put(ask->out, "usage", zone, &usage);
  else (void)bl_json_add_null(ask->out, "usage");
  n = bl_cycle_at(&t.own, t.at_us);
  bound_put_period(ask->out, "running", &t.own, n);
  bound_put_period(ask->out, "previous", &t.own, n - 1);
  if (terms.on.is_given)
    bound_put_period(ask->out, "on", &t.own,
                     bl_cycle_at(&t.own, bl_ask_instant(&terms.on, zone)));
  return BILLING_OK;
}

/* ---- unused_fee ---- */

typedef struct ending_terms {
  bl_ask_cycle is;
  bl_ask_clock ended;
  bl_ask_clock free_until;
  bl_dec       amount;         /* of a whole period */
  bl_dec       fee;            /* as it was billed */
  bl_dec       coupon;         /* on the fee */
  bl_dec       credited;       /* of the fee, before */
  bl_dec       invoice;        /* all fees of its invoice */
  bl_dec       paid;           /* of the invoice */
  bl_dec       tax_rate;
  int32_t      places;
  uint32_t     is_last_day;    /* the day of the end is unused, too */
} ending_terms;

#define ENDING_AT(member) offsetof(ending_terms, member)
#define ENDING_DEC(member, must)                                          \
  {.name = #member, .read = bl_value_amount, .needed = must,              \
   .at = ENDING_AT(member)}
static const bl_field ending_fields[] = {
  BOUND_CYCLE(ending_terms),
  {.name = "ended", .read = bl_ask_wall, .needed = BL_ALWAYS,
   .at = ENDING_AT(ended)},
  {.name = "free_until", .read = bl_ask_wall, .at = ENDING_AT(free_until)},
  ENDING_DEC(amount, BL_ALWAYS), ENDING_DEC(fee, BL_ALWAYS),
  ENDING_DEC(coupon, 0), ENDING_DEC(credited, 0), ENDING_DEC(invoice, 0),
  ENDING_DEC(paid, 0), ENDING_DEC(tax_rate, 0),
  {.name = "places", .read = bl_value_whole, .low = 0, .high = 18,
   .at = ENDING_AT(places)},
  {.name = "last_day", .read = bl_value_truth, .at = ENDING_AT(is_last_day)},
};
#undef ENDING_DEC
#undef ENDING_AT

static const bl_shape ending_shape = {
  "a request", ending_fields, BL_COUNT(ending_fields)
};

static bl_dec ending_round(const ending_terms *t, bl_dec v) {
  return bl_round_due(v, BL_DEC_ZERO, t->places);
}

/* What a part of the fee is without its share of the coupon. */
static bl_dec ending_net(const ending_terms *t, bl_dec part) {
  if (bl_dec_is_zero(t->fee)) return part;
  return bl_dec_sub(part, bl_dec_muldiv(t->coupon, part, t->fee));
}

static bl_dec ending_tax(const ending_terms *t, bl_dec net) {
  return ending_round(t, bl_dec_muldiv(net, t->tax_rate,
                                       bl_dec_of_int(100)));
}

/* Net and tax, each rounded. */
static bl_dec ending_gross(const ending_terms *t, bl_dec net) {
  return bl_dec_add(ending_round(t, net), ending_tax(t, net));
}

/* What the days after the end come to, less what was credited before; so
 * precise as that peer keeps it. */
static bl_dec ending_item(const ending_terms *t,
                          const bl_contract_terms *contract,
                          const bl_zone *zone, bl_dec *used) {
  bl_cycle c = bound_cycle(contract, zone);
  int64_t ended = bl_ask_instant(&t->ended, zone);
  int64_t n = bl_cycle_at(&c, ended), days, of, used_days;
  bl_span full = {bl_cycle_from(&c, n), bl_cycle_from(&c, n + 1)};
  bl_span rest = {bound_midnight(zone, ended), full.to_us};
  bl_duration day = {0, 0, 1, 0};
  bl_dec item;

  if (!t->is_last_day)
    rest.from_us = bl_duration_add(&day, zone, rest.from_us, 1);
  bl_share(BL_PRORATE_DAYS, 0, (bl_span){full.from_us, rest.from_us}, full,
           zone, &used_days, &of);
  *used = bl_dec_ratio(t->amount, used_days, of);
  if (t->free_until.is_given) {
    int64_t us = bound_midnight(zone, bl_ask_instant(&t->free_until, zone));
    if (us > rest.from_us) rest.from_us = us;
  }
  bl_share(BL_PRORATE_DAYS, 0, rest, full, zone, &days, &of);
  item = bl_dec_min(bl_dec_ratio(t->amount, days, of), t->fee);
  return bl_round_cut(bl_dec_sub(item, t->credited),
                      t->places > 13 ? 18 : t->places + 5);
}

/* What was paid of the fee, less what was used of it. */
static bl_dec ending_refund(const ending_terms *t, bl_dec used,
                            bl_dec total) {
  bl_dec fee = ending_gross(t, bl_dec_sub(t->fee, t->coupon));
  bl_dec invoice = ending_gross(t, bl_dec_sub(t->invoice, t->coupon));
  bl_dec paid = bl_dec_is_zero(invoice)
                  ? BL_DEC_ZERO
                  : ending_round(t, bl_dec_muldiv(t->paid, fee, invoice));
  bl_dec back = bl_dec_sub(paid, ending_gross(t, ending_net(t, used)));

  return bl_dec_max(bl_dec_min(back, total), BL_DEC_ZERO);
}

int bl_ask_unused_fee(bl_ask *ask) {
  ending_terms t = {.places = 2};
  bl_contract_terms contract;
  const bl_zone *zone = NULL;
  bl_dec item, net, tax, total, used, refund;
  int rc = bl_shape_read(&ending_shape, &ask->top, ask->doc, 0, &t);

  if (!rc) rc = bl_ask_contract(ask, &t.is, &contract, &zone);
  if (rc) return rc;
  item = ending_item(&t, &contract, zone, &used);
  if (bl_dec_sign(item) <= 0) {
    (void)bl_json_add_bool(ask->out, "none", 1);
    return BILLING_OK;
  }
  net = ending_net(&t, item);
  tax = ending_tax(&t, net);
  total = bl_dec_add(ending_round(&t, net), tax);
  refund = ending_refund(&t, used, total);
  bl_ask_put(ask, ask->out, "item", item);
  bl_ask_put(ask, ask->out, "net", ending_round(&t, net));
  bl_ask_put(ask, ask->out, "tax", tax);
  bl_ask_put(ask, ask->out, "total", total);
  bl_ask_put(ask, ask->out, "refund", refund);
  bl_ask_put(ask, ask->out, "rest", bl_dec_sub(total, refund));
  return BILLING_OK;
}

#undef BOUND_CYCLE
