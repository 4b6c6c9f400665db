/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/time.h"
#include "unit.h"

static bl_date date(int32_t year, int32_t month, int32_t day) {
  bl_date d = {year, month, day};
  return d;
}

static void is_date(bl_date d, int32_t year, int32_t month, int32_t day) {
  ck_assert_int_eq(d.year, year);
  ck_assert_int_eq(d.month, month);
  ck_assert_int_eq(d.day, day);
}

static void reads(const char *text, int64_t us) {
  int64_t got = -1;
  ck_assert_msg(bl_time_parse(bl_str_of(text), &got), "%s refused", text);
  ck_assert_int_eq(got, us);
}

static void refuses(const char *text) {
  int64_t got = 12345;
  ck_assert_msg(!bl_time_parse(bl_str_of(text), &got), "%s taken", text);
  ck_assert_int_eq(got, 12345);
}

static void prints(int64_t us, const char *text) {
  char out[BL_TIME_TEXT];
  ck_assert_uint_eq(bl_time_print(us, out), strlen(text));
  ck_assert_str_eq(out, text);
}

START_TEST(the_worked_example_holds) {
  ck_assert_int_eq(bl_days_of_date(date(2026, 1, 31)), 20484);
  ck_assert_int_eq(bl_weekday(20484), 6);
  is_date(bl_date_add_months(date(2026, 1, 31), 1), 2026, 2, 28);
  is_date(bl_date_add_months(date(2026, 1, 31), 2), 2026, 3, 31);
  reads("2026-01-31T01:30:00.25+01:00", INT64_C(1769819400250000));
  prints(INT64_C(1769819400250000), "2026-01-31T00:30:00.250000Z");
}
END_TEST

START_TEST(known_dates_have_known_day_numbers) {
  ck_assert_int_eq(bl_days_of_date(date(1970, 1, 1)), 0);
  ck_assert_int_eq(bl_days_of_date(date(1969, 12, 31)), -1);
  ck_assert_int_eq(bl_days_of_date(date(2000, 2, 29)), 11016);
  ck_assert_int_eq(bl_days_of_date(date(2000, 3, 1)), 11017);
  ck_assert_int_eq(bl_days_of_date(date(2100, 3, 1)), 47541);
  ck_assert_int_eq(bl_days_of_date(date(1, 1, 1)), -719162);
  ck_assert_int_eq(bl_days_of_date(date(9999, 12, 31)), 2932896);
  ck_assert_int_eq(bl_days_of_date(date(0, 3, 1)), -719468);
}
END_TEST

/* Counts through the calendar with nothing but the lengths of months. */
START_TEST(every_day_of_nine_centuries_follows_the_one_before) {
  int64_t days = bl_days_of_date(date(1600, 1, 1));
  int weekday = 6;                      /* 1600-01-01 was a Saturday */
  for (int32_t year = 1600; year < 2500; year++) {
    for (int32_t month = 1; month <= 12; month++) {
      for (int32_t day = 1; day <= bl_days_in_month(year, month); day++) {
        ck_assert_int_eq(bl_days_of_date(date(year, month, day)), days);
        is_date(bl_date_of_days(days), year, month, day);
        ck_assert_int_eq(bl_weekday(days), weekday);
        days++;
        weekday = weekday % 7 + 1;
      }
    }
  }
}
END_TEST

START_TEST(centuries_are_leap_years_only_every_fourth_time) {
  ck_assert_int_eq(bl_days_in_month(2000, 2), 29);
  ck_assert_int_eq(bl_days_in_month(1900, 2), 28);
  ck_assert_int_eq(bl_days_in_month(2100, 2), 28);
  ck_assert_int_eq(bl_days_in_month(2024, 2), 29);
  ck_assert_int_eq(bl_days_in_month(2026, 2), 28);
  ck_assert_int_eq(bl_days_in_month(2026, 4), 30);
  ck_assert_int_eq(bl_days_in_month(2026, 12), 31);
}
END_TEST

START_TEST(dates_that_do_not_exist_are_not_valid) {
  ck_assert_int_eq(bl_date_is_valid(date(2024, 2, 29)), 1);
  ck_assert_int_eq(bl_date_is_valid(date(2026, 2, 29)), 0);
  ck_assert_int_eq(bl_date_is_valid(date(2026, 4, 31)), 0);
  ck_assert_int_eq(bl_date_is_valid(date(2026, 0, 1)), 0);
  ck_assert_int_eq(bl_date_is_valid(date(2026, 13, 1)), 0);
  ck_assert_int_eq(bl_date_is_valid(date(2026, 1, 0)), 0);
  ck_assert_int_eq(bl_date_is_valid(date(0, 1, 1)), 0);
  ck_assert_int_eq(bl_date_is_valid(date(10000, 1, 1)), 0);
  ck_assert_int_eq(bl_date_is_valid(date(1, 1, 1)), 1);
  ck_assert_int_eq(bl_date_is_valid(date(9999, 12, 31)), 1);
}
END_TEST

START_TEST(months_clamp_to_the_end_and_come_back) {
  bl_date anchor = date(2024, 1, 31);
  is_date(bl_date_add_months(anchor, 0), 2024, 1, 31);
  is_date(bl_date_add_months(anchor, 1), 2024, 2, 29);
  is_date(bl_date_add_months(anchor, 3), 2024, 4, 30);
  is_date(bl_date_add_months(anchor, 12), 2025, 1, 31);
  is_date(bl_date_add_months(anchor, 13), 2025, 2, 28);
  is_date(bl_date_add_months(anchor, -2), 2023, 11, 30);
  is_date(bl_date_add_months(anchor, -1), 2023, 12, 31);
  is_date(bl_date_add_months(date(2024, 2, 29), 12), 2025, 2, 28);
  is_date(bl_date_add_months(date(2024, 2, 29), 48), 2028, 2, 29);
  is_date(bl_date_add_months(date(1, 1, 15), -1), 0, 12, 15);
}
END_TEST

START_TEST(months_without_end_stop_far_away) {
  bl_date last = bl_date_add_months(date(2026, 5, 5), INT64_MAX);
  bl_date first = bl_date_add_months(date(2026, 5, 5), INT64_MIN);
  bl_civil c = {last, BL_DAY - 1};
  is_date(last, 200000, 12, 31);
  is_date(first, -200000, 1, 1);
  is_date(bl_date_add_months(first, INT64_MIN), -200000, 1, 1);
  is_date(bl_date_add_months(date(200000, 5, 31), 1), 200000, 6, 30);
  ck_assert_int_gt(bl_us_of_civil(c), BL_TIME_MAX);
  ck_assert_int_lt(bl_us_of_civil(c), BL_TIME_NEVER);
}
END_TEST

START_TEST(the_last_microsecond_before_1970_is_in_1969) {
  bl_civil c = bl_civil_of_us(-1);
  is_date(c.date, 1969, 12, 31);
  ck_assert_int_eq(c.clock_us, INT64_C(86399999999));
  ck_assert_int_eq(bl_us_of_civil(c), -1);
}
END_TEST

START_TEST(wall_clocks_come_back_from_the_ends_of_time) {
  static const int64_t moments[] = {
    INT64_MIN, INT64_MIN + 1, BL_TIME_MIN - 1, BL_TIME_MIN, -86400000001,
    -86400000000, -1, 0, 1, 86399999999, 86400000000, BL_TIME_MAX,
    INT64_MAX - 1, INT64_MAX};
  for (size_t i = 0; i < BL_COUNT(moments); i++)
    ck_assert_int_eq(bl_us_of_civil(bl_civil_of_us(moments[i])), moments[i]);
}
END_TEST

START_TEST(wall_clocks_out_of_reach_saturate) {
  bl_civil late = {{300000, 1, 1}, 0}, early = {{-300000, 1, 1}, 0};
  bl_civil last = bl_civil_of_us(INT64_MAX);
  bl_civil first = bl_civil_of_us(INT64_MIN);
  last.clock_us++;
  first.clock_us--;
  ck_assert_int_eq(bl_us_of_civil(late), INT64_MAX);
  ck_assert_int_eq(bl_us_of_civil(early), INT64_MIN);
  ck_assert_int_eq(bl_us_of_civil(last), INT64_MAX);
  ck_assert_int_eq(bl_us_of_civil(first), INT64_MIN);
}
END_TEST

START_TEST(documents_reach_from_year_1_to_year_9999) {
  reads("0001-01-01T00:00:00Z", BL_TIME_MIN);
  reads("9999-12-31T23:59:59.999999Z", BL_TIME_MAX);
  refuses("0001-01-01T00:00:00+00:01");
  refuses("9999-12-31T23:59:59-00:01");
  refuses("0000-12-31T23:59:59Z");
  refuses("0000-12-31T23:59:59-01:00");
}
END_TEST

START_TEST(instants_are_read_in_every_spelling) {
  const int64_t us = INT64_C(1767225600000000);     /* 2026-01-01 */
  reads("2026-01-01", us);
  reads("2026-01-01T00:00:00Z", us);
  reads("2026-01-01t00:00:00z", us);
  reads("2026-01-01 00:00:00Z", us);
  reads("2026-01-01T00:00:00", us);
  reads("2026-01-01T00:00:00+00:00", us);
  reads("2026-01-01T00:00:00-00:00", us);
  reads("2026-01-01T05:45:00+05:45", us);
  reads("2025-12-31T14:30:00-09:30", us);
  reads("2026-01-01T23:59:00+23:59", us);
  reads("1970-01-01T00:00:00.000001Z", 1);
  reads("1969-12-31T23:59:59.999999Z", -1);
  reads("1985-04-12T23:20:50.52Z", INT64_C(482196050520000));
  reads("1937-01-01T12:00:27.87+00:20", INT64_C(-1041337172130000));
}
END_TEST

START_TEST(fractions_are_exact_or_refused) {
  reads("1970-01-01T00:00:00.1Z", 100000);
  reads("1970-01-01T00:00:00.123456Z", 123456);
  reads("1970-01-01T00:00:00.1234560Z", 123456);
  reads("1970-01-01T00:00:00.123456000Z", 123456);
  reads("1970-01-01T00:00:00.123456000", 123456);
  refuses("1970-01-01T00:00:00.1234567Z");
  refuses("1970-01-01T00:00:00.123456001Z");
  refuses("1970-01-01T00:00:00.1234560000Z");
  refuses("1970-01-01T00:00:00.Z");
  refuses("1970-01-01T00:00:00,5Z");
}
END_TEST

START_TEST(what_is_not_rfc_3339_is_refused) {
  static const char *const texts[] = {
    "", "2026", "2026-01", "2026-1-1", "20260101", "2026-01-01T",
    "2026-01-01 ", " 2026-01-01", "2026-01-01Z", "2026-01-01T00",
    "2026-01-01T00:00", "2026-01-01T00:00Z", "2026-01-01T0:00:00Z",
    "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z", "2026-01-01T00:00:60Z",
    "2016-12-31T23:59:60Z", "2026-02-29T00:00:00Z", "2026-04-31",
    "2026-13-01", "2026-00-01", "2026-01-00", "2026-01-32",
    "2026-01-01T00:00:00+24:00", "2026-01-01T00:00:00+00:60",
    "2026-01-01T00:00:00+0100", "2026-01-01T00:00:00+01",
    "2026-01-01T00:00:00Z ", "2026-01-01T00:00:00ZZ",
    "2026-01-01T00:00:00 Z", "2026-01-01T00:00:00+1:00",
    "2026-01-01x00:00:00Z", "2026/01/01", "+2026-01-01", "-001-01-01",
    "12026-01-01", "2026-01-01T00:00:00Europe/Berlin", "now"};
  for (size_t i = 0; i < BL_COUNT(texts); i++) refuses(texts[i]);
}
END_TEST

START_TEST(text_is_read_by_its_length_only) {
  int64_t us = 0;
  bl_str prefix = {"2026-01-01T00:00:00.5Z", 10};
  bl_str with_nul = {"2026-01-01\0", 11};
  ck_assert_int_eq(bl_time_parse(prefix, &us), 1);
  ck_assert_int_eq(us, INT64_C(1767225600000000));
  ck_assert_int_eq(bl_time_parse(with_nul, &us), 0);
  ck_assert_int_eq(bl_time_parse((bl_str){NULL, 0}, &us), 0);
}
END_TEST

START_TEST(printing_shows_a_fraction_only_if_there_is_one) {
  prints(0, "1970-01-01T00:00:00Z");
  prints(1, "1970-01-01T00:00:00.000001Z");
  prints(-1, "1969-12-31T23:59:59.999999Z");
  prints(500000, "1970-01-01T00:00:00.500000Z");
  prints(BL_TIME_MIN, "0001-01-01T00:00:00Z");
  prints(BL_TIME_MAX, "9999-12-31T23:59:59.999999Z");
}
END_TEST

START_TEST(printing_takes_every_value) {
  prints(BL_TIME_MAX + 1, "10000-01-01T00:00:00Z");
  prints(BL_TIME_MIN - 1, "0000-12-31T23:59:59.999999Z");
  prints(INT64_MAX, "294247-01-10T04:00:54.775807Z");
  prints(INT64_MIN, "-290308-12-21T19:59:05.224192Z");
}
END_TEST

START_TEST(what_was_printed_reads_back) {
  uint64_t seed = 1;
  for (int i = 0; i < 20000; i++) {
    char out[BL_TIME_TEXT];
    int64_t us;
    seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
    us = BL_TIME_MIN + (int64_t)((seed >> 1) %
                                 (uint64_t)(BL_TIME_MAX - BL_TIME_MIN));
    bl_time_print(us, out);
    reads(out, us);
  }
}
END_TEST

Suite *test_base_time(void);

Suite *test_base_time(void) {
  Suite *suite = suite_create("base/time");
  TCase *calendar = tcase_create("calendar");
  TCase *text = tcase_create("text");
  tcase_add_test(calendar, the_worked_example_holds);
  tcase_add_test(calendar, known_dates_have_known_day_numbers);
  tcase_add_test(calendar,
                 every_day_of_nine_centuries_follows_the_one_before);
  tcase_add_test(calendar, centuries_are_leap_years_only_every_fourth_time);
  tcase_add_test(calendar, dates_that_do_not_exist_are_not_valid);
  tcase_add_test(calendar, months_clamp_to_the_end_and_come_back);
  tcase_add_test(calendar, months_without_end_stop_far_away);
  tcase_add_test(calendar, the_last_microsecond_before_1970_is_in_1969);
  tcase_add_test(calendar, wall_clocks_come_back_from_the_ends_of_time);
  tcase_add_test(calendar, wall_clocks_out_of_reach_saturate);
  tcase_add_test(text, documents_reach_from_year_1_to_year_9999);
  tcase_add_test(text, instants_are_read_in_every_spelling);
  tcase_add_test(text, fractions_are_exact_or_refused);
  tcase_add_test(text, what_is_not_rfc_3339_is_refused);
  tcase_add_test(text, text_is_read_by_its_length_only);
  tcase_add_test(text, printing_shows_a_fraction_only_if_there_is_one);
  tcase_add_test(text, printing_takes_every_value);
  tcase_add_test(text, what_was_printed_reads_back);
  suite_add_tcase(suite, calendar);
  suite_add_tcase(suite, text);
  return suite;
}
