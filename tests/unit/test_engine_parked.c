/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "engine.h"

Suite *test_engine_parked(void);

static billing *b;
static billing_error err;

static void put(const char *kind, const char *json, int code) {
  billing_call call = shop_call("");
  char text[1000];

  strcpy(text, json);
  for (char *at = text; *at; at++)
    if (*at == '\'') *at = '"';
  BILLING_INIT(&err);
  ck_assert_msg(billing_put(b, &call, kind, text, (size_t)-1, NULL, &err) ==
                code, "%s: %s %s %s", json, billing_code_name(err.code),
                err.path, err.message);
}

static void open_shop(const char *path) {
  b = shop_open(path);
  put("tenant", "{'id':'t','unknown_customers':'park'}", 0);
}

static billing_receipt send_at(const char *key, const char *customer,
                               int64_t us) {
  billing_call call = shop_call("");
  billing_event event = shop_event(key, "e");
  billing_receipt receipt;

  event.customer = shop_text(customer);
  event.time_us = us;
  ck_assert_int_eq(shop_record(b, &call, &event, &receipt, &err), 0);
  return receipt;
}

static billing_receipt sends(const char *key, const char *customer) {
  return send_at(key, customer, SHOP_NOW);
}

static void is_parked(billing_receipt receipt, uint32_t status) {
  ck_assert_uint_eq(receipt.status, status);
  ck_assert_uint_eq(receipt.flags, BILLING_RECEIPT_PARKED);
  ck_assert_uint_ne(receipt.number, 0);
}

/* "quantity" of the customer's only usage; "0" for none. */
static const char *usage_of(const char *customer) {
  static char quantity[40];
  billing_call call = shop_call("");
  char query[100];
  billing_doc *doc;
  const char *at;

  snprintf(query, sizeof query, "{\"customer\":\"%s\"}", customer);
  ck_assert_int_eq(billing_usage(b, &call, query, (size_t)-1, &doc, NULL), 0);
  at = strstr(billing_doc_text(doc), "\"quantity\":\"");
  snprintf(quantity, sizeof quantity, "%.*s",
           at ? (int)strcspn(at + 12, "\"") : 1, at ? at + 12 : "0");
  billing_doc_free(doc);
  return quantity;
}

static int health_has(const char *query, const char *what) {
  billing_call call = shop_call("");
  billing_doc *doc;
  int has;

  ck_assert_int_eq(billing_usage_health(b, &call, query, (size_t)-1, &doc,
                                        NULL), 0);
  has = strstr(billing_doc_text(doc), what) != NULL;
  billing_doc_free(doc);
  return has;
}

static const char zoe[] = "{'id':'zoe'}";
static const char zoes[] = "{'id':'cz','customer':'zoe','plan':'p',"
                           "'start':'2026-01-01'}";

START_TEST(unknown_customers_are_refused_unless_the_tenant_parks) {
  billing_receipt receipt;

  b = shop_open(NULL);
  receipt = sends("k", "zoe");
  ck_assert_int_eq(receipt.code, BILLING_NOTFOUND_CUSTOMER);
  billing_close(b);
}
END_TEST

START_TEST(a_parked_event_waits_for_customer_and_contract) {
  open_shop(NULL);
  is_parked(sends("k1", "zoe"), BILLING_STATUS_NEW);
  is_parked(sends("k1", "zoe"), BILLING_STATUS_SAME);
  ck_assert(health_has("", "\"parked\":1"));
  ck_assert(health_has("{\"customer\":\"zoe\"}",
                       "\"reason\":\"parked\""));
  put("customer", zoe, 0);
  ck_assert(health_has("", "\"parked\":1"));
  shop_is_sound(b);
  put("contract", zoes, 0);
  ck_assert_str_eq(usage_of("zoe"), "1");
  ck_assert(health_has("", "\"parked\":0"));
  ck_assert(health_has("", "\"unbilled\":[]"));
  is_parked(sends("k1", "zoe"), BILLING_STATUS_SAME);
  ck_assert_str_eq(usage_of("zoe"), "1");
  put("customer", "{'id':'zoe','name':'Zoe'}", 0);
  ck_assert_str_eq(usage_of("zoe"), "1");
  shop_is_sound(b);
  billing_close(b);
}
END_TEST

START_TEST(another_content_under_the_key_is_a_conflict) {
  billing_call call = shop_call("");
  billing_event events[4];
  billing_receipt receipts[4];

  open_shop(NULL);
  sends("k1", "zoe");
  ck_assert_int_eq(sends("k1", "max").code, BILLING_CONFLICT_KEY);
  ck_assert_int_eq(sends("k1", "a").code, BILLING_CONFLICT_KEY);
  ck_assert_int_eq(sends("k2", "a").code, 0);
  ck_assert_int_eq(sends("k2", "zoe").code, BILLING_CONFLICT_KEY);
  events[0] = shop_event("k3", "e");        /* twins in one batch */
  events[1] = shop_event("k3", "e");
  events[2] = shop_event("k3", "e");
  events[3] = shop_event("k1", "e");
  for (int i = 0; i < 4; i++) {
    events[i].customer = shop_text("zoe");
    BILLING_INIT(&receipts[i]);
  }
  events[2].flags = BILLING_EVENT_VALUE;
  events[2].value = D("2");
  ck_assert_int_eq(billing_record(b, &call, events, 4, receipts, NULL), 0);
  is_parked(receipts[0], BILLING_STATUS_NEW);
  is_parked(receipts[1], BILLING_STATUS_SAME);
  ck_assert_uint_eq(receipts[1].number, receipts[0].number);
  ck_assert_int_eq(receipts[2].code, BILLING_CONFLICT_KEY);
  is_parked(receipts[3], BILLING_STATUS_SAME);
  shop_is_sound(b);
  billing_close(b);
}
END_TEST

START_TEST(all_or_nothing_counts_those_that_are_parked) {
  billing_call call = shop_call("");
  billing_event events[3];

  call.flags = BILLING_CALL_ALL_OR_NOTHING;
  open_shop(NULL);
  is_parked(sends("k1", "zoe"), BILLING_STATUS_NEW);
  events[0] = shop_event("k2", "e");
  events[1] = shop_event("k3", "e");
  events[1].customer = shop_text("zoe");
  events[2] = shop_event("k1", "other");
  events[2].customer = shop_text("zoe");
  BILLING_INIT(&err);
  ck_assert_int_eq(billing_record(b, &call, events, 3, NULL, &err),
                   BILLING_CONFLICT_KEY);
  ck_assert_int_eq(err.item, 2);
  ck_assert_str_eq(usage_of("a"), "0");
  ck_assert(health_has("", "\"parked\":1"));
  ck_assert_int_eq(billing_record(b, &call, events, 2, NULL, &err), 0);
  ck_assert_str_eq(usage_of("a"), "1");
  ck_assert(health_has("", "\"parked\":2"));
  shop_is_sound(b);
  billing_close(b);
}
END_TEST

static size_t held, most_held;

static void *count_held(void *user, void *ptr, size_t old_size,
                        size_t new_size) {
  (void)user;
  held += new_size - old_size;
  if (held > most_held) most_held = held;
  if (new_size) return realloc(ptr, new_size);
  free(ptr);
  return NULL;
}

/* The entry has 500 KB: read once for each event that is 250 MB. */
START_TEST(repeats_read_an_entry_once) {
  enum { COUNT = 500 };
  static billing_event events[COUNT];
  static char keys[COUNT][8], properties[1020];
  static const billing_allocator host = {count_held, NULL};
  billing_call call = shop_call("");
  billing_options options;

  BILLING_INIT(&options);
  options.allocator = &host;
  ck_assert_int_eq(billing_open(&b, ":memory:", (size_t)-1, &options, NULL),
                   0);
  ck_assert_int_eq(billing_catalog_apply(b, &call, shop_catalog, (size_t)-1,
                                         NULL, NULL), 0);
  put("tenant", "{'id':'t','unknown_customers':'park'}", 0);
  snprintf(properties, sizeof properties, "{\"x\":\"%01000d\"}", 0);
  for (int i = 0; i < COUNT; i++) {
    snprintf(keys[i], sizeof keys[i], "k%d", i);
    events[i] = shop_event(keys[i], "e");
    events[i].customer = shop_text("zoe");
    events[i].properties = shop_text(properties);
  }
  ck_assert_int_eq(billing_record(b, &call, events, COUNT, NULL, NULL), 0);
  most_held = held;
  ck_assert_int_eq(billing_record(b, &call, events, COUNT, NULL, NULL), 0);
  ck_assert(health_has("", "\"parked\":500"));
  put("customer", "{'id':'zoe'}", 0);
  put("contract", "{'id':'kz','customer':'zoe','plan':'p',"
      "'start':'2026-01-01'}", 0);
  ck_assert_str_eq(usage_of("zoe"), "500");
  ck_assert_uint_lt(most_held, (size_t)32 << 20);
  billing_close(b);
  ck_assert_uint_eq(held, 0);
}
END_TEST

START_TEST(strict_refuses_and_bad_properties_are_not_parked) {
  billing_call call = shop_call("");
  billing_event event = shop_event("k", "e");
  billing_receipt receipt;

  open_shop(NULL);
  event.customer = shop_text("zoe");
  call.flags = BILLING_CALL_STRICT;
  ck_assert_int_eq(shop_record(b, &call, &event, &receipt, NULL), 0);
  ck_assert_int_eq(receipt.code, BILLING_NOTFOUND_CUSTOMER);
  call.flags = 0;
  event.properties = shop_text("[1]");
  ck_assert_int_eq(shop_record(b, &call, &event, &receipt, NULL), 0);
  ck_assert_int_eq(receipt.code, BILLING_INVALID_JSON);
  ck_assert(health_has("", "\"parked\":0"));
  shop_is_sound(b);
  billing_close(b);
}
END_TEST

START_TEST(an_alias_names_the_customer_at_its_time) {
  billing_receipt receipt;

  open_shop(NULL);
  put("customer", "{'id':'a','aliases':['any',{'id':'old',"
                  "'to':'2026-01-03'},{'id':'new','from':'2026-01-03'}]}", 0);
  ck_assert_uint_eq(sends("k1", "any").charges, 1);
  ck_assert_uint_eq(sends("k1", "a").status, BILLING_STATUS_SAME);
  ck_assert_uint_eq(sends("k2", "new").charges, 1);
  is_parked(sends("k3", "old"), BILLING_STATUS_NEW);
  receipt = send_at("k4", "old", SHOP_NOW - 3 * SHOP_DAY);
  ck_assert_uint_eq(receipt.charges, 1);
  is_parked(send_at("k5", "new", SHOP_NOW - 3 * SHOP_DAY),
            BILLING_STATUS_NEW);
  ck_assert_str_eq(usage_of("a"), "3");
  shop_is_sound(b);
  billing_close(b);
}
END_TEST

START_TEST(an_alias_that_comes_later_gets_what_waits) {
  open_shop(NULL);
  is_parked(sends("k1", "ext"), BILLING_STATUS_NEW);
  is_parked(send_at("k2", "ext", SHOP_NOW - 2 * SHOP_DAY),
            BILLING_STATUS_NEW);
  put("customer", "{'id':'a','aliases':[{'id':'ext','from':'2026-01-04'}]}",
      0);
  ck_assert_str_eq(usage_of("a"), "1");
  ck_assert(health_has("", "\"parked\":1"));
  put("customer", "{'id':'a','aliases':['ext']}", 0);     /* from ever on */
  ck_assert_str_eq(usage_of("a"), "2");
  is_parked(sends("k1", "ext"), BILLING_STATUS_SAME);
  is_parked(sends("k1", "a"), BILLING_STATUS_SAME);
  shop_is_sound(b);
  billing_close(b);
}
END_TEST

START_TEST(an_alias_is_one_customers_at_a_time) {
  open_shop(NULL);
  put("customer", "{'id':'a','aliases':[{'id':'x','to':'2026-01-03'}]}", 0);
  put("customer", "{'id':'zoe','aliases':['x']}", BILLING_CONFLICT);
  put("customer", "{'id':'zoe','aliases':['a']}", BILLING_CONFLICT);
  put("customer", "{'id':'x'}", BILLING_CONFLICT);
  ck_assert_str_eq(err.path, "/id");
  put("customer", "{'id':'zoe','aliases':[{'id':'x','from':'2026-01-03'}]}",
      0);
  put("customer", "{'id':'zoe','aliases':['y','y']}", BILLING_INVALID);
  ck_assert_str_eq(err.path, "/aliases/1");
  put("customer", "{'id':'zoe','aliases':[{'id':'y','to':'soon'}]}",
      BILLING_INVALID);
  ck_assert_str_eq(err.path, "/aliases/0/to");
  put("customer", "{'id':'zoe'}", 0);                /* it is given back */
  put("customer", "{'id':'a','aliases':['x']}", 0);
  shop_is_sound(b);
  billing_close(b);
}
END_TEST

START_TEST(late_ones_are_billed_by_the_next_invoice) {
  billing_call call = shop_call("");
  billing_receipt receipt;

  open_shop(NULL);
  put("customer", zoe, 0);
  put("contract", zoes, 0);
  sends("k0", "zoe");
  is_parked(sends("k1", "z2"), BILLING_STATUS_NEW);
  call.now_us = SHOP_NOW + 40 * SHOP_DAY;
  call.flags = BILLING_CALL_STEP;
  ck_assert_int_eq(billing_advance(b, &call, call.now_us, 0, NULL, NULL), 0);
  put("customer", "{'id':'zoe','aliases':['z2']}", 0);
  ck_assert_str_eq(usage_of("zoe"), "2");
  call.now_us += 30 * SHOP_DAY;
  ck_assert_int_eq(billing_advance(b, &call, call.now_us, 0, NULL, NULL), 0);
  receipt = sends("k1", "z2");
  is_parked(receipt, BILLING_STATUS_SAME);
  shop_is_sound(b);
  billing_close(b);
}
END_TEST

START_TEST(it_is_all_in_the_file) {
  shop_folder folder = shop_folder_make();
  billing_call call = shop_call("");

  open_shop(folder.path);
  put("customer", "{'id':'a','aliases':['ext']}", 0);
  sends("k1", "zoe");
  sends("k2", "ext");
  ck_assert_int_eq(billing_maintain(b, &call, 0, NULL, NULL), 0);
  billing_close(b);
  ck_assert_int_eq(billing_open(&b, folder.path, (size_t)-1, NULL, NULL), 0);
  is_parked(sends("k1", "zoe"), BILLING_STATUS_SAME);
  ck_assert_uint_eq(sends("k2", "ext").status, BILLING_STATUS_SAME);
  ck_assert_uint_eq(sends("k3", "ext").charges, 1);
  billing_close(b);
  ck_assert_int_eq(billing_open(&b, folder.path, (size_t)-1, NULL, NULL), 0);
  put("customer", zoe, 0);
  put("contract", zoes, 0);
  ck_assert_str_eq(usage_of("zoe"), "1");
  ck_assert_str_eq(usage_of("a"), "2");
  shop_is_sound(b);
  billing_close(b);
  shop_folder_remove(&folder);
}
END_TEST

START_TEST(erasing_a_customer_erases_what_was_parked) {
  billing_call call = shop_call("");

  open_shop(NULL);
  sends("k1", "zoe-the-unmistakable");
  sends("k2", "max");
  put("customer", "{'id':'zoe','aliases':['zoe-the-unmistakable']}", 0);
  put("contract", zoes, 0);
  ck_assert_str_eq(usage_of("zoe"), "1");
  ck_assert_int_eq(billing_erase(b, &call, "zoe", 3, "asked", 5, NULL), 0);
  shop_is_sound(b);
  is_parked(sends("k2", "max"), BILLING_STATUS_SAME);
  ck_assert_int_eq(sends("k9", "zoe-the-unmistakable").code,
                   BILLING_NOTFOUND_CUSTOMER);
  shop_is_sound(b);
  billing_close(b);
}
END_TEST

/* "s" sums "n" of the event "sum". */
START_TEST(a_strict_tenant_refuses_what_no_meter_asks_for) {
  billing_call call = shop_call("");
  billing_event event = shop_event("k1", "unheard");
  billing_receipt receipt;

  b = shop_open(NULL);
  put("tenant", "{'id':'t','strict':'events'}", 0);
  ck_assert_int_eq(shop_record(b, &call, &event, &receipt, &err), 0);
  ck_assert_int_eq(receipt.code, BILLING_DENIED_UNMATCHED);
  event = shop_event("k2", "sum");
  event.properties = shop_text("{\"n\":1,\"m\":2}");
  ck_assert_int_eq(shop_record(b, &call, &event, &receipt, &err), 0);
  ck_assert_int_eq(receipt.code, 0);
  put("tenant", "{'id':'t','strict':'properties'}", 0);
  event.key = shop_text("k3");
  ck_assert_int_eq(shop_record(b, &call, &event, &receipt, &err), 0);
  ck_assert_int_eq(receipt.code, BILLING_INVALID);
  ck_assert_str_eq(err.path, "/properties/m");
  event.properties = shop_text("{\"n\":1}");
  ck_assert_int_eq(shop_record(b, &call, &event, &receipt, &err), 0);
  ck_assert_int_eq(receipt.code, 0);
  put("tenant", "{'id':'t','strict':'very'}", BILLING_INVALID);
  shop_is_sound(b);
  billing_close(b);
}
END_TEST

START_TEST(the_future_is_as_long_as_the_tenant_says) {
  b = shop_open(NULL);
  ck_assert_int_eq(send_at("k1", "a", SHOP_NOW + 366 * SHOP_DAY).code, 0);
  ck_assert_int_eq(send_at("k2", "a", SHOP_NOW + 366 * SHOP_DAY + 1).code,
                   BILLING_INVALID_TIME);
  put("tenant", "{'id':'t','accept':{'most_ahead':86400}}", 0);
  ck_assert_int_eq(send_at("k3", "a", SHOP_NOW + SHOP_DAY).code, 0);
  ck_assert_int_eq(send_at("k4", "a", SHOP_NOW + SHOP_DAY + 1).code,
                   BILLING_INVALID_TIME);
  put("tenant", "{'id':'t','accept':{'most_ahead':-1}}", BILLING_INVALID);
  billing_close(b);
}
END_TEST

Suite *test_engine_parked(void) {
  Suite *s = suite_create("engine_parked");
  TCase *c = tcase_create("parked");

  tcase_add_test(c, unknown_customers_are_refused_unless_the_tenant_parks);
  tcase_add_test(c, a_parked_event_waits_for_customer_and_contract);
  tcase_add_test(c, another_content_under_the_key_is_a_conflict);
  tcase_add_test(c, all_or_nothing_counts_those_that_are_parked);
  tcase_add_test(c, repeats_read_an_entry_once);
  tcase_add_test(c, strict_refuses_and_bad_properties_are_not_parked);
  tcase_add_test(c, an_alias_names_the_customer_at_its_time);
  tcase_add_test(c, an_alias_that_comes_later_gets_what_waits);
  tcase_add_test(c, an_alias_is_one_customers_at_a_time);
  tcase_add_test(c, late_ones_are_billed_by_the_next_invoice);
  tcase_add_test(c, it_is_all_in_the_file);
  tcase_add_test(c, erasing_a_customer_erases_what_was_parked);
  tcase_add_test(c, a_strict_tenant_refuses_what_no_meter_asks_for);
  tcase_add_test(c, the_future_is_as_long_as_the_tenant_says);
  suite_add_tcase(s, c);
  return s;
}
