/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * evaluate_pieces.c - services cut into pieces, and what of one is due.
 *
 *     {"kernel":"pieces","until":"2026-03-01","spans":[{"id":"a",
 *      "from":"2026-01-10","to":"2026-02-10","anchor":"2026-01-31",
 *      "every":"P1M"}]}
 *     -> {"pieces":[{"id":"a","n":0,"from":"2026-01-10T00:00:00Z",
 *          "to":"2026-01-31T00:00:00Z","full_from":"2025-12-31T00:00:00Z",
 *          "full_to":"2026-01-31T00:00:00Z"}, ..]}
 *
 *     {"kernel":"due","start":"2012-07-16","at":"2012-07-16","day":15,
 *      "every":"P1M","term":"advance"}
 *     -> {"first":"2012-08-15T00:00:00Z","through":"2012-08-15T00:00:00Z", ..}
 */
#include "contract/contract.h"
#include "engine/evaluate.h"
#include "engine/evaluate_terms.h"

static const char *const piece_terms_words[] = {"arrears", "advance", NULL};

/* ---- pieces ---- */

typedef struct piece_span {
  bl_str       id;
  bl_ask_clock from;
  bl_ask_clock to;
  bl_ask_clock anchor;
  bl_duration  every;
  uint32_t     term;
  uint32_t     reserved;
} piece_span;

#define PIECE_AT(member) offsetof(piece_span, member)
static const bl_field piece_span_fields[] = {
  {.name = "id", .read = bl_value_label, .high = 200, .at = PIECE_AT(id)},
  {.name = "from", .read = bl_ask_wall, .needed = BL_ALWAYS,
   .at = PIECE_AT(from)},
  {.name = "to", .read = bl_ask_wall, .at = PIECE_AT(to)},
  {.name = "anchor", .read = bl_ask_wall, .at = PIECE_AT(anchor)},
  {.name = "every", .read = bl_ask_duration, .low = 1, .needed = BL_ALWAYS,
   .at = PIECE_AT(every)},
  {.name = "term", .read = bl_value_choice, .words = piece_terms_words,
   .at = PIECE_AT(term)},
};
#undef PIECE_AT

static const bl_shape piece_span_shape = {
  "a span", piece_span_fields, BL_COUNT(piece_span_fields)
};

typedef struct piece_terms {
  const bl_json *spans;
  bl_duration    billed;       /* the cadence of bills */
  bl_ask_clock   anchor;
  bl_ask_clock   from;         /* of the phase that bills are cut to */
  bl_ask_clock   to;
  bl_ask_clock   since;
  bl_ask_clock   until;
  bl_ask_clock   at;
  bl_str         zone;
  uint32_t       is_closed;
  uint32_t       reserved;
} piece_terms;

static const char *const piece_bounds[] = {"half_open", "closed", NULL};

#define PIECE_AT(member) offsetof(piece_terms, member)
static const bl_field piece_fields[] = {
  BL_ASK_KERNEL,
  {.name = "spans", .read = bl_ask_list, .needed = BL_ALWAYS,
   .at = PIECE_AT(spans)},
  {.name = "billed", .read = bl_ask_duration, .low = 1,
   .at = PIECE_AT(billed)},
  {.name = "anchor", .read = bl_ask_wall, .at = PIECE_AT(anchor)},
  {.name = "from", .read = bl_ask_wall, .at = PIECE_AT(from)},
  {.name = "to", .read = bl_ask_wall, .at = PIECE_AT(to)},
  {.name = "since", .read = bl_ask_wall, .at = PIECE_AT(since)},
  {.name = "until", .read = bl_ask_wall, .at = PIECE_AT(until)},
  {.name = "at", .read = bl_ask_wall, .at = PIECE_AT(at)},
  {.name = "bounds", .read = bl_value_choice, .words = piece_bounds,
   .at = PIECE_AT(is_closed)},
  {.name = "zone", .read = bl_value_label, .high = 64, .at = PIECE_AT(zone)},
};
#undef PIECE_AT

static const bl_shape piece_shape = {
  "a request", piece_fields, BL_COUNT(piece_fields)
};

/* What the walk over the pieces of all spans knows. */
typedef struct piece_walk {
  bl_ask            *ask;
  const piece_terms *terms;
  const bl_zone     *zone;
  bl_json           *list;
  bl_cycle           bills;    /* zone NULL: pieces are not billed */
  bl_span            phase;
  int64_t            since_us;
  int64_t            until_us;
  size_t             count;
} piece_walk;

static int64_t piece_clock(const bl_ask_clock *clock, const bl_zone *zone,
                           int64_t otherwise) {
  return clock->is_given ? bl_ask_instant(clock, zone) : otherwise;
}

/* The bill that a piece stands on: the cell of the cadence that holds its
 * beginning, within the phase. */
static bl_span piece_bill(const piece_walk *w, int64_t us) {
  int64_t n = bl_cycle_at(&w->bills, us);
  bl_span cell = {bl_cycle_from(&w->bills, n),
                  bl_cycle_from(&w->bills, n + 1)};

  return bl_span_cut(cell, w->phase);
}

static void piece_put(piece_walk *w, const piece_span *span, int64_t n,
                      const bl_period *piece) {
  bl_json *node = bl_json_object(w->list, NULL);

  if (span->id.len) (void)bl_json_add_text(node, "id", span->id);
  (void)bl_json_add_int(node, "n", n);
  (void)bl_json_add_time(node, "from", piece->span.from_us);
  (void)bl_json_add_time(node, "to", piece->span.to_us);
  (void)bl_json_add_time(node, "full_from", piece->full.from_us);
  (void)bl_json_add_time(node, "full_to", piece->full.to_us);
  if (w->bills.zone) {
    bl_span bill = piece_bill(w, piece->span.from_us);
    (void)bl_json_add_time(node, "bill_from", bill.from_us);
    (void)bl_json_add_time(node, "bill_to", bill.to_us);
  }
}

/* Whether a piece is listed; later ones are not when it is not. */
static int piece_is_in(const piece_walk *w, const piece_span *span,
                       bl_span piece) {
  bl_span bill;

  if (!w->bills.zone)
    return w->terms->is_closed ? piece.from_us <= w->until_us
                               : piece.from_us < w->until_us;
  bill = piece_bill(w, piece.from_us);
  if (span->term) return bill.from_us <= w->until_us;
  return piece.to_us <= w->until_us && bill.to_us <= w->until_us;
}

static bl_cycle piece_cycle(const piece_walk *w, const piece_span *span,
                            bl_span *service) {
  service->from_us = bl_ask_instant(&span->from, w->zone);
  service->to_us = piece_clock(&span->to, w->zone, INT64_MAX);
  return bl_cycle_of(w->zone, piece_clock(&span->anchor, w->zone,
                                          service->from_us), &span->every);
}

static int piece_walk_span(piece_walk *w, const piece_span *span) {
  bl_span service;
  bl_cycle c = piece_cycle(w, span, &service);
  int64_t from;

  service = bl_span_cut(service, w->phase);
  from = service.from_us;
  for (int64_t n = 0; from < service.to_us; n++) {
    int64_t cell = bl_cycle_at(&c, from);
    bl_period piece;

    piece.full = (bl_span){bl_cycle_from(&c, cell),
                           bl_cycle_from(&c, cell + 1)};
    piece.span = bl_span_cut(piece.full, service);
    if (!piece_is_in(w, span, piece.span)) break;
    if (++w->count > BL_ASK_MOST)
      return bl_reader_fail(&w->ask->top, BILLING_LIMIT, NULL,
                            "there are more than 10000 pieces");
    if (from >= w->since_us) piece_put(w, span, n, &piece);
    from = piece.span.to_us;
  }
  return BILLING_OK;
}

/* The piece that holds a moment; the first one when it is before all. */
static int piece_at(piece_walk *w, const piece_span *spans, size_t count) {
  int64_t us = bl_ask_instant(&w->terms->at, w->zone);
  const piece_span *span = count ? &spans[0] : NULL;
  bl_span service, cell;
  bl_cycle c;
  int64_t n;

  for (size_t i = 1; i < count; i++)
    if (bl_ask_instant(&spans[i].from, w->zone) <= us) span = &spans[i];
  if (!span) return BILLING_OK;
  c = piece_cycle(w, span, &service);
  if (us < service.from_us) us = service.from_us;
  n = bl_cycle_at(&c, us);
  cell = bl_span_cut((bl_span){bl_cycle_from(&c, n),
                               bl_cycle_from(&c, n + 1)}, service);
  (void)bl_json_add_time(w->ask->out, "from", cell.from_us);
  (void)bl_json_add_time(w->ask->out, "to", cell.to_us);
  return BILLING_OK;
}

int bl_ask_pieces(bl_ask *ask) {
  static const piece_span start = {.id = {NULL, 0}};
  bl_reader above = bl_reader_member(&ask->top, "spans");
  bl_reader until = bl_reader_member(&ask->top, "until");
  piece_terms terms = {.spans = NULL};
  piece_walk w = {.ask = ask, .terms = &terms};
  piece_span *spans = NULL;
  size_t count = 0;
  int rc = bl_shape_read(&piece_shape, &ask->top, ask->doc, 0, &terms);

  if (!rc) rc = bl_ask_zone(ask, terms.zone, &w.zone);
  if (!rc)
    rc = bl_ask_items(ask, &above, terms.spans, &piece_span_shape, &start,
                      sizeof start, &spans, &count);
  if (rc) return rc;
  if (terms.at.is_given) return piece_at(&w, spans, count);
  if (!terms.until.is_given)
    return bl_reader_fail(&until, BILLING_INVALID, "or at, for one piece",
                          "a list of pieces needs an end");
  w.since_us = piece_clock(&terms.since, w.zone, INT64_MIN);
  w.until_us = bl_ask_instant(&terms.until, w.zone);
  w.phase.from_us = piece_clock(&terms.from, w.zone, INT64_MIN);
  w.phase.to_us = piece_clock(&terms.to, w.zone, INT64_MAX);
  if (bl_duration_divides(&terms.billed, &terms.billed))
    w.bills = bl_cycle_of(w.zone, bl_ask_instant(&terms.anchor, w.zone),
                          &terms.billed);
  w.list = bl_json_array(ask->out, "pieces");
  for (size_t i = 0; i < count && !rc; i++)
    rc = piece_walk_span(&w, &spans[i]);
  return rc;
}

/* ---- due ---- */

typedef struct owed_terms {
  bl_ask_clock start;
  bl_ask_clock end;
  bl_ask_clock at;
  bl_duration  every;
  bl_str       zone;
  int32_t      day;
  int32_t      month_days;
  uint32_t     term;
  uint32_t     is_greedy;
  uint32_t     is_straight;
  uint32_t     proration;
  uint32_t     may_be_early;
  uint32_t     reserved;
} owed_terms;

static const char *const owed_early[] = {"refuse", "allow", NULL};
static const char *const owed_stubs[] = {"cycle", "straight", NULL};

#define OWED_AT(member) offsetof(owed_terms, member)
static const bl_field owed_fields[] = {
  BL_ASK_KERNEL,
  {.name = "start", .read = bl_ask_wall, .needed = BL_ALWAYS,
   .at = OWED_AT(start)},
  {.name = "end", .read = bl_ask_wall, .at = OWED_AT(end)},
  {.name = "at", .read = bl_ask_wall, .needed = BL_ALWAYS, .at = OWED_AT(at)},
  {.name = "every", .read = bl_ask_duration, .low = 1, .needed = BL_ALWAYS,
   .at = OWED_AT(every)},
  {.name = "zone", .read = bl_value_label, .high = 64, .at = OWED_AT(zone)},
  {.name = "day", .read = bl_value_whole, .low = 1, .high = 31,
   .at = OWED_AT(day)},
  {.name = "term", .read = bl_value_choice, .words = piece_terms_words,
   .at = OWED_AT(term)},
  {.name = "greedy", .read = bl_value_truth, .at = OWED_AT(is_greedy)},
  {.name = "early", .read = bl_value_choice, .words = owed_early,
   .at = OWED_AT(may_be_early)},
  {.name = "stub", .read = bl_value_choice, .words = owed_stubs,
   .at = OWED_AT(is_straight)},
  {.name = "proration", .read = bl_value_choice, .words = bl_prorate_words,
   .at = OWED_AT(proration)},
  {.name = "month_days", .read = bl_value_whole, .low = 1, .high = 31,
   .at = OWED_AT(month_days)},
};
#undef OWED_AT

static const bl_shape owed_shape = {
  "a request", owed_fields, BL_COUNT(owed_fields)
};

static void owed_put_time(bl_ask *ask, const char *name, int64_t us) {
  if (us > INT64_MIN) (void)bl_json_add_time(ask->out, name, us);
  else (void)bl_json_add_null(ask->out, name);
}

static int owed_pieces(bl_ask *ask, const owed_terms *terms,
                       const bl_cycle *c, bl_span service, uint32_t flags) {
  bl_json *list = bl_json_array(ask->out, "pieces");
  bl_dec total = BL_DEC_ZERO;
  bl_period piece, before;
  bl_due due;
  int more;

  bl_due_at(c, service, bl_ask_instant(&terms->at, c->zone), flags, &due);
  owed_put_time(ask, "first", due.first_us);
  owed_put_time(ask, "through", due.through_us);
  owed_put_time(ask, "last", due.last_us);
  owed_put_time(ask, "next", due.next_us);
  (void)bl_json_add_bool(ask->out, "due", due.is_due);
  more = bl_due_next(c, service, &due, flags, NULL, &piece);
  for (int i = 0; more && i < BL_ASK_MOST; i++) {
    int64_t numerator, denominator;
    bl_dec share;
    bl_json *node;

    bl_share(terms->proration, terms->month_days, piece.span, piece.full,
             c->zone, &numerator, &denominator);
    share = bl_share_round(numerator, denominator, 9);
    before = piece;
    total = bl_dec_add(total, share);
    if (numerator) {
      node = bl_json_object(list, NULL);
      (void)bl_json_add_time(node, "from", piece.span.from_us);
      (void)bl_json_add_time(node, "to", piece.span.to_us);
      bl_ask_put(ask, node, "share", share);
      (void)bl_json_add_int(node, "numerator", numerator);
      (void)bl_json_add_int(node, "denominator", denominator);
    }
    more = bl_due_next(c, service, &due, flags, &before, &piece);
  }
  bl_ask_put(ask, ask->out, "total", total);
  return more ? bl_reader_fail(&ask->top, BILLING_LIMIT, NULL,
                               "there are more than 10000 pieces")
              : BILLING_OK;
}

int bl_ask_due(bl_ask *ask) {
  bl_reader end = bl_reader_member(&ask->top, "end");
  bl_reader at = bl_reader_member(&ask->top, "at");
  owed_terms terms = {.month_days = 30};
  const bl_zone *zone = NULL;
  bl_span service;
  bl_cycle c;
  uint32_t flags;
  int rc = bl_shape_read(&owed_shape, &ask->top, ask->doc, 0, &terms);

  if (!rc) rc = bl_ask_zone(ask, terms.zone, &zone);
  if (rc) return rc;
  service.from_us = bl_ask_instant(&terms.start, zone);
  service.to_us = piece_clock(&terms.end, zone, INT64_MAX);
  if (service.to_us < service.from_us)
    return bl_reader_fail(&end, BILLING_INVALID, "start, or later",
                          "a service ends before it starts");
  if (bl_ask_instant(&terms.at, zone) < service.from_us &&
      !terms.may_be_early)
    return bl_reader_fail(&at, BILLING_INVALID, "start, or later",
                          "nothing is due before the start");
  c = bl_cycle_of(zone, service.from_us, &terms.every);
  if (terms.day) bl_cycle_on_day(&c, terms.day);
  flags = (terms.term ? BL_DUE_ADVANCE : 0) |
          (terms.is_greedy ? BL_DUE_GREEDY : 0) |
          (terms.is_straight ? BL_DUE_STRAIGHT : 0);
  return owed_pieces(ask, &terms, &c, service, flags);
}
