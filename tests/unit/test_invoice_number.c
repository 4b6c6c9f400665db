/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "invoice/invoice.h"
#include "unit.h"

static void expect_number(const char *prefix, uint64_t n, const char *text) {
  bl_arena arena;
  bl_str number;
  bl_arena_open(&arena, NULL);
  number = bl_invoice_number(bl_str_of(prefix), n, &arena);
  ck_assert_uint_eq(number.len, strlen(text));
  ck_assert_str_eq(number.text, text);
  bl_arena_close(&arena);
}

START_TEST(one_has_six_digits_and_a_million_more) {
  expect_number("INV-", 1, "INV-000001");
  expect_number("INV-", 1234567, "INV-1234567");
}
END_TEST

START_TEST(bounds_of_six_digits) {
  expect_number("", 0, "000000");
  expect_number("A", 999999, "A999999");
  expect_number("A", 1000000, "A1000000");
  expect_number("A", 100000, "A100000");
  expect_number("A", UINT64_MAX, "A18446744073709551615");
}
END_TEST

static void *refuse(void *user, void *ptr, size_t old_size, size_t new_size) {
  (void)user;
  (void)ptr;
  (void)old_size;
  (void)new_size;
  return NULL;
}

START_TEST(a_number_without_memory_is_null) {
  billing_allocator none = {refuse, NULL};
  bl_arena arena;
  bl_arena_open(&arena, &none);
  ck_assert_ptr_null(bl_invoice_number(BL_STR("INV-"), 1, &arena).text);
  bl_arena_close(&arena);
}
END_TEST

Suite *test_invoice_number(void);

Suite *test_invoice_number(void) {
  Suite *suite = suite_create("invoice/number");
  TCase *tests = tcase_create("number");
  tcase_add_test(tests, one_has_six_digits_and_a_million_more);
  tcase_add_test(tests, bounds_of_six_digits);
  tcase_add_test(tests, a_number_without_memory_is_null);
  suite_add_tcase(suite, tests);
  return suite;
}
