/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * pack.c - the bytes of journal entries.
 *
 *     300          AC 02
 *     -2           03                   zigzag: 3
 *     "tok"        03 74 6F 6B
 *     12           31                   whole: zigzag 24, then the bit 1
 *     0.5          80 80 A0 F6 F4 AC DB E0 1B      zigzag 10^18, then 0
 *
 * Each value has exactly one form, and the reader refuses the others: entries
 * are hashed, so equal facts must be equal bytes.
 */
#include "base/pack.h"

#define PACK_BYTES 19        /* 6 bits and 18 times 7: 128 at the least */

/* ---- Write -------------------------------------------------------------- */

static uint64_t pack_zigzag(int64_t v) {
  return v < 0 ? ~((uint64_t)v << 1) : (uint64_t)v << 1;
}

/* Seven bits a byte, low first; returns the end. */
static unsigned char *pack_bits(unsigned char *at, bl_u128 v) {
  for (; v >= 0x80; v >>= 7) *at++ = (unsigned char)((v & 0x7F) | 0x80);
  *at++ = (unsigned char)v;
  return at;
}

static void pack_add(bl_text *t, const unsigned char *from,
                     const unsigned char *to) {
  assert(to > from && to - from <= PACK_BYTES);
  bl_text_add(t, (const char *)from, (size_t)(to - from));
}

void bl_pack_u64(bl_text *t, uint64_t v) {
  unsigned char bytes[PACK_BYTES] = {(unsigned char)v};
  pack_add(t, bytes, v < 0x80 ? bytes + 1 : pack_bits(bytes, v));
}

void bl_pack_i64(bl_text *t, int64_t v) {
  bl_pack_u64(t, pack_zigzag(v));
}

/* 10^18 is 2^18 * 5^18, so most fractions are told by their low bits alone. */
static int pack_is_whole(bl_dec v) {
  return (v.lo & 0x3FFFF) == 0 && bl_dec_is_integer(v);
}

void bl_pack_dec(bl_text *t, bl_dec v) {
  unsigned char bytes[PACK_BYTES], *end = bytes + 1;
  bl_i128 raw = bl_dec_raw(v);
  bl_u128 bits;
  int whole = pack_is_whole(v);

  assert(bl_dec_is_valid(v));
  if (bl_dec_is_bad(v)) t->failed = 1;
  if (whole) raw /= (bl_i128)BL_DEC_UNIT;
  bits = raw < 0 ? ~((bl_u128)raw << 1) : (bl_u128)raw << 1;
  bytes[0] = (unsigned char)((bits & 0x3F) << 1 | (unsigned)whole);
  if (bits >= 0x40) {
    bytes[0] |= 0x80;
    end = pack_bits(bytes + 1, bits >> 6);
  }
  pack_add(t, bytes, end);
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

/* One byte; 0 and bad at the end. */
static inline unsigned unpack_byte(bl_unpack *u) {
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
    byte = unpack_byte(u);
    if (shift >= width || (shift > 0 && byte == 0) ||
        (width - shift < 7 && (byte & 0x7F) >> (width - shift)))
      u->bad = 1;
    if (u->bad) return 0;
    v |= (bl_u128)(byte & 0x7F) << shift;
    shift += 7;
  } while (byte & 0x80);
  return v;
}

/* Most numbers are one byte. */
uint64_t bl_unpack_u64(bl_unpack *u) {
  if (!u->bad && u->at < u->end && *u->at < 0x80) return *u->at++;
  return (uint64_t)unpack_bits(u, 64);
}

int64_t bl_unpack_i64(bl_unpack *u) {
  uint64_t bits = bl_unpack_u64(u);
  return (int64_t)(bits & 1 ? ~(bits >> 1) : bits >> 1);
}

/* The decimal of an unpacked number; bad when it is out of range or should
 * have been packed as a whole number. */
static bl_dec unpack_scaled(bl_i128 v, int whole) {
  const bl_i128 most = bl_dec_raw(BL_DEC_MAX) / (bl_i128)BL_DEC_UNIT;
  bl_dec d;

  if (whole && (v > most || v < -most)) return BL_DEC_BAD;
  d = bl_dec_of_raw(whole ? v * (bl_i128)BL_DEC_UNIT : v);
  if (!bl_dec_is_valid(d)) return BL_DEC_BAD;
  return pack_is_whole(d) == whole ? d : BL_DEC_BAD;
}

bl_dec bl_unpack_dec(bl_unpack *u) {
  unsigned first = unpack_byte(u);
  bl_u128 bits = first >> 1 & 0x3F;
  bl_u128 rest = first & 0x80 ? unpack_bits(u, 122) : 0;
  bl_dec d;

  bits |= rest << 6;
  d = unpack_scaled((bl_i128)(bits & 1 ? ~(bits >> 1) : bits >> 1), first & 1);
  if (bl_dec_is_bad(d) || (first & 0x80 && rest == 0)) u->bad = 1;
  return u->bad ? BL_DEC_ZERO : d;
}

bl_str bl_unpack_str(bl_unpack *u) {
  uint64_t len = bl_unpack_u64(u);
  bl_str s = {"", 0};

  if (u->bad || len > (uint64_t)(u->end - u->at)) {
    u->bad = 1;
    return s;
  }
  if (len > 0) s.text = (const char *)u->at;
  s.len = (size_t)len;
  u->at += s.len;
  return s;
}

int bl_unpack_done(const bl_unpack *u) {
  return !u->bad && u->at == u->end;
}

#undef PACK_BYTES
