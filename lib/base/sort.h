/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* sort.h - numbers in order. */
#ifndef BL_SORT_H
#define BL_SORT_H

#include <stddef.h>
#include <stdint.h>

/* Puts them in ascending order, each once:  3 1 3 2 -> 1 2 3.  Returns how
 * many are left.  Without memory of its own, and fast on what is nearly in
 * order already. */
size_t bl_sort_unique(uint64_t *number, size_t count);

#endif
