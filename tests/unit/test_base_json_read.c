/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/json.h"
#include "unit.h"

static bl_arena arena;

static void open_arena(void) { bl_arena_open(&arena, NULL); }
static void close_arena(void) { bl_arena_close(&arena); }

/* The canonical text of what is read, or NULL; both readers must agree. */
static const char *canonical(const char *text, size_t len,
                             billing_error *err) {
  billing_error twin;
  bl_json *tree = NULL;
  bl_text out;
  int rc, same;

  BILLING_INIT(err);
  BILLING_INIT(&twin);
  bl_error_start(err);
  bl_error_start(&twin);
  rc   = bl_json_read(text, len, &tree, err);
  same = bl_json_check(text, len, &twin);
  ck_assert_int_eq(rc, same);
  ck_assert_int_eq(rc, err->code);
  ck_assert_str_eq(err->path, twin.path);
  ck_assert_str_eq(err->message, twin.message);
  ck_assert_str_eq(err->hint, twin.hint);
  ck_assert_int_eq(bl_json_check(text, len, NULL), rc);
  if (rc) {
    ck_assert_ptr_null(tree);
    return NULL;
  }
  bl_text_open(&out, &arena);
  ck_assert_int_eq(bl_json_print(tree, &out), BILLING_OK);
  bl_json_free(tree);
  return out.text;
}

static void check_reads(const char *text, const char *expected) {
  billing_error err;
  const char *found = canonical(text, strlen(text), &err);

  ck_assert_msg(found != NULL, "%s: %s", text, err.message);
  ck_assert_str_eq(found, expected);
}

static billing_error refusal(const char *text, size_t len) {
  billing_error err;

  ck_assert_msg(!canonical(text, len, &err), "was read: %s", text);
  return err;
}

static void check_refuses(const char *text, const char *path, int offset) {
  billing_error err = refusal(text, strlen(text));
  const char *digits = strrchr(err.message, ' ');

  ck_assert_int_eq(err.code, BILLING_INVALID_JSON);
  ck_assert_msg(!strcmp(err.path, path), "%s: path %s", text, err.path);
  ck_assert_ptr_nonnull(digits);
  ck_assert_msg(atoi(digits) == offset, "%s: %s", text, err.message);
}

START_TEST(the_worked_example) {
  check_reads("{\"b\": 1.50, \"a\": \"\\u00e9\"}",
              "{\"a\":\"\xC3\xA9\",\"b\":1.50}");
  check_refuses("{\"a\": [1, {\"b\": 2, \"b\": 3}]}", "/a/1/b", 19);
}
END_TEST

START_TEST(every_kind_of_value_may_stand_alone) {
  check_reads("null", "null");
  check_reads(" true\n", "true");
  check_reads("\t\r\nfalse ", "false");
  check_reads("0", "0");
  check_reads("\"\"", "\"\"");
  check_reads("[]", "[]");
  check_reads("{ }", "{}");
  check_reads("[ 1 , [ ] , { \"\" : { } } ]", "[1,[],{\"\":{}}]");
}
END_TEST

START_TEST(numbers_keep_their_text) {
  static const char *const numbers[] = {
    "0", "-0", "0.0", "-0.10", "1e5", "1E+05", "1e-005", "123.456e789",
    "0.1234567890123456789", "9007199254740993", "-1", "10",
    "100000000000000000000000000000000000000000000000000000000000000000000",
  };

  for (size_t i = 0; i < BL_COUNT(numbers); i++)
    check_reads(numbers[i], numbers[i]);
  check_reads("[1.0,1.00,1]", "[1.0,1.00,1]");
}
END_TEST

START_TEST(what_is_not_a_number_is_refused) {
  check_refuses("-", "", 1);
  check_refuses("+1", "", 0);
  check_refuses("01", "", 0);
  check_refuses("-00", "", 1);
  check_refuses("1.", "", 2);
  check_refuses(".5", "", 0);
  check_refuses("1.e5", "", 2);
  check_refuses("1e", "", 2);
  check_refuses("1e+", "", 3);
  check_refuses("1e5.5", "", 3);
  check_refuses("0x10", "", 1);
  check_refuses("1_000", "", 1);
  check_refuses("NaN", "", 0);
  check_refuses("-Infinity", "", 1);
  check_refuses("[1 2]", "", 3);
}
END_TEST

START_TEST(strings_are_decoded) {
  check_reads("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
              "\"\\\"\\\\/\\b\\f\\n\\r\\t\"");
  check_reads("\"\\u0041\\u00E9\\u20ac\\uFFFF\"",
              "\"A\xC3\xA9\xE2\x82\xAC\xEF\xBF\xBF\"");
  check_reads("\"x\\uD83D\\udcb6y\"", "\"x\xF0\x9F\x92\xB6y\"");
  check_reads("\"\\uDBFF\\uDFFF\\uD800\\uDC00\"",
              "\"\xF4\x8F\xBF\xBF\xF0\x90\x80\x80\"");
  check_reads("\"\\u0001\\u001F\\u007f\"", "\"\\u0001\\u001f\x7f\"");
  check_reads("\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x92\xB6\"",
              "\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x92\xB6\"");
  check_reads("\"/\"", "\"/\"");
}
END_TEST

START_TEST(what_is_not_a_string_is_refused) {
  check_refuses("\"", "", 1);
  check_refuses("\"abc", "", 4);
  check_refuses("'a'", "", 0);
  check_refuses("\"a\nb\"", "", 2);
  check_refuses("\"\x1f\"", "", 1);
  check_refuses("\"\\", "", 1);
  check_refuses("\"\\\"", "", 3);
  check_refuses("\"\\a\"", "", 1);
  check_refuses("\"\\U0041\"", "", 1);
  check_refuses("\"\\u004\"", "", 1);
  check_refuses("\"\\u00g0\"", "", 1);
  check_refuses("\"\\u", "", 1);
  check_refuses("\"\\u0000\"", "", 1);
}
END_TEST

START_TEST(lone_surrogates_are_refused) {
  check_refuses("\"\\ud800\"", "", 1);
  check_refuses("\"\\udc00\"", "", 1);
  check_refuses("\"\\ud800x\"", "", 1);
  check_refuses("\"\\ud800\\n\"", "", 1);
  check_refuses("\"\\ud800\\ud800\"", "", 1);
  check_refuses("\"\\udc00\\ud800\"", "", 1);
  check_refuses("\"\\udc00\\udc00\"", "", 1);
  check_refuses("\"\\ud800\\u0041\"", "", 1);
  check_refuses("\"\\ud800\\u", "", 1);
  check_refuses("\"\\ud800\\udc0", "", 1);
}
END_TEST

START_TEST(invalid_utf8_is_refused) {
  check_refuses("\"a\x80\"", "", 2);
  check_refuses("\"\xC0\x80\"", "", 1);
  check_refuses("\"\xED\xA0\x80\"", "", 1);
  check_refuses("\"\xF5\x80\x80\x80\"", "", 1);
  check_refuses("\"\xE2\x82\"", "", 1);
  check_refuses("{\"a\":{\"\xFF\":1}}", "/a", 7);
  check_refuses("\xC3\xA9", "", 0);
  check_refuses("\xEF\xBB\xBF[]", "", 0);
}
END_TEST

START_TEST(a_raw_nul_is_refused_anywhere) {
  refusal("\0", 1);
  refusal("1\0", 2);
  refusal("\"a\0b\"", 5);
  refusal("[1,\0]", 5);
  refusal("\"\\\0\"", 4);
  ck_assert_str_eq(refusal("{\"k\":\"\0\"}", 9).path, "/k");
}
END_TEST

START_TEST(structure_is_checked) {
  check_refuses("", "", 0);
  check_refuses("  ", "", 2);
  check_refuses("[", "/0", 1);
  check_refuses("[1", "", 2);
  check_refuses("[1,", "/1", 3);
  check_refuses("[1,]", "/1", 3);
  check_refuses("[,1]", "/0", 1);
  check_refuses("[1}", "", 2);
  check_refuses("]", "", 0);
  check_refuses("{", "", 1);
  check_refuses("{]", "", 1);
  check_refuses("{1:2}", "", 1);
  check_refuses("{a:2}", "", 1);
  check_refuses("{\"a\"}", "/a", 4);
  check_refuses("{\"a\":}", "/a", 5);
  check_refuses("{\"a\":1,}", "", 7);
  check_refuses("{\"a\":1 \"b\":2}", "", 7);
  check_refuses("{,}", "", 1);
  check_refuses("[] []", "", 3);
  check_refuses("1 x", "", 2);
  check_refuses("nul", "", 0);
  check_refuses("nullx", "", 4);
  check_refuses("True", "", 0);
  check_refuses("[1] // note", "", 4);
  check_refuses("\f[]", "", 0);
  check_refuses("[\xC2\xA0]", "/0", 1);
}
END_TEST

START_TEST(paths_are_json_pointers) {
  check_refuses("{\"plans\":[{},{\"prices\":[0,1,x]}]}", "/plans/1/prices/2",
                28);
  check_refuses("{\"a/b\":{\"c~d\":[x]}}", "/a~1b/c~0d/0", 15);
  check_refuses("{\"\":[[x]]}", "//0/0", 6);
  check_refuses("{\"\\u00e9\":x}", "/\xC3\xA9", 10);
  check_refuses("{\"a\":{\"b\":1},\"c\":[2],\"d\":x}", "/d", 25);
}
END_TEST

START_TEST(a_long_path_is_cut) {
  char text[400] = "{\"";

  memset(text + 2, 'k', 300);
  memcpy(text + 302, "\":[x]}", 7);
  ck_assert_uint_eq(strlen(refusal(text, strlen(text)).path), 255);
}
END_TEST

START_TEST(duplicate_members_are_refused) {
  check_refuses("{\"a\":1,\"a\":1}", "/a", 7);
  check_refuses("{\"\":1,\"\":1}", "/", 6);
  check_refuses("{\"ab\":1,\"\\u0061b\":1}", "/ab", 8);
  check_refuses("{\"\\u0061b\":1,\"ab\":1}", "/ab", 13);
  check_refuses("{\"a\":{\"b\":1},\"b\":2,\"c\":{\"b\":[{\"x\":1,\"x\":2}]}}",
                "/c/b/0/x", 36);
  check_reads("{\"a\":{\"a\":{\"a\":1}},\"A\":[{\"a\":1},{\"a\":1}]}",
              "{\"A\":[{\"a\":1},{\"a\":1}],\"a\":{\"a\":{\"a\":1}}}");
  check_reads("{\"a\":1,\"ab\":2,\"b\":3,\"\":4}",
              "{\"\":4,\"a\":1,\"ab\":2,\"b\":3}");
}
END_TEST

/* {"o":{"k0":0,..}}, the last member named like number `twice`. */
static bl_text large_object(size_t members, size_t twice) {
  bl_text t;

  bl_text_open(&t, &arena);
  bl_text_c(&t, "{\"o\":{");
  for (size_t i = 0; i < members; i++)
    bl_text_format(&t, "\"k%i\":%i,", (int64_t)i, (int64_t)i);
  bl_text_format(&t, "\"k%i\":[]}}", (int64_t)twice);
  return t;
}

START_TEST(duplicates_are_found_among_many) {
  for (size_t members = 1; members < 200; members += 1 + members / 5) {
    for (size_t twice = 0; twice <= members; twice += 1 + members / 3) {
      bl_text t = large_object(members, twice);
      billing_error err;
      int is_read = canonical(t.text, t.len, &err) != NULL;

      ck_assert_int_eq(is_read, twice == members);
      if (is_read) continue;
      bl_text path;
      bl_text_open(&path, &arena);
      bl_text_format(&path, "/o/k%i", (int64_t)twice);
      ck_assert_str_eq(err.path, path.text);
      ck_assert_int_eq(atoi(strrchr(err.message, ' ')),
                       (int)(strrchr(t.text, 'k') - t.text) - 1);
    }
  }
}
END_TEST

/* Of several duplicates the one that comes first in the text is named. */
START_TEST(the_first_of_many_duplicates_is_named) {
  bl_text t;

  bl_text_open(&t, &arena);
  bl_text_c(&t, "{");
  for (int64_t i = 0; i < 40; i++) bl_text_format(&t, "\"k%i\":1,", i);
  bl_text_c(&t, "\"z\":1,\"k9\":1,\"k0\":1,\"z\":1}");
  ck_assert_str_eq(refusal(t.text, t.len).path, "/k9");
}
END_TEST

START_TEST(a_hundred_thousand_members_are_read) {
  bl_text t = large_object(100000, 100000);
  billing_error err;

  ck_assert_ptr_nonnull(canonical(t.text, t.len, &err));
}
END_TEST

START_TEST(keys_of_open_levels_do_not_mix) {
  bl_text t;

  /* 60 levels, each with members before and behind the next level. */
  bl_text_open(&t, &arena);
  for (int i = 0; i < 60; i++) bl_text_c(&t, "{\"a\":1,\"b\":2,\"\\u0063\":");
  bl_text_c(&t, "0");
  for (int i = 0; i < 60; i++) bl_text_c(&t, ",\"d\":4}");
  ck_assert_int_eq(bl_json_check(t.text, t.len, NULL), BILLING_OK);
  t.len -= strlen(",\"d\":4}");
  bl_text_c(&t, ",\"c\":4}");
  ck_assert_str_eq(refusal(t.text, t.len).path, "/c");
}
END_TEST

START_TEST(nesting_ends_at_64_levels) {
  char text[200], path[200];
  billing_error err;

  memset(text, '[', 64);
  memset(text + 64, ']', 64);
  ck_assert_ptr_nonnull(canonical(text, 128, &err));
  memset(text, '[', 65);
  memset(text + 65, ']', 65);
  err = refusal(text, 130);
  ck_assert_int_eq(err.code, BILLING_LIMIT);
  for (size_t i = 0; i < 64; i++) memcpy(path + 2 * i, "/0", 3);
  ck_assert_str_eq(err.path, path);
  ck_assert_int_eq(atoi(strrchr(err.message, ' ')), 64);
}
END_TEST

START_TEST(depth_costs_no_stack) {
  size_t len = 10 * 1000 * 1000;
  char *text = bl_arena_take(&arena, len);

  memset(text, '[', len);
  ck_assert_int_eq(bl_json_check(text, len, NULL), BILLING_LIMIT);
}
END_TEST

START_TEST(a_long_string_of_escapes_is_read) {
  bl_text t;
  bl_json *tree;

  bl_text_open(&t, &arena);
  bl_text_c(&t, "\"");
  for (int i = 0; i < 100000; i++) bl_text_c(&t, "\\u20acx");
  bl_text_c(&t, "\"");
  ck_assert_int_eq(bl_json_read(t.text, t.len, &tree, NULL), BILLING_OK);
  ck_assert_uint_eq(bl_json_text(tree).len, 400000);
  bl_json_free(tree);
}
END_TEST

START_TEST(an_error_that_was_there_stays) {
  billing_error err;

  BILLING_INIT(&err);
  bl_error_start(&err);
  bl_fail(&err, BILLING_BUSY, "/x", NULL, "first");
  ck_assert_int_eq(bl_json_check("{", 1, &err), BILLING_INVALID_JSON);
  ck_assert_str_eq(err.message, "first");
}
END_TEST

Suite *test_base_json_read(void) {
  Suite *s = suite_create("base/json_read");
  TCase *t = tcase_create("json_read");

  tcase_add_checked_fixture(t, open_arena, close_arena);
  tcase_add_test(t, the_worked_example);
  tcase_add_test(t, every_kind_of_value_may_stand_alone);
  tcase_add_test(t, numbers_keep_their_text);
  tcase_add_test(t, what_is_not_a_number_is_refused);
  tcase_add_test(t, strings_are_decoded);
  tcase_add_test(t, what_is_not_a_string_is_refused);
  tcase_add_test(t, lone_surrogates_are_refused);
  tcase_add_test(t, invalid_utf8_is_refused);
  tcase_add_test(t, a_raw_nul_is_refused_anywhere);
  tcase_add_test(t, structure_is_checked);
  tcase_add_test(t, paths_are_json_pointers);
  tcase_add_test(t, a_long_path_is_cut);
  tcase_add_test(t, duplicate_members_are_refused);
  tcase_add_test(t, duplicates_are_found_among_many);
  tcase_add_test(t, the_first_of_many_duplicates_is_named);
  tcase_add_test(t, a_hundred_thousand_members_are_read);
  tcase_add_test(t, keys_of_open_levels_do_not_mix);
  tcase_add_test(t, nesting_ends_at_64_levels);
  tcase_add_test(t, depth_costs_no_stack);
  tcase_add_test(t, a_long_string_of_escapes_is_read);
  tcase_add_test(t, an_error_that_was_there_stays);
  suite_add_tcase(s, t);
  return s;
}
