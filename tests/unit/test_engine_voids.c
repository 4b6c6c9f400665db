/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * test_engine_voids.c - events that are taken back, and put right.
 *
 * Each price is 1 for a unit.
 */
#include "shop.h"

/* One meter of events `n`, and its price. */
static void open_meter(const char *path, const char *meter) {
  static const char format[] =
      "{\"meters\":[{\"id\":\"mm\",\"event\":\"n\",%s}],\"plans\":[{\"id\":"
      "\"pp\",\"currency\":\"USD\",\"prices\":[{\"id\":\"x\","
      "\"meter\":\"mm\",\"model\":\"per_unit\",\"unit\":\"1\"}]}],"
      "\"contracts\":[{\"id\":\"cc\","
      "\"customer\":\"a\",\"plan\":\"pp\",\"start\":\"2026-01-01\"}]}";

  open_catalog(path, format, meter);
}

static billing_event event_of(const char *key, int64_t hour,
                              const char *properties) {
  return event_at(key, "n", JANUARY + hour * HOUR, properties);
}

static void costs(const char *key, int64_t hour, const char *properties,
                  const char *cost) {
  billing_event event = event_of(key, hour, properties);

  ck_assert_dec_eq(record_event(&event).cost, cost);
}

/* What the levels are made anew from: each aggregation, without its middle,
 * its edge, and all. */
#define N "\"property\":\"n\",\"aggregation\":"
START_TEST(what_is_left_is_rated_at_once) {
  static const struct {
    const char *meter;
    const char *costs[3];      /* of 5 at 3, 9 at 1, 2 at 2 hours */
    const char *undone[3];     /* of 2, 9, 5 */
  } cases[] = {
    {"\"aggregation\":\"count\"", {"1", "1", "1"}, {"-1", "-1", "-1"}},
    {N "\"sum\"", {"5", "9", "2"}, {"-2", "-9", "-5"}},
    {N "\"max\"", {"5", "4", "0"}, {"0", "-4", "-5"}},
    {N "\"min\"", {"5", "0", "-3"}, {"3", "0", "-5"}},
    {N "\"latest\"", {"5", "0", "0"}, {"0", "0", "-5"}},
    {N "\"earliest\"", {"5", "4", "0"}, {"0", "-4", "-5"}},
    {N "\"unique\"", {"1", "1", "1"}, {"-1", "-1", "-1"}},
    {N "\"sum\",\"convert\":{\"operation\":\"divide\",\"by\":\"10\","
     "\"round\":\"ceiling\"}", {"1", "1", "0"}, {"0", "-1", "-1"}},
  };

  for (size_t i = 0; i < BL_COUNT(cases); i++) {
    open_meter(NULL, cases[i].meter);
    costs("five", 3, "{\"n\":5}", cases[i].costs[0]);
    costs("nine", 1, "{\"n\":9}", cases[i].costs[1]);
    costs("two", 2, "{\"n\":2}", cases[i].costs[2]);
    undo("two", cases[i].undone[0]);
    undo("nine", cases[i].undone[1]);
    shop_is_sound(b);
    undo("five", cases[i].undone[2]);
    costs("seven", 2, "{\"n\":1}", "1");
    close_shop();
  }
}
END_TEST

START_TEST(a_value_is_there_again_without_its_removal) {
  open_meter(NULL, "\"aggregation\":\"unique\",\"property\":\"u\","
                   "\"operation\":\"op\"");
  costs("a", 1, "{\"u\":\"ann\"}", "1");
  costs("b", 3, "{\"u\":\"ann\",\"op\":\"remove\"}", "-1");
  costs("c", 2, "{\"u\":\"ann\"}", "0");
  undo("c", "0");
  undo("b", "1");
  costs("d", 4, "{\"u\":\"ann\",\"op\":\"remove\"}", "-1");
  undo("a", "0");
  undo("d", "0");
  costs("e", 0, "{\"u\":\"ann\"}", "1");
  close_shop();
}
END_TEST

/* Grants get back what they paid, the last one first. */
START_TEST(draws_return_to_their_grants) {
  billing_receipt receipt;

  open_meter(NULL, N "\"sum\"");
  shop_grant(b, "g", "8");
  costs("a", 97, "{\"n\":5}", "5");
  costs("b", 98, "{\"n\":5}", "5");
  receipt = undo("a", "-5");
  ck_assert_dec_eq(receipt.drawn, "-3");       /* 2 were owed */
  ck_assert_dec_eq(receipt.balance, "3");
  ck_assert_dec_eq(balance_now().free, "3");
  close_shop();
}
END_TEST

START_TEST(a_void_that_is_sent_again_is_the_same) {
  billing_receipt first, again;
  billing_call call;
  billing_error err;

  open_meter(NULL, N "\"sum\"");
  costs("a", 1, "{\"n\":5}", "5");
  costs("b", 1, "{\"n\":1}", "1");
  first = undo("a", "-5");
  ck_assert_uint_eq(first.status, BILLING_STATUS_NEW);
  costs("c", 1, "{\"n\":2}", "2");
  again = undo("a", "-5");
  ck_assert_uint_eq(again.status, BILLING_STATUS_SAME);
  again.status = BILLING_STATUS_NEW;
  ck_assert_mem_eq(&first, &again, sizeof first);
  costs("a", 1, "{\"n\":5}", "5");             /* the first receipt */
  call = call_now();
  BILLING_INIT(&err);
  ck_assert_int_eq(billing_void(b, &call, "z", 1, NULL, &err),
                   BILLING_NOTFOUND);
  ck_assert_str_eq(err.path, "/key");
  ck_assert_int_eq(billing_void(b, &call, "", 0, NULL, &err),
                   BILLING_INVALID);
  close_shop();
}
END_TEST

static const char *line_of(const char *number, char *out) {
  static const char *const members[] = {"quantity", "amount", NULL};
  bl_json *tree = invoice_tree(number);

  *out = '\0';
  for (const bl_json *line = bl_json_first(bl_json_get(tree, "lines")); line;
       line = bl_json_next(line)) {
    add_members(out, line, members);
    strcat(out, ";");
  }
  bl_json_free(tree);
  return out;
}

START_TEST(the_next_invoice_corrects_a_period_that_was_invoiced) {
  billing_receipt receipt;
  billing_call call;
  billing_doc *doc;
  char lines[100];

  open_meter(NULL, N "\"sum\"");
  costs("a", 1, "{\"n\":5}", "5");
  costs("b", 2, "{\"n\":3}", "3");
  advance(FEBRUARY);
  ck_assert_str_eq(line_of("INV-000001", lines), "8 8;");
  receipt = undo("a", "-5");
  ck_assert_uint_eq(receipt.flags, BILLING_RECEIPT_LATE);
  call = call_now();
  ck_assert_int_eq(billing_explain(b, &call, "{\"invoice\":\"INV-000001\","
                                   "\"line\":1}", (size_t)-1, &doc, NULL),
                   0);
  ck_assert_ptr_nonnull(strstr(billing_doc_text(doc),
    "\"total_after\":\"5\",\"voided\":true},{\"amount\":\"3\""));
  billing_doc_free(doc);
  costs("c", 31 * 24, "{\"n\":7}", "7");
  advance(MARCH);
  ck_assert_str_eq(line_of("INV-000002", lines), "3 -5;7 7;");
  close_shop();
}
END_TEST

START_TEST(ticks_do_not_see_what_was_voided) {
  char lines[100];

  open_meter(NULL, N "\"average\"");
  costs("a", 1, "{\"n\":5}", "0");
  costs("b", 2, "{\"n\":3}", "0");
  costs("c", 3, "{\"n\":100}", "0");
  undo("c", "0");
  advance(FEBRUARY);
  ck_assert_str_eq(line_of("INV-000001", lines), "4 4;");
  undo("a", "0");
  advance(MARCH);
  ck_assert_str_eq(line_of("INV-000002", lines), "3 -1;");
  close_shop();
}
END_TEST

START_TEST(a_correction_is_both_or_neither) {
  billing_event event = event_of("a2", 1, "{\"n\":6}");
  billing_receipt receipts[2];
  billing_call call;
  billing_error err;

  open_meter(NULL, N "\"sum\"");
  costs("a", 1, "{\"n\":5}", "5");
  costs("b", 1, "{\"n\":1}", "1");
  call = call_now();
  for (int i = 0; i < 2; i++) {
    for (int k = 0; k < 2; k++) BILLING_INIT(&receipts[k]);
    BILLING_INIT(&err);
    ck_assert_msg(!billing_correct(b, &call, "a", 1, &event, receipts, &err),
                  "%s", err.message);
    ck_assert_dec_eq(receipts[0].cost, "-5");
    ck_assert_dec_eq(receipts[1].cost, "6");
    ck_assert_uint_eq(receipts[0].status, i ? BILLING_STATUS_SAME
                                            : BILLING_STATUS_NEW);
    ck_assert_uint_eq(receipts[1].status, receipts[0].status);
  }
  event = event_of("b2", 1, "{\"n\":\"much\"}");
  BILLING_INIT(&err);
  ck_assert_int_eq(billing_correct(b, &call, "b", 1, &event, NULL, &err),
                   BILLING_INVALID);
  ck_assert_str_eq(err.path, "/properties/n");
  undo("b", "-1");                             /* it still counted */
  close_shop();
}
END_TEST

/* The repeat of what was accepted is answered for ever. */
START_TEST(a_tenant_may_bound_what_it_accepts) {
  billing_event old = event_of("old", 94, "{\"n\":1}");
  billing_event ahead = event_of("ahead", 97, "{\"n\":1}");
  billing_call call;
  billing_receipt receipt;
  billing_error err;

  open_meter(NULL, N "\"sum\"");
  costs("a", 95, "{\"n\":5}", "5");           /* an hour old */
  call = call_now();
  BILLING_INIT(&err);
  ck_assert_int_eq(billing_put(b, &call, "tenant",
    "{\"id\":\"t\",\"accept\":{\"most_age\":0}}", (size_t)-1, NULL, &err),
    BILLING_INVALID);
  ck_assert_str_eq(err.path, "/accept/most_age");
  ck_assert_int_eq(billing_put(b, &call, "tenant",
    "{\"id\":\"t\",\"accept\":{\"most_age\":3600,\"most_ahead\":60,"
    "\"cancel_within\":1800}}", (size_t)-1, NULL, &err), 0);
  ck_assert_int_eq(shop_record(b, &call, &old, &receipt, &err), 0);
  ck_assert_int_eq(receipt.code, BILLING_INVALID_TIME);
  ck_assert_str_eq(err.path, "/time");
  ck_assert_int_eq(shop_record(b, &call, &ahead, &receipt, &err), 0);
  ck_assert_int_eq(receipt.code, BILLING_INVALID_TIME);
  now_us += 1800 * INT64_C(1000000);
  costs("a", 95, "{\"n\":5}", "5");
  undo("a", "-5");
  costs("b", 96, "{\"n\":5}", "5");
  now_us += 1801 * INT64_C(1000000);
  call = call_now();
  ck_assert_int_eq(billing_void(b, &call, "b", 1, NULL, &err),
                   BILLING_DENIED);
  undo("a", "-5");
  close_shop();
}
END_TEST

/* Also in a file that another process opens, and by the images of it. */
START_TEST(what_was_voided_is_known_for_ever) {
  shop_folder f = shop_folder_make();
  billing_call call;
  billing_doc *doc;

  open_meter(f.path, N "\"max\"");
  for (int i = 0; i < 100; i++) {
    char key[20], properties[20], cost[20];
    snprintf(key, sizeof key, "k%d", i);
    snprintf(properties, sizeof properties, "{\"n\":%d}", i + 1);
    snprintf(cost, sizeof cost, "%d", 1);
    costs(key, i, properties, cost);
  }
  undo("k99", "-1");
  undo("k97", "0");
  shop_is_sound(b);
  call = call_now();
  ck_assert_int_eq(billing_maintain(b, &call, 0, NULL, NULL), 0);
  shop_is_sound(b);
  open_anew(f.path);
  ck_assert_uint_eq(undo("k99", "-1").status, BILLING_STATUS_SAME);
  undo("k98", "-2");
  ck_assert_int_eq(billing_events(b, &call, "{\"customer\":\"a\",\"limit\":1,"
                                  "\"from\":\"2026-01-05T01:00:00Z\"}",
                                  (size_t)-1, &doc, NULL), 0);
  ck_assert_ptr_nonnull(strstr(billing_doc_text(doc), "\"k97\""));
  ck_assert_ptr_nonnull(strstr(billing_doc_text(doc),
                               "\"flags\":[\"owed\",\"voided\"]"));
  billing_doc_free(doc);
  close_shop();
  shop_folder_remove(&f);
}
END_TEST

Suite *test_engine_voids(void);
Suite *test_engine_voids(void) {
  Suite *s = suite_create("engine_voids");
  TCase *t = tcase_create("voids");

  tcase_add_test(t, what_is_left_is_rated_at_once);
  tcase_add_test(t, a_value_is_there_again_without_its_removal);
  tcase_add_test(t, draws_return_to_their_grants);
  tcase_add_test(t, a_void_that_is_sent_again_is_the_same);
  tcase_add_test(t, the_next_invoice_corrects_a_period_that_was_invoiced);
  tcase_add_test(t, ticks_do_not_see_what_was_voided);
  tcase_add_test(t, a_correction_is_both_or_neither);
  tcase_add_test(t, a_tenant_may_bound_what_it_accepts);
  tcase_add_test(t, what_was_voided_is_known_for_ever);
  suite_add_tcase(s, t);
  return s;
}
