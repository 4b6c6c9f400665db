/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* replay.c - walking customers' entries and asking again; see replay.h. */
#include "engine/replay.h"

#include "base/sort.h"
#include "engine/batch.h"
#include "engine/index.h"

/* ---- asking again ---- */

billing_call bl_replay_call(const bl_replay *r, bl_str key) {
  billing_call call;

  BILLING_INIT(&call);
  call.flags = BILLING_CALL_STEP;
  call.tenant = r->c->t->id;
  call.key = key;
  call.now_us = r->now_us;
  return call;
}

static int is_only_refused(int rc) {
  switch (BILLING_CODE(rc)) {
  case BILLING_INVALID: case BILLING_NOTFOUND: case BILLING_CONFLICT:
  case BILLING_DENIED: case BILLING_LIMIT: return 1;
  default: return 0;
  }
}

int bl_replay_fail(bl_replay *r, int rc, const char *path,
                   const billing_error *why) {
  if (!why->message[0]) return bl_fail_code(r->c->err, rc);
  return bl_fail(r->c->err, rc, path, why->hint, "%s", why->message);
}

int bl_replay_refuse(bl_replay *r, bl_replay_refusals *refused, int rc,
                     uint64_t event, const billing_error *why) {
  if (!is_only_refused(rc)) return bl_replay_fail(r, rc, why->path, why);
  if (refused->count++ > 0) return BILLING_OK;
  refused->first = *why;
  refused->event = event;
  return BILLING_OK;
}

/* Events have their numbers for keys, so that voids find them. */
bl_str bl_replay_key(bl_replay *r, const char *prefix, uint64_t number) {
  bl_text key;

  bl_text_open(&key, &r->own);
  bl_text_format(&key, "%s%i", prefix, (int64_t)number);
  return (bl_str){key.text, key.len};
}

/* NULL for those whom nobody asks about, and who were erased. */
static bl_replay_one *one_of(const bl_replay *r, uint64_t number) {
  bl_replay_one *one;

  if (number < r->first || number - r->first >= r->who_count) return NULL;
  one = &r->who[number - r->first];
  return one->customer ? one : NULL;
}

/* ---- events ---- */

typedef struct replay_events {
  billing_event   *events;
  billing_receipt *receipts;
  bl_replay_one  **who;
  uint64_t        *numbers;
  billing_error    err;        /* of the one that is refused first */
  size_t           count;
} replay_events;

static void replay_event(bl_replay *r, replay_events *e, bl_replay_one *one,
                         const bl_fact_event *fact, const bl_event_text *text,
                         uint64_t number) {
  billing_event *event = &e->events[e->count];

  BILLING_INIT(event);
  BILLING_INIT(&e->receipts[e->count]);
  e->who[e->count] = one;
  e->numbers[e->count++] = number;
  event->key = bl_replay_key(r, "", number);
  event->customer = one->customer->id;
  event->event = text->name;
  event->properties = text->properties;
  event->time_us = fact->time_us;
  if (!text->has_value) return;
  event->flags = BILLING_EVENT_VALUE;
  event->value = text->value;
}

static void replay_block(bl_replay *r, replay_events *e, const bl_block *block,
                         uint64_t number) {
  for (size_t i = 0; i < block->count; i++) {
    const bl_fact_event *fact = &block->facts[i];
    bl_replay_one *one = one_of(r, fact->customer);
    if (one) replay_event(r, e, one, fact, &block->texts[i], number + i);
  }
}

static int replay_read(bl_replay *r, const bl_entry *entry,
                       replay_events *e) {
  bl_batch batch;
  int rc = bl_batch_open(&r->own, entry, &batch);

  if (rc) return rc;
  e->events = bl_arena_array(&r->own, batch.count, sizeof *e->events);
  e->receipts = bl_arena_array(&r->own, batch.count, sizeof *e->receipts);
  e->who = bl_arena_array(&r->own, batch.count, sizeof(bl_replay_one *));
  e->numbers = bl_arena_array(&r->own, batch.count, sizeof *e->numbers);
  if (r->own.failed) return BILLING_NOMEM;
  for (size_t i = 0; i < batch.block_count && !rc; i++) {
    const bl_block *block;
    rc = bl_batch_block(&batch, i, &block);
    if (!rc)
      replay_block(r, e, block,
                   bl_event_number(entry->seq, i * BL_BATCH_BLOCK));
  }
  return !rc && r->own.failed ? BILLING_NOMEM : rc;
}

/* The words of a refusal are those of the batch's first one. */
static int note_refused(bl_replay *r, const replay_events *e) {
  int rc = BILLING_OK;

  for (size_t i = 0; i < e->count && !rc; i++) {
    int is_first = e->err.item < 0 || e->err.item == (int64_t)i;
    billing_error plain = {.struct_size = sizeof plain,
                           .code = e->receipts[i].code};
    if (e->receipts[i].code)
      rc = bl_replay_refuse(r, &e->who[i]->refused, e->receipts[i].code,
                            e->numbers[i], is_first ? &e->err : &plain);
  }
  return rc;
}

static int again_events(bl_replay *r, const bl_entry *entry) {
  billing_call call = bl_replay_call(r, (bl_str){NULL, 0});
  replay_events e = {0};
  int rc = replay_read(r, entry, &e);

  if (rc) return rc;
  BILLING_INIT(&e.err);
  rc = billing_record(r->b, &call, e.events, e.count, e.receipts, &e.err);
  return rc ? bl_replay_fail(r, rc, e.err.path, &e.err) : note_refused(r, &e);
}

/* What was refused cannot be taken back. */
static int again_void(bl_replay *r, bl_replay_one *one,
                      const bl_fact_void *fact) {
  billing_call call = bl_replay_call(r, (bl_str){NULL, 0});
  bl_str key = bl_replay_key(r, "", fact->event);
  billing_error err;
  int rc;

  if (r->own.failed) return BILLING_NOMEM;
  BILLING_INIT(&err);
  rc = billing_void(r->b, &call, key.text, key.len, NULL, &err);
  if (!rc || BILLING_CODE(rc) == BILLING_NOTFOUND) return BILLING_OK;
  return bl_replay_refuse(r, &one->refused, rc, fact->event, &err);
}

/* ---- what falls due ---- */

/* An advance came so far: what was due before, and one step that is now. */
static int again_advance(bl_replay *r, int64_t due_us) {
  billing_call call = bl_replay_call(r, (bl_str){NULL, 0});
  billing_error err;
  int rc;

  BILLING_INIT(&err);
  rc = billing_advance(r->b, &call, due_us - 1, 0, NULL, &err);
  if (!rc) rc = billing_advance(r->b, &call, due_us, 1, NULL, &err);
  return rc ? bl_replay_fail(r, rc, err.path, &err) : BILLING_OK;
}

static int again_expiry(bl_replay *r, const bl_fact_grant_expired *fact) {
  const bl_grant_state *grant =
      bl_table_at(&r->c->t->by_grant, fact->number);

  return grant ? again_advance(r, grant->lot.expires_us) : BILLING_CORRUPT;
}

/* ---- entries ---- */

static uint64_t customer_of(const bl_entry *entry,
                            const bl_entry_facts *facts) {
  switch (entry->kind) {
  case BL_ENTRY_DOCUMENT:
    return facts->document.kind == BL_KIND_CUSTOMER ? facts->document.number
                                                    : facts->document.customer;
  case BL_ENTRY_GRANT: return facts->grant.customer;
  case BL_ENTRY_GRANT_CHANGE: return facts->grant_change.customer;
  case BL_ENTRY_VOID: return facts->undone.customer;
  case BL_ENTRY_INVOICE: return facts->invoice.customer;
  default: return facts->grant_expired.customer;
  }
}

/* Holds are not repeated, and the rest follows from what is. */
static int again_fact(bl_replay *r, const bl_entry *entry) {
  bl_entry_facts facts;
  bl_replay_one *one;
  int rc = bl_entry_read(entry, &r->own, &facts);

  if (rc) return rc;
  one = one_of(r, customer_of(entry, &facts));
  if (!one) return BILLING_OK;
  switch (entry->kind) {
  case BL_ENTRY_DOCUMENT: return bl_replay_own(r, one, &facts.document);
  case BL_ENTRY_GRANT: return bl_replay_grant(r, one, &facts.grant);
  case BL_ENTRY_GRANT_CHANGE:
    return bl_replay_change(r, one, &facts.grant_change);
  case BL_ENTRY_VOID: return again_void(r, one, &facts.undone);
  case BL_ENTRY_INVOICE: return again_advance(r, facts.invoice.issued_us);
  default: return again_expiry(r, &facts.grant_expired);
  }
}

static int again_entry(bl_replay *r, int64_t seq) {
  bl_entry entry;
  int rc = bl_journal_read(r->c, seq, &r->own, &entry);

  if (rc) return rc;
  r->now_us = entry.at_us;
  r->seq = seq;
  rc = entry.kind == BL_ENTRY_EVENTS ? again_events(r, &entry)
                                     : again_fact(r, &entry);
  bl_arena_empty(&r->own, SIZE_MAX);
  return rc;
}

#define REPLAY_KINDS                                                 \
  (UINT64_C(1) << BL_ENTRY_DOCUMENT | UINT64_C(1) << BL_ENTRY_EVENTS | \
   UINT64_C(1) << BL_ENTRY_GRANT | UINT64_C(1) << BL_ENTRY_VOID |      \
   UINT64_C(1) << BL_ENTRY_GRANT_CHANGE |                              \
   UINT64_C(1) << BL_ENTRY_INVOICE | UINT64_C(1) << BL_ENTRY_GRANT_EXPIRED)

/* Entries about any of them; many are about several. */
typedef struct replay_list {
  bl_arena  arena;
  uint64_t *seq;
  size_t    count;
  size_t    cap;
  size_t    sorted;            /* of these, each once */
} replay_list;

#define REPLAY_UNSORTED 4096

static void sort_list(replay_list *list) {
  list->sorted = list->count = bl_sort_unique(list->seq, list->count);
}

static int replay_list_of(bl_replay *r, const bl_customer *customer,
                          replay_list *list) {
  bl_index_wish wish = {bl_subject_customer(customer->number), 0,
                        BL_ALL_TIMES, REPLAY_KINDS};
  int64_t *seqs;
  size_t count;
  int rc = bl_index_find(r->c, &wish, &r->own, &seqs, &count);

  for (size_t i = 0; i < count && !rc; i++) {
    uint64_t *place = bl_arena_push(&list->arena, (void **)&list->seq,
                                    &list->count, &list->cap, sizeof *place);
    if (!place) return BILLING_NOMEM;
    *place = (uint64_t)seqs[i];
    list->count++;
  }
  if (list->count > 2 * list->sorted + REPLAY_UNSORTED) sort_list(list);
  bl_arena_empty(&r->own, SIZE_MAX);
  return rc;
}

static int again_listed(bl_replay *r, const replay_list *list) {
  size_t at = 0;
  int rc = BILLING_OK;

  for (size_t i = 0; i < list->count && !rc; i++) {
    int64_t seq = (int64_t)list->seq[i];
    if (bl_is_interrupted(r->c->b)) rc = BILLING_CANCELED;
    if (!rc) rc = bl_replay_until(r, &at, seq);
    if (!rc) rc = again_entry(r, seq);
  }
  return rc ? rc : bl_replay_until(r, &at, INT64_MAX);
}

static int again_all(bl_replay *r) {
  replay_list list = {.count = 0};
  int rc = BILLING_OK;

  bl_arena_open(&list.arena, &r->c->b->host);
  for (size_t i = 0; i < r->who_count && !rc; i++)
    if (r->who[i].customer) rc = replay_list_of(r, r->who[i].customer, &list);
  sort_list(&list);
  if (!rc) rc = again_listed(r, &list);
  bl_arena_close(&list.arena);
  return rc;
}

/* ---- the handle where it happens ---- */

/* Zones have been read, and stay as long as the handle that read them. */
static int lend_zones(bl_replay *r) {
  const bl_map *zones = &r->c->b->zones;
  int rc = BILLING_OK;

  for (size_t i = 0; i < zones->count && !rc; i++)
    rc = bl_map_put(&r->b->zones, zones->entry[i].key, zones->entry[i].len,
                    zones->entry[i].value);
  return rc;
}

static int open_scratch(bl_replay *r) {
  const billing *b = r->c->b;
  billing_store *store = NULL;
  billing_options options;
  int rc = billing_memory_store(&store, &b->host);

  if (rc) return rc;
  BILLING_INIT(&options);
  options.allocator = &b->host;
  options.zone_folder = b->zone_folder;
  options.secret = (bl_str){(const char *)b->secret, sizeof b->secret};
  rc = billing_open_store(&r->b, store, &options, r->c->err);
  if (rc) store->methods->close(store);
  return rc ? rc : lend_zones(r);
}

int bl_replay_run(bl_replay *r, bl_replay_one *who, size_t count,
                  uint64_t first) {
  int rc;

  r->who = who;
  r->who_count = count;
  r->first = first;
  r->has_plans = 0;
  r->now_us = r->count ? r->catalog[0].at_us : r->c->now_us;
  rc = open_scratch(r);
  if (!rc) rc = bl_replay_start(r);
  return rc ? rc : again_all(r);
}

void bl_replay_drop(bl_replay *r) {
  billing_close(r->b);
  r->b = NULL;
  bl_arena_empty(&r->own, SIZE_MAX);
}

int bl_replay_open(bl_replay *r, bl_call *c, const bl_json *documents,
                   const bl_json *instead) {
  int rc;

  memset(r, 0, sizeof *r);
  r->c = c;
  r->documents = documents;
  r->instead = instead;
  bl_arena_open(&r->arena, &c->b->host);
  bl_arena_open(&r->own, &c->b->host);
  rc = bl_replay_check(r);
  return rc ? rc : bl_replay_read(r);
}

void bl_replay_close(bl_replay *r) {
  billing_close(r->b);
  bl_arena_close(&r->own);
  bl_arena_close(&r->arena);
}

#undef REPLAY_KINDS
#undef REPLAY_UNSORTED
