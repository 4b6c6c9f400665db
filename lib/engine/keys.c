/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* keys.c - where the idempotency keys of events were used; see keys.h. */
#include "engine/keys.h"

#include "engine/batch.h"

#define KEY_PLACES 8

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

/* Whether the event `number` has the key. */
static int is_of(bl_call *c, uint64_t number, bl_str key, int *is) {
  const bl_block *block;
  const bl_event_text *text;
  bl_batch batch;
  size_t place = bl_event_place(number);
  int rc = bl_batch_read(c, bl_event_seq(number), &batch);

  if (!rc && place >= batch.count) rc = BILLING_CORRUPT;
  if (!rc) rc = bl_batch_block(&batch, place / BL_BATCH_BLOCK, &block);
  if (rc) return rc;
  text = &block->texts[place % BL_BATCH_BLOCK];
  *is = bl_keys_is(c->b, text, key);
  return BILLING_OK;
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

#undef KEY_PLACES
