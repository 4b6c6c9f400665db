/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <stdio.h>

#include "measures.h"

Suite *test_meter_panes(void);

/* 5 on the first day, 2 and 4 on the second, of three; by days.
 * "quantity cumulative change|.." */
static const char *panes_of(const char *aggregation, const char *more) {
  static char out[400];
  bl_frame frame = day_frame(0);
  bl_grid grid = {frame.zone, BL_WINDOW_DAY, 1};
  bl_sample samples[4] = {sample_of("10", -5, 1), sample_of("5", 3, 2),
                          sample_of("2", 30, 3), sample_of("4", 36, 4)};
  const bl_meter *meter = meter_of(aggregation, more);
  bl_panes panes;
  bl_pane pane;
  size_t len = 0;
  int rc;

  frame.span.to_us = 3 * BL_DAY;
  frame.whole_us   = 3 * BL_DAY;
  frame.whole_days = 3;
  bl_panes_open(&panes, meter, &frame, &grid, &doc_arena);
  panes.samples      = samples + !meter->recurring;
  panes.sample_count = 4 - !meter->recurring;
  while (!(rc = bl_panes_next(&panes, &pane))) {
    char a[BL_DEC_TEXT], b[BL_DEC_TEXT], c[BL_DEC_TEXT];

    (void)bl_dec_print(pane.quantity, a);
    (void)bl_dec_print(pane.cumulative, b);
    (void)bl_dec_print(pane.change, c);
    len += (size_t)snprintf(out + len, sizeof out - len, "%s%s %s %s",
                            len ? "|" : "", a, b, c);
  }
  ck_assert_int_eq(rc, BILLING_DONE);
  return out;
}

START_TEST(windows_are_measured_alone_and_from_the_beginning) {
  ck_assert_str_eq(panes_of("sum", ""), "5 5 5|6 11 6|0 11 0");
  ck_assert_str_eq(panes_of("max", ""), "5 5 5|4 5 0|0 5 0");
  ck_assert_str_eq(panes_of("latest", ""), "5 5 5|4 4 -1|0 4 0");
  ck_assert_str_eq(panes_of("average", ""),
                   "5 5 5|3 3.666666666666666667 -1.333333333333333333|"
                   "0 3.666666666666666667 0");
}
END_TEST

START_TEST(a_level_goes_on_from_window_to_window) {
  ck_assert_str_eq(panes_of("sum", ",'recurring':true"),
                   "15 15 15|21 21 6|21 21 0");
  ck_assert_str_eq(panes_of("latest", ",'recurring':true"),
                   "5 5 5|4 4 -1|4 4 0");
}
END_TEST

/* Each day: 10 * 24 + 5 * 21; 15 * 24 + 2 * 18 + 4 * 12; 21 * 24. */
START_TEST(weighted_windows_add_up_to_the_period) {
  ck_assert_str_eq(panes_of("weighted_sum", ",'recurring':true,"
                            "'per':'hour'"),
                   "345 345 345|444 789 444|504 1293 504");
}
END_TEST

/* 5 / 3; with 5 / 3 and 6 / 3 of the second day; and of the third. */
START_TEST(what_is_prorated_adds_up_to_the_period) {
  ck_assert_str_eq(panes_of("sum", ",'proration':'days_half_open'"),
                   "1.666666666666666667 1.666666666666666667 "
                   "1.666666666666666667|"
                   "3.666666666666666666 5.333333333333333333 "
                   "3.666666666666666666|"
                   "3.666666666666666667 9 3.666666666666666667");
}
END_TEST

START_TEST(no_unit_is_one_window_of_the_whole_period) {
  bl_frame frame = day_frame(0);
  bl_grid grid = {frame.zone, BL_WINDOW_NONE, 1};
  bl_panes panes;
  bl_pane pane;

  bl_panes_open(&panes, meter_of("count", ""), &frame, &grid, &doc_arena);
  ck_assert_int_eq(bl_panes_next(&panes, &pane), 0);
  ck_assert_int_eq(pane.span.from_us, 0);
  ck_assert_int_eq(pane.span.to_us, BL_DAY);
  ck_assert_int_eq(bl_panes_next(&panes, &pane), BILLING_DONE);
}
END_TEST

Suite *test_meter_panes(void) {
  Suite *s = suite_create("meter_panes");
  TCase *c = documents_case(s);

  tcase_add_test(c, windows_are_measured_alone_and_from_the_beginning);
  tcase_add_test(c, a_level_goes_on_from_window_to_window);
  tcase_add_test(c, weighted_windows_add_up_to_the_period);
  tcase_add_test(c, what_is_prorated_adds_up_to_the_period);
  tcase_add_test(c, no_unit_is_one_window_of_the_whole_period);
  return s;
}
