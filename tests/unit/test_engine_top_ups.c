/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* test_engine_top_ups.c - one top-up of a rule at a time, whoever looks. */
#include "engine.h"

static billing *b;
static char     path[64];

static const char with_top_up[] =
    "{\"contracts\":[{\"id\":\"c\",\"customer\":\"a\",\"plan\":\"p\","
    "\"start\":\"2026-01-01\",\"top_ups\":[{\"id\":\"refill\","
    "\"asset\":\"USD\",\"at\":\"0.5\",\"amount\":\"1\",\"fee\":\"0.25\","
    "\"retries\":[60]}]}]}";

static void begin(void) {
  snprintf(path, sizeof path, "/tmp/billing-top-ups-%d.db", (int)getpid());
  b = shop_open(path);
  shop_grant(b, "g", "0.7");
  shop_put_catalog(b, SHOP_NOW, with_top_up);
}

static void end(void) {
  static const char *const tails[] = {"", "-wal", "-shm"};
  char name[80];

  billing_close(b);
  for (size_t i = 0; i < 3; i++) {
    snprintf(name, sizeof name, "%s%s", path, tails[i]);
    (void)unlink(name);
  }
}

static void reopen(void) {
  billing_close(b);
  ck_assert_int_eq(billing_open(&b, path, (size_t)-1, NULL, NULL), 0);
}

/* The only top-up of the customer: its state, and its number. */
static uint64_t stands(const char *state) {
  billing_call call = shop_call("");
  billing_doc *doc = NULL;
  const bl_json *row;
  int64_t number = 0;
  bl_json *tree;

  ck_assert_int_eq(billing_top_ups(b, &call, "{\"customer\":\"a\"}",
                                   (size_t)-1, &doc, NULL), 0);
  tree = shop_tree(doc);
  row = bl_json_first(bl_json_get(tree, "top_ups"));
  ck_assert_str_eq(bl_json_text(bl_json_get(row, "state")).text, state);
  (void)bl_json_int(bl_json_get(row, "top_up"), &number);
  bl_json_free(tree);
  return (uint64_t)number;
}

static void left_is(const char *expected) {
  billing_call call = shop_call("");
  billing_balances found;

  BILLING_INIT(&found);
  ck_assert_int_eq(billing_balance(b, &call, "a", 1, "USD", &found, NULL), 0);
  ck_assert_dec_eq(found.left, expected);
}

static void use(const char *key) {
  billing_call call = shop_call("");
  billing_event event = shop_event(key, "e");

  ck_assert_int_eq(billing_record(b, &call, &event, 1, NULL, NULL), 0);
}

static int say(uint64_t number, const char *key, const char *terms) {
  billing_call call = shop_call(key);

  return billing_top_up(b, &call, number, terms, (size_t)-1, NULL, NULL);
}

static void pass(int64_t us) {
  billing_call call = shop_call_at(SHOP_NOW + us, "");

  ck_assert_int_eq(billing_advance(b, &call, call.now_us, 0, NULL, NULL), 0);
}

START_TEST(it_is_asked_for_once_and_given_once) {
  uint64_t number;

  stands("idle");
  use("k1");
  stands("idle");
  use("k2");
  number = stands("wanted");
  use("k3");
  reopen();
  use("k4");
  ck_assert_uint_eq(stands("wanted"), number);
  ck_assert_int_eq(say(number, "p", "{\"outcome\":\"paid\"}"), 0);
  ck_assert_int_eq(say(number, "p", "{\"outcome\":\"paid\"}"), 0);
  ck_assert_int_eq(say(number, "p", "{\"outcome\":\"void\"}"),
                   BILLING_CONFLICT_KEY);
  ck_assert_int_eq(say(number, "q", "{\"outcome\":\"paid\"}"),
                   BILLING_CONFLICT_ENDED);
  stands("paid");
  left_is("1.3");
}
END_TEST

START_TEST(it_asks_again_when_a_payment_is_not_enough) {
  uint64_t number;

  for (int i = 0; i < 20; i++) {
    char key[8];
    snprintf(key, sizeof key, "k%d", i);
    use(key);
  }
  number = stands("wanted");
  ck_assert_int_eq(say(number, "p", "{\"outcome\":\"void\"}"), 0);
  ck_assert_uint_ne(stands("wanted"), number);
}
END_TEST

START_TEST(what_is_under_way_is_known_to_whoever_opens_the_file) {
  uint64_t number;

  use("k1");
  use("k2");
  number = stands("wanted");
  ck_assert_int_eq(say(number, "f", "{\"outcome\":\"failed\"}"), 0);
  reopen();
  ck_assert_uint_eq(stands("failed"), number);
  pass(INT64_C(59000000));
  stands("failed");
  pass(INT64_C(60000000));
  reopen();
  ck_assert_uint_eq(stands("wanted"), number);
  ck_assert_int_eq(say(number, "v", "{\"outcome\":\"failed\"}"), 0);
  stands("paused");
  use("k3");
  stands("paused");
  ck_assert_int_eq(say(number, "r", "{\"outcome\":\"resume\"}"), 0);
  ck_assert_uint_ne(stands("wanted"), number);
}
END_TEST

START_TEST(what_is_not_needed_any_more_is_not_asked_for_again) {
  uint64_t number;

  use("k1");
  use("k2");
  number = stands("wanted");
  ck_assert_int_eq(say(number, "f", "{\"outcome\":\"failed\"}"), 0);
  shop_grant(b, "h", "5");
  pass(INT64_C(60000000));
  stands("void");
}
END_TEST

START_TEST(a_call_that_fails_asks_for_nothing) {
  billing_call call = shop_call("");
  billing_event events[3] = {shop_event("k1", "e"), shop_event("k2", "e"),
                             shop_event("k2", "sum")};

  call.flags = BILLING_CALL_ALL_OR_NOTHING;
  ck_assert_int_ne(billing_record(b, &call, events, 3, NULL, NULL), 0);
  stands("idle");
  use("k1");
  use("k2");
  stands("wanted");
}
END_TEST

START_TEST(of_an_erased_customer_nothing_is_asked_or_taken) {
  billing_call call = shop_call("");
  billing_doc *doc = NULL;
  uint64_t number;

  use("k1");
  use("k2");
  number = stands("wanted");
  ck_assert_int_eq(say(number, "f", "{\"outcome\":\"failed\","
                       "\"reason\":\"Jane has no money\"}"), 0);
  ck_assert_int_eq(billing_erase(b, &call, "a", 1, "asked", 5, NULL), 0);
  ck_assert_int_eq(say(number, "p", "{\"outcome\":\"paid\"}"),
                   BILLING_NOTFOUND_CUSTOMER);
  pass(SHOP_DAY);
  ck_assert_int_eq(billing_outbox_next(b, &call, "", 0, &doc, NULL), 0);
  ck_assert_ptr_null(strstr(billing_doc_text(doc), "Jane"));
  billing_doc_free(doc);
  shop_is_sound(b);
}
END_TEST

/* More entries than an image waits for. */
START_TEST(an_image_keeps_what_is_under_way) {
  billing_call call = shop_call("");
  uint32_t more = 1;
  uint64_t number;

  use("k1");
  use("k2");
  number = stands("wanted");
  for (int i = 0; i < 200; i++) {
    char key[8];
    snprintf(key, sizeof key, "m%d", i);
    use(key);
  }
  while (more)
    ck_assert_int_eq(billing_maintain(b, &call, 0, &more, NULL), 0);
  reopen();
  ck_assert_uint_eq(stands("wanted"), number);
  ck_assert_int_eq(say(number, "p", "{\"outcome\":\"paid\"}"), 0);
  ck_assert_uint_eq(stands("paid"), number);
}
END_TEST

Suite *test_engine_top_ups(void);
Suite *test_engine_top_ups(void) {
  Suite *s = suite_create("engine_top_ups");
  TCase *t = tcase_create("top_ups");

  tcase_add_checked_fixture(t, begin, end);
  tcase_add_test(t, it_is_asked_for_once_and_given_once);
  tcase_add_test(t, it_asks_again_when_a_payment_is_not_enough);
  tcase_add_test(t, what_is_under_way_is_known_to_whoever_opens_the_file);
  tcase_add_test(t, what_is_not_needed_any_more_is_not_asked_for_again);
  tcase_add_test(t, a_call_that_fails_asks_for_nothing);
  tcase_add_test(t, of_an_erased_customer_nothing_is_asked_or_taken);
  tcase_add_test(t, an_image_keeps_what_is_under_way);
  suite_add_tcase(s, t);
  return s;
}
