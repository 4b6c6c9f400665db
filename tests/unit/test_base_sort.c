/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* test_base_sort.c - items in order; numbers in order, each once. */
#include "base/sort.h"
#include "unit.h"

START_TEST(each_number_is_left_once_in_order) {
  uint64_t numbers[] = {3, 1, 3, 2};

  ck_assert_uint_eq(bl_sort_unique(numbers, 4), 3);
  for (uint64_t i = 0; i < 3; i++) ck_assert(numbers[i] == i + 1);
  ck_assert_uint_eq(bl_sort_unique(numbers, 0), 0);
}
END_TEST

/* Which numbers below 100 there are is counted beside it. */
START_TEST(nothing_is_lost_and_nothing_is_added) {
  uint64_t numbers[300], dice = 7;

  for (size_t count = 1; count < 300; count++) {
    int is_there[100] = {0};
    size_t kept, different = 0;
    for (size_t i = 0; i < count; i++) {
      dice = dice * UINT64_C(6364136223846793005) + 1442695040888963407u;
      numbers[i] = (dice >> 33) % 100;
      different += !is_there[numbers[i]];
      is_there[numbers[i]] = 1;
    }
    kept = bl_sort_unique(numbers, count);
    ck_assert_uint_eq(kept, different);
    for (size_t i = 0; i < kept; i++) {
      ck_assert_int_eq(is_there[numbers[i]], 1);
      if (i) ck_assert(numbers[i - 1] < numbers[i]);
    }
  }
}
END_TEST

/* An item that is larger than what is swapped at once. */
typedef struct wide_item {
  uint32_t key;
  char     rest[99];
} wide_item;

static int by_key(const void *a, const void *b) {
  const wide_item *x = a, *y = b;

  return (x->key > y->key) - (x->key < y->key);
}

/* 7919 is prime: i * 7919 mod count passes each number below count once. */
START_TEST(wide_items_keep_what_belongs_to_them) {
  static wide_item items[1000];

  for (size_t count = 0; count < 1000; count = count * 3 + 1) {
    for (size_t i = 0; i < count; i++) {
      items[i].key = (uint32_t)(i * 7919 % count);
      memset(items[i].rest, (int)(items[i].key % 251), sizeof items[i].rest);
    }
    bl_sort(items, count, sizeof *items, by_key);
    for (size_t i = 0; i < count; i++) {
      ck_assert_uint_eq(items[i].key, i);
      ck_assert_int_eq((unsigned char)items[i].rest[0], (int)(i % 251));
      ck_assert_int_eq((unsigned char)items[i].rest[98], (int)(i % 251));
    }
  }
}
END_TEST

static size_t compared;

static int by_key_counted(const void *a, const void *b) {
  compared++;
  return by_key(a, b);
}

/* A heap of n items takes at most 2 n log2(n) comparisons to be emptied and
 * 2 n to be made, and the look at their order n more. */
START_TEST(no_order_takes_long_and_a_finished_one_takes_one_look) {
  static wide_item items[1024];

  for (uint32_t i = 0; i < 1024; i++) items[i].key = 1024 - i;
  compared = 0;
  bl_sort(items, 1024, sizeof *items, by_key_counted);
  ck_assert_uint_le(compared, 2 * 1024 * 10 + 3 * 1024);
  compared = 0;
  bl_sort(items, 1024, sizeof *items, by_key_counted);
  ck_assert_uint_eq(compared, 1023);
}
END_TEST

Suite *test_base_sort(void) {
  Suite *suite = suite_create("base_sort");
  TCase *t = tcase_create("sort");

  tcase_add_test(t, each_number_is_left_once_in_order);
  tcase_add_test(t, nothing_is_lost_and_nothing_is_added);
  tcase_add_test(t, wide_items_keep_what_belongs_to_them);
  tcase_add_test(t, no_order_takes_long_and_a_finished_one_takes_one_look);
  suite_add_tcase(suite, t);
  return suite;
}
