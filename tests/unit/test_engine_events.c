/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* test_engine_events.c - exactly once, refusals one by one, quotes. */
#include "engine.h"

static billing *b;

static void open_shop(void) { b = shop_open(NULL); }
static void close_shop(void) { billing_close(b); }

/* Everything in a receipt but its status. */
static void same_receipt(const billing_receipt *a, const billing_receipt *c) {
  ck_assert_uint_eq(a->number, c->number);
  ck_assert_int_eq(a->decided_us, c->decided_us);
  ck_assert_uint_eq(a->flags, c->flags);
  ck_assert_mem_eq(&a->cost, &c->cost, sizeof a->cost);
  ck_assert_mem_eq(&a->drawn, &c->drawn, sizeof a->drawn);
  ck_assert_mem_eq(&a->balance, &c->balance, sizeof a->balance);
  ck_assert_uint_eq(a->charges, c->charges);
  ck_assert_uint_eq(a->draws, c->draws);
  ck_assert_str_eq(a->asset, c->asset);
}

START_TEST(a_repeat_gets_the_first_receipt_also_after_reopening) {
  shop_folder f = shop_folder_make();
  billing *shop = shop_open(f.path);
  billing_call call = shop_call("");
  billing_event event = shop_event("k", "e"), other = shop_event("z", "e");
  billing_receipt first, again;

  shop_grant(shop, "g", "0.15");
  ck_assert_int_eq(shop_record(shop, &call, &event, &first, NULL), 0);
  ck_assert_dec_eq(first.cost, "0.1");
  ck_assert_dec_eq(first.drawn, "0.1");
  ck_assert_dec_eq(first.balance, "0.05");
  ck_assert_int_eq(shop_record(shop, &call, &other, &again, NULL), 0);
  ck_assert_uint_eq(again.flags, BILLING_RECEIPT_OWED);
  ck_assert_dec_eq(again.drawn, "0.05");
  call.now_us += SHOP_DAY;
  ck_assert_int_eq(shop_record(shop, &call, &event, &again, NULL), 0);
  ck_assert_uint_eq(again.status, BILLING_STATUS_SAME);
  same_receipt(&first, &again);
  billing_close(shop);
  ck_assert_int_eq(billing_open(&shop, f.path, (size_t)-1, NULL, NULL), 0);
  ck_assert_int_eq(shop_record(shop, &call, &event, &again, NULL), 0);
  ck_assert_uint_eq(again.status, BILLING_STATUS_SAME);
  same_receipt(&first, &again);
  billing_close(shop);
  shop_folder_remove(&f);
}
END_TEST

START_TEST(the_same_key_with_other_content_is_refused) {
  billing_call call = shop_call("");
  billing_event event = shop_event("k", "e");
  billing_receipt receipt;
  billing_error err;

  event.properties = shop_text("{\"a\":1,\"b\":2}");
  ck_assert_int_eq(shop_record(b, &call, &event, &receipt, NULL), 0);
  event.properties = shop_text("{ \"b\":2, \"a\":1 }");   /* the same JSON */
  ck_assert_int_eq(shop_record(b, &call, &event, &receipt, NULL), 0);
  ck_assert_uint_eq(receipt.status, BILLING_STATUS_SAME);
  event.properties = shop_text("{\"a\":1,\"b\":3}");
  ck_assert_int_eq(shop_record(b, &call, &event, &receipt, &err), 0);
  ck_assert_uint_eq(receipt.status, BILLING_STATUS_CONFLICT);
  ck_assert_int_eq(receipt.code, BILLING_CONFLICT_KEY);
  ck_assert_uint_eq(receipt.number, 0);
  ck_assert_int_eq(err.code, BILLING_CONFLICT_KEY);
  ck_assert_str_eq(err.path, "/key");
}
END_TEST

/* Five events: good, a repeat of it, unknown customer, bad JSON, good. */
static void five_events(billing_event *events, billing_receipt *receipts) {
  events[0] = shop_event("k0", "e");
  events[1] = shop_event("k0", "e");
  events[2] = shop_event("k2", "e");
  events[2].customer = shop_text("nobody");
  events[3] = shop_event("k3", "e");
  events[3].properties = shop_text("{\"a\":1,\"a\":2}");
  events[4] = shop_event("k4", "e");
  for (int i = 0; i < 5; i++) BILLING_INIT(&receipts[i]);
}

START_TEST(a_refused_event_does_not_stop_the_others) {
  billing_call call = shop_call("");
  billing_event events[5];
  billing_receipt r[5];
  billing_error err;

  five_events(events, r);
  BILLING_INIT(&err);
  ck_assert_int_eq(billing_record(b, &call, events, 5, r, &err), 0);
  ck_assert_uint_eq(r[0].status, BILLING_STATUS_NEW);
  ck_assert_uint_eq(r[1].status, BILLING_STATUS_SAME);
  ck_assert_uint_eq(r[1].number, r[0].number);
  ck_assert_int_eq(r[2].code, BILLING_NOTFOUND_CUSTOMER);
  ck_assert_int_eq(r[3].code, BILLING_INVALID_JSON);
  ck_assert_uint_eq(r[4].status, BILLING_STATUS_NEW);
  ck_assert_int_eq(err.code, BILLING_NOTFOUND_CUSTOMER);
  ck_assert_int_eq(err.item, 2);
  ck_assert_str_eq(err.path, "/customer");
  shop_is_sound(b);
}
END_TEST

START_TEST(all_or_nothing_records_nothing) {
  billing_call call = shop_call("");
  billing_event events[5], good = shop_event("k0", "e");
  billing_receipt r[5], receipt;

  five_events(events, r);
  call.flags = BILLING_CALL_ALL_OR_NOTHING;
  ck_assert_int_eq(billing_record(b, &call, events, 5, r, NULL),
                   BILLING_NOTFOUND_CUSTOMER);
  ck_assert_uint_eq(r[0].status, 0);                   /* outputs untouched */
  ck_assert_int_eq(shop_record(b, &call, &good, &receipt, NULL), 0);
  ck_assert_uint_eq(receipt.status, BILLING_STATUS_NEW);
}
END_TEST

START_TEST(unmatched_and_unpriced_usage_is_said_and_counted) {
  billing_call call = shop_call("");
  billing_event nobody = shop_event("u1", "unheard"),
                free_of_charge = shop_event("u2", "sum");
  billing_receipt receipt;
  billing_doc *doc = NULL;

  free_of_charge.properties = shop_text("{\"n\":5}");
  ck_assert_int_eq(shop_record(b, &call, &nobody, &receipt, NULL), 0);
  ck_assert_uint_eq(receipt.flags, BILLING_RECEIPT_UNMATCHED);
  ck_assert_int_eq(shop_record(b, &call, &free_of_charge, &receipt, NULL), 0);
  ck_assert_uint_eq(receipt.flags, BILLING_RECEIPT_UNPRICED);
  ck_assert_int_eq(billing_usage(b, &call, "{\"customer\":\"a\"}", (size_t)-1,
                                 &doc, NULL), 0);
  ck_assert_str_eq(billing_doc_text(doc),
                   "{\"events\":2,\"unentitled\":0,\"unmatched\":1,"
                   "\"unpriced\":1,"
                   "\"usage\":[]}");
  billing_doc_free(doc);
}
END_TEST

START_TEST(strict_refuses_what_cannot_be_billed) {
  billing_call call = shop_call("");
  billing_event nobody = shop_event("u1", "unheard"),
                free_of_charge = shop_event("u2", "sum");
  billing_receipt receipt;

  call.flags = BILLING_CALL_STRICT;
  free_of_charge.properties = shop_text("{\"n\":5}");
  ck_assert_int_eq(shop_record(b, &call, &nobody, &receipt, NULL), 0);
  ck_assert_int_eq(receipt.code, BILLING_DENIED_UNMATCHED);
  ck_assert_int_eq(shop_record(b, &call, &free_of_charge, &receipt, NULL), 0);
  ck_assert_int_eq(receipt.code, BILLING_DENIED_UNPRICED);
  free_of_charge.properties = shop_text("{}");
  call.flags = 0;
  ck_assert_int_eq(shop_record(b, &call, &free_of_charge, &receipt, NULL), 0);
  ck_assert_int_eq(BILLING_CODE(receipt.code), BILLING_INVALID);
}
END_TEST

START_TEST(a_quote_changes_nothing) {
  billing_call call = shop_call("");
  billing_event event = shop_event("k", "e");
  billing_receipt quote, receipt;

  BILLING_INIT(&quote);
  shop_grant(b, "g", "1");
  for (int i = 0; i < 3; i++) {
    ck_assert_int_eq(billing_quote(b, &call, &event, &quote, NULL), 0);
    ck_assert_dec_eq(quote.cost, "0.1");
    ck_assert_dec_eq(quote.balance, "0.9");
  }
  ck_assert_int_eq(shop_record(b, &call, &event, &receipt, NULL), 0);
  ck_assert_dec_eq(receipt.balance, "0.9");
  shop_is_sound(b);
}
END_TEST

START_TEST(too_many_lines_for_the_receipts_record_nothing) {
  static const char lines[] =
      "{\"key\":\"l1\",\"customer\":\"a\",\"event\":\"e\"}\n\n"
      "{\"key\":\"l2\",\"customer\":\"a\",\"event\":\"e\"}\n";
  billing_call call = shop_call("");
  billing_receipt r[2];
  size_t count = 99;

  BILLING_INIT(&r[0]);
  BILLING_INIT(&r[1]);
  ck_assert_int_eq(billing_record_text(b, &call, lines, (size_t)-1, r, 1,
                                       &count, NULL), BILLING_LIMIT);
  ck_assert_uint_eq(count, 99);
  ck_assert_int_eq(billing_record_text(b, &call, lines, (size_t)-1, r, 2,
                                       &count, NULL), 0);
  ck_assert_uint_eq(count, 2);
  ck_assert_uint_eq(r[1].status, BILLING_STATUS_NEW);
}
END_TEST

START_TEST(draws_are_read_by_the_receipts_number) {
  billing_call call = shop_call("");
  billing_event event = shop_event("k", "e");
  billing_cursor *cursor = NULL;
  billing_receipt receipt;
  billing_draw draw;

  shop_grant(b, "g1", "0.04");
  ck_assert_int_eq(shop_record(b, &call, &event, &receipt, NULL), 0);
  ck_assert_uint_eq(receipt.draws, 2);
  ck_assert_int_eq(billing_draws(b, &call, receipt.number, &cursor, NULL), 0);
  BILLING_INIT(&draw);
  ck_assert_int_eq(billing_draw_next(cursor, &draw, NULL), 0);
  ck_assert_uint_eq(draw.grant, 1);
  ck_assert_dec_eq(draw.amount, "0.04");
  ck_assert_int_eq(billing_draw_next(cursor, &draw, NULL), 0);
  ck_assert_uint_eq(draw.grant, 0);                    /* owed */
  ck_assert_dec_eq(draw.amount, "0.06");
  ck_assert_int_eq(billing_draw_next(cursor, &draw, NULL), BILLING_DONE);
  billing_cursor_close(cursor);
  ck_assert_int_eq(billing_draws(b, &call, receipt.number + 1, &cursor, NULL),
                   BILLING_NOTFOUND);
}
END_TEST

Suite *test_engine_events(void);
Suite *test_engine_events(void) {
  Suite *s = suite_create("engine_events");
  TCase *t = tcase_create("events");

  tcase_add_checked_fixture(t, open_shop, close_shop);
  tcase_add_test(t, a_repeat_gets_the_first_receipt_also_after_reopening);
  tcase_add_test(t, the_same_key_with_other_content_is_refused);
  tcase_add_test(t, a_refused_event_does_not_stop_the_others);
  tcase_add_test(t, all_or_nothing_records_nothing);
  tcase_add_test(t, unmatched_and_unpriced_usage_is_said_and_counted);
  tcase_add_test(t, strict_refuses_what_cannot_be_billed);
  tcase_add_test(t, a_quote_changes_nothing);
  tcase_add_test(t, too_many_lines_for_the_receipts_record_nothing);
  tcase_add_test(t, draws_are_read_by_the_receipts_number);
  suite_add_tcase(s, t);
  return s;
}
