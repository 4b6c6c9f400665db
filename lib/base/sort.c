/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* sort.c - numbers in order; see sort.h. */
#include "base/sort.h"

/* Shell sort. */
size_t bl_sort_unique(uint64_t *number, size_t count) {
  size_t kept = 0;

  for (size_t gap = count / 2; gap > 0; gap = gap == 2 ? 1 : gap * 5 / 11) {
    for (size_t i = gap; i < count; i++) {
      uint64_t one = number[i];
      size_t at = i;
      for (; at >= gap && one < number[at - gap]; at -= gap)
        number[at] = number[at - gap];
      number[at] = one;
    }
  }
  for (size_t i = 0; i < count; i++)
    if (!kept || number[kept - 1] != number[i]) number[kept++] = number[i];
  return kept;
}
