/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * marks.h - which bytes of a text mean something in JSON, 64 at a time.
 *
 *     {"a":"\n"}       quotes  bits 1, 3, 5 and 8
 *                      odd     bit 6
 *
 * With SSE2, which every x86-64 has, or with eight bytes in an integer.
 */
#ifndef BL_MARKS_H
#define BL_MARKS_H

#include "base/base.h"

#if defined __SSE2__ && !defined BL_MARKS_PORTABLE
#include <emmintrin.h>
#endif

#define BL_MARKS_BLOCK ((size_t)64)

/* The first byte is bit 0. */
typedef struct bl_marks {
  uint64_t quotes;
  uint64_t odd;                /* backslashes and control characters */
  uint64_t high;               /* not ASCII */
} bl_marks;

/* Those of some bytes and of `more` behind them. */
static inline bl_marks bl_marks_join(bl_marks m, bl_marks more,
                                     unsigned shift) {
  return (bl_marks){m.quotes | more.quotes << shift,
                    m.odd | more.odd << shift,
                    m.high | more.high << shift};
}

#if defined __SSE2__ && !defined BL_MARKS_PORTABLE

static inline bl_marks bl_marks_sixteen(const char *text) {
  __m128i v = _mm_loadu_si128((const __m128i *)(const void *)text);
  __m128i quotes = _mm_cmpeq_epi8(v, _mm_set1_epi8('"'));
  __m128i slashes = _mm_cmpeq_epi8(v, _mm_set1_epi8('\\'));
  __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(0x1F)), v);

  return (bl_marks){
    (uint32_t)_mm_movemask_epi8(quotes),
    (uint32_t)_mm_movemask_epi8(_mm_or_si128(slashes, control)),
    (uint32_t)_mm_movemask_epi8(v)
  };
}

#else

#define BL_MARKS_EACH(byte) ((byte) * UINT64_C(0x0101010101010101))

/* Bit 7 of each byte becomes one of eight bits. */
static inline uint64_t bl_marks_gather(uint64_t tops) {
  return ((tops >> 7) & BL_MARKS_EACH(1)) * UINT64_C(0x0102040810204080) >> 56;
}

/* Bit 7 of each byte that is zero: no sum here reaches into the next byte. */
static inline uint64_t bl_marks_zeros(uint64_t v) {
  return ~(((v & BL_MARKS_EACH(0x7F)) + BL_MARKS_EACH(0x7F)) | v);
}

/* Eight bytes in an integer, the first one lowest: written out, because so it
 * is known for one load. */
static inline uint64_t bl_marks_load(const char *text) {
  const unsigned char *p = (const unsigned char *)text;

  return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 |
         (uint64_t)p[3] << 24 | (uint64_t)p[4] << 32 | (uint64_t)p[5] << 40 |
         (uint64_t)p[6] << 48 | (uint64_t)p[7] << 56;
}

static inline bl_marks bl_marks_eight(const char *text) {
  uint64_t v = bl_marks_load(text);
  uint64_t quotes = bl_marks_zeros(v ^ BL_MARKS_EACH('"'));
  uint64_t slashes = bl_marks_zeros(v ^ BL_MARKS_EACH('\\'));
  uint64_t control = bl_marks_zeros(v & BL_MARKS_EACH(0xE0));

  return (bl_marks){bl_marks_gather(quotes),
                    bl_marks_gather(slashes | control), bl_marks_gather(v)};
}

static inline bl_marks bl_marks_sixteen(const char *text) {
  return bl_marks_join(bl_marks_eight(text), bl_marks_eight(text + 8), 8);
}

#endif

/* The marks of BL_MARKS_BLOCK bytes. */
static inline bl_marks bl_marks_block(const char *text) {
  bl_marks m = bl_marks_join(bl_marks_sixteen(text),
                             bl_marks_sixteen(text + 16), 16);

  return bl_marks_join(m, bl_marks_join(bl_marks_sixteen(text + 32),
                                        bl_marks_sixteen(text + 48), 16), 32);
}

/* Those of the last bytes, text[at, end), fewer than a block.  Nothing is read
 * beyond the end: the block ends there and begins earlier, or is a copy. */
static inline bl_marks bl_marks_rest(const char *text, size_t at, size_t end) {
  size_t left = end - at, back = BL_MARKS_BLOCK - left;
  char copy[BL_MARKS_BLOCK];
  bl_marks m;

  assert(left > 0 && left < BL_MARKS_BLOCK);
  if (at < back) {
    memset(copy, ' ', sizeof copy);
    memcpy(copy, text + at, left);
    return bl_marks_block(copy);
  }
  m = bl_marks_block(text + at - back);
  return (bl_marks){m.quotes >> back, m.odd >> back, m.high >> back};
}

#endif
