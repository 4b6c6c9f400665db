/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* events.c - record, record_text, quote, draws: what the caller gives and
 * gets; record.c decides. */
#include "base/limit.h"
#include "base/struct.h"
#include "engine/cursor.h"
#include "engine/record.h"

#define RECORD_FLAGS \
  (BILLING_CALL_STEP | BILLING_CALL_STRICT | BILLING_CALL_ALL_OR_NOTHING)

/* ---- arrays of the caller ---- */

/* An event as the caller has it, or a copy when its struct is not ours. */
static int take_event(bl_call *c, const unsigned char *at, uint32_t size,
                      const billing_event **out) {
  const billing_event *event = (const billing_event *)(const void *)at;
  billing_event *copy;
  int rc = BILLING_OK;

  *out = event;
  if (size == sizeof *event)
    return event->flags & ~BILLING_EVENT_VALUE ? BILLING_UNSUPPORTED : rc;
  copy = bl_arena_take(&c->arena, sizeof *copy);
  if (!copy) return BILLING_NOMEM;
  *out = copy;
  return bl_copy_in(copy, sizeof *copy, at, sizeof *copy, BILLING_EVENT_VALUE);
}

/* Text, or nothing: an address that is missing needs the length 0. */
static int has_texts(const billing_event *e) {
  return (e->key.text || !e->key.len) &&
         (e->customer.text || !e->customer.len) &&
         (e->event.text || !e->event.len) &&
         (e->properties.text || !e->properties.len);
}

int bl_events_take(bl_call *c, const billing_event *events, size_t count,
                   const billing_event ***out) {
  const unsigned char *at = (const unsigned char *)events;
  uint32_t stride, own;
  int rc = BILLING_OK;

  *out = bl_arena_array(&c->arena, count + 1, sizeof **out);
  if (!*out) return BILLING_NOMEM;
  if (!count) return BILLING_OK;
  if (!events)
    return bl_fail(c->err, BILLING_MISUSE, "", NULL, "the events are NULL");
  memcpy(&stride, at, sizeof stride);
  for (size_t i = 0; i < count && !rc; i++, at += stride) {
    memcpy(&own, at, sizeof own);
    rc = own == stride ? take_event(c, at, stride, &(*out)[i])
                       : BILLING_MISUSE;
    if (rc)
      bl_fail(c->err, rc, "", "set up every element with BILLING_INIT",
              "the billing_event at %i cannot be used", (int64_t)i);
    else if (!has_texts((*out)[i]))
      rc = bl_fail(c->err, BILLING_MISUSE, "", "an address, or the length 0",
                   "a text is NULL and has a length");
  }
  return rc;
}

int bl_receipts_check(bl_call *c, const billing_receipt *receipts,
                      size_t count) {
  const unsigned char *at = (const unsigned char *)receipts;
  uint32_t stride, own;

  if (!receipts || !count) return BILLING_OK;
  memcpy(&stride, at, sizeof stride);
  for (size_t i = 0; i < count; i++) {
    memcpy(&own, at + i * stride, sizeof own);
    if (own != stride || bl_can_fill(at + i * stride, sizeof *receipts))
      return bl_fail(c->err, BILLING_MISUSE, "",
                     "set up every element with BILLING_INIT",
                     "the billing_receipt at %i cannot be filled", (int64_t)i);
  }
  return BILLING_OK;
}

void bl_receipts_fill(billing_receipt *receipts,
                      const billing_receipt *from, size_t count) {
  unsigned char *at = (unsigned char *)receipts;
  uint32_t stride;

  if (!receipts || !count) return;
  memcpy(&stride, at, sizeof stride);
  for (size_t i = 0; i < count; i++)
    bl_fill(at + i * stride, &from[i], sizeof from[i]);
}

static int check_batch(bl_call *c, size_t count) {
  if (count <= BL_LIMIT_BATCH) return BILLING_OK;
  return bl_fail(c->err, BILLING_LIMIT, "", "at most 10000 in one call",
                 "the batch has %i events", (int64_t)count);
}

/* Outputs are filled only when the commit has happened, so the receipts are
 * kept in an arena that outlives the call's. */
int billing_record(billing *b, const billing_call *call,
                   const billing_event *events, size_t count,
                   billing_receipt *receipts, billing_error *err) {
  const billing_event **taken;
  bl_recording r = {0};
  bl_arena kept;
  bl_call c;
  int rc = bl_enter_with(&c, b, call, BL_SHARE, RECORD_FLAGS, err);

  if (rc) return rc;
  bl_arena_open(&kept, &b->host);
  r.kept = &kept;
  rc = check_batch(&c, count);
  if (!rc) rc = bl_receipts_check(&c, receipts, count);
  if (!rc) rc = bl_events_take(&c, events, count, &taken);
  if (!rc) rc = bl_record_batch(&c, taken, NULL, count, NULL, &r);
  rc = bl_leave(&c, rc);
  if (!rc) bl_receipts_fill(receipts, r.receipts, count);
  bl_arena_close(&kept);
  return rc;
}

/* ---- lines ---- */

/* The lines of a text that are not empty, as events. */
typedef struct lines {
  billing_event       *events;
  const billing_event **taken;
  int32_t             *codes;      /* why a line is no event */
  size_t               count;
  bl_members           members;
} lines;

static bl_str next_line(bl_str *text) {
  const char *end = memchr(text->text, '\n', text->len);
  bl_str line = {text->text, end ? (size_t)(end - text->text) : text->len};
  size_t whole = line.len + (end != NULL);

  text->text += whole;
  text->len -= whole;
  while (line.len && (line.text[line.len - 1] == '\r' ||
                      line.text[line.len - 1] == ' '))
    line.len--;
  return line;
}

static size_t count_lines(bl_str text) {
  size_t count = 0;

  while (text.len) count += next_line(&text).len > 0;
  return count;
}

/* The words of the first line that is none are the call's for now. */
static int read_line(bl_call *c, bl_str line, lines *l, size_t at) {
  billing_error own, *err = c->err;
  int rc;

  own.struct_size = sizeof own;
  bl_error_start(&own);
  c->err = &own;
  rc = bl_event_of_line(c, line, &l->members, &l->events[at]);
  c->err = err;
  l->taken[at] = &l->events[at];
  if (BILLING_CODE(rc) == BILLING_NOMEM) return rc;
  l->codes[at] = rc ? bl_fail_code(&own, rc) : BILLING_OK;
  if (rc && err && !err->code) *err = own;
  return BILLING_OK;
}

static int read_lines(bl_call *c, bl_str text, lines *l) {
  int rc = check_batch(c, l->count);

  if (rc) return rc;
  bl_members_open(&l->members, &c->arena);
  l->events = bl_arena_array(&c->arena, l->count + 1, sizeof *l->events);
  l->taken = bl_arena_array(&c->arena, l->count + 1, sizeof *l->taken);
  l->codes = bl_arena_array(&c->arena, l->count + 1, sizeof *l->codes);
  if (c->arena.failed) return BILLING_NOMEM;
  for (size_t at = 0; text.len && !rc;) {
    bl_str line = next_line(&text);
    if (line.len) rc = read_line(c, line, l, at++);
  }
  return rc;
}

int billing_record_text(billing *b, const billing_call *call,
                        const char *text, size_t len,
                        billing_receipt *receipts, size_t capacity,
                        size_t *count, billing_error *err) {
  bl_str whole = bl_text_argument(text, len);
  bl_recording r = {0};
  lines l = {0};
  bl_arena kept;
  bl_call c;
  int rc = bl_enter_with(&c, b, call, BL_SHARE, RECORD_FLAGS, err);

  if (rc) return rc;
  bl_arena_open(&kept, &b->host);
  r.kept = &kept;
  l.count = count_lines(whole);
  if (receipts && l.count > capacity)
    rc = bl_fail(err, BILLING_LIMIT, "", "room for a receipt a line",
                 "%i events, room for %i receipts", (int64_t)l.count,
                 (int64_t)capacity);
  if (!rc) rc = bl_receipts_check(&c, receipts, l.count);
  if (!rc) rc = read_lines(&c, whole, &l);
  if (!rc) rc = bl_record_batch(&c, l.taken, l.codes, l.count, NULL, &r);
  rc = bl_leave(&c, rc);
  if (!rc) bl_receipts_fill(receipts, r.receipts, l.count);
  if (!rc && count) *count = l.count;
  bl_arena_close(&kept);
  return rc;
}

/* ---- quote ---- */

/* Rates and folds as if it were recorded; leaving a read undoes it. */
static int rate_quote(bl_call *c, const bl_event_in *in,
                      billing_receipt *receipt) {
  bl_fact_event fact;
  bl_rater rater;
  int rc;

  bl_rater_open(&rater, c);
  rc = bl_rate_strictly(&rater, in, NULL, &fact);
  if (!rc)
    rc = bl_fold_event(bl_entry_start(c), &fact, rater.tallies,
                       bl_event_number(c->fold.seq, 0));
  if (!rc) {
    fact.balance = bl_rate_balance(c, &rater);
    bl_receipt_of_fact(&fact, rater.tallies, 0, c->now_us, receipt);
  }
  bl_rater_close(&rater);
  return rc;
}

static int quote_event(bl_call *c, const billing_event *event,
                       billing_receipt *receipt) {
  bl_members members;
  bl_event_in in;
  int rc;

  bl_members_open(&members, &c->arena);
  rc = bl_event_read(c, event, 0, &in, &members);
  if (!rc) rc = bl_expire_holds(c, in.customer);
  if (!rc) rc = bl_rate_prepare(c, in.customer, in.view.time_us);
  return rc ? rc : rate_quote(c, &in, receipt);
}

int billing_quote(billing *b, const billing_call *call,
                  const billing_event *event, billing_receipt *out,
                  billing_error *err) {
  billing_receipt receipt = {0};
  const billing_event **taken;
  bl_call c;
  int rc = bl_enter_with(&c, b, call, BL_READ, RECORD_FLAGS, err);

  if (rc) return rc;
  if (!out)
    rc = bl_fail(err, BILLING_MISUSE, "", NULL, "out is NULL");
  if (!rc) rc = bl_receipts_check(&c, out, 1);
  if (!rc) rc = bl_events_take(&c, event, 1, &taken);
  if (!rc) rc = quote_event(&c, taken[0], &receipt);
  rc = bl_leave(&c, rc);
  if (!rc) bl_fill(out, &receipt, sizeof receipt);
  return rc;
}

/* ---- draws ---- */

/* The rows of one charge. */
static int draw_rows(const bl_tally *tally, const bl_fact_charge *charge,
                     billing_cursor *cursor) {
  bl_arena *a = &cursor->arena;
  const bl_price *price = bl_tally_price(tally);
  bl_str price_id = bl_arena_str(a, price->id);
  bl_str contract_id = bl_arena_str(a, tally->contract->terms.id);

  for (size_t i = 0; i < charge->draw_count; i++) {
    billing_draw *row = &cursor->rows[cursor->count++];
    row->struct_size = sizeof *row;
    row->grant = charge->draws[i].grant;
    row->amount = charge->draws[i].amount;
    row->price = price_id;
    row->contract = contract_id;
    memcpy(row->asset, price->asset, sizeof row->asset);
  }
  return a->failed ? BILLING_NOMEM : BILLING_OK;
}

static int fill_draws(bl_call *c, uint64_t event, billing_cursor *cursor) {
  const bl_fact_event *fact;
  bl_tally **tallies;
  size_t count = 0;
  int rc = bl_batch_event(c, event, &fact, &tallies);

  if (rc) return rc;
  for (size_t i = 0; i < fact->charge_count; i++)
    count += fact->charges[i].draw_count;
  cursor->rows =
      bl_arena_array(&cursor->arena, count + 1, sizeof *cursor->rows);
  if (!cursor->rows) return BILLING_NOMEM;
  for (size_t i = 0; i < fact->charge_count && !rc; i++)
    rc = draw_rows(tallies[i], &fact->charges[i], cursor);
  return rc;
}

int billing_draws(billing *b, const billing_call *call, uint64_t event,
                  billing_cursor **out, billing_error *err) {
  billing_cursor *cursor;
  bl_call c;
  int rc;

  if (!out) return bl_refuse(err, BILLING_MISUSE, "out is NULL");
  rc = bl_enter(&c, b, call, BL_READ, err);
  if (rc) return rc;
  cursor = bl_cursor_new(b);
  rc = cursor ? fill_draws(&c, event, cursor) : BILLING_NOMEM;
  if (rc == BILLING_NOTFOUND)
    bl_fail(err, rc, "", "the number of a receipt", "there is no event %i",
            (int64_t)event);
  rc = bl_leave(&c, rc);
  if (rc) billing_cursor_close(cursor);
  else *out = cursor;
  return rc;
}

#undef RECORD_FLAGS
