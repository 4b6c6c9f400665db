/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * holds.c - authorize, settle, release.
 *
 *     balance 10.00, estimate at most 4.00:  hold 4.00, others see 6.00
 *     really used 2.50:                      draw 2.50, others see 7.50
 *
 * The estimate is rated like an event, but only to know what it would cost: at
 * the present total, and at the total plus what open holds may still add.  The
 * larger is reserved in the lots that burndown would draw.
 */
#include "base/struct.h"
#include "engine/keys.h"
#include "engine/record.h"
#include "engine/assets.h"
#include "engine/requests.h"
#include "price/price.h"

#define HOLD_DEFAULT_US BL_HOUR

/* A hold being decided. */
typedef struct hold_draft {
  bl_fact_hold  fact;
  bl_customer  *customer;
  char          asset[16];
  bl_contract  *contract;      /* whose overdraft counts */
  size_t        draw_cap;
  bl_dec        held;
  bl_dec        missing;
  bl_rater      rater;
} hold_draft;

/* What one charge of the estimate must reserve. */
static bl_dec worst_amount(const bl_tally *tally, const bl_price *rate,
                           const bl_fact_charge *charge,
                           const bl_rate_others *others) {
  const bl_meter *meter = bl_tally_meter(tally);
  bl_dec total = bl_dec_add(bl_dec_add(tally->level.total, tally->held),
                            bl_dec_add(others->level, others->held));
  bl_dec after = bl_dec_add(total, charge->quantity);
  bl_dec later, most;

  if (meter->ticks) return BL_DEC_ZERO;
  if (rate->flags & BL_PRICE_BY_EVENT)
    return bl_rate_transaction_most(tally, charge);
  later = bl_price_delta(rate, bl_measure_finish(meter, total),
                         bl_measure_finish(meter, after));
  most = bl_dec_max(charge->amount, later);
  return bl_dec_sign(most) < 0 ? BL_DEC_ZERO : most;
}

/* The draws from place `from` on. */
static int keep_draws(bl_call *c, hold_draft *d, size_t from) {
  const bl_draw *draws = d->rater.draws.item;

  for (size_t i = from; i < d->rater.draws.count; i++) {
    bl_draw *draw;
    if (!draws[i].grant) {
      d->missing = bl_dec_add(d->missing, draws[i].amount);
      continue;
    }
    d->held = bl_dec_add(d->held, draws[i].amount);
    draw = bl_arena_push(&c->arena, (void **)&d->fact.draws,
                         &d->fact.draw_count, &d->draw_cap, sizeof *draw);
    if (!draw) return BILLING_NOMEM;
    *draw = draws[i];
    d->fact.draw_count++;
  }
  return BILLING_OK;
}

/* Reserves an amount in the lots that pay the use, as the contract that uses
 * them orders them. */
static int reserve(bl_call *c, hold_draft *d, const bl_contract *contract,
                   const bl_use *use, bl_dec amount) {
  const bl_wallet *wallet = bl_wallet_of(d->customer, use->asset);
  const bl_order *order = contract && contract->terms.has_order
                              ? &contract->terms.order : NULL;
  size_t from = d->rater.draws.count;
  int rc;

  if (bl_dec_sign(amount) <= 0) return BILLING_OK;
  rc = bl_rate_draws(&d->rater, wallet, use, order, amount, NULL);
  return rc ? rc : keep_draws(c, d, from);
}

/* Of several contracts the one that may promise most backs a hold. */
static bl_contract *more_generous(bl_contract *a, bl_contract *b) {
  return !a || bl_dec_less(a->terms.overdraft, b->terms.overdraft) ? b : a;
}

static int reserve_charge(bl_call *c, hold_draft *d, bl_tally *tally,
                          const bl_fact_charge *charge, int64_t time_us,
                          bl_fact_part *part) {
  const bl_price *price = bl_tally_price(tally);
  bl_use use = {price->meter, price->id, tally->contract->terms.id, time_us,
                {0}};
  const bl_price *rate = bl_price_of_group(price, tally->group);
  bl_rate_others others;
  bl_dec amount;
  int rc = bl_rate_others_of(c, tally, rate, &others);

  if (rc) return rc;
  amount = worst_amount(tally, rate, charge, &others);
  memcpy(use.asset, price->asset, sizeof use.asset);
  if (bl_dec_is_bad(amount))
    return bl_fail(c->err, BILLING_LIMIT, "/value",
                   "quantities and amounts below 10^20",
                   "the estimate does not fit");
  part->contract = tally->contract->number;
  part->price = tally->price;
  part->period = tally->period;
  part->group = tally->group;
  part->quantity = charge->quantity;
  d->contract = more_generous(d->contract, tally->contract);
  return reserve(c, d, tally->contract, &use, amount);
}

static int check_estimate(bl_call *c, const bl_fact_event *fact) {
  if (fact->flags & BILLING_RECEIPT_UNMATCHED)
    return bl_fail(c->err, BILLING_DENIED_UNMATCHED, "/event",
                   "an event that a meter selects",
                   "no meter wants the estimate");
  if (fact->flags & BILLING_RECEIPT_UNENTITLED)
    return bl_fail(c->err, BILLING_DENIED_UNENTITLED, "/customer",
                   "a contract at the event's time, entitled to the "
                   "price",
                   "the customer is not entitled then");
  if (fact->flags & BILLING_RECEIPT_UNPRICED)
    return bl_fail(c->err, BILLING_DENIED_UNPRICED, "/event",
                   "a contract that prices the meter",
                   "no contract of the customer prices the estimate");
  if (fact->flags & BILLING_RECEIPT_MIXED)
    return bl_fail(c->err, BILLING_UNSUPPORTED, "/event",
                   "one hold for each asset",
                   "the estimate is priced in several assets");
  return BILLING_OK;
}

static int reserve_estimate(bl_call *c, hold_draft *d, const bl_event_in *in) {
  bl_fact_event fact;
  int rc;

  d->customer = in->customer;
  rc = bl_expire_holds(c, d->customer);
  if (!rc) rc = bl_rate_prepare(c, d->customer, in->view.time_us);
  if (!rc) rc = bl_rate(&d->rater, in, NULL, &fact);
  if (!rc) rc = check_estimate(c, &fact);
  if (rc) return rc;
  memcpy(d->asset, bl_tally_price(d->rater.tallies[0])->asset,
         sizeof d->asset);
  d->fact.parts = bl_arena_array(&c->arena, fact.charge_count + 1,
                                 sizeof *d->fact.parts);
  if (!d->fact.parts) return BILLING_NOMEM;
  d->fact.part_count = fact.charge_count;
  d->rater.draws.count = 0;    /* those of the estimate itself do not count */
  for (size_t i = 0; i < fact.charge_count && !rc; i++)
    rc = reserve_charge(c, d, d->rater.tallies[i], &fact.charges[i],
                        in->view.time_us, &d->fact.parts[i]);
  return rc;
}

/* The contract whose overdraft backs an amount: of those in force in this
 * asset. */
static bl_contract *backing_contract(const bl_customer *customer,
                                     const char asset[16], int64_t now_us) {
  bl_contract *found = NULL;

  for (size_t i = 0; i < customer->contracts.count; i++) {
    bl_contract *contract = customer->contracts.item[i];
    bl_span term = {contract->terms.start_us, contract->terms.end_us};
    if (bl_span_holds(term, now_us) &&
        bl_asset_equal(contract->plan->plan.currency, asset))
      found = more_generous(found, contract);
  }
  return found;
}

static int reserve_amount(bl_call *c, hold_draft *d,
                          const billing_hold_terms *terms) {
  bl_use use = {{NULL, 0}, {NULL, 0}, {NULL, 0}, c->now_us, {0}};
  int rc = bl_find_customer(c, terms->customer, "/customer", &d->customer);

  if (!rc) rc = bl_asset_argument(c, terms->amount.asset, "/amount/asset");
  if (rc) return rc;
  if (!bl_dec_is_valid(terms->amount.amount) ||
      bl_dec_sign(terms->amount.amount) <= 0)
    return bl_fail(c->err, BILLING_INVALID, "/amount/amount", "above zero",
                   "the amount of a hold must be positive");
  memcpy(use.asset, terms->amount.asset, sizeof use.asset);
  memcpy(d->asset, terms->amount.asset, sizeof d->asset);
  d->contract = backing_contract(d->customer, d->asset, c->now_us);
  rc = bl_expire_holds(c, d->customer);
  return rc ? rc : reserve(c, d, d->contract, &use, terms->amount.amount);
}

/* What the grants do not cover may go against the contract's overdraft, as far
 * as nothing else does. */
static int check_overdraft(bl_call *c, hold_draft *d) {
  const bl_wallet *wallet = bl_wallet_of(d->customer, d->asset);
  bl_dec limit = d->contract ? d->contract->terms.overdraft : BL_DEC_ZERO;
  bl_dec room = limit;

  d->fact.overdraft = d->missing;
  if (bl_dec_is_bad(d->missing) || bl_dec_is_bad(d->held))
    return bl_fail(c->err, BILLING_LIMIT, "/value", "amounts below 10^20",
                   "what the hold would reserve does not fit");
  if (bl_dec_is_zero(d->missing) || bl_dec_is_max(limit)) return BILLING_OK;
  if (wallet) {
    room = bl_dec_sub(room, wallet->balance[BL_ACCOUNT_UNBILLED]);
    room = bl_dec_sub(room, wallet->overdraft_held);
  }
  if (bl_dec_cmp(d->missing, room) <= 0) return BILLING_OK;
  if (bl_dec_sign(room) > 0) d->missing = bl_dec_sub(d->missing, room);
  return bl_fail(c->err, BILLING_DENIED_BALANCE, "",
                 "grant credit, or raise the contract's overdraft",
                 "%d %s are missing", &d->missing, d->asset);
}

static int write_hold(bl_call *c, hold_draft *d,
                      const bl_request_key *request, int64_t expires_us) {
  bl_fact_hold *fact = &d->fact;
  bl_writer w;
  int rc;

  fact->number = c->t->heads.holds + 1;
  fact->customer = d->customer->number;
  fact->expires_us = expires_us;
  fact->asset = bl_str_of(d->asset);
  fact->key = c->in.key;
  memcpy(fact->key_hash, request->hash, sizeof fact->key_hash);
  fact->content = request->content;
  rc = bl_fold_hold(bl_entry_start(c), fact);
  bl_writer_open(&w, c);
  bl_code_hold(&w.facts, &w.properties, fact);
  return rc ? rc : bl_append(c, BL_ENTRY_HOLD, &w);
}

/* What the caller is told about a hold as it is now. */
static void fill_hold_out(bl_call *c, const bl_hold_state *hold,
                          billing_hold *out) {
  memset(out, 0, sizeof *out);
  out->struct_size = sizeof *out;
  out->number = hold->number;
  out->status = (uint32_t)hold->status;
  if (hold->status == BILLING_HOLD_OPEN && hold->expires_us <= c->now_us)
    out->status = BILLING_HOLD_EXPIRED;
  out->draws = (uint32_t)hold->draw_count;
  out->expires_us = hold->expires_us;
  out->decided_us = hold->at_us;
  for (size_t i = 0; i < hold->draw_count; i++)
    out->held = bl_dec_add(out->held, hold->draws[i].amount);
  out->overdraft = hold->overdraft;
  out->free = bl_wallet_free(bl_wallet_of(hold->customer, hold->asset),
                             c->now_us);
  memcpy(out->asset, hold->asset, sizeof out->asset);
}

/* What makes two authorize calls the same; an estimate counts by what it says,
 * its properties as canonical JSON. */
static int pack_content(bl_text *content, const bl_event_in *in,
                        const billing_hold_terms *terms) {
  int rc = BILLING_OK;

  if (in) {
    bl_pack_u64(content, in->customer->number);
    bl_pack_str(content, in->event->event);
    bl_pack_u64(content, in->event->flags);
    if (in->event->flags) bl_pack_dec(content, in->event->value);
    rc = bl_event_canonical(in->event->properties, content);
  }
  bl_pack_str(content, terms->customer);
  bl_pack_dec(content, terms->amount.amount);
  bl_pack_str(content, bl_str_of(terms->amount.asset));
  bl_pack_i64(content, terms->expires_us);
  return rc;
}

static int decide_hold(bl_call *c, const bl_event_in *in,
                       const billing_hold_terms *terms, billing_hold *out) {
  int64_t expires_us =
      terms->expires_us ? terms->expires_us : c->now_us + HOLD_DEFAULT_US;
  bl_hold_state *hold = NULL;
  bl_request_key request;
  hold_draft d;
  bl_text content;
  int rc;

  memset(&d, 0, sizeof d);
  bl_rater_open(&d.rater, c);
  bl_text_open(&content, &c->arena);
  rc = pack_content(&content, in, terms);
  if (!rc) rc = bl_request_read(c, BL_ENTRY_HOLD, &content, &request);
  if (!rc && !request.used.kind && expires_us <= c->now_us)
    rc = bl_fail(c->err, BILLING_INVALID, "/expires_us",
                 "after the call's now, or 0", "the hold has expired already");
  if (!rc && !request.used.kind) {
    rc = in ? reserve_estimate(c, &d, in) : reserve_amount(c, &d, terms);
    if (!rc) rc = check_overdraft(c, &d);
    if (!rc) rc = write_hold(c, &d, &request, expires_us);
    hold = bl_table_at(&c->t->by_hold, c->t->heads.holds);
  } else if (!rc) {
    rc = bl_request_hold(c, &request.used, &hold);
  }
  bl_rater_close(&d.rater);
  if (!rc) rc = bl_expire_holds(c, hold->customer);   /* a repeat sees what is
                                                         free */
  if (!rc) fill_hold_out(c, hold, out);
  return rc;
}

/* An event as it is estimated: no key, and the time is now. */
static int read_estimate(bl_call *c, const billing_event *estimate,
                         billing_event *event, bl_members *members,
                         bl_event_in *in) {
  int rc = bl_copy_in(event, sizeof *event, estimate, sizeof *event,
                      BILLING_EVENT_VALUE);

  if (rc)
    return bl_fail(c->err, rc, "", "set it up with BILLING_INIT",
                   "the estimate cannot be used");
  rc = bl_check_texts(c->err, &event->customer, &event->event,
                      &event->properties, NULL);
  if (rc) return rc;
  event->key = (bl_str){NULL, 0};
  event->time_us = 0;
  return bl_event_read(c, event, 0, in, members);
}

static int authorize(bl_call *c, const billing_event *estimate,
                     const billing_hold_terms *terms, billing_hold *out) {
  billing_hold_terms own;
  billing_event event;
  bl_members members;
  bl_event_in in;
  int rc = BILLING_OK;

  bl_members_open(&members, &c->arena);
  memset(&own, 0, sizeof own);
  if (terms) rc = bl_copy_in(&own, sizeof own, terms, sizeof own, 0);
  if (rc || (!terms && !estimate))
    return bl_fail(c->err, rc ? rc : BILLING_MISUSE, "",
                   "an estimate, or terms with a customer and an amount",
                   "nothing was asked for");
  rc = bl_check_texts(c->err, &own.customer, NULL);
  if (rc) return rc;
  if (!memchr(own.amount.asset, 0, sizeof own.amount.asset))
    return bl_fail(c->err, BILLING_INVALID, "/amount/asset",
                   "1 to 15 bytes, NUL padded",
                   "the asset's name does not end");
  if (estimate) rc = read_estimate(c, estimate, &event, &members, &in);
  return rc ? rc : decide_hold(c, estimate ? &in : NULL, &own, out);
}

int billing_authorize(billing *b, const billing_call *call,
                      const billing_event *estimate,
                      const billing_hold_terms *terms, billing_hold *out,
                      billing_error *err) {
  billing_hold hold = {0};
  bl_call c;
  int rc = bl_enter(&c, b, call, BL_SHARE, err);

  if (rc) return rc;
  rc = out ? bl_can_fill(out, sizeof *out) : BILLING_OK;
  if (rc)
    bl_fail(err, rc, "", "set it up with BILLING_INIT",
            "the billing_hold cannot be filled");
  else
    rc = authorize(&c, estimate, terms, &hold);
  rc = bl_leave(&c, rc);
  if (!rc && out) bl_fill(out, &hold, sizeof hold);
  return rc;
}

/* ---- settle and release ---- */

static int find_hold(bl_call *c, bl_hold_state **out) {
  bl_request_key request;
  int rc = bl_request_read(c, BL_ENTRY_HOLD, NULL, &request);

  if (rc) return rc;
  if (request.used.kind) return bl_request_hold(c, &request.used, out);
  return bl_fail(c->err, BILLING_NOTFOUND, "", "the key of billing_authorize",
                 "there is no hold %t", &c->in.key);
}

/* Refused when the event costs more than the hold set aside. */
static int check_above(bl_call *c, const bl_hold_state *hold,
                       const billing_receipt *receipt, uint32_t above) {
  bl_dec reserved = hold->overdraft;

  if (above != BILLING_SETTLE_REFUSE ||
      receipt->status != BILLING_STATUS_NEW)
    return BILLING_OK;
  for (size_t i = 0; i < hold->draw_count; i++)
    reserved = bl_dec_add(reserved, hold->draws[i].amount);
  if (bl_dec_cmp(receipt->cost, reserved) <= 0) return BILLING_OK;
  return bl_fail(c->err, BILLING_DENIED_ABOVE_HOLD, "",
                 "settle less, or allow more with `above`",
                 "it costs %d %s, the hold has %d", &receipt->cost,
                 receipt->asset, &reserved);
}

/* The event that settles: the hold's customer unless it names one. */
static int settling_event(bl_call *c, const bl_hold_state *hold,
                          const billing_event *event, billing_event *out) {
  int rc = bl_copy_in(out, sizeof *out, event, sizeof *out,
                      BILLING_EVENT_VALUE);

  if (rc)
    return bl_fail(c->err, rc, "", "set it up with BILLING_INIT",
                   "the billing_event cannot be used");
  rc = bl_check_texts(c->err, &out->key, &out->customer, &out->event,
                      &out->properties, NULL);
  if (rc) return rc;
  if (!out->customer.len) out->customer = hold->customer->id;
  if (bl_str_equal(out->customer, hold->customer->id)) return BILLING_OK;
  return bl_fail(c->err, BILLING_INVALID, "/customer",
                 "the hold's customer, or none",
                 "the hold belongs to another customer");
}

/*
 * What falls due before the event happens first, so that the hold's end and
 * the event's entry stand one after the other and the one can name the other.
 */
static int prepare_settling(bl_call *c, const billing_event *event) {
  bl_members members;
  bl_event_in in;
  int rc;

  bl_members_open(&members, &c->arena);
  rc = bl_event_read(c, event, 1, &in, &members);
  return rc ? rc : bl_rate_prepare(c, in.customer, in.view.time_us);
}

/* A hold that is open, or one that expired, or a repeat of its settlement;
 * known is the number of the event that has the key. */
static int check_settling(bl_call *c, const bl_hold_state *hold,
                          uint64_t known) {
  int is_repeat = known && known == hold->event;

  if (hold->status == BILLING_HOLD_RELEASED ||
      (hold->status == BILLING_HOLD_SETTLED && !is_repeat))
    return bl_fail(c->err, BILLING_CONFLICT_ENDED, "",
                   "record the event by itself",
                   "the hold was settled or released before");
  if (hold->status == BILLING_HOLD_OPEN && hold->expires_us > c->now_us &&
      known)
    return bl_fail(c->err, BILLING_CONFLICT_KEY, "/key",
                   "a key of its own for the event, or release the hold",
                   "the event was recorded before, without this hold");
  return BILLING_OK;
}

/* Ends the hold in favour of the event whose entry comes next. */
static int end_for_event(bl_call *c, bl_hold_state *hold,
                         const billing_event *event) {
  int rc = prepare_settling(c, event);

  if (!rc) rc = bl_expire_holds(c, hold->customer);
  if (!rc) rc = bl_append_opened(c);   /* the next two stand side by side */
  return rc ? rc : bl_end_hold(c, hold, BILLING_HOLD_SETTLED,
                               bl_event_number(c->t->heads.seq + 2, 0));
}

/*
 * The hold ends first, so that its lots are free to be drawn; then the event
 * is recorded with those lots first.  A refused event leaves the hold: the
 * call fails and is undone.
 */
static int settle(bl_call *c, const billing_event *event, uint32_t above,
                  billing_receipt *out) {
  bl_draw_rule rule = {NULL, above == BILLING_SETTLE_CAP, 0};
  billing_event own;
  const billing_event *one = &own;
  bl_hold_state *hold;
  bl_recording r = {0};
  uint64_t known = 0;
  int was_open;
  int rc = find_hold(c, &hold);

  if (!rc) rc = settling_event(c, hold, event, &own);
  if (!rc) rc = bl_keys_number(c, own.key, &known);
  if (!rc) rc = check_settling(c, hold, known);
  if (rc) return rc;
  was_open = hold->status == BILLING_HOLD_OPEN &&
             hold->expires_us > c->now_us;
  if (was_open) rc = end_for_event(c, hold, &own);
  rule.hold = hold;
  r.kept = &c->arena;
  if (!rc)
    rc = bl_record_batch(c, &one, NULL, 1, was_open ? &rule : NULL, &r);
  if (rc) return rc;
  *out = r.receipts[0];
  if (out->code) return out->code;
  if (was_open && out->number != hold->event) return BILLING_INTERNAL;
  return was_open ? check_above(c, hold, out, above) : BILLING_OK;
}

int billing_settle(billing *b, const billing_call *call,
                   const billing_event *event, uint32_t above,
                   billing_receipt *receipt, billing_error *err) {
  billing_receipt found = {0};
  bl_call c;
  int rc = bl_enter(&c, b, call, BL_SHARE, err);

  if (rc) return rc;
  if (above > BILLING_SETTLE_CAP)
    rc = bl_fail(err, BILLING_MISUSE, "", "BILLING_SETTLE_*",
                 "`above` is not known");
  if (!rc && receipt && bl_can_fill(receipt, sizeof *receipt))
    rc = bl_fail(err, BILLING_MISUSE, "", "set it up with BILLING_INIT",
                 "the billing_receipt cannot be filled");
  if (!rc) rc = settle(&c, event, above, &found);
  rc = bl_leave(&c, rc);
  if (!rc && receipt) bl_fill(receipt, &found, sizeof found);
  return rc;
}

static int release(bl_call *c) {
  bl_hold_state *hold;
  int rc = find_hold(c, &hold);

  if (rc) return rc;
  if (hold->status == BILLING_HOLD_SETTLED)
    return bl_fail(c->err, BILLING_CONFLICT_ENDED, "",
                   "a settled hold has nothing to give back",
                   "the hold was settled before");
  if (hold->status != BILLING_HOLD_OPEN) return BILLING_OK;
  return bl_end_hold(c, hold, hold->expires_us <= c->now_us
                                  ? BILLING_HOLD_EXPIRED
                                  : BILLING_HOLD_RELEASED, 0);
}

int billing_release(billing *b, const billing_call *call,
                    billing_error *err) {
  bl_call c;
  int rc = bl_enter(&c, b, call, BL_SHARE, err);

  return rc ? rc : bl_leave(&c, release(&c));
}

#undef HOLD_DEFAULT_US
