/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "measures.h"

Suite *test_meter_sort(void);

START_TEST(the_example_is_sorted) {
  bl_sample s[3] = {sample_of("5", 12, 1), sample_of("2", 11, 2),
                    sample_of("9", 12, 3)};

  bl_samples_sort(s, 3, BL_SAMPLES_BY_QUANTITY);
  ck_assert_dec_eq(s[0].quantity, "2");
  ck_assert_dec_eq(s[1].quantity, "5");
  ck_assert_dec_eq(s[2].quantity, "9");
  bl_samples_sort(s, 3, BL_SAMPLES_BY_TIME);
  ck_assert_dec_eq(s[0].quantity, "2");
  ck_assert_uint_eq(s[1].number, 1);
  ck_assert_uint_eq(s[2].number, 3);
  bl_samples_sort(NULL, 0, BL_SAMPLES_BY_TIME);
}
END_TEST

START_TEST(values_come_first_then_time_then_arrival) {
  bl_sample s[5] = {value_at("b", 1, 0, 1), value_at("ab", 9, 0, 2),
                    value_at("a", 5, 0, 4), value_at("a", 5, 0, 3),
                    value_at("", 0, 0, 5)};
  static const uint64_t order[] = {5, 3, 4, 2, 1};

  bl_samples_sort(s, 5, BL_SAMPLES_BY_VALUE);
  for (size_t i = 0; i < 5; i++) ck_assert_uint_eq(s[i].number, order[i]);
}
END_TEST

START_TEST(any_order_ends_sorted_with_all_in_it) {
  for (uint64_t n = 0; n < 70; n++)
    for (uint64_t by = 1; by < 70; by += 6) {
      bl_sample s[70];
      uint64_t sum = 0;

      for (uint64_t i = 0; i < n; i++)
        s[i] = sample_of("1", (int64_t)(i * by % 71), i);
      bl_samples_sort(s, n, BL_SAMPLES_BY_TIME);
      for (uint64_t i = 0; i < n; i++) {
        ck_assert(i == 0 || bl_sample_is_before(&s[i - 1], &s[i]));
        sum += s[i].number;
      }
      ck_assert_uint_eq(sum, n ? n * (n - 1) / 2 : 0);
    }
}
END_TEST

Suite *test_meter_sort(void) {
  Suite *s = suite_create("meter_sort");
  TCase *c = documents_case(s);

  tcase_add_test(c, the_example_is_sorted);
  tcase_add_test(c, values_come_first_then_time_then_arrival);
  tcase_add_test(c, any_order_ends_sorted_with_all_in_it);
  return s;
}
