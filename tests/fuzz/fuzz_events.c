/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * fuzz_events.c - the bytes of a batch of events, whatever they are.
 *
 * The first two bytes say how long the facts are; the properties follow.  A
 * batch that is read whole is written again, once as plain texts and once
 * with holes where the texts have values, and must read back to itself.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/event_code.h"

#define AT_US INT64_C(1767225600000000)
#define EVENTS 4096
#define HOLES 80

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void must(int holds, const char *what) {
  if (holds) return;
  fprintf(stderr, "fuzz_events: %s\n", what);
  abort();
}

typedef struct batch {
  bl_events_reader reader;
  bl_fact_event    facts[EVENTS];
  bl_event_text   words[EVENTS];
  size_t           count;
  uint32_t         has_words;
} batch;

static int read_batch(batch *b, bl_arena *a, bl_str facts, bl_str properties) {
  bl_fact_event fact;
  bl_event_text words;
  int rc = bl_events_open(&b->reader, a, facts, properties, AT_US);

  b->count = 0;
  b->has_words = properties.len > 0;
  while (!rc) {
    rc = bl_events_next(&b->reader, &fact, &words);
    if (rc || b->count == EVENTS) break;
    b->facts[b->count] = fact;
    b->words[b->count++] = words;
  }
  must(rc == BILLING_OK || rc == BILLING_DONE || rc == BILLING_CORRUPT, "rc");
  return rc;
}

/* ---- The same events ---------------------------------------------------- */

static int same_charge(const batch *a, const bl_fact_charge *x,
                       const batch *b, const bl_fact_charge *y) {
  const bl_fact_key *k = &a->reader.keys[x->key];
  const bl_fact_key *l = &b->reader.keys[y->key];

  if (x->draw_count != y->draw_count) return 0;
  for (size_t i = 0; i < x->draw_count; i++)
    if (x->draws[i].grant != y->draws[i].grant ||
        !bl_dec_equal(x->draws[i].amount, y->draws[i].amount)) return 0;
  return k->contract == l->contract && k->price == l->price &&
         k->period == l->period && bl_str_equal(k->group, l->group) &&
         x->has_unique == y->has_unique && x->at_us == y->at_us &&
         !memcmp(x->unique, y->unique, sizeof x->unique) &&
         x->is_removal == y->is_removal &&
         bl_dec_equal(x->quantity, y->quantity) &&
         bl_dec_equal(x->sample, y->sample) &&
         bl_dec_equal(x->amount, y->amount);
}

static int same_fact(const batch *a, const bl_fact_event *x, const batch *b,
                     const bl_fact_event *y) {
  if (x->flags != y->flags || x->customer != y->customer ||
      x->time_us != y->time_us || !bl_dec_equal(x->balance, y->balance) ||
      x->charge_count != y->charge_count) return 0;
  for (size_t i = 0; i < x->charge_count; i++)
    if (!same_charge(a, &x->charges[i], b, &y->charges[i])) return 0;
  return 1;
}

static int same_words(const bl_event_text *x, const bl_event_text *y) {
  return x->is_redacted == y->is_redacted && x->has_value == y->has_value &&
         bl_str_equal(x->key, y->key) && bl_str_equal(x->name, y->name) &&
         bl_str_equal(x->properties, y->properties) &&
         !memcmp(x->key_hash, y->key_hash, sizeof x->key_hash) &&
         bl_dec_equal(x->value, y->value);
}

/* ---- Written again ------------------------------------------------------ */

/* What stands between ':' or quotes and the next quote, comma or brace. */
static size_t find_holes(bl_str text, bl_event_hole *holes) {
  size_t count = 0, from = 0, i;

  for (i = 0; i < text.len && count < HOLES; i++) {
    char c = text.text[i];
    if (c != ':' && c != '"' && c != ',' && c != '}') continue;
    if (i > from || c == '"')
      holes[count++] = (bl_event_hole){(uint32_t)from, (uint32_t)(i - from),
                                       0};
    from = i + 1;
  }
  return count;
}

static void write_again(const batch *b, batch *twin, int has_holes) {
  bl_event_hole holes[HOLES];
  bl_str facts, properties;
  bl_events_writer w;
  bl_arena a;

  bl_arena_open(&a, NULL);
  bl_events_writer_open(&w, &a);
  bl_events_begin(&w, AT_US);
  for (size_t i = 0; i < b->reader.key_count; i++)
    must(bl_events_key(&w, &b->reader.keys[i]) == i, "place of a key");
  for (size_t i = 0; i < b->count; i++) {
    bl_event_text words = b->words[i];
    words.holes = holes;
    words.hole_count = has_holes ? find_holes(words.properties, holes) : 0;
    must(bl_events_add(&w, &b->facts[i], &words) == BILLING_OK, "add");
  }
  must(bl_events_end(&w, &facts, &properties) == BILLING_OK, "end");
  must(read_batch(twin, &a, facts, properties) == BILLING_DONE, "reread");
  must(twin->count == b->count, "count");
  for (size_t i = 0; i < b->count; i++) {
    must(same_fact(b, &b->facts[i], twin, &twin->facts[i]), "fact");
    must(!b->has_words || same_words(&b->words[i], &twin->words[i]), "words");
  }
  bl_arena_close(&a);
}

/* Passing over all of them comes to the same end. */
static void skip_all(bl_arena *a, bl_str facts, bl_str properties, int rc) {
  bl_events_reader r;
  bl_fact_event fact;

  if (bl_events_open(&r, a, facts, properties, AT_US)) return;
  must(bl_events_skip(&r, EVENTS + 1) == rc, "skip");
  must(bl_events_next(&r, &fact, NULL) == rc, "skip, once more");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  static batch one, two;
  bl_str facts, properties;
  size_t len;
  bl_arena a;
  int rc;

  if (size < 2) return 0;
  len = (size_t)bytes[0] << 8 | bytes[1];
  if (len > size - 2) len = size - 2;
  facts = (bl_str){(const char *)bytes + 2, len};
  properties = (bl_str){(const char *)bytes + 2 + len, size - 2 - len};
  bl_arena_open(&a, NULL);
  rc = read_batch(&one, &a, facts, properties);
  if (rc != BILLING_OK) skip_all(&a, facts, properties, rc);
  if (rc == BILLING_DONE) {
    write_again(&one, &two, 0);
    write_again(&one, &two, 1);
  }
  bl_arena_close(&a);
  return 0;
}
