/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * pack.h - the bytes of journal entries: variable-length integers, decimals
 * and byte strings, written to growing text and read back with sticky
 * failure.
 *
 *     300 is AC 02 (seven bits a byte, low first, the high bit says "more");
 *     signed integers are zigzag: 0, -1, 1, -2 are 0, 1, 2, 3;
 *     a decimal is its 128-bit integer, zigzag, in the same form (whole units
 *     are common, so the integer is first divided by 10^18 where it divides:
 *     the lowest bit of the first number says which);
 *     bytes are their length and themselves.
 */
#ifndef BL_PACK_H
#define BL_PACK_H

#include "base/text.h"

void bl_pack_u64(bl_text *t, uint64_t v);
void bl_pack_i64(bl_text *t, int64_t v);
void bl_pack_dec(bl_text *t, bl_dec v);
void bl_pack_bytes(bl_text *t, const void *p, size_t len);
void bl_pack_str(bl_text *t, bl_str s);

typedef struct bl_unpack {
  const unsigned char *at;
  const unsigned char *end;
  uint32_t             bad;        /* sticky: truncated or malformed */
} bl_unpack;

void     bl_unpack_open(bl_unpack *u, const void *p, size_t len);
uint64_t bl_unpack_u64(bl_unpack *u);
int64_t  bl_unpack_i64(bl_unpack *u);
bl_dec   bl_unpack_dec(bl_unpack *u);
bl_str   bl_unpack_str(bl_unpack *u);    /* points into the bytes read */
/* Whether all bytes were read and nothing was wrong. */
int      bl_unpack_done(const bl_unpack *u);

#endif
