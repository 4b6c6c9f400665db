/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * map.c - open addressing with linear probing over an array of entries.
 *
 *     entry  0 "ann"   1 "bob"   2 "cy"        in order of insertion
 *     slot   . 2 . . 1 3 . .                   index + 1, by hash
 *
 * Cutting needs no tombstones.  An entry sits in the first slot of its probe
 * that was free when it came, so every slot that its probe passes belongs to
 * an older entry.  Taking entries away newest first therefore never breaks
 * the probe of one that stays.  A larger table is filled in order of
 * insertion too, so this holds after growing.
 */
#include "base/map.h"

void bl_map_open(bl_map *m, bl_arena *arena) {
  memset(m, 0, sizeof *m);
  m->arena = arena;
}

uint64_t bl_hash_bytes(const void *p, size_t len) {
  const uint64_t odd = UINT64_C(0x9E3779B97F4A7C15);
  const unsigned char *at = p;
  uint64_t h = (uint64_t)len * odd;
  uint64_t word;

  for (; len >= sizeof word; len -= sizeof word, at += sizeof word) {
    memcpy(&word, at, sizeof word);
    h = (h ^ word) * odd;
    h ^= h >> 32;
  }
  word = 0;
  if (len) memcpy(&word, at, len);
  h = (h ^ word) * odd;
  h = (h ^ (h >> 32)) * UINT64_C(0xD6E8FEB86659FD93);
  return h ^ (h >> 29);
}

static int map_is_key(const bl_map_entry *e, uint64_t hash, const void *key,
                      size_t len) {
  return e->hash == hash && e->len == len &&
         (len == 0 || memcmp(e->key, key, len) == 0);
}

/* The slot that holds this key, or the free one where it belongs. */
static size_t map_slot(const bl_map *m, uint64_t hash, const void *key,
                       size_t len) {
  size_t i = (size_t)hash & (m->slots - 1);

  assert(m->slots > m->count);
  while (m->slot[i] && !map_is_key(&m->entry[m->slot[i] - 1], hash, key, len))
    i = (i + 1) & (m->slots - 1);
  return i;
}

void *bl_map_get(const bl_map *m, const void *key, size_t len) {
  size_t i;

  if (m->slots == 0) return NULL;
  i = map_slot(m, bl_hash_bytes(key, len), key, len);
  return m->slot[i] ? m->entry[m->slot[i] - 1].value : NULL;
}

/* The first free slot of a hash. */
static size_t map_free_slot(const bl_map *m, uint64_t hash) {
  size_t i = (size_t)hash & (m->slots - 1);

  while (m->slot[i]) i = (i + 1) & (m->slots - 1);
  return i;
}

/* Keeps the table at most half full.  0 when memory is out. */
static int map_reserve_slot(bl_map *m) {
  size_t slots = m->slots ? m->slots * 2 : 16;
  uint32_t *slot;

  if ((m->count + 1) * 2 <= m->slots) return 1;
  slot = bl_arena_array(m->arena, slots, sizeof *slot);
  if (!slot) return 0;
  m->slot  = slot;
  m->slots = slots;
  for (size_t i = 0; i < m->count; i++)
    m->slot[map_free_slot(m, m->entry[i].hash)] = (uint32_t)i + 1;
  return 1;
}

int bl_map_put(bl_map *m, const void *key, size_t len, void *value) {
  uint64_t hash = bl_hash_bytes(key, len);
  void *copy = bl_arena_copy(m->arena, key, len);
  bl_map_entry *e;

  assert(value && !bl_map_get(m, key, len));
  if (!copy || m->count >= UINT32_MAX / 4) return BILLING_NOMEM;
  e = bl_arena_push(m->arena, (void **)&m->entry, &m->count, &m->cap,
                    sizeof *e);
  if (!e || !map_reserve_slot(m)) return BILLING_NOMEM;
  *e = (bl_map_entry){copy, len, hash, value};
  m->slot[map_free_slot(m, hash)] = (uint32_t)++m->count;
  return BILLING_OK;
}

void bl_map_cut(bl_map *m, size_t count) {
  assert(count <= m->count);
  while (m->count > count) {
    const bl_map_entry *e = &m->entry[m->count - 1];
    size_t i = (size_t)e->hash & (m->slots - 1);

    while (m->slot[i] != m->count) {
      assert(m->slot[i] != 0);
      i = (i + 1) & (m->slots - 1);
    }
    m->slot[i] = 0;
    m->count--;
  }
}
