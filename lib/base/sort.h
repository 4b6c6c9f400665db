/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* sort.h - items in order, without memory of its own. */
#ifndef BL_SORT_H
#define BL_SORT_H

#include <stddef.h>
#include <stdint.h>

/* Less than 0 when a comes before b, 0 when their order does not matter. */
typedef int bl_sort_order(const void *a, const void *b);

/* Puts items of one size in order; it never takes long, however they stood,
 * and one look at each when they are in order. */
void bl_sort(void *items, size_t count, size_t size, bl_sort_order *order);

/* Puts numbers in ascending order, each once:  3 1 3 2 -> 1 2 3.  Returns how
 * many are left. */
size_t bl_sort_unique(uint64_t *number, size_t count);

#endif
