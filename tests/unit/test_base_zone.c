/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/zone.h"
#include "unit.h"

static bl_arena arena;
static billing_error error;

static void open_arena(void) {
  bl_arena_open(&arena, NULL);
  memset(&error, 0, sizeof error);
  error.struct_size = sizeof error;
}

static void close_arena(void) { bl_arena_close(&arena); }

static int64_t us_of(const char *text) {
  int64_t us = 0;
  ck_assert_msg(bl_time_parse(bl_str_of(text), &us), "%s", text);
  return us;
}

static bl_zone *load(const char *name) {
  bl_zone *zone = NULL;
  int rc = bl_zone_load(&arena, NULL, bl_str_of(name), &zone, NULL);
  ck_assert_msg(rc == 0 && zone, "%s is not installed", name);
  return zone;
}

/* At this instant the clock shows this (a wall clock has no Z). */
static void shows(const bl_zone *zone, const char *utc, const char *wall) {
  char got[BL_TIME_TEXT];
  size_t len = bl_time_print(bl_zone_to_local(zone, us_of(utc)), got);
  got[len - 1] = '\0';
  ck_assert_str_eq(got, wall);
}

/* This wall clock is that instant. */
static void means(const bl_zone *zone, const char *wall, const char *utc) {
  char got[BL_TIME_TEXT];
  bl_time_print(bl_zone_to_utc(zone, us_of(wall)), got);
  ck_assert_str_eq(got, utc);
}

/* ---- Known zones ------------------------------------------------------- */

START_TEST(the_worked_example_holds) {
  bl_zone *z = load("Europe/Berlin");
  shows(z, "2100-03-28T00:59:59Z", "2100-03-28T01:59:59");
  shows(z, "2100-03-28T01:00:00Z", "2100-03-28T03:00:00");
  shows(z, "2100-10-31T00:59:59Z", "2100-10-31T02:59:59");
  shows(z, "2100-10-31T01:00:00Z", "2100-10-31T02:00:00");
  means(z, "2100-03-28T02:30:00", "2100-03-28T01:30:00Z");
  means(z, "2026-03-29T02:30:00", "2026-03-29T01:30:00Z");
  means(z, "2026-10-25T02:30:00", "2026-10-25T00:30:00Z");
}
END_TEST

START_TEST(berlin_changes_at_one_in_the_night_of_greenwich) {
  bl_zone *z = load("Europe/Berlin");
  ck_assert_int_eq(bl_zone_offset(z, us_of("2026-01-15")), 3600);
  ck_assert_int_eq(bl_zone_offset(z, us_of("2026-07-15")), 7200);
  shows(z, "2026-03-29T00:59:59.999999Z", "2026-03-29T01:59:59.999999");
  shows(z, "2026-03-29T01:00:00Z", "2026-03-29T03:00:00");
  shows(z, "2026-10-25T00:59:59Z", "2026-10-25T02:59:59");
  shows(z, "2026-10-25T01:00:00Z", "2026-10-25T02:00:00");
  means(z, "2026-03-29T01:59:59.999999", "2026-03-29T00:59:59.999999Z");
  means(z, "2026-03-29T02:00:00", "2026-03-29T01:00:00Z");
  means(z, "2026-03-29T02:59:59", "2026-03-29T01:59:59Z");
  means(z, "2026-03-29T03:00:00", "2026-03-29T01:00:00Z");
  means(z, "2026-10-25T02:00:00", "2026-10-25T00:00:00Z");
  means(z, "2026-10-25T02:59:59", "2026-10-25T00:59:59Z");
  means(z, "2026-10-25T03:00:00", "2026-10-25T02:00:00Z");
  shows(z, "1890-01-01T00:00:00Z", "1890-01-01T00:53:28");
}
END_TEST

START_TEST(new_york_follows_its_law_of_2007) {
  bl_zone *z = load("America/New_York");
  shows(z, "2026-03-08T06:59:59Z", "2026-03-08T01:59:59");
  shows(z, "2026-03-08T07:00:00Z", "2026-03-08T03:00:00");
  shows(z, "2026-11-01T05:59:59Z", "2026-11-01T01:59:59");
  shows(z, "2026-11-01T06:00:00Z", "2026-11-01T01:00:00");
  means(z, "2026-03-08T02:15:00", "2026-03-08T07:15:00Z");
  means(z, "2026-11-01T01:30:00", "2026-11-01T05:30:00Z");
  shows(z, "2006-03-20T12:00:00Z", "2006-03-20T07:00:00");
  shows(z, "2100-03-14T06:59:59Z", "2100-03-14T01:59:59");
  shows(z, "2100-03-14T07:00:00Z", "2100-03-14T03:00:00");
  shows(z, "2100-11-07T05:59:59Z", "2100-11-07T01:59:59");
  shows(z, "2100-11-07T06:00:00Z", "2100-11-07T01:00:00");
}
END_TEST

START_TEST(kathmandu_is_five_hours_45_ahead) {
  bl_zone *z = load("Asia/Kathmandu");
  ck_assert_int_eq(bl_zone_offset(z, us_of("2026-01-01")), 20700);
  ck_assert_int_eq(bl_zone_offset(z, us_of("1985-12-31")), 19800);
  means(z, "2026-02-01", "2026-01-31T18:15:00Z");
}
END_TEST

START_TEST(apia_had_no_30_december_2011) {
  bl_zone *z = load("Pacific/Apia");
  shows(z, "2011-12-30T09:59:59Z", "2011-12-29T23:59:59");
  shows(z, "2011-12-30T10:00:00Z", "2011-12-31T00:00:00");
  means(z, "2011-12-29T23:59:59", "2011-12-30T09:59:59Z");
  means(z, "2011-12-30T00:00:00", "2011-12-30T10:00:00Z");
  means(z, "2011-12-30T12:00:00", "2011-12-30T22:00:00Z");
  means(z, "2011-12-31T00:00:00", "2011-12-30T10:00:00Z");
}
END_TEST

START_TEST(casablanca_turns_back_for_ramadan) {
  bl_zone *z = load("Africa/Casablanca");
  shows(z, "2025-02-23T01:59:59Z", "2025-02-23T02:59:59");
  shows(z, "2025-02-23T02:00:00Z", "2025-02-23T02:00:00");
  shows(z, "2025-04-06T01:59:59Z", "2025-04-06T01:59:59");
  shows(z, "2025-04-06T02:00:00Z", "2025-04-06T03:00:00");
  means(z, "2025-02-23T02:30:00", "2025-02-23T01:30:00Z");
  means(z, "2025-04-06T02:30:00", "2025-04-06T02:30:00Z");
}
END_TEST

START_TEST(nuuk_changes_on_the_evening_before) {
  bl_zone *z = load("America/Nuuk");
  shows(z, "2022-12-01T12:00:00Z", "2022-12-01T09:00:00");
  shows(z, "2023-12-01T12:00:00Z", "2023-12-01T10:00:00");
  shows(z, "2026-03-29T00:59:59Z", "2026-03-28T22:59:59");
  shows(z, "2026-03-29T01:00:00Z", "2026-03-29T00:00:00");
  shows(z, "2026-10-25T00:59:59Z", "2026-10-24T23:59:59");
  shows(z, "2026-10-25T01:00:00Z", "2026-10-24T23:00:00");
  means(z, "2026-03-28T23:30:00", "2026-03-29T01:30:00Z");
  shows(z, "2100-03-28T00:59:59Z", "2100-03-27T22:59:59");
  shows(z, "2100-03-28T01:00:00Z", "2100-03-28T00:00:00");
}
END_TEST

START_TEST(lord_howe_moves_by_half_an_hour) {
  bl_zone *z = load("Australia/Lord_Howe");
  shows(z, "2026-04-04T14:59:59Z", "2026-04-05T01:59:59");
  shows(z, "2026-04-04T15:00:00Z", "2026-04-05T01:30:00");
  shows(z, "2026-10-03T15:29:59Z", "2026-10-04T01:59:59");
  shows(z, "2026-10-03T15:30:00Z", "2026-10-04T02:30:00");
  means(z, "2026-04-05T01:45:00", "2026-04-04T14:45:00Z");
  means(z, "2026-10-04T02:15:00", "2026-10-03T15:45:00Z");
  means(z, "2026-10-04T02:30:00", "2026-10-03T15:30:00Z");
}
END_TEST

START_TEST(dublin_calls_its_winter_daylight_saving) {
  bl_zone *z = load("Europe/Dublin");
  ck_assert_int_eq(bl_zone_offset(z, us_of("2026-01-15")), 0);
  ck_assert_int_eq(bl_zone_offset(z, us_of("2026-07-15")), 3600);
  shows(z, "2026-03-29T01:00:00Z", "2026-03-29T02:00:00");
  shows(z, "2026-10-25T00:59:59Z", "2026-10-25T01:59:59");
  shows(z, "2026-10-25T01:00:00Z", "2026-10-25T01:00:00");
  ck_assert_int_eq(bl_zone_offset(z, us_of("2100-01-15")), 0);
  ck_assert_int_eq(bl_zone_offset(z, us_of("2100-07-15")), 3600);
  means(z, "2100-10-31T01:30:00", "2100-10-31T00:30:00Z");
}
END_TEST

START_TEST(utc_needs_no_file) {
  bl_zone *z = NULL;
  ck_assert_int_eq(
    bl_zone_load(&arena, "/nowhere", bl_str_of("UTC"), &z, &error), 0);
  ck_assert_uint_eq(bl_zone_transitions(z), 0);
  ck_assert_int_eq(bl_zone_offset(z, us_of("2026-07-01")), 0);
  ck_assert_int_eq(bl_zone_to_utc(z, us_of("2026-07-01") + 1),
                   us_of("2026-07-01") + 1);
  ck_assert(bl_str_is(bl_zone_name(z), "UTC"));
  ck_assert_int_eq(error.code, 0);
}
END_TEST

START_TEST(ends_of_time_stay_where_they_are) {
  static const char *const names[] = {"Europe/Berlin", "America/New_York"};
  for (size_t i = 0; i < BL_COUNT(names); i++) {
    bl_zone *z = load(names[i]);
    ck_assert_int_eq(bl_zone_to_local(z, INT64_MAX), INT64_MAX);
    ck_assert_int_eq(bl_zone_to_local(z, INT64_MIN), INT64_MIN);
    ck_assert_int_eq(bl_zone_to_utc(z, INT64_MAX), INT64_MAX);
    ck_assert_int_eq(bl_zone_to_utc(z, INT64_MIN), INT64_MIN);
    ck_assert_int_gt(bl_zone_to_local(z, INT64_MAX - 1), INT64_MAX - BL_DAY);
    ck_assert_int_lt(bl_zone_to_utc(z, INT64_MIN + 1), INT64_MIN + BL_DAY);
  }
}
END_TEST

/* A clock that is shown comes back, and never later than the instant that
 * showed it. */
START_TEST(every_shown_clock_means_an_instant_that_shows_it) {
  static const char *const names[] = {
    "Europe/Berlin", "Pacific/Apia", "Africa/Casablanca", "Europe/Dublin",
    "Australia/Lord_Howe", "America/Nuuk", "Asia/Kathmandu"};
  for (size_t n = 0; n < BL_COUNT(names); n++) {
    bl_zone *z = load(names[n]);
    for (size_t i = 0; i < bl_zone_transitions(z); i++) {
      int64_t second = bl_zone_transition(z, i);
      if (second < -9000000000) continue;
      for (int64_t by = -7200; by <= 7200; by += 300) {
        int64_t us = (second + by) * BL_SECOND;
        int64_t wall = bl_zone_to_local(z, us);
        int64_t back = bl_zone_to_utc(z, wall);
        ck_assert_int_le(back, us);
        ck_assert_int_eq(bl_zone_to_local(z, back), wall);
      }
    }
  }
}
END_TEST

/* ---- Names and files --------------------------------------------------- */

START_TEST(names_that_are_no_zone_names_are_refused) {
  static const char *const names[] = {
    "", "../etc/passwd", "/etc/passwd", "Europe/../../etc/passwd",
    "Europe//Berlin", "Europe/", "/", "Europe/Berlin.", "zone.tab",
    "Europe Berlin", "Europe\\Berlin", "Europe/Berl\xc3\xadn", "~root",
    "localtime", "Europe/Berlin\n", "$(id)", "%s",
    "A2345678901234567890123456789012345678901234567890123456789012345"};
  for (size_t i = 0; i < BL_COUNT(names); i++) {
    bl_zone *z = NULL;
    error.code = 0;
    ck_assert_msg(bl_zone_load(&arena, NULL, bl_str_of(names[i]), &z,
                               &error) == BILLING_INVALID, "%s", names[i]);
    ck_assert_int_eq(error.code, BILLING_INVALID);
    ck_assert_ptr_null(z);
  }
}
END_TEST

START_TEST(a_name_with_a_nul_is_refused) {
  bl_zone *z = NULL;
  ck_assert_int_eq(bl_zone_load(&arena, NULL, BL_STR("Europe/Berlin\0x"), &z,
                                NULL), BILLING_INVALID);
  ck_assert_ptr_null(z);
}
END_TEST

START_TEST(zones_that_are_not_there_are_not_found) {
  static const char *const names[] = {
    "Europe/Atlantis", "Europe", "Europe/Berlin/Mitte", "Nowhere/At/All",
    "A234567890123456789012345678901234567890123456789012345678901234"};
  for (size_t i = 0; i < BL_COUNT(names); i++) {
    bl_zone *z = NULL;
    ck_assert_msg(bl_zone_load(&arena, NULL, bl_str_of(names[i]), &z,
                               &error) == BILLING_NOTFOUND, "%s", names[i]);
    ck_assert_ptr_null(z);
  }
  ck_assert_ptr_nonnull(strstr(error.message, "Europe/Atlantis"));
}
END_TEST

START_TEST(the_folder_can_be_another_one) {
  bl_zone *z = NULL;
  int rc = bl_zone_load(&arena, "/usr/share/zoneinfo/Europe",
                        bl_str_of("Berlin"), &z, NULL);
  ck_assert_int_eq(rc, 0);
  ck_assert(bl_str_is(bl_zone_name(z), "Berlin"));
  ck_assert_uint_eq(bl_zone_print_of(z),
                    bl_zone_print_of(load("Europe/Berlin")));
  z = NULL;
  rc = bl_zone_load(&arena, "", bl_str_of("Europe/Berlin"), &z, NULL);
  ck_assert_int_eq(rc, 0);
  rc = bl_zone_load(&arena, "/nowhere", bl_str_of("Europe/Berlin"), &z, NULL);
  ck_assert_int_eq(rc, BILLING_NOTFOUND);
}
END_TEST

START_TEST(files_that_are_no_zones_are_malformed) {
  bl_zone *z = NULL;
  ck_assert_int_eq(bl_zone_load(&arena, "/etc", bl_str_of("passwd"), &z,
                                NULL), BILLING_INVALID);
  ck_assert_int_eq(bl_zone_load(&arena, "/dev", bl_str_of("null"), &z,
                                NULL), BILLING_INVALID);
  ck_assert_int_eq(bl_zone_load(&arena, "/dev", bl_str_of("zero"), &z,
                                NULL), BILLING_INVALID);
  ck_assert_ptr_null(z);
}
END_TEST

/* ---- Files made by hand ------------------------------------------------ */

typedef struct tzif {
  unsigned char bytes[1024];
  size_t        len;
} tzif;

static void put(tzif *f, const void *bytes, size_t len) {
  ck_assert_uint_le(f->len + len, sizeof f->bytes);
  memcpy(f->bytes + f->len, bytes, len);
  f->len += len;
}

static void put_number(tzif *f, int64_t v, size_t size) {
  for (size_t i = size; i > 0; i--) {
    unsigned char byte = (unsigned char)((uint64_t)v >> 8 * (i - 1));
    put(f, &byte, 1);
  }
}

static void put_header(tzif *f, char version, int64_t leap, int64_t times,
                       int64_t types) {
  static const char zeros[15] = {0};
  put(f, "TZif", 4);
  put(f, &version, 1);
  put(f, zeros, 15);
  put_number(f, 0, 4);
  put_number(f, 0, 4);
  put_number(f, leap, 4);
  put_number(f, times, 4);
  put_number(f, types, 4);
  put_number(f, 4, 4);
}

/* The change at at[i] leads to the offset[i + 1]; every type is used once. */
static void put_block(tzif *f, char version, size_t size, size_t times,
                      const int64_t *at, const int32_t *offset) {
  put_header(f, version, 0, (int64_t)times, (int64_t)times + 1);
  for (size_t i = 0; i < times; i++) put_number(f, at[i], size);
  for (size_t i = 0; i < times; i++) put_number(f, (int64_t)i + 1, 1);
  for (size_t i = 0; i <= times; i++) {
    put_number(f, offset[i], 4);
    put_number(f, 0, 2);
  }
  put(f, "ABC", 4);
}

/* A first block that is to be ignored, the second, and a footer. */
static tzif file_of(size_t times, const int64_t *at, const int32_t *offset,
                    const char *footer) {
  static const int32_t wrong = 12345;
  tzif f = {{0}, 0};
  put_block(&f, '2', 4, 0, NULL, &wrong);
  put_block(&f, '2', 8, times, at, offset);
  put(&f, "\n", 1);
  put(&f, footer, strlen(footer));
  put(&f, "\n", 1);
  return f;
}

static tzif file_of_footer(const char *footer) {
  static const int32_t zero = 0;
  return file_of(0, NULL, &zero, footer);
}

/* From a copy of just this size, so that the sanitizer sees one byte more. */
static int read_bytes(const void *bytes, size_t len, bl_zone **out) {
  void *copy = malloc(len ? len : 1);
  int rc;
  if (len) memcpy(copy, bytes, len);
  rc = bl_zone_read(&arena, BL_STR("Made/Up"), copy, len, out, NULL);
  free(copy);
  return rc;
}

static bl_zone *zone_of(const tzif *f) {
  bl_zone *z = NULL;
  ck_assert_int_eq(read_bytes(f->bytes, f->len, &z), 0);
  return z;
}

static bl_zone *zone_of_footer(const char *footer) {
  tzif f = file_of_footer(footer);
  return zone_of(&f);
}

START_TEST(version_1_has_32_bits_and_no_footer) {
  static const int64_t at[] = {-1000, 1000};
  static const int32_t offset[] = {0, 3600, -7200};
  tzif f = {{0}, 0};
  bl_zone *z;
  put_block(&f, 0, 4, 2, at, offset);
  z = zone_of(&f);
  ck_assert_uint_eq(bl_zone_transitions(z), 2);
  ck_assert_int_eq(bl_zone_transition(z, 0), -1000);
  ck_assert_int_eq(bl_zone_transition(z, 1), 1000);
  ck_assert_int_eq(bl_zone_offset(z, -1001 * BL_SECOND), 0);
  ck_assert_int_eq(bl_zone_offset(z, -1000 * BL_SECOND - 1), 0);
  ck_assert_int_eq(bl_zone_offset(z, -1000 * BL_SECOND), 3600);
  ck_assert_int_eq(bl_zone_offset(z, 1000 * BL_SECOND - 1), 3600);
  ck_assert_int_eq(bl_zone_offset(z, 1000 * BL_SECOND), -7200);
  ck_assert_int_eq(bl_zone_offset(z, BL_TIME_MAX), -7200);
}
END_TEST

START_TEST(later_versions_are_read_like_the_highest_known) {
  tzif f = file_of_footer("AAA-1");
  bl_zone *z = NULL;
  for (char version = '2'; version <= '9'; version++) {
    f.bytes[4] = (unsigned char)version;
    f.bytes[44 + 10 + 4] = (unsigned char)version;
    ck_assert_int_eq(bl_zone_offset(zone_of(&f), 0), 3600);
  }
  f.bytes[4] = f.bytes[44 + 10 + 4] = '9' + 1;
  ck_assert_int_eq(read_bytes(f.bytes, f.len, &z), BILLING_INVALID);
}
END_TEST

START_TEST(an_empty_footer_goes_on_with_the_last_offset) {
  static const int64_t at[] = {0};
  static const int32_t offset[] = {0, 1800};
  tzif f = file_of(1, at, offset, "");
  bl_zone *z = zone_of(&f);
  ck_assert_int_eq(bl_zone_offset(z, -1), 0);
  ck_assert_int_eq(bl_zone_offset(z, BL_TIME_MAX), 1800);
}
END_TEST

START_TEST(the_footer_rules_from_the_last_transition_on) {
  static const int64_t at[] = {1577836800};         /* 2020-01-01 */
  static const int32_t offset[] = {-3600, 3600};
  tzif f = file_of(1, at, offset, "CET-1CEST,M3.5.0,M10.5.0/3");
  bl_zone *z = zone_of(&f);
  ck_assert_int_eq(bl_zone_offset(z, us_of("2019-07-01")), -3600);
  ck_assert_int_eq(bl_zone_offset(z, us_of("2020-01-01")), 3600);
  ck_assert_int_eq(bl_zone_offset(z, us_of("2020-07-01")), 7200);
}
END_TEST

/* Ojinaga in 2022: no more daylight saving from 30 October on, and the rule
 * of the United States from 30 November on.  Some files leave that out. */
START_TEST(the_last_transition_stands_until_the_rule_changes) {
  static const int64_t at[] = {1647162000, 1667116800};
  static const int32_t offset[] = {-25200, -21600, -21600};
  tzif f = file_of(2, at, offset, "CST6CDT,M3.2.0,M11.1.0");
  bl_zone *z = zone_of(&f);
  shows(z, "2022-10-30T08:00:00Z", "2022-10-30T02:00:00");
  shows(z, "2022-11-03T12:00:00Z", "2022-11-03T06:00:00");
  shows(z, "2022-12-01T12:00:00Z", "2022-12-01T06:00:00");
  shows(z, "2023-07-01T12:00:00Z", "2023-07-01T07:00:00");
  f = file_of(2, at, offset, "AAA-3");
  shows(zone_of(&f), "2022-11-03T12:00:00Z", "2022-11-03T15:00:00");
}
END_TEST

START_TEST(a_file_without_transitions_lives_by_its_footer) {
  bl_zone *z = zone_of_footer("EST5EDT,M3.2.0,M11.1.0");
  shows(z, "1800-07-01T00:00:00Z", "1800-06-30T20:00:00");
  shows(z, "2026-03-08T07:00:00Z", "2026-03-08T03:00:00");
  shows(z, "9999-07-01T00:00:00Z", "9999-06-30T20:00:00");
}
END_TEST

START_TEST(southern_summers_cross_the_new_year) {
  bl_zone *z = zone_of_footer("NZST-12NZDT,M9.5.0,M4.1.0/3");
  shows(z, "2026-01-01T00:00:00Z", "2026-01-01T13:00:00");
  shows(z, "2026-04-04T14:00:00Z", "2026-04-05T02:00:00");
  shows(z, "2026-09-26T14:00:00Z", "2026-09-27T03:00:00");
  shows(z, "2026-12-31T23:00:00Z", "2027-01-01T12:00:00");
}
END_TEST

START_TEST(days_of_the_year_count_29_february_or_not) {
  bl_zone *z = zone_of_footer("AAA0BBB,J60/0,300/0");
  shows(z, "2024-02-29T23:59:59Z", "2024-02-29T23:59:59");
  shows(z, "2024-03-01T00:00:00Z", "2024-03-01T01:00:00");
  shows(z, "2023-03-01T00:00:00Z", "2023-03-01T01:00:00");
  z = zone_of_footer("AAA0BBB,59/0,J300/0");
  shows(z, "2024-02-28T23:59:59Z", "2024-02-28T23:59:59");
  shows(z, "2024-02-29T00:00:00Z", "2024-02-29T01:00:00");
  shows(z, "2023-02-28T23:59:59Z", "2023-02-28T23:59:59");
  shows(z, "2023-03-01T00:00:00Z", "2023-03-01T01:00:00");
  z = zone_of_footer("AAA0BBB,J59/0,J300/0");
  shows(z, "2024-02-28T00:00:00Z", "2024-02-28T01:00:00");
}
END_TEST

START_TEST(weeks_count_from_the_first_and_five_is_the_last) {
  bl_zone *z = zone_of_footer("AAA0BBB,M2.4.0/0,M8.5.6/0");
  shows(z, "2026-02-21T23:59:59Z", "2026-02-21T23:59:59");
  shows(z, "2026-02-22T00:00:00Z", "2026-02-22T01:00:00");
  shows(z, "2026-08-28T22:59:59Z", "2026-08-28T23:59:59");
  shows(z, "2026-08-28T23:00:00Z", "2026-08-28T23:00:00");
  z = zone_of_footer("AAA0BBB,M2.5.0/0,M8.1.6/0");
  shows(z, "2026-02-22T00:00:00Z", "2026-02-22T01:00:00");
  shows(z, "2032-02-28T23:59:59Z", "2032-02-28T23:59:59");
  shows(z, "2032-02-29T00:00:00Z", "2032-02-29T01:00:00");
}
END_TEST

START_TEST(rule_hours_reach_a_week_to_both_sides) {
  bl_zone *z = zone_of_footer("AAA0BBB,M3.5.0/-167,M10.5.0/167");
  shows(z, "2026-03-22T00:59:59Z", "2026-03-22T00:59:59");
  shows(z, "2026-03-22T01:00:00Z", "2026-03-22T02:00:00");
  shows(z, "2026-10-31T21:59:59Z", "2026-10-31T22:59:59");
  shows(z, "2026-10-31T22:00:00Z", "2026-10-31T22:00:00");
  z = zone_of_footer("AAA0BBB,0/-167,J300/0:30:15");
  shows(z, "2025-12-25T00:59:59Z", "2025-12-25T00:59:59");
  shows(z, "2025-12-25T01:00:00Z", "2025-12-25T02:00:00");
  shows(z, "2026-10-26T23:30:14Z", "2026-10-27T00:30:14");
  shows(z, "2026-10-26T23:30:15Z", "2026-10-26T23:30:15");
  z = zone_of_footer("AAA0BBB,J364/167,J365/167");
  shows(z, "2026-01-05T22:59:59Z", "2026-01-05T22:59:59");
  shows(z, "2026-01-05T23:00:00Z", "2026-01-06T00:00:00");
  shows(z, "2026-01-06T21:59:59Z", "2026-01-06T22:59:59");
  shows(z, "2026-01-06T22:00:00Z", "2026-01-06T22:00:00");
  z = zone_of_footer("AAA0BBB,J365/167,J364/167");
  shows(z, "2026-01-02T12:00:00Z", "2026-01-02T13:00:00");
  shows(z, "2026-01-06T12:00:00Z", "2026-01-06T12:00:00");
}
END_TEST

START_TEST(daylight_saving_may_last_all_year) {
  bl_zone *z = zone_of_footer("EST5EDT,0/0,J365/25");
  shows(z, "2026-01-01T05:00:00Z", "2026-01-01T01:00:00");
  shows(z, "2026-01-01T04:59:59Z", "2026-01-01T00:59:59");
  shows(z, "2024-12-31T12:00:00Z", "2024-12-31T08:00:00");
  z = zone_of_footer("XXX3EDT4,0/0,J365/23");
  shows(z, "2026-01-01T02:59:59Z", "2025-12-31T22:59:59");
  shows(z, "2026-01-01T03:00:00Z", "2025-12-31T23:00:00");
  shows(z, "2026-01-01T04:00:00Z", "2026-01-01T00:00:00");
}
END_TEST

START_TEST(quoted_names_offsets_and_seconds_are_read) {
  bl_zone *z = zone_of_footer("<-02>2<-01>,M3.5.0/-1,M10.5.0/0");
  shows(z, "2026-03-29T00:59:59Z", "2026-03-28T22:59:59");
  shows(z, "2026-03-29T01:00:00Z", "2026-03-29T00:00:00");
  z = zone_of_footer("<+0A->-5:45:30");
  ck_assert_int_eq(bl_zone_offset(z, 0), 5 * 3600 + 45 * 60 + 30);
  z = zone_of_footer("AAA+24:59:59");
  ck_assert_int_eq(bl_zone_offset(z, 0), -89999);
  z = zone_of_footer("AAA-24:59:59BBB,0/0,J365/25");
  ck_assert_int_eq(bl_zone_offset(z, 0), 93599);
}
END_TEST

START_TEST(footers_that_posix_does_not_know_are_refused) {
  static const char *const footers[] = {
    "AAA", "AA0", "<AA>0", "<AAA0", "AAA>0", "<A_A>0", "5", ":Europe/Berlin",
    "AAA25", "AAA0:60", "AAA0:00:60", "AAA0:", "AAA0:00:", "AAA--1", "AAA0 ",
    "AAA0BBB", "AAA0BBB,", "AAA0BBB,M3.2.0", "AAA0BBB,M3.2.0,",
    "AAA0BBB,M3.2.0,M11.1.0,", "AAA0BBB,M0.2.0,M11.1.0",
    "AAA0BBB,M13.2.0,M11.1.0", "AAA0BBB,M3.0.0,M11.1.0",
    "AAA0BBB,M3.6.0,M11.1.0", "AAA0BBB,M3.2.7,M11.1.0",
    "AAA0BBB,M3.2,M11.1.0", "AAA0BBB,J0,J100", "AAA0BBB,J366,J100",
    "AAA0BBB,366,100", "AAA0BBB,1/168,100", "AAA0BBB,1/-168,100",
    "AAA0BBB,1/,100", "AAA0BBB,1/2:60,100", "AAA0BBB,-1,100",
    "AAA0BBB25,1,100", "AAA0BBB1,0001,100", "AAA00001", "AAA99999999999",
    "AAA0BB,1,100"};
  for (size_t i = 0; i < BL_COUNT(footers); i++) {
    tzif f = file_of_footer(footers[i]);
    bl_zone *z = NULL;
    ck_assert_msg(read_bytes(f.bytes, f.len, &z) == BILLING_INVALID,
                  "%s", footers[i]);
    ck_assert_ptr_null(z);
  }
}
END_TEST

/* Offsets 0, +1 h from 0 on, -10 min from 600 on.  00:05 is never shown;
 * 00:30 is skipped at first but shown later; 01:05 is shown twice. */
START_TEST(changes_close_together_are_all_tried) {
  static const int64_t at[] = {0, 600};
  static const int32_t offset[] = {0, 3600, -600};
  tzif f = file_of(2, at, offset, "");
  bl_zone *z = zone_of(&f);
  means(z, "1969-12-31T23:59:59", "1969-12-31T23:59:59Z");
  means(z, "1970-01-01T00:30:00", "1970-01-01T00:40:00Z");
  means(z, "1970-01-01T01:05:00", "1970-01-01T00:05:00Z");
  means(z, "1970-01-01T01:10:00", "1970-01-01T01:20:00Z");
  means(z, "1970-01-01T00:00:00", "1970-01-01T00:10:00Z");
}
END_TEST

START_TEST(a_time_that_is_never_shown_is_shifted_by_the_first_gap) {
  static const int64_t thrice[] = {0, 600, 1200};
  static const int32_t there_and_back[] = {0, 3600, -7200, 3600};
  static const int64_t at[] = {0, 600};
  static const int32_t offset[] = {0, 3600, 0};
  tzif f = file_of(2, at, offset, "");
  bl_zone *z = zone_of(&f);
  means(z, "1970-01-01T00:05:00", "1970-01-01T00:05:00Z");
  shows(z, "1970-01-01T00:05:00Z", "1970-01-01T01:05:00");
  means(z, "1970-01-01T00:30:00", "1970-01-01T00:30:00Z");
  f = file_of(3, thrice, there_and_back, "");
  means(zone_of(&f), "1970-01-01T00:05:00", "1970-01-01T00:05:00Z");
}
END_TEST

/* The first instant at which one of the offsets shows this wall clock;
 * INT64_MAX when none does. */
static int64_t first_shown(const bl_zone *z, const int32_t *offsets,
                           size_t count, int64_t wall) {
  int64_t first = INT64_MAX;
  for (size_t i = 0; i < count; i++) {
    int64_t us = wall - offsets[i] * BL_SECOND;
    if (bl_zone_to_local(z, us) == wall && us < first) first = us;
  }
  return first;
}

START_TEST(minutes_of_wild_changes_are_searched_to_the_end) {
  static const int32_t kinds[] = {3600, -89999, 0, 93599, 60, -1800, 7};
  int64_t at[50];
  int32_t offset[51] = {0};
  int shown = 0, skipped = 0;
  tzif f;
  bl_zone *z;
  for (int i = 0; i < 50; i++) {
    at[i] = i * 25 + i % 5;
    offset[i + 1] = kinds[i % 7];
  }
  f = file_of(50, at, offset, "");
  z = zone_of(&f);
  for (int64_t second = -95000; second < 95000; second += 3) {
    int64_t wall = second * BL_SECOND + 250000;
    int64_t us = bl_zone_to_utc(z, wall);
    int64_t first = first_shown(z, kinds, BL_COUNT(kinds), wall);
    if (first == INT64_MAX) skipped++;
    else shown++;
    if (first != INT64_MAX) ck_assert_int_eq(us, first);
  }
  ck_assert_int_gt(shown, 1000);
  ck_assert_int_gt(skipped, 1000);
}
END_TEST

START_TEST(every_file_that_ends_too_early_is_refused) {
  static const int64_t at[] = {-5, 5, 500};
  static const int32_t offset[] = {0, 3600, 0, 60};
  tzif f = file_of(3, at, offset, "CET-1CEST,M3.5.0,M10.5.0/3");
  bl_zone *z = NULL;
  for (size_t len = 0; len < f.len; len++)
    ck_assert_int_eq(read_bytes(f.bytes, len, &z), BILLING_INVALID);
  ck_assert_ptr_null(z);
  ck_assert_int_eq(read_bytes(f.bytes, f.len, &z), 0);
}
END_TEST

/* Refused with one byte changed: where it stands and what it becomes. */
static void is_refused_with(tzif f, size_t at, int byte) {
  bl_zone *z = NULL;
  f.bytes[at] = (unsigned char)byte;
  ck_assert_msg(read_bytes(f.bytes, f.len, &z) == BILLING_INVALID,
                "byte %lu", (unsigned long)at);
  ck_assert_ptr_null(z);
}

START_TEST(every_broken_rule_of_the_format_is_noticed) {
  static const int64_t at[] = {4, 5};
  static const int32_t offset[] = {0, 3600, 0};
  tzif f = file_of(2, at, offset, "AAA0");
  size_t second = 44 + 6 + 4, times = second + 44, kinds = times + 16;
  size_t types = kinds + 2;
  ck_assert_ptr_nonnull(zone_of(&f));
  is_refused_with(f, 0, 'X');
  is_refused_with(f, 4, '1');
  is_refused_with(f, second, 'X');
  is_refused_with(f, second + 4, '3');
  is_refused_with(f, second + 4, 0);
  for (size_t count = 20; count < 44; count += 4) {
    is_refused_with(f, count, 0xff);
    is_refused_with(f, second + count, 0xff);
    is_refused_with(f, second + count + 3, 200);
  }
  is_refused_with(f, second + 23, 2);             /* isut: 0 or all types */
  is_refused_with(f, second + 27, 2);             /* isstd: the same */
  is_refused_with(f, second + 39, 0);             /* no types */
  is_refused_with(f, times, 0x7f);                /* first after second */
  is_refused_with(f, times + 7, 5);               /* both at once */
  is_refused_with(f, kinds, 3);                   /* no such type */
  is_refused_with(f, types, 0x7f);                /* an offset of decades */
  is_refused_with(f, types, 0x80);
  is_refused_with(f, types + 1, 0x02);            /* one of 36 hours */
  is_refused_with(f, types + 4, 2);               /* DST is 0 or 1 */
  is_refused_with(f, types + 5, 4);               /* name after the names */
  is_refused_with(f, types + 3 * 6 + 4, ' ');     /* no newline */
}
END_TEST

START_TEST(counts_that_contradict_each_other_are_refused) {
  static const int32_t offset = 3600;
  tzif f = {{0}, 0};
  bl_zone *z = NULL;
  put_header(&f, 0, 0, 0, 0);                     /* no types at all */
  put(&f, "ABC", 4);
  ck_assert_int_eq(read_bytes(f.bytes, f.len, &z), BILLING_INVALID);
  f.len = 0;
  put_block(&f, 0, 4, 0, NULL, &offset);
  put_number(&f, 0, 2);                           /* one type, two marks */
  is_refused_with(f, 23, 2);
  is_refused_with(f, 27, 2);
  f.bytes[23] = f.bytes[27] = 1;
  ck_assert_int_eq(bl_zone_offset(zone_of(&f), 0), 3600);
}
END_TEST

START_TEST(leap_seconds_are_refused_with_a_hint) {
  tzif f = {{0}, 0};
  bl_zone *z = NULL;
  put_header(&f, 0, 1, 0, 1);
  put_number(&f, 0, 6);
  put(&f, "ABC", 4);
  put_number(&f, 78796800, 4);
  put_number(&f, 1, 4);
  ck_assert_int_eq(bl_zone_read(&arena, BL_STR("right/UTC"), f.bytes, f.len,
                                &z, &error), BILLING_INVALID);
  ck_assert_ptr_nonnull(strstr(error.message, "leap"));
}
END_TEST

START_TEST(no_flipped_bit_breaks_a_lookup) {
  static const int64_t at[] = {-5, 5, 500};
  static const int32_t offset[] = {0, 3600, 0, 60};
  tzif f = file_of(3, at, offset, "CET-1CEST,M3.5.0,M10.5.0/3");
  for (size_t bit = 0; bit < f.len * 8; bit++) {
    tzif g = f;
    bl_zone *z = NULL;
    g.bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
    if (read_bytes(g.bytes, g.len, &z) != 0) continue;
    ck_assert_int_gt(bl_zone_offset(z, INT64_MAX), -90000);
    ck_assert_int_lt(bl_zone_offset(z, INT64_MIN), 93600);
    bl_zone_to_utc(z, 0);
    bl_zone_to_utc(z, INT64_MIN);
    bl_zone_to_utc(z, INT64_MAX);
  }
}
END_TEST

/* ---- Prints ------------------------------------------------------------ */

START_TEST(a_print_is_that_of_the_offsets) {
  static const int64_t long_ago[] = {-2500000000};  /* in 1890 */
  static const int32_t offset[] = {77, 3600};
  const char *footer = "CET-1CEST,M3.5.0,M10.5.0/3";
  tzif f = file_of(1, long_ago, offset, footer);
  bl_zone *slim = zone_of_footer(footer), *z = zone_of(&f);
  ck_assert_uint_eq(bl_zone_print_of(z), bl_zone_print_of(slim));
  z = zone_of_footer("MEZ-1MESZ,M3.5.0/2,M10.5.0/3");
  ck_assert_uint_eq(bl_zone_print_of(z), bl_zone_print_of(slim));
  z = zone_of_footer("CET-1CEST,M3.5.0,M10.4.0/3");
  ck_assert_uint_ne(bl_zone_print_of(z), bl_zone_print_of(slim));
  z = zone_of_footer("AAA0BBB,0/-167,1/-167");     /* 25 and 26 December */
  ck_assert_uint_eq(bl_zone_print_of(z),
    bl_zone_print_of(zone_of_footer("AAA0BBB,J359/1,J360/1")));
  z = zone_of_footer("CET-1");
  ck_assert_uint_ne(bl_zone_print_of(z), bl_zone_print_of(slim));
}
END_TEST

/* FNV-1a of eight zero bytes, reckoned elsewhere.  It must never change: it
 * is written down with what was decided. */
START_TEST(the_print_of_utc_is_fixed) {
  static const int64_t at[] = {0};
  static const int32_t offset[] = {0, 0};
  tzif f = file_of(1, at, offset, "AAA0");
  ck_assert_uint_eq(bl_zone_print_of(load("UTC")),
                    UINT64_C(0xa8c7f832281a39c5));
  ck_assert_uint_eq(bl_zone_print_of(load("Etc/UTC")),
                    UINT64_C(0xa8c7f832281a39c5));
  ck_assert_uint_eq(bl_zone_print_of(zone_of(&f)),
                    UINT64_C(0xa8c7f832281a39c5));
}
END_TEST

/* ---- Memory ------------------------------------------------------------ */

static void *stingy_alloc(void *user, void *ptr, size_t old_size,
                          size_t new_size) {
  int *left = user;
  (void)old_size;
  if (new_size == 0) {
    free(ptr);
    return NULL;
  }
  return (*left)-- > 0 ? realloc(ptr, new_size) : NULL;
}

START_TEST(memory_that_runs_out_is_said_and_leaves_nothing) {
  int rc = BILLING_NOMEM, tries = 0;
  for (; rc != BILLING_OK; tries++) {
    int left = tries;
    billing_allocator host = {stingy_alloc, &left};
    bl_arena small;
    bl_zone *z = NULL;
    ck_assert_int_lt(tries, 20);
    bl_arena_open(&small, &host);
    rc = bl_zone_load(&small, NULL, BL_STR("Europe/Berlin"), &z, NULL);
    ck_assert(rc == BILLING_OK || rc == BILLING_NOMEM);
    ck_assert((z != NULL) == (rc == BILLING_OK));
    if (rc) ck_assert_ptr_null(bl_arena_now(&small).block);
    bl_arena_close(&small);
  }
  ck_assert_int_gt(tries, 2);
}
END_TEST

START_TEST(a_refused_file_leaves_nothing_in_the_arena) {
  tzif f = file_of_footer("nonsense");
  bl_arena_mark before = bl_arena_now(&arena), after;
  bl_zone *z = NULL;
  ck_assert_int_eq(read_bytes(f.bytes, f.len, &z), BILLING_INVALID);
  after = bl_arena_now(&arena);
  ck_assert_ptr_eq(after.block, before.block);
  ck_assert_uint_eq(after.used, before.used);
}
END_TEST

Suite *test_base_zone(void);

static TCase *case_of(Suite *suite, const char *name) {
  TCase *tests = tcase_create(name);
  tcase_add_checked_fixture(tests, open_arena, close_arena);
  suite_add_tcase(suite, tests);
  return tests;
}

static void add_known_zones(TCase *tests) {
  tcase_add_test(tests, the_worked_example_holds);
  tcase_add_test(tests, berlin_changes_at_one_in_the_night_of_greenwich);
  tcase_add_test(tests, new_york_follows_its_law_of_2007);
  tcase_add_test(tests, kathmandu_is_five_hours_45_ahead);
  tcase_add_test(tests, apia_had_no_30_december_2011);
  tcase_add_test(tests, casablanca_turns_back_for_ramadan);
  tcase_add_test(tests, nuuk_changes_on_the_evening_before);
  tcase_add_test(tests, lord_howe_moves_by_half_an_hour);
  tcase_add_test(tests, dublin_calls_its_winter_daylight_saving);
  tcase_add_test(tests, utc_needs_no_file);
  tcase_add_test(tests, ends_of_time_stay_where_they_are);
  tcase_add_test(tests, every_shown_clock_means_an_instant_that_shows_it);
}

static void add_names(TCase *tests) {
  tcase_add_test(tests, names_that_are_no_zone_names_are_refused);
  tcase_add_test(tests, a_name_with_a_nul_is_refused);
  tcase_add_test(tests, zones_that_are_not_there_are_not_found);
  tcase_add_test(tests, the_folder_can_be_another_one);
  tcase_add_test(tests, files_that_are_no_zones_are_malformed);
}

static void add_files(TCase *tests) {
  tcase_add_test(tests, version_1_has_32_bits_and_no_footer);
  tcase_add_test(tests, later_versions_are_read_like_the_highest_known);
  tcase_add_test(tests, an_empty_footer_goes_on_with_the_last_offset);
  tcase_add_test(tests, the_footer_rules_from_the_last_transition_on);
  tcase_add_test(tests, the_last_transition_stands_until_the_rule_changes);
  tcase_add_test(tests, a_file_without_transitions_lives_by_its_footer);
  tcase_add_test(tests, southern_summers_cross_the_new_year);
  tcase_add_test(tests, days_of_the_year_count_29_february_or_not);
  tcase_add_test(tests, weeks_count_from_the_first_and_five_is_the_last);
  tcase_add_test(tests, rule_hours_reach_a_week_to_both_sides);
  tcase_add_test(tests, daylight_saving_may_last_all_year);
  tcase_add_test(tests, quoted_names_offsets_and_seconds_are_read);
  tcase_add_test(tests, footers_that_posix_does_not_know_are_refused);
  tcase_add_test(tests, changes_close_together_are_all_tried);
  tcase_add_test(tests,
                 a_time_that_is_never_shown_is_shifted_by_the_first_gap);
  tcase_add_test(tests, minutes_of_wild_changes_are_searched_to_the_end);
  tcase_add_test(tests, every_file_that_ends_too_early_is_refused);
  tcase_add_test(tests, every_broken_rule_of_the_format_is_noticed);
  tcase_add_test(tests, counts_that_contradict_each_other_are_refused);
  tcase_add_test(tests, leap_seconds_are_refused_with_a_hint);
  tcase_add_test(tests, no_flipped_bit_breaks_a_lookup);
}

Suite *test_base_zone(void) {
  Suite *suite = suite_create("base/zone");
  TCase *tests;
  add_known_zones(case_of(suite, "known zones"));
  add_names(case_of(suite, "names"));
  add_files(case_of(suite, "files"));
  tests = case_of(suite, "prints and memory");
  tcase_add_test(tests, a_print_is_that_of_the_offsets);
  tcase_add_test(tests, the_print_of_utc_is_fixed);
  tcase_add_test(tests, memory_that_runs_out_is_said_and_leaves_nothing);
  tcase_add_test(tests, a_refused_file_leaves_nothing_in_the_arena);
  return suite;
}
