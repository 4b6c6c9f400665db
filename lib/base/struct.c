/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * struct.c - versioned structs cross the boundary here and nowhere else.
 *
 *     theirs   [size][flags][a][b]          an older caller: c becomes zero
 *     ours     [size][flags][a][b][c]
 *     theirs   [size][flags][a][b][c][d]    a newer caller: d must be zero
 */
#include "base/struct.h"

/* The caller's struct_size; 0 when it cannot be one. */
static uint32_t struct_size_of(const void *from, size_t size_1_0) {
  uint32_t size;

  assert(size_1_0 >= 2 * sizeof(uint32_t) && size_1_0 <= BL_STRUCT_LARGEST);
  if (!from) return 0;
  memcpy(&size, from, sizeof size);
  return size < size_1_0 || size > BL_STRUCT_LARGEST ? 0 : size;
}

int bl_copy_in(void *to, size_t size, const void *from, size_t size_1_0,
               uint32_t flags) {
  const unsigned char *bytes = from;
  uint32_t theirs = struct_size_of(from, size_1_0);
  uint32_t set;

  assert(size >= size_1_0);
  if (!theirs) return BILLING_MISUSE;
  for (size_t i = size; i < theirs; i++)
    if (bytes[i]) return BILLING_UNSUPPORTED;
  memcpy(&set, bytes + sizeof theirs, sizeof set);
  if (set & ~flags) return BILLING_UNSUPPORTED;

  memset(to, 0, size);
  memcpy(to, from, theirs < size ? theirs : size);
  return BILLING_OK;
}

int bl_can_fill(const void *to, size_t size_1_0) {
  return struct_size_of(to, size_1_0) ? BILLING_OK : BILLING_MISUSE;
}

void bl_fill(void *to, const void *from, size_t size) {
  uint32_t theirs;
  size_t known;

  memcpy(&theirs, to, sizeof theirs);
  assert(theirs >= sizeof theirs && theirs <= BL_STRUCT_LARGEST);
  known = theirs < size ? theirs : size;
  memcpy(to, from, known);
  memset((char *)to + known, 0, theirs - known);
  memcpy(to, &theirs, sizeof theirs);
}

void billing_init(void *structure, size_t size) {
  uint32_t ours = (uint32_t)size;

  if (!structure || size < sizeof ours || size > BL_STRUCT_LARGEST) return;
  memset(structure, 0, size);
  memcpy(structure, &ours, sizeof ours);
}
