/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * sort.c - items in order; see sort.h.
 *
 * A heap: the item that comes last stands in front, and each step takes it to
 * the end of what is left.  The C library's qsort may ask for memory that is
 * not the host's.
 */
#include "base/sort.h"

#include <assert.h>
#include <string.h>

#define SORT_PIECE 64

typedef struct sort_items {
  unsigned char *first;
  size_t         size;
  bl_sort_order *order;
} sort_items;

static unsigned char *sort_at(const sort_items *s, size_t at) {
  return s->first + at * s->size;
}

static int sort_precedes(const sort_items *s, size_t a, size_t b) {
  return s->order(sort_at(s, a), sort_at(s, b)) < 0;
}

static void sort_swap(const sort_items *s, size_t a, size_t b) {
  unsigned char piece[SORT_PIECE], *x = sort_at(s, a), *y = sort_at(s, b);

  for (size_t done = 0, len; done < s->size; done += len) {
    len = s->size - done < SORT_PIECE ? s->size - done : SORT_PIECE;
    memcpy(piece, x + done, len);
    memcpy(x + done, y + done, len);
    memcpy(y + done, piece, len);
  }
}

/* Lets an item sink until no child comes after it. */
static void sort_sink(const sort_items *s, size_t at, size_t count) {
  for (size_t child; (child = 2 * at + 1) < count; at = child) {
    if (child + 1 < count && sort_precedes(s, child, child + 1)) child++;
    if (!sort_precedes(s, at, child)) break;
    sort_swap(s, at, child);
  }
}

static int sort_is_done(const sort_items *s, size_t count) {
  size_t at = 1;

  while (at < count && !sort_precedes(s, at, at - 1)) at++;
  return at >= count;
}

void bl_sort(void *items, size_t count, size_t size, bl_sort_order *order) {
  sort_items s = {items, size, order};

  assert((items || count == 0) && size > 0);
  if (sort_is_done(&s, count)) return;
  for (size_t i = count / 2; i-- > 0;) sort_sink(&s, i, count);
  for (size_t end = count; end-- > 1;) {
    sort_swap(&s, 0, end);
    sort_sink(&s, 0, end);
  }
}

static int sort_numbers(const void *a, const void *b) {
  const uint64_t *x = a, *y = b;

  return (*x > *y) - (*x < *y);
}

size_t bl_sort_unique(uint64_t *number, size_t count) {
  size_t kept = 0;

  bl_sort(number, count, sizeof *number, sort_numbers);
  for (size_t i = 0; i < count; i++)
    if (!kept || number[kept - 1] != number[i]) number[kept++] = number[i];
  return kept;
}

#undef SORT_PIECE
