/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * runs_tail.c - the keys that are in no run yet.
 *
 *     pair   0: (25, 7)   1: (21, 8)   2: (25, 9)      as they came
 *     slot   .  1  3  .  .  2  .  .                    index + 1; 8 slots
 *
 * A table like base/map.c's: a pair is in the first slot from key & 7 on that
 * was free when it came, so all slots that its probe passes belong to older
 * pairs, and the newest can be cut off without tombstones.  A key may come
 * again; then both are on one probe.  What a slot has above the bits of an
 * index are bits of its key's upper half: a probe reads slots, which lie
 * beside each other, and touches hardly ever a pair with another key.
 *
 * What is frozen is sorted by radix, eleven bits at a time, and found through
 * the places at which the leading bits of a key begin:
 *
 *     sorted  (1 << 62, 9)  (3 << 62, 7)  (3 << 62, 8)
 *     first   0  0  1  1  3                            by the leading 2 bits
 */
#include "engine/runs_parts.h"

#define TAIL_DIGIT_BITS 11
#define TAIL_DIGITS (1 << TAIL_DIGIT_BITS)
#define TAIL_LEAST_SLOTS 64

void bl_key_tail_open(bl_key_tail *t, const billing_allocator *host) {
  memset(t, 0, sizeof *t);
  if (host) t->host = *host;
}

static void tail_drop_frozen(bl_key_tail *t) {
  size_t places = ((size_t)1 << t->first_bits) + 1;

  bl_host_free(&t->host, t->frozen, t->frozen_count * sizeof *t->frozen);
  bl_host_free(&t->host, t->first, places * sizeof *t->first);
  t->frozen       = NULL;
  t->frozen_count = 0;
  t->first        = NULL;
  t->first_bits   = 0;
}

void bl_key_tail_close(bl_key_tail *t) {
  billing_allocator host = t->host;

  tail_drop_frozen(t);
  bl_host_free(&host, t->pair, t->room * sizeof *t->pair);
  bl_host_free(&host, t->slot, t->slots * sizeof *t->slot);
  bl_key_tail_open(t, &host);
}

/* ---- Slots ------------------------------------------------------------- */

/* The bits of a key that stand above an index. */
static uint32_t tail_mark(const bl_key_tail *t, uint64_t key) {
  return (uint32_t)(key >> 32) & ~(uint32_t)(t->slots - 1);
}

static size_t tail_index(const bl_key_tail *t, size_t slot) {
  return (t->slot[slot] & (t->slots - 1)) - 1;
}

static void tail_enter(bl_key_tail *t, size_t index) {
  uint64_t key = t->pair[index].key;
  size_t i = (size_t)key & (t->slots - 1);

  while (t->slot[i]) i = (i + 1) & (t->slots - 1);
  t->slot[i] = tail_mark(t, key) | ((uint32_t)index + 1);
}

static void tail_enter_all(bl_key_tail *t) {
  if (t->slots) memset(t->slot, 0, t->slots * sizeof *t->slot);
  for (size_t i = 0; i < t->count; i++) tail_enter(t, i);
}

/* Room for so many pairs: a quarter more at a time, so that a pair never takes
 * more than 20 bytes. */
static int tail_reserve_pairs(bl_key_tail *t, size_t count) {
  size_t room = t->room + t->room / 4 + TAIL_LEAST_SLOTS / 4;
  bl_runs_key *pair;

  if (count <= t->room) return BILLING_OK;
  if (room < count) room = count;
  if (room >= UINT32_MAX / 2) return BILLING_NOMEM;
  pair = bl_host_alloc(&t->host, room * sizeof *pair);
  if (!pair) return BILLING_NOMEM;
  if (t->count) memcpy(pair, t->pair, t->count * sizeof *pair);
  bl_host_free(&t->host, t->pair, t->room * sizeof *pair);
  t->pair = pair;
  t->room = room;
  return BILLING_OK;
}

/* Keeps the table at most two thirds full: 12 bytes a pair at the most. */
static int tail_reserve_slots(bl_key_tail *t, size_t count) {
  size_t slots = t->slots ? t->slots : TAIL_LEAST_SLOTS;
  uint32_t *slot;

  while (count * 3 > slots * 2) slots *= 2;
  if (slots == t->slots) return BILLING_OK;
  slot = bl_host_alloc(&t->host, slots * sizeof *slot);
  if (!slot) return BILLING_NOMEM;
  bl_host_free(&t->host, t->slot, t->slots * sizeof *slot);
  t->slot  = slot;
  t->slots = slots;
  tail_enter_all(t);
  return BILLING_OK;
}

static int tail_reserve(bl_key_tail *t, size_t count) {
  int rc = tail_reserve_pairs(t, count);

  return rc ? rc : tail_reserve_slots(t, count);
}

int bl_key_tail_put(bl_key_tail *t, uint64_t key, uint64_t value) {
  int rc = tail_reserve(t, t->count + 1);

  assert(t->count == 0 || value > t->pair[t->count - 1].value);
  if (rc) return rc;
  t->pair[t->count].key   = key;
  t->pair[t->count].value = value;
  tail_enter(t, t->count++);
  return BILLING_OK;
}

void bl_key_tail_cut(bl_key_tail *t, size_t count) {
  assert(count <= t->count);
  while (t->count > count) {
    size_t i = (size_t)t->pair[t->count - 1].key & (t->slots - 1);

    while (tail_index(t, i) != t->count - 1) {
      assert(t->slot[i] != 0);
      i = (i + 1) & (t->slots - 1);
    }
    t->slot[i] = 0;
    t->count--;
  }
}

/* ---- Look up ----------------------------------------------------------- */

static void tail_found(bl_runs_found *found, uint64_t value) {
  if (found->count < found->room) found->value[found->count] = value;
  found->count++;
}

/* In first: where the pairs begin that share the leading bits of a key. */
static size_t tail_lead(const bl_key_tail *t, uint64_t key) {
  return t->first_bits ? (size_t)(key >> (64 - t->first_bits)) : 0;
}

static void tail_find_frozen(const bl_key_tail *t, uint64_t key,
                             bl_runs_found *found) {
  size_t lead = tail_lead(t, key);
  size_t low = t->first[lead], high = t->first[lead + 1];

  while (low < high) {
    size_t middle = low + (high - low) / 2;

    if (t->frozen[middle].key < key)
      low = middle + 1;
    else
      high = middle;
  }
  for (; low < t->frozen_count && t->frozen[low].key == key; low++)
    tail_found(found, t->frozen[low].value);
}

void bl_key_tail_find(const bl_key_tail *t, uint64_t key,
                      bl_runs_found *found) {
  uint32_t mark = tail_mark(t, key), mask = (uint32_t)(t->slots - 1);

  if (t->frozen_count) tail_find_frozen(t, key, found);
  if (t->count == 0) return;
  for (uint32_t i = (uint32_t)key & mask; t->slot[i]; i = (i + 1) & mask) {
    const bl_runs_key *pair = &t->pair[(t->slot[i] & mask) - 1];

    if (((t->slot[i] ^ mark) & ~mask) == 0 && pair->key == key)
      tail_found(found, pair->value);
  }
}

void bl_key_tail_prefetch(const bl_key_tail *t, uint64_t key) {
  if (t->count)
    bl_prefetch(&t->slot[(size_t)key & (t->slots - 1)]);
  if (t->frozen_count) bl_prefetch(&t->first[tail_lead(t, key)]);
}

/* ---- Sort -------------------------------------------------------------- */

typedef struct tail_sorting {
  bl_runs_key *pair;
  bl_runs_key *beside;         /* as much room; the two change places */
  size_t       count;
  int          by_value;
} tail_sorting;

static uint64_t tail_of(const tail_sorting *t, size_t i) {
  return t->by_value ? t->pair[i].value : t->pair[i].key;
}

/* Where the pairs with each digit go; 0 when all have the same one. */
static int tail_places(const tail_sorting *t, int shift,
                       uint32_t digit[TAIL_DIGITS]) {
  uint32_t place = 0;

  memset(digit, 0, TAIL_DIGITS * sizeof *digit);
  for (size_t i = 0; i < t->count; i++)
    digit[tail_of(t, i) >> shift & (TAIL_DIGITS - 1)]++;
  for (size_t i = 0; i < TAIL_DIGITS; i++) {
    uint32_t here = digit[i];

    if (here == t->count) return 0;
    digit[i] = place;
    place += here;
  }
  return 1;
}

/* Sorts by the bits from number `shift` up, a digit at a time; each pass keeps
 * the order of those that it does not tell apart. */
static void tail_sort_from(tail_sorting *t, int shift) {
  uint32_t digit[TAIL_DIGITS];

  for (; shift < 64; shift += TAIL_DIGIT_BITS) {
    bl_runs_key *to = t->beside;

    if (!tail_places(t, shift, digit)) continue;
    for (size_t i = 0; i < t->count; i++)
      to[digit[tail_of(t, i) >> shift & (TAIL_DIGITS - 1)]++] = t->pair[i];
    t->beside = t->pair;
    t->pair   = to;
  }
}

static int tail_is_below(bl_runs_key a, bl_runs_key b) {
  return a.key < b.key || (a.key == b.key && a.value < b.value);
}

/* Puts right what is nearly in order; 0 when that is too much to do. */
static int tail_settle(tail_sorting *t) {
  bl_runs_key *pair = t->pair;
  size_t left = t->count;

  for (size_t i = 1; i < t->count; i++) {
    bl_runs_key one = pair[i];
    size_t j = i;

    for (; left > 0 && j > 0 && tail_is_below(one, pair[j - 1]); left--) {
      pair[j] = pair[j - 1];
      j--;
    }
    pair[j] = one;
  }
  return left > 0;
}

/* The leading 33 bits of random keys tell nearly all of them apart. */
static void tail_sort_keys(tail_sorting *t) {
  tail_sort_from(t, 64 - 3 * TAIL_DIGIT_BITS);
  if (!tail_settle(t)) tail_sort_from(t, 0);
}

/* ---- Freeze ------------------------------------------------------------ */

/* How many pairs have values up to `through`. */
static size_t tail_until(const bl_key_tail *t, uint64_t through) {
  size_t low = 0, high = t->count;

  while (low < high) {
    size_t middle = low + (high - low) / 2;

    if (t->pair[middle].value <= through)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

/* Forgets the oldest pairs. */
static void tail_shift(bl_key_tail *t, size_t count) {
  if (count == 0) return;
  t->count -= count;
  memmove(t->pair, t->pair + count, t->count * sizeof *t->pair);
  tail_enter_all(t);
}

/* About four pairs for each place. */
static unsigned tail_first_bits(size_t count) {
  unsigned bits = 0;

  while (count >> bits > 8) bits++;
  return bits;
}

static void tail_note_first(bl_key_tail *t) {
  size_t places = (size_t)1 << t->first_bits;

  for (size_t i = 0; i < t->frozen_count; i++)
    t->first[tail_lead(t, t->frozen[i].key) + 1]++;
  for (size_t i = 0; i < places; i++) t->first[i + 1] += t->first[i];
}

/* The room of the pairs that are frozen is sorted in, too. */
int bl_key_tail_freeze(bl_key_tail *t, uint64_t through) {
  size_t count = tail_until(t, through), size = count * sizeof *t->frozen;
  unsigned bits = tail_first_bits(count);
  size_t places = ((size_t)1 << bits) + 1;
  tail_sorting sorting = {t->pair, NULL, count, 0};
  bl_runs_key *frozen;
  uint32_t *first;

  assert(t->frozen_count == 0);
  if (count == 0) return BILLING_OK;
  frozen = bl_host_alloc(&t->host, size);
  first  = bl_host_alloc(&t->host, places * sizeof *first);
  if (!frozen || !first) {
    bl_host_free(&t->host, frozen, size);
    bl_host_free(&t->host, first, places * sizeof *first);
    return BILLING_NOMEM;
  }
  sorting.beside = frozen;
  tail_sort_keys(&sorting);
  if (sorting.pair != frozen) memcpy(frozen, sorting.pair, size);
  t->frozen       = frozen;
  t->frozen_count = count;
  t->first        = first;
  t->first_bits   = bits;
  tail_note_first(t);
  tail_shift(t, count);
  return BILLING_OK;
}

/* What was frozen comes before all others again, in the order of values. */
int bl_key_tail_thaw(bl_key_tail *t) {
  size_t count = t->frozen_count, size = count * sizeof *t->frozen;
  tail_sorting sorting = {t->frozen, NULL, count, 1};

  if (count == 0) return BILLING_OK;
  if (tail_reserve(t, t->count + count)) return BILLING_NOMEM;
  sorting.beside = t->pair + t->count;
  tail_sort_from(&sorting, 0);
  if (sorting.pair != t->frozen) memcpy(t->frozen, sorting.pair, size);
  memmove(t->pair + count, t->pair, t->count * sizeof *t->pair);
  memcpy(t->pair, t->frozen, size);
  t->count += count;
  tail_drop_frozen(t);
  tail_enter_all(t);
  return BILLING_OK;
}

bl_runs_source bl_key_tail_source(const bl_key_tail *t, uint64_t last_seq) {
  bl_runs_source source = {last_seq, t->frozen_count, t->frozen, NULL, NULL};

  return source;
}

void bl_key_tail_release(bl_key_tail *t, uint64_t through) {
  tail_drop_frozen(t);
  tail_shift(t, tail_until(t, through));
}

#undef TAIL_DIGIT_BITS
#undef TAIL_DIGITS
#undef TAIL_LEAST_SLOTS
