/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * event_decode.c - events out of the bytes of a batch, which event_code.c
 * describes.
 *
 * Bytes may be anything.  A fault sets r->facts.bad or r->properties.bad and
 * spreads: what is read behind it is zero, and each loop asks for it.  What a
 * count promises must fit the bytes that are left, before memory is taken.
 */
#include "engine/event_decode.h"

int bl_events_open(bl_events_reader *r, bl_arena *arena, bl_str facts,
                   bl_str properties, int64_t at_us) {
  memset(r, 0, sizeof *r);
  r->arena = r->out = arena;
  r->has_words = properties.len > 0;
  bl_events_past_open(&r->past, at_us);
  bl_unpack_open(&r->facts, facts.text, facts.len);
  bl_unpack_open(&r->properties, properties.text, properties.len);
  if (bl_unpack_byte(&r->facts) != BL_EVENTS_FORMAT) r->facts.bad = 1;
  if (r->has_words && bl_unpack_byte(&r->properties) != BL_EVENTS_FORMAT)
    r->facts.bad = 1;
  r->count = bl_unpack_u64(&r->facts);
  return r->rc = r->facts.bad ? BILLING_CORRUPT : BILLING_OK;
}

/* Room for a list of `count` things that each take `least` bytes or more. */
static int evr_fits(bl_events_reader *r, uint64_t count, unsigned least) {
  if (count > (uint64_t)(r->facts.end - r->facts.at) / least) r->facts.bad = 1;
  return !r->facts.bad;
}

/* ---- A key -------------------------------------------------------------- */

static bl_str evr_group(bl_events_reader *r, unsigned head) {
  bl_str none = {"", 0}, *group;
  uint64_t index;

  if (head & BL_KEY_GROUP) {
    index = bl_unpack_u64(&r->facts);
    if (index < r->group_count) return r->groups[index];
    r->facts.bad = 1;
    return none;
  }
  if (!(head & BL_KEY_NEW_GROUP)) return none;
  group = bl_arena_next(r->arena, (void **)&r->groups, &r->group_count,
                        &r->group_cap, sizeof *group);
  if (!group) {
    r->rc = BILLING_NOMEM;
    return none;
  }
  *group = bl_unpack_str(&r->facts);
  if (!group->len) r->facts.bad = 1;
  r->group_count++;
  return *group;
}

/* What differs from the expected is not zero. */
static uint64_t evr_other(bl_unpack *u) {
  int64_t by = bl_unpack_i64(u);

  if (!by) u->bad = 1;
  return (uint64_t)by;
}

static void evr_new_key(bl_events_reader *r, uint64_t customer) {
  unsigned head = bl_unpack_byte(&r->facts);
  bl_fact_key key = {bl_expect_contract(&r->past, customer),
                      head >> BL_KEY_PRICE, r->past.period, {"", 0}}, *kept;

  if (key.price == BL_KEY_PRICE_MORE) key.price += bl_unpack_u64(&r->facts);
  if (key.price < head >> BL_KEY_PRICE) r->facts.bad = 1;
  if (head & BL_KEY_CONTRACT) key.contract += evr_other(&r->facts);
  if (head & BL_KEY_PERIOD) key.period += evr_other(&r->facts);
  if ((head & BL_KEY_GROUP) && (head & BL_KEY_NEW_GROUP)) r->facts.bad = 1;
  key.group = evr_group(r, head);
  if (r->facts.bad || r->rc) return;
  kept = bl_arena_next(r->arena, (void **)&r->keys, &r->key_count,
                       &r->key_cap, sizeof *kept);
  if (!kept || !bl_events_past_key(&r->past, r->arena, customer, &key)) {
    r->rc = BILLING_NOMEM;
    return;
  }
  *kept = key;
  r->key_count++;
}

/* The place of the charge's key. */
static uint64_t evr_place(bl_events_reader *r, unsigned head,
                          uint64_t customer) {
  uint64_t back = head & BL_CHARGE_KEY;

  if (!back) {
    evr_new_key(r, customer);
    return r->key_count - 1;
  }
  if (back == BL_CHARGE_KEY) back += bl_unpack_u64(&r->facts);
  if (back < (head & BL_CHARGE_KEY) || back > r->key_count) r->facts.bad = 1;
  return r->key_count - back;
}

/* ---- A charge ----------------------------------------------------------- */

static void evr_extras(bl_events_reader *r, unsigned extras, int64_t time_us,
                       bl_fact_charge *charge) {
  const unsigned char *unique;

  if (!extras || extras >= 2 * BL_CHARGE_REMOVAL) r->facts.bad = 1;
  charge->is_removal = (extras & BL_CHARGE_REMOVAL) != 0;
  if (charge->is_removal && !(extras & BL_CHARGE_UNIQUE)) r->facts.bad = 1;
  if (extras & BL_CHARGE_UNIQUE) {
    unique = bl_unpack_bytes(&r->facts, sizeof charge->unique);
    if (!unique) return;
    charge->has_unique = 1;
    memcpy(charge->unique, unique, sizeof charge->unique);
  }
  if (extras & BL_CHARGE_AT) {
    charge->at_us = (int64_t)((uint64_t)time_us +
                              (uint64_t)bl_unpack_i64(&r->facts));
    if (!charge->at_us) r->facts.bad = 1;
  }
  if (extras & BL_CHARGE_SAMPLE) charge->sample = bl_unpack_dec(&r->facts);
}

/* The quantity, the amount and the charge as it is remembered. */
static void evr_amounts(bl_events_reader *r, unsigned head, int has_sample,
                        bl_fact_charge *charge) {
  uint64_t place = charge->key;
  const bl_events_tally *tally = &r->past.tallies[place];
  bl_dec_parts quantity = bl_unpack_parts(&r->facts), amount, expected;
  int is_expected = bl_expect_amount(&r->past, tally, &quantity, &expected);

  if (head & BL_CHARGE_AMOUNT) {
    amount = bl_unpack_parts(&r->facts);
    if (is_expected && bl_parts_equal(&amount, &expected)) r->facts.bad = 1;
  } else {
    if (!is_expected) r->facts.bad = 1;
    amount = is_expected ? expected : quantity;
  }
  if (r->facts.bad) return;
  charge->quantity = bl_dec_join(&quantity);
  charge->amount   = bl_dec_join(&amount);
  if (!has_sample) charge->sample = charge->quantity;
  else if (bl_dec_equal(charge->sample, charge->quantity)) r->facts.bad = 1;
  bl_events_past_charge(&r->past, place, &quantity, &amount);
}

static bl_draw *evr_new_draws(bl_events_reader *r, uint64_t count) {
  bl_draw *draws;

  if (!evr_fits(r, count, 1)) return NULL;
  draws = bl_arena_array(r->out, (size_t)count, sizeof *draws);
  if (!draws) r->rc = BILLING_NOMEM;
  return draws;
}

/* Whether a list of draws is what would have been expected. */
static int evr_is_plain(const bl_fact_charge *charge, uint64_t grant) {
  if (!charge->draw_count) return bl_dec_is_zero(charge->amount);
  return charge->draw_count == 1 && charge->draws[0].grant == grant &&
         !bl_dec_is_zero(charge->amount) &&
         bl_dec_equal(charge->draws[0].amount, charge->amount);
}

static void evr_listed_draws(bl_events_reader *r, uint64_t expected,
                             bl_fact_charge *charge) {
  uint64_t head = bl_unpack_u64(&r->facts), grant = expected;
  bl_dec rest = charge->amount;
  bl_draw *draws = head >> 1 ? evr_new_draws(r, head >> 1) : NULL;

  if (head == 1) r->facts.bad = 1;
  for (size_t i = 0; draws && i < head >> 1 && !r->facts.bad; i++) {
    int is_last = i + 1 == head >> 1;
    draws[i].grant = grant += (uint64_t)bl_unpack_i64(&r->facts);
    draws[i].amount = is_last && head & 1 ? rest : bl_unpack_dec(&r->facts);
    if (is_last && !(head & 1) && bl_dec_equal(rest, draws[i].amount))
      r->facts.bad = 1;
    if (is_last && bl_dec_is_bad(draws[i].amount)) r->facts.bad = 1;
    rest = bl_dec_sub(rest, draws[i].amount);
  }
  if (!draws && head >> 1) return;
  charge->draws = draws;
  charge->draw_count = (size_t)(head >> 1);
  if (!r->facts.bad && evr_is_plain(charge, expected)) r->facts.bad = 1;
}

static void evr_charge(bl_events_reader *r, const bl_fact_event *fact,
                       bl_draw *plain, bl_fact_charge *charge) {
  unsigned head = bl_unpack_byte(&r->facts), extras = 0;
  bl_events_tally *tally;
  uint64_t grant;

  charge->key = evr_place(r, head, fact->customer);
  if (r->facts.bad || r->rc) return;
  tally = &r->past.tallies[charge->key];
  if (head & BL_CHARGE_EXTRAS) {
    extras = bl_unpack_byte(&r->facts);
    evr_extras(r, extras, fact->time_us, charge);
  }
  evr_amounts(r, head, (extras & BL_CHARGE_SAMPLE) != 0, charge);
  if (r->facts.bad) return;
  grant = bl_expect_grant(&r->past, tally);
  if (head & BL_CHARGE_DRAWS) {
    evr_listed_draws(r, grant, charge);
  } else if (!bl_dec_is_zero(charge->amount)) {
    *plain = (bl_draw){grant, charge->amount};
    charge->draws = plain;
    charge->draw_count = 1;
  }
  if (charge->draw_count)
    bl_events_past_draw(&r->past, tally,
                        charge->draws[charge->draw_count - 1].grant);
}

/* ---- An event ----------------------------------------------------------- */

/* The distance to the time before, in 0 to 6 or in 8 bytes, as few as it
 * needs. */
static uint64_t evr_time(bl_events_reader *r, unsigned head) {
  unsigned size = head >> BL_EVENTS_TIME & 7;
  const unsigned char *bytes;
  uint64_t distance = 0;

  if (size == 7) size = 8;
  bytes = bl_unpack_bytes(&r->facts, size);
  if (!bytes || !size) return 0;
  for (unsigned i = size; i-- > 0;) distance = distance << 8 | bytes[i];
  if (distance >> 8 * (size - (size == 8) - 1) == 0) r->facts.bad = 1;
  return (uint64_t)bl_unzigzag(distance);
}

static void evr_head(bl_events_reader *r, unsigned head, bl_fact_event *fact) {
  uint64_t count = head >> BL_EVENTS_CHARGES, more;

  fact->customer = r->past.customer;
  fact->flags    = r->past.flags;
  if (head & BL_EVENTS_CUSTOMER) fact->customer += evr_other(&r->facts);
  if (head & BL_EVENTS_FLAGS) {
    fact->flags = bl_unpack_u64(&r->facts);
    if (fact->flags == r->past.flags) r->facts.bad = 1;
  }
  fact->time_us = (int64_t)((uint64_t)r->past.time_us + evr_time(r, head));
  if (count == BL_EVENTS_MORE) {
    more = bl_unpack_u64(&r->facts);
    if (!evr_fits(r, more, 2)) return;
    count += more;
  }
  if (evr_fits(r, count, 2)) fact->charge_count = (size_t)count;
}

/* The charges, each with room for one draw behind them all. */
static void evr_charges(bl_events_reader *r, bl_fact_event *fact) {
  size_t count = fact->charge_count;
  bl_fact_charge *charges;
  bl_draw *plain;

  if (!count) return;
  charges = bl_arena_array(r->out, count, sizeof *charges + sizeof *plain);
  if (!charges) {
    r->rc = BILLING_NOMEM;
    return;
  }
  plain = (bl_draw *)(charges + count);
  for (size_t i = 0; i < count && !r->facts.bad && !r->rc; i++)
    evr_charge(r, fact, &plain[i], &charges[i]);
  fact->charges = charges;
}

static void evr_balance(bl_events_reader *r, unsigned head,
                        bl_fact_event *fact) {
  bl_dec expected = bl_expect_balance(&r->past, fact);

  fact->balance = head & BL_EVENTS_BALANCE ? bl_unpack_dec(&r->facts)
                                           : expected;
  if (bl_dec_is_bad(fact->balance) ||
      (head & BL_EVENTS_BALANCE && bl_dec_equal(fact->balance, expected)))
    r->facts.bad = 1;
}

static int evr_event(bl_events_reader *r, bl_fact_event *fact) {
  unsigned head = bl_unpack_byte(&r->facts);

  memset(fact, 0, sizeof *fact);
  evr_head(r, head, fact);
  if (!r->facts.bad) evr_charges(r, fact);
  if (!r->facts.bad && !r->rc) evr_balance(r, head, fact);
  if (r->facts.bad && !r->rc) r->rc = BILLING_CORRUPT;
  if (!r->rc) bl_events_past_event(&r->past, fact);
  return r->rc;
}

/* Nothing may be left behind the last event. */
static int evr_finish(bl_events_reader *r) {
  if (!bl_unpack_done(&r->facts)) r->rc = BILLING_CORRUPT;
  if (r->has_words && !bl_unpack_done(&r->properties))
    r->rc = BILLING_CORRUPT;
  return r->rc ? r->rc : BILLING_DONE;
}

int bl_events_next(bl_events_reader *r, bl_fact_event *fact,
                   bl_event_text *words) {
  if (words) memset(words, 0, sizeof *words);
  if (r->rc) return r->rc;
  if (r->past.count == r->count) return evr_finish(r);
  if (evr_event(r, fact)) return r->rc;
  return r->has_words ? bl_words_get(r, fact, words) : BILLING_OK;
}

/* What is passed over is made in an arena of its own, event by event; the
 * first byte keeps its block. */
int bl_events_skip(bl_events_reader *r, uint64_t count) {
  bl_arena *out = r->out, spare;
  bl_arena_mark mark;
  bl_fact_event fact;
  int rc = r->rc;

  bl_arena_open(&spare, &r->arena->host);
  (void)bl_arena_take(&spare, 1);
  mark = bl_arena_now(&spare);
  r->out = &spare;
  for (; count && !rc; count--) {
    rc = bl_events_next(r, &fact, NULL);
    bl_arena_back(&spare, mark);
  }
  r->out = out;
  bl_arena_close(&spare);
  return rc;
}
