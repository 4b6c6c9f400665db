/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * events.c - record, record_text, quote, draws.
 *
 * A batch is decided in two passes.  The first reads every event and lets what
 * is due happen first: holds whose time is over, periods that must be open.
 * The second rates and folds event by event, so that each sees what the ones
 * before it did, and codes them into one entry.
 */
#include "base/limit.h"
#include "base/struct.h"
#include "engine/cursor.h"
#include "engine/record.h"

#define RECORD_FLAGS \
  (BILLING_CALL_STEP | BILLING_CALL_STRICT | BILLING_CALL_ALL_OR_NOTHING)

/* ---- one batch ---- */

/* While the batch is decided, c->err is about one event at a time. */
static int open_recording(recording *r, bl_call *c, size_t count) {
  bl_arena *kept = r->kept;

  memset(r, 0, sizeof *r);
  r->kept = kept;
  r->c = c;
  r->count = count;
  r->first_refused = count;
  r->err = c->err;
  r->own.struct_size = sizeof r->own;
  c->err = &r->own;
  bl_error_start(c->err);
  bl_map_open(&r->repeats, &c->arena);
  r->in = bl_arena_array(&c->arena, count + 1, sizeof *r->in);
  r->receipts = bl_arena_array(kept, count + 1, sizeof *r->receipts);
  r->facts = bl_arena_array(&c->arena, count + 1, sizeof *r->facts);
  r->tallies = bl_arena_array(&c->arena, count + 1, sizeof *r->tallies);
  return c->arena.failed || !r->receipts ? BILLING_NOMEM : BILLING_OK;
}

/* What ended the batch is said in the place of what was refused. */
static void close_recording(recording *r, int rc) {
  for (size_t i = 0; r->in && i < r->count; i++) bl_event_close(&r->in[i]);
  if (rc && rc != r->first_code) bl_error_start(r->err);
  if (r->own.code && r->err) *r->err = r->own;
  r->c->err = r->err;
}

/* The first refusal's words, with the event's place.  Events are not decided
 * strictly in order: the first is the one with the lowest place. */
static void keep_words(recording *r, size_t at, int code) {
  bl_fail_code(&r->own, code);
  if (r->count > 1) r->own.item = (int64_t)at;
  if (at < r->first_refused) {
    r->first_refused = at;
    r->first_code = code;
    if (r->err) *r->err = r->own;
  }
  bl_error_start(&r->own);
}

static void note_refusal(recording *r, size_t at, int code) {
  billing_receipt *receipt = &r->receipts[at];

  receipt->struct_size = sizeof *receipt;
  receipt->status = BILLING_CODE(code) == BILLING_CONFLICT
                        ? BILLING_STATUS_CONFLICT : BILLING_STATUS_REFUSED;
  receipt->code = code;
  receipt->decided_us = r->c->now_us;
  keep_words(r, at, code);
}

static int read_events(recording *r, const billing_event *events,
                       const bl_str *lines) {
  bl_call *c = r->c;
  int rc = BILLING_OK;

  for (size_t i = 0; i < r->count && !rc; i++) {
    rc = lines ? bl_event_read_line(c, lines[i], &r->in[i])
               : bl_event_read(c, &events[i], 1, &r->in[i]);
    if (rc) return rc;
    if (r->in[i].code) {
      note_refusal(r, i, r->in[i].code);
      continue;
    }
    rc = bl_expire_holds(c, r->in[i].customer);
    if (!rc) rc = bl_rate_prepare(c, r->in[i].customer, r->in[i].view.time_us);
  }
  return rc;
}

/* The place of a tally in the entry's list of keys; new ones are added. */
static int name_key(recording *r, bl_tally *tally, uint64_t *place) {
  bl_call *c = r->c;
  bl_fact_key *key;
  bl_tally **kept;

  if (tally->call == c->t->serial) {
    *place = tally->place;
    return BILLING_OK;
  }
  key = bl_arena_push(&c->arena, (void **)&r->codec.keys, &r->named,
                      &r->codec.key_cap, sizeof *key);
  kept = bl_arena_push(&c->arena, (void **)&r->key_tallies,
                       &r->key_tally_count, &r->key_tally_cap, sizeof *kept);
  if (!key || !kept) return BILLING_NOMEM;
  key->contract = tally->contract->number;
  key->price = tally->price;
  key->period = tally->period;
  key->group = tally->group;
  *kept = tally;
  r->key_tally_count++;
  bl_touch_tally(c->t, tally);
  tally->call = c->t->serial;
  tally->place = *place = r->named++;
  return BILLING_OK;
}

static int fold_one(recording *r, size_t at) {
  bl_fact_event *fact = &r->facts[r->recorded];
  uint64_t number = bl_event_number(r->c->fold.seq, r->recorded);
  bl_event_text text = {0};
  int rc = BILLING_OK;

  for (size_t i = 0; i < fact->charge_count && !rc; i++)
    rc = name_key(r, r->tallies[r->recorded][i], &fact->charges[i].key);
  if (!rc) rc = bl_fold_event(&r->c->fold, fact, r->key_tallies, number);
  if (rc) return rc;
  text.key = r->in[at].event.key;
  text.name = r->in[at].event.event;
  text.properties = r->in[at].event.properties;
  text.has_value = (r->in[at].event.flags & BILLING_EVENT_VALUE) != 0;
  text.value = r->in[at].event.value;
  bl_code_event(&r->codec, fact, &text);
  bl_receipt_of_fact(fact, r->key_tallies, number, r->c->now_us,
                     &r->receipts[at]);
  r->recorded++;
  return BILLING_OK;
}

/* ---- repeats ---- */

/* An event whose key is that of an event in an older entry.  They wait until
 * the batch is decided and are answered entry by entry: each is read once. */
typedef struct repeat {
  size_t         at;
  uint64_t       number;       /* of the first */
  struct repeat *next;         /* of the same entry */
} repeat;

static int keep_repeat(recording *r, size_t at, uint64_t number) {
  int64_t seq = bl_event_seq(number);
  repeat *first = bl_map_get(&r->repeats, &seq, sizeof seq);
  repeat *one = bl_arena_take(&r->c->arena, sizeof *one);

  if (!one) return BILLING_NOMEM;
  one->at = at;
  one->number = number;
  if (!first) return bl_map_put(&r->repeats, &seq, sizeof seq, one);
  one->next = first->next;
  first->next = one;
  return BILLING_OK;
}

/* The first receipt, or a refusal. */
static int answer_repeat(recording *r, const repeat *one,
                         const bl_fact_event *fact, bl_tally *const *tallies,
                         int64_t decided_us) {
  billing_receipt *receipt = &r->receipts[one->at];
  int is_same;
  int rc = bl_event_compare(r->c, &r->in[one->at], fact, &is_same);

  bl_receipt_of_fact(fact, tallies, one->number, decided_us, receipt);
  receipt->status = BILLING_STATUS_SAME;
  if (rc || is_same) return rc;
  memset(receipt, 0, sizeof *receipt);
  bl_fail(r->c->err, BILLING_CONFLICT_KEY, "/key",
          "the same content for a repeat, another key for another event",
          "the key was used for an event with other content");
  note_refusal(r, one->at, BILLING_CONFLICT_KEY);
  return BILLING_OK;
}

/* The first may be in this very batch. */
static int meet_repeat(recording *r, size_t at, uint64_t number) {
  repeat one = {at, number, NULL};

  if (bl_event_seq(number) != r->c->fold.seq)
    return keep_repeat(r, at, number);
  return answer_repeat(r, &one, &r->facts[bl_event_place(number)],
                       r->key_tallies, r->c->now_us);
}

static int answer_entry(recording *r, const repeat *one) {
  bl_batch batch;
  int rc = bl_batch_read(r->c, bl_event_seq(one->number), &batch);

  if (rc) return rc == BILLING_NOTFOUND ? BILLING_CORRUPT : rc;
  for (; one && !rc; one = one->next) {
    size_t place = bl_event_place(one->number);
    const bl_fact_event *fact;
    if (place >= batch.count) return BILLING_CORRUPT;
    rc = bl_batch_event(r->c, &batch, place, &fact);
    if (!rc) rc = answer_repeat(r, one, fact, batch.tallies, batch.at_us);
  }
  return rc;
}

static int answer_repeats(recording *r) {
  bl_arena *a = &r->c->arena;
  int rc = BILLING_OK;

  for (size_t i = 0; i < r->repeats.count && !rc; i++) {
    bl_arena_mark mark = bl_arena_now(a);
    rc = answer_entry(r, r->repeats.entry[i].value);
    bl_arena_back(a, mark);
  }
  return rc;
}

/* ---- new events ---- */

static int is_strictly_refused(bl_call *c, const bl_fact_event *fact) {
  if (!(c->in.flags & BILLING_CALL_STRICT)) return BILLING_OK;
  if (fact->flags & BILLING_RECEIPT_UNMATCHED)
    return bl_fail(c->err, BILLING_DENIED_UNMATCHED, "/event",
                   "an event that a meter selects, or not strict",
                   "no meter wants this event");
  if (fact->flags & BILLING_RECEIPT_UNPRICED)
    return bl_fail(c->err, BILLING_DENIED_UNPRICED, "/event",
                   "a contract that prices the meter, or not strict",
                   "no contract of the customer prices this event");
  return BILLING_OK;
}

/* What a single event may be refused for; anything else ends the call. */
static int is_refusal(int rc) {
  switch (BILLING_CODE(rc)) {
  case BILLING_INVALID: case BILLING_LIMIT: case BILLING_DENIED: return 1;
  default: return 0;
  }
}

static int record_one(recording *r, size_t at, const bl_draw_rule *rule) {
  const uint64_t *known =
      bl_map_get(&r->c->t->event_keys, r->in[at].key_hash, 16);
  int rc;

  if (known) return meet_repeat(r, at, *known);
  rc = bl_rate(r->c, &r->in[at], rule, &r->facts[r->recorded],
               &r->tallies[r->recorded]);
  if (!rc) rc = is_strictly_refused(r->c, &r->facts[r->recorded]);
  if (is_refusal(rc)) {
    note_refusal(r, at, rc);
    return BILLING_OK;
  }
  return rc ? rc : fold_one(r, at);
}

static int append_events(recording *r) {
  bl_text whole;
  bl_writer w = r->w;
  uint64_t count = r->recorded;

  if (!count) return BILLING_OK;
  bl_text_open(&whole, &r->c->arena);
  bl_pack_u64(&whole, count);
  bl_text_add(&whole, r->w.facts_text.text, r->w.facts_text.len);
  whole.failed |= r->w.facts_text.failed | r->w.properties_text.failed;
  w.facts_text = whole;
  w.facts.to = &w.facts_text;
  w.facts.failed = r->codec.facts.failed;
  w.properties.to = &w.properties_text;
  return bl_append(r->c, BL_ENTRY_EVENTS, &w);
}

static int decide_batch(recording *r, const billing_event *events,
                        const bl_str *lines, const bl_draw_rule *rule) {
  int rc = read_events(r, events, lines);

  if (rc) return rc;
  bl_entry_start(r->c);
  bl_writer_open(&r->w, r->c);
  r->codec.facts = (bl_codec){&r->w.facts_text, NULL, &r->c->arena, 0, 0};
  r->codec.properties =
      (bl_codec){&r->w.properties_text, NULL, &r->c->arena, 0, 0};
  r->codec.at_us = r->c->now_us;
  for (size_t i = 0; i < r->count && !rc; i++)
    if (!r->in[i].code) rc = record_one(r, i, rule);
  if (!rc) rc = answer_repeats(r);
  if (!rc && r->first_refused < r->count &&
      r->c->in.flags & BILLING_CALL_ALL_OR_NOTHING)
    rc = r->first_code;
  return rc ? rc : append_events(r);
}

int bl_record_batch(bl_call *c, const billing_event *events,
                    const bl_str *lines, size_t count,
                    const bl_draw_rule *rule, recording *r) {
  int rc = open_recording(r, c, count);

  if (!rc) rc = decide_batch(r, events, lines, rule);
  close_recording(r, rc);
  return rc;
}

/* ---- arrays of the caller ---- */

/* Events by the stride of the first, into structs of our own size. */
static int copy_events(bl_call *c, const billing_event *events, size_t count,
                       billing_event **out) {
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
    rc = own == stride ? bl_copy_in(&(*out)[i], sizeof **out, at,
                                    sizeof **out, BILLING_EVENT_VALUE)
                       : BILLING_MISUSE;
    if (rc)
      bl_fail(c->err, rc, "", "set up every element with BILLING_INIT",
              "the billing_event at %i cannot be used", (int64_t)i);
    else
      rc = bl_check_texts(c->err, &(*out)[i].key, &(*out)[i].customer,
                          &(*out)[i].event, &(*out)[i].properties, NULL);
  }
  return rc;
}

static int check_receipts(bl_call *c, const billing_receipt *receipts,
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

static void fill_receipts(billing_receipt *receipts,
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
  billing_event *copies;
  recording r = {0};
  bl_arena kept;
  bl_call c;
  int rc = bl_enter_with(&c, b, call, BL_WRITE, RECORD_FLAGS, err);

  if (rc) return rc;
  bl_arena_open(&kept, &b->host);
  r.kept = &kept;
  rc = check_batch(&c, count);
  if (!rc) rc = check_receipts(&c, receipts, count);
  if (!rc) rc = copy_events(&c, events, count, &copies);
  if (!rc) rc = bl_record_batch(&c, copies, NULL, count, NULL, &r);
  rc = bl_leave(&c, rc);
  if (!rc) fill_receipts(receipts, r.receipts, count);
  bl_arena_close(&kept);
  return rc;
}

/* ---- lines ---- */

/* The lines of a text that are not empty. */
static int split_lines(bl_call *c, bl_str text, bl_str **out, size_t *count) {
  size_t cap = 0, at = 0;

  *out = NULL;
  *count = 0;
  while (at < text.len) {
    const char *start = text.text + at;
    const char *end = memchr(start, '\n', text.len - at);
    size_t len = end ? (size_t)(end - start) : text.len - at;
    bl_str *line;
    at += len + 1;
    while (len && (start[len - 1] == '\r' || start[len - 1] == ' ')) len--;
    if (!len) continue;
    line = bl_arena_push(&c->arena, (void **)out, count, &cap, sizeof *line);
    if (!line) return BILLING_NOMEM;
    *line = (bl_str){start, len};
    ++*count;
  }
  return BILLING_OK;
}

int billing_record_text(billing *b, const billing_call *call,
                        const char *text, size_t len,
                        billing_receipt *receipts, size_t capacity,
                        size_t *count, billing_error *err) {
  recording r = {0};
  size_t found = 0;
  bl_str *lines;
  bl_arena kept;
  bl_call c;
  int rc = bl_enter_with(&c, b, call, BL_WRITE, RECORD_FLAGS, err);

  if (rc) return rc;
  bl_arena_open(&kept, &b->host);
  r.kept = &kept;
  rc = split_lines(&c, bl_text_argument(text, len), &lines, &found);
  if (!rc) rc = check_batch(&c, found);
  if (!rc && receipts && found > capacity)
    rc = bl_fail(err, BILLING_LIMIT, "", "room for a receipt a line",
                 "%i events, room for %i receipts", (int64_t)found,
                 (int64_t)capacity);
  if (!rc) rc = check_receipts(&c, receipts, found);
  if (!rc) rc = bl_record_batch(&c, NULL, lines, found, NULL, &r);
  rc = bl_leave(&c, rc);
  if (!rc) fill_receipts(receipts, r.receipts, found);
  if (!rc && count) *count = found;
  bl_arena_close(&kept);
  return rc;
}

/* ---- quote ---- */

/* Rates as if it were recorded; leaving a read undoes it. */
static int quote_event(bl_call *c, const billing_event *event,
                       billing_receipt *receipt) {
  bl_tally **tallies = NULL;
  bl_fact_event fact;
  bl_event_in in;
  int rc = bl_event_read(c, event, 0, &in);

  if (!rc) rc = in.code;
  if (!rc) rc = bl_expire_holds(c, in.customer);
  if (!rc) rc = bl_rate_prepare(c, in.customer, in.view.time_us);
  if (!rc) rc = bl_rate(c, &in, NULL, &fact, &tallies);
  if (!rc) rc = is_strictly_refused(c, &fact);
  if (!rc) {
    for (size_t i = 0; i < fact.charge_count; i++) fact.charges[i].key = i;
    bl_receipt_of_fact(&fact, tallies, 0, c->now_us, receipt);
  }
  bl_event_close(&in);
  return rc;
}

int billing_quote(billing *b, const billing_call *call,
                  const billing_event *event, billing_receipt *out,
                  billing_error *err) {
  billing_receipt receipt = {0};
  billing_event *copy;
  bl_call c;
  int rc = bl_enter_with(&c, b, call, BL_READ, RECORD_FLAGS, err);

  if (rc) return rc;
  if (!out)
    rc = bl_fail(err, BILLING_MISUSE, "", NULL, "out is NULL");
  if (!rc) rc = check_receipts(&c, out, 1);
  if (!rc) rc = copy_events(&c, event, 1, &copy);
  if (!rc) rc = quote_event(&c, copy, &receipt);
  rc = bl_leave(&c, rc);
  if (!rc) bl_fill(out, &receipt, sizeof receipt);
  return rc;
}

/* ---- draws ---- */

/* The rows of one charge. */
static int draw_rows(const bl_batch *batch, const bl_fact_charge *charge,
                     billing_cursor *cursor) {
  bl_arena *a = &cursor->arena;
  const bl_tally *tally = batch->tallies[charge->key];
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
  size_t count = 0;
  bl_batch batch;
  int rc;

  if (!event || bl_event_seq(event) > c->t->heads.seq)
    return BILLING_NOTFOUND;
  rc = bl_batch_read(c, bl_event_seq(event), &batch);
  if (!rc && bl_event_place(event) >= batch.count) rc = BILLING_NOTFOUND;
  if (!rc) rc = bl_batch_event(c, &batch, bl_event_place(event), &fact);
  if (rc) return rc;
  for (size_t i = 0; i < fact->charge_count; i++)
    count += fact->charges[i].draw_count;
  cursor->rows =
      bl_arena_array(&cursor->arena, count + 1, sizeof *cursor->rows);
  if (!cursor->rows) return BILLING_NOMEM;
  for (size_t i = 0; i < fact->charge_count && !rc; i++)
    rc = draw_rows(&batch, &fact->charges[i], cursor);
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
