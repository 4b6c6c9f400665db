/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "measures.h"

Suite *test_meter_measure(void);

/* 5 at noon, 2 at 1 pm, 9 at 11 am. */
static const char *example(const char *aggregation, const char *more) {
  static char text[BL_DEC_TEXT];
  static const reading readings[] = {{"5", 12}, {"2", 13}, {"9", 11}};
  bl_frame frame = day_frame(0);
  bl_measure m;

  bl_measure_open(&m, meter_of(aggregation, more), &frame, &doc_arena);
  for (size_t i = 0; i < 3; i++) {
    bl_sample s = sample_of(strcmp(aggregation, "count")
                              ? readings[i].quantity : "1",
                            readings[i].hour, i);

    ck_assert_int_eq(bl_measure_add(&m, &s), 0);
  }
  ck_assert_int_eq(m.events, 3);
  (void)bl_dec_print(bl_measure_level(&m), text);
  return text;
}

START_TEST(every_aggregation_measures_the_example) {
  ck_assert_str_eq(example("count", ""), "3");
  ck_assert_str_eq(example("sum", ""), "16");
  ck_assert_str_eq(example("max", ""), "9");
  ck_assert_str_eq(example("min", ""), "2");
  ck_assert_str_eq(example("average", ""), "5.333333333333333333");
  ck_assert_str_eq(example("latest", ""), "2");
  ck_assert_str_eq(example("earliest", ""), "9");
  ck_assert_str_eq(example("percentile", ",'percentile':50"), "5");
  ck_assert_str_eq(example("weighted_sum", ""), "8.291666666666666667");
  ck_assert_str_eq(example("peak", ""), "16");
}
END_TEST

START_TEST(nothing_is_zero) {
  static const char *const all[] = {"count", "sum", "max", "min", "average",
                                    "latest", "earliest", "unique",
                                    "weighted_sum"};
  bl_frame frame = day_frame(0);
  bl_measure m;

  for (size_t i = 0; i < BL_COUNT(all); i++) {
    bl_measure_open(&m, meter_of(all[i], ""), &frame, &doc_arena);
    ck_assert_dec_eq(bl_measure_level(&m), "0");
  }
  bl_measure_open(&m, meter_of("percentile", ",'percentile':'99'"), &frame,
                  &doc_arena);
  ck_assert_dec_eq(bl_measure_level(&m), "0");
}
END_TEST

START_TEST(a_sum_may_leave_the_range_and_come_back) {
  bl_frame frame = day_frame(0);
  bl_sample most = {.quantity = BL_DEC_MAX}, back = {.number = 1};
  bl_measure m;

  back.quantity = bl_dec_neg(BL_DEC_MAX);
  bl_measure_open(&m, meter_of("sum", ""), &frame, &doc_arena);
  (void)bl_measure_add(&m, &most);
  (void)bl_measure_add(&m, &most);
  ck_assert(bl_dec_is_bad(bl_measure_level(&m)));
  (void)bl_measure_add(&m, &back);
  ck_assert(bl_dec_is_max(bl_measure_level(&m)));
}
END_TEST

START_TEST(of_a_value_the_latest_operation_decides) {
  bl_frame frame = day_frame(0);
  bl_sample removed = value_at("a", 5, 1, 1), added = value_at("a", 3, 0, 2);
  bl_sample again = value_at("a", 6, 0, 3), same = value_at("a", 6, 1, 4);
  bl_measure m;

  bl_measure_open(&m, meter_of("unique", ""), &frame, &doc_arena);
  (void)bl_measure_add(&m, &removed);
  (void)bl_measure_add(&m, &added);
  ck_assert_dec_eq(bl_measure_level(&m), "0");
  (void)bl_measure_add(&m, &again);
  ck_assert_dec_eq(bl_measure_level(&m), "1");
  (void)bl_measure_add(&m, &same);
  ck_assert_dec_eq(bl_measure_level(&m), "0");
}
END_TEST

START_TEST(what_lies_outside_counts_as_the_meter_says) {
  bl_frame frame = day_frame(1), closed = frame;
  const bl_meter *metered = meter_of("sum", "");
  const bl_meter *recurring = meter_of("sum", ",'recurring':true");

  closed.is_closed = 1;
  ck_assert(!bl_measure_takes(metered, &frame, BL_DAY - 1));
  ck_assert(bl_measure_takes(recurring, &frame, BL_DAY - 1));
  ck_assert(bl_measure_takes(metered, &frame, BL_DAY));
  ck_assert(!bl_measure_takes(recurring, &frame, 2 * BL_DAY));
  ck_assert(bl_measure_takes(metered, &closed, 2 * BL_DAY));
  ck_assert(!bl_measure_takes(metered, &closed, 2 * BL_DAY + 1));
}
END_TEST

START_TEST(a_level_that_is_told_goes_on) {
  bl_frame frame = day_frame(1);
  bl_sample fall = sample_of("-4", 36, 1);
  bl_measure m;

  bl_measure_open(&m, meter_of("weighted_sum", ",'recurring':true"), &frame,
                  &doc_arena);
  bl_measure_begin(&m, D("10"));
  ck_assert_dec_eq(bl_measure_level(&m), "10");
  (void)bl_measure_add(&m, &fall);
  ck_assert_dec_eq(bl_measure_level(&m), "8");
  bl_measure_open(&m, meter_of("latest", ",'recurring':true"), &frame,
                  &doc_arena);
  bl_measure_begin(&m, D("10"));
  ck_assert_dec_eq(bl_measure_level(&m), "10");
  (void)bl_measure_add(&m, &fall);
  ck_assert_dec_eq(bl_measure_level(&m), "-4");
}
END_TEST

/* ---- random streams: whole, in parts, carried on ---- */

static void shuffle(bl_sample *samples, size_t count) {
  for (size_t i = count; i-- > 1;) {
    size_t other = draw_below(i + 1);
    bl_sample kept = samples[i];

    samples[i] = samples[other];
    samples[other] = kept;
  }
}

START_TEST(parts_put_together_are_the_whole) {
  const bl_meter *meter = meter_of(measure_kinds[_i].aggregation,
                                   measure_kinds[_i].more);
  bl_frame frame = day_frame(0);
  bl_sample samples[MEASURE_STREAM];

  measure_seed = (uint64_t)_i + 1;
  for (int round = 0; round < 60; round++) {
    size_t count = some_samples(meter, samples), parts = 1 + draw_below(5);
    bl_measure whole, sum, part;

    bl_measure_open(&whole, meter, &frame, &doc_arena);
    bl_measure_open(&sum, meter, &frame, &doc_arena);
    add_all(&whole, samples, count, 0, 1);
    shuffle(samples, count);
    for (size_t p = 0; p < parts; p++) {
      bl_measure_open(&part, meter, &frame, &doc_arena);
      add_all(&part, samples, count, p, parts);
      ck_assert_int_eq(bl_measure_merge(&sum, &part), 0);
    }
    must_agree(&whole, &sum);
  }
}
END_TEST

/* The stream reaches a day and a half: the second day is carried on from the
 * first, some events come late, and it is rebuilt from all of them. */
START_TEST(a_level_carried_on_is_the_level_rebuilt) {
  const bl_meter *meter = meter_of(measure_kinds[_i].aggregation,
                                   measure_kinds[_i].more);
  bl_frame first = day_frame(0), second = day_frame(1);
  bl_sample samples[MEASURE_STREAM];

  measure_seed = (uint64_t)_i + 1000;
  for (int round = 0; round < 60; round++) {
    size_t count = some_samples(meter, samples), late = draw_below(count + 1);
    bl_measure before, carried, rebuilt;

    bl_measure_open(&before, meter, &first, &doc_arena);
    bl_measure_open(&rebuilt, meter, &second, &doc_arena);
    add_all(&before, samples, late, 0, 1);
    ck_assert_int_eq(bl_measure_carry(&before, &second, &doc_arena,
                                      &carried), 0);
    for (size_t i = 0; i < count; i++)
      if ((i >= late || samples[i].time_us >= BL_DAY) &&
          bl_measure_takes(meter, &second, samples[i].time_us))
        ck_assert_int_eq(bl_measure_add(&carried, &samples[i]), 0);
    add_all(&rebuilt, samples, count, 0, 1);
    must_agree(&carried, &rebuilt);
  }
}
END_TEST

START_TEST(every_allocation_may_fail) {
  const bl_meter *meter = meter_of("unique", ",'proration':'time'");
  bl_frame frame = day_frame(0);
  int rc = BILLING_NOMEM;
  size_t steps = 0;

  for (; rc; steps++) {
    static const char *const values[] = {"a", "b", "c", "a", "d"};
    bl_measure m;
    bl_arena narrow;
    int blocks;

    doc_narrow(&narrow, &blocks, steps);
    bl_measure_open(&m, meter, &frame, &narrow);
    rc = BILLING_OK;
    for (size_t i = 0; !rc && i < BL_COUNT(values); i++) {
      bl_sample s = value_at(values[i], (int64_t)i, 0, i);

      rc = bl_measure_add(&m, &s);
    }
    ck_assert(rc == 0 || rc == BILLING_NOMEM);
    bl_arena_close(&narrow);
  }
  ck_assert_uint_gt(steps, 3);
}
END_TEST

Suite *test_meter_measure(void) {
  Suite *s = suite_create("meter_measure");
  TCase *c = documents_case(s);

  tcase_add_test(c, every_aggregation_measures_the_example);
  tcase_add_test(c, nothing_is_zero);
  tcase_add_test(c, a_sum_may_leave_the_range_and_come_back);
  tcase_add_test(c, of_a_value_the_latest_operation_decides);
  tcase_add_test(c, what_lies_outside_counts_as_the_meter_says);
  tcase_add_test(c, a_level_that_is_told_goes_on);
  tcase_add_loop_test(c, parts_put_together_are_the_whole, 0,
                      (int)BL_COUNT(measure_kinds));
  tcase_add_loop_test(c, a_level_carried_on_is_the_level_rebuilt, 0,
                      (int)BL_COUNT(measure_kinds));
  tcase_add_test(c, every_allocation_may_fail);
  return s;
}
