/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * evaluate_rebill.c - run after run: what should be billed by a moment, less
 * what was, and credit for what was billed too much.
 *
 *     {"kernel":"rebill","steps":[
 *      {"events":[{"id":"s","at":"2011-04-05","rate":"12","day":5,
 *                  "every":"P1M","term":"advance"}],"at":"2011-04-05"},
 *      {"events":[{"id":"s","at":"2011-04-29","every":"P1M"}],
 *       "at":"2011-04-29"}]}
 *     -> {"runs":[{"total":"12","due":"12", ..},
 *                 {"total":"-2.4","due":"0","balance":"2.4", ..}]}
 *
 * An event says what a service costs from then on; without a rate it ends.
 */
#include "engine/evaluate_repair.h"

#include "base/sort.h"
#include "engine/evaluate_terms.h"
#include "invoice/invoice.h"

/* ---- the request ---- */

static const char *const rebill_words[] = {"arrears", "advance", NULL};
static const char *const rebill_stubs[] = {"cycle", "straight", NULL};

typedef struct rebill_event {
  bl_str       id;
  bl_str       plan;
  bl_dec       rate;           /* the bad value: it ends */
  bl_duration  every;
  bl_ask_clock at;
  int32_t      day;
  uint32_t     term;
} rebill_event;

typedef struct rebill_adjust {
  bl_dec   amount;
  int32_t  item;               /* from 1, in order of creation */
  uint32_t to_credit;
} rebill_adjust;

typedef struct rebill_step {
  const bl_json *events;
  const bl_json *adjust;
  bl_ask_clock   at;
} rebill_step;

#define REBILL_AT(member) offsetof(rebill_event, member)
static const bl_field rebill_event_fields[] = {
  {.name = "id", .read = bl_value_id, .needed = BL_ALWAYS,
   .at = REBILL_AT(id)},
  {.name = "plan", .read = bl_value_label, .high = 200,
   .at = REBILL_AT(plan)},
  {.name = "rate", .read = bl_ask_dec, .at = REBILL_AT(rate)},
  {.name = "every", .read = bl_ask_duration, .low = 1, .needed = BL_ALWAYS,
   .at = REBILL_AT(every)},
  {.name = "at", .read = bl_ask_wall, .needed = BL_ALWAYS,
   .at = REBILL_AT(at)},
  {.name = "day", .read = bl_value_whole, .low = 1, .high = 31,
   .at = REBILL_AT(day)},
  {.name = "term", .read = bl_value_choice, .words = rebill_words,
   .at = REBILL_AT(term)},
};
#undef REBILL_AT
static const bl_field rebill_adjust_fields[] = {
  {.name = "item", .read = bl_value_whole, .low = 1, .high = BL_ASK_MOST,
   .needed = BL_ALWAYS, .at = offsetof(rebill_adjust, item)},
  {.name = "amount", .read = bl_ask_dec, .needed = BL_ALWAYS,
   .at = offsetof(rebill_adjust, amount)},
  {.name = "to_credit", .read = bl_value_truth,
   .at = offsetof(rebill_adjust, to_credit)},
};
static const bl_field rebill_step_fields[] = {
  {.name = "events", .read = bl_ask_list,
   .at = offsetof(rebill_step, events)},
  {.name = "adjust", .read = bl_ask_list,
   .at = offsetof(rebill_step, adjust)},
  {.name = "at", .read = bl_ask_wall, .at = offsetof(rebill_step, at)},
};

static const bl_shape rebill_event_shape = {
  "an event", rebill_event_fields, BL_COUNT(rebill_event_fields)
};
static const bl_shape rebill_adjust_shape = {
  "an adjustment", rebill_adjust_fields, BL_COUNT(rebill_adjust_fields)
};
static const bl_shape rebill_step_shape = {
  "a step", rebill_step_fields, BL_COUNT(rebill_step_fields)
};

/* ---- what is known ---- */

typedef struct rebill_state {
  bl_mend       mend;
  uint32_t      flags;         /* of bl_due_at */
  uint32_t      reserved;
  rebill_event *event;         /* by id, then by time */
  int64_t      *event_us;
  size_t        event_count;
  bl_billed    *item;
  bl_dec       *left;          /* what each may still lose */
  bl_str       *owner;
  size_t        item_count;
  bl_dec        balance;       /* credit */
} rebill_state;

/* Puts an event behind those of its service that are not later. */
static void rebill_insert(rebill_state *s, const rebill_event *event) {
  int64_t us = bl_ask_instant(&event->at, s->mend.zone);
  size_t i = s->event_count++;

  for (; i > 0; i--) {
    int order = bl_str_order(s->event[i - 1].id, event->id);

    if (order < 0 || (order == 0 && s->event_us[i - 1] <= us)) break;
    s->event[i] = s->event[i - 1];
    s->event_us[i] = s->event_us[i - 1];
  }
  s->event[i] = *event;
  s->event_us[i] = us;
}

static int rebill_events(rebill_state *s, const bl_reader *at,
                         const rebill_step *step) {
  static const rebill_event start = {.rate = {0, INT64_MIN}};
  bl_reader above = bl_reader_member(at, "events");
  rebill_event *events = NULL;
  size_t count = 0;
  int rc = bl_ask_items(s->mend.ask, &above, step->events,
                        &rebill_event_shape, &start, sizeof start, &events,
                        &count);

  if (!rc && s->event_count + count > BL_MEND_MOST)
    rc = bl_reader_fail(&above, BILLING_LIMIT, "1000",
                        "there are too many events");
  for (size_t i = 0; i < count && !rc; i++) rebill_insert(s, &events[i]);
  return rc;
}

static int rebill_adjusts(rebill_state *s, const bl_reader *at,
                          const rebill_step *step) {
  static const rebill_adjust start = {.to_credit = 1};
  bl_reader above = bl_reader_member(at, "adjust");
  rebill_adjust *list = NULL;
  size_t count = 0;
  int rc = bl_ask_items(s->mend.ask, &above, step->adjust,
                        &rebill_adjust_shape, &start, sizeof start, &list,
                        &count);

  for (size_t i = 0; i < count && !rc; i++) {
    bl_reader item = bl_reader_item(&above, i);
    size_t n = (size_t)list[i].item - 1;

    if (n >= s->item_count)
      return bl_reader_fail(&item, BILLING_INVALID, NULL,
                            "there is no such item yet");
    s->left[n] = bl_dec_sub(s->left[n], list[i].amount);
    if (list[i].to_credit)
      s->balance = bl_dec_add(s->balance, list[i].amount);
  }
  return rc;
}

/* ---- what should be billed ---- */

typedef struct rebill_list {
  bl_billed *item;
  size_t     count;
} rebill_list;

static int rebill_full(const rebill_state *s) {
  return bl_reader_fail(&s->mend.ask->top, BILLING_LIMIT, "1000",
                        "there are too many items");
}

/* The pieces of one event, up to the next one of its service. */
static int rebill_event_pieces(const rebill_state *s, size_t e, int64_t at_us,
                               rebill_list *out) {
  const rebill_event *event = &s->event[e];
  int has_next = e + 1 < s->event_count &&
                 bl_str_equal(s->event[e + 1].id, event->id);
  bl_span service = {s->event_us[e],
                     has_next ? s->event_us[e + 1] : INT64_MAX};
  bl_cycle c = bl_cycle_of(s->mend.zone, service.from_us, &event->every);
  uint32_t flags = s->flags | (event->term ? BL_DUE_ADVANCE : 0);
  bl_period piece, before;
  bl_due due;

  if (event->day) bl_cycle_on_day(&c, event->day);
  bl_due_at(&c, service, at_us, flags, &due);
  for (int more = bl_due_next(&c, service, &due, flags, NULL, &piece); more;
       more = bl_due_next(&c, service, &due, flags, &before, &piece)) {
    bl_billed whole = {.span = piece.full, .amount = event->rate};

    if (out->count == BL_MEND_MOST) return rebill_full(s);
    out->item[out->count++] = (bl_billed){
      .span = piece.span,
      .amount = bl_mend_share(&s->mend, &whole, piece.span),
      .rate = event->rate, .plan = event->plan};
    before = piece;
  }
  return BILLING_OK;
}

/* ---- a run ---- */

static void rebill_put_line(const rebill_state *s, bl_json *list, bl_str id,
                            size_t item, const bl_mend_line *line) {
  bl_json *node = bl_json_object(list, NULL);

  (void)bl_json_add_text(node, "id", id);
  (void)bl_json_add_c(node, "type", line->is_repair ? "repair" : "charge");
  (void)bl_json_add_int(node, "item", (int64_t)item + 1);
  bl_mend_put_span(node, line->span);
  bl_ask_put(s->mend.ask, node, "amount", line->amount);
}

/* Books the lines of a service: charges are new items. */
static int rebill_book(rebill_state *s, bl_str id, const rebill_list *proposed,
                       const bl_mend_line *lines, size_t count,
                       const size_t *place, bl_json *list, bl_dec *total) {
  for (size_t i = 0; i < count; i++) {
    const bl_mend_line *line = &lines[i];
    size_t n = line->is_repair ? place[line->item] : s->item_count;
    int rc = BILLING_OK;

    if (!line->is_repair) {
      if (n == BL_MEND_MOST) return rebill_full(s);
      s->item[n] = proposed->item[line->item];
      s->item[n].span = line->span;
      s->item[n].amount = s->left[n] = line->amount;
      s->owner[n] = id;
      s->item_count++;
      rc = bl_billed_open(&s->item[n], s->mend.ask->top.arena);
    }
    if (rc) return bl_reader_nomem(&s->mend.ask->top);
    rebill_put_line(s, list, id, n, line);
    *total = bl_dec_add(*total, line->amount);
  }
  return BILLING_OK;
}

/* The items of a service, by themselves, as they stand before the run; what
 * a run repairs is cut out of the items, what cancels is not. */
typedef struct rebill_own {
  bl_billed *item;
  bl_dec    *left;
  size_t    *place;
  size_t     count;
} rebill_own;

static int rebill_own_of(const rebill_state *s, bl_str id, rebill_own *own) {
  bl_arena *a = s->mend.ask->top.arena;
  int rc = BILLING_OK;

  own->count = 0;
  for (size_t i = 0; i < s->item_count && !rc; i++) {
    bl_billed *copy = &own->item[own->count], taken;

    if (!bl_str_equal(s->owner[i], id)) continue;
    *copy = taken = s->item[i];
    rc = bl_billed_open(&taken, a);
    for (const bl_rest *r = s->item[i].rest; r && !rc; r = r->next)
      rc = bl_billed_cut(&taken, r->span, a);
    if (!rc) rc = bl_billed_open(copy, a);
    for (const bl_rest *r = taken.rest; r && !rc; r = r->next)
      rc = bl_billed_cut(copy, r->span, a);
    own->left[own->count] = s->left[i];
    own->place[own->count++] = i;
  }
  return rc ? bl_reader_nomem(&s->mend.ask->top) : BILLING_OK;
}

static int rebill_own_room(const rebill_state *s, rebill_own *own,
                           rebill_list *proposed) {
  own->item = bl_ask_array(s->mend.ask, s->item_count, sizeof *own->item);
  own->left = bl_ask_array(s->mend.ask, s->item_count, sizeof *own->left);
  own->place = bl_ask_array(s->mend.ask, s->item_count, sizeof *own->place);
  proposed->item = bl_ask_array(s->mend.ask, BL_MEND_MOST,
                                sizeof *proposed->item);
  proposed->count = 0;
  return own->item && own->left && own->place && proposed->item
           ? BILLING_OK : bl_reader_nomem(&s->mend.ask->top);
}

/* One service: its events from `first` on, *next behind them. */
static int rebill_service(rebill_state *s, size_t first, int64_t at_us,
                          bl_json *list, bl_dec *total, size_t *next) {
  bl_str id = s->event[first].id;
  rebill_list proposed;
  rebill_own own = {0};
  bl_mend_line *lines = NULL;
  size_t count = 0, e = first;
  int rc = rebill_own_room(s, &own, &proposed);

  if (!rc) rc = rebill_own_of(s, id, &own);
  for (; e < s->event_count && bl_str_equal(s->event[e].id, id); e++)
    if (!rc && s->event_us[e] <= at_us && !bl_dec_is_bad(s->event[e].rate))
      rc = rebill_event_pieces(s, e, at_us, &proposed);
  *next = e;
  if (!rc)
    rc = bl_mend_merge(&s->mend, own.item, own.count, own.left,
                       proposed.item, proposed.count, &lines, &count);
  if (!rc && !lines)
    rc = bl_reader_fail(&s->mend.ask->top, BILLING_INVALID, NULL,
                        "a time of %t is billed twice", &id);
  for (size_t i = 0; i < count && !rc; i++)
    if (lines[i].is_repair)
      rc = bl_billed_cut(&s->item[own.place[lines[i].item]], lines[i].span,
                         s->mend.ask->top.arena);
  for (size_t i = 0; i < own.count && !rc; i++)
    s->left[own.place[i]] = own.left[i];
  if (!rc)
    rc = rebill_book(s, id, &proposed, lines, count, own.place, list, total);
  return rc;
}

/* What a run comes to, after credit: too much becomes credit, credit pays. */
static void rebill_put_total(rebill_state *s, bl_json *run, bl_dec total) {
  bl_dec change = bl_dec_neg(total);

  if (bl_dec_sign(total) > 0)
    change = bl_dec_neg(bl_dec_min(total, bl_dec_max(s->balance,
                                                     BL_DEC_ZERO)));
  s->balance = bl_dec_add(s->balance, change);
  bl_ask_put(s->mend.ask, run, "total", total);
  bl_ask_put(s->mend.ask, run, "credit", change);
  bl_ask_put(s->mend.ask, run, "balance", s->balance);
  bl_ask_put(s->mend.ask, run, "due",
             bl_dec_max(bl_dec_add(total, change), BL_DEC_ZERO));
}

static int rebill_run(rebill_state *s, int64_t at_us, bl_json *runs) {
  bl_json *run = bl_json_object(runs, NULL), *list;
  bl_dec total = BL_DEC_ZERO;
  size_t next = 0;
  int rc = BILLING_OK;

  (void)bl_json_add_time(run, "at", at_us);
  list = bl_json_array(run, "lines");
  while (next < s->event_count && !rc)
    rc = rebill_service(s, next, at_us, list, &total, &next);
  rebill_put_total(s, run, total);
  return rc;
}

/* ---- the kernel ---- */

typedef struct rebill_terms {
  const bl_json *steps;
  bl_str         zone;
  bl_mend        mend;
  uint32_t       is_straight;
  uint32_t       reserved;
} rebill_terms;

static int rebill_open(bl_ask *ask, const rebill_terms *terms,
                       rebill_state *s) {
  s->mend = terms->mend;
  s->flags = terms->is_straight ? BL_DUE_STRAIGHT : 0;
  s->event = bl_ask_array(ask, BL_MEND_MOST, sizeof *s->event);
  s->event_us = bl_ask_array(ask, BL_MEND_MOST, sizeof *s->event_us);
  s->item = bl_ask_array(ask, BL_MEND_MOST, sizeof *s->item);
  s->left = bl_ask_array(ask, BL_MEND_MOST, sizeof *s->left);
  s->owner = bl_ask_array(ask, BL_MEND_MOST, sizeof *s->owner);
  return s->event && s->event_us && s->item && s->left && s->owner
           ? BILLING_OK : bl_reader_nomem(&ask->top);
}

int bl_ask_rebill(bl_ask *ask) {
  static const bl_field fields[] = {
    BL_ASK_KERNEL,
    {.name = "steps", .read = bl_ask_list, .needed = BL_ALWAYS,
     .at = offsetof(rebill_terms, steps)},
    {.name = "zone", .read = bl_value_label, .high = 64,
     .at = offsetof(rebill_terms, zone)},
    {.name = "stub", .read = bl_value_choice, .words = rebill_stubs,
     .at = offsetof(rebill_terms, is_straight)},
    BL_MEND_FIELDS(rebill_terms, mend)
  };
  static const bl_shape shape = {"a request", fields, BL_COUNT(fields)};
  static const rebill_step start = {NULL, NULL, {0, 0, 0}};
  bl_reader above = bl_reader_member(&ask->top, "steps");
  rebill_terms terms = {.mend = {.ask = ask, .places = 2, .month_days = 30,
                                 .proration = BL_PRORATE_DAYS}};
  rebill_state s = {.balance = BL_DEC_ZERO};
  rebill_step *steps = NULL;
  bl_json *runs;
  size_t count = 0;
  int rc = bl_shape_read(&shape, &ask->top, ask->doc, 0, &terms);

  if (!rc) rc = bl_ask_zone(ask, terms.zone, &terms.mend.zone);
  if (!rc)
    rc = bl_ask_items(ask, &above, terms.steps, &rebill_step_shape, &start,
                      sizeof start, &steps, &count);
  if (!rc) rc = rebill_open(ask, &terms, &s);
  runs = bl_json_array(ask->out, "runs");
  for (size_t i = 0; i < count && !rc; i++) {
    bl_reader at = bl_reader_item(&above, i);

    rc = rebill_events(&s, &at, &steps[i]);
    if (!rc) rc = rebill_adjusts(&s, &at, &steps[i]);
    if (!rc && steps[i].at.is_given)
      rc = rebill_run(&s, bl_ask_instant(&steps[i].at, terms.mend.zone),
                      runs);
  }
  return rc;
}
