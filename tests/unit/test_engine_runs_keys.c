/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* test_engine_runs_keys.c - chunks of KEYS come back as they were. */
#include "sorted_runs.h"

static bl_key_chunk chunk;
static unsigned char packed[BL_RUNS_ROW];
static bl_runs_key back[BL_RUNS_CHUNK_MOST];
static store_dice dice;

static bl_str pack(void) {
  bl_str bytes = {(const char *)packed, bl_key_chunk_pack(&chunk, packed)};

  ck_assert_uint_le(bytes.len, BL_RUNS_ROW);
  return bytes;
}

static void comes_back(bl_str bytes) {
  size_t count = 0;

  ck_assert_int_eq(bl_key_chunk_unpack(bytes, back, &count), 0);
  ck_assert_uint_eq(count, chunk.count);
  for (size_t i = 0; i < count; i++) {
    ck_assert_uint_eq(back[i].key, chunk.pair[i].key);
    ck_assert_uint_eq(back[i].value, chunk.pair[i].value);
  }
}

static void add(uint64_t key, uint64_t value) {
  bl_runs_key pair = {key, value};

  ck_assert_int_eq(bl_key_chunk_add(&chunk, pair), 1);
}

START_TEST(the_worked_example_is_so) {
  static const unsigned char wanted[] = {
      0xD0, 0x51, 0x07, 3, 0, 3, 2, 2, 0xE8, 3, 0, 0, 0, 0, 0, 0,
      5,    0,    0,    0, 0, 0, 0, 0};
  bl_str bytes;

  chunk.count = 0;
  add(1000, runs_value(7, 2));
  add(1003, runs_value(5, 1));
  add(1005, runs_value(8, 0));
  bytes = pack();
  ck_assert_uint_eq(bytes.len, sizeof wanted);
  ck_assert_mem_eq(bytes.text, wanted, sizeof wanted);
  comes_back(bytes);
}
END_TEST

/* 64 bits of key, 48 of seq, 16 of n. */
START_TEST(the_widest_pairs_come_back) {
  for (int count = 1; count <= 3; count++) {
    chunk.count = 0;
    add(0, UINT64_MAX);
    if (count > 1) add(UINT64_MAX - 1, 0);
    if (count > 2) add(UINT64_MAX, UINT64_MAX - 1);
    comes_back(pack());
  }
  chunk.count = 0;
  add(7, 0);
  comes_back(pack());
}
END_TEST

/* Widths of all sizes, and every chunk as full as it gets. */
START_TEST(full_chunks_come_back) {
  dice.state = 123456789;
  for (int round = 0; round < 200; round++) {
    uint64_t gap = UINT64_C(1) << store_throw(&dice, 55);
    uint64_t seqs = UINT64_C(1) << store_throw(&dice, 40);
    uint64_t most_n = UINT64_C(1) << store_throw(&dice, 17);
    bl_runs_key pair = {runs_hash((uint64_t)round) >> 1, 0};

    chunk.count = 0;
    do {
      pair.key += 1 + store_throw(&dice, gap);
      pair.value = runs_value(store_throw(&dice, seqs) + 9,
                              store_throw(&dice, most_n));
    } while (bl_key_chunk_add(&chunk, pair));
    comes_back(pack());
  }
}
END_TEST

/* A million random keys in batches of a thousand: below ten bytes each. */
START_TEST(pairs_are_small) {
  bl_runs_key pair = {0, 0};
  uint64_t n = 0;

  chunk.count = 0;
  do {
    pair.key += UINT64_MAX / 1000000 / 2 + runs_hash(n) % (1 << 30);
    pair.value = runs_value(1 + runs_hash(n) % 1000, n % 1000);
    n++;
  } while (bl_key_chunk_add(&chunk, pair));
  ck_assert_uint_ge(chunk.count, 400);
  ck_assert_uint_ge(pack().len, BL_RUNS_ROW - 10);
}
END_TEST

START_TEST(all_values_of_a_key_are_found) {
  uint64_t value[4];
  bl_str bytes;

  chunk.count = 0;
  add(10, 5);
  for (uint64_t i = 0; i < 6; i++) add(20, 100 + i);
  add(30, 1);
  bytes = pack();
  for (uint64_t key = 0; key < 40; key++) {
    bl_runs_found found = {value, 4, 0};
    size_t wanted = key == 20 ? 6 : key == 10 || key == 30;

    ck_assert_int_eq(bl_key_chunk_find(bytes, key, &found), 0);
    ck_assert_uint_eq(found.count, wanted);
    for (size_t i = 0; i < 4 && key == 20; i++)
      ck_assert_uint_eq(value[i], 100 + i);
  }
}
END_TEST

/* Any byte changed, and any byte cut: CORRUPT or other pairs, in order, and
 * nothing beyond the bytes is read (the sanitizers look). */
START_TEST(damage_is_harmless) {
  bl_str bytes;

  dice.state = 42;
  chunk.count = 0;
  for (uint64_t i = 1; i < 50; i++)
    add(i << 40 | store_throw(&dice, 1 << 20), runs_value(i, i));
  bytes = pack();
  for (size_t at = 0; at < bytes.len; at++)
    for (int change = 1; change < 256; change += 17) {
      char *copy = malloc(bytes.len);
      bl_str damaged = {copy, bytes.len};
      bl_runs_found found = {NULL, 0, 0};
      size_t count = 0;

      memcpy(copy, bytes.text, bytes.len);
      copy[at] = (char)(copy[at] ^ change);
      if (!bl_key_chunk_unpack(damaged, back, &count))
        ck_assert_uint_le(count, BL_RUNS_CHUNK_MOST);
      (void)bl_key_chunk_find(damaged, runs_hash(at), &found);
      free(copy);
    }
  for (size_t len = 0; len < bytes.len; len++) {
    char *copy = malloc(len + 1);
    bl_str cut = {copy, len};
    size_t count = 0;

    memcpy(copy, bytes.text, len);
    ck_assert_int_eq(bl_key_chunk_unpack(cut, back, &count),
                     BILLING_CORRUPT);
    free(copy);
  }
}
END_TEST

/* The worked example, whose first key becomes 1007. */
START_TEST(pairs_out_of_order_are_corrupt) {
  size_t count = 0;
  bl_str bytes;

  chunk.count = 0;
  add(1000, runs_value(7, 2));
  add(1003, runs_value(5, 1));
  add(1005, runs_value(8, 0));
  bytes = pack();
  packed[0] |= 7;
  ck_assert_int_eq(bl_key_chunk_unpack(bytes, back, &count),
                   BILLING_CORRUPT);
}
END_TEST

Suite *test_engine_runs_keys(void) {
  Suite *s = suite_create("engine/runs_keys");
  TCase *t = tcase_create("runs_keys");

  tcase_add_test(t, the_worked_example_is_so);
  tcase_add_test(t, the_widest_pairs_come_back);
  tcase_add_test(t, full_chunks_come_back);
  tcase_add_test(t, pairs_are_small);
  tcase_add_test(t, all_values_of_a_key_are_found);
  tcase_add_test(t, damage_is_harmless);
  tcase_add_test(t, pairs_out_of_order_are_corrupt);
  suite_add_tcase(s, t);
  return s;
}
