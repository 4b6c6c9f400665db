/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "invoice/invoice.h"
#include "unit.h"

static bl_arena arena;
static bl_line lines[2];
static bl_total totals[1];
static bl_invoice invoice;

static int64_t at(const char *text) {
  int64_t us = 0;
  ck_assert_int_eq(bl_time_parse(bl_str_of(text), &us), 1);
  return us;
}

static void make_usage(bl_charge *c) {
  c->price = BL_STR("tokens-in");
  c->name = BL_STR("Input tokens");
  c->meter = BL_STR("tokens");
  c->plan = BL_STR("pro");
  c->plan_version = 2;
  c->group = BL_STR("{\"model\":\"m1\",\"region\":null}");
  c->service.from_us = at("2026-01-01");
  c->service.to_us = at("2026-02-01");
  c->quantity = D("1002000");
  c->amount = D("2.004");
  c->drawn = D("2");
  c->numerator = c->denominator = 1;
  c->events = 3;
  c->first_event = 7;
  c->last_event = 9;
  memcpy(c->asset, "USD", 4);
}

static void make_fee(bl_charge *c) {
  c->price = BL_STR("base");
  c->name = BL_STR("Base fee");
  c->plan = BL_STR("pro");
  c->plan_version = 2;
  c->service.from_us = at("2026-02-01");
  c->service.to_us = at("2026-03-01");
  c->quantity = D("1");
  c->amount = D("20");
  c->numerator = c->denominator = 1;
  memcpy(c->asset, "USD", 4);
}

static void open_invoice(void) {
  bl_arena_open(&arena, NULL);
  memset(lines, 0, sizeof lines);
  memset(totals, 0, sizeof totals);
  memset(&invoice, 0, sizeof invoice);
  make_usage(&lines[0].charge);
  lines[0].rounding = D("-0.004");
  make_fee(&lines[1].charge);
  lines[1].due = D("20");
  memcpy(totals[0].asset, "USD", 4);
  totals[0].amount = D("22.004");
  totals[0].drawn = D("2");
  totals[0].due = D("20");
  invoice.number = BL_STR("INV-000001");
  invoice.own_number = 1;
  invoice.customer = BL_STR("acme");
  invoice.customer_name = BL_STR("Acme \"GmbH\"");
  invoice.contract = BL_STR("c1");
  invoice.zone = BL_STR("Europe/Berlin");
  invoice.period.from_us = at("2026-01-01");
  invoice.period.to_us = at("2026-02-01");
  invoice.issued_us = at("2026-02-01T00:00:00.5Z");
  invoice.lines = lines;
  invoice.totals = totals;
  invoice.rules = 1;
}

static void close_invoice(void) {
  bl_arena_close(&arena);
}

static const char *document(void) {
  bl_text out;
  bl_text_open(&out, &arena);
  ck_assert_int_eq(bl_invoice_json(&invoice, &out), BILLING_OK);
  return out.text;
}

#define HEAD                                                              \
  "{\"contract\":\"c1\",\"customer\":\"acme\","                           \
  "\"customer_name\":\"Acme \\\"GmbH\\\"\","                              \
  "\"issued\":\"2026-02-01T00:00:00.500000Z\",\"lines\":["
#define USAGE                                                             \
  "{\"amount\":\"2.004\",\"asset\":\"USD\",\"drawn\":\"2\",\"due\":\"0\"" \
  ",\"events\":3,\"first_event\":7,"                                      \
  "\"group\":{\"model\":\"m1\",\"region\":null},\"kind\":\"usage\","      \
  "\"last_event\":9,\"late\":false,\"line\":1,\"meter\":\"tokens\","      \
  "\"name\":\"Input tokens\",\"plan\":\"pro\",\"plan_version\":2,"        \
  "\"price\":\"tokens-in\",\"quantity\":\"1002000\","                     \
  "\"rounding\":\"-0.004\",\"service\":{\"from\":"                        \
  "\"2026-01-01T00:00:00Z\",\"to\":\"2026-02-01T00:00:00Z\"}}"
#define FEE                                                               \
  "{\"amount\":\"20\",\"asset\":\"USD\",\"drawn\":\"0\",\"due\":\"20\","  \
  "\"kind\":\"fee\",\"late\":false,\"line\":2,\"name\":\"Base fee\","     \
  "\"plan\":\"pro\",\"plan_version\":2,\"price\":\"base\","               \
  "\"quantity\":\"1\",\"rounding\":\"0\",\"service\":{\"from\":"          \
  "\"2026-02-01T00:00:00Z\",\"to\":\"2026-03-01T00:00:00Z\"}}"
#define TAIL(totals)                                                      \
  "],\"number\":\"INV-000001\",\"own_number\":1,\"period\":{\"from\":"    \
  "\"2026-01-01T00:00:00Z\",\"to\":\"2026-02-01T00:00:00Z\"},"            \
  "\"rules\":1,\"totals\":[" totals "],\"zone\":\"Europe/Berlin\"}"

START_TEST(usage_and_fee_as_canonical_json) {
  invoice.line_count = 2;
  invoice.total_count = 1;
  ck_assert_str_eq(document(), HEAD USAGE "," FEE TAIL(
    "{\"amount\":\"22.004\",\"asset\":\"USD\",\"drawn\":\"2\","
    "\"due\":\"20\"}"));
}
END_TEST

START_TEST(an_invoice_without_lines_is_still_a_document) {
  ck_assert_str_eq(document(), HEAD TAIL(""));
}
END_TEST

START_TEST(a_stub_says_its_share_and_a_whole_fee_does_not) {
  lines[1].charge.numerator = 17;
  lines[1].charge.denominator = 31;
  invoice.line_count = 2;
  ck_assert_ptr_nonnull(strstr(document(),
    "\"proration\":{\"denominator\":31,\"numerator\":17}"));
  lines[1].charge.numerator = 31;
  ck_assert_ptr_null(strstr(document(), "proration"));
}
END_TEST

/* Of events that have not happened nobody knows the numbers. */
START_TEST(a_draft_has_no_number_and_says_so) {
  invoice.number = BL_STR("");
  lines[0].charge.first_event = lines[0].charge.last_event = 0;
  invoice.line_count = 1;
  ck_assert_ptr_nonnull(strstr(document(),
    "\"customer_name\":\"Acme \\\"GmbH\\\"\",\"draft\":true,\"issued\":"));
  ck_assert_ptr_null(strstr(document(), "number"));
  ck_assert_ptr_nonnull(strstr(document(), "\"events\":3,\"group\":"));
}
END_TEST

START_TEST(what_was_erased_is_null) {
  invoice.customer = invoice.customer_name = BL_STR("");
  ck_assert_ptr_nonnull(strstr(document(),
    "\"customer\":null,\"customer_name\":null,"));
}
END_TEST

START_TEST(usage_without_events_names_no_event_and_no_group_is_empty) {
  lines[0].charge.events = 0;
  lines[0].charge.group = BL_STR("");
  lines[0].charge.is_late = 1;
  invoice.line_count = 1;
  ck_assert_ptr_nonnull(strstr(document(),
    "\"events\":0,\"group\":{},\"kind\":\"usage\",\"late\":true,"));
}
END_TEST

START_TEST(the_document_reads_back_to_the_same_bytes) {
  bl_json *tree = NULL;
  const char *text;
  bl_text again;
  invoice.line_count = 2;
  invoice.total_count = 1;
  text = document();
  ck_assert_int_eq(bl_json_read(text, strlen(text), &tree, NULL), 0);
  bl_text_open(&again, &arena);
  ck_assert_int_eq(bl_json_print(tree, &again), BILLING_OK);
  ck_assert_str_eq(again.text, text);
  bl_json_free(tree);
}
END_TEST

START_TEST(a_group_that_is_not_json_is_our_bug) {
  bl_text out;
  lines[0].charge.group = BL_STR("{\"model\":");
  invoice.line_count = 1;
  bl_text_open(&out, &arena);
  ck_assert_int_eq(bl_invoice_json(&invoice, &out), BILLING_INTERNAL);
}
END_TEST

Suite *test_invoice_document(void);

Suite *test_invoice_document(void) {
  Suite *suite = suite_create("invoice/document");
  TCase *tests = tcase_create("document");
  tcase_add_checked_fixture(tests, open_invoice, close_invoice);
  tcase_add_test(tests, usage_and_fee_as_canonical_json);
  tcase_add_test(tests, an_invoice_without_lines_is_still_a_document);
  tcase_add_test(tests, a_stub_says_its_share_and_a_whole_fee_does_not);
  tcase_add_test(tests, a_draft_has_no_number_and_says_so);
  tcase_add_test(tests, what_was_erased_is_null);
  tcase_add_test(tests,
                 usage_without_events_names_no_event_and_no_group_is_empty);
  tcase_add_test(tests, the_document_reads_back_to_the_same_bytes);
  tcase_add_test(tests, a_group_that_is_not_json_is_our_bug);
  suite_add_tcase(suite, tests);
  return suite;
}
