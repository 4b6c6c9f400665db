/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * runs_keys.c - chunks of KEYS.
 *
 *     pairs                           key     seq    n
 *     (1000, 7 << 16 | 2)               0       2    2
 *     (1003, 5 << 16 | 1)               3       0    1
 *     (1005, 8 << 16 | 0)               5       3    0
 *
 *     bits of a pair                    3       2    2      7 in all
 *     low bit first                   000      01   01
 *                                     110      00   10
 *                                     101      11   00
 *     as bytes         D0 51 07
 *     then             03 00  03 02 02                      count and widths
 *                      E8 03 00 00 00 00 00 00              first key: 1000
 *                      05 00 00 00 00 00 00 00              least seq: 5
 *
 * A key is written as what it is above the first one, a value as its seq above
 * the least one and its n (a value is seq << 16 | n), each with as many bits
 * as the greatest one of the chunk needs.  Keys are random, so the 430 keys of
 * a chunk out of a million share their leading bits and 53 are left; seqs are
 * near each other, and n is below the size of a batch: 9 to 10 bytes a pair.
 *
 * The description stands at the end, because a number is read with the nine
 * bytes from the one in which it begins: behind the last pair there are always
 * so many.
 */
#include "engine/runs_parts.h"

#define KEYS_FOOT 21
#define KEYS_N_MOST ((UINT64_C(1) << BL_RUNS_PLACE_BITS) - 1)

/* How the pairs of a chunk are coded. */
typedef struct keys_form {
  size_t   count;
  unsigned key_bits;
  unsigned seq_bits;
  unsigned n_bits;
  unsigned pair_bits;
  uint64_t first_key;
  uint64_t least_seq;
} keys_form;

static unsigned keys_bits(uint64_t v) {
  return v ? 64 - (unsigned)__builtin_clzll(v) : 0;
}

static size_t keys_bytes(size_t count, unsigned pair_bits) {
  return (count * pair_bits + 7) / 8;
}

static int keys_ascend(bl_runs_key a, bl_runs_key b) {
  return a.key < b.key || (a.key == b.key && a.value < b.value);
}

/* ---- Write ------------------------------------------------------------- */

static keys_form keys_form_of(const bl_key_chunk *c) {
  uint64_t last_key = c->pair[c->count - 1].key;
  keys_form f;

  f.count     = c->count;
  f.first_key = c->pair[0].key;
  f.least_seq = c->least_seq;
  f.key_bits  = keys_bits(last_key - f.first_key);
  f.seq_bits  = keys_bits(c->most_seq - c->least_seq);
  f.n_bits    = keys_bits(c->most_n);
  f.pair_bits = f.key_bits + f.seq_bits + f.n_bits;
  return f;
}

static unsigned keys_pair_bits(const bl_key_chunk *c, uint64_t last_key) {
  return keys_bits(last_key - c->pair[0].key) +
         keys_bits(c->most_seq - c->least_seq) + keys_bits(c->most_n);
}

/* What a pair does to the widths is kept only when there is room for it. */
int bl_key_chunk_add(bl_key_chunk *c, bl_runs_key pair) {
  uint64_t seq = pair.value >> BL_RUNS_PLACE_BITS;
  uint64_t n = pair.value & KEYS_N_MOST;
  uint64_t least = c->least_seq, most = c->most_seq, most_n = c->most_n;

  assert(c->count == 0 || keys_ascend(c->pair[c->count - 1], pair));
  if (c->count == BL_RUNS_CHUNK_MOST) return 0;
  if (c->count == 0) {
    c->pair[0] = pair;
    least = most = seq;
    most_n = n;
  }
  c->least_seq = seq < least ? seq : least;
  c->most_seq  = seq > most ? seq : most;
  c->most_n    = n > most_n ? n : most_n;
  if (keys_bytes(c->count + 1, keys_pair_bits(c, pair.key)) >
      BL_RUNS_ROW - KEYS_FOOT) {
    c->least_seq = least;
    c->most_seq  = most;
    c->most_n    = most_n;
    return 0;
  }
  c->pair[c->count++] = pair;
  return 1;
}

/* Bits on their way to bytes; fewer than 64 wait. */
typedef struct keys_pen {
  unsigned char *to;
  bl_u128        wait;
  unsigned       bits;
} keys_pen;

static void keys_write(keys_pen *pen, uint64_t v, unsigned bits) {
  assert(bits == 64 || v >> bits == 0);
  pen->wait |= (bl_u128)v << pen->bits;
  pen->bits += bits;
  if (pen->bits < 64) return;
  bl_runs_set_word(pen->to, (uint64_t)pen->wait);
  pen->to += 8;
  pen->wait >>= 64;
  pen->bits -= 64;
}

size_t bl_key_chunk_pack(const bl_key_chunk *c,
                         unsigned char out[BL_RUNS_ROW]) {
  keys_form f = keys_form_of(c);
  keys_pen pen = {out, 0, 0};
  unsigned char *foot = out + keys_bytes(f.count, f.pair_bits);

  assert(c->count > 0 && foot + KEYS_FOOT <= out + BL_RUNS_ROW);
  for (size_t i = 0; i < c->count; i++) {
    uint64_t value = c->pair[i].value;

    keys_write(&pen, c->pair[i].key - f.first_key, f.key_bits);
    keys_write(&pen, (value >> BL_RUNS_PLACE_BITS) - f.least_seq, f.seq_bits);
    keys_write(&pen, value & KEYS_N_MOST, f.n_bits);
  }
  for (; pen.to < foot; pen.wait >>= 8) *pen.to++ = (unsigned char)pen.wait;
  foot[0] = (unsigned char)f.count;
  foot[1] = (unsigned char)(f.count >> 8);
  foot[2] = (unsigned char)f.key_bits;
  foot[3] = (unsigned char)f.seq_bits;
  foot[4] = (unsigned char)f.n_bits;
  bl_runs_set_word(foot + 5, f.first_key);
  bl_runs_set_word(foot + 13, f.least_seq);
  return (size_t)(foot + KEYS_FOOT - out);
}

/* ---- Read -------------------------------------------------------------- */

/* CORRUPT unless the length is the one that the foot tells. */
static int keys_read_form(bl_str bytes, keys_form *f) {
  const unsigned char *foot;

  if (bytes.len < KEYS_FOOT) return BILLING_CORRUPT;
  foot = (const unsigned char *)bytes.text + bytes.len - KEYS_FOOT;
  f->count     = (size_t)(foot[0] | foot[1] << 8);
  f->key_bits  = foot[2];
  f->seq_bits  = foot[3];
  f->n_bits    = foot[4];
  f->pair_bits = f->key_bits + f->seq_bits + f->n_bits;
  f->first_key = bl_runs_word(foot + 5);
  f->least_seq = bl_runs_word(foot + 13);
  if (f->count < 1 || f->count > BL_RUNS_CHUNK_MOST || f->key_bits > 64 ||
      f->seq_bits > 64 - BL_RUNS_PLACE_BITS ||
      f->n_bits > BL_RUNS_PLACE_BITS ||
      bytes.len != keys_bytes(f->count, f->pair_bits) + KEYS_FOOT)
    return BILLING_CORRUPT;
  return BILLING_OK;
}

/* The number of `bits` bits that begins with bit `at`. */
static inline uint64_t keys_read(const unsigned char *p, size_t at,
                                 unsigned bits) {
  unsigned past = at & 7;
  uint64_t v = bl_runs_word(p + at / 8) >> past |
               ((uint64_t)p[at / 8 + 8] << 1) << (63 - past);

  return bits < 64 ? v & ((UINT64_C(1) << bits) - 1) : v;
}

static inline uint64_t keys_key_at(const keys_form *f, const unsigned char *p,
                                   size_t i) {
  return f->first_key + keys_read(p, i * f->pair_bits, f->key_bits);
}

static inline uint64_t keys_value_at(const keys_form *f,
                                     const unsigned char *p, size_t i) {
  size_t at = i * f->pair_bits + f->key_bits;
  uint64_t seq = f->least_seq + keys_read(p, at, f->seq_bits);

  return seq << BL_RUNS_PLACE_BITS | keys_read(p, at + f->seq_bits,
                                               f->n_bits);
}

int bl_key_chunk_unpack(bl_str bytes, bl_runs_key out[BL_RUNS_CHUNK_MOST],
                        size_t *count) {
  const unsigned char *p = (const unsigned char *)bytes.text;
  int does_ascend = 1;
  keys_form f;

  if (keys_read_form(bytes, &f)) return BILLING_CORRUPT;
  for (size_t i = 0; i < f.count; i++) {
    out[i].key   = keys_key_at(&f, p, i);
    out[i].value = keys_value_at(&f, p, i);
    does_ascend &= i == 0 || keys_ascend(out[i - 1], out[i]);
  }
  if (!does_ascend) return BILLING_CORRUPT;
  *count = f.count;
  return BILLING_OK;
}

int bl_key_chunk_find(bl_str bytes, uint64_t key, bl_runs_found *found) {
  const unsigned char *p = (const unsigned char *)bytes.text;
  size_t low = 0, high;
  keys_form f;

  if (keys_read_form(bytes, &f)) return BILLING_CORRUPT;
  high = f.count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;

    if (keys_key_at(&f, p, middle) < key)
      low = middle + 1;
    else
      high = middle;
  }
  for (; low < f.count && keys_key_at(&f, p, low) == key; low++) {
    if (found->count < found->room)
      found->value[found->count] = keys_value_at(&f, p, low);
    found->count++;
  }
  return BILLING_OK;
}

#undef KEYS_FOOT
#undef KEYS_N_MOST
