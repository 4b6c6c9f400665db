/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * authorize.c - may this work begin, and what is reserved for it.
 *
 *     balance 10.00, estimate at most 4.00:  hold 4.00, others see 6.00
 *     then 9.00 are asked, or as much as there is, but at least 5.00:
 *     hold 6.00, others see nothing
 *
 * A hold is one decision: all estimates in all their assets, or none.  A
 * partial one holds all estimates but the last, and of that as much of its
 * value as there is.
 */
#include "base/struct.h"
#include "engine/assets.h"
#include "engine/caps.h"
#include "engine/hold_state.h"
#include "engine/holds.h"
#include "engine/keys.h"
#include "engine/record.h"
#include "engine/requests.h"

/* What is asked for: estimates, or an amount. */
typedef struct hold_ask {
  billing_hold_terms terms;
  billing_event     *events;
  bl_event_in       *in;
  size_t             count;
  bl_use             use;      /* of an amount */
  bl_event           event;    /* its properties, for limits */
  bl_dec             value;    /* of the last estimate, or the amount */
} hold_ask;

/* ---- read ---- */

/* An event as it is estimated: no key, and the time is now. */
static int read_estimate(bl_call *c, hold_ask *ask, size_t at,
                         const billing_event *given) {
  bl_members *members = bl_arena_take(&c->arena, sizeof *members);
  billing_event *event = &ask->events[at];
  int rc;

  if (!members) return BILLING_NOMEM;
  bl_members_open(members, &c->arena);
  *event = *given;
  event->key = (bl_str){NULL, 0};
  event->time_us = 0;
  rc = bl_event_read(c, event, 0, &ask->in[at], members);
  if (rc || ask->in[at].customer == ask->in[0].customer) return rc;
  return bl_fail(c->err, BILLING_INVALID, "/customer",
                 "one customer for all estimates",
                 "the estimates are of several customers");
}

static int read_estimates(bl_call *c, hold_ask *ask,
                          const billing_event *events) {
  const billing_event **taken;
  int rc = bl_events_take(c, events, ask->count, &taken);

  ask->events = bl_arena_array(&c->arena, ask->count, sizeof *ask->events);
  ask->in = bl_arena_array(&c->arena, ask->count, sizeof *ask->in);
  if (!rc && (!ask->events || !ask->in)) rc = BILLING_NOMEM;
  for (size_t i = 0; i < ask->count && !rc; i++) {
    rc = read_estimate(c, ask, i, taken[i]);
    if (rc && ask->count > 1 && c->err) c->err->item = (int64_t)i;
  }
  if (!rc) ask->value = ask->in[ask->count - 1].view.value;
  return rc;
}

static int read_properties(bl_call *c, hold_ask *ask) {
  bl_str text = ask->terms.properties;
  bl_members *members = bl_arena_take(&c->arena, sizeof *members);
  int rc;

  if (!members) return BILLING_NOMEM;
  bl_members_open(members, &c->arena);
  ask->event.properties = members;
  if (!text.len) return BILLING_OK;
  rc = bl_json_scan(text, members, NULL);
  return rc ? bl_fail(c->err, rc, "/properties", "a JSON object",
                      "the properties cannot be read") : BILLING_OK;
}

static int read_amount(bl_call *c, hold_ask *ask) {
  const billing_money *amount = &ask->terms.amount;

  if (!bl_dec_is_valid(amount->amount) || bl_dec_sign(amount->amount) <= 0)
    return bl_fail(c->err, BILLING_INVALID, "/amount/amount", "above zero",
                   "the amount of a hold must be positive");
  ask->event.time_us = ask->use.time_us = c->now_us;
  memcpy(ask->use.asset, amount->asset, sizeof ask->use.asset);
  ask->value = amount->amount;
  return read_properties(c, ask);
}

static int check_least(bl_call *c, const hold_ask *ask) {
  const billing_hold_terms *terms = &ask->terms;
  int is_partial = (terms->flags & BILLING_HOLD_PARTIAL) != 0;

  if (!bl_dec_is_valid(terms->least) || bl_dec_sign(terms->least) < 0 ||
      (!is_partial && !bl_dec_is_zero(terms->least)))
    return bl_fail(c->err, BILLING_INVALID, "/least",
                   "zero or more, with BILLING_HOLD_PARTIAL",
                   "the least of a hold cannot be used");
  if (!is_partial) return BILLING_OK;
  if (ask->count && !(ask->events[ask->count - 1].flags & BILLING_EVENT_VALUE))
    return bl_fail(c->err, BILLING_INVALID, "/value",
                   "the value that may become less",
                   "a partial hold needs the last estimate's value");
  if (bl_dec_sign(ask->value) > 0 &&
      bl_dec_cmp(terms->least, ask->value) <= 0)
    return BILLING_OK;
  return bl_fail(c->err, BILLING_INVALID, "/least",
                 "no more than what is asked for, which is above zero",
                 "the least is more than what is asked for");
}

static int read_terms(bl_call *c, hold_ask *ask,
                      const billing_hold_terms *terms) {
  billing_hold_terms *own = &ask->terms;
  int rc = BILLING_OK;

  if (terms)
    rc = bl_copy_in(own, sizeof *own, terms, sizeof *own,
                    BILLING_HOLD_PARTIAL);
  if (rc || (!terms && !ask->count))
    return bl_fail(c->err, rc ? rc : BILLING_MISUSE, "",
                   "estimates, or terms with a customer and an amount",
                   "nothing was asked for");
  if (ask->count > BL_HOLD_ESTIMATES)
    return bl_fail(c->err, BILLING_LIMIT, "", "at most 100 estimates",
                   "%i estimates in one hold", (int64_t)ask->count);
  rc = bl_check_texts(c->err, &own->customer, &own->properties, NULL);
  if (rc) return rc;
  return memchr(own->amount.asset, 0, sizeof own->amount.asset)
             ? BILLING_OK
             : bl_fail(c->err, BILLING_INVALID, "/amount/asset",
                       "1 to 15 bytes, NUL padded",
                       "the asset's name does not end");
}

/* What makes two authorize calls the same; an estimate counts by what it says,
 * its properties as canonical JSON. */
static int pack_content(bl_text *content, const hold_ask *ask) {
  const billing_hold_terms *terms = &ask->terms;
  int rc = BILLING_OK;

  bl_pack_u64(content, ask->count);
  for (size_t i = 0; i < ask->count && !rc; i++) {
    const billing_event *event = &ask->events[i];
    bl_pack_u64(content, ask->in[i].customer->number);
    bl_pack_str(content, event->event);
    bl_pack_u64(content, event->flags);
    if (event->flags) bl_pack_dec(content, event->value);
    rc = bl_event_canonical(event->properties, content);
  }
  bl_pack_str(content, terms->customer);
  bl_pack_dec(content, terms->amount.amount);
  bl_pack_str(content, bl_str_of(terms->amount.asset));
  bl_pack_i64(content, terms->expires_us);
  bl_pack_u64(content, terms->flags);
  bl_pack_dec(content, terms->least);
  return rc ? rc : bl_event_canonical(terms->properties, content);
}

/* ---- decide ---- */

static int hold_amount(bl_hold_draft *d, const hold_ask *ask, bl_dec value) {
  bl_limit_use use = {.amount = value};
  int rc = bl_hold_reserve(d, NULL, &ask->use, value);

  memcpy(use.asset, ask->use.asset, sizeof use.asset);
  return rc ? rc : bl_limits_wish(d->c, d->customer, &ask->event, &use, 1,
                                  &d->wishes);
}

/* The last estimate with another value, or so much of the amount; and whether
 * all of it fits. */
static int hold_last(bl_hold_draft *d, hold_ask *ask, bl_dec value) {
  int rc;

  if (ask->count) {
    bl_event_in *last = &ask->in[ask->count - 1];
    last->view.value = value;
    rc = bl_hold_estimate(d, last);
  } else {
    rc = hold_amount(d, ask, value);
  }
  d->fact.value = value;
  return rc ? rc : bl_hold_fits(d);
}

static int is_too_much(int rc) {
  return rc == BILLING_DENIED_BALANCE || rc == BILLING_DENIED_LIMIT;
}

/* Without words that it is too much: it is asked again, or another time. */
static int try_last(bl_hold_draft *d, hold_ask *ask, const bl_hold_mark *mark,
                    bl_dec value) {
  billing_error *err = d->c->err;
  int rc;

  bl_hold_back(d, mark);
  d->c->err = NULL;
  rc = hold_last(d, ask, value);
  d->c->err = err;
  if (!rc || is_too_much(rc)) return rc;
  bl_hold_back(d, mark);
  return hold_last(d, ask, value);
}

/* A value between, in whole units or else in millionths: they are more than a
 * unit apart. */
static bl_dec middle_of(bl_dec low, bl_dec high, bl_dec unit) {
  int places = bl_dec_is_integer(unit) ? 0 : 6;
  bl_dec half = bl_dec_muldiv_round(bl_dec_sub(high, low), BL_DEC_ONE,
                                    bl_dec_of_int(2), places,
                                    BL_ROUND_FLOOR);

  return bl_dec_add(low, bl_dec_max(half, unit));
}

/* Of an estimate's value one, when it is given in whole ones; else, and of an
 * amount, a millionth. */
static bl_dec unit_of(const hold_ask *ask) {
  bl_dec value = ask->value, least = ask->terms.least;
  bl_dec millionth = bl_dec_muldiv(BL_DEC_ONE, BL_DEC_ONE,
                                   bl_dec_of_int(1000000));

  return ask->count && bl_dec_is_integer(value) && bl_dec_is_integer(least)
             ? BL_DEC_ONE : millionth;
}

/* The most that fits: `low` does, `high` does not. */
static int hold_most(bl_hold_draft *d, hold_ask *ask,
                     const bl_hold_mark *mark, bl_dec low) {
  bl_dec unit = unit_of(ask);
  bl_dec high = ask->value;
  int rc = BILLING_OK;

  while (!rc && bl_dec_less(unit, bl_dec_sub(high, low))) {
    bl_dec middle = middle_of(low, high, unit);
    rc = try_last(d, ask, mark, middle);
    if (!rc) low = middle;
    else high = middle;
    if (is_too_much(rc)) rc = BILLING_OK;
  }
  return rc ? rc : try_last(d, ask, mark, low);
}

/* Without a least one unit will do. */
static int hold_partly(bl_hold_draft *d, hold_ask *ask,
                       const bl_hold_mark *mark) {
  bl_dec least = ask->terms.least;
  int rc;

  if (bl_dec_is_zero(least)) least = unit_of(ask);
  bl_hold_back(d, mark);
  rc = hold_last(d, ask, bl_dec_min(least, ask->value));
  return rc ? rc : hold_most(d, ask, mark, least);
}

static int hold_all(bl_hold_draft *d, hold_ask *ask) {
  bl_call *c = d->c;
  bl_hold_mark mark;
  int rc = bl_expire_holds(c, d->customer);

  if (!rc) rc = bl_rate_prepare(c, d->customer, c->now_us);
  for (size_t i = 0; i + 1 < ask->count && !rc; i++)
    rc = bl_hold_estimate(d, &ask->in[i]);
  if (rc) return rc;
  if (!(ask->terms.flags & BILLING_HOLD_PARTIAL))
    return hold_last(d, ask, ask->value);
  rc = bl_hold_now(d, &mark);
  if (!rc) rc = try_last(d, ask, &mark, ask->value);
  return is_too_much(rc) ? hold_partly(d, ask, &mark) : rc;
}

static int list_assets(bl_hold_draft *d) {
  bl_fact_hold *fact = &d->fact;

  fact->asset_count = d->side_count;
  fact->assets = bl_arena_array(&d->c->arena, d->side_count + 1,
                                sizeof *fact->assets);
  if (!fact->assets) return BILLING_NOMEM;
  for (size_t i = 0; i < d->side_count; i++) {
    const bl_hold_side *side = &d->sides[i];
    bl_fact_held *held = &fact->assets[i];
    memcpy(held->asset, side->asset, sizeof held->asset);
    held->held = side->held;
    held->overdraft = side->missing;
  }
  return BILLING_OK;
}

/* One draw for each grant, whatever it is for. */
static void join_draws(bl_fact_hold *fact) {
  size_t count = 0;

  for (size_t i = 0; i < fact->draw_count; i++) {
    size_t at = 0;
    while (at < count && fact->draws[at].grant != fact->draws[i].grant) at++;
    if (at == count) fact->draws[count++] = fact->draws[i];
    else fact->draws[at].amount = bl_dec_add(fact->draws[at].amount,
                                             fact->draws[i].amount);
  }
  fact->draw_count = count;
}

static int write_hold(bl_hold_draft *d, const bl_request_key *request,
                      int64_t expires_us) {
  bl_fact_hold *fact = &d->fact;
  bl_call *c = d->c;
  bl_writer w;
  int rc = list_assets(d);

  if (!rc)
    rc = bl_limits_join(c, &d->wishes, &fact->counts, &fact->count_count);
  if (rc) return rc;
  join_draws(fact);
  if (d->customer->capped)
    rc = bl_caps_join(c, fact->draws, fact->draw_count, &fact->counts,
                      &fact->count_count);
  if (rc) return rc;
  fact->number = c->t->heads.holds + 1;
  fact->customer = d->customer->number;
  fact->expires_us = expires_us;
  fact->key = c->in.key;
  memcpy(fact->key_hash, request->hash, sizeof fact->key_hash);
  fact->content = request->content;
  rc = bl_fold_hold(bl_entry_start(c), fact);
  bl_writer_open(&w, c);
  bl_code_hold(&w.facts, &w.properties, fact);
  return rc ? rc : bl_append(c, BL_ENTRY_HOLD, &w);
}

static int find_payer(bl_hold_draft *d, const hold_ask *ask) {
  int rc;

  if (ask->count) {
    d->customer = ask->in[0].customer;
    return BILLING_OK;
  }
  rc = bl_find_customer(d->c, ask->terms.customer, "/customer", &d->customer);
  return rc ? rc : bl_asset_argument(d->c, ask->use.asset, "/amount/asset");
}

static int make_hold(bl_hold_draft *d, hold_ask *ask,
                     const bl_request_key *request) {
  bl_call *c = d->c;
  int64_t expires_us = ask->terms.expires_us
                           ? ask->terms.expires_us
                           : c->now_us + c->t->terms.hold_lasts_us;
  int rc = bl_hold_check_end(c, expires_us);

  if (!rc) rc = find_payer(d, ask);
  if (!rc) rc = hold_all(d, ask);
  return rc ? rc : write_hold(d, request, expires_us);
}

static int decide_hold(bl_hold_draft *d, hold_ask *ask, billing_hold *out) {
  bl_call *c = d->c;
  bl_hold_state *hold = NULL;
  bl_request_key request;
  bl_text content;
  int rc;

  bl_text_open(&content, &c->arena);
  rc = pack_content(&content, ask);
  if (!rc) rc = bl_request_read(c, BL_ENTRY_HOLD, &content, &request);
  if (rc) return rc;
  if (request.used.kind) {
    rc = bl_request_hold(c, &request.used, &hold);
  } else {
    rc = make_hold(d, ask, &request);
    if (!rc) hold = bl_table_at(&c->t->by_hold, c->t->heads.holds);
  }
  return rc ? rc : bl_hold_fill(c, hold, out);
}

static int authorize(bl_hold_draft *d, const billing_event *estimates,
                     size_t count, const billing_hold_terms *terms,
                     billing_hold *out) {
  hold_ask ask;
  int rc;

  memset(&ask, 0, sizeof ask);
  ask.count = count;
  rc = read_terms(d->c, &ask, terms);
  if (!rc)
    rc = count ? read_estimates(d->c, &ask, estimates)
               : read_amount(d->c, &ask);
  if (!rc) rc = check_least(d->c, &ask);
  return rc ? rc : decide_hold(d, &ask, out);
}

static int check_outputs(const billing_hold *out,
                         const billing_denial *denial, billing_error *err) {
  if (out && bl_can_fill(out, sizeof *out))
    return bl_fail(err, BILLING_MISUSE, "", "set it up with BILLING_INIT",
                   "the billing_hold cannot be filled");
  if (denial && bl_can_fill(denial, sizeof *denial))
    return bl_fail(err, BILLING_MISUSE, "", "set it up with BILLING_INIT",
                   "the billing_denial cannot be filled");
  return BILLING_OK;
}

int billing_authorize(billing *b, const billing_call *call,
                      const billing_event *estimates, size_t count,
                      const billing_hold_terms *terms, billing_hold *out,
                      billing_denial *denial, billing_error *err) {
  billing_hold hold = {0};
  bl_hold_draft d;
  bl_call c;
  int rc = bl_enter(&c, b, call, BL_SHARE, err);

  if (rc) return rc;
  bl_hold_open(&d, &c);
  rc = check_outputs(out, denial, err);
  if (!rc) rc = authorize(&d, estimates, count, terms, &hold);
  bl_hold_close(&d);
  rc = bl_leave(&c, rc);
  if (!rc && out) bl_fill(out, &hold, sizeof hold);
  if (denial && rc == d.denial.code && rc) {
    d.denial.struct_size = sizeof d.denial;
    bl_fill(denial, &d.denial, sizeof d.denial);
  }
  return rc;
}
