/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/error.h"
#include "base/limit.h"
#include "unit.h"

static billing_error new_error(void) {
  billing_error err;
  BILLING_INIT(&err);
  ck_assert_int_eq(bl_error_start(&err), BILLING_OK);
  return err;
}

START_TEST(a_failure_fills_the_error_and_returns_its_code) {
  billing_error err = new_error();
  bl_str text = BL_STR("1.2.3");
  int rc = bl_fail(&err, BILLING_INVALID, "/amount", "use up to 18 decimals",
                   "%t is not a decimal", &text);

  ck_assert_int_eq(rc, BILLING_INVALID);
  ck_assert_int_eq(err.code, BILLING_INVALID);
  ck_assert_int_eq(err.item, -1);
  ck_assert_str_eq(err.path, "/amount");
  ck_assert_str_eq(err.message, "1.2.3 is not a decimal");
  ck_assert_str_eq(err.hint, "use up to 18 decimals");
}
END_TEST

START_TEST(no_error_struct_is_fine) {
  ck_assert_int_eq(bl_error_start(NULL), BILLING_OK);
  ck_assert_int_eq(bl_fail(NULL, BILLING_BUSY, "", NULL, "x"), BILLING_BUSY);
  ck_assert_int_eq(bl_fail_at(NULL, BILLING_BUSY, "", "a", NULL, "x"),
                   BILLING_BUSY);
  ck_assert_int_eq(bl_fail_code(NULL, BILLING_BUSY), BILLING_BUSY);
}
END_TEST

START_TEST(the_first_failure_wins) {
  billing_error err = new_error();

  bl_fail(&err, BILLING_LIMIT, "/a", NULL, "first");
  ck_assert_int_eq(bl_fail(&err, BILLING_BUSY, "/b", "h", "second"),
                   BILLING_BUSY);
  ck_assert_int_eq(bl_fail_code(&err, BILLING_STORE), BILLING_STORE);
  ck_assert_int_eq(err.code, BILLING_LIMIT);
  ck_assert_str_eq(err.path, "/a");
  ck_assert_str_eq(err.message, "first");
  ck_assert_str_eq(err.hint, "");
}
END_TEST

START_TEST(a_start_clears_what_was_there) {
  billing_error err = new_error();

  bl_fail(&err, BILLING_LIMIT, "/a", "b", "c");
  err.item = 5;
  ck_assert_int_eq(bl_error_start(&err), BILLING_OK);
  ck_assert_uint_eq(err.struct_size, sizeof err);
  ck_assert_int_eq(err.code, 0);
  ck_assert_int_eq(err.item, -1);
  ck_assert_str_eq(err.path, "");
  ck_assert_str_eq(err.message, "");
  ck_assert_str_eq(err.hint, "");
}
END_TEST

START_TEST(a_size_that_was_never_released_is_misuse) {
  billing_error err = new_error();

  err.struct_size = sizeof err - 1;
  ck_assert_int_eq(bl_error_start(&err), BILLING_MISUSE);
  err.struct_size = sizeof err + 8;
  ck_assert_int_eq(bl_error_start(&err), BILLING_MISUSE);
  err.struct_size = 0;
  ck_assert_int_eq(bl_error_start(&err), BILLING_MISUSE);
  /* 4 + 4 + 8 + 256 + 512 + 256, final. */
  ck_assert_uint_eq(sizeof err, 1040);
}
END_TEST

START_TEST(a_code_alone_says_something) {
  billing_error err = new_error();

  ck_assert_int_eq(bl_fail_code(&err, BILLING_OK), BILLING_OK);
  ck_assert_int_eq(err.code, 0);
  ck_assert_int_eq(bl_fail_code(&err, BILLING_NOMEM), BILLING_NOMEM);
  ck_assert_int_eq(err.code, BILLING_NOMEM);
  ck_assert_str_eq(err.message, "memory ran out");
  err = new_error();
  ck_assert_int_eq(bl_fail_code(&err, 99), 99);
  ck_assert_str_ne(err.message, "");
}
END_TEST

START_TEST(members_are_escaped_in_paths) {
  billing_error err = new_error();

  bl_fail_at(&err, BILLING_INVALID, "/prices/0", "a/b~c", NULL, "x");
  ck_assert_str_eq(err.path, "/prices/0/a~1b~0c");
  err = new_error();
  bl_fail_at(&err, BILLING_INVALID, "/prices", NULL, NULL, "x");
  ck_assert_str_eq(err.path, "/prices");
  err = new_error();
  bl_fail_at(&err, BILLING_INVALID, "", "", NULL, "x");
  ck_assert_str_eq(err.path, "/");
}
END_TEST

START_TEST(long_paths_are_cut_at_a_character) {
  billing_error err = new_error();
  char member[300];

  memset(member, 'm', sizeof member);
  member[299] = '\0';
  bl_fail_at(&err, BILLING_INVALID, "/p", member, "h", "x");
  ck_assert_uint_eq(strlen(err.path), 255);
  ck_assert_str_eq(err.hint, "h");

  /* "/p/" and 251 bytes leave one byte: too little for e acute, or for ~0. */
  err = new_error();
  memcpy(member + 251, "\xC3\xA9", 3);
  bl_fail_at(&err, BILLING_INVALID, "/p", member, NULL, "x");
  ck_assert_uint_eq(strlen(err.path), 254);
  err = new_error();
  memcpy(member + 251, "~", 2);
  bl_fail_at(&err, BILLING_INVALID, "/p", member, NULL, "x");
  ck_assert_uint_eq(strlen(err.path), 254);
}
END_TEST

START_TEST(long_texts_are_cut) {
  billing_error err = new_error();
  char text[2000];

  memset(text, 't', sizeof text);
  text[1999] = '\0';
  bl_fail(&err, BILLING_INVALID, text, text, "%s", text);
  ck_assert_uint_eq(strlen(err.path), 255);
  ck_assert_uint_eq(strlen(err.message), 511);
  ck_assert_uint_eq(strlen(err.hint), 255);
}
END_TEST

START_TEST(codes_have_names) {
  ck_assert_str_eq(billing_code_name(BILLING_OK), "OK");
  ck_assert_str_eq(billing_code_name(14), "CANCELED");
  ck_assert_str_eq(billing_code_name(263), "DENIED_BALANCE");
  ck_assert_str_eq(billing_code_name(1287), "DENIED_UNPRICED");
  ck_assert_str_eq(billing_code_name(772), "INVALID_JSON");
  /* A detail of a later release: its class. */
  ck_assert_str_eq(billing_code_name(7 + 256 * 99), "DENIED");
  ck_assert_str_eq(billing_code_name(99), "UNKNOWN");
  ck_assert_str_eq(billing_code_name(-1), "UNKNOWN");
  ck_assert_str_eq(billing_code_name(INT32_MIN), "UNKNOWN");
}
END_TEST

START_TEST(limits_are_those_of_the_header) {
  static const int64_t limits[] = {0, 200, 65536, 16777216, 64, 10000, 15,
                                   1000, 1000, 1000, 1, 4096, 64, 10000,
                                   1048576, 8, 0};

  for (uint32_t i = 0; i < BL_COUNT(limits); i++)
    ck_assert_int_eq(billing_limit(i), limits[i]);
  ck_assert_int_eq(billing_limit(UINT32_MAX), 0);
}
END_TEST

START_TEST(the_versions_are_those_of_the_header) {
  ck_assert_uint_eq(billing_abi_version(), BILLING_ABI_VERSION);
  ck_assert_str_eq(billing_version(), BILLING_VERSION);
}
END_TEST

Suite *test_base_error(void) {
  Suite *s = suite_create("base/error");
  TCase *t = tcase_create("error");

  tcase_add_test(t, a_failure_fills_the_error_and_returns_its_code);
  tcase_add_test(t, no_error_struct_is_fine);
  tcase_add_test(t, the_first_failure_wins);
  tcase_add_test(t, a_start_clears_what_was_there);
  tcase_add_test(t, a_size_that_was_never_released_is_misuse);
  tcase_add_test(t, a_code_alone_says_something);
  tcase_add_test(t, members_are_escaped_in_paths);
  tcase_add_test(t, long_paths_are_cut_at_a_character);
  tcase_add_test(t, long_texts_are_cut);
  tcase_add_test(t, codes_have_names);
  tcase_add_test(t, limits_are_those_of_the_header);
  tcase_add_test(t, the_versions_are_those_of_the_header);
  suite_add_tcase(s, t);
  return s;
}
