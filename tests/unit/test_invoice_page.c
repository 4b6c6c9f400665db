/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "invoice/invoice.h"
#include "unit.h"

static bl_arena arena;
static bl_zone *berlin;

static void open_zone(void) {
  bl_arena_open(&arena, NULL);
  ck_assert_int_eq(bl_zone_load(&arena, NULL, BL_STR("Europe/Berlin"),
                                &berlin, NULL), BILLING_OK);
}

static void close_zone(void) {
  bl_arena_close(&arena);
}

static int page_of(const char *json, bl_text *out) {
  bl_json *tree = NULL;
  int rc;
  ck_assert_int_eq(bl_json_read(json, strlen(json), &tree, NULL), 0);
  bl_text_open(out, &arena);
  rc = bl_invoice_text(tree, berlin, out);
  bl_json_free(tree);
  return rc;
}

/* The whole page, of which every row has at most 79 characters. */
static const char *page(const char *json) {
  bl_text out;
  size_t column = 0;
  ck_assert_int_eq(page_of(json, &out), BILLING_OK);
  for (size_t i = 0; i < out.len; i++) {
    column = out.text[i] == '\n' ? 0 : column;
    column += ((unsigned char)out.text[i] & 0xC0) != 0x80;
    ck_assert_uint_le(column, 80);         /* the newline is counted */
  }
  return out.text;
}

static void expect_rows(const char *text, const char *rows) {
  if (!strstr(text, rows)) ck_abort_msg("no rows:\n%s\nin:\n%s", rows, text);
}

#define JANUARY "{\"from\":\"2025-12-31T23:00:00Z\"," \
                "\"to\":\"2026-01-31T23:00:00Z\"}"
#define HEAD "{\"number\":\"INV-000001\",\"own_number\":1,"           \
  "\"customer\":\"acme\",\"customer_name\":\"Acme GmbH\","            \
  "\"contract\":\"c1\",\"zone\":\"Europe/Berlin\",\"rules\":1,"       \
  "\"issued\":\"2026-01-31T23:00:00Z\",\"period\":" JANUARY ","
#define LINE(more) "{\"line\":1,\"kind\":\"usage\",\"price\":\"p\","  \
  "\"plan\":\"pro\",\"plan_version\":1,\"meter\":\"m\"," more "}"
#define ONE(line) HEAD "\"lines\":[" line "],\"totals\":[]}"
#define TOKENS "\"name\":\"Input tokens\",\"late\":false,\"group\":{" \
  "\"model\":\"m1\"},\"service\":" JANUARY ",\"asset\":\"USD\","
#define FIGURES "\"quantity\":\"1200000\",\"amount\":\"2.4\","        \
  "\"drawn\":\"2\",\"due\":\"0.4\""

START_TEST(input_tokens_as_in_the_worked_example) {
  const char *text = page(HEAD "\"lines\":[" LINE(TOKENS FIGURES) "],"
    "\"totals\":[{\"asset\":\"USD\",\"amount\":\"2.4\",\"drawn\":\"2\","
    "\"due\":\"0.4\"}]}");
  ck_assert_str_eq(text,
    "INVOICE    INV-000001\n"
    "\n"
    "Customer   Acme GmbH (acme)\n"
    "Contract   c1\n"
    "Period     2026-01-01 to 2026-01-31\n"
    "Issued     2026-02-01\n"
    "Time zone  Europe/Berlin\n"
    "\n"
    "  # Description                                                  "
    "Service period\n"
    "             Quantity             Amount        From credit        "
    "         Due\n"
    "------------------------------------------------------------------"
    "-------------\n"
    "  1 Input tokens                                       "
    "2026-01-01 to 2026-01-31\n"
    "    model: m1\n"
    "              1200000               2.40               2.00        "
    "    0.40 USD\n"
    "------------------------------------------------------------------"
    "-------------\n"
    "    Total                           2.40               2.00        "
    "    0.40 USD\n");
}
END_TEST

START_TEST(an_invoice_without_lines_says_so) {
  expect_rows(page(HEAD "\"lines\":[],\"totals\":[]}"),
              "Time zone  Europe/Berlin\n\nNothing was charged.\n");
}
END_TEST

START_TEST(a_long_name_goes_on_in_the_next_row_at_a_space) {
  expect_rows(page(ONE(LINE(
    "\"name\":\"Platform fee for the European region, all environments, "
    "with priority support\",\"late\":false,\"service\":" JANUARY
    ",\"asset\":\"USD\"," FIGURES))),
    "  1 Platform fee for the European region, all          "
    "2026-01-01 to 2026-01-31\n"
    "    environments, with priority support\n"
    "              1200000 ");
}
END_TEST

START_TEST(a_word_without_spaces_is_broken_between_characters) {
  expect_rows(page(ONE(LINE(
    "\"name\":\"\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4"
    "\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4"
    "\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4"
    "\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4"
    "\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00fc\u00fc\u00fc"
    "\",\"late\":false,\"service\":" JANUARY
    ",\"asset\":\"USD\"," FIGURES))),
    "\u00e4  2026-01-01 to 2026-01-31\n    \u00e4\u00fc\u00fc\u00fc\n");
}
END_TEST

START_TEST(control_characters_cannot_break_a_row) {
  expect_rows(page(ONE(LINE(
    "\"name\":\"a\\nb\\tc\",\"late\":false,\"service\":" JANUARY
    ",\"asset\":\"USD\"," FIGURES))), "  1 a b c  ");
}
END_TEST

START_TEST(figures_too_long_for_their_columns_stand_below_each_other) {
  expect_rows(page(ONE(LINE(TOKENS
    "\"quantity\":\"99999999999999999999.999999999999999999\","
    "\"amount\":\"-0.333333333333333333\",\"drawn\":\"0\","
    "\"due\":\"-0.33\""))),
    "    Quantity                            "
    "99999999999999999999.999999999999999999\n"
    "    Amount                                                "
    "-0.333333333333333333\n"
    "    From credit                                                 "
    "           0.00\n"
    "    Due                                                         "
    "      -0.33 USD\n");
}
END_TEST

START_TEST(the_longest_figures_that_fit_stay_in_one_row) {
  expect_rows(page(ONE(LINE(TOKENS
    "\"quantity\":\"12345678901234567\","
    "\"amount\":\"123456789012345.67\","
    "\"drawn\":\"123456789012345.67\",\"due\":\"-12345678901.5\""))),
    "    12345678901234567 123456789012345.67 123456789012345.67 "
    "-12345678901.50 USD\n");
  expect_rows(page(ONE(LINE(TOKENS
    "\"quantity\":\"123456789012345678\","
    "\"amount\":\"1\",\"drawn\":\"0\",\"due\":\"1\""))),
    "\n    Quantity ");
  expect_rows(page(ONE(LINE(TOKENS
    "\"quantity\":\"1\",\"amount\":\"1234567890123456.78\","
    "\"drawn\":\"0\",\"due\":\"1\""))),
    "\n    Quantity ");
}
END_TEST

START_TEST(periods_with_clocks_show_both_instants) {
  expect_rows(page(ONE(LINE(
    "\"name\":\"Base fee\",\"late\":false,\"proration\":{"
    "\"numerator\":1465200000000,\"denominator\":2674800000000},"
    "\"service\":{\"from\":\"2026-03-14T23:30:05Z\","
    "\"to\":\"2026-03-31T22:00:00Z\"},\"asset\":\"EUR\"," FIGURES))),
    "  1 Base fee                            "
    "2026-03-15 00:30:05 to 2026-04-01 00:00\n"
    "    share of the period: 407/743\n");
}
END_TEST

START_TEST(one_day_is_one_date) {
  expect_rows(page(ONE(LINE(
    "\"name\":\"Day\",\"late\":false,\"service\":{\"from\":"
    "\"2026-03-28T23:00:00Z\",\"to\":\"2026-03-29T22:00:00Z\"},"
    "\"asset\":\"EUR\"," FIGURES))),
    "  1 Day                                                         "
    "     2026-03-29\n");
}
END_TEST

START_TEST(late_usage_and_groups_are_named) {
  expect_rows(page(ONE(LINE(
    "\"name\":\"Calls\",\"late\":true,\"group\":{\"model\":\"m1\","
    "\"region\":null,\"size\":4,\"spot\":true},\"service\":" JANUARY
    ",\"asset\":\"EUR\"," FIGURES))),
    "    model: m1, region: -, size: 4, spot: true\n"
    "    late: this period was invoiced before\n");
}
END_TEST

START_TEST(units_of_the_tenant_are_printed_as_they_are) {
  const char *text = page(HEAD "\"lines\":[" LINE(
    "\"name\":\"GPU\",\"late\":false,\"service\":" JANUARY
    ",\"asset\":\"gpu_h\",\"quantity\":\"3\",\"amount\":\"1.5\","
    "\"drawn\":\"0\",\"due\":\"1.5\"") "],\"totals\":["
    "{\"asset\":\"JPY\",\"amount\":\"7\",\"drawn\":\"0\",\"due\":\"7\"},"
    "{\"asset\":\"KWD\",\"amount\":\"7\",\"drawn\":\"0\",\"due\":\"7\"}]}");
  expect_rows(text, "                    3                1.5           "
                    "       0           1.5 gpu_h\n");
  expect_rows(text, "                  0               7 JPY\n");
  expect_rows(text, "              0.000           7.000 KWD\n");
}
END_TEST

START_TEST(an_erased_customer_has_no_name) {
  bl_text out;
  ck_assert_int_eq(page_of("{\"number\":\"INV-000001\",\"customer\":null,"
    "\"customer_name\":null,\"contract\":\"c1\",\"period\":" JANUARY ","
    "\"issued\":\"2026-02-01T00:00:00Z\",\"lines\":[],\"totals\":[]}",
    &out), BILLING_OK);
  expect_rows(out.text, "Customer   (erased)\n");
}
END_TEST

START_TEST(a_customer_without_a_name_has_its_id) {
  bl_text out;
  ck_assert_int_eq(page_of("{\"number\":\"INV-000001\","
    "\"customer\":\"acme\",\"customer_name\":null,\"contract\":\"c1\","
    "\"period\":" JANUARY ",\"issued\":\"2026-02-01T00:00:00Z\","
    "\"lines\":[],\"totals\":[]}", &out), BILLING_OK);
  expect_rows(out.text, "Customer   acme\n");
}
END_TEST

START_TEST(a_total_too_long_for_its_columns_stands_below_its_name) {
  expect_rows(page(HEAD "\"lines\":[],\"totals\":[{\"asset\":\"USD\","
    "\"amount\":\"0.333333333333333333\",\"drawn\":\"0\","
    "\"due\":\"0.33\"}]}"),
    "    Total\n"
    "    Amount                                                 "
    "0.333333333333333333\n"
    "    From credit                                           "
    "                 0.00\n");
}
END_TEST

static void *refuse(void *user, void *ptr, size_t old_size, size_t new_size) {
  (void)user;
  (void)ptr;
  (void)old_size;
  (void)new_size;
  return NULL;
}

START_TEST(a_page_without_memory_is_none) {
  billing_allocator none = {refuse, NULL};
  const char *json = HEAD "\"lines\":[" LINE(TOKENS FIGURES) "],"
                     "\"totals\":[]}";
  bl_json *tree = NULL;
  bl_arena empty;
  bl_text out;
  bl_arena_open(&empty, &none);
  bl_text_open(&out, &empty);
  ck_assert_int_eq(bl_json_read(json, strlen(json), &tree, NULL), 0);
  ck_assert_int_eq(bl_invoice_text(tree, berlin, &out), BILLING_NOMEM);
  bl_json_free(tree);
  bl_arena_close(&empty);
}
END_TEST

START_TEST(what_is_no_invoice_of_ours_is_invalid) {
  bl_text out;
  ck_assert_int_eq(page_of("{}", &out), BILLING_INVALID);
  ck_assert_int_eq(page_of("[]", &out), BILLING_INVALID);
  ck_assert_int_eq(page_of(ONE("{\"line\":1}"), &out), BILLING_INVALID);
  ck_assert_int_eq(page_of(ONE("{\"line\":\"1\"}"), &out), BILLING_INVALID);
  ck_assert_int_eq(page_of(ONE(LINE(TOKENS
    "\"quantity\":\"many\",\"amount\":\"0\",\"drawn\":\"0\","
    "\"due\":\"0\"")), &out), BILLING_INVALID);
}
END_TEST

Suite *test_invoice_page(void);

Suite *test_invoice_page(void) {
  Suite *suite = suite_create("invoice/page");
  TCase *tests = tcase_create("page");
  tcase_add_checked_fixture(tests, open_zone, close_zone);
  tcase_add_test(tests, input_tokens_as_in_the_worked_example);
  tcase_add_test(tests, an_invoice_without_lines_says_so);
  tcase_add_test(tests, a_long_name_goes_on_in_the_next_row_at_a_space);
  tcase_add_test(tests, a_word_without_spaces_is_broken_between_characters);
  tcase_add_test(tests, control_characters_cannot_break_a_row);
  tcase_add_test(tests,
                 figures_too_long_for_their_columns_stand_below_each_other);
  tcase_add_test(tests, the_longest_figures_that_fit_stay_in_one_row);
  tcase_add_test(tests, periods_with_clocks_show_both_instants);
  tcase_add_test(tests, one_day_is_one_date);
  tcase_add_test(tests, late_usage_and_groups_are_named);
  tcase_add_test(tests, units_of_the_tenant_are_printed_as_they_are);
  tcase_add_test(tests, an_erased_customer_has_no_name);
  tcase_add_test(tests, a_customer_without_a_name_has_its_id);
  tcase_add_test(tests,
                 a_total_too_long_for_its_columns_stands_below_its_name);
  tcase_add_test(tests, a_page_without_memory_is_none);
  tcase_add_test(tests, what_is_no_invoice_of_ours_is_invalid);
  suite_add_tcase(suite, tests);
  return suite;
}
