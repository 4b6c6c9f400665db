/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * event_encode.c - the facts of a batch of events.  The bytes are described
 * in event_code.c, the properties are written in event_words.c.
 */
#include "engine/event_encode.h"

/* Room for the format and the number of events, written when it is known. */
#define ENCODE_FRONT (1 + BL_PUT_U64_MOST)
/* At most: of an event, of one charge and of one draw, without texts. */
#define ENCODE_EVENT (1 + 3 * BL_PUT_U64_MOST + 8 + BL_PUT_DEC_MOST)
#define ENCODE_CHARGE (19 + 7 * BL_PUT_U64_MOST + 3 * BL_PUT_DEC_MOST)
#define ENCODE_DRAW (BL_PUT_U64_MOST + BL_PUT_DEC_MOST)

void bl_events_writer_open(bl_events_writer *w, bl_arena *arena) {
  memset(w, 0, sizeof *w);
  w->arena = arena;
}

int bl_buffer_reserve(bl_arena *arena, bl_events_buffer *b, size_t len) {
  size_t cap = b->cap ? b->cap : 4096;
  unsigned char *bytes;

  if (len <= b->cap - b->len) return 1;
  if (len > SIZE_MAX / 4 - b->len) return 0;
  while (cap < b->len + len) cap *= 2;
  bytes = bl_arena_grow(arena, b->bytes, b->cap, cap);
  if (!bytes) return 0;
  b->bytes = bytes;
  b->cap   = cap;
  return 1;
}

void bl_events_begin(bl_events_writer *w, int64_t at_us) {
  w->failed = 0;
  bl_events_past_open(&w->past, at_us);
  w->facts.len      = 0;
  w->properties.len = 0;
  w->named_count    = 0;
  bl_words_begin(w);
  if (!bl_buffer_reserve(w->arena, &w->facts, ENCODE_FRONT) ||
      !bl_buffer_reserve(w->arena, &w->properties, 1)) {
    w->failed = 1;
    return;
  }
  w->facts.len = ENCODE_FRONT;
  w->properties.bytes[w->properties.len++] = BL_EVENTS_FORMAT;
}

uint64_t bl_events_key(bl_events_writer *w, const bl_fact_key *key) {
  bl_events_named *named = bl_arena_next(w->arena, (void **)&w->named,
                                         &w->named_count, &w->named_cap,
                                         sizeof *named);

  if (!named) {
    w->failed = 1;
    return 0;
  }
  named->key = *key;
  return w->named_count++;
}

/* ---- A key -------------------------------------------------------------- */

static unsigned char *evc_put_group(bl_events_writer *w, unsigned char *at,
                                    bl_str group, unsigned char *head) {
  bl_word_place place;

  if (!group.len) return at;
  if (bl_word_find(w, BL_LIST_GROUPS, group, &place)) {
    *head |= BL_KEY_GROUP;
    return bl_put_u64(at, place.word->index);
  }
  *head |= BL_KEY_NEW_GROUP;
  bl_word_keep(w, &place, w->group_count++, 0);
  at = bl_put_u64(at, group.len);
  return bl_put_bytes(at, group.text, group.len);
}

static unsigned char *evc_put_key(bl_events_writer *w, unsigned char *at,
                                  const bl_fact_key *key, uint64_t customer) {
  uint64_t contract = bl_expect_contract(&w->past, customer);
  unsigned char *head = at++;
  unsigned price = key->price < BL_KEY_PRICE_MORE ? (unsigned)key->price
                                                  : BL_KEY_PRICE_MORE;

  *head = (unsigned char)(price << BL_KEY_PRICE);
  if (price == BL_KEY_PRICE_MORE) at = bl_put_u64(at, key->price - price);
  if (key->contract != contract) {
    *head |= BL_KEY_CONTRACT;
    at = bl_put_i64(at, (int64_t)(key->contract - contract));
  }
  if (key->period != w->past.period) {
    *head |= BL_KEY_PERIOD;
    at = bl_put_i64(at, (int64_t)(key->period - w->past.period));
  }
  return evc_put_group(w, at, key->group, head);
}

/* ---- A charge ----------------------------------------------------------- */

/* One draw of the whole amount by the grant that is expected; none when there
 * is no amount. */
static int evc_draws_are_plain(const bl_fact_charge *charge, uint64_t grant) {
  if (bl_dec_is_zero(charge->amount)) return charge->draw_count == 0;
  return charge->draw_count == 1 && charge->draws[0].grant == grant &&
         bl_dec_equal(charge->draws[0].amount, charge->amount);
}

/* When they add up to the charge's amount, the last one's needs no saying. */
static unsigned char *evc_put_draws(unsigned char *at,
                                    const bl_fact_charge *charge,
                                    uint64_t grant) {
  size_t last = charge->draw_count - 1;
  unsigned char *head = at;
  bl_dec rest = charge->amount;
  int is_whole;

  if (!charge->draw_count) {
    *at = 0;
    return at + 1;
  }
  for (size_t i = 0; i < last; i++)
    rest = bl_dec_sub(rest, charge->draws[i].amount);
  is_whole = bl_dec_equal(rest, charge->draws[last].amount);
  at = bl_put_u64(head, (uint64_t)charge->draw_count << 1 |
                            (unsigned)is_whole);
  for (size_t i = 0; i <= last; i++) {
    const bl_draw *draw = &charge->draws[i];
    at = bl_put_i64(at, (int64_t)(draw->grant - grant));
    if (i < last || !is_whole) at = bl_put_dec(at, draw->amount);
    grant = draw->grant;
  }
  return at;
}

static unsigned char *evc_put_extras(unsigned char *at,
                                     const bl_fact_charge *charge,
                                     int64_t time_us) {
  int has_sample = !bl_dec_equal(charge->sample, charge->quantity);

  assert(charge->has_unique || !charge->is_removal);
  *at++ = (unsigned char)((charge->has_unique ? BL_CHARGE_UNIQUE : 0) |
                          (charge->at_us ? BL_CHARGE_AT : 0) |
                          (has_sample ? BL_CHARGE_SAMPLE : 0) |
                          (charge->is_removal ? BL_CHARGE_REMOVAL : 0));
  if (charge->has_unique)
    at = bl_put_bytes(at, charge->unique, sizeof charge->unique);
  if (charge->at_us)
    at = bl_put_i64(at, (int64_t)((uint64_t)charge->at_us -
                                  (uint64_t)time_us));
  return has_sample ? bl_put_dec(at, charge->sample) : at;
}

/* How far back the key is, and behind the head what the head does not hold.
 * The key gets a place when it is used first; NULL when memory is out. */
static unsigned char *evc_put_place(bl_events_writer *w, unsigned char *at,
                                    bl_events_named *named,
                                    uint64_t customer) {
  unsigned char *head = at++;
  uint64_t back = w->past.tally_count - named->place;

  *head = 0;
  if (!named->is_written) {
    at = evc_put_key(w, at, &named->key, customer);
    named->place = w->past.tally_count;
    named->is_written = 1;
    return bl_events_past_key(&w->past, w->arena, customer, &named->key)
               ? at : NULL;
  }
  *head = (unsigned char)(back < BL_CHARGE_KEY ? back : BL_CHARGE_KEY);
  return back < BL_CHARGE_KEY ? at : bl_put_u64(at, back - BL_CHARGE_KEY);
}

static unsigned char *evc_put_charge(bl_events_writer *w, unsigned char *at,
                                     const bl_fact_event *fact,
                                     const bl_fact_charge *charge) {
  bl_dec_parts quantity = bl_dec_split(charge->quantity), expected;
  bl_dec_parts amount = bl_dec_split(charge->amount);
  bl_events_named *named = &w->named[charge->key];
  unsigned char *head = at;
  bl_events_tally *tally;
  uint64_t grant;

  at = evc_put_place(w, at, named, fact->customer);
  if (!at) return NULL;
  tally = &w->past.tallies[named->place];
  if (charge->has_unique || charge->at_us ||
      !bl_dec_equal(charge->sample, charge->quantity)) {
    *head |= BL_CHARGE_EXTRAS;
    at = evc_put_extras(at, charge, fact->time_us);
  }
  at = bl_put_parts(at, &quantity);
  if (!bl_expect_amount(&w->past, tally, &quantity, &expected) ||
      !bl_parts_equal(&amount, &expected)) {
    *head |= BL_CHARGE_AMOUNT;
    at = bl_put_parts(at, &amount);
  }
  grant = bl_expect_grant(&w->past, tally);
  if (!evc_draws_are_plain(charge, grant)) {
    *head |= BL_CHARGE_DRAWS;
    at = evc_put_draws(at, charge, grant);
  }
  bl_events_past_charge(&w->past, named->place, &quantity, &amount);
  if (charge->draw_count)
    bl_events_past_draw(&w->past, tally,
                        charge->draws[charge->draw_count - 1].grant);
  return at;
}

/* ---- An event ----------------------------------------------------------- */

/* The distance to the time before in as few whole bytes as it needs; 7 is
 * not among the sizes, it stands for 8. */
static unsigned char *evc_put_time(unsigned char *at, unsigned char *head,
                                   uint64_t distance) {
  unsigned size = 0;

  while (size < 8 && distance >> (8 * size)) size++;
  if (size == 7) size = 8;
  *head |= (unsigned char)((size < 8 ? size : 7) << BL_EVENTS_TIME);
  bl_store64(at, distance);
  return at + size;
}

static unsigned char *evc_put_head(const bl_events_past *past,
                                   unsigned char *at,
                                   const bl_fact_event *fact) {
  uint64_t distance = (uint64_t)fact->time_us - (uint64_t)past->time_us;
  unsigned char *head = at++;
  size_t count = fact->charge_count;

  *head = (unsigned char)((count < BL_EVENTS_MORE ? count : BL_EVENTS_MORE)
                          << BL_EVENTS_CHARGES);
  if (fact->customer != past->customer) {
    *head |= BL_EVENTS_CUSTOMER;
    at = bl_put_i64(at, (int64_t)(fact->customer - past->customer));
  }
  if (fact->flags != past->flags) {
    *head |= BL_EVENTS_FLAGS;
    at = bl_put_u64(at, fact->flags);
  }
  at = evc_put_time(at, head, bl_zigzag((int64_t)distance));
  return count < BL_EVENTS_MORE ? at
                                : bl_put_u64(at, count - BL_EVENTS_MORE);
}

static size_t evc_bound(const bl_events_writer *w, const bl_fact_event *fact) {
  size_t bound = ENCODE_EVENT;

  for (size_t i = 0; i < fact->charge_count; i++) {
    const bl_fact_charge *charge = &fact->charges[i];
    assert(charge->key < w->named_count);
    bound += ENCODE_CHARGE + charge->draw_count * ENCODE_DRAW +
             w->named[charge->key].key.group.len;
  }
  return bound;
}

static int evc_put_fact(bl_events_writer *w, const bl_fact_event *fact) {
  unsigned char *start, *at;

  if (!bl_buffer_reserve(w->arena, &w->facts, evc_bound(w, fact))) return 0;
  start = w->facts.bytes + w->facts.len;
  at = evc_put_head(&w->past, start, fact);
  for (size_t i = 0; i < fact->charge_count && at; i++)
    at = evc_put_charge(w, at, fact, &fact->charges[i]);
  if (!at) return 0;
  if (!bl_dec_equal(bl_expect_balance(&w->past, fact), fact->balance)) {
    *start |= BL_EVENTS_BALANCE;
    at = bl_put_dec(at, fact->balance);
  }
  bl_events_past_event(&w->past, fact);
  w->facts.len = (size_t)(at - w->facts.bytes);
  assert(w->facts.len <= w->facts.cap);
  return 1;
}

int bl_events_add(bl_events_writer *w, const bl_fact_event *fact,
                  const bl_event_text *words) {
  if (w->failed) return BILLING_NOMEM;
  if (!evc_put_fact(w, fact) || !bl_words_put(w, fact, words)) w->failed = 1;
  return w->failed ? BILLING_NOMEM : BILLING_OK;
}

int bl_events_end(bl_events_writer *w, bl_str *facts, bl_str *properties) {
  unsigned char front[ENCODE_FRONT], *at = front, *start;

  if (w->failed) return BILLING_NOMEM;
  *at++ = BL_EVENTS_FORMAT;
  at = bl_put_u64(at, w->past.count);
  start = w->facts.bytes + ENCODE_FRONT - (at - front);
  memcpy(start, front, (size_t)(at - front));
  *facts = (bl_str){(const char *)start,
                    w->facts.len - (size_t)(start - w->facts.bytes)};
  *properties =
      (bl_str){(const char *)w->properties.bytes, w->properties.len};
  return BILLING_OK;
}

#undef ENCODE_FRONT
#undef ENCODE_EVENT
#undef ENCODE_CHARGE
#undef ENCODE_DRAW
