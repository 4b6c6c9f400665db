/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * record.c - a batch of events.
 *
 *     read      each event in the order given: its customer, its key's hash
 *     repeats   keys that were used before are answered from the journal
 *     order     what is left is put together by customer; a customer's events
 *               stay in the order given, so nothing else can tell
 *     prepare   holds end and periods open, as entries of their own
 *     decide    event by event: rate, fold, code, receipt; then one entry
 */
#include "engine/family.h"
#include "engine/load.h"
#include "engine/record.h"

#include "engine/caps.h"
#include "engine/keys.h"
#include "engine/limits.h"
#include "engine/parked.h"

/* While the batch is decided, c->err is about one event at a time. */
static int open_recording(bl_recording *r, bl_call *c, size_t count) {
  bl_arena *kept = r->kept;
  billing_error **words = r->words;
  uint32_t attaches = r->attaches, is_trial = r->is_trial;

  memset(r, 0, sizeof *r);
  r->kept = kept;
  r->words = words;
  r->attaches = attaches;
  r->is_trial = is_trial;
  r->c = c;
  r->count = count;
  r->first_refused = count;
  r->err = c->err;
  r->own.struct_size = sizeof r->own;
  c->err = &r->own;
  bl_error_start(c->err);
  bl_members_open(&r->members, &c->arena);
  bl_rater_open(&r->rater, c);
  r->rater.is_capped = 1;
  bl_arena_open(&r->seen.arena, &c->b->host);
  r->in = bl_arena_array_any(&c->arena, count + 1, sizeof *r->in);
  r->order = bl_arena_array(&c->arena, count + 1, sizeof *r->order);
  r->receipts = bl_arena_array_any(kept, count + 1, sizeof *r->receipts);
  return c->arena.failed || !r->receipts ? BILLING_NOMEM : BILLING_OK;
}

/* What ended the batch is said in the place of what was refused. */
static void close_recording(bl_recording *r, int rc) {
  bl_rater_close(&r->rater);
  bl_arena_close(&r->seen.arena);
  if (rc && rc != r->first_code) bl_error_start(r->err);
  if (r->own.code && r->err) *r->err = r->own;
  r->c->err = r->err;
}

/* The first refusal's words, with the event's place.  Events are not decided
 * strictly in order: the first is the one with the lowest place. */
static void keep_words(bl_recording *r, size_t at, int code) {
  bl_fail_code(&r->own, code);
  if (r->count > 1) r->own.item = (int64_t)at;
  if (r->words)
    r->words[at] = bl_arena_copy(r->kept, &r->own, sizeof r->own);
  if (at < r->first_refused) {
    r->first_refused = at;
    r->first_code = code;
    if (r->err) *r->err = r->own;
  }
  bl_error_start(&r->own);
}

static void note_refusal(bl_recording *r, size_t at, int code) {
  billing_receipt *receipt = &r->receipts[at];

  memset(receipt, 0, sizeof *receipt);
  receipt->struct_size = sizeof *receipt;
  receipt->status = BILLING_CODE(code) == BILLING_CONFLICT
                        ? BILLING_STATUS_CONFLICT : BILLING_STATUS_REFUSED;
  receipt->code = code;
  receipt->decided_us = r->c->now_us;
  r->in[at].code = code;
}

void bl_record_refuse(bl_recording *r, size_t at, int code) {
  note_refusal(r, at, code);
  keep_words(r, at, code);
}

/* What was no event already: the caller's err has the words of the first. */
static void refuse_unread(bl_recording *r, size_t at, int code) {
  note_refusal(r, at, code);
  if (at > r->first_refused) return;
  r->first_refused = at;
  r->first_code = code;
  if (r->err && r->count > 1) r->err->item = (int64_t)at;
}

/* What a single event may be refused for; anything else ends the call. */
static int is_refusal(int rc) {
  switch (BILLING_CODE(rc)) {
  case BILLING_INVALID: case BILLING_LIMIT: case BILLING_DENIED: return 1;
  default: return 0;
  }
}

/* ---- read ---- */

/* Customers who were not in memory come there together; of those whom nobody
 * knows any more the events are refused. */
static int load_batch(bl_recording *r) {
  size_t waiting = r->c->loads.count + r->c->loads.came_early;
  int rc = bl_customers_load(r->c);

  for (size_t i = 0; waiting && i < r->count && !rc; i++) {
    const bl_event_in *in = &r->in[i];
    if (in->code || !in->customer || !in->customer->is_erased) continue;
    bl_record_refuse(r, i, bl_customer_is_erased(r->c, "/customer"));
  }
  return rc;
}

static int read_batch(bl_recording *r, const billing_event *const *events,
                      const int32_t *codes) {
  int rc = BILLING_OK, loaded;
  size_t i;

  bl_customers_defer(r->c);
  for (i = 0; i < r->count && !rc; i++) {
    if (codes && codes[i]) {
      memset(&r->in[i], 0, sizeof r->in[i]);
      refuse_unread(r, i, codes[i]);
      continue;
    }
    rc = bl_event_check(r->c, events[i], 1, &r->in[i]);
    if (!rc && bl_parked_is_wanted(r, &r->in[i])) rc = bl_parked_add(r, i);
    else if (!rc && r->in[i].code) bl_record_refuse(r, i, r->in[i].code);
    else bl_keys_prefetch(r->c->t, r->in[i].key);
  }
  memset(&r->in[i], 0, (r->count - i) * sizeof *r->in);
  loaded = load_batch(r);
  return rc ? rc : loaded;
}

/* ---- order ---- */

/* Customers of one family draw from the same grants, so their events are one
 * customer's. */
static inline uint64_t order_key(const bl_recording *r, uint32_t at) {
  const bl_customer *customer = r->in[at].customer;

  return customer->parent ? bl_family_root(r->c->t, customer)
                          : customer->number;
}

/* One pass of a radix sort by eight bits of the customers' numbers. */
static void sort_pass(const bl_recording *r, const uint32_t *from,
                      uint32_t *to, size_t count, unsigned shift) {
  uint32_t start[257] = {0};

  for (size_t i = 0; i < count; i++)
    start[(order_key(r, from[i]) >> shift & 255) + 1]++;
  for (size_t i = 0; i < 256; i++) start[i + 1] += start[i];
  for (size_t i = 0; i < count; i++)
    to[start[order_key(r, from[i]) >> shift & 255]++] = from[i];
}

static int by_customer(bl_recording *r, size_t count) {
  uint32_t *to = bl_arena_array(&r->c->arena, count + 1, sizeof *to);
  uint64_t most = r->c->t->heads.customers;

  if (!to) return BILLING_NOMEM;
  for (unsigned shift = 0; shift < 64 && most >> shift; shift += 8) {
    uint32_t *from = r->order;
    sort_pass(r, from, to, count, shift);
    r->order = to;
    to = from;
  }
  return BILLING_OK;
}

/* The events that are left.  Which of two with one key comes first matters, so
 * then they stay in the order given, whatever their customers. */
static int order_batch(bl_recording *r, size_t *count) {
  int has_twins;
  int rc;

  *count = 0;
  for (size_t i = 0; i < r->count; i++)
    if (!r->in[i].code && !r->in[i].number) r->order[(*count)++] = (uint32_t)i;
  rc = bl_repeats_twins(r, *count, &has_twins);
  return rc || has_twins ? rc : by_customer(r, *count);
}

/* How many events lie between two steps of asking ahead. */
#define RECORD_AHEAD 4

/* The last step is for an event that comes soon, the first for one behind. */
static void ask_ahead(const bl_recording *r, size_t i, size_t count,
                      unsigned steps) {
  for (unsigned step = 0; step < steps; step++) {
    size_t at = i + RECORD_AHEAD * (steps - step);
    if (at < count) bl_rate_ahead(r->in[r->order[at]].customer, step);
  }
}

/* Where the key and the receipt of an event will be put. */
static void ask_places(const bl_recording *r, size_t at) {
  bl_key_tail_prefetch(&r->c->t->tail, r->in[at].key);
  bl_prefetch(&r->receipts[at]);
}

/* ---- prepare ---- */

/* What was parked was accepted when it came. */
static int accept_event(bl_recording *r, const bl_event_in *in) {
  return r->attaches || r->is_trial ? BILLING_OK
                                    : bl_event_accept(r->c, in);
}

/* An event that will be refused must not open a period. */
static int prepare_event(bl_recording *r, size_t at) {
  bl_event_in *in = &r->in[at];
  int rc;

  if (bl_rate_is_prepared(r->c, in->customer, in->view.time_us))
    return BILLING_OK;
  rc = accept_event(r, in);
  if (!rc) rc = bl_event_scan(r->c, in, &r->members);
  if (is_refusal(rc)) {
    bl_record_refuse(r, at, rc);
    return BILLING_OK;
  }
  if (!rc) rc = bl_expire_holds(r->c, in->customer);
  return rc ? rc : bl_rate_prepare(r->c, in->customer, in->view.time_us);
}

/* ---- decide ---- */

static int is_strictly_refused(bl_call *c, const bl_fact_event *fact) {
  int is_strict = (c->in.flags & BILLING_CALL_STRICT) != 0;

  if ((is_strict || c->t->terms.strict != BL_STRICT_NONE) &&
      fact->flags & BILLING_RECEIPT_UNMATCHED)
    return bl_fail(c->err, BILLING_DENIED_UNMATCHED, "/event",
                   "an event that a meter selects, or not strict",
                   "no meter wants this event");
  if (!is_strict) return BILLING_OK;
  if (fact->flags & BILLING_RECEIPT_UNPRICED)
    return bl_fail(c->err, BILLING_DENIED_UNPRICED, "/event",
                   "a price for the meter, or not strict",
                   "no price of the customer's contracts is for this event");
  if (fact->flags & BILLING_RECEIPT_UNENTITLED)
    return bl_fail(c->err, BILLING_DENIED_UNENTITLED, "/customer",
                   "a contract at the event's time, or not strict",
                   "the customer is not entitled at that time");
  return BILLING_OK;
}

int bl_rate_strictly(bl_rater *r, const bl_event_in *in,
                     const bl_draw_rule *rule, bl_fact_event *fact) {
  int rc = r->c->t->terms.strict == BL_STRICT_PROPERTIES
               ? bl_event_check_known(r->c, in) : BILLING_OK;

  if (!rc) rc = bl_rate(r, in, rule, fact);
  return rc ? rc : is_strictly_refused(r->c, fact);
}

static int fold_one(bl_recording *r, size_t at, bl_fact_event *fact) {
  bl_call *c = r->c;
  const bl_event_in *in = &r->in[at];
  uint64_t number = bl_event_number(c->fold.seq, r->writer.count);
  int rc = bl_fold_event(&c->fold, fact, r->rater.tallies, number);

  if (!rc) rc = bl_keys_add(c->t, in->key, number);
  if (rc) return rc;
  if (r->rule) bl_rate_used(r->rule, fact);
  if (bl_limits_count(c->t, in->customer))
    rc = bl_limits_event(c, in, fact, r->rater.tallies);
  if (!rc && in->customer->capped)
    rc = bl_caps_count(c, r->rater.draws.item, r->rater.draws.count);
  if (rc) return rc;
  fact->balance = bl_rate_balance(c, &r->rater);
  r->text.key = in->event->key;
  r->text.name = in->event->event;
  r->text.properties = in->event->properties;
  r->text.has_value = (in->event->flags & BILLING_EVENT_VALUE) != 0;
  r->text.value = in->event->value;
  bl_receipt_of_fact(fact, r->rater.tallies, number, c->now_us,
                     &r->receipts[at]);
  return bl_batch_add(&r->writer, fact, r->rater.tallies, &r->text,
                      &r->members);
}

static int decide_event(bl_recording *r, size_t at) {
  bl_event_in *in = &r->in[at];
  bl_fact_event fact;
  int rc;

  if (in->twin && bl_repeat_of_twin(r, at, &rc)) return rc;
  rc = accept_event(r, in);
  if (!rc) rc = bl_event_scan(r->c, in, &r->members);
  if (!rc) rc = bl_rate_strictly(&r->rater, in, r->rule, &fact);
  if (!rc && r->attaches) fact.flags |= BILLING_RECEIPT_PARKED;
  if (is_refusal(rc)) {
    bl_record_refuse(r, at, rc);
    return BILLING_OK;
  }
  return rc ? rc : fold_one(r, at, &fact);
}

static int append_events(bl_recording *r) {
  bl_str facts, properties;
  int rc;

  if (!r->writer.count) return BILLING_OK;
  rc = bl_batch_end(&r->writer, &facts, &properties);
  return rc ? rc : bl_append_parts(r->c, BL_ENTRY_EVENTS, facts, properties);
}

/* One that was refused refuses all, when that was asked for. */
static int need_all(const bl_recording *r) {
  return r->first_refused < r->count &&
                 r->c->in.flags & BILLING_CALL_ALL_OR_NOTHING
             ? r->first_code : BILLING_OK;
}

static int decide_batch(bl_recording *r) {
  size_t count;
  int rc = order_batch(r, &count);

  for (size_t i = 0; i < count && !rc; i++) {
    ask_ahead(r, i, count, BL_AHEAD_STEPS - 1);
    rc = prepare_event(r, r->order[i]);
  }
  if (rc) return rc;
  bl_entry_start(r->c);
  bl_batch_begin(&r->writer, r->c, r->c->now_us);
  for (size_t i = 0; i < count && !rc; i++) {
    ask_ahead(r, i, count, BL_AHEAD_STEPS);
    if (i + RECORD_AHEAD < count) ask_places(r, r->order[i + RECORD_AHEAD]);
    if (!r->in[r->order[i]].code) rc = decide_event(r, r->order[i]);
  }
  if (!rc) rc = need_all(r);
  if (!rc) rc = append_events(r);
  if (!rc) rc = bl_limits_append(r->c);
  if (!rc) rc = bl_parked_append(r);
  return rc ? rc : need_all(r);
}

int bl_record_batch(bl_call *c, const billing_event *const *events,
                    const int32_t *codes, size_t count,
                    const bl_draw_rule *rule, bl_recording *r) {
  int rc = open_recording(r, c, count);

  r->rule = rule;
  if (!rc) rc = read_batch(r, events, codes);
  if (!rc && !r->attaches && !r->is_trial) rc = bl_repeats_answer(r);
  if (!rc) rc = decide_batch(r);
  close_recording(r, rc);
  return rc;
}

#undef RECORD_AHEAD
