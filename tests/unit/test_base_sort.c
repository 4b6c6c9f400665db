/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* test_base_sort.c - numbers in order, each once. */
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

Suite *test_base_sort(void) {
  Suite *suite = suite_create("base_sort");
  TCase *t = tcase_create("sort");

  tcase_add_test(t, each_number_is_left_once_in_order);
  tcase_add_test(t, nothing_is_lost_and_nothing_is_added);
  suite_add_tcase(suite, t);
  return suite;
}
