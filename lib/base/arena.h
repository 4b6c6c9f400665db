/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * arena.h - a bump allocator over the host's allocator.  Everything inside
 * the library lives in an arena that belongs to a call, a cursor, a document
 * or a state; `free` is reached from arena.c only.
 */
#ifndef BL_ARENA_H
#define BL_ARENA_H

#include "base/base.h"

typedef struct bl_arena_block bl_arena_block;

typedef struct bl_arena {
  billing_allocator  host;         /* copied; alloc NULL means malloc */
  bl_arena_block    *block;        /* newest first */
  size_t             used;         /* in the newest block */
  size_t             held;         /* bytes asked of the host in all */
  uint32_t           failed;       /* sticky: an allocation returned NULL */
} bl_arena;

typedef struct bl_arena_mark {
  bl_arena_block *block;
  size_t          used;
  uint32_t        failed;
} bl_arena_mark;

/* host may be NULL: malloc.  Allocates nothing. */
void bl_arena_open(bl_arena *a, const billing_allocator *host);
void bl_arena_close(bl_arena *a);       /* gives everything back; reusable */
/* Empty again, as after opening, but for the newest block, which is kept for
 * what is taken next when it has at most `most` bytes. */
void bl_arena_empty(bl_arena *a, size_t most);

/* Zeroed, aligned to 16.  NULL (and a->failed) when memory is out. */
void *bl_arena_take(bl_arena *a, size_t size);
/* The same, but with any bytes in it. */
void *bl_arena_room(bl_arena *a, size_t size);
/* An array of count elements; overflow of the product is a failure. */
void *bl_arena_array(bl_arena *a, size_t count, size_t size);
/* The same, but with any bytes in it. */
void *bl_arena_array_any(bl_arena *a, size_t count, size_t size);
/* Copies size bytes; a NUL follows them, uncounted. */
void *bl_arena_copy(bl_arena *a, const void *from, size_t size);
bl_str bl_arena_str(bl_arena *a, bl_str from);   /* NUL-terminated copy */

/* What was taken since the mark is given back at once, and `failed` is again
 * what it was then.  Nothing that lives on may have grown since the mark. */
bl_arena_mark bl_arena_now(const bl_arena *a);
void bl_arena_back(bl_arena *a, bl_arena_mark mark);

/* A larger p, its new bytes any: in place when p was taken last, else moved
 * (the old bytes stay in the arena).  NULL p with old_size 0 is fine. */
void *bl_arena_grow(bl_arena *a, void *p, size_t old_size, size_t size);

/*
 * Room for one more in a growing array: *items is moved to twice the size
 * when *count has reached *cap.  Returns the address of the new, zeroed last
 * element, or NULL.  *count is left as it is: the caller counts.
 *
 *     bl_tier *t = bl_arena_push(a, (void **)&m->tier, &m->tiers, &m->cap,
 *                                sizeof *t);
 *     if (t) m->tiers++;
 */
void *bl_arena_push(bl_arena *a, void **items, const size_t *count,
                    size_t *cap, size_t size);

/* The same for what each event does: mostly there is room. */
static inline void *bl_arena_next(bl_arena *a, void **items,
                                  const size_t *count, size_t *cap,
                                  size_t size) {
  char *array;

  if (*count == *cap) return bl_arena_push(a, items, count, cap, size);
  memcpy(&array, (void *)items, sizeof array);
  return memset(array + *count * size, 0, size);
}

/* Memory straight from the host, for what outlives arenas. */
void *bl_host_alloc(const billing_allocator *host, size_t size);  /* zeroed */
void  bl_host_free(const billing_allocator *host, void *p, size_t size);

#endif
