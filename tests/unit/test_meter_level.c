/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "measures.h"

Suite *test_meter_level(void);

/* May 2023, of 31 days, in UTC. */
static bl_frame may(void) {
  bl_frame f = day_frame(0);

  ck_assert(bl_time_parse(BL_STR("2023-05-01"), &f.span.from_us));
  f.span.to_us = f.span.from_us + 31 * BL_DAY;
  f.whole_us   = 31 * BL_DAY;
  f.whole_days = 31;
  return f;
}

static void add(bl_measure *m, const char *quantity, int64_t day,
                uint64_t number) {
  bl_sample s = sample_of(quantity, 0, number);

  s.time_us = m->frame.span.from_us + (day - 1) * BL_DAY;
  ck_assert_int_eq(bl_measure_add(m, &s), 0);
}

/* 5 from before, 12 and 12 on the 26th. */
static bl_measure example(const char *more) {
  bl_frame frame = may();
  bl_measure m;

  bl_measure_open(&m, meter_of("sum", more), &frame, &doc_arena);
  add(&m, "5", -60, 1);
  add(&m, "12", 26, 2);
  add(&m, "12", 26, 3);
  return m;
}

START_TEST(a_quantity_counts_for_the_rest_of_its_period) {
  bl_measure m = example(",'recurring':true,'proration':'days_half_open'");
  bl_measure lago = example(",'recurring':true,'proration':'lago_days'");
  bl_measure time = example(",'recurring':true,'proration':'time'");

  ck_assert_dec_eq(bl_measure_quantity(&m), "9.645161290322580645");
  ck_assert_dec_eq(bl_measure_quantity(&time), "9.645161290322580645");
  ck_assert_dec_eq(bl_measure_quantity(&lago), "9.64517");
  ck_assert_dec_eq(bl_measure_level(&lago), "29");
  ck_assert_dec_eq(bl_measure_share(&lago, D("12"), m.frame.span.to_us - 1),
                   "0.3871");
  ck_assert_dec_eq(bl_measure_share(&m, D("12"), m.frame.span.to_us - 1),
                   "0.387096774193548387");
}
END_TEST

START_TEST(the_order_of_things_is_kept) {
  bl_measure m = example(",'recurring':true,'proration':'lago_days',"
                         "'convert':{'round':'ceiling','places':2}");
  bl_measure below;

  ck_assert_dec_eq(bl_measure_quantity(&m), "9.65");
  below = example(",'recurring':true,'negative':'zero','convert':"
                  "{'operation':'divide','by':'10','round':'up'}");
  ck_assert_dec_eq(bl_measure_quantity(&below), "3");
  add(&below, "-100", 27, 4);
  ck_assert_dec_eq(bl_measure_level(&below), "-71");
  ck_assert_dec_eq(bl_measure_quantity(&below), "0");
}
END_TEST

START_TEST(percentiles_are_samples_or_lie_between) {
  static const struct {
    const char *percent;
    const char *nearest;
    const char *linear;
  } rows[] = {
    {"0", "15", "15"},  {"5", "15", "16"},     {"30", "20", "23"},
    {"40", "20", "29"}, {"50", "35", "35"},    {"100", "50", "50"},
    {"99.9", "50", "49.96"},
  };
  static const char *const samples[] = {"40", "15", "50", "20", "35"};
  bl_frame frame = day_frame(0);

  for (size_t i = 0; i < BL_COUNT(rows); i++)
    for (int linear = 0; linear < 2; linear++) {
      bl_measure m;
      bl_text more;

      bl_text_open(&more, &doc_arena);
      bl_text_format(&more, ",'percentile':'%s','method':'%s'",
                     rows[i].percent, linear ? "linear" : "nearest");
      bl_measure_open(&m, meter_of("percentile", more.text), &frame,
                      &doc_arena);
      for (size_t s = 0; s < BL_COUNT(samples); s++) add(&m, samples[s], 1, s);
      ck_assert_dec_eq(bl_measure_quantity(&m),
                       linear ? rows[i].linear : rows[i].nearest);
    }
}
END_TEST

START_TEST(levels_that_are_read_last_until_the_next) {
  bl_frame frame = day_frame(0);
  bl_sample s;
  bl_measure m;

  bl_measure_open(&m, meter_of("weighted_sum", ",'reading':'level',"
                               "'per':'hour'"), &frame, &doc_arena);
  s = sample_of("2", 20, 2);
  (void)bl_measure_add(&m, &s);
  s = sample_of("10", 6, 1);
  (void)bl_measure_add(&m, &s);
  ck_assert_dec_eq(bl_measure_level(&m), "148");
  s = sample_of("3", 20, 3);
  (void)bl_measure_add(&m, &s);
  ck_assert_dec_eq(bl_measure_level(&m), "152");
}
END_TEST

/* A call ends at 2 am as another begins; both count once, and what was going
 * on before counts from the beginning. */
START_TEST(a_peak_is_the_highest_level_of_the_period) {
  static const reading calls[] = {{"1", 1}, {"1", 1}, {"-1", 2}, {"1", 2},
                                  {"-1", 3}, {"-1", 4}};
  bl_frame frame = day_frame(0);
  bl_sample before = sample_of("1", -3, 90), after = sample_of("-1", 0, 91);
  bl_measure m;

  bl_measure_open(&m, meter_of("peak", ",'recurring':true"), &frame,
                  &doc_arena);
  for (size_t i = BL_COUNT(calls); i-- > 0;) {
    bl_sample s = sample_of(calls[i].quantity, calls[i].hour, i);

    (void)bl_measure_add(&m, &s);
  }
  ck_assert_dec_eq(bl_measure_level(&m), "2");
  (void)bl_measure_add(&m, &before);
  ck_assert_dec_eq(bl_measure_level(&m), "3");
  (void)bl_measure_add(&m, &after);
  ck_assert_dec_eq(bl_measure_level(&m), "2");
  after = sample_of("-9", 1, 92);
  (void)bl_measure_add(&m, &after);
  ck_assert_dec_eq(bl_measure_level(&m), "0");
}
END_TEST

/* There from 2 May 00:00 to 3 May 06:00 and from noon to 4 May 18:00.
 * Removed and added again on one day is no change, and the day of a removal
 * counts: Lago's way.  By time it does not. */
START_TEST(presence_is_counted_as_the_policy_says) {
  static const struct {
    const char *policy;
    const char *quantity;
  } rows[] = {
    {"lago_days_exact", "0.096774193548387097"},   /* 2, 3 and 4 May: 3 */
    {"days_half_open", "0.064516129032258065"},    /* 2 and 3 May: 2 */
    {"time", "0.080645161290322581"},              /* 30 and 30 hours: 2.5 */
  };

  for (size_t i = 0; i < BL_COUNT(rows); i++) {
    bl_frame frame = may();
    bl_measure m;
    bl_text more;
    bl_sample s;

    bl_text_open(&more, &doc_arena);
    bl_text_format(&more, ",'proration':'%s'", rows[i].policy);
    bl_measure_open(&m, meter_of("unique", more.text), &frame, &doc_arena);
    for (int64_t op = 0; op < 4; op++) {
      static const int64_t hours[] = {0, 30, 36, 66};

      s = value_at("ann", 0, op % 2 == 1, (uint64_t)op);
      s.time_us = frame.span.from_us + (24 + hours[op]) * BL_HOUR;
      ck_assert_int_eq(bl_measure_add(&m, &s), 0);
    }
    s = value_at("bob", 0, 1, 9);
    s.time_us = frame.span.from_us;
    (void)bl_measure_add(&m, &s);
    ck_assert_dec_eq(bl_measure_quantity(&m), rows[i].quantity);
    ck_assert_dec_eq(bl_measure_level(&m), "0");
  }
}
END_TEST

START_TEST(places_are_counted_from_the_beginning) {
  bl_frame f = may();

  ck_assert_int_eq(bl_frame_place(&f, 1, f.span.from_us - 5), 0);
  ck_assert_int_eq(bl_frame_place(&f, 1, f.span.to_us - 1), 30);
  ck_assert_int_eq(bl_frame_place(&f, 0, f.span.from_us + 7), 7);
  ck_assert_int_eq(bl_frame_end(&f, 1), 31);
  ck_assert_int_eq(bl_frame_end(&f, 0), 31 * BL_DAY);
  f.is_closed = 1;
  ck_assert_int_eq(bl_frame_end(&f, 1), 32);
  ck_assert_int_eq(bl_frame_whole(&f, 1), 31);
}
END_TEST

Suite *test_meter_level(void) {
  Suite *s = suite_create("meter_level");
  TCase *c = documents_case(s);

  tcase_add_test(c, a_quantity_counts_for_the_rest_of_its_period);
  tcase_add_test(c, the_order_of_things_is_kept);
  tcase_add_test(c, percentiles_are_samples_or_lie_between);
  tcase_add_test(c, levels_that_are_read_last_until_the_next);
  tcase_add_test(c, a_peak_is_the_highest_level_of_the_period);
  tcase_add_test(c, presence_is_counted_as_the_policy_says);
  tcase_add_test(c, places_are_counted_from_the_beginning);
  return s;
}
