/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * runs_filter.c - split-block Bloom filters, two bytes a key.
 *
 * A filter is rows of 140 blocks of 32 bytes, one row for 2,240 keys.  Key
 * C000000000000021 in a filter of two rows, its leading half C0000000:
 *
 *     C0000000 * 2        = 1.80000000     row 1, and 80000000 is left
 *     80000000 * 140      = 70.00000000    block 70, from byte 2240
 *     low bits of the key = 00001 00001    lane 0: bit 1; lane 1: bit 1;
 *                                          lanes 2 to 7: bit 0
 *
 * so the words of the block are 0000000200000002, then three times
 * 0000000100000001.  With 16 keys in a block about 1 in 1,000 other keys finds
 * all of its eight bits set.
 *
 * The row follows from the leading bits, so a run that is written in order
 * fills its filter row by row, and a filter of any size is made of one row of
 * memory.  Heads of RECORDS are not spread evenly: their rows are filled one
 * after the other with 2,240 heads each, the last head of a row is its fence,
 * and within it a mix of the head takes the place of the key.
 */
#include "engine/runs_parts.h"

uint64_t bl_filter_rows(uint64_t keys) {
  return keys / BL_FILTER_KEYS + (keys % BL_FILTER_KEYS != 0);
}

/* The same on every machine, because it is in the file. */
static uint64_t filter_mix(uint64_t head) {
  const uint64_t odd = UINT64_C(0xD6E8FEB86659FD93);

  head = (head ^ (head >> 32)) * odd;
  head = (head ^ (head >> 32)) * odd;
  return head ^ (head >> 32);
}

bl_filter_spot bl_filter_spot_within(uint64_t head, uint32_t row) {
  bl_filter_spot spot = bl_filter_spot_of(filter_mix(head), 1);

  spot.row = row;
  return spot;
}

void bl_filter_add(unsigned char *row, bl_filter_spot spot) {
  unsigned char *block = row + spot.block;
  uint64_t bits = spot.bits;

  assert(spot.block + BL_FILTER_BLOCK <= BL_RUNS_ROW);
  for (int i = 0; i < BL_FILTER_BLOCK / 8; i++, bits >>= 10) {
    uint64_t set = UINT64_C(1) << (bits & 31) |
                   UINT64_C(1) << (32 + (bits >> 5 & 31));

    bl_runs_set_word(block + 8 * i, bl_runs_word(block + 8 * i) | set);
  }
}
