/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * test_engine_rerate.c - events that were recorded, measured anew.
 *
 * Each price is 1 for a unit.  Three events: 5 in the model m1, 9 in m2 and 2
 * in m1, on 1 January at 3, 1 and 2 o'clock.
 */
#include "engine/rerate.h"

#include "shop.h"

static void open_meter(const char *path, const char *meter,
                       const char *price) {
  static const char format[] =
      "{\"meters\":[{\"id\":\"mm\",\"event\":\"n\",\"groups\":[\"g\"],%s}],"
      "\"plans\":[{\"id\":"
      "\"pp\",\"currency\":\"USD\",\"prices\":[{\"id\":\"x\","
      "\"meter\":\"mm\",\"model\":\"per_unit\",\"unit\":\"1\"%s}]}],"
      "\"contracts\":[{\"id\":\"cc\","
      "\"customer\":\"a\",\"plan\":\"pp\",\"start\":\"2026-01-01\"}]}";

  open_catalog(path, format, meter, price);
}

static void put_meter(const char *meter) {
  char json[1000];

  snprintf(json, sizeof json,
           "{\"id\":\"mm\",\"event\":\"n\",\"groups\":[\"g\"],%s}", meter);
  put("meter", json);
}

static void record(const char *key, int64_t hour, const char *properties) {
  billing_event event = event_at(key, "n", JANUARY + hour * HOUR,
                                 properties);

  (void)record_event(&event);
}

static void record_three(void) {
  record("five", 3, "{\"n\":5,\"g\":\"m1\"}");
  record("nine", 1, "{\"n\":9,\"g\":\"m2\"}");
  record("two", 2, "{\"n\":2,\"g\":\"m1\"}");
}

static billing_rebuilding rebuild(uint32_t budget) {
  billing_call call = call_now();
  billing_rebuilding done;
  billing_error err;

  BILLING_INIT(&done);
  BILLING_INIT(&err);
  ck_assert_msg(!billing_rebuild(b, &call, "meter", "mm", 2, budget, &done,
                                 NULL, &err), "%s %s", err.path, err.message);
  return done;
}

/* What is owed and what is drawn, in all. */
static void owes(const char *owed) {
  ck_assert_dec_eq(balance_now().owed, owed);
}

static void has_left(const char *left) {
  ck_assert_dec_eq(balance_now().left, left);
}

/* From each aggregation to another, and what voids find after that. */
#define N "\"property\":\"n\",\"aggregation\":"
START_TEST(a_meter_that_adds_up_something_else_is_booked_anew) {
  static const struct {
    const char *was, *now;
    const char *owed[2];
    const char *undone[3];     /* of 2, 9, 5 */
  } cases[] = {
    {N "\"sum\"", "\"aggregation\":\"count\"", {"16", "3"},
     {"-1", "-1", "-1"}},
    {"\"aggregation\":\"count\"", N "\"sum\"", {"3", "16"},
     {"-2", "-9", "-5"}},
    {N "\"sum\"", N "\"max\"", {"16", "9"}, {"0", "-4", "-5"}},
    {N "\"max\"", N "\"min\"", {"9", "2"}, {"3", "0", "-5"}},
    {N "\"min\"", N "\"latest\"", {"2", "5"}, {"0", "0", "-5"}},
    {N "\"latest\"", N "\"earliest\"", {"5", "9"}, {"0", "-4", "-5"}},
    {N "\"sum\"", "\"aggregation\":\"unique\",\"property\":\"g\"",
     {"16", "2"}, {"0", "-1", "-1"}},
    {"\"aggregation\":\"unique\",\"property\":\"g\"", N "\"sum\"",
     {"2", "16"}, {"-2", "-9", "-5"}},
    {N "\"sum\"", N "\"sum\",\"convert\":{\"operation\":\"divide\",\"by\":"
     "\"10\",\"round\":\"ceiling\"}", {"16", "2"}, {"0", "-1", "-1"}},
  };

  for (size_t i = 0; i < BL_COUNT(cases); i++) {
    open_meter(NULL, cases[i].was, "");
    record_three();
    put_meter(cases[i].now);
    owes(cases[i].owed[0]);
    ck_assert_uint_eq(rebuild(0).moved, 1);
    owes(cases[i].owed[1]);
    undo("two", cases[i].undone[0]);
    undo("nine", cases[i].undone[1]);
    shop_is_sound(b);
    undo("five", cases[i].undone[2]);
    owes("0");
    close_shop();
  }
}
END_TEST

START_TEST(a_version_of_the_past_measures_from_then_on) {
  open_meter(NULL, N "\"sum\"", "");
  record_three();
  put_meter(N "\"sum\",\"effective\":\"2026-01-01T02:00:00Z\","
            "\"filters\":[{\"property\":\"g\",\"in\":[\"m2\"]}]");
  owes("16");
  ck_assert_uint_eq(rebuild(0).events, 3);
  owes("9");
  record("late", 2, "{\"n\":7,\"g\":\"m2\"}");
  record("soon", 1, "{\"n\":1,\"g\":\"m1\"}");
  owes("17");
  close_shop();
}
END_TEST

START_TEST(what_was_too_much_returns_to_its_grant) {
  open_meter(NULL, N "\"sum\"", "");
  shop_grant(b, "g1", "10");
  record("five", 99, "{\"n\":5}");
  record("nine", 97, "{\"n\":9}");
  record("two", 98, "{\"n\":2}");
  has_left("0");
  owes("6");
  put_meter("\"aggregation\":\"count\"");
  rebuild(0);
  has_left("7");
  owes("0");
  close_shop();
}
END_TEST

START_TEST(an_invoiced_period_is_corrected_by_the_next_invoice) {
  billing_doc *doc = NULL;
  billing_call call;

  open_meter(NULL, N "\"sum\"", "");
  record_three();
  advance(FEBRUARY);
  put_meter(N "\"max\"");
  rebuild(0);
  advance(MARCH);
  call = call_now();
  ck_assert_int_eq(billing_invoice(b, &call, "2", 1, "json", &doc, NULL), 0);
  ck_assert_ptr_nonnull(strstr(billing_doc_text(doc), "\"amount\":\"-7\""));
  ck_assert_ptr_nonnull(strstr(billing_doc_text(doc), "\"late\":true"));
  billing_doc_free(doc);
  undo("nine", "-4");
  close_shop();
}
END_TEST

static void explains(const char *query, const char *says) {
  billing_call call = call_now();
  billing_doc *doc = NULL;

  ck_assert_int_eq(billing_explain(b, &call, query, (size_t)-1, &doc, NULL),
                   0);
  ck_assert_msg(strstr(billing_doc_text(doc), says) != NULL, "%s",
                billing_doc_text(doc));
  billing_doc_free(doc);
}

/* A line shows its events as they counted when it was made. */
START_TEST(an_explanation_knows_what_was_decided_by_then) {
  open_meter(NULL, N "\"sum\"", "");
  record_three();
  advance(FEBRUARY);
  put_meter(N "\"max\"");
  rebuild(0);
  record("ten", 4, "{\"n\":10}");
  advance(MARCH);
  put_meter(N "\"sum\"");
  rebuild(0);
  explains("{\"invoice\":\"1\",\"line\":1}",
           "{\"amount\":\"2\",\"event\":\"n\",\"key\":\"two\"");
  explains("{\"invoice\":\"2\",\"line\":1}",
           "\"key\":\"nine\",\"number\"");
  explains("{\"invoice\":\"2\",\"line\":1}",
           "\"rerated\":true,\"sample\":\"9\"");
  explains("{\"invoice\":\"2\",\"line\":1}",
           "{\"amount\":\"1\",\"event\":\"n\",\"key\":\"ten\"");
  explains("{\"invoice\":\"2\",\"line\":1}",
           "\"rerates\":[{\"amount\":\"-7\"");
  close_shop();
}
END_TEST

/* 2 % and 1 each, the first one free: 0, 1.18, 1.04; of a count 0, 1.02, 1.02.
 */
START_TEST(single_transactions_are_priced_one_by_one) {
  open_meter(NULL, N "\"sum\"",
             "},{\"id\":\"y\",\"meter\":\"mm\",\"model\":\"percentage\","
             "\"rate\":\"2\",\"fixed\":\"1\",\"free_events\":1");
  record_three();
  owes("18.22");
  put_meter("\"aggregation\":\"count\"");
  rebuild(0);
  owes("5.04");
  undo("five", "-2.02");
  close_shop();
}
END_TEST

START_TEST(a_meter_whose_transactions_are_priced_must_tell_them_apart) {
  static const char json[] = "{\"id\":\"mm\",\"event\":\"n\",\"groups\":"
                             "[\"g\"]," N "\"max\"}";
  billing_error err;

  open_meter(NULL, N "\"sum\"",
             "},{\"id\":\"y\",\"meter\":\"mm\",\"model\":\"percentage\","
             "\"rate\":\"2\",\"fixed\":\"1\"");
  ck_assert_int_eq(try_put("meter", json, &err), BILLING_CONFLICT);
  ck_assert_str_eq(err.path, "/aggregation");
  close_shop();
}
END_TEST

/* A contract that comes later, and begins before what was recorded. */
START_TEST(events_find_a_contract_of_before) {
  billing_event event;
  billing_receipt receipt;
  billing_call call;

  open_meter(NULL, N "\"sum\"", "");
  call = call_now();
  ck_assert_int_eq(billing_put(b, &call, "customer", "{\"id\":\"z\"}",
                               (size_t)-1, NULL, NULL), 0);
  event = shop_event("z1", "n");
  event.customer = shop_text("z");
  event.properties = shop_text("{\"n\":4}");
  ck_assert_int_eq(shop_record(b, &call, &event, &receipt, NULL), 0);
  ck_assert_uint_eq(receipt.flags, BILLING_RECEIPT_UNENTITLED);
  ck_assert_int_eq(billing_put(b, &call, "contract",
                               "{\"id\":\"kz\",\"customer\":\"z\",\"plan\":"
                               "\"pp\",\"start\":\"2026-01-01\"}",
                               (size_t)-1, NULL, NULL), 0);
  ck_assert_int_eq(billing_void(b, &call, "z1", 2, &receipt, NULL), 0);
  ck_assert_dec_eq(receipt.cost, "-4");
  close_shop();
}
END_TEST

/* To figures of ticks, in an open period and in one that is closed. */
START_TEST(ticks_and_events_change_places) {
  for (int is_closed = 0; is_closed <= 1; is_closed++) {
    open_meter(NULL, N "\"sum\"", "");
    record_three();
    if (is_closed) advance(FEBRUARY);
    put_meter(N "\"percentile\",\"percentile\":50");
    rebuild(0);
    owes("0");
    advance(is_closed ? MARCH : FEBRUARY);
    put_meter(N "\"sum\"");
    rebuild(0);
    owes("11");
    put_meter(N "\"weighted_sum\",\"recurring\":true");
    rebuild(0);
    advance(is_closed ? APRIL : MARCH);
    owes("0");
    close_shop();
  }
}
END_TEST

static uint64_t customers_add(int count) {
  for (int i = 1; i <= count; i++) {
    billing_call call = call_now();
    char json[400];
    billing_event event;
    billing_receipt receipt;
    char key[20];

    snprintf(json, sizeof json,
             "{\"customers\":[{\"id\":\"u%d\"}],\"contracts\":[{\"id\":\"k%d\""
             ",\"customer\":\"u%d\",\"plan\":\"pp\",\"start\":\"2026-01-01\"}]"
             "}", i, i, i);
    ck_assert_int_eq(billing_catalog_apply(b, &call, json, (size_t)-1, NULL,
                                           NULL), 0);
    snprintf(key, sizeof key, "e%d", i);
    event = shop_event(key, "n");
    snprintf(json, sizeof json, "u%d", i);
    event.customer = shop_text(json);
    event.properties = shop_text("{\"n\":4}");
    ck_assert_int_eq(shop_record(b, &call, &event, &receipt, NULL), 0);
    ck_assert_dec_eq(receipt.cost, "4");
  }
  return (uint64_t)count;
}

static void costs_next(const char *customer, const char *key,
                       const char *cost) {
  billing_call call = call_now();
  billing_event event = shop_event(key, "n");
  billing_receipt receipt;

  event.customer = shop_text(customer);
  event.properties = shop_text("{\"n\":4}");
  ck_assert_int_eq(shop_record(b, &call, &event, &receipt, NULL), 0);
  ck_assert_dec_eq(receipt.cost, cost);
}

/* Customers are a, u1 .. u6; the file is opened anew between all steps. */
START_TEST(each_customer_keeps_the_old_answer_until_its_turn) {
  shop_folder f = shop_folder_make();
  billing_rebuilding done;

  open_meter(f.path, N "\"sum\"", "");
  customers_add(6);
  put_meter("\"aggregation\":\"count\"");
  for (int i = 0; i <= 3; i++) {
    char key[3][20];
    open_anew(f.path);
    for (int k = 0; k < 3; k++)
      snprintf(key[k], sizeof key[k], "x%d%d", i, k);
    costs_next("u1", key[0], i < 1 ? "4" : "1");
    costs_next("u3", key[1], i < 2 ? "4" : "1");
    costs_next("u6", key[2], i < 3 ? "4" : "1");
    shop_is_sound(b);
    done = rebuild(2 + (uint32_t)(i == 2));
    ck_assert_uint_eq(done.customers, 7);
    ck_assert_uint_eq(done.done, i == 0 ? 2 : i == 1 ? 4 : 7);
    ck_assert_uint_eq(done.flags, i < 2 ? BILLING_PROGRESS_MORE : 0);
    shop_is_sound(b);
  }
  open_anew(f.path);
  undo("x00", "-1");
  undo("x11", "-1");
  close_shop();
  shop_folder_remove(&f);
}
END_TEST

static void put_event_name(const char *name) {
  char json[200];

  snprintf(json, sizeof json, "{\"id\":\"mm\",\"event\":%s,\"groups\":"
           "[\"g\"]," N "\"sum\"}", name);
  put("meter", json);
}

/* By one name, by a choice of names, and back. */
START_TEST(a_meter_of_other_events_takes_what_was_recorded) {
  open_meter(NULL, N "\"sum\"", "");
  record_three();
  put_event_name("{\"in\":[\"other\"]}");
  costs_next("a", "before", "4");
  rebuild(0);
  owes("0");
  costs_next("a", "after", "0");
  put_event_name("\"n\"");
  costs_next("a", "again", "0");
  rebuild(0);
  owes("28");
  put_event_name("{\"not_in\":[\"other\"]}");
  rebuild(0);
  owes("28");
  costs_next("a", "last", "4");
  close_shop();
}
END_TEST

/* What one handle rebuilds, another one knows when it looks. */
START_TEST(another_handle_goes_on_with_the_new_answer) {
  shop_folder f = shop_folder_make();
  billing *mine, *other = NULL;

  open_meter(f.path, N "\"sum\"", "");
  customers_add(2);
  ck_assert_int_eq(billing_open(&other, f.path, (size_t)-1, NULL, NULL), 0);
  mine = b;
  b = other;
  costs_next("u1", "o1", "4");
  b = mine;
  put_meter("\"aggregation\":\"count\"");
  rebuild(2);
  b = other;
  costs_next("u1", "o2", "1");
  costs_next("u2", "o3", "4");
  rebuild(0);
  shop_is_sound(b);
  b = mine;
  costs_next("u2", "o4", "1");
  undo("o1", "-1");
  billing_close(other);
  close_shop();
  shop_folder_remove(&f);
}
END_TEST

START_TEST(a_dry_run_tells_and_changes_nothing) {
  billing_call call;
  billing_doc *doc = NULL;

  open_meter(NULL, N "\"sum\"", "");
  record_three();
  put_meter("\"aggregation\":\"count\"");
  call = call_now();
  call.flags |= BILLING_CALL_DRY_RUN;
  for (int i = 0; i < 2; i++) {
    ck_assert_int_eq(billing_rebuild(b, &call, "meter", "mm", 2, 0, NULL, &doc,
                                     NULL),
                     0);
    ck_assert_ptr_nonnull(strstr(billing_doc_text(doc),
                                 "\"amount\":\"3\",\"asset\":\"USD\","
                                 "\"contract\":\"cc\",\"customer\":\"a\","
                                 "\"difference\":\"-13\""));
    billing_doc_free(doc);
    owes("16");
  }
  shop_is_sound(b);
  rebuild(0);
  owes("3");
  close_shop();
}
END_TEST

/* What an erased customer's events gave stays what it was. */
START_TEST(an_erased_customer_keeps_what_was_booked) {
  billing_call call;
  billing_error err;

  BILLING_INIT(&err);
  open_meter(NULL, N "\"sum\"", "");
  record_three();
  put_meter(N "\"percentile\",\"percentile\":50");
  call = call_now();
  ck_assert_int_eq(billing_erase(b, &call, "a", 1, "asked", 5, NULL), 0);
  ck_assert_uint_eq(rebuild(0).moved, 0);
  advance(FEBRUARY);
  close_shop();
}
END_TEST

START_TEST(what_a_meter_wants_no_more_is_listed_as_unmatched) {
  billing_doc *doc = NULL;
  billing_call call;

  open_meter(NULL, N "\"sum\"", "");
  record_three();
  put_meter(N "\"sum\",\"effective\":\"2026-01-01\","
            "\"filters\":[{\"property\":\"g\",\"in\":[\"m2\"]}]");
  rebuild(0);
  call = call_now();
  ck_assert_int_eq(billing_usage_health(b, &call, "", 0, &doc, NULL), 0);
  ck_assert_ptr_nonnull(strstr(billing_doc_text(doc), "\"unmatched\":2"));
  ck_assert_ptr_nonnull(strstr(billing_doc_text(doc), "\"count\":2"));
  billing_doc_free(doc);
  undo("two", "0");
  ck_assert_int_eq(billing_usage_health(b, &call, "", 0, &doc, NULL), 0);
  ck_assert_ptr_nonnull(strstr(billing_doc_text(doc), "\"unmatched\":1"));
  ck_assert_ptr_nonnull(strstr(billing_doc_text(doc), "\"count\":1"));
  billing_doc_free(doc);
  close_shop();
}
END_TEST

Suite *test_engine_rerate(void) {
  Suite *s = suite_create("engine_rerate");
  TCase *c = tcase_create("rerate");

  tcase_add_test(c, a_meter_that_adds_up_something_else_is_booked_anew);
  tcase_add_test(c, a_version_of_the_past_measures_from_then_on);
  tcase_add_test(c, what_was_too_much_returns_to_its_grant);
  tcase_add_test(c, an_invoiced_period_is_corrected_by_the_next_invoice);
  tcase_add_test(c, an_explanation_knows_what_was_decided_by_then);
  tcase_add_test(c, single_transactions_are_priced_one_by_one);
  tcase_add_test(c,
                 a_meter_whose_transactions_are_priced_must_tell_them_apart);
  tcase_add_test(c, events_find_a_contract_of_before);
  tcase_add_test(c, ticks_and_events_change_places);
  tcase_add_test(c, each_customer_keeps_the_old_answer_until_its_turn);
  tcase_add_test(c, a_meter_of_other_events_takes_what_was_recorded);
  tcase_add_test(c, another_handle_goes_on_with_the_new_answer);
  tcase_add_test(c, a_dry_run_tells_and_changes_nothing);
  tcase_add_test(c, an_erased_customer_keeps_what_was_booked);
  tcase_add_test(c, what_a_meter_wants_no_more_is_listed_as_unmatched);
  suite_add_tcase(s, c);
  return s;
}
