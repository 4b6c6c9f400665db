/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * test_engine_rate.c - events that cannot be rated leave no trace; meters of
 * every kind, from the event to the charge.
 */
#include "shop.h"

static const char two_prices[] =
    "{\"meters\":[{\"id\":\"big\",\"event\":\"big\",\"aggregation\":\"sum\","
    "\"groups\":[\"team\"]}],\"plans\":[{\"id\":\"pp\",\"currency\":\"USD\","
    "\"prices\":[{\"id\":\"team\",\"meter\":\"big\",\"model\":\"per_unit\","
    "\"unit\":\"1\",\"groups\":[\"team\"]},{\"id\":\"all\",\"meter\":"
    "\"big\",\"model\":\"per_unit\",\"unit\":\"2\"}]}],\"contracts\":["
    "{\"id\":\"cc\",\"customer\":\"a\",\"plan\":\"pp\",\"start\":"
    "\"2026-01-01\"}]}";

static void open_big(void) { open_catalog(NULL, "%s", two_prices); }

static billing_event big(const char *key, const char *value,
                         const char *properties) {
  billing_event e = event_at(key, "big", SHOP_NOW, properties);

  e.flags = BILLING_EVENT_VALUE;
  e.value = D(value);
  return e;
}

/* The first price of the too large event fits and the second does not: what
 * the first had begun must be forgotten. */
START_TEST(an_event_that_does_not_fit_leaves_the_state_as_the_journal_has_it) {
  billing_call call = shop_call("");
  billing_receipt receipts[4];
  billing_error err;
  billing_event events[4] = {
    big("red too large", "99999999999999999999", "{\"team\":\"red\"}"),
    big("blue", "1", "{\"team\":\"blue\"}"),
    big("red", "2", "{\"team\":\"red\"}"),
    big("blue again", "3", "{\"team\":\"blue\"}"),
  };

  open_big();
  for (int i = 0; i < 4; i++) BILLING_INIT(&receipts[i]);
  BILLING_INIT(&err);
  ck_assert_int_eq(billing_record(b, &call, events, 4, receipts, &err), 0);
  ck_assert_int_eq(receipts[0].code, BILLING_LIMIT);
  ck_assert_int_eq(err.code, BILLING_LIMIT);
  ck_assert_int_eq((int)err.item, 0);
  ck_assert_dec_eq(receipts[1].cost, "3");
  ck_assert_dec_eq(receipts[2].cost, "6");
  ck_assert_dec_eq(receipts[3].cost, "9");
  close_shop();
}
END_TEST

START_TEST(the_largest_total_is_reached_exactly_and_not_passed) {
  billing_call call = shop_call("");
  billing_event event = big("half", "49999999999999999999", "{}");
  billing_receipt receipt;

  open_big();
  ck_assert_int_eq(shop_record(b, &call, &event, &receipt, NULL), 0);
  ck_assert_int_eq(receipt.code, BILLING_LIMIT);   /* 1 and 2 for each */
  event = big("third", "33333333333333333333", "{}");
  ck_assert_int_eq(shop_record(b, &call, &event, &receipt, NULL), 0);
  ck_assert_dec_eq(receipt.cost, "99999999999999999999");
  close_shop();
}
END_TEST

/* Prices of several contracts of one customer: each has its own total. */
START_TEST(an_event_is_charged_under_every_contract_that_prices_it) {
  billing_call call = shop_call("");
  billing_event event = big("one", "5", "{\"team\":\"red\"}");
  billing_receipt receipt;

  open_big();
  put("contract", "{\"id\":\"c3\",\"customer\":\"a\",\"plan\":\"pp\","
                  "\"start\":\"2026-01-01\"}");
  ck_assert_int_eq(shop_record(b, &call, &event, &receipt, NULL), 0);
  ck_assert_uint_eq(receipt.charges, 4);
  ck_assert_dec_eq(receipt.cost, "30");
  ck_assert_uint_eq(receipt.flags, BILLING_RECEIPT_OWED);
  close_shop();
}
END_TEST

/* ---- meters ----
 *
 * Each price is 1 for a unit, so that the cost of an event is what the priced
 * quantity moved by.
 */

#define METER(id, rest) "{\"id\":\"" id "\"," rest "}"
#define PRICE(id)                                                    \
  "{\"id\":\"" id "\",\"meter\":\"" id "\",\"model\":\"per_unit\"," \
  "\"unit\":\"1\"}"

/* An event hours after the first of January; what it costs. */
static void costs(const char *name, int64_t hour, const char *properties,
                  const char *cost) {
  static int keys;
  billing_event event;
  char key[20];

  snprintf(key, sizeof key, "key %d", keys++);
  event = event_at(key, name, JANUARY + hour * HOUR, properties);
  ck_assert_dec_eq(record_event(&event).cost, cost);
}

START_TEST(an_expression_gives_the_quantity) {
  billing_call call = shop_call("");
  billing_event event = shop_event("bad", "llm");
  billing_receipt receipt;
  billing_error err;

  open_meters(NULL,
    METER("x", "\"event\":\"llm\",\"aggregation\":\"sum\",\"expression\":"
               "\"event.properties.in + 4 * event.properties.out\""),
    PRICE("x"));
  costs("llm", 1, "{\"in\":3,\"out\":2}", "11");
  costs("llm", 2, "{\"in\":0.5,\"out\":\"1\"}", "4.5");
  event.properties = shop_text("{\"in\":1}");
  ck_assert_int_eq(shop_record(b, &call, &event, &receipt, &err), 0);
  ck_assert_int_eq(receipt.code, BILLING_INVALID);
  ck_assert_str_eq(err.path, "/properties/out");
  close_shop();
}
END_TEST

/* 1,247 bytes and 800 bytes are 2 and then 3 kilobytes begun. */
START_TEST(the_running_total_is_converted_and_rounded) {
  open_meters(NULL,
    METER("kb", "\"event\":\"sent\",\"aggregation\":\"sum\",\"property\":"
                "\"bytes\",\"convert\":{\"operation\":\"divide\",\"by\":"
                "\"1000\",\"round\":\"ceiling\"}"),
    PRICE("kb"));
  costs("sent", 1, "{\"bytes\":1247}", "2");
  costs("sent", 2, "{\"bytes\":800}", "1");
  costs("sent", 3, "{\"bytes\":900}", "0");
  costs("sent", 4, "{\"bytes\":54}", "1");
  close_shop();
}
END_TEST

/* The charges stand in the order of meters: those of the name first. */
START_TEST(meters_choose_names_and_properties) {
  open_meters(NULL,
    METER("both", "\"event\":{\"in\":[\"get\",\"put\"]},\"aggregation\":"
                  "\"count\"") ","
    METER("rest", "\"event\":{\"not_in\":[\"get\",\"put\"]},\"aggregation\":"
                  "\"sum\",\"expression\":\"10\"") ","
    METER("large", "\"event\":\"put\",\"aggregation\":\"sum\",\"expression\":"
                   "\"100\",\"filters\":[{\"property\":\"size\","
                   "\"more_than\":\"5\"},{\"property\":\"draft\",\"exists\":"
                   "false}]"),
    PRICE("both") "," PRICE("rest") "," PRICE("large"));
  costs("get", 1, "{}", "1");
  costs("put", 2, "{\"size\":5}", "1");
  costs("put", 3, "{\"size\":5.5}", "101");
  costs("put", 4, "{\"size\":6,\"draft\":true}", "1");
  costs("head", 5, "{}", "10");
  close_shop();
}
END_TEST

START_TEST(earliest_goes_by_time) {
  open_meters(NULL,
    METER("first", "\"event\":\"size\",\"aggregation\":\"earliest\","
                   "\"property\":\"n\""),
    PRICE("first"));
  costs("size", 5, "{\"n\":7}", "7");
  costs("size", 6, "{\"n\":9}", "0");
  costs("size", 5, "{\"n\":9}", "0");
  costs("size", 4, "{\"n\":2}", "-5");
  close_shop();
}
END_TEST

#define SEATS                                                          \
  METER("seats", "\"event\":\"seat\",\"aggregation\":\"unique\","      \
                 "\"property\":\"user\",\"operation\":\"op\"")

/* The latest operation by time decides, in whatever order they come; a
 * process that was not there before knows the same. */
START_TEST(values_come_and_go_by_their_time) {
  shop_folder f = shop_folder_make();

  open_meters(f.path, SEATS, PRICE("seats"));
  costs("seat", 1, "{\"user\":\"ann\"}", "1");
  costs("seat", 2, "{\"user\":\"bob\",\"op\":\"add\"}", "1");
  costs("seat", 3, "{\"user\":\"ann\",\"op\":\"add\"}", "0");
  costs("seat", 6, "{\"user\":\"ann\",\"op\":\"remove\"}", "-1");
  costs("seat", 5, "{\"user\":\"ann\",\"op\":\"add\"}", "0");
  costs("seat", 4, "{\"user\":\"cem\",\"op\":\"remove\"}", "0");
  shop_is_sound(b);
  open_anew(f.path);
  costs("seat", 3, "{\"user\":\"cem\"}", "0");
  costs("seat", 6, "{\"user\":\"ann\"}", "1");
  costs("seat", 7, "{\"user\":\"bob\",\"op\":\"remove\"}", "-1");
  close_shop();
  shop_folder_remove(&f);
}
END_TEST

/* One after the other into images, and back out of them. */
START_TEST(values_live_in_images) {
  shop_folder f = shop_folder_make();
  billing_error err;

  open_meters(f.path, SEATS, PRICE("seats"));
  BILLING_INIT(&err);
  for (int i = 0; i < 150; i++) {
    char properties[60];
    snprintf(properties, sizeof properties, "{\"user\":\"u%d\"}", i % 75);
    costs("seat", i, properties, i < 75 ? "1" : "0");
  }
  ck_assert_int_eq(billing_maintain(b, &(billing_call){
    .struct_size = sizeof(billing_call), .tenant = shop_text("t"),
    .now_us = SHOP_NOW}, 0, NULL, &err), 0);
  open_anew(f.path);
  costs("seat", 10, "{\"user\":\"u74\",\"op\":\"remove\"}", "0");
  costs("seat", 160, "{\"user\":\"u74\",\"op\":\"remove\"}", "-1");
  close_shop();
  shop_folder_remove(&f);
}
END_TEST

START_TEST(what_a_meter_skips_is_not_refused) {
  billing_call call = shop_call("");
  billing_event event = shop_event("none", "use");
  billing_receipt receipt;
  billing_error err;

  open_meters(NULL,
    METER("n", "\"event\":\"use\",\"aggregation\":\"sum\",\"property\":"
               "\"n\",\"unusable\":\"skip\""),
    PRICE("n"));
  costs("use", 1, "{\"n\":2}", "2");
  event.properties = shop_text("{\"n\":\"many\"}");
  ck_assert_int_eq(shop_record(b, &call, &event, &receipt, &err), 0);
  ck_assert_int_eq(receipt.code, 0);
  ck_assert_uint_eq(receipt.flags, BILLING_RECEIPT_UNMATCHED);
  close_shop();
}
END_TEST

static void put_meter(const char *rest) {
  char text[600];

  snprintf(text, sizeof text, "{\"id\":\"x\",\"event\":\"use\","
           "\"aggregation\":\"sum\",%s}", rest);
  put("meter", text);
}

/* Hour 96 is now.  Each event goes by the version of its own time, also in a
 * process that was not there. */
START_TEST(a_meter_has_versions_each_from_its_time_on) {
  shop_folder f = shop_folder_make();

  open_meters(f.path,
    METER("x", "\"event\":\"use\",\"aggregation\":\"sum\","
               "\"property\":\"a\""), PRICE("x"));
  costs("use", 95, "{\"a\":1,\"b\":10,\"c\":100}", "1");
  put_meter("\"property\":\"b\"");
  put_meter("\"property\":\"c\","
            "\"effective\":\"2026-01-05T02:00:00Z\"");
  put_meter("\"property\":\"c\",\"name\":\"Third\","
            "\"effective\":\"2026-01-05T02:00:00Z\"");
  for (int again = 0; again < 2; again++) {
    costs("use", 94, "{\"a\":1,\"b\":10,\"c\":100}", "1");
    costs("use", 96, "{\"a\":1,\"b\":10,\"c\":100}", "10");
    costs("use", 97, "{\"a\":1,\"b\":10,\"c\":100}", "10");
    costs("use", 98, "{\"a\":1,\"b\":10,\"c\":100}", "100");
    shop_is_sound(b);
    open_anew(f.path);
  }
  put_meter("\"expression\":\"1000\","   /* instead of c */
            "\"effective\":\"2026-01-05T03:00:00Z\"");
  costs("use", 98, "{\"a\":1,\"b\":10,\"c\":100}", "10");
  costs("use", 99, "{\"a\":1,\"b\":10,\"c\":100}", "1000");
  close_shop();
  shop_folder_remove(&f);
}
END_TEST

/* Ten at 1.00 were paid by a grant that has ended; thirteen cost 0.50 each, so
 * 3.50 go back, and expire: the other price of the late event is owed. */
START_TEST(what_returns_to_an_ended_grant_pays_nothing_else) {
  static const char catalog[] =
      "{\"plans\":[{\"id\":\"pv\",\"currency\":\"USD\",\"prices\":["
      "{\"id\":\"v\",\"meter\":\"s\",\"model\":\"volume\",\"tiers\":["
      "{\"up_to\":\"10\",\"unit\":\"1\"},{\"unit\":\"0.5\"}]},"
      "{\"id\":\"w\",\"meter\":\"s\",\"model\":\"per_unit\","
      "\"unit\":\"0.1\"}]}],\"contracts\":[{\"id\":\"cv\",\"customer\":"
      "\"a\",\"plan\":\"pv\",\"start\":\"2026-01-01\"}]}";
  billing_call call = shop_call("g");
  billing_event event = shop_event("1", "sum");
  billing_grant_terms grant;
  billing_receipt receipt;

  b = shop_open(NULL);
  BILLING_INIT(&grant);
  grant.customer = shop_text("a");
  grant.amount.amount = D("11");
  grant.expires_us = SHOP_NOW + SHOP_DAY;
  strcpy(grant.amount.asset, "USD");
  ck_assert_int_eq(billing_grant(b, &call, &grant, NULL, NULL), 0);
  call = shop_call("");
  ck_assert_int_eq(billing_catalog_apply(b, &call, catalog, (size_t)-1, NULL,
                                         NULL), 0);
  event.properties = shop_text("{\"n\":10}");
  ck_assert_int_eq(shop_record(b, &call, &event, &receipt, NULL), 0);
  ck_assert_dec_eq(receipt.drawn, "11");
  call.now_us = SHOP_NOW + 40 * SHOP_DAY;
  call.flags = BILLING_CALL_STEP;
  ck_assert_int_eq(billing_advance(b, &call, call.now_us, 0, NULL, NULL), 0);
  event = shop_event("2", "sum");
  event.properties = shop_text("{\"n\":3}");
  ck_assert_int_eq(shop_record(b, &call, &event, &receipt, NULL), 0);
  ck_assert_dec_eq(receipt.cost, "-3.2");
  ck_assert_dec_eq(receipt.drawn, "-3.5");
  close_shop();
}
END_TEST

/* Twice 9 use up ten; a smaller least value costs 9 only, so one returns, and
 * is gone with the grant a day later. */
START_TEST(what_returned_to_a_grant_ends_with_it) {
  static const char meter[] =
      "{\"id\":\"y\",\"event\":\"t\",\"aggregation\":\"min\"}";
  billing_call call;
  billing_grant_terms grant;

  open_meters(NULL, meter, "{\"id\":\"p\",\"meter\":\"y\",\"model\":"
                           "\"per_unit\",\"unit\":\"9\"}");
  call = shop_call_at(now_us, "g");
  BILLING_INIT(&grant);
  grant.customer = shop_text("a");
  grant.amount.amount = D("10");
  grant.expires_us = SHOP_NOW + SHOP_DAY;
  strcpy(grant.amount.asset, "USD");
  ck_assert_int_eq(billing_grant(b, &call, &grant, NULL, NULL), 0);
  ck_assert_dec_eq(record_value("1", "t", now_us, "2").drawn, "10");
  ck_assert_dec_eq(balance_now().free, "0");
  ck_assert_dec_eq(record_value("2", "t", now_us, "1").drawn, "-1");
  ck_assert_dec_eq(balance_now().free, "1");
  now_us += 2 * SHOP_DAY;
  ck_assert_dec_eq(balance_now().free, "0");
  ck_assert_dec_eq(balance_now().held, "0");
  close_shop();
}
END_TEST

Suite *test_engine_rate(void);
Suite *test_engine_rate(void) {
  Suite *s = suite_create("engine_rate");
  TCase *t = tcase_create("rate");

  tcase_add_test(t,
      an_event_that_does_not_fit_leaves_the_state_as_the_journal_has_it);
  tcase_add_test(t, the_largest_total_is_reached_exactly_and_not_passed);
  tcase_add_test(t, an_event_is_charged_under_every_contract_that_prices_it);
  tcase_add_test(t, an_expression_gives_the_quantity);
  tcase_add_test(t, the_running_total_is_converted_and_rounded);
  tcase_add_test(t, meters_choose_names_and_properties);
  tcase_add_test(t, earliest_goes_by_time);
  tcase_add_test(t, values_come_and_go_by_their_time);
  tcase_add_test(t, values_live_in_images);
  tcase_add_test(t, what_a_meter_skips_is_not_refused);
  tcase_add_test(t, a_meter_has_versions_each_from_its_time_on);
  tcase_add_test(t, what_returns_to_an_ended_grant_pays_nothing_else);
  tcase_add_test(t, what_returned_to_a_grant_ends_with_it);
  suite_add_tcase(s, t);
  return s;
}
