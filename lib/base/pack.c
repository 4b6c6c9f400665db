/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * pack.c - the bytes of journal entries.
 *
 *     300          AC 02
 *     -2           03              zigzag: 3
 *     "tok"        03 74 6F 6B
 *     12           19              whole, not negative: 2 * 12 + 1
 *     1250         C5 13           2 * 1250 + 1
 *     0.003085     A8 83 06        3085 * 1000^4 * 10^-18: 32 * 3085 + 2 * 4
 *     -0.5         9A 7D           500 * 1000^5 * 10^-18: 32 * 500 + 2 * 13
 *
 * A decimal is digits * 1000^thousands * 10^-18.  A whole number that is not
 * negative is 2 * digits + 1; any other is 32 * digits + 2 * code, the code
 * being its thousands, and eight more when it is negative.
 *
 * Each value has exactly one form, and the reader refuses the others: entries
 * are hashed, so equal facts must be equal bytes.
 */
#include "base/pack.h"

#define PACK_WHOLE 6         /* thousands of a whole number: 10^18 */

static const uint64_t thousands_power[PACK_WHOLE + 1] = {
  1, 1000, 1000000, 1000000000, UINT64_C(1000000000000),
  UINT64_C(1000000000000000), BL_DEC_UNIT
};

/* ---- Take apart -------------------------------------------------------- */

/*
 * Dividing by 10^n without a division: the low n bits must be zero, and what
 * is above them is multiplied by the inverse of 5^n modulo 2^128.  If 5^n
 * divides it the product is the quotient; if not it is larger than any.
 */
typedef struct pack_divisor {
  unsigned twos;
  uint64_t inverse_hi, inverse_lo;
  uint64_t most_hi, most_lo;       /* (2^128 - 1) / 5^n */
} pack_divisor;

static const pack_divisor by_thousand = {
  3, UINT64_C(0x6E978D4FDF3B645A), UINT64_C(0x1CAC083126E978D5),
  UINT64_C(0x020C49BA5E353F7C), UINT64_C(0xED916872B020C49B)};
static const pack_divisor by_billion = {
  9, UINT64_C(0x97157D372FB9787E), UINT64_C(0x8E47CE423A2E9C6D),
  UINT64_C(0x0000089705F4136B), UINT64_C(0x4A59731680A88F89)};
static const pack_divisor by_unit = {
  18, UINT64_C(0xE0E1BA569B88CD74), UINT64_C(0xC1773B91FAC10669),
  UINT64_C(0x000000000049C977), UINT64_C(0x47490EAE839D7F99)};

static bl_u128 pack_wide(uint64_t hi, uint64_t lo) {
  return (bl_u128)hi << 64 | lo;
}

/* Whether d divides *v, which then is the quotient. */
static int pack_divide(bl_u128 *v, const pack_divisor *d) {
  bl_u128 quotient;

  if ((uint64_t)*v & ((UINT64_C(1) << d->twos) - 1)) return 0;
  quotient = (*v >> d->twos) * pack_wide(d->inverse_hi, d->inverse_lo);
  if (quotient > pack_wide(d->most_hi, d->most_lo)) return 0;
  *v = quotient;
  return 1;
}

bl_dec_parts bl_dec_split(bl_dec v) {
  bl_i128 raw = bl_dec_raw(v);
  bl_dec_parts parts = {raw < 0 ? (bl_u128)0 - (bl_u128)raw : (bl_u128)raw,
                        PACK_WHOLE, raw < 0};

  assert(bl_dec_is_valid(v));
  if (pack_divide(&parts.digits, &by_unit)) return parts;
  parts.thousands = pack_divide(&parts.digits, &by_billion) ? 3 : 0;
  while (pack_divide(&parts.digits, &by_thousand)) parts.thousands++;
  assert(parts.thousands < PACK_WHOLE);
  return parts;
}

bl_dec bl_dec_join(const bl_dec_parts *parts) {
  bl_i128 raw =
      (bl_i128)(parts->digits * thousands_power[parts->thousands]);

  return bl_dec_of_raw(parts->is_negative ? -raw : raw);
}

/* ---- Write -------------------------------------------------------------- */

/* Seven bits a byte, low first; returns the end. */
static unsigned char *pack_bits(unsigned char *at, bl_u128 v) {
  for (; v >= 0x80; v >>= 7) *at++ = (unsigned char)((v & 0x7F) | 0x80);
  *at++ = (unsigned char)v;
  return at;
}

unsigned char *bl_put_parts(unsigned char *at, const bl_dec_parts *parts) {
  unsigned low = 1, width = 1;

  if (parts->thousands < PACK_WHOLE || parts->is_negative) {
    low = parts->thousands << 1 | parts->is_negative << 4;
    width = 5;
  }
  if (parts->digits >> 59 == 0)
    return bl_put_u64(at, (uint64_t)parts->digits << width | low);
  *at++ = (unsigned char)((parts->digits << width | low) | 0x80);
  return pack_bits(at, parts->digits >> (7 - width));
}

unsigned char *bl_put_dec(unsigned char *at, bl_dec v) {
  bl_dec_parts parts = bl_dec_split(v);

  return bl_put_parts(at, &parts);
}

static void pack_add(bl_text *t, const unsigned char *from,
                     const unsigned char *to) {
  assert(to > from && to - from <= BL_PUT_DEC_MOST);
  bl_text_add(t, (const char *)from, (size_t)(to - from));
}

void bl_pack_u64(bl_text *t, uint64_t v) {
  unsigned char bytes[BL_PUT_U64_MOST];

  pack_add(t, bytes, bl_put_u64(bytes, v));
}

void bl_pack_i64(bl_text *t, int64_t v) {
  bl_pack_u64(t, bl_zigzag(v));
}

void bl_pack_dec(bl_text *t, bl_dec v) {
  unsigned char bytes[BL_PUT_DEC_MOST];

  if (bl_dec_is_bad(v)) t->failed = 1;
  pack_add(t, bytes, bl_put_dec(bytes, v));
}

void bl_pack_bytes(bl_text *t, const void *p, size_t len) {
  bl_pack_u64(t, len);
  bl_text_add(t, p, len);
}

void bl_pack_str(bl_text *t, bl_str s) {
  bl_pack_bytes(t, s.text, s.len);
}

/* ---- Read --------------------------------------------------------------- */

void bl_unpack_open(bl_unpack *u, const void *p, size_t len) {
  memset(u, 0, sizeof *u);
  u->at  = p;
  u->end = len ? u->at + len : u->at;
}

unsigned bl_unpack_byte(bl_unpack *u) {
  if (u->bad || u->at == u->end) {
    u->bad = 1;
    return 0;
  }
  return *u->at++;
}

/*
 * What pack_bits wrote, of at most `width` bits.  A last byte of zero behind
 * others, and bits above the width, are malformed.
 */
static bl_u128 unpack_bits(bl_unpack *u, int width) {
  bl_u128 v = 0;
  unsigned byte;
  int shift = 0;

  do {
    byte = bl_unpack_byte(u);
    if (shift >= width || (shift > 0 && byte == 0) ||
        (width - shift < 7 && (byte & 0x7F) >> (width - shift)))
      u->bad = 1;
    if (u->bad) return 0;
    v |= (bl_u128)(byte & 0x7F) << shift;
    shift += 7;
  } while (byte & 0x80);
  return v;
}

/* A number of eight bytes or less, all there; *len is 0 when it is not such
 * a one. */
static uint64_t unpack_short(const bl_unpack *u, int *len) {
  uint64_t v = 0;
  int n = 0;

  *len = 0;
  if (u->bad || u->end - u->at < 8) return 0;
  do v |= (uint64_t)(u->at[n] & 0x7F) << (7 * n);
  while (u->at[n++] & 0x80 && n < 8);
  if (u->at[n - 1] & 0x80 || (n > 1 && u->at[n - 1] == 0)) return 0;
  *len = n;
  return v;
}

uint64_t bl_unpack_long(bl_unpack *u) {
  int len;
  uint64_t v = unpack_short(u, &len);

  if (!len) return (uint64_t)unpack_bits(u, 64);
  u->at += len;
  return v;
}

int64_t bl_unpack_i64(bl_unpack *u) {
  return bl_unzigzag(bl_unpack_u64(u));
}

/* Whether the parts are those of a decimal, and the only ones: in range, not
 * minus zero, no thousand left to divide by.  2^64 is in range whatever its
 * thousands. */
static int parts_are_valid(const bl_dec_parts *p) {
  int is_long = p->digits >> 64 != 0;

  if (p->thousands > PACK_WHOLE) return 0;
  if (p->thousands == PACK_WHOLE && p->is_negative && !p->digits) return 0;
  if (is_long &&
      p->digits >= bl_u128_power10(38 - 3 * (int)p->thousands)) return 0;
  if (p->thousands == PACK_WHOLE) return 1;
  return is_long ? p->digits % 1000 != 0 : (uint64_t)p->digits % 1000 != 0;
}

/* The seven bits of the first byte, and what stands above them. */
static bl_dec_parts unpack_parts_of(bl_unpack *u, unsigned low, bl_u128 rest) {
  bl_dec_parts parts = {0, PACK_WHOLE, 0};

  if (low & 1) {
    parts.digits = rest << 6 | low >> 1;
    u->bad |= rest >> 64 != 0;
  } else {
    parts.digits = rest << 2 | low >> 5;
    parts.thousands = low >> 1 & 7;
    parts.is_negative = low >> 4 & 1;
    if (parts.thousands == PACK_WHOLE && !parts.is_negative) u->bad = 1;
  }
  if (!u->bad && parts_are_valid(&parts)) return parts;
  u->bad = 1;
  return (bl_dec_parts){0, PACK_WHOLE, 0};
}

bl_dec_parts bl_unpack_parts(bl_unpack *u) {
  int len;
  uint64_t v = unpack_short(u, &len);
  unsigned first;
  bl_u128 rest = 0;

  u->at += len;
  if (len) return unpack_parts_of(u, (unsigned)v & 0x7F, v >> 7);
  first = bl_unpack_byte(u);
  if (first & 0x80) {
    rest = unpack_bits(u, 125);
    if (!rest) u->bad = 1;
  }
  return unpack_parts_of(u, first & 0x7F, rest);
}

bl_dec bl_unpack_dec(bl_unpack *u) {
  bl_dec_parts parts = bl_unpack_parts(u);

  return bl_dec_join(&parts);
}

const unsigned char *bl_unpack_bytes(bl_unpack *u, uint64_t len) {
  const unsigned char *at = u->at;

  if (u->bad || len > (uint64_t)(u->end - u->at)) {
    u->bad = 1;
    return NULL;
  }
  u->at += (size_t)len;
  return at;
}

bl_str bl_unpack_str(bl_unpack *u) {
  uint64_t len = bl_unpack_u64(u);
  const unsigned char *at = bl_unpack_bytes(u, len);

  return at && len ? (bl_str){(const char *)at, (size_t)len}
                   : (bl_str){"", 0};
}

int bl_unpack_done(const bl_unpack *u) {
  return !u->bad && u->at == u->end;
}

#undef PACK_WHOLE

void bl_put_be64(unsigned char out[8], uint64_t v) {
  for (int i = 7; i >= 0; i--, v >>= 8) out[i] = (unsigned char)v;
}

uint64_t bl_get_be64(const unsigned char bytes[8]) {
  uint64_t v = 0;

  for (int i = 0; i < 8; i++) v = v << 8 | bytes[i];
  return v;
}
