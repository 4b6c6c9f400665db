/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * runs_records.c - chunks of RECORDS, and positions in runs.
 *
 *     "apple" -> "red"      00 05 03  61 70 70 6C 65  72 65 64
 *     "apply" -> ""         04 01 00  79
 *     "fig"   -> "green"    00 03 05  66 69 67        67 72 65 65 6E
 *
 * For each record: how many bytes of the key are those of the key before, how
 * many follow, how many the value has (in the form of base/pack.h); then the
 * rest of the key, and the value.  A chunk begins with a whole key and ends
 * with its bytes.
 */
#include "engine/runs_parts.h"

/* The most that the three lengths of a record may take. */
#define RECORDS_LENGTHS 20

/* ---- Places ------------------------------------------------------------ */

static void records_put_head(unsigned char *to, uint64_t head) {
  for (int i = 0; i < 8; i++) to[i] = (unsigned char)(head >> (56 - 8 * i));
}

void bl_runs_place_of_head(bl_runs_place *place, uint64_t head) {
  records_put_head(place->bytes, head);
  place->len = 8;
}

void bl_runs_place_of(bl_runs_place *place, const bl_runs_record *record) {
  assert(record->key.len <= BL_RUNS_KEY_MOST);
  if (record->key.len) {
    memcpy(place->bytes, record->key.text, record->key.len);
    place->len = (unsigned char)record->key.len;
    return;
  }
  records_put_head(place->bytes, record->head);
  records_put_head(place->bytes + 8, record->value);
  place->len = 16;
}

int bl_runs_at_place(const bl_runs_place *place, uint32_t kind,
                     bl_runs_record *out) {
  bl_str bytes = {(const char *)place->bytes, place->len};

  memset(out, 0, sizeof *out);
  out->head = bl_runs_head(bytes);
  if (!bl_runs_is_keys(kind)) {
    out->key = bytes;
    return BILLING_OK;
  }
  if (bytes.len == 16) {
    bytes.text += 8;
    bytes.len = 8;
    out->value = bl_runs_head(bytes);
    return BILLING_OK;
  }
  return bytes.len == 8 || bytes.len == 0 ? BILLING_OK : BILLING_CORRUPT;
}

/* ---- Write ------------------------------------------------------------- */

void bl_record_chunk_open(bl_record_chunk *c, bl_arena *arena) {
  memset(c, 0, sizeof *c);
  bl_text_open(&c->bytes, arena);
}

void bl_record_chunk_clear(bl_record_chunk *c) {
  c->bytes.len = 0;
  c->count     = 0;
  c->last.len  = 0;
}

static size_t records_shared(const bl_runs_place *last, bl_str key) {
  size_t most = last->len < key.len ? last->len : key.len, shared = 0;

  while (shared < most &&
         last->bytes[shared] == (unsigned char)key.text[shared])
    shared++;
  return shared;
}

int bl_record_chunk_add(bl_record_chunk *c, const bl_runs_record *record) {
  bl_str key = record->key;
  size_t shared = records_shared(&c->last, key), rest = key.len - shared;

  assert(key.len > 0 && key.len <= BL_RUNS_KEY_MOST);
  if (c->count > 0 && c->bytes.len + RECORDS_LENGTHS + rest +
                          record->bytes.len > BL_RUNS_ROW)
    return 0;
  bl_pack_u64(&c->bytes, shared);
  bl_pack_u64(&c->bytes, rest);
  bl_pack_u64(&c->bytes, record->bytes.len);
  bl_text_add(&c->bytes, key.text + shared, rest);
  bl_text_add(&c->bytes, record->bytes.text, record->bytes.len);
  bl_runs_place_of(&c->last, record);
  c->count++;
  return 1;
}

/* ---- Read -------------------------------------------------------------- */

void bl_record_reader_open(bl_record_reader *in, bl_str bytes) {
  bl_unpack_open(&in->bytes, bytes.text, bytes.len);
  in->last.len = 0;
}

static bl_str records_take(bl_unpack *u, uint64_t len) {
  bl_str s = {(const char *)u->at, (size_t)len};

  if (u->bad || len > (uint64_t)(u->end - u->at)) {
    u->bad = 1;
    s.len  = 0;
    return s;
  }
  u->at += s.len;
  return s;
}

/* The rest of a key follows what the last key leaves; it must end above it. */
static int records_is_above(const bl_runs_place *last, size_t shared,
                            bl_str rest) {
  return bl_str_order(rest, (bl_str){(const char *)last->bytes + shared,
                                     last->len - shared}) > 0;
}

int bl_record_reader_next(bl_record_reader *in, bl_runs_record *out) {
  bl_unpack *u = &in->bytes;
  uint64_t shared, rest, len;
  bl_str tail;

  if (bl_unpack_done(u)) return BILLING_DONE;
  shared = bl_unpack_u64(u);
  rest   = bl_unpack_u64(u);
  len    = bl_unpack_u64(u);
  if (shared > in->last.len || rest > BL_RUNS_KEY_MOST - shared) u->bad = 1;
  tail = records_take(u, rest);
  memset(out, 0, sizeof *out);
  out->bytes = records_take(u, len);
  if (u->bad || !records_is_above(&in->last, (size_t)shared, tail))
    return BILLING_CORRUPT;
  if (tail.len) memcpy(in->last.bytes + shared, tail.text, tail.len);
  in->last.len  = (unsigned char)(shared + tail.len);
  out->key.text = (const char *)in->last.bytes;
  out->key.len  = in->last.len;
  out->head     = bl_runs_head(out->key);
  return BILLING_OK;
}

#undef RECORDS_LENGTHS
