/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/json_scan.h"

#include <stdio.h>

#include "documents.h"
#include "support/scan_same.h"

Suite *test_base_json_scan(void);

static bl_members members;

/* The code of scanning a text as it stands. */
static int scan(const char *text) {
  bl_members_open(&members, &doc_arena);
  BILLING_INIT(&doc_err);
  return bl_json_scan(bl_str_of(text), &members, &doc_err);
}

static const bl_member *member(const char *name) {
  return bl_members_get(&members, bl_str_of(name));
}

/* Both scanners and both readers of trees must agree, wherever it lies. */
static void check_same(const char *text, size_t len) {
  for (size_t shift = 0; shift < 3; shift++) {
    const char *why = scan_difference(text, len, shift);

    ck_assert_msg(!why, "%s, in %.*s", why, (int)len, text);
  }
}

static void check_is(const bl_member *m, uint32_t kind, const char *value,
                     uint32_t at, uint32_t len) {
  ck_assert_ptr_nonnull(m);
  ck_assert_uint_eq(m->kind, kind);
  ck_assert_text_eq(m->value, value);
  ck_assert_uint_eq(m->at, at);
  ck_assert_uint_eq(m->len, len);
}

START_TEST(the_worked_example) {
  bl_dec tokens;

  ck_assert_int_eq(scan("{\"model\":\"m1\",\"tokens\":12}"), 0);
  ck_assert_uint_eq(members.count, 2);
  check_is(member("model"), BL_JSON_TEXT, "m1", 10, 2);
  check_is(member("tokens"), BL_JSON_NUMBER, "12", 23, 2);
  ck_assert_ptr_null(member("token"));
  ck_assert(bl_member_dec(member("tokens"), &tokens));
  ck_assert_dec_eq(tokens, "12");
}
END_TEST

START_TEST(every_kind_of_value_is_told) {
  ck_assert_int_eq(scan(" { \"a\" : null , \"b\":true,\"c\": false,\"d\":-1.50"
                        "e+07 ,\"e\":\"\",\"\":\"f\",\"g\":[1, {}],"
                        "\"h\":{\"a\":2}} "), 0);
  ck_assert_uint_eq(members.count, 8);
  check_is(member("a"), BL_JSON_NULL, "null", 9, 4);
  check_is(member("b"), BL_JSON_TRUE, "true", 20, 4);
  check_is(member("c"), BL_JSON_FALSE, "false", 30, 5);
  check_is(member("d"), BL_JSON_NUMBER, "-1.50e+07", 40, 9);
  check_is(member("e"), BL_JSON_TEXT, "", 56, 0);
  check_is(member(""), BL_JSON_TEXT, "f", 62, 1);
  check_is(member("g"), BL_JSON_ARRAY, "[1, {}]", 69, 7);
  check_is(member("h"), BL_JSON_OBJECT, "{\"a\":2}", 81, 7);
}
END_TEST

START_TEST(an_object_may_be_empty) {
  ck_assert_int_eq(scan("{}"), 0);
  ck_assert_uint_eq(members.count, 0);
  ck_assert_int_eq(scan(" {  }  "), 0);
  ck_assert_uint_eq(members.count, 0);
  ck_assert_int_eq(scan("\n{\t}\r\n"), 0);
  ck_assert_uint_eq(members.count, 0);
}
END_TEST

START_TEST(escapes_are_decoded_and_their_place_is_told) {
  ck_assert_int_eq(scan("{\"k\\u0065y\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\","
                        "\"e\":\"\\u00E9\\u20ac\\uD83d\\uDcB6x\"}"), 0);
  check_is(member("key"), BL_JSON_TEXT, "\"\\/\b\f\n\r\t", 13, 16);
  check_is(member("e"), BL_JSON_TEXT, "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x92\xB6x",
           36, 25);
}
END_TEST

START_TEST(the_list_is_used_again) {
  static const char large[] =
    "{\"a\":1,\"b\":2,\"c\":3,\"d\":4,\"e\":5,\"f\":6,\"g\":7,\"h\":8,"
    "\"i\":9}";
  const bl_member *item;
  size_t used;

  ck_assert_int_eq(scan(large), 0);
  item = members.item;
  used = doc_arena.used;
  for (int i = 0; i < 3; i++) {
    ck_assert_int_eq(bl_json_scan(BL_STR("{\"i\":\"x\"}"), &members, NULL), 0);
    ck_assert_uint_eq(members.count, 1);
    ck_assert(bl_str_is(member("i")->value, "x"));
    ck_assert_ptr_null(member("a"));
    ck_assert_int_eq(bl_json_scan(bl_str_of(large), &members, NULL), 0);
    ck_assert_uint_eq(members.count, 9);
  }
  ck_assert_ptr_eq(members.item, item);
  ck_assert_uint_eq(doc_arena.used, used);
}
END_TEST

/* ---- refusals ---- */

static const struct refusal {
  const char *text;
  int         code;
  const char *path;
  const char *words;                  /* somewhere in the message */
} refusals[] = {
  {"", BILLING_INVALID_JSON, "", "ends too early"},
  {" ", BILLING_INVALID_JSON, "", "ends too early"},
  {"{", BILLING_INVALID_JSON, "", "ends too early"},
  {"}", BILLING_INVALID_JSON, "", "value is expected at byte offset 0"},
  {"[]", BILLING_INVALID_JSON, "", "an object is needed"},
  {"\"{}\"", BILLING_INVALID_JSON, "", "an object is needed"},
  {" 12", BILLING_INVALID_JSON, "", "an object is needed"},
  {"{}}", BILLING_INVALID_JSON, "", "text after the value"},
  {"{},{}", BILLING_INVALID_JSON, "", "text after the value"},
  {"{} {}", BILLING_INVALID_JSON, "", "text after the value"},
  {"\xEF\xBB\xBF{}", BILLING_INVALID_JSON, "", "byte offset 0"},
  {"{a:1}", BILLING_INVALID_JSON, "", "name in quotes"},
  {"{'a':1}", BILLING_INVALID_JSON, "", "name in quotes"},
  {"{1:1}", BILLING_INVALID_JSON, "", "name in quotes"},
  {"{\"a\"}", BILLING_INVALID_JSON, "/a", "a colon"},
  {"{\"a\" 1}", BILLING_INVALID_JSON, "/a", "a colon"},
  {"{\"a\"::1}", BILLING_INVALID_JSON, "/a", "value is expected"},
  {"{\"a\":}", BILLING_INVALID_JSON, "/a", "value is expected"},
  {"{\"a\":,}", BILLING_INVALID_JSON, "/a", "value is expected"},
  {"{\"a\":1,}", BILLING_INVALID_JSON, "", "name in quotes"},
  {"{,\"a\":1}", BILLING_INVALID_JSON, "", "name in quotes"},
  {"{\"a\":1,,\"b\":2}", BILLING_INVALID_JSON, "", "name in quotes"},
  {"{\"a\":1 \"b\":2}", BILLING_INVALID_JSON, "", "a comma or }"},
  {"{\"a\":1;\"b\":2}", BILLING_INVALID_JSON, "", "a comma or }"},
  {"{\"a\":1", BILLING_INVALID_JSON, "", "ends too early"},
  {"{\"a\":\"x}", BILLING_INVALID_JSON, "/a", "ends too early"},
  {"{\"a\":\"x\"\"}", BILLING_INVALID_JSON, "", "a comma or }"},
  {"{\"a\":\"}", BILLING_INVALID_JSON, "/a", "ends too early"},
  {"{\"a}", BILLING_INVALID_JSON, "", "ends too early"},
  {"{\"}", BILLING_INVALID_JSON, "", "ends too early"},
  {"{\"a\":1,\"a\":1}", BILLING_INVALID_JSON, "/a", "twice"},
  {"{\"\":1,\"b\":2,\"\":3}", BILLING_INVALID_JSON, "/", "twice"},
  {"{\"a\":1,\"\\u0061\":1}", BILLING_INVALID_JSON, "/a", "twice"},
  {"{\"a\":{\"b\":1,\"b\":1}}", BILLING_INVALID_JSON, "/a/b", "twice"},
  {"{\"a\":01}", BILLING_INVALID_JSON, "/a", "leading zero"},
  {"{\"a\":-}", BILLING_INVALID_JSON, "/a", "without digits"},
  {"{\"a\":-a}", BILLING_INVALID_JSON, "/a", "without digits"},
  {"{\"a\":+1}", BILLING_INVALID_JSON, "/a", "value is expected"},
  {"{\"a\":.5}", BILLING_INVALID_JSON, "/a", "value is expected"},
  {"{\"a\":1.}", BILLING_INVALID_JSON, "/a", "behind the point"},
  {"{\"a\":1.e5}", BILLING_INVALID_JSON, "/a", "behind the point"},
  {"{\"a\":1e}", BILLING_INVALID_JSON, "/a", "in the exponent"},
  {"{\"a\":1e+}", BILLING_INVALID_JSON, "/a", "in the exponent"},
  {"{\"a\":1e+-5}", BILLING_INVALID_JSON, "/a", "in the exponent"},
  {"{\"a\":0x1}", BILLING_INVALID_JSON, "", "a comma or }"},
  {"{\"a\":1.5.5}", BILLING_INVALID_JSON, "", "a comma or }"},
  {"{\"a\":NaN}", BILLING_INVALID_JSON, "/a", "value is expected"},
  {"{\"a\":True}", BILLING_INVALID_JSON, "/a", "value is expected"},
  {"{\"a\":tru}", BILLING_INVALID_JSON, "/a", "value is expected"},
  {"{\"a\":t}", BILLING_INVALID_JSON, "/a", "value is expected"},
  {"{\"a\":truee}", BILLING_INVALID_JSON, "", "a comma or }"},
  {"{\"a\":true\"\"}", BILLING_INVALID_JSON, "", "a comma or }"},
  {"{\"a\":fals}", BILLING_INVALID_JSON, "/a", "value is expected"},
  {"{\"a\":nul}", BILLING_INVALID_JSON, "/a", "value is expected"},
  {"{\"a\":\"x\ny\"}", BILLING_INVALID_JSON, "/a", "control character"},
  {"{\"a\":\"\x1f\"}", BILLING_INVALID_JSON, "/a", "control character"},
  {"{\"a\x01\":1}", BILLING_INVALID_JSON, "", "control character"},
  {"{\"a\":\"\\x\"}", BILLING_INVALID_JSON, "/a", "escape"},
  {"{\"a\":\"\\\"}", BILLING_INVALID_JSON, "/a", "ends too early"},
  {"{\"a\":\"\\u00g0\"}", BILLING_INVALID_JSON, "/a", "hexadecimal"},
  {"{\"a\":\"\\u0000\"}", BILLING_INVALID_JSON, "/a", "NUL"},
  {"{\"a\\u0000\":1}", BILLING_INVALID_JSON, "", "NUL"},
  {"{\"a\":\"\\ud800\"}", BILLING_INVALID_JSON, "/a", "surrogate"},
  {"{\"a\":\"\\udc00\\ud800\"}", BILLING_INVALID_JSON, "/a", "surrogate"},
  {"{\"a\":\"\x80\"}", BILLING_INVALID_JSON, "/a", "UTF-8"},
  {"{\"a\":\"\xC3\"}", BILLING_INVALID_JSON, "/a", "UTF-8"},
  {"{\"a\":\"\xC0\x80\"}", BILLING_INVALID_JSON, "/a", "UTF-8"},
  {"{\"a\":\"\xED\xA0\x80\"}", BILLING_INVALID_JSON, "/a", "UTF-8"},
  {"{\"a\":\"\xF4\x90\x80\x80\"}", BILLING_INVALID_JSON, "/a", "UTF-8"},
  {"{\"a\":\"\xC3\xA9\xFF\"}", BILLING_INVALID_JSON, "/a", "UTF-8"},
  {"{\"a\":\"\xC3\xA9\xA9\"}", BILLING_INVALID_JSON, "/a", "UTF-8"},
  {"{\"\xFF\":1}", BILLING_INVALID_JSON, "", "UTF-8"},
  {"{\"a\":1\xC3\xA9}", BILLING_INVALID_JSON, "", "a comma or }"},
  {"{\"a\":1\v}", BILLING_INVALID_JSON, "", "a comma or }"},
  {"{\xC2\xA0\"a\":1}", BILLING_INVALID_JSON, "", "name in quotes"},
};

START_TEST(what_is_not_an_object_is_refused) {
  const struct refusal *r = &refusals[_i];

  ck_assert_msg(scan(r->text) == r->code, "was read: %s", r->text);
  ck_assert_int_eq(doc_err.code, r->code);
  ck_assert_uint_eq(members.count, 0);
  ck_assert_msg(!strcmp(doc_err.path, r->path), "%s: path %s", r->text,
                doc_err.path);
  ck_assert_msg(strstr(doc_err.message, r->words) != NULL, "%s: %s", r->text,
                doc_err.message);
  check_same(r->text, strlen(r->text));
}
END_TEST

START_TEST(a_nul_is_refused_wherever_it_stands) {
  char text[] = "{ \"a\" : \"b\" , \"c\" : 1 } ";

  for (size_t i = 0; i < sizeof text - 1; i++) {
    char kept = text[i];

    text[i] = '\0';
    bl_members_open(&members, &doc_arena);
    ck_assert_int_eq(bl_json_scan((bl_str){text, sizeof text - 1}, &members,
                                  NULL), BILLING_INVALID_JSON);
    check_same(text, sizeof text - 1);
    text[i] = kept;
  }
}
END_TEST

START_TEST(values_are_nested_as_deep_as_elsewhere) {
  char text[200] = "{\"a\":";

  for (int depth = 62; depth <= 65; depth++) {
    memset(text + 5, '[', (size_t)depth);
    memset(text + 5 + depth, ']', (size_t)depth);
    strcpy(text + 5 + 2 * depth, "}");
    ck_assert_int_eq(scan(text), depth < 64 ? 0 : BILLING_LIMIT);
    if (depth < 64) ck_assert_uint_eq(member("a")->len, 2 * (size_t)depth);
    check_same(text, strlen(text));
  }
}
END_TEST

/* ---- both roads, and where they part ---- */

/* Where blocks begin and end must not matter. */
static void check_lengths(const char *format, const char *inside) {
  char text[400];
  char fill[160];

  for (size_t n = 0; n < 150; n++) {
    memset(fill, 'x', sizeof fill);
    fill[n] = '\0';
    snprintf(text, sizeof text, format, fill, inside);
    check_same(text, strlen(text));
    for (size_t len = strlen(text); n % 7 == 0 && len-- > 0;)
      check_same(text, len);
  }
}

START_TEST(a_text_may_have_any_length) {
  check_lengths("{\"a\":\"%s\",\"b\":12%s}", "");
  check_lengths("{\"%s\":1,\"b\":true%s}", "");
  check_lengths("{\"%s\":null,\"b\":\"%s\"}", "\xC3\xA9\xF0\x9F\x92\xB6");
  check_lengths("{\"%s\":1,\"b\":\"%s\"}", "\xF0\x9F\x92");
  check_lengths("{\"a\":\"%s\",\"b\":\"%s\"}", "\\n\\\"\\\\");
  check_lengths("{\"a\":\"%s\",\"b\":%s}", "{\"c\":[1,\"}\"]}");
  check_lengths("{\"a\":\"%s\",\"b\":\"%s\"}", "\x1F");
  check_lengths("{\"a\":\"%s\",\"a\":1%s}", "");
  check_lengths("{\"a\":\"%s\",\"b\":1%s", "");
}
END_TEST

START_TEST(any_byte_may_stand_anywhere) {
  char text[] = "{\"model\":\"gpt\",\"tokens\": 120,\"cached\":true,"
                "\"region\":\"eu-west-1\",\"price\":-0.5e3}";
  size_t len = sizeof text - 1;

  ck_assert_uint_gt(len, 64);
  for (size_t i = 0; i < len; i++) {
    char kept = text[i];

    for (int c = 0; c < 256; c++) {
      const char *why;

      text[i] = (char)c;
      why = scan_difference(text, len, i % 16);
      ck_assert_msg(!why, "%s, %d at %d", why, c, (int)i);
    }
    text[i] = kept;
  }
}
END_TEST

START_TEST(a_long_text_is_read_too) {
  char *text = malloc(70000);

  for (size_t n = 1000; n < 1050; n++) {
    memset(text, 'x', n);
    memcpy(text, "{\"a\":\"", 6);
    memcpy(text + n - 2, "\"}", 2);
    check_same(text, n);
  }
  memset(text, ' ', 65536);
  memcpy(text, "{\"a\":1}", 7);
  check_same(text, 65536);
  free(text);
}
END_TEST

/* Names of one length, first and last byte; the last one may be there. */
static size_t many_members(char *text, int count, int last) {
  size_t len = 1;

  text[0] = '{';
  for (int i = 0; i < count; i++)
    len += (size_t)sprintf(text + len, "%s\"k%03dz\":%d", i ? "," : "",
                           i == count - 1 ? last : i, i);
  strcpy(text + len, "}");
  return len + 1;
}

START_TEST(a_name_is_there_once_among_any_number) {
  char text[4000];

  for (int count = 1; count < 200; count += count < 40 ? 1 : 40) {
    check_same(text, many_members(text, count, count - 1));
    ck_assert_int_eq(scan(text), 0);
    ck_assert_uint_eq(members.count, (size_t)count);
    for (int twice = 0; twice < count - 1; twice += 5) {
      check_same(text, many_members(text, count, twice));
      ck_assert_int_eq(scan(text), BILLING_INVALID_JSON);
    }
  }
}
END_TEST

START_TEST(a_value_is_printed_canonically) {
  static const char *const names[] = {"a", "b", "c", "d", "e"};
  bl_text out;

  bl_text_open(&out, &doc_arena);
  ck_assert_int_eq(scan("{\"a\":\"x/\x7f\xC3\xA9\","
                        "\"b\":\"\\/\\u000a\\u00e9\","
                        "\"c\":{\"z\":[ 1.50 ],\"y\":null},\"d\":1E+05,"
                        "\"e\":true}"), 0);
  for (size_t i = 0; i < BL_COUNT(names); i++) {
    bl_text_c(&out, " ");
    ck_assert_int_eq(bl_member_print(member(names[i]), &out), 0);
  }
  ck_assert_str_eq(out.text,
                   " \"x/\x7f\xC3\xA9\" \"/\\n\xC3\xA9\""
                   " {\"y\":null,\"z\":[1.50]} 1E+05 true");
}
END_TEST

START_TEST(decimals_are_of_numbers_and_texts) {
  bl_dec v = BL_DEC_ONE;

  ck_assert_int_eq(scan("{\"a\":\"2.5\",\"b\":1e3,\"c\":true,\"d\":\"x\","
                        "\"e\":[1],\"f\":1e99}"), 0);
  ck_assert(bl_member_dec(member("a"), &v));
  ck_assert_dec_eq(v, "2.5");
  ck_assert(bl_member_dec(member("b"), &v));
  ck_assert_dec_eq(v, "1000");
  ck_assert(!bl_member_dec(member("c"), &v));
  ck_assert(!bl_member_dec(member("d"), &v));
  ck_assert(!bl_member_dec(member("e"), &v));
  ck_assert(!bl_member_dec(member("f"), &v));
}
END_TEST

START_TEST(memory_that_runs_out_is_said) {
  static const char *const texts[] = {
    "{\"a\":1,\"b\":2}", "{\"a\":[1],\"b\\n\":\"\\n\",\"c\":\"\\t\"}",
    "{\"1\":1,\"2\":1,\"3\":1,\"4\":1,\"5\":1,\"6\":1,\"7\":1,\"8\":1,"
    "\"9\":1}",
  };

  for (size_t i = 0; i < BL_COUNT(texts); i++) {
    size_t steps = 0;
    int rc = BILLING_NOMEM;

    for (; rc; steps++) {
      bl_members few;
      bl_arena narrow;
      int blocks;

      BILLING_INIT(&doc_err);
      doc_narrow(&narrow, &blocks, steps);
      bl_members_open(&few, &narrow);
      rc = bl_json_scan(bl_str_of(texts[i]), &few, &doc_err);
      ck_assert(rc == 0 || rc == BILLING_NOMEM);
      ck_assert_int_eq(doc_err.code, rc);
      ck_assert(!rc == (few.count > 0));
      bl_arena_close(&narrow);
    }
    ck_assert_uint_gt(steps, 3);
  }
}
END_TEST

Suite *test_base_json_scan(void) {
  Suite *s = suite_create("base/json_scan");
  TCase *t = documents_case(s);

  tcase_set_timeout(t, 60);
  tcase_add_test(t, the_worked_example);
  tcase_add_test(t, every_kind_of_value_is_told);
  tcase_add_test(t, an_object_may_be_empty);
  tcase_add_test(t, escapes_are_decoded_and_their_place_is_told);
  tcase_add_test(t, the_list_is_used_again);
  tcase_add_loop_test(t, what_is_not_an_object_is_refused, 0,
                      (int)BL_COUNT(refusals));
  tcase_add_test(t, a_nul_is_refused_wherever_it_stands);
  tcase_add_test(t, values_are_nested_as_deep_as_elsewhere);
  tcase_add_test(t, a_text_may_have_any_length);
  tcase_add_test(t, any_byte_may_stand_anywhere);
  tcase_add_test(t, a_long_text_is_read_too);
  tcase_add_test(t, a_name_is_there_once_among_any_number);
  tcase_add_test(t, a_value_is_printed_canonically);
  tcase_add_test(t, decimals_are_of_numbers_and_texts);
  tcase_add_test(t, memory_that_runs_out_is_said);
  return s;
}
