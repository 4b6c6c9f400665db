/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* test_engine_event_read.c - what an event may be, and when two are equal. */
#include "engine.h"

static billing      *b;
static billing_error err;

static void begin(void) {
  b = shop_open(NULL);
}

static void end(void) {
  billing_close(b);
}

static billing_receipt record(const billing_event *event) {
  billing_call call = shop_call("");
  billing_receipt receipt;

  BILLING_INIT(&err);
  BILLING_INIT(&receipt);
  ck_assert_int_eq(billing_record(b, &call, event, 1, &receipt, &err), 0);
  return receipt;
}

static void is_refused(const billing_event *event, int code,
                       const char *path) {
  billing_receipt receipt = record(event);

  ck_assert_str_eq(billing_code_name(receipt.code), billing_code_name(code));
  ck_assert_uint_eq(receipt.number, 0);
  ck_assert_int_eq(receipt.decided_us, SHOP_NOW);
  ck_assert_int_eq(err.code, code);
  ck_assert_str_eq(err.path, path);
  ck_assert_str_ne(err.message, "");
}

/* ---- limits ---- */

START_TEST(a_key_has_1_to_200_bytes_of_utf8) {
  billing_event event = shop_event("", "e");
  char key[202];

  is_refused(&event, BILLING_INVALID, "/key");
  memset(key, 'k', 201);
  key[201] = '\0';
  event.key = shop_text(key);
  is_refused(&event, BILLING_INVALID, "/key");
  event.key.len = 200;
  ck_assert_uint_eq(record(&event).status, BILLING_STATUS_NEW);
  event.key = shop_text("\xc3\x28");
  is_refused(&event, BILLING_INVALID, "/key");
  event = shop_event("k", "");
  is_refused(&event, BILLING_INVALID, "/event");
}
END_TEST

START_TEST(a_time_is_at_most_366_days_ahead) {
  billing_event event = shop_event("k", "e");

  event.time_us = SHOP_NOW + 366 * SHOP_DAY + 1;
  is_refused(&event, BILLING_INVALID_TIME, "/time");
  event.time_us--;
  ck_assert_uint_eq(record(&event).status, BILLING_STATUS_NEW);
  event = shop_event("old", "e");
  event.time_us = INT64_C(-62135596800000000) - 1;    /* before the year 1 */
  is_refused(&event, BILLING_INVALID_TIME, "/time");
  event.time_us++;
  ck_assert_uint_eq(record(&event).flags, BILLING_RECEIPT_UNENTITLED);
}
END_TEST

START_TEST(a_value_that_is_no_decimal_is_refused) {
  billing_event event = shop_event("k", "e");

  event.flags = BILLING_EVENT_VALUE;
  event.value.hi = INT64_MIN;
  is_refused(&event, BILLING_INVALID, "/value");
}
END_TEST

START_TEST(properties_are_an_object_of_at_most_64_kib) {
  billing_event event = shop_event("k", "e");
  char *large = malloc(65538);

  event.properties = shop_text("[1]");
  is_refused(&event, BILLING_INVALID_JSON, "/properties");
  event.properties = shop_text("{\"a\":}");
  BILLING_INIT(&err);
  ck_assert_int_eq(record(&event).code, BILLING_INVALID_JSON);
  memset(large, ' ', 65537);
  memcpy(large, "{}", 2);
  event.properties = (billing_str){large, 65537};
  is_refused(&event, BILLING_LIMIT, "/properties");
  event.properties.len = 65536;
  ck_assert_uint_eq(record(&event).status, BILLING_STATUS_NEW);
  free(large);
}
END_TEST

/* ---- equal content ---- */

static uint32_t repeat(const billing_event *event) {
  return record(event).status;
}

START_TEST(properties_are_compared_by_what_they_say) {
  billing_event event = shop_event("k", "e");

  event.properties = shop_text("{\"b\":1,\"a\":\"\\u00e9\"}");
  ck_assert_uint_eq(repeat(&event), BILLING_STATUS_NEW);
  event.properties = shop_text("{ \"a\" : \"\xc3\xa9\", \"b\" : 1 }");
  ck_assert_uint_eq(repeat(&event), BILLING_STATUS_SAME);
  event.properties = shop_text("{\"a\":\"\xc3\xa9\",\"b\":1.0}");
  ck_assert_uint_eq(repeat(&event), BILLING_STATUS_CONFLICT);
  event.properties = shop_text("{\"b\":1}");
  ck_assert_uint_eq(repeat(&event), BILLING_STATUS_CONFLICT);
}
END_TEST

START_TEST(each_part_of_an_event_is_compared) {
  billing_event event = shop_event("k", "e"), other = event;

  ck_assert_uint_eq(repeat(&event), BILLING_STATUS_NEW);
  other.flags = BILLING_EVENT_VALUE;
  other.value = D("1");                  /* left out is not the same as 1 */
  ck_assert_uint_eq(repeat(&other), BILLING_STATUS_CONFLICT);
  event.key = shop_text("k2");
  event.flags = BILLING_EVENT_VALUE;
  event.value = D("2");
  ck_assert_uint_eq(repeat(&event), BILLING_STATUS_NEW);
  other = event;
  other.value = D("3");
  ck_assert_uint_eq(repeat(&other), BILLING_STATUS_CONFLICT);
  other = event;
  other.event = shop_text("sum");
  ck_assert_uint_eq(repeat(&other), BILLING_STATUS_CONFLICT);
  other = event;
  other.time_us++;
  ck_assert_uint_eq(repeat(&other), BILLING_STATUS_CONFLICT);
  other.time_us = 0;
  ck_assert_uint_eq(repeat(&other), BILLING_STATUS_CONFLICT);
  ck_assert_uint_eq(repeat(&event), BILLING_STATUS_SAME);
}
END_TEST

START_TEST(a_line_and_a_struct_are_the_same_event) {
  billing_event event = shop_event("k", "e");
  billing_call call = shop_call("");
  billing_receipt receipt;

  event.flags = BILLING_EVENT_VALUE;
  event.value = D("2.50");
  event.properties = shop_text("{\"y\":1,\"x\":null}");
  ck_assert_uint_eq(repeat(&event), BILLING_STATUS_NEW);
  BILLING_INIT(&receipt);
  ck_assert_int_eq(billing_record_text(b, &call,
      "{\"value\":2.5,\"properties\":{\"x\":null,\"y\":1},\"key\":\"k\","
      "\"time\":\"2026-01-05T01:00:00+01:00\",\"customer\":\"a\","
      "\"event\":\"e\"}", (size_t)-1, &receipt, 1, NULL, NULL), 0);
  ck_assert_uint_eq(receipt.status, BILLING_STATUS_SAME);
}
END_TEST

START_TEST(a_time_that_was_left_to_the_call_is_not_compared) {
  billing_event event = shop_event("k", "e");
  billing_call call = shop_call("");
  billing_receipt receipt;

  event.time_us = 0;
  ck_assert_uint_eq(repeat(&event), BILLING_STATUS_NEW);
  call.now_us = SHOP_NOW + 7;
  BILLING_INIT(&receipt);
  ck_assert_int_eq(billing_record(b, &call, &event, 1, &receipt, NULL), 0);
  ck_assert_uint_eq(receipt.status, BILLING_STATUS_SAME);
  ck_assert_int_eq(receipt.decided_us, SHOP_NOW);      /* the first's */
}
END_TEST

/* ---- lines ---- */

/* The first is refused last, when all are read; the words are about it. */
START_TEST(the_words_are_about_the_lowest_place) {
  static const char lines[] =
      "{\"key\":\"k\",\"customer\":\"a\",\"event\":\"other\"}\n"
      "\r\n"
      "{\"key\":\"k2\",\"customer\":\"nobody\",\"event\":\"e\"}\n"
      "{\"key\":\"k3\",\n"
      "{\"key\":\"k4\",\"customer\":\"a\",\"event\":\"e\",\"colour\":1}\n"
      "{\"key\":\"k5\",\"customer\":\"a\",\"event\":\"e\",\"time\":\"noon\"}";
  billing_event first = shop_event("k", "e");
  billing_call call = shop_call("");
  billing_receipt r[6];
  size_t count = 0;

  ck_assert_uint_eq(repeat(&first), BILLING_STATUS_NEW);
  for (int i = 0; i < 6; i++) BILLING_INIT(&r[i]);
  BILLING_INIT(&err);
  ck_assert_int_eq(billing_record_text(b, &call, lines, (size_t)-1, r, 6,
                                       &count, &err), 0);
  ck_assert_uint_eq(count, 5);
  ck_assert_int_eq(r[0].code, BILLING_CONFLICT_KEY);
  ck_assert_int_eq(r[1].code, BILLING_NOTFOUND_CUSTOMER);
  ck_assert_int_eq(r[2].code, BILLING_INVALID_JSON);
  ck_assert_int_eq(r[3].code, BILLING_INVALID);
  ck_assert_int_eq(r[4].code, BILLING_INVALID_TIME);
  ck_assert_int_eq(err.code, BILLING_CONFLICT_KEY);
  ck_assert_int_eq((int)err.item, 0);
  ck_assert_str_eq(err.path, "/key");
  call.flags = BILLING_CALL_ALL_OR_NOTHING;
  ck_assert_int_eq(billing_record_text(b, &call, strchr(lines, '\n'),
                                       (size_t)-1, r, 6, &count, &err),
                   BILLING_NOTFOUND_CUSTOMER);
  ck_assert_int_eq((int)err.item, 0);
  ck_assert_str_eq(err.path, "/customer");
}
END_TEST

START_TEST(no_events_are_no_work) {
  billing_call call = shop_call("");
  size_t count = 9;

  ck_assert_int_eq(billing_record(b, &call, NULL, 0, NULL, NULL), 0);
  ck_assert_int_eq(billing_record(b, &call, NULL, 1, NULL, NULL),
                   BILLING_MISUSE);
  ck_assert_int_eq(billing_record_text(b, &call, "\n \n", (size_t)-1, NULL, 0,
                                       &count, NULL), 0);
  ck_assert_uint_eq(count, 0);
  shop_is_sound(b);
}
END_TEST

Suite *test_engine_event_read(void);
Suite *test_engine_event_read(void) {
  Suite *s = suite_create("engine_event_read");
  TCase *t = tcase_create("event_read");

  tcase_add_checked_fixture(t, begin, end);
  tcase_add_test(t, a_key_has_1_to_200_bytes_of_utf8);
  tcase_add_test(t, a_time_is_at_most_366_days_ahead);
  tcase_add_test(t, a_value_that_is_no_decimal_is_refused);
  tcase_add_test(t, properties_are_an_object_of_at_most_64_kib);
  tcase_add_test(t, properties_are_compared_by_what_they_say);
  tcase_add_test(t, each_part_of_an_event_is_compared);
  tcase_add_test(t, a_line_and_a_struct_are_the_same_event);
  tcase_add_test(t, a_time_that_was_left_to_the_call_is_not_compared);
  tcase_add_test(t, the_words_are_about_the_lowest_place);
  tcase_add_test(t, no_events_are_no_work);
  suite_add_tcase(s, t);
  return s;
}
