/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/map.h"
#include "unit.h"

static int values[100000];

START_TEST(keys_are_found_by_their_bytes) {
  bl_arena a;
  bl_map m;

  bl_arena_open(&a, NULL);
  bl_map_open(&m, &a);
  ck_assert_ptr_null(bl_map_get(&m, "ann", 3));
  ck_assert_int_eq(bl_map_put(&m, "ann", 3, &values[0]), 0);
  ck_assert_int_eq(bl_map_put(&m, "bob", 3, &values[1]), 0);
  ck_assert_int_eq(bl_map_put(&m, "", 0, &values[2]), 0);
  ck_assert_int_eq(bl_map_put(&m, "\0", 1, &values[3]), 0);
  ck_assert_int_eq(bl_map_put(&m, "an", 2, &values[4]), 0);
  ck_assert_ptr_eq(bl_map_get(&m, "ann", 3), &values[0]);
  ck_assert_ptr_eq(bl_map_get(&m, "bob", 3), &values[1]);
  ck_assert_ptr_eq(bl_map_get(&m, NULL, 0), &values[2]);
  ck_assert_ptr_eq(bl_map_get(&m, "\0", 1), &values[3]);
  ck_assert_ptr_eq(bl_map_get(&m, "annx", 2), &values[4]);
  ck_assert_ptr_null(bl_map_get(&m, "\0\0", 2));
  bl_arena_close(&a);
}
END_TEST

START_TEST(the_key_is_the_maps_own) {
  bl_arena a;
  bl_map m;
  char key[] = "ann";

  bl_arena_open(&a, NULL);
  bl_map_open(&m, &a);
  bl_map_put(&m, key, 3, values);
  key[0] = 'x';
  ck_assert_ptr_eq(bl_map_get(&m, "ann", 3), values);
  ck_assert_ptr_null(bl_map_get(&m, key, 3));
  bl_arena_close(&a);
}
END_TEST

START_TEST(entries_stay_in_the_order_of_insertion) {
  bl_arena a;
  bl_map m;

  bl_arena_open(&a, NULL);
  bl_map_open(&m, &a);
  for (int32_t i = 0; i < 5000; i++) {
    int32_t key = i * 7919;
    ck_assert_int_eq(bl_map_put(&m, &key, sizeof key, &values[i]), 0);
  }
  ck_assert_uint_eq(m.count, 5000);
  for (int32_t i = 0; i < 5000; i++) {
    int32_t key = i * 7919;
    ck_assert_int_eq(memcmp(m.entry[i].key, &key, sizeof key), 0);
    ck_assert_ptr_eq(m.entry[i].value, &values[i]);
    ck_assert_ptr_eq(bl_map_get(&m, &key, sizeof key), &values[i]);
  }
  bl_arena_close(&a);
}
END_TEST

static uint64_t next_random(uint64_t *state) {
  *state ^= *state << 13;
  *state ^= *state >> 7;
  *state ^= *state << 17;
  return *state;
}

/* Against a plain list of which of 512 keys are in, in which order. */
struct model {
  int    key[512];
  size_t count;
};

static int model_has(const struct model *model, int key) {
  for (size_t i = 0; i < model->count; i++)
    if (model->key[i] == key) return 1;
  return 0;
}

static void check_against(const bl_map *m, const struct model *model) {
  ck_assert_uint_eq(m->count, model->count);
  for (int key = 0; key < 512; key++)
    ck_assert_ptr_eq(bl_map_get(m, &key, sizeof key),
                     model_has(model, key) ? &values[key] : NULL);
}

START_TEST(cutting_and_putting_agree_with_a_list) {
  for (uint64_t seed = 1; seed <= 60; seed++) {
    uint64_t random = seed * UINT64_C(0x9E3779B97F4A7C15);
    struct model model = {{0}, 0};
    bl_arena a;
    bl_map m;

    bl_arena_open(&a, NULL);
    bl_map_open(&m, &a);
    for (int step = 0; step < 120; step++) {
      size_t puts = next_random(&random) % 20;

      if (next_random(&random) % 3 == 0) {
        model.count -= next_random(&random) % (model.count + 1);
        bl_map_cut(&m, model.count);
      }
      for (; puts > 0 && model.count < 500; puts--) {
        int key = (int)(next_random(&random) % 512);

        if (model_has(&model, key)) continue;
        ck_assert_int_eq(bl_map_put(&m, &key, sizeof key, &values[key]), 0);
        model.key[model.count++] = key;
      }
      if (step % 10 == 0) check_against(&m, &model);
    }
    check_against(&m, &model);
    bl_map_cut(&m, 0);
    model.count = 0;
    check_against(&m, &model);
    for (size_t i = 0; i < m.slots; i++) ck_assert_uint_eq(m.slot[i], 0);
    bl_arena_close(&a);
  }
}
END_TEST

static void *tight_alloc(void *user, void *ptr, size_t old_size,
                         size_t new_size) {
  size_t *left = user;

  (void)old_size;
  if (new_size == 0) {
    free(ptr);
    return NULL;
  }
  if (*left == 0) return NULL;
  --*left;
  return malloc(new_size);
}

START_TEST(a_put_without_memory_changes_nothing) {
  size_t left = 1;
  billing_allocator host = {tight_alloc, &left};
  bl_arena a;
  bl_map m;
  int key = 0;

  bl_arena_open(&a, &host);
  bl_map_open(&m, &a);
  while (bl_map_put(&m, &key, sizeof key, values) == 0) key++;
  ck_assert_int_gt(key, 8);
  ck_assert_uint_eq(m.count, (size_t)key);
  ck_assert_ptr_null(bl_map_get(&m, &key, sizeof key));
  left = 100;
  ck_assert_int_eq(bl_map_put(&m, &key, sizeof key, values), 0);
  for (; key >= 0; key--)
    ck_assert_ptr_eq(bl_map_get(&m, &key, sizeof key), values);
  left = 0;
  ck_assert_int_eq(bl_map_put(&m, values, sizeof values, values),
                   BILLING_NOMEM);
  bl_arena_close(&a);
}
END_TEST

/* Keys that differ in few bits only, over 65,536 places. */
START_TEST(hashes_spread_similar_keys) {
  static uint32_t low[1 << 16];
  uint32_t worst = 0;

  for (uint64_t i = 0; i < 100000; i++) {
    uint32_t *at = &low[bl_hash_bytes(&i, sizeof i) & 0xFFFF];
    if (++*at > worst) worst = *at;
  }
  /* 1.5 on average; above 15 would be a fault. */
  ck_assert_uint_lt(worst, 15);
  ck_assert_uint_ne(bl_hash_bytes("", 0), bl_hash_bytes("\0", 1));
  ck_assert_uint_ne(bl_hash_bytes("\0", 1), bl_hash_bytes("\0\0", 2));
  ck_assert_uint_ne(bl_hash_bytes("12345678", 8),
                    bl_hash_bytes("12345678\0", 9));
}
END_TEST

Suite *test_base_map(void) {
  Suite *s = suite_create("base/map");
  TCase *t = tcase_create("map");

  tcase_add_test(t, keys_are_found_by_their_bytes);
  tcase_add_test(t, the_key_is_the_maps_own);
  tcase_add_test(t, entries_stay_in_the_order_of_insertion);
  tcase_add_test(t, cutting_and_putting_agree_with_a_list);
  tcase_add_test(t, a_put_without_memory_changes_nothing);
  tcase_add_test(t, hashes_spread_similar_keys);
  suite_add_tcase(s, t);
  return s;
}
