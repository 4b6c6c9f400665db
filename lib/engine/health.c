/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * health.c - usage that was recorded and not billed, and why.
 *
 *     {"reason":"unmatched","customer":"acme","event":"lmm","count":3, ..}
 *
 * The counts are state.  The rows are read from the journal: entries that have
 * such events leave a mark, so that the others are not looked at.
 */
#include "base/sort.h"
#include "engine/event_walk.h"
#include "engine/index.h"
#include "engine/named.h"
#include "engine/parked.h"
#include "engine/views.h"

static const struct health_reason {
  const char *name;
  uint64_t    flag;
} health_reasons[] = {
  {"unmatched", BILLING_RECEIPT_UNMATCHED},
  {"unpriced", BILLING_RECEIPT_UNPRICED},
  {"unentitled", BILLING_RECEIPT_UNENTITLED},
  {"parked", BILLING_RECEIPT_PARKED},    /* not recorded yet */
};
#define HEALTH_PARKED 3

#define HEALTH_EXAMPLES 10

typedef struct health_example {
  uint64_t number;
  bl_str   key;
  int64_t  time_us;
} health_example;

/* One reason, customer and name of event. */
typedef struct health_row {
  size_t         reason;       /* in health_reasons */
  bl_str         id;           /* of the customer; empty when erased */
  bl_str         name;
  int64_t        count;
  int64_t        from_us;
  int64_t        to_us;
  health_example examples[HEALTH_EXAMPLES];
  size_t         example_count;
} health_row;

typedef struct health {
  bl_call           *c;
  const bl_query    *q;
  const bl_customer *customer;  /* NULL: all */
  uint64_t           flags;     /* of the reasons that are wanted */
  unsigned char      parked[16];  /* only of this id, if `customer_id` is */
  bl_str             customer_id;
  bl_voids           voids;
  bl_map             rerated;   /* number -> its flags now */
  bl_map             rows;
} health;

/* ---- rows ---- */

/* What a row needs to know of an event, recorded or parked. */
typedef struct health_event {
  size_t   reason;
  uint64_t customer;
  bl_str   id;
  bl_str   name;
  bl_str   key;
  uint64_t number;
  int64_t  time_us;
} health_event;

/* The key of a row, which is also the order of pages.  Whom nobody knows has
 * no number. */
static int row_key(const health *h, const health_event *event, bl_text *key) {
  bl_text_open(key, &h->c->arena);
  bl_text_c(key, health_reasons[event->reason].name);
  bl_text_c(key, " ");
  if (event->customer) bl_text_int(key, (int64_t)event->customer);
  else bl_text_json(key, event->id);
  bl_text_c(key, " ");
  bl_text_str(key, event->name);
  return key->failed ? BILLING_NOMEM : BILLING_OK;
}

static int row_of(health *h, const health_event *event, health_row **out) {
  bl_arena *a = &h->c->arena;
  health_row *row;
  bl_text key;
  int rc = row_key(h, event, &key);

  if (rc) return rc;
  *out = row = bl_map_get(&h->rows, key.text, key.len);
  if (row) return BILLING_OK;
  *out = row = bl_arena_take(a, sizeof *row);
  if (!row) return BILLING_NOMEM;
  row->reason = event->reason;
  row->id = bl_arena_str(a, event->id);
  row->name = bl_arena_str(a, event->name);
  row->from_us = INT64_MAX;
  row->to_us = INT64_MIN;
  if (a->failed) return BILLING_NOMEM;
  return bl_map_put(&h->rows, key.text, key.len, row);
}

static int count_event(health *h, const health_event *event) {
  health_row *row;
  health_example *example;
  int rc = row_of(h, event, &row);

  if (rc) return rc;
  row->count++;
  if (event->time_us < row->from_us) row->from_us = event->time_us;
  if (event->time_us > row->to_us) row->to_us = event->time_us;
  if ((int64_t)row->example_count >= h->q->examples) return BILLING_OK;
  example = &row->examples[row->example_count++];
  example->number = event->number;
  example->key = bl_arena_str(&h->c->arena, event->key);
  example->time_us = event->time_us;
  return h->c->arena.failed ? BILLING_NOMEM : BILLING_OK;
}

static int meet_event(health *h, const bl_event_row *event) {
  bl_span times = {h->q->from_us, h->q->to_us};
  const uint64_t *now = bl_map_get(&h->rerated, &event->number,
                                   sizeof event->number);
  uint64_t flags = now ? *now : event->flags;
  int rc = BILLING_OK;

  if (!bl_span_holds(times, event->time_us) ||
      bl_voids_at(&h->voids, event->number))
    return BILLING_OK;
  for (size_t i = 0; i < HEALTH_PARKED && !rc; i++) {
    health_event one = {i, event->customer->number, event->customer->id,
                        event->text.name, event->text.key, event->number,
                        event->time_us};
    if (flags & health_reasons[i].flag & h->flags)
      rc = count_event(h, &one);
  }
  return rc;
}

/* ---- parked events ---- */

static int meet_parked_event(health *h, const bl_fact_parked *event,
                             uint64_t number) {
  bl_span times = {h->q->from_us, h->q->to_us};
  health_event one = {HEALTH_PARKED, 0, event->customer, event->name,
                      event->key, number, event->time_us};
  int waits;
  int rc;

  if (!bl_span_holds(times, event->time_us) ||
      (h->customer_id.len && memcmp(h->parked, event->id_hash, 16) != 0))
    return BILLING_OK;
  rc = bl_parked_waits(h->c, event, number, &waits);
  return rc || !waits ? rc : count_event(h, &one);
}

static int read_parked_entries(health *h) {
  bl_subject parked = {BL_SUBJECT_UNBILLED, BL_UNBILLED_PARKED};
  bl_index_wish wish = {parked, 0, {h->q->from_us, h->q->to_us},
                        (uint64_t)1 << BL_ENTRY_PARKED};
  bl_arena scratch;
  int64_t *seqs;
  size_t count = 0;
  int rc = BILLING_OK;

  if (!(h->flags & BILLING_RECEIPT_PARKED)) return BILLING_OK;
  rc = bl_index_find(h->c, &wish, &h->c->arena, &seqs, &count);
  bl_arena_open(&scratch, &h->c->b->host);
  for (size_t i = 0; i < count && !rc; i++) {
    bl_fact_parkings events;
    rc = bl_parked_read(h->c, seqs[i], &scratch, &events);
    for (size_t k = 0; !rc && k < events.count; k++)
      rc = meet_parked_event(h, &events.items[k],
                             bl_event_number(seqs[i], k));
    bl_arena_empty(&scratch, (size_t)1 << 20);
  }
  bl_arena_close(&scratch);
  return rc == BILLING_NOTFOUND ? BILLING_CORRUPT : rc;
}

/* ---- entries ---- */

static int read_entry(health *h, int64_t seq, bl_arena *scratch) {
  bl_event_entry events;
  bl_event_row row;
  bl_entry entry;
  int rc = bl_journal_read(h->c, seq, scratch, &entry);

  if (!rc)
    rc = bl_event_entry_open(&events, h->c, h->c->t, &entry, scratch);
  if (rc) return rc;
  if (!h->rerated.count) events.flags = h->flags & BL_EVENT_UNBILLED;
  events.customer = h->customer ? h->customer->number : 0;
  while (!rc && (rc = bl_event_entry_next(&events, &row)) == BILLING_OK)
    rc = meet_event(h, &row);
  return rc == BILLING_DONE ? BILLING_OK : rc;
}

/* Entries to be read. */
typedef struct health_entries {
  uint64_t *seq;
  size_t    count;
  size_t    cap;
} health_entries;

static int list_entry(health *h, health_entries *list, int64_t seq) {
  uint64_t *place = bl_arena_push(&h->c->arena, (void **)&list->seq,
                                  &list->count, &list->cap, sizeof *place);

  if (!place) return BILLING_NOMEM;
  *place = (uint64_t)seq;
  list->count++;
  return BILLING_OK;
}

static int list_unbilled(health *h, health_entries *list) {
  bl_subject unbilled = {BL_SUBJECT_UNBILLED, 0};
  bl_index_wish wish = {unbilled, 0, {h->q->from_us, h->q->to_us},
                        (uint64_t)1 << BL_ENTRY_EVENTS};
  int64_t *seqs;
  size_t count = 0;
  int rc;

  if (h->customer) wish.subject = bl_subject_customer(h->customer->number);
  rc = bl_index_find(h->c, &wish, &h->c->arena, &seqs, &count);
  for (size_t i = 0; i < count && !rc; i++)
    rc = list_entry(h, list, seqs[i]);
  return rc;
}

static int meet_rerated(health *h, const bl_fact_redecided *event,
                        health_entries *list) {
  uint64_t *flags = bl_map_get(&h->rerated, &event->event,
                               sizeof event->event);

  if (flags) {
    *flags = event->flags;
  } else {
    flags = bl_arena_copy(&h->c->arena, &event->flags, sizeof event->flags);
    if (!flags || bl_map_put(&h->rerated, &event->event,
                             sizeof event->event, flags))
      return BILLING_NOMEM;
  }
  return event->flags ? list_entry(h, list, bl_event_seq(event->event))
                      : BILLING_OK;
}

static int read_rerate(health *h, int64_t seq, bl_arena *scratch,
                       health_entries *list) {
  const bl_fact_rerate *fact;
  bl_entry_facts facts;
  int rc = bl_journal_facts(h->c, seq, scratch, &facts);

  if (rc) return rc;
  fact = &facts.rerate;
  if (h->customer && h->customer->number != fact->customer)
    return BILLING_OK;
  for (size_t i = 0; i < fact->event_count && !rc; i++)
    rc = meet_rerated(h, &fact->events[i], list);
  return rc;
}

/* Events that cost nothing, or something, since they were decided anew. */
static int list_rerated(health *h, bl_arena *scratch, health_entries *list) {
  bl_subject rerated = {BL_SUBJECT_UNBILLED, BL_UNBILLED_RERATED};
  bl_index_wish wish = {rerated, 0, {h->q->from_us, h->q->to_us},
                        (uint64_t)1 << BL_ENTRY_RERATE};
  int64_t *seqs;
  size_t count = 0;
  int rc = bl_index_find(h->c, &wish, &h->c->arena, &seqs, &count);

  for (size_t i = 0; i < count && !rc; i++) {
    rc = read_rerate(h, seqs[i], scratch, list);
    bl_arena_empty(scratch, (size_t)1 << 20);
  }
  return rc;
}

static int list_entries(health *h, bl_arena *scratch, health_entries *list) {
  bl_span times = {h->q->from_us, h->q->to_us};
  int rc = bl_voids_read(h->c, h->customer, times, &h->c->arena, &h->voids);

  if (!rc) rc = list_unbilled(h, list);
  if (!rc) rc = list_rerated(h, scratch, list);
  list->count = bl_sort_unique(list->seq, list->count);
  return rc;
}

static int read_entries(health *h) {
  health_entries list = {NULL, 0, 0};
  bl_arena scratch;
  int rc;

  if (!(h->flags & BL_EVENT_UNBILLED) ||
      (h->customer_id.len && !h->customer))
    return BILLING_OK;
  bl_arena_open(&scratch, &h->c->b->host);
  rc = list_entries(h, &scratch, &list);
  for (size_t i = 0; i < list.count && !rc; i++) {
    if (bl_is_interrupted(h->c->b)) rc = BILLING_CANCELED;
    if (!rc) rc = read_entry(h, (int64_t)list.seq[i], &scratch);
    bl_arena_empty(&scratch, (size_t)1 << 20);
  }
  bl_arena_close(&scratch);
  return rc;
}

/* ---- the answer ---- */

static int health_row_order(const void *a, const void *b) {
  const bl_map_entry *x = a, *y = b;

  return bl_str_order((bl_str){x->key, x->len}, (bl_str){y->key, y->len});
}

/* The rows by their keys. */
static int sort_rows(const health *h, bl_map_entry **out) {
  size_t count = h->rows.count;
  bl_map_entry *rows = bl_arena_array(&h->c->arena, count + 1, sizeof *rows);

  if (!rows) return BILLING_NOMEM;
  if (count) memcpy(rows, h->rows.entry, count * sizeof *rows);
  bl_sort(rows, count, sizeof *rows, health_row_order);
  *out = rows;
  return BILLING_OK;
}

static void add_examples(const health_row *row, bl_json *out) {
  bl_json *list = bl_json_array(out, "examples");

  for (size_t i = 0; i < row->example_count; i++) {
    const health_example *e = &row->examples[i];
    bl_json *example = bl_json_object(list, NULL);
    bl_json_add_int(example, "number", (int64_t)e->number);
    if (e->key.len) bl_json_add_text(example, "key", e->key);
    bl_json_add_time(example, "time", e->time_us);
  }
}

static void health_add_row(const health_row *row, bl_json *list) {
  bl_json *out = bl_json_object(list, NULL);

  bl_json_add_c(out, "reason", health_reasons[row->reason].name);
  if (row->id.len) bl_json_add_text(out, "customer", row->id);
  if (row->name.len) bl_json_add_text(out, "event", row->name);
  bl_json_add_int(out, "count", row->count);
  bl_json_add_time(out, "from", row->from_us);
  bl_json_add_time(out, "to", row->to_us);
  add_examples(row, out);
}

/* The page behind "after". */
static int health_add_rows(const health *h, bl_json *answer) {
  bl_map_entry after = {h->q->after.text, h->q->after.len, 0, NULL};
  bl_map_entry *rows = NULL;
  bl_json *list = bl_json_array(answer, "unbilled");
  int64_t given = 0;
  int rc = sort_rows(h, &rows);

  for (size_t i = 0; i < h->rows.count && !rc; i++) {
    if (h->q->after.len && health_row_order(&after, &rows[i]) >= 0) continue;
    if (given++ == h->q->limit) {
      bl_str next = {rows[i - 1].key, rows[i - 1].len};
      bl_json_add_text(answer, "next", next);
      break;
    }
    health_add_row(rows[i].value, list);
  }
  return rc;
}

static void health_add_counts(const health *h, bl_json *answer) {
  bl_json *counts = bl_json_object(answer, "counts");
  const bl_customer *customer = h->customer;
  static const bl_heads nothing;
  const bl_heads *all = &h->c->t->heads;

  if (h->customer_id.len && !customer) all = &nothing;
  bl_json_add_int(counts, "events",
                  (int64_t)(customer ? customer->events : all->events));
  bl_json_add_int(counts, "unmatched",
                  (int64_t)(customer ? customer->unmatched : all->unmatched));
  bl_json_add_int(counts, "unpriced",
                  (int64_t)(customer ? customer->unpriced : all->unpriced));
  bl_json_add_int(counts, "unentitled", (int64_t)(
      customer ? customer->unentitled : all->unentitled));
  if (!h->customer_id.len)
    bl_json_add_int(counts, "parked", (int64_t)all->parked);
}

static int choose_reason(health *h) {
  h->flags = BL_EVENT_UNBILLED | BILLING_RECEIPT_PARKED;
  if (!h->q->reason.len) return BILLING_OK;
  for (size_t i = 0; i < BL_COUNT(health_reasons); i++)
    if (bl_str_is(h->q->reason, health_reasons[i].name)) {
      h->flags = health_reasons[i].flag;
      return BILLING_OK;
    }
  return bl_fail(h->c->err, BILLING_INVALID, "/reason",
                 "unmatched, unpriced, unentitled, parked",
                 "there is no reason %t",
                 &h->q->reason);
}

static int choose_customer(health *h) {
  bl_customer *customer;
  int rc;

  if (!h->q->customer.len) return BILLING_OK;
  h->customer_id = h->q->customer;
  bl_customer_hash(h->c->b, h->customer_id, h->parked);
  rc = bl_named_customer(h->c, h->parked, &customer);
  if (rc || (!customer && h->c->t->heads.parked)) return rc;
  rc = bl_find_customer(h->c, h->q->customer, "/customer", &customer);
  if (!rc) h->customer = customer;
  return rc;
}

static int health_document(bl_call *c, const bl_query *q, billing_doc **out) {
  health h = {.c = c, .q = q};
  bl_json *answer;
  int rc = choose_reason(&h);

  bl_map_open(&h.rows, &c->arena);
  bl_map_open(&h.rerated, &c->arena);
  if (!rc) rc = choose_customer(&h);
  if (!rc) rc = read_entries(&h);
  if (!rc) rc = read_parked_entries(&h);
  if (rc) return rc;
  answer = bl_json_object(NULL, NULL);
  health_add_counts(&h, answer);
  rc = health_add_rows(&h, answer);
  if (!rc) rc = bl_doc_of_tree(c, answer, out);
  bl_json_free(answer);
  return rc;
}

int billing_usage_health(billing *b, const billing_call *call,
                         const char *query, size_t query_len,
                         billing_doc **out, billing_error *err) {
  static const char *const allowed[] = {"customer", "reason", "from", "to",
                                        "examples", "after", "limit", NULL};
  bl_question question = {query, query_len, allowed, NULL, health_document};

  return bl_question_ask(b, call, &question, out, err);
}

#undef HEALTH_EXAMPLES
#undef HEALTH_PARKED
