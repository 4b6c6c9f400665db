/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * hold_settle.c - a hold ends with what was really used.
 *
 *     balance 10.00, of it 4.00 held
 *     really used 2.50:                      draw 2.50, others see 7.50
 *
 * The hold ends first, so that its lots are free to be drawn; then the events
 * are recorded with those lots first.  A refused event leaves the hold: the
 * call fails and is undone.
 *
 *     really used 5.00, and no more is charged than was held:
 *                                            a gift of 1.00, drawn at once
 *
 * What the gift has to be is found by settling once in a trial; what another
 * call has moved since makes it begin again.
 */
#include "base/struct.h"
#include "engine/batch.h"
#include "engine/family.h"
#include "engine/grants.h"
#include "engine/hold_state.h"
#include "engine/keys.h"
#include "engine/record.h"
#include "engine/trial.h"

/* ---- what settling costs ---- */

/* The books of a wallet before it. */
typedef struct settle_books {
  bl_dec revenue;
  bl_dec unbilled;
} settle_books;

/* What is given so that an asset is charged no more than was held. */
typedef struct settle_gift {
  char     asset[16];
  bl_dec   amount;
  uint64_t grant;
} settle_gift;

typedef struct settling {
  billing                *b;      /* as billing_settle was called */
  const billing_call     *call;
  const billing_event    *given;
  const billing_receipt  *room;
  billing_error          *err;
  bl_call             *c;
  bl_hold_state       *hold;
  uint32_t             above;     /* BILLING_SETTLE_* */
  uint32_t             status;    /* of the hold before it */
  billing_event       *events;
  const billing_event **taken;
  size_t               count;
  settle_books        *before;    /* by the customer's wallets */
  size_t               before_count;
  settle_gift         *gifts;     /* of the caller's arena */
  size_t               gift_count;
  size_t               gift_cap;
  uint32_t             asks;      /* a trial: what gifts there must be */
  uint32_t             has_moved; /* others than the trial has said */
  bl_recording         recording;
} settling;

static int note_books(settling *s) {
  const bl_list *wallets = &s->hold->customer->wallets;

  s->before_count = wallets->count;
  s->before = bl_arena_array(&s->c->arena, wallets->count + 1,
                             sizeof *s->before);
  if (!s->before) return BILLING_NOMEM;
  for (size_t i = 0; i < wallets->count; i++) {
    const bl_wallet *wallet = wallets->item[i];
    s->before[i].revenue = wallet->balance[BL_ACCOUNT_REVENUE];
    s->before[i].unbilled = wallet->balance[BL_ACCOUNT_UNBILLED];
  }
  return BILLING_OK;
}

static bl_fact_held held_in(const bl_hold_state *hold, const char asset[16]) {
  bl_fact_held none = {{0}, BL_DEC_ZERO, BL_DEC_ZERO};

  for (size_t i = 0; i < hold->asset_count; i++)
    if (bl_asset_equal(hold->assets[i].asset, asset)) return hold->assets[i];
  return none;
}

static int refuse_above(settling *s, const bl_wallet *wallet, bl_dec cost,
                        bl_dec reserved) {
  return bl_fail(s->c->err, BILLING_DENIED_ABOVE_HOLD, "",
                 "settle less, or allow more with `above`",
                 "it costs %d %s, the hold has %d", &cost, wallet->asset,
                 &reserved);
}

/* What is owed beyond what the hold promised must fit into the overdraft,
 * beside what other holds have of it. */
static int check_owed(settling *s, const bl_wallet *wallet, bl_dec owed,
                      bl_dec promised) {
  const bl_contract *contract = bl_hold_backing(wallet->customer,
                                                wallet->asset, s->c->now_us);
  bl_dec limit = contract ? contract->terms.overdraft : BL_DEC_ZERO;
  bl_dec all = bl_dec_add(wallet->balance[BL_ACCOUNT_UNBILLED],
                          wallet->overdraft_held);

  if (bl_dec_cmp(owed, promised) <= 0 || bl_dec_cmp(all, limit) <= 0)
    return BILLING_OK;
  return bl_fail(s->c->err, BILLING_DENIED_ABOVE_HOLD, "",
                 "raise the overdraft, or allow more with `above`",
                 "%d %s would be owed, the overdraft is %d", &all,
                 wallet->asset, &limit);
}

static bl_dec gift_in(const settling *s, const char asset[16]) {
  for (size_t i = 0; i < s->gift_count; i++)
    if (bl_asset_equal(s->gifts[i].asset, asset)) return s->gifts[i].amount;
  return BL_DEC_ZERO;
}

/* The gift that it takes: noted in a trial, else what the trial has said. */
static int check_gift(settling *s, const bl_wallet *wallet, bl_dec amount) {
  settle_gift *gift;

  if (!s->asks) {
    s->has_moved |= !bl_dec_equal(amount, gift_in(s, wallet->asset));
    return s->has_moved ? BILLING_BUSY : BILLING_OK;
  }
  if (bl_dec_is_zero(amount)) return BILLING_OK;
  gift = bl_arena_push(s->recording.kept, (void **)&s->gifts, &s->gift_count,
                       &s->gift_cap, sizeof *gift);
  if (!gift) return BILLING_NOMEM;
  memcpy(gift->asset, wallet->asset, sizeof gift->asset);
  gift->amount = amount;
  s->gift_count++;
  return BILLING_OK;
}

static int check_wallet(settling *s, const bl_wallet *wallet,
                        const settle_books *before) {
  bl_fact_held held = held_in(s->hold, wallet->asset);
  bl_dec reserved = bl_dec_add(held.held, held.overdraft);
  bl_dec cost = bl_dec_sub(before->revenue,
                           wallet->balance[BL_ACCOUNT_REVENUE]);
  bl_dec owed = bl_dec_sub(wallet->balance[BL_ACCOUNT_UNBILLED],
                           before->unbilled);

  if (s->above == BILLING_SETTLE_REFUSE && bl_dec_less(reserved, cost))
    return refuse_above(s, wallet, cost, reserved);
  if (s->above == BILLING_SETTLE_CAP)
    return check_gift(s, wallet, bl_dec_max(bl_dec_sub(cost, reserved),
                                            BL_DEC_ZERO));
  return s->above == BILLING_SETTLE_OVERDRAFT
             ? check_owed(s, wallet, owed, held.overdraft) : BILLING_OK;
}

static int check_above(settling *s) {
  static const settle_books nothing;
  const bl_list *wallets = &s->hold->customer->wallets;
  int rc = BILLING_OK;

  for (size_t i = 0; i < wallets->count && !rc; i++)
    rc = check_wallet(s, wallets->item[i],
                      i < s->before_count ? &s->before[i] : &nothing);
  return rc;
}

/* ---- settle ---- */

/* The events that settle: the hold's customer unless they name it. */
static int settling_event(settling *s, billing_event *event) {
  const bl_hold_state *hold = s->hold;

  if (!event->customer.len) event->customer = hold->customer->id;
  if (bl_str_equal(event->customer, hold->customer->id)) return BILLING_OK;
  return bl_fail(s->c->err, BILLING_INVALID, "/customer",
                 "the hold's customer, or none",
                 "the hold belongs to another customer");
}

static int settling_events(settling *s, const billing_event *events) {
  bl_call *c = s->c;
  int rc = BILLING_OK;

  if (!s->count || s->count > BL_HOLD_ESTIMATES)
    return bl_fail(c->err, s->count ? BILLING_LIMIT : BILLING_MISUSE, "",
                   "1 to 100 events", "%i events for one hold",
                   (int64_t)s->count);
  rc = bl_events_take(c, events, s->count, &s->taken);
  if (rc) return rc;
  s->events = bl_arena_array(&c->arena, s->count, sizeof *s->events);
  if (!s->events) return BILLING_NOMEM;
  for (size_t i = 0; i < s->count && !rc; i++) {
    s->events[i] = *s->taken[i];
    s->taken[i] = &s->events[i];
    rc = settling_event(s, &s->events[i]);
  }
  return rc;
}

/* Whether so many events settled the hold: their entry has no others. */
static int settled_by_all(settling *s, int *out) {
  bl_arena *a = &s->c->arena;
  bl_batch batch;
  bl_entry entry;
  int rc = bl_journal_read(s->c, bl_event_seq(s->hold->event), a, &entry);

  if (!rc) rc = bl_batch_open(a, &entry, &batch);
  *out = !rc && batch.count == s->count;
  return rc;
}

/* How many of the events were recorded before, and whether all of them are
 * those that settled the hold; two of one key are none. */
static int look_back(settling *s, size_t *known, int *is_repeat) {
  int rc = BILLING_OK;

  *known = 0;
  *is_repeat = s->hold->event != 0;
  for (size_t i = 0; i < s->count && !rc; i++) {
    uint64_t number = 0;
    rc = bl_keys_number(s->c, s->events[i].key, &number);
    *known += number != 0;
    *is_repeat &= number == s->hold->event + i;
    for (size_t k = 0; k < i; k++)
      *known += bl_str_equal(s->events[i].key, s->events[k].key) &&
                s->events[i].key.len;
  }
  return rc || !*is_repeat ? rc : settled_by_all(s, is_repeat);
}

/* A hold that is open or unresolved, or a repeat of its settlement. */
static int check_settling(settling *s, int *is_repeat) {
  billing_error *err = s->c->err;
  size_t known;
  int rc = look_back(s, &known, is_repeat);

  if (rc || *is_repeat) return rc;
  if (s->status != BILLING_HOLD_OPEN && s->status != BILLING_HOLD_UNRESOLVED)
    return bl_fail(err, BILLING_CONFLICT_ENDED, "",
                   "record the event by itself",
                   "the hold was settled or released, or ended long ago");
  if (!known) return BILLING_OK;
  return bl_fail(err, BILLING_CONFLICT_KEY, "/key",
                 "a key of its own for the event, or release the hold",
                 "the event was recorded before, without this hold");
}

/*
 * What falls due before the events happens first, so that it is known where
 * their entry stands when the hold ends, and its end can name it.
 */
static int prepare_settling(settling *s) {
  bl_call *c = s->c;
  bl_members members;
  bl_event_in in;
  int rc = BILLING_OK;

  bl_members_open(&members, &c->arena);
  for (size_t i = 0; i < s->count && !rc; i++) {
    rc = bl_event_read(c, s->taken[i], 1, &in, &members);
    if (rc && s->count > 1 && c->err) c->err->item = (int64_t)i;
    if (!rc) rc = bl_rate_prepare(c, in.customer, in.view.time_us);
  }
  if (!rc) rc = bl_expire_holds(c, s->hold->customer);
  return rc ? rc : bl_append_opened(c);
}

/* Its lots are drawn first as long as it was open; then gifts. */
static int draw_rule(const settling *s, bl_draw_rule *out) {
  const bl_hold_state *hold = s->hold;
  size_t count = hold->draw_count + s->gift_count;

  *out = (bl_draw_rule){NULL, hold->draw_count,
                        s->above == BILLING_SETTLE_OWE ||
                            s->above == BILLING_SETTLE_CAP};
  if (!count) return BILLING_OK;
  out->reserved = bl_arena_array(&s->c->arena, count, sizeof *out->reserved);
  if (!out->reserved) return BILLING_NOMEM;
  if (hold->draw_count)
    memcpy(out->reserved, hold->draws,
           hold->draw_count * sizeof *out->reserved);
  return BILLING_OK;
}

/* In effect whenever the events were. */
static int give_gift(settling *s, settle_gift *gift) {
  bl_call *c = s->c;
  bl_fact_grant fact = {.number = c->t->heads.grants + 1,
                        .customer = s->hold->customer->number,
                        .amount = gift->amount,
                        .asset = bl_str_of(gift->asset),
                        .effective_us = BL_TIME_MIN,
                        .expires_us = BL_TIME_NEVER,
                        .origin = BILLING_ORIGIN_PROMOTIONAL,
                        .is_promotional = 1};
  bl_writer w;
  int rc = bl_fold_grant(bl_entry_start(c), &fact);

  gift->grant = fact.number;
  bl_writer_open(&w, c);
  bl_code_grant(&w.facts, &w.properties, &fact);
  return rc ? rc : bl_append(c, BL_ENTRY_GRANT, &w);
}

static int give_gifts(settling *s, bl_draw_rule *rule) {
  int rc = BILLING_OK;

  for (size_t i = 0; i < s->gift_count && !s->asks && !rc; i++) {
    rc = give_gift(s, &s->gifts[i]);
    rule->reserved[rule->count++] = (bl_draw){.grant = s->gifts[i].grant,
                                              .amount = s->gifts[i].amount};
  }
  return rc;
}

/* They have ended, so what a correction gives back to them is gone. */
static int end_gifts(settling *s) {
  int rc = BILLING_OK;

  for (size_t i = 0; i < s->gift_count && !s->asks && !rc; i++)
    rc = bl_grant_expire(s->c, bl_table_at(&s->c->t->by_grant,
                                           s->gifts[i].grant));
  return rc;
}

/* What the hold's end does to others of the family is an entry, too. */
static int64_t entries_beside(const settling *s) {
  return s->status == BILLING_HOLD_OPEN &&
         bl_family_holds(s->c->t, s->hold);
}

static int settle_now(settling *s) {
  bl_draw_rule rule;
  int was_open = s->status == BILLING_HOLD_OPEN;
  bl_recording *r = &s->recording;
  int rc = draw_rule(s, &rule);
  uint64_t first;

  if (!rc) rc = prepare_settling(s);
  if (!rc && was_open) rc = give_gifts(s, &rule);
  first = bl_event_number(s->c->t->heads.seq + 2 + entries_beside(s), 0);
  if (!rc) rc = bl_end_hold(s->c, s->hold, BILLING_HOLD_SETTLED, first);
  if (!rc) rc = note_books(s);
  if (!rc)
    rc = bl_record_batch(s->c, s->taken, NULL, s->count,
                         was_open ? &rule : NULL, r);
  for (size_t i = 0; i < s->count && !rc; i++) {
    rc = r->receipts[i].code;
    if (!rc && r->receipts[i].number != first + i)
      rc = BILLING_INTERNAL;
  }
  if (!rc && was_open) rc = check_above(s);
  return rc ? rc : end_gifts(s);
}

/* A repeat that says something else is refused as an event is. */
static int settle_again(settling *s) {
  int rc = bl_record_batch(s->c, s->taken, NULL, s->count, NULL,
                           &s->recording);

  for (size_t i = 0; i < s->count && !rc; i++)
    rc = s->recording.receipts[i].code;
  return rc;
}

static int settle(settling *s, const billing_event *events) {
  int is_repeat;
  int rc = bl_hold_find(s->c, &s->hold);

  if (rc) return rc;
  s->status = bl_hold_status(s->c, s->hold);
  rc = settling_events(s, events);
  if (!rc) rc = check_settling(s, &is_repeat);
  if (rc) return rc;
  return is_repeat ? settle_again(s) : settle_now(s);
}

/* Once, in a call of its own: a trial, or for good. */
static int settle_once(settling *s) {
  bl_trial trial;
  bl_call c;
  int rc = bl_enter(&c, s->b, s->call, s->asks ? BL_TRIAL : BL_SHARE, s->err);

  if (rc) return rc;
  s->c = &c;
  if (s->asks) bl_trial_open(&c, &trial);
  if (s->above > BILLING_SETTLE_CAP)
    rc = bl_fail(s->err, BILLING_MISUSE, "", "BILLING_SETTLE_*",
                 "`above` is not known");
  if (!rc) rc = bl_receipts_check(&c, s->room, s->count);
  if (!rc) rc = settle(s, s->given);
  if (s->has_moved)
    (void)bl_fail(s->err, rc, "", "try again",
                  "another call has moved what it costs");
  return bl_leave(&c, rc);
}

/* How often others may move the price between the trial and the call. */
#define SETTLE_TRIES 3

static int settle_no_more(settling *s) {
  int rc = BILLING_OK;

  for (int i = 0; i < SETTLE_TRIES && (!i || s->has_moved); i++) {
    s->gift_count = s->has_moved = 0;
    s->asks = 1;
    rc = settle_once(s);
    s->asks = 0;
    if (!rc) rc = settle_once(s);
    if (rc && !s->has_moved) return rc;
  }
  return rc;
}

int billing_settle(billing *b, const billing_call *call,
                   const billing_event *events, size_t count, uint32_t above,
                   billing_receipt *receipts, billing_error *err) {
  settling s = {.b = b, .call = call, .given = events, .room = receipts,
                .err = err, .above = above, .count = count};
  bl_arena kept;
  int rc = bl_error_start(err);

  if (rc) return rc;
  if (!b) return bl_fail(err, BILLING_MISUSE, "", NULL, "the handle is NULL");
  bl_arena_open(&kept, &b->host);
  s.recording.kept = &kept;
  rc = above == BILLING_SETTLE_CAP ? settle_no_more(&s) : settle_once(&s);
  if (!rc) bl_receipts_fill(receipts, s.recording.receipts, count);
  bl_arena_close(&kept);
  return rc;
}

#undef SETTLE_TRIES
