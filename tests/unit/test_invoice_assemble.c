/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "invoice/invoice.h"
#include "unit.h"

static bl_arena arena;
static bl_asset units[] = {{"tok", 0, 0}, {"gpu_h", 3, 0}};
static const bl_tenant_terms tenant = {.assets = units, .asset_count = 2};

static void open_arena(void) {
  bl_arena_open(&arena, NULL);
}

static void close_arena(void) {
  bl_arena_close(&arena);
}

static bl_charge charge(const char *asset, const char *amount,
                        const char *drawn) {
  bl_charge c = {.numerator = 1, .denominator = 1};
  memcpy(c.asset, asset, strlen(asset));
  c.amount = D(amount);
  c.drawn = D(drawn);
  return c;
}

static void expect_line(const bl_line *line, const char *due,
                        const char *rounding) {
  ck_assert_dec_eq(line->due, due);
  ck_assert_dec_eq(line->rounding, rounding);
}

static void expect_total(const bl_total *total, const char *asset,
                         const char *amount, const char *drawn,
                         const char *due) {
  ck_assert_str_eq(total->asset, asset);
  ck_assert_dec_eq(total->amount, amount);
  ck_assert_dec_eq(total->drawn, drawn);
  ck_assert_dec_eq(total->due, due);
}

START_TEST(tokens_calls_and_seats_as_in_the_worked_example) {
  bl_charge charges[] = {charge("USD", "2.004", "2"),
                         charge("USD", "10.006", "0"),
                         charge("EUR", "20", "0")};
  bl_invoice invoice = {0};
  ck_assert_int_eq(bl_invoice_assemble(NULL, charges, 3, &arena, &invoice),
                   BILLING_OK);
  ck_assert_uint_eq(invoice.line_count, 3);
  expect_line(&invoice.lines[0], "0", "-0.004");
  expect_line(&invoice.lines[1], "10.01", "0.004");
  expect_line(&invoice.lines[2], "20", "0");
  ck_assert_uint_eq(invoice.total_count, 2);
  expect_total(&invoice.totals[0], "USD", "12.01", "2", "10.01");
  expect_total(&invoice.totals[1], "EUR", "20", "0", "20");
}
END_TEST

START_TEST(units_of_the_tenant_have_their_own_places) {
  bl_charge charges[] = {charge("gpu_h", "1.23456", "0"),
                         charge("tok", "10.5", "0"),
                         charge("JPY", "0.5", "0"),
                         charge("KWD", "0.0005", "0")};
  bl_invoice invoice = {0};
  ck_assert_int_eq(bl_invoice_assemble(&tenant, charges, 4, &arena, &invoice),
                   BILLING_OK);
  expect_line(&invoice.lines[0], "1.235", "0.00044");
  expect_line(&invoice.lines[1], "11", "0.5");
  expect_line(&invoice.lines[2], "1", "0.5");
  expect_line(&invoice.lines[3], "0.001", "0.0005");
  ck_assert_uint_eq(invoice.total_count, 4);
}
END_TEST

START_TEST(an_invoice_may_have_no_lines_and_keeps_what_the_caller_filled) {
  bl_invoice invoice = {.own_number = 7, .line_count = 9, .total_count = 9};
  ck_assert_int_eq(bl_invoice_assemble(NULL, NULL, 0, &arena, &invoice),
                   BILLING_OK);
  ck_assert_uint_eq(invoice.line_count, 0);
  ck_assert_uint_eq(invoice.total_count, 0);
  ck_assert_uint_eq(invoice.own_number, 7);
}
END_TEST

START_TEST(totals_may_be_negative_and_there_may_be_many) {
  bl_charge charges[26];
  bl_invoice invoice = {0};
  bl_asset assets[26] = {{{0}, 0, 0}};
  bl_tenant_terms many = {.assets = assets, .asset_count = 26};
  for (size_t i = 0; i < 26; i++) {
    char code[2] = {(char)('a' + i), 0};
    memcpy(assets[i].code, code, 2);
    charges[i] = charge(code, "-1.5", "-0.25");
  }
  ck_assert_int_eq(bl_invoice_assemble(&many, charges, 26, &arena, &invoice),
                   BILLING_OK);
  ck_assert_uint_eq(invoice.total_count, 26);
  expect_total(&invoice.totals[25], "z", "-1.5", "-0.25", "-1");
}
END_TEST

START_TEST(a_bad_figure_or_an_unknown_asset_is_our_bug) {
  bl_charge charges[] = {charge("USD", "1", "0"), charge("USD", "1", "0")};
  bl_invoice invoice = {0};
  charges[1].amount = BL_DEC_BAD;
  ck_assert_int_eq(bl_invoice_assemble(NULL, charges, 2, &arena, &invoice),
                   BILLING_INTERNAL);
  charges[1].amount = D("1");
  charges[1].quantity = BL_DEC_BAD;
  ck_assert_int_eq(bl_invoice_assemble(NULL, charges, 2, &arena, &invoice),
                   BILLING_INTERNAL);
  charges[1] = charge("tok", "1", "0");
  ck_assert_int_eq(bl_invoice_assemble(NULL, charges, 2, &arena, &invoice),
                   BILLING_INTERNAL);
  ck_assert_ptr_null(invoice.lines);
  ck_assert_ptr_null(invoice.totals);
}
END_TEST

START_TEST(a_total_that_does_not_fit_is_our_bug) {
  bl_charge charges[] = {charge("USD", "60000000000000000000", "0"),
                         charge("USD", "60000000000000000000", "0")};
  bl_invoice invoice = {0};
  ck_assert_int_eq(bl_invoice_assemble(NULL, charges, 2, &arena, &invoice),
                   BILLING_INTERNAL);
  ck_assert_uint_eq(invoice.line_count, 0);
}
END_TEST

static void *refuse(void *user, void *ptr, size_t old_size, size_t new_size) {
  (void)user;
  (void)ptr;
  (void)old_size;
  (void)new_size;
  return NULL;
}

START_TEST(without_memory_nothing_is_filled) {
  billing_allocator none = {refuse, NULL};
  bl_charge charges[] = {charge("USD", "1", "0")};
  bl_invoice invoice = {0};
  bl_arena empty;
  bl_arena_open(&empty, &none);
  ck_assert_int_eq(bl_invoice_assemble(NULL, charges, 1, &empty, &invoice),
                   BILLING_NOMEM);
  ck_assert_uint_eq(invoice.line_count, 0);
  bl_arena_close(&empty);
}
END_TEST

Suite *test_invoice_assemble(void);

Suite *test_invoice_assemble(void) {
  Suite *suite = suite_create("invoice/assemble");
  TCase *tests = tcase_create("assemble");
  tcase_add_checked_fixture(tests, open_arena, close_arena);
  tcase_add_test(tests, tokens_calls_and_seats_as_in_the_worked_example);
  tcase_add_test(tests, units_of_the_tenant_have_their_own_places);
  tcase_add_test(
    tests, an_invoice_may_have_no_lines_and_keeps_what_the_caller_filled);
  tcase_add_test(tests, totals_may_be_negative_and_there_may_be_many);
  tcase_add_test(tests, a_bad_figure_or_an_unknown_asset_is_our_bug);
  tcase_add_test(tests, a_total_that_does_not_fit_is_our_bug);
  tcase_add_test(tests, without_memory_nothing_is_filled);
  suite_add_tcase(suite, tests);
  return suite;
}
