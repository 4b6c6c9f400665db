/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * test_engine_ticks_sql.c - statements that are rated when a period closes.
 *
 * Each price is 1 for a unit.  In Berlin January 2026 begins an hour before
 * that of UTC.
 */
#include "shop.h"

#define METER(rest, statement)                                     \
  "{\"id\":\"q\",\"event\":\"n\",\"aggregation\":\"sql\"," rest      \
  "\"properties\":[\"n\",\"r\",\"s\"],\"sql\":\"" statement "\"}"
#define PRICE(rest)                                                  \
  "{\"id\":\"q\",\"meter\":\"q\",\"model\":\"per_unit\",\"unit\":\"1\"" \
  rest "}"
#define BY_REGION \
  "SELECT sum(n) AS value, r, s FROM events GROUP BY r, s"

static billing_error err;

/* With an error that is ready for the call. */
static billing_call call_anew(void) {
  BILLING_INIT(&err);
  return call_now();
}

static void open_in(const char *path, const char *zone, const char *meter,
                    const char *price) {
  static const char format[] =
      "{\"meters\":[%s],\"plans\":[{\"id\":\"pp\",\"currency\":\"USD\","
      "\"prices\":[%s]}],\"contracts\":[{\"id\":\"cc\",\"customer\":\"a\","
      "\"plan\":\"pp\",\"start\":\"2026-01-01\",\"zone\":\"%s\"}]}";

  open_catalog(path, format, meter, price, zone);
}

static void open_meter(const char *meter, const char *price) {
  open_in(NULL, "UTC", meter, price);
}

/* An event some hours after the first of January costs nothing yet. */
static char last_key[20];
static billing_receipt receipt;
static void record(int64_t hour, const char *properties) {
  static int keys;
  billing_event event;

  snprintf(last_key, sizeof last_key, "key %d", keys++);
  event = event_at(last_key, "n", JANUARY + hour * HOUR, properties);
  receipt = record_event(&event);
  ck_assert_dec_eq(receipt.cost, "0");
  ck_assert_uint_ne(receipt.flags & BILLING_RECEIPT_PENDING, 0);
}

static int advance_to(int64_t until_us) {
  billing_call call;

  now_us = until_us;
  call = call_anew();
  return billing_advance(b, &call, until_us, 0, NULL, &err);
}

static void void_last(void) {
  billing_call call = call_anew();

  ck_assert_int_eq(billing_void(b, &call, last_key, (size_t)-1, NULL, &err),
                   0);
}

/* "quantity amount group" of the rows of a document's list, line by line. */
static void shows(bl_json *tree, const char *list, const char *lines) {
  static const char *const members[] = {"quantity", "amount", NULL};
  char found[1000] = "";

  for (const bl_json *line = bl_json_first(bl_json_get(tree, list)); line;
       line = bl_json_next(line)) {
    const bl_json *group = bl_json_first(bl_json_get(line, "group"));
    add_members(found, line, members);
    for (; group; group = bl_json_next(group)) {
      strcat(found, " ");
      strcat(found, bl_json_kind(group) == BL_JSON_NULL
                      ? "null" : bl_json_text(group).text);
    }
    strcat(found, "\n");
  }
  bl_json_free(tree);
  ck_assert_str_eq(found, lines);
}

static void bills(const char *number, const char *lines) {
  shows(invoice_tree(number), "lines", lines);
}

static void uses(const char *lines) {
  billing_call call = call_anew();
  billing_doc *doc;

  ck_assert_msg(!billing_usage(b, &call, "{\"customer\":\"a\"}", (size_t)-1,
                               &doc, &err), "%s", err.message);
  shows(shop_tree(doc), "usage", lines);
}

/* The worked example, but for the hour: 1 May is 1 January. */
START_TEST(each_day_is_measured_by_itself) {
  open_meter(METER("\"tick\":\"day\",", "SELECT max(n) AS value, r FROM "
                   "events GROUP BY r"), PRICE(",\"groups\":[\"r\"]"));
  record(26, "{\"n\":2,\"r\":\"eu\"}");
  record(20, "{\"n\":7,\"r\":\"eu\"}");
  record(2, "{\"n\":5,\"r\":\"eu\"}");
  record(3, "{\"n\":1,\"r\":\"us\"}");
  advance(FEBRUARY);
  bills("INV-000001", "9 9 eu\n1 1 us\n");
  close_shop();
}
END_TEST

/* 23:30 and 0:30 in UTC are of one day in Berlin; of 22:30 and 23:30 the
 * second is.  Hours are the same in both. */
START_TEST(days_are_those_of_the_contract) {
  static const char statement[] =
    METER("\"tick\":\"day\",", "SELECT max(n) FROM events");

  for (int i = 0; i < 2; i++) {
    open_in(NULL, i ? "Europe/Berlin" : "UTC", statement, PRICE(""));
    record(47, "{\"n\":3}");
    record(48, "{\"n\":4}");
    advance(FEBRUARY);
    bills("INV-000001", i ? "4 4\n" : "7 7\n");
    close_shop();
  }
  open_meter(METER("\"tick\":\"hour\",", "SELECT max(n) FROM events"),
             PRICE(""));
  record(47, "{\"n\":3}");
  record(47, "{\"n\":2}");
  record(48, "{\"n\":4}");
  advance(FEBRUARY);
  bills("INV-000001", "7 7\n");
  close_shop();
}
END_TEST

/* Columns are region and sort; rows are added up by what a price names. */
START_TEST(rows_are_added_up_by_what_a_price_groups_by) {
  open_meter(METER("", BY_REGION), PRICE(",\"groups\":[\"r\"]") ","
             "{\"id\":\"all\",\"meter\":\"q\",\"model\":\"per_unit\","
             "\"unit\":\"2\"},{\"id\":\"m\",\"meter\":\"q\",\"groups\":"
             "[\"r\"],\"model\":\"matrix\",\"rates\":[{\"values\":{\"r\":"
             "\"eu\"},\"unit\":\"3\"},{\"values\":{},\"unit\":\"5\"}]}");
  record(1, "{\"n\":2,\"r\":\"eu\",\"s\":\"x\"}");
  record(2, "{\"n\":4,\"r\":\"eu\",\"s\":\"y\"}");
  record(3, "{\"n\":1}");
  advance(FEBRUARY);
  bills("INV-000001", "6 6 eu\n1 1 null\n7 14\n6 18 eu\n1 5 null\n");
  uses("6 6 eu\n1 1 null\n7 14\n6 18 eu\n1 5 null\n");
  close_shop();
}
END_TEST

START_TEST(usage_says_what_has_come_so_far) {
  open_meter(METER("", BY_REGION), PRICE(",\"groups\":[\"r\"]"));
  record(1, "{\"n\":2,\"r\":\"eu\"}");
  record(24 * 20, "{\"n\":5,\"r\":\"us\"}");       /* later than now */
  uses("2 2 eu\n");
  now_us = FEBRUARY - 1;
  uses("2 2 eu\n5 5 us\n");
  close_shop();
}
END_TEST

START_TEST(what_comes_late_or_is_voided_is_billed_as_a_difference) {
  shop_folder f = shop_folder_make();

  open_in(f.path, "UTC", METER("", BY_REGION), PRICE(",\"groups\":[\"r\"]"));
  record(1, "{\"n\":2,\"r\":\"eu\"}");
  advance(FEBRUARY);
  record(2, "{\"n\":3,\"r\":\"eu\"}");
  ck_assert_uint_ne(receipt.flags & BILLING_RECEIPT_LATE, 0);
  record(3, "{\"n\":4,\"r\":\"us\"}");
  record(800, "{\"n\":9,\"r\":\"eu\"}");
  shop_is_sound(b);
  open_anew(f.path);
  advance(MARCH);
  bills("INV-000002", "5 3 eu\n4 4 us\n9 9 eu\n");
  void_last();                                     /* of February: 9 eu */
  advance(APRIL);
  bills("INV-000003", "0 -9 eu\n");
  uses("5 5 eu\n4 4 us\n");
  close_shop();
  shop_folder_remove(&f);
}
END_TEST

/* Nothing is in the second invoice's period but what comes late. */
START_TEST(a_period_is_measured_again_only_when_it_is_due) {
  open_meter(METER("", "SELECT sum(n) FROM events"), PRICE(""));
  record(1, "{\"n\":2}");
  advance(FEBRUARY);
  bills("INV-000001", "2 2\n");
  put("meter", METER("", "SELECT dec_mul(sum(n), '10') FROM events"));
  record(800, "{\"n\":1}");
  advance(MARCH);
  bills("INV-000002", "10 10\n");                  /* January stays */
  record(2, "{\"n\":1}");
  advance(APRIL);
  bills("INV-000003", "30 28\n");                  /* all of it anew */
  close_shop();
}
END_TEST

START_TEST(a_statement_that_fails_says_whose_it_is) {
  open_meter(METER("", "SELECT dec_div(sum(n), min(n)) FROM events"),
             PRICE(""));
  record(1, "{\"n\":2}");
  record(2, "{\"n\":0}");
  ck_assert_int_eq(advance_to(FEBRUARY), BILLING_INVALID);
  ck_assert_str_eq(err.message,
                   "the contract cc, price q, period from "
                   "2026-01-01T00:00:00Z: the statement of the meter q: "
                   "a number is divided by zero");
  void_last();
  advance(FEBRUARY);
  bills("INV-000001", "1 1\n");
  close_shop();
}
END_TEST

/* Its columns stay; its properties and the rest of it may be others. */
START_TEST(another_statement_gets_over_one_that_fails) {
  open_meter(METER("", "SELECT dec_div(sum(n), min(n)) AS value, r FROM "
                   "events GROUP BY r"), PRICE(",\"groups\":[\"r\"]"));
  record(2, "{\"n\":0,\"r\":\"eu\"}");
  ck_assert_int_eq(advance_to(FEBRUARY), BILLING_INVALID);
  ck_assert_int_eq(try_put("meter", METER("", "SELECT sum(n) FROM events"),
                           &err), BILLING_CONFLICT);
  ck_assert_str_eq(err.path, "/sql");
  put("meter", METER("", "SELECT count(*) AS value, r FROM events "
                     "GROUP BY r"));
  advance(FEBRUARY);
  bills("INV-000001", "1 1 eu\n");
  close_shop();
}
END_TEST

START_TEST(a_price_names_columns_of_the_statement) {
  open_meter(METER("", BY_REGION), PRICE(""));
  ck_assert_int_eq(try_put("plan", "{\"id\":\"p2\",\"currency\":\"USD\","
                           "\"prices\":[" PRICE(",\"groups\":[\"n\"]") "]}",
                           &err), BILLING_INVALID);
  ck_assert_str_eq(err.path, "/prices/0/groups/0");
  ck_assert_str_eq(err.hint, "the name of a column beside the quantity");
  put("plan", "{\"id\":\"p2\",\"currency\":\"USD\","
              "\"prices\":[" PRICE(",\"groups\":[\"s\"]") "]}");
  close_shop();
}
END_TEST

START_TEST(a_group_without_a_rate_is_no_gift) {
  open_meter(METER("", BY_REGION),
             "{\"id\":\"m\",\"meter\":\"q\",\"groups\":[\"r\"],\"model\":"
             "\"matrix\",\"rates\":[{\"values\":{\"r\":\"eu\"},\"unit\":"
             "\"3\"}]}");
  record(1, "{\"n\":2,\"r\":\"us\"}");
  ck_assert_int_eq(advance_to(FEBRUARY), BILLING_INVALID);
  ck_assert_ptr_nonnull(strstr(err.message,
                               "there is no rate for {\"r\":\"us\"}"));
  close_shop();
}
END_TEST

START_TEST(what_cannot_be_a_group_is_refused) {
  static const struct {
    const char *group;
    int         rc;
  } wrong[] = {
    {"replace(replace(replace(r, 'x', n), 'x', n), 'x', n)", BILLING_LIMIT},
    {"x'ff'", BILLING_INVALID},
  };

  for (size_t i = 0; i < BL_COUNT(wrong); i++) {
    char meter[1000];
    snprintf(meter, sizeof meter, METER("", "SELECT 1 AS value, %s AS r FROM "
             "events"), wrong[i].group);
    open_meter(meter, PRICE(",\"groups\":[\"r\"]"));
    record(1, "{\"r\":\"x\",\"n\":\"xxxxxxxxxxxxxxxxxxxx"
              "xxxxxxxxxxxxxxxxxxxxx\"}");
    ck_assert_int_eq(BILLING_CODE(advance_to(FEBRUARY)), wrong[i].rc);
    ck_assert_ptr_nonnull(strstr(err.message, "the meter q: "));
    ck_assert_int_ne(err.message[strlen(err.message) - 2], ':');
    close_shop();
  }
}
END_TEST

START_TEST(windows_of_a_statement_are_refused) {
  billing_call call;
  billing_doc *doc;

  open_meter(METER("", BY_REGION), PRICE(""));
  call = call_anew();
  ck_assert_int_eq(billing_usage(b, &call, "{\"customer\":\"a\",\"meter\":"
                                 "\"q\",\"from\":\"2026-01-01\"}",
                                 (size_t)-1, &doc, &err),
                   BILLING_UNSUPPORTED);
  ck_assert_str_eq(err.path, "/meter");
  close_shop();
}
END_TEST

/* What is booked stays when events are gone; what is not must be first. */
START_TEST(an_erasure_waits_for_what_only_events_can_tell) {
  billing_call call;
  billing_doc *doc;

  open_meter(METER("", BY_REGION), PRICE(",\"groups\":[\"r\"]") ","
             "{\"id\":\"all\",\"meter\":\"q\",\"model\":\"per_unit\","
             "\"unit\":\"2\"}");
  record(1, "{\"n\":2,\"r\":\"eu\"}");
  record(2, "{\"n\":3,\"r\":\"eu\"}");
  call = call_anew();
  ck_assert_int_eq(billing_erase(b, &call, "a", 1, "", 0, &err),
                   BILLING_CONFLICT);
  ck_assert_ptr_nonnull(strstr(err.message, "the contract cc has usage of "
                                            "price q"));
  advance(FEBRUARY);
  bills("INV-000001", "5 5 eu\n5 10\n");
  call = call_anew();
  ck_assert_msg(!billing_erase(b, &call, "a", 1, "", 0, &err), "%s",
                err.message);
  void_last();
  advance(MARCH);
  call = call_anew();
  ck_assert_int_eq(billing_invoice(b, &call, "INV-000002", (size_t)-1, "json",
                                   &doc, NULL), BILLING_NOTFOUND);
  close_shop();
}
END_TEST

#define MATRIX                                                         \
  "{\"id\":\"m\",\"meter\":\"q\",\"groups\":[\"r\"],\"model\":\"matrix\","  \
  "\"rates\":[{\"values\":{\"r\":\"eu\"},\"unit\":\"3\"}]}"

/* What it will cost is not known, so nothing is held; a line says where its
 * figure comes from, without events. */
START_TEST(estimates_and_explanations_know_of_statements) {
  billing_event estimate = shop_event("", "n");
  billing_call call;
  billing_hold hold;
  billing_doc *doc;

  open_meter(METER("", BY_REGION), MATRIX);
  estimate.properties = shop_text("{\"n\":2,\"r\":\"us\"}");
  BILLING_INIT(&hold);
  call = call_anew();
  call.key = shop_text("h");
  ck_assert_msg(!billing_authorize(b, &call, &estimate, 1, NULL, &hold, NULL,
                                   &err),
                "%s", err.message);
  ck_assert_dec_eq(hold.held, "0");
  record(1, "{\"n\":2,\"r\":\"eu\"}");
  advance(FEBRUARY);
  call = call_anew();
  ck_assert_msg(!billing_explain(b, &call, "{\"invoice\":\"INV-000001\","
                                 "\"line\":1}", (size_t)-1, &doc, &err),
                "%s", err.message);
  ck_assert_ptr_nonnull(strstr(billing_doc_text(doc), "\"total\":\"6\""));
  billing_doc_free(doc);
  close_shop();
}
END_TEST

START_TEST(columns_are_known_properties) {
  billing_call call;
  billing_event event;

  open_meter(METER("", BY_REGION), PRICE(""));
  put("tenant", "{\"id\":\"t\",\"strict\":\"properties\"}");
  record(1, "{\"n\":2,\"r\":\"eu\",\"s\":1}");
  call = call_anew();
  event = shop_event("other", "n");
  event.properties = shop_text("{\"n\":2,\"region\":\"eu\"}");
  ck_assert_int_eq(shop_record(b, &call, &event, &receipt, &err), 0);
  ck_assert_int_eq(receipt.code, BILLING_INVALID);
  close_shop();
}
END_TEST

/* The same figures from a filter of the meter, one of the price, a value that
 * was left out (1), and what is metered divided into what is billed. */
START_TEST(filters_values_and_conversions_are_as_of_other_meters) {
  open_meter("{\"id\":\"q\",\"event\":{\"in\":[\"n\",\"o\"]},"
             "\"aggregation\":\"sql\",\"filters\":[{\"property\":\"r\","
             "\"in\":[\"eu\",\"us\"]}],\"convert\":{\"operation\":"
             "\"divide\",\"by\":\"2\",\"round\":\"up\",\"places\":0},"
             "\"sql\":\"SELECT sum(value) FROM events\"}",
             PRICE("") ",{\"id\":\"eu\",\"meter\":\"q\",\"model\":"
             "\"per_unit\",\"unit\":\"1\",\"filters\":[{\"property\":"
             "\"r\",\"in\":[\"eu\"]}]}");
  for (int i = 0; i < 5; i++) record(i, i ? "{\"r\":\"eu\"}"
                                          : "{\"r\":\"us\"}");
  advance(FEBRUARY);
  bills("INV-000001", "3 3\n2 2\n");              /* 5 / 2 and 4 / 2 */
  close_shop();
}
END_TEST

Suite *test_engine_ticks_sql(void);
Suite *test_engine_ticks_sql(void) {
  Suite *s = suite_create("engine_ticks_sql");
  TCase *t = tcase_create("ticks_sql");

  tcase_add_test(t, each_day_is_measured_by_itself);
  tcase_add_test(t, days_are_those_of_the_contract);
  tcase_add_test(t, rows_are_added_up_by_what_a_price_groups_by);
  tcase_add_test(t, usage_says_what_has_come_so_far);
  tcase_add_test(t, what_comes_late_or_is_voided_is_billed_as_a_difference);
  tcase_add_test(t, a_period_is_measured_again_only_when_it_is_due);
  tcase_add_test(t, a_statement_that_fails_says_whose_it_is);
  tcase_add_test(t, another_statement_gets_over_one_that_fails);
  tcase_add_test(t, a_price_names_columns_of_the_statement);
  tcase_add_test(t, a_group_without_a_rate_is_no_gift);
  tcase_add_test(t, what_cannot_be_a_group_is_refused);
  tcase_add_test(t, windows_of_a_statement_are_refused);
  tcase_add_test(t, estimates_and_explanations_know_of_statements);
  tcase_add_test(t, columns_are_known_properties);
  tcase_add_test(t, filters_values_and_conversions_are_as_of_other_meters);
  tcase_add_test(t, an_erasure_waits_for_what_only_events_can_tell);
  suite_add_tcase(s, t);
  return s;
}
