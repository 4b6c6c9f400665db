/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * arena.c - a bump allocator over the host's allocator.
 *
 * A chain of blocks, the newest in front; only the newest is filled.  Blocks
 * begin at 4 KiB and double up to 1 MiB; what is larger gets a block of its
 * own size.  Going back to a mark frees the blocks behind it whole.
 */
#include "base/arena.h"

#include <stdlib.h>

#define ARENA_ALIGN ((size_t)16)
#define ARENA_FIRST ((size_t)32)      /* bytes that an array begins with */
/* A test sets both to 1: then whatever is taken is asked of the host. */
#ifndef ARENA_SMALLEST
#define ARENA_SMALLEST ((size_t)4096)
#define ARENA_LARGEST ((size_t)1 << 20)
#endif

struct bl_arena_block {
  bl_arena_block *older;
  size_t          size;        /* as it was asked of the host */
  char           *base;        /* first aligned byte behind this header */
  size_t          room;        /* bytes from base on */
};

static void *arena_host_take(const billing_allocator *host, size_t size) {
  if (host && host->alloc) return host->alloc(host->user, NULL, 0, size);
  return malloc(size);
}

void *bl_host_alloc(const billing_allocator *host, size_t size) {
  void *p;

  assert(size > 0);
  p = arena_host_take(host, size);
  if (p) memset(p, 0, size);
  return p;
}

void bl_host_free(const billing_allocator *host, void *p, size_t size) {
  if (!p) return;
  assert(size > 0);
  if (host && host->alloc)
    (void)host->alloc(host->user, p, size, 0);
  else
    free(p);
}

void bl_arena_open(bl_arena *a, const billing_allocator *host) {
  memset(a, 0, sizeof *a);
  if (host) a->host = *host;
}

void bl_arena_close(bl_arena *a) {
  bl_arena_mark start = {NULL, 0, 0};

  bl_arena_back(a, start);
  assert(!a->block && !a->used && !a->failed);
}

void bl_arena_empty(bl_arena *a, size_t most) {
  bl_arena_block *kept = a->block;
  bl_arena_mark start = {NULL, 0, 0};

  if (!kept || kept->size > most) {
    bl_arena_close(a);
    return;
  }
  a->block = kept->older;
  a->held -= kept->size;
  bl_arena_back(a, start);
  kept->older = NULL;
  a->block = kept;
  a->held = kept->size;
}

/* Where the payload of a block begins: hosts may align to less than 16. */
static char *arena_base(bl_arena_block *block) {
  char  *p    = (char *)(block + 1);
  size_t past = (size_t)((uintptr_t)p % ARENA_ALIGN);

  return past ? p + (ARENA_ALIGN - past) : p;
}

static size_t arena_next_size(const bl_arena *a, size_t need) {
  size_t size = a->block ? a->block->size : 0;

  size = size < ARENA_LARGEST / 2 ? size * 2 : ARENA_LARGEST;
  if (size < ARENA_SMALLEST) size = ARENA_SMALLEST;
  return size < need ? need : size;
}

/* A new newest block with room for `size` bytes; 0 when memory is out. */
static int arena_add_block(bl_arena *a, size_t size) {
  size_t over = sizeof(bl_arena_block) + ARENA_ALIGN;
  bl_arena_block *block;
  size_t whole;

  if (size > SIZE_MAX / 2 - over) return 0;
  whole = arena_next_size(a, size + over);
  block = arena_host_take(&a->host, whole);
  if (!block) return 0;
  block->older = a->block;
  block->size  = whole;
  block->base  = arena_base(block);
  block->room  = whole - (size_t)(block->base - (char *)block);
  assert(block->room >= size);
  a->block = block;
  a->used  = 0;
  a->held += whole;
  return 1;
}

/* Rounded up to the alignment, and never nothing: two things have two
 * addresses.  What would wrap becomes too large to be had. */
static size_t arena_round(size_t size) {
  if (size == 0) size = 1;
  if (size > SIZE_MAX - ARENA_ALIGN) return SIZE_MAX;
  return (size + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
}

void *bl_arena_room(bl_arena *a, size_t size) {
  size_t whole = arena_round(size);
  void *p;

  if (!a->block || whole > a->block->room - a->used) {
    if (!arena_add_block(a, whole)) {
      a->failed = 1;
      return NULL;
    }
  }
  p = a->block->base + a->used;
  a->used += whole;
  assert((uintptr_t)p % ARENA_ALIGN == 0 && a->used <= a->block->room);
  return p;
}

void *bl_arena_take(bl_arena *a, size_t size) {
  void *p = bl_arena_room(a, size);

  if (p) memset(p, 0, size);
  return p;
}

void *bl_arena_array_any(bl_arena *a, size_t count, size_t size) {
  if (size > 0 && count > SIZE_MAX / size) {
    a->failed = 1;
    return NULL;
  }
  return bl_arena_room(a, count * size);
}

void *bl_arena_array(bl_arena *a, size_t count, size_t size) {
  void *p = bl_arena_array_any(a, count, size);

  return p ? memset(p, 0, count * size) : NULL;
}

void *bl_arena_copy(bl_arena *a, const void *from, size_t size) {
  char *p;

  if (size == SIZE_MAX) {
    a->failed = 1;
    return NULL;
  }
  p = bl_arena_room(a, size + 1);
  if (!p) return NULL;
  if (size) memcpy(p, from, size);
  p[size] = '\0';
  return p;
}

bl_str bl_arena_str(bl_arena *a, bl_str from) {
  bl_str s = {bl_arena_copy(a, from.text, from.len), from.len};

  if (!s.text) s.len = 0;
  return s;
}

/* Whether p, of old_size bytes, is what was taken last. */
static int arena_is_last(const bl_arena *a, const void *p, size_t old_size) {
  size_t whole = arena_round(old_size);

  return p && a->block && whole <= a->used &&
         (const char *)p == a->block->base + (a->used - whole);
}

void *bl_arena_grow(bl_arena *a, void *p, size_t old_size, size_t size) {
  char *to;

  assert(size >= old_size);
  if (arena_is_last(a, p, old_size)) {
    size_t start = a->used - arena_round(old_size);

    if (arena_round(size) <= a->block->room - start) {
      a->used = start + arena_round(size);
      return p;
    }
  }
  to = bl_arena_room(a, size);
  if (!to) return NULL;
  if (old_size) memcpy(to, p, old_size);
  return to;
}

bl_arena_mark bl_arena_now(const bl_arena *a) {
  bl_arena_mark mark = {a->block, a->used, a->failed};

  return mark;
}

void bl_arena_back(bl_arena *a, bl_arena_mark mark) {
  while (a->block != mark.block) {
    bl_arena_block *block = a->block;

    assert(block);                 /* else the mark is of another arena */
    a->block = block->older;
    a->held -= block->size;
    bl_host_free(&a->host, block, block->size);
  }
  a->used   = mark.used;
  a->failed = mark.failed;
}

/* How many places an array begins with: most stay short, and there may be one
 * for each customer. */
static size_t arena_first(size_t size) {
  return size < ARENA_FIRST ? ARENA_FIRST / size : 1;
}

/* The pointer is read and written through memcpy, because it points to some
 * T * and not to a void *. */
void *bl_arena_push(bl_arena *a, void **items, const size_t *count,
                    size_t *cap, size_t size) {
  void *array;

  assert(size > 0 && *count <= *cap);
  memcpy(&array, (void *)items, sizeof array);
  if (*count == *cap) {
    size_t wanted = *cap ? *cap * 2 : arena_first(size);

    if (wanted <= *cap || wanted > SIZE_MAX / size) {
      a->failed = 1;
      return NULL;
    }
    array = bl_arena_grow(a, array, *cap * size, wanted * size);
    if (!array) return NULL;
    memcpy((void *)items, &array, sizeof array);
    *cap = wanted;
  }
  return memset((char *)array + *count * size, 0, size);
}

#undef ARENA_ALIGN
#undef ARENA_FIRST
#undef ARENA_SMALLEST
#undef ARENA_LARGEST
