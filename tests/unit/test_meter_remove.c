/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "measures.h"

Suite *test_meter_remove(void);

START_TEST(an_extreme_forgets_all_but_its_holder) {
  bl_frame frame = day_frame(0);
  bl_sample a = sample_of("5", 12, 1), b = sample_of("2", 13, 2);
  bl_sample c = sample_of("9", 11, 3);
  bl_measure m;

  bl_measure_open(&m, meter_of("max", ""), &frame, &doc_arena);
  (void)bl_measure_add(&m, &a);
  (void)bl_measure_add(&m, &b);
  (void)bl_measure_add(&m, &c);
  ck_assert_int_eq(bl_measure_remove(&m, &b), 0);
  ck_assert_dec_eq(bl_measure_level(&m), "9");
  ck_assert_int_eq(m.events, 2);
  ck_assert_int_eq(bl_measure_remove(&m, &c), BILLING_DONE);
  ck_assert_dec_eq(bl_measure_level(&m), "9");
  ck_assert_int_eq(m.events, 2);
}
END_TEST

START_TEST(a_sum_forgets_every_sample) {
  bl_frame frame = day_frame(0);
  bl_sample a = sample_of("5", 12, 1), b = sample_of("2", 13, 2);
  bl_measure m;

  bl_measure_open(&m, meter_of("weighted_sum", ""), &frame, &doc_arena);
  (void)bl_measure_add(&m, &a);
  (void)bl_measure_add(&m, &b);
  ck_assert_int_eq(bl_measure_remove(&m, &b), 0);
  ck_assert_dec_eq(bl_measure_level(&m), "2.5");
  ck_assert_int_eq(bl_measure_remove(&m, &a), 0);
  ck_assert_dec_eq(bl_measure_level(&m), "0");
  ck_assert_int_eq(m.events, 0);
}
END_TEST

/* What could be taken out leaves the state of a stream without it. */
START_TEST(what_is_left_is_a_stream_without_it) {
  const bl_meter *meter = meter_of(measure_kinds[_i].aggregation,
                                   measure_kinds[_i].more);
  bl_frame frame = day_frame(1);
  bl_sample samples[MEASURE_STREAM];
  size_t removed = 0;

  measure_seed = (uint64_t)_i + 7000;
  for (int round = 0; round < 60; round++) {
    size_t count = some_samples(meter, samples), left = 0;
    bl_measure all, rest;

    bl_measure_open(&all, meter, &frame, &doc_arena);
    bl_measure_open(&rest, meter, &frame, &doc_arena);
    add_all(&all, samples, count, 0, 1);
    for (size_t i = 0; i < count; i++) {
      if (draw_below(3) == 0 &&
          bl_measure_takes(meter, &frame, samples[i].time_us) &&
          bl_measure_remove(&all, &samples[i]) == BILLING_OK)
        removed++;
      else samples[left++] = samples[i];
    }
    add_all(&rest, samples, left, 0, 1);
    must_agree(&all, &rest);
  }
  ck_assert_uint_gt(removed, 20);
}
END_TEST

Suite *test_meter_remove(void) {
  Suite *s = suite_create("meter_remove");
  TCase *c = documents_case(s);

  tcase_add_test(c, an_extreme_forgets_all_but_its_holder);
  tcase_add_test(c, a_sum_forgets_every_sample);
  tcase_add_loop_test(c, what_is_left_is_a_stream_without_it, 0,
                      (int)BL_COUNT(measure_kinds));
  return s;
}
