/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "meter/meter.h"
#include "unit.h"

Suite *test_meter_aggregate(void);

typedef struct reading {
  const char *quantity;
  int64_t     time_us;
} reading;

static bl_level fold(uint32_t aggregation, const reading *readings,
                     size_t count) {
  bl_level level = {BL_DEC_ZERO, 0, 0};

  for (size_t i = 0; i < count; i++) {
    bl_usage usage = {D(readings[i].quantity), readings[i].time_us};

    level = bl_aggregate_add(aggregation, level, &usage);
  }
  ck_assert_int_eq(level.events, (int64_t)count);
  return level;
}

/* At noon, 1 pm, 11 am. */
static const reading example[] = {
  {"5", 12 * BL_HOUR}, {"2", 13 * BL_HOUR}, {"9", 11 * BL_HOUR}
};

START_TEST(each_aggregation_goes_on_from_its_level) {
  ck_assert_dec_eq(fold(BL_AGG_COUNT, example, 3).total, "3");
  ck_assert_dec_eq(fold(BL_AGG_SUM, example, 3).total, "16");
  ck_assert_dec_eq(fold(BL_AGG_MAX, example, 3).total, "9");
  ck_assert_dec_eq(fold(BL_AGG_MIN, example, 3).total, "2");
  ck_assert_dec_eq(fold(BL_AGG_LATEST, example, 3).total, "2");
  ck_assert_int_eq(fold(BL_AGG_LATEST, example, 3).at_us, 13 * BL_HOUR);
  ck_assert_dec_eq(fold(BL_AGG_EARLIEST, example, 3).total, "9");
}
END_TEST

START_TEST(the_first_sample_sets_an_extreme_even_below_zero) {
  static const reading below[] = {{"-5", 0}, {"-7", 0}};
  static const reading above[] = {{"5", 0}, {"7", 0}};

  ck_assert_dec_eq(fold(BL_AGG_MAX, below, 2).total, "-5");
  ck_assert_dec_eq(fold(BL_AGG_MIN, above, 2).total, "5");
}
END_TEST

START_TEST(a_sum_may_fall) {
  static const reading r[] = {{"5", 0}, {"-7.5", 0}};

  ck_assert_dec_eq(fold(BL_AGG_SUM, r, 2).total, "-2.5");
}
END_TEST

START_TEST(unique_moves_by_how_many_come_and_go) {
  static const reading r[] = {{"1", 0}, {"0", 0}, {"1", 0}, {"-1", 0}};

  ck_assert_dec_eq(fold(BL_AGG_UNIQUE, r, 4).total, "1");
}
END_TEST

START_TEST(among_equal_times_the_later_arrival_is_the_latest) {
  static const reading r[] = {{"1", 7}, {"2", 7}, {"3", 6}};
  static const reading early[] = {{"4", -9}};

  ck_assert_dec_eq(fold(BL_AGG_LATEST, r, 3).total, "2");
  ck_assert_dec_eq(fold(BL_AGG_LATEST, early, 1).total, "4");
  ck_assert_int_eq(fold(BL_AGG_LATEST, early, 1).at_us, -9);
  ck_assert_dec_eq(fold(BL_AGG_EARLIEST, r, 3).total, "3");
  ck_assert_dec_eq(fold(BL_AGG_EARLIEST, r, 2).total, "1");
}
END_TEST

START_TEST(a_sum_that_does_not_fit_stays_bad) {
  bl_level level = {BL_DEC_MAX, 0, 1};
  bl_usage usage = {BL_DEC_ONE, 0};

  level = bl_aggregate_add(BL_AGG_SUM, level, &usage);
  ck_assert(bl_dec_is_bad(level.total));
  usage.quantity = D("-5");
  ck_assert(bl_dec_is_bad(bl_aggregate_add(BL_AGG_SUM, level,
                                           &usage).total));
}
END_TEST

START_TEST(names_lead_back_to_their_aggregation) {
  for (uint32_t i = BL_AGG_COUNT; i <= BL_AGG_PEAK; i++)
    ck_assert_int_eq(bl_aggregate_of_name(bl_str_of(bl_aggregate_name(i))),
                     (int)i);
  ck_assert_int_eq(bl_aggregate_of_name(BL_STR("median")), -1);
  ck_assert_str_eq(bl_aggregate_name(BL_AGG_UNIQUE), "unique");
}
END_TEST

Suite *test_meter_aggregate(void) {
  Suite *s = suite_create("meter_aggregate");
  TCase *c = tcase_create("all");

  tcase_add_test(c, each_aggregation_goes_on_from_its_level);
  tcase_add_test(c, the_first_sample_sets_an_extreme_even_below_zero);
  tcase_add_test(c, a_sum_may_fall);
  tcase_add_test(c, unique_moves_by_how_many_come_and_go);
  tcase_add_test(c, among_equal_times_the_later_arrival_is_the_latest);
  tcase_add_test(c, a_sum_that_does_not_fit_stays_bad);
  tcase_add_test(c, names_lead_back_to_their_aggregation);
  suite_add_tcase(s, c);
  return s;
}
