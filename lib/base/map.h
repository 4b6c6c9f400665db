/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * map.h - an open-addressing map from a byte key to a pointer, in an arena.
 * Entries keep the order of insertion, so walking a map is deterministic, and
 * the newest entries can be cut off again: that is how a failed call is
 * undone.
 */
#ifndef BL_MAP_H
#define BL_MAP_H

#include "base/arena.h"

typedef struct bl_map_entry {
  const void *key;         /* the map's own copy */
  size_t      len;
  uint64_t    hash;
  void       *value;       /* never NULL */
} bl_map_entry;

typedef struct bl_map {
  bl_arena     *arena;
  bl_map_entry *entry;     /* [0, count) in order of insertion */
  size_t        count;
  size_t        cap;
  uint32_t     *slot;      /* index + 1 into entry, 0 is free */
  size_t        slots;     /* a power of two, or 0 */
} bl_map;

void  bl_map_open(bl_map *m, bl_arena *arena);
void *bl_map_get(const bl_map *m, const void *key, size_t len);  /* or NULL */
/*
 * Adds a key that is not there yet (asserted).  The key is copied.  Returns 0,
 * or BILLING_NOMEM with the map unchanged.
 */
int   bl_map_put(bl_map *m, const void *key, size_t len, void *value);
/*
 * Forgets the entries from `count` on.  Their keys, and tables outgrown, stay
 * in the arena: it must not be taken back to a mark behind which this map has
 * been put to, because its tables may have moved there.
 */
void  bl_map_cut(bl_map *m, size_t count);
/* A good 64-bit hash of bytes, not keyed: for tables, never for secrets. */
uint64_t bl_hash_bytes(const void *p, size_t len);

#endif
