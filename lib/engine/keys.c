/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* keys.c - where keys and ids were used; see keys.h. */
#include "engine/keys.h"

#include "engine/batch.h"
#include "engine/images.h"
#include "engine/index.h"

#define KEY_PLACES 8
/* One run of marks is written for so many keys that are kept in memory. */
#define MARKS_SHARE 4
/* Of a mark in a run, about. */
#define MARK_BYTES 16

uint64_t bl_keys_print_of(const unsigned char hash[16]) {
  uint64_t print = 0;

  for (int i = 7; i >= 0; i--) print = print << 8 | hash[i];
  return print;
}

uint64_t bl_keys_print(const billing *b, bl_str key) {
  unsigned char hash[16];

  bl_key_hash16(hash, b->event_key, key.text, key.len);
  return bl_keys_print_of(hash);
}

uint64_t bl_keys_print_of_contract(const billing *b, bl_str id) {
  unsigned char hash[16];

  bl_key_hash16(hash, b->contract_key, id.text, id.len);
  return bl_keys_print_of(hash);
}

void bl_keys_prefetch(const bl_tenant *t, uint64_t key) {
  bl_key_tail_prefetch(&t->tail, key);
  if (t->runs) bl_runs_prefetch(t->runs, BL_RUNS_EVENT_KEYS, key);
}

int bl_keys_find(bl_call *c, uint64_t key, uint64_t *numbers, size_t room,
                 size_t *count) {
  bl_runs_found found = {numbers, room, 0};
  bl_tenant *t = c->t;
  int rc = BILLING_OK;

  bl_key_tail_find(&t->tail, key, &found);
  if (t->runs)
    rc = bl_runs_find_key(t->runs, c->b->store, BL_RUNS_EVENT_KEYS, key,
                          &found);
  if (!rc && found.count > room) rc = BILLING_LIMIT;
  *count = found.count;
  return rc;
}

int bl_keys_add(bl_tenant *t, uint64_t key, uint64_t number) {
  return bl_key_tail_put(&t->tail, key, number);
}

/* Whether the event `number` has the key.  Nothing of what is read is kept:
 * many keys may be asked for in one call. */
static int is_of(bl_call *c, uint64_t number, bl_str key, int *is) {
  bl_arena_mark mark = bl_arena_now(&c->arena);
  size_t place = bl_event_place(number);
  const bl_block *block;
  bl_batch batch;
  int rc = bl_batch_peek(c, bl_event_seq(number), &batch);

  *is = 0;
  if (!rc && place >= batch.count) rc = BILLING_CORRUPT;
  if (!rc) rc = bl_batch_block(&batch, place / BL_BATCH_BLOCK, &block);
  if (!rc)
    *is = bl_keys_is(c->b, &block->texts[place % BL_BATCH_BLOCK], key);
  bl_arena_back(&c->arena, mark);
  return rc == BILLING_NOTFOUND ? BILLING_OK : rc;  /* no events at all */
}

int bl_keys_is(const billing *b, const bl_event_text *text, bl_str key) {
  unsigned char hash[16];

  if (!text->is_redacted) return bl_str_equal(key, text->key);
  bl_key_hash16(hash, b->event_key, key.text, key.len);
  return memcmp(hash, text->key_hash, sizeof hash) == 0;
}

int bl_keys_number(bl_call *c, bl_str key, uint64_t *number) {
  uint64_t numbers[KEY_PLACES];
  size_t count = 0;
  int is = 0;
  int rc = bl_keys_find(c, bl_keys_print(c->b, key), numbers, KEY_PLACES,
                        &count);

  *number = 0;
  for (size_t i = 0; i < count && !rc && !is; i++) {
    rc = is_of(c, numbers[i], key, &is);
    if (is) *number = numbers[i];
  }
  return rc;
}

/* ---- runs ---- */

static uint64_t last_number(int64_t seq) {
  return bl_event_number(seq + 1, 0) - 1;
}

int bl_keys_open(billing *b, bl_tenant *t) {
  if (t->runs) return BILLING_OK;
  return bl_runs_open(&t->runs, &b->host, t->number, 0,
                      (size_t)b->filter_bytes);
}

int bl_keys_sync(billing *b, bl_tenant *t, uint64_t version) {
  uint64_t seq = 0;
  int rc = BILLING_OK;

  if (!version && !t->runs) return BILLING_OK;
  rc = bl_keys_open(b, t);
  if (!rc && version != bl_runs_version(t->runs))
    rc = bl_runs_load(t->runs, b->store);
  if (!rc) rc = bl_runs_covered(t->runs, b->store, BL_RUNS_EVENT_KEYS, &seq);
  if (!rc && (int64_t)seq != t->tail_seq) {
    t->tail_seq = (int64_t)seq;
    bl_key_tail_release(&t->tail, last_number((int64_t)seq));
  }
  if (!rc) rc = bl_index_sync(b, t);
  return rc ? rc : bl_images_sync(b, t);
}

/* What is being written: by us, or by a process that is gone or goes on at its
 * own pace; all of it is in our tail, too.  What is frozen although nothing is
 * being written has been written by this very call: before it is believed,
 * nothing else can begin. */
static int next_source(billing *b, bl_tenant *t, int is_due, int *is_any,
                       uint64_t *last_seq) {
  uint64_t count;
  int rc = bl_runs_writing(t->runs, b->store, BL_RUNS_EVENT_KEYS, last_seq,
                           &count);

  *is_any = !rc;
  if (rc != BILLING_NOTFOUND) return rc;
  if (t->tail.frozen_count || !is_due || !t->tail.count)
    return BILLING_OK;
  *is_any = 1;
  *last_seq = (uint64_t)t->heads.seq;
  return BILLING_OK;
}

static int write_tail(billing *b, bl_tenant *t, int is_due) {
  bl_runs_source source;
  uint64_t last_seq;
  int is_any;
  int rc = next_source(b, t, is_due, &is_any, &last_seq);

  if (rc || !is_any) return rc;
  if (!t->tail.frozen_count)
    rc = bl_key_tail_freeze(&t->tail, last_number((int64_t)last_seq));
  if (rc) return rc;
  source = bl_key_tail_source(&t->tail, last_seq);
  return bl_runs_write(t->runs, b->store, BL_RUNS_EVENT_KEYS, &source);
}

uint64_t bl_keys_due(const bl_tenant *t, uint64_t keys, uint64_t marks) {
  if (!t->runs) return 0;
  return bl_runs_due(BL_RUNS_EVENT_KEYS, keys, 0) +
         bl_runs_due(BL_RUNS_INDEX, marks, marks * MARK_BYTES) +
         bl_images_due(t);
}

/* Keys and marks are written together, so that both are in runs up to nearly
 * the same entry: a memory that begins has to walk the rest. */
int bl_keys_are_full(const billing *b, const bl_tenant *t) {
  size_t marks = t->index.frozen ? 0 : t->index.count;

  return t->tail.count >= b->tail_events ||
         marks > (size_t)b->tail_events / MARKS_SHARE;
}

int bl_keys_work(billing *b, bl_tenant *t, uint64_t budget, int is_due,
                 uint32_t *owes) {
  int rc;

  *owes = 0;
  if (!t->runs && !is_due) return BILLING_OK;
  rc = bl_keys_open(b, t);
  if (!rc) rc = write_tail(b, t, is_due);
  if (!rc) rc = bl_index_write(b, t, is_due);
  if (!rc) rc = bl_images_write(b, t, is_due);
  if (!rc) rc = bl_runs_step(t->runs, b->store, budget, owes);
  if (rc) t->is_stale = 1;
  return rc;
}

#undef KEY_PLACES
#undef MARKS_SHARE
#undef MARK_BYTES
