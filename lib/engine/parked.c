/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * parked.c - events of customers that nobody knows yet; see parked.h.
 *
 *     an event of "zoe", whom nobody knows     receipt NEW, flag PARKED
 *     the same event again                     SAME
 *     zoe is put, and a contract of hers       the event is recorded: rated
 *                                              in its period, late if that
 *                                              is over
 *     the same event again                     SAME, the first receipt
 */
#include "engine/parked.h"

#include "engine/index.h"
#include "engine/keys.h"

#define PARKED_PLACES 8

bl_subject bl_parked_subject(const unsigned char id_hash[16]) {
  uint64_t number = 0;

  for (int i = 0; i < 8; i++) number = number << 8 | id_hash[i];
  return (bl_subject){BL_SUBJECT_PARKED, number >> 4};
}

/* ---- the entry ---- */

static void code_parked(bl_codec *facts, bl_codec *properties,
                        bl_fact_parked *event) {
  bl_code_hash(facts, event->id_hash, sizeof event->id_hash);
  bl_code_u64(facts, &event->key_print);
  bl_code_i64(facts, &event->time_us);
  bl_code_u64(facts, &event->flags);
  bl_code_str(properties, &event->key);
  bl_code_str(properties, &event->customer);
  bl_code_str(properties, &event->name);
  bl_code_str(properties, &event->properties);
  bl_code_u64(properties, &event->has_value);
  bl_code_dec(properties, &event->value);
}

void bl_code_parkings(bl_codec *facts, bl_codec *properties,
                      bl_fact_parkings *f) {
  f->items = bl_code_array(facts, f->items, &f->count, sizeof *f->items);
  for (size_t i = 0; i < f->count; i++)
    code_parked(facts, properties, &f->items[i]);
}

static int mark_parked(bl_fold *f, const bl_fact_parked *event) {
  bl_index_mark mark = {bl_parked_subject(event->id_hash), f->seq,
                        BL_ENTRY_PARKED, event->time_us, event->time_us};
  int rc = bl_index_add(f->tenant, &mark);

  mark.subject = (bl_subject){BL_SUBJECT_UNBILLED, BL_UNBILLED_PARKED};
  return rc ? rc : bl_index_add(f->tenant, &mark);
}

int bl_fold_parkings(bl_fold *f, const bl_fact_parkings *fact) {
  bl_heads *heads = &f->tenant->heads;
  int rc = BILLING_OK;

  if (!bl_fold_is_own(f)) return BILLING_OK;
  bl_touch(f->tenant, heads, sizeof *heads, &f->tenant->heads_touched);
  heads->parked += fact->count;
  for (size_t i = 0; i < fact->count && !rc; i++) {
    rc = bl_fold_name(f, fact->items[i].key_print, i);
    if (!rc) rc = mark_parked(f, &fact->items[i]);
  }
  return rc;
}

int bl_parked_read(bl_call *c, int64_t seq, bl_arena *a,
                   bl_fact_parkings *out) {
  bl_entry_facts facts;
  bl_entry entry;
  int rc = bl_journal_peek(c->b, c->t->number, seq, &entry);

  if (!rc && entry.kind != BL_ENTRY_PARKED) rc = BILLING_NOTFOUND;
  if (!rc) rc = bl_journal_facts(c, seq, a, &facts);
  if (!rc) *out = facts.parkings;
  return rc;
}

int bl_parked_void(bl_call *c, uint64_t number, int64_t *seq) {
  bl_index_wish wish = {{BL_SUBJECT_VOID, number}, 0, BL_ALL_TIMES,
                        (uint64_t)1 << BL_ENTRY_VOID};
  int64_t *seqs;
  size_t count = 0;
  int rc = bl_index_find(c, &wish, &c->arena, &seqs, &count);

  *seq = rc || !count ? 0 : seqs[0];
  return rc;
}

int bl_parked_waits(bl_call *c, const bl_fact_parked *event, uint64_t number,
                    int *waits) {
  bl_arena_mark mark = bl_arena_now(&c->arena);
  uint64_t recorded = 0;
  int64_t voided = 0;
  int rc = event->key.len ? bl_keys_number(c, event->key, &recorded)
                          : BILLING_OK;

  if (!rc && event->key.len && !recorded)
    rc = bl_parked_void(c, number, &voided);
  *waits = event->key.len && !recorded && !voided;   /* else erased, maybe */
  bl_arena_back(&c->arena, mark);
  return rc;
}

/* ---- the same event ---- */

static int times_match(const bl_fact_parked *parked, const billing_event *e) {
  return parked->time_us == e->time_us ||
         (parked->flags & BL_EVENT_UNTIMED && !e->time_us);
}

/* The same id, or one that has become an alias of the event's customer. */
static int is_customer_of(bl_call *c, const bl_fact_parked *parked,
                          const bl_event_in *in) {
  const bl_customer *customer = in->customer;
  unsigned char hash[16];

  bl_customer_hash(c->b, in->event->customer, hash);
  if (!memcmp(hash, parked->id_hash, sizeof hash)) return 1;
  if (!customer) return 0;
  if (!memcmp(customer->id_hash, parked->id_hash, sizeof hash)) return 1;
  for (size_t i = 0; i < customer->alias_count; i++)
    if (!memcmp(customer->aliases[i].hash, parked->id_hash, sizeof hash))
      return 1;
  return 0;
}

static int parked_is_same(bl_call *c, const bl_fact_parked *parked,
                          const bl_event_in *in, int *is_same) {
  const billing_event *e = in->event;
  uint64_t has_value = (e->flags & BILLING_EVENT_VALUE) != 0;

  *is_same = 0;
  if (!is_customer_of(c, parked, in) || !times_match(parked, e) ||
      !bl_str_equal(e->event, parked->name) ||
      has_value != parked->has_value ||
      (has_value && !bl_dec_equal(e->value, parked->value)))
    return BILLING_OK;
  return bl_event_agrees(c, e->properties, parked->properties, is_same);
}

static void fill_parked(bl_recording *r, size_t at, uint64_t number,
                        uint32_t status, int64_t decided_us) {
  billing_receipt *receipt = &r->receipts[at];

  memset(receipt, 0, sizeof *receipt);
  receipt->struct_size = sizeof *receipt;
  receipt->status = status;
  receipt->flags = BILLING_RECEIPT_PARKED;
  receipt->number = number;
  receipt->decided_us = decided_us;
}

static void refuse_parked(bl_recording *r, size_t at) {
  bl_fail(r->c->err, BILLING_CONFLICT_KEY, "/key",
          "the same content for a repeat, another key for another event",
          "the key was used for an event with other content");
  bl_record_refuse(r, at, BILLING_CONFLICT_KEY);
}

/* The key is the parked event's: it is that event, or a conflict. */
static int answer_parked(bl_recording *r, size_t at, uint64_t number,
                         const bl_fact_parked *parked, int64_t decided_us) {
  bl_event_in *in = &r->in[at];
  int is_same;
  int rc = parked_is_same(r->c, parked, in, &is_same);

  if (rc) return rc;
  if (!is_same) {
    refuse_parked(r, at);
    return BILLING_OK;
  }
  in->number = number;
  fill_parked(r, at, number, BILLING_STATUS_SAME, decided_us);
  return BILLING_OK;
}

static int read_parked(bl_call *c, uint64_t number, bl_fact_parked *out,
                       int64_t *at_us) {
  bl_fact_parkings events;
  bl_entry entry;
  int64_t seq = bl_event_seq(number);
  size_t place = bl_event_place(number);
  int rc = bl_parked_read(c, seq, &c->arena, &events);

  if (rc) return rc;
  if (place >= events.count) return BILLING_CORRUPT;
  *out = events.items[place];
  rc = bl_journal_peek(c->b, c->t->number, seq, &entry);
  *at_us = entry.at_us;
  return rc;
}

int bl_parked_find(bl_call *c, bl_str key, uint64_t *number,
                   bl_fact_parked *out, int64_t *at_us) {
  uint64_t numbers[PARKED_PLACES];
  size_t count = 0;
  int rc = bl_keys_find(c, bl_keys_print(c->b, key), numbers, PARKED_PLACES,
                        &count);

  *number = 0;
  for (size_t i = 0; i < count && !rc; i++) {
    rc = read_parked(c, numbers[i], out, at_us);
    if (!rc && bl_str_equal(out->key, key)) {
      *number = numbers[i];
      return BILLING_OK;
    }
    if (rc == BILLING_NOTFOUND) rc = BILLING_OK;     /* no parked events */
  }
  return rc;
}

static int see_parked(bl_recording *r, int64_t seq) {
  bl_parked_seen *seen = &r->seen;
  bl_entry entry;
  int rc;

  if (seen->seq == seq) return BILLING_OK;
  seen->seq = 0;
  bl_arena_empty(&seen->arena, (size_t)1 << 20);
  rc = bl_parked_read(r->c, seq, &seen->arena, &seen->events);
  if (!rc) rc = bl_journal_peek(r->c->b, r->c->t->number, seq, &entry);
  if (rc) return rc;
  seen->seq = seq;
  seen->at_us = entry.at_us;
  return BILLING_OK;
}

int bl_parked_answer(bl_recording *r, size_t at, uint64_t number) {
  size_t place = bl_event_place(number);
  const bl_fact_parked *parked;
  int rc = see_parked(r, bl_event_seq(number));

  if (rc) return rc == BILLING_NOTFOUND ? BILLING_OK : rc;
  if (place >= r->seen.events.count) return BILLING_CORRUPT;
  parked = &r->seen.events.items[place];
  if (!bl_str_equal(parked->key, r->in[at].event->key)) return BILLING_OK;
  return answer_parked(r, at, number, parked, r->seen.at_us);
}

/* ---- a batch ---- */

int bl_parked_is_wanted(const bl_recording *r, const bl_event_in *in) {
  return in->code == BILLING_NOTFOUND_CUSTOMER && !in->customer &&
         r->c->t->terms.parks && !r->attaches &&
         !(r->c->in.flags & BILLING_CALL_STRICT);
}

int bl_parked_add(bl_recording *r, size_t at) {
  bl_event_in *in = &r->in[at];
  bl_arena *a = &r->c->arena;

  int rc;

  bl_error_start(r->c->err);
  rc = bl_event_check_rest(r->c, in);
  if (rc) {
    bl_record_refuse(r, at, rc);
    return BILLING_OK;
  }
  if (!r->parked) r->parked = bl_arena_array(a, r->count, sizeof *r->parked);
  if (!r->parked) return BILLING_NOMEM;
  in->key = bl_keys_print(r->c->b, in->event->key);
  r->parked[r->parked_count++] = (uint32_t)at;
  return BILLING_OK;
}

/* Keys that were used before, by an event or by a parked one. */
static int find_used(bl_recording *r, size_t at) {
  uint64_t numbers[PARKED_PLACES], event = 0;
  bl_event_in *in = &r->in[at];
  size_t count = 0;
  int rc = bl_keys_find(r->c, in->key, numbers, PARKED_PLACES, &count);

  in->code = BILLING_OK;
  for (size_t i = 0; i < count && !rc && !in->code && !in->number; i++)
    rc = bl_parked_answer(r, at, numbers[i]);
  if (!rc && !in->code && !in->number)
    rc = bl_keys_number(r->c, in->event->key, &event);
  if (!rc && event) refuse_parked(r, at);
  return rc;
}

static void take_parked(bl_recording *r, size_t at, bl_fact_parked *out) {
  const bl_event_in *in = &r->in[at];
  const billing_event *e = in->event;

  bl_customer_hash(r->c->b, e->customer, out->id_hash);
  out->key_print = in->key;
  out->time_us = in->view.time_us;
  out->flags = e->time_us ? 0 : BL_EVENT_UNTIMED;
  out->key = e->key;
  out->customer = e->customer;
  out->name = e->event;
  out->properties = e->properties;
  out->has_value = (e->flags & BILLING_EVENT_VALUE) != 0;
  out->value = out->has_value ? e->value : BL_DEC_ZERO;
}

/* One event: refused, a repeat, a twin of one before it in the batch, or
 * new. */
static int park_event(bl_recording *r, size_t at, bl_map *keys,
                      bl_fact_parkings *fact) {
  bl_event_in *in = &r->in[at];
  bl_str key = in->event->key;
  bl_fact_parked *twin = bl_map_get(keys, key.text, key.len);
  uint64_t number = bl_event_number(r->c->fold.seq, fact->count);
  int rc = bl_event_scan(r->c, in, &r->members);

  if (rc && BILLING_CODE(rc) != BILLING_NOMEM) {
    bl_record_refuse(r, at, rc);
    return BILLING_OK;
  }
  if (!rc) rc = find_used(r, at);
  if (rc || in->code || in->number) return rc;
  if (twin)
    return answer_parked(r, at, bl_event_number(
        r->c->fold.seq, (size_t)(twin - fact->items)), twin, r->c->now_us);
  rc = bl_event_accept(r->c, in);
  if (rc) {
    bl_record_refuse(r, at, rc);
    return BILLING_OK;
  }
  twin = &fact->items[fact->count++];
  take_parked(r, at, twin);
  fill_parked(r, at, number, BILLING_STATUS_NEW, r->c->now_us);
  return bl_map_put(keys, key.text, key.len, twin);
}

static int write_parkings(bl_recording *r, bl_fact_parkings *fact) {
  bl_writer w;
  int rc;

  if (!fact->count) return BILLING_OK;
  rc = bl_fold_parkings(&r->c->fold, fact);
  if (rc) return rc;
  bl_writer_open(&w, r->c);
  bl_code_parkings(&w.facts, &w.properties, fact);
  return bl_append(r->c, BL_ENTRY_PARKED, &w);
}

int bl_parked_append(bl_recording *r) {
  bl_call *c = r->c;
  bl_fact_parkings fact = {NULL, 0};
  bl_map keys;
  int rc = BILLING_OK;

  if (!r->parked_count) return BILLING_OK;
  bl_entry_start(c);
  bl_map_open(&keys, &c->arena);
  bl_members_open(&r->members, &c->arena);
  fact.items = bl_arena_array(&c->arena, r->parked_count + 1,
                              sizeof *fact.items);
  if (!fact.items) return BILLING_NOMEM;
  for (size_t i = 0; i < r->parked_count && !rc; i++)
    rc = park_event(r, r->parked[i], &keys, &fact);
  return rc ? rc : write_parkings(r, &fact);
}

#undef PARKED_PLACES
