/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/text.h"
#include "unit.h"

static bl_arena arena;

static void open_arena(void) { bl_arena_open(&arena, NULL); }
static void close_arena(void) { bl_arena_close(&arena); }

static bl_text new_text(void) {
  bl_text t;
  bl_text_open(&t, &arena);
  return t;
}

START_TEST(format_writes_each_kind) {
  bl_text t = new_text();
  bl_str name = BL_STR("Ann");
  bl_dec due = D("12.5");

  bl_text_format(&t, "%t owes %d %s", &name, &due, "USD");
  ck_assert_str_eq(t.text, "Ann owes 12.5 USD");
  t = new_text();
  bl_text_format(&t, "%i%% of %i, until %T", INT64_C(7), INT64_MIN,
                 INT64_C(1769817600000000));
  ck_assert_str_eq(t.text,
                   "7% of -9223372036854775808, until 2026-01-31T00:00:00Z");
  t = new_text();
  bl_text_format(&t, "%s|", (const char *)NULL);
  ck_assert_str_eq(t.text, "|");
}
END_TEST

START_TEST(text_grows_and_keeps_its_nul) {
  bl_text t = new_text();

  bl_text_add(&t, "", 0);
  ck_assert_str_eq(t.text, "");
  for (int i = 0; i < 10000; i++) {
    bl_text_int(&t, i % 10);
    if (i % 100 == 0) bl_arena_take(&arena, 1);
    ck_assert_uint_eq(strlen(t.text), t.len);
  }
  ck_assert_uint_eq(t.len, 10000);
  for (int i = 0; i < 10000; i++) ck_assert_int_eq(t.text[i], '0' + i % 10);
}
END_TEST

START_TEST(fill_pads) {
  bl_text t = new_text();

  bl_text_fill(&t, ' ', 0);
  bl_text_fill(&t, '.', 100);
  bl_text_c(&t, "1");
  ck_assert_uint_eq(t.len, 101);
  ck_assert_uint_eq(strspn(t.text, "."), 100);
}
END_TEST

static void *tight_alloc(void *user, void *ptr, size_t old_size,
                         size_t new_size) {
  size_t *left = user;

  (void)old_size;
  if (new_size == 0) free(ptr);
  if (new_size == 0 || *left == 0) return NULL;
  --*left;
  return malloc(new_size);
}

START_TEST(failure_is_sticky_and_keeps_what_was_there) {
  size_t left = 1;
  billing_allocator host = {tight_alloc, &left};
  bl_arena a;
  bl_text t;

  bl_arena_open(&a, &host);
  bl_text_open(&t, &a);
  bl_text_c(&t, "kept");
  bl_text_fill(&t, 'x', 100000);
  ck_assert_uint_eq(t.failed, 1);
  left = 9;
  bl_text_c(&t, "more");
  ck_assert_uint_eq(t.failed, 1);
  ck_assert_str_eq(t.text, "kept");
  bl_text_fill(&t, 'x', SIZE_MAX / 2);
  ck_assert_uint_eq(t.failed, 1);
  bl_arena_close(&a);
}
END_TEST

START_TEST(json_strings_escape_what_they_must) {
  bl_text t = new_text();

  bl_text_json(&t, BL_STR("a\"b\\c/\b\f\n\r\t\x01\x1f\x7f\xC3\xA9"));
  ck_assert_str_eq(t.text, "\"a\\\"b\\\\c/\\b\\f\\n\\r\\t\\u0001\\u001f"
                           "\x7f\xC3\xA9\"");
  t = new_text();
  bl_text_json(&t, (bl_str){"\0", 1});
  bl_text_json(&t, (bl_str){NULL, 0});
  ck_assert_str_eq(t.text, "\"\\u0000\"\"\"");
}
END_TEST

static void into(char *out, size_t size, const char *format, ...) {
  va_list args;
  va_start(args, format);
  bl_format_into(out, size, format, args);
  va_end(args);
}

START_TEST(a_fixed_buffer_is_cut_at_a_character) {
  char out[8];

  into(out, sizeof out, "%s", "1234567");
  ck_assert_str_eq(out, "1234567");
  into(out, sizeof out, "%s", "12345678");
  ck_assert_str_eq(out, "1234567");
  into(out, sizeof out, "%s%s", "123456", "\xC3\xA9");
  ck_assert_str_eq(out, "123456");
  into(out, sizeof out, "12345%s", "\xC3\xA9");
  ck_assert_str_eq(out, "12345\xC3\xA9");
  into(out, sizeof out, "1234%s5", "\xF0\x9F\x92\xB6");
  ck_assert_str_eq(out, "1234");
  /* What was cut takes nothing that comes later, however short. */
  into(out, sizeof out, "123456%s%s", "\xC3\xA9", "x");
  ck_assert_str_eq(out, "123456");
  into(out, 1, "%s", "x");
  ck_assert_str_eq(out, "");
}
END_TEST

START_TEST(a_message_is_utf8_whatever_it_quotes) {
  char out[20];
  bl_str odd = {"a\0b\xFF\xC3", 5};

  into(out, sizeof out, "<%t>", &odd);
  ck_assert_str_eq(out, "<a?b" "??" ">");
  into(out, sizeof out, "%t", &odd);
  ck_assert_str_eq(out, "a?b" "??");
}
END_TEST

/* After table 3-7 of the Unicode standard. */
START_TEST(utf8_is_checked_strictly) {
  static const struct { const char *text; int valid; } cases[] = {
    {"", 1}, {"plain", 1}, {"\x7f", 1}, {"\xC2\x80", 1}, {"\xDF\xBF", 1},
    {"\xE0\xA0\x80", 1}, {"\xED\x9F\xBF", 1}, {"\xEE\x80\x80", 1},
    {"\xEF\xBF\xBF", 1}, {"\xF0\x90\x80\x80", 1}, {"\xF4\x8F\xBF\xBF", 1},
    {"\x80", 0}, {"\xBF", 0}, {"\xC0\x80", 0}, {"\xC1\xBF", 0},
    {"\xC2", 0}, {"\xC2\x41", 0}, {"\xE0\x9F\xBF", 0}, {"\xE0\xA0", 0},
    {"\xED\xA0\x80", 0}, {"\xED\xBF\xBF", 0}, {"\xE1\x80\x41", 0},
    {"\xF0\x8F\xBF\xBF", 0}, {"\xF4\x90\x80\x80", 0}, {"\xF5\x80\x80\x80", 0},
    {"\xFF", 0}, {"\xF1\x80\x80", 0}, {"\xF1\x80\x41\x80", 0},
    {"ok \xE2\x82\xAC\xE2\x82", 0},
  };

  for (size_t i = 0; i < BL_COUNT(cases); i++) {
    bl_str s = bl_str_of(cases[i].text);
    ck_assert_msg(bl_utf8_is_valid(s.text, s.len) == cases[i].valid,
                  "case %zu", i);
  }
  ck_assert_int_eq(bl_utf8_is_valid("a\0b", 3), 0);
}
END_TEST

/* Each byte at each place, between plain ones. */
START_TEST(the_plain_front_ends_at_what_is_not_plain) {
  char text[19];

  for (size_t len = 0; len < sizeof text; len++)
    for (size_t at = 0; at < len; at++)
      for (int byte = 0; byte < 256; byte++) {
        int is_plain = byte >= 0x20 && byte < 0x7F;
        size_t front;
        memset(text, at % 2 ? ' ' : '~', sizeof text);
        text[at] = (char)byte;
        front = bl_ascii_front(text, len);
        if (is_plain) ck_assert_uint_eq(front, len);
        else ck_assert(front <= at && front + 8 > at);
      }
}
END_TEST

START_TEST(a_character_is_written_as_utf8) {
  static const struct { uint32_t code; const char *text; } cases[] = {
    {0x01, "\x01"}, {0x41, "A"}, {0x7F, "\x7F"}, {0x80, "\xC2\x80"},
    {0x7FF, "\xDF\xBF"}, {0x800, "\xE0\xA0\x80"},
    {0x20AC, "\xE2\x82\xAC"}, {0xD7FF, "\xED\x9F\xBF"},
    {0xE000, "\xEE\x80\x80"},
    {0xFFFF, "\xEF\xBF\xBF"}, {0x10000, "\xF0\x90\x80\x80"},
    {0x10FFFF, "\xF4\x8F\xBF\xBF"},
  };

  for (size_t i = 0; i < BL_COUNT(cases); i++) {
    char out[5] = "";

    ck_assert_uint_eq(bl_utf8_put(cases[i].code, out), strlen(cases[i].text));
    ck_assert_str_eq(out, cases[i].text);
  }
}
END_TEST

START_TEST(utf8_is_cut_between_characters) {
  const char *text = "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x92\xB6z"; /* 1 2 3 4 1 */
  static const size_t cut[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11, 11};

  for (size_t max = 0; max < BL_COUNT(cut); max++)
    ck_assert_uint_eq(bl_utf8_cut(text, 11, max), cut[max]);
  ck_assert_uint_eq(bl_utf8_cut(NULL, 0, 10), 0);
  ck_assert_uint_eq(bl_utf8_cut("\xC3", 1, 10), 0);
}
END_TEST

START_TEST(integers_read_back) {
  static const int64_t values[] = {0, 1, -1, 9, 10, -10, INT64_C(1234567890),
                                   INT64_MAX, INT64_MIN, INT64_MIN + 1};

  for (size_t i = 0; i < BL_COUNT(values); i++) {
    char digits[BL_INT_TEXT];
    bl_str s = {digits, bl_int_print(values[i], digits)};
    int64_t back = 77;

    ck_assert_uint_eq(strlen(digits), s.len);
    ck_assert_int_eq(bl_int_parse(s, &back), 1);
    ck_assert_int_eq(back, values[i]);
  }
}
END_TEST

START_TEST(what_is_not_an_integer_that_fits_is_refused) {
  static const char *const bad[] = {
    "", "-", "+1", " 1", "1 ", "01", "-01", "00", "1.0", "1e3", "0x1", "--1",
    "9223372036854775808", "-9223372036854775809", "18446744073709551616",
    "92233720368547758070", "1\xC2\xB2",
  };
  int64_t out = 77;

  for (size_t i = 0; i < BL_COUNT(bad); i++)
    ck_assert_msg(!bl_int_parse(bl_str_of(bad[i]), &out), "%s", bad[i]);
  ck_assert_int_eq(bl_int_parse((bl_str){NULL, 0}, &out), 0);
  ck_assert_int_eq(out, 77);
  ck_assert_int_eq(bl_int_parse(BL_STR("-0"), &out), 1);
  ck_assert_int_eq(out, 0);
}
END_TEST

Suite *test_base_text(void) {
  Suite *s = suite_create("base/text");
  TCase *t = tcase_create("text");

  tcase_add_checked_fixture(t, open_arena, close_arena);
  tcase_add_test(t, format_writes_each_kind);
  tcase_add_test(t, text_grows_and_keeps_its_nul);
  tcase_add_test(t, fill_pads);
  tcase_add_test(t, failure_is_sticky_and_keeps_what_was_there);
  tcase_add_test(t, json_strings_escape_what_they_must);
  tcase_add_test(t, a_fixed_buffer_is_cut_at_a_character);
  tcase_add_test(t, a_message_is_utf8_whatever_it_quotes);
  tcase_add_test(t, utf8_is_checked_strictly);
  tcase_add_test(t, the_plain_front_ends_at_what_is_not_plain);
  tcase_add_test(t, a_character_is_written_as_utf8);
  tcase_add_test(t, utf8_is_cut_between_characters);
  tcase_add_test(t, integers_read_back);
  tcase_add_test(t, what_is_not_an_integer_that_fits_is_refused);
  suite_add_tcase(s, t);
  return s;
}
