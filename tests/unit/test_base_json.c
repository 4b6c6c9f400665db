/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/json.h"

#include <cJSON.h>

#include "unit.h"

static bl_arena arena;

static void open_arena(void) { bl_arena_open(&arena, NULL); }
static void close_arena(void) { bl_arena_close(&arena); }

static bl_json *read_json(const char *text) {
  bl_json *tree = NULL;

  ck_assert_int_eq(bl_json_read(text, strlen(text), &tree, NULL), BILLING_OK);
  return tree;
}

static const char *print(const bl_json *tree) {
  bl_text t;

  bl_text_open(&t, &arena);
  ck_assert_int_eq(bl_json_print(tree, &t), BILLING_OK);
  return t.text;
}

START_TEST(the_worked_example) {
  bl_json *tree = read_json("{\"b\": 1.50, \"a\": \"\\u00e9\"}");

  ck_assert_str_eq(print(tree), "{\"a\":\"\xC3\xA9\",\"b\":1.50}");
  bl_json_free(tree);
}
END_TEST

START_TEST(a_tree_can_be_walked) {
  bl_json *tree = read_json("{\"z\":[1,\"two\",null,true,false,{}],"
                            "\"a\":-0.5}");
  bl_json *item = bl_json_first(bl_json_get(tree, "z"));
  static const int kinds[] = {BL_JSON_NUMBER, BL_JSON_TEXT, BL_JSON_NULL,
                              BL_JSON_TRUE, BL_JSON_FALSE, BL_JSON_OBJECT};

  ck_assert_int_eq(bl_json_kind(tree), BL_JSON_OBJECT);
  ck_assert_uint_eq(bl_json_count(tree), 2);
  ck_assert_str_eq(bl_json_key(bl_json_first(tree)).text, "z");
  ck_assert_str_eq(bl_json_key(bl_json_next(bl_json_first(tree))).text, "a");
  ck_assert_int_eq(bl_json_kind(bl_json_get(tree, "z")), BL_JSON_ARRAY);
  ck_assert_uint_eq(bl_json_count(bl_json_get(tree, "z")), 6);
  for (size_t i = 0; i < BL_COUNT(kinds); i++, item = bl_json_next(item))
    ck_assert_int_eq(bl_json_kind(item), kinds[i]);
  ck_assert_ptr_null(item);
  ck_assert_str_eq(bl_json_text(bl_json_get(tree, "a")).text, "-0.5");
  ck_assert_uint_eq(bl_json_text(bl_json_get(tree, "a")).len, 4);
  ck_assert_ptr_null(bl_json_text(tree).text);
  ck_assert_ptr_null(bl_json_key(tree).text);
  bl_json_free(tree);
}
END_TEST

START_TEST(names_are_told_apart_by_case) {
  bl_json *tree = read_json("{\"Key\":1,\"key\":2}");

  ck_assert_str_eq(bl_json_text(bl_json_get(tree, "key")).text, "2");
  ck_assert_ptr_null(bl_json_get(tree, "KEY"));
  ck_assert_ptr_null(bl_json_get(bl_json_get(tree, "key"), "key"));
  bl_json_remove(tree, "KEY");
  bl_json_remove(tree, "Key");
  ck_assert_str_eq(print(tree), "{\"key\":2}");
  bl_json_remove(tree, "key");
  ck_assert_str_eq(print(tree), "{}");
  bl_json_free(tree);
}
END_TEST

START_TEST(nothing_has_nothing_inside) {
  bl_json_free(NULL);
  ck_assert_int_eq(bl_json_kind(NULL), BL_JSON_NULL);
  ck_assert_uint_eq(bl_json_count(NULL), 0);
  ck_assert_ptr_null(bl_json_first(NULL));
  ck_assert_ptr_null(bl_json_next(NULL));
  ck_assert_ptr_null(bl_json_get(NULL, "x"));
  ck_assert_ptr_null(bl_json_text(NULL).text);
}
END_TEST

START_TEST(decimals_come_from_numbers_and_strings) {
  bl_json *tree = read_json("[\"0.10\",12.5e1,-0,\"abc\",true,1e-19,"
                            "\"100000000000000000000\",\" 1\",\"\"]");
  static const char *const expected[] = {"0.1", "125", "0", NULL, NULL, NULL,
                                         NULL, NULL, NULL};
  const bl_json *item = bl_json_first(tree);

  for (size_t i = 0; i < BL_COUNT(expected); i++, item = bl_json_next(item)) {
    bl_dec v = D("77");

    ck_assert_int_eq(bl_json_dec(item, &v), expected[i] != NULL);
    ck_assert_dec_eq(v, expected[i] ? expected[i] : "77");
  }
  bl_json_free(tree);
}
END_TEST

START_TEST(integers_are_whole_and_fit) {
  bl_json *tree = read_json("[5,\"5\",5.0,5e0,-9223372036854775808,"
                            "9223372036854775807,5.5,9223372036854775808,"
                            "-9223372036854775809,null,\"x\"]");
  static const int64_t expected[] = {5, 5, 5, 5, INT64_MIN, INT64_MAX,
                                     0, 0, 0, 0, 0};
  const bl_json *item = bl_json_first(tree);

  for (size_t i = 0; i < BL_COUNT(expected); i++, item = bl_json_next(item)) {
    int64_t v = 77;

    ck_assert_int_eq(bl_json_int(item, &v), i < 6);
    ck_assert_int_eq(v, i < 6 ? expected[i] : 77);
  }
  bl_json_free(tree);
}
END_TEST

START_TEST(instants_are_text_or_microseconds) {
  /* 2026-01-31T00:00:00Z is 1769817600 seconds after 1970 (date -u). */
  bl_json *tree = read_json("[\"2026-01-31T00:00:00Z\",\"2026-01-31\","
                            "1769817600000000,1.5,\"1769817600000000\","
                            "253402300800000000,null]");
  const bl_json *item = bl_json_first(tree);

  for (int i = 0; i < 7; i++, item = bl_json_next(item)) {
    int64_t us = 77;

    ck_assert_int_eq(bl_json_time(item, &us), i < 3);
    ck_assert_int_eq(us, i < 3 ? INT64_C(1769817600000000) : 77);
  }
  bl_json_free(tree);
}
END_TEST

static bl_json *written(void) {
  bl_json *doc = bl_json_object(NULL, NULL);
  bl_json *list = bl_json_array(doc, "list");
  bl_json *line = bl_json_object(list, NULL);

  bl_json_add_text(line, "text", (bl_str){"a\"bc", 3});
  bl_json_add_c(line, "c", "x");
  bl_json_add_null(list, NULL);
  bl_json_add_int(list, NULL, INT64_MIN);
  bl_json_add_dec(doc, "dec", D("12.50"));
  bl_json_add_time(doc, "at", INT64_C(1769817600000000));
  bl_json_add_bool(doc, "yes", 5);
  bl_json_add_bool(doc, "no", 0);
  bl_json_add(doc, (bl_str){"numbers", 6}, BL_JSON_NUMBER, BL_STR("1e3"));
  bl_json_add_copy(doc, "copy", line);
  bl_json_add_copy(list, NULL, bl_json_get(doc, "dec"));
  return doc;
}

static const char written_text[] =
  "{\"at\":\"2026-01-31T00:00:00Z\",\"copy\":{\"c\":\"x\",\"text\":\"a\\\"b\"}"
  ",\"dec\":\"12.5\",\"list\":[{\"c\":\"x\",\"text\":\"a\\\"b\"},null,"
  "-9223372036854775808,\"12.5\"],\"no\":false,\"number\":1e3,\"yes\":true}";

START_TEST(a_tree_can_be_written) {
  bl_json *doc = written();

  ck_assert_str_eq(print(doc), written_text);
  bl_json_free(doc);
}
END_TEST

START_TEST(a_copy_is_a_root_of_its_own) {
  bl_json *doc = written();
  bl_json *copy = bl_json_add_copy(NULL, NULL, bl_json_get(doc, "copy"));

  bl_json_free(doc);
  ck_assert_ptr_null(bl_json_key(copy).text);
  ck_assert_str_eq(print(copy), "{\"c\":\"x\",\"text\":\"a\\\"b\"}");
  bl_json_free(copy);
}
END_TEST

/* Bytes above 0x7F sort behind all others; a prefix sorts before. */
START_TEST(canonical_members_are_sorted_by_bytes) {
  bl_json *tree = read_json("{\"b\":1,\"\xC3\xA9\":2,\"a\":3,\"B\":4,\"\":5,"
                            "\"aa\":6,\"~\":7,\"\\u0001\":8,\"\\uFF01\":9,"
                            "\"\xF0\x9F\x92\xB6\":10}");

  ck_assert_str_eq(print(tree),
                   "{\"\":5,\"\\u0001\":8,\"B\":4,\"a\":3,\"aa\":6,\"b\":1,"
                   "\"~\":7,\"\xC3\xA9\":2,\"\xEF\xBC\x81\":9,"
                   "\"\xF0\x9F\x92\xB6\":10}");
  bl_json_free(tree);
}
END_TEST

START_TEST(canonical_text_reads_back_to_itself) {
  bl_json *doc = bl_json_object(NULL, NULL), *again;
  const char *text;

  for (int64_t i = 0; i < 100; i++) {
    char key[BL_INT_TEXT];

    bl_int_print(i * 7919 % 100, key);
    bl_json_add_int(doc, key, i);
  }
  text  = print(doc);
  again = read_json(text);
  ck_assert_str_eq(print(again), text);
  ck_assert_int_eq(strncmp(text, "{\"0\":0,\"1\":", 11), 0);
  bl_json_free(again);
  bl_json_free(doc);
}
END_TEST

START_TEST(pretty_text_is_for_people) {
  bl_json *tree = read_json("{\"b\":[1,{\"x\":\"y\"},[],{}],\"a\":null}");
  bl_text t;

  bl_text_open(&t, &arena);
  ck_assert_int_eq(bl_json_pretty(tree, &t), BILLING_OK);
  ck_assert_str_eq(t.text,
                   "{\n"
                   "  \"b\": [\n"
                   "    1,\n"
                   "    {\n"
                   "      \"x\": \"y\"\n"
                   "    },\n"
                   "    [],\n"
                   "    {}\n"
                   "  ],\n"
                   "  \"a\": null\n"
                   "}");
  bl_json_free(tree);
}
END_TEST

/* cJSON's allocator that says no after `left` requests. */
static size_t left, live;

static void *tight_malloc(size_t size) {
  if (left == 0) return NULL;
  left--;
  live++;
  return malloc(size);
}

static void tight_free(void *p) {
  if (p) live--;
  free(p);
}

static void with_tight_memory(size_t requests) {
  cJSON_Hooks hooks = {tight_malloc, tight_free};

  left = requests;
  live = 0;
  cJSON_InitHooks(&hooks);
}

START_TEST(a_tree_that_lacks_something_does_not_print) {
  size_t n = 0;
  int rc;

  do {
    bl_text t;
    bl_json *doc;

    with_tight_memory(n++);
    bl_text_open(&t, &arena);
    doc = written();
    rc  = bl_json_print(doc, &t);
    if (!rc) ck_assert_str_eq(t.text, written_text);
    if (rc) ck_assert_int_eq(rc, BILLING_NOMEM);
    if (rc) ck_assert_uint_eq(left, 0);
    bl_json_free(doc);
    ck_assert_uint_eq(live, 0);
    cJSON_InitHooks(NULL);
  } while (rc && n < 1000);
  ck_assert_uint_gt(n, 30);
  ck_assert_uint_lt(n, 1000);
}
END_TEST

START_TEST(a_lost_node_takes_everything) {
  bl_json *lost;

  with_tight_memory(0);
  lost = bl_json_array(NULL, NULL);
  cJSON_InitHooks(NULL);
  ck_assert_ptr_nonnull(lost);
  ck_assert(bl_json_is_lost(lost));
  ck_assert(bl_json_is_lost(bl_json_object(lost, NULL)));
  ck_assert(bl_json_is_lost(bl_json_add_int(lost, NULL, 1)));
  ck_assert(bl_json_is_lost(bl_json_add_copy(NULL, NULL, lost)));
  ck_assert(bl_json_is_lost(bl_json_object(NULL, "of a parent")));
  ck_assert_int_eq(bl_json_kind(lost), BL_JSON_NULL);
  bl_json_remove(lost, "x");
  bl_json_free(lost);
}
END_TEST

START_TEST(reading_without_memory_leaves_nothing_behind) {
  static const char text[] =
    "{\"a\":[1,\"x\\ny\",{\"\\u0062\":null}],\"c\":{}}";
  size_t n = 0;
  int rc;

  do {
    bl_json *tree = NULL;
    billing_error err;

    BILLING_INIT(&err);
    bl_error_start(&err);
    with_tight_memory(n++);
    rc = bl_json_read(text, strlen(text), &tree, &err);
    if (rc) {
      ck_assert_int_eq(rc, BILLING_NOMEM);
      ck_assert_int_eq(err.code, BILLING_NOMEM);
      ck_assert_ptr_null(tree);
      ck_assert_uint_eq(live, 0);
    }
    bl_json_free(tree);
    ck_assert_uint_eq(live, 0);
    cJSON_InitHooks(NULL);
  } while (rc && n < 100);
  /* Seven nodes, two texts, three names. */
  ck_assert_uint_eq(n, 12 + 1);
}
END_TEST

START_TEST(printing_without_memory_fails) {
  bl_json *doc = written();
  billing_allocator host = {NULL, NULL};
  bl_arena none;
  bl_text t;

  bl_arena_open(&none, &host);
  bl_text_open(&t, &none);
  t.failed = 1;
  ck_assert_int_eq(bl_json_print(doc, &t), BILLING_NOMEM);
  ck_assert_int_eq(bl_json_print(NULL, &t), BILLING_NOMEM);
  bl_arena_close(&none);
  bl_json_free(doc);
}
END_TEST

Suite *test_base_json(void) {
  Suite *s = suite_create("base/json");
  TCase *t = tcase_create("json");

  tcase_add_checked_fixture(t, open_arena, close_arena);
  tcase_add_test(t, the_worked_example);
  tcase_add_test(t, a_tree_can_be_walked);
  tcase_add_test(t, names_are_told_apart_by_case);
  tcase_add_test(t, nothing_has_nothing_inside);
  tcase_add_test(t, decimals_come_from_numbers_and_strings);
  tcase_add_test(t, integers_are_whole_and_fit);
  tcase_add_test(t, instants_are_text_or_microseconds);
  tcase_add_test(t, a_tree_can_be_written);
  tcase_add_test(t, a_copy_is_a_root_of_its_own);
  tcase_add_test(t, canonical_members_are_sorted_by_bytes);
  tcase_add_test(t, canonical_text_reads_back_to_itself);
  tcase_add_test(t, pretty_text_is_for_people);
  tcase_add_test(t, a_tree_that_lacks_something_does_not_print);
  tcase_add_test(t, a_lost_node_takes_everything);
  tcase_add_test(t, reading_without_memory_leaves_nothing_behind);
  tcase_add_test(t, printing_without_memory_fails);
  suite_add_tcase(s, t);
  return s;
}
