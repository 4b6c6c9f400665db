/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * pack.h - the bytes of journal entries: variable-length integers, decimals
 * and byte strings, written to growing text or through a bare cursor, and
 * read back with sticky failure.
 *
 *     300 is AC 02 (seven bits a byte, low first, the high bit says "more");
 *     signed integers are zigzag: 0, -1, 1, -2 are 0, 1, 2, 3;
 *     a decimal is an integer times a power of a thousand, so that a few
 *     digits are a few bytes wherever the point stands; see pack.c;
 *     bytes are their length and themselves.
 */
#ifndef BL_PACK_H
#define BL_PACK_H

#include "base/text.h"

/* ---- Write through a cursor ----------------------------------------------
 *
 * The caller has made room; each returns the end.
 */
#define BL_PUT_U64_MOST 10
#define BL_PUT_DEC_MOST 19

static inline unsigned char *bl_put_u64(unsigned char *at, uint64_t v) {
  for (; v >= 0x80; v >>= 7) *at++ = (unsigned char)(v | 0x80);
  *at++ = (unsigned char)v;
  return at;
}

static inline uint64_t bl_zigzag(int64_t v) {
  return (uint64_t)v << 1 ^ (v < 0 ? UINT64_MAX : 0);
}

static inline int64_t bl_unzigzag(uint64_t v) {
  return (int64_t)(v >> 1 ^ (v & 1 ? UINT64_MAX : 0));
}

static inline unsigned char *bl_put_i64(unsigned char *at, int64_t v) {
  return bl_put_u64(at, bl_zigzag(v));
}

static inline unsigned char *bl_put_bytes(unsigned char *at, const void *p,
                                          size_t len) {
  bl_copy(at, p, len);
  return at + len;
}

/* A decimal taken apart: digits * 1000^thousands * 10^-18.  As many thousands
 * as divide it, six at most: a whole number, and zero, has six. */
typedef struct bl_dec_parts {
  bl_u128  digits;
  uint32_t thousands;
  uint32_t is_negative;
} bl_dec_parts;

bl_dec_parts   bl_dec_split(bl_dec v);
bl_dec         bl_dec_join(const bl_dec_parts *parts);
unsigned char *bl_put_parts(unsigned char *at, const bl_dec_parts *parts);
unsigned char *bl_put_dec(unsigned char *at, bl_dec v);

/* ---- Write to growing text ---------------------------------------------- */

void bl_pack_u64(bl_text *t, uint64_t v);
void bl_pack_i64(bl_text *t, int64_t v);
void bl_pack_dec(bl_text *t, bl_dec v);
void bl_pack_bytes(bl_text *t, const void *p, size_t len);
void bl_pack_str(bl_text *t, bl_str s);

/* ---- Read --------------------------------------------------------------- */

typedef struct bl_unpack {
  const unsigned char *at;
  const unsigned char *end;
  uint32_t             bad;        /* sticky: truncated or malformed */
} bl_unpack;

void         bl_unpack_open(bl_unpack *u, const void *p, size_t len);
unsigned     bl_unpack_byte(bl_unpack *u);
uint64_t     bl_unpack_long(bl_unpack *u);
int64_t      bl_unpack_i64(bl_unpack *u);
bl_dec       bl_unpack_dec(bl_unpack *u);
bl_dec_parts bl_unpack_parts(bl_unpack *u);  /* zero when bad */
bl_str       bl_unpack_str(bl_unpack *u);    /* points into the bytes read */
/* The next len bytes; NULL and bad when there are fewer. */
const unsigned char *bl_unpack_bytes(bl_unpack *u, uint64_t len);
/* Whether all bytes were read and nothing was wrong. */
int          bl_unpack_done(const bl_unpack *u);

/* Most numbers are one byte. */
static inline uint64_t bl_unpack_u64(bl_unpack *u) {
  if (!u->bad && u->at < u->end && *u->at < 0x80) return *u->at++;
  return bl_unpack_long(u);
}

/* A number as eight bytes, the highest first: they sort as numbers do. */
void     bl_put_be64(unsigned char out[8], uint64_t v);
uint64_t bl_get_be64(const unsigned char bytes[8]);

#endif
